//! The service in process, over a real store, a real folder of blobs and the real KMS.

mod lists;
mod notifications;
mod races;
mod sealed;
mod shares;

use std::{sync::Arc, time::Duration};

use wharf_api_s3::*;
use wharf_base::{Clock as _, TestClock, Timestamp};
use wharf_blobs::{Blobs, Limits};
use wharf_journal::{Journal, JournalOptions};
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_svc_s3::{Parts, S3Service};
use wharf_testkit::{PERMIT, World, call, refused};
use wharf_wanted::Wants;
use wharf_wire::{ByteStream, Fault};

const HOUR: Duration = Duration::from_secs(3600);
const BUCKET: &str = "bucket";

struct It {
    world: World,
    s3: S3Service,
    wants: Wants,
    clock: Arc<TestClock>,
    parts: Parts,
    /// Takes what is told.
    told: Arc<notifications::Told>,
    _folder: tempfile::TempDir,
}

/// More than goes into a pack.
fn large(word: &str) -> Vec<u8> {
    word.repeat(100 << 10).into_bytes()
}

impl It {
    async fn new() -> Self {
        Self::over(World::in_memory()).await
    }

    async fn over(world: World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = wharf_base::SystemClock.now();
        let clock = Arc::new(TestClock::at(now));
        let blobs = Blobs::open(folder.path(), world.keyring.clone(), Limits::default()).unwrap();
        let wants = Wants {
            store: world.store.clone(),
            blobs,
            clock: clock.clone(),
            unused_life: HOUR,
        };
        let kms = KmsService::new(KmsParts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            clock: clock.clone(),
            takeover: wharf_reconcile::Takeover::Replace,
        });
        let told = Arc::new(notifications::Told::default());
        let parts = Parts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            wants: wants.clone(),
            dispatcher: world.dispatcher.clone(),
            kms: Arc::new(wharf_api_kms::Client::new(
                Arc::new(kms),
                world.dispatcher.clone(),
            )),
            journal: Journal::open(&folder.path().join("journal"), JournalOptions::default())
                .unwrap(),
            clock: clock.clone(),
            operations: told.clone(),
            takeover: wharf_reconcile::Takeover::Replace,
        };
        let it = Self {
            told,
            world,
            s3: S3Service::new(parts.clone()),
            parts,
            wants,
            clock,
            _folder: folder,
        };
        let input = CreateBucketRequest {
            bucket: Some(BUCKET.to_owned()),
            ..CreateBucketRequest::default()
        };
        it.s3.create_bucket(&call(), input).await.unwrap();
        it
    }

    async fn put(&self, key: &str, body: &[u8]) -> PutObjectOutput {
        let input = PutObjectRequest {
            bucket: Some(BUCKET.to_owned()),
            key: Some(key.to_owned()),
            body: Some(ByteStream::from(body.to_vec())),
            ..PutObjectRequest::default()
        };
        self.s3.put_object(&call(), input).await.unwrap()
    }

    async fn get(&self, key: &str, version: Option<&str>) -> Result<Vec<u8>, Fault> {
        let input = GetObjectRequest {
            bucket: Some(BUCKET.to_owned()),
            key: Some(key.to_owned()),
            version_id: version.map(str::to_owned),
            ..GetObjectRequest::default()
        };
        let body = self
            .s3
            .get_object(&call(), input)
            .await?
            .body
            .unwrap_or_default();
        Ok(body.reader().whole(1 << 20).await.unwrap())
    }

    async fn delete(&self, key: &str, version: Option<&str>) -> DeleteObjectOutput {
        let input = DeleteObjectRequest {
            bucket: Some(BUCKET.to_owned()),
            key: Some(key.to_owned()),
            version_id: version.map(str::to_owned),
            ..DeleteObjectRequest::default()
        };
        self.s3.delete_object(&call(), input).await.unwrap()
    }

    async fn versioning(&self, status: &str) {
        let input = PutBucketVersioningRequest {
            bucket: Some(BUCKET.to_owned()),
            versioning_configuration: Some(VersioningConfiguration {
                status: Some(status.to_owned()),
                mfa_delete: None,
            }),
            ..PutBucketVersioningRequest::default()
        };
        self.s3.put_bucket_versioning(&call(), input).await.unwrap();
    }

    async fn lifecycle(&self, rule: LifecycleRule) {
        let input = PutBucketLifecycleConfigurationRequest {
            bucket: Some(BUCKET.to_owned()),
            lifecycle_configuration: Some(BucketLifecycleConfiguration {
                rules: Some(vec![LifecycleRule {
                    status: Some("Enabled".to_owned()),
                    filter: Some(LifecycleRuleFilter::default()),
                    ..rule
                }]),
            }),
            ..PutBucketLifecycleConfigurationRequest::default()
        };
        let call = call();
        let put = self.s3.put_bucket_lifecycle_configuration(&call, input);
        put.await.unwrap();
    }

    /// Ids of all versions, delete markers among them.
    async fn versions(&self) -> Vec<String> {
        let input = ListObjectVersionsRequest {
            bucket: Some(BUCKET.to_owned()),
            ..ListObjectVersionsRequest::default()
        };
        let found = self.s3.list_object_versions(&call(), input).await.unwrap();
        let markers = found.delete_markers.unwrap_or_default().into_iter();
        let versions = found.versions.unwrap_or_default().into_iter();
        let markers = markers.filter_map(|it| it.version_id);
        markers
            .chain(versions.filter_map(|it| it.version_id))
            .collect()
    }

    /// How many places of bytes objects and parts have altogether.
    async fn owners(&self) -> usize {
        self.count(&wharf_wanted::all_owners()).await + self.count(&slots()).await
    }

    async fn count(&self, prefix: &str) -> usize {
        let range = wharf_store::Range::prefix(prefix).count_only();
        self.world.store.range(range).await.unwrap().count
    }

    /// Where small bodies are.
    fn packs(&self) -> Vec<String> {
        let streams = self.parts.journal.streams("s3/", None, 100);
        streams.into_iter().map(|it| it.name).collect()
    }

    async fn range(&self, key: &str, range: &str) -> Vec<u8> {
        let input = GetObjectRequest {
            bucket: Some(BUCKET.to_owned()),
            key: Some(key.to_owned()),
            range: Some(range.to_owned()),
            ..GetObjectRequest::default()
        };
        let got = self.s3.get_object(&call(), input).await.unwrap();
        let body = got.body.unwrap_or_default();
        body.reader().whole(1 << 20).await.unwrap()
    }
}

