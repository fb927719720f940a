//! What an action of a service is.

use serde_json::{Map, Value};

use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::World;

/// An action of a query service (EC2, IAM, STS).
pub(crate) struct Action {
    /// Its name, as in `Action=CreateVpc`.
    pub(crate) name: &'static str,
    /// Every parameter that is modelled, as patterns of [`Params::refuse_unmodelled`]; any other is refused.
    pub(crate) parameters: &'static [&'static str],
    /// What it does. Nothing is changed if it returns an error, but by TerminateInstances, whose zones are apart.
    pub(crate) run: fn(&mut World, &Params) -> Result<Xml, ApiError>,
}

/// An action of a JSON service (CloudWatch Logs).
pub(crate) struct JsonAction {
    /// Its name, as in `X-Amz-Target: Logs_20140328.CreateLogGroup`.
    pub(crate) name: &'static str,
    /// The members of the request that are modelled; any other is refused.
    pub(crate) members: &'static [&'static str],
    /// What it does. Nothing is changed if it returns an error.
    pub(crate) run: fn(&mut World, &Map<String, Value>) -> Result<Value, ApiError>,
}
