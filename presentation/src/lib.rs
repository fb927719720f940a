//! Turns the engine's values into what a person or a program reads. Pure: nothing here writes, asks or opens anything.
//!
//! - [`text`] is for people: coloured text, whose colours the stream takes out where they do not belong.
//! - [`json`] is for programs: the documents of `--json`, which are a contract.

pub mod json;
pub mod text;
