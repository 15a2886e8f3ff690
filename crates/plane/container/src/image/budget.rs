//! What an image may bring onto the node, counted while its layers are unpacked.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use nix::sys::statvfs::statvfs;

use super::error::UnpackError;

/// Bounds on an image. Far beyond real ones, below what a hostile one could do to the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnpackLimits {
    /// Of all layers together; each costs an inode.
    pub entries: u64,
    /// Of file contents, of all layers together.
    pub bytes: u64,
    /// A layer may unpack to this many times its compressed size …
    pub ratio: u64,
    /// … or to so many bytes, whichever is more: small layers of zeros are common.
    pub bytes_at_any_ratio: u64,
    /// Of the node's disk, bytes and inodes, what must stay free; of bytes [`FREE_BYTES`] are enough.
    pub free_percent: u64,
}

impl Default for UnpackLimits {
    fn default() -> Self {
        Self {
            entries: 2_000_000,
            bytes: 64 << 30,
            ratio: 100,
            bytes_at_any_ratio: 1 << 30,
            free_percent: 10,
        }
    }
}

/// On a large disk a tenth is much: so much is enough for the control plane and the agent to work on.
const FREE_BYTES: u64 = 2 << 30;
/// The disk is looked at again after so many bytes or entries.
const LOOK_EVERY_BYTES: u64 = 16 << 20;
const LOOK_EVERY_ENTRIES: u64 = 1024;

/// What is left for an image; its layers share it.
#[derive(Debug)]
pub struct Budget {
    limits: UnpackLimits,
    /// Where it is unpacked.
    dir: PathBuf,
    entries: AtomicU64,
    bytes: AtomicU64,
}

impl Budget {
    pub fn new(limits: UnpackLimits, dir: PathBuf) -> Arc<Self> {
        Arc::new(Self {
            limits,
            dir,
            entries: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        })
    }

    /// A layer that is here already counts as well.
    pub fn count_present(&self, bytes: u64) -> Result<(), UnpackError> {
        self.add_bytes(bytes)
    }

    /// For one layer of `compressed` bytes.
    pub fn meter(self: &Arc<Self>, compressed: u64) -> Meter {
        let of_ratio = compressed.saturating_mul(self.limits.ratio);
        Meter {
            budget: Arc::clone(self),
            entries: 0,
            bytes: 0,
            most: of_ratio.max(self.limits.bytes_at_any_ratio),
            looked_at: None,
            kept: false,
        }
    }

    fn add_bytes(&self, bytes: u64) -> Result<(), UnpackError> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.limits.bytes {
            return Err(UnpackError::TooLarge(self.limits.bytes));
        }
        Ok(())
    }

    fn add_entry(&self) -> Result<(), UnpackError> {
        if self.entries.fetch_add(1, Ordering::Relaxed) >= self.limits.entries {
            return Err(UnpackError::TooManyEntries(self.limits.entries));
        }
        Ok(())
    }

    /// Whether enough of the disk stays free with so many bytes more.
    pub fn look_at_disk(&self, bytes: u64) -> Result<(), UnpackError> {
        let Ok(seen) = statvfs(&self.dir) else {
            // Then writing tells.
            return Ok(());
        };
        let percent = self.limits.free_percent;
        let part = |all: u64| all / 100 * percent;
        let free = seen.blocks_available() * seen.fragment_size();
        // As `df` counts: what is kept for root alone is nobody's.
        let used = (seen.blocks() - seen.blocks_free()) * seen.fragment_size();
        let kept = match percent {
            // Nothing fits at all.
            100.. => u64::MAX,
            _ => part(used + free).min(FREE_BYTES),
        };
        let no_bytes = free.saturating_sub(bytes) < kept;
        // Some file systems make inodes as they need them and count none.
        let no_inodes = seen.files() > 0 && seen.files_available() < part(seen.files());
        if no_bytes || no_inodes {
            return Err(UnpackError::NoRoom {
                what: if no_bytes { "space" } else { "inodes" },
                percent,
            });
        }
        Ok(())
    }
}

/// Counts one layer. Dropped before [`Meter::keep`], it gives back what it had counted: the next
/// attempt begins anew.
#[derive(Debug)]
pub struct Meter {
    budget: Arc<Budget>,
    entries: u64,
    bytes: u64,
    /// What this layer may unpack to.
    most: u64,
    /// Bytes and entries when the disk was last looked at.
    looked_at: Option<(u64, u64)>,
    kept: bool,
}

