//! Which keys and tables a text defines, where, and where it defined the same before.
//!
//! [`toml::de`] tells that something is there twice, and where it is the second time: neither what it is called nor where
//! it was the first time. Its own parser, which reports each key as it comes, tells both.

use std::collections::HashMap;
use std::ops::Range;

use toml_parser::parser::{Event, EventKind, RecursionGuard, parse_document};
use toml_parser::{Raw, Source};

/// How deep values may be nested: as deep as [`toml::de`] reads them.
const DEPTH_MAX: u32 = 80;

/// A key or a table, at one place of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    /// Dotted path of what it defines.
    pub(super) path: String,
    /// The bytes of its own key: in `[cluster.nightly]` those of `nightly`.
    pub(super) span: Range<usize>,
    /// Where the text defines the same before.
    pub(super) first: Option<Range<usize>>,
    pub(super) role: Role,
}

/// What it is that is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A table, by a header.
    Table,
    /// A key.
    Key,
    /// A key of a table whose header is there for the second time.
    KeyOfRepeatedTable,
}

/// Returns what a text defines, in the order of the text. Of text that is not TOML, what can be made out.
pub(super) fn definitions(text: &str) -> Vec<Definition> {
    let source = Source::new(text);
    let mut events = Vec::new();
    let mut collect = |event: Event| events.push(event);
    parse_document(&source.lex().into_vec(), &mut RecursionGuard::new(&mut collect, DEPTH_MAX), &mut ());
    let mut reader = Reader::new(source);
    events.into_iter().for_each(|event| reader.read(event));
    reader.definitions
}

/// What keys belong to.
#[derive(Debug, Clone, Default)]
struct Container {
    /// Dotted path; empty for the file itself.
    path: String,
    /// Tells inline tables and items of a list of tables apart, which may have one path. 0: the file and its tables.
    number: usize,
    is_repeated: bool,
}

#[derive(Debug)]
struct Reader<'t> {
    source: Source<'t>,
    definitions: Vec<Definition>,
    /// Where each path is defined first, by container.
    firsts: HashMap<(usize, String), Range<usize>>,
    /// The table of the last header, and the inline tables that are open in it.
    open: Vec<Container>,
    containers: usize,
    /// The parts of a key that is not complete yet.
    key: Vec<(String, Range<usize>)>,
    /// Whether the next part belongs to the key before it.
    goes_on: bool,
    /// The path of the last key: what an inline table is the value of.
    last_path: String,
}

impl<'t> Reader<'t> {
    fn new(source: Source<'t>) -> Reader<'t> {
        Reader {
            source,
            definitions: Vec::new(),
            firsts: HashMap::new(),
            open: vec![Container::default()],
            containers: 0,
            key: Vec::new(),
            goes_on: false,
            last_path: String::new(),
        }
    }

    fn read(&mut self, event: Event) {
        match event.kind() {
            EventKind::SimpleKey => {
                if !self.goes_on {
                    self.key.clear();
                }
                let mut name = String::new();
                let span = event.span();
                let raw = self.source.get(span).map_or("", |raw| raw.as_str());
                Raw::new_unchecked(raw, event.encoding(), span).decode_key(&mut name, &mut ());
                self.key.push((name, span.start()..span.end()));
            }
            EventKind::StdTableOpen | EventKind::ArrayTableOpen => self.open = vec![Container::default()],
            EventKind::StdTableClose => {
                let definition = self.define(Role::Table);
                let is_repeated = definition.is_some_and(|definition| definition.first.is_some());
                self.open = vec![Container { path: self.last_path.clone(), number: 0, is_repeated }];
            }
            EventKind::ArrayTableClose => {
                // Each is an item of its own, so none is there twice.
                self.last_path = self.key.drain(..).map(|(name, _)| name).collect::<Vec<_>>().join(".");
                self.open.clear();
                self.open_container();
            }
            EventKind::KeyValSep => {
                let is_repeated = self.open.last().is_some_and(|container| container.is_repeated);
                self.define(if is_repeated { Role::KeyOfRepeatedTable } else { Role::Key });
            }
            EventKind::InlineTableOpen => self.open_container(),
            EventKind::InlineTableClose => self.last_path = self.open.pop().unwrap_or_default().path,
            _ => {}
        }
        self.goes_on = match event.kind() {
            EventKind::KeySep => true,
            EventKind::Whitespace => self.goes_on,
            _ => false,
        };
    }

    fn open_container(&mut self) {
        self.containers += 1;
        self.open.push(Container { path: self.last_path.clone(), number: self.containers, is_repeated: false });
    }

    /// Adds what the key defines: each of its parts, for `a.b` and `a` may contradict each other. Returns the last.
    fn define(&mut self, role: Role) -> Option<&Definition> {
        let container = self.open.last().cloned().unwrap_or_default();
        let mut path = container.path;
        let parts = std::mem::take(&mut self.key);
        let before = self.definitions.len();
        for (name, span) in parts {
            path = if path.is_empty() { name } else { format!("{path}.{name}") };
            let first = self.firsts.get(&(container.number, path.clone())).cloned();
            self.definitions.push(Definition { path: path.clone(), span, first, role });
        }
        for definition in &self.definitions[before..] {
            self.firsts.entry((container.number, definition.path.clone())).or_insert_with(|| definition.span.clone());
        }
        self.last_path = path;
        self.definitions[before..].last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each definition as `line path`, and `!line` of the first where it is repeated.
    fn shown(text: &str) -> Vec<String> {
        let line = |span: &Range<usize>| text[..span.start].matches('\n').count() + 1;
        let show = |definition: &Definition| {
            let first = definition.first.as_ref().map_or(String::new(), |first| format!(" !{}", line(first)));
            format!("{} {}{first}", line(&definition.span), definition.path)
        };
        definitions(text).iter().map(show).collect()
    }

    #[test]
    fn keys_have_the_path_of_their_tables() {
        let text = "a = 1\nb.c = { d = 1, e.f = 2 }\n[g . 'h']\n\"i j\" = [{ k = 1 }, { k = 2 }]\n[[l]]\nm = 1\n[[l]]\nm = 2\n";
        assert_eq!(
            shown(text),
            [
                "1 a",
                "2 b",
                "2 b.c",
                "2 b.c.d",
                "2 b.c.e",
                "2 b.c.e.f",
                "3 g",
                "3 g.h",
                "4 g.h.i j",
                "4 g.h.i j.k",
                "4 g.h.i j.k",
                "6 l.m",
                "8 l.m"
            ]
        );
    }

    #[test]
    fn what_is_there_twice_names_the_first() {
        assert_eq!(
            shown("a = 1\n[b]\nc = 1\n'c' = 2\n[b]\nd = 1\n"),
            ["1 a", "2 b", "3 b.c", "4 b.c !3", "5 b !2", "6 b.d"]
        );
        let roles: Vec<Role> = definitions("[b]\nc = 1\n[b]\nd = 1\n").iter().map(|d| d.role).collect();
        assert_eq!(roles, [Role::Table, Role::Key, Role::Table, Role::KeyOfRepeatedTable]);
        assert_eq!(shown("t = {\n x = 1,\n x = 2,\n}\n"), ["1 t", "2 t.x", "3 t.x !2"]);
    }

    #[test]
    fn what_looks_like_a_key_within_a_string_is_none() {
        assert_eq!(shown("a = \"\"\"\n[b]\nc = 1\n\"\"\"\n# d = 1\n"), ["1 a"]);
    }

    #[test]
    fn a_key_without_a_value_does_not_run_into_the_next() {
        assert_eq!(shown("a\nb = 1\n"), ["2 b"]);
    }
}
