//! One file of a log: a header, then frames, then zeros where the next frames will go.
//!
//! ```text
//! magic 8 | version u32 | salt u32 | id u64 | first seq u64 | crc u32      (36 bytes)
//! ```

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    DataFile, Disk, LogError,
    error::{is_disk_full, is_unable},
    frame::{FRAME_HEADER_BYTES, encode_frame, frame_header},
    scan::Scanned,
};

pub(crate) const SEGMENT_HEADER_BYTES: usize = 36;
const VERSION: u32 = 1;
/// Zeros are written in pieces of this size.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
/// The smallest step by which a file grows when the usual one does not fit.
const PAGE_BYTES: u64 = 4096;
/// A frame from this size on has its room set aside by the file system: zeros in its place would be as much for the disk
/// as the frame, and a sync more. It is written from where it lies, too, as copying it is more than another system call.
const LARGE_FRAME: usize = 128 << 10;

/// The file frames are appended to. `end` bytes are frames, up to `allocated` there are zeros.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) id: u64,
    pub(crate) data: Arc<DataFile>,
    pub(crate) salt: u32,
    pub(crate) end: u64,
    pub(crate) allocated: u64,
    disk: Disk,
}

/// What a segment's own header says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SegmentHeader {
    pub(crate) salt: u32,
    pub(crate) id: u64,
    pub(crate) first_seq: u64,
}

impl SegmentHeader {
    pub(crate) fn encode(self, magic: [u8; 8]) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut out = [0; SEGMENT_HEADER_BYTES];
        out[0..8].copy_from_slice(&magic);
        out[8..12].copy_from_slice(&VERSION.to_le_bytes());
        out[12..16].copy_from_slice(&self.salt.to_le_bytes());
        out[16..24].copy_from_slice(&self.id.to_le_bytes());
        out[24..32].copy_from_slice(&self.first_seq.to_le_bytes());
        let crc = crc32fast::hash(&out[..32]);
        out[32..36].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// `None` unless the header is whole and of this kind and version.
    pub(crate) fn decode(bytes: &[u8], magic: [u8; 8]) -> Option<Self> {
        let header = bytes.get(..SEGMENT_HEADER_BYTES)?;
        let salt = u32::from_le_bytes(header[12..16].try_into().ok()?);
        let id = u64::from_le_bytes(header[16..24].try_into().ok()?);
        let first_seq = u64::from_le_bytes(header[24..32].try_into().ok()?);
        let this = Self {
            salt,
            id,
            first_seq,
        };
        (this.encode(magic) == header).then_some(this)
    }
}

pub(crate) fn segment_path(dir: &Path, id: u64) -> PathBuf {
    dir.join(format!("{id:016x}.log"))
}

/// The id in a segment's file name.
pub(crate) fn segment_id(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".log")?;
    (digits.len() == 16)
        .then(|| u64::from_str_radix(digits, 16).ok())
        .flatten()
}

impl Segment {
    /// A durable file with a header and no frames; `allocated` bytes are there already.
    pub(crate) fn begin(
        data: Arc<DataFile>,
        header: SegmentHeader,
        allocated: u64,
        disk: &Disk,
    ) -> Self {
        let end = SEGMENT_HEADER_BYTES as u64;
        Self {
            id: header.id,
            data,
            salt: header.salt,
            end,
            allocated: allocated.max(end),
            disk: disk.clone(),
        }
    }

    /// Takes up the last file of a scan. What lies behind its frames becomes zeros, which keeps
    /// the room; and the last frame is written once more: the sync that failed for it may have left
    /// it in the kernel's memory alone, where it reads well and will not survive a power failure.
    pub(crate) fn resume(scanned: Scanned, disk: &Disk) -> Result<Self, LogError> {
        let segment = Self {
            id: scanned.header.id,
            salt: scanned.header.salt,
            end: scanned.end,
            allocated: scanned.len.max(scanned.end),
            data: scanned.data,
            disk: disk.clone(),
        };
        let fail = |e| LogError::io("settle the end of", segment.data.path())(e);
        segment
            .zero(segment.end, segment.end + scanned.garbage)
            .map_err(fail)?;
        if let Some((offset, bytes)) = scanned.last_frame {
            let (file, path) = (&segment.data.file, segment.data.path());
            match disk.write_all_at(file, path, &bytes, offset) {
                // A file system that writes elsewhere; the frame that is there stays.
                Err(e) if is_disk_full(&e) => {}
                other => other.map_err(fail)?,
            }
        }
        segment.sync_all().map_err(fail)?;
        Ok(segment)
    }

