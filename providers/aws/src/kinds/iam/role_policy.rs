//! `iam.role_policy`: an inline policy of the role. It has no id and no tags; it is found through its role, those that
//! somebody else put there as well.
//!
//! PutRolePolicy makes and replaces alike, so it may be repeated.

use landfall_aws_blueprint::addresses;
use landfall_engine::attribute::Claim;
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Ask, CallFailure};
use landfall_engine::resource::{Literal, Literals};
use serde::{Deserialize, Serialize};

use super::document;
use crate::classify::{failure, not_yet_visible};
use crate::cloud::Cloud;
use crate::kinds::by_name::if_any;
use crate::kinds::{AddressIndex, DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, created, updated};
use crate::operation::{Calls, Operation, Sent, arn};
use crate::shape::shape_of;

const DELETE_ROLE_POLICY: Operation =
    Operation::new("iam:DeleteRolePolicy").on(&[arn::ROLE]).by_resource_tag().keys(&["iam:PermissionsBoundary"]);
pub(super) const GET_ROLE_POLICY: Operation = Operation::new("iam:GetRolePolicy").on(&[arn::ROLE]).by_resource_tag();
pub(super) const LIST_ROLE_POLICIES: Operation =
    Operation::new("iam:ListRolePolicies").on(&[arn::ROLE]).by_resource_tag();
const PUT_ROLE_POLICY: Operation =
    Operation::new("iam:PutRolePolicy").on(&[arn::ROLE]).by_resource_tag().keys(&["iam:PermissionsBoundary"]);

pub(super) const SCHEMA: Schema = Schema::new(
    "iam.role_policy",
    &[Field::new("role_name").immutable(), Field::new("name").immutable(), Field::new("policy")],
)
.global();

const CALLS: Calls = Calls::new(Sent::always(&[&PUT_ROLE_POLICY]), Sent::always(&[&DELETE_ROLE_POLICY]))
    .update(&[("policy", Sent::always(&[&PUT_ROLE_POLICY]))]);

/// The kind.
pub(crate) struct RolePolicy;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    role_name: String,
    name: String,
    policy: Literal,
}

impl ResourceKind for RolePolicy {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn sweep(&self) -> Sweep {
        Sweep::With("iam.role")
    }

    /// A stack has one role, so the name says which policy it is.
    fn claim(&self, seen: &Seen, _addresses: &AddressIndex<'_>) -> Claim {
        match seen.resource.properties.get("name").and_then(Literal::as_str) {
            Some(name) => Claim::Address(addresses::role_policy(name)),
            None => Claim::Nothing,
        }
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => {
                    let wanted: Shape = shape_of(properties, &PUT_ROLE_POLICY)?;
                    put(cloud, &wanted).await.map_err(not_yet_visible)?;
                    Ok(created(id(&wanted.role_name, &wanted.name), Literals::new()))
                }
                Ask::Update { properties, .. } => {
                    put(cloud, &shape_of(properties, &PUT_ROLE_POLICY)?).await?;
                    Ok(updated())
                }
                Ask::Delete { properties, .. } => {
                    let existing: Shape = shape_of(properties, &DELETE_ROLE_POLICY)?;
                    cloud
                        .iam
                        .delete_role_policy()
                        .role_name(existing.role_name)
                        .policy_name(existing.name)
                        .send()
                        .await
                        .map_err(|e| failure(&DELETE_ROLE_POLICY, e))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

async fn put(cloud: &Cloud, wanted: &Shape) -> Result<(), CallFailure> {
    cloud
        .iam
        .put_role_policy()
        .role_name(&wanted.role_name)
        .policy_name(&wanted.name)
        .policy_document(wanted.policy.to_string())
        .send()
        .await
        .map_err(|e| failure(&PUT_ROLE_POLICY, e))?;
    Ok(())
}

/// Reads all inline policies of a role; none if there is no such role.
pub(super) async fn read_of(cloud: &Cloud, role_name: &str) -> Result<Vec<Seen>, CallFailure> {
    let pages = cloud.iam.list_role_policies().role_name(role_name).into_paginator().items().send();
    let names = if_any(pages.try_collect().await.map_err(|e| failure(&LIST_ROLE_POLICIES, e)))?;
    let mut all = Vec::new();
    for name in names.unwrap_or_default() {
        let call = cloud.iam.get_role_policy().role_name(role_name).policy_name(&name);
        // One that was deleted since the list is not there.
        let answer = if_any(call.send().await.map_err(|e| failure(&GET_ROLE_POLICY, e)))?;
        all.extend(answer.map(|answer| seen(role_name, name, answer.policy_document())));
    }
    Ok(all)
}

fn seen(role_name: &str, name: String, encoded: &str) -> Seen {
    let id = id(role_name, &name);
    let shape = Shape { role_name: role_name.to_owned(), name, policy: document(encoded) };
    Seen::new(SCHEMA.kind, id, &shape)
}

fn id(role_name: &str, name: &str) -> String {
    format!("{role_name}/{name}")
}
