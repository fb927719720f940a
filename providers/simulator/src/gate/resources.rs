//! Which resources a call is about, as ARNs: what policies are asked for.

use serde_json::Value;

use crate::call::{Call, Service};
use crate::world::{Tags, World};

/// The prefixes of EC2's ids and what ARNs call the kind.
const KINDS: &[(&str, &str)] = &[
    ("vpc", "vpc"),
    ("subnet", "subnet"),
    ("igw", "internet-gateway"),
    ("eipalloc", "elastic-ip"),
    ("nat", "natgateway"),
    ("rtb", "route-table"),
    ("vpce", "vpc-endpoint"),
    ("sg", "security-group"),
    ("sgr", "security-group-rule"),
    ("eni", "network-interface"),
    ("i", "instance"),
    ("vol", "volume"),
    ("ami", "image"),
    ("lt", "launch-template"),
    ("key", "key-pair"),
    ("sir", "spot-instances-request"),
];

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
    let known = everything(world);
    for (_, value) in call.params.iter() {
        let kind = value.split_once('-').and_then(|(prefix, _)| KINDS.iter().find(|(known, _)| *known == prefix));
        if let (Some((_, kind)), true) = (kind, looks_like_an_id(value)) {
            let arn = ec2_arn(world, kind, value);
            if !all.iter().any(|(other, _)| *other == arn) {
                all.push((arn, tags_of(&known, value)));
            }
        }
    }
    all
}

fn looks_like_an_id(text: &str) -> bool {
    let digits = text.split_once('-').map_or("", |(_, digits)| digits);
    matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn everything(world: &World) -> Value {
    serde_json::to_value(&world.ec2).unwrap_or_default()
}

/// Resources lie in collections by id, and those that can have tags have a member of this name.
fn tags_of(everything: &Value, id: &str) -> Tags {
    let collections = everything.as_object().into_iter().flat_map(|all| all.values());
    let resource = collections.filter_map(|collection| collection.get(id)).next();
    let tags = resource.and_then(|resource| resource.get("tags")).cloned().unwrap_or_default();
    serde_json::from_value(tags).unwrap_or_default()
}

/// Returns the ARN of a resource of EC2.
pub(crate) fn ec2_arn(world: &World, kind: &str, id: &str) -> String {
    // Images belong to whoever made them.
    let account = if kind == "image" { "" } else { &world.account };
    format!("arn:{}:ec2:{}:{account}:{kind}/{id}", world.partition, world.region)
}

fn of_iam(world: &World, call: &Call) -> Vec<(String, Tags)> {
    let path = call.params.get("Path").unwrap_or("/");
    let new = |kind: &str, name: &str| format!("arn:{}:iam::{}:{kind}{path}{name}", world.partition, world.account);
    if let Some(name) = call.params.get("InstanceProfileName") {
        // A role that is put into a profile is passed, not changed.
        let known = world.iam.instance_profiles.get(&name.to_lowercase());
        return vec![known.map_or_else(
            || (new("instance-profile", name), Tags::new()),
            |profile| (profile.arn.clone(), profile.tags.clone()),
        )];
    }
    let role = call.params.get("RoleName").map(|name| {
        let known = world.iam.roles.get(&name.to_lowercase());
        known.map_or_else(|| (new("role", name), Tags::new()), |role| (role.arn.clone(), role.tags.clone()))
    });
    let policy = call.params.get("PolicyArn").filter(|_| role.is_none()).map(|arn| (arn.to_owned(), Tags::new()));
    role.or(policy).into_iter().collect()
}

fn of_logs(world: &World, call: &Call) -> Vec<(String, Tags)> {
    let arn =
        |name: &str| format!("arn:{}:logs:{}:{}:log-group:{name}:*", world.partition, world.region, world.account);
    let text = |member: &str| call.members.get(member).and_then(Value::as_str);
    let by_name = text("logGroupName").map(arn);
    let all =
        by_name.or_else(|| text("resourceArn").map(str::to_owned)).or_else(|| text("logGroupIdentifier").map(arn));
    all.map(|arn| (arn, Tags::new())).into_iter().collect()
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
