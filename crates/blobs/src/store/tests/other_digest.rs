//! Content that its sender names by sha512: verified by that, and the same blob as ever.

use proptest::prelude::*;

use super::*;
use crate::{Algorithm, BlobError, Layers, Lock};

fn sha512(content: &[u8]) -> Digest {
    Digest::by(Algorithm::Sha512, content)
}

/// Sends `content` in as many requests as there are `cuts` and one more, and ends it as `name`. The process may end
/// between two of them, and so does what it keeps in memory.
async fn push(
    home: Home,
    locked: bool,
    content: &Bytes,
    cuts: &[usize],
    told: bool,
    name: &Digest,
) -> (Home, Result<BlobInfo, BlobError>) {
    let mut home = home;
    let blobs = |home: &Home| match locked {
        true => home.blobs.under(Lock::new([7; 32], Layers::Two)),
        false => home.blobs.clone(),
    };
    let id = blobs(&home).begin_upload(SCOPE).await.unwrap();
    let mut at = 0;
    for (n, cut) in cuts.iter().enumerate() {
        let to = (at + cut).min(content.len());
        let mut upload = blobs(&home)
            .resume_upload(&id, SCOPE, NO_LIMIT)
            .await
            .unwrap();
        if told {
            upload.will_be(name);
        }
        send(&mut upload, &content.slice(at..to)).await;
        upload.pause().await.unwrap();
        at = to;
        if n % 2 == 1 {
            home = home.reopen();
        }
    }
    let mut upload = blobs(&home)
        .resume_upload(&id, SCOPE, NO_LIMIT)
        .await
        .unwrap();
    if told {
        upload.will_be(name);
    }
    send(&mut upload, &content.slice(at..)).await;
    let ended = upload.finish(name).await.map(|(info, _lease)| info);
    (home, ended)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn content_is_verified_by_the_digest_it_is_named_by(
        len in prop_oneof![0..3_usize, 65_530..65_540_usize, 0..300_000_usize],
        cuts in prop::collection::vec(0..150_000_usize, 0..4),
        told: bool,
        locked: bool,
        right: bool,
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let content = random(len);
            let name = match right {
                true => sha512(&content),
                false => sha512(b"something else"),
            };
            let (home, ended) = push(Home::new(), locked, &content, &cuts, told, &name).await;
            assert!(home.uploads().is_empty(), "{:?}", home.uploads());
            let all = home.blobs.list(None, 10).await.unwrap();
            match (ended, right) {
                (Ok(info), true) => {
                    assert_eq!(all, [info]);
                    assert_eq!(info.size, len as u64);
                    assert_eq!(info.digest == Digest::of(&content), !locked);
                }
                (Err(BlobError::DigestMismatch { expected, actual }), false) => {
                    assert_eq!((*expected, *actual), (name, sha512(&content)));
                    assert!(all.is_empty());
                }
                (ended, _) => panic!("{ended:?}"),
            }
            // Blobs have no other name than their own.
            assert_eq!(home.blobs.find(&name).await.unwrap(), None);
        });
    }
}

#[tokio::test]
async fn content_that_is_there_is_one_blob_under_both_digests() {
    let home = Home::new();
    let content = random(200_000);
    let (blob, _lease) = home.blobs.put(content.clone()).await.unwrap();
    let (home, ended) = push(home, false, &content, &[70_000], false, &sha512(&content)).await;
    assert_eq!(ended.unwrap(), blob);
    assert_eq!(home.blobs.list(None, 10).await.unwrap(), [blob]);

    let mut upload = home.blobs.upload_once(None, NO_LIMIT).await.unwrap();
    upload.write(content.clone()).await.unwrap();
    upload.discard(&sha512(&content)).await.unwrap();
    let mut upload = home.blobs.upload_once(None, NO_LIMIT).await.unwrap();
    upload.write(content).await.unwrap();
    let differs = upload.discard(&sha512(b"other")).await;
    assert!(
        matches!(differs, Err(BlobError::DigestMismatch { .. })),
        "{differs:?}"
    );
}

#[tokio::test]
async fn a_file_that_is_named_by_another_digest_is_no_blob() {
    let home = Home::new();
    let (blob, _lease) = home.blobs.put(random(10)).await.unwrap();
    let file = home.file(&blob.digest);
    let name = format!("{}.sealed", sha512(b"x").hex());
    fs::copy(&file, file.with_file_name(name)).unwrap();
    assert_eq!(home.blobs.list(None, 10).await.unwrap(), [blob]);
}

#[tokio::test]
async fn who_gives_up_while_all_is_read_once_more_may_come_back() {
    let home = Home::new();
    let content = Bytes::from(vec![7; 4 << 20]);
    let name = sha512(&content);
    let id = home.blobs.begin_upload(SCOPE).await.unwrap();
    let resume = || home.blobs.resume_upload(&id, SCOPE, NO_LIMIT);
    let mut upload = resume().await.unwrap();
    send(&mut upload, &content).await;
    upload.pause().await.unwrap();
    let upload = resume().await.unwrap();
    {
        let ending = upload.finish(&name);
        tokio::pin!(ending);
        tokio::select! {
            biased;
            _ = &mut ending => panic!("4 MiB were read at once"),
            () = tokio::task::yield_now() => {}
        }
    }
    let again = async {
        loop {
            match resume().await {
                Ok(upload) => return upload,
                Err(BlobError::UploadBusy) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        }
    };
    let upload = again.await;
    assert_eq!(upload.offset(), content.len() as u64);
    let (info, _lease) = upload.finish(&name).await.unwrap();
    assert_eq!(info.size, content.len() as u64);
}
