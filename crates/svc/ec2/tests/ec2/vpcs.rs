//! VPCs, their ranges and subnets.

use std::collections::BTreeSet;

use wharf_api_ec2::{Ec2, types::*};
use wharf_planeproto::Resource;

use crate::world::{World, filter, refusal, told, user, world};

fn delete(id: &str) -> DeleteVpcRequest {
    DeleteVpcRequest {
        vpc_id: Some(id.to_owned()),
        ..Default::default()
    }
}

async fn delete_subnet(world: &World, id: &str) -> Result<(), wharf_wire::Fault> {
    let input = DeleteSubnetRequest {
        subnet_id: Some(id.to_owned()),
        ..Default::default()
    };
    world.ec2.delete_subnet(&user(), input).await
}

async fn default_vpc(world: &World) -> Vpc {
    let input = DescribeVpcsRequest {
        filters: Some(vec![filter("is-default", "true")]),
        ..Default::default()
    };
    let found = world.ec2.describe_vpcs(&user(), input).await;
    found.unwrap().vpcs.unwrap().remove(0)
}

#[tokio::test]
async fn a_vpc_is_born_with_a_group_a_table_and_an_acl_and_goes_with_them() {
    let world = world();
    default_vpc(&world).await;
    let before = told(&world).await;
    let vpc = world.vpc("10.1.2.3/16").await;
    let user = user();
    let of_vpc = || Some(vec![filter("vpc-id", &vpc)]);
    let ec2 = &world.ec2;
    let groups = DescribeSecurityGroupsRequest {
        filters: of_vpc(),
        ..Default::default()
    };
    let groups = ec2.describe_security_groups(&user, groups).await.unwrap();
    assert_eq!(groups.security_groups.unwrap().len(), 1);
    let tables = DescribeRouteTablesRequest {
        filters: Some(vec![
            filter("vpc-id", &vpc),
            filter("association.main", "true"),
        ]),
        ..Default::default()
    };
    let tables = ec2.describe_route_tables(&user, tables).await.unwrap();
    let routes = tables.route_tables.unwrap().remove(0).routes.unwrap();
    assert_eq!(
        routes[0].destination_cidr_block.as_deref(),
        Some("10.1.0.0/16")
    );
    assert_eq!(routes[0].gateway_id.as_deref(), Some("local"));
    let acls = DescribeNetworkAclsRequest {
        filters: of_vpc(),
        ..Default::default()
    };
    let acls = ec2.describe_network_acls(&user, acls).await.unwrap();
    assert_eq!(acls.network_acls.unwrap().len(), 1);

    ec2.delete_vpc(&user, delete(&vpc)).await.unwrap();
    assert_eq!(told(&world).await, before);
    assert_eq!(
        refusal(ec2.delete_vpc(&user, delete(&vpc)).await),
        format!("InvalidVpcID.NotFound: The vpc ID '{vpc}' does not exist")
    );
}

#[tokio::test]
async fn vpcs_of_one_range_have_overlays_of_their_own() {
    let world = world();
    for _ in 0..5 {
        world.vpc("10.0.0.0/16").await;
    }
    let vni = |resource| match resource {
        Resource::Vpc(vpc) => Some(vpc.vni),
        _ => None,
    };
    let vnis: BTreeSet<u32> = told(&world).await.into_iter().filter_map(vni).collect();
    assert_eq!(vnis.len(), 6);
    assert!(vnis.iter().all(|vni| (1..1 << 24).contains(vni)));
}

#[tokio::test]
async fn subnets_lie_in_their_vpc_and_not_in_each_other() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let made = world.subnet(&vpc, "10.0.1.7/24").await.unwrap();
    assert_eq!(made.cidr_block.as_deref(), Some("10.0.1.0/24"));
    assert_eq!(made.available_ip_address_count, Some(251));
    assert_eq!(made.map_public_ip_on_launch, Some(false));
    for (range, expected) in [
        (
            "10.0.1.0/24",
            "InvalidSubnet.Conflict: The CIDR '10.0.1.0/24' conflicts with another subnet",
        ),
        (
            "10.0.0.0/22",
            "InvalidSubnet.Conflict: The CIDR '10.0.0.0/22' conflicts with another subnet",
        ),
        (
            "10.1.0.0/24",
            "InvalidSubnet.Range: The CIDR '10.1.0.0/24' is invalid.",
        ),
        (
            "10.0.0.0/15",
            "InvalidSubnet.Range: The CIDR '10.0.0.0/15' is invalid.",
        ),
        (
            "10.0.2.0/29",
            "InvalidSubnet.Range: The CIDR '10.0.2.0/29' is invalid.",
        ),
    ] {
        assert_eq!(refusal(world.subnet(&vpc, range).await), expected);
    }
    // Another VPC may have the same, and subnets spread over the zones.
    let other = world.vpc("10.0.0.0/16").await;
    let mut zones = BTreeSet::new();
    for range in ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"] {
        zones.extend(world.subnet(&other, range).await.unwrap().availability_zone);
    }
    assert_eq!(zones.len(), 3);
}

