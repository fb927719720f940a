//! Tags: at creation, afterwards, and reading them.

use super::query::{check_filter_values, matches, no_such_filter, page};
use super::resource_type::resource_type_of;
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::ec2::Ec2;
use crate::world::{Tags, World};

/// Most tags of a resource.
const TAGS_MAX: usize = 50;

/// The actions on tags.
pub(crate) const ACTIONS: &[Action] = &[
    Action { name: "CreateTags", parameters: &["DryRun", "ResourceId.N", "Tag.N.Key", "Tag.N.Value"], run: create },
    Action { name: "DeleteTags", parameters: &["DryRun", "ResourceId.N", "Tag.N.Key", "Tag.N.Value"], run: delete },
    Action {
        name: "DescribeTags",
        parameters: &["DryRun", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: describe,
    },
];

/// Reads the tags that a creating call gives to what it makes. A type that the action does not make is refused.
pub(crate) fn at_creation(params: &Params, resource_type: &str) -> Result<Tags, ApiError> {
    let all = specifications(params, &[resource_type])?;
    Ok(all.into_iter().find(|(of, _)| of == resource_type).map(|(_, tags)| tags).unwrap_or_default())
}

/// Reads the tags by type, for actions that make things of several types.
pub(crate) fn specifications(params: &Params, made: &[&str]) -> Result<Vec<(String, Tags)>, ApiError> {
    let mut all = Vec::new();
    for specification in params.structures("TagSpecification") {
        let of = specification.required("ResourceType")?;
        if !made.contains(&of) {
            let message = format!("'{of}' is not a valid taggable resource type for this operation.");
            return Err(ApiError::new("InvalidParameterValue", message));
        }
        let tags = read_tags(&specification)?;
        check(&tags)?;
        all.push((of.to_owned(), tags));
    }
    Ok(all)
}

fn read_tags(params: &Params) -> Result<Tags, ApiError> {
    let mut tags = Tags::new();
    for tag in params.structures("Tag") {
        tags.insert(tag.required("Key")?.to_owned(), tag.get("Value").unwrap_or_default().to_owned());
    }
    Ok(tags)
}

fn check(tags: &Tags) -> Result<(), ApiError> {
    for (key, value) in tags {
        if key.starts_with("aws:") {
            let message = "Tag keys starting with 'aws:' are reserved for internal use";
            return Err(ApiError::new("InvalidParameterValue", message));
        }
        if key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(ApiError::new("InvalidParameterValue", format!("The tag '{key}' is too long.")));
        }
    }
    if tags.keys().filter(|key| !key.starts_with("aws:")).count() > TAGS_MAX {
        return Err(ApiError::new("TagLimitExceeded", "You have reached the tag limit for this resource."));
    }
    Ok(())
}

fn create(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let added = read_tags(params)?;
    if added.is_empty() {
        return Err(ApiError::new("MissingParameter", "The request must contain the parameter Tags"));
    }
    let ids = ids_of(world, params)?;
    for id in &ids {
        let mut after = tags_of(&world.ec2, id).cloned().unwrap_or_default();
        after.extend(added.clone());
        check(&after)?;
    }
    for id in &ids {
        retag(&mut world.ec2, id, |tags| tags.extend(added.clone()));
    }
    Ok(Xml::returns_true())
}

fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = ids_of(world, params)?;
    let named = params.structures("Tag");
    for id in ids {
        retag(&mut world.ec2, &id, |tags| without(tags, &named));
    }
    Ok(Xml::returns_true())
}

fn without(tags: &mut Tags, named: &[Params]) {
    if named.is_empty() {
        tags.retain(|key, _| key.starts_with("aws:"));
    }
    for tag in named {
        let key = tag.get("Key").unwrap_or_default();
        // With a value, only a tag of this value is removed.
        if tag.get("Value").is_none_or(|value| tags.get(key).is_some_and(|has| has == value)) {
            tags.remove(key);
        }
    }
}

