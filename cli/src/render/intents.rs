//! What became of the steps that an earlier run did not see to their end, as a person reads it.

use std::collections::BTreeMap;

use landfall_engine::address::Address;
use landfall_operations::intents::IntentOutcome;
use landfall_presentation::text::bundle::named;
use landfall_presentation::text::nouns::count_of;
use landfall_state::RunNumber;

/// Returns one sentence for the steps of one run with one outcome.
pub(crate) fn sentences(outcomes: &BTreeMap<(RunNumber, IntentOutcome), Vec<Address>>) -> Vec<String> {
    let sentence = |((run, outcome), addresses): (&(RunNumber, IntentOutcome), &Vec<Address>)| {
        let many = addresses.len() > 1;
        let were = if many { "were" } else { "was" };
        let steps = count_of(addresses.len(), "unfinished step");
        format!("{steps} of run {run} {were} looked up: {} {}", named(addresses), outcome.words(many))
    };
    outcomes.iter().map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_one_run_and_outcome_share_a_sentence() {
        let address = |text: &str| Address::new(text).expect("an address");
        let run = RunNumber::from(3);
        let outcomes = [
            ((run, IntentOutcome::Adopted), vec![address("network/vpc")]),
            ((run, IntentOutcome::Absent), vec![address("cluster/a/worker/0"), address("cluster/a/worker/1")]),
        ];
        assert_eq!(
            sentences(&outcomes.into()),
            [
                "1 unfinished step of run 3 was looked up: network/vpc exists and is not in the state yet",
                "2 unfinished steps of run 3 were looked up: cluster/a/worker/[0,1] do not exist",
            ]
        );
    }
}
