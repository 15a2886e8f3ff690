//! The images of this node on disk.
//!
//! ```text
//! lock                    held by the one process that may change anything here
//! images/<digest>.json    configuration and layers of an image; its time is when it was last used
//! references/<hash>.json  what a name meant when it was last pulled
//! layers/<diff id>/       an unpacked layer
//! layers/<diff id>.json   since which boot it is there, and whether it has reached the disk
//! incoming/               being unpacked; emptied at each start
//! lazy/, spans/           layers that are used before they are here (`lazy`)
//! shelf/                  layers as they came, for peers (`wharf_layers`), where layers are shared
//! ```
//! A layer here is no proof that somebody else may have it: manifests and configurations are whatever
//! their author wrote. So a layer serves a pull only if its registry says that the repository has the
//! blob it was unpacked from, and that blob once came from that very registry; else the pull must
//! bring all of it, and what it brings is compared. An image here serves a reference of a repository
//! that it was pulled from.
//!
//! A layer is trusted if it was unpacked since the machine started, when only processes may have
//! died, or if everything was flushed after it was renamed. So no pull waits for the disk, and no
//! layer that a power failure cut in half is ever used.

mod collect;
mod disk;
mod fetch;
mod flush;
mod records;
mod resolve;
mod retry;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use nix::fcntl::{Flock, FlockArg};
use parking_lot::{Mutex, MutexGuard};
use rustls::ClientConfig;
use tokio::sync::{OnceCell, RwLock, Semaphore, broadcast};
use wharf_base::InstallationId;
use wharf_durable::boot_id;
use wharf_layers::Sharing;
use wharf_lazy_layer::Program;

pub use self::{
    collect::{Collected, GarbageRules},
    disk::ImageDisk,
};
use self::{
    records::ImageRecord,
    resolve::{claims, source},
    retry::BACKOFF_FIRST,
};
pub(super) use self::{records::Origin, resolve::verified};
use super::{
    Image,
    budget::UnpackLimits,
    digest::Digest,
    download,
    error::{ImageError, PullError},
    layer,
    lazy::{self, Event, Lazies, OnDemand, User},
    reference::Reference,
    registry::{Endpoint, RegistryAuth},
};

/// Layers fetched at once, over all pulls: each keeps one thread busy with unpacking.
const PARALLEL_LAYERS: usize = 4;

#[derive(Debug, Clone)]
pub struct ImageOptions {
    /// Whom to trust where a pull names the address of its registry; elsewhere, and without it, what
    /// this machine trusts.
    pub tls: Option<Arc<ClientConfig>>,
    pub limits: UnpackLimits,
    /// Before the second attempt at something that may pass; doubles up to 5 s.
    pub first_retry_after: Duration,
    /// Layers of wharf's own registry come from peers where these have them, and are kept for peers.
    pub sharing: Option<Sharing>,
    /// The program by which layers are shown that are read on demand; none are without it.
    pub on_demand: Option<Program>,
}

impl Default for ImageOptions {
    fn default() -> Self {
        Self {
            tls: None,
            limits: UnpackLimits::default(),
            first_retry_after: BACKOFF_FIRST,
            sharing: None,
            on_demand: None,
        }
    }
}

/// What to pull, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    pub reference: Reference,
    /// `None`: by the reference's host.
    pub endpoint: Option<Endpoint>,
    pub auth: RegistryAuth,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSummary {
    pub digest: Digest,
    /// Names that mean this image here.
    pub references: Vec<String>,
    /// Of the layers, unpacked.
    pub bytes: u64,
    pub last_used: SystemTime,
}

/// The images of a node; a cheap handle.
#[derive(Debug, Clone)]
pub struct ImageStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) dir: PathBuf,
    pub(super) limits: UnpackLimits,
    first_retry_after: Duration,
    pub(super) sharing: Option<Sharing>,
    lazies: Option<Arc<Lazies>>,
    tls: Option<Arc<ClientConfig>>,
    system_tls: OnceCell<Arc<ClientConfig>>,
    boot: String,
    slots: Semaphore,
    /// Of layers that come over several connections.
    parts: Arc<Semaphore>,
    /// One unpacks a layer, others wait for it.
    unpacking: Mutex<HashMap<Digest, Arc<tokio::sync::Mutex<()>>>>,
    /// Pulls share it; collecting garbage excludes them.
    changes: RwLock<()>,
    /// How often layers were removed. Held while that is done, and while a flush is recorded: it
    /// must not bring back the record of a layer that is gone.
    removals: Mutex<u64>,
    /// Held from reading a layer's or an image's record to writing it: who keeps one adds where it came from, who
    /// flushed a layer that it has reached the disk, who uses an image when. A cleanup holds it from looking when images were
    /// used to their end.
    records: Mutex<()>,
    held: Mutex<disk::Held>,
    /// Bytes of layers that came from registries.
    downloaded: AtomicU64,
    /// Layers that came from registries, to the end.
    fetched: AtomicU64,
    _lock: Flock<File>,
}

