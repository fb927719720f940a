//! The pure core of landfall.
//!
//! The way of the data is straight, and each stage has a type of its own, so that the next one cannot be called with
//! less than it needs:
//!
//! ```text
//! Declared --link--> Graph
//!      --refresh*--> Found --attribute--> Observed --plan--> Plan --steps--> StepGraph
//!      --batch--> Call --send*--> Outcome --settle*--> Recorded
//! ```
//!
//! Starred arrows do I/O and are traits here ([`provider::Provider`], [`journal::Journal`]); all others are functions
//! of their arguments. This crate opens no file, socket or environment variable, has no random source and prints
//! nothing. It knows no AWS and no stack language: a blueprint gives it declared resources, a
//! provider gives it kinds and their schemas. Accounts and regions are [`place::Place`]s; each has a provider of its own
//! ([`providers::Providers`]). Time is tokio's, so a test can pause it.
//!
//! Where to start: [`plan::plan`] decides everything, [`apply::apply`] acts without choices left.

pub mod address;
pub mod call_properties;
pub mod kind;
pub mod literal;
pub mod place;
pub mod resource;
pub mod sensitive;

pub mod graph;
pub mod snapshot;

pub mod attribute;
pub mod diff;
pub mod drift;
pub mod fingerprint;
pub mod plan;
pub mod recovery;
pub mod schema_check;
pub mod stale_records;
pub mod step;

pub mod call_forecast;
pub mod event;
pub mod expectation;
pub mod forecast;
pub mod journal;
pub mod provider;
pub mod providers;
pub mod schedule;
pub mod time_scale;
pub mod until;

pub mod apply;

#[cfg(test)]
mod model_cloud;
