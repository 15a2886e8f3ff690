use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    time::Duration,
};

use bytes::Bytes;
use rand::{Rng, RngCore};
use tempfile::TempDir;

use super::*;
use crate::{Upload, UploadId};

mod at_rest;
mod locked;
mod other_digest;
mod scrub;
mod small;

const SCOPE: &str = "repository/a";
const NO_LIMIT: u64 = u64::MAX;

struct Home {
    dir: TempDir,
    keyring: Keyring,
    blobs: Blobs,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let keyring = Keyring::open_or_create(&dir.path().join("keys/keyring")).unwrap();
        let blobs = Blobs::open(dir.path(), keyring.clone(), Limits::default()).unwrap();
        Self {
            dir,
            keyring,
            blobs,
        }
    }

    /// As after a restart of the process.
    fn reopen(self) -> Self {
        self.reopen_with(Limits::default())
    }

    fn reopen_with(self, limits: Limits) -> Self {
        let Self {
            dir,
            keyring,
            blobs,
        } = self;
        drop(blobs);
        let blobs = Blobs::open(dir.path(), keyring.clone(), limits).unwrap();
        Self {
            dir,
            keyring,
            blobs,
        }
    }

    fn file(&self, digest: &Digest) -> std::path::PathBuf {
        self.blobs.path(digest).unwrap().unwrap()
    }

    fn uploads(&self) -> Vec<String> {
        names(self.dir.path().join("uploads"))
    }

    /// As when nobody has read anything for long.
    fn forget(&self) {
        let later = std::time::Instant::now() + Duration::from_secs(3600);
        self.blobs.inner.hot.drop_idle(later);
    }

    /// Removals of dropped uploads run behind: waits for them.
    async fn without_uploads(&self) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        while !self.uploads().is_empty() {
            assert!(
                tokio::time::Instant::now() < deadline,
                "{:?}",
                self.uploads()
            );
            tokio::task::yield_now().await;
        }
    }
}

fn names(folder: impl AsRef<Path>) -> Vec<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn random(len: usize) -> Bytes {
    let mut bytes = vec![0; len];
    rand::rng().fill_bytes(&mut bytes);
    bytes.into()
}

fn flip(path: &Path, at: u64) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 1], at).unwrap();
}

/// In pieces of all sizes, as a socket delivers them.
async fn send(upload: &mut Upload, content: &Bytes) {
    let mut rest = content.clone();
    while !rest.is_empty() {
        let piece = rand::rng().random_range(1..=rest.len().min(90_000));
        upload.write(rest.split_to(piece)).await.unwrap();
    }
}

async fn whole(blobs: &Blobs, digest: &Digest) -> Option<Vec<u8>> {
    blobs.get(digest, NO_LIMIT).await.unwrap()
}

#[tokio::test]
async fn what_goes_in_comes_out() {
    let home = Home::new();
    for len in [
        0,
        1,
        65_535,
        65_536,
        65_537,
        4 * 65_536,
        255 * 1024,
        3 * 1024 * 1024 + 17,
    ] {
        let content = random(len);
        let digest = Digest::of(&content);
        let mut upload = home.blobs.upload_once(None, NO_LIMIT).await.unwrap();
        send(&mut upload, &content).await;
        let (info, _lease) = upload.finish(&digest).await.unwrap();
        assert_eq!((info.digest, info.size), (digest, len as u64));
        assert_eq!(whole(&home.blobs, &digest).await.unwrap(), content);
    }
    home.without_uploads().await;
}

