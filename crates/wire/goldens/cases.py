"""The calls whose bytes are kept: parameters as an SDK user writes them.

Each entry is (service, operation, case, parameters). The case name becomes part of the file name; an
empty one is left out. Parameters marked FULL are filled in by walking the shape (see shapes.py).
"""

import datetime

FULL = object()

UNICODE = "Grüße, 世界 \U0001f40b"
AWKWARD = "a b+c&d=e%20f~g/h?i#j'k\"l\\m<n>\r\n\to"
AT = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.timezone.utc)
AT_WHOLE = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
DIGEST = "sha256:" + "ab" * 32
ALB = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/web/50dc6c495c0c9188"
TARGET_GROUP = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/73e2d6bc24d8a067"
LISTENER = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2"
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
)
ALLOW_ECR = '{\n  "Version": "2012-10-17",\n  "Statement": {"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}\n}'

WEB_DEFINITION = {
    "family": "web",
    "networkMode": "bridge",
    "taskRoleArn": "arn:aws:iam::000000000000:role/web",
    "containerDefinitions": [
        {
            "name": "web",
            "image": "localhost:4566/web:1",
            "cpu": 128,
            "memory": 64,
            "essential": True,
            "entryPoint": ["sh", "-c"],
            "command": ["echo " + UNICODE, ""],
            "environment": [{"name": "EMPTY", "value": ""}, {"name": "AWKWARD", "value": AWKWARD}],
            "portMappings": [{"containerPort": 80, "hostPort": 0, "protocol": "tcp"}],
            "mountPoints": [],
            "dockerLabels": {"": "", "ключ": "значение", "z": "1", "a": "2"},
            "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 4096}],
            "linuxParameters": {"capabilities": {"drop": ["ALL"], "add": []}, "initProcessEnabled": False},
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": "/wharf/web", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web"},
            },
            "healthCheck": {"command": ["CMD-SHELL", "true"], "interval": 5},
        },
        {
            "name": "side",
            "image": "side",
            "memoryReservation": 6,
            "essential": False,
            "dependsOn": [{"containerName": "web", "condition": "START"}],
        },
    ],
    "volumes": [{"name": "scratch", "host": {}}],
    "tags": [{"key": "team", "value": ""}],
}

