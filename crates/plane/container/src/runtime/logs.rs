//! Reading a container's log spool, exactly once across restarts of the agent.
//!
//! The reader's place is an offset in the spool. What was delivered is committed to `logs/cursor`;
//! a reader opened later goes on from there. The shim is told, so that it can free the space.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    os::fd::{AsFd, AsRawFd, BorrowedFd},
    path::PathBuf,
    time::Duration,
};

use bytes::Bytes;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use serde::{Deserialize, Serialize};
use tokio::io::unix::AsyncFd;
use wharf_durable::{self as durable, Durability};
pub use wharf_shim_protocol::spool::Stream;
use wharf_shim_protocol::{
    ContainerName, Request,
    folder::ContainerFolder,
    spool::{self, MAX_PAYLOAD, Record, SpoolError},
};

use super::{
    client::Client,
    error::{ContainerError, Step},
};

/// Read from disk at once; holds several records of the largest size.
const CHUNK: usize = 256 << 10;
const CURSOR_LIMIT: u64 = 1024;
/// How often to look where the kernel tells nothing.
const POLL: Duration = Duration::from_millis(500);
/// How long a silent container's shim is believed to live.
const CHECK_SHIM: Duration = Duration::from_secs(10);
/// As often a log without a watch is looked at in that time.
const LOOKS: u32 = 20;

/// A place in a container's log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogOffset(pub u64);

/// A line, or a part of a long one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    pub stream: Stream,
    /// The line goes on in the next record of the same stream.
    pub partial: bool,
    /// Milliseconds since 1970.
    pub at: i64,
    /// Without the newline.
    pub line: Bytes,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogBatch {
    pub records: Vec<LogRecord>,
    /// What to commit when these records were delivered.
    pub next: LogOffset,
    /// Nothing will follow.
    pub ended: bool,
    /// Bytes that a full spool in non-blocking mode dropped before they were read.
    pub lost_bytes: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("cannot {step} the log of container {container}")]
    Io {
        step: &'static str,
        container: ContainerName,
        #[source]
        source: io::Error,
    },
    #[error("the log of container {container} is damaged at {offset}")]
    Damaged {
        container: ContainerName,
        offset: u64,
        #[source]
        source: SpoolError,
    },
}

/// Reads one container's log from its last commit on.
#[derive(Debug)]
pub struct LogReader {
    container: ContainerName,
    folder: ContainerFolder,
    /// `None`: the shim is gone, the files are all there is.
    client: Option<Client>,
    changes: Changes,
    offset: u64,
    ended: bool,
}

/// How a reader hears that something was written.
#[derive(Debug)]
enum Changes {
    /// It was not needed yet. Who finds the end of a log at once never needs it, and the kernel takes long to give up a watch.
    Unwatched,
    Watched(AsyncFd<Watch>),
    /// The kernel allows no more watches, so look now and then. With how often that was since the shim was asked for.
    Polled(u32),
}

#[derive(Debug)]
struct Watch(Inotify);

