//! DescribeInstances: finding the stack's instances, and asking about many at once.
//!
//! Always by filter: a list of ids fails as a whole if one is unknown, and draws from a smaller bucket of requests.

use std::collections::HashMap;

use aws_sdk_ec2::types::{Filter, Instance as Ec2Instance, InstanceLifecycleType, InstanceStateName};
use landfall_aws_blueprint::shared_names::{ON_DEMAND, RUNNING, SPOT};
use landfall_engine::provider::{CallFailure, Polled};
use landfall_engine::resource::{CloudId, Literals};
use landfall_engine::snapshot::{ObservedResource, Readiness, Recorded};
use landfall_engine::until::Until;

use super::schema::{SCHEMA, Shape};
use crate::classify::failure;
use crate::cloud::{Cloud, filter, filter_chunks};
use crate::kinds::Seen;
use crate::kinds::ec2::described::not_found;
use crate::operation::DESCRIBE_INSTANCES;
use crate::shape::{outputs, properties_of, text};
use crate::tags::{self, Tags};

/// Most instances in one answer.
const PAGE: i32 = 1000;

/// Finds all instances of the stack that are not terminated or about to be.
pub(super) async fn read(cloud: &Cloud, recorded: &Recorded) -> Result<Vec<Seen>, CallFailure> {
    let alive = filter("instance-state-name", ["pending", "running", "stopping", "stopped"]);
    let found = read_filtered(cloud, vec![cloud.of_this_stack(), alive.clone()]).await?;
    let mut all: Vec<Seen> = found.iter().map(|(reservation, instance)| seen(reservation, instance)).collect();
    let ids = all.iter().map(|seen| seen.resource.id.clone()).collect();
    for ids in filter_chunks(&not_found(&SCHEMA.kind, recorded, &ids)) {
        let found = read_filtered(cloud, vec![filter("instance-id", ids), alive.clone()]).await?;
        all.extend(found.iter().map(|(reservation, instance)| seen(reservation, instance)));
    }
    Ok(all)
}

/// Asks about many instances at once.
pub(super) async fn poll(cloud: &Cloud, ids: &[CloudId], until: Until) -> Result<Vec<Polled>, CallFailure> {
    let refs: Vec<&CloudId> = ids.iter().collect();
    let mut found = HashMap::new();
    for chunk in filter_chunks(&refs) {
        for (reservation, instance) in read_filtered(cloud, vec![filter("instance-id", chunk)]).await? {
            found.insert(CloudId::from(instance.instance_id().unwrap_or_default()), (reservation, instance));
        }
    }
    Ok(ids.iter().filter_map(|id| polled(id, found.get(id), until)).collect())
}

fn polled(id: &CloudId, found: Option<&(String, Ec2Instance)>, until: Until) -> Option<Polled> {
    let state = found.and_then(|(_, instance)| state_of(instance));
    match (until, found, state) {
        (Until::Ready, Some((reservation, instance)), Some(InstanceStateName::Running)) => {
            Some(Polled::Arrived(id.clone(), outputs_of(instance, reservation)))
        }
        (Until::Ready, Some((_, instance)), Some(InstanceStateName::ShuttingDown | InstanceStateName::Terminated)) => {
            Some(Polled::Failed(id.clone(), why(instance)))
        }
        (Until::Gone, None, _) | (Until::Gone, _, Some(InstanceStateName::Terminated)) => {
            Some(Polled::Arrived(id.clone(), Literals::new()))
        }
        _ => None,
    }
}

fn why(instance: &Ec2Instance) -> String {
    let reason = instance.state_reason();
    let code = reason.and_then(|reason| reason.code()).unwrap_or("no code");
    let message = reason.and_then(|reason| reason.message()).unwrap_or("no reason given");
    format!("the instance ended while it came up: {code}: {message}")
}

fn state_of(instance: &Ec2Instance) -> Option<&InstanceStateName> {
    instance.state().and_then(|state| state.name())
}

pub(super) async fn read_filtered(cloud: &Cloud, by: Vec<Filter>) -> Result<Vec<(String, Ec2Instance)>, CallFailure> {
    let call = cloud.ec2.describe_instances().set_filters(Some(by)).max_results(PAGE);
    let mut pages = call.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(reservation) = pages.next().await {
        let reservation = reservation.map_err(|e| failure(&DESCRIBE_INSTANCES, e))?;
        let id = reservation.reservation_id().unwrap_or_default().to_owned();
        all.extend(reservation.instances.unwrap_or_default().into_iter().map(|instance| (id.clone(), instance)));
    }
    Ok(all)
}

/// Returns what the cloud gave to an instance. Addresses come some seconds after the launch.
pub(super) fn outputs_of(instance: &Ec2Instance, reservation: &str) -> Literals {
    let mut all = outputs([
        ("private_ip", instance.private_ip_address()),
        ("public_ip", instance.public_ip_address()),
        ("reservation_id", Some(reservation)),
    ]);
    if let Some(index) = instance.ami_launch_index() {
        all.insert("launch_index".to_owned(), index.into());
    }
    all.retain(|_, value| value.as_str() != Some(""));
    all
}

fn seen(reservation: &str, instance: &Ec2Instance) -> Seen {
    let (tags, compared) = comparable_tags(instance);
    let mut groups: Vec<String> =
        instance.security_groups().iter().filter_map(|group| group.group_id()).map(str::to_owned).collect();
    groups.sort();
    let profile = instance.iam_instance_profile().and_then(|profile| profile.arn());
    let state = state_of(instance);
    let is_up = matches!(state, Some(InstanceStateName::Pending | InstanceStateName::Running));
    let is_spot = instance.instance_lifecycle() == Some(&InstanceLifecycleType::Spot);
    let group = instance.placement().and_then(|placement| placement.group_name());
    let shape = Shape {
        image_id: text(instance.image_id()),
        instance_type: instance.instance_type().map(|t| t.as_str().to_owned()).unwrap_or_default(),
        subnet_id: text(instance.subnet_id()),
        security_group_ids: groups,
        // The name is the last part of the ARN, after the path.
        iam_instance_profile: profile.and_then(|arn| arn.rsplit('/').next()).map(str::to_owned),
        associate_public_ip_address: None,
        // In none, EC2 may say so with an empty name.
        placement_group: group.filter(|name| !name.is_empty()).map(str::to_owned),
        market: if is_spot { SPOT } else { ON_DEMAND }.to_owned(),
        root_device_name: None,
        root_volume_gib: None,
        user_data: None,
        state: if is_up { RUNNING } else { "stopped" }.to_owned(),
        tags: compared,
    };
    let resource = ObservedResource {
        kind: SCHEMA.kind,
        id: text(instance.instance_id()).into(),
        properties: properties_of(&shape),
        outputs: outputs_of(instance, reservation),
        readiness: if state == Some(&InstanceStateName::Pending) { Readiness::Pending } else { Readiness::Ready },
    };
    Seen { resource, tags: Some(tags) }
}

/// Returns the tags of an instance as they are compared.
fn comparable_tags(instance: &aws_sdk_ec2::types::Instance) -> (Tags, Tags) {
    let all = tags::from_ec2(instance.tags());
    let compared = tags::comparable(&all);
    (all, compared)
}
