//! The log: segments in the order of their ids, the last of which takes new frames.

use std::{
    collections::VecDeque,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    AppendError, DataFile, FRAME_HEADER_BYTES, LogError, MAX_FRAME_BYTES,
    error::is_disk_full,
    frame::decode_frame,
    segment::{
        SEGMENT_HEADER_BYTES, Segment, SegmentHeader, later_frame_in, segment_id, segment_path,
    },
};

/// How a log uses its folder.
#[derive(Debug, Clone, Copy)]
pub struct LogOptions {
    /// First bytes of each file: tells one kind of log from another.
    pub magic: [u8; 8],
    /// A segment that has grown beyond this is closed and the next begun.
    pub segment_bytes: u64,
    /// The file grows by this much at a time.
    pub grow_bytes: u64,
}

/// A frame that is now durable.
#[derive(Debug, Clone)]
pub struct Appended {
    pub segment: u64,
    pub file: Arc<DataFile>,
    /// Byte of `file` at which the payload starts.
    pub offset: u64,
}

/// A segment that takes no more frames.
#[derive(Debug)]
struct Sealed {
    id: u64,
    data: Arc<DataFile>,
    bytes: u64,
}

/// A frame met while opening.
#[derive(Debug)]
pub struct Replayed<'a> {
    pub segment: u64,
    pub file: &'a Arc<DataFile>,
    pub offset: u64,
    pub payload: &'a [u8],
}

#[derive(Debug)]
pub struct Log {
    dir: PathBuf,
    dir_file: File,
    options: LogOptions,
    sealed: VecDeque<Sealed>,
    active: Segment,
    next_seq: u64,
    buffer: Vec<u8>,
    failed: Option<String>,
}

impl Log {
    /// Opens the log in `dir`, an existing folder that the caller has locked. Segments below
    /// `first_segment` are leftovers and removed; every frame of the others goes through `visit`,
    /// whose error text says what is wrong with a payload.
    pub fn open(
        dir: &Path,
        options: LogOptions,
        first_segment: u64,
        mut visit: impl FnMut(Replayed<'_>) -> Result<(), String>,
    ) -> Result<Self, LogError> {
        let dir_file = File::open(dir).map_err(LogError::io("open", dir))?;
        let mut ids = list_segments(dir)?;
        while ids.first().is_some_and(|id| *id < first_segment) {
            let path = segment_path(dir, ids.remove(0));
            std::fs::remove_file(&path).map_err(LogError::io("remove", path))?;
        }
        let mut scan = Scan {
            dir,
            magic: options.magic,
            next_seq: None,
            next_id: Some(first_segment),
        };
        let mut sealed = VecDeque::new();
        let mut active = None;
        for (index, id) in ids.iter().enumerate() {
            let last = index + 1 == ids.len();
            match scan.segment(*id, last, &mut visit)? {
                Some(segment) if last => active = Some(segment),
                Some(segment) => {
                    sealed.push_back(Sealed {
                        id: segment.id,
                        data: segment.data,
                        bytes: segment.end,
                    });
                }
                None => {}
            }
        }
        let next_seq = scan.next_seq.unwrap_or(1);
        let active = match active {
            Some(active) => active,
            None => {
                let id = scan.next_id.unwrap_or(first_segment);
                Segment::create(dir, &dir_file, options.magic, id, next_seq)?
            }
        };
        Ok(Self {
            dir: dir.to_owned(),
            dir_file,
            options,
            sealed,
            active,
            next_seq,
            buffer: Vec::new(),
            failed: None,
        })
    }

    /// Appends one frame; it is durable on return.
    pub fn append(&mut self, payload: &[u8]) -> Result<Appended, AppendError> {
        if let Some(reason) = &self.failed {
            return Err(self.failure(reason.clone()));
        }
        if payload.len() > MAX_FRAME_BYTES {
            return Err(AppendError::TooLarge {
                bytes: payload.len(),
            });
        }
        self.prepare(payload.len())?;
        match self.active.write(self.next_seq, payload, &mut self.buffer) {
            Ok(offset) => match self.active.sync() {
                Ok(()) => Ok(self.accept(payload.len(), offset)),
                // After a failed sync the kernel may have dropped the pages: asking again would lie.
                Err(e) => Err(self.fail("sync", &e)),
            },
            // Only a file system that writes elsewhere than where it was asked to comes here, since
            // room had been made. The frame is not whole, so it is none; the next overwrites it.
            Err(e) if is_disk_full(&e) => Err(self.disk_full()),
            Err(e) => Err(self.fail("write", &e)),
        }
    }

    /// Closes the current segment and begins the next, if it holds any frame.
    pub fn rotate(&mut self) -> Result<(), AppendError> {
        if let Some(reason) = &self.failed {
            return Err(self.failure(reason.clone()));
        }
        if self.active.end == SEGMENT_HEADER_BYTES as u64 {
            return Ok(());
        }
        // Sealed before the next one exists: only the last segment may hold anything but frames.
        if let Err(e) = self.active.seal() {
            return Err(self.fail("close a segment", &e));
        }
        let id = self.active.id + 1;
        let next = Segment::create(
            &self.dir,
            &self.dir_file,
            self.options.magic,
            id,
            self.next_seq,
        );
        let next = match next {
            Ok(next) => next,
            Err(e) if e.is_disk_full() => return Err(self.disk_full()),
            Err(e) => {
                self.failed = Some(e.to_string());
                return Err(self.failure(e.to_string()));
            }
        };
        let closed = std::mem::replace(&mut self.active, next);
        self.sealed.push_back(Sealed {
            id: closed.id,
            data: closed.data,
            bytes: closed.end,
        });
        Ok(())
    }

    /// Removes closed segments with ids below `first`, oldest first.
    pub fn remove_before(&mut self, first: u64) -> Result<(), LogError> {
        while self.sealed.front().is_some_and(|oldest| oldest.id < first) {
            if let Some(oldest) = self.sealed.pop_front() {
                let path = oldest.data.path().to_owned();
                std::fs::remove_file(&path).map_err(LogError::io("remove", path))?;
            }
        }
        Ok(())
    }

    /// The segment that takes the next frame, unless it is full by then.
    pub fn active_segment(&self) -> u64 {
        self.active.id
    }

    /// Ids and bytes of all segments, oldest first.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = (u64, u64)> + '_ {
        let sealed = self.sealed.iter().map(|s| (s.id, s.bytes));
        sealed.chain(std::iter::once((self.active.id, self.active.end)))
    }

