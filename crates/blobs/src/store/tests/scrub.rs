//! What a disk lost is found before somebody asks for it.

use std::{
    collections::BTreeSet,
    time::{SystemTime, UNIX_EPOCH},
};

use super::*;
use crate::{Scrubbed, Scrubber, sealed};

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

fn at(day: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(20_000 * 24 * 3600 + day * 24 * 3600)
}

/// A whole pass, or what is left of it: the bytes read, and what was found.
async fn finish(scrubber: &mut Scrubber) -> (u64, BTreeSet<Digest>) {
    let (mut bytes, mut damaged) = (0, BTreeSet::new());
    loop {
        match scrubber.step().await.unwrap() {
            Scrubbed::Bytes(read) => bytes += read,
            Scrubbed::Damaged(digest) => assert!(damaged.insert(digest)),
            Scrubbed::Ended => return (bytes, damaged),
        }
    }
}

async fn stored(home: &Home, sizes: &[usize]) -> Vec<Digest> {
    let mut digests = Vec::new();
    for size in sizes {
        let (info, _) = home.blobs.put(random(*size)).await.unwrap();
        digests.push(info.digest);
    }
    digests
}

#[tokio::test]
async fn every_byte_is_read_once_a_pass_and_passes_come_as_often_as_asked() {
    let home = Home::new();
    let sizes = [0, 1, 65_536, 9_000_000, 20_000_000];
    stored(&home, &sizes).await;
    let mut scrubber = Scrubber::new(home.blobs.clone());
    assert_eq!(finish(&mut scrubber).await.0, 0);
    assert!(scrubber.begin(at(0), WEEK).unwrap());
    let all = sizes.iter().sum::<usize>() as u64;
    assert_eq!(finish(&mut scrubber).await, (all, BTreeSet::new()));
    // Also for one that comes after it.
    for mut scrubber in [scrubber, Scrubber::new(home.blobs.clone())] {
        assert!(!scrubber.begin(at(6), WEEK).unwrap());
    }
    let mut scrubber = Scrubber::new(home.blobs.clone());
    assert!(scrubber.begin(at(7), WEEK).unwrap());
    assert_eq!(finish(&mut scrubber).await.0, all);
}

#[tokio::test]
async fn what_the_disk_changed_is_found_and_counts_as_missing() {
    let home = Home::new();
    let digests = stored(&home, &[200_000; 8]).await;
    let (header, middle, end, cut) = (digests[1], digests[3], digests[4], digests[6]);
    flip(&home.file(&header), 600);
    flip(&home.file(&middle), sealed::HEADER + 100_000);
    let length = fs::metadata(home.file(&end)).unwrap().len();
    flip(&home.file(&end), length - 1);
    fs::write(home.file(&cut), b"cut").unwrap();
    let mut scrubber = Scrubber::new(home.blobs.clone());
    scrubber.begin(at(0), WEEK).unwrap();
    let lost = BTreeSet::from([header, middle, end, cut]);
    assert_eq!(finish(&mut scrubber).await.1, lost);
    let known = home.blobs.damaged(10).unwrap();
    assert_eq!(known, lost.iter().copied().collect::<Vec<_>>());
    // Whoever has it shall send it.
    for digest in &lost {
        assert_eq!(home.blobs.find(digest).await.unwrap(), None);
    }
    // It is told once, and again when it passed meanwhile.
    scrubber.begin(at(7), WEEK).unwrap();
    assert_eq!(finish(&mut scrubber).await.1, BTreeSet::new());
    flip(&home.file(&middle), sealed::HEADER + 100_000);
    scrubber.begin(at(14), WEEK).unwrap();
    assert_eq!(finish(&mut scrubber).await.1, BTreeSet::new());
    assert!(home.blobs.find(&middle).await.unwrap().is_some());
    assert_eq!(home.blobs.damaged(10).unwrap().len(), 3);
}

#[tokio::test]
async fn a_pass_that_was_cut_short_goes_on() {
    let home = Home::new();
    let digests = stored(&home, &[1000; 400]).await;
    let mut scrubber = Scrubber::new(home.blobs.clone());
    scrubber.begin(at(0), WEEK).unwrap();
    for _ in 0..300 {
        assert_eq!(scrubber.step().await.unwrap(), Scrubbed::Bytes(1000));
    }
    // Damage behind what was read.
    let last = *digests.iter().max().unwrap();
    flip(&home.file(&last), 600);
    drop(scrubber);
    let home = home.reopen();
    let mut scrubber = Scrubber::new(home.blobs.clone());
    assert!(scrubber.begin(at(1), WEEK).unwrap());
    let (bytes, damaged) = finish(&mut scrubber).await;
    // At most one of the 256 folders is read twice.
    assert!((99_000..130_000).contains(&bytes), "{bytes}");
    assert_eq!(damaged, BTreeSet::from([last]));
    // A file that says nothing is as none.
    fs::write(home.dir.path().join("scrub"), "7 9 x\n").unwrap();
    let mut scrubber = Scrubber::new(home.blobs.clone());
    scrubber.begin(at(1), WEEK).unwrap();
    assert_eq!(finish(&mut scrubber).await, (399_000, BTreeSet::new()));
}

#[tokio::test]
async fn a_keyring_without_the_key_damages_nothing() {
    let home = Home::new();
    stored(&home, &[1000]).await;
    let Home { dir, blobs, .. } = home;
    drop(blobs);
    let blobs = Blobs::open(dir.path(), Keyring::in_memory(), Limits::default()).unwrap();
    let mut scrubber = Scrubber::new(blobs.clone());
    scrubber.begin(at(0), WEEK).unwrap();
    assert!(scrubber.step().await.is_err());
    assert_eq!(blobs.damaged(10).unwrap(), []);
}
