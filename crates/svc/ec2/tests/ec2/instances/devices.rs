//! Volumes that instances are launched with: they come to the instance's host, and go or stay when it ends.

use wharf_planeproto::volume::{Volume as Told, VolumeReport, VolumeState};
use wharf_svc_ec2::volumes::ToldVolume;

use super::*;

fn mapping(device: &str, ebs: EbsBlockDevice) -> BlockDeviceMapping {
    BlockDeviceMapping {
        device_name: Some(device.to_owned()),
        ebs: Some(ebs),
        ..Default::default()
    }
}

fn of_size(gib: i32) -> EbsBlockDevice {
    EbsBlockDevice {
        volume_size: Some(gib),
        volume_type: Some("gp3".to_owned()),
        ..Default::default()
    }
}

fn with(cloud: &Cloud, mappings: Vec<BlockDeviceMapping>) -> RunInstancesRequest {
    RunInstancesRequest {
        block_device_mappings: Some(mappings),
        ..cloud.asked()
    }
}

/// A root of 20 GiB, a volume that goes with its instance and one that stays.
fn usual(cloud: &Cloud) -> RunInstancesRequest {
    let kept = EbsBlockDevice {
        delete_on_termination: Some(false),
        iops: Some(4000),
        throughput: Some(250),
        ..of_size(10)
    };
    let mappings = vec![
        mapping("/dev/xvda", of_size(20)),
        mapping("/dev/xvdf", of_size(1)),
        mapping("/dev/sdg", kept),
    ];
    RunInstancesRequest {
        tag_specifications: Some(vec![TagSpecification {
            resource_type: Some("volume".to_owned()),
            tags: Some(vec![Tag {
                key: Some("of".to_owned()),
                value: Some("mine".to_owned()),
            }]),
        }]),
        ..with(cloud, mappings)
    }
}

impl Cloud {
    async fn launch(&self, asked: RunInstancesRequest) -> Result<String, Fault> {
        let made = self.ec2.run_instances(&self.call(), asked).await;
        made.map(|it| super::id(&it))
    }

    async fn volumes(&self) -> Vec<Volume> {
        let asked = DescribeVolumesRequest::default();
        let shown = self.ec2.describe_volumes(&self.call(), asked).await;
        let mut found = shown.unwrap().volumes.unwrap();
        found.sort_by_key(|it| it.size);
        found
    }

    /// What hosts are told of volumes.
    async fn told_volumes(&self) -> Vec<Told> {
        let prefix = wharf_store::Range::prefix(plane::prefix());
        let all = self.world.store.all(prefix).await.unwrap().entries;
        let resources = all
            .iter()
            .filter_map(|it| plane::resource(it, &self.world.keyring));
        let volumes = resources.filter_map(|it| match it {
            Resource::Volume(it) => Some(it),
            _ => None,
        });
        volumes.collect()
    }

    /// The host says of all volumes that they are as they are to be.
    async fn volumes_are_as_told(&self, state: VolumeState) {
        for told in self.told_volumes().await {
            let report = VolumeReport {
                id: told.id.clone(),
                state,
                reason: None,
                bytes: told.bytes,
                mounted: false,
                attached: told.attached,
                placed: told.device.is_some(),
            };
            let reports = vec![(ToldVolume::of(&told), report)];
            let taken = self.ec2.volumes_reported(&told.host, reports).await;
            taken.unwrap();
        }
    }

    async fn states(&self) -> Vec<String> {
        let all = self.volumes().await.into_iter();
        all.map(|it| it.state.unwrap()).collect()
    }
}

