//! What it has of networks, identities, containers, images, logs, load balancers, certificates, parameters and keys.

use serde_json::{Value, json};

use super::{Estate, HOME, NAME, OF_SERVICES, REGION, SECOND, SERVED, element};
use crate::routes::Server;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"sts:AssumeRole"}]}"#;
const NOTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

impl Estate {
    /// A second of some kinds, for lists of more than one page.
    pub(super) async fn seconds(&mut self, server: &Server) {
        let role = json!({"RoleName": SECOND, "AssumeRolePolicyDocument": TRUST});
        let policy = json!({"PolicyName": SECOND, "PolicyDocument": NOTHING});
        let containers = json!([{"name": "main", "image": "busybox", "memory": 16}]);
        let definition = json!({"family": SECOND, "containerDefinitions": containers});
        let stream = json!({"logGroupName": NAME, "logStreamName": SECOND});
        let parameter = json!({"Name": SECOND, "Value": "x", "Type": "String"});
        for (service, name, input) in [
            ("iam", "CreateGroup", json!({"GroupName": SECOND})),
            ("iam", "CreateRole", role),
            ("iam", "CreatePolicy", policy),
            ("ecs", "RegisterTaskDefinition", definition),
            ("ecr", "CreateRepository", json!({"repositoryName": SECOND})),
            (
                "ecr-public",
                "CreateRepository",
                json!({"repositoryName": SECOND}),
            ),
            ("logs", "CreateLogGroup", json!({"logGroupName": SECOND})),
            ("logs", "CreateLogStream", stream),
            ("ssm", "PutParameter", parameter),
            (
                "acm",
                "RequestCertificate",
                json!({"DomainName": "second.example.test"}),
            ),
            (
                "secretsmanager",
                "CreateSecret",
                json!({"Name": SECOND, "SecretString": "x"}),
            ),
            ("scheduler", "CreateScheduleGroup", json!({"Name": SECOND})),
            ("events", "CreateEventBus", json!({"Name": SECOND})),
            ("efs", "CreateFileSystem", json!({"CreationToken": SECOND})),
        ] {
            self.call(server, (service, name), input).await;
        }
    }

    pub(super) async fn network(&mut self, server: &Server) -> (String, String) {
        let describe = |name: &'static str| ("ec2", name);
        let vpcs = self.call(server, describe("DescribeVpcs"), json!({})).await;
        let subnets = self
            .call(server, describe("DescribeSubnets"), json!({}))
            .await;
        let tables = self
            .call(server, describe("DescribeRouteTables"), json!({}))
            .await;
        let gateways = self
            .call(server, describe("DescribeInternetGateways"), json!({}))
            .await;
        let (vpc, subnet) = (element(&vpcs, "vpcId"), element(&subnets, "subnetId"));
        let (table, gateway) = (
            element(&tables, "routeTableId"),
            element(&gateways, "internetGatewayId"),
        );
        let made = json!({"GroupName": NAME, "Description": "a", "VpcId": vpc});
        let group = element(
            &self
                .call(server, ("ec2", "CreateSecurityGroup"), made)
                .await,
            "groupId",
        );
        let made = json!({"SubnetId": subnet, "ClientToken": NAME});
        let made = self
            .call(server, ("ec2", "CreateNetworkInterface"), made)
            .await;
        let interface = element(&made, "networkInterfaceId");
        // For neither of the two.
        let lent = json!({"NetworkInterfaceId": interface, "AwsAccountId": "999999999999", "Permission": "EIP-ASSOCIATE"});
        let made = self
            .call(server, ("ec2", "CreateNetworkInterfacePermission"), lent)
            .await;
        let permission = element(&made, "networkInterfacePermissionId");
        for id in [
            &vpc,
            &subnet,
            &table,
            &gateway,
            &group,
            &interface,
            &permission,
        ] {
            self.remember(id);
        }
        self.named(
            "ec2",
            &[
                (&["VpcId", "VpcIds", "ResourceId", "Resources"], vpc.clone()),
                (&["SubnetId", "SubnetIds"], subnet.clone()),
                (
                    &["GroupId", "GroupIds", "Groups", "SecurityGroupIds"],
                    group.clone(),
                ),
                (&["NetworkInterfaceId", "NetworkInterfaceIds"], interface),
                (
                    &[
                        "NetworkInterfacePermissionId",
                        "NetworkInterfacePermissionIds",
                    ],
                    permission,
                ),
                (&["RouteTableId", "RouteTableIds"], table),
                (
                    &["InternetGatewayId", "InternetGatewayIds", "GatewayId"],
                    gateway,
                ),
                (&["GroupName", "GroupNames", "ClientToken"], NAME.to_owned()),
            ],
        );
        (subnet, group)
    }

