//! The service: what it stands on, and one line for each operation.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_base::Permit;

use crate::{
    CorsRule, Website, authorize,
    core::{Core, Parts},
    ops, teardown, upkeep,
};

/// The service over the store that holds its records, and the folder of its bytes.
#[derive(Clone)]
pub struct S3Service {
    core: Arc<Core>,
}

impl S3Service {
    pub fn new(parts: Parts) -> Self {
        Self {
            core: Arc::new(Core::new(parts)),
        }
    }

    /// How the delivery of notices goes, for metrics.
    pub fn deliveries(&self) -> wharf_delivery::Figures {
        self.core.outbox.figures()
    }

    /// Removes what is not needed any more, and what rules of lifecycle let expire, and tells who is to be told, until
    /// `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => return,
            () = upkeep::assign(&self.core) => {}
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = upkeep::run(&self.core) => {}
            () = upkeep::run_rules(&self.core) => {}
            () = self.core.outbox.clone().run(stop.clone()) => {}
        }
    }

    /// The rules by which a bucket lets in pages of other sites; `None` where there is no bucket.
    ///
    /// # Errors
    /// The store's.
    pub async fn cors(&self, bucket: &str) -> Result<Option<Vec<CorsRule>>, wharf_wire::Fault> {
        let open = self.core.look(bucket).await?;
        Ok(open.map(|it| it.record.settings.cors))
    }

    /// How a bucket is shown as a website, if it is; `None` where there is no bucket.
    ///
    /// # Errors
    /// The store's.
    pub async fn website(
        &self,
        bucket: &str,
    ) -> Result<Option<Option<Website>>, wharf_wire::Fault> {
        let open = self.core.look(bucket).await?;
        Ok(open.map(|it| it.record.settings.website))
    }

    /// Ends the buckets of a closed account; how many it had.
    ///
    /// # Errors
    /// The store's.
    pub async fn end_account(
        &self,
        permit: &Permit,
        account: &str,
    ) -> Result<usize, wharf_wire::Fault> {
        teardown::account(&self.core, permit, account).await
    }

    /// One round of what [`S3Service::run`] does, for tests.
    ///
    /// # Errors
    /// The store's.
    pub async fn keep_up(&self) -> Result<(), wharf_wire::Fault> {
        upkeep::round(&self.core).await
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_s3::operations! {
    impl S3Service;
    authorize(self, cx, input) = authorize::checks(&self.core, cx, input).await;
    refuse = crate::refuse::refuse;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(&self.core, call, input).await;

    abort_multipart_upload = ops::multipart::abort;
    complete_multipart_upload = ops::complete::complete;
    copy_object = ops::copy::copy;
    create_bucket = ops::buckets::create;
    create_multipart_upload = ops::multipart::create;
    delete_bucket = ops::buckets::delete;
    delete_bucket_cors = ops::settings::delete_cors;
    delete_bucket_encryption = ops::settings::delete_encryption;
    delete_bucket_lifecycle = ops::settings::delete_lifecycle;
    delete_bucket_ownership_controls = ops::access::delete_ownership;
    delete_bucket_policy = ops::access::delete_policy;
    delete_bucket_tagging = ops::tagging::delete_of_bucket;
    delete_bucket_website = ops::website::delete;
    delete_object = ops::delete::delete;
    delete_object_tagging = ops::tagging::delete_of_object;
    delete_objects = ops::delete::delete_many;
    delete_public_access_block = ops::access::delete_public_access;
    get_bucket_acl = ops::access::get_acl;
    get_bucket_cors = ops::settings::get_cors;
    get_bucket_encryption = ops::settings::get_encryption;
    get_bucket_lifecycle_configuration = ops::settings::get_lifecycle;
    get_bucket_location = ops::buckets::location;
    get_bucket_notification_configuration = ops::notification::get;
    get_bucket_ownership_controls = ops::access::get_ownership;
    get_bucket_policy = ops::access::get_policy;
    get_bucket_policy_status = ops::access::policy_status;
    get_bucket_tagging = ops::tagging::get_of_bucket;
    get_bucket_versioning = ops::versions::get_versioning;
    get_bucket_website = ops::website::get;
    get_object = ops::get::get;
    get_object_acl = ops::access::get_object_acl;
    get_object_attributes = ops::attributes::get;
    get_object_tagging = ops::tagging::get_of_object;
    get_public_access_block = ops::access::get_public_access;
    head_bucket = ops::buckets::head;
    head_object = ops::get::head;
    list_buckets = ops::buckets::list;
    list_multipart_uploads = ops::uploads::list;
    list_object_versions = ops::versions::list;
    list_objects = ops::list::list_v1;
    list_objects_v2 = ops::list::list_v2;
    list_parts = ops::uploads::list_parts;
    put_bucket_acl = ops::access::put_acl;
    put_bucket_cors = ops::settings::put_cors;
    put_bucket_encryption = ops::settings::put_encryption;
    put_bucket_lifecycle_configuration = ops::settings::put_lifecycle;
    put_bucket_notification_configuration = ops::notification::put;
    put_bucket_ownership_controls = ops::access::put_ownership;
    put_bucket_policy = ops::access::put_policy;
    put_bucket_tagging = ops::tagging::put_of_bucket;
    put_bucket_versioning = ops::versions::put_versioning;
    put_bucket_website = ops::website::put;
    put_object = ops::put::put;
    put_object_acl = ops::access::put_object_acl;
    put_object_tagging = ops::tagging::put_of_object;
    put_public_access_block = ops::access::put_public_access;
    upload_part = ops::multipart::upload_part;
    upload_part_copy = ops::copy::copy_part;
}