#[tokio::test]
async fn volumes_come_with_an_instance_and_go_as_they_were_asked() {
    let mut cloud = Cloud::new(&["i-a1"]).await;
    let id = cloud.launch(usual(&cloud)).await.unwrap();
    let shown = cloud.shown(&id).await.block_device_mappings.unwrap();
    let devices: Vec<_> = shown
        .iter()
        .map(|it| {
            let ebs = it.ebs.as_ref().unwrap();
            (
                it.device_name.as_deref().unwrap(),
                ebs.delete_on_termination,
                ebs.status.as_deref(),
            )
        })
        .collect();
    let attaching = Some("attaching");
    assert_eq!(
        devices,
        [
            ("/dev/sdg", Some(false), attaching),
            ("/dev/xvdf", Some(true), attaching)
        ]
    );
    let told = cloud.placed(&id).await;
    assert_eq!(told.disk_bytes, 20 << 30);
    assert_eq!(told.devices, ["xvdf", "sdg"]);
    assert_eq!(told.pod_volumes, Some(24), "of 27 of a t3.micro");
    assert_eq!(cloud.claim(&id).await.unwrap().disk, 20 * 1024);

    // They come to its host, also where the server ended in between.
    cloud.restart();
    until("its host is told of the volumes", || async {
        cloud.told_volumes().await.len() == 2
    })
    .await;
    for told in cloud.told_volumes().await {
        assert_eq!(told.host, "i-a1");
        assert!(told.may_make && told.attached);
        assert_eq!(told.device.unwrap().instance, id);
    }
    cloud.says(&told, Reported::Running).await;
    cloud.volumes_are_as_told(VolumeState::Ready).await;
    let volumes = cloud.volumes().await;
    for volume in &volumes {
        assert_eq!(volume.state.as_deref(), Some("in-use"));
        let attachment = &volume.attachments.as_ref().unwrap()[0];
        assert_eq!(attachment.state.as_deref(), Some("attached"));
        assert_eq!(attachment.instance_id.as_ref(), Some(&id));
        assert_eq!(volume.tags.as_ref().unwrap()[0].key.as_deref(), Some("of"));
    }
    assert_eq!(
        (volumes[1].iops, volumes[1].throughput),
        (Some(4000), Some(250))
    );
    let asked = DescribeInstanceAttributeRequest {
        instance_id: Some(id.clone()),
        attribute: Some("blockDeviceMapping".to_owned()),
        dry_run: None,
    };
    let shown = cloud
        .ec2
        .describe_instance_attribute(&cloud.call(), asked)
        .await;
    assert_eq!(shown.unwrap().block_device_mappings.unwrap().len(), 2);

    // Stopped, it keeps them; a later boot waits for none.
    cloud.stop(&id).await.unwrap();
    cloud.says(&told, Reported::Stopped).await;
    cloud.becomes(&id, "stopped").await;
    assert_eq!(cloud.states().await, ["in-use", "in-use"]);
    cloud.start(&id).await.unwrap();
    until("it is told to boot again", || async {
        cloud.told_of(&id).await.unwrap().boot == 2
    })
    .await;
    let told = cloud.told_of(&id).await.unwrap();
    assert!(told.devices.is_empty());
    cloud.says(&told, Reported::Running).await;

    cloud.terminate(&id).await.unwrap();
    let told = cloud.told_of(&id).await.unwrap();
    cloud.says(&told, Reported::Terminated).await;
    cloud.becomes(&id, "terminated").await;
    until("one goes", || async {
        cloud
            .states()
            .await
            .first()
            .is_some_and(|it| it == "deleting")
    })
    .await;
    // Its host says so as often as it is told something.
    until("the other stays", || async {
        for told in cloud.told_volumes().await {
            let state = match told.wanted {
                wharf_planeproto::volume::Wanted::Gone => VolumeState::Gone,
                wharf_planeproto::volume::Wanted::Kept => VolumeState::Ready,
            };
            let report = VolumeReport {
                id: told.id.clone(),
                state,
                reason: None,
                bytes: told.bytes,
                mounted: false,
                attached: told.attached,
                placed: false,
            };
            let reports = vec![(ToldVolume::of(&told), report)];
            cloud.ec2.volumes_reported("i-a1", reports).await.unwrap();
        }
        cloud.states().await == ["available"]
    })
    .await;
}

#[tokio::test]
async fn volumes_of_an_instance_that_no_host_takes() {
    let cloud = Cloud::new(&["i-a1"]).await;
    // All room is taken by another.
    let other = RunInstancesRequest {
        instance_type: Some("t3.medium".to_owned()),
        ..cloud.asked()
    };
    let other = cloud.launch(other).await.unwrap();
    cloud.placed(&other).await;
    let id = cloud.launch(usual(&cloud)).await.unwrap();
    assert_eq!(cloud.states().await, ["in-use", "in-use"]);
    cloud.terminate(&id).await.unwrap();
    cloud.becomes(&id, "terminated").await;
    // Nobody was told of them: one is gone at once.
    until("one stays", || async {
        cloud.states().await == ["available"]
    })
    .await;
    assert!(cloud.told_volumes().await.is_empty());
    // It can be attached where it is wanted.
    let told = cloud.told_of(&other).await.unwrap();
    cloud.says(&told, Reported::Running).await;
    let kept = cloud.volumes().await.remove(0);
    let asked = AttachVolumeRequest {
        volume_id: kept.volume_id,
        instance_id: Some(other),
        device: Some("/dev/xvdf".to_owned()),
        ..Default::default()
    };
    cloud.ec2.attach_volume(&cloud.call(), asked).await.unwrap();
    assert_eq!(cloud.told_volumes().await.len(), 1);
}

#[tokio::test]
async fn hosts_without_volumes_take_no_instance_that_has_some() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let name = "arn of i-a1".to_owned();
    cloud.hosts.up_to_date().await;
    cloud.hosts.write(|machines| {
        let mut registration = machines.registration("host-of-i-a1").unwrap().clone();
        registration.attributes.remove(VOLUMES);
        machines.register(&name, Some(registration));
    });
    let refused = cloud.launch(usual(&cloud)).await.unwrap_err();
    assert_eq!(refused.code, "InsufficientInstanceCapacity");
    cloud.run().await;
}

