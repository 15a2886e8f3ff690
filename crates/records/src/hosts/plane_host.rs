//! A host's part in the network: where its end of the tunnels is, and whether it carries load
//! balancers.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{
    key::machine,
    value::{Record, Unknown},
};

/// Under the machine's instance id. Written when the host first subscribes to a plane, and kept until
/// nothing is registered under that id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaneHost {
    pub id: String,
    /// Account and region that the host is registered in. Addresses are unique among the hosts of
    /// one.
    #[serde(default)]
    pub account: String,
    #[serde(default)]
    pub region: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub underlay: Option<IpAddr>,
    pub zone: String,
    /// Carries load balancers.
    #[serde(default)]
    pub balancers: bool,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for PlaneHost {
    const KIND: &'static str = "plane-host";
    const FORMAT: u32 = 1;
}

impl PlaneHost {
    /// `id`: the machine's instance id.
    pub fn key(id: &str) -> String {
        machine::key(Self::KIND, id)
    }
}
