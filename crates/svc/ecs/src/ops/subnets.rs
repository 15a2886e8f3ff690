//! Subnets and security groups of an awsvpc task, as the ec2 service knows them.

use std::collections::BTreeSet;

use wharf_api_ec2::{DescribeSecurityGroupsRequest, DescribeSubnetsRequest};
use wharf_svc_ecs_scheduler::placing::Subnet;
use wharf_wire::{Call, Fault};

use crate::{core::Core, fault, launch::NetworkOrder, names::PRINCIPAL};

/// Looks the order's subnets and groups up; all of one VPC, all of them there.
pub async fn resolve(core: &Core, call: &Call, order: &NetworkOrder) -> Result<Vec<Subnet>, Fault> {
    let onward = call.passed_on_by(PRINCIPAL);
    let wanted = DescribeSubnetsRequest {
        subnet_ids: Some(order.subnets.clone()),
        ..DescribeSubnetsRequest::default()
    };
    let described = core.ec2.describe_subnets(&onward, wanted).await;
    let found = described.map_err(|f| refused("subnet", &order.subnets, &f))?;
    let found = found.subnets.unwrap_or_default();
    let mut vpcs: BTreeSet<String> = found.iter().filter_map(|s| s.vpc_id.clone()).collect();
    let known = found.into_iter().map(|subnet| Subnet {
        id: subnet.subnet_id.unwrap_or_default(),
        zone: subnet.availability_zone.unwrap_or_default(),
    });
    let subnets: Vec<Subnet> = known
        .filter(|subnet| order.subnets.contains(&subnet.id))
        .collect();
    if let Some(missing) = order
        .subnets
        .iter()
        .find(|id| !subnets.iter().any(|s| s.id == **id))
    {
        return Err(fault::invalid(format!(
            "Error retrieving subnet information for [{}]: The subnet ID '{missing}' does not exist \
             (ErrorCode: InvalidSubnetID.NotFound)",
            order.subnets.join(", ")
        )));
    }
    if !order.security_groups.is_empty() {
        let wanted = DescribeSecurityGroupsRequest {
            group_ids: Some(order.security_groups.clone()),
            ..DescribeSecurityGroupsRequest::default()
        };
        let described = core.ec2.describe_security_groups(&onward, wanted).await;
        let groups =
            described.map_err(|f| refused("security group", &order.security_groups, &f))?;
        vpcs.extend(
            groups
                .security_groups
                .into_iter()
                .flatten()
                .filter_map(|group| group.vpc_id),
        );
    }
    if vpcs.len() > 1 {
        return Err(fault::invalid(
            "Security groups and subnets must be of one VPC.",
        ));
    }
    Ok(subnets)
}

/// A refusal of the caller's identifiers is the caller's; anything else is ours.
fn refused(what: &str, ids: &[String], cause: &Fault) -> Fault {
    if !cause.sender {
        return fault::server(cause);
    }
    fault::invalid(format!(
        "Error retrieving {what} information for [{}]: {} (ErrorCode: {})",
        ids.join(", "),
        cause.message,
        cause.code
    ))
}
