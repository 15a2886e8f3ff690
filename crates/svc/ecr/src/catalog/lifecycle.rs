//! Lifecycle policies of repositories: set, previewed, and carried out.
//!
//! How they are previewed: `preview`; carried out: `run`; what the audit log records of that: `execution_event`.

mod execution_event;
mod preview;
mod run;

use std::collections::{HashMap, HashSet};

use wharf_base::{Permit, Timestamp};
use wharf_blobs::Digest;

pub(super) use preview::Worked;
pub(crate) use preview::{Previewed, Taken};

use super::{Catalog, Open, Read, Registry, SCAN_PAGE};
use crate::{
    error::EcrError,
    lifecycle::{Candidate, Chosen, Class, Policy},
    records::{Image, Lifecycle, Repository, Status},
};

impl Catalog {
    /// Sets the policy; the next run follows at once.
    pub(crate) async fn put_lifecycle(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<(), EcrError> {
        read(text)?;
        let set = |repository: &mut Repository| {
            repository.lifecycle = Some(Lifecycle {
                text: text.to_owned(),
                set_at: now,
                evaluated_at: None,
            });
            Ok(())
        };
        self.update_repository(permit, registry, name, set).await?;
        self.inner.work.notify_one();
        Ok(())
    }

    pub(crate) async fn lifecycle(
        &self,
        registry: &Registry,
        name: &str,
    ) -> Result<Lifecycle, EcrError> {
        let repository = self.repository(registry, name).await?;
        repository.lifecycle.ok_or_else(|| missing(registry, name))
    }

    /// Takes the policy away; the one there was.
    pub(crate) async fn delete_lifecycle(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
    ) -> Result<Lifecycle, EcrError> {
        let mut taken = None;
        let take = |repository: &mut Repository| {
            let lifecycle = repository.lifecycle.take();
            taken = Some(lifecycle.ok_or_else(|| missing(registry, name))?);
            Ok(())
        };
        self.update_repository(permit, registry, name, take).await?;
        taken.ok_or_else(|| missing(registry, name))
    }

    /// Returns when a policy was set that has not been run.
    pub async fn work(&self) {
        self.inner.work.notified().await;
    }

    async fn all_images(&self, open: &Open) -> Result<Vec<Read<Image>>, EcrError> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let prefix = open.keys.images(open.id());
            let (found, more): (Vec<Read<Image>>, _) = self.page(prefix, after, SCAN_PAGE).await?;
            after = found.last().map(|read| read.key.clone());
            all.extend(found.into_iter().map(|mut read| {
                // No policy looks at them, and there may be thousands of each image.
                read.record.blobs = Vec::new();
                read
            }));
            if !more {
                return Ok(all);
            }
        }
    }
}

/// Images as a policy sees them.
fn candidates(images: &[Read<Image>]) -> Vec<Candidate> {
    let all = || images.iter().map(|read| &read.record);
    let there: HashSet<Digest> = all().map(|image| image.digest).collect();
    let listed: HashSet<Digest> = all().flat_map(|image| image.children.clone()).collect();
    let used: HashMap<Digest, Timestamp> = all().map(|it| (it.digest, used_at(it))).collect();
    let candidate = |image: &Image| Candidate {
        digest: image.digest,
        class: match image.status {
            Status::Active | Status::Activating => Class::Standard,
            Status::Archived => Class::Archive,
        },
        tags: image.tags.clone(),
        came_at: came_at(image),
        // A pull by platform is a pull of the index.
        used_at: image
            .children
            .iter()
            .filter_map(|child| used.get(child).copied())
            .fold(used_at(image), Timestamp::max),
        archived_at: image.archived_at,
        held: image.status == Status::Activating
            || listed.contains(&image.digest)
            || image
                .subject
                .is_some_and(|subject| there.contains(&subject)),
    };
    all().map(candidate).collect()
}

/// What the policy chooses; among ten thousand images and as many patterns that takes a while.
async fn select(
    policy: Policy,
    images: &[Read<Image>],
    now: Timestamp,
) -> Result<Vec<Chosen>, EcrError> {
    let candidates = candidates(images);
    let chosen = tokio::task::spawn_blocking(move || policy.select(&candidates, now));
    chosen.await.map_err(|_| EcrError::Contention)
}

/// When the image was pushed: what is back from the archive came anew.
fn came_at(image: &Image) -> Timestamp {
    let back = image.activated_at.unwrap_or(image.pushed_at);
    back.max(image.pushed_at)
}

/// The last pull, or when the image came.
fn used_at(image: &Image) -> Timestamp {
    let came = came_at(image);
    image.last_pull.map_or(came, |pull| pull.max(came))
}

fn read(text: &str) -> Result<Policy, EcrError> {
    Policy::read(text).map_err(|what| {
        EcrError::invalid(
            "LifecyclePolicyText",
            format!("Lifecycle policy validation failure: {what}"),
        )
    })
}

fn missing(registry: &Registry, name: &str) -> EcrError {
    EcrError::LifecycleNotFound {
        name: name.to_owned(),
        account: registry.account.clone(),
    }
}
