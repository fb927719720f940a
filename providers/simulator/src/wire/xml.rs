//! XML answers. They are written as they are put together: an answer about ten thousand instances is some 40 MB of text,
//! and as a tree of elements it would be many times that.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

use serde::{Deserialize, Serialize};

/// The elements of an answer, in order, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub(crate) struct Xml(String);

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
    pub(crate) fn text(mut self, name: &str, value: impl Display) -> Xml {
        self.open(name);
        // Writing to memory does not fail.
        let _ = write!(Escaped(&mut self.0), "{value}");
        self.close(name);
        self
    }

    /// Adds an element with text, if there is a value.
    pub(crate) fn optional(self, name: &str, value: Option<impl Display>) -> Xml {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// Adds an element with elements in it.
    pub(crate) fn inside(mut self, name: &str, inner: Xml) -> Xml {
        self.open(name);
        self.0.push_str(&inner.0);
        self.close(name);
        self
    }

    /// Adds a list as EC2 writes it: `<xSet><item>…</item></xSet>`.
    pub(crate) fn set(self, name: &str, items: impl IntoIterator<Item = Xml>) -> Xml {
        self.list(name, "item", items)
    }

    /// Adds a list whose entries have this name; IAM calls them `member`.
    pub(crate) fn list(self, name: &str, entry: &str, items: impl IntoIterator<Item = Xml>) -> Xml {
        self.written(name, |xml| items.into_iter().fold(xml, |all, item| all.inside(entry, item)))
    }

    /// Adds a list of texts.
    pub(crate) fn texts(self, name: &str, entry: &str, items: impl IntoIterator<Item = impl Display>) -> Xml {
        self.written(name, |xml| items.into_iter().fold(xml, |all, item| all.text(entry, item)))
    }

    /// Adds an element whose elements are written where they belong, and not put together elsewhere first: for what
    /// can be large.
    pub(crate) fn written(mut self, name: &str, write: impl FnOnce(Xml) -> Xml) -> Xml {
        self.open(name);
        let mut written = write(self);
        written.close(name);
        written
    }

    /// Adds the elements of another.
    pub(crate) fn and(mut self, other: Xml) -> Xml {
        if self.0.is_empty() {
            return other;
        }
        self.0.push_str(&other.0);
        self
    }

    /// Returns the text of the first element of this name, however deep. It is returned as it is written: what was
    /// escaped still is.
    pub(crate) fn first_text(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.0.split_once(&format!("<{name}>"))?;
        rest.split('<').next()
    }

    /// Returns a document whose root has this name and namespace.
    pub(crate) fn document(self, root: &str, namespace: Option<&str>) -> Vec<u8> {
        let mut head = format!("{DECLARATION}<{root}");
        if let Some(namespace) = namespace {
            let _ = write!(head, " xmlns=\"{namespace}\"");
        }
        head.push('>');
        self.framed(&head, &format!("</{root}>"))
    }

    /// Puts text before and after the elements. The elements are moved and not copied, since they can be large.
    fn framed(mut self, head: &str, tail: &str) -> Vec<u8> {
        self.0.reserve_exact(head.len() + tail.len());
        self.0.insert_str(0, head);
        self.0.push_str(tail);
        self.0.into_bytes()
    }

    /// Returns the same with elements before all others, without a second copy of these.
    pub(crate) fn after(mut self, first: &Xml) -> Xml {
        self.0.insert_str(0, &first.0);
        self
    }

    /// Puts all elements into one of this name, without a second copy of these.
    pub(crate) fn enclosed(self, name: &str) -> Xml {
        let bytes = self.framed(&format!("<{name}>"), &format!("</{name}>"));
        Xml(String::from_utf8(bytes).unwrap_or_default())
    }

    fn open(&mut self, name: &str) {
        self.0.push('<');
        self.0.push_str(name);
        self.0.push('>');
    }

    fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Escapes what is written to it.
struct Escaped<'a>(&'a mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(&quick_xml::escape::escape(text));
        Ok(())
    }
}

/// Answers as files hold them: text, or, before there was text, a tree.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Text(String),
    Tree(Vec<Element>),
}

#[derive(Deserialize)]
struct Element {
    name: Cow<'static, str>,
    content: Content,
}

#[derive(Deserialize)]
enum Content {
    Text(String),
    Elements(Vec<Element>),
}

impl From<Stored> for Xml {
    fn from(stored: Stored) -> Xml {
        match stored {
            Stored::Text(text) => Xml(text),
            Stored::Tree(elements) => of_tree(&elements),
        }
    }
}

fn of_tree(elements: &[Element]) -> Xml {
    elements.iter().fold(Xml::new(), |all, element| match &element.content {
        Content::Text(text) => all.text(&element.name, text),
        Content::Elements(inner) => all.inside(&element.name, of_tree(inner)),
    })
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

    #[test]
    fn what_is_put_around_elements_leaves_them_as_they_are() {
        let xml = Xml::new().text("a", 1).enclosed("AResult").after(&Xml::new().text("first", 0));
        let document = xml.document("R", None);
        assert_eq!(document, format!("{DECLARATION}<R><first>0</first><AResult><a>1</a></AResult></R>").as_bytes());
    }

    #[test]
    fn a_tree_of_an_older_file_is_the_same_as_text() {
        let tree = r#"[{"name":"a","content":{"Text":"x<y"}},{"name":"b","content":{"Elements":
                      [{"name":"item","content":{"Text":"1"}}]}}]"#;
        let read: Xml = serde_json::from_str(tree).expect("an older answer");
        assert_eq!(read, Xml::new().text("a", "x<y").texts("b", "item", [1]));
        assert_eq!(read.first_text("item"), Some("1"));
        let again = serde_json::to_string(&read).expect("JSON");
        assert_eq!(serde_json::from_str::<Xml>(&again).expect("an answer"), read);
    }
}
