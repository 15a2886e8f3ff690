//! Layers that are used before they are here: read on demand, and completed in the background.
//!
//! ```text
//! lazy/                    a small file system that mounts of layers are seen in
//! lazy/<diff id>/fuse/     where the layer is mounted as long as it is not here
//! lazy/<diff id>/at        leads to `fuse`, and to `layers/` once the layer is there
//! spans/<diff id>/index    its index, compared with its digest
//! spans/<diff id>/archive  what has come of it, decompressed
//! spans/<diff id>/there    for each span of the index 1 once it is in the archive
//! spans/<diff id>/users/   an empty file for each task that was given it
//! ```
//! Containers are told `lazy/<diff id>/at/<diff id>`, which is right before and after. The program that shows a layer
//! (`wharf_lazy_layer`) and the files outlive this process; the next one connects to it, and fetches on as soon as somebody
//! pulls the image with a login of his own ([`Filling::attach`]).
//!
//! What is read is a span whose digest is that of the index, whose digest is that of the manifest of indexes, whose digest the
//! image's manifest has. The whole is compared with the layer's own digest in the end, and the index with the archive. One
//! that turns out to be wrong is told of ([`Event`]), so that its tasks can be stopped.

mod complete;
mod entries;
mod filling;
mod soci;
mod spans;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, broadcast},
    time::timeout,
};
use wharf_lazy_layer::{
    Program, begin, make_room, room_is_there,
    serve::{ARCHIVE, INDEX, THERE},
    unmount,
};
use wharf_ztoc::Ztoc;

pub use self::entries::index_of;
pub(super) use self::{filling::Filling, soci::OF_IMAGE};
use super::{
    budget::Budget,
    digest::Digest,
    error::{ImageError, LayerError, RegistryError, UnpackError},
    layer::discard,
    manifest::{Descriptor, MANIFEST_LIMIT},
    registry::Repository,
    store::{Inner, Origin, verified},
};

/// Where the manifest of an image names its indexes, and what an index of images says of them.
pub mod names {
    pub use super::soci::{KIND, MANIFEST_OF, OF_IMAGE, OF_LAYER};
}

/// A smaller layer is here sooner than its index is of use; SOCI's tools make none for smaller ones.
pub const LEAST_LAYER: u64 = 10 << 20;
/// Layers that are read on demand at a time; each has a program of some megabytes.
const MOST_LAYERS: usize = 64;
/// KiB of memory that all of them may come to take, here and in their programs.
const MOST_MEMORY: usize = 1 << 20;
/// Indexes that are read at a time, before it is known what they take.
const PARALLEL_INDEXES: usize = 2;
/// How long that is waited for, and how long an index or a first span. A pull of the whole layer is never far.
const INDEX_PATIENCE: Duration = Duration::from_secs(20);
/// Spans that are decompressed at a time, over all layers. Those that are on their way are bounded for each layer.
const PARALLEL_SPANS: usize = 4;

/// A task that was given an image some of whose layers are read on demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub task_id: String,
    /// Of the image.
    pub image: Digest,
}

/// What becomes of layers that are read on demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Containers that have it read errors, or what is not so: they have to end.
    Broken { users: Vec<User>, reason: String },
    /// Nobody has a login for it, since this process began or since the registry takes the former no more: one of these
    /// tasks' is wanted.
    Unattended { users: Vec<User> },
}

/// Events that wait for a listener that is slow.
const EVENTS: usize = 256;

/// Since the store was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OnDemand {
    /// Layers that containers began on before they were here.
    pub begun: u64,
    /// Layers that came to their end since.
    pub completed: u64,
    pub broken: u64,
    /// Spans that somebody waited for.
    pub spans: u64,
}

#[derive(Debug)]
pub(super) struct Lazies {
    program: Program,
    events: broadcast::Sender<Event>,
    layers: Mutex<BTreeMap<Digest, Arc<Filling>>>,
    working: Semaphore,
    places: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    indexes: Semaphore,
    /// Bytes of the disk.
    promised: Mutex<u64>,
    counts: Counts,
}

/// Room on the disk for one that is not among the others yet.
struct Promise<'a> {
    all: &'a Mutex<u64>,
    bytes: u64,
}

impl Drop for Promise<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        *all = all.saturating_sub(self.bytes);
    }
}

/// Its place among the layers that are read on demand, and the memory that it may take.
#[derive(Debug)]
pub(super) struct Held {
    _place: Option<OwnedSemaphorePermit>,
    _memory: Option<OwnedSemaphorePermit>,
}

