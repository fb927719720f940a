//! What can be asked of an account, and the answers, as values.

use std::collections::{BTreeMap, BTreeSet};

use super::amazon_image::{Image, ImagePurpose};
use super::model::{Gpu, NetworkFacts};
use super::tagged_resources::TaggedResources;

/// The account and region that are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account's id.
    pub id: String,
    /// The partition: `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The region.
    pub region: String,
}

/// What to ask at a time. Of ids and names that are asked about, those that do not exist are missing in the answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Questions {
    /// Whether to read what carries the stack's tag.
    pub tagged_resources: bool,
    /// Whether to list the region's zones.
    pub zones: bool,
    /// Instance types: in which zones they are offered.
    pub offers: BTreeSet<String>,
    /// Instance types: what they are like.
    pub instance_types: BTreeSet<String>,
    /// The id of a VPC: whether there is one.
    pub vpc: Option<String>,
    /// Ids of subnets: where they are.
    pub subnets: BTreeSet<String>,
    /// Ids of security groups: whose they are.
    pub security_groups: BTreeSet<String>,
    /// Ids of images: what they are like.
    pub images: BTreeSet<String>,
    /// Purposes and architectures: which images Amazon offers for them.
    pub offered_images: BTreeSet<(ImagePurpose, String)>,
}

impl Questions {
    /// Tells whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        *self == Questions::default()
    }

    /// Takes out what was asked before.
    pub(super) fn without(mut self, asked: &Questions) -> Questions {
        self.tagged_resources &= !asked.tagged_resources;
        self.zones &= !asked.zones;
        self.offers.retain(|offer| !asked.offers.contains(offer));
        self.instance_types.retain(|instance_type| !asked.instance_types.contains(instance_type));
        self.vpc = self.vpc.filter(|vpc| asked.vpc.as_ref() != Some(vpc));
        self.subnets.retain(|id| !asked.subnets.contains(id));
        self.security_groups.retain(|id| !asked.security_groups.contains(id));
        self.images.retain(|id| !asked.images.contains(id));
        self.offered_images.retain(|image| !asked.offered_images.contains(image));
        self
    }

    /// Adds what was asked since.
    pub(super) fn add(&mut self, asked: Questions) {
        self.tagged_resources |= asked.tagged_resources;
        self.zones |= asked.zones;
        self.offers.extend(asked.offers);
        self.instance_types.extend(asked.instance_types);
        self.vpc = asked.vpc.or(self.vpc.take());
        self.subnets.extend(asked.subnets);
        self.security_groups.extend(asked.security_groups);
        self.images.extend(asked.images);
        self.offered_images.extend(asked.offered_images);
    }
}

/// What the account says to [`Questions`]: of what was not asked, nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// What carries the stack's tag.
    pub tagged_resources: TaggedResources,
    /// All zones that the account lists.
    pub zones: Vec<AvailabilityZone>,
    /// The zones that offer an instance type, by type.
    pub offers: BTreeMap<String, BTreeSet<String>>,
    /// The instance types that exist here.
    pub instance_types: Vec<InstanceType>,
    /// The VPC, subnets and security groups that exist here.
    pub network: NetworkFacts,
    /// The images of these ids.
    pub images: Vec<Image>,
    /// The images that Amazon offers, of whatever date.
    pub offered_images: Vec<Image>,
}

/// A zone that the account lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailabilityZone {
    /// Its name.
    pub name: String,
    /// Whether something new can be made there: it is available, and neither a Local nor a Wavelength zone. Those need an
    /// opt-in and lack most services.
    pub is_usable: bool,
}

/// What an instance type is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceType {
    /// Its name.
    pub name: String,
    /// Architectures that it supports, as EC2 spells them.
    pub architectures: Vec<String>,
    /// Its GPUs.
    pub gpus: Vec<Gpu>,
    /// The strategies of placement groups that it can be in, as EC2 spells them.
    pub placement_strategies: Vec<String>,
}
