//! Asks what compiling must know of the account: zones, offers, architectures and GPUs of instance types, the newest
//! images, and the network if it exists already.
//!
//! What was once found out stays as long as anything stands: the last apply recorded it, and a plan does not move because
//! Amazon published an image or opened a zone. So a plan without news asks for nothing.

mod image;
mod network;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::config::Region;
use aws_sdk_ec2::types::{AvailabilityZone, AvailabilityZoneState, InstanceTypeInfo, LocationType};
use landfall_aws_blueprint::stack::{Cluster, Stack, TESTED_REGIONS, Zones};
use landfall_aws_blueprint::{Facts, Gpu};
use landfall_engine::provider::CallFailure;

use crate::classify::failure;
use crate::cloud::{Cloud, FILTER_VALUES_MAX, filter};
use crate::declared::declared;
use crate::operation::{
    DESCRIBE_IMAGES, DESCRIBE_INSTANCES, DESCRIBE_NAT_GATEWAYS, DESCRIBE_REGIONS, DESCRIBE_SECURITY_GROUPS,
    DESCRIBE_SUBNETS, DESCRIBE_VPCS, Operation, Sent,
};
use crate::provider::AwsProvider;
use crate::rediscover::rediscover;

const DESCRIBE_AVAILABILITY_ZONES: Operation = Operation::new("ec2:DescribeAvailabilityZones");
const DESCRIBE_INSTANCE_TYPE_OFFERINGS: Operation = Operation::new("ec2:DescribeInstanceTypeOfferings");
const DESCRIBE_INSTANCE_TYPES: Operation = Operation::new("ec2:DescribeInstanceTypes");

/// What is known from the last apply is not asked again.
pub(crate) const CALLS: Sent = Sent::NONE.sometimes(&[
    &DESCRIBE_AVAILABILITY_ZONES,
    &DESCRIBE_INSTANCE_TYPE_OFFERINGS,
    &DESCRIBE_INSTANCE_TYPES,
    &DESCRIBE_IMAGES,
    &DESCRIBE_REGIONS,
    &DESCRIBE_INSTANCES,
    &DESCRIBE_NAT_GATEWAYS,
    &DESCRIBE_SECURITY_GROUPS,
    &DESCRIBE_SUBNETS,
    &DESCRIBE_VPCS,
]);

/// Why the survey could not find out what it must.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SurveyError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallFailure),
    /// AWS has no such region.
    #[error("AWS has no region `{region}`{}", did_you_mean(.nearest))]
    UnknownRegion {
        /// What the stack names.
        region: String,
        /// What it may mean, the likeliest first.
        nearest: Vec<String>,
    },
    /// The account must ask for this region before it can use it.
    #[error(
        "region `{region}` is not enabled in this account: enable it under AWS Account Management (it takes some \
         minutes), or choose another"
    )]
    RegionNotEnabled {
        /// What the stack names.
        region: String,
    },
    /// Amazon offers no image that the instances could boot.
    #[error(
        "there is no Amazon Linux 2023 image for {architecture} in {region}: set `image_id` for the clusters with \
         such instances"
    )]
    NoImage {
        /// The architecture.
        architecture: String,
        /// The region.
        region: String,
    },
    /// Amazon offers no image with the driver of GPUs.
    #[error(
        "there is no image of Amazon's with Nvidia's driver (Deep Learning Base, Amazon Linux 2023) for {architecture} \
         in {region}: set `image_id` for the clusters with `gpu = 1`"
    )]
    NoGpuImage {
        /// The architecture.
        architecture: String,
        /// The region.
        region: String,
    },
}

/// Finds out what compiling the stack must know. `known` are the facts that the last apply recorded, if anything that was
/// made by them still stands.
///
/// # Errors
/// If a call fails, if the region cannot be used, or if there is no image to boot.
pub async fn survey(provider: &AwsProvider, stack: &Stack, known: Option<&Facts>) -> Result<Facts, SurveyError> {
    declared("the survey", [CALLS], find_out(provider.cloud(), stack, known)).await
}

