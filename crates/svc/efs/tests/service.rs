//! The service in process, over a real store, EC2 and IAM.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_api_efs::{
    CreateAccessPointRequest, CreateFileSystemRequest, CreateMountTargetRequest,
    DeleteFileSystemRequest, DescribeAccessPointsRequest, DescribeFileSystemsRequest, Efs as _,
    PosixUser, PutFileSystemPolicyRequest, Tag, TagResourceRequest,
};
use wharf_base::SystemClock;
use wharf_hosts::Hosts;
use wharf_reconcile::Takeover;
use wharf_service::Place;
use wharf_svc_efs::{
    EfsService, Parts,
    mounts::{Mount, NotMounted},
};
use wharf_testkit::{ACCOUNT, REGION, World, call, refused};

fn service(world: &World) -> EfsService {
    let hosts = Hosts::new(world.store.clone());
    let fed = hosts.clone();
    tokio::spawn(async move { fed.feed(CancellationToken::new()).await });
    EfsService::new(Parts {
        store: world.store.clone(),
        keyring: world.keyring.clone(),
        ec2: world.ec2_client(),
        dispatcher: world.dispatcher.clone(),
        hosts,
        clock: Arc::new(SystemClock),
        takeover: Takeover::Replace,
    })
}

fn text(it: &str) -> Option<String> {
    Some(it.to_owned())
}

async fn made(efs: &EfsService, token: &str) -> String {
    let input = CreateFileSystemRequest {
        creation_token: text(token),
        ..Default::default()
    };
    let made = efs.create_file_system(&call(), input).await.unwrap();
    assert_eq!(made.life_cycle_state.as_deref(), Some("creating"));
    made.file_system_id.unwrap()
}

#[tokio::test]
async fn a_creation_token_makes_one_file_system() {
    let world = World::new();
    let efs = service(&world);
    let id = made(&efs, "one").await;
    let again = CreateFileSystemRequest {
        creation_token: text("one"),
        ..Default::default()
    };
    let again = efs.create_file_system(&call(), again).await.unwrap_err();
    assert_eq!(
        (again.code.as_ref(), again.status),
        ("FileSystemAlreadyExists", 409)
    );
    let delete = DeleteFileSystemRequest {
        file_system_id: Some(id.clone()),
    };
    efs.delete_file_system(&call(), delete).await.unwrap();
    assert_ne!(made(&efs, "one").await, id, "the token is free again");
    let all = DescribeFileSystemsRequest::default();
    let all = efs.describe_file_systems(&call(), all).await.unwrap();
    assert_eq!(all.file_systems.unwrap().len(), 1);
    let stored = world.stored("/").await;
    assert!(!stored.contains("PRIVATE KEY"), "keys are sealed");
}

#[tokio::test]
async fn an_access_point_is_found_again_by_its_token() {
    let world = World::new();
    let efs = service(&world);
    let id = made(&efs, "one").await;
    let input = |uid| CreateAccessPointRequest {
        client_token: text("t"),
        file_system_id: Some(id.clone()),
        posix_user: Some(PosixUser {
            uid: Some(uid),
            gid: Some(7),
            secondary_gids: None,
        }),
        ..Default::default()
    };
    let first = efs.create_access_point(&call(), input(1)).await.unwrap();
    let again = efs.create_access_point(&call(), input(1)).await.unwrap();
    assert_eq!(first.access_point_id, again.access_point_id);
    let other = efs
        .create_access_point(&call(), input(2))
        .await
        .unwrap_err();
    assert_eq!(other.code, "AccessPointAlreadyExists");
    let none = efs
        .create_access_point(&call(), input(-1))
        .await
        .unwrap_err();
    assert_eq!(none.code, "BadRequest");
    let tag = TagResourceRequest {
        resource_id: first.access_point_arn.clone(),
        tags: Some(vec![Tag {
            key: text("Name"),
            value: text("n"),
        }]),
    };
    efs.tag_resource(&call(), tag).await.unwrap();
    let shown = DescribeAccessPointsRequest::default();
    let shown = efs.describe_access_points(&call(), shown).await.unwrap();
    let shown = shown.access_points.unwrap();
    assert_eq!(shown[0].name.as_deref(), Some("n"));
}

