//! How much of the past is kept. The bounds are those of every store.

/// How many runs' journal entries are kept for looking things up. Open ones stay for ever. The bound keeps the journal
/// small enough to be read as a whole, so that it needs no index that could disagree with it.
pub(crate) const JOURNAL_RUNS_KEPT: i64 = 50;

/// How many runs show how long things take: enough that one odd run does not count, few enough that an account that
/// became faster or slower is believed.
pub(crate) const RUNS_LEARNT_FROM: i64 = 10;

/// How many runs' events are kept. An event is about 200 bytes and a run of 100 workers has some 500, so that this is
/// 2 MB as a rule; all of a state is read before it is used, at 1 ms for each 2 MB.
pub const EVENT_RUNS_KEPT: i64 = 20;

/// How many events of one run are kept at most: those whose numbers are among the last so many. A run of some 5,000 resources has as many.
pub const EVENTS_KEPT: usize = 20_000;

/// How long something counts as made lately, in [`Snapshot::creations`](crate::Snapshot::creations): longer than any
/// account takes to show everywhere what it has made. Readers who believe theirs to be faster look at `since`.
pub const CREATIONS_SHOWN: std::time::Duration = std::time::Duration::from_secs(60);
