//! The clusters of a stack as they stand: declared, recorded and observed put side by side.

use std::collections::BTreeMap;

use landfall_aws_blueprint::addresses::{cluster_of, is_scheduler, is_worker};
use landfall_aws_blueprint::stack::Stack;
use landfall_engine::address::Address;
use landfall_engine::resource::{CloudId, Literal, Literals};
use landfall_engine::snapshot::{Observed, Readiness, Recorded};

/// The ports that a Dask scheduler listens on.
const SCHEDULER_PORT: u16 = 8786;
const DASHBOARD_PORT: u16 = 8787;

/// How one cluster stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterStatus {
    /// Its name.
    pub name: String,
    /// Its scheduler, if there is one.
    pub scheduler: Option<SchedulerStatus>,
    /// Workers that the stack file declares; 0 for a cluster that it does not declare any more.
    pub wanted: usize,
    /// Workers that run.
    pub running: usize,
    /// Workers that are coming up.
    pub pending: usize,
    /// Workers on the spot market, running or coming up.
    pub spot: usize,
    /// The zone that the cluster stands in, where it is known.
    pub zone: Option<String>,
}

/// A scheduler, and how to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchedulerStatus {
    /// The instance's id.
    pub id: String,
    /// Its address in the internet.
    pub public_ip: Option<String>,
    /// Its address in the network of the stack.
    pub private_ip: Option<String>,
}

impl SchedulerStatus {
    /// Returns what `Client(…)` takes.
    pub fn address(&self) -> Option<String> {
        self.host().map(|host| format!("tcp://{host}:{SCHEDULER_PORT}"))
    }

    /// Returns the address of the dashboard.
    pub fn dashboard(&self) -> Option<String> {
        self.host().map(|host| format!("http://{host}:{DASHBOARD_PORT}"))
    }

    fn host(&self) -> Option<&str> {
        self.public_ip.as_deref().or(self.private_ip.as_deref())
    }
}

/// Returns the clusters that are declared or exist, by name. Without `observed`, what is recorded is taken to be so.
pub fn clusters(stack: &Stack, recorded: &Recorded, observed: Option<&Observed>) -> Vec<ClusterStatus> {
    let mut all: BTreeMap<String, ClusterStatus> = BTreeMap::new();
    for (name, cluster) in &stack.clusters {
        let status = all.entry(name.to_string()).or_default();
        status.wanted = cluster.workers as usize;
        status.zone = cluster.zone.clone().or_else(|| stack.zone.clone());
    }
    for instance in instances(recorded, observed) {
        let Some(name) = cluster_of(instance.address) else { continue };
        let zone = zone_of(&instance, recorded);
        let status = all.entry(name.to_owned()).or_default();
        status.note(&instance);
        status.zone = zone.or(status.zone.take());
    }
    for (name, status) in &mut all {
        status.name = name.clone();
    }
    all.into_values().collect()
}

/// An instance of a cluster, as it was seen or, failing that, recorded.
struct Instance<'a> {
    address: &'a Address,
    id: &'a CloudId,
    properties: &'a Literals,
    outputs: &'a Literals,
    readiness: &'a Readiness,
}

fn instances<'a>(recorded: &'a Recorded, observed: Option<&'a Observed>) -> Vec<Instance<'a>> {
    let is_of_cluster = |address: &Address| is_worker(address) || is_scheduler(address);
    match observed {
        Some(observed) => observed
            .resources
            .iter()
            .filter(|(address, _)| is_of_cluster(address))
            .map(|(address, seen)| Instance {
                address,
                id: &seen.id,
                properties: &seen.properties,
                outputs: &seen.outputs,
                readiness: &seen.readiness,
            })
            .collect(),
        None => recorded
            .resources
            .iter()
            .filter(|(address, _)| is_of_cluster(address))
            .map(|(address, known)| Instance {
                address,
                id: &known.id,
                properties: &known.properties,
                outputs: &known.outputs,
                readiness: &Readiness::Ready,
            })
            .collect(),
    }
}