    pub(super) async fn identities(&mut self, server: &Server) {
        let name = |member: &str| json!({ member: NAME });
        let iam = |name: &'static str| ("iam", name);
        self.call(server, iam("CreateUser"), name("UserName")).await;
        self.call(server, iam("CreateGroup"), name("GroupName"))
            .await;
        self.call(
            server,
            iam("CreateInstanceProfile"),
            name("InstanceProfileName"),
        )
        .await;
        let role = json!({"RoleName": NAME, "AssumeRolePolicyDocument": TRUST});
        self.call(server, iam("CreateRole"), role).await;
        let role = json!({"RoleName": SERVED, "AssumeRolePolicyDocument": OF_SERVICES});
        self.call(server, iam("CreateRole"), role.clone()).await;
        self.own(server, iam("CreateRole"), role).await;
        let policy = json!({"PolicyName": NAME, "PolicyDocument": NOTHING});
        self.call(server, iam("CreatePolicy"), policy).await;
        let key = self
            .call(server, iam("CreateAccessKey"), name("UserName"))
            .await;
        let key = element(&key, "AccessKeyId");
        self.remember(&key);
        let arn = |kind: &str| format!("arn:aws:iam::{HOME}:{kind}/{NAME}");
        let names = [
            "UserName",
            "RoleName",
            "GroupName",
            "PolicyName",
            "InstanceProfileName",
        ];
        for source in ["user", "role", "group"] {
            let members = [
                (&names[..], NAME.to_owned()),
                (&["AccessKeyId"], key.clone()),
                (&["PolicyArn", "PermissionsBoundary"], arn("policy")),
                (&["PolicySourceArn", "CallerArn", "Arn"], arn(source)),
            ];
            self.named("iam", &members);
        }
        self.named(
            "sts",
            &[
                (&["RoleArn"], arn("role")),
                (&["RoleSessionName"], "aa".to_owned()),
            ],
        );
    }

    pub(super) async fn containers(&mut self, server: &Server) {
        let ecs = |name: &'static str| ("ecs", name);
        self.call(server, ecs("CreateCluster"), json!({"clusterName": NAME}))
            .await;
        let containers = json!([{"name": "main", "image": "busybox", "memory": 16}]);
        let definition = json!({"family": NAME, "containerDefinitions": containers});
        self.call(server, ecs("RegisterTaskDefinition"), definition)
            .await;
        let service = json!({"cluster": NAME, "serviceName": NAME, "taskDefinition": NAME, "desiredCount": 0, "clientToken": NAME});
        self.call(server, ecs("CreateService"), service).await;
        let arn = |resource: String| format!("arn:aws:ecs:{REGION}:{HOME}:{resource}");
        let id = "0123456789abcdef0123456789abcdef".to_owned();
        let tokens: &[&str] = &[
            "clientToken",
            "startedBy",
            "group",
            "serviceName",
            "family",
            "familyPrefix",
            "clusterName",
        ];
        self.named(
            "ecs",
            &[
                (tokens, NAME.to_owned()),
                (
                    &["cluster", "clusters", "service", "services"],
                    NAME.to_owned(),
                ),
                (&["taskDefinition", "taskDefinitions"], format!("{NAME}:1")),
                (
                    &["task", "tasks", "containerInstance", "containerInstances"],
                    id.clone(),
                ),
                (&["resourceArn"], arn(format!("cluster/{NAME}"))),
            ],
        );
        self.named(
            "ecs",
            &[
                (&["cluster", "clusters"], arn(format!("cluster/{NAME}"))),
                (
                    &["service", "services", "resourceArn"],
                    arn(format!("service/{NAME}/{NAME}")),
                ),
                (
                    &["taskDefinition", "taskDefinitions"],
                    arn(format!("task-definition/{NAME}:1")),
                ),
                (&["task", "tasks"], arn(format!("task/{NAME}/{id}"))),
                (
                    &["containerInstance", "containerInstances"],
                    arn(format!("container-instance/{NAME}/{id}")),
                ),
                (
                    &["executionRoleArn", "taskRoleArn", "principalArn"],
                    format!("arn:aws:iam::{HOME}:role/{NAME}"),
                ),
            ],
        );
    }

