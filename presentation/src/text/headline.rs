//! What a resource is, in a few words: a subnet its block, an instance its type.
//!
//! A table of property names by kind, and two kinds that need a sentence. A kind without an entry has no words of its
//! own, and loses nothing else by it.

use landfall_engine::kind::Kind;
use landfall_engine::plan::{Action, Change};
use landfall_engine::resource::Literal;

use super::value::short;

/// The properties that tell one of a kind from its like.
const TELLING: &[(&str, &[&str])] = &[
    ("ec2.vpc", &["cidr_block"]),
    ("ec2.subnet", &["cidr_block"]),
    ("ec2.route", &["destination"]),
    ("ec2.vpc_endpoint", &["service_name"]),
    ("iam.role_policy_attachment", &["policy_arn"]),
];

/// Looks a property up; `None` while it is not known.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<&'a Literal>;

/// Returns the words for what a change leads to, or for what goes. Empty if there are none.
pub fn of_change(change: &Change) -> String {
    let existing = change.existing.as_ref();
    let goes = matches!(change.action, Action::Delete | Action::Forget);
    headline(&change.kind, &|name| match change.after.get(name) {
        Some(after) if !goes => after,
        _ => existing?.property(name),
    })
}

/// Returns the words for a resource of these properties. Empty if there are none.
pub fn headline<'a>(kind: &Kind, look_up: Lookup<'a>) -> String {
    let text = |name: &str| look_up(name).filter(|value| !value.is_null()).and_then(short);
    match kind.as_str() {
        "ec2.instance" => instance(look_up),
        "ec2.security_group_rule" => rule(look_up),
        "logs.log_group" => text("retention_in_days").map_or(String::new(), |days| format!("kept {days} days")),
        other => {
            let names = TELLING.iter().find(|(kind, _)| *kind == other).map_or(&[][..], |(_, names)| names);
            names.iter().filter_map(|name| text(name)).collect::<Vec<_>>().join(", ")
        }
    }
}

fn instance<'a>(look_up: Lookup<'a>) -> String {
    let instance_type = look_up("instance_type").and_then(short);
    let market = match look_up("market").and_then(Literal::as_str) {
        Some("spot") => Some("spot"),
        Some("spot-or-on-demand") => Some("spot or on demand"),
        _ => None,
    };
    instance_type.into_iter().chain(market.map(str::to_owned)).collect::<Vec<_>>().join(", ")
}

fn rule<'a>(look_up: Lookup<'a>) -> String {
    let text = |name: &str| look_up(name).filter(|value| !value.is_null()).and_then(short);
    let Some(protocol) = text("protocol") else { return String::new() };
    let what = match (protocol.as_str(), text("from_port"), text("to_port")) {
        ("-1", ..) => "everything".to_owned(),
        (_, Some(from), Some(to)) if from == to => format!("{protocol} {from}"),
        (_, Some(from), Some(to)) => format!("{protocol} {from}-{to}"),
        _ => protocol,
    };
    let outward = text("direction").is_some_and(|direction| direction == "egress");
    match ["cidr", "source_group_id", "prefix_list_id"].into_iter().find_map(text) {
        Some(other_end) => format!("{what} {} {other_end}", if outward { "to" } else { "from" }),
        None => what,
    }
}
