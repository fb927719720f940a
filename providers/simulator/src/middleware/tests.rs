//! The middleware, through the entrance.

use proptest::prelude::*;

use super::{Caller, Fault, FaultFile, FaultKind, Market, Throttling};
use crate::region::{Delays, HttpRequest, Region, RegionOptions};
use crate::services::ec2::tests::{Answer, Client};

fn client(faults: Vec<Fault>) -> Client {
    with_file(FaultFile { faults, ..FaultFile::default() })
}

fn with_file(faults: FaultFile) -> Client {
    let options = RegionOptions { faults, ..RegionOptions::default() };
    Client { region: Region::new(&options), now: options.now }
}

fn vpcs(client: &Client) -> usize {
    client.ok("DescribeVpcs", "").count("vpcId")
}

/// Launches on the default network.
fn launch(client: &Client, others: &str) -> Answer {
    let image = client.ok("DescribeImages", "Owner.1=amazon").text("imageId");
    client.ask("RunInstances", &format!("ImageId={image} InstanceType=m6i.large MinCount=1 MaxCount=2 {others}"))
}

fn zone_subnet(client: &Client, zone: &str) -> String {
    let filter = format!("Filter.1.Name=availability-zone Filter.1.Value.1={zone}");
    client.ok("DescribeSubnets", &filter).text("subnetId")
}

#[test]
fn a_dry_run_changes_nothing_and_tells_what_would_happen() {
    let client = client(vec![]);
    let answer = client.ask("CreateVpc", "CidrBlock=10.0.0.0/16 DryRun=true");
    assert_eq!((answer.status, answer.text("Code").as_str()), (412, "DryRunOperation"));
    assert_eq!(answer.text("Message"), "Request would have succeeded, but DryRun flag is set.");
    assert_eq!(client.refused("CreateVpc", "CidrBlock=10.0.0.0/8 DryRun=true"), "InvalidVpc.Range");
    assert_eq!(client.refused("ModifyVpcAttribute", "VpcId=vpc-1 DryRun=true"), "UnknownParameter");
    assert_eq!(vpcs(&client), 1);
    for _ in 0..4 {
        client.ok("CreateVpc", "CidrBlock=10.0.0.0/16");
    }
    assert_eq!(client.refused("CreateVpc", "CidrBlock=10.0.0.0/16"), "VpcLimitExceeded");
    assert_eq!(client.refused("CreateVpc", "CidrBlock=10.0.0.0/16 DryRun=true"), "DryRunOperation");
}

#[test]
fn the_same_token_is_not_done_twice() {
    let client = client(vec![]);
    let vpc = client.ok("CreateVpc", "CidrBlock=10.0.0.0/16").text("vpcId");
    let create = |others: &str| client.ask("CreateRouteTable", &format!("VpcId={vpc} ClientToken=t1 {others}"));
    let first = create("").text("routeTableId");
    assert_eq!(create("").text("routeTableId"), first);
    let tagged =
        "TagSpecification.1.ResourceType=route-table TagSpecification.1.Tag.1.Key=a TagSpecification.1.Tag.1.Value=b";
    assert_eq!(create(tagged).text("Code"), "IdempotentParameterMismatch");
    assert_eq!(client.refused("CreateVpc", "CidrBlock=10.1.0.0/16 ClientToken=t1"), "UnknownParameter");
    let long = "x".repeat(65);
    assert_eq!(client.refused("CreateRouteTable", &format!("VpcId={vpc} ClientToken={long}")), "InvalidParameterValue");
}

