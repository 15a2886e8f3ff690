//! Account policies of the type RETENTION_POLICY: how long events of groups are kept, and what a change of that would come to.

use std::{cmp::Reverse, collections::BTreeSet, sync::Arc};

use parking_lot::Mutex;
use wharf_api_logs::{
    faults,
    types::{DryRunResult, LogGroupImpact},
};
use wharf_records::{Record as _, Scope};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{account_policies, describe_log_groups::stored_bytes};
use crate::{
    LogsService, fault,
    records::{AccountPolicy, Group, PolicyText},
    retention::{self, Kept, MOST_POLICIES, POLICY, Policies, Policy, Says},
};

/// Groups that a dry run names, as with AWS.
const MOST_NAMED: usize = 20;
const UNDER_WAY: &str =
    "A dry run of this account is under way. An account can have one at a time.";

/// Where dry runs are under way: an account has one at a time in a region, as with AWS.
#[derive(Debug, Default)]
pub struct DryRuns(Mutex<BTreeSet<Scope>>);

/// One that is under way until this is dropped.
struct DryRun {
    all: Arc<DryRuns>,
    scope: Scope,
}

impl DryRun {
    /// `None` while another one is under way.
    fn begin(all: &Arc<DryRuns>, scope: &Scope) -> Option<Self> {
        let is_only = all.0.lock().insert(scope.clone());
        is_only.then(|| Self {
            all: all.clone(),
            scope: scope.clone(),
        })
    }
}

impl Drop for DryRun {
    fn drop(&mut self) {
        self.all.0.lock().remove(&self.scope);
    }
}

pub async fn put(
    service: &LogsService,
    call: &Call,
    name: &str,
    text: PolicyText,
) -> Result<AccountPolicy, Fault> {
    Says::read(&text.document, text.selection.as_deref())?;
    let scope = LogsService::scope(call);
    let at = account_policies::key(&scope, POLICY, name);
    Ok(transact!(service.table, &call.permit, |tx| {
        account_policies::count_put(&scope, POLICY, &mut tx).await?;
        fits(service, &scope, name).await?;
        let former = tx.find::<AccountPolicy>(&at).await?;
        let policy = retention::renewed(former, text.clone(), call.now);
        tx.put(&at, &policy);
        policy
    }))
}

/// Whether there may be a policy of that name.
async fn fits(service: &LogsService, scope: &Scope, name: &str) -> Result<(), Fault> {
    let own = format!("{POLICY}:{name}");
    let all = account_policies::of_type(service, scope, POLICY).await?;
    match all.iter().filter(|(id, _)| *id != own).count() < MOST_POLICIES {
        true => Ok(()),
        false => Err(fault::too_many_policies()),
    }
}

/// Its groups go by their own retention from now on, or by another policy.
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

/// What a put would come to, as if it were in effect at once.
pub async fn try_put(
    service: &LogsService,
    call: &Call,
    name: &str,
    text: &PolicyText,
) -> Result<DryRunResult, Fault> {
    let says = Says::read(&text.document, text.selection.as_deref())?;
    let scope = LogsService::scope(call);
    let run = DryRun::begin(&service.dry_runs, &scope);
    let run = run.ok_or_else(|| faults::limit_exceeded_exception(UNDER_WAY))?;
    fits(service, &scope, name).await?;
    let at = account_policies::key(&scope, POLICY, name);
    let former = service.table.read::<AccountPolicy>(&at).await?;
    let policy = Policy {
        name: name.to_owned(),
        created_at: former.map_or(call.now, |it| it.record.since),
        says: Arc::new(says),
    };
    let before = service.retention_policies(&scope, call.now).await?;
    change(service, run, name, before, Some(policy)).await
}

