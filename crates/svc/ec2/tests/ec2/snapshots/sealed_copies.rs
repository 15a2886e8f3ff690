//! Copies under keys of their own: what they have opens by these alone, and EC2 may open nothing once they are there.

use wharf_api_kms::{CreateKeyRequest, DisableKeyRequest, Kms, ListGrantsRequest};
use wharf_datakeys::grants::UNFINISHED;
use wharf_planeproto::snapshot::SourceKey;
use wharf_sectors::{Cipher, SECTOR, open_written, resealed};
use wharf_svc_ec2::snapshots::State;
use wharf_wire::Call;

use super::{copies::call_of, *};

const WEST: &str = "us-west-2";
const HOST_IN_WEST: &str = "i-0123456789abcdef1";

struct Key {
    arn: String,
    region: &'static str,
}

impl It {
    async fn key(&self, region: &'static str) -> Key {
        let input = CreateKeyRequest::default();
        let made = self.kms.create_key(&call_of(ACCOUNT, region), input).await;
        let arn = made.unwrap().key_metadata.unwrap().arn.unwrap();
        Key { arn, region }
    }

    async fn grants(&self, key: &Key) -> usize {
        let input = ListGrantsRequest {
            key_id: Some(key.arn.clone()),
            ..Default::default()
        };
        let call = call_of(ACCOUNT, key.region);
        let listed = self.kms.list_grants(&call, input).await.unwrap();
        listed.grants.unwrap_or_default().len()
    }

    /// That there are so many: each attachment has one, which stays.
    async fn has_grants(&self, key: &Key, count: usize) {
        until("all other grants are given back", || async {
            self.grants(key).await == count
        })
        .await;
    }

    /// What it was granted is given back.
    async fn let_go(&self, copy: &Place) {
        until("its grants are given back", || async {
            self.record(copy).await.unwrap().resealing().is_none()
        })
        .await;
    }

    async fn disable(&self, key: &Key) {
        let input = DisableKeyRequest {
            key_id: Some(key.arn.clone()),
        };
        let call = call_of(ACCOUNT, key.region);
        self.kms.disable_key(&call, input).await.unwrap();
    }

    /// A volume of the region, attached, and what its bytes are sealed by.
    async fn attached(&self, region: &str, input: CreateVolumeRequest) -> (Place, Vec<u8>) {
        let host = match region == REGION {
            true => HOST,
            false => HOST_IN_WEST,
        };
        let host_record = PlaneHost {
            id: host.to_owned(),
            account: ACCOUNT.to_owned(),
            region: region.to_owned(),
            underlay: None,
            zone: format!("{region}a"),
            balancers: false,
            unknown: Unknown::new(),
        };
        let txn = Txn::new().put(PlaneHost::key(host), encode(&host_record));
        self.world.store.txn(&PERMIT, txn).await.unwrap();
        let mut cx = call_of_service("ecs.amazonaws.com").context().clone();
        cx.region = region.to_owned();
        let ecs = Call::by_controller(cx, PERMIT);
        let input = CreateVolumeRequest {
            availability_zone: Some(format!("{region}a")),
            ..input
        };
        let made = self.ec2.create_volume(&ecs, input).await.unwrap();
        let id = made.volume_id.unwrap();
        let input = AttachVolumeRequest {
            volume_id: Some(id.clone()),
            instance_id: Some(host.to_owned()),
            ..Default::default()
        };
        self.ec2.attach_volume(&ecs, input).await.unwrap();
        let at = Place {
            account: ACCOUNT.to_owned(),
            region: region.to_owned(),
            id,
        };
        let (_, volume) = self.ec2.sealed_volume(&at).await.unwrap();
        let keys = self.ec2.keys_of_volume(&at, &volume).await.unwrap();
        assert!(matches!(keys.source, SourceKey::Same));
        (at, keys.own.to_vec())
    }

    /// A snapshot of a volume under a key, of chunks that are sealed as its host would.
    async fn sealed(&self, key: &Key, words: &[&str]) -> Place {
        let input = CreateVolumeRequest {
            size: Some(1),
            encrypted: Some(true),
            kms_key_id: Some(key.arn.clone()),
            ..Default::default()
        };
        let (volume, own) = self.attached(REGION, input).await;
        let reports = vec![self.report_of(&volume.id).await];
        self.ec2.volumes_reported(HOST, reports).await.unwrap();
        let cipher = Cipher::new(&own).unwrap();
        let at = self.snapshot(&volume.id).await;
        let mut entries = Vec::new();
        for (number, word) in (0..).zip(words) {
            let mut bytes = short(word);
            resealed(None, &cipher, u64::from(number) * CHUNK, &mut bytes);
            let sum = self.send(&at, bytes).await.unwrap();
            entries.push(Entry { at: number, sum });
        }
        let pages = vec![hex_of(&self.send(&at, page(&entries)).await.unwrap())];
        let (complete, now) = (Complete { pages }, self.clock.now());
        self.ec2
            .snapshot_complete(&at, &complete, now)
            .await
            .unwrap();
        at
    }

