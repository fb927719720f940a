//! How many instances EC2 lets an account launch and terminate, for forecasts.
//!
//! Source: EC2 API reference, "Request throttling for the Amazon EC2 API", resource token buckets.

use landfall_engine::forecast::Allowance;
use landfall_engine::provider::Until;
use landfall_engine::tempo::Tempo;

use crate::kinds::INSTANCE;

/// Returns what EC2 allows, in the wall's seconds.
pub(crate) fn allowances(tempo: Tempo) -> Vec<Allowance> {
    let of_instances = |until, a_second| Allowance {
        kind: INSTANCE,
        until,
        at_once: 1000,
        a_second: tempo.a_second_on_the_wall(a_second),
    };
    vec![of_instances(Until::Ready, 2.0), of_instances(Until::Gone, 20.0)]
}
