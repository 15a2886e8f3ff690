//! How many of a kind an account has in a region.

use wharf_api_ec2::{Ec2, types::*};
use wharf_records::Scope;
use wharf_store::Txn;
use wharf_testkit::{ACCOUNT, PERMIT, REGION};

use crate::world::{World, of_account, refusal, user, world};

async fn vpc(world: &World, call: &wharf_wire::Call) -> Result<CreateVpcResult, wharf_wire::Fault> {
    let input = CreateVpcRequest {
        cidr_block: Some("10.1.0.0/16".to_owned()),
        ..Default::default()
    };
    world.ec2.create_vpc(call, input).await
}

#[tokio::test]
async fn an_account_has_its_vpcs_and_gateways() {
    let world = world();
    // One is the default VPC.
    for _ in 1..100 {
        vpc(&world, &user()).await.unwrap();
    }
    assert_eq!(
        refusal(vpc(&world, &user()).await),
        "VpcLimitExceeded: The maximum number of VPCs has been reached. Limit: 100"
    );
    vpc(&world, &of_account("000000000009")).await.unwrap();
    let (user, gateway) = (user(), CreateInternetGatewayRequest::default);
    let ec2 = &world.ec2;
    // The default VPC has one.
    for _ in 1..100 {
        ec2.create_internet_gateway(&user, gateway()).await.unwrap();
    }
    assert_eq!(
        refusal(ec2.create_internet_gateway(&user, gateway()).await),
        "InternetGatewayLimitExceeded: The maximum number of internet gateways has been reached. Limit: 100"
    );
}

#[tokio::test]
async fn a_vpc_has_its_subnets_and_route_tables() {
    let world = world();
    let vpc = world.vpc("10.1.0.0/16").await;
    for it in 0..200 {
        world
            .subnet(&vpc, &format!("10.1.{it}.0/24"))
            .await
            .unwrap();
    }
    assert_eq!(
        refusal(world.subnet(&vpc, "10.1.200.0/24").await),
        "SubnetLimitExceeded: The maximum number of subnets of a VPC has been reached. Limit: 200"
    );
    let user = user();
    let table = || CreateRouteTableRequest {
        vpc_id: Some(vpc.clone()),
        ..Default::default()
    };
    // The main one counts.
    for _ in 1..200 {
        world.ec2.create_route_table(&user, table()).await.unwrap();
    }
    assert_eq!(
        refusal(world.ec2.create_route_table(&user, table()).await),
        "RouteTableLimitExceeded: The maximum number of route tables of a VPC has been reached. Limit: 200"
    );
}

#[tokio::test]
async fn an_account_has_its_security_groups() {
    let world = world();
    let mut made = 0;
    let refused = loop {
        let input = CreateSecurityGroupRequest {
            group_name: Some(format!("g{made}")),
            description: Some("one of many".to_owned()),
            ..Default::default()
        };
        match world.ec2.create_security_group(&user(), input).await {
            Ok(_) => made += 1,
            Err(fault) => break fault.to_string(),
        }
    };
    // One is the default VPC's own.
    assert_eq!(made, 2_499);
    assert_eq!(
        refused,
        "SecurityGroupLimitExceeded: The maximum number of security groups has been reached. Limit: 2500"
    );
}

#[tokio::test]
async fn volumes_that_are_asked_for_at_once_are_no_more_than_an_account_has() {
    let world = world();
    let scope = Scope::new("ec2", ACCOUNT, REGION);
    // All but one, whatever they are: keys are counted.
    let keys = (1..5_000).map(|it| scope.key("volume", &format!("vol-{it:017x}")));
    let keys: Vec<String> = keys.collect();
    for some in keys.chunks(100) {
        let mut txn = Txn::new();
        for key in some {
            txn = txn.put(key.clone(), b"{}".to_vec());
        }
        world.store.txn(&PERMIT, txn).await.unwrap();
    }
    let user = user();
    let make = || {
        let input = CreateVolumeRequest {
            availability_zone: Some("us-east-1a".to_owned()),
            size: Some(1),
            ..Default::default()
        };
        world.ec2.create_volume(&user, input)
    };
    let (one, other) = tokio::join!(make(), make());
    one.unwrap();
    assert_eq!(
        refusal(other),
        "VolumeLimitExceeded: You have exceeded your maximum number of volumes."
    );
}
