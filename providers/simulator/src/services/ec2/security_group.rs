//! Security groups. Their rules are in `rules.rs` beside this file.

mod rules;

use super::query::{Described, check_form, id, page, select, tag_set};
use super::tagging;
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::ec2::Ec2;
use crate::world::ec2::network::{SecurityGroup, SecurityGroupRule};
use crate::world::{Tags, World};

/// The actions on security groups and their rules.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "CreateSecurityGroup",
        parameters: &[
            "DryRun",
            "VpcId",
            "GroupName",
            "GroupDescription",
            "TagSpecification.N.ResourceType",
            "TagSpecification.N.Tag.N.Key",
            "TagSpecification.N.Tag.N.Value",
        ],
        run: create,
    },
    Action { name: "DeleteSecurityGroup", parameters: &["DryRun", "GroupId"], run: delete },
    Action {
        name: "DescribeSecurityGroups",
        parameters: &[
            "DryRun",
            "GroupId.N",
            "GroupName.N",
            "Filter.N.Name",
            "Filter.N.Value.N",
            "MaxResults",
            "NextToken",
        ],
        run: describe,
    },
    Action { name: "AuthorizeSecurityGroupIngress", parameters: rules::PERMISSIONS, run: rules::authorize_ingress },
    Action { name: "AuthorizeSecurityGroupEgress", parameters: rules::PERMISSIONS, run: rules::authorize_egress },
    Action { name: "RevokeSecurityGroupIngress", parameters: rules::PERMISSIONS, run: rules::revoke_ingress },
    Action { name: "RevokeSecurityGroupEgress", parameters: rules::PERMISSIONS, run: rules::revoke_egress },
    Action {
        name: "UpdateSecurityGroupRuleDescriptionsIngress",
        parameters: rules::DESCRIPTIONS,
        run: rules::update_descriptions,
    },
    Action {
        name: "UpdateSecurityGroupRuleDescriptionsEgress",
        parameters: rules::DESCRIPTIONS,
        run: rules::update_descriptions,
    },
    Action {
        name: "DescribeSecurityGroupRules",
        parameters: &[
            "DryRun",
            "SecurityGroupRuleId.N",
            "Filter.N.Name",
            "Filter.N.Value.N",
            "MaxResults",
            "NextToken",
        ],
        run: rules::describe,
    },
];

/// A group with its id and the groups that its rules refer to, for the filters that look at them.
struct WithId<'a> {
    id: &'a str,
    group: &'a SecurityGroup,
    ingress_from: Vec<String>,
    egress_to: Vec<String>,
}

impl<'a> WithId<'a> {
    fn of(ec2: &Ec2, id: &'a str, group: &'a SecurityGroup) -> WithId<'a> {
        let referred = |is_egress: bool| {
            let rules = ec2.security_group_rules.values().filter(|r| r.group_id == id && r.is_egress == is_egress);
            rules.filter_map(|rule| rule.source_group_id.clone()).collect()
        };
        WithId { id, group, ingress_from: referred(false), egress_to: referred(true) }
    }
}

impl Described for WithId<'_> {
    const FILTERS: &'static [&'static str] =
        &["group-id", "group-name", "vpc-id", "description", "ip-permission.group-id", "egress.ip-permission.group-id"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let value = match name {
            "group-id" => self.id,
            "group-name" => &self.group.name,
            "vpc-id" => &self.group.vpc_id,
            "description" => &self.group.description,
            "ip-permission.group-id" => return Some(self.ingress_from.clone()),
            "egress.ip-permission.group-id" => return Some(self.egress_to.clone()),
            _ => return None,
        };
        Some(vec![value.to_owned()])
    }

    fn tags(&self) -> &Tags {
        &self.group.tags
    }
}

impl Ec2 {
    /// Refuses an id that is malformed or unknown.
    pub(crate) fn security_group(&self, id: &str) -> Result<&SecurityGroup, ApiError> {
        check_form(id, "sg", "InvalidGroupId.Malformed")?;
        self.security_groups.get(id).ok_or_else(|| not_found(id))
    }
}

fn not_found(id: &str) -> ApiError {
    ApiError::new("InvalidGroup.NotFound", format!("The security group '{id}' does not exist"))
}

/// Makes the group that comes with a VPC: its members may reach each other and everything.
pub(crate) fn make_default(world: &mut World, vpc_id: &str) {
    let id = world.ids.ec2("sg");
    let group = SecurityGroup {
        vpc_id: vpc_id.to_owned(),
        name: "default".to_owned(),
        description: "default VPC security group".to_owned(),
        tags: Tags::new(),
    };
    world.ec2.security_groups.insert(id.clone(), group);
    rules::add(world, SecurityGroupRule::everything_from_group(&id));
    rules::add(world, SecurityGroupRule::everything_out(&id));
}

