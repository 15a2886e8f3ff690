//! Small blobs, which are read as they are opened.

use super::*;
use crate::sealed;

/// Whether it is read without another thread, once it is in memory.
async fn is_at_once(home: &Home, digest: &Digest) -> bool {
    // Memory may be short at one time.
    for _ in 0..10 {
        if home.blobs.read_at_once(digest, None).is_some() {
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
    assert!(blobs.read_at_once(&info.digest, None).is_none());
    assert!(blobs.read(&info.digest).await.is_err());
}

const ACCOUNT: &str = "123456789012";

/// A blob of 4 KiB that is read until it is kept; `None` where the file system cannot say what it has in memory.
async fn read_again(home: &Home) -> Option<(Digest, Bytes)> {
    let content = random(4096);
    let (info, lease) = home.blobs.put(content.clone()).await.unwrap();
    drop(lease);
    // Memory may be short at one time.
    for reads in 0..10 {
        if home.blobs.kept(&info.digest).is_some() {
            assert!(reads > 1, "most is read once");
            return Some((info.digest, content));
        }
        let read = home.blobs.read_of(&info.digest, ACCOUNT).await;
        assert_eq!(rest_of(&mut read.unwrap().unwrap()).await, content);
    }
    assert!(!is_at_once(home, &info.digest).await, "it is in memory");
    None
}

/// Whether there is memory that an entry takes, whether it counts or not.
fn takes_memory(home: &Home, digest: &Digest) -> bool {
    home.blobs.folder().small().content(digest).is_some()
}

#[tokio::test]
async fn a_small_blob_is_kept_when_an_account_reads_it_again() {
    let home = Home::new();
    let Some((digest, content)) = read_again(&home).await else {
        return;
    };
    let mut reader = home.blobs.read(&digest).await.unwrap().unwrap();
    assert_eq!((reader.size(), reader.remaining()), (4096, 4096));
    for (start, end) in [(0, u64::MAX), (1, 5), (4, 3), (4000, 5000), (0, 4096)] {
        for _ in 0..2 {
            reader.select(start, end);
            let to = usize::try_from(end).unwrap_or(4096).min(4096);
            let from = usize::try_from(start).unwrap().min(to);
            assert_eq!(rest_of(&mut reader).await, content[from..to]);
        }
        reader.select(start, end);
        let left = reader.remaining();
        let rest = reader.take_at_once().map_or(0, |rest| rest.len() as u64);
        assert_eq!((rest, reader.remaining()), (left, 0));
    }
    let found = home.blobs.find(&digest).await.unwrap().unwrap();
    assert_eq!((found.digest, found.size), (digest, 4096));
    home.blobs.drop_idle();
    assert!(takes_memory(&home, &digest));
    let lock = crate::Lock::new([7; 32], crate::Layers::One);
    assert!(home.blobs.under(lock).kept(&digest).is_none());
}

#[tokio::test]
async fn a_small_blob_that_nobody_reads_for_an_account_is_not_kept() {
    let home = Home::new();
    let (info, _lease) = home.blobs.put(random(4096)).await.unwrap();
    for _ in 0..3 {
        whole(&home.blobs, &info.digest).await.unwrap();
    }
    assert!(!takes_memory(&home, &info.digest));
}

#[tokio::test]
async fn what_is_kept_leaves_with_its_file() {
    let home = Home::new();
    let Some((digest, _)) = read_again(&home).await else {
        return;
    };
    let hold = home.blobs.try_exclusive(&digest).unwrap();
    assert!(hold.remove().await.unwrap());
    assert!(!takes_memory(&home, &digest));
    assert!(home.blobs.read(&digest).await.unwrap().is_none());
    assert!(home.blobs.find(&digest).await.unwrap().is_none());

    // The same where somebody else takes the file away.
    let Some((digest, _)) = read_again(&home).await else {
        return;
    };
    fs::remove_file(home.file(&digest)).unwrap();
    assert!(home.blobs.read(&digest).await.unwrap().is_none());
    assert!(!takes_memory(&home, &digest));
}

#[tokio::test]
async fn what_is_kept_leaves_when_its_file_moves_aside_or_is_noted_as_damaged() {
    let home = Home::new();
    let Some((digest, _)) = read_again(&home).await else {
        return;
    };
    let inode = std::os::unix::fs::MetadataExt::ino(&fs::metadata(home.file(&digest)).unwrap());
    let hold = home.blobs.try_exclusive(&digest).unwrap();
    hold.move_aside(inode, Limits::default()).await.unwrap();
    assert!(!takes_memory(&home, &digest));
    assert!(
        home.blobs
            .read_of(&digest, ACCOUNT)
            .await
            .unwrap()
            .is_none()
    );

    let Some((digest, _)) = read_again(&home).await else {
        return;
    };
    let file = File::open(home.file(&digest)).unwrap();
    home.blobs.folder().note_damage(&digest, &file).unwrap();
    assert!(!takes_memory(&home, &digest));
    for _ in 0..3 {
        let read = home.blobs.read_of(&digest, ACCOUNT).await.unwrap().unwrap();
        assert!(read.is_noted_damaged());
        assert!(!takes_memory(&home, &digest));
    }
    assert!(home.blobs.find(&digest).await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_kept_does_not_count_once_its_key_is_sealed_anew() {
    let home = Home::new();
    let Some((digest, content)) = read_again(&home).await else {
        return;
    };
    home.keyring.rotate().unwrap();
    assert_eq!(home.blobs.reseal().await.unwrap(), 1);
    assert!(!takes_memory(&home, &digest));
    assert_eq!(whole(&home.blobs, &digest).await.unwrap(), content);
}

#[tokio::test]
async fn a_small_upload_is_kept_for_who_reads_it_next() {
    let home = Home::new();
    let content = random(5000);
    let digest = Digest::of(&content);
    let mut upload = home.blobs.upload_once(None, NO_LIMIT).await.unwrap();
    upload.keep_for(ACCOUNT);
    send(&mut upload, &content).await;
    let (_, lease) = upload.finish(&digest).await.unwrap();
    drop(lease);
    let kept = home.blobs.folder().small().content(&digest).unwrap();
    assert_eq!(kept.1, content);
    assert_eq!(whole(&home.blobs, &digest).await.unwrap(), content);
    let hold = home.blobs.try_exclusive(&digest).unwrap();
    assert!(hold.remove().await.unwrap());
    assert!(!takes_memory(&home, &digest));
}

#[tokio::test]
async fn an_upload_that_is_large_or_began_before_is_not_kept() {
    let home = Home::new();
    let large = random(sealed::CHUNK);
    let mut upload = home.blobs.upload_once(None, NO_LIMIT).await.unwrap();
    upload.keep_for(ACCOUNT);
    send(&mut upload, &large).await;
    let digest = Digest::of(&large);
    drop(upload.finish(&digest).await.unwrap());
    assert!(!takes_memory(&home, &digest));

    let content = random(100);
    let id = home.blobs.begin_upload(SCOPE).await.unwrap();
    let resume = || home.blobs.resume_upload(&id, SCOPE, NO_LIMIT);
    let mut upload = resume().await.unwrap();
    upload.keep_for(ACCOUNT);
    upload.write(content.slice(..60)).await.unwrap();
    upload.pause().await.unwrap();
    let mut upload = resume().await.unwrap();
    upload.keep_for(ACCOUNT);
    upload.write(content.slice(60..)).await.unwrap();
    let digest = Digest::of(&content);
    drop(upload.finish(&digest).await.unwrap());
    assert!(!takes_memory(&home, &digest));
    assert_eq!(whole(&home.blobs, &digest).await.unwrap(), content);
}
