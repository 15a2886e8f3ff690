//! Route tables, routes and internet gateways.

use wharf_api_ec2::{Ec2, types::*};

use crate::world::{World, filter, refusal, user, world};

async fn gateway(world: &World) -> String {
    let made = world
        .ec2
        .create_internet_gateway(&user(), Default::default())
        .await;
    made.unwrap()
        .internet_gateway
        .unwrap()
        .internet_gateway_id
        .unwrap()
}

fn attach(gateway: &str, vpc: &str) -> AttachInternetGatewayRequest {
    AttachInternetGatewayRequest {
        internet_gateway_id: Some(gateway.to_owned()),
        vpc_id: Some(vpc.to_owned()),
        ..Default::default()
    }
}

fn detach(gateway: &str, vpc: &str) -> DetachInternetGatewayRequest {
    DetachInternetGatewayRequest {
        internet_gateway_id: Some(gateway.to_owned()),
        vpc_id: Some(vpc.to_owned()),
        ..Default::default()
    }
}

async fn table(world: &World, vpc: &str) -> String {
    let input = CreateRouteTableRequest {
        vpc_id: Some(vpc.to_owned()),
        ..Default::default()
    };
    let made = world.ec2.create_route_table(&user(), input).await;
    made.unwrap().route_table.unwrap().route_table_id.unwrap()
}

fn route(table: &str, destination: &str, gateway: &str) -> CreateRouteRequest {
    CreateRouteRequest {
        route_table_id: Some(table.to_owned()),
        destination_cidr_block: Some(destination.to_owned()),
        gateway_id: Some(gateway.to_owned()),
        ..Default::default()
    }
}

async fn shown(world: &World, table: &str) -> RouteTable {
    let input = DescribeRouteTablesRequest {
        route_table_ids: Some(vec![table.to_owned()]),
        ..Default::default()
    };
    let found = world.ec2.describe_route_tables(&user(), input).await;
    found.unwrap().route_tables.unwrap().remove(0)
}

#[tokio::test]
async fn a_gateway_is_attached_to_one_vpc_and_a_vpc_to_one_gateway() {
    let world = world();
    let (vpc, other) = (
        world.vpc("10.0.0.0/16").await,
        world.vpc("10.0.0.0/16").await,
    );
    let (one, two) = (gateway(&world).await, gateway(&world).await);
    let ec2 = &world.ec2;
    assert_eq!(
        refusal(
            ec2.detach_internet_gateway(&user(), detach(&one, &vpc))
                .await
        ),
        format!("Gateway.NotAttached: resource {one} is not attached to network {vpc}")
    );
    ec2.attach_internet_gateway(&user(), attach(&one, &vpc))
        .await
        .unwrap();
    assert_eq!(
        refusal(
            ec2.attach_internet_gateway(&user(), attach(&one, &other))
                .await
        ),
        format!("Resource.AlreadyAssociated: resource {one} is already attached to network {vpc}")
    );
    assert_eq!(
        refusal(
            ec2.attach_internet_gateway(&user(), attach(&two, &vpc))
                .await
        ),
        format!("InvalidParameterValue: Network {vpc} already has an internet gateway attached")
    );
    let delete = DeleteInternetGatewayRequest {
        internet_gateway_id: Some(one.clone()),
        ..Default::default()
    };
    assert_eq!(
        refusal(ec2.delete_internet_gateway(&user(), delete.clone()).await),
        format!(
            "DependencyViolation: The internetGateway '{one}' has dependencies and cannot be deleted."
        )
    );
    let input = DescribeInternetGatewaysRequest {
        filters: Some(vec![filter("attachment.vpc-id", &vpc)]),
        ..Default::default()
    };
    let found = ec2
        .describe_internet_gateways(&user(), input)
        .await
        .unwrap();
    assert_eq!(
        found.internet_gateways.unwrap()[0].internet_gateway_id,
        Some(one.clone())
    );
    ec2.detach_internet_gateway(&user(), detach(&one, &vpc))
        .await
        .unwrap();
    ec2.delete_internet_gateway(&user(), delete).await.unwrap();
}

