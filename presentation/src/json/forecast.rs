//! What a plan will take, in `plan --json`.

use landfall_engine::forecast::{Forecast, Limit, Wait};
use landfall_engine::until::Until;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct ForecastEntry<'a> {
    seconds: f64,
    /// How many calls it takes, those of planning not included.
    calls: usize,
    /// The longest chain, in order.
    chain: Vec<WaitEntry<'a>>,
    /// What the cloud lets the account do, where that is what takes longest.
    limit: Option<LimitEntry<'a>>,
}

#[derive(Serialize)]
struct WaitEntry<'a> {
    kind: &'a str,
    until: &'static str,
    seconds: f64,
    /// Whether earlier runs have shown it; otherwise it is what is typical on AWS.
    learnt: bool,
}

#[derive(Serialize)]
struct LimitEntry<'a> {
    kind: &'a str,
    until: &'static str,
    wanted: usize,
    at_once: usize,
    per_second: f64,
    seconds: f64,
}

impl<'a> ForecastEntry<'a> {
    pub(super) fn new(forecast: &'a Forecast) -> ForecastEntry<'a> {
        ForecastEntry {
            seconds: forecast.total.as_secs_f64(),
            calls: forecast.calls,
            chain: forecast.chain.iter().map(wait_entry).collect(),
            limit: forecast.limit.as_ref().map(limit_entry),
        }
    }
}

fn wait_entry(wait: &Wait) -> WaitEntry<'_> {
    let (kind, seconds) = (wait.kind.as_str(), wait.time.as_secs_f64());
    WaitEntry { kind, until: word(wait.until), seconds, learnt: wait.learnt }
}

fn limit_entry(limit: &Limit) -> LimitEntry<'_> {
    LimitEntry {
        kind: limit.allowance.kind.as_str(),
        until: word(limit.allowance.until),
        wanted: limit.wanted,
        at_once: limit.allowance.at_once,
        per_second: limit.allowance.a_second_on_the_wall(),
        seconds: limit.takes.as_secs_f64(),
    }
}

fn word(until: Until) -> &'static str {
    match until {
        Until::Ready => "ready",
        Until::Gone => "gone",
    }
}
