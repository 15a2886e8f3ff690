//! Layers as registries or peers sent them, kept for peers: a file each.
//!
//! A layer comes here while it is unpacked, and stays once its digest was found right. Peers get it from then on; its file is named
//! by its SHA-256 once it has reached the disk, and the next run removes those that have no such name: a power failure may have cut
//! them off. The cache is bounded in layers, bytes and its part of the disk; the least recently used go first. Nothing else
//! depends on it: whoever gets a file compares its digest, and any may go at any time.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    mem,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use nix::sys::statvfs::statvfs;
use parking_lot::Mutex;
use tokio::{sync::watch, task::spawn_blocking};
use wharf_planeproto::{
    layers::{MOST_HELD, Sum},
    snapshot::{hex_of, sum_of},
};

/// Bytes of all layers.
const MOST_BYTES: u64 = 16 << 30;
/// As a part of the disk: this many percent of it are enough.
const PERCENT_OF_DISK: u64 = 10;
/// Nothing is kept while less than this part of the disk is free, or so many bytes, whichever is less.
const PERCENT_FREE: u64 = 15;
const FREE_BYTES: u64 = 8 << 30;
/// Of a layer that is coming, or has not reached the disk.
const UNFINISHED: &str = "part";

/// The layers that a node has for its peers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LayerCache(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dir: PathBuf,
    /// Held while files get their names and lose them, so that there are never more of them than are known.
    held: Mutex<Held>,
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Held {
    layers: BTreeMap<Sum, Kept>,
    uses: u64,
    /// Names files that are coming.
    copies: u64,
}

#[derive(Debug)]
struct Kept {
    file: PathBuf,
    size: u64,
    /// When it was used last, as a count.
    used: u64,
}

impl Held {
    fn keep(&mut self, layer: Sum, file: PathBuf, size: u64) {
        self.uses += 1;
        let used = self.uses;
        self.layers.insert(layer, Kept { file, size, used });
    }

    fn use_of(&mut self, layer: &Sum) -> Option<&Kept> {
        self.uses += 1;
        let kept = self.layers.get_mut(layer)?;
        kept.used = self.uses;
        Some(kept)
    }

    fn bytes(&self) -> u64 {
        self.layers.values().map(|kept| kept.size).sum()
    }

    /// Those that have to go, the least recently used first, for `size` more bytes to fit into `most`.
    fn too_many(&self, size: u64, most: u64) -> Vec<Sum> {
        let mut by_use: Vec<(u64, u64, Sum)> = Vec::new();
        by_use.extend(
            self.layers
                .iter()
                .map(|(sum, kept)| (kept.used, kept.size, *sum)),
        );
        by_use.sort_unstable();
        let (mut count, mut bytes) = (self.layers.len(), self.bytes());
        let mut going = Vec::new();
        for (_, own, sum) in by_use {
            if count < MOST_HELD && bytes.saturating_add(size) <= most {
                break;
            }
            count -= 1;
            bytes -= own;
            going.push(sum);
        }
        going
    }
}

