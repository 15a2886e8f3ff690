//! What every operation and loop of the service works with.

use std::sync::Arc;

use wharf_base::Timestamp;
use wharf_reconcile::{Queue, Shard};
use wharf_records::Record;
use wharf_service::{ChangeError, Pages, Place, Shares, Stored, Table, queue_of_accounts};
use wharf_wire::{Context, Fault};

use crate::{
    config::Parts,
    fault::{self, EksFaults},
    names,
    records::{AccessEntry, Cluster},
};

/// Items of a page, as EKS has it.
const PAGE: usize = 100;
/// Clusters, node groups and profiles that are looked at at once, and those of one account: what a look changes in a cluster waits for
/// the webhooks of its users, each of them up to half a minute.
pub const LOOKED_AT_ONCE: usize = 16;
const LOOKED_AT_OF_ACCOUNT: usize = 4;

pub struct Core {
    pub parts: Parts,
    pub table: Table<EksFaults>,
    /// Keys of clusters to look at.
    pub queue: Arc<Queue<String>>,
    pub shard: Shard,
    /// Whose are being looked at.
    pub looks: Shares,
}

impl Core {
    pub fn new(parts: Parts) -> Self {
        Self {
            table: Table::new(parts.store.clone()),
            parts,
            queue: queue_of_accounts(),
            shard: Shard::new("/w1/c0/eks/shard/0"),
            looks: Shares::new(LOOKED_AT_ONCE, LOOKED_AT_OF_ACCOUNT),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// # Errors
    /// There is none; the store's.
    pub async fn cluster(&self, place: &Place, name: &str) -> Result<Stored<Cluster>, Fault> {
        let found = self.table.read(&names::cluster_key(place, name)).await?;
        found.ok_or_else(|| fault::no_cluster(name))
    }

    /// # Errors
    /// There is none; the store's.
    pub async fn entry(
        &self,
        place: &Place,
        cluster: &Cluster,
        principal: &str,
    ) -> Result<Stored<AccessEntry>, Fault> {
        let key = names::entry_key(place, &cluster.id, principal);
        let found = self.table.read(&key).await?;
        found.ok_or_else(|| fault::no_entry(principal))
    }

    /// All that is below a cluster, by its id.
    ///
    /// # Errors
    /// The store's.
    pub async fn below<R: Record>(
        &self,
        place: &Place,
        cluster: &str,
    ) -> Result<Vec<Stored<R>>, ChangeError<EksFaults>> {
        let start = names::below(cluster, "");
        let found = self.table.all(&names::scope(place), &start).await?;
        Ok(found.into_iter().map(|it| it.1).collect())
    }

    /// One page of a list that is ordered by text.
    ///
    /// # Errors
    /// A token of another list.
    pub fn page(
        &self,
        cx: &Context,
        list: (&str, &[&str]),
        items: Vec<String>,
        (token, size): (Option<&str>, Option<i32>),
    ) -> Result<(Vec<String>, Option<String>), Fault> {
        let size = size.and_then(|it| usize::try_from(it).ok());
        let pages: Pages<'_, EksFaults> = Pages::new(&self.parts.keyring, cx, list.0, list.1);
        let page = pages.page(token, size.unwrap_or(PAGE).clamp(1, PAGE))?;
        Ok(page.cut(items, |it| it))
    }
}
