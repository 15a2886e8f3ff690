//! CIDR reservations of subnets: no interface is given an address of them but by name.

use wharf_api_ec2::{Ec2, types::*};

use crate::world::{World, filter, refusal, user, world};

/// A subnet of 11 addresses, 10.0.0.4 to 10.0.0.14, and a /64.
async fn subnet(world: &World) -> String {
    let vpc = CreateVpcRequest {
        cidr_block: Some("10.0.0.0/16".to_owned()),
        amazon_provided_ipv6_cidr_block: Some(true),
        ..Default::default()
    };
    let vpc = world.ec2.create_vpc(&user(), vpc).await.unwrap().vpc;
    let vpc = vpc.unwrap().vpc_id.unwrap();
    let described = DescribeVpcsRequest {
        vpc_ids: Some(vec![vpc.clone()]),
        ..Default::default()
    };
    let described = world.ec2.describe_vpcs(&user(), described).await.unwrap();
    let described = described.vpcs.unwrap().remove(0);
    let mut ranges = described.ipv6_cidr_block_association_set.unwrap();
    let range = ranges.remove(0).ipv6_cidr_block.unwrap();
    let subnet = CreateSubnetRequest {
        vpc_id: Some(vpc),
        cidr_block: Some("10.0.0.0/28".to_owned()),
        ipv6_cidr_block: Some(range.replace("/56", "/64")),
        ..Default::default()
    };
    let made = world.ec2.create_subnet(&user(), subnet).await.unwrap();
    made.subnet.unwrap().subnet_id.unwrap()
}

fn wanted(subnet: &str, cidr: &str) -> CreateSubnetCidrReservationRequest {
    CreateSubnetCidrReservationRequest {
        subnet_id: Some(subnet.to_owned()),
        cidr: Some(cidr.to_owned()),
        reservation_type: Some("explicit".to_owned()),
        ..Default::default()
    }
}

async fn reserved(world: &World, subnet: &str, cidr: &str) -> SubnetCidrReservation {
    let (me, wanted) = (user(), wanted(subnet, cidr));
    let made = world.ec2.create_subnet_cidr_reservation(&me, wanted);
    made.await.unwrap().subnet_cidr_reservation.unwrap()
}

/// The private address of a new interface.
async fn address(
    world: &World,
    subnet: &str,
    named: Option<&str>,
) -> Result<String, wharf_wire::Fault> {
    let input = CreateNetworkInterfaceRequest {
        subnet_id: Some(subnet.to_owned()),
        private_ip_address: named.map(str::to_owned),
        ..Default::default()
    };
    let made = world.ec2.create_network_interface(&user(), input).await?;
    Ok(made.network_interface.unwrap().private_ip_address.unwrap())
}

#[tokio::test]
async fn addresses_of_a_reservation_are_given_by_name_alone() {
    let world = world();
    let subnet = subnet(&world).await;
    // 10.0.0.8 to 10.0.0.15
    let made = reserved(&world, &subnet, "10.0.0.8/29").await;
    let id = made.subnet_cidr_reservation_id.clone().unwrap();
    assert!(id.starts_with("scr-"), "{id}");
    assert_eq!(
        (made.cidr.as_deref(), made.reservation_type.as_deref()),
        (Some("10.0.0.8/29"), Some("explicit"))
    );
    let mut given = Vec::new();
    for _ in 0..4 {
        given.push(address(&world, &subnet, None).await.unwrap());
    }
    given.sort();
    assert_eq!(given, ["10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7"]);
    let full = refusal(address(&world, &subnet, None).await);
    assert!(full.starts_with("InsufficientFreeAddressesInSubnet"));
    let named = address(&world, &subnet, Some("10.0.0.9")).await.unwrap();
    assert_eq!(named, "10.0.0.9");

    let gone = DeleteSubnetCidrReservationRequest {
        subnet_cidr_reservation_id: Some(id),
        ..Default::default()
    };
    let (ec2, me) = (&world.ec2, user());
    let deleted = ec2.delete_subnet_cidr_reservation(&me, gone.clone());
    let deleted = deleted.await.unwrap().deleted_subnet_cidr_reservation;
    assert_eq!(deleted.unwrap().cidr.as_deref(), Some("10.0.0.8/29"));
    address(&world, &subnet, None).await.unwrap();
    let again = ec2.delete_subnet_cidr_reservation(&user(), gone).await;
    assert!(refusal(again).starts_with("InvalidSubnetCidrReservationID.NotFound"));
}

