//! EC2's network half: VPCs, subnets, security groups and network interfaces as records.
//!
//! Every account has in every region a default VPC, made when it is first looked at. An address of
//! a subnet belongs to one interface at a time: its key exists from the transaction that makes the
//! interface to the one that deletes it, so no address is ever handed out twice.

mod address;
mod authorize;
mod default_vpc;
mod fault;
mod filter;
mod ops;
mod page;
mod records;
mod zone;

use wharf_api_ec2::{Ec2, Input, types as wire};
use wharf_records::{Record, Scope};
use wharf_store::{Range, Store};
use wharf_wire::{Call, Check, Context, Fault, async_trait};

pub use address::Cidr;

/// The service over the store it keeps its records in.
#[derive(Clone)]
pub struct Ec2Service {
    store: Store,
}

impl Ec2Service {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    fn scope(cx: &Context) -> Scope {
        Scope::new("ec2", &cx.account, &cx.region)
    }

    /// One record; `None` if there is none of that id.
    async fn find<T: Record>(&self, cx: &Context, id: &str) -> Result<Option<T>, Fault> {
        let key = Self::scope(cx).key(T::KIND, id);
        let entry = self.store.get(&key).await.map_err(fault::store)?;
        entry
            .map(|entry| wharf_records::decode(&entry.value).map_err(fault::record))
            .transpose()
    }

    /// All records of a kind, in the order of their ids.
    async fn all<T: Record>(&self, cx: &Context) -> Result<Vec<T>, Fault> {
        let prefix = Self::scope(cx).prefix(T::KIND);
        let reply = self
            .store
            .range(Range::prefix(prefix))
            .await
            .map_err(fault::store)?;
        reply
            .entries
            .iter()
            .map(|entry| wharf_records::decode(&entry.value).map_err(fault::record))
            .collect()
    }
}

#[async_trait]
impl Ec2 for Ec2Service {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        Ok(authorize::checks(cx, input))
    }

    async fn describe_availability_zones(
        &self,
        call: &Call,
        input: wire::DescribeAvailabilityZonesRequest,
    ) -> Result<wire::DescribeAvailabilityZonesResult, Fault> {
        ops::describe_zones::zones(call, input)
    }

    async fn describe_regions(
        &self,
        call: &Call,
        input: wire::DescribeRegionsRequest,
    ) -> Result<wire::DescribeRegionsResult, Fault> {
        ops::describe_zones::regions(call, input)
    }

    async fn describe_vpcs(
        &self,
        call: &Call,
        input: wire::DescribeVpcsRequest,
    ) -> Result<wire::DescribeVpcsResult, Fault> {
        ops::describe_vpcs::describe_vpcs(self, call, input).await
    }

    async fn describe_subnets(
        &self,
        call: &Call,
        input: wire::DescribeSubnetsRequest,
    ) -> Result<wire::DescribeSubnetsResult, Fault> {
        ops::describe_subnets::describe_subnets(self, call, input).await
    }

    async fn describe_security_groups(
        &self,
        call: &Call,
        input: wire::DescribeSecurityGroupsRequest,
    ) -> Result<wire::DescribeSecurityGroupsResult, Fault> {
        ops::describe_security_groups::describe_security_groups(self, call, input).await
    }

    async fn create_network_interface(
        &self,
        call: &Call,
        input: wire::CreateNetworkInterfaceRequest,
    ) -> Result<wire::CreateNetworkInterfaceResult, Fault> {
        ops::create_network_interface::create_network_interface(self, call, input).await
    }

    async fn delete_network_interface(
        &self,
        call: &Call,
        input: wire::DeleteNetworkInterfaceRequest,
    ) -> Result<(), Fault> {
        ops::delete_network_interface::delete_network_interface(self, call, input).await
    }

    async fn describe_network_interfaces(
        &self,
        call: &Call,
        input: wire::DescribeNetworkInterfacesRequest,
    ) -> Result<wire::DescribeNetworkInterfacesResult, Fault> {
        ops::describe_network_interfaces::describe_network_interfaces(self, call, input).await
    }
}
