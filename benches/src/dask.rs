//! Stack files of landfall's own, and facts of an account, for what compiling them costs.
//!
//! The network exists already: in one that landfall makes there is room for some 24,000 workers. So nearly all that is
//! compiled are instances, and each group of [`CLUSTER`] workers is a cluster.

use std::collections::BTreeMap;

use landfall_aws_blueprint::{Facts, NetworkFacts, SubnetFacts};
use landfall_aws_blueprint::stack::Stack;

/// Workers of a cluster, at most.
const CLUSTER: usize = 1_000;
const ZONES: [&str; 2] = ["us-east-1a", "us-east-1b"];
const VPC: &str = "vpc-0123456789abcdef0";
const SUBNETS: [&str; 2] = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"];

/// Returns the text of a stack file with so many workers.
pub fn stack_file(workers: usize) -> String {
    let mut text = format!(
        "name = \"acme\"\nregion = \"us-east-1\"\n\n[tags]\nproject = \"forecast\"\ncost-centre = \"4711\"\n\n\
         [network]\nvpc = \"{VPC}\"\nsubnets = [\"{}\", \"{}\"]\n\n[firewall]\ncidr = \"198.51.100.0/24\"\n",
        SUBNETS[0], SUBNETS[1]
    );
    for first in (0..workers).step_by(CLUSTER) {
        let (number, share) = (first / CLUSTER, (workers - first).min(CLUSTER));
        let cluster = format!(
            "\n[cluster.c{number}]\nworkers = {share}\nworker_type = \"m6i.large\"\nspot = true\nzone = \"{}\"\n",
            ZONES[number % ZONES.len()]
        );
        text.push_str(&cluster);
    }
    text
}

/// Returns what is known of the account, all choices made.
pub fn facts(stack: &Stack) -> Facts {
    let zones = || ZONES.map(str::to_owned).to_vec();
    let types = || ["m6i.large", "m6i.xlarge"].map(str::to_owned);
    let subnet = |(id, zone): (&str, &str)| {
        (id.to_owned(), SubnetFacts { vpc: VPC.to_owned(), zone: zone.to_owned(), is_public: true })
    };
    let mut facts = Facts {
        account: "111122223333".to_owned(),
        partition: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        zones: zones(),
        offers: types().map(|instance_type| (instance_type, zones())).into(),
        architectures: types().map(|instance_type| (instance_type, "x86_64".to_owned())).into(),
        images: BTreeMap::from([("x86_64".to_owned(), "ami-0123456789abcdef0".to_owned())]),
        network: NetworkFacts {
            vpc: Some(VPC.to_owned()),
            subnets: SUBNETS.into_iter().zip(ZONES).map(subnet).collect(),
            security_groups: BTreeMap::new(),
        },
        ..Facts::default()
    };
    facts.settle(stack);
    facts
}
