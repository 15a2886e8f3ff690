//! Which blocks count, and where the logs begin: one small file, replaced as a whole.

use std::{
    io::{self, Write as _},
    path::Path,
};

use serde::{Deserialize, Serialize};
use wharf_wal::{Disk, ReplaceError};

use crate::block::Of;

pub const NAME: &str = "manifest.json";
const FORMAT: u32 = 1;
/// A block is named in a hundred bytes.
const MAX_BYTES: u64 = 64 << 20;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The first segment of the log whose samples are in no block.
    pub log_from: u64,
    pub catalogue_from: u64,
    /// The id of the next block.
    pub next_block: u64,
    /// What the clock showed when this was written.
    #[serde(default)]
    pub at: Option<i64>,
    pub blocks: Vec<Of>,
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            format: FORMAT,
            log_from: 1,
            catalogue_from: 1,
            next_block: 1,
            at: None,
            blocks: Vec::new(),
        }
    }
}

impl Manifest {
    /// The one of a folder; that of an empty one where there is none.
    pub fn read(dir: &Path) -> io::Result<Self> {
        let found: Option<Self> = wharf_durable::read_json(&dir.join(NAME), MAX_BYTES)?;
        let found = found.unwrap_or_default();
        match found.format {
            FORMAT => Ok(found),
            other => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("format {other} is of another version of wharf"),
            )),
        }
    }

    /// # Errors
    /// The disk's, with which manifest the next start finds.
    pub fn write(&self, dir: &Path, disk: &Disk) -> Result<(), ReplaceError> {
        let bytes = serde_json::to_vec(self)
            .map_err(|error| ReplaceError::Unchanged(io::Error::from(error)))?;
        disk.replace(dir, NAME, |out| out.write_all(&bytes), |_| Ok(()))?;
        Ok(())
    }
}
