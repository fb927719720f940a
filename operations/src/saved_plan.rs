//! A plan in a file: `landfall plan --out` writes it, `landfall apply --plan` carries it out.
//!
//! The file does not hold the plan but all that it was made from: the stack's text, the facts, and the fingerprint of the
//! state and of the account. Planning is a pure function, so these make the same plan again, and the digest of the plan
//! that was shown proves it. What is done is what was shown, or nothing.

use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use landfall_aws_blueprint::Facts;
use landfall_aws_blueprint::stack;
use landfall_engine::fingerprint::{Digest, Fingerprint};
use landfall_engine::graph::Graph;
use landfall_presentation::text::header::grouped;
use landfall_state::Store;
use serde::{Deserialize, Serialize};

use crate::apply::Prepared;
use crate::environment::Environment;
use crate::error::Error;
use crate::error::{FORMAT_VERSION, LANDFALL_VERSION};
use crate::lease::acquire;
use crate::session::{Goal, Planned, Session, compile_with};
use crate::stack_file::{StackFile, state_beside};
use crate::stored_state::StoredState;

pub use crate::error::{Differences, Differs, OtherPlace, SavedPlanError};

/// What tells the file from other JSON.
const FORMAT: &str = "landfall saved plan";

/// A saved plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedPlan {
    format: String,
    format_version: u64,
    landfall_version: String,
    /// When it was made.
    pub made: Timestamp,
    /// The stack's name.
    pub stack: String,
    /// The stack's region.
    pub region: String,
    /// The account that was read.
    pub account: String,
    /// What it brings about.
    pub goal: Goal,
    /// Globs of what it replaces because the user asks for it.
    #[serde(default)]
    pub replace: Vec<String>,
    /// Where the stack file was, as it was named.
    pub stack_path: PathBuf,
    /// What the stack file said.
    pub stack_text: String,
    /// Where the state lies.
    pub state_path: PathBuf,
    /// Which state it was; `None` if there was none.
    pub state_lineage: Option<String>,
    facts: Option<Facts>,
    /// The facts that the state stored, from which those above were made.
    stored_facts: Digest,
    fingerprint: Fingerprint,
    plan: Digest,
}

impl SavedPlan {
    /// Returns what must be kept of a plan that was made a moment ago.
    pub fn new(session: &Session, planned: &Planned, goal: Goal, state_path: PathBuf, now: Timestamp) -> SavedPlan {
        let provider = &session.provider;
        SavedPlan {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            landfall_version: LANDFALL_VERSION.to_owned(),
            made: now,
            stack: session.file.name().to_owned(),
            region: provider.region().to_owned(),
            account: provider.account().to_owned(),
            goal,
            replace: session.replace.clone(),
            stack_path: session.file.path.clone(),
            stack_text: session.file.text.clone(),
            state_path,
            state_lineage: session.stored.lineage.clone(),
            facts: planned.facts.clone(),
            stored_facts: Digest::of(&session.stored.facts),
            fingerprint: Fingerprint::of(&session.stored.recorded, &planned.observed),
            plan: Digest::of(&planned.plan),
        }
    }

    /// Reads a saved plan.
    ///
    /// # Errors
    /// If the file cannot be read, or does not hold a plan that this landfall can carry out.
    pub fn read(path: &Path) -> Result<SavedPlan, SavedPlanError> {
        let bytes =
            std::fs::read(path).map_err(|source| SavedPlanError::Unreadable { path: path.to_owned(), source })?;
        SavedPlan::parse(&bytes, path)
    }

