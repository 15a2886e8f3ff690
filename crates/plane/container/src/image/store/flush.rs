//! Layers reach the disk after they were unpacked, and are recorded as such: nobody waits for it.

use std::{
    fs::{self, File},
    io,
    os::fd::AsRawFd,
    sync::Arc,
};

use wharf_durable::{self as durable, Durability};

use super::{
    super::error::ImageError,
    ImageStore, Inner,
    records::{LayerRecord, RECORD_LIMIT, read},
};

impl ImageStore {
    /// Flushes what was unpacked, off the way of whoever waits for the image.
    pub(super) fn flush_later(&self) {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || {
            if let Err(e) = inner.flush() {
                tracing::warn!(error = %e, "failed to sync layers; after a crash of the machine they are fetched again");
            }
        });
    }
}

impl Inner {
    /// Everything unpacked so far reaches the disk, and is recorded as such.
    pub(super) fn flush(&self) -> Result<(), ImageError> {
        while !self.flush_unless_removed()? {}
        Ok(())
    }

    /// `false`: layers were removed meanwhile, and a record may be that of another that took the
    /// place of one.
    fn flush_unless_removed(&self) -> Result<bool, ImageError> {
        let before = *self.removals();
        let folder = self.dir.join("layers");
        let failed = |step| ImageError::io(step, folder.clone());
        let mut waiting = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed("list"))? {
            let path = entry.map_err(failed("list"))?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
                && let Ok(Some(record)) = durable::read_json::<LayerRecord>(&path, RECORD_LIMIT)
                && !record.flushed
                && record.boot == self.boot
            {
                waiting.push(path);
            }
        }
        if waiting.is_empty() {
            return Ok(true);
        }
        let file = File::open(&folder).map_err(failed("open"))?;
        // SAFETY: a descriptor of ours.
        if unsafe { libc::syncfs(file.as_raw_fd()) } != 0 {
            return Err(failed("flush")(io::Error::last_os_error()));
        }
        let removals = self.removals();
        if *removals != before {
            return Ok(false);
        }
        for path in waiting {
            let _records = self.records.lock();
            // As it is by now: another pull may have been added to it.
            let Some(record) = read::<LayerRecord>(&path)? else {
                continue;
            };
            let record = LayerRecord {
                flushed: true,
                ..record
            };
            durable::replace_json(&path, &record, Durability::Machine)
                .map_err(ImageError::io("write", path))?;
        }
        Ok(true)
    }
}
