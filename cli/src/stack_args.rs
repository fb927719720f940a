//! Which stack a command is about: the arguments that many commands have alike.

use std::path::PathBuf;

use clap::Args;

/// The stack file if none is named; `init` writes it.
pub(crate) const STACK_FILE: &str = "landfall.toml";

/// Which stack, for a command that takes nothing else.
#[derive(Debug, Clone, Args)]
pub(crate) struct StackArg {
    /// The stack file
    #[arg(value_name = "STACK", default_value = STACK_FILE)]
    pub(crate) path: PathBuf,
}

/// Which stack, for a command that takes something else in its place.
#[derive(Debug, Clone, Args)]
pub(crate) struct StackFlag {
    /// The stack file
    #[arg(long = "stack", value_name = "PATH", default_value = STACK_FILE)]
    pub(crate) path: PathBuf,
}
