//! Adding what was published to what there is: a new generation beside the one that counts.
//!
//! First all that is new is written down, each package to the 64th it belongs to; then each 64th is put
//! together from what it was and what is new.

use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, File},
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    path::Path,
};

use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wharf_durable::Durability;
use wharf_scan::{About, Advisory};

use crate::{
    CHANGED, CURRENT, Current, Data, DataError, SHARDS, at, hash,
    input::{self, Said},
    shard,
};

/// What an update came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    pub current: Current,
    /// Packages of which something else is known than before.
    pub changed: u64,
}

#[derive(Serialize, Deserialize)]
struct New {
    about: About,
    advisory: Advisory,
}

/// Where what is new is written down.
struct Heaps {
    files: Vec<BufWriter<File>>,
    /// Records that were read, by the beginning of a hash: what was known of them counts no more.
    records: HashSet<u64>,
    tracker: bool,
}

impl Heaps {
    fn new(folder: &Path) -> Result<Self, DataError> {
        let file = |number: u64| {
            let path = folder.join(format!("new-{number:02}"));
            File::create(&path).map(BufWriter::new).map_err(at(path))
        };
        Ok(Self {
            files: (0..SHARDS).map(file).collect::<Result<_, _>>()?,
            records: HashSet::new(),
            tracker: false,
        })
    }

    fn add(&mut self, said: Said) -> Result<(), DataError> {
        match said {
            Said::Record(id) => {
                self.records.insert(record(&id));
            }
            Said::Tracker => self.tracker = true,
            Said::About(said) => {
                let (about, advisory) = *said;
                let number = usize::try_from(hash(&about) % SHARDS).unwrap_or_default();
                let mut line = serde_json::to_vec(&New { about, advisory })
                    .map_err(|error| at("new")(error.into()))?;
                line.push(b'\n');
                self.files[number].write_all(&line).map_err(at("new"))?;
            }
        }
        Ok(())
    }

    /// Whether what was known before still counts.
    fn keeps(&self, advisory: &Advisory) -> bool {
        match advisory.origin.as_str() {
            "debian" => !self.tracker,
            _ => !self.records.contains(&record(&advisory.id)),
        }
    }
}

fn record(id: &str) -> u64 {
    let digest = Sha256::digest(id);
    u64::from_be_bytes(std::array::from_fn(|at| digest[at]))
}

/// Reads a file or folder into the data at `dir`. What it says of a vulnerability takes the place of
/// what was known of it; the rest stays. Blocks.
pub fn update(dir: &Path, from: &Path, now: i64) -> Result<Updated, DataError> {
    fs::create_dir_all(dir).map_err(at(dir))?;
    let lock = File::create(dir.join("lock")).map_err(at(dir))?;
    let _lock = Flock::lock(lock, FlockArg::LockExclusiveNonblock).map_err(|_| DataError::Busy)?;
    let before = Data::open(dir)?;
    let known = before
        .as_ref()
        .map(|it| it.what().clone())
        .unwrap_or_default();
    let generation = known.generation + 1;
    let folder = dir.join(generation.to_string());
    // What an update that was cut short left.
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&folder)(error)),
        _ => fs::create_dir(&folder).map_err(at(&folder))?,
    }
    let written = write(&folder, before.as_ref(), from);
    let (advisories, packages, changed) = match written {
        Ok(written) => written,
        Err(error) => {
            let _ = fs::remove_dir_all(&folder);
            return Err(error);
        }
    };
    let current = Current {
        generation,
        updated_at: now,
        advisories,
        packages,
    };
    let path = dir.join(CURRENT);
    wharf_durable::replace_json(&path, &current, Durability::Machine).map_err(at(path))?;
    sweep(dir, generation);
    Ok(Updated { current, changed })
}

fn write(folder: &Path, before: Option<&Data>, from: &Path) -> Result<(u64, u64, u64), DataError> {
    let mut heaps = Heaps::new(folder)?;
    input::read(from, &mut |said| heaps.add(said))?;
    for file in &mut heaps.files {
        file.flush().map_err(at(folder))?;
    }
    let (mut advisories, mut packages) = (0, 0);
    let mut changed: Vec<u8> = Vec::new();
    for number in 0..SHARDS {
        let merged = merge(folder, number, before, &heaps, &mut changed).map_err(at(folder))?;
        advisories += merged.values().map(|it| it.len() as u64).sum::<u64>();
        packages += merged.len() as u64;
        let path = folder.join(format!("{number:02}"));
        shard::write(&path, &merged).map_err(at(path))?;
    }
    let path = folder.join(CHANGED);
    wharf_durable::replace(&path, &changed, Durability::Machine).map_err(at(path))?;
    Ok((advisories, packages, changed.len() as u64 / 8))
}

type Shelves = BTreeMap<(u64, About), Vec<Advisory>>;

fn merge(
    folder: &Path,
    number: u64,
    before: Option<&Data>,
    heaps: &Heaps,
    changed: &mut Vec<u8>,
) -> io::Result<Shelves> {
    let mut shelves: Shelves = BTreeMap::new();
    let mut old: BTreeMap<u64, [u8; 32]> = BTreeMap::new();
    let said = |list: &[Advisory]| -> io::Result<[u8; 32]> {
        Ok(Sha256::digest(serde_json::to_vec(list)?).into())
    };
    if let Some(shard) = before.and_then(|it| it.shard(number)) {
        for shelf in shard.all() {
            let shelf = shelf?;
            let hash = hash(&shelf.about);
            old.insert(hash, said(&shelf.advisories)?);
            let kept = shelf.advisories.into_iter().filter(|it| heaps.keeps(it));
            shelves.insert((hash, shelf.about), kept.collect());
        }
    }
    let path = folder.join(format!("new-{number:02}"));
    for line in BufReader::new(File::open(&path)?).lines() {
        let New { about, advisory } = serde_json::from_str(&line?)?;
        let shelf = shelves.entry((hash(&about), about)).or_default();
        // The same record twice in what was read: the later one.
        shelf.retain(|it| it.id != advisory.id || it.origin != advisory.origin);
        shelf.push(advisory);
    }
    fs::remove_file(&path)?;
    for ((hash, _), list) in &mut shelves {
        list.sort_by(|one, other| (&one.id, &one.origin).cmp(&(&other.id, &other.origin)));
        let before = old.remove(hash);
        let same = match before {
            Some(before) => before == said(list)?,
            None => list.is_empty(),
        };
        if !same {
            changed.extend_from_slice(&hash.to_le_bytes());
        }
    }
    shelves.retain(|_, list| !list.is_empty());
    Ok(shelves)
}

/// Removes generations that count no more. Whoever has one open keeps its files.
fn sweep(dir: &Path, current: u64) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let number = entry
            .file_name()
            .to_str()
            .and_then(|it| it.parse::<u64>().ok());
        if number.is_some_and(|it| it != current) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
