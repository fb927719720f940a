//! What the core of landfall costs, from 100 resources to 100,000, without an account.
//!
//! ```sh
//! cargo run --release --manifest-path benches/Cargo.toml --bin growth     # time, memory, state: a Markdown table
//! cargo install gungraun-runner --version 0.20.0                          # once; needs valgrind too
//! cargo bench --manifest-path benches/Cargo.toml                          # counts of instructions; -- '*to_plan*' for some
//! ```
//!
//! [`dask`] writes stack files of any size, which are parsed and compiled. [`stack`] declares abstract stacks of any size
//! in the shape of landfall's own, [`situation`] makes an account and a state that
//! fit one more or less, [`cloud`] is an account that answers at once, so that all that is measured is ours.
//!
//! `.ci/run` does not run anything here.

pub mod cloud;
pub mod dask;
pub mod render;
pub mod situation;
pub mod stack;
