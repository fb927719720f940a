//! Recorded resources, for people: all in a table, or one in full.

use comfy_table::{ContentArrangement, Table, presets};
use landfall_engine::resource::{Literal, Literals};
use landfall_engine::snapshot::RecordedResource;

use super::escape::visible;
use super::style::{FAINT, HEADING, paint};
use super::value::full_lines;

/// Returns a table without lines, so that it can be cut into columns by other programs.
pub fn plain_table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt() + "\n"
}

/// Returns the resources as a table: address, kind, id.
pub fn list_text<'a>(resources: impl IntoIterator<Item = &'a RecordedResource>) -> String {
    let rows = resources
        .into_iter()
        .map(|resource| [resource.address.to_string(), resource.kind.to_string(), visible(resource.id.as_str())]);
    plain_table(["ADDRESS", "KIND", "ID"], rows)
}

/// Returns everything that is recorded of a resource.
pub fn show_text(resource: &RecordedResource) -> String {
    let mut text = format!("{}\n", paint(HEADING, &resource.address));
    text.push_str(&format!("  kind  {}\n  id    {}\n", resource.kind, visible(resource.id.as_str())));
    text.push_str(&values("properties", &resource.properties));
    text.push_str(&values("outputs", &resource.outputs));
    if !resource.depends_on.is_empty() {
        text.push_str(&format!("  {}\n", paint(HEADING, "needs")));
        resource.depends_on.iter().for_each(|needed| text.push_str(&format!("    {needed}\n")));
    }
    text
}

fn values(title: &str, values: &Literals) -> String {
    // Null is what is not set.
    let values: Vec<(&String, &Literal)> = values.iter().filter(|(_, value)| !value.is_null()).collect();
    if values.is_empty() {
        return String::new();
    }
    let width = values.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let mut text = format!("  {}\n", paint(HEADING, title));
    for (name, value) in values {
        let lines = full_lines(value);
        match lines.as_slice() {
            [only] => text.push_str(&format!("    {FAINT}{:<width$}{FAINT:#}  {only}\n", visible(name))),
            several => {
                text.push_str(&format!("    {}\n", paint(FAINT, visible(name))));
                several.iter().for_each(|line| text.push_str(&format!("      {line}\n")));
            }
        }
    }
    text
}
