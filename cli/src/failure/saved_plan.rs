//! Why a saved plan is refused.

use std::collections::{BTreeMap, BTreeSet};

use landfall_engine::address::Address;
use landfall_engine::fingerprint::{Movement, Side};
use landfall_operations::saved_plan::{Differences, Differs, SavedPlanError};
use landfall_presentation::text::bundle::patterns;
use landfall_presentation::text::nouns::count_of;

use super::{Explanation, Failure, NOTHING_CHANGED};

/// What every refusal ends with.
const PLAN_ANEW: &str = "make a new one with `landfall plan --out FILE`, read it, then apply that";

impl From<SavedPlanError> for Failure {
    fn from(error: SavedPlanError) -> Failure {
        if let SavedPlanError::Moved { differences, since } = &error {
            return refusal(differences, since.as_deref());
        }
        let explanation = Explanation::of(&error);
        let explanation = match &error {
            SavedPlanError::OtherState { location, exists: false } => {
                Explanation::new(format!("the state {location} that the plan was made from is not there"))
            }
            _ => explanation,
        };
        let explanation = match &error {
            SavedPlanError::OtherState { .. } => {
                explanation.meaning("without it nobody can tell whether the plan still fits")
            }
            SavedPlanError::OtherPlan { .. } => {
                explanation.meaning("nothing that it read has moved, so the file was changed after it was written")
            }
            _ => explanation,
        };
        let explanation = explanation.kept(NOTHING_CHANGED);
        match error {
            SavedPlanError::OtherPlace(other) => explanation.next(match other.differs {
                Differs::Stack => {
                    "name the plan of this stack, or leave the stack file out: the plan has a copy of its own"
                }
                Differs::Account => {
                    "use the credentials that the plan was made with (AWS_PROFILE, AWS_ACCESS_KEY_ID, or --simulate)"
                }
            }),
            SavedPlanError::OtherState { .. } => {
                explanation.next("name its place with `--state`, if it has moved; or").next(PLAN_ANEW)
            }
            SavedPlanError::Unreadable { .. } => {
                explanation.next("name the file that `landfall plan --out FILE` wrote")
            }
            SavedPlanError::NotWritten { .. } => {
                explanation.next("mend what the cause names, or name another file with `--out`")
            }
            SavedPlanError::OtherFormat { .. } | SavedPlanError::OtherLandfall { .. } => explanation
                .meaning("another version may make something else of the same stack file than what was shown")
                .next("apply it with the landfall that made it; or")
                .next(PLAN_ANEW),
            SavedPlanError::NotAPlan { .. }
            | SavedPlanError::Damaged { .. }
            | SavedPlanError::Moved { .. }
            | SavedPlanError::OtherPlan { .. } => explanation.next(PLAN_ANEW),
        }
        .into()
    }
}

/// Returns the refusal of a plan that does not fit any more. `since` is the number of a run that came between.
fn refusal(differences: &Differences, since: Option<&str>) -> Failure {
    let mut addresses: Vec<&Address> = differences.moved.iter().map(|moved| &moved.address).collect();
    addresses.sort();
    addresses.dedup();
    let what = match addresses.len() {
        0 => "what the state remembers of the account".to_owned(),
        count => count_of(count, "resource"),
    };
    let mut explanation = Explanation::new(format!("the saved plan does not fit any more: {what} moved"));
    explanation = lines(differences).into_iter().fold(explanation, Explanation::meaning);
    if differences.has_other_facts {
        explanation = explanation.meaning("in the state: other zones, instance types or images are remembered");
    }
    if let Some(run) = since {
        explanation = explanation.meaning(format!("run {run} was carried out since the plan was made"));
    }
    explanation.kept(NOTHING_CHANGED).next(PLAN_ANEW).into()
}

/// All that moved, what moved alike in one line.
fn lines(differences: &Differences) -> Vec<String> {
    let mut places: BTreeMap<(&Address, &Movement), BTreeSet<Side>> = BTreeMap::new();
    for moved in &differences.moved {
        places.entry((&moved.address, &moved.movement)).or_default().insert(moved.side);
    }
    let mut alike: BTreeMap<(BTreeSet<Side>, &Movement), Vec<&Address>> = BTreeMap::new();
    for ((address, movement), sides) in places {
        alike.entry((sides, movement)).or_default().push(address);
    }
    let line = |((sides, movement), addresses): (&(BTreeSet<Side>, &Movement), &Vec<&Address>)| {
        let sides: Vec<&str> = sides.iter().map(|side| place(*side)).collect();
        let addresses = patterns(addresses.iter().copied()).join(", ");
        format!("{}: {addresses} {}", sides.join(" and "), told(movement))
    };
    alike.iter().map(line).collect()
}

fn place(side: Side) -> &'static str {
    match side {
        Side::Account => "in the account",
        Side::State => "in the state",
    }
}

fn told(movement: &Movement) -> String {
    match movement {
        Movement::Appeared => "appeared".to_owned(),
        Movement::Vanished => "vanished".to_owned(),
        Movement::Exchanged => "exchanged for another".to_owned(),
        Movement::Changed(fields) => format!("changed ({})", fields.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use landfall_engine::fingerprint::Moved;
    use snapbox::{assert_data_eq, str};

    fn moved(address: &str, side: Side, movement: Movement) -> Moved {
        Moved { address: Address::new(address).expect("an address"), side, movement }
    }

    #[test]
    fn a_refusal_names_everything_that_moved_and_how() {
        let changed = Movement::Changed(vec!["retention_in_days".to_owned(), "tags".to_owned()]);
        let differences = Differences {
            moved: vec![
                moved("cluster/a/worker/0", Side::Account, Movement::Appeared),
                moved("cluster/a/worker/1", Side::Account, Movement::Appeared),
                moved("logs/group", Side::Account, changed),
                moved("network/vpc", Side::Account, Movement::Exchanged),
                moved("cluster/a/worker/0", Side::State, Movement::Appeared),
                moved("cluster/a/worker/1", Side::State, Movement::Appeared),
                moved("cluster/a/worker/2", Side::State, Movement::Vanished),
            ],
            has_other_facts: true,
        };
        let failure = Failure::from(SavedPlanError::Moved { differences, since: Some("3".to_owned()) });
        assert_data_eq!(
            anstream::adapter::strip_str(&failure.text()).to_string(),
            str![[r#"
error: the saved plan does not fit any more: 5 resources moved
  meaning  in the account: network/vpc exchanged for another
           in the account: logs/group changed (retention_in_days, tags)
           in the account and in the state: cluster/a/worker/[0,1] appeared
           in the state: cluster/a/worker/2 vanished
           in the state: other zones, instance types or images are remembered
           run 3 was carried out since the plan was made
  kept     nothing was changed
  next     make a new one with `landfall plan --out FILE`, read it, then apply that

"#]]
        );
    }
}
