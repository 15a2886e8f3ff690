//! What a disk lost is found before somebody asks for it.

use std::{
    collections::BTreeSet,
    time::{SystemTime, UNIX_EPOCH},
};

use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};

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
    // Whoever has it shall send it, and nobody gets any of it.
    for digest in &lost {
        assert_eq!(home.blobs.find(digest).await.unwrap(), None);
        assert_eq!(whole(&home.blobs, digest).await, None);
    }
    let told: Vec<Digest> = (home.blobs.lost().await.unwrap().iter())
        .map(|it| it.digest)
        .collect();
    assert_eq!(told, known);
    assert_eq!(home.blobs.list(None, 10).await.unwrap().len(), 4);
    // It is told once, and put back when it passed meanwhile.
    scrubber.begin(at(7), WEEK).unwrap();
    assert_eq!(finish(&mut scrubber).await.1, BTreeSet::new());
    flip(&home.aside(&middle), sealed::HEADER + 100_000);
    scrubber.begin(at(14), WEEK).unwrap();
    assert_eq!(finish(&mut scrubber).await.1, BTreeSet::new());
    assert_eq!(whole(&home.blobs, &middle).await.unwrap().len(), 200_000);
    assert_eq!(home.blobs.damaged(10).unwrap().len(), 3);
    assert_eq!(home.blobs.quarantine().unwrap().0, 3);
}

impl Home {
    fn aside(&self, digest: &Digest) -> std::path::PathBuf {
        let name = format!("{}.sealed", digest.hex());
        self.dir.path().join("quarantine").join(name)
    }

    async fn pass(&self) -> BTreeSet<Digest> {
        let mut scrubber = Scrubber::new(self.blobs.clone());
        assert!(scrubber.begin(SystemTime::now(), Duration::ZERO).unwrap());
        finish(&mut scrubber).await.1
    }
}

#[tokio::test]
async fn what_lies_aside_is_healed_by_a_push_or_forgotten_with_the_blob() {
    let home = Home::new();
    let content = random(200_000);
    let (info, lease) = home.blobs.put(content.clone()).await.unwrap();
    let other = stored(&home, &[1000]).await[0];
    for digest in [info.digest, other] {
        flip(&home.file(&digest), sealed::HEADER + 100);
    }
    // Who holds it keeps it where it is: nobody knows yet what he does with it.
    assert_eq!(home.pass().await.len(), 2);
    assert!(home.file(&info.digest).exists() && home.aside(&other).exists());
    drop(lease);
    assert_eq!(home.pass().await.len(), 0);
    let home = home.reopen();
    assert!(home.aside(&info.digest).exists());
    // So does whoever copies all of them.
    let third = stored(&home, &[500]).await[0];
    flip(&home.file(&third), sealed::HEADER + 100);
    let pause = home.blobs.pause_removal();
    assert_eq!(home.pass().await, BTreeSet::from([third]));
    assert!(home.file(&third).exists());
    drop(pause);
    let hold = home.blobs.try_exclusive(&third).unwrap();
    assert!(hold.remove().await.unwrap());

    drop(home.blobs.put(content.clone()).await.unwrap());
    assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), content);
    assert_eq!(home.blobs.damaged(10).unwrap(), [other]);
    // As a kill leaves it between the new file and the end of the old one.
    fs::write(home.aside(&info.digest), b"old").unwrap();
    let home = home.reopen();
    assert_eq!(home.blobs.damaged(10).unwrap(), [other]);
    assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), content);

    // As a crash of the machine leaves it that took the note.
    fs::remove_file(home.dir.path().join("damaged").join(other.hex())).unwrap();
    let home = home.reopen();
    assert_eq!(home.blobs.damaged(10).unwrap(), [other]);
    let hold = home.blobs.try_exclusive(&other).unwrap();
    assert!(hold.remove().await.unwrap());
    assert_eq!(home.blobs.damaged(10).unwrap(), []);
    assert_eq!(home.blobs.quarantine().unwrap(), (0, 0));
}

#[tokio::test]
async fn so_much_lies_aside_and_no_more() {
    // Each has two thousand bytes and some.
    for (files, bytes, left) in [(2, u64::MAX, 2), (10, 5000, 2), (10, 10, 1)] {
        let home = Home::new().reopen_with(Limits {
            quarantine_files: files,
            quarantine_bytes: bytes,
            ..Limits::default()
        });
        for digest in stored(&home, &[1000; 4]).await {
            flip(&home.file(&digest), sealed::HEADER + 5);
        }
        assert_eq!(home.pass().await.len(), 4);
        let (kept, of_bytes) = home.blobs.quarantine().unwrap();
        assert_eq!(kept, left, "{files} files, {bytes} bytes: {of_bytes}");
        // The others stay where they are, and count as missing as well.
        assert_eq!(home.blobs.list(None, 10).await.unwrap().len(), 4 - left);
        let damaged = home.blobs.damaged(10).unwrap();
        assert_eq!(damaged.len(), 4);
        for digest in damaged {
            assert_eq!(home.blobs.find(&digest).await.unwrap(), None);
        }
    }
}

