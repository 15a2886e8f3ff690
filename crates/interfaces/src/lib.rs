//! Network interfaces that services have on hosts, through EC2.
//!
//! Each call may be repeated, since a server may end between one and writing down what came of it: a token makes one interface,
//! what is attached stays attached, and what is gone is gone.

#![forbid(unsafe_code)]

use std::net::{Ipv4Addr, Ipv6Addr};

use wharf_api_ec2::{
    AssignIpv6AddressesRequest, AttachNetworkInterfaceRequest, CreateNetworkInterfaceRequest,
    DeleteNetworkInterfaceRequest, DescribeNetworkInterfacesRequest, DetachNetworkInterfaceRequest,
    Ec2, ModifyNetworkInterfaceAttributeRequest, NetworkInterface, UnassignIpv6AddressesRequest,
};
use wharf_wire::{Call, Fault};

/// EC2, asked in the name of a service.
pub struct Interfaces<'a> {
    pub ec2: &'a dyn Ec2,
    pub call: &'a Call,
}

/// One that was made, or found again by its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub id: String,
    pub address: Ipv4Addr,
    pub groups: Vec<String>,
}

impl Interfaces<'_> {
    /// # Errors
    /// EC2's, or it has no address.
    pub async fn create(&self, request: CreateNetworkInterfaceRequest) -> Result<Made, Fault> {
        let made = self.ec2.create_network_interface(self.call, request);
        let made = made.await?.network_interface.unwrap_or_default();
        let address = made.private_ip_address.as_deref().unwrap_or_default();
        let groups = made.groups.unwrap_or_default().into_iter();
        Ok(Made {
            address: address.parse().map_err(|_| {
                Fault::sender("InvalidAddress", 500, "the interface has no IPv4 address")
            })?,
            id: made.network_interface_id.unwrap_or_default(),
            groups: groups.filter_map(|it| it.group_id).collect(),
        })
    }

    /// Attaches it to a host; EC2's id of the attachment.
    ///
    /// # Errors
    /// EC2's, unless it is attached there already.
    pub async fn attach(&self, interface: &str, host: &str) -> Result<Option<String>, Fault> {
        let request = AttachNetworkInterfaceRequest {
            network_interface_id: Some(interface.to_owned()),
            instance_id: Some(host.to_owned()),
            device_index: Some(1),
            ..Default::default()
        };
        match self.ec2.attach_network_interface(self.call, request).await {
            Ok(result) => Ok(result.attachment_id),
            // A server before this one did, and ended before it could write that down.
            Err(refused) => match self.attachment(interface).await? {
                Some((instance, id)) if instance == host => Ok(id),
                _ => Err(refused),
            },
        }
    }

    /// The instance it is attached to, with the attachment's id.
    ///
    /// # Errors
    /// EC2's; one that is gone is attached nowhere.
    pub async fn attachment(
        &self,
        interface: &str,
    ) -> Result<Option<(String, Option<String>)>, Fault> {
        let found = self.find(interface).await?;
        let attachment = found.and_then(|it| it.attachment);
        Ok(attachment.and_then(|it| Some((it.instance_id?, it.attachment_id))))
    }

    async fn find(&self, interface: &str) -> Result<Option<NetworkInterface>, Fault> {
        let request = DescribeNetworkInterfacesRequest {
            network_interface_ids: Some(vec![interface.to_owned()]),
            ..Default::default()
        };
        let found = self.ec2.describe_network_interfaces(self.call, request);
        let found = there(found.await)?.and_then(|it| it.network_interfaces);
        Ok(found.into_iter().flatten().next())
    }

    /// Gives the interface an IPv6 address if it has none, or takes all of them away; the one that it has then.
    ///
    /// # Errors
    /// EC2's: its subnet has no range, for one. One that is gone has none.
    pub async fn set_ipv6(&self, interface: &str, wanted: bool) -> Result<Option<Ipv6Addr>, Fault> {
        let found = self.find(interface).await?;
        let has = found.and_then(|it| it.ipv6_addresses).unwrap_or_default();
        let has: Vec<String> = has.into_iter().filter_map(|it| it.ipv6_address).collect();
        let first = |all: &[String]| all.first().and_then(|it| it.parse().ok());
        match (wanted, has.is_empty()) {
            (true, false) => Ok(first(&has)),
            (true, true) => {
                let request = AssignIpv6AddressesRequest {
                    network_interface_id: Some(interface.to_owned()),
                    ipv6_address_count: Some(1),
                    ..Default::default()
                };
                let given = self.ec2.assign_ipv6_addresses(self.call, request).await?;
                Ok(first(&given.assigned_ipv6_addresses.unwrap_or_default()))
            }
            (false, true) => Ok(None),
            (false, false) => {
                let request = UnassignIpv6AddressesRequest {
                    network_interface_id: Some(interface.to_owned()),
                    ipv6_addresses: Some(has),
                    ..Default::default()
                };
                there(self.ec2.unassign_ipv6_addresses(self.call, request).await)?;
                Ok(None)
            }
        }
    }

    /// # Errors
    /// EC2's.
    pub async fn set_groups(&self, interface: &str, groups: &[String]) -> Result<(), Fault> {
        let request = ModifyNetworkInterfaceAttributeRequest {
            network_interface_id: Some(interface.to_owned()),
            groups: Some(groups.to_vec()),
            ..Default::default()
        };
        let changed = self
            .ec2
            .modify_network_interface_attribute(self.call, request);
        changed.await.map(drop)
    }

    /// Detaches it, if it is attached, and deletes it.
    ///
    /// # Errors
    /// EC2's; one that is gone is none.
    pub async fn delete(&self, interface: &str, attachment: Option<&str>) -> Result<(), Fault> {
        if let Some(id) = attachment {
            let request = DetachNetworkInterfaceRequest {
                attachment_id: Some(id.to_owned()),
                force: Some(true),
                ..Default::default()
            };
            there(self.ec2.detach_network_interface(self.call, request).await)?;
        }
        let request = DeleteNetworkInterfaceRequest {
            network_interface_id: Some(interface.to_owned()),
            ..Default::default()
        };
        there(self.ec2.delete_network_interface(self.call, request).await).map(drop)
    }
}

/// `None` of what is not there.
fn there<T>(answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match answer {
        Err(fault) if fault.code.ends_with(".NotFound") => Ok(None),
        answer => answer.map(Some),
    }
}
