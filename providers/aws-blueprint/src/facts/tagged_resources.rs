//! What carries the stack's tag, as far as it shows choices that were made once: where the state is lost, what runs must not be
//! moved because Amazon published an image or a zone was added since.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use landfall_engine::address::Address;

use super::model::Placement;
use crate::addresses::{cluster_of, is_of_workers, side_and_zone, zone_of_nat_gateway};
use crate::stack::{Nat, Network, Stack};
use crate::subnet_layout::SubnetLayout;

/// What carries the stack's tag in the account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaggedResources {
    /// Instances that are not terminated.
    pub instances: Vec<TaggedInstance>,
    /// Subnets.
    pub subnets: Vec<TaggedSubnet>,
    /// The addresses of NAT gateways that work or are about to.
    pub nat_gateways: Vec<Address>,
}

/// An instance of the stack's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedInstance {
    /// The address in its tag.
    pub address: Address,
    /// When it was launched, in seconds since 1970.
    pub launched: i64,
    /// Its zone.
    pub zone: Option<String>,
    /// Its architecture, as EC2 spells it.
    pub architecture: Option<String>,
    /// Its image.
    pub image: Option<String>,
}

/// A subnet of the stack's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedSubnet {
    /// The address in its tag.
    pub address: Address,
    /// Its CIDR block.
    pub cidr_block: Ipv4Net,
}

/// Choices that were made before.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Choices {
    /// The image of each architecture, of clusters that name none.
    pub(super) images: BTreeMap<String, String>,
    /// The same for workers with a GPU. A worker that was launched before its cluster was to have GPUs does not tell what
    /// GPUs boot, so these are still to be looked at.
    pub(super) gpu_images: BTreeMap<String, String>,
    pub(super) placement: Placement,
}

/// Returns the choices that these resources show. In an account without the stack there are none.
pub(super) fn choices(stack: &Stack, tagged: &TaggedResources) -> Choices {
    let mut choices = Choices::default();
    // Of two images the one that was launched last counts: it is put in last.
    let mut instances: Vec<&TaggedInstance> = tagged.instances.iter().collect();
    instances.sort_by_key(|instance| instance.launched);
    for instance in instances {
        add_instance(stack, instance, &mut choices);
    }
    // Of a network that exists nothing was chosen.
    let Network::Made(network) = &stack.network else { return choices };
    for subnet in &tagged.subnets {
        let Some((side, zone)) = side_and_zone(&subnet.address) else { continue };
        let layout = SubnetLayout::around(network.cidr, subnet.cidr_block);
        if let Some(block) = layout.and_then(|layout| layout.block(side, subnet.cidr_block)) {
            choices.placement.blocks.insert(zone.to_owned(), block);
        }
    }
    if network.nat == Nat::Single {
        choices.placement.nat = tagged.nat_gateways.first().and_then(zone_of_nat_gateway).map(str::to_owned);
    }
    choices
}

fn add_instance(stack: &Stack, instance: &TaggedInstance, choices: &mut Choices) {
    let Some(name) = cluster_of(&instance.address) else { return };
    if let Some(zone) = &instance.zone {
        choices.placement.clusters.insert(name.to_owned(), zone.clone());
    }
    let declared = stack.clusters.iter().find(|(cluster, _)| cluster.as_str() == name).map(|(_, cluster)| cluster);
    if declared.is_some_and(|cluster| cluster.image_id.is_some()) {
        return;
    }
    let has_gpu = is_of_workers(&instance.address) && declared.is_some_and(|cluster| cluster.gpu);
    let images = if has_gpu { &mut choices.gpu_images } else { &mut choices.images };
    if let (Some(architecture), Some(image)) = (&instance.architecture, &instance.image) {
        images.insert(architecture.clone(), image.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::parse;

    fn stack(more: &str) -> Stack {
        parse(&format!("name = \"acme\"\nregion = \"us-east-1\"\n{more}")).expect("a sound stack file")
    }

    fn address(text: &str) -> Address {
        Address::new(text).expect("an address of the test")
    }

    fn instance(text: &str, image: &str, launched: i64) -> TaggedInstance {
        TaggedInstance {
            address: address(text),
            launched,
            zone: Some("us-east-1b".to_owned()),
            architecture: Some("x86_64".to_owned()),
            image: Some(image.to_owned()),
        }
    }

    fn shown_by(instances: &[TaggedInstance], stack: &Stack) -> Choices {
        choices(stack, &TaggedResources { instances: instances.to_vec(), ..TaggedResources::default() })
    }

    #[test]
    fn the_image_of_workers_with_a_gpu_is_kept_apart() {
        let all = [instance("cluster/fast/scheduler", "ami-1", 1), instance("cluster/fast/worker", "ami-2", 1)];
        let shown = shown_by(&all, &stack("[cluster.fast]\ngpu = 1\n"));
        assert_eq!((&*shown.images["x86_64"], &*shown.gpu_images["x86_64"]), ("ami-1", "ami-2"));
        assert_eq!(shown.placement.clusters["fast"], "us-east-1b");
    }

    #[test]
    fn the_image_that_was_launched_last_counts() {
        let all = [instance("cluster/fast/worker", "ami-2", 20), instance("cluster/fast/worker", "ami-1", 10)];
        assert_eq!(shown_by(&all, &stack("[cluster.fast]\n")).images["x86_64"], "ami-2");
    }

    #[test]
    fn an_image_that_the_file_names_is_no_choice() {
        let named = stack("[cluster.fast]\nimage_id = \"ami-0123456789abcdef0\"\n");
        let shown = shown_by(&[instance("cluster/fast/worker", "ami-0123456789abcdef0", 1)], &named);
        assert_eq!((shown.images, shown.gpu_images), (BTreeMap::new(), BTreeMap::new()));
    }

    #[test]
    fn subnets_and_the_nat_gateway_show_their_zones() {
        let subnet = |text: &str, block: &str| TaggedSubnet {
            address: address(text),
            cidr_block: block.parse().expect("a network of the test"),
        };
        let tagged = TaggedResources {
            instances: vec![],
            subnets: vec![
                subnet("network/subnet/public/us-east-1a", "10.0.48.0/20"),
                subnet("network/subnet/private/us-east-1b", "10.0.176.0/20"),
                subnet("network/subnet/public/us-east-1c", "10.9.0.0/20"),
                subnet("somebody/elses", "10.0.0.0/20"),
            ],
            nat_gateways: vec![address("network/nat-gateway/us-east-1b")],
        };
        let placement = choices(&stack(""), &tagged).placement;
        assert_eq!(placement.blocks, BTreeMap::from([("us-east-1a".to_owned(), 3), ("us-east-1b".to_owned(), 3)]));
        assert_eq!(placement.nat.as_deref(), Some("us-east-1b"));

        let one_each = choices(&stack("[network]\nnat = \"per-zone\"\n"), &tagged).placement;
        assert_eq!(one_each.nat, None, "nothing was chosen");
        let existing = "[network]\nvpc = \"vpc-0123456789abcdef0\"\nsubnets = [\"subnet-0123456789abcdef0\"]\n";
        assert_eq!(choices(&stack(existing), &tagged).placement, Placement::default());
    }
}
