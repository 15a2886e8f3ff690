//! CreateVpc, CreateDefaultVpc and DeleteVpc.

use wharf_api_ec2::types::{
    CreateDefaultVpcRequest, CreateDefaultVpcResult, CreateVpcRequest, CreateVpcResult,
    DeleteVpcRequest,
};
use wharf_base::Cidr4;
use wharf_records::Record;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Context, Fault};

use super::security_groups::default_vpc_of;
use crate::{
    Ec2Service,
    default_vpc::{POINTER, default_vpc},
    endpoints::VpcEndpoint,
    fault,
    ops::dhcp_options::NONE as NO_DHCP_OPTIONS,
    peering::Peering,
    quota,
    records::{DhcpOptions, Fence, NetworkAcl, Pointer, RouteTable, SecurityGroup, Subnet, Vpc},
    table::LeanOn,
    tags,
    vpc_parts::{Parts, vni_key},
};

/// Longest and shortest prefix of a VPC's and a subnet's range.
const PREFIXES: std::ops::RangeInclusive<u8> = 16..=28;
/// Ranges that mean something else on every host: this network, loopback, link-local, multicast
/// and above.
const RESERVED: [&str; 4] = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateVpcRequest,
) -> Result<CreateVpcResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let cidr = vpc_range(input.cidr_block.as_deref())?;
    let tags = tags::specified(call, input.tag_specifications.as_deref(), Vpc::KIND)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let options = dhcp_options(service, call).await?;
    let code = "VpcLimitExceeded";
    let _turn = service
        .require_quota::<Vpc>(call, quota::VPCS, code, "VPCs")
        .await?;
    Ok(transact!(service.table, &call.permit, |tx| {
        let mut parts = Parts::mint(cidr, false, &options, tags.clone());
        if input.amazon_provided_ipv6_cidr_block == Some(true) {
            parts.give_ipv6();
        }
        let txn = parts.put(Txn::new(), &Ec2Service::scope(call));
        // Only the overlay's number can stand against it.
        tx.join(txn);
        let mut shown = parts.vpc.to_wire(call);
        shown.ipv6_cidr_block_association_set = Some(
            (parts.vpc.ipv6.iter())
                .map(|it| it.of_vpc_to_wire(&call.region, "associating"))
                .collect(),
        );
        CreateVpcResult { vpc: Some(shown) }
    }))
}

/// A range that a VPC may have.
pub fn vpc_range(text: Option<&str>) -> Result<Cidr4, Fault> {
    let text = text.unwrap_or_default();
    if text.is_empty() {
        return Err(fault::missing_parameter("cidrBlock"));
    }
    let cidr = Cidr4::canonical(text).map_err(|_| fault::no_cidr(text))?;
    let reserved = |range: &&str| range.parse::<Cidr4>().is_ok_and(|it| it.overlaps(cidr));
    if !PREFIXES.contains(&cidr.prefix()) || RESERVED.iter().any(reserved) {
        return Err(fault::vpc_range(text));
    }
    Ok(cidr)
}

/// A range that a subnet may have, as far as that does not depend on its VPC.
pub fn subnet_range(text: Option<&str>) -> Result<Cidr4, Fault> {
    let text = text.unwrap_or_default();
    if text.is_empty() {
        return Err(fault::missing_parameter("cidrBlock"));
    }
    let cidr = Cidr4::canonical(text).map_err(|_| fault::no_cidr(text))?;
    if !PREFIXES.contains(&cidr.prefix()) {
        return Err(fault::subnet_range(text));
    }
    Ok(cidr)
}

async fn dhcp_options(service: &Ec2Service, cx: &Context) -> Result<String, Fault> {
    let options: Vec<DhcpOptions> = service.all(cx).await?;
    let default = options.into_iter().find(|it| it.given.is_none());
    Ok(default.map_or_else(|| NO_DHCP_OPTIONS.to_owned(), |it| it.id))
}

