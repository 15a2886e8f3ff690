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

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::{self, File},
    io,
    os::{fd::AsRawFd, unix::fs::DirBuilderExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use nix::fcntl::{Flock, FlockArg};
use parking_lot::{Mutex, MutexGuard};
use rand::Rng;
use rustls::ClientConfig;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::sync::{OnceCell, RwLock, Semaphore, broadcast};
use wharf_base::{Backoff, InstallationId};
use wharf_durable::{self as durable, Durability};
use wharf_layers::Sharing;
use wharf_lazy_layer::Program;
use wharf_shim_protocol::record::boot_id;

use super::{
    Image, ImageConfig,
    budget::{Budget, UnpackLimits},
    digest::Digest,
    download::{self, Download},
    error::{ImageError, LayerError, PullError, RegistryError},
    layer::{self, Coming, Incoming},
    lazy::{self, Event, Lazies, OnDemand, User},
    manifest::{CONFIG_LIMIT, Descriptor, MANIFEST_LIMIT, Manifest, parse_config, parse_manifest},
    peers::{FromPeers, Patience},
    reference::Reference,
    registry::{Endpoint, RegistryAuth, Repository, system_tls},
};

/// As many as the stock agent makes, and its waits (spec/ecs-agent.md §5).
const ATTEMPTS: u32 = 5;
const BACKOFF_FIRST: Duration = Duration::from_millis(1100);
const BACKOFF_MAX: Duration = Duration::from_secs(5);
/// Layers fetched at once, over all pulls: each keeps one thread busy with unpacking.
const PARALLEL_LAYERS: usize = 4;
const RECORD_LIMIT: u64 = 16 << 20;

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

/// Which images may go.
#[derive(Debug, Clone)]
pub struct GarbageRules {
    /// In use, whatever their age.
    pub keep: BTreeSet<Digest>,
    pub unused_for: Duration,
    /// The least recently used ones first.
    pub at_most: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    pub images: Vec<Digest>,
    pub layers: usize,
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
    /// flushed a layer that it has reached the disk.
    records: Mutex<()>,
    /// Bytes of layers that came from registries.
    downloaded: AtomicU64,
    /// Layers that came from registries, to the end.
    fetched: AtomicU64,
    _lock: Flock<File>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ImageRecord {
    digest: Digest,
    config: ImageConfig,
    layers: Vec<Digest>,
    /// The repositories that it was pulled from.
    #[serde(default)]
    sources: BTreeSet<String>,
    /// Layers that were only shown when it was pulled. What its author wrote of each is not proven before one is here that came
    /// from there.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    claims: BTreeSet<Claim>,
}

/// That a layer is what a blob holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Claim {
    diff_id: Digest,
    origin: Origin,
}

/// Where a layer came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Origin {
    pub registry: String,
    /// Of the blob, as it was sent.
    pub blob: Digest,
}

#[derive(Debug, Serialize, Deserialize)]
struct ReferenceRecord {
    reference: String,
    digest: Digest,
}

#[derive(Debug, Serialize, Deserialize)]
struct LayerRecord {
    boot: String,
    flushed: bool,
    bytes: u64,
    /// Who sent all of it. None is known of layers that versions before unpacked.
    #[serde(default)]
    origins: BTreeSet<Origin>,
}

/// A manifest as it came.
struct Served {
    bytes: bytes::Bytes,
    digest: Digest,
}

/// A manifest with all it names, checked.
struct Resolved {
    /// Of what the reference names: an index's own, where it is one.
    digest: Digest,
    config: ImageConfig,
    layers: Vec<(Descriptor, Digest)>,
    /// The manifest of the indexes of its layers.
    indexes: Option<Digest>,
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

