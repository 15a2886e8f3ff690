//! What lies on the disk: nothing in the clear, nothing believed that was changed, and keys that
//! follow the keyring.

use std::{os::unix::fs::FileExt, path::Path};

use super::*;
use crate::{copy_key, sealed, verify};

const CANARY: &[u8] = b"a sentence that must not lie on the disk";

/// Every file below, with its bytes.
fn files(dir: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found
}

fn assert_no_canary(dir: &Path) {
    for (path, bytes) in files(dir) {
        let found = bytes.windows(CANARY.len()).any(|piece| piece == CANARY);
        assert!(!found, "in the clear in {}", path.display());
    }
}

async fn resume(home: &Home, id: &UploadId) -> Upload {
    let resumed = home.blobs.resume_upload(id, SCOPE, NO_LIMIT).await;
    resumed.unwrap()
}

#[tokio::test]
async fn nothing_lies_in_the_clear_at_any_moment() {
    let home = Home::new();
    let content = Bytes::from(CANARY.repeat(20_000));
    let id = home.blobs.begin_upload(SCOPE).await.unwrap();
    let mut upload = resume(&home, &id).await;
    send(&mut upload, &content.slice(..700_001)).await;
    upload.pause().await.unwrap();
    assert!(home.uploads().iter().any(|name| name.ends_with(".tail")));
    assert_no_canary(home.dir.path());
    let mut upload = resume(&home, &id).await;
    send(&mut upload, &content.slice(700_001..)).await;
    assert_no_canary(home.dir.path());
    let (info, _lease) = upload.finish(&Digest::of(&content)).await.unwrap();
    assert_no_canary(home.dir.path());
    assert!(home.uploads().is_empty());
    assert_eq!(info.size, content.len() as u64);
    let listed = home.blobs.list(None, 10).await.unwrap();
    assert_eq!(listed, [info]);
    assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), content);
}

#[tokio::test]
async fn small_parts_are_kept_whatever_dies_between_them() {
    let mut home = Home::new();
    let content = random(300_000);
    let id = home.blobs.begin_upload(SCOPE).await.unwrap();
    let mut sent = 0;
    while sent < content.len() {
        // Parts that end within chunks, on their borders and span several.
        let part = [1, 65_535, 30_000, 65_536, 90_000][sent % 5].min(content.len() - sent);
        let mut upload = resume(&home, &id).await;
        assert_eq!(upload.offset(), sent as u64);
        send(&mut upload, &content.slice(sent..sent + part)).await;
        sent += part;
        assert_eq!(upload.pause().await.unwrap(), sent as u64);
        // A request that broke off in the middle of the next part.
        let mut broken = resume(&home, &id).await;
        let more = content.slice(sent..(sent + 200).min(content.len()));
        broken.write(more).await.unwrap();
        drop(broken);
        if sent % 2 == 0 {
            home = home.reopen();
        }
        let length = home.blobs.upload_length(&id, SCOPE).await.unwrap();
        assert_eq!(length, sent as u64);
    }
    let upload = resume(&home, &id).await;
    let (info, _lease) = upload.finish(&Digest::of(&content)).await.unwrap();
    assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), content);
}

/// As a process does that is killed amid a write.
#[tokio::test]
async fn a_record_that_was_cut_short_is_written_again() {
    let home = Home::new();
    let content = random(200_000);
    let id = home.blobs.begin_upload(SCOPE).await.unwrap();
    let mut upload = resume(&home, &id).await;
    send(&mut upload, &content.slice(..150_000)).await;
    upload.pause().await.unwrap();
    let home = home.reopen();
    let name = home.uploads().into_iter().find(|n| !n.ends_with("tail"));
    let path = home.dir.path().join("uploads").join(name.unwrap());
    let end = fs::metadata(&path).unwrap().len();
    let file = File::options().write(true).open(&path).unwrap();
    file.write_all_at(&[9; 40_000], end).unwrap();
    let mut upload = resume(&home, &id).await;
    assert_eq!(upload.offset(), 150_000, "what was acknowledged is there");
    send(&mut upload, &content.slice(150_000..)).await;
    let (info, _lease) = upload.finish(&Digest::of(&content)).await.unwrap();
    assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), content);
}

