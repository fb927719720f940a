//! What a stack compiles to, with facts written by hand.

use std::collections::BTreeMap;

use landfall_engine::graph::{Graph, link};
use landfall_engine::provider::Blueprint;
use landfall_engine::stack::{Diagnostic, parse, render};

use super::AwsBlueprint;
use crate::survey::Facts;

const ZONES: [&str; 3] = ["us-east-1a", "us-east-1b", "us-east-1c"];

fn facts(stack: &str, zones: &[&str]) -> Facts {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let mut facts = Facts {
        account: "111122223333".to_owned(),
        partition: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        zones: texts(zones),
        offers: BTreeMap::from([
            ("m6i.large".to_owned(), texts(zones)),
            ("m6i.xlarge".to_owned(), texts(zones)),
            ("r5n.large".to_owned(), texts(&zones[1..])),
            ("x9z.large".to_owned(), vec![]),
        ]),
        architectures: ["m6i.large", "m6i.xlarge", "r5n.large"].map(|t| (t.to_owned(), "x86_64".to_owned())).into(),
        images: BTreeMap::from([("x86_64".to_owned(), "ami-0123456789abcdef0".to_owned())]),
        ..Facts::default()
    };
    settle(&mut facts, stack);
    facts
}

fn settle(facts: &mut Facts, stack: &str) {
    let mut placement = facts.placement.clone();
    placement.settle(&parse(stack).expect("a valid stack"), facts);
    facts.placement = placement;
}

fn compile(text: &str, facts: &Facts) -> Graph {
    let stack = parse(text).expect("a valid stack");
    link(AwsBlueprint.compile(&stack, facts).expect("nothing wrong")).expect("a graph")
}

fn refused(text: &str, facts: &Facts) -> String {
    let stack = parse(text).expect("a valid stack");
    let problems: Vec<Diagnostic> = AwsBlueprint.compile(&stack, facts).expect_err("something wrong");
    render(&problems, "landfall.toml", text, false)
}

fn addresses(graph: &Graph) -> String {
    graph.resources().values().map(|r| format!("{} {}\n", r.kind, r.address)).collect()
}

fn block(graph: &Graph, subnet: &str) -> String {
    let address = landfall_engine::address::Address::new(subnet).expect("an address");
    let value = &graph.get(&address).expect("the subnet is declared").properties["cidr_block"];
    value.resolve(&|_| None).expect("known").as_str().expect("a text").to_owned()
}

const SMALL: &str = r#"
name = "acme"
region = "us-east-1"
zones = ["us-east-1a", "us-east-1b"]
[iam]
policies = ["AmazonS3ReadOnlyAccess"]
[firewall]
ports = [8786, 8787]
cidr = ["203.0.113.0/24", "2001:db8::/32"]
[cluster.analytics]
workers = 2
"#;

