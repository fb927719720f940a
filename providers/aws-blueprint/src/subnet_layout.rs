//! How a network is divided into subnets: zones ↔ numbers of blocks ↔ CIDR blocks, in both directions.
//!
//! A network is cut into equal blocks. The first half is for public subnets, the second for private ones, and a zone has
//! the same number in both. Which number a zone has is a choice that is made once and recorded; where the record is lost,
//! the subnets that stand tell it.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

/// Longest prefix of a subnet, so its smallest size: EC2 makes no smaller one, and keeps 5 of its 16 addresses.
pub(crate) const SUBNET_PREFIX_MAX: u8 = 28;
/// Most zones that a network is divided for: 32 blocks.
pub(crate) const ZONES_MAX: usize = 16;
/// Subnets of a zone: a public and a private one.
const SUBNETS_PER_ZONE: usize = 2;

/// Whether what stands in a subnet has public addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    /// With a way to the internet and back.
    Public,
    /// Behind NAT.
    Private,
}

impl Side {
    /// Both, the public one first.
    pub(crate) const BOTH: [Side; 2] = [Side::Public, Side::Private];

    /// Returns the word for it in addresses and messages.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Side::Public => "public",
            Side::Private => "private",
        }
    }

    /// Returns the side of this name.
    pub(crate) fn named(name: &str) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| side.as_str() == name)
    }
}

/// Why a network cannot be divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// For more than [`ZONES_MAX`] zones.
    TooManyZones,
    /// The subnets would be smaller than EC2 makes them.
    TooSmall {
        /// How many of the smallest subnets it holds.
        holds: usize,
        /// How many are wanted.
        wanted: usize,
        /// The smallest network around it that has room.
        large_enough: Ipv4Net,
    },
}

/// A network, divided into blocks of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SubnetLayout {
    network: Ipv4Net,
    /// Prefix length of the blocks, longer than the network's: there is one for each side at least.
    prefix: u8,
}

impl SubnetLayout {
    /// Divides a network for so many zones.
    ///
    /// It is divided into 16 equal blocks, or 32 for more than 8 zones, so that subnets keep their addresses when a zone is
    /// added later. A network too small for that is divided into as many of the smallest subnets as fit.
    ///
    /// # Errors
    /// If there is no room for two subnets in each zone.
    pub(crate) fn for_zones(network: Ipv4Net, zones: usize) -> Result<SubnetLayout, NoRoom> {
        let zones = zones.max(1);
        let block_bits = match zones {
            0..=8 => 4,
            9..=ZONES_MAX => 5,
            _ => return Err(NoRoom::TooManyZones),
        };
        let roomy = network.prefix_len().saturating_add(block_bits);
        if roomy <= SUBNET_PREFIX_MAX {
            return Ok(SubnetLayout { network, prefix: roomy });
        }
        let (holds, wanted) = (smallest_subnets(network), zones * SUBNETS_PER_ZONE);
        if holds >= wanted {
            return Ok(SubnetLayout { network, prefix: SUBNET_PREFIX_MAX });
        }
        let spare_bits = u8::try_from(wanted.next_power_of_two().trailing_zeros()).unwrap_or(SUBNET_PREFIX_MAX);
        let enough = SUBNET_PREFIX_MAX.saturating_sub(spare_bits).min(network.prefix_len());
        let large_enough = Ipv4Net::new(network.addr(), enough).map_or(network, |larger| larger.trunc());
        Err(NoRoom::TooSmall { holds, wanted, large_enough })
    }

    /// Returns the layout that a subnet is part of which stands already, for however many zones it was made; `None` for one
    /// of another network.
    pub(crate) fn around(network: Ipv4Net, subnet: Ipv4Net) -> Option<SubnetLayout> {
        let is_part = network.contains(&subnet) && subnet.prefix_len() > network.prefix_len();
        is_part.then_some(SubnetLayout { network, prefix: subnet.prefix_len() })
    }

    /// Returns how many blocks each side has.
    pub(crate) fn blocks_per_side(&self) -> u32 {
        1 << (self.prefix - self.network.prefix_len() - 1)
    }

    /// Returns the CIDR block of this number; `None` if the side has no such number.
    pub(crate) fn subnet(&self, side: Side, block: u32) -> Option<Ipv4Net> {
        if block >= self.blocks_per_side() {
            return None;
        }
        let first = u32::from(self.network.network());
        Ipv4Net::new((first + ((self.first_of(side) + block) << self.host_bits())).into(), self.prefix).ok()
    }

