//! The parts of a plan or a listing, in the order in which a stack is thought of: the ground first, clusters last.

use landfall_aws_blueprint::addresses::cluster_of;
use landfall_engine::address::Address;

/// The areas before the clusters; others follow them by name.
const AREAS: [&str; 5] = ["network", "security", "identity", "logs", "registry"];
/// Where the engine names what belongs to the stack and has no place in it.
const SURPLUS: &str = "surplus";

/// A part: those addresses that begin alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Section {
    rank: usize,
    /// What the addresses begin with, the slash included.
    pub prefix: String,
}

impl Section {
    /// Returns the part that an address belongs to.
    pub fn of(address: &Address) -> Section {
        let area = address.area();
        if let Some(name) = cluster_of(address) {
            return Section { rank: AREAS.len() + 1, prefix: format!("cluster/{name}/") };
        }
        let rank = match AREAS.iter().position(|known| *known == area) {
            Some(rank) => rank,
            None if area == SURPLUS => AREAS.len() + 2,
            None => AREAS.len(),
        };
        Section { rank, prefix: format!("{area}/") }
    }

    /// Returns the part's title: `network`, `cluster analytics`, `not in the stack`.
    pub fn title(&self) -> String {
        match self.prefix.trim_end_matches('/') {
            SURPLUS => "not in the stack".to_owned(),
            other => other.replace('/', " "),
        }
    }
}
