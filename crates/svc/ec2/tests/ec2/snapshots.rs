//! Snapshots of volumes, on a host that this test plays.

mod copies;
mod sealed_copies;

use std::{sync::Arc, time::Duration};

use sha2::{Digest as _, Sha256};
use tokio::join;
use wharf_api_ec2::{Ec2, types::*};
use wharf_base::{Clock as _, SystemClock, TestClock};
use wharf_blobs::{Blobs, Digest, Limits};
use wharf_planeproto::{
    Resource,
    snapshot::{self as planes, CHUNK, Complete, Entry, Offer, hex_of, page},
    volume::{VolumeReport, VolumeState},
};
use wharf_reconcile::Takeover;
use wharf_records::{Record as _, Scope, Unknown, decode, encode, hosts::PlaneHost};
use wharf_store::{Range, Txn};
use wharf_svc_ec2::{
    Ec2Service,
    instances::Parts,
    plane,
    snapshots::{NotTaken, Place, Snapshot},
    volumes::ToldVolume,
};
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_testkit::{
    ACCOUNT, CutOff, PERMIT, REGION, Running, World, call, call_of_service, until,
};
use wharf_wanted::{MARKER, Wants};
use wharf_wire::Fault;

pub const HOST: &str = "i-0123456789abcdef0";

/// EC2 with its reconciler, and what the host is told.
pub struct It {
    pub world: World,
    pub ec2: Running<Ec2Service>,
    /// As its owner calls it, past the gate; EC2 goes through it.
    pub kms: KmsService,
    /// How EC2 comes to it.
    pub cut: Arc<CutOff>,
    pub clock: Arc<TestClock>,
    _folder: tempfile::TempDir,
}

