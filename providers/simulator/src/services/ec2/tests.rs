//! The network through the wire: what is made, and what is refused.

use crate::region::{Delays, HttpRequest, Region, RegionOptions};

/// A region and its clock, asked as an SDK asks.
pub(crate) struct Client {
    pub(crate) region: Region,
    pub(crate) now: u64,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    /// Returns the text of the first element of this name.
    pub(crate) fn text(&self, name: &str) -> String {
        let start = self.body.find(&format!("<{name}>")).map(|at| at + name.len() + 2);
        let start = start.unwrap_or_else(|| panic!("no <{name}> in {}", self.body));
        self.body[start..].split('<').next().unwrap_or_default().to_owned()
    }

    /// Returns how many elements of this name there are.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.body.matches(&format!("<{name}>")).count()
    }
}

impl Client {
    pub(crate) fn new(delays: Delays) -> Client {
        let options = RegionOptions { delays, ..RegionOptions::default() };
        Client { region: Region::new(&options), now: options.now }
    }

    /// Asks EC2; parameters are `Name=value` separated by spaces.
    pub(crate) fn ask(&self, action: &str, parameters: &str) -> Answer {
        let mut body = format!("Action={action}&Version=2016-11-15");
        for parameter in parameters.split_whitespace() {
            let (name, value) = parameter.split_once('=').expect("a test writes Name=value");
            body.push_str(&format!("&{name}={}", value.replace('/', "%2F")));
        }
        let credential =
            "AWS4-HMAC-SHA256 Credential=AKIDSIM/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0";
        let request = HttpRequest {
            method: "POST".to_owned(),
            target: "/".to_owned(),
            headers: vec![("authorization".to_owned(), credential.to_owned())],
            body: body.into_bytes(),
        };
        let response = self.region.answer(&request, self.now);
        Answer { status: response.status, body: String::from_utf8(response.body).expect("XML is text") }
    }

    pub(crate) fn ok(&self, action: &str, parameters: &str) -> Answer {
        let answer = self.ask(action, parameters);
        assert_eq!(answer.status, 200, "{action} {parameters}: {}", answer.body);
        answer
    }

    /// Asks for something that is refused, and returns the code.
    pub(crate) fn refused(&self, action: &str, parameters: &str) -> String {
        let answer = self.ask(action, parameters);
        assert_ne!(answer.status, 200, "{action} {parameters}: {}", answer.body);
        answer.text("Code")
    }
}

struct Network {
    vpc: String,
    subnet: String,
    gateway: String,
    table: String,
}

fn network(client: &Client) -> Network {
    let vpc = client.ok("CreateVpc", "CidrBlock=10.0.0.0/16").text("vpcId");
    let subnet = client
        .ok("CreateSubnet", &format!("VpcId={vpc} CidrBlock=10.0.0.0/20 AvailabilityZone=us-east-1a"))
        .text("subnetId");
    let gateway = client.ok("CreateInternetGateway", "").text("internetGatewayId");
    client.ok("AttachInternetGateway", &format!("InternetGatewayId={gateway} VpcId={vpc}"));
    let table = client.ok("CreateRouteTable", &format!("VpcId={vpc}")).text("routeTableId");
    client.ok("CreateRoute", &format!("RouteTableId={table} DestinationCidrBlock=0.0.0.0/0 GatewayId={gateway}"));
    client.ok("AssociateRouteTable", &format!("RouteTableId={table} SubnetId={subnet}"));
    Network { vpc, subnet, gateway, table }
}

