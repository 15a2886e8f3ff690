//! How much a repository holds, and what it may hold: the bytes of its layers, configurations and
//! manifests, and images. A layer that two repositories have counts in both.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

use super::{Catalog, Open, Read, Registry, SCAN_PAGE};
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

/// Bytes by repository that are about to be recorded.
#[derive(Debug, Default)]
pub(crate) struct Reservations(Mutex<HashMap<String, u64>>);

/// Room in a repository, until what it is for is recorded.
#[derive(Debug)]
pub(crate) struct Room {
    reservations: Arc<Reservations>,
    repository: String,
    bytes: u64,
}

impl Reservations {
    /// All that is reserved in the repository, with the new one.
    fn reserve(self: &Arc<Self>, repository: &str, bytes: u64) -> (Room, u64) {
        let mut all = self.0.lock();
        let reserved = all.entry(repository.to_owned()).or_default();
        *reserved = reserved.saturating_add(bytes);
        let room = Room {
            reservations: self.clone(),
            repository: repository.to_owned(),
            bytes,
        };
        (room, *reserved)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut all = self.reservations.0.lock();
        if let Some(reserved) = all.get_mut(&self.repository) {
            *reserved = reserved.saturating_sub(self.bytes);
            if *reserved == 0 {
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
    pub(crate) async fn require_room(&self, open: &Open, bytes: u64) -> Result<Room, EcrError> {
        let limit = self.config().repository_bytes;
        let (room, reserved) = self.inner.reservations.reserve(open.id(), bytes);
        if limit == u64::MAX {
            return Ok(room);
        }
        let used = self.used_bytes(open).await?;
        if used.saturating_add(reserved) > limit {
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
