//! What becomes of volumes by what hosts say of them, and when hosts say nothing any more.

use wharf_api_ec2::{Ec2, types::*};
use wharf_records::Scope;
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
