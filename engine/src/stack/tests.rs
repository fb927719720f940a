//! What a stack file means, and every message a person can get from one.
//!
//! Read a message as its reader will: tired, at night, with a cluster that should have been up an hour ago.

use ipnet::Ipv4Net;
use proptest::prelude::*;
use snapbox::data::Inline;
use snapbox::{IntoData, assert_data_eq, str};

use super::*;

/// What every file needs, for cases that are about something else.
const HEAD: &str = "name = \"acme\"\nregion = \"us-east-1\"\n";

/// A file that uses every key.
const FULL: &str = r#"
name   = "acme"
region = "us-west-2"
zones  = ["us-west-2b", "us-west-2a", "us-west-2b", "us-west-2-lax-1a"]
zone   = "us-west-2a"
spot   = true
tags   = { team = "data", "cost center" = "42" }

[firewall]
ports = [8787, 22, 8787]
cidr  = ["203.0.113.7/24", "203.0.113.0/24", "2001:db8::1/32"]

[network]
cidr        = "10.1.2.3/20"
workers     = "public"
nat         = "per-zone"
s3_endpoint = false

[logs]
retention_days = 365

[iam]
policies = ["AmazonS3ReadOnlyAccess", "arn:aws:iam::111122223333:policy/data/read", "AmazonS3ReadOnlyAccess"]

[cluster.analytics]
workers        = 0
worker_type    = "c7i.metal-24xl"
scheduler_type = "t3.small"
spot           = false
zone           = "us-west-2b"
disk_gib       = 100
image_id       = "ami-0123456789abcdef0"
tags           = { purpose = "ad hoc" }

[cluster.nightly]
"#;

#[track_caller]
fn parsed(text: &str) -> Stack {
    match parse(text) {
        Ok(stack) => stack,
        Err(problems) => panic!("{}", render(&problems, "landfall.toml", text, false)),
    }
}

#[track_caller]
fn made(stack: &Stack) -> &MadeNetwork {
    match &stack.network {
        Network::Made(network) => network,
        Network::Existing(network) => panic!("expected a network that is made, found {network:?}"),
    }
}

#[track_caller]
fn check(text: &str, expected: Inline) {
    let problems = parse(text).expect_err("the text has a problem");
    assert_data_eq!(render(&problems, "landfall.toml", text, false), expected.raw());
}

/// Like [`check`], after what every file needs: line 3 is the first of `text`.
#[track_caller]
fn check_after_head(text: &str, expected: Inline) {
    check(&format!("{HEAD}{text}"), expected);
}

fn name(text: &str) -> Name {
    Name::new(text).expect("a name of the test")
}

#[test]
fn every_key_is_read() {
    let stack = parsed(FULL);
    assert_eq!(stack.name, name("acme"));
    assert_eq!(stack.region, "us-west-2");
    assert_eq!(
        stack.zones,
        Zones::Listed(["us-west-2b", "us-west-2a", "us-west-2-lax-1a"].map(str::to_owned).to_vec())
    );
    assert_eq!(stack.zone.as_deref(), Some("us-west-2a"));
    assert_eq!(stack.tags.get("cost center").map(String::as_str), Some("42"));
    assert_eq!(stack.firewall.ports, [22, 8787]);
    assert_eq!(
        stack.firewall.cidr.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["203.0.113.0/24", "2001:db8::/32"]
    );
    let network = made(&stack);
    assert_eq!(network.cidr.to_string(), "10.1.0.0/20");
    assert_eq!((network.workers, network.nat), (WorkerPlacement::Public, Nat::PerZone));
    assert!(!network.s3_endpoint);
    assert_eq!(stack.logs.retention_days, 365);
    assert_eq!(stack.iam.policies, ["AmazonS3ReadOnlyAccess", "arn:aws:iam::111122223333:policy/data/read"]);
    let analytics = &stack.clusters[&name("analytics")];
    assert_eq!((analytics.workers, analytics.disk_gib, analytics.market), (0, 100, Market::OnDemand));
    assert_eq!((analytics.worker_type.as_str(), analytics.scheduler_type.as_str()), ("c7i.metal-24xl", "t3.small"));
    assert_eq!(analytics.zone.as_deref(), Some("us-west-2b"));
    assert_eq!(analytics.image_id.as_deref(), Some("ami-0123456789abcdef0"));
    assert_eq!(analytics.tags.get("purpose").map(String::as_str), Some("ad hoc"));
    assert_eq!(stack.clusters[&name("nightly")].market, Market::Spot, "the stack's, since the cluster does not say");
}

#[test]
fn defaults_hold_where_the_file_is_silent() {
    let stack = parsed(&format!("{HEAD}[cluster.analytics]\n"));
    assert_eq!(stack.zones, Zones::All);
    assert_eq!(stack.zone, None);
    assert_eq!(stack.firewall.ports, [22, 8786, 8787]);
    assert_eq!(stack.firewall.cidr.iter().map(ToString::to_string).collect::<Vec<_>>(), ["0.0.0.0/0"]);
    let network = made(&stack);
    assert_eq!(network.cidr.to_string(), "10.0.0.0/16");
    assert_eq!((network.workers, network.nat), (WorkerPlacement::Private, Nat::Single));
    assert!(network.s3_endpoint);
    assert_eq!(stack.logs.retention_days, 30);
    assert_eq!(stack.iam, Iam::default());
    let cluster = &stack.clusters[&name("analytics")];
    assert_eq!((cluster.workers, cluster.disk_gib, cluster.market), (4, 50, Market::OnDemand));
    assert_eq!((cluster.worker_type.as_str(), cluster.scheduler_type.as_str()), ("m6i.xlarge", "m6i.large"));
    assert_eq!((&cluster.zone, &cluster.image_id), (&None, &None));
    assert!(!cluster.gpu);
}

#[test]
fn a_gpu_changes_the_defaults_of_type_and_disk() {
    let stack = parsed(&format!(
        "{HEAD}[cluster.plain]\ngpu = 0\n[cluster.fast]\ngpu = 1\n[cluster.faster]\ngpu = 1\n\
         worker_type = \"g6.xlarge\"\ndisk_gib = 200\n"
    ));
    let of = |cluster: &str| {
        let cluster = &stack.clusters[&name(cluster)];
        (cluster.gpu, cluster.worker_type.as_str(), cluster.scheduler_type.as_str(), cluster.disk_gib)
    };
    assert_eq!(of("plain"), (false, "m6i.xlarge", "m6i.large", 50));
    assert_eq!(of("fast"), (true, "g4dn.xlarge", "m6i.large", 100));
    assert_eq!(of("faster"), (true, "g6.xlarge", "m6i.large", 200));
}

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

