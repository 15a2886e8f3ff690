//! Volumes that are attached to instances on another host than the one that has their bytes: hosts that this test plays send
//! them to the control plane, which keeps them until the other has them.

use wharf_planeproto::{
    snapshot::{Complete, Entry, Snapshot as Taken, hex_of, page},
    volume::{Volume as Told, VolumeReport, VolumeState, Wanted},
};
use wharf_svc_ec2::{
    snapshots::{NotTaken, Place},
    volumes::ToldVolume,
};

use super::*;

const CHUNK: usize = wharf_planeproto::snapshot::CHUNK as usize;

/// Two hosts, an instance on each, and a volume that the first has made and had attached.
struct Two {
    cloud: Cloud,
    instances: [String; 2],
    hosts: [String; 2],
    volume: String,
}

impl Two {
    async fn new() -> Self {
        let cloud = Cloud::new(&["i-a1", "i-b1"]).await;
        let (mut instances, mut hosts) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let asked = RunInstancesRequest {
                instance_type: Some("t3.medium".to_owned()),
                ..cloud.asked()
            };
            let made = cloud.ec2.run_instances(&cloud.call(), asked).await;
            let id = super::id(&made.unwrap());
            let told = cloud.placed(&id).await;
            cloud.says(&told, Reported::Running).await;
            instances.push(id);
            hosts.push(told.host);
        }
        let asked = CreateVolumeRequest {
            availability_zone: Some("us-east-1a".to_owned()),
            size: Some(1),
            volume_type: Some("gp3".to_owned()),
            ..Default::default()
        };
        let made = cloud.ec2.create_volume(&cloud.call(), asked).await;
        let all = Self {
            volume: made.unwrap().volume_id.unwrap(),
            instances: instances.try_into().unwrap(),
            hosts: hosts.try_into().unwrap(),
            cloud,
        };
        assert_ne!(all.hosts[0], all.hosts[1]);
        all.attach(0).await.unwrap();
        all.says(0, VolumeState::Ready).await;
        assert_eq!(all.state().await, ("in-use".into(), "attached".into()));
        all.detach().await;
        all.says(0, VolumeState::Ready).await;
        assert_eq!(all.state().await, ("available".into(), String::new()));
        all
    }

    async fn attach(&self, to: usize) -> Result<VolumeAttachment, Fault> {
        let asked = AttachVolumeRequest {
            volume_id: Some(self.volume.clone()),
            instance_id: Some(self.instances[to].clone()),
            device: Some("/dev/xvdf".to_owned()),
            ..Default::default()
        };
        self.cloud
            .ec2
            .attach_volume(&self.cloud.call(), asked)
            .await
    }

    async fn detach(&self) {
        let asked = DetachVolumeRequest {
            volume_id: Some(self.volume.clone()),
            ..Default::default()
        };
        let call = self.cloud.call();
        self.cloud.ec2.detach_volume(&call, asked).await.unwrap();
    }

    /// Of the volume, and of its attachment if it has one.
    async fn state(&self) -> (String, String) {
        let asked = DescribeVolumesRequest {
            volume_ids: Some(vec![self.volume.clone()]),
            ..Default::default()
        };
        let call = self.cloud.call();
        let shown = self.cloud.ec2.describe_volumes(&call, asked).await;
        let shown = shown.unwrap().volumes.unwrap().remove(0);
        let attachment = shown.attachments.unwrap().pop();
        let of_it = attachment.and_then(|it| it.state).unwrap_or_default();
        (shown.state.unwrap(), of_it)
    }

    async fn resources(&self) -> Vec<Resource> {
        let prefix = wharf_store::Range::prefix(plane::prefix());
        let all = self.cloud.world.store.all(prefix).await.unwrap().entries;
        let resources = all
            .iter()
            .filter_map(|it| plane::resource(it, &self.cloud.world.keyring));
        resources.collect()
    }

    /// What a host is told of the volume: never are two told.
    async fn told(&self) -> Option<Told> {
        let all = self.resources().await.into_iter();
        let mut all = all.filter_map(|it| match it {
            Resource::Volume(it) => Some(it),
            _ => None,
        });
        let told = all.next();
        assert_eq!(all.next(), None);
        told
    }

    async fn told_on(&self, host: usize, what: impl Fn(&Told) -> bool) -> Told {
        let host = self.hosts[host].as_str();
        let is_so = |it: &Told| it.host == host && what(it);
        until("a host is told of the volume", || async {
            self.told().await.is_some_and(|it| is_so(&it))
        })
        .await;
        self.told().await.unwrap()
    }

    async fn says(&self, host: usize, state: VolumeState) {
        let told = self.told().await.unwrap();
        assert_eq!(told.host, self.hosts[host]);
        let report = VolumeReport {
            id: told.id.clone(),
            state,
            reason: Some("InsufficientVolumeCapacity: it is full".to_owned()),
            bytes: told.bytes,
            mounted: false,
            attached: told.attached,
            placed: told.device.is_some(),
        };
        let reports = vec![(ToldVolume::of(&told), report)];
        let taken = self.cloud.ec2.volumes_reported(&told.host, reports).await;
        taken.unwrap();
    }

    async fn taken(&self) -> Option<Taken> {
        self.resources().await.into_iter().find_map(|it| match it {
            Resource::Snapshot(it) => Some(it),
            _ => None,
        })
    }

    /// What the first host is to send; it does so.
    async fn sent(&self, word: &str) -> String {
        until("its host is to send it", || async {
            self.taken().await.is_some()
        })
        .await;
        let taken = self.taken().await.unwrap();
        assert_eq!((&taken.host, &taken.volume), (&self.hosts[0], &self.volume));
        let at = place(&taken.id);
        let mut chunk = word.as_bytes().to_vec();
        chunk.resize(CHUNK, 0);
        let sum = self.send(&at, chunk).await;
        let pages = vec![hex_of(&self.send(&at, page(&[Entry { at: 0, sum }])).await)];
        let (complete, now) = (Complete { pages }, self.cloud.clock.now());
        let done = self.cloud.ec2.snapshot_complete(&at, &complete, now).await;
        done.unwrap();
        taken.id
    }

    async fn send(&self, at: &Place, bytes: Vec<u8>) -> [u8; 32] {
        let sum: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(&bytes).into();
        let name = hex_of(&sum);
        let sent = self.cloud.ec2.snapshot_bytes(at, &name, bytes.into());
        sent.await.unwrap();
        sum
    }

    /// How many snapshots users see, and how many blobs are kept for any.
    async fn snapshots(&self) -> (usize, usize) {
        let asked = DescribeSnapshotsRequest::default();
        let call = self.cloud.call();
        let shown = self.cloud.ec2.describe_snapshots(&call, asked).await;
        let prefix = wharf_store::Range::prefix(wharf_wanted::all_owners());
        let owners = self.cloud.world.store.all_keys(prefix).await.unwrap();
        let shown = shown.unwrap().snapshots.unwrap();
        (shown.len(), owners.entries.len())
    }
}

