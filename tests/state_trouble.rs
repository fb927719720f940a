//! The state's files in the middle of a run: deleted, replaced, locked, on a full disk.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::harness::{Account, Landfall, Moto};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n[cluster.main]\nworkers = 1\n";
const STATE: &str = ".landfall/acme.db";

#[test]
fn a_state_that_disappears_under_a_run_is_noticed() {
    type Trouble = (&'static str, fn(&Path));
    let troubles: [Trouble; 3] = [
        ("was deleted", |folder| std::fs::remove_dir_all(folder).expect("it was there")),
        ("was deleted", |folder| std::fs::remove_file(folder.join("acme.db.lock")).expect("it was there")),
        ("was replaced", |folder| {
            std::fs::copy(folder.join("acme.db"), folder.join("copy")).expect("copied");
            std::fs::rename(folder.join("copy"), folder.join("acme.db")).expect("renamed");
        }),
    ];
    for (message, trouble) in troubles {
        let moto = Moto::with_pending_reads(3);
        let account = Account::of(&moto);
        account.mark();
        let landfall = Landfall::with_stack(&moto, STACK);
        let mut run = landfall.spawn(&["apply", "--yes"]);
        run.while_running(|| moto.calls().contains_key("CreateNatGateway"));
        trouble(&landfall.path(".landfall"));
        run.wait().exits(1).says(message).says("the run was broken off").says("run the same command");
        // The way out of the private subnets waits for the NAT gateway; that of the public ones may have been quicker
        // than the trouble.
        let calls = moto.calls();
        assert!(calls.get("CreateRoute").is_none_or(|count| *count <= 1), "something more was sent: {calls:?}");
        // A state of another moment, or none: the rest is found in the account.
        let _ = std::fs::remove_dir_all(landfall.path(".landfall"));
        landfall.run(&["apply", "--yes"]).success();
        landfall.run(&["plan", "--detailed-exitcode"]).success();
        landfall.run(&["destroy", "--yes"]).success();
        assert_eq!(account.since_mark(), json!({}));
    }
}

#[test]
fn a_second_run_waits_if_it_is_told_to() {
    let moto = Moto::with_pending_reads(4);
    let landfall = Landfall::with_stack(&moto, STACK);
    let mut first = landfall.spawn(&["apply", "--yes"]);
    first.while_running(|| moto.calls().contains_key("CreateVpc"));
    let refused = landfall.run(&["apply", "--yes"]).exits(1).says("--lock-timeout");
    let refused = refused.says("is locked by").says("landfall apply --yes").says("since");
    assert!(refused.stderr.contains(&first.id().to_string()), "{}", refused.stderr);
    let in_vain = landfall.run(&["apply", "--yes", "--lock-timeout", "1"]);
    let second = if in_vain.code == Some(1) {
        in_vain.says("waiting for it, 1 s at most").says("wait until process");
        landfall.run(&["apply", "--yes", "--lock-timeout", "100"])
    } else {
        in_vain
    };
    second.success();
    first.wait().success();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
}

/// A waiting command is stopped like any other.
#[test]
fn who_waits_for_a_lock_can_be_interrupted() {
    let moto = Moto::start();
    let landfall = Landfall::with_stack(&moto, STACK);
    landfall.run(&["apply", "--yes"]).success();
    let lock = std::fs::File::open(landfall.path(".landfall/acme.db.lock")).expect("it stays");
    lock.lock().expect("free");
    let mut waiting = landfall.spawn(&["destroy", "--yes", "--lock-timeout", "100"]);
    let begun = std::time::Instant::now();
    waiting.while_running(|| begun.elapsed().as_secs() >= 2);
    waiting.interrupt();
    waiting.wait().exits(130).says("waiting for it").says("nothing was changed");
}

/// A clock that was set back since: the latest run began and ended in a future. Times are for people; what is latest is
/// identified by the run's number, and how long something takes by a clock that nobody sets.
#[test]
fn a_clock_that_was_set_back_changes_nothing_but_what_is_shown() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let landfall = Landfall::with_stack(&moto, STACK);
    landfall.run(&["apply", "--yes"]).success();
    let statement = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n\
                     c.execute(\"UPDATE runs SET began = '2099-01-01T00:00:00Z', ended = '2098-01-01T00:00:00Z'\")\n\
                     c.commit()\n";
    let done = Command::new("python3").args(["-c", statement]).arg(landfall.path(STATE)).status();
    assert!(done.is_ok_and(|status| status.success()));
    landfall.run(&["plan", "--detailed-exitcode"]).success().shows("run 1");
    landfall.write("landfall.toml", &STACK.replace("workers = 1", "workers = 2"));
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["plan", "--detailed-exitcode"]).success().shows("run 2");
    landfall.run(&["history"]).success().shows("2099");
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}));
}