async fn find_out(cloud: &Cloud, stack: &Stack, known: Option<&Facts>) -> Result<Facts, SurveyError> {
    let mut facts = Facts {
        account: cloud.account.clone(),
        partition: cloud.partition.clone(),
        region: cloud.region.clone(),
        ..Facts::default()
    };
    // Images have other ids in another region, and zones other names.
    match known.filter(|known| known.region == cloud.region && known.account == cloud.account) {
        Some(known) => facts = known.clone(),
        None => {
            check_region(&cloud.ec2, &cloud.region).await?;
            let rediscovered = rediscover(cloud, stack).await?;
            facts.images = rediscovered.images;
            facts.gpu_images = rediscovered.gpu_images;
            facts.placement = rediscovered.placement;
        }
    }

    let types: BTreeSet<&str> =
        stack.clusters.values().flat_map(|cluster| [&*cluster.worker_type, &*cluster.scheduler_type]).collect();
    let not_offered = types.iter().copied().filter(|t| facts.offers.get(*t).is_none_or(Vec::is_empty)).collect();
    let (zones, mut offers, types_found, network) = tokio::try_join!(
        ask_zones(cloud, has_unknown_zones(stack, &facts.zones)),
        ask_offers(cloud, not_offered),
        ask_types(cloud, unclear_types(stack, &facts)),
        network::ask(cloud, &stack.network, &facts.network)
    )?;
    facts.network = network;
    for info in &types_found {
        note_type(info, &mut facts);
    }

    let before = facts.zones.clone();
    if let Some(listed) = zones {
        facts.zones = usable_zones(&listed, &before);
    }
    let has_grown = facts.zones.iter().any(|zone| !before.contains(zone));
    if has_grown && !before.is_empty() {
        // What is offered in the new zone was never asked.
        let asked_before = types.iter().copied().filter(|t| !offers.contains_key(*t)).collect();
        offers.extend(ask_offers(cloud, asked_before).await?);
    }
    for (instance_type, found) in offers {
        let zones = facts.offers.entry(instance_type).or_default();
        let both: BTreeSet<String> = zones.drain(..).chain(found).collect();
        zones.extend(both);
    }

    image::describe_named(cloud, stack, &mut facts).await?;
    image::choose(cloud, stack, &mut facts).await?;
    image::forget_unused(stack, &mut facts);

    facts.settle(stack);
    Ok(facts)
}

/// Tells whether the zones must be asked for: none is known yet, or the stack names one that is not.
fn has_unknown_zones(stack: &Stack, known: &[String]) -> bool {
    match &stack.zones {
        Zones::All => known.is_empty(),
        Zones::Listed(named) => !named.iter().all(|zone| known.contains(zone)),
    }
}

/// DescribeAvailabilityZones knows no pages. It answers zones in any state, and of the zones that need an opt-in those
/// that the account opted in to. `None` if there is no need to ask.
async fn ask_zones(cloud: &Cloud, needed: bool) -> Result<Option<Vec<AvailabilityZone>>, CallFailure> {
    if !needed {
        return Ok(None);
    }
    let call = cloud.ec2.describe_availability_zones();
    let answer = call.send().await.map_err(|e| failure(&DESCRIBE_AVAILABILITY_ZONES, e))?;
    Ok(Some(answer.availability_zones.unwrap_or_default()))
}

