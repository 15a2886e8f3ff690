//! Following the data where something is in the way: scans that failed, data and records that cannot be
//! read, stores that were restored.

use std::{collections::BTreeSet, path::Path, time::Duration};

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use wharf_blobs::Digest;
use wharf_store::{Entry, Range, Txn};

use crate::{
    scans::{CONFIG, Scanned, bring, debian, known, tar},
    scans_enhanced::{about_lodash, continuous, found, until},
    support::*,
};

const OLD: [&str; 3] = ["CVE-2024-1", "CVE-2024-2", "GHSA-1"];
const NEW: [&str; 4] = ["CVE-2024-77", "CVE-2024-1", "CVE-2024-2", "GHSA-1"];

/// Somebody who carries scans out until this is ended or dropped.
struct Scanner {
    stop: CancellationToken,
    running: JoinHandle<()>,
    _guard: DropGuard,
}

impl Scanner {
    fn start(it: &Scanned) -> Self {
        let (catalog, stop) = (it.home.catalog.clone(), CancellationToken::new());
        let (ends, _guard) = (stop.clone(), stop.clone().drop_guard());
        let running = tokio::spawn(async move { catalog.scan(ends).await });
        Self {
            stop,
            running,
            _guard,
        }
    }

    async fn end(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(30), self.running).await;
        ended.expect("it ends when it is told to").unwrap();
    }
}

/// The record of such a key as it is stored.
async fn stored(it: &Scanned, fits: impl Fn(&str) -> bool) -> (Entry, Value) {
    let all = Range::prefix("/w1/").limit(1000);
    let all = it.home.world.store.range(all).await.unwrap();
    let entry = all.entries.into_iter().find(|it| fits(&it.key)).unwrap();
    let body = serde_json::from_slice(&entry.value).unwrap();
    (entry, body)
}

async fn scan(it: &Scanned, image: &Digest) -> (Entry, Value) {
    stored(it, |key| {
        key.contains("/scan/") && key.ends_with(&image.hex())
    })
    .await
}

/// Data that begins anew: one thing about openssl.
fn renew(dir: &Path) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let about = json!({"id": "D-1", "affected": [{"package": {"ecosystem": "Debian:12", "name": "openssl"},
        "versions": ["3.0.1-1"]}]});
    std::fs::write(file.path(), about.to_string()).unwrap();
    wharf_scandb::renew(dir, file.path(), NOW.0 + 1000).unwrap();
}

/// Makes what a generation says of packages unreadable; which packages there are can still be read.
fn spoil(dir: &Path, generation: u64) {
    for number in 0..64 {
        let path = dir.join(format!("{generation}/{number:02}"));
        let mut bytes = std::fs::read(&path).unwrap();
        let count = u64::from_le_bytes(bytes[8..16].try_into().unwrap());
        let index = 16 + 20 * usize::try_from(count).unwrap();
        bytes[index..].fill(b'x');
        std::fs::write(&path, bytes).unwrap();
    }
}

#[tokio::test]
async fn a_scan_that_failed_is_carried_out_with_other_data() {
    let it = Scanned::new().await;
    known(it.data.path());
    for entry in std::fs::read_dir(it.data.path().join("2")).unwrap() {
        std::fs::write(entry.unwrap().path(), [b'x'; 64]).unwrap();
    }
    continuous(&it).await;
    it.image("app", "v1", &[debian()]).await;
    until(&it, "v1", "FAILED", &[]).await;
    renew(it.data.path());
    until(&it, "v1", "ACTIVE", &["D-1"]).await;
}

/// What was found with the data before stays, and no image is scanned anew.
#[tokio::test]
async fn data_that_cannot_be_read_leaves_images_as_they_are() {
    let it = Scanned::waiting().await;
    known(it.data.path());
    continuous(&it).await;
    let image = it.image("app", "v1", &[debian()]).await;
    let scanner = Scanner::start(&it);
    until(&it, "v1", "ACTIVE", &OLD).await;
    scanner.end().await;
    let written = scan(&it, &image).await.0.version;
    bring(it.data.path(), &about_lodash("GHSA-77"));
    spoil(it.data.path(), 3);
    let _scanner = Scanner::start(&it);
    it.image("app", "v2", &[debian(), tar(&[])]).await;
    until(&it, "v2", "FAILED", &[]).await;
    let (toward, waited) = (json!(3), Duration::from_millis(10));
    while stored(&it, |key| key.contains("/compared/")).await.1["body"]["toward"] != toward {
        tokio::time::sleep(waited).await;
    }
    until(&it, "v1", "ACTIVE", &OLD).await;
    renew(it.data.path());
    until(&it, "v1", "ACTIVE", &["D-1"]).await;
    until(&it, "v2", "ACTIVE", &["D-1"]).await;
    assert_eq!(scan(&it, &image).await.0.version, written + 1);
}