fn place(id: &str) -> Place {
    Place {
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        id: id.to_owned(),
    }
}

#[tokio::test]
async fn a_volume_goes_to_the_host_of_the_instance_that_it_is_attached_to() {
    let mut all = Two::new().await;
    let asked = all.attach(1).await.unwrap();
    assert_eq!(asked.state.as_deref(), Some("attaching"));
    // Where its bytes are nobody has it, and it stays.
    let told = all
        .told_on(0, |it| !it.attached && it.device.is_none())
        .await;
    assert_eq!(
        (told.wanted, told.may_make, told.restore),
        (Wanted::Kept, false, false)
    );
    all.says(0, VolumeState::Ready).await;
    assert_eq!(all.state().await, ("in-use".into(), "attaching".into()));
    let snapshot = all.sent("what was written").await;
    all.cloud.restart();
    // All of it is kept: now it goes there, and only then the other is told.
    all.told_on(0, |it| it.wanted == Wanted::Gone).await;
    let at = place(&all.volume);
    let early = all.cloud.ec2.volume_source(&at).await.unwrap_err();
    assert!(matches!(early, NotTaken::Gone));
    all.says(0, VolumeState::Ready).await;
    all.cloud.restart();
    all.says(0, VolumeState::Gone).await;
    let told = all.told_on(1, |it| it.restore && it.attached).await;
    assert_eq!(told.wanted, Wanted::Kept);
    assert!(!told.may_make && told.device.is_some());
    let (host, source) = all.cloud.ec2.volume_source(&at).await.unwrap();
    assert_eq!((host, source.id), (all.hosts[1].clone(), snapshot.clone()));
    assert_eq!(all.snapshots().await, (0, 2));
    let hidden = DescribeSnapshotsRequest {
        snapshot_ids: Some(vec![snapshot.clone()]),
        ..Default::default()
    };
    let call = all.cloud.call();
    let hidden = all.cloud.ec2.describe_snapshots(&call, hidden).await;
    assert_eq!(hidden.unwrap_err().code, "InvalidSnapshot.NotFound");
    assert_eq!(all.state().await, ("in-use".into(), "attaching".into()));
    all.says(1, VolumeState::Ready).await;
    assert_eq!(all.state().await, ("in-use".into(), "attached".into()));
    until("nothing is kept of it", || async {
        all.snapshots().await == (0, 0)
    })
    .await;
}