/// The binary under a limit for the size of the files that it writes: to it, the disk is full.
fn with_room_for(blocks: u32, landfall: &Landfall, arguments: &[&str]) -> std::process::Output {
    let inner = landfall.command(arguments);
    // Blocks of 1,024 bytes. Without the trap the signal would end it, as a limit does and a full disk does not.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut command = Command::new("bash");
    command.args(["-c", &script]).arg(inner.get_program()).args(inner.get_args()).current_dir(landfall.folder());
    command.env_clear().envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.output().expect("bash")
}

#[test]
fn on_a_full_disk_nothing_more_is_sent_and_what_was_done_is_found_again() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let landfall = Landfall::with_stack(&moto, STACK);
    // As much as the state has, and then some: it becomes full at one step after another of a run.
    let mut broken_off = 0;
    for blocks in [100, 120, 140, 160, 180, 200, 240, 280, 320, 400] {
        moto.reset_calls();
        let ended = with_room_for(blocks, &landfall, &["apply", "--yes"]);
        let said = String::from_utf8_lossy(&ended.stderr);
        match ended.status.code() {
            Some(0) => break,
            Some(1) => assert!(said.contains("next"), "with {blocks} blocks: {said}"),
            other => panic!("with {blocks} blocks it ended with {other:?}: {said}"),
        }
        if said.contains("the run was broken off") {
            broken_off += 1;
            assert!(said.contains("whatever was begun is in the journal"), "{said}");
        }
    }
    assert!(broken_off > 0, "the disk was never full in the middle of a run");
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    let made = Account::counted(&account.inventory("acme"));
    assert_eq!((&made["ec2.vpc"], &made["ec2.nat_gateway"], &made["ec2.instance"]), (&json!(1), &json!(1), &json!(2)));
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}));
}

/// Where no directory can be made: below a file. (The permission bits of a directory do not bind a privileged user.)
#[test]
fn where_no_state_can_be_written_nothing_is_done() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let landfall = Landfall::with_stack(&moto, STACK);
    let before = account.everything();
    landfall.write("file", "");
    let mut places = vec![PathBuf::from("file/acme.db")];
    if cfg!(target_os = "linux") {
        // A file system that nobody can write to, whoever he is.
        places.push(PathBuf::from("/proc/acme.db"));
    }
    for place in places {
        let refused = landfall.run(&["apply", "--yes", "--state", &place.to_string_lossy()]).exits(1);
        refused.says("acme.db").says("next");
    }
    assert_eq!(account.everything(), before);
    // A directory that was made read-only: an error for those whom the bits bind, and no obstacle for those whom they do not.
    landfall.run(&["apply", "--yes"]).success();
    let folder = landfall.path(".landfall");
    let readonly = |readonly: bool| {
        use std::os::unix::fs::PermissionsExt;
        let mode = if readonly { 0o500 } else { 0o700 };
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).expect("our own directory");
    };
    readonly(true);
    let binds = std::fs::write(folder.join("probe"), "").is_err();
    let ended = landfall.run(&["apply", "--yes"]);
    readonly(false);
    match binds {
        true => drop(ended.exits(1).says(STATE)),
        false => drop(ended.success()),
    }
}
