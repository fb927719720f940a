//! Whose state it is.

use serde_json::json;

use super::Harness;
use super::samples::{acme, acquire, begin, intent, put, snapshot, worker};
use crate::identity::Identity;
use crate::store::{Store, StoreWriter};
use crate::store_error::StoreError;

fn elsewhere() -> Identity {
    Identity { region: "eu-west-1".to_owned(), ..acme() }
}

#[track_caller]
fn assert_of_another(refused: Result<(), StoreError>, asked: &Identity, is_vacant: bool) {
    let Err(StoreError::OfAnotherStack { recorded, asked: named, vacant, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((*recorded, &*named, vacant), (acme(), asked, is_vacant));
}

/// It takes the identity on that comes first.
pub async fn a_state_serves_one_stack_in_one_region_and_account<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    writer.write_records(vec![put(worker(1))]).await.expect("written");
    let unbound = snapshot(&store).await;
    assert_eq!(unbound.identity, None);
    unbound.check_identity(&acme(), store.location()).expect("a reader lets it pass");
    writer.bind(&acme()).await.expect("the first use");
    writer.bind(&acme()).await.expect("the second");
    for asked in [
        Identity { stack: "other".to_owned(), ..acme() },
        Identity { account: "999900001111".to_owned(), ..acme() },
        elsewhere(),
    ] {
        assert_of_another(writer.bind(&asked).await, &asked, false);
        assert_of_another(writer.rebind(&asked).await, &asked, false);
        assert_of_another(snapshot(&store).await.check_identity(&asked, store.location()), &asked, false);
    }
    let found = snapshot(&store).await;
    assert_eq!(found.identity, Some(acme()));
    found.check_identity(&acme(), store.location()).expect("its own");
}

/// What was known of the old region is forgotten then, and the history stays.
pub async fn a_vacant_state_can_be_taken_over<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    writer.bind(&acme()).await.expect("the first use");
    writer.record_facts(json!({"zones": ["us-east-1a"]})).await.expect("written");
    begin(&writer).await;
    assert_of_another(writer.bind(&elsewhere()).await, &elsewhere(), true);
    let before = snapshot(&store).await;
    assert_eq!((before.identity, before.facts.is_some()), (Some(acme()), true));
    writer.rebind(&elsewhere()).await.expect("nothing is recorded");
    let after = snapshot(&store).await;
    assert_eq!((after.identity, after.facts, after.lineage), (Some(elsewhere()), None, before.lineage));
    assert_eq!(store.history(9).await.expect("readable").len(), 1);
}

/// It tells of something that may exist.
pub async fn a_state_with_an_open_intent_does_not_move<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let writer = acquire(&harness.store()).await;
    writer.bind(&acme()).await.expect("the first use");
    let run = begin(&writer).await.number();
    writer.intend(run, vec![intent(0, "create")]).await.expect("written");
    assert_of_another(writer.rebind(&elsewhere()).await, &elsewhere(), false);
    assert_eq!(snapshot(&harness.store()).await.identity, Some(acme()));
}