#[tokio::test]
async fn bytes_are_owned_as_long_as_a_version_needs_them() {
    let it = It::new().await;
    it.put("a", &large("same")).await;
    it.put("b", &large("same")).await;
    assert_eq!(it.owners().await, 2);
    it.put("a", &large("other")).await;
    it.delete("b", None).await;
    assert_eq!(it.owners().await, 1);
    let digest = wharf_blobs::Digest::of(&large("same"));
    // Nobody needs it, but it was written a moment ago.
    let wants = &it.wants;
    let collect = |digest| async move { wants.collect_blobs(&PERMIT, &[digest]).await.unwrap() };
    assert!(collect(digest).await.is_empty());
    it.clock.advance(2 * HOUR);
    let kept = wharf_blobs::Digest::of(&large("other"));
    assert!(collect(kept).await.is_empty());
    assert!(collect(digest).await.contains(&digest));
    assert_eq!(it.get("a", None).await.unwrap(), large("other"));
    assert_eq!(it.get("b", None).await.unwrap_err().code, "NoSuchKey");
}

fn slots() -> String {
    wharf_service::platform::scope("s3").prefix("slot")
}

#[tokio::test]
async fn small_bodies_lie_together_and_are_moved_when_little_is_left() {
    let mut it = It::new().await;
    let bodies: Vec<_> = (0..20).map(|it| format!("the body of {it}")).collect();
    for (at, body) in bodies.iter().enumerate() {
        it.put(&format!("k{at}"), body.as_bytes()).await;
    }
    it.put("empty", b"").await;
    it.put("large", &large("x")).await;
    assert_eq!(it.count(&slots()).await, 20);
    let first = it.packs();
    assert_eq!(first.len(), 1);
    assert_eq!(it.range("k3", "bytes=4-7").await, b"body");
    assert_eq!(it.range("k3", "bytes=-1").await, b"3");
    for at in 3..20 {
        it.delete(&format!("k{at}"), None).await;
    }
    it.put("k0", b"another").await;
    assert_eq!(it.count(&slots()).await, 3);
    // The pack that is being filled stays.
    it.s3.keep_up().await.unwrap();
    assert_eq!(it.packs(), first);
    // Another process fills another.
    it.s3 = S3Service::new(it.parts.clone());
    assert_eq!(it.get("k1", None).await.unwrap(), bodies[1].as_bytes());
    it.s3.keep_up().await.unwrap();
    let both = it.packs();
    assert_eq!(both.len(), 2);
    // A backup that was begun before may still need the first.
    it.s3.keep_up().await.unwrap();
    assert_eq!(it.packs(), both);
    it.clock.advance(2 * HOUR);
    it.s3.keep_up().await.unwrap();
    let left = it.packs();
    assert_eq!(left.len(), 1);
    assert_ne!(left, first);
    assert_eq!(it.get("k0", None).await.unwrap(), b"another");
    assert_eq!(it.get("k2", None).await.unwrap(), bodies[2].as_bytes());
    assert_eq!(it.get("empty", None).await.unwrap(), b"");
    assert_eq!(it.get("large", None).await.unwrap(), large("x"));
}

