//! The region as the HTTP client of the AWS SDK: no socket, no server.

use std::io;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared;
use aws_smithy_types::body::SdkBody;

use crate::clock::Clock;
use crate::http::{HttpRequest, HttpResponse};
use crate::region::Region;

/// An HTTP client that only knows one region.
#[derive(Debug, Clone)]
pub struct SimulatedHttp {
    region: Region,
    clock: Clock,
}

impl SimulatedHttp {
    /// Returns a client of this region, whose time goes by this clock.
    pub fn new(region: Region, clock: Clock) -> SimulatedHttp {
        SimulatedHttp { region, clock }
    }

    async fn answer(self, request: orchestrator::HttpRequest) -> Result<orchestrator::HttpResponse, ConnectorError> {
        let request = read(&request)?;
        let delivery = self.region.deliver(&request, self.clock.now());
        if delivery.delay_ms > 0 {
            tokio::time::sleep(self.clock.here(delivery.delay_ms)).await;
        }
        let lost = || ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into());
        let mut response = delivery.response.ok_or_else(lost)?;
        self.clock.announce(&mut response);
        write(response)
    }
}

impl HttpConnector for SimulatedHttp {
    fn call(&self, request: orchestrator::HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().answer(request))
    }
}

impl HttpClient for SimulatedHttp {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.clone().into_shared()
    }
}

fn read(request: &orchestrator::HttpRequest) -> Result<HttpRequest, ConnectorError> {
    // Every request that landfall sends is a short form or JSON, and in memory.
    let body = request.body().bytes().ok_or_else(|| ConnectorError::user("a body that is not in memory".into()))?;
    let mut headers: Vec<(String, String)> =
        request.headers().iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let (host, target) = split(request.uri());
    if !headers.iter().any(|(name, _)| name == "host") {
        headers.push(("host".to_owned(), host.to_owned()));
    }
    let target = if target.is_empty() { "/" } else { target };
    Ok(HttpRequest { method: request.method().to_owned(), target: target.to_owned(), headers, body: body.to_vec() })
}

/// Splits an absolute URI into the host and the rest.
fn split(uri: &str) -> (&str, &str) {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    rest.find('/').map_or((rest, ""), |at| rest.split_at(at))
}

fn write(response: HttpResponse) -> Result<orchestrator::HttpResponse, ConnectorError> {
    let status = response
        .status
        .try_into()
        .map_err(|error: aws_smithy_runtime_api::http::HttpError| ConnectorError::user(error.into()))?;
    let mut written = orchestrator::HttpResponse::new(status, SdkBody::from(response.body));
    for (name, value) in response.headers {
        written.headers_mut().try_append(name, value).map_err(|error| ConnectorError::user(error.into()))?;
    }
    Ok(written)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::middleware::{Fault, FaultFile, FaultKind};
    use crate::region::RegionOptions;

    pub(crate) fn request(form: &str) -> orchestrator::HttpRequest {
        let mut request = orchestrator::HttpRequest::new(SdkBody::from(form));
        request.set_method("POST").expect("a method");
        request.set_uri("https://ec2.us-east-1.amazonaws.com/").expect("a URI");
        let scope =
            "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0";
        request.headers_mut().insert("Authorization", scope);
        request
    }

    fn client(faults: Vec<Fault>, speed: f64) -> SimulatedHttp {
        let options =
            RegionOptions { faults: FaultFile { faults, ..FaultFile::default() }, ..RegionOptions::default() };
        SimulatedHttp::new(Region::new(&options), Clock::start(options.now, speed))
    }

    #[tokio::test]
    async fn the_sdk_gets_the_answer_of_the_region() {
        let response = client(vec![], 1.0).call(request("Action=DescribeVpcs")).await.expect("an answer");
        assert_eq!(response.status().as_u16(), 200);
        assert!(response.headers().get("x-amzn-requestid").is_some());
        let body = response.body().bytes().expect("in memory");
        assert!(String::from_utf8_lossy(body).contains("<vpcId>"));
    }

    #[tokio::test(start_paused = true)]
    async fn faults_are_what_the_sdk_meets_on_a_network() {
        let faults =
            vec![Fault::new(FaultKind::RequestLost).nth(1), Fault::new(FaultKind::Delay { ms: 40_000 }).nth(2)];
        let client = client(faults, 20.0);
        let error = client.call(request("Action=DescribeVpcs")).await.expect_err("no answer");
        assert!(error.is_io());
        let began = tokio::time::Instant::now();
        client.call(request("Action=DescribeVpcs")).await.expect("an answer");
        assert_eq!(began.elapsed().as_millis(), 2_000);
    }

    #[test]
    fn a_uri_has_a_host_and_a_target() {
        assert_eq!(split("https://h.example:80/a?b"), ("h.example:80", "/a?b"));
        assert_eq!(split("http://h"), ("h", ""));
        assert_eq!(split("/a"), ("", "/a"));
    }
}
