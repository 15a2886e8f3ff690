//! What IAM is asked about requests, and what of them is refused for what they name.

use wharf_wire::Check;

use super::*;

#[tokio::test]
async fn a_profile_without_a_role_is_for_who_may_pass_any() {
    let cloud = Cloud::new(&["i-a1"]).await;
    for (name, refused_as) in [
        (
            cloud::NO_ROLE,
            "Value (arn:aws:iam::000000000000:instance-profile/no-role) for parameter iamInstanceProfile.arn is invalid. \
             IAM Instance Profile \"arn:aws:iam::000000000000:instance-profile/no-role\" has no associated IAM Roles",
        ),
        (
            "not-there",
            "Value (not-there) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
        ),
    ] {
        let mut asked = cloud.asked();
        asked.iam_instance_profile = Some(IamInstanceProfileSpecification {
            name: Some(name.to_owned()),
            arn: None,
        });
        // Whoever may pass one role alone is told that it is not allowed, before anything is looked at.
        let input = wharf_api_ec2::Input::RunInstances(&asked);
        let checks = cloud.ec2.authorize(&cloud.call(), input).await.unwrap();
        let passed = checks.iter().find(|it| it.action == "iam:PassRole");
        assert_eq!(passed.unwrap().resource, "arn:aws:iam::000000000000:role/*");
        let launched = cloud.ec2.run_instances(&cloud.call(), asked).await;
        refused(launched, "InvalidParameterValue", refused_as);
    }
}

/// So its path and its role are those of one profile, whatever others make of its name meanwhile.
#[tokio::test]
async fn a_profile_is_looked_up_once_to_ask_for_a_launch() {
    let cloud = Cloud::new(&[]).await;
    let mut asked = cloud.asked();
    asked.iam_instance_profile = Some(IamInstanceProfileSpecification {
        name: Some("ecsInstanceRole".to_owned()),
        arn: None,
    });
    let input = wharf_api_ec2::Input::RunInstances(&asked);
    let checks = cloud.ec2.authorize(&cloud.call(), input).await.unwrap();
    assert_eq!(cloud.looked_up(), 1);
    let named = |it: &Check| it.context.contains_key("ec2:InstanceProfile");
    assert!(checks.iter().any(named));
    assert!(checks.iter().any(|it| it.action == "iam:PassRole"));
}

#[tokio::test]
async fn one_attribute_is_changed_a_call_or_none() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let id = cloud.run().await;
    let both = ModifyInstanceAttributeRequest {
        instance_id: Some(id.clone()),
        disable_api_stop: Some(AttributeBooleanValue { value: Some(true) }),
        disable_api_termination: Some(AttributeBooleanValue { value: Some(true) }),
        ..Default::default()
    };
    let call = cloud.call();
    refused(
        cloud.ec2.modify_instance_attribute(&call, both).await,
        "InvalidParameterCombination",
        "Fields for multiple attribute types specified: disableApiTermination, disableApiStop",
    );
    let by_name = |value: &str, member: Option<bool>| ModifyInstanceAttributeRequest {
        instance_id: Some(id.clone()),
        attribute: Some("disableApiStop".to_owned()),
        value: Some(value.to_owned()),
        disable_api_stop: member.map(|it| AttributeBooleanValue { value: Some(it) }),
        ..Default::default()
    };
    for (input, code, text) in [
        (
            by_name("yes", None),
            "InvalidParameterValue",
            "Value (yes) for parameter value is invalid.",
        ),
        (
            by_name("false", Some(true)),
            "InvalidParameterCombination",
            "An attribute is given twice, with different values.",
        ),
    ] {
        let done = cloud.ec2.modify_instance_attribute(&call, input).await;
        refused(done, code, text);
    }
    let same = by_name("true", Some(true));
    let done = cloud.ec2.modify_instance_attribute(&call, same).await;
    done.unwrap();
    // What a boot was told stays what it is until the next.
    let optimized = ModifyInstanceAttributeRequest {
        instance_id: Some(id.clone()),
        ebs_optimized: Some(AttributeBooleanValue { value: Some(true) }),
        ..Default::default()
    };
    let done = cloud.ec2.modify_instance_attribute(&call, optimized).await;
    assert_eq!(done.unwrap_err().code, "IncorrectInstanceState");
    cloud.terminate(&id).await.unwrap();
}

