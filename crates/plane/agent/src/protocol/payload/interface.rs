//! A task's network interface.

use serde::{Deserialize, Serialize};

use super::super::nullable;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkInterface {
    #[serde(deserialize_with = "nullable")]
    pub ec2_id: String,
    /// Not in the published protocol: told by control planes whose nodes serve several VPCs.
    #[serde(deserialize_with = "nullable")]
    pub vpc_id: String,
    #[serde(deserialize_with = "nullable")]
    pub mac_address: String,
    #[serde(deserialize_with = "nullable")]
    pub attachment_arn: String,
    #[serde(deserialize_with = "nullable")]
    pub index: i64,
    #[serde(deserialize_with = "nullable")]
    pub ipv4_addresses: Vec<Ipv4Address>,
    /// `10.0.0.1/24`: the gateway and, by its prefix length, the subnet.
    #[serde(deserialize_with = "nullable")]
    pub subnet_gateway_ipv4_address: String,
    #[serde(deserialize_with = "nullable")]
    pub ipv6_addresses: Vec<Ipv6Address>,
    /// `fd12:3456:789a:bc01::1/64`, where it has such addresses.
    #[serde(deserialize_with = "nullable")]
    pub subnet_gateway_ipv6_address: String,
    #[serde(deserialize_with = "nullable")]
    pub private_dns_name: String,
    #[serde(deserialize_with = "nullable")]
    pub domain_name: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub domain_name_servers: Vec<String>,
}

impl NetworkInterface {
    /// The primary address, else the first.
    pub fn address(&self) -> Option<&str> {
        self.ipv4_addresses
            .iter()
            .find(|a| a.primary)
            .or_else(|| self.ipv4_addresses.first())
            .map(|a| a.private_address.as_str())
    }

    /// Whom its task asks for names: the VPC's own name service, unless told otherwise.
    pub fn name_servers(&self) -> Vec<String> {
        match self.domain_name_servers.as_slice() {
            [] => vec![wharf_network::RESOLVER.to_string()],
            told => told.to_vec(),
        }
    }

    /// The domains in which its task seeks short names: that of its own name, unless told otherwise.
    pub fn search_domains(&self) -> Vec<String> {
        let own = || self.private_dns_name.split_once('.');
        match self.domain_name.as_slice() {
            [] => own()
                .map(|(_, domain)| domain.to_owned())
                .into_iter()
                .collect(),
            told => told.to_vec(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Ipv4Address {
    #[serde(deserialize_with = "nullable")]
    pub primary: bool,
    #[serde(deserialize_with = "nullable")]
    pub private_address: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Ipv6Address {
    #[serde(deserialize_with = "nullable")]
    pub primary: bool,
    #[serde(deserialize_with = "nullable")]
    pub address: String,
}