    /// Returns the number of a CIDR block; `None` if it is none of this side's.
    pub(crate) fn block(&self, side: Side, subnet: Ipv4Net) -> Option<u32> {
        if subnet.prefix_len() != self.prefix || !self.network.contains(&subnet) {
            return None;
        }
        let number = (u32::from(subnet.network()) - u32::from(self.network.network())) >> self.host_bits();
        number.checked_sub(self.first_of(side)).filter(|block| *block < self.blocks_per_side())
    }

    /// Gives each zone a block. `before` are the blocks that zones had; a zone keeps its own as far as it still exists.
    ///
    /// A zone's letter gives its block, so that the same zones get the same blocks without any memory; where the network
    /// is too small for that, the first free block is taken. Zones that are not used any more keep theirs while nobody
    /// needs it: they may come back.
    pub(crate) fn assign(&self, zones: &[String], before: &BTreeMap<String, u32>) -> BTreeMap<String, u32> {
        let per_side = self.blocks_per_side();
        let mut blocks = before.clone();
        blocks.retain(|_, block| *block < per_side);
        for zone in zones {
            if blocks.contains_key(zone) {
                continue;
            }
            let by_letter = zone.bytes().last().map(|letter| u32::from(letter.wrapping_sub(b'a')));
            let is_free =
                |block: &u32, taken: &BTreeMap<String, u32>| *block < per_side && !taken.values().any(|b| b == block);
            let mut block = by_letter.into_iter().chain(0..per_side).find(|block| is_free(block, &blocks));
            if block.is_none() {
                // Only zones that are not used any more can be in the way.
                blocks.retain(|other, _| zones.contains(other));
                block = (0..per_side).find(|block| is_free(block, &blocks));
            }
            if let Some(block) = block {
                blocks.insert(zone.clone(), block);
            }
        }
        blocks
    }

    fn first_of(&self, side: Side) -> u32 {
        match side {
            Side::Public => 0,
            Side::Private => self.blocks_per_side(),
        }
    }

    fn host_bits(&self) -> u32 {
        32 - u32::from(self.prefix)
    }
}

