//! What every [`Store`] must keep, as tests.
//!
//! A store gives a [`Harness`] and calls [`store_contract!`](crate::store_contract) in a module of its tests; each promise
//! is then a test there:
//!
//! ```text
//! landfall_state::store_contract!(MyHarness::new);
//! ```
//!
//! `tests/contract_in_memory.rs` is an example.
//!
//! The tests run on one thread and with a clock that stands still until they move it, except for those with readers and
//! writers at the same time.

#[cfg(test)]
mod agreement;
mod crashes;
mod events;
mod histories;
mod identities;
mod journals;
mod leases;
mod life;
mod moments;
mod samples;

use std::future::Future;

use crate::crash_point::CrashPoint;
use crate::store::Store;

pub use crashes::*;
pub use events::*;
pub use histories::*;
pub use identities::*;
pub use journals::*;
pub use leases::*;
pub use life::life;
pub use moments::*;

/// A state that nobody has written yet, and what may befall whoever writes it.
pub trait Harness: Sync {
    /// The store under test.
    type Store: Store;

    /// Returns another handle of the state, as another process would have it.
    fn store(&self) -> Self::Store;

    /// Lets a holder fall silent, until others may take the lease over; the holder does not know.
    fn lapse(&self, holder: &<Self::Store as Store>::Writer) -> impl Future<Output = ()>;

    /// Waits until the lease of a holder that died may be taken over.
    fn outlive_the_dead(&self) -> impl Future<Output = ()>;

    /// Plays [`life`] in a process that dies at this point. Returns how many writes of it were acknowledged; `None` if it
    /// came to its end, because it has fewer writes.
    fn die_at(&self, point: CrashPoint) -> impl Future<Output = Option<usize>>;
}

/// Runs a test of the contract on one thread, with a clock that stands still.
///
/// # Panics
/// If the test does.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().expect("a runtime").block_on(test)
}

/// Makes a test of each promise, for a store whose harness this function makes.
#[macro_export]
macro_rules! store_contract {
    ($new:expr) => {
        $crate::store_contract! {
            $new;
            reading_makes_nothing,
            what_is_written_is_read,
            facts_are_replaced_as_a_whole,
            records_are_carried_out_in_their_order,
            an_intent_is_open_until_its_outcome_is_known,
            a_repeated_step_has_one_intent_with_the_last_token,
            the_next_run_closes_what_it_has_looked_up,
            open_intents_stay_however_many_runs_follow,
            earlier_runs_show_how_long_things_take,
            what_belongs_to_no_run_is_refused,
            the_history_begins_with_the_last_run,
            a_run_is_told_as_it_was,
            a_run_without_an_end_goes_on_as_long_as_its_holder,
            a_state_serves_one_stack_in_one_region_and_account,
            a_vacant_state_can_be_taken_over,
            a_state_with_an_open_intent_does_not_move,
            one_holder_at_a_time_who_is_named,
            a_lease_ends_with_its_holder,
            a_lapsed_lease_can_be_taken_over_and_its_holder_writes_nothing_any_more,
            a_holder_who_lost_the_lease_before_the_state_was_made_does_not_fence_its_maker,
            a_lapsed_lease_that_nobody_took_is_still_held,
            whoever_writes_or_renews_keeps_the_lease,
            events_share_the_next_write,
            events_can_be_flushed,
            events_go_on_where_a_reader_was,
            events_of_one_number_are_one,
            events_of_a_run_are_bounded,
            events_of_old_runs_go,
            a_sound_state_is_not_set_aside,
            a_crash_leaves_each_write_whole_or_undone,
        }
        $crate::store_contract! { at once; $new; readers_see_one_moment, a_dropped_write_is_whole_or_undone }
    };
    ($new:expr; $($promise:ident),* $(,)?) => {
        $(
            #[test]
            fn $promise() {
                $crate::contract::run($crate::contract::$promise($new));
            }
        )*
    };
    (at once; $new:expr; $($promise:ident),*) => {
        $(
            #[test]
            fn $promise() {
                $crate::contract::$promise($new);
            }
        )*
    };
}
