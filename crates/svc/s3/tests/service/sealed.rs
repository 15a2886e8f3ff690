//! Objects under a key that others have: what of them whoever lists the bucket sees.

use super::*;

/// 32 bytes in base 64, and their MD5.
const KEY: (&str, &str) = (
    "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
    "mT2HRsMGJ5IX5C+0rreZ8Q==",
);

fn plain(key: &str) -> PutObjectRequest {
    PutObjectRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some(key.to_owned()),
        body: Some(ByteStream::from(b"a guess".to_vec())),
        ..PutObjectRequest::default()
    }
}

fn sealed(key: &str) -> PutObjectRequest {
    PutObjectRequest {
        sse_customer_algorithm: Some("AES256".to_owned()),
        sse_customer_key: Some(KEY.0.to_owned()),
        sse_customer_key_md5: Some(KEY.1.to_owned()),
        ..plain(key)
    }
}

async fn etag(it: &It, input: PutObjectRequest) -> String {
    let etag = it.s3.put_object(&call(), input).await.unwrap().e_tag;
    bare(etag)
}

fn bare(etag: Option<String>) -> String {
    let etag = etag.unwrap();
    let bare = etag.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    bare.unwrap().to_owned()
}

fn is_digest(etag: &str) -> bool {
    etag.len() == 32 && etag.bytes().all(|it| it.is_ascii_hexdigit())
}

#[tokio::test]
async fn the_etag_of_a_sealed_object_says_nothing_of_its_bytes() {
    let it = It::new().await;
    let open = etag(&it, plain("open")).await;
    assert_eq!(etag(&it, plain("again")).await, open);
    let first = etag(&it, sealed("first")).await;
    let second = etag(&it, sealed("second")).await;
    assert!(is_digest(&first) && is_digest(&second), "{first} {second}");
    assert_ne!(first, open);
    assert_ne!(first, second);
    // The copy of an open one is sealed anew, and that of a sealed one can be open.
    let copy = |from: &str, to: &str| CopyObjectRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some(to.to_owned()),
        copy_source: Some(format!("{BUCKET}/{from}")),
        ..CopyObjectRequest::default()
    };
    let shut = CopyObjectRequest {
        sse_customer_algorithm: Some("AES256".to_owned()),
        sse_customer_key: Some(KEY.0.to_owned()),
        sse_customer_key_md5: Some(KEY.1.to_owned()),
        ..copy("open", "shut")
    };
    let shut = it.s3.copy_object(&call(), shut).await.unwrap();
    let shut = bare(shut.copy_object_result.unwrap().e_tag);
    assert!(is_digest(&shut) && shut != open, "{shut}");
    let opened = CopyObjectRequest {
        copy_source_sse_customer_algorithm: Some("AES256".to_owned()),
        copy_source_sse_customer_key: Some(KEY.0.to_owned()),
        copy_source_sse_customer_key_md5: Some(KEY.1.to_owned()),
        ..copy("first", "opened")
    };
    let opened = it.s3.copy_object(&call(), opened).await.unwrap();
    assert_eq!(bare(opened.copy_object_result.unwrap().e_tag), open);
}

#[tokio::test]
async fn the_etag_of_a_sealed_object_stays_and_conditions_hold_by_it() {
    let mut it = It::new().await;
    let made = etag(&it, sealed("k")).await;
    // Another process.
    it.s3 = S3Service::new(it.parts.clone());
    let look = |asked: &str| HeadObjectRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some("k".to_owned()),
        if_match: Some(format!("\"{asked}\"")),
        sse_customer_algorithm: Some("AES256".to_owned()),
        sse_customer_key: Some(KEY.0.to_owned()),
        sse_customer_key_md5: Some(KEY.1.to_owned()),
        ..HeadObjectRequest::default()
    };
    let shown = it.s3.head_object(&call(), look(&made)).await.unwrap();
    assert_eq!(bare(shown.e_tag), made);
    let replace = PutObjectRequest {
        if_match: Some(format!("\"{made}\"")),
        ..sealed("k")
    };
    let next = etag(&it, replace).await;
    assert_ne!(next, made);
    let gone = it.s3.head_object(&call(), look(&made)).await.unwrap_err();
    assert_eq!(gone.status, 412);
}

#[tokio::test]
async fn nor_do_those_of_its_parts() {
    let it = It::new().await;
    let open = etag(&it, plain("open")).await;
    let input = CreateMultipartUploadRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some("k".to_owned()),
        sse_customer_algorithm: Some("AES256".to_owned()),
        sse_customer_key: Some(KEY.0.to_owned()),
        sse_customer_key_md5: Some(KEY.1.to_owned()),
        ..CreateMultipartUploadRequest::default()
    };
    let begun = it.s3.create_multipart_upload(&call(), input).await.unwrap();
    let input = UploadPartRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some("k".to_owned()),
        upload_id: begun.upload_id.clone(),
        part_number: Some(1),
        body: Some(ByteStream::from(b"a guess".to_vec())),
        sse_customer_algorithm: Some("AES256".to_owned()),
        sse_customer_key: Some(KEY.0.to_owned()),
        sse_customer_key_md5: Some(KEY.1.to_owned()),
        ..UploadPartRequest::default()
    };
    let part = it.s3.upload_part(&call(), input).await.unwrap().e_tag;
    let digits = bare(part.clone());
    assert!(is_digest(&digits) && digits != open, "{digits}");
    let input = CompleteMultipartUploadRequest {
        bucket: Some(BUCKET.to_owned()),
        key: Some("k".to_owned()),
        upload_id: begun.upload_id,
        multipart_upload: Some(CompletedMultipartUpload {
            parts: Some(vec![CompletedPart {
                part_number: Some(1),
                e_tag: part,
                ..CompletedPart::default()
            }]),
        }),
        ..CompleteMultipartUploadRequest::default()
    };
    let once = input.clone();
    let done = it.s3.complete_multipart_upload(&call(), once).await;
    let whole = bare(done.unwrap().e_tag);
    // Who did not hear the answer is told the same.
    let again = it.s3.complete_multipart_upload(&call(), input).await;
    assert_eq!(bare(again.unwrap().e_tag), whole);
    assert!(whole.strip_suffix("-1").is_some_and(is_digest), "{whole}");
}
