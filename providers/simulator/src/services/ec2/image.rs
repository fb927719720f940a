//! Machine images: those of Amazon and Canonical that people start from. Nobody makes their own here.
//!
//! Sources: EC2 API reference (DescribeImages), EC2 user guide "Deprecate an AMI".

use sha2::{Digest, Sha256};

use super::Action;
use super::instance_type::Architecture;
use super::query::{Described, Filters, check_form, page, tag_set};
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::{Tags, World, iso};

/// The actions on images.
pub(crate) const ACTIONS: &[Action] = &[Action {
    name: "DescribeImages",
    parameters: &[
        "DryRun",
        "ImageId.N",
        "Owner.N",
        "ExecutableBy.N",
        "IncludeDeprecated",
        "IncludeDisabled",
        "Filter.N.Name",
        "Filter.N.Value.N",
        "MaxResults",
        "NextToken",
    ],
    run: describe,
}];

/// Who made an image: the account and the name that it goes by.
type Owner = (&'static str, Option<&'static str>);

const AMAZON: Owner = ("137112412989", Some("amazon"));
const ECS: Owner = ("591542846629", Some("amazon"));
const DEEP_LEARNING: Owner = ("898082745236", Some("amazon"));
const CANONICAL: Owner = ("099720109477", None);

struct Row {
    /// Without the date and the architecture: `{date}` and `{arch}` stand for them.
    name: &'static str,
    owner: Owner,
    architectures: &'static [Architecture],
    /// How the architectures are spelt in the name, in this order: x86, arm.
    spelling: [&'static str; 2],
    /// What stands for `{date}`, and when the image was made.
    versions: &'static [(&'static str, &'static str)],
    root_device: &'static str,
    root_gb: u32,
    root_type: &'static str,
}

const BOTH: &[Architecture] = &[Architecture::X86, Architecture::Arm64];
const X86: &[Architecture] = &[Architecture::X86];

const ROWS: &[Row] = &[
    Row {
        name: "al2023-ami-{date}-kernel-6.1-{arch}",
        owner: AMAZON,
        architectures: BOTH,
        spelling: ["x86_64", "arm64"],
        versions: &[
            ("2023.5.20240708.0", "2024-07-09T02:11:31.000Z"),
            ("2023.8.20250818.0", "2025-08-19T01:41:12.000Z"),
            ("2023.9.20251014.0", "2025-10-15T00:03:52.000Z"),
            ("2023.9.20251117.1", "2025-11-18T03:20:44.000Z"),
            ("2023.9.20251208.0", "2025-12-09T02:31:08.000Z"),
        ],
        root_device: "/dev/xvda",
        root_gb: 8,
        root_type: "gp3",
    },
    Row {
        name: "al2023-ami-minimal-{date}-kernel-6.1-{arch}",
        owner: AMAZON,
        architectures: BOTH,
        spelling: ["x86_64", "arm64"],
        versions: &[
            ("2023.9.20251117.1", "2025-11-18T03:21:02.000Z"),
            ("2023.9.20251208.0", "2025-12-09T02:32:19.000Z"),
        ],
        root_device: "/dev/xvda",
        root_gb: 2,
        root_type: "gp3",
    },
    Row {
        name: "al2023-ami-ecs-hvm-2023.0.{date}-kernel-6.1-{arch}",
        owner: ECS,
        architectures: BOTH,
        spelling: ["x86_64", "arm64"],
        versions: &[("20251209", "2025-12-10T19:44:37.000Z")],
        root_device: "/dev/xvda",
        root_gb: 30,
        root_type: "gp2",
    },
    Row {
        name: "Deep Learning Base OSS Nvidia Driver GPU AMI (Amazon Linux 2023) {date}",
        owner: DEEP_LEARNING,
        architectures: X86,
        spelling: ["", ""],
        versions: &[("20251107", "2025-11-08T06:12:55.000Z"), ("20251205", "2025-12-06T05:50:21.000Z")],
        root_device: "/dev/xvda",
        root_gb: 50,
        root_type: "gp3",
    },
    Row {
        name: "Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 22.04) {date}",
        owner: DEEP_LEARNING,
        architectures: X86,
        spelling: ["", ""],
        versions: &[("20251205", "2025-12-06T06:01:47.000Z")],
        root_device: "/dev/sda1",
        root_gb: 50,
        root_type: "gp3",
    },
    Row {
        name: "Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI (Amazon Linux 2023) {date}",
        owner: DEEP_LEARNING,
        architectures: &[Architecture::Arm64],
        spelling: ["", ""],
        versions: &[("20251205", "2025-12-06T05:59:03.000Z")],
        root_device: "/dev/xvda",
        root_gb: 50,
        root_type: "gp3",
    },
    Row {
        name: "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-{arch}-server-{date}",
        owner: CANONICAL,
        architectures: BOTH,
        spelling: ["amd64", "arm64"],
        versions: &[("20251015", "2025-10-15T08:24:10.000Z"), ("20251212", "2025-12-12T09:02:41.000Z")],
        root_device: "/dev/sda1",
        root_gb: 8,
        root_type: "gp2",
    },
    Row {
        name: "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{arch}-server-{date}",
        owner: CANONICAL,
        architectures: BOTH,
        spelling: ["amd64", "arm64"],
        versions: &[("20251212", "2025-12-12T09:10:05.000Z")],
        root_device: "/dev/sda1",
        root_gb: 8,
        root_type: "gp3",
    },
];

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) architecture: Architecture,
    pub(crate) root_device: &'static str,
    pub(crate) root_gb: u32,
    pub(crate) root_type: &'static str,
    pub(crate) snapshot_id: String,
    owner: Owner,
    created_at: &'static str,
    /// Its makers never stop making new ones; at a later time this one stands for whatever is the latest then.
    is_latest: bool,
}

