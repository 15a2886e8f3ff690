//! Reading everything again, slowly, before somebody needs it: what a disk lost without a word is found while others may
//! still have the bytes.
//!
//! A pass goes through all blobs in the order of their digests, in steps that the caller paces. `<dir>/scrub` says when
//! the last one began and where it is, as of the last of the 256 folders that it finished: after a restart it goes on
//! there. A blob that does not open any more gets a note and counts as missing from then on, and its file is moved aside, or
//! with the next pass if somebody is at it, or copies all blobs, or too much lies there. A disk's fault may pass: what is
//! damaged is read once more within minutes, then after ever longer waits ([`Retries`]), and what lies aside when a pass
//! begins; what opens again is put back. Nothing is removed here.
//!
//! What is read comes from the disk and not from what is cached of it. A small file that was cached is so again afterwards.

mod retries;

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use nix::{
    errno::Errno,
    fcntl::{PosixFadviseAdvice, posix_fadvise},
};
use sha2::{Digest as _, Sha256};
use wharf_seal::{Keyring, OpenError};

use retries::Retries;

use crate::{
    BlobError, Blobs, Damage, Digest,
    folder::Folder,
    reader::{Cipher, Source},
    sealed::{GROUP_BYTES, Patience, read_exactly},
    store::{blocking, open_source},
    verify::verified,
};

/// Read in one step: a tenth of a second of a slow disk.
const STEP_BYTES: u64 = 8 << 20;
/// Blobs looked for at a time.
const PAGE: usize = 200;
/// How often it is looked which damaged ones are to be read once more.
const LOOKED: Duration = Duration::from_secs(60);
/// Damaged blobs that are read between passes: where a whole disk fails, the others wait for the next pass.
const RETRIED: usize = 1000;

/// Goes through the blobs of one folder. One of it is enough.
#[derive(Debug)]
pub struct Scrubber {
    blobs: Blobs,
    pass: Pass,
    /// Damaged ones that are to be read once more.
    due: Vec<Digest>,
    retries: Retries,
    /// When it was looked for those.
    looked: Option<SystemTime>,
    /// Blobs that come next, the first one last.
    next: Vec<Digest>,
    /// The one that is being read.
    open: Option<Reading>,
}

struct Reading {
    digest: Digest,
    source: Source,
    /// How much of it was read, of `end` bytes.
    at: u64,
    end: u64,
    /// Of a locked blob, which no key here opens: what its name is compared with.
    hash: Option<Sha256>,
    /// The kernel had it in memory, for whoever reads it, and shall have it again.
    stays: bool,
}

impl Reading {
    fn new(digest: Digest, source: Source, was_cached: bool) -> io::Result<Self> {
        let locked = matches!(source.cipher, Cipher::Locked);
        let end = source.named_bytes()?;
        Ok(Self {
            digest,
            end,
            stays: was_cached && end <= STEP_BYTES,
            source,
            at: 0,
            hash: locked.then(Sha256::new),
        })
    }
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Reading({} at {})", self.digest, self.at)
    }
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scrubbed {
    /// So many bytes of content were read.
    Bytes(u64),
    /// This blob is damaged, which was not known before.
    Damaged(Digest),
    /// The pass has come to its end, or none is under way.
    Ended,
}

/// What `<dir>/scrub` says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Pass {
    /// Seconds since 1970; 0 before the first.
    begun: u64,
    under_way: bool,
    after: Option<Digest>,
}

impl Pass {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let begun = words.next()?.parse().ok()?;
        let place = words.next();
        Some(Self {
            begun,
            under_way: place.is_some(),
            after: place.and_then(|hex| Digest::from_hex(hex).ok()),
        })
    }

    fn text(&self) -> String {
        match (self.under_way, &self.after) {
            (true, Some(after)) => format!("{} {}\n", self.begun, after.hex()),
            (true, None) => format!("{} start\n", self.begun),
            (false, _) => format!("{}\n", self.begun),
        }
    }
}

enum Found {
    Gone,
    Sound(Box<Reading>),
    Damaged(Lost),
}

/// The file of a damaged blob.
struct Lost {
    inode: u64,
    /// Whether that was known.
    known: bool,
}

impl Scrubber {
    /// Goes on where one before it was. Blocks.
    pub fn new(blobs: Blobs) -> Self {
        let noted = fs::read_to_string(blobs.folder().scrub()).ok();
        Self {
            pass: noted
                .and_then(|text| Pass::parse(&text))
                .unwrap_or_default(),
            blobs,
            due: Vec::new(),
            retries: Retries::default(),
            looked: None,
            next: Vec::new(),
            open: None,
        }
    }

