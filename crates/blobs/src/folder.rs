//! Where files lie, and the few durable steps on them. Everything here blocks.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::SystemTime,
};

use nix::fcntl::{Flock, FlockArg};

use crate::{BlobError, Digest, store::BlobInfo};

/// Marks an upload that lives within one request.
pub(crate) const ONCE: &str = "once";

#[derive(Debug)]
pub(crate) struct Folder {
    blobs: PathBuf,
    uploads: PathBuf,
    /// Which of the 256 folders of blobs are known to be there after a crash too. That another
    /// upload just made one does not say so.
    durable: [AtomicBool; 256],
    /// Held as long as the folder is in use.
    _lock: Flock<File>,
}

/// An upload's file as found on disk.
pub(crate) struct UploadFile {
    pub path: PathBuf,
    pub name: String,
    pub bytes: u64,
    pub modified: SystemTime,
}

impl Folder {
    pub(crate) fn open(dir: &Path) -> Result<Self, BlobError> {
        let (blobs, uploads) = (dir.join("sha256"), dir.join("uploads"));
        for folder in [dir, &blobs, &uploads] {
            make_folder(folder).map_err(BlobError::at("create the folder of blobs"))?;
        }
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(dir.join("lock"))
            .map_err(BlobError::at("open the lock of the folder of blobs"))?;
        let lock = Flock::lock(file, FlockArg::LockExclusiveNonblock)
            .map_err(|_| BlobError::InUse(dir.to_owned()))?;
        sync_folder(dir).map_err(BlobError::at("sync the folder of blobs"))?;
        let durable = [const { AtomicBool::new(false) }; 256];
        Ok(Self {
            blobs,
            uploads,
            durable,
            _lock: lock,
        })
    }

    pub(crate) fn blob(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.blobs.join(&hex[..2]).join(hex)
    }

    /// Bytes that the file system has left for others than us.
    pub(crate) fn free(&self) -> io::Result<(u64, u64)> {
        let found = nix::sys::statvfs::statvfs(&self.uploads)?;
        let unit = found.fragment_size();
        Ok((found.blocks_available() * unit, found.blocks() * unit))
    }

    pub(crate) fn upload(&self, name: &str) -> PathBuf {
        self.uploads.join(name)
    }

    pub(crate) fn stat(&self, digest: &Digest) -> io::Result<Option<BlobInfo>> {
        match fs::metadata(self.blob(digest)) {
            Ok(meta) => Ok(Some(BlobInfo {
                digest: *digest,
                size: meta.len(),
                modified: meta.modified()?,
            })),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// False if there is no such blob.
    pub(crate) fn touch(&self, digest: &Digest, now: SystemTime) -> io::Result<bool> {
        match File::open(self.blob(digest)) {
            Ok(file) => file.set_modified(now).map(|()| true),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Makes a verified, complete upload a blob: its bytes are durable before the name is, and the
    /// name before this returns.
    pub(crate) fn adopt(&self, file: &File, path: &Path, digest: &Digest) -> io::Result<()> {
        file.sync_data()?;
        let target = self.blob(digest);
        let folder = target.parent().expect("a blob lies in a folder of its own");
        let durable = &self.durable[usize::from(digest.first_byte())];
        if !durable.load(Ordering::Acquire) {
            make_folder(folder)?;
            sync_folder(&self.blobs)?;
            durable.store(true, Ordering::Release);
        }
        fs::rename(path, &target)?;
        sync_folder(folder)
    }

    pub(crate) fn remove(&self, digest: &Digest) -> io::Result<bool> {
        remove_file(&self.blob(digest))
    }

    /// Every upload's file, in no order.
    pub(crate) fn uploads(&self) -> io::Result<Vec<UploadFile>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.uploads)? {
            let entry = entry?;
            let meta = match entry.metadata() {
                Ok(meta) => meta,
                // Finished or cancelled since the folder was read.
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                Err(e) => return Err(e),
            };
            if let Ok(name) = entry.file_name().into_string()
                && meta.is_file()
            {
                found.push(UploadFile {
                    path: entry.path(),
                    name,
                    bytes: meta.len(),
                    modified: meta.modified()?,
                });
            }
        }
        Ok(found)
    }

    /// Up to `limit` blobs behind `after` in the order of their digests.
    pub(crate) fn list(&self, after: Option<&Digest>, limit: usize) -> io::Result<Vec<BlobInfo>> {
        let first = after.map_or_else(String::new, |digest| digest.hex()[..2].to_owned());
        let mut found = Vec::new();
        for fan in names(&self.blobs)?.into_iter().filter(|fan| *fan >= first) {
            for name in names(&self.blobs.join(&fan))? {
                let Ok(digest) = Digest::from_hex(&name) else {
                    continue;
                };
                if after.is_some_and(|after| digest <= *after) {
                    continue;
                }
                if found.len() == limit {
                    return Ok(found);
                }
                found.extend(self.stat(&digest)?);
            }
        }
        Ok(found)
    }
}

/// True if there was one.
pub(crate) fn remove_file(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

pub(crate) fn create_upload(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .append(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// `None` if there is no such file.
pub(crate) fn open_upload(path: &Path) -> io::Result<Option<File>> {
    match OpenOptions::new().read(true).append(true).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

fn make_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
