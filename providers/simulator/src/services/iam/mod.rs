//! IAM: query protocol, one global host, names instead of ids.
//!
//! Roles with their inline and attached policies, instance profiles, managed policies of the account and of AWS, and the
//! policy simulator for roles. Users, groups, permission boundaries and policy versions beyond `v1` are not modelled.

mod attached_policy;
mod aws_managed;
mod input;
pub(crate) mod instance_profile;
pub(crate) mod managed_policy;
mod output;
pub(crate) mod role;
mod role_policy;
mod simulate;
mod tagging;
mod trust;

#[cfg(test)]
mod tests;

use super::action::Action;

pub(crate) use instance_profile::usable_profile;

/// All actions, by resource.
pub(crate) const ACTIONS: &[&[Action]] = &[
    role::ACTIONS,
    role_policy::ACTIONS,
    attached_policy::ACTIONS,
    instance_profile::ACTIONS,
    managed_policy::ACTIONS,
    tagging::ACTIONS,
    simulate::ACTIONS,
];