    /// Why the log takes no more writes, if so.
    pub fn failed(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    /// Room for a payload of `bytes`, in this segment or the next.
    fn prepare(&mut self, bytes: usize) -> Result<(), AppendError> {
        let frame = (FRAME_HEADER_BYTES + bytes) as u64;
        if self.active.end + frame > self.options.segment_bytes {
            self.rotate()?;
        }
        self.active
            .make_room(frame, self.options.grow_bytes)
            .map_err(|e| {
                if is_disk_full(&e) {
                    self.disk_full()
                } else {
                    self.fail("extend", &e)
                }
            })
    }

    fn accept(&mut self, payload_bytes: usize, offset: u64) -> Appended {
        self.active.accept(payload_bytes);
        self.next_seq += 1;
        if self.buffer.capacity() > 1 << 20 {
            self.buffer = Vec::new();
        }
        Appended {
            segment: self.active.id,
            file: Arc::clone(&self.active.data),
            offset,
        }
    }

    fn disk_full(&self) -> AppendError {
        AppendError::DiskFull {
            dir: self.dir.clone(),
        }
    }

    fn fail(&mut self, step: &str, error: &io::Error) -> AppendError {
        let reason = format!("could not {step}: {error}");
        self.failed = Some(reason.clone());
        self.failure(reason)
    }

    fn failure(&self, reason: String) -> AppendError {
        AppendError::Failed {
            dir: self.dir.clone(),
            reason,
        }
    }
}

fn list_segments(dir: &Path) -> Result<Vec<u64>, LogError> {
    let mut ids = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(LogError::io("list", dir))? {
        let entry = entry.map_err(LogError::io("list", dir))?;
        ids.extend(entry.file_name().to_str().and_then(segment_id));
    }
    ids.sort_unstable();
    Ok(ids)
}

/// Walks the segments of a folder in order, each of which must follow on the one before.
struct Scan<'a> {
    dir: &'a Path,
    magic: [u8; 8],
    next_seq: Option<u64>,
    next_id: Option<u64>,
}

