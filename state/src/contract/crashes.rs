//! What a process leaves that dies while it writes.

use serde_json::json;

use super::Harness;
use super::life::{Portrait, life, portrait};
use super::samples::{acquire, begin};
use crate::crash_point::CrashPoint;
use crate::runs::RunStatus;
use crate::store::{Store, StoreWriter};

/// What was acknowledged is there; of the next write all or nothing. After that, somebody else can go on.
pub async fn a_crash_leaves_each_write_whole_or_undone<H: Harness>(new: impl Fn() -> H) {
    let steps = portraits(&new()).await;
    let writes = steps.len() - 1;
    let mut deaths = 0;
    for write in 0.. {
        let before = new();
        let Some(acknowledged) = before.die_at(CrashPoint::Before(write)).await else { break };
        deaths += 1;
        let found = portrait(&before.store()).await;
        assert_eq!(found, steps[acknowledged], "died before write {write}, after {acknowledged} acknowledged ones");
        goes_on(&before, &found).await;

        let after = new();
        let Some(acknowledged) = after.die_at(CrashPoint::After(write)).await else { continue };
        let found = portrait(&after.store()).await;
        let next = (acknowledged + 1).min(writes);
        assert!(
            found == steps[acknowledged] || found == steps[next],
            "died after write {write}, after {acknowledged} acknowledged ones: {found:#?}"
        );
        goes_on(&after, &found).await;
    }
    assert!(deaths >= writes, "{deaths} deaths in {writes} writes");
}

/// Returns what others see before the first write of a life that ends well, and after each.
async fn portraits<H: Harness>(harness: &H) -> Vec<Portrait> {
    let store = harness.store();
    let mut portraits = vec![portrait(&store).await];
    life(&harness.store(), &mut async || portraits.push(portrait(&store).await)).await.expect("a life without a crash");
    assert_eq!(portraits.last(), Some(&portrait(&store).await));
    assert!(portraits.windows(2).all(|pair| pair[0] != pair[1]), "each write shows");
    portraits
}

async fn goes_on<H: Harness>(harness: &H, found: &Portrait) {
    let store = harness.store();
    harness.outlive_the_dead().await;
    let statuses: Vec<RunStatus> =
        store.history(100).await.expect("readable").into_iter().map(|run| run.status).collect();
    assert!(!statuses.contains(&RunStatus::Running), "the dead are at work");
    let writer = acquire(&store).await;
    writer.record_facts(json!("after the crash")).await.expect("written");
    begin(&writer).await;
    writer.release().await.expect("released");
    assert_eq!(portrait(&store).await.runs.len(), found.runs.len() + 1);
}
