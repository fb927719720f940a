//! The house rules that a program can check.

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn dependencies_point_one_way() {
    let forbidden = [
        ("engine/Cargo.toml", &["landfall-", "aws-", "rusqlite", "clap"][..]),
        ("state/Cargo.toml", &["landfall-aws", "aws-", "clap"]),
        ("providers/aws-blueprint/Cargo.toml", &["landfall-aws", "landfall-state", "aws-", "tokio", "clap"]),
        ("providers/aws/Cargo.toml", &["landfall-state", "landfall-simulator", "rusqlite", "clap"]),
        (
            "presentation/Cargo.toml",
            &["landfall-state", "landfall-operations", "landfall-aws.", "aws-", "tokio", "clap"],
        ),
        // Whoever has no terminal uses operations too.
        ("operations/Cargo.toml", &["rusqlite", "clap", "indicatif", "anstream", "console"]),
        // An independent reading of AWS's documentation: a misunderstanding written once would be tested by itself.
        ("providers/simulator/Cargo.toml", &["landfall-", "aws-sdk", "aws-config", "clap"]),
    ];
    for (manifest, names) in forbidden {
        let text = read(manifest);
        let dependencies = text.split_once("[dependencies]").expect("a section").1;
        for name in names {
            let used = dependencies.lines().any(|line| line.starts_with(name));
            assert!(!used, "{manifest} depends on {name}");
        }
    }
}

#[test]
fn only_the_provider_names_the_sdk_and_only_the_state_names_sqlite() {
    for (folder, word) in [
        ("engine", "aws_sdk"),
        ("state", "aws_sdk"),
        ("cli", "aws_sdk"),
        ("operations", "aws_sdk"),
        ("presentation", "aws_sdk"),
        ("providers/aws-blueprint", "aws_sdk"),
        ("cli", "rusqlite"),
        ("operations", "rusqlite"),
        ("engine", "rusqlite"),
        ("providers/aws", "rusqlite"),
    ] {
        for path in rust_files(folder) {
            assert!(!read(&path).contains(word), "{} names {word}", path.display());
        }
    }
}

/// A second cloud would be a second provider and a second blueprint, and no change of the engine.
#[test]
fn the_engine_knows_no_aws() {
    let words = ["aws", "amazon", "ec2", "iam", "cloudwatch", "vpc", "toml", "dask"];
    // What tests are made of may look like the real thing.
    let is_tests =
        |path: &Path| ["tests", "properties", "model_cloud"].iter().any(|name| path.to_string_lossy().contains(name));
    for path in rust_files("engine/src").into_iter().filter(|path| !is_tests(path)) {
        let text = read(&path);
        let code = text.split_once("#[cfg(test)]").map_or(text.as_str(), |(code, _)| code);
        for (number, line) in code.lines().enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            let lower = line.to_lowercase();
            let found = words
                .iter()
                .find(|word| !is_comment && lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| w == **word));
            assert!(found.is_none(), "{}:{}: {}", path.display(), number + 1, line.trim());
        }
    }
}

