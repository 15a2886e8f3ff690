//! Metric streams, and how far each has come.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};
use wharf_service::tags::Tags;

/// A metric stream, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricStream {
    /// Of one of the two at most there are any.
    #[serde(default)]
    pub include: Vec<StreamFilter>,
    #[serde(default)]
    pub exclude: Vec<StreamFilter>,
    /// ARN of an API destination.
    pub destination: String,
    /// ARN
    pub role: String,
    pub format: StreamFormat,
    #[serde(default)]
    pub statistics: Vec<StreamStatistics>,
    pub running: bool,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for MetricStream {
    const KIND: &'static str = "metric-stream";
    const FORMAT: u32 = 1;
}

/// Metrics of a namespace: those of these names, or all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamFilter {
    pub namespace: String,
    #[serde(default)]
    pub names: Vec<String>,
}

/// What goes with metrics beyond count, sum, least and greatest value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamStatistics {
    /// Namespaces and names.
    pub metrics: Vec<(String, String)>,
    pub statistics: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StreamFormat {
    #[serde(rename = "json")]
    Json,
    #[serde(rename = "opentelemetry1.0")]
    OpenTelemetry1,
}

impl StreamFormat {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::OpenTelemetry1 => "opentelemetry1.0",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Json, Self::OpenTelemetry1]
            .into_iter()
            .find(|it| it.name() == text)
    }
}

/// How far a metric stream has come, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamPosition {
    /// When the minute begins that is next, in seconds since 1970.
    pub minute: i64,
    /// The series behind which it goes on in that minute.
    #[serde(default)]
    pub after: Option<String>,
    /// Updates that were sent of that minute.
    #[serde(default)]
    pub sent: u64,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for StreamPosition {
    const KIND: &'static str = "metric-stream-position";
    const FORMAT: u32 = 1;
}

#[cfg(test)]
impl MetricStream {
    pub fn example(format: StreamFormat) -> Self {
        Self {
            include: Vec::new(),
            exclude: Vec::new(),
            destination: "arn:aws:events:us-east-1:000000000000:api-destination/d/1".into(),
            role: "arn:aws:iam::000000000000:role/r".into(),
            format,
            statistics: Vec::new(),
            running: true,
            created_at: Timestamp(0),
            changed_at: Timestamp(0),
            tags: Tags::default(),
            unknown: Unknown::new(),
        }
    }
}