#[test]
fn a_token_of_a_launch_holds_within_its_zone() {
    let client = client(vec![]);
    let (a, b) = (zone_subnet(&client, "us-east-1a"), zone_subnet(&client, "us-east-1b"));
    let first = launch(&client, &format!("ClientToken=t SubnetId={a}"));
    assert_eq!(
        launch(&client, &format!("ClientToken=t SubnetId={a}")).text("reservationId"),
        first.text("reservationId")
    );
    assert_ne!(
        launch(&client, &format!("ClientToken=t SubnetId={b}")).text("reservationId"),
        first.text("reservationId")
    );
    assert_eq!(client.ok("DescribeInstances", "").count("instanceId"), 4);
    let ids: Vec<&str> = first.body.split("<instanceId>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    client.ok("TerminateInstances", &format!("InstanceId.1={} InstanceId.2={}", ids[0], ids[1]));
    assert_eq!(launch(&client, &format!("ClientToken=t SubnetId={a}")).text("Code"), "IdempotentInstanceTerminated");
}

#[test]
fn a_repeated_call_tells_how_things_are_now() {
    let delays = Delays { instance_start: 20_000, nat_gateway_create: 90_000, ..Delays::none() };
    let mut client = Client::new(delays);
    let subnet = zone_subnet(&client, "us-east-1a");
    let address = client.ok("AllocateAddress", "Domain=vpc").text("allocationId");
    let nat = format!("SubnetId={subnet} AllocationId={address} ClientToken=n");
    let vpc = client.ok("DescribeVpcs", "").text("vpcId");
    let endpoint = format!("VpcId={vpc} ServiceName=com.amazonaws.us-east-1.s3 ClientToken=e");
    let (first, gateway) = (launch(&client, "ClientToken=t"), client.ok("CreateNatGateway", &nat));
    let endpoint_id = client.ok("CreateVpcEndpoint", &endpoint).text("vpcEndpointId");
    assert_eq!((first.text("name").as_str(), gateway.text("state").as_str()), ("pending", "pending"));
    client.now += 90_000;
    let ids =
        |answer: &Answer| answer.body.split("<instanceId>").skip(1).map(|id| id[..19].to_owned()).collect::<Vec<_>>();
    let tag = format!("ResourceId.1={} Tag.1.Key=k Tag.1.Value=v", ids(&first)[0]);
    client.ok("CreateTags", &tag);
    let again = launch(&client, "ClientToken=t");
    assert_eq!((ids(&again), again.text("name").as_str()), (ids(&first), "running"));
    assert!(again.body.contains("<key>k</key>"), "{}", again.body);
    let gateway_again = client.ok("CreateNatGateway", &nat);
    assert_eq!(gateway_again.text("natGatewayId"), gateway.text("natGatewayId"));
    assert_eq!(gateway_again.text("state"), "available");
    assert_eq!(gateway_again.text("clientToken"), "n");
    client.ok("CreateTags", &format!("ResourceId.1={endpoint_id} Tag.1.Key=k Tag.1.Value=v"));
    let endpoint_again = client.ok("CreateVpcEndpoint", &endpoint);
    assert_eq!((endpoint_again.text("vpcEndpointId"), endpoint_again.text("key")), (endpoint_id, "k".to_owned()));

    // One instance that is left keeps the launch; the other is shown as it ended.
    client.ok("TerminateInstances", &format!("InstanceId.1={}", ids(&first)[0]));
    let states = launch(&client, "ClientToken=t");
    assert!(states.body.contains("<name>terminated</name>") && states.body.contains("<name>running</name>"));
    client.ok("TerminateInstances", &format!("InstanceId.1={}", ids(&first)[1]));
    assert_eq!(launch(&client, "ClientToken=t").text("Code"), "IdempotentInstanceTerminated");
    client.now += 3_600_000;
    assert_eq!(launch(&client, "ClientToken=t").text("Code"), "IdempotentInstanceTerminated");
    // What is forgotten is answered as it was.
    client.ok("DeleteNatGateway", &format!("NatGatewayId={}", gateway.text("natGatewayId")));
    client.now += 3_600_000;
    assert_eq!(client.ok("CreateNatGateway", &nat).text("state"), "pending");
}

#[test]
fn only_the_named_calls_meet_a_fault() {
    let code = "InsufficientAddressCapacity".to_owned();
    let error = FaultKind::Error { code, message: None, status: None };
    let client = client(vec![Fault::new(error).of("ec2:Allocate*").nth(2)]);
    client.ok("CreateVpc", "CidrBlock=10.0.0.0/16");
    client.ok("AllocateAddress", "Domain=vpc");
    let answer = client.ask("AllocateAddress", "Domain=vpc");
    assert_eq!((answer.status, answer.text("Code").as_str()), (500, "InsufficientAddressCapacity"));
    client.ok("AllocateAddress", "Domain=vpc");
    assert_eq!(client.ok("DescribeAddresses", "").count("allocationId"), 2);
}

#[test]
fn what_is_lost_was_done_or_not() {
    let form = "Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0%2F16";
    for (kind, made) in [(FaultKind::RequestLost, 0), (FaultKind::AnswerLost, 1)] {
        let client = client(vec![Fault::new(kind).of("ec2:CreateVpc").nth(1)]);
        assert_eq!(client.region.deliver(&signed(form), client.now).response, None);
        assert_eq!(vpcs(&client), 1 + made);
    }
    let client = client(vec![Fault::new(FaultKind::InternalErrorAfter).of("ec2:CreateVpc")]);
    assert_eq!(client.ask("CreateVpc", "CidrBlock=10.0.0.0/16").status, 500);
    assert_eq!(vpcs(&client), 2);
}

#[test]
fn a_late_answer_is_an_answer() {
    let client =
        client(vec![Fault::new(FaultKind::Delay { ms: 300 }), Fault::new(FaultKind::Delay { ms: 200 }).nth(1)]);
    let form = "Action=DescribeVpcs";
    let deliveries = [(); 2].map(|()| client.region.deliver(&signed(form), client.now));
    assert_eq!(deliveries.map(|delivery| (delivery.response.is_some(), delivery.delay_ms)), [(true, 500), (true, 300)]);
}

#[test]
fn chance_is_the_same_each_time_and_about_as_likely_as_wished() {
    let throttled = |seed| {
        let fault = Fault { probability: Some(0.2), ..Fault::new(FaultKind::Throttle) };
        let faults = FaultFile { faults: vec![fault], ..FaultFile::default() };
        let options = RegionOptions { seed, faults, ..RegionOptions::default() };
        let client = Client { region: Region::new(&options), now: options.now };
        (0..500).map(|_| client.ask("DescribeVpcs", "").status == 503).collect::<Vec<bool>>()
    };
    assert_eq!(throttled(1), throttled(1));
    assert_ne!(throttled(1), throttled(2));
    let count = throttled(3).into_iter().filter(|is_throttled| *is_throttled).count();
    assert!((70..130).contains(&count), "{count}");
}

#[test]
fn what_is_fresh_is_not_seen_at_first() {
    let invisible = FaultKind::Invisible { calls: Some(3), ms: None };
    let client = client(vec![Fault::new(invisible).of("ec2:CreateVpc").nth(1)]);
    let vpc = client.ok("CreateVpc", "CidrBlock=10.0.0.0/16").text("vpcId");
    assert_eq!(client.refused("DescribeVpcs", &format!("VpcId.1={vpc}")), "InvalidVpcID.NotFound");
    assert_eq!(vpcs(&client), 1);
    assert_eq!(client.refused("CreateSubnet", &format!("VpcId={vpc} CidrBlock=10.0.0.0/24")), "InvalidVpcID.NotFound");
    assert_eq!(vpcs(&client), 2);
    client.ok("CreateSubnet", &format!("VpcId={vpc} CidrBlock=10.0.0.0/24"));
}

#[test]
fn what_alternates_is_missing_from_every_other_list_and_found_by_its_id() {
    let alternating = FaultKind::Alternating { calls: None, ms: Some(20_000) };
    let mut client = client(vec![Fault::new(alternating).of("ec2:RunInstances")]);
    let tagged =
        "TagSpecification.1.ResourceType=instance TagSpecification.1.Tag.1.Key=a TagSpecification.1.Tag.1.Value=b";
    let id = launch(&client, tagged).text("instanceId");
    let by_tag =
        |client: &Client| client.ok("DescribeInstances", "Filter.1.Name=tag:a Filter.1.Value.1=b").count("instanceId");
    let by_id = |client: &Client| client.ok("DescribeInstances", &format!("InstanceId.1={id}")).count("instanceId");
    assert_eq!([by_tag(&client), by_id(&client), by_tag(&client), by_id(&client), by_tag(&client)], [0, 1, 2, 1, 0]);
    // Lists that would not show it do not count, and changes know it.
    client.ok("DescribeVpcs", "");
    client.ok("CreateTags", &format!("ResourceId.1={id} Tag.1.Key=a Tag.1.Value=c"));
    assert_eq!([by_tag(&client), by_tag(&client)], [1, 0]);
    client.now += 20_000;
    assert_eq!([by_tag(&client), by_tag(&client)], [1, 1]);
}

#[test]
fn what_alternates_is_missed_as_often_as_was_said() {
    let alternating = FaultKind::Alternating { calls: Some(2), ms: None };
    let client = client(vec![Fault::new(alternating).of("ec2:CreateVpc")]);
    client.ok("CreateVpc", "CidrBlock=10.0.0.0/16");
    assert_eq!([(); 6].map(|()| vpcs(&client)), [1, 2, 1, 2, 2, 2]);
}

#[test]
fn what_is_fresh_is_seen_after_its_time() {
    let invisible = FaultKind::Invisible { calls: None, ms: Some(2_000) };
    let mut client = client(vec![Fault::new(invisible).of("ec2:AllocateAddress")]);
    client.ok("AllocateAddress", "Domain=vpc");
    client.now += 1_999;
    assert_eq!(client.ok("DescribeAddresses", "").count("allocationId"), 0);
    client.now += 1;
    assert_eq!(client.ok("DescribeAddresses", "").count("allocationId"), 1);
}

#[test]
fn there_is_only_so_much_capacity() {
    let (instance_type, zone) = ("m6i.large".to_owned(), "us-east-1a".to_owned());
    let capacity = FaultKind::Capacity { instance_type, zone, market: Market::Any, limit: 3 };
    let client = client(vec![Fault::new(capacity)]);
    let (a, b) = (zone_subnet(&client, "us-east-1a"), zone_subnet(&client, "us-east-1b"));
    assert_eq!(launch(&client, &format!("SubnetId={a}")).count("instanceId"), 2);
    assert_eq!(launch(&client, &format!("SubnetId={a}")).count("instanceId"), 1);
    let answer = launch(&client, &format!("SubnetId={a}"));
    assert_eq!((answer.status, answer.text("Code").as_str()), (500, "InsufficientInstanceCapacity"));
    assert_eq!(launch(&client, &format!("SubnetId={b}")).count("instanceId"), 2);
}

#[test]
fn spot_instances_are_taken_away_at_their_time() {
    let interruption = FaultKind::InterruptSpot { after_ms: 60_000, count: Some(1) };
    let mut client = client(vec![Fault::new(interruption)]);
    assert_eq!(launch(&client, "InstanceMarketOptions.MarketType=spot").status, 200);
    let running = |client: &Client| {
        let filter = "Filter.1.Name=instance-state-name Filter.1.Value.1=pending Filter.1.Value.2=running";
        client.ok("DescribeInstances", filter).count("instanceId")
    };
    client.now += 59_000;
    assert_eq!(running(&client), 2);
    client.now += 1_000;
    assert_eq!(running(&client), 1);
}

#[test]
fn throttling_is_off_unless_it_is_wanted() {
    let statuses = |client: &Client| (0..60).filter(|_| client.ask("DescribeSecurityGroups", "").status == 503).count();
    assert_eq!(statuses(&client(vec![])), 0);
    assert_eq!(statuses(&with_file(FaultFile { throttling: Throttling::Documented(true), faults: vec![] })), 10);
}

#[test]
fn a_caller_with_policies_may_do_what_they_say() {
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}}"#;
    let caller = Some(Caller { policies: vec![policy.to_owned()] });
    let options = RegionOptions { caller, ..RegionOptions::default() };
    let client = Client { region: Region::try_new(&options).expect("a policy"), now: options.now };
    assert_eq!(vpcs(&client), 1);
    assert_eq!(client.refused("CreateVpc", "CidrBlock=10.0.0.0/16 DryRun=true"), "UnauthorizedOperation");
    let wrong = Caller { policies: vec!["{}".to_owned()] };
    assert!(Region::try_new(&RegionOptions { caller: Some(wrong), ..options }).is_err());
}

