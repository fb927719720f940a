//! Instances through the wire: what a launch makes, what is refused, and how they end.

use super::super::image;
use super::super::tests::Client;
use crate::region::Delays;

struct Place {
    client: Client,
    vpc: String,
    subnet: String,
    image: String,
}

impl Place {
    fn new(delays: Delays) -> Place {
        let client = Client::new(delays);
        let vpc = client.ok("CreateVpc", "CidrBlock=10.0.0.0/16").text("vpcId");
        let subnet =
            client.ok("CreateSubnet", &format!("VpcId={vpc} CidrBlock=10.0.0.0/20 AvailabilityZone=us-east-1a"));
        let image = image_id("x86_64");
        Place { subnet: subnet.text("subnetId"), client, vpc, image }
    }

    /// A launch of one small instance in the subnet, with more parameters.
    fn launch(&self, more: &str) -> String {
        let counts = if more.contains("MinCount") { "" } else { "MinCount=1 MaxCount=1" };
        let kind = if more.contains("InstanceType") { "" } else { "InstanceType=c6i.large" };
        format!("ImageId={} SubnetId={} {kind} {counts} {more}", self.image, self.subnet)
    }

    fn run(&self, more: &str) -> Vec<String> {
        let answer = self.client.ok("RunInstances", &self.launch(more));
        ids(&answer.body)
    }

    fn refused(&self, more: &str) -> String {
        self.client.refused("RunInstances", &self.launch(more))
    }

    fn of(&self, id: &str) -> String {
        self.client.ok("DescribeInstances", &format!("InstanceId.1={id}")).body
    }
}

fn image_id(architecture: &str) -> String {
    let parameter = format!("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}");
    image::by_parameter("us-east-1", &parameter).expect("a public parameter").id
}

fn ids(body: &str) -> Vec<String> {
    body.split("<instanceId>").skip(1).filter_map(|rest| rest.split('<').next()).map(str::to_owned).collect()
}

fn names(body: &str, element: &str) -> Vec<String> {
    let start = format!("<{element}>");
    body.split(&start).skip(1).filter_map(|rest| rest.split('<').next()).map(str::to_owned).collect()
}

#[test]
fn a_launch_comes_up_with_interface_volume_and_tags_and_ends_without_them() {
    let mut place = Place::new(Delays::realistic());
    let launch = "MinCount=1 MaxCount=3 ClientToken=token-1 TagSpecification.1.ResourceType=instance \
                  TagSpecification.1.Tag.1.Key=a TagSpecification.1.Tag.1.Value=b \
                  TagSpecification.2.ResourceType=volume TagSpecification.2.Tag.1.Key=v \
                  TagSpecification.2.Tag.1.Value=w UserData=aGVsbG8=";
    let answer = place.client.ok("RunInstances", &place.launch(launch));
    assert_eq!(answer.count("reservationId"), 1);
    assert_eq!(names(&answer.body, "amiLaunchIndex"), ["0", "1", "2"]);
    assert!(answer.body.contains("<code>0</code><name>pending</name>"), "{}", answer.body);
    assert!(!answer.body.contains("<ipAddress>"));
    let made = ids(&answer.body);
    let found = place.client.ok("DescribeInstances", "Filter.1.Name=client-token Filter.1.Value.1=token-1");
    assert_eq!(ids(&found.body), made);
    let user_data = format!("InstanceId={} Attribute=userData", made[0]);
    assert_eq!(place.client.ok("DescribeInstanceAttribute", &user_data).text("value"), "aGVsbG8=");

    place.client.now += 20_000;
    let running = place.of(&made[0]);
    assert!(running.contains("<name>running</name>") && !running.contains("<ipAddress>"), "{running}");
    let volumes = place.client.ok("DescribeVolumes", "Filter.1.Name=tag:v Filter.1.Value.1=w");
    assert_eq!(volumes.count("size"), 3);
    let subnet = format!("SubnetId={}", place.subnet);
    assert_eq!(place.client.refused("DeleteSubnet", &subnet), "DependencyViolation");

    let list = format!("InstanceId.1={} InstanceId.2={} InstanceId.3={}", made[0], made[1], made[2]);
    let ending = place.client.ok("TerminateInstances", &list);
    assert_eq!(names(&ending.body, "name")[..2], ["shutting-down", "running"]);
    place.client.now += 40_000;
    let ended = place.of(&made[0]);
    assert!(ended.contains("<code>48</code><name>terminated</name>"), "{ended}");
    assert!(!ended.contains("networkInterfaceId") && !ended.contains("privateIpAddress"), "{ended}");
    assert!(ended.contains("Client.UserInitiatedShutdown") && ended.contains("<key>a</key>"), "{ended}");
    assert_eq!(place.client.ok("DescribeVolumes", "").count("volumeId"), 0);
    assert_eq!(place.client.refused("DeleteSubnet", &subnet), "DependencyViolation", "the interfaces linger");
    place.client.now += 4_000;
    place.client.ok("DeleteSubnet", &subnet);
    place.client.ok("TerminateInstances", &list);
    place.client.now += 3_600_000;
    assert_eq!(place.client.refused("DescribeInstances", &list), "InvalidInstanceID.NotFound");
}

