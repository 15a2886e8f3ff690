//! The file of a transcript: records of the form that container logs are spooled in, in one file with a
//! bound.
//!
//! Appends go to the page cache: the death of the agent loses nothing. A record that a kill cut short ends
//! what is read.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use nix::fcntl::{FallocateFlags, fallocate};
use tokio::{sync::watch, time::sleep};
use wharf_base::{Clock, SystemClock};
use wharf_container::runtime::{
    Stream,
    spool::{self, MAX_PAYLOAD},
};

use super::{Note, write_note};
use crate::logs::{
    assemble::Record,
    gather::{Chunk, LogSource, SourceError},
};

/// Of a transcript that is not delivered yet, or that a bucket is to have as a whole.
pub const MAX_BYTES: u64 = 16 << 20;
/// Read at once; holds several records of the largest size.
const READ: usize = 256 << 10;

/// What one read of a session's output may add, with room to spare.
const MARGIN: u64 = 64 << 10;

const ENDS_HERE: &[u8] = b"[the transcript ends here: it has reached its bound]";

#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    length: u64,
    ended: bool,
}

/// What is done about a transcript that has reached its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// It ends, and says so; the session goes on.
    Ends,
    /// The session prints no more until some of it was delivered.
    Waits,
    /// The session ends.
    EndsSession,
}

/// A session that is to be kept cannot be any longer: it must not go on.
#[derive(Debug, thiserror::Error)]
pub enum Unkept {
    #[error("the session ends: its transcript has reached its bound of {} MiB", MAX_BYTES >> 20)]
    Full,
    #[error("the session ends: its transcript cannot be written")]
    Unwritten(#[source] io::Error),
}

/// Writes a transcript until it is dropped.
#[derive(Debug)]
pub struct Recorder {
    file: File,
    progress: watch::Sender<Progress>,
    delivered: watch::Receiver<u64>,
    bound: Bound,
    /// Nothing more is taken.
    closed: bool,
}

impl Recorder {
    /// With the reader that follows it.
    pub(super) fn create(
        folder: &Path,
        session: &str,
        note: Note,
        bound: Bound,
    ) -> io::Result<(Self, Source)> {
        let path = path(folder, session);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create_new(true).mode(0o600);
        let file = options.open(path)?;
        let progress = watch::Sender::new(Progress::default());
        let delivered = watch::Sender::new(0);
        let recorder = Self {
            file: file.try_clone()?,
            progress,
            delivered: delivered.subscribe(),
            bound,
            closed: false,
        };
        let source = Source {
            file,
            progress: recorder.progress.subscribe(),
            delivered: Arc::new(delivered),
            at: 0,
            folder: folder.to_owned(),
            session: session.to_owned(),
            note,
        };
        Ok((recorder, source))
    }

    /// Whether what the session prints may be read: there is room for it, or none is waited for.
    pub fn has_room(&self) -> bool {
        self.bound != Bound::Waits || self.waiting() + MARGIN <= MAX_BYTES
    }

    /// Until more of it was delivered.
    pub async fn room(&mut self) {
        if self.delivered.changed().await.is_err() {
            // Nobody delivers any more: the session is told at its next word.
            std::future::pending::<()>().await;
        }
    }

    /// Bytes that count towards the bound.
    fn waiting(&self) -> u64 {
        let length = self.progress.borrow().length;
        match self.bound {
            Bound::EndsSession => length,
            _ => length - *self.delivered.borrow(),
        }
    }

    /// Adds what was printed.
    ///
    /// # Errors
    /// See [`Unkept`]; none for a session that nobody asked to keep.
    pub fn write(&mut self, stream: Stream, printed: &[u8]) -> Result<(), Unkept> {
        if self.closed {
            return Ok(());
        }
        let at = SystemClock.now().millis();
        let mut records = Vec::with_capacity(printed.len() + 64);
        for (line, partial) in lines(printed) {
            let record = spool::Record::Line {
                stream,
                partial,
                at,
                payload: line,
            };
            spool::encode(&record, &mut records);
        }
        if self.waiting() + records.len() as u64 > MAX_BYTES {
            if self.bound != Bound::Ends {
                return Err(Unkept::Full);
            }
            records.clear();
            let record = spool::Record::Line {
                stream,
                partial: false,
                at,
                payload: ENDS_HERE,
            };
            spool::encode(&record, &mut records);
            self.closed = true;
        }
        match self.file.write_all(&records) {
            Ok(()) => {
                self.progress
                    .send_modify(|it| it.length += records.len() as u64);
                Ok(())
            }
            Err(error) if self.bound != Bound::Ends => Err(Unkept::Unwritten(error)),
            Err(error) => {
                tracing::error!(%error, "failed to write the transcript of a session");
                self.closed = true;
                Ok(())
            }
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.progress.send_modify(|it| it.ended = true);
    }
}

/// Lines without their ends, in pieces that a record may have; whether each goes on.
fn lines(printed: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    printed.split_inclusive(|b| *b == b'\n').flat_map(|line| {
        let (text, whole) = match line.strip_suffix(b"\n") {
            Some(text) => (text.strip_suffix(b"\r").unwrap_or(text), true),
            None => (line, false),
        };
        let pieces = text.len().div_ceil(MAX_PAYLOAD).max(1);
        (0..pieces).map(move |n| {
            let from = n * MAX_PAYLOAD;
            let to = text.len().min(from + MAX_PAYLOAD);
            (&text[from..to], !(whole && n + 1 == pieces))
        })
    })
}

/// Reads a transcript from a place on, and follows it to its end.
pub struct Source {
    file: File,
    progress: watch::Receiver<Progress>,
    delivered: Arc<watch::Sender<u64>>,
    at: u64,
    folder: PathBuf,
    session: String,
    note: Note,
}

impl Source {
    /// Of a session whose agent is gone.
    pub(super) fn of_ended(folder: &Path, session: &str, note: Note) -> io::Result<Self> {
        // An agent that was killed between note and file left none.
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        let file = options.open(path(folder, session))?;
        let progress = Progress {
            length: file.metadata()?.len(),
            ended: true,
        };
        Ok(Self {
            file,
            progress: watch::Sender::new(progress).subscribe(),
            delivered: Arc::new(watch::Sender::new(note.delivered)),
            at: note.delivered,
            folder: folder.to_owned(),
            session: session.to_owned(),
            note,
        })
    }

