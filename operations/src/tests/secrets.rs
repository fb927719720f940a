//! A secret on its way through all of landfall: from a declaration through the provider of AWS to the account, with the
//! state in a file.
//!
//! No key of a stack file asks for a secret yet. So one is put in the place of a boot script, in what a real stack file is
//! compiled to; everything after that is what the commands do.

use landfall_engine::graph::{Graph, link};
use landfall_engine::plan::Action;
use landfall_engine::resource::Resource;
use landfall_engine::sensitive::Secret;
use landfall_engine::snapshot::Declared;
use landfall_presentation::json::{PlanDocument, document};
use landfall_presentation::text::listing::show_text;
use landfall_state::{LeaseRequest, RunNumber, SqliteStore, Store, StoreWriter};

use super::*;
use crate::run::execute;
use crate::session::Session;

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n[cluster.main]\nworkers = 1\n";
const SCHEDULER: &str = "cluster/main/scheduler";
/// Two secrets, and each as EC2 is sent it.
const SECRET: [&str; 2] = ["recognisable-secret-number-1", "cmVjb2duaXNhYmxlLXNlY3JldC1udW1iZXItMQ=="];
const OTHER: [&str; 2] = ["recognisable-secret-number-2", "cmVjb2duaXNhYmxlLXNlY3JldC1udW1iZXItMg=="];

fn with_secret(graph: &Graph, secret: &str) -> Graph {
    let mut declared = Declared::default();
    for resource in graph.resources() {
        let resource = Resource::clone(resource);
        let is_scheduler = resource.address.as_str() == SCHEDULER;
        let secret = || Secret::new(secret, "acme/us-east-1");
        declared.add(if is_scheduler { resource.with("user_data", secret()) } else { resource });
    }
    link(declared).expect("a graph")
}

/// Plans, applies if there is something to do, and returns all that landfall says of it, with the actions of the plan and
/// the addresses of what is outdated.
async fn apply(region: &Region, state: &Path, secret: &str) -> (String, Vec<Action>, Vec<String>) {
    let (world, store) = (World::in_account(region.clone()), SqliteStore::new(state));
    let writer = store.acquire(&LeaseRequest::of_this_process("a test")).await.expect("nobody else has it");
    let session = Session::open_to_write(&world.env, &writer, file(STACK)).await.expect("an account");
    let (graph, facts) = session.compile().await.expect("a sound stack");
    let planned = session.plan_for(with_secret(&graph, secret), Some(facts), true).await.expect("a plan");
    if !planned.plan.is_empty() {
        let done = execute(&writer, &session, &planned, 16).await.expect("the state can be written");
        assert!(done.report.is_complete(), "{:?}", done.report);
    }
    writer.release().await.expect("the events are written");
    let recorded = store.read().await.expect("it can be read").expect("a state").recorded;
    let run = |number: u32| store.run(RunNumber::from(number));
    let runs = [run(1).await.expect("it can be read"), run(2).await.expect("it can be read")];
    let events = store.events(RunNumber::from(1), 0, usize::MAX).await.expect("they can be read");
    let told = format!(
        "{:?}\n{}\n{}\n{:?}\n{runs:?}\n{events:?}\n{:?}",
        planned.plan,
        document(&PlanDocument::new(&planned.plan, "acme", "us-east-1", true)),
        recorded.iter().map(show_text).collect::<String>(),
        planned.steps,
        world.told()
    );
    let actions = planned.plan.pending().map(|change| change.action).collect();
    (told, actions, planned.plan.outdated.iter().map(|outdated| outdated.address.to_string()).collect())
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn holds_none(what: &str, bytes: &[u8]) {
    for secret in SECRET.into_iter().chain(OTHER) {
        assert!(!contains(bytes, secret), "{what} holds {secret}");
    }
}

fn none_is_kept(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        holds_none(&path.display().to_string(), &std::fs::read(&path).expect("a file"));
    }
}

#[test]
fn a_secret_reaches_the_account_and_nothing_that_is_kept_or_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("acme.db");
    // The simulated account lies in a file, in which the requests have left what they brought.
    let account = tempfile::tempdir().expect("a folder");
    let region = Region::open(&account.path().join("account.db"), &RegionOptions::default()).expect("an account");
    let in_account = |[_, as_sent]: [&str; 2]| {
        let files = std::fs::read_dir(account.path()).expect("a folder").map(|entry| entry.expect("an entry").path());
        files.map(|path| std::fs::read(path).expect("a file")).any(|bytes| contains(&bytes, as_sent))
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.expect("a runtime");

    let (told, actions, _) = runtime.block_on(apply(&region, &state, SECRET[0]));
    assert!(actions.len() > 20 && told.contains("(sensitive)") && told.contains("scrypt-"), "{told}");
    holds_none("what is told", told.as_bytes());
    none_is_kept(folder.path());
    assert!(in_account(SECRET), "it arrived");

    // By its digest the same is known to be the same, and another to be another.
    let (_, actions, outdated) = runtime.block_on(apply(&region, &state, SECRET[0]));
    assert_eq!((actions, outdated), (vec![], vec![]));
    let (told, actions, outdated) = runtime.block_on(apply(&region, &state, OTHER[0]));
    assert_eq!((actions, outdated), (vec![], vec![SCHEDULER.to_owned()]));
    holds_none("what is told", told.as_bytes());
    none_is_kept(folder.path());
    assert!(!in_account(OTHER), "a boot script waits for a replacement");
}
