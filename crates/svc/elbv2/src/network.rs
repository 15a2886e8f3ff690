//! Subnets and security groups of a load balancer, as EC2 knows them.

use std::collections::BTreeSet;

use wharf_api_ec2::{
    DescribeSecurityGroupsRequest, DescribeSubnetsRequest, DescribeVpcsRequest, DescribeVpcsResult,
    Filter, Subnet, Vpc,
};
use wharf_api_elbv2::{SubnetMapping, faults};
use wharf_base::{Cidr, Cidr6};
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, onward},
    fault,
    records::BalancerSubnet,
};

/// Security groups of one load balancer.
const MAX_GROUPS: usize = 5;

/// The subnets a caller gave: by id, or by mappings that say nothing else.
pub fn given_subnets(
    subnets: Option<Vec<String>>,
    mappings: Option<Vec<SubnetMapping>>,
) -> Result<Vec<String>, Fault> {
    let ids = match (subnets, mappings) {
        (Some(_), Some(_)) => {
            return Err(fault::invalid(
                "Only one of 'Subnets' and 'SubnetMappings' can be specified",
            ));
        }
        (Some(subnets), None) => subnets,
        (None, Some(mappings)) => {
            let mut ids = Vec::new();
            for mapping in mappings {
                if mapping.allocation_id.is_some()
                    || mapping.private_i_pv4_address.is_some()
                    || mapping.i_pv6_address.is_some()
                    || mapping.source_nat_ipv6_prefix.is_some()
                {
                    return Err(fault::unsupported("An address in a subnet mapping"));
                }
                ids.push(mapping.subnet_id.unwrap_or_default());
            }
            ids
        }
        (None, None) => Vec::new(),
    };
    if ids.iter().any(String::is_empty) {
        return Err(fault::invalid("A subnet ID cannot be empty"));
    }
    Ok(ids)
}

/// Whether a load balancer is to have addresses of IPv6 as well.
pub fn dual_stack(given: &str) -> Result<bool, Fault> {
    match given {
        "ipv4" => Ok(false),
        "dualstack" => Ok(true),
        other => Err(fault::unsupported(format_args!(
            "The IP address type '{other}'"
        ))),
    }
}

/// The subnets with their zones, at least so many, and the VPC that all are in.
pub async fn subnets(
    core: &Core,
    call: &Call,
    ids: &[String],
    fewest: usize,
    dual_stack: bool,
) -> Result<(Vec<BalancerSubnet>, String), Fault> {
    if ids.is_empty() && fewest == 1 {
        return Err(fault::invalid("At least one subnet must be specified"));
    }
    if ids.len() < fewest {
        return Err(too_few_zones());
    }
    let wanted = DescribeSubnetsRequest {
        subnet_ids: Some(ids.to_vec()),
        ..DescribeSubnetsRequest::default()
    };
    let found = core.parts.ec2.describe_subnets(&onward(call), wanted).await;
    let found = found.map_err(|fault| fault::of_ec2(&fault))?;
    place(ids, found.subnets.unwrap_or_default(), dual_stack)
}

/// One subnet in each zone, all of one VPC, in the order of the zones.
fn place(
    ids: &[String],
    found: Vec<Subnet>,
    dual_stack: bool,
) -> Result<(Vec<BalancerSubnet>, String), Fault> {
    let mut subnets = Vec::new();
    let mut vpcs = BTreeSet::new();
    for id in ids {
        let subnet = found.iter().find(|it| it.subnet_id.as_ref() == Some(id));
        let subnet = subnet.ok_or_else(|| {
            faults::subnet_not_found_exception(format!("The subnet ID '{id}' does not exist"))
        })?;
        if dual_stack && ipv6_of(subnet).is_none() {
            return Err(fault::invalid(
                "You must specify subnets with an associated IPv6 CIDR block.",
            ));
        }
        vpcs.extend(subnet.vpc_id.clone());
        subnets.push(BalancerSubnet {
            id: id.clone(),
            zone: subnet.availability_zone.clone().unwrap_or_default(),
        });
    }
    if vpcs.len() > 1 {
        let vpcs: Vec<String> = vpcs.into_iter().collect();
        return Err(fault::configuration(format!(
            "The subnets must be in one VPC; these are in '{}'",
            vpcs.join("', '")
        )));
    }
    subnets.sort_by(|a, b| a.zone.cmp(&b.zone));
    if subnets.windows(2).any(|two| two[0].zone == two[1].zone) {
        let all_same = subnets.iter().all(|it| it.zone == subnets[0].zone);
        return Err(if all_same {
            too_few_zones()
        } else {
            fault::configuration(
                "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
            )
        });
    }
    Ok((subnets, vpcs.pop_first().unwrap_or_default()))
}

/// The range of IPv6 of a subnet.
fn ipv6_of(subnet: &Subnet) -> Option<Cidr6> {
    let mut all = subnet.ipv6_cidr_block_association_set.iter().flatten();
    all.find_map(|it| it.ipv6_cidr_block.as_ref()?.parse().ok())
}

fn too_few_zones() -> Fault {
    fault::invalid("At least two subnets in two different Availability Zones must be specified")
}

