//! The file below: sectors that are sealed, and holes, which are zeros.
//!
//! What is not of whole sectors is read, changed and written while nobody else writes. A sector is written at once, so
//! that after a kill it is the old or the new.

use std::{
    fs::{File, Metadata},
    io,
    os::{fd::AsRawFd as _, unix::fs::FileExt as _},
};

use nix::errno::Errno;
use parking_lot::RwLock;
use wharf_sectors::{Cipher, SECTOR, open_written};

use crate::buffer::Buffer;

const SIZE: u64 = SECTOR as u64;

pub struct Sectors {
    file: File,
    cipher: Cipher,
    /// Taken alone by those who write parts of sectors.
    parts: RwLock<()>,
}

impl Sectors {
    pub fn new(file: File, cipher: Cipher) -> Self {
        let parts = RwLock::new(());
        Self {
            file,
            cipher,
            parts,
        }
    }

    pub fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// What lies there, in the buffer; less at the end of the file.
    pub fn read<'a>(&self, at: u64, bytes: usize, buffer: &'a mut Buffer) -> io::Result<&'a [u8]> {
        let end = self.metadata()?.len();
        let bytes = (end.saturating_sub(at)).min(bytes as u64);
        if bytes == 0 {
            return Ok(&[]);
        }
        let (first, last) = (at / SIZE, (at + bytes).div_ceil(SIZE));
        let all = buffer.part(whole(last - first)?)?;
        self.read_sectors(first, all)?;
        let skipped = usize::try_from(at - first * SIZE).map_err(io::Error::other)?;
        let length = usize::try_from(bytes).map_err(io::Error::other)?;
        Ok(&all[skipped..skipped + length])
    }

    fn read_sectors(&self, first: u64, into: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(into, first * SIZE)?;
        open_written(&self.cipher, first, into);
        Ok(())
    }

    fn write_sectors(&self, first: u64, sectors: &mut [u8]) -> io::Result<()> {
        self.cipher.seal(first, sectors);
        self.file.write_all_at(sectors, first * SIZE)
    }

    /// All of it, or an error; nothing beyond the end.
    pub fn write(&self, at: u64, bytes: &[u8], buffer: &mut Buffer) -> io::Result<()> {
        let end = self.metadata()?.len();
        let until = at.checked_add(bytes.len() as u64).filter(|it| *it <= end);
        let until = until.ok_or(Errno::ENOSPC)?;
        if bytes.is_empty() {
            return Ok(());
        }
        let (first, last) = (at / SIZE, until.div_ceil(SIZE));
        let all = buffer.part(whole(last - first)?)?;
        let skipped = usize::try_from(at - first * SIZE).map_err(io::Error::other)?;
        if at.is_multiple_of(SIZE) && until.is_multiple_of(SIZE) {
            let _others = self.parts.read();
            all.copy_from_slice(bytes);
            return self.write_sectors(first, all);
        }
        let _alone = self.parts.write();
        // Those in between are written over.
        self.read_sectors(first, &mut all[..SECTOR])?;
        if last - first > 1 {
            let tail = all.len() - SECTOR;
            self.read_sectors(last - 1, &mut all[tail..])?;
        }
        all[skipped..skipped + bytes.len()].copy_from_slice(bytes);
        self.write_sectors(first, all)
    }

    /// Whole sectors become holes; of others the part becomes zeros.
    pub fn punch(&self, at: u64, bytes: u64, buffer: &mut Buffer) -> io::Result<()> {
        let end = self.metadata()?.len();
        let until = at.saturating_add(bytes).min(end);
        if at >= until {
            return Ok(());
        }
        let (first, last) = (at.div_ceil(SIZE), until / SIZE);
        let zeros = [0; SECTOR];
        let part = |from: u64, to: u64| usize::try_from(to - from).map_err(io::Error::other);
        if first > last {
            // Within one sector.
            return self.write(at, &zeros[..part(at, until)?], buffer);
        }
        if at < first * SIZE {
            self.write(at, &zeros[..part(at, first * SIZE)?], buffer)?;
        }
        if last * SIZE < until {
            self.write(last * SIZE, &zeros[..part(last * SIZE, until)?], buffer)?;
        }
        if first == last {
            return Ok(());
        }
        let _alone = self.parts.write();
        let offset = i64::try_from(first * SIZE).map_err(io::Error::other)?;
        let length = i64::try_from((last - first) * SIZE).map_err(io::Error::other)?;
        let flags = libc::FALLOC_FL_KEEP_SIZE | libc::FALLOC_FL_PUNCH_HOLE;
        // SAFETY: takes a descriptor of ours and numbers.
        let done = unsafe { libc::fallocate(self.file.as_raw_fd(), flags, offset, length) };
        Errno::result(done)?;
        Ok(())
    }

    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

