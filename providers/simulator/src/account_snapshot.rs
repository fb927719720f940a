//! A picture of everything in the account, for comparing two accounts from the outside.
//!
//! Two accounts that hold the same have the same snapshot, whatever the ids, the times and the addresses that AWS chose.
//! A thing that exists twice is in it twice. Nothing in it is taken from what a client says of itself.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::region::Region;
use crate::services;
use crate::world::World;
use crate::world::ec2::instance::State;

/// Long enough for everything that is on its way to come to its end, and for ended things not to be listed any more.
const SETTLED_MS: u64 = 24 * 3_600_000;

/// What differs between two accounts that hold the same: times, and what AWS chose.
const CHOSEN: [&str; 17] = [
    "changes_at",
    "created",
    "created_at",
    "gone_at",
    "held_until",
    "id",
    "interface_id",
    "landfall:run",
    "launch_index",
    "launched_at",
    "private_ip",
    "public_ip",
    "reservation_id",
    "role_since",
    "spot_request_id",
    "updated_at",
    "user_data",
];

/// What is no resource: limits, schedules, and what several instances have in common.
const NO_RESOURCES: [&str; 6] =
    ["capacity", "instance_schedule", "public_ips_made", "quotas", "reservations", "spot_schedule"];

impl Region {
    /// Returns one line for each thing in the account as it will be when all that is on its way has ended, in order.
    pub fn account_snapshot(&self) -> Vec<String> {
        let mut world = self.account().world.clone();
        let later = world.now.saturating_add(SETTLED_MS);
        services::advance(&mut world, later);
        // What one of these ends may let another begin.
        services::advance(&mut world, later.saturating_add(SETTLED_MS));
        draw(&world)
    }
}

impl Region {
    /// Returns how many instances take up capacity.
    pub fn instance_count(&self) -> u32 {
        let account = self.account();
        let standing =
            account.world.ec2.instances.values().filter(|i| !matches!(i.state, State::Stopped | State::Terminated));
        u32::try_from(standing.count()).unwrap_or(u32::MAX)
    }
}

/// Returns what only one of two snapshots has: lines that the second lacks, and lines that it has beyond the first.
pub fn difference(expected: &[String], found: &[String]) -> (Vec<String>, Vec<String>) {
    let mut counts: BTreeMap<&String, i64> = BTreeMap::new();
    expected.iter().for_each(|line| *counts.entry(line).or_default() += 1);
    found.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
    let (mut missing, mut surplus) = (Vec::new(), Vec::new());
    for (line, count) in counts {
        let list = if count > 0 { &mut missing } else { &mut surplus };
        list.extend(std::iter::repeat_n(line.clone(), usize::try_from(count.abs()).unwrap_or_default()));
    }
    (missing, surplus)
}

fn draw(world: &World) -> Vec<String> {
    // What cannot be written as JSON could not be stored either.
    let value = |value: serde_json::Result<Value>| value.unwrap_or_default();
    let services = [
        ("ec2", value(serde_json::to_value(&world.ec2))),
        ("iam", value(serde_json::to_value(&world.iam))),
        ("logs", value(serde_json::to_value(&world.logs))),
    ];
    let labels = labels(&services);
    let mut lines = Vec::new();
    for (service, collections) in &services {
        for (collection, members) in collections.as_object().into_iter().flatten() {
            if NO_RESOURCES.contains(&collection.as_str()) {
                continue;
            }
            for member in members.as_object().into_iter().flat_map(|members| members.values()) {
                lines.push(format!("{service} {collection} {}", neutral(member, &labels)));
            }
        }
    }
    lines.sort();
    lines
}

/// Returns what stands for an id: whatever names the thing to people.
fn labels(services: &[(&str, Value)]) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for (_, collections) in services {
        for (collection, members) in collections.as_object().into_iter().flatten() {
            for (id, member) in members.as_object().into_iter().flatten() {
                let named = member.pointer("/tags/landfall:address").or_else(|| member.pointer("/name"));
                let name = named.and_then(Value::as_str).unwrap_or("unnamed");
                labels.insert(id.clone(), format!("<{collection} {name}>"));
            }
        }
    }
    labels
}

