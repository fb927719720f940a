//! Values and how they change: short ones as `old → new`, long ones as a small diff.

use landfall_engine::diff::FieldChange;
use landfall_engine::resource::Literal;
use landfall_engine::sensitive::masked;
use similar::{ChangeTag, TextDiff};

use super::escape::{visible, visible_lines};
use super::style::{FAINT, GONE, MADE, paint};

/// Longest value that stands on a line with others, in characters.
const SHORT_MAX: usize = 60;
/// Unchanged lines shown around a change, as many as a reader needs to find the place.
const CONTEXT_LINES: usize = 2;
/// Most lines of one diff.
const DIFF_LINES_MAX: usize = 60;
/// What is said of a value that only the cloud can give.
pub const UNKNOWN: &str = "(known after apply)";

/// Returns the name of a field from its JSON pointer: `/tags/owner` is `tags.owner`.
pub fn field_name(path: &str) -> String {
    let segments = path.trim_start_matches('/').split('/');
    let named = |segment: &str| {
        let key = segment.replace("~1", "/").replace("~0", "~");
        let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || "_-:".contains(c)) && !key.is_empty();
        if plain { key } else { format!("\"{}\"", visible(&key)) }
    };
    segments.map(named).collect::<Vec<_>>().join(".")
}

/// Returns a value in one short piece, or `None` if it is too long for that.
pub fn short(value: &Literal) -> Option<String> {
    let text = match masked(value).as_ref() {
        Literal::Null => "(none)".to_owned(),
        Literal::String(text) if text.is_empty() => "\"\"".to_owned(),
        Literal::String(text) if text.contains('\n') || is_json_document(text) => return None,
        Literal::String(text) => visible(text),
        Literal::Array(items) => list(items)?,
        plain @ (Literal::Object(_) | Literal::Number(_) | Literal::Bool(_)) => visible(&plain.to_string()),
    };
    (text.chars().count() <= SHORT_MAX).then_some(text)
}

/// Returns `old → new` if both are short.
pub fn short_change(change: &FieldChange) -> Option<String> {
    let after = change.after.as_ref().map_or(Some(UNKNOWN.to_owned()), short)?;
    Some(format!("{} → {after}", short(&change.before)?))
}

/// Returns the lines that tell a change of a field, the name first.
pub fn change_lines(change: &FieldChange) -> Vec<String> {
    let name = field_name(&change.path);
    if let Some(short) = short_change(change) {
        return vec![format!("{name}  {short}")];
    }
    let mut lines = vec![name];
    match &change.after {
        Some(after) => {
            lines.extend(diff(&document(&change.before), &document(after)).into_iter().map(|l| format!("  {l}")))
        }
        None => lines[0].push_str(&format!("  → {UNKNOWN}")),
    }
    lines
}

/// Returns a value in full, in as many lines as it takes.
pub fn full_lines(value: &Literal) -> Vec<String> {
    short(value).map_or_else(|| visible_lines(&document(value)).collect(), |short| vec![short])
}

fn list(items: &[Literal]) -> Option<String> {
    let shown = items.iter().map(|item| match item {
        Literal::Array(_) | Literal::Object(_) => None,
        plain => short(plain),
    });
    Some(format!("[{}]", shown.collect::<Option<Vec<_>>>()?.join(", ")))
}

/// A policy travels as text; it is read as the document that it holds.
fn is_json_document(text: &str) -> bool {
    text.starts_with(['{', '[']) && serde_json::from_str::<Literal>(text).is_ok()
}

fn document(value: &Literal) -> String {
    match masked(value).as_ref() {
        Literal::Null => String::new(),
        Literal::String(text) if is_json_document(text) => {
            serde_json::from_str(text).map_or_else(|_| text.clone(), |parsed| pretty(&parsed))
        }
        Literal::String(text) => text.clone(),
        other => pretty(other),
    }
}

fn pretty(value: &Literal) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

fn diff(before: &str, after: &str) -> Vec<String> {
    let compared = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for (index, group) in compared.grouped_ops(CONTEXT_LINES).iter().enumerate() {
        if index > 0 {
            lines.push(paint(FAINT, "  …"));
        }
        for change in group.iter().flat_map(|operation| compared.iter_changes(operation)) {
            let text = visible_lines(change.value()).next().unwrap_or_default();
            lines.push(match change.tag() {
                ChangeTag::Delete => paint(GONE, format!("- {text}")),
                ChangeTag::Insert => paint(MADE, format!("+ {text}")),
                ChangeTag::Equal => format!("  {text}"),
            });
        }
    }
    if lines.len() > DIFF_LINES_MAX {
        let more = lines.len() - DIFF_LINES_MAX;
        lines.truncate(DIFF_LINES_MAX);
        lines.push(paint(FAINT, format!("  … {more} more lines; `--json` has all of them")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use snapbox::{assert_data_eq, str};

    fn shown(before: Literal, after: Option<Literal>) -> String {
        let change = FieldChange { path: "/policy".to_owned(), before, after, forces_replacement: false };
        anstream::adapter::strip_str(&(change_lines(&change).join("\n") + "\n")).to_string()
    }

    #[test]
    fn short_values_stand_on_one_line() {
        assert_eq!(shown(json!(30), Some(json!(90))), "policy  30 → 90\n");
        assert_eq!(shown(json!(null), Some(json!(""))), "policy  (none) → \"\"\n");
        assert_eq!(shown(json!(["a", 1]), None), "policy  [a, 1] → (known after apply)\n");
        assert_eq!(shown(json!("a\x1b[31m"), Some(json!(true))), "policy  a\\u{1b}[31m → true\n");
    }

    #[test]
    fn of_a_secret_nothing_is_shown() {
        let digest = |text: &str| landfall_engine::sensitive::Secret::new(text, "acme").digest().clone();
        assert_eq!(shown(digest("a"), Some(digest("b"))), "policy  (sensitive) → (sensitive)\n");
        assert_eq!(shown(json!(["x", digest("a")]), None), "policy  [x, (sensitive)] → (known after apply)\n");
        assert_eq!(full_lines(&json!({"token": digest("a")})), [r#"{"token":"(sensitive)"}"#]);
    }

    #[test]
    fn names_of_fields() {
        assert_eq!(field_name("/tags/owner"), "tags.owner");
        assert_eq!(field_name("/tags/a~1b"), "tags.\"a/b\"");
    }

    #[test]
    fn a_policy_is_compared_line_by_line() {
        let before = json!(r#"{"Statement":[{"Action":"logs:PutLogEvents","Effect":"Allow"}],"Version":"2012-10-17"}"#);
        let after = json!(r#"{"Statement":[{"Action":"logs:*","Effect":"Allow"}],"Version":"2012-10-17"}"#);
        assert_data_eq!(
            shown(before, Some(after)),
            str![[r#"
policy
      "Statement": [
        {
  -       "Action": "logs:PutLogEvents",
  +       "Action": "logs:*",
          "Effect": "Allow"
        }

"#]]
        );
    }

    #[test]
    fn a_script_that_appears_is_shown_whole() {
        assert_data_eq!(
            shown(json!(null), Some(json!("#!/bin/bash\ndask worker\n"))),
            str![[r#"
policy
  + #!/bin/bash
  + dask worker

"#]]
        );
    }
}
