//! What a plan was made from, in little: a plan that is kept for later tells by it whether it still fits.
//!
//! A digest shows that something is another than it was and nothing of what it is, so a kept plan holds no boot script
//! and no setting. Digests are taken from the `Debug` text of a value: it has every field, also one that is added to a
//! type later. So they can be compared within one version of landfall only.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Write as _};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::address::Address;
use crate::drift::surplus_address;
use crate::resource::{CloudId, Literals};
use crate::snapshot::{Observed, ObservedResource, Recorded, RecordedResource};

/// How much of a SHA-256 is kept, in bytes: enough for what nobody tries to forge, and short in a file with thousands.
const KEPT: usize = 16;

/// The digest of a value: equal for equal values, within one version of landfall.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// Takes the digest of everything that the value's `Debug` text tells.
    pub fn of(value: &impl Debug) -> Digest {
        let mut hash = Hash(Sha256::new());
        // Hashing takes any text, so only a `Debug` that itself gives up could fail; there is none here.
        let _ = write!(hash, "{value:?}");
        Digest(hex::encode(&hash.0.finalize()[..KEPT]))
    }
}

impl Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

struct Hash(Sha256);

impl fmt::Write for Hash {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

/// The fingerprint of the two snapshots that a plan read, resource by resource and field by field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    recorded: BTreeMap<Address, Print>,
    observed: BTreeMap<Address, Print>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Print {
    id: CloudId,
    fields: BTreeMap<String, Digest>,
}

/// Where something moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// In the account.
    Account,
    /// In the state.
    State,
}

/// How something moved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Movement {
    /// It was not there.
    Appeared,
    /// It is not there any more.
    Vanished,
    /// Another one is in its place.
    Exchanged,
    /// These fields have other values.
    Changed(Vec<String>),
}

/// One resource that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The resource; one without a place in the stack is named by kind and id.
    pub address: Address,
    /// Where.
    pub side: Side,
    /// How.
    pub movement: Movement,
}

impl Fingerprint {
    /// Takes the fingerprint of what a plan is made from.
    pub fn of(recorded: &Recorded, observed: &Observed) -> Fingerprint {
        let old = recorded.deposed.iter().map(|known| (surplus_address(&known.kind, &known.id), known));
        let known = recorded.resources.iter().map(|(address, known)| (address.clone(), known));
        let extra = observed.surplus.iter().map(|seen| (surplus_address(&seen.kind, &seen.id), seen));
        let seen = observed.resources.iter().map(|(address, seen)| (address.clone(), seen));
        Fingerprint {
            recorded: known.chain(old).map(|(address, known)| (address, Print::of_recorded(known))).collect(),
            observed: seen.chain(extra).map(|(address, seen)| (address, Print::of_observed(seen))).collect(),
        }
    }

    /// Returns what is not as it was when `self` was taken: what moved in the account first, each by address.
    pub fn moved(&self, now: &Fingerprint) -> Vec<Moved> {
        let sides = [(Side::Account, &self.observed, &now.observed), (Side::State, &self.recorded, &now.recorded)];
        sides.into_iter().flat_map(|(side, then, now)| differences(side, then, now)).collect()
    }
}

fn differences(side: Side, then: &BTreeMap<Address, Print>, now: &BTreeMap<Address, Print>) -> Vec<Moved> {
    let all: std::collections::BTreeSet<&Address> = then.keys().chain(now.keys()).collect();
    let moved = |address: &Address| {
        let movement = match (then.get(address), now.get(address)) {
            (None, _) => Movement::Appeared,
            (_, None) => Movement::Vanished,
            (Some(then), Some(now)) if then.id != now.id => Movement::Exchanged,
            (Some(then), Some(now)) if then == now => return None,
            (Some(then), Some(now)) => Movement::Changed(then.changed_fields(now)),
        };
        Some(Moved { address: address.clone(), side, movement })
    };
    all.into_iter().filter_map(moved).collect()
}

impl Print {
    fn of_recorded(known: &RecordedResource) -> Print {
        let RecordedResource { address, kind, id, properties, outputs, depends_on } = known;
        let of_itself = [("address", Digest::of(address)), ("depends_on", Digest::of(depends_on))];
        Print::new(kind, id, properties, outputs, of_itself)
    }

    fn of_observed(seen: &ObservedResource) -> Print {
        let ObservedResource { kind, id, properties, outputs, readiness } = seen;
        Print::new(kind, id, properties, outputs, [("readiness", Digest::of(readiness))])
    }

    /// What is of the resource itself stands beside its properties; what the cloud gave it may have a property's name.
    fn new<const N: usize>(
        kind: &impl Debug,
        id: &CloudId,
        properties: &Literals,
        outputs: &Literals,
        of_itself: [(&str, Digest); N],
    ) -> Print {
        let of_itself = of_itself.into_iter().chain([("kind", Digest::of(kind))]);
        let of_itself = of_itself.map(|(name, digest)| (format!("its {name}"), digest));
        let given = outputs.iter().map(|(name, value)| (format!("its {name}"), Digest::of(value)));
        let set = properties.iter().map(|(name, value)| (name.clone(), Digest::of(value)));
        Print { id: id.clone(), fields: of_itself.chain(given).chain(set).collect() }
    }

