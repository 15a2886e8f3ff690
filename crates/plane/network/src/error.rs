//! What can go wrong, named by the step that failed. The texts are fit for a task's stop reason.

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use crate::model::{Protocol, Subnet};

#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    #[error("`{0}` cannot name an attachment: 1 to 128 of letters, digits, `_`, `-`, `.`")]
    BadKey(String),
    #[error("the network wanted contradicts itself: {0}")]
    BadMode(String),
    #[error("bad network setting: {0}")]
    BadConfig(String),
    #[error("`{key}` has a network of another kind already")]
    KeyInUse { key: String },
    #[error("address {address} is in use by `{by}`")]
    AddressInUse { address: Ipv4Addr, by: String },
    #[error("no address is left in {subnet}")]
    AddressesExhausted { subnet: Subnet },
    #[error("host port {port}/{protocol} is in use by {by}")]
    PortInUse {
        protocol: Protocol,
        port: u16,
        by: String,
    },
    #[error("no {count} consecutive host ports are free for {protocol} in {first}-{last}")]
    PortsExhausted {
        protocol: Protocol,
        count: u16,
        first: u16,
        last: u16,
    },
    #[error("every address range kept for bridge networks is in use on this host")]
    NoFreeSubnet,
    #[error("bridge subnet {range} overlaps that of another installation on this host")]
    RangeInUse { range: Subnet },
    #[error("this host takes part in {limit} networks already")]
    TooManyScopes { limit: usize },
    #[error("no network `{0}` is wired on this host")]
    NoSuchScope(String),
    #[error("changes came before the first snapshot")]
    NoSnapshot,
    #[error("`{0}` has no network here")]
    NoSuchAttachment(String),
    #[error("{} is in use by another process", dir.display())]
    StateInUse { dir: PathBuf },
    #[error("{} was written by a newer version ({version})", path.display())]
    StateTooNew { path: PathBuf, version: u32 },
    #[error("cannot use {}", path.display())]
    State { path: PathBuf, source: io::Error },
    #[error("cannot {step}")]
    Kernel { step: String, source: io::Error },
    #[error("the network of this node has been stopped")]
    Stopped,
}

impl NetworkError {
    pub(crate) fn kernel(step: impl Into<String>, source: impl Into<io::Error>) -> Self {
        Self::Kernel {
            step: step.into(),
            source: source.into(),
        }
    }

    pub(crate) fn state(path: &Path, source: impl Into<io::Error>) -> Self {
        Self::State {
            path: path.to_owned(),
            source: source.into(),
        }
    }

    /// The kernel's errno, if that is what it was.
    pub(crate) fn errno(&self) -> Option<i32> {
        match self {
            Self::Kernel { source, .. } => source.raw_os_error(),
            _ => None,
        }
    }
}
