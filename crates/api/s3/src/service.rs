// Written by `cargo xtask generate` from models/. Do not edit.
//! The service as a trait, for those who implement it and those who call it.
use std::sync::Arc;

use wharf_wire::{
    Call, Check, Context, Dispatcher, Fault, Service, async_trait,
    constraints::Violation,
    node::{Payload, Struct},
    schema::ServiceSchema,
    understood::{self, Understood},
};

#[allow(unused_imports)]
use crate::{schema::SERVICE, types::*};

/// The input of any operation, for authorisation rows.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    AbortMultipartUpload(&'a AbortMultipartUploadRequest),
    CompleteMultipartUpload(&'a CompleteMultipartUploadRequest),
    CopyObject(&'a CopyObjectRequest),
    CreateBucket(&'a CreateBucketRequest),
    CreateMultipartUpload(&'a CreateMultipartUploadRequest),
    DeleteBucket(&'a DeleteBucketRequest),
    DeleteBucketCors(&'a DeleteBucketCorsRequest),
    DeleteBucketEncryption(&'a DeleteBucketEncryptionRequest),
    DeleteBucketLifecycle(&'a DeleteBucketLifecycleRequest),
    DeleteBucketOwnershipControls(&'a DeleteBucketOwnershipControlsRequest),
    DeleteBucketPolicy(&'a DeleteBucketPolicyRequest),
    DeleteBucketTagging(&'a DeleteBucketTaggingRequest),
    DeleteBucketWebsite(&'a DeleteBucketWebsiteRequest),
    DeleteObject(&'a DeleteObjectRequest),
    DeleteObjectTagging(&'a DeleteObjectTaggingRequest),
    DeleteObjects(&'a DeleteObjectsRequest),
    DeletePublicAccessBlock(&'a DeletePublicAccessBlockRequest),
    GetBucketAcl(&'a GetBucketAclRequest),
    GetBucketCors(&'a GetBucketCorsRequest),
    GetBucketEncryption(&'a GetBucketEncryptionRequest),
    GetBucketLifecycleConfiguration(&'a GetBucketLifecycleConfigurationRequest),
    GetBucketLocation(&'a GetBucketLocationRequest),
    GetBucketNotificationConfiguration(&'a GetBucketNotificationConfigurationRequest),
    GetBucketOwnershipControls(&'a GetBucketOwnershipControlsRequest),
    GetBucketPolicy(&'a GetBucketPolicyRequest),
    GetBucketPolicyStatus(&'a GetBucketPolicyStatusRequest),
    GetBucketTagging(&'a GetBucketTaggingRequest),
    GetBucketVersioning(&'a GetBucketVersioningRequest),
    GetBucketWebsite(&'a GetBucketWebsiteRequest),
    GetObject(&'a GetObjectRequest),
    GetObjectAcl(&'a GetObjectAclRequest),
    GetObjectAttributes(&'a GetObjectAttributesRequest),
    GetObjectTagging(&'a GetObjectTaggingRequest),
    GetPublicAccessBlock(&'a GetPublicAccessBlockRequest),
    HeadBucket(&'a HeadBucketRequest),
    HeadObject(&'a HeadObjectRequest),
    ListBuckets(&'a ListBucketsRequest),
    ListMultipartUploads(&'a ListMultipartUploadsRequest),
    ListObjectVersions(&'a ListObjectVersionsRequest),
    ListObjects(&'a ListObjectsRequest),
    ListObjectsV2(&'a ListObjectsV2Request),
    ListParts(&'a ListPartsRequest),
    PutBucketAcl(&'a PutBucketAclRequest),
    PutBucketCors(&'a PutBucketCorsRequest),
    PutBucketEncryption(&'a PutBucketEncryptionRequest),
    PutBucketLifecycleConfiguration(&'a PutBucketLifecycleConfigurationRequest),
    PutBucketNotificationConfiguration(&'a PutBucketNotificationConfigurationRequest),
    PutBucketOwnershipControls(&'a PutBucketOwnershipControlsRequest),
    PutBucketPolicy(&'a PutBucketPolicyRequest),
    PutBucketTagging(&'a PutBucketTaggingRequest),
    PutBucketVersioning(&'a PutBucketVersioningRequest),
    PutBucketWebsite(&'a PutBucketWebsiteRequest),
    PutObject(&'a PutObjectRequest),
    PutObjectAcl(&'a PutObjectAclRequest),
    PutObjectTagging(&'a PutObjectTaggingRequest),
    PutPublicAccessBlock(&'a PutPublicAccessBlockRequest),
    UploadPart(&'a UploadPartRequest),
    UploadPartCopy(&'a UploadPartCopyRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AbortMultipartUpload(_) => "AbortMultipartUpload",
            Self::CompleteMultipartUpload(_) => "CompleteMultipartUpload",
            Self::CopyObject(_) => "CopyObject",
            Self::CreateBucket(_) => "CreateBucket",
            Self::CreateMultipartUpload(_) => "CreateMultipartUpload",
            Self::DeleteBucket(_) => "DeleteBucket",
            Self::DeleteBucketCors(_) => "DeleteBucketCors",
            Self::DeleteBucketEncryption(_) => "DeleteBucketEncryption",
            Self::DeleteBucketLifecycle(_) => "DeleteBucketLifecycle",
            Self::DeleteBucketOwnershipControls(_) => "DeleteBucketOwnershipControls",
            Self::DeleteBucketPolicy(_) => "DeleteBucketPolicy",
            Self::DeleteBucketTagging(_) => "DeleteBucketTagging",
            Self::DeleteBucketWebsite(_) => "DeleteBucketWebsite",
            Self::DeleteObject(_) => "DeleteObject",
            Self::DeleteObjectTagging(_) => "DeleteObjectTagging",
            Self::DeleteObjects(_) => "DeleteObjects",
            Self::DeletePublicAccessBlock(_) => "DeletePublicAccessBlock",
            Self::GetBucketAcl(_) => "GetBucketAcl",
            Self::GetBucketCors(_) => "GetBucketCors",
            Self::GetBucketEncryption(_) => "GetBucketEncryption",
            Self::GetBucketLifecycleConfiguration(_) => "GetBucketLifecycleConfiguration",
            Self::GetBucketLocation(_) => "GetBucketLocation",
            Self::GetBucketNotificationConfiguration(_) => "GetBucketNotificationConfiguration",
            Self::GetBucketOwnershipControls(_) => "GetBucketOwnershipControls",
            Self::GetBucketPolicy(_) => "GetBucketPolicy",
            Self::GetBucketPolicyStatus(_) => "GetBucketPolicyStatus",
            Self::GetBucketTagging(_) => "GetBucketTagging",
            Self::GetBucketVersioning(_) => "GetBucketVersioning",
            Self::GetBucketWebsite(_) => "GetBucketWebsite",
            Self::GetObject(_) => "GetObject",
            Self::GetObjectAcl(_) => "GetObjectAcl",
            Self::GetObjectAttributes(_) => "GetObjectAttributes",
            Self::GetObjectTagging(_) => "GetObjectTagging",
            Self::GetPublicAccessBlock(_) => "GetPublicAccessBlock",
            Self::HeadBucket(_) => "HeadBucket",
            Self::HeadObject(_) => "HeadObject",
            Self::ListBuckets(_) => "ListBuckets",
            Self::ListMultipartUploads(_) => "ListMultipartUploads",
            Self::ListObjectVersions(_) => "ListObjectVersions",
            Self::ListObjects(_) => "ListObjects",
            Self::ListObjectsV2(_) => "ListObjectsV2",
            Self::ListParts(_) => "ListParts",
            Self::PutBucketAcl(_) => "PutBucketAcl",
            Self::PutBucketCors(_) => "PutBucketCors",
            Self::PutBucketEncryption(_) => "PutBucketEncryption",
            Self::PutBucketLifecycleConfiguration(_) => "PutBucketLifecycleConfiguration",
            Self::PutBucketNotificationConfiguration(_) => "PutBucketNotificationConfiguration",
            Self::PutBucketOwnershipControls(_) => "PutBucketOwnershipControls",
            Self::PutBucketPolicy(_) => "PutBucketPolicy",
            Self::PutBucketTagging(_) => "PutBucketTagging",
            Self::PutBucketVersioning(_) => "PutBucketVersioning",
            Self::PutBucketWebsite(_) => "PutBucketWebsite",
            Self::PutObject(_) => "PutObject",
            Self::PutObjectAcl(_) => "PutObjectAcl",
            Self::PutObjectTagging(_) => "PutObjectTagging",
            Self::PutPublicAccessBlock(_) => "PutPublicAccessBlock",
            Self::UploadPart(_) => "UploadPart",
            Self::UploadPartCopy(_) => "UploadPartCopy",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("s3:{}", self.operation())
    }
}

#[async_trait]
pub trait S3: Send + Sync + 'static {
    /// The authorisation row of each operation: what it does to which resource, evaluated by the
    /// dispatcher before the operation runs.
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault>;

    /// The service's own words for an input that breaks the model; `None` for the protocol's.
    fn refuse(&self, operation: &'static str, violations: &[Violation]) -> Option<Fault> {
        let _ = (operation, violations);
        None
    }

    /// Which members of inputs operations understand.
    fn understood(&self) -> Option<&'static Understood> {
        None
    }

    /// The functions of operations that this version has; `None` where nobody says.
    fn written(&self) -> Option<&'static [&'static str]> {
        None
    }

    async fn abort_multipart_upload(
        &self,
        call: &Call,
        input: AbortMultipartUploadRequest,
    ) -> Result<AbortMultipartUploadOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "AbortMultipartUpload"))
    }

    async fn complete_multipart_upload(
        &self,
        call: &Call,
        input: CompleteMultipartUploadRequest,
    ) -> Result<CompleteMultipartUploadOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "CompleteMultipartUpload"))
    }

    async fn copy_object(
        &self,
        call: &Call,
        input: CopyObjectRequest,
    ) -> Result<CopyObjectOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "CopyObject"))
    }

    async fn create_bucket(
        &self,
        call: &Call,
        input: CreateBucketRequest,
    ) -> Result<CreateBucketOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "CreateBucket"))
    }

    async fn create_multipart_upload(
        &self,
        call: &Call,
        input: CreateMultipartUploadRequest,
    ) -> Result<CreateMultipartUploadOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "CreateMultipartUpload"))
    }

    async fn delete_bucket(&self, call: &Call, input: DeleteBucketRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "DeleteBucket"))
    }

    async fn delete_bucket_cors(
        &self,
        call: &Call,
        input: DeleteBucketCorsRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "DeleteBucketCors"))
    }

    async fn delete_bucket_encryption(
        &self,
        call: &Call,
        input: DeleteBucketEncryptionRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "DeleteBucketEncryption"))
    }

    async fn delete_bucket_lifecycle(
        &self,
        call: &Call,
        input: DeleteBucketLifecycleRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "DeleteBucketLifecycle"))
    }

    async fn delete_bucket_ownership_controls(
        &self,
        call: &Call,
        input: DeleteBucketOwnershipControlsRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "DeleteBucketOwnershipControls"))
    }

    async fn delete_bucket_policy(
        &self,
        call: &Call,
        input: DeleteBucketPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "DeleteBucketPolicy"))
    }

    async fn delete_bucket_tagging(
        &self,
        call: &Call,
        input: DeleteBucketTaggingRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "DeleteBucketTagging"))
    }

    async fn delete_bucket_website(
        &self,
        call: &Call,
        input: DeleteBucketWebsiteRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "DeleteBucketWebsite"))
    }

    async fn delete_object(
        &self,
        call: &Call,
        input: DeleteObjectRequest,
    ) -> Result<DeleteObjectOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "DeleteObject"))
    }

    async fn delete_object_tagging(
        &self,
        call: &Call,
        input: DeleteObjectTaggingRequest,
    ) -> Result<DeleteObjectTaggingOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "DeleteObjectTagging"))
    }

    async fn delete_objects(
        &self,
        call: &Call,
        input: DeleteObjectsRequest,
    ) -> Result<DeleteObjectsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "DeleteObjects"))
    }

    async fn delete_public_access_block(
        &self,
        call: &Call,
        input: DeletePublicAccessBlockRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "DeletePublicAccessBlock"))
    }

    async fn get_bucket_acl(
        &self,
        call: &Call,
        input: GetBucketAclRequest,
    ) -> Result<GetBucketAclOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetBucketAcl"))
    }

    async fn get_bucket_cors(
        &self,
        call: &Call,
        input: GetBucketCorsRequest,
    ) -> Result<GetBucketCorsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetBucketCors"))
    }

    async fn get_bucket_encryption(
        &self,
        call: &Call,
        input: GetBucketEncryptionRequest,
    ) -> Result<GetBucketEncryptionOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetBucketEncryption"))
    }

    async fn get_bucket_lifecycle_configuration(
        &self,
        call: &Call,
        input: GetBucketLifecycleConfigurationRequest,
    ) -> Result<GetBucketLifecycleConfigurationOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetBucketLifecycleConfiguration"))
    }

    async fn get_bucket_location(
        &self,
        call: &Call,
        input: GetBucketLocationRequest,
    ) -> Result<GetBucketLocationOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetBucketLocation"))
    }

    async fn get_bucket_notification_configuration(
        &self,
        call: &Call,
        input: GetBucketNotificationConfigurationRequest,
    ) -> Result<NotificationConfiguration, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "s3",
            "GetBucketNotificationConfiguration",
        ))
    }

    async fn get_bucket_ownership_controls(
        &self,
        call: &Call,
        input: GetBucketOwnershipControlsRequest,
    ) -> Result<GetBucketOwnershipControlsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetBucketOwnershipControls"))
    }

    async fn get_bucket_policy(
        &self,
        call: &Call,
        input: GetBucketPolicyRequest,
    ) -> Result<GetBucketPolicyOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetBucketPolicy"))
    }

    async fn get_bucket_policy_status(
        &self,
        call: &Call,
        input: GetBucketPolicyStatusRequest,
    ) -> Result<GetBucketPolicyStatusOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetBucketPolicyStatus"))
    }

    async fn get_bucket_tagging(
        &self,
        call: &Call,
        input: GetBucketTaggingRequest,
    ) -> Result<GetBucketTaggingOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetBucketTagging"))
    }

    async fn get_bucket_versioning(
        &self,
        call: &Call,
        input: GetBucketVersioningRequest,
    ) -> Result<GetBucketVersioningOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetBucketVersioning"))
    }

    async fn get_bucket_website(
        &self,
        call: &Call,
        input: GetBucketWebsiteRequest,
    ) -> Result<GetBucketWebsiteOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetBucketWebsite"))
    }

    async fn get_object(
        &self,
        call: &Call,
        input: GetObjectRequest,
    ) -> Result<GetObjectOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetObject"))
    }

    async fn get_object_acl(
        &self,
        call: &Call,
        input: GetObjectAclRequest,
    ) -> Result<GetObjectAclOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetObjectAcl"))
    }

    async fn get_object_attributes(
        &self,
        call: &Call,
        input: GetObjectAttributesRequest,
    ) -> Result<GetObjectAttributesOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetObjectAttributes"))
    }

    async fn get_object_tagging(
        &self,
        call: &Call,
        input: GetObjectTaggingRequest,
    ) -> Result<GetObjectTaggingOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetObjectTagging"))
    }

    async fn get_public_access_block(
        &self,
        call: &Call,
        input: GetPublicAccessBlockRequest,
    ) -> Result<GetPublicAccessBlockOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "GetPublicAccessBlock"))
    }

    async fn head_bucket(
        &self,
        call: &Call,
        input: HeadBucketRequest,
    ) -> Result<HeadBucketOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "HeadBucket"))
    }

    async fn head_object(
        &self,
        call: &Call,
        input: HeadObjectRequest,
    ) -> Result<HeadObjectOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "HeadObject"))
    }

    async fn list_buckets(
        &self,
        call: &Call,
        input: ListBucketsRequest,
    ) -> Result<ListBucketsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "ListBuckets"))
    }

    async fn list_multipart_uploads(
        &self,
        call: &Call,
        input: ListMultipartUploadsRequest,
    ) -> Result<ListMultipartUploadsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "ListMultipartUploads"))
    }

    async fn list_object_versions(
        &self,
        call: &Call,
        input: ListObjectVersionsRequest,
    ) -> Result<ListObjectVersionsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "ListObjectVersions"))
    }

    async fn list_objects(
        &self,
        call: &Call,
        input: ListObjectsRequest,
    ) -> Result<ListObjectsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "ListObjects"))
    }

    async fn list_objects_v2(
        &self,
        call: &Call,
        input: ListObjectsV2Request,
    ) -> Result<ListObjectsV2Output, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "ListObjectsV2"))
    }

    async fn list_parts(
        &self,
        call: &Call,
        input: ListPartsRequest,
    ) -> Result<ListPartsOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "ListParts"))
    }

    async fn put_bucket_acl(&self, call: &Call, input: PutBucketAclRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "PutBucketAcl"))
    }

    async fn put_bucket_cors(&self, call: &Call, input: PutBucketCorsRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "PutBucketCors"))
    }

    async fn put_bucket_encryption(
        &self,
        call: &Call,
        input: PutBucketEncryptionRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "PutBucketEncryption"))
    }

    async fn put_bucket_lifecycle_configuration(
        &self,
        call: &Call,
        input: PutBucketLifecycleConfigurationRequest,
    ) -> Result<PutBucketLifecycleConfigurationOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "PutBucketLifecycleConfiguration"))
    }

    async fn put_bucket_notification_configuration(
        &self,
        call: &Call,
        input: PutBucketNotificationConfigurationRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "s3",
            "PutBucketNotificationConfiguration",
        ))
    }

    async fn put_bucket_ownership_controls(
        &self,
        call: &Call,
        input: PutBucketOwnershipControlsRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "PutBucketOwnershipControls"))
    }

    async fn put_bucket_policy(
        &self,
        call: &Call,
        input: PutBucketPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "PutBucketPolicy"))
    }

    async fn put_bucket_tagging(
        &self,
        call: &Call,
        input: PutBucketTaggingRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "PutBucketTagging"))
    }

    async fn put_bucket_versioning(
        &self,
        call: &Call,
        input: PutBucketVersioningRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "PutBucketVersioning"))
    }

    async fn put_bucket_website(
        &self,
        call: &Call,
        input: PutBucketWebsiteRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "PutBucketWebsite"))
    }

    async fn put_object(
        &self,
        call: &Call,
        input: PutObjectRequest,
    ) -> Result<PutObjectOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "PutObject"))
    }

    async fn put_object_acl(
        &self,
        call: &Call,
        input: PutObjectAclRequest,
    ) -> Result<PutObjectAclOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "PutObjectAcl"))
    }

    async fn put_object_tagging(
        &self,
        call: &Call,
        input: PutObjectTaggingRequest,
    ) -> Result<PutObjectTaggingOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "PutObjectTagging"))
    }

    async fn put_public_access_block(
        &self,
        call: &Call,
        input: PutPublicAccessBlockRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "PutPublicAccessBlock"))
    }

    async fn upload_part(
        &self,
        call: &Call,
        input: UploadPartRequest,
    ) -> Result<UploadPartOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "UploadPart"))
    }

    async fn upload_part_copy(
        &self,
        call: &Call,
        input: UploadPartCopyRequest,
    ) -> Result<UploadPartCopyOutput, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("s3", "UploadPartCopy"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn S3>);

