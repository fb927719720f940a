//! What the caller must be allowed, from the declarations of whoever sends calls.
//!
//! The permissions page of the guide is written from this, and so can a policy be.

use std::collections::{BTreeMap, BTreeSet};

use crate::operation::{Operation, Sent};
use crate::{blockers, connect, kinds, survey, sweep};

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// To find out what there is: plan, drift, status, and the beginning of all others.
    Look,
    /// To make and change.
    Make,
    /// To delete.
    Delete,
    /// Before a deletion: to see what others have put in its way.
    LookForBlockers,
    /// To take the stack's things from where others put them, with `--force-foreign`.
    Detach,
    /// After a teardown: to see that nothing is left.
    Sweep,
}

/// An action that the caller must be allowed, and how a statement can hold it to less than everything.
#[derive(Debug, Clone)]
pub struct Permission {
    /// The action, as in policies: `ec2:RunInstances`.
    pub action: &'static str,
    /// What it is for.
    pub purposes: BTreeSet<Purpose>,
    /// Patterns of the ARNs that a statement can name; none if only `*` will do.
    pub resources: &'static [&'static str],
    /// Whether a condition on `aws:ResourceTag/KEY` holds it to what carries a tag.
    pub by_resource_tag: bool,
    /// Whether conditions on `aws:RequestTag/KEY` hold it to what is given a tag.
    pub by_request_tag: bool,
    /// Further condition keys.
    pub condition_keys: &'static [&'static str],
    /// Actions that AWS asks for as well, from whoever sends this one.
    pub also: Vec<&'static str>,
}

/// Returns every permission that any command needs, by action.
pub fn permissions() -> BTreeMap<&'static str, Permission> {
    let mut all = BTreeMap::new();
    note(&mut all, Purpose::Look, connect::CALLS);
    note(&mut all, Purpose::Look, survey::CALLS);
    for kind in kinds::all() {
        let calls = kind.calls();
        note(&mut all, Purpose::Look, calls.read);
        note(&mut all, Purpose::Make, calls.create);
        calls.update.iter().for_each(|(_, sent)| note(&mut all, Purpose::Make, *sent));
        note(&mut all, Purpose::Make, calls.poll);
        note(&mut all, Purpose::Delete, calls.delete);
        note(&mut all, Purpose::Sweep, calls.sweep);
    }
    note(&mut all, Purpose::LookForBlockers, blockers::LOOKING);
    note(&mut all, Purpose::Detach, blockers::DETACHING);
    note(&mut all, Purpose::Sweep, sweep::CALLS);
    all
}

fn note(all: &mut BTreeMap<&'static str, Permission>, purpose: Purpose, sent: Sent) {
    for operation in sent.all() {
        for operation in [operation].into_iter().chain(operation.also.iter().copied()) {
            let permission = all.entry(operation.name).or_insert_with(|| of_operation(operation));
            permission.purposes.insert(purpose);
        }
    }
}