/// One unknown id fails the whole call.
fn ids_of(world: &World, params: &Params) -> Result<Vec<String>, ApiError> {
    let ids: Vec<String> = params.list("ResourceId").into_iter().map(str::to_owned).collect();
    if ids.is_empty() {
        return Err(ApiError::new("MissingParameter", "The request must contain the parameter resourceIdSet"));
    }
    for id in &ids {
        if tags_of(&world.ec2, id).is_none() {
            return Err(ApiError::new("InvalidID", format!("The ID '{id}' is not valid")));
        }
    }
    Ok(ids)
}

/// Returns the tags of a resource, if there is one of this id.
pub(crate) fn tags_of<'a>(ec2: &'a Ec2, id: &str) -> Option<&'a Tags> {
    match id.split('-').next()? {
        "vpc" => ec2.vpcs.get(id).map(|r| &r.tags),
        "subnet" => ec2.subnets.get(id).map(|r| &r.tags),
        "igw" => ec2.internet_gateways.get(id).map(|r| &r.tags),
        "eipalloc" => ec2.addresses.get(id).map(|r| &r.tags),
        "nat" => ec2.nat_gateways.get(id).map(|r| &r.tags),
        "rtb" => ec2.route_tables.get(id).map(|r| &r.tags),
        "vpce" => ec2.vpc_endpoints.get(id).map(|r| &r.tags),
        "sg" => ec2.security_groups.get(id).map(|r| &r.tags),
        "sgr" => ec2.security_group_rules.get(id).map(|r| &r.tags),
        "eni" => ec2.network_interfaces.get(id).map(|r| &r.tags),
        "i" => ec2.instances.get(id).map(|r| &r.tags),
        "vol" => ec2.volumes.get(id).map(|r| &r.tags),
        "sir" => ec2.spot_requests.get(id).map(|r| &r.tags),
        // Key pairs are kept by name.
        "key" => ec2.key_pairs.values().find(|r| r.id == id).map(|r| &r.tags),
        "lt" => ec2.launch_templates.get(id).map(|r| &r.tags),
        "pg" => ec2.placement_groups.get(id).map(|r| &r.tags),
        _ => None,
    }
}

fn retag(ec2: &mut Ec2, id: &str, change: impl FnOnce(&mut Tags)) {
    let tags = match id.split('-').next().unwrap_or_default() {
        "eni" => return ec2.network_interfaces.retag(id, change),
        "i" => return ec2.instances.retag(id, change),
        "vol" => return ec2.volumes.retag(id, change),
        "sir" => return ec2.spot_requests.retag(id, change),
        "vpc" => ec2.vpcs.get_mut(id).map(|r| &mut r.tags),
        "subnet" => ec2.subnets.get_mut(id).map(|r| &mut r.tags),
        "igw" => ec2.internet_gateways.get_mut(id).map(|r| &mut r.tags),
        "eipalloc" => ec2.addresses.get_mut(id).map(|r| &mut r.tags),
        "nat" => ec2.nat_gateways.get_mut(id).map(|r| &mut r.tags),
        "rtb" => ec2.route_tables.get_mut(id).map(|r| &mut r.tags),
        "vpce" => ec2.vpc_endpoints.get_mut(id).map(|r| &mut r.tags),
        "sg" => ec2.security_groups.get_mut(id).map(|r| &mut r.tags),
        "sgr" => ec2.security_group_rules.get_mut(id).map(|r| &mut r.tags),
        "key" => ec2.key_pairs.values_mut().find(|r| r.id == id).map(|r| &mut r.tags),
        "lt" => ec2.launch_templates.get_mut(id).map(|r| &mut r.tags),
        "pg" => ec2.placement_groups.get_mut(id).map(|r| &mut r.tags),
        _ => None,
    };
    if let Some(tags) = tags {
        change(tags);
    }
}

/// One tag of one resource: what DescribeTags looks at. Its filters are not those of other actions: `tag:KEY` means this
/// tag and not a resource that has it, and `tag-key` does not exist (API reference, DescribeTags).
struct TagRow<'a> {
    id: &'a str,
    resource_type: &'static str,
    key: &'a str,
    value: &'a str,
}