REQUESTS = [
    # ecs: awsJson1.1
    ("ecs", "CreateCluster", "empty", {}),
    ("ecs", "CreateCluster", "", {"clusterName": "blue", "tags": [{"key": "k", "value": UNICODE}], "capacityProviders": []}),
    ("ecs", "DescribeClusters", "", {"clusters": ["default", "blue"], "include": ["TAGS", "STATISTICS"]}),
    ("ecs", "DescribeClusters", "empty-list", {"clusters": []}),
    ("ecs", "RegisterTaskDefinition", "", WEB_DEFINITION),
    ("ecs", "RegisterTaskDefinition", "full", FULL),
    ("ecs", "DescribeTaskDefinition", "", {"taskDefinition": "web:1", "include": ["TAGS"]}),
    ("ecs", "ListTaskDefinitions", "", {"familyPrefix": "web", "status": "ACTIVE", "sort": "DESC", "maxResults": 100}),
    (
        "ecs",
        "RunTask",
        "",
        {
            "taskDefinition": "web",
            "count": 2,
            "launchType": "FARGATE",
            "startedBy": UNICODE,
            "clientToken": "token-1",
            "overrides": {"containerOverrides": [{"name": "web", "command": ["true"], "environment": []}]},
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": [], "assignPublicIp": "DISABLED"}},
        },
    ),
    ("ecs", "RunTask", "token-made-by-sdk", {"taskDefinition": "web"}),
    ("ecs", "RunTask", "full", FULL),
    ("ecs", "StopTask", "", {"cluster": "default", "task": "0123456789abcdef0123456789abcdef", "reason": AWKWARD}),
    ("ecs", "DescribeTasks", "", {"tasks": ["arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef0123456789abcdef"]}),
    ("ecs", "CreateService", "full", FULL),
    ("ecs", "RegisterContainerInstance", "full", FULL),
    (
        "ecs",
        "SubmitTaskStateChange",
        "",
        {
            "cluster": "default",
            "task": "arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef0123456789abcdef",
            "status": "STOPPED",
            "reason": "Essential container in task exited",
            "containers": [{"containerName": "web", "exitCode": 0, "status": "STOPPED", "networkBindings": []}],
            "pullStartedAt": AT,
            "pullStoppedAt": AT_WHOLE,
            "executionStoppedAt": datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc),
        },
    ),
    ("ecs", "PutClusterCapacityProviders", "", {"cluster": "c", "capacityProviders": [], "defaultCapacityProviderStrategy": []}),
    ("ecs", "TagResource", "", {"resourceArn": "arn:aws:ecs:us-east-1:000000000000:cluster/c", "tags": [{"key": "a b", "value": AWKWARD}]}),
    # ecr: awsJson1.1 with blobs and doubles
    (
        "ecr",
        "CreateRepository",
        "",
        {"repositoryName": "team/web", "imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": False}, "tags": []},
    ),
    ("ecr", "CreateRepository", "full", FULL),
    ("ecr", "GetAuthorizationToken", "", {}),
    (
        "ecr",
        "UploadLayerPart",
        "",
        {"repositoryName": "web", "uploadId": "u", "partFirstByte": 0, "partLastByte": 255, "layerPartBlob": bytes(range(256))},
    ),
    (
        "ecr",
        "UploadLayerPart",
        "empty-blob",
        {"repositoryName": "web", "uploadId": "u", "partFirstByte": 0, "partLastByte": 0, "layerPartBlob": b""},
    ),
    (
        "ecr",
        "BatchGetImage",
        "",
        {
            "repositoryName": "web",
            "imageIds": [{"imageTag": "1"}, {"imageDigest": DIGEST}],
            "acceptedMediaTypes": ["application/vnd.oci.image.manifest.v1+json"],
        },
    ),
    ("ecr", "PutImage", "", {"repositoryName": "web", "imageManifest": '{\n   "schemaVersion": 2,\n   "x": "\u2028ü"\n}', "imageTag": "1"}),
    ("ecr", "DescribeImages", "", {"repositoryName": "web", "filter": {"tagStatus": "TAGGED"}, "maxResults": 1000}),
    ("ecr", "BatchCheckLayerAvailability", "", {"repositoryName": "web", "layerDigests": [DIGEST]}),
    # acm: awsJson1.1 with blobs, enums and members in capitals
    ("acm", "RequestCertificate", "full", FULL),
    ("acm", "ImportCertificate", "", {"Certificate": bytes(range(256)), "PrivateKey": b"-----BEGIN", "Tags": [{"Key": "a", "Value": ""}]}),
    ("acm", "ListCertificates", "full", FULL),
    ("acm", "DescribeCertificate", "full", FULL),
    # logs: awsJson1.1 with longs in milliseconds
    ("logs", "CreateLogGroup", "", {"logGroupName": "/wharf/web", "tags": {"a": "1", "b": ""}}),
    (
        "logs",
        "PutLogEvents",
        "",
        {
            "logGroupName": "/wharf/web",
            "logStreamName": "s/1",
            "logEvents": [
                {"timestamp": 1767323045678, "message": UNICODE},
                {"timestamp": 1767323045678, "message": AWKWARD},
                {"timestamp": 9007199254740993, "message": "\x00\x1b[31m"},
            ],
        },
    ),
    (
        "logs",
        "GetLogEvents",
        "",
        {
            "logGroupName": "/wharf/web",
            "logStreamName": "s/1",
            "startFromHead": True,
            "limit": 10000,
            "startTime": 0,
            "endTime": 1767323045678,
        },
    ),
    (
        "logs",
        "FilterLogEvents",
        "",
        {"logGroupName": "/wharf/web", "filterPattern": '{ $.a = "ü*" && $.n >= 5 }', "logStreamNames": ["a", "b"], "interleaved": False},
    ),
    ("logs", "PutRetentionPolicy", "", {"logGroupName": "/wharf/web", "retentionInDays": 7}),
    ("logs", "PutMetricFilter", "full", FULL),
    # sts: awsQuery
    ("sts", "GetCallerIdentity", "", {}),
    (
        "sts",
        "AssumeRole",
        "",
        {
            "RoleArn": "arn:aws:iam::000000000000:role/web",
            "RoleSessionName": "me@home",
            "DurationSeconds": 900,
            "Policy": ALLOW_ECR,
            "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
            "Tags": [{"Key": "a b", "Value": UNICODE}],
            "TransitiveTagKeys": ["a b"],
        },
    ),
    ("sts", "AssumeRole", "full", FULL),
    # iam: awsQuery
    ("iam", "CreateUser", "", {"UserName": "ann", "Path": "/a b/", "Tags": [{"Key": UNICODE, "Value": AWKWARD}]}),
    ("iam", "CreateUser", "empty-list", {"UserName": "ann", "Tags": []}),
    ("iam", "CreateRole", "", {"RoleName": "web", "AssumeRolePolicyDocument": TRUST, "MaxSessionDuration": 3600, "Description": UNICODE}),
    ("iam", "PutUserPolicy", "", {"UserName": "ann", "PolicyName": "p", "PolicyDocument": ALLOW_ECR}),
    ("iam", "CreatePolicy", "full", FULL),
    ("iam", "SimulateCustomPolicy", "full", FULL),
    ("iam", "ListUsers", "", {"MaxItems": 1000, "PathPrefix": "/"}),
    ("iam", "UpdateAccountPasswordPolicy", "", {"HardExpiry": False, "RequireNumbers": True, "MinimumPasswordLength": 8}),
    ("iam", "CreateVirtualMFADevice", "full", FULL),
    # elbv2: awsQuery with nested lists and maps
    (
        "elbv2",
        "CreateLoadBalancer",
        "",
        {
            "Name": "web",
            "Subnets": ["subnet-1", "subnet-2"],
            "SecurityGroups": [],
            "Scheme": "internal",
            "Tags": [{"Key": "a", "Value": ""}],
        },
    ),
    ("elbv2", "CreateLoadBalancer", "full", FULL),
    (
        "elbv2",
        "CreateTargetGroup",
        "",
        {"Name": "web", "Protocol": "HTTP", "Port": 80, "HealthCheckEnabled": True, "Matcher": {"HttpCode": "200,300-399"}},
    ),
    (
        "elbv2",
        "CreateRule",
        "",
        {
            "ListenerArn": LISTENER,
            "Priority": 1,
            "Conditions": [
                {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a", "Value": "b*"}, {"Value": UNICODE}]}},
                {"Field": "path-pattern", "Values": ["/a/*", "/b?"]},
            ],
            "Actions": [
                {
                    "Type": "forward",
                    "ForwardConfig": {
                        "TargetGroups": [{"TargetGroupArn": TARGET_GROUP, "Weight": 0}],
                        "TargetGroupStickinessConfig": {"Enabled": False},
                    },
                }
            ],
        },
    ),
    ("elbv2", "CreateRule", "full", FULL),
    (
        "elbv2",
        "RegisterTargets",
        "",
        {"TargetGroupArn": TARGET_GROUP, "Targets": [{"Id": "172.31.0.4", "Port": 80, "AvailabilityZone": "all"}]},
    ),
    (
        "elbv2",
        "ModifyTargetGroupAttributes",
        "",
        {"TargetGroupArn": TARGET_GROUP, "Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}]},
    ),
    # ec2: ec2Query
    ("ec2", "DescribeVpcs", "empty", {}),
    (
        "ec2",
        "DescribeSubnets",
        "",
        {
            "Filters": [{"Name": "vpc-id", "Values": ["vpc-1", "vpc-2"]}, {"Name": "tag:" + UNICODE, "Values": ["*"]}],
            "MaxResults": 5,
            "DryRun": False,
        },
    ),
    ("ec2", "DescribeSubnets", "empty-list", {"SubnetIds": [], "Filters": []}),
    (
        "ec2",
        "CreateSecurityGroup",
        "",
        {
            "GroupName": "web",
            "Description": AWKWARD,
            "VpcId": "vpc-1",
            "TagSpecifications": [{"ResourceType": "security-group", "Tags": [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}]}],
        },
    ),
    (
        "ec2",
        "AuthorizeSecurityGroupIngress",
        "",
        {
            "GroupId": "sg-1",
            "IpPermissions": [
                {
                    "IpProtocol": "tcp",
                    "FromPort": 80,
                    "ToPort": 80,
                    "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}, {"CidrIp": "10.0.0.0/8"}],
                    "UserIdGroupPairs": [{"GroupId": "sg-2"}],
                },
                {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
            ],
        },
    ),
    ("ec2", "AuthorizeSecurityGroupIngress", "full", FULL),
    (
        "ec2",
        "CreateNetworkInterface",
        "",
        {
            "SubnetId": "subnet-1",
            "Groups": ["sg-1"],
            "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": "172.31.0.4"}],
            "ClientToken": "t",
        },
    ),
    ("ec2", "RunInstances", "full", FULL),
    (
        "ec2",
        "RunInstances",
        "",
        {
            "ImageId": "ami-1",
            "MinCount": 1,
            "MaxCount": 1,
            "UserData": "#!/bin/sh\necho " + UNICODE,
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "DeleteOnTermination": True}}],
            "ClientToken": "t",
        },
    ),
    ("ec2", "ImportKeyPair", "", {"KeyName": "k", "PublicKeyMaterial": b"ssh-ed25519 AAAA\xff\xfe/+=="}),
    ("ec2", "DescribeInstanceStatus", "full", FULL),
    ("ec2", "ModifyVpcAttribute", "", {"VpcId": "vpc-1", "EnableDnsHostnames": {"Value": True}}),
    ("ec2", "CreateTags", "", {"Resources": ["vpc-1", "subnet-1"], "Tags": [{"Key": UNICODE, "Value": AWKWARD}]}),
    ("ec2", "CreateLaunchTemplate", "full", FULL),
    (
        "ec2",
        "CreateSubnetCidrReservation",
        "",
        {
            "SubnetId": "subnet-1",
            "Cidr": "10.0.0.8/29",
            "ReservationType": "explicit",
            "Description": AWKWARD,
            "TagSpecifications": [{"ResourceType": "subnet-cidr-reservation", "Tags": [{"Key": UNICODE, "Value": ""}]}],
        },
    ),
    ("ec2", "DescribeAddressesAttribute", "", {"AllocationIds": ["eipalloc-1", "eipalloc-2"], "Attribute": "domain-name"}),
    ("ec2", "GetSecurityGroupsForVpc", "full", FULL),
    ("ec2", "ModifyVpcPeeringConnectionOptions", "full", FULL),
    ("wharf", "CloseAccount", "", {"id": "111122223333"}),
    ("wharf", "CreateAccount", "token", {"name": "team"}),
    ("wharf", "CreateAccount", "full", FULL),
    ("wharf", "CreateJoinToken", "full", FULL),
    ("wharf", "Overview", "", {}),
]

