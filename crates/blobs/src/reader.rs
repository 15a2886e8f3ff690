//! A blob or a range of it as a stream of chunks.
//!
//! Each chunk is read and decrypted on a blocking thread, and while one is on its way to the client
//! the next one is: a reader holds two at most. A short range that the kernel has in memory is read where it is asked
//! for: to hand it to a thread and to be woken by it would take as long. What is kept of a blob that is read again and
//! again is taken from there (`hot.rs`), and so is a small one (`small.rs`).

use std::{
    fs::File,
    io,
    ops::Range,
    os::unix::fs::FileExt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinHandle;

use crate::{
    BlobError, Damage, Digest,
    folder::Folder,
    hot::{self, Hot, Version},
    sealed::{
        ContentKey, GROUP_BYTES, HEADER, Patience, is_damage, read_exactly, read_group, verify_last,
    },
};

/// A range of so many bytes is short. A longer one is sent and decrypted at the same time.
const SHORT: u64 = 1 << 20;

/// Buffers of a quarter MiB kept for the next chunk: idle memory of at most 8 MiB. Sixteen readers at once use
/// twice as many. A buffer that is made anew costs a mapping, a fault for each of its pages, and its end.
const SPARE_BUFFERS: usize = 32;

/// A stream of the bytes of one blob. Removing the blob meanwhile does not disturb it.
pub struct BlobReader {
    content: Content,
    digest: Digest,
    at: u64,
    end: u64,
    /// The chunk at `at`.
    pending: Option<Pending>,
    /// It reads without threads, until it would have to wait.
    at_once: bool,
    /// The blob was known to be damaged when it was opened.
    noted_damaged: bool,
    folder: Arc<Folder>,
    spares: Arc<Spares>,
    /// Where pieces of the blob are kept, if it is read again and again.
    hot: Option<(Arc<Hot>, Version)>,
}

/// Where a blob's bytes come from.
enum Content {
    File(Arc<Source>),
    /// All of a small one, which is kept (`small.rs`).
    Kept(Bytes),
}

enum Pending {
    /// It was read when the blob was opened, or is kept.
    Read(Bytes),
    Reading(JoinHandle<io::Result<Bytes>>),
}

/// An open file of a blob.
pub(crate) struct Source {
    pub file: File,
    pub cipher: Cipher,
    /// Bytes of content.
    pub size: u64,
}

/// How a blob's content lies in its file.
pub(crate) enum Cipher {
    /// Stored plain, by a version before.
    Plain,
    Key(ContentKey),
    /// Under a lock that is not here.
    Locked,
}

#[derive(Debug, Default)]
pub(crate) struct Spares(Mutex<Vec<Box<[u8]>>>);

/// A buffer with content in some of it, given back when the last `Bytes` of it is dropped.
pub(crate) struct Chunk {
    /// `None` only within `drop`.
    buffer: Option<Box<[u8]>>,
    content: Range<usize>,
    spares: Arc<Spares>,
}

impl Spares {
    pub(crate) fn chunk(self: &Arc<Self>) -> Chunk {
        let spare = self.0.lock().pop();
        let buffer = spare.unwrap_or_else(|| vec![0; GROUP_BYTES].into_boxed_slice());
        Chunk {
            buffer: Some(buffer),
            content: 0..0,
            spares: self.clone(),
        }
    }
}

impl Chunk {
    /// Fills it with content from `at`.
    pub(crate) fn fill(&mut self, source: &Source, at: u64, wanted: u64) -> io::Result<()> {
        self.content = source.read(at, wanted, self.space())?;
        Ok(())
    }

    /// The same without waiting; `false` if it cannot be done.
    pub(crate) fn fill_at_once(&mut self, source: &Source, at: u64, wanted: u64) -> bool {
        match source.read_with(at, wanted, self.space(), Patience::None) {
            Ok(content) => {
                self.content = content;
                true
            }
            Err(_) => false,
        }
    }

    fn space(&mut self) -> &mut [u8] {
        self.buffer.as_deref_mut().unwrap_or_default()
    }
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        self.buffer
            .as_deref()
            .and_then(|buffer| buffer.get(self.content.clone()))
            .unwrap_or_default()
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let mut spares = self.spares.0.lock();
        if spares.len() < SPARE_BUFFERS {
            spares.extend(self.buffer.take());
        }
    }
}

impl BlobReader {
    pub(crate) fn new(
        source: Source,
        digest: Digest,
        folder: &Arc<Folder>,
        spares: &Arc<Spares>,
        hot: Option<(Arc<Hot>, Version)>,
    ) -> Self {
        Self {
            digest,
            at: 0,
            end: source.size,
            at_once: source.size <= SHORT,
            noted_damaged: false,
            content: Content::File(Arc::new(source)),
            pending: None,
            folder: folder.clone(),
            spares: spares.clone(),
            hot,
        }
    }

