//! From a stack file to a plan: what plan, apply, drift and destroy do alike before they differ.
//!
//! ```text
//! stack file -> connect -> survey -> compile -> link -> refresh -> attribute -> plan
//!                            ^facts                      ^recorded
//!                            '------- the state ---------'
//! ```

use std::sync::Arc;
use std::time::Duration;

use landfall_aws::connect::{ConnectOptions, connect, connect_through};
use landfall_aws::provider::AwsProvider;
use landfall_aws::survey::survey;
use landfall_aws_blueprint::{Facts, compile};
use landfall_engine::attribute::attribute;
use landfall_engine::call_forecast;
use landfall_engine::expectation::Expectations;
use landfall_engine::forecast::{Forecast, forecast};
use landfall_engine::graph::{Graph, link};
use landfall_engine::plan::{AskedReplacements, Plan, assume_unchanged, plan_replacing};
use landfall_engine::provider::Provider;
use landfall_engine::providers::Providers;
use landfall_engine::snapshot::Observed;
use landfall_engine::step::{StepGraph, steps};
use landfall_state::{Identity, Snapshot, Store, StoreError, StoreWriter};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::environment::{Account, Environment};
use crate::event::Note;
use crate::intents;
use crate::stack_file::StackFile;
use crate::stored_state::StoredState;

/// Which kinds a refresh reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KindsRead {
    /// All: where the state may know too little of what the stack has.
    All,
    /// Of the optional ones those that the stack declares, has, or may have begun to make. If nothing is recorded, the
    /// account alone knows what the stack has, and all are read.
    Wanted,
}

/// Pauses between looks for what an earlier run may have made.
const LOOK_AGAIN: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(6)];

/// The run that an operation belongs to that changes nothing.
const NO_RUN: &str = "none";

/// What should exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    /// What the stack file declares.
    Declared,
    /// Nothing.
    Nothing,
}

/// A stack, the account it lives in, and what the state holds of it.
pub struct Session {
    /// The world it is in.
    pub env: Environment,
    /// The stack file.
    pub file: StackFile,
    /// The account.
    pub provider: Arc<AwsProvider>,
    /// The state's part.
    pub stored: StoredState,
    /// Globs of what is replaced because the user asks for it.
    pub replace: Vec<String>,
}

/// A plan, and all that it was made from.
pub struct Planned {
    /// What compiling had to know; `None` if nothing was compiled.
    pub facts: Option<Facts>,
    /// What exists.
    pub observed: Observed,
    /// What to do about it.
    pub plan: Plan,
    /// The same, cut into steps.
    pub steps: StepGraph,
    /// What it will take.
    pub forecast: Forecast,
}

/// Connects to the account of a stack.
async fn connect_to(env: &Environment, file: &StackFile, run: &str) -> Result<AwsProvider, Error> {
    let options = ConnectOptions { region: &file.stack.region, stack: file.name(), run };
    match &env.account {
        Account::Aws => Ok(connect(&options).await?),
        Account::Simulated { account, file } => {
            let http = account.http(file, options.region)?;
            Ok(connect_through(&options, http).await?)
        }
        Account::Through(http) => Ok(connect_through(&options, http.clone()).await?),
    }
}

impl Session {
    /// Connects to the account and reads the state, to look at both.
    ///
    /// # Errors
    /// If there is no way to the account, or if the state is another's or cannot be read.
    pub async fn open(env: &Environment, store: &impl Store, file: StackFile) -> Result<Session, Error> {
        let snapshot = store.read().await?;
        let session = Session::connect(env, file).await?;
        match snapshot.as_ref().map(|snapshot| snapshot.check_identity(&session.identity(), store.location())) {
            // A state that holds nothing any more says nothing.
            Some(Err(StoreError::OfAnotherStack { vacant: true, .. })) => {}
            checked => checked.unwrap_or(Ok(()))?,
        }
        Ok(Session { stored: snapshot.map(StoredState::from).unwrap_or_default(), ..session })
    }

