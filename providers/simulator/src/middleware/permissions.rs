//! What the caller may do, as far as policies say: `UnauthorizedOperation` and its kin.
//!
//! A call may need more than its own action: `ec2:CreateTags` where it tags what it makes, `iam:PassRole` where it gives
//! a role to instances. The "Service authorization reference" says for each action which resources are asked about; here
//! it is what the call names, or, where it makes something, the kind of what it makes.

use super::resources;
use crate::call::{Call, Service};
use crate::policy::{Context, Decision, Document, Request, decide};
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::world::{Tags, World};

/// Whose permissions count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Policy documents, in JSON. A caller without one may do nothing.
    pub policies: Vec<String>,
}

impl Caller {
    /// Checks that the policies can be read.
    ///
    /// # Errors
    /// With the first that cannot.
    pub fn check(&self) -> Result<(), CallerError> {
        Permissions::read(self).map(drop)
    }
}

/// A policy cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("policy {number} cannot be read: {reason}")]
pub struct CallerError {
    /// Which one, counted from 1.
    pub number: usize,
    /// Why.
    pub reason: String,
}

/// The policies of the caller, read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Permissions(Vec<Document>);

impl Permissions {
    /// Reads the policies.
    pub(crate) fn read(caller: &Caller) -> Result<Permissions, CallerError> {
        let read = |(index, text): (usize, &String)| {
            Document::parse(text).map_err(|error| CallerError { number: index + 1, reason: error.message })
        };
        caller.policies.iter().enumerate().map(read).collect::<Result<_, _>>().map(Permissions)
    }

    /// Refuses a call that no policy allows, or that one denies.
    pub(crate) fn check(&self, world: &World, call: &Call) -> Result<(), ApiError> {
        // "No permissions are required to perform this operation."
        if call.name() == "GetCallerIdentity" {
            return Ok(());
        }
        let (action, given) = (call.full_name(), tags_given(call));
        let context = Context::new().with("aws:RequestedRegion", &world.region);
        for (arn, tags) in resources::of(world, call) {
            let context = context.clone().with_request_tags(&given).with_resource_tags(call.service.name(), &tags);
            self.check_one(world, call.service, &action, &arn, &context)?;
        }
        if call.service == Service::Ec2 && !given.is_empty() && !["CreateTags", "DeleteTags"].contains(&call.name()) {
            let context = context.clone().with_request_tags(&given).with("ec2:CreateAction", call.name());
            for kind in kinds_tagged(&call.params) {
                let arn = resources::ec2_arn(world, &kind, "*");
                self.check_one(world, call.service, "ec2:CreateTags", &arn, &context)?;
            }
        }
        for role in resources::roles_passed(world, call) {
            let context = context.clone().with("iam:PassedToService", "ec2.amazonaws.com");
            self.check_one(world, call.service, "iam:PassRole", &role, &context)?;
        }
        Ok(())
    }

    fn check_one(
        &self,
        world: &World,
        service: Service,
        action: &str,
        resource: &str,
        context: &Context,
    ) -> Result<(), ApiError> {
        match decide(&self.0, &Request { action, resource, context }) {
            Decision::Allowed => Ok(()),
            Decision::ExplicitDeny => Err(refused_action(world, service, action, resource, true)),
            Decision::ImplicitDeny => Err(refused_action(world, service, action, resource, false)),
        }
    }
}

/// Returns the tags that a call gives.
fn tags_given(call: &Call) -> Tags {
    let mut tags = Tags::new();
    let mut add = |key: &str, value: &str| tags.insert(key.to_owned(), value.to_owned());
    let mut lists = vec![call.params.structures("Tag"), call.params.structures("Tags.member")];
    lists.extend(call.params.structures("TagSpecification").iter().map(|of| of.structures("Tag")));
    for tag in lists.iter().flatten() {
        add(tag.get("Key").unwrap_or_default(), tag.get("Value").unwrap_or_default());
    }
    for (key, value) in call.members.get("tags").and_then(serde_json::Value::as_object).into_iter().flatten() {
        add(key, value.as_str().unwrap_or_default());
    }
    tags
}

