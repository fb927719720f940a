//! What only the command line shows: a run while it works, its notes, clusters, runs, a rehearsal. Plans, drift and
//! records are shown by `landfall-presentation`.

pub(crate) mod events;
pub(crate) mod history;
pub(crate) mod intents;
pub(crate) mod json;
pub(crate) mod notes;
pub(crate) mod progress;
pub(crate) mod rehearsal;
pub(crate) mod status;
