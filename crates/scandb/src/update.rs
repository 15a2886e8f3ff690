//! Adding what was published to what there is: a new generation beside the one that counts.
//!
//! First all that is new is written down, each package to the 64th it belongs to; then each 64th is put
//! together from what it was and what is new.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
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
    names,
    read::MAX_CURRENT,
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
    let _lock = lock(dir)?;
    let before = Data::open(dir)?;
    let known = before.as_ref().map_or(0, |it| it.what().generation);
    bring(dir, before.as_ref(), known + 1, from, now)
}

/// The same with nothing of what was known before, whether it can be read or not. Blocks.
pub fn renew(dir: &Path, from: &Path, now: i64) -> Result<Updated, DataError> {
    let _lock = lock(dir)?;
    let known = Data::current(dir).ok().flatten();
    let known = known.map_or(0, |it| it.generation);
    // Whoever has one of these open keeps it.
    let last = generations(dir).into_iter().max().unwrap_or(0);
    let next = known.max(last).checked_add(1);
    let next = next.ok_or_else(|| at(dir)(io::Error::other("there is no further generation")))?;
    bring(dir, None, next, from, now)
}

fn lock(dir: &Path) -> Result<Flock<File>, DataError> {
    fs::create_dir_all(dir).map_err(at(dir))?;
    let lock = File::create(dir.join("lock")).map_err(at(dir))?;
    Flock::lock(lock, FlockArg::LockExclusiveNonblock).map_err(|_| DataError::Busy)
}

fn bring(
    dir: &Path,
    before: Option<&Data>,
    generation: u64,
    from: &Path,
    now: i64,
) -> Result<Updated, DataError> {
    let folder = dir.join(generation.to_string());
    // What an update that was cut short left.
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&folder)(error)),
        _ => fs::create_dir(&folder).map_err(at(&folder))?,
    }
    let current = Current {
        generation,
        updated_at: now,
        since: before.map(|it| it.what().updated_at),
        ..Current::default()
    };
    let updated = match write(&folder, before, from, current) {
        Ok(updated) => updated,
        Err(error) => {
            let _ = fs::remove_dir_all(&folder);
            return Err(error);
        }
    };
    let path = dir.join(CURRENT);
    wharf_durable::replace_json(&path, &updated.current, Durability::Machine).map_err(at(path))?;
    sweep(dir, generation);
    Ok(updated)
}

/// Writes a generation, and makes sure that it can be read.
fn write(
    folder: &Path,
    before: Option<&Data>,
    from: &Path,
    mut current: Current,
) -> Result<Updated, DataError> {
    let mut heaps = Heaps::new(folder)?;
    input::read(from, &mut |said| heaps.add(said))?;
    for file in &mut heaps.files {
        file.flush().map_err(at(folder))?;
    }
    let mut changed: Vec<u8> = Vec::new();
    for number in 0..SHARDS {
        let merged = merge(folder, number, before, &heaps, &mut changed).map_err(at(folder))?;
        current.advisories += merged.values().map(|it| it.len() as u64).sum::<u64>();
        current.packages += merged.len() as u64;
        let known: BTreeSet<&str> = merged.keys().map(|it| it.1.ecosystem.as_str()).collect();
        current
            .ecosystems
            .extend(known.into_iter().map(str::to_owned));
        let path = folder.join(format!("{number:02}"));
        shard::write(&path, &merged).map_err(at(path))?;
        let path = folder.join(format!("{number:02}.names"));
        names::write(&path, &merged).map_err(at(path))?;
    }
    let path = folder.join(CHANGED);
    wharf_durable::replace(&path, &changed, Durability::Machine).map_err(at(path))?;
    Data::shards(folder)?;
    let size = serde_json::to_vec(&current).map_err(|error| at(folder)(error.into()))?;
    if size.len() as u64 > MAX_CURRENT / 2 {
        return Err(at(folder)(io::Error::other(
            "it is about too many ecosystems",
        )));
    }
    let changed = changed.len() as u64 / 8;
    Ok(Updated { current, changed })
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

fn generations(dir: &Path) -> Vec<u64> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    entries.filter_map(number).collect()
}

/// Removes generations that count no more. Whoever has one open keeps its files.
fn sweep(dir: &Path, current: u64) {
    for number in generations(dir) {
        if number != current {
            let _ = fs::remove_dir_all(dir.join(number.to_string()));
        }
    }
}
