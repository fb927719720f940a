//! What a teardown leaves: whatever carries the stack's tag is named, of any kind and made by anybody, and the exit
//! code is 1.
//!
//! The things are planted while the teardown is held up at its last deletion, that of the VPC. So none of them is in its
//! plan, and only the sweep at the end can find them.

use serde_json::{Value, json};

use crate::harness::{Account, Fault, Landfall, Moto, Running, Simulated};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n";

/// One thing of each kind that landfall makes and that can carry a tag or a name, and of those it never makes and the
/// simulated region and moto both have. The value is the ids by kind.
const PLANT: &str = r#"
    tag = {"Key": "landfall:stack", "Value": "acme"}

    def tags(resource_type):
        return {"TagSpecifications": [{"ResourceType": resource_type, "Tags": [tag]}]}

    planted = {}
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16", **tags("vpc"))["Vpc"]["VpcId"]
    planted["ec2.vpc"] = vpc
    subnet = ec2.create_subnet(
        VpcId=vpc, CidrBlock="10.77.0.0/24", AvailabilityZone="us-east-1a", **tags("subnet"))["Subnet"]["SubnetId"]
    planted["ec2.subnet"] = subnet
    gateway = ec2.create_internet_gateway(**tags("internet-gateway"))["InternetGateway"]["InternetGatewayId"]
    planted["ec2.internet_gateway"] = gateway
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc, **tags("route-table"))["RouteTable"]["RouteTableId"]
    planted["ec2.route_table"] = table
    planted["ec2.security_group"] = ec2.create_security_group(
        VpcId=vpc, GroupName="left", Description="d", **tags("security-group"))["GroupId"]
    others = ec2.create_security_group(VpcId=vpc, GroupName="others", Description="d")["GroupId"]
    planted["ec2.security_group_rule"] = ec2.authorize_security_group_ingress(
        GroupId=others, **tags("security-group-rule"),
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    address = ec2.allocate_address(Domain="vpc", **tags("elastic-ip"))["AllocationId"]
    planted["ec2.elastic_ip"] = address
    planted["ec2.nat_gateway"] = ec2.create_nat_gateway(
        SubnetId=subnet, AllocationId=address, **tags("natgateway"))["NatGateway"]["NatGatewayId"]
    planted["ec2.vpc_endpoint"] = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[table], **tags("vpc-endpoint"),
    )["VpcEndpoint"]["VpcEndpointId"]
    image = max(
        ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "name", "Values": ["al2023-ami-2023.*-x86_64"]}])[
            "Images"],
        key=lambda i: i["CreationDate"])["ImageId"]
    planted["ec2.instance"] = ec2.run_instances(
        ImageId=image, InstanceType="m6i.large", MinCount=1, MaxCount=1, SubnetId=subnet, **tags("instance"))[
            "Instances"][0]["InstanceId"]
    planted["ec2.volume"] = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, **tags("volume"))["VolumeId"]
    planted["ec2.key_pair"] = ec2.create_key_pair(KeyName="left", **tags("key-pair"))["KeyPairId"]
    planted["ec2.launch_template"] = ec2.create_launch_template(
        LaunchTemplateName="left", LaunchTemplateData={"InstanceType": "t3.micro"}, **tags("launch-template"))[
            "LaunchTemplate"]["LaunchTemplateId"]
    planted["ec2.placement_group"] = ec2.create_placement_group(
        GroupName="left", Strategy="cluster", **tags("placement-group"))["PlacementGroup"]["GroupId"]
    interfaces = ec2.describe_network_interfaces(Filters=[{"Name": "subnet-id", "Values": [subnet]}])
    planted["ec2.network_interface"] = interfaces["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ec2.create_tags(Resources=[planted["ec2.network_interface"]], Tags=[tag])

    region = {"Key": "landfall:region", "Value": "us-east-1"}
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
        '"Principal": {"Service": "ec2.amazonaws.com"}}]}')
    planted["iam.role"] = iam.create_role(RoleName="acme", AssumeRolePolicyDocument=trust, Tags=[tag, region])[
        "Role"]["Arn"]
    planted["iam.instance_profile"] = iam.create_instance_profile(InstanceProfileName="acme", Tags=[tag, region])[
        "InstanceProfile"]["Arn"]
    logs.create_log_group(logGroupName="acme", tags={t["Key"]: t["Value"] for t in (tag, region)})
    planted["logs.log_group"] = "log-group:acme"
    planted
