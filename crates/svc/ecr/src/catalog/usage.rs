//! How much a repository holds, and what it may hold: the bytes of its layers, configurations and
//! manifests, and images. A layer that two repositories have counts in both. What an account holds in all
//! of its repositories: [`super::account_usage`].

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use wharf_blobs::Digest;

use super::{Catalog, Open, Read, Registry, SCAN_PAGE, account_usage};
use crate::{
    error::EcrError,
    records::{Image, Keys, Layer},
};

/// How much a registry may hold.
pub(crate) struct Quotas {
    pub repositories: usize,
    /// Of a repository.
    pub images: usize,
    pub layer_bytes: u64,
    /// Of one upload through the API.
    pub layer_parts: u32,
}

/// By repository, what is about to be recorded, and what it holds at most.
#[derive(Debug, Default)]
pub(crate) struct Reservations(Mutex<HashMap<String, Reserved>>);

/// Bytes of one repository.
#[derive(Debug, Default, Clone, Copy)]
struct Reserved {
    /// About to be recorded.
    open: u64,
    /// Ever reserved since this process counts.
    ever: u64,
    /// What it holds at most: what was found when it was last counted, and all that was reserved since. What was
    /// deleted since, or came to nothing, is not taken off; so long as this fits, nothing is counted again, and a
    /// push of many layers does not read all of them for each.
    most: Option<u64>,
}

/// Repositories that are remembered without anything reserved.
const MAX_REMEMBERED: usize = 10_000;

/// Room in a repository, until what it is for is recorded.
#[derive(Debug)]
struct Reservation {
    reservations: Arc<Reservations>,
    repository: String,
    bytes: u64,
}

/// Room in a repository and for its account, until what it is for is recorded.
#[derive(Debug)]
pub(crate) struct Room {
    _repository: Reservation,
    /// `None` where the account has no bound, or has the same bytes already.
    account: Option<account_usage::Reservation>,
}

impl Room {
    /// What is about to be recorded is this blob.
    pub(crate) fn is_for(&self, blob: &Digest) {
        if let Some(account) = &self.account {
            account.is_for(blob);
        }
    }
}

/// What room is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// Bytes that the account may not have yet.
    Bytes,
    /// An upload that has come, under this digest.
    Upload(&'a Digest),
    /// What another repository of the account has.
    Shared,
}

impl Reservations {
    /// Reserves, and says what that comes to.
    fn reserve(self: &Arc<Self>, repository: &str, bytes: u64) -> (Reservation, Reserved) {
        let mut all = self.0.lock();
        if all.len() >= MAX_REMEMBERED && !all.contains_key(repository) {
            all.retain(|_, it| it.open > 0);
        }
        let reserved = all.entry(repository.to_owned()).or_default();
        reserved.open = reserved.open.saturating_add(bytes);
        reserved.ever = reserved.ever.saturating_add(bytes);
        reserved.most = reserved.most.map(|most| most.saturating_add(bytes));
        let room = Reservation {
            reservations: self.clone(),
            repository: repository.to_owned(),
            bytes,
        };
        (room, *reserved)
    }

    /// So many bytes were found by who began to count at `begun`. What others recorded meanwhile may not be among
    /// them, so all that was reserved from then on is added.
    fn counted(&self, repository: &str, found: u64, begun: Reserved) {
        let mut all = self.0.lock();
        if let Some(reserved) = all.get_mut(repository) {
            let since = reserved.ever.saturating_sub(begun.ever);
            reserved.most = Some(found.saturating_add(begun.open).saturating_add(since));
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut all = self.reservations.0.lock();
        if let Some(reserved) = all.get_mut(&self.repository) {
            reserved.open = reserved.open.saturating_sub(self.bytes);
            if reserved.open == 0 && reserved.most.is_none() {
                all.remove(&self.repository);
            }
        }
    }
}

impl Catalog {
    /// ECR's quotas, those of public registries being smaller.
    pub(crate) fn quotas(&self, registry: &Registry) -> Quotas {
        let config = self.config();
        match registry.public {
            false => Quotas {
                repositories: config.max_repositories,
                images: config.max_images,
                layer_bytes: config.max_layer_bytes,
                layer_parts: 4200,
            },
            true => Quotas {
                repositories: config.max_repositories.min(10_000),
                images: config.max_images.min(100_000),
                layer_bytes: config.max_layer_bytes.min(10_000 << 20),
                layer_parts: 1000,
            },
        }
    }