#[tokio::test]
async fn concurrent_subnets_never_overlap() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let (a, b, c) = tokio::join!(
        world.subnet(&vpc, "10.0.0.0/20"),
        world.subnet(&vpc, "10.0.8.0/21"),
        world.subnet(&vpc, "10.0.0.0/17"),
    );
    assert_eq!(
        [a.is_ok(), b.is_ok(), c.is_ok()]
            .iter()
            .filter(|ok| **ok)
            .count(),
        1
    );
}

#[tokio::test]
async fn a_zone_is_named_or_numbered() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let input = CreateSubnetRequest {
        vpc_id: Some(vpc.clone()),
        cidr_block: Some("10.0.0.0/24".to_owned()),
        availability_zone_id: Some("use1-az2".to_owned()),
        ..Default::default()
    };
    let made = world
        .ec2
        .create_subnet(&user(), input.clone())
        .await
        .unwrap();
    assert_eq!(
        made.subnet.unwrap().availability_zone.as_deref(),
        Some("us-east-1b")
    );
    let input = CreateSubnetRequest {
        availability_zone_id: None,
        availability_zone: Some("us-east-1z".to_owned()),
        ..input
    };
    assert_eq!(
        refusal(world.ec2.create_subnet(&user(), input).await),
        "InvalidParameterValue: Value (us-east-1z) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: us-east-1a, us-east-1b, us-east-1c."
    );
}

#[tokio::test]
async fn what_is_in_use_stays() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let subnet = world
        .subnet(&vpc, "10.0.0.0/24")
        .await
        .unwrap()
        .subnet_id
        .unwrap();
    let ec2 = &world.ec2;
    assert_eq!(
        refusal(ec2.delete_vpc(&user(), delete(&vpc)).await),
        format!("DependencyViolation: The vpc '{vpc}' has dependencies and cannot be deleted.")
    );
    let interface = CreateNetworkInterfaceRequest {
        subnet_id: Some(subnet.clone()),
        ..Default::default()
    };
    let made = ec2
        .create_network_interface(&user(), interface)
        .await
        .unwrap();
    assert_eq!(
        refusal(delete_subnet(&world, &subnet).await),
        format!(
            "DependencyViolation: The subnet '{subnet}' has dependencies and cannot be deleted."
        )
    );
    let interface = DeleteNetworkInterfaceRequest {
        network_interface_id: made.network_interface.unwrap().network_interface_id,
        ..Default::default()
    };
    ec2.delete_network_interface(&user(), interface)
        .await
        .unwrap();
    delete_subnet(&world, &subnet).await.unwrap();
    ec2.delete_vpc(&user(), delete(&vpc)).await.unwrap();
}

#[tokio::test]
async fn no_subnet_goes_under_an_interface_nor_a_vpc_under_a_subnet() {
    let world = world();
    let call = user();
    for _ in 0..20 {
        let vpc = world.vpc("10.0.0.0/16").await;
        let (made, deleted) = tokio::join!(
            world.subnet(&vpc, "10.0.0.0/24"),
            world.ec2.delete_vpc(&call, delete(&vpc)),
        );
        assert!(made.is_ok() != deleted.is_ok(), "{made:?} {deleted:?}");
        let Ok(subnet) = made else { continue };
        let id = subnet.subnet_id.unwrap();
        let interface = CreateNetworkInterfaceRequest {
            subnet_id: Some(id.clone()),
            ..Default::default()
        };
        let (made, deleted) = tokio::join!(
            world.ec2.create_network_interface(&call, interface),
            delete_subnet(&world, &id),
        );
        assert!(made.is_ok() != deleted.is_ok(), "{made:?} {deleted:?}");
    }
}

