//! Makes a run of each moment that has come.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope, Unknown};

use super::{
    record::{Last, ScheduledQuery, ScheduledRun, Status},
    timing,
};
use crate::jobs::{Jobs, StepError, settled};

/// Nobody waits longer at once: the clock on the wall may be set.
const LONGEST: Duration = Duration::from_secs(600);
/// Runs of a query that are remembered, and for how long.
const KEPT: usize = 100;
const KEPT_FOR: Duration = Duration::from_secs(30 * 86_400);
/// Of those that are too many, so many go with each new one.
const GO_AT_ONCE: usize = 20;

pub async fn step(jobs: &Jobs, scope: &Scope, key: &str) -> Result<Next, StepError> {
    let Some(stored) = jobs.service.table.read::<ScheduledQuery>(key).await? else {
        return Ok(Next::Settled);
    };
    let (query, now) = (&stored.record, jobs.now());
    let Some(at) = timing::next(query, now).filter(|_| query.enabled) else {
        return Ok(Next::Settled);
    };
    if at > now {
        return Ok(Next::After(at.since(now).min(LONGEST)));
    }
    // One after another: the end of a run wakes its query. Of the moments that pass meanwhile the last gets a run.
    if let Some(last) = query
        .last
        .as_ref()
        .filter(|it| it.status == Status::Running)
    {
        let id = ScheduledRun::id(&query.id, last.at);
        let before = scope.key(ScheduledRun::KIND, &id);
        let before = jobs.service.table.read::<ScheduledRun>(&before).await?;
        if before.is_some_and(|it| it.record.status == Status::Running) {
            return Ok(Next::After(LONGEST));
        }
    }
    let run = run_of(query, at);
    let mut moved = query.clone();
    moved.done_until = at;
    moved.last = Some(Last {
        at,
        status: Status::Running,
    });
    let mut changes = jobs.begin(&stored)?;
    changes.put(&stored.key, &moved);
    let id = ScheduledRun::id(&query.id, at);
    changes.put(scope.key(ScheduledRun::KIND, &id), &run);
    for old in too_old(jobs, scope, &query.id, now).await? {
        changes.delete(old);
    }
    settled(jobs.commit(changes).await)
}

/// A run with all that the query says now: changes later are for later moments.
fn run_of(query: &ScheduledQuery, at: Timestamp) -> ScheduledRun {
    let (start, end) = timing::about(query, at);
    ScheduledRun {
        name: query.name.clone(),
        of: query.id.clone(),
        at,
        text: query.text.clone(),
        groups: query.groups.clone(),
        start,
        end,
        role: query.role.clone(),
        destination: query.destination.clone(),
        status: Status::Running,
        query: None,
        error: None,
        delivery: None,
        unknown: Unknown::new(),
    }
}

/// Keys of runs that nobody is shown any more.
async fn too_old(
    jobs: &Jobs,
    scope: &Scope,
    id: &str,
    now: Timestamp,
) -> Result<Vec<String>, StepError> {
    let prefix = scope.key(ScheduledRun::KIND, &ScheduledRun::prefix(id));
    let keys = jobs.service.table.keys(&prefix).await?;
    let since = scope.key(ScheduledRun::KIND, &ScheduledRun::id(id, now - KEPT_FOR));
    let many = (keys.len() + 1).saturating_sub(KEPT);
    let old = keys.partition_point(|it| *it < since);
    let gone = keys.into_iter().take(many.max(old).min(GO_AT_ONCE));
    Ok(gone.collect())
}
