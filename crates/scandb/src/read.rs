//! Looking packages up.

use std::{
    collections::{HashMap, HashSet},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use wharf_scan::{About, Advisory, Finding, Findings, Inventory, Limits, matching};

use crate::{
    CHANGED, CURRENT, Current, DataError, FindError, SHARDS, at, hash, names,
    shard::{Shard, Shelf},
};

/// `current.json`, in bytes.
pub(crate) const MAX_CURRENT: u64 = 1 << 20;
const MAX_CHANGED: u64 = 64 << 20;
/// What is remembered of lookups, in bytes as they are stored; in memory that is about twice as much.
const MAX_REMEMBERED: usize = 16 << 20;
/// Of these, for each lookup, though nothing is known.
const REMEMBERED_BYTES: usize = 256;

/// Packages that one vulnerability is looked for at, and what is read of them, unpacked: advisories about kernels name
/// some hundreds. Those of a few say of it what all do.
const MAX_ABOUT: usize = 32;
const MAX_ABOUT_BYTES: usize = 64 << 20;

/// A generation of the data. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Data {
    inner: Arc<Inner>,
    remembered: Option<Arc<Mutex<Remembered>>>,
}

/// What was looked up.
#[derive(Debug, Default)]
struct Remembered {
    known: HashMap<About, Arc<[Advisory]>>,
    bytes: usize,
}

#[derive(Debug)]
struct Inner {
    current: Current,
    folder: PathBuf,
    shards: Vec<Shard>,
}

impl Data {
    /// Which generation counts; `None` before the first update.
    pub fn current(dir: &Path) -> Result<Option<Current>, DataError> {
        let path = dir.join(CURRENT);
        wharf_durable::read_json(&path, MAX_CURRENT).map_err(at(path))
    }

    /// The generation that counts; `None` before the first update. Blocks.
    pub fn open(dir: &Path) -> Result<Option<Self>, DataError> {
        let mut tried = None;
        loop {
            let Some(current) = Self::current(dir)? else {
                return Ok(None);
            };
            let folder = dir.join(current.generation.to_string());
            match Self::shards(&folder) {
                Ok(shards) => {
                    let inner = Inner {
                        current,
                        folder,
                        shards,
                    };
                    let inner = Arc::new(inner);
                    return Ok(Some(Self {
                        inner,
                        remembered: None,
                    }));
                }
                // An update came between, and took this one away.
                Err(_) if tried != Some(current.generation) => tried = Some(current.generation),
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn shards(folder: &Path) -> Result<Vec<Shard>, DataError> {
        let open = |number: u64| {
            let path = folder.join(format!("{number:02}"));
            Shard::open(&path).map_err(at(path))
        };
        (0..SHARDS).map(open).collect()
    }

    pub fn what(&self) -> &Current {
        &self.inner.current
    }

    /// The hashes of packages that differ from a generation, which was made at that time; `None` if that
    /// is not known: more than one update came between, or everything was brought anew. Blocks.
    pub fn changed_since(&self, generation: u64, updated_at: i64) -> Option<HashSet<u64>> {
        let current = &self.inner.current;
        if (generation, updated_at) == (current.generation, current.updated_at) {
            return Some(HashSet::new());
        }
        let next = generation.checked_add(1) == Some(current.generation);
        if !next || current.since != Some(updated_at) {
            return None;
        }
        let path = self.inner.folder.join(CHANGED);
        let bytes = wharf_durable::read(&path, MAX_CHANGED).ok()??;
        let hash = |bytes: &[u8]| u64::from_le_bytes(std::array::from_fn(|at| bytes[at]));
        Some(bytes.chunks_exact(8).map(hash).collect())
    }

    /// The same, for looking the same packages up for many images: what was looked up is remembered, up to some
    /// MiB, for as long as this and its clones live.
    #[must_use]
    pub fn remembering(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            remembered: Some(Arc::default()),
        }
    }

    /// All that is known of a package. Blocks.
    pub fn lookup(&self, about: &About) -> io::Result<Arc<[Advisory]>> {
        let hash = hash(about);
        let shard = &self.inner.shards[usize::try_from(hash % SHARDS).unwrap_or_default()];
        let read = || -> io::Result<(Arc<[Advisory]>, usize)> {
            let shelves = shard.find(hash)?;
            let bytes = shelves.iter().map(|(_, bytes)| bytes).sum();
            let own = shelves.into_iter().map(|(shelf, _)| shelf);
            let own = own.filter(|shelf| shelf.about == *about);
            Ok((own.flat_map(|shelf| shelf.advisories).collect(), bytes))
        };
        let Some(remembered) = &self.remembered else {
            return Ok(read()?.0);
        };
        if let Some(known) = remembered.lock().known.get(about) {
            return Ok(known.clone());
        }
        let (found, bytes) = read()?;
        let bytes = bytes + REMEMBERED_BYTES;
        let mut remembered = remembered.lock();
        if remembered.bytes + bytes > MAX_REMEMBERED {
            *remembered = Remembered::default();
        }
        if bytes <= MAX_REMEMBERED {
            remembered.bytes += bytes;
            remembered.known.insert(about.clone(), found.clone());
        }
        Ok(found)
    }

    /// What is said of a vulnerability by its name, of some of the packages that it is about. Blocks.
    pub fn about(&self, name: &str) -> io::Result<Vec<Advisory>> {
        let (mut found, mut packages, mut bytes) = (Vec::new(), 0, 0);
        let mut add = |shelf: Shelf| {
            let said = shelf.advisories.into_iter();
            found.extend(said.filter(|it| names::is_about(it, name)));
        };
        for (number, shard) in self.inner.shards.iter().enumerate() {
            let path = self.inner.folder.join(format!("{number:02}.names"));
            let Some(hashes) = names::find(&path, names::hash(name), MAX_ABOUT)? else {
                // Of data that a version before wrote nobody noted that.
                shard.all().try_for_each(|shelf| shelf.map(&mut add))?;
                continue;
            };
            for hash in hashes {
                if packages == MAX_ABOUT || bytes >= MAX_ABOUT_BYTES {
                    return Ok(found);
                }
                packages += 1;
                for (shelf, length) in shard.find(hash)? {
                    bytes += length;
                    add(shelf);
                }
            }
        }
        Ok(found)
    }

    /// What is known to be wrong with the packages of an image, the worst first. Blocks.
    pub fn findings(&self, inventory: &Inventory) -> Result<Vec<Finding>, FindError> {
        self.findings_where(inventory, &Limits::default(), |_| true)
    }

    /// The same of those of its packages that are looked up by what `wanted` lets through. Blocks.
    pub fn findings_where(
        &self,
        inventory: &Inventory,
        limits: &Limits,
        wanted: impl Fn(&About) -> bool,
    ) -> Result<Vec<Finding>, FindError> {
        // Packages built from the same source ask for the same.
        let mut answers: Option<(About, Arc<[Advisory]>)> = None;
        let mut questions = matching::questions(inventory);
        questions.retain(|(about, ..)| wanted(about));
        questions.sort_by(|one, other| one.0.cmp(&other.0));
        let mut found = Findings::new(limits);
        for question in questions {
            let known = match answers.take() {
                Some((about, known)) if about == question.0 => known,
                _ => self.lookup(&question.0)?,
            };
            let (about, package, version) = question;
            found.look(&about, package, version, &known)?;
            answers = Some((about, known));
        }
        Ok(found.end())
    }

    pub(crate) fn shard(&self, number: u64) -> Option<&Shard> {
        self.inner.shards.get(usize::try_from(number).ok()?)
    }
}
