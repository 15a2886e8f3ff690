//! VPC peering connections, their routes and the groups of peers.

use wharf_api_ec2::{Ec2, types::*};
use wharf_planeproto::{Resource, network::Peer};

use crate::world::{World, filter, of_account, refusal, told, user, world};

const OTHER: &str = "111122223333";

fn request(vpc: &str, peer: &str, owner: Option<&str>) -> CreateVpcPeeringConnectionRequest {
    CreateVpcPeeringConnectionRequest {
        vpc_id: Some(vpc.to_owned()),
        peer_vpc_id: Some(peer.to_owned()),
        peer_owner_id: owner.map(str::to_owned),
        ..Default::default()
    }
}

fn accept(id: &str) -> AcceptVpcPeeringConnectionRequest {
    AcceptVpcPeeringConnectionRequest {
        vpc_peering_connection_id: Some(id.to_owned()),
        ..Default::default()
    }
}

fn reject(id: &str) -> RejectVpcPeeringConnectionRequest {
    RejectVpcPeeringConnectionRequest {
        vpc_peering_connection_id: Some(id.to_owned()),
        ..Default::default()
    }
}

fn delete(id: &str) -> DeleteVpcPeeringConnectionRequest {
    DeleteVpcPeeringConnectionRequest {
        vpc_peering_connection_id: Some(id.to_owned()),
        ..Default::default()
    }
}

fn id_of(made: CreateVpcPeeringConnectionResult) -> String {
    let made = made.vpc_peering_connection.unwrap();
    made.vpc_peering_connection_id.unwrap()
}

fn code(of: &VpcPeeringConnection) -> &str {
    of.status.as_ref().unwrap().code.as_deref().unwrap()
}

async fn asked(world: &World, vpc: &str, peer: &str) -> String {
    let made = world
        .ec2
        .create_vpc_peering_connection(&user(), request(vpc, peer, None))
        .await;
    id_of(made.unwrap())
}

async fn peered(world: &World, vpc: &str, peer: &str) -> String {
    let id = asked(world, vpc, peer).await;
    let accepted = world
        .ec2
        .accept_vpc_peering_connection(&user(), accept(&id))
        .await;
    let accepted = accepted.unwrap().vpc_peering_connection.unwrap();
    assert_eq!(code(&accepted), "active");
    id
}

async fn shown(world: &World, id: &str) -> VpcPeeringConnection {
    let input = DescribeVpcPeeringConnectionsRequest {
        vpc_peering_connection_ids: Some(vec![id.to_owned()]),
        ..Default::default()
    };
    let found = world
        .ec2
        .describe_vpc_peering_connections(&user(), input)
        .await;
    found.unwrap().vpc_peering_connections.unwrap().remove(0)
}

/// What hosts are told of peerings: the ids of those that are active.
async fn told_of(world: &World) -> Vec<String> {
    let peering = |resource| match resource {
        Resource::Peering(it) => Some(it.id),
        _ => None,
    };
    told(world).await.into_iter().filter_map(peering).collect()
}

async fn main_table(world: &World, vpc: &str) -> RouteTable {
    let input = DescribeRouteTablesRequest {
        filters: Some(vec![filter("vpc-id", vpc)]),
        ..Default::default()
    };
    let found = world.ec2.describe_route_tables(&user(), input).await;
    found.unwrap().route_tables.unwrap().remove(0)
}

