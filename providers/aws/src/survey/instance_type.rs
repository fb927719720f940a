//! Instance types: where they are offered, and what they are like.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{GpuDeviceInfo, InstanceTypeInfo, LocationType};
use landfall_aws_blueprint::Gpu;
use landfall_aws_blueprint::facts::InstanceType;
use landfall_engine::provider::CallFailure;

use crate::classify::failure;
use crate::cloud::{Cloud, FILTER_VALUES_MAX, filter};
use crate::operation::Operation;
use crate::shape::text;

pub(super) const DESCRIBE_INSTANCE_TYPE_OFFERINGS: Operation = Operation::new("ec2:DescribeInstanceTypeOfferings");
pub(super) const DESCRIBE_INSTANCE_TYPES: Operation = Operation::new("ec2:DescribeInstanceTypes");

/// Returns the zones that offer each of these types. No types, no call.
pub(super) async fn ask_offers(
    cloud: &Cloud,
    types: &BTreeSet<String>,
) -> Result<BTreeMap<String, BTreeSet<String>>, CallFailure> {
    let mut offers = BTreeMap::<String, BTreeSet<String>>::new();
    for types in as_slices(types) {
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
            offers.entry(instance_type.as_str().to_owned()).or_default().insert(zone.to_owned());
        }
    }
    Ok(offers)
}

/// Describes those of these types that exist here. A filter is asked, not ids: one id that does not exist would fail the
/// call. No types, no call.
pub(super) async fn ask(cloud: &Cloud, types: &BTreeSet<String>) -> Result<Vec<InstanceType>, CallFailure> {
    let mut all = Vec::new();
    for types in as_slices(types) {
        let call = cloud.ec2.describe_instance_types().filters(filter("instance-type", types));
        let found: Result<Vec<InstanceTypeInfo>, _> = call.into_paginator().items().send().try_collect().await;
        let found = found.map_err(|e| failure(&DESCRIBE_INSTANCE_TYPES, e))?;
        all.extend(found.iter().filter_map(read));
    }
    Ok(all)
}

/// Cuts types into what fits one call.
fn as_slices(types: &BTreeSet<String>) -> Vec<Vec<&str>> {
    let types: Vec<&str> = types.iter().map(String::as_str).collect();
    types.chunks(FILTER_VALUES_MAX).map(<[&str]>::to_vec).collect()
}

fn read(info: &InstanceTypeInfo) -> Option<InstanceType> {
    let supported = info.processor_info().map(|cpu| cpu.supported_architectures()).unwrap_or_default();
    let devices = info.gpu_info().map(|gpus| gpus.gpus()).unwrap_or_default();
    let gpu = |device: &GpuDeviceInfo| Gpu {
        manufacturer: text(device.manufacturer()),
        name: text(device.name()),
        count: device.count().and_then(|count| u32::try_from(count).ok()).unwrap_or(1),
    };
    let strategies = info.placement_group_info().map(|groups| groups.supported_strategies()).unwrap_or_default();
    Some(InstanceType {
        name: info.instance_type()?.as_str().to_owned(),
        architectures: supported.iter().map(|architecture| architecture.as_str().to_owned()).collect(),
        gpus: devices.iter().map(gpu).collect(),
        placement_strategies: strategies.iter().map(|strategy| strategy.as_str().to_owned()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{ArchitectureType, GpuInfo, PlacementGroupInfo, PlacementGroupStrategy, ProcessorInfo};

    use super::*;

    #[test]
    fn a_type_is_read_with_its_architectures_gpus_and_placement_strategies() {
        let device = GpuDeviceInfo::builder().manufacturer("NVIDIA").name("T4").count(1).build();
        let strategies = [PlacementGroupStrategy::Cluster, PlacementGroupStrategy::Spread];
        let architectures = [ArchitectureType::I386, ArchitectureType::X8664];
        let info = InstanceTypeInfo::builder()
            .instance_type(aws_sdk_ec2::types::InstanceType::G4dnXlarge)
            .processor_info(ProcessorInfo::builder().set_supported_architectures(Some(architectures.into())).build())
            .gpu_info(GpuInfo::builder().gpus(device).build())
            .placement_group_info(
                PlacementGroupInfo::builder().set_supported_strategies(Some(strategies.into())).build(),
            )
            .build();
        let expected = InstanceType {
            name: "g4dn.xlarge".to_owned(),
            architectures: vec!["i386".to_owned(), "x86_64".to_owned()],
            gpus: vec![Gpu { manufacturer: "NVIDIA".to_owned(), name: "T4".to_owned(), count: 1 }],
            placement_strategies: vec!["cluster".to_owned(), "spread".to_owned()],
        };
        assert_eq!(read(&info), Some(expected));
    }
}
