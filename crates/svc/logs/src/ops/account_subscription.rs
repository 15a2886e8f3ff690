//! Account policies of the type SUBSCRIPTION_FILTER_POLICY: one filter for all groups of an account in a region.

use wharf_records::{Record as _, Scope, Unknown};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{account_policies, subscription_filters};
use crate::{
    LogsService, fault,
    filters::{self, POLICY, account_cursor},
    names,
    records::{AccountPolicy, Group},
};

/// What comes in from now on is sent; that the destination takes anything is seen before this answers. One that
/// changes goes on from where it was.
pub async fn put(
    service: &LogsService,
    call: &Call,
    name: &str,
    document: String,
    selection: Option<String>,
) -> Result<AccountPolicy, Fault> {
    let exempt = filters::exempt(selection.as_deref())?;
    let filter = filters::read(name, &document, call.now)?;
    let source = names::group_arn(call, "*");
    subscription_filters::try_out(service, call, &source, &filter).await?;
    let scope = LogsService::scope(call);
    let at = account_policies::key(&scope, POLICY, name);
    let own = format!("{POLICY}:{name}");
    if let Some(former) = service.table.read::<AccountPolicy>(&at).await? {
        begin_at_ends(service, &scope, &former.record, &exempt).await?;
    }
    Ok(transact!(service.table, &call.permit, |tx| {
        account_policies::count_put(&scope, POLICY, &mut tx).await?;
        let all = account_policies::of_type(service, &scope, POLICY).await?;
        if all.iter().any(|(id, _)| *id != own) {
            return Err(fault::too_many_policies());
        }
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

/// Groups that were exempt and are not any more get what comes in from now on, as those of a new policy. Their places
/// count nothing until the policy is changed.
async fn begin_at_ends(
    service: &LogsService,
    scope: &Scope,
    former: &AccountPolicy,
    exempt: &[String],
) -> Result<(), Fault> {
    let (cursor, events) = (account_cursor(former.since), service.events.journal());
    for name in filters::exempt(former.selection.as_deref())? {
        let group = match exempt.contains(&name) {
            true => None,
            false => {
                let key = scope.key(Group::KIND, &name);
                service.table.read::<Group>(&key).await?
            }
        };
        let Some(group) = group else {
            continue;
        };
        let prefix = Group::journal_prefix(&group.record.id);
        for stream in events.streams(&prefix, None, usize::MAX) {
            let end = events.end(&stream.name);
            let moved = events.set_cursor(&stream.name, &cursor, end).await;
            moved.map_err(fault::journal)?;
        }
    }
    Ok(())
}

/// What was not sent yet is sent no more.
pub async fn delete(service: &LogsService, call: &Call, name: &str) -> Result<(), Fault> {
    let scope = LogsService::scope(call);
    let at = account_policies::key(&scope, POLICY, name);
    let since = transact!(service.table, &call.permit, |tx| {
        let found = tx.find::<AccountPolicy>(&at).await?;
        let found = found.ok_or_else(account_policies::missing)?;
        tx.delete(&at);
        found.since
    });
    let (cursor, events) = (account_cursor(since), service.events.journal());
    for group in service.all::<Group>(&scope.key(Group::KIND, "")).await? {
        let prefix = Group::journal_prefix(&group.id);
        for stream in events.streams(&prefix, None, usize::MAX) {
            if events.cursor(&stream.name, &cursor).is_some() {
                let dropped = events.drop_cursor(&stream.name, &cursor).await;
                dropped.map_err(fault::journal)?;
            }
        }
    }
    Ok(())
}