#[tokio::test]
async fn ranges_are_what_stands_there() {
    let home = Home::new();
    // Of short ranges and long ones.
    let content = random(1_400_001);
    let digest = Digest::of(&content);
    let mut upload = home.blobs.upload_once(None, NO_LIMIT).await.unwrap();
    send(&mut upload, &content).await;
    let (_, _lease) = upload.finish(&digest).await.unwrap();
    let size = content.len();
    for (start, end) in [
        (0, size),
        (0, 1),
        (65_535, 65_537),
        (1, 262_144),
        (262_143, 600_000),
        (70_000, 70_000 + (1 << 20)),
        (size - 1, size + 5),
        (5, 5),
        (size, size + 1),
        (size + 1, size + 2),
    ] {
        let read = home.blobs.read_range(&digest, start as u64, end as u64);
        let mut reader = read.await.unwrap().unwrap();
        let mut found = Vec::new();
        while let Some(chunk) = reader.next_chunk().await.unwrap() {
            assert!(!chunk.is_empty());
            found.extend_from_slice(&chunk);
        }
        let expected = content.get(start..end.min(size)).unwrap_or_default();
        assert!(found == expected, "{start}..{end}");
    }
    let other = home.blobs.read_range(&Digest::of(b""), 0, 1).await;
    assert!(other.unwrap().is_none());
    // What is damaged at the beginning of a range is refused at once, elsewhere when it is reached.
    home.forget();
    flip(&home.file(&digest), sealed_at(300_000));
    let from = async |start| home.blobs.read_range(&digest, start, NO_LIMIT).await;
    let refused = from(300_000).await;
    assert!(
        matches!(refused, Err(BlobError::Damaged { .. })),
        "{refused:?}"
    );
    let mut reader = from(0).await.unwrap().unwrap();
    assert!(reader.next_chunk().await.unwrap().is_some());
    assert!(reader.next_chunk().await.is_err());
}

#[tokio::test]
async fn what_is_read_again_is_kept_for_a_while() {
    let home = Home::new();
    let content = random(700_000);
    let (info, _lease) = home.blobs.put(content.clone()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), content);
    }
    let file = File::open(home.file(&info.digest)).unwrap();
    let version = Version::of(info.digest, &file).unwrap();
    let kept = |at| home.blobs.inner.hot.content(&version, at, NO_LIMIT);
    let first = kept(0).unwrap();
    assert_eq!(first, content.slice(..first.len()));
    assert_eq!(kept(699_990).unwrap(), content.slice(699_990..));
    assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), content);
    let part = home.blobs.read_range(&info.digest, 299_990, 300_010);
    let mut part = part.await.unwrap().unwrap();
    let found = part.next_chunk().await.unwrap();
    assert_eq!(found.unwrap(), content[299_990..300_010]);
    home.forget();
    assert_eq!((kept(0), kept(699_990)), (None, None));
    flip(&home.file(&info.digest), sealed_at(300_000));
    let read = home.blobs.get(&info.digest, NO_LIMIT).await;
    assert!(matches!(read, Err(BlobError::Damaged { .. })), "{read:?}");
}

#[tokio::test]
async fn what_is_read_before_its_file_changes_is_not_kept_as_of_the_changed_one() {
    let home = Home::new();
    let (info, _lease) = home.blobs.put(random(700_000)).await.unwrap();
    let digest = info.digest;
    let _known = whole(&home.blobs, &digest).await;
    home.forget();
    let path = home.file(&digest);
    let first = move |source: &Source| -> io::Result<Option<Bytes>> {
        let mut chunk = Arc::<Spares>::default().chunk();
        chunk.fill(source, 0, hot::within_piece(0, source.size))?;
        // Until the kernel's clock has gone on.
        let before = Version::of(digest, &source.file)?;
        while Version::of(digest, &source.file)? == before {
            flip(&path, sealed_at(10));
        }
        Ok(Some(Bytes::from_owner(chunk)))
    };
    let opened = home.blobs.opened(&digest, first).await.unwrap();
    let (source, version, first) = opened.unwrap();
    let reader = home.blobs.reader(source, digest, version);
    assert_eq!(reader.begun(0, NO_LIMIT, first).remaining(), 700_000);
    let changed = File::open(home.file(&digest)).unwrap();
    let changed = Version::of(digest, &changed).unwrap();
    let hot = &home.blobs.inner.hot;
    assert_eq!(hot.content(&changed, 0, NO_LIMIT), None);
    assert!(hot.content(&version.unwrap(), 0, NO_LIMIT).is_some());
}

/// Where in its file a byte of content is.
fn sealed_at(at: u64) -> u64 {
    let chunk = crate::sealed::CHUNK as u64;
    crate::sealed::position(at / chunk) + 12 + at % chunk
}

