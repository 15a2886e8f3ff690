//! Small blobs, which are read as they are opened.

use super::*;
use crate::sealed;

/// Whether it is read without another thread, once it is in memory.
async fn is_at_once(home: &Home, digest: &Digest) -> bool {
    // Memory may be short at one time.
    for _ in 0..10 {
        if home.blobs.read_at_once(digest).is_some() {
            return true;
        }
        let _ = home.blobs.read(digest).await;
    }
    false
}

async fn rest_of(reader: &mut BlobReader) -> Vec<u8> {
    let mut found = Vec::new();
    while let Some(chunk) = reader.next_chunk().await.unwrap() {
        found.extend_from_slice(&chunk);
    }
    found
}

#[tokio::test]
async fn any_part_of_a_blob_comes_out_whatever_was_read_when_it_was_opened() {
    let home = Home::new();
    for size in [0, 1, 4096, 65_535, 65_536, 300_000] {
        let content = random(size);
        let (info, _lease) = home.blobs.put(content.clone()).await.unwrap();
        for (start, end) in [(0, u64::MAX), (1, 5), (4, 3), (0, 1), (70_000, 80_000)] {
            let to = usize::try_from(end).unwrap_or(size).min(size);
            let from = usize::try_from(start).unwrap().min(to);
            let mut reader = home.blobs.read(&info.digest).await.unwrap().unwrap();
            // Of what was read, of a part of that, and of what was read before.
            for _ in 0..3 {
                reader.select(start, end);
                assert_eq!(reader.remaining(), (to - from) as u64);
                assert_eq!(rest_of(&mut reader).await, content[from..to]);
            }
            let part = home.blobs.read_range(&info.digest, start, end).await;
            let mut part = part.unwrap().unwrap();
            assert_eq!(rest_of(&mut part).await, content[from..to], "{size}");
        }
        let mut reader = home.blobs.read(&info.digest).await.unwrap().unwrap();
        reader.select(0, size as u64 / 2);
        reader.select(0, size as u64);
        assert_eq!(rest_of(&mut reader).await, content);
    }
}

#[tokio::test]
async fn a_small_blob_is_read_at_once_by_whichever_slot_has_its_key() {
    let home = Home::new();
    let (info, lease) = home.blobs.put(random(4096)).await.unwrap();
    let digest = info.digest;
    drop(lease);
    // Some file systems cannot say what they have in memory.
    if !is_at_once(&home, &digest).await {
        return;
    }
    for _ in 0..3 {
        home.keyring.rotate().unwrap();
        assert_eq!(home.blobs.reseal().await.unwrap(), 1);
        assert!(is_at_once(&home, &digest).await);
    }
    home.keyring.retire().unwrap();
    assert!(is_at_once(&home, &digest).await);
}

#[tokio::test]
async fn a_small_blob_that_is_damaged_is_not_read_at_once() {
    let home = Home::new();
    let (info, lease) = home.blobs.put(random(4096)).await.unwrap();
    drop(lease);
    let path = home.file(&info.digest);
    let end = fs::metadata(&path).unwrap().len() - 1;
    for at in [sealed::HEADER, sealed::HEADER + 20, end] {
        flip(&path, at);
        assert!(!is_at_once(&home, &info.digest).await);
        let read = home.blobs.read(&info.digest).await;
        assert!(matches!(read, Err(BlobError::Damaged { .. })), "{at}");
        flip(&path, at);
        assert_eq!(whole(&home.blobs, &info.digest).await.unwrap().len(), 4096);
    }
    let file = File::options().write(true).open(&path).unwrap();
    for length in [end, sealed::HEADER + 28, sealed::HEADER, 5, 0] {
        file.set_len(length).unwrap();
        assert!(!is_at_once(&home, &info.digest).await, "{length}");
    }
}

#[tokio::test]
async fn a_keyring_without_the_key_reads_nothing_at_once() {
    let home = Home::new();
    let (info, lease) = home.blobs.put(random(4096)).await.unwrap();
    let Home { dir, blobs, .. } = home;
    drop((blobs, lease));
    let blobs = Blobs::open(dir.path(), Keyring::in_memory(), Limits::default()).unwrap();
    assert!(blobs.read_at_once(&info.digest).is_none());
    assert!(blobs.read(&info.digest).await.is_err());
}
