//! What operations on network interfaces are asked for.

use wharf_api_ec2::Input;
use wharf_records::Record as _;
use wharf_wire::{CallerKind, Fault};

use super::{Rows, attributes::Told, changes};
use crate::records::{Instance, Interface, Subnet, Vpc, arn};

impl Rows<'_> {
    pub(super) async fn interfaces(&mut self, input: Input<'_>) -> Result<(), Fault> {
        match input {
            Input::CreateNetworkInterface(i) => {
                let subnet = i.subnet_id.as_deref().filter(|it| !it.is_empty());
                let more = match subnet {
                    Some(id) => self.in_subnet(id).await?,
                    None => Vec::new(),
                };
                self.new_with(Interface::KIND, &i.tag_specifications, more);
                self.on::<Subnet>(&i.subnet_id).await?;
                self.on_groups(&i.groups).await?;
            }
            Input::DeleteNetworkInterface(i) => {
                self.on::<Interface>(&i.network_interface_id).await?;
            }
            Input::AttachNetworkInterface(i) => {
                self.on::<Interface>(&i.network_interface_id).await?;
                self.on::<Instance>(&i.instance_id).await?;
            }
            Input::DetachNetworkInterface(i) => {
                let id = i.attachment_id.as_ref();
                let of = |it: &Interface| it.attachment.as_ref().map(|it| it.id.clone());
                self.that(|it| id.is_some() && of(it).as_ref() == id)
                    .await?;
            }
            Input::AssignPrivateIpAddresses(i) => {
                self.on::<Interface>(&i.network_interface_id).await?;
            }
            Input::UnassignPrivateIpAddresses(i) => {
                self.on::<Interface>(&i.network_interface_id).await?;
            }
            Input::AssignIpv6Addresses(i) => {
                self.on::<Interface>(&i.network_interface_id).await?;
            }
            Input::UnassignIpv6Addresses(i) => {
                self.on::<Interface>(&i.network_interface_id).await?;
            }
            Input::ResetNetworkInterfaceAttribute(i) => {
                self.on::<Interface>(&i.network_interface_id).await?;
            }
            Input::ModifyNetworkInterfaceAttribute(i) => {
                // AWS's services give an interface its public address as they make it, by the right
                // to make it, for which no request has a member.
                let by_service = self.cx.caller.kind == CallerKind::Service;
                if by_service && i.associate_public_ip_address.is_some() {
                    self.action = "ec2:CreateNetworkInterface".to_owned();
                }
                let changes = changes::of_interface(i);
                self.on_changed::<Interface>(&i.network_interface_id, changes)
                    .await?;
                self.on_groups(&i.groups).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The VPC that something is made in, if the request names it.
    pub(super) fn in_vpc(&self, id: &Option<String>) -> Told {
        let id = id.as_deref().filter(|it| !it.is_empty());
        let vpc = id.map(|it| ("ec2:Vpc", arn(self.cx, Vpc::KIND, it)));
        vpc.into_iter().collect()
    }

    /// Where an interface is about to be: a subnet, its VPC and its zone.
    pub(super) async fn in_subnet(&self, id: &str) -> Result<Told, Fault> {
        let mut told = vec![("ec2:Subnet", arn(self.cx, Subnet::KIND, id))];
        if let Some(subnet) = self.service.find::<Subnet>(self.cx, id).await? {
            told.push(("ec2:Vpc", arn(self.cx, Vpc::KIND, &subnet.vpc_id)));
            told.push(("ec2:AvailabilityZone", subnet.zone));
        }
        Ok(told)
    }
}
