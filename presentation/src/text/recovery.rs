//! A recovered state, as a person reads it.

use landfall_engine::address::Address;
use landfall_engine::plan::Plan;
use landfall_engine::recovery::Recovery;

use super::bundle::{named, patterns};
use super::nouns::count_of;
use super::style::{HEADING, paint};

/// What is told of a recovery.
#[derive(Debug)]
pub struct Told<'a> {
    /// What was found out.
    pub recovery: &'a Recovery,
    /// How much is recorded now.
    pub recorded: usize,
    /// What apply would do now.
    pub next: &'a Plan,
}

impl Told<'_> {
    /// Returns what was found, what is missing, what is too much, and how to go on.
    pub fn text(&self, stack: &str) -> String {
        let Recovery { records, found, renewed, forgotten, missing, undeclared } = self.recovery;
        let resources = count_of(self.recorded, "resource");
        let mut text = if records.is_empty() {
            format!("{} {resources}, all recorded as the account shows them.\n", paint(HEADING, "Nothing to recover:"))
        } else {
            format!("{} {resources} of {stack} recorded.\n", paint(HEADING, "Recovered:"))
        };
        // What is well needs no list of names; what is not does.
        let well = [
            ("found", found, "in the account, not recorded until now"),
            ("brought up to date", renewed, "recorded otherwise than the account shows"),
            ("forgotten", forgotten, "recorded, looked up by id, and gone"),
        ];
        for (word, addresses, meaning) in well.into_iter().filter(|(_, addresses, _)| !addresses.is_empty()) {
            text.push_str(&format!("  {} {word}: {meaning}\n        {}\n", addresses.len(), named(addresses)));
        }
        let amiss = [
            ("missing", missing, "declared, and not in the account; apply makes it"),
            ("not declared", undeclared, "in the account with the stack's tag or in its hands; apply deletes it"),
        ];
        for (word, addresses, meaning) in amiss.into_iter().filter(|(_, addresses, _)| !addresses.is_empty()) {
            text.push_str(&format!("  {} {word}: {meaning}\n{}", addresses.len(), all(addresses)));
        }
        text + "\n" + &self.advice(stack)
    }

    fn advice(&self, stack: &str) -> String {
        match self.next.pending().count() {
            0 => format!("The account is as {stack} declares it: the next plan is empty.\n"),
            changes => format!("Next: `landfall plan` shows what is left to do, {}.\n", count_of(changes, "change")),
        }
    }
}

fn all(addresses: &[Address]) -> String {
    patterns(addresses).into_iter().map(|pattern| format!("        {pattern}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::samples::home;
    use landfall_engine::journal::Record;
    use snapbox::{assert_data_eq, str};

    fn addresses(texts: &[&str]) -> Vec<Address> {
        texts.iter().map(|text| Address::new(*text).expect("an address")).collect()
    }

    fn shown(recovery: &Recovery, next: &Plan) -> String {
        let text = Told { recovery, recorded: 31, next }.text("acme");
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn what_is_amiss_is_named_in_full() {
        let gone = Address::new("cluster/a/worker/3").expect("an address");
        let recovery = Recovery {
            records: vec![Record::Remove(gone, home(), "i-1".into())],
            found: addresses(&["network/vpc", "network/subnet/public/us-east-1a", "network/subnet/public/us-east-1b"]),
            renewed: addresses(&["logs/group"]),
            forgotten: addresses(&["cluster/a/worker/3"]),
            missing: addresses(&["cluster/a/worker/3"]),
            undeclared: addresses(&["surplus/ec2.instance/i-2"]),
        };
        assert_data_eq!(
            shown(&recovery, &Plan::default()),
            str![[r#"
Recovered: 31 resources of acme recorded.
  3 found: in the account, not recorded until now
        network/subnet/public/us-east-1[a,b], network/vpc
  1 brought up to date: recorded otherwise than the account shows
        logs/group
  1 forgotten: recorded, looked up by id, and gone
        cluster/a/worker/3
  1 missing: declared, and not in the account; apply makes it
        cluster/a/worker/3
  1 not declared: in the account with the stack's tag or in its hands; apply deletes it
        surplus/ec2.instance/i-2

The account is as acme declares it: the next plan is empty.

"#]]
        );
    }

    #[test]
    fn a_state_that_is_right_is_said_to_be() {
        assert_data_eq!(
            shown(&Recovery::default(), &Plan::default()),
            str![[r#"
Nothing to recover: 31 resources, all recorded as the account shows them.

The account is as acme declares it: the next plan is empty.

"#]]
        );
    }
}