pub async fn create_default(
    service: &Ec2Service,
    call: &Call,
    input: CreateDefaultVpcRequest,
) -> Result<CreateDefaultVpcResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let scope = Ec2Service::scope(call);
    Ok(transact!(service.table, &call.permit, |tx| {
        let pointer = service.stored::<Pointer>(call, POINTER).await?;
        let pointer = pointer.ok_or_else(fault::too_busy)?;
        if default_vpc_of(service, call).await?.is_some() {
            return Err(fault::default_vpc_exists());
        }
        let options = dhcp_options(service, call).await?;
        let made = default_vpc(&scope, &call.region, &options);
        let txn = made.txn.when(pointer.unchanged());
        tx.join(txn);
        CreateDefaultVpcResult {
            vpc: Some(made.vpc.to_wire(call)),
        }
    }))
}

/// What came with the VPC goes with it; anything else keeps it.
pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteVpcRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.vpc_id.as_deref().unwrap_or_default();
    transact!(service.table, &call.permit, |tx| {
        let fence = service.fence(call, id).await?;
        let stored = service.get_stored::<Vpc>(call, id).await?;
        let vpc = &stored.record;
        if has_dependents(service, call, vpc).await? {
            return Err(fault::vpc_in_use(id));
        }
        let txn = Txn::new()
            .remove(call, &stored, fence)
            .delete(Ec2Service::key::<SecurityGroup>(call, &vpc.default_group))
            .delete(Ec2Service::key::<Fence>(call, &vpc.default_group))
            .delete(Ec2Service::key::<RouteTable>(call, &vpc.main_route_table))
            .delete(Ec2Service::key::<Fence>(call, &vpc.main_route_table))
            .delete(Ec2Service::key::<NetworkAcl>(call, &vpc.network_acl))
            .delete(Ec2Service::key::<Fence>(call, &vpc.network_acl))
            .delete(vni_key(vpc.vni));
        tx.join(txn);
    });
    Ok(())
}

async fn has_dependents(service: &Ec2Service, cx: &Context, vpc: &Vpc) -> Result<bool, Fault> {
    let subnets: Vec<Subnet> = service.all(cx).await?;
    let groups: Vec<SecurityGroup> = service.all(cx).await?;
    let tables: Vec<RouteTable> = service.all(cx).await?;
    let peerings = service.peerings(cx).await?;
    // A request that another made is no reason to keep it.
    let needs_it = |it: &Peering| {
        it.other_end(&vpc.id).is_some()
            && (it.is_active() || it.is_open(cx.now) && it.requester.vpc_id == vpc.id)
    };
    let acls: Vec<NetworkAcl> = service.all(cx).await?;
    let endpoints: Vec<VpcEndpoint> = service.all(cx).await?;
    Ok(vpc.gateway.is_some()
        || vpc.egress_only.is_some()
        || endpoints.iter().any(|it| it.vpc_id == vpc.id)
        || peerings.iter().any(needs_it)
        || subnets.iter().any(|subnet| subnet.vpc_id == vpc.id)
        || groups
            .iter()
            .any(|group| group.vpc_id == vpc.id && group.id != vpc.default_group)
        || tables
            .iter()
            .any(|table| table.vpc_id == vpc.id && table.id != vpc.main_route_table)
        || acls
            .iter()
            .any(|acl| acl.vpc_id == vpc.id && acl.id != vpc.network_acl))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_vpcs() {
        for good in ["10.0.0.0/16", "172.31.0.0/28", "100.64.0.0/20"] {
            assert_eq!(vpc_range(Some(good)).unwrap().to_string(), good);
        }
        let check = |text: &str, expected: &str| {
            assert_eq!(vpc_range(Some(text)).unwrap_err().to_string(), expected);
        };
        for bad in [
            "10.0.0.0/15",
            "10.0.0.0/29",
            "127.0.0.0/16",
            "224.1.0.0/16",
            "169.254.0.0/16",
        ] {
            check(
                bad,
                &format!("InvalidVpc.Range: The CIDR '{bad}' is invalid."),
            );
        }
        check(
            "10.0.0.0",
            "InvalidParameterValue: Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
        );
        check(
            "",
            "MissingParameter: The request must contain the parameter cidrBlock",
        );
    }
}
