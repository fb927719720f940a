//! The blueprint says only what the kinds know: every kind, property and output that a stack can declare is in a schema.
//!
//! Nobody else would notice a wrong name. It would be left out of every comparison and of every call.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use landfall_aws_blueprint::stack::{Network, Stack, parse};
use landfall_aws_blueprint::{Facts, Gpu, NetworkFacts, SubnetFacts, compile};
use landfall_engine::kind::Schemas;
use landfall_engine::schema_check::misfits;
use landfall_engine::snapshot::Declared;
use proptest::prelude::*;

use crate::provider::schemas;

/// The facts of an account that has all that the stack asks for.
fn facts_for(stack: &Stack) -> Facts {
    let zones: Vec<String> = ["a", "b", "c"].iter().map(|letter| format!("{}{letter}", stack.region)).collect();
    let clusters = || stack.clusters.values();
    let types = clusters().flat_map(|cluster| [&cluster.worker_type, &cluster.scheduler_type]);
    let with_gpu = clusters().filter(|cluster| cluster.gpu).map(|cluster| &cluster.worker_type);
    let gpu = || vec![Gpu { manufacturer: "NVIDIA".to_owned(), name: "T4".to_owned(), count: 1 }];
    let image = |id: &str| BTreeMap::from([("x86_64".to_owned(), id.to_owned())]);
    let mut facts = Facts {
        account: "111122223333".to_owned(),
        partition: "aws".to_owned(),
        region: stack.region.clone(),
        offers: types.clone().map(|name| (name.clone(), zones.clone())).collect(),
        placement_strategies: types.clone().map(|name| (name.clone(), vec!["cluster".to_owned()])).collect(),
        architectures: types.map(|name| (name.clone(), "x86_64".to_owned())).collect(),
        gpus: with_gpu.map(|name| (name.clone(), gpu())).collect(),
        images: image("ami-0123456789abcdef0"),
        gpu_images: image("ami-0000000000000064a"),
        network: network_of(stack, &zones),
        zones,
        ..Facts::default()
    };
    facts.settle(stack);
    facts
}

fn network_of(stack: &Stack, zones: &[String]) -> NetworkFacts {
    let Network::Existing(network) = &stack.network else { return NetworkFacts::default() };
    let subnet = |(id, zone): (&String, &String)| {
        (id.clone(), SubnetFacts { vpc: network.vpc.clone(), zone: zone.clone(), is_public: true })
    };
    NetworkFacts {
        vpc: Some(network.vpc.clone()),
        subnets: network.subnets.iter().zip(zones).map(subnet).collect(),
        security_groups: network.security_groups.iter().map(|id| (id.clone(), network.vpc.clone())).collect(),
    }
}

fn declared(text: &str) -> Declared {
    let stack = parse(text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    compile(&stack, &facts_for(&stack)).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

fn told(declared: &Declared, schemas: &Schemas) -> Vec<String> {
    misfits(declared, schemas).iter().map(ToString::to_string).collect()
}

#[test]
fn the_examples_say_only_what_the_kinds_know() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples"));
    let files = std::fs::read_dir(folder).expect("the examples").map(|entry| entry.expect("an entry").path());
    let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect();
    assert!(files.len() >= 6, "{files:?}");
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a text");
        assert_eq!(told(&declared(&text), &schemas()), Vec::<String>::new(), "{}", path.display());
    }
}

/// The check finds what it is there for, in what the blueprint declares.
#[test]
fn a_kind_a_field_and_an_output_that_a_schema_lacks_are_found() {
    let declared = declared("name = \"acme\"\nregion = \"us-east-1\"\n[cluster.main]\nworkers = 1\n");
    let without = |change: &dyn Fn(&mut landfall_engine::kind::Schema)| {
        let schemas = schemas();
        let changed = schemas.iter().map(|schema| {
            let mut schema = schema.clone();
            change(&mut schema);
            schema
        });
        told(&declared, &changed.collect())
    };
    let found = without(&|schema| {
        if schema.kind.as_str() == "ec2.vpc" {
            schema.fields = &[];
        }
    });
    assert!(found.contains(&"network/vpc: ec2.vpc has no field `cidr_block`".to_owned()), "{found:?}");
    let found = without(&|schema| {
        if schema.kind.as_str() == "ec2.instance" {
            schema.outputs = &[];
        }
    });
    let expected = "cluster/main/worker/0: refers to `private_ip` of cluster/main/scheduler, and ec2.instance has no such \
                    output";
    assert_eq!(found, [expected]);
    let found = without(&|schema| {
        if schema.kind.as_str() == "logs.log_group" {
            schema.kind = landfall_engine::kind::Kind::new("logs.group");
        }
    });
    assert_eq!(found, ["logs/group: there is no kind logs.log_group"]);
}

/// Everything that a stack file can turn on and off.
fn stack_text() -> impl Strategy<Value = String> {
    let network = prop_oneof![
        2 => Just("[network]\nworkers = \"public\"\n".to_owned()),
        4 => (any::<bool>(), any::<bool>()).prop_map(|(per_zone, endpoint)| {
            let nat = if per_zone { "per-zone" } else { "single" };
            format!("[network]\nnat = \"{nat}\"\ns3_endpoint = {endpoint}\n")
        }),
        1 => Just(
            "[network]\nvpc = \"vpc-0123456789abcdef0\"\nsubnets = [\"subnet-0123456789abcdef0\"]\n\
             security_groups = [\"sg-0123456789abcdef0\"]\n"
                .to_owned()
        ),
    ];
    let firewall = prop_oneof![
        Just(""),
        Just("[firewall]\nports = []\n"),
        Just("[firewall]\nports = [22, 8787]\ncidr = [\"203.0.113.0/24\", \"2001:db8::/32\"]\n"),
    ];
    let iam = prop_oneof![Just(""), Just("[iam]\npolicies = [\"AmazonS3ReadOnlyAccess\"]\n")];
    let spot = prop_oneof![Just("false"), Just("true"), Just("\"fallback\"")];
    let cluster = (0..3_u32, spot, 0..2_u8, any::<[bool; 3]>());
    (network, firewall, iam, prop::collection::vec(cluster, 0..3)).prop_map(|(network, firewall, iam, clusters)| {
        let mut text =
            format!("name = \"acme\"\nregion = \"us-east-1\"\ntags = {{ team = \"x\" }}\n{network}{firewall}{iam}");
        for (index, (workers, spot, gpu, [has_image, has_tags, has_group])) in clusters.into_iter().enumerate() {
            let image = if has_image { "image_id = \"ami-0123456789abcdef1\"\n" } else { "" };
            let tags = if has_tags { "tags = { owner = \"kim\" }\n" } else { "" };
            let _ = write!(
                text,
                "[cluster.c{index}]\nworkers = {workers}\nspot = {spot}\ngpu = {gpu}\nplacement_group = {has_group}\n\
                 {image}{tags}"
            );
        }
        text
    })
}

proptest! {
    #[test]
    fn no_stack_says_what_the_kinds_do_not_know(text in stack_text()) {
        prop_assert_eq!(told(&declared(&text), &schemas()), Vec::<String>::new(), "{}", text);
    }
}
