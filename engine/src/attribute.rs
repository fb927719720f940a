//! Gives what was found in the account its place among the stack's addresses.
//!
//! A refresh finds things by the stack's tag and by their parents. Which resource of the stack each is follows, in this
//! order, from the id that the state records, from the address that the thing itself claims, and, for members of a
//! group that was launched in one call and so carries only the group's name, from the free places of the group.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::address::Address;
use crate::graph::Graph;
use crate::kind::Kind;
use crate::resource::CloudId;
use crate::snapshot::{Observed, ObservedResource, Readiness, Recorded};

/// A resource that a refresh found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What it is like.
    pub resource: ObservedResource,
    /// Which resource of the stack it says it is.
    pub claim: Claim,
}

/// Which resource of the stack a found thing says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// This one: by its tag, or by its parent and what it does there.
    Address(Address),
    /// Any member of this group, such as `cluster/analytics/worker`. `order` sorts the members of a launch.
    Group {
        /// What the members' addresses begin with.
        group: Address,
        /// Sorts members, so that two refreshes give each the same place.
        order: String,
    },
    /// None, though it belongs to the stack.
    Nothing,
}

/// Gives each found thing its place. Every found thing is in the answer exactly once.
pub fn attribute(found: Vec<Found>, recorded: &Recorded, graph: &Graph) -> Observed {
    let by_id: HashMap<(&Kind, &CloudId), &Address> =
        recorded.resources.values().map(|r| ((&r.kind, &r.id), &r.address)).collect();
    let mut observed = Observed::default();
    let mut claimed_by_address = Vec::new();
    let mut claimed_by_group: BTreeMap<Address, Vec<(String, Arc<ObservedResource>)>> = BTreeMap::new();
    let deposed: BTreeSet<(&Kind, &CloudId)> = recorded.deposed.iter().map(|r| (&r.kind, &r.id)).collect();

    for Found { resource, claim } in found {
        let resource = Arc::new(resource);
        if let Some(address) = by_id.get(&(&resource.kind, &resource.id)) {
            observed.resources.insert((*address).clone(), resource);
        } else if deposed.contains(&(&resource.kind, &resource.id)) {
            observed.surplus.push(resource);
        } else {
            match claim {
                Claim::Address(address) => claimed_by_address.push((address, resource)),
                Claim::Group { group, order } => claimed_by_group.entry(group).or_default().push((order, resource)),
                Claim::Nothing => observed.surplus.push(resource),
            }
        }
    }
    // The best bearer of an address first: one that works, then the smallest id, whatever order the cloud answered in.
    claimed_by_address
        .sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| is_failed(x).cmp(&is_failed(y))).then_with(|| x.id.cmp(&y.id)));
    for (address, resource) in claimed_by_address {
        let of_other_kind = graph.get(&address).is_some_and(|declared| declared.kind != resource.kind);
        if of_other_kind || observed.resources.contains_key(&address) {
            observed.surplus.push(resource);
        } else {
            observed.resources.insert(address, resource);
        }
    }
    let mut places_of = if claimed_by_group.is_empty() { HashMap::new() } else { places_by_group(graph) };
    for (group, mut members) in claimed_by_group {
        members.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.id.cmp(&y.id)));
        let places = places_of.remove(group.as_str()).unwrap_or_default();
        let mut places = free_places(places, recorded, &observed).into_iter();
        for (_, resource) in members {
            match places.next() {
                Some(place) => {
                    observed.resources.insert(place, resource);
                }
                None => observed.surplus.push(resource),
            }
        }
    }
    observed.surplus.sort_by(|a, b| (&a.kind, &a.id).cmp(&(&b.kind, &b.id)));
    observed
}

fn is_failed(resource: &ObservedResource) -> bool {
    matches!(resource.readiness, Readiness::Failed(_))
}

