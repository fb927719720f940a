//! Several places at work at the same time: one provider for each, and a way from a place to its provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::attribute::Found;
use crate::kind::Schemas;
use crate::place::Place;
use crate::provider::{Call, CallFailure, Provider, ReadyStep};
use crate::snapshot::Recorded;

/// The providers of all places of a stack. There is at least one.
#[derive(Debug)]
pub struct Providers<P> {
    all: Vec<Arc<P>>,
    by_place: BTreeMap<Place, ProviderIndex>,
}

/// Which of the providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProviderIndex(usize);

/// The account could not be read. Nothing may be concluded of what exists.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// A read failed in this place.
    #[error("{place} could not be read")]
    Read {
        /// The place.
        place: Place,
        /// Why.
        #[source]
        failure: CallFailure,
    },
    /// Something is recorded in a place that no provider works in.
    #[error("something is recorded in {place}, which is not connected")]
    NoProvider {
        /// The place.
        place: Place,
    },
}

impl<P: Provider> Providers<P> {
    /// Returns the providers of a stack that has one.
    pub fn of(home: Arc<P>) -> Providers<P> {
        Providers { all: vec![], by_place: BTreeMap::new() }.and(home)
    }

    /// Adds a provider. A place that another one works in already stays with that one: what belongs to no region is read
    /// once, however many regions of its account there are.
    pub fn and(mut self, provider: Arc<P>) -> Providers<P> {
        let index = ProviderIndex(self.all.len());
        for place in provider.places() {
            self.by_place.entry(place).or_insert(index);
        }
        self.all.push(provider);
        self
    }

    /// Returns the schemas of the kinds, which are the same in all places.
    pub fn schemas(&self) -> &Schemas {
        self.all[0].schemas()
    }

    /// Returns how many calls were sent so far to all places, repetitions included.
    pub fn calls_sent(&self) -> u64 {
        self.all.iter().map(|provider| provider.calls_sent()).sum()
    }

    /// Finds everything of the stack in all places, which are read at the same time.
    ///
    /// # Errors
    /// If a place cannot be read, or something is recorded in a place that cannot be: neither says that what is there is
    /// gone.
    pub async fn refresh(&self, recorded: &Recorded) -> Result<BTreeMap<Place, Vec<Found>>, RefreshError> {
        let mut of_place: BTreeMap<&Place, Recorded> =
            self.by_place.keys().map(|place| (place, Recorded::default())).collect();
        for (address, known) in &recorded.resources {
            part(&mut of_place, &known.place)?.resources.insert(address.clone(), known.clone());
        }
        for known in &recorded.deposed {
            part(&mut of_place, &known.place)?.deposed.push(known.clone());
        }
        let mut reads = JoinSet::new();
        for (place, known) in of_place {
            let provider = self.all[self.by_place[place].0].clone();
            let place = place.clone();
            reads.spawn(async move {
                let found = provider.refresh(&place, known).await;
                (place, found)
            });
        }
        let mut all = BTreeMap::new();
        while let Some(read) = reads.join_next().await {
            let (place, found) = read.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
            match found {
                Ok(found) => all.insert(place, found),
                Err(failure) => return Err(RefreshError::Read { place, failure }),
            };
        }
        Ok(all)
    }

    /// Returns which provider works in a place.
    pub(crate) fn index(&self, place: &Place) -> Option<ProviderIndex> {
        self.by_place.get(place).copied()
    }

    /// Returns a provider.
    pub(crate) fn get(&self, index: ProviderIndex) -> &Arc<P> {
        &self.all[index.0]
    }

    /// Returns one value for each provider.
    pub(crate) fn for_each_provider<T>(&self, value: impl Fn() -> T) -> BTreeMap<ProviderIndex, T> {
        (0..self.all.len()).map(|index| (ProviderIndex(index), value())).collect()
    }

    /// Joins steps that one call can do. No call has steps of two places; each step is in the answer exactly once,
    /// unless no provider works in its place.
    pub(crate) fn batch(&self, ready: Vec<ReadyStep>) -> Vec<(ProviderIndex, Call<P::Request>)> {
        let mut of_place: BTreeMap<Place, Vec<ReadyStep>> = BTreeMap::new();
        for step in ready {
            match of_place.get_mut(&step.place) {
                Some(steps) => steps.push(step),
                None => drop(of_place.insert(step.place.clone(), vec![step])),
            }
        }
        let served = of_place.into_iter().filter_map(|(place, steps)| Some((self.index(&place)?, steps)));
        served
            .flat_map(|(index, steps)| self.get(index).batch(steps).into_iter().map(move |call| (index, call)))
            .collect()
    }
}

/// Returns what is recorded in a place, as far as it is gathered.
fn part<'a>(of_place: &'a mut BTreeMap<&Place, Recorded>, place: &Place) -> Result<&'a mut Recorded, RefreshError> {
    of_place.get_mut(place).ok_or_else(|| RefreshError::NoProvider { place: place.clone() })
}