#[test]
fn how_often_somebody_looks_does_not_change_what_is_made() {
    let made = |looks: usize| {
        let client = client(vec![]);
        (0..looks).for_each(|_| drop(client.ok("DescribeVpcs", "")));
        client.ok("CreateVpc", "CidrBlock=10.0.0.0/16").text("vpcId")
    };
    assert_eq!(made(0), made(7));
}

fn signed(form: &str) -> HttpRequest {
    request("POST", "ec2", vec![], form.as_bytes().to_vec())
}

fn request(method: &str, service: &str, others: Vec<(String, String)>, body: Vec<u8>) -> HttpRequest {
    let scope = format!("AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/{service}/aws4_request, Signature=0");
    let mut headers = vec![("authorization".to_owned(), scope)];
    headers.extend(others);
    HttpRequest { method: method.to_owned(), target: "/".to_owned(), headers, body }
}

/// A client can read every answer, and none reports a defect.
fn check_shape(request: &HttpRequest) {
    check_shape_in(&Region::new(&RegionOptions::default()), request);
}

fn check_shape_in(region: &Region, request: &HttpRequest) {
    let response = region.answer(request, region.now());
    let text = String::from_utf8(response.body).expect("an answer is text");
    assert!(!text.contains("The simulated region has a defect"), "{text}");
    let content_type =
        response.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.as_str());
    match content_type {
        Some("application/x-amz-json-1.1") => {
            let is_json = text.is_empty() || serde_json::from_str::<serde_json::Value>(&text).is_ok();
            assert!(is_json, "{text}");
            assert!(response.status == 200 || text.contains("__type"), "{text}");
        }
        _ => {
            assert!(text.starts_with("<?xml"), "{text}");
            assert!(response.status == 200 || (text.contains("<Code>") && text.contains("<Message>")), "{text}");
        }
    }
}

