//! kill -9 at random moments of pushes beside a collector: what was acknowledged is whole, tags name what they were
//! last moved to, and what nobody owns goes. Two repositories mount layers from each other, a third is under a key of
//! KMS.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use serde_json::Value;
use wharf_api_ecr::{
    Ecr as _,
    types::{CreateRepositoryRequest, EncryptionConfiguration},
};
use wharf_api_kms::Kms as _;
use wharf_base::{Clock, Permit, SystemClock};
use wharf_blobs::{Blobs, Digest, Limits};
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::{Range, Store, StoreOptions};
use wharf_svc_ecr::{Catalog, Config, EcrError, EcrService, ImageRef, KmsKeys, NewImage, Registry};
use wharf_svc_kms::{KmsService, Parts as KmsParts};

const FOLDER: &str = "WHARF_ECR_TEST_FOLDER";
static PERMIT: Permit = Permit::for_controller("test");
const ROUNDS: u64 = 8;
const PUSHERS: u64 = 3;
/// Contents that pushers share, so that they find, remove and send the same blobs.
const CONTENTS: u64 = 5;
/// Tags that each pusher moves in each repository, and nobody else.
const TAGS: u64 = 2;
/// The last one is sealed.
const REPOSITORIES: [&str; 3] = ["app", "other", "vault"];
const SEALED: &str = REPOSITORIES[2];

fn registry() -> Registry {
    Registry::new("000000000000", "us-east-1")
}

fn open(dir: &Path) -> (Store, Catalog, KmsService) {
    let store = Store::open(&dir.join("store"), StoreOptions::default()).unwrap();
    let keyring = Keyring::open_or_create(&dir.join("keyring")).unwrap();
    let blobs = Blobs::open(&dir.join("blobs"), keyring.clone(), Limits::default()).unwrap();
    let kms = KmsService::new(KmsParts {
        store: store.clone(),
        keyring: keyring.clone(),
        clock: Arc::new(SystemClock),
        takeover: Takeover::Replace,
    });
    let config = Config {
        unused_life: Duration::ZERO,
        keys: Some(KmsKeys(Arc::new(kms.clone()))),
        ..Config::new("localhost:4566")
    };
    let catalog = Catalog::new(store.clone(), blobs, keyring, config);
    (store, catalog, kms)
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
        let (_store, catalog, _kms) = open(Path::new(&dir));
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

/// Sends a layer; `None`: it was removed at that very moment.
async fn layer(catalog: &Catalog, name: &str, content: &str) -> Option<Digest> {
    let (registry, digest) = (registry(), Digest::of(content.as_bytes()));
    let mut upload = catalog.upload_once(&registry, name).await.unwrap();
    let bytes = Bytes::from(content.to_owned());
    upload.write(bytes).await.unwrap();
    let now = SystemClock.now();
    let finished = catalog.finish_upload(&PERMIT, &registry, name, upload, &digest, now);
    match finished.await {
        Err(EcrError::Contention) => None,
        finished => Some(finished.unwrap().digest),
    }
}

/// Takes a layer over from another repository, if that has it.
async fn mount(catalog: &Catalog, name: &str, from: &str, content: &str) -> Option<Digest> {
    let (registry, digest) = (registry(), Digest::of(content.as_bytes()));
    let now = SystemClock.now();
    let mounted = catalog.mount_layer(&PERMIT, &registry, name, from, &digest, now);
    let mounted = mounted.await.unwrap()?;
    println!("mounted {digest}");
    Some(mounted.digest)
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
        let of = random.below(REPOSITORIES.len() as u64) as usize;
        let name = REPOSITORIES[of];
        let from = REPOSITORIES[1 - of.min(1)];
        let mut layers = Vec::new();
        for content in [0, random.below(CONTENTS), random.below(CONTENTS)] {
            let content = format!("content {content}");
            let mounted = match random.below(2) {
                0 => mount(&catalog, name, from, &content).await,
                _ => None,
            };
            let digest = match mounted {
                Some(digest) => Some(digest),
                None => layer(&catalog, name, &content).await,
            };
            let described =
                |it: Digest| serde_json::json!({"mediaType": "x", "digest": it, "size": 9});
            layers.extend(digest.map(described));
        }
        if layers.len() < 3 {
            continue;
        }
        let config = layers.remove(0);
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config,
            "layers": layers,
            "annotations": {"of": format!("{start} {pusher} {n}")},
        });
        let manifest = Bytes::from(manifest.to_string());
        let digest = Digest::of(&manifest);
        let tag = match random.below(3) {
            0 => None,
            _ => Some(format!("t{pusher}-{}", random.below(TAGS))),
        };
        if let Some(tag) = &tag {
            println!("moves {name} {digest} {tag}");
        }
        let image = NewImage {
            manifest,
            media_type: None,
            tag: tag.clone(),
            digest: None,
        };
        let now = SystemClock.now();
        let put = catalog.put_image(&PERMIT, &registry, name, image, now);
        // Without any time to live a layer may go before its manifest comes.
        if put.await.is_ok() {
            println!("ack {name} {digest} {}", tag.unwrap_or_default());
        }
        if random.below(3) == 0 {
            let image = ImageRef::Digest(digest);
            println!("gone {name} {digest}");
            let deleted = catalog.delete_image(&PERMIT, &registry, name, &image, false);
            deleted.await.unwrap();
        }
    }
}

