//! Configurations of a bucket, as they are stored.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_service::tags::Tags;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cors: Vec<CorsRule>,
    #[serde(default, skip_serializing_if = "Notifications::is_empty")]
    pub notifications: Notifications,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<Website>,
    #[serde(default)]
    pub lifecycle: Vec<LifecycleRule>,
    #[serde(default)]
    pub encryption: Encryption,
    /// Absent once it was deleted: nothing is blocked.
    #[serde(default)]
    pub public_access: Option<PublicAccess>,
    /// Absent once it was deleted.
    #[serde(default)]
    pub ownership: Option<String>,
}

/// Whether a configuration is at most so many bytes in the bucket's record, which each request reads.
pub fn fits(configuration: &impl Serialize, most: usize) -> bool {
    serde_json::to_vec(configuration).is_ok_and(|it| it.len() <= most)
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Encryption {
    /// ARN or name of a key of KMS; `None` for S3's own.
    #[serde(default)]
    pub kms: Option<Kms>,
    #[serde(default)]
    pub bucket_key: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Kms {
    /// `None` for the account's `aws/s3`.
    pub key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAccess {
    pub block_acls: bool,
    pub ignore_acls: bool,
    pub block_policy: bool,
    pub restrict_buckets: bool,
}

impl PublicAccess {
    pub const ALL: Self = Self {
        block_acls: true,
        ignore_acls: true,
        block_policy: true,
        restrict_buckets: true,
    };
}

/// Who is told of what happens in a bucket.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Notifications {
    #[serde(default)]
    pub rules: Vec<Telling>,
    #[serde(default)]
    pub event_bridge: bool,
}

impl Notifications {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A queue or a topic, and what it is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Telling {
    pub id: String,
    pub arn: String,
    /// `s3:ObjectCreated:*`
    pub events: Vec<String>,
    #[serde(default)]
    pub prefix: String,
    #[serde(default)]
    pub suffix: String,
}

impl Telling {
    pub fn is_queue(&self) -> bool {
        self.arn.split(':').nth(2) == Some("sqs")
    }
}

/// Which pages of other sites may do what.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CorsRule {
    #[serde(default)]
    pub id: Option<String>,
    pub origins: Vec<String>,
    pub methods: Vec<String>,
    #[serde(default)]
    pub headers: Vec<String>,
    #[serde(default)]
    pub expose: Vec<String>,
    #[serde(default)]
    pub max_age: Option<i32>,
}

/// How a bucket is shown as a website.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Website {
    /// All requests are sent there, and there is nothing else.
    #[serde(default)]
    pub elsewhere: Option<Elsewhere>,
    /// What is added to the name of a folder: `index.html`
    #[serde(default)]
    pub index: String,
    /// The key of what is shown instead of an error.
    #[serde(default)]
    pub error: Option<String>,
    #[serde(default)]
    pub rules: Vec<Routing>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Elsewhere {
    pub host: String,
    #[serde(default)]
    pub protocol: Option<String>,
}

/// Requests that are sent elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Routing {
    /// How their keys begin.
    #[serde(default)]
    pub prefix: Option<String>,
    /// The error that they would be answered with.
    #[serde(default)]
    pub status: Option<u16>,
    #[serde(default)]
    pub host: Option<String>,
    #[serde(default)]
    pub protocol: Option<String>,
    /// Takes the place of the prefix.
    #[serde(default)]
    pub new_prefix: Option<String>,
    /// Takes the place of the key.
    #[serde(default)]
    pub new_key: Option<String>,
    /// The status of the answer, if it is not 301.
    #[serde(default)]
    pub code: Option<u16>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LifecycleRule {
    pub id: String,
    pub enabled: bool,
    #[serde(default)]
    pub filter: Filter,
    #[serde(default)]
    pub expire: Option<Expire>,
    /// Days after which noncurrent versions go, and how many newer ones are kept all the same.
    #[serde(default)]
    pub noncurrent_days: Option<u32>,
    #[serde(default)]
    pub newer_noncurrent: Option<u32>,
    /// Days after which uploads that were not completed go.
    #[serde(default)]
    pub abort_days: Option<u32>,
}

/// When current versions expire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expire {
    Days(u32),
    Date(Timestamp),
    /// A delete marker that is alone.
    Marker,
}

/// Which objects a rule is about; all of it must fit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    #[serde(default)]
    pub prefix: String,
    #[serde(default)]
    pub tags: Tags,
    #[serde(default)]
    pub larger_than: Option<u64>,
    #[serde(default)]
    pub smaller_than: Option<u64>,
    /// How it was written, so that it is shown so.
    #[serde(default)]
    pub form: Form,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// `Filter` with one condition, or none.
    #[default]
    One,
    And,
    /// The rule's own `Prefix`, as of old.
    Old,
}
