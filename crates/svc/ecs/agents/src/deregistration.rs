//! Deregistration: a machine leaves, and with force its tasks are given up, with what those hold that were lost with it before:
//! nothing is heard of it any more.

use wharf_base::Permit;
use wharf_records::{
    ecs::{Instance, InstanceStatus, Status, Task},
    encode,
    hosts::{Capacity, Host, Ledger},
};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use crate::{
    Agents, binding, fault,
    names::{self, Place},
    state::ChangeError,
    task::stop,
    view::{Held, Region},
};

/// How names of EC2 instances in ledgers begin.
const INSTANCES: &str = "instance/";

/// What there is to close.
struct Found {
    instance: Held<Instance>,
    host: Option<Held<Host>>,
    ledger: Option<Held<Ledger>>,
    /// Keys of tasks that run there, or may for all that is known.
    tasks: Vec<String>,
}

impl Found {
    /// EC2 instances have room on the machine.
    fn keeps_instances(&self) -> bool {
        let ledger = self.ledger.as_ref();
        ledger.is_some_and(|it| it.claims.claimants().any(|it| it.starts_with(INSTANCES)))
    }
}

/// Deregisters the instance with that id of a cluster, and ends its connections.
///
/// # Errors
/// There is none, the caller may not speak for it, or it has tasks and `force` is not given.
pub async fn deregister(
    agents: &Agents,
    call: &Call,
    cluster: &str,
    id: &str,
    force: bool,
) -> Result<Instance, Fault> {
    let (instance, tasks) = transact!(agents.state.table, &call.permit, |tx| {
        agents.state.up_to_date().await;
        let found = find(agents, call, cluster, id)?;
        // Fargate tasks on the machine are not this instance's to its owner, but they hold it.
        if !force && !found.tasks.is_empty() {
            return Err(fault::invalid("Found running tasks on the instance."));
        }
        if !force && found.keeps_instances() {
            return Err(fault::invalid(
                "Found EC2 instances on the machine of the instance.",
            ));
        }
        let (instance, txn) = closed(&found, call);
        tx.join(txn);
        (instance, found.tasks)
    });
    agents.hub.disconnect(&instance.arn);
    orphan(agents, &call.permit, None, &tasks).await?;
    Ok(instance)
}

fn find(agents: &Agents, call: &Call, cluster: &str, id: &str) -> Result<Found, Fault> {
    let missing = || fault::invalid("Referenced container instance was not found.");
    agents.state.view.read(&Place::of(call), |region| {
        let instance = region.instance(cluster, id).cloned().ok_or_else(missing)?;
        if !binding::may_speak_for(&call.caller, &instance) {
            return Err(binding::refusal());
        }
        if instance.status == InstanceStatus::Inactive {
            return Err(missing());
        }
        Ok(Found {
            tasks: holding(region, &instance.host),
            host: region.hosts.get(&instance.host).cloned(),
            ledger: region.ledgers.get(&instance.host).cloned(),
            instance,
        })
    })
}

/// The instance as it will be, and the transaction that makes it so.
fn closed(found: &Found, call: &Call) -> (Instance, Txn) {
    let held = &found.instance;
    let mut instance = Instance::clone(&held.record);
    instance.status = InstanceStatus::Inactive;
    instance.agent_connected = false;
    instance.deregistered_at = Some(call.now);
    instance.version += 1;
    let mut txn = Txn::new()
        .when(held.unchanged())
        .put(&held.key, encode(&instance));
    // Placement compares the ledger: nothing is claimed on the host from here on.
    if let Some(ledger) = &found.ledger {
        let mut closed = Ledger::clone(&ledger.record);
        closed.capacity = Capacity::default();
        txn = txn
            .when(ledger.unchanged())
            .put(&ledger.key, encode(&closed));
    }
    if let Some(host) = &found.host {
        let mut closed = Host::clone(&host.record);
        closed.fargate = false;
        txn = txn.when(host.unchanged()).put(&host.key, encode(&closed));
    }
    (instance, txn)
}

/// Gives up what tasks are on the machine of an instance that is INACTIVE: whoever made it so may have
/// ended before.
///
/// # Errors
/// The store's.
pub(crate) async fn finish(
    agents: &Agents,
    permit: &Permit,
    fence: &Compare,
    gone: &Instance,
) -> Result<(), ChangeError> {
    let Some(place) = names::place_of(&gone.arn) else {
        return Ok(());
    };
    agents.state.up_to_date().await;
    let tasks = agents
        .state
        .view
        .read(&place, |region| holding(region, &gone.host));
    orphan(agents, permit, Some(fence), &tasks).await
}

/// Keys of tasks on a host that are not STOPPED, or are and wait for its word, since they were lost with it.
fn holding(region: &Region, host: &str) -> Vec<String> {
    let holding = region
        .tasks_on(host)
        .filter(|task| task.last < Status::Stopped || task.unconfirmed);
    holding.map(|task| task.key.clone()).collect()
}

/// The tasks of a machine that was taken away by force. Its owner said so: what they held may be
/// given to others.
async fn orphan(
    agents: &Agents,
    permit: &Permit,
    fence: Option<&Compare>,
    tasks: &[String],
) -> Result<(), ChangeError> {
    let now = agents.state.now();
    for key in tasks {
        let change = |task: &mut Task| {
            stop::give_up(task, &stop::deregistered(), true, now);
            stop::confirm(task);
        };
        agents.state.change_task(permit, fence, key, change).await?;
    }
    Ok(())
}
