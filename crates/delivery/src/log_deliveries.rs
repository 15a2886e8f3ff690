//! Logs that services write of their resources: records that deliveries of CloudWatch Logs bring to log groups and buckets.

use serde_json::{Map, Value};
use wharf_base::Timestamp;

/// One step of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRecord {
    pub at: Timestamp,
    /// In the order in which they are shown.
    pub fields: Map<String, Value>,
}

/// CloudWatch Logs' deliveries. None of this waits or fails: a record for which there is no room is dropped, and counted there.
pub trait LogDeliveries: Send + Sync {
    /// Whether there is any: without one no record needs to be made.
    fn are_any(&self) -> bool;

    /// Whether records of a type (`ERROR_LOGS`) of a resource, by its ARN, are delivered anywhere.
    fn wants(&self, resource: &str, log_type: &str) -> bool;

    /// Takes a record on its way to all that want it.
    fn log(&self, resource: &str, log_type: &str, record: &LogRecord);
}