/// Returns a thing without what AWS chose. Lists whose order means nothing are sorted.
fn neutral(value: &Value, labels: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(label(text, labels)),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| neutral(item, labels)).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(members) => {
            let kept = members.iter().filter(|(key, _)| !CHOSEN.contains(&key.as_str()));
            // A map from ids is a list of what it holds: two of them may carry the same name.
            let (by_id, fields): (Vec<_>, Vec<_>) = kept.partition(|(key, _)| is_id(key));
            let mut all: serde_json::Map<String, Value> =
                fields.into_iter().map(|(key, value)| (key.clone(), neutral(value, labels))).collect();
            if !by_id.is_empty() {
                let mut held: Vec<Value> = by_id.into_iter().map(|(_, value)| neutral(value, labels)).collect();
                held.sort_by_key(Value::to_string);
                all.insert("held".to_owned(), Value::Array(held));
            }
            Value::Object(all)
        }
        other => other.clone(),
    }
}

/// Replaces ids, also within a text such as a description.
fn label(text: &str, labels: &BTreeMap<String, String>) -> String {
    let words = text.split(' ').map(|word| match labels.get(word) {
        Some(label) => label.clone(),
        None if is_id(word) => format!("<{}>", word.rsplit_once('-').map_or("", |(kind, _)| kind)),
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn is_id(text: &str) -> bool {
    let digits = text.rsplit_once('-').map(|(_, digits)| digits);
    digits.is_some_and(|digits| digits.len() == 17 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::region::RegionOptions;
    use crate::services::ec2::tests::Client;

    fn client(seed: u64) -> Client {
        let options = RegionOptions { seed, ..RegionOptions::default() };
        Client { region: Region::new(&options), now: options.now }
    }

    fn network(client: &Client) -> String {
        let tag = |kind: &str, name: &str| {
            format!(
                "TagSpecification.1.ResourceType={kind} TagSpecification.1.Tag.1.Key=landfall:address \
                 TagSpecification.1.Tag.1.Value={name}"
            )
        };
        let vpc = client.ok("CreateVpc", &format!("CidrBlock=10.0.0.0/16 {}", tag("vpc", "network/vpc"))).text("vpcId");
        client.ok("CreateSubnet", &format!("VpcId={vpc} CidrBlock=10.0.0.0/24 {}", tag("subnet", "network/subnet")));
        vpc
    }

    #[test]
    fn what_aws_chooses_is_not_in_it_and_what_exists_twice_is_in_it_twice() {
        let (one, other) = (client(1), client(2));
        let nothing = one.region.account_snapshot();
        assert_eq!(nothing, other.region.account_snapshot());
        network(&one);
        network(&other);
        assert_eq!(one.region.account_snapshot(), other.region.account_snapshot());
        assert!(one.region.account_snapshot().iter().any(|line| line.contains("<vpcs network/vpc>")));
        network(&one);
        let (missing, surplus) = difference(&other.region.account_snapshot(), &one.region.account_snapshot());
        assert!(missing.is_empty(), "{missing:?}");
        assert!(surplus.iter().any(|line| line.starts_with("ec2 vpcs ")), "{surplus:?}");
        assert!(surplus.iter().any(|line| line.starts_with("ec2 subnets ")), "{surplus:?}");
    }

    #[test]
    fn a_rule_that_somebody_adds_is_in_it() {
        let client = client(1);
        let vpc = network(&client);
        let group =
            client.ok("CreateSecurityGroup", &format!("VpcId={vpc} GroupName=g GroupDescription=d")).text("groupId");
        let before = client.region.account_snapshot();
        let fork = client.region.fork();
        client.ok(
            "AuthorizeSecurityGroupIngress",
            &format!(
                "GroupId={group} IpPermissions.1.IpProtocol=tcp IpPermissions.1.FromPort=1 IpPermissions.1.ToPort=1 \
                 IpPermissions.1.IpRanges.1.CidrIp=192.0.2.0/24"
            ),
        );
        let (missing, surplus) = difference(&before, &client.region.account_snapshot());
        assert_eq!((missing.len(), surplus.len()), (0, 1), "{surplus:?}");
        assert_eq!(fork.account_snapshot(), before, "a fork goes its own way");
    }
}
