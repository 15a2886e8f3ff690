//! Delivery sources, delivery destinations and deliveries as they are stored.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown, ecs::Tags};

/// A resource that logs, under the name that it has as a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeliverySource {
    /// ARN of the resource.
    pub resource: String,
    /// `ERROR_LOGS`
    pub log_type: String,
    /// Ids of its deliveries: one of each type of destinations.
    #[serde(default)]
    pub deliveries: BTreeMap<DestinationType, String>,
    pub created_at: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for DeliverySource {
    const KIND: &'static str = "delivery-source";
    const FORMAT: u32 = 1;
}

/// The source that a type of logs of a resource is of, under `<log type>:<ARN>`: there is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceOf {
    pub name: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for SourceOf {
    const KIND: &'static str = "delivery-source-of";
    const FORMAT: u32 = 1;
}

/// What takes logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DestinationType {
    #[serde(rename = "CWL")]
    Group,
    #[serde(rename = "S3")]
    Bucket,
}

impl DestinationType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Group => "CWL",
            Self::Bucket => "S3",
        }
    }
}

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Json,
    Plain,
    W3c,
    Raw,
}

impl Format {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Plain => "plain",
            Self::W3c => "w3c",
            Self::Raw => "raw",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        let mut all = [Self::Json, Self::Plain, Self::W3c, Self::Raw].into_iter();
        all.find(|it| it.as_str() == name)
    }
}

/// A log group or a bucket, under the name that it has as a destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeliveryDestination {
    /// ARN of the log group, or of the bucket with a prefix behind it.
    pub target: String,
    /// As it was given.
    #[serde(default)]
    pub format: Option<Format>,
    /// JSON: who else may make deliveries to it.
    #[serde(default)]
    pub policy: Option<String>,
    /// ARNs of deliveries that lead here, those of other accounts too.
    #[serde(default)]
    pub deliveries: BTreeSet<String>,
    pub created_at: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl DeliveryDestination {
    pub fn format(&self) -> Format {
        self.format.unwrap_or(Format::Json)
    }
}

impl Record for DeliveryDestination {
    const KIND: &'static str = "delivery-destination";
    const FORMAT: u32 = 1;
}

/// From a source to a destination, under its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The source's name, in the same account and region.
    pub source: String,
    /// ARN of the destination.
    pub destination: String,
    pub destination_type: DestinationType,
    /// All of them without a choice.
    #[serde(default)]
    pub fields: Option<Vec<String>>,
    #[serde(default)]
    pub delimiter: Option<String>,
    /// Of the names of objects in a bucket.
    #[serde(default)]
    pub suffix: Option<String>,
    #[serde(default)]
    pub hive: bool,
    pub created_at: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Delivery {
    const KIND: &'static str = "vended-delivery";
    const FORMAT: u32 = 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_written_as_they_are_read_again() {
        let written = r#"{"target":"arn","format":"w3c","policy":null,"deliveries":[],"created_at":5,"tags":{}}"#;
        let read: DeliveryDestination = serde_json::from_str(written).unwrap();
        assert_eq!(read.format(), Format::W3c);
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
        let least =
            r#"{"resource":"arn","log_type":"INFO_LOGS","deliveries":{"CWL":"1"},"created_at":5}"#;
        let read: DeliverySource = serde_json::from_str(least).unwrap();
        assert_eq!(read.deliveries[&DestinationType::Group], "1");
        let least = r#"{"source":"s","destination":"arn","destination_type":"S3","created_at":5}"#;
        let read: Delivery = serde_json::from_str(least).unwrap();
        assert_eq!(read.destination_type, DestinationType::Bucket);
    }
}
