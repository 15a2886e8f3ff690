//! Memory that reads and writes past the page cache can use.

use std::io;

use wharf_sectors::SECTOR;

use crate::wire::MOST;

/// The most of a request, and what is left of its first and its last sector.
const ROOM: usize = MOST as usize + 2 * SECTOR;

pub struct Buffer {
    bytes: Vec<u8>,
    /// Where the first sector begins.
    start: usize,
}

impl Buffer {
    pub fn new() -> Self {
        let bytes = vec![0; ROOM + SECTOR];
        let start = bytes.as_ptr().align_offset(SECTOR);
        Self { bytes, start }
    }

    /// The first so many bytes of it.
    ///
    /// # Errors
    /// It has no so many.
    pub fn part(&mut self, bytes: usize) -> io::Result<&mut [u8]> {
        let end = self.start.checked_add(bytes);
        let part = end.and_then(|end| self.bytes.get_mut(self.start..end));
        part.ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }
}
