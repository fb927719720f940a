//! The server, through sockets.

use std::collections::BTreeSet;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::middleware::{Fault, FaultFile, FaultKind};
use crate::region::RegionOptions;

async fn server(faults: Vec<Fault>) -> SocketAddr {
    patient_server(faults, SENDING_MAX).await
}

async fn patient_server(faults: Vec<Fault>, timeout: Duration) -> SocketAddr {
    let options = RegionOptions { faults: FaultFile { faults, ..FaultFile::default() }, ..RegionOptions::default() };
    let listener = listen(([127, 0, 0, 1], 0).into(), false).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let clock = Clock::start(options.now, 1.0);
    tokio::spawn(serve_with_timeout(Region::new(&options), listener, clock, timeout));
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
    let form = format!("Action=CreateVpc&CidrBlock={}", "1".repeat(5 << 20));
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

fn text(answer: &str, name: &str) -> String {
    let start = format!("<{name}>");
    let text = answer.split_once(&start).and_then(|(_, rest)| rest.split('<').next());
    text.unwrap_or_else(|| panic!("no <{name}> in {answer}")).to_owned()
}

/// Makes a group, tags it, finds it and launches; returns the ids of the group and of the instance.
async fn client_of_its_own(address: SocketAddr, n: usize, vpc: String, image: String) -> (String, String) {
    let ask = async |form: String| {
        let answer = exchange(address, &post(&form)).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{form}: {answer}");
        answer
    };
    let create = format!("Action=CreateSecurityGroup&GroupName=g{n}&GroupDescription=d&VpcId={vpc}");
    let group = text(&ask(create).await, "groupId");
    ask(format!("Action=CreateTags&ResourceId.1={group}&Tag.1.Key=n&Tag.1.Value={n}")).await;
    let found = ask(format!("Action=DescribeSecurityGroups&Filter.1.Name=tag:n&Filter.1.Value.1={n}")).await;
    assert_eq!((text(&found, "groupId"), text(&found, "groupName")), (group.clone(), format!("g{n}")));
    let twice = exchange(address, &post(&format!("Action=DeleteSecurityGroup&GroupId=sg-{n:017x}"))).await;
    assert_eq!(text(&twice, "Code"), "InvalidGroup.NotFound");
    // All of them launch with one token, and it is done once.
    let launch = "Action=RunInstances&InstanceType=m6i.large&MinCount=1&MaxCount=1&ClientToken=one";
    let launch = ask(format!("{launch}&ImageId={image}")).await;
    (group, text(&launch, "instanceId"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_of_64_clients_at_once_gets_its_own_answers() {
    let address = server(vec![]).await;
    let vpcs = exchange(address, &post("Action=DescribeVpcs")).await;
    let (vpc, image) = (text(&vpcs, "vpcId"), exchange(address, &post("Action=DescribeImages&Owner.1=amazon")).await);
    let image = text(&image, "imageId");
    let clients: Vec<_> =
        (0..64).map(|n| tokio::spawn(client_of_its_own(address, n, vpc.clone(), image.clone()))).collect();
    let (mut groups, mut instances) = (BTreeSet::new(), BTreeSet::new());
    for client in clients {
        let (group, instance) = client.await.expect("right answers");
        groups.insert(group);
        instances.insert(instance);
    }
    assert_eq!((groups.len(), instances.len()), (64, 1));
    let all = exchange(address, &post("Action=DescribeInstances")).await;
    assert_eq!(all.matches("<instanceId>").count(), 1);
}

#[tokio::test]
async fn half_a_request_changes_nothing_and_hurts_nobody() {
    let address = server(vec![]).await;
    let whole = post("Action=CreateVpc&CidrBlock=10.0.0.0%2F16");
    for length in (0..whole.len()).step_by(7).chain([whole.len() - 1]) {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(&whole[..length]).await.expect("a part");
        stream.shutdown().await.expect("an end");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{length}");
    }
    // Many that keep their connection open and say no more.
    let mut waiting = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(&whole[..whole.len() - 5]).await.expect("a part");
        waiting.push(stream);
    }
    let answer = exchange(address, &post("Action=DescribeVpcs")).await;
    assert_eq!(answer.matches("<vpcId>").count(), 1, "{answer}");
}

#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for_forever() {
    let address = patient_server(vec![], Duration::from_millis(200)).await;
    let whole = post("Action=DescribeVpcs");
    let chunked = "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n4\r\nActi\r\n".as_bytes();
    for (part, wanted) in [(&whole[..whole.len() - 5], "HTTP/1.1 408"), (chunked, "HTTP/1.1 408"), (b"POST / HT", "")] {
        let answer = tokio::time::timeout(Duration::from_secs(20), exchange(address, part)).await.expect("an end");
        assert!(answer.starts_with(wanted) && (!wanted.is_empty() || answer.is_empty()), "{answer}");
    }
    assert!(exchange(address, &whole).await.starts_with("HTTP/1.1 200"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    #[test]
    fn any_bytes_on_a_connection_leave_the_server_as_it_was(
        is_request in proptest::prelude::any::<bool>(),
        noise in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400),
        cut in 0..400_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (answer, after) = runtime.block_on(async {
            let address = patient_server(vec![], Duration::from_millis(200)).await;
            let mut bytes = if is_request { post("Action=DescribeVpcs") } else { vec![] };
            // Noise somewhere in a request, or alone.
            let at = cut.min(bytes.len());
            bytes.splice(at..at, noise);
            (exchange(address, &bytes).await, exchange(address, &post("Action=DescribeVpcs")).await)
        });
        proptest::prop_assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 "), "{}", answer);
        proptest::prop_assert!(after.starts_with("HTTP/1.1 200 OK"), "{}", after);
    }
}