# Answers a server must be able to give: (service, operation, case, value).
RESPONSES = [
    ("ecs", "CreateCluster", "full", FULL),
    ("ecs", "DescribeTaskDefinition", "full", FULL),
    ("ecs", "RunTask", "empty-lists", {"tasks": [], "failures": []}),
    ("ecs", "RunTask", "full", FULL),
    ("ecs", "DescribeTasks", "full", FULL),
    ("ecs", "DescribeServices", "full", FULL),
    ("ecs", "ListTasks", "", {"taskArns": ["arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef0123456789abcdef"]}),
    ("ecs", "DiscoverPollEndpoint", "full", FULL),
    ("ecs", "TagResource", "empty", {}),
    ("ecr", "CreateRepository", "full", FULL),
    (
        "ecr",
        "GetAuthorizationToken",
        "",
        {"authorizationData": [{"authorizationToken": "QVdTOng=", "expiresAt": AT, "proxyEndpoint": "http://localhost:4566"}]},
    ),
    ("ecr", "DescribeImages", "full", FULL),
    ("ecr", "BatchGetImage", "full", FULL),
    ("ecr", "UploadLayerPart", "full", FULL),
    ("acm", "RequestCertificate", "full", FULL),
    ("acm", "DescribeCertificate", "full", FULL),
    ("acm", "ListCertificates", "full", FULL),
    ("acm", "GetCertificate", "full", FULL),
    ("acm", "ListTagsForCertificate", "empty-list", {"Tags": []}),
    ("acm", "DeleteCertificate", "empty", {}),
    (
        "logs",
        "FilterLogEvents",
        "",
        {
            "events": [
                {"logStreamName": "s", "timestamp": 1767323045678, "message": UNICODE, "ingestionTime": 9007199254740993, "eventId": "1"},
                {"message": AWKWARD},
            ],
            "searchedLogStreams": [],
        },
    ),
    ("logs", "DescribeLogGroups", "full", FULL),
    ("logs", "GetLogEvents", "full", FULL),
    ("logs", "CreateLogGroup", "empty", {}),
    ("sts", "GetCallerIdentity", "", {"UserId": "AIDA", "Account": "000000000000", "Arn": "arn:aws:iam::000000000000:user/" + UNICODE}),
    ("sts", "AssumeRole", "full", FULL),
    ("iam", "CreateUser", "full", FULL),
    ("iam", "ListUsers", "empty-list", {"Users": [], "IsTruncated": False}),
    ("iam", "ListUsers", "full", FULL),
    (
        "iam",
        "GetUser",
        "awkward",
        {"User": {"Path": "/", "UserName": AWKWARD, "UserId": "", "Arn": " leading and trailing ", "CreateDate": AT_WHOLE}},
    ),
    ("iam", "GetRole", "full", FULL),
    ("iam", "GetAccountSummary", "full", FULL),
    ("iam", "CreateVirtualMFADevice", "full", FULL),
    ("iam", "SimulateCustomPolicy", "full", FULL),
    ("iam", "DeleteUser", "empty", {}),
    ("elbv2", "DescribeLoadBalancers", "full", FULL),
    ("elbv2", "DescribeTargetGroups", "full", FULL),
    ("elbv2", "DescribeRules", "full", FULL),
    ("elbv2", "DescribeTargetHealth", "empty-list", {"TargetHealthDescriptions": []}),
    ("elbv2", "DeleteLoadBalancer", "empty", {}),
    ("ec2", "DescribeVpcs", "empty-list", {"Vpcs": []}),
    ("ec2", "DescribeVpcs", "full", FULL),
    ("ec2", "DescribeSubnets", "full", FULL),
    ("ec2", "DescribeSecurityGroups", "full", FULL),
    ("ec2", "DescribeNetworkInterfaces", "full", FULL),
    ("ec2", "DescribeInstances", "full", FULL),
    (
        "ec2",
        "CreateSecurityGroup",
        "awkward",
        {"GroupId": AWKWARD, "Tags": [{"Key": UNICODE, "Value": ""}], "SecurityGroupArn": " padded "},
    ),
    ("ec2", "DescribeInstanceTypes", "full", FULL),
    ("ec2", "GetConsoleOutput", "full", FULL),
    ("ec2", "CreateTags", "empty", {}),
    ("ec2", "DescribeAddressesAttribute", "empty-list", {"Addresses": []}),
    ("ec2", "GetSecurityGroupsForVpc", "full", FULL),
    ("ec2", "GetSubnetCidrReservations", "full", FULL),
    ("ec2", "ModifyVpcPeeringConnectionOptions", "full", FULL),
    ("ec2", "ModifyVpcTenancy", "", {"ReturnValue": True}),
    ("wharf", "CreateAccount", "full", FULL),
    ("wharf", "ListAccounts", "full", FULL),
    ("wharf", "ListKeys", "full", FULL),
    ("wharf", "ListNodes", "full", FULL),
    ("wharf", "Overview", "empty-lists", {"clusters": [], "tasks": [], "unopenedListeners": []}),
    ("wharf", "Overview", "full", FULL),
]

