//! What ECS's own records say of a capacity provider: container instances on its group, and who waits.

use std::collections::BTreeMap;

use wharf_placement::ledger;
use wharf_records::ecs::{CapacityProvider, Instance, InstanceStatus, Scheduling, Status, Task};
use wharf_svc_ecs_model::{
    service,
    view::{Held, Region},
};

use crate::{estimate::Waiting, plan::Container};

/// How constraints are called that keep the tasks of a group apart.
const DISTINCT: &str = "distinctInstance";

/// The container instances of all clusters, by their instances of EC2: those of a group may have joined another cluster
/// than the provider's, and run tasks there.
pub fn containers(region: &Region<'_>) -> BTreeMap<String, Container> {
    let instances = region.instances.values();
    let joined = instances.filter(|it| it.status != InstanceStatus::Inactive);
    let of = |it: &Held<Instance>| Some((it.ec2_instance.clone(), container(region, it)?));
    joined.filter_map(of).collect()
}

/// What is on a container instance.
pub fn container(region: &Region<'_>, instance: &Held<Instance>) -> Option<Container> {
    let ledger = region.ledgers.get(&instance.host)?;
    let tasks = region.tasks_on(&instance.host);
    let occupies = |it: &&Held<Task>| it.last < Status::Stopped && !is_daemon(region, it);
    let active = instance.status == InstanceStatus::Active;
    let never_connected = !instance.agent_connected && instance.disconnected_at.is_none();
    Some(Container {
        key: instance.key.clone(),
        active,
        connecting: active && never_connected,
        ready: active && instance.agent_connected,
        tasks: tasks.filter(occupies).count(),
        whole: ledger.capacity.clone(),
        free: ledger::free(ledger),
    })
}

fn is_daemon(region: &Region<'_>, task: &Task) -> bool {
    let service = service::id_of(task).and_then(|it| region.services.get(&it));
    service.is_some_and(|it| it.scheduling == Scheduling::Daemon)
}

/// Tasks that were given to the provider and have no place yet.
pub fn waiting(region: &Region<'_>, provider: &CapacityProvider) -> Vec<Waiting> {
    let clusters = provider.clusters.iter();
    let tasks = clusters.flat_map(|it| region.waiting_for(it, &provider.name));
    tasks.map(|it| of_task(it)).collect()
}

/// A task that waits, as it is packed.
pub fn of_task(task: &Task) -> Waiting {
    Waiting {
        id: task.id.clone(),
        since: task.created_at,
        claim: task.claim.clone(),
        apart: apart(task),
    }
}

/// Whose tasks it is never on one instance with: its constraints say so.
fn apart(task: &Task) -> Option<String> {
    let mut constraints = task.waiting.iter().flat_map(|it| &it.constraints);
    let distinct = constraints.any(|it| it.kind == DISTINCT);
    distinct.then(|| format!("{} {}", task.cluster, task.group))
}