impl ImageStore {
    /// Opens or makes the folder; what an earlier process left unfinished is removed. A second
    /// process is refused with [`ImageError::InUse`].
    pub async fn open(
        dir: &Path,
        _: InstallationId,
        options: ImageOptions,
    ) -> Result<Self, ImageError> {
        let dir = dir.to_owned();
        blocking(move || {
            for folder in [
                dir.clone(),
                dir.join("images"),
                dir.join("references"),
                dir.join("layers"),
            ] {
                make_folder(&folder)?;
            }
            // Images are named by absolute paths to processes that run elsewhere.
            let dir = fs::canonicalize(&dir).map_err(ImageError::io("find", dir))?;
            let path = dir.join("lock");
            let file = File::create(&path).map_err(ImageError::io("open", path))?;
            let lock = Flock::lock(file, FlockArg::LockExclusiveNonblock)
                .map_err(|_| ImageError::InUse(dir.clone()))?;
            layer::discard(&dir.join("incoming"));
            if options.sharing.is_none() {
                // Of a run that shared layers.
                layer::discard(&dir.join("shelf"));
            }
            make_folder(&dir.join("incoming"))?;
            let lazies = options.on_demand.and_then(|it| Lazies::open(&dir, it));
            let inner = Inner {
                lazies: lazies.map(Arc::new),
                limits: options.limits,
                first_retry_after: options.first_retry_after,
                sharing: options.sharing,
                tls: options.tls,
                system_tls: OnceCell::new(),
                boot: boot_id(),
                slots: Semaphore::new(PARALLEL_LAYERS),
                parts: Arc::new(Semaphore::new(download::PARTS)),
                unpacking: Mutex::default(),
                changes: RwLock::new(()),
                removals: Mutex::new(0),
                records: Mutex::new(()),
                held: Mutex::default(),
                downloaded: AtomicU64::new(0),
                fetched: AtomicU64::new(0),
                dir,
                _lock: lock,
            };
            let inner = Arc::new(inner);
            if let Some(lazies) = &inner.lazies {
                lazies.recover(&inner);
            }
            Ok(Self { inner })
        })
        .await
    }

    /// What becomes of layers that are read on demand, for those who stop tasks and know their logins; and the tasks whose
    /// login is wanted already.
    pub fn on_demand_events(&self) -> Option<(Vec<User>, broadcast::Receiver<Event>)> {
        let lazies = self.inner.lazies.as_ref()?;
        let events = lazies.listen();
        Some((lazies.unattended(), events))
    }

    pub fn on_demand(&self) -> OnDemand {
        let lazies = self.inner.lazies.as_ref();
        lazies.map(|it| it.counts()).unwrap_or_default()
    }

    /// That a task is given an image, some layers of which may be read on demand.
    pub fn note_user(&self, image: &Image, task_id: &str) {
        for layer in image.layers() {
            lazy::note_user(&self.inner.dir, layer, task_id, image.digest());
        }
    }

    /// Bytes of layers that came from registries since the store was opened.
    pub fn downloaded_bytes(&self) -> u64 {
        self.inner.downloaded.load(Ordering::Relaxed)
    }

    /// What it takes part in the sharing of layers by, if it does.
    pub fn sharing(&self) -> Option<&Sharing> {
        self.inner.sharing.as_ref()
    }

    /// Layers that came from registries since the store was opened.
    pub fn downloaded_layers(&self) -> u64 {
        self.inner.fetched.load(Ordering::Relaxed)
    }

    /// Makes the image usable here and remembers what its name means. Layers that are here, and that
    /// the registry has for who we are, are not fetched.
    pub async fn pull(&self, request: &PullRequest) -> Result<Image, PullError> {
        self.pull_with(request, None).await
    }

