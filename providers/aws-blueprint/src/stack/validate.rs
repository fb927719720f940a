//! The rules of each table of a stack file, and the rules between values.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::DeTable;

use super::decode::{Entry, Reading, Table, Value};
use super::diagnostic::{Diagnostic, quoted};
use super::keys;
use super::{Cluster, Firewall, Iam, Logs, Market, Name, Stack, Zones};
use super::{cidr, defaults, identifiers, network, tags};

/// Workers of a cluster: beyond these no Dask scheduler keeps up, and a slip of the finger gets expensive.
const WORKERS: RangeInclusive<u32> = 0..=10_000;
/// Size of a root volume in GiB, from what Amazon's images need to what every volume type offers.
const DISK_GIB: RangeInclusive<u32> = 8..=16_384;

/// Returns the stack that a tree declares, or all problems with it, in no particular order.
pub(super) fn stack(tree: &Spanned<DeTable<'_>>) -> Result<Stack, Vec<Diagnostic>> {
    let mut reading = Reading::default();
    let file = Table::root(tree, &keys::STACK, &mut reading);
    let name = reading.required(&file, "name", "name = \"acme\"", identifiers::stack_name);
    let region = reading.required(&file, "region", "region = \"us-east-1\"", identifiers::region);
    let zones = zones(&file, region.as_deref(), &mut reading);
    let shared = Shared { market: market(&file, &mut reading), tags: stack_tags(&file, &mut reading), region, zones };
    let zone = zone(&file, &shared, &mut reading);
    let firewall = firewall(&file, &mut reading);
    let network = network::network(&file, &shared.zones, &mut reading);
    let logs = logs(&file, &mut reading);
    let iam = iam(&file, &mut reading);
    let clusters = clusters(&file, &shared, &mut reading);
    let origins = reading.finish()?;
    let Shared { region, zones, tags, .. } = shared;
    match (name, region) {
        (Some(name), Some(region)) => {
            Ok(Stack { name, region, zones, zone, tags, firewall, network, logs, iam, clusters, origins })
        }
        // Why a required value could not be read has been reported, so there is nothing to add.
        _ => Err(Vec::new()),
    }
}

/// Values of the top of the file that other tables are read against.
struct Shared {
    /// `None` if it could not be read: zones are then checked for their form only.
    region: Option<String>,
    zones: Zones,
    /// `None` if the file does not say.
    market: Option<Market>,
    tags: BTreeMap<String, String>,
}

fn zones(file: &Table<'_>, region: Option<&str>, reading: &mut Reading) -> Zones {
    let Some(value) = reading.value(file, "zones") else {
        return Zones::All;
    };
    if value.as_str() == Some("all") {
        return Zones::All;
    }
    let expected = "\"all\" or a list of zones";
    let Some(list) = reading.accept(value.list(expected)) else { return Zones::All };
    if list.items().is_empty() {
        let message = format!("expected {expected}, found an empty list");
        reading.report(list.problem(message).label("names no zone"));
    }
    Zones::Listed(reading.items(&list, |item| identifiers::zone(item, region)))
}

/// Reads the key `zone` of the stack or of a cluster.
fn zone(table: &Table<'_>, shared: &Shared, reading: &mut Reading) -> Option<String> {
    reading.optional(table, "zone", |value| {
        let zone = identifiers::zone(value, shared.region.as_deref())?;
        match &shared.zones {
            Zones::Listed(listed) if !listed.is_empty() && !listed.contains(&zone) => Err(value
                .problem(format!("{} has no subnet", quoted(&zone)))
                .label("not one of `zones`")
                .help(format!("`zones` at the top of the file lists {}", listed.join(", ")))),
            _ => Ok(zone),
        }
    })
}

/// Reads the key `spot` of the stack or of a cluster.
fn market(table: &Table<'_>, reading: &mut Reading) -> Option<Market> {
    reading.optional(table, "spot", |value| match value.as_str() {
        Some("fallback") => Ok(Market::SpotOrOnDemand),
        // In quotes: the help says that they are not needed.
        None | Some("true" | "false") => {
            value.boolean_or(SPOT).map(|spot| if spot { Market::Spot } else { Market::OnDemand })
        }
        Some(text) => {
            let problem = value.problem(format!("expected {SPOT}, found {}", quoted(text)));
            Err(problem.label(format!("must be {SPOT}")))
        }
    })
}

const SPOT: &str = "true, false or \"fallback\"";

fn stack_tags(file: &Table<'_>, reading: &mut Reading) -> BTreeMap<String, String> {
    let tags = tags::tags(file, reading);
    tags::limit("tags", tags.len(), reading);
    if let Some((one, other)) = tags::same_but_for_case(&tags) {
        let path = format!("tags.{other}");
        let message = format!("{path}: differs from {} in case only", quoted(one));
        let problem = Diagnostic::at_path(path, reading.origins(), message)
            .label("choose another key")
            .help("the role carries the same tags, and IAM takes both keys for one");
        reading.report(problem);
    }
    tags
}

fn firewall(file: &Table<'_>, reading: &mut Reading) -> Firewall {
    let table = reading.table(file, "firewall", &keys::FIREWALL);
    let lists = table.map(|table| {
        let ports = reading.value(&table, "ports").map(|value| reading.items(&value, port));
        let cidr = reading.value(&table, "cidr").map(|value| reading.items(&value, cidr::network));
        (ports, cidr)
    });
    let (ports, cidr) = lists.unwrap_or_default();
    let mut ports = ports.unwrap_or_else(|| defaults::FIREWALL_PORTS.to_vec());
    ports.sort_unstable();
    Firewall { ports, cidr: cidr.unwrap_or_else(|| vec![defaults::FIREWALL_CIDR]) }
}

