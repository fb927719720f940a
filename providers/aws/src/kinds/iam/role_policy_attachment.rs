//! `iam.role_policy_attachment`: a managed policy at the role. It has no id and no tags; it is found through its role,
//! those that somebody else put there as well.
//!
//! Attaching twice succeeds, so it may be repeated. Detaching what is not attached is `NoSuchEntity`.

use landfall_aws_blueprint::addresses;
use landfall_engine::attribute::Claim;
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Ask, CallFailure};
use landfall_engine::resource::{Literal, Literals};
use serde::{Deserialize, Serialize};

use crate::classify::{failure, not_yet_visible};
use crate::cloud::Cloud;
use crate::kinds::by_name::if_any;
use crate::kinds::{AddressIndex, DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, created, updated};
use crate::operation::{Calls, Operation, Sent, arn};
use crate::shape::shape_of;

const ATTACH_ROLE_POLICY: Operation = Operation::new("iam:AttachRolePolicy")
    .on(&[arn::ROLE])
    .by_resource_tag()
    .keys(&["iam:PolicyARN", "iam:PermissionsBoundary"]);
const DETACH_ROLE_POLICY: Operation = Operation::new("iam:DetachRolePolicy")
    .on(&[arn::ROLE])
    .by_resource_tag()
    .keys(&["iam:PolicyARN", "iam:PermissionsBoundary"]);
pub(super) const LIST_ATTACHED_ROLE_POLICIES: Operation =
    Operation::new("iam:ListAttachedRolePolicies").on(&[arn::ROLE]).by_resource_tag();

pub(super) const SCHEMA: Schema = Schema::new(
    "iam.role_policy_attachment",
    &[Field::new("role_name").immutable(), Field::new("policy_arn").immutable()],
)
.global();

const CALLS: Calls = Calls::new(Sent::always(&[&ATTACH_ROLE_POLICY]), Sent::always(&[&DETACH_ROLE_POLICY]));

/// The kind.
pub(crate) struct RolePolicyAttachment;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    role_name: String,
    policy_arn: String,
}

impl ResourceKind for RolePolicyAttachment {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn sweep(&self) -> Sweep {
        Sweep::With("iam.role")
    }

    /// A stack has one role, so the policy says which attachment it is.
    fn claim(&self, seen: &Seen, _addresses: &AddressIndex<'_>) -> Claim {
        match seen.resource.properties.get("policy_arn").and_then(Literal::as_str) {
            Some(arn) => Claim::Address(addresses::role_policy_attachment(arn)),
            None => Claim::Nothing,
        }
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => {
                    let wanted: Shape = shape_of(properties, &ATTACH_ROLE_POLICY)?;
                    cloud
                        .iam
                        .attach_role_policy()
                        .role_name(&wanted.role_name)
                        .policy_arn(&wanted.policy_arn)
                        .send()
                        .await
                        .map_err(|e| not_yet_visible(failure(&ATTACH_ROLE_POLICY, e)))?;
                    Ok(created(id(&wanted.role_name, &wanted.policy_arn), Literals::new()))
                }
                Ask::Update { .. } => Ok(updated()),
                Ask::Delete { properties, .. } => {
                    let existing: Shape = shape_of(properties, &DETACH_ROLE_POLICY)?;
                    cloud
                        .iam
                        .detach_role_policy()
                        .role_name(existing.role_name)
                        .policy_arn(existing.policy_arn)
                        .send()
                        .await
                        .map_err(|e| failure(&DETACH_ROLE_POLICY, e))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

/// Reads all attachments of a role; none if there is no such role.
pub(super) async fn read_of(cloud: &Cloud, role_name: &str) -> Result<Vec<Seen>, CallFailure> {
    let pages = cloud.iam.list_attached_role_policies().role_name(role_name).into_paginator().items().send();
    let attached = if_any(pages.try_collect().await.map_err(|e| failure(&LIST_ATTACHED_ROLE_POLICIES, e)))?;
    let arns = attached.unwrap_or_default().into_iter().filter_map(|policy| policy.policy_arn);
    Ok(arns.map(|arn| seen(role_name, arn)).collect())
}

fn seen(role_name: &str, policy_arn: String) -> Seen {
    let id = id(role_name, &policy_arn);
    Seen::new(SCHEMA.kind, id, &Shape { role_name: role_name.to_owned(), policy_arn })
}

fn id(role_name: &str, policy_arn: &str) -> String {
    format!("{role_name}/{policy_arn}")
}