#[test]
fn deleting_in_the_wrong_order_is_refused_with_the_code_of_aws() {
    let client = Client::new(Delays::none());
    let Network { vpc, subnet, gateway, table } = network(&client);
    let address = client.ok("AllocateAddress", "Domain=vpc").text("allocationId");
    let nat = client.ok("CreateNatGateway", &format!("SubnetId={subnet} AllocationId={address}")).text("natGatewayId");
    let group = |name: &str| {
        client.ok("CreateSecurityGroup", &format!("VpcId={vpc} GroupName={name} GroupDescription=d")).text("groupId")
    };
    let (one, other) = (group("one"), group("other"));
    let rule = format!("GroupId={one} IpPermissions.1.IpProtocol=-1 IpPermissions.1.Groups.1.GroupId={other}");
    client.ok("AuthorizeSecurityGroupIngress", &rule);

    let violations = [
        ("DeleteVpc", format!("VpcId={vpc}")),
        ("DeleteSubnet", format!("SubnetId={subnet}")),
        ("DetachInternetGateway", format!("InternetGatewayId={gateway} VpcId={vpc}")),
        ("DeleteInternetGateway", format!("InternetGatewayId={gateway}")),
        ("DeleteRouteTable", format!("RouteTableId={table}")),
        ("DeleteSecurityGroup", format!("GroupId={other}")),
    ];
    for (action, parameters) in &violations {
        assert_eq!(client.refused(action, parameters), "DependencyViolation", "{action}");
    }
    assert_eq!(client.refused("ReleaseAddress", &format!("AllocationId={address}")), "AuthFailure");

    // In the right order all of it goes.
    client.ok("DeleteNatGateway", &format!("NatGatewayId={nat}"));
    client.ok("ReleaseAddress", &format!("AllocationId={address}"));
    client.ok("DeleteSecurityGroup", &format!("GroupId={one}"));
    client.ok("DeleteSecurityGroup", &format!("GroupId={other}"));
    client.ok("DeleteSubnet", &format!("SubnetId={subnet}"));
    client.ok("DeleteRouteTable", &format!("RouteTableId={table}"));
    assert_eq!(client.refused("DeleteVpc", &format!("VpcId={vpc}")), "DependencyViolation");
    client.ok("DetachInternetGateway", &format!("InternetGatewayId={gateway} VpcId={vpc}"));
    client.ok("DeleteInternetGateway", &format!("InternetGatewayId={gateway}"));
    client.ok("DeleteVpc", &format!("VpcId={vpc}"));
    assert_eq!(client.refused("DescribeVpcs", &format!("VpcId.1={vpc}")), "InvalidVpcID.NotFound");
}

#[test]
fn what_a_request_gets_wrong_has_its_code() {
    let client = Client::new(Delays::none());
    let Network { vpc, subnet, gateway, table } = network(&client);
    let cases = [
        ("NoSuchAction", String::new(), "InvalidAction"),
        ("CreateVpc", "CidrBlock=10.0.0.0/16 Colour=blue".to_owned(), "UnknownParameter"),
        ("CreateVpc", String::new(), "MissingParameter"),
        ("CreateVpc", "CidrBlock=10.0.0.0/8".to_owned(), "InvalidVpc.Range"),
        ("CreateVpc", "CidrBlock=300.0.0.0/16".to_owned(), "InvalidParameterValue"),
        ("CreateSubnet", format!("VpcId={vpc} CidrBlock=10.0.0.0/24"), "InvalidSubnet.Conflict"),
        ("CreateSubnet", format!("VpcId={vpc} CidrBlock=10.1.0.0/24"), "InvalidSubnet.Range"),
        ("CreateSubnet", format!("VpcId={vpc} CidrBlock=10.0.64.0/29"), "InvalidSubnet.Range"),
        (
            "CreateSubnet",
            format!("VpcId={vpc} CidrBlock=10.0.64.0/24 AvailabilityZone=us-east-1z"),
            "InvalidParameterValue",
        ),
        ("CreateSubnet", "VpcId=vpc-1 CidrBlock=10.0.0.0/24".to_owned(), "InvalidVpcID.Malformed"),
        ("CreateSubnet", "VpcId=vpc-00000000000000000 CidrBlock=10.0.0.0/24".to_owned(), "InvalidVpcID.NotFound"),
        ("AttachInternetGateway", format!("InternetGatewayId={gateway} VpcId={vpc}"), "Resource.AlreadyAssociated"),
        (
            "CreateRoute",
            format!("RouteTableId={table} DestinationCidrBlock=0.0.0.0/0 GatewayId={gateway}"),
            "RouteAlreadyExists",
        ),
        (
            "CreateRoute",
            format!("RouteTableId={table} DestinationCidrBlock=1.0.0.0/8 GatewayId=igw-00000000000000000"),
            "InvalidGatewayID.NotFound",
        ),
        ("DeleteRoute", format!("RouteTableId={table} DestinationCidrBlock=9.0.0.0/8"), "InvalidRoute.NotFound"),
        ("AssociateRouteTable", format!("RouteTableId={table} SubnetId={subnet}"), "Resource.AlreadyAssociated"),
        ("CreateSecurityGroup", format!("VpcId={vpc} GroupName=default GroupDescription=d"), "InvalidGroup.Reserved"),
        ("DescribeVpcs", "Filter.1.Name=colour Filter.1.Value.1=blue".to_owned(), "InvalidParameterValue"),
        ("DescribeVpcs", "MaxResults=2".to_owned(), "InvalidParameterValue"),
        ("DescribeVpcs", "NextToken=nonsense".to_owned(), "InvalidNextToken"),
        (
            "CreateVpc",
            "CidrBlock=10.0.0.0/16 TagSpecification.1.ResourceType=subnet".to_owned(),
            "InvalidParameterValue",
        ),
    ];
    for (action, parameters, code) in &cases {
        assert_eq!(client.refused(action, parameters), *code, "{action} {parameters}");
    }
}

