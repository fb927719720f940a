//! Finding out what compiling must know: what is not known yet is asked, and the answers are taken over.

use std::collections::BTreeSet;

use super::amazon_image::{self, BOOTABLE, ImagePurpose};
use super::model::{Facts, NetworkFacts};
use super::questions::{Account, Answers, AvailabilityZone, InstanceType, Questions};
use super::tagged_resources;
use crate::stack::{Cluster, ExistingNetwork, Network, Stack, Zones};

/// Amazon offers no image that the instances could boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoImage {
    /// What the image would be for.
    pub purpose: ImagePurpose,
    /// The architecture.
    pub architecture: String,
    /// The region.
    pub region: String,
}

/// What is known so far, and what was asked. What counts before what is said in [`super`].
///
/// ```text
/// new, then until questions() is empty: take(questions, answers), then facts()
/// ```
#[derive(Debug, Clone)]
pub struct Inquiry<'s> {
    stack: &'s Stack,
    facts: Facts,
    /// Whether nothing was recorded, so that the stack's resources must tell of earlier choices.
    is_first: bool,
    /// Whether there are zones now of which it is not known what they offer.
    has_new_zones: bool,
    asked: Questions,
}

impl<'s> Inquiry<'s> {
    /// Starts with what the last apply recorded, if anything that it made still exists.
    pub fn new(stack: &'s Stack, account: Account, recorded: Option<&Facts>) -> Inquiry<'s> {
        // Images have other ids in another region, and zones other names.
        let recorded = recorded.filter(|known| known.region == account.region && known.account == account.id);
        let mut facts = recorded.cloned().unwrap_or_else(|| Facts {
            account: account.id,
            partition: account.partition,
            region: account.region,
            ..Facts::default()
        });
        facts.network = match &stack.network {
            Network::Existing(network) => still_named(network, facts.network),
            Network::Made(_) => NetworkFacts::default(),
        };
        Inquiry { stack, facts, is_first: recorded.is_none(), has_new_zones: false, asked: Questions::default() }
    }

    /// Returns what to ask next; nothing, if all is known or was asked.
    ///
    /// The stack's own resources come first and alone, since they decide what else is unknown. Amazon's images come last:
    /// which are needed follows from the architectures, and one call asks for all.
    pub fn questions(&self) -> Questions {
        if self.is_first && !self.asked.tagged_resources {
            return Questions { tagged_resources: true, ..Questions::default() };
        }
        let open = self.unknown().without(&self.asked);
        if !open.is_empty() {
            return open;
        }
        let offered_images = amazon_image::needed(self.stack, &self.facts);
        Questions { offered_images, ..Questions::default() }.without(&self.asked)
    }

    /// Takes over what the account said to these questions.
    pub fn take(&mut self, asked: Questions, answers: Answers) {
        let facts = &mut self.facts;
        if asked.tagged_resources {
            let choices = tagged_resources::choices(self.stack, &answers.tagged_resources);
            (facts.images, facts.gpu_images) = (choices.images, choices.gpu_images);
            facts.placement = choices.placement;
        }
        if asked.zones {
            let zones = usable_zones(&answers.zones, &facts.zones);
            // What is offered in a zone that was not there was never asked.
            self.has_new_zones |= !facts.zones.is_empty() && zones.iter().any(|zone| !facts.zones.contains(zone));
            facts.zones = zones;
        }
        for instance_type in &asked.offers {
            let zones = facts.offers.entry(instance_type.clone()).or_default();
            let found = answers.offers.get(instance_type).into_iter().flatten().cloned();
            let both: BTreeSet<String> = zones.drain(..).chain(found).collect();
            zones.extend(both);
        }
        answers.instance_types.into_iter().for_each(|instance_type| note_type(instance_type, facts));
        facts.network.vpc = answers.network.vpc.or(facts.network.vpc.take());
        facts.network.subnets.extend(answers.network.subnets);
        facts.network.security_groups.extend(answers.network.security_groups);

        answers.images.iter().for_each(|image| amazon_image::note(image, facts));
        // An instance may show an image that is none for GPUs: the newest is looked for then.
        let is_for_gpu =
            |id: &String| answers.images.iter().any(|image| image.id == *id && ImagePurpose::Gpu.is_that_of(image));
        facts.gpu_images.retain(|_, id| !asked.images.contains(id) || is_for_gpu(id));
        for (purpose, architecture) in &asked.offered_images {
            let Some(image) = amazon_image::newest(&answers.offered_images, *purpose, architecture) else { continue };
            amazon_image::note(image, facts);
            let images = match purpose {
                ImagePurpose::Ordinary => &mut facts.images,
                ImagePurpose::Gpu => &mut facts.gpu_images,
            };
            images.insert(architecture.clone(), image.id.clone());
        }
        self.asked.add(asked);
    }

    /// Returns the facts, all choices made: those to compile with, and to record.
    ///
    /// # Errors
    /// If there is no image to boot.
    pub fn facts(mut self) -> Result<Facts, NoImage> {
        if let Some((purpose, architecture)) = amazon_image::needed(self.stack, &self.facts).pop_first() {
            return Err(NoImage { purpose, architecture, region: self.facts.region });
        }
        amazon_image::forget_unused(self.stack, &mut self.facts);
        self.facts.settle(self.stack);
        Ok(self.facts)
    }

    /// Returns what is needed and not known, but for Amazon's images.
    fn unknown(&self) -> Questions {
        let (stack, facts) = (self.stack, &self.facts);
        let mut unknown = Questions { zones: has_unknown_zones(stack, &facts.zones), ..Questions::default() };
        let types = |cluster: &'s Cluster| [&cluster.worker_type, &cluster.scheduler_type];
        for instance_type in stack.clusters.values().flat_map(types) {
            if self.has_new_zones || facts.offers.get(instance_type).is_none_or(Vec::is_empty) {
                unknown.offers.insert(instance_type.clone());
            }
            if !facts.gpus.contains_key(instance_type) {
                unknown.instance_types.insert(instance_type.clone());
            }
        }
        let grouped = stack.clusters.values().filter(|cluster| cluster.placement_group).flat_map(types);
        let without_strategies = grouped.filter(|name| !facts.placement_strategies.contains_key(*name));
        unknown.instance_types.extend(without_strategies.cloned());
        if let Network::Existing(network) = &stack.network {
            let known = &facts.network;
            let unless = |is_known: &dyn Fn(&String) -> bool, ids: &[String]| -> BTreeSet<String> {
                ids.iter().filter(|id| !is_known(id)).cloned().collect()
            };
            unknown.vpc = known.vpc.is_none().then(|| network.vpc.clone());
            unknown.subnets = unless(&|id| known.subnets.contains_key(id), &network.subnets);
            unknown.security_groups = unless(&|id| known.security_groups.contains_key(id), &network.security_groups);
        }
        let named = stack.clusters.values().filter_map(|cluster| cluster.image_id.as_ref());
        let images = named.chain(facts.gpu_images.values());
        unknown.images = images.filter(|image| !facts.root_devices.contains_key(*image)).cloned().collect();
        unknown
    }
}

/// Returns what is known of the ids that the stack names now.
fn still_named(network: &ExistingNetwork, known: NetworkFacts) -> NetworkFacts {
    let mut facts = known;
    facts.vpc = facts.vpc.filter(|vpc| *vpc == network.vpc);
    facts.subnets.retain(|id, _| network.subnets.contains(id));
    facts.security_groups.retain(|id, _| network.security_groups.contains(id));
    facts
}

/// Tells whether the zones must be asked for: none is known yet, or the stack names one that is not.
fn has_unknown_zones(stack: &Stack, known: &[String]) -> bool {
    match &stack.zones {
        Zones::All => known.is_empty(),
        Zones::Listed(named) => !named.iter().all(|zone| known.contains(zone)),
    }
}

/// Returns the zones that are usable, and the known ones that the account still lists, whatever their state: that a zone is
/// impaired must not lead to the deletion of what is in it.
fn usable_zones(listed: &[AvailabilityZone], known: &[String]) -> Vec<String> {
    let kept = listed.iter().filter(|zone| zone.is_usable || known.contains(&zone.name));
    let names: BTreeSet<&String> = kept.map(|zone| &zone.name).collect();
    names.into_iter().cloned().collect()
}

/// Puts the architecture of a type, its GPUs and its placement strategies among the facts.
fn note_type(instance_type: InstanceType, facts: &mut Facts) {
    // Older types support i386 as well, and Macs have architectures of their own.
    let bootable = instance_type.architectures.iter().find(|architecture| BOOTABLE.contains(&architecture.as_str()));
    if let Some(architecture) = bootable {
        facts.architectures.insert(instance_type.name.clone(), architecture.clone());
    }
    facts.placement_strategies.insert(instance_type.name.clone(), instance_type.placement_strategies);
    facts.gpus.insert(instance_type.name, instance_type.gpus);
}

#[cfg(test)]
mod tests;
