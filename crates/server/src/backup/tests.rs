//! A small control plane's data, backed up and made again.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use wharf_base::{Permit, SystemClock};
use wharf_blobs::{Blobs, Digest, Limits, Scrubbed, Scrubber, file_of};
use wharf_journal::{Journal, JournalOptions};
use wharf_seal::Keyring;
use wharf_series::{Metric, Options as SeriesOptions, Sample, Series, Span, Summary, Tier};
use wharf_store::{Range, Store, StoreOptions};

use super::{Backup, BackupError, restore};
use crate::root::{RootCredentials, save};

const PERMIT: Permit = Permit::for_controller("test");

struct Plane {
    dir: tempfile::TempDir,
    keyring: Keyring,
    backup: Backup,
}

fn open(data: &Path, keyring: Keyring) -> (Store, Journal, Series, Blobs) {
    let server = data.join("server");
    let journal = JournalOptions {
        segment_bytes: 16 << 10,
        merge_segments: 2,
        merge_runs: 2,
        ..JournalOptions::default()
    };
    (
        Store::open(&server.join("store"), StoreOptions::default()).unwrap(),
        Journal::open(&server.join("journal"), journal).unwrap(),
        Series::open(&server.join("series"), SeriesOptions::default()).unwrap(),
        Blobs::open(&server.join("blobs"), keyring, Limits::default()).unwrap(),
    )
}

fn plane() -> Plane {
    let dir = tempfile::tempdir().unwrap();
    let keyring = Keyring::open_or_create(&dir.path().join("keyring")).unwrap();
    let (store, journal, series, blobs) = open(dir.path(), keyring.clone());
    let kept = keyring.clone();
    let root = RootCredentials {
        access_key_id: "AKIATEST".into(),
        secret_access_key: "secret".into(),
    };
    save(&dir.path().join("server"), &keyring, &root).unwrap();
    fs::create_dir(dir.path().join("server/tls")).unwrap();
    fs::write(dir.path().join("server/tls/authority"), "sealed").unwrap();
    let backup = Backup {
        store,
        journal,
        series,
        blobs,
        clock: Arc::new(SystemClock),
        data_dir: dir.path().join("server"),
        installation: "ab12".into(),
        progress: Arc::default(),
    };
    Plane {
        dir,
        keyring: kept,
        backup,
    }
}

impl Plane {
    async fn work(&self, from: u64, to: u64) {
        for n in from..to {
            let (key, line) = (format!("/k/{n:05}"), format!("{n:<500}"));
            self.backup
                .store
                .put(&PERMIT, key, line.clone())
                .await
                .unwrap();
            self.backup.journal.append("s", &[line]).await.unwrap();
            let sample = Sample {
                key: metric().key("None").unwrap(),
                tier: Tier::Minute,
                at: *BEGIN + n as i64 * 60,
                summary: Summary::one(1.0),
            };
            self.backup.series.append("1", vec![sample]).await.unwrap();
        }
    }

    async fn blob(&self, text: &str) -> Digest {
        let (info, _lease) = self.backup.blobs.put(text.to_owned().into()).await.unwrap();
        info.digest
    }
}

/// Recent, since metrics are rolled up with their age.
static BEGIN: std::sync::LazyLock<i64> = std::sync::LazyLock::new(|| {
    let now = wharf_base::Clock::now(&SystemClock).millis() / 1000;
    now - now % 60 - 500 * 60
});

fn metric() -> Metric {
    Metric {
        account: "1".into(),
        region: "r".into(),
        namespace: "App".into(),
        name: "Requests".into(),
        dimensions: Vec::new(),
    }
}

async fn check(data: &Path, keyring: &Keyring, keys: u64, blobs: &[Digest]) {
    let (store, journal, series, kept) = open(data, keyring.clone());
    let found = store
        .range(Range::prefix("/k/").count_only())
        .await
        .unwrap();
    assert_eq!(found.count as u64, keys);
    let mut from = 0;
    loop {
        let reply = journal.read("s", from, 100, 1 << 20).await.unwrap();
        if reply.records.is_empty() {
            break;
        }
        for record in &reply.records {
            assert_eq!(record.data, format!("{:<500}", record.offset));
        }
        from = reply.next;
    }
    // The last record may stand before its line.
    assert!(from + 1 >= keys, "{from} of {keys} lines");
    for digest in blobs {
        assert!(kept.get(digest, 100).await.unwrap().is_some());
    }
    let numbers = series.units(&metric()).into_iter().map(|it| it.1);
    let span = Span {
        from: *BEGIN,
        to: *BEGIN + 3600 * 48,
        period: 60,
        spread: false,
    };
    let read = series.read_blocking(&numbers.collect::<Vec<u32>>(), span);
    let points = read.unwrap().first().map_or(0, Vec::len) as u64;
    // As with lines.
    assert!(points + 1 >= keys, "{points} of {keys} samples");
    // And work goes on.
    store.put(&PERMIT, "/k/after", "x").await.unwrap();
    journal.append("s", &["after"]).await.unwrap();
    store.close().await;
    journal.close().await;
    series.close().await;
}