#[test]
fn public_addresses_come_with_running_and_hold_the_gateway() {
    let mut place = Place::new(Delays::realistic());
    let gateway = place.client.ok("CreateInternetGateway", "").text("internetGatewayId");
    let of_gateway = format!("InternetGatewayId={gateway} VpcId={}", place.vpc);
    place.client.ok("AttachInternetGateway", &of_gateway);
    let launch = format!(
        "ImageId={} InstanceType=t3.micro MinCount=2 MaxCount=2 NetworkInterface.1.DeviceIndex=0 \
         NetworkInterface.1.SubnetId={} NetworkInterface.1.AssociatePublicIpAddress=true \
         NetworkInterface.1.DeleteOnTermination=true",
        place.image, place.subnet
    );
    let made = ids(&place.client.ok("RunInstances", &launch).body);
    place.client.now += 20_000;
    let found = place.client.ok("DescribeInstances", "Filter.1.Name=instance-state-name Filter.1.Value.1=running");
    let addresses = names(&found.body, "ipAddress");
    assert_eq!(addresses.len(), 2);
    assert_ne!(addresses[0], addresses[1]);
    assert_eq!(place.client.refused("DetachInternetGateway", &of_gateway), "DependencyViolation");
    place.client.ok("TerminateInstances", &format!("InstanceId.1={} InstanceId.2={}", made[0], made[1]));
    place.client.now += 40_000;
    place.client.ok("DetachInternetGateway", &of_gateway);
}

