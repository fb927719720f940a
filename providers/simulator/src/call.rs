//! What a request asks for: which action of which service, with which parameters.

use serde_json::{Map, Value};

use crate::http::HttpRequest;
use crate::services::action::{Action, JsonAction};
use crate::services::{ec2, iam, logs, sts};
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::World;

/// Which service a request is for, and so which protocol it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Ec2,
    Iam,
    Sts,
    Logs,
}

impl Service {
    /// Returns the name that requests are signed with and that policies write before the colon.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Service::Ec2 => "ec2",
            Service::Iam => "iam",
            Service::Sts => "sts",
            Service::Logs => "logs",
        }
    }

    /// Returns the service of this signing name.
    pub(crate) fn named(name: &str) -> Option<Service> {
        [Service::Ec2, Service::Iam, Service::Sts, Service::Logs].into_iter().find(|service| service.name() == name)
    }

    /// The longest request that is read, in bytes. EC2's own limit is smaller for most actions; user data is 16 KiB.
    /// PutLogEvents takes 1 MiB of events, which JSON can write in several bytes each.
    pub(crate) fn body_max(self) -> usize {
        match self {
            Service::Ec2 | Service::Iam | Service::Sts => 1 << 20,
            Service::Logs => LONGEST_BODY,
        }
    }

    /// The version of its API; there has only been one for a decade.
    fn version(self) -> &'static str {
        match self {
            Service::Ec2 => "2016-11-15",
            Service::Iam => "2010-05-08",
            Service::Sts => "2011-06-15",
            Service::Logs => "2014-03-28",
        }
    }
}

/// The longest request that any service reads, in bytes.
pub(crate) const LONGEST_BODY: usize = 4 << 20;

/// One call of an action that exists.
#[derive(Clone)]
pub(crate) struct Call {
    /// Whose action.
    pub(crate) service: Service,
    /// The parameters of a query service; none for a JSON service.
    pub(crate) params: Params,
    /// The members of a JSON service's request; none for a query service.
    pub(crate) members: Map<String, Value>,
    handler: Handler,
}

#[derive(Clone, Copy)]
enum Handler {
    Query(&'static Action),
    Json(&'static JsonAction),
}

/// What an action answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reply {
    /// Of a query service.
    Xml(Xml),
    /// Of a JSON service; null stands for an empty body.
    Json(Value),
}

impl Call {
    /// Reads the call of a request to this service. What its parameters mean is not looked at yet.
    pub(crate) fn read(service: Service, request: &HttpRequest) -> Result<Call, ApiError> {
        if request.body.len() > service.body_max() {
            return Err(ApiError::new("RequestEntityTooLarge", "The request is too large.").with_status(413));
        }
        if service == Service::Logs { Call::read_json(request) } else { Call::read_query(service, request) }
    }

    /// Returns a call of a query service that did not come as a request.
    pub(crate) fn query(service: Service, name: &str, params: Params) -> Result<Call, ApiError> {
        let action = query_action(service, name).ok_or_else(|| {
            ApiError::new("InvalidAction", format!("The action {name} is not valid for this web service."))
        })?;
        Ok(Call { service, params, members: Map::new(), handler: Handler::Query(action) })
    }

    /// Returns a call of CloudWatch Logs that did not come as a request.
    pub(crate) fn json(name: &str, members: Map<String, Value>) -> Result<Call, ApiError> {
        let action = logs::ACTIONS
            .iter()
            .find(|action| action.name == name)
            .ok_or_else(|| ApiError::new("UnknownOperationException", format!("There is no operation {name}.")))?;
        Ok(Call { service: Service::Logs, params: Params::default(), members, handler: Handler::Json(action) })
    }

