//! A frame: length, checksum, sequence number, payload.
//!
//! ```text
//! len u32 | crc u32 | seq u64 | payload       (little endian)
//! ```
//! The checksum covers length, sequence and payload and starts from the file's random salt, so that
//! bytes a client chose can never pass for a frame, wherever they come to lie.

use std::io::{self, Read};

pub const FRAME_HEADER_BYTES: usize = 16;
/// Largest payload: bounds what a damaged length can make a reader allocate.
pub const MAX_FRAME_BYTES: usize = 64 << 20;

/// Appends one frame to `out`.
pub fn encode_frame(out: &mut Vec<u8>, salt: u32, seq: u64, payload: &[u8]) {
    out.reserve(FRAME_HEADER_BYTES + payload.len());
    out.extend_from_slice(&frame_header(salt, seq, payload));
    out.extend_from_slice(payload);
}

/// What stands before a payload.
pub(crate) fn frame_header(salt: u32, seq: u64, payload: &[u8]) -> [u8; FRAME_HEADER_BYTES] {
    debug_assert!(payload.len() <= MAX_FRAME_BYTES);
    let len = payload.len() as u32;
    let mut header = [0; FRAME_HEADER_BYTES];
    header[..4].copy_from_slice(&len.to_le_bytes());
    header[4..8].copy_from_slice(&checksum(salt, len, seq, payload).to_le_bytes());
    header[8..].copy_from_slice(&seq.to_le_bytes());
    header
}

fn checksum(salt: u32, len: u32, seq: u64, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt);
    hasher.update(&len.to_le_bytes());
    hasher.update(&seq.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// What stands here is not the frame that was to come.
    #[error("no valid frame {seq} at byte {offset}")]
    Invalid { seq: u64, offset: u64 },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The frame `seq` at the start of `bytes`, if one is there whole.
pub(crate) fn decode_frame(bytes: &[u8], salt: u32, seq: u64) -> Option<&[u8]> {
    let header = bytes.get(..FRAME_HEADER_BYTES)?;
    let len = u32::from_le_bytes(header[0..4].try_into().ok()?);
    let crc = u32::from_le_bytes(header[4..8].try_into().ok()?);
    let found_seq = u64::from_le_bytes(header[8..16].try_into().ok()?);
    if found_seq != seq || len as usize > MAX_FRAME_BYTES {
        return None;
    }
    let payload = bytes.get(FRAME_HEADER_BYTES..FRAME_HEADER_BYTES + len as usize)?;
    (checksum(salt, len, seq, payload) == crc).then_some(payload)
}

/// Reads frames one after another from a stream, holding one in memory.
#[derive(Debug)]
pub struct FrameReader<R> {
    source: R,
    salt: u32,
    seq: u64,
    offset: u64,
    payload: Vec<u8>,
}

impl<R: Read> FrameReader<R> {
    /// `source` stands at byte `offset`, where frame `seq` is to begin.
    pub fn new(source: R, salt: u32, seq: u64, offset: u64) -> Self {
        Self {
            source,
            salt,
            seq,
            offset,
            payload: Vec::new(),
        }
    }

    /// Gives the buffer away that the last payload stands in, for another one, whatever that holds.
    pub fn exchange(&mut self, buffer: Vec<u8>) -> Vec<u8> {
        std::mem::replace(&mut self.payload, buffer)
    }

    /// The next payload and the byte it starts at. An end of the stream is `Invalid` too: whoever
    /// writes a stream marks its end by a frame of its own.
    pub fn next_frame(&mut self) -> Result<(&[u8], u64), FrameError> {
        let invalid = FrameError::Invalid {
            seq: self.seq,
            offset: self.offset,
        };
        let mut header = [0; FRAME_HEADER_BYTES];
        match self.source.read_exact(&mut header) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Err(invalid),
            other => other?,
        }
        let [l0, l1, l2, l3, c0, c1, c2, c3, s @ ..] = header;
        let len = u32::from_le_bytes([l0, l1, l2, l3]);
        let crc = u32::from_le_bytes([c0, c1, c2, c3]);
        if u64::from_le_bytes(s) != self.seq || len as usize > MAX_FRAME_BYTES {
            return Err(invalid);
        }
        self.payload.clear();
        // `take` grows the buffer by what is really there, not by what the length claims.
        let read = (&mut self.source)
            .take(u64::from(len))
            .read_to_end(&mut self.payload)?;
        if read != len as usize || checksum(self.salt, len, self.seq, &self.payload) != crc {
            return Err(invalid);
        }
        let at = self.offset + FRAME_HEADER_BYTES as u64;
        self.offset = at + u64::from(len);
        self.seq += 1;
        Ok((&self.payload, at))
    }
}