    /// Connects to the account and reads the state under its lease, to change both. A state that holds nothing any more is
    /// taken over: a stack that was destroyed can move.
    ///
    /// # Errors
    /// If there is no way to the account, or if the state is another's or cannot be read.
    pub async fn open_to_write(
        env: &Environment,
        writer: &impl StoreWriter,
        file: StackFile,
    ) -> Result<Session, Error> {
        // What is damaged is told before anybody asks for credentials.
        writer.read().await?;
        Session::connect(env, file).await?.with_writer(writer).await
    }

    /// Connects to the account; of the state nothing is known yet.
    ///
    /// # Errors
    /// If there is no way to the account.
    pub async fn connect(env: &Environment, file: StackFile) -> Result<Session, Error> {
        let provider = Arc::new(connect_to(env, &file, NO_RUN).await?);
        Ok(Session { env: env.clone(), file, provider, stored: StoredState::default(), replace: vec![] })
    }

    /// Makes the state this stack's and reads it.
    ///
    /// # Errors
    /// If it is another's or cannot be read.
    pub(crate) async fn with_writer(self, writer: &impl StoreWriter) -> Result<Session, Error> {
        self.claim(writer).await?;
        let snapshot = writer.read().await?;
        Ok(self.with_snapshot(snapshot))
    }

    /// Goes on from what was read under the lease.
    pub(crate) fn with_snapshot(self, snapshot: Option<Snapshot>) -> Session {
        let mut stored = snapshot.map(StoredState::from).unwrap_or_default();
        // Who holds the lease is alone.
        stored.in_progress = None;
        Session { stored, ..self }
    }

    /// Returns what the state must belong to.
    pub(crate) fn identity(&self) -> Identity {
        Identity {
            stack: self.file.name().to_owned(),
            region: self.provider.region().to_owned(),
            account: self.provider.account().to_owned(),
        }
    }

    /// Makes sure that the state is this stack's, in this region and account. One that holds nothing any more is taken
    /// over.
    ///
    /// # Errors
    /// If it is another's.
    pub(crate) async fn claim(&self, writer: &impl StoreWriter) -> Result<(), Error> {
        let identity = self.identity();
        match writer.bind(&identity).await {
            Err(StoreError::OfAnotherStack { vacant: true, .. }) => Ok(writer.rebind(&identity).await?),
            bound => Ok(bound?),
        }
    }

    /// Asks for the replacement of what these globs select.
    pub fn replacing(self, globs: &[String]) -> Session {
        Session { replace: globs.to_vec(), ..self }
    }

    /// Says that a run is in progress, where one is: what an operation that only looks shows is then a moment of it.
    pub(crate) fn note_run_in_progress(&self) {
        let Some(run) = &self.stored.in_progress else { return };
        self.env.note(Note::RunInProgress {
            number: run.id.number().to_string(),
            command: run.command.clone(),
            pid: run.who.pid,
            host: run.who.host.clone(),
        });
    }

    /// Asks what compiling must know, and compiles.
    ///
    /// # Errors
    /// If the account does not say, or with everything in the stack that this account or region cannot have.
    pub async fn compile(&self) -> Result<(Graph, Facts), Error> {
        let known = self.stored.facts.as_ref().filter(|_| !self.stored.recorded.is_empty());
        let facts = survey(&self.provider, &self.file.stack, known).await?;
        let graph = compile_with(&self.file, &facts)?;
        Ok((graph, facts))
    }

    /// Reads the account, in bulk.
    ///
    /// # Errors
    /// If one of the reads fails: then it is not known what exists.
    pub(crate) async fn observe(&self, graph: &Graph, kinds: KindsRead) -> Result<Observed, Error> {
        let StoredState { recorded, open_intents, .. } = &self.stored;
        let provider = if kinds == KindsRead::All || recorded.is_empty() {
            self.provider.clone()
        } else {
            let declared = graph.resources().iter().map(|resource| &resource.kind);
            let has = recorded.iter().map(|resource| &resource.kind);
            let begun = open_intents.iter().map(|intent| &intent.kind);
            Arc::new(self.provider.reading(declared.chain(has).chain(begun).cloned().collect()))
        };
        let found = Providers::of(provider).refresh(recorded).await?;
        Ok(attribute(found, &self.stored.recorded, graph))
    }

