//! `cluster/NAME/placement-group`: where a cluster that asks for it has its scheduler and its workers close together.
//!
//! A placement group of the strategy `cluster` lies in one zone, as a cluster does anyway, and takes types that support the
//! strategy (EC2 user guide, "Placement strategies").

use crate::stack::{Cluster, Diagnostic, Name, Stack};
use landfall_engine::kind::Kind;
use landfall_engine::resource::Reference;
use landfall_engine::snapshot::Declared;

use crate::addresses as of;
use crate::facts::Facts;
use crate::labels::Labels;
use crate::shared_names::CLUSTER_STRATEGY;

/// Declares the group of a cluster that asks for one.
pub(crate) fn declare(name: &Name, cluster: &Cluster, labels: &Labels<'_>, declared: &mut Declared) {
    if !cluster.placement_group {
        return;
    }
    let address = of::placement_group(name.as_str());
    declared.add(
        labels
            .regional(address.clone(), Kind::new("ec2.placement_group"))
            .with("name", labels.unique_name(name.as_str()))
            .with("strategy", CLUSTER_STRATEGY)
            .with("tags", labels.tags_with(&address, name.as_str(), &cluster.tags)),
    );
}

/// Returns what the members of a cluster's group say to be launched into it; `None` if the cluster has no group.
pub(crate) fn name_for_members(name: &Name, cluster: &Cluster) -> Option<Reference> {
    cluster.placement_group.then(|| Reference::output(&of::placement_group(name.as_str()), "name"))
}

