//! Replacements that the user asks for.

use std::collections::HashSet;

use crate::address::{Address, AddressGlob};
use crate::graph::Graph;

/// The resources that are replaced because the user asks for it, whether anything differs or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskedReplacements(HashSet<Address>);

/// A glob that fits no declared resource: most likely a slip of the pen, and then the plan is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{glob}` selects nothing that the stack declares")]
pub struct SelectsNothing {
    /// The glob.
    pub glob: String,
}

impl AskedReplacements {
    /// Selects declared resources by globs. One that does not exist yet may be among them: it is made as it is.
    ///
    /// # Errors
    /// The first glob that selects nothing.
    pub fn select<S: AsRef<str>>(globs: &[S], graph: &Graph) -> Result<AskedReplacements, SelectsNothing> {
        let mut selected = HashSet::new();
        for text in globs.iter().map(AsRef::as_ref) {
            let glob = AddressGlob::new(text);
            let fitting = graph.resources().iter().map(|resource| &resource.address).filter(|a| glob.selects(a));
            let mut fitting = fitting.peekable();
            if fitting.peek().is_none() {
                return Err(SelectsNothing { glob: text.to_owned() });
            }
            selected.extend(fitting.cloned());
        }
        Ok(AskedReplacements(selected))
    }

    pub(super) fn include(&self, address: &Address) -> bool {
        !self.0.is_empty() && self.0.contains(address)
    }
}