    /// Reads the account, and again where an earlier run has made something a moment ago, or may have, that is not seen.
    ///
    /// # Errors
    /// As [`Session::observe`].
    pub(crate) async fn observe_all(&self, graph: &Graph, kinds: KindsRead) -> Result<Observed, Error> {
        let StoredState { recorded, open_intents, fresh, in_progress, .. } = &self.stored;
        let mut observed = self.observe(graph, kinds).await?;
        // What a run that is at work has begun is not lost.
        if in_progress.is_some() {
            return Ok(observed);
        }
        let (first_look, mut waited) = (self.env.clock.now(), Duration::ZERO);
        for pause in LOOK_AGAIN {
            let left = intents::too_early(open_intents, fresh, recorded, &observed, first_look);
            let Some(left) = left.and_then(|left| left.checked_sub(waited)) else { break };
            if waited.is_zero() {
                self.env.note(Note::LookingAgain { seconds: left.as_secs().max(1) });
            }
            tokio::time::sleep(pause).await;
            waited += pause;
            observed = self.observe(graph, kinds).await?;
        }
        Ok(observed)
    }

    /// Makes the plan. Without a refresh the account is taken to be as recorded.
    ///
    /// # Errors
    /// If the stack cannot be compiled or the account cannot be read.
    pub async fn plan(&self, goal: Goal, refresh: bool) -> Result<Planned, Error> {
        let (graph, facts) = match goal {
            Goal::Declared => self.compile().await.map(|(graph, facts)| (graph, Some(facts)))?,
            Goal::Nothing => (Graph::default(), None),
        };
        self.plan_for(graph, facts, refresh).await
    }

    /// Makes the plan for what is compiled already, with these facts.
    ///
    /// # Errors
    /// If the account cannot be read, or the state's dependencies contradict the stack's.
    pub async fn plan_for(&self, graph: Graph, facts: Option<Facts>, refresh: bool) -> Result<Planned, Error> {
        let schemas = self.provider.schemas();
        let recorded = &self.stored.recorded;
        let asked = AskedReplacements::select(&self.replace, &graph)?;
        // What a teardown does not see, it leaves.
        let kinds = if graph.resources().is_empty() { KindsRead::All } else { KindsRead::Wanted };
        let observed =
            if refresh { self.observe_all(&graph, kinds).await? } else { assume_unchanged(recorded, schemas) };
        let plan = plan_replacing(&graph, recorded, &observed, schemas, &asked);
        let expectations = self.expectations();
        let steps = steps(&plan, &graph, schemas, &expectations)?;
        let forecast = Forecast {
            calls: call_forecast::calls(&plan, &steps, &expectations, &*self.provider),
            ..forecast(&steps, &expectations, &self.provider.allowances())
        };
        Ok(Planned { facts, observed, plan, steps, forecast })
    }

    /// Returns how long things are expected to take: what is typical, or what earlier runs have shown.
    pub fn expectations(&self) -> Expectations {
        let mut expectations = Expectations::typical(self.provider.schemas(), self.provider.time_scale());
        expectations.learn(self.stored.observations.iter().cloned());
        expectations
    }
}

/// Compiles a stack with these facts and links the result.
///
/// # Errors
/// With everything in the stack file that this account or region cannot have.
pub fn compile_with(file: &StackFile, facts: &Facts) -> Result<Graph, Error> {
    let declared = compile(&file.stack, facts).map_err(|problems| Error::Problems(file.problems(problems)))?;
    link(declared).map_err(Error::Link)
}
