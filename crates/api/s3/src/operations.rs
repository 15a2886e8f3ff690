// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`S3`](crate::S3) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate S3] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod abort_multipart_upload {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AbortMultipartUploadRequest;
        pub type Output = AbortMultipartUploadOutput;
    }

    pub mod complete_multipart_upload {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CompleteMultipartUploadRequest;
        pub type Output = CompleteMultipartUploadOutput;
    }

    pub mod copy_object {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CopyObjectRequest;
        pub type Output = CopyObjectOutput;
    }

    pub mod create_bucket {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateBucketRequest;
        pub type Output = CreateBucketOutput;
    }

    pub mod create_multipart_upload {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateMultipartUploadRequest;
        pub type Output = CreateMultipartUploadOutput;
    }

    pub mod delete_bucket {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteBucketRequest;
        pub type Output = ();
    }

    pub mod delete_bucket_cors {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteBucketCorsRequest;
        pub type Output = ();
    }

    pub mod delete_bucket_encryption {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteBucketEncryptionRequest;
        pub type Output = ();
    }

    pub mod delete_bucket_lifecycle {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteBucketLifecycleRequest;
        pub type Output = ();
    }

    pub mod delete_bucket_ownership_controls {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteBucketOwnershipControlsRequest;
        pub type Output = ();
    }

    pub mod delete_bucket_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteBucketPolicyRequest;
        pub type Output = ();
    }

    pub mod delete_bucket_tagging {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteBucketTaggingRequest;
        pub type Output = ();
    }

    pub mod delete_bucket_website {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteBucketWebsiteRequest;
        pub type Output = ();
    }

    pub mod delete_object {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteObjectRequest;
        pub type Output = DeleteObjectOutput;
    }

    pub mod delete_object_tagging {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteObjectTaggingRequest;
        pub type Output = DeleteObjectTaggingOutput;
    }

    pub mod delete_objects {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteObjectsRequest;
        pub type Output = DeleteObjectsOutput;
    }

    pub mod delete_public_access_block {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeletePublicAccessBlockRequest;
        pub type Output = ();
    }

    pub mod get_bucket_acl {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetBucketAclRequest;
        pub type Output = GetBucketAclOutput;
    }

    pub mod get_bucket_cors {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetBucketCorsRequest;
        pub type Output = GetBucketCorsOutput;
    }

    pub mod get_bucket_encryption {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetBucketEncryptionRequest;
        pub type Output = GetBucketEncryptionOutput;
    }

    pub mod get_bucket_lifecycle_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetBucketLifecycleConfigurationRequest;
        pub type Output = GetBucketLifecycleConfigurationOutput;
    }

    pub mod get_bucket_location {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetBucketLocationRequest;
        pub type Output = GetBucketLocationOutput;
    }

    pub mod get_bucket_notification_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetBucketNotificationConfigurationRequest;
        pub type Output = NotificationConfiguration;
    }

    pub mod get_bucket_ownership_controls {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetBucketOwnershipControlsRequest;
        pub type Output = GetBucketOwnershipControlsOutput;
    }

    pub mod get_bucket_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetBucketPolicyRequest;
        pub type Output = GetBucketPolicyOutput;
    }

    pub mod get_bucket_policy_status {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetBucketPolicyStatusRequest;
        pub type Output = GetBucketPolicyStatusOutput;
    }

    pub mod get_bucket_tagging {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetBucketTaggingRequest;
        pub type Output = GetBucketTaggingOutput;
    }

    pub mod get_bucket_versioning {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetBucketVersioningRequest;
        pub type Output = GetBucketVersioningOutput;
    }

    pub mod get_bucket_website {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetBucketWebsiteRequest;
        pub type Output = GetBucketWebsiteOutput;
    }

    pub mod get_object {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetObjectRequest;
        pub type Output = GetObjectOutput;
    }

    pub mod get_object_acl {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetObjectAclRequest;
        pub type Output = GetObjectAclOutput;
    }

    pub mod get_object_attributes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetObjectAttributesRequest;
        pub type Output = GetObjectAttributesOutput;
    }

    pub mod get_object_tagging {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetObjectTaggingRequest;
        pub type Output = GetObjectTaggingOutput;
    }

    pub mod get_public_access_block {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetPublicAccessBlockRequest;
        pub type Output = GetPublicAccessBlockOutput;
    }

    pub mod head_bucket {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = HeadBucketRequest;
        pub type Output = HeadBucketOutput;
    }

    pub mod head_object {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = HeadObjectRequest;
        pub type Output = HeadObjectOutput;
    }

    pub mod list_buckets {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListBucketsRequest;
        pub type Output = ListBucketsOutput;
    }

    pub mod list_multipart_uploads {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListMultipartUploadsRequest;
        pub type Output = ListMultipartUploadsOutput;
    }

    pub mod list_object_versions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListObjectVersionsRequest;
        pub type Output = ListObjectVersionsOutput;
    }

    pub mod list_objects {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListObjectsRequest;
        pub type Output = ListObjectsOutput;
    }

    pub mod list_objects_v2 {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListObjectsV2Request;
        pub type Output = ListObjectsV2Output;
    }

    pub mod list_parts {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListPartsRequest;
        pub type Output = ListPartsOutput;
    }

    pub mod put_bucket_acl {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutBucketAclRequest;
        pub type Output = ();
    }

    pub mod put_bucket_cors {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutBucketCorsRequest;
        pub type Output = ();
    }

    pub mod put_bucket_encryption {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutBucketEncryptionRequest;
        pub type Output = ();
    }

    pub mod put_bucket_lifecycle_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutBucketLifecycleConfigurationRequest;
        pub type Output = PutBucketLifecycleConfigurationOutput;
    }

    pub mod put_bucket_notification_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutBucketNotificationConfigurationRequest;
        pub type Output = ();
    }

    pub mod put_bucket_ownership_controls {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutBucketOwnershipControlsRequest;
        pub type Output = ();
    }

    pub mod put_bucket_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutBucketPolicyRequest;
        pub type Output = ();
    }

    pub mod put_bucket_tagging {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutBucketTaggingRequest;
        pub type Output = ();
    }

    pub mod put_bucket_versioning {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutBucketVersioningRequest;
        pub type Output = ();
    }

    pub mod put_bucket_website {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutBucketWebsiteRequest;
        pub type Output = ();
    }

    pub mod put_object {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutObjectRequest;
        pub type Output = PutObjectOutput;
    }

    pub mod put_object_acl {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutObjectAclRequest;
        pub type Output = PutObjectAclOutput;
    }

    pub mod put_object_tagging {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutObjectTaggingRequest;
        pub type Output = PutObjectTaggingOutput;
    }

    pub mod put_public_access_block {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutPublicAccessBlockRequest;
        pub type Output = ();
    }

    pub mod upload_part {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UploadPartRequest;
        pub type Output = UploadPartOutput;
    }

    pub mod upload_part_copy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UploadPartCopyRequest;
        pub type Output = UploadPartCopyOutput;
    }
}
