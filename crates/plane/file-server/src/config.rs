//! What the program is told: who may come in by what, and as whom they act. Serialised between the agent and the program
//! of the same version, or of the one before.

use std::{collections::BTreeMap, net::Ipv4Addr};

use serde::{Deserialize, Serialize};

/// A file system, whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// `fs-…`
    pub id: String,
    /// What tickets are signed with, in hexadecimal.
    pub ticket_key: String,
    /// PEM: what the server shows.
    pub certificate: String,
    /// PEM
    pub private_key: String,
    /// What those may that show no ticket.
    pub anonymous: Permissions,
    /// … over a connection that nobody else can read.
    pub anonymous_encrypted: Permissions,
    /// By `fsap-…`
    pub access_points: BTreeMap<String, AccessPoint>,
    /// Where it is to be reached.
    pub places: Vec<Place>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Permissions {
    pub mount: bool,
    pub write: bool,
    /// Root is nobody without it.
    pub root: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessPoint {
    /// `/` or a path below it.
    pub path: String,
    /// How its folder is made when it is not there; `None`: it is not made.
    #[serde(default)]
    pub creation: Option<Creation>,
    /// As whom everyone acts.
    #[serde(default)]
    pub user: Option<User>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creation {
    pub uid: u32,
    pub gid: u32,
    /// Bits, not digits.
    pub mode: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
    #[serde(default)]
    pub groups: Vec<u32>,
}

/// A mount target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    pub address: Ipv4Addr,
    /// Number of the network namespace that has it: another one has a listener of its own.
    pub namespace: u64,
}

/// What the program answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Where it listens.
    pub places: Vec<Place>,
    /// What the files take, as of the last look.
    pub bytes: u64,
    pub connections: u64,
}
