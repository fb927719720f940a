//! The keys of each table of a stack file, and what to say about any other.

use super::diagnostic::{Diagnostic, quoted};

/// The keys that one table may have.
#[derive(Debug)]
pub(super) struct Keys {
    /// The table as the file writes it; empty for the file itself.
    pub(super) table: &'static str,
    /// Its keys with a value, in the order in which the guide shows them.
    names: &'static [&'static str],
    /// The tables below it, each with a header of its own.
    tables: &'static [&'static str],
}

pub(super) static STACK: Keys = Keys {
    table: "",
    names: &["name", "region", "zones", "zone", "spot", "tags"],
    tables: &["firewall", "network", "logs", "iam", "cluster"],
};
pub(super) static FIREWALL: Keys = Keys { table: "[firewall]", names: &["ports", "cidr"], tables: &[] };
pub(super) static NETWORK: Keys = Keys {
    table: "[network]",
    names: &["cidr", "workers", "nat", "s3_endpoint", "vpc", "subnets", "security_groups"],
    tables: &[],
};
pub(super) static LOGS: Keys = Keys { table: "[logs]", names: &["retention_days"], tables: &[] };
pub(super) static IAM: Keys = Keys { table: "[iam]", names: &["policies"], tables: &[] };
pub(super) static CLUSTER: Keys = Keys {
    table: "[cluster.NAME]",
    names: &[
        "workers",
        "worker_type",
        "scheduler_type",
        "gpu",
        "spot",
        "zone",
        "placement_group",
        "disk_gib",
        "image_id",
        "tags",
    ],
    tables: &[],
};

static TABLES: [&Keys; 6] = [&STACK, &FIREWALL, &NETWORK, &LOGS, &IAM, &CLUSTER];

impl Keys {
    /// Returns whether a table may have this key.
    pub(super) fn contains(&self, key: &str) -> bool {
        self.all().any(|name| name == key)
    }

    /// Returns the key that was probably meant by one that the table does not have.
    pub(super) fn nearest(&self, unknown: &str) -> Option<&'static str> {
        nearest(unknown, &self.all().collect::<Vec<_>>())
    }

    /// Returns the problem of a key that the table does not have; its place is for the caller to add.
    ///
    /// `path` is the dotted path of the key.
    pub(super) fn unknown(&self, path: &str, key: &str) -> Diagnostic {
        let label = match self.nearest(key) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => misplaced(key).unwrap_or_else(|| "no such key".to_owned()),
        };
        Diagnostic::new(format!("unknown key {}", quoted(path))).label(label).help(self.list())
    }

    /// Returns a line that lists the keys.
    fn list(&self) -> String {
        let keys = self.names.join(", ");
        if self.tables.is_empty() {
            return format!("keys of {}: {keys}", self.table);
        }
        let below = TABLES.iter().map(|keys| keys.table).filter(|table| !table.is_empty());
        format!("keys at the top of the file: {keys}; tables: {}", below.collect::<Vec<_>>().join(", "))
    }

    fn all(&self) -> impl Iterator<Item = &'static str> {
        self.names.iter().chain(self.tables).copied()
    }
}

/// Returns where a key belongs that stands in a wrong table: in TOML every line below a table's header is of that
/// table, which is easily forgotten.
fn misplaced(key: &str) -> Option<String> {
    let key = key.to_lowercase();
    let homes: Vec<&str> = TABLES.iter().filter(|keys| keys.contains(&key)).map(|keys| keys.table).collect();
    match homes.as_slice() {
        [] => None,
        ["", ..] => Some("this key belongs to the top of the file, before the first [table]".to_owned()),
        homes => Some(format!("this key belongs to {}", homes.join(" or "))),
    }
}

/// Returns the candidate that was probably meant, if one is near enough to be worth a question.
pub(super) fn nearest<'a>(written: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let written = written.to_lowercase().replace('-', "_");
    let length = written.chars().count();
    // Edit distance is quadratic, and nobody mistypes a word into a page of text.
    if length > 40 {
        return None;
    }
    let distance = |candidate: &str| strsim::osa_distance(&written, &candidate.replace('-', "_"));
    let closest = candidates.iter().copied().min_by_key(|candidate| distance(candidate))?;
    if distance(closest) <= (length / 3).max(1) {
        return Some(closest);
    }
    // `retention` for `retention_days`: far by distance, near to the eye.
    let abbreviates = |candidate: &&str| length >= 3 && candidate.starts_with(&written);
    candidates.iter().copied().find(abbreviates)
}
