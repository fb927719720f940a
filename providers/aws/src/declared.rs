//! Holds whoever sends calls to those that it declared.
//!
//! Permissions, the reference and the forecast are made of declarations, so a call that none of them names would make
//! all three wrong. While something is done, what it declared is known to its task; an interceptor looks there before
//! each request. In builds with debug assertions, which all tests are, a call that was not declared fails unsent and
//! says whose it is; in others it is logged and sent.

use std::future::Future;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::operation::Sent;

tokio::task_local! {
    static DECLARED: Declared;
}

/// What is being done, and the calls that were declared for it.
struct Declared {
    doing: String,
    calls: Vec<Sent>,
}

/// A call that was not declared.
#[derive(Debug, thiserror::Error)]
#[error("{doing} does not declare {operation}")]
struct NotDeclared {
    doing: String,
    operation: String,
}

/// Does something that sends no other calls than these.
pub(crate) async fn declared<F: Future>(doing: impl Into<String>, calls: impl Into<Vec<Sent>>, done: F) -> F::Output {
    DECLARED.scope(Declared { doing: doing.into(), calls: calls.into() }, done).await
}

/// Looks at each request before it is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeclaredCalls;

impl DeclaredCalls {
    fn check(operation: String) -> Result<(), NotDeclared> {
        let checked = DECLARED.try_with(|declared| {
            let mut names = declared.calls.iter().flat_map(|sent| sent.all()).map(|operation| operation.name);
            if names.any(|name| name == operation) { Ok(()) } else { Err(declared.doing.clone()) }
        });
        match checked {
            Ok(Ok(())) => Ok(()),
            Ok(Err(doing)) => Err(NotDeclared { doing, operation }),
            Err(_) => Err(NotDeclared { doing: "whoever sends it".to_owned(), operation }),
        }
    }
}

#[dyn_dispatch_hint]
impl Intercept for DeclaredCalls {
    fn name(&self) -> &'static str {
        "landfall's declared calls"
    }

    fn read_after_serialization(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(metadata) = config.load::<Metadata>() else { return Ok(()) };
        let service = match metadata.service() {
            "CloudWatch Logs" => "logs".to_owned(),
            other => other.to_lowercase(),
        };
        match DeclaredCalls::check(format!("{service}:{}", metadata.name())) {
            Err(error) if cfg!(debug_assertions) => Err(error.into()),
            Err(error) => {
                tracing::warn!("{error}");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{DESCRIBE_SUBNETS, DESCRIBE_VPCS};

    #[tokio::test]
    async fn what_was_not_declared_is_named_with_whoever_sends_it() {
        let calls = [Sent::always(&[&DESCRIBE_VPCS])];
        let checks = declared("the read of `ec2.vpc`", calls, async {
            [DESCRIBE_VPCS, DESCRIBE_SUBNETS].map(|operation| DeclaredCalls::check(operation.name.to_owned()))
        });
        let [declared, other] = checks.await;
        assert!(declared.is_ok());
        let told = other.expect_err("it is not declared").to_string();
        assert_eq!(told, "the read of `ec2.vpc` does not declare ec2:DescribeSubnets");
        assert!(DeclaredCalls::check(DESCRIBE_VPCS.name.to_owned()).is_err(), "outside of any declaration");
    }
}