/// Returns how many subnets of the smallest size a network holds.
fn smallest_subnets(network: Ipv4Net) -> usize {
    let bits = SUBNET_PREFIX_MAX.checked_sub(network.prefix_len());
    bits.map_or(0, |bits| 1 << bits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn net(text: &str) -> Ipv4Net {
        text.parse().expect("a network of the test")
    }

    fn prefix(network: &str, zones: usize) -> Option<u8> {
        SubnetLayout::for_zones(net(network), zones).ok().map(|layout| layout.prefix)
    }

    fn zones(letters: &str) -> Vec<String> {
        letters.chars().map(|letter| format!("us-east-1{letter}")).collect()
    }

    #[test]
    fn subnets_are_a_sixteenth_of_the_network_and_a_thirtysecond_beyond_eight_zones() {
        assert_eq!(prefix("10.0.0.0/16", 6), Some(20));
        assert_eq!(prefix("10.0.0.0/16", 8), Some(20));
        assert_eq!(prefix("10.0.0.0/16", 9), Some(21));
        assert_eq!(prefix("10.0.0.0/16", 16), Some(21));
        assert_eq!(prefix("10.0.0.0/16", 17), None);
        assert_eq!(prefix("10.0.0.0/16", 0), Some(20));
    }

    #[test]
    fn small_networks_are_divided_into_the_smallest_subnets_while_two_fit_each_zone() {
        assert_eq!(prefix("10.0.0.0/24", 6), Some(28));
        assert_eq!(prefix("10.0.0.0/24", 8), Some(28));
        assert_eq!(prefix("10.0.0.0/24", 9), None);
        assert_eq!(prefix("10.0.0.0/26", 2), Some(28));
        assert_eq!(prefix("10.0.0.0/26", 3), None);
        assert_eq!(prefix("10.0.0.0/28", 1), None);
        assert_eq!(prefix("10.0.0.0/32", 1), None);
    }

    #[test]
    fn a_network_that_is_called_large_enough_is() {
        for zones in 1..=ZONES_MAX {
            for length in 16..=28 {
                let network = Ipv4Net::new([10, 1, 2, 0].into(), length).expect("a network").trunc();
                if let Err(problem) = SubnetLayout::for_zones(network, zones) {
                    let NoRoom::TooSmall { large_enough, .. } = problem else { panic!("{problem:?}") };
                    assert!(large_enough.contains(&network));
                    assert!(SubnetLayout::for_zones(large_enough, zones).is_ok(), "{network} {zones}: {large_enough}");
                }
            }
        }
    }

    #[test]
    fn the_number_of_a_subnet_follows_from_its_addresses() {
        let network = net("10.0.0.0/16");
        let block = |subnet: &str, side| SubnetLayout::around(network, net(subnet))?.block(side, net(subnet));
        assert_eq!(block("10.0.0.0/20", Side::Public), Some(0));
        assert_eq!(block("10.0.48.0/20", Side::Public), Some(3));
        assert_eq!(block("10.0.176.0/20", Side::Private), Some(3));
        assert_eq!(block("10.9.0.0/20", Side::Public), None, "of another network");
        assert_eq!(block("10.0.0.0/20", Side::Private), None, "not in its half");
        assert_eq!(block("10.0.176.0/20", Side::Public), None, "not in its half");
        assert_eq!(block("10.0.0.0/16", Side::Public), None, "all of the network");
    }

    #[test]
    fn a_zone_that_is_not_used_keeps_its_block_until_another_needs_it() {
        let layout = SubnetLayout::for_zones(net("10.0.0.0/26"), 2).expect("room");
        let first = layout.assign(&zones("ab"), &BTreeMap::new());
        assert_eq!(first, BTreeMap::from([("us-east-1a".to_owned(), 0), ("us-east-1b".to_owned(), 1)]));
        assert_eq!(layout.assign(&zones("b"), &first), first);
        let third = layout.assign(&zones("bc"), &first);
        assert_eq!(third, BTreeMap::from([("us-east-1b".to_owned(), 1), ("us-east-1c".to_owned(), 0)]));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn blocks_and_subnets_are_inverse(address: u32, length in 16_u8..=28, zones in 0..=20_usize) {
            let network = Ipv4Net::new(address.into(), length).expect("a network").trunc();
            let Ok(layout) = SubnetLayout::for_zones(network, zones) else { return Ok(()) };
            let mut taken = std::collections::BTreeSet::new();
            for side in Side::BOTH {
                for block in 0..layout.blocks_per_side() {
                    let subnet = layout.subnet(side, block).expect("a block of this layout");
                    prop_assert!(network.contains(&subnet) && taken.insert(subnet));
                    prop_assert_eq!(layout.block(side, subnet), Some(block));
                    prop_assert_eq!(SubnetLayout::around(network, subnet), Some(layout));
                }
                prop_assert_eq!(layout.subnet(side, layout.blocks_per_side()), None);
            }
            // The blocks are all of the network.
            prop_assert_eq!(taken.len(), 1_usize << (layout.prefix - length));
        }

        #[test]
        fn each_zone_gets_a_block_of_its_own_and_keeps_it(
            length in 16_u8..=28,
            first in proptest::sample::subsequence(('a'..='p').collect::<Vec<_>>(), 1..=16),
            second in proptest::sample::subsequence(('a'..='p').collect::<Vec<_>>(), 1..=16),
        ) {
            let named = |letters: &[char]| zones(&letters.iter().collect::<String>());
            let (first, second) = (named(&first), named(&second));
            let network = Ipv4Net::new([10, 0, 0, 0].into(), length).expect("a network");
            let layouts = [&first, &second].map(|zones| SubnetLayout::for_zones(network, zones.len()));
            let [Ok(layout), Ok(later)] = layouts else { return Ok(()) };
            let before = layout.assign(&first, &BTreeMap::new());
            let after = later.assign(&second, &before);
            for (zones, blocks, layout) in [(&first, &before, layout), (&second, &after, later)] {
                let of_zones: std::collections::BTreeSet<u32> = zones.iter().map(|zone| blocks[zone]).collect();
                prop_assert_eq!(of_zones.len(), zones.len());
                prop_assert!(of_zones.iter().all(|block| *block < layout.blocks_per_side()));
            }
            if layout == later {
                prop_assert!(second.iter().filter(|zone| first.contains(zone)).all(|zone| before[zone] == after[zone]));
            }
        }
    }
}
