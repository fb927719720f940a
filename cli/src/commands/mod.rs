//! The commands, one file each: its arguments, whose comments are its help, and what it does.

pub(crate) mod act;
pub(crate) mod apply;
pub(crate) mod apply_plan;
pub(crate) mod completions;
pub(crate) mod destroy;
pub(crate) mod destroy_by_name;
pub(crate) mod drift;
pub(crate) mod graph;
pub(crate) mod history;
pub(crate) mod init;
pub(crate) mod list;
pub(crate) mod plan;
pub(crate) mod recover;
pub(crate) mod rehearse;
pub(crate) mod show;
pub(crate) mod simulate;
pub(crate) mod status;
pub(crate) mod tear_down;
pub(crate) mod validate;
