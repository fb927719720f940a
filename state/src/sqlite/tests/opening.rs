//! Which files are opened, and what is left of those that are not.

use std::fs;
use std::path::Path;

use landfall_engine::address::Address;
use landfall_engine::journal::Record;
use rusqlite::Connection;
use serde_json::json;

use super::{Place, acme, begin, fixture, home, intent, worker};
use crate::sqlite::checksum::Checksum;
use crate::{Identity, OpenError, State, StateError};

#[test]
fn a_reader_makes_nothing() {
    let place = Place::new();
    assert!(State::read(place.path()).expect("no state is no error").is_none());
    assert!(State::read(place.0.path().join("no/such/directory.db")).expect("nor is no directory").is_none());
    assert_eq!(fs::read_dir(place.0.path()).expect("a directory").count(), 0);
}

#[test]
fn a_state_is_made_once() {
    let place = Place::new();
    let lineage = place.open().lineage().expect("a new state has one");
    assert_eq!(place.open().lineage().expect("an old one too"), lineage);
    assert_eq!(place.reader().lineage().expect("for readers as well"), lineage);
    assert!(place.reader().recorded().expect("readable").is_empty());
    assert_ne!(Place::new().open().lineage().expect("another state"), lineage);
}

#[test]
fn an_empty_file_becomes_a_state() {
    let place = Place::new();
    fs::write(place.path(), "").expect("written");
    assert!(State::read(place.path()).expect("nothing is in it").is_none());
    assert!(place.open().recorded().expect("readable").is_empty());
}

/// What a process leaves that dies between making the file and the first migration.
#[test]
fn a_file_with_a_header_only_becomes_a_state() {
    let place = Place::new();
    let connection = Connection::open(place.path()).expect("made");
    connection.pragma_update(None, "journal_mode", "wal").expect("set");
    drop(connection);
    assert!(fs::metadata(place.path()).expect("it exists").len() > 0);
    assert!(State::read(place.path()).expect("nothing is in it").is_none());
    assert!(place.open().recorded().expect("readable").is_empty());
}

/// SQLite itself would take it for an empty database.
#[test]
fn a_short_text_is_not_written_over() {
    let place = Place::new();
    fs::write(place.path(), "my notes").expect("written");
    for refused in [State::open(place.path()).map(Some), State::read(place.path())] {
        assert!(matches!(refused, Err(OpenError::Damaged { .. })), "{refused:?}");
    }
    assert_eq!(fs::read_to_string(place.path()).expect("a file"), "my notes");
}

#[cfg(unix)]
#[test]
fn all_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let path = place.0.path().join("deep/.landfall/acme.db");
    let mode = |path: &Path| fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
    let state = State::open(&path).expect("made with its directory");
    let _reader = State::read(&path).expect("sound").expect("there");
    state.write_records(&[]).expect("written");
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(mode(Path::new(&format!("{}{suffix}", path.display()))), 0o600, "{suffix}");
    }
    assert_eq!(mode(path.parent().expect("a directory")), 0o700);
    drop((state, _reader));

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("as a careless copy leaves it");
    let _state = State::open(&path).expect("sound");
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn names_that_sqlite_would_interpret_are_plain_files() {
    let place = Place::new();
    for name in [":memory:", "file:x?mode=memory", "a?b#c%20d"] {
        let path = place.0.path().join(name);
        drop(State::open(&path).expect("made"));
        assert!(path.is_file(), "{name}");
    }
}

#[test]
fn a_newer_version_is_refused_and_left_alone() {
    let place = Place::new();
    place.filled();
    Connection::open(place.path()).expect("open").pragma_update(None, "user_version", 7).expect("set");
    let before = fs::read(place.path()).expect("a file");
    let refused = State::open(place.path());
    assert!(matches!(refused, Err(OpenError::NewerVersion { found: 7, known: 3, .. })), "{refused:?}");
    assert!(matches!(State::read(place.path()), Err(OpenError::NewerVersion { found: 7, .. })));
    assert_eq!(fs::read(place.path()).expect("a file"), before);
}

#[test]
fn a_file_of_another_program_is_refused_and_left_alone() {
    let place = Place::new();
    let other = Connection::open(place.path()).expect("made");
    other.execute_batch("CREATE TABLE resources (address TEXT); PRAGMA application_id = 5;").expect("filled");
    drop(other);
    let before = fs::read(place.path()).expect("a file");
    for refused in [State::open(place.path()).map(Some), State::read(place.path())] {
        assert!(matches!(refused, Err(OpenError::NotAState { application_id: 5, .. })), "{refused:?}");
    }
    assert_eq!(fs::read(place.path()).expect("a file"), before);
}