/// An account with something of each kind that absurd calls can name.
fn furnished() -> (Client, Vec<String>) {
    let client = client(vec![]);
    assert_eq!(launch(&client, "InstanceMarketOptions.MarketType=spot ClientToken=t").status, 200);
    client.ok("CreateKeyPair", "KeyName=default");
    client.ok("CreatePlacementGroup", "GroupName=default Strategy=spread");
    client.ok("CreateLaunchTemplate", "LaunchTemplateName=default LaunchTemplateData.InstanceType=m6i.large");
    client.ok("AllocateAddress", "Domain=vpc");
    let world = serde_json::to_value(&client.region.world().ec2).expect("JSON");
    let keys = world.as_object().into_iter().flat_map(|all| all.values()).filter_map(serde_json::Value::as_object);
    let ids = keys.flat_map(|all| all.keys().cloned()).collect();
    (client, ids)
}

fn actions(service: &str) -> Vec<&'static str> {
    use crate::services::{ec2, iam, logs, sts};
    let query: &[&[crate::services::action::Action]] = match service {
        "ec2" => ec2::ACTIONS,
        "iam" => iam::ACTIONS,
        "sts" => sts::ACTIONS,
        _ => return logs::ACTIONS.iter().map(|action| action.name).collect(),
    };
    query.iter().flat_map(|list| list.iter().map(|action| action.name)).collect()
}

