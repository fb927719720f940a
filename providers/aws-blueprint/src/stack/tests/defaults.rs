//! What a file means, and what holds where it is silent.

use super::*;

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
    assert!(!cluster.placement_group);
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

#[test]
fn one_port_and_one_network_need_no_list_and_a_list_may_be_empty() {
    let stack = parsed(&format!("{HEAD}[firewall]\nports = 8786\ncidr = \"203.0.113.7/32\"\n"));
    assert_eq!(stack.firewall.ports, [8786]);
    assert_eq!(stack.firewall.cidr.len(), 1);
    assert!(parsed(&format!("{HEAD}[firewall]\nports = []\n")).firewall.ports.is_empty());
}
