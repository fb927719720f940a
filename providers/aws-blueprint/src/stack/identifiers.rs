//! How names, regions, zones, instance types, images and policies are written.
//!
//! Only the form is checked. Whether there is such a region, zone, type, image or policy is the account's to say: AWS
//! adds new ones every month, and a list in here would refuse them.

use super::Name;
use super::decode::Value;
use super::diagnostic::{Diagnostic, quoted};
use super::keys::nearest;

/// The regions that landfall is tested in: what a misspelt region is compared with.
pub const TESTED_REGIONS: [&str; 16] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
];

/// Reads the name of the stack.
pub(super) fn stack_name(value: &Value<'_>) -> Result<Name, Diagnostic> {
    let text = value.string("a name such as \"acme\"")?;
    name(text).map_err(|fault| fault.into_problem(value.problem(format!("{} is not a legal name", quoted(text)))))
}

/// Returns the name, or which rule the text breaks.
pub(super) fn name(text: &str) -> Result<Name, NameFault> {
    Name::new(text).ok_or_else(|| NameFault { rule: broken_rule(text), near: legal_form(text) })
}

/// Why a text is not a name.
#[derive(Debug)]
pub(super) struct NameFault {
    rule: String,
    near: Option<Name>,
}

impl NameFault {
    /// Adds the broken rule, all rules and the nearest name to a problem.
    pub(super) fn into_problem(self, problem: Diagnostic) -> Diagnostic {
        let problem = problem.label(self.rule).help(format!(
            "a name is {} to {} of a-z, 0-9 and -, and starts with a letter",
            Name::LENGTH_MIN,
            Name::LENGTH_MAX
        ));
        match self.near {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem,
        }
    }
}

/// Returns the rule that a text breaks, given that it is no name.
fn broken_rule(text: &str) -> String {
    let is_legal = |c: &char| matches!(c, 'a'..='z' | '0'..='9' | '-');
    if text.is_empty() {
        return "is empty".to_owned();
    }
    if let Some(illegal) = text.chars().find(|c| !is_legal(c)) {
        return match illegal {
            'A'..='Z' => "has a capital letter in it".to_owned(),
            ' ' => "has a space in it".to_owned(),
            _ => format!("has {} in it", quoted(&illegal.to_string())),
        };
    }
    match text.chars().count() {
        length if length < Name::LENGTH_MIN => "is too short".to_owned(),
        length if length > Name::LENGTH_MAX => format!("is too long: {length} characters"),
        _ => "does not start with a letter".to_owned(),
    }
}

/// Returns the text as a name, if little has to change for it.
fn legal_form(text: &str) -> Option<Name> {
    Name::new(&text.trim().to_ascii_lowercase().replace([' ', '_', '.'], "-"))
}

/// Reads a region.
pub(super) fn region(value: &Value<'_>) -> Result<String, Diagnostic> {
    let text = value.string("a region such as \"us-east-1\"")?;
    if is_region(text) {
        return Ok(text.to_owned());
    }
    let problem = value.problem(format!("{} is not how a region is written", quoted(text)));
    Err(match (region_of_zone(text), nearest_region(text)) {
        (Some(region), _) => problem.label(format!("this is a zone; its region is `{region}`")),
        (None, Some(region)) => problem.label(format!("did you mean `{region}`?")),
        (None, None) => problem.help(format!("regions that landfall is tested in: {}", TESTED_REGIONS.join(", "))),
    })
}

fn nearest_region(text: &str) -> Option<&'static str> {
    let dashed = text.trim().replace([' ', '_'], "-");
    nearest(&dashed, &TESTED_REGIONS)
}

/// `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`: words of letters, then a number.
fn is_region(text: &str) -> bool {
    let Some((words, number)) = text.rsplit_once('-') else {
        return false;
    };
    let words: Vec<&str> = words.split('-').collect();
    let is_word = |word: &str| word.len() >= 2 && word.bytes().all(|b| b.is_ascii_lowercase());
    (2..=3).contains(&words.len()) && words.into_iter().all(is_word) && is_number(number)
}