    /// Begins a pass if none is under way and the last one began `every` ago; else it is looked which damaged blobs are to be
    /// read once more. Whether there is anything to read now. Blocks.
    pub fn begin(&mut self, now: SystemTime, every: Duration) -> Result<bool, BlobError> {
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        // A clock that was set back does not hold the next pass up for ever.
        if !self.pass.under_way && seconds.abs_diff(self.pass.begun) >= every.as_secs() {
            self.pass = Pass {
                begun: seconds,
                under_way: true,
                after: None,
            };
            self.save(&self.pass)?;
            let aside = self.blobs.folder().set_aside();
            self.due = aside.map_err(BlobError::at("list damaged blobs"))?;
        } else if self.due.is_empty() {
            self.look(now)?;
        }
        // A large one that is read once more outlives its place among those that are due.
        Ok(self.pass.under_way || self.open.is_some() || !self.due.is_empty())
    }

    fn look(&mut self, now: SystemTime) -> Result<(), BlobError> {
        let since = self.looked.and_then(|at| now.duration_since(at).ok());
        if since.is_none_or(|since| since >= LOOKED) {
            self.looked = Some(now);
            self.due = self.retries.due(&self.blobs.damaged(RETRIED)?, now);
        }
        Ok(())
    }

    /// Reads some MiB.
    pub async fn step(&mut self) -> Result<Scrubbed, BlobError> {
        let mut reading = match self.open.take() {
            Some(reading) => reading,
            None => {
                let retried = self.due.pop();
                if let Some(digest) = retried
                    && let Some(read) = self.look_aside(digest).await?
                {
                    return Ok(Scrubbed::Bytes(read));
                }
                // One that is damaged and does not lie aside is where it was.
                let next = match retried {
                    Some(digest) => Some(digest),
                    None if self.pass.under_way => self.next().await?,
                    None => None,
                };
                let Some(digest) = next else {
                    return Ok(Scrubbed::Ended);
                };
                let (folder, keyring) = (self.blobs.folder().clone(), self.blobs.keyring().clone());
                let opened = blocking("open a blob to read it again", move || {
                    open_again(&folder, &keyring, digest)
                });
                match opened.await? {
                    Found::Gone => return Ok(Scrubbed::Bytes(0)),
                    Found::Damaged(lost) => return self.move_aside(digest, lost).await,
                    // What a version before stored plain is verified when it is encrypted.
                    Found::Sound(reading) if matches!(reading.source.cipher, Cipher::Plain) => {
                        return Ok(Scrubbed::Bytes(0));
                    }
                    Found::Sound(reading) => *reading,
                }
            }
        };
        let folder = self.blobs.folder().clone();
        let (reading, read) = blocking("read a blob again", move || {
            let read = read_some(&mut reading).map(Ok).or_else(|error| {
                if !is_lost(&error) {
                    return Err(error);
                }
                Ok(Err(note(&folder, &reading.digest, &reading.source.file)?))
            })?;
            if read.is_ok() && reading.at == reading.end {
                folder.forget_damage(&reading.digest)?;
            }
            Ok((reading, read))
        })
        .await?;
        match read {
            Err(lost) => self.move_aside(reading.digest, lost).await,
            Ok(bytes) => {
                self.open = Some(reading).filter(|it| it.at < it.end);
                Ok(Scrubbed::Bytes(bytes))
            }
        }
    }

    /// Moves the file aside, which nobody reads or stores meanwhile.
    async fn move_aside(&self, digest: Digest, lost: Lost) -> Result<Scrubbed, BlobError> {
        if let Some(hold) = self.blobs.try_exclusive(&digest) {
            hold.move_aside(lost.inode, *self.blobs.limits()).await?;
        }
        Ok(match lost.known {
            true => Scrubbed::Bytes(0),
            false => Scrubbed::Damaged(digest),
        })
    }

    /// Puts what lies aside back if all of it opens again; how many bytes that has, `None` if nothing lies there.
    async fn look_aside(&self, digest: Digest) -> Result<Option<u64>, BlobError> {
        let (folder, keyring) = (self.blobs.folder().clone(), self.blobs.keyring().clone());
        let looked = blocking("read a blob again that was damaged", move || {
            read_aside(&folder.aside(&digest), &keyring)
        });
        let Some((bytes, is_sound)) = looked.await? else {
            return Ok(None);
        };
        if is_sound
            && let Some(hold) = self.blobs.try_exclusive(&digest)
            && hold.put_back().await?
        {
            tracing::info!(%digest, "a blob that was damaged opens again and was put back");
        }
        Ok(Some(bytes))
    }