#[test]
fn exactly_these_resources_with_private_workers() {
    snapbox::assert_data_eq!(
        addresses(&compile(SMALL, &facts(SMALL, &ZONES))),
        snapbox::str![[r#"
ec2.instance cluster/analytics/scheduler
ec2.instance cluster/analytics/worker/0
ec2.instance cluster/analytics/worker/1
iam.instance_profile identity/instance-profile
iam.instance_profile_role identity/instance-profile-role
iam.role identity/role
iam.role_policy identity/role-policy/logs
iam.role_policy_attachment identity/role-policy-attachment/AmazonS3ReadOnlyAccess
logs.log_group logs/group
ec2.elastic_ip network/elastic-ip/us-east-1a
ec2.internet_gateway network/internet-gateway
ec2.internet_gateway_attachment network/internet-gateway-attachment
ec2.nat_gateway network/nat-gateway/us-east-1a
ec2.route network/route/private/0.0.0.0-0
ec2.route network/route/public/0.0.0.0-0
ec2.route_table network/route-table/private
ec2.route_table network/route-table/public
ec2.route_table_association network/route-table-association/private/us-east-1a
ec2.route_table_association network/route-table-association/private/us-east-1b
ec2.route_table_association network/route-table-association/public/us-east-1a
ec2.route_table_association network/route-table-association/public/us-east-1b
ec2.subnet network/subnet/private/us-east-1a
ec2.subnet network/subnet/private/us-east-1b
ec2.subnet network/subnet/public/us-east-1a
ec2.subnet network/subnet/public/us-east-1b
ec2.vpc network/vpc
ec2.vpc_endpoint network/vpc-endpoint/s3
ec2.security_group security/group/cluster
ec2.security_group security/group/scheduler
ec2.security_group_rule security/rule/cluster/ingress/all/cluster
ec2.security_group_rule security/rule/scheduler/ingress/tcp-8786/2001:db8::-32
ec2.security_group_rule security/rule/scheduler/ingress/tcp-8786/203.0.113.0-24
ec2.security_group_rule security/rule/scheduler/ingress/tcp-8787/2001:db8::-32
ec2.security_group_rule security/rule/scheduler/ingress/tcp-8787/203.0.113.0-24

"#]]
    );
}

#[test]
fn public_workers_have_no_nat_and_no_private_subnets() {
    let text = &SMALL.replace("[iam]", "[network]\nworkers = \"public\"\n[iam]");
    let all = addresses(&compile(text, &facts(text, &ZONES)));
    for absent in ["nat-gateway", "elastic-ip", "private"] {
        assert!(!all.contains(absent), "{absent} is declared:\n{all}");
    }
}

#[test]
fn an_idle_stack_costs_nothing() {
    let text = "name = \"acme\"\nregion = \"us-east-1\"\n";
    let all = addresses(&compile(text, &facts(text, &ZONES)));
    assert!(!all.contains("nat-gateway") && !all.contains("elastic-ip") && !all.contains("instance\n"), "{all}");
}

#[test]
fn one_nat_gateway_and_table_in_each_zone_if_asked() {
    let text = &SMALL.replace("[iam]", "[network]\nnat = \"per-zone\"\n[iam]");
    let all = addresses(&compile(text, &facts(text, &ZONES)));
    for expected in [
        "ec2.nat_gateway network/nat-gateway/us-east-1b",
        "ec2.elastic_ip network/elastic-ip/us-east-1b",
        "ec2.route network/route/private-us-east-1b/0.0.0.0-0",
    ] {
        assert!(all.contains(expected), "{expected} is missing:\n{all}");
    }
}

#[test]
fn a_zone_keeps_its_block_when_others_come_and_go() {
    let text = "name = \"acme\"\nregion = \"us-east-1\"\n";
    let few = compile(text, &facts(text, &["us-east-1b", "us-east-1d"]));
    let many = compile(text, &facts(text, &["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1f"]));
    for subnet in ["network/subnet/public/us-east-1d", "network/subnet/private/us-east-1b"] {
        assert_eq!(block(&few, subnet), block(&many, subnet));
    }
    assert_eq!(block(&few, "network/subnet/public/us-east-1b"), "10.0.16.0/20");
    assert_eq!(block(&few, "network/subnet/private/us-east-1b"), "10.0.144.0/20");
}

#[test]
fn in_a_small_network_a_zone_keeps_its_block_too() {
    let stack = |zones: &str| {
        format!("name = \"acme\"\nregion = \"us-east-1\"\nzones = {zones}\n[network]\ncidr = \"10.0.0.0/26\"\n")
    };
    let one = stack("[\"us-east-1f\"]");
    let mut facts = facts(&one, &["us-east-1a", "us-east-1f"]);
    let before = block(&compile(&one, &facts), "network/subnet/public/us-east-1f");
    let two = stack("[\"us-east-1a\", \"us-east-1f\"]");
    settle(&mut facts, &two);
    assert_eq!(block(&compile(&two, &facts), "network/subnet/public/us-east-1f"), before);
}

#[test]
fn a_cluster_stands_in_the_first_zone_that_offers_its_types_and_stays_there() {
    let text = &SMALL.replace("workers = 2", "workers = 2\nworker_type = \"r5n.large\"");
    let mut facts = facts(text, &ZONES);
    assert_eq!(facts.placement.clusters["analytics"], "us-east-1b");
    assert_eq!(facts.placement.nat.as_deref(), Some("us-east-1b"));
    facts.offers.insert("r5n.large".to_owned(), ZONES.map(str::to_owned).to_vec());
    settle(&mut facts, text);
    assert_eq!(facts.placement.clusters["analytics"], "us-east-1b", "what runs is not moved");
}

#[test]
fn what_the_account_cannot_have_is_said_at_its_place() {
    let text = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\", \"us-east-1z\"]\n\
                [cluster.one]\nworker_type = \"x9z.large\"\n[cluster.two]\nzone = \"us-east-1a\"\n\
                worker_type = \"r5n.large\"\n";
    snapbox::assert_data_eq!(
        refused(text, &facts(text, &ZONES)),
        snapbox::str![[r#"
error: zones: this account has no zone us-east-1z in us-east-1
 --> landfall.toml:3:24
  |
3 | zones = ["us-east-1a", "us-east-1z"]
  |                        ^^^^^^^^^^^^
  |
  = help: zones that are available here: us-east-1a, us-east-1b, us-east-1c

error: cluster.one.worker_type: us-east-1 offers no instance type x9z.large
 --> landfall.toml:5:15
  |
5 | worker_type = "x9z.large"
  |               ^^^^^^^^^^^
  |
  = help: list them: aws ec2 describe-instance-type-offerings --region us-east-1

error: cluster.two.worker_type: us-east-1a does not offer r5n.large
 --> landfall.toml:8:15
  |
8 | worker_type = "r5n.large"
  |               ^^^^^^^^^^^
  |
  = help: r5n.large is offered in us-east-1b, us-east-1c

"#]]
    );
    let text = "name = \"acme\"\nregion = \"us-east-1\"\n[network]\ncidr = \"10.0.0.0/27\"\n";
    snapbox::assert_data_eq!(
        refused(text, &facts(text, &ZONES)),
        snapbox::str![[r#"
error: network.cidr: 10.0.0.0/27 is too small for the 6 subnets of 3 zones
 --> landfall.toml:4:8
  |
4 | cidr = "10.0.0.0/27"
  |        ^^^^^^^^^^^^^ holds 2
  |
  = help: a zone takes a public and a private subnet, and no subnet is smaller than /28
  = help: write cidr = "10.0.0.0/25" or a larger network, or list fewer zones

"#]]
    );
}

#[test]
fn two_policies_of_one_name_are_refused() {
    let text = &SMALL.replace(
        "[\"AmazonS3ReadOnlyAccess\"]",
        "[\"AmazonS3ReadOnlyAccess\", \"arn:aws:iam::111122223333:policy/AmazonS3ReadOnlyAccess\"]",
    );
    assert!(refused(text, &facts(text, &ZONES)).contains("has the same name as"));
}

#[test]
fn the_workers_script_names_the_scheduler() {
    let graph = compile(SMALL, &facts(SMALL, &ZONES));
    let address = landfall_engine::address::Address::new("cluster/analytics/worker/1").expect("an address");
    let script = &graph.get(&address).expect("declared").properties["user_data"];
    assert_eq!(script.resolve(&|_| None), None, "not known before the scheduler is");
    let script = script.resolve(&|_| Some("10.0.1.2".into())).expect("known").to_string();
    assert!(script.contains("dask worker tcp://10.0.1.2:8786"), "{script}");
    assert!(!script.contains('@'), "a mark was not replaced: {script}");
    assert!(script.len() < 16_000, "user data holds 16 KiB");
}

#[test]
fn a_users_owner_replaces_ours_whatever_its_capitals() {
    let text = &SMALL.replace("[iam]", "[tags]\nOwner = \"kim\"\n[iam]");
    let graph = compile(text, &facts(text, &ZONES));
    let role = graph.get(&landfall_engine::address::Address::new("identity/role").expect("an address"));
    let tags = role.expect("declared").properties["tags"].resolve(&|_| None).expect("known");
    assert_eq!(tags["Owner"], "kim");
    assert!(tags.get("owner").is_none());
}
