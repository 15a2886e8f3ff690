//! The log: segments in the order of their ids, the last of which takes new frames.

use std::{
    collections::VecDeque,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    AppendError, DataFile, DecodeError, Disk, FRAME_HEADER_BYTES, LogError, MAX_FRAME_BYTES,
    error::{is_disk_full, is_passing},
    last::{self, Last},
    scan::{self, Scan, Scanned},
    segment::{SEGMENT_HEADER_BYTES, Segment, SegmentHeader, segment_path},
    spare::{self, Spare},
};

/// Without a descriptor for the next segment the current one grows up to so many times its size.
const OVERGROWTH: u64 = 4;
/// A reserve that could not be made is tried again this much later.
const RESERVE_RETRY: Duration = Duration::from_secs(1);

/// How a log uses its folder.
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// First bytes of each file: tells one kind of log from another.
    pub magic: [u8; 8],
    /// A segment that has grown beyond this is closed and the next begun.
    pub segment_bytes: u64,
    /// The file grows by this much at a time.
    pub grow_bytes: u64,
    /// Room that is kept for [`Purpose::GiveBack`]; less on a small file system. 0: none.
    pub reserve_bytes: u64,
    /// Opens a damaged log up to the damage; what is given up stays beside it under names that end
    /// in `.damaged`.
    pub salvage: bool,
    pub disk: Disk,
}

/// What a frame is for, which decides what a full disk means to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Refused as long as the reserve is not whole.
    Growth,
    /// It leads to less being kept, so it may use the reserve.
    GiveBack,
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

/// What opening a log cut away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    pub path: PathBuf,
    /// Where the log now ends.
    pub offset: u64,
    pub bytes: u64,
    /// The damage that was given up; `None` for a write that was cut short before anybody was
    /// answered.
    pub damage: Option<String>,
}

#[derive(Debug)]
pub struct Log {
    dir: PathBuf,
    dir_file: File,
    options: LogOptions,
    sealed: VecDeque<Sealed>,
    active: Segment,
    /// The file of the next segment.
    spare: Option<Spare>,
    reserve: Option<Spare>,
    /// When a reserve could not be made, and whether for lack of room.
    no_reserve: Option<(Instant, bool)>,
    last: Last,
    cut: Option<Cut>,
    next_seq: u64,
    buffer: Vec<u8>,
    failed: Option<String>,
}