#[tokio::test]
async fn a_wrong_digest_is_refused_and_leaves_nothing() {
    let home = Home::new();
    let mut upload = home.blobs.upload_once(None, NO_LIMIT).await.unwrap();
    upload.write(Bytes::from_static(b"content")).await.unwrap();
    let expected = Digest::of(b"other");
    let refused = upload.finish(&expected).await.unwrap_err();
    let actual = Digest::of(b"content");
    assert!(matches!(refused, BlobError::DigestMismatch { actual: a, .. } if *a == actual));
    home.without_uploads().await;
    assert_eq!(home.blobs.stat(&expected).await.unwrap(), None);
    assert_eq!(home.blobs.stat(&actual).await.unwrap(), None);
}

#[tokio::test]
async fn an_upload_goes_on_in_a_later_request_and_after_a_restart() {
    let mut home = Home::new();
    let parts: Vec<Bytes> = (0..4).map(|n| random(700_000 + n)).collect();
    let all = Bytes::from(parts.concat());
    let id = home.blobs.begin_upload(SCOPE).await.unwrap();
    let mut offset = 0;
    for (n, part) in parts.iter().enumerate() {
        if n == 2 {
            home = home.reopen();
        }
        assert_eq!(home.blobs.upload_length(&id, SCOPE).await.unwrap(), offset);
        let mut upload = home
            .blobs
            .resume_upload(&id, SCOPE, NO_LIMIT)
            .await
            .unwrap();
        assert_eq!(upload.offset(), offset);
        send(&mut upload, part).await;
        offset = upload.pause().await.unwrap();
    }
    let upload = home
        .blobs
        .resume_upload(&id, SCOPE, NO_LIMIT)
        .await
        .unwrap();
    let (info, _lease) = upload.finish(&Digest::of(&all)).await.unwrap();
    assert_eq!(whole(&home.blobs, &info.digest).await.unwrap(), all);
    assert!(matches!(
        home.blobs.resume_upload(&id, SCOPE, NO_LIMIT).await,
        Err(BlobError::UnknownUpload)
    ));
}

#[tokio::test]
async fn a_broken_request_loses_at_most_what_was_not_written() {
    let home = Home::new();
    let content = random(5_000_000);
    let id = home.blobs.begin_upload(SCOPE).await.unwrap();
    let mut upload = home
        .blobs
        .resume_upload(&id, SCOPE, NO_LIMIT)
        .await
        .unwrap();
    send(&mut upload, &content.slice(..4_000_000)).await;
    drop(upload);

    // Threads may still be writing; the upload is busy as long as they are.
    let mut upload = loop {
        match home.blobs.resume_upload(&id, SCOPE, NO_LIMIT).await {
            Err(BlobError::UploadBusy) => tokio::task::yield_now().await,
            other => break other.unwrap(),
        }
    };
    let kept = usize::try_from(upload.offset()).unwrap();
    assert!(kept <= 4_000_000);
    send(&mut upload, &content.slice(kept..)).await;
    let (_info, _lease) = upload.finish(&Digest::of(&content)).await.unwrap();
}

#[tokio::test]
async fn a_stream_nobody_resumes_leaves_nothing() {
    let home = Home::new();
    let id = home.blobs.begin_upload(SCOPE).await.unwrap();
    let mut upload = home
        .blobs
        .resume_upload(&id, SCOPE, NO_LIMIT)
        .await
        .unwrap();
    upload.end_with_request().await.unwrap();
    let content = random(2_000_000);
    send(&mut upload, &content).await;
    assert!(
        home.uploads()[0].ends_with(".once"),
        "a killed process leaves nothing either"
    );
    assert!(home.blobs.upload_length(&id, SCOPE).await.is_ok());
    upload.pause().await.unwrap();

    let mut upload = home
        .blobs
        .resume_upload(&id, SCOPE, NO_LIMIT)
        .await
        .unwrap();
    assert_eq!(upload.offset(), 2_000_000, "what was acknowledged is kept");
    upload.end_with_request().await.unwrap();
    drop(upload);
    home.without_uploads().await;
}

