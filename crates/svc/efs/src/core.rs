//! What every operation and loop of the service works with.

use std::sync::{Arc, OnceLock};

use wharf_api_kms::Kms;
use wharf_base::{Permit, Timestamp};
use wharf_reconcile::{Queue, Shard};
use wharf_service::{ChangeError, Changes, Pages, Place, Table, Turns, transact};
use wharf_store::Compare;
use wharf_wire::{Context, Fault};

use crate::{
    config::Parts,
    fault::{self, EfsFaults},
    names,
    records::{AccessPoint, FileSystem, MountTarget},
};

/// Access points that one transaction deletes: each is a condition and two keys.
const DELETED_AT_ONCE: usize = 50;

pub struct Core {
    pub parts: Parts,
    pub table: Table<EfsFaults>,
    /// Keys of mount targets and file systems to look at.
    pub queue: Arc<Queue<String>>,
    pub shard: Shard,
    /// Who makes or removes a mount target, by its key.
    pub turns: Turns,
    /// There once all services are built. Without it nothing is sealed.
    pub kms: OnceLock<Arc<dyn Kms>>,
}

impl Core {
    pub fn new(parts: Parts) -> Self {
        Self {
            table: Table::new(parts.store.clone()),
            parts,
            kms: OnceLock::new(),
            queue: Arc::default(),
            shard: Shard::new("/w1/c0/efs/shard/0"),
            turns: Turns::default(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// # Errors
    /// There is none of that id; the store's.
    pub async fn file_system(&self, place: &Place, id: &str) -> Result<FileSystem, Fault> {
        let key = names::file_system_key(place, id);
        let found = self.table.read::<FileSystem>(&key).await?;
        let found = found.map(|it| it.record).filter(|it| !it.deleting);
        found.ok_or_else(|| fault::no_file_system(id))
    }

    /// # Errors
    /// There is none of that id; the store's.
    pub async fn mount_target(&self, place: &Place, id: &str) -> Result<MountTarget, Fault> {
        let key = names::mount_target_key(place, id);
        let found = self.table.read::<MountTarget>(&key).await?;
        found
            .map(|it| it.record)
            .ok_or_else(|| fault::no_mount_target(id))
    }

    /// # Errors
    /// There is none of that id; the store's.
    pub async fn access_point(&self, place: &Place, id: &str) -> Result<AccessPoint, Fault> {
        let key = names::access_point_key(place, id);
        let found = self.table.read::<AccessPoint>(&key).await?;
        found
            .map(|it| it.record)
            .ok_or_else(|| fault::no_access_point(id))
    }

    /// The same, within a change of it.
    ///
    /// # Errors
    /// There is none, or it is on its way out; the store's.
    pub async fn standing(
        &self,
        changes: &mut Changes<'_, EfsFaults>,
        place: &Place,
        id: &str,
    ) -> Result<FileSystem, Fault> {
        let key = names::file_system_key(place, id);
        match changes.find::<FileSystem>(&key).await? {
            Some(found) if found.deleting => Err(fault::deleting(id)),
            Some(found) => Ok(found),
            None => Err(fault::no_file_system(id)),
        }
    }

    /// Deletes the access points of a file system that is being deleted, so that nobody makes further ones. There may be more of
    /// them than a transaction can delete. A reconciler does so while its `fence` stands.
    ///
    /// # Errors
    /// The store's; that the fence fell.
    pub async fn delete_access_points(
        &self,
        permit: &Permit,
        place: &Place,
        file_system: &str,
        fence: Option<&Compare>,
    ) -> Result<(), ChangeError<EfsFaults>> {
        let scope = names::scope(place);
        let all = self.table.all::<AccessPoint>(&scope, "").await?;
        let of_it = all
            .into_iter()
            .map(|(_, it)| it)
            .filter(|it| it.record.file_system == file_system);
        let keys: Vec<String> = of_it.map(|it| it.key).collect();
        for some in keys.chunks(DELETED_AT_ONCE) {
            transact!(self.table, permit, |tx| {
                if let Some(fence) = fence {
                    tx.fence(fence.clone());
                }
                for key in some {
                    // Who deletes one at the same time frees its token, which may be of another by now.
                    if let Some(point) = tx.find::<AccessPoint>(key).await? {
                        tx.delete(names::access_point_token_key(place, &point.token));
                        tx.delete(key);
                    }
                }
            });
        }
        Ok(())
    }

    /// The pages of a list of the caller's; `selection` is all that a request chooses by.
    pub fn pages(
        &self,
        cx: &Context,
        list: &str,
        selection: &impl std::fmt::Debug,
    ) -> Pages<'_, EfsFaults> {
        Pages::new(&self.parts.keyring, cx, list, selection)
    }
}
