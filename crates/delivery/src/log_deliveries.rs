//! Logs that services write of their resources: records that deliveries of CloudWatch Logs bring to log groups and buckets.

use serde_json::{Map, Value};
use wharf_base::Timestamp;
use wharf_wire::async_trait;

/// One step of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRecord {
    /// `ERROR_LOGS`
    pub log_type: &'static str,
    pub at: Timestamp,
    /// In the order in which they are shown.
    pub fields: Map<String, Value>,
}

/// CloudWatch Logs' deliveries. None of this fails: a record for which there is no room is dropped, and counted there.
#[async_trait]
pub trait LogDeliveries: Send + Sync {
    /// Whether there is any: without one no record needs to be made.
    fn are_any(&self) -> bool;

    /// Whether records of a type of a resource, by its ARN, are delivered anywhere.
    fn wants(&self, resource: &str, log_type: &str) -> bool;

    /// Whether there may be room for a record of a type of a resource. `least`: a field, and the bytes that it has at least. What there is
    /// no room for is counted as dropped, and need not be made.
    fn admits(&self, resource: &str, log_type: &str, least: (&str, usize)) -> bool;

    /// Takes records of a resource on their way to all that want them, as of now. They are on disk when this returns.
    async fn log(&self, resource: &str, records: Vec<LogRecord>, now: Timestamp);
}
