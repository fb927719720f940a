//! What landfall leaves behind holds no credential, and is its owner's alone; what it prints cannot steer a terminal.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::{Account, Fault, Landfall, Moto};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n[cluster.main]\nworkers = 1\n";
const KEY: &str = "AKIARECOGNISABLE0001";
const SECRET: &str = "recognisableSecretAccessKey+/0123456789";
const TOKEN: &str = "recognisableSessionToken//////////0123456789==";

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

fn holds_no_credential(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in [SECRET, TOKEN] {
        assert!(!text.contains(secret), "{what} holds {secret}");
    }
}

fn with_recognisable_credentials(landfall: &mut Landfall) {
    landfall.set("AWS_ACCESS_KEY_ID", KEY).set("AWS_SECRET_ACCESS_KEY", SECRET).set("AWS_SESSION_TOKEN", TOKEN);
}

/// While a run is at work as well, when the log and the lock have content.
fn everything_is_private(landfall: &Landfall) {
    let files = files_below(&landfall.path(".landfall"));
    assert!(files.iter().any(|file| file.ends_with("acme.db")), "{files:?}");
    for file in files {
        let (Ok(metadata), Ok(bytes)) = (std::fs::metadata(&file), std::fs::read(&file)) else { continue };
        assert_eq!(metadata.permissions().mode() & 0o077, 0, "{}", file.display());
        holds_no_credential(&file.display().to_string(), &bytes);
    }
}

#[test]
fn nothing_that_is_written_or_said_holds_a_credential() {
    let moto = Moto::with_pending_reads(2);
    let mut landfall = Landfall::with_stack(&moto, STACK);
    with_recognisable_credentials(&mut landfall);
    landfall.set("LANDFALL_LOG", "debug");
    let mut run = landfall.spawn(&["apply", "--yes"]);
    run.while_running(|| moto.calls().contains_key("CreateNatGateway"));
    everything_is_private(&landfall);
    let mut said = vec![run.wait().success()];
    moto.fail(Fault::of("DescribeVpcs").code(403, "UnauthorizedOperation"));
    said.push(landfall.run(&["plan"]).exits(1));
    for command in [&["plan", "--json"][..], &["status"], &["history", "show", "1"], &["destroy", "--yes"]] {
        said.push(landfall.run(command).success());
    }
    for output in said {
        holds_no_credential("standard output", output.stdout.as_bytes());
        holds_no_credential("standard error", output.stderr.as_bytes());
    }
    everything_is_private(&landfall);
}

#[test]
fn the_simulated_account_keeps_none_either() {
    let mut landfall = Landfall::offline(STACK);
    with_recognisable_credentials(&mut landfall);
    landfall.run(&["apply", "--simulate", "--yes", "--speed", "1000"]).success();
    assert!(landfall.path(".landfall/simulated-aws.db").exists());
    everything_is_private(&landfall);
}

/// Clears a line, sets the title, rings, turns the direction of writing, hides: raw, none of them may reach a terminal.
const HOSTILE: &str = "x\u{1b}[2K\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\u{2066}\u{200b}\r\u{8}\u{2028}y";

/// What of it XML can carry, the form in which EC2 and IAM answer.
const HOSTILE_IN_XML: &str = "x\u{9b}31m\u{9d}0;owned\u{9c}\u{202e}\u{2066}\u{200b}\u{2028}y";

fn is_harmless(what: &str, text: &str) {
    let harmful = |c: &char| {
        let hidden =
            matches!(*c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        hidden || (c.is_control() && *c != '\n')
    };
    let found: Vec<char> = text.chars().filter(harmful).collect();
    assert!(found.is_empty(), "{what} holds {found:?}:\n{}", text.escape_debug());
}

/// Names and values come from an account in which others write, and from a state that was copied from elsewhere.
#[test]
fn what_comes_from_the_account_or_the_state_cannot_steer_the_terminal() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let landfall = Landfall::with_stack(&moto, STACK);
    landfall.run(&["apply", "--yes"]).success();
    account.python(
        r#"
        mine = [{"Name": "tag:landfall:stack", "Values": ["acme"]}]
        tags = [{"Key": "owner", "Value": args}, {"Key": args, "Value": args}, {"Key": "Name", "Value": args}]
        for vpc in ec2.describe_vpcs(Filters=mine)["Vpcs"]:
            ec2.create_tags(Resources=[vpc["VpcId"]], Tags=tags)
        for reservation in ec2.describe_instances(Filters=mine)["Reservations"]:
            ec2.create_tags(Resources=[i["InstanceId"] for i in reservation["Instances"]], Tags=tags)
        subnet = ec2.describe_subnets(Filters=mine)["Subnets"][0]["SubnetId"]
        eni = ec2.create_network_interface(SubnetId=subnet, Description=args)["NetworkInterface"]["NetworkInterfaceId"]
        "#,
        json!(HOSTILE_IN_XML),
    );
    account.python(r#"logs.tag_log_group(logGroupName="acme", tags={"owner": args, args: args})"#, json!(HOSTILE));
    let check = |command: &[&str]| {
        let output = landfall.run(command);
        let what = command.join(" ");
        is_harmless(&format!("standard output of {what}"), &output.stdout);
        is_harmless(&format!("standard error of {what}"), &output.stderr);
        output
    };
    let drift = check(&["drift"]).exits(2);
    assert!(drift.stdout.contains("owned"), "it is shown, harmless: {}", drift.stdout);
    check(&["plan"]).success();
    check(&["plan", "--json"]).success();
    check(&["drift", "--json"]).exits(2);
    check(&["status"]).success();
    check(&["destroy", "--yes"]).exits(1).says("owned");
    account.python("ec2.delete_network_interface(NetworkInterfaceId=eni)", Value::Null);

    moto.fail(Fault::of("DescribeSubnets").code(403, "UnauthorizedOperation").message(HOSTILE_IN_XML));
    check(&["plan"]).exits(1).says("owned");
    moto.fail(Fault::of("CreateTags").code(400, "Invalid\u{202e}").message(HOSTILE_IN_XML));
    moto.fail(Fault::of("TagResource").code(400, "Invalid\u{202e}").message(HOSTILE));
    check(&["apply", "--yes"]).exits(1).says("owned").says("logs:TagResource");
    check(&["history", "show", "2"]).success();
    moto.fail(Fault::of("CreateTags").code(400, "Invalid").message(HOSTILE_IN_XML));
    moto.fail(Fault::of("TagResource").code(400, "Invalid").message(HOSTILE));
    check(&["apply", "--yes", "--json"]).exits(1);
    check(&["apply", "--yes"]).success();

    // A state that somebody else wrote.
    let code = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n\
                c.execute('UPDATE runs SET command = ?, user = ?, host = ?', [sys.argv[2]] * 3)\n\
                c.execute('UPDATE changes SET error = ?', [sys.argv[2]])\nc.commit()\n";
    let written = std::process::Command::new("python3")
        .args(["-c", code])
        .arg(landfall.path(".landfall/acme.db"))
        .arg(HOSTILE)
        .status();
    assert!(written.is_ok_and(|status| status.success()));
    for command in [&["history"][..], &["history", "show", "1"], &["list"], &["show", "network/vpc"], &["graph"]] {
        check(command);
    }
}