    /// Whose it is counts before what it holds: another version may hold something else.
    fn parse(bytes: &[u8], path: &Path) -> Result<SavedPlan, SavedPlanError> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            format_version: u64,
            landfall_version: String,
        }
        let path = path.to_owned();
        let head = match serde_json::from_slice::<Head>(bytes) {
            Ok(head) if head.format == FORMAT => head,
            Err(error) if bytes.starts_with(OPENING.as_bytes()) => {
                return Err(SavedPlanError::Damaged { path, reason: error.to_string() });
            }
            _ => return Err(SavedPlanError::NotAPlan { path }),
        };
        if head.format_version != FORMAT_VERSION {
            return Err(SavedPlanError::OtherFormat { path, found: head.format_version });
        }
        if head.landfall_version != LANDFALL_VERSION {
            return Err(SavedPlanError::OtherLandfall { path, found: head.landfall_version });
        }
        serde_json::from_slice(bytes).map_err(|error| SavedPlanError::Damaged { path, reason: error.to_string() })
    }

    /// Writes the plan in one piece: whoever reads the file finds the old one or all of the new one. It is its owner's
    /// alone, for it holds the stack file's text.
    ///
    /// # Errors
    /// If the file cannot be written; what was there before is there still.
    pub fn write(&self, path: &Path) -> Result<(), SavedPlanError> {
        let attempt = || {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            // Made for its owner alone, and removed if anything below fails.
            let mut file = tempfile::Builder::new().prefix(".landfall-plan-").tempfile_in(folder)?;
            file.write_all(&serde_json::to_vec_pretty(self)?)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|error| error.error)?;
            std::fs::File::open(folder)?.sync_all()
        };
        attempt().map_err(|source| SavedPlanError::NotWritten { path: path.to_owned(), source })
    }

    /// Returns the stack file as it was.
    ///
    /// # Errors
    /// If its text holds no sound stack, or another one than the plan says: then the file was changed by hand.
    pub fn stack_file(&self, saved_in: &Path) -> Result<StackFile, SavedPlanError> {
        let damaged = |reason: &str| SavedPlanError::Damaged { path: saved_in.to_owned(), reason: reason.to_owned() };
        let stack = stack::parse(&self.stack_text).map_err(|_| damaged("the stack file in it is not a sound one"))?;
        if stack.name.as_str() != self.stack || stack.region != self.region {
            return Err(damaged("the stack file in it is another stack's"));
        }
        Ok(StackFile { path: self.stack_path.clone(), text: self.stack_text.clone(), stack })
    }

    /// Returns the facts that the stack is compiled with; `None` if the plan takes down what there is.
    ///
    /// # Errors
    /// If there are none though there must be.
    pub fn facts(&self, saved_in: &Path) -> Result<Option<Facts>, SavedPlanError> {
        match (self.goal, &self.facts) {
            (Goal::Declared, None) => {
                Err(SavedPlanError::Damaged { path: saved_in.to_owned(), reason: "it lacks the facts".to_owned() })
            }
            (_, facts) => Ok(facts.clone()),
        }
    }

    /// Compares what the plan read with what there is now.
    pub fn differences(&self, stored: &StoredState, now: &Planned) -> Differences {
        // A state that remembers none contradicts none.
        let is_known = stored.facts.is_none() || Digest::of(&stored.facts) == self.stored_facts;
        Differences {
            moved: self.fingerprint.moved(&Fingerprint::of(&stored.recorded, &now.observed)),
            has_other_facts: !is_known && stored.facts != self.facts,
        }
    }

    /// Tells whether a plan is the one that was shown.
    pub fn is(&self, planned: &Planned) -> bool {
        Digest::of(&planned.plan) == self.plan
    }
}

impl SavedPlan {
    /// Reads everything again, compares, and returns the plan if it is still the one that was shown.
    ///
    /// `stack` is the stack file that the user names besides, which must not be another stack's.
    ///
    /// # Errors
    /// If anything is not as it was when the plan was made; if the state is locked or the account cannot be read.
    pub async fn prepare<S: Store>(
        &self,
        env: &Environment,
        store: &S,
        saved_in: &Path,
        stack: Option<&Path>,
    ) -> Result<Prepared<S::Writer>, Error> {
        let file = self.stack_file(saved_in)?;
        self.expect_stack(stack)?;
        let other_state = |exists| SavedPlanError::OtherState { location: store.location(), exists };
        let lineage = store.read().await?.map(|snapshot| snapshot.lineage);
        if self.state_lineage.is_some() && lineage.is_none() {
            return Err(other_state(false).into());
        }
        let session = Session::connect(env, file).await?.replacing(&self.replace);
        self.expect_account(&session)?;
        let writer = acquire(env, store).await?;
        let session = session.with_writer(&writer).await?;
        if self.state_lineage.is_some() && self.state_lineage != session.stored.lineage {
            return Err(other_state(true).into());
        }
        let planned = self.plan_again(saved_in, &session).await?;
        Ok(Prepared { writer, session, planned, goal: self.goal })
    }

