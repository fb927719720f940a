//! Which bucket a call draws from, and how large it is by documentation.
//!
//! Sources: "Request throttling for the Amazon EC2 API" (a bucket for each action in an account and region; the class
//! of the action gives its size), "CloudWatch Logs quotas". IAM and STS publish no numbers and limit the
//! account as a whole: their buckets here are assumed, and small.

use super::bucket::Size;

const fn size(capacity: f64, refill: f64) -> Size {
    Size { capacity, refill }
}

/// RunInstances takes one token for each instance, besides the one for the request.
pub(crate) const LAUNCHES: Size = size(1000.0, 2.0);
/// So does TerminateInstances.
pub(crate) const TERMINATIONS: Size = size(1000.0, 20.0);

/// The services whose calls are shaped, by the names that the SDK gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Ec2,
    Iam,
    Logs,
    Sts,
}

impl Service {
    /// Returns the service of that name; `None` for one that landfall itself does not call, such as the sources of
    /// credentials.
    pub(crate) fn named(name: &str) -> Option<Service> {
        match name {
            "EC2" => Some(Service::Ec2),
            "IAM" => Some(Service::Iam),
            "CloudWatch Logs" => Some(Service::Logs),
            "STS" => Some(Service::Sts),
            _ => None,
        }
    }
}

/// Returns the name of the bucket that pays for a request, and its size. `form` is the body of the request.
pub(crate) fn of_request(service: Service, action: &str, form: &[u8]) -> (String, Size) {
    match service {
        Service::Ec2 if is_expensive(action, form) => (format!("ec2:{action}, all"), size(50.0, 10.0)),
        Service::Ec2 => (format!("ec2:{action}"), of_ec2(action)),
        Service::Iam if is_read(action) => ("iam, reads".to_owned(), size(50.0, 10.0)),
        Service::Iam => ("iam, writes".to_owned(), size(20.0, 10.0)),
        Service::Logs => (format!("logs:{action}"), size(5.0, 5.0)),
        Service::Sts => ("sts".to_owned(), size(50.0, 10.0)),
    }
}

/// Tells whether an action only looks.
pub(crate) fn is_read(action: &str) -> bool {
    ["Describe", "Get", "List", "Search"].iter().any(|verb| action.starts_with(verb))
}

fn of_ec2(action: &str) -> Size {
    match action {
        _ if is_read(action) => size(100.0, 20.0),
        "RunInstances" | "StartInstances" => size(5.0, 2.0),
        "TerminateInstances"
        | "CreateVolume"
        | "DeleteVolume"
        | "CreateNetworkInterface"
        | "DeleteNetworkInterface"
        | "CreateSnapshot"
        | "CreateLaunchTemplateVersion"
        | "ModifyLaunchTemplate"
        | "AssociateIamInstanceProfile"
        | "DisassociateIamInstanceProfile"
        | "ModifyInstanceMetadataOptions" => size(100.0, 5.0),
        "CreateTags" | "DeleteTags" => size(100.0, 10.0),
        "CreateNatGateway" | "DeleteNatGateway" | "AssociateNatGatewayAddress" => size(10.0, 1.0),
        "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints" => size(4.0, 0.3),
        _ => size(50.0, 5.0),
    }
}

/// "Unfiltered and unpaginated", by the letter of the guide also where ids are named.
fn is_expensive(action: &str, form: &[u8]) -> bool {
    let heavy = [
        "DescribeInstances",
        "DescribeInstanceStatus",
        "DescribeNetworkInterfaces",
        "DescribeSecurityGroups",
        "DescribeSnapshots",
        "DescribeSpotInstanceRequests",
        "DescribeVolumes",
    ];
    heavy.contains(&action)
        && !form
            .split(|byte| *byte == b'&')
            .any(|pair| pair.starts_with(b"MaxResults=") || pair.starts_with(b"Filter."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_the_bucket_of_its_action() {
        let cases: [(Service, &str, &str, &str, f64, f64); 12] = [
            (Service::Ec2, "DescribeVpcs", "", "ec2:DescribeVpcs", 100.0, 20.0),
            (Service::Ec2, "CreateVpc", "", "ec2:CreateVpc", 50.0, 5.0),
            (Service::Ec2, "RunInstances", "MaxCount=9", "ec2:RunInstances", 5.0, 2.0),
            (Service::Ec2, "TerminateInstances", "", "ec2:TerminateInstances", 100.0, 5.0),
            (Service::Ec2, "CreateTags", "", "ec2:CreateTags", 100.0, 10.0),
            (Service::Ec2, "CreateNatGateway", "", "ec2:CreateNatGateway", 10.0, 1.0),
            (Service::Ec2, "CreateVpcEndpoint", "", "ec2:CreateVpcEndpoint", 4.0, 0.3),
            (Service::Ec2, "AuthorizeSecurityGroupIngress", "", "ec2:AuthorizeSecurityGroupIngress", 50.0, 5.0),
            (Service::Iam, "GetRole", "", "iam, reads", 50.0, 10.0),
            (Service::Iam, "CreateRole", "", "iam, writes", 20.0, 10.0),
            (Service::Iam, "DeleteRole", "", "iam, writes", 20.0, 10.0),
            (Service::Logs, "CreateLogGroup", "", "logs:CreateLogGroup", 5.0, 5.0),
        ];
        for (service, action, form, name, capacity, refill) in cases {
            let wanted = (name.to_owned(), Size { capacity, refill });
            assert_eq!(of_request(service, action, form.as_bytes()), wanted, "{action}");
        }
    }

    #[test]
    fn a_read_of_everything_has_a_smaller_bucket_of_its_own() {
        let action = "DescribeInstances";
        let all = "Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i-1";
        let (name, of_all) = of_request(Service::Ec2, action, all.as_bytes());
        assert_eq!((name.as_str(), of_all.capacity, of_all.refill), ("ec2:DescribeInstances, all", 50.0, 10.0));
        for more in ["MaxResults=5", "Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1"] {
            let (name, _) = of_request(Service::Ec2, action, format!("{all}&{more}").as_bytes());
            assert_eq!(name, "ec2:DescribeInstances", "{more}");
        }
        assert_eq!(of_request(Service::Ec2, "DescribeVpcs", b"").0, "ec2:DescribeVpcs");
    }
}