fn port(value: &Value<'_>) -> Result<u16, Diagnostic> {
    value.integer("a port", 1..=u16::MAX)
}

fn logs(file: &Table<'_>, reading: &mut Reading) -> Logs {
    let table = reading.table(file, "logs", &keys::LOGS);
    let days = table.and_then(|table| reading.optional(&table, "retention_days", retention_days));
    Logs { retention_days: days.unwrap_or(defaults::LOGS_RETENTION_DAYS) }
}

fn retention_days(value: &Value<'_>) -> Result<u32, Diagnostic> {
    let [shortest, .., longest] = Logs::RETENTION_DAYS;
    let days = value.integer("a number of days", shortest..=longest)?;
    if Logs::RETENTION_DAYS.contains(&days) {
        return Ok(days);
    }
    let nearest = Logs::RETENTION_DAYS.into_iter().min_by_key(|offered| offered.abs_diff(days)).unwrap_or(shortest);
    Err(value
        .problem(format!("CloudWatch Logs does not offer to keep events for {days} days"))
        .label(format!("the nearest is {nearest}"))
        .help(format!("it offers {}", Logs::RETENTION_DAYS.map(|days| days.to_string()).join(", "))))
}

fn iam(file: &Table<'_>, reading: &mut Reading) -> Iam {
    let table = reading.table(file, "iam", &keys::IAM);
    let list =
        table.and_then(|table| reading.optional(&table, "policies", |value| value.list("a list of managed policies")));
    Iam { policies: list.map(|list| reading.items(&list, identifiers::policy)).unwrap_or_default() }
}

fn clusters(file: &Table<'_>, shared: &Shared, reading: &mut Reading) -> BTreeMap<Name, Cluster> {
    let expected = "a table of clusters";
    let Some(table) = reading.optional(file, "cluster", |value| {
        Table::with_any_keys(value, expected).map_err(|problem| problem.help(CLUSTER_FORM))
    }) else {
        return BTreeMap::new();
    };
    let entries = reading.entries(&table);
    entries.into_iter().filter_map(|entry| cluster(&entry, shared, reading)).collect()
}

const CLUSTER_FORM: &str = "a cluster is written as a table with its name: [cluster.analytics]";

fn cluster(entry: &Entry<'_>, shared: &Shared, reading: &mut Reading) -> Option<(Name, Cluster)> {
    // `workers = 4` below `[cluster]`: a cluster without a name, not a cluster called `workers`.
    if !entry.value.is_table() {
        let problem = entry.value.mismatch("the table of a cluster").help(CLUSTER_FORM);
        reading.report(problem);
        return None;
    }
    let name = identifiers::name(entry.key).map_err(|fault| {
        let message = format!("{} is not a legal name of a cluster", quoted(entry.key));
        let problem = Diagnostic { path: Some(entry.value.path.clone()), ..Diagnostic::new(message) };
        fault.into_problem(problem.at(entry.key_span.clone()))
    });
    let name = reading.accept(name);
    let table = Table::with_keys(&entry.value, &keys::CLUSTER, reading)?;
    let own_tags = cluster_tags(&table, shared, reading);
    let gpu = reading.optional(&table, "gpu", gpu).unwrap_or(false);
    let (worker_type, disk_gib) = match gpu {
        true => (defaults::CLUSTER_GPU_WORKER_TYPE, defaults::CLUSTER_GPU_DISK_GIB),
        false => (defaults::CLUSTER_WORKER_TYPE, defaults::CLUSTER_DISK_GIB),
    };
    let cluster = Cluster {
        workers: reading
            .optional(&table, "workers", |value| value.integer("a whole number", WORKERS))
            .unwrap_or(defaults::CLUSTER_WORKERS),
        worker_type: reading
            .optional(&table, "worker_type", identifiers::instance_type)
            .unwrap_or_else(|| worker_type.to_owned()),
        gpu,
        scheduler_type: reading
            .optional(&table, "scheduler_type", identifiers::instance_type)
            .unwrap_or_else(|| defaults::CLUSTER_SCHEDULER_TYPE.to_owned()),
        market: market(&table, reading).or(shared.market).unwrap_or(defaults::MARKET),
        zone: zone(&table, shared, reading),
        placement_group: reading
            .optional(&table, "placement_group", Value::boolean)
            .unwrap_or(defaults::CLUSTER_PLACEMENT_GROUP),
        disk_gib: reading
            .optional(&table, "disk_gib", |value| value.integer("a number of GiB", DISK_GIB))
            .unwrap_or(disk_gib),
        image_id: reading.optional(&table, "image_id", identifiers::image_id),
        tags: own_tags,
    };
    Some((name?, cluster))
}

/// Reads how many GPUs a worker has.
fn gpu(value: &Value<'_>) -> Result<bool, Diagnostic> {
    let gpus = value.integer("a number of GPUs", 0..=1_u8);
    let help = "1: each worker has one GPU; one Dask worker runs on it, so for more GPUs write more workers";
    gpus.map(|gpus| gpus == 1).map_err(|problem| problem.help(help))
}

/// Reads a cluster's tags, and counts them together with the stack's, which its instances carry as well.
fn cluster_tags(table: &Table<'_>, shared: &Shared, reading: &mut Reading) -> BTreeMap<String, String> {
    let own = tags::tags(table, reading);
    let added = own.keys().filter(|key| !shared.tags.contains_key(*key)).count();
    // A stack that has too many by itself has been told so.
    if added > 0 {
        tags::limit(&format!("{}.tags", table.path), shared.tags.len() + added, reading);
    }
    own
}
