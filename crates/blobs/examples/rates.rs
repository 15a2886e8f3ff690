//! How fast blobs go in and out beside the bare steps: `rates [DIR] [MiB]`. Then sixteen readers of one blob of a MiB, as
//! clients of an object are: what they read in a second, and what a read costs in faults of pages and waits of threads.
//! With `MALLOC_MMAP_THRESHOLD_=131072` in the environment large buffers that are freed go back to the kernel, as in the
//! server.

use std::{
    fs::File,
    io::Write,
    time::{Duration, Instant},
};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use wharf_blobs::{Blobs, Digest, Limits};
use wharf_seal::Keyring;

const PIECE_BYTES: usize = 64 * 1024;

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let parent = args.next().unwrap_or_else(|| "/tmp".to_owned());
    let mib: usize = args
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(200);
    let dir = tempfile::tempdir_in(parent).expect("a folder to write to");
    let mut content = vec![0; mib << 20];
    rand::RngCore::fill_bytes(&mut rand::rng(), &mut content);
    let content = Bytes::from(content);
    let digest = Digest::of(&content);

    let keyring = Keyring::in_memory();
    for round in 0..3 {
        let begun = Instant::now();
        std::hint::black_box(Sha256::digest(&content));
        let hash = begun.elapsed();

        let begun = Instant::now();
        let mut file = File::create(dir.path().join("raw")).expect("a file");
        for piece in content.chunks(1 << 20) {
            file.write_all(piece).expect("room");
        }
        file.sync_data().expect("a sync");
        let raw = begun.elapsed();

        let folder = dir.path().join("blobs");
        let blobs = Blobs::open(&folder, keyring.clone(), Limits::default()).expect("a folder");
        let begun = Instant::now();
        let mut upload = blobs.upload_once(None, u64::MAX).await.expect("an upload");
        let mut rest = content.clone();
        while !rest.is_empty() {
            let piece = rest.split_to(PIECE_BYTES.min(rest.len()));
            upload.write(piece).await.expect("room");
        }
        let (_, lease) = upload.finish(&digest).await.expect("the digest fits");
        let push = begun.elapsed();
        drop(lease);

        let begun = Instant::now();
        let mut reader = blobs.read(&digest).await.expect("readable").expect("there");
        while let Some(chunk) = reader.next_chunk().await.expect("readable") {
            std::hint::black_box(chunk);
        }
        let pull = begun.elapsed();
        let hold = blobs.try_exclusive(&digest).expect("nobody else");
        hold.remove().await.expect("removable");
        std::fs::remove_file(dir.path().join("raw")).expect("removable");
        println!(
            "round {round}: {mib} MiB: sha256 {hash:?}, write+fdatasync {raw:?}, push {push:?}, \
             read {pull:?}"
        );
    }
    let folder = dir.path().join("many");
    let blobs = Blobs::open(&folder, keyring, Limits::default()).expect("a folder");
    many(&blobs, content.slice(..1 << 20)).await;
}

const READERS: usize = 16;

async fn many(blobs: &Blobs, content: Bytes) {
    let mut upload = blobs.upload_once(None, u64::MAX).await.expect("an upload");
    upload.write(content.clone()).await.expect("room");
    let digest = Digest::of(&content);
    let (_, _lease) = upload.finish(&digest).await.expect("the digest fits");
    let before = usage();
    let until = Instant::now() + Duration::from_secs(3);
    let readers = (0..READERS).map(|_| {
        let blobs = blobs.clone();
        tokio::spawn(async move {
            let mut count = 0_u64;
            while Instant::now() < until {
                let read = blobs.read_range(&digest, 0, u64::MAX).await;
                let mut reader = read.expect("readable").expect("there");
                while let Some(chunk) = reader.next_chunk().await.expect("readable") {
                    // Sent in two pieces, between which others have their turn.
                    std::hint::black_box(&chunk);
                    tokio::task::yield_now().await;
                }
                count += 1;
            }
            count
        })
    });
    let mut count = 0;
    for reader in readers.collect::<Vec<_>>() {
        count += reader.await.expect("a reader");
    }
    let (faults, switches) = usage();
    println!(
        "{READERS} readers: {} MiB / s, {:.1} faults and {:.1} waits a MiB",
        count / 3,
        (faults - before.0) as f64 / count as f64,
        (switches - before.1) as f64 / count as f64
    );
}

/// Faults of pages without reading, and how often a thread waited.
fn usage() -> (i64, i64) {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF);
    usage.map_or((0, 0), |it| {
        (it.minor_page_faults(), it.voluntary_context_switches())
    })
}
