//! Runs, for people.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use landfall_state::{ChangeStatus, Run, RunChange, RunDetail};

use landfall_presentation::text::bundle::bundle;
use landfall_presentation::text::duration::{elapsed, moment};
use landfall_presentation::text::escape::visible;
use landfall_presentation::text::listing::plain_table;
use landfall_presentation::text::nouns::past;
use landfall_presentation::text::style::{FAINT, GONE, HEADING, MADE, paint};

/// Returns the runs as a table, in the order given.
pub(crate) fn history_text(runs: &[Run], now: Timestamp, zone: &TimeZone) -> String {
    let rows = runs.iter().map(|run| {
        [
            run.id.number().to_string(),
            moment(run.began, now, zone),
            run.status.as_str().replace('_', " "),
            run.took.map_or_else(|| "-".to_owned(), elapsed),
            run.api_calls.map_or_else(|| "-".to_owned(), |calls| calls.to_string()),
            visible(&format!("{}@{}", run.who.user, run.who.host)),
            visible(&run.command),
        ]
    });
    plain_table(["RUN", "BEGAN", "OUTCOME", "TOOK", "CALLS", "WHO", "COMMAND"], rows)
}

/// Returns what one run did with each resource.
pub(crate) fn run_text(detail: &RunDetail, now: Timestamp, zone: &TimeZone) -> String {
    let run = &detail.run;
    let title = paint(HEADING, format!("run {}", run.id.number()));
    let mut text = format!("{title} · {} · {}\n", moment(run.began, now, zone), run.status.as_str().replace('_', " "));
    let took = run.took.map(|took| format!(", took {}", elapsed(took))).unwrap_or_default();
    let calls = run.api_calls.map(|calls| format!(", {calls} calls")).unwrap_or_default();
    text.push_str(&format!("  {} by {}{took}{calls}\n", visible(&run.command), visible(&run.who.to_string())));
    if detail.changes.is_empty() {
        return text + "  no changes are recorded\n";
    }
    let alike = |change: &&RunChange| (change.action.clone(), change.status.as_str(), change.error.clone());
    for bundle in bundle(detail.changes.iter().collect(), |change| &change.address, alike) {
        if let Some(change) = bundle.members.first() {
            text.push_str(&change_line(&bundle.name, bundle.members.len(), change));
        }
    }
    text
}

fn change_line(name: &str, count: usize, change: &RunChange) -> String {
    let done = past(&change.action);
    let (symbol, what) = match change.status {
        ChangeStatus::Done => (paint(MADE, "✓"), done.to_owned()),
        ChangeStatus::Failed => (paint(GONE, "✗"), format!("not {done}")),
        ChangeStatus::Skipped => (paint(FAINT, "·"), format!("not {done}, not started")),
        ChangeStatus::Unfinished => (paint(FAINT, "·"), format!("not {done}, or not seen to its end")),
    };
    let count = if count > 1 { format!(" ({count})") } else { String::new() };
    let error = change.error.as_ref().map(|error| format!(": {}", visible(error))).unwrap_or_default();
    format!("  {symbol} {name}{count} {what}{error}\n")
}
