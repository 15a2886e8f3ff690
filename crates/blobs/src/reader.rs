//! A blob or a range of it as a stream of chunks.
//!
//! Each chunk is read and decrypted on a blocking thread, and while one is on its way to the client
//! the next one is: a reader holds two at most.

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
    sealed::{ContentKey, GROUP_BYTES, HEADER, is_damage, read_group},
};

/// Buffers of a quarter MiB kept for the next chunk: idle memory of at most 2 MiB.
const SPARE_BUFFERS: usize = 8;

/// A stream of the bytes of one blob. Removing the blob meanwhile does not disturb it.
pub struct BlobReader {
    source: Arc<Source>,
    digest: Digest,
    at: u64,
    end: u64,
    /// The chunk at `at`, on its way.
    pending: Option<JoinHandle<io::Result<Chunk>>>,
    folder: Arc<Folder>,
    spares: Arc<Spares>,
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
struct Chunk {
    /// `None` only within `drop`.
    buffer: Option<Box<[u8]>>,
    content: Range<usize>,
    spares: Arc<Spares>,
}

impl Spares {
    fn chunk(self: &Arc<Self>) -> Chunk {
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
    ) -> Self {
        // A hint for the kernel's read-ahead; its failure changes nothing.
        let _ = posix_fadvise(
            &source.file,
            0,
            0,
            PosixFadviseAdvice::POSIX_FADV_SEQUENTIAL,
        );
        Self {
            digest,
            at: 0,
            end: source.size,
            source: Arc::new(source),
            pending: None,
            folder: folder.clone(),
            spares: spares.clone(),
        }
    }

    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Bytes of the whole blob.
    pub fn size(&self) -> u64 {
        self.source.size
    }

    /// Bytes still to come.
    pub fn remaining(&self) -> u64 {
        self.end - self.at
    }

    /// Reads `start..end` only; bounds beyond the blob mean its end.
    pub fn select(&mut self, start: u64, end: u64) {
        self.end = end.min(self.source.size);
        self.at = start.min(self.end);
        self.pending = None;
    }

    /// The next chunk; `None` at the end.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, BlobError> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BlobError>> {
        if self.at == self.end {
            return Poll::Ready(Ok(None));
        }
        let mut pending = self.pending.take().unwrap_or_else(|| self.read());
        let Poll::Ready(outcome) = Pin::new(&mut pending).poll(cx) else {
            self.pending = Some(pending);
            return Poll::Pending;
        };
        let chunk = outcome
            .unwrap_or_else(|e| Err(e.into()))
            .map_err(BlobError::at("read a blob"))?;
        self.at += chunk.content.len() as u64;
        if self.at < self.end {
            self.pending = Some(self.read());
        }
        Poll::Ready(Ok(Some(Bytes::from_owner(chunk))))
    }

    fn read(&self) -> JoinHandle<io::Result<Chunk>> {
        let (source, spares) = (self.source.clone(), self.spares.clone());
        let (at, wanted) = (self.at, self.remaining());
        let (folder, digest) = (self.folder.clone(), self.digest);
        tokio::task::spawn_blocking(move || {
            let mut chunk = spares.chunk();
            let read = source.read(at, wanted, chunk.space());
            chunk.content = read.inspect_err(|error| {
                if is_damage(error) {
                    note_damage(&folder, &digest, &source.file, error);
                }
            })?;
            Ok(chunk)
        })
    }
}

/// The next push of the blob replaces it.
pub(crate) fn note_damage(folder: &Folder, digest: &Digest, file: &File, damage: &io::Error) {
    tracing::error!(%digest, error = %damage, "a blob is damaged; the next push of it takes its place");
    if let Err(error) = folder.note_damage(digest, file) {
        tracing::warn!(%digest, %error, "failed to record that a blob is damaged");
    }
}

impl Source {
    /// Some of the content from `at`, and where in the buffer it is; never nothing.
    pub(crate) fn read(&self, at: u64, wanted: u64, buffer: &mut [u8]) -> io::Result<Range<usize>> {
        match &self.cipher {
            Cipher::Key(key) => return read_group(&self.file, key, self.size, at, wanted, buffer),
            Cipher::Locked => return Err(io::ErrorKind::PermissionDenied.into()),
            Cipher::Plain => {}
        }
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let wanted = wanted.min(buffer.len());
        self.file.read_exact_at(&mut buffer[..wanted], at)?;
        Ok(0..wanted)
    }
}

impl Source {
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
