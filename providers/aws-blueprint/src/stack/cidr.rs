//! Networks as the stack file writes them, and the room for subnets in them.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::decode::Value;
use super::diagnostic::{Diagnostic, quoted};
use super::{Origins, defaults};

/// Longest prefix of a subnet, so its smallest size: EC2 makes no smaller one, and keeps 5 of its 16 addresses.
const SUBNET_PREFIX_MAX: u8 = 28;
/// Prefixes of a VPC's block.
const NETWORK_PREFIXES: std::ops::RangeInclusive<u8> = 16..=28;
/// Subnets of a zone: a public and a private one.
const SUBNETS_PER_ZONE: usize = 2;
/// Most zones that a network is divided for: 32 blocks.
const ZONES_MAX: usize = 16;

/// Returns the prefix length of a stack's subnets, or `None` if the network has no room for two in each zone.
///
/// The network is divided into 16 equal blocks, or 32 for more than 8 zones, so that subnets keep their addresses
/// when a zone is added later. A network too small for that is divided into as many of the smallest subnets as fit.
pub fn subnet_prefix(network: Ipv4Net, zones: usize) -> Option<u8> {
    let block_bits = match zones {
        0..=8 => 4,
        9..=ZONES_MAX => 5,
        _ => return None,
    };
    let roomy = network.prefix_len().saturating_add(block_bits);
    if roomy <= SUBNET_PREFIX_MAX {
        return Some(roomy);
    }
    (smallest_subnets(network) >= zones * SUBNETS_PER_ZONE).then_some(SUBNET_PREFIX_MAX)
}

/// Returns the problem of a network for which [`subnet_prefix`] is `None`.
///
/// Shared by validation (zones listed in the file) and compiling (zones of the account), so that both say the same.
pub fn no_room_for_subnets(network: Ipv4Net, zones: usize, origins: &Origins) -> Diagnostic {
    if zones > ZONES_MAX {
        let message = format!("network.cidr: a network is divided for at most {ZONES_MAX} zones, not for {zones}");
        return Diagnostic::at_path("network.cidr", origins, message)
            .help(format!("list at most {ZONES_MAX} zones: zones = [\"…\"]"));
    }
    let wanted = zones * SUBNETS_PER_ZONE;
    let message = match zones {
        1 => format!("network.cidr: {network} is too small for the {wanted} subnets of a zone"),
        _ => format!("network.cidr: {network} is too small for the {wanted} subnets of {zones} zones"),
    };
    let holds = smallest_subnets(network);
    let spare_bits = u8::try_from(wanted.next_power_of_two().trailing_zeros()).unwrap_or(SUBNET_PREFIX_MAX);
    let enough = SUBNET_PREFIX_MAX.saturating_sub(spare_bits).min(network.prefix_len());
    let larger = Ipv4Net::new(network.addr(), enough).map_or(defaults::NETWORK_CIDR, |net| net.trunc());
    Diagnostic::at_path("network.cidr", origins, message)
        .label(format!("holds {holds}"))
        .help(format!("a zone takes a public and a private subnet, and no subnet is smaller than /{SUBNET_PREFIX_MAX}"))
        .help(match zones {
            1 => format!("write cidr = \"{larger}\" or a larger network"),
            _ => format!("write cidr = \"{larger}\" or a larger network, or list fewer zones"),
        })
}

/// Returns how many subnets of the smallest size a network holds.
fn smallest_subnets(network: Ipv4Net) -> usize {
    let bits = SUBNET_PREFIX_MAX.checked_sub(network.prefix_len());
    bits.map_or(0, |bits| 1 << bits)
}

/// Reads a network of either family, with its host bits cleared as EC2 clears them.
pub(super) fn network(value: &Value<'_>) -> Result<IpNet, Diagnostic> {
    let text = value.string("a network such as \"203.0.113.0/24\"")?;
    let whole = |address| format!("write {} for this one address", IpNet::from(address));
    parse_network(text).map_err(|fault| fault.at(value, text, whole))
}

