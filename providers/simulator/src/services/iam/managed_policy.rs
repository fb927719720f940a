//! Managed policies: the account's own and those of AWS.

use super::{aws_managed, input, output};
use crate::policy::Document;
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::iam::ManagedPolicy;
use crate::world::{Millis, Tags, World};

/// Most characters of a managed policy, white space not counted.
const SIZE_MAX: usize = 6144;
/// Quota "Customer managed policies in an account".
const POLICIES_MAX: usize = 1500;

/// The actions on managed policies.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "CreatePolicy",
        parameters: &[
            "PolicyName",
            "Path",
            "PolicyDocument",
            "Description",
            input::TAGS[0],
            input::TAGS[1],
            input::TAGS[2],
        ],
        run: create,
    },
    Action { name: "DeletePolicy", parameters: &["PolicyArn"], run: delete },
    Action { name: "GetPolicy", parameters: &["PolicyArn"], run: get },
    Action { name: "GetPolicyVersion", parameters: &["PolicyArn", "VersionId"], run: get_version },
    Action { name: "ListPolicyVersions", parameters: &["PolicyArn", "Marker", "MaxItems"], run: list_versions },
    Action {
        name: "ListPolicies",
        parameters: &["Scope", "OnlyAttached", "PathPrefix", "Marker", "MaxItems"],
        run: list,
    },
];

/// A managed policy, whoever's it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(super) name: &'a str,
    pub(super) path: &'a str,
    pub(super) arn: &'a String,
    pub(super) document: &'a str,
    id: &'a str,
    created: Millis,
    description: Option<&'a str>,
    /// `None` of AWS's own.
    pub(crate) tags: Option<&'a Tags>,
}

impl ManagedPolicy {
    fn view(&self) -> View<'_> {
        View {
            name: &self.name,
            path: &self.path,
            arn: &self.arn,
            document: &self.document,
            id: &self.id,
            created: self.created,
            description: self.description.as_deref(),
            tags: Some(&self.tags),
        }
    }
}

impl View<'_> {
    fn summary(&self, world: &World) -> Xml {
        let attachments = world.iam.roles.values().filter(|role| role.attached.contains(self.arn)).count();
        Xml::new()
            .text("PolicyName", self.name)
            .text("PolicyId", self.id)
            .text("Arn", self.arn)
            .text("Path", self.path)
            .text("DefaultVersionId", "v1")
            .text("AttachmentCount", attachments)
            .text("PermissionsBoundaryUsageCount", 0)
            .text("IsAttachable", true)
            .text("CreateDate", output::date(self.created))
            .text("UpdateDate", output::date(self.created))
    }

    fn version(&self) -> Xml {
        let version = Xml::new().text("VersionId", "v1").text("IsDefaultVersion", true);
        version.text("CreateDate", output::date(self.created))
    }
}

/// Returns the ARN in a request.
pub(super) fn arn_of(params: &Params) -> Result<&str, ApiError> {
    let arn = input::required(params, "PolicyArn")?;
    if arn.len() < 20 {
        return Err(input::constraint("PolicyArn", Some(arn), "Member must have length greater than or equal to 20"));
    }
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, "iam", "", _, name] if name.starts_with("policy/") => Ok(arn),
        _ => Err(ApiError::new("InvalidInput", format!("ARN {arn} is not valid."))),
    }
}

/// Returns the error for a policy that does not exist.
pub(super) fn unknown(arn: &str) -> ApiError {
    input::no_such_entity(format!("Policy {arn} was not found."))
}

/// Returns a policy by its ARN.
pub(crate) fn find<'a>(world: &'a World, arn: &str) -> Option<View<'a>> {
    all(world).find(|view| view.arn == arn)
}

/// Returns a policy of the account's own, to be changed.
pub(super) fn find_own<'a>(world: &'a mut World, arn: &str) -> Result<&'a mut ManagedPolicy, ApiError> {
    world.iam.policies.values_mut().find(|policy| policy.arn == arn).ok_or_else(|| unknown(arn))
}

/// AWS's policies in the partition of the account, then its own.
fn all(world: &World) -> impl Iterator<Item = View<'_>> {
    let of_aws = aws_managed::all(&world.partition).iter().map(|policy| View {
        name: policy.name,
        path: policy.path,
        arn: &policy.arn,
        document: policy.document,
        id: &policy.id,
        created: aws_managed::CREATED,
        description: None,
        tags: None,
    });
    of_aws.chain(world.iam.policies.values().map(ManagedPolicy::view))
}

