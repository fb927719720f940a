//! One line of a plan: a change, or several alike, and below it what exactly differs.

use std::collections::BTreeSet;

use anstyle::Style;
use landfall_engine::diff::FieldChange;
use landfall_engine::kind::Replacement;
use landfall_engine::plan::{Action, Change, Reason};

use super::bundle::Bundle;
use super::escape::visible;
use super::headline::of_change;
use super::nouns::{count_of, noun};
use super::style::{CHANGED, FAINT, GONE, MADE, REPLACED, paint};
use super::value::{change_lines, field_name, short_change};

/// A line of a plan, in its columns.
pub struct Row {
    symbol: &'static str,
    style: Style,
    /// What is changed.
    pub name: String,
    /// What it is or becomes.
    headline: String,
    /// Why, where it does not go without saying.
    reason: Option<String>,
    details: Vec<String>,
}

impl Row {
    /// Returns the row for a bundle of like changes. `strip` is what its section's title says already, and `understood`
    /// the reasons that go without saying.
    pub fn new(bundle: &Bundle<&Change>, strip: &str, understood: &[Reason]) -> Option<Row> {
        let change = *bundle.members.first()?;
        let (symbol, style) = symbol(change.action);
        let name = bundle.name.strip_prefix(strip).unwrap_or(&bundle.name);
        let inline = match change.fields.as_slice() {
            [only] => short_change(only).map(|short| format!("{} {short}", field_name(&only.path))),
            _ => None,
        };
        let details = if inline.is_some() { vec![] } else { change.fields.iter().flat_map(detail_lines).collect() };
        Some(Row {
            symbol,
            style,
            name: name.to_owned(),
            headline: headline(&bundle.members, inline),
            reason: reason(change, understood),
            details,
        })
    }

    /// Returns the row as lines, its name padded to a width.
    pub fn lines(&self, width: usize) -> String {
        let mut line = format!("  {} {:<width$}", paint(self.style, self.symbol), self.name);
        for part in [Some(self.headline.clone()), self.reason.as_ref().map(|reason| paint(FAINT, reason))] {
            if let Some(part) = part.filter(|part| !part.is_empty()) {
                line.push_str("   ");
                line.push_str(&part);
            }
        }
        let mut text = line.trim_end().to_owned() + "\n";
        for detail in &self.details {
            text.push_str("        ");
            text.push_str(detail);
            text.push('\n');
        }
        text
    }
}

/// Returns what must be equal for changes to share a line: everything that is said of them.
pub fn likeness(change: &Change) -> impl Ord + use<> {
    let fields: Vec<String> = change.fields.iter().map(|field| format!("{field:?}")).collect();
    let telling = match change.kind.as_str() {
        // Workers of two types are two things to a reader; subnets of two blocks are not.
        "ec2.instance" => of_change(change),
        _ => String::new(),
    };
    (change.kind.clone(), format!("{:?}", change.action), format!("{:?}", change.reason), telling, fields)
}

fn symbol(action: Action) -> (&'static str, Style) {
    match action {
        Action::Create => ("+", MADE),
        Action::Update => ("~", CHANGED),
        Action::Replace(_) => ("±", REPLACED),
        Action::Delete => ("-", GONE),
        Action::NoOp => ("=", FAINT),
        Action::Forget => ("·", FAINT),
        Action::Import => ("←", MADE),
    }
}

/// A change that fits the line says what the resource becomes; what else there is to say of one comes without it.
fn headline(members: &[&Change], inline: Option<String>) -> String {
    let words = match (inline, members) {
        (Some(inline), [_]) => inline,
        (Some(inline), [change, ..]) => joined([count_of(members.len(), &noun(&change.kind)), inline]),
        (inline, _) => joined([bundle_headline(members), inline.unwrap_or_default()]),
    };
    match (words.is_empty(), id_of_single(members)) {
        (_, None) => words,
        (true, Some(id)) => paint(FAINT, id),
        (false, Some(id)) => format!("{words} {}", paint(FAINT, format!("({id})"))),
    }
}

