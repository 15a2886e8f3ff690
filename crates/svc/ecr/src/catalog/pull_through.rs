//! Pulls through a cache: which repositories are filled from which registry, and what a pull asks of it.
//!
//! - A rule is about the names under its prefix; the longest prefix wins, `ROOT` is about all names.
//! - An image that is not here is brought: `bring`. A tag that was brought is compared with its registry
//!   again after [`FRESH`]; while that cannot be asked, what is here is served. What was pushed here is
//!   never replaced.

mod access;
mod bring;
mod failures;
mod flights;
mod layers;
mod rules;
mod source;

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use wharf_base::{Permit, Timestamp};
use wharf_blobs::Digest;
use wharf_service::transact;

use super::{Catalog, ImageRef, Open, Read, Registry};
use crate::{
    error::EcrError,
    names::{immutable, valid_tag},
    records::{PullThrough, Tag},
};
use flights::Flights;
pub(crate) use rules::NewRule;
pub(crate) use source::Called;

/// How long a tag that was brought is served without a question (ECR asks once in 24 hours).
const FRESH: Duration = Duration::from_secs(24 * 3600);
/// How long a registry that could not be asked is left alone, where what is here will do.
const SPARED: Duration = Duration::from_secs(30);
/// Registries that are left alone.
const MOST_SPARED: usize = 1000;
/// Layers that one account brings at once, and manifests: slow registries of one are nobody else's wait.
const ACCOUNT_AT_ONCE: usize = 8;
/// Manifests and layers that clients of one account wait for.
const ACCOUNT_ASKED: usize = 64;
/// Images of one account whose layers are coming, and bytes of manifests of all that are held meanwhile.
const ACCOUNT_PENDING: usize = 32;
const PENDING_BYTES: usize = 64 << 20;

/// A manifest from an upstream registry: its image is here, or will be once its layers are.
#[derive(Debug)]
pub struct Brought {
    pub digest: Digest,
    pub media_type: String,
    pub manifest: Bytes,
    /// Its configuration and layers; of an index, none.
    pub(crate) blobs: Vec<Digest>,
}

/// What a pull has to do with an upstream registry.
#[derive(Debug)]
pub struct Due {
    rule: PullThrough,
    /// There is something to serve without it.
    pub cached: bool,
    /// It makes the repository.
    pub makes: bool,
    /// What the tag names here.
    known: Option<Digest>,
}

/// All who wait for the same are told the same.
type Told<T> = Result<T, Arc<EcrError>>;

/// What is on its way.
#[derive(Debug, Default)]
pub(crate) struct Coming {
    /// By image and tag or digest.
    images: Arc<Flights<Told<Option<Arc<Brought>>>>>,
    /// By repository and digest.
    layers: Arc<Flights<Told<()>>>,
    /// Images whose layers are still coming, by what they are asked for.
    pending: Mutex<HashMap<String, Arc<Brought>>>,
    /// Registries that could not be asked, and tags whose new image could not be had, until when they
    /// are left alone.
    spared: Mutex<Meanwhile>,
    /// Images whose failures were told of, until when they are not told of again.
    told: Mutex<Meanwhile>,
    /// By account and what is brought, or waited for.
    lanes: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Coming {
    fn lane(&self, account: &str, what: &str) -> Arc<Semaphore> {
        self.share(account, what, ACCOUNT_AT_ONCE)
    }

    /// Waits until few enough layers of the account are on their way.
    async fn layer_turn(&self, account: &str) -> Result<OwnedSemaphorePermit, EcrError> {
        let turn = self.lane(account, "layers").acquire_owned().await;
        turn.map_err(|_| EcrError::Contention)
    }

    /// Room for what one more client waits for; `None` if there are too many.
    fn room(&self, account: &str) -> Option<OwnedSemaphorePermit> {
        let share = self.share(account, "asked", ACCOUNT_ASKED);
        share.try_acquire_owned().ok()
    }

    fn share(&self, account: &str, what: &str, most: usize) -> Arc<Semaphore> {
        let mut lanes = self.lanes.lock();
        let lane = lanes.entry(format!("{account} {what}"));
        lane.or_insert_with(|| Arc::new(Semaphore::new(most)))
            .clone()
    }

    /// Keeps an image findable under these keys; `false` if the account has too many, or all together.
    fn hold(&self, account: &str, keys: &[String], brought: &Arc<Brought>) -> bool {
        let mut all = self.pending.lock();
        let own = format!(":{account}:repository/");
        let of_account = all.keys().filter(|key| key.contains(&own)).count();
        let bytes = all.values().map(|it| it.manifest.len()).sum::<usize>();
        // An image has a key by its tag and one by its digest.
        if of_account >= 2 * ACCOUNT_PENDING || bytes >= 2 * PENDING_BYTES {
            return false;
        }
        all.extend(keys.iter().map(|key| (key.clone(), brought.clone())));
        true
    }

    fn spare(&self, host: &str) {
        let (mut spared, now) = (self.spared.lock(), Instant::now());
        if !spared.add(host, now) {
            // Better ask too often than not at all.
            spared.clear();
            spared.add(host, now);
        }
    }

    /// Whether a failure of the image was not told of for a while; it is now.
    fn is_news(&self, key: &str) -> bool {
        let (mut told, now) = (self.told.lock(), Instant::now());
        !told.has(key, now) && told.add(key, now)
    }

    fn is_spared(&self, host: &str) -> bool {
        self.spared.lock().has(host, Instant::now())
    }
}

/// Names that count for a while.
#[derive(Debug, Default)]
struct Meanwhile(HashMap<String, Instant>);

impl Meanwhile {
    fn has(&self, name: &str, now: Instant) -> bool {
        self.0.get(name).is_some_and(|until| now < *until)
    }

