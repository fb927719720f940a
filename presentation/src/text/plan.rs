//! The plan as a person reads it.

use std::collections::BTreeMap;

use landfall_engine::plan::{Action, Change, Reason};

use super::bundle::bundle;
use super::closing::closing_lines;
use super::row::{Row, likeness};
use super::sections::Section;
use super::style::{HEADING, paint};

pub use super::shown::Shown;

/// Widest column of names; a longer name pushes its own line only.
const NAME_WIDTH_MAX: usize = 48;

impl Shown<'_> {
    /// Returns the plan as text: its parts, then what it comes to in the last lines, where the eye rests.
    pub fn text(&self) -> String {
        let sections = self.sections();
        let names = sections.values().flatten().map(|row| row.name.chars().count());
        let width = names.filter(|width| *width <= NAME_WIDTH_MAX).max().unwrap_or_default();
        let mut text = String::new();
        for (section, rows) in &sections {
            text.push_str(&format!("{}\n", paint(HEADING, section.title())));
            rows.iter().for_each(|row| text.push_str(&row.lines(width)));
        }
        if !sections.is_empty() {
            text.push('\n');
        }
        text + &closing_lines(self)
    }

    fn sections(&self) -> BTreeMap<Section, Vec<Row>> {
        let mut sections: BTreeMap<Section, Vec<&Change>> = BTreeMap::new();
        let listed = self.plan.changes.iter().filter(|change| self.all || change.action != Action::NoOp);
        for change in listed {
            sections.entry(Section::of(&change.address)).or_default().push(change);
        }
        let rows = |(section, changes): (Section, Vec<&'_ Change>)| {
            let bundles = bundle(changes, |change| &change.address, |change| likeness(change));
            let rows =
                bundles.iter().filter_map(|bundle| Row::new(bundle, &section.prefix, self.understood())).collect();
            (section, rows)
        };
        sections.into_iter().map(rows).collect()
    }

    /// Returns the reasons that go without saying.
    fn understood(&self) -> &'static [Reason] {
        match (self.teardown, self.is_unrecorded()) {
            (false, _) => &[],
            (true, false) => &[Reason::Undeclared],
            (true, true) => &[Reason::Undeclared, Reason::Unexpected],
        }
    }
}

#[cfg(test)]
mod tests;
