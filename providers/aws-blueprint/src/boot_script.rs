//! What an instance does when it first boots: it opens its log stream, installs Dask and starts its part of the cluster.
//!
//! A script is made of two things: of its text, which is this version of landfall's, and of what a stack says, the
//! [`BootParameters`]. The instance has a property for each. A new text goes in with the next replacement and replaces
//! nobody; another parameter replaces the instance, for what it says holds now. So whatever a stack file can say and a
//! script has in it must be a parameter: [`BootParameters::script`] is given nothing else.

use crate::stack::{Cluster, Name, Stack};
use landfall_engine::resource::{Literal, Reference, Resource, TextPart, Value};

const TEMPLATE: &str = include_str!("boot_script.sh");
/// Dask's own ports.
const SCHEDULER: &str = "dask scheduler --host 0.0.0.0 --port 8786 --dashboard-address :8787";
const SCHEDULER_PORT: u16 = 8786;
/// What stands in the text for the scheduler's address until that is known.
const ADDRESS_MARK: &str = "@SCHEDULER_ADDRESS@";

/// What a stack says of an instance that its boot script must know.
pub(crate) struct BootParameters {
    cluster: String,
    region: String,
    log_group: String,
    part: Part,
}

/// The instance's part in the cluster.
enum Part {
    Scheduler,
    Worker {
        /// The scheduler's address within the network; known when the scheduler is.
        scheduler_ip: Reference,
        /// Tasks that ask for the resource get a worker that has it, and one such task runs on a worker at a time.
        has_gpu: bool,
    },
}

impl BootParameters {
    /// Returns those of a scheduler.
    pub(crate) fn of_scheduler(stack: &Stack, cluster: &Name) -> BootParameters {
        BootParameters::new(stack, cluster, Part::Scheduler)
    }

    /// Returns those of a worker.
    pub(crate) fn of_worker(stack: &Stack, name: &Name, cluster: &Cluster, scheduler_ip: Reference) -> BootParameters {
        BootParameters::new(stack, name, Part::Worker { scheduler_ip, has_gpu: cluster.gpu })
    }

    fn new(stack: &Stack, cluster: &Name, part: Part) -> BootParameters {
        BootParameters {
            cluster: cluster.as_str().to_owned(),
            region: stack.region.clone(),
            log_group: stack.name.as_str().to_owned(),
            part,
        }
    }

    /// Gives an instance its script and what that is made from.
    pub(crate) fn set_on(&self, instance: Resource) -> Resource {
        let instance = instance.with("user_data", self.script()).with("boot_parameters", self.literal());
        match self.scheduler_address() {
            Some(address) => instance.with("scheduler_address", Value::Text(address)),
            None => instance,
        }
    }

    /// Everything but the scheduler's address, which is not known before the scheduler is.
    fn literal(&self) -> Literal {
        let mut all = serde_json::json!({
            "cluster": self.cluster,
            "region": self.region,
            "log_group": self.log_group,
            "role": self.role(),
        });
        if let Part::Worker { has_gpu: true, .. } = self.part {
            all["resources"] = "GPU=1".into();
        }
        all
    }

    fn role(&self) -> &'static str {
        match self.part {
            Part::Scheduler => "scheduler",
            Part::Worker { .. } => "worker",
        }
    }

    /// A text, and so a copy: a worker must not keep its scheduler from going.
    fn scheduler_address(&self) -> Option<Vec<TextPart>> {
        let Part::Worker { scheduler_ip, .. } = &self.part else { return None };
        let verbatim = |text: String| TextPart::Verbatim(text);
        let ip = TextPart::Reference(scheduler_ip.clone());
        Some(vec![verbatim("tcp://".to_owned()), ip, verbatim(format!(":{SCHEDULER_PORT}"))])
    }

    /// Names are checked when the stack file is read: nothing that a shell would interpret gets in here.
    fn script(&self) -> Value {
        let command = match &self.part {
            Part::Scheduler => SCHEDULER.to_owned(),
            Part::Worker { has_gpu, .. } => {
                let resources = if *has_gpu { " --resources GPU=1" } else { "" };
                format!("dask worker {ADDRESS_MARK} --local-directory /var/lib/landfall{resources}")
            }
        };
        let script = TEMPLATE
            .replace("@CLUSTER@", &self.cluster)
            .replace("@ROLE@", self.role())
            .replace("@LOG_GROUP@", &self.log_group)
            .replace("@REGION@", &self.region)
            .replace("@COMMAND@", &command);
        let address = self.scheduler_address().unwrap_or_default();
        let mut parts = Vec::new();
        for (index, piece) in script.split(ADDRESS_MARK).enumerate() {
            if index > 0 {
                parts.extend(address.iter().cloned());
            }
            parts.push(TextPart::Verbatim(piece.to_owned()));
        }
        Value::Text(parts)
    }
}
