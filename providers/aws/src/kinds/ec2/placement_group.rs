//! `ec2.placement_group`: where instances are launched close together.
//!
//! EC2 deletes a group by its name and tags it by its id. DescribePlacementGroups has no pages and no filter of ids; ids
//! are a parameter of their own, which fails if one is unknown, so they are asked for one by one.

use aws_sdk_ec2::types::{
    Filter, PlacementGroup as Ec2PlacementGroup, PlacementGroupState, PlacementStrategy, ResourceType,
};
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Answer, Ask, CallError, CallFailure, Polled};
use landfall_engine::resource::{CloudId, Literals};
use landfall_engine::snapshot::{ObservedResource, Readiness, Recorded};
use landfall_engine::until::Until;
use serde::{Deserialize, Serialize};

use super::described::not_found;
use super::retagging::retag;
use crate::classify::{failure, incomplete};
use crate::cloud::Cloud;
use crate::kinds::{Pending, ResourceKind, Seen, SendResult, Sweep, alone};
use crate::leftover::{Leftover, Leftovers};
use crate::operation::{CREATE_TAGS, Calls, EC2_TAGS_CHANGED, Operation, Sent, arn};
use crate::shape::{outputs, properties_of, shape_of};
use crate::tags::{self, Tags};

const CREATE_PLACEMENT_GROUP: Operation = Operation::new("ec2:CreatePlacementGroup")
    .on(&[arn::PLACEMENT_GROUP])
    .by_request_tag()
    .keys(&["ec2:PlacementGroupStrategy"])
    .also(&[&CREATE_TAGS]);
const DELETE_PLACEMENT_GROUP: Operation =
    Operation::new("ec2:DeletePlacementGroup").on(&[arn::PLACEMENT_GROUP]).by_resource_tag();
const DESCRIBE_PLACEMENT_GROUPS: Operation = Operation::new("ec2:DescribePlacementGroups");

const SCHEMA: Schema = Schema::new(
    "ec2.placement_group",
    &[Field::new("name").immutable(), Field::new("strategy").immutable(), Field::new("tags")],
)
.with_outputs(&["name"]);

const CALLS: Calls = Calls::new(Sent::always(&[&CREATE_PLACEMENT_GROUP]), Sent::always(&[&DELETE_PLACEMENT_GROUP]))
    .update(&[("tags", EC2_TAGS_CHANGED)])
    .read(Sent::always(&[&DESCRIBE_PLACEMENT_GROUPS]))
    .poll(Sent::always(&[&DESCRIBE_PLACEMENT_GROUPS]))
    .sweep(Sent::always(&[&DESCRIBE_PLACEMENT_GROUPS]));

/// The kind.
pub(crate) struct PlacementGroup;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    name: String,
    strategy: String,
    tags: Tags,
}

impl ResourceKind for PlacementGroup {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        Box::pin(async move {
            let mut groups = describe(cloud, cloud.of_this_stack()).await?;
            let found = groups.iter().filter_map(|group| group.group_id()).map(CloudId::from).collect();
            for id in not_found(&SCHEMA.kind, recorded, &found) {
                groups.extend(look_up(cloud, id.as_str()).await?);
            }
            Ok(groups.iter().filter_map(seen).collect())
        })
    }

    fn is_optional(&self) -> bool {
        true
    }

    fn sweep(&self) -> Sweep {
        Sweep::ListedAs(&["placement-group"])
    }

    fn remaining<'a>(&'a self, cloud: &'a Cloud, _listed_as: &'a str, ids: Vec<String>) -> Pending<'a, Leftovers> {
        Box::pin(async move {
            let groups = describe(cloud, cloud.of_this_stack()).await?;
            let is_listed = |group: &&Ec2PlacementGroup| ids.iter().any(|id| group.group_id() == Some(id));
            let remembered = |group: &&Ec2PlacementGroup| group.state() == Some(&PlacementGroupState::Deleted);
            let left = groups.iter().filter(is_listed).filter(|group| !remembered(group));
            Ok(left.map(|group| Leftover::new(&SCHEMA.kind, group.group_id(), &[group.group_name()])).collect())
        })
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => create(cloud, &shape_of(properties, &CREATE_PLACEMENT_GROUP)?).await,
                Ask::Update { .. } => retag(cloud, ask).await,
                Ask::Delete { properties, .. } => {
                    let existing: Shape = shape_of(properties, &DELETE_PLACEMENT_GROUP)?;
                    let call = cloud.ec2.delete_placement_group().group_name(existing.name);
                    call.send().await.map_err(|e| failure(&DELETE_PLACEMENT_GROUP, e))?;
                    Ok(Answer::Deleted { gone: false })
                }
            }
        })
    }

    fn poll<'a>(
        &'a self,
        cloud: &'a Cloud,
        ids: &'a [CloudId],
        until: Until,
    ) -> Pending<'a, Result<Vec<Polled>, CallFailure>> {
        Box::pin(async move {
            let mut all = Vec::new();
            for id in ids {
                all.extend(polled(id, look_up(cloud, id.as_str()).await?.as_ref(), until));
            }
            Ok(all)
        })
    }
}