/// The payload as the type that the operation's number stands for.
fn typed<T: 'static>(input: Box<dyn Payload>) -> T {
    *input
        .into_any()
        .downcast()
        .expect("the input was made for this operation")
}

fn borrowed<T: 'static>(input: &dyn Payload) -> &T {
    input
        .as_any()
        .downcast_ref()
        .expect("the input was made for this operation")
}

#[async_trait]
impl Service for Routes {
    fn schema(&self) -> &'static ServiceSchema {
        &SERVICE
    }

    fn input(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(AbortMultipartUploadRequest::default()),
            1 => Box::new(CompleteMultipartUploadRequest::default()),
            2 => Box::new(CopyObjectRequest::default()),
            3 => Box::new(CreateBucketRequest::default()),
            4 => Box::new(CreateMultipartUploadRequest::default()),
            5 => Box::new(DeleteBucketRequest::default()),
            6 => Box::new(DeleteBucketCorsRequest::default()),
            7 => Box::new(DeleteBucketEncryptionRequest::default()),
            8 => Box::new(DeleteBucketLifecycleRequest::default()),
            9 => Box::new(DeleteBucketOwnershipControlsRequest::default()),
            10 => Box::new(DeleteBucketPolicyRequest::default()),
            11 => Box::new(DeleteBucketTaggingRequest::default()),
            12 => Box::new(DeleteBucketWebsiteRequest::default()),
            13 => Box::new(DeleteObjectRequest::default()),
            14 => Box::new(DeleteObjectTaggingRequest::default()),
            15 => Box::new(DeleteObjectsRequest::default()),
            16 => Box::new(DeletePublicAccessBlockRequest::default()),
            17 => Box::new(GetBucketAclRequest::default()),
            18 => Box::new(GetBucketCorsRequest::default()),
            19 => Box::new(GetBucketEncryptionRequest::default()),
            20 => Box::new(GetBucketLifecycleConfigurationRequest::default()),
            21 => Box::new(GetBucketLocationRequest::default()),
            22 => Box::new(GetBucketNotificationConfigurationRequest::default()),
            23 => Box::new(GetBucketOwnershipControlsRequest::default()),
            24 => Box::new(GetBucketPolicyRequest::default()),
            25 => Box::new(GetBucketPolicyStatusRequest::default()),
            26 => Box::new(GetBucketTaggingRequest::default()),
            27 => Box::new(GetBucketVersioningRequest::default()),
            28 => Box::new(GetBucketWebsiteRequest::default()),
            29 => Box::new(GetObjectRequest::default()),
            30 => Box::new(GetObjectAclRequest::default()),
            31 => Box::new(GetObjectAttributesRequest::default()),
            32 => Box::new(GetObjectTaggingRequest::default()),
            33 => Box::new(GetPublicAccessBlockRequest::default()),
            34 => Box::new(HeadBucketRequest::default()),
            35 => Box::new(HeadObjectRequest::default()),
            36 => Box::new(ListBucketsRequest::default()),
            37 => Box::new(ListMultipartUploadsRequest::default()),
            38 => Box::new(ListObjectVersionsRequest::default()),
            39 => Box::new(ListObjectsRequest::default()),
            40 => Box::new(ListObjectsV2Request::default()),
            41 => Box::new(ListPartsRequest::default()),
            42 => Box::new(PutBucketAclRequest::default()),
            43 => Box::new(PutBucketCorsRequest::default()),
            44 => Box::new(PutBucketEncryptionRequest::default()),
            45 => Box::new(PutBucketLifecycleConfigurationRequest::default()),
            46 => Box::new(PutBucketNotificationConfigurationRequest::default()),
            47 => Box::new(PutBucketOwnershipControlsRequest::default()),
            48 => Box::new(PutBucketPolicyRequest::default()),
            49 => Box::new(PutBucketTaggingRequest::default()),
            50 => Box::new(PutBucketVersioningRequest::default()),
            51 => Box::new(PutBucketWebsiteRequest::default()),
            52 => Box::new(PutObjectRequest::default()),
            53 => Box::new(PutObjectAclRequest::default()),
            54 => Box::new(PutObjectTaggingRequest::default()),
            55 => Box::new(PutPublicAccessBlockRequest::default()),
            56 => Box::new(UploadPartRequest::default()),
            57 => Box::new(UploadPartCopyRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(AbortMultipartUploadOutput::default()),
            1 => Box::new(CompleteMultipartUploadOutput::default()),
            2 => Box::new(CopyObjectOutput::default()),
            3 => Box::new(CreateBucketOutput::default()),
            4 => Box::new(CreateMultipartUploadOutput::default()),
            13 => Box::new(DeleteObjectOutput::default()),
            14 => Box::new(DeleteObjectTaggingOutput::default()),
            15 => Box::new(DeleteObjectsOutput::default()),
            17 => Box::new(GetBucketAclOutput::default()),
            18 => Box::new(GetBucketCorsOutput::default()),
            19 => Box::new(GetBucketEncryptionOutput::default()),
            20 => Box::new(GetBucketLifecycleConfigurationOutput::default()),
            21 => Box::new(GetBucketLocationOutput::default()),
            22 => Box::new(NotificationConfiguration::default()),
            23 => Box::new(GetBucketOwnershipControlsOutput::default()),
            24 => Box::new(GetBucketPolicyOutput::default()),
            25 => Box::new(GetBucketPolicyStatusOutput::default()),
            26 => Box::new(GetBucketTaggingOutput::default()),
            27 => Box::new(GetBucketVersioningOutput::default()),
            28 => Box::new(GetBucketWebsiteOutput::default()),
            29 => Box::new(GetObjectOutput::default()),
            30 => Box::new(GetObjectAclOutput::default()),
            31 => Box::new(GetObjectAttributesOutput::default()),
            32 => Box::new(GetObjectTaggingOutput::default()),
            33 => Box::new(GetPublicAccessBlockOutput::default()),
            34 => Box::new(HeadBucketOutput::default()),
            35 => Box::new(HeadObjectOutput::default()),
            36 => Box::new(ListBucketsOutput::default()),
            37 => Box::new(ListMultipartUploadsOutput::default()),
            38 => Box::new(ListObjectVersionsOutput::default()),
            39 => Box::new(ListObjectsOutput::default()),
            40 => Box::new(ListObjectsV2Output::default()),
            41 => Box::new(ListPartsOutput::default()),
            45 => Box::new(PutBucketLifecycleConfigurationOutput::default()),
            52 => Box::new(PutObjectOutput::default()),
            53 => Box::new(PutObjectAclOutput::default()),
            54 => Box::new(PutObjectTaggingOutput::default()),
            56 => Box::new(UploadPartOutput::default()),
            57 => Box::new(UploadPartCopyOutput::default()),
            _ => Box::new(()),
        }
    }

    fn refuse(&self, operation: usize, violations: &[Violation]) -> Option<Fault> {
        self.0
            .refuse(SERVICE.operations[operation].name, violations)
    }

    fn understood(&self) -> Option<&'static Understood> {
        self.0.understood()
    }

    fn written(&self) -> Option<&'static [&'static str]> {
        self.0.written()
    }

    async fn checks(
        &self,
        cx: &Context,
        operation: usize,
        input: &dyn Payload,
    ) -> Result<Vec<Check>, Fault> {
        let input = match operation {
            0 => Input::AbortMultipartUpload(borrowed(input)),
            1 => Input::CompleteMultipartUpload(borrowed(input)),
            2 => Input::CopyObject(borrowed(input)),
            3 => Input::CreateBucket(borrowed(input)),
            4 => Input::CreateMultipartUpload(borrowed(input)),
            5 => Input::DeleteBucket(borrowed(input)),
            6 => Input::DeleteBucketCors(borrowed(input)),
            7 => Input::DeleteBucketEncryption(borrowed(input)),
            8 => Input::DeleteBucketLifecycle(borrowed(input)),
            9 => Input::DeleteBucketOwnershipControls(borrowed(input)),
            10 => Input::DeleteBucketPolicy(borrowed(input)),
            11 => Input::DeleteBucketTagging(borrowed(input)),
            12 => Input::DeleteBucketWebsite(borrowed(input)),
            13 => Input::DeleteObject(borrowed(input)),
            14 => Input::DeleteObjectTagging(borrowed(input)),
            15 => Input::DeleteObjects(borrowed(input)),
            16 => Input::DeletePublicAccessBlock(borrowed(input)),
            17 => Input::GetBucketAcl(borrowed(input)),
            18 => Input::GetBucketCors(borrowed(input)),
            19 => Input::GetBucketEncryption(borrowed(input)),
            20 => Input::GetBucketLifecycleConfiguration(borrowed(input)),
            21 => Input::GetBucketLocation(borrowed(input)),
            22 => Input::GetBucketNotificationConfiguration(borrowed(input)),
            23 => Input::GetBucketOwnershipControls(borrowed(input)),
            24 => Input::GetBucketPolicy(borrowed(input)),
            25 => Input::GetBucketPolicyStatus(borrowed(input)),
            26 => Input::GetBucketTagging(borrowed(input)),
            27 => Input::GetBucketVersioning(borrowed(input)),
            28 => Input::GetBucketWebsite(borrowed(input)),
            29 => Input::GetObject(borrowed(input)),
            30 => Input::GetObjectAcl(borrowed(input)),
            31 => Input::GetObjectAttributes(borrowed(input)),
            32 => Input::GetObjectTagging(borrowed(input)),
            33 => Input::GetPublicAccessBlock(borrowed(input)),
            34 => Input::HeadBucket(borrowed(input)),
            35 => Input::HeadObject(borrowed(input)),
            36 => Input::ListBuckets(borrowed(input)),
            37 => Input::ListMultipartUploads(borrowed(input)),
            38 => Input::ListObjectVersions(borrowed(input)),
            39 => Input::ListObjects(borrowed(input)),
            40 => Input::ListObjectsV2(borrowed(input)),
            41 => Input::ListParts(borrowed(input)),
            42 => Input::PutBucketAcl(borrowed(input)),
            43 => Input::PutBucketCors(borrowed(input)),
            44 => Input::PutBucketEncryption(borrowed(input)),
            45 => Input::PutBucketLifecycleConfiguration(borrowed(input)),
            46 => Input::PutBucketNotificationConfiguration(borrowed(input)),
            47 => Input::PutBucketOwnershipControls(borrowed(input)),
            48 => Input::PutBucketPolicy(borrowed(input)),
            49 => Input::PutBucketTagging(borrowed(input)),
            50 => Input::PutBucketVersioning(borrowed(input)),
            51 => Input::PutBucketWebsite(borrowed(input)),
            52 => Input::PutObject(borrowed(input)),
            53 => Input::PutObjectAcl(borrowed(input)),
            54 => Input::PutObjectTagging(borrowed(input)),
            55 => Input::PutPublicAccessBlock(borrowed(input)),
            56 => Input::UploadPart(borrowed(input)),
            57 => Input::UploadPartCopy(borrowed(input)),
            _ => unreachable!("operations are numbered by the schema"),
        };
        self.0.authorize(cx, input).await
    }

    async fn invoke(
        &self,
        call: &Call,
        operation: usize,
        input: Box<dyn Payload>,
    ) -> Result<wharf_wire::Output, Fault> {
        Ok(wharf_wire::Output::Whole(match operation {
            0 => Box::new(self.0.abort_multipart_upload(call, typed(input)).await?),
            1 => Box::new(self.0.complete_multipart_upload(call, typed(input)).await?),
            2 => Box::new(self.0.copy_object(call, typed(input)).await?),
            3 => Box::new(self.0.create_bucket(call, typed(input)).await?),
            4 => Box::new(self.0.create_multipart_upload(call, typed(input)).await?),
            5 => Box::new(self.0.delete_bucket(call, typed(input)).await?),
            6 => Box::new(self.0.delete_bucket_cors(call, typed(input)).await?),
            7 => Box::new(self.0.delete_bucket_encryption(call, typed(input)).await?),
            8 => Box::new(self.0.delete_bucket_lifecycle(call, typed(input)).await?),
            9 => Box::new(
                self.0
                    .delete_bucket_ownership_controls(call, typed(input))
                    .await?,
            ),
            10 => Box::new(self.0.delete_bucket_policy(call, typed(input)).await?),
            11 => Box::new(self.0.delete_bucket_tagging(call, typed(input)).await?),
            12 => Box::new(self.0.delete_bucket_website(call, typed(input)).await?),
            13 => Box::new(self.0.delete_object(call, typed(input)).await?),
            14 => Box::new(self.0.delete_object_tagging(call, typed(input)).await?),
            15 => Box::new(self.0.delete_objects(call, typed(input)).await?),
            16 => Box::new(
                self.0
                    .delete_public_access_block(call, typed(input))
                    .await?,
            ),
            17 => Box::new(self.0.get_bucket_acl(call, typed(input)).await?),
            18 => Box::new(self.0.get_bucket_cors(call, typed(input)).await?),
            19 => Box::new(self.0.get_bucket_encryption(call, typed(input)).await?),
            20 => Box::new(
                self.0
                    .get_bucket_lifecycle_configuration(call, typed(input))
                    .await?,
            ),
            21 => Box::new(self.0.get_bucket_location(call, typed(input)).await?),
            22 => Box::new(
                self.0
                    .get_bucket_notification_configuration(call, typed(input))
                    .await?,
            ),
            23 => Box::new(
                self.0
                    .get_bucket_ownership_controls(call, typed(input))
                    .await?,
            ),
            24 => Box::new(self.0.get_bucket_policy(call, typed(input)).await?),
            25 => Box::new(self.0.get_bucket_policy_status(call, typed(input)).await?),
            26 => Box::new(self.0.get_bucket_tagging(call, typed(input)).await?),
            27 => Box::new(self.0.get_bucket_versioning(call, typed(input)).await?),
            28 => Box::new(self.0.get_bucket_website(call, typed(input)).await?),
            29 => Box::new(self.0.get_object(call, typed(input)).await?),
            30 => Box::new(self.0.get_object_acl(call, typed(input)).await?),
            31 => Box::new(self.0.get_object_attributes(call, typed(input)).await?),
            32 => Box::new(self.0.get_object_tagging(call, typed(input)).await?),
            33 => Box::new(self.0.get_public_access_block(call, typed(input)).await?),
            34 => Box::new(self.0.head_bucket(call, typed(input)).await?),
            35 => Box::new(self.0.head_object(call, typed(input)).await?),
            36 => Box::new(self.0.list_buckets(call, typed(input)).await?),
            37 => Box::new(self.0.list_multipart_uploads(call, typed(input)).await?),
            38 => Box::new(self.0.list_object_versions(call, typed(input)).await?),
            39 => Box::new(self.0.list_objects(call, typed(input)).await?),
            40 => Box::new(self.0.list_objects_v2(call, typed(input)).await?),
            41 => Box::new(self.0.list_parts(call, typed(input)).await?),
            42 => Box::new(self.0.put_bucket_acl(call, typed(input)).await?),
            43 => Box::new(self.0.put_bucket_cors(call, typed(input)).await?),
            44 => Box::new(self.0.put_bucket_encryption(call, typed(input)).await?),
            45 => Box::new(
                self.0
                    .put_bucket_lifecycle_configuration(call, typed(input))
                    .await?,
            ),
            46 => Box::new(
                self.0
                    .put_bucket_notification_configuration(call, typed(input))
                    .await?,
            ),
            47 => Box::new(
                self.0
                    .put_bucket_ownership_controls(call, typed(input))
                    .await?,
            ),
            48 => Box::new(self.0.put_bucket_policy(call, typed(input)).await?),
            49 => Box::new(self.0.put_bucket_tagging(call, typed(input)).await?),
            50 => Box::new(self.0.put_bucket_versioning(call, typed(input)).await?),
            51 => Box::new(self.0.put_bucket_website(call, typed(input)).await?),
            52 => Box::new(self.0.put_object(call, typed(input)).await?),
            53 => Box::new(self.0.put_object_acl(call, typed(input)).await?),
            54 => Box::new(self.0.put_object_tagging(call, typed(input)).await?),
            55 => Box::new(self.0.put_public_access_block(call, typed(input)).await?),
            56 => Box::new(self.0.upload_part(call, typed(input)).await?),
            57 => Box::new(self.0.upload_part_copy(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn S3>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn S3>, dispatcher: Dispatcher) -> Self {
        Self { inner, dispatcher }
    }

    async fn admit(
        &self,
        call: &Call,
        input: Input<'_>,
        operation: usize,
        given: &dyn Struct,
    ) -> Result<Call, Fault> {
        let checks = self.inner.authorize(call.context(), input).await?;
        let call = self.dispatcher.admit(&SERVICE, call, &checks).await?;
        understood::check(self.inner.understood(), &SERVICE, operation, given)?;
        Ok(call)
    }
}

#[async_trait]
impl S3 for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn abort_multipart_upload(
        &self,
        call: &Call,
        input: AbortMultipartUploadRequest,
    ) -> Result<AbortMultipartUploadOutput, Fault> {
        let call = self
            .admit(call, Input::AbortMultipartUpload(&input), 0, &input)
            .await?;
        self.inner.abort_multipart_upload(&call, input).await
    }

    async fn complete_multipart_upload(
        &self,
        call: &Call,
        input: CompleteMultipartUploadRequest,
    ) -> Result<CompleteMultipartUploadOutput, Fault> {
        let call = self
            .admit(call, Input::CompleteMultipartUpload(&input), 1, &input)
            .await?;
        self.inner.complete_multipart_upload(&call, input).await
    }

    async fn copy_object(
        &self,
        call: &Call,
        input: CopyObjectRequest,
    ) -> Result<CopyObjectOutput, Fault> {
        let call = self
            .admit(call, Input::CopyObject(&input), 2, &input)
            .await?;
        self.inner.copy_object(&call, input).await
    }

    async fn create_bucket(
        &self,
        call: &Call,
        input: CreateBucketRequest,
    ) -> Result<CreateBucketOutput, Fault> {
        let call = self
            .admit(call, Input::CreateBucket(&input), 3, &input)
            .await?;
        self.inner.create_bucket(&call, input).await
    }

    async fn create_multipart_upload(
        &self,
        call: &Call,
        input: CreateMultipartUploadRequest,
    ) -> Result<CreateMultipartUploadOutput, Fault> {
        let call = self
            .admit(call, Input::CreateMultipartUpload(&input), 4, &input)
            .await?;
        self.inner.create_multipart_upload(&call, input).await
    }

    async fn delete_bucket(&self, call: &Call, input: DeleteBucketRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteBucket(&input), 5, &input)
            .await?;
        self.inner.delete_bucket(&call, input).await
    }

    async fn delete_bucket_cors(
        &self,
        call: &Call,
        input: DeleteBucketCorsRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteBucketCors(&input), 6, &input)
            .await?;
        self.inner.delete_bucket_cors(&call, input).await
    }

    async fn delete_bucket_encryption(
        &self,
        call: &Call,
        input: DeleteBucketEncryptionRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteBucketEncryption(&input), 7, &input)
            .await?;
        self.inner.delete_bucket_encryption(&call, input).await
    }

    async fn delete_bucket_lifecycle(
        &self,
        call: &Call,
        input: DeleteBucketLifecycleRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteBucketLifecycle(&input), 8, &input)
            .await?;
        self.inner.delete_bucket_lifecycle(&call, input).await
    }

    async fn delete_bucket_ownership_controls(
        &self,
        call: &Call,
        input: DeleteBucketOwnershipControlsRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteBucketOwnershipControls(&input),
                9,
                &input,
            )
            .await?;
        self.inner
            .delete_bucket_ownership_controls(&call, input)
            .await
    }

    async fn delete_bucket_policy(
        &self,
        call: &Call,
        input: DeleteBucketPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteBucketPolicy(&input), 10, &input)
            .await?;
        self.inner.delete_bucket_policy(&call, input).await
    }

    async fn delete_bucket_tagging(
        &self,
        call: &Call,
        input: DeleteBucketTaggingRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteBucketTagging(&input), 11, &input)
            .await?;
        self.inner.delete_bucket_tagging(&call, input).await
    }

    async fn delete_bucket_website(
        &self,
        call: &Call,
        input: DeleteBucketWebsiteRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteBucketWebsite(&input), 12, &input)
            .await?;
        self.inner.delete_bucket_website(&call, input).await
    }

    async fn delete_object(
        &self,
        call: &Call,
        input: DeleteObjectRequest,
    ) -> Result<DeleteObjectOutput, Fault> {
        let call = self
            .admit(call, Input::DeleteObject(&input), 13, &input)
            .await?;
        self.inner.delete_object(&call, input).await
    }

    async fn delete_object_tagging(
        &self,
        call: &Call,
        input: DeleteObjectTaggingRequest,
    ) -> Result<DeleteObjectTaggingOutput, Fault> {
        let call = self
            .admit(call, Input::DeleteObjectTagging(&input), 14, &input)
            .await?;
        self.inner.delete_object_tagging(&call, input).await
    }

    async fn delete_objects(
        &self,
        call: &Call,
        input: DeleteObjectsRequest,
    ) -> Result<DeleteObjectsOutput, Fault> {
        let call = self
            .admit(call, Input::DeleteObjects(&input), 15, &input)
            .await?;
        self.inner.delete_objects(&call, input).await
    }

    async fn delete_public_access_block(
        &self,
        call: &Call,
        input: DeletePublicAccessBlockRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeletePublicAccessBlock(&input), 16, &input)
            .await?;
        self.inner.delete_public_access_block(&call, input).await
    }

    async fn get_bucket_acl(
        &self,
        call: &Call,
        input: GetBucketAclRequest,
    ) -> Result<GetBucketAclOutput, Fault> {
        let call = self
            .admit(call, Input::GetBucketAcl(&input), 17, &input)
            .await?;
        self.inner.get_bucket_acl(&call, input).await
    }

    async fn get_bucket_cors(
        &self,
        call: &Call,
        input: GetBucketCorsRequest,
    ) -> Result<GetBucketCorsOutput, Fault> {
        let call = self
            .admit(call, Input::GetBucketCors(&input), 18, &input)
            .await?;
        self.inner.get_bucket_cors(&call, input).await
    }

    async fn get_bucket_encryption(
        &self,
        call: &Call,
        input: GetBucketEncryptionRequest,
    ) -> Result<GetBucketEncryptionOutput, Fault> {
        let call = self
            .admit(call, Input::GetBucketEncryption(&input), 19, &input)
            .await?;
        self.inner.get_bucket_encryption(&call, input).await
    }

    async fn get_bucket_lifecycle_configuration(
        &self,
        call: &Call,
        input: GetBucketLifecycleConfigurationRequest,
    ) -> Result<GetBucketLifecycleConfigurationOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::GetBucketLifecycleConfiguration(&input),
                20,
                &input,
            )
            .await?;
        self.inner
            .get_bucket_lifecycle_configuration(&call, input)
            .await
    }

    async fn get_bucket_location(
        &self,
        call: &Call,
        input: GetBucketLocationRequest,
    ) -> Result<GetBucketLocationOutput, Fault> {
        let call = self
            .admit(call, Input::GetBucketLocation(&input), 21, &input)
            .await?;
        self.inner.get_bucket_location(&call, input).await
    }

    async fn get_bucket_notification_configuration(
        &self,
        call: &Call,
        input: GetBucketNotificationConfigurationRequest,
    ) -> Result<NotificationConfiguration, Fault> {
        let call = self
            .admit(
                call,
                Input::GetBucketNotificationConfiguration(&input),
                22,
                &input,
            )
            .await?;
        self.inner
            .get_bucket_notification_configuration(&call, input)
            .await
    }

    async fn get_bucket_ownership_controls(
        &self,
        call: &Call,
        input: GetBucketOwnershipControlsRequest,
    ) -> Result<GetBucketOwnershipControlsOutput, Fault> {
        let call = self
            .admit(call, Input::GetBucketOwnershipControls(&input), 23, &input)
            .await?;
        self.inner.get_bucket_ownership_controls(&call, input).await
    }

    async fn get_bucket_policy(
        &self,
        call: &Call,
        input: GetBucketPolicyRequest,
    ) -> Result<GetBucketPolicyOutput, Fault> {
        let call = self
            .admit(call, Input::GetBucketPolicy(&input), 24, &input)
            .await?;
        self.inner.get_bucket_policy(&call, input).await
    }

    async fn get_bucket_policy_status(
        &self,
        call: &Call,
        input: GetBucketPolicyStatusRequest,
    ) -> Result<GetBucketPolicyStatusOutput, Fault> {
        let call = self
            .admit(call, Input::GetBucketPolicyStatus(&input), 25, &input)
            .await?;
        self.inner.get_bucket_policy_status(&call, input).await
    }

    async fn get_bucket_tagging(
        &self,
        call: &Call,
        input: GetBucketTaggingRequest,
    ) -> Result<GetBucketTaggingOutput, Fault> {
        let call = self
            .admit(call, Input::GetBucketTagging(&input), 26, &input)
            .await?;
        self.inner.get_bucket_tagging(&call, input).await
    }

    async fn get_bucket_versioning(
        &self,
        call: &Call,
        input: GetBucketVersioningRequest,
    ) -> Result<GetBucketVersioningOutput, Fault> {
        let call = self
            .admit(call, Input::GetBucketVersioning(&input), 27, &input)
            .await?;
        self.inner.get_bucket_versioning(&call, input).await
    }

    async fn get_bucket_website(
        &self,
        call: &Call,
        input: GetBucketWebsiteRequest,
    ) -> Result<GetBucketWebsiteOutput, Fault> {
        let call = self
            .admit(call, Input::GetBucketWebsite(&input), 28, &input)
            .await?;
        self.inner.get_bucket_website(&call, input).await
    }

    async fn get_object(
        &self,
        call: &Call,
        input: GetObjectRequest,
    ) -> Result<GetObjectOutput, Fault> {
        let call = self
            .admit(call, Input::GetObject(&input), 29, &input)
            .await?;
        self.inner.get_object(&call, input).await
    }

    async fn get_object_acl(
        &self,
        call: &Call,
        input: GetObjectAclRequest,
    ) -> Result<GetObjectAclOutput, Fault> {
        let call = self
            .admit(call, Input::GetObjectAcl(&input), 30, &input)
            .await?;
        self.inner.get_object_acl(&call, input).await
    }

    async fn get_object_attributes(
        &self,
        call: &Call,
        input: GetObjectAttributesRequest,
    ) -> Result<GetObjectAttributesOutput, Fault> {
        let call = self
            .admit(call, Input::GetObjectAttributes(&input), 31, &input)
            .await?;
        self.inner.get_object_attributes(&call, input).await
    }

    async fn get_object_tagging(
        &self,
        call: &Call,
        input: GetObjectTaggingRequest,
    ) -> Result<GetObjectTaggingOutput, Fault> {
        let call = self
            .admit(call, Input::GetObjectTagging(&input), 32, &input)
            .await?;
        self.inner.get_object_tagging(&call, input).await
    }

    async fn get_public_access_block(
        &self,
        call: &Call,
        input: GetPublicAccessBlockRequest,
    ) -> Result<GetPublicAccessBlockOutput, Fault> {
        let call = self
            .admit(call, Input::GetPublicAccessBlock(&input), 33, &input)
            .await?;
        self.inner.get_public_access_block(&call, input).await
    }

    async fn head_bucket(
        &self,
        call: &Call,
        input: HeadBucketRequest,
    ) -> Result<HeadBucketOutput, Fault> {
        let call = self
            .admit(call, Input::HeadBucket(&input), 34, &input)
            .await?;
        self.inner.head_bucket(&call, input).await
    }

    async fn head_object(
        &self,
        call: &Call,
        input: HeadObjectRequest,
    ) -> Result<HeadObjectOutput, Fault> {
        let call = self
            .admit(call, Input::HeadObject(&input), 35, &input)
            .await?;
        self.inner.head_object(&call, input).await
    }

    async fn list_buckets(
        &self,
        call: &Call,
        input: ListBucketsRequest,
    ) -> Result<ListBucketsOutput, Fault> {
        let call = self
            .admit(call, Input::ListBuckets(&input), 36, &input)
            .await?;
        self.inner.list_buckets(&call, input).await
    }

    async fn list_multipart_uploads(
        &self,
        call: &Call,
        input: ListMultipartUploadsRequest,
    ) -> Result<ListMultipartUploadsOutput, Fault> {
        let call = self
            .admit(call, Input::ListMultipartUploads(&input), 37, &input)
            .await?;
        self.inner.list_multipart_uploads(&call, input).await
    }

    async fn list_object_versions(
        &self,
        call: &Call,
        input: ListObjectVersionsRequest,
    ) -> Result<ListObjectVersionsOutput, Fault> {
        let call = self
            .admit(call, Input::ListObjectVersions(&input), 38, &input)
            .await?;
        self.inner.list_object_versions(&call, input).await
    }

    async fn list_objects(
        &self,
        call: &Call,
        input: ListObjectsRequest,
    ) -> Result<ListObjectsOutput, Fault> {
        let call = self
            .admit(call, Input::ListObjects(&input), 39, &input)
            .await?;
        self.inner.list_objects(&call, input).await
    }

    async fn list_objects_v2(
        &self,
        call: &Call,
        input: ListObjectsV2Request,
    ) -> Result<ListObjectsV2Output, Fault> {
        let call = self
            .admit(call, Input::ListObjectsV2(&input), 40, &input)
            .await?;
        self.inner.list_objects_v2(&call, input).await
    }

    async fn list_parts(
        &self,
        call: &Call,
        input: ListPartsRequest,
    ) -> Result<ListPartsOutput, Fault> {
        let call = self
            .admit(call, Input::ListParts(&input), 41, &input)
            .await?;
        self.inner.list_parts(&call, input).await
    }

    async fn put_bucket_acl(&self, call: &Call, input: PutBucketAclRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutBucketAcl(&input), 42, &input)
            .await?;
        self.inner.put_bucket_acl(&call, input).await
    }

    async fn put_bucket_cors(&self, call: &Call, input: PutBucketCorsRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutBucketCors(&input), 43, &input)
            .await?;
        self.inner.put_bucket_cors(&call, input).await
    }

    async fn put_bucket_encryption(
        &self,
        call: &Call,
        input: PutBucketEncryptionRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutBucketEncryption(&input), 44, &input)
            .await?;
        self.inner.put_bucket_encryption(&call, input).await
    }

    async fn put_bucket_lifecycle_configuration(
        &self,
        call: &Call,
        input: PutBucketLifecycleConfigurationRequest,
    ) -> Result<PutBucketLifecycleConfigurationOutput, Fault> {
        let call = self
            .admit(
                call,
                Input::PutBucketLifecycleConfiguration(&input),
                45,
                &input,
            )
            .await?;
        self.inner
            .put_bucket_lifecycle_configuration(&call, input)
            .await
    }

    async fn put_bucket_notification_configuration(
        &self,
        call: &Call,
        input: PutBucketNotificationConfigurationRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::PutBucketNotificationConfiguration(&input),
                46,
                &input,
            )
            .await?;
        self.inner
            .put_bucket_notification_configuration(&call, input)
            .await
    }

    async fn put_bucket_ownership_controls(
        &self,
        call: &Call,
        input: PutBucketOwnershipControlsRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutBucketOwnershipControls(&input), 47, &input)
            .await?;
        self.inner.put_bucket_ownership_controls(&call, input).await
    }

    async fn put_bucket_policy(
        &self,
        call: &Call,
        input: PutBucketPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutBucketPolicy(&input), 48, &input)
            .await?;
        self.inner.put_bucket_policy(&call, input).await
    }

    async fn put_bucket_tagging(
        &self,
        call: &Call,
        input: PutBucketTaggingRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutBucketTagging(&input), 49, &input)
            .await?;
        self.inner.put_bucket_tagging(&call, input).await
    }

    async fn put_bucket_versioning(
        &self,
        call: &Call,
        input: PutBucketVersioningRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutBucketVersioning(&input), 50, &input)
            .await?;
        self.inner.put_bucket_versioning(&call, input).await
    }

    async fn put_bucket_website(
        &self,
        call: &Call,
        input: PutBucketWebsiteRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutBucketWebsite(&input), 51, &input)
            .await?;
        self.inner.put_bucket_website(&call, input).await
    }

    async fn put_object(
        &self,
        call: &Call,
        input: PutObjectRequest,
    ) -> Result<PutObjectOutput, Fault> {
        let call = self
            .admit(call, Input::PutObject(&input), 52, &input)
            .await?;
        self.inner.put_object(&call, input).await
    }

    async fn put_object_acl(
        &self,
        call: &Call,
        input: PutObjectAclRequest,
    ) -> Result<PutObjectAclOutput, Fault> {
        let call = self
            .admit(call, Input::PutObjectAcl(&input), 53, &input)
            .await?;
        self.inner.put_object_acl(&call, input).await
    }

    async fn put_object_tagging(
        &self,
        call: &Call,
        input: PutObjectTaggingRequest,
    ) -> Result<PutObjectTaggingOutput, Fault> {
        let call = self
            .admit(call, Input::PutObjectTagging(&input), 54, &input)
            .await?;
        self.inner.put_object_tagging(&call, input).await
    }

    async fn put_public_access_block(
        &self,
        call: &Call,
        input: PutPublicAccessBlockRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::PutPublicAccessBlock(&input), 55, &input)
            .await?;
        self.inner.put_public_access_block(&call, input).await
    }

    async fn upload_part(
        &self,
        call: &Call,
        input: UploadPartRequest,
    ) -> Result<UploadPartOutput, Fault> {
        let call = self
            .admit(call, Input::UploadPart(&input), 56, &input)
            .await?;
        self.inner.upload_part(&call, input).await
    }

    async fn upload_part_copy(
        &self,
        call: &Call,
        input: UploadPartCopyRequest,
    ) -> Result<UploadPartCopyOutput, Fault> {
        let call = self
            .admit(call, Input::UploadPartCopy(&input), 57, &input)
            .await?;
        self.inner.upload_part_copy(&call, input).await
    }
}
