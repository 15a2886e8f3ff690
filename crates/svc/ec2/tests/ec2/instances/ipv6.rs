//! IPv6 addresses of instances: from a launch template on, and by which name they are found.

use super::*;

/// A subnet with a range, in the zone of the hosts.
pub async fn subnet(cloud: &Cloud) -> String {
    let me = cloud.call();
    let input = CreateVpcRequest {
        cidr_block: Some("10.0.0.0/16".to_owned()),
        amazon_provided_ipv6_cidr_block: Some(true),
        ..Default::default()
    };
    let made = cloud.ec2.create_vpc(&me, input).await;
    let vpc = made.unwrap().vpc.unwrap();
    let set = vpc.ipv6_cidr_block_association_set.unwrap();
    let range = set[0].ipv6_cidr_block.as_ref().unwrap();
    let input = CreateSubnetRequest {
        vpc_id: vpc.vpc_id,
        cidr_block: Some("10.0.1.0/24".to_owned()),
        ipv6_cidr_block: Some(range.replace("/56", "/64")),
        availability_zone: Some("us-east-1a".to_owned()),
        ..Default::default()
    };
    let made = cloud.ec2.create_subnet(&me, input).await;
    made.unwrap().subnet.unwrap().subnet_id.unwrap()
}

#[tokio::test]
async fn a_template_gives_them_and_a_name_leads_to_them() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let (me, subnet) = (cloud.call(), subnet(&cloud).await);
    let interface = LaunchTemplateInstanceNetworkInterfaceSpecificationRequest {
        device_index: Some(0),
        subnet_id: Some(subnet.clone()),
        ipv6_address_count: Some(2),
        ..Default::default()
    };
    let template = CreateLaunchTemplateRequest {
        launch_template_name: Some("six".to_owned()),
        launch_template_data: Some(RequestLaunchTemplateData {
            network_interfaces: Some(vec![interface]),
            ..Default::default()
        }),
        ..Default::default()
    };
    cloud
        .ec2
        .create_launch_template(&me, template)
        .await
        .unwrap();
    // What the subnet says of names, the request may say otherwise.
    let modify = ModifySubnetAttributeRequest {
        subnet_id: Some(subnet),
        enable_resource_name_dns_a_record_on_launch: Some(AttributeBooleanValue {
            value: Some(true),
        }),
        ..Default::default()
    };
    cloud
        .ec2
        .modify_subnet_attribute(&me, modify)
        .await
        .unwrap();
    let asked = RunInstancesRequest {
        launch_template: Some(LaunchTemplateSpecification {
            launch_template_name: Some("six".to_owned()),
            ..Default::default()
        }),
        private_dns_name_options: Some(PrivateDnsNameOptionsRequest {
            enable_resource_name_dns_aaaa_record: Some(true),
            ..Default::default()
        }),
        instance_type: Some("t3.small".to_owned()),
        ..cloud.asked()
    };
    let id = id(&cloud.ec2.run_instances(&me, asked).await.unwrap());
    let told = cloud.placed(&id).await;
    assert_eq!(told.interface.ipv6.len(), 2);
    let shown = cloud.shown(&id).await;
    let names = shown.private_dns_name_options.unwrap();
    assert_eq!(names.enable_resource_name_dns_a_record, Some(true));
    assert_eq!(names.enable_resource_name_dns_aaaa_record, Some(true));
    let wired = crate::world::told(&cloud.world).await;
    let wired = wired.iter().find_map(|it| match it {
        Resource::Interface(it) if it.id == told.interface.id => Some(it),
        _ => None,
    });
    let wired = wired.unwrap();
    assert_eq!(wired.ipv6, told.interface.ipv6);
    let name = wired.resource_name.as_ref().unwrap();
    assert_eq!((&name.instance, name.ipv4, name.ipv6), (&id, true, true));
    // A template like it gives as many.
    let input = GetLaunchTemplateDataRequest {
        instance_id: Some(id),
        ..Default::default()
    };
    let data = cloud
        .ec2
        .get_launch_template_data(&me, input)
        .await
        .unwrap();
    let interfaces = data.launch_template_data.unwrap().network_interfaces;
    assert_eq!(interfaces.unwrap()[0].ipv6_address_count, Some(2));
}
