//! The network interface of launch templates.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Interface {
    pub device_index: Option<i32>,
    pub network_interface_id: Option<String>,
    pub subnet_id: Option<String>,
    pub groups: Vec<String>,
    pub private_ip_address: Option<String>,
    /// Named one by one, each with whether it is the primary one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<(String, bool)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_count: Option<i32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ipv6: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_count: Option<i32>,
    pub description: Option<String>,
    pub delete_on_termination: Option<bool>,
    pub associate_public_ip_address: Option<bool>,
}

pub(super) fn interface(
    given: wire::LaunchTemplateInstanceNetworkInterfaceSpecificationRequest,
) -> Interface {
    Interface {
        device_index: given.device_index,
        network_interface_id: given.network_interface_id,
        subnet_id: given.subnet_id,
        groups: given.groups.unwrap_or_default(),
        private_ip_address: given.private_ip_address,
        addresses: named(given.private_ip_addresses),
        secondary_count: given.secondary_private_ip_address_count,
        ipv6: ipv6(given.ipv6_addresses, |it| it.ipv6_address),
        ipv6_count: given.ipv6_address_count,
        description: given.description,
        delete_on_termination: given.delete_on_termination,
        associate_public_ip_address: given.associate_public_ip_address,
    }
}

impl Interface {
    pub(super) fn of_request(given: &wire::InstanceNetworkInterfaceSpecification) -> Self {
        let given = given.clone();
        Self {
            device_index: given.device_index,
            network_interface_id: given.network_interface_id,
            subnet_id: given.subnet_id,
            groups: given.groups.unwrap_or_default(),
            private_ip_address: given.private_ip_address,
            addresses: named(given.private_ip_addresses),
            secondary_count: given.secondary_private_ip_address_count,
            ipv6: ipv6(given.ipv6_addresses, |it| it.ipv6_address),
            ipv6_count: given.ipv6_address_count,
            description: given.description,
            delete_on_termination: given.delete_on_termination,
            associate_public_ip_address: given.associate_public_ip_address,
        }
    }

    /// Ids, and the addresses.
    pub(super) fn ids(&self) -> impl Iterator<Item = &String> {
        let one = [
            &self.network_interface_id,
            &self.subnet_id,
            &self.private_ip_address,
        ];
        let named = self.addresses.iter().map(|(address, _)| address);
        let named = named.chain(&self.ipv6);
        one.into_iter().flatten().chain(&self.groups).chain(named)
    }

    /// The IPv6 addresses that are named.
    pub(super) fn specified_ipv6(&self) -> Option<Vec<wire::InstanceIpv6Address>> {
        let all = self.ipv6.iter().map(|it| wire::InstanceIpv6Address {
            ipv6_address: Some(it.clone()),
            is_primary_ipv6: None,
        });
        (!self.ipv6.is_empty()).then(|| all.collect())
    }

    /// The addresses that are named one by one.
    pub(super) fn specified(&self) -> Option<Vec<wire::PrivateIpAddressSpecification>> {
        let all =
            self.addresses
                .iter()
                .map(|(address, primary)| wire::PrivateIpAddressSpecification {
                    primary: Some(*primary),
                    private_ip_address: Some(address.clone()),
                });
        (!self.addresses.is_empty()).then(|| all.collect())
    }

    pub(super) fn to_wire(&self) -> wire::LaunchTemplateInstanceNetworkInterfaceSpecification {
        wire::LaunchTemplateInstanceNetworkInterfaceSpecification {
            device_index: self.device_index,
            network_interface_id: self.network_interface_id.clone(),
            subnet_id: self.subnet_id.clone(),
            groups: (!self.groups.is_empty()).then(|| self.groups.clone()),
            private_ip_address: self.private_ip_address.clone(),
            private_ip_addresses: self.specified(),
            secondary_private_ip_address_count: self.secondary_count,
            ipv6_addresses: self.specified_ipv6(),
            ipv6_address_count: self.ipv6_count,
            description: self.description.clone(),
            delete_on_termination: self.delete_on_termination,
            associate_public_ip_address: self.associate_public_ip_address,
            ..wire::LaunchTemplateInstanceNetworkInterfaceSpecification::default()
        }
    }
}

fn ipv6<T>(given: Option<Vec<T>>, address: fn(T) -> Option<String>) -> Vec<String> {
    let all = given.into_iter().flatten();
    all.map(|it| address(it).unwrap_or_default()).collect()
}

fn named(given: Option<Vec<wire::PrivateIpAddressSpecification>>) -> Vec<(String, bool)> {
    let all = given.into_iter().flatten().map(|it| {
        let address = it.private_ip_address.unwrap_or_default();
        (address, it.primary == Some(true))
    });
    all.collect()
}