    async fn copy_under(&self, of: &Place, key: &Key) -> Result<Place, Fault> {
        let input = CopySnapshotRequest {
            source_region: Some(of.region.clone()),
            source_snapshot_id: Some(of.id.clone()),
            encrypted: Some(true),
            kms_key_id: Some(key.arn.clone()),
            ..Default::default()
        };
        let call = call_of(ACCOUNT, key.region);
        let made = self.ec2.copy_snapshot(&call, input).await?;
        Ok(Place {
            account: ACCOUNT.to_owned(),
            region: key.region.to_owned(),
            id: made.snapshot_id.unwrap(),
        })
    }

    /// That a volume of the snapshot has these words, under the key.
    async fn opens(&self, at: &Place, key: &Key, words: &[&str]) {
        let record = self.record(at).await.unwrap();
        let encryption = record.encryption.as_ref().unwrap();
        assert_eq!((&encryption.key, &encryption.source), (&key.arn, &None));
        assert!(record.origin.as_ref().unwrap().resealing.is_none());
        let input = CreateVolumeRequest {
            snapshot_id: Some(at.id.clone()),
            ..Default::default()
        };
        let (_, own) = self.attached(&at.region, input).await;
        let cipher = Cipher::new(&own).unwrap();
        let mut found = Vec::new();
        for page in &record.pages {
            let page = self.ec2.source_bytes(&record, page).await.unwrap();
            for entry in planes::entries(&page).unwrap() {
                let sum = hex_of(&entry.sum);
                let mut bytes = self.ec2.source_bytes(&record, &sum).await.unwrap();
                let first = u64::from(entry.at) * CHUNK / SECTOR as u64;
                open_written(&cipher, first, &mut bytes);
                found.push(bytes);
            }
        }
        let wanted: Vec<_> = words.iter().map(|it| short(it)).collect();
        assert!(found == wanted, "{} chunks", found.len());
    }
}

/// Two sectors, of which one was never written.
fn short(word: &str) -> Vec<u8> {
    let mut bytes = word.as_bytes().to_vec();
    bytes.resize(2 * SECTOR, 0);
    bytes
}

#[tokio::test]
async fn a_copy_is_sealed_anew_under_another_key_and_in_another_region() {
    let it = It::new().await;
    let (one, other, west) = (
        it.key(REGION).await,
        it.key(REGION).await,
        it.key(WEST).await,
    );
    let words = ["a", "b", "c"];
    let source = it.sealed(&one, &words).await;
    let near = it.copy_under(&source, &other).await.unwrap();
    let far = it.copy_under(&source, &west).await.unwrap();
    for (copy, key) in [(&near, &other), (&far, &west)] {
        it.completed(copy).await;
        it.let_go(copy).await;
        it.has_grants(key, 0).await;
        let shown = it.described(copy).await;
        assert_eq!(
            (shown.encrypted, shown.kms_key_id.as_ref()),
            (Some(true), Some(&key.arn))
        );
        assert_eq!(it.owned(copy).await, (4, 4));
    }
    // Neither needs the source, nor its key.
    it.delete(&source).await;
    it.disable(&one).await;
    it.opens(&near, &other, &words).await;
    it.opens(&far, &west, &words).await;
    // Back again, from the other region.
    let back = it.copy_under(&far, &other).await.unwrap();
    it.completed(&back).await;
    it.let_go(&back).await;
    it.opens(&back, &other, &words).await;
}

