//! One of each thing that policies are about.

use serde_json::{Value, json};
use wharf_base::public_images::PublicImage;

pub const ACCOUNT: &str = "000000000000";
pub const REGION: &str = "us-east-1";
/// What everything is called, and every tag.
pub const SAMPLE: &str = "sample";

/// A call, and which members of inputs are of its service from then on what of its answer; behind a `+`, what
/// they may be as well.
pub type Made = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

pub const TRUST: &str = r#"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":[\"ecs-tasks.amazonaws.com\",\"streams.metrics.cloudwatch.amazonaws.com\"]},\"Action\":\"sts:AssumeRole\"}]}"#;

/// In this order.
pub const MADE: &[Made] = &[
    (
        "ec2.DescribeVpcs",
        "{}",
        &[("VpcId", "/Vpcs/0/VpcId"), ("+Resources", "/Vpcs/0/VpcId")],
    ),
    (
        "ec2.DescribeSubnets",
        "{}",
        &[
            ("SubnetId", "/Subnets/0/SubnetId"),
            ("other", "/Subnets/1/SubnetId"),
            ("+Resources", "/Subnets/0/SubnetId"),
        ],
    ),
    (
        "ec2.DescribeSecurityGroups",
        "{}",
        &[
            ("GroupId", "/SecurityGroups/0/GroupId"),
            ("Groups", "/SecurityGroups/0/GroupId"),
            ("+Resources", "/SecurityGroups/0/GroupId"),
        ],
    ),
    (
        "ec2.DescribeRouteTables",
        "{}",
        &[
            ("RouteTableId", "/RouteTables/0/RouteTableId"),
            ("+Resources", "/RouteTables/0/RouteTableId"),
        ],
    ),
    (
        "ec2.DescribeInternetGateways",
        "{}",
        &[
            ("InternetGatewayId", "/InternetGateways/0/InternetGatewayId"),
            ("Resources", "/InternetGateways/0/InternetGatewayId"),
        ],
    ),
    (
        "ec2.CreateNetworkInterface",
        r#"{"SubnetId": "$SubnetId"}"#,
        &[
            ("NetworkInterfaceId", "/NetworkInterface/NetworkInterfaceId"),
            ("+Resources", "/NetworkInterface/NetworkInterfaceId"),
        ],
    ),
    (
        "ec2.CreateNetworkInterfacePermission",
        r#"{"NetworkInterfaceId": "$NetworkInterfaceId", "AwsAccountId": "111111111111", "Permission": "EIP-ASSOCIATE"}"#,
        &[(
            "NetworkInterfacePermissionId",
            "/InterfacePermission/NetworkInterfacePermissionId",
        )],
    ),
    (
        "ec2.AllocateAddress",
        "{}",
        &[
            ("AllocationId", "/AllocationId"),
            ("+Resources", "/AllocationId"),
        ],
    ),
    (
        "ec2.CreateNetworkAcl",
        r#"{"VpcId": "$VpcId"}"#,
        &[("NetworkAclId", "/NetworkAcl/NetworkAclId")],
    ),
    (
        "ec2.CreateNatGateway",
        r#"{"SubnetId": "$SubnetId", "AllocationId": "$AllocationId"}"#,
        &[("NatGatewayId", "/NatGateway/NatGatewayId")],
    ),
    (
        "ec2.CreateVpcEndpoint",
        r#"{"VpcId": "$VpcId", "ServiceName": "com.amazonaws.us-east-1.s3"}"#,
        &[
            ("VpcEndpointId", "/VpcEndpoint/VpcEndpointId"),
            ("VpcEndpointIds", "/VpcEndpoint/VpcEndpointId"),
        ],
    ),
    (
        "ec2.CreateTags",
        r#"{"Resources": ["$VpcId", "$SubnetId", "$GroupId", "$RouteTableId", "$InternetGatewayId", "$NetworkInterfaceId"], "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[],
    ),
    (
        "elbv2.CreateLoadBalancer",
        r#"{"Name": "sample", "Subnets": ["$SubnetId", "$other"], "Tags": [{"Key": "sample"}]}"#,
        &[
            ("LoadBalancerArn", "/LoadBalancers/0/LoadBalancerArn"),
            ("ResourceArns", "/LoadBalancers/0/LoadBalancerArn"),
        ],
    ),
    (
        "elbv2.CreateTargetGroup",
        r#"{"Name": "sample", "Protocol": "HTTP", "Port": 80, "VpcId": "$VpcId", "TargetType": "ip", "Tags": [{"Key": "sample"}]}"#,
        &[
            ("TargetGroupArn", "/TargetGroups/0/TargetGroupArn"),
            ("+ResourceArns", "/TargetGroups/0/TargetGroupArn"),
        ],
    ),
    (
        "elbv2.CreateListener",
        r#"{"LoadBalancerArn": "$LoadBalancerArn", "Protocol": "HTTP", "Port": 80, "DefaultActions": [{"Type": "forward", "TargetGroupArn": "$TargetGroupArn"}], "Tags": [{"Key": "sample"}]}"#,
        &[
            ("ListenerArn", "/Listeners/0/ListenerArn"),
            ("+ResourceArns", "/Listeners/0/ListenerArn"),
        ],
    ),
    (
        "elbv2.CreateRule",
        r#"{"ListenerArn": "$ListenerArn", "Priority": 1, "Conditions": [{"Field": "path-pattern", "Values": ["/a"]}], "Actions": [{"Type": "forward", "TargetGroupArn": "$TargetGroupArn"}], "Tags": [{"Key": "sample"}]}"#,
        &[
            ("RuleArn", "/Rules/0/RuleArn"),
            ("+ResourceArns", "/Rules/0/RuleArn"),
        ],
    ),
    (
        "acm.RequestCertificate",
        r#"{"DomainName": "example.com", "ValidationMethod": "DNS", "KeyAlgorithm": "EC_prime256v1", "Tags": [{"Key": "sample"}]}"#,
        &[("CertificateArn", "/CertificateArn")],
    ),
    (
        "iam.CreateUser",
        r#"{"UserName": "sample", "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[],
    ),
    ("iam.CreateGroup", r#"{"GroupName": "sample"}"#, &[]),
    (
        "iam.CreateRole",
        r#"{"RoleName": "sample", "AssumeRolePolicyDocument": "$trust", "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[
            ("RoleArn", "/Role/Arn"),
            ("TaskRoleArn", "/Role/Arn"),
            ("ExecutionRoleArn", "/Role/Arn"),
        ],
    ),
    (
        "iam.CreateInstanceProfile",
        r#"{"InstanceProfileName": "sample", "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[],
    ),
    (
        "iam.CreatePolicy",
        r#"{"PolicyName": "sample", "PolicyDocument": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sqs:*\",\"Resource\":\"*\"}]}", "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[
            ("PolicyArn", "/Policy/Arn"),
            ("PolicySourceArn", "/Policy/Arn"),
        ],
    ),
    (
        "iam.CreateVirtualMFADevice",
        r#"{"VirtualMFADeviceName": "sample", "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[("SerialNumber", "/VirtualMFADevice/SerialNumber")],
    ),
    (
        "iam.CreateOpenIDConnectProvider",
        r#"{"Url": "https://sample.test", "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[("OpenIDConnectProviderArn", "/OpenIDConnectProviderArn")],
    ),
    (
        "iam.CreateAccessKey",
        r#"{"UserName": "sample"}"#,
        &[("AccessKeyId", "/AccessKey/AccessKeyId")],
    ),
    (
        "logs.CreateLogGroup",
        r#"{"logGroupName": "sample", "tags": {"sample": "sample"}}"#,
        &[],
    ),
    (
        "logs.CreateLogStream",
        r#"{"logGroupName": "sample", "logStreamName": "sample"}"#,
        &[],
    ),
    (
        "ecr.CreateRepository",
        r#"{"repositoryName": "sample", "tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[("resourceArn", "/repository/repositoryArn")],
    ),
    (
        "ecr-public.CreateRepository",
        r#"{"repositoryName": "sample", "tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[("resourceArn", "/repository/repositoryArn")],
    ),
    (
        "kms.CreateKey",
        r#"{"Tags": [{"TagKey": "sample", "TagValue": "sample"}]}"#,
        &[
            ("KeyId", "/KeyMetadata/KeyId"),
            ("TargetKeyId", "/KeyMetadata/KeyId"),
            ("SourceKeyId", "/KeyMetadata/KeyId"),
            ("DestinationKeyId", "/KeyMetadata/KeyId"),
            ("ResourceId", "/KeyMetadata/KeyId"),
        ],
    ),
    (
        "kms.CreateAlias",
        r#"{"AliasName": "alias/sample", "TargetKeyId": "$KeyId"}"#,
        &[],
    ),
    (
        "kms.CreateGrant",
        r#"{"KeyId": "$KeyId", "GranteePrincipal": "arn:aws:iam::000000000000:user/sample", "Operations": ["Decrypt"]}"#,
        &[("GrantId", "/GrantId"), ("GrantToken", "/GrantToken")],
    ),
    (
        "secretsmanager.CreateSecret",
        r#"{"Name": "sample", "SecretString": "x", "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[("SecretId", "/ARN")],
    ),
    (
        "ssm.PutParameter",
        r#"{"Name": "sample", "Value": "x", "Type": "String", "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[],
    ),
    (
        "sqs.CreateQueue",
        r#"{"QueueName": "sample", "tags": {"sample": "sample"}}"#,
        &[("QueueUrl", "/QueueUrl")],
    ),
    (
        "sns.CreateTopic",
        r#"{"Name": "sample", "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[
            ("TopicArn", "/TopicArn"),
            ("ResourceArn", "/TopicArn"),
            ("TargetArn", "/TopicArn"),
        ],
    ),
    (
        "sns.Subscribe",
        r#"{"TopicArn": "$TopicArn", "Protocol": "sqs", "Endpoint": "arn:aws:sqs:us-east-1:000000000000:sample", "ReturnSubscriptionArn": true}"#,
        &[("SubscriptionArn", "/SubscriptionArn")],
    ),
    ("s3.CreateBucket", r#"{"Bucket": "sample"}"#, &[]),
    (
        "s3.PutObject",
        r#"{"Bucket": "sample", "Key": "sample", "Tagging": "sample=sample"}"#,
        &[],
    ),
    (
        "events.CreateEventBus",
        r#"{"Name": "sample", "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[("ResourceARN", "/EventBusArn")],
    ),
    (
        "events.PutRule",
        r#"{"Name": "sample", "EventBusName": "sample", "EventPattern": "{\"source\": [\"a\"], \"detail-type\": [\"a\"], \"detail\": {\"service\": [\"a\"], \"eventTypeCode\": [\"a\"], \"userIdentity\": {\"principalId\": [\"a\"]}}}", "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[("+ResourceARN", "/RuleArn")],
    ),
    (
        "scheduler.CreateScheduleGroup",
        r#"{"Name": "sample", "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[("ResourceArn", "/ScheduleGroupArn")],
    ),
    (
        "cloudwatch.PutMetricAlarm",
        r#"{"AlarmName": "sample", "Namespace": "sample", "MetricName": "sample", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold", "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[],
    ),
    (
        "cloudwatch.PutMetricStream",
        r#"{"Name": "sample", "FirehoseArn": "arn:aws:events:us-east-1:000000000000:api-destination/sample/sample", "RoleArn": "$RoleArn", "OutputFormat": "json", "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[("+ResourceARN", "/Arn")],
    ),
    (
        "cloudwatch.PutInsightRule",
        r#"{"RuleName": "sample", "RuleDefinition": "{\"Schema\":{\"Name\":\"CloudWatchLogRule\",\"Version\":1},\"LogGroupNames\":[\"sample\"],\"LogFormat\":\"JSON\",\"Contribution\":{\"Keys\":[\"$.a\"]},\"AggregateOn\":\"Count\"}", "Tags": [{"Key": "sample", "Value": "sample"}]}"#,
        &[],
    ),
    (
        "inspector2.CreateFilter",
        r#"{"name": "sample", "action": "NONE", "filterCriteria": {}, "tags": {"sample": "sample"}}"#,
        &[
            ("filterArn", "/arn"),
            ("arn", "/arn"),
            ("resourceArn", "/arn"),
        ],
    ),
    (
        "cloudtrail.CreateTrail",
        r#"{"Name": "sample", "S3BucketName": "sample"}"#,
        &[],
    ),
    (
        "ecs.CreateCluster",
        r#"{"clusterName": "sample", "tags": [{"key": "sample", "value": "sample"}]}"#,
        &[("resourceArn", "/cluster/clusterArn")],
    ),
    (
        "ecs.RegisterTaskDefinition",
        r#"{"family": "sample", "containerDefinitions": [{"name": "sample", "image": "app", "memory": 128}], "taskRoleArn": "$RoleArn", "tags": [{"key": "sample", "value": "sample"}]}"#,
        &[
            ("taskDefinition", "/taskDefinition/taskDefinitionArn"),
            ("taskDefinitions", "/taskDefinition/taskDefinitionArn"),
            ("+resourceArn", "/taskDefinition/taskDefinitionArn"),
        ],
    ),
    (
        "ecs.CreateService",
        r#"{"cluster": "sample", "serviceName": "sample", "taskDefinition": "sample", "desiredCount": 0, "tags": [{"key": "sample", "value": "sample"}]}"#,
        &[("+resourceArn", "/service/serviceArn")],
    ),
    (
        "application-autoscaling.RegisterScalableTarget",
        r#"{"ServiceNamespace": "ecs", "ResourceId": "service/sample/sample", "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 0, "MaxCapacity": 1, "Tags": {"sample": "sample"}}"#,
        &[("ResourceARN", "/ScalableTargetARN")],
    ),
];

