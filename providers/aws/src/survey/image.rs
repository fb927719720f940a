//! Images: those of given ids, and those that Amazon offers.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::Image as Described;
use landfall_aws_blueprint::facts::{Image, ImagePurpose};
use landfall_engine::provider::CallFailure;

use crate::classify::failure;
use crate::cloud::{Cloud, filter};
use crate::operation::DESCRIBE_IMAGES;
use crate::shape::text;

/// Describes those of these images that exist here. None asked, no call.
pub(super) async fn ask(cloud: &Cloud, ids: &BTreeSet<String>) -> Result<Vec<Image>, CallFailure> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let pages = cloud.ec2.describe_images().filters(filter("image-id", ids)).into_paginator().items().send();
    let found: Vec<Described> = pages.try_collect().await.map_err(|e| failure(&DESCRIBE_IMAGES, e))?;
    Ok(found.iter().filter_map(read).collect())
}

/// Lists what Amazon offers for these purposes and architectures, of any date. None asked, no call.
pub(super) async fn ask_offered(
    cloud: &Cloud,
    wanted: &BTreeSet<(ImagePurpose, String)>,
) -> Result<Vec<Image>, CallFailure> {
    if wanted.is_empty() {
        return Ok(vec![]);
    }
    let names: BTreeSet<&str> = wanted.iter().flat_map(|(purpose, _)| purpose.name_patterns()).copied().collect();
    let architectures: BTreeSet<&String> = wanted.iter().map(|(_, architecture)| architecture).collect();
    let pages = cloud
        .ec2
        .describe_images()
        .owners("amazon")
        .filters(filter("name", names))
        .filters(filter("architecture", architectures))
        .filters(filter("state", ["available"]))
        .into_paginator()
        .items()
        .send();
    let found: Vec<Described> = pages.try_collect().await.map_err(|e| failure(&DESCRIBE_IMAGES, e))?;
    Ok(found.iter().filter_map(read).collect())
}

fn read(image: &Described) -> Option<Image> {
    let device = image.root_device_name();
    let mapping = image.block_device_mappings().iter().find(|mapping| mapping.device_name() == device);
    let size = mapping.and_then(|mapping| mapping.ebs()?.volume_size());
    Some(Image {
        id: image.image_id()?.to_owned(),
        name: text(image.name()),
        architecture: text(image.architecture().map(|architecture| architecture.as_str())),
        creation_date: text(image.creation_date()),
        root_device: device.map(str::to_owned),
        root_size_gib: size.and_then(|size| u32::try_from(size).ok()),
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{ArchitectureValues, BlockDeviceMapping, EbsBlockDevice};

    use super::*;

    #[test]
    fn the_size_of_an_image_is_that_of_its_root_volume() {
        let mapping = |device: &str, size| {
            let ebs = EbsBlockDevice::builder().volume_size(size).build();
            BlockDeviceMapping::builder().device_name(device).ebs(ebs).build()
        };
        let image = Described::builder()
            .image_id("ami-1")
            .name("al2023")
            .architecture(ArchitectureValues::Arm64)
            .creation_date("2025-01-02T10:00:00.000Z")
            .root_device_name("/dev/xvda")
            .block_device_mappings(mapping("/dev/xvdb", 500))
            .block_device_mappings(mapping("/dev/xvda", 75))
            .build();
        let expected = Image {
            id: "ami-1".to_owned(),
            name: "al2023".to_owned(),
            architecture: "arm64".to_owned(),
            creation_date: "2025-01-02T10:00:00.000Z".to_owned(),
            root_device: Some("/dev/xvda".to_owned()),
            root_size_gib: Some(75),
        };
        assert_eq!(read(&image), Some(expected));
        assert_eq!(read(&Described::builder().name("without an id").build()), None);
    }
}
