//! Throttling: token buckets as documented in "Request throttling for the Amazon EC2 API".
//!
//! EC2 has a bucket for each action, whose size goes by the action's class, and for launches and terminations a second
//! one that pays for instances. IAM and STS publish no numbers; theirs are account-wide and assumed.

use std::collections::BTreeMap;

use crate::call::{Call, Service};
use crate::wire::error::ApiError;
use crate::world::Millis;

/// Tokens are counted in millionths: the refill of a millisecond is then a whole number, and no rounding depends on when
/// somebody looks.
const TOKEN: u64 = 1_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size {
    /// Most tokens.
    capacity: u64,
    /// Thousandths of a token each second, which is millionths each millisecond.
    refill: u64,
}

impl Size {
    /// A bucket holds at least one token, or nothing would ever pass.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "small")]
    fn scaled(self, scale: f64) -> Size {
        let times = |number: u64| (number as f64 * scale).round() as u64;
        Size { capacity: times(self.capacity).max(1), refill: times(self.refill).max(1) }
    }
}

const fn size(capacity: u64, refill_per_mille: u64) -> Size {
    Size { capacity, refill: refill_per_mille }
}

/// The buckets of one account in one region.
#[derive(Debug, Clone)]
pub(crate) struct Buckets {
    /// How large they are by what is documented.
    scale: f64,
    levels: BTreeMap<String, (u64, Millis)>,
}

impl Default for Buckets {
    fn default() -> Buckets {
        Buckets::scaled(1.0)
    }
}

impl Buckets {
    /// Returns full buckets that are so many times as large as documented.
    pub(crate) fn scaled(scale: f64) -> Buckets {
        Buckets { scale, levels: BTreeMap::new() }
    }

    /// Pays for a call, or refuses it.
    pub(crate) fn pay(&mut self, call: &Call, now: Millis) -> Result<(), ApiError> {
        let requests = (request_bucket(call), request_size(call).scaled(self.scale), 1);
        let instances = instances_of(call).map(|(name, size, cost)| (name, size.scaled(self.scale), cost));
        let both = [Some(requests), instances];
        // A request that the second bucket refuses does not cost anything in the first.
        let can_pay = both.iter().flatten().all(|(name, size, cost)| self.level(name, *size, now) >= cost * TOKEN);
        if !can_pay {
            return Err(refusal(call.service));
        }
        for (name, size, cost) in both.into_iter().flatten() {
            let level = self.level(&name, size, now).saturating_sub(cost * TOKEN);
            self.levels.insert(name, (level, now));
        }
        Ok(())
    }

    fn level(&self, name: &str, size: Size, now: Millis) -> u64 {
        let full = size.capacity * TOKEN;
        match self.levels.get(name) {
            None => full,
            Some((level, at)) => level.saturating_add(now.saturating_sub(*at).saturating_mul(size.refill)).min(full),
        }
    }
}

/// Returns the error of a service that has had enough.
pub(crate) fn refusal(service: Service) -> ApiError {
    match service {
        Service::Ec2 => ApiError::new("RequestLimitExceeded", "Request limit exceeded.").with_status(503),
        Service::Iam | Service::Sts => ApiError::new("Throttling", "Rate exceeded"),
        Service::Logs => ApiError::new("ThrottlingException", "Rate exceeded"),
    }
}

fn request_bucket(call: &Call) -> String {
    match call.service {
        Service::Ec2 if is_expensive_read(call) => format!("{}, all", call.name()),
        Service::Ec2 | Service::Logs => call.name().to_owned(),
        service if call.is_read() => format!("{} reads", service.name()),
        service => format!("{} writes", service.name()),
    }
}

fn request_size(call: &Call) -> Size {
    match call.service {
        Service::Ec2 => ec2_size(call),
        Service::Iam | Service::Sts if call.is_read() => size(100, 20_000),
        Service::Iam | Service::Sts => size(20, 15_000),
        Service::Logs => match call.name() {
            "CreateLogStream" => size(50, 50_000),
            "DescribeLogStreams" => size(25, 25_000),
            "PutLogEvents" => size(800, 800_000),
            "GetLogEvents" => size(10, 10_000),
            _ => size(5, 5_000),
        },
    }
}

