//! The spot market's side of things that no API call does: instances that are taken away.

use crate::services::ec2::instance::interrupt_spot;
use crate::world::World;
use crate::world::ec2::instance::State;

/// Tells whether an instance is there and not on its way out.
pub(crate) fn is_alive(world: &World, id: &str) -> bool {
    let state = world.ec2.instances.get(id).map(|instance| instance.state);
    state.is_some_and(|state| !matches!(state, State::ShuttingDown | State::Terminated))
}

/// Takes spot instances away, the oldest first.
pub(crate) fn interrupt_oldest(world: &mut World, count: usize) {
    let spot = world.ec2.instances.iter().filter(|(_, instance)| instance.spot_request_id.is_some());
    let mut spot: Vec<_> = spot.map(|(id, i)| (i.launched_at, &i.reservation_id, i.launch_index, id)).collect();
    spot.sort();
    let alive = spot.into_iter().map(|(_, _, _, id)| id).filter(|id| is_alive(world, id));
    let ids: Vec<String> = alive.take(count).cloned().collect();
    for id in ids {
        // All of them are spot instances that exist: none is refused.
        let _ = interrupt_spot(world, &id);
    }
}