fn bundle_headline(members: &[&Change]) -> String {
    let headlines: Vec<String> = members.iter().map(|change| of_change(change)).collect();
    let Some((first, last)) = headlines.first().zip(headlines.last()) else { return String::new() };
    let Some(change) = members.first().filter(|_| members.len() > 1) else { return first.clone() };
    let all_alike = headlines.iter().collect::<BTreeSet<_>>().len() == 1;
    match (change.kind.as_str(), all_alike) {
        ("ec2.instance", true) => format!("{} × {first}", members.len()),
        (_, true) => joined([count_of(members.len(), &noun(&change.kind)), first.clone()]),
        (_, false) => format!("{}, {}", count_of(members.len(), &noun(&change.kind)), from_to(first, last)),
    }
}

/// Returns what stands between two texts, the words that both have said once: `tcp 22 … 8787 from 0.0.0.0/0`.
fn from_to(first: &str, last: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (first.split(' ').collect(), last.split(' ').collect());
    let begin = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let room = a.len().min(b.len()) - begin;
    let end = a.iter().rev().zip(b.iter().rev()).take(room).take_while(|(x, y)| x == y).count();
    let (middle_a, middle_b) = (&a[begin..a.len() - end], &b[begin..b.len() - end]);
    [&a[..begin], middle_a, &["…"], middle_b, &a[a.len() - end..]].concat().join(" ")
}

/// The id of a single thing that exists and goes, or is taken over: it is what others know it by.
fn id_of_single(members: &[&Change]) -> Option<String> {
    match members {
        [Change { action: Action::Delete | Action::Import | Action::Forget, existing: Some(existing), .. }] => {
            Some(visible(existing.id.as_str()))
        }
        _ => None,
    }
}

fn detail_lines(field: &FieldChange) -> Vec<String> {
    let mut lines = change_lines(field);
    if field.forces_replacement {
        lines[0].push_str(&paint(FAINT, "   forces replacement"));
    }
    lines
}

fn joined<const N: usize>(parts: [String; N]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Says why a change is planned, where its symbol and fields do not say so already.
fn reason(change: &Change, understood: &[Reason]) -> Option<String> {
    let cause = match (&change.reason, change.action) {
        (reason, _) if understood.contains(reason) => None,
        (Reason::Unchanged | Reason::New | Reason::Changed, _) => None,
        (Reason::Vanished, Action::Forget) => Some("is gone already, only the state still had it".to_owned()),
        (Reason::Vanished, _) => Some("is gone from the account, made again".to_owned()),
        (Reason::Drifted, _) => Some("changed outside landfall".to_owned()),
        (Reason::Requested, _) => Some("asked for with --replace".to_owned()),
        (Reason::Unrecorded, Action::Import) => Some("exists already, taken into the state".to_owned()),
        (Reason::Unrecorded, _) => Some("exists already, but not in the state".to_owned()),
        (Reason::Elsewhere(place), _) => Some(format!("is in {}", visible(&place.to_string()))),
        (Reason::Failed(why), _) => Some(format!("failed to come up: {}", visible(why))),
        (Reason::Pending, _) => Some("is still coming up, waited for".to_owned()),
        (Reason::Undeclared, _) => Some("no longer declared".to_owned()),
        (Reason::Deposed, _) => Some("its replacement exists already".to_owned()),
        (Reason::Unexpected, _) => Some("unexpected: in the account, but not recorded".to_owned()),
    };
    let parts: Vec<String> = cause.into_iter().chain(forced_replacement(change)).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Names the fields that cannot change in place, and what comes first.
fn forced_replacement(change: &Change) -> Option<String> {
    let Action::Replace(order) = change.action else { return None };
    let order = match order {
        Replacement::DeleteFirst => "the old one goes first",
        Replacement::CreateFirst => "the new one comes first",
    };
    let mut names: Vec<String> =
        change.fields.iter().filter(|field| field.forces_replacement).map(|field| field_name(&field.path)).collect();
    names.dedup();
    if names.is_empty() {
        return Some(order.to_owned());
    }
    Some(format!("{} cannot change in place, {order}", names.join(", ")))
}
