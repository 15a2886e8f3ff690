//! Managed prefix lists, and what goes by them.

use wharf_api_ec2::{Ec2, types::*};
use wharf_planeproto::{Resource, network::Peer};

use crate::world::{World, filter, refusal, told, user, world};

fn entries(cidrs: &[&str]) -> Option<Vec<AddPrefixListEntry>> {
    let entry = |cidr: &&str| AddPrefixListEntry {
        cidr: Some((*cidr).to_owned()),
        description: None,
    };
    Some(cidrs.iter().map(entry).collect())
}

fn wanted(cidrs: &[&str], size: i32) -> CreateManagedPrefixListRequest {
    CreateManagedPrefixListRequest {
        prefix_list_name: Some("offices".to_owned()),
        entries: entries(cidrs),
        max_entries: Some(size),
        address_family: Some("IPv4".to_owned()),
        ..Default::default()
    }
}

async fn made(world: &World, cidrs: &[&str], size: i32) -> String {
    let list = world
        .ec2
        .create_managed_prefix_list(&user(), wanted(cidrs, size))
        .await;
    let list = list.unwrap().prefix_list.unwrap();
    assert_eq!(list.state.as_deref(), Some("create-complete"));
    list.prefix_list_id.unwrap()
}

fn change(id: &str, version: i64, add: &[&str], remove: &[&str]) -> ModifyManagedPrefixListRequest {
    let gone = |cidr: &&str| RemovePrefixListEntry {
        cidr: Some((*cidr).to_owned()),
    };
    ModifyManagedPrefixListRequest {
        prefix_list_id: Some(id.to_owned()),
        current_version: Some(version),
        add_entries: entries(add),
        remove_entries: Some(remove.iter().map(gone).collect()),
        ..Default::default()
    }
}

async fn cidrs(world: &World, id: &str, version: Option<i64>) -> Vec<String> {
    let input = GetManagedPrefixListEntriesRequest {
        prefix_list_id: Some(id.to_owned()),
        target_version: version,
        ..Default::default()
    };
    let found = world
        .ec2
        .get_managed_prefix_list_entries(&user(), input)
        .await;
    let found = found.unwrap().entries.unwrap();
    found.into_iter().map(|it| it.cidr.unwrap()).collect()
}

/// The ranges that hosts are told of in the ingress rules of a group.
async fn ranges(world: &World, group: &str) -> Vec<String> {
    let mut found = Vec::new();
    for resource in told(world).await {
        if let Resource::SecurityGroup(it) = resource
            && it.id == group
        {
            found.extend(it.ingress.into_iter().map(|it| match it.peer {
                Peer::Cidr(cidr) => cidr,
                Peer::Group(id) => id,
            }));
        }
    }
    found.sort();
    found
}

fn rule(group: &str, list: &str) -> AuthorizeSecurityGroupIngressRequest {
    AuthorizeSecurityGroupIngressRequest {
        group_id: Some(group.to_owned()),
        ip_permissions: Some(vec![IpPermission {
            ip_protocol: Some("tcp".to_owned()),
            from_port: Some(80),
            to_port: Some(80),
            prefix_list_ids: Some(vec![PrefixListId {
                description: None,
                prefix_list_id: Some(list.to_owned()),
            }]),
            ..Default::default()
        }]),
        ..Default::default()
    }
}

#[tokio::test]
async fn versions_follow_each_other() {
    let world = world();
    let id = made(&world, &["10.0.0.0/8"], 3).await;
    let ec2 = &world.ec2;
    let changed = ec2
        .modify_managed_prefix_list(
            &user(),
            change(
                &id,
                1,
                &["192.0.2.0/24", "198.51.100.0/24"],
                &["10.0.0.0/8"],
            ),
        )
        .await;
    let changed = changed.unwrap().prefix_list.unwrap();
    assert_eq!(changed.version, Some(2));
    assert_eq!(
        cidrs(&world, &id, None).await,
        ["192.0.2.0/24", "198.51.100.0/24"]
    );
    assert_eq!(cidrs(&world, &id, Some(1)).await, ["10.0.0.0/8"]);
    for (change, expected) in [
        (
            change(&id, 1, &["10.0.0.0/8"], &[]),
            "PrefixListVersionMismatch",
        ),
        (
            change(&id, 2, &[], &["10.0.0.0/8"]),
            "InvalidParameterValue",
        ),
        (
            change(&id, 2, &["10.1.0.0/16", "10.2.0.0/16"], &[]),
            "PrefixListMaxEntriesExceeded",
        ),
        (
            change(&id, 2, &["10.1.0.0/16", "10.1.0.0/16"], &[]),
            "InvalidParameterValue",
        ),
        (change(&id, 2, &["fd00::/8"], &[]), "InvalidParameterValue"),
        (
            change("pl-none", 1, &["10.0.0.0/8"], &[]),
            "InvalidPrefixListID.NotFound",
        ),
    ] {
        let refused = ec2.modify_managed_prefix_list(&user(), change).await;
        let refused = refusal(refused);
        assert!(refused.starts_with(expected), "{refused}");
    }
    let ipv6 = CreateManagedPrefixListRequest {
        address_family: Some("IPv6".to_owned()),
        ..wanted(&[], 1)
    };
    assert!(
        refusal(ec2.create_managed_prefix_list(&user(), ipv6).await).starts_with("Unsupported")
    );
}

