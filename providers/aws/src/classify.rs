//! Turns AWS's answers into the engine's classes, by error code, never by the text of a message.
//!
//! One place for all services: the codes are listed in "Error codes for the Amazon EC2 API", the IAM and CloudWatch
//! Logs API references, and "Common errors". The few codes that mean different things in different calls
//! (`InvalidParameterValue` for a profile that EC2 does not know yet, `AuthFailure` for an address that a deleted NAT
//! gateway still holds) are told apart by the kind that knows its call.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use landfall_engine::provider::{CallError, CallFailure};

use crate::operation::Operation;

/// Returns what the engine makes of a failed call.
pub(crate) fn failure<E>(operation: &Operation, error: SdkError<E, HttpResponse>) -> CallFailure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let request_id = error.request_id().map(str::to_owned);
    let fail = |class, code: Option<&str>, message: String| CallFailure {
        class,
        operation: operation.name.to_owned(),
        code: code.map(str::to_owned),
        message,
        request_id: request_id.clone(),
    };
    match &error {
        SdkError::ServiceError(_) => {
            let code = error.code().map(str::to_owned);
            let message = error.message().unwrap_or("no reason given").trim().to_owned();
            let class = match code.as_deref().and_then(class_of_code) {
                Some(class) => class,
                // A server's error may come before or after the effect.
                None if status.is_some_and(|status| status >= 500) => CallError::AnswerLost,
                None => CallError::Refused,
            };
            fail(class, code.as_deref(), message)
        }
        SdkError::ConstructionFailure(_) => fail(CallError::Refused, None, innermost(&error)),
        other => {
            let class = if in_chain::<CredentialsError>(other) {
                CallError::Credentials
            } else if was_not_sent(other) {
                CallError::Unreachable
            } else {
                CallError::AnswerLost
            };
            fail(class, None, innermost(&error))
        }
    }
}

/// Returns the class of an error code, or `None` for a code that means nothing in particular.
pub(crate) fn class_of_code(code: &str) -> Option<CallError> {
    let class = match code {
        "RequestLimitExceeded"
        | "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "SlowDown"
        | "EC2ThrottledException"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete" => CallError::Throttled { retry_after: None },

        "UnauthorizedOperation"
        | "AccessDenied"
        | "AccessDeniedException"
        | "OptInRequired"
        | "PendingVerification"
        | "Blocked" => CallError::Denied,

        "AuthFailure"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "RequestTimeTooSkewed"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken" => CallError::Credentials,

        "DependencyViolation"
        | "InvalidGroup.InUse"
        | "InvalidIPAddress.InUse"
        | "DeleteConflict"
        | "InvalidPlacementGroup.InUse"
        | "VolumeInUse"
        | "OperationAbortedException"
        | "ConcurrentModification"
        | "IncorrectState"
        | "IncorrectInstanceState"
        | "ResourceNotReady"
        | "ConcurrentTagAccess" => CallError::Blocked,

        "InsufficientInstanceCapacity"
        | "UnfulfillableCapacity"
        | "InsufficientFreeAddressesInSubnet"
        | "SpotMaxPriceTooLow"
        | "InsufficientAddressCapacity"
        | "InsufficientCapacity"
        | "InsufficientVolumeCapacity"
        | "Unsupported"
        | "MaxFleetCountExceeded" => CallError::NoCapacity,

        "NoSuchEntity"
        | "ResourceNotFoundException"
        | "NatGatewayNotFound"
        | "Gateway.NotAttached"
        | "InvalidPlacementGroup.Unknown" => CallError::Gone,

        "VcpuLimitExceeded"
        | "InstanceLimitExceeded"
        | "MaxSpotInstanceCountExceeded"
        | "LimitExceeded"
        | "LimitExceededException"
        | "ResourceCountExceeded" => CallError::Quota,

        _ if code.ends_with("LimitExceeded") => CallError::Quota,
        _ if code.starts_with("Invalid") && (code.contains(".NotFound") || code.ends_with("NotFoundException")) => {
            CallError::Gone
        }
        _ => return None,
    };
    Some(class)
}

/// Returns an error, what caused it, what caused that.
pub(crate) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause: &&'a (dyn Error + 'static)| {
        let cause: &'a (dyn Error + 'static) = *cause;
        cause.source()
    })
}

/// The innermost cause says what happened; the outer ones say "dispatch failure".
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn in_chain<T: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| cause.is::<T>())
}

/// Tells whether no connection was made, so that nothing can have happened.
fn was_not_sent(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        let refused = cause.downcast_ref::<std::io::Error>().is_some_and(|io| {
            use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
            matches!(io.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable)
        });
        // Name resolution has no error type of its own in the connector.
        refused || cause.to_string().starts_with("dns error")
    })
}

/// A fresh id that is not seen everywhere yet looks like one that is gone: creations wait for it instead.
pub(crate) fn not_yet_visible(mut failure: CallFailure) -> CallFailure {
    if failure.class == CallError::Gone {
        failure.class = CallError::NotYetVisible;
    }
    failure
}

/// What AWS promises to answer and did not.
pub(crate) fn incomplete(operation: &Operation, missing: &str) -> CallFailure {
    CallFailure {
        class: CallError::AnswerLost,
        operation: operation.name.to_owned(),
        code: None,
        message: format!("the answer lacks {missing}"),
        request_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_classes() {
        let cases = [
            ("RequestLimitExceeded", Some(CallError::Throttled { retry_after: None })),
            ("InvalidVpcID.NotFound", Some(CallError::Gone)),
            ("InvalidLaunchTemplateName.NotFoundException", Some(CallError::Gone)),
            ("InvalidGroup.Duplicate", None),
            ("VpcLimitExceeded", Some(CallError::Quota)),
            ("AddressLimitExceeded", Some(CallError::Quota)),
            ("UnauthorizedOperation", Some(CallError::Denied)),
            ("DependencyViolation", Some(CallError::Blocked)),
            ("InsufficientInstanceCapacity", Some(CallError::NoCapacity)),
            ("InvalidParameterValue", None),
        ];
        for (code, class) in cases {
            assert_eq!(class_of_code(code), class, "{code}");
        }
    }
}