    fn changed_fields(&self, now: &Print) -> Vec<String> {
        let names: std::collections::BTreeSet<&String> = self.fields.keys().chain(now.fields.keys()).collect();
        names.into_iter().filter(|name| self.fields.get(*name) != now.fields.get(*name)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::kind::Kind;
    use crate::snapshot::Readiness;

    fn address(text: &str) -> Address {
        Address::new(text).expect("an address")
    }

    fn literals(value: serde_json::Value) -> Literals {
        value.as_object().cloned().expect("an object")
    }

    fn known(at: &str, id: &str, size: u8) -> RecordedResource {
        RecordedResource {
            address: address(at),
            kind: Kind::new("test.box"),
            id: id.into(),
            properties: literals(json!({"size": size})),
            outputs: literals(json!({"size": "as the cloud says"})),
            depends_on: vec![],
        }
    }

    fn seen(id: &str, size: u8, readiness: Readiness) -> ObservedResource {
        ObservedResource {
            kind: Kind::new("test.box"),
            id: id.into(),
            properties: literals(json!({"size": size})),
            outputs: Literals::new(),
            readiness,
        }
    }

    fn world(known_ones: Vec<RecordedResource>, seen_ones: Vec<(&str, ObservedResource)>) -> (Recorded, Observed) {
        let resources = known_ones.into_iter().map(|known| (known.address.clone(), known.into())).collect();
        let observed = seen_ones.into_iter().map(|(at, seen)| (address(at), seen.into())).collect();
        (Recorded { resources, deposed: vec![] }, Observed { resources: observed, surplus: vec![] })
    }

    fn moved(then: &(Recorded, Observed), now: &(Recorded, Observed)) -> Vec<String> {
        let moved = Fingerprint::of(&then.0, &then.1).moved(&Fingerprint::of(&now.0, &now.1));
        moved.iter().map(|moved| format!("{:?} {} {:?}", moved.side, moved.address, moved.movement)).collect()
    }

    #[test]
    fn what_moved_is_named_with_its_side_and_its_fields() {
        let then = world(
            vec![known("a", "i-a", 1), known("b", "i-b", 1)],
            vec![
                ("a", seen("i-a", 1, Readiness::Ready)),
                ("b", seen("i-b", 1, Readiness::Pending)),
                ("c", seen("i-c", 1, Readiness::Ready)),
            ],
        );
        let now = world(
            vec![known("a", "i-a", 2), known("d", "i-d", 1)],
            vec![
                ("a", seen("i-a", 1, Readiness::Ready)),
                ("b", seen("i-b", 3, Readiness::Ready)),
                ("c", seen("i-x", 1, Readiness::Ready)),
            ],
        );
        assert_eq!(
            moved(&then, &now),
            [
                r#"Account b Changed(["its readiness", "size"])"#,
                "Account c Exchanged",
                r#"State a Changed(["size"])"#,
                "State b Vanished",
                "State d Appeared",
            ]
        );
    }

    #[test]
    fn what_has_no_place_in_the_stack_is_named_by_its_id() {
        let (mut recorded, mut observed) = world(vec![], vec![]);
        recorded.deposed.push(known("a", "i-old", 1).into());
        observed.surplus.push(seen("i-more", 1, Readiness::Ready).into());
        assert_eq!(
            moved(&world(vec![], vec![]), &(recorded, observed)),
            ["Account surplus/test.box/i-more Appeared", "State surplus/test.box/i-old Appeared"]
        );
    }

    #[test]
    fn nothing_of_what_it_was_taken_from_can_be_read_in_it() {
        let mut machine = known("a", "i-a", 1);
        machine.properties.insert("user_data".to_owned(), json!("export TOKEN=a-secret"));
        let (recorded, observed) = world(vec![machine], vec![]);
        let text = serde_json::to_string(&Fingerprint::of(&recorded, &observed)).expect("JSON");
        assert!(text.contains("user_data") && !text.contains("secret"), "{text}");
    }

    fn drawn() -> impl Strategy<Value = (Recorded, Observed)> {
        let one = (0..3u8, 0..2u8, any::<bool>());
        (prop::collection::btree_map(0..6u8, one.clone(), 0..6), prop::collection::btree_map(0..6u8, one, 0..6))
            .prop_map(|(known_ones, seen_ones)| {
                let at = |index: &u8| format!("r/{index}");
                let mut recorded = Recorded::default();
                for (index, (id, size, is_old)) in &known_ones {
                    let known = known(&at(index), &format!("i-{index}-{id}"), *size);
                    match is_old {
                        true => recorded.deposed.push(known.into()),
                        false => drop(recorded.resources.insert(known.address.clone(), known.into())),
                    }
                }
                let mut observed = Observed::default();
                for (index, (id, size, is_ready)) in &seen_ones {
                    let readiness = if *is_ready { Readiness::Ready } else { Readiness::Pending };
                    let seen = seen(&format!("i-{index}-{id}"), *size, readiness);
                    observed.resources.insert(address(&at(index)), seen.into());
                }
                (recorded, observed)
            })
    }

    proptest! {
        /// A kept plan is refused exactly when something that it read is another.
        #[test]
        fn nothing_moved_means_that_nothing_is_different(then in drawn(), now in drawn()) {
            let (before, after) = (Fingerprint::of(&then.0, &then.1), Fingerprint::of(&now.0, &now.1));
            prop_assert_eq!(before.moved(&after).is_empty(), then == now);
            prop_assert_eq!(before.moved(&before), vec![]);
            let text = serde_json::to_string(&before).expect("JSON");
            prop_assert_eq!(serde_json::from_str::<Fingerprint>(&text).expect("what was written"), before);
        }
    }
}
