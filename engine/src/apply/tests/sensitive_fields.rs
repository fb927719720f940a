//! A secret reaches the cloud, and nothing that is kept, told or shown.

use sha2::{Digest as _, Sha256};

use super::*;
use crate::fingerprint::Fingerprint;
use crate::resource::Resource;
use crate::sensitive::Secret;

const FIRST: &str = "hunter2-the-first";
const SECOND: &str = "hunter2-the-second";

fn node(secret: &str) -> Resource {
    resource("node", NODE, &[]).with("secret", Secret::new(secret, "acme/us-east-1"))
}

/// Everything that the engine hands out: plans, steps, calls, intents, outcomes, events, records, the report.
fn told(world: &World, plan: &Plan, graph: &Graph, report: &Report) -> String {
    let steps = steps(plan, graph, &schemas(), &expectations()).expect("no cycle");
    let observed = world.cloud.observe(&world.recorded, graph);
    let fingerprint = serde_json::to_string(&Fingerprint::of(&world.recorded, &observed)).expect("JSON");
    let recorded: Vec<_> = world.recorded.iter().collect();
    let recorded = serde_json::to_string(&recorded).expect("JSON");
    let inner = world.cloud.lock();
    let ledger = world.cloud.ledger();
    let (handed, intents, settled) = (&inner.handed, &ledger.intents, &ledger.settled);
    let events = &world.events;
    format!(
        "{plan:#?} {graph:?} {steps:?} {observed:?} {fingerprint} {recorded} {handed} {intents:?} {settled:?} {events:?} \
         {report:?} {:?}",
        stale_records(plan, &world.recorded)
    )
}

#[track_caller]
fn holds_no_secret(text: &str) {
    assert!(text.contains("scrypt-"), "the digest is in it: {text}");
    for secret in [FIRST, SECOND, "hunter2"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_reaches_the_call_and_nothing_else() {
    let mut world = World::new();
    world.cloud.lock().repeats_in_refusals = format!(": `{FIRST}` is in use, `{SECOND}` too");
    world.fail("node", "create", CallError::NotYetVisible, 1);
    let graph = graph_of([node(FIRST)]);
    let plan = world.plan(&graph);
    let report = world.apply(&graph).await;
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(world.cloud.thing_at("node").properties["secret"], FIRST);
    let text = told(&world, &plan, &graph, &report);
    assert!(text.contains("`(sensitive)` is in use"), "the cloud repeats it, and it is taken out: {text}");
    let whole = serde_json::to_vec(&json!({"parents": [], "secret": FIRST})).expect("JSON");
    let whole: String = Sha256::digest(whole).iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!text.contains(&whole), "the journal's quick digest is not of the secret");
    // What the cloud says of another's secret is not ours to know.
    holds_no_secret(&text.replace(SECOND, ""));
}

#[tokio::test(start_paused = true)]
async fn a_change_is_seen_by_the_digest_and_made_in_place() {
    let mut world = World::new();
    world.apply(&graph_of([node(FIRST)])).await;
    assert!(world.plan(&graph_of([node(FIRST)])).is_empty(), "another `Secret` of the same text is the same");

    let graph = graph_of([node(SECOND)]);
    let plan = world.plan(&graph);
    let change = &plan.changes[0];
    assert_eq!(change.action, crate::plan::Action::Update);
    assert_eq!(change.fields.iter().map(|field| field.path.as_str()).collect::<Vec<_>>(), ["/secret"]);
    world.cloud.lock().repeats_in_refusals = format!(": `{SECOND}` is bad");
    world.fail("node", "update", CallError::Refused, 1);
    let refused = world.apply(&graph).await;
    assert_eq!(refused.failures.len(), 1);
    holds_no_secret(&told(&world, &plan, &graph, &refused));
    let report = world.apply(&graph).await;
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(world.cloud.thing_at("node").properties["secret"], SECOND);
    holds_no_secret(&told(&world, &plan, &graph, &report));
    assert!(world.plan(&graph).is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_a_state_it_is_taken_to_be_as_declared_and_no_digest_moves() {
    let mut world = World::new();
    let graph = graph_of([node(FIRST)]);
    world.apply(&graph).await;
    let before = std::mem::take(&mut world.recorded);
    let plan = world.plan(&graph);
    let report = world.apply(&graph).await;
    assert_eq!((report.done.import, &world.recorded), (1, &before));
    holds_no_secret(&told(&world, &plan, &graph, &report));
}

/// A plan that is kept for later is told by its digest: another secret makes another plan.
#[test]
fn another_secret_makes_another_plan() {
    let world = World::new();
    let digest = |secret| crate::fingerprint::Digest::of(&world.plan(&graph_of([node(secret)])));
    assert_eq!(digest(FIRST), digest(FIRST));
    assert_ne!(digest(FIRST), digest(SECOND));
}