struct TagFilter<'a> {
    name: &'a str,
    patterns: Vec<&'a str>,
}

impl TagFilter<'_> {
    fn is_met_by(&self, row: &TagRow<'_>) -> bool {
        let any = |value: &str| self.patterns.iter().any(|pattern| matches(pattern, value));
        match self.name {
            "resource-id" => any(row.id),
            "resource-type" => any(row.resource_type),
            "key" => any(row.key),
            "value" => any(row.value),
            name => name.strip_prefix("tag:") == Some(row.key) && any(row.value),
        }
    }
}

fn filters(params: &Params) -> Result<Vec<(String, Vec<String>)>, ApiError> {
    let mut all = Vec::new();
    for filter in params.structures("Filter") {
        let name = filter.required("Name")?.to_owned();
        if !name.starts_with("tag:") && !["resource-id", "resource-type", "key", "value"].contains(&name.as_str()) {
            return Err(no_such_filter(&name));
        }
        all.push((name, filter.list("Value").into_iter().map(str::to_owned).collect()));
    }
    check_filter_values(all.iter().map(|(_, values): &(String, Vec<String>)| values.len()).sum())?;
    Ok(all)
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let named = filters(params)?;
    let filters: Vec<TagFilter<'_>> = named
        .iter()
        .map(|(name, values)| TagFilter { name, patterns: values.iter().map(String::as_str).collect() })
        .collect();
    let mut rows = Vec::new();
    for (id, tags) in all_tagged(&world.ec2) {
        let resource_type = resource_type_of(id).unwrap_or_default();
        for (key, value) in tags {
            let row = TagRow { id, resource_type, key, value };
            if filters.iter().all(|filter| filter.is_met_by(&row)) {
                let row = Xml::new().text("resourceId", id).text("resourceType", resource_type);
                rows.push(row.text("key", key).text("value", value));
            }
        }
    }
    let (rows, next) = page(params, rows, 5, 1000)?;
    Ok(Xml::new().set("tagSet", rows).optional("nextToken", next))
}

/// Returns the ids of all resources and their tags.
fn all_tagged(ec2: &Ec2) -> Vec<(&str, &Tags)> {
    let mut all: Vec<(&str, &Tags)> = Vec::new();
    all.extend(ec2.vpcs.iter().map(|(id, r)| (id.as_str(), &r.tags)));
    all.extend(ec2.subnets.iter().map(|(id, r)| (id.as_str(), &r.tags)));
    all.extend(ec2.internet_gateways.iter().map(|(id, r)| (id.as_str(), &r.tags)));
    all.extend(ec2.addresses.iter().map(|(id, r)| (id.as_str(), &r.tags)));
    all.extend(ec2.nat_gateways.iter().map(|(id, r)| (id.as_str(), &r.tags)));
    all.extend(ec2.route_tables.iter().map(|(id, r)| (id.as_str(), &r.tags)));
    all.extend(ec2.vpc_endpoints.iter().map(|(id, r)| (id.as_str(), &r.tags)));
    all.extend(ec2.security_groups.iter().map(|(id, r)| (id.as_str(), &r.tags)));
    all.extend(ec2.security_group_rules.iter().map(|(id, r)| (id.as_str(), &r.tags)));
    all.extend(ec2.network_interfaces.iter().map(|(id, r)| (id.as_str(), &r.tags)));
    all.extend(ec2.key_pairs.values().map(|r| (r.id.as_str(), &r.tags)));
    all.extend(ec2.launch_templates.iter().map(|(id, r)| (id.as_str(), &r.tags)));
    all.extend(ec2.placement_groups.iter().map(|(id, r)| (id.as_str(), &r.tags)));
    all.extend(ec2.instances.iter().map(|(id, r)| (id.as_str(), &r.tags)));
    all.extend(ec2.volumes.iter().map(|(id, r)| (id.as_str(), &r.tags)));
    all.extend(ec2.spot_requests.iter().map(|(id, r)| (id.as_str(), &r.tags)));
    all
}
