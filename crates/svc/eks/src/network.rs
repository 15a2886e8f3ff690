//! The network of a cluster, as EC2 knows it.

use std::collections::BTreeSet;

use wharf_api_ec2::{
    AuthorizeSecurityGroupIngressRequest, CreateSecurityGroupRequest, DeleteSecurityGroupRequest,
    DescribeInstanceTypesRequest, DescribeRouteTablesRequest, DescribeSecurityGroupsRequest,
    DescribeSubnetsRequest, DescribeVpcsRequest, Filter, IpPermission, Subnet, Tag,
    TagSpecification, UserIdGroupPair,
};
use wharf_base::{ids, net::Cidr4};
use wharf_service::Place;
use wharf_wire::{Call, Context, Fault};

use crate::{
    core::Core,
    fargate::checks,
    fault,
    names::{self, PRINCIPAL},
    reconcile::PERMIT,
    records::Cluster,
};

/// Free addresses that each subnet must have.
const FREE_ADDRESSES: i32 = 6;
/// Services of a cluster have addresses of the first of these that is apart from its VPC.
const SERVICE_RANGES: [&str; 2] = ["10.100.0.0/16", "172.20.0.0/16"];
/// What services may have addresses of.
const PRIVATE_RANGES: [&str; 3] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/// The VPC that all subnets are in.
///
/// # Errors
/// They are in several, in one zone, full, or are not there.
pub async fn vpc_of(core: &Core, call: &Call, ids: &[String]) -> Result<String, Fault> {
    if ids.is_empty() {
        return Err(fault::too_few_zones());
    }
    let wanted = DescribeSubnetsRequest {
        subnet_ids: Some(ids.to_vec()),
        ..DescribeSubnetsRequest::default()
    };
    let onward = call.passed_on_by(PRINCIPAL);
    let found = core.parts.ec2.describe_subnets(&onward, wanted).await;
    let found = found.map_err(fault::of_ec2)?;
    judge(found.subnets.unwrap_or_default())
}

fn judge(subnets: Vec<Subnet>) -> Result<String, Fault> {
    let zones: BTreeSet<_> = subnets.iter().map(|it| &it.availability_zone).collect();
    if zones.len() < 2 {
        return Err(fault::too_few_zones());
    }
    let vpcs: BTreeSet<_> = subnets.iter().filter_map(|it| it.vpc_id.clone()).collect();
    let mut vpcs = vpcs.into_iter();
    let (Some(vpc), None) = (vpcs.next(), vpcs.next()) else {
        return Err(fault::invalid(
            "Subnets specified must belong to the same VPC",
        ));
    };
    for subnet in &subnets {
        let free = subnet.available_ip_address_count.unwrap_or_default();
        if free < FREE_ADDRESSES {
            let id = subnet.subnet_id.as_deref().unwrap_or_default();
            return Err(fault::invalid(format!(
                "Subnet {id} has {free} free addresses, and at least {FREE_ADDRESSES} are needed"
            )));
        }
    }
    Ok(vpc)
}

/// The security groups are of the VPC.
///
/// # Errors
/// One is not.
pub async fn check_groups(
    core: &Core,
    call: &Call,
    vpc: &str,
    ids: &[String],
) -> Result<(), Fault> {
    if ids.is_empty() {
        return Ok(());
    }
    let wanted = DescribeSecurityGroupsRequest {
        group_ids: Some(ids.to_vec()),
        ..DescribeSecurityGroupsRequest::default()
    };
    let onward = call.passed_on_by(PRINCIPAL);
    let found = core
        .parts
        .ec2
        .describe_security_groups(&onward, wanted)
        .await;
    let found = found.map_err(fault::of_ec2)?;
    let found = found.security_groups.unwrap_or_default();
    let others = found.iter().filter(|it| it.vpc_id.as_deref() != Some(vpc));
    let others: Vec<&str> = others.filter_map(|it| it.group_id.as_deref()).collect();
    match others.is_empty() {
        true => Ok(()),
        false => Err(fault::foreign_security_groups(&others, vpc)),
    }
}

