//! What it has of networks and machines beside the default VPC.

use serde_json::json;

use super::{Estate, HOME, NAME, SERVED, element};
use crate::routes::Server;

const ZONE: &str = "us-east-1a";

impl Estate {
    pub(super) async fn more_of_networks(&mut self, server: &Server, subnet: &str) {
        let vpc = self.values("ec2")[0]["VpcId"].clone();
        let launch =
            json!({"LaunchTemplateName": NAME, "LaunchTemplateData": {"InstanceType": "t3.small"}});
        let options = json!([{"Key": "domain-name", "Values": ["secret.test"]}]);
        let list = json!({"PrefixListName": NAME, "MaxEntries": 1, "AddressFamily": "IPv4"});
        let endpoint = json!({"VpcId": vpc, "ServiceName": "com.amazonaws.us-east-1.s3", "VpcEndpointType": "Gateway"});
        let second = json!({"CidrBlock": "10.77.0.0/16"});
        let second = self.call(server, ("ec2", "CreateVpc"), second).await;
        let second = element(&second, "vpcId");
        self.remember(&second);
        let peering = json!({"VpcId": vpc, "PeerVpcId": second});
        let volume = json!({"AvailabilityZone": ZONE, "Size": 1, "ClientToken": NAME});
        let mut members: Vec<(&[&'static str], String)> = Vec::new();
        let kinds: [(&str, serde_json::Value, &str, &[&'static str]); 11] = [
            (
                "CreateKeyPair",
                json!({"KeyName": NAME, "KeyType": "ed25519"}),
                "keyPairId",
                &["KeyPairId", "KeyPairIds"],
            ),
            (
                "CreateLaunchTemplate",
                launch,
                "launchTemplateId",
                &["LaunchTemplateId", "LaunchTemplateIds"],
            ),
            (
                "AllocateAddress",
                json!({}),
                "allocationId",
                &["AllocationId", "AllocationIds"],
            ),
            (
                "CreateDhcpOptions",
                json!({"DhcpConfigurations": options}),
                "dhcpOptionsId",
                &["DhcpOptionsId", "DhcpOptionsIds"],
            ),
            (
                "CreateManagedPrefixList",
                list,
                "prefixListId",
                &["PrefixListId", "PrefixListIds"],
            ),
            (
                "CreateVpcEndpoint",
                endpoint,
                "vpcEndpointId",
                &["VpcEndpointId", "VpcEndpointIds"],
            ),
            (
                "CreateNetworkAcl",
                json!({"VpcId": vpc}),
                "networkAclId",
                &["NetworkAclId", "NetworkAclIds"],
            ),
            (
                "CreateEgressOnlyInternetGateway",
                json!({"VpcId": vpc}),
                "egressOnlyInternetGatewayId",
                &[
                    "EgressOnlyInternetGatewayId",
                    "EgressOnlyInternetGatewayIds",
                ],
            ),
            (
                "CreateVpcPeeringConnection",
                peering,
                "vpcPeeringConnectionId",
                &["VpcPeeringConnectionId", "VpcPeeringConnectionIds"],
            ),
            (
                "CreateVolume",
                volume,
                "volumeId",
                &["VolumeId", "VolumeIds"],
            ),
            (
                "CreatePlacementGroup",
                json!({"GroupName": NAME}),
                "groupId",
                &["PlacementGroupId", "GroupIds"],
            ),
        ];
        for (operation, input, id, names) in kinds {
            let made = self.call(server, ("ec2", operation), input).await;
            let found = element(&made, id);
            self.remember(&found);
            members.push((names, found));
            if operation == "AllocateAddress" {
                let address = element(&made, "publicIp");
                // One of the same pool that nobody has.
                let (pool, _) = address.rsplit_once('.').unwrap_or(("198.51.100", ""));
                self.absent.push((address.clone(), format!("{pool}.250")));
                members.push((&["PublicIp", "PublicIps"], address));
            }
        }
        let allocation = members.iter().find(|it| it.0.contains(&"AllocationId"));
        let allocation = allocation.map(|it| it.1.clone());
        let gateway = json!({"SubnetId": subnet, "AllocationId": allocation, "ClientToken": NAME});
        let gateway = self.call(server, ("ec2", "CreateNatGateway"), gateway);
        let gateway = element(&gateway.await, "natGatewayId");
        self.remember(&gateway);
        members.push((&["NatGatewayId", "NatGatewayIds"], gateway));
        let group = self.values("ec2")[0]["GroupId"].clone();
        let open = json!({"GroupId": group, "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]});
        let opened = self.call(server, ("ec2", "AuthorizeSecurityGroupIngress"), open);
        let rule = element(&opened.await, "securityGroupRuleId");
        self.remember(&rule);
        members.push((&["SecurityGroupRuleId", "SecurityGroupRuleIds"], rule));
        let role = format!("arn:aws:iam::{HOME}:role/{SERVED}");
        let flow = json!({
            "ResourceIds": [vpc], "ResourceType": "VPC", "TrafficType": "ALL", "LogGroupName": NAME,
            "DeliverLogsPermissionArn": role,
        });
        let flow = self.call(server, ("ec2", "CreateFlowLogs"), flow).await;
        let flow = element(&flow, "item");
        self.remember(&flow);
        members.push((&["FlowLogIds"], flow));
        let (balancer, service) = self.endpoint_service.clone();
        let names: &[&str] = &[
            "NetworkLoadBalancerArns",
            "AddNetworkLoadBalancerArns",
            "RemoveNetworkLoadBalancerArns",
        ];
        members.push((names, balancer));
        let offered = json!({"ServiceNames": [format!("com.amazonaws.vpce.us-east-1.{service}")]});
        self.besides("ec2", "DescribeVpcEndpointServices", offered);
        members.push((&["ServiceId", "ServiceIds"], service));
        let names: &[&str] = &[
            "KeyName",
            "KeyNames",
            "LaunchTemplateName",
            "LaunchTemplateNames",
            "GroupName",
            "GroupNames",
            "Name",
        ];
        members.push((names, NAME.to_owned()));
        members.push((&["KmsKeyId"], self.kms_key.clone()));
        members.push((&["SubnetId"], subnet.to_owned()));
        self.named("ec2", &members);
        let template = members.iter().find(|it| it.0.contains(&"LaunchTemplateId"));
        let template = template.map(|it| it.1.clone()).unwrap_or_default();
        let group = json!({
            "AutoScalingGroupName": "launched", "MinSize": 0, "MaxSize": 0, "AvailabilityZones": [ZONE],
            "LaunchTemplate": {"LaunchTemplateId": template},
        });
        self.besides("autoscaling", "CreateAutoScalingGroup", group);
        let run =
            json!({"LaunchTemplate": {"LaunchTemplateId": template}, "MinCount": 1, "MaxCount": 1});
        self.besides("ec2", "RunInstances", run);
        let run = json!({"ImageId": "ami-0123456789abcdef0", "SubnetId": subnet, "MinCount": 1, "MaxCount": 1});
        self.besides("ec2", "RunInstances", run);
        let rule = json!({"GroupId": self.values("ec2")[0]["GroupId"], "IpPermissions": [{"IpProtocol": "-1"}]});
        self.besides("ec2", "AuthorizeSecurityGroupIngress", rule);
    }
}
