//! Bringing layers: each once for all who want it, a few at a time for an account.

use std::sync::Arc;

use wharf_blobs::Digest;
use wharf_wire::Call;

use super::{
    super::{Catalog, ImageRef, Registry},
    bring::Pull,
    key,
    source::Source,
};
use crate::{error::EcrError, upstream::UpstreamError};

/// Whether a layer is one that a client waits for. Those of a coming image are bounded by that.
#[derive(Clone, Copy)]
pub(super) enum Counts {
    Yes,
    No,
}

impl Catalog {
    /// Brings a layer that the repository does not have, in the name of a caller that may have it
    /// brought. Nothing happens if no rule is about the repository.
    pub async fn bring_layer(
        &self,
        call: &Call,
        registry: &Registry,
        name: &str,
        digest: &Digest,
    ) -> Result<(), EcrError> {
        let Some(rule) = self.rule_for(registry, name).await? else {
            return Ok(());
        };
        let pull = Pull {
            registry: registry.clone(),
            name: name.to_owned(),
            rule,
            makes: false,
            known: None,
            permit: call.permit.clone(),
            now: call.now,
        };
        let source = self.source_of(&pull).await?;
        let most = self.config().max_layer_bytes;
        let counts = Counts::Yes;
        self.join_layer(&pull, &source, *digest, most, counts).await
    }

    /// Waits for a layer that is on its way, if it is.
    pub async fn coming_layer(&self, registry: &Registry, name: &str, digest: &Digest) {
        let key = key(registry, name, &ImageRef::Digest(*digest));
        self.inner.coming.layers.wait(&key).await;
    }

    pub(super) async fn join_layer(
        &self,
        pull: &Pull,
        source: &Arc<Source>,
        digest: Digest,
        most: u64,
        counts: Counts,
    ) -> Result<(), EcrError> {
        let key = key(&pull.registry, &pull.name, &ImageRef::Digest(digest));
        let work = || {
            let (catalog, pull, source) = (self.clone(), pull.clone(), source.clone());
            let room = match counts {
                Counts::Yes => Some(self.inner.coming.room(&pull.registry.account)?),
                Counts::No => None,
            };
            Some(async move {
                let _room = room;
                let fetched = catalog.fetch_layer(&pull, &source, digest, most).await;
                fetched.map_err(Arc::new)
            })
        };
        let landed = self.inner.coming.layers.join(key, work).await;
        Ok(landed.ok_or(EcrError::Contention)??)
    }

    async fn fetch_layer(
        &self,
        pull: &Pull,
        source: &Source,
        digest: Digest,
        most: u64,
    ) -> Result<(), EcrError> {
        let (registry, name) = (&pull.registry, &pull.name);
        // One that is here is kept until the image is recorded; one that is damaged comes anew.
        if self.layer(registry, name, &digest).await?.is_some() {
            return Ok(());
        }
        let remote = match source {
            Source::Remote(remote) => remote,
            Source::Own(own) => {
                let shared = self.share_at(&pull.permit, own, registry, name, &digest);
                return shared.await;
            }
        };
        let _turn = self.inner.coming.layer_turn(&registry.account).await?;
        let most = most.min(self.config().max_layer_bytes);
        let mut pieces = remote.layer(&digest, most).await?;
        let mut receiving = self.receive(registry, 0, Some(&digest)).await?;
        let mut upload = self.upload_once(registry, name).await?;
        upload.will_be(&digest);
        while let Some(piece) = pieces.next().await.map_err(|it| remote.failed(&it))? {
            upload.write(piece).await?;
            receiving.received(upload.offset()).await?;
        }
        // The age of what nobody needs is told by the catalog's clock.
        let now = self.wants().now();
        let finished = self.finish_upload(&pull.permit, registry, name, upload, &digest, now);
        match finished.await {
            Err(EcrError::LayerDigest { expected, actual }) => {
                let why = format!("the layer {expected} is {actual}");
                Err(UpstreamError::wrong(remote.host(), why).into())
            }
            finished => finished.map(drop),
        }
    }
}
