//! What others do to the account behind landfall's back.
//!
//! Everything that somebody could do through the API is done by an ordinary call, past the middleware: faults, throttling and
//! permissions are about landfall, not about them.

use serde_json::{Map, Value, json};

use crate::call::{Call, Service};
use crate::middleware::run_unhindered;
use crate::region::Region;
use crate::services::ec2::instance::interrupt_spot;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::world::World;

/// Something that somebody else does. Where a resource is named, its id will do, and so will the value of one of its
/// tags, such as the address that landfall gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Poke {
    /// Terminates an instance.
    TerminateInstance(String),
    /// Takes a spot instance away, as AWS does when it needs the machine.
    InterruptSpot(String),
    /// Lets in what a security group did not let in.
    AddRule {
        /// The group.
        group: String,
        /// `tcp`, `udp`, `icmp`, or `-1` for all.
        protocol: String,
        /// The ports, `22` or `8000-8100`.
        ports: String,
        /// From where.
        cidr: String,
    },
    /// Removes a rule.
    DeleteRule(String),
    /// Adds a route.
    AddRoute {
        /// The route table.
        table: String,
        /// Where to.
        destination: String,
        /// Through which gateway.
        target: String,
    },
    /// Removes a route.
    DeleteRoute {
        /// The route table.
        table: String,
        /// Where to.
        destination: String,
    },
    /// Sets a tag, or removes it.
    ChangeTag {
        /// Of what.
        resource: String,
        /// Its key.
        key: String,
        /// Its value; `None` removes it.
        value: Option<String>,
    },
    /// Sets how long a log group keeps its events.
    SetRetention {
        /// The log group.
        group: String,
        /// So many days.
        days: u32,
    },
    /// Deletes something.
    DeleteResource(String),
}