    pub(super) async fn images_and_logs(&mut self, server: &Server) {
        self.call(
            server,
            ("ecr", "CreateRepository"),
            json!({"repositoryName": NAME}),
        )
        .await;
        let names: &[&str] = &["repositoryName", "repositoryNames"];
        self.named("ecr", &[(names, NAME.to_owned())]);
        let arn = format!("arn:aws:ecr:{REGION}:{HOME}:repository/{NAME}");
        let registry: &[&str] = &["registryId", "registryIds"];
        self.named(
            "ecr",
            &[
                (names, NAME.to_owned()),
                (registry, HOME.to_owned()),
                (&["resourceArn"], arn),
            ],
        );
        let made = json!({"repositoryName": NAME, "catalogData": {"description": NAME}});
        self.call(server, ("ecr-public", "CreateRepository"), made)
            .await;
        self.named("ecr-public", &[(names, NAME.to_owned())]);
        let arn = format!("arn:aws:ecr-public::{HOME}:repository/{NAME}");
        self.named(
            "ecr-public",
            &[
                (names, NAME.to_owned()),
                (registry, HOME.to_owned()),
                (&["resourceArn"], arn),
            ],
        );
        let group = json!({"logGroupName": NAME});
        self.call(server, ("logs", "CreateLogGroup"), group).await;
        let stream = json!({"logGroupName": NAME, "logStreamName": NAME});
        self.call(server, ("logs", "CreateLogStream"), stream).await;
        let identifiers: &[&str] = &["logGroupIdentifier", "logGroupIdentifiers"];
        let names: &[&str] = &[
            "logGroupName",
            "logGroupNames",
            "logStreamName",
            "logStreamNames",
            "logGroupNamePrefix",
        ];
        let arn = format!("arn:aws:logs:{REGION}:{HOME}:log-group:{NAME}");
        self.named(
            "logs",
            &[
                (names, NAME.to_owned()),
                (identifiers, NAME.to_owned()),
                (&["resourceArn"], arn.clone()),
            ],
        );
        self.named(
            "logs",
            &[(identifiers, arn), (&["logStreamName"], NAME.to_owned())],
        );
    }

