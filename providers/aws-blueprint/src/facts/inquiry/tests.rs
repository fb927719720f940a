//! Inquiries of an account that changes between one and the next.

use std::collections::BTreeMap;

use super::super::{Gpu, Image, SubnetFacts, TaggedInstance, TaggedResources, TaggedSubnet};
use super::*;
use crate::stack::parse;
use landfall_engine::address::Address;

/// What an account has.
#[derive(Clone)]
struct Region {
    zones: Vec<AvailabilityZone>,
    /// The zones that offer a type.
    offers: BTreeMap<String, BTreeSet<String>>,
    types: Vec<InstanceType>,
    network: NetworkFacts,
    tagged_resources: TaggedResources,
    images: Vec<Image>,
}

fn zone(name: &str, is_usable: bool) -> AvailabilityZone {
    AvailabilityZone { name: name.to_owned(), is_usable }
}

fn image(id: &str, date: &str, name: &str) -> Image {
    Image {
        id: id.to_owned(),
        name: name.to_owned(),
        architecture: "x86_64".to_owned(),
        creation_date: date.to_owned(),
        root_device: Some("/dev/xvda".to_owned()),
        root_size_gib: Some(8),
    }
}

const ORDINARY: &str = "al2023-ami-2023.6.1-kernel-6.1-x86_64";
const FOR_GPUS: &str = "Deep Learning Base OSS Nvidia Driver GPU AMI (Amazon Linux 2023) 20250228";

impl Region {
    fn new() -> Region {
        let zones = || BTreeSet::from(["us-east-1a", "us-east-1b"].map(str::to_owned));
        let instance_type = |name: &str, gpus: &[Gpu]| InstanceType {
            name: name.to_owned(),
            architectures: vec!["i386".to_owned(), "x86_64".to_owned()],
            gpus: gpus.to_vec(),
            placement_strategies: vec!["cluster".to_owned(), "partition".to_owned(), "spread".to_owned()],
        };
        let t4 = Gpu { manufacturer: "NVIDIA".to_owned(), name: "T4".to_owned(), count: 1 };
        let types = [("m6i.large", &[][..]), ("m6i.xlarge", &[]), ("g4dn.xlarge", &[t4])];
        Region {
            zones: vec![zone("us-east-1b", true), zone("us-east-1a", true), zone("us-east-1c", false)],
            offers: types.iter().map(|(name, _)| ((*name).to_owned(), zones())).collect(),
            types: types.iter().map(|(name, gpus)| instance_type(name, gpus)).collect(),
            network: NetworkFacts::default(),
            tagged_resources: TaggedResources::default(),
            images: vec![image("ami-1", "2025-01-01", ORDINARY), image("ami-2", "2025-01-01", FOR_GPUS)],
        }
    }

    /// Answers what is asked, and nothing else.
    fn answer(&self, asked: &Questions) -> Answers {
        let network = &self.network;
        Answers {
            tagged_resources: if asked.tagged_resources {
                self.tagged_resources.clone()
            } else {
                TaggedResources::default()
            },
            zones: if asked.zones { self.zones.clone() } else { vec![] },
            offers: self.offers.clone().into_iter().filter(|(name, _)| asked.offers.contains(name)).collect(),
            instance_types: self.types.iter().filter(|t| asked.instance_types.contains(&t.name)).cloned().collect(),
            network: NetworkFacts {
                vpc: network.vpc.clone().filter(|vpc| asked.vpc.as_ref() == Some(vpc)),
                subnets: network.subnets.clone().into_iter().filter(|(id, _)| asked.subnets.contains(id)).collect(),
                security_groups: BTreeMap::new(),
            },
            images: self.images.iter().filter(|image| asked.images.contains(&image.id)).cloned().collect(),
            offered_images: if asked.offered_images.is_empty() { vec![] } else { self.images.clone() },
        }
    }
}

fn account() -> Account {
    Account { id: "111122223333".to_owned(), partition: "aws".to_owned(), region: "us-east-1".to_owned() }
}

