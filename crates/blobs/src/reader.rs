//! A blob or a range of it as a stream of chunks.
//!
//! What the page cache holds is read on the spot (`RWF_NOWAIT`), which saves handing every chunk
//! to another thread and back; what must come from the disk is read on a blocking thread.

use std::{
    fs::File,
    io::{self, IoSliceMut},
    os::unix::fs::FileExt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use rustix::io::{Errno, ReadWriteFlags, preadv2};
use tokio::task::JoinHandle;

use crate::{BlobError, Digest};

/// One chunk: fits a core's second-level cache, so that the copy to the socket reads from there.
const CHUNK_BYTES: usize = 256 * 1024;
/// Buffers kept for the next chunk: idle memory of at most 2 MiB.
const SPARE_BUFFERS: usize = 8;

/// A stream of the bytes of one blob. Removing the blob meanwhile does not disturb it.
pub struct BlobReader {
    file: Arc<File>,
    digest: Digest,
    size: u64,
    at: u64,
    end: u64,
    /// The chunk that had to come from the disk.
    pending: Option<JoinHandle<io::Result<Chunk>>>,
    spares: Arc<Spares>,
}

#[derive(Debug, Default)]
pub(crate) struct Spares(Mutex<Vec<Box<[u8]>>>);

/// A buffer with `filled` bytes at its start, given back when the last `Bytes` of it is dropped.
struct Chunk {
    /// `None` only within `drop`.
    buffer: Option<Box<[u8]>>,
    filled: usize,
    spares: Arc<Spares>,
}

impl Spares {
    fn chunk(self: &Arc<Self>) -> Chunk {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let buffer = spare.unwrap_or_else(|| vec![0; CHUNK_BYTES].into_boxed_slice());
        Chunk {
            buffer: Some(buffer),
            filled: 0,
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
            .and_then(|buffer| buffer.get(..self.filled))
            .unwrap_or_default()
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let mut spares = self.spares.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spares.len() < SPARE_BUFFERS {
            spares.extend(self.buffer.take());
        }
    }
}

impl BlobReader {
    pub(crate) fn new(file: File, digest: Digest, size: u64, spares: Arc<Spares>) -> Self {
        // A hint for the kernel's read-ahead; its failure changes nothing.
        let _ = posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_SEQUENTIAL);
        Self {
            file: Arc::new(file),
            digest,
            size,
            at: 0,
            end: size,
            pending: None,
            spares,
        }
    }

    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Bytes of the whole blob.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Bytes still to come.
    pub fn remaining(&self) -> u64 {
        self.end - self.at
    }

    /// Reads `start..end` only; bounds beyond the blob mean its end.
    pub fn select(&mut self, start: u64, end: u64) {
        self.end = end.min(self.size);
        self.at = start.min(self.end);
    }

    /// The next chunk; `None` at the end.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, BlobError> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BlobError>> {
        if self.at == self.end && self.pending.is_none() {
            return Poll::Ready(Ok(None));
        }
        let chunk = match self.pending.take() {
            Some(pending) => ready!(self.poll_pending(pending, cx)),
            None => match self.read_cached() {
                Ok(Some(chunk)) => Ok(chunk),
                Ok(None) => {
                    let pending = self.read_behind();
                    ready!(self.poll_pending(pending, cx))
                }
                Err(e) => Err(e),
            },
        };
        let chunk = chunk.map_err(BlobError::at("read a blob"))?;
        self.at += chunk.filled as u64;
        Poll::Ready(Ok(Some(Bytes::from_owner(chunk))))
    }

    fn poll_pending(
        &mut self,
        mut pending: JoinHandle<io::Result<Chunk>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Chunk>> {
        match Pin::new(&mut pending).poll(cx) {
            Poll::Ready(outcome) => Poll::Ready(outcome.unwrap_or_else(|e| Err(e.into()))),
            Poll::Pending => {
                self.pending = Some(pending);
                Poll::Pending
            }
        }
    }

    /// How much the next chunk may hold.
    fn wanted(&self) -> usize {
        usize::try_from(self.remaining())
            .unwrap_or(usize::MAX)
            .min(CHUNK_BYTES)
    }

    /// `None` if nothing of it is in memory.
    fn read_cached(&self) -> io::Result<Option<Chunk>> {
        let wanted = self.wanted();
        let mut chunk = self.spares.chunk();
        let slice = IoSliceMut::new(&mut chunk.space()[..wanted]);
        match preadv2(&*self.file, &mut [slice], self.at, ReadWriteFlags::NOWAIT) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                chunk.filled = read;
                Ok(Some(chunk))
            }
            // Not in memory, interrupted, or a file system without the flag.
            Err(Errno::AGAIN | Errno::INTR | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn read_behind(&self) -> JoinHandle<io::Result<Chunk>> {
        let (file, at, wanted, spares) = (
            self.file.clone(),
            self.at,
            self.wanted(),
            self.spares.clone(),
        );
        tokio::task::spawn_blocking(move || {
            let mut chunk = spares.chunk();
            file.read_exact_at(&mut chunk.space()[..wanted], at)?;
            chunk.filled = wanted;
            Ok(chunk)
        })
    }
}

impl std::fmt::Debug for BlobReader {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "BlobReader({} {}..{})", self.digest, self.at, self.end)
    }
}