fn whole(sectors: u64) -> io::Result<usize> {
    let sectors = usize::try_from(sectors).map_err(io::Error::other)?;
    Ok(sectors * SECTOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(sectors: u64) -> (tempfile::TempDir, Sectors) {
        let dir = tempfile::tempdir().unwrap();
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(dir.path().join("file"));
        let file = file.unwrap();
        file.set_len(sectors * SIZE).unwrap();
        let key: Vec<u8> = (0..64).collect();
        (dir, Sectors::new(file, Cipher::new(&key).unwrap()))
    }

    fn read(sectors: &Sectors, at: u64, bytes: usize) -> Vec<u8> {
        let mut buffer = Buffer::new();
        sectors.read(at, bytes, &mut buffer).unwrap().to_vec()
    }

    #[test]
    fn bytes_at_any_place_are_what_was_written() {
        let (_dir, sectors) = made(16);
        let mut model = vec![0_u8; 16 * SECTOR];
        let mut buffer = Buffer::new();
        for (at, length, byte) in [
            (0, SECTOR, 1),
            (100, 7, 2),
            (SECTOR - 1, 2, 3),
            (3 * SECTOR, 2 * SECTOR, 4),
            (3 * SECTOR + 512, SECTOR, 5),
            (7 * SECTOR + 9, 3 * SECTOR, 6),
            (16 * SECTOR - 5, 5, 7),
        ] {
            model[at..at + length].fill(byte);
            sectors
                .write(at as u64, &vec![byte; length], &mut buffer)
                .unwrap();
        }
        assert_eq!(read(&sectors, 0, model.len()), model);
        for (at, length) in [
            (200, 50),
            (SECTOR, 1),
            (3 * SECTOR - 7, 2 * SECTOR + 14),
            (8 * SECTOR, 5 * SECTOR),
        ] {
            model[at..at + length].fill(0);
            sectors
                .punch(at as u64, length as u64, &mut buffer)
                .unwrap();
        }
        assert_eq!(read(&sectors, 0, model.len()), model);
        assert_eq!(read(&sectors, 5000, 3000), model[5000..8000]);
        assert_eq!(read(&sectors, 16 * SIZE - 3, 100), model[16 * SECTOR - 3..]);
        assert!(read(&sectors, 16 * SIZE, 1).is_empty() && read(&sectors, u64::MAX, 1).is_empty());
    }

    #[test]
    fn nothing_lies_in_the_clear_and_holes_stay_holes() {
        use std::os::unix::fs::MetadataExt as _;
        let (dir, sectors) = made(1024);
        let mut buffer = Buffer::new();
        let canary = b"the canary of a sealed file".repeat(100);
        sectors.write(10_000, &canary, &mut buffer).unwrap();
        sectors.sync().unwrap();
        let below = std::fs::read(dir.path().join("file")).unwrap();
        assert!(!below.windows(20).any(|it| it == &canary[..20]));
        let blocks = || sectors.metadata().unwrap().blocks() * 512;
        assert_eq!(blocks(), SIZE * 2);
        sectors.punch(0, 1024 * SIZE, &mut buffer).unwrap();
        assert_eq!(blocks(), 0);
    }

    #[test]
    fn nothing_is_written_beyond_the_end() {
        let (_dir, sectors) = made(2);
        let mut buffer = Buffer::new();
        for at in [2 * SIZE, 2 * SIZE - 1, u64::MAX] {
            let full = sectors.write(at, &[1, 2], &mut buffer).unwrap_err();
            assert_eq!(full.raw_os_error(), Some(libc::ENOSPC));
        }
        sectors.punch(SIZE, u64::MAX, &mut buffer).unwrap();
        assert_eq!(sectors.metadata().unwrap().len(), 2 * SIZE);
    }
}
