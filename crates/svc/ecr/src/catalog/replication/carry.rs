//! What is owed to destinations, carried out.
//!
//! The receiving registry is asked in the name of the sending account's root, as for any request across
//! accounts: its policy lets in `ecr:ReplicateImage`, and `ecr:CreateRepository` where a repository is to
//! be made. What cannot succeed is noted at the image; what failed for the moment stays owed. Registries of other
//! installations say themselves what they let in.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use tokio::time::timeout;
use wharf_base::{Permit, Timestamp};
use wharf_blobs::Digest;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_service::transact;
use wharf_wire::{Call, Context, Dispatcher, call::Caller};

use super::{
    super::{Catalog, ImageRef, MadeFor, NewImage, Open, Read, Registry, SCAN_PAGE},
    Reach,
};
use crate::{
    error::EcrError,
    records::{
        Image,
        replication::{Owed, Replica, ReplicaStatus},
    },
    upstream::Far,
};

/// Done, or the failure code that is noted at the image, which another try would not help; the outer error is one that passes.
pub(super) type Outcome<T = ()> = Result<Result<T, &'static str>, EcrError>;

/// The failure code where the policy of the receiving registry is against it.
const DENIED: &str = "AccessDenied";

/// Registries of one account whose images are on their way at a time, of each [`Reach`].
pub const REGISTRIES_OF_ACCOUNT: usize = 2;
/// When a registry comes again whose account has its share.
const AGAIN: Duration = Duration::from_millis(250);
/// How long a registry's images go before those of the others that wait.
pub(super) const TURN: Duration = Duration::from_secs(30);
/// An image takes no longer in one go. The layers that arrived stay.
pub(super) const IMAGE_PATIENCE: Duration = Duration::from_secs(30 * 60);

/// Where it is from, and where it goes.
pub(super) struct Way<'a> {
    pub permit: &'a Permit,
    pub source: &'a Registry,
    pub target: &'a Registry,
    /// Where the target was when this began.
    pub reach: Reach,
    /// The repository at both ends.
    pub name: &'a str,
    pub now: Timestamp,
}

impl Catalog {
    /// Keys of all registries, for [`Catalog::replicate_registry`].
    ///
    /// # Errors
    /// The store's.
    pub async fn registries(&self) -> Result<Vec<String>, EcrError> {
        let scopes = self.scopes().await?;
        Ok(scopes.iter().map(|it| it.key(Owed::KIND, "")).collect())
    }

    /// Carries out what a registry owes to destinations, and brings its backfills to them forward. What fails for the moment
    /// does not keep the rest from going, and is tried when the registry is looked at again.
    pub async fn replicate_registry(
        &self,
        dispatcher: &Dispatcher,
        permit: &Permit,
        reach: Reach,
        key: &str,
        now: Timestamp,
    ) -> Next {
        let Some((scope, ..)) = Scope::parse(key) else {
            return Next::Settled;
        };
        let places = match reach {
            Reach::Here => &self.inner.replicating,
            Reach::Elsewhere => &self.inner.replicating_elsewhere,
        };
        let Some(_share) = places.try_take(&scope.account) else {
            return Next::Deferred(AGAIN);
        };
        let source = Registry::new(&scope.account, &scope.region);
        let Registry {
            account, region, ..
        } = &source;
        self.replicate_what_goes(dispatcher, permit, &source, reach, now)
            .await;
        let backfills = self.go_on_with_backfills_of(dispatcher, permit, &source, reach, now);
        if let Err(error) = backfills.await {
            tracing::warn!(account, region, %error, "replication backfills failed; will retry");
        }
        Next::Settled
    }

