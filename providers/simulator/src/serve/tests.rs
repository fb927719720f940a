//! The server, through sockets.

use std::collections::BTreeSet;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::gate::{Fault, FaultFile, FaultKind};
use crate::region::RegionOptions;

async fn server(faults: Vec<Fault>) -> SocketAddr {
    let options = RegionOptions { faults: FaultFile { throttling: false, faults }, ..RegionOptions::default() };
    let listener = listen(([127, 0, 0, 1], 0).into(), false).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(serve(Region::new(&options), listener, Clock::start(options.now, 1.0)));
    address
}

fn post(form: &str) -> Vec<u8> {
    let scope = "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0";
    let length = form.len();
    format!(
        "POST / HTTP/1.1\r\nhost: x\r\nauthorization: {scope}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{form}"
    )
    .into_bytes()
}

/// Sends bytes and returns all that comes back until the server closes.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    // A server that has heard enough may close before everything was sent.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_clients_at_once_are_answered_each_in_its_turn() {
    let address = server(vec![]).await;
    let call = async |address: SocketAddr| exchange(address, &post("Action=DescribeVpcs&Version=2016-11-15")).await;
    let calls: Vec<_> = (0..200).map(|_| tokio::spawn(call(address))).collect();
    let mut ids = BTreeSet::new();
    for call in calls {
        let answer = call.await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        let id = answer.split("<requestId>").nth(1).and_then(|rest| rest.split('<').next()).expect("a request id");
        ids.insert(id.to_owned());
    }
    assert_eq!(ids.len(), 200);
}

#[tokio::test]
async fn what_is_no_request_hurts_nobody() {
    let address = server(vec![]).await;
    let half = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nAction=";
    let chunk = "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZZ\r\n";
    for bytes in [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"[..], b"GET\r\n\r\n", b"\0\0\0\0", chunk.as_bytes()] {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let _ = stream.write_all(bytes).await;
        stream.shutdown().await.expect("an end");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    }
    // A body that never comes keeps only its own client waiting.
    let mut waiting = TcpStream::connect(address).await.expect("a connection");
    waiting.write_all(half.as_bytes()).await.expect("half a request");
    assert!(exchange(address, &post("Action=DescribeVpcs")).await.starts_with("HTTP/1.1 200"));
    drop(waiting);
    let unsigned =
        b"GET /?Action=DescribeVpcs HTTP/1.1\r\nhost: ec2.us-east-1.amazonaws.com\r\nconnection: close\r\n\r\n";
    let answer = exchange(address, unsigned).await;
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("<Code>AuthFailure</Code>"), "{answer}");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_as_aws_does() {
    let address = server(vec![]).await;
    let form = format!("Action=CreateVpc&CidrBlock={}", "1".repeat(2 << 20));
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let (mut reader, mut writer) = stream.split();
    let bytes = post(&form);
    let mut answer = Vec::new();
    let (_, _) = tokio::join!(writer.write_all(&bytes), reader.read_to_end(&mut answer));
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("<Code>RequestEntityTooLarge</Code>"), "{answer}");
}

#[tokio::test]
async fn a_connection_that_a_fault_breaks_says_nothing() {
    let address = server(vec![Fault::new(FaultKind::AnswerLost).of("ec2:CreateVpc").nth(1)]).await;
    assert_eq!(exchange(address, &post("Action=CreateVpc&CidrBlock=10.0.0.0%2F16")).await, "");
    let answer = exchange(address, &post("Action=DescribeVpcs")).await;
    assert_eq!(answer.matches("<vpcId>").count(), 2);
}

#[tokio::test]
async fn other_machines_are_kept_out_unless_invited() {
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    assert!(matches!(listen(everywhere, false).await, Err(ListenError::NotLoopback(_))));
    assert!(listen(everywhere, true).await.is_ok());
}