#[test]
fn spot_markets() {
    let stack = parsed(&format!(
        "{HEAD}spot = \"fallback\"\n[cluster.either]\n[cluster.spot]\nspot = true\n[cluster.never]\nspot = false\n"
    ));
    let of = |cluster: &str| stack.clusters[&name(cluster)].market;
    assert_eq!([of("either"), of("spot"), of("never")], [Market::SpotOrOnDemand, Market::Spot, Market::OnDemand]);
    check_after_head(
        r#"[cluster.a1]
spot = "sometimes"
[cluster.a2]
spot = "true"
[cluster.a3]
spot = 1
"#,
        str![[r#"
error: cluster.a1.spot: expected true, false or "fallback", found `sometimes`
 --> landfall.toml:4:8
  |
4 | spot = "sometimes"
  |        ^^^^^^^^^^^ must be true, false or "fallback"

error: cluster.a2.spot: expected true, false or "fallback", found a string
 --> landfall.toml:6:8
  |
6 | spot = "true"
  |        ^^^^^^ this is a string
  |
  = help: write it without quotes: true

error: cluster.a3.spot: expected true, false or "fallback", found a whole number
 --> landfall.toml:8:8
  |
8 | spot = 1
  |        ^ this is a whole number

"#]],
    );
}

#[test]
fn numbers_of_gpus() {
    check_after_head(
        r#"[cluster.a1]
gpu = 2
[cluster.a2]
gpu = -1
[cluster.a3]
gpu = true
"#,
        str![[r#"
error: cluster.a1.gpu: expected a number of GPUs from 0 to 1, found 2
 --> landfall.toml:4:7
  |
4 | gpu = 2
  |       ^ must be from 0 to 1
  |
  = help: 1: each worker has one GPU; one Dask worker runs on it, so for more GPUs write more workers

error: cluster.a2.gpu: expected a number of GPUs from 0 to 1, found -1
 --> landfall.toml:6:7
  |
6 | gpu = -1
  |       ^^ must be from 0 to 1
  |
  = help: 1: each worker has one GPU; one Dask worker runs on it, so for more GPUs write more workers

error: cluster.a3.gpu: expected a number of GPUs from 0 to 1, found `true`
 --> landfall.toml:8:7
  |
8 | gpu = true
  |       ^^^^ this is `true`
  |
  = help: 1: each worker has one GPU; one Dask worker runs on it, so for more GPUs write more workers

"#]],
    );
}

#[test]
fn one_port_and_one_network_need_no_list_and_a_list_may_be_empty() {
    let stack = parsed(&format!("{HEAD}[firewall]\nports = 8786\ncidr = \"203.0.113.7/32\"\n"));
    assert_eq!(stack.firewall.ports, [8786]);
    assert_eq!(stack.firewall.cidr.len(), 1);
    assert!(parsed(&format!("{HEAD}[firewall]\nports = []\n")).firewall.ports.is_empty());
}

#[test]
fn every_value_has_a_place() {
    let stack = parsed(FULL);
    let shown = |path: &str| stack.origins.span(path).map(|span| &FULL[span]);
    assert_eq!(shown("name"), Some("\"acme\""));
    assert_eq!(shown("zones.us-west-2b"), Some("\"us-west-2b\""));
    assert_eq!(shown("network"), Some("[network]"));
    assert_eq!(shown("cluster.analytics"), Some("[cluster.analytics]"));
    assert_eq!(shown("cluster.analytics.zone"), Some("\"us-west-2b\""));
    assert_eq!(shown("cluster.analytics.tags.purpose"), Some("\"ad hoc\""));
    assert_eq!(shown("cluster.nightly.zone"), None);
}

#[test]
fn a_problem_that_only_the_account_knows_is_shown_in_the_file() {
    let text = format!("{HEAD}[cluster.analytics]\nzone = \"us-east-1f\"\n");
    let origins = parsed(&text).origins;
    let given =
        Diagnostic::at_path("cluster.analytics.zone", &origins, "cluster.analytics.zone: there is no us-east-1f")
            .label("no such zone in this account");
    let defaulted = Diagnostic::at_path("cluster.analytics.worker_type", &origins, "no zone offers m6i.xlarge");
    let nowhere = Diagnostic::at_path("network.cidr", &origins, "network.cidr: 10.0.0.0/16 is taken");
    assert_data_eq!(
        render(&[given, defaulted, nowhere], "landfall.toml", &text, false),
        str![[r#"
error: cluster.analytics.zone: there is no us-east-1f
 --> landfall.toml:4:8
  |
4 | zone = "us-east-1f"
  |        ^^^^^^^^^^^^ no such zone in this account

error: no zone offers m6i.xlarge
 --> landfall.toml:3:1
  |
3 | [cluster.analytics]
  | ^^^^^^^^^^^^^^^^^^^

error: network.cidr: 10.0.0.0/16 is taken
--> landfall.toml

"#]]
        .raw()
    );
}

#[test]
fn the_network_may_be_too_small_for_the_zones_of_the_account() {
    let text = format!("{HEAD}[network]\ncidr = \"10.0.0.0/25\"\n");
    let network: Ipv4Net = made(&parsed(&text)).cidr;
    assert_eq!(subnet_prefix(network, 6), None);
    let problem = no_room_for_subnets(network, 6, &parsed(&text).origins);
    assert_data_eq!(
        render(&[problem], "landfall.toml", &text, false),
        str![[r#"
error: network.cidr: 10.0.0.0/25 is too small for the 12 subnets of 6 zones
 --> landfall.toml:4:8
  |
4 | cidr = "10.0.0.0/25"
  |        ^^^^^^^^^^^^^ holds 8
  |
  = help: a zone takes a public and a private subnet, and no subnet is smaller than /28
  = help: write cidr = "10.0.0.0/24" or a larger network, or list fewer zones

"#]]
        .raw()
    );
}

#[test]
fn marks_and_line_ends_of_other_systems_are_no_problem() {
    let windows = format!("\u{feff}{HEAD}[logs]\nretention_days = 7\n").replace('\n', "\r\n");
    assert_eq!(parsed(&windows).logs.retention_days, 7);
    check(
        "\u{feff}name = 3\r\nregion = 3\r\n",
        str![[r#"
error: name: expected a name such as "acme", found a whole number
 --> landfall.toml:1:8
  |
1 | name = 3
  |        ^ this is a whole number

error: region: expected a region such as "us-east-1", found a whole number
 --> landfall.toml:2:10
  |
2 | region = 3
  |          ^ this is a whole number

"#]],
    );
}

#[test]
fn escapes_in_the_file_do_not_reach_the_terminal() {
    let text = format!("{HEAD}zones = \"\\u001b[31mred\"\n\"\\u001b[2J\" = 1\n");
    let problems = parse(&text).expect_err("neither is legal");
    assert!(!render(&problems, "landfall.toml", &text, false).contains('\u{1b}'));
}

#[test]
fn colour_is_added_only_when_asked_for() {
    let problems = parse("").expect_err("an empty file lacks what is required");
    assert!(render(&problems, "landfall.toml", "", true).contains('\u{1b}'));
    assert!(!render(&problems, "landfall.toml", "", false).contains('\u{1b}'));
    assert_eq!(render(&[], "landfall.toml", "", true), "");
}

#[test]
fn a_file_that_is_something_else_does_not_fill_the_screen() {
    let text = "x = 1\n".repeat(2) + &(0..500).map(|key| format!("key{key} = 1\n")).collect::<String>();
    let problems = parse(&text).expect_err("no key is known");
    assert!(problems.len() > 500);
    assert!(render(&problems, "landfall.toml", &text, false).ends_with("more problems\n"));
}

#[test]
fn too_many_tags() {
    let tags =
        |prefix: &str, count: usize| -> String { (0..count).map(|tag| format!("{prefix}{tag} = \"\"\n")).collect() };
    parsed(&format!("{HEAD}[tags]\n{}", tags("t", 40)));
    parsed(&format!("{HEAD}[tags]\n{}[cluster.analytics.tags]\n{}", tags("t", 40), tags("t", 40)));
    check_after_head(
        &format!("[tags]\n{}", tags("t", 41)),
        str![[r#"
error: tags: 41 tags are too many for one resource
 --> landfall.toml:3:1
  |
3 | [tags]
  | ^^^^^^ at most 40
  |
  = help: AWS takes 50 tags on a resource, and landfall needs some for itself

"#]],
    );
    let together = format!("[cluster.analytics.tags]\n{}[tags]\n{}", tags("a", 21), tags("b", 20));
    check_after_head(
        &together,
        str![[r#"
error: cluster.analytics.tags: 41 tags are too many for one resource
 --> landfall.toml:3:1
  |
3 | [cluster.analytics.tags]
  | ^^^^^^^^^^^^^^^^^^^^^^^^ at most 40
  |
  = help: AWS takes 50 tags on a resource, and landfall needs some for itself

"#]],
    );
}

#[test]
fn long_tags() {
    let longest = format!("{HEAD}[tags]\n{} = \"{}\"\n", "k".repeat(128), "é".repeat(256));
    assert_eq!(parsed(&longest).tags.len(), 1);
    check_after_head(
        &format!("tags = {{ {} = \"x\" }}\n", "k".repeat(129)),
        str![[r#"
error: tags: a tag's key has 1 to 128 characters, this one has 129
 --> landfall.toml:3:10
  |
3 | ... { kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk = ...
  |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

"#]],
    );
    check_after_head(
        &format!("tags = {{ key = \"{}\" }}\n", "v".repeat(257)),
        str![[r#"
error: tags.key: a tag's value has up to 256 characters, this one has 257
 --> landfall.toml:3:16
  |
3 | ... = "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv" }
  |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

"#]],
    );
}

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
   = help: keys of [cluster.NAME]: workers, worker_type, scheduler_type, gpu, spot, zone, disk_gib, image_id, tags

error: unknown key `cluster.analytics.workerType`
  --> landfall.toml:12:1
   |
12 | workerType = "m6i.large"
   | ^^^^^^^^^^ did you mean `worker_type`?
   |
   = help: keys of [cluster.NAME]: workers, worker_type, scheduler_type, gpu, spot, zone, disk_gib, image_id, tags

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
fn names() {
    check(
        r#"name = "Acme Corp"
region = "us-east-1"
[cluster.x]
[cluster."a.b"]
[cluster.9to5]
[cluster.this-name-is-far-too-long-to-be-one]
[cluster.""]
[cluster."café"]
"#,
        str![[r#"
error: name: `Acme Corp` is not a legal name
 --> landfall.toml:1:8
  |
1 | name = "Acme Corp"
  |        ^^^^^^^^^^^ has a capital letter in it
  |
  = help: a name is 2 to 32 of a-z, 0-9 and -, and starts with a letter
  = help: did you mean `acme-corp`?

error: `x` is not a legal name of a cluster
 --> landfall.toml:3:10
  |
3 | [cluster.x]
  |          ^ is too short
  |
  = help: a name is 2 to 32 of a-z, 0-9 and -, and starts with a letter

error: `a.b` is not a legal name of a cluster
 --> landfall.toml:4:10
  |
4 | [cluster."a.b"]
  |          ^^^^^ has `.` in it
  |
  = help: a name is 2 to 32 of a-z, 0-9 and -, and starts with a letter
  = help: did you mean `a-b`?

error: `9to5` is not a legal name of a cluster
 --> landfall.toml:5:10
  |
5 | [cluster.9to5]
  |          ^^^^ does not start with a letter
  |
  = help: a name is 2 to 32 of a-z, 0-9 and -, and starts with a letter

error: `this-name-is-far-too-long-to-be-one` is not a legal name of a cluster
 --> landfall.toml:6:10
  |
6 | [cluster.this-name-is-far-too-long-to-be-one]
  |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ is too long: 35 characters
  |
  = help: a name is 2 to 32 of a-z, 0-9 and -, and starts with a letter

error: `""` is not a legal name of a cluster
 --> landfall.toml:7:10
  |
7 | [cluster.""]
  |          ^^ is empty
  |
  = help: a name is 2 to 32 of a-z, 0-9 and -, and starts with a letter

error: `café` is not a legal name of a cluster
 --> landfall.toml:8:10
  |
8 | [cluster."café"]
  |          ^^^^^^ has `é` in it
  |
  = help: a name is 2 to 32 of a-z, 0-9 and -, and starts with a letter

"#]],
    );
}

#[test]
fn regions_that_are_not_written_as_regions() {
    check(
        r#"name = "acme"
region = "US_EAST_1"
"#,
        str![[r#"
error: region: `US_EAST_1` is not how a region is written
 --> landfall.toml:2:10
  |
2 | region = "US_EAST_1"
  |          ^^^^^^^^^^^ did you mean `us-east-1`?

"#]],
    );
}

#[test]
fn a_zone_in_place_of_a_region() {
    check(
        r#"name = "acme"
region = "us-east-1a"
"#,
        str![[r#"
error: region: `us-east-1a` is not how a region is written
 --> landfall.toml:2:10
  |
2 | region = "us-east-1a"
  |          ^^^^^^^^^^^^ this is a zone; its region is `us-east-1`

"#]],
    );
}

#[test]
fn a_city_in_place_of_a_region() {
    check(
        r#"name = "acme"
region = "frankfurt"
"#,
        str![[r#"
error: region: `frankfurt` is not how a region is written
 --> landfall.toml:2:10
  |
2 | region = "frankfurt"
  |          ^^^^^^^^^^^
  |
  = help: regions that landfall is tested in: us-east-1, us-east-2, us-west-1, us-west-2, ca-central-1, sa-east-1, eu-central-1, eu-north-1, eu-west-1, eu-west-2, eu-west-3, ap-northeast-1, ap-northeast-2, ap-south-1, ap-southeast-1, ap-southeast-2

"#]],
    );
}

#[test]
fn zones_of_another_region() {
    check_after_head(
        r#"zones = ["us-east-1a", "eu-west-1a"]
zone = "us-west-2-lax-1a"
[cluster.analytics]
zone = "us-east-2a"
"#,
        str![[r#"
error: zones: `eu-west-1a` is not a zone of us-east-1
 --> landfall.toml:3:24
  |
3 | zones = ["us-east-1a", "eu-west-1a"]
  |                        ^^^^^^^^^^^^ seems to belong to eu-west-1
  |
  = help: all of a stack stands in one region; its zones start with it, such as `us-east-1a`

error: zone: `us-west-2-lax-1a` is not a zone of us-east-1
 --> landfall.toml:4:8
  |
4 | zone = "us-west-2-lax-1a"
  |        ^^^^^^^^^^^^^^^^^^ seems to belong to us-west-2
  |
  = help: all of a stack stands in one region; its zones start with it, such as `us-east-1a`

error: cluster.analytics.zone: `us-east-2a` is not a zone of us-east-1
 --> landfall.toml:6:8
  |
6 | zone = "us-east-2a"
  |        ^^^^^^^^^^^^ seems to belong to us-east-2
  |
  = help: all of a stack stands in one region; its zones start with it, such as `us-east-1a`

"#]],
    );
}

#[test]
fn zones_that_are_not_written_as_zones() {
    check_after_head(
        r#"zones = ["us-east-1", "use1-az1", "a", ""]
"#,
        str![[r#"
error: zones: `us-east-1` is not how a zone is written
 --> landfall.toml:3:10
  |
3 | zones = ["us-east-1", "use1-az1", "a", ""]
  |          ^^^^^^^^^^^ this is a region; its zones are `us-east-1a`, `us-east-1b` …

error: zones: `use1-az1` is not how a zone is written
 --> landfall.toml:3:23
  |
3 | zones = ["us-east-1", "use1-az1", "a", ""]
  |                       ^^^^^^^^^^ a zone is its region and a letter, such as `us-east-1a`

error: zones: `a` is not how a zone is written
 --> landfall.toml:3:35
  |
3 | zones = ["us-east-1", "use1-az1", "a", ""]
  |                                   ^^^ a zone is its region and a letter, such as `us-east-1a`

error: zones: `""` is not how a zone is written
 --> landfall.toml:3:40
  |
3 | zones = ["us-east-1", "use1-az1", "a", ""]
  |                                        ^^ a zone is its region and a letter, such as `us-east-1a`

"#]],
    );
}

#[test]
fn zones_must_be_a_list() {
    check_after_head(
        r#"zones = "us-east-1a"
"#,
        str![[r#"
error: zones: expected "all" or a list of zones, found a string
 --> landfall.toml:3:9
  |
3 | zones = "us-east-1a"
  |         ^^^^^^^^^^^^ this is a string
  |
  = help: write a list: ["us-east-1a"]

"#]],
    );
}

#[test]
fn zones_must_not_be_empty() {
    check_after_head(
        r#"zones = []
"#,
        str![[r#"
error: zones: expected "all" or a list of zones, found an empty list
 --> landfall.toml:3:9
  |
3 | zones = []
  |         ^^ names no zone

"#]],
    );
}

#[test]
fn a_zone_without_a_subnet() {
    check_after_head(
        r#"zones = ["us-east-1a", "us-east-1b"]
zone = "us-east-1c"
[cluster.analytics]
zone = "us-east-1d"
"#,
        str![[r#"
error: zone: `us-east-1c` has no subnet
 --> landfall.toml:4:8
  |
4 | zone = "us-east-1c"
  |        ^^^^^^^^^^^^ not one of `zones`
  |
  = help: `zones` at the top of the file lists us-east-1a, us-east-1b

error: cluster.analytics.zone: `us-east-1d` has no subnet
 --> landfall.toml:6:8
  |
6 | zone = "us-east-1d"
  |        ^^^^^^^^^^^^ not one of `zones`
  |
  = help: `zones` at the top of the file lists us-east-1a, us-east-1b

"#]],
    );
}

#[test]
fn ports_out_of_range() {
    check_after_head(
        r#"[firewall]
ports = [70000, 0, -1, 99999999999999999999999999999999999999999, 0x1_0000]
"#,
        str![[r#"
error: firewall.ports: expected a port from 1 to 65535, found 70000
 --> landfall.toml:4:10
  |
4 | ports = [70000, 0, -1, 99999999999999999999999999999999999999999, 0x1_0000]
  |          ^^^^^ must be from 1 to 65535

error: firewall.ports: expected a port from 1 to 65535, found 0
 --> landfall.toml:4:17
  |
4 | ports = [70000, 0, -1, 99999999999999999999999999999999999999999, 0x1_0000]
  |                 ^ must be from 1 to 65535

error: firewall.ports: expected a port from 1 to 65535, found -1
 --> landfall.toml:4:20
  |
4 | ports = [70000, 0, -1, 99999999999999999999999999999999999999999, 0x1_0000]
  |                    ^^ must be from 1 to 65535

error: firewall.ports: expected a port from 1 to 65535, found 99999999999999999999999999999999999999999
 --> landfall.toml:4:24
  |
4 | ports = [70000, 0, -1, 99999999999999999999999999999999999999999, 0x1_0000]
  |                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ must be from 1 to 65535

error: firewall.ports: expected a port from 1 to 65535, found 0x10000
 --> landfall.toml:4:67
  |
4 | ports = [70000, 0, -1, 99999999999999999999999999999999999999999, 0x1_0000]
  |                                                                   ^^^^^^^^ must be from 1 to 65535

"#]],
    );
}

#[test]
fn ports_of_the_wrong_type() {
    check_after_head(
        r#"[firewall]
ports = ["8787", 22.5, true, [22], {}, 2026-11-24]
"#,
        str![[r#"
error: firewall.ports: expected a port from 1 to 65535, found a string
 --> landfall.toml:4:10
  |
4 | ports = ["8787", 22.5, true, [22], {}, 2026-11-24]
  |          ^^^^^^ this is a string
  |
  = help: write it without quotes: 8787

error: firewall.ports: expected a port from 1 to 65535, found a number with a fraction
 --> landfall.toml:4:18
  |
4 | ports = ["8787", 22.5, true, [22], {}, 2026-11-24]
  |                  ^^^^ this is a number with a fraction

error: firewall.ports: expected a port from 1 to 65535, found `true`
 --> landfall.toml:4:24
  |
4 | ports = ["8787", 22.5, true, [22], {}, 2026-11-24]
  |                        ^^^^ this is `true`

error: firewall.ports: expected a port from 1 to 65535, found a list
 --> landfall.toml:4:30
  |
4 | ports = ["8787", 22.5, true, [22], {}, 2026-11-24]
  |                              ^^^^ this is a list

error: firewall.ports: expected a port from 1 to 65535, found a table
 --> landfall.toml:4:36
  |
4 | ports = ["8787", 22.5, true, [22], {}, 2026-11-24]
  |                                    ^^ this is a table

error: firewall.ports: expected a port from 1 to 65535, found a date or time
 --> landfall.toml:4:40
  |
4 | ports = ["8787", 22.5, true, [22], {}, 2026-11-24]
  |                                        ^^^^^^^^^^ this is a date or time

"#]],
    );
}

#[test]
fn impossible_networks() {
    check_after_head(
        r#"[firewall]
cidr = ["10.0.0.0/33", "300.1.1.1/8", "::/129", "10.0.0.0/x", "anywhere", ""]
"#,
        str![[r#"
error: firewall.cidr: `10.0.0.0/33` is not a network
 --> landfall.toml:4:9
  |
4 | cidr = ["10.0.0.0/33", "300.1.1.1/8", "::/129", "10.0.0.0/x", "anywhere", ""]
  |         ^^^^^^^^^^^^^ 33 is more than 32
  |
  = help: the prefix length of an IPv4 network is 0 to 32

error: firewall.cidr: `300.1.1.1/8` is not a network
 --> landfall.toml:4:24
  |
4 | cidr = ["10.0.0.0/33", "300.1.1.1/8", "::/129", "10.0.0.0/x", "anywhere", ""]
  |                        ^^^^^^^^^^^^^ 300 is more than 255
  |
  = help: an IPv4 address is four numbers from 0 to 255, such as 203.0.113.0/24

error: firewall.cidr: `::/129` is not a network
 --> landfall.toml:4:39
  |
4 | cidr = ["10.0.0.0/33", "300.1.1.1/8", "::/129", "10.0.0.0/x", "anywhere", ""]
  |                                       ^^^^^^^^ 129 is more than 128
  |
  = help: the prefix length of an IPv6 network is 0 to 128

error: firewall.cidr: `10.0.0.0/x` is not a network
 --> landfall.toml:4:49
  |
4 | cidr = ["10.0.0.0/33", "300.1.1.1/8", "::/129", "10.0.0.0/x", "anywhere", ""]
  |                                                 ^^^^^^^^^^^^ `x` is not a prefix length
  |
  = help: the prefix length of an IPv4 network is 0 to 32

error: firewall.cidr: `anywhere` is not a network
 --> landfall.toml:4:63
  |
4 | cidr = ["10.0.0.0/33", "300.1.1.1/8", "::/129", "10.0.0.0/x", "anywhere", ""]
  |                                                               ^^^^^^^^^^ expected an address, a slash and a prefix length
  |
  = help: such as "203.0.113.0/24", or "2001:db8::/32" for IPv6

error: firewall.cidr: `""` is not a network
 --> landfall.toml:4:75
  |
4 | cidr = ["10.0.0.0/33", "300.1.1.1/8", "::/129", "10.0.0.0/x", "anywhere", ""]
  |                                                                           ^^ expected an address, a slash and a prefix length
  |
  = help: such as "203.0.113.0/24", or "2001:db8::/32" for IPv6

"#]],
    );
}

#[test]
fn addresses_without_a_prefix() {
    check_after_head(
        r#"[firewall]
cidr = "203.0.113.7"
[network]
cidr = "::1"
"#,
        str![[r#"
error: firewall.cidr: `203.0.113.7` is not a network
 --> landfall.toml:4:8
  |
4 | cidr = "203.0.113.7"
  |        ^^^^^^^^^^^^^ the prefix length is missing
  |
  = help: write 203.0.113.7/32 for this one address

error: network.cidr: `::1` is not a network
 --> landfall.toml:6:8
  |
6 | cidr = "::1"
  |        ^^^^^ the prefix length is missing
  |
  = help: a VPC has a private IPv4 network, such as "10.0.0.0/16"

"#]],
    );
}

#[test]
fn the_network_is_too_large() {
    check_after_head(
        r#"[network]
cidr = "10.0.0.0/8"
"#,
        str![[r#"
error: network.cidr: a VPC is /16 to /28, found /8
 --> landfall.toml:4:8
  |
4 | cidr = "10.0.0.0/8"
  |        ^^^^^^^^^^^^ too large: /16 is the most
  |
  = help: /16 has 65,536 addresses, /28 has 16

"#]],
    );
}

#[test]
fn the_network_is_too_small_for_a_vpc() {
    check_after_head(
        r#"[network]
cidr = "10.0.0.0/29"
"#,
        str![[r#"
error: network.cidr: a VPC is /16 to /28, found /29
 --> landfall.toml:4:8
  |
4 | cidr = "10.0.0.0/29"
  |        ^^^^^^^^^^^^^ too small: /28 is the least
  |
  = help: /16 has 65,536 addresses, /28 has 16

"#]],
    );
}

#[test]
fn the_network_is_not_ipv4() {
    check_after_head(
        r#"[network]
cidr = "2001:db8::/32"
"#,
        str![[r#"
error: network.cidr: expected an IPv4 network, found an IPv6 one
 --> landfall.toml:4:8
  |
4 | cidr = "2001:db8::/32"
  |        ^^^^^^^^^^^^^^^ this is IPv6
  |
  = help: a VPC has a private IPv4 network, such as "10.0.0.0/16"

"#]],
    );
}

#[test]
fn the_network_is_too_small_for_the_zones() {
    check_after_head(
        r#"zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
[network]
cidr = "10.0.0.0/26"
"#,
        str![[r#"
error: network.cidr: 10.0.0.0/26 is too small for the 6 subnets of 3 zones
 --> landfall.toml:5:8
  |
5 | cidr = "10.0.0.0/26"
  |        ^^^^^^^^^^^^^ holds 4
  |
  = help: a zone takes a public and a private subnet, and no subnet is smaller than /28
  = help: write cidr = "10.0.0.0/25" or a larger network, or list fewer zones

"#]],
    );
}

#[test]
fn the_network_is_too_small_for_any_zone() {
    check_after_head(
        r#"[network]
cidr = "10.0.0.0/28"
"#,
        str![[r#"
error: network.cidr: 10.0.0.0/28 is too small for the 2 subnets of a zone
 --> landfall.toml:4:8
  |
4 | cidr = "10.0.0.0/28"
  |        ^^^^^^^^^^^^^ holds 1
  |
  = help: a zone takes a public and a private subnet, and no subnet is smaller than /28
  = help: write cidr = "10.0.0.0/27" or a larger network

"#]],
    );
}

#[test]
fn choices() {
    check_after_head(
        r#"spot = "yes, please"
[network]
workers = "privat"
nat = "none"
s3_endpoint = "true"
"#,
        str![[r#"
error: spot: expected true, false or "fallback", found `yes, please`
 --> landfall.toml:3:8
  |
3 | spot = "yes, please"
  |        ^^^^^^^^^^^^^ must be true, false or "fallback"

error: network.workers: expected "private" or "public", found `privat`
 --> landfall.toml:5:11
  |
5 | workers = "privat"
  |           ^^^^^^^^ did you mean "private"?

error: network.nat: expected "single" or "per-zone", found `none`
 --> landfall.toml:6:7
  |
6 | nat = "none"
  |       ^^^^^^ must be "single" or "per-zone"

error: network.s3_endpoint: expected true or false, found a string
 --> landfall.toml:7:15
  |
7 | s3_endpoint = "true"
  |               ^^^^^^ this is a string
  |
  = help: write it without quotes: true

"#]],
    );
}

#[test]
fn retentions() {
    check_after_head(
        r#"[logs]
retention_days = 31
"#,
        str![[r#"
error: logs.retention_days: CloudWatch Logs does not offer to keep events for 31 days
 --> landfall.toml:4:18
  |
4 | retention_days = 31
  |                  ^^ the nearest is 30
  |
  = help: it offers 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653

"#]],
    );
}

#[test]
fn retentions_out_of_range() {
    check_after_head(
        r#"[logs]
retention_days = 0
"#,
        str![[r#"
error: logs.retention_days: expected a number of days from 1 to 3653, found 0
 --> landfall.toml:4:18
  |
4 | retention_days = 0
  |                  ^ must be from 1 to 3653

"#]],
    );
}

#[test]
fn policies() {
    check_after_head(
        r#"[iam]
policies = ["Amazon S3", "arn:aws:iam::1:policy/x", 3]
"#,
        str![[r#"
error: iam.policies: `Amazon S3` is not a managed policy
 --> landfall.toml:4:13
  |
4 | policies = ["Amazon S3", "arn:aws:iam::1:policy/x", 3]
  |             ^^^^^^^^^^^ expected the name of a policy of AWS, such as `AmazonS3ReadOnlyAccess`
  |
  = help: a policy of your own is written as its ARN: "arn:aws:iam::111122223333:policy/NAME"

error: iam.policies: `arn:aws:iam::1:policy/x` is not a managed policy
 --> landfall.toml:4:26
  |
4 | policies = ["Amazon S3", "arn:aws:iam::1:policy/x", 3]
  |                          ^^^^^^^^^^^^^^^^^^^^^^^^^ expected `arn:aws:iam::ACCOUNT:policy/NAME`
  |
  = help: a policy of your own is written as its ARN: "arn:aws:iam::111122223333:policy/NAME"

error: iam.policies: expected the ARN or the name of a managed policy, found a whole number
 --> landfall.toml:4:53
  |
4 | policies = ["Amazon S3", "arn:aws:iam::1:policy/x", 3]
  |                                                     ^ this is a whole number

"#]],
    );
}

#[test]
fn policies_must_be_a_list() {
    check_after_head(
        r#"[iam]
policies = "AmazonS3ReadOnlyAccess"
"#,
        str![[r#"
error: iam.policies: expected a list of managed policies, found a string
 --> landfall.toml:4:12
  |
4 | policies = "AmazonS3ReadOnlyAccess"
  |            ^^^^^^^^^^^^^^^^^^^^^^^^ this is a string
  |
  = help: write a list: ["AmazonS3ReadOnlyAccess"]

"#]],
    );
}

#[test]
fn worker_counts() {
    check_after_head(
        r#"[cluster.a1]
workers = -3
[cluster.a2]
workers = 10001
[cluster.a3]
workers = "4"
[cluster.a4]
workers = 4.0
[cluster.a5]
workers = "many"
"#,
        str![[r#"
error: cluster.a1.workers: expected a whole number from 0 to 10000, found -3
 --> landfall.toml:4:11
  |
4 | workers = -3
  |           ^^ must be from 0 to 10000

error: cluster.a2.workers: expected a whole number from 0 to 10000, found 10001
 --> landfall.toml:6:11
  |
6 | workers = 10001
  |           ^^^^^ must be from 0 to 10000

error: cluster.a3.workers: expected a whole number from 0 to 10000, found a string
 --> landfall.toml:8:11
  |
8 | workers = "4"
  |           ^^^ this is a string
  |
  = help: write it without quotes: 4

error: cluster.a4.workers: expected a whole number from 0 to 10000, found a number with a fraction
  --> landfall.toml:10:11
   |
10 | workers = 4.0
   |           ^^^ this is a number with a fraction

error: cluster.a5.workers: expected a whole number from 0 to 10000, found a string
  --> landfall.toml:12:11
   |
12 | workers = "many"
   |           ^^^^^^ this is a string

"#]],
    );
}

#[test]
fn instance_types() {
    check_after_head(
        r#"[cluster.analytics]
worker_type = "M6i.XLarge"
scheduler_type = "m6ixlarge"
"#,
        str![[r#"
error: cluster.analytics.worker_type: `M6i.XLarge` is not how an instance type is written
 --> landfall.toml:4:15
  |
4 | worker_type = "M6i.XLarge"
  |               ^^^^^^^^^^^^ did you mean `m6i.xlarge`?

error: cluster.analytics.scheduler_type: `m6ixlarge` is not how an instance type is written
 --> landfall.toml:5:18
  |
5 | scheduler_type = "m6ixlarge"
  |                  ^^^^^^^^^^^ expected a family, a dot and a size, such as `m6i.large`

"#]],
    );
}

#[test]
fn disks_and_images() {
    check_after_head(
        r#"[cluster.analytics]
disk_gib = 7
image_id = "ami-latest"
"#,
        str![[r#"
error: cluster.analytics.disk_gib: expected a number of GiB from 8 to 16384, found 7
 --> landfall.toml:4:12
  |
4 | disk_gib = 7
  |            ^ must be from 8 to 16384

error: cluster.analytics.image_id: `ami-latest` is not an image id
 --> landfall.toml:5:12
  |
5 | image_id = "ami-latest"
  |            ^^^^^^^^^^^^ expected `ami-` and 17 (or, of old ones, 8) digits of 0-9 and a-f

"#]],
    );
}

#[test]
fn tags() {
    check_after_head(
        r#"tags = { owner = 3, "AWS:x" = "1", "landfall:y" = "2", "" = "x", "a#" = "b", c = "d!" }
"#,
        str![[r#"
error: tags.owner: expected a string, found a whole number
 --> landfall.toml:3:18
  |
3 | tags = { owner = 3, "AWS:x" = "1", "landfall:y" = "2", "" = "x", "a#" = "b", c = "d!" }
  |                  ^ this is a whole number
  |
  = help: write it in quotes: "3"

error: tags.AWS:x: tags that start with `aws:` are reserved for AWS
 --> landfall.toml:3:21
  |
3 | tags = { owner = 3, "AWS:x" = "1", "landfall:y" = "2", "" = "x", "a#" = "b", c = "d!" }
  |                     ^^^^^^^ choose another key

error: tags.landfall:y: tags that start with `landfall:` are reserved for landfall
 --> landfall.toml:3:36
  |
3 | tags = { owner = 3, "AWS:x" = "1", "landfall:y" = "2", "" = "x", "a#" = "b", c = "d!" }
  |                                    ^^^^^^^^^^^^ choose another key

error: tags: a tag's key has 1 to 128 characters, this one has 0
 --> landfall.toml:3:56
  |
3 | tags = { owner = 3, "AWS:x" = "1", "landfall:y" = "2", "" = "x", "a#" = "b", c = "d!" }
  |                                                        ^^

error: tags.a#: a tag's key cannot have `#` in it
 --> landfall.toml:3:66
  |
3 | tags = { owner = 3, "AWS:x" = "1", "landfall:y" = "2", "" = "x", "a#" = "b", c = "d!" }
  |                                                                  ^^^^
  |
  = help: tags are letters, digits, spaces and _ . : / = + - @

error: tags.c: a tag's value cannot have `!` in it
 --> landfall.toml:3:82
  |
3 | tags = { owner = 3, "AWS:x" = "1", "landfall:y" = "2", "" = "x", "a#" = "b", c = "d!" }
  |                                                                                  ^^^^
  |
  = help: tags are letters, digits, spaces and _ . : / = + - @

"#]],
    );
}

#[test]
fn tags_that_iam_takes_for_one() {
    check_after_head(
        r#"tags = { Team = "a", team = "b" }
"#,
        str![[r#"
error: tags.team: differs from `Team` in case only
 --> landfall.toml:3:29
  |
3 | tags = { Team = "a", team = "b" }
  |                             ^^^ choose another key
  |
  = help: the role carries the same tags, and IAM takes both keys for one

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
fn a_cluster_without_a_name() {
    check_after_head(
        r#"[cluster]
workers = 3
"#,
        str![[r#"
error: cluster.workers: expected the table of a cluster, found a whole number
 --> landfall.toml:4:11
  |
4 | workers = 3
  |           ^ this is a whole number
  |
  = help: a cluster is written as a table with its name: [cluster.analytics]

"#]],
    );
}

#[test]
fn clusters_that_are_no_table() {
    check_after_head(
        r#"cluster = 3
"#,
        str![[r#"
error: cluster: expected a table of clusters, found a whole number
 --> landfall.toml:3:11
  |
3 | cluster = 3
  |           ^ this is a whole number
  |
  = help: a cluster is written as a table with its name: [cluster.analytics]

"#]],
    );
}

#[test]
fn a_cluster_that_is_defined_twice() {
    check_after_head(
        r#"[cluster.analytics]
workers = 1

[cluster.analytics]
workers = 2
"#,
        str![[r#"
error: cluster.analytics is defined twice
 --> landfall.toml:6:10
  |
6 | [cluster.analytics]
  |          ^^^^^^^^^ first defined on line 3
  |
  = help: keep one of the two, or give one another name

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
fn values_without_quotes_do_not_hide_other_problems() {
    check(
        r#"name = "acme"
region = us-east-1
spot = yes
[firewall]
ports = 70000
"#,
        str![[r#"
error: `us-east-1` is not a value
 --> landfall.toml:2:10
  |
2 | region = us-east-1
  |          ^^^^^^^^^ a string is written in quotes

error: `yes` is not a value
 --> landfall.toml:3:8
  |
3 | spot = yes
  |        ^^^ write `true`

error: firewall.ports: expected a port from 1 to 65535, found 70000
 --> landfall.toml:5:9
  |
5 | ports = 70000
  |         ^^^^^ must be from 1 to 65535

"#]],
    );
}

#[test]
fn a_missing_value() {
    check(
        r#"name = "acme"
region =
"#,
        str![[r#"
error: the value is missing
 --> landfall.toml:2:9
  |
2 | region =
  |         ^ expected a value

"#]],
    );
}

#[test]
fn a_list_that_does_not_end() {
    check_after_head(
        r#"[firewall]
ports = [22, 8787
cidr = "0.0.0.0/0"
"#,
        str![[r#"
error: not valid TOML: missing comma between array elements, expected `,`
 --> landfall.toml:5:1
  |
5 | cidr = "0.0.0.0/0"
  | ^
  |
  = help: or is the `]` missing that ends the list above?

"#]],
    );
}

#[test]
fn a_string_that_does_not_end() {
    check(
        r#"name = "acme
region = "us-east-1"
"#,
        str![[r#"
error: not valid TOML: invalid basic string, expected `"`
 --> landfall.toml:1:13
  |
1 | name = "acme
  |             ^
  |
  = help: is the quote missing that ends the string?

"#]],
    );
}

#[test]
fn a_header_that_does_not_end() {
    check_after_head(
        r#"[firewall
ports = 22
"#,
        str![[r#"
error: not valid TOML: unclosed table, expected `]`
 --> landfall.toml:3:10
  |
3 | [firewall
  |          ^
  |
  = help: a table's header ends with `]`, such as [firewall]

"#]],
    );
}

#[test]
fn a_network_without_quotes() {
    check_after_head(
        r#"[network]
cidr = 10.0.0.0/16
"#,
        str![[r#"
error: not valid TOML: invalid float, expected nothing
 --> landfall.toml:4:12
  |
4 | cidr = 10.0.0.0/16
  |            ^^^^^^^
  |
  = help: if this is meant as a string, write it in quotes

"#]],
    );
}

#[test]
fn yaml() {
    check(
        r#"name: acme
region: us-east-1
"#,
        str![[r#"
error: not valid TOML: invalid unquoted key, expected letters, numbers, `-`, `_`
 --> landfall.toml:1:5
  |
1 | name: acme
  |     ^ write `=` in place of `:`

error: not valid TOML: key with no value, expected `=`
 --> landfall.toml:2:9
  |
2 | region: us-east-1
  |         ^
  |
  = help: a value is set like this: name = "acme"

"#]],
    );
}

#[test]
fn json() {
    check(
        r#"{"name": "acme"}
"#,
        str![[r#"
error: not valid TOML: invalid key-value pair, expected key
 --> landfall.toml:1:1
  |
1 | {"name": "acme"}
  | ^

"#]],
    );
}

#[test]
fn all_syntax_errors_are_shown_at_once() {
    check(
        r#"name = "acme
region: "us-east-1"
[firewall
ports = [1 2]
"#,
        str![[r#"
error: not valid TOML: invalid basic string, expected `"`
 --> landfall.toml:1:13
  |
1 | name = "acme
  |             ^
  |
  = help: is the quote missing that ends the string?

error: not valid TOML: invalid unquoted key, expected letters, numbers, `-`, `_`
 --> landfall.toml:2:7
  |
2 | region: "us-east-1"
  |       ^ write `=` in place of `:`

error: not valid TOML: unclosed table, expected `]`
 --> landfall.toml:3:10
  |
3 | [firewall
  |          ^
  |
  = help: a table's header ends with `]`, such as [firewall]

"#]],
    );
}

#[test]
fn all_problems_are_shown_at_once_in_the_order_of_the_file() {
    check(
        r#"region = "us_east_1"
spot = "true"

[firewall]
prots = [22]
cidr = "300.1.1.1/8"

[cluster.analytics]
workers = -1
"#,
        str![[r#"
error: `name` is missing
--> landfall.toml
 = help: add a line: name = "acme"

error: region: `us_east_1` is not how a region is written
 --> landfall.toml:1:10
  |
1 | region = "us_east_1"
  |          ^^^^^^^^^^^ did you mean `us-east-1`?

error: spot: expected true, false or "fallback", found a string
 --> landfall.toml:2:8
  |
2 | spot = "true"
  |        ^^^^^^ this is a string
  |
  = help: write it without quotes: true

error: unknown key `firewall.prots`
 --> landfall.toml:5:1
  |
5 | prots = [22]
  | ^^^^^ did you mean `ports`?
  |
  = help: keys of [firewall]: ports, cidr

error: firewall.cidr: `300.1.1.1/8` is not a network
 --> landfall.toml:6:8
  |
6 | cidr = "300.1.1.1/8"
  |        ^^^^^^^^^^^^^ 300 is more than 255
  |
  = help: an IPv4 address is four numbers from 0 to 255, such as 203.0.113.0/24

error: cluster.analytics.workers: expected a whole number from 0 to 10000, found -1
 --> landfall.toml:9:11
  |
9 | workers = -1
  |           ^^ must be from 0 to 10000

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
fn a_value_that_is_used_as_a_table() {
    check_after_head(
        r#"cluster = 3
[cluster.analytics]
"#,
        str![[r#"
error: not valid TOML: cannot extend value of type integer with a dotted key
 --> landfall.toml:4:2
  |
4 | [cluster.analytics]
  |  ^^^^^^^ set to a value above, so it cannot be a table as well

"#]],
    );
}

#[test]
fn text_pasted_from_a_word_processor() {
    check(
        r#"name = “acme”
region = 'us-east-1'
[firewall]
ports = [22 8787]
"#,
        str![[r#"
error: `“acme”` is not a value
 --> landfall.toml:1:8
  |
1 | name = “acme”
  |        ^^^^^^ write straight quotes: "…"

error: `22 8787` is not a value
 --> landfall.toml:4:10
  |
4 | ports = [22 8787]
  |          ^^^^^^^ numbers are separated by commas

"#]],
    );
}

#[test]
fn only_the_first_line_of_a_long_value_is_marked() {
    check_after_head(
        r#"spot = [
    true,
]
"#,
        str![[r#"
error: spot: expected true, false or "fallback", found a list
 --> landfall.toml:3:8
  |
3 | spot = [
  |        ^ this is a list

"#]],
    );
}

/// Text that is nearly a stack file: the full one with pieces cut out, doubled or written over.
fn nearly_a_stack_file() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0..40_usize, "[\\PC\n]{0,6}|[\\[\\]={}\"'.,#0-9a-z\r\n\\\\ -]{0,6}");
    prop::collection::vec(edit, 1..6).prop_map(|edits| {
        edits.into_iter().fold(FULL.to_owned(), |text, (place, length, written)| {
            let start = text.floor_char_boundary(place.index(text.len() + 1));
            let end = text.ceil_char_boundary((start + length).min(text.len()));
            format!("{}{written}{}", &text[..start], &text[end..])
        })
    })
}

/// Any text is a stack or has problems that can be shown, in the order of the file, each within it.
fn is_a_stack_or_problems(text: &str) -> Result<(), TestCaseError> {
    let Err(problems) = parse(text) else { return Ok(()) };
    prop_assert!(!problems.is_empty());
    prop_assert!(problems.is_sorted_by_key(|problem| problem.span.as_ref().map(|span| span.start)));
    for problem in &problems {
        prop_assert!(problem.span.as_ref().is_none_or(|span| text.get(span.clone()).is_some()), "{problem:?}");
    }
    prop_assert!(!render(&problems, "landfall.toml", text, true).is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*|(?s:.*)") {
        is_a_stack_or_problems(&text)?;
    }

    #[test]
    fn no_broken_stack_file_makes_it_panic(text in nearly_a_stack_file()) {
        is_a_stack_or_problems(&text)?;
    }

    #[test]
    fn spans_that_do_not_fit_the_text_are_cut(text in "(?s:.{0,20})", start in 0..50_usize, end in 0..50_usize) {
        let problem = Diagnostic::new("a problem").at(start..end).label("here");
        prop_assert!(render(&[problem], "landfall.toml", &text, false).contains("a problem"));
    }
}
