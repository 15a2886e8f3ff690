//! What volumes and snapshots are billed for, as their records say it to Cost Explorer.

use std::collections::{BTreeMap, BTreeSet};

use wharf_api_ec2::{Ec2, types::*};
use wharf_billing::{Stored, Stretch, VolumeType};
use wharf_planeproto::volume::{VolumeReport, VolumeState};
use wharf_records::{Record as _, Scope, decode};
use wharf_store::EventKind;
use wharf_svc_ec2::{snapshots::Place, volumes::Volume};
use wharf_testkit::{ACCOUNT, REGION, call, until};

use crate::snapshots::{HOST, It};

fn key(id: &str) -> String {
    Scope::new("ec2", ACCOUNT, REGION).key(Volume::KIND, id)
}

impl It {
    /// Every stretch of a volume, in the order in which its records had them, each as it was last written; and whether the
    /// record is gone.
    async fn stretches(&self, id: &str) -> (Vec<Stretch>, bool) {
        let mut watch = self.world.store.watch_all(vec![key(id)], 1);
        let mut found: BTreeMap<u64, Stretch> = BTreeMap::new();
        let mut is_gone = false;
        for event in watch.next().await.unwrap().events {
            is_gone = event.kind == EventKind::Delete;
            if !is_gone {
                let volume: Volume = decode(&event.entry.value).unwrap();
                let last = volume.metered.expect("it is metered");
                found.insert(last.number, last);
            }
        }
        (found.into_values().collect(), is_gone)
    }

    async fn delete_volume_of(&self, id: &str) {
        let input = DeleteVolumeRequest {
            volume_id: Some(id.to_owned()),
            ..Default::default()
        };
        self.ec2.delete_volume(&call(), input).await.unwrap();
    }
}

fn gp2(gib: u32) -> Stored {
    Stored::Volume {
        kind: VolumeType::Gp2,
        gib,
        iops: 100,
        throughput: 0,
    }
}

#[tokio::test]
async fn a_volume_is_billed_from_its_creation_over_its_sizes_to_its_deletion() {
    let it = It::new().await;
    let input = CreateVolumeRequest {
        availability_zone: Some("us-east-1a".to_owned()),
        size: Some(1),
        ..Default::default()
    };
    let made = it.ec2.create_volume(&call(), input).await.unwrap();
    let id = made.volume_id.unwrap();
    let change = |size, kind: &str| ModifyVolumeRequest {
        volume_id: Some(id.clone()),
        size: Some(size),
        volume_type: Some(kind.to_owned()),
        ..Default::default()
    };
    it.ec2
        .modify_volume(&call(), change(4, "gp3"))
        .await
        .unwrap();
    it.delete_volume_of(&id).await;
    let (stretches, is_gone) = it.stretches(&id).await;
    assert!(is_gone);
    let of: Vec<(u64, &Stored)> = stretches.iter().map(|it| (it.number, &it.of)).collect();
    let gp3 = Stored::Volume {
        kind: VolumeType::Gp3,
        gib: 4,
        iops: 3_000,
        throughput: 125,
    };
    assert_eq!(of, [(1, &gp2(1)), (2, &gp3)]);
    assert_eq!(stretches[0].until, None);
    assert!(stretches[1].until.is_some());
    assert_eq!(Some(stretches[0].since), made.create_time);
}

#[tokio::test]
async fn a_volume_whose_bytes_cannot_be_had_costs_nothing() {
    let it = It::new().await;
    let id = it.volume().await;
    let (told, sound) = it.report_of(&id).await;
    let failed = VolumeReport {
        state: VolumeState::Failed,
        reason: Some("no room".to_owned()),
        ..sound.clone()
    };
    for report in [failed.clone(), failed, sound.clone(), sound] {
        let reports = vec![(told.clone(), report)];
        it.ec2.volumes_reported(HOST, reports).await.unwrap();
    }
    let (stretches, _) = it.stretches(&id).await;
    let ends: Vec<(u64, bool)> = stretches
        .iter()
        .map(|it| (it.number, it.until.is_some()))
        .collect();
    assert_eq!(ends, [(1, true), (2, false)]);
}

impl It {
    /// How many chunks count for a snapshot, and how many its bill says.
    async fn held(&self, at: &Place) -> (u64, u64) {
        let record = self.record(at).await.unwrap();
        let Some(Stretch {
            of: Stored::Snapshot { kib },
            until: None,
            ..
        }) = record.metered
        else {
            panic!("it is not billed: {:?}", record.metered);
        };
        (record.held.unwrap().chunks, kib >> 10)
    }

    async fn deleted(&self, at: &Place) {
        self.delete(at).await;
        self.gone(at).await;
    }
}

#[tokio::test]
async fn what_snapshots_share_counts_for_the_oldest_that_is_left() {
    let it = It::new().await;
    let volume = it.volume().await;
    let mut all = Vec::new();
    for words in [["a", "b", "c"], ["b", "c", "d"], ["c", "d", "e"]] {
        let at = it.snapshot(&volume).await;
        it.complete(&at, &words).await;
        all.push(at);
    }
    assert_eq!(it.held(&all[0]).await, (3, 3));
    assert_eq!(it.held(&all[1]).await, (1, 1));
    assert_eq!(it.held(&all[2]).await, (1, 1));
    it.deleted(&all[0]).await;
    assert_eq!(it.held(&all[1]).await, (3, 3));
    assert_eq!(it.held(&all[2]).await, (1, 1));
    it.deleted(&all[1]).await;
    assert_eq!(it.held(&all[2]).await, (3, 3));
}

/// Whatever is deleted in which order, each chunk that is there counts once, for the first that has it.
#[tokio::test]
async fn each_chunk_counts_once() {
    const WORDS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut it = It::new().await;
    let volume = it.volume().await;
    let mut there: Vec<(Place, BTreeSet<&str>)> = Vec::new();
    // A generator that any seed would do for.
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    for turn in 0..14 {
        match next(3) {
            0 if there.len() > 1 => {
                let (at, _) = there.remove(next(there.len()));
                it.deleted(&at).await;
            }
            _ => {
                let words: BTreeSet<&str> = (0..4).map(|_| WORDS[next(8)]).collect();
                let at = it.snapshot(&volume).await;
                let list: Vec<&str> = words.iter().copied().collect();
                it.complete(&at, &list).await;
                there.push((at, words));
            }
        }
        if turn == 7 {
            it.ec2.restart();
        }
        let mut known = BTreeSet::new();
        for (at, words) in &there {
            let own = words.iter().filter(|it| known.insert(**it)).count() as u64;
            assert_eq!(it.held(at).await, (own, own), "turn {turn}");
        }
    }
}

#[tokio::test]
async fn a_snapshot_of_a_version_that_did_not_count_is_counted() {
    let it = It::new().await;
    let volume = it.volume().await;
    let at = it.snapshot(&volume).await;
    it.complete(&at, &["a", "b"]).await;
    let mut record = it.record(&at).await.unwrap();
    (record.held, record.metered) = (None, None);
    it.write(&at, &record).await;
    until("it is counted", || async {
        it.record(&at)
            .await
            .is_some_and(|it| it.held.is_some() && it.metered.is_some())
    })
    .await;
    assert_eq!(it.held(&at).await, (2, 2));
}