    /// The same; large layers that have an index may be there only as far as somebody reads them, and come in the
    /// background.
    pub async fn pull_on_demand(&self, request: &PullRequest) -> Result<Image, PullError> {
        self.pull_with(request, self.inner.lazies.as_ref()).await
    }

    async fn pull_with(
        &self,
        request: &PullRequest,
        lazies: Option<&Arc<Lazies>>,
    ) -> Result<Image, PullError> {
        let _shared = self.inner.changes.read().await;
        let repository = Arc::new(self.repository(request).await);
        let resolved = self.resolve_image(request, &repository).await?;
        let indexes = match (lazies, &resolved.indexes) {
            (Some(lazies), Some(manifest)) => lazies.indexes(&repository, manifest).await,
            _ => BTreeMap::new(),
        };
        let shown = self
            .fetch_layers(&repository, &resolved.layers, &indexes)
            .await?;
        let record = ImageRecord {
            digest: resolved.digest,
            config: resolved.config,
            layers: resolved
                .layers
                .iter()
                .map(|(_, diff_id)| diff_id.clone())
                .collect(),
            sources: BTreeSet::from([source(request)]),
            claims: claims(&repository, &resolved.layers, |it| shown.contains_key(it)),
        };
        let name = request.reference.to_string();
        let inner = Arc::clone(&self.inner);
        let image = blocking(move || inner.remember(&name, record)).await?;
        self.flush_later();
        if shown.is_empty() {
            return Ok(image);
        }
        // Where they are seen until they are here, and after.
        let layers = resolved.layers.iter().zip(image.layers());
        let layers = layers.map(|((_, diff_id), path)| shown.get(diff_id).unwrap_or(path).clone());
        let (digest, config) = (image.digest().clone(), image.config().clone());
        Ok(Image::from_layers(digest, config, layers.collect()))
    }

    /// What the name meant when it was last pulled here. No registry is asked. The image counts as used now.
    pub async fn local(&self, reference: &Reference) -> Result<Option<Image>, ImageError> {
        let name = reference.to_string();
        let inner = Arc::clone(&self.inner);
        blocking(move || match inner.meaning(&name)? {
            Some(digest) => inner.use_image(&digest, |_| true),
            None => Ok(None),
        })
        .await
    }

    /// The image of that digest, if it is here as a whole and was pulled from the repository that
    /// the request names: then whoever gets the digest from there may have it. It counts as used now.
    pub async fn pulled_before(
        &self,
        request: &PullRequest,
        digest: &Digest,
    ) -> Result<Option<Image>, ImageError> {
        let (inner, digest) = (Arc::clone(&self.inner), digest.clone());
        let source = source(request);
        blocking(move || inner.use_image(&digest, |record| record.sources.contains(&source))).await
    }

    /// How large the layers of an image are, unpacked; none where some are not here as a whole.
    pub async fn bytes(&self, image: &Image) -> Option<u64> {
        let image = image.clone();
        let counted = blocking(move || Ok(records::bytes_of(&image))).await;
        counted.ok()?
    }

    /// What all of them take of their disk, and what is left of it.
    pub async fn disk(&self) -> Result<ImageDisk, ImageError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || inner.disk()).await
    }

    /// All images, the least recently used first.
    pub async fn images(&self) -> Result<Vec<ImageSummary>, ImageError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || inner.summaries()).await
    }

    /// Removes images that the rules give free, then layers that no image needs. Waits for pulls.
    pub async fn collect(&self, rules: GarbageRules) -> Result<Collected, ImageError> {
        let _alone = self.inner.changes.write().await;
        let inner = Arc::clone(&self.inner);
        blocking(move || inner.collect(&rules)).await
    }
}

impl Inner {
    pub(super) fn count_downloaded(&self, bytes: u64) {
        self.downloaded.fetch_add(bytes, Ordering::Relaxed);
    }

    fn removals(&self) -> MutexGuard<'_, u64> {
        self.removals.lock()
    }
}

fn make_folder(path: &Path) -> Result<(), ImageError> {
    wharf_durable::private_folder(path).map_err(ImageError::io("make", path))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ImageError> + Send + 'static,
) -> Result<T, ImageError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| {
        Err(ImageError::io("finish work on", "images")(
            io::Error::other(e),
        ))
    })
}