#[tokio::test]
async fn the_default_vpc_can_go_and_come_again() {
    let world = world();
    let vpc = default_vpc(&world).await.vpc_id.unwrap();
    let ec2 = &world.ec2;
    let user = user();
    let again = CreateDefaultVpcRequest::default();
    assert_eq!(
        refusal(ec2.create_default_vpc(&user, again.clone()).await),
        "DefaultVpcAlreadyExists: A Default VPC already exists for this account in this region."
    );
    let gateways = ec2
        .describe_internet_gateways(&user, Default::default())
        .await;
    let gateway = gateways.unwrap().internet_gateways.unwrap().remove(0);
    let detach = DetachInternetGatewayRequest {
        internet_gateway_id: gateway.internet_gateway_id,
        vpc_id: Some(vpc.clone()),
        ..Default::default()
    };
    ec2.detach_internet_gateway(&user, detach).await.unwrap();
    let subnets = ec2.describe_subnets(&user, Default::default()).await;
    for subnet in subnets.unwrap().subnets.unwrap() {
        delete_subnet(&world, &subnet.subnet_id.unwrap())
            .await
            .unwrap();
    }
    ec2.delete_vpc(&user, delete(&vpc)).await.unwrap();
    let left = ec2.describe_vpcs(&user, Default::default()).await;
    assert_eq!(left.unwrap().vpcs, Some(vec![]));
    let made = ec2
        .create_default_vpc(&user, again)
        .await
        .unwrap()
        .vpc
        .unwrap();
    assert_ne!(made.vpc_id, Some(vpc));
    assert_eq!(made.is_default, Some(true));
    let subnets = ec2.describe_subnets(&user, Default::default()).await;
    let subnet = subnets.unwrap().subnets.unwrap().remove(0);
    delete_subnet(&world, &subnet.subnet_id.unwrap())
        .await
        .unwrap();
    let input = CreateDefaultSubnetRequest {
        availability_zone: subnet.availability_zone,
        ..Default::default()
    };
    let made = ec2
        .create_default_subnet(&user, input.clone())
        .await
        .unwrap();
    assert_eq!(made.subnet.unwrap().cidr_block, subnet.cidr_block);
    let twice = refusal(ec2.create_default_subnet(&user, input).await);
    assert!(
        twice.starts_with("DefaultSubnetAlreadyExistsInAvailabilityZone: "),
        "{twice}"
    );
}

#[tokio::test]
async fn a_vpc_gets_and_loses_further_ranges() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let add = |range: &str| AssociateVpcCidrBlockRequest {
        vpc_id: Some(vpc.clone()),
        cidr_block: Some(range.to_owned()),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    let added = ec2
        .associate_vpc_cidr_block(&user(), add("10.1.0.0/16"))
        .await;
    let id = added
        .unwrap()
        .cidr_block_association
        .unwrap()
        .association_id;
    assert_eq!(
        refusal(
            ec2.associate_vpc_cidr_block(&user(), add("10.1.8.0/24"))
                .await
        ),
        "InvalidVpc.Range: The CIDR '10.1.8.0/24' is invalid."
    );
    let subnet = world
        .subnet(&vpc, "10.1.0.0/24")
        .await
        .unwrap()
        .subnet_id
        .unwrap();
    let remove = DisassociateVpcCidrBlockRequest { association_id: id };
    assert_eq!(
        refusal(
            ec2.disassociate_vpc_cidr_block(&user(), remove.clone())
                .await
        ),
        "InvalidCidrBlock.InUse: The vpc currently has a subnet within CIDR block 10.1.0.0/16"
    );
    delete_subnet(&world, &subnet).await.unwrap();
    ec2.disassociate_vpc_cidr_block(&user(), remove)
        .await
        .unwrap();
    assert_eq!(
        refusal(world.subnet(&vpc, "10.1.0.0/24").await),
        "InvalidSubnet.Range: The CIDR '10.1.0.0/24' is invalid."
    );
}

