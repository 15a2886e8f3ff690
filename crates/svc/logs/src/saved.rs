//! The indexes in a file, so that a start does not read all retained logs.
//!
//! Only a cache: without it, or with a part of it, indexes are made again from the journal. It is
//! never ahead of the journal, since an index takes in what is durable there.
//!
//! ```text
//! magic 8 | salt u32 | frame*        a frame: name of the stream, its index
//! ```

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use wharf_durable::{Durability, replace};
use wharf_wal::{Decoder, Encoder, FrameReader, encode_frame};

use crate::index::Index;

const MAGIC: [u8; 8] = *b"wharfix\x01";
const PREFIX_BYTES: usize = 12;

/// The file being put together.
pub struct Image {
    bytes: Vec<u8>,
    salt: u32,
    seq: u64,
}

impl Image {
    pub fn begin() -> Self {
        // Nobody else writes this file, so nothing in it can be made to look like a frame.
        let salt = 0x7768_6c78;
        Self {
            bytes: [&MAGIC[..], &u32::to_le_bytes(salt)].concat(),
            salt,
            seq: 0,
        }
    }

    pub fn add(&mut self, stream: &str, index: &Index) {
        let mut out = Encoder::new();
        out.bytes(stream.as_bytes());
        index.encode(&mut out);
        self.seq += 1;
        encode_frame(&mut self.bytes, self.salt, self.seq, out.as_slice());
    }

    /// Not synced: after a power failure it may be the file before, or one that is cut short.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        replace(path, &self.bytes, Durability::Process)
    }
}

/// What can be read of the file.
pub fn read(path: &Path) -> HashMap<String, Index> {
    let mut indexes = HashMap::new();
    let Ok(file) = File::open(path) else {
        return indexes;
    };
    let mut source = BufReader::new(file);
    let mut prefix = [0; PREFIX_BYTES];
    if source.read_exact(&mut prefix).is_err() || prefix[..8] != MAGIC {
        return indexes;
    }
    let [.., s0, s1, s2, s3] = prefix;
    let salt = u32::from_le_bytes([s0, s1, s2, s3]);
    let mut frames = FrameReader::new(source, salt, 1, PREFIX_BYTES as u64);
    while let Ok((payload, _)) = frames.next_frame() {
        let mut input = Decoder::new(payload);
        let Ok(name) = input.text().map(str::to_owned) else {
            break;
        };
        let Ok(index) = Index::decode(&mut input) else {
            break;
        };
        indexes.insert(name, index);
    }
    indexes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_file_gives_what_stands_before_the_damage() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("indexes");
        assert!(read(&path).is_empty());
        let mut image = Image::begin();
        for name in ["a", "b", "c"] {
            let mut index = Index::default();
            index.add(0, 5, 6);
            image.add(name, &index);
        }
        image.write(&path).unwrap();
        assert_eq!(read(&path).len(), 3);
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert!(read(&path).len() < 3);
            let mut damaged = whole.clone();
            damaged[cut] ^= 1;
            std::fs::write(&path, damaged).unwrap();
            assert!(read(&path).len() < 3);
        }
    }
}
