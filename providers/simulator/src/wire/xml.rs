//! XML answers, as a tree that is written at the end.

use std::borrow::Cow;

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use serde::{Deserialize, Serialize};

/// An element: a name with either text or further elements in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Element {
    name: Cow<'static, str>,
    content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Content {
    Text(String),
    Elements(Vec<Element>),
}

impl Element {
    fn collect_texts<'a>(&'a self, name: &str, texts: &mut Vec<&'a str>) {
        match &self.content {
            Content::Text(text) if self.name == name => texts.push(text.as_str()),
            Content::Text(_) => {}
            Content::Elements(inner) => inner.iter().for_each(|element| element.collect_texts(name, texts)),
        }
    }
}

/// The elements of an answer, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Xml(Vec<Element>);

impl Xml {
    /// Returns no elements.
    pub(crate) fn new() -> Xml {
        Xml::default()
    }

    /// Returns what many actions answer that have nothing to say.
    pub(crate) fn returns_true() -> Xml {
        Xml::new().text("return", true)
    }

    /// Adds an element with text.
    pub(crate) fn text(mut self, name: &'static str, value: impl ToString) -> Xml {
        self.0.push(Element { name: name.into(), content: Content::Text(value.to_string()) });
        self
    }

    /// Adds an element with text, if there is a value.
    pub(crate) fn optional(self, name: &'static str, value: Option<impl ToString>) -> Xml {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// Adds an element with elements in it.
    pub(crate) fn inside(self, name: &'static str, inner: Xml) -> Xml {
        self.named(name, inner)
    }

    /// Adds an element with elements in it, whose name is made for the occasion.
    pub(crate) fn named(mut self, name: impl Into<Cow<'static, str>>, inner: Xml) -> Xml {
        self.0.push(Element { name: name.into(), content: Content::Elements(inner.0) });
        self
    }

    /// Adds a list as EC2 writes it: `<xSet><item>…</item></xSet>`.
    pub(crate) fn set(self, name: &'static str, items: impl IntoIterator<Item = Xml>) -> Xml {
        self.list(name, "item", items)
    }

    /// Adds a list whose entries have this name; IAM calls them `member`.
    pub(crate) fn list(self, name: &'static str, entry: &'static str, items: impl IntoIterator<Item = Xml>) -> Xml {
        let entries = items.into_iter().fold(Xml::new(), |all, item| all.inside(entry, item));
        self.inside(name, entries)
    }

    /// Adds a list of texts.
    pub(crate) fn texts(
        self,
        name: &'static str,
        entry: &'static str,
        items: impl IntoIterator<Item = impl ToString>,
    ) -> Xml {
        let entries = items.into_iter().fold(Xml::new(), |all, item| all.text(entry, item));
        self.inside(name, entries)
    }

    /// Adds the elements of another.
    pub(crate) fn and(mut self, other: Xml) -> Xml {
        self.0.extend(other.0);
        self
    }

    /// Returns the texts of all elements of this name, however deep.
    pub(crate) fn texts_named(&self, name: &str) -> Vec<&str> {
        let mut texts = Vec::new();
        self.0.iter().for_each(|element| element.collect_texts(name, &mut texts));
        texts
    }

    /// Writes a document whose root has this name and namespace.
    pub(crate) fn document(&self, root: &str, namespace: Option<&str>) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new());
        let mut start = BytesStart::new(root);
        if let Some(namespace) = namespace {
            start.push_attribute(("xmlns", namespace));
        }
        // Writing to memory does not fail.
        let _ = writer.write_event(Event::Start(start));
        for element in &self.0 {
            write(&mut writer, element);
        }
        let _ = writer.write_event(Event::End(BytesEnd::new(root)));
        let mut document = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec();
        document.extend(writer.into_inner());
        document
    }
}

fn write(writer: &mut Writer<Vec<u8>>, element: &Element) {
    let _ = writer.write_event(Event::Start(BytesStart::new(element.name.as_ref())));
    match &element.content {
        Content::Text(text) => {
            let _ = writer.write_event(Event::Text(BytesText::new(text)));
        }
        Content::Elements(inner) => inner.iter().for_each(|element| write(writer, element)),
    }
    let _ = writer.write_event(Event::End(BytesEnd::new(element.name.as_ref())));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        let xml = Xml::new().text("name", "a<b>&c").set("tagSet", [Xml::new().text("key", "k")]);
        let document = String::from_utf8(xml.document("R", Some("urn:x"))).expect("text");
        assert!(document.ends_with(
            "<R xmlns=\"urn:x\"><name>a&lt;b&gt;&amp;c</name><tagSet><item><key>k</key></item></tagSet></R>"
        ));
    }
}
