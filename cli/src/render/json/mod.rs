//! The shapes of `--json` of what only the command line shows.

mod rehearsal;
mod status;

pub(crate) use rehearsal::rehearsal_document;
pub(crate) use status::status_document;

#[cfg(test)]
mod tests;
