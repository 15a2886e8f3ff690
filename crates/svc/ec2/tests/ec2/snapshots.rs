//! Snapshots between a host, which is played here, and blobs.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_api_ec2::{Ec2, types::*};
use wharf_base::{SystemClock, Timestamp};
use wharf_blobs::{Blobs, Digest, Limits};
use wharf_planeproto::{
    Resource,
    snapshot::{CHUNK, Complete, Entry, Offer, page, sum_of},
    volume::{VolumeReport, VolumeState},
};
use wharf_store::Range;
use wharf_svc_ec2::{
    snapshots::{NotTaken, Place},
    volumes::ToldVolume,
};
use wharf_wanted::Wants;

use crate::world::{World, of_account, refusal, service, told, user, world};

const HOST: &str = "i-1";
const ACCOUNT: &str = "000000000000";

struct It {
    world: World,
    _folder: tempfile::TempDir,
}

fn it() -> It {
    let (world, folder) = (world(), tempfile::tempdir().unwrap());
    let blobs = Blobs::open(folder.path(), world.keyring.clone(), Limits::default()).unwrap();
    world.ec2.bytes_among(Wants {
        store: world.store.clone(),
        blobs,
        clock: Arc::new(SystemClock),
        unused_life: Duration::from_secs(3600),
    });
    It {
        world,
        _folder: folder,
    }
}

fn at(id: &str) -> Place {
    Place {
        account: ACCOUNT.to_owned(),
        region: "us-east-1".to_owned(),
        id: id.to_owned(),
    }
}

fn chunk(byte: u8) -> (String, Vec<u8>) {
    let bytes = vec![byte; CHUNK as usize];
    (Digest::of(&bytes).hex(), bytes)
}

fn offer(sums: &[&String]) -> Offer {
    Offer {
        progress: 10,
        sums: sums.iter().map(|it| (*it).clone()).collect(),
    }
}

fn list(all: &[(u32, &String)]) -> (String, Vec<u8>) {
    let entry = |(at, sum): &(u32, &String)| Entry {
        at: *at,
        sum: sum_of(sum).unwrap(),
    };
    let bytes = page(&all.iter().map(entry).collect::<Vec<_>>());
    (Digest::of(&bytes).hex(), bytes)
}

impl It {
    async fn create_volume(&self, snapshot: Option<&str>) -> Result<String, wharf_wire::Fault> {
        let input = CreateVolumeRequest {
            availability_zone: Some("us-east-1a".to_owned()),
            size: snapshot.is_none().then_some(1),
            snapshot_id: snapshot.map(str::to_owned),
            ..Default::default()
        };
        let made = self.world.ec2.create_volume(&service(), input).await?;
        Ok(made.volume_id.unwrap())
    }

    async fn attach(&self, id: &str) {
        let input = AttachVolumeRequest {
            volume_id: Some(id.to_owned()),
            instance_id: Some(HOST.to_owned()),
            ..Default::default()
        };
        self.world
            .ec2
            .attach_volume(&service(), input)
            .await
            .unwrap();
    }

    /// The host has made it.
    async fn made(&self, id: &str) {
        let all = told(&self.world).await;
        let of_it = |it: Resource| match it {
            Resource::Volume(it) if it.id == id => Some(ToldVolume::of(&it)),
            _ => None,
        };
        let report = VolumeReport {
            id: id.to_owned(),
            state: VolumeState::Ready,
            reason: None,
            bytes: 1 << 30,
            mounted: false,
        };
        let told = all.into_iter().find_map(of_it).unwrap();
        let reported = self.world.ec2.volumes_reported(HOST, vec![(told, report)]);
        reported.await.unwrap();
    }

    async fn volume(&self) -> String {
        let id = self.create_volume(None).await.unwrap();
        self.attach(&id).await;
        self.made(&id).await;
        id
    }