impl Scan<'_> {
    /// `None` for a last segment that was being made when the process died.
    fn segment(
        &mut self,
        id: u64,
        last: bool,
        visit: &mut impl FnMut(Replayed<'_>) -> Result<(), String>,
    ) -> Result<Option<Segment>, LogError> {
        let path = segment_path(self.dir, id);
        let file = File::options().read(true).write(true).open(&path);
        let data = DataFile::new(path.clone(), file.map_err(LogError::io("open", &path))?);
        let bytes = read_all(&data)?;
        let corrupt = |offset: usize, reason: String| LogError::Corrupt {
            path: path.clone(),
            offset: offset as u64,
            reason,
        };
        let Some(header) = SegmentHeader::decode(&bytes, self.magic) else {
            let empty = bytes.iter().skip(SEGMENT_HEADER_BYTES).all(|b| *b == 0);
            if last && empty {
                self.next_id = Some(id);
                std::fs::remove_file(&path).map_err(LogError::io("remove", &path))?;
                return Ok(None);
            }
            return Err(corrupt(0, "its header is not one of this log".to_owned()));
        };
        if header.id != id
            || self.next_id.is_some_and(|next| next != id)
            || self.next_seq.is_some_and(|next| next != header.first_seq)
        {
            return Err(corrupt(
                0,
                "it does not follow on the segment before it".to_owned(),
            ));
        }
        let mut seq = header.first_seq;
        let mut at = SEGMENT_HEADER_BYTES;
        while let Some(payload) = decode_frame(&bytes[at..], header.salt, seq) {
            let offset = at + FRAME_HEADER_BYTES;
            let replayed = Replayed {
                segment: id,
                file: &data,
                offset: offset as u64,
                payload,
            };
            visit(replayed).map_err(|reason| corrupt(offset, reason))?;
            at = offset + payload.len();
            seq += 1;
        }
        let clean = bytes[at..].iter().all(|b| *b == 0);
        // A closed segment ends with its last frame, and the next one tells which that was.
        if !clean && (!last || later_frame_in(&bytes[at..], header.salt, seq)) {
            return Err(corrupt(at, "an acknowledged frame is damaged".to_owned()));
        }
        self.next_seq = Some(seq);
        self.next_id = Some(id + 1);
        Segment::resume(data, header, at as u64, clean).map(Some)
    }
}

/// Segments are small (tens of MiB) and read once, front to back.
fn read_all(data: &DataFile) -> Result<Vec<u8>, LogError> {
    let fail = |e| LogError::io("read", data.path())(e);
    let len = data.file.metadata().map_err(fail)?.len();
    let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
    data.read_exact_at(&mut bytes, 0).map_err(fail)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: LogOptions = LogOptions {
        magic: *b"testlog2",
        segment_bytes: 1 << 20,
        grow_bytes: 4096,
    };

    /// A disk that takes no writes, as seen through a file that was opened for reading alone.
    #[test]
    fn after_a_failed_write_nothing_more_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = Log::open(dir.path(), OPTIONS, 1, |_| Ok(())).unwrap();
        log.append(b"one").unwrap();
        let path = segment_path(dir.path(), 1);
        let good = Arc::clone(&log.active.data);
        log.active.data = DataFile::new(path.clone(), File::open(&path).unwrap());
        assert!(matches!(
            log.append(b"two"),
            Err(AppendError::Failed { .. })
        ));
        // Even if the disk were well again: nobody knows what it holds.
        log.active.data = good;
        assert!(matches!(
            log.append(b"three"),
            Err(AppendError::Failed { .. })
        ));
        assert!(matches!(log.rotate(), Err(AppendError::Failed { .. })));
        assert!(log.failed().is_some());
        drop(log);
        let mut found = Vec::new();
        let take = |frame: Replayed<'_>| {
            found.push(frame.payload.to_vec());
            Ok(())
        };
        Log::open(dir.path(), OPTIONS, 1, take).unwrap();
        assert_eq!(found, [b"one"]);
    }
}
