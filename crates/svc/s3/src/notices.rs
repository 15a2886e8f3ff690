//! What is told of an object, in the words of S3's messages and of EventBridge. Pure.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_wire::{CallerKind, Context};

use crate::{
    core::shown_version,
    names,
    notification::tells,
    records::{Bucket, Object},
};

/// Under which S3 acts.
pub const PRINCIPAL: &str = "s3.amazonaws.com";
/// As forms write it: a space is a plus.
const KEY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*')
    .remove(b'/')
    .remove(b' ');
/// MD5 of nothing, which S3 tells of delete markers.
const OF_NOTHING: &str = "d41d8cd98f00b204e9800998ecf8427e";

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Put,
    Post,
    Copy,
    Completed,
    Deleted,
    Marked,
    Expired,
    ExpiredToMarker,
    Tagged,
    Untagged,
}

impl What {
    pub fn event(self) -> &'static str {
        match self {
            Self::Put => "ObjectCreated:Put",
            Self::Post => "ObjectCreated:Post",
            Self::Copy => "ObjectCreated:Copy",
            Self::Completed => "ObjectCreated:CompleteMultipartUpload",
            Self::Deleted => "ObjectRemoved:Delete",
            Self::Marked => "ObjectRemoved:DeleteMarkerCreated",
            Self::Expired => "LifecycleExpiration:Delete",
            Self::ExpiredToMarker => "LifecycleExpiration:DeleteMarkerCreated",
            Self::Tagged => "ObjectTagging:Put",
            Self::Untagged => "ObjectTagging:Delete",
        }
    }

    /// Messages of what came later have another version.
    fn version(self) -> &'static str {
        match self {
            Self::Expired | Self::ExpiredToMarker | Self::Tagged | Self::Untagged => "2.3",
            _ => "2.1",
        }
    }

    fn detail_type(self) -> &'static str {
        match self {
            Self::Put | Self::Post | Self::Copy | Self::Completed => "Object Created",
            Self::Deleted | Self::Marked | Self::Expired | Self::ExpiredToMarker => {
                "Object Deleted"
            }
            Self::Tagged => "Object Tags Added",
            Self::Untagged => "Object Tags Deleted",
        }
    }

    fn reason(self) -> Option<&'static str> {
        Some(match self {
            Self::Put => "PutObject",
            Self::Post => "POST Object",
            Self::Copy => "CopyObject",
            Self::Completed => "CompleteMultipartUpload",
            Self::Deleted | Self::Marked => "DeleteObject",
            Self::Expired | Self::ExpiredToMarker => "Lifecycle Expiration",
            Self::Tagged | Self::Untagged => return None,
        })
    }

    fn deletion(self) -> Option<&'static str> {
        match self {
            Self::Deleted | Self::Expired => Some("Permanently Deleted"),
            Self::Marked | Self::ExpiredToMarker => Some("Delete Marker Created"),
            _ => None,
        }
    }

    /// Whether the object is there afterwards.
    fn is_there(self) -> bool {
        self.deletion().is_none()
    }
}

/// Something that happened to an object of a bucket.
pub struct Happening<'a> {
    pub bucket: &'a Bucket,
    pub key: &'a str,
    pub what: What,
    /// The version that it happened to, or a delete marker that was made.
    pub object: &'a Object,
    /// Later happenings of a key have more.
    pub sequencer: u64,
    pub at: Timestamp,
}

/// What is owed to somebody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Notice {
    /// To a queue or a topic.
    Message {
        to: String,
        /// ARN of the bucket.
        bucket: String,
        /// Whose it is.
        account: String,
        body: String,
    },
    /// To EventBridge, which reads it when it is written.
    Announcement {
        bucket: String,
        detail_type: String,
        detail: Value,
    },
}

