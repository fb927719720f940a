//! Placement groups.
//!
//! Sources: EC2 API reference (CreatePlacementGroup, DescribePlacementGroups, DeletePlacementGroup), EC2 user guide
//! "Placement groups".

use super::instance_type::InstanceType;
use super::query::{Described, select, tag_set};
use super::tagging;
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::ec2::Ec2;
use crate::world::ec2::instance::State;
use crate::world::ec2::launch::{PlacementGroup, PlacementStrategy};
use crate::world::{Tags, World};

/// The actions on placement groups. DescribePlacementGroups knows no pages.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "CreatePlacementGroup",
        parameters: &[
            "DryRun",
            "GroupName",
            "Strategy",
            "PartitionCount",
            "SpreadLevel",
            "TagSpecification.N.ResourceType",
            "TagSpecification.N.Tag.N.Key",
            "TagSpecification.N.Tag.N.Value",
        ],
        run: create,
    },
    Action {
        name: "DescribePlacementGroups",
        parameters: &["DryRun", "GroupName.N", "GroupId.N", "Filter.N.Name", "Filter.N.Value.N"],
        run: describe,
    },
    Action { name: "DeletePlacementGroup", parameters: &["DryRun", "GroupName"], run: delete },
];

/// Quota "Placement groups per Region".
const GROUPS_MAX: usize = 500;
/// "You can have a maximum of seven partitions per Availability Zone".
const PARTITIONS_MAX: i64 = 7;
/// "A rack level spread placement group supports a maximum of seven running instances per Availability Zone".
const SPREAD_MAX: usize = 7;

impl PlacementStrategy {
    fn name(self) -> &'static str {
        match self {
            PlacementStrategy::Cluster => "cluster",
            PlacementStrategy::Partition { .. } => "partition",
            PlacementStrategy::Spread => "spread",
        }
    }
}

struct View<'a>(&'a PlacementGroup);

impl Described for View<'_> {
    const FILTERS: &'static [&'static str] = &["group-name", "strategy", "state", "spread-level"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let one = |value: &str| Some(vec![value.to_owned()]);
        match name {
            "group-name" => one(&self.0.name),
            "strategy" => one(self.0.strategy.name()),
            "state" => one("available"),
            "spread-level" if self.0.strategy == PlacementStrategy::Spread => one("rack"),
            "spread-level" => Some(vec![]),
            _ => None,
        }
    }

    fn tags(&self) -> &Tags {
        &self.0.tags
    }
}

impl Ec2 {
    /// Finds a placement group by its name.
    fn placement_group(&self, name: &str) -> Result<(&String, &PlacementGroup), ApiError> {
        self.placement_groups.iter().find(|(_, group)| group.name == name).ok_or_else(|| unknown(name))
    }

    /// Counts the instances of a group that are not terminated, and that a zone holds if one is named.
    fn count_in_placement_group(&self, name: &str, zone: Option<&str>) -> usize {
        let of_group = |id: &String| {
            self.reservations.get(id).is_some_and(|launch| launch.placement_group.as_deref() == Some(name))
        };
        let instances = self.instances.values().filter(|i| i.state != State::Terminated);
        instances.filter(|i| zone.is_none_or(|zone| zone == i.zone) && of_group(&i.reservation_id)).count()
    }
}

/// Checks that a launch may name this group, and returns how many more instances the group takes in the zone.
pub(crate) fn room(ec2: &Ec2, name: &str, wanted: &InstanceType, zone: &str) -> Result<usize, ApiError> {
    let (_, group) = ec2.placement_group(name)?;
    match group.strategy {
        PlacementStrategy::Cluster if wanted.is_burstable() => {
            let message = format!(
                "Cluster placement groups are not supported by the '{}' instance type. Specify a supported instance type \
                 or change the placement group strategy, and try again.",
                wanted.name
            );
            Err(ApiError::new("InvalidParameterCombination", message))
        }
        PlacementStrategy::Cluster | PlacementStrategy::Partition { .. } => Ok(usize::MAX),
        PlacementStrategy::Spread => Ok(SPREAD_MAX.saturating_sub(ec2.count_in_placement_group(name, Some(zone)))),
    }
}

/// The refusal of a launch that a spread group has no place for.
pub(crate) fn full() -> ApiError {
    let message = "You've reached the limit of instances in this spread placement group in the Availability Zone.";
    ApiError::new("InsufficientInstanceCapacity", message)
}

fn unknown(name: &str) -> ApiError {
    ApiError::new("InvalidPlacementGroup.Unknown", format!("The Placement Group '{name}' is unknown."))
}

