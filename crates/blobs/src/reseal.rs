//! After a rotation of the keyring: the keys in the headers are sealed under the active key. The
//! content is not touched.

use std::{collections::BTreeMap, fs::File, io, path::Path};

use wharf_seal::KeyId;

use crate::{
    BlobError, Blobs, Digest,
    sealed::{Purpose, Resealed, is_damage, reseal_begin, sealed_under},
    store::blocking,
    upload::purpose_of,
};

/// Files kept open while their new keys are made durable together.
const BATCH: usize = 64;
/// Blobs whose keys are looked at in one go.
const PAGE: usize = 500;

impl Blobs {
    /// Seals the keys of all blobs and uploads under the keyring's active key; how many were not.
    /// Once this returns, no file needs an older one. A file whose key does not open now is left
    /// as it is and logged: it could not be read anyway.
    ///
    /// Killed at any moment, each file opens under the former key or the active one.
    pub async fn reseal(&self) -> Result<usize, BlobError> {
        let blobs = self.clone();
        let step = "seal the keys of uploads anew";
        let mut count = blocking(step, move || blobs.reseal_uploads()).await?;
        let blobs = self.clone();
        let step = "seal the keys of damaged blobs anew";
        count += blocking(step, move || blobs.reseal_aside()).await?;
        // Whatever became a blob before has its name by now, whatever does from now on is bound
        // under the active key.
        let mut after: Option<Digest> = None;
        loop {
            let blobs = self.clone();
            let step = "seal the keys of blobs anew";
            let (resealed, last) = blocking(step, move || blobs.reseal_some(after)).await?;
            count += resealed;
            let Some(last) = last else {
                return Ok(count);
            };
            after = Some(last);
        }
    }

    /// How many blobs and uploads are sealed under each key. Those whose key does not open now, and those
    /// that a version before stored plain, are under none.
    pub async fn sealed_under(&self) -> Result<BTreeMap<KeyId, usize>, BlobError> {
        let (blobs, mut counts) = (self.clone(), BTreeMap::new());
        let step = "look at the keys of uploads";
        let look = move || {
            blobs
                .folder()
                .uploads()?
                .into_iter()
                .try_for_each(|upload| {
                    blobs.count(&mut counts, &upload.path, &purpose_of(&upload.path))
                })?;
            Ok(counts)
        };
        let mut counts = blocking(step, look).await?;
        let mut after: Option<Digest> = None;
        loop {
            let blobs = self.clone();
            let look = move || {
                let page = blobs.folder().list(after.as_ref(), PAGE)?;
                for info in &page {
                    let found = blobs.folder().find(&info.digest)?;
                    if let Some(found) = found.filter(|found| found.sealed) {
                        blobs.count(&mut counts, &found.path, &Purpose::Blob(info.digest))?;
                    }
                }
                Ok((counts, page.last().map(|info| info.digest)))
            };
            let last;
            (counts, last) = blocking("look at the keys of blobs", look).await?;
            let Some(last) = last else {
                return Ok(counts);
            };
            after = Some(last);
        }
    }

    fn count(
        &self,
        counts: &mut BTreeMap<KeyId, usize>,
        path: &Path,
        purpose: &Purpose,
    ) -> io::Result<()> {
        let opened = File::open(path);
        match opened.and_then(|file| sealed_under(&file, self.keyring(), purpose)) {
            Ok(key) => *counts.entry(key).or_default() += 1,
            // Removed or finished since it was listed.
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) if is_damage(&e) => {}
            Err(e) => return Err(e),
        }
        Ok(())
    }

    fn reseal_uploads(&self) -> io::Result<usize> {
        // Nothing is bound to its digest meanwhile: that writes headers too.
        let _alone = self.binding().write();
        let mut count = 0;
        for upload in self.folder().uploads()? {
            if let Some(resealed) = self.begin(&upload.path, &purpose_of(&upload.path))? {
                // Uploads are not durable before they are complete anyway.
                resealed.finish()?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// What lies aside may be sound after all.
    fn reseal_aside(&self) -> io::Result<usize> {
        let mut count = 0;
        for some in self.folder().set_aside()?.chunks(BATCH) {
            let mut begun = Vec::new();
            for digest in some {
                begun.extend(self.begin(&self.folder().aside(digest), &Purpose::Blob(*digest))?);
            }
            count += self.finish_all(begun)?;
        }
        Ok(count)
    }

    fn finish_all(&self, begun: Vec<Resealed>) -> io::Result<usize> {
        let count = begun.len();
        if count > 0 {
            // One for all: each file's own would take a turn of the disk.
            rustix::fs::syncfs(File::open(self.folder().blobs())?)?;
            begun.into_iter().try_for_each(Resealed::finish)?;
        }
        Ok(count)
    }

    /// The next blobs behind `after`: how many were sealed anew, and the last that was looked at.
    fn reseal_some(&self, after: Option<Digest>) -> io::Result<(usize, Option<Digest>)> {
        let page = self.folder().list(after.as_ref(), BATCH)?;
        let mut begun = Vec::new();
        for info in &page {
            let Some(found) = self.folder().find(&info.digest)? else {
                continue;
            };
            if found.sealed
                && let Some(resealed) = self.begin(&found.path, &Purpose::Blob(info.digest))?
            {
                self.folder().small().forget(&info.digest);
                begun.push(resealed);
            }
        }
        Ok((self.finish_all(begun)?, page.last().map(|info| info.digest)))
    }

    fn begin(&self, path: &Path, purpose: &Purpose) -> io::Result<Option<Resealed>> {
        let file = match File::options().read(true).write(true).open(path) {
            Ok(file) => file,
            // Removed or finished since it was listed.
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        match reseal_begin(file, self.keyring(), purpose) {
            Err(e) if is_damage(&e) => {
                tracing::error!(path = %path.display(), error = %e, "failed to unseal a blob's key");
                Ok(None)
            }
            other => other,
        }
    }
}
