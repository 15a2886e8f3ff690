//! Follows one container instance's connection by its plan ([`crate::liveness`]): woken by a change of the
//! instance, by the end of its connection, and by timers. One whose EC2 instance was terminated while it was away, or before it first
//! came, is deregistered.

use std::{sync::Arc, time::Duration};

use wharf_api_ec2::DescribeInstancesRequest;
use wharf_base::Permit;
use wharf_reconcile::Next;
use wharf_records::{
    decode,
    ecs::{Instance, InstanceStatus, Task},
    hosts::{Host, Ledger},
};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Context};

use crate::{
    Agents, deregistration, liveness,
    names::{self, PRINCIPAL},
    state::{ChangeError, StepError},
    task::stop,
};

const PERMIT: Permit = Permit::for_controller("ecs-agents");
/// How long a deregistered instance stays describable.
const INACTIVE_RETENTION: Duration = Duration::from_secs(3600);
/// How often EC2 is asked about an instance that is away, and while that instance is ending.
const ASK_EC2: Duration = Duration::from_secs(60);
const ASK_EC2_SOON: Duration = Duration::from_secs(2);

/// Follows one container instance's connection: connected, silent, lost.
pub async fn instance(agents: Arc<Agents>, key: String) -> Result<Next, StepError> {
    let fence = agents.state.fence()?;
    let Some(entry) = agents
        .state
        .store
        .get(&key)
        .await
        .map_err(ChangeError::from)?
    else {
        return Ok(Next::Settled);
    };
    let record: Instance = decode(&entry.value).map_err(ChangeError::from)?;
    if record.status == InstanceStatus::Inactive {
        agents.hub.forget(&record.arn);
        deregistration::finish(&agents, &PERMIT, &fence, &record).await?;
        return forget_instance(&agents, fence, &key, entry.mod_revision, &record).await;
    }
    let plan = liveness::plan(&record, agents.hub.presence(&record.arn), &agents.config);
    if plan.disconnect || plan.lose {
        let mut changed = record.clone();
        changed.agent_connected = false;
        changed.disconnected_at.get_or_insert(agents.state.now());
        changed.lost = plan.lose || record.lost;
        changed.version += 1;
        if plan.lose {
            give_up_tasks(&agents, &fence, &changed).await?;
        }
        let txn = Txn::new()
            .when(fence)
            .when(Compare::mod_revision(&key, entry.mod_revision))
            .put(&key, wharf_records::encode(&changed));
        agents.state.table.commit(&PERMIT, txn).await?;
        // Looked at again at once: the write itself wakes this key too.
    }
    // Also one that never came: its machine may have ended before.
    let asked = match record.agent_connected {
        true => Machine::NotOfEc2,
        false => ended(&agents, &record).await?,
    };
    let ask_after = match asked {
        Machine::NotOfEc2 => None,
        Machine::There => Some(ASK_EC2),
        Machine::Ending => Some(ASK_EC2_SOON),
        Machine::Ended => {
            deregister(&agents, &record).await?;
            return Ok(Next::Settled);
        }
    };
    let next = plan.look_after.into_iter().chain(ask_after).min();
    Ok(next.map_or(Next::Settled, Next::After))
}

/// What EC2 says of the machine of a container instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Machine {
    /// EC2 knows nothing of it, and did not when it registered.
    NotOfEc2,
    There,
    Ending,
    Ended,
}

