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
mod places;
mod room;
mod soci;
mod spans;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{
    sync::{Semaphore, broadcast},
    time::timeout,
};
use wharf_lazy_layer::{
    Program, begin, make_room, room_is_there,
    serve::{ARCHIVE, INDEX, THERE},
    unmount,
};
use wharf_ztoc::Ztoc;

pub use self::entries::index_of;
pub(super) use self::{filling::Filling, places::note_user, soci::OF_IMAGE};
use self::{
    places::Places,
    room::{Held, INDEX_PATIENCE, Room, late, refused},
};
use super::{
    budget::Budget,
    digest::Digest,
    error::{ImageError, LayerError, RegistryError},
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
    room: Room,
    counts: Counts,
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
            room: Room::default(),
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
            soci::indexes(&bytes).map_err(|error| RegistryError::Nonsense(error.to_string()))
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
        let place = self.room.place()?;
        let (ztoc, bytes) = self.index(repository, index, layer.size).await?;
        if ztoc.compressed_size != layer.size {
            return Err(refused("the index is of a layer of another size").into());
        }
        let held = self.room.hold(place, &ztoc, bytes.len())?;
        let mut meter = budget.meter(layer.size);
        meter.layer(ztoc.entries.len() as u64, ztoc.plain_size)?;
        // The archive, and what is unpacked of it.
        let others = || {
            let layers: Vec<_> = self.layers.lock().values().cloned().collect();
            let owed = layers.iter().map(|layer| layer.owed());
            owed.fold(0, u64::saturating_add)
        };
        let needed = ztoc.plain_size.saturating_mul(2);
        let _promised = self.room.promise(budget, others, needed)?;
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
        let turn = self.room.turn().await?;
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
        let _turn = self.room.turn().await?;
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
