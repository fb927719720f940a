//! Notes on the way, as a person reads them.

use landfall_operations::event::Note;
use landfall_presentation::text::escape::visible;
use landfall_presentation::text::nouns::count_of;

/// Returns the sentence of a note, its line break included.
pub(crate) fn note_text(note: &Note) -> String {
    let sentence = match note {
        Note::WaitingForLock { held_by, timeout_seconds } => {
            format!("{}; waiting for it, {timeout_seconds} s at most", visible(held_by))
        }
        Note::RunInProgress { number, command, pid, host } => format!(
            "run {number} is at work (`{}`, process {pid} on {}): what follows is a moment of it",
            visible(command),
            visible(host)
        ),
        Note::LookingAgain { seconds } => format!(
            "not all is seen that an earlier run made, or may have made, a moment ago: looking again for up to {seconds} s"
        ),
        Note::RecordsRenewed { count } => {
            format!("{} of the state brought up to date with the account", count_of(*count, "record"))
        }
        Note::NotLookedFor { operations } => {
            let operations: Vec<String> = operations.iter().map(|operation| visible(operation)).collect();
            format!(
                "not everything of others could be looked for, since the credentials may not call {}: AWS itself refuses \
                 to delete what is still used",
                operations.join(", ")
            )
        }
        Note::Loosened { kind, id, detail } => {
            let detail = if detail.is_empty() { String::new() } else { format!(" ({})", visible(detail)) };
            format!("{kind} {}{detail} is loosened before the first deletion", visible(id))
        }
        Note::StateQuarantined { path, moved_to, detail } => {
            format!("the state {path} was damaged ({}) and lies in {moved_to} now", visible(detail))
        }
    };
    sentence + "\n"
}