impl LayerCache {
    /// Opens or makes the folder; what did not come to its end is removed.
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        wharf_durable::private_folder(dir)?;
        let mut found: Vec<(SystemTime, Sum, u64)> = Vec::new();
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let (name, meta) = (entry.file_name(), entry.metadata()?);
            match name.to_str().and_then(sum_of) {
                Some(sum) if meta.is_file() => {
                    let used = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    found.push((used, sum, meta.len()));
                }
                _ => remove(&entry.path()),
            }
        }
        found.sort_unstable();
        let mut held = Held::default();
        for (_, sum, size) in found {
            held.keep(sum, dir.join(hex_of(&sum)), size);
        }
        let cache = Self(Arc::new(Inner {
            dir: dir.to_owned(),
            held: Mutex::new(held),
            changes: watch::Sender::new(0),
        }));
        cache.make_room(&mut cache.0.held.lock(), 0);
        Ok(cache)
    }

    /// The layers that are here, at most [`MOST_HELD`].
    pub fn layers(&self) -> Vec<Sum> {
        self.0.held.lock().layers.keys().copied().collect()
    }

    /// Tells of each change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// A layer of `size` bytes begins to come; `None` if it is here, or there is no room for it.
    pub fn begin(&self, layer: Sum, size: u64) -> Option<Copying> {
        if self.0.held.lock().layers.contains_key(&layer) || !self.has_room(size) {
            return None;
        }
        let number = {
            let mut held = self.0.held.lock();
            held.copies += 1;
            held.copies
        };
        let path = self.0.dir.join(format!("{number}.{UNFINISHED}"));
        let file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        Some(Copying {
            file: file.ok(),
            path,
            layer,
            cache: self.clone(),
            size: 0,
        })
    }

    /// The file of a layer, and its size.
    pub(crate) fn take(&self, layer: &Sum) -> Option<(File, u64)> {
        let mut held = self.0.held.lock();
        let kept = held.use_of(layer)?;
        match File::open(&kept.file) {
            Ok(file) => Some((file, kept.size)),
            Err(_) => {
                self.forget(&mut held, layer);
                None
            }
        }
    }

    /// Flushes layers as they come.
    pub(crate) async fn flush_as_they_come(self) {
        let mut changes = self.changes();
        loop {
            let cache = self.clone();
            let flushed = spawn_blocking(move || cache.flush());
            if flushed.await.is_err() || changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Brings all layers to the disk, and gives them their names there.
    fn flush(&self) {
        let path = |layer: &Sum| self.0.dir.join(hex_of(layer));
        let held = self.0.held.lock();
        let kept = held
            .layers
            .iter()
            .map(|(sum, kept)| (*sum, kept.file.clone()));
        let fresh: Vec<(Sum, PathBuf)> = kept.filter(|(sum, file)| *file != path(sum)).collect();
        drop(held);
        for (layer, file) in fresh {
            let flushed = File::open(&file).and_then(|file| file.sync_all());
            let mut held = self.0.held.lock();
            // It may be gone meanwhile, and another copy of it be here.
            let Some(kept) = held.layers.get_mut(&layer).filter(|kept| kept.file == file) else {
                continue;
            };
            match flushed.and_then(|()| fs::rename(&file, path(&layer))) {
                Ok(()) => kept.file = path(&layer),
                Err(error) => {
                    tracing::warn!(%error, layer = hex_of(&layer), "failed to sync a layer; it is not kept for peers");
                    self.forget(&mut held, &layer);
                }
            }
        }
    }

    fn has_room(&self, size: u64) -> bool {
        let Some((all, free)) = self.disk() else {
            return false;
        };
        size <= MOST_BYTES.min(all / 100 * PERCENT_OF_DISK)
            && free.saturating_sub(size) >= FREE_BYTES.min(all / 100 * PERCENT_FREE)
    }

    /// Bytes of the disk, and those that are free.
    fn disk(&self) -> Option<(u64, u64)> {
        let seen = statvfs(&self.0.dir).ok()?;
        let of = |blocks: u64| blocks.saturating_mul(seen.fragment_size());
        Some((of(seen.blocks()), of(seen.blocks_available())))
    }

    /// For so many more bytes.
    fn make_room(&self, held: &mut Held, size: u64) {
        let all = self.disk().map_or(0, |(all, _)| all);
        let most = MOST_BYTES.min(all / 100 * PERCENT_OF_DISK);
        for layer in held.too_many(size, most) {
            self.forget(held, &layer);
        }
    }

    fn forget(&self, held: &mut Held, layer: &Sum) {
        if let Some(kept) = held.layers.remove(layer) {
            remove(&kept.file);
        }
        self.changed();
    }

    fn changed(&self) {
        self.0.changes.send_modify(|count| *count += 1);
    }
}

/// A layer on its way to the cache; removed unless it is kept, when it has no path any more. What the disk refuses ends the copy and nothing else.
#[derive(Debug)]
pub struct Copying {
    cache: LayerCache,
    layer: Sum,
    path: PathBuf,
    /// None once a write failed.
    file: Option<File>,
    size: u64,
}

impl Copying {
    pub fn write(&mut self, piece: &[u8]) {
        let Some(file) = &mut self.file else { return };
        match file.write_all(piece) {
            Ok(()) => self.size += piece.len() as u64,
            Err(error) => {
                tracing::debug!(%error, "a layer is not kept for peers");
                self.file = None;
            }
        }
    }

    /// It came whole, and its digest is right.
    pub fn keep(mut self) {
        if self.file.take().is_none() {
            return;
        }
        let cache = self.cache.clone();
        let mut held = cache.0.held.lock();
        // Another copy came first.
        if held.layers.contains_key(&self.layer) {
            return;
        }
        cache.make_room(&mut held, self.size);
        held.keep(self.layer, mem::take(&mut self.path), self.size);
        cache.changed();
    }
}

impl Drop for Copying {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            remove(&self.path);
        }
    }
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, path = %path.display(), "failed to remove a layer that was kept for peers");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn put(cache: &LayerCache, layer: u8, content: &[u8]) {
        let mut copy = cache.begin([layer; 32], content.len() as u64).unwrap();
        copy.write(content);
        copy.keep();
    }

    #[test]
    fn what_came_whole_stays() {
        let dir = tempfile::tempdir().unwrap();
        let cache = LayerCache::open(dir.path()).unwrap();
        let mut half = cache.begin([1; 32], 10).unwrap();
        half.write(b"half");
        drop(half);
        assert_eq!(cache.layers(), Vec::<Sum>::new());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        let changes = cache.changes();
        put(&cache, 2, b"whole");
        assert!(changes.has_changed().unwrap());
        assert!(cache.begin([2; 32], 5).is_none(), "it is here");
        let (mut file, size) = cache.take(&[2; 32]).unwrap();
        let mut read = String::new();
        file.read_to_string(&mut read).unwrap();
        assert_eq!((read.as_str(), size), ("whole", 5));
        cache.flush();
        // A run that was killed leaves parts behind.
        fs::write(dir.path().join("7.part"), b"x").unwrap();
        fs::write(dir.path().join("odd"), b"x").unwrap();
        let again = LayerCache::open(dir.path()).unwrap();
        assert_eq!(again.layers(), [[2; 32]]);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        // Somebody cleaned up.
        fs::remove_file(dir.path().join(hex_of(&[2; 32]))).unwrap();
        assert!(again.take(&[2; 32]).is_none());
        assert_eq!(again.layers(), Vec::<Sum>::new());
    }

    #[test]
    fn what_did_not_reach_the_disk_is_trusted_by_its_own_run_alone() {
        let dir = tempfile::tempdir().unwrap();
        let cache = LayerCache::open(dir.path()).unwrap();
        put(&cache, 1, b"flushed");
        cache.flush();
        put(&cache, 2, b"not flushed");
        assert_eq!(cache.layers(), [[1; 32], [2; 32]]);
        assert!(cache.take(&[1; 32]).is_some() && cache.take(&[2; 32]).is_some());
        let again = LayerCache::open(dir.path()).unwrap();
        assert_eq!(again.layers(), [[1; 32]]);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        // Gone before it was flushed.
        put(&again, 3, b"gone");
        let file = again.0.held.lock().layers[&[3; 32]].file.clone();
        fs::remove_file(file).unwrap();
        again.flush();
        assert_eq!(again.layers(), [[1; 32]]);
    }

    #[test]
    fn what_comes_at_once_fits_together() {
        let dir = tempfile::tempdir().unwrap();
        let cache = LayerCache::open(dir.path()).unwrap();
        let numbered = |number: u32| {
            let mut sum = [0; 32];
            sum[..4].copy_from_slice(&number.to_be_bytes());
            sum
        };
        let copied = |number| {
            let mut copy = cache.begin(numbered(number), 1).unwrap();
            copy.write(b"x");
            copy
        };
        let most = u32::try_from(MOST_HELD).unwrap();
        (0..most).for_each(|number| copied(number).keep());
        for round in 1..=20 {
            let begun = std::sync::Barrier::new(8);
            std::thread::scope(|threads| {
                for thread in 0..8 {
                    let (copied, begun) = (&copied, &begun);
                    threads.spawn(move || {
                        let copy = copied(most * round + thread);
                        begun.wait();
                        copy.keep();
                    });
                }
            });
            assert_eq!(cache.layers().len(), MOST_HELD);
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), MOST_HELD);
        }
    }

    #[test]
    fn the_least_recently_used_go() {
        let mut held = Held::default();
        for layer in 1..=4u8 {
            held.keep([layer; 32], PathBuf::new(), 10);
        }
        assert_eq!(held.too_many(0, 40), Vec::<Sum>::new());
        assert_eq!(held.too_many(5, 40), [[1; 32]]);
        held.use_of(&[1; 32]).unwrap();
        assert_eq!(held.too_many(15, 40), [[2; 32], [3; 32]]);
        assert_eq!(held.too_many(u64::MAX, 40).len(), 4);
        for layer in 0..MOST_HELD {
            let mut sum = [0; 32];
            sum[..8].copy_from_slice(&layer.to_be_bytes());
            held.keep(sum, PathBuf::new(), 0);
        }
        assert_eq!(held.too_many(0, 1000).len(), 5);
    }
}