#[tokio::test]
async fn one_writer_at_a_time() {
    let home = Home::new();
    let id = home.blobs.begin_upload(SCOPE).await.unwrap();
    let first = home
        .blobs
        .resume_upload(&id, SCOPE, NO_LIMIT)
        .await
        .unwrap();
    let second = home.blobs.resume_upload(&id, SCOPE, NO_LIMIT).await;
    assert!(matches!(second, Err(BlobError::UploadBusy)));
    first.pause().await.unwrap();
    assert!(home.blobs.resume_upload(&id, SCOPE, NO_LIMIT).await.is_ok());
}

#[tokio::test]
async fn an_upload_belongs_to_its_scope() {
    let home = Home::new();
    let id = home.blobs.begin_upload(SCOPE).await.unwrap();
    let unknown = UploadId::parse("00000000-0000-0000-0000-000000000000").unwrap();
    for (id, scope) in [(id, "repository/b"), (unknown, SCOPE)] {
        let resumed = home.blobs.resume_upload(&id, scope, NO_LIMIT).await;
        assert!(matches!(resumed, Err(BlobError::UnknownUpload)));
        let length = home.blobs.upload_length(&id, scope).await;
        assert!(matches!(length, Err(BlobError::UnknownUpload)));
    }
}

#[test]
fn only_uuids_name_uploads() {
    for bad in [
        "",
        "../../../etc/passwd",
        "0000000000000000000000000000000000000",
        "00000000-0000-0000-0000-00000000000G",
        "00000000-0000-0000-0000-00000000000/",
    ] {
        assert_eq!(UploadId::parse(bad), None, "{bad}");
    }
}

#[tokio::test]
async fn bounds_hold() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits {
        open_uploads: 2,
        ..Limits::default()
    };
    let blobs = Blobs::open(dir.path(), Keyring::in_memory(), limits).unwrap();
    let mut upload = blobs.upload_once(None, 10).await.unwrap();
    upload
        .write(Bytes::from_static(b"0123456789"))
        .await
        .unwrap();
    let over = upload.write(Bytes::from_static(b"x")).await;
    assert!(matches!(over, Err(BlobError::TooLarge { limit: 10 })));

    let id = blobs.begin_upload(SCOPE).await.unwrap();
    assert!(matches!(
        blobs.begin_upload(SCOPE).await,
        Err(BlobError::TooManyUploads { limit: 2 })
    ));
    blobs
        .resume_upload(&id, SCOPE, 10)
        .await
        .unwrap()
        .cancel()
        .await;
    while blobs.begin_upload(SCOPE).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn one_digest_pushed_by_many_at_once_is_one_file() {
    let home = Home::new();
    let content = random(900_000);
    let digest = Digest::of(&content);
    let mut pushes = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (blobs, content) = (home.blobs.clone(), content.clone());
        pushes.spawn(async move {
            let mut upload = blobs.upload_once(None, NO_LIMIT).await.unwrap();
            send(&mut upload, &content).await;
            upload.finish(&digest).await.map(|(info, _)| info.size)
        });
    }
    for size in pushes.join_all().await {
        assert_eq!(size.unwrap(), 900_000);
    }
    home.without_uploads().await;
    assert_eq!(home.blobs.list(None, 10).await.unwrap().len(), 1);
    assert_eq!(whole(&home.blobs, &digest).await.unwrap(), content);
}

#[tokio::test]
async fn put_is_idempotent() {
    let home = Home::new();
    let (info, _lease) = home.blobs.put(Bytes::from_static(b"{}")).await.unwrap();
    let (again, _lease) = home.blobs.put(Bytes::from_static(b"{}")).await.unwrap();
    assert_eq!(info, again);
}

#[tokio::test]
async fn ranges() {
    let home = Home::new();
    let content = random(1_000_000);
    let (info, _lease) = home.blobs.put(content.clone()).await.unwrap();
    for (start, end) in [
        (0, 1),
        (65_535, 65_537),
        (65_536, 131_072),
        (262_143, 262_145),
        (10, 600_000),
        (999_999, 1_000_000),
        (5, 5),
        (7, NO_LIMIT),
    ] {
        let mut reader = home.blobs.read(&info.digest).await.unwrap().unwrap();
        reader.select(start, end);
        let mut got = Vec::new();
        assert_eq!(reader.remaining(), end.min(1_000_000) - start);
        while let Some(chunk) = reader.next_chunk().await.unwrap() {
            got.extend_from_slice(&chunk);
        }
        assert_eq!(got, content[start as usize..end.min(1_000_000) as usize]);
    }
    let mut reader = home.blobs.read(&info.digest).await.unwrap().unwrap();
    reader.select(2_000_000, 3_000_000);
    assert_eq!(reader.next_chunk().await.unwrap(), None);
}

