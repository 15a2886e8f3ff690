//! One file of a log: a header, then frames, then zeros where the next frames will go.
//!
//! ```text
//! magic 8 | version u32 | salt u32 | id u64 | first seq u64 | crc u32      (36 bytes)
//! ```

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    DataFile, LogError,
    frame::{FRAME_HEADER_BYTES, decode_frame, encode_frame},
};

pub(crate) const SEGMENT_HEADER_BYTES: usize = 36;
const VERSION: u32 = 1;
/// Zeros are written in pieces of this size.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
/// The smallest step by which a file grows when the usual one does not fit.
const PAGE_BYTES: u64 = 4096;

/// The file frames are appended to. `end` bytes are frames, up to `allocated` there are zeros.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) id: u64,
    pub(crate) data: Arc<DataFile>,
    pub(crate) salt: u32,
    pub(crate) end: u64,
    allocated: u64,
}

/// What a segment's own header says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SegmentHeader {
    pub(crate) salt: u32,
    pub(crate) id: u64,
    pub(crate) first_seq: u64,
}

impl SegmentHeader {
    fn encode(self, magic: [u8; 8]) -> [u8; SEGMENT_HEADER_BYTES] {
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
    /// Makes the file and its header durable; on an error nothing is left behind.
    pub(crate) fn create(
        dir: &Path,
        dir_file: &File,
        magic: [u8; 8],
        id: u64,
        first_seq: u64,
    ) -> Result<Self, LogError> {
        let path = segment_path(dir, id);
        let salt = rand::random();
        let attempt = || -> io::Result<File> {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(true)
                .open(&path)?;
            file.write_all_at(
                &SegmentHeader {
                    salt,
                    id,
                    first_seq,
                }
                .encode(magic),
                0,
            )?;
            file.sync_all()?;
            dir_file.sync_all()?;
            Ok(file)
        };
        match attempt() {
            Ok(file) => {
                let end = SEGMENT_HEADER_BYTES as u64;
                Ok(Self {
                    id,
                    data: DataFile::new(path, file),
                    salt,
                    end,
                    allocated: end,
                })
            }
            Err(source) => {
                // Best effort: a leftover without frames is recognised and removed on opening.
                let _ = std::fs::remove_file(&path);
                Err(LogError::io("create", path)(source))
            }
        }
    }

    /// Takes up a scanned file whose frames end at `end`, cutting away what lies behind.
    pub(crate) fn resume(
        data: Arc<DataFile>,
        header: SegmentHeader,
        end: u64,
        clean: bool,
    ) -> Result<Self, LogError> {
        let fail = |step| LogError::io(step, data.path.clone());
        let mut allocated = data.file.metadata().map_err(fail("inspect"))?.len();
        if !clean {
            data.file.set_len(end).map_err(fail("truncate"))?;
            data.file.sync_all().map_err(fail("sync"))?;
            allocated = end;
        }
        Ok(Self {
            id: header.id,
            data,
            salt: header.salt,
            end,
            allocated,
        })
    }

    /// Sees to it that `bytes` can be written at the end without the disk having to find room:
    /// grows the file by zeros, by `step` if that fits, else by what is needed.
    pub(crate) fn make_room(&mut self, bytes: u64, step: u64) -> io::Result<()> {
        let needed = self.end + bytes;
        if needed <= self.allocated {
            return Ok(());
        }
        let generous = needed.next_multiple_of(step.max(PAGE_BYTES));
        match self.grow_to(generous) {
            Err(e) if crate::error::is_disk_full(&e) => {
                self.grow_to(needed.next_multiple_of(PAGE_BYTES))
            }
            other => other,
        }
    }

    fn grow_to(&mut self, size: u64) -> io::Result<()> {
        let file = &self.data.file;
        let mut at = self.allocated;
        let grown = loop {
            if at >= size {
                break file.sync_all();
            }
            let piece = usize::try_from(size - at)
                .unwrap_or(usize::MAX)
                .min(ZEROS.len());
            match file.write_all_at(&ZEROS[..piece], at) {
                Ok(()) => at += piece as u64,
                Err(e) => break Err(e),
            }
        };
        match grown {
            Ok(()) => {
                self.allocated = size;
                Ok(())
            }
            Err(e) => {
                // Zeros beyond the frames mean nothing, so a failure here has lost nothing.
                let _ = file.set_len(self.allocated);
                Err(e)
            }
        }
    }

    /// Writes one frame where [`Self::make_room`] made room. Returns where the payload stands. The
    /// frame counts only after [`Self::accept`].
    pub(crate) fn write(
        &mut self,
        seq: u64,
        payload: &[u8],
        buffer: &mut Vec<u8>,
    ) -> io::Result<u64> {
        buffer.clear();
        encode_frame(buffer, self.salt, seq, payload);
        self.data.file.write_all_at(buffer, self.end)?;
        Ok(self.end + FRAME_HEADER_BYTES as u64)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.data.file.sync_data()
    }

    /// The frame just written is durable.
    pub(crate) fn accept(&mut self, payload_bytes: usize) {
        self.end += (FRAME_HEADER_BYTES + payload_bytes) as u64;
        self.allocated = self.allocated.max(self.end);
    }

    /// Gives back the zeros at the end; the file takes no more frames.
    pub(crate) fn seal(&mut self) -> io::Result<()> {
        self.data.file.set_len(self.end)?;
        self.allocated = self.end;
        self.data.file.sync_all()
    }
}

/// Whether a valid frame with a sequence number soon after `seq` starts anywhere in `bytes`: then
/// what stands before it had been acknowledged, since a frame is written only when the one before
/// it is durable.
pub(crate) fn later_frame_in(bytes: &[u8], salt: u32, seq: u64) -> bool {
    /// A damaged frame rarely takes more than its neighbours with it.
    const LOOK_AHEAD: u64 = 1 << 20;
    let Some(last_start) = bytes.len().checked_sub(FRAME_HEADER_BYTES) else {
        return false;
    };
    (0..=last_start).any(|at| {
        let found = bytes[at + 8..at + 16]
            .try_into()
            .map_or(0, u64::from_le_bytes);
        found > seq
            && found - seq <= LOOK_AHEAD
            && decode_frame(&bytes[at..], salt, found).is_some()
    })
}