#[tokio::test]
async fn nothing_of_a_small_body_stands_in_the_journal() {
    let it = It::new().await;
    it.put("k", b"a secret in a small object").await;
    let [pack] = &it.packs()[..] else {
        panic!("{:?}", it.packs());
    };
    let read = it.parts.journal.read(pack, 0, 10, 1 << 20).await.unwrap();
    let secret = b"secret";
    let stored = &read.records[0].data;
    assert!(!stored.windows(secret.len()).any(|it| it == secret));
}

#[tokio::test]
async fn there_is_one_null_version_at_most() {
    let it = It::new().await;
    it.put("k", b"first").await;
    it.versioning("Enabled").await;
    let one = it.put("k", b"one").await.version_id.unwrap();
    it.versioning("Suspended").await;
    it.put("k", b"null").await;
    assert_eq!(it.versions().await, ["null", &one]);
    assert_eq!(it.owners().await, 2);
    let marker = it.delete("k", None).await;
    assert_eq!(marker.version_id.as_deref(), Some("null"));
    assert_eq!(it.versions().await, ["null", &one]);
    assert_eq!(it.owners().await, 1);
    it.delete("k", Some("null")).await;
    assert_eq!(it.get("k", None).await.unwrap(), b"one");
    it.delete("k", Some(&one)).await;
    assert_eq!((it.versions().await.len(), it.owners().await), (0, 0));
}

#[tokio::test]
async fn noncurrent_versions_and_lonely_markers_expire() {
    let it = It::new().await;
    it.versioning("Enabled").await;
    for body in [b"one", b"two", b"thr"] {
        it.put("k", body).await;
        it.clock.advance(HOUR);
    }
    it.lifecycle(LifecycleRule {
        noncurrent_version_expiration: Some(NoncurrentVersionExpiration {
            noncurrent_days: Some(1),
            newer_noncurrent_versions: Some(1),
        }),
        expiration: Some(LifecycleExpiration {
            expired_object_delete_marker: Some(true),
            ..LifecycleExpiration::default()
        }),
        ..LifecycleRule::default()
    })
    .await;
    it.s3.keep_up().await.unwrap();
    assert_eq!(it.versions().await.len(), 3);
    it.clock.advance(72 * HOUR);
    it.s3.keep_up().await.unwrap();
    assert_eq!(it.versions().await.len(), 2);
    let marker = it.delete("k", None).await;
    for id in it.versions().await {
        if Some(&id) != marker.version_id.as_ref() {
            it.delete("k", Some(&id)).await;
        }
    }
    assert_eq!(it.versions().await.len(), 1);
    it.s3.keep_up().await.unwrap();
    assert_eq!(it.versions().await.len(), 0);
}