#[test]
fn what_a_launch_gets_wrong_has_its_code() {
    let place = Place::new(Delays::none());
    let other_vpc = place.client.ok("CreateVpc", "CidrBlock=10.9.0.0/16").text("vpcId");
    let foreign = place.client.ok("CreateSecurityGroup", &format!("VpcId={other_vpc} GroupName=g GroupDescription=d"));
    let foreign = foreign.text("groupId");
    let long = "A".repeat(24_000);
    let zone_e = format!("VpcId={} CidrBlock=10.0.64.0/24 AvailabilityZone=us-east-1e", place.vpc);
    let zone_e = place.client.ok("CreateSubnet", &zone_e).text("subnetId");
    let tiny = format!("VpcId={} CidrBlock=10.0.80.0/28 AvailabilityZone=us-east-1a", place.vpc);
    let tiny = place.client.ok("CreateSubnet", &tiny).text("subnetId");
    let cases = [
        ("MinCount=0 MaxCount=1", "InvalidParameterValue"),
        ("MinCount=3 MaxCount=2", "InvalidParameterValue"),
        ("InstanceType=zz.large", "InvalidParameterValue"),
        ("InstanceType=c7g.large", "InvalidParameterValue"),
        ("KeyName=nobody", "InvalidKeyPair.NotFound"),
        ("SecurityGroupId.1=sg-00000000000000000", "InvalidGroup.NotFound"),
        ("SecurityGroupId.1=sg-1", "InvalidGroupId.Malformed"),
        (&format!("SecurityGroupId.1={foreign}"), "InvalidParameter"),
        ("IamInstanceProfile.Name=nobody", "InvalidParameterValue"),
        ("UserData=!!!!", "InvalidUserData.Malformed"),
        (&format!("UserData={long}"), "InvalidUserData.Malformed"),
        ("NetworkInterface.1.DeviceIndex=0", "InvalidParameterCombination"),
        ("InstanceMarketOptions.MarketType=auction", "InvalidParameterValue"),
        (
            "InstanceMarketOptions.MarketType=spot InstanceMarketOptions.SpotOptions.MaxPrice=0.002",
            "SpotMaxPriceTooLow",
        ),
        (
            "BlockDeviceMapping.1.DeviceName=/dev/xvda BlockDeviceMapping.1.Ebs.VolumeSize=4",
            "InvalidBlockDeviceMapping",
        ),
        ("TagSpecification.1.ResourceType=vpc", "InvalidParameterValue"),
        ("Placement.AvailabilityZone=us-east-1b", "InvalidParameterValue"),
        ("HibernationOptions.Configured=true", "UnsupportedHibernationConfiguration"),
        ("InstanceType=p4d.24xlarge MinCount=13 MaxCount=13", "VcpuLimitExceeded"),
        (
            "InstanceType=p4d.24xlarge MinCount=13 MaxCount=13 InstanceMarketOptions.MarketType=spot",
            "MaxSpotInstanceCountExceeded",
        ),
    ];
    for (more, code) in &cases {
        assert_eq!(place.refused(more), *code, "{more}");
    }
    let launch = |image: &str, subnet: &str, count: u32| {
        let launch = format!("ImageId={image} SubnetId={subnet} InstanceType=c6i.large MinCount={count} MaxCount=20");
        place.client.ask("RunInstances", &launch)
    };
    assert_eq!(launch("ami-1", &place.subnet, 1).text("Code"), "InvalidAMIID.Malformed");
    assert_eq!(launch("ami-00000000000000000", &place.subnet, 1).text("Code"), "InvalidAMIID.NotFound");
    assert_eq!(launch(&place.image, "subnet-00000000000000000", 1).text("Code"), "InvalidSubnetID.NotFound");
    assert_eq!(launch(&place.image, &zone_e, 1).text("Code"), "Unsupported");
    let full = launch(&place.image, &tiny, 12);
    assert_eq!((full.text("Code").as_str(), full.status), ("InsufficientFreeAddressesInSubnet", 400));
    assert_eq!(place.client.ok("DescribeInstances", "").count("instanceId"), 0, "nothing was launched");
    assert_eq!(ids(&launch(&place.image, &tiny, 5).body).len(), 11, "as many as there are addresses");
}

#[test]
fn a_zone_runs_out_of_machines() {
    let place = Place::new(Delays::none());
    let limits = [("c6i.large/us-east-1a/on-demand", 3), ("*/*/spot", 0)];
    place.client.region.world().ec2.capacity = limits.iter().map(|(key, n)| ((*key).to_owned(), *n)).collect();
    let answer = place.client.ask("RunInstances", &place.launch("MinCount=4 MaxCount=8"));
    assert_eq!((answer.status, answer.text("Code").as_str()), (500, "InsufficientInstanceCapacity"));
    assert!(answer.text("Message").contains("c6i.large capacity in the Availability Zone you requested (us-east-1a)"));
    assert!(answer.text("Message").ends_with("us-east-1b, us-east-1c, us-east-1d, us-east-1f."), "{}", answer.body);
    assert_eq!(place.run("MinCount=1 MaxCount=8").len(), 3);
    assert_eq!(place.refused(""), "InsufficientInstanceCapacity");
    assert_eq!(place.refused("InstanceMarketOptions.MarketType=spot"), "InsufficientInstanceCapacity");
    // Where AWS may choose, it takes another zone.
    let anywhere = format!("ImageId={} InstanceType=c6i.large MinCount=1 MaxCount=1", place.image);
    assert_eq!(place.client.ok("RunInstances", &anywhere).text("availabilityZone"), "us-east-1b");
}