    fn zero(&self, from: u64, to: u64) -> io::Result<()> {
        let mut at = from;
        while at < to {
            let piece = usize::try_from(to - at)
                .unwrap_or(usize::MAX)
                .min(ZEROS.len());
            self.write(&ZEROS[..piece], at)?;
            at += piece as u64;
        }
        Ok(())
    }

    /// Sees to it that `bytes` can be written at the end without the disk having to find room: grows the file, for few
    /// by zeros and by `step` if that fits, else by what is needed.
    pub(crate) fn make_room(&mut self, bytes: u64, step: u64) -> io::Result<()> {
        let needed = self.end + bytes;
        if needed <= self.allocated {
            return Ok(());
        }
        let least = needed.next_multiple_of(PAGE_BYTES);
        if bytes >= LARGE_FRAME as u64 && self.set_aside(least)? {
            return Ok(());
        }
        match self.grow_to(needed.next_multiple_of(step.max(PAGE_BYTES))) {
            Err(e) if is_disk_full(&e) => self.grow_to(least),
            other => other,
        }
    }

    /// Gives the file room that reads as zeros; whether the file system can. The sync of the frame makes it durable.
    fn set_aside(&mut self, size: u64) -> io::Result<bool> {
        let (file, path) = (&self.data.file, self.data.path());
        match self.disk.allocate(file, path, size) {
            Ok(()) => {
                self.allocated = size;
                Ok(true)
            }
            Err(e) if is_unable(&e) => Ok(false),
            Err(e) => {
                // Nothing was written, so a failure here has lost nothing.
                drop(self.set_len(self.allocated));
                Err(e)
            }
        }
    }

    fn grow_to(&mut self, size: u64) -> io::Result<()> {
        let grown = self
            .zero(self.allocated, size)
            .and_then(|()| self.sync_all());
        match grown {
            Ok(()) => self.allocated = size,
            // Zeros beyond the frames mean nothing, so a failure here has lost nothing.
            Err(_) => drop(self.set_len(self.allocated)),
        }
        grown
    }

    /// Writes one frame where [`Self::make_room`] made room. Returns where the payload stands. The
    /// frame counts only after [`Self::accept`].
    pub(crate) fn append(
        &mut self,
        seq: u64,
        payload: &[u8],
        buffer: &mut Vec<u8>,
    ) -> io::Result<u64> {
        let behind = self.end + FRAME_HEADER_BYTES as u64;
        if payload.len() >= LARGE_FRAME {
            // The header last: what is cut short does not even look like a frame.
            self.write(payload, behind)?;
            self.write(&frame_header(self.salt, seq, payload), self.end)?;
        } else {
            buffer.clear();
            encode_frame(buffer, self.salt, seq, payload);
            self.write(buffer, self.end)?;
        }
        Ok(behind)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.disk.sync_data(&self.data.file, self.data.path())
    }

    /// The frame just written is durable.
    pub(crate) fn accept(&mut self, payload_bytes: usize) {
        self.end += (FRAME_HEADER_BYTES + payload_bytes) as u64;
        self.allocated = self.allocated.max(self.end);
    }

    /// Gives back the zeros at the end; the file takes no more frames.
    pub(crate) fn seal(&mut self) -> io::Result<()> {
        self.set_len(self.end)?;
        self.allocated = self.end;
        self.sync_all()
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let (file, path) = (&self.data.file, self.data.path());
        self.disk.write_all_at(file, path, bytes, offset)
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        let (file, path) = (&self.data.file, self.data.path());
        self.disk.set_len(file, path, bytes)
    }

    fn sync_all(&self) -> io::Result<()> {
        self.disk.sync_all(&self.data.file, self.data.path())
    }
}
