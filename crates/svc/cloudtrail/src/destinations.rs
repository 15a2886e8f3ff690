//! Where trails deliver to: buckets of S3, by the policies that these have for CloudTrail, or folders of the operator
//! in their place; and log groups, by roles.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use serde_json::json;
use wharf_api_cloudtrail::faults;
use wharf_base::Arn;
use wharf_delivery::{
    Actor, Failure, Operations, Request,
    log_events::{LogEvent, LogStream, put_log_events},
};
use wharf_durable::{self as durable, Durability};
use wharf_records::Scope;
use wharf_wire::{ByteStream, Fault};

use crate::records::{LogGroup, Trail};

/// Whom policies of buckets let in, and trust policies of roles.
pub const PRINCIPAL: &str = "cloudtrail.amazonaws.com";

/// The text is S3's or Logs' code, as CloudTrail tells it in the status of a trail.
#[derive(Debug, thiserror::Error)]
pub enum DestinationError {
    #[error("a file cannot be written: {0}")]
    File(#[from] std::io::Error),
    #[error("{}", .0.code)]
    Refused(Fault),
    #[error("{}", .0.code)]
    NotWritten(Failure),
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
    fn arn(&self) -> String {
        let Scope {
            account, region, ..
        } = self.scope;
        let resource = format!("trail/{}", self.name);
        Arn::new("cloudtrail", region, account, resource).to_string()
    }

    fn service(&self) -> Actor {
        Actor::Service {
            name: PRINCIPAL.to_owned(),
            account: self.scope.account.clone(),
            source_arn: self.arn(),
        }
    }

    fn role(&self, to: &LogGroup) -> Actor {
        Actor::Role {
            arn: to.role.clone(),
            service: PRINCIPAL.to_owned(),
            source_arn: self.arn(),
        }
    }

    fn request(&self, service: &str, operation: &str, input: serde_json::Value) -> Request {
        Request::new(service, operation, &self.scope.region, input)
    }
}

/// The stream of a log group that has the events of an account and region.
pub fn log_stream(account: &str, region: &str) -> String {
    format!("{account}_CloudTrail_{region}")
}

#[derive(Clone)]
pub struct Destinations {
    /// Whose folders are the buckets, in place of S3's.
    folder: Option<PathBuf>,
    operations: Arc<OnceLock<Arc<dyn Operations>>>,
}

impl Destinations {
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            operations: Arc::default(),
        }
    }

    pub fn calling(&self, operations: Arc<dyn Operations>) {
        let _ = self.operations.set(operations);
    }

    fn operations(&self) -> Result<&dyn Operations, DestinationError> {
        let given = self.operations.get();
        given.map(|it| &**it).ok_or(DestinationError::NotReady)
    }

    /// Whether a trail may deliver to its bucket. As a sign of it, S3 gets the folder of the account there.
    pub async fn check_bucket(&self, of: Of<'_>) -> Result<(), Fault> {
        if self.folder.is_some() {
            return Ok(());
        }
        let bucket = &of.trail.bucket;
        let operations = self.operations().map_err(internal)?;
        let acl = of.request("s3", "GetBucketAcl", json!({ "Bucket": bucket }));
        let let_in = match operations.call(&of.service(), &acl).await {
            Ok(_) => {
                let account = &of.scope.account;
                let key = format!("{}AWSLogs/{account}/CloudTrail/", of.trail.folder());
                self.write(of, &key, Vec::new()).await
            }
            Err(fault) => Err(DestinationError::Refused(fault)),
        };
        let refused = match let_in {
            Ok(()) => return Ok(()),
            Err(DestinationError::Refused(fault)) if fault.sender => fault,
            Err(error) => return Err(internal(error)),
        };
        // Who is let in nowhere does not hear that there is no bucket; its account does.
        let account = Actor::Account {
            account: of.scope.account.clone(),
            source_arn: of.arn(),
        };
        let place = of.request("s3", "GetBucketLocation", json!({ "Bucket": bucket }));
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

    /// Whether a trail may deliver to this log group, which gets the stream of the trail's own region.
    pub async fn check_logs(&self, of: Of<'_>, to: &LogGroup) -> Result<(), Fault> {
        let operations = self.operations().map_err(internal)?;
        let trusts = operations.may_assume(&to.role, PRINCIPAL, &of.arn()).await;
        trusts.map_err(|fault| match fault.sender {
            true => faults::invalid_cloud_watch_logs_role_arn_exception(
                "Access denied. Check the trust relationships for your role.",
            ),
            false => fault,
        })?;
        let stream = log_stream(&of.scope.account, &of.scope.region);
        let input = json!({ "logGroupName": to.name(), "logStreamName": stream });
        let make = of.request("logs", "CreateLogStream", input);
        match operations.call(&of.role(to), &make).await {
            Ok(_) => Ok(()),
            Err(fault) if fault.code == "ResourceAlreadyExistsException" => Ok(()),
            Err(fault) if !fault.sender => Err(fault),
            Err(fault) => Err(faults::invalid_cloud_watch_logs_log_group_arn_exception(
                match fault.code == "ResourceNotFoundException" {
                    true => "CloudTrail cannot validate the specified log group ARN.",
                    false => "Access denied. Check the permissions for your role.",
                },
            )),
        }
    }

    /// Writes an object of a trail's bucket.
    pub async fn write(
        &self,
        of: Of<'_>,
        key: &str,
        content: Vec<u8>,
    ) -> Result<(), DestinationError> {
        if let Some(folder) = &self.folder {
            let path = folder.join(&of.trail.bucket).join(key);
            let write = move || {
                std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
                durable::replace(&path, &content, Durability::Machine)
            };
            let written = tokio::task::spawn_blocking(write).await;
            written.map_err(std::io::Error::other)??;
            return Ok(());
        }
        let mut input = json!({
            "Bucket": of.trail.bucket,
            "Key": key,
            "ACL": "bucket-owner-full-control",
            "ContentType": "application/json",
        });
        if !content.is_empty() {
            input["ContentEncoding"] = "gzip".into();
        }
        let (actor, request) = (of.service(), of.request("s3", "PutObject", input));
        let body = ByteStream::from(content);
        let put = self.operations()?.call_with_body(&actor, &request, body);
        put.await.map_err(DestinationError::Refused)?;
        Ok(())
    }

    /// Writes events into a log group; told again, they come twice.
    pub async fn log(
        &self,
        of: Of<'_>,
        (to, stream): (&LogGroup, &str),
        events: Vec<LogEvent>,
    ) -> Result<(), DestinationError> {
        let into = LogStream {
            region: &of.scope.region,
            group: to.name(),
            stream,
            makes_group: true,
        };
        let written = put_log_events(self.operations()?, &of.role(to), into, events).await;
        written.map_err(DestinationError::NotWritten)
    }
}

fn internal(error: DestinationError) -> Fault {
    match error {
        DestinationError::Refused(fault) => fault,
        other => Fault::receiver(
            "InternalFailure",
            500,
            "An internal error has occurred.",
            &other,
        ),
    }
}
