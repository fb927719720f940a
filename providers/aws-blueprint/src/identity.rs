//! `identity/…`: what the instances may do. The role is named as the stack and lives under a path of its own, so that
//! everything of a stack can be found by path.

use std::collections::BTreeMap;

use crate::stack::{Diagnostic, Stack};
use landfall_engine::address::Address;
use landfall_engine::kind::Kind;
use landfall_engine::resource::{Reference, Value};
use landfall_engine::snapshot::Declared;
use serde_json::json;

use crate::addresses as of;
use crate::facts::Facts;
use crate::labels::Labels;

/// Returns the address of the instance profile.
pub(crate) fn instance_profile() -> Address {
    Address::of(["identity", "instance-profile"])
}

/// Returns the address of the role's place in the profile.
pub(crate) fn instance_profile_role() -> Address {
    of::instance_profile_role()
}

/// Returns everything that gives the instances rights: they should have them when they boot.
pub(crate) fn grants(stack: &Stack) -> Vec<Address> {
    let attached = stack.iam.policies.iter().map(|policy| of::role_policy_attachment(policy));
    attached.chain([of::role_policy(LOGS_POLICY)]).collect()
}

/// The name of the inline policy that lets instances write their logs.
const LOGS_POLICY: &str = "logs";

fn role() -> Address {
    Address::of(["identity", "role"])
}

pub(crate) fn declare(stack: &Stack, facts: &Facts, labels: &Labels<'_>, declared: &mut Declared) {
    let name = stack.name.as_str();
    let path = format!("/landfall/{name}/");
    let role_name = || Reference::output(&role(), "name");
    declared.add(
        labels
            .global(role(), Kind::new("iam.role"))
            .with("name", name)
            .with("path", path.as_str())
            .with("assume_role_policy", trust_of_instances())
            .with("tags", labels.tags_of_global(&role(), "")),
    );
    declared.add(
        labels
            .global(of::role_policy(LOGS_POLICY), Kind::new("iam.role_policy"))
            .with("role_name", role_name())
            .with("name", LOGS_POLICY)
            .with("policy", logs_policy(stack, facts)),
    );
    for policy in &stack.iam.policies {
        let arn = policy_arn(policy, &facts.partition);
        declared.add(
            labels
                .global(of::role_policy_attachment(&arn), Kind::new("iam.role_policy_attachment"))
                .with("role_name", role_name())
                .with("policy_arn", arn.as_str()),
        );
    }
    declared.add(
        labels
            .global(instance_profile(), Kind::new("iam.instance_profile"))
            .with("name", name)
            .with("path", path.as_str())
            .with("tags", labels.tags_of_global(&instance_profile(), "")),
    );
    declared.add(
        labels
            .global(instance_profile_role(), Kind::new("iam.instance_profile_role"))
            .with("instance_profile_name", Reference::output(&instance_profile(), "name"))
            .with("role_name", role_name()),
    );
}

/// Returns the policies that cannot be told apart by the name of their attachment.
pub(crate) fn problems(stack: &Stack) -> Vec<Diagnostic> {
    let mut seen: BTreeMap<Address, &str> = BTreeMap::new();
    let mut problems = Vec::new();
    for policy in &stack.iam.policies {
        let Some(other) = seen.insert(of::role_policy_attachment(policy), policy) else { continue };
        let message = format!("iam.policies: {policy} has the same name as {other}");
        let problem = Diagnostic::at_path(format!("iam.policies.{policy}"), &stack.origins, message);
        problems.push(problem.help("attachments are named after their policies: give one of them another name"));
    }
    problems
}

fn trust_of_instances() -> Value {
    Value::Literal(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }],
    }))
}

/// Write to streams of the stack's own group, and nothing else. CreateLogGroup is left out on purpose: a machine that
/// outlives the group for a moment would make it anew, untagged and without retention.
fn logs_policy(stack: &Stack, facts: &Facts) -> Value {
    let (partition, region, account) = (&facts.partition, &facts.region, &facts.account);
    let group = format!("arn:{partition}:logs:{region}:{account}:log-group:{}", stack.name);
    Value::Literal(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [format!("{group}:log-stream:*")],
        }],
    }))
}

/// A bare name is one of AWS's own policies.
fn policy_arn(policy: &str, partition: &str) -> String {
    if policy.starts_with("arn:") { policy.to_owned() } else { format!("arn:{partition}:iam::aws:policy/{policy}") }
}
