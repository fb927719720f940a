//! Somebody deletes or replaces a file of a state that is open for writing.

use std::path::PathBuf;

use serde_json::json;

use super::Place;
use crate::{FileChange, State, StateError};

fn beside(place: &Place, suffix: &str) -> PathBuf {
    let mut name = place.path().into_os_string();
    name.push(suffix);
    name.into()
}

#[track_caller]
fn refused(state: &State, suffix: &str, expected: FileChange) {
    let refused = state.record_facts(&json!({"zones": []}));
    let Err(StateError::FileReplaced { file, change, .. }) = &refused else { panic!("{refused:?}") };
    assert_eq!(*change, expected);
    assert!(file.to_string_lossy().ends_with(&format!("acme.db{suffix}")), "{file:?}");
}

#[test]
fn a_deleted_file_is_noticed_before_the_next_write() {
    for suffix in ["", "-wal", ".lock"] {
        let place = Place::new();
        let _lock = place.lock();
        let state = place.open();
        state.record_facts(&json!({})).expect("written");
        state.record_facts(&json!({"a": 1})).expect("written");
        std::fs::remove_file(beside(&place, suffix)).expect("it was there");
        refused(&state, suffix, FileChange::Deleted);
    }
}

#[test]
fn a_file_that_takes_the_place_of_another_is_noticed() {
    for suffix in ["", "-wal", ".lock"] {
        let place = Place::new();
        let _lock = place.lock();
        let state = place.open();
        state.record_facts(&json!({})).expect("written");
        state.record_facts(&json!({"a": 1})).expect("written");
        let file = beside(&place, suffix);
        let copy = place.0.path().join("copy");
        std::fs::copy(&file, &copy).expect("copied");
        std::fs::rename(&copy, &file).expect("renamed");
        refused(&state, suffix, FileChange::Replaced);
    }
}

/// The directory was removed, and another process has begun anew in its place: closing the old state must not take away
/// the new one's log.
#[test]
fn the_successors_log_survives_the_old_states_end() {
    let place = Place::new();
    let old = place.open();
    old.record_facts(&json!({"old": true})).expect("written");
    for suffix in ["", "-wal", "-shm"] {
        std::fs::remove_file(beside(&place, suffix)).expect("it was there");
    }
    let new = place.open();
    new.record_facts(&json!({"new": true})).expect("written");
    refused(&old, "", FileChange::Replaced);
    drop(old);
    assert!(beside(&place, "-wal").exists(), "the log of the new state");
    new.record_facts(&json!({"new": 2})).expect("the new one is whole");
    drop(new);
    assert_eq!(place.reader().facts().expect("readable"), Some(json!({"new": 2})));
}

/// Two names for one file, as a link makes them, are no change.
#[test]
fn a_state_behind_a_link_is_written_as_any_other() {
    let place = Place::new();
    drop(place.open());
    let alias = place.0.path().join("alias.db");
    std::os::unix::fs::symlink(place.path(), &alias).expect("linked");
    let state = State::open(&alias).expect("a sound state");
    for number in 0..3 {
        state.record_facts(&json!(number)).expect("written");
    }
}
