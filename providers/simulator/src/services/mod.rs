//! The services: their actions, one file for each resource.

pub(crate) mod action;
pub(crate) mod ec2;
pub(crate) mod iam;
mod key_page;
pub(crate) mod logs;
pub(crate) mod sts;

use crate::world::{Delays, Millis, World};

/// Returns an account as AWS hands it out: a default VPC with what comes with it, and nothing else.
pub(crate) fn new_account(region: &str, account: &str, seed: u64, delays: Delays, now: Millis) -> World {
    let mut world = World::empty(region, account, seed, delays, now);
    ec2::vpc::make_default(&mut world);
    world
}

/// Lets happen what AWS does by itself until `now`. Time never goes back.
pub(crate) fn advance(world: &mut World, now: Millis) {
    world.now = world.now.max(now);
    ec2::advance(world);
}
