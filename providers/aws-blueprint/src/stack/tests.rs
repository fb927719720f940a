//! What a stack file means, and every message a person can get from one.
//!
//! Read a message as its reader will: tired, at night, with a cluster that should have been up an hour ago.

mod cluster;
mod defaults;
mod existing_network;
mod keys;
mod network;
mod places;
mod properties;
mod region;
mod syntax;
mod tags;

use snapbox::data::Inline;
use snapbox::{IntoData, assert_data_eq};

use super::*;

/// What every file needs, for cases that are about something else.
const HEAD: &str = "name = \"acme\"\nregion = \"us-east-1\"\n";

/// A file that uses every key.
const FULL: &str = r#"
name   = "acme"
region = "us-west-2"
zones  = ["us-west-2b", "us-west-2a", "us-west-2b", "us-west-2-lax-1a"]
zone   = "us-west-2a"
spot   = true
tags   = { team = "data", "cost center" = "42" }

[firewall]
ports = [8787, 22, 8787]
cidr  = ["203.0.113.7/24", "203.0.113.0/24", "2001:db8::1/32"]

[network]
cidr        = "10.1.2.3/20"
workers     = "public"
nat         = "per-zone"
s3_endpoint = false

[logs]
retention_days = 365

[iam]
policies = ["AmazonS3ReadOnlyAccess", "arn:aws:iam::111122223333:policy/data/read", "AmazonS3ReadOnlyAccess"]

[cluster.analytics]
workers        = 0
worker_type    = "c7i.metal-24xl"
scheduler_type = "t3.small"
spot           = false
zone           = "us-west-2b"
disk_gib       = 100
image_id       = "ami-0123456789abcdef0"
tags           = { purpose = "ad hoc" }

[cluster.nightly]
"#;

#[track_caller]
fn parsed(text: &str) -> Stack {
    match parse(text) {
        Ok(stack) => stack,
        Err(problems) => panic!("{}", render(&problems, "landfall.toml", text, false)),
    }
}

#[track_caller]
fn made(stack: &Stack) -> &MadeNetwork {
    match &stack.network {
        Network::Made(network) => network,
        Network::Existing(network) => panic!("expected a network that is made, found {network:?}"),
    }
}

#[track_caller]
fn check(text: &str, expected: Inline) {
    let problems = parse(text).expect_err("the text has a problem");
    assert_data_eq!(render(&problems, "landfall.toml", text, false), expected.raw());
}

/// Like [`check`], after what every file needs: line 3 is the first of `text`.
#[track_caller]
fn check_after_head(text: &str, expected: Inline) {
    check(&format!("{HEAD}{text}"), expected);
}

fn name(text: &str) -> Name {
    Name::new(text).expect("a name of the test")
}
