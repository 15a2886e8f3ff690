//! What the buckets of an account keep in the store, within its share.

use wharf_store::{Store, StoreOptions};
use wharf_testkit::ACCOUNT;

use super::*;

const SHARE: u64 = 128 << 10;

/// As users call it: past IAM's gate, whose yes is within the share.
fn client(it: &It) -> wharf_api_s3::Client {
    wharf_api_s3::Client::new(Arc::new(it.s3.clone()), it.world.dispatcher.clone())
}

async fn within_a_share() -> It {
    let options = StoreOptions {
        account_bytes: Some(SHARE),
        ..StoreOptions::default()
    };
    let store = Store::in_memory(options);
    It::over(World::over(store, wharf_svc_iam::Mode::Enforce)).await
}

fn object(key: &str, body: &[u8]) -> PutObjectRequest {
    PutObjectRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some(key.to_owned()),
        body: Some(ByteStream::from(body.to_vec())),
        ..PutObjectRequest::default()
    }
}

fn check_full(fault: &Fault) {
    assert_eq!(
        (&*fault.code, fault.status),
        ("InsufficientStorage", 507),
        "{fault}"
    );
    let text = format!("Account {ACCOUNT} holds all of the 128 KiB that its records may take");
    assert!(fault.message.starts_with(&text), "{fault}");
}

#[tokio::test]
async fn objects_versions_and_tags_are_within_the_share_of_their_account() {
    let it = within_a_share().await;
    let client = client(&it);
    it.versioning("Enabled").await;
    let long = "k".repeat(1000);
    let mut made = 0;
    let full = loop {
        let mut input = object(&format!("{long}{}", made % 7), b"");
        input.tagging = Some("of=many".to_owned());
        match client.put_object(&call(), input).await {
            Ok(_) => made += 1,
            Err(fault) => break fault,
        }
    };
    check_full(&full);
    assert!(
        (60..120).contains(&made),
        "{made} versions of some 1,500 bytes"
    );
    let held = it.world.store.held_of("s3", ACCOUNT);
    // What the service notes of a bucket by itself is refused to nobody.
    const NOTES: u64 = 1 << 10;
    assert!(held.bytes <= SHARE + NOTES && held.keys >= made, "{held:?}");
    // What goes gives room for what comes.
    for version in it.versions().await.iter().take(5) {
        let input = DeleteObjectRequest {
            bucket: Some(BUCKET.to_owned()),
            key: Some(format!("{long}0")),
            version_id: Some(version.clone()),
            ..DeleteObjectRequest::default()
        };
        client.delete_object(&call(), input).await.unwrap();
    }
    client
        .put_object(&call(), object("small", b"body"))
        .await
        .unwrap();
}

#[tokio::test]
async fn parts_are_within_the_share_and_go_with_their_bucket() {
    let it = within_a_share().await;
    let client = client(&it);
    let input = CreateMultipartUploadRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some("k".to_owned()),
        ..CreateMultipartUploadRequest::default()
    };
    let upload = client
        .create_multipart_upload(&call(), input)
        .await
        .unwrap();
    let part = |number| UploadPartRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some("k".to_owned()),
        upload_id: upload.upload_id.clone(),
        part_number: Some(number),
        body: Some(ByteStream::from(b"part".to_vec())),
        ..UploadPartRequest::default()
    };
    let mut number = 1;
    let full = loop {
        match client.upload_part(&call(), part(number)).await {
            Ok(_) => number += 1,
            Err(fault) => break fault,
        }
    };
    check_full(&full);
    assert!((100..600).contains(&number), "{number}");
    // A server that starts knows whose they are once its loops ran.
    let held = it.world.store.held_of_kind("s3", "part", ACCOUNT);
    assert_eq!(held.keys, u64::try_from(number - 1).unwrap());
    let input = AbortMultipartUploadRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some("k".to_owned()),
        upload_id: upload.upload_id.clone(),
        ..AbortMultipartUploadRequest::default()
    };
    client.abort_multipart_upload(&call(), input).await.unwrap();
    let input = DeleteBucketRequest {
        bucket: Some(BUCKET.to_owned()),
        ..DeleteBucketRequest::default()
    };
    client.delete_bucket(&call(), input).await.unwrap();
    it.s3.keep_up().await.unwrap();
    assert_eq!(it.world.store.held_of("s3", ACCOUNT).keys, 0);
}
