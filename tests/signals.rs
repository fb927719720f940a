//! Signals in the middle of a run: what was begun is recorded, and the next run goes on from there.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Account, Landfall, Moto, Simulated};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n[cluster.main]\nworkers = 1\n";

/// Runs a program on a terminal of its own, closes that when a line comes, and prints the program's exit code.
const ON_TERMINAL: &str = r#"
import os, pty, select, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
while True:
    ready, _, _ = select.select([terminal, 0], [], [])
    if 0 in ready:
        break
    os.read(terminal, 65536)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

/// Another program that is given the binary with its arguments, in the same folder and environment.
fn through(program: &str, before: &[&str], landfall: &Landfall, arguments: &[&str]) -> Command {
    let inner = landfall.command(arguments);
    let mut command = Command::new(program);
    command.args(before).arg(inner.get_program()).args(inner.get_args()).current_dir(landfall.folder()).env_clear();
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// Every step has an outcome: nothing is left for the next run to look up.
fn nothing_is_open(landfall: &Landfall) {
    let said = landfall.run(&["plan"]).success().stderr;
    assert!(!said.contains("unfinished"), "{said}");
}

/// Closes the terminal of an apply while a NAT gateway comes up, and returns the apply's exit code.
fn closed_in_the_middle(moto: &Moto, landfall: &Landfall, before: &[&str]) -> String {
    let mut child = through("python3", before, landfall, &["apply", "--yes"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    let began = Instant::now();
    while !moto.calls().contains_key("CreateNatGateway") {
        assert!(began.elapsed() < Duration::from_secs(60) && child.try_wait().expect("a child").is_none(), "no run");
    }
    child.stdin.as_mut().expect("piped").write_all(b"close\n").expect("it reads");
    let ended = child.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&ended.stdout).trim().to_owned()
}

/// Both streams answer every write with an error from then on.
#[test]
fn a_closed_terminal_does_not_stop_a_run_that_ignores_hangups() {
    let moto = Moto::with_pending_reads(4);
    let mut landfall = Landfall::with_stack(&moto, STACK);
    landfall.set("TERM", "xterm");
    let ignoring = ["-c", ON_TERMINAL, "bash", "-c", "trap '' HUP; exec \"$0\" \"$@\""];
    assert_eq!(closed_in_the_middle(&moto, &landfall, &ignoring), "0");
    landfall.run(&["plan", "--detailed-exitcode"]).success();
}

#[test]
fn a_closed_terminal_lets_the_run_finish_what_is_on_its_way() {
    let moto = Moto::with_pending_reads(6);
    let account = Account::of(&moto);
    account.mark();
    let mut landfall = Landfall::with_stack(&moto, STACK);
    landfall.set("TERM", "xterm");
    assert_eq!(closed_in_the_middle(&moto, &landfall, &["-c", ON_TERMINAL]), "130");
    landfall.run(&["history"]).success().shows("interrupted");
    landfall.run(&["list"]).success().shows("network/nat-gateway");
    nothing_is_open(&landfall);
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}));
}

#[test]
fn hangup_and_terminate_are_told_alike() {
    for signal in ["HUP", "TERM"] {
        let moto = Moto::with_pending_reads(6);
        let landfall = Landfall::with_stack(&moto, STACK);
        let mut run = landfall.spawn(&["apply", "--yes"]);
        run.while_running(|| moto.calls().contains_key("CreateNatGateway"));
        run.signal(signal);
        run.wait().exits(130).says("finishing what is on its way").says("run `landfall apply` again");
        nothing_is_open(&landfall);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn under_nohup_it_goes_on_without_the_terminal() {
    let moto = Moto::with_pending_reads(4);
    let landfall = Landfall::with_stack(&moto, STACK);
    let mut child = through("nohup", &[], &landfall, &["apply", "--yes"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("nohup, of coreutils");
    let began = Instant::now();
    while !moto.calls().contains_key("CreateNatGateway") {
        assert!(began.elapsed() < Duration::from_secs(60) && child.try_wait().expect("a child").is_none(), "no run");
    }
    let sent = Command::new("kill").arg("-HUP").arg(child.id().to_string()).status();
    assert!(sent.is_ok_and(|status| status.success()));
    assert_eq!(child.wait().expect("a child").code(), Some(0));
    landfall.run(&["plan", "--detailed-exitcode"]).success();
}

/// What GitHub's runners do to a cancelled job: SIGINT, after 7.5 s SIGTERM, after 2.5 s more SIGKILL. Here a call is on
/// its way for longer than that.
#[test]
fn a_cancelled_job_leaves_everything_recorded() {
    let faults = "[[fault]]\nmatch = \"ec2:CreateNatGateway\"\nnth = 1\nkind = { delay = { ms = 60000 } }\n";
    let region = Simulated::start(faults, "1");
    let landfall = region.landfall(STACK);
    let mut run = landfall.spawn(&["apply", "--yes"]);
    run.while_running(|| landfall.run(&["list"]).stdout.contains("network/elastic-ip"));
    std::thread::sleep(Duration::from_secs(2));
    run.interrupt();
    let until = Instant::now() + Duration::from_millis(7500);
    run.while_running(|| Instant::now() >= until);
    run.signal("TERM");
    let terminated = Instant::now();
    run.wait().exits(130).says("stopping; the journal knows what was on its way");
    assert!(terminated.elapsed() < Duration::from_millis(2500), "SIGKILL would have come");
    let plan = landfall.run(&["plan", "--json"]).success();
    assert!(plan.stderr.contains("unfinished"), "the call without an answer is known: {}", plan.stderr);
    let changes = plan.json()["changes"].clone();
    let action_of = |address: &str| {
        let mut all = changes.as_array().expect("a list").iter();
        all.find(|change| change["address"] == address).map_or(json!("no_op"), |change| change["action"].clone())
    };
    assert_eq!(action_of("network/vpc"), "no_op", "{changes:#}");
    assert_eq!(action_of("network/elastic-ip/us-east-1a"), "no_op", "{changes:#}");
}