/// All that is owed for what happened.
pub fn of(cx: &Context, it: &Happening<'_>) -> Vec<Notice> {
    let told = &it.bucket.settings.notifications;
    let rules = told.rules.iter();
    let rules = rules.filter(|rule| tells(rule, it.what.event(), it.key));
    let bucket = names::bucket_arn(&it.bucket.name);
    let messages = rules.map(|rule| Notice::Message {
        to: rule.arn.clone(),
        bucket: bucket.clone(),
        account: it.bucket.account.clone(),
        body: message(cx, it, &rule.id),
    });
    let mut all: Vec<Notice> = messages.collect();
    if told.event_bridge {
        all.push(Notice::Announcement {
            bucket,
            detail_type: it.what.detail_type().to_owned(),
            detail: detail(cx, it),
        });
    }
    all
}

fn sequencer(of: u64) -> String {
    format!("{of:018X}")
}

fn message(cx: &Context, it: &Happening<'_>, rule: &str) -> String {
    let encoded = utf8_percent_encode(it.key, KEY)
        .to_string()
        .replace(' ', "+");
    let mut object = json!({ "key": encoded, "sequencer": sequencer(it.sequencer) });
    if it.what.is_there() {
        object["size"] = it.object.size.into();
        object["eTag"] = it.object.etag.as_str().into();
    } else if it.object.marker {
        object["eTag"] = OF_NOTHING.into();
    }
    if let Some(version) = shown_version(it.bucket, it.key, it.object) {
        object["versionId"] = version.into();
    }
    let record = json!({
        "eventVersion": it.what.version(),
        "eventSource": "aws:s3",
        "awsRegion": it.bucket.region,
        "eventTime": it.at.iso8601(),
        "eventName": it.what.event(),
        "userIdentity": { "principalId": principal(cx) },
        "requestParameters": { "sourceIPAddress": source(cx).unwrap_or_else(|| PRINCIPAL.to_owned()) },
        "responseElements": {
            "x-amz-request-id": cx.request_id,
            "x-amz-id-2": cx.request_id,
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": rule,
            "bucket": {
                "name": it.bucket.name,
                "ownerIdentity": { "principalId": names::owner_id(&it.bucket.account) },
                "arn": names::bucket_arn(&it.bucket.name),
            },
            "object": object,
        },
    });
    json!({ "Records": [record] }).to_string()
}

fn principal(cx: &Context) -> String {
    match cx.caller.kind {
        CallerKind::Anonymous => "Anonymous".to_owned(),
        CallerKind::Service => PRINCIPAL.to_owned(),
        _ => format!("AWS:{}", cx.caller.user_id),
    }
}

fn source(cx: &Context) -> Option<String> {
    cx.source_ip.map(|it| it.to_string())
}

fn detail(cx: &Context, it: &Happening<'_>) -> Value {
    let mut object = json!({ "key": it.key });
    if it.what.is_there() {
        object["size"] = it.object.size.into();
        object["etag"] = it.object.etag.as_str().into();
    } else if it.object.marker {
        object["etag"] = OF_NOTHING.into();
    }
    if let Some(version) = shown_version(it.bucket, it.key, it.object) {
        object["version-id"] = version.into();
    }
    let is_of_tags = it.what.reason().is_none();
    if !is_of_tags {
        object["sequencer"] = sequencer(it.sequencer).into();
    }
    let requester = match cx.caller.kind {
        CallerKind::Service => PRINCIPAL.to_owned(),
        _ => cx.caller.account.clone(),
    };
    let mut detail = json!({
        "version": "0",
        "bucket": { "name": it.bucket.name },
        "object": object,
        "request-id": cx.request_id,
        "requester": requester,
    });
    if let Some(source) = source(cx) {
        detail["source-ip-address"] = source.into();
    }
    if let Some(reason) = it.what.reason() {
        detail["reason"] = reason.into();
    }
    if let Some(deletion) = it.what.deletion() {
        detail["deletion-type"] = deletion.into();
    }
    detail
}

/// What S3 sends to see whether a destination takes its messages.
pub fn test_event(cx: &Context, bucket: &str) -> String {
    json!({
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": cx.now.iso8601(),
        "Bucket": bucket,
        "RequestId": cx.request_id,
        "HostId": cx.request_id,
    })
    .to_string()
}