#[tokio::test]
async fn devices_of_images_templates_and_requests() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let template = CreateLaunchTemplateRequest {
        launch_template_name: Some("disks".to_owned()),
        launch_template_data: Some(RequestLaunchTemplateData {
            image_id: Some(cloud.image()),
            block_device_mappings: Some(vec![
                LaunchTemplateBlockDeviceMappingRequest {
                    device_name: Some("/dev/xvda".to_owned()),
                    ebs: Some(LaunchTemplateEbsBlockDeviceRequest {
                        volume_size: Some(30),
                        ..Default::default()
                    }),
                    ..Default::default()
                },
                LaunchTemplateBlockDeviceMappingRequest {
                    device_name: Some("/dev/xvdf".to_owned()),
                    ebs: Some(LaunchTemplateEbsBlockDeviceRequest {
                        volume_size: Some(2),
                        volume_type: Some("gp3".to_owned()),
                        ..Default::default()
                    }),
                    ..Default::default()
                },
            ]),
            ..Default::default()
        }),
        ..Default::default()
    };
    let made = cloud
        .ec2
        .create_launch_template(&cloud.call(), template)
        .await;
    made.unwrap();
    let asked = DescribeLaunchTemplateVersionsRequest {
        launch_template_name: Some("disks".to_owned()),
        versions: Some(vec!["$Latest".to_owned()]),
        ..Default::default()
    };
    let shown = cloud
        .ec2
        .describe_launch_template_versions(&cloud.call(), asked)
        .await;
    let shown = shown.unwrap().launch_template_versions.unwrap().remove(0);
    let shown = shown
        .launch_template_data
        .unwrap()
        .block_device_mappings
        .unwrap();
    assert_eq!(shown[1].ebs.as_ref().unwrap().volume_size, Some(2));

    let of_template = |mappings: Vec<BlockDeviceMapping>| RunInstancesRequest {
        image_id: None,
        launch_template: Some(LaunchTemplateSpecification {
            launch_template_name: Some("disks".to_owned()),
            ..Default::default()
        }),
        ..with(&cloud, mappings)
    };
    let first = cloud.launch(of_template(vec![])).await.unwrap();
    assert_eq!(cloud.placed(&first).await.disk_bytes, 30 << 30);
    assert_eq!(cloud.volumes().await[0].size, Some(2));
    // A request counts before its template, and takes devices away.
    let other = of_template(vec![
        mapping("/dev/xvda", of_size(9)),
        BlockDeviceMapping {
            device_name: Some("/dev/xvdf".to_owned()),
            no_device: Some(String::new()),
            ..Default::default()
        },
    ]);
    let other = cloud.launch(other).await.unwrap();
    assert_eq!(cloud.placed(&other).await.disk_bytes, 9 << 30);
    assert_eq!(cloud.volumes().await.len(), 1);
}

#[tokio::test]
async fn what_no_launch_can_have() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let of_snapshot = |id: &str| EbsBlockDevice {
        snapshot_id: Some(id.to_owned()),
        ..Default::default()
    };
    let twice = vec![
        mapping("/dev/sdf", of_size(1)),
        mapping("/dev/sdf", of_size(1)),
    ];
    let virtual_one = BlockDeviceMapping {
        virtual_name: Some("ephemeral0".to_owned()),
        device_name: Some("/dev/sdf".to_owned()),
        ..Default::default()
    };
    for (mappings, code) in [
        (twice, "InvalidBlockDeviceMapping"),
        (
            vec![mapping("/dev/nvme0n1", of_size(1))],
            "InvalidBlockDeviceMapping",
        ),
        (
            vec![mapping("/dev/sdf", EbsBlockDevice::default())],
            "InvalidBlockDeviceMapping",
        ),
        (
            vec![mapping("/dev/sdf", of_size(0))],
            "InvalidParameterValue",
        ),
        (
            vec![mapping("/dev/sdf", of_snapshot("snap-0123456789abcdef0"))],
            "InvalidSnapshot.NotFound",
        ),
        (
            vec![mapping("/dev/sdf", of_snapshot("snap"))],
            "InvalidParameterValue",
        ),
    ] {
        let asked = with(&cloud, mappings);
        let refused = cloud.launch(asked.clone()).await.unwrap_err();
        assert_eq!(refused.code, code, "{:?}", asked.block_device_mappings);
    }
    // This is refused by name before anything is looked at.
    let client = cloud.world.ec2_client();
    let refused = client
        .run_instances(&cloud.call(), with(&cloud, vec![virtual_one]))
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, "UnsupportedOperation");
    let name = "BlockDeviceMappings.VirtualName";
    assert!(refused.message.contains(name), "{}", refused.message);
    assert!(cloud.volumes().await.is_empty());
}