/// Subnets of the VPC, of any zones.
///
/// # Errors
/// There are none, or one is of another VPC or is not there.
pub async fn check_subnets(
    core: &Core,
    call: &Call,
    vpc: &str,
    ids: &[String],
) -> Result<(), Fault> {
    if ids.is_empty() {
        return Err(fault::invalid("Subnets cannot be empty"));
    }
    let wanted = DescribeSubnetsRequest {
        subnet_ids: Some(ids.to_vec()),
        ..DescribeSubnetsRequest::default()
    };
    let onward = call.passed_on_by(PRINCIPAL);
    let found = core.parts.ec2.describe_subnets(&onward, wanted).await;
    let found = found.map_err(fault::of_ec2)?.subnets.unwrap_or_default();
    match found.iter().all(|it| it.vpc_id.as_deref() == Some(vpc)) {
        true => Ok(()),
        false => Err(fault::foreign_subnets(vpc)),
    }
}

/// Subnets of the VPC that have no way to the internet by a gateway of their own: those that are given, or else those of the cluster.
///
/// # Errors
/// There are none, or one that is given is of another VPC or public, or one is not there.
pub async fn private_subnets(
    core: &Core,
    call: &Call,
    vpc: &str,
    (given, of_cluster): (Vec<String>, &[String]),
) -> Result<Vec<String>, Fault> {
    let ids: &[String] = match given.is_empty() {
        true => of_cluster,
        false => &given,
    };
    let onward = call.passed_on_by(PRINCIPAL);
    let wanted = DescribeSubnetsRequest {
        subnet_ids: Some(ids.to_vec()),
        ..DescribeSubnetsRequest::default()
    };
    let subnets = core.parts.ec2.describe_subnets(&onward, wanted).await;
    let subnets = subnets.map_err(fault::of_ec2)?.subnets.unwrap_or_default();
    let mut tables = Vec::new();
    let mut next_token = None;
    loop {
        let wanted = DescribeRouteTablesRequest {
            filters: Some(vec![filter("vpc-id", vpc)]),
            next_token: next_token.take(),
            ..DescribeRouteTablesRequest::default()
        };
        let page = core.parts.ec2.describe_route_tables(&onward, wanted).await;
        let page = page.map_err(fault::of_ec2)?;
        tables.extend(page.route_tables.into_iter().flatten());
        next_token = page.next_token.filter(|it| !it.is_empty());
        if next_token.is_none() {
            break;
        }
    }
    if given.is_empty() {
        return checks::private_of(of_cluster, &tables);
    }
    checks::private(vpc, &subnets, &tables)?;
    Ok(given)
}

/// Instance types that there are.
///
/// # Errors
/// One is none.
pub async fn check_types(core: &Core, call: &Call, types: &[String]) -> Result<(), Fault> {
    let wanted = DescribeInstanceTypesRequest {
        instance_types: Some(types.to_vec()),
        ..DescribeInstanceTypesRequest::default()
    };
    let onward = call.passed_on_by(PRINCIPAL);
    let found = core
        .parts
        .ec2
        .describe_instance_types(&onward, wanted)
        .await;
    found.map_err(fault::of_ec2).map(|_| ())
}

/// The addresses of services: as asked for, or a range apart from the VPC's.
///
/// # Errors
/// What was asked for is none, or overlaps with the VPC.
pub async fn service_range(
    core: &Core,
    call: &Call,
    vpc: &str,
    asked: Option<&str>,
) -> Result<String, Fault> {
    let wanted = DescribeVpcsRequest {
        vpc_ids: Some(vec![vpc.to_owned()]),
        ..DescribeVpcsRequest::default()
    };
    let onward = call.passed_on_by(PRINCIPAL);
    let found = core.parts.ec2.describe_vpcs(&onward, wanted).await;
    let found = found.map_err(fault::of_ec2)?.vpcs.unwrap_or_default();
    let blocks = found.iter().flat_map(|it| {
        let further = it.cidr_block_association_set.iter().flatten();
        let further = further.filter_map(|it| it.cidr_block.as_deref());
        it.cidr_block.as_deref().into_iter().chain(further)
    });
    let taken: Vec<Cidr4> = blocks.filter_map(|it| it.parse().ok()).collect();
    choose(&taken, asked)
}

