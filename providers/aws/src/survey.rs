//! Asks what compiling must know of the account: zones, offers, architectures, the newest image.
//!
//! What was once found out stays: the last apply recorded it, and a plan does not move because Amazon published an
//! image. So a plan without news asks for the zones alone.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::config::Region;
use aws_sdk_ec2::types::{AvailabilityZone, AvailabilityZoneState, Image, LocationType};
use landfall_engine::provider::CallFailure;
use landfall_engine::stack::{Stack, TESTED_REGIONS};
use serde::{Deserialize, Serialize};

use crate::blueprint::Placement;
use crate::classify::failure;
use crate::cloud::{Cloud, FILTER_VALUES_MAX, filter};
use crate::provider::AwsProvider;
use crate::recall::recall;

/// What compiling must know of the account and its region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Facts {
    /// The account's id.
    pub account: String,
    /// The partition: `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The region.
    pub region: String,
    /// The zones that can have subnets, sorted.
    pub zones: Vec<String>,
    /// The zones that offer an instance type, by type, sorted. None: there is no such type here.
    pub offers: BTreeMap<String, Vec<String>>,
    /// The architecture of an instance type: `x86_64` or `arm64`.
    pub architectures: BTreeMap<String, String>,
    /// The image to use for an architecture.
    pub images: BTreeMap<String, String>,
    /// Where an image has its root volume, such as `/dev/xvda`.
    #[serde(default)]
    pub root_devices: BTreeMap<String, String>,
    /// Where things stand: choices that are made once.
    #[serde(default)]
    pub placement: Placement,
}

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
}

/// Finds out what compiling the stack must know. `known` are the facts that the last apply recorded.
///
/// # Errors
/// If a call fails, if the region cannot be used, or if there is no image to boot.
pub async fn survey(provider: &AwsProvider, stack: &Stack, known: Option<&Facts>) -> Result<Facts, SurveyError> {
    let cloud = provider.cloud();
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
            let recalled = recall(cloud, stack).await?;
            facts.images = recalled.images;
            facts.placement = recalled.placement;
        }
    }

    let types: BTreeSet<&str> =
        stack.clusters.values().flat_map(|cluster| [&*cluster.worker_type, &*cluster.scheduler_type]).collect();
    let not_offered = types.iter().copied().filter(|t| facts.offers.get(*t).is_none_or(Vec::is_empty)).collect();
    let unclear = types.iter().copied().filter(|t| !facts.architectures.contains_key(*t)).collect();
    let (zones, mut offers, architectures) =
        tokio::try_join!(ask_zones(cloud), ask_offers(cloud, not_offered), ask_architectures(cloud, unclear))?;

    let usable = usable_zones(&zones, &facts.zones);
    let before = std::mem::replace(&mut facts.zones, usable);
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
    facts.architectures.extend(architectures);

    let missing = images_needed(stack, &facts);
    let images = ask_images(cloud, &missing).await?;
    for architecture in missing {
        let Some(image) = newest_image(&images, &architecture) else {
            return Err(SurveyError::NoImage { architecture, region: facts.region });
        };
        facts.images.insert(architecture, image);
    }
    let own_images = ask_own_images(cloud, stack, &facts).await?;
    for image in images.iter().chain(&own_images) {
        let Some((id, device)) = image.image_id().zip(image.root_device_name()) else { continue };
        facts.root_devices.insert(id.to_owned(), device.to_owned());
    }
    let in_use: BTreeSet<&String> =
        facts.images.values().chain(stack.clusters.values().filter_map(|cluster| cluster.image_id.as_ref())).collect();
    facts.root_devices.retain(|image, _| in_use.contains(image));

    let mut placement = facts.placement.clone();
    placement.settle(stack, &facts);
    facts.placement = placement;
    Ok(facts)
}

/// Describes the images that the stack names itself, as far as they are not known. No images, no call.
async fn ask_own_images(cloud: &Cloud, stack: &Stack, facts: &Facts) -> Result<Vec<Image>, CallFailure> {
    let named = stack.clusters.values().filter_map(|cluster| cluster.image_id.as_deref());
    let unclear: BTreeSet<&str> = named.filter(|image| !facts.root_devices.contains_key(*image)).collect();
    if unclear.is_empty() {
        return Ok(vec![]);
    }
    let pages = cloud.ec2.describe_images().filters(filter("image-id", unclear)).into_paginator().items().send();
    pages.try_collect().await.map_err(|e| failure("ec2:DescribeImages", e))
}

/// DescribeAvailabilityZones knows no pages. It answers zones in any state, and of the zones that need an opt-in those
/// that the account opted in to.
async fn ask_zones(cloud: &Cloud) -> Result<Vec<AvailabilityZone>, CallFailure> {
    let call = cloud.ec2.describe_availability_zones();
    let answer = call.send().await.map_err(|e| failure("ec2:DescribeAvailabilityZones", e))?;
    Ok(answer.availability_zones.unwrap_or_default())
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
            let offer = offer.map_err(|e| failure("ec2:DescribeInstanceTypeOfferings", e))?;
            let (Some(instance_type), Some(zone)) = (offer.instance_type(), offer.location()) else { continue };
            if let Some(zones) = offers.get_mut(instance_type.as_str()) {
                zones.insert(zone.to_owned());
            }
        }
    }
    Ok(offers)
}

