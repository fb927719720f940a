//! RunInstances.

use aws_sdk_ec2::types::{
    BlockDeviceMapping, EbsBlockDevice, HttpTokensState, IamInstanceProfileSpecification, Instance as Ec2Instance,
    InstanceInterruptionBehavior, InstanceMarketOptionsRequest, InstanceMetadataOptionsRequest,
    InstanceNetworkInterfaceSpecification, InstanceType, MarketType, Placement, ResourceType, ShutdownBehavior,
    SpotInstanceType, SpotMarketOptions, VolumeType,
};
use landfall_aws_blueprint::shared_names::{ON_DEMAND, SPOT, SPOT_OR_ON_DEMAND};
use landfall_engine::provider::{Answer, CallError, CallFailure};

use super::read;
use super::schema::Shape;
use crate::classify::{failure, not_yet_visible};
use crate::cloud::Cloud;
use crate::kinds::SendResult;
use crate::operation::{CREATE_SERVICE_LINKED_ROLE, CREATE_TAGS, Operation, PASS_ROLE, arn};

pub(super) const RUN_INSTANCES: Operation = Operation::new("ec2:RunInstances")
    .on(&[
        arn::INSTANCE,
        arn::VOLUME,
        arn::NETWORK_INTERFACE,
        arn::SPOT_INSTANCES_REQUEST,
        arn::IMAGE,
        arn::SUBNET,
        arn::SECURITY_GROUP,
        arn::PLACEMENT_GROUP,
    ])
    .by_resource_tag()
    .by_request_tag()
    .keys(&["ec2:InstanceType", "ec2:MetadataHttpTokens", "ec2:InstanceMarketType", "ec2:InstanceProfile"])
    .also(&[&CREATE_TAGS, &PASS_ROLE, &CREATE_SERVICE_LINKED_ROLE]);

/// Launches `count` equal instances, or as many as there is room for. One answer for each that was asked for.
pub(super) async fn launch(
    cloud: &Cloud,
    token: &str,
    wanted: &Shape,
    count: usize,
) -> Result<Vec<SendResult>, CallFailure> {
    if wanted.market != SPOT_OR_ON_DEMAND {
        return launch_in(&wanted.market, cloud, token, wanted, count).await;
    }
    let mut answers = match launch_in(SPOT, cloud, token, wanted, count).await {
        Ok(answers) => answers.into_iter().filter(Result::is_ok).collect(),
        Err(failure) if is_lack_of_spot(&failure) => vec![],
        Err(failure) => return Err(failure),
    };
    let missing = count.saturating_sub(answers.len());
    if missing > 0 {
        // It is another request, so it has another token; the same one each time, so that it is not carried out twice.
        let token = format!("{token}-on-demand");
        cloud.rate_limits.owe_launches(missing);
        match launch_in(ON_DEMAND, cloud, &token, wanted, missing).await {
            Ok(launched) => answers.extend(launched),
            Err(failure) => answers.resize_with(count, || Err(failure.clone())),
        }
    }
    Ok(answers)
}

/// Returns whether the spot market has no room, so that on demand there may be some (EC2 API error codes).
fn is_lack_of_spot(failure: &CallFailure) -> bool {
    const CODES: [&str; 3] = ["InsufficientInstanceCapacity", "MaxSpotInstanceCountExceeded", "SpotMaxPriceTooLow"];
    failure.code.as_deref().is_some_and(|code| CODES.contains(&code))
}