fn choose(taken: &[Cidr4], asked: Option<&str>) -> Result<String, Fault> {
    let range = |text: &str| text.parse::<Cidr4>().ok();
    let apart = |it: &Cidr4| !taken.iter().any(|vpc| vpc.overlaps(*it));
    if let Some(asked) = asked {
        let private = PRIVATE_RANGES.into_iter().filter_map(range);
        let given = range(asked)
            .filter(|it| (12..=24).contains(&it.prefix()))
            .filter(|it| private.clone().any(|whole| whole.covers(*it)));
        let given = given.ok_or_else(|| {
            fault::invalid(format!(
                "The specified serviceIpv4Cidr {asked} is not a private range between /24 and /12"
            ))
        })?;
        return match apart(&given) {
            true => Ok(given.to_string()),
            false => Err(fault::invalid(format!(
                "The specified serviceIpv4Cidr {asked} overlaps with the addresses of the VPC"
            ))),
        };
    }
    let mut usual = SERVICE_RANGES.into_iter().filter_map(range);
    let found = usual.find(apart);
    let found = found.map(|it| it.to_string());
    found.ok_or_else(|| {
        fault::invalid("A serviceIpv4Cidr is needed: the usual ranges overlap with the VPC")
    })
}

pub fn own_call(core: &Core, place: &Place, cluster: &Cluster) -> Call {
    let Place { account, region } = place;
    let context = Context::internal(account, region, PRINCIPAL, core.now());
    let context = context.acting_for(names::cluster_arn(place, &cluster.name));
    Call::by_controller(context, PERMIT)
}

fn tag(key: impl Into<String>, value: &str) -> Tag {
    Tag {
        key: Some(key.into()),
        value: Some(value.to_owned()),
    }
}

fn filter(name: &str, value: &str) -> Filter {
    Filter {
        name: Some(name.to_owned()),
        values: Some(vec![value.to_owned()]),
    }
}

/// The tag by which a security group says which cluster it was made for. The name of a cluster is another's once it is gone.
const OWNER_TAG: &str = "aws:eks:cluster-id";

/// The cluster's own security group, made if there is none.
///
/// # Errors
/// EC2's.
pub async fn own_group(core: &Core, place: &Place, cluster: &Cluster) -> Result<String, Fault> {
    let call = own_call(core, place, cluster);
    let ec2 = &core.parts.ec2;
    let group = match found_group(core, &call, cluster).await? {
        Some(found) => found,
        None => {
            let name = &cluster.name;
            let specification = TagSpecification {
                resource_type: Some("security-group".to_owned()),
                tags: Some(vec![
                    tag(format!("kubernetes.io/cluster/{name}"), "owned"),
                    tag("aws:eks:cluster-name", name),
                    tag(OWNER_TAG, &cluster.id),
                ]),
            };
            let description = "EKS created security group applied to ENI that is attached to EKS Control Plane \
                               master nodes, as well as any managed workloads.";
            let request = CreateSecurityGroupRequest {
                description: Some(description.to_owned()),
                group_name: Some(format!("eks-cluster-sg-{name}-{}", ids::digits19())),
                vpc_id: Some(cluster.vpc.clone()),
                tag_specifications: Some(vec![specification]),
                ..CreateSecurityGroupRequest::default()
            };
            let made = ec2.create_security_group(&call, request).await?;
            made.group_id.unwrap_or_default()
        }
    };
    let own = UserIdGroupPair {
        group_id: Some(group.clone()),
        ..UserIdGroupPair::default()
    };
    let all = IpPermission {
        ip_protocol: Some("-1".to_owned()),
        user_id_group_pairs: Some(vec![own]),
        ..IpPermission::default()
    };
    let request = AuthorizeSecurityGroupIngressRequest {
        group_id: Some(group.clone()),
        ip_permissions: Some(vec![all]),
        ..AuthorizeSecurityGroupIngressRequest::default()
    };
    match ec2.authorize_security_group_ingress(&call, request).await {
        Ok(_) => Ok(group),
        // It was made before something ended in between.
        Err(fault) if fault.code == "InvalidPermission.Duplicate" => Ok(group),
        Err(fault) => Err(fault),
    }
}