fn is_number(text: &str) -> bool {
    (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Reads a zone of a region; of any, if the region itself could not be read.
pub(super) fn zone(value: &Value<'_>, region: Option<&str>) -> Result<String, Diagnostic> {
    let text = value.string("a zone such as \"us-east-1a\"")?;
    let example = format!("{}a", region.unwrap_or("us-east-1"));
    let Some(own_region) = region_of_zone(text) else {
        let problem = value.problem(format!("{} is not how a zone is written", quoted(text)));
        return Err(match is_region(text) {
            true => problem.label(format!("this is a region; its zones are `{text}a`, `{text}b` …")),
            false => problem.label(format!("a zone is its region and a letter, such as `{example}`")),
        });
    };
    match region {
        Some(region) if region != own_region => Err(value
            .problem(format!("{} is not a zone of {region}", quoted(text)))
            .label(format!("seems to belong to {own_region}"))
            .help(format!("all of a stack stands in one region; its zones start with it, such as `{example}`"))),
        _ => Ok(text.to_owned()),
    }
}

/// Returns the region in a zone's name: of `us-west-2a`, and of the local zone `us-west-2-lax-1a`, it is `us-west-2`.
fn region_of_zone(zone: &str) -> Option<&str> {
    let digits_start = zone.find(|c: char| c.is_ascii_digit())?;
    let after_digits = zone[digits_start..].trim_start_matches(|c: char| c.is_ascii_digit());
    let (region, rest) = zone.split_at(zone.len() - after_digits.len());
    (is_region(region) && (is_zone_letter(rest) || is_local_zone(rest))).then_some(region)
}

fn is_zone_letter(text: &str) -> bool {
    text.len() == 1 && text.bytes().all(|b| b.is_ascii_lowercase())
}

/// `-lax-1a`, or `-wl1-bos-wlz-1` of a Wavelength zone: what follows the region in the name of a zone outside of it.
fn is_local_zone(text: &str) -> bool {
    let Some((place, number)) = text.strip_prefix('-').and_then(|text| text.rsplit_once('-')) else {
        return false;
    };
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9'));
    let digits = number.trim_end_matches(|c: char| c.is_ascii_lowercase());
    place.split('-').all(is_part) && is_number(digits) && number.len() - digits.len() <= 1
}

/// Reads an instance type.
pub(super) fn instance_type(value: &Value<'_>) -> Result<String, Diagnostic> {
    let text = value.string("an instance type such as \"m6i.large\"")?;
    if is_instance_type(text) {
        return Ok(text.to_owned());
    }
    let problem = value.problem(format!("{} is not how an instance type is written", quoted(text)));
    let lower = text.trim().to_ascii_lowercase();
    Err(match is_instance_type(&lower) {
        true => problem.label(format!("did you mean `{lower}`?")),
        false => problem.label("expected a family, a dot and a size, such as `m6i.large`"),
    })
}

/// `m6i.large`, `u-6tb1.metal`, `c7i.metal-24xl`: a family with its generation, and a size.
fn is_instance_type(text: &str) -> bool {
    let Some((family, size)) = text.split_once('.') else {
        return false;
    };
    let is_plain = |part: &str| part.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    let family_is_whole =
        family.starts_with(|c: char| c.is_ascii_lowercase()) && family.contains(|c: char| c.is_ascii_digit());
    family_is_whole && is_plain(family) && is_plain(size) && size.contains(|c: char| c.is_ascii_lowercase())
}

/// Reads the id of an image.
pub(super) fn image_id(value: &Value<'_>) -> Result<String, Diagnostic> {
    id(value, "ami-", "an image")
}

/// Reads the id of something in EC2. `what` names it with its article: "a subnet".
pub(super) fn id(value: &Value<'_>, prefix: &str, what: &str) -> Result<String, Diagnostic> {
    let text = value.string(&format!("{what} id such as \"{prefix}0123456789abcdef0\""))?;
    let is_id = |hex: &str| matches!(hex.len(), 8 | 17) && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match text.strip_prefix(prefix) {
        Some(hex) if is_id(hex) => Ok(text.to_owned()),
        _ => Err(value
            .problem(format!("{} is not {what} id", quoted(text)))
            .label(format!("expected `{prefix}` and 17 (or, of old ones, 8) digits of 0-9 and a-f"))),
    }
}

/// Reads a managed policy: its ARN, or the name of one of AWS's own.
pub(super) fn policy(value: &Value<'_>) -> Result<String, Diagnostic> {
    let text = value.string("the ARN or the name of a managed policy")?;
    let is_legal = if text.starts_with("arn:") { is_policy_arn(text) } else { is_policy_path(text) };
    if is_legal {
        return Ok(text.to_owned());
    }
    let problem = value.problem(format!("{} is not a managed policy", quoted(text)));
    Err(match text.starts_with("arn:") {
        true => problem.label("expected `arn:aws:iam::ACCOUNT:policy/NAME`"),
        false => problem.label("expected the name of a policy of AWS, such as `AmazonS3ReadOnlyAccess`"),
    }
    .help("a policy of your own is written as its ARN: \"arn:aws:iam::111122223333:policy/NAME\""))
}

fn is_policy_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let &["arn", partition, "iam", "", account, resource] = parts.as_slice() else {
        return false;
    };
    let is_account = account == "aws" || (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()));
    let is_partition = partition == "aws" || partition.starts_with("aws-");
    is_partition && is_account && resource.strip_prefix("policy/").is_some_and(is_policy_path)
}

