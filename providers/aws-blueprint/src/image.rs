//! Which image an instance boots, and whether its type and its disk go with it.

use crate::stack::{Cluster, Diagnostic, Name, Stack};

use crate::facts::{Facts, Gpu};

/// Who makes the GPUs that the images of Amazon's have a driver for, as EC2 spells it.
const NVIDIA: &str = "NVIDIA";
/// GPUs of Nvidia's before Turing: the open kernel modules in those images do not know them (Deep Learning AMI release
/// notes, "Supported EC2 Instances").
const BEFORE_TURING: [&str; 4] = ["V100", "M60", "K80", "K520"];

/// Returns the image of a cluster's scheduler, as far as it is known.
pub(crate) fn of_scheduler<'a>(facts: &'a Facts, cluster: &'a Cluster) -> Option<&'a str> {
    let amazons = || facts.images.get(facts.architectures.get(&cluster.scheduler_type)?);
    cluster.image_id.as_ref().or_else(amazons).map(String::as_str)
}

/// Returns the image of a cluster's workers, as far as it is known.
pub(crate) fn of_workers<'a>(facts: &'a Facts, cluster: &'a Cluster) -> Option<&'a str> {
    let images = if cluster.gpu { &facts.gpu_images } else { &facts.images };
    let amazons = || images.get(facts.architectures.get(&cluster.worker_type)?);
    cluster.image_id.as_ref().or_else(amazons).map(String::as_str)
}

/// Returns what of a cluster's types, image and disk does not go together.
pub(crate) fn problems(stack: &Stack, name: &Name, cluster: &Cluster, facts: &Facts) -> Vec<Diagnostic> {
    let at = |key: &str, message: String| {
        let path = format!("cluster.{name}.{key}");
        Diagnostic::at_path(path.clone(), &stack.origins, format!("{path}: {message}"))
    };
    let all = [two_architectures(cluster, facts), gpu_problem(cluster, facts), small_disk(cluster, facts)];
    all.into_iter().flatten().map(|problem| at(problem.key, problem.message).help(problem.help)).collect()
}

/// A problem with a key of a cluster.
struct Problem {
    key: &'static str,
    message: String,
    help: String,
}

fn two_architectures(cluster: &Cluster, facts: &Facts) -> Option<Problem> {
    cluster.image_id.as_ref()?;
    let [worker, scheduler] =
        [facts.architectures.get(&cluster.worker_type)?, facts.architectures.get(&cluster.scheduler_type)?];
    let (worker_type, scheduler_type) = (&cluster.worker_type, &cluster.scheduler_type);
    (worker != scheduler).then(|| Problem {
        key: "image_id",
        message: format!("one image cannot serve {worker_type} ({worker}) and {scheduler_type} ({scheduler})"),
        help: "choose types of one architecture, or leave image_id out".to_owned(),
    })
}

/// An image of the user's own may have any driver; one of Amazon's has that of Nvidia's newer GPUs.
fn gpu_problem(cluster: &Cluster, facts: &Facts) -> Option<Problem> {
    let gpus = facts.gpus.get(&cluster.worker_type).filter(|_| cluster.gpu)?;
    let unfit = |gpu: &&Gpu| {
        cluster.image_id.is_none()
            && (!gpu.manufacturer.eq_ignore_ascii_case(NVIDIA) || BEFORE_TURING.contains(&gpu.name.as_str()))
    };
    let instance_type = &cluster.worker_type;
    let message = match gpus.iter().map(|gpu| gpu.count).sum::<u32>() {
        0 => format!("{instance_type} has no GPU"),
        1 => {
            let Gpu { manufacturer, name, .. } = gpus.iter().find(unfit)?;
            format!("the driver in Amazon's image does not know the GPU of {instance_type} ({manufacturer} {name})")
        }
        count => format!("{instance_type} has {count} GPUs, and a worker uses one"),
    };
    let help = "types with one GPU that fit: g4dn.xlarge, g5.xlarge, g6.xlarge and others of these families";
    Some(Problem { key: "worker_type", message, help: help.to_owned() })
}

fn small_disk(cluster: &Cluster, facts: &Facts) -> Option<Problem> {
    let images = [of_scheduler(facts, cluster), of_workers(facts, cluster)];
    let sizes = images.into_iter().flatten().filter_map(|image| Some((*facts.root_sizes_gib.get(image)?, image)));
    let (size, image) = sizes.max()?;
    let disk = cluster.disk_gib;
    (disk < size).then(|| Problem {
        key: "disk_gib",
        message: format!("{disk} GiB are too few for {image}, which takes {size}"),
        help: format!("write disk_gib = {size} or more: what is installed at boot needs room besides"),
    })
}
