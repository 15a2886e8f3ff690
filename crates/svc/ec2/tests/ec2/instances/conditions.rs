//! What conditions see of resources that are there, of those that are made, and of the template that is launched.

use wharf_api_ec2::Input;
use wharf_wire::Check;

use super::*;

const ARN: &str = "arn:aws:ec2:us-east-1:000000000000:";

/// The check on a kind of resources.
fn on<'a>(checks: &'a [Check], kind: &str) -> &'a Check {
    let of_kind = |it: &&Check| it.resource.contains(&format!(":{kind}/"));
    checks.iter().find(of_kind).unwrap()
}

fn sees(check: &Check, expected: &[(&str, &str)]) {
    for (key, value) in expected {
        let told = check.context.get(*key);
        let what = format!("{} {key}", check.resource);
        assert_eq!(told, Some(&vec![(*value).to_owned()]), "{what}");
    }
}

#[tokio::test]
async fn an_instance_and_its_volumes_are_told_by_what_they_are() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let (ec2, call) = (&cloud.ec2, cloud.call());
    let id = cloud.run().await;
    let end = TerminateInstancesRequest {
        instance_ids: Some(vec![id.clone()]),
        ..Default::default()
    };
    let input = Input::TerminateInstances(&end);
    let checks = ec2.authorize(&call, input).await.unwrap();
    let instance = on(&checks, "instance");
    sees(
        instance,
        &[
            ("ec2:InstanceID", &id),
            ("ec2:InstanceType", "t3.micro"),
            ("ec2:AvailabilityZone", "us-east-1a"),
            ("ec2:EbsOptimized", "false"),
            ("ec2:InstanceMarketType", "on-demand"),
            ("ec2:MetadataHttpEndpoint", "enabled"),
            ("ec2:InstanceMetadataTags", "disabled"),
            ("ec2:RootDeviceType", "ebs"),
            ("ec2:Tenancy", "default"),
        ],
    );
    assert!(instance.context.contains_key("ec2:MetadataHttpTokens"));
    for absent in [
        "ec2:InstanceProfile",
        "ec2:PlacementGroup",
        "ec2:ManagedResourceOperator",
    ] {
        assert!(!instance.context.contains_key(absent), "{absent}");
    }

    let volume = CreateVolumeRequest {
        availability_zone: Some("us-east-1a".to_owned()),
        size: Some(8),
        volume_type: Some("gp3".to_owned()),
        ..Default::default()
    };
    let volume = ec2.create_volume(&call, volume).await.unwrap();
    let volume = volume.volume_id.unwrap();
    let attach = AttachVolumeRequest {
        volume_id: Some(volume.clone()),
        instance_id: Some(id.clone()),
        ..Default::default()
    };
    let checks = ec2.authorize(&call, Input::AttachVolume(&attach)).await;
    let checks = checks.unwrap();
    sees(on(&checks, "instance"), &[("ec2:InstanceType", "t3.micro")]);
    sees(
        on(&checks, "volume"),
        &[
            ("ec2:VolumeID", &volume),
            ("ec2:VolumeType", "gp3"),
            ("ec2:VolumeSize", "8"),
            ("ec2:Encrypted", "false"),
            ("ec2:AvailabilityZone", "us-east-1a"),
        ],
    );
    let snapshot = CreateSnapshotRequest {
        volume_id: Some(volume.clone()),
        ..Default::default()
    };
    let checks = ec2.authorize(&call, Input::CreateSnapshot(&snapshot)).await;
    sees(
        on(&checks.unwrap(), "snapshot"),
        &[
            ("ec2:ParentVolume", &format!("{ARN}volume/{volume}")),
            ("ec2:VolumeSize", "8"),
            ("ec2:Encrypted", "false"),
        ],
    );
    let options = ModifyInstanceMetadataOptionsRequest {
        instance_id: Some(id.clone()),
        http_tokens: Some("optional".to_owned()),
        ..Default::default()
    };
    let input = Input::ModifyInstanceMetadataOptions(&options);
    let checks = ec2.authorize(&call, input).await.unwrap();
    sees(
        on(&checks, "instance"),
        &[
            ("ec2:Attribute", "HttpTokens"),
            ("ec2:Attribute/HttpTokens", "optional"),
            ("ec2:InstanceID", &id),
        ],
    );
    // Whoever may set one of them sets no other with it.
    let options = ModifyInstanceMetadataOptionsRequest {
        http_endpoint: Some("enabled".to_owned()),
        ..options
    };
    let input = Input::ModifyInstanceMetadataOptions(&options);
    let checks = ec2.authorize(&call, input).await.unwrap();
    assert_eq!(checks.len(), 2);
    for (check, attribute) in checks.iter().zip(["HttpEndpoint", "HttpTokens"]) {
        sees(
            check,
            &[
                ("ec2:Attribute", attribute),
                ("ec2:Attribute/HttpEndpoint", "enabled"),
                ("ec2:Attribute/HttpTokens", "optional"),
                ("ec2:InstanceID", &id),
            ],
        );
    }
    let interface = ModifyNetworkInterfaceAttributeRequest {
        network_interface_id: Some("eni-0123456789abcdef0".to_owned()),
        description: Some(AttributeValue {
            value: Some("web".to_owned()),
        }),
        groups: Some(vec!["sg-0123456789abcdef0".to_owned()]),
        ..Default::default()
    };
    let input = Input::ModifyNetworkInterfaceAttribute(&interface);
    let checks = ec2.authorize(&call, input).await.unwrap();
    let of_interface = checks
        .iter()
        .filter(|it| it.resource.contains(":network-interface/"));
    let asked: Vec<_> = of_interface
        .map(|it| &it.context["ec2:Attribute"][..])
        .collect();
    assert_eq!(asked, [["Description"], ["GroupSet"]]);
    let profile = AssociateIamInstanceProfileRequest {
        instance_id: Some(id),
        iam_instance_profile: Some(IamInstanceProfileSpecification {
            name: Some("ecsInstanceRole".to_owned()),
            arn: None,
        }),
    };
    let input = Input::AssociateIamInstanceProfile(&profile);
    let checks = ec2.authorize(&call, input).await.unwrap();
    sees(
        on(&checks, "instance"),
        &[(
            "ec2:NewInstanceProfile",
            "arn:aws:iam::000000000000:instance-profile/ecsInstanceRole",
        )],
    );
}

