//! A service that was deleted is remembered for a while.

use std::time::Duration;

use wharf_reconcile::Next;
use wharf_records::{
    Record,
    ecs::{RevisionRecord, Service, ServiceDeployment, ServiceEvents},
};
use wharf_store::{Range, Txn};

use super::{Look, PERMIT};
use crate::{
    state::{ChangeError, StepError},
    view::Held,
};

/// How long an INACTIVE service stays describable.
const INACTIVE_RETENTION: Duration = Duration::from_secs(3600);
/// Records deleted in one transaction.
const DELETED_AT_ONCE: usize = 100;

impl Look<'_> {
    /// An INACTIVE service is remembered for a while; then all that was recorded of it goes.
    pub(super) async fn forget(&self, held: &Held<Service>) -> Result<Next, StepError> {
        let until = held.deleted_at.unwrap_or(held.created_at) + INACTIVE_RETENTION;
        let now = self.scheduler.state.now();
        if now < until {
            return Ok(Next::After(until.since(now)));
        }
        let scope = self.place.scope();
        for kind in [RevisionRecord::KIND, ServiceDeployment::KIND] {
            let prefix = format!("{}{}:", scope.prefix(kind), self.id);
            loop {
                let range = Range::prefix(&prefix).limit(DELETED_AT_ONCE);
                let page = self.scheduler.state.store.range(range).await;
                let page = page.map_err(ChangeError::from)?;
                if page.entries.is_empty() {
                    break;
                }
                let txn = Txn::new().when(self.fence.clone()).when(held.unchanged());
                let txn = page
                    .entries
                    .into_iter()
                    .fold(txn, |txn, entry| txn.delete(entry.key));
                if !self.scheduler.state.table.commit(&PERMIT, txn).await? {
                    return Ok(Next::After(Duration::ZERO));
                }
            }
        }
        let txn = Txn::new()
            .when(self.fence.clone())
            .when(held.unchanged())
            .delete(&held.key)
            .delete(scope.key(ServiceEvents::KIND, &self.id));
        self.scheduler.state.table.commit(&PERMIT, txn).await?;
        Ok(Next::Settled)
    }
}
