//! The stack file's language, and its compilation to AWS resources. Pure: text to a stack, stack and facts to resources or
//! diagnostics.
//!
//! ```text
//! text --stack::parse--> Stack --facts::Inquiry--> Facts --compile--> Declared
//! ```
//!
//! One file for each area of addresses. What every file needs, the tags and the names, is in `labels`. What the provider
//! must know as well is in [`addresses`] and [`shared_names`]; [`facts`] says what it is to ask.

pub mod addresses;
mod availability;
mod boot_script;
mod cluster;
mod existing;
pub mod facts;
mod identity;
mod image;
mod labels;
mod logs;
mod network;
mod placement_group;
mod security;
pub mod shared_names;
pub mod stack;
mod subnet_capacity;
mod subnet_layout;

#[cfg(test)]
mod tests;

use landfall_engine::snapshot::Declared;

use crate::labels::Labels;
use crate::stack::{Diagnostic, Stack};

pub use facts::{Facts, Gpu, NetworkFacts, SubnetFacts};

/// Returns the resources that a stack declares.
///
/// # Errors
/// Everything in the stack that this account or region cannot have, at its place in the file.
pub fn compile(stack: &Stack, facts: &Facts) -> Result<Declared, Vec<Diagnostic>> {
    let mut problems = availability::problems(stack, facts);
    problems.extend(identity::problems(stack));
    if !problems.is_empty() {
        return Err(problems);
    }
    let labels = Labels::new(stack, facts);
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
