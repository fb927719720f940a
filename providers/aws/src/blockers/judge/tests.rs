use landfall_engine::address::Address;

use super::super::foreign::{Endpoint, Machine, NatGateway, Referring};
use super::*;

fn deletions() -> Deletions {
    let mut deletions = Deletions::default();
    for (kind, id, address) in [
        ("ec2.vpc", "vpc-1", "network/vpc"),
        ("ec2.subnet", "subnet-1", "network/subnet/public/us-east-1a"),
        ("ec2.security_group", "sg-1", "security/group/scheduler"),
        ("ec2.instance", "i-1", "cluster/main/scheduler"),
        ("ec2.nat_gateway", "nat-1", "network/nat-gateway"),
        ("ec2.vpc_endpoint", "vpce-1", "network/vpc-endpoint/s3"),
        ("ec2.elastic_ip", "eipalloc-1", "network/elastic-ip"),
        ("iam.role", "arn:aws:iam::1:role/landfall/acme/acme", "identity/role"),
        ("iam.instance_profile", "arn:aws:iam::1:instance-profile/landfall/acme/acme", "identity/instance-profile"),
    ] {
        deletions.add(kind, id, &Address::new(address).expect("an address"));
    }
    deletions
}

fn interface(id: &str) -> Interface {
    Interface { id: id.to_owned(), vpc: "vpc-1".to_owned(), subnet: "subnet-1".to_owned(), ..Interface::default() }
}

fn of_instance(id: &str, instance: &str) -> Interface {
    Interface { instance: Some(instance.to_owned()), ..interface(id) }
}

fn judged(foreign: &Foreign) -> Vec<Blocker> {
    judge(&deletions(), foreign)
}

