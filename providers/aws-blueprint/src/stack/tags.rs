//! What AWS takes as a tag.

use std::collections::BTreeMap;

use super::decode::{Entry, Reading, Table, Value};
use super::diagnostic::{Diagnostic, quoted};

/// Most tags of the user on one resource: AWS takes 50, and landfall adds its own.
const TAGS_MAX: usize = 40;
/// Longest key, in characters.
const KEY_LENGTH_MAX: usize = 128;
/// Longest value, in characters.
const VALUE_LENGTH_MAX: usize = 256;
/// Prefixes that the user's keys may not have, in any case, and who has them.
const RESERVED_PREFIXES: [(&str, &str); 2] = [("aws:", "AWS"), ("landfall:", "landfall")];

/// Reads the key `tags` of a table.
pub(super) fn tags(table: &Table<'_>, reading: &mut Reading) -> BTreeMap<String, String> {
    let Some(tags) = reading.optional(table, "tags", |value| Table::with_any_keys(value, "a table of strings")) else {
        return BTreeMap::new();
    };
    let mut accepted = BTreeMap::new();
    for entry in reading.entries(&tags) {
        let key = reading.accept(check_key(&entry));
        let text = reading.accept(tag_value(&entry.value));
        if let (Some(()), Some(text)) = (key, text) {
            accepted.insert(entry.key.to_owned(), text);
        }
    }
    accepted
}

/// Reports more tags than a resource can carry, at the table that has them or adds the last of them.
pub(super) fn limit(path: &str, count: usize, reading: &mut Reading) {
    if count > TAGS_MAX {
        let message = format!("{path}: {count} tags are too many for one resource");
        let problem = Diagnostic::at_path(path, reading.origins(), message)
            .label(format!("at most {TAGS_MAX}"))
            .help("AWS takes 50 tags on a resource, and landfall needs some for itself");
        reading.report(problem);
    }
}

/// Returns two keys that differ in case only: IAM takes them for the same key and refuses the role.
pub(super) fn same_but_for_case(tags: &BTreeMap<String, String>) -> Option<(&str, &str)> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    tags.keys().find_map(|key| seen.insert(key.to_lowercase(), key).map(|other| (other, key.as_str())))
}

fn check_key(entry: &Entry<'_>) -> Result<(), Diagnostic> {
    let problem = |message: String| entry.value.problem(message).at(entry.key_span.clone());
    let length = entry.key.chars().count();
    if !(1..=KEY_LENGTH_MAX).contains(&length) {
        let path = entry.value.path.rsplit_once('.').map_or("tags", |(table, _)| table);
        let message = format!("a tag's key has 1 to {KEY_LENGTH_MAX} characters, this one has {length}");
        return Err(Diagnostic { message: format!("{path}: {message}"), ..problem(String::new()) });
    }
    let lower = entry.key.to_lowercase();
    if let Some((prefix, owner)) = RESERVED_PREFIXES.iter().find(|(prefix, _)| lower.starts_with(prefix)) {
        return Err(
            problem(format!("tags that start with `{prefix}` are reserved for {owner}")).label("choose another key")
        );
    }
    match first_illegal(entry.key) {
        Some(illegal) => {
            Err(problem(format!("a tag's key cannot have {} in it", quoted(&illegal.to_string()))).help(LEGAL))
        }
        None => Ok(()),
    }
}

fn tag_value(value: &Value<'_>) -> Result<String, Diagnostic> {
    let text = value.any_text()?;
    let length = text.chars().count();
    if length > VALUE_LENGTH_MAX {
        return Err(
            value.problem(format!("a tag's value has up to {VALUE_LENGTH_MAX} characters, this one has {length}"))
        );
    }
    match first_illegal(text) {
        Some(illegal) => {
            Err(value.problem(format!("a tag's value cannot have {} in it", quoted(&illegal.to_string()))).help(LEGAL))
        }
        None => Ok(text.to_owned()),
    }
}

const LEGAL: &str = "tags are letters, digits, spaces and _ . : / = + - @";

/// Returns the first character that IAM refuses in a tag. EC2 takes more, but the role carries the same tags.
fn first_illegal(text: &str) -> Option<char> {
    let is_space = |c: char| c.is_whitespace() && !c.is_control();
    text.chars().find(|c| !(c.is_alphanumeric() || is_space(*c) || "_.:/=+-@".contains(*c)))
}
