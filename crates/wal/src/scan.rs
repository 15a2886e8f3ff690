//! Reading a log's folder: which frames count, where the log ends, and whether something that had
//! been acknowledged is missing. Changes nothing on disk.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
};

use parking_lot::Mutex;

use crate::{
    DataFile, DecodeError, FRAME_HEADER_BYTES, LogError, Replayed,
    frame::decode_frame,
    later::later_frame_in,
    segment::{SEGMENT_HEADER_BYTES, SegmentHeader, segment_id, segment_path},
};

/// A segment and where its frames end.
#[derive(Debug)]
pub(crate) struct Scanned {
    pub(crate) data: Arc<DataFile>,
    pub(crate) header: SegmentHeader,
    pub(crate) end: u64,
    pub(crate) len: u64,
    /// Bytes behind the end up to the last that is no zero: of a write that was cut short.
    pub(crate) garbage: u64,
    /// The last frame with the byte it starts at.
    pub(crate) last_frame: Option<(u64, Vec<u8>)>,
}

/// What a folder holds.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) segments: Vec<Scanned>,
    /// A last segment that was being made when the process died, or those behind a damage that is
    /// given up.
    pub(crate) useless: Vec<PathBuf>,
    pub(crate) next_seq: u64,
    pub(crate) next_id: u64,
    /// What is given up, where that was asked for.
    pub(crate) damage: Option<LogError>,
}

/// A segment's bytes, and what of them are frames.
struct Segment<P> {
    path: PathBuf,
    data: Arc<DataFile>,
    bytes: Vec<u8>,
    /// `None`: not one of this log.
    header: Option<SegmentHeader>,
    /// Bytes of the payload of each frame that follows on the one before it, from the first on, and what was made of it.
    payloads: Vec<(u32, P)>,
}

/// Fewer segments than these are not worth a thread.
const MANY_SEGMENTS: usize = 3;

/// Ids of the segments in `dir`, in order.
pub(crate) fn list(dir: &Path) -> Result<Vec<u64>, LogError> {
    let mut ids = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(LogError::io("list", dir))? {
        let entry = entry.map_err(LogError::io("list", dir))?;
        ids.extend(entry.file_name().to_str().and_then(segment_id));
    }
    ids.sort_unstable();
    Ok(ids)
}

/// How to read a folder.
pub(crate) struct Scan<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) magic: [u8; 8],
    /// The log begins with this segment.
    pub(crate) first: u64,
    /// What [`crate::last`] says was acknowledged.
    pub(crate) acknowledged: Option<u64>,
    /// Damage ends the log where it is, instead of being an error.
    pub(crate) salvage: bool,
}

