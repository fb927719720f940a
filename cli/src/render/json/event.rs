//! The lines of `apply --json` and `destroy --json`.

use std::time::Duration;

use landfall_engine::apply::Report;
use landfall_engine::event::{Event, Status};
use serde::Serialize;

use super::line;

#[derive(Serialize)]
struct StepLine<'a> {
    #[serde(rename = "type")]
    line_type: &'static str,
    address: &'a str,
    action: &'static str,
    status: &'static str,
    id: Option<&'a str>,
    seconds: Option<f64>,
    error: Option<&'a str>,
}

/// Returns the line of an event; `None` for what is on the way between start and end.
pub(crate) fn step_line(event: &Event) -> Option<String> {
    let (status, seconds, error) = match &event.status {
        Status::Started => ("started", None, None),
        Status::Done(took) => ("done", Some(rounded(*took)), None),
        Status::Failed(why) => ("failed", None, Some(why.as_str())),
        Status::Skipped(why) => ("skipped", None, Some(why.as_str())),
        Status::Waiting | Status::Retrying(_) | Status::Held(_) => return None,
    };
    Some(line(&StepLine {
        line_type: "step",
        address: event.address.as_str(),
        action: event.action,
        status,
        id: event.id.as_ref().map(|id| id.as_str()),
        seconds,
        error,
    }))
}

/// The last line: what came of the whole run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RunSummary {
    #[serde(rename = "type")]
    line_type: &'static str,
    created: usize,
    updated: usize,
    replaced: usize,
    deleted: usize,
    imported: usize,
    forgotten: usize,
    failed: usize,
    skipped: usize,
    api_calls: u64,
    seconds: f64,
}

impl RunSummary {
    /// Sums a run up. What a stopped run did not come to counts as skipped.
    pub(crate) fn new(report: &Report, api_calls: u64, took: Duration) -> RunSummary {
        RunSummary {
            line_type: "summary",
            created: report.done.create,
            updated: report.done.update,
            replaced: report.done.replace,
            deleted: report.done.delete,
            imported: report.done.import,
            forgotten: report.done.forget,
            failed: report.failures.len(),
            skipped: report.skipped.len() + report.unfinished.len(),
            api_calls,
            seconds: rounded(took),
        }
    }

    /// Returns the line.
    pub(crate) fn line(&self) -> String {
        line(self)
    }
}

/// Milliseconds are as fine as these times are true.
fn rounded(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}
