//! A record of the journal with some events: lines of JSON, compressed together. They are much alike, so
//! one takes a tenth of what it would alone, on disk and of the writer's time. Pure.
//!
//! A record that begins with a brace is of a version before: one event, as it is.

use std::io;

use zstd::bulk::{Compressor, Decompressor};

/// Bytes of the events of one record, before they are packed. An event that is larger is alone.
pub const RECORD_BYTES: usize = 256 << 10;
/// Of one event: what does not compress fits into a record of the journal all the same.
pub const MOST_BYTES: usize = 960 << 10;
/// The fastest of the levels that are not negative.
const LEVEL: i32 = 1;

/// Packs records one after another.
pub struct Packer(Compressor<'static>);

impl Packer {
    pub fn new() -> io::Result<Self> {
        Compressor::new(LEVEL).map(Self)
    }

    /// `lines` are events, each with an end of line.
    pub fn pack(&mut self, lines: &[u8]) -> io::Result<Vec<u8>> {
        self.0.compress(lines)
    }
}

/// The lines of a record.
pub fn open(record: &[u8]) -> io::Result<Vec<u8>> {
    if record.starts_with(b"{") {
        return Ok(record.to_vec());
    }
    Decompressor::new()?.decompress(record, MOST_BYTES)
}

/// The events of lines.
pub fn events(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    lines
        .split(|byte| *byte == b'\n')
        .filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(record: &[u8]) -> Vec<String> {
        let lines = open(record).unwrap();
        let texts = events(&lines).map(|it| String::from_utf8_lossy(it).into_owned());
        texts.collect()
    }

    #[test]
    fn what_was_packed_is_found() {
        let mut packer = Packer::new().unwrap();
        let lines = b"{\"a\":1}\n{\"a\":2}\n";
        assert_eq!(
            opened(&packer.pack(lines).unwrap()),
            [r#"{"a":1}"#, r#"{"a":2}"#]
        );
        let many = lines.repeat(RECORD_BYTES / lines.len());
        let record = packer.pack(&many).unwrap();
        assert!(record.len() < many.len() / 50);
        assert_eq!(opened(&record).len(), RECORD_BYTES / lines.len() * 2);
        assert_eq!(opened(br#"{"a":"alone"}"#), [r#"{"a":"alone"}"#]);
    }

    #[test]
    fn foreign_bytes_are_an_error_and_take_no_room() {
        let bomb = zstd::bulk::compress(&vec![0; 64 << 20], LEVEL).unwrap();
        for bytes in [&bomb[..], b"x", &bomb[..bomb.len() / 2]] {
            assert!(open(bytes).is_err(), "{} bytes", bytes.len());
        }
    }
}
