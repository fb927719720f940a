//! Client tokens: the same call again is not done again.
//!
//! "The same token and the same parameters return the first answer; the same token with other parameters is
//! `IdempotentParameterMismatch`" (EC2 API reference, Ensuring idempotency). A launch is idempotent within a zone: in
//! another one the same token launches again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::call::{Call, Reply, Service};
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::World;

/// The actions that have a token, and how long it may be.
const ACTIONS: &[(&str, usize)] = &[
    ("RunInstances", 64),
    ("CreateNatGateway", 64),
    ("CreateRouteTable", 64),
    ("CreateVpcEndpoint", 64),
    ("CreateLaunchTemplate", 128),
    ("CreateLaunchTemplateVersion", 128),
    ("CreateVolume", 64),
    ("CreateNetworkInterface", 64),
    ("CreateNetworkAcl", 64),
];

/// The tokens that were used, by action, zone and token.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tokens(BTreeMap<String, Used>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Used {
    digest: String,
    answer: Xml,
}

/// Tells whether an action takes a token.
pub(crate) fn is_taken_by(call: &Call) -> bool {
    longest(call).is_some()
}

fn longest(call: &Call) -> Option<usize> {
    let (_, longest) = ACTIONS.iter().find(|(name, _)| call.service == Service::Ec2 && *name == call.name())?;
    Some(*longest)
}

/// Runs a call, unless its token says that this was done before.
pub(crate) fn run_once(
    world: &mut World,
    call: &Call,
    run: impl FnOnce(&mut World) -> Result<Reply, ApiError>,
) -> Result<Reply, ApiError> {
    let Some((key, digest)) = key_of(world, call)? else { return run(world) };
    if let Some(used) = world.tokens.0.get(&key) {
        if used.digest != digest {
            let message = "The request uses the same client token as a previous, but non-identical request. \
                           Do not reuse a client token with different requests, unless the requests are identical";
            return Err(ApiError::new("IdempotentParameterMismatch", message));
        }
        if call.name() == "RunInstances" {
            check_alive(world, &used.answer)?;
        }
        return Ok(Reply::Xml(used.answer.clone()));
    }
    let reply = run(world)?;
    if let Reply::Xml(answer) = &reply {
        world.tokens.0.insert(key, Used { digest, answer: answer.clone() });
    }
    Ok(reply)
}

fn key_of(world: &World, call: &Call) -> Result<Option<(String, String)>, ApiError> {
    let (Some(longest), Some(token)) = (longest(call), call.params.get("ClientToken").filter(|t| !t.is_empty())) else {
        return Ok(None);
    };
    if token.len() > longest || !token.is_ascii() {
        return Err(invalid_value("clientToken", token));
    }
    let zone = if call.name() == "RunInstances" { zone_of(world, &call.params) } else { None };
    let key = format!("{}/{}/{token}", call.name(), zone.unwrap_or_default());
    Ok(Some((key, digest_of(&call.params))))
}

/// Returns the zone that a launch asks for, by its subnet or by name.
pub(crate) fn zone_of(world: &World, params: &Params) -> Option<String> {
    let subnet = params.get("SubnetId").or_else(|| params.get("NetworkInterface.1.SubnetId"));
    match subnet {
        Some(subnet) => world.ec2.subnets.get(subnet).map(|subnet| subnet.zone.clone()),
        None => params.get("Placement.AvailabilityZone").map(str::to_owned),
    }
}

fn digest_of(params: &Params) -> String {
    let mut hash = Sha256::new();
    for (name, value) in
        params.iter().filter(|(name, _)| !["Action", "Version", "ClientToken", "DryRun"].contains(name))
    {
        for text in [name, value] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A token whose instances are gone cannot bring them back.
fn check_alive(world: &World, answer: &Xml) -> Result<(), ApiError> {
    let ids = answer.texts_named("instanceId");
    if ids.is_empty() || ids.iter().any(|id| crate::gate::spot::is_alive(world, id)) {
        return Ok(());
    }
    let message = "The client token that was used belongs to a request whose instances have been terminated.";
    Err(ApiError::new("IdempotentInstanceTerminated", message))
}
