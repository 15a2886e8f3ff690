//! DHCP options and the VPCs that have them.

use wharf_api_ec2::{Ec2, types::*};

use crate::world::{World, refusal, user, world};

fn option(key: &str, values: &[&str]) -> NewDhcpConfiguration {
    NewDhcpConfiguration {
        key: Some(key.to_owned()),
        values: Some(values.iter().map(|it| (*it).to_owned()).collect()),
    }
}

async fn options_of(world: &World, vpc: &str) -> String {
    let input = DescribeVpcsRequest {
        vpc_ids: Some(vec![vpc.to_owned()]),
        ..Default::default()
    };
    let found = world.ec2.describe_vpcs(&user(), input).await.unwrap();
    found.vpcs.unwrap().remove(0).dhcp_options_id.unwrap()
}

#[tokio::test]
async fn a_vpc_has_one_set_at_a_time() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let ec2 = &world.ec2;
    let before = options_of(&world, &vpc).await;
    let input = CreateDhcpOptionsRequest {
        dhcp_configurations: Some(vec![
            option("domain-name", &["corp.example"]),
            option("domain-name-servers", &["10.0.0.9"]),
        ]),
        ..Default::default()
    };
    let made = ec2.create_dhcp_options(&user(), input).await.unwrap();
    let id = made.dhcp_options.unwrap().dhcp_options_id.unwrap();
    let other = world.vpc("10.1.0.0/16").await;
    assert_eq!(
        options_of(&world, &other).await,
        before,
        "new VPCs have the default"
    );
    let associate = |options: &str| AssociateDhcpOptionsRequest {
        dhcp_options_id: Some(options.to_owned()),
        vpc_id: Some(vpc.clone()),
        ..Default::default()
    };
    ec2.associate_dhcp_options(&user(), associate(&id))
        .await
        .unwrap();
    assert_eq!(options_of(&world, &vpc).await, id);
    let delete = DeleteDhcpOptionsRequest {
        dhcp_options_id: Some(id.clone()),
        ..Default::default()
    };
    let refused = ec2.delete_dhcp_options(&user(), delete.clone()).await;
    assert!(refusal(refused).starts_with("DependencyViolation"));
    ec2.associate_dhcp_options(&user(), associate("default"))
        .await
        .unwrap();
    assert_eq!(options_of(&world, &vpc).await, "default");
    ec2.delete_dhcp_options(&user(), delete).await.unwrap();
    let gone = ec2.associate_dhcp_options(&user(), associate(&id)).await;
    assert!(refusal(gone).starts_with("InvalidDhcpOptionID.NotFound"));
}
