//! `iam.role`: what the instances may do. Its policies are resources of their own, read here in the same go.
//!
//! CreateRole takes no client token, and ListRoles shows no tags: a role is looked up by its name with GetRole, which
//! does. A role cannot be deleted while a policy or an instance profile has it (`DeleteConflict`).

use aws_sdk_iam::types::Role as IamRole;
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Ask, CallFailure};
use landfall_engine::resource::{Literal, Literals};
use landfall_engine::snapshot::{ObservedResource, Readiness, Recorded};
use serde::{Deserialize, Serialize};

use super::role_policy::{GET_ROLE_POLICY, LIST_ROLE_POLICIES};
use super::role_policy_attachment::LIST_ATTACHED_ROLE_POLICIES;
use super::{arn, document, from_iam, role_policy, role_policy_attachment, to_iam};
use crate::classify::{failure, incomplete};
use crate::cloud::Cloud;
use crate::kinds::by_name::{created_by_name, if_any, is_ours, name_and_arn, named_leftover, names, retagging};
use crate::kinds::{DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, sets, updated};
use crate::leftover::Leftovers;
use crate::operation::{Calls, Operation, Sent, arn};
use crate::shape::{properties_of, shape_of};
use crate::tags::{self, Tags};

const CREATE_ROLE: Operation = Operation::new("iam:CreateRole")
    .on(&[arn::ROLE])
    .by_request_tag()
    .keys(&["iam:PermissionsBoundary"])
    .also(&[&TAG_ROLE]);
const DELETE_ROLE: Operation = Operation::new("iam:DeleteRole").on(&[arn::ROLE]).by_resource_tag();
const GET_ROLE: Operation = Operation::new("iam:GetRole").on(&[arn::ROLE]).by_resource_tag();
const TAG_ROLE: Operation = Operation::new("iam:TagRole").on(&[arn::ROLE]).by_resource_tag().by_request_tag();
const UNTAG_ROLE: Operation = Operation::new("iam:UntagRole").on(&[arn::ROLE]).by_resource_tag().keys(&["aws:TagKeys"]);
const UPDATE_ASSUME_ROLE_POLICY: Operation =
    Operation::new("iam:UpdateAssumeRolePolicy").on(&[arn::ROLE]).by_resource_tag();

const SCHEMA: Schema = Schema::new(
    "iam.role",
    &[
        Field::new("name").immutable(),
        Field::new("path").immutable(),
        Field::new("assume_role_policy"),
        Field::new("tags"),
    ],
)
.global()
.with_outputs(&["name", "arn"]);

const CALLS: Calls = Calls::new(Sent::always(&[&CREATE_ROLE]).sometimes(&[&GET_ROLE]), Sent::always(&[&DELETE_ROLE]))
    .update(&[
        ("assume_role_policy", Sent::always(&[&UPDATE_ASSUME_ROLE_POLICY])),
        ("tags", Sent::always(&[&TAG_ROLE]).sometimes(&[&UNTAG_ROLE])),
    ])
    .read(Sent::always(&[&GET_ROLE, &LIST_ROLE_POLICIES, &LIST_ATTACHED_ROLE_POLICIES]).sometimes(&[&GET_ROLE_POLICY]))
    .sweep(Sent::always(&[&GET_ROLE]));

/// The kind.
pub(crate) struct Role;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    name: String,
    path: String,
    assume_role_policy: Literal,
    tags: Tags,
}

impl ResourceKind for Role {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn sweep(&self) -> Sweep {
        Sweep::ByName
    }

    fn remaining_by_name<'a>(&'a self, cloud: &'a Cloud) -> Pending<'a, Leftovers> {
        Box::pin(async move { Ok(named_leftover(cloud, look_up(cloud, &cloud.stack).await?)) })
    }

