//! Imports between the files of a crate point one way: files that need each other are one subject in two places.
//!
//! A file needs another if its code names something that is defined there, through whatever re-export. Tests do not count,
//! nor does a re-export by itself: it says where a thing is found. What is not seen is a method whose `impl` stands in
//! another file than its type.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Item, Token, UseTree, Visibility};

/// The root files of crates that are free of circles.
const CLEARED: [&str; 8] = [
    "engine/src/lib.rs",
    "state/src/lib.rs",
    "providers/aws/src/lib.rs",
    "providers/aws-blueprint/src/lib.rs",
    "providers/simulator/src/lib.rs",
    "presentation/src/lib.rs",
    "operations/src/lib.rs",
    "cli/src/main.rs",
];

#[test]
fn imports_between_files_point_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found: Vec<String> = CLEARED.iter().flat_map(|file| Crate::read(&root.join(file)).circles()).collect();
    assert!(found.is_empty(), "files that need each other:\n{}", found.join("\n"));
}

#[test]
fn a_circle_is_seen_however_it_is_written() {
    let a_circle = |files: &[(&str, &str)]| {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        !Crate::read(&folder.path().join("lib.rs")).circles().is_empty()
    };
    let lib = ("lib.rs", "mod a; mod b; pub use a::A; pub use b::B;");
    for (a, b) in [
        ("use crate::b::B; pub struct A(B);", "use crate::a::A; pub struct B(A);"),
        ("pub struct A(super::b::B);", "use crate::{A}; pub struct B(A);"),
        ("use super::b; pub struct A(b::B);", "pub struct B; impl B { fn f() { println!(\"{}\", crate::a::X) } }"),
        ("use crate::b::*; pub struct A(B);", "pub struct B; fn f(_: &dyn Fn(crate::A)) {}"),
    ] {
        assert!(a_circle(&[lib, ("a.rs", a), ("b.rs", b)]), "{a}\n{b}");
    }
    let parent = [("lib.rs", "mod a;"), ("a.rs", "mod b; pub struct A; fn f() { b::g() }")];
    assert!(a_circle(&[parent[0], parent[1], ("a/b.rs", "use super::A; pub fn g(_: A) {}")]));

    for (a, b) in [
        ("use crate::b::B; pub struct A(B);", "pub struct B;"),
        ("use crate::B; pub struct A(B);", "pub struct B; #[cfg(test)] mod tests { use crate::a::A; }"),
        ("pub struct A(crate::B);", "pub struct B; #[cfg(test)] fn f(_: crate::A) {}"),
    ] {
        assert!(!a_circle(&[lib, ("a.rs", a), ("b.rs", b)]), "{a}\n{b}");
    }
    let parent = [("lib.rs", "mod a;"), ("a.rs", "mod b; mod c; pub use b::B; fn f() { c::g() }")];
    let children = [("a/b.rs", "pub struct B;"), ("a/c.rs", "use super::B; pub fn g(_: B) {}")];
    assert!(!a_circle(&[parent[0], parent[1], children[0], children[1]]), "a re-export is no need");
    let parent = [("lib.rs", "mod a;"), ("a.rs", "mod b; pub struct A; fn f() { let b = 1; g(b) }")];
    assert!(!a_circle(&[parent[0], parent[1], ("a/b.rs", "use super::A; pub fn g(_: A) {}")]), "a variable");
}

/// A module, by its number.
type Id = usize;

#[derive(Default)]
struct Module {
    file: PathBuf,
    parent: Option<Id>,
    children: BTreeMap<String, Id>,
    /// What it brings into scope, by name, as it is written there.
    imports: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    items: BTreeSet<String>,
    /// Paths that its code names, and what it imports for itself alone.
    needed: BTreeSet<Vec<String>>,
}

/// What a path leads to.
#[derive(Clone, Copy)]
enum Target {
    Module(Id),
    /// Something that is defined in a module.
    Item(Id),
}

struct Crate {
    folder: PathBuf,
    modules: Vec<Module>,
}

impl Crate {
    /// Reads a crate from its root file on.
    fn read(root: &Path) -> Crate {
        let folder = root.parent().expect("a folder").to_owned();
        let mut all = Crate { folder: folder.clone(), modules: vec![] };
        all.read_file(root, &folder, None);
        all
    }

    /// `folder` is where the files of its children are.
    fn read_file(&mut self, file: &Path, folder: &Path, parent: Option<Id>) -> Id {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.read_items(parsed.items, file, folder, parent)
    }

    fn read_items(&mut self, items: Vec<Item>, file: &Path, folder: &Path, parent: Option<Id>) -> Id {
        let id = self.modules.len();
        self.modules.push(Module { file: file.to_owned(), parent, ..Module::default() });
        let mut code = Code::default();
        for item in items.into_iter().filter(|item| !is_for_tests(attributes(item))) {
            self.modules[id].items.extend(name(&item));
            match item {
                Item::Mod(module) => {
                    let name = module.ident.to_string();
                    let below = folder.join(&name);
                    let child = match module.content {
                        Some((_, items)) => self.read_items(items, file, &below, Some(id)),
                        None => {
                            let plain = folder.join(format!("{name}.rs"));
                            let file = if plain.exists() { plain } else { below.join("mod.rs") };
                            self.read_file(&file, &below, Some(id))
                        }
                    };
                    self.modules[id].children.insert(name, child);
                }
                Item::Use(item) => {
                    let is_own = matches!(item.vis, Visibility::Inherited);
                    self.modules[id].read_use(&item.tree, &[], is_own);
                }
                item => code.visit_item(&item),
            }
        }
        self.modules[id].needed.extend(code.paths);
        id
    }

