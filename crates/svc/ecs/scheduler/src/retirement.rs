//! Hosts are retired: no Fargate task is placed there any more, each account with tasks there has a notice, and when its time of
//! waiting is over, tasks of services are replaced as from a host that is drained, and other tasks are stopped.
//!
//! The mark of a host ([`Retired`]) is written with the host; the notices of accounts ([`Retirement`]) follow from it and from
//! what runs there, so that whoever dies in between, a look at both says what is still to be done. EC2 follows the mark for its
//! instances. [`next`] is pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use wharf_base::{Permit, Timestamp};
use wharf_hosts::Held;
use wharf_records::{
    Record as _, Unknown, decode,
    ecs::{Launch, Setting, Task},
    encode,
    hosts::Host,
};
use wharf_service::{Stored, transact};
use wharf_store::{Compare, Txn};
use wharf_svc_ecs_model::retirement::{INSTANCE_NOTICE, Retired, Retirement, SETTING, USUAL_DAYS};
use wharf_wire::{Fault, fault::Chain};

use crate::{
    Scheduler,
    names::{self, Place},
    state::{ChangeError, StepError, conflict},
    task::stop,
    tasks::PERMIT,
};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(10);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Services and tasks of a notice; of what is beyond, none is told, and it leaves all the same.
const MOST_TOLD: usize = 2_000;
/// Notices that one transaction removes, and transactions in which a mark is removed.
const AT_ONCE: usize = 50;
const MAX_WITHDRAWALS: usize = 1_000;

/// Marks a host. `notice`: how long EC2 instances stay there, if somebody says so.
///
/// # Errors
/// The store's.
pub async fn mark(
    scheduler: &Scheduler,
    permit: &Permit,
    host: &str,
    notice: Option<Duration>,
) -> Result<(), Fault> {
    let (key, host_key) = (Retired::key(host), Host::key(host));
    let now = scheduler.state.now();
    transact!(scheduler.state.table, permit, |tx| {
        let marked = tx.find::<Retired>(&key).await?;
        let record = tx.find::<Host>(&host_key).await?;
        match (marked, record) {
            (None, Some(mut record)) => {
                let mark = Retired {
                    host: host.to_owned(),
                    at: now,
                    fargate: record.fargate,
                    noticed: BTreeSet::new(),
                    instances_end_at: Some(now + notice.unwrap_or(INSTANCE_NOTICE)),
                    unknown: Unknown::new(),
                };
                tx.put(&key, &mark);
                record.fargate = false;
                tx.put(&host_key, &record);
            }
            // Asked for again: at another time.
            (Some(mut mark), _) if notice.is_some() || mark.instances_end_at.is_none() => {
                mark.instances_end_at = Some(now + notice.unwrap_or(INSTANCE_NOTICE));
                tx.put(&key, &mark);
            }
            _ => {}
        }
    });
    scheduler.retired.notify_one();
    Ok(())
}

/// Takes that back: what was not stopped stays, and tasks come again.
///
/// # Errors
/// The store's.
pub async fn unmark(scheduler: &Scheduler, permit: &Permit, host: &str) -> Result<(), Fault> {
    withdraw(scheduler, permit, host, None).await?;
    scheduler.wake_starving();
    Ok(())
}

/// Removes a mark with all notices, some at a time.
async fn withdraw(
    scheduler: &Scheduler,
    permit: &Permit,
    host: &str,
    fence: Option<Compare>,
) -> Result<(), ChangeError> {
    let table = &scheduler.state.table;
    for _ in 0..MAX_WITHDRAWALS {
        let Some(mark) = table.read::<Retired>(&Retired::key(host)).await? else {
            return Ok(());
        };
        let mut left = mark.record.clone();
        let mut txn = fence.iter().cloned().fold(Txn::new(), Txn::when);
        txn = txn.when(mark.unchanged());
        for (account, region) in mark.record.noticed.iter().take(AT_ONCE) {
            txn = txn.delete(notice_key(&place(account, region), host));
            left.noticed.remove(&(account.clone(), region.clone()));
        }
        let is_last = left.noticed.is_empty();
        if is_last {
            txn = txn.delete(&mark.key);
            if let Some(known) = table.read::<Host>(&Host::key(host)).await? {
                let mut record = known.record.clone();
                record.fargate = mark.record.fargate;
                txn = txn.when(known.unchanged());
                txn = txn.put(&known.key, encode(&record));
            }
        } else {
            txn = txn.put(&mark.key, encode(&left));
        }
        if table.commit(permit, txn).await? && is_last {
            return Ok(());
        }
    }
    Err(conflict(host))
}