/// What a process has said before it was killed.
#[derive(Default)]
struct Said {
    /// Images that were acknowledged and not deleted, with their repositories.
    images: BTreeSet<(String, Digest)>,
    /// What tags may name; `None`: nothing.
    tags: BTreeMap<(String, String), BTreeSet<Option<Digest>>>,
    acknowledged: usize,
    of_sealed: usize,
    moved: usize,
    mounted: usize,
}

impl Said {
    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.trim_end().split(' ').collect();
        match words[..] {
            ["seed", _] => println!("{line}"),
            ["mounted", _] => self.mounted += 1,
            ["moves", name, digest, tag] => {
                let may = self.tags.entry((name.to_owned(), tag.to_owned()));
                let may = may.or_insert_with(|| [None].into());
                let digest: Digest = digest.parse().unwrap();
                may.insert(Some(digest));
            }
            ["ack", name, digest] => self.acknowledge(name, digest),
            ["ack", name, digest, tag] => {
                self.acknowledge(name, digest);
                let digest: Digest = digest.parse().unwrap();
                let key = (name.to_owned(), tag.to_owned());
                let before = self.tags.insert(key, [Some(digest)].into());
                // Not the first time.
                let named = before.is_some_and(|it| it.iter().flatten().count() > 1);
                self.moved += usize::from(named);
            }
            ["gone", name, digest] => {
                let digest: Digest = digest.parse().unwrap();
                self.images.remove(&(name.to_owned(), digest));
                let of = self.tags.iter_mut().filter(|((of, _), _)| of == name);
                for may in of.map(|(_, may)| may) {
                    if may.contains(&Some(digest)) {
                        may.insert(None);
                    }
                }
            }
            _ => {}
        }
    }

    fn acknowledge(&mut self, name: &str, digest: &str) {
        let digest: Digest = digest.parse().unwrap();
        self.images.insert((name.to_owned(), digest));
        self.acknowledged += 1;
        self.of_sealed += usize::from(name == SEALED);
    }
}

#[test]
fn nothing_wanted_is_lost_and_nothing_else_stays() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("store")).unwrap();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let (store, catalog, kms) = open(dir.path());
        make_repositories(catalog, &kms).await;
        store.close().await;
    });
    let mut all = Said::default();
    let seed = SystemClock.now().millis();
    println!("killed by {seed}");
    let mut random = Random(seed.unsigned_abs());
    for round in 0..ROUNDS {
        let said = run_and_kill(dir.path(), 10 + random.below(50));
        runtime.block_on(check(dir.path(), &said, round));
        all.acknowledged += said.acknowledged;
        all.of_sealed += said.of_sealed;
        all.moved += said.moved;
        all.mounted += said.mounted;
    }
    let (acknowledged, sealed) = (all.acknowledged, all.of_sealed);
    assert!(acknowledged > 20 && sealed > 0, "{acknowledged} {sealed}");
    let (moved, mounted) = (all.moved, all.mounted);
    assert!(moved > 0 && mounted > 0, "{moved} {mounted}");
}