#[tokio::test]
async fn a_read_goes_on_when_its_blob_is_removed() {
    let home = Home::new();
    let content = random(1_000_000);
    let (info, lease) = home.blobs.put(content.clone()).await.unwrap();
    drop(lease);
    let mut reader = home.blobs.read(&info.digest).await.unwrap().unwrap();
    let first = reader.next_chunk().await.unwrap().unwrap();
    assert!(
        home.blobs
            .try_exclusive(&info.digest)
            .unwrap()
            .remove()
            .await
            .unwrap()
    );
    let mut got = first.to_vec();
    while let Some(chunk) = reader.next_chunk().await.unwrap() {
        got.extend_from_slice(&chunk);
    }
    assert_eq!(got, content);
    assert_eq!(home.blobs.get(&info.digest, NO_LIMIT).await.unwrap(), None);
}

#[tokio::test]
async fn get_is_bounded() {
    let home = Home::new();
    let (info, _lease) = home.blobs.put(random(100)).await.unwrap();
    let refused = home.blobs.get(&info.digest, 99).await;
    assert!(matches!(refused, Err(BlobError::TooLarge { limit: 99 })));
}

#[tokio::test]
async fn lists_page_by_page_in_order() {
    let home = Home::new();
    let mut digests = Vec::new();
    for n in 0..40_u8 {
        digests.push(home.blobs.put(vec![n].into()).await.unwrap().0.digest);
    }
    digests.sort_unstable();
    fs::write(
        home.dir
            .path()
            .join("sha256")
            .join(&digests[0].hex()[..2])
            .join("note"),
        "x",
    )
    .unwrap();
    let mut listed = Vec::new();
    loop {
        let page = home.blobs.list(listed.last().copied(), 7).await.unwrap();
        if page.is_empty() {
            break;
        }
        listed.extend(page.iter().map(|info| info.digest));
    }
    assert_eq!(listed, digests);
}

#[tokio::test]
async fn a_leased_blob_is_not_removed() {
    let home = Home::new();
    let (info, lease) = home.blobs.put(random(10)).await.unwrap();
    assert!(home.blobs.try_exclusive(&info.digest).is_none());
    drop(lease);
    let hold = home.blobs.try_exclusive(&info.digest).unwrap();
    let waiting = tokio::spawn({
        let (blobs, digest) = (home.blobs.clone(), info.digest);
        async move {
            let _lease = blobs.lease(&digest).await;
            blobs.stat(&digest).await.unwrap()
        }
    });
    assert!(hold.remove().await.unwrap());
    assert_eq!(waiting.await.unwrap(), None);
    assert_eq!(
        home.blobs.leases().len(),
        0,
        "nothing is kept for digests nobody holds"
    );
}

#[tokio::test]
async fn sweeps_idle_uploads_only() {
    let home = Home::new();
    let idle = home.blobs.begin_upload(SCOPE).await.unwrap();
    let busy = home.blobs.begin_upload(SCOPE).await.unwrap();
    let held = home
        .blobs
        .resume_upload(&busy, SCOPE, NO_LIMIT)
        .await
        .unwrap();
    assert_eq!(
        home.blobs
            .sweep_uploads(Duration::from_secs(3600))
            .await
            .unwrap(),
        0
    );
    assert_eq!(home.blobs.sweep_uploads(Duration::ZERO).await.unwrap(), 1);
    let gone = home.blobs.upload_length(&idle, SCOPE).await;
    assert!(matches!(gone, Err(BlobError::UnknownUpload)));
    held.cancel().await;
    home.without_uploads().await;
}

