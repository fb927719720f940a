//! Everything that the simulated account holds. Plain data: it can be stored, copied and compared.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::middleware::tokens::Tokens;
use crate::services::ec2::Ec2;
use crate::services::iam::Iam;
use crate::services::logs::Logs;

/// Milliseconds since 1970, of the simulated clock.
pub(crate) type Millis = u64;

pub(crate) use crate::tags::Tags;

/// One account, seen from one region.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct World {
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) partition: String,
    /// How long things take; zero for everything in most tests.
    pub(crate) delays: Delays,
    pub(crate) ids: Ids,
    /// The time of the request being answered.
    pub(crate) now: Millis,
    pub(crate) ec2: Ec2,
    pub(crate) iam: Iam,
    pub(crate) logs: Logs,
    /// The client tokens that were used.
    #[serde(default)]
    pub(crate) tokens: Tokens,
}

/// How long what AWS does by itself takes, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Delays {
    /// NAT gateway, from the call until it is available.
    pub nat_gateway_create: u64,
    /// NAT gateway, from the call until it is deleted.
    pub nat_gateway_delete: u64,
    /// How long after its NAT gateway reads `deleted` an address cannot be released yet.
    pub elastic_ip_release: u64,
    /// Instance, from the call until it runs.
    pub instance_start: u64,
    /// Instance, from the call until it is terminated.
    pub instance_terminate: u64,
    /// How long a terminated instance's network interface lingers.
    pub network_interface_release: u64,
    /// Gateway endpoint, from the call until it is gone.
    pub endpoint_delete: u64,
    /// How long EC2 does not know a fresh instance profile or its role.
    pub instance_profile_visible: u64,
    /// How long terminated instances and deleted NAT gateways stay listed.
    pub record_kept: u64,
}

impl Default for Delays {
    fn default() -> Delays {
        Delays::none()
    }
}

impl Delays {
    /// Everything at once.
    pub const fn none() -> Delays {
        Delays {
            nat_gateway_create: 0,
            nat_gateway_delete: 0,
            elastic_ip_release: 0,
            instance_start: 0,
            instance_terminate: 0,
            network_interface_release: 0,
            endpoint_delete: 0,
            instance_profile_visible: 0,
            record_kept: 3_600_000,
        }
    }

    /// What people measured on AWS: NAT gateways 85 to 125 s up and 37 to 79 s down, instances 10 to 30 s and 20 to 60 s,
    /// a fresh profile about 8 s.
    pub const fn realistic() -> Delays {
        Delays {
            nat_gateway_create: 105_000,
            nat_gateway_delete: 58_000,
            elastic_ip_release: 4_000,
            instance_start: 20_000,
            instance_terminate: 40_000,
            network_interface_release: 4_000,
            endpoint_delete: 12_000,
            instance_profile_visible: 8_000,
            record_kept: 3_600_000,
        }
    }
}

/// Makes ids: the same seed and the same order of calls give the same ids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ids {
    seed: u64,
    made: u64,
    /// Requests are counted apart: how often somebody looks does not change the ids of what is made.
    #[serde(default)]
    requests: u64,
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Ids {
        Ids { seed, made: 0, requests: 0 }
    }

    /// Returns an id in EC2's form: the prefix and 17 hexadecimal digits.
    pub(crate) fn ec2(&mut self, prefix: &str) -> String {
        format!("{prefix}-0{}", &self.hex()[..16])
    }

    /// Returns an id in IAM's form: the prefix and 17 capital letters and digits.
    pub(crate) fn iam(&mut self, prefix: &str) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let bytes = self.bytes();
        let text: String = bytes.iter().take(17).map(|b| char::from(LETTERS[usize::from(b % 32)])).collect();
        format!("{prefix}{text}")
    }

    /// Returns a request id: a UUID's form.
    pub(crate) fn request(&mut self) -> String {
        self.requests += 1;
        let hex = hex::encode(digest(&[0, self.seed, self.requests]));
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
    }

    fn hex(&mut self) -> String {
        hex::encode(self.bytes())
    }

    fn bytes(&mut self) -> [u8; 32] {
        self.made += 1;
        digest(&[self.seed, self.made])
    }
}

/// Mixes numbers into bytes that look like chance.
pub(crate) fn digest(numbers: &[u64]) -> [u8; 32] {
    let mut hash = Sha256::new();
    numbers.iter().for_each(|number| hash.update(number.to_be_bytes()));
    hash.finalize().into()
}

impl World {
    /// Returns an account as AWS hands it out: a default VPC with what comes with it, and nothing else.
    pub(crate) fn new(region: &str, account: &str, seed: u64, delays: Delays, now: Millis) -> World {
        let mut world = World {
            region: region.to_owned(),
            account: account.to_owned(),
            partition: partition_of(region).to_owned(),
            delays,
            ids: Ids::new(seed),
            now,
            ec2: Ec2::default(),
            iam: Iam::default(),
            logs: Logs::default(),
            tokens: Tokens::default(),
        };
        crate::services::ec2::make_default_vpc(&mut world);
        world
    }

    /// Lets happen what AWS does by itself until `now`. Time never goes back.
    pub(crate) fn advance(&mut self, now: Millis) {
        self.now = self.now.max(now);
        crate::services::ec2::advance(self);
    }
}

fn partition_of(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// Returns a time in the form of EC2's and IAM's answers.
pub(crate) fn iso(at: Millis) -> String {
    let at = jiff::Timestamp::from_millisecond(i64::try_from(at).unwrap_or(i64::MAX)).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}