impl Scan<'_> {
    /// Walks the segments `ids` in order, each of which must follow on the one before. While one is gone through, another
    /// thread reads the next, checks its sums and prepares its frames.
    pub(crate) fn run<P: Send>(
        &self,
        ids: &[u64],
        prepare: impl FnMut(&Replayed<'_>) -> P + Send,
        visit: &mut impl FnMut(Replayed<'_>, P) -> Result<(), DecodeError>,
    ) -> Result<Found, LogError> {
        // Of whoever reads, which is one thread or the other.
        let prepare = &Mutex::new(prepare);
        if ids.len() < MANY_SEGMENTS {
            return self.walk(ids, |id, spare| self.read(id, spare, prepare), visit);
        }
        std::thread::scope(|scope| {
            // Without room in between, so that two segments are in memory.
            let (done, read) = sync_channel(0);
            let (back, spares) = channel();
            let reader = std::thread::Builder::new().name("log-reader".to_owned());
            let reading = move || self.read_ahead(ids, prepare, &spares, &done);
            let reads = reader.spawn_scoped(scope, reading);
            // Where no thread is to be had it takes longer.
            let ahead = reads.is_ok().then_some((read, back));
            let next = |id, spare| match &ahead {
                Some((read, back)) => next_of(read, back, spare),
                None => self.read(id, spare, prepare),
            };
            let found = self.walk(ids, next, visit);
            // Before the thread is waited for: it may have something that nobody wants any more.
            drop(ahead);
            found
        })
    }

    /// Reads segments one after the other, each once the one before is wanted.
    fn read_ahead<P>(
        &self,
        ids: &[u64],
        prepare: &Mutex<impl FnMut(&Replayed<'_>) -> P>,
        spares: &Receiver<Vec<u8>>,
        done: &SyncSender<Result<Segment<P>, LogError>>,
    ) {
        for id in ids {
            let spare = spares.try_recv().unwrap_or_default();
            if done.send(self.read(*id, spare, prepare)).is_err() {
                return;
            }
        }
    }

    /// `next` reads a segment into a buffer that the segments before it have left.
    fn walk<P>(
        &self,
        ids: &[u64],
        mut next: impl FnMut(u64, Vec<u8>) -> Result<Segment<P>, LogError>,
        visit: &mut impl FnMut(Replayed<'_>, P) -> Result<(), DecodeError>,
    ) -> Result<Found, LogError> {
        let mut found = Found {
            segments: Vec::new(),
            useless: Vec::new(),
            next_seq: 1,
            next_id: self.first,
            damage: None,
        };
        let mut spare = Vec::new();
        for (index, id) in ids.iter().enumerate() {
            let last = index + 1 == ids.len();
            let taken = next(*id, std::mem::take(&mut spare))
                .and_then(|segment| self.take(*id, segment, last, &mut found, visit));
            match taken {
                Ok(bytes) => spare = bytes,
                Err(damage @ LogError::Corrupt { .. }) if self.salvage => {
                    // The damaged segment itself is among those kept if its beginning is good.
                    let kept = found.segments.last().is_some_and(|s| s.header.id == *id);
                    let lost = &ids[index + usize::from(kept)..];
                    found.useless = lost.iter().map(|id| segment_path(self.dir, *id)).collect();
                    found.damage = Some(damage);
                    return Ok(found);
                }
                Err(error) => return Err(error),
            }
        }
        let missing = self
            .acknowledged
            .filter(|seq| *seq >= found.next_seq)
            .map(|seq| self.missing(seq, &found));
        match missing {
            Some(damage) if self.salvage => found.damage = Some(damage),
            Some(damage) => return Err(damage),
            None => {}
        }
        Ok(found)
    }

    /// The log ends before what had been acknowledged.
    fn missing(&self, acknowledged: u64, found: &Found) -> LogError {
        let (path, offset) = found.segments.last().map_or_else(
            || (segment_path(self.dir, self.first), 0),
            |it| (it.data.path().to_owned(), it.end),
        );
        let count = acknowledged + 1 - found.next_seq;
        let what = if count == 1 { "write" } else { "writes" };
        LogError::Corrupt {
            path,
            offset,
            reason: format!("the last {count} acknowledged {what} cannot be read"),
        }
    }

    /// Reads a segment and finds its frames, which says nothing yet about whether the log may have it.
    fn read<P>(
        &self,
        id: u64,
        spare: Vec<u8>,
        prepare: &Mutex<impl FnMut(&Replayed<'_>) -> P>,
    ) -> Result<Segment<P>, LogError> {
        let path = segment_path(self.dir, id);
        let file = File::options().read(true).write(true).open(&path);
        let data = DataFile::new(path.clone(), file.map_err(LogError::io("open", &path))?);
        let bytes = read_all(&data, spare)?;
        let header = SegmentHeader::decode(&bytes, self.magic);
        let mut payloads = Vec::new();
        if let Some(header) = &header {
            let mut prepare = prepare.lock();
            let (mut at, mut seq) = (SEGMENT_HEADER_BYTES, header.first_seq);
            while let Some(payload) = decode_frame(&bytes[at..], header.salt, seq) {
                let prepared = (*prepare)(&Replayed {
                    segment: id,
                    file: &data,
                    offset: (at + FRAME_HEADER_BYTES) as u64,
                    payload,
                });
                // Its length is four bytes.
                payloads.push((payload.len() as u32, prepared));
                at += FRAME_HEADER_BYTES + payload.len();
                seq += 1;
            }
        }
        Ok(Segment {
            path,
            data,
            bytes,
            header,
            payloads,
        })
    }

    /// Takes a segment into the log, and returns the buffer that it was read into.
    fn take<P>(
        &self,
        id: u64,
        segment: Segment<P>,
        last: bool,
        found: &mut Found,
        visit: &mut impl FnMut(Replayed<'_>, P) -> Result<(), DecodeError>,
    ) -> Result<Vec<u8>, LogError> {
        let Segment {
            path,
            data,
            bytes,
            header,
            payloads,
        } = segment;
        let corrupt = |offset: usize, reason: String| LogError::Corrupt {
            path: path.clone(),
            offset: offset as u64,
            reason,
        };
        let Some(header) = header else {
            if last && bytes.iter().skip(SEGMENT_HEADER_BYTES).all(|b| *b == 0) {
                found.useless.push(path);
                found.next_id = id;
                return Ok(bytes);
            }
            return Err(corrupt(0, "its header is not one of this log".to_owned()));
        };
        let first = found.segments.is_empty();
        if header.id != id || id != found.next_id || (!first && header.first_seq != found.next_seq)
        {
            return Err(corrupt(
                0,
                "it does not follow on the segment before it".to_owned(),
            ));
        }
        let mut seq = header.first_seq;
        let mut at = SEGMENT_HEADER_BYTES;
        let mut last_frame = None;
        let mut refused = None;
        for (length, prepared) in payloads {
            let offset = at + FRAME_HEADER_BYTES;
            let payload = &bytes[offset..offset + length as usize];
            let replayed = Replayed {
                segment: id,
                file: &data,
                offset: offset as u64,
                payload,
            };
            if let Err(why) = visit(replayed, prepared) {
                refused = Some(LogError::Undecodable {
                    path: path.clone(),
                    offset: offset as u64,
                    why,
                });
                break;
            }
            last_frame = Some(at..offset + payload.len());
            at = offset + payload.len();
            seq += 1;
        }
        let garbage = bytes[at..]
            .iter()
            .rposition(|b| *b != 0)
            .map_or(0, |at| at as u64 + 1);
        // A closed segment ends with its last frame, and the next one tells which that was.
        let damaged = garbage > 0 && (!last || later_frame_in(&bytes[at..], header.salt, seq));
        found.segments.push(Scanned {
            header,
            end: at as u64,
            len: bytes.len() as u64,
            garbage,
            last_frame: last_frame.map(|frame| (frame.start as u64, bytes[frame].to_vec())),
            data,
        });
        (found.next_seq, found.next_id) = (seq, id + 1);
        if let Some(refused) = refused {
            return Err(refused);
        }
        if damaged {
            return Err(corrupt(at, "an acknowledged frame is damaged".to_owned()));
        }
        Ok(bytes)
    }
}

/// The next segment that was read ahead; `spare` is for one behind it.
fn next_of<P>(
    read: &Receiver<Result<Segment<P>, LogError>>,
    back: &Sender<Vec<u8>>,
    spare: Vec<u8>,
) -> Result<Segment<P>, LogError> {
    // A reader that has read all needs no more.
    let _ = back.send(spare);
    read.recv().expect("a reader reads all segments or panics")
}

/// Segments are small (tens of MiB) and read once, front to back, into a buffer that is used again: to have the room for
/// each from the kernel takes as long as to read it.
fn read_all(data: &DataFile, mut bytes: Vec<u8>) -> Result<Vec<u8>, LogError> {
    let fail = |e| LogError::io("read", data.path())(e);
    let len = data.file.metadata().map_err(fail)?.len();
    bytes.resize(usize::try_from(len).unwrap_or(usize::MAX), 0);
    data.read_exact_at(&mut bytes, 0).map_err(fail)?;
    Ok(bytes)
}
