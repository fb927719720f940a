//! Making outcomes durable, and telling the world.

use super::Run;
use crate::apply::{ApplyError, Cause, Failure};
use crate::event::{Event, Status, StepEvent};
use crate::journal::{Journal, Outcome, Settled};
use crate::provider::Provider;
use crate::resource::CloudId;
use crate::step::{StepId, Task};

impl<P: Provider, J: Journal> Run<'_, P, J> {
    pub(super) async fn settle(&mut self, settled: Vec<Settled>) -> Result<(), ApplyError> {
        if settled.is_empty() {
            return Ok(());
        }
        let outcomes: Vec<(StepId, Outcome)> = settled.iter().map(|s| (s.step, s.outcome.clone())).collect();
        for record in settled.iter().flat_map(|s| &s.records) {
            self.recorded.apply(record);
        }
        if let Err(error) = self.journal.settle(settled).await {
            let unrecorded = outcomes.iter().map(|(id, _)| self.steps.step(*id).address.clone()).collect();
            return Err(self.broken_off(error, unrecorded));
        }
        for (id, outcome) in outcomes {
            if outcome == Outcome::Done {
                self.done.insert(id);
                self.scheduler.done(id);
                if self.ends_its_work(id) {
                    let step = self.steps.step(id);
                    let began = self.began.get(&(step.change, step.task.action()));
                    let took = began.map(|began| began.elapsed()).unwrap_or_default();
                    let known = self.recorded.resources.get(&self.steps.step(id).address);
                    let cloud_id = match &self.steps.step(id).task {
                        Task::Delete { existing, .. } | Task::Forget { existing } => Some(existing.id.clone()),
                        _ => known.map(|known| known.id.clone()),
                    };
                    self.emit(id, Status::Done(took), cloud_id);
                }
            }
        }
        Ok(())
    }

    /// A creation that an update completes is told as one.
    pub(super) fn ends_its_work(&self, id: StepId) -> bool {
        let step = self.steps.step(id);
        !matches!(step.task, Task::Create { .. })
            || !self
                .steps
                .successors(id)
                .iter()
                .any(|next| self.completes_creation(*next) && self.steps.step(*next).address == step.address)
    }

    pub(super) fn fail(&mut self, id: StepId, cause: Cause) {
        let step = self.steps.step(id);
        self.emit(id, Status::Failed(cause.to_string()), None);
        self.report.failures.push(Failure { address: step.address.clone(), action: step.task.action(), cause });
        let of = step.address.clone();
        for lost in self.scheduler.failed(id) {
            let address = self.steps.step(lost).address.clone();
            if !self.completes_creation(lost) {
                self.emit(lost, Status::Skipped(format!("it waits for {of}")), None);
            }
            if address != of {
                self.report.skipped.push((address, of.clone()));
            }
        }
    }

    pub(super) fn emit(&mut self, id: StepId, status: Status, cloud_id: Option<CloudId>) {
        let step = self.steps.step(id);
        (self.report_event)(Event::Step(StepEvent {
            address: step.address.clone(),
            kind: step.kind.clone(),
            action: step.task.action(),
            status,
            id: cloud_id,
        }));
    }
}
