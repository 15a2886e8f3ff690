//! Scheduled queries and their runs as they are stored.

use serde::{Deserialize, Serialize};
use wharf_base::{Arn, Timestamp};
use wharf_records::{Record, Scope, Unknown};

/// Under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScheduledQuery {
    /// Used once; runs hang on it.
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub description: Option<String>,
    pub text: String,
    /// Names or ARNs, as they were given.
    pub groups: Vec<String>,
    pub when: When,
    /// Seconds before a moment, from where to where its query looks.
    #[serde(default)]
    pub start_offset: Option<i64>,
    #[serde(default)]
    pub end_offset: Option<i64>,
    /// ARN
    pub role: String,
    #[serde(default)]
    pub destination: Option<Destination>,
    pub enabled: bool,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    /// Every moment up to this one has its run, or came before the schedule did.
    pub done_until: Timestamp,
    #[serde(default)]
    pub last: Option<Last>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Its times, as they were given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    pub expression: String,
    #[serde(default)]
    pub zone: Option<String>,
    #[serde(default)]
    pub start: Option<Timestamp>,
    #[serde(default)]
    pub end: Option<Timestamp>,
}

/// Where results go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// `s3://bucket/prefix`
    pub uri: String,
    /// ARN
    pub role: String,
    #[serde(default)]
    pub owner: Option<String>,
    #[serde(default)]
    pub kms_key: Option<String>,
}

/// The latest run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    pub at: Timestamp,
    pub status: Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    Running,
    InvalidQuery,
    Complete,
    Failed,
    Timeout,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::InvalidQuery => "InvalidQuery",
            Self::Complete => "Complete",
            Self::Failed => "Failed",
            Self::Timeout => "Timeout",
        }
    }
}

impl Record for ScheduledQuery {
    const KIND: &'static str = "scheduled-query";
    const FORMAT: u32 = 1;
}

/// One moment of a scheduled query, under `<its id>:<moment>`, with all that is needed to ask it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScheduledRun {
    /// Name of the scheduled query, and its id.
    pub name: String,
    pub of: String,
    pub at: Timestamp,
    /// As long as it runs.
    pub text: String,
    pub groups: Vec<String>,
    /// Seconds since 1970, both included.
    pub start: i64,
    pub end: i64,
    pub role: String,
    #[serde(default)]
    pub destination: Option<Destination>,
    pub status: Status,
    /// Id of the query, once it is asked.
    #[serde(default)]
    pub query: Option<String>,
    #[serde(default)]
    pub error: Option<String>,
    #[serde(default)]
    pub delivery: Option<Delivery>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What became of a result on its way to the destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// `COMPLETE`, `CLIENT_ERROR` or `FAILED`
    pub status: String,
    /// `s3://bucket/key`
    #[serde(default)]
    pub object: Option<String>,
    #[serde(default)]
    pub error: Option<String>,
}

impl Record for ScheduledRun {
    const KIND: &'static str = "scheduled-run";
    const FORMAT: u32 = 1;
}

impl ScheduledRun {
    /// What the ids of a query's runs start with; they are in the order of time.
    pub fn prefix(of: &str) -> String {
        format!("{of}:")
    }

    pub fn id(of: &str, at: Timestamp) -> String {
        format!("{}{:020}", Self::prefix(of), at.millis().max(0))
    }
}

const RESOURCE: &str = "scheduled-query:";

pub fn arn(account: &str, region: &str, name: &str) -> String {
    Arn::new("logs", region, account, format!("{RESOURCE}{name}")).to_string()
}

pub fn arn_in(scope: &Scope, name: &str) -> String {
    arn(&scope.account, &scope.region, name)
}

/// The name in a name or an ARN; `None` for an ARN of something else.
pub fn name_in(identifier: &str) -> Option<String> {
    match identifier.parse::<Arn>() {
        Ok(arn) => arn.resource.strip_prefix(RESOURCE).map(str::to_owned),
        Err(_) => Some(identifier.to_owned()),
    }
}
