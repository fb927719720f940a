//! Taking in what the cloud answered.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Finished, Repeats, Run, is_set_after_creation, look, removal};
use crate::address::Address;
use crate::apply::{ApplyError, Cause};
use crate::call_properties::without_secrets_of;
use crate::event::Status;
use crate::journal::{Journal, Outcome, Record, Settled};
use crate::kind::Field;
use crate::provider::{Answer, CallError, CallFailure, Provider};
use crate::resource::{CloudId, Literals, Resource};
use crate::snapshot::RecordedResource;
use crate::step::{StepId, Task};
use crate::until::Until;

/// First pause before a repetition; it doubles up to the longest.
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_LONGEST: Duration = Duration::from_secs(8);
/// Throttling never fails a run by itself; after this long it is something else.
const THROTTLE_TIMEOUT: Duration = Duration::from_secs(900);

impl<P: Provider, J: Journal> Run<'_, P, J> {
    /// Takes in everything that has finished by now, so that it shares one commit.
    pub(super) async fn absorb(&mut self, first: Result<Finished, tokio::task::JoinError>) -> Result<(), ApplyError> {
        let mut settled = Vec::new();
        let mut waits = Vec::new();
        let mut next = Some(first);
        while let Some(finished) = next {
            match finished.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())) {
                Finished::Call(provider, answers) => {
                    if let Some(lane) = self.lanes.get_mut(&provider) {
                        lane.on_their_way -= 1;
                    }
                    answers
                        .into_iter()
                        .for_each(|(id, answer)| self.absorb_answer(id, answer, &mut settled, &mut waits));
                }
                Finished::Poll(awaited, answer) => self.absorb_poll(awaited, answer, &mut settled),
            }
            next = self.tasks.try_join_next();
        }
        self.settle(settled).await?;
        waits.into_iter().for_each(|(id, cloud_id, until)| self.wait_for(id, cloud_id, until));
        Ok(())
    }

    pub(super) fn absorb_answer(
        &mut self,
        id: StepId,
        answer: Result<Answer, CallFailure>,
        settled: &mut Vec<Settled>,
        waits: &mut Vec<(StepId, CloudId, Until)>,
    ) {
        let step = self.steps.step(id);
        let address = step.address.clone();
        match (answer, &step.task) {
            (Ok(Answer::Created { id: cloud_id, outputs, ready }), Task::Create { resource, deposes }) => {
                let mut properties = self.literals_of(resource);
                let schemas = self.providers.schemas();
                properties.retain(|name, _| !is_set_after_creation(schemas, &step.kind, name));
                let depends_on = resource.lasting_dependencies().into_iter().collect();
                let mut records = vec![];
                if *deposes {
                    records.push(Record::Depose(address.clone()));
                }
                let (kind, place) = (step.kind.clone(), step.place.clone());
                records.push(Record::Put(Arc::new(RecordedResource {
                    address,
                    kind,
                    place,
                    id: cloud_id.clone(),
                    properties,
                    outputs,
                    depends_on,
                })));
                let outcome = if ready { Outcome::Done } else { Outcome::Accepted };
                if ready {
                    self.fresh.insert(step.address.clone(), Instant::now());
                }
                settled.push(Settled { step: id, outcome, records });
                if !ready {
                    waits.push((id, cloud_id, Until::Ready));
                }
            }
            (Ok(Answer::Updated { id: new_id, outputs }), Task::Update { resource, .. }) => {
                let mut records = vec![];
                if let Some(known) = self.recorded.resources.get(&address) {
                    let mut updated = RecordedResource::clone(known);
                    updated.properties = self.properties_after_update(resource, &known.properties);
                    updated.outputs.extend(outputs);
                    updated.id = new_id.unwrap_or(updated.id);
                    updated.depends_on = resource.lasting_dependencies().into_iter().collect();
                    records.push(Record::Put(Arc::new(updated)));
                }
                settled.push(Settled { step: id, outcome: Outcome::Done, records });
            }
            (Ok(Answer::Deleted { gone }), Task::Delete { existing, .. }) => {
                if gone {
                    let records = removal(&address, existing);
                    settled.push(Settled { step: id, outcome: Outcome::Done, records });
                } else {
                    settled.push(Settled { step: id, outcome: Outcome::Accepted, records: vec![] });
                    waits.push((id, existing.id.clone(), Until::Gone));
                }
            }
            (Ok(answer), task) => unreachable!("{address}: the provider answered {answer:?} to a {}", task.action()),
            (Err(mut failure), task) => {
                failure.message = self.without_secrets(id, failure.message);
                self.absorb_failure(id, failure, matches!(task, Task::Delete { .. }), settled);
            }
        }
    }

    /// Returns the properties of a resource as they are kept: digests in the place of secrets.
    fn literals_of(&self, resource: &Resource) -> Literals {
        let mut properties = self.resolve(resource).map(|known| Literals::clone(&known)).unwrap_or_default();
        let schema = self.providers.schemas().get(&resource.kind);
        schema.into_iter().for_each(|schema| schema.note_unset(&mut properties));
        properties
    }

    /// What is renewed with the replacement stays what it was: an update did not set it.
    fn properties_after_update(&self, resource: &Resource, before: &Literals) -> Literals {
        let mut properties = self.literals_of(resource);
        let schema = self.providers.schemas().get(&resource.kind);
        let is_kept = |field: &&Field| field.renewed_with_replacement;
        for field in schema.into_iter().flat_map(|schema| schema.fields).filter(is_kept) {
            match before.get(field.name) {
                Some(value) => properties.insert(field.name.to_owned(), value.clone()),
                None => properties.remove(field.name),
            };
        }
        properties
    }

    /// Returns what a cloud said of a step, without the secrets that it was sent for it.
    pub(super) fn without_secrets(&self, id: StepId, text: String) -> String {
        match &self.steps.step(id).task {
            Task::Create { resource, .. } | Task::Update { resource, .. } => without_secrets_of(resource, text),
            Task::Await | Task::Delete { .. } | Task::Import { .. } | Task::Forget { .. } => text,
        }
    }

    pub(super) fn absorb_failure(
        &mut self,
        id: StepId,
        failure: CallFailure,
        deleting: bool,
        settled: &mut Vec<Settled>,
    ) {
        let timeout = match failure.class {
            CallError::Throttled { .. } => Some(THROTTLE_TIMEOUT),
            CallError::NotYetVisible => Some(self.options.visibility_timeout),
            CallError::Blocked => Some(self.options.release_timeout),
            CallError::Gone if deleting => {
                let step = self.steps.step(id);
                if let Task::Delete { existing, .. } = &step.task {
                    let records = removal(&step.address, existing);
                    settled.push(Settled { step: id, outcome: Outcome::Done, records });
                }
                return;
            }
            _ => None,
        };
        let Some(timeout) = timeout else {
            let outcome = match failure.class {
                CallError::AnswerLost => Outcome::Unknown(failure.to_string()),
                _ => Outcome::Failed(failure.to_string()),
            };
            settled.push(Settled { step: id, outcome, records: vec![] });
            self.fail(id, Cause::Call(Box::new(failure)));
            return;
        };
        let now = Instant::now();
        let until_known = self.until_known(id, now);
        let repeats = self.repeats.entry(id).or_insert(Repeats { since: now, pause: RETRY_FIRST });
        let waited = now - repeats.since;
        if waited >= timeout {
            settled.push(Settled { step: id, outcome: Outcome::Failed(failure.to_string()), records: vec![] });
            self.fail(id, Cause::RetriesTimedOut { failure: Box::new(failure), timeout: waited });
            return;
        }
        let asked = match failure.class {
            CallError::Throttled { retry_after: Some(pause) } => pause,
            _ => Duration::ZERO,
        };
        let pause = match (&failure.class, until_known) {
            (CallError::NotYetVisible, Some(pause)) => pause,
            _ => repeats.pause.max(asked),
        };
        repeats.pause = (repeats.pause * 2).min(RETRY_LONGEST);
        self.delayed.insert((now + pause, id));
        self.emit(id, Status::Retrying(reason_to_repeat(&failure)), None);
    }

    /// Returns the pause until the youngest of what a creation refers to is likely known everywhere, if any of it is of
    /// a kind that takes its time: a role in an instance profile needs 8 s until EC2 knows of it.
    fn until_known(&self, id: StepId, now: Instant) -> Option<Duration> {
        let Task::Create { resource, .. } = &self.steps.step(id).task else { return None };
        let pause = |address: &Address| {
            let made = self.fresh.get(address)?;
            let kind = &self.recorded.resources.get(address)?.kind;
            let propagation_delay = self.options.expectations.propagation_delay(kind)?;
            Some(look::pause_until_known(now - *made, propagation_delay))
        };
        let mut longest = None;
        resource.each_creation_dependency(&mut |address| longest = longest.max(pause(address)));
        longest
    }
}

/// Says why a call is sent once more, for people: most of these answers are ordinary, and read like errors.
fn reason_to_repeat(failure: &CallFailure) -> String {
    let reason = match failure.class {
        CallError::NotYetVisible => "what it needs was made a moment ago and is not known everywhere yet",
        CallError::Blocked => "something still hangs on it",
        CallError::Throttled { .. } => "the account takes no more calls for a moment",
        _ => return failure.to_string(),
    };
    format!("{reason} ({failure})")
}
