//! Bad input: a clear error that says what to do, exit code 1, nothing changed in the account and nothing lost.

use serde_json::json;

use crate::harness::{Account, Fault, Landfall, Moto};

const GOOD: &str = "name = \"acme\"\nregion = \"us-east-1\"\n[cluster.analytics]\nworkers = 2\n";

/// Stack files that cannot be read, with what the error must say and where.
#[test]
fn a_stack_file_with_an_error() {
    let cases: &[(&str, &[&str])] = &[
        ("name = \"acme\nregion = \"us-east-1\"\n", &["landfall.toml:1:"]),
        ("name = \"acme\"\nregion = \"us-east-1\"\n[clutser.a1]\n", &["landfall.toml:3:", "cluster"]),
        ("name = \"acme\"\nregion = \"us-east-1\"\n[cluster.a1]\nwrokers = 2\n", &["landfall.toml:4:", "`workers`"]),
        ("name = \"acme\"\nregion = \"us-east-1\"\n[cluster.a1]\nworkers = \"two\"\n", &["landfall.toml:4:", "number"]),
        (
            "name = \"acme\"\nregion = \"us-east-1\"\n[firewall]\ncidr = \"300.1.1.1/8\"\n",
            &["landfall.toml:4:", "300.1.1.1/8"],
        ),
        (
            "name = \"acme\"\nregion = \"us-east-1\"\n[firewall]\ncidr = \"10.0.0.0/33\"\n",
            &["landfall.toml:4:", "10.0.0.0/33"],
        ),
        (
            "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\", \"us-east-1b\"]\n[network]\ncidr = \"10.0.0.0/28\"\n",
            &["landfall.toml:5:", "too small"],
        ),
        ("name = \"acme\"\nregion = \"us-east-1\"\nzone = \"eu-west-1a\"\n", &["landfall.toml:3:", "eu-west-1"]),
        ("name = \"acme\"\nregion = \"us-east\"\n", &["landfall.toml:2:", "us-east"]),
        ("name = \"acme\"\nregion = \"us-east-1\"\n[cluster.a1]\nworkers = -1\n", &["landfall.toml:4:", "-1"]),
        ("name = \"acme\"\nregion = \"us-east-1\"\n[firewall]\nports = [70000]\n", &["landfall.toml:4:", "65535"]),
        ("name = \"acme\"\nregion = \"us-east-1\"\n[cluster.a1]\n[cluster.a1]\n", &["landfall.toml:4:", "twice"]),
        ("name = \"a-name-that-is-much-longer-than-iam-takes\"\nregion = \"us-east-1\"\n", &["landfall.toml:1:", "32"]),
    ];
    for (text, said) in cases {
        let landfall = Landfall::offline(text);
        for command in [&["validate"][..], &["plan"], &["apply", "--yes"], &["destroy", "--yes"]] {
            let refused = landfall.run(command).exits(1);
            assert_eq!(refused.stdout, "", "{command:?}");
            for part in *said {
                assert!(refused.stderr.contains(part), "{command:?} lacks {part:?}:\n{}", refused.stderr);
            }
        }
        assert!(!landfall.path(".landfall").exists(), "no state is made for {text:?}");
    }
}

#[test]
fn all_errors_of_a_file_are_shown_at_once() {
    let landfall = Landfall::offline("nam = \"acme\"\nregion = \"mars\"\n[firewall]\nports = [0, 70000]\n");
    let refused = landfall.run(&["validate"]).exits(1);
    assert_eq!(refused.stderr.matches("error: ").count(), 4, "{}", refused.stderr);
}

#[test]
fn a_zone_or_type_that_the_account_does_not_have() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let text = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\", \"us-east-1z\"]\n\
                [cluster.analytics]\nworker_type = \"m6i.17xlarge\"\n";
    let landfall = Landfall::with_stack(&moto, text);
    for command in [&["plan"][..], &["apply", "--yes"]] {
        landfall.run(command).exits(1).says("landfall.toml:3:").says("us-east-1z").says("m6i.17xlarge");
    }
    assert_eq!(account.since_mark(), json!({}));
}

