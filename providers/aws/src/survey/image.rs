//! Images: the newest of Amazon's, and what an image is like.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::Image;
use landfall_aws_blueprint::stack::{Cluster, Stack};
use landfall_engine::provider::CallFailure;

use super::{Facts, SurveyError};
use crate::classify::failure;
use crate::cloud::{Cloud, filter};
use crate::operation::DESCRIBE_IMAGES;

/// What an image of Amazon's is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// Schedulers, and workers without a GPU.
    Ordinary,
    /// Workers with a GPU: the driver of Nvidia's, and CUDA, are in it.
    Gpu,
}

/// Amazon Linux 2023, the ordinary one: the names of the minimal and of the ECS images have a word before the year.
const ORDINARY: [&str; 1] = ["al2023-ami-2023.*-kernel-*"];
/// The Deep Learning AMIs that have the driver and CUDA, and no framework (Deep Learning AMI release notes). For arm64
/// the name has a word more.
const GPU: [&str; 2] = [
    "Deep Learning Base OSS Nvidia Driver GPU AMI (Amazon Linux 2023) *",
    "Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI (Amazon Linux 2023) *",
];

impl Purpose {
    /// Returns what the names of such images look like, as EC2's filters write it.
    fn names(self) -> &'static [&'static str] {
        match self {
            Purpose::Ordinary => &ORDINARY,
            Purpose::Gpu => &GPU,
        }
    }

    fn is_that_of(self, image: &Image) -> bool {
        let mut starts = self.names().iter().filter_map(|pattern| pattern.split('*').next());
        image.name().is_some_and(|name| starts.any(|start| name.starts_with(start)))
    }
}

/// An image to look for: what it is for, and its architecture.
pub(super) type Wanted = (Purpose, String);

/// Returns which images the clusters that name none need, as far as none is known for them.
pub(super) fn needed(stack: &Stack, facts: &Facts) -> BTreeSet<Wanted> {
    let of_cluster = |cluster: &Cluster| {
        let for_workers = if cluster.gpu { Purpose::Gpu } else { Purpose::Ordinary };
        [(for_workers, cluster.worker_type.clone()), (Purpose::Ordinary, cluster.scheduler_type.clone())]
    };
    let clusters = stack.clusters.values().filter(|cluster| cluster.image_id.is_none());
    let with_architecture = clusters.flat_map(of_cluster).filter_map(|(purpose, instance_type)| {
        facts.architectures.get(&instance_type).map(|architecture| (purpose, architecture.clone()))
    });
    with_architecture
        .filter(|(purpose, architecture)| match purpose {
            Purpose::Ordinary => !facts.images.contains_key(architecture),
            Purpose::Gpu => !facts.gpu_images.contains_key(architecture),
        })
        .collect()
}

/// Puts the newest of the images that are needed, and what they are like, among the facts. None needed, no call.
///
/// # Errors
/// If the call fails, or if Amazon offers no such image.
pub(super) async fn choose(cloud: &Cloud, stack: &Stack, facts: &mut Facts) -> Result<(), SurveyError> {
    let wanted = needed(stack, facts);
    let found = ask_newest(cloud, &wanted).await?;
    for (purpose, architecture) in wanted {
        let Some(image) = newest(&found, purpose, &architecture) else {
            let region = facts.region.clone();
            return Err(match purpose {
                Purpose::Ordinary => SurveyError::NoImage { architecture, region },
                Purpose::Gpu => SurveyError::NoGpuImage { architecture, region },
            });
        };
        note(image, facts);
        let id = image.image_id().unwrap_or_default().to_owned();
        match purpose {
            Purpose::Ordinary => facts.images.insert(architecture, id),
            Purpose::Gpu => facts.gpu_images.insert(architecture, id),
        };
    }
    Ok(())
}

