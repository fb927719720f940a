//! Gives what was found in the account its address in the stack.
//!
//! A refresh finds things by the stack's tag and by their parents. Which resource of the stack each is follows, in this
//! order, from the id that the state records, from the address that the thing itself claims, and, for members of a
//! group that was launched in one call and so carries only the group's name, from the free addresses of the group.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::address::Address;
use crate::graph::Graph;
use crate::kind::Kind;
use crate::place::Place;
use crate::resource::{CloudId, Resource};
use crate::snapshot::{LocatedResource, Observed, ObservedResource, Readiness, Recorded};

/// A resource that a refresh of a place found.
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
        /// Sorts members, so that two refreshes give each the same address.
        order: String,
    },
    /// None, though it belongs to the stack.
    Nothing,
}

/// Gives each found thing its address. Every found thing is in the answer exactly once, with the place that it was found
/// in.
///
/// An id counts in its own place alone, and nothing takes an address that is declared for another place unless it is
/// recorded there.
pub fn attribute(found: BTreeMap<Place, Vec<Found>>, recorded: &Recorded, graph: &Graph) -> Observed {
    let known = KnownIds::of(recorded);
    let mut observed = Observed::default();
    let mut claimed_by_address = Vec::new();
    let mut claimed_by_group: BTreeMap<(Address, Place), Vec<Member>> = BTreeMap::new();
    for (place, found) in found {
        let known_here = known.0.get(&place);
        for Found { resource, claim } in found {
            let record = known_here.and_then(|known| known.get(&(&resource.kind, &resource.id)).copied());
            let resource = Arc::new(LocatedResource { place: place.clone(), resource });
            match (record, claim) {
                (Some(Record::At(address)), _) => drop(observed.resources.insert(address.clone(), resource)),
                (Some(Record::Deposed), _) | (None, Claim::Nothing) => observed.surplus.push(resource),
                (None, Claim::Address(address)) => claimed_by_address.push((address, resource)),
                (None, Claim::Group { group, order }) => {
                    claimed_by_group.entry((group, place.clone())).or_default().push((order, resource));
                }
            }
        }
    }
    // The best bearer of an address first: one that works, then the smallest id, whatever order the cloud answered in.
    claimed_by_address.sort_by(|(a, x), (b, y)| {
        a.cmp(b).then_with(|| is_failed(x).cmp(&is_failed(y))).then_with(|| (&x.id, &x.place).cmp(&(&y.id, &y.place)))
    });
    for (address, resource) in claimed_by_address {
        let is_another = |declared: &Arc<Resource>| declared.kind != resource.kind || declared.place != resource.place;
        if graph.get(&address).is_some_and(is_another) || observed.resources.contains_key(&address) {
            observed.surplus.push(resource);
        } else {
            observed.resources.insert(address, resource);
        }
    }
    let members_of = if claimed_by_group.is_empty() { HashMap::new() } else { members_by_group(graph) };
    for ((group, place), mut found) in claimed_by_group {
        found.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.id.cmp(&y.id)));
        let members = members_of.get(group.as_str()).into_iter().flatten().filter(|member| member.place == place);
        let mut free = free_addresses(members.map(|member| &member.address), recorded, &observed).into_iter();
        for (_, resource) in found {
            match free.next() {
                Some(address) => drop(observed.resources.insert(address, resource)),
                None => observed.surplus.push(resource),
            }
        }
    }
    observed.surplus.sort_by(|a, b| (&a.kind, &a.id, &a.place).cmp(&(&b.kind, &b.id, &b.place)));
    observed
}

/// A member of a group, with what sorts it.
type Member = (String, Arc<LocatedResource>);

/// What the state says of an id.
#[derive(Debug, Clone, Copy)]
enum Record<'a> {
    /// It is that of the resource at this address.
    At(&'a Address),
    /// It is that of an old one.
    Deposed,
}

/// The recorded ids of each place.
struct KnownIds<'a>(BTreeMap<&'a Place, HashMap<(&'a Kind, &'a CloudId), Record<'a>>>);