/// Values of members that no answer gives.
pub const GIVEN: &[(&str, &str, &str)] = &[
    ("application-autoscaling", "ServiceNamespace", "ecs"),
    (
        "application-autoscaling",
        "ResourceId",
        "service/sample/sample",
    ),
    (
        "application-autoscaling",
        "ScalableDimension",
        "ecs:service:DesiredCount",
    ),
    (
        "cloudwatch",
        "ResourceARN",
        "arn:aws:cloudwatch:us-east-1:000000000000:alarm:sample",
    ),
    (
        "cloudwatch",
        "RuleDefinition",
        r#"{"Schema":{"Name":"CloudWatchLogRule","Version":1},"LogGroupNames":["sample"],"LogFormat":"JSON","Contribution":{"Keys":["$.a"]},"AggregateOn":"Count"}"#,
    ),
    ("s3", "CopySource", "sample/sample"),
    ("s3", "Tagging", "sample=sample"),
    ("kms", "AliasName", "alias/sample"),
    (
        "kms",
        "GranteePrincipal",
        "arn:aws:iam::000000000000:user/sample",
    ),
    (
        "kms",
        "RetiringPrincipal",
        "arn:aws:iam::000000000000:user/sample",
    ),
    ("kms", "Operations", "Decrypt"),
    (
        "iam",
        "PermissionsBoundary",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
    ),
    ("iam", "Url", "https://sample.test"),
    (
        "iam",
        "SAMLProviderArn",
        "arn:aws:iam::000000000000:saml-provider/sample",
    ),
    ("iam", "Arn", "arn:aws:iam::000000000000:user/sample"),
    ("iam", "Path", "/"),
    (
        "logs",
        "resourceArn",
        "arn:aws:logs:us-east-1:000000000000:log-group:sample",
    ),
    (
        "sqs",
        "SourceArn",
        "arn:aws:sqs:us-east-1:000000000000:sample",
    ),
    (
        "sqs",
        "DestinationArn",
        "arn:aws:sqs:us-east-1:000000000000:sample",
    ),
    ("sqs", "QueueOwnerAWSAccountId", ACCOUNT),
    ("ecr", "registryId", ACCOUNT),
    ("ecr-public", "registryId", ACCOUNT),
    (
        "ecs",
        "serviceDeploymentArn",
        "arn:aws:ecs:us-east-1:000000000000:service-deployment/sample/sample/sample",
    ),
    (
        "ecs",
        "serviceDeploymentArns",
        "arn:aws:ecs:us-east-1:000000000000:service-deployment/sample/sample/sample",
    ),
    (
        "ecs",
        "serviceRevisionArns",
        "arn:aws:ecs:us-east-1:000000000000:service-revision/sample/sample/sample",
    ),
];

/// An input that makes sense as a whole, of an operation that asks for more then.
pub fn whole(service: &str, operation: &str) -> Option<Value> {
    let image = PublicImage::all(REGION).into_iter().next()?.id;
    let launch = json!({
        "ImageId": image,
        "BlockDeviceMappings": [{
            "DeviceName": "/dev/sdf",
            "Ebs": {"VolumeSize": 8, "VolumeType": "gp3", "Iops": 3000, "Throughput": 125},
        }],
    });
    match (service, operation) {
        ("ec2", "RunInstances") => Some(launch),
        ("ec2", "RequestSpotInstances") => Some(json!({ "LaunchSpecification": launch })),
        _ => None,
    }
}
