//! A run while it works: lines that change on a terminal, plain lines elsewhere.
//!
//! What belongs together is shown together: the workers of a cluster are one line, however many they are.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use landfall_engine::address::Address;
use landfall_operations::event::{Step, StepStatus};
use landfall_presentation::text::bundle::patterns;
use landfall_presentation::text::duration::elapsed;
use landfall_presentation::text::escape::visible;
use landfall_presentation::text::nouns::{noun, past};
use landfall_presentation::text::style::{FAINT, GONE, MADE, paint};

use crate::printer::Printer;

/// Tells of a run on stderr.
pub(crate) struct Progress {
    printer: Printer,
    live: Option<Live>,
    told_of_retrying: BTreeSet<Address>,
    /// Groups of which was told that they are held back, by the action on them.
    told_of_holding: BTreeSet<(String, String)>,
}

impl Progress {
    /// Starts telling.
    pub(crate) fn new(printer: &Printer) -> Progress {
        let live = printer.go_live().map(|lines| Live { lines, groups: BTreeMap::new() });
        Progress { printer: printer.clone(), live, told_of_retrying: BTreeSet::new(), told_of_holding: BTreeSet::new() }
    }

    /// Takes in what happened.
    pub(crate) fn report(&mut self, event: &Step) {
        let finished = match &mut self.live {
            Some(live) => live.take_in(event),
            None => plain_line(event),
        };
        if let Some(line) = finished.or_else(|| self.first_wait(event)) {
            self.printer.note(line + "\n");
        }
    }

    /// Something that is asked for again and again is told of once; a group that is held back too, however large it is.
    fn first_wait(&mut self, event: &Step) -> Option<String> {
        let why = event.reason.as_deref()?;
        let (name, is_first) = match event.status {
            StepStatus::Retrying => (event.address.as_str(), self.told_of_retrying.insert(event.address.clone())),
            StepStatus::Held => {
                let group = group_of(&event.address);
                (group, self.told_of_holding.insert((group.to_owned(), event.action.clone())))
            }
            _ => return None,
        };
        is_first.then(|| waits(name, why))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.printer.end_live();
    }
}

/// Returns the address that the members of a group share, or that of what stands alone.
fn group_of(address: &Address) -> &str {
    address.index().map_or(address.as_str(), |(group, _)| group)
}

/// Returns the line for the end of a step.
pub(super) fn plain_line(event: &Step) -> Option<String> {
    let address = &event.address;
    let why = visible(event.error.as_deref().unwrap_or_default());
    match event.status {
        StepStatus::Done => {
            let id = event.id.as_ref().map(|id| format!(" ({})", visible(id))).unwrap_or_default();
            Some(done_line(address.as_str(), &event.action, time_of(event), &paint(FAINT, id)))
        }
        StepStatus::Failed => Some(format!("{} {address} was not {}: {why}", paint(GONE, "✗"), past(&event.action))),
        StepStatus::Skipped => Some(paint(FAINT, format!("· {address} was not started: {why}"))),
        StepStatus::Started | StepStatus::Waiting | StepStatus::Retrying | StepStatus::Held => None,
    }
}

/// Returns how long a step took that is done.
fn time_of(event: &Step) -> Duration {
    Duration::try_from_secs_f64(event.seconds.unwrap_or_default()).unwrap_or_default()
}

/// Returns the line for a step that waits to be repeated, or is held back.
pub(super) fn wait_line(event: &Step) -> Option<String> {
    event.reason.as_deref().map(|why| waits(event.address.as_str(), why))
}

fn waits(name: &str, why: &str) -> String {
    paint(FAINT, format!("… {name} has to wait: {}", visible(why)))
}

fn done_line(name: &str, action: &str, took: Duration, id: &str) -> String {
    // What goes with its container takes no time of its own.
    let time = if took.is_zero() { String::new() } else { format!(" in {}", elapsed(took)) };
    format!("{} {name} {}{time}{id}", paint(MADE, "✓"), past(action))
}

/// The lines at the foot of a terminal.
struct Live {
    lines: MultiProgress,
    groups: BTreeMap<(String, String), Group>,
}

/// Steps that share a line: one action on the members of a group, or on a single resource.
struct Group {
    bar: ProgressBar,
    kind: String,
    begun: usize,
    longest: Duration,
    done: Vec<Address>,
    in_flight: BTreeSet<Address>,
}

impl Live {
    /// Moves the group's line on; returns the line that stays once nothing of the group is on its way any more.
    fn take_in(&mut self, event: &Step) -> Option<String> {
        let key = (group_of(&event.address).to_owned(), event.action.clone());
        match event.status {
            StepStatus::Started | StepStatus::Waiting => {
                self.group(key, event).begin(event);
                None
            }
            StepStatus::Done => {
                let group = self.group(key.clone(), event);
                group.end(event, time_of(event));
                let is_over = group.in_flight.is_empty();
                is_over.then(|| self.close(&key)).flatten()
            }
            StepStatus::Failed => {
                let finished = self.groups.get_mut(&key).and_then(|group| {
                    group.in_flight.remove(&event.address);
                    group.in_flight.is_empty().then_some(())
                });
                let closed = finished.and_then(|()| self.close(&key));
                [closed, plain_line(event)].into_iter().flatten().reduce(|a, b| format!("{a}\n{b}"))
            }
            StepStatus::Skipped => plain_line(event),
            StepStatus::Retrying | StepStatus::Held => None,
        }
    }

    fn group(&mut self, key: (String, String), event: &Step) -> &mut Group {
        let lines = &self.lines;
        self.groups.entry(key).or_insert_with(|| Group::new(lines, noun(&event.kind)))
    }

    fn close(&mut self, key: &(String, String)) -> Option<String> {
        let group = self.groups.remove(key)?;
        group.bar.finish_and_clear();
        let name = patterns(&group.done).join(", ");
        (!group.done.is_empty()).then(|| done_line(&name, &key.1, group.longest, ""))
    }
}

impl Group {
    fn new(lines: &MultiProgress, kind: String) -> Group {
        let bar = lines.add(ProgressBar::new_spinner());
        // The template is ours; were it wrong, the default would do.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed:>6}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Group { bar, kind, begun: 0, longest: Duration::ZERO, done: vec![], in_flight: BTreeSet::new() }
    }

    fn begin(&mut self, event: &Step) {
        self.begun += usize::from(self.in_flight.insert(event.address.clone()));
        self.describe(event);
    }

    fn end(&mut self, event: &Step, took: Duration) {
        self.in_flight.remove(&event.address);
        self.done.push(event.address.clone());
        self.begun = self.begun.max(self.done.len());
        self.longest = self.longest.max(took);
        self.describe(event);
    }

    fn describe(&self, event: &Step) {
        let (group, many) = match event.address.index() {
            Some((group, _)) if self.begun > 1 => (group, format!("  {} of {}", self.done.len(), self.begun)),
            _ => (event.address.as_str(), String::new()),
        };
        let doing = match event.action.as_str() {
            "create" => "making",
            "update" => "changing",
            "delete" => "deleting",
            other => other,
        };
        self.bar.set_message(format!("{doing} {group}  {}{many}", self.kind));
    }
}
