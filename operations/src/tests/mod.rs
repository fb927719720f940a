//! Operations on a region in memory, looked at from outside: what reached the account, and what was told.

mod events;
mod secrets;
mod teardown;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::shared::IntoShared;
use landfall_simulator::clock::Clock as RegionClock;
use landfall_simulator::connector::SimulatedHttp;
use landfall_simulator::http::{HttpRequest, HttpResponse};
use landfall_simulator::region::{Region, RegionOptions};
use landfall_state::MemoryStore;

use crate::apply::{Executed, PARALLELISM, prepare};
use crate::environment::{Account, Cancellation, Clock, Environment};
use crate::event::{Events, Record};
use crate::preflight::ForeignPolicy;
use crate::{Error, Goal, StackFile};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n[cluster.main]\nworkers = 2\n";

/// An account and a state in memory, and what was told so far.
struct World {
    region: Region,
    store: MemoryStore,
    told: Arc<Mutex<Vec<Record>>>,
    env: Environment,
}

impl World {
    fn new() -> World {
        World::in_account(Region::new(&RegionOptions::default()))
    }

    fn in_account(region: Region) -> World {
        let told: Arc<Mutex<Vec<Record>>> = Arc::default();
        let http = SimulatedHttp::new(region.clone(), RegionClock::start(region.now(), 1.0));
        let observer = {
            let told = told.clone();
            move |record: &Record| told.lock().expect("whole").push(record.clone())
        };
        let env = Environment {
            lock_timeout: Duration::ZERO,
            account: Account::Through(http.into_shared()),
            clock: Clock::system(),
            events: Events::to(observer),
            cancellation: Cancellation::never(),
            command: "a test".to_owned(),
        };
        World { region, store: MemoryStore::new(), told, env }
    }

    async fn apply(&self, text: &str, goal: Goal) -> Result<Executed, Error> {
        let prepared = prepare(&self.env, &self.store, file(text), goal, &[]).await?;
        prepared.check(ForeignPolicy::Stop).await?.execute(PARALLELISM).await
    }

    fn told(&self) -> Vec<Record> {
        std::mem::take(&mut self.told.lock().expect("whole"))
    }

    /// Sends a request as somebody else would, and returns the answer's text.
    fn as_somebody(&self, service: &str, form: &str) -> String {
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        let request = HttpRequest {
            method: "POST".to_owned(),
            target: "/".to_owned(),
            headers: vec![("authorization".to_owned(), scope)],
            body: form.as_bytes().to_vec(),
        };
        let HttpResponse { status, body, .. } = self.region.answer(&request, self.region.now());
        let text = String::from_utf8_lossy(&body).into_owned();
        assert_eq!(status, 200, "{form}: {text}");
        text
    }
}

fn file(text: &str) -> StackFile {
    StackFile::parse(Path::new("landfall.toml"), text.to_owned()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Returns the text of the first element of this name.
fn element(xml: &str, name: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let rest = xml.split(&open).nth(1).unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split(&close).next().unwrap_or_default().to_owned()
}
