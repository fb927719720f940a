//! What landfall's commands do, without a terminal.
//!
//! Each operation takes the store of the state ([`landfall_state::Store`]) and an [`Environment`] (which account, what time
//! it is, who watches, who may stop it) and gives values and errors. Nothing here prints, asks a question, parses an argument or ends the process:
//! the command line does that, and so does every other face. The rehearsal plays these very functions.
//!
//! ```text
//! StackFile --Session::open--> Session --plan--> Planned                         plan, drift, status
//!           --prepare--------> Prepared --check--> Checked --execute--> Executed  apply, destroy
//! ```
//!
//! There is no way from a plan to the account but through [`apply::Prepared::check`], which looks for what others have in
//! the way, and no way to end a teardown but through the sweep that [`apply::Checked::execute`] ends with.
//!
//! What happens on the way is one stream of [`event::Event`]s: numbered, timed, the same for a terminal, for `--json`, for
//! the state and for traces.

pub mod apply;
pub mod clusters;
mod damaged_state;
pub mod destroy_by_name;
pub mod drift;
pub mod environment;
mod error;
pub mod event;
pub mod graph;
pub mod history;
pub mod intents;
mod lease;
pub mod plan;
pub mod preflight;
pub mod recover;
pub mod rehearsal;
mod run;
pub mod saved_plan;
pub mod session;
pub mod simulated_account;
pub mod stack_file;
pub mod status;
pub mod stored_state;

#[cfg(test)]
mod tests;

pub use environment::Environment;
pub use error::Error;
pub use session::{Goal, Planned, Session};
pub use stack_file::StackFile;