/// Returns all images of a region. Every region has its own ids for them, the same for all accounts.
pub(crate) fn all(region: &str) -> Vec<Image> {
    let mut images = Vec::new();
    for row in ROWS {
        for architecture in row.architectures {
            let spelling = row.spelling[usize::from(*architecture == Architecture::Arm64)];
            for (date, created_at) in row.versions {
                let name = row.name.replace("{date}", date).replace("{arch}", spelling);
                let hash = hex::encode(Sha256::digest(format!("{region}/{name}")));
                images.push(Image {
                    id: format!("ami-0{}", &hash[..16]),
                    name,
                    architecture: *architecture,
                    root_device: row.root_device,
                    root_gb: row.root_gb,
                    root_type: row.root_type,
                    snapshot_id: format!("snap-0{}", &hash[16..32]),
                    owner: row.owner,
                    created_at,
                    is_latest: row.versions.last().is_some_and(|(latest, _)| latest == date),
                });
            }
        }
    }
    images
}

/// Returns the image that a launch names: by its id, or by the parameter where its makers publish the latest one.
pub(crate) fn existing(region: &str, name: &str) -> Result<Image, ApiError> {
    if let Some(parameter) = name.strip_prefix("resolve:ssm:") {
        return by_parameter(region, parameter).ok_or_else(|| {
            let message = format!("Invalid value '{name}' for imageId. The Systems Manager parameter was not found.");
            ApiError::new("InvalidParameterValue", message)
        });
    }
    check_form(name, "ami", "InvalidAMIID.Malformed")?;
    all(region).into_iter().find(|image| image.id == name).ok_or_else(|| missing(&[name]))
}

/// Returns the latest image that a public parameter of Systems Manager points to.
pub(crate) fn by_parameter(region: &str, parameter: &str) -> Option<Image> {
    let prefix = match parameter.strip_prefix("/aws/service/")? {
        "ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
        | "ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
        | "ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64"
        | "ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64" => "al2023-ami-2023.",
        "canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id"
        | "canonical/ubuntu/server/22.04/stable/current/arm64/hvm/ebs-gp2/ami-id" => {
            "ubuntu/images/hvm-ssd/ubuntu-jammy-"
        }
        _ => return None,
    };
    let architecture = if parameter.contains("arm64") { Architecture::Arm64 } else { Architecture::X86 };
    let matching =
        all(region).into_iter().filter(|image| image.name.starts_with(prefix) && image.architecture == architecture);
    matching.max_by_key(|image| image.created_at)
}

fn missing(ids: &[&str]) -> ApiError {
    let message = match ids {
        [one] => format!("The image id '[{one}]' does not exist"),
        more => format!("The image ids '[{}]' do not exist", more.join(", ")),
    };
    ApiError::new("InvalidAMIID.NotFound", message)
}

static NO_TAGS: Tags = Tags::new();

impl Described for Image {
    const FILTERS: &'static [&'static str] = &[
        "image-id",
        "name",
        "description",
        "architecture",
        "state",
        "owner-id",
        "owner-alias",
        "root-device-type",
        "root-device-name",
        "virtualization-type",
        "hypervisor",
        "ena-support",
        "is-public",
        "image-type",
        "platform",
        "creation-date",
        "block-device-mapping.volume-type",
        "block-device-mapping.volume-size",
        "block-device-mapping.snapshot-id",
        "block-device-mapping.device-name",
    ];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let one = |value: &dyn ToString| Some(vec![value.to_string()]);
        match name {
            "image-id" => one(&self.id),
            "name" => one(&self.name),
            "description" => one(&self.name),
            "architecture" => one(&self.architecture.name()),
            "state" => one(&"available"),
            "owner-id" => one(&self.owner.0),
            "owner-alias" => Some(self.owner.1.iter().map(ToString::to_string).collect()),
            "root-device-type" => one(&"ebs"),
            "root-device-name" => one(&self.root_device),
            "virtualization-type" => one(&"hvm"),
            "hypervisor" => one(&"xen"),
            "ena-support" | "is-public" => one(&true),
            "image-type" => one(&"machine"),
            "platform" => one(&""),
            "creation-date" => one(&self.created_at),
            "block-device-mapping.volume-type" => one(&self.root_type),
            "block-device-mapping.volume-size" => one(&self.root_gb),
            "block-device-mapping.snapshot-id" => one(&self.snapshot_id),
            "block-device-mapping.device-name" => one(&self.root_device),
            _ => None,
        }
    }

    fn tags(&self) -> &Tags {
        &NO_TAGS
    }
}

