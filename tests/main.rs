//! Black-box tests: the binary as a person runs it, against moto, looked at from the account's side.
//!
//! Each file is one subject. `harness` starts moto and Python, and says what a machine lacks.

mod harness;

mod api_calls;
mod broken_runs;
mod conformance;
mod credentials;
mod destroy_by_name;
mod examples;
mod existing_network;
mod foreign_things;
mod gpu;
mod hard_times;
mod import_cycles;
mod killed;
mod leftovers;
mod lifecycle;
mod moto_repairs;
mod outside_changes;
mod permissions;
mod placement_group;
mod recovery;
mod refusals;
mod replacements;
mod saved_plans;
mod secrets;
mod side_by_side;
mod signals;
mod simulation;
mod spot_fallback;
mod state_file;
mod state_trouble;
mod throttling;
mod tidy;
