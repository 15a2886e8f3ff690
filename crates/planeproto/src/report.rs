//! What planes report to the control plane.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::balancer::TargetRef;

/// How a load balancer sees a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetHealth {
    pub target: TargetRef,
    pub state: TargetState,
    /// AWS's code, e.g. `Target.ResponseCodeMismatch`; none for healthy.
    pub reason: Option<String>,
    /// `Health checks failed with these codes: [502]`
    pub description: Option<String>,
}

/// An address of a load balancer at which a host should listen and cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnboundEndpoint {
    pub address: SocketAddr,
    /// `Address already in use`
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetState {
    /// Not checked often enough to say.
    Initial,
    Healthy,
    Unhealthy,
    /// Still has requests that began before it was deregistered.
    Draining,
    /// Deregistered, and none of its requests is left on this load balancer.
    Drained,
    /// Health checks are off.
    Unavailable,
}
