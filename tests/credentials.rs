//! Credentials that expire in the middle of a run, as those of a laptop do that slept.

use crate::harness::{Landfall, Simulated};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n[cluster.main]\nworkers = 1\n";

/// The first call that makes a NAT gateway, and everything after it until the fault is used up, is refused.
fn expiring(action: &str, times: u32) -> String {
    let message = "The security token included in the request is expired";
    format!(
        "[[fault]]\nmatch = \"{action}\"\ntimes = {times}\n\
         kind = {{ error = {{ code = \"ExpiredToken\", message = \"{message}\" }} }}\n"
    )
}

fn resumes(landfall: &Landfall) {
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    landfall.run(&["destroy", "--yes"]).success().shows("nothing of acme is left");
}

#[test]
fn in_the_middle_of_an_apply() {
    for action in ["ec2:CreateNatGateway", "ec2:RunInstances", "iam:PutRolePolicy", "ec2:CreateSubnet"] {
        let region = Simulated::start(&expiring(action, 1), "1000");
        let landfall = region.landfall(STACK);
        let failed =
            landfall.run(&["apply", "--yes"]).exits(1).says("ExpiredToken").says("the credentials have expired");
        let failed = failed.says("changes are done and recorded").says("run the same command again");
        assert_eq!(failed.stderr.matches("error:").count(), 1, "one thing to read: {}", failed.stderr);
        landfall.run(&["list"]).success().shows("network/vpc");
        resumes(&landfall);
    }
}

#[test]
fn all_at_once_they_are_told_of_once() {
    let region = Simulated::start(&expiring("ec2:Create*", 40), "1000");
    let landfall = region.landfall(STACK);
    let failed = landfall.run(&["apply", "--yes"]).exits(1).says("ExpiredToken");
    assert_eq!(failed.stderr.matches("the credentials have expired").count(), 1, "{}", failed.stderr);
}

#[test]
fn while_it_only_looks_nothing_was_changed() {
    let region = Simulated::start(&expiring("ec2:DescribeVpcs", 1), "1000");
    let landfall = region.landfall(STACK);
    landfall.run(&["apply", "--yes"]).exits(1).says("the credentials have expired").says("nothing was changed");
    resumes(&landfall);
}
