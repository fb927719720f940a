//! Opens the clients, through the SDK's own configuration chain, and finds out whose account this is.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_ec2::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_ec2::config::timeout::TimeoutConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::HttpClient;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use landfall_engine::provider::{CallError, CallFailure};

use crate::announced::AnnouncedTempo;
use crate::classify::failure;
use crate::cloud::{CallCount, Cloud};
use crate::declared::{DeclaredCalls, declared};
use crate::operation::{DESCRIBE_REGIONS, Operation, Sent};
use crate::provider::AwsProvider;
use crate::rate_limit::{RateLimiter, RateLimits};
use crate::survey::{SurveyError, check_region};

const GET_CALLER_IDENTITY: Operation = Operation::new("sts:GetCallerIdentity");

/// Who the caller is; where that is refused, which regions there are.
pub(crate) const CALLS: Sent = Sent::always(&[&GET_CALLER_IDENTITY]).sometimes(&[&DESCRIBE_REGIONS]);

/// What to connect for.
#[derive(Debug, Clone)]
pub struct ConnectOptions<'a> {
    /// The region of the stack; it counts before the one in the environment or the profile.
    pub region: &'a str,
    /// The stack's name.
    pub stack: &'a str,
    /// The id of the run; see [`AwsProvider::for_run`].
    pub run: &'a str,
}

/// The account could not be reached.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The chain found no credentials, or none that can be used.
    #[error("there are no AWS credentials that work: {reason}")]
    NoCredentials {
        /// What the chain, or AWS, says.
        reason: String,
    },
    /// Nobody answers.
    #[error("{endpoint} cannot be reached: {reason}")]
    Unreachable {
        /// What was called.
        endpoint: String,
        /// Why, in the words of the network.
        reason: String,
    },
    /// The region does not exist, or the account has not enabled it.
    #[error(transparent)]
    Region(SurveyError),
    /// AWS answered and refused.
    #[error("AWS did not say whose account this is")]
    Call(#[source] CallFailure),
}

/// Attempts of one request, for what can be repeated without harm. Failures beyond that are the engine's to judge.
const ATTEMPTS: u32 = 4;
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// Opens the clients and asks whose account this is.
///
/// # Errors
/// If there are no credentials that work, or nobody answers.
pub async fn connect(options: &ConnectOptions<'_>) -> Result<AwsProvider, ConnectError> {
    let config = load(options.region).await;
    let Some(credentials) = config.credentials_provider() else {
        return Err(ConnectError::NoCredentials { reason: "no source of credentials is configured".to_owned() });
    };
    credentials.provide_credentials().await.map_err(|error| ConnectError::NoCredentials { reason: in_full(&error) })?;
    open(&config, options).await
}

/// Returns the region that the SDK's own chain names: AWS_REGION, the profile, the machine's metadata.
pub async fn configured_region() -> Option<String> {
    let chain = aws_config::meta::region::RegionProviderChain::default_provider();
    chain.region().await.map(|region| region.to_string())
}

/// Opens the clients on an account that this HTTP client stands for, such as a simulated one. Neither the environment nor
/// any file is read: what is meant for the real account must not reach another, nor the other way round.
///
/// # Errors
/// If whoever answers does not say whose account this is.
pub async fn connect_through(
    options: &ConnectOptions<'_>,
    http: impl HttpClient + 'static,
) -> Result<AwsProvider, ConnectError> {
    let credentials = Credentials::new("AKIASIMULATED0000000", "simulated", None, None, "simulated");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(options.region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build())
        .build();
    open(&config, options).await
}

async fn open(config: &SdkConfig, options: &ConnectOptions<'_>) -> Result<AwsProvider, ConnectError> {
    let calls = CallCount::default();
    let rate_limits = RateLimits::default();
    let limiter = RateLimiter::new(rate_limits.clone());
    let quota = retry_quota();
    /// The same for each service: the builders have equal methods and no trait in common.
    macro_rules! client {
        ($sdk:ident) => {
            $sdk::Client::from_conf(
                $sdk::config::Builder::from(config)
                    .retry_partition(quota.clone())
                    .interceptor(DeclaredCalls)
                    .interceptor(calls.clone())
                    .interceptor(limiter.clone())
                    .retry_classifier(limiter.clone())
                    .build(),
            )
        };
    }
    let ec2 = client!(aws_sdk_ec2);
    let sts = client!(aws_sdk_sts);
    let time_scale = AnnouncedTempo::default();
    let call = sts.get_caller_identity().customize().interceptor(time_scale.clone());
    let caller = match declared("connecting", [CALLS], call.send()).await {
        Ok(caller) => caller,
        Err(error) => {
            // A region that does not exist has no address, and one that is not enabled takes no credentials.
            let checked = declared("connecting", [CALLS], check_region(&ec2, options.region));
            checked.await.map_err(ConnectError::Region)?;
            return Err(refused(failure(&GET_CALLER_IDENTITY, error), endpoint(config, options.region)));
        }
    };
    rate_limits.keep_time(time_scale.get());
    let partition = caller.arn().and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws").to_owned();
    let cloud = Cloud {
        ec2,
        iam: client!(aws_sdk_iam),
        logs: client!(aws_sdk_cloudwatchlogs),
        stack: options.stack.to_owned(),
        run: options.run.to_owned(),
        region: options.region.to_owned(),
        account: caller.account().unwrap_or_default().to_owned(),
        partition,
        time_scale: time_scale.get(),
        calls,
        rate_limits,
    };
    Ok(AwsProvider::new(cloud))
}

fn refused(failure: CallFailure, endpoint: String) -> ConnectError {
    match failure.class {
        CallError::Credentials => ConnectError::NoCredentials { reason: failure.to_string() },
        CallError::Unreachable | CallError::AnswerLost if failure.code.is_none() => {
            ConnectError::Unreachable { endpoint, reason: failure.message }
        }
        _ => ConnectError::Call(failure),
    }
}

async fn load(region: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new(region.to_owned()))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build())
        .load()
        .await
}

/// The SDK's default quota of repetitions is one for the whole process and small: under throttling it runs dry, and calls
/// then fail before their attempts are used up.
fn retry_quota() -> RetryPartition {
    let bucket = TokenBucket::builder().capacity(5000).refill_rate(50.0).build();
    RetryPartition::custom("landfall").token_bucket(bucket).build()
}

fn endpoint(config: &SdkConfig, region: &str) -> String {
    config.endpoint_url().map_or_else(|| format!("AWS in {region}"), str::to_owned)
}

/// The chain's own message says only that it failed; its causes say why.
fn in_full(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |cause| cause.source());
    causes.map(|cause| cause.to_string()).collect::<Vec<_>>().join(": ")
}

#[dyn_dispatch_hint]
impl Intercept for CallCount {
    fn name(&self) -> &'static str {
        "landfall's count of calls"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.add_one();
        Ok(())
    }
}