    /// `false` if there are too many.
    fn add(&mut self, name: &str, now: Instant) -> bool {
        if self.0.len() >= MOST_SPARED {
            self.0.retain(|_, until| now < *until);
        }
        let has_room = self.0.len() < MOST_SPARED || self.0.contains_key(name);
        if has_room {
            self.0.insert(name.to_owned(), now + SPARED);
        }
        has_room
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

/// Names an image or a layer of a repository among all that is on its way.
fn key(registry: &Registry, name: &str, reference: &ImageRef) -> String {
    let arn = registry.repository_arn(name);
    match reference {
        ImageRef::Digest(digest) => format!("{arn}@{digest}"),
        ImageRef::Tag(tag) => format!("{arn}:{tag}"),
    }
}

/// The key of a tag whose older image is given out until the new one is recorded.
fn replacing(key: &str) -> String {
    format!("{key}+")
}

impl Catalog {
    /// What a pull of the image has to ask an upstream registry for; `None` where what is here is all
    /// there is to say.
    pub async fn due_upstream(
        &self,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
        now: Timestamp,
    ) -> Result<Option<Due>, EcrError> {
        if self.config().outside.is_none() {
            return Ok(None);
        }
        let found = self.find_repository(registry, name).await?;
        let found = found.as_ref();
        self.due_upstream_of(registry, name, found, reference, now)
            .await
    }

    /// The same, of a repository as it was just found; `None` if it is not there. Rules are looked at only where
    /// something is missing or old: most pulls find what they want.
    pub async fn due_upstream_of(
        &self,
        registry: &Registry,
        name: &str,
        found: Option<&Open>,
        reference: &ImageRef,
        now: Timestamp,
    ) -> Result<Option<Due>, EcrError> {
        if self.config().outside.is_none() {
            return Ok(None);
        }
        if matches!(reference, ImageRef::Tag(tag) if !valid_tag(tag)) {
            return Ok(None);
        }
        let mut known = None;
        if let Some(open) = found {
            match reference {
                ImageRef::Digest(_) => {
                    if self.find(open, reference).await?.is_some() {
                        return Ok(None);
                    }
                }
                ImageRef::Tag(tag) => {
                    let found: Option<Read<Tag>> =
                        self.read(&open.keys.tag(open.id(), tag)).await?;
                    if let Some(Read { record, .. }) = found {
                        let old = record.checked_at.is_some_and(|at| now.since(at) >= FRESH);
                        if !old || immutable(&open.repository.record, tag) {
                            return Ok(None);
                        }
                        known = Some(record.digest);
                    }
                }
            }
        }
        let rule = self.rule_for(registry, name).await?;
        Ok(rule.map(|rule| Due {
            rule,
            cached: known.is_some(),
            makes: found.is_none(),
            known,
        }))
    }

    /// Whether the layer has to be brought: the repository has none, or one that cannot be read.
    pub async fn is_layer_due(
        &self,
        registry: &Registry,
        name: &str,
        digest: &Digest,
    ) -> Result<bool, EcrError> {
        if self.config().outside.is_none() || self.rule_for(registry, name).await?.is_none() {
            return Ok(false);
        }
        let open = self.open(registry, name).await?;
        Ok(self.layer_of(&open, digest).await?.is_none())
    }

    /// Whether an image that has the layer is on its way.
    pub(crate) fn is_layer_coming(&self, registry: &Registry, name: &str, layer: &Digest) -> bool {
        let arn = registry.repository_arn(name);
        let of_repository = |key: &str| {
            let rest = key.strip_prefix(arn.as_str());
            rest.is_some_and(|rest| rest.starts_with([':', '@']))
        };
        let all = self.inner.coming.pending.lock();
        all.iter()
            .any(|(key, image)| of_repository(key) && image.blobs.contains(layer))
    }

    /// Notes that a tag is as it is in its registry, unless it moved meanwhile.
    async fn note_checked(
        &self,
        permit: &Permit,
        open: &Open,
        tag: &str,
        digest: Digest,
        now: Timestamp,
    ) -> Result<(), EcrError> {
        let key = open.keys.tag(open.id(), tag);
        transact!(self.inner.table, permit, |tx| {
            let Some(mut record) = tx.find::<Tag>(&key).await? else {
                return Ok(());
            };
            if record.digest != digest || record.checked_at.is_none() {
                return Ok(());
            }
            record.checked_at = Some(now);
            tx.put(&key, &record);
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_does_not_keep_others_from_pulling() {
        let coming = Coming::default();
        let brought = |bytes: usize| {
            Arc::new(Brought {
                digest: Digest::of(b""),
                media_type: String::new(),
                blobs: Vec::new(),
                manifest: vec![0; bytes].into(),
            })
        };
        let keys = |account: &str, tag: usize| {
            let registry = Registry::new(account, "r");
            let by_tag = key(&registry, "app", &ImageRef::Tag(tag.to_string()));
            [by_tag.clone(), by_tag + "@"]
        };
        for tag in 0..ACCOUNT_PENDING {
            assert!(coming.hold("1", &keys("1", tag), &brought(1)));
        }
        assert!(!coming.hold("1", &keys("1", 1000), &brought(1)));
        assert!(coming.hold("2", &keys("2", 0), &brought(PENDING_BYTES)));
        assert!(
            !coming.hold("3", &keys("3", 0), &brought(1)),
            "all together"
        );
    }
}
