//! A damaged file is an error or reads as it was; it never panics, never lies, and is never written to.

use std::fs;
use std::sync::LazyLock;

use landfall_engine::snapshot::Recorded;
use proptest::prelude::*;

use super::{Place, fixture};
use crate::{OpenError, OpenIntent, State, StateError};

/// What a plan is made from.
#[derive(Debug, PartialEq)]
struct Basis {
    recorded: Recorded,
    facts: Option<serde_json::Value>,
    open: Vec<OpenIntent>,
    identity: Option<crate::Identity>,
    lineage: String,
}

fn basis(state: &State) -> Result<Basis, StateError> {
    // The history is read for its panics; a flipped letter in a stack text of last year changes no plan.
    for run in state.history(10).unwrap_or_default() {
        let _ = state.run(run.id.number());
    }
    Ok(Basis {
        recorded: state.recorded()?,
        facts: state.facts()?,
        open: state.open_intents()?,
        identity: state.identity()?,
        lineage: state.lineage()?,
    })
}

/// Opens these bytes for reading and for writing, and returns what can be read.
fn read_damaged(bytes: &[u8]) -> Option<Basis> {
    let place = Place::new();
    fs::write(place.path(), bytes).expect("written");
    let read = State::read(place.path()).ok().flatten().and_then(|state| basis(&state).ok());
    assert_eq!(fs::read(place.path()).expect("a file"), bytes, "a reader wrote");
    let opened = State::open(place.path());
    match &opened {
        Ok(state) => assert_eq!(basis(state).ok(), read, "readers and writers see the same"),
        Err(_) => assert_eq!(fs::read(place.path()).expect("a file"), bytes, "a refused file was written to"),
    }
    read
}

/// A sound file, of version 1 or of the current one, and what stands in it.
fn sound(is_old: bool) -> (Vec<u8>, &'static Basis) {
    static OLD: LazyLock<(Vec<u8>, Basis)> = LazyLock::new(|| {
        let bytes = fs::read(fixture("version-1.db")).expect("the fixture");
        let basis = read_damaged(&bytes).expect("the fixture is sound");
        (bytes, basis)
    });
    static CURRENT: LazyLock<(Vec<u8>, Basis)> = LazyLock::new(|| {
        let place = Place::new();
        place.filled();
        let bytes = fs::read(place.path()).expect("a file");
        let basis = read_damaged(&bytes).expect("what was written is sound");
        (bytes, basis)
    });
    let sound = if is_old { &*OLD } else { &*CURRENT };
    (sound.0.clone(), &sound.1)
}

#[test]
fn random_bytes_are_no_state() {
    let place = Place::new();
    fs::write(place.path(), b"landfall".repeat(2000)).expect("written");
    for refused in [State::open(place.path()).map(Some), State::read(place.path())] {
        let Err(OpenError::Damaged { detail, .. }) = refused else { panic!("{refused:?}") };
        assert!(detail.contains("not a database"), "{detail}");
    }
}

#[test]
fn a_truncated_copy_is_never_read_in_part() {
    for is_old in [true, false] {
        let (bytes, whole) = sound(is_old);
        for kept in (1..bytes.len()).step_by(997) {
            assert_eq!(read_damaged(&bytes[..kept]).filter(|basis| basis != whole), None, "{kept} bytes kept");
        }
    }
}

#[test]
fn a_changed_id_is_found_by_the_rows_checksum() {
    let (mut bytes, _) = sound(false);
    let id = b"i-00000007";
    let places: Vec<usize> = (0..bytes.len() - id.len()).filter(|at| bytes[*at..].starts_with(id)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at + id.len() - 1] = b'8';
    }
    let place = Place::new();
    fs::write(place.path(), bytes).expect("written");
    let state = State::read(place.path()).expect("its structure is sound").expect("a state");
    let Err(StateError::Damaged { detail, .. }) = state.recorded() else { panic!("the change went unnoticed") };
    assert!(detail.contains("cluster/a/worker/7"), "{detail}");
}

proptest! {
    #[test]
    fn a_flipped_byte_is_an_error_or_does_no_harm(
        at in any::<prop::sample::Index>(),
        mask in 1u8..,
        is_old in any::<bool>(),
    ) {
        let (mut bytes, whole) = sound(is_old);
        let at = at.index(bytes.len());
        bytes[at] ^= mask;
        let read = read_damaged(&bytes);
        prop_assert!(read.is_none_or(|basis| basis == *whole), "byte {} ^ {:#04x} was not noticed", at, mask);
    }

    #[test]
    fn a_page_that_was_lost_is_an_error_or_does_no_harm(
        at in any::<prop::sample::Index>(),
        fill in any::<u8>(),
        is_old in any::<bool>(),
    ) {
        let (mut bytes, whole) = sound(is_old);
        let page = at.index(bytes.len() / 4096) * 4096;
        bytes[page..page + 4096].fill(fill);
        let read = read_damaged(&bytes);
        prop_assert!(read.is_none_or(|basis| basis == *whole), "page at {} was not missed", page);
    }

    #[test]
    // A file without a byte is a state that nothing was ever written to.
    fn any_bytes_at_all_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 1..3000), header in any::<bool>()) {
        let mut file = if header { b"SQLite format 3\0\x10\0\x02\x02\0\x40\x20\x20".to_vec() } else { vec![] };
        file.extend(bytes);
        prop_assert_eq!(read_damaged(&file), None);
    }
}