fn kinds_tagged(params: &Params) -> Vec<String> {
    let specifications = params.structures("TagSpecification");
    specifications.iter().filter_map(|of| of.get("ResourceType").map(str::to_owned)).collect()
}

/// Returns the error for a call that the caller may not make.
pub(crate) fn refusal(world: &World, call: &Call, resource: &str) -> ApiError {
    refused_action(world, call.service, &call.full_name(), resource, false)
}

fn refused_action(world: &World, service: Service, action: &str, resource: &str, is_explicit: bool) -> ApiError {
    let caller = world.caller_arn();
    let reason = if is_explicit {
        "with an explicit deny in an identity-based policy".to_owned()
    } else {
        format!("because no identity-based policy allows the {action} action")
    };
    let text = format!("User: {caller} is not authorized to perform: {action} on resource: {resource} {reason}");
    match service {
        Service::Ec2 => {
            // What the message decodes to is for sts:DecodeAuthorizationMessage, which is not simulated.
            let encoded = "Encoded authorization failure message: c2ltdWxhdGVk";
            let message = format!("You are not authorized to perform this operation. {text}. {encoded}");
            ApiError::new("UnauthorizedOperation", message)
        }
        Service::Iam | Service::Sts => ApiError::new("AccessDenied", text),
        Service::Logs => ApiError::new("AccessDeniedException", text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::new_account;
    use crate::world::Delays;

    fn outcome(policy: &str, form: &str) -> Result<(), ApiError> {
        let world = new_account("us-east-1", "111122223333", 1, Delays::none(), 0);
        let params = Params::parse(form.as_bytes()).expect("a form");
        let name = params.get("Action").expect("an action").to_owned();
        let call = Call::query(Service::Ec2, &name, params).expect("an action");
        let caller = Caller { policies: vec![policy.to_owned()] };
        Permissions::read(&caller).expect("a policy").check(&world, &call)
    }

    fn allow(actions: &str, condition: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{actions},"Resource":"*"{condition}}}]}}"#
        )
    }

    #[test]
    fn what_nobody_allows_is_refused_in_the_words_of_aws() {
        let error = outcome(&allow(r#""ec2:Describe*""#, ""), "Action=CreateVpc").expect_err("a refusal");
        assert_eq!((error.code.as_str(), error.status), ("UnauthorizedOperation", 403));
        assert!(
            error.message.contains(
                "is not authorized to perform: ec2:CreateVpc on resource: arn:aws:ec2:us-east-1:111122223333:vpc/* \
             because no identity-based policy allows the ec2:CreateVpc action"
            ),
            "{}",
            error.message
        );
        assert_eq!(outcome(&allow(r#""ec2:Describe*""#, ""), "Action=DescribeVpcs"), Ok(()));
    }

    #[test]
    fn tagging_at_creation_is_an_action_of_its_own() {
        let tagged = "Action=CreateVpc&TagSpecification.1.ResourceType=vpc\
                      &TagSpecification.1.Tag.1.Key=stack&TagSpecification.1.Tag.1.Value=acme";
        let error = outcome(&allow(r#""ec2:CreateVpc""#, ""), tagged).expect_err("a refusal");
        assert!(error.message.contains("ec2:CreateTags"), "{}", error.message);
        assert_eq!(outcome(&allow(r#"["ec2:CreateVpc","ec2:CreateTags"]"#, ""), tagged), Ok(()));
    }

    #[test]
    fn conditions_look_at_the_tags_of_the_request() {
        let only_acme = r#","Condition":{"StringEquals":{"aws:RequestTag/stack":"acme"}}"#;
        let of = |stack: &str| {
            format!(
                "Action=CreateVpc&TagSpecification.1.ResourceType=vpc\
                 &TagSpecification.1.Tag.1.Key=stack&TagSpecification.1.Tag.1.Value={stack}"
            )
        };
        assert_eq!(outcome(&allow(r#""ec2:*""#, only_acme), &of("acme")), Ok(()));
        assert!(outcome(&allow(r#""ec2:*""#, only_acme), &of("other")).is_err());
    }
}