#[test]
fn blocks_are_canonical_and_rules_are_one_for_each_source() {
    let client = Client::new(Delays::none());
    let vpc = client.ok("CreateVpc", "CidrBlock=10.0.3.4/16");
    assert_eq!(vpc.text("cidrBlock"), "10.0.0.0/16");
    let vpc = vpc.text("vpcId");
    let group =
        client.ok("CreateSecurityGroup", &format!("VpcId={vpc} GroupName=g GroupDescription=d")).text("groupId");
    let rules = format!(
        "GroupId={group} IpPermissions.1.IpProtocol=tcp IpPermissions.1.FromPort=22 IpPermissions.1.ToPort=22 \
         IpPermissions.1.IpRanges.1.CidrIp=192.0.2.9/24 IpPermissions.1.IpRanges.2.CidrIp=198.51.100.0/24"
    );
    let made = client.ok("AuthorizeSecurityGroupIngress", &rules);
    assert_eq!(made.count("securityGroupRuleId"), 2);
    assert!(made.body.contains("192.0.2.0/24"), "{}", made.body);
    assert_eq!(client.refused("AuthorizeSecurityGroupIngress", &rules), "InvalidPermission.Duplicate");
    let all = client.ok("DescribeSecurityGroupRules", &format!("Filter.1.Name=group-id Filter.1.Value.1={group}"));
    assert_eq!(all.count("securityGroupRuleId"), 3, "the two and the one that lets everything out");
}

#[test]
fn groups_are_found_by_the_groups_that_their_rules_refer_to() {
    let client = Client::new(Delays::none());
    let vpc = client.ok("CreateVpc", "CidrBlock=10.0.0.0/16").text("vpcId");
    let group = |name: &str| {
        client.ok("CreateSecurityGroup", &format!("VpcId={vpc} GroupName={name} GroupDescription=x")).text("groupId")
    };
    let (referred, referring) = (group("referred"), group("referring"));
    let rule = format!(
        "GroupId={referring} IpPermissions.1.IpProtocol=tcp IpPermissions.1.FromPort=22 IpPermissions.1.ToPort=22 \
         IpPermissions.1.Groups.1.GroupId={referred}"
    );
    let found = |filter: &str| {
        let answer =
            client.ok("DescribeSecurityGroups", &format!("Filter.1.Name={filter} Filter.1.Value.1={referred}"));
        answer.count("groupName")
    };
    client.ok("AuthorizeSecurityGroupIngress", &rule);
    assert_eq!((found("ip-permission.group-id"), found("egress.ip-permission.group-id")), (1, 0));
    client.ok("AuthorizeSecurityGroupEgress", &rule);
    assert_eq!(found("egress.ip-permission.group-id"), 1);
}

#[test]
fn a_nat_gateway_takes_its_time_and_fails_late() {
    let mut client = Client::new(Delays::realistic());
    let Network { vpc, subnet, gateway, .. } = network(&client);
    let address = client.ok("AllocateAddress", "").text("allocationId");
    let create = format!("SubnetId={subnet} AllocationId={address}");
    let nat = client.ok("CreateNatGateway", &create).text("natGatewayId");
    let state =
        |client: &Client, id: &str| client.ok("DescribeNatGateways", &format!("NatGatewayId.1={id}")).text("state");
    assert_eq!(state(&client, &nat), "pending");
    // A second one with the same address is accepted, and fails.
    let second = client.ok("CreateNatGateway", &create);
    assert_eq!(second.text("state"), "pending");
    let second = second.text("natGatewayId");
    assert_eq!(state(&client, &second), "failed");
    client.now += 110_000;
    assert_eq!(state(&client, &nat), "available");
    client.ok("DeleteNatGateway", &format!("NatGatewayId={nat}"));
    assert_eq!(state(&client, &nat), "deleting");
    let detach = format!("InternetGatewayId={gateway} VpcId={vpc}");
    assert_eq!(client.refused("DetachInternetGateway", &detach), "DependencyViolation");
    client.now += 58_000;
    assert_eq!(state(&client, &nat), "deleted");
    let release = format!("AllocationId={address}");
    assert_eq!(client.refused("ReleaseAddress", &release), "AuthFailure", "for some seconds more");
    client.now += 5_000;
    client.ok("ReleaseAddress", &release);
    client.ok("DetachInternetGateway", &detach);
}

