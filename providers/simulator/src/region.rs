//! The entrance: one region of one simulated account.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::call::{Call, Service};
use crate::middleware::buckets::Buckets;
use crate::middleware::credentials::admit;
use crate::middleware::faults::Faults;
use crate::middleware::permissions::Permissions;
use crate::middleware::{Caller, CallerError, FaultFile, Handled, Middleware};
use crate::reply;
use crate::services;
use crate::store::{Store, StoreError};
use crate::wire::error::ApiError;
use crate::world::{Millis, World};

pub use crate::http::{HttpRequest, HttpResponse};
pub use crate::world::Delays;

/// What a region is made of.
#[derive(Debug, Clone)]
pub struct RegionOptions {
    /// Its name.
    pub region: String,
    /// The account's number.
    pub account: String,
    /// Decides every id and every choice.
    pub seed: u64,
    /// How long things take.
    pub delays: Delays,
    /// The time at the beginning, in milliseconds since 1970.
    pub now: u64,
    /// How many times as fast as outside time goes for an account in a file while no process has it open; as before,
    /// if this is left out.
    pub speed: Option<f64>,
    /// What goes wrong.
    pub faults: FaultFile,
    /// What the caller may do; anything, if this is left out.
    pub caller: Option<Caller>,
}

impl Default for RegionOptions {
    fn default() -> RegionOptions {
        RegionOptions {
            region: "us-east-1".to_owned(),
            account: "111122223333".to_owned(),
            seed: 1,
            delays: Delays::none(),
            now: 1_767_225_600_000,
            speed: None,
            faults: FaultFile::default(),
            caller: None,
        }
    }
}

/// One region of one account. Clones are handles to the same.
#[derive(Debug, Clone)]
pub struct Region(Arc<Mutex<Account>>);

/// The region, its middleware and where it is kept.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) world: World,
    pub(crate) middleware: Middleware,
    pub(crate) store: Option<Store>,
}

/// What a client gets to see of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The answer; `None` if the connection breaks instead.
    pub response: Option<HttpResponse>,
    /// How much later than usual it comes, in milliseconds of the simulated clock.
    pub delay_ms: u64,
}

impl Region {
    /// Returns an account that holds what AWS gives to a new one, and nothing else. A caller whose policies cannot be
    /// read may do nothing; [`Region::try_new`] says so at once.
    pub fn new(options: &RegionOptions) -> Region {
        let permissions = options.caller.as_ref().map(|caller| Permissions::read(caller).unwrap_or_default());
        Region::of(new_world(options), options, permissions, None)
    }

    /// Returns the same, or what is wrong with the caller's policies.
    ///
    /// # Errors
    /// If a policy cannot be read.
    pub fn try_new(options: &RegionOptions) -> Result<Region, CallerError> {
        let permissions = options.caller.as_ref().map(Permissions::read).transpose()?;
        Ok(Region::of(new_world(options), options, permissions, None))
    }

    /// Opens the account that a file holds, or makes a new one in it. What the file has decides: the seed and the delays
    /// of the options are for a new account.
    ///
    /// # Errors
    /// If the file cannot be opened, or holds something else.
    pub fn open(path: &Path, options: &RegionOptions) -> Result<Region, StoreError> {
        let permissions = options.caller.as_ref().map(|caller| Permissions::read(caller).unwrap_or_default());
        let mut store = Store::open(path, options.speed)?;
        let world = store.load_or_keep(&options.region, || new_world(options))?;
        Ok(Region::of(world, options, permissions, Some(store)))
    }

    fn of(world: World, options: &RegionOptions, permissions: Option<Permissions>, store: Option<Store>) -> Region {
        let middleware = Middleware {
            buckets: options.faults.throttling.scale().map(Buckets::scaled),
            faults: Faults::new(options.seed, &options.faults.faults),
            permissions,
            ..Middleware::default()
        };
        Region(Arc::new(Mutex::new(Account { world, middleware, store })))
    }

