//! Everything that the simulated account holds. Plain data: it can be stored, copied and compared.

pub(crate) mod client_tokens;
pub(crate) mod collection;
pub(crate) mod delays;
pub(crate) mod ec2;
pub(crate) mod iam;
pub(crate) mod ids;
pub(crate) mod logs;
pub(crate) mod tags;
pub(crate) mod time;

use serde::{Deserialize, Serialize};

use client_tokens::ClientTokens;
use ec2::Ec2;
use iam::Iam;
use ids::Ids;
use logs::Logs;

pub use delays::Delays;
pub(crate) use tags::Tags;
pub(crate) use time::{Millis, iso};

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
    pub(crate) tokens: ClientTokens,
}

impl World {
    /// Returns an account that holds nothing at all.
    pub(crate) fn empty(region: &str, account: &str, seed: u64, delays: Delays, now: Millis) -> World {
        World {
            region: region.to_owned(),
            account: account.to_owned(),
            partition: partition_of(region).to_owned(),
            delays,
            ids: Ids::new(seed),
            now,
            ec2: Ec2::default(),
            iam: Iam::default(),
            logs: Logs::default(),
            tokens: ClientTokens::default(),
        }
    }

    /// Returns the ARN of the caller. The account has this one user, whatever access key signs.
    pub(crate) fn caller_arn(&self) -> String {
        format!("arn:{}:iam::{}:user/simulated", self.partition, self.account)
    }
}

fn partition_of(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