#[test]
fn spot_instances_have_a_request_and_can_be_taken_away() {
    let place = Place::new(Delays::none());
    let spot = "MinCount=2 MaxCount=2 InstanceMarketOptions.MarketType=spot \
                TagSpecification.1.ResourceType=spot-instances-request TagSpecification.1.Tag.1.Key=k \
                TagSpecification.1.Tag.1.Value=v";
    let made = place.run(spot);
    let requests = place.client.ok("DescribeSpotInstanceRequests", "Filter.1.Name=tag:k Filter.1.Value.1=v");
    assert_eq!(names(&requests.body, "state"), ["active", "active"]);
    assert!(place.of(&made[0]).contains("<instanceLifecycle>spot</instanceLifecycle>"));
    let one = format!("InstanceId.1={}", made[0]);
    assert_eq!(place.client.refused("StopInstances", &one), "UnsupportedOperation");
    super::interrupt_spot(&mut place.client.region.world(), &made[0]).expect("a spot instance");
    let gone = place.of(&made[0]);
    assert!(gone.contains("<name>terminated</name>") && gone.contains("Server.SpotInstanceTermination"), "{gone}");
    let of = |id: &str| format!("Filter.1.Name=instance-id Filter.1.Value.1={id}");
    let request = place.client.ok("DescribeSpotInstanceRequests", &of(&made[0]));
    assert!(request.body.contains("instance-terminated-no-capacity"), "{}", request.body);

    let request = place.client.ok("DescribeSpotInstanceRequests", &of(&made[1])).text("spotInstanceRequestId");
    let cancelled = place.client.ok("CancelSpotInstanceRequests", &format!("SpotInstanceRequestId.1={request}"));
    assert_eq!(cancelled.text("state"), "cancelled");
    assert!(place.of(&made[1]).contains("<name>running</name>"));
    let unknown = "SpotInstanceRequestId.1=sir-abcd1234";
    assert_eq!(place.client.refused("CancelSpotInstanceRequests", unknown), "InvalidSpotInstanceRequestID.NotFound");
}

#[test]
fn attributes_are_changed_one_at_a_time_and_protect() {
    let place = Place::new(Delays::none());
    let made = place.run("MinCount=2 MaxCount=2");
    let (one, both) = (format!("InstanceId={}", made[0]), format!("InstanceId.1={} InstanceId.2={}", made[0], made[1]));
    let client = &place.client;
    client.ok("ModifyInstanceAttribute", &format!("{one} DisableApiTermination.Value=true"));
    let read = client.ok("DescribeInstanceAttribute", &format!("{one} Attribute=disableApiTermination"));
    assert_eq!(read.text("value"), "true");
    assert_eq!(client.refused("TerminateInstances", &both), "OperationNotPermitted");
    assert!(place.of(&made[1]).contains("<name>running</name>"));
    assert_eq!(
        client.refused("TerminateInstances", &format!("{both} InstanceId.3=i-00000000000000000")),
        "InvalidInstanceID.NotFound"
    );
    let two = format!("{one} DisableApiTermination.Value=false SourceDestCheck.Value=false");
    assert_eq!(client.refused("ModifyInstanceAttribute", &two), "InvalidParameterCombination");
    let larger = format!("{one} InstanceType.Value=c6i.xlarge");
    assert_eq!(client.refused("ModifyInstanceAttribute", &larger), "IncorrectInstanceState");
    let list = format!("InstanceId.1={}", made[0]);
    client.ok("StopInstances", &list);
    client.ok("ModifyInstanceAttribute", &larger);
    client.ok("StartInstances", &list);
    assert!(place.of(&made[0]).contains("<instanceType>c6i.xlarge</instanceType>"));
    let group = client.ok("CreateSecurityGroup", &format!("VpcId={} GroupName=g GroupDescription=d", place.vpc));
    let group = group.text("groupId");
    client.ok("ModifyInstanceAttribute", &format!("{one} GroupId.1={group}"));
    assert_eq!(client.refused("DeleteSecurityGroup", &format!("GroupId={group}")), "DependencyViolation");
    let options = client.ok("ModifyInstanceMetadataOptions", &format!("{one} HttpTokens=required"));
    assert_eq!((options.text("state").as_str(), options.text("httpTokens").as_str()), ("pending", "required"));
    client.ok("TerminateInstances", &format!("InstanceId.1={}", made[1]));
    let restart = format!("InstanceId.1={}", made[1]);
    assert_eq!(client.refused("StartInstances", &restart), "IncorrectInstanceState");
    assert_eq!(client.refused("ModifyInstanceAttribute", &two.replace("DisableApi", "Enable")), "UnknownParameter");
}

