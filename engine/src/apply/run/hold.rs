//! Holding back what the cloud would refuse for its rate.

use std::time::Duration;

use tokio::time::Instant;

use super::Run;
use crate::event::Status;
use crate::journal::Journal;
use crate::provider::Provider;
use crate::step::StepId;

impl<P: Provider, J: Journal> Run<'_, P, J> {
    /// Keeps the steps of a call back for a while. There is no intent of them and nothing is on its way, so whoever stops
    /// the run stops them. It is told once for each, however often they come back too early.
    pub(super) fn hold(&mut self, steps: &[StepId], wait: Duration, why: &str) {
        let until = Instant::now() + wait;
        for id in steps {
            self.delayed.insert((until, *id));
            // Being refused has its own timeout, and this is no refusal.
            if let Some(repeats) = self.repeats.get_mut(id) {
                repeats.since += wait;
            }
            if self.told_to_wait.insert(*id) {
                self.emit(*id, Status::Held(why.to_owned()), None);
            }
        }
    }
}