#[tokio::test]
async fn what_is_in_the_clear_is_sealed_where_that_is_asked_for_or_the_default() {
    let it = It::new().await;
    let key = it.key(REGION).await;
    let clear = it.snapshot(&it.volume().await).await;
    let mut entries = Vec::new();
    for (at, word) in (0..).zip(["a", "b"]) {
        let sum = it.send(&clear, short(word)).await.unwrap();
        entries.push(Entry { at, sum });
    }
    let pages = vec![hex_of(&it.send(&clear, page(&entries)).await.unwrap())];
    let whole = Complete { pages };
    let done = it.ec2.snapshot_complete(&clear, &whole, it.clock.now());
    done.await.unwrap();
    let copy = it.copy_under(&clear, &key).await.unwrap();
    it.completed(&copy).await;
    it.has_grants(&key, 0).await;
    it.let_go(&copy).await;
    it.opens(&copy, &key, &["a", "b"]).await;

    let on = EnableEbsEncryptionByDefaultRequest::default();
    it.ec2
        .enable_ebs_encryption_by_default(&call(), on)
        .await
        .unwrap();
    let plain = it.copy(&clear, ACCOUNT, REGION).await.unwrap();
    assert_eq!(it.described(&plain).await.encrypted, Some(true));
    // Under its own key nothing is made anew.
    let alike = it.copy(&copy, ACCOUNT, REGION).await.unwrap();
    let record = it.record(&alike).await.unwrap();
    assert_eq!(record.encryption.unwrap().key, key.arn);
    it.completed(&alike).await;
    assert_eq!(
        it.record(&alike).await.unwrap().pages,
        it.record(&copy).await.unwrap().pages
    );
}