fn of_operation(operation: &Operation) -> Permission {
    Permission {
        action: operation.name,
        purposes: BTreeSet::new(),
        resources: operation.resources,
        by_resource_tag: operation.by_resource_tag,
        by_request_tag: operation.by_request_tag,
        condition_keys: operation.condition_keys,
        also: operation.also.iter().map(|also| also.name).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: &str = "<!-- written from the declarations: ";
    const END: &str = "<!-- end -->";

    /// Writes the actions of a purpose that no earlier purpose has, a row for each service.
    fn actions_table(purpose: Purpose, earlier: &[Purpose]) -> String {
        let mut by_service: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for permission in permissions().values() {
            let is_new = earlier.iter().all(|purpose| !permission.purposes.contains(purpose));
            if permission.purposes.contains(&purpose) && is_new {
                let (service, action) = permission.action.split_once(':').expect("a service and an action");
                by_service.entry(service).or_default().push(action);
            }
        }
        let mut table = String::from("| service | actions |\n|---|---|\n");
        for (service, actions) in by_service {
            let actions: Vec<String> = actions.iter().map(|action| format!("`{action}`")).collect();
            table.push_str(&format!("| {service} | {} |\n", actions.join(", ")));
        }
        table
    }

    /// Writes how each action can be held to less; those that only `*` will do for are left out.
    fn limits_table() -> String {
        let mut table = String::from("| action | on | conditions | asks for as well |\n|---|---|---|---|\n");
        for permission in permissions().values().filter(|permission| !permission.resources.is_empty()) {
            let tags = [(permission.by_resource_tag, "aws:ResourceTag"), (permission.by_request_tag, "aws:RequestTag")];
            let conditions = tags.iter().filter(|(can, _)| *can).map(|(_, key)| *key);
            let quoted = |all: Vec<&str>| all.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
            table.push_str(&format!(
                "| `{}` | {} | {} | {} |\n",
                permission.action,
                quoted(permission.resources.iter().map(|arn| short(arn)).collect()),
                quoted(conditions.chain(permission.condition_keys.iter().copied()).collect()),
                quoted(permission.also.clone()),
            ));
        }
        table
    }

    /// The part of an ARN after the account: what comes before is the same for all of a service.
    fn short(arn: &str) -> &str {
        arn.splitn(6, ':').last().unwrap_or(arn)
    }

    fn written(name: &str) -> String {
        use Purpose::{Delete, Detach, Look, LookForBlockers, Make, Sweep};
        match name {
            "look" => actions_table(Look, &[]),
            "make" => actions_table(Make, &[Look]),
            "delete" => actions_table(Delete, &[Look, Make]),
            "blockers" => actions_table(LookForBlockers, &[Look]),
            "detach" => actions_table(Detach, &[Look, Make, Delete]),
            "sweep" => actions_table(Sweep, &[Look]),
            "limits" => limits_table(),
            _ => panic!("nothing is called {name}"),
        }
    }

    /// The tables of the page are written from the declarations, so that they stay true; the text between is not.
    /// `SNAPSHOTS=overwrite cargo test` renews them.
    #[test]
    fn the_permissions_page_is_true() {
        let path = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide/permissions.md"));
        let kept = std::fs::read_to_string(path).expect("the page");
        let mut parts = kept.split(BEGIN);
        let mut page = parts.next().expect("a beginning").to_owned();
        let mut tables = 0;
        for part in parts {
            let (name, rest) = part.split_once(" -->").expect("the name of a table");
            let (_, after) = rest.split_once(END).expect("the end of a table");
            page.push_str(&format!("{BEGIN}{name} -->\n{}{END}{after}", written(name)));
            tables += 1;
        }
        assert_eq!(tables, 7, "tables of the page");
        snapbox::Assert::new().action_env("SNAPSHOTS").eq(page, snapbox::Data::read_from(path, None));
    }

    #[test]
    fn an_action_means_the_same_wherever_it_is_declared() {
        let mut known: BTreeMap<&str, String> = BTreeMap::new();
        let of_kinds = kinds::all().into_iter().flat_map(|kind| {
            let calls = kind.calls();
            let updates = calls.update.iter().map(|(_, sent)| *sent);
            [calls.create, calls.delete, calls.read, calls.poll, calls.sweep]
                .into_iter()
                .chain(updates)
                .collect::<Vec<_>>()
        });
        let others = [connect::CALLS, survey::CALLS, blockers::LOOKING, blockers::DETACHING, sweep::CALLS];
        for operation in of_kinds.chain(others).flat_map(Sent::all) {
            let told = format!("{operation:?}");
            assert_eq!(*known.entry(operation.name).or_insert_with(|| told.clone()), told, "declared twice");
        }
        assert!(known.len() > 80, "{} actions", known.len());
    }

    #[test]
    fn a_field_that_can_change_has_its_calls() {
        for kind in kinds::all() {
            let (schema, calls) = (kind.schema(), kind.calls());
            for field in schema.fields {
                let declared = calls.update.iter().any(|(name, _)| *name == field.name);
                assert_eq!(declared, !field.immutable, "{} {}", schema.kind, field.name);
            }
            for (name, _) in calls.update {
                assert!(schema.field(name).is_some(), "{} has no field {name}", schema.kind);
            }
            assert!(!calls.create.always.is_empty() && !calls.delete.always.is_empty(), "{}", schema.kind);
        }
    }
}