fn stack(more: &str) -> Stack {
    parse(&format!("name = \"acme\"\nregion = \"us-east-1\"\n{more}")).expect("a sound stack file")
}

/// Asks until nothing is left; returns all that was asked, in order, and the outcome.
fn inquire(region: &Region, stack: &Stack, recorded: Option<&Facts>) -> (Vec<Questions>, Result<Facts, NoImage>) {
    let mut inquiry = Inquiry::new(stack, account(), recorded);
    let mut rounds = Vec::new();
    loop {
        let questions = inquiry.questions();
        if questions.is_empty() {
            return (rounds, inquiry.facts());
        }
        assert!(rounds.len() < 6, "asked again and again: {rounds:#?}");
        inquiry.take(questions.clone(), region.answer(&questions));
        rounds.push(questions);
    }
}

fn found(region: &Region, stack: &Stack, recorded: Option<&Facts>) -> Facts {
    inquire(region, stack, recorded).1.expect("there is an image")
}

fn texts(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_new_stack_asks_for_its_own_resources_then_for_the_account_then_for_images() {
    let (rounds, facts) = inquire(&Region::new(), &stack("[cluster.fast]\ngpu = 1\n"), None);
    let types = texts(&["g4dn.xlarge", "m6i.large"]);
    assert_eq!(
        rounds,
        [
            Questions { tagged_resources: true, ..Questions::default() },
            Questions { zones: true, offers: types.clone(), instance_types: types, ..Questions::default() },
            Questions {
                offered_images: [ImagePurpose::Ordinary, ImagePurpose::Gpu].map(|p| (p, "x86_64".to_owned())).into(),
                ..Questions::default()
            },
        ]
    );
    let facts = facts.expect("there is an image");
    assert_eq!(facts.zones, ["us-east-1a", "us-east-1b"]);
    assert_eq!((&*facts.images["x86_64"], &*facts.gpu_images["x86_64"]), ("ami-1", "ami-2"));
    assert_eq!(facts.placement.clusters["fast"], "us-east-1a");
    assert_eq!(facts.gpus["g4dn.xlarge"][0].name, "T4");
}

#[test]
fn a_plan_without_news_asks_nothing_and_changes_nothing() {
    let stack = stack(
        "[cluster.fast]\ngpu = 1\n[cluster.named]\nimage_id = \"ami-2\"\n"
            .replace("ami-2", "ami-0123456789abcdef0")
            .as_str(),
    );
    let mut region = Region::new();
    region.images.push(image("ami-0123456789abcdef0", "2024-01-01", "of the user's own"));
    let recorded = found(&region, &stack, None);
    // A newer image, a zone more, one impaired: nothing of it is even asked for.
    region.images.push(image("ami-3", "2026-01-01", ORDINARY));
    region.zones = vec![zone("us-east-1b", false), zone("us-east-1d", true)];
    let (rounds, facts) = inquire(&region, &stack, Some(&recorded));
    assert_eq!((rounds, facts), (vec![], Ok(recorded)));
}

#[test]
fn what_is_recorded_of_another_region_or_account_does_not_count() {
    let (region, stack) = (Region::new(), stack("[cluster.one]\n"));
    let recorded = found(&region, &stack, None);
    for other in [
        Facts { region: "eu-west-1".to_owned(), ..recorded.clone() },
        Facts { account: "444455556666".to_owned(), ..recorded.clone() },
    ] {
        let (rounds, facts) = inquire(&region, &stack, Some(&other));
        assert_eq!(rounds.len(), 3);
        assert_eq!(facts, Ok(recorded.clone()));
    }
}

/// A cluster that runs in the second zone, from an image that is not the newest.
fn running_cluster() -> TaggedResources {
    let address = |text: &str| Address::new(text).expect("an address of the test");
    let instance = |text: &str, image: &str| TaggedInstance {
        address: address(text),
        launched: 1,
        zone: Some("us-east-1b".to_owned()),
        architecture: Some("x86_64".to_owned()),
        image: Some(image.to_owned()),
    };
    TaggedResources {
        instances: vec![instance("cluster/fast/scheduler", "ami-1"), instance("cluster/fast/worker", "ami-2")],
        subnets: vec![TaggedSubnet {
            address: address("network/subnet/public/us-east-1b"),
            cidr_block: "10.0.112.0/20".parse().expect("a network"),
        }],
        nat_gateways: vec![address("network/nat-gateway/us-east-1b")],
    }
}

#[test]
fn where_nothing_is_recorded_what_exists_counts_before_what_is_offered() {
    let mut region = Region::new();
    region.images.extend([image("ami-3", "2026-01-01", ORDINARY), image("ami-4", "2026-01-01", FOR_GPUS)]);
    region.tagged_resources = running_cluster();
    let facts = found(&region, &stack("[cluster.fast]\ngpu = 1\n"), None);
    assert_eq!((&*facts.images["x86_64"], &*facts.gpu_images["x86_64"]), ("ami-1", "ami-2"));
    assert_eq!((&*facts.placement.clusters["fast"], facts.placement.blocks["us-east-1b"]), ("us-east-1b", 7));
    assert_eq!(facts.placement.nat.as_deref(), Some("us-east-1b"));
}

#[test]
fn what_is_recorded_counts_before_what_exists() {
    let (mut region, stack) = (Region::new(), stack("[cluster.fast]\ngpu = 1\n"));
    let recorded = found(&region, &stack, None);
    region.tagged_resources = running_cluster();
    assert_eq!(found(&region, &stack, Some(&recorded)).placement.clusters["fast"], "us-east-1a");
}

#[test]
fn what_the_file_names_counts_before_all() {
    let mut region = Region::new();
    region.tagged_resources = running_cluster();
    region.images.push(image("ami-0123456789abcdef0", "2024-01-01", "of the user's own"));
    let text = "zones = [\"us-east-1a\"]\n[cluster.fast]\nimage_id = \"ami-0123456789abcdef0\"\n";
    let (rounds, facts) = inquire(&region, &stack(text), None);
    assert!(rounds.iter().all(|asked| asked.offered_images.is_empty()));
    let facts = facts.expect("it is named");
    assert!(facts.images.is_empty());
    assert_eq!(facts.root_devices.keys().collect::<Vec<_>>(), ["ami-0123456789abcdef0"]);
    assert_eq!(
        (&*facts.placement.clusters["fast"], facts.placement.nat.as_deref()),
        ("us-east-1a", Some("us-east-1a"))
    );
}

#[test]
fn an_image_that_runs_and_is_none_for_gpus_gives_way() {
    let mut region = Region::new();
    region.tagged_resources = running_cluster();
    region.tagged_resources.instances[1].image = Some("ami-1".to_owned());
    let (rounds, facts) = inquire(&region, &stack("[cluster.fast]\ngpu = 1\n"), None);
    assert_eq!(facts.expect("there is an image").gpu_images["x86_64"], "ami-2");
    assert_eq!(rounds[1].images, texts(&["ami-1"]));
    assert_eq!(rounds[2].offered_images, [(ImagePurpose::Gpu, "x86_64".to_owned())].into());
}

#[test]
fn a_choice_that_is_not_possible_any_more_is_made_anew() {
    let (mut region, one) = (Region::new(), stack("[cluster.one]\n"));
    let recorded = found(&region, &one, None);
    // The second zone alone is left to the stack.
    region.zones[1].is_usable = false;
    let facts = found(&region, &stack("zones = [\"us-east-1b\"]\n[cluster.one]\n"), Some(&recorded));
    assert_eq!((&*facts.placement.clusters["one"], facts.placement.nat.as_deref()), ("us-east-1b", Some("us-east-1b")));
    assert_eq!(facts.placement.blocks, recorded.placement.blocks, "the zone may come back");
}

#[test]
fn only_usable_zones_are_new_and_a_known_one_stays_while_it_is_listed() {
    let listed = [zone("us-west-2b", true), zone("us-west-2-lax-1a", false), zone("us-west-2a", true)];
    assert_eq!(usable_zones(&listed, &[]), ["us-west-2a", "us-west-2b"]);
    let listed = [zone("us-west-2a", false), zone("us-west-2b", true)];
    let known = ["us-west-2a", "us-west-2b", "us-west-2z"].map(str::to_owned);
    assert_eq!(usable_zones(&listed, &known), ["us-west-2a", "us-west-2b"]);
}

#[test]
fn zones_are_asked_for_again_when_the_stack_names_another_and_what_it_offers() {
    let (mut region, one) = (Region::new(), stack("[cluster.one]\n"));
    let recorded = found(&region, &one, None);
    let listed = |zones: &str| stack(&format!("zones = {zones}\n[cluster.one]\n"));
    assert!(inquire(&region, &listed("[\"us-east-1b\"]"), Some(&recorded)).0.is_empty());

    region.zones.push(zone("us-east-1g", true));
    region.offers.values_mut().for_each(|zones| *zones = texts(&["us-east-1b", "us-east-1g"]));
    let (rounds, facts) = inquire(&region, &listed("[\"us-east-1b\", \"us-east-1g\"]"), Some(&recorded));
    let types = texts(&["m6i.large", "m6i.xlarge"]);
    assert_eq!(
        rounds,
        [Questions { zones: true, ..Questions::default() }, Questions { offers: types, ..Questions::default() }]
    );
    let facts = facts.expect("there is an image");
    assert_eq!(facts.zones, ["us-east-1a", "us-east-1b", "us-east-1g"]);
    assert_eq!(
        facts.offers["m6i.large"],
        ["us-east-1a", "us-east-1b", "us-east-1g"],
        "what was offered is not forgotten"
    );
}

#[test]
fn what_does_not_exist_is_asked_for_once_in_an_inquiry_and_again_in_the_next() {
    let text = "zones = [\"us-east-1z\"]\n[network]\n[cluster.one]\nworker_type = \"x9z.large\"\n\
                image_id = \"ami-0123456789abcdef0\"\n";
    let (rounds, facts) = inquire(&Region::new(), &stack(text), None);
    assert_eq!(rounds.len(), 2);
    let facts = facts.expect("the image is named");
    assert!(facts.offers["x9z.large"].is_empty());
    let (rounds, _) = inquire(&Region::new(), &stack(text), Some(&facts));
    assert_eq!(
        rounds,
        [Questions {
            zones: true,
            offers: texts(&["x9z.large"]),
            instance_types: texts(&["x9z.large"]),
            images: texts(&["ami-0123456789abcdef0"]),
            ..Questions::default()
        }]
    );
}

#[test]
fn an_image_that_is_not_offered_is_an_error() {
    let region = Region { images: vec![], ..Region::new() };
    let (rounds, facts) = inquire(&region, &stack("[cluster.one]\n"), None);
    assert_eq!(rounds.len(), 3);
    let expected =
        NoImage { purpose: ImagePurpose::Ordinary, architecture: "x86_64".to_owned(), region: "us-east-1".to_owned() };
    assert_eq!(facts, Err(expected));
}

const EXISTING: &str = "[network]\nvpc = \"vpc-0123456789abcdef0\"\nsubnets = [\"subnet-0123456789abcdef0\", \
                        \"subnet-0123456789abcdef1\"]\n";

#[test]
fn of_a_network_that_exists_only_what_is_not_known_is_asked() {
    let subnet =
        |zone: &str| SubnetFacts { vpc: "vpc-0123456789abcdef0".to_owned(), zone: zone.to_owned(), is_public: true };
    let mut region = Region::new();
    region.network.vpc = Some("vpc-0123456789abcdef0".to_owned());
    region.network.subnets.insert("subnet-0123456789abcdef0".to_owned(), subnet("us-east-1a"));
    let facts = found(&region, &stack(EXISTING), None);
    region.network.subnets.insert("subnet-0123456789abcdef1".to_owned(), subnet("us-east-1b"));
    let (rounds, facts) = inquire(&region, &stack(EXISTING), Some(&facts));
    assert_eq!(rounds, [Questions { subnets: texts(&["subnet-0123456789abcdef1"]), ..Questions::default() }]);
    let facts = facts.expect("no image is needed");
    assert_eq!(facts.network, region.network);
    // What the stack does not name any more is forgotten.
    assert_eq!(found(&region, &stack(""), Some(&facts)).network, NetworkFacts::default());
}

#[test]
fn what_is_known_of_ids_that_are_not_named_any_more_is_forgotten() {
    let subnet = SubnetFacts { vpc: "vpc-1".to_owned(), zone: "us-east-1a".to_owned(), is_public: true };
    let known = NetworkFacts {
        vpc: Some("vpc-1".to_owned()),
        subnets: ["subnet-1", "subnet-2"].map(|id| (id.to_owned(), subnet.clone())).into(),
        security_groups: ["sg-1", "sg-2"].map(|id| (id.to_owned(), "vpc-1".to_owned())).into(),
    };
    let network = ExistingNetwork {
        vpc: "vpc-2".to_owned(),
        subnets: vec!["subnet-2".to_owned(), "subnet-3".to_owned()],
        security_groups: vec!["sg-1".to_owned()],
    };
    let expected = NetworkFacts {
        vpc: None,
        subnets: [("subnet-2".to_owned(), subnet)].into(),
        security_groups: [("sg-1".to_owned(), "vpc-1".to_owned())].into(),
    };
    assert_eq!(still_named(&network, known), expected);
}

/// The shape in which a state holds facts: what it does not fit is found out anew, so a change of it is made on purpose.
#[test]
fn the_facts_of_a_state_are_read_as_they_were_written() {
    let text = r#"{"account":"111122223333","partition":"aws","region":"us-east-1","zones":["us-east-1a","us-east-1b"],
        "offers":{"m6i.large":["us-east-1a","us-east-1b"],"m6i.xlarge":["us-east-1a","us-east-1b"]},
        "architectures":{"m6i.large":"x86_64","m6i.xlarge":"x86_64"},"gpus":{"m6i.large":[],"m6i.xlarge":[]},
        "images":{"x86_64":"ami-1"},"gpu_images":{},"root_devices":{"ami-1":"/dev/xvda"},"root_sizes_gib":{"ami-1":8},
        "network":{"vpc":null,"subnets":{},"security_groups":{}},
        "placement":{"blocks":{"us-east-1a":0,"us-east-1b":1},"clusters":{"one":"us-east-1a"},"nat":"us-east-1a"}}"#;
    let recorded: Facts = serde_json::from_str(text).expect("facts of version 0.1.0");
    let (rounds, facts) = inquire(&Region::new(), &stack("[cluster.one]\n"), Some(&recorded));
    assert_eq!((rounds, facts), (vec![], Ok(recorded)));
}