/// KiB that a layer may come to take at the most: its index, what is made of that here and in the program, and spans on their
/// way.
fn weight(ztoc: &Ztoc, index: usize) -> u32 {
    /// Of a node and of what it was made of, without names: those are in the index.
    const ENTRY: u64 = 1024;
    let spans = ztoc.spans.iter();
    let spans = spans.map(|span| span.compressed.end - span.compressed.start);
    let coming = spans.max().unwrap_or(0) * (filling::OWN_SPANS as u64 + 1);
    let bytes = 2 * index as u64 + ztoc.entries.len() as u64 * ENTRY + coming;
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

#[derive(Debug, Default)]
struct Counts {
    begun: AtomicU64,
    completed: AtomicU64,
    broken: AtomicU64,
    spans: AtomicU64,
}

impl Counts {
    fn add(count: &AtomicU64) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Which layer it is.
#[derive(Debug, Clone)]
pub(super) struct Of {
    pub layer: Descriptor,
    pub diff_id: Digest,
    pub origin: Origin,
    /// What is shown is what the index says, until it can be compared with the layer: so it is shown only to those whose
    /// image names this very index.
    pub index: Digest,
}

/// Where a layer lies that is read on demand.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// In the small file system.
    mounts: PathBuf,
    /// On the disk.
    files: PathBuf,
    layers: PathBuf,
    name: String,
}

impl Places {
    pub fn of(dir: &Path, diff_id: &Digest) -> Self {
        let name = diff_id.hex().to_owned();
        Self {
            mounts: dir.join("lazy").join(&name),
            files: dir.join("spans").join(&name),
            layers: dir.join("layers"),
            name,
        }
    }

    /// What containers are told.
    pub fn shown(&self) -> PathBuf {
        self.mounts.join("at").join(&self.name)
    }

    fn mount(&self) -> PathBuf {
        self.mounts.join("fuse")
    }

    fn prepare(&self) -> io::Result<()> {
        self.remove();
        fs::create_dir_all(self.files.join("users"))?;
        fs::create_dir_all(self.mount())?;
        symlink("fuse", self.mounts.join("at"))
    }

    /// From now on the layer itself is shown. Overlays that have the mount keep it.
    fn turn(&self) -> io::Result<()> {
        let new = self.mounts.join("new");
        let _ = fs::remove_file(&new);
        symlink(&self.layers, &new)?;
        fs::rename(&new, self.mounts.join("at"))?;
        unmount(&self.mount())
    }

    fn is_turned(&self) -> bool {
        fs::read_link(self.mounts.join("at")).is_ok_and(|to| to == self.layers)
    }

    /// Nothing of it stays, but what overlays have.
    fn remove(&self) {
        if let Err(error) = unmount(&self.mount()) {
            tracing::warn!(%error, layer = self.name, "failed to unmount a layer that was read on demand");
        }
        for folder in [&self.mounts, &self.files] {
            if folder.exists() {
                discard(folder);
            }
        }
    }

    fn users(&self) -> Vec<User> {
        let entries = fs::read_dir(self.files.join("users")).into_iter().flatten();
        let user = |entry: fs::DirEntry| {
            let image = fs::read_to_string(entry.path()).ok()?;
            Some(User {
                task_id: entry.file_name().into_string().ok()?,
                image: image.try_into().ok()?,
            })
        };
        entries.filter_map(|entry| user(entry.ok()?)).collect()
    }
}

impl Lazies {
    /// `None`, with a word in the log, where this machine cannot: then images are pulled as a whole.
    pub fn open(dir: &Path, program: Program) -> Option<Self> {
        let made = can_map_owners().and_then(|()| {
            fs::create_dir_all(dir.join("spans"))?;
            make_room(&dir.join("lazy"))
        });
        if let Err(error) = made {
            tracing::info!(%error, "images are not read on demand on this machine");
            return None;
        }
        Some(Self::new(program))
    }

    fn new(program: Program) -> Self {
        Self {
            program,
            events: broadcast::Sender::new(EVENTS),
            layers: Mutex::default(),
            working: Semaphore::new(PARALLEL_SPANS),
            places: Arc::new(Semaphore::new(MOST_LAYERS)),
            memory: Arc::new(Semaphore::new(MOST_MEMORY)),
            indexes: Semaphore::new(PARALLEL_INDEXES),
            promised: Mutex::new(0),
            counts: Counts::default(),
        }
    }

    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Users of layers that nobody has a login for.
    pub fn unattended(&self) -> Vec<User> {
        let layers: Vec<_> = self.layers.lock().values().cloned().collect();
        let waiting = layers.into_iter().filter(|layer| layer.is_unattended());
        waiting.flat_map(|layer| layer.places.users()).collect()
    }

    pub fn counts(&self) -> OnDemand {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        OnDemand {
            begun: read(&self.counts.begun),
            completed: read(&self.counts.completed),
            broken: read(&self.counts.broken),
            spans: read(&self.counts.spans),
        }
    }

    /// After the start of the store: what programs of an earlier process still show.
    pub fn recover(self: &Arc<Self>, inner: &Arc<Inner>) {
        let names = |folder: &str| {
            let entries = fs::read_dir(inner.dir.join(folder)).into_iter().flatten();
            let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
            names.filter_map(|name| Digest::from_hex(&name).ok())
        };
        for diff_id in names("spans").collect::<Vec<_>>() {
            let places = Places::of(&inner.dir, &diff_id);
            match Filling::recover(self, inner, &diff_id, &places) {
                Ok(filling) => {
                    self.layers.lock().insert(diff_id, filling);
                }
                // Nobody shows it any more.
                Err(error) => {
                    tracing::info!(%error, layer = diff_id.hex(), "a layer that was read on demand is not shown any more");
                    // Once it was turned it had been compared; else only a layer from the same place is the same.
                    let is_same = || {
                        let of = filling::noted(&places, &diff_id);
                        of.is_ok_and(|of| inner.has_layer_from(&diff_id, &of.origin))
                    };
                    if inner.has_layer(&diff_id) && (places.is_turned() || is_same()) {
                        discard(&places.files);
                        let _ = places.turn();
                    } else {
                        places.remove();
                    }
                }
            }
        }
    }

    /// The indexes of an image's layers; none where something is wrong with them, which is no reason not to pull it.
    pub async fn indexes(
        &self,
        repository: &Repository,
        manifest: &Digest,
    ) -> BTreeMap<Digest, Descriptor> {
        let found = async {
            let (bytes, _) = repository
                .manifest(manifest.as_str(), MANIFEST_LIMIT)
                .await?;
            let bytes = verified("the manifest of indexes", bytes, manifest)?;
            soci::indexes(&bytes).map_err(RegistryError::Nonsense)
        };
        found.await.unwrap_or_else(|error| {
            tracing::warn!(%error, %manifest, "an image has no usable indexes; its layers are pulled as a whole");
            BTreeMap::new()
        })
    }

    /// Shows a layer that is not here. Whoever calls has the turn for it.
    ///
    /// # Errors
    /// Then the layer has to be pulled as a whole.
    pub async fn show(
        self: &Arc<Self>,
        inner: &Arc<Inner>,
        repository: &Arc<Repository>,
        of: Of,
        index: &Descriptor,
        budget: &Arc<Budget>,
    ) -> Result<PathBuf, LayerError> {
        let (layer, diff_id) = (&of.layer, &of.diff_id);
        let places = Places::of(&inner.dir, diff_id);
        let known = self.layers.lock().get(diff_id).cloned();
        if let Some(known) = known {
            // As for layers that are here: who is asked has it for us, and it came from there.
            if !known.is(&of) {
                let other = "it comes from elsewhere, or is shown by another index";
                return Err(RegistryError::Nonsense(other.to_owned()).into());
            }
            repository.has_blob(layer.digest.as_str()).await?;
            let mut meter = budget.meter(layer.size);
            meter.layer(known.ztoc.entries.len() as u64, known.ztoc.plain_size)?;
            known.attach(repository)?;
            meter.keep();
            return Ok(places.shown());
        }
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| refused("too many layers are read on demand"))?;
        let (ztoc, bytes) = self.index(repository, index, layer.size).await?;
        if ztoc.compressed_size != layer.size {
            return Err(refused("the index is of a layer of another size").into());
        }
        let memory = Arc::clone(&self.memory);
        let memory = memory.try_acquire_many_owned(weight(&ztoc, bytes.len()));
        let held = Held {
            _place: Some(place),
            _memory: Some(
                memory.map_err(|_| refused("layers that are read on demand take too much"))?,
            ),
        };
        let mut meter = budget.meter(layer.size);
        meter.layer(ztoc.entries.len() as u64, ztoc.plain_size)?;
        // The archive, and what is unpacked of it.
        let _promised = self.promise(budget, ztoc.plain_size.saturating_mul(2))?;
        let ztoc = Arc::new(ztoc);
        // Whether it sends parts, and what it should.
        let first = timeout(
            INDEX_PATIENCE,
            spans::fetch(repository, layer, &ztoc, 0, &self.working),
        );
        let first = first
            .await
            .map_err(|_| late("the first part of a layer"))??;
        let (lazies, shared) = (Arc::clone(self), Arc::clone(inner));
        let failed = |source| ImageError::io("show a layer in", &places.files)(source);
        let turn = self.turn().await?;
        let begun = tokio::task::spawn_blocking({
            let places = places.clone();
            move || {
                let begun = lazies.begin(&shared, &places, of, ztoc, &bytes, held);
                begun.inspect_err(|_| places.remove())
            }
        });
        let filling = begun
            .await
            .unwrap_or_else(|e| Err(io::Error::other(e)))
            .map_err(failed)?;
        drop(turn);
        let kept = filling.keep(0, &first).map_err(failed);
        let attached = kept.map_err(LayerError::from).and_then(|()| {
            let attached = filling.attach(repository);
            attached.map_err(LayerError::from)
        });
        attached.inspect_err(|_| filling.give_up())?;
        meter.keep();
        Counts::add(&self.counts.begun);
        Ok(places.shown())
    }

    /// That there will be room on the disk, beside what all layers that are shown will take.
    fn promise(&self, budget: &Budget, bytes: u64) -> Result<Promise<'_>, UnpackError> {
        let mut promised = self.promised.lock();
        let layers: Vec<_> = self.layers.lock().values().cloned().collect();
        let others = layers.iter().map(|layer| layer.owed());
        let all = others.fold(*promised, u64::saturating_add);
        budget.look_at_disk(all.saturating_add(bytes))?;
        *promised = promised.saturating_add(bytes);
        Ok(Promise {
            all: &self.promised,
            bytes,
        })
    }

    /// To read an index, here or by a program.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, RegistryError> {
        let turn = timeout(INDEX_PATIENCE, self.indexes.acquire()).await;
        let turn = turn.map_err(|_| late("other indexes to be read"))?;
        turn.map_err(|_| refused("the store is closed"))
    }

    /// The index of a layer of so many bytes, decoded and as it came.
    async fn index(
        &self,
        repository: &Repository,
        index: &Descriptor,
        layer: u64,
    ) -> Result<(Ztoc, Bytes), RegistryError> {
        let most = wharf_ztoc::index_limit(layer);
        if index.size > most {
            return Err(refused("the index is too large"));
        }
        let _turn = self.turn().await?;
        let bytes = timeout(
            INDEX_PATIENCE,
            repository.small_blob(index.digest.as_str(), most),
        );
        let bytes = bytes.await.map_err(|_| late("an index"))??;
        let bytes = verified("the index of a layer", bytes, &index.digest)?;
        let decoded = tokio::task::spawn_blocking(move || {
            let ztoc = Ztoc::decode(&bytes)?;
            Ok::<_, wharf_ztoc::Damaged>((ztoc, bytes))
        });
        let decoded = decoded.await.map_err(|e| refused(&e.to_string()))?;
        decoded.map_err(|e| refused(&e.to_string()))
    }

    fn begin(
        self: &Arc<Self>,
        inner: &Arc<Inner>,
        places: &Places,
        of: Of,
        ztoc: Arc<Ztoc>,
        index: &[u8],
        held: Held,
    ) -> io::Result<Arc<Filling>> {
        places.prepare()?;
        fs::write(places.files.join(INDEX), index)?;
        fs::write(places.files.join(THERE), vec![0; ztoc.spans.len()])?;
        File::create(places.files.join(ARCHIVE))?.set_len(ztoc.plain_size)?;
        filling::note(places, &of)?;
        begin(&self.program, &places.files, &places.mount())?;
        let diff_id = of.diff_id.clone();
        let filling = Filling::open(self, inner, places, of, ztoc, held)?;
        // Also where whoever pulled has given up meanwhile.
        self.layers.lock().insert(diff_id, filling.clone());
        Ok(filling)
    }

    /// Of a layer that an earlier process began.
    fn hold(&self, ztoc: &Ztoc, index: usize) -> Held {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let memory = Arc::clone(&self.memory).try_acquire_many_owned(weight(ztoc, index));
        Held {
            _place: place.ok(),
            _memory: memory.ok(),
        }
    }

    fn forget(&self, diff_id: &Digest) {
        self.layers.lock().remove(diff_id);
    }

    /// Layers that nobody needs any more, and the folders of those that are not here any more.
    pub fn collect(&self, dir: &Path, is_needed: impl Fn(&Digest) -> bool) {
        let unneeded: Vec<_> = {
            let layers = self.layers.lock();
            let unneeded = layers.iter().filter(|(diff_id, _)| !is_needed(diff_id));
            unneeded.map(|(_, filling)| filling.clone()).collect()
        };
        for filling in unneeded {
            filling.give_up();
        }
        let entries = fs::read_dir(dir.join("lazy"))
            .into_iter()
            .flatten()
            .flatten();
        for name in entries.filter_map(|entry| entry.file_name().into_string().ok()) {
            if let Ok(diff_id) = Digest::from_hex(&name)
                && !self.layers.lock().contains_key(&diff_id)
                && !dir.join("layers").join(&name).is_dir()
            {
                Places::of(dir, &diff_id).remove();
            }
        }
    }
}