#[test]
fn a_protected_instance_keeps_those_of_its_zone_and_no_others() {
    let place = Place::new(Delays::none());
    let zone_b = format!("VpcId={} CidrBlock=10.0.16.0/20 AvailabilityZone=us-east-1b", place.vpc);
    let zone_b = place.client.ok("CreateSubnet", &zone_b).text("subnetId");
    let kept = place.run("MinCount=2 MaxCount=2");
    let launch = place.launch("MinCount=2 MaxCount=2").replace(&place.subnet, &zone_b);
    let ended = ids(&place.client.ok("RunInstances", &launch).body);
    let protect = format!("InstanceId={} DisableApiTermination.Value=true", kept[1]);
    place.client.ok("ModifyInstanceAttribute", &protect);
    let all: Vec<&String> = ended.iter().chain(&kept).collect();
    let list: Vec<String> = (1..).zip(all).map(|(n, id)| format!("InstanceId.{n}={id}")).collect();
    let answer = place.client.ask("TerminateInstances", &list.join(" "));
    assert_eq!((answer.status, answer.text("Code").as_str()), (400, "OperationNotPermitted"));
    assert!(answer.text("Message").contains(&kept[1]), "{}", answer.body);
    for (ids, state) in [(&kept, "running"), (&ended, "terminated")] {
        ids.iter().for_each(|id| assert!(place.of(id).contains(&format!("<name>{state}</name>")), "{id} {state}"));
    }
    // What is ending is past protection.
    place.client.ok("ModifyInstanceAttribute", &protect.replace("true", "false"));
    place.client.ok("TerminateInstances", &list.join(" "));
    place.client.ok("ModifyInstanceAttribute", &protect);
    place.client.ok("TerminateInstances", &list.join(" "));
}

#[test]
fn reading_knows_pages_and_filters() {
    let place = Place::new(Delays::none());
    let made = place.run("MinCount=12 MaxCount=12");
    let client = &place.client;
    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let page = client.ok("DescribeInstances", &format!("MaxResults=5 {token}"));
        found.extend(ids(&page.body));
        if !page.body.contains("<nextToken>") {
            break;
        }
        token = format!("NextToken={}", page.text("nextToken"));
    }
    assert_eq!(found, made);
    assert_eq!(
        client.refused("DescribeInstances", &format!("InstanceId.1={} MaxResults=5", made[0])),
        "InvalidParameterCombination"
    );
    assert_eq!(client.refused("DescribeInstances", "MaxResults=4"), "InvalidParameterValue");
    assert_eq!(client.refused("DescribeInstances", "Filter.1.Name=colour Filter.1.Value.1=x"), "InvalidParameterValue");
    let count = |filter: &str| client.ok("DescribeInstances", filter).count("instanceId");
    let by_id = format!("Filter.1.Name=instance-id Filter.1.Value.1={} Filter.1.Value.2=i-0", made[3]);
    assert_eq!(count(&by_id), 1);
    assert_eq!(count(&format!("Filter.1.Name=vpc-id Filter.1.Value.1={}", place.vpc)), 12);
    assert_eq!(count("Filter.1.Name=private-ip-address Filter.1.Value.1=10.0.0.4"), 1);
    assert_eq!(count("Filter.1.Name=instance-lifecycle Filter.1.Value.1=spot"), 0);
    let status = client.ok("DescribeInstanceStatus", &format!("InstanceId.1={}", made[0]));
    assert_eq!(status.count("instanceStatus"), 1);
}

