//! Account policies of the type METRIC_EXTRACTION_POLICY: groups of which no metrics are made by the embedded metric format.

use wharf_records::Unknown;
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::account_policies;
use crate::{
    LogsService,
    extraction::{self, POLICY, Selection},
    records::AccountPolicy,
};

/// What comes in from now on makes no metrics.
pub async fn put(
    service: &LogsService,
    call: &Call,
    name: &str,
    document: String,
    selection: Option<String>,
) -> Result<AccountPolicy, Fault> {
    extraction::check(&document)?;
    let selected = Selection::read(selection.as_deref())?;
    let scope = LogsService::scope(call);
    let at = account_policies::key(&scope, POLICY, name);
    let own = format!("{POLICY}:{name}");
    Ok(transact!(service.table, &call.permit, |tx| {
        account_policies::count_put(&scope, POLICY, &mut tx).await?;
        let mut others = account_policies::of_type(service, &scope, POLICY).await?;
        others.retain(|(id, _)| *id != own);
        extraction::fits(selected.as_ref(), others.iter().map(|(_, it)| &it.record))?;
        let former = tx.find::<AccountPolicy>(&at).await?;
        let policy = AccountPolicy {
            document: document.clone(),
            selection: selection.clone(),
            changed_at: call.now,
            since: former.map_or(call.now, |it| it.since),
            takes_effect: None,
            unknown: Unknown::new(),
        };
        tx.put(&at, &policy);
        policy
    }))
}

pub async fn delete(service: &LogsService, call: &Call, name: &str) -> Result<(), Fault> {
    let at = account_policies::key(&LogsService::scope(call), POLICY, name);
    transact!(service.table, &call.permit, |tx| {
        if tx.find::<AccountPolicy>(&at).await?.is_none() {
            return Err(account_policies::missing());
        }
        tx.delete(&at);
    });
    Ok(())
}
