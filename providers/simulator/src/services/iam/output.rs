//! What IAM's answers have in common: dates, documents, tags, pages.

use crate::wire::xml::Xml;
use crate::world::{Millis, Tags};

/// A moment as IAM writes it: whole seconds of UTC.
pub(super) fn date(moment: Millis) -> String {
    let seconds = i64::try_from(moment / 1000).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).unwrap_or_default().to_string()
}

/// A document as IAM gives it back: URL-encoded as RFC 3986 says.
pub(super) fn encoded(document: &str) -> String {
    let mut text = String::with_capacity(document.len() * 2);
    for byte in document.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Tags as a list.
pub(super) fn tags(tags: &Tags) -> Xml {
    Xml::new().list("Tags", "member", tags.iter().map(|(key, value)| Xml::new().text("Key", key).text("Value", value)))
}

/// Tags as a list, or nothing if there are none.
pub(super) fn tags_if_any(all: &Tags) -> Xml {
    if all.is_empty() { Xml::new() } else { tags(all) }
}

/// Whether and how a list goes on.
pub(super) fn more(marker: Option<String>) -> Xml {
    Xml::new().text("IsTruncated", marker.is_some()).optional("Marker", marker)
}