async fn ask_newest(cloud: &Cloud, wanted: &BTreeSet<Wanted>) -> Result<Vec<Image>, CallFailure> {
    if wanted.is_empty() {
        return Ok(vec![]);
    }
    let names: BTreeSet<&str> = wanted.iter().flat_map(|(purpose, _)| purpose.names()).copied().collect();
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
    pages.try_collect().await.map_err(|e| failure(&DESCRIBE_IMAGES, e))
}

/// Returns the newest image of a purpose and an architecture; of two with the same date, that with the greater name.
fn newest<'a>(images: &'a [Image], purpose: Purpose, architecture: &str) -> Option<&'a Image> {
    let is_fitting = |image: &&Image| {
        image.architecture().is_some_and(|a| a.as_str() == architecture)
            && image.image_id().is_some()
            && purpose.is_that_of(image)
    };
    // The dates are ISO 8601 in UTC, so their order is that of the text.
    images.iter().filter(is_fitting).max_by_key(|image| (image.creation_date(), image.name()))
}

/// Describes the images that the stack names itself, and those that were rediscovered for GPUs, as far as they are not
/// known. None, no call.
///
/// A worker that was launched before its cluster was to have GPUs does not tell what GPUs boot: a rediscovered image that is
/// none for them is forgotten, and the newest is looked for.
///
/// # Errors
/// If the call fails.
pub(super) async fn describe_named(cloud: &Cloud, stack: &Stack, facts: &mut Facts) -> Result<(), CallFailure> {
    let named = stack.clusters.values().filter_map(|cluster| cluster.image_id.as_ref());
    let unclear: BTreeSet<String> = named
        .chain(facts.gpu_images.values())
        .filter(|image| !facts.root_devices.contains_key(*image))
        .cloned()
        .collect();
    if unclear.is_empty() {
        return Ok(());
    }
    let pages = cloud.ec2.describe_images().filters(filter("image-id", &unclear)).into_paginator().items().send();
    let found: Vec<Image> = pages.try_collect().await.map_err(|e| failure(&DESCRIBE_IMAGES, e))?;
    found.iter().for_each(|image| note(image, facts));
    let is_for_gpu =
        |id: &String| found.iter().any(|image| image.image_id() == Some(id) && Purpose::Gpu.is_that_of(image));
    facts.gpu_images.retain(|_, id| !unclear.contains(id) || is_for_gpu(id));
    Ok(())
}

/// Notes what an image is like.
fn note(image: &Image, facts: &mut Facts) {
    let Some((id, device)) = image.image_id().zip(image.root_device_name()) else { return };
    facts.root_devices.insert(id.to_owned(), device.to_owned());
    let mapping = image.block_device_mappings().iter().find(|mapping| mapping.device_name() == Some(device));
    let size = mapping.and_then(|mapping| mapping.ebs()?.volume_size()).and_then(|size| u32::try_from(size).ok());
    if let Some(size) = size {
        facts.root_sizes_gib.insert(id.to_owned(), size);
    }
}

