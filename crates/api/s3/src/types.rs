// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AbortIncompleteMultipartUpload {
    pub days_after_initiation: Option<i32>,
}
structure!(AbortIncompleteMultipartUpload {
0 days_after_initiation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AbortMultipartUploadOutput {
    pub request_charged: Option<String>,
    pub version_id: Option<String>,
}
structure!(AbortMultipartUploadOutput {
0 request_charged,
1 version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AbortMultipartUploadRequest {
    pub bucket: Option<String>,
    pub key: Option<String>,
    pub upload_id: Option<String>,
    pub request_payer: Option<String>,
    pub expected_bucket_owner: Option<String>,
    pub if_match_initiated_time: Option<Timestamp>,
}
structure!(AbortMultipartUploadRequest {
0 bucket,
1 key,
2 upload_id,
3 request_payer,
4 expected_bucket_owner,
5 if_match_initiated_time,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccessControlPolicy {
    pub grants: Option<Vec<Grant>>,
    pub owner: Option<Owner>,
}
structure!(AccessControlPolicy {
0 grants,
1 owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BlockedEncryptionTypes {
    pub encryption_type: Option<Vec<String>>,
}
structure!(BlockedEncryptionTypes {
0 encryption_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bucket {
    pub name: Option<String>,
    pub creation_date: Option<Timestamp>,
    pub bucket_region: Option<String>,
    pub bucket_arn: Option<String>,
}
structure!(Bucket {
0 name,
1 creation_date,
2 bucket_region,
3 bucket_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BucketInfo {
    pub data_redundancy: Option<String>,
    pub type_: Option<String>,
}
structure!(BucketInfo {
0 data_redundancy,
1 type_,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BucketLifecycleConfiguration {
    pub rules: Option<Vec<LifecycleRule>>,
}
structure!(BucketLifecycleConfiguration {
0 rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CORSConfiguration {
    pub cors_rules: Option<Vec<CORSRule>>,
}
structure!(CORSConfiguration {
0 cors_rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CORSRule {
    pub id: Option<String>,
    pub allowed_headers: Option<Vec<String>>,
    pub allowed_methods: Option<Vec<String>>,
    pub allowed_origins: Option<Vec<String>>,
    pub expose_headers: Option<Vec<String>>,
    pub max_age_seconds: Option<i32>,
}
structure!(CORSRule {
0 id,
1 allowed_headers,
2 allowed_methods,
3 allowed_origins,
4 expose_headers,
5 max_age_seconds,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Checksum {
    pub checksum_crc32: Option<String>,
    pub checksum_crc32_c: Option<String>,
    pub checksum_crc64_nvme: Option<String>,
    pub checksum_sha1: Option<String>,
    pub checksum_sha256: Option<String>,
    pub checksum_sha512: Option<String>,
    pub checksum_md5: Option<String>,
    pub checksum_xxhash64: Option<String>,
    pub checksum_xxhash3: Option<String>,
    pub checksum_xxhash128: Option<String>,
    pub checksum_type: Option<String>,
}
structure!(Checksum {
0 checksum_crc32,
1 checksum_crc32_c,
2 checksum_crc64_nvme,
3 checksum_sha1,
4 checksum_sha256,
5 checksum_sha512,
6 checksum_md5,
7 checksum_xxhash64,
8 checksum_xxhash3,
9 checksum_xxhash128,
10 checksum_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CommonPrefix {
    pub prefix: Option<String>,
}
structure!(CommonPrefix {
0 prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompleteMultipartUploadOutput {
    pub location: Option<String>,
    pub bucket: Option<String>,
    pub key: Option<String>,
    pub expiration: Option<String>,
    pub e_tag: Option<String>,
    pub checksum_crc32: Option<String>,
    pub checksum_crc32_c: Option<String>,
    pub checksum_crc64_nvme: Option<String>,
    pub checksum_sha1: Option<String>,
    pub checksum_sha256: Option<String>,
    pub checksum_sha512: Option<String>,
    pub checksum_md5: Option<String>,
    pub checksum_xxhash64: Option<String>,
    pub checksum_xxhash3: Option<String>,
    pub checksum_xxhash128: Option<String>,
    pub checksum_type: Option<String>,
    pub server_side_encryption: Option<String>,
    pub version_id: Option<String>,
    pub ssekms_key_id: Option<String>,
    pub bucket_key_enabled: Option<bool>,
    pub request_charged: Option<String>,
}
structure!(CompleteMultipartUploadOutput {
0 location,
1 bucket,
2 key,
3 expiration,
4 e_tag,
5 checksum_crc32,
6 checksum_crc32_c,
7 checksum_crc64_nvme,
8 checksum_sha1,
9 checksum_sha256,
10 checksum_sha512,
11 checksum_md5,
12 checksum_xxhash64,
13 checksum_xxhash3,
14 checksum_xxhash128,
15 checksum_type,
16 server_side_encryption,
17 version_id,
18 ssekms_key_id,
19 bucket_key_enabled,
20 request_charged,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompleteMultipartUploadRequest {
    pub bucket: Option<String>,
    pub key: Option<String>,
    pub multipart_upload: Option<CompletedMultipartUpload>,
    pub upload_id: Option<String>,
    pub checksum_crc32: Option<String>,
    pub checksum_crc32_c: Option<String>,
    pub checksum_crc64_nvme: Option<String>,
    pub checksum_sha1: Option<String>,
    pub checksum_sha256: Option<String>,
    pub checksum_sha512: Option<String>,
    pub checksum_md5: Option<String>,
    pub checksum_xxhash64: Option<String>,
    pub checksum_xxhash3: Option<String>,
    pub checksum_xxhash128: Option<String>,
    pub checksum_type: Option<String>,
    pub mpu_object_size: Option<i64>,
    pub request_payer: Option<String>,
    pub expected_bucket_owner: Option<String>,
    pub if_match: Option<String>,
    pub if_none_match: Option<String>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key: Option<String>,
    pub sse_customer_key_md5: Option<String>,
}
structure!(CompleteMultipartUploadRequest {
0 bucket,
1 key,
2 multipart_upload,
3 upload_id,
4 checksum_crc32,
5 checksum_crc32_c,
6 checksum_crc64_nvme,
7 checksum_sha1,
8 checksum_sha256,
9 checksum_sha512,
10 checksum_md5,
11 checksum_xxhash64,
12 checksum_xxhash3,
13 checksum_xxhash128,
14 checksum_type,
15 mpu_object_size,
16 request_payer,
17 expected_bucket_owner,
18 if_match,
19 if_none_match,
20 sse_customer_algorithm,
21 sse_customer_key,
22 sse_customer_key_md5,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompletedMultipartUpload {
    pub parts: Option<Vec<CompletedPart>>,
}
structure!(CompletedMultipartUpload {
0 parts,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompletedPart {
    pub e_tag: Option<String>,
    pub checksum_crc32: Option<String>,
    pub checksum_crc32_c: Option<String>,
    pub checksum_crc64_nvme: Option<String>,
    pub checksum_sha1: Option<String>,
    pub checksum_sha256: Option<String>,
    pub checksum_sha512: Option<String>,
    pub checksum_md5: Option<String>,
    pub checksum_xxhash64: Option<String>,
    pub checksum_xxhash3: Option<String>,
    pub checksum_xxhash128: Option<String>,
    pub part_number: Option<i32>,
}
structure!(CompletedPart {
0 e_tag,
1 checksum_crc32,
2 checksum_crc32_c,
3 checksum_crc64_nvme,
4 checksum_sha1,
5 checksum_sha256,
6 checksum_sha512,
7 checksum_md5,
8 checksum_xxhash64,
9 checksum_xxhash3,
10 checksum_xxhash128,
11 part_number,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Condition {
    pub http_error_code_returned_equals: Option<String>,
    pub key_prefix_equals: Option<String>,
}
structure!(Condition {
0 http_error_code_returned_equals,
1 key_prefix_equals,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CopyObjectOutput {
    pub copy_object_result: Option<CopyObjectResult>,
    pub expiration: Option<String>,
    pub copy_source_version_id: Option<String>,
    pub version_id: Option<String>,
    pub server_side_encryption: Option<String>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key_md5: Option<String>,
    pub ssekms_key_id: Option<String>,
    pub ssekms_encryption_context: Option<String>,
    pub bucket_key_enabled: Option<bool>,
    pub request_charged: Option<String>,
}
structure!(CopyObjectOutput {
0 copy_object_result,
1 expiration,
2 copy_source_version_id,
3 version_id,
4 server_side_encryption,
5 sse_customer_algorithm,
6 sse_customer_key_md5,
7 ssekms_key_id,
8 ssekms_encryption_context,
9 bucket_key_enabled,
10 request_charged,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CopyObjectRequest {
    pub acl: Option<String>,
    pub bucket: Option<String>,
    pub cache_control: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub content_disposition: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub content_type: Option<String>,
    pub copy_source: Option<String>,
    pub copy_source_if_match: Option<String>,
    pub copy_source_if_modified_since: Option<Timestamp>,
    pub copy_source_if_none_match: Option<String>,
    pub copy_source_if_unmodified_since: Option<Timestamp>,
    pub expires: Option<String>,
    pub grant_full_control: Option<String>,
    pub grant_read: Option<String>,
    pub grant_read_acp: Option<String>,
    pub grant_write_acp: Option<String>,
    pub if_match: Option<String>,
    pub if_none_match: Option<String>,
    pub key: Option<String>,
    pub metadata: Option<BTreeMap<String, String>>,
    pub metadata_directive: Option<String>,
    pub tagging_directive: Option<String>,
    pub annotation_directive: Option<String>,
    pub server_side_encryption: Option<String>,
    pub storage_class: Option<String>,
    pub website_redirect_location: Option<String>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key: Option<String>,
    pub sse_customer_key_md5: Option<String>,
    pub ssekms_key_id: Option<String>,
    pub ssekms_encryption_context: Option<String>,
    pub bucket_key_enabled: Option<bool>,
    pub copy_source_sse_customer_algorithm: Option<String>,
    pub copy_source_sse_customer_key: Option<String>,
    pub copy_source_sse_customer_key_md5: Option<String>,
    pub request_payer: Option<String>,
    pub tagging: Option<String>,
    pub object_lock_mode: Option<String>,
    pub object_lock_retain_until_date: Option<Timestamp>,
    pub object_lock_legal_hold_status: Option<String>,
    pub object_lock_event_hold: Option<String>,
    pub object_lock_event_hold_duration_days: Option<i32>,
    pub object_lock_event_hold_duration_years: Option<i32>,
    pub expected_bucket_owner: Option<String>,
    pub expected_source_bucket_owner: Option<String>,
}
structure!(CopyObjectRequest {
0 acl,
1 bucket,
2 cache_control,
3 checksum_algorithm,
4 content_disposition,
5 content_encoding,
6 content_language,
7 content_type,
8 copy_source,
9 copy_source_if_match,
10 copy_source_if_modified_since,
11 copy_source_if_none_match,
12 copy_source_if_unmodified_since,
13 expires,
14 grant_full_control,
15 grant_read,
16 grant_read_acp,
17 grant_write_acp,
18 if_match,
19 if_none_match,
20 key,
21 metadata,
22 metadata_directive,
23 tagging_directive,
24 annotation_directive,
25 server_side_encryption,
26 storage_class,
27 website_redirect_location,
28 sse_customer_algorithm,
29 sse_customer_key,
30 sse_customer_key_md5,
31 ssekms_key_id,
32 ssekms_encryption_context,
33 bucket_key_enabled,
34 copy_source_sse_customer_algorithm,
35 copy_source_sse_customer_key,
36 copy_source_sse_customer_key_md5,
37 request_payer,
38 tagging,
39 object_lock_mode,
40 object_lock_retain_until_date,
41 object_lock_legal_hold_status,
42 object_lock_event_hold,
43 object_lock_event_hold_duration_days,
44 object_lock_event_hold_duration_years,
45 expected_bucket_owner,
46 expected_source_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CopyObjectResult {
    pub e_tag: Option<String>,
    pub last_modified: Option<Timestamp>,
    pub checksum_type: Option<String>,
    pub checksum_crc32: Option<String>,
    pub checksum_crc32_c: Option<String>,
    pub checksum_crc64_nvme: Option<String>,
    pub checksum_sha1: Option<String>,
    pub checksum_sha256: Option<String>,
    pub checksum_sha512: Option<String>,
    pub checksum_md5: Option<String>,
    pub checksum_xxhash64: Option<String>,
    pub checksum_xxhash3: Option<String>,
    pub checksum_xxhash128: Option<String>,
}
structure!(CopyObjectResult {
0 e_tag,
1 last_modified,
2 checksum_type,
3 checksum_crc32,
4 checksum_crc32_c,
5 checksum_crc64_nvme,
6 checksum_sha1,
7 checksum_sha256,
8 checksum_sha512,
9 checksum_md5,
10 checksum_xxhash64,
11 checksum_xxhash3,
12 checksum_xxhash128,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CopyPartResult {
    pub e_tag: Option<String>,
    pub last_modified: Option<Timestamp>,
    pub checksum_crc32: Option<String>,
    pub checksum_crc32_c: Option<String>,
    pub checksum_crc64_nvme: Option<String>,
    pub checksum_sha1: Option<String>,
    pub checksum_sha256: Option<String>,
    pub checksum_sha512: Option<String>,
    pub checksum_md5: Option<String>,
    pub checksum_xxhash64: Option<String>,
    pub checksum_xxhash3: Option<String>,
    pub checksum_xxhash128: Option<String>,
}
structure!(CopyPartResult {
0 e_tag,
1 last_modified,
2 checksum_crc32,
3 checksum_crc32_c,
4 checksum_crc64_nvme,
5 checksum_sha1,
6 checksum_sha256,
7 checksum_sha512,
8 checksum_md5,
9 checksum_xxhash64,
10 checksum_xxhash3,
11 checksum_xxhash128,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateBucketConfiguration {
    pub location_constraint: Option<String>,
    pub location: Option<LocationInfo>,
    pub bucket: Option<BucketInfo>,
    pub tags: Option<Vec<Tag>>,
}
structure!(CreateBucketConfiguration {
0 location_constraint,
1 location,
2 bucket,
3 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateBucketOutput {
    pub location: Option<String>,
    pub bucket_arn: Option<String>,
}
structure!(CreateBucketOutput {
0 location,
1 bucket_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateBucketRequest {
    pub acl: Option<String>,
    pub bucket: Option<String>,
    pub create_bucket_configuration: Option<CreateBucketConfiguration>,
    pub grant_full_control: Option<String>,
    pub grant_read: Option<String>,
    pub grant_read_acp: Option<String>,
    pub grant_write: Option<String>,
    pub grant_write_acp: Option<String>,
    pub object_lock_enabled_for_bucket: Option<bool>,
    pub object_ownership: Option<String>,
    pub bucket_namespace: Option<String>,
}
structure!(CreateBucketRequest {
0 acl,
1 bucket,
2 create_bucket_configuration,
3 grant_full_control,
4 grant_read,
5 grant_read_acp,
6 grant_write,
7 grant_write_acp,
8 object_lock_enabled_for_bucket,
9 object_ownership,
10 bucket_namespace,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateMultipartUploadOutput {
    pub abort_date: Option<Timestamp>,
    pub abort_rule_id: Option<String>,
    pub bucket: Option<String>,
    pub key: Option<String>,
    pub upload_id: Option<String>,
    pub server_side_encryption: Option<String>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key_md5: Option<String>,
    pub ssekms_key_id: Option<String>,
    pub ssekms_encryption_context: Option<String>,
    pub bucket_key_enabled: Option<bool>,
    pub request_charged: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub checksum_type: Option<String>,
    pub version_id: Option<String>,
}
structure!(CreateMultipartUploadOutput {
0 abort_date,
1 abort_rule_id,
2 bucket,
3 key,
4 upload_id,
5 server_side_encryption,
6 sse_customer_algorithm,
7 sse_customer_key_md5,
8 ssekms_key_id,
9 ssekms_encryption_context,
10 bucket_key_enabled,
11 request_charged,
12 checksum_algorithm,
13 checksum_type,
14 version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateMultipartUploadRequest {
    pub acl: Option<String>,
    pub bucket: Option<String>,
    pub cache_control: Option<String>,
    pub content_disposition: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub content_type: Option<String>,
    pub expires: Option<String>,
    pub grant_full_control: Option<String>,
    pub grant_read: Option<String>,
    pub grant_read_acp: Option<String>,
    pub grant_write_acp: Option<String>,
    pub key: Option<String>,
    pub metadata: Option<BTreeMap<String, String>>,
    pub server_side_encryption: Option<String>,
    pub storage_class: Option<String>,
    pub website_redirect_location: Option<String>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key: Option<String>,
    pub sse_customer_key_md5: Option<String>,
    pub ssekms_key_id: Option<String>,
    pub ssekms_encryption_context: Option<String>,
    pub bucket_key_enabled: Option<bool>,
    pub request_payer: Option<String>,
    pub tagging: Option<String>,
    pub object_lock_mode: Option<String>,
    pub object_lock_retain_until_date: Option<Timestamp>,
    pub object_lock_legal_hold_status: Option<String>,
    pub object_lock_event_hold: Option<String>,
    pub object_lock_event_hold_duration_days: Option<i32>,
    pub object_lock_event_hold_duration_years: Option<i32>,
    pub expected_bucket_owner: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub checksum_type: Option<String>,
}
structure!(CreateMultipartUploadRequest {
0 acl,
1 bucket,
2 cache_control,
3 content_disposition,
4 content_encoding,
5 content_language,
6 content_type,
7 expires,
8 grant_full_control,
9 grant_read,
10 grant_read_acp,
11 grant_write_acp,
12 key,
13 metadata,
14 server_side_encryption,
15 storage_class,
16 website_redirect_location,
17 sse_customer_algorithm,
18 sse_customer_key,
19 sse_customer_key_md5,
20 ssekms_key_id,
21 ssekms_encryption_context,
22 bucket_key_enabled,
23 request_payer,
24 tagging,
25 object_lock_mode,
26 object_lock_retain_until_date,
27 object_lock_legal_hold_status,
28 object_lock_event_hold,
29 object_lock_event_hold_duration_days,
30 object_lock_event_hold_duration_years,
31 expected_bucket_owner,
32 checksum_algorithm,
33 checksum_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delete {
    pub objects: Option<Vec<ObjectIdentifier>>,
    pub quiet: Option<bool>,
}
structure!(Delete {
0 objects,
1 quiet,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteBucketCorsRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(DeleteBucketCorsRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteBucketEncryptionRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(DeleteBucketEncryptionRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteBucketLifecycleRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(DeleteBucketLifecycleRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteBucketOwnershipControlsRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(DeleteBucketOwnershipControlsRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteBucketPolicyRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(DeleteBucketPolicyRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteBucketRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(DeleteBucketRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteBucketTaggingRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(DeleteBucketTaggingRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteBucketWebsiteRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(DeleteBucketWebsiteRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteMarkerEntry {
    pub owner: Option<Owner>,
    pub key: Option<String>,
    pub version_id: Option<String>,
    pub is_latest: Option<bool>,
    pub last_modified: Option<Timestamp>,
}
structure!(DeleteMarkerEntry {
0 owner,
1 key,
2 version_id,
3 is_latest,
4 last_modified,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteObjectOutput {
    pub delete_marker: Option<bool>,
    pub version_id: Option<String>,
    pub request_charged: Option<String>,
}
structure!(DeleteObjectOutput {
0 delete_marker,
1 version_id,
2 request_charged,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteObjectRequest {
    pub bucket: Option<String>,
    pub key: Option<String>,
    pub mfa: Option<String>,
    pub version_id: Option<String>,
    pub request_payer: Option<String>,
    pub bypass_governance_retention: Option<bool>,
    pub expected_bucket_owner: Option<String>,
    pub if_match: Option<String>,
    pub if_match_last_modified_time: Option<Timestamp>,
    pub if_match_size: Option<i64>,
}
structure!(DeleteObjectRequest {
0 bucket,
1 key,
2 mfa,
3 version_id,
4 request_payer,
5 bypass_governance_retention,
6 expected_bucket_owner,
7 if_match,
8 if_match_last_modified_time,
9 if_match_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteObjectTaggingOutput {
    pub version_id: Option<String>,
}
structure!(DeleteObjectTaggingOutput {
0 version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteObjectTaggingRequest {
    pub bucket: Option<String>,
    pub key: Option<String>,
    pub version_id: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(DeleteObjectTaggingRequest {
0 bucket,
1 key,
2 version_id,
3 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteObjectsOutput {
    pub deleted: Option<Vec<DeletedObject>>,
    pub request_charged: Option<String>,
    pub errors: Option<Vec<Error>>,
}
structure!(DeleteObjectsOutput {
0 deleted,
1 request_charged,
2 errors,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteObjectsRequest {
    pub bucket: Option<String>,
    pub delete: Option<Delete>,
    pub mfa: Option<String>,
    pub request_payer: Option<String>,
    pub bypass_governance_retention: Option<bool>,
    pub expected_bucket_owner: Option<String>,
    pub checksum_algorithm: Option<String>,
}
structure!(DeleteObjectsRequest {
0 bucket,
1 delete,
2 mfa,
3 request_payer,
4 bypass_governance_retention,
5 expected_bucket_owner,
6 checksum_algorithm,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeletePublicAccessBlockRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(DeletePublicAccessBlockRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeletedObject {
    pub key: Option<String>,
    pub version_id: Option<String>,
    pub delete_marker: Option<bool>,
    pub delete_marker_version_id: Option<String>,
}
structure!(DeletedObject {
0 key,
1 version_id,
2 delete_marker,
3 delete_marker_version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Error {
    pub key: Option<String>,
    pub version_id: Option<String>,
    pub code: Option<String>,
    pub message: Option<String>,
}
structure!(Error {
0 key,
1 version_id,
2 code,
3 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ErrorDocument {
    pub key: Option<String>,
}
structure!(ErrorDocument {
0 key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventBridgeConfiguration {}
structure!(EventBridgeConfiguration {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FilterRule {
    pub name: Option<String>,
    pub value: Option<String>,
}
structure!(FilterRule {
0 name,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketAclOutput {
    pub owner: Option<Owner>,
    pub grants: Option<Vec<Grant>>,
}
structure!(GetBucketAclOutput {
0 owner,
1 grants,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketAclRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(GetBucketAclRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketCorsOutput {
    pub cors_rules: Option<Vec<CORSRule>>,
}
structure!(GetBucketCorsOutput {
0 cors_rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketCorsRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(GetBucketCorsRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketEncryptionOutput {
    pub server_side_encryption_configuration: Option<ServerSideEncryptionConfiguration>,
}
structure!(GetBucketEncryptionOutput {
0 server_side_encryption_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketEncryptionRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(GetBucketEncryptionRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketLifecycleConfigurationOutput {
    pub rules: Option<Vec<LifecycleRule>>,
    pub transition_default_minimum_object_size: Option<String>,
}
structure!(GetBucketLifecycleConfigurationOutput {
0 rules,
1 transition_default_minimum_object_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketLifecycleConfigurationRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(GetBucketLifecycleConfigurationRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketLocationOutput {
    pub location_constraint: Option<String>,
}
structure!(GetBucketLocationOutput {
0 location_constraint,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketLocationRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(GetBucketLocationRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketNotificationConfigurationRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(GetBucketNotificationConfigurationRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketOwnershipControlsOutput {
    pub ownership_controls: Option<OwnershipControls>,
}
structure!(GetBucketOwnershipControlsOutput {
0 ownership_controls,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketOwnershipControlsRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(GetBucketOwnershipControlsRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketPolicyOutput {
    pub policy: Option<String>,
}
structure!(GetBucketPolicyOutput {
0 policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketPolicyRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(GetBucketPolicyRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketPolicyStatusOutput {
    pub policy_status: Option<PolicyStatus>,
}
structure!(GetBucketPolicyStatusOutput {
0 policy_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketPolicyStatusRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(GetBucketPolicyStatusRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketTaggingOutput {
    pub tag_set: Option<Vec<Tag>>,
}
structure!(GetBucketTaggingOutput {
0 tag_set,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketTaggingRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(GetBucketTaggingRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketVersioningOutput {
    pub status: Option<String>,
    pub mfa_delete: Option<String>,
}
structure!(GetBucketVersioningOutput {
0 status,
1 mfa_delete,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketVersioningRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(GetBucketVersioningRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketWebsiteOutput {
    pub redirect_all_requests_to: Option<RedirectAllRequestsTo>,
    pub index_document: Option<IndexDocument>,
    pub error_document: Option<ErrorDocument>,
    pub routing_rules: Option<Vec<RoutingRule>>,
}
structure!(GetBucketWebsiteOutput {
0 redirect_all_requests_to,
1 index_document,
2 error_document,
3 routing_rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetBucketWebsiteRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(GetBucketWebsiteRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetObjectAclOutput {
    pub owner: Option<Owner>,
    pub grants: Option<Vec<Grant>>,
    pub request_charged: Option<String>,
}
structure!(GetObjectAclOutput {
0 owner,
1 grants,
2 request_charged,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetObjectAclRequest {
    pub bucket: Option<String>,
    pub key: Option<String>,
    pub version_id: Option<String>,
    pub request_payer: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(GetObjectAclRequest {
0 bucket,
1 key,
2 version_id,
3 request_payer,
4 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetObjectAttributesOutput {
    pub delete_marker: Option<bool>,
    pub last_modified: Option<Timestamp>,
    pub version_id: Option<String>,
    pub request_charged: Option<String>,
    pub e_tag: Option<String>,
    pub checksum: Option<Checksum>,
    pub object_parts: Option<GetObjectAttributesParts>,
    pub storage_class: Option<String>,
    pub object_size: Option<i64>,
}
structure!(GetObjectAttributesOutput {
0 delete_marker,
1 last_modified,
2 version_id,
3 request_charged,
4 e_tag,
5 checksum,
6 object_parts,
7 storage_class,
8 object_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetObjectAttributesParts {
    pub total_parts_count: Option<i32>,
    pub part_number_marker: Option<i32>,
    pub next_part_number_marker: Option<i32>,
    pub max_parts: Option<i32>,
    pub is_truncated: Option<bool>,
    pub parts: Option<Vec<ObjectPart>>,
}
structure!(GetObjectAttributesParts {
0 total_parts_count,
1 part_number_marker,
2 next_part_number_marker,
3 max_parts,
4 is_truncated,
5 parts,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetObjectAttributesRequest {
    pub bucket: Option<String>,
    pub key: Option<String>,
    pub version_id: Option<String>,
    pub max_parts: Option<i32>,
    pub part_number_marker: Option<i32>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key: Option<String>,
    pub sse_customer_key_md5: Option<String>,
    pub request_payer: Option<String>,
    pub expected_bucket_owner: Option<String>,
    pub object_attributes: Option<Vec<String>>,
}
structure!(GetObjectAttributesRequest {
0 bucket,
1 key,
2 version_id,
3 max_parts,
4 part_number_marker,
5 sse_customer_algorithm,
6 sse_customer_key,
7 sse_customer_key_md5,
8 request_payer,
9 expected_bucket_owner,
10 object_attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetObjectOutput {
    pub body: Option<wharf_wire::ByteStream>,
    pub delete_marker: Option<bool>,
    pub accept_ranges: Option<String>,
    pub expiration: Option<String>,
    pub restore: Option<String>,
    pub last_modified: Option<Timestamp>,
    pub content_length: Option<i64>,
    pub e_tag: Option<String>,
    pub checksum_crc32: Option<String>,
    pub checksum_crc32_c: Option<String>,
    pub checksum_crc64_nvme: Option<String>,
    pub checksum_sha1: Option<String>,
    pub checksum_sha256: Option<String>,
    pub checksum_sha512: Option<String>,
    pub checksum_md5: Option<String>,
    pub checksum_xxhash64: Option<String>,
    pub checksum_xxhash3: Option<String>,
    pub checksum_xxhash128: Option<String>,
    pub checksum_type: Option<String>,
    pub missing_meta: Option<i32>,
    pub version_id: Option<String>,
    pub cache_control: Option<String>,
    pub content_disposition: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub content_range: Option<String>,
    pub content_type: Option<String>,
    pub expires: Option<String>,
    pub website_redirect_location: Option<String>,
    pub server_side_encryption: Option<String>,
    pub metadata: Option<BTreeMap<String, String>>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key_md5: Option<String>,
    pub ssekms_key_id: Option<String>,
    pub bucket_key_enabled: Option<bool>,
    pub storage_class: Option<String>,
    pub request_charged: Option<String>,
    pub replication_status: Option<String>,
    pub parts_count: Option<i32>,
    pub tag_count: Option<i32>,
    pub object_lock_mode: Option<String>,
    pub object_lock_retain_until_date: Option<Timestamp>,
    pub object_lock_legal_hold_status: Option<String>,
    pub object_lock_event_hold: Option<String>,
    pub object_lock_event_hold_duration_days: Option<i32>,
    pub object_lock_event_hold_duration_years: Option<i32>,
}
structure!(GetObjectOutput {
0 body,
1 delete_marker,
2 accept_ranges,
3 expiration,
4 restore,
5 last_modified,
6 content_length,
7 e_tag,
8 checksum_crc32,
9 checksum_crc32_c,
10 checksum_crc64_nvme,
11 checksum_sha1,
12 checksum_sha256,
13 checksum_sha512,
14 checksum_md5,
15 checksum_xxhash64,
16 checksum_xxhash3,
17 checksum_xxhash128,
18 checksum_type,
19 missing_meta,
20 version_id,
21 cache_control,
22 content_disposition,
23 content_encoding,
24 content_language,
25 content_range,
26 content_type,
27 expires,
28 website_redirect_location,
29 server_side_encryption,
30 metadata,
31 sse_customer_algorithm,
32 sse_customer_key_md5,
33 ssekms_key_id,
34 bucket_key_enabled,
35 storage_class,
36 request_charged,
37 replication_status,
38 parts_count,
39 tag_count,
40 object_lock_mode,
41 object_lock_retain_until_date,
42 object_lock_legal_hold_status,
43 object_lock_event_hold,
44 object_lock_event_hold_duration_days,
45 object_lock_event_hold_duration_years,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetObjectRequest {
    pub bucket: Option<String>,
    pub if_match: Option<String>,
    pub if_modified_since: Option<Timestamp>,
    pub if_none_match: Option<String>,
    pub if_unmodified_since: Option<Timestamp>,
    pub key: Option<String>,
    pub range: Option<String>,
    pub response_cache_control: Option<String>,
    pub response_content_disposition: Option<String>,
    pub response_content_encoding: Option<String>,
    pub response_content_language: Option<String>,
    pub response_content_type: Option<String>,
    pub response_expires: Option<String>,
    pub version_id: Option<String>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key: Option<String>,
    pub sse_customer_key_md5: Option<String>,
    pub request_payer: Option<String>,
    pub part_number: Option<i32>,
    pub expected_bucket_owner: Option<String>,
    pub checksum_mode: Option<String>,
}
structure!(GetObjectRequest {
0 bucket,
1 if_match,
2 if_modified_since,
3 if_none_match,
4 if_unmodified_since,
5 key,
6 range,
7 response_cache_control,
8 response_content_disposition,
9 response_content_encoding,
10 response_content_language,
11 response_content_type,
12 response_expires,
13 version_id,
14 sse_customer_algorithm,
15 sse_customer_key,
16 sse_customer_key_md5,
17 request_payer,
18 part_number,
19 expected_bucket_owner,
20 checksum_mode,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetObjectTaggingOutput {
    pub version_id: Option<String>,
    pub tag_set: Option<Vec<Tag>>,
}
structure!(GetObjectTaggingOutput {
0 version_id,
1 tag_set,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetObjectTaggingRequest {
    pub bucket: Option<String>,
    pub key: Option<String>,
    pub version_id: Option<String>,
    pub expected_bucket_owner: Option<String>,
    pub request_payer: Option<String>,
}
structure!(GetObjectTaggingRequest {
0 bucket,
1 key,
2 version_id,
3 expected_bucket_owner,
4 request_payer,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetPublicAccessBlockOutput {
    pub public_access_block_configuration: Option<PublicAccessBlockConfiguration>,
}
structure!(GetPublicAccessBlockOutput {
0 public_access_block_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetPublicAccessBlockRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(GetPublicAccessBlockRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grant {
    pub grantee: Option<Grantee>,
    pub permission: Option<String>,
}
structure!(Grant {
0 grantee,
1 permission,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grantee {
    pub display_name: Option<String>,
    pub email_address: Option<String>,
    pub id: Option<String>,
    pub type_: Option<String>,
    pub uri: Option<String>,
}
structure!(Grantee {
0 display_name,
1 email_address,
2 id,
3 type_,
4 uri,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeadBucketOutput {
    pub bucket_arn: Option<String>,
    pub bucket_location_type: Option<String>,
    pub bucket_location_name: Option<String>,
    pub bucket_region: Option<String>,
    pub access_point_alias: Option<bool>,
}
structure!(HeadBucketOutput {
0 bucket_arn,
1 bucket_location_type,
2 bucket_location_name,
3 bucket_region,
4 access_point_alias,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeadBucketRequest {
    pub bucket: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(HeadBucketRequest {
0 bucket,
1 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeadObjectOutput {
    pub delete_marker: Option<bool>,
    pub accept_ranges: Option<String>,
    pub expiration: Option<String>,
    pub restore: Option<String>,
    pub archive_status: Option<String>,
    pub last_modified: Option<Timestamp>,
    pub content_length: Option<i64>,
    pub checksum_crc32: Option<String>,
    pub checksum_crc32_c: Option<String>,
    pub checksum_crc64_nvme: Option<String>,
    pub checksum_sha1: Option<String>,
    pub checksum_sha256: Option<String>,
    pub checksum_sha512: Option<String>,
    pub checksum_md5: Option<String>,
    pub checksum_xxhash64: Option<String>,
    pub checksum_xxhash3: Option<String>,
    pub checksum_xxhash128: Option<String>,
    pub checksum_type: Option<String>,
    pub e_tag: Option<String>,
    pub missing_meta: Option<i32>,
    pub version_id: Option<String>,
    pub cache_control: Option<String>,
    pub content_disposition: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub content_type: Option<String>,
    pub content_range: Option<String>,
    pub expires: Option<String>,
    pub website_redirect_location: Option<String>,
    pub server_side_encryption: Option<String>,
    pub metadata: Option<BTreeMap<String, String>>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key_md5: Option<String>,
    pub ssekms_key_id: Option<String>,
    pub bucket_key_enabled: Option<bool>,
    pub storage_class: Option<String>,
    pub request_charged: Option<String>,
    pub replication_status: Option<String>,
    pub parts_count: Option<i32>,
    pub tag_count: Option<i32>,
    pub object_lock_mode: Option<String>,
    pub object_lock_retain_until_date: Option<Timestamp>,
    pub object_lock_legal_hold_status: Option<String>,
    pub object_lock_event_hold: Option<String>,
    pub object_lock_event_hold_duration_days: Option<i32>,
    pub object_lock_event_hold_duration_years: Option<i32>,
}
structure!(HeadObjectOutput {
0 delete_marker,
1 accept_ranges,
2 expiration,
3 restore,
4 archive_status,
5 last_modified,
6 content_length,
7 checksum_crc32,
8 checksum_crc32_c,
9 checksum_crc64_nvme,
10 checksum_sha1,
11 checksum_sha256,
12 checksum_sha512,
13 checksum_md5,
14 checksum_xxhash64,
15 checksum_xxhash3,
16 checksum_xxhash128,
17 checksum_type,
18 e_tag,
19 missing_meta,
20 version_id,
21 cache_control,
22 content_disposition,
23 content_encoding,
24 content_language,
25 content_type,
26 content_range,
27 expires,
28 website_redirect_location,
29 server_side_encryption,
30 metadata,
31 sse_customer_algorithm,
32 sse_customer_key_md5,
33 ssekms_key_id,
34 bucket_key_enabled,
35 storage_class,
36 request_charged,
37 replication_status,
38 parts_count,
39 tag_count,
40 object_lock_mode,
41 object_lock_retain_until_date,
42 object_lock_legal_hold_status,
43 object_lock_event_hold,
44 object_lock_event_hold_duration_days,
45 object_lock_event_hold_duration_years,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeadObjectRequest {
    pub bucket: Option<String>,
    pub if_match: Option<String>,
    pub if_modified_since: Option<Timestamp>,
    pub if_none_match: Option<String>,
    pub if_unmodified_since: Option<Timestamp>,
    pub key: Option<String>,
    pub range: Option<String>,
    pub response_cache_control: Option<String>,
    pub response_content_disposition: Option<String>,
    pub response_content_encoding: Option<String>,
    pub response_content_language: Option<String>,
    pub response_content_type: Option<String>,
    pub response_expires: Option<String>,
    pub version_id: Option<String>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key: Option<String>,
    pub sse_customer_key_md5: Option<String>,
    pub request_payer: Option<String>,
    pub part_number: Option<i32>,
    pub expected_bucket_owner: Option<String>,
    pub checksum_mode: Option<String>,
}
structure!(HeadObjectRequest {
0 bucket,
1 if_match,
2 if_modified_since,
3 if_none_match,
4 if_unmodified_since,
5 key,
6 range,
7 response_cache_control,
8 response_content_disposition,
9 response_content_encoding,
10 response_content_language,
11 response_content_type,
12 response_expires,
13 version_id,
14 sse_customer_algorithm,
15 sse_customer_key,
16 sse_customer_key_md5,
17 request_payer,
18 part_number,
19 expected_bucket_owner,
20 checksum_mode,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IndexDocument {
    pub suffix: Option<String>,
}
structure!(IndexDocument {
0 suffix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Initiator {
    pub id: Option<String>,
    pub display_name: Option<String>,
}
structure!(Initiator {
0 id,
1 display_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LambdaFunctionConfiguration {
    pub id: Option<String>,
    pub lambda_function_arn: Option<String>,
    pub events: Option<Vec<String>>,
    pub filter: Option<NotificationConfigurationFilter>,
}
structure!(LambdaFunctionConfiguration {
0 id,
1 lambda_function_arn,
2 events,
3 filter,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LifecycleExpiration {
    pub date: Option<Timestamp>,
    pub days: Option<i32>,
    pub expired_object_delete_marker: Option<bool>,
}
structure!(LifecycleExpiration {
0 date,
1 days,
2 expired_object_delete_marker,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LifecycleRule {
    pub expiration: Option<LifecycleExpiration>,
    pub id: Option<String>,
    pub prefix: Option<String>,
    pub filter: Option<LifecycleRuleFilter>,
    pub status: Option<String>,
    pub transitions: Option<Vec<Transition>>,
    pub noncurrent_version_transitions: Option<Vec<NoncurrentVersionTransition>>,
    pub noncurrent_version_expiration: Option<NoncurrentVersionExpiration>,
    pub abort_incomplete_multipart_upload: Option<AbortIncompleteMultipartUpload>,
}
structure!(LifecycleRule {
0 expiration,
1 id,
2 prefix,
3 filter,
4 status,
5 transitions,
6 noncurrent_version_transitions,
7 noncurrent_version_expiration,
8 abort_incomplete_multipart_upload,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LifecycleRuleAndOperator {
    pub prefix: Option<String>,
    pub tags: Option<Vec<Tag>>,
    pub object_size_greater_than: Option<i64>,
    pub object_size_less_than: Option<i64>,
}
structure!(LifecycleRuleAndOperator {
0 prefix,
1 tags,
2 object_size_greater_than,
3 object_size_less_than,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LifecycleRuleFilter {
    pub prefix: Option<String>,
    pub tag: Option<Tag>,
    pub object_size_greater_than: Option<i64>,
    pub object_size_less_than: Option<i64>,
    pub and: Option<LifecycleRuleAndOperator>,
}
structure!(LifecycleRuleFilter {
0 prefix,
1 tag,
2 object_size_greater_than,
3 object_size_less_than,
4 and,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListBucketsOutput {
    pub buckets: Option<Vec<Bucket>>,
    pub owner: Option<Owner>,
    pub continuation_token: Option<String>,
    pub prefix: Option<String>,
}
structure!(ListBucketsOutput {
0 buckets,
1 owner,
2 continuation_token,
3 prefix,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListBucketsRequest {
    pub max_buckets: Option<i32>,
    pub continuation_token: Option<String>,
    pub prefix: Option<String>,
    pub bucket_region: Option<String>,
}
structure!(ListBucketsRequest {
0 max_buckets,
1 continuation_token,
2 prefix,
3 bucket_region,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListMultipartUploadsOutput {
    pub bucket: Option<String>,
    pub key_marker: Option<String>,
    pub upload_id_marker: Option<String>,
    pub next_key_marker: Option<String>,
    pub prefix: Option<String>,
    pub delimiter: Option<String>,
    pub next_upload_id_marker: Option<String>,
    pub max_uploads: Option<i32>,
    pub is_truncated: Option<bool>,
    pub uploads: Option<Vec<MultipartUpload>>,
    pub common_prefixes: Option<Vec<CommonPrefix>>,
    pub encoding_type: Option<String>,
    pub request_charged: Option<String>,
}
structure!(ListMultipartUploadsOutput {
0 bucket,
1 key_marker,
2 upload_id_marker,
3 next_key_marker,
4 prefix,
5 delimiter,
6 next_upload_id_marker,
7 max_uploads,
8 is_truncated,
9 uploads,
10 common_prefixes,
11 encoding_type,
12 request_charged,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListMultipartUploadsRequest {
    pub bucket: Option<String>,
    pub delimiter: Option<String>,
    pub encoding_type: Option<String>,
    pub key_marker: Option<String>,
    pub max_uploads: Option<i32>,
    pub prefix: Option<String>,
    pub upload_id_marker: Option<String>,
    pub expected_bucket_owner: Option<String>,
    pub request_payer: Option<String>,
}
structure!(ListMultipartUploadsRequest {
0 bucket,
1 delimiter,
2 encoding_type,
3 key_marker,
4 max_uploads,
5 prefix,
6 upload_id_marker,
7 expected_bucket_owner,
8 request_payer,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListObjectVersionsOutput {
    pub is_truncated: Option<bool>,
    pub key_marker: Option<String>,
    pub version_id_marker: Option<String>,
    pub next_key_marker: Option<String>,
    pub next_version_id_marker: Option<String>,
    pub versions: Option<Vec<ObjectVersion>>,
    pub delete_markers: Option<Vec<DeleteMarkerEntry>>,
    pub name: Option<String>,
    pub prefix: Option<String>,
    pub delimiter: Option<String>,
    pub max_keys: Option<i32>,
    pub common_prefixes: Option<Vec<CommonPrefix>>,
    pub encoding_type: Option<String>,
    pub request_charged: Option<String>,
}
structure!(ListObjectVersionsOutput {
0 is_truncated,
1 key_marker,
2 version_id_marker,
3 next_key_marker,
4 next_version_id_marker,
5 versions,
6 delete_markers,
7 name,
8 prefix,
9 delimiter,
10 max_keys,
11 common_prefixes,
12 encoding_type,
13 request_charged,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListObjectVersionsRequest {
    pub bucket: Option<String>,
    pub delimiter: Option<String>,
    pub encoding_type: Option<String>,
    pub key_marker: Option<String>,
    pub max_keys: Option<i32>,
    pub prefix: Option<String>,
    pub version_id_marker: Option<String>,
    pub expected_bucket_owner: Option<String>,
    pub request_payer: Option<String>,
    pub optional_object_attributes: Option<Vec<String>>,
}
structure!(ListObjectVersionsRequest {
0 bucket,
1 delimiter,
2 encoding_type,
3 key_marker,
4 max_keys,
5 prefix,
6 version_id_marker,
7 expected_bucket_owner,
8 request_payer,
9 optional_object_attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListObjectsOutput {
    pub is_truncated: Option<bool>,
    pub marker: Option<String>,
    pub next_marker: Option<String>,
    pub contents: Option<Vec<Object>>,
    pub name: Option<String>,
    pub prefix: Option<String>,
    pub delimiter: Option<String>,
    pub max_keys: Option<i32>,
    pub common_prefixes: Option<Vec<CommonPrefix>>,
    pub encoding_type: Option<String>,
    pub request_charged: Option<String>,
}
structure!(ListObjectsOutput {
0 is_truncated,
1 marker,
2 next_marker,
3 contents,
4 name,
5 prefix,
6 delimiter,
7 max_keys,
8 common_prefixes,
9 encoding_type,
10 request_charged,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListObjectsRequest {
    pub bucket: Option<String>,
    pub delimiter: Option<String>,
    pub encoding_type: Option<String>,
    pub marker: Option<String>,
    pub max_keys: Option<i32>,
    pub prefix: Option<String>,
    pub request_payer: Option<String>,
    pub expected_bucket_owner: Option<String>,
    pub optional_object_attributes: Option<Vec<String>>,
}
structure!(ListObjectsRequest {
0 bucket,
1 delimiter,
2 encoding_type,
3 marker,
4 max_keys,
5 prefix,
6 request_payer,
7 expected_bucket_owner,
8 optional_object_attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListObjectsV2Output {
    pub is_truncated: Option<bool>,
    pub contents: Option<Vec<Object>>,
    pub name: Option<String>,
    pub prefix: Option<String>,
    pub delimiter: Option<String>,
    pub max_keys: Option<i32>,
    pub common_prefixes: Option<Vec<CommonPrefix>>,
    pub encoding_type: Option<String>,
    pub key_count: Option<i32>,
    pub continuation_token: Option<String>,
    pub next_continuation_token: Option<String>,
    pub start_after: Option<String>,
    pub request_charged: Option<String>,
}
structure!(ListObjectsV2Output {
0 is_truncated,
1 contents,
2 name,
3 prefix,
4 delimiter,
5 max_keys,
6 common_prefixes,
7 encoding_type,
8 key_count,
9 continuation_token,
10 next_continuation_token,
11 start_after,
12 request_charged,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListObjectsV2Request {
    pub bucket: Option<String>,
    pub delimiter: Option<String>,
    pub encoding_type: Option<String>,
    pub max_keys: Option<i32>,
    pub prefix: Option<String>,
    pub continuation_token: Option<String>,
    pub fetch_owner: Option<bool>,
    pub start_after: Option<String>,
    pub request_payer: Option<String>,
    pub expected_bucket_owner: Option<String>,
    pub optional_object_attributes: Option<Vec<String>>,
}
structure!(ListObjectsV2Request {
0 bucket,
1 delimiter,
2 encoding_type,
3 max_keys,
4 prefix,
5 continuation_token,
6 fetch_owner,
7 start_after,
8 request_payer,
9 expected_bucket_owner,
10 optional_object_attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPartsOutput {
    pub abort_date: Option<Timestamp>,
    pub abort_rule_id: Option<String>,
    pub bucket: Option<String>,
    pub key: Option<String>,
    pub upload_id: Option<String>,
    pub part_number_marker: Option<i32>,
    pub next_part_number_marker: Option<i32>,
    pub max_parts: Option<i32>,
    pub is_truncated: Option<bool>,
    pub parts: Option<Vec<Part>>,
    pub initiator: Option<Initiator>,
    pub owner: Option<Owner>,
    pub storage_class: Option<String>,
    pub request_charged: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub checksum_type: Option<String>,
    pub version_id: Option<String>,
}
structure!(ListPartsOutput {
0 abort_date,
1 abort_rule_id,
2 bucket,
3 key,
4 upload_id,
5 part_number_marker,
6 next_part_number_marker,
7 max_parts,
8 is_truncated,
9 parts,
10 initiator,
11 owner,
12 storage_class,
13 request_charged,
14 checksum_algorithm,
15 checksum_type,
16 version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPartsRequest {
    pub bucket: Option<String>,
    pub key: Option<String>,
    pub max_parts: Option<i32>,
    pub part_number_marker: Option<i32>,
    pub upload_id: Option<String>,
    pub request_payer: Option<String>,
    pub expected_bucket_owner: Option<String>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key: Option<String>,
    pub sse_customer_key_md5: Option<String>,
}
structure!(ListPartsRequest {
0 bucket,
1 key,
2 max_parts,
3 part_number_marker,
4 upload_id,
5 request_payer,
6 expected_bucket_owner,
7 sse_customer_algorithm,
8 sse_customer_key,
9 sse_customer_key_md5,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LocationInfo {
    pub type_: Option<String>,
    pub name: Option<String>,
}
structure!(LocationInfo {
0 type_,
1 name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MultipartUpload {
    pub upload_id: Option<String>,
    pub key: Option<String>,
    pub initiated: Option<Timestamp>,
    pub storage_class: Option<String>,
    pub owner: Option<Owner>,
    pub initiator: Option<Initiator>,
    pub checksum_algorithm: Option<String>,
    pub checksum_type: Option<String>,
    pub version_id: Option<String>,
}
structure!(MultipartUpload {
0 upload_id,
1 key,
2 initiated,
3 storage_class,
4 owner,
5 initiator,
6 checksum_algorithm,
7 checksum_type,
8 version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NoncurrentVersionExpiration {
    pub noncurrent_days: Option<i32>,
    pub newer_noncurrent_versions: Option<i32>,
}
structure!(NoncurrentVersionExpiration {
0 noncurrent_days,
1 newer_noncurrent_versions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NoncurrentVersionTransition {
    pub noncurrent_days: Option<i32>,
    pub storage_class: Option<String>,
    pub newer_noncurrent_versions: Option<i32>,
}
structure!(NoncurrentVersionTransition {
0 noncurrent_days,
1 storage_class,
2 newer_noncurrent_versions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NotificationConfiguration {
    pub topic_configurations: Option<Vec<TopicConfiguration>>,
    pub queue_configurations: Option<Vec<QueueConfiguration>>,
    pub lambda_function_configurations: Option<Vec<LambdaFunctionConfiguration>>,
    pub event_bridge_configuration: Option<EventBridgeConfiguration>,
}
structure!(NotificationConfiguration {
0 topic_configurations,
1 queue_configurations,
2 lambda_function_configurations,
3 event_bridge_configuration,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NotificationConfigurationFilter {
    pub key: Option<S3KeyFilter>,
}
structure!(NotificationConfigurationFilter {
0 key,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object {
    pub key: Option<String>,
    pub last_modified: Option<Timestamp>,
    pub e_tag: Option<String>,
    pub checksum_algorithm: Option<Vec<String>>,
    pub checksum_type: Option<String>,
    pub size: Option<i64>,
    pub storage_class: Option<String>,
    pub owner: Option<Owner>,
    pub restore_status: Option<RestoreStatus>,
}
structure!(Object {
0 key,
1 last_modified,
2 e_tag,
3 checksum_algorithm,
4 checksum_type,
5 size,
6 storage_class,
7 owner,
8 restore_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObjectIdentifier {
    pub key: Option<String>,
    pub version_id: Option<String>,
    pub e_tag: Option<String>,
    pub last_modified_time: Option<Timestamp>,
    pub size: Option<i64>,
}
structure!(ObjectIdentifier {
0 key,
1 version_id,
2 e_tag,
3 last_modified_time,
4 size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObjectPart {
    pub part_number: Option<i32>,
    pub size: Option<i64>,
    pub checksum_crc32: Option<String>,
    pub checksum_crc32_c: Option<String>,
    pub checksum_crc64_nvme: Option<String>,
    pub checksum_sha1: Option<String>,
    pub checksum_sha256: Option<String>,
    pub checksum_sha512: Option<String>,
    pub checksum_md5: Option<String>,
    pub checksum_xxhash64: Option<String>,
    pub checksum_xxhash3: Option<String>,
    pub checksum_xxhash128: Option<String>,
}
structure!(ObjectPart {
0 part_number,
1 size,
2 checksum_crc32,
3 checksum_crc32_c,
4 checksum_crc64_nvme,
5 checksum_sha1,
6 checksum_sha256,
7 checksum_sha512,
8 checksum_md5,
9 checksum_xxhash64,
10 checksum_xxhash3,
11 checksum_xxhash128,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObjectVersion {
    pub e_tag: Option<String>,
    pub checksum_algorithm: Option<Vec<String>>,
    pub checksum_type: Option<String>,
    pub size: Option<i64>,
    pub storage_class: Option<String>,
    pub key: Option<String>,
    pub version_id: Option<String>,
    pub is_latest: Option<bool>,
    pub last_modified: Option<Timestamp>,
    pub owner: Option<Owner>,
    pub restore_status: Option<RestoreStatus>,
}
structure!(ObjectVersion {
0 e_tag,
1 checksum_algorithm,
2 checksum_type,
3 size,
4 storage_class,
5 key,
6 version_id,
7 is_latest,
8 last_modified,
9 owner,
10 restore_status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Owner {
    pub display_name: Option<String>,
    pub id: Option<String>,
}
structure!(Owner {
0 display_name,
1 id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnershipControls {
    pub rules: Option<Vec<OwnershipControlsRule>>,
}
structure!(OwnershipControls {
0 rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnershipControlsRule {
    pub object_ownership: Option<String>,
}
structure!(OwnershipControlsRule {
0 object_ownership,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Part {
    pub part_number: Option<i32>,
    pub last_modified: Option<Timestamp>,
    pub e_tag: Option<String>,
    pub size: Option<i64>,
    pub checksum_crc32: Option<String>,
    pub checksum_crc32_c: Option<String>,
    pub checksum_crc64_nvme: Option<String>,
    pub checksum_sha1: Option<String>,
    pub checksum_sha256: Option<String>,
    pub checksum_sha512: Option<String>,
    pub checksum_md5: Option<String>,
    pub checksum_xxhash64: Option<String>,
    pub checksum_xxhash3: Option<String>,
    pub checksum_xxhash128: Option<String>,
}
structure!(Part {
0 part_number,
1 last_modified,
2 e_tag,
3 size,
4 checksum_crc32,
5 checksum_crc32_c,
6 checksum_crc64_nvme,
7 checksum_sha1,
8 checksum_sha256,
9 checksum_sha512,
10 checksum_md5,
11 checksum_xxhash64,
12 checksum_xxhash3,
13 checksum_xxhash128,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicyStatus {
    pub is_public: Option<bool>,
}
structure!(PolicyStatus {
0 is_public,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PublicAccessBlockConfiguration {
    pub block_public_acls: Option<bool>,
    pub ignore_public_acls: Option<bool>,
    pub block_public_policy: Option<bool>,
    pub restrict_public_buckets: Option<bool>,
}
structure!(PublicAccessBlockConfiguration {
0 block_public_acls,
1 ignore_public_acls,
2 block_public_policy,
3 restrict_public_buckets,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutBucketAclRequest {
    pub acl: Option<String>,
    pub access_control_policy: Option<AccessControlPolicy>,
    pub bucket: Option<String>,
    pub content_md5: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub grant_full_control: Option<String>,
    pub grant_read: Option<String>,
    pub grant_read_acp: Option<String>,
    pub grant_write: Option<String>,
    pub grant_write_acp: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(PutBucketAclRequest {
0 acl,
1 access_control_policy,
2 bucket,
3 content_md5,
4 checksum_algorithm,
5 grant_full_control,
6 grant_read,
7 grant_read_acp,
8 grant_write,
9 grant_write_acp,
10 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutBucketCorsRequest {
    pub bucket: Option<String>,
    pub cors_configuration: Option<CORSConfiguration>,
    pub content_md5: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(PutBucketCorsRequest {
0 bucket,
1 cors_configuration,
2 content_md5,
3 checksum_algorithm,
4 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutBucketEncryptionRequest {
    pub bucket: Option<String>,
    pub content_md5: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub server_side_encryption_configuration: Option<ServerSideEncryptionConfiguration>,
    pub expected_bucket_owner: Option<String>,
}
structure!(PutBucketEncryptionRequest {
0 bucket,
1 content_md5,
2 checksum_algorithm,
3 server_side_encryption_configuration,
4 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutBucketLifecycleConfigurationOutput {
    pub transition_default_minimum_object_size: Option<String>,
}
structure!(PutBucketLifecycleConfigurationOutput {
0 transition_default_minimum_object_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutBucketLifecycleConfigurationRequest {
    pub bucket: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub lifecycle_configuration: Option<BucketLifecycleConfiguration>,
    pub expected_bucket_owner: Option<String>,
    pub transition_default_minimum_object_size: Option<String>,
}
structure!(PutBucketLifecycleConfigurationRequest {
0 bucket,
1 checksum_algorithm,
2 lifecycle_configuration,
3 expected_bucket_owner,
4 transition_default_minimum_object_size,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutBucketNotificationConfigurationRequest {
    pub bucket: Option<String>,
    pub notification_configuration: Option<NotificationConfiguration>,
    pub expected_bucket_owner: Option<String>,
    pub skip_destination_validation: Option<bool>,
}
structure!(PutBucketNotificationConfigurationRequest {
0 bucket,
1 notification_configuration,
2 expected_bucket_owner,
3 skip_destination_validation,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutBucketOwnershipControlsRequest {
    pub bucket: Option<String>,
    pub content_md5: Option<String>,
    pub expected_bucket_owner: Option<String>,
    pub ownership_controls: Option<OwnershipControls>,
    pub checksum_algorithm: Option<String>,
}
structure!(PutBucketOwnershipControlsRequest {
0 bucket,
1 content_md5,
2 expected_bucket_owner,
3 ownership_controls,
4 checksum_algorithm,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutBucketPolicyRequest {
    pub bucket: Option<String>,
    pub content_md5: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub confirm_remove_self_bucket_access: Option<bool>,
    pub policy: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(PutBucketPolicyRequest {
0 bucket,
1 content_md5,
2 checksum_algorithm,
3 confirm_remove_self_bucket_access,
4 policy,
5 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutBucketTaggingRequest {
    pub bucket: Option<String>,
    pub content_md5: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub tagging: Option<Tagging>,
    pub expected_bucket_owner: Option<String>,
}
structure!(PutBucketTaggingRequest {
0 bucket,
1 content_md5,
2 checksum_algorithm,
3 tagging,
4 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutBucketVersioningRequest {
    pub bucket: Option<String>,
    pub content_md5: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub mfa: Option<String>,
    pub versioning_configuration: Option<VersioningConfiguration>,
    pub expected_bucket_owner: Option<String>,
}
structure!(PutBucketVersioningRequest {
0 bucket,
1 content_md5,
2 checksum_algorithm,
3 mfa,
4 versioning_configuration,
5 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutBucketWebsiteRequest {
    pub bucket: Option<String>,
    pub content_md5: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub website_configuration: Option<WebsiteConfiguration>,
    pub expected_bucket_owner: Option<String>,
}
structure!(PutBucketWebsiteRequest {
0 bucket,
1 content_md5,
2 checksum_algorithm,
3 website_configuration,
4 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutObjectAclOutput {
    pub request_charged: Option<String>,
}
structure!(PutObjectAclOutput {
0 request_charged,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutObjectAclRequest {
    pub acl: Option<String>,
    pub access_control_policy: Option<AccessControlPolicy>,
    pub bucket: Option<String>,
    pub content_md5: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub grant_full_control: Option<String>,
    pub grant_read: Option<String>,
    pub grant_read_acp: Option<String>,
    pub grant_write: Option<String>,
    pub grant_write_acp: Option<String>,
    pub key: Option<String>,
    pub request_payer: Option<String>,
    pub version_id: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(PutObjectAclRequest {
0 acl,
1 access_control_policy,
2 bucket,
3 content_md5,
4 checksum_algorithm,
5 grant_full_control,
6 grant_read,
7 grant_read_acp,
8 grant_write,
9 grant_write_acp,
10 key,
11 request_payer,
12 version_id,
13 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutObjectOutput {
    pub expiration: Option<String>,
    pub e_tag: Option<String>,
    pub checksum_crc32: Option<String>,
    pub checksum_crc32_c: Option<String>,
    pub checksum_crc64_nvme: Option<String>,
    pub checksum_sha1: Option<String>,
    pub checksum_sha256: Option<String>,
    pub checksum_sha512: Option<String>,
    pub checksum_md5: Option<String>,
    pub checksum_xxhash64: Option<String>,
    pub checksum_xxhash3: Option<String>,
    pub checksum_xxhash128: Option<String>,
    pub checksum_type: Option<String>,
    pub server_side_encryption: Option<String>,
    pub version_id: Option<String>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key_md5: Option<String>,
    pub ssekms_key_id: Option<String>,
    pub ssekms_encryption_context: Option<String>,
    pub bucket_key_enabled: Option<bool>,
    pub size: Option<i64>,
    pub request_charged: Option<String>,
}
structure!(PutObjectOutput {
0 expiration,
1 e_tag,
2 checksum_crc32,
3 checksum_crc32_c,
4 checksum_crc64_nvme,
5 checksum_sha1,
6 checksum_sha256,
7 checksum_sha512,
8 checksum_md5,
9 checksum_xxhash64,
10 checksum_xxhash3,
11 checksum_xxhash128,
12 checksum_type,
13 server_side_encryption,
14 version_id,
15 sse_customer_algorithm,
16 sse_customer_key_md5,
17 ssekms_key_id,
18 ssekms_encryption_context,
19 bucket_key_enabled,
20 size,
21 request_charged,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutObjectRequest {
    pub acl: Option<String>,
    pub body: Option<wharf_wire::ByteStream>,
    pub bucket: Option<String>,
    pub cache_control: Option<String>,
    pub content_disposition: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub content_length: Option<i64>,
    pub content_md5: Option<String>,
    pub content_type: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub checksum_crc32: Option<String>,
    pub checksum_crc32_c: Option<String>,
    pub checksum_crc64_nvme: Option<String>,
    pub checksum_sha1: Option<String>,
    pub checksum_sha256: Option<String>,
    pub checksum_sha512: Option<String>,
    pub checksum_md5: Option<String>,
    pub checksum_xxhash64: Option<String>,
    pub checksum_xxhash3: Option<String>,
    pub checksum_xxhash128: Option<String>,
    pub expires: Option<String>,
    pub if_match: Option<String>,
    pub if_none_match: Option<String>,
    pub grant_full_control: Option<String>,
    pub grant_read: Option<String>,
    pub grant_read_acp: Option<String>,
    pub grant_write_acp: Option<String>,
    pub key: Option<String>,
    pub write_offset_bytes: Option<i64>,
    pub metadata: Option<BTreeMap<String, String>>,
    pub server_side_encryption: Option<String>,
    pub storage_class: Option<String>,
    pub website_redirect_location: Option<String>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key: Option<String>,
    pub sse_customer_key_md5: Option<String>,
    pub ssekms_key_id: Option<String>,
    pub ssekms_encryption_context: Option<String>,
    pub bucket_key_enabled: Option<bool>,
    pub request_payer: Option<String>,
    pub tagging: Option<String>,
    pub object_lock_mode: Option<String>,
    pub object_lock_retain_until_date: Option<Timestamp>,
    pub object_lock_legal_hold_status: Option<String>,
    pub object_lock_event_hold: Option<String>,
    pub object_lock_event_hold_duration_days: Option<i32>,
    pub object_lock_event_hold_duration_years: Option<i32>,
    pub expected_bucket_owner: Option<String>,
}
structure!(PutObjectRequest {
0 acl,
1 body,
2 bucket,
3 cache_control,
4 content_disposition,
5 content_encoding,
6 content_language,
7 content_length,
8 content_md5,
9 content_type,
10 checksum_algorithm,
11 checksum_crc32,
12 checksum_crc32_c,
13 checksum_crc64_nvme,
14 checksum_sha1,
15 checksum_sha256,
16 checksum_sha512,
17 checksum_md5,
18 checksum_xxhash64,
19 checksum_xxhash3,
20 checksum_xxhash128,
21 expires,
22 if_match,
23 if_none_match,
24 grant_full_control,
25 grant_read,
26 grant_read_acp,
27 grant_write_acp,
28 key,
29 write_offset_bytes,
30 metadata,
31 server_side_encryption,
32 storage_class,
33 website_redirect_location,
34 sse_customer_algorithm,
35 sse_customer_key,
36 sse_customer_key_md5,
37 ssekms_key_id,
38 ssekms_encryption_context,
39 bucket_key_enabled,
40 request_payer,
41 tagging,
42 object_lock_mode,
43 object_lock_retain_until_date,
44 object_lock_legal_hold_status,
45 object_lock_event_hold,
46 object_lock_event_hold_duration_days,
47 object_lock_event_hold_duration_years,
48 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutObjectTaggingOutput {
    pub version_id: Option<String>,
}
structure!(PutObjectTaggingOutput {
0 version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutObjectTaggingRequest {
    pub bucket: Option<String>,
    pub key: Option<String>,
    pub version_id: Option<String>,
    pub content_md5: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub tagging: Option<Tagging>,
    pub expected_bucket_owner: Option<String>,
    pub request_payer: Option<String>,
}
structure!(PutObjectTaggingRequest {
0 bucket,
1 key,
2 version_id,
3 content_md5,
4 checksum_algorithm,
5 tagging,
6 expected_bucket_owner,
7 request_payer,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutPublicAccessBlockRequest {
    pub bucket: Option<String>,
    pub content_md5: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub public_access_block_configuration: Option<PublicAccessBlockConfiguration>,
    pub expected_bucket_owner: Option<String>,
}
structure!(PutPublicAccessBlockRequest {
0 bucket,
1 content_md5,
2 checksum_algorithm,
3 public_access_block_configuration,
4 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueueConfiguration {
    pub id: Option<String>,
    pub queue_arn: Option<String>,
    pub events: Option<Vec<String>>,
    pub filter: Option<NotificationConfigurationFilter>,
}
structure!(QueueConfiguration {
0 id,
1 queue_arn,
2 events,
3 filter,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Redirect {
    pub host_name: Option<String>,
    pub http_redirect_code: Option<String>,
    pub protocol: Option<String>,
    pub replace_key_prefix_with: Option<String>,
    pub replace_key_with: Option<String>,
}
structure!(Redirect {
0 host_name,
1 http_redirect_code,
2 protocol,
3 replace_key_prefix_with,
4 replace_key_with,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RedirectAllRequestsTo {
    pub host_name: Option<String>,
    pub protocol: Option<String>,
}
structure!(RedirectAllRequestsTo {
0 host_name,
1 protocol,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RestoreStatus {
    pub is_restore_in_progress: Option<bool>,
    pub restore_expiry_date: Option<Timestamp>,
}
structure!(RestoreStatus {
0 is_restore_in_progress,
1 restore_expiry_date,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RoutingRule {
    pub condition: Option<Condition>,
    pub redirect: Option<Redirect>,
}
structure!(RoutingRule {
0 condition,
1 redirect,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct S3KeyFilter {
    pub filter_rules: Option<Vec<FilterRule>>,
}
structure!(S3KeyFilter {
0 filter_rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServerSideEncryptionByDefault {
    pub sse_algorithm: Option<String>,
    pub kms_master_key_id: Option<String>,
}
structure!(ServerSideEncryptionByDefault {
0 sse_algorithm,
1 kms_master_key_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServerSideEncryptionConfiguration {
    pub rules: Option<Vec<ServerSideEncryptionRule>>,
}
structure!(ServerSideEncryptionConfiguration {
0 rules,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServerSideEncryptionRule {
    pub apply_server_side_encryption_by_default: Option<ServerSideEncryptionByDefault>,
    pub bucket_key_enabled: Option<bool>,
    pub blocked_encryption_types: Option<BlockedEncryptionTypes>,
}
structure!(ServerSideEncryptionRule {
0 apply_server_side_encryption_by_default,
1 bucket_key_enabled,
2 blocked_encryption_types,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tag {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(Tag {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tagging {
    pub tag_set: Option<Vec<Tag>>,
}
structure!(Tagging {
0 tag_set,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TopicConfiguration {
    pub id: Option<String>,
    pub topic_arn: Option<String>,
    pub events: Option<Vec<String>>,
    pub filter: Option<NotificationConfigurationFilter>,
}
structure!(TopicConfiguration {
0 id,
1 topic_arn,
2 events,
3 filter,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Transition {
    pub date: Option<Timestamp>,
    pub days: Option<i32>,
    pub storage_class: Option<String>,
}
structure!(Transition {
0 date,
1 days,
2 storage_class,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UploadPartCopyOutput {
    pub copy_source_version_id: Option<String>,
    pub copy_part_result: Option<CopyPartResult>,
    pub server_side_encryption: Option<String>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key_md5: Option<String>,
    pub ssekms_key_id: Option<String>,
    pub bucket_key_enabled: Option<bool>,
    pub request_charged: Option<String>,
    pub version_id: Option<String>,
}
structure!(UploadPartCopyOutput {
0 copy_source_version_id,
1 copy_part_result,
2 server_side_encryption,
3 sse_customer_algorithm,
4 sse_customer_key_md5,
5 ssekms_key_id,
6 bucket_key_enabled,
7 request_charged,
8 version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UploadPartCopyRequest {
    pub bucket: Option<String>,
    pub copy_source: Option<String>,
    pub copy_source_if_match: Option<String>,
    pub copy_source_if_modified_since: Option<Timestamp>,
    pub copy_source_if_none_match: Option<String>,
    pub copy_source_if_unmodified_since: Option<Timestamp>,
    pub copy_source_range: Option<String>,
    pub key: Option<String>,
    pub part_number: Option<i32>,
    pub upload_id: Option<String>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key: Option<String>,
    pub sse_customer_key_md5: Option<String>,
    pub copy_source_sse_customer_algorithm: Option<String>,
    pub copy_source_sse_customer_key: Option<String>,
    pub copy_source_sse_customer_key_md5: Option<String>,
    pub request_payer: Option<String>,
    pub expected_bucket_owner: Option<String>,
    pub expected_source_bucket_owner: Option<String>,
}
structure!(UploadPartCopyRequest {
0 bucket,
1 copy_source,
2 copy_source_if_match,
3 copy_source_if_modified_since,
4 copy_source_if_none_match,
5 copy_source_if_unmodified_since,
6 copy_source_range,
7 key,
8 part_number,
9 upload_id,
10 sse_customer_algorithm,
11 sse_customer_key,
12 sse_customer_key_md5,
13 copy_source_sse_customer_algorithm,
14 copy_source_sse_customer_key,
15 copy_source_sse_customer_key_md5,
16 request_payer,
17 expected_bucket_owner,
18 expected_source_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UploadPartOutput {
    pub server_side_encryption: Option<String>,
    pub e_tag: Option<String>,
    pub checksum_crc32: Option<String>,
    pub checksum_crc32_c: Option<String>,
    pub checksum_crc64_nvme: Option<String>,
    pub checksum_sha1: Option<String>,
    pub checksum_sha256: Option<String>,
    pub checksum_sha512: Option<String>,
    pub checksum_md5: Option<String>,
    pub checksum_xxhash64: Option<String>,
    pub checksum_xxhash3: Option<String>,
    pub checksum_xxhash128: Option<String>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key_md5: Option<String>,
    pub ssekms_key_id: Option<String>,
    pub bucket_key_enabled: Option<bool>,
    pub request_charged: Option<String>,
    pub version_id: Option<String>,
}
structure!(UploadPartOutput {
0 server_side_encryption,
1 e_tag,
2 checksum_crc32,
3 checksum_crc32_c,
4 checksum_crc64_nvme,
5 checksum_sha1,
6 checksum_sha256,
7 checksum_sha512,
8 checksum_md5,
9 checksum_xxhash64,
10 checksum_xxhash3,
11 checksum_xxhash128,
12 sse_customer_algorithm,
13 sse_customer_key_md5,
14 ssekms_key_id,
15 bucket_key_enabled,
16 request_charged,
17 version_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UploadPartRequest {
    pub body: Option<wharf_wire::ByteStream>,
    pub bucket: Option<String>,
    pub content_length: Option<i64>,
    pub content_md5: Option<String>,
    pub checksum_algorithm: Option<String>,
    pub checksum_crc32: Option<String>,
    pub checksum_crc32_c: Option<String>,
    pub checksum_crc64_nvme: Option<String>,
    pub checksum_sha1: Option<String>,
    pub checksum_sha256: Option<String>,
    pub checksum_sha512: Option<String>,
    pub checksum_md5: Option<String>,
    pub checksum_xxhash64: Option<String>,
    pub checksum_xxhash3: Option<String>,
    pub checksum_xxhash128: Option<String>,
    pub key: Option<String>,
    pub part_number: Option<i32>,
    pub upload_id: Option<String>,
    pub sse_customer_algorithm: Option<String>,
    pub sse_customer_key: Option<String>,
    pub sse_customer_key_md5: Option<String>,
    pub request_payer: Option<String>,
    pub expected_bucket_owner: Option<String>,
}
structure!(UploadPartRequest {
0 body,
1 bucket,
2 content_length,
3 content_md5,
4 checksum_algorithm,
5 checksum_crc32,
6 checksum_crc32_c,
7 checksum_crc64_nvme,
8 checksum_sha1,
9 checksum_sha256,
10 checksum_sha512,
11 checksum_md5,
12 checksum_xxhash64,
13 checksum_xxhash3,
14 checksum_xxhash128,
15 key,
16 part_number,
17 upload_id,
18 sse_customer_algorithm,
19 sse_customer_key,
20 sse_customer_key_md5,
21 request_payer,
22 expected_bucket_owner,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VersioningConfiguration {
    pub mfa_delete: Option<String>,
    pub status: Option<String>,
}
structure!(VersioningConfiguration {
0 mfa_delete,
1 status,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct WebsiteConfiguration {
    pub error_document: Option<ErrorDocument>,
    pub index_document: Option<IndexDocument>,
    pub redirect_all_requests_to: Option<RedirectAllRequestsTo>,
    pub routing_rules: Option<Vec<RoutingRule>>,
}
structure!(WebsiteConfiguration {
0 error_document,
1 index_document,
2 redirect_all_requests_to,
3 routing_rules,
});
