//! Drift: where the account differs from what landfall recorded, whatever the stack file says.

use std::collections::HashSet;

use crate::address::Address;
use crate::diff::{FieldChange, compare_literals};
use crate::kind::{Kind, Schemas};
use crate::place::Place;
use crate::resource::CloudId;
use crate::snapshot::{Observed, Recorded, ResourceIdentity, side_by_side};

/// One place where the account differs from the state.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The resource. Something unexpected that has no place in the stack is named by kind and id.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// Where it is, or was.
    pub place: Place,
    /// Its id.
    pub id: CloudId,
    /// What is different.
    pub drift_type: DriftType,
}

/// What is different.
#[derive(Debug, Clone, PartialEq)]
pub enum DriftType {
    /// Fields have other values; `before` of each is the recorded one, `after` the observed one.
    Changed(Vec<FieldChange>),
    /// It is gone.
    Missing,
    /// It is in the account, belongs to the stack and is not recorded.
    Unexpected,
}

impl DriftType {
    /// Returns the word for it in the JSON contract.
    pub fn as_str(&self) -> &'static str {
        match self {
            DriftType::Changed(_) => "changed",
            DriftType::Missing => "missing",
            DriftType::Unexpected => "unexpected",
        }
    }
}

/// Returns all drift, by address.
pub fn drift(recorded: &Recorded, observed: &Observed, schemas: &Schemas) -> Vec<Drift> {
    let mut all = Vec::new();
    for (address, known, seen) in side_by_side(recorded.resources.iter(), observed.resources.iter()) {
        let mut add = |kind: &Kind, place: &Place, id: &CloudId, drift_type| {
            let (kind, place) = (kind.clone(), place.clone());
            all.push(Drift { address: address.clone(), kind, place, id: id.clone(), drift_type });
        };
        match (known, seen) {
            (Some(known), Some(seen)) if known.identity() == seen.identity() => {
                let Some(schema) = schemas.get(&known.kind) else { continue };
                let fields = compare_literals(schema, |field| !field.unreadable, &known.properties, &seen.properties);
                if !fields.is_empty() {
                    add(&known.kind, &known.place, &known.id, DriftType::Changed(fields));
                }
            }
            // Something else in its place is still the loss of what was recorded; the newcomer is adopted by apply.
            (known, seen) => {
                if let Some(known) = known {
                    add(&known.kind, &known.place, &known.id, DriftType::Missing);
                }
                if let Some(seen) = seen {
                    add(&seen.kind, &seen.place, &seen.id, DriftType::Unexpected);
                }
            }
        }
    }
    let deposed: HashSet<ResourceIdentity<'_>> = recorded.deposed.iter().map(|old| old.identity()).collect();
    for seen in &observed.surplus {
        if !deposed.contains(&seen.identity()) {
            all.push(Drift {
                address: surplus_address(&seen.kind, &seen.id),
                kind: seen.kind.clone(),
                place: seen.place.clone(),
                id: seen.id.clone(),
                drift_type: DriftType::Unexpected,
            });
        }
    }
    all.sort_by(|a, b| a.address.cmp(&b.address).then_with(|| (&a.id, &a.place).cmp(&(&b.id, &b.place))));
    all
}

/// Returns the name of something that belongs to the stack and has no address in it: `surplus/ec2.instance/i-0abc`.
pub fn surplus_address(kind: &Kind, id: &CloudId) -> Address {
    Address::of(["surplus", kind.as_str(), id.as_str()])
}