#[tokio::test]
async fn keys_of_what_lies_aside_follow_the_keyring() {
    let home = Home::new();
    let digest = stored(&home, &[1000]).await[0];
    flip(&home.file(&digest), sealed::HEADER + 100);
    home.pass().await;
    home.keyring.rotate().unwrap();
    assert_eq!(home.blobs.reseal().await.unwrap(), 1);
    flip(&home.aside(&digest), sealed::HEADER + 100);
    home.pass().await;
    assert_eq!(whole(&home.blobs, &digest).await.unwrap().len(), 1000);
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

#[tokio::test]
async fn a_pass_leaves_in_memory_what_was_there_and_nothing_else() {
    let home = Home::new();
    let digest = stored(&home, &[4096]).await[0];
    let file = File::open(home.file(&digest)).unwrap();
    file.sync_all().unwrap();
    let forget = || posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED).unwrap();
    let is_there = || home.blobs.read_at_once(&digest, None).is_some();
    whole(&home.blobs, &digest).await.unwrap();
    let was_there = is_there();
    forget();
    // Some file systems cannot say what they have in memory, or have all of it there.
    if !was_there || is_there() {
        return;
    }
    // At one time or another memory may be short, or the file be in use by the kernel.
    let (mut stayed, mut went) = (false, false);
    for _ in 0..20 {
        whole(&home.blobs, &digest).await.unwrap();
        home.pass().await;
        stayed |= is_there();
        whole(&home.blobs, &digest).await.unwrap();
        forget();
        home.pass().await;
        went |= !is_there();
    }
    assert!(stayed && went, "{stayed} {went}");
}

#[tokio::test]
async fn what_a_disk_gives_again_comes_back_within_minutes() {
    let home = Home::new();
    let digests = stored(&home, &[1000; 3]).await;
    let (aside, held, lost) = (digests[0], digests[1], digests[2]);
    // Who holds it keeps it where it is.
    let lease = home.blobs.lease(&held).await;
    for digest in &digests {
        flip(&home.file(digest), sealed::HEADER + 100);
    }
    let mut scrubber = Scrubber::new(home.blobs.clone());
    assert!(scrubber.begin(at(0), WEEK).unwrap());
    assert_eq!(finish(&mut scrubber).await.1.len(), 3);
    drop(lease);
    let minute = |n: u64| at(0) + Duration::from_secs(60 * n);
    for early in [1, 2, 5] {
        assert!(!scrubber.begin(minute(early), WEEK).unwrap(), "{early}");
    }
    flip(&home.aside(&aside), sealed::HEADER + 100);
    flip(&home.file(&held), sealed::HEADER + 100);
    assert!(scrubber.begin(minute(6), WEEK).unwrap());
    // The one that is still damaged is not told of again.
    assert_eq!(finish(&mut scrubber).await.1, BTreeSet::new());
    for digest in [aside, held] {
        assert!(home.blobs.find(&digest).await.unwrap().is_some());
        assert_eq!(whole(&home.blobs, &digest).await.unwrap().len(), 1000);
    }
    assert_eq!(home.blobs.damaged(10).unwrap(), [lost]);

    flip(&home.aside(&lost), sealed::HEADER + 100);
    assert!(!scrubber.begin(minute(15), WEEK).unwrap());
    assert!(scrubber.begin(minute(16), WEEK).unwrap());
    finish(&mut scrubber).await;
    assert_eq!(home.blobs.damaged(10).unwrap(), []);
    assert!(!scrubber.begin(minute(60), WEEK).unwrap());
}

#[tokio::test]
async fn a_large_one_that_is_read_once_more_is_read_to_its_end() {
    let home = Home::new();
    let digest = stored(&home, &[9_000_000]).await[0];
    // Who holds it keeps it where it is.
    let _lease = home.blobs.lease(&digest).await;
    flip(&home.file(&digest), sealed::HEADER + 100);
    let mut scrubber = Scrubber::new(home.blobs.clone());
    assert!(scrubber.begin(at(0), WEEK).unwrap());
    assert_eq!(finish(&mut scrubber).await.1, BTreeSet::from([digest]));
    let minute = |n: u64| at(0) + Duration::from_secs(60 * n);
    assert!(!scrubber.begin(minute(1), WEEK).unwrap());
    flip(&home.file(&digest), sealed::HEADER + 100);
    // As the server does, which asks before each step.
    while scrubber.begin(minute(6), WEEK).unwrap() {
        scrubber.step().await.unwrap();
    }
    assert_eq!(home.blobs.damaged(10).unwrap(), []);
}
