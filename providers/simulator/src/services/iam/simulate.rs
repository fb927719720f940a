//! The policy simulator, for roles and for the caller.

use super::{input, managed_policy, output};
use crate::policy::{Context, Decision, Document, Request, decide};
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::World;

/// The simulator's actions.
pub(crate) const ACTIONS: &[Action] = &[Action {
    name: "SimulatePrincipalPolicy",
    parameters: &[
        "PolicySourceArn",
        "PolicyInputList.member.N",
        "ActionNames.member.N",
        "ResourceArns.member.N",
        "ContextEntries.member.N.ContextKeyName",
        "ContextEntries.member.N.ContextKeyType",
        "ContextEntries.member.N.ContextKeyValues.member.N",
        "Marker",
        "MaxItems",
    ],
    run: simulate,
}];

fn simulate(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let source = input::required(params, "PolicySourceArn")?;
    let mut policies = policies_of(world, source)?;
    for text in params.list("PolicyInputList.member") {
        policies.push(Document::parse(text).map_err(|error| ApiError::new("InvalidInput", error.message))?);
    }
    let actions = params.list("ActionNames.member");
    if actions.is_empty() {
        return Err(input::constraint("ActionNames", None, "Member must not be null"));
    }
    if let Some(wrong) = actions.iter().find(|action| !action.contains(':') || action.contains(['*', '?'])) {
        return Err(ApiError::new("InvalidInput", format!("Invalid action name: {wrong}")));
    }
    let resources = match params.list("ResourceArns.member") {
        none if none.is_empty() => vec!["*"],
        some => some,
    };
    let context = context_of(params)?;
    let mut rows = Vec::new();
    for action in actions {
        for resource in &resources {
            let decision = match decide(&policies, &Request { action, resource, context: &context }) {
                Decision::Allowed => "allowed",
                Decision::ExplicitDeny => "explicitDeny",
                Decision::ImplicitDeny => "implicitDeny",
            };
            let row = Xml::new()
                .text("EvalActionName", action)
                .text("EvalResourceName", resource)
                .text("EvalDecision", decision)
                .inside("MatchedStatements", Xml::new())
                .inside("MissingContextValues", Xml::new());
            rows.push((format!("{:08}", rows.len()), row));
        }
    }
    let (page, marker) = input::page(params, rows)?;
    Ok(Xml::new().list("EvaluationResults", "member", page).and(output::more(marker)))
}

fn policies_of(world: &World, source: &str) -> Result<Vec<Document>, ApiError> {
    // The caller is the account's administrator unless the region's options say otherwise, which only its entrance knows.
    if source == world.caller_arn() {
        return Document::parse(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        )
        .map(|document| vec![document]);
    }
    if !source.starts_with(&format!("arn:{}:iam::", world.partition)) {
        let message = format!("Invalid Entity Arn: {source} does not clearly define entity type and name.");
        return Err(ApiError::new("InvalidInput", message));
    }
    let role = world.iam.roles.values().find(|role| role.arn == source);
    let role = role.ok_or_else(|| input::no_such_entity(format!("The entity with ARN {source} cannot be found.")))?;
    let attached = role.attached.iter().filter_map(|arn| managed_policy::find(world, arn)).map(|view| view.document);
    role.inline.values().map(String::as_str).chain(attached).map(Document::parse).collect()
}

fn context_of(params: &Params) -> Result<Context, ApiError> {
    let mut context = Context::new();
    for entry in params.structures("ContextEntries.member") {
        let name = input::required(&entry, "ContextKeyName")?;
        context = context.with_all(name, entry.list("ContextKeyValues.member"));
    }
    Ok(context)
}