#[tokio::test]
async fn an_image_that_cannot_be_compared_is_in_nobody_elses_way() {
    let it = Scanned::waiting().await;
    known(it.data.path());
    continuous(&it).await;
    let mut images = Vec::new();
    for number in 0..4 {
        let package = format!(r#"{{"name": "other-{number}", "version": "1.0.0"}}"#);
        let layer = tar(&[("srv/node_modules/other/package.json", &package)]);
        let tag = format!("v{number}");
        images.push((it.image("app", &tag, &[debian(), layer]).await, tag));
    }
    // In the order in which they are compared.
    images.sort_by_key(|(image, _)| image.hex());
    let scanner = Scanner::start(&it);
    for (_, tag) in &images {
        until(&it, tag, "ACTIVE", &OLD).await;
    }
    scanner.end().await;
    let kept = scan(&it, &images[0].0).await.1["body"]["inventory"].clone();
    let kept: Digest = serde_json::from_value(kept).unwrap();
    let path = it.home.catalog.blobs().path(&kept).unwrap().unwrap();
    let aside = it.data.path().join("aside");
    std::fs::rename(&path, &aside).unwrap();
    std::fs::create_dir(&path).unwrap();
    bring(it.data.path(), &about_lodash("GHSA-77"));
    let _scanner = Scanner::start(&it);
    for (_, tag) in &images[1..] {
        until(&it, tag, "ACTIVE", &NEW).await;
    }
    let first = found(&it, &images[0].1).await.unwrap();
    assert_eq!(
        (first.0.as_str(), first.1),
        ("ACTIVE", OLD.map(str::to_owned).to_vec())
    );
    std::fs::remove_dir(&path).unwrap();
    std::fs::rename(&aside, &path).unwrap();
    until(&it, &images[0].1, "ACTIVE", &NEW).await;
}

/// What was kept of an image may be gone: it is found anew.
#[tokio::test]
async fn what_was_kept_of_an_image_may_be_missing() {
    let it = Scanned::waiting().await;
    known(it.data.path());
    continuous(&it).await;
    let image = it.image("app", "v1", &[debian()]).await;
    let scanner = Scanner::start(&it);
    until(&it, "v1", "ACTIVE", &OLD).await;
    scanner.end().await;
    for (gone, id) in [
        (&["findings"][..], "GHSA-77"),
        (&["inventory", "findings"], "GHSA-78"),
    ] {
        let record = scan(&it, &image).await.1;
        for part in gone {
            let blob: Digest = serde_json::from_value(record["body"][part].clone()).unwrap();
            let blob = it.home.catalog.blobs().try_exclusive(&blob);
            assert!(blob.expect("nobody reads it").remove().await.unwrap());
        }
        bring(it.data.path(), &about_lodash(id));
        let scanner = Scanner::start(&it);
        until(&it, "v1", "ACTIVE", &NEW).await;
        scanner.end().await;
    }
}

/// Data that was brought anew after a restore counts its generations from one again.
#[tokio::test]
async fn other_data_may_have_the_same_generation() {
    let it = Scanned::waiting().await;
    known(it.data.path());
    continuous(&it).await;
    it.image("app", "v1", &[debian()]).await;
    let scanner = Scanner::start(&it);
    until(&it, "v1", "ACTIVE", &OLD).await;
    scanner.end().await;
    for entry in std::fs::read_dir(it.data.path()).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => std::fs::remove_dir_all(path).unwrap(),
            false => std::fs::remove_file(path).unwrap(),
        }
    }
    for _ in 0..2 {
        renew(it.data.path());
    }
    assert!(it.data.path().join("2").exists());
    let _scanner = Scanner::start(&it);
    until(&it, "v1", "ACTIVE", &["D-1"]).await;
}

/// Data about an ecosystem is none about a package of the image, and yet what it waited for.
#[tokio::test]
async fn data_about_other_packages_ends_the_waiting() {
    let it = Scanned::new().await;
    let about = |ecosystem: &str, name: &str| {
        json!({"id": format!("X-{name}"), "affected": [
            {"package": {"ecosystem": ecosystem, "name": name}, "versions": ["1"]}]})
    };
    bring(it.data.path(), &about("Alpine:v3.18", "musl"));
    continuous(&it).await;
    it.image("app", "v1", &[debian()]).await;
    until(&it, "v1", "PENDING", &[]).await;
    bring(it.data.path(), &about("Debian:12", "curl"));
    until(&it, "v1", "ACTIVE", &[]).await;
    let said = || async {
        let shown = it.findings("v1", None, None).await.unwrap();
        shown.image_scan_status.unwrap().description.unwrap()
    };
    assert!(said().await.contains("no vulnerability data about npm;"));
    bring(it.data.path(), &about("npm", "left-pad"));
    let waited = async {
        while said().await != "Continuous scan is selected for image." {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), waited).await;
    assert!(waited.is_ok(), "{}", said().await);
}