/// Returns the architecture of each of these types that exists here. A filter is asked, not ids: one id that does not
/// exist would fail the call.
async fn ask_architectures(cloud: &Cloud, types: Vec<&str>) -> Result<BTreeMap<String, String>, CallFailure> {
    let mut architectures = BTreeMap::new();
    for types in types.chunks(FILTER_VALUES_MAX) {
        let mut pages =
            cloud.ec2.describe_instance_types().filters(filter("instance-type", types)).into_paginator().items().send();
        while let Some(info) = pages.next().await {
            let info = info.map_err(|e| failure("ec2:DescribeInstanceTypes", e))?;
            let supported = info.processor_info().map(|cpu| cpu.supported_architectures()).unwrap_or_default();
            // Older types support i386 as well, and Macs have architectures of their own.
            let usable = supported.iter().find(|a| BOOTABLE.contains(&a.as_str()));
            if let (Some(instance_type), Some(architecture)) = (info.instance_type(), usable) {
                architectures.insert(instance_type.as_str().to_owned(), architecture.as_str().to_owned());
            }
        }
    }
    Ok(architectures)
}

/// The architectures that Amazon Linux 2023 is made for.
const BOOTABLE: [&str; 2] = ["x86_64", "arm64"];

/// Returns the architectures of the clusters that name no image, as far as none is known for them.
fn images_needed(stack: &Stack, facts: &Facts) -> BTreeSet<String> {
    let clusters = stack.clusters.values().filter(|cluster| cluster.image_id.is_none());
    let types = clusters.flat_map(|cluster| [&cluster.worker_type, &cluster.scheduler_type]);
    let architectures = types.filter_map(|instance_type| facts.architectures.get(instance_type));
    architectures.filter(|architecture| !facts.images.contains_key(*architecture)).cloned().collect()
}

async fn ask_images(cloud: &Cloud, architectures: &BTreeSet<String>) -> Result<Vec<Image>, CallFailure> {
    if architectures.is_empty() {
        return Ok(vec![]);
    }
    let pages = cloud
        .ec2
        .describe_images()
        .owners("amazon")
        .filters(filter("name", [IMAGE_NAMES]))
        .filters(filter("architecture", architectures))
        .filters(filter("state", ["available"]))
        .into_paginator()
        .items()
        .send();
    pages.try_collect().await.map_err(|e| failure("ec2:DescribeImages", e))
}

/// Amazon Linux 2023, the ordinary one: the names of the minimal and of the ECS images have a word before the year.
const IMAGE_NAMES: &str = "al2023-ami-2023.*-kernel-*";

/// Returns the newest image of an architecture; of two with the same date, that with the greater name.
fn newest_image(images: &[Image], architecture: &str) -> Option<String> {
    let fitting = images.iter().filter(|image| image.architecture().is_some_and(|a| a.as_str() == architecture));
    // The dates are ISO 8601 in UTC, so their order is that of the text.
    let newest = fitting.max_by_key(|image| (image.creation_date(), image.name()));
    newest.and_then(|image| image.image_id()).map(str::to_owned)
}

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
    use aws_sdk_ec2::types::{ArchitectureValues, AvailabilityZoneOptInStatus};

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

    fn image(id: &str, architecture: &str, date: &str, name: &str) -> Image {
        Image::builder()
            .image_id(id)
            .architecture(ArchitectureValues::from(architecture))
            .creation_date(date)
            .name(name)
            .build()
    }

    #[test]
    fn the_newest_image_of_the_architecture_is_taken() {
        let images = [
            image("ami-1", "x86_64", "2025-01-02T10:00:00.000Z", "al2023-ami-2023.6.1-kernel-6.1-x86_64"),
            image("ami-2", "arm64", "2025-02-02T10:00:00.000Z", "al2023-ami-2023.6.2-kernel-6.1-arm64"),
            image("ami-4", "x86_64", "2025-01-12T10:00:00.000Z", "al2023-ami-2023.6.2-kernel-6.12-x86_64"),
            image("ami-3", "x86_64", "2025-01-12T10:00:00.000Z", "al2023-ami-2023.6.2-kernel-6.1-x86_64"),
        ];
        assert_eq!(newest_image(&images, "x86_64").as_deref(), Some("ami-4"));
        assert_eq!(newest_image(&images, "arm64").as_deref(), Some("ami-2"));
        assert_eq!(newest_image(&images, "riscv"), None);
    }

    fn stack(text: &str) -> Stack {
        landfall_engine::stack::parse(text).expect("a sound stack file")
    }

    #[test]
    fn images_are_asked_for_where_no_image_is_named_and_none_is_known() {
        let stack = stack(
            r#"
            name = "acme"
            region = "us-east-1"
            [cluster.named]
            worker_type = "p5.48xlarge"
            scheduler_type = "p5.48xlarge"
            image_id = "ami-0123456789abcdef0"
            [cluster.plain]
            worker_type = "m7g.large"
            scheduler_type = "m6i.large"
            "#,
        );
        let architectures = [("p5.48xlarge", "other"), ("m7g.large", "arm64"), ("m6i.large", "x86_64")];
        let owned = |(k, v): (&str, &str)| (k.to_owned(), v.to_owned());
        let mut facts = Facts { architectures: architectures.into_iter().map(owned).collect(), ..Facts::default() };
        assert_eq!(images_needed(&stack, &facts).into_iter().collect::<Vec<_>>(), ["arm64", "x86_64"]);
        facts.images.insert("x86_64".to_owned(), "ami-1".to_owned());
        assert_eq!(images_needed(&stack, &facts).into_iter().collect::<Vec<_>>(), ["arm64"]);
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
