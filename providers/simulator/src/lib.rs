//! A simulated AWS region at the wire level: an HTTP request as an SDK sends it, the HTTP response as AWS would give it.
//!
//! It speaks what landfall needs and little more, about 140 actions of EC2, IAM, STS and CloudWatch Logs, but strictly:
//! an unknown action is `InvalidAction`, a parameter that is not modelled is an error and never silently ignored, and
//! deleting in the wrong order is refused with AWS's own code.
//!
//! It is an independent reading of AWS's documentation and shares no code with the AWS provider: a misunderstanding
//! written once would be tested by itself.
//!
//! ```text
//! HttpRequest --wire--> Call --faults, buckets, permissions--> services/<service>/<resource> --> Answer --wire--> HttpResponse
//! ```
//!
//! - [`region`] is the entrance: one region of one account, behind a lock.
//! - `world` is everything that the account holds: plain data, so that it can be stored and copied.
//! - `services/<service>/<resource>.rs` holds the actions of one resource; each service's `mod.rs` lists its actions.
//! - Time is given, never taken: a request carries its `now`, and what takes time happens when the next request comes.
//!   The same seed, the same times and the same calls give byte-identical answers.

pub mod account_snapshot;
mod call;
pub mod clock;
pub mod connector;
pub mod crashing;
pub mod http;
pub mod middleware;
pub mod poke;
mod policy;
pub mod region;
mod reply;
pub mod serve;
mod services;
pub mod store;
mod wire;
mod world;