#[tokio::test]
async fn uploads_that_were_forgotten_go_with_their_parts() {
    let it = It::new().await;
    let input = CreateMultipartUploadRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some("k".to_owned()),
        ..CreateMultipartUploadRequest::default()
    };
    let upload = it
        .s3
        .create_multipart_upload(&call(), input)
        .await
        .unwrap()
        .upload_id;
    let part = |number, body: &[u8]| UploadPartRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some("k".to_owned()),
        upload_id: upload.clone(),
        part_number: Some(number),
        body: Some(ByteStream::from(body.to_vec())),
        ..UploadPartRequest::default()
    };
    it.s3.upload_part(&call(), part(1, b"one")).await.unwrap();
    it.s3.upload_part(&call(), part(1, b"again")).await.unwrap();
    assert_eq!(it.owners().await, 1);
    it.lifecycle(LifecycleRule {
        abort_incomplete_multipart_upload: Some(AbortIncompleteMultipartUpload {
            days_after_initiation: Some(1),
        }),
        ..LifecycleRule::default()
    })
    .await;
    it.s3.keep_up().await.unwrap();
    assert_eq!(it.owners().await, 1);
    it.clock.advance(72 * HOUR);
    it.s3.keep_up().await.unwrap();
    assert_eq!(it.owners().await, 0);
    let late = it.s3.upload_part(&call(), part(2, b"late")).await;
    assert_eq!(late.unwrap_err().code, "NoSuchUpload");
}

/// Large configurations are kept decoded, and bounded: all together fit into a bucket's record.
#[tokio::test]
async fn a_large_configuration_counts_as_it_is_now() {
    let it = It::new().await;
    let lifecycle = |days: i32, rules: usize, prefix: usize| {
        let rule = |number: usize| LifecycleRule {
            id: Some(format!("rule{number}")),
            status: Some("Enabled".to_owned()),
            filter: Some(LifecycleRuleFilter {
                prefix: Some(match number {
                    0 => String::new(),
                    _ => "p".repeat(prefix),
                }),
                ..LifecycleRuleFilter::default()
            }),
            expiration: Some(LifecycleExpiration {
                days: Some(days),
                ..LifecycleExpiration::default()
            }),
            ..LifecycleRule::default()
        };
        PutBucketLifecycleConfigurationRequest {
            bucket: Some(BUCKET.to_owned()),
            lifecycle_configuration: Some(BucketLifecycleConfiguration {
                rules: Some((0..rules).map(rule).collect()),
            }),
            ..PutBucketLifecycleConfigurationRequest::default()
        }
    };
    let mut said = Vec::new();
    for days in [10, 20] {
        let input = lifecycle(days, 1000, 100);
        it.s3
            .put_bucket_lifecycle_configuration(&call(), input)
            .await
            .unwrap();
        let expiration = it.put("k", b"body").await.expiration;
        said.push(expiration.unwrap());
    }
    assert_ne!(said[0], said[1]);
    let input = lifecycle(10, 1000, 1000);
    refused(
        it.s3
            .put_bucket_lifecycle_configuration(&call(), input)
            .await,
        "MaxMessageLengthExceeded",
        "Your request was too large.",
    );
}

#[tokio::test]
async fn parts_that_a_completion_leaves_out_go() {
    let it = It::new().await;
    let input = CreateMultipartUploadRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some("k".to_owned()),
        ..CreateMultipartUploadRequest::default()
    };
    let begun = it.s3.create_multipart_upload(&call(), input).await.unwrap();
    // More than go in one transaction.
    let mut etags = Vec::new();
    for number in 1..=150 {
        let input = UploadPartRequest {
            bucket: Some(BUCKET.to_owned()),
            key: Some("k".to_owned()),
            upload_id: begun.upload_id.clone(),
            part_number: Some(number),
            body: Some(ByteStream::from(format!("part {number}").into_bytes())),
            ..UploadPartRequest::default()
        };
        etags.push(it.s3.upload_part(&call(), input).await.unwrap().e_tag);
    }
    assert_eq!(it.owners().await, 150);
    let input = CompleteMultipartUploadRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some("k".to_owned()),
        upload_id: begun.upload_id.clone(),
        multipart_upload: Some(CompletedMultipartUpload {
            parts: Some(vec![CompletedPart {
                part_number: Some(7),
                e_tag: etags[6].clone(),
                ..CompletedPart::default()
            }]),
        }),
        ..CompleteMultipartUploadRequest::default()
    };
    let done = it.s3.complete_multipart_upload(&call(), input).await;
    done.unwrap();
    assert_eq!(it.get("k", None).await.unwrap(), b"part 7");
    it.s3.keep_up().await.unwrap();
    let platform = "/w1/c0/s3/platform/aws-global";
    assert_eq!(it.count(&format!("{platform}/part/")).await, 1);
    assert_eq!(it.count(&format!("{platform}/left-out/")).await, 0);
    assert_eq!(it.owners().await, 1);
    assert_eq!(it.get("k", None).await.unwrap(), b"part 7");
    it.delete("k", None).await;
    it.s3.keep_up().await.unwrap();
    assert_eq!(it.owners().await, 0);
}

