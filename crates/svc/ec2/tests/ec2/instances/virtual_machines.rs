//! Instances that boot the kernel of their image.

use wharf_records::Scope;
use wharf_store::Range;
use wharf_svc_ec2::TAGGED;

use super::*;
use crate::images::Registry;

const HOST: &str = "000000000000.dkr.ecr.us-east-1.amazonaws.com";

/// A cloud with one host, and an image whose instances are virtual machines.
async fn with_image() -> (Cloud, String) {
    let cloud = Cloud::new(&["i-a1"]).await;
    cloud.ec2.images_from(Arc::new(Registry));
    let registered = cloud.ec2.register_image(&cloud.call(), image("disk")).await;
    let image = registered.unwrap().image_id.unwrap();
    (cloud, image)
}

fn image(name: &str) -> RegisterImageRequest {
    RegisterImageRequest {
        name: Some(name.to_owned()),
        image_location: Some(format!("{HOST}/app:v1")),
        boot_mode: Some("legacy-bios".to_owned()),
        ..Default::default()
    }
}

fn of(cloud: &Cloud, image: &str) -> RunInstancesRequest {
    RunInstancesRequest {
        image_id: Some(image.to_owned()),
        ..cloud.asked()
    }
}

fn disk(device: &str, ebs: EbsBlockDevice) -> Option<Vec<BlockDeviceMapping>> {
    Some(vec![BlockDeviceMapping {
        device_name: Some(device.to_owned()),
        ebs: Some(ebs),
        ..Default::default()
    }])
}

