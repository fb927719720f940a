//! What the account may have at once: vCPUs by family and market, and what the zones have left.
//!
//! Sources: EC2 user guide "Amazon EC2 instance quotas" (on-demand usage is the vCPUs of pending and running instances;
//! Spot usage is that of running Spot Instances and open requests), "Troubleshoot instance launch issues".

use std::collections::BTreeMap;

use super::instance_type::{self, InstanceType, QuotaFamily};
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::World;
use crate::world::ec2::Ec2;
use crate::world::ec2::instance::{Instance, State};
use crate::world::ec2::launch::Quotas;

/// The actions on limits.
pub(crate) const ACTIONS: &[Action] = &[Action {
    name: "DescribeAccountAttributes",
    parameters: &["DryRun", "AttributeName.N"],
    run: describe_account_attributes,
}];

impl Quotas {
    fn of(&self, family: QuotaFamily, is_spot: bool) -> u32 {
        match (family, is_spot) {
            (QuotaFamily::Standard, false) => self.on_demand_standard,
            (QuotaFamily::G, false) => self.on_demand_g,
            (QuotaFamily::P, false) => self.on_demand_p,
            (QuotaFamily::Standard, true) => self.spot_standard,
            (QuotaFamily::G, true) => self.spot_g,
            (QuotaFamily::P, true) => self.spot_p,
        }
    }
}

/// Tells whether an instance counts against the vCPU limit: a Spot request holds its share until it is closed.
fn counts(instance: &Instance) -> bool {
    match instance.state {
        State::Pending | State::Running => true,
        State::ShuttingDown => instance.spot_request_id.is_some(),
        State::Stopping | State::Stopped | State::Terminated => false,
    }
}

/// Returns how many more instances of this type the limit lets in.
pub(crate) fn room(ec2: &Ec2, wanted: &InstanceType, is_spot: bool) -> usize {
    let Some(family) = QuotaFamily::of(wanted) else { return 0 };
    let mut by_type: BTreeMap<&str, u32> = BTreeMap::new();
    for instance in ec2.instances.values().filter(|i| counts(i) && i.spot_request_id.is_some() == is_spot) {
        *by_type.entry(&instance.instance_type).or_default() += 1;
    }
    let used: u32 = by_type
        .into_iter()
        .filter_map(|(name, count)| Some((instance_type::find(name)?, count)))
        .filter(|(other, _)| QuotaFamily::of(other) == Some(family))
        .map(|(other, count)| other.vcpus * count)
        .sum();
    let left = ec2.quotas.of(family, is_spot).saturating_sub(used);
    (left / wanted.vcpus) as usize
}

/// The refusal of a launch that is over the limit.
pub(crate) fn exceeded(ec2: &Ec2, wanted: &InstanceType, is_spot: bool) -> ApiError {
    if is_spot {
        return ApiError::new("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded");
    }
    let limit = QuotaFamily::of(wanted).map_or(0, |family| ec2.quotas.of(family, false));
    let message = format!(
        "You have requested more vCPU capacity than your current vCPU limit of {limit} allows for the instance bucket \
         that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to \
         request an adjustment to this limit."
    );
    ApiError::new("VcpuLimitExceeded", message)
}

/// Returns how many more instances of this type a zone has machines for: the tightest of the limits that were set.
/// A key is `type/zone/market`, each of them a name or `*`; the market is `on-demand` or `spot`. The number is how many
/// instances there can be at once.
pub(crate) fn capacity(ec2: &Ec2, wanted: &InstanceType, zone: &str, is_spot: bool) -> usize {
    let is_covered = |key: &str, name: &str, zone: &str, is_spot: bool| {
        let market = if is_spot { "spot" } else { "on-demand" };
        let mut parts = key.split('/');
        [name, zone, market].into_iter().all(|value| parts.next().is_some_and(|part| part == "*" || part == value))
    };
    let mut room = usize::MAX;
    for (key, limit) in &ec2.capacity {
        if !is_covered(key, wanted.name, zone, is_spot) {
            continue;
        }
        let holds = |instance: &&Instance| {
            !matches!(instance.state, State::Stopped | State::Terminated)
                && is_covered(key, &instance.instance_type, &instance.zone, instance.spot_request_id.is_some())
        };
        let used = ec2.instances.values().filter(holds).count();
        room = room.min((*limit as usize).saturating_sub(used));
    }
    room
}

/// The refusal of a launch for which the zone has no machines.
pub(crate) fn no_capacity(world: &World, wanted: &InstanceType, zone: &str, is_spot: bool) -> ApiError {
    let code = "InsufficientInstanceCapacity";
    if is_spot {
        return ApiError::new(code, "There is no Spot capacity available that matches your request.");
    }
    let name = wanted.name;
    let others: Vec<String> = wanted
        .zones(&world.region)
        .into_iter()
        .filter(|other| other != zone && capacity(&world.ec2, wanted, other, false) > 0)
        .collect();
    let advice = match others.as_slice() {
        [] => String::new(),
        others => format!(
            " You can currently get {name} capacity by not specifying an Availability Zone in your request or choosing {}.",
            others.join(", ")
        ),
    };
    let message = format!(
        "We currently do not have sufficient {name} capacity in the Availability Zone you requested ({zone}). Our system \
         will be working on provisioning additional capacity.{advice}"
    );
    ApiError::new(code, message)
}

fn describe_account_attributes(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let default_vpc = world.ec2.vpcs.iter().find(|(_, vpc)| vpc.is_default).map(|(id, _)| id.clone());
    let all = [
        ("supported-platforms", "VPC".to_owned()),
        ("default-vpc", default_vpc.unwrap_or_else(|| "none".to_owned())),
        ("max-instances", "20".to_owned()),
        ("vpc-max-security-groups-per-interface", "5".to_owned()),
        ("max-elastic-ips", "5".to_owned()),
        ("vpc-max-elastic-ips", "5".to_owned()),
    ];
    let names = params.list("AttributeName");
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|(known, _)| known == *name)) {
        return Err(invalid_value("attributeName", unknown));
    }
    let rows = all.into_iter().filter(|(name, _)| names.is_empty() || names.contains(name)).map(|(name, value)| {
        let values = [Xml::new().text("attributeValue", value)];
        Xml::new().text("attributeName", name).set("attributeValueSet", values)
    });
    Ok(Xml::new().set("accountAttributeSet", rows))
}