#[tokio::test]
async fn what_is_made_in_a_network_is_told_by_where() {
    let cloud = Cloud::new(&[]).await;
    let (ec2, call) = (&cloud.ec2, cloud.call());
    let vpc = CreateVpcRequest {
        cidr_block: Some("10.9.0.0/16".to_owned()),
        ..Default::default()
    };
    let vpc = ec2.create_vpc(&call, vpc).await.unwrap().vpc.unwrap();
    let vpc = vpc.vpc_id.unwrap();
    let vpc_arn = format!("{ARN}vpc/{vpc}");
    let new = CreateSubnetRequest {
        vpc_id: Some(vpc.clone()),
        cidr_block: Some("10.9.0.0/24".to_owned()),
        availability_zone: Some("us-east-1b".to_owned()),
        ..Default::default()
    };
    let checks = ec2
        .authorize(&call, Input::CreateSubnet(&new))
        .await
        .unwrap();
    let of_subnet = [
        ("ec2:Vpc", &*vpc_arn),
        ("ec2:AvailabilityZone", "us-east-1b"),
    ];
    sees(on(&checks, "subnet"), &of_subnet);
    sees(on(&checks, "vpc"), &[("ec2:VpcID", &vpc)]);
    let made = ec2.create_subnet(&call, new).await.unwrap();
    let subnet = made.subnet.unwrap().subnet_id.unwrap();
    let interface = CreateNetworkInterfaceRequest {
        subnet_id: Some(subnet.clone()),
        ..Default::default()
    };
    let input = Input::CreateNetworkInterface(&interface);
    let checks = ec2.authorize(&call, input).await.unwrap();
    let subnet_arn = format!("{ARN}subnet/{subnet}");
    let there = [("ec2:Subnet", &*subnet_arn), ("ec2:Vpc", &*vpc_arn)];
    sees(on(&checks, "network-interface"), &there);
    sees(on(&checks, "network-interface"), &of_subnet);
    sees(on(&checks, "subnet"), &[("ec2:SubnetID", &subnet)]);
    let group = CreateSecurityGroupRequest {
        group_name: Some("g".to_owned()),
        description: Some("d".to_owned()),
        vpc_id: Some(vpc.clone()),
        ..Default::default()
    };
    let input = Input::CreateSecurityGroup(&group);
    let checks = ec2.authorize(&call, input).await.unwrap();
    sees(on(&checks, "security-group"), &of_subnet[..1]);
    let table = CreateRouteTableRequest {
        vpc_id: Some(vpc),
        ..Default::default()
    };
    let checks = ec2.authorize(&call, Input::CreateRouteTable(&table)).await;
    sees(on(&checks.unwrap(), "route-table"), &of_subnet[..1]);
    let pair = CreateKeyPairRequest {
        key_name: Some("mine".to_owned()),
        key_type: Some("ed25519".to_owned()),
        ..Default::default()
    };
    let checks = ec2.authorize(&call, Input::CreateKeyPair(&pair)).await;
    sees(
        on(&checks.unwrap(), "key-pair"),
        &[("ec2:KeyPairName", "mine"), ("ec2:KeyPairType", "ed25519")],
    );
    let group = CreatePlacementGroupRequest {
        group_name: Some("close".to_owned()),
        ..Default::default()
    };
    let input = Input::CreatePlacementGroup(&group);
    let checks = ec2.authorize(&call, input).await.unwrap();
    sees(
        on(&checks, "placement-group"),
        &[
            ("ec2:PlacementGroupName", "close"),
            ("ec2:PlacementGroupStrategy", "cluster"),
        ],
    );
    let address = AllocateAddressRequest::default();
    let checks = ec2.authorize(&call, Input::AllocateAddress(&address)).await;
    sees(on(&checks.unwrap(), "elastic-ip"), &[("ec2:Domain", "vpc")]);
}

