//! Where every attempt of every call waits for its turn.
//!
//! The SDK asks its retry strategy, which cannot be replaced from outside, what to do after a failed attempt, and sleeps
//! then outside of the attempt's time limit and before the request is signed. So an attempt whose turn has not come is
//! failed here before it begins, with [`Wait`] as its error, which [`AskAgain`] turns into a pause. The strategy counts
//! such attempts in its own way, so before it is asked it is told how many there really were.
//!
//! An answer that says "too many requests" means that nothing was done. So such a call is made again, even where the
//! SDK may not repeat it for other reasons; it does not count as an attempt there.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_sdk_ec2::config::retry::{RetryConfig, TokenBucket};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::retry::ErrorKind;
use landfall_engine::provider::CallError;
use tokio::time::Instant;

use super::bucket::{Place, Size};
use super::sizes::{Service, is_read, of_request};
use super::{Metered, RateLimits};
use crate::classify::{causes, class_of_code};

/// How long a read is repeated that AWS refuses for its rate. Nothing can be decided without it, and whoever does not want
/// to wait can stop the command.
const READ_TIMEOUT: Duration = Duration::from_secs(900);
/// How long a change is: the engine, which can be told to stop, repeats it after that.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// First pause after a refusal, besides the time that the bucket takes; it doubles up to the longest.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
const PAUSE_LONGEST: Duration = Duration::from_secs(20);
/// More than any pause; the SDK cuts longer ones off.
const BOUND_OF_PAUSES: Duration = Duration::from_secs(86_400);

/// The hook of one connection's clients: as an interceptor and, for the pauses, as a classifier of errors.
#[derive(Debug, Clone)]
pub(crate) struct RateLimiter(RateLimits);

impl RateLimiter {
    /// Returns the limiter to these buckets.
    pub(crate) fn new(rate_limits: RateLimits) -> RateLimiter {
        RateLimiter(rate_limits)
    }
}

/// It is not this call's turn yet.
#[derive(Debug)]
struct Wait(Duration);

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not sent yet: its turn is in {} ms", self.0.as_millis())
    }
}

impl Error for Wait {}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// It was not its turn.
    NotMade,
    /// AWS refused it for its rate.
    Refused,
    /// Anything else.
    Made,
}

/// What the SDK should do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Ask the limiter again.
    Again,
    /// What it always does after so many attempts.
    AsEver { attempts: u32 },
}

/// One call on its way through the limiter.
#[derive(Debug)]
struct Ticket {
    rate_limits: RateLimits,
    action: String,
    bucket: String,
    size: Size,
    timeout: Duration,
    /// Whether a refusal may be about its instances and not about the bucket of its requests.
    is_metered: bool,
    place: Option<Place>,
    sent: Option<Instant>,
    /// Attempts that count: those that were neither refused nor kept back.
    attempts: u32,
    refusals: u32,
    refused_since: Option<Instant>,
    not_before: Instant,
    usual: Option<Usual>,
}

/// What the SDK goes by when it decides about repetitions, but for the moments in which the limiter decides.
#[derive(Debug, Clone)]
struct Usual {
    config: Option<RetryConfig>,
    quota: Option<TokenBucket>,
}

impl Usual {
    fn restore(self, bag: &mut ConfigBag) {
        let state = bag.interceptor_state();
        if let Some(config) = self.config {
            state.store_put(config);
        }
        if let Some(quota) = self.quota {
            state.store_put(quota);
        }
    }
}

impl Storable for Ticket {
    type Storer = StoreReplace<Self>;
}

impl Ticket {
    fn new(rate_limits: &RateLimits, service: Service, action: &str, form: &[u8], now: Instant) -> Ticket {
        let (bucket, size) = of_request(service, action, form);
        let is_metered = service == Service::Ec2 && Metered::of(action).is_some();
        let timeout = match is_read(action) {
            true => READ_TIMEOUT,
            // The engine has its own way with these.
            false if is_metered => Duration::ZERO,
            false => WRITE_TIMEOUT,
        };
        Ticket {
            rate_limits: rate_limits.clone(),
            action: action.to_owned(),
            bucket,
            size,
            timeout,
            is_metered,
            place: None,
            sent: None,
            attempts: 0,
            refusals: 0,
            refused_since: None,
            not_before: now,
            usual: None,
        }
    }

    /// Lets an attempt go, or says how long it has to wait.
    fn pass(&mut self, now: Instant) -> Result<(), Wait> {
        let not_before = self.not_before;
        let place = &mut self.place;
        let wait = self.rate_limits.request(&self.bucket, self.size, now, |bucket| {
            let taken = *place.get_or_insert_with(|| bucket.queue(1.0));
            let pause = not_before.checked_duration_since(now).filter(|pause| !pause.is_zero());
            let wait = bucket.wait(taken, now).max(pause);
            if wait.is_none() {
                bucket.take(1.0);
                *place = None;
            }
            wait
        });
        match wait {
            Some(wait) => Err(Wait(wait)),
            None => {
                self.sent = Some(now);
                Ok(())
            }
        }
    }