#[tokio::test]
async fn attributes_of_vpcs_and_subnets() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let ec2 = &world.ec2;
    let hostnames = || DescribeVpcAttributeRequest {
        vpc_id: Some(vpc.clone()),
        attribute: Some("enableDnsHostnames".to_owned()),
        ..Default::default()
    };
    let shown = ec2
        .describe_vpc_attribute(&user(), hostnames())
        .await
        .unwrap();
    assert_eq!(shown.enable_dns_hostnames.unwrap().value, Some(false));
    let on = AttributeBooleanValue { value: Some(true) };
    let modify = ModifyVpcAttributeRequest {
        vpc_id: Some(vpc.clone()),
        enable_dns_hostnames: Some(on.clone()),
        ..Default::default()
    };
    ec2.modify_vpc_attribute(&user(), modify).await.unwrap();
    let shown = ec2
        .describe_vpc_attribute(&user(), hostnames())
        .await
        .unwrap();
    assert_eq!(shown.enable_dns_hostnames.unwrap().value, Some(true));

    let subnet = world.subnet(&vpc, "10.0.0.0/24").await.unwrap().subnet_id;
    let modify = ModifySubnetAttributeRequest {
        subnet_id: subnet.clone(),
        map_public_ip_on_launch: Some(on.clone()),
        ..Default::default()
    };
    ec2.modify_subnet_attribute(&user(), modify).await.unwrap();
    let input = DescribeSubnetsRequest {
        subnet_ids: subnet.clone().map(|id| vec![id]),
        ..Default::default()
    };
    let shown = ec2
        .describe_subnets(&user(), input)
        .await
        .unwrap()
        .subnets
        .unwrap();
    assert_eq!(shown[0].map_public_ip_on_launch, Some(true));
    let modify = ModifySubnetAttributeRequest {
        subnet_id: subnet,
        enable_dns64: Some(on),
        ..Default::default()
    };
    assert_eq!(
        refusal(
            world
                .ec2_client()
                .modify_subnet_attribute(&user(), modify)
                .await
        ),
        "UnsupportedOperation: The parameter EnableDns64 is not supported by this version of wharf."
    );
}

#[tokio::test]
async fn a_token_fits_its_list_and_filters_only() {
    let world = world();
    let list = async |change: &dyn Fn(&mut DescribeVpcsRequest)| {
        let mut input = DescribeVpcsRequest::default();
        change(&mut input);
        world.ec2.describe_vpcs(&user(), input).await
    };
    let made = world.vpc("10.1.0.0/16").await;
    let first = list(&|it| it.max_results = Some(1)).await.unwrap();
    let token = first.next_token;
    assert!(token.is_some());
    let second = list(&|it| it.next_token.clone_from(&token)).await.unwrap();
    assert_eq!(second.vpcs.unwrap().len(), 1);
    let filtered = |it: &mut DescribeVpcsRequest| {
        it.next_token.clone_from(&token);
        it.filters = Some(vec![filter("vpc-id", &made)]);
    };
    let forged = |it: &mut DescribeVpcsRequest| {
        // An id in base64, as tokens once were.
        it.next_token = Some("dnBjLTAx".to_owned());
    };
    for refused in [list(&filtered).await, list(&forged).await] {
        assert_eq!(refused.unwrap_err().code, "InvalidNextToken");
    }
    let subnets = DescribeSubnetsRequest {
        next_token: token,
        ..Default::default()
    };
    let foreign = world.ec2.describe_subnets(&user(), subnets).await;
    assert_eq!(foreign.unwrap_err().code, "InvalidNextToken");
}

#[tokio::test]
async fn a_vpc_has_the_tenancy_that_it_can_be_given() {
    let (world, me) = (world(), user());
    let vpc = world.vpc("10.0.0.0/16").await;
    let to_default = |vpc: &str| ModifyVpcTenancyRequest {
        vpc_id: Some(vpc.to_owned()),
        instance_tenancy: Some("default".to_owned()),
        ..Default::default()
    };
    let changed = world.ec2.modify_vpc_tenancy(&me, to_default(&vpc)).await;
    assert_eq!(changed.unwrap().return_value, Some(true));
    let missing = world.ec2.modify_vpc_tenancy(&me, to_default("vpc-1"));
    assert_eq!(
        refusal(missing.await),
        "InvalidVpcID.NotFound: The vpc ID 'vpc-1' does not exist"
    );
}