#[tokio::test]
async fn rules_go_by_the_list_as_it_is() {
    let world = world();
    let list = made(&world, &["192.0.2.0/24"], 50).await;
    let group = world.group("web").await;
    let ec2 = &world.ec2;
    ec2.authorize_security_group_ingress(&user(), rule(&group, &list))
        .await
        .unwrap();
    assert_eq!(ranges(&world, &group).await, ["192.0.2.0/24"]);
    ec2.modify_managed_prefix_list(
        &user(),
        change(
            &list,
            1,
            &["198.51.100.0/24", "203.0.113.0/24"],
            &["192.0.2.0/24"],
        ),
    )
    .await
    .unwrap();
    assert_eq!(
        ranges(&world, &group).await,
        ["198.51.100.0/24", "203.0.113.0/24"]
    );
    for (name, expected) in [
        ("ip-permission.prefix-list-id", 1),
        ("egress.ip-permission.prefix-list-id", 0),
    ] {
        let input = DescribeSecurityGroupsRequest {
            filters: Some(vec![filter(name, &list)]),
            ..Default::default()
        };
        let found = ec2.describe_security_groups(&user(), input).await.unwrap();
        assert_eq!(found.security_groups.unwrap().len(), expected, "{name}");
    }
    let shown = world.shown_group(&group).await.ip_permissions.unwrap();
    let named = shown[0].prefix_list_ids.as_ref().unwrap();
    assert_eq!(named[0].prefix_list_id.as_ref(), Some(&list));

    // It counts for as many rules as it may have entries.
    let other = made(&world, &["10.0.0.0/8"], 11).await;
    assert!(
        refusal(
            ec2.authorize_security_group_ingress(&user(), rule(&group, &other))
                .await
        )
        .starts_with("RulesPerSecurityGroupLimitExceeded")
    );
    let grow = ModifyManagedPrefixListRequest {
        prefix_list_id: Some(list.clone()),
        max_entries: Some(61),
        ..Default::default()
    };
    let grown = ec2.modify_managed_prefix_list(&user(), grow).await;
    assert!(refusal(grown).starts_with("RulesPerSecurityGroupLimitExceeded"));

    let users = GetManagedPrefixListAssociationsRequest {
        prefix_list_id: Some(list.clone()),
        ..Default::default()
    };
    let users = ec2
        .get_managed_prefix_list_associations(&user(), users)
        .await;
    let users = users.unwrap().prefix_list_associations.unwrap();
    assert_eq!(users[0].resource_id.as_ref(), Some(&group));
    let unwanted = DeleteManagedPrefixListRequest {
        prefix_list_id: Some(list.clone()),
        ..Default::default()
    };
    let refused = ec2
        .delete_managed_prefix_list(&user(), unwanted.clone())
        .await;
    assert!(refusal(refused).starts_with("DependencyViolation"));
    let revoke = RevokeSecurityGroupIngressRequest {
        group_id: Some(group.clone()),
        ip_permissions: Some(shown),
        ..Default::default()
    };
    ec2.revoke_security_group_ingress(&user(), revoke)
        .await
        .unwrap();
    assert!(ranges(&world, &group).await.is_empty());
    ec2.delete_managed_prefix_list(&user(), unwanted)
        .await
        .unwrap();
}

#[tokio::test]
async fn routes_go_by_the_list_as_it_is() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let ec2 = &world.ec2;
    let made_one = ec2
        .create_internet_gateway(&user(), Default::default())
        .await;
    let gateway = made_one.unwrap().internet_gateway.unwrap();
    let gateway = gateway.internet_gateway_id.unwrap();
    let attach = AttachInternetGatewayRequest {
        internet_gateway_id: Some(gateway.clone()),
        vpc_id: Some(vpc.clone()),
        ..Default::default()
    };
    ec2.attach_internet_gateway(&user(), attach).await.unwrap();
    let tables = DescribeRouteTablesRequest {
        filters: Some(vec![filter("vpc-id", &vpc)]),
        ..Default::default()
    };
    let tables = ec2.describe_route_tables(&user(), tables).await.unwrap();
    let table = tables
        .route_tables
        .unwrap()
        .remove(0)
        .route_table_id
        .unwrap();
    let list = made(&world, &["192.0.2.0/24"], 10).await;
    let route = CreateRouteRequest {
        route_table_id: Some(table.clone()),
        destination_prefix_list_id: Some(list.clone()),
        gateway_id: Some(gateway.clone()),
        ..Default::default()
    };
    ec2.create_route(&user(), route.clone()).await.unwrap();
    assert!(refusal(ec2.create_route(&user(), route).await).starts_with("RouteAlreadyExists"));
    let destinations = async || {
        let mut found = Vec::new();
        for resource in told(&world).await {
            if let Resource::RouteTable(it) = resource
                && it.id == table
            {
                found.extend(it.routes.into_iter().map(|it| it.destination));
            }
        }
        found
    };
    assert_eq!(destinations().await, ["192.0.2.0/24"]);
    ec2.modify_managed_prefix_list(&user(), change(&list, 1, &["203.0.113.0/24"], &[]))
        .await
        .unwrap();
    assert_eq!(destinations().await, ["192.0.2.0/24", "203.0.113.0/24"]);
    let unwanted = DeleteRouteRequest {
        route_table_id: Some(table.clone()),
        destination_prefix_list_id: Some(list),
        ..Default::default()
    };
    ec2.delete_route(&user(), unwanted).await.unwrap();
    assert!(destinations().await.is_empty());
}
