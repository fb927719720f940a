//! Reading documents, as strictly as IAM does: what it refuses is `MalformedPolicyDocument` here as well.

use serde_json::{Map, Value};

use super::condition::Condition;
use super::pattern::Pattern;
use super::{Choice, Document, Principal, Statement};
use crate::wire::error::ApiError;

/// What a document belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Says what its owner may do.
    Identity,
    /// Says who may take on a role.
    Trust,
}

impl Document {
    /// Reads an identity policy: every statement has actions and resources and names no principal.
    pub(crate) fn parse(text: &str) -> Result<Document, ApiError> {
        read(text, Kind::Identity)
    }

    /// Reads a trust policy: every statement has a principal and actions of STS and names no resource.
    pub(crate) fn parse_trust(text: &str) -> Result<Document, ApiError> {
        read(text, Kind::Trust)
    }
}

/// Returns the error for a document that IAM does not take.
pub(crate) fn malformed(message: impl Into<String>) -> ApiError {
    ApiError::new("MalformedPolicyDocument", message)
}

fn syntax() -> ApiError {
    malformed("Syntax errors in policy.")
}

fn read(text: &str, kind: Kind) -> Result<Document, ApiError> {
    let invalid = || match kind {
        Kind::Identity => syntax(),
        Kind::Trust => malformed("This policy contains invalid Json"),
    };
    let document: Value = serde_json::from_str(text).map_err(|_| invalid())?;
    let document = document.as_object().ok_or_else(invalid)?;
    if document.keys().any(|key| !matches!(key.as_str(), "Version" | "Id" | "Statement")) {
        return Err(syntax());
    }
    if document.get("Id").is_some_and(|id| !id.is_string()) {
        return Err(syntax());
    }
    let version = match document.get("Version") {
        None => "2008-10-17",
        Some(Value::String(version)) if matches!(version.as_str(), "2008-10-17" | "2012-10-17") => version,
        Some(_) => return Err(syntax()),
    };
    let has_variables = version == "2012-10-17";
    if kind == Kind::Identity && !has_variables {
        return Err(malformed("Policy document must be version 2012-10-17 or greater."));
    }
    let statements: Vec<&Value> = match document.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => statements.iter().collect(),
        Some(statement @ Value::Object(_)) => vec![statement],
        _ => return Err(syntax()),
    };
    let mut sids = Vec::new();
    let mut read = Vec::new();
    for statement in statements {
        let statement = statement.as_object().ok_or_else(syntax)?;
        if let Some(sid) = sid_of(statement, kind)? {
            if sids.contains(&sid) {
                return Err(malformed("Statement IDs (SID) in a single policy must be unique."));
            }
            sids.push(sid);
        }
        read.push(read_statement(statement, kind, has_variables)?);
    }
    Ok(Document { statements: read })
}

fn sid_of(statement: &Map<String, Value>, kind: Kind) -> Result<Option<&str>, ApiError> {
    let sid = match statement.get("Sid") {
        None => return Ok(None),
        Some(Value::String(sid)) => sid.as_str(),
        Some(_) => return Err(syntax()),
    };
    if kind == Kind::Identity && !sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(malformed(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
        ));
    }
    Ok(Some(sid).filter(|sid| !sid.is_empty()))
}

fn read_statement(statement: &Map<String, Value>, kind: Kind, has_variables: bool) -> Result<Statement, ApiError> {
    const FIELDS: [&str; 9] =
        ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"];
    if statement.keys().any(|key| !FIELDS.contains(&key.as_str())) {
        return Err(syntax());
    }
    let is_allow = match statement.get("Effect") {
        Some(Value::String(effect)) if effect == "Allow" => true,
        Some(Value::String(effect)) if effect == "Deny" => false,
        Some(_) => return Err(syntax()),
        None if kind == Kind::Trust => return Err(malformed("Missing required field Effect")),
        None => return Err(syntax()),
    };
    let (actions, action_texts) = match choice(statement, "Action", "NotAction", has_variables)? {
        Some(found) => found,
        None if kind == Kind::Trust => return Err(malformed("Missing required field Action")),
        None => return Err(malformed("Policy statement must contain actions.")),
    };
    for action in &action_texts {
        check_action(action, kind)?;
    }
    let resources = choice(statement, "Resource", "NotResource", has_variables)?;
    let names_principal = statement.contains_key("Principal") || statement.contains_key("NotPrincipal");
    let (resources, principals) = match kind {
        Kind::Trust if resources.is_some() => return Err(malformed("Has prohibited field Resource")),
        Kind::Trust if statement.contains_key("NotPrincipal") => {
            return Err(malformed("Has prohibited field NotPrincipal"));
        }
        Kind::Trust => (None, principals(statement)?),
        Kind::Identity if names_principal => {
            return Err(malformed("Policy document should not specify a principal."));
        }
        Kind::Identity => {
            let (resources, texts) = resources.ok_or_else(|| malformed("Policy statement must contain resources."))?;
            texts.iter().try_for_each(|text| check_resource(text))?;
            (Some(resources), vec![])
        }
    };
    Ok(Statement { is_allow, actions, resources, principals, conditions: conditions(statement, has_variables)? })
}

