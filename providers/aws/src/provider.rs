//! Joins the kinds to what the engine asks of a cloud.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use landfall_engine::attribute::Found;
use landfall_engine::forecast::Allowance;
use landfall_engine::kind::{Kind, Schemas};
use landfall_engine::place::Place;
use landfall_engine::provider::{
    Admission, Answer, Ask, Call, CallError, CallFailure, Cost, Polled, Provider, ReadyStep, SharedCall, StepAnswer,
};
use landfall_engine::resource::{CloudId, Literals};
use landfall_engine::snapshot::{ObservedResource, Recorded};
use landfall_engine::step::StepId;
use landfall_engine::time_scale::TimeScale;
use landfall_engine::until::Until;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::cloud::{Cloud, FILTER_VALUES_MAX};
use crate::declared::declared;
use crate::kinds::{self, INSTANCE_TAGS_CHANGED, ResourceKind, Seen, retag_ec2};
use crate::operation::{CREATE_TAGS, EC2_TAGS_CHANGED};
use crate::rate_limit::{Effect, Metered, QueuePlaces, allowances};
use crate::tags::{self, Retagging};

/// One region of an account, and what belongs to no region of it, for one stack.
pub struct AwsProvider {
    cloud: Cloud,
    kinds: BTreeMap<Kind, Arc<dyn ResourceKind>>,
    schemas: Schemas,
    /// The optional kinds that are read; all, if none are named.
    wanted: Option<BTreeSet<Kind>>,
    global: Place,
    regional: Place,
    /// The places in the queue of this run's steps that wait to be admitted.
    queue: Mutex<QueuePlaces>,
}

/// A request that is not sent yet.
#[derive(Debug)]
pub struct Request(Content);

#[derive(Debug)]
enum Content {
    /// For the kind to send.
    OfKind { kind: Kind, steps: Vec<StepId>, asks: Vec<Ask> },
    /// The same change of tags for EC2 resources of any kind.
    Retag { steps: Vec<StepId>, ids: Vec<String>, before: tags::Tags, after: tags::Tags },
}

/// Returns the schemas of all kinds, without a connection.
pub fn schemas() -> Schemas {
    kinds::all().iter().map(|kind| kind.schema()).collect()
}

impl AwsProvider {
    pub(crate) fn new(cloud: Cloud) -> AwsProvider {
        let kinds: BTreeMap<Kind, Arc<dyn ResourceKind>> =
            kinds::all().into_iter().map(|kind| (kind.schema().kind, Arc::from(kind))).collect();
        let (global, regional) = (Place::global(&cloud.account), Place::regional(&cloud.account, &cloud.region));
        AwsProvider { cloud, kinds, schemas: schemas(), wanted: None, global, regional, queue: Mutex::default() }
    }

    pub(crate) fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    pub(crate) fn kinds(&self) -> impl Iterator<Item = &Arc<dyn ResourceKind>> {
        self.kinds.values()
    }

    /// Returns the same connection for a run: what it makes is tagged with the run's id. Calls are counted together.
    pub fn for_run(&self, run: &str) -> AwsProvider {
        AwsProvider::new(Cloud { run: run.to_owned(), ..self.cloud.clone() })
    }

    /// Returns the same connection, which reads an optional kind only if it is one of these.
    pub fn reading(&self, wanted: BTreeSet<Kind>) -> AwsProvider {
        AwsProvider { wanted: Some(wanted), ..AwsProvider::new(self.cloud.clone()) }
    }

