//! The dependency graph of what is declared.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::address::Address;
use crate::resource::Resource;
use crate::snapshot::Declared;

/// The declared resources and who must come before whom. It has no cycle and no loose end.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// By address. The position of each is its number: nodes and the order name resources by it.
    resources: Vec<Arc<Resource>>,
    numbers: HashMap<Address, usize>,
    /// An edge runs from what must exist first to what needs it.
    edges: DiGraph<(), ()>,
    order: Vec<usize>,
}

/// The declared resources do not make a graph. Only a wrong blueprint can cause it, never a stack file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LinkError {
    /// A reference to nothing.
    #[error("{from} refers to {to}, which is not declared")]
    Unknown {
        /// Who refers.
        from: Address,
        /// To what.
        to: Address,
    },
    /// Resources that wait for each other.
    #[error("these resources wait for each other: {}", .0.iter().map(|a| a.as_str()).collect::<Vec<_>>().join(", "))]
    Cycle(Vec<Address>),
}

/// Makes the graph of what is declared.
///
/// # Errors
/// All references to nothing; or, if there is none of these, all cycles.
pub fn link(declared: Declared) -> Result<Graph, Vec<LinkError>> {
    let resources: Vec<Arc<Resource>> = declared.into_resources().into_values().map(Arc::new).collect();
    let numbers: HashMap<Address, usize> =
        resources.iter().enumerate().map(|(number, resource)| (resource.address.clone(), number)).collect();
    let mut edges = DiGraph::with_capacity(resources.len(), resources.len() * 8);
    // Nodes are added by address: `toposort` follows the order of insertion, so that equal input gives equal plans.
    for _ in &resources {
        edges.add_node(());
    }
    let mut errors = Vec::new();
    let mut needed: Vec<usize> = Vec::new();
    for (number, resource) in resources.iter().enumerate() {
        let mut unknown: BTreeSet<&Address> = BTreeSet::new();
        resource.each_creation_dependency(&mut |address| match numbers.get(address) {
            Some(number) => needed.push(*number),
            None => drop(unknown.insert(address)),
        });
        let error = |to: &Address| LinkError::Unknown { from: resource.address.clone(), to: to.clone() };
        errors.extend(unknown.into_iter().map(error));
        // Each once: to look for an edge that is there already takes as long as the other end has edges.
        needed.sort_unstable();
        needed.dedup();
        for needed in needed.drain(..) {
            edges.add_edge(NodeIndex::new(needed), NodeIndex::new(number), ());
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    match toposort(&edges, None) {
        Ok(sorted) => {
            let order = sorted.into_iter().map(NodeIndex::index).collect();
            Ok(Graph { resources, numbers, edges, order })
        }
        Err(_) => Err(cycles(&edges, &resources)),
    }
}

fn cycles(edges: &DiGraph<(), ()>, resources: &[Arc<Resource>]) -> Vec<LinkError> {
    let is_cycle =
        |group: &Vec<NodeIndex>| group.len() > 1 || group.iter().any(|node| edges.contains_edge(*node, *node));
    tarjan_scc(edges)
        .into_iter()
        .filter(is_cycle)
        .map(|group| {
            let members: BTreeSet<&Address> = group.iter().map(|node| &resources[node.index()].address).collect();
            LinkError::Cycle(members.into_iter().cloned().collect())
        })
        .collect()
}

impl Graph {
    /// Returns the positions of the resources among [`Graph::resources`], so that each comes after all that it needs.
    pub fn order(&self) -> impl Iterator<Item = usize> {
        self.order.iter().copied()
    }

    /// Returns a declared resource.
    pub fn get(&self, address: &Address) -> Option<&Arc<Resource>> {
        self.number(address).map(|number| &self.resources[number])
    }

    /// Returns the resources by address.
    pub fn resources(&self) -> &[Arc<Resource>] {
        &self.resources
    }

    /// Returns the position of a resource among [`Graph::resources`].
    pub fn number(&self, address: &Address) -> Option<usize> {
        self.numbers.get(address).copied()
    }

    /// Returns what must exist before this one.
    pub fn dependencies(&self, address: &Address) -> impl Iterator<Item = &Address> {
        self.neighbors(self.number(address), petgraph::Direction::Incoming).map(|number| self.address(number))
    }

    /// Returns what needs this one directly.
    pub fn dependents(&self, address: &Address) -> impl Iterator<Item = &Address> {
        self.neighbors(self.number(address), petgraph::Direction::Outgoing).map(|number| self.address(number))
    }

    /// Returns what must exist before this one, by their numbers.
    pub(crate) fn needed_by(&self, number: usize) -> impl Iterator<Item = usize> {
        self.neighbors(Some(number), petgraph::Direction::Incoming)
    }

    fn address(&self, number: usize) -> &Address {
        &self.resources[number].address
    }

    fn neighbors(&self, number: Option<usize>, direction: petgraph::Direction) -> impl Iterator<Item = usize> {
        let node = number.map(NodeIndex::new);
        node.into_iter().flat_map(move |node| self.edges.neighbors_directed(node, direction)).map(NodeIndex::index)
    }

    /// Returns the graph in Graphviz's language; an arrow runs from a resource to what it needs.
    pub fn to_dot(&self) -> String {
        let mut dot = String::from("digraph landfall {\n  rankdir=RL;\n  node [shape=box, fontname=\"sans-serif\"];\n");
        for (area, members) in self.areas() {
            let _ = writeln!(dot, "  subgraph \"cluster_{area}\" {{\n    label=\"{area}\";");
            for address in members {
                let Some(kind) = self.get(address).map(|resource| &resource.kind) else { continue };
                let _ = writeln!(dot, "    \"{address}\" [label=\"{address}\\n{kind}\"];");
            }
            dot.push_str("  }\n");
        }
        for (from, to) in self.arrows() {
            let _ = writeln!(dot, "  \"{from}\" -> \"{to}\";");
        }
        dot.push_str("}\n");
        dot
    }

    /// Returns the graph in Mermaid's language, as GitHub and many wikis draw it.
    pub fn to_mermaid(&self) -> String {
        let mut mermaid = String::from("flowchart RL\n");
        let number = |address: &Address| self.number(address).unwrap_or_default();
        for (area, members) in self.areas() {
            let _ = writeln!(mermaid, "  subgraph {area}");
            for address in members {
                let _ = writeln!(mermaid, "    n{}[\"{address}\"]", number(address));
            }
            mermaid.push_str("  end\n");
        }
        for (from, to) in self.arrows() {
            let _ = writeln!(mermaid, "  n{} --> n{}", number(from), number(to));
        }
        mermaid
    }

    fn areas(&self) -> BTreeMap<&str, Vec<&Address>> {
        let mut areas: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
        for Resource { address, .. } in self.resources.iter().map(Arc::as_ref) {
            areas.entry(address.area()).or_default().push(address);
        }
        areas
    }

    fn arrows(&self) -> BTreeSet<(&Address, &Address)> {
        let addresses = self.resources.iter().map(|resource| &resource.address);
        addresses.flat_map(|from| self.dependencies(from).map(move |to| (from, to))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;
    use crate::resource::Reference;

    fn resource(address: &str, needs: &[&str]) -> Resource {
        needs.iter().enumerate().fold(
            Resource::new(Address::of(address.split('/')), Kind::new("test.thing"), &crate::model_cloud::here()),
            |r, (i, n)| r.with(&format!("ref{i}"), Reference::id(&Address::of(n.split('/')))),
        )
    }

    fn declared(resources: impl IntoIterator<Item = Resource>) -> Declared {
        let mut declared = Declared::default();
        resources.into_iter().for_each(|resource| declared.add(resource));
        declared
    }

    #[test]
    fn everything_comes_after_what_it_needs() {
        let graph = link(declared([resource("a/c", &["a/b"]), resource("a/b", &["a/a"]), resource("a/a", &[])]))
            .expect("no cycle");
        assert_eq!(
            graph.order().map(|number| graph.address(number).as_str()).collect::<Vec<_>>(),
            ["a/a", "a/b", "a/c"]
        );
    }

    #[test]
    fn a_loose_end_and_a_cycle_are_named() {
        let loose = link(declared([resource("a", &["nowhere"])])).expect_err("a loose end");
        assert_eq!(loose[0].to_string(), "a refers to nowhere, which is not declared");
        let cycle =
            link(declared([resource("a", &["b"]), resource("b", &["a"]), resource("c", &["a"])])).expect_err("a cycle");
        assert_eq!(cycle.len(), 1);
        assert_eq!(cycle[0].to_string(), "these resources wait for each other: a, b");
    }

    #[test]
    fn drawings() {
        let graph = link(declared([resource("net/vpc", &[]), resource("net/subnet", &["net/vpc"])])).expect("no cycle");
        snapbox::assert_data_eq!(
            graph.to_dot(),
            snapbox::str![[r#"
digraph landfall {
  rankdir=RL;
  node [shape=box, fontname="sans-serif"];
  subgraph "cluster_net" {
    label="net";
    "net/subnet" [label="net/subnet/ntest.thing"];
    "net/vpc" [label="net/vpc/ntest.thing"];
  }
  "net/subnet" -> "net/vpc";
}

"#]]
        );
        snapbox::assert_data_eq!(
            graph.to_mermaid(),
            snapbox::str![[r#"
flowchart RL
  subgraph net
    n0["net/subnet"]
    n1["net/vpc"]
  end
  n0 --> n1

"#]]
        );
    }
}
