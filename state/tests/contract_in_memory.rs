//! The contract, for the state in memory; as a store of another crate would be held to it.

use std::cell::Cell;

use landfall_state::contract::{Harness, life};
use landfall_state::memory::MemoryWriter;
use landfall_state::{CrashPoint, LeaseRequest, MemoryStore};

landfall_state::store_contract!(InMemory::default);

#[derive(Default)]
struct InMemory(MemoryStore);

impl Harness for InMemory {
    type Store = MemoryStore;

    fn store(&self) -> MemoryStore {
        self.0.clone()
    }

    async fn lapse(&self, _holder: &MemoryWriter) {
        tokio::time::advance(LeaseRequest::LASTS).await;
    }

    async fn outlive_the_dead(&self) {
        tokio::time::advance(LeaseRequest::LASTS).await;
    }

    async fn die_at(&self, point: CrashPoint) -> Option<usize> {
        let acknowledged = Cell::new(0);
        let lived = life(&self.0.dying_at(point), &mut async || acknowledged.set(acknowledged.get() + 1)).await;
        lived.is_err().then(|| acknowledged.get())
    }
}