#[tokio::test]
async fn a_second_backup_copies_what_is_new_and_a_restore_has_all_of_it() {
    let plane = plane();
    let to = tempfile::tempdir().unwrap();
    let dir = to.path().join("backup");
    let first = plane.blob("a layer").await;
    plane.work(0, 400).await;
    let published = plane.dir.path().join("server/scan-db/1");
    fs::create_dir_all(&published).unwrap();
    fs::write(published.join("about"), "advisories").unwrap();
    let head = plane.backup.take(&dir).await.unwrap();
    assert_eq!((head.copy, head.blobs, head.kept_bytes), (1, 1, 0));
    let second = plane.blob("another").await;
    plane.work(400, 450).await;
    let next = plane.backup.take(&dir).await.unwrap();
    assert_eq!((next.copy, next.blobs), (2, 2));
    // The first layer at least; merges may have replaced the journal's files.
    assert!(next.kept_bytes >= 7, "{next:?}");
    assert!(!dir.join("copies/1").exists());
    plane.work(450, 460).await;

    let data = to.path().join("data");
    fs::create_dir(&data).unwrap();
    let keyring = plane.dir.path().join("keyring").into();
    let server = data.join("server");
    let refused = restore(&dir, &server, &data.join("no-keyring").into(), false);
    assert!(matches!(refused, Err(BackupError::Keyring { .. })));
    let epoch = plane.backup.store.epoch();
    let report = restore(&dir, &server, &keyring, false).unwrap();
    assert!(report.epoch > epoch && report.replaced.is_none());
    assert_eq!(fs::read(server.join("tls/authority")).unwrap(), b"sealed");
    assert!(!server.join("scan-db").exists());
    check(&data, &plane.keyring, 450, &[first, second]).await;
    assert!(matches!(
        restore(&dir, &server, &keyring, false),
        Err(BackupError::NotEmpty { .. })
    ));
    let again = restore(&dir, &server, &keyring, true).unwrap();
    assert!(again.replaced.unwrap().join("store").exists());
    check(&data, &plane.keyring, 450, &[first]).await;
}

#[test]
fn refusals_say_what_to_do() {
    let dir = || Path::new("/b").to_owned();
    for (refused, advice) in [
        (BackupError::Foreign { dir: dir() }, "name another folder"),
        (BackupError::NotEmpty { dir: dir() }, "--replace"),
        (BackupError::Running { dir: dir() }, "stop that first"),
        (BackupError::Nothing { dir: dir() }, "`wharf backup`"),
        (
            BackupError::Format {
                dir: dir(),
                found: 9,
            },
            "newer version",
        ),
    ] {
        let said = refused.to_string();
        assert!(said.starts_with("/b ") && said.contains(advice), "{said}");
    }
}

#[tokio::test]
async fn a_backup_under_load_is_whole() {
    let plane = Arc::new(plane());
    let to = tempfile::tempdir().unwrap();
    let busy = plane.clone();
    let work = tokio::spawn(async move { busy.work(0, 1500).await });
    let (mut taken, mut keys) = (0, 0);
    while !work.is_finished() {
        let head = plane.backup.take(&to.path().join("backup")).await.unwrap();
        keys = head.entries;
        taken += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    work.await.unwrap();
    assert!(taken > 1 && keys > 0);
    let data = to.path().join("data");
    fs::create_dir(&data).unwrap();
    let keyring = plane.dir.path().join("keyring").into();
    restore(
        &to.path().join("backup"),
        &data.join("server"),
        &keyring,
        false,
    )
    .unwrap();
    check(&data, &plane.keyring, keys, &[]).await;
}

/// What the disk lost since is still in the older copy, and a copy made elsewhere goes without.
#[tokio::test]
async fn a_copy_keeps_what_the_disk_lost_since() {
    let plane = plane();
    let (lost, kept) = (plane.blob("lost").await, plane.blob("kept").await);
    let to = tempfile::tempdir().unwrap();
    let (older, other) = (to.path().join("older"), to.path().join("other"));
    plane.backup.take(&older).await.unwrap();
    let blobs = &plane.backup.blobs;
    let file = blobs.path(&lost).unwrap().unwrap();
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, bytes).unwrap();
    let mut scrubber = Scrubber::new(blobs.clone());
    assert!(scrubber.begin(SystemTime::now(), Duration::ZERO).unwrap());
    while scrubber.step().await.unwrap() != Scrubbed::Ended {}
    assert!(!file.exists());
    for dir in [&older, &other] {
        plane.backup.take(dir).await.unwrap();
    }
    let copy = |of: &Path, digest: &Digest| {
        of.join("blobs")
            .join(&digest.hex()[..2])
            .join(file_of(digest))
    };
    blobs.verify_copy(&copy(&older, &lost)).unwrap();
    assert!(!copy(&other, &lost).exists());
    for dir in [&older, &other] {
        blobs.verify_copy(&copy(dir, &kept)).unwrap();
    }
}

