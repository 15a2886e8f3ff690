//! Load balancers as they are: described, and changed in groups and subnets.

use wharf_api_elbv2::{
    DescribeLoadBalancersInput, DescribeLoadBalancersOutput, SetIpAddressTypeInput,
    SetIpAddressTypeOutput, SetSecurityGroupsInput, SetSecurityGroupsOutput, SetSubnetsInput,
    SetSubnetsOutput,
};
use wharf_wire::{Call, Fault};

use super::create_load_balancer::{fewest_subnets, named};
use crate::{
    core::Core,
    describe, fault,
    names::{self, Names as _, Place},
    network, page,
    records::LoadBalancer,
};

pub async fn describe(
    core: &Core,
    call: &Call,
    mut input: DescribeLoadBalancersInput,
) -> Result<DescribeLoadBalancersOutput, Fault> {
    let wanted = (input.marker.take(), input.page_size.take());
    let wanted = page::asked(core, call, "elbv2/DescribeLoadBalancers", &input, wanted)?;
    let place = Place::of(call);
    let arns = input.load_balancer_arns.unwrap_or_default();
    let names = input.names.unwrap_or_default();
    if !arns.is_empty() && !names.is_empty() {
        return Err(fault::invalid(
            "Load balancer names and load balancer ARNs cannot be specified at the same time",
        ));
    }
    let mut found: Vec<(String, LoadBalancer)> = Vec::new();
    if arns.is_empty() && names.is_empty() {
        let all = core.table.all::<LoadBalancer>(&place.scope(), "").await?;
        found.extend(all.into_iter().map(|(id, it)| (id, it.record)));
    }
    for arn in &arns {
        let (id, it) = core.balancer(&place, Some(arn)).await?;
        found.push((id, it.record));
    }
    for name in &names {
        let it = named(core, &place, name).await?;
        found.push(it.ok_or_else(fault::balancer_not_found)?);
    }
    let (page, next_marker) = page::by_id(&wanted, found);
    let shown = page
        .iter()
        .map(|(id, it)| describe::balancer(&place, id, it));
    Ok(DescribeLoadBalancersOutput {
        load_balancers: Some(shown.collect()),
        next_marker,
    })
}

pub async fn set_security_groups(
    core: &Core,
    call: &Call,
    input: SetSecurityGroupsInput,
) -> Result<SetSecurityGroupsOutput, Fault> {
    let place = Place::of(call);
    let (_, stored) = core
        .balancer(&place, input.load_balancer_arn.as_deref())
        .await?;
    let given = input.security_groups.filter(|groups| !groups.is_empty());
    let given = given.ok_or_else(|| fault::configuration("A security group must be specified"))?;
    let groups = network::security_groups(core, call, &stored.record.vpc, Some(given)).await?;
    let set = |balancer: &mut LoadBalancer| {
        balancer.security_groups.clone_from(&groups);
        Ok::<_, Fault>(())
    };
    let changed = core.table.change(&call.permit, &stored.key, set).await?;
    changed.ok_or_else(fault::balancer_not_found)?;
    Ok(SetSecurityGroupsOutput {
        security_group_ids: Some(groups),
        enforce_security_group_inbound_rules_on_private_link_traffic: None,
    })
}

pub async fn set_subnets(
    core: &Core,
    call: &Call,
    input: SetSubnetsInput,
) -> Result<SetSubnetsOutput, Fault> {
    let place = Place::of(call);
    if let Some(kind) = input.ip_address_type.as_deref().filter(|it| *it != "ipv4") {
        return Err(fault::unsupported(format_args!(
            "The IP address type '{kind}'"
        )));
    }
    let (id, stored) = core
        .balancer(&place, input.load_balancer_arn.as_deref())
        .await?;
    let fewest = fewest_subnets(names::is_network(&id));
    let ids = network::given_subnets(input.subnets, input.subnet_mappings)?;
    let (subnets, vpc) = network::subnets(core, call, &ids, fewest).await?;
    if vpc != stored.record.vpc {
        return Err(fault::configuration(format!(
            "The subnets must be in the load balancer's VPC '{}'",
            stored.record.vpc
        )));
    }
    let set = |balancer: &mut LoadBalancer| {
        balancer.subnets.clone_from(&subnets);
        Ok::<_, Fault>(())
    };
    let changed = core.table.change(&call.permit, &stored.key, set).await?;
    changed.ok_or_else(fault::balancer_not_found)?;
    Ok(SetSubnetsOutput {
        availability_zones: Some(describe::zones(&subnets)),
        ip_address_type: Some("ipv4".to_owned()),
        enable_prefix_for_ipv6_source_nat: None,
    })
}

pub async fn set_ip_address_type(
    core: &Core,
    call: &Call,
    input: SetIpAddressTypeInput,
) -> Result<SetIpAddressTypeOutput, Fault> {
    core.balancer(&Place::of(call), input.load_balancer_arn.as_deref())
        .await?;
    let kind = input.ip_address_type.unwrap_or_default();
    if kind != "ipv4" {
        return Err(fault::unsupported(format_args!(
            "The IP address type '{kind}'"
        )));
    }
    Ok(SetIpAddressTypeOutput {
        ip_address_type: Some(kind),
    })
}
