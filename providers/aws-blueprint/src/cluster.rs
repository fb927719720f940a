//! `cluster/NAME/…`: a scheduler, in a public subnet where there is one, and workers beside it in the same zone.

use crate::stack::{Cluster, Market, Name, Network, Stack};
use landfall_engine::address::Address;
use landfall_engine::kind::Kind;
use landfall_engine::resource::{Reference, Resource, Value};
use landfall_engine::snapshot::Declared;

use crate::addresses as of;
use crate::boot_script::BootParameters;
use crate::facts::{Facts, zone_of};
use crate::labels::Labels;
use crate::network::{Site, sites};
use crate::shared_names::{ON_DEMAND, RUNNING, SPOT, SPOT_OR_ON_DEMAND};
use crate::{identity, image, logs, placement_group, security};

/// Where the root volume of Amazon's images is.
const USUAL_ROOT_DEVICE: &str = "/dev/xvda";

pub(crate) fn declare(
    stack: &Stack,
    name: &Name,
    cluster: &Cluster,
    facts: &Facts,
    labels: &Labels<'_>,
    declared: &mut Declared,
) {
    let Some(zone) = zone_of(stack, &facts.placement, name, cluster) else { return };
    let Some([scheduler_site, worker_site]) = sites(stack, facts, &zone) else { return };
    placement_group::declare(name, cluster, labels, declared);
    let new = NewInstance { stack, name, cluster, facts, labels };
    let scheduler = of::scheduler(name.as_str());
    let hardware = (cluster.scheduler_type.as_str(), image::of_scheduler(facts, cluster).unwrap_or_default());
    let instance = new
        .instance(scheduler.clone(), &scheduler, "scheduler", hardware, ON_DEMAND, &scheduler_site)
        .with("security_group_ids", groups(stack, &["cluster", "scheduler"]));
    declared.add(BootParameters::of_scheduler(stack, name).set_on(instance));
    let workers = of::workers(name.as_str());
    let market = match cluster.market {
        Market::OnDemand => ON_DEMAND,
        Market::Spot => SPOT,
        Market::SpotOrOnDemand => SPOT_OR_ON_DEMAND,
    };
    let hardware = (cluster.worker_type.as_str(), image::of_workers(facts, cluster).unwrap_or_default());
    let scheduler_ip = Reference::output(&scheduler, "private_ip");
    let instance = new
        .instance(workers.clone(), &workers, "worker", hardware, market, &worker_site)
        .with("security_group_ids", groups(stack, &["cluster"]));
    let worker = BootParameters::of_worker(stack, name, cluster, scheduler_ip).set_on(instance);
    (0..cluster.workers).for_each(|index| declared.add(worker.at(workers.join(index.to_string()))));
}

struct NewInstance<'a> {
    stack: &'a Stack,
    name: &'a Name,
    cluster: &'a Cluster,
    facts: &'a Facts,
    labels: &'a Labels<'a>,
}

impl NewInstance<'_> {
    /// `shared` is what the tag names: instances that are launched together carry the same tags.
    fn instance(
        &self,
        address: Address,
        shared: &Address,
        role: &str,
        (instance_type, image): (&str, &str),
        market: &str,
        site: &Site,
    ) -> Resource {
        let root_device = self.facts.root_devices.get(image).map_or(USUAL_ROOT_DEVICE, String::as_str);
        let tags = self.labels.tags_with(shared, &format!("{}-{role}", self.name), &self.cluster.tags);
        let instance = self
            .labels
            .regional(address, Kind::new("ec2.instance"))
            .with("image_id", image)
            .with("instance_type", instance_type)
            .with("subnet_id", site.subnet_id.clone())
            .with("iam_instance_profile", Reference::output(&identity::instance_profile(), "name"))
            .with("associate_public_ip_address", site.is_public)
            .with("market", market)
            .with("root_device_name", root_device)
            .with("root_volume_gib", self.cluster.disk_gib)
            .with("state", RUNNING)
            .with("tags", tags)
            // Without the role in the profile a machine has no credentials; the log group must outlive the last line.
            .depending_on(identity::instance_profile_role())
            .depending_on(logs::group());
        let instance = match placement_group::name_for_members(self.name, self.cluster) {
            Some(group) => instance.with("placement_group", group),
            None => instance,
        };
        let instance = site.depends_on.iter().cloned().fold(instance, Resource::depending_on);
        let before_boot = site.starts_after.iter().cloned().chain(identity::grants(self.stack));
        before_boot.fold(instance, Resource::starting_after)
    }
}

/// The stack's own groups of these names, and those of the user that every instance gets.
fn groups(stack: &Stack, names: &[&str]) -> Value {
    let own = names.iter().map(|name| Reference::id(&security::group(name)).into());
    let further: &[String] = match &stack.network {
        Network::Made(_) => &[],
        Network::Existing(network) => &network.security_groups,
    };
    Value::List(own.chain(further.iter().map(|id| id.as_str().into())).collect())
}