/// `AmazonS3ReadOnlyAccess`, `job-function/ViewOnlyAccess`: a name, after a path if the policy has one.
fn is_policy_path(text: &str) -> bool {
    let is_part = |part: &str| {
        (1..=128).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
    };
    text.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_every_partition_are_well_formed() {
        for region in TESTED_REGIONS {
            assert!(is_region(region), "{region}");
        }
        for region in
            ["us-gov-west-1", "cn-north-1", "us-isob-east-1", "eusc-de-east-1", "ap-southeast-7", "mx-central-1"]
        {
            assert!(is_region(region), "{region}");
        }
        for text in [
            "",
            "-",
            "us",
            "us-east",
            "us-east-",
            "us-east-1a",
            "us-east-one",
            "US-EAST-1",
            "us--1",
            "useast1",
            "us-east-1-",
        ] {
            assert!(!is_region(text), "{text}");
        }
    }

    #[test]
    fn zones_tell_their_region() {
        for (zone, region) in [
            ("us-east-1a", "us-east-1"),
            ("us-gov-west-1b", "us-gov-west-1"),
            ("us-west-2-lax-1a", "us-west-2"),
            ("us-east-1-wl1-bos-wlz-1", "us-east-1"),
        ] {
            assert_eq!(region_of_zone(zone), Some(region), "{zone}");
        }
        for text in
            ["us-east-1", "us-east-1A", "us-east-1ab", "use1-az1", "us-west-2-lax", "us-west-2--1a", "1a", "", "é1a"]
        {
            assert_eq!(region_of_zone(text), None, "{text}");
        }
    }

    #[test]
    fn instance_types_have_a_family_with_a_generation_and_a_size() {
        for text in ["m6i.large", "u-6tb1.metal", "c7i.metal-24xl", "mac2-m2pro.metal", "hpc7g.16xlarge", "t3.nano"] {
            assert!(is_instance_type(text), "{text}");
        }
        for text in [
            "",
            ".",
            "m6i",
            "m6i.",
            ".large",
            "large",
            "M6i.large",
            "m6i.large ",
            "m6i large",
            "6i.large",
            "m.large",
            "m6i.2",
        ] {
            assert!(!is_instance_type(text), "{text}");
        }
    }

    #[test]
    fn policies_are_arns_or_names_of_aws() {
        for text in [
            "AmazonS3ReadOnlyAccess",
            "job-function/ViewOnlyAccess",
            "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
            "arn:aws-us-gov:iam::111122223333:policy/team/data/read",
        ] {
            assert!(if text.starts_with("arn:") { is_policy_arn(text) } else { is_policy_path(text) }, "{text}");
        }
        for text in [
            "arn:aws:iam::1:policy/x",
            "arn:aws:iam::aws:role/x",
            "arn:aws:iam:us-east-1:aws:policy/x",
            "arn:",
            "arn:aws:iam::aws:policy/",
        ] {
            assert!(!is_policy_arn(text), "{text}");
        }
        for text in ["", "Amazon S3", "/x", "x/"] {
            assert!(!is_policy_path(text), "{text}");
        }
    }
}
