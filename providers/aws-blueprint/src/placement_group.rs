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
