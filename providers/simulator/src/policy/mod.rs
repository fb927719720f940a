//! IAM policies: what a document says, and whether it allows a request.
//!
//! "IAM JSON policy elements reference" and "Policy evaluation logic" of the IAM guide, for identity policies of one
//! account: an explicit deny wins, then an allow, and what nobody allows is denied. Organizations' policies, permission
//! boundaries and session policies are not modelled.

mod condition;
mod context;
pub(crate) mod parse;
mod pattern;

#[cfg(test)]
mod tests;

pub(crate) use context::{Context, Request};

use condition::Condition;
use pattern::Pattern;

/// A policy document, read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    statements: Vec<Statement>,
}

/// One statement of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    is_allow: bool,
    actions: Choice,
    /// A trust policy has none: it is about the role that it belongs to.
    resources: Option<Choice>,
    principals: Vec<Principal>,
    conditions: Vec<Condition>,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    AnyOf(Vec<Pattern>),
    NoneOf(Vec<Pattern>),
}

/// Who may take on a role: `Service: ec2.amazonaws.com`, `AWS: arn:…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    /// `AWS`, `Service`, `Federated`, `CanonicalUser`, or `*` for everybody.
    pub(crate) kind: String,
    /// Whose name it is.
    pub(crate) name: String,
}

/// What policies say about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// A statement allows it and none denies it.
    Allowed,
    /// A statement denies it.
    ExplicitDeny,
    /// No statement speaks of it.
    ImplicitDeny,
}

/// Decides about a request by all policies that apply to its caller.
pub(crate) fn decide(policies: &[Document], request: &Request<'_>) -> Decision {
    let mut decision = Decision::ImplicitDeny;
    for statement in policies.iter().flat_map(|document| &document.statements) {
        if statement.applies(request) {
            if !statement.is_allow {
                return Decision::ExplicitDeny;
            }
            decision = Decision::Allowed;
        }
    }
    decision
}

impl Document {
    /// Returns everybody whom the document names, as a trust policy does.
    pub(crate) fn principals(&self) -> impl Iterator<Item = &Principal> {
        self.statements.iter().flat_map(|statement| &statement.principals)
    }
}

impl Statement {
    fn applies(&self, request: &Request<'_>) -> bool {
        // Actions are compared without regard to case, resources with.
        self.actions.covers(|pattern| pattern.matches_ignoring_case(request.action, request.context))
            && self
                .resources
                .as_ref()
                .is_none_or(|choice| choice.covers(|pattern| pattern.matches(request.resource, request.context)))
            && self.conditions.iter().all(|condition| condition.holds(request.context))
    }
}

impl Choice {
    fn covers(&self, mut is_match: impl FnMut(&Pattern) -> bool) -> bool {
        match self {
            Choice::AnyOf(patterns) => patterns.iter().any(&mut is_match),
            Choice::NoneOf(patterns) => !patterns.iter().any(&mut is_match),
        }
    }
}
