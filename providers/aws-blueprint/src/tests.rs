//! What a stack compiles to, with facts written by hand.

use std::collections::BTreeMap;

use crate::stack::{Diagnostic, parse, render};
use landfall_engine::graph::{Graph, link};

use crate::facts::{Facts, Gpu, NetworkFacts, SubnetFacts};

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
    facts.settle(&parse(stack).expect("a valid stack"));
}

fn compile(text: &str, facts: &Facts) -> Graph {
    let stack = parse(text).expect("a valid stack");
    link(crate::compile(&stack, facts).expect("nothing wrong")).expect("a graph")
}

fn refused(text: &str, facts: &Facts) -> String {
    let stack = parse(text).expect("a valid stack");
    let problems: Vec<Diagnostic> = crate::compile(&stack, facts).expect_err("something wrong");
    render(&problems, "landfall.toml", text, false)
}

fn addresses(graph: &Graph) -> String {
    graph.resources().iter().map(|r| format!("{} {}\n", r.kind, r.address)).collect()
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

/// The provider reads them apart: its kinds say the same.
#[test]
fn all_is_in_the_region_of_the_stack_but_iam_which_belongs_to_none() {
    for resource in compile(SMALL, &facts(SMALL, &ZONES)).resources() {
        let is_iam = resource.kind.as_str().starts_with("iam.");
        let expected = (!is_iam).then_some("us-east-1");
        assert_eq!(
            (resource.place.account(), resource.place.region()),
            ("111122223333", expected),
            "{}",
            resource.address
        );
    }
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

/// Facts as a survey of this stack would find them, with GPU types and their images.
fn facts_with_gpus(stack: &str) -> Facts {
    let mut facts = facts(stack, &ZONES);
    for (name, manufacturer, gpu, count, architecture) in [
        ("g4dn.xlarge", "NVIDIA", "T4", 1, "x86_64"),
        ("g4dn.12xlarge", "NVIDIA", "T4", 4, "x86_64"),
        ("g4ad.xlarge", "AMD", "Radeon Pro V520", 1, "x86_64"),
        ("g5g.xlarge", "NVIDIA", "T4g", 1, "arm64"),
        ("p3.2xlarge", "NVIDIA", "V100", 1, "x86_64"),
    ] {
        let gpu = Gpu { manufacturer: manufacturer.to_owned(), name: gpu.to_owned(), count };
        facts.gpus.insert(name.to_owned(), vec![gpu]);
        facts.architectures.insert(name.to_owned(), architecture.to_owned());
        facts.offers.insert(name.to_owned(), ZONES.map(str::to_owned).to_vec());
    }
    facts.gpus.insert("m6i.xlarge".to_owned(), vec![]);
    let images = [("x86_64", "ami-0000000000000064a"), ("arm64", "ami-00000000000000a64")];
    facts.gpu_images = images.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    settle(&mut facts, stack);
    facts
}

fn property(graph: &Graph, address: &str, name: &str) -> serde_json::Value {
    let address = landfall_engine::address::Address::new(address).expect("an address");
    let value = &graph.get(&address).expect("declared").properties[name];
    value.resolve(&|reference| Some(format!("{} of {}", reference.output, reference.to).into())).expect("known")
}

const GPU: &str = "name = \"acme\"\nregion = \"us-east-1\"\n[cluster.fast]\ngpu = 1\n";

#[test]
fn workers_with_a_gpu_boot_another_image_than_their_scheduler_and_offer_it() {
    let graph = compile(GPU, &facts_with_gpus(GPU));
    let (worker, scheduler) = ("cluster/fast/worker/3", "cluster/fast/scheduler");
    assert_eq!(property(&graph, worker, "instance_type"), "g4dn.xlarge");
    assert_eq!(property(&graph, worker, "image_id"), "ami-0000000000000064a");
    assert_eq!(property(&graph, scheduler, "instance_type"), "m6i.large");
    assert_eq!(property(&graph, scheduler, "image_id"), "ami-0123456789abcdef0");
    let script = |of: &str| property(&graph, of, "user_data").as_str().expect("a text").to_owned();
    assert!(script(worker).contains("--resources GPU=1\n"), "{}", script(worker));
    assert!(!script(scheduler).contains("--resources"));

    let arm = &format!("{GPU}worker_type = \"g5g.xlarge\"\n");
    let graph = compile(arm, &facts_with_gpus(arm));
    assert_eq!(property(&graph, worker, "image_id"), "ami-00000000000000a64");

    let own = &format!("{GPU}image_id = \"ami-0123456789abcdef1\"\nworker_type = \"p3.2xlarge\"\n");
    let graph = compile(own, &facts_with_gpus(own));
    assert_eq!(property(&graph, worker, "image_id"), "ami-0123456789abcdef1", "which may have any driver");
    assert_eq!(property(&graph, scheduler, "image_id"), "ami-0123456789abcdef1");
}

#[test]
fn a_gpu_type_needs_no_gpu_to_be_asked_for() {
    let text = &GPU.replace("gpu = 1", "worker_type = \"g4dn.12xlarge\"");
    let graph = compile(text, &facts_with_gpus(text));
    assert_eq!(property(&graph, "cluster/fast/worker/0", "image_id"), "ami-0123456789abcdef0");
    let script = property(&graph, "cluster/fast/worker/0", "user_data").to_string();
    assert!(!script.contains("--resources"), "{script}");
}

#[test]
fn types_that_cannot_give_each_worker_a_gpu_are_refused() {
    let text = "name = \"acme\"\nregion = \"us-east-1\"\n[cluster.a1]\ngpu = 1\nworker_type = \"m6i.xlarge\"\n\
                [cluster.a2]\ngpu = 1\nworker_type = \"g4dn.12xlarge\"\n\
                [cluster.a3]\ngpu = 1\nworker_type = \"g4ad.xlarge\"\n\
                [cluster.a4]\ngpu = 1\nworker_type = \"p3.2xlarge\"\n";
    snapbox::assert_data_eq!(
        refused(text, &facts_with_gpus(text)),
        snapbox::str![[r#"
error: cluster.a1.worker_type: m6i.xlarge has no GPU
 --> landfall.toml:5:15
  |
5 | worker_type = "m6i.xlarge"
  |               ^^^^^^^^^^^^
  |
  = help: types with one GPU that fit: g4dn.xlarge, g5.xlarge, g6.xlarge and others of these families

error: cluster.a2.worker_type: g4dn.12xlarge has 4 GPUs, and a worker uses one
 --> landfall.toml:8:15
  |
8 | worker_type = "g4dn.12xlarge"
  |               ^^^^^^^^^^^^^^^
  |
  = help: types with one GPU that fit: g4dn.xlarge, g5.xlarge, g6.xlarge and others of these families

error: cluster.a3.worker_type: the driver in Amazon's image does not know the GPU of g4ad.xlarge (AMD Radeon Pro V520)
  --> landfall.toml:11:15
   |
11 | worker_type = "g4ad.xlarge"
   |               ^^^^^^^^^^^^^
   |
   = help: types with one GPU that fit: g4dn.xlarge, g5.xlarge, g6.xlarge and others of these families

error: cluster.a4.worker_type: the driver in Amazon's image does not know the GPU of p3.2xlarge (NVIDIA V100)
  --> landfall.toml:14:15
   |
14 | worker_type = "p3.2xlarge"
   |               ^^^^^^^^^^^^
   |
   = help: types with one GPU that fit: g4dn.xlarge, g5.xlarge, g6.xlarge and others of these families

"#]]
    );
}

#[test]
fn a_disk_smaller_than_the_image_is_refused() {
    let text = &format!("{GPU}[cluster.small]\ndisk_gib = 8\n");
    let mut facts = facts_with_gpus(text);
    facts.root_sizes_gib.insert("ami-0000000000000064a".to_owned(), 125);
    facts.root_sizes_gib.insert("ami-0123456789abcdef0".to_owned(), 8);
    snapbox::assert_data_eq!(
        refused(text, &facts),
        snapbox::str![[r#"
error: cluster.fast.disk_gib: 100 GiB are too few for ami-0000000000000064a, which takes 125
 --> landfall.toml:3:1
  |
3 | [cluster.fast]
  | ^^^^^^^^^^^^^^
  |
  = help: write disk_gib = 125 or more: what is installed at boot needs room besides

"#]]
    );
}

const EXISTING: &str = r#"
name = "acme"
region = "us-east-1"
[network]
vpc = "vpc-0123456789abcdef0"
subnets = ["subnet-000000000000000b0", "subnet-000000000000000b1", "subnet-000000000000000a0"]
security_groups = ["sg-0123456789abcdef0"]
[cluster.analytics]
workers = 1
"#;

fn facts_of_network(stack: &str) -> Facts {
    let mut facts = facts(stack, &ZONES);
    let vpc = || "vpc-0123456789abcdef0".to_owned();
    let subnet =
        |id: &str, zone: &str, is_public| (id.to_owned(), SubnetFacts { vpc: vpc(), zone: zone.to_owned(), is_public });
    facts.network = NetworkFacts {
        vpc: Some(vpc()),
        subnets: BTreeMap::from([
            subnet("subnet-000000000000000b0", "us-east-1b", false),
            subnet("subnet-000000000000000b1", "us-east-1b", true),
            subnet("subnet-000000000000000a0", "us-east-1a", false),
        ]),
        security_groups: BTreeMap::from([("sg-0123456789abcdef0".to_owned(), vpc())]),
    };
    settle(&mut facts, stack);
    facts
}

#[test]
fn in_a_network_that_exists_nothing_of_a_network_is_made() {
    let graph = compile(EXISTING, &facts_of_network(EXISTING));
    let all = addresses(&graph);
    assert!(!all.contains(" network/"), "{all}");
    assert_eq!(property(&graph, "security/group/cluster", "vpc_id"), "vpc-0123456789abcdef0");
    let of = |instance: &str, name: &str| property(&graph, &format!("cluster/analytics/{instance}"), name);
    assert_eq!(of("scheduler", "subnet_id"), "subnet-000000000000000b1", "it can be reached there");
    assert_eq!(of("scheduler", "associate_public_ip_address"), true);
    assert_eq!(of("worker/0", "subnet_id"), "subnet-000000000000000b0", "the first of the zone");
    assert_eq!(of("worker/0", "associate_public_ip_address"), false);
    let groups = of("worker/0", "security_group_ids");
    assert_eq!(groups, serde_json::json!(["id of security/group/cluster", "sg-0123456789abcdef0"]));
}

#[test]
fn a_cluster_stands_in_a_zone_that_has_a_subnet() {
    let text = &format!("{EXISTING}zone = \"us-east-1a\"\n");
    let graph = compile(text, &facts_of_network(text));
    let subnet = property(&graph, "cluster/analytics/scheduler", "subnet_id");
    assert_eq!(subnet, "subnet-000000000000000a0", "for want of a public one");

    let text = &format!("{EXISTING}zone = \"us-east-1c\"\n");
    snapbox::assert_data_eq!(
        refused(text, &facts_of_network(text)),
        snapbox::str![[r#"
error: cluster.analytics.zone: none of the subnets of [network] is in us-east-1c
  --> landfall.toml:10:8
   |
10 | zone = "us-east-1c"
   |        ^^^^^^^^^^^^
   |
   = help: they are in us-east-1b, us-east-1a

"#]]
    );
    let text = &EXISTING.replace("[network]", "zone = \"us-east-1c\"\n[network]");
    snapbox::assert_data_eq!(
        refused(text, &facts_of_network(text)),
        snapbox::str![[r#"
error: cluster.analytics: none of the subnets of [network] is in us-east-1c
 --> landfall.toml:4:8
  |
4 | zone = "us-east-1c"
  |        ^^^^^^^^^^^^
  |
  = help: they are in us-east-1b, us-east-1a

"#]]
    );
}

#[test]
fn ids_that_do_not_belong_together_are_refused_at_their_places() {
    let mut facts = facts_of_network(EXISTING);
    facts.network.subnets.remove("subnet-000000000000000b1");
    let other = || "vpc-00000000000000001".to_owned();
    facts.network.subnets.get_mut("subnet-000000000000000a0").expect("there").vpc = other();
    facts.network.security_groups.insert("sg-0123456789abcdef0".to_owned(), other());
    snapbox::assert_data_eq!(
        refused(EXISTING, &facts),
        snapbox::str![[r#"
error: network.subnets: this account has no subnet-000000000000000b1 in us-east-1
 --> landfall.toml:6:40
  |
6 | subnets = ["subnet-000000000000000b0", "subnet-000000000000000b1", "subnet-000000000000000a0"]
  |                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: list those of the VPC: aws ec2 describe-subnets --region us-east-1 --filters Name=vpc-id,Values=vpc-0123456789abcdef0

error: network.subnets: subnet-000000000000000a0 belongs to vpc-00000000000000001, not to vpc-0123456789abcdef0
 --> landfall.toml:6:68
  |
6 | subnets = ["subnet-000000000000000b0", "subnet-000000000000000b1", "subnet-000000000000000a0"]
  |                                                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: list those of the VPC: aws ec2 describe-subnets --region us-east-1 --filters Name=vpc-id,Values=vpc-0123456789abcdef0

error: network.security_groups: sg-0123456789abcdef0 belongs to vpc-00000000000000001, not to vpc-0123456789abcdef0
 --> landfall.toml:7:20
  |
7 | security_groups = ["sg-0123456789abcdef0"]
  |                    ^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: list those of the VPC: aws ec2 describe-security-groups --region us-east-1 --filters Name=vpc-id,Values=vpc-0123456789abcdef0

"#]]
    );
    facts.network.vpc = None;
    snapbox::assert_data_eq!(
        refused(EXISTING, &facts),
        snapbox::str![[r#"
error: network.vpc: this account has no vpc-0123456789abcdef0 in us-east-1
 --> landfall.toml:5:7
  |
5 | vpc = "vpc-0123456789abcdef0"
  |       ^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: list them: aws ec2 describe-vpcs --region us-east-1

"#]]
    );
}

#[test]
fn more_workers_than_a_subnet_has_addresses_are_refused_before_anything_is_made() {
    let stack = |network: &str, workers: u32| {
        format!("name = \"acme\"\nregion = \"us-east-1\"\n[network]\n{network}\n[cluster.big]\nworkers = {workers}\n")
    };
    let text = stack("cidr = \"10.0.0.0/16\"", 4_092);
    snapbox::assert_data_eq!(
        refused(&text, &facts(&text, &ZONES)),
        snapbox::str![[r#"
error: cluster.big.workers: 4092 instances are too many for the private subnet of us-east-1a: 10.0.128.0/20 has 4091 addresses for them
 --> landfall.toml:6:11
  |
6 | workers = 4092
  |           ^^^^
  |
  = help: put clusters into different zones: `zone`

"#]]
    );
    // In a /20 there is room for one less; in a public subnet the scheduler takes one of them.
    let text = stack("cidr = \"10.0.0.0/16\"", 4_091);
    compile(&text, &facts(&text, &ZONES));
    let text = stack("cidr = \"10.0.0.0/24\"\nworkers = \"public\"", 11);
    assert!(refused(&text, &facts(&text, &ZONES)).contains("12 instances are too many for the public subnet"));
    let text = stack("cidr = \"10.0.0.0/24\"\nworkers = \"public\"", 10);
    compile(&text, &facts(&text, &ZONES));
}
