//! Bytes on their way to an upload's file: gathered into batches, each hashed and written at the
//! same time on two blocking threads, while the next one is received.
//!
//! At most one batch is being worked on and one gathered, so an upload holds about twice
//! [`BATCH_BYTES`]. Threads are borrowed for a batch, never kept: a thousand slow clients cost no
//! thread.

use std::{
    fs::File,
    io::{self, IoSlice, Write},
    os::fd::AsRawFd,
    sync::Arc,
};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinHandle;

use crate::BlobError;

/// Large enough that borrowing two threads costs nothing, small enough to stay in the cache.
const BATCH_BYTES: usize = 512 * 1024;
/// Clients decide how small the pieces are; each pins a receive buffer of its own.
const BATCH_PIECES: usize = 256;
/// How much is written before the disk is told to start on it, so that the sync at the end finds
/// most of the work done.
const WRITEBACK_BYTES: u64 = 8 << 20;

pub(crate) struct Pipeline {
    file: Arc<File>,
    /// Kept alive by the threads at work, so that an upload is free only when they are done.
    claim: Arc<dyn Send + Sync>,
    hash: Hashing,
    writing: Option<JoinHandle<io::Result<()>>>,
    batch: Vec<Bytes>,
    batch_bytes: usize,
    length: u64,
    written_back: u64,
}

enum Hashing {
    Idle(Sha256),
    Busy(JoinHandle<Sha256>),
    /// A thread panicked or the runtime is going down.
    Lost,
}

impl Pipeline {
    /// Continues a file of `length` bytes whose hash so far is `hash`.
    pub(crate) fn new(
        file: Arc<File>,
        claim: Arc<dyn Send + Sync>,
        hash: Sha256,
        length: u64,
    ) -> Self {
        Self {
            file,
            claim,
            hash: Hashing::Idle(hash),
            writing: None,
            batch: Vec::new(),
            batch_bytes: 0,
            length,
            written_back: length,
        }
    }

    /// Bytes taken so far, including those not yet written.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) async fn push(&mut self, piece: Bytes) -> Result<(), BlobError> {
        if piece.is_empty() {
            return Ok(());
        }
        self.length += piece.len() as u64;
        self.batch_bytes += piece.len();
        self.batch.push(piece);
        if self.batch_bytes >= BATCH_BYTES || self.batch.len() >= BATCH_PIECES {
            self.send_batch().await?;
        }
        Ok(())
    }

    /// Waits until everything pushed is written and hashed; the hash so far.
    pub(crate) async fn drain(&mut self) -> Result<Sha256, BlobError> {
        if !self.batch.is_empty() {
            self.send_batch().await?;
        }
        self.settle().await?;
        match &self.hash {
            Hashing::Idle(hash) => Ok(hash.clone()),
            _ => Err(lost()),
        }
    }

    async fn send_batch(&mut self) -> Result<(), BlobError> {
        self.settle().await?;
        let Hashing::Idle(mut hash) = std::mem::replace(&mut self.hash, Hashing::Lost) else {
            return Err(lost());
        };
        let batch: Arc<[Bytes]> = std::mem::take(&mut self.batch).into();
        self.batch_bytes = 0;
        let flush_from = (self.length - self.written_back >= WRITEBACK_BYTES)
            .then(|| std::mem::replace(&mut self.written_back, self.length));

        let (file, claim, pieces) = (self.file.clone(), self.claim.clone(), batch.clone());
        self.writing = Some(tokio::task::spawn_blocking(move || {
            let _claim = claim;
            write_all(&file, &pieces)?;
            if let Some(from) = flush_from {
                start_writeback(&file, from);
            }
            Ok(())
        }));
        let claim = self.claim.clone();
        self.hash = Hashing::Busy(tokio::task::spawn_blocking(move || {
            let _claim = claim;
            for piece in batch.iter() {
                hash.update(piece);
            }
            hash
        }));
        Ok(())
    }

    /// Waits for the batch at work.
    async fn settle(&mut self) -> Result<(), BlobError> {
        if let Some(writing) = &mut self.writing {
            let outcome = writing.await;
            self.writing = None;
            outcome
                .map_err(|_| lost())?
                .map_err(BlobError::at("write to an upload"))?;
        }
        if let Hashing::Busy(hashing) = &mut self.hash {
            let outcome = hashing.await;
            self.hash = Hashing::Lost;
            self.hash = Hashing::Idle(outcome.map_err(|_| lost())?);
        }
        Ok(())
    }
}

fn lost() -> BlobError {
    BlobError::at("finish writing")(io::Error::other("a thread was lost"))
}

/// One `writev` for a whole batch; what it left over piece by piece.
fn write_all(mut file: &File, pieces: &[Bytes]) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
    let mut left = slices.as_mut_slice();
    while !left.is_empty() {
        match file.write_vectored(left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut left, written),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Asks the kernel to write out what lies behind `from`, without waiting. Only a hint: the sync
/// at the end is what counts, so its failure (a file system without it) does not matter.
fn start_writeback(file: &File, from: u64) {
    let Ok(from) = i64::try_from(from) else {
        return;
    };
    // SAFETY: the call takes a descriptor, which `file` keeps open, and three numbers; no memory.
    unsafe {
        nix::libc::sync_file_range(file.as_raw_fd(), from, 0, nix::libc::SYNC_FILE_RANGE_WRITE);
    }
}
