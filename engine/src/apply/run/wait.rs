//! Waiting: for resources to be ready or gone, all of one kind in one place with one poll, and for the time of a
//! repetition.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Awaited, Finished, Run, Wait, look};
use crate::apply::Cause;
use crate::event::Status;
use crate::journal::{Journal, Outcome, Record, Settled};
use crate::provider::{CallError, CallFailure, Polled, Provider};
use crate::resource::CloudId;
use crate::snapshot::RecordedResource;
use crate::step::{Step, StepId};
use crate::until::Until;

impl<P: Provider, J: Journal> Run<'_, P, J> {
    pub(super) fn wait_for(&mut self, id: StepId, cloud_id: CloudId, until: Until) {
        let now = Instant::now();
        self.begin(id);
        self.emit(id, Status::Waiting, Some(cloud_id.clone()));
        let Step { kind, place, .. } = self.steps.step(id);
        let (kind, place) = (kind.clone(), place.clone());
        let first_look = now + look::pause(Duration::ZERO, self.options.expectations.of(&kind, until));
        let wait = self.waits.entry(Awaited { place, kind, until }).or_insert_with(|| Wait {
            members: BTreeMap::new(),
            next: first_look,
            polling: false,
        });
        // Those who wait already are asked about along with a newcomer.
        wait.next = if wait.members.is_empty() { first_look } else { wait.next.min(first_look) };
        wait.members.insert(cloud_id, (id, now));
    }

    pub(super) fn start_polls(&mut self) {
        let now = Instant::now();
        for (awaited, wait) in &mut self.waits {
            if wait.polling || wait.next > now || wait.members.is_empty() {
                continue;
            }
            let Some(provider) = self.providers.index(&awaited.place) else { continue };
            wait.polling = true;
            let (provider, awaited) = (self.providers.get(provider).clone(), awaited.clone());
            let ids: Vec<CloudId> = wait.members.keys().cloned().collect();
            self.tasks.spawn(async move {
                let answer = provider.poll(&awaited.kind, &ids, awaited.until).await;
                Finished::Poll(awaited, answer)
            });
        }
    }

    pub(super) fn next_timer(&self) -> Option<Instant> {
        let polls = self.waits.values().filter(|w| !w.polling && !w.members.is_empty()).map(|w| w.next);
        polls.chain(self.delayed.first().map(|(at, _)| *at)).min()
    }

    pub(super) fn wake_delayed(&mut self) {
        let now = Instant::now();
        while let Some((at, id)) = self.delayed.first().copied() {
            if at > now {
                break;
            }
            self.delayed.pop_first();
            self.scheduler.give_back(id);
        }
    }

    pub(super) fn absorb_poll(
        &mut self,
        awaited: Awaited,
        answer: Result<Vec<Polled>, CallFailure>,
        settled: &mut Vec<Settled>,
    ) {
        let now = Instant::now();
        let timeout = self.options.wait_timeout;
        let expected = self.options.expectations.of(&awaited.kind, awaited.until);
        let Some(wait) = self.waits.get_mut(&awaited) else { return };
        let Awaited { place, until, .. } = awaited;
        wait.polling = false;
        let mut failed = Vec::new();
        let polled = match answer {
            Ok(polled) => polled,
            // Asking again gives the same answer: nothing can be learnt of these any more.
            Err(failure)
                if matches!(failure.class, CallError::Refused | CallError::Denied | CallError::Credentials) =>
            {
                let members = std::mem::take(&mut wait.members);
                failed.extend(members.into_values().map(|(id, _)| (id, Cause::Call(Box::new(failure.clone())))));
                vec![]
            }
            // A poll that fails says nothing about what it asked for: ask again, until time is up.
            Err(_) => vec![],
        };
        for polled in polled {
            match polled {
                Polled::Arrived(cloud_id, outputs) => {
                    let Some((id, _)) = wait.members.remove(&cloud_id) else { continue };
                    let address = &self.steps.step(id).address;
                    let records = match until {
                        Until::Gone => vec![Record::Remove(address.clone(), place.clone(), cloud_id)],
                        Until::Ready => self.recorded.resources.get(address).map_or(vec![], |known| {
                            let mut ready = RecordedResource::clone(known);
                            ready.outputs.extend(outputs);
                            vec![Record::Put(Arc::new(ready))]
                        }),
                    };
                    settled.push(Settled { step: id, outcome: Outcome::Done, records });
                }
                Polled::Failed(cloud_id, why) => {
                    let Some((id, _)) = wait.members.remove(&cloud_id) else { continue };
                    failed.push((id, Cause::Failed(why)));
                }
            }
        }
        let late: Vec<CloudId> =
            wait.members.iter().filter(|(_, (_, since))| now - *since > timeout).map(|(id, _)| id.clone()).collect();
        for cloud_id in late {
            let Some((id, _)) = wait.members.remove(&cloud_id) else { continue };
            let awaited = if until == Until::Ready { "ready" } else { "gone" };
            failed.push((id, Cause::TimedOut { awaited, timeout }));
        }
        if let Some(first) = wait.members.values().map(|(_, since)| *since).min() {
            // One rhythm for all: that of the one that has waited longest.
            wait.next = now + look::pause(now - first, expected);
        }
        for (id, cause) in failed {
            let cause = match cause {
                Cause::Failed(why) => Cause::Failed(self.without_secrets(id, why)),
                other => other,
            };
            settled.push(Settled { step: id, outcome: Outcome::Failed(cause.to_string()), records: vec![] });
            self.fail(id, cause);
        }
    }
}