#[tokio::test]
async fn ipv6_addresses_are_drawn_beside_reservations() {
    let world = world();
    let subnet = subnet(&world).await;
    let ec2 = &world.ec2;
    let described = DescribeSubnetsRequest {
        subnet_ids: Some(vec![subnet.clone()]),
        ..Default::default()
    };
    let described = ec2.describe_subnets(&user(), described).await.unwrap();
    let described = described.subnets.unwrap().remove(0);
    let mut ranges = described.ipv6_cidr_block_association_set.unwrap();
    let association = ranges.remove(0);
    let range = association.ipv6_cidr_block.unwrap();
    // Half of it.
    let half = range.replace("/64", "/65");
    reserved(&world, &subnet, &half).await;
    let half: wharf_base::Cidr6 = half.parse().unwrap();
    for _ in 0..4 {
        let input = CreateNetworkInterfaceRequest {
            subnet_id: Some(subnet.clone()),
            ipv6_address_count: Some(4),
            ..Default::default()
        };
        let made = ec2.create_network_interface(&user(), input).await.unwrap();
        let made = made.network_interface.unwrap().ipv6_addresses.unwrap();
        for address in made {
            let address = address.ipv6_address.unwrap();
            assert!(!half.contains(address.parse().unwrap()), "{address}");
        }
    }
    let input = DisassociateSubnetCidrBlockRequest {
        association_id: association.association_id,
    };
    let refused = ec2.disassociate_subnet_cidr_block(&user(), input).await;
    assert!(refusal(refused).starts_with("DependencyViolation"));
}

#[tokio::test]
async fn reservations_are_listed_filtered_and_tagged() {
    let world = world();
    let subnet = subnet(&world).await;
    let ec2 = &world.ec2;
    let tagged = CreateSubnetCidrReservationRequest {
        description: Some("printers".to_owned()),
        tag_specifications: Some(vec![TagSpecification {
            resource_type: Some("subnet-cidr-reservation".to_owned()),
            tags: Some(vec![Tag {
                key: Some("team".to_owned()),
                value: Some("one".to_owned()),
            }]),
        }]),
        ..wanted(&subnet, "10.0.0.9/29")
    };
    let made = ec2.create_subnet_cidr_reservation(&user(), tagged).await;
    let made = made.unwrap().subnet_cidr_reservation.unwrap();
    assert_eq!(made.cidr.as_deref(), Some("10.0.0.8/29"), "canonical");
    reserved(&world, &subnet, "10.0.0.4/30").await;
    let listed = async |filters: Vec<Filter>| {
        let input = GetSubnetCidrReservationsRequest {
            subnet_id: Some(subnet.clone()),
            filters: Some(filters),
            ..Default::default()
        };
        let found = ec2.get_subnet_cidr_reservations(&user(), input).await;
        found.unwrap().subnet_ipv4_cidr_reservations.unwrap()
    };
    assert_eq!(listed(vec![]).await.len(), 2);
    let found = listed(vec![filter("tag:team", "one")]).await;
    assert_eq!(found, vec![made.clone()]);
    assert!(listed(vec![filter("tag-key", "none")]).await.is_empty());

    let id = made.subnet_cidr_reservation_id.unwrap();
    let more = CreateTagsRequest {
        resources: Some(vec![id.clone()]),
        tags: Some(vec![Tag {
            key: Some("floor".to_owned()),
            value: Some("3".to_owned()),
        }]),
        ..Default::default()
    };
    ec2.create_tags(&user(), more).await.unwrap();
    assert_eq!(listed(vec![filter("tag:floor", "3")]).await.len(), 1);
    let tags = DescribeTagsRequest {
        filters: Some(vec![filter("resource-type", "subnet-cidr-reservation")]),
        ..Default::default()
    };
    let tags = ec2.describe_tags(&user(), tags).await.unwrap();
    let tags = tags.tags.unwrap();
    assert_eq!(tags.len(), 2);
    assert!(tags.iter().all(|it| it.resource_id.as_ref() == Some(&id)));
}

#[tokio::test]
async fn what_cannot_be_reserved() {
    let world = world();
    let subnet = subnet(&world).await;
    reserved(&world, &subnet, "10.0.0.8/29").await;
    let (ec2, me) = (&world.ec2, user());
    for (subnet, cidr, code) in [
        (subnet.as_str(), "10.0.0.8/30", "InvalidParameterValue"),
        (subnet.as_str(), "10.0.0.0/24", "InvalidParameterValue"),
        (subnet.as_str(), "10.0.1.0/28", "InvalidParameterValue"),
        (subnet.as_str(), "fd00::/64", "InvalidParameterValue"),
        (subnet.as_str(), "ten", "InvalidParameterValue"),
        (subnet.as_str(), "10.0.0.4/33", "InvalidParameterValue"),
        ("subnet-0", "10.0.0.4/30", "InvalidSubnetID.NotFound"),
    ] {
        let refused = ec2.create_subnet_cidr_reservation(&me, wanted(subnet, cidr));
        let refused = refused.await.unwrap_err();
        assert_eq!(refused.code, code, "{cidr}");
    }
    let dry = CreateSubnetCidrReservationRequest {
        dry_run: Some(true),
        ..wanted(&subnet, "10.0.0.4/30")
    };
    let dry = ec2.create_subnet_cidr_reservation(&user(), dry).await;
    assert!(refusal(dry).starts_with("DryRunOperation"));
    let odd = GetSubnetCidrReservationsRequest {
        subnet_id: Some(subnet),
        filters: Some(vec![filter("nonsense", "x")]),
        ..Default::default()
    };
    let odd = ec2.get_subnet_cidr_reservations(&user(), odd).await;
    assert_eq!(
        refusal(odd),
        "InvalidParameterValue: The filter 'nonsense' is invalid"
    );
}
