//! What the black-box tests stand on: a fake AWS of their own, a look at it from the account's side, and the binary.
//!
//! ```ignore
//! let moto = Moto::start();
//! let account = Account::of(&moto);
//! let landfall = Landfall::with_stack(&moto, r#"name = "acme""#);
//!
//! landfall.run(&["apply", "--yes"]).success();
//! assert_eq!(landfall.run(&["drift", "--json"]).success().json()["drift"], json!([]));
//! assert_eq!(account.inventory("acme")["ec2.vpc"].as_object().map_or(0, |vpcs| vpcs.len()), 1);
//! assert!(moto.calls()["CreateVpc"] == 1);
//! ```
//!
//! Nothing here is shared between tests, so that they run in any order and at the same time. What a test starts ends
//! with it, also when it panics; what the machine lacks is said, never skipped.

// Each test uses a part of it.
#![allow(dead_code, unused_imports)]

mod account;
mod http;
mod landfall;
mod moto;
mod python;
mod simulated;
mod wait;

pub(crate) use account::Account;
pub(crate) use landfall::{Landfall, Output, Running};
pub(crate) use moto::{Fault, Moto};
pub(crate) use python::{moto_folder, python};
pub(crate) use simulated::Simulated;