#[tokio::test]
async fn a_changed_upload_is_given_up() {
    let home = Home::new();
    let id = home.blobs.begin_upload(SCOPE).await.unwrap();
    let mut upload = resume(&home, &id).await;
    send(&mut upload, &random(200_000)).await;
    upload.pause().await.unwrap();
    let home = home.reopen();
    for name in home.uploads() {
        flip(&home.dir.path().join("uploads").join(name), 1200);
    }
    let resumed = home.blobs.resume_upload(&id, SCOPE, NO_LIMIT).await;
    assert!(matches!(resumed, Err(BlobError::UnknownUpload)));
    home.without_uploads().await;
}

async fn damaged(home: &Home, digest: &Digest) -> bool {
    let read = home.blobs.get(digest, NO_LIMIT).await;
    let damaged = matches!(read, Err(BlobError::Damaged { .. }));
    assert!(damaged || read.is_ok(), "{read:?}");
    damaged
}

#[tokio::test]
async fn a_changed_byte_anywhere_is_noticed() {
    let home = Home::new();
    let content = random(150_000);
    let (info, _lease) = home.blobs.put(content.clone()).await.unwrap();
    let path = home.file(&info.digest);
    let length = fs::metadata(&path).unwrap().len();
    let record = sealed::RECORD as u64;
    // The key sealed for the blob (before it stands that of the upload, which nobody needs any more),
    // then nonce, content and tag of each record.
    let mut places = vec![512, 532, 612, 680, length - 1, length - 20];
    for n in 0..3 {
        let start = sealed::HEADER + n * record;
        places.extend([start, start + 11, start + 12, start + 5000]);
    }
    places.extend([sealed::HEADER + record - 1]);
    let before = fs::read(&path).unwrap();
    for at in places {
        flip(&path, at);
        assert!(damaged(&home, &info.digest).await, "byte {at}");
        assert!(verify(&path, &home.keyring).is_err(), "byte {at}");
        flip(&path, at);
    }
    assert_eq!(before, fs::read(&path).unwrap());
    assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), content);
    verify(&path, &home.keyring).unwrap();
}

#[tokio::test]
async fn a_file_cut_off_or_longer_or_in_another_order_is_noticed() {
    let home = Home::new();
    let (info, _lease) = home.blobs.put(random(200_000)).await.unwrap();
    let path = home.file(&info.digest);
    let whole = fs::read(&path).unwrap();
    let (record, header) = (sealed::RECORD, usize::try_from(sealed::HEADER).unwrap());
    let at = |n: usize| header + n * record;
    let mut swapped = whole.clone();
    swapped[at(0)..at(1)].copy_from_slice(&whole[at(1)..at(2)]);
    swapped[at(1)..at(2)].copy_from_slice(&whole[at(0)..at(1)]);
    let mut repeated = whole.clone();
    repeated[at(1)..at(2)].copy_from_slice(&whole[at(0)..at(1)]);
    let mut longer = whole.clone();
    longer.extend_from_slice(&whole[at(0)..at(1)]);
    for (what, bytes) in [
        ("nothing", Vec::new()),
        ("half a header", whole[..600].to_vec()),
        ("no record", whole[..header].to_vec()),
        ("whole chunks only", whole[..at(2)].to_vec()),
        ("half a record", whole[..at(2) + 100].to_vec()),
        ("half of the last", whole[..whole.len() - 1].to_vec()),
        ("swapped", swapped),
        ("repeated", repeated),
        ("longer", longer),
    ] {
        fs::write(&path, bytes).unwrap();
        assert!(damaged(&home, &info.digest).await, "{what}");
    }
    // Still the collector's to take.
    assert_eq!(home.blobs.list(None, 5).await.unwrap().len(), 1);
    fs::write(&path, &whole).unwrap();
    assert!(!damaged(&home, &info.digest).await);
}