#[tokio::test]
async fn one_that_is_detached_on_its_way_is_nobodys() {
    let all = Two::new().await;
    // While it is copied nothing has changed.
    all.attach(1).await.unwrap();
    until("its host is to send it", || async {
        all.taken().await.is_some()
    })
    .await;
    all.detach().await;
    assert_eq!(all.state().await, ("available".into(), String::new()));
    all.told_on(0, |it| it.wanted == Wanted::Kept).await;
    until("nothing is to be sent", || async {
        all.taken().await.is_none()
    })
    .await;
    all.attach(0).await.unwrap();
    all.says(0, VolumeState::Ready).await;
    assert_eq!(all.state().await, ("in-use".into(), "attached".into()));
    all.detach().await;
    all.says(0, VolumeState::Ready).await;
    // Once it leaves, it leaves, and comes to whoever has it attached then: here again the same.
    all.attach(1).await.unwrap();
    all.sent("what was written").await;
    all.told_on(0, |it| it.wanted == Wanted::Gone).await;
    all.detach().await;
    assert_eq!(all.state().await, ("available".into(), String::new()));
    let asked = CreateSnapshotRequest {
        volume_id: Some(all.volume.clone()),
        ..Default::default()
    };
    let refused = all
        .cloud
        .ec2
        .create_snapshot(&all.cloud.call(), asked)
        .await;
    assert_eq!(refused.unwrap_err().code, "IncorrectState");
    all.says(0, VolumeState::Gone).await;
    until("no host has it", || async { all.told().await.is_none() }).await;
    all.attach(0).await.unwrap();
    all.told_on(0, |it| it.restore && it.attached).await;
    all.says(0, VolumeState::Ready).await;
    assert_eq!(all.state().await, ("in-use".into(), "attached".into()));
}

#[tokio::test]
async fn one_that_another_host_cannot_make_can_be_had_elsewhere() {
    let all = Two::new().await;
    all.attach(1).await.unwrap();
    all.sent("what was written").await;
    all.told_on(0, |it| it.wanted == Wanted::Gone).await;
    all.says(0, VolumeState::Gone).await;
    all.told_on(1, |it| it.restore).await;
    all.says(1, VolumeState::Failed).await;
    assert_eq!(all.state().await, ("error".into(), "attaching".into()));
    all.detach().await;
    assert_eq!(all.state().await, ("available".into(), String::new()));
    // What it may have begun goes first.
    all.attach(0).await.unwrap();
    all.told_on(1, |it| it.wanted == Wanted::Gone).await;
    all.says(1, VolumeState::Gone).await;
    all.told_on(0, |it| it.restore && it.attached).await;
    all.says(0, VolumeState::Ready).await;
    assert_eq!(all.state().await, ("in-use".into(), "attached".into()));
}

#[tokio::test]
async fn one_whose_bytes_its_host_cannot_send_stays() {
    let all = Two::new().await;
    all.attach(1).await.unwrap();
    until("its host is to send it", || async {
        all.taken().await.is_some()
    })
    .await;
    let taken = place(&all.taken().await.unwrap().id);
    let failed = all.cloud.ec2.snapshot_failed(&taken, "the disk is full");
    failed.await.unwrap();
    until("it is there as it was", || async {
        all.state().await == ("available".into(), String::new())
    })
    .await;
    all.attach(0).await.unwrap();
    let told = all.told_on(0, |it| it.attached).await;
    assert!(!told.restore && !told.may_make);
}

#[tokio::test]
async fn a_host_that_left_takes_along_only_what_nobody_else_has() {
    for (is_kept, then) in [(false, "error"), (true, "in-use")] {
        let mut all = Two::new().await;
        all.attach(1).await.unwrap();
        if is_kept {
            all.sent("what was written").await;
            all.told_on(0, |it| it.wanted == Wanted::Gone).await;
        }
        let host = PlaneHost::key(&all.hosts[0]);
        let store = all.cloud.world.store.clone();
        let gone = store.txn(&PERMIT, Txn::new().delete(host)).await;
        gone.unwrap();
        all.cloud.restart();
        until("it is seen", || async {
            let told = all.told().await;
            all.state().await.0 == then && told.is_none_or(|it| !is_kept || it.host == all.hosts[1])
        })
        .await;
    }
}
