//! Backfills carried out.
//!
//! A backfill goes through all images of the registry in the order of their keys and notes how far it
//! came with every image that it brought, so a kill costs at most one image a second journey. It goes a
//! stretch at a time; what is pushed meanwhile does not wait for its end.

use std::time::Instant;

use tokio::time::timeout;
use wharf_base::{Permit, Timestamp};
use wharf_service::transact;
use wharf_wanted::digest_of;
use wharf_wire::Dispatcher;

use super::super::{
    super::{Catalog, Read, Registry, SCAN_PAGE},
    Reach,
    carry::{IMAGE_PATIENCE, TURN, Way},
};
use crate::{
    error::EcrError,
    records::{
        Image, Keys,
        replication::{
            Backfill, BackfillResult, BackfillStatus, Destination, Replica, ReplicaStatus,
            Replication,
        },
    },
};

/// Images looked at before others have their turn.
const STRETCH: usize = 50;
impl Catalog {
    /// Brings every backfill under way a stretch forward.
    ///
    /// # Errors
    /// The store's.
    pub async fn go_on_with_backfills(
        &self,
        dispatcher: &Dispatcher,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<(), EcrError> {
        for scope in self.scopes().await? {
            let source = Registry::new(&scope.account, &scope.region);
            for reach in [Reach::Here, Reach::Elsewhere] {
                self.go_on_with_backfills_of(dispatcher, permit, &source, reach, now)
                    .await?;
            }
        }
        Ok(())
    }

    /// The same of those of a registry to some destinations.
    pub(in super::super) async fn go_on_with_backfills_of(
        &self,
        dispatcher: &Dispatcher,
        permit: &Permit,
        source: &Registry,
        reach: Reach,
        now: Timestamp,
    ) -> Result<(), EcrError> {
        let replication = self.replication(source).await?;
        for backfill in self.all_backfills(&source.keys()).await? {
            if backfill.status.is_end() || replication.reach(&backfill.destination) != reach {
                continue;
            }
            let went = self.step(dispatcher, permit, (source, reach), &backfill, now);
            match went.await {
                Ok(()) => self.inner.owing.notify_one(),
                Err(error) => tracing::warn!(
                    backfill = backfill.id, %error,
                    "a replication backfill failed; will retry"
                ),
            }
        }
        Ok(())
    }

    async fn step(
        &self,
        dispatcher: &Dispatcher,
        permit: &Permit,
        (source, reach): (&Registry, Reach),
        backfill: &Backfill,
        now: Timestamp,
    ) -> Result<(), EcrError> {
        let keys = source.keys();
        match backfill.status {
            BackfillStatus::Stopping => {
                self.end(permit, &keys, &backfill.id, BackfillStatus::Stopped, now)
                    .await
            }
            BackfillStatus::Preparing => {
                let total = self.count_missing(source, &backfill.destination).await?;
                let key = keys.backfill(&backfill.id);
                let begin = |it: &mut Backfill| {
                    if it.status == BackfillStatus::Preparing {
                        it.status = BackfillStatus::InProgress;
                        it.total = total;
                    }
                    Ok::<(), EcrError>(())
                };
                self.inner.table.change(permit, &key, begin).await?;
                Ok(())
            }
            _ => {
                let found = self
                    .page(keys.all_images(), backfill.position.clone(), STRETCH)
                    .await?;
                let (images, more): (Vec<Read<Image>>, _) = found;
                let begun = Instant::now();
                for image in images {
                    if begun.elapsed() > TURN {
                        return Ok(());
                    }
                    let id = backfill.id.as_str();
                    let on = self.bring(dispatcher, permit, (source, reach), id, image, now);
                    let Ok(on) = timeout(IMAGE_PATIENCE, on).await else {
                        tracing::warn!(
                            backfill = backfill.id,
                            "an image of a replication backfill took too long; will retry"
                        );
                        return Ok(());
                    };
                    if !on? {
                        return Ok(());
                    }
                }
                match more {
                    true => Ok(()),
                    false => {
                        self.end(permit, &keys, &backfill.id, BackfillStatus::Complete, now)
                            .await
                    }
                }
            }
        }
    }

    async fn end(
        &self,
        permit: &Permit,
        keys: &Keys,
        id: &str,
        status: BackfillStatus,
        now: Timestamp,
    ) -> Result<(), EcrError> {
        let end = |it: &mut Backfill| {
            // Stopped in its last moment, it is stopped.
            it.status = match it.status {
                BackfillStatus::Stopping => BackfillStatus::Stopped,
                _ => status,
            };
            it.ended_at = Some(now);
            Ok::<(), EcrError>(())
        };
        self.inner
            .table
            .change(permit, &keys.backfill(id), end)
            .await?;
        Ok(())
    }

    async fn count_missing(&self, source: &Registry, to: &Destination) -> Result<u64, EcrError> {
        let replication = self.replication(source).await?;
        let (mut total, mut after) = (0, None);
        loop {
            let found = self
                .page(source.keys().all_images(), after, SCAN_PAGE)
                .await?;
            let (images, more): (Vec<Read<Image>>, _) = found;
            after = images.last().map(|read| read.key.clone());
            for image in &images {
                total += u64::from(is_missing(&replication, &image.record, to));
            }
            if !more {
                return Ok(total);
            }
        }
    }

    /// Brings the image if it is to go there, and notes it; false if the backfill is to end.
    async fn bring(
        &self,
        dispatcher: &Dispatcher,
        permit: &Permit,
        (source, reach): (&Registry, Reach),
        id: &str,
        read: Read<Image>,
        now: Timestamp,
    ) -> Result<bool, EcrError> {
        let keys = source.keys();
        let backfill = self.backfill(source, id).await?;
        if backfill.status != BackfillStatus::InProgress {
            return Ok(false);
        }
        let (image, to) = (&read.record, &backfill.destination);
        let replication = self.replication(source).await?;
        let sent = match is_missing(&replication, image, to) {
            true => {
                let target = Registry::new(&to.account, &to.region);
                let way = Way {
                    permit,
                    source,
                    target: &target,
                    reach,
                    name: &image.repository,
                    now,
                };
                Some(self.deliver(dispatcher, &way, &read, &[]).await?)
            }
            false => None,
        };
        let (Some(image_id), Some(repository)) = (
            digest_of(&read.key),
            read.key
                .strip_prefix(&keys.all_images())
                .and_then(|id| id.split('.').next()),
        ) else {
            return Ok(true);
        };
        let _turn = self.turn(source, &image.repository).await;
        transact!(self.inner.table, permit, |tx| {
            let key = keys.backfill(id);
            let Some(mut backfill) = tx.find::<Backfill>(&key).await? else {
                return Ok(false);
            };
            backfill.position = Some(read.key.clone());
            if let Some(sent) = sent {
                let status = match sent {
                    Ok(()) => ReplicaStatus::Complete,
                    Err(_) => ReplicaStatus::Failed,
                };
                match sent {
                    Ok(()) => backfill.completed += 1,
                    Err(code) => {
                        backfill.failed += 1;
                        backfill.failure_codes.insert(code.to_owned());
                    }
                }
                let result = BackfillResult {
                    repository: image.repository.clone(),
                    digest: image_id,
                    tag: image.tags.last().cloned(),
                    status,
                    failure: sent.err().map(str::to_owned),
                    unknown: Default::default(),
                };
                tx.put(keys.backfill_result(id, repository, &image_id), &result);
                if let Some(mut image) = tx.find::<Image>(&read.key).await? {
                    let replica = Replica {
                        destination: backfill.destination.clone(),
                        status,
                        failure: sent.err().map(str::to_owned),
                        at: now,
                    };
                    image.replicas.insert(backfill.destination.name(), replica);
                    self.raise(&mut tx, &keys, repository).await?;
                    tx.put(&read.key, &image);
                }
            }
            tx.put(key, &backfill);
        });
        Ok(true)
    }
}

/// Whether the image is to be there by the configuration and is not.
fn is_missing(replication: &Replication, image: &Image, to: &Destination) -> bool {
    let arrived = |it: &Replica| it.status == ReplicaStatus::Complete;
    let there = image.replicas.get(&to.name()).is_some_and(arrived);
    // Records of earlier versions do not say their repository's name until the image is pushed again.
    !there
        && !image.repository.is_empty()
        && replication.destinations(&image.repository).contains_key(to)
}
