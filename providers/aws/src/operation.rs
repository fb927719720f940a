//! The operations of AWS's API: what each is called, and what an IAM statement that allows it can say.
//!
//! Source: AWS's Service Authorization Reference, "Actions, resources, and condition keys" for Amazon EC2, IAM, Amazon
//! CloudWatch Logs and AWS STS. No statement was tried against IAM itself. What stands here is what landfall's own calls
//! need: resource types that they never name are left out.
//!
//! An operation that one kind alone sends is declared in the kind's file; what several send is declared here.

use landfall_engine::provider::Ask;

/// An operation, and what a statement needs that allows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    /// Its name as in policies: `ec2:RunInstances`.
    pub(crate) name: &'static str,
    /// Patterns of the ARNs that a statement can name; none if only `*` will do.
    pub(crate) resources: &'static [&'static str],
    /// Whether `aws:ResourceTag/KEY` holds it to what carries a tag already.
    pub(crate) by_resource_tag: bool,
    /// Whether `aws:RequestTag/KEY` and `aws:TagKeys` hold it to what is given a tag.
    pub(crate) by_request_tag: bool,
    /// Further condition keys of its own that can hold it to less.
    pub(crate) condition_keys: &'static [&'static str],
    /// Permissions that AWS asks of whoever sends it, besides its own.
    pub(crate) also: &'static [&'static Operation],
}

impl Operation {
    /// Returns an operation that a statement can allow on `*` only.
    pub(crate) const fn new(name: &'static str) -> Operation {
        Operation {
            name,
            resources: &[],
            by_resource_tag: false,
            by_request_tag: false,
            condition_keys: &[],
            also: &[],
        }
    }

    /// A statement can name resources of these ARNs.
    pub(crate) const fn on(mut self, resources: &'static [&'static str]) -> Operation {
        self.resources = resources;
        self
    }

    /// A statement can ask for a tag of the resource.
    pub(crate) const fn by_resource_tag(mut self) -> Operation {
        self.by_resource_tag = true;
        self
    }

    /// A statement can ask for a tag in the request.
    pub(crate) const fn by_request_tag(mut self) -> Operation {
        self.by_request_tag = true;
        self
    }

    /// A statement can use these condition keys.
    pub(crate) const fn keys(mut self, keys: &'static [&'static str]) -> Operation {
        self.condition_keys = keys;
        self
    }

    /// Whoever sends it needs these permissions too.
    pub(crate) const fn also(mut self, others: &'static [&'static Operation]) -> Operation {
        self.also = others;
        self
    }
}

/// The calls that something takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    /// Each of these, once.
    pub(crate) always: &'static [&'static Operation],
    /// Some of these, where the account is not as expected or the thing is of one sort and not of another.
    pub(crate) sometimes: &'static [&'static Operation],
}

impl Sent {
    /// No call.
    pub(crate) const NONE: Sent = Sent { always: &[], sometimes: &[] };

    /// Returns calls of which each is sent once.
    pub(crate) const fn always(operations: &'static [&'static Operation]) -> Sent {
        Sent { always: operations, sometimes: &[] }
    }

    /// And of these, some.
    pub(crate) const fn sometimes(mut self, operations: &'static [&'static Operation]) -> Sent {
        self.sometimes = operations;
        self
    }

    /// Iterates over all of them.
    pub(crate) fn all(self) -> impl Iterator<Item = &'static Operation> {
        self.always.iter().chain(self.sometimes).copied()
    }
}

/// The calls that a kind takes, for each thing that is done with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calls {
    /// To make one, or as many as go into one call. The first is the one that makes it.
    pub(crate) create: Sent,
    /// To change one, by the field that differs.
    pub(crate) update: &'static [(&'static str, Sent)],
    /// To delete one, or as many as go into one call.
    pub(crate) delete: Sent,
    /// To find all of the stack's.
    pub(crate) read: Sent,
    /// To ask whether some are ready, or gone.
    pub(crate) poll: Sent,
    /// To ask whether what the sweep was told of is really left.
    pub(crate) sweep: Sent,
}

