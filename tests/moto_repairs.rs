//! moto differs from AWS; the harness mends it. The repairs have tests of their own, in Python.

use std::process::Command;

use crate::harness;

#[test]
fn each_repair_is_needed_and_works() {
    let output = Command::new(harness::python())
        .args(["-B", "-m", "unittest"])
        .current_dir(harness::moto_folder())
        .output()
        .expect("the interpreter that was just made");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
