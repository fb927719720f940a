//! Images: what one is like, and those of Amazon's that instances boot whose cluster names none.

use std::collections::BTreeSet;

use super::model::Facts;
use crate::stack::{Cluster, Stack};

/// What an image of Amazon's is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImagePurpose {
    /// Schedulers, and workers without a GPU.
    Ordinary,
    /// Workers with a GPU: the driver of Nvidia's, and CUDA, are in it.
    Gpu,
}

/// What an image is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its architecture, as EC2 spells it.
    pub architecture: String,
    /// When it was made: ISO 8601 in UTC, so that the order of dates is that of the texts.
    pub creation_date: String,
    /// Where it has its root volume.
    pub root_device: Option<String>,
    /// The size of that, in GiB.
    pub root_size_gib: Option<u32>,
}

/// Amazon Linux 2023, the ordinary one: the names of the minimal and of the ECS images have a word before the year.
const ORDINARY: [&str; 1] = ["al2023-ami-2023.*-kernel-*"];
/// The Deep Learning AMIs that have the driver and CUDA, and no framework (Deep Learning AMI release notes). For arm64
/// the name has a word more.
const GPU: [&str; 2] = [
    "Deep Learning Base OSS Nvidia Driver GPU AMI (Amazon Linux 2023) *",
    "Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI (Amazon Linux 2023) *",
];

/// The architectures that Amazon Linux 2023 is made for.
pub(super) const BOOTABLE: [&str; 2] = ["x86_64", "arm64"];

impl ImagePurpose {
    /// Returns what the names of such images look like, as EC2's filters write it.
    pub fn name_patterns(self) -> &'static [&'static str] {
        match self {
            ImagePurpose::Ordinary => &ORDINARY,
            ImagePurpose::Gpu => &GPU,
        }
    }

    /// Tells whether an image is one of these, by its name.
    pub(super) fn is_that_of(self, image: &Image) -> bool {
        let mut starts = self.name_patterns().iter().filter_map(|pattern| pattern.split('*').next());
        starts.any(|start| image.name.starts_with(start))
    }
}

/// Returns the purposes and architectures of images that clusters need which name none, as far as none is known for them.
pub(super) fn needed(stack: &Stack, facts: &Facts) -> BTreeSet<(ImagePurpose, String)> {
    let of_cluster = |cluster: &Cluster| {
        let for_workers = if cluster.gpu { ImagePurpose::Gpu } else { ImagePurpose::Ordinary };
        [(for_workers, cluster.worker_type.clone()), (ImagePurpose::Ordinary, cluster.scheduler_type.clone())]
    };
    let clusters = stack.clusters.values().filter(|cluster| cluster.image_id.is_none());
    let with_architecture = clusters.flat_map(of_cluster).filter_map(|(purpose, instance_type)| {
        facts.architectures.get(&instance_type).map(|architecture| (purpose, architecture.clone()))
    });
    with_architecture
        .filter(|(purpose, architecture)| match purpose {
            ImagePurpose::Ordinary => !facts.images.contains_key(architecture),
            ImagePurpose::Gpu => !facts.gpu_images.contains_key(architecture),
        })
        .collect()
}

/// Returns the newest image of a purpose and an architecture; of two with the same date, that with the greater name.
pub(super) fn newest<'a>(images: &'a [Image], purpose: ImagePurpose, architecture: &str) -> Option<&'a Image> {
    let is_fitting = |image: &&Image| image.architecture == architecture && purpose.is_that_of(image);
    images.iter().filter(is_fitting).max_by_key(|image| (&image.creation_date, &image.name))
}

/// Puts what an image is like among the facts.
pub(super) fn note(image: &Image, facts: &mut Facts) {
    let Some(device) = &image.root_device else { return };
    facts.root_devices.insert(image.id.clone(), device.clone());
    if let Some(size) = image.root_size_gib {
        facts.root_sizes_gib.insert(image.id.clone(), size);
    }
}

/// Forgets what images are like that no cluster of the stack boots any more.
pub(super) fn forget_unused(stack: &Stack, facts: &mut Facts) {
    let named = stack.clusters.values().filter_map(|cluster| cluster.image_id.as_ref());
    let in_use: BTreeSet<&String> = facts.images.values().chain(facts.gpu_images.values()).chain(named).collect();
    facts.root_devices.retain(|image, _| in_use.contains(image));
    facts.root_sizes_gib.retain(|image, _| in_use.contains(image));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::parse;

    fn image(id: &str, architecture: &str, date: &str, name: &str) -> Image {
        Image {
            id: id.to_owned(),
            name: name.to_owned(),
            architecture: architecture.to_owned(),
            creation_date: date.to_owned(),
            root_device: Some("/dev/xvda".to_owned()),
            root_size_gib: Some(75),
        }
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
        let newest = |purpose, architecture| newest(&images, purpose, architecture).map(|image| image.id.as_str());
        assert_eq!(newest(ImagePurpose::Ordinary, "x86_64"), Some("ami-4"));
        assert_eq!(newest(ImagePurpose::Ordinary, "arm64"), Some("ami-2"));
        assert_eq!(newest(ImagePurpose::Gpu, "x86_64"), Some("ami-6"));
        assert_eq!(newest(ImagePurpose::Gpu, "arm64"), Some("ami-7"));
        assert_eq!(newest(ImagePurpose::Ordinary, "riscv"), None);
    }

    #[test]
    fn images_are_needed_where_no_image_is_named_and_none_is_known() {
        let stack = parse(
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
        )
        .expect("a sound stack file");
        let architectures =
            [("p5.48xlarge", "other"), ("m7g.large", "arm64"), ("m6i.large", "x86_64"), ("g4dn.xlarge", "x86_64")];
        let owned = |(k, v): (&str, &str)| (k.to_owned(), v.to_owned());
        let mut facts = Facts { architectures: architectures.into_iter().map(owned).collect(), ..Facts::default() };
        let wanted = |facts: &Facts| needed(&stack, facts).into_iter().collect::<Vec<_>>();
        let (arm, x86) = ("arm64".to_owned(), "x86_64".to_owned());
        assert_eq!(
            wanted(&facts),
            [
                (ImagePurpose::Ordinary, arm.clone()),
                (ImagePurpose::Ordinary, x86.clone()),
                (ImagePurpose::Gpu, x86.clone())
            ]
        );
        facts.images.insert(x86.clone(), "ami-1".to_owned());
        assert_eq!(wanted(&facts), [(ImagePurpose::Ordinary, arm.clone()), (ImagePurpose::Gpu, x86.clone())]);
        facts.gpu_images.insert(x86, "ami-2".to_owned());
        assert_eq!(wanted(&facts), [(ImagePurpose::Ordinary, arm)]);
    }

    #[test]
    fn what_an_image_is_like_is_kept_while_it_is_booted() {
        let mut facts = Facts::default();
        note(&image("ami-1", "x86_64", "", ""), &mut facts);
        assert_eq!((&*facts.root_devices["ami-1"], facts.root_sizes_gib["ami-1"]), ("/dev/xvda", 75));
        let stack = |more: &str| parse(&format!("name = \"acme\"\nregion = \"us-east-1\"\n{more}")).expect("sound");
        facts.images.insert("x86_64".to_owned(), "ami-1".to_owned());
        forget_unused(&stack(""), &mut facts);
        assert!(facts.root_devices.contains_key("ami-1"));
        facts.images.clear();
        forget_unused(&stack(""), &mut facts);
        assert!(facts.root_sizes_gib.is_empty() && facts.root_devices.is_empty());
    }
}