#[tokio::test]
async fn burstable_instances_have_credits_without_end() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let burstable = cloud.run().await;
    let mut asked = cloud.asked();
    asked.instance_type = Some("m5.large".to_owned());
    let other = cloud.ec2.run_instances(&cloud.call(), asked).await;
    let shown = |ids: Option<Vec<String>>| {
        let asked = DescribeInstanceCreditSpecificationsRequest {
            instance_ids: ids,
            ..Default::default()
        };
        let (ec2, call) = (cloud.ec2.clone(), cloud.call());
        async move {
            let told = ec2
                .describe_instance_credit_specifications(&call, asked)
                .await;
            let told = told
                .unwrap()
                .instance_credit_specifications
                .unwrap()
                .into_iter();
            told.map(|it| (it.instance_id.unwrap(), it.cpu_credits.unwrap()))
                .collect::<Vec<_>>()
        }
    };
    let all = [(burstable.clone(), "unlimited".to_owned())];
    assert_eq!(shown(None).await, all);
    assert_eq!(shown(Some(vec![burstable])).await, all);
    if let Ok(other) = other {
        assert_eq!(shown(Some(vec![id(&other)])).await, []);
    }
}

/// A policy about one resource holds however a request names that.
#[tokio::test]
async fn what_is_named_by_something_of_it_is_asked_for_itself() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let (ec2, call) = (&cloud.ec2, cloud.call());
    let mut asked = cloud.asked();
    asked.iam_instance_profile = Some(IamInstanceProfileSpecification {
        name: Some("ecsInstanceRole".to_owned()),
        arn: None,
    });
    let made = ec2.run_instances(&call, asked).await.unwrap();
    let instance = id(&made);
    let associations = ec2.describe_iam_instance_profile_associations(&call, Default::default());
    let mut associations = associations
        .await
        .unwrap()
        .iam_instance_profile_associations
        .unwrap();
    let disassociate = DisassociateIamInstanceProfileRequest {
        association_id: associations.remove(0).association_id,
    };
    let group = CreateSecurityGroupRequest {
        group_name: Some("prod".to_owned()),
        description: Some("prod".to_owned()),
        ..Default::default()
    };
    let group = ec2
        .create_security_group(&call, group)
        .await
        .unwrap()
        .group_id
        .unwrap();
    let open = AuthorizeSecurityGroupIngressRequest {
        group_name: Some("prod".to_owned()),
        ..Default::default()
    };
    let mut launch = cloud.asked();
    launch.security_groups = Some(vec!["prod".to_owned()]);
    let other = DisassociateIamInstanceProfileRequest {
        association_id: Some("iip-assoc-0".to_owned()),
    };
    for (input, expected) in [
        (
            wharf_api_ec2::Input::DisassociateIamInstanceProfile(&disassociate),
            format!("instance/{instance}"),
        ),
        (
            wharf_api_ec2::Input::DisassociateIamInstanceProfile(&other),
            "instance/*".to_owned(),
        ),
        (
            wharf_api_ec2::Input::AuthorizeSecurityGroupIngress(&open),
            format!("security-group/{group}"),
        ),
        (
            wharf_api_ec2::Input::RunInstances(&launch),
            format!("security-group/{group}"),
        ),
    ] {
        let checks = ec2.authorize(&call, input).await.unwrap();
        let asked: Vec<&str> = checks.iter().map(|it| it.resource.as_str()).collect();
        let expected = format!("arn:aws:ec2:us-east-1:000000000000:{expected}");
        assert!(
            asked.contains(&expected.as_str()),
            "{expected} of {asked:?}"
        );
    }
}