fn create(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (name, path) = (input::policy_name(params)?, input::path(params)?);
    let document = input::document(params, "PolicyDocument")?;
    let (description, tags) = (input::description(params)?, input::tags(params)?);
    Document::parse(document)?;
    if input::document_size(document) > SIZE_MAX {
        return Err(input::limit_exceeded("PolicySize", SIZE_MAX));
    }
    let key = name.to_lowercase();
    if world.iam.policies.contains_key(&key) {
        let message = format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(ApiError::new("EntityAlreadyExists", message));
    }
    if world.iam.policies.len() >= POLICIES_MAX {
        return Err(input::limit_exceeded("PoliciesPerAccount", POLICIES_MAX));
    }
    let policy = ManagedPolicy {
        name: name.to_owned(),
        path: path.to_owned(),
        id: world.ids.iam("ANPA"),
        arn: format!("arn:{}:iam::{}:policy{path}{name}", world.partition, world.account),
        created: world.now,
        description,
        document: document.to_owned(),
        tags,
    };
    let answer = policy.view().summary(world).and(output::tags_if_any(&policy.tags));
    world.iam.policies.insert(key, policy);
    Ok(Xml::new().inside("Policy", answer))
}

fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let arn = arn_of(params)?;
    if aws_managed::all(&world.partition).iter().any(|policy| policy.arn == arn) {
        return Err(ApiError::new("AccessDenied", format!("Policy {arn} belongs to AWS and cannot be deleted.")));
    }
    let (key, _) = world.iam.policies.iter().find(|(_, policy)| policy.arn == arn).ok_or_else(|| unknown(arn))?;
    if world.iam.roles.values().any(|role| role.attached.contains(arn)) {
        return Err(ApiError::new("DeleteConflict", "Cannot delete a policy attached to entities."));
    }
    let key = key.clone();
    world.iam.policies.remove(&key);
    Ok(Xml::new())
}

fn get(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let arn = arn_of(params)?;
    let policy = find(world, arn).ok_or_else(|| unknown(arn))?;
    let answer = policy.summary(world).optional("Description", policy.description);
    Ok(Xml::new().inside("Policy", answer.and(policy.tags.map(output::tags).unwrap_or_default())))
}

fn get_version(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (arn, version) = (arn_of(params)?, input::required(params, "VersionId")?);
    let policy = find(world, arn).ok_or_else(|| unknown(arn))?;
    if version != "v1" {
        let message = format!("Policy {arn} version {version} does not exist or is not attachable.");
        return Err(input::no_such_entity(message));
    }
    let document = Xml::new().text("Document", output::encoded(policy.document));
    Ok(Xml::new().inside("PolicyVersion", document.and(policy.version())))
}

fn list_versions(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let arn = arn_of(params)?;
    let policy = find(world, arn).ok_or_else(|| unknown(arn))?;
    let (page, marker) = input::page(params, vec![("v1".to_owned(), policy.version())])?;
    Ok(Xml::new().list("Versions", "member", page).and(output::more(marker)))
}

fn list(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let prefix = input::path_prefix(params)?;
    let scope = params.get("Scope").unwrap_or("All");
    if !matches!(scope, "All" | "AWS" | "Local") {
        let values = "Member must satisfy enum value set: [All, AWS, Local]";
        return Err(input::constraint("Scope", Some(scope), values));
    }
    let only_attached = params.flag("OnlyAttached")?.unwrap_or(false);
    let is_wanted = |policy: &View<'_>| {
        let in_scope = match scope {
            "AWS" => policy.tags.is_none(),
            "Local" => policy.tags.is_some(),
            _ => true,
        };
        let is_attached = || world.iam.roles.values().any(|role| role.attached.contains(policy.arn));
        in_scope && policy.path.starts_with(prefix) && (!only_attached || is_attached())
    };
    let mut rows: Vec<(String, Xml)> =
        all(world).filter(is_wanted).map(|policy| (policy.arn.clone(), policy.summary(world))).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let (page, marker) = input::page(params, rows)?;
    Ok(Xml::new().list("Policies", "member", page).and(output::more(marker)))
}
