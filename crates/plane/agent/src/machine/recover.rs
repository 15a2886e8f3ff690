//! After a start: what an earlier agent left running, and what nobody owns any more.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use wharf_container::runtime::{Recovered, RecoveredState};
use wharf_kubelet::machine::is_pod;
use wharf_network::{Attachment, Health};

use super::{
    Shared, Tenancy,
    live::{self, Live},
    logs,
    net::{self, Networks},
    perform,
};
use crate::{engine::Event, instances::is_instance, node::core::TaskContext};

pub(super) async fn recover(
    shared: &Arc<Shared>,
    tasks: &[Arc<TaskContext>],
) -> BTreeMap<String, Vec<Event>> {
    if let Err(error) = std::fs::create_dir_all(&shared.log_notes) {
        tracing::warn!(%error, "failed to save positions in logs");
    }
    let known: BTreeMap<&str, &Arc<TaskContext>> =
        tasks.iter().map(|task| (task.id.as_str(), task)).collect();
    let scope = Scope::of(shared, &known).await;
    let attachments = networks(shared, &known, &scope).await;
    let mut events: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for (id, networks) in &attachments {
        let attached = perform::attached(known[id.as_str()], networks);
        events.entry(id.clone()).or_default().push(attached);
    }
    let mut found: BTreeSet<String> = BTreeSet::new();
    let (remains, unclear) = remains(shared, &known, &scope).await;
    for recovered in remains {
        let id = recovered.sandbox.task_id.clone();
        match known.get(id.as_str()) {
            Some(task) => {
                let past = take_over(shared, task, attachments.get(&id), recovered).await;
                events.entry(id.clone()).or_default().extend(past);
                found.insert(id);
            }
            None if scope.has(&id) => remove(shared, recovered).await,
            // Another node of this machine finds it again.
            None => {}
        }
    }
    let is_gone = |id: &String| !found.contains(id) && !unclear.contains(id);
    for task in tasks.iter().filter(|task| is_gone(&task.id)) {
        let gone = (0..task.task.containers.len()).map(|container| Event::Vanished { container });
        events.entry(task.id.clone()).or_default().extend(gone);
    }
    for id in shared
        .volumes
        .task_ids()
        .iter()
        .filter(|id| !known.contains_key(id.as_str()))
    {
        if let Err(error) = shared.volumes.remove(id) {
            tracing::warn!(task = id, %error, "failed to remove volumes of a forgotten task");
        }
    }
    match &scope {
        Scope::AllBut(others) => {
            let is_used = |owner: &str| {
                known.contains_key(owner) || others.contains(owner) || is_anothers(owner)
            };
            shared.host.isolation.retain(is_used);
        }
        Scope::Only(ids) => shared.host.found(ids),
    }
    events
}

/// What an instance or a pod has, its own keeper finds again.
fn is_anothers(key: &str) -> bool {
    is_instance(key) || is_pod(key)
}

/// Whose tasks are looked for.
enum Scope {
    /// The machine's own node's: all but those of instances.
    AllBut(BTreeSet<String>),
    /// An instance's: those that it knows, and what else runs in its group.
    Only(BTreeSet<String>),
}

impl Scope {
    async fn of(shared: &Shared, known: &BTreeMap<&str, &Arc<TaskContext>>) -> Self {
        match &shared.tenancy {
            Tenancy::Machine => Self::AllBut(shared.host.awaited()),
            Tenancy::Instance { id } => {
                let mut ids = shared.host.tasks_of_group(id).await;
                ids.extend(known.keys().map(|id| (*id).to_owned()));
                Self::Only(ids)
            }
        }
    }

    fn has(&self, task_id: &str) -> bool {
        match self {
            Self::AllBut(others) => !others.contains(task_id),
            Self::Only(ids) => ids.contains(task_id),
        }
    }
}

/// A shim that does not answer is asked so often.
const ROUNDS: u32 = 5;
const NEXT_ROUND: Duration = Duration::from_secs(2);

/// What of tasks is on this machine, and of which tasks that cannot be told: they may run, so nobody is told that
/// they vanished, and they are looked for again at the next start.
async fn remains(
    shared: &Shared,
    known: &BTreeMap<&str, &Arc<TaskContext>>,
    scope: &Scope,
) -> (Vec<Recovered>, BTreeSet<String>) {
    let runtime = &shared.host.runtime;
    let ids = match scope {
        Scope::AllBut(_) => match runtime.task_ids().await {
            Ok(ids) => ids.into_iter().collect(),
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "failed to look for containers"
                );
                let all = known.keys().map(|id| (*id).to_owned());
                return (Vec::new(), all.collect());
            }
        },
        Scope::Only(ids) => ids.clone(),
    };
    each(ids, NEXT_ROUND, |id| async move {
        runtime.recover_task(&id).await
    })
    .await
}

/// Finds each by itself: one that cannot be read keeps no other from being found.
async fn each<T, E, F>(
    mut ids: BTreeSet<String>,
    pause: Duration,
    find: impl Fn(String) -> F,
) -> (Vec<T>, BTreeSet<String>)
where
    E: std::error::Error + 'static,
    F: Future<Output = Result<Option<T>, E>>,
{
    let mut found = Vec::new();
    for round in 0..ROUNDS {
        if round > 0 {
            tokio::time::sleep(pause).await;
        }
        let mut unclear = BTreeSet::new();
        for id in ids {
            match find(id.clone()).await {
                Ok(one) => found.extend(one),
                Err(error) => {
                    tracing::error!(
                        task = id,
                        round,
                        error = &error as &dyn std::error::Error,
                        "failed to recover the containers of a task"
                    );
                    unclear.insert(id);
                }
            }
        }
        ids = unclear;
        if ids.is_empty() {
            break;
        }
    }
    (found, ids)
}

