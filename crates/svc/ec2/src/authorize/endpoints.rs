//! VPC endpoints: with what they are made of, as AWS asks.

use wharf_api_ec2::Input;
use wharf_records::Record as _;
use wharf_wire::Fault;

use super::{Rows, attributes::Attributes};
use crate::{
    endpoints::VpcEndpoint,
    records::{RouteTable, SecurityGroup, Subnet, Vpc},
};

impl Rows<'_> {
    pub(super) async fn endpoints(&mut self, input: Input<'_>) -> Result<(), Fault> {
        match input {
            Input::CreateVpcEndpoint(i) => {
                let before = self.checks.len();
                self.new_one(VpcEndpoint::KIND, &i.tag_specifications);
                if let Some(name) = i.service_name.as_deref() {
                    let check = self.checks[before].clone();
                    self.checks[before] = check.with("ec2:VpceServiceName", name);
                }
                self.on::<Vpc>(&i.vpc_id).await?;
                self.on_each::<RouteTable>(&i.route_table_ids).await?;
                self.on_each::<Subnet>(&i.subnet_ids).await?;
                self.on_each::<SecurityGroup>(&i.security_group_ids).await?;
            }
            Input::ModifyVpcEndpoint(i) => {
                self.on::<VpcEndpoint>(&i.vpc_endpoint_id).await?;
                self.on_each::<RouteTable>(&i.add_route_table_ids).await?;
                self.on_each::<RouteTable>(&i.remove_route_table_ids)
                    .await?;
                self.on_each::<Subnet>(&i.add_subnet_ids).await?;
                self.on_each::<Subnet>(&i.remove_subnet_ids).await?;
                self.on_each::<SecurityGroup>(&i.add_security_group_ids)
                    .await?;
                self.on_each::<SecurityGroup>(&i.remove_security_group_ids)
                    .await?;
            }
            Input::DeleteVpcEndpoints(i) => {
                self.on_each::<VpcEndpoint>(&i.vpc_endpoint_ids).await?
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) async fn on_each<T: Attributes>(
        &mut self,
        ids: &Option<Vec<String>>,
    ) -> Result<(), Fault> {
        for id in ids.iter().flatten() {
            self.on::<T>(&Some(id.clone())).await?;
        }
        Ok(())
    }
}
