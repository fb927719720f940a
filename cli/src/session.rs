//! From a stack file to a plan: what plan, apply, drift and destroy do alike before they differ.
//!
//! ```text
//! stack file -> connect -> survey -> compile -> link -> refresh -> attribute -> plan
//!                            ^facts                      ^recorded
//!                            '------- the state ---------'
//! ```

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use landfall_aws::connect::{ConnectOptions, connect, connect_through};
use landfall_aws::provider::AwsProvider;
use landfall_aws::survey::survey;
use landfall_aws_blueprint::{Facts, compile};
use landfall_engine::attribute::attribute;
use landfall_engine::call_forecast;
use landfall_engine::expectation::{Expectations, Observation};
use landfall_engine::forecast::{Forecast, forecast};
use landfall_engine::graph::{Graph, LinkError, link};
use landfall_engine::plan::{Plan, assume_unchanged, plan};
use landfall_engine::provider::Provider;
use landfall_engine::snapshot::{Observed, Recorded};
use landfall_engine::step::{StepGraph, steps};
use landfall_state::{Creation, Identity, OpenError, OpenIntent, Run, RunStatus, State};
use serde::{Deserialize, Serialize};

use crate::context::{Account, Context};
use crate::failure::{Explanation, Failure};
use crate::intents;
use crate::render::escape::visible;
use crate::render::header::Header;
use crate::stack_file::StackFile;

/// Pauses between looks for what an earlier run may have made.
const LOOK_AGAIN: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(6)];

/// The run that a command belongs to that changes nothing.
const NO_RUN: &str = "none";

/// What the state holds that planning needs.
#[derive(Debug, Default)]
pub(crate) struct StoredState {
    /// What landfall made.
    pub(crate) recorded: Recorded,
    /// What compiling had to know the last time.
    pub(crate) facts: Option<Facts>,
    /// Steps of earlier runs of which nobody knows what became.
    pub(crate) open_intents: Vec<OpenIntent>,
    /// What earlier runs made so lately that a read may not show it.
    fresh: Vec<Creation>,
    /// When the latest run ended, or began if it did not end, and its number.
    pub(crate) latest: Option<(jiff::Timestamp, String)>,
    /// How long things took in earlier runs.
    observations: Vec<Observation>,
    /// A run that another process is at work on.
    at_work: Option<Run>,
}

impl StoredState {
    /// Reads what a state holds; without a state, nothing is stored.
    pub(crate) fn from(state: Option<&State>) -> Result<StoredState, Failure> {
        let Some(state) = state else { return Ok(StoredState::default()) };
        let latest = state.history(1)?.into_iter().next();
        Ok(StoredState {
            recorded: state.recorded()?,
            facts: state.facts()?.and_then(|facts| serde_json::from_value(facts).ok()),
            open_intents: state.open_intents()?,
            fresh: state.creations_since(Timestamp::now() - intents::UNSEEN)?,
            observations: state.observations()?,
            latest: latest.as_ref().map(|run| (run.ended.unwrap_or(run.began), run.id.number().to_string())),
            at_work: latest.filter(|run| run.status == RunStatus::Running),
        })
    }
}

/// What should exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Goal {
    /// What the stack file declares.
    Declared,
    /// Nothing.
    Nothing,
}

/// What a state was opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// By a command that only looks.
    Read,
    /// By one that holds the lock.
    Write,
}

/// A stack, the account it lives in, and what the state remembers of it.
pub(crate) struct Session {
    /// The stack file.
    pub(crate) file: StackFile,
    /// The account.
    pub(crate) provider: Arc<AwsProvider>,
    /// The state's part.
    pub(crate) stored: StoredState,
}

/// A plan, and all that it was made from.
pub(crate) struct Planned {
    /// What compiling had to know; `None` if nothing was compiled.
    pub(crate) facts: Option<Facts>,
    /// What exists.
    pub(crate) observed: Observed,
    /// What to do about it.
    pub(crate) plan: Plan,
    /// The same, cut into steps.
    pub(crate) steps: StepGraph,
    /// What it will take.
    pub(crate) forecast: Forecast,
}

/// Opens the state of a stack for reading; `None` if there is none yet.
pub(crate) fn read_state(context: &Context, file: &StackFile) -> Result<Option<State>, Failure> {
    Ok(State::read(file.state_path(context.state.as_deref()))?)
}

/// Connects to the account of a stack.
async fn connect_to(context: &Context, file: &StackFile, run: &str) -> Result<AwsProvider, Failure> {
    let options = ConnectOptions { region: &file.stack.region, stack: file.name(), run };
    match &context.account {
        Account::Aws => Ok(connect(&options).await?),
        Account::Simulated => {
            let http = context.simulation.http(&file.state_path(context.state.as_deref()), options.region)?;
            Ok(connect_through(&options, http).await?)
        }
        Account::Rehearsed(http) => Ok(connect_through(&options, http.clone()).await?),
    }
}

impl Session {
    /// Connects to the account and reads the state.
    ///
    /// # Errors
    /// If there is no way to the account, or if the state is another's or cannot be read.
    pub(crate) async fn open(
        context: &Context,
        file: StackFile,
        state: Option<&State>,
        access: Access,
    ) -> Result<Session, Failure> {
        Session::connect(context, file).await?.with_state(state, access)
    }

    /// Connects to the account; of the state nothing is known yet.
    ///
    /// # Errors
    /// If there is no way to the account.
    pub(crate) async fn connect(context: &Context, file: StackFile) -> Result<Session, Failure> {
        let provider = Arc::new(connect_to(context, &file, NO_RUN).await?);
        Ok(Session { file, provider, stored: StoredState::default() })
    }