fn create(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let name = params.required("GroupName")?;
    if name.len() > 255 || !name.is_ascii() {
        return Err(invalid_value("groupName", name));
    }
    let strategy = strategy(params)?;
    let tags = tagging::at_creation(params, "placement-group")?;
    if world.ec2.placement_group(name).is_ok() {
        let message = format!("The Placement Group '{name}' already exists.");
        return Err(ApiError::new("InvalidPlacementGroup.Duplicate", message));
    }
    if world.ec2.placement_groups.len() >= GROUPS_MAX {
        let message = "The maximum number of placement groups has been reached.";
        return Err(ApiError::new("PlacementGroupLimitExceeded", message));
    }
    let id = world.ids.ec2("pg");
    let group = PlacementGroup { name: name.to_owned(), strategy, tags };
    let shown = show(world, &id, &group);
    world.ec2.placement_groups.insert(id, group);
    Ok(Xml::new().inside("placementGroup", shown))
}

fn strategy(params: &Params) -> Result<PlacementStrategy, ApiError> {
    let count = params.number("PartitionCount")?;
    let level = params.get("SpreadLevel").filter(|level| !level.is_empty());
    let strategy = params.required("Strategy")?;
    let combination = |name: &str| {
        let message = format!("The parameter {name} cannot be used with the strategy '{strategy}'.");
        ApiError::new("InvalidParameterCombination", message)
    };
    if count.is_some() && strategy != "partition" {
        return Err(combination("PartitionCount"));
    }
    if level.is_some() && strategy != "spread" {
        return Err(combination("SpreadLevel"));
    }
    match strategy {
        "cluster" => Ok(PlacementStrategy::Cluster),
        "partition" => match count.unwrap_or(2) {
            number @ 1..=PARTITIONS_MAX => {
                Ok(PlacementStrategy::Partition { count: u8::try_from(number).unwrap_or(1) })
            }
            other => Err(invalid_value("partitionCount", &other.to_string())),
        },
        // The level `host` is for Outposts.
        "spread" => match level {
            None | Some("rack") => Ok(PlacementStrategy::Spread),
            Some(other) => Err(invalid_value("spreadLevel", other)),
        },
        other => Err(invalid_value("strategy", other)),
    }
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let missing = |id: &str| {
        let message = format!("The Placement Group id '{id}' is unknown.");
        ApiError::new("InvalidPlacementGroup.Unknown", message)
    };
    let mut found =
        select(&world.ec2.placement_groups, &params.list("GroupId"), params, |_, group| View(group), missing)?;
    let names = params.list("GroupName");
    names.iter().try_for_each(|name| world.ec2.placement_group(name).map(|_| ()))?;
    found.retain(|(_, group)| names.is_empty() || names.contains(&group.0.name.as_str()));
    let rows: Vec<Xml> = found.iter().map(|(id, group)| show(world, id, group.0)).collect();
    Ok(Xml::new().set("placementGroupSet", rows))
}

fn show(world: &World, id: &str, group: &PlacementGroup) -> Xml {
    let arn = format!("arn:{}:ec2:{}:{}:placement-group/{}", world.partition, world.region, world.account, group.name);
    let shown = Xml::new()
        .text("groupName", &group.name)
        .text("state", "available")
        .text("strategy", group.strategy.name())
        .text("groupId", id)
        .text("groupArn", arn);
    let shown = match group.strategy {
        PlacementStrategy::Cluster => shown,
        PlacementStrategy::Partition { count } => shown.text("partitionCount", count),
        PlacementStrategy::Spread => shown.text("spreadLevel", "rack"),
    };
    shown.and(tag_set(&group.tags))
}

fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let name = params.required("GroupName")?;
    let id = world.ec2.placement_group(name)?.0.clone();
    if world.ec2.count_in_placement_group(name, None) > 0 {
        let message = format!("The placement group '{name}' is in use and may not be deleted.");
        return Err(ApiError::new("InvalidPlacementGroup.InUse", message));
    }
    world.ec2.placement_groups.remove(&id);
    Ok(Xml::returns_true())
}

#[cfg(test)]
mod tests {
    use super::super::tests::Client;
    use crate::region::Delays;

