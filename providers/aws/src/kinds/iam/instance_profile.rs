//! `iam.instance_profile`: what an instance is given so that it gets the role. Its role is a resource of its own, seen
//! in the same answer.
//!
//! CreateInstanceProfile takes no client token. EC2 accepts a fresh profile only after some seconds; that is waited for
//! where instances are launched. A profile can be deleted while instances use it: they lose their credentials silently,
//! so the instances must depend on it.

use aws_sdk_iam::types::InstanceProfile as IamInstanceProfile;
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Ask, CallFailure};
use landfall_engine::resource::Literals;
use landfall_engine::snapshot::{ObservedResource, Readiness, Recorded};
use serde::{Deserialize, Serialize};

use super::get_instance_profile::{GET_INSTANCE_PROFILE, look_up};
use super::{arn, from_iam, instance_profile_role, to_iam};
use crate::classify::{failure, incomplete};
use crate::cloud::Cloud;
use crate::kinds::by_name::{created_by_name, is_ours, name_and_arn, named_leftover, names, retagging};
use crate::kinds::{DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, updated};
use crate::leftover::Leftovers;
use crate::operation::{Calls, Operation, Sent, arn};
use crate::shape::{properties_of, shape_of};
use crate::tags::{self, Tags};

const CREATE_INSTANCE_PROFILE: Operation = Operation::new("iam:CreateInstanceProfile")
    .on(&[arn::INSTANCE_PROFILE])
    .by_request_tag()
    .also(&[&TAG_INSTANCE_PROFILE]);
const DELETE_INSTANCE_PROFILE: Operation = Operation::new("iam:DeleteInstanceProfile").on(&[arn::INSTANCE_PROFILE]);
const TAG_INSTANCE_PROFILE: Operation =
    Operation::new("iam:TagInstanceProfile").on(&[arn::INSTANCE_PROFILE]).by_request_tag();
const UNTAG_INSTANCE_PROFILE: Operation =
    Operation::new("iam:UntagInstanceProfile").on(&[arn::INSTANCE_PROFILE]).keys(&["aws:TagKeys"]);

const SCHEMA: Schema = Schema::new(
    "iam.instance_profile",
    &[Field::new("name").immutable(), Field::new("path").immutable(), Field::new("tags")],
)
.global()
.with_outputs(&["name", "arn"]);

const CALLS: Calls = Calls::new(
    Sent::always(&[&CREATE_INSTANCE_PROFILE]).sometimes(&[&GET_INSTANCE_PROFILE]),
    Sent::always(&[&DELETE_INSTANCE_PROFILE]),
)
.update(&[("tags", Sent::always(&[&TAG_INSTANCE_PROFILE]).sometimes(&[&UNTAG_INSTANCE_PROFILE]))])
.read(Sent::always(&[&GET_INSTANCE_PROFILE]))
.sweep(Sent::always(&[&GET_INSTANCE_PROFILE]));

/// The kind.
pub(crate) struct InstanceProfile;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    name: String,
    path: String,
    tags: Tags,
}

impl ResourceKind for InstanceProfile {
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
        Box::pin(async move {
            Ok(named_leftover(cloud, look_up(cloud, &cloud.stack).await?.map(|profile| seen(cloud, &profile))))
        })
    }

    /// Reads the role in it as well: it is in the same answer.
    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        Box::pin(async move {
            let held_in = [(&SCHEMA, "name"), (&instance_profile_role::SCHEMA, "instance_profile_name")];
            let mut all = Vec::new();
            for name in names(cloud, recorded, &held_in) {
                let Some(profile) = look_up(cloud, &name).await? else { continue };
                let itself = seen(cloud, &profile);
                if is_ours(cloud, recorded, &itself) {
                    all.push(itself);
                    let roles = profile.roles().iter().map(|role| role.role_name());
                    all.extend(roles.map(|role| instance_profile_role::seen(&name, role)));
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
                    let existing: Shape = shape_of(properties, &DELETE_INSTANCE_PROFILE)?;
                    let call = cloud.iam.delete_instance_profile().instance_profile_name(existing.name);
                    call.send().await.map_err(|e| failure(&DELETE_INSTANCE_PROFILE, e))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

async fn create(cloud: &Cloud, properties: &Literals) -> SendResult {
    let wanted: Shape = shape_of(properties, &CREATE_INSTANCE_PROFILE)?;
    let call = cloud
        .iam
        .create_instance_profile()
        .instance_profile_name(&wanted.name)
        .path(&wanted.path)
        .set_tags(Some(to_iam(&cloud.tags_at_creation(&wanted.tags))))
        .customize()
        .config_override(cloud.iam_once());
    let made = call.send().await.map_err(|e| failure(&CREATE_INSTANCE_PROFILE, e)).and_then(|answer| {
        let missing = || incomplete(&CREATE_INSTANCE_PROFILE, "the profile");
        let profile = answer.instance_profile().ok_or_else(missing)?;
        Ok(arn(cloud, profile.arn(), "instance-profile", &wanted.path, &wanted.name))
    });
    let holder = async { Ok(look_up(cloud, &wanted.name).await?.map(|profile| seen(cloud, &profile))) };
    created_by_name(cloud, "instance profile", &wanted.name, made, holder).await
}

/// Only the tags can change.
async fn update(cloud: &Cloud, ask: &Ask, properties: &Literals) -> SendResult {
    let wanted: Shape = shape_of(properties, &TAG_INSTANCE_PROFILE)?;
    let change = retagging(ask);
    if !change.set.is_empty() {
        let tags = Some(to_iam(&change.set));
        let call = cloud.iam.tag_instance_profile().instance_profile_name(&wanted.name).set_tags(tags);
        call.send().await.map_err(|e| failure(&TAG_INSTANCE_PROFILE, e))?;
    }
    if !change.remove.is_empty() {
        let keys = Some(change.remove);
        let call = cloud.iam.untag_instance_profile().instance_profile_name(&wanted.name).set_tag_keys(keys);
        call.send().await.map_err(|e| failure(&UNTAG_INSTANCE_PROFILE, e))?;
    }
    Ok(updated())
}

fn seen(cloud: &Cloud, profile: &IamInstanceProfile) -> Seen {
    let tags = from_iam(profile.tags());
    let (name, path) = (profile.instance_profile_name(), profile.path());
    let id = arn(cloud, profile.arn(), "instance-profile", path, name);
    let shape = Shape { name: name.to_owned(), path: path.to_owned(), tags: tags::comparable(&tags) };
    let resource = ObservedResource {
        kind: SCHEMA.kind,
        outputs: name_and_arn(name, &id),
        id,
        properties: properties_of(&shape),
        readiness: Readiness::Ready,
    };
    Seen { resource, tags: Some(tags) }
}