/// The networks of known tasks, as far as they are whole. All others are released, as are those
/// never finished.
async fn networks(
    shared: &Shared,
    known: &BTreeMap<&str, &Arc<TaskContext>>,
    scope: &Scope,
) -> BTreeMap<String, Networks> {
    let all = match shared.host.network.recover().await {
        Ok(all) => all,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "failed to recover networks"
            );
            return BTreeMap::new();
        }
    };
    let mut kept: BTreeMap<String, Attachment> = BTreeMap::new();
    let own = |key: &str| scope.has(net::task_of(key)) && !is_anothers(key);
    for one in all.into_iter().filter(|one| own(&one.key)) {
        let task = known.get(net::task_of(&one.key));
        let wanted = task.is_some_and(|task| net::keys(task).contains(&one.key));
        if wanted && one.health != Health::Unfinished {
            kept.insert(one.key, one.attachment);
        } else if let Err(error) = shared.host.network.detach(&one.key).await {
            tracing::warn!(
                key = one.key,
                error = &error as &dyn std::error::Error,
                "failed to release an unused network"
            );
        }
    }
    // One that is not whole stays for now: attaching finishes it, and releasing releases all.
    let whole = |(id, task): (&&str, &&Arc<TaskContext>)| {
        let found = Networks::find(task, |key| kept.get(key).cloned())?;
        Some(((*id).to_owned(), found))
    };
    known.iter().filter_map(whole).collect()
}

/// A known task: its past as events, and from now on its shim is followed again.
async fn take_over(
    shared: &Arc<Shared>,
    task: &Arc<TaskContext>,
    networks: Option<&Networks>,
    recovered: Recovered,
) -> Vec<Event> {
    let (handle, networks) = match (recovered.state, networks) {
        (RecoveredState::Alive(handle), Some(networks)) => (handle, networks.clone()),
        (RecoveredState::Alive(handle), None) => {
            // Its network was lost or never finished: nothing can come of it.
            if let Err(error) = handle.kill().await {
                tracing::warn!(
                    task = task.id,
                    error = &error as &dyn std::error::Error,
                    "failed to remove a task without a network"
                );
            }
            return vanished(task);
        }
        (RecoveredState::Ended | RecoveredState::Lost, _) => {
            return ended(shared, task, &recovered.containers);
        }
    };
    let group = shared.tenancy.group();
    let live = Arc::new(Live::new(task.clone(), handle, networks, group));
    let mut events = Vec::new();
    for (name, status) in &recovered.containers {
        events.extend(live.take_over(name, status));
    }
    shared.host.put_live(live.clone());
    // Follows with the present state first, which also takes up logs and health checks.
    live::watch(shared, &live);
    events
}

/// No shim: exit files tell how its containers ended, and logs not yet delivered still are.
fn ended(
    shared: &Arc<Shared>,
    task: &Arc<TaskContext>,
    containers: &BTreeMap<
        wharf_container::spec::ContainerName,
        wharf_container::runtime::ContainerStatus,
    >,
) -> Vec<Event> {
    let mut events = Vec::new();
    let mut newest: BTreeMap<usize, u32> = BTreeMap::new();
    for (name, status) in containers {
        let Some((at, generation)) = live::find(task, name) else {
            continue;
        };
        logs::read_ended(shared, task, at, generation);
        if newest.get(&at).is_none_or(|known| *known < generation) {
            newest.insert(at, generation);
            events.retain(|event| !live::is_about(event, at));
            events.extend(live::past_of(at, status));
        }
    }
    events.extend(vanished(task));
    events
}

/// For every container; means nothing for those that have stopped or were never made.
fn vanished(task: &TaskContext) -> Vec<Event> {
    (0..task.task.containers.len())
        .map(|container| Event::Vanished { container })
        .collect()
}

/// A task on this machine that no record knows: it was never acknowledged, so nobody counts on it.
async fn remove(shared: &Shared, recovered: Recovered) {
    let id = recovered.sandbox.task_id;
    tracing::info!(task = id, "a task that nobody knows is removed");
    let removed = match recovered.state {
        RecoveredState::Alive(handle) => handle.kill().await,
        RecoveredState::Ended | RecoveredState::Lost => shared.host.runtime.remove_task(&id).await,
    };
    if let Err(error) = removed {
        tracing::warn!(
            task = id,
            error = &error as &dyn std::error::Error,
            "failed to remove an unknown task"
        );
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::atomic::{AtomicU32, Ordering},
    };

    use super::*;

    #[tokio::test]
    async fn a_task_that_cannot_be_read_hides_no_other() {
        let asked = AtomicU32::new(0);
        let find = |id: String| {
            let asked = &asked;
            async move {
                match id.as_str() {
                    "busy" if asked.fetch_add(1, Ordering::Relaxed) == 0 => {
                        Err(io::Error::from(io::ErrorKind::TimedOut))
                    }
                    "broken" => Err(io::Error::from(io::ErrorKind::TimedOut)),
                    "gone" => Ok(None),
                    _ => Ok(Some(id)),
                }
            }
        };
        let ids = ["broken", "busy", "gone", "well"].map(str::to_owned);
        let (found, unclear) = each(ids.into(), Duration::ZERO, find).await;
        assert_eq!(found, ["well", "busy"]);
        assert_eq!(unclear, BTreeSet::from(["broken".to_owned()]));
    }
}
