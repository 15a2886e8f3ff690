//! Files that wait to become a segment: the next one, opened ahead of need so that a process out of
//! descriptors goes on writing, and the reserve, whose room is taken ahead so that what gives room
//! back can be written on a full disk.
//!
//! Neither has a segment's name, so an opening log pays no heed to them. They become one by a
//! header and a rename; no descriptor and, for the reserve, no room is needed then. Nor could anybody
//! else take that room meanwhile, as it would be if the reserve were given free first.

use std::{
    fs::File,
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::{DataFile, Disk, error::is_unable, segment::SegmentHeader};

pub(crate) const SPARE: &str = "spare";
pub(crate) const RESERVE: &str = "reserve";
/// Room is taken in pieces of this size where the file system cannot do it at once.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

#[derive(Debug)]
pub(crate) struct Spare {
    path: PathBuf,
    file: File,
    /// Bytes that are on disk already and read as zeros behind the header.
    pub(crate) room: u64,
}

impl Spare {
    /// An empty file for the next segment.
    pub(crate) fn create(dir: &Path, disk: &Disk) -> io::Result<Self> {
        let path = dir.join(SPARE);
        let file = disk.create(&path)?;
        Ok(Self {
            path,
            file,
            room: 0,
        })
    }

    /// The reserve, with at least `bytes` of room; one that is there keeps what it has.
    pub(crate) fn reserve(dir: &Path, disk: &Disk, bytes: u64) -> io::Result<Self> {
        let path = dir.join(RESERVE);
        let file = match File::options().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => disk.create(&path)?,
            Err(e) => return Err(e),
        };
        let held = |file: &File| {
            let found = file.metadata()?;
            Ok::<u64, io::Error>(found.len().min(found.blocks() * 512))
        };
        if held(&file)? < bytes {
            let taken = disk.allocate(&file, &path, bytes).or_else(|e| {
                if is_unable(&e) {
                    write_zeros(&file, &path, disk, bytes)
                } else {
                    Err(e)
                }
            });
            if let Err(error) = taken {
                // Half a reserve is none, and somebody else needs the room.
                drop(std::fs::remove_file(&path));
                return Err(error);
            }
            disk.sync_all(&file, &path)?;
        }
        let room = held(&file)?.max(bytes);
        Ok(Self { path, file, room })
    }

    /// Makes the header durable; the file is no segment yet.
    pub(crate) fn head(
        &self,
        disk: &Disk,
        header: SegmentHeader,
        magic: [u8; 8],
    ) -> io::Result<()> {
        disk.write_all_at(&self.file, &self.path, &header.encode(magic), 0)?;
        disk.sync_all(&self.file, &self.path)
    }

    /// Gives the file a segment's name.
    pub(crate) fn name(self, disk: &Disk, to: PathBuf) -> io::Result<std::sync::Arc<DataFile>> {
        disk.rename(&self.path, &to)?;
        Ok(DataFile::new(to, self.file))
    }
}

impl Spare {
    pub(crate) fn remove(self) -> io::Result<()> {
        std::fs::remove_file(self.path)
    }
}

fn write_zeros(file: &File, path: &Path, disk: &Disk, bytes: u64) -> io::Result<()> {
    let mut at = 0;
    while at < bytes {
        let piece = usize::try_from(bytes - at)
            .unwrap_or(usize::MAX)
            .min(ZEROS.len());
        disk.write_all_at(file, path, &ZEROS[..piece], at)?;
        at += piece as u64;
    }
    Ok(())
}

/// What a reserve may take: `wanted`, and of a small file system no more than a 32nd, so that
/// taking it is not what fills the disk.
pub(crate) fn fitting(dir: &Path, wanted: u64) -> u64 {
    const SHARE: u64 = 32;
    let total = nix::sys::statvfs::statvfs(dir)
        .map_or(u64::MAX, |found| found.blocks() * found.fragment_size());
    wanted.min(total / SHARE)
}