/// Operations give values and errors: what is printed, asked, parsed or ends the process is a face's.
#[test]
fn operations_have_no_terminal() {
    for path in rust_files("operations/src").into_iter().filter(|path| !path.ends_with("rehearsal/tests.rs")) {
        let text = read(&path);
        for word in
            ["print!", "println!", "std::io::stdin", "std::io::stdout", "stderr()", "process::exit", "std::env::"]
        {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}

#[test]
fn the_readme_names_what_is_there() {
    let readme = read("README.md");
    for command in ["cargo run -- apply examples/quickstart.toml --simulate --yes", "cargo test --workspace"] {
        assert!(readme.contains(command), "the README does not name {command}");
    }
}

#[test]
fn the_architecture_page_names_every_crate_and_every_kind() {
    let page = read("docs/ARCHITECTURE.md");
    for folder in [
        "engine/",
        "state/",
        "providers/aws/",
        "providers/aws-blueprint/",
        "providers/simulator/",
        "presentation/",
        "operations/",
        "cli/",
        "tests/",
        "tests/peers/",
        "benches/",
        "examples/",
    ] {
        assert!(page.contains(folder), "docs/ARCHITECTURE.md does not name {folder}");
    }
    let kinds = read("docs/reference/kinds.md");
    for path in rust_files("providers/aws/src/kinds") {
        let text = read(&path);
        for line in text.lines().filter(|line| line.contains("Schema::new(\"")) {
            let kind = line.split('"').nth(1).expect("a name in quotes");
            assert!(kinds.contains(&format!("`{kind}`")), "docs/reference/kinds.md does not name {kind}");
        }
    }
}

/// Five minutes are what a newcomer has: what is argued stands on pages of its own, and each is named there.
#[test]
fn the_architecture_page_is_a_map() {
    let page = read("docs/ARCHITECTURE.md");
    let lines = page.lines().count();
    assert!(lines <= 150, "docs/ARCHITECTURE.md has {lines} lines: which argument belongs on a page of its own?");
    for path in pages("docs/architecture") {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(page.contains(&format!("(architecture/{name})")), "docs/ARCHITECTURE.md does not name {name}");
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let pages: Vec<PathBuf> = pages("docs").into_iter().chain([root().join("README.md")]).collect();
    let mut links = 0;
    for page in &pages {
        let text = read(page);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        for target in targets.filter(|target| !target.contains("://")) {
            links += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { page.clone() } else { page.with_file_name(file) };
            assert!(path.exists(), "{} links to {target}, which is not there", page.display());
            let is_there = anchor.is_empty() || anchors(&read(&path)).any(|heading| heading == anchor);
            assert!(is_there, "{} links to {target}, and there is no such heading", page.display());
        }
    }
    assert!(links > 100, "{links} links");
}

/// Returns the anchors of a page's headings, as GitHub makes them.
fn anchors(page: &str) -> impl Iterator<Item = String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| {
        let text = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        text.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
    })
}

fn pages(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn the_glossary_has_each_word_once_in_order() {
    let page = read("docs/guide/glossary.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")).skip(1);
    let words: Vec<&str> = rows.filter_map(|row| row.split_once(" | ")).map(|(word, _)| word).collect();
    assert!(words.len() > 20, "{} words", words.len());
    for pair in words.windows(2) {
        assert!(pair[0] < pair[1], "the glossary has {:?} before {:?}", pair[0], pair[1]);
    }
}

/// Every line of `--json` is on its page: the types, and the notes.
#[test]
fn the_json_page_names_every_event() {
    let page = read("docs/reference/json.md");
    let source = read("operations/src/event.rs");
    let mut named = 0;
    for name in ["Event", "StepStatus", "Cancelling", "Note"] {
        let body = source.split_once(&format!("pub enum {name} {{")).expect("the enum").1;
        let body = body.split_once("\n}").expect("its end").0;
        let variants = body.lines().filter_map(|line| line.strip_prefix("    "));
        for variant in variants.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase())) {
            let variant: String = variant.chars().take_while(char::is_ascii_alphanumeric).collect();
            let mut word = String::new();
            for c in variant.chars() {
                if c.is_ascii_uppercase() && !word.is_empty() {
                    word.push('_');
                }
                word.push(c.to_ascii_lowercase());
            }
            named += 1;
            assert!(page.contains(&format!("`{word}`")), "docs/reference/json.md does not name {word}");
        }
    }
    assert!(named > 15, "{named} variants");
}

/// What the guide quotes of landfall's words is what landfall says: every piece between two `…` stands in a source.
#[test]
fn the_table_of_failures_quotes_what_is_said() {
    let folders = [
        "cli/src",
        "operations/src",
        "presentation/src",
        "engine/src",
        "state/src",
        "providers/aws/src",
        "providers/aws-blueprint/src",
    ];
    let sources: String = folders.iter().flat_map(|folder| rust_files(folder)).map(read).collect();
    // A text that goes over several lines in a source is one.
    let joined = sources.replace("\\\n", "\u{0}");
    let pieces: Vec<&str> = joined.split('\u{0}').collect();
    let sources = pieces.iter().enumerate().map(|(n, piece)| if n == 0 { piece } else { piece.trim_start() });
    let sources: String = sources.collect();
    let page = read("docs/guide/failures.md");
    let mut quotes = 0;
    for row in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| fault")) {
        let seen = row.replace("\\|", "").split(" | ").nth(2).unwrap_or_default().to_owned();
        for quote in seen.split('`').skip(1).step_by(2).filter(|quote| quote.len() > 20) {
            quotes += 1;
            // An address and a verb stand before what the account answered, and have no source of their own.
            let words = quote.split_once(" created: ").map_or(quote, |(_, words)| words);
            for piece in
                words.split('…').flat_map(|piece| piece.split(" answered ")).map(|piece| piece.trim_matches([' ', ':']))
            {
                let piece =
                    piece.trim_start_matches("was deleted ").trim_start_matches("was replaced by another file ");
                assert!(sources.contains(piece), "docs/guide/failures.md quotes {piece:?}, which nobody says");
            }
        }
    }
    assert!(quotes > 15, "{quotes} quotes");
}

#[test]
fn files_have_one_subject() {
    for folder in ["engine", "state", "providers", "presentation", "operations", "cli"] {
        for path in rust_files(folder) {
            let is_tests = path.to_string_lossy().contains("tests");
            let lines = read(&path).lines().count();
            assert!(is_tests || lines <= 700, "{} has {lines} lines: which two subjects does it hold?", path.display());
        }
    }
}
