//! The AWS provider: the kinds of resources that a Dask stack is made of, and the calls that read and change them.
//!
//! - [`connect`] opens the clients through the SDK's ordinary chain (profiles, SSO, roles, `AWS_ENDPOINT_URL`).
//! - [`survey`] asks what compiling must know: zones, offers, images, and what was chosen before, where the state is lost.
//! - Compiling a stack to resources is pure and a crate of its own, `landfall-aws-blueprint`.
//! - `kinds/<service>/<resource>.rs` holds all of one kind: schema, bulk read, create, update, delete.
//!   A new kind is one new file and one line in `kinds/mod.rs`.
//! - [`provider`] joins the kinds to what the engine asks of a cloud; `classify` turns AWS's answers into the engine's
//!   classes, once for all.
//! - `rate_limit` sends calls no faster than AWS takes them, and repeats what was refused for its rate.
//! - [`blockers`] names, before a teardown, what others put in its way.
//! - [`sweep`] asks the account, after a teardown, for anything that still carries the stack's tag.
//!
//! Only this crate names a type of the SDK, and none of them leaves it. What the calls do follows the EC2, IAM and
//! CloudWatch Logs API references and user guides, named where a behaviour is not obvious.

mod announced;
pub mod blockers;
#[cfg(test)]
mod blueprint_fit;
mod classify;
mod cloud;
pub mod connect;
mod declared;
mod kinds;
mod leftover;
mod operation;
pub mod permissions;
pub mod provider;
mod rate_limit;
mod shape;
pub mod survey;
pub mod sweep;
mod tags;