#[tokio::test]
async fn routes_lead_to_the_gateway_of_the_vpc() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let (table, gateway) = (table(&world, &vpc).await, gateway(&world).await);
    let ec2 = &world.ec2;
    let out = route(&table, "0.0.0.0/0", &gateway);
    assert_eq!(
        refusal(ec2.create_route(&user(), out.clone()).await),
        format!(
            "InvalidParameterValue: route table {table} and network gateway {gateway} belong to different networks"
        )
    );
    ec2.attach_internet_gateway(&user(), attach(&gateway, &vpc))
        .await
        .unwrap();
    ec2.create_route(&user(), out.clone()).await.unwrap();
    let nat = CreateRouteRequest {
        nat_gateway_id: Some("nat-1".to_owned()),
        ..out.clone()
    };
    for (input, expected) in [
        (
            out,
            "RouteAlreadyExists: The route identified by 0.0.0.0/0 already exists.",
        ),
        (
            route(&table, "10.0.1.0/24", &gateway),
            "InvalidParameterValue: The destination CIDR block 10.0.1.0/24 is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.",
        ),
        (
            route(&table, "1.0.0.0/8", "igw-0"),
            "InvalidGatewayID.NotFound: The gateway ID 'igw-0' does not exist",
        ),
        (
            route("rtb-0", "1.0.0.0/8", &gateway),
            "InvalidRouteTableID.NotFound: The routeTable ID 'rtb-0' does not exist",
        ),
    ] {
        assert_eq!(refusal(ec2.create_route(&user(), input).await), expected);
    }
    assert_eq!(
        refusal(world.ec2_client().create_route(&user(), nat).await),
        "InvalidParameterCombination: The request must contain exactly one target of the route"
    );
    let state = |table: RouteTable| table.routes.unwrap()[1].state.clone();
    assert_eq!(
        state(shown(&world, &table).await).as_deref(),
        Some("active")
    );
    ec2.detach_internet_gateway(&user(), detach(&gateway, &vpc))
        .await
        .unwrap();
    assert_eq!(
        state(shown(&world, &table).await).as_deref(),
        Some("blackhole")
    );

    let delete = |destination: &str| DeleteRouteRequest {
        route_table_id: Some(table.clone()),
        destination_cidr_block: Some(destination.to_owned()),
        ..Default::default()
    };
    ec2.delete_route(&user(), delete("0.0.0.0/0"))
        .await
        .unwrap();
    assert_eq!(
        refusal(ec2.delete_route(&user(), delete("0.0.0.0/0")).await),
        format!(
            "InvalidRoute.NotFound: no route with destination-cidr-block 0.0.0.0/0 in route table {table}"
        )
    );
    assert_eq!(
        refusal(ec2.delete_route(&user(), delete("10.0.0.0/16")).await),
        format!(
            "InvalidParameterValue: cannot remove local route 10.0.0.0/16 in route table {table}"
        )
    );
}

#[tokio::test]
async fn a_subnet_has_one_table() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let subnet = world.subnet(&vpc, "10.0.0.0/24").await.unwrap().subnet_id;
    let (one, two) = (table(&world, &vpc).await, table(&world, &vpc).await);
    let associate = |table: &str| AssociateRouteTableRequest {
        route_table_id: Some(table.to_owned()),
        subnet_id: subnet.clone(),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    let made = ec2
        .associate_route_table(&user(), associate(&one))
        .await
        .unwrap();
    let id = made.association_id.unwrap();
    assert_eq!(
        refusal(ec2.associate_route_table(&user(), associate(&two)).await),
        format!(
            "Resource.AlreadyAssociated: the specified association for route table {two} conflicts with an existing association {id}"
        )
    );
    let delete = DeleteRouteTableRequest {
        route_table_id: Some(one.clone()),
        ..Default::default()
    };
    assert_eq!(
        refusal(ec2.delete_route_table(&user(), delete.clone()).await),
        format!(
            "DependencyViolation: The routeTable '{one}' has dependencies and cannot be deleted."
        )
    );
    let association = &shown(&world, &one).await.associations.unwrap()[0];
    assert_eq!(association.subnet_id, subnet);
    let disassociate = |id: &str| DisassociateRouteTableRequest {
        association_id: Some(id.to_owned()),
        ..Default::default()
    };
    ec2.disassociate_route_table(&user(), disassociate(&id))
        .await
        .unwrap();
    assert_eq!(
        refusal(
            ec2.disassociate_route_table(&user(), disassociate(&id))
                .await
        ),
        format!("InvalidAssociationID.NotFound: The association ID '{id}' does not exist")
    );
    ec2.delete_route_table(&user(), delete).await.unwrap();
    let main = DescribeRouteTablesRequest {
        filters: Some(vec![
            filter("association.main", "true"),
            filter("vpc-id", &vpc),
        ]),
        ..Default::default()
    };
    let main = ec2.describe_route_tables(&user(), main).await.unwrap();
    let main = main
        .route_tables
        .unwrap()
        .remove(0)
        .associations
        .unwrap()
        .remove(0);
    let id = main.route_table_association_id.unwrap();
    assert_eq!(
        refusal(
            ec2.disassociate_route_table(&user(), disassociate(&id))
                .await
        ),
        format!("InvalidParameterValue: cannot disassociate the main route table association {id}")
    );
}