#[test]
fn what_is_no_file_is_an_error_that_names_it() {
    let place = Place::new();
    for refused in [State::open(place.0.path()).map(Some), State::read(place.0.path())] {
        let Err(error @ OpenError::Io { .. }) = refused else { panic!("{refused:?}") };
        assert!(error.to_string().contains(&place.0.path().display().to_string()), "{error}");
    }
    fs::write(place.path(), "").expect("written");
    assert!(matches!(State::open(place.path().join("below-a-file.db")), Err(OpenError::Io { .. })));
}

#[test]
fn a_state_serves_one_stack_in_one_region_and_account() {
    let place = Place::new();
    let state = place.open();
    assert_eq!(state.identity().expect("readable"), None);
    place.reader().bind(&acme()).expect("a reader lets a new state pass");
    assert_eq!(state.identity().expect("readable"), None);
    state.bind(&acme()).expect("the first use");
    state.bind(&acme()).expect("the second");
    state.write_records(&[Record::Put(worker(1).into())]).expect("written");
    for asked in [
        Identity { stack: "other".to_owned(), ..acme() },
        Identity { region: "eu-west-1".to_owned(), ..acme() },
        Identity { account: "999900001111".to_owned(), ..acme() },
    ] {
        for state in [&state, &place.reader()] {
            let refused = state.bind(&asked);
            let Err(OpenError::OfAnotherStack { recorded, asked: named, vacant: false, .. }) = refused else {
                panic!("{refused:?}");
            };
            assert_eq!((*recorded, *named), (acme(), asked.clone()));
        }
        assert!(matches!(state.rebind(&asked), Err(OpenError::OfAnotherStack { .. })));
    }
    assert_eq!(state.identity().expect("readable"), Some(acme()));
}

#[test]
fn a_vacant_state_can_move_to_another_region_and_forgets_the_facts_of_the_first() {
    let place = Place::new();
    let state = place.open();
    let elsewhere = Identity { region: "eu-west-1".to_owned(), ..acme() };
    state.bind(&acme()).expect("the first use");
    state.record_facts(&json!({"zones": ["us-east-1a"]})).expect("remembered");
    assert!(matches!(state.bind(&elsewhere), Err(OpenError::OfAnotherStack { vacant: true, .. })));
    assert!(state.facts().expect("readable").is_some());
    state.rebind(&elsewhere).expect("nothing is recorded");
    assert_eq!((state.identity().expect("readable"), state.facts().expect("readable")), (Some(elsewhere), None));
}

/// An open intent is something that may exist, so the state is not vacant.
#[test]
fn a_state_with_an_open_intent_does_not_move() {
    use landfall_engine::journal::Journal;
    let place = Place::new();
    let state = place.open();
    state.bind(&acme()).expect("the first use");
    let run = begin(&state, &place.lock());
    let journal = crate::RunJournal::new(state.clone(), run.number());
    super::block_on(journal.intend(vec![intent(0)])).expect("written");
    let elsewhere = Identity { region: "eu-west-1".to_owned(), ..acme() };
    assert!(matches!(state.rebind(&elsewhere), Err(OpenError::OfAnotherStack { vacant: false, .. })));
}

#[test]
fn a_reader_sees_one_moment_and_does_not_stop_the_writer() {
    let place = Place::new();
    let (writer, reader) = (place.open(), place.reader());
    let write = |number| writer.write_records(&[Record::Put(worker(number).into())]);
    write(1).expect("written");
    let seen = reader.reading(|transaction| {
        let before = crate::sqlite::resources::select(transaction)?.resources.len();
        write(2).expect("a reader in the middle of a transaction is no obstacle");
        Ok((before, crate::sqlite::resources::select(transaction)?.resources.len()))
    });
    assert_eq!(seen.expect("readable"), (1, 1));
    assert_eq!(reader.recorded().expect("readable").resources.len(), 2);
    let unfinished = writer.writing(|transaction| {
        crate::sqlite::resources::write_record(transaction, &Record::Put(worker(3).into()))?;
        Ok(reader.recorded().expect("readable").resources.len())
    });
    assert_eq!(unfinished.expect("written"), 2);
}

#[test]
fn a_reader_cannot_write() {
    let place = Place::new();
    drop(place.open());
    let refused = place.reader().record_facts(&json!({}));
    assert!(matches!(refused, Err(StateError::ReadOnly { .. })), "{refused:?}");
}

