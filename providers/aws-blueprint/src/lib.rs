//! Compiles a stack to AWS resources. Pure: stack and facts in, resources or diagnostics out.
//!
//! One file for each area of addresses. What every file needs, the tags and the names, is in `labels`. What the provider
//! must know as well is in [`addresses`] and [`terms`]; [`Facts`] are what it finds out for this.

pub mod addresses;
mod boot_script;
mod cluster;
mod existing;
mod facts;
mod identity;
mod image;
mod labels;
mod logs;
mod network;
mod placement;
mod room;
mod security;
pub mod terms;

#[cfg(test)]
mod tests;

use landfall_engine::provider::Blueprint;
use landfall_engine::snapshot::Declared;
use landfall_engine::stack::{Diagnostic, Stack};

use crate::labels::Labels;

pub use facts::{Facts, Gpu, NetworkFacts, SubnetFacts};
pub use placement::Placement;

/// The Dask stack on AWS.
#[derive(Debug, Clone, Copy, Default)]
pub struct AwsBlueprint;

impl Blueprint for AwsBlueprint {
    type Facts = Facts;

    fn compile(&self, stack: &Stack, facts: &Facts) -> Result<Declared, Vec<Diagnostic>> {
        let mut problems = placement::problems(stack, facts);
        problems.extend(identity::problems(stack));
        if !problems.is_empty() {
            return Err(problems);
        }
        let labels = Labels::new(stack);
        let mut declared = Declared::default();
        network::declare(stack, facts, &labels, &mut declared);
        security::declare(stack, &labels, &mut declared);
        identity::declare(stack, facts, &labels, &mut declared);
        logs::declare(stack, &labels, &mut declared);
        for (name, cluster) in &stack.clusters {
            cluster::declare(stack, name, cluster, facts, &labels, &mut declared);
        }
        Ok(declared)
    }
}
