//! The instances that calls name.

use super::super::query::check_form;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::world::ec2::Ec2;
use crate::world::ec2::instance::{Instance, NEVER, Reservation};
use crate::world::{Millis, World};

impl Ec2 {
    /// Refuses an id that is malformed or unknown.
    pub(crate) fn instance(&self, id: &str) -> Result<&Instance, ApiError> {
        check_form(id, "i", "InvalidInstanceID.Malformed")?;
        self.instances.get(id).ok_or_else(|| not_found(&[id]))
    }

    /// Returns what an instance has in common with the others of its launch.
    pub(super) fn reservation_of(&self, instance: &Instance) -> Option<&Reservation> {
        self.reservations.get(&instance.reservation_id)
    }

    /// Lets an instance change by itself at a time.
    pub(super) fn schedule_instance(&mut self, id: &str, at: Millis) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        instance.changes_at = at;
        if at != NEVER {
            self.instance_schedule.insert((at, id.to_owned()));
        }
    }
}

/// Returns the error for ids that no instance has.
pub(super) fn not_found(ids: &[&str]) -> ApiError {
    let message = match ids {
        [one] => format!("The instance ID '{one}' does not exist"),
        more => format!("The instance IDs '{}' do not exist", more.join(", ")),
    };
    ApiError::new("InvalidInstanceID.NotFound", message)
}

/// Returns the ids that a call names, all of them known.
pub(super) fn named<'a>(world: &World, params: &'a Params) -> Result<Vec<&'a str>, ApiError> {
    let ids = params.list("InstanceId");
    ids.iter().try_for_each(|id| check_form(id, "i", "InvalidInstanceID.Malformed"))?;
    let unknown: Vec<&str> = ids.iter().copied().filter(|id| !world.ec2.instances.contains_key(*id)).collect();
    if unknown.is_empty() { Ok(ids) } else { Err(not_found(&unknown)) }
}
