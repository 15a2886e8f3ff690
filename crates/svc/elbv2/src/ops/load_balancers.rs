//! Load balancers as they are: described, and changed in groups and subnets.

use wharf_api_elbv2::{
    DescribeLoadBalancersInput, DescribeLoadBalancersOutput, SetIpAddressTypeInput,
    SetIpAddressTypeOutput, SetSecurityGroupsInput, SetSecurityGroupsOutput, SetSubnetsInput,
    SetSubnetsOutput,
};
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
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
    let asked = input.ip_address_type.as_deref();
    let asked = asked.map(network::dual_stack).transpose()?;
    let (id, stored) = core
        .balancer(&place, input.load_balancer_arn.as_deref())
        .await?;
    let dual_stack = asked.unwrap_or(stored.record.dual_stack);
    let fewest = fewest_subnets(names::is_network(&id));
    let ids = network::given_subnets(input.subnets, input.subnet_mappings)?;
    let (subnets, vpc) = network::subnets(core, call, &ids, fewest, dual_stack).await?;
    if vpc != stored.record.vpc {
        return Err(fault::configuration(format!(
            "The subnets must be in the load balancer's VPC '{}'",
            stored.record.vpc
        )));
    }
    let set = |balancer: &mut LoadBalancer| balancer.subnets.clone_from(&subnets);
    change_addresses(core, call, &id, dual_stack, set).await?;
    Ok(SetSubnetsOutput {
        availability_zones: Some(describe::zones(&subnets)),
        ip_address_type: Some(describe::address_type(dual_stack).to_owned()),
        enable_prefix_for_ipv6_source_nat: None,
    })
}

pub async fn set_ip_address_type(
    core: &Core,
    call: &Call,
    input: SetIpAddressTypeInput,
) -> Result<SetIpAddressTypeOutput, Fault> {
    let (id, stored) = core
        .balancer(&Place::of(call), input.load_balancer_arn.as_deref())
        .await?;
    let dual_stack = network::dual_stack(input.ip_address_type.as_deref().unwrap_or_default())?;
    if dual_stack {
        let ids = stored.record.subnets.iter().map(|it| it.id.clone());
        let ids: Vec<String> = ids.collect();
        let fewest = fewest_subnets(names::is_network(&id));
        network::subnets(core, call, &ids, fewest, dual_stack).await?;
    }
    change_addresses(core, call, &id, dual_stack, |_| {}).await?;
    Ok(SetIpAddressTypeOutput {
        ip_address_type: Some(describe::address_type(dual_stack).to_owned()),
    })
}

/// Writes the type with what else changes, if all that is below the load balancer fits it.
async fn change_addresses(
    core: &Core,
    call: &Call,
    id: &str,
    dual_stack: bool,
    change: impl Fn(&mut LoadBalancer),
) -> Result<(), Fault> {
    let place = Place::of(call);
    transact!(core.table, &call.permit, |tx| {
        let tree = core.tree(&place, id).await?;
        let tree = tree.ok_or_else(fault::balancer_not_found)?;
        let mut listeners = tree.listeners.iter();
        if dual_stack && listeners.any(|(_, it)| it.record.protocol.has_datagrams()) {
            return Err(fault::datagrams_of_dual_stack());
        }
        if !dual_stack {
            for arn in tree.groups() {
                match core.group(&place, Some(&arn)).await {
                    Ok((_, group)) if group.record.ipv6 => {
                        return Err(fault::group_needs_dual_stack(&arn));
                    }
                    Ok(_) => {}
                    // One that is being deleted is nobody's.
                    Err(refused) if refused.code == "TargetGroupNotFound" => {}
                    Err(other) => return Err(other),
                }
            }
        }
        let mut changed = tree.balancer.record.clone();
        changed.dual_stack = dual_stack;
        change(&mut changed);
        let txn = Txn::new()
            .when(tree.balancer.unchanged())
            .put(&tree.balancer.key, encode(&changed));
        tx.join(tree.touch(txn));
    });
    Ok(())
}
