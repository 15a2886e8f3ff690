//! Instances that boot the kernel of their image.

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
    let taken = CreateSnapshotsRequest {
        instance_specification: Some(InstanceSpecification {
            instance_id: Some(id.clone()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let refused = cloud.ec2.create_snapshots(&cloud.call(), taken).await;
    let fault = refused.unwrap_err();
    assert_eq!(
        fault.message,
        format!(
            "The instance '{id}' is a virtual machine of a host: it has no snapshots of its root."
        )
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