#[test]
fn an_endpoint_makes_its_routes_and_takes_them_away() {
    let client = Client::new(Delays::none());
    let Network { vpc, table, .. } = network(&client);
    let create = format!("VpcId={vpc} ServiceName=com.amazonaws.us-east-1.s3 RouteTableId.1={table}");
    let endpoint = client.ok("CreateVpcEndpoint", &create).text("vpcEndpointId");
    assert_eq!(client.refused("CreateVpcEndpoint", &create), "RouteAlreadyExists");
    let routes = |client: &Client| client.ok("DescribeRouteTables", &format!("RouteTableId.1={table}")).count("state");
    let before = routes(&client);
    let list = format!("RouteTableId={table} DestinationPrefixListId=pl-63a5400a");
    assert_eq!(client.refused("DeleteRoute", &list), "InvalidParameterValue");
    let gone = client.ok("DeleteVpcEndpoints", &format!("VpcEndpointId.1={endpoint} VpcEndpointId.2=vpce-0"));
    assert!(gone.body.contains("InvalidVpcEndpoint.NotFound"), "{}", gone.body);
    assert_eq!(routes(&client), before - 1);
}

#[test]
fn pages_hold_what_was_asked_for_and_end() {
    let client = Client::new(Delays::none());
    let vpc = client.ok("CreateVpc", "CidrBlock=10.0.0.0/16").text("vpcId");
    for i in 0..12 {
        client.ok("CreateSubnet", &format!("VpcId={vpc} CidrBlock=10.0.{i}.0/24"));
    }
    let ask = format!("Filter.1.Name=vpc-id Filter.1.Value.1={vpc} MaxResults=5");
    let mut found = 0;
    let mut page = client.ok("DescribeSubnets", &ask);
    for _ in 0..3 {
        found += page.count("subnetId");
        if !page.body.contains("<nextToken>") {
            break;
        }
        page = client.ok("DescribeSubnets", &format!("{ask} NextToken={}", page.text("nextToken")));
    }
    assert_eq!(found, 12);
}

#[test]
fn the_same_seed_and_calls_give_the_same_bytes() {
    let run = || {
        let client = Client::new(Delays::none());
        let network = network(&client);
        client.ok("DescribeRouteTables", &format!("RouteTableId.1={}", network.table)).body
    };
    assert_eq!(run(), run());
}

#[test]
fn a_filter_that_an_action_does_not_have_is_refused_whatever_there_is() {
    let client = Client::new(Delays::none());
    let has_filters = |action: &&crate::services::action::Action| {
        action.parameters.contains(&"Filter.N.Name") && action.name != "DescribeVpcClassicLink"
    };
    let mut count = 0;
    for action in super::ACTIONS.iter().flat_map(|list| list.iter()).filter(has_filters) {
        let filter = "Filter.1.Name=nonsense Filter.1.Value.1=x";
        let answer = client.ask(action.name, filter);
        assert_eq!(answer.status, 400, "{}: {}", action.name, answer.body);
        assert_eq!(answer.text("Code"), "InvalidParameterValue", "{}", action.name);
        assert!(answer.text("Message").contains("nonsense"), "{}: {}", action.name, answer.body);
        count += 1;
    }
    assert!(count > 20, "{count}");
}

#[test]
fn a_filter_by_tag_finds_what_has_the_tag_now() {
    let client = Client::new(Delays::none());
    let image = client.ok("DescribeImages", "Owner.1=amazon").text("imageId");
    let launch = format!("ImageId={image} InstanceType=m6i.large MinCount=3 MaxCount=3");
    let id = client.ok("RunInstances", &launch).text("instanceId");
    let find = |more: &str| {
        client.ok("DescribeInstances", &format!("Filter.1.Name=tag:a Filter.1.Value.1=b {more}")).count("instanceId")
    };
    assert_eq!(find(""), 0);
    client.ok("CreateTags", &format!("ResourceId.1={id} Tag.1.Key=a Tag.1.Value=b"));
    assert_eq!(find(""), 1);
    assert_eq!(find("Filter.2.Name=instance-state-name Filter.2.Value.1=stopped"), 0);
    assert_eq!(find("Filter.1.Value.2=c"), 1);
    client.ok("CreateTags", &format!("ResourceId.1={id} Tag.1.Key=a Tag.1.Value=c"));
    assert_eq!((find(""), find("Filter.1.Value.2=c"), find("Filter.1.Value.2=?")), (0, 1, 1));
    client.ok("DeleteTags", &format!("ResourceId.1={id} Tag.1.Key=a"));
    assert_eq!(find("Filter.1.Value.2=c"), 0);
}