/// Tells whether a rule of a group in another VPC refers to one of this.
pub(crate) fn is_referred_to_from_outside(ec2: &Ec2, vpc_id: &str) -> bool {
    let vpc_of = |group: &str| ec2.security_groups.get(group).map(|group| group.vpc_id.as_str());
    ec2.security_group_rules.values().any(|rule| {
        let referred = rule.source_group_id.as_deref().and_then(vpc_of);
        referred == Some(vpc_id) && vpc_of(&rule.group_id) != Some(vpc_id)
    })
}

fn create(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let vpc_id = id(params, "VpcId", "vpc", "InvalidVpcID.Malformed")?.to_owned();
    world.ec2.vpc(&vpc_id)?;
    let name = params.required("GroupName")?.to_owned();
    let description = params.required("GroupDescription")?.to_owned();
    if name.starts_with("sg-") || name.len() > 255 {
        let message = format!("Value ({name}) for parameter GroupName is invalid.");
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    if name.eq_ignore_ascii_case("default") {
        return Err(ApiError::new("InvalidGroup.Reserved", format!("The security group '{name}' is reserved")));
    }
    let is_legal = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    if description.len() > 255 || !description.chars().all(is_legal) {
        let message = format!(
            "Value ({description}) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported."
        );
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    let tags = tagging::at_creation(params, "security-group")?;
    let has_name = |group: &SecurityGroup| group.vpc_id == vpc_id && group.name.eq_ignore_ascii_case(&name);
    if world.ec2.security_groups.values().any(has_name) {
        let message = format!("The security group '{name}' already exists for VPC '{vpc_id}'");
        return Err(ApiError::new("InvalidGroup.Duplicate", message));
    }
    let id = world.ids.ec2("sg");
    let group = SecurityGroup { vpc_id, name, description, tags: tags.clone() };
    world.ec2.security_groups.insert(id.clone(), group);
    rules::add(world, SecurityGroupRule::everything_out(&id));
    let arn = arn_of(world, &id);
    Ok(Xml::returns_true().text("groupId", id).text("securityGroupArn", arn).and(tag_set(&tags)))
}

fn arn_of(world: &World, id: &str) -> String {
    format!("arn:{}:ec2:{}:{}:security-group/{id}", world.partition, world.region, world.account)
}

fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = id(params, "GroupId", "sg", "InvalidGroupId.Malformed")?;
    let group = world.ec2.security_group(id)?;
    if group.name == "default" {
        let message = format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
        return Err(ApiError::new("CannotDelete", message));
    }
    let ec2 = &world.ec2;
    let is_in_use = ec2.network_interfaces.values().any(|i| i.group_ids.iter().any(|group| group == id));
    let is_referred_to =
        ec2.security_group_rules.values().any(|r| r.source_group_id.as_deref() == Some(id) && r.group_id != id);
    if is_in_use || is_referred_to {
        let message = format!("resource {id} has a dependent object");
        return Err(ApiError::new("DependencyViolation", message));
    }
    let id = id.to_owned();
    world.ec2.security_groups.remove(&id);
    world.ec2.security_group_rules.retain(|_, rule| rule.group_id != id);
    Ok(Xml::returns_true().text("groupId", id))
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.list("GroupId");
    ids.iter().try_for_each(|id| check_form(id, "sg", "InvalidGroupId.Malformed"))?;
    let ec2 = &world.ec2;
    let view = |id, group| WithId::of(ec2, id, group);
    let mut found = select(&ec2.security_groups, &ids, params, view, not_found)?;
    let names = params.list("GroupName");
    found.retain(|(_, group)| names.is_empty() || names.contains(&group.group.name.as_str()));
    let (found, next) = page(params, found, 5, 1000)?;
    let rows: Vec<Xml> = found.iter().map(|(id, group)| show(world, id, group.group)).collect();
    Ok(Xml::new().set("securityGroupInfo", rows).optional("nextToken", next))
}

fn show(world: &World, id: &str, group: &SecurityGroup) -> Xml {
    Xml::new()
        .text("groupId", id)
        .text("groupName", &group.name)
        .text("groupDescription", &group.description)
        .text("vpcId", &group.vpc_id)
        .text("ownerId", &world.account)
        .text("securityGroupArn", arn_of(world, id))
        .set("ipPermissions", rules::permissions_of(world, id, false))
        .set("ipPermissionsEgress", rules::permissions_of(world, id, true))
        .and(tag_set(&group.tags))
}
