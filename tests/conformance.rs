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
    let told =
        |(name, result): (&String, &Value)| format!("{name}\n  got      {result}\n  expected {}", expected(name));
    results.iter().filter(differs).map(told).collect()
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
