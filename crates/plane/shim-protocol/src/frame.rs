//! Frames on the socket: a little-endian u32 length, then that many bytes of JSON.

use std::io::{self, Read, Write};

use serde::{Serialize, de::DeserializeOwned};

/// Bound on one frame in bytes; an exec's environment is the largest thing in one.
pub const FRAME_LIMIT: usize = 4 << 20;

/// Bytes of the length in front.
pub const HEADER: usize = 4;

/// A frame ready to be sent. A value beyond [`FRAME_LIMIT`] is [`io::ErrorKind::InvalidInput`].
pub fn encode<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; HEADER];
    serde_json::to_writer(&mut frame, value)?;
    let len = frame.len() - HEADER;
    if len > FRAME_LIMIT {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the message is too large",
        ));
    }
    frame[..HEADER].copy_from_slice(&(len as u32).to_le_bytes());
    Ok(frame)
}

/// The body's length told by a frame's header, if it is allowed.
pub fn body_len(header: [u8; HEADER]) -> io::Result<usize> {
    let len = u32::from_le_bytes(header) as usize;
    if len > FRAME_LIMIT {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the frame is too large",
        ));
    }
    Ok(len)
}

pub fn decode<T: DeserializeOwned>(body: &[u8]) -> io::Result<T> {
    serde_json::from_slice(body).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

pub fn write<T: Serialize>(to: &mut impl Write, value: &T) -> io::Result<()> {
    to.write_all(&encode(value)?)
}

/// Reads one frame, waiting for it.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<T> {
    let mut header = [0; HEADER];
    from.read_exact(&mut header)?;
    let mut body = vec![0; body_len(header)?];
    from.read_exact(&mut body)?;
    decode(&body)
}

/// Collects a frame from bytes that arrive in pieces, without trusting the announced length for
/// more memory than has really arrived.
#[derive(Debug, Default)]
pub struct Assembler {
    bytes: Vec<u8>,
}

impl Assembler {
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame; `None` until it is there.
    pub fn next_frame<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let Some(header) = self.bytes.first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let end = HEADER + body_len(*header)?;
        if self.bytes.len() < end {
            return Ok(None);
        }
        let value = decode(&self.bytes[HEADER..end])?;
        self.bytes.drain(..end);
        Ok(Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Envelope, Request};

    #[test]
    fn a_frame_arrives_in_any_pieces() {
        let sent = Envelope::new(Request::Shutdown { kill: true });
        let frame = encode(&sent).unwrap();
        for piece in 1..frame.len() {
            let mut assembler = Assembler::default();
            let mut got = None;
            for chunk in frame.chunks(piece) {
                assembler.push(chunk);
                got = got.or(assembler.next_frame::<Envelope>().unwrap());
            }
            assert_eq!(got.as_ref(), Some(&sent));
        }
    }

    #[test]
    fn an_absurd_length_is_refused_before_it_is_allocated() {
        let mut assembler = Assembler::default();
        assembler.push(&u32::MAX.to_le_bytes());
        assert!(assembler.next_frame::<Envelope>().is_err());
        assert!(read::<Envelope>(&mut &[0xff, 0xff, 0xff, 0x7f][..]).is_err());
    }

    #[test]
    fn unknown_fields_are_ignored_and_unknown_requests_refused() {
        let newer = br#"{"version":9,"extra":1,"request":{"op":"status","more":2}}"#;
        assert_eq!(decode::<Envelope>(newer).unwrap().request, Request::Status);
        assert!(decode::<Envelope>(br#"{"version":9,"request":{"op":"dance"}}"#).is_err());
    }
}
