//! Eventual consistency: what was just made is not seen by everybody at once.
//!
//! A call that would see a hidden resource runs on a copy of the account that does not have it. So every action answers
//! in its own words, as AWS does: "does not exist" where the id is named, an empty list where it is not.
//!
//! What alternates is only missing from every other read that does not name it: reads come from copies, and one of two
//! is behind.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::faults::{Invisibility, Manner};
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
    manner: Manner,
    /// Whether the next read of many sees what alternates.
    is_turn: bool,
}

impl Hidden {
    fn is_over(&self, now: Millis) -> bool {
        self.calls == Some(0) || self.until.is_some_and(|until| now >= until)
    }

    /// Tells whether a call does not see what lies here.
    fn is_hidden_from(&self, call: &Call, path: &Path) -> bool {
        match self.manner {
            Manner::Unknown => true,
            Manner::Alternating => call.is_read() && !self.is_turn && !call.names(&path.2),
        }
    }
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
    pub(crate) fn hide(&mut self, world: &World, before: &BTreeSet<Path>, invisibility: Invisibility) {
        for path in resources(world).difference(before) {
            let until = invisibility.ms.map(|ms| world.now.saturating_add(ms));
            let (calls, manner) = (invisibility.calls, invisibility.manner);
            self.0.insert(path.clone(), Hidden { until, calls, manner, is_turn: false });
        }
    }

    /// Runs a call that may have an effect.
    pub(crate) fn run(
        &mut self,
        world: &mut World,
        call: &Call,
        run: impl Fn(&mut World) -> Result<Reply, ApiError>,
    ) -> Result<Reply, ApiError> {
        let Some(mut partial) = self.partial(world, call) else {
            let answer = run(world);
            self.take_turns(call, &answer);
            return answer;
        };
        if !call.is_read() {
            // A change that names something hidden is refused; any other works on what is really there.
            let refusal = if self.is_any_named(call) { run(&mut partial).err() } else { None };
            return match refusal {
                Some(error) => {
                    self.count(call, |path| call.names(&path.2));
                    Err(error)
                }
                None => run(world),
            };
        }
        let (answer, full) = (run(&mut partial), run(world));
        if answer != full {
            let seen = format!("{full:?}");
            self.count(call, |path| call.names(&path.2) || seen.contains(&path.2));
        }
        self.take_turns(call, &full);
        answer
    }

    /// What alternates and would be in the answer is there the next time, if it was missing, and missing, if it was there.
    fn take_turns(&mut self, call: &Call, full: &Result<Reply, ApiError>) {
        let alternates = |hidden: &Hidden| hidden.manner == Manner::Alternating;
        if !call.is_read() || !self.0.values().any(alternates) {
            return;
        }
        let seen = format!("{full:?}");
        for (path, hidden) in self.0.iter_mut().filter(|(_, hidden)| alternates(hidden)) {
            if seen.contains(&path.2) && !call.names(&path.2) {
                hidden.is_turn = !hidden.is_turn;
            }
        }
    }

    /// Returns what a function makes of the account as this call sees it.
    pub(crate) fn seen_by<T>(
        &mut self,
        world: &World,
        call: &Call,
        look: impl FnOnce(&World) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        match self.partial(world, call) {
            Some(partial) if self.is_any_named(call) => {
                self.count(call, |path| call.names(&path.2));
                look(&partial)
            }
            _ => look(world),
        }
    }

    fn is_any_named(&self, call: &Call) -> bool {
        self.0.iter().any(|(path, hidden)| hidden.manner == Manner::Unknown && call.names(&path.2))
    }

    fn count(&mut self, call: &Call, is_met: impl Fn(&Path) -> bool) {
        for (path, hidden) in &mut self.0 {
            if hidden.is_hidden_from(call, path) && is_met(path) {
                hidden.calls = hidden.calls.map(|calls| calls.saturating_sub(1));
            }
        }
    }

    /// Returns the account without what is hidden from a call; `None` if nothing is.
    fn partial(&mut self, world: &World, call: &Call) -> Option<World> {
        self.0.retain(|_, hidden| !hidden.is_over(world.now));
        let unseen: Vec<&Path> =
            self.0.iter().filter(|(path, hidden)| hidden.is_hidden_from(call, path)).map(|(path, _)| path).collect();
        if unseen.is_empty() {
            return None;
        }
        let [(_, mut ec2), (_, mut iam), (_, mut logs)] = services(world);
        for (service, collection, key) in unseen {
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