/// Returns the zones that are available, and the known ones that the account still lists, whatever their state: that a
/// zone is impaired must not lead to the deletion of what stands in it.
///
/// Local and Wavelength zones need an opt-in and lack most services.
fn usable_zones(listed: &[AvailabilityZone], known: &[String]) -> Vec<String> {
    let is_usable = |zone: &&AvailabilityZone| {
        zone.state() == Some(&AvailabilityZoneState::Available)
            && zone.opt_in_status().is_none_or(|status| status.as_str() == "opt-in-not-required")
            && zone.zone_type().is_none_or(|zone_type| zone_type == "availability-zone")
    };
    let is_known = |zone: &&AvailabilityZone| known.iter().any(|known| zone.zone_name() == Some(known));
    let kept = listed.iter().filter(|zone| is_known(zone) || is_usable(zone));
    let names: BTreeSet<&str> = kept.filter_map(AvailabilityZone::zone_name).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// Returns the zones that offer each of these types, and none for one that does not exist here. No types, no call.
async fn ask_offers(cloud: &Cloud, types: Vec<&str>) -> Result<BTreeMap<String, BTreeSet<String>>, CallFailure> {
    let mut offers: BTreeMap<String, BTreeSet<String>> =
        types.iter().map(|instance_type| ((*instance_type).to_owned(), BTreeSet::new())).collect();
    for types in types.chunks(FILTER_VALUES_MAX) {
        let mut pages = cloud
            .ec2
            .describe_instance_type_offerings()
            .location_type(LocationType::AvailabilityZone)
            .filters(filter("instance-type", types))
            .into_paginator()
            .items()
            .send();
        while let Some(offer) = pages.next().await {
            let offer = offer.map_err(|e| failure(&DESCRIBE_INSTANCE_TYPE_OFFERINGS, e))?;
            let (Some(instance_type), Some(zone)) = (offer.instance_type(), offer.location()) else { continue };
            if let Some(zones) = offers.get_mut(instance_type.as_str()) {
                zones.insert(zone.to_owned());
            }
        }
    }
    Ok(offers)
}

/// Returns the instance types whose architecture is not known, or whose GPUs are not known though they must be.
fn unclear_types<'a>(stack: &'a Stack, facts: &Facts) -> BTreeSet<&'a str> {
    let unclear = |cluster: &'a Cluster| {
        let gpus = cluster.gpu && !facts.gpus.contains_key(&cluster.worker_type);
        let of_unknown_architecture = [&*cluster.worker_type, &*cluster.scheduler_type]
            .into_iter()
            .filter(|t| !facts.architectures.contains_key(*t));
        of_unknown_architecture.chain(gpus.then_some(&*cluster.worker_type))
    };
    stack.clusters.values().flat_map(unclear).collect()
}

/// Describes those of these types that exist here. A filter is asked, not ids: one id that does not exist would fail the
/// call. No types, no call.
async fn ask_types(cloud: &Cloud, types: BTreeSet<&str>) -> Result<Vec<InstanceTypeInfo>, CallFailure> {
    let types: Vec<&str> = types.into_iter().collect();
    let mut all = Vec::new();
    for types in types.chunks(FILTER_VALUES_MAX) {
        let call = cloud.ec2.describe_instance_types().filters(filter("instance-type", types));
        let found = call.into_paginator().items().send().try_collect().await;
        all.extend(found.map_err(|e| failure(&DESCRIBE_INSTANCE_TYPES, e))?);
    }
    Ok(all)
}

/// Puts the architecture of a type, and its GPUs, among the facts.
fn note_type(info: &InstanceTypeInfo, facts: &mut Facts) {
    let Some(name) = info.instance_type().map(|instance_type| instance_type.as_str().to_owned()) else { return };
    let supported = info.processor_info().map(|cpu| cpu.supported_architectures()).unwrap_or_default();
    // Older types support i386 as well, and Macs have architectures of their own.
    if let Some(architecture) = supported.iter().find(|a| BOOTABLE.contains(&a.as_str())) {
        facts.architectures.insert(name.clone(), architecture.as_str().to_owned());
    }
    let devices = info.gpu_info().map(|gpus| gpus.gpus()).unwrap_or_default();
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let gpu = |device: &aws_sdk_ec2::types::GpuDeviceInfo| Gpu {
        manufacturer: text(device.manufacturer()),
        name: text(device.name()),
        count: device.count().and_then(|count| u32::try_from(count).ok()).unwrap_or(1),
    };
    facts.gpus.insert(name, devices.iter().map(gpu).collect());
}

/// The architectures that Amazon Linux 2023 is made for.
const BOOTABLE: [&str; 2] = ["x86_64", "arm64"];

