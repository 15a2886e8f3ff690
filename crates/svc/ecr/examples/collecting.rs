//! What pushes notice of the collector: `cargo run --release -p wharf-svc-ecr --example collecting -- FOLDER BLOBS ROUNDS`.
//!
//! In process, on FOLDER's disk. In each round so many blobs of 4 KiB are made that nobody names; images of a layer of 64 KiB and a
//! manifest are pushed by four at once, first alone and then beside the collector, until it has removed them all.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::task::JoinSet;
use wharf_api_ecr::{Ecr, types::CreateRepositoryRequest};
use wharf_base::{Clock, Permit, SystemClock, Timestamp};
use wharf_blobs::{Blobs, Digest, Limits};
use wharf_seal::Keyring;
use wharf_store::{Store, StoreOptions};
use wharf_svc_ecr::{Catalog, Config, EcrService, NewImage, Registry};
use wharf_wire::{Call, Context};

static PERMIT: Permit = Permit::for_controller("bench");
const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";
const PUSHERS: usize = 4;
const MAKERS: u64 = 16;
const QUIET: Duration = Duration::from_secs(10);

/// The host's clock, set forward: what the collector takes must be hours old.
#[derive(Debug, Default)]
struct Ahead(AtomicI64);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(SystemClock.now().millis() + self.0.load(Ordering::Relaxed))
    }
}

impl Ahead {
    fn go_on(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(by, Ordering::Relaxed);
    }
}

struct World {
    catalog: Catalog,
    clock: Arc<Ahead>,
    pushed: AtomicU64,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("FOLDER BLOBS ROUNDS")?;
    let blobs: u64 = arguments.next().ok_or("FOLDER BLOBS ROUNDS")?.parse()?;
    let rounds: u64 = arguments.next().ok_or("FOLDER BLOBS ROUNDS")?.parse()?;
    let world = Arc::new(open(Path::new(&folder)).await?);
    for round in 0..rounds {
        let begun = Instant::now();
        litter(&world, round, blobs / rounds).await?;
        println!(
            "{} blobs that nobody names, made in {:.1?}",
            blobs / rounds,
            begun.elapsed()
        );
        let (_, alone) = beside(&world, tokio::time::sleep(QUIET)).await?;
        told("alone", alone);
        // What was made before is old, what is pushed from here on is young.
        world.clock.go_on(Duration::from_secs(7 * 3600));
        let begun = Instant::now();
        let (removed, beside) = beside(&world, collect(&world)).await?;
        println!("{} blobs collected in {:.1?}", removed?, begun.elapsed());
        told("beside the collector", beside);
    }
    Ok(())
}

async fn open(folder: &Path) -> Result<World, Box<dyn std::error::Error>> {
    std::fs::create_dir_all(folder.join("store"))?;
    let store = Store::open(&folder.join("store"), StoreOptions::default())?;
    let keyring = Keyring::open_or_create(&folder.join("keyring"))?;
    let blobs = Blobs::open(&folder.join("blobs"), keyring.clone(), Limits::default())?;
    let clock = Arc::new(Ahead::default());
    let config = Config {
        clock: clock.clone(),
        ..Config::new("localhost:4566")
    };
    let catalog = Catalog::new(store, blobs, keyring, config);
    let context = Context::internal(ACCOUNT, REGION, "ecr.amazonaws.com", clock.now());
    let call = Call::by_controller(context, PERMIT.clone());
    let ecr = EcrService::new(catalog.clone());
    for name in ["litter", "app"] {
        let input = CreateRepositoryRequest {
            repository_name: Some(name.to_owned()),
            ..CreateRepositoryRequest::default()
        };
        let made = ecr.create_repository(&call, input).await;
        made.map_err(|fault| fault.message)?;
    }
    Ok(World {
        catalog,
        clock,
        pushed: AtomicU64::new(0),
    })
}

impl World {
    fn registry() -> Registry {
        Registry::new(ACCOUNT, REGION)
    }

    async fn layer(&self, name: &str, content: Bytes) -> Result<Digest, wharf_svc_ecr::EcrError> {
        let (registry, digest) = (Self::registry(), Digest::of(&content));
        let mut upload = self.catalog.upload_once(&registry, name).await?;
        upload.write(content).await?;
        let now = self.clock.now();
        let finished = self
            .catalog
            .finish_upload(&PERMIT, &registry, name, upload, &digest, now);
        finished.await?;
        Ok(digest)
    }

    /// One image as a client pushes it; how long that took.
    async fn push(&self) -> Result<Duration, wharf_svc_ecr::EcrError> {
        let number = self.pushed.fetch_add(1, Ordering::Relaxed);
        let mut content = vec![0; 64 << 10];
        content[..8].copy_from_slice(&number.to_le_bytes());
        let begun = Instant::now();
        let layer = self.layer("app", content.into()).await?;
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "x", "digest": layer, "size": 64 << 10},
            "layers": [],
        });
        let image = NewImage {
            manifest: manifest.to_string().into(),
            media_type: None,
            tag: Some(format!("v{}", number % 100)),
            digest: None,
        };
        let (registry, now) = (Self::registry(), self.clock.now());
        let put = self
            .catalog
            .put_image(&PERMIT, &registry, "app", image, now);
        put.await?;
        Ok(begun.elapsed())
    }
}

/// Layers that no image names.
async fn litter(
    world: &Arc<World>,
    round: u64,
    count: u64,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut makers = JoinSet::new();
    for maker in 0..MAKERS {
        let world = world.clone();
        makers.spawn(async move {
            for number in (maker..count).step_by(MAKERS as usize) {
                let mut content = vec![1; 4096];
                content[..8].copy_from_slice(&number.to_le_bytes());
                content[8..16].copy_from_slice(&round.to_le_bytes());
                world.layer("litter", content.into()).await?;
            }
            Ok::<_, wharf_svc_ecr::EcrError>(())
        });
    }
    while let Some(made) = makers.join_next().await {
        made??;
    }
    Ok(())
}

/// How long pushes take until something else is done.
async fn beside<T>(
    world: &Arc<World>,
    other: impl Future<Output = T>,
) -> Result<(T, Vec<Duration>), Box<dyn std::error::Error>> {
    let (mut pushers, ended) = (JoinSet::new(), Arc::new(AtomicBool::new(false)));
    for _ in 0..PUSHERS {
        let (world, ended) = (world.clone(), ended.clone());
        pushers.spawn(async move {
            let mut took = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                took.push(world.push().await?);
            }
            Ok::<_, wharf_svc_ecr::EcrError>(took)
        });
    }
    let done = other.await;
    ended.store(true, Ordering::Relaxed);
    let mut took = Vec::new();
    while let Some(of_one) = pushers.join_next().await {
        took.extend(of_one??);
    }
    took.sort_unstable();
    Ok((done, took))
}

/// Runs of the collector until one finds nothing more; how many blobs went.
async fn collect(world: &Arc<World>) -> Result<usize, wharf_svc_ecr::EcrError> {
    let mut removed = 0;
    loop {
        let report = world.catalog.collect_garbage(&PERMIT).await?;
        removed += report.blobs;
        if report.blobs == 0 && removed > 0 {
            return Ok(removed);
        }
        // A blob that nobody owns is found first and taken by a later run.
        world.clock.go_on(Duration::from_secs(3600));
    }
}

fn told(what: &str, took: Vec<Duration>) {
    let at = |part: f64| took[((took.len() as f64 * part) as usize).min(took.len() - 1)];
    println!(
        "{what}: {} pushes, p50 {:.1?}, p99 {:.1?}",
        took.len(),
        at(0.5),
        at(0.99)
    );
}