/// The declared places of all groups, each group's in the order of their numbers.
fn places_by_group(graph: &Graph) -> HashMap<&str, Vec<&Address>> {
    let mut places: HashMap<&str, Vec<&Address>> = HashMap::new();
    for resource in graph.resources() {
        if let Some((group, _)) = resource.address.index() {
            places.entry(group).or_default().push(&resource.address);
        }
    }
    places
}

/// Those of a group's places that nothing observed fills: first those that the state does not know either (a launch
/// whose answer was lost), then those whose recorded member is gone.
fn free_places(places: Vec<&Address>, recorded: &Recorded, observed: &Observed) -> Vec<Address> {
    let free = places.into_iter().filter(|address| !observed.resources.contains_key(*address));
    let mut places: Vec<Address> = free.cloned().collect();
    places.sort_by_key(|address| recorded.resources.contains_key(address));
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::link;
    use crate::resource::{Literals, Resource};
    use crate::snapshot::{Declared, RecordedResource};

    const KIND: Kind = Kind::new("test.instance");

    fn address(text: &str) -> Address {
        Address::new(text).expect("a good address")
    }

    fn found(id: &str, claim: Claim) -> Found {
        let resource = ObservedResource {
            kind: KIND,
            id: id.into(),
            properties: Literals::new(),
            outputs: Literals::new(),
            readiness: Readiness::Ready,
        };
        Found { resource, claim }
    }

    fn member(id: &str, order: &str) -> Found {
        found(id, Claim::Group { group: address("c/worker"), order: order.to_owned() })
    }

    fn graph(workers: usize) -> Graph {
        let mut declared = Declared::default();
        for i in 0..workers {
            declared.add(Resource::new(address(&format!("c/worker/{i}")), KIND));
        }
        link(declared).expect("no references")
    }

    fn recorded(entries: &[(&str, &str)]) -> Recorded {
        let resources = entries.iter().map(|(a, id)| {
            let resource = RecordedResource {
                address: address(a),
                kind: KIND,
                id: (*id).into(),
                properties: Literals::new(),
                outputs: Literals::new(),
                depends_on: vec![],
            };
            (address(a), Arc::new(resource))
        });
        Recorded { resources: resources.collect(), deposed: vec![] }
    }

    fn places(observed: &Observed) -> Vec<String> {
        observed.resources.iter().map(|(a, r)| format!("{a}={}", r.id)).collect()
    }

    #[test]
    fn the_recorded_id_decides_first() {
        let observed = attribute(
            vec![found("i-2", Claim::Address(address("c/worker/0"))), member("i-1", "b")],
            &recorded(&[("c/worker/0", "i-1")]),
            &graph(1),
        );
        assert_eq!(places(&observed), ["c/worker/0=i-1"]);
        assert_eq!(observed.surplus[0].id, "i-2".into());
    }

    #[test]
    fn members_take_the_free_places_in_the_order_of_their_launch() {
        let observed = attribute(
            vec![member("i-c", "r1/2"), member("i-a", "r1/0"), member("i-b", "r1/1"), member("i-1", "r0/0")],
            &recorded(&[("c/worker/1", "i-1"), ("c/worker/0", "i-gone")]),
            &graph(4),
        );
        assert_eq!(places(&observed), ["c/worker/0=i-c", "c/worker/1=i-1", "c/worker/2=i-a", "c/worker/3=i-b"]);
    }

    #[test]
    fn members_without_a_place_are_surplus() {
        let observed = attribute(vec![member("i-a", "0"), member("i-b", "1")], &Recorded::default(), &graph(1));
        assert_eq!(places(&observed), ["c/worker/0=i-a"]);
        assert_eq!(observed.surplus.len(), 1);
    }

    #[test]
    fn the_bearer_that_works_wins_over_one_that_failed() {
        let mut failed = found("i-1", Claim::Address(address("x/nat")));
        failed.resource.readiness = Readiness::Failed("no address".to_owned());
        let working = found("i-2", Claim::Address(address("x/nat")));
        let observed = attribute(vec![failed, working], &Recorded::default(), &Graph::default());
        assert_eq!(places(&observed), ["x/nat=i-2"]);
    }
}
