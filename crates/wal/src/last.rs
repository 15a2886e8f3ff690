//! A copy of the last acknowledged sequence number, in a file of its own.
//!
//! The log alone cannot tell whether its last frame is torn (its write was cut short, nobody was
//! answered) or damaged (it was whole once, and somebody was). This file can: the number is written
//! here after the sync of its frame and never before, so a log that ends before it has lost
//! something. It costs no sync: after the death of the process the number is exact, after a power
//! failure it may lag by what the kernel had not written yet (about half a minute), never lead.
//!
//! ```text
//! magic 8 | seq u64 | crc u32      (20 bytes)
//! ```

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    path::Path,
};

use crate::Disk;

pub(crate) const NAME: &str = "LAST";
const MAGIC: [u8; 8] = *b"wharfla\x01";
const BYTES: usize = 20;

/// The open file; without one (no room, no descriptor) a log works and protects less.
#[derive(Debug, Default)]
pub(crate) struct Last {
    file: Option<File>,
}

impl Last {
    /// Opens the file, or makes it, and sets it to `seq`. Durable at best effort.
    pub(crate) fn open(dir: &Path, disk: &Disk, seq: u64) -> Self {
        let path = dir.join(NAME);
        let open = || {
            let file = match File::options().read(true).write(true).open(&path) {
                Ok(file) => file,
                Err(e) if e.kind() == io::ErrorKind::NotFound => disk.create(&path)?,
                Err(e) => return Err(e),
            };
            file.write_all_at(&encode(seq), 0)?;
            file.sync_data()?;
            Ok(file)
        };
        Self { file: open().ok() }
    }

    /// `seq` has been made durable. A failure here costs nothing but the protection.
    pub(crate) fn set(&self, seq: u64) {
        if let Some(file) = &self.file {
            let _ = file.write_all_at(&encode(seq), 0);
        }
    }
}

/// The number in `dir`; `None` if there is none, or none that can be read.
pub(crate) fn read(dir: &Path) -> Option<u64> {
    let mut bytes = Vec::new();
    let file = File::open(dir.join(NAME)).ok()?;
    file.take(BYTES as u64 + 1).read_to_end(&mut bytes).ok()?;
    let seq = u64::from_le_bytes(bytes.get(8..16)?.try_into().ok()?);
    (bytes == encode(seq)).then_some(seq)
}

fn encode(seq: u64) -> [u8; BYTES] {
    let mut out = [0; BYTES];
    out[..8].copy_from_slice(&MAGIC);
    out[8..16].copy_from_slice(&seq.to_le_bytes());
    let crc = crc32fast::hash(&out[..16]);
    out[16..].copy_from_slice(&crc.to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_copy_says_nothing() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()), None);
        let last = Last::open(dir.path(), &Disk::default(), 7);
        last.set(8);
        assert_eq!(read(dir.path()), Some(8));
        let path = dir.path().join(NAME);
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(&path, damaged).unwrap();
            assert_eq!(read(dir.path()), None, "byte {at}");
        }
        std::fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        assert_eq!(read(dir.path()), None, "too long");
    }
}
