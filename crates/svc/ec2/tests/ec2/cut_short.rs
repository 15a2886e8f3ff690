//! Grants on keys of volumes whose makers were killed, or who was about to give them back: none is left behind.

use wharf_api_ec2::{Ec2, types::*};
use wharf_datakeys::grants::UNFINISHED;
use wharf_svc_ec2::Ec2Service;
use wharf_testkit::{call_of_service, until};

use crate::{
    encryption::{grants, key, made, sealed},
    snapshots::{HOST, It},
};

async fn is_pending(it: &It) -> bool {
    it.world.stored("/w1/").await.contains("pending-grant")
}

/// Another server comes, and none of its grants is on its way any more.
async fn settles(it: &mut It, key: &str, count: usize) {
    it.cut.cut(false);
    it.ec2.restart();
    let it = &*it;
    until("no grant is on its way", || async { !is_pending(it).await }).await;
    assert_eq!(grants(it, key).await, count);
}

/// Whoever attaches it is killed between the grant and the attachment.
#[tokio::test]
async fn of_an_attachment_that_never_came_to_be_no_grant_is_left() {
    let mut it = It::new().await;
    let key = key(&it).await;
    let id = made(&it, sealed(Some(&key))).await.volume_id.unwrap();
    let input = AttachVolumeRequest {
        volume_id: Some(id.clone()),
        instance_id: Some(HOST.to_owned()),
        ..Default::default()
    };
    it.cut.cut(true);
    let ec2 = Ec2Service::clone(&it.ec2);
    let attaching = tokio::spawn(async move {
        let ecs = call_of_service("ecs.amazonaws.com");
        ec2.attach_volume(&ecs, input).await
    });
    until("the grant is made", || async {
        grants(&it, &key).await == 1
    })
    .await;
    attaching.abort();
    assert!(attaching.await.is_err());
    assert!(is_pending(&it).await);
    it.clock.advance(UNFINISHED);
    settles(&mut it, &key, 0).await;

    it.attach(&id, HOST).await;
    assert!(!is_pending(&it).await);
    it.clock.advance(UNFINISHED);
    settles(&mut it, &key, 1).await;
}

/// The server is killed between the end of the attachment and that of its grant.
#[tokio::test]
async fn of_an_attachment_that_is_over_no_grant_is_left() {
    let mut it = It::new().await;
    let key = key(&it).await;
    let id = made(&it, sealed(Some(&key))).await.volume_id.unwrap();
    it.attach(&id, HOST).await;
    let input = DetachVolumeRequest {
        volume_id: Some(id.clone()),
        ..Default::default()
    };
    let ecs = call_of_service("ecs.amazonaws.com");
    it.ec2.detach_volume(&ecs, input).await.unwrap();
    let (told, mut report) = it.report_of(&id).await;
    report.attached = false;
    it.cut.cut(true);
    let ec2 = Ec2Service::clone(&it.ec2);
    let reporting =
        tokio::spawn(async move { ec2.volumes_reported(HOST, vec![(told, report)]).await });
    until("the grant is owed", || is_pending(&it)).await;
    reporting.abort();
    assert!(reporting.await.is_err());
    assert_eq!(grants(&it, &key).await, 1);
    settles(&mut it, &key, 0).await;
}
