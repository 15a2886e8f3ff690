//! What a snapshot is of: the chunks of a volume's file at one moment, and the bytes of those that an earlier snapshot
//! of the volume does not have. Blocks.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::FileExt as _,
    path::Path,
    time::Instant,
};

use nix::{
    errno::Errno,
    unistd::{Whence, lseek64},
};
use wharf_durable::put_in_place;
use wharf_planeproto::snapshot::{CHUNK, Entry, MAX_PAGES, PAGE_ENTRIES, Sum, entries, page};

use crate::client::sum;

/// A snapshot that was taken, in a folder of its own:
///
/// | file | what |
/// | --- | --- |
/// | `chunks` | as long as the volume, with holes for what is a hole or is known; none of one that carries its volume |
/// | `list` | its pages; there once all else is durable |
pub struct Taken {
    pub list: Vec<Entry>,
    chunks: File,
}

impl Taken {
    /// One that was taken before, also by an agent that was killed since. `image`: the volume.
    pub fn open(folder: &Path, image: &Path) -> io::Result<Option<Self>> {
        let Some(list) = read_list(&folder.join("list"))? else {
            return Ok(None);
        };
        let chunks = match File::open(folder.join("chunks")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => File::open(image)?,
            other => other?,
        };
        Ok(Some(Self { list, chunks }))
    }

    /// The bytes of a chunk; `None` if it was left out.
    pub fn chunk(&self, entry: &Entry) -> io::Result<Option<Vec<u8>>> {
        let bytes = read_chunk(&self.chunks, entry.at)?;
        Ok(Some(bytes).filter(|it| sum(it) == entry.sum))
    }
}

/// Lists the chunks of `image`, which nobody writes to, and copies those that are not in `base`, which is sorted. All
/// data is read and hashed, a matter of a second for a GiB; only what changed is written, as long as `check_room` finds
/// that there is room for it: the disk is that of volumes too, which stop where there is none. Nothing is left of one
/// that fails, also if it is not done by the time `until`, for which others stand still.
pub fn take(
    image: &File,
    folder: &Path,
    base: &[Entry],
    until: Option<Instant>,
    check_room: impl Fn() -> io::Result<()>,
) -> io::Result<Vec<Entry>> {
    fs::create_dir_all(folder)?;
    let chunks = folder.join("chunks");
    let into = File::create(&chunks)?;
    let taken = copy(image, Some(&into), base, until, check_room);
    if taken.is_err() {
        let _ = fs::remove_file(chunks);
    }
    taken
}

/// Lists the chunks alone, as long as nobody writes to them until they are sent.
pub fn list(image: &File, until: Option<Instant>) -> io::Result<Vec<Entry>> {
    copy(image, None, &[], until, || Ok(()))
}

/// From here on it is the snapshot.
pub fn keep(folder: &Path, list: &[Entry]) -> io::Result<()> {
    let kept = write_list(folder, "list", list);
    if kept.is_err() {
        let _ = fs::remove_file(folder.join("chunks"));
    }
    kept
}

/// The same for one of several that are taken at once: it is the snapshot once it is finished.
pub fn keep_apart(folder: &Path, list: &[Entry]) -> io::Result<()> {
    write_list(folder, APART, list)
}

/// … which may be done again, and is nothing where there is none.
pub fn finish(folder: &Path) -> io::Result<()> {
    match fs::rename(folder.join(APART), folder.join("list")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => File::open(folder)?.sync_all(),
    }
}

/// The list of one that is not finished.
const APART: &str = "list-apart";

/// Chunks that are written between two looks at the room that is left: less than the host keeps free.
const UNCHECKED: u64 = 64;

fn copy(
    from: &File,
    into: Option<&File>,
    base: &[Entry],
    until: Option<Instant>,
    check_room: impl Fn() -> io::Result<()>,
) -> io::Result<Vec<Entry>> {
    if let Some(into) = into {
        into.set_len(from.metadata()?.len())?;
    }
    let mut list = Vec::new();
    let (mut next, mut written) = (0, 0_u64);
    while let Some(at) = data_from(from, next)? {
        if until.is_some_and(|it| Instant::now() >= it) {
            let text = "it is written to, and would have to stand still for longer than it may";
            // Another try would hold it up for as long again, and come no further.
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
        }
        let at = at / CHUNK;
        next = (at + 1) * CHUNK;
        let at = u32::try_from(at).map_err(io::Error::other)?;
        let bytes = read_chunk(from, at)?;
        if bytes.iter().all(|it| *it == 0) {
            continue;
        }
        let entry = Entry {
            at,
            sum: sum(&bytes),
        };
        if let Some(into) = into
            && !is_known(base, &entry)
        {
            if written.is_multiple_of(UNCHECKED) {
                check_room()?;
            }
            written += 1;
            into.write_all_at(&bytes, u64::from(at) * CHUNK)?;
        }
        list.push(entry);
        if list.len() > MAX_PAGES * PAGE_ENTRIES {
            let text = "it has more data than a snapshot can have";
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
        }
    }
    Ok(list)
}

