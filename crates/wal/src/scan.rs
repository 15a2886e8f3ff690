//! Reading a log's folder: which frames count, where the log ends, and whether something that had
//! been acknowledged is missing. Changes nothing on disk.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    DataFile, FRAME_HEADER_BYTES, LogError, Replayed,
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
    /// Walks the segments `ids` in order, each of which must follow on the one before.
    pub(crate) fn run(
        &self,
        ids: &[u64],
        visit: &mut impl FnMut(Replayed<'_>) -> Result<(), String>,
    ) -> Result<Found, LogError> {
        let mut found = Found {
            segments: Vec::new(),
            useless: Vec::new(),
            next_seq: 1,
            next_id: self.first,
            damage: None,
        };
        for (index, id) in ids.iter().enumerate() {
            let last = index + 1 == ids.len();
            match self.segment(*id, last, &mut found, visit) {
                Ok(()) => {}
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

    fn segment(
        &self,
        id: u64,
        last: bool,
        found: &mut Found,
        visit: &mut impl FnMut(Replayed<'_>) -> Result<(), String>,
    ) -> Result<(), LogError> {
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
            if last && bytes.iter().skip(SEGMENT_HEADER_BYTES).all(|b| *b == 0) {
                found.useless.push(path);
                found.next_id = id;
                return Ok(());
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
        while let Some(payload) = decode_frame(&bytes[at..], header.salt, seq) {
            let offset = at + FRAME_HEADER_BYTES;
            let replayed = Replayed {
                segment: id,
                file: &data,
                offset: offset as u64,
                payload,
            };
            if let Err(reason) = visit(replayed) {
                refused = Some(LogError::Undecodable {
                    path: path.clone(),
                    offset: offset as u64,
                    reason,
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
        Ok(())
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
