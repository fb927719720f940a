//! The one loop that acts. It makes no decisions: the plan did.

mod options;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod properties_of_places;
mod report;
mod run;
#[cfg(test)]
mod tests;

pub use options::{Interrupt, Options};
pub use report::{ApplyError, Cause, Failure, Report};
pub use run::apply;
pub(crate) use run::looks;