impl It {
    pub async fn new() -> Self {
        let world = World::in_memory();
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::at(SystemClock.now()));
        let blobs = Blobs::open(folder.path(), world.keyring.clone(), Limits::default()).unwrap();
        let wants = Wants {
            store: world.store.clone(),
            blobs,
            clock: clock.clone(),
            unused_life: Duration::from_secs(3600),
        };
        let host = PlaneHost {
            id: HOST.to_owned(),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            underlay: None,
            zone: "us-east-1a".to_owned(),
            balancers: false,
            unknown: Unknown::new(),
        };
        let txn = Txn::new().put(PlaneHost::key(HOST), encode(&host));
        world.store.txn(&PERMIT, txn).await.unwrap();
        let (store, keyring, time) = (world.store.clone(), world.keyring.clone(), clock.clone());
        let kms = KmsService::new(KmsParts {
            store: store.clone(),
            keyring: keyring.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let keys = wharf_api_kms::Client::new(Arc::new(kms.clone()), world.dispatcher.clone());
        let cut = CutOff::new(Arc::new(keys));
        let keys = cut.clone();
        let ec2 = Running::start(move || {
            let mut parts = Parts::new(store.clone());
            parts.clock = time.clone();
            let ec2 = Ec2Service::new(store.clone(), keyring.clone()).keeping(parts);
            ec2.bytes_among(wants.clone());
            ec2.keys_from(keys.clone());
            let running = ec2.clone();
            (ec2, move |stop| async move { running.run(stop).await })
        });
        Self {
            world,
            ec2,
            kms,
            cut,
            clock,
            _folder: folder,
        }
    }

    pub async fn told(&self) -> Vec<Resource> {
        let all = self.world.store.all(Range::prefix(plane::prefix())).await;
        let entries = all.unwrap().entries;
        let told = entries
            .iter()
            .filter_map(|it| plane::resource(it, &self.world.keyring));
        told.collect()
    }

    /// What the host is told of snapshots.
    async fn told_snapshots(&self) -> Vec<planes::Snapshot> {
        let told = self.told().await.into_iter();
        let snapshots = told.filter_map(|it| match it {
            Resource::Snapshot(it) => Some(it),
            _ => None,
        });
        snapshots.collect()
    }

    /// What of the volume need not be sent, by what the host is told.
    async fn base(&self, at: &Place) -> Option<String> {
        let mut told = self.told_snapshots().await.into_iter();
        told.find(|it| it.id == at.id).unwrap().base
    }

    /// One of a GiB that no host has.
    pub async fn fresh_volume(&self) -> String {
        let input = CreateVolumeRequest {
            availability_zone: Some("us-east-1a".to_owned()),
            size: Some(1),
            ..Default::default()
        };
        let ecs = call_of_service("ecs.amazonaws.com");
        let made = self.ec2.create_volume(&ecs, input).await.unwrap();
        made.volume_id.unwrap()
    }

    /// One that the host has made.
    pub async fn volume(&self) -> String {
        let id = self.fresh_volume().await;
        self.attach(&id, HOST).await;
        let reports = vec![self.report_of(&id).await];
        self.ec2.volumes_reported(HOST, reports).await.unwrap();
        id
    }

    pub async fn attach(&self, volume: &str, host: &str) {
        let input = AttachVolumeRequest {
            volume_id: Some(volume.to_owned()),
            instance_id: Some(host.to_owned()),
            ..Default::default()
        };
        let ecs = call_of_service("ecs.amazonaws.com");
        self.ec2.attach_volume(&ecs, input).await.unwrap();
    }

    /// That it was told of the volume, and has made it.
    pub async fn report_of(&self, id: &str) -> (ToldVolume, VolumeReport) {
        let told = self.told().await.into_iter().find_map(|it| match it {
            Resource::Volume(it) if it.id == id => Some(ToldVolume::of(&it)),
            _ => None,
        });
        let report = VolumeReport {
            id: id.to_owned(),
            state: VolumeState::Ready,
            reason: None,
            bytes: 1 << 30,
            mounted: false,
            placed: false,
            attached: true,
        };
        (told.unwrap(), report)
    }

    /// One that the host has taken.
    pub async fn snapshot(&self, volume: &str) -> Place {
        let input = CreateSnapshotRequest {
            volume_id: Some(volume.to_owned()),
            ..Default::default()
        };
        let before = self.told_snapshots().await;
        let (call, taken) = (call(), async {
            let fresh = || async {
                let told = self.told_snapshots().await.into_iter();
                told.map(|it| place(&it.id))
                    .find(|it| !before.iter().any(|old| old.id == it.id))
            };
            until("the host is told of it", || async {
                fresh().await.is_some()
            })
            .await;
            let at = fresh().await.unwrap();
            let nothing = Offer::default();
            self.ec2.snapshot_offered(&at, &nothing).await.unwrap();
        });
        let (made, ()) = join!(self.ec2.create_snapshot(&call, input), taken);
        place(&made.unwrap().snapshot_id.unwrap())
    }

    async fn send(&self, at: &Place, bytes: Vec<u8>) -> Result<planes::Sum, NotTaken> {
        let sum: planes::Sum = Sha256::digest(&bytes).into();
        let name = hex_of(&sum);
        let sent = self.ec2.snapshot_bytes(at, &name, bytes.into()).await;
        sent.map(|()| sum)
    }

    /// Sends chunks that begin with these words, and says that this is all.
    pub async fn complete(&self, at: &Place, words: &[&str]) {
        let mut entries = Vec::new();
        for (number, word) in (0..).zip(words) {
            let sum = self.send(at, chunk(word)).await.unwrap();
            entries.push(Entry { at: number, sum });
        }
        let pages = vec![hex_of(&self.send(at, page(&entries)).await.unwrap())];
        let (complete, now) = (Complete { pages }, self.clock.now());
        let done = self.ec2.snapshot_complete(at, &complete, now).await;
        done.unwrap();
    }

    pub async fn delete(&self, at: &Place) {
        let input = DeleteSnapshotRequest {
            snapshot_id: Some(at.id.clone()),
            ..Default::default()
        };
        self.ec2.delete_snapshot(&call(), input).await.unwrap();
    }

    pub async fn record(&self, at: &Place) -> Option<Snapshot> {
        let entry = self.world.store.get(&key(at)).await.unwrap();
        entry.map(|it| decode(&it.value).unwrap())
    }

    pub async fn write(&self, at: &Place, record: &Snapshot) {
        let txn = Txn::new().put(key(at), encode(record));
        self.world.store.txn(&PERMIT, txn).await.unwrap();
    }

    pub async fn gone(&self, at: &Place) {
        until("nothing is left of the snapshot", || async {
            self.record(at).await.is_none()
        })
        .await;
    }

    /// How many blobs say that it owns them, and how many it finds by its own name.
    async fn owned(&self, at: &Place) -> (usize, usize) {
        let who = who(at);
        let owners = self.keys(wharf_wanted::all_owners()).await;
        let own = owners.iter().filter(|it| it.ends_with(&format!(".{who}")));
        (
            own.count(),
            self.keys(wharf_wanted::owned_by(&who)).await.len(),
        )
    }

    async fn keys(&self, prefix: String) -> Vec<String> {
        let all = self.world.store.all_keys(Range::prefix(prefix)).await;
        all.unwrap().entries.into_iter().map(|it| it.key).collect()
    }

    /// Makes it the owner of a blob as versions did that wrote nothing down by its name.
    async fn own_as_before(&self, at: &Place) {
        let digest = Digest::from_hex(&"ab".repeat(32)).unwrap();
        let owner = wharf_wanted::owner(&digest, &who(at));
        let txn = Txn::new().put(owner, encode(&MARKER));
        self.world.store.txn(&PERMIT, txn).await.unwrap();
    }
}

fn place(id: &str) -> Place {
    Place {
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        id: id.to_owned(),
    }
}

fn key(at: &Place) -> String {
    Scope::new("ec2", &at.account, &at.region).key(Snapshot::KIND, &at.id)
}

/// As which it owns blobs.
fn who(at: &Place) -> String {
    format!("ebs-{}-{}", at.account, at.id)
}

fn chunk(word: &str) -> Vec<u8> {
    let mut bytes = word.as_bytes().to_vec();
    bytes.resize(CHUNK as usize, 0);
    bytes
}

#[tokio::test]
async fn a_deletion_looks_at_nothing_but_what_the_snapshot_owns() {
    let it = It::new().await;
    // Of a volume that no host ever had.
    let input = CreateSnapshotRequest {
        volume_id: Some(it.fresh_volume().await),
        ..Default::default()
    };
    let empty = it.ec2.create_snapshot(&call(), input).await.unwrap();
    let empty = place(&empty.snapshot_id.unwrap());
    it.own_as_before(&empty).await;
    it.delete(&empty).await;
    it.gone(&empty).await;
    assert_eq!(it.owned(&empty).await, (1, 0));

    let volume = it.volume().await;
    let full = it.snapshot(&volume).await;
    it.complete(&full, &["a", "b", "c"]).await;
    assert_eq!(it.owned(&full).await, (4, 4));
    it.own_as_before(&full).await;
    it.delete(&full).await;
    it.gone(&full).await;
    assert_eq!(it.owned(&full).await, (1, 0));
}

#[tokio::test]
async fn a_host_sends_no_more_than_its_volume_can_hold() {
    let mut it = It::new().await;
    let at = it.snapshot(&it.volume().await).await;
    let most = 1024 + planes::MAX_PAGES;
    let mut sums = Vec::new();
    // What a chunk is need not be long.
    for number in 0..most {
        let bytes = number.to_string().into_bytes();
        sums.push(hex_of(&it.send(&at, bytes).await.unwrap()));
    }
    let one_more = || async { it.send(&at, b"one more".to_vec()).await.unwrap_err() };
    let text = "the request makes no sense: a snapshot has no more chunks than its volume";
    assert_eq!(one_more().await.to_string(), text);
    // What it has may be sent again.
    it.send(&at, b"0".to_vec()).await.unwrap();
    assert_eq!(it.owned(&at).await, (most, most));

    // What another snapshot has is offered without bytes, and counts all the same; also after a restart.
    it.ec2.restart();
    let other = it.snapshot(&it.volume().await).await;
    it.send(&other, b"another's".to_vec()).await.unwrap();
    let offer = |sums: Vec<String>| Offer { progress: 1, sums };
    let known = hex_of(&Sha256::digest(b"another's").into());
    let refused = it.ec2.snapshot_offered(&at, &offer(vec![known])).await;
    assert_eq!(refused.unwrap_err().to_string(), text);
    let again = offer(sums[..planes::MAX_OFFER].to_vec());
    let missing = it.ec2.snapshot_offered(&at, &again).await.unwrap();
    assert_eq!(missing.sums, [""; 0]);
}

#[tokio::test]
async fn a_snapshot_without_progress_fails_in_the_end() {
    const HOUR: Duration = Duration::from_secs(3600);
    let mut it = It::new().await;
    let at = it.snapshot(&it.volume().await).await;
    it.send(&at, chunk("a")).await.unwrap();
    it.clock.advance(70 * HOUR);
    let offer = Offer {
        progress: 7,
        sums: Vec::new(),
    };
    it.ec2.snapshot_offered(&at, &offer).await.unwrap();
    it.clock.advance(70 * HOUR);
    it.ec2.snapshot_offered(&at, &offer).await.unwrap();
    assert!(it.record(&at).await.unwrap().is_being_taken());
    it.clock.advance(3 * HOUR);
    // Its next look is a minute away.
    it.ec2.restart();
    until("it is let go", || async { it.owned(&at).await == (0, 0) }).await;
    let reason = it.record(&at).await.unwrap().reason.unwrap();
    let text = format!("its host {HOST} sent nothing of it for 72 hours");
    assert_eq!(reason, text);
}

#[tokio::test]
async fn a_deleted_snapshot_stays_for_one_that_leaves_out_what_it_has() {
    let mut it = It::new().await;
    let volume = it.volume().await;
    let first = it.snapshot(&volume).await;
    assert_eq!(it.base(&first).await, None);
    it.complete(&first, &["a", "b"]).await;
    let of_another = it.snapshot(&it.volume().await).await;
    assert_eq!(it.base(&of_another).await, None);

    let second = it.snapshot(&volume).await;
    assert_eq!(it.base(&second).await.as_ref(), Some(&first.id));
    it.delete(&first).await;
    // It is looked at again.
    it.ec2.restart();
    it.delete(&of_another).await;
    it.gone(&of_another).await;
    // What did not change is there for the offer, which has no bytes.
    let known = [chunk("a"), chunk("b")].map(|it| hex_of(&Sha256::digest(it).into()));
    let offer = Offer {
        progress: 0,
        sums: known.to_vec(),
    };
    let missing = it.ec2.snapshot_offered(&second, &offer).await.unwrap();
    assert_eq!(missing.sums, [""; 0]);
    assert_eq!(it.owned(&first).await, (3, 3));
    it.complete(&second, &["a", "c"]).await;
    it.ec2.restart();
    it.gone(&first).await;
    assert_eq!(it.owned(&first).await, (0, 0));

    // One that users have deleted before is no base.
    it.delete(&second).await;
    let third = it.snapshot(&volume).await;
    assert_eq!(it.base(&third).await, None);
}

#[tokio::test]
async fn what_a_snapshot_of_an_earlier_version_owns_is_let_go() {
    let it = It::new().await;
    let old = it.snapshot(&it.volume().await).await;
    let mut record = it.record(&old).await.unwrap();
    record.indexed = false;
    let txn = Txn::new().put(key(&old), encode(&record));
    it.world.store.txn(&PERMIT, txn).await.unwrap();
    it.complete(&old, &["a", "b"]).await;
    assert_eq!(it.owned(&old).await, (3, 0));
    it.delete(&old).await;
    it.gone(&old).await;
    assert_eq!(it.owned(&old).await, (0, 0));
}

/// A service that does not know what came of its call asks once more, so that nothing it made is left over.
#[tokio::test]
async fn a_volume_is_found_by_its_token_when_its_snapshot_is_gone() {
    let it = It::new().await;
    let from = it.snapshot(&it.volume().await).await;
    it.complete(&from, &["a"]).await;
    let input = CreateVolumeRequest {
        availability_zone: Some("us-east-1a".to_owned()),
        snapshot_id: Some(from.id.clone()),
        client_token: Some("once".to_owned()),
        ..Default::default()
    };
    let ecs = call_of_service("ecs.amazonaws.com");
    let made = it.ec2.create_volume(&ecs, input.clone()).await.unwrap();
    it.delete(&from).await;
    let again = it.ec2.create_volume(&ecs, input.clone()).await.unwrap();
    assert_eq!(again.volume_id, made.volume_id);
    let users = it.ec2.create_volume(&call(), input).await;
    assert_eq!(users.unwrap_err().code, "InvalidSnapshot.NotFound");
}