/// Reads the block of a VPC.
pub(super) fn vpc_network(value: &Value<'_>) -> Result<Ipv4Net, Diagnostic> {
    const IPV4: &str = "a VPC has a private IPv4 network, such as \"10.0.0.0/16\"";
    let (smallest, largest) = (NETWORK_PREFIXES.end(), NETWORK_PREFIXES.start());
    let text = value.string("a network such as \"10.0.0.0/16\"")?;
    let whole = |address| match address {
        IpAddr::V4(address) => format!("add its prefix length: {address}/{largest} has 65,536 addresses"),
        IpAddr::V6(_) => IPV4.to_owned(),
    };
    match parse_network(text).map_err(|fault| fault.at(value, text, whole))? {
        IpNet::V6(_) => {
            Err(value.problem("expected an IPv4 network, found an IPv6 one").label("this is IPv6").help(IPV4))
        }
        IpNet::V4(network) if NETWORK_PREFIXES.contains(&network.prefix_len()) => Ok(network),
        IpNet::V4(network) => Err(value
            .problem(format!("a VPC is /{largest} to /{smallest}, found /{}", network.prefix_len()))
            .label(match network.prefix_len() < *largest {
                true => format!("too large: /{largest} is the most"),
                false => format!("too small: /{smallest} is the least"),
            })
            .help(format!("/{largest} has 65,536 addresses, /{smallest} has 16"))),
    }
}

/// Why a text is not a network.
#[derive(Debug, PartialEq, Eq)]
enum CidrError {
    /// An address alone.
    NoPrefix(IpAddr),
    /// A prefix that is no number, or too long for the address.
    Prefix { prefix: String, address: IpAddr },
    /// A part of an IPv4 address that does not fit a byte.
    Octet(String),
    /// Anything else.
    Address,
}

impl CidrError {
    /// `whole` says what to write where only an address is given.
    fn at(&self, value: &Value<'_>, text: &str, whole: impl Fn(IpAddr) -> String) -> Diagnostic {
        let problem = value.problem(format!("{} is not a network", quoted(text)));
        match self {
            CidrError::NoPrefix(address) => problem.label("the prefix length is missing").help(whole(*address)),
            CidrError::Prefix { prefix, address } => {
                let (family, longest) = if address.is_ipv4() { ("IPv4", 32) } else { ("IPv6", 128) };
                problem
                    .label(match prefix.parse::<u32>() {
                        Ok(length) if length > longest => format!("{length} is more than {longest}"),
                        _ => format!("{} is not a prefix length", quoted(prefix)),
                    })
                    .help(format!("the prefix length of an {family} network is 0 to {longest}"))
            }
            CidrError::Octet(octet) => problem
                .label(format!("{octet} is more than 255"))
                .help("an IPv4 address is four numbers from 0 to 255, such as 203.0.113.0/24"),
            CidrError::Address => problem
                .label("expected an address, a slash and a prefix length")
                .help("such as \"203.0.113.0/24\", or \"2001:db8::/32\" for IPv6"),
        }
    }
}

/// Returns the network that a text stands for, canonical.
fn parse_network(text: &str) -> Result<IpNet, CidrError> {
    let (address_text, prefix_text) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr =
        address_text.parse().map_err(|_| large_octet(address_text).map_or(CidrError::Address, CidrError::Octet))?;
    let prefix = prefix_text.ok_or(CidrError::NoPrefix(address))?;
    let fault = || CidrError::Prefix { prefix: prefix.to_owned(), address };
    // `+8` and `08` parse as numbers; EC2 takes neither.
    let length: u8 = prefix.parse().map_err(|_| fault())?;
    if length.to_string() != prefix {
        return Err(fault());
    }
    IpNet::new(address, length).map(|network| network.trunc()).map_err(|_| fault())
}

/// Returns the first part of what looks like an IPv4 address that is too large for one.
fn large_octet(address: &str) -> Option<String> {
    let parts: Vec<u32> = address.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let large = parts.iter().find(|part| **part > 255)?;
    (parts.len() == 4).then(|| large.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(network: &str, zones: usize) -> Option<u8> {
        subnet_prefix(network.parse().expect("a network of the test"), zones)
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
    fn the_network_that_is_suggested_has_room() {
        for zones in 1..=ZONES_MAX {
            for length in 16..=28 {
                let network = Ipv4Net::new([10, 1, 2, 0].into(), length).expect("a network").trunc();
                if subnet_prefix(network, zones).is_none() {
                    let problem = no_room_for_subnets(network, zones, &Origins::default());
                    let suggested = problem.help.iter().find_map(|help| help.split('"').nth(1)).expect("a suggestion");
                    assert!(prefix(suggested, zones).is_some(), "{network} {zones}: {suggested}");
                }
            }
        }
    }

    #[test]
    fn prefixes_are_plain_numbers() {
        for text in ["10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/33", "::/129"] {
            assert!(matches!(parse_network(text), Err(CidrError::Prefix { .. })), "{text}");
        }
        assert!(parse_network("::/128").is_ok());
        assert!(parse_network("0.0.0.0/0").is_ok());
    }
}
