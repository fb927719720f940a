//! What a tired person at night does to a command: cuts its output off, stops it, starts another beside it.

use std::net::TcpListener;
use std::process::Stdio;

use serde_json::json;

use crate::harness::{Account, Fault, Landfall, Moto};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n[cluster.main]\nworkers = 1\n";

/// SIGINT among the signals that Linux says a process catches.
#[cfg(target_os = "linux")]
const SIGINT: u64 = 1 << 1;

/// Runs the binary with a standard output that nobody reads, and returns its exit code.
fn unread(landfall: &Landfall, arguments: &[&str]) -> Option<i32> {
    let mut child = landfall
        .command(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("cargo has built the binary");
    drop(child.stdout.take());
    child.wait().expect("a child of this process").code()
}

#[test]
fn the_outcome_does_not_depend_on_who_reads_it() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let landfall = Landfall::with_stack(&moto, STACK);
    assert_eq!(unread(&landfall, &["plan", "--detailed-exitcode"]), Some(2));
    assert_eq!(unread(&landfall, &["apply", "--yes"]), Some(0));
    landfall.run(&["plan", "--detailed-exitcode"]).success();

    for json in [&[][..], &["--json"]] {
        moto.fail(Fault::of("DeleteNatGateway").code(403, "UnauthorizedOperation"));
        assert_eq!(unread(&landfall, &[&["destroy", "--yes"], json].concat()), Some(1), "{json:?}");
    }
    assert_eq!(unread(&landfall, &["destroy", "--yes"]), Some(0));
    assert_eq!(account.since_mark(), json!({}));
}

#[test]
#[cfg(target_os = "linux")]
fn an_answer_that_cannot_be_kept_does_not_hide_the_outcome() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let landfall = Landfall::with_stack(&moto, STACK);
    let before = account.everything();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has one");
    let ended = landfall.command(&["apply", "--yes"]).stdout(full).output().expect("it ends");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("standard output") && said.contains("next"), "{said}");
    assert_eq!(account.everything(), before, "a plan that was not shown is not carried out");
}

#[test]
fn stopped_while_it_looks_it_says_that_nothing_was_changed() {
    // Takes calls and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut landfall = Landfall::offline(STACK);
    landfall.set("AWS_ENDPOINT_URL", &format!("http://{}", silent.local_addr().expect("an address")));
    for command in [&["plan"][..], &["apply", "--yes"], &["destroy", "--yes"]] {
        let run = landfall.spawn(command);
        let _call = silent.accept().expect("a call");
        run.interrupt();
        run.wait().exits(130).says("nothing was changed");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_ends_it_whatever_it_waits_for() {
    let landfall = Landfall::offline(STACK);
    let made = std::process::Command::new("mkfifo").arg(landfall.path("pipe.toml")).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo");
    let mut run = landfall.spawn(&["validate", "pipe.toml"]);
    // Until it listens, the signal itself would end it.
    let status = format!("/proc/{}/status", run.id());
    run.while_running(|| {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or_default();
        u64::from_str_radix(caught.trim(), 16).is_ok_and(|caught| caught & SIGINT != 0)
    });
    run.interrupt();
    run.wait().exits(130);
}

#[test]
fn beside_a_run_it_says_that_one_is_at_work() {
    let moto = Moto::with_pending_reads(6);
    let landfall = Landfall::with_stack(&moto, STACK);
    let mut run = landfall.spawn(&["apply", "--yes"]);
    run.while_running(|| moto.calls().contains_key("CreateNatGateway"));
    for command in [&["plan"][..], &["drift"], &["status"]] {
        let said = landfall.run(command).stderr;
        assert!(said.contains("run 1 is at work") && said.contains(&run.id().to_string()), "{command:?}: {said}");
    }
    run.wait().success();
    let said = landfall.run(&["plan"]).success().stderr;
    assert!(!said.contains("at work"), "{said}");
    landfall.run(&["destroy", "--yes"]).success();
}