#[tokio::test]
async fn a_copy_goes_on_where_it_was_and_keeps_no_list_that_it_does_not_need() {
    let mut it = It::new().await;
    let (one, other) = (it.key(REGION).await, it.key(REGION).await);
    let words: Vec<String> = (0..330).map(|it| format!("chunk {it}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let source = it.sealed(&one, &words).await;
    let copy = it.copy_under(&source, &other).await.unwrap();
    until("it is under way", || async {
        it.record(&copy).await.unwrap().progress > 0
    })
    .await;
    it.ec2.restart();
    it.completed(&copy).await;
    it.let_go(&copy).await;
    assert_eq!(it.owned(&copy).await, (331, 331));
    it.opens(&copy, &other, &words).await;
    // One that is deleted while it is under way leaves neither bytes nor grants.
    let grants = it.grants(&other).await;
    let begun = it.copy_under(&source, &other).await.unwrap();
    it.delete(&begun).await;
    it.gone(&begun).await;
    assert_eq!(it.owned(&begun).await, (0, 0));
    it.has_grants(&other, grants).await;
}

#[tokio::test]
async fn a_copy_whose_key_is_not_to_be_had_fails_and_leaves_nothing() {
    let it = It::new().await;
    let (one, other) = (it.key(REGION).await, it.key(REGION).await);
    let source = it.sealed(&one, &["a"]).await;
    let copy = it.copy_under(&source, &other).await.unwrap();
    it.completed(&copy).await;
    it.let_go(&copy).await;
    // The same once more, of which the grant is gone.
    let again = Place {
        id: "snap-0123456789abcdef0".to_owned(),
        ..copy.clone()
    };
    let mut record = serde_json::to_value(it.record(&copy).await.unwrap()).unwrap();
    record["origin"]["resealing"] = serde_json::json!({"grant": "none", "pages": []});
    let mut record: Snapshot = serde_json::from_value(record).unwrap();
    record.id.clone_from(&again.id);
    (record.state, record.progress) = (State::Pending, 0);
    let txn = Txn::new().put(key(&again), encode(&record));
    it.world.store.txn(&PERMIT, txn).await.unwrap();
    until("it fails", || async {
        let record = it.record(&again).await.unwrap();
        record.state == State::Error && record.let_go && record.resealing().is_none()
    })
    .await;
    let shown = it.described(&again).await;
    assert_eq!(
        shown.state_message.as_deref(),
        Some("Given key ID is not accessible")
    );
    assert_eq!(it.owned(&again).await, (0, 0));

    // What is known before is refused at once.
    it.disable(&other).await;
    let refused = it.copy_under(&source, &other).await.unwrap_err();
    assert_eq!(refused.code, "InvalidKmsKey.InvalidState");
    let third = it.key(REGION).await;
    it.disable(&one).await;
    let refused = it.copy_under(&source, &third).await.unwrap_err();
    assert_eq!(refused.code, "InvalidKmsKey.InvalidState");
    let west = it.key(WEST).await;
    let refused = it.copy_under(&source, &west).await.unwrap_err();
    assert_eq!(refused.code, "InvalidKmsKey.InvalidState");
    it.has_grants(&third, 0).await;
    it.has_grants(&west, 0).await;
}

#[tokio::test]
async fn an_image_is_copied_with_its_volumes_under_a_key() {
    let it = It::new().await;
    it.ec2.images_from(Arc::new(crate::images::Registry));
    let (one, west) = (it.key(REGION).await, it.key(WEST).await);
    let source = it.sealed(&one, &["a"]).await;
    let location = "000000000000.dkr.ecr.us-east-1.amazonaws.com/app:v1";
    let input = RegisterImageRequest {
        name: Some("golden".to_owned()),
        image_location: Some(location.to_owned()),
        block_device_mappings: Some(vec![BlockDeviceMapping {
            device_name: Some("/dev/xvdf".to_owned()),
            ebs: Some(EbsBlockDevice {
                snapshot_id: Some(source.id.clone()),
                ..Default::default()
            }),
            ..Default::default()
        }]),
        ..Default::default()
    };
    let image = it
        .ec2
        .register_image(&call(), input)
        .await
        .unwrap()
        .image_id;
    let copy = |encrypted, key: Option<&Key>| CopyImageRequest {
        name: Some("copy".to_owned()),
        source_image_id: image.clone(),
        source_region: Some(REGION.to_owned()),
        encrypted,
        kms_key_id: key.map(|it| it.arn.clone()),
        client_token: Some("once".to_owned()),
        ..Default::default()
    };
    let there = call_of(ACCOUNT, WEST);
    let refused = it.ec2.copy_image(&there, copy(None, Some(&west))).await;
    assert_eq!(refused.unwrap_err().code, "InvalidParameterDependency");
    let wanted = copy(Some(true), Some(&west));
    let made = it.ec2.copy_image(&there, wanted.clone()).await.unwrap();
    // Once more it is the same, and nothing is granted for that.
    let again = it.ec2.copy_image(&there, wanted).await.unwrap();
    assert_eq!(made, again);
    let shown = || async {
        let input = DescribeImagesRequest {
            image_ids: Some(vec![made.image_id.clone().unwrap()]),
            ..Default::default()
        };
        let found = it.ec2.describe_images(&there, input).await.unwrap();
        found.images.unwrap().remove(0)
    };
    until("the copy is available", || async {
        shown().await.state.as_deref() == Some("available")
    })
    .await;
    let mapping = shown().await.block_device_mappings.unwrap().remove(0);
    let at = Place {
        account: ACCOUNT.to_owned(),
        region: WEST.to_owned(),
        id: mapping.ebs.unwrap().snapshot_id.unwrap(),
    };
    it.let_go(&at).await;
    it.has_grants(&one, 1).await;
    it.has_grants(&west, 0).await;
    it.opens(&at, &west, &["a"]).await;

    // Where the key is not to be had, nothing is made or granted.
    it.disable(&west).await;
    let refused = CopyImageRequest {
        name: Some("another".to_owned()),
        client_token: None,
        ..copy(Some(true), Some(&west))
    };
    let refused = it.ec2.copy_image(&there, refused).await;
    assert_eq!(refused.unwrap_err().code, "InvalidKmsKey.InvalidState");
    it.has_grants(&one, 1).await;
}

/// Whoever copies it is killed between the grants and the copy.
#[tokio::test]
async fn of_a_copy_that_never_came_to_be_no_grant_is_left() {
    let mut it = It::new().await;
    let (one, west) = (it.key(REGION).await, it.key(WEST).await);
    let source = it.sealed(&one, &["a"]).await;
    it.has_grants(&one, 1).await;
    let input = CopySnapshotRequest {
        source_region: Some(source.region.clone()),
        source_snapshot_id: Some(source.id.clone()),
        encrypted: Some(true),
        kms_key_id: Some(west.arn.clone()),
        ..Default::default()
    };
    it.cut.cut(true);
    let ec2 = Ec2Service::clone(&it.ec2);
    let copying = tokio::spawn(async move {
        let there = call_of(ACCOUNT, WEST);
        ec2.copy_snapshot(&there, input).await
    });
    // That for the source comes first.
    it.has_grants(&one, 2).await;
    copying.abort();
    assert!(copying.await.is_err());
    it.cut.cut(false);
    it.clock.advance(UNFINISHED);
    it.ec2.restart();
    it.has_grants(&one, 1).await;

    let copy = it.copy_under(&source, &west).await.unwrap();
    it.completed(&copy).await;
    it.let_go(&copy).await;
    it.has_grants(&one, 1).await;
    it.has_grants(&west, 0).await;
    until("no grant is on its way", || async {
        !it.world.stored("/w1/").await.contains("pending-grant")
    })
    .await;
}
