//! Bytes on their way to an upload's file: gathered into batches, each hashed, and encrypted and
//! written, at the same time on two blocking threads, while the next one is received.
//!
//! At most one batch is being worked on and one gathered, so an upload holds about twice
//! [`BATCH_BYTES`], and half of that for what is encrypted. Threads are borrowed for a batch, never kept: a thousand slow clients cost no
//! thread.

use std::{fs::File, io, os::fd::AsRawFd, sync::Arc};

use bytes::Bytes;
use sha2::{Digest as _, Sha256, Sha512};
use tokio::task::JoinHandle;

use crate::{BlobError, Digest, sealed::Sealing, store::blocking};

/// Large enough that borrowing two threads costs nothing, small enough to stay in the cache.
const BATCH_BYTES: usize = 512 * 1024;
/// Clients decide how small the pieces are; each pins a receive buffer of its own.
const BATCH_PIECES: usize = 256;
/// Of the file: how much is written before the disk is told to start on it, so that the sync at the end finds
/// most of the work done. To tell it takes milliseconds where it is busy, so another thread does that.
const WRITEBACK_BYTES: u64 = 8 << 20;

pub(crate) struct Pipeline {
    file: Arc<File>,
    /// Kept alive by the threads at work, so that an upload is free only when they are done.
    claim: Arc<dyn Send + Sync>,
    hash: Hashing,
    writing: Writing,
    batch: Vec<Bytes>,
    batch_bytes: usize,
    length: u64,
    written_back: u64,
    telling: Option<JoinHandle<()>>,
}

enum Writing {
    Idle(Sealing),
    Busy(JoinHandle<io::Result<Sealing>>),
    /// A write failed, a thread panicked or the runtime is going down.
    Lost,
}

/// Of the content so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hashes {
    pub sha256: Sha256,
    /// Where somebody said in time that this is what it will be asked for.
    pub sha512: Option<Sha512>,
}

impl Hashes {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        if let Some(hash) = &mut self.sha512 {
            hash.update(bytes);
        }
    }
}

enum Hashing {
    Idle(Box<Hashes>),
    Busy(JoinHandle<Box<Hashes>>),
    /// A thread panicked or the runtime is going down.
    Lost,
}

impl Pipeline {
    /// Continues an upload of `length` bytes whose hashes so far are `hash`.
    pub(crate) fn new(
        file: Arc<File>,
        claim: Arc<dyn Send + Sync>,
        sealing: Sealing,
        hash: Hashes,
        length: u64,
    ) -> Self {
        Self {
            file,
            claim,
            written_back: sealing.position(),
            hash: Hashing::Idle(hash.into()),
            writing: Writing::Idle(sealing),
            batch: Vec::new(),
            batch_bytes: 0,
            length,
            telling: None,
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

    /// Makes the sha512 on the way too, if nothing came yet.
    pub(crate) fn make_sha512(&mut self) {
        if let (0, Hashing::Idle(hashes)) = (self.length, &mut self.hash) {
            hashes.sha512 = Some(Sha512::new());
        }
    }

    /// The sha512 of everything pushed, after [`Pipeline::drain`]; where it was not made on the way, out of the file.
    pub(crate) async fn sha512(&mut self) -> Result<Digest, BlobError> {
        if let Hashing::Idle(hashes) = &self.hash
            && let Some(hash) = &hashes.sha512
        {
            return Ok(hash.clone().into());
        }
        let sealing = self.take_sealing()?;
        let (file, claim) = (self.file.clone(), self.claim.clone());
        let read = blocking("read an upload again", move || {
            let _claim = claim;
            let mut hash = Sha512::new();
            sealing.each(&file, |bytes| hash.update(bytes))?;
            Ok((sealing, hash))
        });
        let (sealing, hash) = read.await?;
        self.writing = Writing::Idle(sealing);
        Ok(hash.into())
    }

    /// Waits until everything pushed is written and hashed; the hashes so far.
    pub(crate) async fn drain(&mut self) -> Result<Hashes, BlobError> {
        if !self.batch.is_empty() {
            self.send_batch().await?;
        }
        self.settle().await?;
        match &self.hash {
            Hashing::Idle(hash) => Ok(Hashes::clone(hash)),
            _ => Err(lost()),
        }
    }

    /// The end of the file, after [`Pipeline::drain`]. Nothing is taken any more.
    pub(crate) fn take_sealing(&mut self) -> Result<Sealing, BlobError> {
        match std::mem::replace(&mut self.writing, Writing::Lost) {
            Writing::Idle(sealing) => Ok(sealing),
            _ => Err(lost()),
        }
    }

    async fn send_batch(&mut self) -> Result<(), BlobError> {
        self.settle().await?;
        let Hashing::Idle(mut hash) = std::mem::replace(&mut self.hash, Hashing::Lost) else {
            return Err(lost());
        };
        let mut sealing = self.take_sealing()?;
        let batch: Arc<[Bytes]> = std::mem::take(&mut self.batch).into();
        self.batch_bytes = 0;
        self.write_back(sealing.position());
        let (file, claim, pieces) = (self.file.clone(), self.claim.clone(), batch.clone());
        self.writing = Writing::Busy(tokio::task::spawn_blocking(move || {
            let _claim = claim;
            sealing.write(&file, &pieces)?;
            Ok(sealing)
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

    /// Has the disk begin with what was written up to `position`, if that is enough. While it is still being told of what
    /// came before, it has enough to do.
    fn write_back(&mut self, position: u64) {
        let told = self.telling.as_ref().is_none_or(JoinHandle::is_finished);
        if !told || position - self.written_back < WRITEBACK_BYTES {
            return;
        }
        let from = std::mem::replace(&mut self.written_back, position);
        // It changes nothing of the upload, which may be somebody else's meanwhile.
        let file = self.file.clone();
        let tell = move || start_writeback(&file, from, position - from);
        self.telling = Some(tokio::task::spawn_blocking(tell));
    }

    /// Waits for the batch at work.
    async fn settle(&mut self) -> Result<(), BlobError> {
        if let Writing::Busy(writing) = &mut self.writing {
            let outcome = writing.await;
            self.writing = Writing::Lost;
            let sealing = outcome
                .map_err(|_| lost())?
                .map_err(BlobError::at("write to an upload"))?;
            self.writing = Writing::Idle(sealing);
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

/// Asks the kernel to write out so many bytes behind `from`, without waiting for them. Only a hint: the sync
/// at the end is what counts, so its failure (a file system without it) does not matter.
fn start_writeback(file: &File, from: u64, bytes: u64) {
    let (Ok(from), Ok(bytes)) = (i64::try_from(from), i64::try_from(bytes)) else {
        return;
    };
    // SAFETY: the call takes a descriptor, which `file` keeps open, and three numbers; no memory.
    unsafe {
        nix::libc::sync_file_range(
            file.as_raw_fd(),
            from,
            bytes,
            nix::libc::SYNC_FILE_RANGE_WRITE,
        );
    }
}