    /// Reads the state.
    ///
    /// # Errors
    /// If it is another's or cannot be read.
    pub(crate) fn with_state(self, state: Option<&State>, access: Access) -> Result<Session, Failure> {
        if let Some(state) = state {
            self.claim(state, access)?;
        }
        let mut stored = StoredState::from(state)?;
        if access == Access::Write {
            // Who holds the lock is alone.
            stored.at_work = None;
        }
        Ok(Session { stored, ..self })
    }

    /// Makes sure that the state is this stack's, in this region and account. One that holds nothing any more is taken
    /// over: a stack that was destroyed can move.
    pub(crate) fn claim(&self, state: &State, access: Access) -> Result<(), Failure> {
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

    /// Returns the first line of what a person reads.
    pub(crate) fn header(&self, context: &Context) -> String {
        let header = Header {
            stack: self.file.name().to_owned(),
            region: self.provider.region().to_owned(),
            account: Some(self.provider.account().to_owned()),
            latest: self.stored.latest.clone(),
        };
        header.line(context.now, &context.zone)
    }

    /// Says that a run is at work, where one is: what a command that only looks shows is then a moment of it.
    pub(crate) fn note_run_in_progress(&self, context: &Context) {
        let Some(run) = &self.stored.at_work else { return };
        let (command, pid, host) = (visible(&run.command), run.who.pid, visible(&run.who.host));
        let number = run.id.number();
        context.printer.note(format!(
            "run {number} is at work (`{command}`, process {pid} on {host}): what follows is a moment of it\n"
        ));
    }

    /// Asks what compiling must know, and compiles.
    pub(crate) async fn compile(&self, context: &Context) -> Result<(Graph, Facts), Failure> {
        let known = self.stored.facts.as_ref().filter(|_| !self.stored.recorded.is_empty());
        let facts = survey(&self.provider, &self.file.stack, known).await?;
        let graph = compile_with(&self.file, &facts, context)?;
        Ok((graph, facts))
    }

    /// Reads the account, in bulk.
    pub(crate) async fn observe(&self, graph: &Graph) -> Result<Observed, Failure> {
        let found = self.provider.refresh(&self.stored.recorded).await?;
        Ok(attribute(found, &self.stored.recorded, graph))
    }

    /// Reads the account, and again where an earlier run has made something a moment ago, or may have, that is not seen.
    pub(crate) async fn observe_all(&self, graph: &Graph, context: &Context) -> Result<Observed, Failure> {
        let StoredState { recorded, open_intents, fresh, at_work, .. } = &self.stored;
        let mut observed = self.observe(graph).await?;
        // What a run that is at work has begun is not lost.
        if at_work.is_some() {
            return Ok(observed);
        }
        let (first_look, mut waited) = (Timestamp::now(), Duration::ZERO);
        for pause in LOOK_AGAIN {
            let left = intents::too_early(open_intents, fresh, recorded, &observed, first_look);
            let Some(left) = left.and_then(|left| left.checked_sub(waited)) else { break };
            if waited.is_zero() {
                let seconds = left.as_secs().max(1);
                context.printer.note(format!(
                    "not all is seen that an earlier run made, or may have made, a moment ago: looking again for up to \
                     {seconds} s\n"
                ));
            }
            tokio::time::sleep(pause).await;
            waited += pause;
            observed = self.observe(graph).await?;
        }
        Ok(observed)
    }

    /// Makes the plan. Without a refresh the account is taken to be as recorded.
    pub(crate) async fn plan(&self, goal: Goal, refresh: bool, context: &Context) -> Result<Planned, Failure> {
        let (graph, facts) = match goal {
            Goal::Declared => self.compile(context).await.map(|(graph, facts)| (graph, Some(facts)))?,
            Goal::Nothing => (Graph::default(), None),
        };
        self.plan_for(graph, facts, refresh, context).await
    }

    /// Makes the plan for what is compiled already, with these facts.
    pub(crate) async fn plan_for(
        &self,
        graph: Graph,
        facts: Option<Facts>,
        refresh: bool,
        context: &Context,
    ) -> Result<Planned, Failure> {
        let schemas = self.provider.schemas();
        let recorded = &self.stored.recorded;
        let observed =
            if refresh { self.observe_all(&graph, context).await? } else { assume_unchanged(recorded, schemas) };
        let plan = plan(&graph, recorded, &observed, schemas);
        let expectations = self.expectations();
        let steps = steps(&plan, &graph, schemas, &expectations).map_err(|cycle| {
            Explanation::of(&cycle)
                .meaning("what the state says of dependencies contradicts the stack file")
                .kept("nothing was changed")
        })?;
        let forecast = Forecast {
            calls: call_forecast::calls(&plan, &steps, &expectations, &*self.provider),
            ..forecast(&steps, &expectations, &self.provider.allowances())
        };
        Ok(Planned { facts, observed, plan, steps, forecast })
    }

    /// Returns how long things are expected to take: what is typical, or what earlier runs have shown.
    pub(crate) fn expectations(&self) -> Expectations {
        let mut expectations = Expectations::typical(self.provider.schemas(), self.provider.time_scale());
        expectations.learn(self.stored.observations.iter().cloned());
        expectations
    }
}

/// Compiles a stack with these facts and links the result.
///
/// # Errors
/// With everything in the stack file that this account or region cannot have.
pub(crate) fn compile_with(file: &StackFile, facts: &Facts, context: &Context) -> Result<Graph, Failure> {
    let declared = compile(&file.stack, facts).map_err(|problems| file.problems(&problems, &context.printer))?;
    link(declared).map_err(|errors| {
        let explain =
            |error: &LinkError| Explanation::of(error).meaning("this is a mistake in landfall, not in the stack file");
        Failure::of(errors.iter().map(explain).collect())
    })
}
