//! What operations on network interfaces are asked for.
//!
//! What another account lets the caller's use is asked for where it is. The permission is that account's word on it, which the
//! caller's own policies do not stand in for.

use serde_json::json;
use wharf_api_ec2::Input;
use wharf_base::Arn;
use wharf_records::Record as _;
use wharf_wire::{CallerKind, Check, Context, Fault};

use super::{
    Rows,
    attributes::{Attributes, Told},
    changes, known,
};
use crate::{
    interface_permissions::{Usable, Use, of_account},
    records::{Instance, Interface, SecurityGroup, Subnet, Vpc, arn},
};

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
            Input::CreateNetworkInterfacePermission(i) => {
                let at = self.checks.len();
                self.on::<Interface>(&i.network_interface_id).await?;
                let given = |text: &Option<String>| text.clone().filter(|it| !it.is_empty());
                let user = given(&i.aws_account_id).map(|it| root_of(&it));
                self.add_to(at, "ec2:AuthorizedUser", user);
                self.add_to(at, "ec2:AuthorizedService", given(&i.aws_service));
                self.add_to(at, "ec2:Permission", given(&i.permission));
            }
            Input::DeleteNetworkInterfacePermission(i) => {
                let id = i.network_interface_permission_id.as_ref();
                let has_it = |it: &Interface| it.permissions.iter().any(|it| Some(&it.id) == id);
                self.that(has_it).await?;
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

    /// A network interface that is used so: the account's own, or another's that lets it. One that is not there is refused by
    /// the operation.
    pub(super) async fn on_usable(&mut self, id: &str, to: Use) -> Result<Option<Usable>, Fault> {
        let found = self.service.find_usable(self.cx, id, to).await?;
        match &found {
            Some(Usable {
                stored,
                owner: Some(owner),
            }) => {
                let there = of_account(self.cx, Some(owner));
                self.on_granted(&there, &stored.record);
            }
            _ => self.on::<Interface>(&Some(id.to_owned())).await?,
        }
        Ok(found)
    }

    /// Where and among whom something comes to be with another account's interface.
    pub(super) async fn brought_by(&mut self, owner: &str, it: &Interface) -> Result<(), Fault> {
        let there = of_account(self.cx, Some(owner));
        let subnet = self.service.find::<Subnet>(&there, &it.subnet_id).await?;
        if let Some(subnet) = subnet {
            self.on_granted(&there, &subnet);
        }
        for group in &it.groups {
            let group = self.service.find::<SecurityGroup>(&there, group).await?;
            if let Some(group) = group {
                self.on_granted(&there, &group);
            }
        }
        Ok(())
    }

    fn on_granted<T: Attributes>(&mut self, there: &Context, it: &T) {
        let check = Check::new(self.action.clone(), arn(there, T::KIND, it.id()));
        let mut check = known(check, it, there);
        if let Some(vpc) = it.vpc() {
            check = check.with("ec2:Vpc", arn(there, Vpc::KIND, vpc));
        }
        let granted = granted(&self.cx.account, &self.action);
        self.push(check.with_resource_policy(Some(granted)));
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

/// All of an account.
fn root_of(account: &str) -> String {
    Arn::new("iam", "", account, "root").to_string()
}

/// What a permission says, as policies say it.
fn granted(account: &str, action: &str) -> String {
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "AWS": root_of(account) },
        "Action": action,
        "Resource": "*",
    });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}