#[tokio::test]
async fn a_request_is_accepted_or_rejected_by_the_other_side() {
    let world = world();
    let (one, two) = (
        world.vpc("10.0.0.0/16").await,
        world.vpc("10.1.0.0/16").await,
    );
    let id = asked(&world, &one, &two).await;
    assert_eq!(code(&shown(&world, &id).await), "pending-acceptance");
    assert_eq!(asked(&world, &one, &two).await, id, "one request at a time");
    assert!(told_of(&world).await.is_empty());
    let ec2 = &world.ec2;
    ec2.reject_vpc_peering_connection(&user(), reject(&id))
        .await
        .unwrap();
    assert_eq!(code(&shown(&world, &id).await), "rejected");
    assert_eq!(
        refusal(
            ec2.accept_vpc_peering_connection(&user(), accept(&id))
                .await
        ),
        format!(
            "InvalidStateTransition: Invalid state transition for {id}, attempted to transition from rejected to provisioning"
        )
    );

    let id = peered(&world, &one, &two).await;
    assert_eq!(told_of(&world).await, [id.as_str()]);
    let again = ec2
        .create_vpc_peering_connection(&user(), request(&two, &one, None))
        .await;
    assert!(refusal(again).starts_with("VpcPeeringConnectionAlreadyExists"));
    let unwanted = DeleteVpcRequest {
        vpc_id: Some(two.clone()),
        ..Default::default()
    };
    assert!(refusal(ec2.delete_vpc(&user(), unwanted.clone()).await).starts_with("Depend"));
    ec2.delete_vpc_peering_connection(&user(), delete(&id))
        .await
        .unwrap();
    assert!(told_of(&world).await.is_empty());
    assert_eq!(code(&shown(&world, &id).await), "deleted");
    ec2.delete_vpc(&user(), unwanted).await.unwrap();
}

#[tokio::test]
async fn overlapping_ranges_fail() {
    let world = world();
    let (one, same) = (
        world.vpc("10.0.0.0/16").await,
        world.vpc("10.0.0.0/20").await,
    );
    let id = asked(&world, &one, &same).await;
    assert_eq!(code(&shown(&world, &id).await), "failed");

    // Two peers of one VPC must not overlap either: each address leads to one place.
    let (two, twin) = (
        world.vpc("10.1.0.0/16").await,
        world.vpc("10.1.0.0/16").await,
    );
    let waiting = asked(&world, &one, &twin).await;
    peered(&world, &one, &two).await;
    let accepted = world
        .ec2
        .accept_vpc_peering_connection(&user(), accept(&waiting))
        .await;
    let accepted = accepted.unwrap().vpc_peering_connection.unwrap();
    assert_eq!(code(&accepted), "failed");
    assert_eq!(told_of(&world).await.len(), 1);

    // Nor may a VPC grow into a peer, or into a peer of its peer.
    let grow = AssociateVpcCidrBlockRequest {
        vpc_id: Some(one),
        cidr_block: Some("10.9.0.0/16".to_owned()),
        ..Default::default()
    };
    let grown = world.ec2.associate_vpc_cidr_block(&user(), grow).await;
    assert!(refusal(grown).starts_with("UnsupportedOperation"));
}

#[tokio::test]
async fn only_the_owner_of_the_other_vpc_accepts() {
    let world = world();
    let one = world.vpc("10.0.0.0/16").await;
    let other = of_account(OTHER);
    let input = CreateVpcRequest {
        cidr_block: Some("10.1.0.0/16".to_owned()),
        ..Default::default()
    };
    let theirs = world.ec2.create_vpc(&other, input).await.unwrap();
    let theirs = theirs.vpc.unwrap().vpc_id.unwrap();
    let ec2 = &world.ec2;
    let made = ec2
        .create_vpc_peering_connection(&user(), request(&one, &theirs, Some(OTHER)))
        .await;
    let id = id_of(made.unwrap());
    assert_eq!(
        refusal(
            ec2.accept_vpc_peering_connection(&user(), accept(&id))
                .await
        ),
        format!("OperationNotPermitted: User 000000000000 cannot accept peering {id}")
    );
    let stranger = of_account("999999999999");
    assert!(
        refusal(
            ec2.accept_vpc_peering_connection(&stranger, accept(&id))
                .await
        )
        .starts_with("InvalidVpcPeeringConnectionID.NotFound")
    );
    ec2.accept_vpc_peering_connection(&other, accept(&id))
        .await
        .unwrap();
    assert_eq!(told_of(&world).await, [id.as_str()]);
    let seen = shown(&world, &id).await;
    let accepter = seen.accepter_vpc_info.unwrap();
    assert_eq!(accepter.owner_id.as_deref(), Some(OTHER));
    assert_eq!(accepter.cidr_block.as_deref(), Some("10.1.0.0/16"));

    // A VPC of another account that is not there is no different from one that refuses.
    let made = ec2
        .create_vpc_peering_connection(&user(), request(&one, "vpc-none", Some(OTHER)))
        .await;
    let id = id_of(made.unwrap());
    assert_eq!(code(&shown(&world, &id).await), "failed");
}

