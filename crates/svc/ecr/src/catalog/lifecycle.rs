//! Lifecycle policies of repositories: set, previewed, and carried out.
//!
//! A run looks at the images of a repository, asks the policy which of them are to go, and deletes
//! each on the condition that it is as it was seen: an image that got another tag meanwhile stays
//! for the next run. A policy that was set or changed is run right away, all others every
//! [`EVERY`].

use std::{collections::HashSet, time::Duration};

use wharf_base::{Permit, Timestamp};
use wharf_blobs::Digest;
use wharf_service::transact;

use super::{Catalog, ImageRef, Open, Read, Registry, SCAN_PAGE};
use crate::{
    error::EcrError,
    lifecycle::{Candidate, Expiry, Policy},
    records::{Image, Keys, Lifecycle, Preview, Repository},
};
use wharf_wanted::{Marker, digest_of};

/// ECR promises a run within a day; a run that finds nothing costs one pass over the images.
const EVERY: Duration = Duration::from_secs(3600);
/// How long a preview can be read.
const PREVIEW_LIFE: Duration = Duration::from_secs(24 * 3600);

/// An image that a policy would have go.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Doomed {
    pub image: Image,
    pub priority: i32,
}

/// A preview, and what it shows unless its time is over.
pub(crate) struct Previewed {
    pub text: String,
    pub doomed: Option<Vec<Doomed>>,
}

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
        self.inner.policy_set.notify_one();
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

    /// Begins a preview of `text`, or of the repository's own policy; the text it is of.
    pub(crate) async fn start_preview(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        text: Option<&str>,
        now: Timestamp,
    ) -> Result<String, EcrError> {
        text.map(read).transpose()?;
        let mut shown = String::new();
        let begin = |repository: &mut Repository| {
            let own = repository.lifecycle.as_ref().map(|it| it.text.as_str());
            let text = text.or(own).ok_or_else(|| missing(registry, name))?;
            text.clone_into(&mut shown);
            repository.preview = Some(Preview {
                text: text.to_owned(),
                started_at: now,
            });
            Ok(())
        };
        self.update_repository(permit, registry, name, begin)
            .await?;
        Ok(shown)
    }

    /// What the preview that was last begun shows: the images as they are now, by the time at which
    /// it was begun.
    pub(crate) async fn preview(
        &self,
        registry: &Registry,
        name: &str,
        now: Timestamp,
    ) -> Result<Previewed, EcrError> {
        let open = self.open(registry, name).await?;
        let preview = open.repository.record.preview.clone();
        let preview = preview.ok_or_else(|| EcrError::PreviewNotFound {
            name: name.to_owned(),
            account: registry.account.clone(),
        })?;
        if now.since(preview.started_at) > PREVIEW_LIFE {
            return Ok(Previewed {
                text: preview.text,
                doomed: None,
            });
        }
        let policy = read(&preview.text)?;
        let images = self.all_images(&open).await?;
        let expiries = select(&policy, &images, preview.started_at);
        let doomed = expiries.into_iter().map(|expiry| Doomed {
            image: images[expiry.image].record.clone(),
            priority: expiry.priority,
        });
        Ok(Previewed {
            text: preview.text,
            doomed: Some(doomed.collect()),
        })
    }

    /// Returns when a policy was set that has not been run.
    pub async fn policy_set(&self) {
        self.inner.policy_set.notified().await;
    }

    /// Runs the policies that are due; how many images went. One repository that fails does not
    /// keep the others from their runs.
    pub async fn expire_images(&self, permit: &Permit, now: Timestamp) -> Result<usize, EcrError> {
        let mut gone = 0;
        for scope in self.scopes().await? {
            let registry = Registry::new(&scope.account, &scope.region);
            for name in self.due(&Keys::of(scope), now).await? {
                match self.run_policy(permit, &registry, &name, now).await {
                    Ok(number) => gone += number,
                    Err(EcrError::RepositoryNotFound { .. }) => {}
                    Err(error) => tracing::warn!(
                        repository = registry.repository_arn(&name), %error,
                        "the lifecycle policy failed; it will be tried again"
                    ),
                }
            }
        }
        Ok(gone)
    }

    /// Names of the repositories whose policy is due.
    async fn due(&self, keys: &Keys, now: Timestamp) -> Result<Vec<String>, EcrError> {
        let mut due = Vec::new();
        let mut after = None;
        loop {
            let (found, more): (Vec<Read<Repository>>, _) =
                self.page(keys.repositories(), after, SCAN_PAGE).await?;
            after = found.last().map(|read| read.key.clone());
            let names = found.into_iter().filter_map(|read| {
                let lifecycle = read.record.lifecycle?;
                let rested = |last| now.since(last) >= EVERY;
                lifecycle
                    .evaluated_at
                    .is_none_or(rested)
                    .then_some(read.record.name)
            });
            due.extend(names);
            if !more {
                return Ok(due);
            }
        }
    }

    async fn run_policy(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        now: Timestamp,
    ) -> Result<usize, EcrError> {
        let open = self.open(registry, name).await?;
        let Some(lifecycle) = open.repository.record.lifecycle.clone() else {
            return Ok(0);
        };
        let policy = read(&lifecycle.text)?;
        let images = self.all_images(&open).await?;
        let mut gone = 0;
        for expiry in select(&policy, &images, now) {
            let image = &images[expiry.image];
            if self.expire(permit, &open, &lifecycle, image).await? {
                tracing::info!(
                    repository = registry.repository_arn(name),
                    image = %image.record.digest, rule = expiry.priority,
                    "expired by the lifecycle policy"
                );
                gone += 1;
            }
        }
        let note = |repository: &mut Repository| {
            let current = repository.lifecycle.as_mut();
            // One that was set meanwhile is due for a run of its own.
            if let Some(current) = current.filter(|it| it.is(&lifecycle)) {
                current.evaluated_at = Some(now);
            }
            Ok(())
        };
        self.update_repository(permit, registry, name, note).await?;
        Ok(gone)
    }

    /// Deletes the image, and what belongs to it, if it and the policy are as they were seen.
    async fn expire(
        &self,
        permit: &Permit,
        seen: &Open,
        lifecycle: &Lifecycle,
        image: &Read<Image>,
    ) -> Result<bool, EcrError> {
        let (registry, digest) = (&seen.registry, image.record.digest);
        let name = &seen.repository.record.name;
        let turn = self.turn(registry, name).await;
        let left = transact!(self.inner.table, permit, |tx| {
            let open = self.open_in(&mut tx, registry, name).await?;
            let policy = open.repository.record.lifecycle.as_ref();
            let same_policy =
                open.id() == seen.id() && policy.is_some_and(|policy| policy.is(lifecycle));
            let found = self.find(&open, &ImageRef::Digest(digest)).await?;
            let unchanged = |found: &Read<Image>| found.revision == image.revision;
            let Some(found) = found.filter(unchanged).filter(|_| same_policy) else {
                return Ok(false);
            };
            match self.remove_image(&open, &mut tx, found).await {
                // An index came to list it meanwhile.
                Err(EcrError::ReferencedByIndex(_)) => return Ok(false),
                left => left?,
            }
        });
        if left > 0 {
            self.finish_removal(permit, seen, &digest).await?;
        }
        drop(turn);
        self.expire_referrers(permit, seen, &digest).await?;
        Ok(true)
    }

    /// Signatures and the like go with what they are about.
    async fn expire_referrers(
        &self,
        permit: &Permit,
        open: &Open,
        subject: &Digest,
    ) -> Result<(), EcrError> {
        let prefix = open.keys.referrers(open.id(), subject);
        let mut after = None;
        loop {
            let (found, more): (Vec<Read<Marker>>, _) =
                self.page(prefix.clone(), after, SCAN_PAGE).await?;
            after = found.last().map(|read| read.key.clone());
            for referrer in found.iter().filter_map(|read| digest_of(&read.key)) {
                let reference = ImageRef::Digest(referrer);
                let name = &open.repository.record.name;
                match self
                    .delete_image(permit, &open.registry, name, &reference, false)
                    .await
                {
                    Ok(_) | Err(EcrError::ReferencedByIndex(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            if !more {
                return Ok(());
            }
        }
    }

    async fn all_images(&self, open: &Open) -> Result<Vec<Read<Image>>, EcrError> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let prefix = open.keys.images(open.id());
            let (found, more): (Vec<Read<Image>>, _) = self.page(prefix, after, SCAN_PAGE).await?;
            after = found.last().map(|read| read.key.clone());
            all.extend(found);
            if !more {
                return Ok(all);
            }
        }
    }
}

fn select(policy: &Policy, images: &[Read<Image>], now: Timestamp) -> Vec<Expiry> {
    let all = || images.iter().map(|read| &read.record);
    let there: HashSet<Digest> = all().map(|image| image.digest).collect();
    let listed: HashSet<Digest> = all().flat_map(|image| image.children.clone()).collect();
    let candidate = |image: &Image| Candidate {
        digest: image.digest,
        tags: image.tags.clone(),
        pushed_at: image.pushed_at,
        held: listed.contains(&image.digest)
            || image
                .subject
                .is_some_and(|subject| there.contains(&subject)),
    };
    let candidates: Vec<Candidate> = all().map(candidate).collect();
    policy.select(&candidates, now)
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