    /// What the reference means at its registry now: one or two small requests.
    pub async fn resolve(&self, request: &PullRequest) -> Result<Digest, PullError> {
        let repository = self.repository(request).await;
        let served = self.retried_manifest(request, &repository).await?;
        Ok(served.digest)
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

    /// What the name meant when it was last pulled here. No registry is asked.
    pub async fn local(&self, reference: &Reference) -> Result<Option<Image>, ImageError> {
        let name = reference.to_string();
        let inner = Arc::clone(&self.inner);
        blocking(move || match inner.meaning(&name)? {
            Some(digest) => inner.image(&digest),
            None => Ok(None),
        })
        .await
    }

    /// The image of that digest, if it is here as a whole and was pulled from the repository that
    /// the request names: then whoever gets the digest from there may have it.
    pub async fn pulled_before(
        &self,
        request: &PullRequest,
        digest: &Digest,
    ) -> Result<Option<Image>, ImageError> {
        let (inner, digest) = (Arc::clone(&self.inner), digest.clone());
        let source = source(request);
        blocking(move || {
            let record = inner.whole_image(&digest)?;
            let record = record.filter(|record| record.sources.contains(&source));
            Ok(record.map(|record| inner.to_image(record)))
        })
        .await
    }

    /// All images, the least recently used first.
    pub async fn images(&self) -> Result<Vec<ImageSummary>, ImageError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || inner.summaries()).await
    }

    /// The image is used now.
    pub async fn touch(&self, digest: &Digest) -> Result<(), ImageError> {
        let path = self.inner.image_path(digest);
        blocking(move || {
            let file = File::options()
                .write(true)
                .open(&path)
                .map_err(ImageError::io("open", &path))?;
            file.set_modified(SystemTime::now())
                .map_err(ImageError::io("touch", path))
        })
        .await
    }

    /// Removes images that the rules give free, then layers that no image needs. Waits for pulls.
    pub async fn collect(&self, rules: GarbageRules) -> Result<Collected, ImageError> {
        let _alone = self.inner.changes.write().await;
        let inner = Arc::clone(&self.inner);
        blocking(move || inner.collect(&rules)).await
    }

    async fn repository(&self, request: &PullRequest) -> Repository {
        let endpoint = request
            .endpoint
            .clone()
            .unwrap_or_else(|| Endpoint::of(&request.reference));
        // Only the registry that was named by its address is behind wharf's own authority.
        let own = request.endpoint.as_ref().and(self.inner.tls.as_ref());
        let tls = match own {
            Some(tls) => Arc::clone(tls),
            None => Arc::clone(
                self.inner
                    .system_tls
                    .get_or_init(|| async { system_tls() })
                    .await,
            ),
        };
        let repository = Repository::new(&endpoint, &request.reference, request.auth.clone(), tls);
        match request.endpoint {
            Some(_) => repository.own(),
            None => repository,
        }
    }

    async fn retried_manifest(
        &self,
        request: &PullRequest,
        repository: &Repository,
    ) -> Result<Served, PullError> {
        let wanted = request.reference.wanted();
        let (attempts, result) = self
            .inner
            .retry(RegistryError::is_transient, || async {
                let (bytes, told) = repository.manifest(wanted, MANIFEST_LIMIT).await?;
                match request.reference.digest() {
                    Some(digest) => Ok(Served {
                        bytes: verified("the manifest", bytes, digest)?,
                        digest: digest.clone(),
                    }),
                    None => Ok(Served {
                        digest: called(&bytes, told),
                        bytes,
                    }),
                }
            })
            .await;
        result.map_err(|source| PullError::Manifest {
            reference: request.reference.to_string(),
            attempts,
            source,
        })
    }

    async fn resolve_image(
        &self,
        request: &PullRequest,
        repository: &Repository,
    ) -> Result<Resolved, PullError> {
        let reference = || request.reference.to_string();
        let unusable = |reason: String| PullError::Unusable {
            reference: reference(),
            reason,
        };
        let Served { bytes, digest } = self.retried_manifest(request, repository).await?;
        let failed = |attempts| {
            move |source| PullError::Manifest {
                reference: reference(),
                attempts,
                source,
            }
        };
        let (config, layers, indexes) = match parse_manifest(&bytes).map_err(unusable)? {
            Manifest::Image {
                config,
                layers,
                indexes,
            } => (config, layers, indexes),
            Manifest::Index { chosen } => {
                let (attempts, result) = self
                    .inner
                    .retry(RegistryError::is_transient, || async {
                        let (bytes, _) =
                            repository.manifest(chosen.as_str(), MANIFEST_LIMIT).await?;
                        verified("the manifest", bytes, &chosen)
                    })
                    .await;
                match parse_manifest(&result.map_err(failed(attempts))?).map_err(unusable)? {
                    Manifest::Image {
                        config,
                        layers,
                        indexes,
                    } => (config, layers, indexes),
                    Manifest::Index { .. } => {
                        return Err(unusable("an index within an index".to_owned()));
                    }
                }
            }
        };
        let (attempts, result) = self
            .inner
            .retry(RegistryError::is_transient, || async {
                let bytes = repository
                    .small_blob(config.digest.as_str(), CONFIG_LIMIT)
                    .await?;
                verified("the configuration", bytes, &config.digest)
            })
            .await;
        let (config, diff_ids) =
            parse_config(&result.map_err(failed(attempts))?).map_err(unusable)?;
        if diff_ids.len() != layers.len() || layers.is_empty() {
            return Err(unusable(format!(
                "{} layers, but {} in its configuration",
                layers.len(),
                diff_ids.len()
            )));
        }
        Ok(Resolved {
            digest,
            config,
            layers: layers.into_iter().zip(diff_ids).collect(),
            indexes,
        })
    }

    async fn fetch_layers(
        &self,
        repository: &Arc<Repository>,
        layers: &[(Descriptor, Digest)],
        indexes: &BTreeMap<Digest, Descriptor>,
    ) -> Result<BTreeMap<Digest, PathBuf>, PullError> {
        let budget = Budget::new(self.inner.limits, self.inner.dir.clone());
        let mut fetches = tokio::task::JoinSet::new();
        for (descriptor, diff_id) in layers {
            let (store, repository) = (self.clone(), Arc::clone(repository));
            let (descriptor, diff_id) = (descriptor.clone(), diff_id.clone());
            let budget = Arc::clone(&budget);
            let index = indexes.get(&descriptor.digest).cloned();
            fetches.spawn(async move {
                let shown = store
                    .ensure_layer(&repository, &descriptor, &diff_id, index.as_ref(), &budget)
                    .await?;
                Ok(shown.map(|path| (diff_id, path)))
            });
        }
        let mut shown = BTreeMap::new();
        while let Some(fetched) = fetches.join_next().await {
            // The first failure ends the others, when the set is dropped.
            let fetched = fetched.unwrap_or_else(|e| {
                let source = io::Error::other(e);
                Err(PullError::Store(ImageError::Io {
                    step: "fetch layers into",
                    path: self.inner.dir.clone(),
                    source,
                }))
            });
            shown.extend(fetched?);
        }
        Ok(shown)
    }

    /// Where it is shown, if it is not here.
    async fn ensure_layer(
        &self,
        repository: &Arc<Repository>,
        descriptor: &Descriptor,
        diff_id: &Digest,
        index: Option<&Descriptor>,
        budget: &Arc<Budget>,
    ) -> Result<Option<PathBuf>, PullError> {
        let inner = &self.inner;
        let failed = |attempts| {
            move |source| PullError::Layer {
                digest: descriptor.digest.clone(),
                attempts,
                source,
            }
        };
        let turn = {
            let mut unpacking = inner.unpacking.lock();
            // Others still wait for those that are shared; the rest is over.
            unpacking.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(unpacking.entry(diff_id.clone()).or_default())
        };
        let _turn = turn.lock().await;
        let origin = Origin {
            registry: repository.registry().to_owned(),
            blob: descriptor.digest.clone(),
        };
        // Anything but a clear yes means that the registry has to send it.
        if let Some(here) = inner.layer(diff_id)
            && here.origins.contains(&origin)
            && (repository.has_blob(origin.blob.as_str()).await).is_ok()
        {
            let counted = budget.count_present(here.bytes);
            return counted.map(|()| None).map_err(|e| failed(1)(e.into()));
        }
        if let (Some(lazies), Some(index)) = (&inner.lazies, index)
            && descriptor.size >= lazy::LEAST_LAYER
            && !inner.has_layer(diff_id)
        {
            let of = lazy::Of {
                layer: descriptor.clone(),
                diff_id: diff_id.clone(),
                origin: origin.clone(),
                index: index.digest.clone(),
            };
            match lazies.show(inner, repository, of, index, budget).await {
                Ok(shown) => return Ok(Some(shown)),
                Err(error) => {
                    tracing::warn!(layer = %descriptor.digest, error = &error as &dyn std::error::Error, "a layer cannot be read on demand; it is pulled as a whole");
                }
            }
        }
        let mut patience = Patience::with(descriptor);
        loop {
            inner
                .wait_for_peers(repository, descriptor, &mut patience)
                .await;
            let Ok(slot) = inner.slots.acquire().await else {
                return Ok(None);
            };
            let may_wait = patience.is_left();
            let (attempts, result) = inner
                .retry(LayerError::is_transient, || async {
                    inner
                        .fetch_layer(repository, descriptor, diff_id, &origin, budget, may_wait)
                        .await
                })
                .await;
            match result {
                Err(LayerError::Peer(error)) if may_wait && error.is_busy() => {}
                result => return result.map(|()| None).map_err(failed(attempts)),
            }
            // Other layers may come meanwhile.
            drop(slot);
            patience.pause().await;
        }
    }

    /// Flushes what was unpacked, off the way of whoever waits for the image.
    fn flush_later(&self) {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || {
            if let Err(e) = inner.flush() {
                tracing::warn!(error = %e, "failed to sync layers; after a crash of the machine they are fetched again");
            }
        });
    }
}

