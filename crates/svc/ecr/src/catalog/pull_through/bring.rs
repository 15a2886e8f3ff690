//! Bringing images and layers from upstream registries.
//!
//! A manifest is answered as soon as it is here and is what was asked for. Its layers come at the same
//! time as its clients ask for them, each once, and are served from here when they are stored and are
//! what their digests say. With the last of them the image is recorded. Nothing that is under way is
//! written down: after a kill the next pull begins anew, with the layers that are here already. Where a
//! tag names an image that is here, that one is given out until the new one is recorded.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::timeout;
use wharf_base::{Permit, Timestamp};
use wharf_blobs::{Algorithm, Digest};
use wharf_wire::{Call, fault::Chain};

use super::{
    super::{Catalog, ImageRef, MadeFor, NewImage, Registry},
    Brought, Due, key,
    layers::Counts,
    replacing,
    source::Source,
};
use crate::{
    error::EcrError,
    manifest::{Content, Manifest, Reference},
    records::{Origin, PullThrough},
    upstream::UpstreamError,
};

/// Layers of one image that are brought at once.
const IMAGE_LAYERS: usize = 3;
/// For all layers of an image. Those that are here by then need not come again.
const IMAGE_TIME: Duration = Duration::from_secs(3 * 3600);

/// What is pulled, and for whom.
#[derive(Clone)]
pub(super) struct Pull {
    pub registry: Registry,
    pub name: String,
    pub rule: PullThrough,
    /// It makes the repository.
    pub makes: bool,
    /// What the tag names here.
    pub known: Option<Digest>,
    pub permit: Permit,
    pub now: Timestamp,
}

impl Pull {
    /// The registry, among those that are left alone.
    fn host(&self) -> String {
        format!("{} {}", self.registry.account, self.rule.url)
    }

    fn origin(&self, reference: &ImageRef) -> Origin {
        Origin {
            prefix: self.rule.prefix.clone(),
            url: self.rule.url.clone(),
            tag: tag_of(reference),
            at: self.now,
        }
    }
}

fn tag_of(reference: &ImageRef) -> Option<String> {
    match reference {
        ImageRef::Tag(tag) => Some(tag.clone()),
        ImageRef::Digest(_) => None,
    }
}

/// Keeps an image findable while its layers come.
struct Pending {
    catalog: Catalog,
    keys: Vec<String>,
}

impl Drop for Pending {
    fn drop(&mut self) {
        let mut all = self.catalog.inner.coming.pending.lock();
        for key in &self.keys {
            all.remove(key);
        }
    }
}

/// Whether the registry is not to be asked again at once.
fn is_host_at_fault(error: &EcrError) -> bool {
    match error {
        EcrError::Shared(shared) => is_host_at_fault(shared),
        EcrError::Upstream(error) => matches!(
            error,
            UpstreamError::Unavailable { .. } | UpstreamError::TooMany(_)
        ),
        _ => false,
    }
}

impl Catalog {
    /// The image whose layers are still on their way here.
    pub fn coming_image(
        &self,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
    ) -> Option<Arc<Brought>> {
        let all = self.inner.coming.pending.lock();
        all.get(&key(registry, name, reference)).cloned()
    }

    /// Brings the image that is due, in the name of a caller that may have it brought. `None` if what
    /// is here is the same, or good until the new one is recorded.
    pub async fn bring_image(
        &self,
        call: &Call,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
        due: Due,
    ) -> Result<Option<Arc<Brought>>, EcrError> {
        let pull = Pull {
            registry: registry.clone(),
            name: name.to_owned(),
            rule: due.rule,
            makes: due.makes,
            known: due.known,
            permit: call.permit.clone(),
            now: call.now,
        };
        let coming = &self.inner.coming;
        let (key, host) = (key(registry, name, reference), pull.host());
        if due.cached && (coming.is_spared(&host) || coming.is_spared(&key)) {
            let why = "it could not be asked a moment ago";
            return Err(UpstreamError::unavailable(&pull.rule.url, why).into());
        }
        let (catalog, asked) = (self.clone(), reference.clone());
        let work = || {
            let room = coming.room(&registry.account)?;
            Some(async move {
                let _room = room;
                let brought = catalog.fetch_image(pull.clone(), asked.clone()).await;
                if let Err(error) = &brought {
                    if is_host_at_fault(error) {
                        catalog.inner.coming.spare(&host);
                    }
                    catalog.note_failure(&pull, &asked, error).await;
                }
                brought.map_err(Arc::new)
            })
        };
        let landed = coming.images.join(key, work).await;
        Ok(landed.ok_or(EcrError::Contention)??)
    }

