//! The deterministic sweep: every mishap at every call of a life.

use std::path::PathBuf;
use std::time::Instant;

use super::*;
use crate::render::rehearsal::rehearsal_text;
use crate::stack_file::StackFile;

/// Networks of two zones, a role with a policy, logs, two clusters, on demand and spot.
const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\", \"us-east-1b\"]\n\
                     [network]\nnat = \"per-zone\"\n\
                     [iam]\npolicies = [\"AmazonS3ReadOnlyAccess\"]\n\
                     [cluster.day]\nworkers = 2\n[cluster.night]\nworkers = 1\nspot = true\nzone = \"us-east-1b\"\n";

#[expect(clippy::print_stdout, reason = "the counts are what the test is for")]
fn sweep(extent: Extent, seed: u64) -> Tally {
    let stack = landfall_engine::stack::parse(STACK).expect("a stack");
    let file = StackFile { path: PathBuf::from("landfall.toml"), text: STACK.to_owned(), stack };
    let (place, began) = (place().expect("a folder"), Instant::now());
    let rehearsal = Rehearsal::begin(&file, seed, place.path()).unwrap_or_else(|error| panic!("{error:?}"));
    let trials = trials(&rehearsal, extent, seed);
    let tally = play_all(&rehearsal, &trials, seed, &|_| {}).expect("room for the states");
    let report = rehearsal_text(&rehearsal, &tally, seed, began.elapsed());
    // `cargo test -p landfall rehearsal -- --nocapture` shows it.
    println!("{}", anstream::adapter::strip_str(&report));
    for (trial, what) in &tally.wrong {
        println!("{trial}\n    {}", what.join("\n    "));
    }
    tally
}

#[test]
fn every_mishap_at_every_call_leaves_nothing_and_doubles_nothing() {
    let tally = sweep(Extent::Exhaustive, 1);
    assert!(tally.trials > 2_000, "{} trials", tally.trials);
    assert!(
        tally.wrong.is_empty(),
        "{} trials left something wrong; the first: {:?}",
        tally.wrong.len(),
        tally.wrong[0]
    );
}

#[test]
fn nor_do_two_in_a_row() {
    let tally = sweep(Extent::Sample(200), 7);
    assert!(
        tally.wrong.is_empty(),
        "{} trials left something wrong; the first: {:?}",
        tally.wrong.len(),
        tally.wrong[0]
    );
}

#[test]
fn a_trial_is_named_as_it_is_read() {
    for text in ["apply:12/killed-after:again", "grow:3/500-before:7/throttled:destroy"] {
        assert_eq!(text.parse::<Trial>().expect("a trial").to_string(), text);
    }
    for text in ["", "apply", "apply:again:", "apply:0/throttled:again", "apply:1/thirst:again", ":1/throttled:again"] {
        assert!(text.parse::<Trial>().is_err(), "{text:?}");
    }
}