#[tokio::test]
async fn a_killed_process_leaves_no_unfinished_blob() {
    let home = Home::new();
    let leftover = home
        .blobs
        .folder()
        .upload("00000000-0000-0000-0000-000000000000.once");
    fs::write(leftover, b"half").unwrap();
    let resumable = home.blobs.begin_upload(SCOPE).await.unwrap();
    let home = home.reopen_with(Limits {
        open_uploads: 1,
        ..Limits::default()
    });
    assert_eq!(home.uploads().len(), 1);
    let full = home.blobs.begin_upload(SCOPE).await;
    assert!(
        matches!(full, Err(BlobError::TooManyUploads { .. })),
        "what remains is counted"
    );
    assert_eq!(
        home.blobs.upload_length(&resumable, SCOPE).await.unwrap(),
        0
    );
}

#[test]
fn one_process_a_folder() {
    let home = Home::new();
    let second = Blobs::open(home.dir.path(), home.keyring.clone(), Limits::default());
    assert!(matches!(second, Err(BlobError::InUse(_))));
}

#[tokio::test]
async fn a_scope_has_its_share_of_uploads_and_bytes_and_others_have_theirs() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits {
        scope_uploads: 2,
        scope_bytes: 1000,
        free_bytes: 0,
        ..Limits::default()
    };
    let keyring = Keyring::in_memory();
    let blobs = Blobs::open(dir.path(), keyring.clone(), limits).unwrap();
    let first = blobs.begin_upload("a").await.unwrap();
    let second = blobs.begin_upload("a").await.unwrap();
    assert!(matches!(
        blobs.begin_upload("a").await,
        Err(BlobError::TooManyUploads { limit: 2 })
    ));
    let other = blobs.begin_upload("b").await.unwrap();
    let send = async |blobs: &Blobs, id: &UploadId, scope: &str, bytes: usize| {
        let mut upload = blobs.resume_upload(id, scope, NO_LIMIT).await?;
        upload.write(vec![7; bytes].into()).await?;
        upload.pause().await
    };
    assert_eq!(send(&blobs, &first, "a", 600).await.unwrap(), 600);
    assert!(matches!(
        send(&blobs, &second, "a", 600).await,
        Err(BlobError::TooManyUploadBytes { limit: 1000 })
    ));
    assert_eq!(send(&blobs, &other, "b", 900).await.unwrap(), 900);
    // A restart forgets none of it.
    drop(blobs);
    let blobs = Blobs::open(dir.path(), keyring, limits).unwrap();
    assert!(matches!(
        send(&blobs, &second, "a", 600).await,
        Err(BlobError::TooManyUploadBytes { .. })
    ));
    assert!(blobs.begin_upload("a").await.is_err());
    // What is finished, given up or swept counts no more.
    let upload = blobs.resume_upload(&first, "a", NO_LIMIT).await.unwrap();
    drop(upload.finish(&Digest::of(&[7; 600])).await.unwrap());
    assert_eq!(send(&blobs, &second, "a", 600).await.unwrap(), 600);
    let third = blobs.begin_upload("a").await.unwrap();
    assert!(send(&blobs, &third, "a", 600).await.is_err());
    let swept = blobs
        .sweep_uploads(std::time::Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(swept, 3);
    let fourth = blobs.begin_upload("a").await.unwrap();
    assert_eq!(send(&blobs, &fourth, "a", 900).await.unwrap(), 900);
}

#[tokio::test]
async fn an_upload_leaves_room_for_others() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits {
        // A twentieth of the file system then, of which so much is free hopefully.
        free_bytes: u64::MAX,
        ..Limits::default()
    };
    let blobs = Blobs::open(dir.path(), Keyring::in_memory(), limits).unwrap();
    let (free, total) = blobs.folder().free().unwrap();
    let mut upload = blobs.upload_once(None, NO_LIMIT).await.unwrap();
    let written = upload.write(vec![1; 10].into()).await;
    assert_eq!(written.is_ok(), free >= total / 20, "{written:?}");
}

#[tokio::test]
async fn nothing_is_removed_while_a_copy_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(dir.path(), Keyring::in_memory(), Limits::default()).unwrap();
    let (info, lease) = blobs.put("old".into()).await.unwrap();
    drop(lease);
    let pause = blobs.pause_removal();
    assert!(blobs.try_exclusive(&info.digest).is_none());
    drop(pause);
    assert!(blobs.try_exclusive(&info.digest).is_some());
}
