//! What operations on network interfaces are asked for.

use wharf_api_ec2::Input;
use wharf_records::Record as _;
use wharf_wire::{CallerKind, Fault};

use super::Rows;
use crate::records::{Instance, Interface, Subnet};

impl Rows<'_> {
    pub(super) async fn interfaces(&mut self, input: Input<'_>) -> Result<(), Fault> {
        match input {
            Input::CreateNetworkInterface(i) => {
                self.new_one(Interface::KIND, &i.tag_specifications);
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
                self.on::<Interface>(&i.network_interface_id).await?;
                self.on_groups(&i.groups).await?;
            }
            _ => {}
        }
        Ok(())
    }
}