#[tokio::test]
async fn a_file_in_the_place_of_another_is_noticed() {
    let home = Home::new();
    let (one, _lease) = home.blobs.put(random(100_000)).await.unwrap();
    let (other, _lease2) = home.blobs.put(random(100_000)).await.unwrap();
    let (first, second) = (home.file(&one.digest), home.file(&other.digest));
    let (a, b) = (fs::read(&first).unwrap(), fs::read(&second).unwrap());
    fs::write(&first, &b).unwrap();
    assert!(damaged(&home, &one.digest).await);
    // Its content alone, under the right header.
    let header = usize::try_from(sealed::HEADER).unwrap();
    fs::write(&first, [&a[..header], &b[header..]].concat()).unwrap();
    assert!(damaged(&home, &one.digest).await);
}

#[tokio::test]
async fn a_part_is_read_although_another_is_damaged() {
    let home = Home::new();
    let content = random(200_000);
    let (info, _lease) = home.blobs.put(content.clone()).await.unwrap();
    flip(&home.file(&info.digest), sealed::HEADER + 100);
    let mut reader = home.blobs.read(&info.digest).await.unwrap().unwrap();
    reader.select(70_000, 80_000);
    let chunk = reader.next_chunk().await.unwrap().unwrap();
    assert_eq!(chunk, content[70_000..80_000]);
    reader.select(0, 10);
    assert!(reader.next_chunk().await.is_err());
}

/// Stores the content again as a client does that was told what is there; whether it had to send it.
async fn push_again(home: &Home, content: &Bytes) -> bool {
    let digest = Digest::of(content);
    let there = home.blobs.find(&digest).await.unwrap().is_some();
    if !there {
        let mut upload = home.blobs.upload_once(None, NO_LIMIT).await.unwrap();
        send(&mut upload, content).await;
        drop(upload.finish(&digest).await.unwrap());
    }
    !there
}

#[tokio::test]
async fn a_damaged_blob_is_replaced_by_the_next_push() {
    let home = Home::new();
    let content = random(200_000);
    let (info, lease) = home.blobs.put(content.clone()).await.unwrap();
    drop(lease);
    let path = home.file(&info.digest);
    assert!(!push_again(&home, &content).await);
    // What the header and the end tell needs nobody to have read it.
    let length = fs::metadata(&path).unwrap().len();
    for at in [600, length - 1] {
        flip(&path, at);
        assert!(push_again(&home, &content).await, "byte {at}");
        assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), content);
    }
    fs::write(&path, b"cut").unwrap();
    assert!(push_again(&home, &content).await);
    // A part in the middle tells when it is read; that is known after a restart too.
    flip(&path, sealed::HEADER + 100);
    assert!(!push_again(&home, &content).await);
    home.forget();
    assert!(damaged(&home, &info.digest).await);
    let home = home.reopen();
    assert!(push_again(&home, &content).await);
    assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), content);
    assert!(!push_again(&home, &content).await);
    // One that `put` finds damaged too, and nothing is left but the blob.
    flip(&path, 600);
    let _kept = home.blobs.put(content.clone()).await.unwrap();
    assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), content);
    let left = names(path.parent().unwrap());
    assert_eq!(left.len(), 1, "{left:?}");
}

#[tokio::test]
async fn a_note_of_damage_is_of_one_file() {
    let home = Home::new();
    let content = random(200_000);
    let (info, lease) = home.blobs.put(content.clone()).await.unwrap();
    drop(lease);
    let path = home.file(&info.digest);
    flip(&path, sealed::HEADER + 100);
    // A reader of the file before, which finds the damage after another took its place.
    let mut reader = home.blobs.read(&info.digest).await.unwrap().unwrap();
    assert!(damaged(&home, &info.digest).await);
    assert!(push_again(&home, &content).await);
    assert!(reader.next_chunk().await.is_err());
    assert!(!push_again(&home, &content).await);
    home.blobs
        .try_exclusive(&info.digest)
        .unwrap()
        .remove()
        .await
        .unwrap();
    assert_eq!(names(path.parent().unwrap()).len(), 0);
}