#[test]
fn a_full_disk_is_an_error_and_leaves_nothing_half_written() {
    let place = Place::new();
    place.filled();
    let state = place.open();
    let before = state.recorded().expect("readable");
    let pages: i64 = state.connection().pragma_query_value(None, "page_count", |row| row.get(0)).expect("counted");
    state.connection().pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).expect("limited");
    let many: Vec<_> = (100..1000).map(|n| Record::Put(worker(n).into())).collect();
    let refused = state.write_records(&many);
    assert!(matches!(refused, Err(StateError::Full { .. })), "{refused:?}");
    assert_eq!(state.recorded().expect("readable"), before);
    state.connection().pragma_update_and_check(None, "max_page_count", 1 << 20, |_| Ok(())).expect("room again");
    state.write_records(&many).expect("written");
    assert_eq!(state.recorded().expect("readable").resources.len(), before.resources.len() + 900);
}

#[test]
fn a_file_that_another_program_keeps_locked_is_an_error() {
    let place = Place::new();
    let state = place.open();
    state.connection().busy_timeout(std::time::Duration::from_millis(1)).expect("set");
    let other = Connection::open(place.path()).expect("open");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let refused = state.record_facts(&json!({}));
    assert!(matches!(refused, Err(StateError::Busy { .. })), "{refused:?}");
    assert_eq!(state.facts().expect("reading goes on"), None);
}

#[test]
fn a_commit_is_on_the_disk_when_it_returns() {
    let place = Place::new();
    let state = place.open();
    let setting = |name| -> String {
        let value = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
        format!("{:?}", state.connection().pragma_query_value(None, name, value).expect("a setting"))
    };
    assert_eq!(setting("journal_mode"), "Text(\"wal\")");
    assert_eq!(setting("synchronous"), "Integer(2)", "FULL");
    assert_eq!(setting("foreign_keys"), "Integer(1)");
    assert_eq!(setting("trusted_schema"), "Integer(0)");
}

