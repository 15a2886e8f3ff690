//! Principals whose pulls leave the pull times of images as they are: scanners and the like, which
//! would make every image look used.

use wharf_base::{Permit, Timestamp};
use wharf_service::transact;
use wharf_wire::call::{Caller, CallerKind};

use super::{Catalog, Read, Registry};
use crate::{error::EcrError, records::PullExclusion};

/// The model's bound of a list of them.
const MOST: usize = 100;

impl Catalog {
    pub(crate) async fn exclude_pulls(
        &self,
        permit: &Permit,
        registry: &Registry,
        principal: &str,
        now: Timestamp,
    ) -> Result<(), EcrError> {
        let keys = registry.keys();
        let _turn = self.turn(registry, "").await;
        transact!(self.inner.table, permit, |tx| {
            let key = keys.pull_exclusion(principal);
            if tx.find::<PullExclusion>(&key).await?.is_some() {
                return Err(EcrError::ExclusionExists(principal.to_owned()));
            }
            if self.inner.table.count(&keys.pull_exclusions()).await? >= MOST {
                let text = format!("A registry has at most {MOST} pull time update exclusions");
                return Err(EcrError::LimitExceeded(text));
            }
            let record = PullExclusion {
                principal: principal.to_owned(),
                created_at: now,
                unknown: Default::default(),
            };
            tx.put(key, &record);
        });
        Ok(())
    }

    pub(crate) async fn include_pulls(
        &self,
        permit: &Permit,
        registry: &Registry,
        principal: &str,
    ) -> Result<(), EcrError> {
        let key = registry.keys().pull_exclusion(principal);
        transact!(self.inner.table, permit, |tx| {
            if tx.find::<PullExclusion>(&key).await?.is_none() {
                return Err(EcrError::ExclusionNotFound(principal.to_owned()));
            }
            tx.delete(&key);
        });
        Ok(())
    }

    /// Up to `limit` of them in the order of their names, behind `after`; and whether there are more.
    pub(crate) async fn pull_exclusions(
        &self,
        registry: &Registry,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<String>, bool), EcrError> {
        let keys = registry.keys();
        let after = after.map(|principal| keys.pull_exclusion(principal));
        let found = self.page(keys.pull_exclusions(), after, limit).await?;
        let (found, more): (Vec<Read<PullExclusion>>, _) = found;
        let principals = found.into_iter().map(|read| read.record.principal);
        Ok((principals.collect(), more))
    }

    pub(crate) async fn is_excluded(
        &self,
        registry: &Registry,
        caller: &Caller,
    ) -> Result<bool, EcrError> {
        let principal = match caller.kind {
            CallerKind::User => &caller.arn,
            CallerKind::AssumedRole => &caller.role_arn,
            _ => return Ok(false),
        };
        let key = registry.keys().pull_exclusion(principal);
        Ok(self.store().get(&key).await?.is_some())
    }
}
