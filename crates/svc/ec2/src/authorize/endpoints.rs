//! VPC endpoints: with what they are made of, as AWS asks.

use wharf_api_ec2::Input;
use wharf_records::Record as _;
use wharf_wire::Fault;

use super::{
    Rows,
    attributes::{AMAZON, Attributes, PRIVATE_NAME, SERVICE_NAME, SERVICE_OWNER},
};
use crate::{
    endpoint_services::{self, EndpointService},
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
                    let owner = self.owner_of(name).await?;
                    let check = self.checks[before].clone().with(SERVICE_NAME, name);
                    self.checks[before] = check.with(SERVICE_OWNER, owner);
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
            Input::CreateVpcEndpointServiceConfiguration(i) => {
                let name = named(&i.private_dns_name).map(|it| (PRIVATE_NAME, it));
                let told = name.into_iter().collect();
                self.new_with(EndpointService::KIND, &i.tag_specifications, told);
            }
            Input::ModifyVpcEndpointServiceConfiguration(i) => {
                let at = self.checks.len();
                self.on::<EndpointService>(&i.service_id).await?;
                // Where none is given, the one that it has says whose service that is.
                let name = match named(&i.private_dns_name) {
                    Some(name) => Some(name),
                    None => self.private_name_of(&i.service_id).await?,
                };
                self.add_to(at, PRIVATE_NAME, name);
            }
            Input::DeleteVpcEndpointServiceConfigurations(i) => {
                self.on_each::<EndpointService>(&i.service_ids).await?;
            }
            Input::DescribeVpcEndpointServicePermissions(i) => {
                self.on::<EndpointService>(&i.service_id).await?;
            }
            Input::ModifyVpcEndpointServicePermissions(i) => {
                self.on::<EndpointService>(&i.service_id).await?;
            }
            Input::StartVpcEndpointServicePrivateDnsVerification(i) => {
                self.on::<EndpointService>(&i.service_id).await?;
            }
            Input::AcceptVpcEndpointConnections(i) => {
                self.on::<EndpointService>(&i.service_id).await?;
            }
            Input::RejectVpcEndpointConnections(i) => {
                self.on::<EndpointService>(&i.service_id).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The account of a service. What the caller may not know of is AWS's, as what is not there.
    async fn owner_of(&self, service: &str) -> Result<String, Fault> {
        let region = &self.cx.region;
        let found = match endpoint_services::id_in(service, region) {
            Some(id) => self.service.admitting_service(self.cx, id).await?,
            None => None,
        };
        Ok(found.map_or_else(|| AMAZON.to_owned(), |(account, _)| account))
    }

    async fn private_name_of(&self, service: &Option<String>) -> Result<Option<String>, Fault> {
        let Some(id) = service.as_deref() else {
            return Ok(None);
        };
        let found = self.service.find::<EndpointService>(self.cx, id).await?;
        Ok(found.and_then(|it| it.private_name).map(|it| it.name))
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

/// A private name that a request gives, as it would be kept.
fn named(given: &Option<String>) -> Option<String> {
    let given = given.as_deref().filter(|it| !it.is_empty())?;
    Some(given.to_ascii_lowercase())
}
