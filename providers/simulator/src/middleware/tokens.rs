//! Client tokens: the same call again is not done again.
//!
//! "If the original request completes successfully, any subsequent retries complete successfully without performing any
//! further actions. However, the result might contain updated information, such as the current creation status" (EC2
//! developer guide, Ensuring idempotency). The same token with other parameters is `IdempotentParameterMismatch`. A
//! launch is idempotent within a zone: in another one the same token launches again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::call::{Call, Reply, Service};
use crate::services::ec2::{instance, launch_template, nat_gateway, route_table, volume, vpc_endpoint};
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::World;

/// An action that takes a token.
struct Idempotent {
    name: &'static str,
    /// Longest token.
    longest: usize,
    /// The element of the answer that names what was made.
    id: &'static str,
    /// Answers again, as things are now; `None` once what was made is forgotten.
    again: fn(&World, &Params, &str) -> Option<Xml>,
}

const ACTIONS: &[Idempotent] = &[
    Idempotent { name: LAUNCH, longest: 64, id: "reservationId", again: instance::launched_again },
    Idempotent { name: "CreateNatGateway", longest: 64, id: "natGatewayId", again: nat_gateway::created_again },
    Idempotent { name: "CreateRouteTable", longest: 64, id: "routeTableId", again: route_table::created_again },
    Idempotent { name: "CreateVpcEndpoint", longest: 64, id: "vpcEndpointId", again: vpc_endpoint::created_again },
    Idempotent {
        name: "CreateLaunchTemplate",
        longest: 128,
        id: "launchTemplateId",
        again: launch_template::created_again,
    },
    Idempotent { name: "CreateVolume", longest: 64, id: "volumeId", again: volume::created_again },
];

const LAUNCH: &str = "RunInstances";

/// The tokens that were used, by action, zone and token.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tokens(BTreeMap<String, Used>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Used {
    digest: String,
    /// The first answer, for when what was made is forgotten. Of a launch, only what it was called is kept: the rest is
    /// long and never told again.
    answer: Xml,
}

/// Tells whether an action takes a token.
pub(crate) fn is_taken_by(call: &Call) -> bool {
    action_of(call).is_some()
}

fn action_of(call: &Call) -> Option<&'static Idempotent> {
    ACTIONS.iter().find(|action| call.service == Service::Ec2 && action.name == call.name())
}

/// Runs a call, unless its token says that this was done before.
pub(crate) fn run_once(
    world: &mut World,
    call: &Call,
    run: impl FnOnce(&mut World) -> Result<Reply, ApiError>,
) -> Result<Reply, ApiError> {
    let Some(action) = action_of(call) else { return run(world) };
    let Some(key) = key_of(world, call, action)? else { return run(world) };
    let digest = digest_of(&call.params);
    if let Some(used) = world.tokens.0.get(&key) {
        if used.digest != digest {
            let message = "The request uses the same client token as a previous, but non-identical request. \
                           Do not reuse a client token with different requests, unless the requests are identical";
            return Err(ApiError::new("IdempotentParameterMismatch", message));
        }
        let id = used.answer.first_text(action.id).unwrap_or_default();
        if action.name == LAUNCH {
            check_alive(world, id)?;
        }
        let again = (action.again)(world, &call.params, id);
        return Ok(Reply::Xml(again.unwrap_or_else(|| used.answer.clone())));
    }
    let reply = run(world)?;
    if let Reply::Xml(answer) = &reply {
        let name = || Xml::new().optional(action.id, answer.first_text(action.id));
        let answer = if action.name == LAUNCH { name() } else { answer.clone() };
        world.tokens.0.insert(key, Used { digest, answer });
    }
    Ok(reply)
}

fn key_of(world: &World, call: &Call, action: &Idempotent) -> Result<Option<String>, ApiError> {
    let Some(token) = call.params.get("ClientToken").filter(|token| !token.is_empty()) else { return Ok(None) };
    if token.len() > action.longest || !token.is_ascii() {
        return Err(invalid_value("clientToken", token));
    }
    let zone = if action.name == LAUNCH { zone_of(world, &call.params) } else { None };
    Ok(Some(format!("{}/{}/{token}", action.name, zone.unwrap_or_default())))
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
    hex::encode(hash.finalize())
}

/// A token whose instances are gone cannot bring them back.
fn check_alive(world: &World, reservation_id: &str) -> Result<(), ApiError> {
    let reservation = world.ec2.reservations.get(reservation_id);
    let mut ids = reservation.into_iter().flat_map(|reservation| &reservation.instance_ids);
    if ids.any(|id| super::spot::is_alive(world, id)) {
        return Ok(());
    }
    let message = "The client token that was used belongs to a request whose instances have been terminated.";
    Err(ApiError::new("IdempotentInstanceTerminated", message))
}