fn refused(why: &str) -> RegistryError {
    RegistryError::Nonsense(why.to_owned())
}

fn late(what: &str) -> RegistryError {
    refused(&format!("{what} took too long"))
}

/// That a task has the layer at a path that [`Places::shown`] gave, as a part of that image.
pub(super) fn note_user(dir: &Path, path: &Path, task_id: &str, image: &Digest) {
    let name = path.file_name().and_then(|name| name.to_str());
    if path.starts_with(dir.join("lazy"))
        && let Some(diff_id) = name.and_then(|name| Digest::from_hex(name).ok())
        && !task_id.contains('/')
    {
        // A layer that was completed needs no users.
        let users = Places::of(dir, &diff_id).files.join("users");
        let _ = fs::write(users.join(task_id), image.as_str());
    }
}

/// Takes all mounts off, when the installation goes. Nothing may run any more that has them.
///
/// # Errors
/// The kernel refuses.
pub fn unmount_all(dir: &Path) -> io::Result<()> {
    let room = dir.join("lazy");
    while room_is_there(&room)? {
        unmount(&room)?;
    }
    Ok(())
}

/// A task in a user namespace sees layers with other owners, which FUSE can show since Linux 6.12.
fn can_map_owners() -> io::Result<()> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let mut parts = release.trim().split(|c: char| !c.is_ascii_digit());
    let mut next = || parts.next()?.parse::<u32>().ok();
    match next().zip(next()) {
        Some(version) if version >= (6, 12) => Ok(()),
        _ => Err(io::Error::other(format!(
            "Linux {} is older than 6.12",
            release.trim()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ztoc(entries: usize, span: u64) -> Ztoc {
        let bytes = include_bytes!("../../../../../../fuzz/corpus/layer-index/first-form");
        let (length, rest) = bytes.split_first_chunk().unwrap();
        let index = &rest[..u32::from_le_bytes(*length) as usize];
        let mut ztoc = Ztoc::decode(index).unwrap();
        let entry = ztoc.entries[0].clone();
        ztoc.entries = vec![entry; entries];
        ztoc.spans[0].compressed = 0..span;
        ztoc
    }

    #[test]
    fn what_a_layer_may_come_to_take_is_known_before() {
        let common = weight(&ztoc(10_000, 4 << 20), 4 << 20);
        let largest = weight(
            &ztoc(wharf_ztoc::MOST_ENTRIES, wharf_ztoc::MOST_OF_SPAN),
            wharf_ztoc::INDEX_LIMIT as usize,
        );
        // Many of those that there are, few of those that somebody makes up, and each of them at all.
        assert!(MOST_MEMORY as u32 / common > 20, "{common}");
        assert!(
            (2..4).contains(&(MOST_MEMORY as u32 / largest)),
            "{largest}"
        );
    }

    #[test]
    fn layers_that_come_share_the_disk() {
        let program = Program {
            path: "none".into(),
            group: None,
        };
        let lazies = Lazies::new(program);
        let dir = tempfile::tempdir().unwrap();
        let seen = nix::sys::statvfs::statvfs(dir.path()).unwrap();
        let most = seen.blocks_available() * seen.fragment_size() / 10 * 6;
        let limits = crate::image::UnpackLimits {
            free_percent: 1,
            ..crate::image::UnpackLimits::default()
        };
        let budget = Budget::new(limits, dir.path().to_owned());
        // Of another image.
        let second = Budget::new(limits, dir.path().to_owned());
        let first = lazies.promise(&budget, most).unwrap();
        assert!(lazies.promise(&second, most).is_err());
        drop(first);
        assert!(lazies.promise(&second, most).is_ok());
    }
}
