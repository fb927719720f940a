//! The validated stack: what the file says, with every default filled in.
//!
//! Nothing here can hold an impossible value: ports are `u16` and not zero, networks are parsed, names are checked.
//! A `Stack` is made by [`super::parse`] only.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use ipnet::{IpNet, Ipv4Net};

/// One stack: a network and the Dask clusters that share it, in one region of one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// The account slug: names the role, the instance profile, the log group and the tags.
    pub name: Name,
    /// AWS region, such as `us-east-1`. Syntax is checked here, existence by the account.
    pub region: String,
    /// The zones that get subnets; all, where the subnets exist already.
    pub zones: Zones,
    /// Default zone of the clusters; `None` means the first zone that offers a cluster's instance types.
    pub zone: Option<String>,
    /// The user's tags, put on every taggable resource.
    pub tags: BTreeMap<String, String>,
    /// Who may reach the schedulers.
    pub firewall: Firewall,
    /// Addresses and ways out.
    pub network: Network,
    /// Where the instances write their logs.
    pub logs: Logs,
    /// What the instances may do in the account.
    pub iam: Iam,
    /// The clusters by name.
    pub clusters: BTreeMap<Name, Cluster>,
    /// Where in the file each value stands.
    pub origins: Origins,
}

/// A name of a stack or a cluster: 2–32 of `a-z 0-9 -`, starts with a letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// Longest name, in characters: role names hold 64 and landfall appends to some of them.
    pub const LENGTH_MAX: usize = 32;
    /// Shortest name, in characters.
    pub const LENGTH_MIN: usize = 2;

    /// Returns the name, or `None` if the text is not one.
    pub fn new(text: &str) -> Option<Name> {
        let long_enough = (Self::LENGTH_MIN..=Self::LENGTH_MAX).contains(&text.len());
        let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase());
        let legal = text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        (long_enough && starts_well && legal).then(|| Name(text.to_owned()))
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The zones that get subnets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zones {
    /// Every zone of the region that is available and needs no opt-in.
    All,
    /// Just these, in the order of the file, without repetition.
    Listed(Vec<String>),
}

/// Who may reach the schedulers: every port from every network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firewall {
    /// TCP ports, sorted, without repetition. Empty: nobody may reach the scheduler from outside.
    pub ports: Vec<u16>,
    /// Source networks in canonical form (host bits cleared), without repetition.
    pub cidr: Vec<IpNet>,
}

/// Where the instances stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// A network of the stack's own, with its ways to the internet: landfall makes it, and removes it again.
    Made(MadeNetwork),
    /// Subnets that exist already. landfall stands instances in them and changes nothing about them.
    Existing(ExistingNetwork),
}

/// Addresses of the stack's own network and its ways to the internet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeNetwork {
    /// The VPC's block, /16 to /28 (EC2 accepts no other), canonical.
    pub cidr: Ipv4Net,
    /// Whether the workers have public addresses.
    pub workers: WorkerPlacement,
    /// How many NAT gateways carry the traffic of private workers.
    pub nat: Nat,
    /// Whether a free gateway endpoint keeps S3 traffic off the NAT gateway.
    pub s3_endpoint: bool,
}

/// A network that somebody else made and keeps. Syntax is checked here; that the ids belong together, by the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingNetwork {
    /// The VPC's id.
    pub vpc: String,
    /// Ids of subnets in it, in the order of the file, without repetition, at least one. Of those in one zone the first
    /// counts.
    pub subnets: Vec<String>,
    /// Ids of security groups in it that every instance gets besides the stack's own, in the order of the file.
    pub security_groups: Vec<String>,
}

/// Where workers stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerPlacement {
    /// In private subnets, behind NAT.
    Private,
    /// In public subnets with public addresses; inbound stays closed.
    Public,
}

/// NAT gateways of a stack with private workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nat {
    /// One for all zones.
    Single,
    /// One in each zone: no traffic between zones, no common point of failure.
    PerZone,
}

/// The log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logs {
    /// Days that events are kept; one of [`Logs::RETENTION_DAYS`].
    pub retention_days: u32,
}

impl Logs {
    /// The retentions that CloudWatch Logs takes (API reference, PutRetentionPolicy).
    pub const RETENTION_DAYS: [u32; 22] =
        [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
}

/// What the instances may do besides writing their logs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Iam {
    /// Managed policies to attach to the role: full ARNs, or names of AWS's own policies (`AmazonS3ReadOnlyAccess`).
    pub policies: Vec<String>,
}

/// How instances are bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Market {
    /// At the list price, until terminated.
    OnDemand,
    /// On the spot market: cheaper, may be taken back at two minutes' notice.
    Spot,
    /// On the spot market, and those that it has no room for at the moment of the launch on demand.
    SpotOrOnDemand,
}

/// One Dask cluster: a scheduler and its workers.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// Number of workers, from 0.
    pub workers: u32,
    /// Instance type of the workers.
    pub worker_type: String,
    /// Whether each worker has a GPU: its type has exactly one then, and its image the driver.
    pub gpu: bool,
    /// Instance type of the scheduler.
    pub scheduler_type: String,
    /// Market of the workers; schedulers are always on demand.
    pub market: Market,
    /// The zone that all of the cluster stands in; `None`: the stack's, or the first that offers both types.
    pub zone: Option<String>,
    /// Whether all of the cluster stands in a placement group of its own: close together, for a fast network.
    pub placement_group: bool,
    /// Root volume of every instance, GiB.
    pub disk_gib: u32,
    /// Image of every instance; `None`: the newest suitable images of Amazon, resolved once.
    pub image_id: Option<String>,
    /// Tags of this cluster's instances, over the stack's.
    pub tags: BTreeMap<String, String>,
}

/// Where each value stands in the stack file, by dotted path (`cluster.analytics.zone`), as byte ranges.
///
/// Compiling finds problems that only the account can tell (a zone of another region); they are reported at the
/// place of the value all the same. A defaulted value has no place.
///
/// Tables have one too: that of their header. An item of a list is found under its own text, as the file has it:
/// `zones.us-east-1a`, `firewall.ports.8787`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origins(pub(super) BTreeMap<String, Range<usize>>);

impl Origins {
    /// Returns the byte range of the value at a dotted path, if the file gives one.
    pub fn span(&self, path: &str) -> Option<Range<usize>> {
        self.0.get(path).cloned()
    }
}
