//! After a start: what an earlier agent left running, and what nobody owns any more.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use wharf_container::runtime::{Recovered, RecoveredState, Runtime, RuntimeError};
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
    for recovered in remains(shared, &scope).await {
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
    for task in tasks.iter().filter(|task| !found.contains(&task.id)) {
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
                known.contains_key(owner) || others.contains(owner) || is_instance(owner)
            };
            shared.host.isolation.retain(is_used);
        }
        Scope::Only(ids) => shared.host.found(ids),
    }
    events
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

/// What of tasks is on this machine.
async fn remains(shared: &Shared, scope: &Scope) -> Vec<Recovered> {
    let runtime = &shared.host.runtime;
    let all = match scope {
        Scope::AllBut(_) => runtime.recover().await,
        Scope::Only(ids) => recover_each(runtime, ids).await,
    };
    all.unwrap_or_else(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "failed to recover containers"
        );
        Vec::new()
    })
}

async fn recover_each(
    runtime: &Runtime,
    ids: &BTreeSet<String>,
) -> Result<Vec<Recovered>, RuntimeError> {
    let mut found = Vec::new();
    for id in ids {
        found.extend(runtime.recover_task(id).await?);
    }
    Ok(found)
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
    let own = |key: &str| scope.has(net::task_of(key)) && !is_instance(key);
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
    let live = Arc::new(Live::new(task.clone(), handle, networks));
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
            "an unknown task is not removed"
        );
    }
}