/// A scan that a stop cut short is not one that did not end.
#[tokio::test]
async fn a_stop_is_no_attempt() {
    let it = Scanned::waiting().await;
    known(it.data.path());
    let image = it.image("app", "v1", &[debian()]).await;
    it.start("v1").await.unwrap();
    // Reading the layer waits.
    let blobs = it.home.catalog.blobs();
    let path = blobs.path(&Digest::of(&debian())).unwrap().unwrap();
    let aside = it.data.path().join("aside");
    std::fs::rename(&path, &aside).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    let attempts = || async { scan(&it, &image).await.1["body"]["attempts"].clone() };
    for _ in 0..4 {
        let scanner = Scanner::start(&it);
        let begun = async {
            while attempts().await != 1 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let begun = tokio::time::timeout(Duration::from_secs(30), begun).await;
        begun.expect("the scan is begun");
        scanner.end().await;
        assert_eq!(attempts().await, 0);
    }
    // Those that still wait read nothing.
    let pipe = std::fs::File::options().read(true).write(true).open(&path);
    std::fs::rename(&aside, &path).unwrap();
    drop(pipe.unwrap());
    let _scanner = Scanner::start(&it);
    assert_eq!(it.status("v1").await.0, "COMPLETE");
}

/// Images of earlier versions do not say in which repository they are.
#[tokio::test]
async fn scans_of_old_images_know_their_repository() {
    let it = Scanned::waiting().await;
    known(it.data.path());
    let image = it.image("app", "v1", &[debian()]).await;
    let (entry, mut record) = stored(&it, |key| {
        key.contains("/image/") && key.ends_with(&image.hex())
    })
    .await;
    assert_eq!(record["body"]["repository"], "app");
    record["body"].as_object_mut().unwrap().remove("repository");
    let txn = Txn::new().put(&entry.key, record.to_string());
    it.home.world.store.txn(&PERMIT, txn).await.unwrap();
    continuous(&it).await;
    let _scanner = Scanner::start(&it);
    until(&it, "v1", "ACTIVE", &OLD).await;
    assert_eq!(scan(&it, &image).await.1["body"]["repository"], "app");
}

/// Images that are made of the same are compared once, what was found is stored once, and a change of many is
/// one write.
#[tokio::test]
async fn images_that_are_made_of_the_same_are_compared_together() {
    const IMAGES: usize = 40;
    let it = Scanned::waiting().await;
    known(it.data.path());
    continuous(&it).await;
    let package = r#"{"name": "lodash", "version": "4.0.0", "license": "MIT"}"#;
    let layers = [
        debian(),
        tar(&[
            ("etc/os-release", "ID=debian\nVERSION_ID=12\n"),
            ("srv/node_modules/lodash/package.json", package),
        ]),
    ];
    let config = it.home.layer_once("app", b"{}").await;
    for layer in &layers {
        it.home.layer_once("app", layer).await;
    }
    let mut images = Vec::new();
    for number in 0..IMAGES {
        let layer = &layers[number % layers.len()];
        let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "annotations": {"n": number.to_string()},
            "config": {"mediaType": CONFIG, "digest": config, "size": 2},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": Digest::of(layer), "size": layer.len()}]});
        let tag = format!("v{number}");
        it.home.put("app", Some(&tag), &manifest).await.unwrap();
        images.push((digest_of(&manifest), tag));
    }
    let names = |number: usize| match number % layers.len() {
        0 => &OLD[..],
        _ => &OLD[2..],
    };
    let scanner = Scanner::start(&it);
    for (number, (_, tag)) in images.iter().enumerate() {
        until(&it, tag, "ACTIVE", names(number)).await;
    }
    scanner.end().await;
    let stored = |it: &Scanned| {
        let store = it.home.world.store.clone();
        async move {
            let all = store.all(Range::prefix("/w1/")).await.unwrap().entries;
            let scans = all.into_iter().filter(|it| it.key.contains("/scan/"));
            scans
                .map(|it| {
                    (
                        it.mod_revision,
                        serde_json::from_slice::<Value>(&it.value).unwrap(),
                    )
                })
                .collect::<Vec<_>>()
        }
    };
    let distinct = |scans: &[(u64, Value)], of: &dyn Fn(&(u64, Value)) -> String| {
        scans.iter().map(of).collect::<BTreeSet<_>>().len()
    };
    let findings = |it: &(u64, Value)| it.1["body"]["findings"].to_string();
    let before = stored(&it).await;
    assert_eq!(distinct(&before, &findings), layers.len());
    bring(it.data.path(), &about_lodash("GHSA-77"));
    let scanner = Scanner::start(&it);
    for (number, (_, tag)) in images.iter().enumerate() {
        let names = [&NEW[..1], names(number)].concat();
        until(&it, tag, "ACTIVE", &names).await;
    }
    scanner.end().await;
    let after = stored(&it).await;
    assert_eq!(distinct(&after, &findings), layers.len());
    assert_eq!(distinct(&after, &|it| it.0.to_string()), 2);
    let first = |it: &(u64, Value)| it.1["body"]["first_found_at"].clone();
    let firsts = |scans: &[(u64, Value)]| scans.iter().map(first).collect::<Vec<_>>();
    assert_eq!(firsts(&after), firsts(&before));
}