impl Image {
    /// Tells whether its instances answer only to version 2 of the metadata service, unless the launch says otherwise.
    pub(crate) fn wants_imds_v2(&self) -> bool {
        self.name.starts_with("al2023-") || self.name.contains("(Amazon Linux 2023)")
    }

    /// Amazon's images are deprecated 90 days after they were made, Canonical's much later.
    fn deprecated_at(&self) -> String {
        let days = if self.owner == CANONICAL { 730 } else { 90 };
        let made: jiff::Timestamp = self.created_at.parse().unwrap_or_default();
        let at = u64::try_from(made.as_millisecond()).unwrap_or_default() + days * 86_400_000;
        iso(at)
    }

    fn show(&self) -> Xml {
        let ebs = Xml::new()
            .text("deleteOnTermination", true)
            .text("snapshotId", &self.snapshot_id)
            .text("volumeSize", self.root_gb)
            .text("volumeType", self.root_type)
            .text("encrypted", false);
        let mapping = Xml::new().text("deviceName", self.root_device).inside("ebs", ebs);
        Xml::new()
            .text("imageId", &self.id)
            .text("imageLocation", format!("{}/{}", self.owner.1.unwrap_or(self.owner.0), self.name))
            .text("imageState", "available")
            .text("imageOwnerId", self.owner.0)
            .optional("imageOwnerAlias", self.owner.1)
            .text("creationDate", self.created_at)
            .text("isPublic", true)
            .text("architecture", self.architecture.name())
            .text("imageType", "machine")
            .text("name", &self.name)
            .text("description", &self.name)
            .text("rootDeviceType", "ebs")
            .text("rootDeviceName", self.root_device)
            .set("blockDeviceMapping", [mapping])
            .text("virtualizationType", "hvm")
            .text("hypervisor", "xen")
            .text("enaSupport", true)
            .text("sriovNetSupport", "simple")
            .text("bootMode", if self.architecture == Architecture::Arm64 { "uefi" } else { "uefi-preferred" })
            .text("platformDetails", "Linux/UNIX")
            .text("usageOperation", "RunInstances")
            .optional("imdsSupport", self.wants_imds_v2().then_some("v2.0"))
            .text("deprecationTime", self.deprecated_at())
            .and(tag_set(&NO_TAGS))
    }
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.list("ImageId");
    ids.iter().try_for_each(|id| check_form(id, "ami", "InvalidAMIID.Malformed"))?;
    if params.get("MaxResults").is_some() && !ids.is_empty() {
        let message = "The parameter imageIds cannot be used with the parameter maxResults";
        return Err(ApiError::new("InvalidParameterCombination", message));
    }
    let all = all(&world.region);
    let unknown: Vec<&str> = ids.iter().copied().filter(|id| !all.iter().any(|image| image.id == *id)).collect();
    if !unknown.is_empty() {
        return Err(missing(&unknown));
    }
    let owners = params.list("Owner");
    let for_whom = params.list("ExecutableBy");
    let with_deprecated = params.flag("IncludeDeprecated")? == Some(true);
    params.flag("IncludeDisabled")?;
    let filters = Filters::of(params)?;
    let now = iso(world.now);
    let mut found = Vec::new();
    for image in all.iter().filter(|image| ids.is_empty() || ids.contains(&image.id.as_str())) {
        // All of them are public, so for one account alone none can be run.
        let is_runnable = for_whom.is_empty() || for_whom.contains(&"all");
        let is_of = owners.is_empty() || owners.iter().any(|o| *o == image.owner.0 || Some(*o) == image.owner.1);
        // Who names an old image still finds it.
        let is_shown = with_deprecated || !ids.is_empty() || image.is_latest || image.deprecated_at() > now;
        if filters.select(image)? && is_of && is_shown && is_runnable {
            found.push(image.show());
        }
    }
    let (found, next) = page(params, found, 1, 1000)?;
    Ok(Xml::new().set("imagesSet", found).optional("nextToken", next))
}