/// Of the caller's, of a volume that nobody ever wrote to.
async fn snapshot(cloud: &Cloud) -> String {
    let made =
        wharf_svc_ec2::snapshots::Snapshot::new(&cloud.call(), "vol-0123456789abcdef0", 1, true);
    let key = wharf_records::Scope::new("ec2", ACCOUNT, REGION).key("snapshot", &made.id);
    let txn = Txn::new().put(key, encode(&made));
    cloud.world.store.txn(&PERMIT, txn).await.unwrap();
    made.id
}

fn of_snapshot(id: &str) -> EbsBlockDevice {
    EbsBlockDevice {
        snapshot_id: Some(id.to_owned()),
        ..Default::default()
    }
}

async fn image_of(cloud: &Cloud, name: &str, snapshot: &str) -> Result<String, Fault> {
    let input = RegisterImageRequest {
        name: Some(name.to_owned()),
        image_location: Some(format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/app:v1")),
        block_device_mappings: Some(vec![mapping("/dev/xvdf", of_snapshot(snapshot))]),
        ..Default::default()
    };
    let made = cloud.ec2.register_image(&cloud.call(), input).await;
    made.map(|it| it.image_id.unwrap())
}

async fn delete_snapshot(cloud: &Cloud, id: &str) -> Result<(), Fault> {
    let input = DeleteSnapshotRequest {
        snapshot_id: Some(id.to_owned()),
        ..Default::default()
    };
    cloud.ec2.delete_snapshot(&cloud.call(), input).await
}

#[tokio::test]
async fn a_snapshot_of_an_image_stays_for_as_long_as_the_image() {
    let cloud = Cloud::new(&["i-a1"]).await;
    cloud.ec2.images_from(Arc::new(crate::images::Registry));
    let (used, other) = (snapshot(&cloud).await, snapshot(&cloud).await);
    let image = image_of(&cloud, "disks", &used).await.unwrap();
    let refused = delete_snapshot(&cloud, &used).await.unwrap_err();
    assert_eq!(refused.code, "InvalidSnapshot.InUse");
    let text = format!("The snapshot {used} is currently in use by {image}");
    assert_eq!(refused.message, text);
    delete_snapshot(&cloud, &other).await.unwrap();
    let refused = image_of(&cloud, "others", &other).await.unwrap_err();
    assert_eq!(refused.code, "InvalidSnapshot.NotFound");
    let input = DeregisterImageRequest {
        image_id: Some(image),
        ..Default::default()
    };
    cloud
        .ec2
        .deregister_image(&cloud.call(), input)
        .await
        .unwrap();
    delete_snapshot(&cloud, &used).await.unwrap();
}

#[tokio::test]
async fn who_may_launch_an_image_has_its_snapshots_and_nothing_beyond() {
    let cloud = Cloud::new(&["i-a1"]).await;
    cloud.ec2.images_from(Arc::new(crate::images::Registry));
    let used = snapshot(&cloud).await;
    let image = image_of(&cloud, "disks", &used).await.unwrap();
    let other = "000000000042";
    let input = ModifyImageAttributeRequest {
        image_id: Some(image.clone()),
        launch_permission: Some(LaunchPermissionModifications {
            add: Some(vec![LaunchPermission {
                user_id: Some(other.to_owned()),
                ..Default::default()
            }]),
            remove: None,
        }),
        ..Default::default()
    };
    cloud
        .ec2
        .modify_image_attribute(&cloud.call(), input)
        .await
        .unwrap();
    let caller = crate::world::of_account(other);
    let own = RunInstancesRequest {
        block_device_mappings: Some(vec![mapping("/dev/xvdf", of_snapshot(&used))]),
        ..cloud.asked()
    };
    let refused = cloud.ec2.run_instances(&caller, own).await.unwrap_err();
    assert_eq!(refused.code, "InvalidSnapshot.NotFound");
    let create = CreateVolumeRequest {
        availability_zone: Some("us-east-1a".to_owned()),
        snapshot_id: Some(used.clone()),
        ..Default::default()
    };
    let refused = cloud.ec2.create_volume(&caller, create).await.unwrap_err();
    assert_eq!(refused.code, "InvalidSnapshot.NotFound");
    let shared = RunInstancesRequest {
        image_id: Some(image),
        ..cloud.asked()
    };
    cloud.ec2.run_instances(&caller, shared).await.unwrap();
    let asked = DescribeVolumesRequest::default();
    let shown = cloud.ec2.describe_volumes(&caller, asked).await.unwrap();
    let volumes = shown.volumes.unwrap();
    assert_eq!(volumes[0].snapshot_id.as_deref(), Some(used.as_str()));
}