impl LayerError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Registry(e) if e.is_transient())
    }
}

impl Inner {
    /// Runs `attempt` until it succeeds, fails for good, or has failed [`ATTEMPTS`] times; returns
    /// how many attempts were made.
    async fn retry<T, E, F: Future<Output = Result<T, E>>>(
        &self,
        is_transient: impl Fn(&E) -> bool,
        attempt: impl Fn() -> F,
    ) -> (u32, Result<T, E>) {
        // Jittered: many tasks of one service must not come back together.
        let mut backoff = Backoff::new(self.first_retry_after, BACKOFF_MAX, 2.0);
        let mut made = 1;
        loop {
            match attempt().await {
                Err(e) if is_transient(&e) && made < ATTEMPTS => {
                    tokio::time::sleep(backoff.wait()).await;
                    made += 1;
                }
                result => return (made, result),
            }
        }
    }

    fn image_path(&self, digest: &Digest) -> PathBuf {
        self.dir
            .join("images")
            .join(format!("{}.json", digest.hex()))
    }

    fn reference_path(&self, name: &str) -> PathBuf {
        let hash = hex::encode(Sha256::digest(name.as_bytes()));
        self.dir.join("references").join(format!("{hash}.json"))
    }

    pub(super) fn count_downloaded(&self, bytes: u64) {
        self.downloaded.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn layer_path(&self, diff_id: &Digest) -> PathBuf {
        self.dir.join("layers").join(diff_id.hex())
    }

    fn layer_record_path(&self, diff_id: &Digest) -> PathBuf {
        self.dir
            .join("layers")
            .join(format!("{}.json", diff_id.hex()))
    }

    /// Here, and whole.
    fn layer(&self, diff_id: &Digest) -> Option<LayerRecord> {
        let record: LayerRecord =
            durable::read_json(&self.layer_record_path(diff_id), RECORD_LIMIT).ok()??;
        let trusted = record.flushed || record.boot == self.boot;
        (trusted && self.layer_path(diff_id).is_dir()).then_some(record)
    }

    pub(super) fn has_layer(&self, diff_id: &Digest) -> bool {
        self.layer(diff_id).is_some()
    }

    /// Unpacked from what came from there, and compared.
    pub(super) fn has_layer_from(&self, diff_id: &Digest, origin: &Origin) -> bool {
        let here = self.layer(diff_id);
        here.is_some_and(|it| it.origins.contains(origin))
    }

    pub(super) fn make_incoming(&self) -> Result<Incoming, ImageError> {
        let name = format!("{:016x}", rand::rng().random::<u64>());
        let incoming = self.dir.join("incoming").join(name);
        make_layer_folder(&incoming)?;
        Ok(Incoming::new(incoming))
    }

    async fn fetch_layer(
        self: &Arc<Self>,
        repository: &Arc<Repository>,
        descriptor: &Descriptor,
        diff_id: &Digest,
        origin: &Origin,
        budget: &Arc<Budget>,
        may_wait: bool,
    ) -> Result<(), LayerError> {
        let mut answered = match self
            .fetch_from_peers(repository, descriptor, diff_id, budget, may_wait)
            .await?
        {
            FromPeers::Layer(bytes, incoming) => {
                return self.keep_fetched(incoming, diff_id, bytes, origin).await;
            }
            FromPeers::Answered(body) => Some(body),
            FromPeers::Nothing => None,
        };
        let mut parts = Some(&self.parts);
        let (bytes, incoming) = loop {
            let incoming = self.make_incoming()?;
            let pause = Backoff::new(self.first_retry_after, BACKOFF_MAX, 2.0);
            let downloaded = |bytes| {
                self.downloaded.fetch_add(bytes, Ordering::Relaxed);
            };
            let download = match answered.take() {
                Some(body) => Download::of(body, repository, descriptor, parts, pause),
                None => Download::begin(repository, descriptor, parts, pause).await?,
            };
            let is_pieced = download.is_pieced();
            let (coming, copy) = (
                Coming::Registry(Box::new(download)),
                self.copy_of(repository, descriptor),
            );
            let fetched = layer::fetch(
                coming, copy, descriptor, diff_id, incoming, budget, downloaded,
            );
            match fetched.await {
                // One answer may be right where several together are not.
                Err(error)
                    if error.is_about_content()
                        && is_pieced.load(Ordering::Relaxed)
                        && parts.take().is_some() =>
                {
                    let layer = descriptor.digest.as_str();
                    tracing::warn!(layer, %error, "a layer that came in parts is wrong; fetching it over one connection");
                }
                fetched => break fetched?,
            }
        };
        self.fetched.fetch_add(1, Ordering::Relaxed);
        self.keep_fetched(incoming, diff_id, bytes, origin).await
    }

    async fn keep_fetched(
        self: &Arc<Self>,
        incoming: Incoming,
        diff_id: &Digest,
        bytes: u64,
        origin: &Origin,
    ) -> Result<(), LayerError> {
        let (inner, diff_id, origin) = (Arc::clone(self), diff_id.clone(), origin.clone());
        let keep = move || inner.keep_layer(incoming, &diff_id, bytes, origin);
        let kept = tokio::task::spawn_blocking(keep);
        let kept = kept.await.unwrap_or_else(|e| {
            Err(ImageError::io("keep a layer in", &self.dir)(
                io::Error::other(e),
            ))
        });
        Ok(kept?)
    }

    pub(super) fn keep_layer(
        &self,
        incoming: Incoming,
        diff_id: &Digest,
        bytes: u64,
        origin: Origin,
    ) -> Result<(), ImageError> {
        let _records = self.records.lock();
        if let Some(mut here) = self.layer(diff_id) {
            // In use, maybe: it stays, and what came was the proof.
            here.origins.insert(origin);
            let path = self.layer_record_path(diff_id);
            return durable::replace_json(&path, &here, Durability::Process)
                .map_err(ImageError::io("write", path));
        }
        let path = self.layer_path(diff_id);
        // One that is not trusted any more.
        layer::discard(&path);
        fs::rename(incoming.path(), &path).map_err(ImageError::io("move a layer to", path))?;
        incoming.keep();
        let record = LayerRecord {
            boot: self.boot.clone(),
            flushed: false,
            bytes,
            origins: BTreeSet::from([origin]),
        };
        let path = self.layer_record_path(diff_id);
        durable::replace_json(&path, &record, Durability::Process)
            .map_err(ImageError::io("write", path))
    }

    /// Everything unpacked so far reaches the disk, and is recorded as such.
    fn flush(&self) -> Result<(), ImageError> {
        while !self.flush_unless_removed()? {}
        Ok(())
    }

    /// `false`: layers were removed meanwhile, and a record may be that of another that took the
    /// place of one.
    fn flush_unless_removed(&self) -> Result<bool, ImageError> {
        let before = *self.removals();
        let folder = self.dir.join("layers");
        let failed = |step| ImageError::io(step, folder.clone());
        let mut waiting = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed("list"))? {
            let path = entry.map_err(failed("list"))?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
                && let Ok(Some(record)) = durable::read_json::<LayerRecord>(&path, RECORD_LIMIT)
                && !record.flushed
                && record.boot == self.boot
            {
                waiting.push(path);
            }
        }
        if waiting.is_empty() {
            return Ok(true);
        }
        let file = File::open(&folder).map_err(failed("open"))?;
        // SAFETY: a descriptor of ours.
        if unsafe { libc::syncfs(file.as_raw_fd()) } != 0 {
            return Err(failed("flush")(io::Error::last_os_error()));
        }
        let removals = self.removals();
        if *removals != before {
            return Ok(false);
        }
        for path in waiting {
            let _records = self.records.lock();
            // As it is by now: another pull may have been added to it.
            let Some(record) = read::<LayerRecord>(&path)? else {
                continue;
            };
            let record = LayerRecord {
                flushed: true,
                ..record
            };
            durable::replace_json(&path, &record, Durability::Machine)
                .map_err(ImageError::io("write", path))?;
        }
        Ok(true)
    }

