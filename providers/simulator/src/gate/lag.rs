//! Eventual consistency: what was just made is not seen by everybody at once.
//!
//! A call that would see a hidden resource runs on a copy of the account that does not have it. So every action answers
//! in its own words, as AWS does: "does not exist" where the id is named, an empty list where it is not.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::faults::Term;
use crate::call::{Call, Reply};
use crate::wire::error::ApiError;
use crate::world::{Millis, World};

/// A resource: the service, the collection and the key.
pub(crate) type Path = (String, String, String);

/// What is hidden, and for how long.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lag(BTreeMap<Path, Hidden>);

#[derive(Debug, Clone)]
struct Hidden {
    until: Option<Millis>,
    calls: Option<u64>,
}

/// Returns everything that an account holds.
pub(crate) fn resources(world: &World) -> BTreeSet<Path> {
    let mut all = BTreeSet::new();
    for (service, collections) in services(world) {
        for (collection, keys) in collections.as_object().into_iter().flatten() {
            let keys = keys.as_object().into_iter().flat_map(|keys| keys.keys());
            all.extend(keys.map(|key| (service.to_owned(), collection.clone(), key.clone())));
        }
    }
    all
}

fn services(world: &World) -> [(&'static str, Value); 3] {
    // What cannot be written as JSON could not be stored either; it would just not be hidden.
    let value = |value: serde_json::Result<Value>| value.unwrap_or_default();
    [
        ("ec2", value(serde_json::to_value(&world.ec2))),
        ("iam", value(serde_json::to_value(&world.iam))),
        ("logs", value(serde_json::to_value(&world.logs))),
    ]
}

impl Lag {
    /// Hides what was not there before.
    pub(crate) fn hide(&mut self, world: &World, before: &BTreeSet<Path>, term: Term) {
        for path in resources(world).difference(before) {
            let until = term.ms.map(|ms| world.now.saturating_add(ms));
            self.0.insert(path.clone(), Hidden { until, calls: term.calls });
        }
    }

    /// Runs a call that may have an effect.
    pub(crate) fn run(
        &mut self,
        world: &mut World,
        call: &Call,
        run: impl Fn(&mut World) -> Result<Reply, ApiError>,
    ) -> Result<Reply, ApiError> {
        let Some(mut partial) = self.partial(world) else { return run(world) };
        if !call.is_read() {
            // A change that names something hidden is refused; any other works on what is really there.
            let refusal = if self.is_any_named(call) { run(&mut partial).err() } else { None };
            return match refusal {
                Some(error) => {
                    self.count(|path| call.names(&path.2));
                    Err(error)
                }
                None => run(world),
            };
        }
        let (answer, full) = (run(&mut partial), run(world));
        if answer != full {
            let seen = format!("{full:?}");
            self.count(|path| call.names(&path.2) || seen.contains(&path.2));
        }
        answer
    }

    /// Returns what a function makes of the account as this call sees it.
    pub(crate) fn seen_by<T>(
        &mut self,
        world: &World,
        call: &Call,
        look: impl FnOnce(&World) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        match self.partial(world) {
            Some(partial) if self.is_any_named(call) => {
                self.count(|path| call.names(&path.2));
                look(&partial)
            }
            _ => look(world),
        }
    }

    fn is_any_named(&self, call: &Call) -> bool {
        self.0.keys().any(|(_, _, key)| call.names(key))
    }

    fn count(&mut self, is_met: impl Fn(&Path) -> bool) {
        for (path, hidden) in &mut self.0 {
            if is_met(path) {
                hidden.calls = hidden.calls.map(|calls| calls.saturating_sub(1));
            }
        }
    }

    /// Returns the account without what is hidden; `None` if nothing is.
    fn partial(&mut self, world: &World) -> Option<World> {
        let is_over = |hidden: &Hidden| hidden.calls == Some(0) || hidden.until.is_some_and(|until| world.now >= until);
        self.0.retain(|_, hidden| !is_over(hidden));
        if self.0.is_empty() {
            return None;
        }
        let [(_, mut ec2), (_, mut iam), (_, mut logs)] = services(world);
        for (service, collection, key) in self.0.keys() {
            let all = match service.as_str() {
                "ec2" => &mut ec2,
                "iam" => &mut iam,
                _ => &mut logs,
            };
            if let Some(keys) = all.get_mut(collection).and_then(Value::as_object_mut) {
                keys.remove(key);
            }
        }
        Some(World {
            ec2: serde_json::from_value(ec2).ok()?,
            iam: serde_json::from_value(iam).ok()?,
            logs: serde_json::from_value(logs).ok()?,
            ..world.clone()
        })
    }
}