fn taken(instance: &str) -> CreateSnapshotsRequest {
    CreateSnapshotsRequest {
        instance_specification: Some(InstanceSpecification {
            instance_id: Some(instance.to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[tokio::test]
async fn hosts_that_run_them_take_them_and_are_told_so() {
    let (cloud, image) = with_image().await;
    let asked = of(&cloud, &image);
    let refused = cloud.ec2.run_instances(&cloud.call(), asked.clone()).await;
    assert_eq!(refused.unwrap_err().code, "InsufficientInstanceCapacity");
    // Others are taken there as before.
    let plain = cloud.placed(&cloud.run().await).await;
    assert!(!plain.virtual_machine);

    cloud.offers("i-a1", true, "own-image,snapshots,vm");
    let made = cloud.ec2.run_instances(&cloud.call(), asked).await;
    let id = id(&made.unwrap());
    let told = cloud.placed(&id).await;
    assert!(told.virtual_machine);
    assert!(matches!(told.image, machine::Image::Registry { .. }));
    cloud.says(&told, Reported::Running).await;
    cloud.becomes(&id, "running").await;
    let shown = cloud.shown(&id).await;
    assert_eq!(shown.boot_mode.as_deref(), Some("legacy-bios"));
    assert_eq!(
        shown.current_instance_boot_mode.as_deref(),
        Some("legacy-bios")
    );
}

#[tokio::test]
async fn what_they_cannot_have_is_refused_before_anything_is_written() {
    let (cloud, image) = with_image().await;
    cloud.offers("i-a1", true, "own-image,snapshots,sealed,vm");
    let of_disk = |mappings| RunInstancesRequest {
        block_device_mappings: mappings,
        ..of(&cloud, &image)
    };
    let sized = |gib| EbsBlockDevice {
        volume_size: Some(gib),
        ..Default::default()
    };
    // A host of an earlier version would never bring the volume.
    let volume = of_disk(disk("/dev/xvdf", sized(1)));
    let asked = volume.clone();
    let refused = cloud.ec2.run_instances(&cloud.call(), asked).await;
    assert_eq!(refused.unwrap_err().code, "InsufficientInstanceCapacity");
    assert!(cloud.told().await.is_empty());

    let larger = of_disk(disk("/dev/xvda", sized(12)));
    let made = cloud.ec2.run_instances(&cloud.call(), larger).await;
    let id = id(&made.unwrap());
    let told = cloud.placed(&id).await;
    assert_eq!(told.disk_bytes, 12 << 30);
    cloud.says(&told, Reported::Running).await;
    cloud.becomes(&id, "running").await;
    // Nor would it take snapshots of its root.
    let refused = cloud.ec2.create_snapshots(&cloud.call(), taken(&id)).await;
    let fault = refused.unwrap_err();
    assert_eq!(
        fault.message,
        format!("The host of the instance '{id}' takes no snapshots of its root.")
    );

    let made = CreateVolumeRequest {
        availability_zone: Some(told.zone.clone()),
        size: Some(1),
        ..Default::default()
    };
    let made = cloud.ec2.create_volume(&cloud.call(), made).await;
    let attached = AttachVolumeRequest {
        volume_id: made.unwrap().volume_id,
        instance_id: Some(id.clone()),
        device: Some("/dev/xvdf".to_owned()),
        ..Default::default()
    };
    let asked = attached.clone();
    let refused = cloud.ec2.attach_volume(&cloud.call(), asked).await;
    assert_eq!(refused.unwrap_err().code, "UnsupportedOperation");
    cloud.offers("i-a1", true, "own-image,snapshots,sealed,vm,vm-disks");
    let attached = cloud.ec2.attach_volume(&cloud.call(), attached).await;
    assert_eq!(attached.unwrap().state.as_deref(), Some("attaching"));
    let made = cloud.ec2.run_instances(&cloud.call(), volume).await;
    let told = cloud.placed(&super::id(&made.unwrap())).await;
    assert_eq!(told.devices, ["xvdf"]);
}

#[tokio::test]
async fn images_say_what_boots_them() {
    let (cloud, image_id) = with_image().await;
    let asked = DescribeImagesRequest {
        image_ids: Some(vec![image_id]),
        ..Default::default()
    };
    let shown = cloud.ec2.describe_images(&cloud.call(), asked).await;
    let shown = shown.unwrap().images.unwrap().remove(0);
    assert_eq!(shown.boot_mode.as_deref(), Some("legacy-bios"));
    for (mode, found) in [("legacy-bios", 1), ("uefi", 0)] {
        let asked = DescribeImagesRequest {
            filters: Some(vec![Filter {
                name: Some("boot-mode".to_owned()),
                values: Some(vec![mode.to_owned()]),
            }]),
            ..Default::default()
        };
        let shown = cloud.ec2.describe_images(&cloud.call(), asked).await;
        assert_eq!(shown.unwrap().images.unwrap().len(), found, "{mode}");
    }
    let arm = RegisterImageRequest {
        architecture: Some("arm64".to_owned()),
        ..image("arm")
    };
    let refused = cloud.ec2.register_image(&cloud.call(), arm).await;
    assert_eq!(refused.unwrap_err().code, "InvalidParameterCombination");
}

const ALL: &str = "own-image,snapshots,sealed,vm,vm-disks,vm-snapshots";

#[tokio::test]
async fn their_roots_are_volumes_that_come_and_go_with_them() {
    let (cloud, image) = with_image().await;
    cloud.offers("i-a1", true, ALL);
    let sized = |gib| EbsBlockDevice {
        volume_size: Some(gib),
        ..Default::default()
    };
    let launch = RunInstancesRequest {
        block_device_mappings: disk("/dev/xvda", sized(12)),
        ..of(&cloud, &image)
    };
    let instance = cloud.runs(launch).await;
    let root = instance.replace("i-", "vol-");
    let shown = cloud.shown(&instance).await;
    assert_eq!(shown.root_device_type.as_deref(), Some("ebs"));
    let mapping = shown.block_device_mappings.unwrap().remove(0);
    let ebs = mapping.ebs.unwrap();
    assert_eq!(mapping.device_name.as_deref(), Some("/dev/xvda"));
    assert_eq!(ebs.volume_id.as_ref(), Some(&root));
    assert_eq!(ebs.delete_on_termination, Some(true));
    let by_id = DescribeVolumesRequest {
        volume_ids: Some(vec![root.clone(), root.clone()]),
        ..Default::default()
    };
    let of_instance = DescribeVolumesRequest {
        filters: Some(vec![Filter {
            name: Some("attachment.instance-id".to_owned()),
            values: Some(vec![instance.clone()]),
        }]),
        ..Default::default()
    };
    for asked in [by_id, of_instance] {
        let found = cloud.ec2.describe_volumes(&cloud.call(), asked).await;
        let [found] = found.unwrap().volumes.unwrap().try_into().unwrap();
        assert_eq!(found.volume_id.as_ref(), Some(&root));
        assert_eq!((found.size, found.encrypted), (Some(12), Some(false)));
        assert_eq!(found.state.as_deref(), Some("in-use"));
    }
    let with_instances = DescribeInstancesRequest {
        filters: Some(vec![Filter {
            name: Some("block-device-mapping.volume-id".to_owned()),
            values: Some(vec![root.clone()]),
        }]),
        ..Default::default()
    };
    let found = cloud
        .ec2
        .describe_instances(&cloud.call(), with_instances)
        .await;
    assert_eq!(found.unwrap().reservations.unwrap().len(), 1);

    let (call, volume_id) = (cloud.call(), Some(root.clone()));
    let detach = DetachVolumeRequest {
        volume_id: volume_id.clone(),
        ..Default::default()
    };
    let attach = AttachVolumeRequest {
        volume_id: volume_id.clone(),
        instance_id: Some(instance.clone()),
        device: Some("/dev/xvdf".to_owned()),
        ..Default::default()
    };
    let delete = DeleteVolumeRequest {
        volume_id: volume_id.clone(),
        ..Default::default()
    };
    let modify = ModifyVolumeRequest {
        volume_id,
        size: Some(20),
        ..Default::default()
    };
    let in_use = cloud.ec2.delete_volume(&call, delete).await;
    assert_eq!(in_use.unwrap_err().code, "VolumeInUse");
    let in_use = cloud.ec2.attach_volume(&call, attach).await.unwrap_err();
    assert_eq!(in_use.code, "VolumeInUse");
    let text = format!("{root} is already attached to an instance");
    assert_eq!(in_use.message, text);
    for (action, refused) in [
        (
            "DetachVolume",
            cloud.ec2.detach_volume(&call, detach).await.map(drop),
        ),
        (
            "ModifyVolume",
            cloud.ec2.modify_volume(&call, modify).await.map(drop),
        ),
    ] {
        let fault = refused.unwrap_err();
        assert_eq!(fault.code, "UnsupportedOperation", "{}", fault.message);
        let text = format!(
            "The volume '{root}' is the root of a virtual machine: {action} is not supported for it by this version of \
             wharf."
        );
        assert_eq!(fault.message, text);
    }
    let keeps = |delete| ModifyInstanceAttributeRequest {
        instance_id: Some(instance.clone()),
        block_device_mappings: Some(vec![InstanceBlockDeviceMappingSpecification {
            device_name: Some("/dev/xvda".to_owned()),
            ebs: Some(EbsInstanceBlockDeviceSpecification {
                delete_on_termination: Some(delete),
                ..Default::default()
            }),
            ..Default::default()
        }]),
        ..Default::default()
    };
    let modified = cloud.ec2.modify_instance_attribute(&call, keeps(true));
    modified.await.unwrap();
    let refused = cloud.ec2.modify_instance_attribute(&call, keeps(false));
    assert_eq!(refused.await.unwrap_err().code, "UnsupportedOperation");
}

fn tag(key: &str, value: &str) -> Tag {
    Tag {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    }
}

/// The tags of a volume, found by one of them.
async fn tags_of(cloud: &Cloud, volume: &str, by: (&str, &str)) -> Vec<Tag> {
    let asked = DescribeVolumesRequest {
        filters: Some(vec![Filter {
            name: Some(format!("tag:{}", by.0)),
            values: Some(vec![by.1.to_owned()]),
        }]),
        ..Default::default()
    };
    let found = cloud.ec2.describe_volumes(&cloud.call(), asked).await;
    let mut found = found.unwrap().volumes.unwrap().into_iter();
    let found = found.find(|it| it.volume_id.as_deref() == Some(volume));
    found.unwrap().tags.unwrap()
}

#[tokio::test]
async fn their_roots_have_tags_and_attributes_as_volumes_have() {
    let (cloud, image) = with_image().await;
    cloud.offers("i-a1", true, ALL);
    let (ec2, call) = (&cloud.ec2, cloud.call());
    let launch = RunInstancesRequest {
        tag_specifications: Some(vec![TagSpecification {
            resource_type: Some("volume".to_owned()),
            tags: Some(vec![tag("team", "a")]),
        }]),
        ..of(&cloud, &image)
    };
    let instance = cloud.runs(launch).await;
    let root = instance.replace("i-", "vol-");
    assert_eq!(
        tags_of(&cloud, &root, ("team", "a")).await,
        [tag("team", "a")]
    );
    let create = CreateTagsRequest {
        resources: Some(vec![root.clone(), instance.clone()]),
        tags: Some(vec![tag("Name", "web")]),
        ..Default::default()
    };
    let checks = ec2.authorize(&call, wharf_api_ec2::Input::CreateTags(&create));
    let checks = checks.await.unwrap();
    let about = checks.iter().find(|it| it.resource.contains(":volume/"));
    let seen = &about.unwrap().context;
    for (key, value) in [
        ("aws:ResourceTag/team", "a"),
        ("ec2:VolumeID", root.as_str()),
    ] {
        assert_eq!(seen.get(key), Some(&vec![value.to_owned()]), "{key}");
    }
    ec2.create_tags(&call, create).await.unwrap();
    let all = [tag("Name", "web"), tag("team", "a")];
    assert_eq!(tags_of(&cloud, &root, ("Name", "web")).await, all);
    let listed = DescribeTagsRequest {
        filters: Some(vec![Filter {
            name: Some("resource-id".to_owned()),
            values: Some(vec![root.clone()]),
        }]),
        ..Default::default()
    };
    let listed = ec2.describe_tags(&call, listed).await.unwrap();
    let listed = listed.tags.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0].resource_type.as_deref(), Some("volume"));
    let key = Scope::new("ec2", ACCOUNT, REGION).key("instance", &instance);
    let stored = cloud.world.store.all(Range::prefix(&key)).await.unwrap();
    let mut shown = TAGGED.resources(&stored.entries[0]).into_iter();
    let shown = shown.find(|it| it.arn.resource == format!("volume/{root}"));
    assert_eq!(shown.unwrap().tags.len(), 2);
    // Nobody is asked about a root of which nothing is taken.
    for excluded in [false, true] {
        let mut asked = taken(&instance);
        let of = asked.instance_specification.as_mut().unwrap();
        of.exclude_boot_volume = Some(excluded);
        let checks = ec2.authorize(&call, wharf_api_ec2::Input::CreateSnapshots(&asked));
        let checks = checks.await.unwrap();
        let is_about_it = checks.iter().any(|it| it.resource.contains(&root));
        assert_eq!(is_about_it, !excluded);
    }
    let delete = DeleteTagsRequest {
        resources: Some(vec![root.clone()]),
        tags: Some(vec![Tag {
            key: Some("team".to_owned()),
            value: None,
        }]),
        ..Default::default()
    };
    ec2.delete_tags(&call, delete).await.unwrap();
    let left = tags_of(&cloud, &root, ("Name", "web")).await;
    assert_eq!(left, [tag("Name", "web")]);

    let taken = CreateSnapshotsRequest {
        copy_tags_from_source: Some("volume".to_owned()),
        ..taken(&instance)
    };
    let made = cloud.taking(1, ec2.create_snapshots(&call, taken));
    let mut made = made.await.unwrap().snapshots.unwrap();
    assert_eq!(made.remove(0).tags.unwrap(), [tag("Name", "web")]);

    let enable = ModifyVolumeAttributeRequest {
        volume_id: Some(root.clone()),
        auto_enable_io: Some(AttributeBooleanValue { value: Some(true) }),
        ..Default::default()
    };
    ec2.modify_volume_attribute(&call, enable).await.unwrap();
    let asked = DescribeVolumeAttributeRequest {
        volume_id: Some(root.clone()),
        attribute: Some("autoEnableIO".to_owned()),
        ..Default::default()
    };
    let shown = ec2.describe_volume_attribute(&call, asked).await.unwrap();
    assert_eq!(shown.auto_enable_io.unwrap().value, Some(true));
}

#[tokio::test]
async fn instances_are_made_of_their_roots() {
    let (cloud, image) = with_image().await;
    cloud.offers("i-a1", true, ALL);
    let (instance, golden) = cloud.golden_of(of(&cloud, &image)).await;
    assert_eq!(golden.boot_mode.as_deref(), Some("legacy-bios"));

    let (call, root) = (cloud.call(), instance.replace("i-", "vol-"));
    let asked = CreateSnapshotRequest {
        volume_id: Some(root.clone()),
        ..Default::default()
    };
    let made = cloud.taking(1, cloud.ec2.create_snapshot(&call, asked));
    let made = made.await.unwrap();
    assert_eq!(made.volume_id, Some(root));
    let [told] = cloud.told_snapshots().await.try_into().unwrap();
    let set = told.set.unwrap();
    assert_eq!((set.members, set.before_boot), (1, None));
    assert_eq!((set.instance, told.volume), (instance.clone(), instance));
    let snapshot = made.snapshot_id.unwrap();
    cloud.sends(&snapshot, "other").await;
    let nobodys = CreateSnapshotRequest {
        volume_id: Some("vol-0123456789abcdef0".to_owned()),
        ..Default::default()
    };
    let refused = cloud.ec2.create_snapshot(&call, nobodys).await;
    assert_eq!(refused.unwrap_err().code, "InvalidVolume.NotFound");

    // What boots them comes with the snapshot.
    let of_snapshot = EbsBlockDevice {
        snapshot_id: Some(snapshot),
        ..Default::default()
    };
    let register = RegisterImageRequest {
        name: Some("again".to_owned()),
        block_device_mappings: disk("/dev/xvda", of_snapshot),
        ..Default::default()
    };
    let again = cloud.ec2.register_image(&call, register).await;
    let again = again.unwrap().image_id.unwrap();
    let shown = cloud.image_of(&again).await;
    assert_eq!(shown.boot_mode.as_deref(), Some("legacy-bios"));
    let larger = EbsBlockDevice {
        volume_size: Some(20),
        ..Default::default()
    };
    let launch = RunInstancesRequest {
        block_device_mappings: disk("/dev/xvda", larger),
        ..of(&cloud, &again)
    };
    // A host of an earlier version would look it over as it does others.
    cloud.offers("i-a1", true, "own-image,snapshots,sealed,vm,vm-disks");
    let refused = cloud.ec2.run_instances(&call, launch.clone()).await;
    assert_eq!(refused.unwrap_err().code, "InsufficientInstanceCapacity");
    cloud.offers("i-a1", true, ALL);
    let made = cloud.ec2.run_instances(&call, launch).await;
    let told = cloud.placed(&id(&made.unwrap())).await;
    assert!(told.virtual_machine && told.restore);
    assert_eq!(told.disk_bytes, 20 << 30);
}

#[tokio::test]
async fn they_have_ipv6_addresses_where_their_host_gives_them() {
    let (cloud, image) = with_image().await;
    let (me, subnet) = (cloud.call(), ipv6::subnet(&cloud).await);
    // Small ones: all of them are on one host.
    let small = RunInstancesRequest {
        instance_type: Some("t3.nano".to_owned()),
        ..of(&cloud, &image)
    };
    let in_subnet = RunInstancesRequest {
        subnet_id: Some(subnet.clone()),
        ..small.clone()
    };
    let with_one = RunInstancesRequest {
        ipv6_address_count: Some(1),
        ..in_subnet.clone()
    };
    // A host of an earlier version would lead them nowhere.
    cloud.offers("i-a1", true, ALL);
    let refused = cloud.ec2.run_instances(&me, with_one.clone()).await;
    assert_eq!(refused.unwrap_err().code, "InsufficientInstanceCapacity");
    assert!(cloud.told().await.is_empty());
    let without = cloud.runs(in_subnet.clone()).await;
    let interface = cloud.placed(&without).await.interface.id;
    let assign = AssignIpv6AddressesRequest {
        network_interface_id: Some(interface),
        ipv6_address_count: Some(1),
        ..Default::default()
    };
    let refused = cloud.ec2.assign_ipv6_addresses(&me, assign.clone()).await;
    let fault = refused.unwrap_err();
    assert_eq!(fault.code, "UnsupportedOperation");
    assert_eq!(
        fault.message,
        format!(
            "The host of the instance '{without}' gives no IPv6 addresses to instances that are virtual machines."
        )
    );

    cloud.offers("i-a1", true, &format!("{ALL},vm-ipv6"));
    let assigned = cloud.ec2.assign_ipv6_addresses(&me, assign).await;
    let assigned = assigned.unwrap().assigned_ipv6_addresses.unwrap();
    let told = cloud.placed(&without).await.interface.ipv6;
    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    assert_eq!(told, assigned);
    let made = cloud.ec2.run_instances(&me, with_one).await;
    let told = cloud.placed(&id(&made.unwrap())).await;
    assert!(told.virtual_machine);
    assert_eq!(told.interface.ipv6.len(), 1);

    // What the subnet says, and what an interface has already, are asked of hosts as well.
    let modify = ModifySubnetAttributeRequest {
        subnet_id: Some(subnet.clone()),
        assign_ipv6_address_on_creation: Some(AttributeBooleanValue { value: Some(true) }),
        ..Default::default()
    };
    cloud
        .ec2
        .modify_subnet_attribute(&me, modify)
        .await
        .unwrap();
    let made = CreateNetworkInterfaceRequest {
        subnet_id: Some(subnet),
        ..Default::default()
    };
    let made = cloud.ec2.create_network_interface(&me, made).await;
    let made = made.unwrap().network_interface.unwrap();
    assert_eq!(made.ipv6_addresses.unwrap().len(), 1);
    let with_existing = RunInstancesRequest {
        network_interfaces: Some(vec![InstanceNetworkInterfaceSpecification {
            device_index: Some(0),
            network_interface_id: made.network_interface_id,
            ..Default::default()
        }]),
        ..small
    };
    for asked in [in_subnet, with_existing] {
        cloud.offers("i-a1", true, ALL);
        let refused = cloud.ec2.run_instances(&me, asked.clone()).await;
        assert_eq!(refused.unwrap_err().code, "InsufficientInstanceCapacity");
        cloud.offers("i-a1", true, &format!("{ALL},vm-ipv6"));
        let made = cloud.ec2.run_instances(&me, asked).await;
        let told = cloud.placed(&id(&made.unwrap())).await;
        assert_eq!(told.interface.ipv6.len(), 1);
    }
}