    async fn fetch_image(
        &self,
        pull: Pull,
        reference: ImageRef,
    ) -> Result<Option<Arc<Brought>>, EcrError> {
        let (registry, name, known) = (&pull.registry, &pull.name, pull.known);
        // It came between the question whether it is due and this.
        if let Some(coming) = self.coming_image(registry, name, &reference) {
            return Ok(Some(coming));
        }
        let replacing = replacing(&key(registry, name, &reference));
        if self.inner.coming.pending.lock().contains_key(&replacing) {
            return Ok(None);
        }
        if known.is_none() && self.is_here(registry, name, &reference).await? {
            return Ok(None);
        }
        let lane = self.inner.coming.lane(&registry.account, "images");
        let _turn = lane
            .acquire_owned()
            .await
            .map_err(|_| EcrError::Contention)?;
        let source = self.source_of(&pull).await?;
        let asked = match &reference {
            ImageRef::Tag(tag) => tag.clone(),
            ImageRef::Digest(digest) => digest.to_string(),
        };
        if let Some(known) = known
            && self.digest_at(&source, &asked).await? == Some(known)
        {
            let open = self.open(registry, name).await?;
            self.note_checked(&pull.permit, &open, &asked, known, pull.now)
                .await?;
            return Ok(None);
        }
        let served = self.manifest_at(&source, &reference).await?;
        let asked = match &reference {
            ImageRef::Digest(digest) => Some(*digest),
            ImageRef::Tag(_) => None,
        };
        let algorithm = asked.or(served.digest).map(|it| it.algorithm());
        let digest = Digest::by(algorithm.unwrap_or(Algorithm::Sha256), &served.bytes);
        if asked.is_some_and(|asked| asked != digest) {
            let why = format!("the manifest is {digest}");
            return Err(UpstreamError::wrong(source.host(), why).into());
        }
        let manifest = Manifest::parse(&served.bytes, served.media_type.as_deref());
        let manifest =
            manifest.map_err(|why| UpstreamError::wrong(source.host(), why.to_string()))?;
        let blobs = match &manifest.content {
            Content::Image { blobs } => blobs.iter().map(|it| it.digest).collect(),
            Content::Index { .. } => Vec::new(),
        };
        let brought = Arc::new(Brought {
            digest,
            media_type: manifest.media_type,
            manifest: served.bytes,
            blobs,
        });
        if pull.makes {
            self.make_for(MadeFor::Cache, &pull.permit, registry, name, pull.now)
                .await?;
        }
        match self.put_brought(&pull, &reference, &brought).await {
            Err(EcrError::LayersNotFound { .. }) => {}
            put => return put.map(|()| Some(brought)),
        }
        if let Content::Image { blobs } = manifest.content {
            self.complete(pull, reference, source, brought.clone(), blobs)?;
        }
        Ok(Some(brought).filter(|_| known.is_none()))
    }

    async fn is_here(
        &self,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
    ) -> Result<bool, EcrError> {
        match self.image(registry, name, reference).await {
            Err(EcrError::RepositoryNotFound { .. }) => Ok(false),
            found => Ok(found?.is_some()),
        }
    }

    /// Records the image; an error if layers of it are not here yet.
    async fn put_brought(
        &self,
        pull: &Pull,
        reference: &ImageRef,
        brought: &Brought,
    ) -> Result<(), EcrError> {
        let new = NewImage {
            manifest: brought.manifest.clone(),
            media_type: Some(brought.media_type.clone()),
            tag: tag_of(reference),
            digest: Some(brought.digest.to_string()),
        };
        let (permit, registry, origin) = (&pull.permit, &pull.registry, pull.origin(reference));
        self.put_upstream(permit, registry, &pull.name, new, &origin, pull.known)
            .await?;
        if let ImageRef::Tag(tag) = reference {
            let open = self.open(registry, &pull.name).await?;
            self.note_checked(permit, &open, tag, brought.digest, pull.now)
                .await?;
        }
        Ok(())
    }

    /// Brings the layers that are missing, and then records the image, while its first client goes on.
    fn complete(
        &self,
        pull: Pull,
        reference: ImageRef,
        source: Arc<Source>,
        brought: Arc<Brought>,
        blobs: Vec<Reference>,
    ) -> Result<(), EcrError> {
        let key = |it: &ImageRef| key(&pull.registry, &pull.name, it);
        let asked = match pull.known {
            Some(_) => replacing(&key(&reference)),
            None => key(&reference),
        };
        let keys = vec![asked, key(&ImageRef::Digest(brought.digest))];
        let coming = &self.inner.coming;
        if !coming.hold(&pull.registry.account, &keys, &brought) {
            return Err(EcrError::Contention);
        }
        let pending = Pending {
            catalog: self.clone(),
            keys,
        };
        let catalog = self.clone();
        tokio::spawn(async move {
            let _pending = pending;
            let mut each = Vec::new();
            for it in &blobs {
                each.push(catalog.join_layer(&pull, &source, it.digest, it.size, Counts::No));
            }
            let all = stream::iter(each).buffer_unordered(IMAGE_LAYERS);
            let done = match timeout(IMAGE_TIME, all.try_collect::<Vec<()>>()).await {
                Ok(Ok(_)) => catalog.put_brought(&pull, &reference, &brought).await,
                Ok(Err(error)) => Err(error),
                Err(_) => Err(UpstreamError::unavailable(source.host(), "it is too slow").into()),
            };
            let coming = &catalog.inner.coming;
            if done.is_err() && pull.known.is_some() {
                coming.spare(&super::key(&pull.registry, &pull.name, &reference));
            }
            if done.as_ref().is_err_and(is_host_at_fault) {
                coming.spare(&pull.host());
            }
            if let Err(error) = &done {
                catalog.note_failure(&pull, &reference, error).await;
            }
            let repository = pull.registry.repository_arn(&pull.name);
            match done {
                Ok(()) => tracing::info!(
                    repository, image = %brought.digest, upstream = source.host(),
                    "an image was pulled through"
                ),
                Err(error) => tracing::warn!(
                    repository, image = %brought.digest, upstream = source.host(),
                    error = %Chain(&error),
                    "failed to pull an image through; the next pull will try again"
                ),
            }
        });
        Ok(())
    }

    pub(super) async fn source_of(&self, pull: &Pull) -> Result<Arc<Source>, EcrError> {
        let Pull {
            registry,
            name,
            rule,
            permit,
            now,
            ..
        } = pull;
        let upstream = rule.upstream_name(name);
        // The rule was chosen for this name.
        let upstream = upstream.ok_or(EcrError::Contention)?;
        let source = self.source(registry, rule, upstream, permit, *now);
        Ok(Arc::new(source.await?))
    }
}