#[tokio::test]
async fn another_keyring_opens_nothing() {
    let home = Home::new();
    let (info, lease) = home.blobs.put(random(100)).await.unwrap();
    drop(lease);
    let path = home.file(&info.digest);
    let Home { dir, blobs, .. } = home;
    drop(blobs);
    let other = Keyring::in_memory();
    let blobs = Blobs::open(dir.path(), other.clone(), Limits::default()).unwrap();
    let read = blobs.get(&info.digest, NO_LIMIT).await;
    assert!(matches!(
        read,
        Err(BlobError::Damaged {
            damage: Damage::Key(wharf_seal::OpenError::UnknownKey(_)),
            ..
        })
    ));
    assert!(verify(&path, &other).is_err());
}

#[tokio::test]
async fn keys_follow_the_keyring_and_former_ones_can_go() {
    let home = Home::new();
    let contents: Vec<Bytes> = (0..70).map(|n| random(n * 1000)).collect();
    for content in &contents {
        let _kept = home.blobs.put(content.clone()).await.unwrap();
    }
    let resting = home.blobs.begin_upload(SCOPE).await.unwrap();
    let mut upload = resume(&home, &resting).await;
    send(&mut upload, &random(100_000)).await;
    upload.pause().await.unwrap();
    // Open in a request all the while.
    let open = home.blobs.begin_upload(SCOPE).await.unwrap();
    let part = random(300_000);
    let mut upload = resume(&home, &open).await;
    send(&mut upload, &part).await;

    let former = home.keyring.active_key();
    let active = home.keyring.rotate().unwrap();
    let all = contents.len() + 2;
    assert_eq!(
        home.blobs.sealed_under().await.unwrap(),
        [(former, all)].into()
    );
    assert_eq!(home.blobs.reseal().await.unwrap(), all);
    assert_eq!(home.blobs.reseal().await.unwrap(), 0);
    assert_eq!(
        home.blobs.sealed_under().await.unwrap(),
        [(active, all)].into()
    );
    home.keyring.retire().unwrap();
    assert_ne!(former, home.keyring.active_key());
    upload.pause().await.unwrap();

    let home = home.reopen();
    for content in &contents {
        let found = whole(&home.blobs, &Digest::of(content)).await.unwrap();
        assert_eq!(found, *content);
    }
    resume(&home, &resting).await.cancel().await;
    let upload = resume(&home, &open).await;
    let (info, _lease) = upload.finish(&Digest::of(&part)).await.unwrap();
    assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), part);
}

#[tokio::test]
async fn a_rotation_that_was_killed_leaves_what_opens() {
    let home = Home::new();
    let content = random(1000);
    let (info, _lease) = home.blobs.put(content.clone()).await.unwrap();
    let path = home.file(&info.digest);
    home.blobs.reseal().await.unwrap();
    home.keyring.rotate().unwrap();
    // The new key is written, the former one not yet wiped.
    let before = fs::read(&path).unwrap();
    let file = File::options().read(true).write(true).open(&path).unwrap();
    let purpose = Purpose::Blob(info.digest);
    drop(sealed::reseal_begin(file, &home.keyring, &purpose).unwrap());
    let both = fs::read(&path).unwrap();
    assert_ne!(before, both);
    assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), content);
    assert_eq!(home.blobs.reseal().await.unwrap(), 1);
    home.keyring.retire().unwrap();
    assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), content);
    // A new key that was written by half does not hide the former one.
    home.keyring.rotate().unwrap();
    let file = File::options().read(true).write(true).open(&path).unwrap();
    drop(sealed::reseal_begin(file, &home.keyring, &purpose).unwrap());
    let slots = fs::read(&path).unwrap();
    let fresh = usize::from(slots[..512] == both[..512] || slots[..512] == before[..512]);
    flip(&path, (fresh * 512 + 60) as u64);
    assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), content);
    assert_eq!(home.blobs.reseal().await.unwrap(), 1);
    home.keyring.retire().unwrap();
    assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), content);
}

