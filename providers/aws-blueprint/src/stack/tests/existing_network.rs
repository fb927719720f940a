//! `[network]` of a network that exists.

use snapbox::str;

use super::*;

/// A network that exists, as the file names it.
const EXISTING: &str = r#"
zone = "us-east-1a"
[network]
vpc             = "vpc-0123456789abcdef0"
subnets         = ["subnet-0123456789abcdef0", "subnet-1a2b3c4d", "subnet-0123456789abcdef0"]
security_groups = ["sg-0123456789abcdef0"]
"#;

#[test]
fn a_network_that_exists_is_named_by_its_ids() {
    let expected = ExistingNetwork {
        vpc: "vpc-0123456789abcdef0".to_owned(),
        subnets: ["subnet-0123456789abcdef0", "subnet-1a2b3c4d"].map(str::to_owned).to_vec(),
        security_groups: vec!["sg-0123456789abcdef0".to_owned()],
    };
    let stack = parsed(&format!("{HEAD}{EXISTING}"));
    assert_eq!(stack.network, Network::Existing(expected.clone()));
    assert!(stack.origins.span("network.subnets.subnet-1a2b3c4d").is_some());

    let without_groups = format!("{HEAD}{EXISTING}").replace("security_groups", "#");
    let expected = ExistingNetwork { security_groups: vec![], ..expected };
    assert_eq!(parsed(&without_groups).network, Network::Existing(expected));
}

#[test]
fn a_network_that_exists_is_not_made() {
    check(
        r#"name = "acme"
region = "us-east-1"
zones = ["us-east-1a"]
[network]
vpc = "vpc-0123456789abcdef0"
subnets = ["subnet-0123456789abcdef0"]
cidr = "10.0.0.0/16"
workers = "public"
nat = "single"
s3_endpoint = false
"#,
        str![[r#"
error: zones: goes with a network that landfall makes
 --> landfall.toml:3:1
  |
3 | zones = ["us-east-1a"]
  | ^^^^^
  |
  = help: the subnets of an existing network say which zones there are; `zone` chooses one for a cluster

error: network.cidr: goes with a network that landfall makes
 --> landfall.toml:7:1
  |
7 | cidr = "10.0.0.0/16"
  | ^^^^
  |
  = help: `vpc` names a network that exists: take out either this key or vpc, subnets and security_groups

error: network.workers: goes with a network that landfall makes
 --> landfall.toml:8:1
  |
8 | workers = "public"
  | ^^^^^^^
  |
  = help: `vpc` names a network that exists: take out either this key or vpc, subnets and security_groups

error: network.nat: goes with a network that landfall makes
 --> landfall.toml:9:1
  |
9 | nat = "single"
  | ^^^
  |
  = help: `vpc` names a network that exists: take out either this key or vpc, subnets and security_groups

error: network.s3_endpoint: goes with a network that landfall makes
  --> landfall.toml:10:1
   |
10 | s3_endpoint = false
   | ^^^^^^^^^^^
   |
   = help: `vpc` names a network that exists: take out either this key or vpc, subnets and security_groups

"#]],
    );
}

#[test]
fn a_vpc_and_its_subnets_go_together() {
    check(
        "name = \"acme\"\nregion = \"us-east-1\"\n[network]\nvpc = \"vpc-0123456789abcdef0\"\n",
        str![[r#"
error: `network.subnets` is missing
 --> landfall.toml:3:1
  |
3 | [network]
  | ^^^^^^^^^
  |
  = help: add a line: subnets = ["subnet-0123456789abcdef0"]

"#]],
    );
    check(
        "name = \"acme\"\nregion = \"us-east-1\"\n[network]\nsubnets = [\"subnet-0123456789abcdef0\"]\n",
        str![[r#"
error: `network.vpc` is missing
 --> landfall.toml:3:1
  |
3 | [network]
  | ^^^^^^^^^
  |
  = help: add a line: vpc = "vpc-0123456789abcdef0"

"#]],
    );
    check(
        "name = \"acme\"\nregion = \"us-east-1\"\n[network]\nsecurity_groups = [\"sg-0123456789abcdef0\"]\n",
        str![[r#"
error: `network.vpc` is missing
 --> landfall.toml:3:1
  |
3 | [network]
  | ^^^^^^^^^
  |
  = help: add a line: vpc = "vpc-0123456789abcdef0"

error: `network.subnets` is missing
 --> landfall.toml:3:1
  |
3 | [network]
  | ^^^^^^^^^
  |
  = help: add a line: subnets = ["subnet-0123456789abcdef0"]

"#]],
    );
}

#[test]
fn ids_of_a_network_that_exists() {
    let many: Vec<String> = (0..15).map(|n| format!("\"sg-0123456789abcde{n:02}\"")).collect();
    let groups = format!("security_groups = [{}]\n", many.join(", "));
    check_after_head(
        &format!("[network]\nvpc = \"subnet-0123456789abcdef0\"\nsubnets = []\n{groups}"),
        str![[r#"
error: network.vpc: `subnet-0123456789abcdef0` is not a VPC id
 --> landfall.toml:4:7
  |
4 | vpc = "subnet-0123456789abcdef0"
  |       ^^^^^^^^^^^^^^^^^^^^^^^^^^ expected `vpc-` and 17 (or, of old ones, 8) digits of 0-9 and a-f

error: network.subnets: expected a list of subnets, found an empty list
 --> landfall.toml:5:11
  |
5 | subnets = []
  |           ^^ names no subnet

error: network.security_groups: 15 security groups are too many
 --> landfall.toml:6:19
  |
6 | ... = ["sg-0123456789abcde00", "sg-0123456789abcde0...g-0123456789abcde13", "sg-0123456789abcde14"]
  |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^...^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ at most 14
  |
  = help: AWS takes at most 16 on an instance, and landfall adds two of its own

"#]],
    );
    check_after_head(
        r#"[network]
vpc = 7
subnets = "subnet-0123456789abcdef0"
security_groups = ["default", "sg-0123456789ABCDEF0"]
"#,
        str![[r#"
error: network.vpc: expected a VPC id such as "vpc-0123456789abcdef0", found a whole number
 --> landfall.toml:4:7
  |
4 | vpc = 7
  |       ^ this is a whole number

error: network.subnets: expected a list of subnets, found a string
 --> landfall.toml:5:11
  |
5 | subnets = "subnet-0123456789abcdef0"
  |           ^^^^^^^^^^^^^^^^^^^^^^^^^^ this is a string
  |
  = help: write a list: ["subnet-0123456789abcdef0"]

error: network.security_groups: `default` is not a security group id
 --> landfall.toml:6:20
  |
6 | security_groups = ["default", "sg-0123456789ABCDEF0"]
  |                    ^^^^^^^^^ expected `sg-` and 17 (or, of old ones, 8) digits of 0-9 and a-f

error: network.security_groups: `sg-0123456789ABCDEF0` is not a security group id
 --> landfall.toml:6:31
  |
6 | security_groups = ["default", "sg-0123456789ABCDEF0"]
  |                               ^^^^^^^^^^^^^^^^^^^^^^ expected `sg-` and 17 (or, of old ones, 8) digits of 0-9 and a-f

"#]],
    );
}