    fn is_read(&self, kind: &dyn ResourceKind) -> bool {
        !kind.is_optional() || self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&kind.schema().kind))
    }

    /// Returns the account's number.
    pub fn account(&self) -> &str {
        &self.cloud.account
    }

    /// Returns how fast time goes in the account.
    pub fn time_scale(&self) -> TimeScale {
        self.cloud.time_scale
    }

    /// Returns how many of a kind the account may make or remove, in the wall's seconds.
    pub fn allowances(&self) -> Vec<Allowance> {
        allowances(self.cloud.time_scale)
    }

    /// Returns the region.
    pub fn region(&self) -> &str {
        &self.cloud.region
    }

    fn kind(&self, kind: &Kind) -> Result<&Arc<dyn ResourceKind>, CallFailure> {
        self.kinds.get(kind).ok_or_else(|| CallFailure {
            class: CallError::Refused,
            operation: kind.to_string(),
            code: None,
            message: "not sent: this version of landfall does not know the kind".to_owned(),
            request_id: None,
        })
    }

    /// What is sensitive is compared by the record alone, so nothing of it may go further than here.
    fn drop_what_is_sensitive(&self, seen: &mut ObservedResource) {
        let Some(schema) = self.schemas.get(&seen.kind) else { return };
        for field in schema.fields.iter().filter(|field| field.sensitive) {
            seen.properties.remove(field.name);
        }
        debug_assert!(
            seen.properties.keys().all(|name| schema.field(name).is_some()),
            "{} is read with a property that its schema lacks: {:?}",
            seen.kind,
            seen.properties
        );
        debug_assert!(
            seen.outputs.keys().all(|name| schema.outputs.contains(&name.as_str())),
            "{} is read with an output that its schema lacks: {:?}",
            seen.kind,
            seen.outputs
        );
    }

    /// Returns the operation that a call is told of by: the first that it always sends.
    fn operation(&self, kind: &Kind, ask: &Ask) -> &'static str {
        let sent = self.kinds.get(kind).map(|kind| kind.calls().of_ask(ask)).unwrap_or_default();
        sent.iter().find_map(|sent| sent.always.first()).map_or("", |operation| operation.name)
    }

    /// Returns what can be joined with what: equal keys make one call of at most so many steps.
    fn batch_key(&self, step: &ReadyStep) -> (BatchKey, usize) {
        if let Some(change) = lone_retagging(step) {
            return (BatchKey::Retag(format!("{change:?}")), usize::MAX);
        }
        let joined = self.kinds.get(&step.kind).and_then(|kind| kind.batch(&step.ask));
        match joined {
            Some((key, most)) => (BatchKey::OfKind(step.kind.clone(), key), most),
            None => (BatchKey::Alone(step.step), 1),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum BatchKey {
    Retag(String),
    OfKind(Kind, String),
    Alone(StepId),
}

/// Returns the change of tags if an update of an EC2 resource asks for nothing else.
fn lone_retagging(step: &ReadyStep) -> Option<Retagging> {
    let Ask::Update { before, properties, fields, .. } = &step.ask else { return None };
    let only_tags = fields.len() == 1 && fields[0] == "tags" && step.kind.as_str().starts_with("ec2.");
    only_tags.then(|| Retagging::between(&tags::of_properties(before), &tags::of_properties(properties)))
}

/// Returns what a call did to the tokens that it was admitted with.
fn effect_of(answers: &[StepAnswer], sent: Instant) -> Effect {
    let all = |wanted: fn(&CallError) -> bool| {
        answers.iter().all(|(_, answer)| answer.as_ref().is_err_and(|failure| wanted(&failure.class)))
    };
    if all(|class| matches!(class, CallError::Throttled { .. })) {
        Effect::Refused { sent }
    } else if all(|class| *class == CallError::Unreachable) {
        Effect::Unsent
    } else {
        Effect::Answered
    }
}

impl Provider for AwsProvider {
    type Request = Request;

    fn places(&self) -> Vec<Place> {
        vec![self.global.clone(), self.regional.clone()]
    }

    fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// Each kind is read in the place that it belongs to, and in no other.
    async fn refresh(&self, place: &Place, recorded: Recorded) -> Result<Vec<Found>, CallFailure> {
        let known = Arc::new(recorded);
        let mut reads = JoinSet::new();
        let of_place = self.schemas.iter().filter(|schema| schema.global == place.is_global());
        let kinds = of_place.filter_map(|schema| self.kinds.get(&schema.kind));
        for kind in kinds.filter(|kind| self.is_read(kind.as_ref())) {
            let (kind, cloud, known) = (kind.clone(), self.cloud.clone(), known.clone());
            reads.spawn(async move {
                let (doing, calls) = (format!("the read of {}", kind.schema().kind), [kind.calls().read]);
                declared(doing, calls, kind.read(&cloud, &known)).await
            });
        }
        let mut all: Vec<Seen> = Vec::new();
        while let Some(read) = reads.join_next().await {
            all.extend(read.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?);
        }
        // The reads end in any order; what follows from them must not.
        all.sort_by(|a, b| (&a.resource.kind, &a.resource.id).cmp(&(&b.resource.kind, &b.resource.id)));
        all.dedup_by(|a, b| a.resource.kind == b.resource.kind && a.resource.id == b.resource.id);
        all.iter_mut().for_each(|seen| self.drop_what_is_sensitive(&mut seen.resource));
        let addresses = kinds::AddressIndex::new(&all, &known);
        let claims: Vec<_> = all.iter().map(|seen| self.kinds[&seen.resource.kind].claim(seen, &addresses)).collect();
        Ok(all.into_iter().zip(claims).map(|(seen, claim)| Found { resource: seen.resource, claim }).collect())
    }

    fn batch(&self, ready: Vec<ReadyStep>) -> Vec<Call<Request>> {
        let mut joined: BTreeMap<BatchKey, (usize, Vec<ReadyStep>)> = BTreeMap::new();
        for step in ready {
            let (key, most) = self.batch_key(&step);
            joined.entry(key).or_insert_with(|| (most, vec![])).1.push(step);
        }
        let mut calls = Vec::new();
        for (key, (most, mut steps)) in joined {
            steps.sort_by(|a, b| a.address.cmp(&b.address));
            while !steps.is_empty() {
                let rest = steps.split_off(most.min(steps.len()));
                calls.push(self.call(&key, std::mem::replace(&mut steps, rest)));
            }
        }
        calls
    }

    fn cost(&self, step: &ReadyStep) -> Cost {
        let requests = match lone_retagging(step) {
            Some(change) => {
                let belongings = usize::from(step.kind == kinds::INSTANCE);
                belongings + usize::from(!change.set.is_empty()) + usize::from(!change.remove.is_empty())
            }
            None => {
                let sent = self.kinds.get(&step.kind).map(|kind| kind.calls().of_ask(&step.ask));
                sent.unwrap_or_default().iter().map(|sent| sent.always.len()).sum()
            }
        };
        let shared = match self.batch_key(step) {
            (BatchKey::Alone(_), _) => None,
            (key, at_most) => Some(SharedCall { key: format!("{key:?}"), at_most }),
        };
        Cost { requests, shared }
    }

    fn polled_at_once(&self) -> usize {
        FILTER_VALUES_MAX
    }

    fn admit(&self, call: &Call<Request>) -> Admission {
        let Some(metered) = Metered::of(call.operation) else { return Admission::Now };
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        self.cloud.rate_limits.admit(metered, &call.steps, &mut queue)
    }

    async fn send(&self, call: Call<Request>) -> Vec<StepAnswer> {
        let Some(metered) = Metered::of(call.operation) else { return self.send_admitted(call).await };
        let sent = Instant::now();
        let answers = self.send_admitted(call).await;
        self.cloud.rate_limits.note(metered, answers.len(), effect_of(&answers, sent));
        answers
    }

    async fn poll(&self, kind: &Kind, ids: &[CloudId], until: Until) -> Result<Vec<Polled>, CallFailure> {
        let known = self.kind(kind)?;
        declared(format!("the poll of {kind}"), [known.calls().poll], known.poll(&self.cloud, ids, until)).await
    }

    fn calls_sent(&self) -> u64 {
        self.cloud.calls.sent()
    }
}

impl AwsProvider {
    async fn send_admitted(&self, call: Call<Request>) -> Vec<StepAnswer> {
        match call.request.0 {
            Content::OfKind { kind, steps, asks } => {
                let answers = match self.kind(&kind) {
                    Ok(known) => {
                        let doing = format!("the {} of {kind}", asks.first().map_or("call", Ask::action));
                        let calls = asks.first().map(|ask| known.calls().of_ask(ask)).unwrap_or_default();
                        declared(doing, calls, known.send(&self.cloud, &call.token, &asks)).await
                    }
                    Err(failure) => vec![Err(failure); asks.len()],
                };
                steps.into_iter().zip(answers).collect()
            }
            Content::Retag { steps, ids, before, after } => {
                let calls = [EC2_TAGS_CHANGED, INSTANCE_TAGS_CHANGED];
                let retagged = declared("the change of tags", calls, retag_ec2(&self.cloud, &ids, &before, &after));
                let answer = match retagged.await {
                    Ok(()) => Ok(Answer::Updated { id: None, outputs: Literals::new() }),
                    Err(failure) => Err(failure),
                };
                steps.into_iter().map(|step| (step, answer.clone())).collect()
            }
        }
    }

    fn call(&self, key: &BatchKey, ready: Vec<ReadyStep>) -> Call<Request> {
        let steps: Vec<StepId> = ready.iter().map(|step| step.step).collect();
        let operation = ready.first().map_or("", |step| self.operation(&step.kind, &step.ask));
        if let (BatchKey::Retag(_), Some(Ask::Update { before, properties, .. })) = (key, ready.first().map(|s| &s.ask))
        {
            let (before, after) = (tags::of_properties(before), tags::of_properties(properties));
            let id = |step: &ReadyStep| match &step.ask {
                Ask::Update { id, .. } => Some(id.to_string()),
                _ => None,
            };
            let ids = ready.iter().filter_map(id).collect();
            // Only what differs may be sent: the other tags of these resources are not the same.
            let change = Retagging::between(&before, &after);
            let before = change.remove.iter().map(|key| (key.clone(), String::new())).collect();
            let content = Content::Retag { steps: steps.clone(), ids, before, after: change.set };
            return Call { operation: CREATE_TAGS.name, steps, token: String::new(), request: Request(content) };
        }
        let kind = ready.first().map(|step| step.kind.clone()).unwrap_or_else(|| Kind::new(""));
        let asks = ready.into_iter().map(|step| step.ask).collect();
        let content = Content::OfKind { kind, steps: steps.clone(), asks };
        Call { operation, steps, token: String::new(), request: Request(content) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The blueprint declares nothing else without a region.
    #[test]
    fn what_belongs_to_no_region_is_iam() {
        for schema in schemas().iter() {
            assert_eq!(schema.global, schema.kind.as_str().starts_with("iam."), "{}", schema.kind);
        }
    }
}
