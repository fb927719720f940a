//! Table `journal`: what is about to be done, written before it is done, and what came of it.

use jiff::Timestamp;
use landfall_engine::address::Address;
use landfall_engine::expectation::Observation;
use landfall_engine::journal::{Intent, Journal, JournalError, Outcome, Settled};
use landfall_engine::kind::Kind;
use landfall_engine::place::Place;
use landfall_engine::resource::CloudId;
use landfall_engine::step::StepId;
use landfall_engine::until::Until;
use rusqlite::{Connection, params};

use super::blocking::blocking;
use super::checksum::Checksum;
use super::error::{StateError, TableError};
use super::resource_places::ResourcePlaces;
use super::resources;
use super::state::State;
use crate::intents::{Creation, IntentResolution, OpenIntent};
use crate::retention::{JOURNAL_RUNS_KEPT, RUNS_LEARNT_FROM};
use crate::runs::RunNumber;

/// The journal of one run, for [`landfall_engine::apply::apply`].
#[derive(Debug, Clone)]
pub struct RunJournal {
    state: State,
    run: RunNumber,
}

impl RunJournal {
    /// Returns the journal of a run that has begun.
    pub fn new(state: State, run: RunNumber) -> RunJournal {
        RunJournal { state, run }
    }

    async fn blocking(
        &self,
        work: impl FnOnce(&State, RunNumber) -> Result<(), StateError> + Send + 'static,
    ) -> Result<(), JournalError> {
        let RunJournal { state, run } = self.clone();
        match blocking(move || work(&state, run)).await {
            Ok(written) => written.map_err(|error| JournalError(Box::new(error))),
            Err(lost) => Err(JournalError(Box::new(lost))),
        }
    }
}

impl Journal for RunJournal {
    async fn intend(&self, intents: Vec<Intent>) -> Result<(), JournalError> {
        self.blocking(move |state, run| state.write_intents(run, &intents)).await
    }

    async fn settle(&self, settled: Vec<Settled>) -> Result<(), JournalError> {
        self.blocking(move |state, run| state.write_settled(run, &settled)).await
    }
}

impl State {
    /// Returns the intents of earlier runs that are open, oldest first.
    pub fn open_intents(&self) -> Result<Vec<OpenIntent>, StateError> {
        self.reading(|transaction| select_open(transaction))
    }

    /// Returns what was made since then, in the order of runs and steps.
    pub fn creations_since(&self, then: Timestamp) -> Result<Vec<Creation>, StateError> {
        self.reading(|transaction| select_creations(transaction, then))
    }

    /// Returns how long creations and deletions of the latest runs took, from sending the call until all was done.
    pub fn observations(&self) -> Result<Vec<Observation>, StateError> {
        self.reading(|transaction| select_observations(transaction))
    }

    /// Closes open intents, once the account has been asked about them and the state says what was found. Those that
    /// are not open are left alone.
    pub fn close_open_intents(&self, resolutions: &[IntentResolution]) -> Result<(), StateError> {
        self.writing(|transaction| {
            let sql = "UPDATE journal SET outcome = 'explained', detail = ?3, settled = ?4
                       WHERE run = ?1 AND step = ?2 AND (outcome IS NULL OR outcome = 'unknown')";
            let mut statement = transaction.prepare_cached(sql)?;
            let now = Timestamp::now().to_string();
            for IntentResolution { run, step, text } in resolutions {
                statement.execute(params![run, number(*step), text, now])?;
            }
            Ok(())
        })
    }

    pub(crate) fn write_intents(&self, run: RunNumber, intents: &[Intent]) -> Result<(), StateError> {
        self.writing(|transaction| {
            let since = Timestamp::now().to_string();
            intents.iter().try_for_each(|intent| insert(transaction, run, intent, &since))
        })
    }

    pub(crate) fn write_settled(&self, run: RunNumber, settled: &[Settled]) -> Result<(), StateError> {
        self.writing(|transaction| {
            let now = Timestamp::now().to_string();
            for settled in settled {
                // A step without a call (what goes with its container, what is only forgotten) has no intent.
                update(transaction, run, settled, &now)?;
                settled.records.iter().try_for_each(|record| resources::write_record(transaction, record))?;
            }
            Ok(())
        })
    }
}

/// Drops the settled entries of runs that ended long before this one.
pub(crate) fn forget_before(connection: &Connection, run: RunNumber) -> Result<(), TableError> {
    connection.execute(
        "DELETE FROM journal WHERE run < ?1 AND outcome IN ('done', 'accepted', 'failed', 'explained')",
        [run.0 - JOURNAL_RUNS_KEPT],
    )?;
    Ok(())
}

/// A step that is repeated, after throttling for example, has one intent: the last. Its call may have been batched
/// anew and then has another token; the earlier call is known to have had no effect.
fn insert(connection: &Connection, run: RunNumber, intent: &Intent, since: &str) -> Result<(), TableError> {
    let sql = "INSERT OR REPLACE INTO journal
               (run, step, address, kind, account, region, action, operation, token, digest, cloud_id, since, checksum)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    let row = Row {
        run,
        step: number(intent.step),
        address: intent.address.to_string(),
        kind: intent.kind.to_string(),
        place: intent.place.clone(),
        action: intent.action.to_owned(),
        operation: intent.operation.clone(),
        token: intent.token.clone(),
        digest: intent.digest.clone(),
        cloud_id: intent.id.as_ref().map(CloudId::to_string),
        since: since.to_owned(),
    };
    connection.prepare_cached(sql)?.execute(params![
        row.run,
        row.step,
        row.address,
        row.kind,
        row.place.account(),
        row.place.region(),
        row.action,
        row.operation,
        row.token,
        row.digest,
        row.cloud_id,
        row.since,
        row.checksum(),
    ])?;
    Ok(())
}