    /// Takes in what came of an attempt.
    fn ended(&mut self, attempt: Attempt, now: Instant) -> Next {
        let Some(sent) = self.sent.take() else { return Next::Again };
        let is_metered = self.is_metered;
        self.rate_limits.request(&self.bucket, self.size, now, |bucket| match attempt {
            Attempt::Refused => bucket.refused(1.0, sent, 0.0, !is_metered, now),
            Attempt::Made | Attempt::NotMade => bucket.answered(1.0, now),
        });
        if attempt != Attempt::Refused {
            self.attempts += 1;
            return Next::AsEver { attempts: self.attempts };
        }
        self.refusals += 1;
        tracing::debug!(action = self.action, refusals = self.refusals, "throttled");
        let since = *self.refused_since.get_or_insert(now);
        if now - since >= self.timeout {
            return Next::AsEver { attempts: u32::MAX };
        }
        let pause = PAUSE_FIRST * 2_u32.saturating_pow(self.refusals.min(16) - 1);
        // Of many that were refused together not all come back together.
        let pause = pause.min(PAUSE_LONGEST).mul_f64(0.5 + fastrand::f64() / 2.0);
        self.not_before = now + self.rate_limits.time_scale().on_the_wall(pause);
        Next::Again
    }
}

impl Drop for Ticket {
    /// A call may be given up while it waits, or on its way.
    fn drop(&mut self) {
        let (waits, is_sent, now) = (self.place.is_some(), self.sent.is_some(), Instant::now());
        if waits || is_sent {
            self.rate_limits.request(&self.bucket, self.size, now, |bucket| match waits {
                true => bucket.leave(1.0),
                false => bucket.answered(1.0, now),
            });
        }
    }
}

fn what_came_of(context: &InterceptorContext) -> Attempt {
    match context.output_or_error() {
        Some(Err(error)) if wait_in(error).is_some() => Attempt::NotMade,
        Some(Err(error)) if is_refusal(error) => Attempt::Refused,
        _ => Attempt::Made,
    }
}

fn wait_in(error: &(dyn Error + 'static)) -> Option<Duration> {
    causes(error).find_map(|cause| cause.downcast_ref::<Wait>()).map(|wait| wait.0)
}

fn is_refusal(error: &(dyn Error + 'static)) -> bool {
    let code = causes(error).find_map(|cause| cause.downcast_ref::<ErrorMetadata>()).and_then(ErrorMetadata::code);
    matches!(code.and_then(class_of_code), Some(CallError::Throttled { .. }))
}

#[dyn_dispatch_hint]
impl Intercept for RateLimiter {
    fn name(&self) -> &'static str {
        "landfall's rate limiter"
    }

    fn read_after_serialization(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(metadata) = config.load::<Metadata>() else { return Ok(()) };
        let Some(service) = Service::named(metadata.service()) else { return Ok(()) };
        let form = context.request().body().bytes().unwrap_or_default();
        let ticket = Ticket::new(&self.0, service, metadata.name(), form, Instant::now());
        config.interceptor_state().store_put(ticket);
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let usual =
            Usual { config: config.load::<RetryConfig>().cloned(), quota: config.load::<TokenBucket>().cloned() };
        let Some(ticket) = config.get_mut_from_interceptor_state::<Ticket>() else { return Ok(()) };
        let usual = ticket.usual.get_or_insert(usual).clone();
        let passed = ticket.pass(Instant::now());
        usual.restore(config);
        Ok(passed?)
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let attempt = what_came_of(context.inner());
        let Some(ticket) = config.get_mut_from_interceptor_state::<Ticket>() else { return Ok(()) };
        let next = ticket.ended(attempt, Instant::now());
        let attempts = match next {
            Next::AsEver { attempts } => attempts,
            // For this one decision: the first of two attempts has been made, and a repetition costs nothing.
            Next::Again => {
                let state = config.interceptor_state();
                state.store_put(RetryConfig::standard().with_max_attempts(2).with_max_backoff(BOUND_OF_PAUSES));
                state.store_put(TokenBucket::unlimited());
                1
            }
        };
        config.interceptor_state().store_put(RequestAttempts::new(attempts));
        Ok(())
    }
}

impl ClassifyRetry for RateLimiter {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else { return RetryAction::NoActionIndicated };
        let pause = match wait_in(error) {
            Some(wait) => wait,
            // The limiter knows when its turn is.
            None if is_refusal(error) => Duration::ZERO,
            None => return RetryAction::NoActionIndicated,
        };
        RetryAction::retryable_error_with_explicit_delay(ErrorKind::ThrottlingError, pause)
    }

    fn name(&self) -> &'static str {
        "landfall's rate limiter"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

#[cfg(test)]
mod tests;
