//! Loosens what others made of the stack's own things.
//!
//! These calls are not steps of a plan and have no intent in the journal: they make nothing, a repetition finds the
//! work done, and what they leave behind is others' own.

use landfall_engine::provider::{CallError, CallFailure};

use super::Loosening;
use crate::classify::failure;
use crate::cloud::{Cloud, filter};
use crate::declared::declared;
use crate::operation::{Operation, REMOVE_ROLE_FROM_INSTANCE_PROFILE, Sent, arn};
use crate::provider::AwsProvider;

const DESCRIBE_IAM_INSTANCE_PROFILE_ASSOCIATIONS: Operation =
    Operation::new("ec2:DescribeIamInstanceProfileAssociations");
const DISASSOCIATE_ADDRESS: Operation =
    Operation::new("ec2:DisassociateAddress").on(&[arn::ELASTIC_IP, arn::NETWORK_INTERFACE]).by_resource_tag();
const DISASSOCIATE_IAM_INSTANCE_PROFILE: Operation =
    Operation::new("ec2:DisassociateIamInstanceProfile").on(&[arn::INSTANCE]).by_resource_tag();

/// One of these, by what is to be taken loose.
pub(crate) const CALLS: Sent = Sent::NONE.sometimes(&[
    &REMOVE_ROLE_FROM_INSTANCE_PROFILE,
    &DISASSOCIATE_ADDRESS,
    &DESCRIBE_IAM_INSTANCE_PROFILE_ASSOCIATIONS,
    &DISASSOCIATE_IAM_INSTANCE_PROFILE,
]);

/// Does what was decided about one blocker. What is loose already is no error.
///
/// # Errors
/// If AWS refuses it, or the way there is broken.
pub async fn detach(provider: &AwsProvider, loosening: &Loosening) -> Result<(), CallFailure> {
    match declared("taking loose", [CALLS], take_loose(provider.cloud(), loosening)).await {
        Err(failure) if failure.class == CallError::Gone => Ok(()),
        other => other,
    }
}

async fn take_loose(cloud: &Cloud, loosening: &Loosening) -> Result<(), CallFailure> {
    match loosening {
        Loosening::RoleFromProfile { role, profile } => {
            let call = cloud.iam.remove_role_from_instance_profile().instance_profile_name(profile).role_name(role);
            call.send().await.map(drop).map_err(|e| failure(&REMOVE_ROLE_FROM_INSTANCE_PROFILE, e))
        }
        Loosening::Address { association } => {
            let call = cloud.ec2.disassociate_address().association_id(association);
            call.send().await.map(drop).map_err(|e| failure(&DISASSOCIATE_ADDRESS, e))
        }
        Loosening::ProfileFromInstance { instance } => profile_from_instance(cloud, instance).await,
    }
}

async fn profile_from_instance(cloud: &Cloud, instance: &str) -> Result<(), CallFailure> {
    let ec2 = &cloud.ec2;
    let of_instance = ec2.describe_iam_instance_profile_associations().filters(filter("instance-id", [instance]));
    let pages = of_instance.into_paginator().items().send();
    let found = pages.try_collect().await.map_err(|e| failure(&DESCRIBE_IAM_INSTANCE_PROFILE_ASSOCIATIONS, e))?;
    for association in found.iter().filter_map(|association| association.association_id()) {
        let call = ec2.disassociate_iam_instance_profile().association_id(association);
        call.send().await.map_err(|e| failure(&DISASSOCIATE_IAM_INSTANCE_PROFILE, e))?;
    }
    Ok(())
}