    #[test]
    fn a_group_is_made_found_and_deleted() {
        let client = Client::new(Delays::none());
        let tagged = "GroupName=g Strategy=partition PartitionCount=3 TagSpecification.1.ResourceType=placement-group \
                      TagSpecification.1.Tag.1.Key=a TagSpecification.1.Tag.1.Value=b";
        assert_eq!(client.refused("CreatePlacementGroup", &format!("{tagged} DryRun=true")), "DryRunOperation");
        let id = client.ok("CreatePlacementGroup", tagged).text("groupId");
        client.ok("CreatePlacementGroup", "GroupName=s Strategy=spread");
        client.ok("CreateTags", &format!("ResourceId.1={id} Tag.1.Key=c Tag.1.Value=d"));
        let found = client.ok("DescribePlacementGroups", "Filter.1.Name=tag:c Filter.1.Value.1=d");
        assert_eq!((found.text("groupName"), found.text("partitionCount")), ("g".to_owned(), "3".to_owned()));
        assert_eq!(found.count("groupName"), 1);
        assert_eq!(client.ok("DescribePlacementGroups", "GroupName.1=s").text("spreadLevel"), "rack");
        client.ok("DeletePlacementGroup", "GroupName=g");
        assert_eq!(client.refused("DescribePlacementGroups", "GroupName.1=g"), "InvalidPlacementGroup.Unknown");
    }

    #[test]
    fn what_is_wrong_has_its_code() {
        let client = Client::new(Delays::none());
        client.ok("CreatePlacementGroup", "GroupName=g Strategy=cluster");
        for (action, parameters, code) in [
            ("CreatePlacementGroup", "GroupName=g Strategy=cluster", "InvalidPlacementGroup.Duplicate"),
            ("CreatePlacementGroup", "GroupName=h", "MissingParameter"),
            ("CreatePlacementGroup", "GroupName=h Strategy=heap", "InvalidParameterValue"),
            ("CreatePlacementGroup", "GroupName=h Strategy=partition PartitionCount=8", "InvalidParameterValue"),
            ("CreatePlacementGroup", "GroupName=h Strategy=cluster PartitionCount=2", "InvalidParameterCombination"),
            ("CreatePlacementGroup", "GroupName=h Strategy=cluster SpreadLevel=rack", "InvalidParameterCombination"),
            ("CreatePlacementGroup", "GroupName=h Strategy=spread SpreadLevel=host", "InvalidParameterValue"),
            ("CreatePlacementGroup", "GroupName=h Strategy=spread ClientToken=t", "UnknownParameter"),
            ("DeletePlacementGroup", "GroupName=nobody", "InvalidPlacementGroup.Unknown"),
            ("DescribePlacementGroups", "GroupId.1=pg-00000000000000000", "InvalidPlacementGroup.Unknown"),
            ("DescribePlacementGroups", "MaxResults=5", "UnknownParameter"),
        ] {
            assert_eq!(client.refused(action, parameters), code, "{action} {parameters}");
        }
    }

    #[test]
    fn a_launch_names_a_group_that_exists_and_has_room() {
        let mut client = Client::new(Delays { instance_terminate: 40_000, ..Delays::none() });
        let image = client.ok("DescribeImages", "Owner.1=amazon Filter.1.Name=architecture Filter.1.Value.1=x86_64");
        let (image, subnet) = (image.text("imageId"), client.ok("DescribeSubnets", "").text("subnetId"));
        let launch = |kind: &str, group: &str, max: usize| {
            format!(
                "ImageId={image} SubnetId={subnet} InstanceType={kind} MinCount=1 MaxCount={max} Placement.GroupName={group}"
            )
        };
        assert_eq!(client.refused("RunInstances", &launch("m6i.large", "g", 1)), "InvalidPlacementGroup.Unknown");
        client.ok("CreatePlacementGroup", "GroupName=g Strategy=cluster");
        client.ok("CreatePlacementGroup", "GroupName=s Strategy=spread");
        assert_eq!(client.refused("RunInstances", &launch("t3.micro", "g", 1)), "InvalidParameterCombination");
        let made = client.ok("RunInstances", &launch("m6i.large", "g", 1));
        assert!(made.body.contains("<groupName>g</groupName>"), "{}", made.body);
        assert_eq!(client.ok("RunInstances", &launch("m6i.large", "s", 9)).count("instanceId"), 7);
        assert_eq!(client.refused("RunInstances", &launch("m6i.large", "s", 1)), "InsufficientInstanceCapacity");
        let found = "Filter.1.Name=placement-group-name Filter.1.Value.1=g";
        assert_eq!(client.ok("DescribeInstances", found).count("instanceId"), 1);
        let id = made.text("instanceId");
        client.ok("TerminateInstances", &format!("InstanceId.1={id}"));
        assert_eq!(client.refused("DeletePlacementGroup", "GroupName=g"), "InvalidPlacementGroup.InUse");
        client.now += 40_000;
        client.ok("DeletePlacementGroup", "GroupName=g");
    }
}
