//! VPCs and what is in them, made through EC2's own operations.

use std::collections::BTreeMap;

use wharf_api_ec2::{Ec2 as _, types::*};

use wharf_wire::Call;

use crate::{World, call, call_of_service};

/// A VPC with its subnets by the letter of their zone, and its default security group.
#[derive(Debug, Clone)]
pub struct Network {
    pub vpc: String,
    pub subnets: BTreeMap<char, String>,
    pub group: String,
}

impl Network {
    /// The subnet in a zone.
    ///
    /// # Panics
    /// If there is none.
    pub fn subnet(&self, zone: char) -> String {
        self.subnets[&zone].clone()
    }

    /// The ids of the subnets in some zones.
    pub fn subnets_in(&self, zones: &str) -> Vec<String> {
        zones.chars().map(|zone| self.subnet(zone)).collect()
    }
}

impl World {
    /// The default VPC.
    pub async fn network(&self) -> Network {
        self.network_as(&call()).await
    }

    /// The default VPC of a call's account and region.
    pub async fn network_as(&self, call: &Call) -> Network {
        let found = self.ec2.describe_vpcs(call, Default::default()).await;
        let all = found.expect("VPCs are described").vpcs.unwrap_or_default();
        let default = all.into_iter().find(|it| it.is_default == Some(true));
        let vpc = default.and_then(|it| it.vpc_id).expect("a default VPC");
        self.network_of(call, vpc).await
    }

    /// Another VPC with subnets: the letter of the zone, and the range, of each.
    pub async fn another_network(&self, cidr: &str, subnets: &[(char, &str)]) -> Network {
        let input = CreateVpcRequest {
            cidr_block: Some(cidr.to_owned()),
            ..Default::default()
        };
        let made = self.ec2.create_vpc(&call(), input).await;
        let vpc = made.expect("a VPC").vpc.and_then(|it| it.vpc_id);
        let vpc = vpc.expect("a VPC has an id");
        for (zone, cidr) in subnets {
            let input = CreateSubnetRequest {
                vpc_id: Some(vpc.clone()),
                cidr_block: Some((*cidr).to_owned()),
                availability_zone: Some(format!("{}{zone}", crate::REGION)),
                ..Default::default()
            };
            self.ec2
                .create_subnet(&call(), input)
                .await
                .expect("a subnet");
        }
        self.network_of(&call(), vpc).await
    }

    async fn network_of(&self, call: &Call, vpc: String) -> Network {
        let of_vpc = || {
            Some(vec![Filter {
                name: Some("vpc-id".to_owned()),
                values: Some(vec![vpc.clone()]),
            }])
        };
        let input = DescribeSubnetsRequest {
            filters: of_vpc(),
            ..Default::default()
        };
        let found = self.ec2.describe_subnets(call, input).await;
        let subnets = found.expect("subnets").subnets.unwrap_or_default();
        let by_zone = |it: Subnet| Some((it.availability_zone?.chars().last()?, it.subnet_id?));
        let input = DescribeSecurityGroupsRequest {
            filters: of_vpc(),
            ..Default::default()
        };
        let found = self.ec2.describe_security_groups(call, input).await;
        let groups = found.expect("groups").security_groups.unwrap_or_default();
        let default = groups
            .into_iter()
            .find(|it| it.group_name.as_deref() == Some("default"));
        Network {
            subnets: subnets.into_iter().filter_map(by_zone).collect(),
            group: default.and_then(|it| it.group_id).expect("a default group"),
            vpc,
        }
    }

    /// A security group that lets nothing in.
    pub async fn security_group(&self, vpc: &str, name: &str) -> String {
        let input = CreateSecurityGroupRequest {
            group_name: Some(name.to_owned()),
            description: Some("a test".to_owned()),
            vpc_id: Some(vpc.to_owned()),
            ..Default::default()
        };
        let made = self.ec2.create_security_group(&call(), input).await;
        made.expect("a group").group_id.expect("a group has an id")
    }

    /// An interface that a service made, or a user without `principal`.
    pub async fn interface(
        &self,
        subnet: &str,
        description: &str,
        principal: Option<&str>,
    ) -> String {
        let input = CreateNetworkInterfaceRequest {
            subnet_id: Some(subnet.to_owned()),
            description: Some(description.to_owned()),
            ..Default::default()
        };
        let call = principal.map_or_else(call, call_of_service);
        let made = self.ec2.create_network_interface(&call, input).await;
        let made = made.expect("an interface").network_interface;
        made.and_then(|it| it.network_interface_id)
            .expect("an interface has an id")
    }

    /// Deletes an interface in the name of who made it.
    pub async fn delete_interface(&self, id: &str, principal: Option<&str>) {
        let input = DeleteNetworkInterfaceRequest {
            network_interface_id: Some(id.to_owned()),
            ..Default::default()
        };
        let call = principal.map_or_else(call, call_of_service);
        let deleted = self.ec2.delete_network_interface(&call, input).await;
        deleted.expect("the interface goes");
    }

    /// All interfaces of the account and region.
    pub async fn interfaces(&self) -> Vec<NetworkInterface> {
        self.interfaces_as(&call()).await
    }

    /// The same as a caller is told of them.
    pub async fn interfaces_as(&self, call: &Call) -> Vec<NetworkInterface> {
        let input = DescribeNetworkInterfacesRequest::default();
        let found = self.ec2.describe_network_interfaces(call, input).await;
        let found = found.expect("interfaces are described");
        found.network_interfaces.unwrap_or_default()
    }
}