    /// Makes the plan again from what the file holds and from what there is now.
    async fn plan_again(&self, saved_in: &Path, session: &Session) -> Result<Planned, Error> {
        let facts = self.facts(saved_in)?;
        let graph = match (self.goal, &facts) {
            (Goal::Declared, Some(facts)) => compile_with(&session.file, facts)?,
            _ => Graph::default(),
        };
        let planned = session.plan_for(graph, facts, true).await?;
        let differences = self.differences(&session.stored, &planned);
        if !differences.is_empty() {
            let latest = session.stored.latest.as_ref().filter(|(ended, _)| *ended > self.made);
            let since = latest.map(|(_, number)| number.clone());
            return Err(SavedPlanError::Moved { differences, since }.into());
        }
        if !self.is(&planned) {
            return Err(SavedPlanError::OtherPlan { path: saved_in.to_owned() }.into());
        }
        Ok(planned)
    }

    /// Returns where the state is that the plan is carried out with: where `said` says, else beside the stack file that is
    /// named, else where it was.
    pub fn place_of_state(&self, said: Option<&Path>, stack: Option<&Path>) -> PathBuf {
        match (said, stack) {
            (Some(said), _) => said.to_owned(),
            (None, Some(stack)) => state_beside(stack, &self.stack),
            (None, None) => self.state_path.clone(),
        }
    }

    /// Whoever names another stack's file has the wrong plan, or the wrong file. One that is not there, or that has
    /// mistakes in it by now, says nothing: the plan has a copy of its own.
    fn expect_stack(&self, stack: Option<&Path>) -> Result<(), SavedPlanError> {
        let Some(path) = stack else { return Ok(()) };
        let Some(other) = std::fs::read_to_string(path).ok().and_then(|text| stack::parse(&text).ok()) else {
            return Ok(());
        };
        if other.name.as_str() == self.stack && other.region == self.region {
            return Ok(());
        }
        Err(SavedPlanError::OtherPlace(Box::new(OtherPlace {
            planned: format!("stack {} in {}", self.stack, self.region),
            here: format!("stack {} in {} ({})", other.name, other.region, path.display()),
            differs: Differs::Stack,
        })))
    }

    fn expect_account(&self, session: &Session) -> Result<(), SavedPlanError> {
        let provider = &session.provider;
        if provider.account() == self.account && provider.region() == self.region {
            return Ok(());
        }
        let place = |account: &str, region: &str| format!("account {}, {region}", grouped(account));
        Err(SavedPlanError::OtherPlace(Box::new(OtherPlace {
            planned: place(&self.account, &self.region),
            here: place(provider.account(), provider.region()),
            differs: Differs::Account,
        })))
    }
}

/// How the file begins, for telling a damaged plan from something else.
const OPENING: &str = "{\n  \"format\": \"landfall saved plan\",";

#[cfg(test)]
mod tests {
    use super::*;
    use landfall_engine::plan::Plan;
    use landfall_engine::snapshot::{Observed, Recorded};
    use proptest::prelude::*;

    fn saved() -> SavedPlan {
        SavedPlan {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            landfall_version: LANDFALL_VERSION.to_owned(),
            made: Timestamp::UNIX_EPOCH,
            stack: "acme".to_owned(),
            region: "us-east-1".to_owned(),
            account: "111122223333".to_owned(),
            goal: Goal::Declared,
            replace: vec![],
            stack_path: "landfall.toml".into(),
            stack_text: "name = \"acme\"\nregion = \"us-east-1\"\n".to_owned(),
            state_path: "/home/kim/.landfall/acme.db".into(),
            state_lineage: None,
            facts: Some(Facts::default()),
            stored_facts: Digest::of(&None::<Facts>),
            fingerprint: Fingerprint::of(&Recorded::default(), &Observed::default()),
            plan: Digest::of(&Plan::default()),
        }
    }