async fn launch_in(
    market: &str,
    cloud: &Cloud,
    token: &str,
    wanted: &Shape,
    count: usize,
) -> Result<Vec<SendResult>, CallFailure> {
    let tagged = [ResourceType::Instance, ResourceType::Volume, ResourceType::NetworkInterface];
    let mut tags: Vec<_> = tagged.into_iter().map(|of| cloud.tag_specification(of, &wanted.tags)).collect();
    let mut call = cloud
        .ec2
        .run_instances()
        .min_count(1)
        .max_count(i32::try_from(count).unwrap_or(1))
        .image_id(&wanted.image_id)
        .instance_type(InstanceType::from(wanted.instance_type.as_str()))
        .client_token(token)
        .network_interfaces(network_interface(wanted))
        .set_block_device_mappings(root_volume(wanted).map(|mapping| vec![mapping]))
        .metadata_options(metadata_options())
        // A machine that shuts itself down must not stay behind as a stopped one that pays for its disk.
        .instance_initiated_shutdown_behavior(ShutdownBehavior::Terminate)
        .set_user_data(wanted.user_data.as_deref().map(aws_smithy_types::base64::encode));
    if let Some(profile) = &wanted.iam_instance_profile {
        call = call.iam_instance_profile(IamInstanceProfileSpecification::builder().name(profile).build());
    }
    if let Some(group) = &wanted.placement_group {
        call = call.placement(Placement::builder().group_name(group).build());
    }
    if market == SPOT {
        tags.push(cloud.tag_specification(ResourceType::SpotInstancesRequest, &wanted.tags));
        call = call.instance_market_options(one_time_spot());
    }
    let answer = call.set_tag_specifications(Some(tags)).send().await;
    let answer = answer.map_err(|e| profile_not_yet_known(not_yet_visible(failure(&RUN_INSTANCES, e))))?;
    let reservation = answer.reservation_id().unwrap_or_default();
    let mut instances: Vec<&Ec2Instance> = answer.instances().iter().collect();
    instances.sort_by_key(|instance| instance.ami_launch_index());
    let mut answers: Vec<SendResult> = instances
        .into_iter()
        .take(count)
        .map(|instance| {
            let id = instance.instance_id().unwrap_or_default().into();
            Ok(Answer::Created { id, outputs: read::outputs_of(instance, reservation), ready: false })
        })
        .collect();
    let launched = answers.len();
    answers.resize_with(count, || Err(no_room_for_the_rest(wanted, launched, count)));
    Ok(answers)
}

fn network_interface(wanted: &Shape) -> InstanceNetworkInterfaceSpecification {
    InstanceNetworkInterfaceSpecification::builder()
        .device_index(0)
        .subnet_id(&wanted.subnet_id)
        .set_groups(Some(wanted.security_group_ids.clone()))
        .associate_public_ip_address(wanted.associate_public_ip_address.unwrap_or(false))
        .delete_on_termination(true)
        .build()
}

fn root_volume(wanted: &Shape) -> Option<BlockDeviceMapping> {
    let volume = EbsBlockDevice::builder()
        .volume_size(wanted.root_volume_gib?)
        .volume_type(VolumeType::Gp3)
        .encrypted(true)
        .delete_on_termination(true)
        .build();
    Some(BlockDeviceMapping::builder().device_name(wanted.root_device_name.as_ref()?).ebs(volume).build())
}

/// Tokens only (IMDSv2), so that a request forged through a server on the machine does not get its credentials. Two
/// hops, so that a container reaches it.
fn metadata_options() -> InstanceMetadataOptionsRequest {
    InstanceMetadataOptionsRequest::builder()
        .http_tokens(HttpTokensState::Required)
        .http_put_response_hop_limit(2)
        .build()
}

fn one_time_spot() -> InstanceMarketOptionsRequest {
    let options = SpotMarketOptions::builder()
        .spot_instance_type(SpotInstanceType::OneTime)
        .instance_interruption_behavior(InstanceInterruptionBehavior::Terminate)
        .build();
    InstanceMarketOptionsRequest::builder().market_type(MarketType::Spot).spot_options(options).build()
}

/// EC2 learns of a fresh instance profile some seconds after IAM made it. Until then it answers the code for any wrong
/// parameter, and only the message tells which: the one place where a message is looked at.
fn profile_not_yet_known(mut failure: CallFailure) -> CallFailure {
    let about_profile = failure.message.contains("iamInstanceProfile")
        || failure.message.contains("IAM Instance Profile")
        || failure.message.contains("has no associated IAM Roles");
    if failure.code.as_deref() == Some("InvalidParameterValue") && about_profile {
        failure.class = CallError::NotYetVisible;
    }
    failure
}

fn no_room_for_the_rest(wanted: &Shape, launched: usize, count: usize) -> CallFailure {
    CallFailure {
        class: CallError::NoCapacity,
        operation: RUN_INSTANCES.name.to_owned(),
        code: None,
        message: format!("{launched} of {count} × {} were launched; there is no room for more", wanted.instance_type),
        request_id: None,
    }
}
