//! Layers of an image are fetched, several at a time, each once whoever wants it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
};

use rand::Rng;
use tokio::task::{JoinError, JoinSet};
use wharf_durable::{self as durable, Durability};

use super::{
    super::{
        budget::Budget,
        digest::Digest,
        download::Download,
        error::{ImageError, LayerError, PullError},
        layer::{self, Coming, Incoming},
        lazy,
        manifest::Descriptor,
        peers::{FromPeers, Patience},
        registry::Repository,
    },
    ImageStore, Inner,
    records::{LayerRecord, Origin},
};

/// Layers of one image that are looked after at a time. Asking whether the registry has one takes a connection, and an
/// image may have hundreds of them.
const LAYERS_AT_ONCE: usize = 64;

impl ImageStore {
    pub(super) async fn fetch_layers(
        &self,
        repository: &Arc<Repository>,
        layers: &[(Descriptor, Digest)],
        indexes: &BTreeMap<Digest, Descriptor>,
    ) -> Result<BTreeMap<Digest, PathBuf>, PullError> {
        let budget = Budget::new(self.inner.limits, self.inner.dir.clone());
        // The first failure ends the others, when the set is dropped.
        let mut fetches: JoinSet<Result<Option<(Digest, PathBuf)>, PullError>> = JoinSet::new();
        let mut shown = BTreeMap::new();
        for (descriptor, diff_id) in layers {
            if fetches.len() == LAYERS_AT_ONCE
                && let Some(fetched) = fetches.join_next().await
            {
                shown.extend(self.outcome(fetched)?);
            }
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
        while let Some(fetched) = fetches.join_next().await {
            shown.extend(self.outcome(fetched)?);
        }
        Ok(shown)
    }

    /// What became of one layer.
    fn outcome<T>(&self, ended: Result<Result<T, PullError>, JoinError>) -> Result<T, PullError> {
        ended.unwrap_or_else(|e| {
            Err(PullError::Store(ImageError::Io {
                step: "fetch layers into",
                path: self.inner.dir.clone(),
                source: io::Error::other(e),
            }))
        })
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
}

impl LayerError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Registry(e) if e.is_transient())
    }
}

impl Inner {
    pub(in crate::image) fn make_incoming(&self) -> Result<Incoming, ImageError> {
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
            let pause = self.waits();
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

    pub(in crate::image) fn keep_layer(
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
}

/// A layer's top folder shows through as `/` of containers, unless the layer says otherwise.
fn make_layer_folder(path: &Path) -> Result<(), ImageError> {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir(path).map_err(ImageError::io("make", path))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .map_err(ImageError::io("open to all", path))
}