    fn read_query(service: Service, request: &HttpRequest) -> Result<Call, ApiError> {
        let form = match request.method.as_str() {
            "POST" => request.body.as_slice(),
            // The query services take their parameters from the query string too.
            "GET" => request.target.split_once('?').map_or("", |(_, query)| query).as_bytes(),
            other => return Err(ApiError::new("InvalidRequest", format!("The HTTP method {other} is not supported."))),
        };
        let params = Params::parse(form)?;
        let name = params.get("Action").ok_or_else(|| ApiError::new("MissingAction", "The request has no action."))?;
        if let Some(version) = params.get("Version").filter(|version| *version != service.version()) {
            let message = format!("The requested version ({version}) of service {} does not exist", service.name());
            return Err(ApiError::new("NoSuchVersion", message));
        }
        let name = name.to_owned();
        Call::query(service, &name, params)
    }

    fn read_json(request: &HttpRequest) -> Result<Call, ApiError> {
        if request.method != "POST" {
            let message = format!("The HTTP method {} is not supported.", request.method);
            return Err(ApiError::new("UnknownOperationException", message));
        }
        let name = request.header("x-amz-target").and_then(|target| target.split('.').nth(1)).unwrap_or_default();
        let body: Value = serde_json::from_slice(&request.body)
            .map_err(|error| ApiError::new("SerializationException", error.to_string()))?;
        match body {
            Value::Object(members) => Call::json(name, members),
            _ => Err(ApiError::new("SerializationException", "The request is not a JSON object.")),
        }
    }

    /// Returns the action's name, as in `RunInstances`.
    pub(crate) fn name(&self) -> &'static str {
        match self.handler {
            Handler::Query(action) => action.name,
            Handler::Json(action) => action.name,
        }
    }

    /// Returns the action's name as policies write it, as in `ec2:RunInstances`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}:{}", self.service.name(), self.name())
    }

    /// Tells whether the action only looks.
    pub(crate) fn is_read(&self) -> bool {
        ["Describe", "Get", "List", "Search", "Filter", "Simulate"].iter().any(|verb| self.name().starts_with(verb))
    }

    /// Refuses what is not modelled. `everywhere` names the parameters that are dealt with for all actions alike.
    pub(crate) fn refuse_unmodelled(&self, everywhere: &[&str]) -> Result<(), ApiError> {
        match self.handler {
            Handler::Query(action) => {
                let known = [action.parameters, everywhere].concat();
                self.params.refuse_unmodelled(&known)
            }
            Handler::Json(action) => match self.members.keys().find(|key| !action.members.contains(&key.as_str())) {
                None => Ok(()),
                Some(other) => {
                    let message = format!("The member {other} of {} is not simulated.", action.name);
                    Err(ApiError::new("InvalidParameterException", message))
                }
            },
        }
    }

    /// Does what the action does, and nothing if it returns an error.
    pub(crate) fn run(&self, world: &mut World) -> Result<Reply, ApiError> {
        match self.handler {
            Handler::Query(action) => (action.run)(world, &self.params).map(Reply::Xml),
            Handler::Json(action) => (action.run)(world, &self.members).map(Reply::Json),
        }
    }

    /// Tells whether a value of the request is this text, whose case does not count: IAM's names have none.
    pub(crate) fn names(&self, text: &str) -> bool {
        self.params.iter().any(|(_, value)| value.eq_ignore_ascii_case(text))
            || self.members.values().any(|value| holds(value, text))
    }
}

fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own.eq_ignore_ascii_case(text),
        Value::Array(values) => values.iter().any(|value| holds(value, text)),
        Value::Object(members) => members.values().any(|value| holds(value, text)),
        _ => false,
    }
}

fn query_action(service: Service, name: &str) -> Option<&'static Action> {
    let lists: &[&'static [Action]] = match service {
        Service::Ec2 => ec2::ACTIONS,
        Service::Iam => iam::ACTIONS,
        Service::Sts => sts::ACTIONS,
        Service::Logs => &[],
    };
    lists.iter().flat_map(|list| list.iter()).find(|action| action.name == name)
}