/// The security groups given, all of the VPC; its default group if none were.
pub async fn security_groups(
    core: &Core,
    call: &Call,
    vpc: &str,
    ids: Option<Vec<String>>,
) -> Result<Vec<String>, Fault> {
    let ids = ids.unwrap_or_default();
    if ids.len() > MAX_GROUPS {
        return Err(fault::configuration(format!(
            "A load balancer can have at most '{MAX_GROUPS}' security groups"
        )));
    }
    let filter = |name: &str, value: &str| Filter {
        name: Some(name.to_owned()),
        values: Some(vec![value.to_owned()]),
    };
    let by_id = !ids.is_empty();
    let wanted = DescribeSecurityGroupsRequest {
        group_ids: by_id.then(|| ids.clone()),
        filters: (!by_id).then(|| vec![filter("vpc-id", vpc), filter("group-name", "default")]),
        ..DescribeSecurityGroupsRequest::default()
    };
    let found = core
        .parts
        .ec2
        .describe_security_groups(&onward(call), wanted)
        .await;
    let found = found.map_err(|fault| fault::of_ec2(&fault))?;
    let found = found.security_groups.unwrap_or_default();
    if !by_id {
        return Ok(found
            .into_iter()
            .filter_map(|group| group.group_id)
            .collect());
    }
    let mut seen = BTreeSet::new();
    for id in &ids {
        let group = found.iter().find(|it| it.group_id.as_ref() == Some(id));
        let fits = group.is_some_and(|it| it.vpc_id.as_deref() == Some(vpc));
        if !fits || !seen.insert(id) {
            return Err(faults::invalid_security_group_exception(
                "One or more security groups are invalid",
            ));
        }
    }
    Ok(ids)
}

/// # Errors
/// As EC2 says it.
pub async fn describe_vpc(
    core: &Core,
    call: &Call,
    vpc: &str,
) -> Result<DescribeVpcsResult, Fault> {
    let wanted = DescribeVpcsRequest {
        vpc_ids: Some(vec![vpc.to_owned()]),
        ..DescribeVpcsRequest::default()
    };
    core.parts.ec2.describe_vpcs(&onward(call), wanted).await
}

/// The ranges of IPv4 of a VPC, as text.
pub async fn vpc_ranges(core: &Core, call: &Call, vpc: &str) -> Result<Vec<String>, Fault> {
    let found = describe_vpc(core, call, vpc).await;
    let found = found.map_err(|fault| fault::of_ec2(&fault))?;
    let of = |vpc: Vpc| {
        let more = vpc.cidr_block_association_set.unwrap_or_default();
        let more = more.into_iter().filter_map(|it| it.cidr_block);
        vpc.cidr_block.into_iter().chain(more)
    };
    let all: BTreeSet<String> = found
        .vpcs
        .unwrap_or_default()
        .into_iter()
        .flat_map(of)
        .collect();
    Ok(all.into_iter().collect())
}

/// All ranges of the subnets of a VPC, with their zones.
pub async fn ranges(core: &Core, call: &Call, vpc: &str) -> Result<Vec<(Cidr, String)>, Fault> {
    let wanted = DescribeSubnetsRequest {
        filters: Some(vec![Filter {
            name: Some("vpc-id".to_owned()),
            values: Some(vec![vpc.to_owned()]),
        }]),
        ..DescribeSubnetsRequest::default()
    };
    let found = core.parts.ec2.describe_subnets(&onward(call), wanted).await;
    let found = found.map_err(|fault| fault::of_ec2(&fault))?;
    let of = |subnet: Subnet| {
        let ipv6 = ipv6_of(&subnet).and_then(|it| it.to_string().parse().ok());
        let ipv4 = subnet.cidr_block.and_then(|it| it.parse().ok());
        let zone = subnet.availability_zone.unwrap_or_default();
        let ranges: Vec<Cidr> = ipv4.into_iter().chain(ipv6).collect();
        ranges.into_iter().map(move |range| (range, zone.clone()))
    };
    Ok(found
        .subnets
        .unwrap_or_default()
        .into_iter()
        .flat_map(of)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(id: &str, zone: &str, vpc: &str) -> Subnet {
        Subnet {
            subnet_id: Some(id.to_owned()),
            availability_zone: Some(zone.to_owned()),
            vpc_id: Some(vpc.to_owned()),
            ..Subnet::default()
        }
    }

    fn refusal(ids: &[&str]) -> Option<(String, String)> {
        let found = vec![
            subnet("s-a", "a", "vpc-1"),
            subnet("s-a2", "a", "vpc-1"),
            subnet("s-b", "b", "vpc-1"),
            subnet("s-x", "c", "vpc-2"),
        ];
        let ids: Vec<String> = ids.iter().map(|it| (*it).to_owned()).collect();
        let fault = place(&ids, found, false).err()?;
        Some((fault.code.into_owned(), fault.message))
    }

    #[test]
    fn two_zones_of_one_vpc() {
        assert_eq!(refusal(&["s-b", "s-a"]), None);
        let few = "At least two subnets in two different Availability Zones must be specified";
        let same =
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone";
        let gone = "The subnet ID 's-9' does not exist";
        for (ids, code, text) in [
            (&["s-a", "s-a2"][..], "ValidationError", few),
            (&["s-a", "s-a2", "s-b"], "InvalidConfigurationRequest", same),
            (&["s-a", "s-9"], "SubnetNotFound", gone),
        ] {
            assert_eq!(refusal(ids), Some((code.to_owned(), text.to_owned())));
        }
        assert_eq!(
            refusal(&["s-a", "s-x"]).unwrap().0,
            "InvalidConfigurationRequest"
        );
    }
}