    /// Returns each group of files that need each other, with who needs what.
    fn circles(&self) -> Vec<String> {
        let mut needs = BTreeMap::<(&Path, &Path), BTreeSet<String>>::new();
        for (id, module) in self.modules.iter().enumerate() {
            for path in &module.needed {
                let target = match self.resolve(id, path, 0) {
                    // A name alone is a variable of the same name: a module is no value.
                    Some(Target::Module(_)) if path.len() == 1 => continue,
                    Some(Target::Module(target) | Target::Item(target)) => target,
                    None => continue,
                };
                let (from, to) = (module.file.as_path(), self.modules[target].file.as_path());
                if from != to {
                    needs.entry((from, to)).or_default().insert(path.join("::"));
                }
            }
        }
        let files: Vec<&Path> = needs.keys().flat_map(|(from, to)| [*from, *to]).collect();
        let number = |file: &Path| files.iter().position(|other| *other == file).unwrap_or_default() as u32;
        let graph = DiGraph::<(), ()>::from_edges(needs.keys().map(|(from, to)| (number(from), number(to))));
        let groups = tarjan_scc(&graph).into_iter().filter(|group| group.len() > 1);
        let shown = |path: &Path| path.strip_prefix(&self.folder).unwrap_or(path).display().to_string();
        groups
            .map(|group| {
                let group: Vec<&Path> = group.iter().map(|node| files[node.index()]).collect();
                let inside = needs.iter().filter(|((from, to), _)| group.contains(from) && group.contains(to));
                let line = |((from, to), paths): (&(&Path, &Path), &BTreeSet<String>)| {
                    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
                    format!("  {} -> {}: {}", shown(from), shown(to), paths.join(", "))
                };
                format!("circle of {} files\n{}", group.len(), inside.map(line).collect::<Vec<_>>().join("\n"))
            })
            .collect()
    }

    /// Follows a path that a module names. `None`: it leads out of the crate, or to something of the module's own.
    fn resolve(&self, from: Id, path: &[String], depth: usize) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        let start = match first.as_str() {
            "crate" => Target::Module(0),
            "self" => Target::Module(from),
            "super" => Target::Module(self.modules[from].parent?),
            name => self.find(from, name, depth)?,
        };
        rest.iter().try_fold(start, |at, name| match at {
            Target::Item(_) => Some(at),
            Target::Module(module) if name == "super" => self.modules[module].parent.map(Target::Module),
            Target::Module(module) => Some(self.find(module, name, depth).unwrap_or(Target::Item(module))),
        })
    }

    /// Looks a name up in a module.
    fn find(&self, module: Id, name: &str, depth: usize) -> Option<Target> {
        const DEPTH_MAX: usize = 20;
        if depth > DEPTH_MAX {
            return None;
        }
        let here = &self.modules[module];
        if let Some(child) = here.children.get(name) {
            return Some(Target::Module(*child));
        }
        if here.items.contains(name) {
            return Some(Target::Item(module));
        }
        if let Some(path) = here.imports.get(name) {
            // `use x::x` would look for itself.
            let is_itself = path.first().is_some_and(|first| first == name);
            return if is_itself { None } else { self.resolve(module, path, depth + 1) };
        }
        here.globs.iter().find_map(|glob| match self.resolve(module, glob, depth + 1)? {
            Target::Module(other) if other != module => self.find(other, name, depth + 1),
            _ => None,
        })
    }
}

impl Module {
    fn read_use(&mut self, tree: &UseTree, before: &[String], is_own: bool) {
        let with = |name: &syn::Ident| before.iter().cloned().chain([name.to_string()]).collect::<Vec<_>>();
        let (name, path) = match tree {
            UseTree::Path(path) => return self.read_use(&path.tree, &with(&path.ident), is_own),
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.read_use(tree, before, is_own));
            }
            UseTree::Glob(_) => {
                self.globs.push(before.to_vec());
                (None, before.to_vec())
            }
            UseTree::Name(name) if name.ident == "self" => (before.last().cloned(), before.to_vec()),
            UseTree::Name(name) => (Some(name.ident.to_string()), with(&name.ident)),
            UseTree::Rename(rename) if rename.ident == "self" => (Some(rename.rename.to_string()), before.to_vec()),
            UseTree::Rename(rename) => (Some(rename.rename.to_string()), with(&rename.ident)),
        };
        if let Some(name) = name {
            self.imports.insert(name, path.clone());
        }
        if is_own {
            self.needed.insert(path);
        }
    }
}

/// The paths in a piece of code.
#[derive(Default)]
struct Code {
    paths: BTreeSet<Vec<String>>,
}

impl<'ast> Visit<'ast> for Code {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.paths.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    /// Most macros take what looks like expressions.
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let arguments = mac.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated);
        for argument in arguments.into_iter().flatten() {
            let mut code = Code::default();
            code.visit_expr(&argument);
            self.paths.extend(code.paths);
        }
    }

    /// Imports within a function.
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut module = Module::default();
        module.read_use(&item.tree, &[], true);
        self.paths.extend(module.needed);
    }

    /// `pub(crate)` names nothing that is needed.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    let is_test = |attribute: &Attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    };
    attributes.iter().any(is_test)
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        _ => return None,
    };
    Some(ident.to_string())
}
