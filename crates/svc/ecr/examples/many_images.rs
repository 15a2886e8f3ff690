//! What a registry of many images holds in memory: `cargo run --release -p wharf-svc-ecr --example many_images -- FOLDER REPOSITORIES [open]`.
//!
//! In process, on FOLDER's disk. Each repository gets a hundred manifests, each under a tag of its own, with a layer and a
//! configuration that all of a repository share. Told are the bytes of memory of a manifest, and what the store has of each kind of
//! record. With `open` the folder of an earlier run is opened again.

use std::{collections::BTreeMap, path::Path};

use bytes::Bytes;
use tokio::task::JoinSet;
use wharf_api_ecr::{Ecr, types::CreateRepositoryRequest};
use wharf_base::{Clock as _, Permit, SystemClock};
use wharf_blobs::{Blobs, Digest, Limits};
use wharf_seal::Keyring;
use wharf_store::{Range, Store, StoreOptions};
use wharf_svc_ecr::{Catalog, Config, EcrError, EcrService, NewImage, Registry};
use wharf_wire::{Call, Context};

static PERMIT: Permit = Permit::for_controller("bench");
const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";
const IMAGES: u64 = 100;
const PUSHERS: u64 = 16;

/// Memory of this process that is no file's, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("RssAnon:"));
    let kib = line.and_then(|it| it.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, repositories, rest @ ..] = &arguments[..] else {
        return Err("FOLDER REPOSITORIES [open]".into());
    };
    let (folder, repositories): (_, u64) = (Path::new(folder), repositories.parse()?);
    let before = resident();
    std::fs::create_dir_all(folder.join("store"))?;
    let store = Store::open(&folder.join("store"), StoreOptions::default())?;
    if rest.is_empty() {
        push_all(folder, &store, repositories).await?;
    }
    let bytes = resident().saturating_sub(before);
    let manifests = repositories * IMAGES;
    println!(
        "{manifests} manifests: {} MiB, {} bytes each",
        bytes >> 20,
        bytes / manifests
    );
    tell(&store).await
}

async fn push_all(
    folder: &Path,
    store: &Store,
    repositories: u64,
) -> Result<(), Box<dyn std::error::Error>> {
    let keyring = Keyring::open_or_create(&folder.join("keyring"))?;
    let blobs = Blobs::open(&folder.join("blobs"), keyring.clone(), Limits::default())?;
    let catalog = Catalog::new(store.clone(), blobs, keyring, Config::new("localhost:4566"));
    let mut pushers = JoinSet::new();
    for first in 0..PUSHERS {
        let catalog = catalog.clone();
        pushers.spawn(async move {
            for number in (first..repositories).step_by(PUSHERS as usize) {
                push(&catalog, number).await.map_err(|it| it.to_string())?;
            }
            Ok::<_, String>(())
        });
    }
    while let Some(done) = pushers.join_next().await {
        done??;
    }
    Ok(())
}

/// One repository and its images.
async fn push(catalog: &Catalog, number: u64) -> Result<(), Box<dyn std::error::Error>> {
    let (registry, name) = (
        Registry::new(ACCOUNT, REGION),
        format!("team-{}/app-{number:04}", number % 10),
    );
    let context = Context::internal(ACCOUNT, REGION, "ecr.amazonaws.com", SystemClock.now());
    let input = CreateRepositoryRequest {
        repository_name: Some(name.clone()),
        ..Default::default()
    };
    let call = Call::by_controller(context, PERMIT.clone());
    let made = EcrService::new(catalog.clone())
        .create_repository(&call, input)
        .await;
    made.map_err(|fault| fault.message)?;
    let config = layer(
        catalog,
        &registry,
        &name,
        Bytes::from_static(br#"{"architecture":"amd64","os":"linux"}"#),
    )
    .await?;
    let layer = layer(
        catalog,
        &registry,
        &name,
        format!("layer of {number}").into(),
    )
    .await?;
    for image in 0..IMAGES {
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 37},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": layer, "size": 10}],
            "annotations": {"n": image.to_string()},
        });
        let new = NewImage {
            manifest: manifest.to_string().into(),
            media_type: None,
            tag: Some(format!("v1.{image}")),
            digest: None,
        };
        catalog
            .put_image(&PERMIT, &registry, &name, new, SystemClock.now())
            .await?;
    }
    Ok(())
}

async fn layer(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    content: Bytes,
) -> Result<Digest, EcrError> {
    let digest = Digest::of(&content);
    let mut upload = catalog.upload_once(registry, name).await?;
    upload.write(content).await?;
    catalog
        .finish_upload(&PERMIT, registry, name, upload, &digest, SystemClock.now())
        .await?;
    Ok(digest)
}

/// How many records there are of each kind, and their bytes of keys and values.
async fn tell(store: &Store) -> Result<(), Box<dyn std::error::Error>> {
    let mut kinds: BTreeMap<String, (u64, usize, usize)> = BTreeMap::new();
    let mut pages = store.pages(Range::prefix("/"));
    while let Some(page) = pages.next().await? {
        for entry in page.entries {
            let kind = entry.key.rsplit_once('/').map_or("", |it| it.0).to_owned();
            let of = kinds.entry(kind).or_default();
            *of = (of.0 + 1, of.1 + entry.key.len(), of.2 + entry.value.len());
        }
    }
    for (kind, (count, keys, values)) in kinds {
        println!(
            "{kind}: {count} records, {} bytes of keys and {} of values each",
            keys as u64 / count,
            values as u64 / count
        );
    }
    Ok(())
}
