//! One table of scenarios for the simulated region and for moto: what AWS answers to what. Where moto differs
//! from AWS, `scenarios.py` says how.

use std::process::Command;

use serde_json::Value;

use crate::harness::{self, Moto, Simulated};

/// Things take so short a time that the scenarios need not wait.
const SPEED: &str = "100000";

fn run(endpoint: &str) -> Value {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let output = Command::new(harness::python())
        .args(["-B", "scenarios.py", endpoint])
        .current_dir(folder)
        .output()
        .expect("the interpreter that was just made");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}

fn differences(table: &Value, expected: impl Fn(&str) -> Value) -> Vec<String> {
    let results = table["results"].as_object().expect("results by name");
    assert!(results.len() > 20, "a table of scenarios");
    let differs = |(name, result): &(&String, &Value)| expected(name) != **result;
    let described =
        |(name, result): (&String, &Value)| format!("{name}\n  got      {result}\n  expected {}", expected(name));
    results.iter().filter(differs).map(described).collect()
}

#[test]
fn the_simulated_region_answers_as_aws_does() {
    let served = Simulated::start("", SPEED);
    let table = run(served.endpoint());
    let wrong = differences(&table, |name| table["expected"][name].clone());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn moto_answers_the_same_but_where_it_is_known_to_differ() {
    let moto = Moto::start();
    let table = run(&moto.endpoint());
    let expected = |name: &str| match table["moto"].get(name) {
        Some(known) => known["result"].clone(),
        None => table["expected"][name].clone(),
    };
    let wrong = differences(&table, expected);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The page that names each scenario, what it expects, and each place where moto differs.
/// `SNAPSHOTS=overwrite cargo test --test blackbox conformance` renews it.
#[test]
fn the_page_lists_every_scenario_and_every_difference() {
    let served = Simulated::start("", SPEED);
    let table = run(served.endpoint());
    let results = table["results"].as_object().expect("results by name");
    let mut page = String::from(PAGE_HEAD);
    for name in results.keys() {
        page += &format!("| {} | `{}` |\n", name.replace('_', " "), table["expected"][name]);
    }
    page += DIFFERENCES_HEAD;
    for (name, known) in table["moto"].as_object().expect("differences by name") {
        let (result, because) = (&known["result"], known["because"].as_str().expect("a reason"));
        page += &format!("| {} | `{}` | `{result}` | {because} |\n", name.replace('_', " "), table["expected"][name]);
    }
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/conformance.md");
    snapbox::Assert::new().action_env("SNAPSHOTS").eq(page, snapbox::Data::read_from(&kept, None));
}

const PAGE_HEAD: &str = "\
# What the simulated region and moto answer to the same requests

A test writes this page. `tests/conformance/scenarios.py` has the scenarios; through boto3, each runs against
`landfall simulate` and against moto. Where AWS answers with an error, its code is shown.

| scenario | answers, as on AWS |
|---|---|
";

const DIFFERENCES_HEAD: &str = "
## Where moto differs

The simulated region follows AWS. This is moto as [tests/moto](../../tests/moto) mends it for landfall's own tests; what
is mended there, such as a VPC that moto deletes with subnets in it, differs in plain moto too.

| scenario | AWS, and the simulated region | moto | what AWS documents |
|---|---|---|---|
";
