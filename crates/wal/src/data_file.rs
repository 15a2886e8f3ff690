//! Files that are read by position from many threads, and places within them.

use std::{fs::File, io, os::unix::fs::FileExt, path::PathBuf, sync::Arc};

/// An open file that stays readable through its handle after it was removed from its folder.
#[derive(Debug)]
pub struct DataFile {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
}

impl DataFile {
    pub fn new(path: PathBuf, file: File) -> Arc<Self> {
        Arc::new(Self { path, file })
    }

    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Bytes.
    pub fn len(&self) -> io::Result<u64> {
        self.file.metadata().map(|found| found.len())
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }

    /// Fills `into` from `offset`; a shorter file is an error.
    pub fn read_exact_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(into, offset)
    }
}

/// Where some bytes stand on disk, with the sum that proves they are the ones.
#[derive(Debug, Clone)]
pub struct Place {
    pub file: Arc<DataFile>,
    pub offset: u64,
    pub len: u32,
    pub crc: u32,
}

impl Place {
    /// The place of `bytes`, written at `offset` of `file`.
    pub fn of(file: &Arc<DataFile>, offset: u64, bytes: &[u8]) -> Self {
        Self {
            file: Arc::clone(file),
            offset,
            // Frames are far smaller than 4 GiB; see MAX_FRAME_BYTES.
            len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            crc: crc32fast::hash(bytes),
        }
    }

    /// Reads the bytes; `InvalidData` if they are not those that were written.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; self.len as usize];
        self.file.read_exact_at(&mut bytes, self.offset)?;
        if crc32fast::hash(&bytes) != self.crc {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "{} is damaged at byte {}",
                    self.file.path.display(),
                    self.offset
                ),
            ));
        }
        Ok(bytes)
    }
}
