//! What several do at once, and what is left of what a kill cut short.

use futures_util::future::join_all;
use wharf_store::{Chaos, Range, Store, StoreOptions};

use super::*;

fn delete_bucket() -> DeleteBucketRequest {
    DeleteBucketRequest {
        bucket: Some(BUCKET.to_owned()),
        ..DeleteBucketRequest::default()
    }
}

/// A service over a store whose calls let others run in between.
async fn delayed(seed: u64) -> It {
    let options = StoreOptions {
        chaos: Some(Chaos {
            delayed: 0.7,
            ..Chaos::none(seed)
        }),
        ..StoreOptions::default()
    };
    It::over(World::over(
        Store::in_memory(options),
        wharf_svc_iam::Mode::Enforce,
    ))
    .await
}

#[tokio::test]
async fn versions_deleted_at_once_leave_nothing_behind() {
    for seed in 0..40 {
        let it = delayed(seed).await;
        it.versioning("Enabled").await;
        let mut versions = Vec::new();
        for key in ["a", "b", "c", "d"] {
            for body in [b"1", b"2", b"3", b"4"] {
                versions.push((key, it.put(key, body).await.version_id.unwrap()));
            }
        }
        let all = versions.iter().rev();
        join_all(all.map(|(key, id)| it.delete(key, Some(id)))).await;
        assert_eq!(
            it.count("/w1/c0/s3/platform/aws-global/v/").await,
            0,
            "{seed}"
        );
        assert_eq!(it.owners().await, 0, "{seed}");
        let deleted = it.s3.delete_bucket(&call(), delete_bucket()).await;
        deleted.unwrap();
    }
}

impl It {
    /// As a server leaves the bucket that was killed amid its deletion.
    async fn mark_as_being_deleted(&self) {
        let folder = "/w1/c0/s3/000000000000/us-east-1/bucket/";
        let all = self.world.store.all(Range::prefix(folder)).await;
        let entry = all.unwrap().entries.remove(0);
        let mut record: serde_json::Value = serde_json::from_slice(&entry.value).unwrap();
        record["body"]["deleting"] = true.into();
        let marked = serde_json::to_vec(&record).unwrap();
        let store = &self.world.store;
        store.put(&PERMIT, &entry.key, marked).await.unwrap();
    }

    async fn create(&self) -> Result<CreateBucketOutput, Fault> {
        let input = CreateBucketRequest {
            bucket: Some(BUCKET.to_owned()),
            ..CreateBucketRequest::default()
        };
        self.s3.create_bucket(&call(), input).await
    }
}

#[tokio::test]
async fn a_bucket_that_is_being_deleted_is_not_there_for_who_would_create_it() {
    let it = It::new().await;
    it.put("k", b"kept").await;
    it.create().await.unwrap();
    it.mark_as_being_deleted().await;
    assert_eq!(it.get("k", None).await.unwrap_err().code, "NoSuchBucket");
    assert_eq!(it.create().await.unwrap_err().code, "OperationAborted");
    // The first round takes back what nobody is at work on.
    it.s3.keep_up().await.unwrap();
    it.create().await.unwrap();
    assert_eq!(it.get("k", None).await.unwrap(), b"kept");
}

#[tokio::test]
async fn a_deletion_that_is_under_way_is_not_taken_back() {
    for seed in 0..60 {
        let it = delayed(seed).await;
        let here = call();
        let deletion = it.s3.delete_bucket(&here, delete_bucket());
        let creation = async {
            tokio::task::yield_now().await;
            it.create().await
        };
        let upkeep = async { it.s3.keep_up().await };
        let (deleted, created, kept) = tokio::join!(deletion, creation, upkeep);
        kept.unwrap();
        // It was there before, or is there anew; while it is being deleted nobody says so, nor is that taken back.
        if let Err(fault) = created {
            assert_eq!(fault.code, "OperationAborted", "{seed}");
        }
        assert!(deleted.is_ok(), "{seed}");
    }
}

#[tokio::test]
async fn a_key_that_is_written_all_the_time_can_be_read() {
    for seed in 0..20 {
        let it = delayed(seed).await;
        it.put("k", b"0").await;
        let writer = async {
            for number in 0..30 {
                it.put("k", number.to_string().as_bytes()).await;
            }
        };
        let reader = async {
            for _ in 0..30 {
                it.get("k", None).await.unwrap();
            }
        };
        let copier = async {
            for _ in 0..15 {
                let copied = it.s3.copy_object(&call(), copy("k", "copy")).await;
                copied.unwrap();
            }
        };
        tokio::join!(writer, reader, copier);
    }
}

fn copy(from: &str, to: &str) -> CopyObjectRequest {
    CopyObjectRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some(to.to_owned()),
        copy_source: Some(format!("{BUCKET}/{from}")),
        ..CopyObjectRequest::default()
    }
}

#[tokio::test]
async fn nothing_is_copied_of_which_a_part_is_missing() {
    let it = It::new().await;
    let input = CreateMultipartUploadRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some("k".to_owned()),
        ..CreateMultipartUploadRequest::default()
    };
    let begun = it.s3.create_multipart_upload(&call(), input).await.unwrap();
    let mut parts = Vec::new();
    for (number, size) in [(1, 5 << 20), (2, 100)] {
        let input = UploadPartRequest {
            bucket: Some(BUCKET.to_owned()),
            key: Some("k".to_owned()),
            upload_id: begun.upload_id.clone(),
            part_number: Some(number),
            body: Some(ByteStream::from(vec![7; size])),
            ..UploadPartRequest::default()
        };
        let put = it.s3.upload_part(&call(), input).await.unwrap();
        parts.push(CompletedPart {
            part_number: Some(number),
            e_tag: put.e_tag,
            ..CompletedPart::default()
        });
    }
    let input = CompleteMultipartUploadRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some("k".to_owned()),
        upload_id: begun.upload_id.clone(),
        multipart_upload: Some(CompletedMultipartUpload { parts: Some(parts) }),
        ..CompleteMultipartUploadRequest::default()
    };
    let here = call();
    let complete = || it.s3.complete_multipart_upload(&here, input.clone());
    let (once, again) = tokio::join!(complete(), complete());
    // Whoever asks once more, for the answer did not come, is answered alike.
    assert_eq!(once.unwrap().e_tag, again.unwrap().e_tag);
    complete().await.unwrap();
    it.s3
        .copy_object(&call(), copy("k", "whole"))
        .await
        .unwrap();
    // As upkeep leaves them which is amid the removal of what was replaced.
    let folder = "/w1/c0/s3/platform/aws-global/part/";
    let all = it.world.store.all(Range::prefix(folder)).await;
    let last = all.unwrap().entries.pop().unwrap();
    it.world.store.delete(&PERMIT, &last.key).await.unwrap();
    let refused = it.s3.copy_object(&call(), copy("k", "half")).await;
    assert_eq!(refused.unwrap_err().code, "InternalError");
    let refused = it.get("k", None).await;
    assert_eq!(refused.unwrap_err().code, "InternalError");
    assert_eq!(it.get("half", None).await.unwrap_err().code, "NoSuchKey");
}