"#;

/// What only moto has.
const PLANT_IN_MOTO: &str = r#"
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    more = {}
    more["ec2.snapshot"] = ec2.create_snapshot(VolumeId=volume, **tags("snapshot"))["SnapshotId"]
    more["ec2.network_acl"] = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    more["ec2.vpn_gateway"] = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    more["ec2.dhcp_options"] = ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name", "Values": ["x"]}])[
        "DhcpOptions"]["DhcpOptionsId"]
    more["ec2.image"] = ec2.create_image(InstanceId=planted["ec2.instance"], Name="left")["ImageId"]
    ec2.create_tags(Resources=list(more.values()), Tags=[tag])
    more
"#;

/// Whether nothing but the VPC is there any more.
const ALL_BUT_THE_VPC_IS_GONE: &str = r#"
    def there(call, **arguments):
        try:
            return bool(call(**arguments))
        except iam.exceptions.NoSuchEntityException:
            return False

    mine = [{"Name": "tag:landfall:stack", "Values": ["acme"]}]
    not any([
        ec2.describe_subnets(Filters=mine)["Subnets"],
        ec2.describe_route_tables(Filters=mine)["RouteTables"],
        ec2.describe_security_groups(Filters=mine)["SecurityGroups"],
        ec2.describe_internet_gateways(Filters=mine)["InternetGateways"],
        there(iam.get_role, RoleName="acme"),
        there(iam.get_instance_profile, InstanceProfileName="acme"),
        logs.describe_log_groups(logGroupNamePrefix="acme")["logGroups"],
    ])
"#;

fn plant(destroy: &mut Running, account: &Account) -> Value {
    destroy.while_running(|| account.python(ALL_BUT_THE_VPC_IS_GONE, json!(null)) == json!(true));
    account.python(PLANT, json!(null))
}

#[track_caller]
fn names_all(destroy: Running, planted: &[Value]) {
    let mut output = destroy.wait().exits(1).says("something that carries the tag of acme is left");
    for (kind, id) in planted.iter().flat_map(|some| some.as_object().expect("ids by kind")) {
        let id = id.as_str().expect("an id");
        let named = output.stderr.lines().any(|line| line.contains(&format!("{kind} ")) && line.contains(id));
        assert!(named, "{kind} {id} is not named in\n{}", output.stderr);
        output = output.says(id);
    }
    assert!(!output.stdout.contains("nothing of acme is left"), "{}", output.stdout);
}

#[test]
fn each_kind_is_named_in_the_simulated_region() {
    let held_up =
        "[[fault]]\nmatch = 'ec2:DeleteVpc'\ntimes = 5\nkind = { error = { code = 'DependencyViolation' } }\n";
    let served = Simulated::start(held_up, "1000");
    let account = Account::at(served.endpoint(), "us-east-1");
    let landfall = served.landfall(STACK);
    landfall.run(&["apply", "--yes"]).success();
    let mut destroy = landfall.spawn(&["destroy", "--yes"]);
    let planted = plant(&mut destroy, &account);
    names_all(destroy, &[planted]);
}

#[test]
fn each_kind_is_named_in_moto() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let landfall = Landfall::with_stack(&moto, STACK);
    landfall.run(&["apply", "--yes"]).success();
    moto.fail(Fault::of("DeleteVpc").code(400, "DependencyViolation").times(6));
    let mut destroy = landfall.spawn(&["destroy", "--yes"]);
    let planted = plant(&mut destroy, &account);
    let more = account.python(PLANT_IN_MOTO, json!(null));
    moto.forget_faults();
    names_all(destroy, &[planted, more]);
}

/// Terminated instances, closed spot requests and deleted gateways stay in EC2's list of tags for an hour.
#[test]
fn what_is_only_remembered_is_not_left() {
    let stack = format!("{STACK}[cluster.main]\nworkers = 2\nspot = true\n");
    let landfall = Landfall::offline(&stack);
    let fast = |command: &str| landfall.run(&[command, "--yes", "--simulate", "--speed", "2000"]);
    fast("apply").success();
    fast("destroy").success().shows("nothing of acme is left");
    let store = ".landfall/simulated-aws.db";
    assert!(landfall.path(store).exists());
    fast("destroy").success().shows("nothing of acme is left");
}
