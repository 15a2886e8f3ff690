//! Lifecycle policies carried out.
//!
//! A run looks at the images of a repository, asks the policy which of them are to go, and deletes or
//! archives each on the condition that it is as it was seen: an image that got another tag meanwhile
//! stays for the next run. A policy that was set or changed is run right away, all others every
//! [`EVERY`].

use std::{collections::HashMap, time::Duration};

use wharf_base::{Permit, Timestamp};
use wharf_blobs::Digest;
use wharf_service::transact;
use wharf_store::Txn;

use super::{
    super::{Catalog, Following, ImageRef, MARKER, Open, Read, Registry, SCAN_PAGE, StorageClass},
    execution_event, read, select,
};
use crate::{
    error::EcrError,
    lifecycle::Action,
    records::{Image, Keys, Lifecycle, Repository, Status},
};

/// ECR promises a run within a day; a run that finds nothing costs one pass over the images.
const EVERY: Duration = Duration::from_secs(3600);

impl Catalog {
    /// Runs the policies that are due; how many images they took. One repository that fails does not
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
        self.finish_expiring(permit, &open).await?;
        let images = self.all_images(&open).await?;
        let mut taken = Vec::new();
        self.finish_archiving(permit, &open, &images, now).await?;
        for chosen in select(policy, &images, now).await? {
            let image = &images[chosen.image];
            let done = match chosen.action {
                Action::Expire => self.expire(permit, &open, &lifecycle, image).await?,
                Action::Archive => self.archive(permit, &open, &lifecycle, image, now).await?,
            };
            if done {
                tracing::info!(
                    repository = registry.repository_arn(name),
                    image = %image.record.digest, rule = chosen.priority, action = ?chosen.action,
                    "the lifecycle policy took an image"
                );
                taken.push(execution_event::taken(
                    &image.record,
                    chosen.priority,
                    chosen.action,
                ));
            }
        }
        self.record_run(registry, name, &taken, now).await;
        let note = |repository: &mut Repository| {
            let current = repository.lifecycle.as_mut();
            // One that was set meanwhile is due for a run of its own.
            if let Some(current) = current.filter(|it| it.is(&lifecycle)) {
                current.evaluated_at = Some(now);
            }
            Ok(())
        };
        self.update_repository(permit, registry, name, note).await?;
        Ok(taken.len())
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
        let (left, led) = transact!(self.inner.table, permit, |tx| {
            let open = self.open_in(&mut tx, registry, name).await?;
            let Some(found) = self.as_seen(&open, seen, lifecycle, image).await? else {
                return Ok(false);
            };
            let left = match self.remove_image(&open, &mut tx, found).await {
                // An index came to list it meanwhile.
                Err(EcrError::ReferencedByIndex(_)) => return Ok(false),
                left => left?,
            };
            // A kill from here on leaves them to the next run.
            let led = !self.referrers_of(&open, &digest).await?.is_empty();
            if led {
                tx.put(open.keys.expired(open.id(), &digest), &MARKER);
            }
            (left, led)
        });
        if left > 0 {
            self.finish_removal(permit, seen, &digest).await?;
        }
        drop(turn);
        if led {
            self.expire_referrers(permit, seen, &digest).await?;
        }
        Ok(true)
    }

    /// What is about images that an earlier run took, and was left behind when that was cut short, goes too. Of an
    /// image that came back meanwhile it stays.
    async fn finish_expiring(&self, permit: &Permit, open: &Open) -> Result<(), EcrError> {
        for subject in self.marked(open.keys.expired_in(open.id())).await? {
            match self.find(open, &ImageRef::Digest(subject)).await? {
                Some(_) => self.forget_expired(permit, open, &subject).await?,
                None => self.expire_referrers(permit, open, &subject).await?,
            }
        }
        Ok(())
    }

    /// Signatures and the like go with what they are about, and before them what is about them: what is cut short is
    /// found again from the image. What an index lists stays, with all that is about it.
    async fn expire_referrers(
        &self,
        permit: &Permit,
        open: &Open,
        expired: &Digest,
    ) -> Result<(), EcrError> {
        let name = &open.repository.record.name;
        let (mut all, mut looked_at) = (vec![*expired], 0);
        while let Some(subject) = all.get(looked_at).copied() {
            for referrer in self.referrers_of(open, &subject).await? {
                if self.parents(open, &referrer).await?.is_empty() {
                    all.push(referrer);
                }
            }
            looked_at += 1;
        }
        for referrer in all.into_iter().skip(1).rev() {
            let reference = ImageRef::Digest(referrer);
            match self
                .delete_image(permit, &open.registry, name, &reference, false)
                .await
            {
                Ok(_) | Err(EcrError::ReferencedByIndex(_)) => {}
                Err(error) => return Err(error),
            }
        }
        self.forget_expired(permit, open, expired).await
    }

    async fn forget_expired(
        &self,
        permit: &Permit,
        open: &Open,
        expired: &Digest,
    ) -> Result<(), EcrError> {
        let txn = Txn::new().delete(open.keys.expired(open.id(), expired));
        self.store().txn(permit, txn).await?;
        Ok(())
    }

    /// Moves the image into the archive if it and the policy are as they were seen.
    async fn archive(
        &self,
        permit: &Permit,
        seen: &Open,
        lifecycle: &Lifecycle,
        image: &Read<Image>,
        now: Timestamp,
    ) -> Result<bool, EcrError> {
        let (registry, name) = (&seen.registry, &seen.repository.record.name);
        let turn = self.turn(registry, name).await;
        transact!(self.inner.table, permit, |tx| {
            let open = self.open_in(&mut tx, registry, name).await?;
            let Some(found) = self.as_seen(&open, seen, lifecycle, image).await? else {
                return Ok(false);
            };
            let moved = self.add_move(&mut tx, &open, found, StorageClass::Archive, now);
            match moved.await {
                // An index came to list it meanwhile.
                Err(EcrError::StorageClass { .. }) => return Ok(false),
                moved => moved?,
            };
        });
        drop(turn);
        let (archive, untagged) = (StorageClass::Archive, Following::Untagged);
        self.move_followers(permit, seen, &image.record, archive, untagged, now)
            .await?;
        Ok(true)
    }

    /// What belongs to images in the archive, and was left behind when a run was cut short, follows them. What
    /// somebody brought back since stays.
    async fn finish_archiving(
        &self,
        permit: &Permit,
        open: &Open,
        images: &[Read<Image>],
        now: Timestamp,
    ) -> Result<(), EcrError> {
        let all = || images.iter().map(|read| &read.record);
        let left: HashMap<Digest, &Image> = all()
            .filter(|it| it.status == Status::Active && it.tags.is_empty())
            .map(|it| (it.digest, it))
            .collect();
        let subjects: HashMap<Digest, &Image> = left
            .values()
            .filter_map(|it| Some((it.subject?, *it)))
            .collect();
        for leader in all().filter(|it| it.status == Status::Archived) {
            let children = leader.children.iter().filter_map(|it| left.get(it));
            let mut behind = children.chain(subjects.get(&leader.digest));
            if behind.any(|it| it.activated_at <= leader.archived_at) {
                let (archive, untagged) = (StorageClass::Archive, Following::Untagged);
                self.move_followers(permit, open, leader, archive, untagged, now)
                    .await?;
            }
        }
        Ok(())
    }

    /// The image, unless it, its repository or the policy is not as it was seen.
    async fn as_seen(
        &self,
        open: &Open,
        seen: &Open,
        lifecycle: &Lifecycle,
        image: &Read<Image>,
    ) -> Result<Option<Read<Image>>, EcrError> {
        let policy = open.repository.record.lifecycle.as_ref();
        if open.id() != seen.id() || !policy.is_some_and(|policy| policy.is(lifecycle)) {
            return Ok(None);
        }
        let reference = ImageRef::Digest(image.record.digest);
        let found = self.find(open, &reference).await?;
        Ok(found.filter(|found| found.revision == image.revision))
    }
}