#[tokio::test]
async fn a_copy_follows_a_rotation_by_its_header_alone() {
    let home = Home::new();
    let (info, _lease) = home.blobs.put(random(100_000)).await.unwrap();
    let path = home.file(&info.digest);
    let other = tempfile::tempdir().unwrap();
    let copy = other.path().join(path.file_name().unwrap());
    fs::copy(&path, &copy).unwrap();
    assert!(!copy_key(&path, &copy).unwrap());
    home.keyring.rotate().unwrap();
    home.blobs.reseal().await.unwrap();
    home.keyring.retire().unwrap();
    assert!(verify(&copy, &home.keyring).is_err());
    assert!(copy_key(&path, &copy).unwrap());
    verify(&copy, &home.keyring).unwrap();
    assert_eq!(fs::read(&path).unwrap(), fs::read(&copy).unwrap());
}

/// As a version before stored it.
fn store_plain(home: &Home, content: &[u8]) -> Digest {
    let digest = Digest::of(content);
    let hex = digest.hex();
    let folder = home.dir.path().join("sha256").join(&hex[..2]);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(hex), content).unwrap();
    digest
}

#[tokio::test]
async fn plain_blobs_of_before_are_served_and_encrypted_a_few_at_a_time() {
    let home = Home::new();
    let mut digests = Vec::new();
    for n in 0..4_u8 {
        digests.push(store_plain(&home, &[CANARY, &[n; 70_000]].concat()));
    }
    let wrong = store_plain(&home, b"as it was stored");
    fs::write(home.file(&wrong), b"as somebody changed it").unwrap();
    let home = home.reopen();
    for digest in &digests {
        let info = home.blobs.find(digest).await.unwrap().unwrap();
        assert_eq!(info.size, 70_000 + CANARY.len() as u64);
        let found = whole(&home.blobs, digest).await.unwrap();
        assert_eq!(Digest::of(&found), *digest);
    }
    let half = home.blobs.encrypt_plain(100_000).await.unwrap();
    assert!(half.blobs <= 2 && half.left > 0, "{half:?}");
    // Somebody reads one that is to go, and one is being copied into a backup.
    let pause = home.blobs.pause_removal();
    let paused = home.blobs.encrypt_plain(NO_LIMIT).await.unwrap();
    assert_eq!(paused.blobs, 0, "{paused:?}");
    drop(pause);
    let rest = home.blobs.encrypt_plain(NO_LIMIT).await.unwrap();
    assert_eq!((rest.blobs, rest.left), (4 - half.blobs, 1), "{rest:?}");
    assert_no_canary(home.dir.path());
    for digest in &digests {
        let found = whole(&home.blobs, digest).await.unwrap();
        assert_eq!(Digest::of(&found), *digest);
        assert!(home.file(digest).to_string_lossy().ends_with(".sealed"));
    }
    assert_eq!(home.blobs.list(None, 10).await.unwrap().len(), 5);
    let hold = home.blobs.try_exclusive(&wrong).unwrap();
    assert!(hold.remove().await.unwrap());
    assert_eq!(home.blobs.encrypt_plain(1).await.unwrap().left, 0);
    home.without_uploads().await;
}

#[tokio::test]
async fn an_upload_that_a_version_before_left_is_removed() {
    let home = Home::new();
    let name = "00000000-0000-0000-0000-000000000000.0123";
    fs::write(home.dir.path().join("uploads").join(name), CANARY).unwrap();
    let home = home.reopen();
    assert!(home.uploads().is_empty());
}