fn choice(
    statement: &Map<String, Value>,
    any: &str,
    none: &str,
    has_variables: bool,
) -> Result<Option<(Choice, Vec<String>)>, ApiError> {
    let (values, make): (&Value, fn(Vec<Pattern>) -> Choice) = match (statement.get(any), statement.get(none)) {
        (Some(_), Some(_)) => return Err(syntax()),
        (Some(values), None) => (values, Choice::AnyOf),
        (None, Some(values)) => (values, Choice::NoneOf),
        (None, None) => return Ok(None),
    };
    let texts = texts(values)?;
    if texts.is_empty() {
        return Ok(None);
    }
    let patterns = texts.iter().map(|text| Pattern::parse(text, has_variables)).collect();
    Ok(Some((make(patterns), texts)))
}

/// One text or a list of texts.
fn texts(value: &Value) -> Result<Vec<String>, ApiError> {
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(all) => all.iter().map(|v| v.as_str().map(str::to_owned).ok_or_else(syntax)).collect(),
        _ => Err(syntax()),
    }
}

fn check_action(action: &str, kind: Kind) -> Result<(), ApiError> {
    if kind == Kind::Trust {
        const ALLOWED: [&str; 7] = [
            "sts:AssumeRole",
            "sts:AssumeRoleWithSAML",
            "sts:AssumeRoleWithWebIdentity",
            "sts:TagSession",
            "sts:SetSourceIdentity",
            "sts:SetContext",
            "sts:*",
        ];
        if ALLOWED.iter().any(|allowed| allowed.eq_ignore_ascii_case(action)) {
            return Ok(());
        }
        return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
    }
    if action == "*" {
        return Ok(());
    }
    let Some((vendor, name)) = action.split_once(':') else {
        let message = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
        return Err(malformed(message));
    };
    if name.contains(':') {
        return Err(malformed("Actions/Condition can contain only one colon."));
    }
    if vendor.is_empty() || !vendor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(malformed(format!("Vendor {vendor} is not valid")));
    }
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'?')) {
        return Err(malformed("The policy failed legacy parsing"));
    }
    Ok(())
}

fn check_resource(resource: &str) -> Result<(), ApiError> {
    if resource == "*" {
        return Ok(());
    }
    let mut parts = resource.splitn(6, ':');
    if parts.next() != Some("arn") {
        return Err(malformed(format!("Resource {resource} must be in ARN format or \"*\".")));
    }
    let partition = parts.next().unwrap_or_default();
    if !matches!(partition, "*" | "aws" | "aws-cn" | "aws-us-gov") {
        return Err(malformed(format!("Partition \"{partition}\" is not valid for resource \"{resource}\".")));
    }
    // `arn:aws:ec2:*` is taken: the last wildcard stands for all that follows.
    if parts.count() < 4 && !resource.ends_with('*') {
        return Err(malformed("The policy failed legacy parsing"));
    }
    Ok(())
}

fn principals(statement: &Map<String, Value>) -> Result<Vec<Principal>, ApiError> {
    let empty = || malformed("Missing required field Principal cannot be empty!");
    match statement.get("Principal") {
        Some(Value::String(all)) if all == "*" => Ok(vec![Principal { kind: "*".to_owned(), name: "*".to_owned() }]),
        Some(Value::Object(kinds)) => {
            let mut principals = Vec::new();
            for (kind, names) in kinds {
                if !matches!(kind.as_str(), "AWS" | "Service" | "Federated" | "CanonicalUser") {
                    return Err(malformed(format!("Invalid principal in policy: \"{kind}\"")));
                }
                principals.extend(texts(names)?.into_iter().map(|name| Principal { kind: kind.clone(), name }));
            }
            if principals.is_empty() { Err(empty()) } else { Ok(principals) }
        }
        None => Err(empty()),
        Some(_) => Err(malformed("Invalid principal in policy.")),
    }
}

fn conditions(statement: &Map<String, Value>, has_variables: bool) -> Result<Vec<Condition>, ApiError> {
    let operators = match statement.get("Condition") {
        None => return Ok(vec![]),
        Some(Value::Object(operators)) => operators,
        Some(_) => return Err(syntax()),
    };
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        for (key, values) in keys.as_object().ok_or_else(syntax)? {
            if !key.contains(':') {
                let message = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
                return Err(malformed(message));
            }
            let values: Vec<String> = match values {
                Value::Array(all) => all.iter().map(scalar).collect::<Option<_>>(),
                one => scalar(one).map(|one| vec![one]),
            }
            .ok_or_else(syntax)?;
            conditions.push(Condition::read(operator, key, &values, has_variables).ok_or_else(syntax)?);
        }
    }
    Ok(conditions)
}

/// Values may be written without quotation marks: `"aws:SecureTransport": true`.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}