#[tokio::test]
async fn a_token_makes_one_table() {
    let world = world();
    let input = CreateRouteTableRequest {
        vpc_id: Some(world.vpc("10.0.0.0/16").await),
        client_token: Some("once".to_owned()),
        ..Default::default()
    };
    let first = world
        .ec2
        .create_route_table(&user(), input.clone())
        .await
        .unwrap();
    let again = world.ec2.create_route_table(&user(), input).await.unwrap();
    assert_eq!(first, again);
}

#[tokio::test]
async fn the_default_vpc_leads_to_the_internet() {
    let world = world();
    let input = DescribeRouteTablesRequest {
        filters: Some(vec![filter("route.gateway-id", "igw-*")]),
        ..Default::default()
    };
    let found = world
        .ec2
        .describe_route_tables(&user(), input)
        .await
        .unwrap();
    let tables = found.route_tables.unwrap();
    assert_eq!(tables.len(), 1);
    assert_eq!(
        tables[0].routes.as_ref().unwrap()[1].state.as_deref(),
        Some("active")
    );
}

#[tokio::test]
async fn an_association_is_given_another_table() {
    let world = world();
    let ec2 = &world.ec2;
    let vpc = world.vpc("10.0.0.0/16").await;
    let other = world.vpc("10.0.0.0/16").await;
    let subnet = world.subnet(&vpc, "10.0.1.0/24").await.unwrap();
    let (one, two) = (table(&world, &vpc).await, table(&world, &vpc).await);
    let apart = table(&world, &other).await;
    let input = AssociateRouteTableRequest {
        subnet_id: subnet.subnet_id.clone(),
        route_table_id: Some(one.clone()),
        ..Default::default()
    };
    let first = ec2.associate_route_table(&user(), input).await.unwrap();
    let first = first.association_id.unwrap();
    let replace = |association: &str, table: &str| ReplaceRouteTableAssociationRequest {
        association_id: Some(association.to_owned()),
        route_table_id: Some(table.to_owned()),
        ..Default::default()
    };
    let asked = async |association: &str, table: &str| {
        let input = replace(association, table);
        let made = ec2.replace_route_table_association(&user(), input).await;
        made.map(|made| made.new_association_id.unwrap())
    };
    let refused = refusal(asked(&first, &apart).await);
    assert!(
        refused.contains("belong to different networks"),
        "{refused}"
    );
    let second = asked(&first, &two).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(shown(&world, &one).await.associations, Some(vec![]));
    let of_two = shown(&world, &two).await.associations.unwrap().remove(0);
    assert_eq!(of_two.subnet_id, subnet.subnet_id);
    let gone = refusal(asked(&first, &one).await);
    assert!(gone.starts_with("InvalidAssociationID.NotFound"), "{gone}");

    // The main table of a VPC, too.
    let input = DescribeRouteTablesRequest {
        filters: Some(vec![
            filter("vpc-id", &vpc),
            filter("association.main", "true"),
        ]),
        ..Default::default()
    };
    let main = ec2.describe_route_tables(&user(), input).await.unwrap();
    let main = main.route_tables.unwrap().remove(0);
    let association = main.associations.unwrap().remove(0);
    let association = association.route_table_association_id.unwrap();
    let refused = refusal(asked(&association, &apart).await);
    assert!(refused.contains("does not belong"), "{refused}");
    asked(&association, &one).await.unwrap();
    let now = shown(&world, &one).await.associations.unwrap().remove(0);
    assert_eq!(now.main, Some(true));
    let former = main.route_table_id.unwrap();
    let delete = DeleteRouteTableRequest {
        route_table_id: Some(former),
        ..Default::default()
    };
    ec2.delete_route_table(&user(), delete).await.unwrap();
}