impl ClusterStatus {
    fn note(&mut self, instance: &Instance<'_>) {
        let text = |from: &Literals, name: &str| from.get(name).and_then(Literal::as_str).map(str::to_owned);
        if is_scheduler(instance.address) {
            self.scheduler = Some(SchedulerStatus {
                id: instance.id.to_string(),
                public_ip: text(instance.outputs, "public_ip").filter(|ip| !ip.is_empty()),
                private_ip: text(instance.outputs, "private_ip").filter(|ip| !ip.is_empty()),
            });
            return;
        }
        // One that others have stopped is ready to nothing.
        let is_up = text(instance.properties, "state").is_none_or(|state| state == "running");
        match instance.readiness {
            Readiness::Ready if is_up => self.running += 1,
            Readiness::Pending => self.pending += 1,
            Readiness::Ready | Readiness::Failed(_) => return,
        }
        self.spot += usize::from(text(instance.properties, "market").is_some_and(|market| market == "spot"));
    }
}

/// An instance stands in the zone of its subnet.
fn zone_of(instance: &Instance<'_>, recorded: &Recorded) -> Option<String> {
    let subnet = instance.properties.get("subnet_id")?.as_str()?;
    let known = recorded.resources.values().find(|known| known.id.as_str() == subnet)?;
    known.properties.get("availability_zone")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use landfall_engine::kind::Kind;
    use landfall_engine::place::Place;
    use landfall_engine::snapshot::{LocatedResource, ObservedResource, RecordedResource};
    use serde_json::json;

    use super::*;

    fn home() -> Place {
        Place::regional("111122223333", "us-east-1")
    }

    fn address(text: &str) -> Address {
        Address::new(text).expect("an address")
    }

    fn literals(value: Literal) -> Literals {
        value.as_object().expect("an object").clone()
    }

    const TEXT: &str = "name = \"acme\"\nregion = \"us-east-1\"\n[cluster.analytics]\nworkers = 3\n";

    fn seen(state: &str, readiness: Readiness) -> LocatedResource {
        let resource = ObservedResource {
            kind: Kind::new("ec2.instance"),
            id: "i-1".into(),
            properties: literals(json!({"state": state, "market": "spot", "subnet_id": "subnet-1"})),
            outputs: literals(json!({"private_ip": "10.0.0.4"})),
            readiness,
        };
        LocatedResource { place: home(), resource }
    }

    #[test]
    fn only_what_runs_is_counted_as_running() {
        let stack = landfall_aws_blueprint::stack::parse(TEXT).expect("a sound stack file");
        let subnet = RecordedResource {
            address: address("network/subnet/private/us-east-1b"),
            kind: Kind::new("ec2.subnet"),
            place: home(),
            id: "subnet-1".into(),
            properties: literals(json!({"availability_zone": "us-east-1b"})),
            outputs: Literals::new(),
            depends_on: vec![],
        };
        let recorded = Recorded { resources: [(subnet.address.clone(), subnet.into())].into(), deposed: vec![] };
        let instances = [
            ("cluster/analytics/scheduler", seen("running", Readiness::Ready)),
            ("cluster/analytics/worker/0", seen("running", Readiness::Ready)),
            ("cluster/analytics/worker/1", seen("running", Readiness::Pending)),
            ("cluster/analytics/worker/2", seen("stopped", Readiness::Ready)),
        ];
        let resources = instances.map(|(at, seen)| (address(at), seen.into())).into();
        let observed = Observed { resources, surplus: vec![] };
        let [analytics] = &clusters(&stack, &recorded, Some(&observed))[..] else { panic!("one cluster") };
        assert_eq!((analytics.wanted, analytics.running, analytics.pending, analytics.spot), (3, 1, 1, 2));
        assert_eq!(analytics.zone.as_deref(), Some("us-east-1b"));
        let scheduler = analytics.scheduler.as_ref().expect("a scheduler");
        assert_eq!(scheduler.address().as_deref(), Some("tcp://10.0.0.4:8786"));
    }
}
