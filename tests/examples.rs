//! Every stack file of `examples/` works as it stands, in a simulated account.

use std::path::{Path, PathBuf};

use crate::harness::Landfall;

const SIMULATED: [&str; 5] = ["--simulate", "--speed", "1000", "--state", "state.db"];

fn stack_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let entries = std::fs::read_dir(&folder).expect("the folder of examples");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().expect("a file").to_string_lossy().into_owned()
}

/// The names are listed so that an example that gets lost is missed.
#[test]
fn these_examples_are_there() {
    let names: Vec<String> = stack_files().iter().map(|path| name(path)).collect();
    let expected = [
        "gpu.toml",
        "own-network.toml",
        "placement-group.toml",
        "quickstart.toml",
        "spot.toml",
        "team.toml",
        "two-clusters.toml",
    ];
    assert_eq!(names, expected);
}

#[test]
fn every_example_comes_up_stays_as_it_is_and_goes() {
    for path in stack_files() {
        let text = std::fs::read_to_string(&path).expect("a stack file");
        // A folder for each, so a fresh account for each.
        let landfall = Landfall::offline("");
        let file = name(&path);
        landfall.write(&file, &text);
        let run = |arguments: &[&str]| landfall.run(&[arguments, &SIMULATED].concat());
        landfall.run(&["validate", &file]).success();
        let applied = run(&["apply", &file, "--yes", "--json"]).success().summary();
        assert_eq!(applied["failed"], 0, "{file}");
        assert!(applied["created"].as_u64() > Some(10), "{file}: {applied}");
        landfall.settles(&[&[&*file], &SIMULATED[..]].concat());
        run(&["drift", &file]).success();
        run(&["destroy", &file, "--yes"]).success().shows("nothing of ");
        let left = run(&["plan", &file, "--json"]).success().json();
        assert_eq!(left["summary"]["create"], applied["created"], "{file}: destroy has left something");
    }
}
