//! What an instance does when it first boots: it opens its log stream, installs Dask and starts its part of the cluster.

use crate::stack::{Cluster, Name, Stack};
use landfall_engine::resource::{Reference, TextPart, Value};

const TEMPLATE: &str = include_str!("boot_script.sh");
/// Dask's own ports.
const SCHEDULER: &str = "dask scheduler --host 0.0.0.0 --port 8786 --dashboard-address :8787";

/// Returns the script of a scheduler.
pub(crate) fn scheduler(stack: &Stack, cluster: &Name) -> Value {
    Value::Text(vec![TextPart::Verbatim(fill(stack, cluster, "scheduler", SCHEDULER))])
}

/// Returns the script of a worker; `scheduler_ip` is known when the scheduler is.
pub(crate) fn worker(stack: &Stack, name: &Name, cluster: &Cluster, scheduler_ip: &Reference) -> Value {
    const MARK: &str = "@SCHEDULER_IP@";
    // Tasks that ask for the resource get a worker that has it, and one such task runs on a worker at a time.
    let resources = if cluster.gpu { " --resources GPU=1" } else { "" };
    let command = format!("dask worker tcp://{MARK}:8786 --local-directory /var/lib/landfall{resources}");
    let script = fill(stack, name, "worker", &command);
    let mut parts = Vec::new();
    for (index, piece) in script.split(MARK).enumerate() {
        if index > 0 {
            parts.push(TextPart::Reference(scheduler_ip.clone()));
        }
        parts.push(TextPart::Verbatim(piece.to_owned()));
    }
    Value::Text(parts)
}

/// Names are checked when the stack file is read: nothing that a shell would interpret gets in here.
fn fill(stack: &Stack, cluster: &Name, role: &str, command: &str) -> String {
    TEMPLATE
        .replace("@CLUSTER@", cluster.as_str())
        .replace("@ROLE@", role)
        .replace("@LOG_GROUP@", stack.name.as_str())
        .replace("@REGION@", &stack.region)
        .replace("@COMMAND@", command)
}
