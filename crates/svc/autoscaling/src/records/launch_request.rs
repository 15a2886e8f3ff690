//! What LaunchInstances was asked for, and what came of it.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};

/// Under its group's uuid and the client token. It is written with the members that it orders, so that who asks again with
/// the token orders nothing twice and hears the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LaunchRequest {
    pub requested_at: Timestamp,
    pub requested: u32,
    /// As it was named.
    #[serde(default)]
    pub subnet: Option<String>,
    #[serde(default)]
    pub zone: Option<String>,
    /// The group keeps trying for what EC2 refuses.
    #[serde(default)]
    pub retries: bool,
    pub launches: Vec<Launch>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for LaunchRequest {
    const KIND: &'static str = "launch-request";
    const FORMAT: u32 = 1;
}

/// One of the instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Launch {
    /// The member's.
    pub token: String,
    pub subnet: String,
    pub zone: String,
    #[serde(default)]
    pub spot: bool,
    #[serde(default)]
    pub instance_type: Option<String>,
    /// The member's, by which what came of it is found when the member is none any more.
    #[serde(default)]
    pub activity: Option<String>,
    /// Once EC2 has it.
    #[serde(default)]
    pub instance: Option<String>,
    /// Why there is none.
    #[serde(default)]
    pub refused: Option<Refusal>,
}

/// In EC2's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    pub code: String,
    pub message: String,
}

impl Launch {
    /// Nobody knows yet what comes of it.
    pub fn is_open(&self) -> bool {
        self.instance.is_none() && self.refused.is_none()
    }
}
