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
use landfall_state::{Identity, OpenError, State};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::environment::{Account, Environment};
use crate::event::Note;
use crate::intents;
use crate::stack_file::StackFile;
use crate::stored_state::StoredState;

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

/// What a state was opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// By an operation that only looks.
    Read,
    /// By one that holds the lock.
    Write,
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
        Account::Simulated(account) => {
            let http = account.http(&env.state_path(file), options.region)?;
            Ok(connect_through(&options, http).await?)
        }
        Account::Through(http) => Ok(connect_through(&options, http.clone()).await?),
    }
}

impl Session {
    /// Connects to the account and reads the state.
    ///
    /// # Errors
    /// If there is no way to the account, or if the state is another's or cannot be read.
    pub async fn open(
        env: &Environment,
        file: StackFile,
        state: Option<&State>,
        access: Access,
    ) -> Result<Session, Error> {
        Session::connect(env, file).await?.with_state(state, access)
    }

    /// Connects to the account; of the state nothing is known yet.
    ///
    /// # Errors
    /// If there is no way to the account.
    pub async fn connect(env: &Environment, file: StackFile) -> Result<Session, Error> {
        let provider = Arc::new(connect_to(env, &file, NO_RUN).await?);
        Ok(Session { env: env.clone(), file, provider, stored: StoredState::default(), replace: vec![] })
    }

    /// Reads the state.
    ///
    /// # Errors
    /// If it is another's or cannot be read.
    pub fn with_state(self, state: Option<&State>, access: Access) -> Result<Session, Error> {
        if let Some(state) = state {
            self.claim(state, access)?;
        }
        let mut stored = StoredState::of(state, self.env.clock.now())?;
        if access == Access::Write {
            // Who holds the lock is alone.
            stored.in_progress = None;
        }
        Ok(Session { stored, ..self })
    }

    /// Asks for the replacement of what these globs select.
    pub fn replacing(self, globs: &[String]) -> Session {
        Session { replace: globs.to_vec(), ..self }
    }

    /// Makes sure that the state is this stack's, in this region and account. One that holds nothing any more is taken
    /// over: a stack that was destroyed can move.
    ///
    /// # Errors
    /// If it is another's.
    pub fn claim(&self, state: &State, access: Access) -> Result<(), Error> {
        let identity = Identity {
            stack: self.file.name().to_owned(),
            region: self.provider.region().to_owned(),
            account: self.provider.account().to_owned(),
        };
        match (state.bind(&identity), access) {
            (Err(OpenError::OfAnotherStack { vacant: true, .. }), Access::Write) => Ok(state.rebind(&identity)?),
            (Err(OpenError::OfAnotherStack { vacant: true, .. }), Access::Read) => Ok(()),
            (bound, _) => Ok(bound?),
        }
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
    pub async fn observe(&self, graph: &Graph) -> Result<Observed, Error> {
        let found = Providers::of(self.provider.clone()).refresh(&self.stored.recorded).await?;
        Ok(attribute(found, &self.stored.recorded, graph))
    }

    /// Reads the account, and again where an earlier run has made something a moment ago, or may have, that is not seen.
    ///
    /// # Errors
    /// As [`Session::observe`].
    pub async fn observe_all(&self, graph: &Graph) -> Result<Observed, Error> {
        let StoredState { recorded, open_intents, fresh, in_progress, .. } = &self.stored;
        let mut observed = self.observe(graph).await?;
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
            observed = self.observe(graph).await?;
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
        let observed = if refresh { self.observe_all(&graph).await? } else { assume_unchanged(recorded, schemas) };
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
