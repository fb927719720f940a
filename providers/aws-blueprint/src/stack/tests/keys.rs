//! Keys and tables: unknown, misplaced, missing, there twice.

use snapbox::str;

use super::*;

#[test]
fn an_empty_file() {
    check(
        "",
        str![[r#"
error: `name` is missing
--> landfall.toml
 = help: add a line: name = "acme"

error: `region` is missing
--> landfall.toml
 = help: add a line: region = "us-east-1"

"#]],
    );
}

#[test]
fn only_comments() {
    check(
        r#"# to do
"#,
        str![[r#"
error: `name` is missing
--> landfall.toml
 = help: add a line: name = "acme"

error: `region` is missing
--> landfall.toml
 = help: add a line: region = "us-east-1"

"#]],
    );
}

#[test]
fn misspelt_required_keys_are_told_once() {
    check(
        r#"nme = "acme"
regoin = "us-east-1"
"#,
        str![[r#"
error: unknown key `nme`
 --> landfall.toml:1:1
  |
1 | nme = "acme"
  | ^^^ did you mean `name`?
  |
  = help: keys at the top of the file: name, region, zones, zone, spot, tags; tables: [firewall], [network], [logs], [iam], [cluster.NAME]

error: unknown key `regoin`
 --> landfall.toml:2:1
  |
2 | regoin = "us-east-1"
  | ^^^^^^ did you mean `region`?
  |
  = help: keys at the top of the file: name, region, zones, zone, spot, tags; tables: [firewall], [network], [logs], [iam], [cluster.NAME]

"#]],
    );
}

#[test]
fn unknown_keys_name_the_nearest_one() {
    check_after_head(
        r#"zonez = "all"
regon = "x"
[fierwall]
[network]
nat-gateway = 1
[logs]
retention = 3
[cluster.analytics]
worker = 3
workerType = "m6i.large"
"#,
        str![[r#"
error: unknown key `zonez`
 --> landfall.toml:3:1
  |
3 | zonez = "all"
  | ^^^^^ did you mean `zones`?
  |
  = help: keys at the top of the file: name, region, zones, zone, spot, tags; tables: [firewall], [network], [logs], [iam], [cluster.NAME]

error: unknown key `regon`
 --> landfall.toml:4:1
  |
4 | regon = "x"
  | ^^^^^ did you mean `region`?
  |
  = help: keys at the top of the file: name, region, zones, zone, spot, tags; tables: [firewall], [network], [logs], [iam], [cluster.NAME]

error: unknown key `fierwall`
 --> landfall.toml:5:2
  |
5 | [fierwall]
  |  ^^^^^^^^ did you mean `firewall`?
  |
  = help: keys at the top of the file: name, region, zones, zone, spot, tags; tables: [firewall], [network], [logs], [iam], [cluster.NAME]

error: unknown key `network.nat-gateway`
 --> landfall.toml:7:1
  |
7 | nat-gateway = 1
  | ^^^^^^^^^^^ no such key
  |
  = help: keys of [network]: cidr, workers, nat, s3_endpoint, vpc, subnets, security_groups

error: unknown key `logs.retention`
 --> landfall.toml:9:1
  |
9 | retention = 3
  | ^^^^^^^^^ did you mean `retention_days`?
  |
  = help: keys of [logs]: retention_days

error: unknown key `cluster.analytics.worker`
  --> landfall.toml:11:1
   |
11 | worker = 3
   | ^^^^^^ did you mean `workers`?
   |
   = help: keys of [cluster.NAME]: workers, worker_type, scheduler_type, gpu, spot, zone, placement_group, disk_gib, image_id, tags

error: unknown key `cluster.analytics.workerType`
  --> landfall.toml:12:1
   |
12 | workerType = "m6i.large"
   | ^^^^^^^^^^ did you mean `worker_type`?
   |
   = help: keys of [cluster.NAME]: workers, worker_type, scheduler_type, gpu, spot, zone, placement_group, disk_gib, image_id, tags

"#]],
    );
}

#[test]
fn unknown_keys_near_nothing() {
    check_after_head(
        r#"[software]
packages = []
[iam]
boundary = "x"
"#,
        str![[r#"
error: unknown key `software`
 --> landfall.toml:3:2
  |
3 | [software]
  |  ^^^^^^^^ no such key
  |
  = help: keys at the top of the file: name, region, zones, zone, spot, tags; tables: [firewall], [network], [logs], [iam], [cluster.NAME]

error: unknown key `iam.boundary`
 --> landfall.toml:6:1
  |
6 | boundary = "x"
  | ^^^^^^^^ no such key
  |
  = help: keys of [iam]: policies

"#]],
    );
}

#[test]
fn keys_below_the_wrong_header_are_told_where_they_belong() {
    check_after_head(
        r#"[firewall]
region = "us-east-1"
retention_days = 3
Workers = 3
"#,
        str![[r#"
error: unknown key `firewall.region`
 --> landfall.toml:4:1
  |
4 | region = "us-east-1"
  | ^^^^^^ this key belongs to the top of the file, before the first [table]
  |
  = help: keys of [firewall]: ports, cidr

error: unknown key `firewall.retention_days`
 --> landfall.toml:5:1
  |
5 | retention_days = 3
  | ^^^^^^^^^^^^^^ this key belongs to [logs]
  |
  = help: keys of [firewall]: ports, cidr

error: unknown key `firewall.Workers`
 --> landfall.toml:6:1
  |
6 | Workers = 3
  | ^^^^^^^ this key belongs to [network] or [cluster.NAME]
  |
  = help: keys of [firewall]: ports, cidr

"#]],
    );
}

#[test]
fn tables_of_the_wrong_type() {
    check_after_head(
        r#"firewall = 3
tags = []
[[logs]]
retention_days = 3
"#,
        str![[r#"
error: firewall: expected a table, found a whole number
 --> landfall.toml:3:12
  |
3 | firewall = 3
  |            ^ this is a whole number
  |
  = help: write it as a table, once: [firewall]

error: tags: expected a table of strings, found a list
 --> landfall.toml:4:8
  |
4 | tags = []
  |        ^^ this is a list

error: logs: expected a table, found a list
 --> landfall.toml:5:1
  |
5 | [[logs]]
  | ^^^^^^^^ this is a list
  |
  = help: write it as a table, once: [logs]

"#]],
    );
}

#[test]
fn keys_that_are_defined_twice() {
    check(
        r#"name = "acme"
region = "us-east-1"
region = "us-east-2"
tags = { a = "1", a = "2" }
[cluster.nightly]
workers = 1
workers = 2
"#,
        str![[r#"
error: region is defined twice
 --> landfall.toml:3:1
  |
3 | region = "us-east-2"
  | ^^^^^^ first defined on line 2
  |
  = help: keep one of the two

error: tags.a is defined twice
 --> landfall.toml:4:19
  |
4 | tags = { a = "1", a = "2" }
  |                   ^ defined before
  |
  = help: keep one of the two

error: cluster.nightly.workers is defined twice
 --> landfall.toml:7:1
  |
7 | workers = 2
  | ^^^^^^^ first defined on line 6
  |
  = help: keep one of the two

"#]],
    );
}

#[test]
fn a_table_that_is_defined_twice() {
    check_after_head(
        r#"tags = { a = "1" }
[tags]
b = "2"
[logs]
[logs]
retention_days = 3
"#,
        str![[r#"
error: tags is defined twice
 --> landfall.toml:4:2
  |
4 | [tags]
  |  ^^^^ first defined on line 3
  |
  = help: set all of its keys in one place

error: logs is defined twice
 --> landfall.toml:7:2
  |
7 | [logs]
  |  ^^^^ first defined on line 6
  |
  = help: set all of its keys in one place

"#]],
    );
}

#[test]
fn no_repetition_is_overlooked_however_it_is_written() {
    let hidden = "tags.a = \"\"\"\n[cluster.a1]\n\"\"\"\n[cluster.a1]\nworkers = 1\n\"workers\" = 2\n";
    let quoted = "'zone' = \"us-east-1a\"\n\"zone\" = \"us-east-1b\"\n";
    let spread = "tags = {\n  a = \"1\",\n  a = \"2\",\n}\n";
    for text in [hidden, quoted, spread] {
        let problems = parse(&format!("{HEAD}{text}")).expect_err("a key is there twice");
        assert!(problems.iter().any(|problem| problem.message.ends_with("is defined twice")), "{problems:?}");
    }
}

#[test]
fn a_repetition_is_called_by_its_path_wherever_it_stands() {
    check_after_head(
        r#"tags = {
  "cost center" = "1",
  "cost center" = "2",
}
[cluster.nightly] # ]
tags.team = "data"
tags."team" = "ops"
[firewall]
cidr = """
[firewall]
ports = 1
"""
ports = [1]
"ports" = [2]
"#,
        str![[r#"
error: tags.cost center is defined twice
 --> landfall.toml:5:3
  |
5 |   "cost center" = "2",
  |   ^^^^^^^^^^^^^ first defined on line 4
  |
  = help: keep one of the two

error: cluster.nightly.tags.team is defined twice
 --> landfall.toml:9:6
  |
9 | tags."team" = "ops"
  |      ^^^^^^ first defined on line 8
  |
  = help: keep one of the two

error: firewall.cidr: `[firewall]\nports = 1\n` is not a network
  --> landfall.toml:11:8
   |
11 | cidr = """
   |        ^^^ expected an address, a slash and a prefix length
   |
   = help: such as "203.0.113.0/24", or "2001:db8::/32" for IPv6

error: firewall.ports is defined twice
  --> landfall.toml:16:1
   |
16 | "ports" = [2]
   | ^^^^^^^ first defined on line 15
   |
   = help: keep one of the two

"#]],
    );
}