/// Parameters that an action knows, with values that make little sense.
fn form(service: &'static str) -> impl Strategy<Value = String> {
    use crate::services::{ec2, iam};
    let lists = if service == "ec2" { ec2::ACTIONS } else { iam::ACTIONS };
    let all: Vec<(&'static str, &'static [&'static str])> =
        lists.iter().flat_map(|list| list.iter().map(|action| (action.name, action.parameters))).collect();
    let value = prop_oneof![
        Just(String::new()),
        Just("true".to_owned()),
        Just("0.0.0.0/0".to_owned()),
        Just("10.0.0.0/16".to_owned()),
        Just("default".to_owned()),
        Just("-1".to_owned()),
        Just("99999999999999999999".to_owned()),
        Just("tcp".to_owned()),
        Just("us-east-1a".to_owned()),
        Just("vpc-00000000000000000".to_owned()),
        "[ -~]{0,30}",
        any::<i32>().prop_map(|number| number.to_string()),
        "\\PC{0,10}",
    ];
    prop::sample::select(all).prop_flat_map(move |(name, parameters)| {
        let parameter = prop::sample::select(if parameters.is_empty() { &["X"] } else { parameters });
        prop::collection::vec((parameter, 0..3_u32, value.clone()), 0..10).prop_map(move |chosen| {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("Action", name);
            for (parameter, number, value) in chosen {
                let number = format!(".{number}");
                form.append_pair(&parameter.replace(".N", &number).replace('*', "x"), &value);
            }
            form.finish()
        })
    })
}

proptest! {
    #[test]
    fn any_bytes_are_answered_in_the_form_of_aws(
        method in prop_oneof![Just("POST".to_owned()), Just("GET".to_owned()), "[A-Z]{0,8}"],
        target in "/?[ -~]{0,60}",
        headers in prop::collection::vec(("[a-z-]{0,20}", "[ -~]{0,40}"), 0..5),
        body in prop::collection::vec(any::<u8>(), 0..300),
        service in prop::option::of(prop_oneof![Just("ec2"), Just("iam"), Just("sts"), Just("logs"), Just("s3")]),
    ) {
        let request = match service {
            Some(service) => HttpRequest { target, ..request(&method, service, headers, body) },
            None => HttpRequest { method, target, headers, body },
        };
        check_shape(&request);
    }

    #[test]
    fn absurd_parameters_are_answered_in_the_form_of_aws(
        (service, form) in prop_oneof![
            form("ec2").prop_map(|form| ("ec2", form)),
            form("iam").prop_map(|form| ("iam", form)),
        ],
    ) {
        check_shape(&request("POST", service, vec![], form.into_bytes()));
    }

    #[test]
    fn bytes_behind_an_action_are_answered_in_the_form_of_aws(
        service in prop::sample::select(vec!["ec2", "iam", "sts", "logs"]),
        choice in any::<prop::sample::Index>(),
        noise in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let known = actions(service);
        let name = known[choice.index(known.len())];
        let request = match service {
            "logs" => request("POST", service, vec![("x-amz-target".to_owned(), format!("Logs_20140328.{name}"))], noise),
            _ => request("POST", service, vec![], [format!("Action={name}&").as_bytes(), &noise].concat()),
        };
        check_shape(&request);
    }

    #[test]
    fn absurd_calls_one_after_the_other_leave_an_account_that_can_be_stored(
        calls in prop::collection::vec((form("ec2"), any::<prop::sample::Index>(), any::<bool>()), 1..25),
    ) {
        let (client, ids) = furnished();
        for (form, choice, with_id) in calls {
            // Some values are what the account holds.
            let id = &ids[choice.index(ids.len())];
            let form = if with_id { form.replace("default", id).replace("vpc-00000000000000000", id) } else { form };
            check_shape_in(&client.region, &request("POST", "ec2", vec![], form.into_bytes()));
        }
        let world = client.region.world().clone();
        let stored = serde_json::to_string(&world).expect("JSON");
        let read: crate::world::World = serde_json::from_str(&stored).expect("an account");
        prop_assert_eq!(serde_json::to_string(&read).expect("JSON"), stored);
        for subnet in world.ec2.subnets.keys() {
            prop_assert_eq!(read.ec2.free_addresses(subnet, 3), world.ec2.free_addresses(subnet, 3));
        }
    }

    #[test]
    fn absurd_members_are_answered_in_the_form_of_aws(
        name in prop::sample::select(actions("logs")),
        members in prop::collection::btree_map("[a-zA-Z]{0,20}", "\\PC{0,20}", 0..4),
        group in "\\PC{0,20}",
    ) {
        let mut body = serde_json::to_value(members).expect("JSON");
        body["logGroupName"] = group.into();
        let target = ("x-amz-target".to_owned(), format!("Logs_20140328.{name}"));
        check_shape(&request("POST", "logs", vec![target], body.to_string().into_bytes()));
    }
}

#[test]
fn what_an_answer_could_not_carry_is_refused() {
    let (client, tag) = (client(vec![]), |value: &str| format!("Tag.1.Key=Name Tag.1.Value={value}"));
    let vpc = client.ok("CreateVpc", "CidrBlock=10.0.0.0/16").text("vpcId");
    for value in ["red%1b[31m", "%00", "%ef%bf%be"] {
        let refused = client.refused("CreateTags", &format!("ResourceId.1={vpc} {}", tag(value)));
        assert_eq!(refused, "InvalidCharacter", "{value}");
    }
    client.ok("CreateTags", &format!("ResourceId.1={vpc} {}", tag("%e2%80%aeabc")));
}