impl Calls {
    /// Returns calls that create and delete, and no other.
    pub(crate) const fn new(create: Sent, delete: Sent) -> Calls {
        Calls { create, update: &[], delete, read: Sent::NONE, poll: Sent::NONE, sweep: Sent::NONE }
    }

    /// Fields that can change take these calls.
    pub(crate) const fn update(mut self, fields: &'static [(&'static str, Sent)]) -> Calls {
        self.update = fields;
        self
    }

    /// A refresh takes these calls.
    pub(crate) const fn read(mut self, calls: Sent) -> Calls {
        self.read = calls;
        self
    }

    /// Asking how far they are takes these calls.
    pub(crate) const fn poll(mut self, calls: Sent) -> Calls {
        self.poll = calls;
        self
    }

    /// The sweep takes these calls.
    pub(crate) const fn sweep(mut self, calls: Sent) -> Calls {
        self.sweep = calls;
        self
    }

    /// Returns the calls that something asked for takes: of an update, those of each field that it sets.
    pub(crate) fn of_ask(&self, ask: &Ask) -> Vec<Sent> {
        match ask {
            Ask::Create { .. } => vec![self.create],
            Ask::Update { fields, .. } => {
                let sets = |name: &str| fields.iter().any(|field| field == name);
                self.update.iter().filter(|(field, _)| sets(field)).map(|(_, calls)| *calls).collect()
            }
            Ask::Delete { .. } => vec![self.delete],
        }
    }
}

// ---- what several send

/// A change of tags of what EC2 has.
pub(crate) const EC2_TAGS_CHANGED: Sent = Sent::always(&[&CREATE_TAGS]).sometimes(&[&DELETE_TAGS]);

pub(crate) const CREATE_TAGS: Operation = Operation::new("ec2:CreateTags")
    .on(&[arn::ANY_OF_EC2])
    .by_resource_tag()
    .by_request_tag()
    .keys(&["ec2:CreateAction"]);
pub(crate) const DELETE_TAGS: Operation =
    Operation::new("ec2:DeleteTags").on(&[arn::ANY_OF_EC2]).by_resource_tag().keys(&["aws:TagKeys"]);
pub(crate) const AUTHORIZE_SECURITY_GROUP_EGRESS: Operation = Operation::new("ec2:AuthorizeSecurityGroupEgress")
    .on(&[arn::SECURITY_GROUP, arn::SECURITY_GROUP_RULE])
    .by_resource_tag()
    .by_request_tag()
    .also(&[&CREATE_TAGS]);
pub(crate) const DESCRIBE_ADDRESSES: Operation = Operation::new("ec2:DescribeAddresses");
pub(crate) const DESCRIBE_IMAGES: Operation = Operation::new("ec2:DescribeImages");
pub(crate) const DESCRIBE_INSTANCES: Operation = Operation::new("ec2:DescribeInstances");
pub(crate) const DESCRIBE_INTERNET_GATEWAYS: Operation = Operation::new("ec2:DescribeInternetGateways");
pub(crate) const DESCRIBE_NAT_GATEWAYS: Operation = Operation::new("ec2:DescribeNatGateways");
pub(crate) const DESCRIBE_NETWORK_INTERFACES: Operation = Operation::new("ec2:DescribeNetworkInterfaces");
pub(crate) const DESCRIBE_REGIONS: Operation = Operation::new("ec2:DescribeRegions");
pub(crate) const DESCRIBE_ROUTE_TABLES: Operation = Operation::new("ec2:DescribeRouteTables");
pub(crate) const DESCRIBE_SECURITY_GROUPS: Operation = Operation::new("ec2:DescribeSecurityGroups");
pub(crate) const DESCRIBE_SUBNETS: Operation = Operation::new("ec2:DescribeSubnets");
pub(crate) const DESCRIBE_VPC_ENDPOINTS: Operation = Operation::new("ec2:DescribeVpcEndpoints");
pub(crate) const DESCRIBE_VPCS: Operation = Operation::new("ec2:DescribeVpcs");
pub(crate) const REMOVE_ROLE_FROM_INSTANCE_PROFILE: Operation =
    Operation::new("iam:RemoveRoleFromInstanceProfile").on(&[arn::INSTANCE_PROFILE]);
