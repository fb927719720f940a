//! The life of instances: what calls begin and time completes.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{instance_type, quota, spot};
use super::named::named;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::ec2::instance::{NEVER, Reason, State};
use crate::world::{Millis, World};

/// Lets instances come up and go.
pub(crate) fn advance(world: &mut World) {
    let now = world.now;
    while let Some((at, id)) = world.ec2.instance_schedule.first().filter(|(at, _)| *at <= now).cloned() {
        world.ec2.instance_schedule.pop_first();
        // Only the latest of what was in store for an instance counts.
        match world.ec2.instances.get(&id).filter(|instance| instance.changes_at == at).map(|i| i.state) {
            Some(State::Pending) => come_up(world, &id),
            Some(State::Stopping) => {
                take_public_address(world, &id);
                change(world, &id, State::Stopped, NEVER);
            }
            Some(State::ShuttingDown) => end(world, &id, at),
            Some(State::Terminated) => forget(world, &id),
            Some(State::Running | State::Stopped) | None => {}
        }
    }
}

fn change(world: &mut World, id: &str, state: State, changes_at: Millis) {
    if let Some(instance) = world.ec2.instances.get_mut(id) {
        instance.state = state;
    }
    world.ec2.schedule_instance(id, changes_at);
}

fn come_up(world: &mut World, id: &str) {
    change(world, id, State::Running, NEVER);
    let Some(instance) = world.ec2.instances.get(id).filter(|instance| instance.wants_public_ip) else { return };
    let Some(interface_id) = instance.interface_id.clone() else { return };
    let count = world.ec2.public_ips_made;
    world.ec2.public_ips_made += 1;
    // An elastic address that came first stays.
    if let Some(interface) = world.ec2.network_interfaces.get_mut(&interface_id) {
        interface.public_ip.get_or_insert_with(|| public_ip(count));
    }
}

/// Addresses out of 198.18.0.0/15, which is nobody's (RFC 2544): each once before any comes again, and out of order so
/// that nobody counts on one.
fn public_ip(count: u64) -> String {
    let number = (count * 40_503 + 7_919) % (1 << 17);
    let [_, high, middle, low] = u32::try_from(number).unwrap_or_default().to_be_bytes();
    format!("198.{}.{middle}.{low}", 18 + high)
}

/// Takes away the address that came with running; an elastic one stays with the interface.
fn take_public_address(world: &mut World, id: &str) {
    let Some(interface_id) = world.ec2.instances.get(id).and_then(|i| i.interface_id.clone()) else { return };
    let is_elastic = world.ec2.addresses.values().any(|a| a.network_interface_id.as_ref() == Some(&interface_id));
    if let Some(interface) = world.ec2.network_interfaces.get_mut(&interface_id).filter(|_| !is_elastic) {
        interface.public_ip = None;
    }
}

/// Completes a termination: interface and volumes go, the record stays for a while.
fn end(world: &mut World, id: &str, at: Millis) {
    let released_at = at + world.delays.network_interface_release;
    let kept_until = at + world.delays.record_kept;
    change(world, id, State::Terminated, kept_until);
    let Some(instance) = world.ec2.instances.get_mut(id) else { return };
    let reason = instance.reason.map(|(reason, _)| reason);
    let (interface_id, volume_ids) = (instance.interface_id.take(), std::mem::take(&mut instance.volume_ids));
    let spot_request_id = instance.spot_request_id.clone();
    if let Some(interface_id) = interface_id {
        for address in world.ec2.addresses.values_mut() {
            if address.network_interface_id.as_ref() == Some(&interface_id) {
                address.network_interface_id = None;
                address.association_id = None;
            }
        }
        world.ec2.network_interfaces.release(&interface_id, released_at);
    }
    for volume_id in volume_ids {
        let Some(volume) = world.ec2.volumes.get_mut(&volume_id) else { continue };
        if volume.attachment.take().is_some_and(|attachment| attachment.delete_on_termination) {
            world.ec2.volumes.remove(&volume_id);
        }
    }
    if let Some(request) = spot_request_id {
        let cause = reason.unwrap_or(Reason::User);
        spot::close(world, &request, cause, at);
    }
}

fn forget(world: &mut World, id: &str) {
    let Some(instance) = world.ec2.instances.remove(id) else { return };
    if let Some(reservation) = world.ec2.reservations.get_mut(&instance.reservation_id) {
        reservation.instance_ids.retain(|other| other != id);
        if reservation.instance_ids.is_empty() {
            world.ec2.reservations.remove(&instance.reservation_id);
        }
    }
}

/// Begins the end of an instance. Ends that have begun go on as they are.
fn shut_down(world: &mut World, id: &str, reason: Reason) {
    let (now, ends_at) = (world.now, world.now + world.delays.instance_terminate);
    let Some(instance) = world.ec2.instances.get_mut(id).filter(|instance| !instance.state.is_ending()) else { return };
    instance.reason = Some((reason, now));
    change(world, id, State::ShuttingDown, ends_at);
}

/// Takes a Spot Instance back, as EC2 does when it needs the machine. The notice of two minutes before is not simulated:
/// only the instance itself could see it.
pub(crate) fn interrupt_spot(world: &mut World, id: &str) -> Result<(), ApiError> {
    if world.ec2.instance(id)?.spot_request_id.is_none() {
        let message = format!("The instance '{id}' is not a Spot Instance.");
        return Err(ApiError::new("UnsupportedOperation", message));
    }
    shut_down(world, id, Reason::SpotInterruption);
    Ok(())
}

/// Most instances of a call.
const INSTANCES_MAX: usize = 1000;

