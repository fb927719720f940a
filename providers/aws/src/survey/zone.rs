//! The region's zones.

use aws_sdk_ec2::types::AvailabilityZoneState;
use landfall_aws_blueprint::facts::AvailabilityZone;
use landfall_engine::provider::CallFailure;

use crate::classify::failure;
use crate::cloud::Cloud;
use crate::operation::Operation;

pub(super) const DESCRIBE_AVAILABILITY_ZONES: Operation = Operation::new("ec2:DescribeAvailabilityZones");

/// Lists the zones in any state; of those that need an opt-in, the ones that the account opted in to. Nothing asked, no
/// call.
pub(super) async fn ask(cloud: &Cloud, is_asked: bool) -> Result<Vec<AvailabilityZone>, CallFailure> {
    if !is_asked {
        return Ok(vec![]);
    }
    // DescribeAvailabilityZones knows no pages.
    let call = cloud.ec2.describe_availability_zones();
    let answer = call.send().await.map_err(|e| failure(&DESCRIBE_AVAILABILITY_ZONES, e))?;
    Ok(answer.availability_zones().iter().filter_map(read).collect())
}

fn read(zone: &aws_sdk_ec2::types::AvailabilityZone) -> Option<AvailabilityZone> {
    let is_usable = zone.state() == Some(&AvailabilityZoneState::Available)
        && zone.opt_in_status().is_none_or(|status| status.as_str() == "opt-in-not-required")
        && zone.zone_type().is_none_or(|zone_type| zone_type == "availability-zone");
    Some(AvailabilityZone { name: zone.zone_name()?.to_owned(), is_usable })
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{AvailabilityZone as Listed, AvailabilityZoneOptInStatus};

    use super::*;

    #[test]
    fn only_available_zones_of_the_ordinary_kind_are_usable() {
        let zone = |name: &str, state: &str, opt_in: AvailabilityZoneOptInStatus, zone_type: &str| {
            let state = AvailabilityZoneState::from(state);
            Listed::builder().zone_name(name).state(state).opt_in_status(opt_in).zone_type(zone_type).build()
        };
        let no_opt_in = || AvailabilityZoneOptInStatus::OptInNotRequired;
        for (listed, is_usable) in [
            (zone("us-west-2b", "available", no_opt_in(), "availability-zone"), true),
            (zone("us-west-2c", "impaired", no_opt_in(), "availability-zone"), false),
            (zone("us-west-2d", "available", no_opt_in(), "local-zone"), false),
            (zone("us-west-2-lax-1a", "available", AvailabilityZoneOptInStatus::OptedIn, "local-zone"), false),
            (Listed::builder().zone_name("us-west-2a").state(AvailabilityZoneState::Available).build(), true),
        ] {
            assert_eq!(read(&listed).map(|zone| zone.is_usable), Some(is_usable), "{listed:?}");
        }
    }
}