/// What a deletion would come to.
pub async fn try_delete(
    service: &LogsService,
    call: &Call,
    name: &str,
) -> Result<DryRunResult, Fault> {
    let scope = LogsService::scope(call);
    let run = DryRun::begin(&service.dry_runs, &scope);
    // The operation knows no limits.
    let run = run.ok_or_else(|| faults::operation_aborted_exception(UNDER_WAY))?;
    let at = account_policies::key(&scope, POLICY, name);
    if service.table.read::<AccountPolicy>(&at).await?.is_none() {
        return Err(account_policies::missing());
    }
    let before = service.retention_policies(&scope, call.now).await?;
    change(service, run, name, before, None).await
}

/// What another policy of a name, or none, makes of the groups that it is for, and of those that the former is for.
async fn change(
    service: &LogsService,
    run: DryRun,
    name: &str,
    before: Policies,
    policy: Option<Policy>,
) -> Result<DryRunResult, Fault> {
    let mut groups: Vec<Group> = service.all(&run.scope.key(Group::KIND, "")).await?;
    let both = [before.named(name), policy.as_ref()];
    groups.retain(|group| both.into_iter().flatten().any(|it| it.is_for(group)));
    let after = before.with(name, policy);
    let (looking, account) = (service.clone(), run.scope.account.clone());
    // Groups may be many, and have many streams.
    let compared = service.desk.work(&account, move || {
        // The work goes on when nobody waits for it.
        let _run = run;
        let each = groups.iter().map(|group| Compared {
            name: &group.name,
            before: before.kept(group),
            after: after.kept(group),
            bytes: stored_bytes(&looking, group),
        });
        result(each.collect())
    });
    compared.await.map_err(|cause| fault::unreadable(&cause))
}

struct Compared<'g> {
    name: &'g str,
    before: Kept,
    after: Kept,
    bytes: i64,
}

fn result(mut all: Vec<Compared<'_>>) -> DryRunResult {
    let count = |which: fn(&Compared<'_>) -> bool| {
        let count = all.iter().filter(|it| which(it)).count();
        i32::try_from(count).ok()
    };
    let mut result = DryRunResult {
        total_matched_log_groups: count(|_| true),
        increased_retention_log_group_count: count(|it| it.after > it.before),
        decreased_retention_log_group_count: count(|it| it.after < it.before),
        unchanged_retention_log_group_count: count(|it| it.after == it.before),
        failed_analysis_count: Some(0),
        top_log_groups_impacted: None,
    };
    all.sort_by_key(|it| (Reverse(it.bytes), it.name));
    let top = all.iter().take(MOST_NAMED).map(|it| LogGroupImpact {
        log_group_name: Some(it.name.to_owned()),
        current_retention: Some(it.before.to_string()),
        proposed_retention: Some(it.after.to_string()),
        stored_bytes: Some(it.bytes),
    });
    result.top_log_groups_impacted = Some(top.collect());
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_counted_and_the_largest_named() {
        let names: Vec<String> = (0..25).map(|it| format!("g{it:02}")).collect();
        let compared = names
            .iter()
            .zip(0..)
            .map(|(name, number): (_, i32)| Compared {
                name,
                before: Kept::Days(30),
                after: match number {
                    0..=4 => Kept::ForEver,
                    5..=6 => Kept::Days(7),
                    _ => Kept::Days(30),
                },
                bytes: i64::from(number / 2),
            });
        let result = result(compared.collect());
        assert_eq!(result.total_matched_log_groups, Some(25));
        assert_eq!(result.increased_retention_log_group_count, Some(5));
        assert_eq!(result.decreased_retention_log_group_count, Some(2));
        assert_eq!(result.unchanged_retention_log_group_count, Some(18));
        let top = result.top_log_groups_impacted.unwrap();
        assert_eq!(top.len(), MOST_NAMED);
        let first: Vec<&str> = top
            .iter()
            .filter_map(|it| it.log_group_name.as_deref())
            .take(3)
            .collect();
        assert_eq!(first, ["g24", "g22", "g23"]);
        let last = top.last().unwrap();
        assert_eq!(last.log_group_name.as_deref(), Some("g04"));
        assert_eq!(last.current_retention.as_deref(), Some("30"));
        assert_eq!(last.proposed_retention.as_deref(), Some("NEVER_EXPIRE"));
    }
}
