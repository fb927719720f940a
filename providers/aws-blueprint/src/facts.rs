//! What compiling must know of the account. The provider's survey finds it out; the state keeps it.

use std::collections::BTreeMap;

use crate::stack::Stack;
use serde::{Deserialize, Serialize};

use crate::placement::Placement;

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
    /// The GPUs of the instance types of workers that should have some, by type. None: the type has no GPU.
    #[serde(default)]
    pub gpus: BTreeMap<String, Vec<Gpu>>,
    /// The image to use for an architecture.
    pub images: BTreeMap<String, String>,
    /// The image to use for an architecture and a GPU.
    #[serde(default)]
    pub gpu_images: BTreeMap<String, String>,
    /// Where an image has its root volume, such as `/dev/xvda`.
    #[serde(default)]
    pub root_devices: BTreeMap<String, String>,
    /// Size of an image's root volume in GiB, as far as it is known: no volume made from it can be smaller.
    #[serde(default)]
    pub root_sizes_gib: BTreeMap<String, u32>,
    /// The network, if it exists already.
    #[serde(default)]
    pub network: NetworkFacts,
    /// Where things stand: choices that are made once.
    #[serde(default)]
    pub placement: Placement,
}

impl Facts {
    /// Makes the choices that this stack needs and that were not made before, or that cannot stand any more.
    pub fn settle(&mut self, stack: &Stack) {
        let mut placement = self.placement.clone();
        placement.settle(stack, self);
        self.placement = placement;
    }
}

/// Equal GPUs of an instance type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gpu {
    /// Who makes them: `NVIDIA`, `AMD`, `Habana`.
    pub manufacturer: String,
    /// What they are called: `T4`, `V100`.
    pub name: String,
    /// How many of them the type has.
    pub count: u32,
}

/// What the account says of a network that exists. An id that is not here does not exist.
///
/// A subnet never changes its network or zone, nor a group its network. Whether instances get public addresses can be
/// changed, but is a choice made once: it must not replace what runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct NetworkFacts {
    /// The VPC's id, if there is such a VPC.
    pub vpc: Option<String>,
    /// The subnets by id.
    pub subnets: BTreeMap<String, SubnetFacts>,
    /// The VPC of each security group.
    pub security_groups: BTreeMap<String, String>,
}

/// What the account says of a subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubnetFacts {
    /// The id of its VPC.
    pub vpc: String,
    /// The zone that it lies in.
    pub zone: String,
    /// Whether it gives instances public addresses (MapPublicIpOnLaunch).
    pub is_public: bool,
}
