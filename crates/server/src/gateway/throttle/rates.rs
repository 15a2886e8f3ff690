//! How many requests each class of operations takes: what AWS documents, and for services where it
//! documents nothing, sizes of the same order.

/// A bucket's size and how fast it refills, in tokens a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    pub burst: f64,
    pub per_second: f64,
}

impl Rate {
    pub const fn new(burst: f64, per_second: f64) -> Self {
        Self { burst, per_second }
    }

    /// Never so small that no request gets through.
    pub fn times(self, factor: f64) -> Self {
        Self {
            burst: (self.burst * factor).max(1.0),
            per_second: self.per_second * factor,
        }
    }
}

/// A node's own calls: it registers, reports each change of a task, delivers logs of each container
/// and asks for passwords to pull with.
pub const NODE: Rate = Rate::new(1000.0, 500.0);

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html>: 5,500 reads and 3,500
/// writes a second for each prefix, of which there may be any number; here an account has what ten of them have.
const S3_READS: Rate = Rate::new(55_000.0, 55_000.0);
const S3_WRITES: Rate = Rate::new(35_000.0, 35_000.0);

type Row = (&'static str, f64, f64, &'static [&'static str]);

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html>
const ECS: &[Row] = &[
    (
        "cluster modify",
        20.0,
        1.0,
        &[
            "CreateCluster",
            "DeleteCluster",
            "PutClusterCapacityProviders",
            "UpdateCluster",
            "UpdateClusterSettings",
        ],
    ),
    (
        "cluster read",
        50.0,
        20.0,
        &["DescribeClusters", "ListClusters"],
    ),
    (
        "task definition modify",
        20.0,
        1.0,
        &["DeregisterTaskDefinition", "RegisterTaskDefinition"],
    ),
    (
        "task definition read",
        50.0,
        20.0,
        &[
            "DescribeTaskDefinition",
            "ListTaskDefinitions",
            "ListTaskDefinitionFamilies",
        ],
    ),
    (
        "task definition deletion",
        5.0,
        1.0,
        &["DeleteTaskDefinitions"],
    ),
    (
        "capacity provider modify",
        10.0,
        1.0,
        &[
            "CreateCapacityProvider",
            "DeleteCapacityProvider",
            "UpdateCapacityProvider",
        ],
    ),
    (
        "capacity provider read",
        50.0,
        20.0,
        &["DescribeCapacityProviders"],
    ),
    ("tag modify", 20.0, 10.0, &["TagResource", "UntagResource"]),
    ("tag read", 50.0, 20.0, &["ListTagsForResource"]),
    (
        "setting modify",
        10.0,
        1.0,
        &[
            "DeleteAccountSetting",
            "PutAccountSetting",
            "PutAccountSettingDefault",
        ],
    ),
    ("setting read", 50.0, 20.0, &["ListAccountSettings"]),
    (
        "cluster resource modify",
        100.0,
        40.0,
        &[
            "DeleteAttributes",
            "DeregisterContainerInstance",
            "ExecuteCommand",
            "PutAttributes",
            "RunTask",
            "StartTask",
            "StopTask",
            "UpdateContainerAgent",
            "UpdateContainerInstancesState",
        ],
    ),
    (
        "cluster resource read",
        100.0,
        20.0,
        &[
            "DescribeContainerInstances",
            "DescribeTasks",
            "ListAttributes",
            "ListContainerInstances",
            "ListTasks",
        ],
    ),
    (
        "agent modify",
        200.0,
        120.0,
        &[
            "RegisterContainerInstance",
            "SubmitAttachmentStateChanges",
            "SubmitContainerStateChange",
            "SubmitTaskStateChange",
        ],
    ),
    (
        "service modify",
        50.0,
        5.0,
        &["CreateService", "DeleteService", "UpdateService"],
    ),
    (
        "service read",
        100.0,
        20.0,
        &["DescribeServices", "ListServices"],
    ),
    (
        "service deployment",
        50.0,
        20.0,
        &["DescribeServiceDeployments", "ListServiceDeployments"],
    ),
    (
        "service revision",
        50.0,
        20.0,
        &["DescribeServiceRevisions"],
    ),
    (
        "task protection",
        200.0,
        80.0,
        &["UpdateTaskProtection", "GetTaskProtection"],
    ),
    (
        "services by namespace",
        10.0,
        1.0,
        &["ListServicesByNamespace"],
    ),
];

/// What EC2 counts in a smaller bucket when it has neither a filter nor a page size.
const EC2_UNNARROWED: &[&str] = &[
    "DescribeInstances",
    "DescribeInstanceStatus",
    "DescribeNetworkInterfaces",
    "DescribeSecurityGroups",
    "DescribeSnapshots",
    "DescribeSpotInstanceRequests",
    "DescribeVolumes",
];

/// <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>: operations with a
/// bucket each, as far as wharf's model has them. Others are classed by what they do.
const EC2: &[Row] = &[
    (
        "resource-intensive",
        50.0,
        5.0,
        &[
            "AcceptVpcPeeringConnection",
            "AuthorizeSecurityGroupIngress",
            "CancelSpotInstanceRequests",
            "CreateKeyPair",
            "CreateVpcPeeringConnection",
            "DeleteVpcPeeringConnection",
            "RejectVpcPeeringConnection",
            "RevokeSecurityGroupIngress",
            "RequestSpotInstances",
        ],
    ),
    ("CreateDefaultSubnet", 1.0, 1.0, &["CreateDefaultSubnet"]),
    ("CreateDefaultVpc", 1.0, 1.0, &["CreateDefaultVpc"]),
    ("CreateNatGateway", 10.0, 1.0, &["CreateNatGateway"]),
    ("DeleteNatGateway", 10.0, 1.0, &["DeleteNatGateway"]),
    (
        "CreateNetworkInterface",
        100.0,
        5.0,
        &["CreateNetworkInterface"],
    ),
    (
        "DeleteNetworkInterface",
        100.0,
        5.0,
        &["DeleteNetworkInterface"],
    ),
    (
        "ModifyNetworkInterfaceAttribute",
        100.0,
        5.0,
        &["ModifyNetworkInterfaceAttribute"],
    ),
    (
        "AssignPrivateIpAddresses",
        100.0,
        5.0,
        &["AssignPrivateIpAddresses"],
    ),
    ("CreateTags", 100.0, 10.0, &["CreateTags"]),
    ("DeleteTags", 100.0, 10.0, &["DeleteTags"]),
    ("CreateVpcEndpoint", 4.0, 0.3, &["CreateVpcEndpoint"]),
    ("DeleteVpcEndpoints", 4.0, 0.3, &["DeleteVpcEndpoints"]),
];

/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html>: rates a second,
/// which are taken for the size too.
const ECR: &[Row] = &[
    (
        "BatchCheckLayerAvailability",
        1000.0,
        1000.0,
        &["BatchCheckLayerAvailability"],
    ),
    ("BatchGetImage", 2000.0, 2000.0, &["BatchGetImage"]),
    (
        "CompleteLayerUpload",
        100.0,
        100.0,
        &["CompleteLayerUpload"],
    ),
    (
        "GetAuthorizationToken",
        500.0,
        500.0,
        &["GetAuthorizationToken"],
    ),
    (
        "GetDownloadUrlForLayer",
        3000.0,
        3000.0,
        &["GetDownloadUrlForLayer"],
    ),
    (
        "InitiateLayerUpload",
        100.0,
        100.0,
        &["InitiateLayerUpload"],
    ),
    ("PutImage", 10.0, 10.0, &["PutImage"]),
    ("UploadLayerPart", 500.0, 500.0, &["UploadLayerPart"]),
];

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>.
/// PutLogEvents has limits of its own in the service: bytes count there, too.
const LOGS: &[Row] = &[
    ("PutLogEvents", 5000.0, 5000.0, &["PutLogEvents"]),
    ("CreateLogStream", 50.0, 50.0, &["CreateLogStream"]),
    ("CreateLogGroup", 10.0, 10.0, &["CreateLogGroup"]),
    ("DescribeLogGroups", 10.0, 10.0, &["DescribeLogGroups"]),
    ("DescribeLogStreams", 25.0, 25.0, &["DescribeLogStreams"]),
    ("FilterLogEvents", 25.0, 25.0, &["FilterLogEvents"]),
    ("GetLogEvents", 25.0, 25.0, &["GetLogEvents"]),
];

/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>: rates a second,
/// which are taken for the size too.
const SECRETS_MANAGER: &[Row] = &[
    (
        "value read",
        10_000.0,
        10_000.0,
        &["DescribeSecret", "GetSecretValue"],
    ),
    (
        "BatchGetSecretValue",
        100.0,
        100.0,
        &["BatchGetSecretValue"],
    ),
    ("CreateSecret", 50.0, 50.0, &["CreateSecret"]),
    ("DeleteSecret", 50.0, 50.0, &["DeleteSecret"]),
    ("GetRandomPassword", 50.0, 50.0, &["GetRandomPassword"]),
    (
        "ListSecretVersionIds",
        50.0,
        50.0,
        &["ListSecretVersionIds"],
    ),
    ("ListSecrets", 100.0, 100.0, &["ListSecrets"]),
    (
        "policy",
        50.0,
        50.0,
        &[
            "DeleteResourcePolicy",
            "GetResourcePolicy",
            "PutResourcePolicy",
            "ValidateResourcePolicy",
        ],
    ),
    (
        "secret modify",
        50.0,
        50.0,
        &[
            "PutSecretValue",
            "RemoveRegionsFromReplication",
            "ReplicateSecretToRegions",
            "StopReplicationToReplica",
            "UpdateSecret",
            "UpdateSecretVersionStage",
        ],
    ),
    ("RestoreSecret", 50.0, 50.0, &["RestoreSecret"]),
    (
        "rotation",
        50.0,
        50.0,
        &["CancelRotateSecret", "RotateSecret"],
    ),
    ("tag modify", 50.0, 50.0, &["TagResource", "UntagResource"]),
];

/// Standard queues take nearly any number of messages; this is beyond what one server takes.
const SQS: &[Row] = &[(
    "messages",
    1_000_000.0,
    1_000_000.0,
    &[
        "ChangeMessageVisibility",
        "ChangeMessageVisibilityBatch",
        "DeleteMessage",
        "DeleteMessageBatch",
        "ReceiveMessage",
        "SendMessage",
        "SendMessageBatch",
    ],
)];

/// The class of an operation, and its bucket. `narrowed` as EC2 means it.
pub fn of(service: &str, operation: &str, narrowed: bool) -> (&'static str, Rate) {
    let row = |rows: &[Row]| {
        let found = rows.iter().find(|(.., names)| names.contains(&operation));
        found.map(|(class, burst, rate, _)| (*class, Rate::new(*burst, *rate)))
    };
    let listed = match service {
        "ecs" => row(ECS),
        "ec2" if EC2_UNNARROWED.contains(&operation) && !narrowed => {
            Some(("unfiltered read", Rate::new(50.0, 10.0)))
        }
        "ec2" => row(EC2),
        "ecr" => row(ECR),
        "logs" => row(LOGS),
        "secretsmanager" => row(SECRETS_MANAGER),
        "sqs" => row(SQS),
        // All operations of STS share one quota.
        "sts" => Some(("all", Rate::new(600.0, 600.0))),
        "s3" if is_read(operation) => Some(("read", S3_READS)),
        "s3" => Some(("modify", S3_WRITES)),
        _ => None,
    };
    listed.unwrap_or_else(|| {
        let (read, write) = match service {
            "ec2" => (Rate::new(100.0, 20.0), Rate::new(50.0, 5.0)),
            "elasticloadbalancing" => (Rate::new(40.0, 10.0), Rate::new(40.0, 10.0)),
            _ => (Rate::new(100.0, 20.0), Rate::new(50.0, 10.0)),
        };
        if is_read(operation) {
            ("read", read)
        } else {
            ("modify", write)
        }
    })
}

/// Whether an operation only reads, by its name: the models of the query protocols say nothing else
/// of it.
pub fn is_read(operation: &str) -> bool {
    const READS: [&str; 11] = [
        "Describe",
        "Explain",
        "Overview",
        "List",
        "Get",
        "Head",
        "Search",
        "Lookup",
        "Filter",
        "BatchGet",
        "BatchCheck",
    ];
    READS.iter().any(|verb| operation.starts_with(verb)) || operation.starts_with("Simulate")
}

#[cfg(test)]
mod tests {
    use super::*;
    use wharf_wire::schema::ServiceSchema;

    fn check(service: &str, operation: &str, narrowed: bool, class: &str, burst: f64, rate: f64) {
        let got = of(service, operation, narrowed);
        assert_eq!(
            got,
            (class, Rate::new(burst, rate)),
            "{service} {operation}"
        );
    }

    #[test]
    fn classes_of_operations() {
        check(
            "ecs",
            "RunTask",
            false,
            "cluster resource modify",
            100.0,
            40.0,
        );
        check("ecs", "CreateService", false, "service modify", 50.0, 5.0);
        check("ecs", "CreateTaskSet", false, "modify", 50.0, 10.0);
        check("ec2", "DescribeVpcs", false, "read", 100.0, 20.0);
        check(
            "ec2",
            "DescribeNetworkInterfaces",
            false,
            "unfiltered read",
            50.0,
            10.0,
        );
        check(
            "ec2",
            "DescribeNetworkInterfaces",
            true,
            "read",
            100.0,
            20.0,
        );
        check("ec2", "CreateVpc", false, "modify", 50.0, 5.0);
        check("ec2", "CreateTags", false, "CreateTags", 100.0, 10.0);
        check("ecr", "PutImage", false, "PutImage", 10.0, 10.0);
        check("sts", "AssumeRole", false, "all", 600.0, 600.0);
        check("iam", "GetRole", false, "read", 100.0, 20.0);
        check("logs", "GetLogEvents", false, "GetLogEvents", 25.0, 25.0);
        let read = ("secretsmanager", "GetSecretValue");
        check(read.0, read.1, false, "value read", 10_000.0, 10_000.0);
    }

    /// A name that no model knows would throttle nothing.
    #[test]
    fn every_named_operation_exists() {
        let cases: [(&[Row], &ServiceSchema); 4] = [
            (ECS, &wharf_api_ecs::schema::SERVICE),
            (ECR, &wharf_api_ecr::schema::SERVICE),
            (LOGS, &wharf_api_logs::schema::SERVICE),
            (SECRETS_MANAGER, &wharf_api_secretsmanager::schema::SERVICE),
        ];
        for (rows, schema) in cases {
            for name in rows.iter().flat_map(|(.., names)| names.iter()) {
                // The container instance is a node's; this one came after the model.
                assert!(
                    schema.find_operation(name).is_some(),
                    "{} {name}",
                    schema.name
                );
            }
        }
    }
}