    /// Of a small blob whose content is kept.
    pub(crate) fn kept(
        whole: Bytes,
        digest: Digest,
        folder: &Arc<Folder>,
        spares: &Arc<Spares>,
    ) -> Self {
        Self {
            digest,
            at: 0,
            end: whole.len() as u64,
            at_once: true,
            noted_damaged: false,
            content: Content::Kept(whole),
            pending: None,
            folder: folder.clone(),
            spares: spares.clone(),
            hot: None,
        }
    }

    /// Of `start..end` alone, whose first chunk, if there is one, was read as the blob was opened.
    pub(crate) fn begun(mut self, start: u64, end: u64, first: Option<Bytes>) -> Self {
        self.select(start, end);
        if let (Some((hot, of)), Some(first)) = (&self.hot, &first) {
            hot.keep(of, self.size(), start, first);
        }
        self.pending = first.map(Pending::Read);
        self
    }

    pub(crate) fn noted_damaged(mut self, noted: bool) -> Self {
        self.noted_damaged = noted;
        self
    }

    /// Whether some of the blob is known not to be what was stored: reading that fails.
    pub fn is_noted_damaged(&self) -> bool {
        self.noted_damaged
    }

    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Bytes of the whole blob.
    pub fn size(&self) -> u64 {
        match &self.content {
            Content::File(source) => source.size,
            Content::Kept(whole) => whole.len() as u64,
        }
    }

    /// Bytes still to come.
    pub fn remaining(&self) -> u64 {
        self.end - self.at
    }

    /// Reads `start..end` only; bounds beyond the blob mean its end.
    pub fn select(&mut self, start: u64, end: u64) {
        let end = end.min(self.size());
        let start = start.min(end);
        // A small blob was read as it was opened.
        self.pending = match self.pending.take() {
            Some(Pending::Read(chunk)) => part_of(&chunk, self.at, start, end).map(Pending::Read),
            _ => None,
        };
        (self.at, self.end) = (start, end);
        self.at_once = self.remaining() <= SHORT;
    }

    /// All that is still to come, if it is in memory already; then nothing is to come any more. Of a small blob it is.
    pub fn take_at_once(&mut self) -> Option<Bytes> {
        let whole = match (&self.pending, &self.content) {
            (Some(Pending::Read(chunk)), _) => chunk.clone(),
            (None, Content::Kept(whole)) => part_of(whole, 0, self.at, self.end)?,
            _ => return None,
        };
        if whole.is_empty() || whole.len() as u64 != self.remaining() {
            return None;
        }
        self.pending = None;
        self.at = self.end;
        Some(whole)
    }

    /// The next chunk; `None` at the end.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, BlobError> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BlobError>> {
        if self.at == self.end {
            return Poll::Ready(Ok(None));
        }
        let pending = self.pending.take();
        let chunk = match pending.unwrap_or_else(|| self.begin()) {
            Pending::Read(chunk) => chunk,
            Pending::Reading(mut reading) => {
                let Poll::Ready(outcome) = Pin::new(&mut reading).poll(cx) else {
                    self.pending = Some(Pending::Reading(reading));
                    return Poll::Pending;
                };
                outcome
                    .unwrap_or_else(|e| Err(e.into()))
                    .map_err(BlobError::at("read a blob"))?
            }
        };
        self.at += chunk.len() as u64;
        if self.at < self.end && !self.at_once {
            self.pending = Some(self.begin());
        }
        Poll::Ready(Ok(Some(chunk)))
    }

    fn begin(&mut self) -> Pending {
        let source = match &self.content {
            Content::File(source) => source.clone(),
            Content::Kept(whole) => {
                let rest = part_of(whole, 0, self.at, self.end);
                return Pending::Read(rest.unwrap_or_default());
            }
        };
        let kept = self.hot.as_ref();
        if let Some(kept) = kept.and_then(|(hot, of)| hot.content(of, self.at, self.end)) {
            return Pending::Read(kept);
        }
        if self.at_once {
            let mut chunk = self.spares.chunk();
            if chunk.fill_at_once(&source, self.at, self.wanted()) {
                let content = Bytes::from_owner(chunk);
                if let Some((hot, of)) = &self.hot {
                    hot.keep(of, source.size, self.at, &content);
                }
                return Pending::Read(content);
            }
            self.at_once = false;
        }
        Pending::Reading(self.read(source))
    }

    /// Bytes of the next chunk.
    fn wanted(&self) -> u64 {
        hot::within_piece(self.at, self.end)
    }

    fn read(&self, source: Arc<Source>) -> JoinHandle<io::Result<Bytes>> {
        let spares = self.spares.clone();
        let (at, wanted) = (self.at, self.wanted());
        let (folder, digest, hot) = (self.folder.clone(), self.digest, self.hot.clone());
        tokio::task::spawn_blocking(move || {
            let mut chunk = spares.chunk();
            let filled = chunk.fill(&source, at, wanted);
            filled.inspect_err(|error| {
                if is_damage(error) {
                    note_damage(&folder, &digest, &source.file, error);
                }
            })?;
            let content = Bytes::from_owner(chunk);
            if let Some((hot, of)) = hot {
                hot.keep(&of, source.size, at, &content);
            }
            Ok(content)
        })
    }
}

