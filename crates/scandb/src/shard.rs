//! A 64th of the packages in a file: magic, how many, for each its hash, where its shelf is and how long;
//! then the shelves, packed by zstd.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Write as _},
    os::unix::fs::FileExt as _,
    path::Path,
};

use serde::{Deserialize, Serialize};
use wharf_scan::{About, Advisory};

const MAGIC: &[u8; 8] = b"wharfsd1";
const HEAD: usize = 16;
const ENTRY: usize = 20;
/// Packages in one file.
const MAX_PACKAGES: usize = 1 << 20;
/// What is known of one package, unpacked, in bytes: the kernels have some MiB.
const MAX_SHELF: usize = if cfg!(test) { 1 << 20 } else { 256 << 20 };

/// What is known of one package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shelf {
    pub about: About,
    pub advisories: Vec<Advisory>,
}

/// Where a shelf is.
#[derive(Debug, Clone, Copy)]
struct Place {
    hash: u64,
    at: u64,
    length: u32,
}

/// An open file.
#[derive(Debug)]
pub(crate) struct Shard {
    file: File,
    /// In the order of their hashes.
    places: Vec<Place>,
}

pub(crate) fn damaged() -> io::Error {
    io::Error::other("the data is damaged; `wharf scan-db update --from-nothing` brings it anew")
}

impl Shard {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let mut head = [0; HEAD];
        file.read_exact_at(&mut head, 0)?;
        let count = u64::from_le_bytes(head[8..].try_into().map_err(|_| damaged())?);
        let count = usize::try_from(count).map_err(|_| damaged())?;
        if !head.starts_with(MAGIC) || count > MAX_PACKAGES {
            return Err(damaged());
        }
        let mut index = vec![0; count * ENTRY];
        file.read_exact_at(&mut index, HEAD as u64)?;
        let place = |bytes: &[u8]| Place {
            hash: u64::from_le_bytes(std::array::from_fn(|at| bytes[at])),
            at: u64::from_le_bytes(std::array::from_fn(|at| bytes[8 + at])),
            length: u32::from_le_bytes(std::array::from_fn(|at| bytes[16 + at])),
        };
        let places: Vec<Place> = index.chunks_exact(ENTRY).map(place).collect();
        // Out of order, what is known would not be found, and nothing would say so.
        let in_order = places.is_sorted_by_key(|it| it.hash);
        let size = file.metadata()?.len();
        let is_there = |it: &Place| {
            let end = it.at.checked_add(it.length.into());
            end.is_some_and(|end| end <= size)
        };
        match in_order && places.iter().all(is_there) {
            true => Ok(Self { file, places }),
            false => Err(damaged()),
        }
    }

    /// The shelves under a hash, each with its length in bytes: one, unless two packages have the same.
    pub(crate) fn find(&self, hash: u64) -> io::Result<Vec<(Shelf, usize)>> {
        let from = self.places.partition_point(|it| it.hash < hash);
        let same = self.places[from..].iter().take_while(|it| it.hash == hash);
        same.map(|place| self.read(place)).collect()
    }

    pub(crate) fn hashes(&self) -> impl Iterator<Item = u64> {
        self.places.iter().map(|it| it.hash)
    }

    /// Every shelf, one after the other.
    pub(crate) fn all(&self) -> impl Iterator<Item = io::Result<Shelf>> {
        self.places.iter().map(|place| Ok(self.read(place)?.0))
    }

    fn read(&self, place: &Place) -> io::Result<(Shelf, usize)> {
        let mut packed = vec![0; place.length as usize];
        self.file.read_exact_at(&mut packed, place.at)?;
        let bytes = zstd::bulk::decompress(&packed, capacity(&packed)?)?;
        let shelf = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        Ok((shelf, bytes.len()))
    }
}

/// The first four bytes of a frame's content are not its length, so it is asked of the frame.
fn capacity(packed: &[u8]) -> io::Result<usize> {
    let size = zstd::zstd_safe::get_frame_content_size(packed)
        .ok()
        .flatten();
    let size = size.and_then(|it| usize::try_from(it).ok());
    size.filter(|it| *it <= MAX_SHELF).ok_or_else(damaged)
}

/// Writes a file with these shelves, by hash.
pub(crate) fn write(
    path: &Path,
    shelves: &BTreeMap<(u64, About), Vec<Advisory>>,
) -> io::Result<()> {
    if shelves.len() > MAX_PACKAGES {
        let what = format!("these are more than {MAX_PACKAGES} packages in a 64th of the data");
        return Err(io::Error::other(what));
    }
    let mut file = io::BufWriter::new(File::create(path)?);
    let mut index = Vec::with_capacity(shelves.len() * ENTRY);
    let mut packed = Vec::with_capacity(shelves.len());
    let mut at = (HEAD + shelves.len() * ENTRY) as u64;
    for ((hash, about), advisories) in shelves {
        let shelf = Shelf {
            about: about.clone(),
            advisories: advisories.clone(),
        };
        let bytes = serde_json::to_vec(&shelf)?;
        // Nobody could read it again.
        if bytes.len() > MAX_SHELF {
            return Err(io::Error::other(format!(
                "what is said of {} in {} is longer than {MAX_SHELF} bytes",
                about.name, about.ecosystem
            )));
        }
        let bytes = zstd::bulk::compress(&bytes, 3)?;
        let length = u32::try_from(bytes.len()).map_err(|_| damaged())?;
        index.extend_from_slice(&hash.to_le_bytes());
        index.extend_from_slice(&at.to_le_bytes());
        index.extend_from_slice(&length.to_le_bytes());
        at += bytes.len() as u64;
        packed.push(bytes);
    }
    file.write_all(MAGIC)?;
    file.write_all(&(shelves.len() as u64).to_le_bytes())?;
    file.write_all(&index)?;
    for bytes in packed {
        file.write_all(&bytes)?;
    }
    file.into_inner()?.sync_all()
}