impl Log {
    /// Opens the log in `dir`, an existing folder that the caller has locked. Segments below
    /// `first_segment` are leftovers and removed; every frame of the others goes through `visit`,
    /// whose error says what is wrong with a payload.
    pub fn open(
        dir: &Path,
        options: LogOptions,
        first_segment: u64,
        mut visit: impl FnMut(Replayed<'_>) -> Result<(), DecodeError>,
    ) -> Result<Self, LogError> {
        let visit = |frame: Replayed<'_>, ()| visit(frame);
        Self::open_prepared(dir, options, first_segment, |_| (), visit)
    }

    /// The same, where something is made of each frame before it is visited: `prepare` has those of a long log on a
    /// thread of its own, in their order and ahead of `visit`. It may have some that are not visited, since they turn out
    /// to be no part of the log.
    pub fn open_prepared<P: Send>(
        dir: &Path,
        options: LogOptions,
        first_segment: u64,
        prepare: impl FnMut(&Replayed<'_>) -> P + Send,
        mut visit: impl FnMut(Replayed<'_>, P) -> Result<(), DecodeError>,
    ) -> Result<Self, LogError> {
        let dir_file = File::open(dir).map_err(LogError::io("open", dir))?;
        let disk = &options.disk;
        let mut ids = scan::list(dir)?;
        let leftovers = ids.partition_point(|id| *id < first_segment);
        if leftovers > 0 {
            // The file that says so may have its name in the kernel's memory alone, if the process before died on its way to
            // the sync: after a power failure the one before it would be there, which needs them.
            disk.sync_folder(&dir_file, dir)
                .map_err(LogError::io("sync", dir))?;
        }
        for id in ids.drain(..leftovers) {
            let path = segment_path(dir, id);
            disk.remove(&path).map_err(LogError::io("remove", path))?;
        }
        let scan = Scan {
            dir,
            magic: options.magic,
            first: first_segment,
            acknowledged: last::read(dir),
            salvage: options.salvage,
        };
        let mut found = scan.run(&ids, prepare, &mut visit)?;
        let (next_seq, next_id) = (found.next_seq, found.next_id);
        let active = found.segments.pop();
        let cut = cut(active.as_ref(), found.damage.as_ref());
        for path in &found.useless {
            discard(path, found.damage.is_some(), disk)?;
        }
        if let (Some(it), Some(_)) = (&active, &found.damage) {
            let copy = it.data.path().with_added_extension("damaged");
            std::fs::copy(it.data.path(), &copy).map_err(LogError::io("copy to", copy))?;
        }
        // A failed sync of the folder by the process before must not count as done.
        disk.sync_folder(&dir_file, dir)
            .map_err(LogError::io("sync", dir))?;
        let active = match active {
            Some(active) => Segment::resume(active, disk)?,
            None => first_of(dir, &dir_file, &options, next_id, next_seq)?,
        };
        let sealed = found.segments.into_iter().map(|it| Sealed {
            id: it.header.id,
            data: it.data,
            bytes: it.end,
        });
        let mut log = Self {
            sealed: sealed.collect(),
            last: Last::open(dir, disk, next_seq - 1),
            dir: dir.to_owned(),
            dir_file,
            active,
            spare: None,
            reserve: None,
            no_reserve: None,
            cut,
            next_seq,
            buffer: Vec::new(),
            failed: None,
            options,
        };
        log.options.reserve_bytes = spare::fitting(dir, log.options.reserve_bytes);
        log.make_spare();
        // On a full disk there may be none; growth is refused then, and all else works.
        let _ = log.keep_reserve();
        Ok(log)
    }

    /// What opening cut away, if anything.
    pub fn cut(&self) -> Option<&Cut> {
        self.cut.as_ref()
    }

    /// Appends one frame; it is durable on return.
    pub fn append(&mut self, payload: &[u8], purpose: Purpose) -> Result<Appended, AppendError> {
        if let Some(reason) = &self.failed {
            return Err(self.failure(reason.clone()));
        }
        if payload.len() > MAX_FRAME_BYTES {
            return Err(AppendError::TooLarge {
                bytes: payload.len(),
            });
        }
        if purpose == Purpose::Growth {
            self.keep_reserve()?;
        }
        self.prepare(payload.len(), purpose)?;
        match self.active.append(self.next_seq, payload, &mut self.buffer) {
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

    /// Whether a frame of `bytes` that is [`Purpose::Growth`] could be appended now. Writes none, and
    /// nothing at all if the room for it is there.
    pub fn probe(&mut self, bytes: usize) -> Result<(), AppendError> {
        if let Some(reason) = &self.failed {
            return Err(self.failure(reason.clone()));
        }
        self.keep_reserve()?;
        self.prepare(bytes, Purpose::Growth)
    }

    /// Closes the current segment and begins the next, if it holds any frame.
    pub fn rotate(&mut self) -> Result<(), AppendError> {
        if let Some(reason) = &self.failed {
            return Err(self.failure(reason.clone()));
        }
        if self.active.end == SEGMENT_HEADER_BYTES as u64 {
            return Ok(());
        }
        let next = match self.spare.take() {
            Some(next) => next,
            None => match Spare::create(&self.dir, &self.options.disk) {
                Ok(next) => next,
                Err(e) => return Err(self.refuse("create a segment", &e)),
            },
        };
        self.begin(next)
    }

    /// Removes closed segments with ids below `first`, oldest first.
    pub fn remove_before(&mut self, first: u64) -> Result<(), LogError> {
        while self.sealed.front().is_some_and(|oldest| oldest.id < first) {
            if let Some(oldest) = self.sealed.pop_front() {
                let path = oldest.data.path().to_owned();
                let removed = self.options.disk.remove(&path);
                removed.map_err(LogError::io("remove", path))?;
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

    /// Whether there is no reserve although there should be: the disk is full, or was.
    pub fn is_tight(&self) -> bool {
        self.options.reserve_bytes > 0 && self.reserve.is_none()
    }

    /// Gives the reserve's room free, for a file that will replace larger ones; whether there was
    /// one. It is made again before anything grows.
    pub fn free_reserve(&mut self) -> bool {
        let freed = self.reserve.take().is_some_and(|it| it.remove().is_ok());
        if freed {
            self.no_reserve = Some((Instant::now(), true));
        }
        freed
    }

    /// The files of the closed segments, oldest first.
    pub fn sealed_files(&self) -> impl Iterator<Item = (u64, &Arc<DataFile>)> + '_ {
        self.sealed.iter().map(|s| (s.id, &s.data))
    }

    /// Why the log takes no more writes, if so.
    pub fn failed(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    /// Room for a payload of `bytes`: in this segment, in the next or, if that is what it is for,
    /// in the reserve.
    fn prepare(&mut self, bytes: usize, purpose: Purpose) -> Result<(), AppendError> {
        let frame = (FRAME_HEADER_BYTES + bytes) as u64;
        match self.make_room(frame) {
            Err(AppendError::DiskFull { .. }) if purpose == Purpose::GiveBack => {
                let Some(reserve) = self.reserve.take() else {
                    return Err(self.disk_full());
                };
                self.begin(reserve)?;
                self.make_room(frame)
            }
            other => other,
        }
    }

    fn make_room(&mut self, frame: u64) -> Result<(), AppendError> {
        let end = self.active.end + frame;
        // Room that is there is used before any is asked for.
        if end > self.options.segment_bytes && end > self.active.allocated {
            match self.rotate() {
                Err(AppendError::Later { .. })
                    if self.active.end <= OVERGROWTH * self.options.segment_bytes => {}
                other => other?,
            }
        }
        match self.active.make_room(frame, self.options.grow_bytes) {
            Ok(()) => Ok(()),
            Err(e) => Err(self.refuse("extend", &e)),
        }
    }

    /// Makes `next` the segment that takes frames.
    fn begin(&mut self, next: Spare) -> Result<(), AppendError> {
        let header = SegmentHeader {
            salt: rand::random(),
            id: self.active.id + 1,
            first_seq: self.next_seq,
        };
        let disk = self.options.disk.clone();
        // First of all, so that a full disk is met while nothing has happened.
        if let Err(e) = next.head(&disk, header, self.options.magic) {
            return Err(self.refuse("begin a segment", &e));
        }
        // Sealed before the next one exists: only the last segment may hold anything but frames.
        if let Err(e) = self.active.seal() {
            return Err(self.fail("close a segment", &e));
        }
        let room = next.room;
        let named = next
            .name(&disk, segment_path(&self.dir, header.id))
            .and_then(|data| {
                disk.sync_folder(&self.dir_file, &self.dir)?;
                Ok(data)
            });
        let data = match named {
            Ok(data) => data,
            Err(e) => return Err(self.fail("name a segment", &e)),
        };
        let begun = Segment::begin(data, header, room, &disk);
        let closed = std::mem::replace(&mut self.active, begun);
        self.sealed.push_back(Sealed {
            id: closed.id,
            data: closed.data,
            bytes: closed.end,
        });
        Ok(())
    }

    /// Opens the next segment's file while there is no need of it. A failure is tried again after
    /// the next append; it costs no more than a system call.
    fn make_spare(&mut self) {
        if self.spare.is_none() {
            self.spare = Spare::create(&self.dir, &self.options.disk).ok();
        }
    }

    /// Makes the reserve if there is none; fails while there is no room for it.
    fn keep_reserve(&mut self) -> Result<(), AppendError> {
        let wanted = self.options.reserve_bytes;
        if wanted == 0 || self.reserve.is_some() {
            return Ok(());
        }
        match self.no_reserve {
            Some((tried, full)) if tried.elapsed() < RESERVE_RETRY => {
                return if full { Err(self.disk_full()) } else { Ok(()) };
            }
            _ => {}
        }
        match Spare::reserve(&self.dir, &self.options.disk, wanted) {
            Ok(reserve) => {
                self.reserve = Some(reserve);
                self.no_reserve = None;
                Ok(())
            }
            Err(e) => {
                let full = is_disk_full(&e);
                self.no_reserve = Some((Instant::now(), full));
                // For any other reason: writing goes on without a reserve.
                if full { Err(self.disk_full()) } else { Ok(()) }
            }
        }
    }

    fn accept(&mut self, payload_bytes: usize, offset: u64) -> Appended {
        self.active.accept(payload_bytes);
        self.last.set(self.next_seq);
        self.next_seq += 1;
        if self.buffer.capacity() > 1 << 20 {
            self.buffer = Vec::new();
        }
        self.make_spare();
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

    /// The error of a step before anything of the log was touched.
    fn refuse(&mut self, step: &str, error: &io::Error) -> AppendError {
        if is_disk_full(error) {
            self.disk_full()
        } else if is_passing(error) {
            AppendError::Later {
                dir: self.dir.clone(),
                reason: format!("could not {step}: {error}"),
            }
        } else {
            self.fail(step, error)
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

/// The first segment of a log that has none.
fn first_of(
    dir: &Path,
    dir_file: &File,
    options: &LogOptions,
    id: u64,
    first_seq: u64,
) -> Result<Segment, LogError> {
    let header = SegmentHeader {
        salt: rand::random(),
        id,
        first_seq,
    };
    let path = segment_path(dir, id);
    let disk = &options.disk;
    let make = || {
        let file = Spare::create(dir, disk)?;
        file.head(disk, header, options.magic)?;
        let data = file.name(disk, path.clone())?;
        disk.sync_folder(dir_file, dir)?;
        Ok(Segment::begin(data, header, 0, disk))
    };
    make().map_err(LogError::io("create", &path))
}

fn cut(active: Option<&Scanned>, damage: Option<&LogError>) -> Option<Cut> {
    let damage = damage.map(ToString::to_string);
    match active {
        Some(it) if it.garbage > 0 || damage.is_some() => Some(Cut {
            path: it.data.path().to_owned(),
            offset: it.end,
            bytes: it.garbage,
            damage,
        }),
        _ => None,
    }
}

/// Takes a file that is not part of the log out of its way.
fn discard(path: &Path, damaged: bool, disk: &Disk) -> Result<(), LogError> {
    if damaged {
        let aside = path.with_added_extension("damaged");
        disk.rename(path, &aside)
            .map_err(LogError::io("rename", path))
    } else {
        disk.remove(path).map_err(LogError::io("remove", path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> LogOptions {
        LogOptions {
            magic: *b"testlog2",
            segment_bytes: 1 << 20,
            grow_bytes: 4096,
            reserve_bytes: 0,
            salvage: false,
            disk: Disk::default(),
        }
    }

    /// A disk that takes no writes, as seen through a file that was opened for reading alone.
    #[test]
    fn after_a_failed_write_nothing_more_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = Log::open(dir.path(), options(), 1, |_| Ok(())).unwrap();
        log.append(b"one", Purpose::Growth).unwrap();
        let path = segment_path(dir.path(), 1);
        let good = Arc::clone(&log.active.data);
        log.active.data = DataFile::new(path.clone(), File::open(&path).unwrap());
        assert!(matches!(
            log.append(b"two", Purpose::Growth),
            Err(AppendError::Failed { .. })
        ));
        // Even if the disk were well again: nobody knows what it holds.
        log.active.data = good;
        assert!(matches!(
            log.append(b"three", Purpose::Growth),
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
        Log::open(dir.path(), options(), 1, take).unwrap();
        assert_eq!(found, [b"one"]);
    }
}