/// `start..end` of a blob out of a chunk of it that begins at `from`; `None` unless all of that is in it.
fn part_of(chunk: &Bytes, from: u64, start: u64, end: u64) -> Option<Bytes> {
    let first = usize::try_from(start.checked_sub(from)?).ok()?;
    let last = usize::try_from(end.checked_sub(from)?).ok()?;
    (first < last && last <= chunk.len()).then(|| chunk.slice(first..last))
}

/// The next push of the blob replaces it.
pub(crate) fn note_damage(folder: &Folder, digest: &Digest, file: &File, damage: &io::Error) {
    tracing::error!(%digest, error = %damage, "failed to read a blob: it is damaged; push it again");
    if let Err(error) = folder.note_damage(digest, file) {
        tracing::warn!(%digest, %error, "failed to record that a blob is damaged");
    }
}

impl Source {
    /// A hint for the kernel's read-ahead; its failure changes nothing.
    pub(crate) fn read_ahead(&self) {
        let advice = PosixFadviseAdvice::POSIX_FADV_SEQUENTIAL;
        let _ = posix_fadvise(&self.file, 0, 0, advice);
    }

    /// Some of the content from `at`, and where in the buffer it is; never nothing.
    pub(crate) fn read(&self, at: u64, wanted: u64, buffer: &mut [u8]) -> io::Result<Range<usize>> {
        self.read_with(at, wanted, buffer, Patience::Waits)
    }

    fn read_with(
        &self,
        at: u64,
        wanted: u64,
        buffer: &mut [u8],
        patience: Patience,
    ) -> io::Result<Range<usize>> {
        match &self.cipher {
            Cipher::Key(key) => {
                return read_group(&self.file, key, self.size, at, wanted, buffer, patience);
            }
            Cipher::Locked => return Err(io::ErrorKind::PermissionDenied.into()),
            Cipher::Plain => {}
        }
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let wanted = wanted.min(buffer.len());
        read_exactly(&self.file, &mut buffer[..wanted], at, patience)?;
        Ok(0..wanted)
    }
}

impl Source {
    /// Whether the content really ends where the file's length says; of one under a lock that is not here nobody can say.
    pub(crate) fn verify_last(&self, patience: Patience) -> io::Result<()> {
        match &self.cipher {
            Cipher::Key(key) => verify_last(&self.file, key, self.size, patience),
            Cipher::Plain | Cipher::Locked => Ok(()),
        }
    }

    /// How many bytes the blob's name is the hash of: the content, or of a locked blob its records.
    pub(crate) fn named_bytes(&self) -> io::Result<u64> {
        match self.cipher {
            Cipher::Locked => Ok(self.file.metadata()?.len().saturating_sub(HEADER)),
            _ => Ok(self.size),
        }
    }

    /// As [`Source::read`], of those.
    pub(crate) fn read_named(
        &self,
        at: u64,
        wanted: u64,
        buffer: &mut [u8],
    ) -> io::Result<Range<usize>> {
        if !matches!(self.cipher, Cipher::Locked) {
            return self.read(at, wanted, buffer);
        }
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let wanted = wanted.min(buffer.len());
        match self.file.read_exact_at(&mut buffer[..wanted], HEADER + at) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err(Damage::Short.into()),
            read => read.map(|()| 0..wanted),
        }
    }

    /// Whether `digest` is the hash of those: reads all of them.
    pub(crate) fn is_named(&self, digest: &Digest) -> io::Result<bool> {
        let (mut hash, mut at) = (Sha256::new(), 0);
        let mut buffer = vec![0; GROUP_BYTES];
        let end = self.named_bytes()?;
        while at < end {
            let named = self.read_named(at, end - at, &mut buffer)?;
            at += named.len() as u64;
            hash.update(&buffer[named]);
        }
        Ok(Digest::from_hash(hash) == *digest)
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Source({} bytes)", self.size)
    }
}

impl std::fmt::Debug for BlobReader {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "BlobReader({} {}..{})", self.digest, self.at, self.end)
    }
}