    fn removals(&self) -> MutexGuard<'_, u64> {
        self.removals.lock()
    }

    fn remember(&self, name: &str, mut record: ImageRecord) -> Result<Image, ImageError> {
        let _records = self.records.lock();
        let path = self.image_path(&record.digest);
        if let Some(known) = read::<ImageRecord>(&path)? {
            record.sources.extend(known.sources);
        }
        durable::replace_json(&path, &record, Durability::Process)
            .map_err(ImageError::io("write", path))?;
        let reference = ReferenceRecord {
            reference: name.to_owned(),
            digest: record.digest.clone(),
        };
        let path = self.reference_path(name);
        durable::replace_json(&path, &reference, Durability::Process)
            .map_err(ImageError::io("write", path))?;
        Ok(self.to_image(record))
    }

    fn to_image(&self, record: ImageRecord) -> Image {
        let layers = record
            .layers
            .iter()
            .map(|diff_id| self.layer_path(diff_id))
            .collect();
        Image::from_layers(record.digest, record.config, layers)
    }

    fn meaning(&self, name: &str) -> Result<Option<Digest>, ImageError> {
        let record: Option<ReferenceRecord> = read(&self.reference_path(name))?;
        Ok(record
            .filter(|record| record.reference == name)
            .map(|record| record.digest))
    }

    /// `None` also if a layer is missing: then it has to be pulled again.
    fn image(&self, digest: &Digest) -> Result<Option<Image>, ImageError> {
        let record = self.whole_image(digest)?;
        Ok(record.map(|record| self.to_image(record)))
    }

    fn whole_image(&self, digest: &Digest) -> Result<Option<ImageRecord>, ImageError> {
        let record: Option<ImageRecord> = read(&self.image_path(digest))?;
        let is_proven = |claim: &Claim| self.has_layer_from(&claim.diff_id, &claim.origin);
        Ok(record.filter(|record| {
            let mut layers = record.layers.iter();
            layers.all(|diff_id| self.has_layer(diff_id)) && record.claims.iter().all(is_proven)
        }))
    }

    /// A layer turned out not to be what was said of it: images that say so are not here any more.
    pub(super) fn forget_claims(
        &self,
        diff_id: &Digest,
        origin: &Origin,
    ) -> Result<(), ImageError> {
        let _records = self.records.lock();
        let names = self.names()?;
        let is_it = |claim: &Claim| claim.diff_id == *diff_id && claim.origin == *origin;
        for (_, record) in self.records()? {
            if record.claims.iter().any(is_it) {
                for name in names.get(&record.digest).into_iter().flatten() {
                    remove_file(&self.reference_path(name))?;
                }
                remove_file(&self.image_path(&record.digest))?;
            }
        }
        Ok(())
    }

    fn records(&self) -> Result<Vec<(SystemTime, ImageRecord)>, ImageError> {
        let mut records = Vec::new();
        for path in self.files("images")? {
            let used = fs::metadata(&path)
                .and_then(|meta| meta.modified())
                .unwrap_or(SystemTime::UNIX_EPOCH);
            if let Some(record) = read(&path)? {
                records.push((used, record));
            }
        }
        records.sort_by_key(|(used, _)| *used);
        Ok(records)
    }

    fn names(&self) -> Result<BTreeMap<Digest, Vec<String>>, ImageError> {
        let mut names: BTreeMap<Digest, Vec<String>> = BTreeMap::new();
        for path in self.files("references")? {
            if let Some(record) = read::<ReferenceRecord>(&path)? {
                names
                    .entry(record.digest)
                    .or_default()
                    .push(record.reference);
            }
        }
        Ok(names)
    }

    fn summaries(&self) -> Result<Vec<ImageSummary>, ImageError> {
        let mut names = self.names()?;
        let summary = |(last_used, record): (SystemTime, ImageRecord)| ImageSummary {
            references: names.remove(&record.digest).unwrap_or_default(),
            bytes: record
                .layers
                .iter()
                .filter_map(|diff_id| self.layer(diff_id))
                .map(|layer| layer.bytes)
                .sum(),
            digest: record.digest,
            last_used,
        };
        Ok(self.records()?.into_iter().map(summary).collect())
    }

    fn collect(&self, rules: &GarbageRules) -> Result<Collected, ImageError> {
        let mut removals = self.removals();
        *removals += 1;
        let mut collected = Collected::default();
        let mut needed = BTreeSet::new();
        let names = self.names()?;
        let now = SystemTime::now();
        for (used, record) in self.records()? {
            let idle = now.duration_since(used).unwrap_or_default() >= rules.unused_for;
            if !idle
                || rules.keep.contains(&record.digest)
                || collected.images.len() >= rules.at_most
            {
                needed.extend(record.layers);
                continue;
            }
            for name in names.get(&record.digest).into_iter().flatten() {
                remove_file(&self.reference_path(name))?;
            }
            remove_file(&self.image_path(&record.digest))?;
            collected.images.push(record.digest);
        }
        for path in self.files("layers")? {
            let stem = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default();
            if let Ok(diff_id) = Digest::from_hex(stem)
                && !needed.contains(&diff_id)
            {
                // First what makes it trusted, then the layer itself.
                remove_file(&path)?;
                layer::discard(&self.layer_path(&diff_id));
                collected.layers += 1;
            }
        }
        if let Some(lazies) = &self.lazies {
            lazies.collect(&self.dir, |diff_id| needed.contains(diff_id));
        }
        Ok(collected)
    }

    /// The `.json` files of a folder.
    fn files(&self, folder: &str) -> Result<Vec<PathBuf>, ImageError> {
        let folder = self.dir.join(folder);
        let entries = fs::read_dir(&folder).map_err(ImageError::io("list", &folder))?;
        let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
        Ok(paths
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "json")
            })
            .collect())
    }
}

