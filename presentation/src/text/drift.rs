//! Drift as a person reads it: where the account differs from what landfall recorded, and what apply would do about it.

use std::collections::BTreeMap;

use landfall_engine::drift::{Drift, DriftType};
use landfall_engine::plan::{Action, Plan};

use super::bundle::{Bundle, bundle};
use super::closing::drift_sentence;
use super::escape::visible;
use super::nouns::{count_of, noun};
use super::sections::Section;
use super::style::{CHANGED, FAINT, GONE, HEADING, MADE, paint};
use super::value::change_lines;

/// Returns the drift as text. `plan` is what apply would do, where the stack file could be compiled.
pub fn drift_text(drift: &[Drift], stack: &str, plan: Option<&Plan>) -> String {
    if drift.is_empty() {
        return format!("{} the account is as landfall left it.\n", paint(HEADING, "Drift: none;"));
    }
    let mut sections: BTreeMap<Section, Vec<&Drift>> = BTreeMap::new();
    for one in drift {
        sections.entry(Section::of(&one.address)).or_default().push(one);
    }
    let mut text = String::new();
    for (section, members) in sections {
        text.push_str(&format!("{}\n", paint(HEADING, section.title())));
        for bundle in bundle(members, |drift| &drift.address, |drift| likeness(drift, plan)) {
            text.push_str(&lines(&bundle, &section.prefix, plan));
        }
    }
    text.push_str(&format!("\n{}\n", paint(HEADING, drift_sentence(drift))));
    text + &advice(stack, plan)
}

fn likeness(drift: &Drift, plan: Option<&Plan>) -> impl Ord + use<> {
    (drift.kind.clone(), format!("{:?}", drift.drift_type), remedy(drift, plan))
}

fn lines(bundle: &Bundle<&Drift>, prefix: &str, plan: Option<&Plan>) -> String {
    let Some(drift) = bundle.members.first() else { return String::new() };
    let (symbol, style, word) = match &drift.drift_type {
        DriftType::Changed(_) => ("~", CHANGED, "changed"),
        DriftType::Missing => ("-", GONE, "missing"),
        DriftType::Unexpected => ("+", MADE, "unexpected"),
    };
    let which = match bundle.members.len() {
        1 => visible(drift.id.as_str()),
        several => count_of(several, &noun(&drift.kind)),
    };
    let name = bundle.name.strip_prefix(prefix).unwrap_or(&bundle.name);
    let remedy = remedy(drift, plan).map(|remedy| paint(FAINT, format!("   apply {remedy}"))).unwrap_or_default();
    let mut text = format!("  {} {word} {name}   {which}{remedy}\n", paint(style, symbol));
    if let DriftType::Changed(fields) = &drift.drift_type {
        for line in fields.iter().flat_map(change_lines) {
            text.push_str(&format!("        {line}\n"));
        }
    }
    text
}

/// Says what apply would do about it.
fn remedy(drift: &Drift, plan: Option<&Plan>) -> Option<&'static str> {
    let of_this = |id| drift.drift_type == DriftType::Missing || id == Some(&drift.id);
    let mut changes = plan?.changes.iter().filter(|change| change.address == drift.address);
    let change = changes.find(|change| of_this(change.existing.as_ref().map(|existing| &existing.id)))?;
    Some(match change.action {
        Action::Create => "makes it again",
        Action::Update => "sets it back",
        Action::Replace(_) => "replaces it",
        Action::Delete => "deletes it",
        Action::Forget => "takes it out of the state",
        Action::Import => "takes it into the state",
        Action::NoOp => "takes it over, for the stack file says the same",
    })
}

fn advice(stack: &str, plan: Option<&Plan>) -> String {
    match plan {
        Some(plan) if plan.is_empty() => format!("      The account is as {stack} declares it all the same.\n"),
        Some(_) => "      `landfall plan` shows what apply would do, `landfall apply` brings the account back.\n\
                    \x20     To keep a change, write it into the stack file first.\n"
            .to_owned(),
        None => "      The stack file cannot be compiled for this account, so what apply would do is not known.\n"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests;