async fn create(cloud: &Cloud, wanted: &Shape) -> SendResult {
    let answer = cloud
        .ec2
        .create_placement_group()
        .group_name(&wanted.name)
        .strategy(PlacementStrategy::from(wanted.strategy.as_str()))
        .tag_specifications(cloud.tag_specification(ResourceType::PlacementGroup, &wanted.tags))
        .customize()
        .config_override(cloud.ec2_once())
        .send()
        .await
        .map_err(|e| failure(&CREATE_PLACEMENT_GROUP, e))?;
    let group = answer.placement_group().ok_or_else(|| incomplete(&CREATE_PLACEMENT_GROUP, "the group"))?;
    let id = group.group_id().ok_or_else(|| incomplete(&CREATE_PLACEMENT_GROUP, "the id"))?;
    let ready = group.state() == Some(&PlacementGroupState::Available);
    Ok(Answer::Created { id: id.into(), outputs: outputs_of(group), ready })
}

async fn describe(cloud: &Cloud, by: Filter) -> Result<Vec<Ec2PlacementGroup>, CallFailure> {
    let answer = cloud.ec2.describe_placement_groups().filters(by).send().await;
    let answer = answer.map_err(|e| failure(&DESCRIBE_PLACEMENT_GROUPS, e))?;
    Ok(answer.placement_groups.unwrap_or_default())
}

/// Finds the group of this id, whatever its tags.
async fn look_up(cloud: &Cloud, id: &str) -> Result<Option<Ec2PlacementGroup>, CallFailure> {
    let answer = cloud.ec2.describe_placement_groups().group_ids(id).send().await;
    match answer.map_err(|e| failure(&DESCRIBE_PLACEMENT_GROUPS, e)) {
        Ok(answer) => Ok(answer.placement_groups.unwrap_or_default().pop()),
        Err(failure) if failure.class == CallError::Gone => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Tells whether a group is there, and is not on its way out.
fn stays(group: &Ec2PlacementGroup) -> bool {
    !matches!(group.state(), Some(PlacementGroupState::Deleting | PlacementGroupState::Deleted))
}

fn polled(id: &CloudId, found: Option<&Ec2PlacementGroup>, until: Until) -> Option<Polled> {
    let state = found.and_then(Ec2PlacementGroup::state);
    match (until, found, state) {
        (Until::Ready, Some(group), Some(PlacementGroupState::Available)) => {
            Some(Polled::Arrived(id.clone(), outputs_of(group)))
        }
        (Until::Ready, Some(group), _) if !stays(group) => {
            Some(Polled::Failed(id.clone(), "somebody deleted the group while it came up".to_owned()))
        }
        (Until::Gone, None, _) | (Until::Gone, _, Some(PlacementGroupState::Deleted)) => {
            Some(Polled::Arrived(id.clone(), Literals::new()))
        }
        _ => None,
    }
}

fn outputs_of(group: &Ec2PlacementGroup) -> Literals {
    outputs([("name", group.group_name())])
}

fn seen(group: &Ec2PlacementGroup) -> Option<Seen> {
    if !stays(group) {
        return None;
    }
    let tags = tags::from_ec2(group.tags());
    let shape = Shape {
        name: group.group_name().unwrap_or_default().to_owned(),
        strategy: group.strategy().map(|strategy| strategy.as_str().to_owned()).unwrap_or_default(),
        tags: tags::comparable(&tags),
    };
    let resource = ObservedResource {
        kind: SCHEMA.kind,
        id: group.group_id().unwrap_or_default().into(),
        properties: properties_of(&shape),
        outputs: outputs_of(group),
        readiness: match group.state() {
            Some(PlacementGroupState::Pending) => Readiness::Pending,
            _ => Readiness::Ready,
        },
    };
    Some(Seen { resource, tags: Some(tags) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(state: PlacementGroupState) -> Ec2PlacementGroup {
        Ec2PlacementGroup::builder()
            .group_id("pg-1")
            .group_name("acme_main")
            .strategy(PlacementStrategy::Cluster)
            .state(state)
            .build()
    }

    #[test]
    fn a_group_on_its_way_out_is_not_seen_and_one_on_its_way_in_is_pending() {
        let readiness = |state| seen(&group(state)).map(|seen| seen.resource.readiness);
        assert_eq!(readiness(PlacementGroupState::Available), Some(Readiness::Ready));
        assert_eq!(readiness(PlacementGroupState::Pending), Some(Readiness::Pending));
        assert_eq!(readiness(PlacementGroupState::Deleting), None);
        assert_eq!(readiness(PlacementGroupState::Deleted), None);
    }

    #[test]
    fn it_is_waited_for_until_it_is_available_and_until_it_is_gone() {
        let id = CloudId::from("pg-1");
        let arrived = |until, found: Option<PlacementGroupState>| match polled(&id, found.map(group).as_ref(), until) {
            Some(Polled::Arrived(..)) => "arrived",
            Some(Polled::Failed(..)) => "failed",
            None => "on its way",
        };
        for (state, ready, gone) in [
            (Some(PlacementGroupState::Pending), "on its way", "on its way"),
            (Some(PlacementGroupState::Available), "arrived", "on its way"),
            (Some(PlacementGroupState::Deleting), "failed", "on its way"),
            (Some(PlacementGroupState::Deleted), "failed", "arrived"),
            // Right after its creation it may not be listed yet.
            (None, "on its way", "arrived"),
        ] {
            assert_eq!(arrived(Until::Ready, state.clone()), ready, "{state:?}");
            assert_eq!(arrived(Until::Gone, state.clone()), gone, "{state:?}");
        }
    }
}
