//! The limiter in the SDK's own clients, over an HTTP client that answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::shared::IntoShared;
use aws_smithy_types::body::SdkBody;
use landfall_engine::time_scale::TimeScale;
use tokio::task::JoinSet;

use super::*;
use crate::classify::failure;
use crate::cloud::Cloud;
use crate::connect::{ConnectOptions, connect_through};
use crate::declared::declared;
use crate::operation::{DESCRIBE_VPCS, Operation, Sent};
use crate::provider::AwsProvider;

const THROTTLED: (u16, &str) = (503, "RequestLimitExceeded");
const BROKEN: (u16, &str) = (500, "InternalError");

/// Answers with the next of these errors; after the last all is well. Notes when each request came.
#[derive(Debug, Clone, Default)]
struct Scripted(Arc<Mutex<Script>>);

#[derive(Debug, Default)]
struct Script {
    errors: VecDeque<(u16, &'static str)>,
    came: Vec<Instant>,
}

impl Scripted {
    fn told(&self, errors: &[(u16, &'static str)]) {
        let mut script = self.0.lock().expect("no panic under the lock");
        *script = Script { errors: errors.iter().copied().collect(), came: vec![] };
    }

    fn came(&self) -> Vec<Instant> {
        self.0.lock().expect("no panic under the lock").came.clone()
    }

    fn sent(&self) -> usize {
        self.came().len()
    }
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut script = self.0.lock().expect("no panic under the lock");
        script.came.push(Instant::now());
        let form = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let action = form.split('&').find_map(|pair| pair.strip_prefix("Action="));
        let (status, body) = match (script.errors.pop_front(), action) {
            (Some((status, code)), None) => (status, format!(r#"{{"__type":"{code}","message":"no"}}"#)),
            (Some((status, code)), Some(_)) if request.uri().contains("iam") => {
                (status, format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"))
            }
            (Some((status, code)), Some(_)) => {
                (status, format!("<Response><Errors><Error><Code>{code}</Code></Error></Errors></Response>"))
            }
            (None, None) => (200, "{}".to_owned()),
            (None, Some(action)) => {
                (200, format!("<{action}Response><{action}Result></{action}Result></{action}Response>"))
            }
        };
        let status = status.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

impl HttpClient for Scripted {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.clone().into_shared()
    }
}

async fn connected(time_scale: TimeScale) -> (AwsProvider, Scripted) {
    let http = Scripted::default();
    let options = ConnectOptions { region: "us-east-1", stack: "acme", run: "1" };
    let provider = connect_through(&options, http.clone()).await.expect("a connection");
    provider.cloud().rate_limits.keep_time(time_scale);
    (provider, http)
}

/// The calls that these tests send, for no kind.
const CALLS: Sent = Sent::always(&[
    &DESCRIBE_VPCS,
    &Operation::new("ec2:CreateInternetGateway"),
    &Operation::new("ec2:DeleteVpcEndpoints"),
    &Operation::new("ec2:RunInstances"),
    &Operation::new("iam:DeleteRole"),
    &Operation::new("logs:DeleteLogGroup"),
]);

fn by_no_kind<F: Future>(call: F) -> impl Future<Output = F::Output> {
    declared("a test of the limiter", [CALLS], call)
}

/// Makes something without a client token: the SDK may not repeat it.
async fn create_once(cloud: &Cloud) -> Result<(), Option<String>> {
    let call = cloud.ec2.create_internet_gateway().customize().config_override(cloud.ec2_once());
    by_no_kind(call.send()).await.map(drop).map_err(|error| error.code().map(str::to_owned))
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_for_its_rate_is_made_again_even_where_nothing_else_may_be() {
    let (provider, http) = connected(TimeScale::WALL).await;
    let cloud = provider.cloud();
    http.told(&[THROTTLED; 4]);
    assert_eq!(create_once(cloud).await, Ok(()));
    assert_eq!(http.sent(), 5);

    http.told(&[(400, "Throttling"); 4]);
    let call = cloud.iam.delete_role().role_name("r").customize().config_override(cloud.iam_once());
    by_no_kind(call.send()).await.expect("deleted");
    assert_eq!(http.sent(), 5);

    http.told(&[(400, "ThrottlingException"); 4]);
    let call = cloud.logs.delete_log_group().log_group_name("g").customize().config_override(cloud.logs_once());
    by_no_kind(call.send()).await.expect("deleted");
    assert_eq!(http.sent(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_failed_otherwise_is_repeated_as_ever_or_not_at_all() {
    let (provider, http) = connected(TimeScale::WALL).await;
    let cloud = provider.cloud();
    for (errors, sent) in [(&[BROKEN][..], 1), (&[THROTTLED, BROKEN], 2), (&[(400, "VpcLimitExceeded")], 1)] {
        http.told(errors);
        assert_eq!(create_once(cloud).await, Err(errors.last().map(|(_, code)| (*code).to_owned())));
        assert_eq!(http.sent(), sent, "{errors:?}");
    }
    // Four attempts, of which those that were refused are none.
    for (errors, sent) in
        [(vec![BROKEN; 9], 4), (vec![BROKEN, THROTTLED, THROTTLED, BROKEN, BROKEN, BROKEN, BROKEN], 6)]
    {
        http.told(&errors);
        let answer = by_no_kind(cloud.ec2.describe_vpcs().send()).await;
        assert_eq!(answer.expect_err("it failed").code(), Some("InternalError"));
        assert_eq!(http.sent(), sent);
    }
    http.told(&[BROKEN, THROTTLED, BROKEN, BROKEN]);
    by_no_kind(cloud.ec2.describe_vpcs().send()).await.expect("the fourth attempt");
}

#[tokio::test(start_paused = true)]
async fn a_read_is_repeated_for_a_quarter_of_an_hour_a_change_for_half_a_minute() {
    let (provider, http) = connected(TimeScale::WALL).await;
    let cloud = provider.cloud();
    http.told(&[THROTTLED; 10_000]);
    let began = Instant::now();
    let error = by_no_kind(cloud.ec2.describe_vpcs().send()).await.expect_err("it is refused for ever");
    let took = began.elapsed();
    assert_eq!(failure(&DESCRIBE_VPCS, error).class, CallError::Throttled { retry_after: None });
    assert!((900..925).contains(&took.as_secs()), "{took:?}");
    assert!((45..110).contains(&http.sent()), "{} requests", http.sent());

    let began = Instant::now();
    assert!(create_once(cloud).await.is_err());
    assert!((30..51).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_is_refused_is_the_engines() {
    let (provider, http) = connected(TimeScale::WALL).await;
    http.told(&[THROTTLED; 3]);
    let began = Instant::now();
    let answer = by_no_kind(provider.cloud().ec2.run_instances().min_count(1).max_count(1).send()).await;
    assert!(matches!(answer, Err(SdkError::ServiceError(_))));
    assert_eq!((http.sent(), began.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_burst_goes_at_once_and_the_rest_at_the_pace_of_the_account() {
    for (speed, seconds) in [(1.0, 2.0), (20.0, 0.1)] {
        let (provider, http) = connected(TimeScale::times(speed)).await;
        http.told(&[]);
        let began = Instant::now();
        let mut calls = JoinSet::new();
        for _ in 0..140 {
            let call = provider.cloud().ec2.describe_vpcs();
            calls.spawn(async move { by_no_kind(call.send()).await.is_ok() });
        }
        assert!(calls.join_all().await.into_iter().all(|is_ok| is_ok));
        let at_once = http.came().iter().filter(|came| **came == began).count();
        let took = began.elapsed().as_secs_f64();
        assert_eq!((http.sent(), at_once), (140, 100));
        assert!((seconds..seconds + 0.1).contains(&took), "{took} s at speed {speed}");
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_is_no_part_of_an_attempt() {
    let (provider, http) = connected(TimeScale::WALL).await;
    http.told(&[]);
    let began = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..40 {
        let call = provider.cloud().ec2.delete_vpc_endpoints().vpc_endpoint_ids("vpce-1");
        calls.spawn(async move { by_no_kind(call.send()).await.is_ok() });
    }
    assert!(calls.join_all().await.into_iter().all(|is_ok| is_ok));
    assert_eq!(http.sent(), 40);
    // An attempt may take a minute. The last of these waits for two.
    assert!((119..122).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn clones_for_a_run_share_the_buckets_and_a_call_that_is_given_up_holds_nobody_up() {
    let (provider, http) = connected(TimeScale::WALL).await;
    http.told(&[]);
    let delete = |provider: &AwsProvider| {
        by_no_kind(provider.cloud().ec2.delete_vpc_endpoints().vpc_endpoint_ids("vpce-1").send())
    };
    for _ in 0..4 {
        delete(&provider).await.expect("within the burst");
    }
    let other = provider.for_run("2");
    let waits = tokio::time::timeout(Duration::from_secs(1), delete(&other)).await;
    assert!(waits.is_err(), "the burst is used up");
    // What it would have taken counts as spent, and is refilled.
    tokio::time::sleep(Duration::from_secs(60)).await;
    let began = Instant::now();
    for _ in 0..4 {
        delete(&other).await.expect("a full bucket again");
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
}