#[test]
fn addresses_of_a_subnet_are_counted_as_they_come_and_go() {
    let mut client = Client::new(Delays { network_interface_release: 4_000, ..Delays::none() });
    let image = client.ok("DescribeImages", "Owner.1=amazon").text("imageId");
    let subnet = client.ok("DescribeSubnets", "").text("subnetId");
    let launch = format!("ImageId={image} InstanceType=m6i.large SubnetId={subnet} MinCount=1 MaxCount=1");
    let run = |client: &Client| {
        let answer = client.ok("RunInstances", &launch);
        (answer.text("instanceId"), answer.text("privateIpAddress"))
    };
    let free =
        |client: &Client| client.ok("DescribeSubnets", &format!("SubnetId.1={subnet}")).text("availableIpAddressCount");
    let ((one, first), (_, second)) = (run(&client), run(&client));
    assert_ne!(first, second);
    assert_eq!(free(&client), "4089");
    client.ok("TerminateInstances", &format!("InstanceId.1={one}"));
    assert_eq!((free(&client).as_str(), run(&client).1 == first), ("4089", false), "its interface lingers");
    client.now += 4_000;
    assert_eq!(free(&client), "4089");
    assert_eq!(run(&client).1, first, "the first free address is taken again");
}

#[test]
fn tags_are_listed_by_key_value_type_and_pages() {
    let client = Client::new(Delays::none());
    let tagged = |name: &str, kind: &str, value: &str| {
        format!(
            "TagSpecification.1.ResourceType={kind} TagSpecification.1.Tag.1.Key={name} TagSpecification.1.Tag.1.Value={value} \
                 TagSpecification.1.Tag.2.Key=Name TagSpecification.1.Tag.2.Value=x"
        )
    };
    for number in 0..4 {
        let block = format!("CidrBlock=10.{number}.0.0/16 {}", tagged("owner", "vpc", "kim"));
        client.ok("CreateVpc", &block);
    }
    for _ in 0..3 {
        client.ok("AllocateAddress", &format!("Domain=vpc {}", tagged("owner", "elastic-ip", "kim")));
    }
    client.ok("CreateInternetGateway", &tagged("owner", "internet-gateway", "kim"));
    client.ok("CreateInternetGateway", &tagged("owner", "internet-gateway", "kit"));
    let count = |filters: &str| client.ok("DescribeTags", filters).count("resourceId");
    let by = |number: usize, name: &str, value: &str| {
        format!("Filter.{number}.Name={name} Filter.{number}.Value.1={value} ")
    };
    assert_eq!(count(&(by(1, "key", "owner") + &by(2, "value", "kim"))), 8);
    assert_eq!(count(&by(1, "tag:owner", "kim")), 8, "the tag itself, and not the others of what has it");
    assert_eq!(count(&by(1, "tag:owner", "ki*")), 9);
    assert_eq!(count(&(by(1, "key", "owner") + &by(2, "resource-type", "internet-gateway"))), 2);
    assert_eq!(count(&(by(1, "key", "owner") + &by(2, "value", "KIM"))), 0, "case counts");
    for name in ["tag-key", "vpc-id"] {
        assert_eq!(client.refused("DescribeTags", &by(1, name, "owner")), "InvalidParameterValue", "{name}");
    }
    let first = client.ok("DescribeTags", &(by(1, "tag:owner", "*") + "MaxResults=5"));
    assert_eq!(first.count("resourceId"), 5);
    let next = format!("{}MaxResults=5 NextToken={}", by(1, "tag:owner", "*"), first.text("nextToken"));
    let rest = client.ok("DescribeTags", &next);
    assert_eq!((rest.count("resourceId"), rest.count("nextToken")), (4, 0));
    for size in ["MaxResults=4", "MaxResults=1001"] {
        assert_eq!(client.refused("DescribeTags", size), "InvalidParameterValue", "{size}");
    }
}
