//! An image's configuration, as far as running it needs.

use serde::{Deserialize, Serialize};

/// Strings and lists in here come from the image's author.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfig {
    pub entrypoint: Vec<String>,
    pub cmd: Vec<String>,
    pub env: Vec<(String, String)>,
    pub working_dir: String,
    pub user: String,
    /// As written; see [`crate::spec::parse_signal`].
    pub stop_signal: Option<String>,
    pub exposed_ports: Vec<ExposedPort>,
    pub volumes: Vec<String>,
    pub labels: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExposedPort {
    pub port: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}