fn place(account: &str, region: &str) -> Place {
    Place {
        account: account.to_owned(),
        region: region.to_owned(),
    }
}

fn notice_key(place: &Place, host: &str) -> String {
    place.scope().key(Retirement::KIND, host)
}

/// Looks until `stop`.
pub async fn run(scheduler: Arc<Scheduler>, stop: CancellationToken) {
    loop {
        if let Err(error) = look(&scheduler).await {
            let error = Chain(&error).to_string();
            tracing::warn!(
                error,
                "failed to follow the retirement of hosts, will retry"
            );
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = scheduler.retired.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn look(scheduler: &Scheduler) -> Result<(), StepError> {
    let marks = scheduler.state.table.entries(&Retired::folder()).await?;
    for entry in marks {
        let mark: Retired = decode(&entry.value).map_err(ChangeError::from)?;
        follow(scheduler, &mark.host).await?;
    }
    Ok(())
}

/// What is to be done for an account, whose tasks on the host these are.
#[derive(Debug, PartialEq)]
enum Next {
    /// A notice is written.
    Tell,
    /// Its time is over: that is written down.
    Fall,
    /// These are stopped, by their keys; tasks of services are replaced by the services' own plans.
    Stop(Vec<String>),
    Nothing,
}

fn next(notice: Option<&Retirement>, tasks: &[Held<Task>], now: Timestamp) -> Next {
    match notice {
        None => Next::Tell,
        Some(notice) if !notice.due && notice.at <= now => Next::Fall,
        Some(notice) if notice.due => {
            let alone = tasks.iter().filter(|it| it.service.is_none());
            let keys: Vec<String> = alone.map(|it| it.key.clone()).collect();
            match keys.is_empty() {
                true => Next::Nothing,
                false => Next::Stop(keys),
            }
        }
        Some(_) => Next::Nothing,
    }
}

fn leaves(task: &Task) -> bool {
    task.launch == Launch::Fargate && task.is_live()
}

async fn follow(scheduler: &Scheduler, host: &str) -> Result<(), StepError> {
    let state = &scheduler.state;
    state.up_to_date().await;
    let mut by_place: BTreeMap<(String, String), Vec<Held<Task>>> = BTreeMap::new();
    for task in state.view.tasks_on(host) {
        if let Some(of) = names::place_of(&task.arn).filter(|_| leaves(&task)) {
            by_place
                .entry((of.account, of.region))
                .or_default()
                .push(task);
        }
    }
    for ((account, region), tasks) in by_place {
        let place = place(&account, &region);
        let key = notice_key(&place, host);
        let stored = state.table.read::<Retirement>(&key).await?;
        let notice = stored.as_ref().map(|it| &it.record);
        match next(notice, &tasks, state.now()) {
            Next::Tell => tell(scheduler, &place, host, &tasks).await?,
            Next::Fall => {
                if let Some(stored) = stored {
                    fall(scheduler, &stored).await?;
                    scheduler.retired.notify_one();
                }
            }
            Next::Stop(keys) => {
                for key in keys {
                    stop_one(scheduler, &key).await?;
                }
            }
            Next::Nothing => {}
        }
    }
    forget(scheduler, host).await
}

/// Writes a notice, and with it that there is one.
async fn tell(
    scheduler: &Scheduler,
    place: &Place,
    host: &str,
    tasks: &[Held<Task>],
) -> Result<(), StepError> {
    let state = &scheduler.state;
    let mark = state.table.read::<Retired>(&Retired::key(host)).await?;
    let Some(mark) = mark else { return Ok(()) };
    let now = state.now();
    let service = |task: &Held<Task>| {
        let name = task.group.strip_prefix("service:")?;
        task.service.as_ref()?;
        Some(format!("{}|{name}", task.cluster))
    };
    let services: BTreeSet<String> = tasks.iter().filter_map(service).collect();
    let alone = tasks.iter().filter(|it| it.service.is_none());
    let notice = Retirement {
        host: host.to_owned(),
        told_at: now,
        at: now + DAY * days(scheduler, place).await?,
        due: false,
        services: services.into_iter().take(MOST_TOLD).collect(),
        tasks: alone.map(|it| it.arn.clone()).take(MOST_TOLD).collect(),
        unknown: Unknown::new(),
    };
    let key = notice_key(place, host);
    let mut noticed = mark.record.clone();
    let of = (place.account.clone(), place.region.clone());
    noticed.noticed.insert(of);
    let txn = Txn::new()
        .when(state.fence()?)
        .when(mark.unchanged())
        .when(Compare::absent(&key))
        .put(&key, encode(&notice))
        .put(&mark.key, encode(&noticed));
    state.table.commit(&PERMIT, txn).await?;
    tracing::info!(
        host,
        account = place.account,
        at = %notice.at,
        "Fargate tasks are to leave a host that is retired"
    );
    // It may be due at once.
    scheduler.retired.notify_one();
    Ok(())
}

/// How many days the tasks of an account have.
async fn days(scheduler: &Scheduler, place: &Place) -> Result<u32, StepError> {
    let root = format!("arn:aws:iam::{}:root", place.account);
    let key = place
        .scope()
        .key(Setting::KIND, &format!("{root}:{SETTING}"));
    let setting = scheduler.state.table.read::<Setting>(&key).await?;
    let days = setting.and_then(|it| it.record.value.parse().ok());
    Ok(days.unwrap_or(USUAL_DAYS))
}

/// The view hears of it, and wakes the services.
async fn fall(scheduler: &Scheduler, stored: &Stored<Retirement>) -> Result<(), StepError> {
    let due = Retirement {
        due: true,
        ..stored.record.clone()
    };
    let txn = Txn::new().when(scheduler.state.fence()?);
    let txn = txn.when(stored.unchanged());
    let txn = txn.put(&stored.key, encode(&due));
    scheduler.state.table.commit(&PERMIT, txn).await?;
    Ok(())
}

async fn stop_one(scheduler: &Scheduler, key: &str) -> Result<(), StepError> {
    let state = &scheduler.state;
    let (fence, now) = (state.fence()?, state.now());
    let change = |task: &mut Task| {
        if leaves(task) && task.service.is_none() {
            stop::stop(task, &stop::retired(), now);
        }
    };
    state
        .change_task(&PERMIT, Some(&fence), key, change)
        .await?;
    tracing::info!(key, "a task is stopped: its host is retired");
    Ok(())
}

/// Of a host that was deregistered nothing is left to be said.
async fn forget(scheduler: &Scheduler, host: &str) -> Result<(), StepError> {
    let state = &scheduler.state;
    if state.table.read::<Host>(&Host::key(host)).await?.is_some() {
        return Ok(());
    }
    let fence = Some(state.fence()?);
    withdraw(scheduler, &PERMIT, host, fence).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_task;

    fn held(name: &str, launch: &str, service: bool) -> Held<Task> {
        let mut task = test_task::task(launch);
        if service {
            let membership = json!({"deployment": "ecs-svc/1", "revision": "r"});
            task.service = serde_json::from_value(membership).ok();
        }
        Held {
            record: Arc::new(task),
            key: name.to_owned(),
            revision: 1,
        }
    }

    fn notice(at: i64, due: bool) -> Retirement {
        Retirement {
            host: "h".to_owned(),
            told_at: Timestamp(0),
            at: Timestamp(at),
            due,
            services: BTreeSet::new(),
            tasks: BTreeSet::new(),
            unknown: Unknown::new(),
        }
    }

    #[test]
    fn tasks_are_told_of_wait_and_leave() {
        let tasks = [held("alone", "FARGATE", false)];
        let now = Timestamp(1_000);
        assert_eq!(next(None, &tasks, now), Next::Tell);
        assert_eq!(
            next(Some(&notice(1_001, false)), &tasks, now),
            Next::Nothing
        );
        assert_eq!(next(Some(&notice(1_000, false)), &tasks, now), Next::Fall);
        let stopped = Next::Stop(vec!["alone".to_owned()]);
        assert_eq!(next(Some(&notice(1_000, true)), &tasks, now), stopped);
        assert_eq!(next(Some(&notice(1_000, true)), &[], now), Next::Nothing);
    }

    #[test]
    fn tasks_of_services_are_their_services_own() {
        let of_service = held("web", "FARGATE", true);
        assert!(of_service.service.is_some());
        let due = notice(0, true);
        let tasks = [of_service, held("alone", "FARGATE", false)];
        let stopped = Next::Stop(vec!["alone".to_owned()]);
        assert_eq!(next(Some(&due), &tasks, Timestamp(1)), stopped);
    }

    #[test]
    fn nothing_leaves_but_fargate_tasks_that_run() {
        assert!(leaves(&held("a", "FARGATE", false)));
        assert!(!leaves(&held("a", "EC2", false)));
        let mut stopping = test_task::task("FARGATE");
        assert!(stop::stop(&mut stopping, &stop::retired(), Timestamp(1)));
        assert!(!leaves(&stopping));
    }
}
