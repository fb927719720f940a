//! How many instances EC2 lets an account start and end, for forecasts.

use landfall_engine::forecast::Allowance;
use landfall_engine::time_scale::TimeScale;
use landfall_engine::until::Until;

use super::sizes::{LAUNCHES, TERMINATIONS};
use crate::kinds::INSTANCE;

/// Returns what EC2 documents.
pub(crate) fn allowances(time_scale: TimeScale) -> Vec<Allowance> {
    [(Until::Ready, LAUNCHES), (Until::Gone, TERMINATIONS)]
        .map(|(until, size)| {
            let (at_once, a_second) = (size.capacity as usize, size.refill);
            Allowance { kind: INSTANCE, until, at_once, a_second, time_scale }
        })
        .into()
}