    /// Reads the policies as well: whether they are the stack's follows from whose the role is.
    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        Box::pin(async move {
            let held_in = [
                (&SCHEMA, "name"),
                (&role_policy::SCHEMA, "role_name"),
                (&role_policy_attachment::SCHEMA, "role_name"),
            ];
            let mut all = Vec::new();
            for name in names(cloud, recorded, &held_in) {
                let (role, policies, attachments) = tokio::try_join!(
                    look_up(cloud, &name),
                    role_policy::read_of(cloud, &name),
                    role_policy_attachment::read_of(cloud, &name),
                )?;
                if let Some(role) = role.filter(|role| is_ours(cloud, recorded, role)) {
                    all.push(role);
                    all.extend(policies);
                    all.extend(attachments);
                }
            }
            Ok(all)
        })
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => create(cloud, properties).await,
                Ask::Update { properties, .. } => update(cloud, ask, properties).await,
                Ask::Delete { properties, .. } => {
                    let existing: Shape = shape_of(properties, &DELETE_ROLE)?;
                    let call = cloud.iam.delete_role().role_name(existing.name);
                    call.send().await.map_err(|e| failure(&DELETE_ROLE, e))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

async fn create(cloud: &Cloud, properties: &Literals) -> SendResult {
    let wanted: Shape = shape_of(properties, &CREATE_ROLE)?;
    let call = cloud
        .iam
        .create_role()
        .role_name(&wanted.name)
        .path(&wanted.path)
        .assume_role_policy_document(wanted.assume_role_policy.to_string())
        .set_tags(Some(to_iam(&cloud.tags_at_creation(&wanted.tags))))
        .customize()
        .config_override(cloud.iam_once());
    let made = call.send().await.map_err(|e| failure(&CREATE_ROLE, e)).and_then(|answer| {
        let role = answer.role().ok_or_else(|| incomplete(&CREATE_ROLE, "the role"))?;
        Ok(arn(cloud, role.arn(), "role", &wanted.path, &wanted.name))
    });
    created_by_name(cloud, "role", &wanted.name, made, look_up(cloud, &wanted.name)).await
}

async fn update(cloud: &Cloud, ask: &Ask, properties: &Literals) -> SendResult {
    let wanted: Shape = shape_of(properties, &UPDATE_ASSUME_ROLE_POLICY)?;
    if sets(ask, "assume_role_policy") {
        cloud
            .iam
            .update_assume_role_policy()
            .role_name(&wanted.name)
            .policy_document(wanted.assume_role_policy.to_string())
            .send()
            .await
            .map_err(|e| failure(&UPDATE_ASSUME_ROLE_POLICY, e))?;
    }
    if sets(ask, "tags") {
        let change = retagging(ask);
        if !change.set.is_empty() {
            let call = cloud.iam.tag_role().role_name(&wanted.name).set_tags(Some(to_iam(&change.set)));
            call.send().await.map_err(|e| failure(&TAG_ROLE, e))?;
        }
        if !change.remove.is_empty() {
            let call = cloud.iam.untag_role().role_name(&wanted.name).set_tag_keys(Some(change.remove));
            call.send().await.map_err(|e| failure(&UNTAG_ROLE, e))?;
        }
    }
    Ok(updated())
}

/// Finds the role of this name, whoever's it is.
async fn look_up(cloud: &Cloud, name: &str) -> Result<Option<Seen>, CallFailure> {
    let answer = cloud.iam.get_role().role_name(name).send().await.map_err(|e| failure(&GET_ROLE, e));
    Ok(if_any(answer)?.and_then(|answer| answer.role).map(|role| seen(cloud, &role)))
}

fn seen(cloud: &Cloud, role: &IamRole) -> Seen {
    let tags = from_iam(role.tags());
    let id = arn(cloud, role.arn(), "role", role.path(), role.role_name());
    let shape = Shape {
        name: role.role_name().to_owned(),
        path: role.path().to_owned(),
        assume_role_policy: document(role.assume_role_policy_document().unwrap_or_default()),
        tags: tags::comparable(&tags),
    };
    let resource = ObservedResource {
        kind: SCHEMA.kind,
        outputs: name_and_arn(role.role_name(), &id),
        id,
        properties: properties_of(&shape),
        readiness: Readiness::Ready,
    };
    Seen { resource, tags: Some(tags) }
}