async fn make_repositories(catalog: Catalog, kms: &KmsService) {
    let ecr = EcrService::new(catalog);
    let call = crate::support::call_in("us-east-1");
    let key = kms.create_key(&call, Default::default()).await.unwrap();
    let key = key.key_metadata.unwrap().arn;
    for name in REPOSITORIES {
        let sealed = EncryptionConfiguration {
            encryption_type: Some("KMS".to_owned()),
            kms_key: key.clone(),
        };
        let input = CreateRepositoryRequest {
            repository_name: Some(name.to_owned()),
            encryption_configuration: (name == SEALED).then_some(sealed),
            ..CreateRepositoryRequest::default()
        };
        ecr.create_repository(&call, input).await.unwrap();
    }
}

/// What it has said by then.
fn run_and_kill(dir: &Path, acknowledged: u64) -> Said {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill::child", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = Said::default();
    for line in output {
        let Ok(line) = line else { break };
        said.hear(&line);
        if said.acknowledged as u64 == acknowledged {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    said
}

async fn check(dir: &Path, said: &Said, round: u64) {
    let (store, catalog, _kms) = open(dir);
    catalog.finish_removals(&PERMIT).await.unwrap();
    catalog.collect_garbage(&PERMIT).await.unwrap();
    let registry = registry();
    for (name, digest) in &said.images {
        let image = ImageRef::Digest(*digest);
        let is = whole(&catalog, name, &image).await;
        assert_eq!(is, Some(*digest), "round {round}: {name}");
    }
    for ((name, tag), may) in &said.tags {
        let image = ImageRef::Tag(tag.clone());
        let names = whole(&catalog, name, &image).await;
        assert!(
            may.contains(&names),
            "round {round}: {name}:{tag} names {names:?} and may name {may:?}"
        );
    }
    // Nobody wants any of it now: nothing stays.
    for name in REPOSITORIES {
        for digest in images(&store, &catalog, name).await {
            let image = ImageRef::Digest(digest);
            let deleted = catalog.delete_image(&PERMIT, &registry, name, &image, false);
            deleted.await.unwrap();
        }
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

/// The image that is named, all of which is read.
async fn whole(catalog: &Catalog, name: &str, image: &ImageRef) -> Option<Digest> {
    let registry = registry();
    let stored = catalog.manifest(&registry, name, image).await.unwrap()?;
    let digest = stored.image.digest;
    assert_eq!(Digest::of(&stored.manifest), digest, "{name}");
    let manifest: Value = serde_json::from_slice(&stored.manifest).unwrap();
    let layers = manifest["layers"].as_array().unwrap().iter();
    for layer in layers.chain([&manifest["config"]]) {
        let layer: Digest = layer["digest"].as_str().unwrap().parse().unwrap();
        let read = catalog.read_layer(&registry, name, &layer).await.unwrap();
        let mut read = read.unwrap_or_else(|| panic!("{name}: {layer} of {digest} is gone"));
        let mut bytes = Vec::new();
        while let Some(chunk) = read.next_chunk().await.unwrap() {
            bytes.extend_from_slice(&chunk);
        }
        assert_eq!(Digest::of(&bytes), layer, "{name}: a layer of {digest}");
    }
    Some(digest)
}

async fn images(store: &Store, catalog: &Catalog, name: &str) -> Vec<Digest> {
    let id = catalog.repository(&registry(), name).await.unwrap().id;
    let prefix = format!("/w1/c0/ecr/000000000000/us-east-1/image/{id}.");
    let all = store.all_keys(Range::prefix(&prefix)).await.unwrap();
    let hex = |key: &str| Digest::from_hex(key.rsplit('.').next()?).ok();
    all.entries.iter().filter_map(|it| hex(&it.key)).collect()
}
