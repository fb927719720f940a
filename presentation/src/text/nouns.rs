//! What kinds and actions are called in a sentence: `ec2.nat_gateway` is a NAT gateway.

use landfall_engine::kind::Kind;

/// Returns the noun for one of a kind.
pub fn noun(kind: &Kind) -> String {
    let name = kind.as_str().split_once('.').map_or(kind.as_str(), |(_, resource)| resource);
    name.split('_').map(spelled).collect::<Vec<_>>().join(" ")
}

/// Returns the noun for a field.
pub(crate) fn field_noun(name: &str) -> String {
    match name {
        "user_data" => "boot script".to_owned(),
        other => other.replace('_', " "),
    }
}

/// Returns a number with the noun for so many: `1 subnet`, `6 subnets`.
pub fn count_of(count: usize, noun: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { noun.to_owned() } else { plural(noun) })
}

/// Returns a number as people read it: `2,000`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns what is said of a thing once an action is done: `create` leaves it created.
pub fn past(action: &str) -> &str {
    match action {
        "create" => "created",
        "update" => "updated",
        "replace" => "replaced",
        "delete" => "deleted",
        "import" => "taken over",
        "forget" => "forgotten",
        "renew" => "brought up to date",
        other => other,
    }
}

fn spelled(word: &str) -> &str {
    match word {
        "vpc" => "VPC",
        "nat" => "NAT",
        "ip" => "IP",
        other => other,
    }
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names() {
        assert_eq!(noun(&Kind::new("ec2.nat_gateway")), "NAT gateway");
        assert_eq!(count_of(1, "VPC"), "1 VPC");
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(count_of(2, &noun(&Kind::new("iam.role_policy"))), "2 role policies");
        assert_eq!(count_of(2, &noun(&Kind::new("ec2.nat_gateway"))), "2 NAT gateways");
    }
}
