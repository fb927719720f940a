//! Reads from an answer how fast time goes in the account that gave it.
//!
//! AWS says nothing of it, and its time goes as on the wall. The simulated region, which can be served to any client, says
//! it in a header of each answer: otherwise a client would wait at AWS's own speed for what is done long since.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use landfall_engine::time_scale::TimeScale;

/// The header: how many seconds pass there while one passes on the wall.
const HEADER: &str = "x-landfall-time-scale";

/// What the last answer said.
#[derive(Debug, Clone, Default)]
pub(crate) struct AnnouncedTempo(Arc<Mutex<TimeScale>>);

impl AnnouncedTempo {
    pub(crate) fn get(&self) -> TimeScale {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[dyn_dispatch_hint]
impl Intercept for AnnouncedTempo {
    fn name(&self) -> &'static str {
        "the time scale that an answer announces"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let announced = context.response().headers().get(HEADER).and_then(|speed| speed.parse().ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = announced.map(TimeScale::times).unwrap_or_default();
        Ok(())
    }
}
