//! Images of instances: what is taken of them, when they are available, and what instances of them are made of.

use sha2::{Digest as _, Sha256};
use tokio::join;
use wharf_planeproto::snapshot::{self as planes, CHUNK, Complete, Entry, Offer, hex_of, page};
use wharf_svc_ec2::snapshots::{NotTaken, Place};
use wharf_wire::Caller;

use super::*;

const OTHER: &str = "000000000042";
const WEST: &str = "us-west-2";

fn call_of(account: &str, region: &str) -> Call {
    let mut cx = Context::internal(account, region, "test", Timestamp(1_700_000_000_000));
    cx.caller = Caller::root(account);
    Call::by_controller(cx, PERMIT)
}

fn refuses<T: std::fmt::Debug>(answer: Result<T, Fault>, code: &str) {
    let fault = answer.unwrap_err();
    assert_eq!(fault.code, code, "{}", fault.message);
}

pub(super) fn place(id: &str) -> Place {
    Place {
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        id: id.to_owned(),
    }
}

fn volume(device: &str) -> BlockDeviceMapping {
    BlockDeviceMapping {
        device_name: Some(device.to_owned()),
        ebs: Some(EbsBlockDevice {
            volume_size: Some(1),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn asked(instance: &str) -> CreateImageRequest {
    CreateImageRequest {
        instance_id: Some(instance.to_owned()),
        name: Some("golden".to_owned()),
        ..Default::default()
    }
}

/// Of the root.
pub(super) fn snapshot_in(image: &Image) -> String {
    let mappings = image.block_device_mappings.as_ref().unwrap();
    let root = mappings
        .iter()
        .find(|it| it.device_name == image.root_device_name);
    let ebs = root.unwrap().ebs.as_ref().unwrap();
    ebs.snapshot_id.clone().unwrap()
}

impl Cloud {
    pub(super) async fn runs(&self, asked: RunInstancesRequest) -> String {
        let id = id(&self.ec2.run_instances(&self.call(), asked).await.unwrap());
        let told = self.placed(&id).await;
        self.says(&told, Reported::Running).await;
        self.becomes(&id, "running").await;
        id
    }

    pub(super) async fn told_snapshots(&self) -> Vec<planes::Snapshot> {
        let prefix = wharf_store::Range::prefix(plane::prefix());
        let all = self.world.store.all(prefix).await.unwrap().entries;
        let resources = all
            .iter()
            .filter_map(|it| plane::resource(it, &self.world.keyring));
        let snapshots = resources.filter_map(|it| match it {
            Resource::Snapshot(it) => Some(it),
            _ => None,
        });
        snapshots.collect()
    }

    /// The host sends a chunk that begins with the word, and that is all.
    pub(super) async fn sends(&self, id: &str, word: &str) {
        let at = place(id);
        let mut bytes = vec![0; usize::try_from(CHUNK).unwrap()];
        bytes[..word.len()].copy_from_slice(word.as_bytes());
        let mut sums = Vec::new();
        for bytes in [
            bytes.clone(),
            page(&[Entry {
                at: 0,
                sum: Sha256::digest(&bytes).into(),
            }]),
        ] {
            let name = hex_of(&Sha256::digest(&bytes).into());
            self.ec2
                .snapshot_bytes(&at, &name, bytes.into())
                .await
                .unwrap();
            sums.push(name);
        }
        let complete = Complete {
            pages: sums.split_off(1),
        };
        let done = self.ec2.snapshot_complete(&at, &complete, self.clock.now());
        done.await.unwrap();
    }

    /// The host has taken all that it is told to take, while `work` is done.
    pub(super) async fn taking<T>(&self, members: usize, work: impl Future<Output = T>) -> T {
        let taken = async {
            until("the host is told of all", || async {
                self.told_snapshots().await.len() == members
            })
            .await;
            for told in self.told_snapshots().await {
                let nothing = Offer::default();
                self.ec2
                    .snapshot_offered(&place(&told.id), &nothing)
                    .await
                    .unwrap();
            }
        };
        join!(work, taken).0
    }

    pub(super) async fn image_of(&self, id: &str) -> Image {
        let asked = DescribeImagesRequest {
            image_ids: Some(vec![id.to_owned()]),
            ..Default::default()
        };
        let shown = self.ec2.describe_images(&self.call(), asked).await;
        shown.unwrap().images.unwrap().remove(0)
    }

    pub(super) async fn settles(&self, image: &str, state: &str) {
        until(&format!("{image} is {state}"), || async {
            self.image_of(image).await.state.unwrap() == state
        })
        .await;
    }

    /// One of an instance that has a root alone.
    pub(super) async fn golden(&self) -> (String, Image) {
        self.golden_of(self.asked()).await
    }

    pub(super) async fn golden_of(&self, launch: RunInstancesRequest) -> (String, Image) {
        let instance = self.runs(launch).await;
        let input = CreateImageRequest {
            no_reboot: Some(true),
            ..asked(&instance)
        };
        let call = self.call();
        let made = self.taking(1, self.ec2.create_image(&call, input)).await;
        let image = made.unwrap().image_id.unwrap();
        let [told] = self.told_snapshots().await.try_into().unwrap();
        self.sends(&told.id, "root").await;
        self.settles(&image, "available").await;
        let image = self.image_of(&image).await;
        (instance, image)
    }
}

#[tokio::test]
async fn an_image_is_of_one_moment_before_the_next_boot_and_there_with_its_snapshots() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let instance = cloud
        .runs(RunInstancesRequest {
            block_device_mappings: Some(vec![volume("/dev/xvdf"), volume("/dev/xvdg")]),
            ..cloud.asked()
        })
        .await;
    until("its volumes are on its host", || async {
        let prefix = wharf_store::Range::prefix(plane::prefix());
        let all = cloud.world.store.all(prefix).await.unwrap().entries;
        let resources = all
            .iter()
            .filter_map(|it| plane::resource(it, &cloud.world.keyring));
        resources
            .filter(|it| matches!(it, Resource::Volume(_)))
            .count()
            == 2
    })
    .await;
    let image = cloud
        .ec2
        .create_image(&cloud.call(), asked(&instance))
        .await;
    let image = image.unwrap().image_id.unwrap();
    let shown = cloud.image_of(&image).await;
    assert_eq!(shown.state.as_deref(), Some("pending"));
    assert_eq!(shown.source_instance_id.as_ref(), Some(&instance));
    assert_eq!(shown.block_device_mappings.unwrap().len(), 3);
    let told = cloud.told_of(&instance).await.unwrap();
    assert_eq!((told.boot, told.restore), (2, false));
    let snapshots = cloud.told_snapshots().await;
    let roots: Vec<_> = snapshots
        .iter()
        .filter(|it| it.volume == instance)
        .collect();
    assert_eq!((snapshots.len(), roots.len()), (3, 1));
    let set = snapshots[0].set.clone().unwrap();
    assert_eq!((set.members, set.before_boot), (3, Some(2)));
    assert!(snapshots.iter().all(|it| it.set.as_ref() == Some(&set)));
    // Nobody launches what is not there, or copies it.
    let launch = RunInstancesRequest {
        image_id: Some(image.clone()),
        ..cloud.asked()
    };
    let early = cloud.ec2.run_instances(&cloud.call(), launch.clone()).await;
    refuses(early, "InvalidAMIID.Unavailable");
    let copy = CopyImageRequest {
        source_image_id: Some(image.clone()),
        source_region: Some(REGION.to_owned()),
        name: Some("copy".to_owned()),
        ..Default::default()
    };
    refuses(
        cloud.ec2.copy_image(&cloud.call(), copy).await,
        "InvalidAMIID.Unavailable",
    );
    for (number, told) in snapshots.iter().enumerate() {
        assert_eq!(
            cloud.image_of(&image).await.state.as_deref(),
            Some("pending")
        );
        cloud.sends(&told.id, &format!("{number}")).await;
    }
    cloud.settles(&image, "available").await;

    // Another is made of that: no second before it came.
    let made = id(&cloud
        .ec2
        .run_instances(&cloud.call(), launch)
        .await
        .unwrap());
    let told = cloud.placed(&made).await;
    assert!(told.restore);
    let at = place(&made);
    let (host, source) = cloud.ec2.volume_source(&at).await.unwrap();
    assert_eq!(
        (host.as_str(), source.id.as_str()),
        ("i-a1", roots[0].id.as_str())
    );
    // Deleted, it is there until the disk is.
    let deregister = DeregisterImageRequest {
        image_id: Some(image.clone()),
        ..Default::default()
    };
    let delete = DeleteSnapshotRequest {
        snapshot_id: Some(source.id.clone()),
        ..Default::default()
    };
    let in_use = cloud
        .ec2
        .delete_snapshot(&cloud.call(), delete.clone())
        .await;
    refuses(in_use, "InvalidSnapshot.InUse");
    cloud
        .ec2
        .deregister_image(&cloud.call(), deregister)
        .await
        .unwrap();
    cloud
        .ec2
        .delete_snapshot(&cloud.call(), delete)
        .await
        .unwrap();
    let sum = &source.pages[0];
    cloud.ec2.source_bytes(&source, sum).await.unwrap();
    cloud.says(&told, Reported::Running).await;
    cloud.becomes(&made, "running").await;
    assert!(matches!(
        cloud.ec2.volume_source(&at).await,
        Err(NotTaken::Gone)
    ));
}

#[tokio::test]
async fn an_image_fails_with_one_of_its_snapshots() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let instance = cloud.runs(cloud.asked()).await;
    let image = cloud
        .ec2
        .create_image(&cloud.call(), asked(&instance))
        .await;
    let image = image.unwrap().image_id.unwrap();
    let [told] = cloud.told_snapshots().await.try_into().unwrap();
    cloud
        .ec2
        .snapshot_failed(&place(&told.id), "the disk is broken")
        .await
        .unwrap();
    cloud.settles(&image, "failed").await;
    let why = cloud
        .image_of(&image)
        .await
        .state_reason
        .unwrap()
        .message
        .unwrap();
    assert!(why.contains("the disk is broken"), "{why}");
}

/// Copies of an image and of a snapshot that are asked for at once count each other.
#[tokio::test]
async fn an_account_has_so_many_copies_under_way_whatever_they_are_of() {
    let mut cloud = Cloud::new(&["i-a1"]).await;
    let (_, image) = cloud.golden().await;
    let (id, root) = (image.image_id.clone().unwrap(), snapshot_in(&image));
    // Nobody works, so none gets done.
    cloud.running = None;
    tokio::time::sleep(Duration::ZERO).await;
    let west = call_of(ACCOUNT, WEST);
    let of_snapshot = || CopySnapshotRequest {
        source_snapshot_id: Some(root.clone()),
        source_region: Some(REGION.to_owned()),
        ..Default::default()
    };
    for _ in 0..19 {
        let made = cloud.ec2.copy_snapshot(&west, of_snapshot()).await;
        made.unwrap();
    }
    let of_image = CopyImageRequest {
        source_image_id: Some(id),
        source_region: Some(REGION.to_owned()),
        name: Some("far".to_owned()),
        ..Default::default()
    };
    let (one, other) = tokio::join!(
        cloud.ec2.copy_image(&west, of_image),
        cloud.ec2.copy_snapshot(&west, of_snapshot()),
    );
    assert_ne!(one.is_ok(), other.is_ok(), "{one:?} {other:?}");
}

#[tokio::test]
async fn copies_bring_copies_and_others_need_the_snapshots_too() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let (_, image) = cloud.golden().await;
    let (id, root) = (image.image_id.clone().unwrap(), snapshot_in(&image));
    let copy = |token: &str, name: &str| CopyImageRequest {
        source_image_id: Some(id.clone()),
        source_region: Some(REGION.to_owned()),
        name: Some(name.to_owned()),
        client_token: Some(token.to_owned()),
        ..Default::default()
    };
    let west = call_of(ACCOUNT, WEST);
    let made = cloud
        .ec2
        .copy_image(&west, copy("one", "far"))
        .await
        .unwrap();
    let again = cloud
        .ec2
        .copy_image(&west, copy("one", "far"))
        .await
        .unwrap();
    assert_eq!(made, again);
    refuses(
        cloud.ec2.copy_image(&west, copy("one", "other")).await,
        "IdempotentParameterMismatch",
    );
    refuses(
        cloud.ec2.copy_image(&west, copy("two", "far")).await,
        "InvalidAMIName.Duplicate",
    );
    let far = || async {
        let asked = DescribeImagesRequest {
            image_ids: Some(vec![made.image_id.clone().unwrap()]),
            ..Default::default()
        };
        let shown = cloud
            .ec2
            .describe_images(&call_of(ACCOUNT, WEST), asked)
            .await;
        shown.unwrap().images.unwrap().remove(0)
    };
    until("the copy is available", || async {
        far().await.state.as_deref() == Some("available")
    })
    .await;
    assert_ne!(snapshot_in(&far().await), root);

    let other = call_of(OTHER, REGION);
    refuses(
        cloud.ec2.copy_image(&other, copy("a", "mine")).await,
        "InvalidAMIID.NotFound",
    );
    let permission = LaunchPermission {
        user_id: Some(OTHER.to_owned()),
        ..Default::default()
    };
    let share = ModifyImageAttributeRequest {
        image_id: Some(id.clone()),
        launch_permission: Some(LaunchPermissionModifications {
            add: Some(vec![permission]),
            remove: None,
        }),
        ..Default::default()
    };
    cloud
        .ec2
        .modify_image_attribute(&cloud.call(), share)
        .await
        .unwrap();
    refuses(
        cloud.ec2.copy_image(&other, copy("a", "mine")).await,
        "InvalidRequest",
    );
    let share = ModifySnapshotAttributeRequest {
        snapshot_id: Some(root.clone()),
        attribute: Some("createVolumePermission".to_owned()),
        operation_type: Some("add".to_owned()),
        user_ids: Some(vec![OTHER.to_owned()]),
        ..Default::default()
    };
    cloud
        .ec2
        .modify_snapshot_attribute(&cloud.call(), share)
        .await
        .unwrap();
    cloud
        .ec2
        .copy_image(&other, copy("a", "mine"))
        .await
        .unwrap();
    // As data it is nothing, and no other image has it as its root.
    let volume = CreateVolumeRequest {
        availability_zone: Some("us-east-1a".to_owned()),
        snapshot_id: Some(root.clone()),
        ..Default::default()
    };
    refuses(
        cloud.ec2.create_volume(&cloud.call(), volume).await,
        "UnsupportedOperation",
    );
    let launch = RunInstancesRequest {
        block_device_mappings: Some(vec![BlockDeviceMapping {
            device_name: Some("/dev/xvda".to_owned()),
            ebs: Some(EbsBlockDevice {
                snapshot_id: Some(root),
                ..Default::default()
            }),
            ..Default::default()
        }]),
        ..cloud.asked()
    };
    refuses(
        cloud.ec2.run_instances(&cloud.call(), launch).await,
        "InvalidBlockDeviceMapping",
    );
}

#[tokio::test]
async fn what_is_no_snapshot_of_an_instance() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let (instance, _) = cloud.golden().await;
    let set = |specification: InstanceSpecification| CreateSnapshotsRequest {
        instance_specification: Some(specification),
        ..Default::default()
    };
    let of = |id: &str| InstanceSpecification {
        instance_id: Some(id.to_owned()),
        ..Default::default()
    };
    for (bad, code) in [
        (set(of("i-0123456789abcdef0")), "InvalidInstanceID.NotFound"),
        (set(InstanceSpecification::default()), "MissingParameter"),
        (
            set(InstanceSpecification {
                exclude_boot_volume: Some(true),
                ..of(&instance)
            }),
            "InvalidParameterCombination",
        ),
        (
            set(InstanceSpecification {
                exclude_data_volume_ids: Some(vec!["vol-1".to_owned()]),
                ..of(&instance)
            }),
            "InvalidParameterValue",
        ),
        (
            CreateSnapshotsRequest {
                copy_tags_from_source: Some("instance".to_owned()),
                ..set(of(&instance))
            },
            "InvalidParameterValue",
        ),
    ] {
        let made = cloud.ec2.create_snapshots(&cloud.call(), bad.clone()).await;
        assert_eq!(made.unwrap_err().code, code, "{bad:?}");
    }
    // An image from a snapshot of a root needs no location, and takes none.
    let call = cloud.call();
    let made = cloud
        .taking(1, cloud.ec2.create_snapshots(&call, set(of(&instance))))
        .await;
    let root = made
        .unwrap()
        .snapshots
        .unwrap()
        .remove(0)
        .snapshot_id
        .unwrap();
    cloud.sends(&root, "root").await;
    let register = RegisterImageRequest {
        name: Some("registered".to_owned()),
        block_device_mappings: Some(vec![BlockDeviceMapping {
            device_name: Some("/dev/xvda".to_owned()),
            ebs: Some(EbsBlockDevice {
                snapshot_id: Some(root),
                ..Default::default()
            }),
            ..Default::default()
        }]),
        ..Default::default()
    };
    for (bad, code) in [
        (
            RegisterImageRequest {
                image_location: Some("x".to_owned()),
                ..register.clone()
            },
            "InvalidParameterCombination",
        ),
        (
            RegisterImageRequest {
                architecture: Some("arm64".to_owned()),
                ..register.clone()
            },
            "InvalidParameterValue",
        ),
        // It is no disk of a virtual machine.
        (
            RegisterImageRequest {
                boot_mode: Some("legacy-bios".to_owned()),
                ..register.clone()
            },
            "InvalidParameterCombination",
        ),
    ] {
        let made = cloud.ec2.register_image(&cloud.call(), bad.clone()).await;
        assert_eq!(made.unwrap_err().code, code, "{bad:?}");
    }
    cloud
        .ec2
        .register_image(&cloud.call(), register)
        .await
        .unwrap();
}