impl Meter {
    /// Before an entry with that much content is made.
    pub fn entry(&mut self, size: u64) -> Result<(), UnpackError> {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(size);
        self.budget.add_entry()?;
        self.budget.add_bytes(size)?;
        if self.bytes > self.most {
            return Err(UnpackError::Ratio {
                bytes: self.most,
                ratio: self.budget.limits.ratio,
            });
        }
        let due = self.looked_at.is_none_or(|(bytes, entries)| {
            self.bytes - bytes >= LOOK_EVERY_BYTES || self.entries - entries >= LOOK_EVERY_ENTRIES
        });
        if due {
            self.budget.look_at_disk(size)?;
            self.looked_at = Some((self.bytes, self.entries));
        }
        Ok(())
    }

    /// All of a layer at once.
    pub fn layer(&mut self, entries: u64, bytes: u64) -> Result<(), UnpackError> {
        self.entries += entries;
        let before = self.budget.entries.fetch_add(entries, Ordering::Relaxed);
        let most = self.budget.limits.entries;
        if before.saturating_add(entries) > most {
            return Err(UnpackError::TooManyEntries(most));
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.budget.add_bytes(bytes)?;
        if self.bytes > self.most {
            return Err(UnpackError::Ratio {
                bytes: self.most,
                ratio: self.budget.limits.ratio,
            });
        }
        Ok(())
    }

    /// Of file contents so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The layer is whole.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if !self.kept {
            self.budget
                .entries
                .fetch_sub(self.entries, Ordering::Relaxed);
            self.budget.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(limits: UnpackLimits) -> Arc<Budget> {
        Budget::new(limits, "/".into())
    }

    fn limits() -> UnpackLimits {
        UnpackLimits {
            entries: 10,
            bytes: 1000,
            ratio: 3,
            bytes_at_any_ratio: 100,
            free_percent: 0,
        }
    }

    #[test]
    fn layers_share_what_the_image_may_bring() {
        let image = budget(limits());
        let mut first = image.meter(1000);
        first.entry(600).unwrap();
        first.keep();
        let mut second = image.meter(1000);
        assert!(matches!(
            second.entry(401),
            Err(UnpackError::TooLarge(1000))
        ));
        drop(second);
        // What the failed attempt had counted is free again.
        let mut again = image.meter(1000);
        again.entry(400).unwrap();
        for _ in 0..8 {
            again.entry(0).unwrap();
        }
        assert!(matches!(
            again.entry(0),
            Err(UnpackError::TooManyEntries(10))
        ));
        assert!(image.count_present(1).is_err());
    }

    #[test]
    fn a_layer_unpacks_to_so_many_times_its_size() {
        let image = budget(limits());
        image.meter(1).entry(100).unwrap();
        image.meter(50).entry(150).unwrap();
        assert!(matches!(
            image.meter(50).entry(151),
            Err(UnpackError::Ratio { bytes: 150, .. })
        ));
    }

    #[test]
    fn layers_that_are_shown_count_as_others() {
        let image = budget(limits());
        let mut first = image.meter(1000);
        first.layer(6, 600).unwrap();
        first.keep();
        let entries = image.meter(1000).layer(5, 1);
        assert!(matches!(entries, Err(UnpackError::TooManyEntries(10))));
        let bytes = image.meter(1000).layer(1, 401);
        assert!(matches!(bytes, Err(UnpackError::TooLarge(1000))));
        let ratio = image.meter(50).layer(1, 151);
        assert!(matches!(ratio, Err(UnpackError::Ratio { .. })));
        image.meter(1000).layer(4, 400).unwrap();
    }

    #[test]
    fn some_of_the_disk_stays_free() {
        let full = budget(UnpackLimits {
            free_percent: 100,
            ..limits()
        });
        let error = full.meter(1).entry(1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no space left on device: 100 % of the node's disk stays free"
        );
        let huge = budget(UnpackLimits {
            bytes: u64::MAX,
            bytes_at_any_ratio: u64::MAX,
            free_percent: 1,
            ..limits()
        });
        assert!(matches!(
            huge.meter(1).entry(1 << 60),
            Err(UnpackError::NoRoom { what: "space", .. })
        ));
    }
}
