//! kill -9 at random moments of pushes beside a collector: what was acknowledged is whole, and what
//! nobody owns goes.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use bytes::Bytes;
use wharf_base::{Clock, Permit, SystemClock};
use wharf_blobs::{Blobs, Digest, Limits};
use wharf_seal::Keyring;
use wharf_store::{Range, Store, StoreOptions};
use wharf_svc_ecr::{Catalog, Config, ImageRef, NewImage, Registry};

const FOLDER: &str = "WHARF_ECR_TEST_FOLDER";
static PERMIT: Permit = Permit::for_controller("test");
const ROUNDS: u64 = 8;
const PUSHERS: u64 = 3;
/// Contents that pushers share, so that they find, remove and send the same blobs.
const CONTENTS: u64 = 5;

fn registry() -> Registry {
    Registry::new("000000000000", "us-east-1")
}

fn open(dir: &Path) -> (Store, Catalog) {
    let store = Store::open(&dir.join("store"), StoreOptions::default()).unwrap();
    let keyring = Keyring::open_or_create(&dir.join("keyring")).unwrap();
    let blobs = Blobs::open(&dir.join("blobs"), keyring.clone(), Limits::default()).unwrap();
    let config = Config {
        unused_life: Duration::ZERO,
        ..Config::new("localhost:4566")
    };
    let catalog = Catalog::new(store.clone(), blobs, keyring, config);
    (store, catalog)
}

#[test]
#[ignore = "started by nothing_wanted_is_lost_and_nothing_else_stays"]
fn child() {
    let Some(dir) = std::env::var_os(FOLDER) else {
        return;
    };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (_store, catalog) = open(Path::new(&dir));
        catalog.finish_removals(&PERMIT).await.unwrap();
        let start = SystemClock.now().millis();
        println!("seed {start}");
        for pusher in 0..PUSHERS {
            tokio::spawn(push_for_ever(catalog.clone(), pusher, start));
        }
        loop {
            catalog.collect_garbage(&PERMIT).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
}

async fn layer(catalog: &Catalog, content: &str) -> Digest {
    let (registry, digest) = (registry(), Digest::of(content.as_bytes()));
    let mut upload = catalog.upload_once(&registry, "app").await.unwrap();
    let bytes = Bytes::from(content.to_owned());
    upload.write(bytes).await.unwrap();
    let now = SystemClock.now();
    let finished = catalog.finish_upload(&PERMIT, &registry, "app", upload, &digest, now);
    finished.await.unwrap();
    digest
}

/// Numbers that a seed says (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}

async fn push_for_ever(catalog: Catalog, pusher: u64, start: i64) {
    let registry = registry();
    let mut random = Random(start.unsigned_abs() ^ pusher);
    for n in 0_u64.. {
        let contents = [random.below(CONTENTS), random.below(CONTENTS)];
        let mut layers = Vec::new();
        for content in contents {
            let content = format!("content {content}");
            let digest = layer(&catalog, &content).await;
            layers.push(serde_json::json!({"mediaType": "x", "digest": digest, "size": 9}));
        }
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "x", "digest": Digest::of(b"content 0"), "size": 9},
            "layers": layers,
            "annotations": {"of": format!("{start} {pusher} {n}")},
        });
        let manifest = Bytes::from(manifest.to_string());
        let digest = Digest::of(&manifest);
        let image = NewImage {
            manifest,
            media_type: None,
            tag: None,
            digest: None,
        };
        let now = SystemClock.now();
        let put = catalog.put_image(&PERMIT, &registry, "app", image, now);
        // Without any time to live a layer may go before its manifest comes.
        if put.await.is_ok() {
            println!("ack {digest}");
        }
        if random.below(3) == 0 {
            let image = ImageRef::Digest(digest);
            println!("gone {digest}");
            let deleted = catalog.delete_image(&PERMIT, &registry, "app", &image, false);
            deleted.await.unwrap();
        }
    }
}

#[test]
fn nothing_wanted_is_lost_and_nothing_else_stays() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("store")).unwrap();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let (store, catalog) = open(dir.path());
        make_repository(catalog).await;
        store.close().await;
    });
    let mut acknowledged = 0;
    let seed = SystemClock.now().millis();
    println!("killed by {seed}");
    let mut random = Random(seed.unsigned_abs());
    for round in 0..ROUNDS {
        let acks = run_and_kill(dir.path(), 10 + random.below(50));
        acknowledged += acks.len();
        runtime.block_on(check(dir.path(), &acks, round));
    }
    assert!(acknowledged > 20, "{acknowledged}");
}

async fn make_repository(catalog: Catalog) {
    use wharf_api_ecr::{Ecr, types::CreateRepositoryRequest};
    let ecr = wharf_svc_ecr::EcrService::new(catalog);
    let input = CreateRepositoryRequest {
        repository_name: Some("app".to_owned()),
        ..CreateRepositoryRequest::default()
    };
    let call = crate::support::call_in("us-east-1");
    ecr.create_repository(&call, input).await.unwrap();
}

/// The images that were acknowledged and not deleted.
fn run_and_kill(dir: &Path, lines: u64) -> Vec<Digest> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill::child", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut acks, mut seen) = (Vec::new(), 0);
    for line in output {
        let Ok(line) = line else { break };
        if line.starts_with("seed ") {
            println!("{line}");
        } else if let Some(digest) = line.strip_prefix("ack ") {
            acks.push(digest.parse().unwrap());
            seen += 1;
        } else if let Some(digest) = line.strip_prefix("gone ") {
            let digest: Digest = digest.parse().unwrap();
            acks.retain(|it| *it != digest);
        }
        if seen == lines {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    acks
}

async fn check(dir: &Path, acks: &[Digest], round: u64) {
    let (store, catalog) = open(dir);
    catalog.finish_removals(&PERMIT).await.unwrap();
    catalog.collect_garbage(&PERMIT).await.unwrap();
    let registry = registry();
    for digest in acks {
        let image = ImageRef::Digest(*digest);
        let stored = catalog.image(&registry, "app", &image).await.unwrap();
        let stored = stored.unwrap_or_else(|| panic!("round {round}: {digest} is gone"));
        for blob in stored.blobs.iter().chain([digest]) {
            let whole = catalog.blobs().get(blob, 1 << 20).await.unwrap();
            assert_eq!(
                whole.map(|it| Digest::of(&it)),
                Some(*blob),
                "round {round}"
            );
        }
    }
    // Nobody wants any of it now: nothing stays.
    for digest in images(&store).await {
        let image = ImageRef::Digest(digest);
        let deleted = catalog.delete_image(&PERMIT, &registry, "app", &image, false);
        deleted.await.unwrap();
    }
    for _ in 0..2 {
        catalog.collect_garbage(&PERMIT).await.unwrap();
    }
    let left = catalog.blobs().list(None, 10).await.unwrap();
    assert_eq!(left, [], "round {round}");
    let marks = Range::prefix("/w1/c0/blobs/").count_only();
    assert_eq!(store.range(marks).await.unwrap().count, 0, "round {round}");
    store.close().await;
}

async fn images(store: &Store) -> Vec<Digest> {
    let prefix = "/w1/c0/ecr/000000000000/us-east-1/image/";
    let all = store.all_keys(Range::prefix(prefix)).await.unwrap();
    let hex = |key: &str| Digest::from_hex(key.rsplit('.').next()?).ok();
    all.entries.iter().filter_map(|it| hex(&it.key)).collect()
}
