//! What becomes of volumes by what hosts say of them, and when hosts say nothing any more.

use wharf_api_ec2::{Ec2, types::*};
use wharf_planeproto::volume::{VolumeReport, VolumeState};
use wharf_records::{Scope, decode, encode};
use wharf_store::Txn;
use wharf_testkit::{ACCOUNT, PERMIT, REGION, call, call_of_service, until};

use crate::snapshots::{HOST, It};

async fn shown(it: &It, id: &str) -> Volume {
    let input = DescribeVolumesRequest {
        volume_ids: Some(vec![id.to_owned()]),
        ..Default::default()
    };
    let shown = it.ec2.describe_volumes(&call(), input).await.unwrap();
    shown.volumes.unwrap().remove(0)
}

#[tokio::test]
async fn a_volume_that_was_not_made_is_let_go_with_its_host() {
    let it = It::new().await;
    let id = it.fresh_volume().await;
    // Nothing came of this host.
    it.attach(&id, "i-0fffffffffffffff0").await;
    assert_eq!(shown(&it, &id).await.state.as_deref(), Some("in-use"));
    let input = DetachVolumeRequest {
        volume_id: Some(id.clone()),
        ..Default::default()
    };
    let ecs = call_of_service("ecs.amazonaws.com");
    it.ec2.detach_volume(&ecs, input).await.unwrap();
    until("it is available", || async {
        shown(&it, &id).await.state.as_deref() == Some("available")
    })
    .await;
    it.attach(&id, HOST).await;
}

#[tokio::test]
async fn a_report_that_fails_keeps_none_behind_it_back() {
    let it = It::new().await;
    let mut reports = Vec::new();
    for _ in 0..3 {
        let id = it.fresh_volume().await;
        it.attach(&id, HOST).await;
        reports.push(it.report_of(&id).await);
    }
    let damaged = Scope::new("ec2", ACCOUNT, REGION).key("volume", &reports[0].1.id);
    let sound = it.world.store.get(&damaged).await.unwrap().unwrap().value;
    let put = async |value: Vec<u8>| {
        let txn = Txn::new().put(damaged.clone(), value);
        it.world.store.txn(&PERMIT, txn).await.unwrap();
    };
    put(b"damaged".to_vec()).await;
    let handed_in = it.ec2.volumes_reported(HOST, reports.clone()).await;
    assert!(handed_in.is_err());
    put(sound.to_vec()).await;
    let attached = |state: &str, it: &Volume| {
        let attachments = it.attachments.as_ref().unwrap();
        assert_eq!(attachments[0].state.as_deref(), Some(state));
    };
    attached("attaching", &shown(&it, &reports[0].1.id).await);
    for (_, report) in &reports[1..] {
        attached("attached", &shown(&it, &report.id).await);
    }
    // Again, it counts.
    let id = reports[0].1.id.clone();
    let handed_in = it.ec2.volumes_reported(HOST, reports).await;
    handed_in.unwrap();
    attached("attached", &shown(&it, &id).await);
}

#[tokio::test]
async fn an_account_has_so_many_volumes_on_a_host_and_no_more() {
    let it = It::new().await;
    let id = it.fresh_volume().await;
    it.attach(&id, HOST).await;
    let scope = Scope::new("ec2", ACCOUNT, REGION);
    let stored = it.world.store.get(&scope.key("volume", &id)).await;
    let record: wharf_svc_ec2::volumes::Volume = decode(&stored.unwrap().unwrap().value).unwrap();
    let mut txn = Txn::new();
    for number in 1..512 {
        let mut other = record.clone();
        other.id = format!("vol-{number:017x}");
        other.token_id = None;
        txn = txn.put(scope.key("volume", &other.id), encode(&other));
        if number % 50 == 0 || number == 511 {
            let txn = std::mem::take(&mut txn);
            it.world.store.txn(&PERMIT, txn).await.unwrap();
        }
    }
    let one_more = it.fresh_volume().await;
    let attach = |volume: &str, host: &str| AttachVolumeRequest {
        volume_id: Some(volume.to_owned()),
        instance_id: Some(host.to_owned()),
        ..Default::default()
    };
    let ecs = call_of_service("ecs.amazonaws.com");
    let refused = it.ec2.attach_volume(&ecs, attach(&one_more, HOST)).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, "VolumeLimitExceeded");
    let text = format!("You have exceeded your maximum number of volumes on the host {HOST}: 512.");
    assert_eq!(refused.message, text);
    // One that is there already stays, and another host has room.
    it.attach(&id, HOST).await;
    it.attach(&one_more, "i-0fffffffffffffff0").await;
}

#[tokio::test]
async fn a_host_without_room_says_so_to_who_attaches() {
    let it = It::new().await;
    let id = it.fresh_volume().await;
    it.attach(&id, HOST).await;
    let (told, report) = it.report_of(&id).await;
    let why = "the disk of the volume's host is full";
    let full = VolumeReport {
        state: VolumeState::Failed,
        reason: Some(format!("InsufficientVolumeCapacity: {why}")),
        ..report
    };
    it.ec2
        .volumes_reported(HOST, vec![(told, full)])
        .await
        .unwrap();
    assert_eq!(shown(&it, &id).await.state.as_deref(), Some("error"));
    let input = AttachVolumeRequest {
        volume_id: Some(id.clone()),
        instance_id: Some(HOST.to_owned()),
        ..Default::default()
    };
    let ecs = call_of_service("ecs.amazonaws.com");
    let refused = it.ec2.attach_volume(&ecs, input).await.unwrap_err();
    assert_eq!(refused.code, "InsufficientVolumeCapacity");
    let begins = "There is not enough capacity to fulfill your EBS volume provision request.";
    assert!(refused.message.starts_with(begins), "{}", refused.message);
    assert!(
        refused.message.ends_with(&format!("{why}.")),
        "{}",
        refused.message
    );
}