/// The fixture was written by version 1 and is never written again; see the README beside it.
#[test]
fn a_kept_state_of_version_1_is_read_and_opened() {
    let place = Place::new();
    fs::copy(fixture("version-1.db"), place.path()).expect("copied");
    let state = place.open();
    assert_eq!(state.identity().expect("readable"), Some(acme()));
    assert_eq!(state.lineage().expect("readable"), "01a20e3a-fb06-7292-a902-41457472c3bd");
    let recorded = state.recorded().expect("readable");
    assert_eq!((recorded.resources.len(), recorded.deposed.len()), (38, 2));
    assert_eq!(recorded.resources[&worker(7).address], worker(7).into());
    assert_eq!(state.facts().expect("readable"), Some(json!({"zones": ["us-east-1a", "us-east-1b"]})));
    assert_eq!(recorded.deposed, [worker(3).into(), worker(5).into()]);
    let open = state.open_intents().expect("readable");
    assert_eq!(open.iter().map(|open| open.step.0).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(open.iter().all(|open| open.place == home()));
    assert_eq!((&open[1].token, &open[1].id), (&intent(2).token, &intent(2).id));
    assert_eq!(state.history(10).expect("readable").len(), 1);
}

/// A reader does not change the file, and sees what a writer will see.
#[test]
fn a_kept_state_of_version_1_reads_alike_before_and_after_its_migration() {
    let place = Place::new();
    fs::copy(fixture("version-1.db"), place.path()).expect("copied");
    let before = fs::read(place.path()).expect("a file");
    let reader = place.reader();
    let (recorded, open) = (reader.recorded().expect("readable"), reader.open_intents().expect("readable"));
    assert_eq!(fs::read(place.path()).expect("a file"), before);
    let writer = place.open();
    assert_eq!((writer.recorded().expect("readable"), writer.open_intents().expect("readable")), (recorded, open));
    drop(writer);
    assert_eq!(version(&place), 3);
    place.open().write_records(&[Record::Remove(worker(7).address, home(), worker(7).id)]).expect("written");
    assert!(!place.reader().recorded().expect("readable").resources.contains_key(&worker(7).address));
}

/// In version 1 everything was in one region, but for what belongs to none.
#[test]
fn a_migrated_resource_is_where_the_state_was_for() {
    let place = Place::new();
    fs::copy(fixture("version-1.db"), place.path()).expect("copied");
    let role = ["identity/role", "iam.role", "arn:aws:iam::111122223333:role/acme", "{}", "{}", "[]"];
    insert_of_version_1(&place, role, 0);
    let role = &place.open().recorded().expect("readable").resources[&Address::of(["identity", "role"])].clone();
    assert_eq!((role.place.account(), role.place.region()), ("111122223333", None));
    assert_eq!(place.open().recorded().expect("readable").resources[&worker(7).address].place, home());
}

/// A migration writes new checksums, so it is the last that can see that an old one does not fit.
#[test]
fn damage_in_a_state_of_version_1_is_found_and_the_file_stays_as_it_is() {
    let worker_8 = ["cluster/a/worker/8", "ec2.instance", "i-of-another", "{}", "{}", "[]"];
    let cases = [
        ("table resources, row cluster/a/worker/7", "UPDATE resources SET cloud_id = 'i-8' WHERE address LIKE '%/7'"),
        ("table deposed, row cluster/a/worker/3", "UPDATE deposed SET properties = '{}' WHERE address LIKE '%/3'"),
        ("table journal, row 1/4", "UPDATE journal SET token = 'another' WHERE step = 4"),
        ("table identity, row 1", "UPDATE identity SET region = 'eu-west-1'"),
    ];
    let refused = |place: &Place, what: &str| {
        let before = fs::read(place.path()).expect("a file");
        for refused in [State::read(place.path()), State::open(place.path()).map(Some)] {
            let Err(OpenError::Damaged { detail, .. }) = refused else { panic!("{what}: {refused:?}") };
            assert!(detail.starts_with(what), "{detail}");
            assert!(detail.contains("checksum"), "{detail}");
            assert_eq!(fs::read(place.path()).expect("a file"), before, "{what}");
        }
    };
    for (what, sql) in cases {
        let place = Place::new();
        fs::copy(fixture("version-1.db"), place.path()).expect("copied");
        Connection::open(place.path()).expect("open").execute(sql, []).expect("spoilt");
        refused(&place, what);
    }
    let place = Place::new();
    fs::copy(fixture("version-1.db"), place.path()).expect("copied");
    Connection::open(place.path())
        .expect("open")
        .execute("DELETE FROM resources WHERE address LIKE '%/8'", [])
        .expect("gone");
    insert_of_version_1(&place, worker_8, 1);
    refused(&place, "table resources, row cluster/a/worker/8");
}

fn version(place: &Place) -> i64 {
    let connection = Connection::open(place.path()).expect("open");
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a version")
}

/// Inserts a resource as version 1 did: the checksum is over its columns, and is wrong by `error`.
fn insert_of_version_1(place: &Place, columns: [&str; 6], error: i64) {
    let checksum = columns.iter().fold(Checksum::new(), |checksum, column| checksum.text(column)).value() ^ error;
    let [address, kind, id, properties, outputs, depends_on] = columns;
    let connection = Connection::open(place.path()).expect("open");
    connection
        .execute(
            "INSERT INTO resources (address, kind, cloud_id, properties, outputs, depends_on, seal)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            rusqlite::params![address, kind, id, properties, outputs, depends_on, checksum],
        )
        .expect("inserted");
}

#[test]
fn every_error_says_what_to_do() {
    let path = std::path::PathBuf::from("acme.db");
    let errors = [
        OpenError::NewerVersion { path: path.clone(), found: 2, known: 1 },
        OpenError::Damaged { path: path.clone(), detail: "table facts, row 1: its checksum does not fit".to_owned() },
        OpenError::NotAState { path: path.clone(), application_id: 0x1234 },
        OpenError::FileReplaced { path: path.clone(), file: path.clone(), change: crate::FileChange::Deleted },
        OpenError::Busy { path },
    ];
    let texts: Vec<String> = errors.iter().map(|error| format!("{error}\n  next {}", error.advice())).collect();
    assert_eq!(
        texts.join("\n"),
        "the state acme.db has version 2; this landfall knows versions up to 1
  next install the newer landfall; the state was not touched
the state acme.db is damaged: table facts, row 1: its checksum does not fit
  next the state was not touched: `landfall recover` moves it aside and rebuilds it from the account
acme.db is an SQLite file, but no state of landfall (application id 0x1234)
  next give the path of the state with `--state`; the file was not touched
acme.db was deleted while landfall was at work
  next leave the files beside the state alone while landfall works; run the same command again: whatever carries the stack's tag is found, also without the state
the state acme.db is kept locked by another program
  next close the program that has the state open, then try again"
    );
}
