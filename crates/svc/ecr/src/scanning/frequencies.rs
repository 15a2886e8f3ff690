//! Which repositories a new configuration has scanned at other times: told page by page, so that a kill loses none.

use wharf_reconcile::Shard;
use wharf_service::transact;

use super::PERMIT;
use crate::{
    catalog::{Catalog, Read, frequency},
    error::EcrError,
    records::{ChangedFrequency, FrequencyChange, Keys, Repository},
};

/// Repositories of a step; what is told of them is one event, of 256 KiB at most.
const PAGE: usize = 200;

impl Catalog {
    /// Tells of what was not told yet.
    pub(super) async fn tell_frequencies(
        &self,
        shard: &Shard,
        keys: &Keys,
    ) -> Result<(), EcrError> {
        let key = keys.frequency_change();
        loop {
            let seen = self.read::<FrequencyChange>(&key).await?;
            let Some(seen) = seen.map(|it| it.record).filter(|it| !it.done) else {
                return Ok(());
            };
            let after = seen.told_to.clone();
            let page = self.page(keys.repositories(), after, PAGE).await?;
            let (found, more): (Vec<Read<Repository>>, _) = page;
            let next = FrequencyChange {
                changed: changed(&seen, found.iter().map(|it| &it.record)),
                told_to: found.last().map(|it| it.key.clone()),
                done: !more,
                ..seen.clone()
            };
            let fence = shard.fence().ok_or(EcrError::Contention)?;
            transact!(self.table(), &PERMIT, |tx| {
                tx.fence(fence.clone());
                // A newer one is told from its beginning.
                if tx.find::<FrequencyChange>(&key).await?.as_ref() == Some(&seen) {
                    tx.put(&key, &next);
                }
            });
        }
    }
}

/// Of these repositories those that are scanned at other times now.
fn changed<'a>(
    change: &FrequencyChange,
    repositories: impl Iterator<Item = &'a Repository>,
) -> Vec<ChangedFrequency> {
    // One that was made since was never scanned by the former configuration.
    let there = repositories.filter(|it| it.created_at <= change.at);
    let each = there.map(|it| {
        let name = |scanning| frequency(scanning, it).name().to_owned();
        ChangedFrequency {
            repository: it.name.clone(),
            before: name(&change.before),
            after: name(&change.after),
        }
    });
    each.filter(|it| it.before != it.after).collect()
}