#[test]
fn what_there_is_to_launch_can_be_looked_up() {
    let client = Client::new(Delays::none());
    let images = "Owner.1=amazon Filter.1.Name=name Filter.1.Value.1=al2023-ami-2023.* Filter.2.Name=architecture \
                  Filter.2.Value.1=arm64 Filter.3.Name=state Filter.3.Value.1=available";
    let found = client.ok("DescribeImages", images);
    // Two of five are deprecated by then.
    assert_eq!(found.count("imageId"), 3, "{}", found.body);
    assert!(found.body.contains(&image_id("arm64")));
    assert_eq!(client.ok("DescribeImages", "Owner.1=self").count("imageId"), 0);
    assert_eq!(client.refused("DescribeImages", "ImageId.1=ami-00000000000000000"), "InvalidAMIID.NotFound");

    assert_eq!(client.refused("DescribeInstanceTypes", "InstanceType.1=zz.large"), "InvalidInstanceType");
    let gpu = client.ok("DescribeInstanceTypes", "InstanceType.1=g5.xlarge");
    assert_eq!((gpu.text("defaultVCpus").as_str(), gpu.text("totalGpuMemoryInMiB").as_str()), ("4", "22888"));
    let offered = client.ok(
        "DescribeInstanceTypeOfferings",
        "LocationType=availability-zone Filter.1.Name=instance-type Filter.1.Value.1=p4d.24xlarge",
    );
    assert_eq!(names(&offered.body, "location"), ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"]);

    assert_eq!(client.ok("DescribeAvailabilityZones", "").count("zoneName"), 6);
    assert_eq!(client.ok("DescribeAvailabilityZones", "AllAvailabilityZones=true").count("zoneName"), 7);
    assert_eq!(client.ok("DescribeRegions", "").count("regionName"), 17);
    assert_eq!(client.ok("DescribeAccountAttributes", "AttributeName.1=default-vpc").count("attributeName"), 1);
    let prices = client.ok("DescribeSpotPriceHistory", "InstanceType.1=c6i.large AvailabilityZone=us-east-1a");
    assert_eq!(prices.count("spotPrice"), 1);
    assert_eq!(client.refused("DescribeKeyPairs", "KeyName.1=nobody"), "InvalidKeyPair.NotFound");
}

#[test]
fn volumes_can_outlive_their_instance() {
    let place = Place::new(Delays::none());
    let made = place.run(
        "BlockDeviceMapping.1.DeviceName=/dev/sdf BlockDeviceMapping.1.Ebs.VolumeSize=20 \
         BlockDeviceMapping.1.Ebs.DeleteOnTermination=false BlockDeviceMapping.1.Ebs.VolumeType=gp3",
    );
    let client = &place.client;
    let volumes =
        client.ok("DescribeVolumes", &format!("Filter.1.Name=attachment.instance-id Filter.1.Value.1={}", made[0]));
    assert_eq!(volumes.count("attachTime"), 2);
    client.ok("TerminateInstances", &format!("InstanceId.1={}", made[0]));
    let left = client.ok("DescribeVolumes", "");
    assert_eq!((left.count("volumeId"), left.text("status").as_str()), (1, "available"));
    client.ok("DeleteVolume", &format!("VolumeId={}", left.text("volumeId")));
}