    /// Room for so many bytes more. Hold it until they are recorded: whoever asks meanwhile counts
    /// them as reserved, whoever asks later as recorded, nobody as neither.
    pub(crate) async fn require_room(
        &self,
        open: &Open,
        bytes: u64,
        wanted: Wanted<'_>,
    ) -> Result<Room, EcrError> {
        Ok(Room {
            _repository: self.room_in_repository(open, bytes).await?,
            account: self.room_for_account(open, bytes, wanted).await?,
        })
    }

    async fn room_in_repository(&self, open: &Open, bytes: u64) -> Result<Reservation, EcrError> {
        let limit = self.config().repository_bytes;
        let (room, reserved) = self.inner.reservations.reserve(open.id(), bytes);
        if limit == u64::MAX {
            return Ok(room);
        }
        if reserved.most.is_some_and(|most| most <= limit) {
            return Ok(room);
        }
        let used = self.used_bytes(open).await?;
        self.inner.reservations.counted(open.id(), used, reserved);
        if used.saturating_add(reserved.open) > limit {
            let (name, account) = (open.name(), open.account());
            return Err(EcrError::RepositoryFull {
                name,
                account,
                limit,
            });
        }
        Ok(room)
    }

    /// Room for one image more, in a change that nothing else changes the repository's images beside.
    pub(crate) async fn require_images(&self, open: &Open) -> Result<(), EcrError> {
        let limit = self.quotas(&open.registry).images;
        let images = open.keys.images(open.id());
        if self.inner.table.count(&images).await? < limit {
            return Ok(());
        }
        let (name, account) = (open.name(), open.account());
        Err(EcrError::TooManyImages {
            name,
            account,
            limit,
        })
    }

    /// Room for one repository more, unless there is one of that name, which is for others to say.
    pub(crate) async fn require_repositories(
        &self,
        registry: &Registry,
        keys: &Keys,
        name: &str,
    ) -> Result<(), EcrError> {
        let limit = self.quotas(registry).repositories;
        let there = self.inner.table.count(&keys.repositories()).await?;
        if there < limit || self.store().get(&keys.repository(name)).await?.is_some() {
            return Ok(());
        }
        let account = registry.account.clone();
        Err(EcrError::TooManyRepositories { account, limit })
    }

    async fn used_bytes(&self, open: &Open) -> Result<u64, EcrError> {
        let (mut used, mut after) = (0_u64, None);
        loop {
            let prefix = open.keys.layers(open.id());
            let (layers, more): (Vec<Read<Layer>>, _) = self.page(prefix, after, SCAN_PAGE).await?;
            after = layers.last().map(|read| read.key.clone());
            let sizes = layers.iter().map(|read| read.record.size);
            used = sizes.fold(used, u64::saturating_add);
            if !more {
                break;
            }
        }
        after = None;
        loop {
            let prefix = open.keys.images(open.id());
            let (images, more): (Vec<Read<Image>>, _) = self.page(prefix, after, SCAN_PAGE).await?;
            after = images.last().map(|read| read.key.clone());
            let sizes = images.iter().map(|read| read.record.manifest_size);
            used = sizes.fold(used, u64::saturating_add);
            if !more {
                return Ok(used);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: fn(&Arc<Reservations>) -> Option<u64> =
        |it| it.0.lock().get("r").and_then(|it| it.most);

    #[test]
    fn a_repository_never_holds_more_than_is_remembered() {
        let all: Arc<Reservations> = Arc::default();
        let (first, begun) = all.reserve("r", 10);
        assert_eq!(begun.most, None);
        // While it is counted, another one comes, is recorded behind what was read, and is gone from what is open.
        let (second, _) = all.reserve("r", 5);
        drop(second);
        all.counted("r", 100, begun);
        assert_eq!(MOST(&all), Some(115));
        drop(first);
        assert_eq!(MOST(&all), Some(115));
        let (_, third) = all.reserve("r", 1);
        assert_eq!(third.most, Some(116));
        // Counted anew, what came to nothing is taken off.
        let (_fourth, begun) = all.reserve("r", 2);
        all.counted("r", 110, begun);
        assert_eq!(MOST(&all), Some(112));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let all: Arc<Reservations> = Arc::default();
        let (_open, _) = all.reserve("open", 1);
        for n in 0..3 * MAX_REMEMBERED {
            let (_room, begun) = all.reserve(&n.to_string(), 1);
            all.counted(&n.to_string(), 0, begun);
        }
        let kept = all.0.lock();
        assert!(kept.len() <= MAX_REMEMBERED && kept.contains_key("open"));
    }
}