    pub(super) fn note(&self) -> &Note {
        &self.note
    }

    /// Until the session has been over for so long.
    pub(super) fn ended_for(&self, long: Duration) -> impl Future<Output = ()> + use<> {
        let mut progress = self.progress.clone();
        async move {
            let ended = progress.wait_for(|it| it.ended).await.is_ok();
            if !ended {
                // The recorder tells its end before it goes.
                return std::future::pending().await;
            }
            sleep(long).await;
        }
    }

    /// The same file once more, from its beginning.
    pub(super) fn again(&self) -> io::Result<Self> {
        Ok(Self {
            file: self.file.try_clone()?,
            progress: self.progress.clone(),
            delivered: self.delivered.clone(),
            at: 0,
            folder: self.folder.clone(),
            session: self.session.clone(),
            note: self.note.clone(),
        })
    }

    /// All of it as text, for an object. Of a session that has ended.
    pub(super) fn text(&self) -> Result<Vec<u8>, SourceError> {
        let length = self.progress.borrow().length;
        let again = self.again();
        let mut whole = again.map_err(|error| SourceError(error.to_string()))?;
        let mut text = Vec::new();
        while whole.at < length {
            let records = whole.read(length, usize::MAX)?;
            // What no record can be made of was cut short by a kill.
            if records.is_empty() {
                break;
            }
            for record in records {
                text.extend_from_slice(&record.line);
                if !record.partial {
                    text.push(b'\n');
                }
            }
        }
        Ok(text)
    }

    /// Gives back the room of what nobody reads again. A file system that cannot keeps it until the end.
    fn free(&self, delivered: u64) {
        let length = i64::try_from(delivered).unwrap_or(0);
        if length > 0 {
            let mode = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
            let _ = fallocate(&self.file, mode, 0, length);
        }
    }

    fn read(&mut self, until: u64, most: usize) -> Result<Vec<Record>, SourceError> {
        let wanted = usize::try_from(until - self.at).map_or(READ, |left| left.min(READ));
        let mut bytes = vec![0; wanted];
        let read = self.file.read_exact_at(&mut bytes, self.at);
        read.map_err(|error| SourceError(error.to_string()))?;
        let mut records = Vec::new();
        let mut rest = &bytes[..];
        while records.len() < most {
            let decoded = spool::decode(rest).map_err(|error| SourceError(error.to_string()))?;
            let Some((
                spool::Record::Line {
                    stream,
                    partial,
                    at,
                    payload,
                },
                taken,
            )) = decoded
            else {
                break;
            };
            records.push(Record {
                stderr: stream == Stream::Stderr,
                partial,
                at,
                line: Bytes::copy_from_slice(payload),
            });
            self.at += taken as u64;
            rest = &rest[taken..];
        }
        Ok(records)
    }
}

#[async_trait]
impl LogSource for Source {
    async fn next(&mut self, max_records: usize) -> Result<Chunk, SourceError> {
        loop {
            let seen = *self.progress.borrow_and_update();
            let records = match self.at < seen.length {
                true => self.read(seen.length, max_records)?,
                false => Vec::new(),
            };
            // What no record can be made of was cut short by a kill.
            let ended = seen.ended && (self.at >= seen.length || records.is_empty());
            if ended || !records.is_empty() {
                return Ok(Chunk {
                    records,
                    next: self.at,
                    ended,
                    lost_bytes: 0,
                });
            }
            if self.progress.changed().await.is_err() {
                // The recorder told its end before it went.
                return Err(SourceError("the transcript has lost its writer".to_owned()));
            }
        }
    }

    async fn commit(&mut self, delivered: u64) -> Result<(), SourceError> {
        self.note.delivered = delivered;
        let written = write_note(&self.folder, &self.session, &self.note);
        written.map_err(|error| SourceError(error.to_string()))?;
        if self.note.object.is_none() {
            self.free(delivered);
        }
        self.delivered.send_replace(delivered);
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.progress.borrow().ended
    }
}

pub fn path(folder: &Path, session: &str) -> PathBuf {
    folder.join(format!("{session}.spool"))
}
