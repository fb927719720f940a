//! Trust policies: who may take on a role.

use super::input;
use crate::policy::parse::malformed;
use crate::policy::{Document, Principal};
use crate::wire::error::ApiError;
use crate::world::World;

/// Most characters of a trust policy (quota "Role trust policy length").
const SIZE_MAX: usize = 2048;

/// Services that roles are made for, by the first part of their principal. IAM refuses what is no service.
const SERVICES: [&str; 40] = [
    "apigateway",
    "application-autoscaling",
    "autoscaling",
    "backup",
    "batch",
    "bedrock",
    "cloudformation",
    "cloudtrail",
    "codebuild",
    "codedeploy",
    "codepipeline",
    "config",
    "delivery.logs",
    "dlm",
    "ec2",
    "ec2.application-autoscaling",
    "ecs",
    "ecs-tasks",
    "eks",
    "eks-fargate-pods",
    "elasticfilesystem",
    "elasticloadbalancing",
    "elasticmapreduce",
    "events",
    "export.rds",
    "firehose",
    "glue",
    "imagebuilder",
    "kinesis",
    "lambda",
    "logs",
    "monitoring.rds",
    "pods.eks",
    "rds",
    "s3",
    "sagemaker",
    "scheduler",
    "spotfleet",
    "ssm",
    "states",
];

/// Checks a trust policy: its form, its size, and that everybody in it exists.
pub(super) fn check(world: &World, text: &str) -> Result<(), ApiError> {
    let document = Document::parse_trust(text)?;
    if input::document_size(text) > SIZE_MAX {
        return Err(input::limit_exceeded("ACLSizePerRole", SIZE_MAX));
    }
    for principal in document.principals() {
        if !exists(world, principal) {
            let kind = if principal.kind == "Service" { "SERVICE" } else { principal.kind.as_str() };
            let message = format!("Invalid principal in policy: \"{kind}\":\"{}\"", principal.name);
            return Err(malformed(message));
        }
    }
    Ok(())
}

fn exists(world: &World, principal: &Principal) -> bool {
    match principal.kind.as_str() {
        "*" => true,
        "AWS" => principal.name == "*" || is_account_entity(world, &principal.name),
        "Service" => {
            let name = principal.name.strip_suffix(".cn").unwrap_or(&principal.name);
            name.strip_suffix(".amazonaws.com").is_some_and(|service| SERVICES.contains(&service))
        }
        // Identity providers and canonical users are not modelled, so that none exists.
        _ => false,
    }
}

/// An account, or somebody in one. Of other accounts only the form of the name can be known.
fn is_account_entity(world: &World, name: &str) -> bool {
    if is_account(name) {
        return true;
    }
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, entity] = parts[..] else { return false };
    if partition != world.partition || !is_account(account) {
        return false;
    }
    if entity == "root" {
        return true;
    }
    if account == world.account {
        return world.iam.roles.values().any(|role| role.arn == name) || world.caller_arn() == name;
    }
    entity
        .strip_prefix("role/")
        .or_else(|| entity.strip_prefix("user/"))
        .is_some_and(|rest| !rest.is_empty() && !rest.contains('*'))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}