fn update(connection: &Connection, run: RunNumber, settled: &Settled, now: &str) -> Result<(), TableError> {
    let (outcome, detail) = match &settled.outcome {
        Outcome::Done => ("done", None),
        Outcome::Accepted => ("accepted", None),
        Outcome::Failed(why) => ("failed", Some(why)),
        Outcome::Unknown(why) => ("unknown", Some(why)),
    };
    connection
        .prepare_cached("UPDATE journal SET outcome = ?3, detail = ?4, settled = ?5 WHERE run = ?1 AND step = ?2")?
        .execute(params![run, number(settled.step), outcome, detail, now])?;
    Ok(())
}

pub(crate) fn select_open(connection: &Connection) -> Result<Vec<OpenIntent>, TableError> {
    let sql = "SELECT run, step, address, kind, account, region, action, operation, token, digest, cloud_id, since,
                      checksum, detail
               FROM journal WHERE outcome IS NULL OR outcome = 'unknown' ORDER BY run, step";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let (mut open, mut places) = (Vec::new(), ResourcePlaces::default());
    while let Some(row) = rows.next()? {
        let (sealed, trouble) = (row.get(12)?, row.get(13)?);
        let row = Row {
            run: row.get(0)?,
            step: row.get(1)?,
            address: row.get(2)?,
            kind: row.get(3)?,
            place: places.read(row, 4)?,
            action: row.get(6)?,
            operation: row.get(7)?,
            token: row.get(8)?,
            digest: row.get(9)?,
            cloud_id: row.get(10)?,
            since: row.get(11)?,
        };
        let key = format!("{}/{}", row.run, row.step);
        open.push(row.check(sealed, trouble).map_err(|problem| TableError::row("journal", key, problem))?);
    }
    Ok(open)
}

pub(crate) fn select_creations(connection: &Connection, then: Timestamp) -> Result<Vec<Creation>, TableError> {
    let sql = "SELECT run || '/' || step, address, kind, settled FROM journal
               WHERE action = 'create' AND outcome IN ('done', 'accepted') ORDER BY run, step";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut creations = Vec::new();
    while let Some(row) = rows.next()? {
        let key: String = row.get(0)?;
        let (address, kind, settled): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let since: Timestamp =
            settled.parse().map_err(|error: jiff::Error| TableError::row("journal", key.clone(), error.to_string()))?;
        if since >= then {
            let address = Address::new(address).map_err(|error| TableError::row("journal", key, error.to_string()))?;
            creations.push(Creation { address, kind: Kind::from(kind), since });
        }
    }
    Ok(creations)
}

pub(crate) fn select_observations(connection: &Connection) -> Result<Vec<Observation>, TableError> {
    let sql = "SELECT run || '/' || step, kind, action, since, settled FROM journal
               WHERE outcome = 'done' AND action IN ('create', 'delete')
                 AND run > (SELECT max(number) FROM runs) - ?1";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([RUNS_LEARNT_FROM])?;
    let mut observations = Vec::new();
    while let Some(row) = rows.next()? {
        let key: String = row.get(0)?;
        let (kind, action): (String, String) = (row.get(1)?, row.get(2)?);
        let (since, settled): (String, String) = (row.get(3)?, row.get(4)?);
        let moment = |text: &str| {
            let moment: Result<Timestamp, jiff::Error> = text.parse();
            moment.map_err(|error| TableError::row("journal", key.clone(), error.to_string()))
        };
        let until = if action == "create" { Until::Ready } else { Until::Gone };
        // A clock that was set back shows nothing.
        if let Ok(took) = (moment(&settled)? - moment(&since)?).try_into() {
            observations.push(Observation { kind: Kind::from(kind), until, took });
        }
    }
    Ok(observations)
}

fn number(step: StepId) -> i64 {
    step.0 as i64
}

/// An intent as text.
struct Row {
    run: RunNumber,
    step: i64,
    address: String,
    kind: String,
    place: Place,
    action: String,
    operation: String,
    token: String,
    digest: String,
    cloud_id: Option<String>,
    since: String,
}

impl Row {
    fn checksum(&self) -> i64 {
        let checksum = Checksum::new().number(self.run.0).number(self.step).text(&self.address).text(&self.kind);
        let checksum = checksum.text(self.place.account()).optional(self.place.region());
        let checksum = checksum.text(&self.action).text(&self.operation).text(&self.token).text(&self.digest);
        checksum.optional(self.cloud_id.as_deref()).text(&self.since).value()
    }

    /// Returns the intent, or what is wrong with the row.
    fn check(self, sealed: i64, trouble: Option<String>) -> Result<OpenIntent, String> {
        if self.checksum() != sealed {
            return Err("its checksum does not fit".to_owned());
        }
        Ok(OpenIntent {
            run: self.run,
            step: StepId(usize::try_from(self.step).map_err(|error| error.to_string())?),
            address: Address::new(self.address).map_err(|error| error.to_string())?,
            kind: Kind::from(self.kind),
            place: self.place,
            action: self.action,
            operation: self.operation,
            token: self.token,
            digest: self.digest,
            id: self.cloud_id.map(CloudId::from),
            since: self.since.parse().map_err(|error: jiff::Error| error.to_string())?,
            trouble,
        })
    }
}
