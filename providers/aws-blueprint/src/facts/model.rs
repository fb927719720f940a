//! The facts. The state keeps them as JSON of this shape; what it cannot read any more is found out anew.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
    /// The GPUs of an instance type. None: the type has no GPU.
    pub gpus: BTreeMap<String, Vec<Gpu>>,
    /// The strategies of placement groups that an instance type can be in: `cluster`, `partition`, `spread`. Facts from
    /// before these were asked for lack them; they are asked for when a cluster needs them.
    #[serde(default)]
    pub placement_strategies: BTreeMap<String, Vec<String>>,
    /// The image to use for an architecture.
    pub images: BTreeMap<String, String>,
    /// The image to use for an architecture and a GPU.
    pub gpu_images: BTreeMap<String, String>,
    /// Where an image has its root volume, such as `/dev/xvda`.
    pub root_devices: BTreeMap<String, String>,
    /// Size of an image's root volume in GiB, as far as it is known: no volume made from it can be smaller.
    pub root_sizes_gib: BTreeMap<String, u32>,
    /// The network, if it exists already.
    pub network: NetworkFacts,
    /// Where things are placed: choices that are made once.
    pub placement: Placement,
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

/// Where things are placed: choices that were made once, so that a zone that AWS adds to the region, or takes out of service,
/// does not move anything that runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The block of each zone that has, or once had, subnets: its number among the blocks of each half of the network.
    pub blocks: BTreeMap<String, u32>,
    /// The zone of each cluster that names none.
    pub clusters: BTreeMap<String, String>,
    /// The zone of the single NAT gateway.
    pub nat: Option<String>,
}