/// Whoever keeps disks in the clear from being made does so at launches too.
#[tokio::test]
async fn volumes_of_a_launch_are_asked_for_by_what_they_will_be() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let call = cloud.call();
    let mapping = |device: &str, ebs: EbsBlockDevice| BlockDeviceMapping {
        device_name: Some(device.to_owned()),
        ebs: Some(ebs),
        ..Default::default()
    };
    let sealed = EbsBlockDevice {
        encrypted: Some(true),
        volume_size: Some(10),
        volume_type: Some("gp3".to_owned()),
        iops: Some(4000),
        throughput: Some(250),
        ..Default::default()
    };
    let in_clear = EbsBlockDevice {
        volume_size: Some(9),
        ..Default::default()
    };
    let own = RunInstancesRequest {
        block_device_mappings: Some(vec![
            mapping("/dev/sdf", sealed),
            mapping("/dev/sdg", in_clear),
        ]),
        ..cloud.asked()
    };
    let of_template = |it: &BlockDeviceMapping| LaunchTemplateBlockDeviceMappingRequest {
        device_name: it.device_name.clone(),
        ebs: it
            .ebs
            .as_ref()
            .map(|it| LaunchTemplateEbsBlockDeviceRequest {
                encrypted: it.encrypted,
                volume_size: it.volume_size,
                volume_type: it.volume_type.clone(),
                iops: it.iops,
                throughput: it.throughput,
                ..Default::default()
            }),
        ..Default::default()
    };
    let mappings = own.block_device_mappings.iter().flatten();
    let template = CreateLaunchTemplateRequest {
        launch_template_name: Some("disks".to_owned()),
        launch_template_data: Some(RequestLaunchTemplateData {
            block_device_mappings: Some(mappings.map(of_template).collect()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let made = cloud.ec2.create_launch_template(&call, template).await;
    made.unwrap();
    let from_template = RunInstancesRequest {
        launch_template: Some(LaunchTemplateSpecification {
            launch_template_name: Some("disks".to_owned()),
            ..Default::default()
        }),
        ..cloud.asked()
    };
    for launch in [own, from_template] {
        let input = wharf_api_ec2::Input::RunInstances(&launch);
        let checks = cloud.ec2.authorize(&call, input).await.unwrap();
        let volumes = checks
            .iter()
            .filter(|it| it.action == "ec2:RunInstances" && it.resource.ends_with(":volume/*"));
        let keys = [
            "Encrypted",
            "VolumeSize",
            "VolumeType",
            "VolumeIops",
            "VolumeThroughput",
        ];
        let told: Vec<Vec<&str>> = volumes
            .map(|it| {
                let value = |key| it.context.get(&format!("ec2:{key}"));
                let value = |key| value(key).map_or("", |it| it[0].as_str());
                keys.into_iter().map(value).collect()
            })
            .collect();
        let expected = [
            // The root, which is a volume in AWS.
            ["false", "8", "gp2", "", ""],
            ["true", "10", "gp3", "4000", "250"],
            ["false", "9", "gp2", "", ""],
        ];
        assert_eq!(told, expected);
    }
}

#[tokio::test]
async fn disks_that_are_alike_are_asked_for_once() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let mapping = |device: &str| BlockDeviceMapping {
        device_name: Some(device.to_owned()),
        ebs: Some(EbsBlockDevice {
            volume_size: Some(9),
            ..Default::default()
        }),
        ..Default::default()
    };
    let launch = RunInstancesRequest {
        block_device_mappings: Some(vec![mapping("/dev/sdf"), mapping("/dev/sdg")]),
        ..cloud.asked()
    };
    let input = wharf_api_ec2::Input::RunInstances(&launch);
    let checks = cloud.ec2.authorize(&cloud.call(), input).await.unwrap();
    let sizes = checks
        .iter()
        .filter_map(|it| it.context.get("ec2:VolumeSize"));
    let sizes: Vec<&str> = sizes.map(|it| it[0].as_str()).collect();
    // The root is one of its own.
    assert_eq!(sizes, ["8", "9"]);
}

/// Nobody is refused for want of rights to volumes where what is wrong is the image.
#[tokio::test]
async fn disks_that_cannot_be_told_are_for_the_operation_to_refuse() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let call = cloud.call();
    let launch = RunInstancesRequest {
        image_id: Some("ami-0123456789abcdef0".to_owned()),
        ..cloud.asked()
    };
    let input = wharf_api_ec2::Input::RunInstances(&launch);
    let checks = cloud.ec2.authorize(&call, input).await.unwrap();
    assert!(checks.iter().all(|it| !it.resource.contains(":volume/")));
    refused(
        cloud.ec2.run_instances(&call, launch).await,
        "InvalidAMIID.NotFound",
        "The image id '[ami-0123456789abcdef0]' does not exist",
    );
}

/// Nobody was asked what they may be.
#[tokio::test]
async fn disks_that_could_not_be_told_stay_refused_for_the_request() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let (ec2, me) = (&cloud.ec2, cloud.call());
    ec2.images_from(Arc::new(crate::images::Registry));
    let register = RegisterImageRequest {
        name: Some("app".to_owned()),
        image_location: Some(format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/app:v1")),
        ..Default::default()
    };
    let image = ec2.register_image(&me, register).await.unwrap();
    let other = "000000000042";
    let caller = crate::world::of_account(other);
    let launch = RunInstancesRequest {
        image_id: image.image_id.clone(),
        ..cloud.asked()
    };
    let are_told = async |caller: &Call| {
        let input = wharf_api_ec2::Input::RunInstances(&launch);
        let checks = ec2.authorize(caller, input).await.unwrap();
        checks.iter().any(|it| it.resource.contains(":volume/"))
    };
    assert!(!are_told(&caller).await, "nobody shares it");
    let share = ModifyImageAttributeRequest {
        image_id: image.image_id.clone(),
        launch_permission: Some(LaunchPermissionModifications {
            add: Some(vec![LaunchPermission {
                user_id: Some(other.to_owned()),
                ..Default::default()
            }]),
            remove: None,
        }),
        ..Default::default()
    };
    ec2.modify_image_attribute(&me, share).await.unwrap();
    let launched = ec2.run_instances(&caller, launch.clone()).await;
    assert_eq!(launched.unwrap_err().code, "InvalidAMIID.NotFound");
    let again = crate::world::of_account(other);
    assert!(are_told(&again).await);
    ec2.run_instances(&again, launch.clone()).await.unwrap();
}

#[tokio::test]
async fn a_volume_is_taken_from_who_may_do_so_to_its_instance() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let call = cloud.call();
    let launch = RunInstancesRequest {
        block_device_mappings: Some(vec![BlockDeviceMapping {
            device_name: Some("/dev/sdf".to_owned()),
            ebs: Some(EbsBlockDevice {
                volume_size: Some(1),
                ..Default::default()
            }),
            ..Default::default()
        }]),
        ..cloud.asked()
    };
    let made = cloud.ec2.run_instances(&call, launch).await.unwrap();
    let instance = id(&made);
    let volumes = DescribeVolumesRequest::default();
    let volumes = cloud.ec2.describe_volumes(&call, volumes).await.unwrap();
    let volume = volumes.volumes.unwrap().remove(0).volume_id;
    let asked = async |volume: &Option<String>, named: Option<&str>| {
        let detach = DetachVolumeRequest {
            volume_id: volume.clone(),
            instance_id: named.map(str::to_owned),
            ..Default::default()
        };
        let input = wharf_api_ec2::Input::DetachVolume(&detach);
        let checks = cloud.ec2.authorize(&call, input).await.unwrap();
        let of = checks
            .iter()
            .filter_map(|it| it.resource.split_once(":instance/"));
        of.map(|it| it.1.to_owned()).collect::<Vec<_>>()
    };
    let other = "i-0123456789abcdef0";
    assert_eq!(asked(&volume, None).await, std::slice::from_ref(&instance));
    assert_eq!(
        asked(&volume, Some(&instance)).await,
        std::slice::from_ref(&instance)
    );
    let both = [instance.as_str(), other];
    assert_eq!(asked(&volume, Some(other)).await, both);
    // The operation says that it is not attached, to who may detach it from some instance, too.
    let none = Some("vol-0123456789abcdef0".to_owned());
    assert!(asked(&none, None).await.is_empty());
    assert_eq!(asked(&none, Some(other)).await, [other]);
}