#[tokio::test]
async fn routes_lead_to_a_peer_while_it_is_one() {
    let world = world();
    let (one, two, third) = (
        world.vpc("10.0.0.0/16").await,
        world.vpc("10.1.0.0/16").await,
        world.vpc("10.2.0.0/16").await,
    );
    let id = asked(&world, &one, &two).await;
    let table = main_table(&world, &one).await.route_table_id.unwrap();
    let route = |table: &str| CreateRouteRequest {
        route_table_id: Some(table.to_owned()),
        destination_cidr_block: Some("10.1.0.0/16".to_owned()),
        vpc_peering_connection_id: Some(id.clone()),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    ec2.create_route(&user(), route(&table)).await.unwrap();
    let state = async || {
        let table = main_table(&world, &one).await;
        let found = table.routes.unwrap().into_iter();
        let mut found = found.filter(|it| it.vpc_peering_connection_id.as_ref() == Some(&id));
        found.next().unwrap().state.unwrap()
    };
    assert_eq!(state().await, "blackhole", "nobody accepted it");
    ec2.accept_vpc_peering_connection(&user(), accept(&id))
        .await
        .unwrap();
    assert_eq!(state().await, "active");
    let leads = told(&world).await.into_iter().any(|it| {
        matches!(it, Resource::RouteTable(it)
            if it.routes.iter().any(|route| route.gateway == id))
    });
    assert!(leads, "hosts are told");
    ec2.delete_vpc_peering_connection(&user(), delete(&id))
        .await
        .unwrap();
    assert_eq!(state().await, "blackhole");

    let strange = main_table(&world, &third).await.route_table_id.unwrap();
    assert!(
        refusal(ec2.create_route(&user(), route(&strange)).await).starts_with("InvalidVpcPeer")
    );
    let both = CreateRouteRequest {
        gateway_id: Some("igw-1".to_owned()),
        ..route(&table)
    };
    assert!(refusal(ec2.create_route(&user(), both).await).starts_with("InvalidParameterComb"));
}

#[tokio::test]
async fn rules_name_groups_of_peers_alone() {
    let world = world();
    let (one, two) = (
        world.vpc("10.0.0.0/16").await,
        world.vpc("10.1.0.0/16").await,
    );
    let make = async |name: &str, vpc: &str| {
        let input = CreateSecurityGroupRequest {
            group_name: Some(name.to_owned()),
            description: Some("a test".to_owned()),
            vpc_id: Some(vpc.to_owned()),
            ..Default::default()
        };
        let made = world.ec2.create_security_group(&user(), input).await;
        made.unwrap().group_id.unwrap()
    };
    let (mine, theirs) = (make("mine", &one).await, make("theirs", &two).await);
    let permission = IpPermission {
        ip_protocol: Some("tcp".to_owned()),
        from_port: Some(80),
        to_port: Some(80),
        user_id_group_pairs: Some(vec![UserIdGroupPair {
            group_id: Some(theirs.clone()),
            ..Default::default()
        }]),
        ..Default::default()
    };
    let rule = |permission: &IpPermission| AuthorizeSecurityGroupIngressRequest {
        group_id: Some(mine.clone()),
        ip_permissions: Some(vec![permission.clone()]),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    let refused = ec2
        .authorize_security_group_ingress(&user(), rule(&permission))
        .await;
    refused.unwrap_err();
    let id = peered(&world, &one, &two).await;
    ec2.authorize_security_group_ingress(&user(), rule(&permission))
        .await
        .unwrap();
    let named = told(&world).await.into_iter().any(|it| {
        matches!(it, Resource::SecurityGroup(it) if it.id == mine
            && it.ingress.iter().any(|it| it.peer == Peer::Group(theirs.clone())))
    });
    assert!(named, "hosts are told");
    let asked = DescribeSecurityGroupReferencesRequest {
        group_id: Some(vec![theirs.clone()]),
        ..Default::default()
    };
    let referring = ec2.describe_security_group_references(&user(), asked).await;
    let referring = referring.unwrap().security_group_reference_set.unwrap();
    assert_eq!(referring[0].referencing_vpc_id.as_ref(), Some(&one));
    let stale = async || {
        let input = DescribeStaleSecurityGroupsRequest {
            vpc_id: Some(one.clone()),
            ..Default::default()
        };
        let found = ec2.describe_stale_security_groups(&user(), input).await;
        let found = found.unwrap().stale_security_group_set.unwrap();
        let ids = found.into_iter().filter_map(|it| it.group_id);
        ids.collect::<Vec<_>>()
    };
    assert!(stale().await.is_empty());
    ec2.delete_vpc_peering_connection(&user(), delete(&id))
        .await
        .unwrap();
    assert_eq!(stale().await, [mine.as_str()]);

    // It is revoked as it is shown, also when its peer is gone.
    let group = world.shown_group(&mine).await;
    let pair = &group.ip_permissions.as_ref().unwrap()[0];
    let pair = &pair.user_id_group_pairs.as_ref().unwrap()[0];
    assert_eq!(pair.vpc_peering_connection_id.as_ref(), Some(&id));
    let revoke = RevokeSecurityGroupIngressRequest {
        group_id: Some(mine.clone()),
        ip_permissions: group.ip_permissions.clone(),
        ..Default::default()
    };
    ec2.revoke_security_group_ingress(&user(), revoke)
        .await
        .unwrap();
    assert!(
        world
            .shown_group(&mine)
            .await
            .ip_permissions
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn options_are_off_and_each_owner_has_those_of_its_side() {
    let (world, me, other) = (world(), user(), of_account(OTHER));
    let one = world.vpc("10.0.0.0/16").await;
    let theirs = CreateVpcRequest {
        cidr_block: Some("10.1.0.0/16".to_owned()),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    let theirs = ec2.create_vpc(&other, theirs).await.unwrap().vpc.unwrap();
    let theirs = theirs.vpc_id.unwrap();
    let made = ec2.create_vpc_peering_connection(&me, request(&one, &theirs, Some(OTHER)));
    let id = id_of(made.await.unwrap());
    let off = |is_given: bool| {
        is_given.then(|| PeeringConnectionOptionsRequest {
            allow_dns_resolution_from_remote_vpc: Some(false),
            ..Default::default()
        })
    };
    let options = |accepter, requester| ModifyVpcPeeringConnectionOptionsRequest {
        vpc_peering_connection_id: Some(id.clone()),
        accepter_peering_connection_options: off(accepter),
        requester_peering_connection_options: off(requester),
        ..Default::default()
    };
    let pending = ec2.modify_vpc_peering_connection_options(&me, options(false, true));
    assert_eq!(
        refusal(pending.await),
        format!(
            "OperationNotPermitted: Peering {id} is not active. Peering options can be added only to active peerings."
        )
    );
    let accepted = ec2.accept_vpc_peering_connection(&other, accept(&id));
    accepted.await.unwrap();
    let done = ec2.modify_vpc_peering_connection_options(&me, options(false, true));
    let done = done.await.unwrap();
    assert_eq!(done.accepter_peering_connection_options, None);
    let shown = done.requester_peering_connection_options.unwrap();
    assert_eq!(shown.allow_dns_resolution_from_remote_vpc, Some(false));
    for (by, options, code) in [
        (&me, options(true, true), "OperationNotPermitted"),
        (&other, options(false, true), "OperationNotPermitted"),
        (&me, options(false, false), "MissingParameter"),
    ] {
        let refused = ec2.modify_vpc_peering_connection_options(by, options);
        assert_eq!(refused.await.unwrap_err().code, code);
    }
}