fn is_known(base: &[Entry], entry: &Entry) -> bool {
    let found = base.binary_search_by_key(&entry.at, |it| it.at);
    found.is_ok_and(|at| base.get(at).is_some_and(|it| it.sum == entry.sum))
}

/// Where data is next.
fn data_from(file: &File, at: u64) -> io::Result<Option<u64>> {
    let at = i64::try_from(at).map_err(io::Error::other)?;
    match lseek64(file, at, Whence::SeekData) {
        Ok(found) => Ok(u64::try_from(found).ok()),
        Err(Errno::ENXIO) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// GiB are whole chunks; what a shorter file lacks is zeros.
fn read_chunk(file: &File, at: u32) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(CHUNK).map_err(io::Error::other)?];
    let mut read = 0;
    while read < bytes.len() {
        let offset = u64::from(at) * CHUNK + read as u64;
        match file.read_at(&mut bytes[read..], offset) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(bytes)
}

/// What that snapshot of a volume listed, if it was the last that was completed: the next knows by it what changed.
pub fn base(folder_of_volume: &Path, snapshot: &str) -> io::Result<Vec<Entry>> {
    Ok(read_list(&folder_of_volume.join(base_of(snapshot)))?.unwrap_or_default())
}

/// Lists of the last snapshot begin so; behind it stands which it is.
const BASE: &str = "last-snapshot";

fn base_of(snapshot: &str) -> String {
    format!("{BASE}.{snapshot}")
}

/// Keeps the list of a snapshot that was completed, and no other.
pub fn keep_base(folder_of_volume: &Path, snapshot: &str, list: &[Entry]) -> io::Result<()> {
    if !folder_of_volume.try_exists()? {
        return Ok(());
    }
    let kept = base_of(snapshot);
    write_list(folder_of_volume, &kept, list)?;
    forget_bases_but(folder_of_volume, Some(&kept))
}

pub fn forget_base(folder_of_volume: &Path) -> io::Result<()> {
    forget_bases_but(folder_of_volume, None)
}

fn forget_bases_but(folder_of_volume: &Path, kept: Option<&str>) -> io::Result<()> {
    let entries = match fs::read_dir(folder_of_volume) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let is_base = name.to_str().is_some_and(|it| it.starts_with(BASE));
        if is_base && name.to_str() != kept {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Has the bytes that were copied outlive a loss of power; nobody has to stand still for that.
pub fn sync(folder: &Path) -> io::Result<()> {
    match File::open(folder.join("chunks")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        chunks => chunks?.sync_all(),
    }
}

fn write_list(folder: &Path, name: &str, list: &[Entry]) -> io::Result<()> {
    let fresh = folder.join(format!("{name}.new"));
    let mut file = File::create(&fresh)?;
    for some in list.chunks(PAGE_ENTRIES) {
        file.write_all(&page(some))?;
    }
    put_in_place(&fresh, &folder.join(name))
}

fn read_list(path: &Path) -> io::Result<Option<Vec<Entry>>> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut list = Vec::new();
    for some in bytes.chunks(PAGE_ENTRIES * 36) {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a list of chunks is damaged");
        list.extend(entries(some).ok_or_else(damaged)?);
    }
    Ok(Some(list))
}

/// Writes a chunk of a volume that is being made.
pub fn write_chunk(file: &File, at: u32, bytes: &[u8]) -> io::Result<()> {
    file.write_all_at(bytes, u64::from(at) * CHUNK)
}

/// Whether bytes are what was asked for.
pub fn is(bytes: &[u8], wanted: &Sum) -> bool {
    sum(bytes) == *wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> io::Result<()> {
        Ok(())
    }

    #[test]
    fn it_ends_before_the_disk_is_full() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&image)
            .unwrap();
        for at in 0..130 {
            file.write_all_at(b"x", at * CHUNK).unwrap();
        }
        let folder = dir.path().join("one");
        let looks = std::cell::Cell::new(0);
        let full_at = |look| {
            looks.set(0);
            let check = || {
                looks.set(looks.get() + 1);
                match looks.get() == look {
                    true => Err(io::ErrorKind::StorageFull.into()),
                    false => Ok(()),
                }
            };
            take(&file, &folder, &[], None, check)
        };
        let full = full_at(3).unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        let list = full_at(4).unwrap();
        keep(&folder, &list).unwrap();
        assert_eq!(looks.get(), 3);
        // What is not written needs no room.
        let list = Taken::open(&folder, &image).unwrap().unwrap().list;
        let full = || Err(io::ErrorKind::StorageFull.into());
        take(&file, &dir.path().join("two"), &list, None, full).unwrap();
        // Nor does it go on for longer than others may stand still.
        let three = dir.path().join("three");
        let late = take(&file, &three, &[], Some(Instant::now()), room).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(fs::read_dir(&three).unwrap().count(), 0);
    }

    #[test]
    fn what_did_not_change_is_listed_and_not_copied() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&image)
            .unwrap();
        file.set_len(64 * CHUNK).unwrap();
        for at in [0, 7, 40] {
            write_chunk(&file, at, &[at as u8 + 1; CHUNK as usize]).unwrap();
        }
        // Zeros are as good as a hole.
        write_chunk(&file, 50, &[0; CHUNK as usize]).unwrap();
        let one = dir.path().join("one");
        assert!(Taken::open(&one, &image).unwrap().is_none());
        let list = take(&file, &one, &[], None, room).unwrap();
        assert!(Taken::open(&one, &image).unwrap().is_none());
        keep(&one, &list).unwrap();
        let first = Taken::open(&one, &image).unwrap().unwrap();
        assert_eq!(
            first.list.iter().map(|it| it.at).collect::<Vec<_>>(),
            [0, 7, 40]
        );
        for entry in &first.list {
            assert_eq!(first.chunk(entry).unwrap().unwrap()[0], entry.at as u8 + 1);
        }

        file.write_all_at(b"changed", 7 * CHUNK + 100).unwrap();
        let two = dir.path().join("two");
        let list = take(&file, &two, &first.list, None, room).unwrap();
        keep(&two, &list).unwrap();
        let second = Taken::open(&two, &image).unwrap().unwrap();
        let copied: Vec<bool> = second
            .list
            .iter()
            .map(|it| second.chunk(it).unwrap().is_some())
            .collect();
        assert_eq!(copied, [false, true, false]);
    }

    #[test]
    fn the_list_of_the_last_snapshot_is_found_by_its_id() {
        let dir = tempfile::tempdir().unwrap();
        let volume = dir.path().join("volume");
        let list = [Entry {
            at: 3,
            sum: [7; 32],
        }];
        keep_base(&volume, "snap-1", &list).unwrap();
        assert!(base(&volume, "snap-1").unwrap().is_empty());
        fs::create_dir(&volume).unwrap();
        fs::write(volume.join("disk.img"), "").unwrap();
        // Of an earlier version: nobody knows of which snapshot.
        fs::write(volume.join(BASE), "").unwrap();
        keep_base(&volume, "snap-1", &list).unwrap();
        assert_eq!(base(&volume, "snap-1").unwrap(), list);
        keep_base(&volume, "snap-2", &list).unwrap();
        assert!(base(&volume, "snap-1").unwrap().is_empty());
        assert_eq!(base(&volume, "snap-2").unwrap(), list);
        assert_eq!(fs::read_dir(&volume).unwrap().count(), 2);
        fs::write(volume.join(base_of("snap-3")), "x").unwrap();
        assert!(base(&volume, "snap-3").is_err());
        forget_base(&volume).unwrap();
        assert!(base(&volume, "snap-2").unwrap().is_empty());
        assert!(volume.join("disk.img").exists());
    }

    #[test]
    fn one_that_carries_its_volume_is_read_from_there() {
        let dir = tempfile::tempdir().unwrap();
        let (image, folder) = (dir.path().join("disk.img"), dir.path().join("one"));
        fs::write(&image, vec![7; CHUNK as usize]).unwrap();
        fs::create_dir(&folder).unwrap();
        let list = list(&File::open(&image).unwrap(), None).unwrap();
        sync(&folder).unwrap();
        keep(&folder, &list).unwrap();
        let taken = Taken::open(&folder, &image).unwrap().unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        assert_eq!(taken.chunk(&list[0]).unwrap().unwrap()[0], 7);
        // Should somebody have written to it all the same, it is not that chunk.
        fs::write(&image, vec![8; CHUNK as usize]).unwrap();
        assert!(taken.chunk(&list[0]).unwrap().is_none());
    }
}
