//! How fast blobs go in and out beside the bare steps: `rates [DIR] [MiB]`.

use std::{fs::File, io::Write, time::Instant};

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
}