/// A poke did not work.
#[derive(Debug, thiserror::Error)]
pub enum PokeError {
    /// It was not understood.
    #[error("{0:?} is not something that can be done to the simulated account")]
    Unknown(String),
    /// It lacks something, or has too much.
    #[error("it takes: {0}")]
    Usage(&'static str),
    /// Nothing is called like that.
    #[error("nothing in the simulated account has the id or the tag {0:?}")]
    NotFound(String),
    /// Several things are called like that.
    #[error("{name:?} is the tag of several things: {ids}")]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// Their ids.
        ids: String,
    },
    /// The region refused it, as AWS would.
    #[error("{code}: {message}")]
    Refused {
        /// AWS's code.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// It could not be written.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}

impl From<ApiError> for PokeError {
    fn from(error: ApiError) -> PokeError {
        PokeError::Refused { code: error.code, message: error.message }
    }
}

/// How each poke is written.
pub const USAGE: &[&str] = &[
    "terminate INSTANCE",
    "interrupt INSTANCE",
    "add-rule GROUP PROTOCOL PORTS CIDR",
    "delete-rule RULE",
    "add-route TABLE DESTINATION TARGET",
    "delete-route TABLE DESTINATION",
    "tag RESOURCE KEY VALUE",
    "untag RESOURCE KEY",
    "retention LOG-GROUP DAYS",
    "delete RESOURCE",
];

impl Poke {
    /// Reads a poke as it is written on a command line; see [`USAGE`].
    ///
    /// # Errors
    /// If it is none, or lacks something.
    pub fn parse(words: &[String]) -> Result<Poke, PokeError> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let own = str::to_owned;
        Ok(match words.as_slice() {
            ["terminate", instance] => Poke::TerminateInstance(own(instance)),
            ["interrupt", instance] => Poke::InterruptSpot(own(instance)),
            ["add-rule", group, protocol, ports, cidr] => {
                Poke::AddRule { group: own(group), protocol: own(protocol), ports: own(ports), cidr: own(cidr) }
            }
            ["delete-rule", rule] => Poke::DeleteRule(own(rule)),
            ["add-route", table, destination, target] => {
                Poke::AddRoute { table: own(table), destination: own(destination), target: own(target) }
            }
            ["delete-route", table, destination] => {
                Poke::DeleteRoute { table: own(table), destination: own(destination) }
            }
            ["tag", resource, key, value] => {
                Poke::ChangeTag { resource: own(resource), key: own(key), value: Some(own(value)) }
            }
            ["untag", resource, key] => Poke::ChangeTag { resource: own(resource), key: own(key), value: None },
            ["retention", group, days] => {
                let days = days.parse().map_err(|_| PokeError::Usage("retention LOG-GROUP DAYS"))?;
                Poke::SetRetention { group: own(group), days }
            }
            ["delete", resource] => Poke::DeleteResource(own(resource)),
            [verb, ..] => {
                let usage = USAGE.iter().find(|usage| usage.split(' ').next() == Some(verb));
                return Err(usage.map_or_else(|| PokeError::Unknown(own(verb)), |usage| PokeError::Usage(usage)));
            }
            [] => return Err(PokeError::Unknown(String::new())),
        })
    }
}

impl Region {
    /// Does what a poke says, and returns the id of what it was done to.
    ///
    /// # Errors
    /// If there is no such resource, or AWS would refuse it.
    pub fn poke(&self, poke: &Poke, now: u64) -> Result<String, PokeError> {
        self.account().transact(now, true, |_, world| apply(world, poke))?
    }
}

fn apply(world: &mut World, poke: &Poke) -> Result<String, PokeError> {
    match poke {
        Poke::TerminateInstance(instance) => on(world, instance, "TerminateInstances", "InstanceId.1", &[]),
        Poke::InterruptSpot(instance) => {
            let id = resolve(world, instance)?;
            interrupt_spot(world, &id)?;
            Ok(id)
        }
        Poke::AddRule { group, protocol, ports, cidr } => {
            let (from, to) = ports.split_once('-').unwrap_or((ports, ports));
            let rule = [
                ("IpPermissions.1.IpProtocol", protocol.as_str()),
                ("IpPermissions.1.FromPort", from),
                ("IpPermissions.1.ToPort", to),
                ("IpPermissions.1.IpRanges.1.CidrIp", cidr),
            ];
            let used = if protocol == "-1" { vec![rule[0], rule[3]] } else { rule.to_vec() };
            on(world, group, "AuthorizeSecurityGroupIngress", "GroupId", &used)
        }
        Poke::DeleteRule(rule) => delete(world, rule),
        Poke::AddRoute { table, destination, target } => {
            let target = resolve(world, target)?;
            let parameter = match target.split('-').next() {
                Some("nat") => "NatGatewayId",
                Some("eni") => "NetworkInterfaceId",
                Some("i") => "InstanceId",
                _ => "GatewayId",
            };
            let route = [("DestinationCidrBlock", destination.as_str()), (parameter, target.as_str())];
            on(world, table, "CreateRoute", "RouteTableId", &route)
        }
        Poke::DeleteRoute { table, destination } => {
            on(world, table, "DeleteRoute", "RouteTableId", &[("DestinationCidrBlock", destination)])
        }
        Poke::ChangeTag { resource, key, value } => match value {
            Some(value) => {
                on(world, resource, "CreateTags", "ResourceId.1", &[("Tag.1.Key", key), ("Tag.1.Value", value)])
            }
            None => on(world, resource, "DeleteTags", "ResourceId.1", &[("Tag.1.Key", key)]),
        },
        Poke::SetRetention { group, days } => {
            let name = log_group(world, group);
            logs(world, "PutRetentionPolicy", json!({"logGroupName": name, "retentionInDays": days}))?;
            Ok(name)
        }
        Poke::DeleteResource(resource) => delete(world, resource),
    }
}

fn delete(world: &mut World, resource: &str) -> Result<String, PokeError> {
    let id = match resolve(world, resource) {
        Err(PokeError::NotFound(_)) => log_group(world, resource),
        other => other?,
    };
    let (action, parameter) = match id.split('-').next().unwrap_or_default() {
        "i" => ("TerminateInstances", "InstanceId.1"),
        "vpc" => ("DeleteVpc", "VpcId"),
        "subnet" => ("DeleteSubnet", "SubnetId"),
        "igw" => ("DeleteInternetGateway", "InternetGatewayId"),
        "eipalloc" => ("ReleaseAddress", "AllocationId"),
        "nat" => ("DeleteNatGateway", "NatGatewayId"),
        "rtb" => ("DeleteRouteTable", "RouteTableId"),
        "vpce" => ("DeleteVpcEndpoints", "VpcEndpointId.1"),
        "sg" => ("DeleteSecurityGroup", "GroupId"),
        "eni" => ("DeleteNetworkInterface", "NetworkInterfaceId"),
        "vol" => ("DeleteVolume", "VolumeId"),
        "sgr" => return delete_rule(world, id),
        _ if world.logs.groups.contains_key(&id) => {
            logs(world, "DeleteLogGroup", json!({"logGroupName": id}))?;
            return Ok(id);
        }
        _ => return Err(PokeError::NotFound(resource.to_owned())),
    };
    on(world, &id, action, parameter, &[])
}

fn delete_rule(world: &mut World, id: String) -> Result<String, PokeError> {
    let rule = world.ec2.security_group_rules.get(&id).ok_or_else(|| PokeError::NotFound(id.clone()))?;
    let action = if rule.is_egress { "RevokeSecurityGroupEgress" } else { "RevokeSecurityGroupIngress" };
    let group = rule.group_id.clone();
    on(world, &id, action, "SecurityGroupRuleId.1", &[("GroupId", &group)])
}

fn on(
    world: &mut World,
    resource: &str,
    action: &str,
    parameter: &str,
    others: &[(&str, &str)],
) -> Result<String, PokeError> {
    let id = resolve(world, resource)?;
    let params = Params::default().with("Action", action).with(parameter, &id);
    let params = others.iter().fold(params, |all, (name, value)| all.with(name, value));
    run_unhindered(world, &Call::query(Service::Ec2, action, params)?)?;
    Ok(id)
}

fn logs(world: &mut World, action: &str, members: Value) -> Result<(), PokeError> {
    let members = if let Value::Object(members) = members { members } else { Map::new() };
    run_unhindered(world, &Call::json(action, members)?)?;
    Ok(())
}

/// Finds the name of a log group by its name, its ARN or one of its tags.
fn log_group(world: &World, name: &str) -> String {
    let of_arn = name.split_once(":log-group:").map(|(_, rest)| rest.trim_end_matches(":*").to_owned());
    of_arn.or_else(|| resolve(world, name).ok()).unwrap_or_else(|| name.to_owned())
}

/// Finds the id of what is called like this: by its id, or by the value of a tag.
fn resolve(world: &World, name: &str) -> Result<String, PokeError> {
    let mut found = Vec::new();
    let all =
        [serde_json::to_value(&world.ec2).unwrap_or_default(), serde_json::to_value(&world.logs).unwrap_or_default()];
    let collections = all.iter().filter_map(Value::as_object).flat_map(|collections| collections.values());
    for (id, resource) in collections.filter_map(Value::as_object).flatten() {
        if id == name {
            return Ok(id.clone());
        }
        let tags = resource.get("tags").and_then(Value::as_object).into_iter().flat_map(|tags| tags.values());
        if !is_gone(resource) && tags.filter_map(Value::as_str).any(|value| value == name) {
            found.push(id.clone());
        }
    }
    match found.as_slice() {
        [] => Err(PokeError::NotFound(name.to_owned())),
        [id] => Ok(id.clone()),
        several => Err(PokeError::Ambiguous { name: name.to_owned(), ids: several.join(", ") }),
    }
}

/// Instances and NAT gateways stay listed for a while when they are gone.
fn is_gone(resource: &Value) -> bool {
    let state = resource.get("state").map(Value::to_string).unwrap_or_default().to_lowercase();
    ["terminated", "deleted"].iter().any(|gone| state.contains(gone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::region::Delays;
    use crate::services::ec2::tests::Client;

    fn poke(client: &Client, words: &str) -> Result<String, PokeError> {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        client.region.poke(&Poke::parse(&words)?, client.now)
    }

    #[test]
    fn a_poke_changes_what_its_address_names() {
        let client = Client::new(Delays::none());
        let tag = "TagSpecification.1.ResourceType=vpc TagSpecification.1.Tag.1.Key=landfall:address \
                   TagSpecification.1.Tag.1.Value=network/vpc";
        let vpc = client.ok("CreateVpc", &format!("CidrBlock=10.0.0.0/16 {tag}")).text("vpcId");
        assert_eq!(poke(&client, "tag network/vpc owner me").expect("a tag"), vpc);
        assert_eq!(client.ok("DescribeVpcs", "Filter.1.Name=tag:owner Filter.1.Value.1=me").text("vpcId"), vpc);
        let group = client.ok("DescribeSecurityGroups", &format!("Filter.1.Name=vpc-id Filter.1.Value.1={vpc}"));
        let group = group.text("groupId");
        poke(&client, &format!("add-rule {group} tcp 8000-8010 10.0.0.0/8")).expect("a rule");
        let rules =
            client.ok("DescribeSecurityGroupRules", &format!("Filter.1.Name=group-id Filter.1.Value.1={group}"));
        let added = rules.body.split("<item>").find(|item| item.contains("10.0.0.0/8")).expect("the rule");
        let added = added.split("<securityGroupRuleId>").nth(1).and_then(|rest| rest.split('<').next()).expect("an id");
        assert_eq!(poke(&client, &format!("delete-rule {added}")).expect("no rule"), added);
        poke(&client, "delete network/vpc").expect("no VPC");
        assert!(matches!(poke(&client, "delete network/vpc"), Err(PokeError::NotFound(_))));
    }

    #[test]
    fn what_the_api_refuses_is_refused() {
        let client = Client::new(Delays::none());
        let vpc = client.ok("DescribeVpcs", "").text("vpcId");
        let refused = poke(&client, &format!("delete {vpc}"));
        assert!(matches!(refused, Err(PokeError::Refused { code, .. }) if code == "DependencyViolation"));
    }

    #[test]
    fn every_usage_can_be_read_and_nothing_else() {
        for usage in USAGE {
            let words: Vec<String> = usage.replace("DAYS", "7").split(' ').map(str::to_owned).collect();
            assert!(Poke::parse(&words).is_ok(), "{usage}");
            assert!(matches!(Poke::parse(&words[..1]), Err(PokeError::Usage(_))), "{usage}");
        }
        assert!(matches!(Poke::parse(&["explode".to_owned()]), Err(PokeError::Unknown(_))));
        assert!(Poke::parse(&[]).is_err());
    }
}
