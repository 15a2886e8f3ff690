//! What is published about vulnerabilities, on disk by package.
//!
//! ```text
//! <dir>/lock                 held while it is being updated
//! <dir>/current.json         which generation counts, since when, how much it is
//! <dir>/<generation>/NN      a 64th of the packages each: an index by hash, then their advisories
//! <dir>/<generation>/NN.names which vulnerabilities they are about
//! <dir>/<generation>/changed hashes of the packages that differ from the generation before
//! ```
//! Nothing in it is secret: it is what others publish.
//!
//! Invariants: a generation is complete and durable before `current.json` names it, and is never
//! changed; whoever opened one keeps it, also when the next one comes; memory holds the index, and
//! during an update a 64th of the data.

#![forbid(unsafe_code)]

#[doc(hidden)]
pub mod fuzz;
mod input;
mod names;
mod read;
mod shard;
#[cfg(test)]
mod tests;
mod update;

use std::{collections::BTreeSet, io, path::PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wharf_scan::{About, ScanError};

pub use read::Data;
pub use update::{Updated, renew, update};

/// What counts now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    pub generation: u64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
    /// The same of the generation that the list of changes is relative to; none where there is no such list.
    #[serde(default)]
    pub since: Option<i64>,
    pub advisories: u64,
    pub packages: u64,
    /// What it is about: about others nothing is known, which is not that nothing is wrong.
    #[serde(default)]
    pub ecosystems: BTreeSet<String>,
}

impl Current {
    /// Whether anything is known of an ecosystem, `Debian:12`.
    pub fn knows(&self, ecosystem: &str) -> bool {
        self.ecosystems
            .contains(&About::new(ecosystem, "").ecosystem)
    }
}

const CURRENT: &str = "current.json";
const CHANGED: &str = "changed";
const SHARDS: u64 = 64;

/// Why data cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error("{path}: {source}")]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "{0} is neither a record of OSV, an archive of them, nor the data of Debian's tracker: {1}"
    )]
    Unknown(PathBuf, String),
    #[error("the data is being updated already")]
    Busy,
}

/// Why it cannot be said what is wrong with an image.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error("the vulnerability data cannot be read")]
    Data(#[from] io::Error),
    #[error(transparent)]
    Scan(#[from] ScanError),
}

fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> DataError {
    let path = path.into();
    move |source| DataError::Io { path, source }
}

/// By what a package is looked up: the beginning of a hash of its ecosystem and name.
pub fn hash(about: &About) -> u64 {
    let digest = Sha256::new()
        .chain_update(&about.ecosystem)
        .chain_update([0])
        .chain_update(&about.name)
        .finalize();
    let first: [u8; 8] = std::array::from_fn(|at| digest[at]);
    u64::from_be_bytes(first)
}
