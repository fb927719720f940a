//! `cluster/NAME/…`: a scheduler in a public subnet and workers beside it in the same zone.

use landfall_engine::address::Address;
use landfall_engine::kind::Kind;
use landfall_engine::resource::{Reference, Resource, Value};
use landfall_engine::snapshot::Declared;
use landfall_engine::stack::{Cluster, Market, Name, Stack, WorkerPlacement};

use super::labels::Labels;
use super::{boot_script, identity, logs, network, security};
use crate::kinds::{RUNNING, SPOT};
use crate::survey::Facts;

const ON_DEMAND: &str = "on-demand";
/// Where the root volume of Amazon's images is.
const USUAL_ROOT_DEVICE: &str = "/dev/xvda";

pub(super) fn declare(
    stack: &Stack,
    name: &Name,
    cluster: &Cluster,
    facts: &Facts,
    labels: &Labels<'_>,
    declared: &mut Declared,
) {
    let Some(zone) = facts.placement.zone_of(stack, name, cluster) else { return };
    let new = NewInstance { stack, name, cluster, facts, labels, zone: &zone };
    let scheduler = Address::of(["cluster", name.as_str(), "scheduler"]);
    declared.add(
        new.instance(scheduler.clone(), &scheduler, "scheduler", &cluster.scheduler_type, "public", ON_DEMAND)
            .with("security_group_ids", groups(&["cluster", "scheduler"]))
            .with("user_data", boot_script::scheduler(stack, name)),
    );
    let workers = Address::of(["cluster", name.as_str(), "worker"]);
    let side = match stack.network.workers {
        WorkerPlacement::Private => "private",
        WorkerPlacement::Public => "public",
    };
    let market = match cluster.market {
        Market::OnDemand => ON_DEMAND,
        Market::Spot => SPOT,
    };
    for index in 0..cluster.workers {
        let address = workers.join(index.to_string());
        declared.add(
            new.instance(address, &workers, "worker", &cluster.worker_type, side, market)
                .with("security_group_ids", groups(&["cluster"]))
                .with("user_data", boot_script::worker(stack, name, &Reference::output(&scheduler, "private_ip"))),
        );
    }
}

struct NewInstance<'a> {
    stack: &'a Stack,
    name: &'a Name,
    cluster: &'a Cluster,
    facts: &'a Facts,
    labels: &'a Labels<'a>,
    zone: &'a str,
}

impl NewInstance<'_> {
    /// `shared` is what the tag names: instances that are launched together carry the same tags.
    fn instance(
        &self,
        address: Address,
        shared: &Address,
        role: &str,
        instance_type: &str,
        side: &str,
        market: &str,
    ) -> Resource {
        let image = self.image(instance_type);
        let root_device = self.facts.root_devices.get(&image).map_or(USUAL_ROOT_DEVICE, String::as_str);
        let tags = self.labels.tags_with(shared, &format!("{}-{role}", self.name), &self.cluster.tags);
        let instance = Resource::new(address, Kind::new("ec2.instance"))
            .with("image_id", image.as_str())
            .with("instance_type", instance_type)
            .with("subnet_id", Reference::id(&network::subnet(side, self.zone)))
            .with("iam_instance_profile", Reference::output(&identity::instance_profile(), "name"))
            .with("associate_public_ip_address", side == "public")
            .with("market", market)
            .with("root_device_name", root_device)
            .with("root_volume_gib", self.cluster.disk_gib)
            .with("state", RUNNING)
            .with("tags", tags)
            // Without the role in the profile a machine has no credentials; the log group must outlive the last line.
            .depending_on(identity::instance_profile_role())
            .depending_on(logs::group());
        let instance = if side == "public" { instance.depending_on(network::attachment()) } else { instance };
        let before_boot = network::way_out(self.stack, side, self.zone).into_iter().chain(identity::grants(self.stack));
        before_boot.fold(instance, Resource::starting_after)
    }

    fn image(&self, instance_type: &str) -> String {
        if let Some(image) = &self.cluster.image_id {
            return image.clone();
        }
        let architecture = self.facts.architectures.get(instance_type);
        architecture.and_then(|a| self.facts.images.get(a)).cloned().unwrap_or_default()
    }
}

fn groups(names: &[&str]) -> Value {
    Value::List(names.iter().map(|name| Reference::id(&security::group(name)).into()).collect())
}