    pub(super) async fn balancing(&mut self, server: &Server, subnet: &str, group: &str) {
        let elb = |name: &'static str| ("elbv2", name);
        let subnets = self
            .call(server, ("ec2", "DescribeSubnets"), json!({}))
            .await;
        let all: Vec<&str> = subnets
            .split("<subnetId>")
            .skip(1)
            .map(|it| it.split('<').next().unwrap())
            .collect();
        let made = json!({"Name": NAME, "Subnets": all, "SecurityGroups": [group]});
        let balancer = element(
            &self.call(server, elb("CreateLoadBalancer"), made).await,
            "LoadBalancerArn",
        );
        let made = json!({"Name": "secret-flows", "Type": "network", "Scheme": "internal", "Subnets": [subnet]});
        let made = self.call(server, elb("CreateLoadBalancer"), made).await;
        let network = element(&made, "LoadBalancerArn");
        let made = json!({"NetworkLoadBalancerArns": [network]});
        let configuration = ("ec2", "CreateVpcEndpointServiceConfiguration");
        let service = element(&self.call(server, configuration, made).await, "serviceId");
        self.remember(&service);
        self.remember(network.rsplit('/').next().unwrap());
        self.endpoint_service = (network, service);
        let vpcs = self.call(server, ("ec2", "DescribeVpcs"), json!({})).await;
        let vpc = element(&vpcs, "vpcId");
        let made =
            json!({"Name": NAME, "Protocol": "HTTP", "Port": 80, "VpcId": vpc, "TargetType": "ip"});
        let target = element(
            &self.call(server, elb("CreateTargetGroup"), made).await,
            "TargetGroupArn",
        );
        let action = json!([{"Type": "forward", "TargetGroupArn": target}]);
        let made = json!({"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80, "DefaultActions": action});
        let listener = element(
            &self.call(server, elb("CreateListener"), made).await,
            "ListenerArn",
        );
        let conditions = json!([{"Field": "path-pattern", "Values": ["/a"]}]);
        let made = json!({"ListenerArn": listener, "Priority": 1, "Conditions": conditions, "Actions": action});
        let rule = element(&self.call(server, elb("CreateRule"), made).await, "RuleArn");
        for arn in [&balancer, &target, &listener, &rule] {
            let id = arn.rsplit('/').next().unwrap().to_owned();
            self.remember(&id);
        }
        for tagged in [&balancer, &target, &listener, &rule] {
            let members = [
                (
                    &["LoadBalancerArn", "LoadBalancerArns"][..],
                    balancer.clone(),
                ),
                (&["TargetGroupArn", "TargetGroupArns"], target.clone()),
                (&["ListenerArn", "ListenerArns"], listener.clone()),
                (&["RuleArn", "RuleArns"], rule.clone()),
                (&["ResourceArn", "ResourceArns"], tagged.clone()),
                (&["Subnets", "SubnetId"], subnet.to_owned()),
                (&["SecurityGroups"], group.to_owned()),
                (&["VpcId"], vpc.clone()),
                (&["Name", "Names"], NAME.to_owned()),
            ];
            self.named("elbv2", &members);
        }
    }

    pub(super) async fn parameter(&mut self, server: &Server) {
        let made = json!({"Name": NAME, "Value": "x", "Type": "String"});
        self.call(server, ("ssm", "PutParameter"), made).await;
        let arn = format!("arn:aws:ssm:{REGION}:{HOME}:parameter/{NAME}");
        let kind = (&["ResourceType"][..], "Parameter".to_owned());
        for name in [NAME.to_owned(), arn] {
            let names = (&["Name", "Names", "ResourceId"][..], name);
            self.named("ssm", &[names, kind.clone()]);
        }
    }

    pub(super) async fn certificate(&mut self, server: &Server) {
        let made = json!({"DomainName": "secret.example.test", "IdempotencyToken": "secret"});
        let made = self.call(server, ("acm", "RequestCertificate"), made).await;
        let made: Value = serde_json::from_str(&made).unwrap();
        let arn = made["CertificateArn"].as_str().unwrap().to_owned();
        self.remember(arn.rsplit('/').next().unwrap());
        self.named(
            "acm",
            &[
                (&["CertificateArn"], arn),
                (&["IdempotencyToken"], NAME.to_owned().replace('-', "_")),
            ],
        );
    }

    pub(super) async fn key(&mut self, server: &Server) {
        let made = self.call(server, ("kms", "CreateKey"), json!({})).await;
        let made: Value = serde_json::from_str(&made).unwrap();
        let text = |name: &str| made["KeyMetadata"][name].as_str().unwrap().to_owned();
        let (id, arn) = (text("KeyId"), text("Arn"));
        let alias = json!({"AliasName": format!("alias/{NAME}"), "TargetKeyId": id});
        self.call(server, ("kms", "CreateAlias"), alias).await;
        let grant = json!({
            "KeyId": id, "Operations": ["Encrypt"],
            "GranteePrincipal": format!("arn:aws:iam::{HOME}:root"),
        });
        let grant = self.call(server, ("kms", "CreateGrant"), grant).await;
        let grant: Value = serde_json::from_str(&grant).unwrap();
        let grant = grant["GrantId"].as_str().unwrap().to_owned();
        self.remember(&id);
        self.remember(&grant);
        self.kms_key.clone_from(&arn);
        let alias_arn = format!("arn:aws:kms:{REGION}:{HOME}:alias/{NAME}");
        for key in [id, arn, format!("alias/{NAME}"), alias_arn] {
            self.named(
                "kms",
                &[
                    (
                        &["KeyId", "TargetKeyId", "SourceKeyId", "DestinationKeyId"],
                        key,
                    ),
                    (&["AliasName"], format!("alias/{NAME}")),
                    (&["GrantId"], grant.clone()),
                ],
            );
        }
    }
}