fn only(foreign: &Foreign) -> Blocker {
    let mut found = judged(foreign);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// All that a stack itself has in its network.
#[test]
fn what_the_stack_brought_along_is_no_obstacle() {
    let foreign = Foreign {
        interfaces: vec![
            of_instance("eni-worker", "i-1"),
            Interface { is_managed: true, ..interface("eni-nat") },
            Interface { is_tagged: true, ..interface("eni-lingers") },
            Interface { is_managed: true, ..interface("eni-endpoint") },
        ],
        nat_gateways: vec![NatGateway {
            id: "nat-1".to_owned(),
            vpc: "vpc-1".to_owned(),
            interfaces: vec!["eni-nat".to_owned()],
            ..NatGateway::default()
        }],
        endpoints: vec![Endpoint {
            id: "vpce-1".to_owned(),
            interfaces: vec!["eni-endpoint".to_owned()],
            ..Endpoint::default()
        }],
        in_vpc: vec![
            Thing {
                kind: "ec2.subnet",
                id: "subnet-1".into(),
                is_tagged: true,
                vpc: "vpc-1".into(),
                detail: "".into(),
            },
            // Somebody took its tag away; it is still recorded, and goes.
            Thing {
                kind: "ec2.subnet",
                id: "subnet-1".into(),
                is_tagged: false,
                vpc: "vpc-1".into(),
                detail: "".into(),
            },
        ],
        referring: vec![Referring {
            id: "sg-1".to_owned(),
            refers_to: ["sg-1".to_owned()].into(),
            ..Referring::default()
        }],
        addresses: vec![ElasticIp {
            id: "eipalloc-1".to_owned(),
            association: Some("eipassoc-1".to_owned()),
            interface: Some("eni-nat".to_owned()),
            ..ElasticIp::default()
        }],
        profiles: vec![("acme".to_owned(), "acme".to_owned())],
        instances: vec![Machine {
            id: "i-1".to_owned(),
            profile: Some("arn:aws:iam::1:instance-profile/landfall/acme/acme".to_owned()),
            ..Machine::default()
        }],
    };
    assert_eq!(judged(&foreign), []);
}

#[test]
fn an_instance_of_others_is_named_once_and_not_its_interfaces() {
    let foreign = Foreign {
        interfaces: vec![of_instance("eni-a", "i-other"), of_instance("eni-b", "i-other")],
        instances: vec![Machine { id: "i-other".to_owned(), detail: "web, t3.small".to_owned(), ..Machine::default() }],
        ..Foreign::default()
    };
    let blocker = only(&foreign);
    assert_eq!(
        (blocker.kind, blocker.id.as_str(), blocker.detail.as_str()),
        ("ec2.instance", "i-other", "web, t3.small")
    );
    assert_eq!(blocker.blocks, ["network/subnet/public/us-east-1a (subnet-1)"]);
    assert!(blocker.remedy.contains("terminate-instances --instance-ids i-other"), "{blocker:?}");
}

/// An interface that somebody attached to a worker stays when the worker goes, and keeps the subnet.
#[test]
fn what_outlives_an_instance_of_the_stack_is_in_the_way() {
    let eni = Interface { outlives: true, ..of_instance("eni-a", "i-1") };
    let blocker = only(&Foreign { interfaces: vec![eni], ..Foreign::default() });
    assert_eq!(blocker.id, "eni-a");
    assert!(blocker.remedy.contains("outlives i-1"), "{blocker:?}");
}

/// A second destroy, seconds after the first was stopped: the gateway reads `deleted`, and its interface lingers.
#[test]
fn the_interface_of_a_nat_gateway_that_is_gone_is_no_obstacle() {
    let description = "Interface for NAT Gateway nat-1".to_owned();
    let eni = Interface { is_managed: true, description, ..interface("eni-a") };
    assert_eq!(judged(&Foreign { interfaces: vec![eni], ..Foreign::default() }), []);
}

#[test]
fn an_interface_of_a_service_names_the_service() {
    for (description, remedy) in [
        ("ELB app/web/50dc6c495c0c9188", "load balancer `web`"),
        ("ELB old-one", "load balancer `old-one`"),
        ("AWS Lambda VPC ENI-resize-6b0a1f0e-5d21-4b52-8d6c-7f1f6a3b9c01", "Lambda function `resize`"),
        ("AWS Lambda VPC ENI-x", "Lambda function `x`"),
        ("RDSNetworkInterface", "RDS"),
        ("EFS mount target for fs-1 (fsmt-1)", "mount target of fs-1"),
        ("Network Interface for Transit Gateway Attachment tgw-attach-1", "tgw-attach-1"),
        ("something new", "alone can delete it"),
    ] {
        let eni = Interface { is_managed: true, description: description.to_owned(), ..interface("eni-a") };
        let blocker = only(&Foreign { interfaces: vec![eni], ..Foreign::default() });
        assert!(blocker.remedy.contains(remedy), "{description}: {}", blocker.remedy);
        assert_eq!(blocker.detail, description);
    }
}

#[test]
fn what_others_have_in_the_vpc_keeps_the_vpc() {
    for kind in [
        "ec2.subnet",
        "ec2.route_table",
        "ec2.security_group",
        "ec2.network_acl",
        "ec2.internet_gateway",
        "ec2.vpn_gateway",
        "ec2.vpc_peering_connection",
    ] {
        let thing = Thing { kind, id: "x-1".into(), is_tagged: false, vpc: "vpc-1".into(), detail: "theirs".into() };
        let blocker = only(&Foreign { in_vpc: vec![thing], ..Foreign::default() });
        assert_eq!((blocker.kind, blocker.blocks.as_slice()), (kind, &["network/vpc (vpc-1)".to_owned()][..]));
        assert!(blocker.remedy.contains("x-1") && blocker.loosening.is_none(), "{blocker:?}");
    }
}

/// A peering of two other VPCs is nobody's business here.
#[test]
fn what_stands_elsewhere_is_not_in_the_way() {
    let elsewhere = |kind| Thing { kind, id: "x".into(), is_tagged: false, vpc: "vpc-2".into(), detail: "".into() };
    let foreign = Foreign {
        in_vpc: vec![elsewhere("ec2.vpc_peering_connection")],
        nat_gateways: vec![NatGateway { id: "nat-2".to_owned(), vpc: "vpc-2".to_owned(), ..NatGateway::default() }],
        ..Foreign::default()
    };
    assert_eq!(judged(&foreign), []);
}

#[test]
fn a_gateway_and_an_endpoint_of_others_are_named_without_their_interfaces() {
    let foreign = Foreign {
        interfaces: vec![
            Interface { is_managed: true, ..interface("eni-a") },
            Interface { is_managed: true, ..interface("eni-b") },
        ],
        nat_gateways: vec![NatGateway {
            id: "nat-2".to_owned(),
            vpc: "vpc-1".to_owned(),
            subnet: "subnet-1".to_owned(),
            interfaces: vec!["eni-a".to_owned()],
            ..NatGateway::default()
        }],
        endpoints: vec![Endpoint {
            id: "vpce-2".to_owned(),
            vpc: "vpc-1".to_owned(),
            interfaces: vec!["eni-b".to_owned()],
            ..Endpoint::default()
        }],
        ..Foreign::default()
    };
    let ids: Vec<String> = judged(&foreign).into_iter().map(|blocker| blocker.id).collect();
    assert_eq!(ids, ["nat-2", "vpce-2"]);
}

#[test]
fn a_rule_of_another_group_keeps_the_group_that_it_refers_to() {
    let group = Referring {
        id: "sg-2".to_owned(),
        name: "default".to_owned(),
        refers_to: ["sg-1".to_owned(), "sg-9".to_owned()].into(),
        ..Referring::default()
    };
    let blocker = only(&Foreign { referring: vec![group], ..Foreign::default() });
    assert_eq!(blocker.blocks, ["security/group/scheduler (sg-1)"]);
    assert!(blocker.loosening.is_none(), "a rule of others is theirs");
}

#[test]
fn an_address_on_something_of_others_can_be_taken_back() {
    let address = ElasticIp {
        id: "eipalloc-1".to_owned(),
        public_ip: "198.51.100.1".to_owned(),
        association: Some("eipassoc-1".to_owned()),
        interface: Some("eni-x".to_owned()),
        instance: Some("i-other".to_owned()),
    };
    let blocker = only(&Foreign { addresses: vec![address.clone()], ..Foreign::default() });
    assert_eq!(blocker.loosening, Some(Loosening::Address { association: "eipassoc-1".to_owned() }));
    let free = ElasticIp { association: None, ..address };
    assert_eq!(judged(&Foreign { addresses: vec![free], ..Foreign::default() }), []);
}

#[test]
fn the_role_and_the_profile_in_others_hands() {
    let arn = "arn:aws:iam::1:instance-profile/landfall/acme/acme".to_owned();
    let foreign = Foreign {
        profiles: vec![("acme".to_owned(), "acme".to_owned()), ("theirs".to_owned(), "acme".to_owned())],
        instances: vec![Machine { id: "i-other".to_owned(), profile: Some(arn), ..Machine::default() }],
        ..Foreign::default()
    };
    let found = judged(&foreign);
    let loosening: Vec<_> = found.iter().map(|blocker| blocker.loosening.clone()).collect();
    assert_eq!(
        loosening,
        [
            Some(Loosening::ProfileFromInstance { instance: "i-other".to_owned() }),
            Some(Loosening::RoleFromProfile { role: "acme".to_owned(), profile: "theirs".to_owned() }),
        ]
    );
    assert!(found[1].blocks[0].starts_with("identity/role ("), "{found:?}");
}

/// An instance of others in the stack's subnet that uses its profile as well: the subnet is the harder matter.
#[test]
fn what_keeps_two_things_stays_if_one_of_them_cannot_be_loosened() {
    let arn = "arn:aws:iam::1:instance-profile/landfall/acme/acme".to_owned();
    let foreign = Foreign {
        interfaces: vec![of_instance("eni-a", "i-other")],
        instances: vec![Machine { id: "i-other".to_owned(), profile: Some(arn), ..Machine::default() }],
        ..Foreign::default()
    };
    let blocker = only(&foreign);
    assert_eq!(blocker.blocks.len(), 2, "{blocker:?}");
    assert_eq!(blocker.loosening, None);
}