impl AsRawFd for Watch {
    fn as_raw_fd(&self) -> i32 {
        self.0.as_fd().as_raw_fd()
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl LogReader {
    pub(crate) fn open(
        container: ContainerName,
        folder: ContainerFolder,
        client: Option<Client>,
    ) -> Result<Self, LogError> {
        let failed = |step| {
            let container = container.clone();
            move |source| LogError::Io {
                step,
                container,
                source,
            }
        };
        let logs = folder.logs();
        wharf_spares::make_inside(&logs).map_err(failed("open"))?;
        let cursor: Option<LogOffset> = durable::read_json(&folder.log_cursor(), CURSOR_LIMIT)
            .map_err(failed("read the cursor of"))?;
        let offset = cursor.unwrap_or_default().0;
        Ok(Self {
            container,
            folder,
            client,
            changes: Changes::Unwatched,
            offset,
            ended: false,
        })
    }

    /// At least one record, or the end; at most `max_records`. Waits for them. Dropping the future
    /// loses nothing.
    pub async fn next(&mut self, max_records: usize) -> Result<LogBatch, LogError> {
        loop {
            let batch = self.read_now(max_records)?;
            if !batch.records.is_empty() || batch.ended || batch.lost_bytes > 0 {
                return Ok(batch);
            }
            if self.client.is_none() {
                // Nobody writes any more: a torn record at the end is all there was of it.
                self.ended = true;
                return Ok(LogBatch {
                    next: LogOffset(self.offset),
                    ended: true,
                    ..LogBatch::default()
                });
            }
            self.wait_for_change().await?;
        }
    }

    /// Until something was written, or it is time to see whether the shim still lives.
    async fn wait_for_change(&mut self) -> Result<(), LogError> {
        if matches!(self.changes, Changes::Unwatched) {
            // What came before this is looked for once more, and only then waited for.
            self.changes = self.watch();
            return Ok(());
        }
        if let Changes::Polled(looks) = &mut self.changes {
            tokio::time::sleep(POLL).await;
            *looks += 1;
            if *looks >= LOOKS {
                *looks = 0;
                Self::give_up_dead(&mut self.client).await;
            }
            return Ok(());
        }
        let Changes::Watched(changes) = &self.changes else {
            return Ok(());
        };
        match tokio::time::timeout(CHECK_SHIM, changes.readable()).await {
            Ok(Ok(mut guard)) => {
                // The folder is looked at again after this, so no change is missed.
                let _ = guard.get_inner().0.read_events();
                guard.clear_ready();
            }
            Ok(Err(e)) => return Err(self.failed("watch", e)),
            Err(_) => Self::give_up_dead(&mut self.client).await,
        }
        Ok(())
    }

    /// Without its shim a log is what lies in its files.
    async fn give_up_dead(client: &mut Option<Client>) {
        if let Some(shim) = client
            && !shim.answers().await
        {
            *client = None;
        }
    }

    fn watch(&self) -> Changes {
        let watch = || -> io::Result<AsyncFd<Watch>> {
            let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
            let flags = AddWatchFlags::IN_MODIFY | AddWatchFlags::IN_CREATE;
            inotify.add_watch(&self.folder.logs(), flags)?;
            // SAFETY: `Watch` owns its descriptor and names the same one for all its life.
            unsafe { AsyncFd::register(Watch(inotify)) }.map_err(io::Error::from)
        };
        match watch() {
            Ok(watch) => Changes::Watched(watch),
            Err(error) => {
                tracing::warn!(%error, container = %self.container, "failed to watch a log; polling it instead");
                Changes::Polled(0)
            }
        }
    }

    /// What is there now, without waiting; possibly nothing.
    pub fn read_now(&mut self, max_records: usize) -> Result<LogBatch, LogError> {
        let mut batch = LogBatch {
            next: LogOffset(self.offset),
            ended: self.ended,
            ..LogBatch::default()
        };
        while !batch.ended && batch.records.len() < max_records {
            let Some(segment) = self.find_segment(&mut batch)? else {
                break;
            };
            let bytes = self
                .read_chunk(&segment)
                .map_err(|e| self.failed("read", e))?;
            let taken = self.decode(&bytes, max_records, &mut batch)?;
            if taken == 0 {
                // The end of this segment: final once its successor exists.
                let end = segment.start + segment.len;
                if self.offset == end
                    && self
                        .segments()?
                        .iter()
                        .any(|next| next.start == end && next.start != segment.start)
                {
                    continue;
                }
                break;
            }
        }
        batch.next = LogOffset(self.offset);
        self.ended = batch.ended;
        Ok(batch)
    }

    fn decode(
        &mut self,
        bytes: &[u8],
        max_records: usize,
        batch: &mut LogBatch,
    ) -> Result<usize, LogError> {
        let mut at = 0;
        while batch.records.len() < max_records {
            let decoded = spool::decode(&bytes[at..]).map_err(|source| LogError::Damaged {
                container: self.container.clone(),
                offset: self.offset,
                source,
            })?;
            let Some((record, len)) = decoded else { break };
            at += len;
            self.offset += len as u64;
            match record {
                Record::Line {
                    stream,
                    partial,
                    at,
                    payload,
                } => batch.records.push(LogRecord {
                    stream,
                    partial,
                    at,
                    line: Bytes::copy_from_slice(payload),
                }),
                Record::End { .. } => {
                    batch.ended = true;
                    break;
                }
            }
        }
        Ok(at)
    }

    /// The segment that holds the reader's offset. One that was dropped meanwhile is skipped and
    /// what it held counted as lost.
    fn find_segment(&mut self, batch: &mut LogBatch) -> Result<Option<Segment>, LogError> {
        let segments = self.segments()?;
        let holding = segments.iter().rev().find(|segment| {
            segment.start <= self.offset && self.offset <= segment.start + segment.len
        });
        // At the border the later one has what follows; `rev` prefers it.
        if let Some(segment) = holding {
            return Ok(Some(segment.clone()));
        }
        let Some(next) = segments.iter().find(|segment| segment.start > self.offset) else {
            return Ok(None);
        };
        batch.lost_bytes += next.start - self.offset;
        self.offset = next.start;
        Ok(Some(next.clone()))
    }

    fn segments(&self) -> Result<Vec<Segment>, LogError> {
        let list = || -> io::Result<Vec<Segment>> {
            let mut segments = Vec::new();
            for entry in fs::read_dir(self.folder.logs())? {
                let entry = entry?;
                let Some(start) = entry.file_name().to_str().and_then(spool::segment_offset) else {
                    continue;
                };
                match entry.metadata() {
                    Ok(meta) => segments.push(Segment {
                        start,
                        len: meta.len(),
                        path: entry.path(),
                    }),
                    Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                    Err(e) => return Err(e),
                }
            }
            segments.sort_by_key(|segment| segment.start);
            Ok(segments)
        };
        list().map_err(|e| self.failed("list", e))
    }

    fn read_chunk(&self, segment: &Segment) -> io::Result<Vec<u8>> {
        const { assert!(CHUNK > spool::HEADER + MAX_PAYLOAD) };
        let mut file = match File::open(&segment.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        file.seek(SeekFrom::Start(self.offset - segment.start))?;
        let mut bytes = Vec::new();
        file.take(CHUNK as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Everything before `delivered` was delivered: it is never read again, and its space is freed.
    pub async fn commit(&mut self, delivered: LogOffset) -> Result<(), LogError> {
        let cursor = self.folder.log_cursor();
        // As durable as the spool: after a power failure some lines may arrive twice.
        let written = tokio::task::spawn_blocking(move || {
            durable::replace_json(&cursor, &delivered, Durability::Process)
        });
        let written = written.await.unwrap_or_else(|e| Err(io::Error::other(e)));
        written.map_err(|e| self.failed("commit to the cursor of", e))?;
        if let Some(client) = &self.client {
            let trim = Request::Trim {
                container: self.container.clone(),
                before: delivered.0,
            };
            match client.tell(Step::Inspect, trim).await {
                // Gone with its container, or for good: nobody waits for the space.
                Err(ContainerError::NoShim { .. }) => self.client = None,
                Err(e) => {
                    tracing::debug!(error = %e, container = %self.container, "the shim did not trim its log")
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    fn failed(&self, step: &'static str, source: io::Error) -> LogError {
        LogError::Io {
            step,
            container: self.container.clone(),
            source,
        }
    }
}

#[derive(Debug, Clone)]
struct Segment {
    start: u64,
    len: u64,
    path: PathBuf,
}

#[cfg(test)]
mod tests {
    use wharf_shim_protocol::TaskFolder;

    use super::*;

    #[tokio::test]
    async fn a_log_is_watched_once_it_has_to_be_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let name = ContainerName::try_from("web").unwrap();
        let folder = TaskFolder::new(dir.path()).container(&name);
        let client = Client::new(dir.path()).unwrap();
        let mut reader = LogReader::open(name, folder.clone(), Some(client)).unwrap();
        let mut bytes = Vec::new();
        let line = Record::Line {
            stream: Stream::Stdout,
            partial: false,
            at: 1,
            payload: b"up",
        };
        spool::encode(&line, &mut bytes);
        let segment = folder.logs().join(spool::segment_name(0));
        fs::write(&segment, &bytes).unwrap();
        let batch = reader.next(10).await.unwrap();
        assert_eq!(batch.records[0].line, "up");
        assert!(matches!(reader.changes, Changes::Unwatched));
        // The rest comes while somebody waits for it, and before the watch is there or after.
        for pause in [Duration::ZERO, Duration::from_millis(20)] {
            let write = async {
                tokio::time::sleep(pause).await;
                spool::encode(&line, &mut bytes);
                fs::write(&segment, &bytes).unwrap();
            };
            let (batch, ()) = tokio::join!(reader.next(10), write);
            assert_eq!(batch.unwrap().records.len(), 1);
            assert!(matches!(reader.changes, Changes::Watched(_)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_log_that_cannot_be_watched_ends_with_its_shim() {
        let dir = tempfile::tempdir().unwrap();
        let name = ContainerName::try_from("web").unwrap();
        let folder = TaskFolder::new(dir.path()).container(&name);
        // Nobody listens.
        let client = Client::new(dir.path()).unwrap();
        let mut reader = LogReader::open(name, folder, Some(client)).unwrap();
        reader.changes = Changes::Polled(0);
        assert!(reader.next(10).await.unwrap().ended);
    }
}