/// Returns the types of a cluster that cannot be in its group.
pub(crate) fn problems(stack: &Stack, name: &Name, cluster: &Cluster, facts: &Facts) -> Vec<Diagnostic> {
    if !cluster.placement_group {
        return Vec::new();
    }
    let cannot = |(key, instance_type): (&str, &String)| {
        // Of a type that does not exist nothing is known, and it has been told so.
        let strategies = facts.placement_strategies.get(instance_type)?;
        if strategies.iter().any(|strategy| strategy == CLUSTER_STRATEGY) {
            return None;
        }
        let path = format!("cluster.{name}.{key}");
        let message = format!("{path}: {instance_type} cannot be in a placement group");
        let help = "choose a type that supports the strategy `cluster`, which burstable ones (t2, t3, t3a, t4g) do not, or \
                    leave placement_group out";
        Some(Diagnostic::at_path(path, &stack.origins, message).help(help))
    };
    let types = [("worker_type", &cluster.worker_type), ("scheduler_type", &cluster.scheduler_type)];
    types.into_iter().filter_map(cannot).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use landfall_engine::address::Address;
    use landfall_engine::graph::{Graph, link};
    use landfall_engine::resource::Value;

    use super::*;
    use crate::stack::{parse, render};

    const HEAD: &str = "name = \"acme\"\nregion = \"us-east-1\"\n";

    fn facts(stack: &Stack) -> Facts {
        let zones = ["us-east-1a", "us-east-1b"].map(str::to_owned).to_vec();
        let types = ["m6i.large", "m6i.xlarge", "t3.large", "c7i.xlarge"];
        let strategies = |name: &str| match name {
            "t3.large" => ["partition", "spread"].map(str::to_owned).to_vec(),
            _ => ["cluster", "partition", "spread"].map(str::to_owned).to_vec(),
        };
        let mut facts = Facts {
            account: "111122223333".to_owned(),
            partition: "aws".to_owned(),
            region: "us-east-1".to_owned(),
            offers: types.map(|name| (name.to_owned(), zones.clone())).into(),
            zones,
            architectures: types.map(|name| (name.to_owned(), "x86_64".to_owned())).into(),
            placement_strategies: types.map(|name| (name.to_owned(), strategies(name))).into(),
            images: BTreeMap::from([("x86_64".to_owned(), "ami-0123456789abcdef0".to_owned())]),
            ..Facts::default()
        };
        facts.settle(stack);
        facts
    }

    fn compiled(clusters: &str) -> Graph {
        let stack = parse(&format!("{HEAD}{clusters}")).expect("a sound stack file");
        link(crate::compile(&stack, &facts(&stack)).expect("nothing wrong")).expect("a graph")
    }

    fn property<'g>(graph: &'g Graph, address: &str, name: &str) -> Option<&'g Value> {
        graph.get(&Address::new(address).expect("an address")).expect("it is declared").properties.get(name)
    }

    #[test]
    fn a_cluster_that_asks_for_it_has_a_group_and_all_its_instances_are_in_it() {
        let graph = compiled("[cluster.fast]\nworkers = 2\nplacement_group = true\n[cluster.plain]\nworkers = 1\n");
        let group = "cluster/fast/placement-group";
        assert_eq!(property(&graph, group, "name"), Some(&"acme_fast".into()));
        assert_eq!(property(&graph, group, "strategy"), Some(&"cluster".into()));
        let address = Address::new(group).expect("an address");
        for member in ["scheduler", "worker/0", "worker/1"].map(|member| format!("cluster/fast/{member}")) {
            let name = Value::from(Reference::output(&address, "name"));
            assert_eq!(property(&graph, &member, "placement_group"), Some(&name), "{member}");
            // The reference is what has the group made before its members and deleted after them.
            let member = Address::new(member).expect("an address");
            let member = graph.get(&member).expect("declared");
            assert!(member.lasting_dependencies().contains(&address), "{member:?}");
        }
        for other in ["scheduler", "worker/0"].map(|member| format!("cluster/plain/{member}")) {
            assert_eq!(property(&graph, &other, "placement_group"), None, "{other}");
        }
        let groups = graph.resources().iter().filter(|resource| resource.kind.as_str() == "ec2.placement_group");
        assert_eq!(groups.count(), 1);
    }

    /// Names are one for all of an account and region: `prod-fast` of `acme` and `fast` of `acme-prod` are two clusters.
    #[test]
    fn groups_of_two_stacks_and_clusters_have_two_names() {
        let name_of = |stack: &str, cluster: &str| {
            let text =
                format!("name = \"{stack}\"\nregion = \"us-east-1\"\n[cluster.{cluster}]\nplacement_group = true\n");
            let stack = parse(&text).expect("a sound stack file");
            let graph = link(crate::compile(&stack, &facts(&stack)).expect("nothing wrong")).expect("a graph");
            property(&graph, &format!("cluster/{cluster}/placement-group"), "name").expect("a name").clone()
        };
        let names = [("acme", "prod-fast"), ("acme-prod", "fast"), ("acme", "fast"), ("fast", "acme")];
        let names = names.map(|(stack, cluster)| format!("{:?}", name_of(stack, cluster)));
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len(), "{names:?}");
    }

    #[test]
    fn a_group_has_the_tags_of_its_cluster() {
        let graph = compiled("[cluster.fast]\nplacement_group = true\ntags = { team = \"x\" }\n");
        let Some(Value::Literal(tags)) = property(&graph, "cluster/fast/placement-group", "tags") else {
            panic!("tags that are known");
        };
        assert_eq!(
            (&tags["landfall:address"], &tags["Name"], &tags["team"]),
            (&"cluster/fast/placement-group".into(), &"acme-fast".into(), &"x".into())
        );
    }

    #[test]
    fn types_that_cannot_be_in_it_are_refused_at_their_places() {
        let text = format!(
            "{HEAD}[cluster.a1]\nplacement_group = true\nworker_type = \"t3.large\"\n\
             [cluster.a2]\nplacement_group = true\nworker_type = \"c7i.xlarge\"\nscheduler_type = \"t3.large\"\n\
             [cluster.a3]\nworker_type = \"t3.large\"\nscheduler_type = \"t3.large\"\n"
        );
        let stack = parse(&text).expect("a sound stack file");
        let problems = crate::compile(&stack, &facts(&stack)).expect_err("types that cannot be in it");
        snapbox::assert_data_eq!(
            render(&problems, "landfall.toml", &text, false),
            snapbox::str![[r#"
error: cluster.a1.worker_type: t3.large cannot be in a placement group
 --> landfall.toml:5:15
  |
5 | worker_type = "t3.large"
  |               ^^^^^^^^^^
  |
  = help: choose a type that supports the strategy `cluster`, which burstable ones (t2, t3, t3a, t4g) do not, or leave placement_group out

error: cluster.a2.scheduler_type: t3.large cannot be in a placement group
 --> landfall.toml:9:18
  |
9 | scheduler_type = "t3.large"
  |                  ^^^^^^^^^^
  |
  = help: choose a type that supports the strategy `cluster`, which burstable ones (t2, t3, t3a, t4g) do not, or leave placement_group out

"#]]
        );
    }
}