#[test]
fn a_region_that_does_not_exist() {
    let moto = Moto::start();
    let landfall = Landfall::with_stack(&moto, "name = \"acme\"\nregion = \"us-east-9\"\n");
    landfall.run(&["plan"]).exits(1).says("us-east-9").says("us-east-1");
}

#[test]
fn no_stack_file() {
    let landfall = Landfall::offline(GOOD);
    landfall.run(&["plan", "nowhere.toml"]).exits(1).says("nowhere.toml").says("landfall init");
}

#[test]
fn no_credentials() {
    let mut landfall = Landfall::offline(GOOD);
    landfall.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
    landfall.run(&["plan"]).exits(1).says("credentials").says("AWS_PROFILE");
}

#[test]
fn an_endpoint_that_nobody_answers_at() {
    let landfall = Landfall::offline(GOOD);
    landfall.run(&["apply", "--yes"]).exits(1).says("127.0.0.1:9").says("AWS_ENDPOINT_URL");
}

#[test]
fn without_a_terminal_and_without_yes_nothing_is_asked_and_nothing_done() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let landfall = Landfall::with_stack(&moto, GOOD);
    landfall.run(&["apply"]).exits(1).says("--yes");
    assert_eq!(account.since_mark(), json!({}));
    landfall.run(&["apply", "--yes"]).success();
    let before = account.everything();
    landfall.run(&["destroy"]).exits(1).says("--yes");
    assert_eq!(account.everything(), before);
}

#[test]
fn a_forbidden_read_is_not_a_missing_resource() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let landfall = Landfall::with_stack(&moto, GOOD);
    landfall.run(&["apply", "--yes"]).success();
    let before = account.everything();
    for action in ["DescribeVpcs", "DescribeInstances", "GetRole", "DescribeLogGroups"] {
        moto.fail(Fault::of(action).code(403, "UnauthorizedOperation"));
        landfall.run(&["apply", "--yes"]).exits(1).says(action).says("may not call");
        assert_eq!(account.everything(), before, "{action}");
    }
    landfall.run(&["plan", "--detailed-exitcode"]).success();
}

#[test]
fn a_file_that_is_much_too_long_is_refused_at_once() {
    let landfall = Landfall::offline(GOOD);
    let limit = 1024 * 1024;
    let padded = |length: usize| format!("{GOOD}# {}\n", "x".repeat(length - GOOD.len() - 3));
    landfall.write("full.toml", &padded(limit));
    landfall.run(&["validate", "full.toml"]).success();
    landfall.write("long.toml", &padded(limit + 1));
    landfall.run(&["validate", "long.toml"]).exits(1).says("longer than 1 MiB").says("next");
    // Characters of two bytes, so that the limit falls into the middle of one.
    landfall.write("wide.toml", &format!("{GOOD}#{}", "ü".repeat(15 * limit)));
    let asked = std::time::Instant::now();
    landfall.run(&["plan", "wide.toml"]).exits(1).says("longer than 1 MiB");
    assert!(asked.elapsed().as_secs() < 3, "{:?}", asked.elapsed());
}

#[test]
fn an_unknown_command_or_flag_is_an_error_and_not_a_finding() {
    let landfall = Landfall::offline(GOOD);
    landfall.run(&["pla"]).exits(1).says("plan");
    landfall.run(&["plan", "--detailed-exitcodes"]).exits(1).says("--detailed-exitcode");
}

#[test]
fn init_makes_a_stack_file_that_works_and_never_overwrites_one() {
    let landfall = Landfall::offline(GOOD);
    landfall.run(&["init"]).exits(1).says("landfall.toml");
    assert_eq!(landfall.read("landfall.toml"), GOOD);
    std::fs::remove_file(landfall.path("landfall.toml")).expect("it was there");
    landfall.run(&["init"]).success();
    landfall.run(&["validate"]).success();
}

#[test]
fn the_examples_are_valid() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let landfall = Landfall::offline(GOOD);
    let files = std::fs::read_dir(&examples).expect("examples").map(|entry| entry.expect("an entry").path());
    let stacks: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    assert!(!stacks.is_empty());
    for path in stacks {
        landfall.run(&["validate", &path.to_string_lossy()]).success();
    }
}