impl<'a> KnownIds<'a> {
    fn of(recorded: &'a Recorded) -> KnownIds<'a> {
        let mut counts: BTreeMap<&Place, usize> = BTreeMap::new();
        recorded.iter().for_each(|known| *counts.entry(&known.place).or_default() += 1);
        // To hash all ids once more as the maps grow would be dear.
        let with_room = |(place, count)| (place, HashMap::with_capacity(count));
        let mut known: BTreeMap<&Place, HashMap<(&Kind, &CloudId), Record<'a>>> =
            counts.into_iter().map(with_room).collect();
        // Where a resource has an address, that counts.
        let deposed = recorded.deposed.iter().map(|old| (old, Record::Deposed));
        let at_address = recorded.resources.values().map(|resource| (resource, Record::At(&resource.address)));
        for (resource, record) in deposed.chain(at_address) {
            known.entry(&resource.place).or_default().insert((&resource.kind, &resource.id), record);
        }
        KnownIds(known)
    }
}

fn is_failed(resource: &ObservedResource) -> bool {
    matches!(resource.readiness, Readiness::Failed(_))
}

/// The declared members of all groups, each group's in the order of their numbers.
fn members_by_group(graph: &Graph) -> HashMap<&str, Vec<&Resource>> {
    let mut members: HashMap<&str, Vec<&Resource>> = HashMap::new();
    for resource in graph.resources() {
        if let Some((group, _)) = resource.address.index() {
            members.entry(group).or_default().push(resource);
        }
    }
    members
}

/// Those of a group's addresses that nothing observed has: first those that the state does not know either (a launch
/// whose answer was lost), then those whose recorded member is gone.
fn free_addresses<'a>(
    of_group: impl Iterator<Item = &'a Address>,
    recorded: &Recorded,
    observed: &Observed,
) -> Vec<Address> {
    let mut free: Vec<Address> =
        of_group.filter(|address| !observed.resources.contains_key(*address)).cloned().collect();
    free.sort_by_key(|address| recorded.resources.contains_key(address));
    free
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::link;
    use crate::model_cloud::{here, there};
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
            declared.add(Resource::new(address(&format!("c/worker/{i}")), KIND, &here()));
        }
        link(declared).expect("no references")
    }

    fn recorded(entries: &[(&str, &str)]) -> Recorded {
        let resources = entries.iter().map(|(a, id)| {
            let resource = RecordedResource {
                address: address(a),
                kind: KIND,
                place: here(),
                id: (*id).into(),
                properties: Literals::new(),
                outputs: Literals::new(),
                depends_on: vec![],
            };
            (address(a), Arc::new(resource))
        });
        Recorded { resources: resources.collect(), deposed: vec![] }
    }

    fn attribute_here(found: Vec<Found>, recorded: &Recorded, graph: &Graph) -> Observed {
        attribute([(here(), found)].into(), recorded, graph)
    }

    fn places(observed: &Observed) -> Vec<String> {
        observed.resources.iter().map(|(a, r)| format!("{a}={}", r.id)).collect()
    }

    #[test]
    fn the_recorded_id_decides_first() {
        let observed = attribute_here(
            vec![found("i-2", Claim::Address(address("c/worker/0"))), member("i-1", "b")],
            &recorded(&[("c/worker/0", "i-1")]),
            &graph(1),
        );
        assert_eq!(places(&observed), ["c/worker/0=i-1"]);
        assert_eq!(observed.surplus[0].id, "i-2".into());
    }

    #[test]
    fn members_take_the_free_places_in_the_order_of_their_launch() {
        let observed = attribute_here(
            vec![member("i-c", "r1/2"), member("i-a", "r1/0"), member("i-b", "r1/1"), member("i-1", "r0/0")],
            &recorded(&[("c/worker/1", "i-1"), ("c/worker/0", "i-gone")]),
            &graph(4),
        );
        assert_eq!(places(&observed), ["c/worker/0=i-c", "c/worker/1=i-1", "c/worker/2=i-a", "c/worker/3=i-b"]);
    }

    #[test]
    fn members_without_a_place_are_surplus() {
        let observed = attribute_here(vec![member("i-a", "0"), member("i-b", "1")], &Recorded::default(), &graph(1));
        assert_eq!(places(&observed), ["c/worker/0=i-a"]);
        assert_eq!(observed.surplus.len(), 1);
    }

    #[test]
    fn the_bearer_that_works_wins_over_one_that_failed() {
        let mut failed = found("i-1", Claim::Address(address("x/nat")));
        failed.resource.readiness = Readiness::Failed("no address".to_owned());
        let working = found("i-2", Claim::Address(address("x/nat")));
        let observed = attribute_here(vec![failed, working], &Recorded::default(), &Graph::default());
        assert_eq!(places(&observed), ["x/nat=i-2"]);
    }

    #[test]
    fn an_id_counts_in_its_own_place_alone() {
        let mut state = recorded(&[("c/worker/0", "i-1")]);
        let mut old = RecordedResource::clone(&state.resources[&address("c/worker/0")]);
        old.id = "i-2".into();
        state.deposed.push(old.into());
        let found = || vec![found("i-1", Claim::Address(address("x/a"))), found("i-2", Claim::Address(address("x/b")))];
        let observed = attribute([(here(), found()), (there(), found())].into(), &state, &graph(1));
        let shown: Vec<_> =
            observed.resources.iter().map(|(at, seen)| (at.as_str(), seen.id.as_str(), &seen.place)).collect();
        assert_eq!(shown, [("c/worker/0", "i-1", &here()), ("x/a", "i-1", &there()), ("x/b", "i-2", &there())]);
        assert_eq!(
            observed.surplus.iter().map(|seen| (seen.id.as_str(), &seen.place)).collect::<Vec<_>>(),
            [("i-2", &here())]
        );
    }

    #[test]
    fn nothing_takes_an_address_that_is_declared_for_another_place() {
        let found = || vec![found("i-9", Claim::Address(address("c/worker/1"))), member("i-8", "0")];
        let observed = attribute([(there(), found())].into(), &Recorded::default(), &graph(2));
        assert_eq!((places(&observed).len(), observed.surplus.len()), (0, 2));
        let both = attribute([(there(), found()), (here(), found())].into(), &Recorded::default(), &graph(2));
        assert!(both.resources.values().all(|seen| seen.place == here()));
        assert_eq!(places(&both), ["c/worker/0=i-8", "c/worker/1=i-9"]);
    }
}
