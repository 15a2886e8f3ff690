//! The services that reports are about.

use wharf_wire::{audit::moves_data, schema::ServiceSchema};

/// By prefix, as AWS calls them.
const NAMES: [(&str, &str); 28] = [
    ("acm", "AWS Certificate Manager"),
    ("application-autoscaling", "AWS Application Auto Scaling"),
    ("autoscaling", "Amazon EC2 Auto Scaling"),
    ("ce", "AWS Cost Explorer Service"),
    ("cloudtrail", "AWS CloudTrail"),
    ("cloudwatch", "Amazon CloudWatch"),
    ("ec2", "Amazon EC2"),
    ("ecr", "Amazon Elastic Container Registry"),
    ("ecr-public", "Amazon Elastic Container Registry Public"),
    ("ecs", "Amazon Elastic Container Service"),
    ("eks", "Amazon Elastic Kubernetes Service"),
    ("eks-auth", "Amazon EKS Auth"),
    ("elasticfilesystem", "Amazon Elastic File System"),
    ("elasticloadbalancing", "AWS ELB v2"),
    ("events", "Amazon EventBridge"),
    ("iam", "AWS Identity and Access Management"),
    ("inspector2", "Amazon Inspector"),
    ("kms", "AWS Key Management Service"),
    ("logs", "Amazon CloudWatch Logs"),
    ("s3", "Amazon S3"),
    ("scheduler", "Amazon EventBridge Scheduler"),
    ("secretsmanager", "AWS Secrets Manager"),
    ("sns", "Amazon SNS"),
    ("sqs", "Amazon SQS"),
    ("ssm", "AWS Systems Manager"),
    ("sts", "AWS Security Token Service"),
    ("tag", "Amazon Resource Group Tagging API"),
    ("wharf", "Wharf"),
];

/// Actions that move data and are called otherwise than operations of S3 are.
const OF_OBJECTS: [&str; 12] = [
    "DeleteObjectVersion",
    "DeleteObjectVersionTagging",
    "GetObjectVersion",
    "GetObjectVersionAcl",
    "GetObjectVersionAttributes",
    "GetObjectVersionTagging",
    "ListBucket",
    "ListBucketMultipartUploads",
    "ListBucketVersions",
    "ListMultipartUploadParts",
    "PutObjectVersionAcl",
    "PutObjectVersionTagging",
];

/// A service that policies can be about.
#[derive(Debug, Clone)]
pub struct KnownService {
    pub(super) prefix: &'static str,
    pub(super) name: &'static str,
    /// Actions that are called as operations are; those of S3 have names of their own.
    pub(super) actions: Vec<&'static str>,
}

impl KnownService {
    pub fn of(schema: &'static ServiceSchema) -> Self {
        let prefix = schema.action_prefix;
        let name = NAMES.iter().find(|(known, _)| *known == prefix);
        let operations = schema.operations.iter().map(|it| it.name);
        Self {
            prefix,
            name: name.map_or(prefix, |it| it.1),
            actions: match prefix {
                "s3" => Vec::new(),
                _ => operations.filter(|it| is_tracked(prefix, it)).collect(),
            },
        }
    }
}

/// AWS tracks no uses of data; passing a role is no action by itself either.
pub(super) fn is_tracked(prefix: &str, action: &str) -> bool {
    let of_data = moves_data(prefix, action) || (prefix == "s3" && OF_OBJECTS.contains(&action));
    !of_data && (prefix, action) != ("iam", "PassRole")
}
