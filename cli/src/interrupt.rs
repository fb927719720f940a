//! Ctrl-C, SIGTERM, and SIGHUP: a terminal that was closed, or a connection to it that broke.
//!
//! A command that only looks ends at once. One that acts is told to stop starting things; pressed again, to stop; and
//! who presses a third time gets what he wants whatever the command does.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use landfall_engine::apply::Interrupt;
use landfall_operations::environment::{Cancellation, Canceller, RunProgress};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::failure::{Explanation, Failure, INTERRUPTED, NOTHING_CHANGED};
use crate::printer::Printer;

/// `timeout` and some shells send a signal to the process and to its group, and one press must not count as two.
const ECHO: Duration = Duration::from_millis(200);

/// How long a command may take to end once the user has given it up.
const GRACE: Duration = Duration::from_secs(1);

/// What the user wants, as their signals tell.
#[derive(Debug, Clone)]
pub(crate) struct Interrupts {
    canceller: Arc<Canceller>,
    given_up: watch::Receiver<bool>,
}

impl Interrupts {
    /// Starts to listen, and returns what operations are told by. Must be called within the runtime.
    pub(crate) fn listen(printer: Printer) -> (Interrupts, Cancellation) {
        let (canceller, cancellation) = Cancellation::new();
        let canceller = Arc::new(canceller);
        let (given_up_sender, given_up) = watch::channel(false);
        let wishes = canceller.clone();
        tokio::spawn(async move {
            // Where signals cannot be caught, their ordinary effect remains: the process ends, and nothing is lost.
            let Ok(mut signals) = Signals::catch() else {
                return std::future::pending().await;
            };
            let mut last: Option<Instant> = None;
            while signals.next().await {
                if last.replace(Instant::now()).is_some_and(|last| last.elapsed() < ECHO) {
                    continue;
                }
                let next = match (wishes.requested(), wishes.progress()) {
                    (Interrupt::None, RunProgress::AtWork) => Interrupt::Drain,
                    (Interrupt::Drain, RunProgress::AtWork) => Interrupt::Stop,
                    _ => {
                        let _ = given_up_sender.send(true);
                        std::thread::spawn(end_at_last);
                        continue;
                    }
                };
                printer.alert(match next {
                    Interrupt::Drain => "finishing what is on its way; press again to stop at once\n",
                    _ => "stopping; the journal knows what was on its way\n",
                });
                wishes.request(next);
            }
        });
        (Interrupts { canceller, given_up }, cancellation)
    }

    /// Returns what ends a command that the user does not want to wait for any more.
    pub(crate) fn failure(&self) -> Failure {
        let stopped = Explanation::new("the command was stopped before its end");
        let explanation = match self.canceller.progress() {
            RunProgress::NotBegun => stopped.kept(NOTHING_CHANGED),
            RunProgress::AtWork => stopped
                .meaning("calls may have been on their way; the journal knows them")
                .next("run the same command again: landfall looks before it repeats anything"),
            RunProgress::Over => stopped
                .kept("the run itself was over, and all of it is recorded")
                .next("run the same command again for what it had still to say"),
        };
        Failure::interrupted(vec![explanation])
    }

    /// Returns when the user does not want to wait for the command any more.
    pub(crate) async fn given_up(&self) {
        let mut given_up = self.given_up.clone();
        if given_up.wait_for(|given_up| *given_up).await.is_err() {
            std::future::pending().await
        }
    }
}

/// Ends the process if the command has not come to its end by itself: it may wait for something that no signal
/// reaches, a file on a network or a pipe that nobody writes to. The state is safe: it bears a kill at any moment.
#[expect(clippy::exit, reason = "main cannot return: it is what waits")]
fn end_at_last() {
    std::thread::sleep(GRACE);
    std::process::exit(INTERRUPTED.into());
}

/// The signals that ask for an end.
struct Signals {
    pressed: Signal,
    terminated: Signal,
    /// `None` where whoever started us had it ignored, as `nohup` does: then the run goes on without the terminal.
    hung_up: Option<Signal>,
}

impl Signals {
    fn catch() -> io::Result<Signals> {
        let hung_up = if ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Signals { pressed: signal(SignalKind::interrupt())?, terminated: signal(SignalKind::terminate())?, hung_up })
    }

    /// Returns whether there was one; there will be no more if not.
    async fn next(&mut self) -> bool {
        let hung_up = async {
            match &mut self.hung_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            signal = self.pressed.recv() => signal.is_some(),
            signal = self.terminated.recv() => signal.is_some(),
            signal = hung_up => signal.is_some(),
        }
    }
}

/// Asks the kernel, since catching a signal would hide that it was ignored before. Where the kernel does not tell,
/// nobody ignores it.
fn ignores_hangup() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| is_hangup_ignored(&status))
}

/// Reads the mask of ignored signals of `proc_pid_status(5)`; SIGHUP is the first.
fn is_hangup_ignored(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or_default();
    u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nohup_is_seen_in_the_mask_of_ignored_signals() {
        let status = |mask: &str| format!("Name:\tlandfall\nSigBlk:\tffffffffffffffff\nSigIgn:\t{mask}\nSigCgt:\t1\n");
        assert!(is_hangup_ignored(&status("0000000000001001")));
        // Rust itself ignores SIGPIPE.
        assert!(!is_hangup_ignored(&status("0000000000001000")));
        assert!(!is_hangup_ignored("Name:\tlandfall\n") && !is_hangup_ignored(&status("many")));
    }
}