async fn found_group(core: &Core, call: &Call, cluster: &Cluster) -> Result<Option<String>, Fault> {
    let wanted = DescribeSecurityGroupsRequest {
        filters: Some(vec![
            filter("vpc-id", &cluster.vpc),
            filter(&format!("tag:{OWNER_TAG}"), &cluster.id),
        ]),
        ..DescribeSecurityGroupsRequest::default()
    };
    let found = core
        .parts
        .ec2
        .describe_security_groups(call, wanted)
        .await?;
    let mut found = found.security_groups.unwrap_or_default().into_iter();
    Ok(found.find_map(|it| it.group_id))
}

/// Removes the cluster's own security group. Whether it is gone: machines that are still ending keep it.
///
/// # Errors
/// EC2's.
pub async fn remove_group(core: &Core, place: &Place, cluster: &Cluster) -> Result<bool, Fault> {
    let call = own_call(core, place, cluster);
    let Some(group) = found_group(core, &call, cluster).await? else {
        return Ok(true);
    };
    let request = DeleteSecurityGroupRequest {
        group_id: Some(group),
        ..DeleteSecurityGroupRequest::default()
    };
    match core.parts.ec2.delete_security_group(&call, request).await {
        Err(fault) if fault.code == "DependencyViolation" => Ok(false),
        Err(fault) if fault.code != "InvalidGroup.NotFound" => Err(fault),
        _ => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_apart_from_the_vpc() {
        let vpc = |text: &str| vec![text.parse::<Cidr4>().unwrap()];
        for (taken, asked, expected) in [
            ("172.31.0.0/16", None, Some("10.100.0.0/16")),
            ("10.0.0.0/8", None, Some("172.20.0.0/16")),
            ("10.0.0.0/16", Some("10.5.0.0/20"), Some("10.5.0.0/20")),
            ("10.0.0.0/16", Some("10.0.4.0/24"), None),
            ("10.0.0.0/16", Some("10.5.0.0/25"), None),
            ("10.0.0.0/16", Some("10.0.0.0/8"), None),
            ("10.0.0.0/16", Some("8.8.0.0/16"), None),
            ("10.0.0.0/16", Some("x"), None),
        ] {
            let found = choose(&vpc(taken), asked);
            assert_eq!(found.ok().as_deref(), expected, "{taken} {asked:?}");
        }
        let both = ["10.0.0.0/8", "172.16.0.0/12"].map(|it| it.parse().unwrap());
        assert!(choose(&both, None).is_err());
    }

    #[test]
    fn subnets_of_two_zones_of_one_vpc() {
        let subnet = |vpc: &str, zone: &str, free: i32| Subnet {
            subnet_id: Some("subnet-1".to_owned()),
            vpc_id: Some(vpc.to_owned()),
            availability_zone: Some(zone.to_owned()),
            available_ip_address_count: Some(free),
            ..Subnet::default()
        };
        assert_eq!(
            judge(vec![subnet("v", "a", 6), subnet("v", "b", 9)]).as_deref(),
            Ok("v")
        );
        let one_zone = judge(vec![subnet("v", "a", 9), subnet("v", "a", 9)]).unwrap_err();
        assert_eq!(one_zone, fault::too_few_zones());
        assert!(judge(vec![subnet("v", "a", 9), subnet("w", "b", 9)]).is_err());
        assert!(judge(vec![subnet("v", "a", 9), subnet("v", "b", 5)]).is_err());
    }
}
