//! When images were last in use, as Inspector knows it: written down with the images, since nobody remembers tasks and pods
//! for long once they ended.

use std::{collections::BTreeMap, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_base::Timestamp;
use wharf_reconcile::Shard;
use wharf_service::{Place, transact};

use super::{PERMIT, telling::failed};
use crate::{
    catalog::{Catalog, Registry},
    error::EcrError,
    records::{Image, Keys, Repository},
};

/// How often it is looked: more often than what ended is forgotten.
const EVERY: Duration = Duration::from_secs(10 * 60);
/// How exactly it is written down.
const RECORDED_EVERY: Duration = Duration::from_secs(3600);

/// An image that tasks and pods run, or ran of late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedImage {
    /// The name of its repository.
    pub repository: String,
    pub digest: String,
    /// Tasks and pods that run it.
    pub count: i64,
    /// When one last did; now, while one does.
    pub last: Timestamp,
}

impl Catalog {
    /// Writes down which images are in use, until `stop`.
    pub(super) async fn follow_use(&self, shard: Shard, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = stop.cancelled() => return,
            }
            // Another server does it.
            if shard.fence().is_none() {
                continue;
            }
            if let Err(error) = self.note_all_use(&shard).await {
                tracing::warn!(%error, "failed to write down which images are in use, will retry");
            }
        }
    }

    async fn note_all_use(&self, shard: &Shard) -> Result<(), EcrError> {
        for scope in self.scopes().await? {
            let keys = Keys::of(scope);
            if self.scanning(&keys.registry()).await?.enhanced {
                self.note_use(shard, &keys).await?;
            }
        }
        Ok(())
    }

    /// Writes down which images of a registry are in use.
    pub(super) async fn note_use(&self, shard: &Shard, keys: &Keys) -> Result<(), EcrError> {
        let mut repositories: BTreeMap<String, Option<String>> = BTreeMap::new();
        for used in self.images_in_use(&keys.registry()).await? {
            let Ok(digest) = used.digest.parse() else {
                continue;
            };
            let id = match repositories.get(&used.repository) {
                Some(known) => known.clone(),
                None => {
                    let key = keys.repository(&used.repository);
                    let found = self.read::<Repository>(&key).await?;
                    let id = found.map(|it| it.record.id);
                    repositories.insert(used.repository.clone(), id.clone());
                    id
                }
            };
            if let Some(id) = id {
                let key = keys.image(&id, &digest);
                self.note_use_of(shard, &key, used.last).await?;
            }
        }
        Ok(())
    }

    async fn note_use_of(&self, shard: &Shard, key: &str, last: Timestamp) -> Result<(), EcrError> {
        let recorded = |image: &Image| {
            let before = image.last_in_use;
            before.is_some_and(|it| last <= it || last.since(it) < RECORDED_EVERY)
        };
        let found = self.read::<Image>(key).await?;
        if found.is_none_or(|it| recorded(&it.record)) {
            return Ok(());
        }
        let fence = shard.fence().ok_or(EcrError::Contention)?;
        transact!(self.table(), &PERMIT, |tx| {
            tx.fence(fence.clone());
            let Some(mut image) = tx.find::<Image>(key).await? else {
                return Ok(());
            };
            if recorded(&image) {
                return Ok(());
            }
            image.last_in_use = Some(last);
            tx.put(key, &image);
        });
        Ok(())
    }

    /// Nothing, before Inspector is there.
    async fn images_in_use(&self, registry: &Registry) -> Result<Vec<UsedImage>, EcrError> {
        let Some(informed) = self.inspector() else {
            return Ok(Vec::new());
        };
        let place = Place::new(&registry.account, &registry.region);
        informed.0.in_use(&place).await.map_err(failed)
    }

    /// How an image is in use: how many tasks and pods run it, and when one last did. `None`: that is not known here.
    pub(crate) async fn use_of(
        &self,
        registry: &Registry,
        name: &str,
        image: &Image,
    ) -> Result<Option<(i64, Option<Timestamp>)>, EcrError> {
        if self.inspector().is_none() {
            return Ok(None);
        }
        let digest = image.digest.to_string();
        let all = self.images_in_use(registry).await?;
        let used = (all.iter()).find(|it| it.repository == name && it.digest == digest);
        let last = used.map(|it| it.last).max(image.last_in_use);
        Ok(Some((used.map_or(0, |it| it.count), last)))
    }
}
