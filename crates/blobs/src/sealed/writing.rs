//! Content on its way to a file: sealed chunk by chunk in one buffer, written several at a time.

use std::{fs::File, io, os::unix::fs::FileExt};

use bytes::Bytes;
use ring::aead::NONCE_LEN;
use sha2::{Digest as _, Sha256};

use super::{CHUNK, ContentKey, OVERHEAD, RECORD, Role, TAG, each_whole, position, random};

/// Records sealed before they are written: what fits a core's second-level cache.
const GROUP: usize = 4;

/// The end of a file that is being written.
pub(crate) struct Sealing {
    key: ContentKey,
    /// Sealed records, then room for a nonce and the chunk that is begun, in the clear.
    buffer: Vec<u8>,
    /// Bytes of the sealed records.
    sealed: usize,
    /// The number of the buffer's first record.
    first: u64,
    /// Of all records before the buffer, where they name the blob.
    records: Option<Sha256>,
}

impl Sealing {
    /// Goes on behind `first` whole records, with their hash if they name the blob, and a chunk of which `begun` is
    /// known.
    pub(crate) fn new(key: ContentKey, first: u64, records: Option<Sha256>, begun: &[u8]) -> Self {
        let mut buffer = Vec::with_capacity((GROUP + 1) * RECORD);
        buffer.resize(NONCE_LEN, 0);
        buffer.extend_from_slice(begun);
        Self {
            key,
            buffer,
            sealed: 0,
            first,
            records,
        }
    }

    /// Seals the pieces and writes all that are whole chunks.
    pub(crate) fn write(&mut self, file: &File, pieces: &[Bytes]) -> io::Result<()> {
        for mut piece in pieces.iter().map(|piece| &piece[..]) {
            while !piece.is_empty() {
                let room = CHUNK - self.begun().len();
                let (now, later) = piece.split_at(room.min(piece.len()));
                self.buffer.extend_from_slice(now);
                piece = later;
                if self.begun().len() == CHUNK {
                    self.seal(Role::Whole);
                    self.buffer.resize(self.sealed + NONCE_LEN, 0);
                    if self.sealed == GROUP * RECORD {
                        self.flush(file)?;
                    }
                }
            }
        }
        self.flush(file)
    }

    /// Writes the last record. Nothing goes behind it.
    pub(crate) fn finish(&mut self, file: &File) -> io::Result<()> {
        self.seal(Role::Last);
        self.flush(file)
    }

    /// Shows all content so far to `see`, after [`Sealing::write`]: from the file, and of the chunk that is begun.
    pub(crate) fn each(&self, file: &File, mut see: impl FnMut(&[u8])) -> io::Result<()> {
        each_whole(file, &self.key, self.next(), |_| {}, &mut see)?;
        see(self.begun());
        Ok(())
    }

    /// The hash of all records that are written, where they name the blob.
    pub(crate) fn records(&self) -> Option<&Sha256> {
        self.records.as_ref()
    }

    /// Where the next whole record goes in the file.
    pub(crate) fn position(&self) -> u64 {
        position(self.first) + self.sealed as u64
    }

    /// What a later process needs of the chunk that is begun: its number and its content, sealed.
    /// `None` if none is begun.
    pub(crate) fn tail(&self) -> Option<Vec<u8>> {
        let content = self.begun();
        if content.is_empty() {
            return None;
        }
        let (at, nonce) = (self.next(), random());
        let mut tail = Vec::with_capacity(8 + OVERHEAD + content.len());
        tail.extend_from_slice(&at.to_be_bytes());
        tail.extend_from_slice(&nonce);
        tail.extend_from_slice(content);
        let tag = (self.key).seal(at, Role::Tail, nonce, &mut tail[8 + NONCE_LEN..]);
        tail.extend_from_slice(&tag);
        Some(tail)
    }

    fn begun(&self) -> &[u8] {
        &self.buffer[self.sealed + NONCE_LEN..]
    }

    fn next(&self) -> u64 {
        self.first + (self.sealed / RECORD) as u64
    }

    fn seal(&mut self, role: Role) {
        let (at, nonce) = (self.next(), random());
        let record = &mut self.buffer[self.sealed..];
        record[..NONCE_LEN].copy_from_slice(&nonce);
        let tag: [u8; TAG] = self.key.seal(at, role, nonce, &mut record[NONCE_LEN..]);
        self.buffer.extend_from_slice(&tag);
        self.sealed = self.buffer.len();
    }

    fn flush(&mut self, file: &File) -> io::Result<()> {
        let written = &self.buffer[..self.sealed];
        file.write_all_at(written, position(self.first))?;
        if let Some(hash) = &mut self.records {
            hash.update(written);
        }
        self.first = self.next();
        self.buffer.drain(..self.sealed);
        self.sealed = 0;
        Ok(())
    }
}