    /// Carries out what all registries owe, one after the other; how many images are at their destinations now. One whose
    /// records cannot be read does not keep the others from going.
    ///
    /// # Errors
    /// The store's.
    pub async fn replicate(
        &self,
        dispatcher: &Dispatcher,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<usize, EcrError> {
        let mut done = 0;
        for scope in self.scopes().await? {
            let source = Registry::new(&scope.account, &scope.region);
            for reach in [Reach::Here, Reach::Elsewhere] {
                done += self
                    .replicate_what_goes(dispatcher, permit, &source, reach, now)
                    .await;
            }
        }
        Ok(done)
    }

    /// One registry's turn; what ended it early is in the log.
    async fn replicate_what_goes(
        &self,
        dispatcher: &Dispatcher,
        permit: &Permit,
        source: &Registry,
        reach: Reach,
        now: Timestamp,
    ) -> usize {
        let done = self.replicate_from(dispatcher, permit, source, reach, now);
        done.await.unwrap_or_else(|error| {
            let Registry {
                account, region, ..
            } = source;
            tracing::warn!(account, region, %error, "replication of images failed; will retry");
            0
        })
    }

    /// One registry's turn.
    async fn replicate_from(
        &self,
        dispatcher: &Dispatcher,
        permit: &Permit,
        source: &Registry,
        reach: Reach,
        now: Timestamp,
    ) -> Result<usize, EcrError> {
        let (begun, keys) = (Instant::now(), source.keys());
        let (mut done, mut after) = (0, None);
        loop {
            let (found, more): (Vec<Read<Owed>>, _) =
                self.page(keys.all_owed(), after, SCAN_PAGE).await?;
            after = found.last().map(|read| read.key.clone());
            let replication = self.replication(source).await?;
            for owed in found {
                if replication.reach(&owed.record.destination) != reach {
                    continue;
                }
                if begun.elapsed() > TURN {
                    self.inner.owing.notify_one();
                    return Ok(done);
                }
                let carried = self.carry(dispatcher, permit, source, reach, &owed, now);
                let carried = timeout(IMAGE_PATIENCE, carried).await;
                let why = match carried {
                    Ok(Ok(arrived)) => {
                        done += usize::from(arrived);
                        continue;
                    }
                    Ok(Err(error)) => error.to_string(),
                    Err(_) => "it took too long".to_owned(),
                };
                tracing::warn!(
                    repository = source.repository_arn(&owed.record.repository),
                    destination = owed.record.destination.name(),
                    error = why,
                    "a replication failed; will retry"
                );
            }
            if !more {
                return Ok(done);
            }
        }
    }

    async fn carry(
        &self,
        dispatcher: &Dispatcher,
        permit: &Permit,
        source: &Registry,
        reach: Reach,
        owed: &Read<Owed>,
        now: Timestamp,
    ) -> Result<bool, EcrError> {
        let keys = source.keys();
        let Some((repository, digest)) = keys.owed_image(&owed.key) else {
            return Ok(false);
        };
        let destination = &owed.record.destination;
        let target = Registry::new(&destination.account, &destination.region);
        let way = Way {
            permit,
            source,
            target: &target,
            reach,
            name: &owed.record.repository,
            now,
        };
        let key = keys.image(&repository, &digest);
        let image: Option<Read<Image>> = self.read(&key).await?;
        let sent = match image {
            Some(image) => {
                let lost = &owed.record.lost_tags;
                self.deliver(dispatcher, &way, &image, lost).await?
            }
            None if !owed.record.deletes => Ok(()),
            None => self.delete_there(dispatcher, &way, &digest).await?,
        };
        let arrived = sent.is_ok();
        let _turn = self.turn(source, &owed.record.repository).await;
        transact!(self.inner.table, permit, |tx| {
            // More became owed meanwhile, and the next round brings it.
            let current: Option<Read<Owed>> = self.read(&owed.key).await?;
            if current.is_none_or(|it| it.revision != owed.revision) {
                return Ok(false);
            }
            tx.when(owed.unchanged());
            tx.delete(&owed.key);
            if let Some(mut image) = tx.find::<Image>(&key).await?
                && image.replicas.contains_key(&destination.name())
            {
                let replica = Replica {
                    destination: destination.clone(),
                    status: match sent {
                        Ok(()) => ReplicaStatus::Complete,
                        Err(_) => ReplicaStatus::Failed,
                    },
                    failure: sent.err().map(str::to_owned),
                    at: now,
                };
                image.replicas.insert(destination.name(), replica);
                self.raise(&mut tx, &keys, &repository).await?;
                tx.put(&key, &image);
            }
        });
        Ok(arrived)
    }

    /// Makes the image be there as it is here.
    pub(super) async fn deliver(
        &self,
        dispatcher: &Dispatcher,
        way: &Way<'_>,
        image: &Read<Image>,
        lost_tags: &[String],
    ) -> Outcome {
        match self.end_of(dispatcher, way).await? {
            Ok(None) => permanent(self.send(way, image, lost_tags).await),
            Ok(Some(far)) => self.send_far(way, &far, image, lost_tags).await,
            Err(why) => Ok(Err(why)),
        }
    }

    /// Makes the image be gone there as it is here.
    async fn delete_there(
        &self,
        dispatcher: &Dispatcher,
        way: &Way<'_>,
        digest: &Digest,
    ) -> Outcome {
        match self.end_of(dispatcher, way).await? {
            Ok(None) => permanent(self.take_back(way, &ImageRef::Digest(*digest)).await),
            Ok(Some(far)) => self.take_back_far(&far, digest).await,
            Err(why) => Ok(Err(why)),
        }
    }

    /// The other installation that a way ends in, `None` for this one; or why it may not be gone.
    async fn end_of(&self, dispatcher: &Dispatcher, way: &Way<'_>) -> Outcome<Option<Far>> {
        let far = self.far(way).await?;
        if matches!(far, Ok(Some(_))) && way.reach == Reach::Here {
            // The configuration was put anew meanwhile: nobody's far registry takes the place of one that is here.
            let key = way.source.keys().replication();
            return Err(self.inner.table.conflict(key).into());
        }
        if matches!(far, Ok(None)) && !self.is_let_in(dispatcher, way).await? {
            return Ok(Err(DENIED));
        }
        Ok(far)
    }

    /// Whether the policy of the receiving registry lets the sending account do it.
    async fn is_let_in(&self, dispatcher: &Dispatcher, way: &Way<'_>) -> Result<bool, EcrError> {
        let Registry {
            account, region, ..
        } = way.target;
        let context = Context {
            caller: Caller::root(&way.source.account),
            ..Context::internal(account, region, "ecr.amazonaws.com", way.now)
        };
        let call = Call::by_controller(context, way.permit.clone());
        let mut checks = vec![
            self.check("ecr:ReplicateImage", way.target, way.name)
                .await?,
        ];
        let key = way.target.keys().repository(way.name);
        if self.store().get(&key).await?.is_none() {
            checks.push(self.check_creation(way.target, way.name).await?);
        }
        let ecr = &wharf_api_ecr::schema::SERVICE;
        Ok(dispatcher.admit(ecr, &call, &checks).await.is_ok())
    }

    async fn send(
        &self,
        way: &Way<'_>,
        image: &Read<Image>,
        lost_tags: &[String],
    ) -> Result<(), EcrError> {
        let source = self.open(way.source, way.name).await?;
        // One that was deleted and made anew meanwhile has another key.
        if source.keys.image(source.id(), &image.record.digest) != image.key {
            return Err(way.source.missing(way.name));
        }
        let image = &image.record;
        self.make_for(MadeFor::Replica, way.permit, way.target, way.name, way.now)
            .await?;
        for digest in self.listed_below(&source, image).await? {
            let found = self.find(&source, &ImageRef::Digest(digest)).await?;
            // One that is deleted at this moment is missed by what lists it, if anything still does.
            if let Some(found) = found {
                self.copy(way, &source, &found.record, &[]).await?;
            }
        }
        self.copy(way, &source, image, &image.tags).await?;
        for tag in lost_tags.iter().filter(|tag| !image.tags.contains(tag)) {
            let reference = ImageRef::Tag(tag.clone());
            let there = self.image(way.target, way.name, &reference).await?;
            if there.is_some_and(|there| there.digest == image.digest) {
                self.take_back(way, &reference).await?;
            }
        }
        Ok(())
    }

    /// The images that an index lists, and those that they list: each once, and behind all that it lists
    /// itself. Clients decide how deep that goes, so nothing here calls itself.
    pub(super) async fn listed_below(
        &self,
        source: &Open,
        image: &Image,
    ) -> Result<Vec<Digest>, EcrError> {
        let (mut order, mut seen) = (Vec::new(), HashSet::new());
        let mut open = vec![(image.digest, image.children.clone().into_iter())];
        while let Some((digest, children)) = open.last_mut() {
            let Some(child) = children.next() else {
                order.push(*digest);
                open.pop();
                continue;
            };
            if !seen.insert(child) {
                continue;
            }
            let found = self.find(source, &ImageRef::Digest(child)).await?;
            let below = found.map(|found| found.record.children).unwrap_or_default();
            open.push((child, below.into_iter()));
        }
        // The image itself.
        order.pop();
        Ok(order)
    }

    /// The layers first, then the image under its tags.
    async fn copy(
        &self,
        way: &Way<'_>,
        source: &Open,
        image: &Image,
        tags: &[String],
    ) -> Result<(), EcrError> {
        let target = self.open(way.target, way.name).await?;
        for blob in &image.blobs {
            self.bring_over(way.permit, source, &target, blob, way.now)
                .await?;
        }
        let manifest: bytes::Bytes = self.manifest_of(source, image).await?.into();
        let mut tags: Vec<Option<String>> = tags.iter().cloned().map(Some).collect();
        if tags.is_empty() {
            tags.push(None);
        }
        for tag in tags {
            let new = NewImage {
                manifest: manifest.clone(),
                media_type: Some(image.media_type.clone()),
                tag,
                digest: Some(image.digest.to_string()),
            };
            self.put_replica(way.permit, way.target, way.name, new, way.now)
                .await?;
        }
        Ok(())
    }

    /// Deletes there what was deleted here; what an index there needs stays.
    async fn take_back(&self, way: &Way<'_>, reference: &ImageRef) -> Result<(), EcrError> {
        let deleted = self.delete_image(way.permit, way.target, way.name, reference, true);
        match deleted.await {
            Ok(_) | Err(EcrError::ReferencedByIndex(_) | EcrError::RepositoryNotFound { .. }) => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

/// What another try would not help as the reason to note; an error is one that passes.
pub(super) fn permanent(sent: Result<(), EcrError>) -> Outcome {
    let code = match &sent {
        Ok(()) => return Ok(Ok(())),
        Err(EcrError::TagImmutable { .. }) => "ImageTagAlreadyExists",
        Err(
            EcrError::RepositoryFull { .. }
            | EcrError::RegistryFull { .. }
            | EcrError::TooManyImages { .. }
            | EcrError::TooManyRepositories { .. }
            | EcrError::LimitExceeded(_),
        ) => "LimitExceeded",
        Err(EcrError::LayersNotFound { .. } | EcrError::ReferencedImagesNotFound { .. }) => {
            "ReferencedImagesNotFound"
        }
        Err(EcrError::InvalidParameter { .. }) => "InvalidParameter",
        Err(EcrError::RepositoryNotFound { .. }) => "RepositoryNotFound",
        // A key that is disabled, or that a grant is revoked of: at either end somebody has to do something about it.
        Err(EcrError::Kms(fault)) if fault.lasts() => "KmsError",
        Err(_) => return sent.map(Ok),
    };
    Ok(Err(code))
}
