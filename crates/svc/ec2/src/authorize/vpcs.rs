//! What operations on VPCs and subnets are asked for.

use wharf_api_ec2::Input;
use wharf_records::Record as _;
use wharf_wire::Fault;

use super::{Rows, changes};
use crate::records::{Subnet, Vpc};

impl Rows<'_> {
    pub(super) async fn vpcs(&mut self, input: Input<'_>) -> Result<(), Fault> {
        match input {
            Input::CreateVpc(i) => self.new_one(Vpc::KIND, &i.tag_specifications),
            Input::DeleteVpc(i) => self.on::<Vpc>(&i.vpc_id).await?,
            Input::ModifyVpcAttribute(i) => {
                self.on_changed::<Vpc>(&i.vpc_id, changes::of_vpc(i))
                    .await?;
            }
            Input::ModifyVpcTenancy(i) => self.on::<Vpc>(&i.vpc_id).await?,
            Input::DescribeVpcAttribute(i) => self.on::<Vpc>(&i.vpc_id).await?,
            Input::AssociateVpcCidrBlock(i) => self.on::<Vpc>(&i.vpc_id).await?,
            Input::DisassociateVpcCidrBlock(i) => {
                let id = i.association_id.clone().unwrap_or_default();
                let is_it = |it: &Vpc| {
                    let more = it.more_cidrs.iter().map(|it| &it.id);
                    let more = more.chain(it.ipv6.iter().map(|it| &it.id));
                    more.chain([&it.association_id]).any(|it| *it == id)
                };
                self.that(is_it).await?;
            }
            Input::CreateSubnet(i) => {
                let mut more = self.in_vpc(&i.vpc_id);
                let zone = i.availability_zone.clone().filter(|it| !it.is_empty());
                more.extend(zone.map(|it| ("ec2:AvailabilityZone", it)));
                self.new_with(Subnet::KIND, &i.tag_specifications, more);
                self.on::<Vpc>(&i.vpc_id).await?;
            }
            Input::DeleteSubnet(i) => self.on::<Subnet>(&i.subnet_id).await?,
            Input::AssociateSubnetCidrBlock(i) => self.on::<Subnet>(&i.subnet_id).await?,
            Input::DisassociateSubnetCidrBlock(i) => {
                let id = i.association_id.as_ref();
                let is_it = |it: &Subnet| it.ipv6.as_ref().map(|it| &it.id) == id && id.is_some();
                self.that(is_it).await?;
            }
            Input::ModifySubnetAttribute(i) => {
                self.on_changed::<Subnet>(&i.subnet_id, changes::of_subnet(i))
                    .await?;
            }
            _ => {}
        }
        Ok(())
    }
}
