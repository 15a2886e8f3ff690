//! What a cluster that is being made stands on, and whether it is still there: without it the cluster fails, as it would be made for ever.

use wharf_api_ec2::{DescribeSecurityGroupsRequest, DescribeSubnetsRequest, DescribeVpcsRequest};
use wharf_service::Place;
use wharf_wire::Fault;

use crate::{
    core::Core,
    groups::records::Issue,
    names::{self, PRINCIPAL},
    network::own_call,
    reconcile::StepError,
    records::Cluster,
};

/// What is missing, as EKS tells it in a cluster's health.
///
/// # Errors
/// It is not known now.
pub async fn missing(
    core: &Core,
    place: &Place,
    cluster: &Cluster,
) -> Result<Vec<Issue>, StepError> {
    let mut all = Vec::new();
    let source = names::cluster_arn(place, &cluster.name);
    let trusts = core
        .parts
        .principals
        .trusts(&cluster.role, PRINCIPAL, &source);
    if !trusts.await.map_err(StepError::other)? {
        let role = &cluster.role;
        let text = format!("The role {role} is not there, or EKS may not assume it.");
        all.push(Issue::new("IamRoleNotFound", text, vec![role.clone()]));
    }
    let (call, ec2) = (own_call(core, place, cluster), &core.parts.ec2);
    let mut told = |code: &str, what: &str, id: &str, found: Result<(), Fault>| match found {
        Ok(()) => Ok(()),
        Err(fault) if fault.code.ends_with(".NotFound") => {
            let text = format!("The {what} {id} does not exist.");
            all.push(Issue::new(code, text, vec![id.to_owned()]));
            Ok(())
        }
        Err(fault) => Err(StepError::Neighbour {
            action: "looking at the network of a cluster",
            fault,
        }),
    };
    let vpc = DescribeVpcsRequest {
        vpc_ids: Some(vec![cluster.vpc.clone()]),
        ..DescribeVpcsRequest::default()
    };
    let found = ec2.describe_vpcs(&call, vpc).await.map(drop);
    told("VpcNotFound", "VPC", &cluster.vpc, found)?;
    // One by one: of several EC2 names the first alone.
    for id in &cluster.subnets {
        let subnet = DescribeSubnetsRequest {
            subnet_ids: Some(vec![id.clone()]),
            ..DescribeSubnetsRequest::default()
        };
        let found = ec2.describe_subnets(&call, subnet).await.map(drop);
        told("Ec2SubnetNotFound", "subnet", id, found)?;
    }
    for id in &cluster.security_groups {
        let group = DescribeSecurityGroupsRequest {
            group_ids: Some(vec![id.clone()]),
            ..DescribeSecurityGroupsRequest::default()
        };
        let found = ec2.describe_security_groups(&call, group).await.map(drop);
        told("Ec2SecurityGroupNotFound", "security group", id, found)?;
    }
    Ok(all)
}
