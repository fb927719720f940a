//! Which resources a call is about, as ARNs: what policies are asked for.

use serde_json::Value;

use crate::call::{Call, Service};
use crate::services::ec2::resource_type::resource_type_of;
use crate::services::ec2::tagging;
use crate::services::iam::managed_policy;
use crate::services::logs::identifier;
use crate::world::{Tags, World};

/// What creating actions make.
const MADE: &[(&str, &str)] = &[
    ("CreateVpc", "vpc"),
    ("CreateSubnet", "subnet"),
    ("CreateInternetGateway", "internet-gateway"),
    ("AllocateAddress", "elastic-ip"),
    ("CreateNatGateway", "natgateway"),
    ("CreateRouteTable", "route-table"),
    ("CreateVpcEndpoint", "vpc-endpoint"),
    ("CreateSecurityGroup", "security-group"),
    ("CreateNetworkInterface", "network-interface"),
    ("CreateVolume", "volume"),
    ("CreateLaunchTemplate", "launch-template"),
    ("CreateKeyPair", "key-pair"),
    ("ImportKeyPair", "key-pair"),
    ("CreatePlacementGroup", "placement-group"),
    ("RunInstances", "instance"),
];

/// Returns the resources of a call with their tags; `*` where it is about none.
pub(crate) fn of(world: &World, call: &Call) -> Vec<(String, Tags)> {
    let mut all = match call.service {
        // Nearly no read of EC2 looks at resources.
        Service::Ec2 if !call.is_read() => of_ec2(world, call),
        Service::Iam => of_iam(world, call),
        Service::Logs => of_logs(world, call),
        Service::Ec2 | Service::Sts => vec![],
    };
    if all.is_empty() {
        all.push(("*".to_owned(), Tags::new()));
    }
    all
}

fn of_ec2(world: &World, call: &Call) -> Vec<(String, Tags)> {
    let mut all: Vec<(String, Tags)> = Vec::new();
    if let Some((_, kind)) = MADE.iter().find(|(action, _)| *action == call.name()) {
        all.push((ec2_arn(world, kind, "*"), Tags::new()));
    }
    for (_, value) in call.params.iter() {
        if let (Some(kind), true) = (resource_type_of(value), looks_like_an_id(value)) {
            let arn = ec2_arn(world, kind, value);
            if !all.iter().any(|(other, _)| *other == arn) {
                all.push((arn, tagging::tags_of(&world.ec2, value).cloned().unwrap_or_default()));
            }
        }
    }
    all
}

