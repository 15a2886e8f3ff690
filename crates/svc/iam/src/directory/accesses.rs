//! When users and roles last used services: what was noted in memory is written together, and read
//! together with what is not written yet.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Permit, Timestamp};
use wharf_service::transact;
use wharf_wire::{Context, fault::Chain};

use super::{Directory, DirectoryError};
use crate::{
    accesses::{self, Noted, Uses},
    names::entity_arn,
    records::{LastAccessRecord, RoleRecord, Stored, UserRecord, folded},
};

/// How long what was noted stays in memory alone.
const GRAIN: Duration = Duration::from_secs(60);
/// Users and roles of one transaction.
const TOGETHER: usize = 32;
/// How long AWS tells of a use.
const TRACKED: Duration = Duration::from_secs(400 * 24 * 3_600);

impl Directory {
    /// A call, as it passes the gate.
    pub(crate) fn note_access(&self, cx: &Context, action: &str) {
        self.accesses.note(&cx.caller, action, &cx.region, cx.now);
    }

    /// Writes down about once a minute what was noted, and the rest when it ends.
    pub async fn keep_accesses(self: Arc<Self>, clock: Arc<dyn Clock>, stop: CancellationToken) {
        let permit = Permit::for_controller("iam-accesses");
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.accesses.first.notified() => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(GRAIN) => {}
                    }
                }
            }
            self.write_accesses(&permit, clock.now()).await;
        }
    }

    /// Writes what was noted; what cannot be written is noted again.
    async fn write_accesses(&self, permit: &Permit, now: Timestamp) {
        let mut noted = self.accesses.take().into_iter();
        loop {
            let some: HashMap<String, Noted> = noted.by_ref().take(TOGETHER).collect();
            if some.is_empty() {
                return;
            }
            if let Err(error) = self.write_some(permit, &some, now).await {
                tracing::warn!(
                    error = %Chain(&error),
                    "last uses of services cannot be written; retrying in a minute"
                );
                self.accesses
                    .put_back(some.into_iter().chain(noted).collect());
                return;
            }
        }
    }

    async fn write_some(
        &self,
        permit: &Permit,
        noted: &HashMap<String, Noted>,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        transact!(self.records, permit, |tx| {
            for (id, noted) in noted {
                // Who is gone leaves nothing behind.
                let account = match entity_arn(&noted.arn, "user") {
                    Some((account, _, name)) => {
                        let key = UserRecord::key(account, &folded(name));
                        let user: Option<UserRecord> = tx.find(&key).await?;
                        user.is_some_and(|it| it.id == *id).then_some(account)
                    }
                    None => match entity_arn(&noted.arn, "role") {
                        Some((account, _, name)) => {
                            let key = RoleRecord::key(account, &folded(name));
                            let role: Option<RoleRecord> = tx.find(&key).await?;
                            role.is_some_and(|it| it.id == *id).then_some(account)
                        }
                        None => None,
                    },
                };
                let Some(account) = account else { continue };
                let key = LastAccessRecord::key(account, id);
                let mut record: LastAccessRecord = tx.find(&key).await?.unwrap_or_default();
                accesses::merge(&mut record.uses, &noted.uses);
                accesses::forget(&mut record.uses, now - TRACKED);
                tx.put(key, &record);
            }
        });
        Ok(())
    }

    /// The last uses of a user or role, by its id.
    pub(crate) async fn accesses_of(
        &self,
        account: &str,
        id: &str,
        now: Timestamp,
    ) -> Result<Uses, DirectoryError> {
        let key = LastAccessRecord::key(account, id);
        let found = self.records.read::<LastAccessRecord>(&key).await?;
        let mut uses = found.map(|it| it.record.uses).unwrap_or_default();
        accesses::merge(&mut uses, &self.accesses.of(id));
        accesses::forget(&mut uses, now - TRACKED);
        Ok(uses)
    }
}