/// Forgets what images are like that no cluster of the stack boots any more.
pub(super) fn forget_unused(stack: &Stack, facts: &mut Facts) {
    let named = stack.clusters.values().filter_map(|cluster| cluster.image_id.as_ref());
    let in_use: BTreeSet<String> =
        facts.images.values().chain(facts.gpu_images.values()).chain(named).cloned().collect();
    facts.root_devices.retain(|image, _| in_use.contains(image));
    facts.root_sizes_gib.retain(|image, _| in_use.contains(image));
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{ArchitectureValues, BlockDeviceMapping, EbsBlockDevice};

    fn image(id: &str, architecture: &str, date: &str, name: &str) -> Image {
        Image::builder()
            .image_id(id)
            .architecture(ArchitectureValues::from(architecture))
            .creation_date(date)
            .name(name)
            .build()
    }

    #[test]
    fn the_newest_image_of_the_purpose_and_architecture_is_taken() {
        let gpu = "Deep Learning Base OSS Nvidia Driver GPU AMI (Amazon Linux 2023)";
        let gpu_arm = "Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI (Amazon Linux 2023)";
        let images = [
            image("ami-1", "x86_64", "2025-01-02T10:00:00.000Z", "al2023-ami-2023.6.1-kernel-6.1-x86_64"),
            image("ami-2", "arm64", "2025-02-02T10:00:00.000Z", "al2023-ami-2023.6.2-kernel-6.1-arm64"),
            image("ami-4", "x86_64", "2025-01-12T10:00:00.000Z", "al2023-ami-2023.6.2-kernel-6.12-x86_64"),
            image("ami-3", "x86_64", "2025-01-12T10:00:00.000Z", "al2023-ami-2023.6.2-kernel-6.1-x86_64"),
            image("ami-5", "x86_64", "2025-03-01T10:00:00.000Z", &format!("{gpu} 20250228")),
            image("ami-6", "x86_64", "2025-04-01T10:00:00.000Z", &format!("{gpu} 20250331")),
            image("ami-7", "arm64", "2025-04-01T10:00:00.000Z", &format!("{gpu_arm} 20250331")),
        ];
        let newest = |purpose, architecture| newest(&images, purpose, architecture).and_then(Image::image_id);
        assert_eq!(newest(Purpose::Ordinary, "x86_64"), Some("ami-4"));
        assert_eq!(newest(Purpose::Ordinary, "arm64"), Some("ami-2"));
        assert_eq!(newest(Purpose::Gpu, "x86_64"), Some("ami-6"));
        assert_eq!(newest(Purpose::Gpu, "arm64"), Some("ami-7"));
        assert_eq!(newest(Purpose::Ordinary, "riscv"), None);
    }

    fn stack(text: &str) -> Stack {
        landfall_aws_blueprint::stack::parse(text).expect("a sound stack file")
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
            [cluster.fast]
            gpu = 1
            "#,
        );
        let architectures =
            [("p5.48xlarge", "other"), ("m7g.large", "arm64"), ("m6i.large", "x86_64"), ("g4dn.xlarge", "x86_64")];
        let owned = |(k, v): (&str, &str)| (k.to_owned(), v.to_owned());
        let mut facts = Facts { architectures: architectures.into_iter().map(owned).collect(), ..Facts::default() };
        let wanted = |facts: &Facts| needed(&stack, facts).into_iter().collect::<Vec<_>>();
        let (arm, x86) = ("arm64".to_owned(), "x86_64".to_owned());
        assert_eq!(
            wanted(&facts),
            [(Purpose::Ordinary, arm.clone()), (Purpose::Ordinary, x86.clone()), (Purpose::Gpu, x86.clone())]
        );
        facts.images.insert(x86.clone(), "ami-1".to_owned());
        assert_eq!(wanted(&facts), [(Purpose::Ordinary, arm.clone()), (Purpose::Gpu, x86.clone())]);
        facts.gpu_images.insert(x86, "ami-2".to_owned());
        assert_eq!(wanted(&facts), [(Purpose::Ordinary, arm)]);
    }

    #[test]
    fn the_size_of_an_image_is_that_of_its_root_volume() {
        let mapping = |device: &str, size| {
            let ebs = EbsBlockDevice::builder().volume_size(size).build();
            BlockDeviceMapping::builder().device_name(device).ebs(ebs).build()
        };
        let image = Image::builder()
            .image_id("ami-1")
            .root_device_name("/dev/xvda")
            .block_device_mappings(mapping("/dev/xvdb", 500))
            .block_device_mappings(mapping("/dev/xvda", 75))
            .build();
        let mut facts = Facts::default();
        note(&image, &mut facts);
        assert_eq!(facts.root_sizes_gib["ami-1"], 75);
        let stack = stack("name = \"acme\"\nregion = \"us-east-1\"\n");
        forget_unused(&stack, &mut facts);
        assert!(facts.root_sizes_gib.is_empty() && facts.root_devices.is_empty());
    }
}