#[tokio::test]
async fn a_bucket_with_anything_in_it_stays() {
    let it = It::new().await;
    it.put("k", b"x").await;
    let delete = || DeleteBucketRequest {
        bucket: Some(BUCKET.to_owned()),
        ..DeleteBucketRequest::default()
    };
    refused(
        it.s3.delete_bucket(&call(), delete()).await,
        "BucketNotEmpty",
        "The bucket you tried to delete is not empty",
    );
    it.delete("k", None).await;
    it.s3.delete_bucket(&call(), delete()).await.unwrap();
    let gone = it.get("k", None).await.unwrap_err();
    assert_eq!(gone.code, "NoSuchBucket");
}

#[tokio::test]
async fn time_goes_on_within_a_key() {
    let it = It::new().await;
    it.versioning("Enabled").await;
    // The clock stands still; versions have an order all the same.
    let first = it.put("k", b"1").await.version_id.unwrap();
    let second = it.put("k", b"2").await.version_id.unwrap();
    assert_eq!(it.versions().await, [second.as_str(), first.as_str()]);
    assert_eq!(it.get("k", Some(&first)).await.unwrap(), b"1");
    assert_ne!(it.clock.now(), Timestamp(0));
}

#[tokio::test]
async fn an_upload_whose_completion_was_cut_short_takes_parts_again() {
    let it = It::new().await;
    let input = CreateMultipartUploadRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some("k".to_owned()),
        ..CreateMultipartUploadRequest::default()
    };
    let begun = it.s3.create_multipart_upload(&call(), input).await.unwrap();
    let upload = begun.upload_id.unwrap();
    let part = || async {
        let input = UploadPartRequest {
            bucket: Some(BUCKET.to_owned()),
            key: Some("k".to_owned()),
            upload_id: Some(upload.clone()),
            part_number: Some(1),
            body: Some(ByteStream::from(b"x".to_vec())),
            ..UploadPartRequest::default()
        };
        it.s3.upload_part(&call(), input).await
    };
    part().await.unwrap();
    // As a server leaves it that was killed amid the completion.
    let folder = "/w1/c0/s3/platform/aws-global/upload/";
    let all = it.world.store.all(wharf_store::Range::prefix(folder)).await;
    let entry = all.unwrap().entries.remove(0);
    let mut record: serde_json::Value = serde_json::from_slice(&entry.value).unwrap();
    record["body"]["completing"] = true.into();
    let marked = serde_json::to_vec(&record).unwrap();
    it.world
        .store
        .put(&PERMIT, &entry.key, marked)
        .await
        .unwrap();
    assert!(part().await.is_err());
    it.s3.keep_up().await.unwrap();
    part().await.unwrap();
}

#[tokio::test]
async fn buckets_of_a_closed_account_go_with_all_that_is_in_them() {
    let it = It::new().await;
    it.versioning("Enabled").await;
    for number in 0..70 {
        it.put(&number.to_string(), &[number; 100]).await;
        it.put(&number.to_string(), &vec![number; 100_000]).await;
    }
    it.delete("1", None).await;
    assert_eq!(it.s3.end_account(&PERMIT, "999999999999").await.unwrap(), 0);
    assert_eq!(it.owners().await, 140);
    assert_eq!(it.s3.end_account(&PERMIT, "000000000000").await.unwrap(), 1);
    assert_eq!(it.s3.end_account(&PERMIT, "000000000000").await.unwrap(), 0);
    assert_eq!(it.owners().await, 0);
    let gone = it.get("2", None).await.unwrap_err();
    assert_eq!(gone.code, "NoSuchBucket");
}