/// Not a call: what whoever gives a role to a service must be allowed.
pub(crate) const PASS_ROLE: Operation = Operation::new("iam:PassRole").on(&[arn::ROLE]).keys(&["iam:PassedToService"]);
/// Not a call of landfall's: EC2 makes the role with the caller's rights when an account uses Spot for the first time.
pub(crate) const CREATE_SERVICE_LINKED_ROLE: Operation =
    Operation::new("iam:CreateServiceLinkedRole").on(&[arn::SPOT_SERVICE_LINKED_ROLE]).keys(&["iam:AWSServiceName"]);

/// Patterns of ARNs, as the Service Authorization Reference writes them.
pub(crate) mod arn {
    pub(crate) const ANY_OF_EC2: &str = "arn:${Partition}:ec2:${Region}:${Account}:*/*";
    pub(crate) const ELASTIC_IP: &str = "arn:${Partition}:ec2:${Region}:${Account}:elastic-ip/${AllocationId}";
    pub(crate) const IMAGE: &str = "arn:${Partition}:ec2:${Region}::image/${ImageId}";
    pub(crate) const INSTANCE: &str = "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}";
    pub(crate) const INTERNET_GATEWAY: &str =
        "arn:${Partition}:ec2:${Region}:${Account}:internet-gateway/${InternetGatewayId}";
    pub(crate) const NAT_GATEWAY: &str = "arn:${Partition}:ec2:${Region}:${Account}:natgateway/${NatGatewayId}";
    pub(crate) const NETWORK_INTERFACE: &str =
        "arn:${Partition}:ec2:${Region}:${Account}:network-interface/${NetworkInterfaceId}";
    pub(crate) const PLACEMENT_GROUP: &str =
        "arn:${Partition}:ec2:${Region}:${Account}:placement-group/${PlacementGroupName}";
    pub(crate) const ROUTE_TABLE: &str = "arn:${Partition}:ec2:${Region}:${Account}:route-table/${RouteTableId}";
    pub(crate) const SECURITY_GROUP: &str =
        "arn:${Partition}:ec2:${Region}:${Account}:security-group/${SecurityGroupId}";
    pub(crate) const SECURITY_GROUP_RULE: &str =
        "arn:${Partition}:ec2:${Region}:${Account}:security-group-rule/${SecurityGroupRuleId}";
    pub(crate) const SPOT_INSTANCES_REQUEST: &str =
        "arn:${Partition}:ec2:${Region}:${Account}:spot-instances-request/${SpotInstanceRequestId}";
    pub(crate) const SUBNET: &str = "arn:${Partition}:ec2:${Region}:${Account}:subnet/${SubnetId}";
    pub(crate) const VOLUME: &str = "arn:${Partition}:ec2:${Region}:${Account}:volume/${VolumeId}";
    pub(crate) const VPC: &str = "arn:${Partition}:ec2:${Region}:${Account}:vpc/${VpcId}";
    pub(crate) const VPC_ENDPOINT: &str = "arn:${Partition}:ec2:${Region}:${Account}:vpc-endpoint/${VpcEndpointId}";

    pub(crate) const ROLE: &str = "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}";
    pub(crate) const INSTANCE_PROFILE: &str =
        "arn:${Partition}:iam::${Account}:instance-profile/${InstanceProfileNameWithPath}";
    pub(crate) const SPOT_SERVICE_LINKED_ROLE: &str =
        "arn:${Partition}:iam::${Account}:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot";

    pub(crate) const LOG_GROUP: &str = "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}";
}
