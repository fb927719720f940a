//! The HTTP client of a process that is killed at one of its calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared;
use tokio::sync::Notify;

use crate::connector::SimulatedHttp;

/// When a process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrashPoint {
    /// At which of its calls, counted from 1.
    pub call: u64,
    /// Whether the call has taken effect.
    pub after_effect: bool,
}

/// An HTTP client that only knows one region, and the process that uses it: no call leaves it after its crash.
#[derive(Debug, Clone)]
pub struct CrashingHttp {
    http: SimulatedHttp,
    crash_point: Option<CrashPoint>,
    process: Arc<Process>,
}

#[derive(Debug, Default)]
struct Process {
    sent: AtomicU64,
    killed: Notify,
}

impl CrashingHttp {
    /// Returns the client of a process that dies so, or lives on.
    pub fn new(http: SimulatedHttp, crash_point: Option<CrashPoint>) -> CrashingHttp {
        CrashingHttp { http, crash_point, process: Arc::default() }
    }

    /// Returns when the process is killed. Whoever waits must drop all that the process was doing.
    pub async fn killed(&self) {
        self.process.killed.notified().await;
    }

    /// Returns how many calls the process has sent.
    pub fn sent(&self) -> u64 {
        let sent = self.process.sent.load(Ordering::SeqCst);
        // What was tried after its crash left nothing.
        self.crash_point.map_or(sent, |crash_point| sent.min(crash_point.call))
    }

    async fn answer(self, request: orchestrator::HttpRequest) -> Result<orchestrator::HttpResponse, ConnectorError> {
        let nth = self.process.sent.fetch_add(1, Ordering::SeqCst) + 1;
        let Some(crash_point) = self.crash_point.filter(|crash_point| nth >= crash_point.call) else {
            return self.http.call(request).await;
        };
        if nth == crash_point.call {
            if crash_point.after_effect {
                // Whatever it says, nobody hears it.
                let _ = self.http.call(request).await;
            }
            self.process.killed.notify_one();
        }
        std::future::pending().await
    }
}

impl HttpConnector for CrashingHttp {
    fn call(&self, request: orchestrator::HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().answer(request))
    }
}

impl HttpClient for CrashingHttp {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.clone().into_shared()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::connector::tests::request;
    use crate::region::{Region, RegionOptions};

    async fn addresses_after(crash_point: CrashPoint) -> usize {
        let options = RegionOptions::default();
        let region = Region::new(&options);
        let http =
            CrashingHttp::new(SimulatedHttp::new(region.clone(), Clock::start(options.now, 1.0)), Some(crash_point));
        let process = async {
            for _ in 0..3 {
                http.call(request("Action=AllocateAddress&Domain=vpc")).await.expect("an answer");
            }
        };
        tokio::select! {
            biased;
            () = http.killed() => {}
            () = process => panic!("it lives on"),
        }
        assert_eq!(http.sent(), crash_point.call);
        region.account_snapshot().iter().filter(|line| line.starts_with("ec2 addresses")).count()
    }

    #[tokio::test]
    async fn it_dies_at_its_call_and_sends_nothing_more() {
        assert_eq!(addresses_after(CrashPoint { call: 2, after_effect: false }).await, 1);
        assert_eq!(addresses_after(CrashPoint { call: 2, after_effect: true }).await, 2);
    }
}