fn some<'a>(world: &World, params: &'a Params) -> Result<Vec<&'a str>, ApiError> {
    let ids = named(world, params)?;
    if ids.is_empty() {
        return Err(ApiError::new("MissingParameter", "The request must contain the parameter InstanceId"));
    }
    if ids.len() > INSTANCES_MAX {
        return Err(invalid_value("instanceIds", &ids.len().to_string()));
    }
    // Flags that change nothing here must still be flags.
    ["Force", "SkipOsShutdown"].iter().try_for_each(|name| params.flag(name).map(|_| ()))?;
    Ok(ids)
}

fn states_of(world: &World, ids: &[&str]) -> BTreeMap<String, State> {
    ids.iter().filter_map(|id| Some(((*id).to_owned(), world.ec2.instances.get(*id)?.state))).collect()
}

/// The answer of the calls that change states: what it was and what it is.
fn changes(world: &World, ids: &[&str], before: &BTreeMap<String, State>) -> Xml {
    let show = |state: State| Xml::new().text("code", state.code()).text("name", state.name());
    let rows = ids.iter().filter_map(|id| {
        let (before, after) = (*before.get(*id)?, world.ec2.instances.get(*id)?.state);
        Some(
            Xml::new().text("instanceId", id).inside("currentState", show(after)).inside("previousState", show(before)),
        )
    });
    Xml::new().set("instancesSet", rows)
}

/// A protected instance keeps those of its own zone alive. Those of other zones are terminated, although the call fails:
/// the one action that changes something and returns an error.
pub(super) fn terminate_instances(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = some(world, params)?;
    let instance = |id: &str| world.ec2.instances.get(id);
    let is_protected = |id: &str| instance(id).is_some_and(|i| i.disable_api_termination && !i.state.is_ending());
    let protected: Vec<&str> = ids.iter().copied().filter(|id| is_protected(id)).collect();
    let zone = |id: &str| instance(id).map(|instance| instance.zone.as_str());
    let kept_zones: BTreeSet<Option<&str>> = protected.iter().map(|id| zone(id)).collect();
    let (kept, ended): (Vec<&str>, Vec<&str>) = ids.iter().partition(|id| kept_zones.contains(&zone(id)));
    let before = states_of(world, &ids);
    ended.iter().for_each(|id| shut_down(world, id, Reason::User));
    let Some(id) = protected.first().filter(|_| !kept.is_empty()) else { return Ok(changes(world, &ids, &before)) };
    let message = format!(
        "The instance '{id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again."
    );
    Err(ApiError::new("OperationNotPermitted", message))
}

pub(super) fn stop_instances(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = some(world, params)?;
    for id in &ids {
        let instance = world.ec2.instance(id)?;
        if instance.state.is_ending() || instance.state == State::Pending {
            let message = format!("This instance '{id}' is not in a state from which it can be stopped.");
            return Err(ApiError::new("IncorrectInstanceState", message));
        }
        if let Some(request) = &instance.spot_request_id {
            let message = format!(
                "You can't stop the Spot Instance '{id}' because it is associated with a one-time Spot Instance request. \
                 You can only stop Spot Instances associated with persistent Spot Instance requests. ({request})"
            );
            return Err(ApiError::new("UnsupportedOperation", message));
        }
        if instance.disable_api_stop {
            let message = format!(
                "The instance '{id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again."
            );
            return Err(ApiError::new("OperationNotPermitted", message));
        }
    }
    let before = states_of(world, &ids);
    let (now, stopped_at) = (world.now, world.now + world.delays.instance_terminate);
    for id in &ids {
        if let Some(instance) = world.ec2.instances.get_mut(id).filter(|i| i.state == State::Running) {
            instance.reason = Some((Reason::User, now));
            change(world, id, State::Stopping, stopped_at);
        }
    }
    Ok(changes(world, &ids, &before))
}

pub(super) fn start_instances(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = some(world, params)?;
    // What is stopped takes vCPUs and machines again; several of one type and zone take them together.
    let mut wanted: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for id in &ids {
        let instance = world.ec2.instance(id)?;
        match instance.state {
            State::Stopped => *wanted.entry((&instance.instance_type, &instance.zone)).or_default() += 1,
            State::Pending | State::Running => {}
            State::Stopping | State::ShuttingDown | State::Terminated => {
                let message = format!("The instance '{id}' is not in a state from which it can be started.");
                return Err(ApiError::new("IncorrectInstanceState", message));
            }
        }
    }
    for ((name, zone), count) in wanted {
        let Some(wanted) = instance_type::find(name) else { continue };
        if quota::room(&world.ec2, wanted, false) < count {
            return Err(quota::exceeded(&world.ec2, wanted, false));
        }
        if quota::capacity(&world.ec2, wanted, zone, false) < count {
            return Err(quota::no_capacity(world, wanted, zone, false));
        }
    }
    let before = states_of(world, &ids);
    let (now, runs_at) = (world.now, world.now + world.delays.instance_start);
    for id in &ids {
        if let Some(instance) = world.ec2.instances.get_mut(id).filter(|i| i.state == State::Stopped) {
            instance.reason = None;
            instance.launched_at = now;
            change(world, id, State::Pending, runs_at);
        }
    }
    Ok(changes(world, &ids, &before))
}

pub(super) fn reboot_instances(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    for id in some(world, params)? {
        if world.ec2.instance(id)?.state != State::Running {
            let message = format!("The instance '{id}' is not in the 'running' state.");
            return Err(ApiError::new("IncorrectState", message));
        }
    }
    Ok(Xml::returns_true())
}
