//! Errors as AWS answers them.

/// An error of the API: a code that clients rely on and a message for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// AWS's code.
    pub(crate) code: String,
    /// AWS's words.
    pub(crate) message: String,
    /// The HTTP status.
    pub(crate) status: u16,
}

impl ApiError {
    /// Returns an error of the client's: status 400, unless the code has one of its own.
    pub(crate) fn new(code: &str, message: impl Into<String>) -> ApiError {
        ApiError { code: code.to_owned(), message: message.into(), status: usual_status(code) }
    }

    /// Returns the same with another status.
    pub(crate) fn with_status(mut self, status: u16) -> ApiError {
        self.status = status;
        self
    }
}

/// "Error codes for the Amazon EC2 API" and the IAM API reference list the codes that are not 400.
fn usual_status(code: &str) -> u16 {
    match code {
        "DryRunOperation" => 412,
        "UnauthorizedOperation" | "AccessDenied" => 403,
        "AuthFailure.Credentials" => 401,
        "EntityAlreadyExists" | "DeleteConflict" | "LimitExceeded" | "ConcurrentModification" => 409,
        "NoSuchEntity" => 404,
        "RequestLimitExceeded" | "ServiceUnavailable" | "Unavailable" => 503,
        "InternalError" | "InternalFailure" | "ServiceFailure" => 500,
        _ if code.starts_with("Insufficient") => 500,
        _ => 400,
    }
}