#[tokio::test]
async fn what_is_not_a_backup_or_is_damaged_is_refused() {
    let plane = plane();
    let digest = plane.blob("a layer").await;
    let to = tempfile::tempdir().unwrap();
    fs::write(to.path().join("photo"), "mine").unwrap();
    assert!(matches!(
        plane.backup.take(to.path()).await,
        Err(BackupError::Foreign { .. })
    ));
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 1);
    let dir = to.path().join("backup");
    plane.backup.take(&dir).await.unwrap();
    let other = Backup {
        installation: "cd34".into(),
        ..plane.backup.clone()
    };
    assert!(matches!(
        other.take(&dir).await,
        Err(BackupError::OtherInstallation { .. })
    ));
    let hex = digest.hex();
    let copied = dir.join("blobs").join(&hex[..2]).join(hex + ".sealed");
    let mut bytes = fs::read(&copied).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(copied, bytes).unwrap();
    let server = to.path().join("server");
    let keyring = plane.dir.path().join("keyring").into();
    assert!(matches!(
        restore(&dir, &server, &keyring, false),
        Err(BackupError::Damaged { .. })
    ));
    assert!(!server.exists(), "nothing is put in place");
}

#[tokio::test]
async fn a_backup_after_a_rotation_needs_the_new_key_alone_and_copies_no_layer_again() {
    let plane = plane();
    let to = tempfile::tempdir().unwrap();
    let dir = to.path().join("backup");
    let layer = plane.blob("a layer of before the rotation").await;
    let first = plane.backup.take(&dir).await.unwrap();
    plane.keyring.rotate().unwrap();
    assert_eq!(plane.backup.blobs.reseal().await.unwrap(), 1);
    let root = RootCredentials {
        access_key_id: "AKIATEST".into(),
        secret_access_key: "secret".into(),
    };
    save(&plane.dir.path().join("server"), &plane.keyring, &root).unwrap();
    plane.keyring.retire().unwrap();
    let second = plane.backup.take(&dir).await.unwrap();
    assert!(second.kept_bytes >= first.kept_bytes + 30, "{second:?}");
    let data = to.path().join("data");
    fs::create_dir(&data).unwrap();
    let keyring = plane.dir.path().join("keyring").into();
    restore(&dir, &data.join("server"), &keyring, false).unwrap();
    check(&data, &plane.keyring, 0, &[layer]).await;
}

/// As versions before left it.
#[tokio::test]
async fn a_layer_that_was_copied_plain_is_replaced_by_the_encrypted_one() {
    let plane = plane();
    let content = b"a layer of a version before";
    let digest = Digest::of(content);
    let hex = digest.hex();
    let folder = plane.dir.path().join("server/blobs/sha256").join(&hex[..2]);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(&hex), content).unwrap();
    let to = tempfile::tempdir().unwrap();
    let (dir, data) = (to.path().join("backup"), to.path().join("data"));
    fs::create_dir(&data).unwrap();
    plane.backup.take(&dir).await.unwrap();
    let copied = dir.join("blobs").join(&hex[..2]);
    assert_eq!(fs::read(copied.join(&hex)).unwrap(), content);
    let keyring = plane.dir.path().join("keyring").into();
    restore(&dir, &data.join("server"), &keyring, false).unwrap();
    check(&data, &plane.keyring, 0, &[digest]).await;
    plane.backup.blobs.encrypt_plain(u64::MAX).await.unwrap();
    plane.backup.take(&dir).await.unwrap();
    let names: Vec<_> = fs::read_dir(copied)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, [format!("{hex}.sealed").as_str()]);
    restore(&dir, &data.join("server"), &keyring, true).unwrap();
    check(&data, &plane.keyring, 0, &[digest]).await;
}