    fn bytes() -> Vec<u8> {
        serde_json::to_vec_pretty(&saved()).expect("JSON")
    }

    fn parsed(bytes: &[u8]) -> Result<SavedPlan, String> {
        SavedPlan::parse(bytes, Path::new("p.plan")).map_err(|error| error.to_string())
    }

    fn with(from: &str, to: &str) -> String {
        let text = String::from_utf8(bytes()).expect("text");
        assert!(text.contains(from), "{text}");
        parsed(text.replace(from, to).as_bytes()).expect_err("it is another plan's")
    }

    #[test]
    fn what_is_written_can_be_read_by_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("p.plan");
        std::fs::write(&path, "an earlier one, for all to read").expect("written");
        saved().write(&path).expect("written");
        assert_eq!(SavedPlan::read(&path).expect("what was written"), saved());
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn where_it_cannot_be_written_nothing_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let taken = folder.path().join("taken");
        std::fs::create_dir(&taken).expect("made");
        std::fs::write(taken.join("in-the-way"), "").expect("written");
        assert!(matches!(saved().write(&taken), Err(SavedPlanError::NotWritten { .. })));
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn each_stranger_is_told_from_the_others() {
        assert_eq!(parsed(b"{}").expect_err("no plan"), "p.plan is no saved plan of landfall");
        assert_eq!(parsed(b"\x7fELF").expect_err("no plan"), "p.plan is no saved plan of landfall");
        assert_eq!(with(FORMAT, "something else"), "p.plan is no saved plan of landfall");
        assert_eq!(
            with("\"format_version\": 2", "\"format_version\": 3"),
            "the saved plan p.plan has format version 3; this landfall knows version 2"
        );
        let other = with(LANDFALL_VERSION, "99.0.0");
        assert!(other.starts_with("the saved plan p.plan was made by landfall 99.0.0, and this is "), "{other}");
        assert!(with("\"goal\": \"declared\"", "\"goal\": \"x\"").starts_with("the saved plan p.plan is damaged: "));
    }

    #[test]
    fn a_stack_file_or_facts_that_do_not_fit_are_damage() {
        let path = Path::new("p.plan");
        assert_eq!(saved().stack_file(path).expect("a stack").name(), "acme");
        let text = "name = \"other\"\nregion = \"us-east-1\"\n".to_owned();
        assert!(SavedPlan { stack_text: text, ..saved() }.stack_file(path).is_err());
        assert!(SavedPlan { stack_text: "nonsense".to_owned(), ..saved() }.stack_file(path).is_err());
        assert!(SavedPlan { facts: None, ..saved() }.facts(path).is_err());
        assert_eq!(SavedPlan { facts: None, goal: Goal::Nothing, ..saved() }.facts(path).expect("none needed"), None);
    }

    proptest! {
        #[test]
        fn bytes_from_anywhere_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(parsed(&bytes).is_err());
        }

        /// Cut off anywhere, it is refused; with a byte changed, it is refused or another plan, and never a panic.
        #[test]
        fn a_damaged_plan_is_no_plan(cut in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte: u8) {
            let whole = bytes();
            prop_assert!(parsed(&whole[..cut.index(whole.len())]).is_err());
            let mut changed = whole.clone();
            let at = at.index(whole.len());
            changed[at] = byte;
            let _ = parsed(&changed).map(|plan| (plan.stack_file(Path::new("p")).is_ok(), plan.facts(Path::new("p")).is_ok()));
        }

        #[test]
        fn any_nesting_is_refused(depth in 0..5000_usize) {
            prop_assert!(parsed(&[vec![b'['; depth], vec![b']'; depth]].concat()).is_err());
        }
    }
}