/// What guardrails of organizations look at.
#[tokio::test]
async fn conditions_see_what_is_asked_for() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let (ec2, call) = (&cloud.ec2, cloud.call());
    let mut launch = cloud.asked();
    launch.metadata_options = Some(InstanceMetadataOptionsRequest {
        http_put_response_hop_limit: Some(2),
        http_endpoint: Some("enabled".to_owned()),
        ..Default::default()
    });
    launch.iam_instance_profile = Some(IamInstanceProfileSpecification {
        name: Some("ecsInstanceRole".to_owned()),
        arn: None,
    });
    let mut of_path = cloud.asked();
    of_path.iam_instance_profile = Some(IamInstanceProfileSpecification {
        name: Some(cloud::OF_PATH.to_owned()),
        arn: None,
    });
    let plain = CreateVolumeRequest {
        availability_zone: Some("us-east-1a".to_owned()),
        size: Some(8),
        ..Default::default()
    };
    let sealed = CreateVolumeRequest {
        encrypted: Some(true),
        volume_type: Some("gp3".to_owned()),
        ..plain.clone()
    };
    let share = ModifySnapshotAttributeRequest {
        snapshot_id: Some("snap-1".to_owned()),
        operation_type: Some("add".to_owned()),
        group_names: Some(vec!["all".to_owned()]),
        ..Default::default()
    };
    let lend = ModifyImageAttributeRequest {
        image_id: Some("ami-1".to_owned()),
        launch_permission: Some(LaunchPermissionModifications {
            remove: Some(vec![LaunchPermission {
                user_id: Some("111122223333".to_owned()),
                ..Default::default()
            }]),
            ..Default::default()
        }),
        ..Default::default()
    };
    use wharf_api_ec2::Input;
    for (input, key, value) in [
        (
            Input::RunInstances(&launch),
            "ec2:MetadataHttpPutResponseHopLimit",
            "2",
        ),
        (
            Input::RunInstances(&launch),
            "ec2:MetadataHttpEndpoint",
            "enabled",
        ),
        (
            Input::RunInstances(&launch),
            "ec2:InstanceProfile",
            "arn:aws:iam::000000000000:instance-profile/ecsInstanceRole",
        ),
        (
            Input::RunInstances(&of_path),
            "ec2:InstanceProfile",
            "arn:aws:iam::000000000000:instance-profile/ops/of-path",
        ),
        (Input::CreateVolume(&plain), "ec2:Encrypted", "false"),
        (Input::CreateVolume(&plain), "ec2:VolumeType", "gp2"),
        (Input::CreateVolume(&sealed), "ec2:Encrypted", "true"),
        (Input::CreateVolume(&sealed), "ec2:VolumeType", "gp3"),
        (Input::CreateVolume(&sealed), "ec2:VolumeSize", "8"),
        (
            Input::ModifySnapshotAttribute(&share),
            "ec2:Add/group",
            "all",
        ),
        (
            Input::ModifyImageAttribute(&lend),
            "ec2:Remove/userId",
            "111122223333",
        ),
    ] {
        let checks = ec2.authorize(&call, input).await.unwrap();
        let told = checks.iter().find_map(|it| it.context.get(key));
        assert_eq!(told, Some(&vec![value.to_owned()]), "{key}");
    }
}

