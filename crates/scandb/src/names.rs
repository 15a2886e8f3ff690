//! Which packages a vulnerability is about, by its name: beside each 64th of the packages a file of pairs, the hash of
//! a name and the hash of a package, in their order. Searched where it lies: memory holds none of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Write as _},
    os::unix::fs::FileExt as _,
    path::Path,
};

use sha2::{Digest as _, Sha256};
use wharf_scan::{About, Advisory};

const MAGIC: &[u8; 8] = b"wharfsn1";
const PAIR: u64 = 16;

/// The beginning of a hash of a vulnerability's name.
pub(crate) fn hash(name: &str) -> u64 {
    let digest = Sha256::digest(name);
    u64::from_be_bytes(std::array::from_fn(|at| digest[at]))
}

/// Whether an advisory is about the vulnerability of that name.
pub(crate) fn is_about(advisory: &Advisory, name: &str) -> bool {
    names(advisory).any(|it| it == name)
}

fn names(advisory: &Advisory) -> impl Iterator<Item = &str> {
    let others = advisory.aliases.iter().chain(&advisory.upstream);
    std::iter::once(&advisory.id)
        .chain(others)
        .map(String::as_str)
        .filter(|it| it.starts_with("CVE-"))
}

/// Writes the file that belongs to these shelves.
pub(crate) fn write(
    path: &Path,
    shelves: &BTreeMap<(u64, About), Vec<Advisory>>,
) -> io::Result<()> {
    let mut pairs = BTreeSet::new();
    for ((package, _), advisories) in shelves {
        let named = advisories.iter().flat_map(names);
        pairs.extend(named.map(|name| (hash(name), *package)));
    }
    let mut file = io::BufWriter::new(File::create(path)?);
    file.write_all(MAGIC)?;
    for (name, package) in pairs {
        file.write_all(&name.to_le_bytes())?;
        file.write_all(&package.to_le_bytes())?;
    }
    file.into_inner()?.sync_all()
}

/// The hashes of at most `most` packages that a name stands beside. `None` if there is no such file: a version before
/// wrote the data.
pub(crate) fn find(path: &Path, name: u64, most: usize) -> io::Result<Option<Vec<u64>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut magic = [0; MAGIC.len()];
    file.read_exact_at(&mut magic, 0)?;
    let head = MAGIC.len() as u64;
    let length = file.metadata()?.len().saturating_sub(head);
    if magic != *MAGIC || !length.is_multiple_of(PAIR) {
        return Err(super::shard::damaged());
    }
    let pair = |number: u64| -> io::Result<(u64, u64)> {
        let mut bytes = [0; PAIR as usize];
        file.read_exact_at(&mut bytes, head + number * PAIR)?;
        let word = |from: usize| u64::from_le_bytes(std::array::from_fn(|at| bytes[from + at]));
        Ok((word(0), word(8)))
    };
    let (mut low, mut high) = (0, length / PAIR);
    while low < high {
        let middle = low + (high - low) / 2;
        match pair(middle)?.0 < name {
            true => low = middle + 1,
            false => high = middle,
        }
    }
    let mut found = Vec::new();
    while low < length / PAIR && found.len() < most {
        let (of, package) = pair(low)?;
        if of != name {
            break;
        }
        found.push(package);
        low += 1;
    }
    Ok(Some(found))
}
