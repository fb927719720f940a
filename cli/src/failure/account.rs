//! What the account, or the way to it, refuses.

use landfall_aws::connect::ConnectError;
use landfall_aws::survey::SurveyError;
use landfall_engine::provider::{CallError, CallFailure};
use landfall_engine::providers::RefreshError;

use super::{Explanation, Failure, NOTHING_CHANGED};

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Failure {
        let explanation = match &error {
            ConnectError::Call(failure) => return Failure::from(failure.clone()),
            ConnectError::Region(error) => return Failure::from(error.clone()),
            ConnectError::NoCredentials { .. } => Explanation::of(&error).next(
                "give credentials the way the AWS CLI takes them: `aws sso login`, AWS_PROFILE, or \
                 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            ),
            ConnectError::Unreachable { .. } => Explanation::of(&error)
                .next("check the network, AWS_ENDPOINT_URL, HTTPS_PROXY and the region, then try again"),
        };
        explanation.kept(NOTHING_CHANGED).into()
    }
}

impl From<SurveyError> for Failure {
    fn from(error: SurveyError) -> Failure {
        match error {
            SurveyError::Call(failure) => failure.into(),
            other => Explanation::of(&other).kept(NOTHING_CHANGED).into(),
        }
    }
}

/// A call that failed while landfall was only looking.
impl From<CallFailure> for Failure {
    fn from(failure: CallFailure) -> Failure {
        let explanation = Explanation::new(format!("the account could not be read: {failure}"));
        explained(explanation, &failure).kept(NOTHING_CHANGED).into()
    }
}

/// A failed read says which call failed. Its place would say nothing more: a stack has one region.
impl From<RefreshError> for Failure {
    fn from(error: RefreshError) -> Failure {
        match error {
            RefreshError::Read { failure, .. } => failure.into(),
            RefreshError::NoProvider { .. } => Explanation::of(&error).kept(NOTHING_CHANGED).into(),
        }
    }
}

/// Adds what a class of failures means, and what helps.
pub(super) fn explained(explanation: Explanation, failure: &CallFailure) -> Explanation {
    let operation = &failure.operation;
    match &failure.class {
        CallError::Throttled { .. } => explanation
            .meaning("the account's limit of requests was exceeded for a long time, perhaps by others")
            .next("run the same command again when the account is less busy"),
        CallError::NotYetVisible => explanation
            .meaning("something made a moment ago is not seen everywhere in AWS yet")
            .next("run the same command again; it continues from here"),
        CallError::Gone => explanation
            .meaning("it was removed behind landfall's back while landfall worked")
            .next("run the same command again; it looks at the account anew"),
        CallError::Blocked => explanation
            .meaning("something that is not of this stack still uses it")
            .next("remove what uses it, then run the same command again; it continues from here"),
        CallError::NoCapacity if failure.code.as_deref() == Some("InsufficientFreeAddressesInSubnet") => explanation
            .meaning("every address of the subnet is taken, by this stack or by others in the same network")
            .next(
                "lower `workers`, choose another `zone`, or list a larger subnet under [network], then run the same \
                 command again; it continues from here",
            ),
        CallError::NoCapacity => explanation
            .meaning("AWS has no room for it at the moment; your account and stack are fine")
            .next("choose another `zone` or `worker_type` in the stack file, or run the same command again later"),
        CallError::Quota => explanation
            .meaning("the account may have no more of these")
            .next("ask for a higher quota in the Service Quotas console, or declare less"),
        CallError::Denied => explanation
            .meaning(format!("the credentials in use may not call {operation}"))
            .next(format!("let an administrator allow {operation}, or use other credentials (AWS_PROFILE)")),
        CallError::Credentials => refused_credentials(explanation, failure.code.as_deref()),
        CallError::Unreachable => explanation
            .meaning("AWS could not be reached; this request did not arrive")
            .next("check the network, AWS_ENDPOINT_URL and HTTPS_PROXY, then run the same command again"),
        CallError::AnswerLost => explanation
            .meaning("the answer was lost, so it may have been done; the journal remembers it")
            .next("run the same command again: landfall looks before it repeats anything"),
        CallError::Refused if failure.code.is_none() => explanation
            .meaning("what came back was no answer of AWS, or one that cannot be read: a proxy may stand between")
            .next("run the same command again; LANDFALL_LOG=debug shows what came back"),
        CallError::Refused => explanation.next("mend what AWS names, then run the same command again"),
    }
}

/// Long runs outlive short credentials, and a laptop that slept has both old credentials and old requests.
fn refused_credentials(explanation: Explanation, code: Option<&str>) -> Explanation {
    let renew =
        "renew them (for example with `aws sso login`), then run the same command again; it continues from here";
    match code {
        Some("ExpiredToken" | "ExpiredTokenException") => {
            explanation.meaning("the credentials have expired").next(renew)
        }
        Some("RequestExpired" | "RequestTimeTooSkewed") => explanation
            .meaning("the request was signed at another time than AWS has: this machine's clock is wrong, or it slept")
            .next("set the clock, then run the same command again; it continues from here"),
        _ => explanation.meaning("the credentials are missing, wrong or expired").next(renew),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapbox::{assert_data_eq, str};

    fn shown(class: CallError, code: &str) -> String {
        let failure = CallFailure {
            class,
            operation: "ec2:DescribeVpcs".to_owned(),
            code: Some(code.to_owned()),
            message: "no".to_owned(),
            request_id: None,
        };
        anstream::adapter::strip_str(&Failure::from(failure).text()).to_string()
    }

    #[test]
    fn expired_credentials_and_a_wrong_clock_are_told_apart() {
        assert_data_eq!(
            shown(CallError::Credentials, "ExpiredToken"),
            str![[r#"
error: the account could not be read: ec2:DescribeVpcs answered ExpiredToken: no
  meaning  the credentials have expired
  kept     nothing was changed
  next     renew them (for example with `aws sso login`), then run the same command again; it continues from here

"#]]
        );
        assert_data_eq!(
            shown(CallError::Credentials, "RequestExpired"),
            str![[r#"
error: the account could not be read: ec2:DescribeVpcs answered RequestExpired: no
  meaning  the request was signed at another time than AWS has: this machine's clock is wrong, or it slept
  kept     nothing was changed
  next     set the clock, then run the same command again; it continues from here

"#]]
        );
    }

    #[test]
    fn a_full_subnet_is_no_lack_of_machines() {
        assert_data_eq!(
            shown(CallError::NoCapacity, "InsufficientFreeAddressesInSubnet"),
            str![[r#"
error: the account could not be read: ec2:DescribeVpcs answered InsufficientFreeAddressesInSubnet: no
  meaning  every address of the subnet is taken, by this stack or by others in the same network
  kept     nothing was changed
  next     lower `workers`, choose another `zone`, or list a larger subnet under [network], then run the same command again; it continues from here

"#]]
        );
    }
}
