//! The services that reports are about.

use wharf_wire::schema::ServiceSchema;

/// By prefix, as AWS calls them.
const NAMES: [(&str, &str); 19] = [
    ("acm", "AWS Certificate Manager"),
    ("cloudtrail", "AWS CloudTrail"),
    ("ec2", "Amazon EC2"),
    ("ecr", "Amazon Elastic Container Registry"),
    ("ecs", "Amazon Elastic Container Service"),
    ("elasticloadbalancing", "AWS ELB v2"),
    ("events", "Amazon EventBridge"),
    ("iam", "AWS Identity and Access Management"),
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

/// Uses of data, which are no actions that AWS tracks; passing a role is none either.
const DATA: [(&str, &[&str]); 6] = [
    ("events", &["PutEvents"]),
    ("iam", &["PassRole"]),
    ("logs", &["PutLogEvents"]),
    (
        "s3",
        &[
            "AbortMultipartUpload",
            "DeleteObject",
            "DeleteObjectTagging",
            "DeleteObjectVersion",
            "DeleteObjectVersionTagging",
            "GetObject",
            "GetObjectAcl",
            "GetObjectAttributes",
            "GetObjectTagging",
            "GetObjectVersion",
            "GetObjectVersionAcl",
            "GetObjectVersionAttributes",
            "GetObjectVersionTagging",
            "ListBucket",
            "ListBucketMultipartUploads",
            "ListBucketVersions",
            "ListMultipartUploadParts",
            "PutObject",
            "PutObjectAcl",
            "PutObjectTagging",
            "PutObjectVersionAcl",
            "PutObjectVersionTagging",
        ],
    ),
    ("sns", &["Publish", "PublishBatch"]),
    (
        "sqs",
        &[
            "ChangeMessageVisibility",
            "ChangeMessageVisibilityBatch",
            "DeleteMessage",
            "DeleteMessageBatch",
            "ReceiveMessage",
            "SendMessage",
            "SendMessageBatch",
        ],
    ),
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

pub(super) fn is_tracked(prefix: &str, action: &str) -> bool {
    let data = DATA.iter().find(|(service, _)| *service == prefix);
    data.is_none_or(|(_, actions)| !actions.contains(&action))
}
