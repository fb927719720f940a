//! Whether there is such a region, and whether the account can use it.

use aws_sdk_ec2::config::Region;
use landfall_aws_blueprint::stack::TESTED_REGIONS;

use super::error::SurveyError;

/// Finds out whether the account can use its region, where that is in doubt: a region that does not exist has no
/// address that could be asked, and one that is not enabled refuses all credentials.
///
/// This makes an error clearer and no more: where it cannot be asked, the next call says what is wrong.
///
/// # Errors
/// If there is no such region, or if the account has not enabled it.
pub(crate) async fn check_region(of_region: &aws_sdk_ec2::Client, region: &str) -> Result<(), SurveyError> {
    if TESTED_REGIONS.contains(&region) {
        return Ok(());
    }
    let config = of_region.config().to_builder().region(Region::new(home_region(region))).build();
    let ec2 = aws_sdk_ec2::Client::from_conf(config);
    let Ok(answer) = ec2.describe_regions().all_regions(true).send().await else { return Ok(()) };

    let listed = answer.regions();
    let found = listed.iter().find(|listed| listed.region_name() == Some(region));
    let region = region.to_owned();
    match found {
        Some(found) if found.opt_in_status() == Some("not-opted-in") => Err(SurveyError::RegionNotEnabled { region }),
        Some(_) => Ok(()),
        None => {
            let nearest = nearest_regions(&region, listed.iter().filter_map(|listed| listed.region_name()));
            Err(SurveyError::UnknownRegion { region, nearest })
        }
    }
}

/// Returns a region that exists in the same partition: credentials hold in one partition only.
fn home_region(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "cn-north-1",
        Some("us") if region.starts_with("us-gov-") => "us-gov-west-1",
        _ => "us-east-1",
    }
}

/// Returns up to three regions that are written like this one; if there is none, those of the same part of the world.
fn nearest_regions<'a>(region: &str, existing: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut all: Vec<(usize, &str)> = existing.map(|name| (strsim::levenshtein(region, name), name)).collect();
    all.sort_unstable();
    let alike = all.iter().filter(|(distance, _)| *distance <= 2).take(3);
    let mut nearest: Vec<String> = alike.map(|(_, name)| (*name).to_owned()).collect();
    if nearest.is_empty() {
        let part = region.split('-').next();
        let nearby = all.iter().filter(|(_, name)| name.split('-').next() == part);
        nearest.extend(nearby.map(|(_, name)| (*name).to_owned()));
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_region_is_likened_to_those_that_exist() {
        let nearest = |region: &str| nearest_regions(region, TESTED_REGIONS.into_iter());
        assert_eq!(nearest("us-est-1"), ["us-east-1", "us-west-1", "us-east-2"]);
        assert_eq!(nearest("eu-centrl-1"), ["eu-central-1"]);
        assert_eq!(nearest("eu-south-west-9"), ["eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "eu-central-1"]);
        assert_eq!(nearest("xx-nowhere-17"), Vec::<String>::new());
    }

    #[test]
    fn regions_are_asked_for_in_their_own_partition() {
        for (region, home) in
            [("me-south-1", "us-east-1"), ("us-gov-east-1", "us-gov-west-1"), ("cn-northwest-1", "cn-north-1")]
        {
            assert_eq!(home_region(region), home);
        }
    }
}
