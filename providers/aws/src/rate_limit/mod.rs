//! Rate shaping: calls go out no faster than AWS takes them.
//!
//! AWS meters each action by a token bucket ("Request throttling for the Amazon EC2 API") and refuses what finds it
//! empty. Here the same buckets are kept on this side, one set for a connection, shared by all its tasks:
//!
//! - `sizes` says which bucket pays for a call, and what is documented of it;
//! - `bucket` is one bucket, with its queue, and what a refusal does to it; `buckets` are those of a connection;
//! - `limiter` hooks into the SDK: every attempt of every call waits there for its turn, and an attempt that AWS refused
//!   for its rate is made again;
//! - `instances` are the two buckets that pay for instances, and `admission` lets their calls go. Waiting for them takes minutes, so the engine asks before
//!   it notes its intent, and not the SDK after.

mod admission;
mod allowance;
mod bucket;
mod buckets;
mod instances;
mod limiter;
mod sizes;

pub(crate) use admission::Metered;
pub(crate) use allowance::allowances;
pub(crate) use buckets::RateLimits;
pub(crate) use instances::{Effect, QueuePlaces};
pub(crate) use limiter::RateLimiter;