fn looks_like_an_id(text: &str) -> bool {
    let digits = text.split_once('-').map_or("", |(_, digits)| digits);
    matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns the ARN of a resource of EC2.
pub(crate) fn ec2_arn(world: &World, kind: &str, id: &str) -> String {
    // Images belong to whoever made them.
    let account = if kind == "image" { "" } else { &world.account };
    format!("arn:{}:ec2:{}:{account}:{kind}/{id}", world.partition, world.region)
}

/// A call of IAM is about what it names, by name or by ARN; the lists of everything are about nothing.
fn of_iam(world: &World, call: &Call) -> Vec<(String, Tags)> {
    let path = call.params.get("Path").filter(|path| !path.is_empty()).unwrap_or("/");
    let new = |kind: &str, name: &str| format!("arn:{}:iam::{}:{kind}{path}{name}", world.partition, world.account);
    let known = |arn: &str| match managed_policy::find(world, arn).and_then(|policy| policy.tags) {
        Some(tags) => tags.clone(),
        None => {
            let role = world.iam.roles.values().find(|role| role.arn == arn);
            role.map(|role| role.tags.clone()).unwrap_or_default()
        }
    };
    let given = |name: &str| call.params.get(name).filter(|value| !value.is_empty());
    let resource = if let Some(name) = given("InstanceProfileName") {
        // A role that is put into a profile is passed, not changed.
        let known = world.iam.instance_profiles.get(&name.to_lowercase());
        known.map_or_else(
            || (new("instance-profile", name), Tags::new()),
            |profile| (profile.arn.clone(), profile.tags.clone()),
        )
    } else if let Some(name) = given("RoleName") {
        // A policy that is attached to a role is a condition, not a resource.
        let known = world.iam.roles.get(&name.to_lowercase());
        known.map_or_else(|| (new("role", name), Tags::new()), |role| (role.arn.clone(), role.tags.clone()))
    } else if let Some(name) = given("PolicyName") {
        let known = world.iam.policies.get(&name.to_lowercase());
        known.map_or_else(|| (new("policy", name), Tags::new()), |policy| (policy.arn.clone(), policy.tags.clone()))
    } else if let Some(arn) = given("PolicyArn").or_else(|| given("PolicySourceArn")) {
        (arn.to_owned(), known(arn))
    } else {
        return vec![];
    };
    vec![resource]
}

/// The actions that are about a stream and not about its group.
const OF_STREAMS: &[&str] = &["DeleteLogStream", "PutLogEvents", "GetLogEvents"];

/// "Actions, resources, and condition keys for Amazon CloudWatch Logs": log groups are written with `:*` behind them,
/// but for the three actions on tags, whose callers name them without.
fn of_logs(world: &World, call: &Call) -> Vec<(String, Tags)> {
    let text = |member: &str| call.members.get(member).and_then(Value::as_str);
    let prefix = identifier::arn(world, "");
    let of_arn = |arn: &str| arn.strip_prefix(&prefix).map(|name| name.trim_end_matches(":*").to_owned());
    let tags = |name: &str| world.logs.groups.get(name).map(|group| group.tags.clone()).unwrap_or_default();
    if let Some(arn) = text("resourceArn") {
        return vec![(arn.to_owned(), of_arn(arn).map(|name| tags(&name)).unwrap_or_default())];
    }
    let identified = text("logGroupIdentifier").map(|group| of_arn(group).unwrap_or_else(|| group.to_owned()));
    let Some(name) = text("logGroupName").map(str::to_owned).or(identified) else {
        // The list of groups is about all of them, whatever prefix it asks for.
        return vec![(format!("{prefix}:log-stream:"), Tags::new())];
    };
    let below = match text("logStreamName").filter(|_| OF_STREAMS.contains(&call.name())) {
        Some(stream) => format!("log-stream:{stream}"),
        None => "*".to_owned(),
    };
    vec![(format!("{prefix}{name}:{below}"), tags(&name))]
}

/// Returns the roles that a call gives to instances or profiles.
pub(crate) fn roles_passed(world: &World, call: &Call) -> Vec<String> {
    match call.name() {
        "AddRoleToInstanceProfile" => {
            let role = call.params.get("RoleName").and_then(|name| world.iam.roles.get(&name.to_lowercase()));
            role.map(|role| role.arn.clone()).into_iter().collect()
        }
        "RunInstances" | "AssociateIamInstanceProfile" => {
            let by_arn = call.params.get("IamInstanceProfile.Arn").and_then(|arn| arn.rsplit('/').next());
            let Some(name) = call.params.get("IamInstanceProfile.Name").or(by_arn) else { return vec![] };
            roles_of_profile(world, name)
        }
        _ => vec![],
    }
}

/// The role in a profile. IAM keeps both under their names in small letters.
fn roles_of_profile(world: &World, name: &str) -> Vec<String> {
    let profile = world.iam.instance_profiles.get(&name.to_lowercase());
    let role = profile.and_then(|profile| world.iam.roles.get(profile.role.as_ref()?));
    role.map(|role| role.arn.clone()).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::services::new_account;
    use crate::wire::params::Params;
    use crate::world::Delays;

    fn world() -> World {
        let mut world = new_account("us-east-1", "111122223333", 1, Delays::none(), 0);
        let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
                        "Principal":{"Service":"ec2.amazonaws.com"}}}"#;
        let tags = [("Tags.member.1.Key", "stack"), ("Tags.member.1.Value", "acme")];
        let role = [("RoleName", "Worker"), ("Path", "/p/"), ("AssumeRolePolicyDocument", trust), tags[0], tags[1]];
        let policy = trust.replace(r#""Principal":{"Service":"ec2.amazonaws.com"}"#, r#""Resource":"*""#);
        let policy = [("PolicyName", "Read"), ("PolicyDocument", &policy), tags[0], tags[1]];
        for call in [iam("CreateRole", &role), iam("CreatePolicy", &policy)] {
            call.run(&mut world).expect("an answer");
        }
        let group = json!({"logGroupName": "/g", "tags": {"stack": "acme"}});
        logs_call("CreateLogGroup", group).run(&mut world).expect("an answer");
        world
    }

    fn iam(action: &str, given: &[(&str, &str)]) -> Call {
        let params = given.iter().fold(Params::default(), |all, (name, value)| all.with(name, value));
        Call::query(Service::Iam, action, params).expect("an action")
    }

    fn logs_call(action: &str, members: Value) -> Call {
        Call::json(action, members.as_object().cloned().unwrap_or_default()).expect("an action")
    }

    /// The ARN and whether the tags of the resource came along.
    fn asked(world: &World, call: &Call) -> (String, bool) {
        let [(arn, tags)] = of(world, call).try_into().expect("one resource");
        (arn, tags.get("stack").is_some_and(|value| value == "acme"))
    }

    #[test]
    fn calls_of_iam_are_about_what_they_name() {
        let world = world();
        let arn = |rest: &str| format!("arn:aws:iam::111122223333:{rest}");
        let (role, policy) = (arn("role/p/Worker"), arn("policy/Read"));
        let aws = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
        for (action, given, wanted) in [
            ("GetRole", vec![("RoleName", "worker")], (role.clone(), true)),
            ("CreateRole", vec![("RoleName", "New"), ("Path", "/q/")], (arn("role/q/New"), false)),
            ("PutRolePolicy", vec![("RoleName", "Worker"), ("PolicyName", "Read")], (role.clone(), true)),
            ("AttachRolePolicy", vec![("RoleName", "Worker"), ("PolicyArn", aws)], (role.clone(), true)),
            ("CreatePolicy", vec![("PolicyName", "New"), ("Path", "/q/")], (arn("policy/q/New"), false)),
            ("GetPolicy", vec![("PolicyArn", &policy)], (policy.clone(), true)),
            ("GetPolicy", vec![("PolicyArn", aws)], (aws.to_owned(), false)),
            ("TagPolicy", vec![("PolicyArn", &policy)], (policy.clone(), true)),
            ("SimulatePrincipalPolicy", vec![("PolicySourceArn", &role)], (role.clone(), true)),
            ("CreateInstanceProfile", vec![("InstanceProfileName", "P")], (arn("instance-profile/P"), false)),
            (
                "AddRoleToInstanceProfile",
                vec![("InstanceProfileName", "P"), ("RoleName", "Worker")],
                (arn("instance-profile/P"), false),
            ),
            ("ListInstanceProfilesForRole", vec![("RoleName", "Worker")], (role.clone(), true)),
            ("ListRoles", vec![("PathPrefix", "/p/")], ("*".to_owned(), false)),
            ("ListPolicies", vec![], ("*".to_owned(), false)),
        ] {
            assert_eq!(asked(&world, &iam(action, &given)), wanted, "{action} {given:?}");
        }
    }

    #[test]
    fn calls_of_logs_are_about_a_group_or_a_stream_with_the_tags_of_the_group() {
        let world = world();
        let arn = |rest: &str| format!("arn:aws:logs:us-east-1:111122223333:log-group:{rest}");
        for (action, members, wanted) in [
            ("DeleteLogGroup", json!({"logGroupName": "/g"}), ("/g:*", true)),
            ("CreateLogGroup", json!({"logGroupName": "/new"}), ("/new:*", false)),
            ("CreateLogStream", json!({"logGroupName": "/g", "logStreamName": "s"}), ("/g:*", true)),
            ("PutLogEvents", json!({"logGroupName": "/g", "logStreamName": "s"}), ("/g:log-stream:s", true)),
            ("GetLogEvents", json!({"logGroupIdentifier": arn("/g"), "logStreamName": "s"}), ("/g:log-stream:s", true)),
            ("FilterLogEvents", json!({"logGroupIdentifier": "/g"}), ("/g:*", true)),
            ("TagResource", json!({"resourceArn": arn("/g")}), ("/g", true)),
            ("DescribeLogGroups", json!({"logGroupNamePrefix": "/g"}), (":log-stream:", false)),
        ] {
            let (rest, has_tags) = wanted;
            assert_eq!(asked(&world, &logs_call(action, members)), (arn(rest), has_tags), "{action}");
        }
    }
}