/// Finds out whether the account can use its region, where that is in doubt: a region that does not exist has no
/// address that could be asked, and one that is not enabled refuses all credentials.
///
/// This makes an error clearer and no more: where it cannot be asked, the next call says what is wrong.
///
/// # Errors
/// If there is no such region, or if the account has not enabled it.
pub(crate) async fn check_region(of_region: &aws_sdk_ec2::Client, region: &str) -> Result<(), SurveyError> {
    if TESTED_REGIONS.contains(&region) {
        return Ok(());
    }
    let config = of_region.config().to_builder().region(Region::new(home_region(region))).build();
    let ec2 = aws_sdk_ec2::Client::from_conf(config);
    let Ok(answer) = ec2.describe_regions().all_regions(true).send().await else { return Ok(()) };

    let listed = answer.regions();
    let found = listed.iter().find(|listed| listed.region_name() == Some(region));
    let region = region.to_owned();
    match found {
        Some(found) if found.opt_in_status() == Some("not-opted-in") => Err(SurveyError::RegionNotEnabled { region }),
        Some(_) => Ok(()),
        None => {
            let nearest = nearest_regions(&region, listed.iter().filter_map(|listed| listed.region_name()));
            Err(SurveyError::UnknownRegion { region, nearest })
        }
    }
}

/// Returns a region that exists in the same partition: credentials hold in one partition only.
fn home_region(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "cn-north-1",
        Some("us") if region.starts_with("us-gov-") => "us-gov-west-1",
        _ => "us-east-1",
    }
}

/// Returns up to three regions that are written like this one; if there is none, those of the same part of the world.
fn nearest_regions<'a>(region: &str, existing: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut all: Vec<(usize, &str)> = existing.map(|name| (strsim::levenshtein(region, name), name)).collect();
    all.sort_unstable();
    let alike = all.iter().filter(|(distance, _)| *distance <= 2).take(3);
    let mut nearest: Vec<String> = alike.map(|(_, name)| (*name).to_owned()).collect();
    if nearest.is_empty() {
        let part = region.split('-').next();
        let nearby = all.iter().filter(|(_, name)| name.split('-').next() == part);
        nearest.extend(nearby.map(|(_, name)| (*name).to_owned()));
    }
    nearest
}

