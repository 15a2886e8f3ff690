//! What layers take, and what is left of the disk that they lie on. It is asked often, so what was added up once holds for as long as
//! nothing came or went.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use nix::sys::statvfs::statvfs;

use super::{
    super::error::ImageError,
    Inner,
    records::{LayerRecord, read},
};

/// A folder that was changed within this time may be changed again without another time of its own.
const SETTLED: Duration = Duration::from_secs(2);

/// The disk that images lie on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImageDisk {
    /// Bytes of the layers of all images, unpacked, each once.
    pub used: u64,
    /// Bytes, and those that anybody may take.
    pub capacity: u64,
    pub available: u64,
    /// None where its file system does not count them.
    pub inodes: u64,
    pub inodes_free: u64,
}

/// What layers took, and when their folder had been changed last.
pub(super) type Held = Option<(SystemTime, u64)>;

impl Inner {
    pub(super) fn disk(&self) -> Result<ImageDisk, ImageError> {
        let folder = self.dir.join("layers");
        let seen = statvfs(&folder).map_err(|e| ImageError::io("ask", &folder)(e.into()))?;
        let block = seen.fragment_size();
        Ok(ImageDisk {
            used: self.layer_bytes(&folder)?,
            capacity: seen.blocks().saturating_mul(block),
            available: seen.blocks_available().saturating_mul(block),
            inodes: seen.files(),
            inodes_free: seen.files_available(),
        })
    }

    fn layer_bytes(&self, folder: &Path) -> Result<u64, ImageError> {
        // First: what is changed while it is read is read again.
        let changed = fs::metadata(folder).and_then(|it| it.modified());
        let changed = changed.map_err(ImageError::io("look at", folder))?;
        let known = *self.held.lock();
        if let Some((_, bytes)) = known.filter(|(at, _)| *at == changed) {
            return Ok(bytes);
        }
        let mut bytes = 0_u64;
        for path in self.files("layers")? {
            // One that goes meanwhile takes nothing.
            let record: Option<LayerRecord> = read(&path)?;
            bytes = bytes.saturating_add(record.map_or(0, |it| it.bytes));
        }
        let is_settled = changed.elapsed().is_ok_and(|it| it > SETTLED);
        *self.held.lock() = is_settled.then_some((changed, bytes));
        Ok(bytes)
    }
}
