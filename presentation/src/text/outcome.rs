//! What came of a run, for people: what was done, and how to go on.

use std::time::Duration;

use landfall_engine::plan::Summary;

use super::duration::elapsed;
use super::escape::visible;
use super::nouns::count_of;
use super::style::{HEADING, paint};

/// Returns `Done: 43 created, 4 deleted in 2 min 51 s with 38 calls.`
pub fn done_line(done: &Summary, took: Duration, api_calls: u64) -> String {
    let parts = [
        (done.create, "created"),
        (done.import, "taken over"),
        (done.update, "updated"),
        (done.replace, "replaced"),
        (done.delete, "deleted"),
        (done.forget, "forgotten"),
    ];
    let parts: Vec<String> =
        parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let parts = if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") };
    let calls = usize::try_from(api_calls).unwrap_or(usize::MAX);
    format!("{} {parts} in {} with {}.\n", paint(HEADING, "Done:"), elapsed(took), count_of(calls, "call"))
}

/// Something that a teardown left, in its columns: kind, id, detail.
pub type LeftoverLine<'a> = (&'a str, &'a str, &'a str);

/// Returns what a sweep found, one line for each.
pub fn leftover_lines(leftovers: &[LeftoverLine<'_>]) -> Vec<String> {
    let line = |(kind, id, detail): &LeftoverLine<'_>| {
        let detail = if detail.is_empty() { String::new() } else { format!(" ({})", visible(detail)) };
        format!("{} {}{detail}", visible(kind), visible(id))
    };
    leftovers.iter().map(line).collect()
}