/// What was recorded before the strategies of placement groups were asked for can be read, and is asked for what it lacks
/// where a cluster needs it, and nowhere else.
#[test]
fn facts_without_placement_strategies_are_completed_where_they_are_needed() {
    let region = Region::new();
    let plain = stack("[cluster.main]\n[cluster.fast]\ngpu = 1\n");
    let mut recorded = serde_json::to_value(found(&region, &plain, None)).expect("facts are JSON");
    recorded.as_object_mut().expect("an object").remove("placement_strategies").expect("they are among the facts");
    let recorded: Facts = serde_json::from_value(recorded).expect("what is missing is unknown");
    assert_eq!(recorded.placement_strategies, BTreeMap::new());
    assert_eq!(inquire(&region, &plain, Some(&recorded)).0, []);

    let grouped = stack("[cluster.main]\nplacement_group = true\n[cluster.fast]\ngpu = 1\n");
    let (rounds, facts) = inquire(&region, &grouped, Some(&recorded));
    let types = texts(&["m6i.large", "m6i.xlarge"]);
    assert_eq!(rounds, [Questions { instance_types: types.clone(), ..Questions::default() }]);
    let facts = facts.expect("there is an image");
    assert_eq!(facts.placement_strategies.keys().cloned().collect::<BTreeSet<_>>(), types);
    assert_eq!(inquire(&region, &grouped, Some(&facts)).0, []);
}
