//! Network ACLs: entries by number, one ACL for each subnet, and what hosts are told.

use wharf_api_ec2::{Ec2, types::*};
use wharf_planeproto::Resource;
use wharf_wire::Fault;

use crate::world::{World, filter, refusal, told, user, world};

async fn all(world: &World, vpc: &str) -> Vec<NetworkAcl> {
    let input = DescribeNetworkAclsRequest {
        filters: Some(vec![filter("vpc-id", vpc)]),
        ..Default::default()
    };
    let found = world.ec2.describe_network_acls(&user(), input).await;
    found.unwrap().network_acls.unwrap()
}

async fn one(world: &World, vpc: &str, id: &str) -> NetworkAcl {
    let mut all = all(world, vpc).await.into_iter();
    let is_it = |it: &NetworkAcl| it.network_acl_id.as_deref() == Some(id);
    all.find(is_it).unwrap()
}

async fn make(world: &World, vpc: &str) -> String {
    let input = CreateNetworkAclRequest {
        vpc_id: Some(vpc.to_owned()),
        ..Default::default()
    };
    let made = world.ec2.create_network_acl(&user(), input).await.unwrap();
    made.network_acl.unwrap().network_acl_id.unwrap()
}

fn entry(acl: &str, number: i32, egress: bool) -> CreateNetworkAclEntryRequest {
    CreateNetworkAclEntryRequest {
        network_acl_id: Some(acl.to_owned()),
        rule_number: Some(number),
        protocol: Some("6".to_owned()),
        rule_action: Some("allow".to_owned()),
        egress: Some(egress),
        cidr_block: Some("10.0.0.0/8".to_owned()),
        port_range: Some(PortRange {
            from: Some(80),
            to: Some(81),
        }),
        ..Default::default()
    }
}

async fn add(world: &World, acl: &str, number: i32, egress: bool) -> Result<(), Fault> {
    let input = entry(acl, number, egress);
    world.ec2.create_network_acl_entry(&user(), input).await
}

/// Number and action of the entries of a direction.
fn listed(acl: &NetworkAcl, egress: bool) -> Vec<(i32, String)> {
    let entries = acl.entries.iter().flatten();
    let same = entries.filter(|it| it.egress == Some(egress));
    same.map(|it| (it.rule_number.unwrap(), it.rule_action.clone().unwrap()))
        .collect()
}

#[tokio::test]
async fn a_new_acl_lets_nothing_through_and_the_first_one_everything() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let own = all(&world, &vpc).await.remove(0);
    let text = |number, action: &str| (number, action.to_owned());
    let open = [text(100, "allow"), text(32767, "deny")];
    assert_eq!(listed(&own, true), open);
    assert_eq!(listed(&own, false), open);
    assert_eq!(own.is_default, Some(true));
    let made = make(&world, &vpc).await;
    let shown = one(&world, &vpc, &made).await;
    assert_eq!(listed(&shown, true), [text(32767, "deny")]);
    assert_eq!(shown.is_default, Some(false));
}

