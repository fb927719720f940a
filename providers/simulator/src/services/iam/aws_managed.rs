//! Managed policies of AWS that are known to exist. Any other name under `arn:aws:iam::aws:policy/` does not.
//!
//! The documents say what the policies are for; long ones are abridged.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::world::Millis;

/// When AWS made them: 2015-02-06, the day of the first.
pub(super) const CREATED: Millis = 1_423_244_400_000;

/// A policy of AWS.
#[derive(Debug)]
pub(super) struct AwsManaged {
    pub(super) name: &'static str,
    pub(super) path: &'static str,
    pub(super) arn: String,
    pub(super) id: String,
    pub(super) document: &'static str,
}

/// Returns the policies of a partition.
pub(super) fn all(partition: &str) -> &'static [AwsManaged] {
    static COMMERCIAL: LazyLock<Vec<AwsManaged>> = LazyLock::new(|| make("aws"));
    static CHINA: LazyLock<Vec<AwsManaged>> = LazyLock::new(|| make("aws-cn"));
    static GOVERNMENT: LazyLock<Vec<AwsManaged>> = LazyLock::new(|| make("aws-us-gov"));
    match partition {
        "aws-cn" => &CHINA,
        "aws-us-gov" => &GOVERNMENT,
        _ => &COMMERCIAL,
    }
}

fn make(partition: &str) -> Vec<AwsManaged> {
    let made = POLICIES.iter().map(|(path, name, document)| AwsManaged {
        name,
        path,
        arn: format!("arn:{partition}:iam::aws:policy{path}{name}"),
        id: id_of(name),
        document,
    });
    made.collect()
}

/// AWS's ids are what they are; here they only have to be the same each time.
fn id_of(name: &str) -> String {
    let hash = Sha256::digest(name.as_bytes());
    hash.iter().take(17).fold("ANPA".to_owned(), |mut all, byte| {
        all.push(char::from(b'A' + byte % 26));
        all
    })
}

/// Path, name, document.
const POLICIES: &[(&str, &str, &str)] = &[
    (
        "/",
        "AdministratorAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    ),
    (
        "/",
        "PowerUserAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},{"Effect":"Allow","Action":["iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeOrganization","account:ListRegions","account:GetAccountInformation"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "ReadOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["autoscaling:Describe*","cloudwatch:Describe*","cloudwatch:Get*","cloudwatch:List*","ec2:Describe*","ec2:Get*","ec2:Search*","ecr:BatchGet*","ecr:Describe*","ecr:Get*","ecr:List*","iam:Generate*","iam:Get*","iam:List*","iam:Simulate*","logs:Describe*","logs:FilterLogEvents","logs:Get*","logs:List*","s3:Get*","s3:List*","ssm:Describe*","ssm:Get*","ssm:List*","sts:GetCallerIdentity","tag:Get*"],"Resource":"*"}]}"#,
    ),
    (
        "/job-function/",
        "ViewOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:Describe*","iam:List*","logs:Describe*","s3:ListAllMyBuckets","s3:ListBucket"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonEC2FullAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Action":["ec2:*","elasticloadbalancing:*","cloudwatch:*","autoscaling:*"],"Effect":"Allow","Resource":"*"},{"Effect":"Allow","Action":"iam:CreateServiceLinkedRole","Resource":"*","Condition":{"StringEquals":{"iam:AWSServiceName":["autoscaling.amazonaws.com","ec2scheduled.amazonaws.com","elasticloadbalancing.amazonaws.com","spot.amazonaws.com","spotfleet.amazonaws.com","transitgateway.amazonaws.com"]}}}]}"#,
    ),
    (
        "/",
        "AmazonEC2ReadOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:Describe*","ec2:GetSecurityGroupsForVpc","elasticloadbalancing:Describe*","cloudwatch:ListMetrics","cloudwatch:GetMetricStatistics","cloudwatch:Describe*","autoscaling:Describe*"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonVPCFullAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:*Vpc*","ec2:*Subnet*","ec2:*Route*","ec2:*Gateway*","ec2:*SecurityGroup*","ec2:*Address*","ec2:Describe*"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonS3FullAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonS3ReadOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonSSMManagedInstanceCore",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:DescribeAssociation","ssm:GetDeployablePatchSnapshotForInstance","ssm:GetDocument","ssm:DescribeDocument","ssm:GetManifest","ssm:GetParameter","ssm:GetParameters","ssm:ListAssociations","ssm:ListInstanceAssociations","ssm:PutInventory","ssm:PutComplianceItems","ssm:PutConfigurePackageResult","ssm:UpdateAssociationStatus","ssm:UpdateInstanceAssociationStatus","ssm:UpdateInstanceInformation"],"Resource":"*"},{"Effect":"Allow","Action":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel","ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Resource":"*"},{"Effect":"Allow","Action":["ec2messages:AcknowledgeMessage","ec2messages:DeleteMessage","ec2messages:FailMessage","ec2messages:GetEndpoint","ec2messages:GetMessages","ec2messages:SendReply"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonSSMReadOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:Describe*","ssm:Get*","ssm:List*"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "CloudWatchAgentServerPolicy",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudwatch:PutMetricData","ec2:DescribeVolumes","ec2:DescribeTags","logs:PutLogEvents","logs:PutRetentionPolicy","logs:DescribeLogStreams","logs:DescribeLogGroups","logs:CreateLogStream","logs:CreateLogGroup","xray:PutTraceSegments","xray:PutTelemetryRecords","xray:GetSamplingRules","xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries"],"Resource":"*"},{"Effect":"Allow","Action":["ssm:GetParameter"],"Resource":"arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*"}]}"#,
    ),
    (
        "/",
        "CloudWatchLogsFullAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:*","cloudwatch:GenerateQuery"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "CloudWatchLogsReadOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:Describe*","logs:Get*","logs:List*","logs:StartQuery","logs:StopQuery","logs:TestMetricFilter","logs:FilterLogEvents"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonEC2ContainerRegistryReadOnly",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:GetRepositoryPolicy","ecr:DescribeRepositories","ecr:ListImages","ecr:DescribeImages","ecr:BatchGetImage","ecr:GetLifecyclePolicy","ecr:GetLifecyclePolicyPreview","ecr:ListTagsForResource","ecr:DescribeImageScanFindings"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonEC2ContainerRegistryPullOnly",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer","ecr:BatchImportUpstreamImage"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "AmazonElasticFileSystemClientReadWriteAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["elasticfilesystem:ClientMount","elasticfilesystem:ClientWrite","elasticfilesystem:DescribeMountTargets"],"Resource":"*"}]}"#,
    ),
    (
        "/",
        "IAMReadOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"],"Resource":"*"}]}"#,
    ),
    (
        "/service-role/",
        "AmazonECSTaskExecutionRolePolicy",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}"#,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Document;

    #[test]
    fn every_document_can_be_read() {
        for policy in all("aws") {
            Document::parse(policy.document).unwrap_or_else(|error| panic!("{}: {error:?}", policy.name));
        }
    }
}