/// The id of a launch template with the name `web`.
async fn web_template(cloud: &Cloud) -> String {
    let template = CreateLaunchTemplateRequest {
        launch_template_name: Some("web".to_owned()),
        launch_template_data: Some(RequestLaunchTemplateData {
            image_id: Some(cloud.image()),
            instance_type: Some("t3.micro".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let made = cloud
        .ec2
        .create_launch_template(&cloud.call(), template)
        .await;
    let id = made.unwrap().launch_template.unwrap().launch_template_id;
    id.unwrap()
}

#[tokio::test]
async fn a_launch_tells_what_of_it_its_template_says() {
    let cloud = Cloud::new(&[]).await;
    let (ec2, call) = (&cloud.ec2, cloud.call());
    let id = web_template(&cloud).await;
    let template = format!("{ARN}launch-template/{id}");
    let launch = RunInstancesRequest {
        launch_template: Some(LaunchTemplateSpecification {
            launch_template_name: Some("web".to_owned()),
            ..Default::default()
        }),
        min_count: Some(1),
        max_count: Some(1),
        ..Default::default()
    };
    let own_image = RunInstancesRequest {
        image_id: Some(cloud.image()),
        ..launch.clone()
    };
    let own_disk = RunInstancesRequest {
        block_device_mappings: Some(vec![BlockDeviceMapping {
            device_name: Some("/dev/sdf".to_owned()),
            ebs: Some(EbsBlockDevice {
                volume_size: Some(1),
                ..Default::default()
            }),
            ..Default::default()
        }]),
        ..launch.clone()
    };
    for (request, not_of_it) in [
        (launch, &["subnet", "security-group"][..]),
        (own_image, &["image", "subnet", "security-group"]),
        (own_disk, &["volume", "subnet", "security-group"]),
    ] {
        let checks = ec2.authorize(&call, Input::RunInstances(&request)).await;
        let checks = checks.unwrap();
        for kind in [
            "instance",
            "image",
            "launch-template",
            "network-interface",
            "volume",
            "subnet",
            "security-group",
        ] {
            let is_of_it = (!not_of_it.contains(&kind)).to_string();
            let expected = [
                ("ec2:LaunchTemplate", &*template),
                ("ec2:IsLaunchTemplateResource", &*is_of_it),
            ];
            sees(on(&checks, kind), &expected);
        }
    }
    let asked = cloud.asked();
    let checks = ec2.authorize(&call, Input::RunInstances(&asked)).await;
    let knows = |it: &Check| it.context.contains_key("ec2:LaunchTemplate");
    assert!(!checks.unwrap().iter().any(knows));
}

/// However a request names them.
#[tokio::test]
async fn a_launch_tells_its_zone_by_its_subnet_and_its_group_by_its_id() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let (ec2, call) = (&cloud.ec2, cloud.call());
    let subnets = ec2.describe_subnets(&call, DescribeSubnetsRequest::default());
    let subnet = subnets.await.unwrap().subnets.unwrap().remove(0);
    let group = CreatePlacementGroupRequest {
        group_name: Some("close".to_owned()),
        strategy: Some("cluster".to_owned()),
        ..Default::default()
    };
    let made = ec2.create_placement_group(&call, group).await.unwrap();
    let launch = RunInstancesRequest {
        subnet_id: subnet.subnet_id,
        placement: Some(Placement {
            group_id: made.placement_group.unwrap().group_id,
            ..Default::default()
        }),
        ..cloud.asked()
    };
    let checks = ec2.authorize(&call, Input::RunInstances(&launch)).await;
    let (checks, zone) = (checks.unwrap(), subnet.availability_zone.unwrap());
    sees(on(&checks, "volume"), &[("ec2:AvailabilityZone", &zone)]);
    sees(
        on(&checks, "instance"),
        &[
            ("ec2:AvailabilityZone", &zone),
            ("ec2:PlacementGroup", &format!("{ARN}placement-group/close")),
        ],
    );
}

/// Policies about a subnet and a group hold for who names neither.
#[tokio::test]
async fn a_launch_that_names_no_subnet_is_asked_for_that_which_it_gets() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let (ec2, call) = (&cloud.ec2, cloud.call());
    let vpcs = ec2.describe_vpcs(&call, DescribeVpcsRequest::default());
    let vpc = vpcs.await.unwrap().vpcs.unwrap().remove(0).vpc_id.unwrap();
    let vpc = format!("{ARN}vpc/{vpc}");
    let asked = cloud.asked();
    let checks = ec2.authorize(&call, Input::RunInstances(&asked)).await;
    let checks = checks.unwrap();
    let made = ec2.run_instances(&call, asked.clone()).await.unwrap();
    let made = made.instances.unwrap().remove(0);
    let subnet = made.subnet_id.unwrap();
    let group = made.security_groups.unwrap().remove(0).group_id.unwrap();
    let zone = made.placement.unwrap().availability_zone.unwrap();
    for (kind, id) in [("subnet", &subnet), ("security-group", &group)] {
        let of_kind = |it: &&Check| it.resource.contains(&format!(":{kind}/"));
        let asked: Vec<&str> = checks
            .iter()
            .filter(of_kind)
            .map(|it| it.resource.as_str())
            .collect();
        assert_eq!(asked, [format!("{ARN}{kind}/{id}")]);
        sees(on(&checks, kind), &[("ec2:Vpc", &vpc)]);
    }
    sees(on(&checks, "instance"), &[("ec2:AvailabilityZone", &zone)]);
    sees(on(&checks, "volume"), &[("ec2:AvailabilityZone", &zone)]);
    sees(
        on(&checks, "network-interface"),
        &[
            ("ec2:Subnet", &format!("{ARN}subnet/{subnet}")),
            ("ec2:Vpc", &vpc),
        ],
    );
    // What is wrong with a launch is for who may launch anywhere.
    let odd = RunInstancesRequest {
        image_id: Some("ami-0123456789abcdef0".to_owned()),
        ..asked
    };
    let checks = ec2.authorize(&call, Input::RunInstances(&odd)).await;
    let checks = checks.unwrap();
    let subnet = &on(&checks, "subnet").resource;
    assert_eq!(*subnet, format!("{ARN}subnet/*"));
}

/// By then there may be others, and policies about those that there are hold too.
#[tokio::test]
async fn a_launch_that_is_made_later_is_asked_for_any_subnet_and_group() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let (ec2, call) = (&cloud.ec2, cloud.call());
    let made = ec2.run_instances(&call, cloud.asked()).await.unwrap();
    let made = made.instances.unwrap().remove(0);
    let subnet = made.subnet_id.unwrap();
    let group = made.security_groups.unwrap().remove(0).group_id.unwrap();
    let later = RequestSpotInstancesRequest {
        launch_specification: Some(RequestSpotLaunchSpecification {
            image_id: Some(cloud.image()),
            instance_type: Some("t3.micro".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let checks = ec2.authorize(&call, Input::RequestSpotInstances(&later));
    let checks = checks.await.unwrap();
    for id in [
        "subnet/*",
        &format!("subnet/{subnet}"),
        "security-group/*",
        &format!("security-group/{group}"),
    ] {
        let resource = format!("{ARN}{id}");
        assert!(checks.iter().any(|it| it.resource == resource), "{id}");
    }
}

/// Another subnet that has hosts by then is one that nobody was asked about.
#[tokio::test]
async fn a_launch_stays_with_the_subnet_that_it_was_asked_for() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let (ec2, call) = (&cloud.ec2, cloud.call());
    let vpcs = ec2.describe_vpcs(&call, DescribeVpcsRequest::default());
    vpcs.await.unwrap();
    let asked = cloud.asked();
    let checks = ec2.authorize(&call, Input::RunInstances(&asked)).await;
    let checks = checks.unwrap();
    let chosen = on(&checks, "subnet").resource.rsplit('/').next().unwrap();
    let delete = DeleteSubnetRequest {
        subnet_id: Some(chosen.to_owned()),
        ..Default::default()
    };
    ec2.delete_subnet(&cloud.call(), delete).await.unwrap();
    let made = ec2.run_instances(&call, asked).await;
    assert_eq!(made.unwrap_err().code, "InvalidSubnetID.NotFound");
}

/// Who may launch nothing is told nothing of templates.
#[tokio::test]
async fn a_template_is_asked_for_behind_the_instances() {
    let cloud = Cloud::new(&[]).await;
    let (ec2, call) = (&cloud.ec2, cloud.call());
    let id = web_template(&cloud).await;
    let absent = "lt-0123456789abcdef0";
    for (by_id, by_name, version, expected) in [
        (None, Some("web"), "1", &*id),
        (None, Some("web"), "9", &*id),
        (None, Some("none"), "1", "*"),
        (Some(absent), None, "1", absent),
    ] {
        let launch = RunInstancesRequest {
            launch_template: Some(LaunchTemplateSpecification {
                launch_template_id: by_id.map(str::to_owned),
                launch_template_name: by_name.map(str::to_owned),
                version: Some(version.to_owned()),
            }),
            ..cloud.asked()
        };
        let checks = ec2.authorize(&call, Input::RunInstances(&launch)).await;
        let checks = checks.unwrap();
        assert_eq!(checks[0].resource, format!("{ARN}instance/*"));
        let template = &on(&checks, "launch-template").resource;
        assert_eq!(*template, format!("{ARN}launch-template/{expected}"));
    }
}

#[tokio::test]
async fn an_image_is_told_by_whose_it_is() {
    let cloud = Cloud::new(&[]).await;
    let (ec2, call, image) = (&cloud.ec2, cloud.call(), cloud.image());
    let asked = cloud.asked();
    let checks = ec2.authorize(&call, Input::RunInstances(&asked)).await;
    sees(
        on(&checks.unwrap(), "image"),
        &[
            ("ec2:ImageID", &image),
            ("ec2:Owner", "amazon"),
            ("ec2:Public", "true"),
        ],
    );
    let none = RunInstancesRequest {
        image_id: Some("ami-0123456789abcdef0".to_owned()),
        ..asked
    };
    let checks = ec2.authorize(&call, Input::RunInstances(&none)).await;
    let checks = checks.unwrap();
    assert!(!on(&checks, "image").context.contains_key("ec2:Owner"));
}