# Errors a client must be able to read: (service, operation, case, code, HTTP status, message, members).
ERRORS = [
    ("ecs", "RunTask", "cluster-not-found", "ClusterNotFoundException", 400, "Cluster not found.", {}),
    ("ecs", "RunTask", "conflict", "ConflictException", 400, UNICODE, {"resourceIds": ["a", "b"]}),
    ("ecs", "RunTask", "server", "ServerException", 500, "Service Unavailable", {}),
    (
        "ecr",
        "UploadLayerPart",
        "invalid-part",
        "InvalidLayerPartException",
        400,
        "part",
        {"registryId": "000000000000", "repositoryName": "web", "uploadId": "u", "lastValidByteReceived": 41},
    ),
    ("acm", "DeleteCertificate", "in-use", "ResourceInUseException", 400, "Certificate x in account 000000000000 is in use.", {}),
    ("logs", "CreateLogGroup", "exists", "ResourceAlreadyExistsException", 400, "The specified log group already exists", {}),
    ("sts", "AssumeRole", "denied", "AccessDenied", 403, "User: x is not authorized to perform: sts:AssumeRole on resource: y", {}),
    ("iam", "GetUser", "no-such-entity", "NoSuchEntity", 404, "The user with name <ann> & co cannot be found.", {}),
    ("elbv2", "DescribeTargetGroups", "not-found", "TargetGroupNotFound", 400, "One or more target groups not found", {}),
    ("wharf", "CreateAccount", "exists", "InvalidRequestException", 400, "Account 111122223333 exists already.", {}),
    ("ec2", "DescribeVpcs", "not-found", "InvalidVpcID.NotFound", 400, "The vpc ID 'vpc-1' does not exist", {}),
]