    /// A snapshot whose host has taken it.
    async fn snapshot(&self, volume: &str) -> String {
        let input = CreateSnapshotRequest {
            volume_id: Some(volume.to_owned()),
            ..Default::default()
        };
        let user = user();
        let create = self.world.ec2.create_snapshot(&user, input);
        let host = async {
            loop {
                let all = told(&self.world).await;
                let pending = all.into_iter().find_map(|it| match it {
                    Resource::Snapshot(it) if it.volume == volume => Some(it),
                    _ => None,
                });
                if let Some(it) = pending {
                    assert_eq!(it.host, HOST);
                    let taken = self.world.ec2.snapshot_offered(&at(&it.id), &offer(&[]));
                    taken.await.unwrap();
                    return it.id;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let (made, told) = tokio::join!(create, host);
        let made = made.unwrap();
        assert_eq!(made.snapshot_id.as_ref(), Some(&told));
        assert_eq!(made.state.as_deref(), Some("pending"));
        told
    }

    async fn put(&self, id: &str, (sum, bytes): &(String, Vec<u8>)) {
        let sent = self
            .world
            .ec2
            .snapshot_bytes(&at(id), sum, bytes.clone().into());
        sent.await.unwrap();
    }

    async fn complete(&self, id: &str, page: &str) -> Result<(), NotTaken> {
        let complete = Complete {
            pages: vec![page.to_owned()],
        };
        let ec2 = &self.world.ec2;
        ec2.snapshot_complete(&at(id), &complete, Timestamp(7))
            .await
    }

    async fn shown(&self, id: &str) -> Snapshot {
        let input = DescribeSnapshotsRequest {
            snapshot_ids: Some(vec![id.to_owned()]),
            ..Default::default()
        };
        let shown = self.world.ec2.describe_snapshots(&user(), input).await;
        shown.unwrap().snapshots.unwrap().remove(0)
    }

    async fn delete(&self, id: &str) {
        let input = DeleteSnapshotRequest {
            snapshot_id: Some(id.to_owned()),
            ..Default::default()
        };
        self.world
            .ec2
            .delete_snapshot(&user(), input)
            .await
            .unwrap();
    }

    async fn owners(&self) -> usize {
        let all = Range::prefix(wharf_wanted::all_owners());
        self.world.store.all(all).await.unwrap().entries.len()
    }
}

#[tokio::test]
async fn a_snapshot_is_nothing_before_all_of_it_is_there() {
    let it = it();
    let volume = it.volume().await;
    let id = it.snapshot(&volume).await;
    let (one, two) = (chunk(1), chunk(2));
    let ec2 = &it.world.ec2;
    let missing = ec2.snapshot_offered(&at(&id), &offer(&[&one.0, &two.0]));
    assert_eq!(missing.await.unwrap().sums, [one.0.clone(), two.0.clone()]);
    it.put(&id, &one).await;
    let pages = list(&[(0, &one.0), (5, &two.0)]);
    it.put(&id, &pages).await;
    assert!(matches!(
        it.complete(&id, &pages.0).await,
        Err(NotTaken::Missing)
    ));
    assert_eq!(
        refusal(it.create_volume(Some(&id)).await),
        "IncorrectState: Snapshot is in invalid state - pending"
    );
    it.put(&id, &two).await;
    it.complete(&id, &pages.0).await.unwrap();
    let shown = it.shown(&id).await;
    assert_eq!(shown.state.as_deref(), Some("completed"));
    assert_eq!(shown.full_snapshot_size_in_bytes, Some(2 << 20));
    // It is over: nothing more is taken.
    assert!(matches!(
        it.complete(&id, &pages.0).await,
        Err(NotTaken::Gone)
    ));

    // What is named wrongly, or beyond the volume, is refused.
    let next = it.snapshot(&volume).await;
    let wrong = ec2.snapshot_bytes(&at(&next), &one.0, two.1.clone().into());
    assert!(matches!(wrong.await, Err(NotTaken::Malformed(_))));
    // The account has it already.
    let missing = ec2.snapshot_offered(&at(&next), &offer(&[&one.0]));
    assert!(missing.await.unwrap().sums.is_empty());
    let beyond = list(&[(1024, &one.0)]);
    it.put(&next, &beyond).await;
    let refused = it.complete(&next, &beyond.0).await;
    assert!(
        matches!(refused, Err(NotTaken::Malformed(_))),
        "{refused:?}"
    );
    ec2.snapshot_failed(&at(&next), "no room").await.unwrap();
    let shown = it.shown(&next).await;
    assert_eq!(
        (shown.state.as_deref(), shown.state_message.as_deref()),
        (Some("error"), Some("no room"))
    );
}

#[tokio::test]
async fn bytes_stay_for_volumes_that_are_to_be_made_of_them() {
    let it = it();
    let volume = it.volume().await;
    let id = it.snapshot(&volume).await;
    let one = chunk(1);
    it.put(&id, &one).await;
    let pages = list(&[(3, &one.0)]);
    it.put(&id, &pages).await;
    it.complete(&id, &pages.0).await.unwrap();

    let copy = it.create_volume(Some(&id)).await.unwrap();
    it.delete(&id).await;
    assert!(it.create_volume(Some(&id)).await.is_err());
    it.attach(&copy).await;
    let ec2 = it.world.ec2.clone();
    let (host, source) = ec2.volume_source(&at(&copy)).await.unwrap();
    assert_eq!(
        (host.as_str(), &source.pages),
        (HOST, &vec![pages.0.clone()])
    );
    assert_eq!(ec2.source_bytes(&source, &one.0).await.unwrap(), one.1);
    // A chunk of nobody's is none of the snapshot's.
    let other = ec2.source_bytes(&source, &chunk(9).0).await;
    assert!(matches!(other, Err(NotTaken::Missing)));
    assert_eq!(it.owners().await, 2);

    // Another, whose host is no host any more: it fails, and all of it goes.
    let second = it.snapshot(&volume).await;
    it.put(&second, &chunk(2)).await;
    assert_eq!(it.owners().await, 3);
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (ec2, stop) = (ec2.clone(), stop.clone());
        async move { ec2.run(stop).await }
    });
    let gone = async {
        while it.owners().await != 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone)
        .await
        .unwrap();
    assert_eq!(it.shown(&second).await.state.as_deref(), Some("error"));
    it.delete(&second).await;
    it.made(&copy).await;
    assert!(matches!(
        ec2.volume_source(&at(&copy)).await,
        Err(NotTaken::Gone)
    ));
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn others_have_nothing_of_it() {
    let it = it();
    let volume = it.volume().await;
    let id = it.snapshot(&volume).await;
    let one = chunk(1);
    it.put(&id, &one).await;
    let other = of_account("000000000001");
    let seen = it
        .world
        .ec2
        .describe_snapshots(&other, Default::default())
        .await;
    assert_eq!(seen.unwrap().snapshots, Some(vec![]));
    let input = CreateSnapshotRequest {
        volume_id: Some(volume),
        ..Default::default()
    };
    let refused = it.world.ec2.create_snapshot(&other, input).await;
    assert!(refusal(refused).starts_with("InvalidVolume.NotFound"));
}