/// What an image says of those of its layers.
fn claims(
    repository: &Repository,
    layers: &[(Descriptor, Digest)],
    which: impl Fn(&Digest) -> bool,
) -> BTreeSet<Claim> {
    let of = layers.iter().filter(|(_, diff_id)| which(diff_id));
    let claim = |(layer, diff_id): &(Descriptor, Digest)| Claim {
        diff_id: diff_id.clone(),
        origin: Origin {
            registry: repository.registry().to_owned(),
            blob: layer.digest.clone(),
        },
    };
    of.map(claim).collect()
}

/// The repository that a request is for, with the registry behind it.
fn source(request: &PullRequest) -> String {
    let reference = &request.reference;
    let endpoint = request
        .endpoint
        .clone()
        .unwrap_or_else(|| Endpoint::of(reference));
    let (host, repository) = (reference.host(), reference.repository());
    format!("{} {host}/{repository}", endpoint.base)
}

/// A record; a file that is not one counts as absent, and is replaced by the next pull.
fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, ImageError> {
    match durable::read_json(path, RECORD_LIMIT) {
        Err(e) if e.kind() == io::ErrorKind::InvalidData => {
            tracing::warn!(error = %e, path = %path.display(), "ignoring a damaged image record");
            Ok(None)
        }
        other => other.map_err(ImageError::io("read", path)),
    }
}

fn remove_file(path: &Path) -> Result<(), ImageError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(ImageError::io("remove", path)(e)),
        _ => Ok(()),
    }
}

fn make_folder(path: &Path) -> Result<(), ImageError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(ImageError::io("make", path))
}

/// A layer's top folder shows through as `/` of containers, unless the layer says otherwise.
fn make_layer_folder(path: &Path) -> Result<(), ImageError> {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir(path).map_err(ImageError::io("make", path))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .map_err(ImageError::io("open to all", path))
}

/// What the registry calls a manifest, if that is what it is: by this it is found there again.
fn called(manifest: &[u8], told: Option<Digest>) -> Digest {
    let fits = |told: &Digest| told.like_this(manifest) == *told;
    let own = || Digest::of(&Sha256::digest(manifest).into());
    told.filter(fits).unwrap_or_else(own)
}

pub(super) fn verified(
    what: &'static str,
    bytes: bytes::Bytes,
    wanted: &Digest,
) -> Result<bytes::Bytes, RegistryError> {
    let got = wanted.like_this(&bytes);
    if got == *wanted {
        Ok(bytes)
    } else {
        Err(RegistryError::WrongDigest {
            what,
            wanted: wanted.clone(),
            got,
        })
    }
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