fn ec2_size(call: &Call) -> Size {
    match call.name() {
        _ if is_expensive_read(call) => size(50, 10_000),
        _ if call.is_read() => size(100, 20_000),
        "RunInstances" | "StartInstances" => size(5, 2_000),
        "TerminateInstances"
        | "CreateVolume"
        | "DeleteVolume"
        | "CreateNetworkInterface"
        | "DeleteNetworkInterface"
        | "CreateLaunchTemplateVersion"
        | "ModifyLaunchTemplate"
        | "AssociateIamInstanceProfile"
        | "DisassociateIamInstanceProfile"
        | "ModifyInstanceMetadataOptions" => size(100, 5_000),
        "CreateTags" | "DeleteTags" => size(100, 10_000),
        "CreateNatGateway" | "DeleteNatGateway" => size(10, 1_000),
        "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints" => size(4, 300),
        _ => size(50, 5_000),
    }
}

/// "Unfiltered and unpaginated": by the letter of the guide also one that names ids.
fn is_expensive_read(call: &Call) -> bool {
    let heavy = [
        "DescribeInstances",
        "DescribeInstanceStatus",
        "DescribeNetworkInterfaces",
        "DescribeSecurityGroups",
        "DescribeSnapshots",
        "DescribeSpotInstanceRequests",
        "DescribeVolumes",
    ];
    heavy.contains(&call.name()) && call.params.get("MaxResults").is_none() && call.params.below("Filter").is_empty()
}

/// What the call costs in instances. A call that needs more than the bucket can ever hold is refused for ever.
fn instances_of(call: &Call) -> Option<(String, Size, u64)> {
    let (refill, count) = match call.name() {
        "RunInstances" => (2_000, call.params.number("MaxCount").ok()?.and_then(|n| u64::try_from(n).ok())?),
        "StartInstances" => (2_000, call.params.list("InstanceId").len() as u64),
        "TerminateInstances" | "StopInstances" => (20_000, call.params.list("InstanceId").len() as u64),
        _ => return None,
    };
    Some((format!("{}, instances", call.name()), size(1000, refill), count.min(1_000_000)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::params::Params;

    fn call(form: &str) -> Call {
        let params = Params::parse(form.as_bytes()).expect("a form");
        let name = params.get("Action").expect("an action").to_owned();
        Call::query(Service::Ec2, &name, params).expect("an action")
    }

    fn paid(buckets: &mut Buckets, call: &Call, now: Millis, times: usize) -> usize {
        (0..times).filter(|_| buckets.pay(call, now).is_ok()).count()
    }

    #[test]
    fn a_bucket_empties_and_fills_at_the_documented_rate() {
        let mut buckets = Buckets::default();
        let endpoint = call("Action=CreateVpcEndpoint");
        assert_eq!(paid(&mut buckets, &endpoint, 0, 10), 4);
        assert_eq!(buckets.pay(&endpoint, 3_333), Err(refusal(Service::Ec2)));
        assert_eq!(buckets.pay(&endpoint, 3_334), Ok(()));
        assert_eq!(paid(&mut buckets, &endpoint, 1_000_000, 10), 4);
    }

    #[test]
    fn buckets_may_have_other_sizes() {
        let mut buckets = Buckets::scaled(0.25);
        assert_eq!(paid(&mut buckets, &call("Action=CreateVpc"), 0, 100), 13);
        assert_eq!(paid(&mut buckets, &call("Action=CreateVpc"), 4_000, 100), 5);
        assert_eq!(buckets.pay(&call("Action=RunInstances&MaxCount=251"), 0), Err(refusal(Service::Ec2)));
        assert_eq!(buckets.pay(&call("Action=RunInstances&MaxCount=250"), 0), Ok(()));
        assert_eq!(paid(&mut Buckets::scaled(0.01), &call("Action=CreateVpcEndpoint"), 0, 9), 1);
    }

    #[test]
    fn actions_have_buckets_of_their_own() {
        let mut buckets = Buckets::default();
        assert_eq!(paid(&mut buckets, &call("Action=CreateVpc"), 0, 100), 50);
        assert_eq!(paid(&mut buckets, &call("Action=CreateSubnet"), 0, 100), 50);
    }

    #[test]
    fn a_read_of_everything_draws_from_the_smaller_bucket() {
        let mut buckets = Buckets::default();
        let all = call("Action=DescribeSecurityGroups&GroupId.1=sg-1");
        let filtered = call("Action=DescribeSecurityGroups&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1");
        assert_eq!(paid(&mut buckets, &all, 0, 200), 50);
        assert_eq!(paid(&mut buckets, &filtered, 0, 200), 100);
    }
}
