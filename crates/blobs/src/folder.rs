//! Where files lie, and the few durable steps on them. Everything here blocks.

use std::{
    collections::BTreeSet,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::{MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::SystemTime,
};

use nix::fcntl::{Flock, FlockArg};
use rustix::{
    fs::{CWD, Mode, OFlags, ResolveFlags, openat2},
    io::Errno,
};
use wharf_durable::private_folder;

use crate::{
    Algorithm, BlobError, Digest,
    hot::Version,
    sealed::{self, Damage},
    small::Small,
    store::BlobInfo,
};

/// Marks an upload that lives within one request.
pub(crate) const ONCE: &str = "once";
/// Ends the name of a blob that is encrypted. Those without were stored by versions before.
const SEALED: &str = ".sealed";
/// Ends the name of what an upload at rest has beyond whole chunks.
const TAIL: &str = ".tail";

#[derive(Debug)]
pub(crate) struct Folder {
    blobs: PathBuf,
    /// It is open: the way to it is not gone anew for each blob.
    within: File,
    uploads: PathBuf,
    /// Notes about blobs' files that were found damaged.
    damaged: PathBuf,
    /// Files that were found damaged and moved aside.
    quarantine: PathBuf,
    /// How far all was read again.
    scrub: PathBuf,
    /// Which of the 256 folders of blobs are known to be there after a crash too. That another
    /// upload just made one does not say so.
    durable: [AtomicBool; 256],
    /// Contents of small blobs, which leave with their files.
    small: Small,
    /// A blob was noted as damaged, ever. Nobody else writes notes: while this says no, there are none to look for.
    any_noted: AtomicBool,
    /// Held as long as the folder is in use.
    _lock: Flock<File>,
}

/// An upload's file as found on disk.
pub(crate) struct UploadFile {
    pub path: PathBuf,
    pub name: String,
    /// Of its content.
    pub bytes: u64,
    pub modified: SystemTime,
}

/// A blob's file as found on disk.
pub(crate) struct BlobFile {
    pub path: PathBuf,
    pub sealed: bool,
    meta: Metadata,
}

impl BlobFile {
    /// Bytes of its content.
    pub(crate) fn size(&self) -> io::Result<u64> {
        if !self.sealed {
            return Ok(self.meta.len());
        }
        Ok(sealed::content_bytes(self.meta.len()).ok_or(Damage::Short)?)
    }
}

impl Folder {
    pub(crate) fn open(dir: &Path) -> Result<Self, BlobError> {
        let (blobs, uploads) = (dir.join("sha256"), dir.join("uploads"));
        let (damaged, scrub) = (dir.join("damaged"), dir.join("scrub"));
        let quarantine = dir.join("quarantine");
        for folder in [dir, &blobs, &uploads, &damaged, &quarantine] {
            private_folder(folder).map_err(BlobError::at("create the folder of blobs"))?;
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
        let any = |of: &Path| fs::read_dir(of).map(|mut names| names.next().is_some());
        // A crash may have taken the note of one that was moved aside.
        let noted = any(&damaged).and_then(|noted| Ok(noted || any(&quarantine)?));
        let noted = noted.map_err(BlobError::at("list damaged blobs"))?;
        Ok(Self {
            any_noted: AtomicBool::new(noted),
            small: Small::default(),
            within: File::open(&blobs).map_err(BlobError::at("open the folder of blobs"))?,
            blobs,
            uploads,
            damaged,
            quarantine,
            scrub,
            durable,
            _lock: lock,
        })
    }

    /// Where the blob is encrypted; those of versions before lack the end of the name.
    pub(crate) fn blob(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.blobs.join(&hex[..2]).join(hex + SEALED)
    }

    fn plain(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.blobs.join(&hex[..2]).join(hex)
    }

    fn note(&self, digest: &Digest) -> PathBuf {
        self.damaged.join(digest.hex())
    }

    pub(crate) fn scrub(&self) -> &Path {
        &self.scrub
    }

    pub(crate) fn small(&self) -> &Small {
        &self.small
    }

    /// Notes that `file`, which was read as the blob, is damaged. The note names that file: one that
    /// takes its place meanwhile is not meant.
    pub(crate) fn note_damage(&self, digest: &Digest, file: &File) -> io::Result<()> {
        self.any_noted.store(true, Ordering::SeqCst);
        self.small.forget(digest);
        let mut note = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(self.note(digest))?;
        note.write_all(file.metadata()?.ino().to_string().as_bytes())
    }

    /// Its file was read and is sound.
    pub(crate) fn forget_damage(&self, digest: &Digest) -> io::Result<()> {
        remove_file(&self.note(digest)).map(drop)
    }

    /// Up to `limit` blobs that are noted as damaged or lie aside, in order. A note may be of a file that is gone.
    pub(crate) fn noted_damaged(&self, limit: usize) -> io::Result<Vec<Digest>> {
        if self.has_no_notes() {
            return Ok(Vec::new());
        }
        let notes = names(&self.damaged)?.into_iter();
        let digests = notes.filter_map(|name| Digest::from_hex(&name).ok());
        let all: BTreeSet<Digest> = digests.chain(self.set_aside()?).collect();
        Ok(all.into_iter().take(limit).collect())
    }

    /// Blobs whose files lie aside, in order.
    pub(crate) fn set_aside(&self) -> io::Result<Vec<Digest>> {
        let names = names(&self.quarantine)?.into_iter();
        Ok(names
            .filter_map(|name| digest_of(&name).map(|(digest, _)| digest))
            .collect())
    }

    /// Where the file of a damaged blob lies once it was moved aside.
    pub(crate) fn aside(&self, digest: &Digest) -> PathBuf {
        self.quarantine.join(file_name(digest))
    }

    /// Those of the damaged blobs that have no file in their place, in order, each with the bytes of what lies aside.
    pub(crate) fn lost(&self) -> io::Result<Vec<BlobInfo>> {
        let mut lost = Vec::new();
        for digest in self.noted_damaged(usize::MAX)? {
            if self.find(&digest)?.is_none() {
                let size = match fs::metadata(self.aside(&digest)) {
                    Ok(meta) => meta.len(),
                    Err(e) if e.kind() == io::ErrorKind::NotFound => 0,
                    Err(e) => return Err(e),
                };
                lost.push(BlobInfo { digest, size });
            }
        }
        Ok(lost)
    }

    /// Moves the file of a blob aside that was found damaged, if it is still the one with that inode and there are no more than
    /// so many files and bytes aside then; the first one fits however large it is. Nothing makes room: where a whole disk
    /// fails for a while, what is found damaged is sound. Nobody stores the blob meanwhile. A crash leaves it here or there.
    pub(crate) fn move_aside(
        &self,
        digest: &Digest,
        inode: u64,
        (most_files, most_bytes): (usize, u64),
    ) -> io::Result<()> {
        let from = self.blob(digest);
        let size = match fs::metadata(&from) {
            Ok(found) if found.ino() == inode => found.len(),
            Ok(_) => return Ok(()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(e),
        };
        let (files, bytes) = self.bytes_aside()?;
        if files > 0 && (files >= most_files || bytes.saturating_add(size) > most_bytes) {
            return Ok(());
        }
        self.any_noted.store(true, Ordering::SeqCst);
        self.small.forget(digest);
        fs::rename(&from, self.aside(digest))?;
        sync_folder(&self.quarantine)?;
        sync_folder(folder_of(&from))
    }

    /// Moves a file back that lay aside and is sound after all, unless another took its place; whether it did. Nobody stores
    /// the blob meanwhile.
    pub(crate) fn put_back(&self, digest: &Digest) -> io::Result<bool> {
        let (from, to) = (self.aside(digest), self.blob(digest));
        if self.find(digest)?.is_some() {
            remove_file(&from)?;
            return Ok(false);
        }
        private_folder(folder_of(&to))?;
        match fs::rename(&from, &to) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(e),
        }
        self.forget_damage(digest)?;
        sync_folder(folder_of(&to))?;
        sync_folder(&self.blobs)?;
        Ok(true)
    }

    /// Removes what lies aside although the blob has been stored again: a process was killed in between.
    pub(crate) fn sweep_aside(&self) -> io::Result<()> {
        for digest in self.set_aside()? {
            if self.find(&digest)?.is_some() {
                remove_file(&self.aside(&digest))?;
            }
        }
        Ok(())
    }

    /// How many files lie aside, and their bytes.
    pub(crate) fn bytes_aside(&self) -> io::Result<(usize, u64)> {
        let (mut files, mut bytes) = (0, 0);
        for digest in self.set_aside()? {
            match fs::metadata(self.aside(&digest)) {
                Ok(meta) => {
                    files += 1;
                    bytes += meta.len();
                }
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
        Ok((files, bytes))
    }

    fn has_no_notes(&self) -> bool {
        !self.any_noted.load(Ordering::SeqCst)
    }

    /// Whether the blob is certainly not noted as damaged, as far as can be told without waiting for the disk.
    pub(crate) fn is_not_noted_at_once(&self, digest: &Digest) -> bool {
        self.has_no_notes() || open_cached(CWD, &self.note(digest)).err() == Some(Errno::NOENT)
    }

    pub(crate) fn is_noted_damaged(&self, digest: &Digest, file: &File) -> io::Result<bool> {
        if self.has_no_notes() {
            return Ok(false);
        }
        match fs::read(self.note(digest)) {
            Ok(noted) => Ok(noted == file.metadata()?.ino().to_string().as_bytes()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// `None` if there is no such blob.
    pub(crate) fn find(&self, digest: &Digest) -> io::Result<Option<BlobFile>> {
        let (encrypted, plain) = (self.blob(digest), self.plain(digest));
        // Once more, for one that is being encrypted meanwhile.
        for (path, sealed) in [(&encrypted, true), (&plain, false), (&encrypted, true)] {
            match fs::metadata(path) {
                Ok(meta) => {
                    let path = path.clone();
                    return Ok(Some(BlobFile { path, sealed, meta }));
                }
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
        Ok(None)
    }

    /// As [`Folder::find`], opened.
    pub(crate) fn open_blob(&self, digest: &Digest) -> io::Result<Option<(File, BlobFile)>> {
        let (encrypted, plain) = (self.blob(digest), self.plain(digest));
        for (path, sealed) in [(&encrypted, true), (&plain, false), (&encrypted, true)] {
            match File::open(path) {
                Ok(file) => {
                    let (path, meta) = (path.clone(), file.metadata()?);
                    return Ok(Some((file, BlobFile { path, sealed, meta })));
                }
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
        Ok(None)
    }

    /// As [`Folder::open_blob`] without waiting for the disk; `None` if that cannot be done, or for a blob that a version
    /// before stored plain, or none at all.
    pub(crate) fn open_at_once(&self, digest: &Digest) -> Option<(File, Metadata)> {
        let file = open_cached(self.within.as_fd(), &Self::below(digest)).ok()?;
        let found = file.metadata().ok()?;
        Some((file, found))
    }

    /// Whether this version of a blob's encrypted file lies in its place, as far as can be told without waiting for the
    /// disk. It is not opened: only its place is.
    pub(crate) fn is_there_at_once(&self, version: &Version) -> bool {
        let digest = version.digest();
        let (dir, path) = (self.within.as_fd(), Self::below(digest));
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let cached = ResolveFlags::CACHED;
        let place = openat2(dir, path.as_path(), flags, Mode::empty(), cached);
        let found = place.map(File::from).ok().and_then(|it| it.metadata().ok());
        found.is_some_and(|found| Version::as_found(*digest, &found) == *version)
    }

    /// Where the blob is encrypted, from the folder of blobs on.
    fn below(digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        [&hex[..2], "/", hex.as_str(), SEALED].concat().into()
    }

    /// Where blobs lie.
    pub(crate) fn blobs(&self) -> &Path {
        &self.blobs
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
        let Some(found) = self.find(digest)? else {
            return Ok(None);
        };
        Ok(Some(BlobInfo {
            digest: *digest,
            size: found.size()?,
        }))
    }

    /// Makes a verified, complete upload a blob: its bytes are durable before the name is, and the
    /// name before this returns.
    pub(crate) fn adopt(&self, file: &File, path: &Path, digest: &Digest) -> io::Result<()> {
        file.sync_data()?;
        let target = self.blob(digest);
        let folder = folder_of(&target);
        let durable = &self.durable[usize::from(digest.first_byte())];
        if !durable.load(Ordering::Acquire) {
            private_folder(folder)?;
            sync_folder(&self.blobs)?;
            durable.store(true, Ordering::Release);
        }
        self.small.forget(digest);
        fs::rename(path, &target)?;
        // It was of a file that is gone now, or lies aside and is of no more use.
        self.forget_damage(digest)?;
        sync_folder(folder)?;
        self.remove_aside(digest).map(drop)
    }

    pub(crate) fn remove(&self, digest: &Digest) -> io::Result<bool> {
        self.small.forget(digest);
        let plain = self.remove_plain(digest)?;
        let aside = self.remove_aside(digest)?;
        self.forget_damage(digest)?;
        Ok(remove_file(&self.blob(digest))? || plain || aside)
    }

    fn remove_aside(&self, digest: &Digest) -> io::Result<bool> {
        match self.has_no_notes() {
            true => Ok(false),
            false => remove_file(&self.aside(digest)),
        }
    }

    pub(crate) fn remove_plain(&self, digest: &Digest) -> io::Result<bool> {
        remove_file(&self.plain(digest))
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
                && !is_tail(&name)
            {
                found.push(UploadFile {
                    bytes: upload_bytes(&entry.path(), meta.len())?,
                    path: entry.path(),
                    name,
                    modified: meta.modified()?,
                });
            }
        }
        Ok(found)
    }

    /// Removes tails whose upload is gone, and those a killed process was writing.
    pub(crate) fn sweep_tails(&self) -> io::Result<()> {
        for name in names(&self.uploads)? {
            let orphan = match name.strip_suffix(TAIL) {
                Some(upload) => !fs::exists(self.upload(upload))?,
                None => is_tail(&name),
            };
            if orphan {
                remove_file(&self.upload(&name))?;
            }
        }
        Ok(())
    }

    /// Up to `limit` blobs behind `after` in the order of their digests.
    pub(crate) fn list(&self, after: Option<&Digest>, limit: usize) -> io::Result<Vec<BlobInfo>> {
        let first = after.map_or_else(String::new, |digest| digest.hex()[..2].to_owned());
        let mut found = Vec::new();
        for fan in names(&self.blobs)?.into_iter().filter(|fan| *fan >= first) {
            let mut last = None;
            for name in names(&self.blobs.join(&fan))? {
                let Some((digest, _)) = digest_of(&name) else {
                    continue;
                };
                // It may be there encrypted and not, for a moment.
                if last.replace(digest) == Some(digest)
                    || after.is_some_and(|after| digest <= *after)
                {
                    continue;
                }
                if found.len() == limit {
                    return Ok(found);
                }
                let Some(file) = self.find(&digest)? else {
                    continue;
                };
                found.push(BlobInfo {
                    digest,
                    // A damaged one is listed all the same: it may be removed.
                    size: file.size().unwrap_or(file.meta.len()),
                });
            }
        }
        Ok(found)
    }

    /// Up to `limit` blobs behind `after` that a version before left plain, in order.
    pub(crate) fn list_plain(
        &self,
        after: Option<&Digest>,
        limit: usize,
    ) -> io::Result<Vec<Digest>> {
        let mut found = Vec::new();
        for fan in names(&self.blobs)? {
            for name in names(&self.blobs.join(&fan))? {
                if let Some((digest, false)) = digest_of(&name)
                    && after.is_none_or(|after| digest > *after)
                {
                    found.push(digest);
                    if found.len() == limit {
                        return Ok(found);
                    }
                }
            }
        }
        Ok(found)
    }
}

/// The folder that a blob's file lies in.
fn folder_of(file: &Path) -> &Path {
    file.parent().expect("a blob lies in a folder of its own")
}

/// Opens a file whose way there, from `dir`, the kernel has in memory; others are not looked for.
fn open_cached(dir: BorrowedFd<'_>, path: &Path) -> rustix::io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let open = |flags| openat2(dir, path, flags, Mode::empty(), ResolveFlags::CACHED);
    // Nobody asks when a file was read last, which to note costs a change of the file system at the first read of each.
    let opened = match open(flags | OFlags::NOATIME) {
        // Only who has the file may leave that out.
        Err(Errno::PERM) => open(flags),
        opened => opened,
    };
    opened.map(File::from)
}

/// True if there was one.
pub(crate) fn remove_file(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

/// The name of an encrypted blob's file.
pub(crate) fn file_name(digest: &Digest) -> String {
    digest.hex() + SEALED
}

/// The digest that a file of a blob is named by, and whether it is encrypted.
pub(crate) fn digest_of(name: &str) -> Option<(Digest, bool)> {
    let (hex, sealed) = match name.strip_suffix(SEALED) {
        Some(hex) => (hex, true),
        None => (name, false),
    };
    let digest = Digest::from_hex(hex).ok()?;
    // No blob has another name.
    (digest.algorithm() == Algorithm::Sha256).then_some((digest, sealed))
}

/// Where an upload's tail lies. The upload may be marked as bound to a request, its tail never is.
pub(crate) fn tail_of(upload: &Path) -> PathBuf {
    let mut name = base_of(upload).into_os_string();
    name.push(TAIL);
    name.into()
}

/// An upload's path without the mark of those that live within one request.
pub(crate) fn base_of(upload: &Path) -> PathBuf {
    if upload.extension().is_some_and(|end| end == ONCE) {
        upload.with_extension("")
    } else {
        upload.to_owned()
    }
}

fn is_tail(name: &str) -> bool {
    name.ends_with(TAIL) || name.ends_with(".tail.new")
}

/// Keeps an upload's tail; a process killed meanwhile leaves the former one. `None`: there is none.
pub(crate) fn keep_tail(upload: &Path, tail: Option<Vec<u8>>) -> io::Result<()> {
    let path = tail_of(upload);
    let Some(tail) = tail else {
        return remove_file(&path).map(drop);
    };
    let unfinished = path.with_added_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(&tail)?;
    fs::rename(unfinished, path)
}

pub(crate) fn load_tail(upload: &Path) -> io::Result<Option<Vec<u8>>> {
    // What may stand there is small; nothing else is read into memory.
    const MOST: u64 = sealed::RECORD as u64 + 8;
    match File::open(tail_of(upload)) {
        Ok(file) => {
            let mut tail = Vec::new();
            file.take(MOST).read_to_end(&mut tail)?;
            Ok(Some(tail))
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// True if the upload's file was there.
pub(crate) fn remove_upload(path: &Path) -> io::Result<bool> {
    let there = remove_file(path)?;
    remove_file(&tail_of(path))?;
    Ok(there)
}

/// Bytes of content in an upload whose file has `file_bytes`.
pub(crate) fn upload_bytes(path: &Path, file_bytes: u64) -> io::Result<u64> {
    let whole = sealed::whole_records(file_bytes);
    let mut head = [0; 8];
    let tail = match File::open(tail_of(path)) {
        Ok(mut file) => match file.read_exact(&mut head) {
            Ok(()) => sealed::tail_bytes(head, file.metadata()?.len(), whole),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => 0,
            Err(e) => return Err(e),
        },
        Err(e) if e.kind() == io::ErrorKind::NotFound => 0,
        Err(e) => return Err(e),
    };
    Ok(whole * sealed::CHUNK as u64 + tail)
}

pub(crate) fn create_upload(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// `None` if there is no such file.
pub(crate) fn open_upload(path: &Path) -> io::Result<Option<File>> {
    match OpenOptions::new().read(true).write(true).open(path) {
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

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
