//! A host: a machine that runs tasks.

use serde::{Deserialize, Serialize};

use super::ledger::Capacity;
use crate::{
    key::machine,
    value::{Record, Unknown},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Host {
    pub id: String,
    /// What the machine offers to tasks, reserved ports already marked.
    pub capacity: Capacity,
    /// Takes Fargate tasks of every cluster.
    pub fargate: bool,
    /// … of these accounts alone, if any are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// … of these regions alone, if any are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    pub availability_zone: String,
    /// ARN of the container instance this host is.
    pub instance: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Host {
    const KIND: &'static str = "host";
    const FORMAT: u32 = 1;
}

impl Host {
    pub fn key(id: &str) -> String {
        machine::key(Self::KIND, id)
    }
}