#[tokio::test]
async fn tags_of_a_network_interface_are_asked_for_as_its_own() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let mut launch = cloud.asked();
    launch.tag_specifications = Some(vec![TagSpecification {
        resource_type: Some("network-interface".to_owned()),
        tags: Some(vec![Tag {
            key: Some("team".to_owned()),
            value: Some("blue".to_owned()),
        }]),
    }]);
    let input = wharf_api_ec2::Input::RunInstances(&launch);
    let checks = cloud.ec2.authorize(&cloud.call(), input).await.unwrap();
    for (action, resource, tagged) in [
        ("ec2:RunInstances", ":network-interface/*", true),
        ("ec2:CreateTags", ":network-interface/*", true),
        ("ec2:RunInstances", ":instance/*", false),
    ] {
        let of = |it: &&Check| it.action == action && it.resource.ends_with(resource);
        let check = checks.iter().find(of).unwrap();
        let told = check.context.get("aws:RequestTag/team");
        let expected = tagged.then(|| vec!["blue".to_owned()]);
        assert_eq!(told, expected.as_ref(), "{action} {resource}");
    }
    let of = |it: &Check| it.action == "ec2:CreateTags" && it.resource.ends_with(":instance/*");
    assert!(!checks.iter().any(of));
}

#[tokio::test]
async fn a_launch_says_where_and_how_it_is_to_be() {
    let cloud = Cloud::new(&[]).await;
    let mut asked = cloud.asked();
    asked.subnet_id = Some("subnet-1".to_owned());
    let input = wharf_api_ec2::Input::RunInstances(&asked);
    let checks = cloud.ec2.authorize(&cloud.call(), input).await.unwrap();
    let on = |kind: &str| {
        let of_kind = |it: &&Check| it.resource.contains(&format!(":{kind}/"));
        &checks.iter().find(of_kind).unwrap().context
    };
    let instance = on("instance");
    assert_eq!(instance["ec2:Tenancy"], ["default"]);
    assert_eq!(instance["ec2:EbsOptimized"], ["false"]);
    assert_eq!(instance["ec2:Region"], ["us-east-1"]);
    assert_eq!(
        on("network-interface")["ec2:Subnet"],
        ["arn:aws:ec2:us-east-1:000000000000:subnet/subnet-1"]
    );
}
