//! Blobs under a lock: with the folder and the keyring alone nothing of them is to be had, and all that is done to
//! blobs in the background is done to them too.

use std::time::SystemTime;

use super::*;
use crate::{BlobError, Layers, Lock, Scrubbed, Scrubber, sealed, verify};

fn lock(secret: u8, layers: Layers) -> Lock {
    Lock::new([secret; 32], layers)
}

async fn resume(blobs: &Blobs, id: &UploadId) -> Upload {
    blobs.resume_upload(id, SCOPE, NO_LIMIT).await.unwrap()
}

#[tokio::test]
async fn what_is_locked_opens_with_its_lock_alone() {
    for layers in [Layers::One, Layers::Two] {
        let home = Home::new();
        let locked = home.blobs.under(lock(1, layers));
        for len in [0, 1, 65_536, 300_000] {
            let content = random(len);
            let (info, _lease) = locked.put(content.clone()).await.unwrap();
            assert_ne!(info.digest, Digest::of(&content));
            assert_eq!(info.size, len as u64);
            assert_eq!(whole(&locked, &info.digest).await.unwrap(), content);
            assert!(
                home.blobs
                    .find(&Digest::of(&content))
                    .await
                    .unwrap()
                    .is_none()
            );
            assert_eq!(home.blobs.find(&info.digest).await.unwrap(), Some(info));
            let read = home.blobs.read(&info.digest).await;
            assert!(matches!(read, Err(BlobError::Locked)), "{read:?}");
        }
        let (info, _) = locked.put(random(10)).await.unwrap();
        let wrong = home.blobs.under(lock(2, Layers::One));
        if layers == Layers::One {
            let read = wrong.read(&info.digest).await;
            assert!(matches!(read, Err(BlobError::Damaged { .. })), "{read:?}");
        }
    }
}

#[tokio::test]
async fn an_upload_goes_on_under_its_lock() {
    let mut home = Home::new();
    let content = random(500_000);
    let under = |home: &Home| home.blobs.under(lock(1, Layers::Two));
    let id = under(&home).begin_upload(SCOPE).await.unwrap();
    for (n, part) in [1_usize, 65_535, 100_000, 200_000, 134_464]
        .into_iter()
        .enumerate()
    {
        let mut upload = resume(&under(&home), &id).await;
        let at = upload.offset() as usize;
        send(&mut upload, &content.slice(at..at + part)).await;
        upload.pause().await.unwrap();
        if n % 2 == 1 {
            home = home.reopen();
            let stranger = home.blobs.resume_upload(&id, SCOPE, NO_LIMIT).await;
            assert!(stranger.is_err(), "without the lock");
        }
    }
    let upload = resume(&under(&home), &id).await;
    let (info, _lease) = upload.finish(&Digest::of(&content)).await.unwrap();
    assert_eq!(whole(&under(&home), &info.digest).await.unwrap(), content);
    verify(&home.file(&info.digest), &home.keyring).unwrap();
    assert!(home.uploads().is_empty());
}

#[tokio::test]
async fn what_is_there_already_is_compared_and_dropped() {
    let home = Home::new();
    let locked = home.blobs.under(lock(1, Layers::One));
    let content = random(70_000);
    for (announced, fits) in [(&content, true), (&random(9), false)] {
        let mut upload = locked.upload_once(None, NO_LIMIT).await.unwrap();
        upload.write(content.clone()).await.unwrap();
        let ended = upload.discard(&Digest::of(announced)).await;
        assert_eq!(ended.is_ok(), fits, "{ended:?}");
    }
    home.without_uploads().await;
    assert!(home.blobs.list(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_under_a_lock_is_kept() {
    let home = Home::new();
    let content = random(300_000);
    let locked = home.blobs.under(lock(1, Layers::Two));
    let (info, _lease) = locked.put(content.clone()).await.unwrap();
    for _ in 0..3 {
        assert_eq!(whole(&locked, &info.digest).await.unwrap(), content);
    }
    // The upper layer is the keyring's, and what it opens is still encrypted.
    let wrong = home.blobs.under(lock(2, Layers::Two));
    for _ in 0..3 {
        assert_ne!(whole(&wrong, &info.digest).await.unwrap(), content);
    }
    assert_eq!(whole(&locked, &info.digest).await.unwrap(), content);
}

#[tokio::test]
async fn damage_is_found_without_the_lock() {
    let home = Home::new();
    let locked = home.blobs.under(lock(1, Layers::One));
    let mut names = Vec::new();
    for len in [1, 70_000, 9_000_000] {
        let (info, _) = locked.put(random(len)).await.unwrap();
        names.push(info.digest);
        verify(&home.file(&info.digest), &home.keyring).unwrap();
    }
    let mut scrubber = Scrubber::new(home.blobs.clone());
    assert!(scrubber.begin(SystemTime::now(), Duration::ZERO).unwrap());
    loop {
        match scrubber.step().await.unwrap() {
            Scrubbed::Bytes(_) => {}
            Scrubbed::Damaged(digest) => panic!("{digest} is sound"),
            Scrubbed::Ended => break,
        }
    }
    for digest in &names {
        flip(&home.file(digest), sealed::HEADER + 20);
        assert!(verify(&home.file(digest), &home.keyring).is_err());
    }
    assert!(scrubber.begin(SystemTime::now(), Duration::ZERO).unwrap());
    let mut found = Vec::new();
    loop {
        match scrubber.step().await.unwrap() {
            Scrubbed::Bytes(_) => {}
            Scrubbed::Damaged(digest) => found.push(digest),
            Scrubbed::Ended => break,
        }
    }
    names.sort_unstable();
    assert_eq!(found, names);
    for digest in &names {
        assert!(home.blobs.find(digest).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn one_that_does_not_open_is_there_no_more_unless_it_was_the_wrong_lock() {
    for layers in [Layers::One, Layers::Two] {
        let home = Home::new();
        let locked = home.blobs.under(lock(1, layers));
        // All of the first is in its last record; of the second, the last record alone is changed.
        for len in [100, 70_000] {
            let content = random(len);
            let (info, _) = locked.put(content.clone()).await.unwrap();
            let wrong = home.blobs.under(lock(2, layers));
            let _ = wrong.read(&info.digest).await;
            assert_eq!(locked.find(&info.digest).await.unwrap(), Some(info));

            let file = home.file(&info.digest);
            flip(&file, fs::metadata(&file).unwrap().len() - 1);
            let read = locked.read(&info.digest).await;
            assert!(matches!(read, Err(BlobError::Damaged { .. })), "{read:?}");
            assert_eq!(locked.find(&info.digest).await.unwrap(), None);
            assert_eq!(home.blobs.find(&info.digest).await.unwrap(), None);
            assert!(home.blobs.damaged(10).unwrap().contains(&info.digest));
        }
    }
}

#[tokio::test]
async fn keys_of_locked_files_follow_the_keyring() {
    let home = Home::new();
    let locked = home.blobs.under(lock(1, Layers::One));
    let content = random(100_000);
    let (info, _) = locked.put(content.clone()).await.unwrap();
    let id = locked.begin_upload(SCOPE).await.unwrap();
    let mut upload = resume(&locked, &id).await;
    send(&mut upload, &content).await;
    upload.pause().await.unwrap();
    home.keyring.rotate().unwrap();
    assert_eq!(home.blobs.reseal().await.unwrap(), 2);
    assert_eq!(whole(&locked, &info.digest).await.unwrap(), content);
    verify(&home.file(&info.digest), &home.keyring).unwrap();
    let upload = resume(&locked, &id).await;
    let (_, _lease) = upload.finish(&Digest::of(&content)).await.unwrap();
}
