//! Where trails deliver to: buckets of S3, by the policies that these have for CloudTrail, or folders of the operator.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use serde_json::json;
use wharf_api_cloudtrail::faults;
use wharf_base::Arn;
use wharf_delivery::{Actor, Operations, Request};
use wharf_durable::{self as durable, Durability};
use wharf_records::Scope;
use wharf_wire::{ByteStream, Call, Fault};

use crate::{records::Trail, trails};

/// Whom the policies of buckets let in.
const PRINCIPAL: &str = "cloudtrail.amazonaws.com";

#[derive(Clone)]
pub enum Buckets {
    /// Of S3; by operations, once these are there.
    S3(Arc<OnceLock<Arc<dyn Operations>>>),
    /// Those below the operator's folder.
    Folder(PathBuf),
}

#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    #[error("a file cannot be written: {0}")]
    File(#[from] std::io::Error),
    /// As S3 calls it.
    #[error("{}", .0.code)]
    Refused(Fault),
    #[error("operations cannot be called yet")]
    NotReady,
}

/// Whose trail it is that something is delivered to.
#[derive(Debug, Clone, Copy)]
pub struct Of<'a> {
    pub scope: &'a Scope,
    pub name: &'a str,
    pub trail: &'a Trail,
}

impl Of<'_> {
    fn actor(&self) -> Actor {
        let Scope {
            account, region, ..
        } = self.scope;
        let resource = format!("trail/{}", self.name);
        Actor::Service {
            name: PRINCIPAL.to_owned(),
            account: account.clone(),
            source_arn: Arn::new("cloudtrail", region, account, resource).to_string(),
        }
    }
}

impl Buckets {
    /// A folder, if the operator gave one.
    pub fn new(folder: Option<PathBuf>) -> Self {
        match folder {
            Some(folder) => Self::Folder(folder),
            None => Self::S3(Arc::default()),
        }
    }

    pub fn calling(&self, operations: Arc<dyn Operations>) {
        if let Self::S3(given) = self {
            let _ = given.set(operations);
        }
    }

    /// Whether a trail may deliver to its bucket. As a sign of it, S3 gets the folder of the account there.
    pub async fn check(&self, call: &Call, name: &str, trail: &Trail) -> Result<(), Fault> {
        let Self::S3(operations) = self else {
            return Ok(());
        };
        let Some(operations) = operations.get() else {
            return Err(faults::operation_not_permitted_exception(
                "The server is starting. Try again in a moment.",
            ));
        };
        let bucket = &trail.bucket;
        let scope = trails::scope(call);
        let of = Of {
            scope: &scope,
            name,
            trail,
        };
        let acl = Request::new(
            "s3",
            "GetBucketAcl",
            &call.region,
            json!({ "Bucket": bucket }),
        );
        let let_in = match operations.call(&of.actor(), &acl).await {
            Ok(_) => {
                let key = format!("{}AWSLogs/{}/CloudTrail/", trail.folder(), call.account);
                self.write(of, &key, Vec::new()).await
            }
            Err(fault) => Err(BucketError::Refused(fault)),
        };
        let refused = match let_in {
            Ok(()) => return Ok(()),
            Err(BucketError::Refused(fault)) if fault.sender => fault,
            Err(BucketError::Refused(fault)) => return Err(fault),
            Err(error) => {
                return Err(Fault::receiver(
                    "InternalFailure",
                    500,
                    "An internal error has occurred.",
                    &error,
                ));
            }
        };
        // Who is let in nowhere does not hear that there is no bucket; its account does.
        let account = Actor::Account {
            account: call.account.clone(),
            source_arn: trails::arn(call, name),
        };
        let place = Request::new(
            "s3",
            "GetBucketLocation",
            &call.region,
            json!({ "Bucket": bucket }),
        );
        let found = operations.call(&account, &place).await;
        let is_missing = |it: &Fault| it.code == "NoSuchBucket";
        Err(
            match is_missing(&refused) || found.is_err_and(|it| is_missing(&it)) {
                true => faults::s3_bucket_does_not_exist_exception(format!(
                    "S3 bucket {bucket} does not exist!"
                )),
                false => faults::insufficient_s3_bucket_policy_exception(format!(
                    "Incorrect S3 bucket policy is detected for bucket: {bucket}"
                )),
            },
        )
    }

    /// Writes an object of a trail's bucket.
    pub async fn write(&self, of: Of<'_>, key: &str, content: Vec<u8>) -> Result<(), BucketError> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(&of.trail.bucket).join(key);
                let write = move || {
                    std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
                    durable::replace(&path, &content, Durability::Machine)
                };
                let written = tokio::task::spawn_blocking(write).await;
                written.map_err(std::io::Error::other)??;
            }
            Self::S3(operations) => {
                let operations = operations.get().ok_or(BucketError::NotReady)?;
                let mut input = json!({
                    "Bucket": of.trail.bucket,
                    "Key": key,
                    "ACL": "bucket-owner-full-control",
                    "ContentType": "application/json",
                });
                if !content.is_empty() {
                    input["ContentEncoding"] = "gzip".into();
                }
                let request = Request::new("s3", "PutObject", &of.scope.region, input);
                let body = ByteStream::from(content);
                let actor = of.actor();
                let put = operations.call_with_body(&actor, &request, body);
                put.await.map_err(BucketError::Refused)?;
            }
        }
        Ok(())
    }
}