fn did_you_mean(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        [one] => format!(", did you mean `{one}`?"),
        several => format!(", did you mean one of `{}`?", several.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{
        ArchitectureType, AvailabilityZoneOptInStatus, GpuDeviceInfo, GpuInfo, InstanceType, ProcessorInfo,
    };

    fn zone(name: &str, state: &str) -> AvailabilityZone {
        AvailabilityZone::builder()
            .zone_name(name)
            .state(AvailabilityZoneState::from(state))
            .opt_in_status(AvailabilityZoneOptInStatus::OptInNotRequired)
            .zone_type("availability-zone")
            .build()
    }

    fn names(zones: &[&str]) -> Vec<String> {
        zones.iter().map(|zone| (*zone).to_owned()).collect()
    }

    #[test]
    fn only_available_zones_of_the_ordinary_kind_are_new() {
        let local = AvailabilityZone::builder()
            .zone_name("us-west-2-lax-1a")
            .state(AvailabilityZoneState::Available)
            .opt_in_status(AvailabilityZoneOptInStatus::OptedIn)
            .zone_type("local-zone")
            .build();
        let listed =
            [zone("us-west-2b", "available"), local, zone("us-west-2c", "impaired"), zone("us-west-2a", "available")];
        assert_eq!(usable_zones(&listed, &[]), names(&["us-west-2a", "us-west-2b"]));
    }

    #[test]
    fn a_known_zone_stays_while_it_is_listed_in_any_state() {
        let listed = [zone("us-west-2a", "unavailable"), zone("us-west-2b", "available")];
        let known = names(&["us-west-2a", "us-west-2b", "us-west-2z"]);
        assert_eq!(usable_zones(&listed, &known), names(&["us-west-2a", "us-west-2b"]));
    }

    #[test]
    fn a_zone_that_became_available_is_added() {
        let listed = ["us-west-2c", "us-west-2b", "us-west-2a"].map(|name| zone(name, "available"));
        assert_eq!(usable_zones(&listed, &names(&["us-west-2b"])), names(&["us-west-2a", "us-west-2b", "us-west-2c"]));
    }

    #[test]
    fn zones_are_asked_for_once_and_again_when_the_stack_names_another() {
        let parse = |zones: &str| {
            let text = format!("name = \"acme\"\nregion = \"us-east-1\"\nzones = {zones}\n");
            landfall_aws_blueprint::stack::parse(&text).expect("a sound stack file")
        };
        let known = names(&["us-east-1a", "us-east-1b"]);
        assert!(has_unknown_zones(&parse("\"all\""), &[]));
        assert!(!has_unknown_zones(&parse("\"all\""), &known));
        assert!(!has_unknown_zones(&parse("[\"us-east-1b\"]"), &known));
        assert!(has_unknown_zones(&parse("[\"us-east-1b\", \"us-east-1g\"]"), &known));
    }

    #[test]
    fn a_type_is_asked_for_once_and_its_gpus_too() {
        let text = "name = \"acme\"\nregion = \"us-east-1\"\n[cluster.fast]\ngpu = 1\n[cluster.plain]\n";
        let stack = landfall_aws_blueprint::stack::parse(text).expect("a sound stack file");
        let mut facts = Facts::default();
        let unclear = |facts: &Facts| unclear_types(&stack, facts).into_iter().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(unclear(&facts), ["g4dn.xlarge", "m6i.large", "m6i.xlarge"]);
        // As an earlier landfall recorded it, which did not ask for GPUs.
        let known = ["g4dn.xlarge", "m6i.large", "m6i.xlarge"].map(|t| (t.to_owned(), "x86_64".to_owned()));
        facts.architectures.extend(known);
        assert_eq!(unclear(&facts), ["g4dn.xlarge"]);

        let device = GpuDeviceInfo::builder().manufacturer("NVIDIA").name("T4").count(1).build();
        let architectures = [ArchitectureType::I386, ArchitectureType::X8664];
        let info = InstanceTypeInfo::builder()
            .instance_type(InstanceType::G4dnXlarge)
            .processor_info(ProcessorInfo::builder().set_supported_architectures(Some(architectures.into())).build())
            .gpu_info(GpuInfo::builder().gpus(device).build())
            .build();
        note_type(&info, &mut facts);
        assert_eq!(facts.architectures["g4dn.xlarge"], "x86_64");
        let t4 = Gpu { manufacturer: "NVIDIA".to_owned(), name: "T4".to_owned(), count: 1 };
        assert_eq!(facts.gpus["g4dn.xlarge"], [t4]);
        assert!(unclear(&facts).is_empty());
    }

    #[test]
    fn a_misspelt_region_is_likened_to_those_that_exist() {
        let nearest = |region: &str| nearest_regions(region, TESTED_REGIONS.into_iter());
        assert_eq!(nearest("us-est-1"), ["us-east-1", "us-west-1", "us-east-2"]);
        assert_eq!(nearest("eu-centrl-1"), ["eu-central-1"]);
        assert_eq!(nearest("eu-south-west-9"), ["eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "eu-central-1"]);
        assert_eq!(nearest("xx-nowhere-17"), Vec::<String>::new());
    }

    #[test]
    fn regions_are_asked_for_in_their_own_partition() {
        for (region, home) in
            [("me-south-1", "us-east-1"), ("us-gov-east-1", "us-gov-west-1"), ("cn-northwest-1", "cn-north-1")]
        {
            assert_eq!(home_region(region), home);
        }
    }

    #[test]
    fn errors_say_what_to_do() {
        let unknown = SurveyError::UnknownRegion { region: "us-est-1".to_owned(), nearest: names(&["us-east-1"]) };
        assert_eq!(unknown.to_string(), "AWS has no region `us-est-1`, did you mean `us-east-1`?");
        let missing = SurveyError::NoImage { architecture: "arm64".to_owned(), region: "cn-north-1".to_owned() };
        assert_eq!(
            missing.to_string(),
            "there is no Amazon Linux 2023 image for arm64 in cn-north-1: set `image_id` for the clusters with such \
             instances"
        );
    }
}