async fn ended(agents: &Agents, record: &Instance) -> Result<Machine, StepError> {
    let Some(call) = call(agents, record) else {
        return Ok(Machine::NotOfEc2);
    };
    let input = DescribeInstancesRequest {
        instance_ids: Some(vec![record.ec2_instance.clone()]),
        ..DescribeInstancesRequest::default()
    };
    let found = match agents.ec2.describe_instances(&call, input).await {
        Ok(found) => found,
        // EC2 shows one for an hour after its end, in which nobody may have looked.
        Err(fault) if fault.code.starts_with("InvalidInstanceID") && record.of_ec2 => {
            return Ok(Machine::Ended);
        }
        Err(fault) if fault.code.starts_with("InvalidInstanceID") => return Ok(Machine::NotOfEc2),
        Err(fault) => {
            return Err(StepError::Neighbour {
                action: "ask EC2 about a container instance that is away",
                fault,
            });
        }
    };
    let reservations = found.reservations.into_iter().flatten();
    let mut instances = reservations.flat_map(|it| it.instances.unwrap_or_default());
    let state = instances.next().and_then(|it| it.state?.name);
    Ok(match state.as_deref() {
        Some("terminated") => Machine::Ended,
        Some("shutting-down") => Machine::Ending,
        Some(_) => Machine::There,
        None => Machine::NotOfEc2,
    })
}

async fn deregister(agents: &Agents, record: &Instance) -> Result<(), StepError> {
    let Some(call) = call(agents, record) else {
        return Ok(());
    };
    tracing::info!(
        instance = record.arn,
        ec2_instance = record.ec2_instance,
        "deregistering a container instance whose EC2 instance was terminated"
    );
    let done = deregistration::deregister(agents, &call, &record.cluster, &record.id, true).await;
    done.map(drop).map_err(|fault| StepError::Neighbour {
        action: "deregister the container instance of a terminated EC2 instance",
        fault,
    })
}

/// A call of ECS itself, in the account and region of a container instance.
fn call(agents: &Agents, record: &Instance) -> Option<Call> {
    let place = names::place_of(&record.arn)?;
    let now = agents.state.now();
    let context = Context::internal(&place.account, &place.region, PRINCIPAL, now);
    Some(Call::by_controller(context, PERMIT))
}

/// An INACTIVE instance is remembered for a while, and its host for as long as a task is on it.
async fn forget_instance(
    agents: &Agents,
    fence: Compare,
    key: &str,
    revision: u64,
    record: &Instance,
) -> Result<Next, StepError> {
    let until = record.deregistered_at.unwrap_or(record.registered_at) + INACTIVE_RETENTION;
    let (now, place) = (agents.state.now(), names::place_of(&record.arn));
    if now < until {
        return Ok(Next::After(until.since(now)));
    }
    let Some(place) = place else {
        return Ok(Next::Settled);
    };
    agents.state.up_to_date().await;
    if agents.state.view.read(&place, |region| {
        region.tasks_on(&record.host).next().is_some()
    }) {
        return Ok(Next::After(INACTIVE_RETENTION));
    }
    let txn = Txn::new()
        .when(fence)
        .when(Compare::mod_revision(key, revision))
        .delete(key)
        .delete(Host::key(&record.host))
        .delete(Ledger::key(&record.host));
    agents.state.table.commit(&PERMIT, txn).await?;
    Ok(Next::Settled)
}

/// All tasks of a lost host end now; what only they can hold waits for the host.
async fn give_up_tasks(
    agents: &Agents,
    fence: &Compare,
    instance: &Instance,
) -> Result<(), StepError> {
    agents.state.up_to_date().await;
    let Some(place) = names::place_of(&instance.arn) else {
        return Ok(());
    };
    let tasks: Vec<String> = agents.state.view.read(&place, |region| {
        region
            .tasks_on(&instance.host)
            .map(|task| task.key.clone())
            .collect()
    });
    let (named, unnamed) = (
        stop::host_lost(&instance.ec2_instance),
        stop::foreign_host_lost(),
    );
    tracing::warn!(
        instance = instance.arn,
        tasks = tasks.len(),
        "a host timed out: its agent has not connected for too long, its tasks are stopped"
    );
    for key in tasks {
        let now = agents.state.now();
        let lose = |task: &mut Task| {
            let of = names::place_of(&task.arn);
            let why = match of.is_some_and(|of| of.account == place.account) {
                true => &named,
                false => &unnamed,
            };
            stop::give_up(task, why, false, now)
        };
        agents
            .state
            .change_task(&PERMIT, Some(fence), &key, lose)
            .await?;
    }
    Ok(())
}
