//! A run that is over, told again from its stored events.

use jiff::Timestamp;
use landfall_operations::event::{Cancelling, Event, Record};
use landfall_presentation::text::bundle::patterns;
use landfall_presentation::text::nouns::count_of;
use landfall_presentation::text::style::{FAINT, HEADING, paint};

use super::notes::note_text;
use super::progress::{plain_line, wait_line};

/// Returns the events of a run as lines, each with the time since the run began.
pub(crate) fn events_text(records: &[Record], began: Timestamp) -> String {
    let lines = records.iter().filter_map(|record| {
        let line = line_of(&record.event)?;
        Some(format!("{}  {line}\n", paint(FAINT, offset(began, record.time))))
    });
    lines.collect()
}

fn offset(began: Timestamp, time: Timestamp) -> String {
    format!("{:>+9.2} s", time.duration_since(began).as_secs_f64())
}

fn line_of(event: &Event) -> Option<String> {
    Some(match event {
        Event::RunStarted(started) => {
            let changes = started.plan.create
                + started.plan.update
                + started.plan.replace
                + started.plan.delete
                + started.plan.forget
                + started.plan.import;
            format!(
                "{} {} in {}, {}; expected to take {:.0} s",
                paint(HEADING, "begins:"),
                started.stack,
                started.region,
                count_of(changes, "change"),
                started.forecast_seconds
            )
        }
        Event::Call { operation, addresses } => {
            paint(FAINT, format!("→ {operation}  {}", patterns(addresses).join(", ")))
        }
        Event::Step(step) => plain_line(step).or_else(|| wait_line(step))?,
        Event::Note(note) => note_text(note).trim_end().to_owned(),
        Event::Cancelling { how: Cancelling::Drain } => {
            "asked to stop: what is on its way is seen to its end".to_owned()
        }
        Event::Cancelling { how: Cancelling::Stop } => "asked to stop at once".to_owned(),
        Event::Summary(summary) => format!(
            "{} {} created, {} updated, {} replaced, {} deleted, {} failed, {} skipped; {} calls",
            paint(HEADING, "over:"),
            summary.created,
            summary.updated,
            summary.replaced,
            summary.deleted,
            summary.failed,
            summary.skipped,
            summary.api_calls
        ),
    })
}
