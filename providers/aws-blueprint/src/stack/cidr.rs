//! Networks as the stack file writes them.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::Origins;
use super::decode::Value;
use super::diagnostic::{Diagnostic, quoted};
use crate::subnet_layout::{NoRoom, SUBNET_PREFIX_MAX, ZONES_MAX};

/// Prefixes of a VPC's block.
const NETWORK_PREFIXES: std::ops::RangeInclusive<u8> = 16..=28;
/// Returns the problem of a network that cannot be divided for so many zones.
///
/// Shared by validation (zones listed in the file) and compiling (zones of the account), so that both say the same.
pub(crate) fn no_room_for_subnets(problem: &NoRoom, network: Ipv4Net, zones: usize, origins: &Origins) -> Diagnostic {
    let NoRoom::TooSmall { holds, wanted, large_enough } = problem else {
        let message = format!("network.cidr: a network is divided for at most {ZONES_MAX} zones, not for {zones}");
        return Diagnostic::at_path("network.cidr", origins, message)
            .help(format!("list at most {ZONES_MAX} zones: zones = [\"…\"]"));
    };
    let message = match zones {
        1 => format!("network.cidr: {network} is too small for the {wanted} subnets of a zone"),
        _ => format!("network.cidr: {network} is too small for the {wanted} subnets of {zones} zones"),
    };
    Diagnostic::at_path("network.cidr", origins, message)
        .label(format!("holds {holds}"))
        .help(format!("a zone takes a public and a private subnet, and no subnet is smaller than /{SUBNET_PREFIX_MAX}"))
        .help(match zones {
            1 => format!("write cidr = \"{large_enough}\" or a larger network"),
            _ => format!("write cidr = \"{large_enough}\" or a larger network, or list fewer zones"),
        })
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

    #[test]
    fn prefixes_are_plain_numbers() {
        for text in ["10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/33", "::/129"] {
            assert!(matches!(parse_network(text), Err(CidrError::Prefix { .. })), "{text}");
        }
        assert!(parse_network("::/128").is_ok());
        assert!(parse_network("0.0.0.0/0").is_ok());
    }
}