#[tokio::test]
async fn entries_are_named_by_direction_and_number() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let acl = make(&world, &vpc).await;
    for (number, egress) in [(200, false), (100, false), (100, true)] {
        add(&world, &acl, number, egress).await.unwrap();
    }
    assert_eq!(
        refusal(add(&world, &acl, 100, false).await),
        "NetworkAclEntryAlreadyExists: The network acl entry identified by 100 already exists."
    );
    let shown = one(&world, &vpc, &acl).await;
    let numbers = |egress| {
        let listed = listed(&shown, egress).into_iter();
        listed.map(|(number, _)| number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(false), [100, 200, 32767]);
    assert_eq!(numbers(true), [100, 32767]);
    let replace = ReplaceNetworkAclEntryRequest {
        network_acl_id: Some(acl.clone()),
        rule_number: Some(100),
        protocol: Some("-1".to_owned()),
        rule_action: Some("deny".to_owned()),
        egress: Some(false),
        cidr_block: Some("0.0.0.0/0".to_owned()),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    ec2.replace_network_acl_entry(&user(), replace.clone())
        .await
        .unwrap();
    let shown = one(&world, &vpc, &acl).await;
    assert_eq!(listed(&shown, false)[0], (100, "deny".to_owned()));
    let delete = |number, egress| DeleteNetworkAclEntryRequest {
        network_acl_id: Some(acl.clone()),
        rule_number: Some(number),
        egress: Some(egress),
        ..Default::default()
    };
    ec2.delete_network_acl_entry(&user(), delete(100, false))
        .await
        .unwrap();
    for refused in [
        ec2.delete_network_acl_entry(&user(), delete(100, false))
            .await,
        ec2.replace_network_acl_entry(&user(), replace).await,
    ] {
        assert_eq!(
            refusal(refused),
            "InvalidNetworkAclEntry.NotFound: The network acl entry identified by 100 does not exist."
        );
    }
    for number in 1..20 {
        add(&world, &acl, number, false).await.unwrap();
    }
    assert!(
        refusal(add(&world, &acl, 300, false).await).starts_with("NetworkAclEntryLimitExceeded")
    );
    assert!(add(&world, &acl, 300, true).await.is_ok(), "each direction");
}

#[tokio::test]
async fn a_subnet_has_one_acl_and_keeps_it() {
    let world = world();
    let (vpc, other) = (
        world.vpc("10.0.0.0/16").await,
        world.vpc("10.0.0.0/16").await,
    );
    let subnet = world.subnet(&vpc, "10.0.1.0/24").await.unwrap();
    let subnet = subnet.subnet_id.unwrap();
    let (acl, apart) = (make(&world, &vpc).await, make(&world, &other).await);
    let own = all(&world, &vpc).await;
    let own = own.iter().find(|it| it.is_default == Some(true)).unwrap();
    let association = own.associations.as_ref().unwrap()[0].clone();
    assert_eq!(association.subnet_id.as_ref(), Some(&subnet));
    let replace = |association: &str, acl: &str| ReplaceNetworkAclAssociationRequest {
        association_id: Some(association.to_owned()),
        network_acl_id: Some(acl.to_owned()),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    let first = association.network_acl_association_id.unwrap();
    let refused = ec2
        .replace_network_acl_association(&user(), replace(&first, &apart))
        .await;
    assert!(refusal(refused).contains("belong to different networks"));
    let moved = ec2
        .replace_network_acl_association(&user(), replace(&first, &acl))
        .await;
    let second = moved.unwrap().new_association_id.unwrap();
    assert_ne!(first, second);
    let again = ec2
        .replace_network_acl_association(&user(), replace(&first, &acl))
        .await;
    assert!(refusal(again).starts_with("InvalidAssociationID.NotFound"));
    let shown = one(&world, &vpc, &acl).await;
    assert_eq!(
        shown.associations.unwrap()[0].subnet_id.as_ref(),
        Some(&subnet)
    );

    let told = told(&world).await;
    let of_subnet = told.iter().find_map(|it| match it {
        Resource::Subnet(it) if it.id == subnet => it.network_acl.clone(),
        _ => None,
    });
    assert_eq!(of_subnet.as_ref(), Some(&acl));
    let of_vpc = told.iter().find_map(|it| match it {
        Resource::Vpc(it) if it.id == vpc => it.network_acl.clone(),
        _ => None,
    });
    assert_eq!(of_vpc, own.network_acl_id);

    let delete = |id: &str| DeleteNetworkAclRequest {
        network_acl_id: Some(id.to_owned()),
        ..Default::default()
    };
    let default = own.network_acl_id.clone().unwrap();
    let refused = ec2.delete_network_acl(&user(), delete(&default)).await;
    assert_eq!(
        refusal(refused),
        format!("InvalidParameterValue: cannot delete default network ACL {default}")
    );
    let refused = ec2.delete_network_acl(&user(), delete(&acl)).await;
    assert!(refusal(refused).starts_with("DependencyViolation"));
    ec2.replace_network_acl_association(&user(), replace(&second, &default))
        .await
        .unwrap();
    let whole = |id: &str| DeleteVpcRequest {
        vpc_id: Some(id.to_owned()),
        ..Default::default()
    };
    let refused = ec2.delete_vpc(&user(), whole(&other)).await;
    assert!(
        refusal(refused).starts_with("DependencyViolation"),
        "its ACL"
    );
    ec2.delete_network_acl(&user(), delete(&acl)).await.unwrap();
    ec2.delete_network_acl(&user(), delete(&apart))
        .await
        .unwrap();
    ec2.delete_vpc(&user(), whole(&other)).await.unwrap();
}
