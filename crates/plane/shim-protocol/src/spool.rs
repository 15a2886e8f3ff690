//! The form of the log spool, written by the shim and read by the agent.
//!
//! A spool is a folder of segments, each named by the offset of its first byte in 16 hexadecimal
//! digits. A segment is finished before the next one is begun, so a reader that reaches the end of
//! one whose successor exists has seen all of it. Records:
//!
//! ```text
//! u32 LE payload length | u8 kind | i64 LE milliseconds since 1970 | payload
//! ```
//! Kind: bit 0 standard error, bit 1 partial (the line goes on in the next record of that stream),
//! bit 7 alone: end, both streams were closed. A record is one line without its newline.

/// Longest payload in bytes; a longer line is split into partial records, as Docker does at 16 KiB.
pub const MAX_PAYLOAD: usize = 16 << 10;

/// Bytes in front of the payload.
pub const HEADER: usize = 13;

const STDERR: u8 = 1;
const PARTIAL: u8 = 2;
const END: u8 = 0x80;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// A record as it lies in a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record<'a> {
    Line {
        stream: Stream,
        partial: bool,
        at: i64,
        payload: &'a [u8],
    },
    /// Nothing follows.
    End { at: i64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpoolError {
    #[error("a log record of {0} bytes is longer than allowed")]
    TooLong(u32),
    #[error("a log record of unknown kind {0:#04x}")]
    UnknownKind(u8),
}

/// Appends a record. A payload beyond [`MAX_PAYLOAD`] is the caller's mistake.
pub fn encode(record: &Record<'_>, out: &mut Vec<u8>) {
    let (kind, at, payload): (u8, i64, &[u8]) = match *record {
        Record::Line {
            stream,
            partial,
            at,
            payload,
        } => {
            let stream = if stream == Stream::Stderr { STDERR } else { 0 };
            (stream | if partial { PARTIAL } else { 0 }, at, payload)
        }
        Record::End { at } => (END, at, &[]),
    };
    assert!(
        payload.len() <= MAX_PAYLOAD,
        "log payloads are split before they are encoded"
    );
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    out.push(kind);
    out.extend_from_slice(&at.to_le_bytes());
    out.extend_from_slice(payload);
}

/// The record at the start of `bytes` and its length; `None` while it is incomplete.
pub fn decode(bytes: &[u8]) -> Result<Option<(Record<'_>, usize)>, SpoolError> {
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        return Ok(None);
    };
    let len = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
    if len as usize > MAX_PAYLOAD {
        return Err(SpoolError::TooLong(len));
    }
    let kind = header[4];
    let mut at = [0; 8];
    at.copy_from_slice(&header[5..]);
    let at = i64::from_le_bytes(at);
    let end = HEADER + len as usize;
    let Some(payload) = bytes.get(HEADER..end) else {
        return Ok(None);
    };
    let record = match kind {
        END if len == 0 => Record::End { at },
        0..=3 => Record::Line {
            stream: if kind & STDERR == 0 {
                Stream::Stdout
            } else {
                Stream::Stderr
            },
            partial: kind & PARTIAL != 0,
            at,
            payload,
        },
        other => return Err(SpoolError::UnknownKind(other)),
    };
    Ok(Some((record, end)))
}

/// The file name of the segment that starts at `offset`.
pub fn segment_name(offset: u64) -> String {
    format!("{offset:016x}.log")
}

/// The offset in a segment's file name; `None` for any other file.
pub fn segment_offset(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".log")?;
    (digits.len() == 16)
        .then(|| u64::from_str_radix(digits, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_offsets_agree() {
        assert_eq!(segment_offset(&segment_name(0xabc)), Some(0xabc));
        for other in ["cursor", "1.log", "000000000000000g.log", "cursor.new"] {
            assert_eq!(segment_offset(other), None);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(payload in proptest::collection::vec(any::<u8>(), 0..200),
                                   stderr: bool, partial: bool, at: i64) {
            let stream = if stderr { Stream::Stderr } else { Stream::Stdout };
            let record = Record::Line { stream, partial, at, payload: &payload };
            let mut bytes = Vec::new();
            encode(&record, &mut bytes);
            for cut in 0..bytes.len() {
                prop_assert_eq!(decode(&bytes[..cut]), Ok(None));
            }
            let len = bytes.len();
            encode(&Record::End { at }, &mut bytes);
            prop_assert_eq!(decode(&bytes), Ok(Some((record, len))));
            prop_assert_eq!(decode(&bytes[len..]), Ok(Some((Record::End { at }, HEADER))));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode(&bytes);
        }
    }
}