    /// Empties the account: it is as new, and so is the file that keeps it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn reset(&self, options: &RegionOptions) -> Result<(), StoreError> {
        let mut account = self.account();
        let world = new_world(options);
        if let Some(store) = &mut account.store {
            store.reset(&world)?;
        }
        account.world = world;
        Ok(())
    }

    /// Returns a region that holds the same and goes its own way from here, in memory. Nothing goes wrong in it, but
    /// what is not visible yet stays so.
    pub fn fork(&self) -> Region {
        let account = self.account();
        let (world, middleware) =
            (account.world.clone(), Middleware { lag: account.middleware.lag.clone(), ..Middleware::default() });
        Region(Arc::new(Mutex::new(Account { world, middleware, store: None })))
    }

    /// Lets go wrong what the file says, from now on and instead of what went wrong until now. Calls are counted anew.
    pub fn inject_faults(&self, file: &FaultFile, seed: u64) {
        let mut account = self.account();
        account.world.ec2.capacity.clear();
        let middleware = &mut account.middleware;
        middleware.buckets = file.throttling.scale().map(Buckets::scaled);
        middleware.faults = Faults::new(seed, &file.faults);
    }

    /// Starts a list of the actions that are asked for.
    pub fn keep_log(&self) {
        self.account().middleware.log = Some(vec![]);
    }

    /// Returns the actions that were asked for since [`Region::keep_log`], as `service:Action`, and goes on with an empty
    /// list.
    pub fn take_log(&self) -> Vec<String> {
        self.account().middleware.log.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Answers a request that arrives at this time. Never fails: what cannot be understood is an error in AWS's form.
    /// Where the connection breaks, this is the answer that nobody receives.
    pub fn answer(&self, request: &HttpRequest, now: Millis) -> HttpResponse {
        self.account().answer(request, now).0
    }

    /// Returns what the client of a request gets to see.
    pub fn deliver(&self, request: &HttpRequest, now: Millis) -> Delivery {
        let (response, is_lost, delay_ms) = self.account().answer(request, now);
        Delivery { response: (!is_lost).then_some(response), delay_ms }
    }

    /// Returns the latest time that the account has seen, in milliseconds since 1970.
    pub fn now(&self) -> u64 {
        self.account().world.now
    }

    /// Returns the world, for tests that change it behind the API.
    #[cfg(test)]
    pub(crate) fn world(&self) -> impl std::ops::DerefMut<Target = World> + '_ {
        WorldGuard(self.account())
    }

    pub(crate) fn account(&self) -> MutexGuard<'_, Account> {
        // A handler that panicked is a bug that its own request showed; the others go on with what is there.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
struct WorldGuard<'a>(MutexGuard<'a, Account>);

#[cfg(test)]
impl std::ops::Deref for WorldGuard<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0.world
    }
}

#[cfg(test)]
impl std::ops::DerefMut for WorldGuard<'_> {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.0.world
    }
}

fn new_world(options: &RegionOptions) -> World {
    let RegionOptions { region, account, seed, delays, now, .. } = options;
    services::new_account(region, account, *seed, delays.clone(), *now)
}

impl Account {
    /// Returns the answer, whether the connection breaks instead, and how late it is.
    fn answer(&mut self, request: &HttpRequest, now: Millis) -> (HttpResponse, bool, u64) {
        let request_id = self.world.ids.request();
        let call = admit(request, &self.world.region)
            .and_then(|service| Call::read(service, request).map_err(|error| (service, error)));
        let call = match call {
            Ok(call) => call,
            Err((service, error)) => return (reply::error(service, &error, &request_id), false, 0),
        };
        let service = call.service;
        let handled = self.transact(now, !call.is_read(), |middleware, world| {
            middleware.faults.advance(world);
            let handled = catch_unwind(AssertUnwindSafe(|| middleware.handle(world, &call)));
            handled.unwrap_or_else(|_| Handled { answer: Err(defect(&call)), is_lost: false, delay_ms: 0 })
        });
        let handled = handled.unwrap_or_else(|error| Handled {
            answer: Err(ApiError::new("InternalFailure", error.to_string()).with_status(500)),
            is_lost: false,
            delay_ms: 0,
        });
        let response = match handled.answer {
            Ok(reply) => reply::answer(service, call.name(), reply, &request_id),
            Err(error) => reply::error(service, &error, &request_id),
        };
        (response, handled.is_lost, handled.delay_ms)
    }

    /// Does something with the account as it is at this time. A change is kept before anybody hears of it, and what other
    /// processes changed meanwhile is seen.
    pub(crate) fn transact<T>(
        &mut self,
        now: Millis,
        is_change: bool,
        act: impl FnOnce(&mut Middleware, &mut World) -> T,
    ) -> Result<T, StoreError> {
        let Account { world, middleware, store } = self;
        if let Some(store) = store {
            store.catch_up(world, is_change)?;
        }
        services::advance(world, now);
        let outcome = act(middleware, world);
        if let Some(store) = store {
            store.keep(world, is_change)?;
        }
        Ok(outcome)
    }
}

/// An action broke down: a mistake in the simulated region, not in the request.
fn defect(call: &Call) -> ApiError {
    let message = format!("The simulated region has a defect in {}.", call.full_name());
    let code = if call.service == Service::Ec2 { "InternalError" } else { "InternalFailure" };
    ApiError::new(code, message).with_status(500)
}