#[tokio::test]
async fn a_file_system_goes_with_more_access_points_than_a_transaction_deletes() {
    let world = World::new();
    let efs = service(&world);
    let (id, other) = (made(&efs, "one").await, made(&efs, "two").await);
    let make = async |number: u32, of: &str| {
        let input = CreateAccessPointRequest {
            client_token: Some(format!("t{number}")),
            file_system_id: text(of),
            ..Default::default()
        };
        let made = efs.create_access_point(&call(), input).await;
        made.unwrap().access_point_id
    };
    for number in 0..130 {
        make(number, &id).await;
    }
    let stays = make(130, &other).await;
    let delete = DeleteFileSystemRequest {
        file_system_id: Some(id),
    };
    efs.delete_file_system(&call(), delete).await.unwrap();
    let shown = DescribeAccessPointsRequest::default();
    let shown = efs.describe_access_points(&call(), shown).await.unwrap();
    let shown = shown.access_points.unwrap().into_iter();
    let shown: Vec<_> = shown.map(|it| it.access_point_id).collect();
    assert_eq!(shown, [stays]);
    // Their tokens are free.
    make(7, &other).await;
}

#[tokio::test]
async fn without_a_host_nothing_is_served() {
    let world = World::new();
    let efs = service(&world);
    let id = made(&efs, "one").await;
    let input = CreateMountTargetRequest {
        file_system_id: Some(id.clone()),
        subnet_id: Some(world.network().await.subnet('a')),
        ..Default::default()
    };
    let answer = efs.create_mount_target(&call(), input).await.unwrap_err();
    assert_eq!(answer.code, "UnsupportedAvailabilityZone");
    let mount = Mount {
        file_system: id,
        access_point: None,
        encrypted: false,
        role: None,
        vpc: "vpc-1".to_owned(),
        zone: None,
    };
    let answer = efs.mount(&Place::new(ACCOUNT, REGION), &mount).await;
    assert!(matches!(answer, Err(NotMounted::NoName(_))));
}

#[tokio::test]
async fn one_of_one_zone_has_its_mount_target_there() {
    let world = World::new();
    let efs = service(&world);
    let asked = |zone: &str, mode: Option<&str>| CreateFileSystemRequest {
        creation_token: text(&format!("{zone} {mode:?}")),
        availability_zone_name: text(zone),
        performance_mode: mode.and_then(text),
        ..Default::default()
    };
    let network = world.network().await;
    let asked_one = asked("us-east-1b", None);
    let made = efs.create_file_system(&call(), asked_one).await.unwrap();
    let shown = (made.availability_zone_name, made.availability_zone_id);
    assert_eq!(shown, (text("us-east-1b"), text("use1-az2")));
    for (zone, code) in [
        ('a', "AvailabilityZonesMismatch"),
        // There is no host at all.
        ('b', "UnsupportedAvailabilityZone"),
    ] {
        let input = CreateMountTargetRequest {
            file_system_id: made.file_system_id.clone(),
            subnet_id: Some(network.subnet(zone)),
            ..Default::default()
        };
        let answer = efs.create_mount_target(&call(), input).await;
        assert_eq!(answer.unwrap_err().code, code, "{zone}");
    }
    for (bad, text) in [
        (
            asked("us-east-1z", None),
            "Invalid availability zone: [us-east-1z]",
        ),
        (
            asked("eu-west-1a", None),
            "Invalid availability zone: [eu-west-1a]",
        ),
        (
            asked("us-east-1a", Some("maxIO")),
            "Performance mode maxIO is not supported on One Zone file systems.",
        ),
    ] {
        refused(
            efs.create_file_system(&call(), bad).await,
            "BadRequest",
            text,
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_refused_by_name() {
    let world = World::new();
    let efs = service(&world);
    let input = CreateFileSystemRequest {
        backup: Some(true),
        ..Default::default()
    };
    let answer = efs.create_file_system(&call(), input).await;
    let message = "Automatic backup (Backup) is not supported by this version of wharf.";
    refused(answer, "BadRequest", message);
    let policy = PutFileSystemPolicyRequest {
        file_system_id: Some(made(&efs, "one").await),
        policy: text("{}"),
        ..Default::default()
    };
    let answer = efs.put_file_system_policy(&call(), policy).await;
    assert_eq!(answer.unwrap_err().code, "InvalidPolicyException");
}