    /// The blob that comes next; `None` at the end of the pass.
    async fn next(&mut self) -> Result<Option<Digest>, BlobError> {
        if self.next.is_empty() {
            let page = self.blobs.list(self.pass.after, PAGE).await?;
            self.next = page.into_iter().rev().map(|info| info.digest).collect();
        }
        let next = self.next.pop();
        let before = self.pass.after;
        self.pass.after = next;
        self.pass.under_way = next.is_some();
        if next.map(|it| it.first_byte()) != before.map(|it| it.first_byte()) {
            // The one that comes next is not read yet.
            let reached = Pass {
                after: before,
                ..self.pass
            };
            self.save(&reached)?;
        }
        Ok(next)
    }

    /// A crash that takes this with it costs the bytes that are read twice.
    fn save(&self, pass: &Pass) -> Result<(), BlobError> {
        let to = self.blobs.folder().scrub();
        let fresh = to.with_added_extension("new");
        let saved = fs::write(&fresh, pass.text()).and_then(|()| fs::rename(&fresh, to));
        saved.map_err(BlobError::at("save how far blobs were read again"))
    }
}

/// How many bytes a file has that lies aside, and whether all of it opens; `None` if there is none.
fn read_aside(path: &Path, keyring: &Keyring) -> io::Result<Option<(u64, bool)>> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    uncached(&file);
    let bytes = file.metadata()?.len();
    match verified(path, keyring) {
        Ok(()) => Ok(Some((bytes, true))),
        Err(error) if is_lost(&error) => Ok(Some((bytes, false))),
        Err(error) => Err(error),
    }
}

/// A hint that what is cached of a file is not to be read: without it the pass finds less.
fn uncached(file: &fs::File) {
    let _ = posix_fadvise(file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED);
}

/// Whether the kernel has the beginning of a blob's file in memory.
fn is_cached(folder: &Folder, digest: &Digest) -> bool {
    let opened = folder.open_at_once(digest);
    opened.is_some_and(|(file, _)| read_exactly(&file, &mut [0], 0, Patience::None).is_ok())
}

fn open_again(folder: &Folder, keyring: &Keyring, digest: Digest) -> io::Result<Found> {
    // To open it reads its beginning.
    let was_cached = is_cached(folder, &digest);
    match open_source(folder, keyring, None, digest) {
        Ok(None) => Ok(Found::Gone),
        Ok(Some(source)) => Ok(Found::Sound(
            Reading::new(digest, source, was_cached)?.into(),
        )),
        Err(error) if is_lost(&error) => Ok(match folder.open_blob(&digest)? {
            None => Found::Gone,
            Some((file, _)) => Found::Damaged(note(folder, &digest, &file)?),
        }),
        Err(error) => Err(error),
    }
}

/// Notes that the file is damaged.
fn note(folder: &Folder, digest: &Digest, file: &fs::File) -> io::Result<Lost> {
    let known = folder.is_noted_damaged(digest, file)?;
    if !known {
        folder.note_damage(digest, file)?;
    }
    let inode = file.metadata()?.ino();
    Ok(Lost { inode, known })
}

/// Reads up to [`STEP_BYTES`] more, from the disk and not from what is cached of it; how many.
fn read_some(reading: &mut Reading) -> io::Result<u64> {
    let (source, at) = (&reading.source, reading.at);
    if at == 0 {
        uncached(&source.file);
    }
    let end = reading.end.min(at + STEP_BYTES);
    let mut buffer = vec![0; GROUP_BYTES];
    let mut reached = at;
    while reached < end {
        let read = source.read_named(reached, end - reached, &mut buffer)?;
        reached += read.len() as u64;
        if let Some(hash) = &mut reading.hash {
            hash.update(&buffer[read]);
        }
    }
    // Else the pulls of all small layers would wait for the disk after a pass.
    if !reading.stays {
        uncached(&source.file);
    }
    reading.at = reached;
    if reached == reading.end
        && let Some(hash) = reading.hash.take()
        && Digest::from_hash(hash) != reading.digest
    {
        return Err(Damage::Changed.into());
    }
    Ok(reached - at)
}

/// The bytes are not what was stored, or the disk does not give them back. A keyring that lacks a key says nothing of
/// the disk.
fn is_lost(error: &io::Error) -> bool {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(Damage::Key(OpenError::UnknownKey(_))) => false,
        Some(_) => true,
        None => error.raw_os_error() == Some(Errno::EIO as i32),
    }
}
