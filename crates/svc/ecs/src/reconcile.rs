//! The executors: fetch, plan, do one thing, record it; and again until the plan is empty.
//!
//! | loop | woken by | decides in |
//! | --- | --- | --- |
//! | tasks | a change of the task; timers | [`crate::task::plan`] |
//! | instances | a change of the instance; the end of its connection; timers | [`crate::host`] |
//!
//! Every write compares the shard's lease; a server that lost it stops writing.

use std::{sync::Arc, time::Duration};

use wharf_api_ec2::{
    AttachNetworkInterfaceRequest, CreateNetworkInterfaceRequest, DeleteNetworkInterfaceRequest,
    DescribeSubnetsRequest, NetworkInterface, Tag, TagSpecification,
};
use wharf_base::{Permit, Timestamp};
use wharf_reconcile::Next;
use wharf_records::{
    decode,
    ecs::{
        DefinitionStatus, Instance, InstanceStatus, Interface, InterfaceState, NetworkWish, Status,
        Task,
    },
    hosts::{Host, Ledger},
};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Context, Fault};

use crate::{
    core::{ChangeError, Core},
    fault::EcsFaults,
    host,
    names::{self, PRINCIPAL, Place},
    task::{self, Action, stop},
};

const PERMIT: Permit = Permit::for_controller("ecs-reconciler");
/// Actions performed for a task before others get their turn.
const MAX_STEPS: usize = 8;

/// See [`has_just_stopped`].
const JUST_STOPPED: Duration = Duration::from_secs(60);
/// How long a deregistered instance stays describable.
const INACTIVE_RETENTION: Duration = Duration::from_secs(3600);

/// Why a key is tried again.
pub type StepError = wharf_service::StepError<EcsFaults>;

pub fn fence(core: &Core) -> Result<Compare, StepError> {
    wharf_service::fence(&core.shard)
}

/// Brings one task forward.
pub async fn task(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    for _ in 0..MAX_STEPS {
        let fence = fence(&core)?;
        let Some(stored) = core.table.read::<Task>(&key).await? else {
            return Ok(Next::Settled);
        };
        if has_just_stopped(&stored.record, core.now()) {
            finish_definition(&core, &fence, &stored.record).await?;
        }
        let plan = task::plan(&stored.record, core.now());
        let Some(action) = plan.action else {
            return Ok(until(&core, plan.wake_at));
        };
        match action {
            // Settling is part of every change.
            Action::Become(_) | Action::Stop(_) => {
                core.change_task(&PERMIT, Some(&fence), &key, |_| {})
                    .await?;
            }
            Action::CreateInterface => {
                create_interface(&core, &fence, &key, &stored.record).await?
            }
            Action::DeleteInterface(id) => {
                delete_interface(&core, &stored.record, &id).await?;
                let gone = |task: &mut Task| task::plan::interface_deleted(task, &id);
                core.change_task(&PERMIT, Some(&fence), &key, gone).await?;
            }
            Action::AbandonInterface => {
                abandon_interface(&core, &stored.record).await?;
                let gone = task::plan::interface_abandoned;
                core.change_task(&PERMIT, Some(&fence), &key, gone).await?;
            }
            Action::Forget => {
                finish_definition(&core, &fence, &stored.record).await?;
                let txn = Txn::new().when(fence).when(stored.unchanged()).delete(&key);
                core.table.commit(&PERMIT, txn).await?;
            }
        }
    }
    Ok(Next::After(Duration::ZERO))
}

/// Whether it ended so lately that nobody may have looked after what it leaves behind. Older ones
/// are looked at once more when they are forgotten.
fn has_just_stopped(task: &Task, now: Timestamp) -> bool {
    let at = task.stopped_at.unwrap_or(task.created_at);
    task.last == Status::Stopped && now.since(at) < JUST_STOPPED
}

/// A definition that waits for its deletion goes with the last task that used it.
async fn finish_definition(core: &Core, fence: &Compare, ended: &Task) -> Result<(), StepError> {
    let Some(place) = names::place_of(&ended.arn) else {
        return Ok(());
    };
    let Some(stored) = core.definition_of(&place, &ended.definition).await? else {
        return Ok(());
    };
    if stored.record.status != DefinitionStatus::DeleteInProgress {
        return Ok(());
    }
    if !core.uses_definition(&place, &ended.definition).await {
        let txn = Txn::new()
            .when(fence.clone())
            .when(stored.unchanged())
            .delete(&stored.key);
        core.table.commit(&PERMIT, txn).await?;
    }
    Ok(())
}

fn until(core: &Core, at: Option<Timestamp>) -> Next {
    at.map_or(Next::Settled, |at| Next::After(at.since(core.now())))
}

fn call(core: &Core, task: &Task) -> Option<Call> {
    let place = names::place_of(&task.arn)?;
    let context = Context::internal(&place.account, &place.region, PRINCIPAL, core.now());
    Some(Call::by_controller(context, PERMIT))
}

async fn create_interface(
    core: &Core,
    fence: &Compare,
    key: &str,
    record: &Task,
) -> Result<(), StepError> {
    let (Some(wish), Some(call)) = (&record.network, call(core, record)) else {
        return Ok(());
    };
    match make_interface(core, &call, record, wish).await {
        Ok(made) => {
            let id = made.id.clone();
            let take = |task: &mut Task| task::plan::interface_made(task, made.clone());
            let changed = core.change_task(&PERMIT, Some(fence), key, take).await?;
            // The client token makes a repeated create return the same interface, so only a task
            // that is gone leaves one behind.
            let has = |task: &Task| task.interface.as_ref().is_some_and(|i| i.id == id);
            if !changed.as_ref().is_some_and(has) {
                delete_interface(core, record, &id).await?;
            }
            Ok(())
        }
        // The caller's subnet or group is gone, or has no address left: no retry mends that.
        Err(fault) if fault.sender && !is_throttling(&fault) => {
            let now = core.now();
            let why = stop::interface_refused(&fault.message);
            let refuse = |task: &mut Task| {
                stop::stop(task, &why, now);
            };
            core.change_task(&PERMIT, Some(fence), key, refuse).await?;
            Ok(())
        }
        Err(fault) => Err(StepError::Neighbour {
            action: "create a network interface",
            fault,
        }),
    }
}

fn is_throttling(fault: &Fault) -> bool {
    ["RequestLimitExceeded", "ThrottlingException", "Throttling"].contains(&fault.code.as_ref())
}

async fn make_interface(
    core: &Core,
    call: &Call,
    record: &Task,
    wish: &NetworkWish,
) -> Result<Interface, Fault> {
    let ec2 = &core.parts.ec2;
    let request = interface_request(call, record, wish);
    let made = ec2.create_network_interface(call, request).await?;
    let interface = made.network_interface.unwrap_or_default();
    let id = interface.network_interface_id.clone().unwrap_or_default();
    if let Err(fault) = attach_interface(core, call, record, &id).await {
        // The task is given up for it, and nobody else knows of the interface.
        if fault.sender && !is_throttling(&fault) {
            let request = DeleteNetworkInterfaceRequest {
                network_interface_id: Some(id),
                ..DeleteNetworkInterfaceRequest::default()
            };
            ec2.delete_network_interface(call, request).await?;
        }
        return Err(fault);
    }
    let subnets = DescribeSubnetsRequest {
        subnet_ids: Some(vec![wish.subnet.clone()]),
        ..DescribeSubnetsRequest::default()
    };
    let subnets = ec2
        .describe_subnets(call, subnets)
        .await?
        .subnets
        .unwrap_or_default();
    let cidr = subnets
        .into_iter()
        .next()
        .and_then(|subnet| subnet.cidr_block);
    Ok(of_interface(interface, cidr.as_deref().and_then(gateway)))
}

/// Its client token is the attachment's id: repeating it returns the same interface.
fn interface_request(
    call: &Call,
    record: &Task,
    wish: &NetworkWish,
) -> CreateNetworkInterfaceRequest {
    let place = Place::of(call);
    let tag = |key: &str, value: String| Tag {
        key: Some(key.to_owned()),
        value: Some(value),
    };
    CreateNetworkInterfaceRequest {
        subnet_id: Some(wish.subnet.clone()),
        groups: Some(wish.security_groups.clone()).filter(|groups| !groups.is_empty()),
        client_token: Some(wish.attachment.clone()),
        description: Some(place.attachment(&record.cluster, &wish.attachment)),
        interface_type: Some("interface".to_owned()),
        tag_specifications: Some(vec![TagSpecification {
            resource_type: Some("network-interface".to_owned()),
            tags: Some(vec![
                tag("aws:ecs:clusterName", record.cluster.clone()),
                tag("aws:ecs:taskArn", record.arn.clone()),
            ]),
        }]),
        ..CreateNetworkInterfaceRequest::default()
    }
}

/// Says on which host the interface is: the network plane takes it there. Repeating it changes
/// nothing.
async fn attach_interface(core: &Core, call: &Call, task: &Task, id: &str) -> Result<(), Fault> {
    let request = AttachNetworkInterfaceRequest {
        network_interface_id: Some(id.to_owned()),
        instance_id: Some(task.ec2_instance.clone()),
        device_index: Some(1),
        ..AttachNetworkInterfaceRequest::default()
    };
    core.parts
        .ec2
        .attach_network_interface(call, request)
        .await?;
    Ok(())
}

fn of_interface(interface: NetworkInterface, gateway: Option<String>) -> Interface {
    Interface {
        id: interface.network_interface_id.unwrap_or_default(),
        vpc: interface.vpc_id.unwrap_or_default(),
        mac: interface.mac_address.unwrap_or_default(),
        private_dns_name: interface.private_dns_name.unwrap_or_default(),
        private_ipv4: interface.private_ip_address.unwrap_or_default(),
        gateway: gateway.unwrap_or_default(),
        state: InterfaceState::Created,
        unknown: wharf_records::Unknown::new(),
    }
}

/// `172.31.0.1/20` for `172.31.0.0/20`: the first address of a subnet is its router.
fn gateway(cidr: &str) -> Option<String> {
    let range: wharf_base::Cidr4 = cidr.parse().ok()?;
    let has_room = range.prefix() < 32;
    has_room.then(|| format!("{}/{}", range.nth(1), range.prefix()))
}

/// Asks for the interface once more, which returns the one there may be, and deletes it.
async fn abandon_interface(core: &Core, record: &Task) -> Result<(), StepError> {
    let (Some(wish), Some(call)) = (&record.network, call(core, record)) else {
        return Ok(());
    };
    let request = interface_request(&call, record, wish);
    match core
        .parts
        .ec2
        .create_network_interface(&call, request)
        .await
    {
        Ok(made) => {
            let interface = made.network_interface.unwrap_or_default();
            let id = interface.network_interface_id.unwrap_or_default();
            delete_interface(core, record, &id).await
        }
        // Refused: its subnet or group is gone or full, so none was made either.
        Err(fault) if fault.sender && !is_throttling(&fault) => Ok(()),
        Err(fault) => Err(StepError::Neighbour {
            action: "look for an unrecorded network interface",
            fault,
        }),
    }
}

async fn delete_interface(core: &Core, record: &Task, id: &str) -> Result<(), StepError> {
    let Some(call) = call(core, record) else {
        return Ok(());
    };
    let request = DeleteNetworkInterfaceRequest {
        network_interface_id: Some(id.to_owned()),
        ..DeleteNetworkInterfaceRequest::default()
    };
    match core
        .parts
        .ec2
        .delete_network_interface(&call, request)
        .await
    {
        Ok(_) => Ok(()),
        Err(fault) if fault.code == "InvalidNetworkInterfaceID.NotFound" => Ok(()),
        Err(fault) => Err(StepError::Neighbour {
            action: "delete a network interface",
            fault,
        }),
    }
}

/// Follows one container instance's connection: connected, silent, lost.
pub async fn instance(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let fence = fence(&core)?;
    let Some(entry) = core
        .parts
        .store
        .get(&key)
        .await
        .map_err(ChangeError::from)?
    else {
        return Ok(Next::Settled);
    };
    let record: Instance = decode(&entry.value).map_err(ChangeError::from)?;
    if record.status == InstanceStatus::Inactive {
        core.hub.forget(&record.arn);
        return forget_instance(&core, fence, &key, entry.mod_revision, &record).await;
    }
    let plan = host::plan(&record, core.hub.presence(&record.arn), &core.parts.config);
    if plan.disconnect || plan.lose {
        let mut changed = record.clone();
        changed.agent_connected = false;
        changed.disconnected_at.get_or_insert(core.now());
        changed.lost = plan.lose || record.lost;
        changed.version += 1;
        if plan.lose {
            give_up_tasks(&core, &fence, &changed).await?;
        }
        let txn = Txn::new()
            .when(fence)
            .when(Compare::mod_revision(&key, entry.mod_revision))
            .put(&key, wharf_records::encode(&changed));
        core.table.commit(&PERMIT, txn).await?;
        // Looked at again at once: the write itself wakes this key too.
    }
    Ok(plan.look_after.map_or(Next::Settled, Next::After))
}

/// An INACTIVE instance is remembered for a while, and its host for as long as a task is on it.
async fn forget_instance(
    core: &Core,
    fence: Compare,
    key: &str,
    revision: u64,
    record: &Instance,
) -> Result<Next, StepError> {
    let until = record.deregistered_at.unwrap_or(record.registered_at) + INACTIVE_RETENTION;
    let (now, place) = (core.now(), names::place_of(&record.arn));
    if now < until {
        return Ok(Next::After(until.since(now)));
    }
    let Some(place) = place else {
        return Ok(Next::Settled);
    };
    core.up_to_date().await;
    if core.view.read(&place, |region| {
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
    core.table.commit(&PERMIT, txn).await?;
    Ok(Next::Settled)
}

/// All tasks of a lost host end now; what only they can hold waits for the host.
async fn give_up_tasks(core: &Core, fence: &Compare, instance: &Instance) -> Result<(), StepError> {
    core.up_to_date().await;
    let Some(place) = names::place_of(&instance.arn) else {
        return Ok(());
    };
    let tasks: Vec<String> = core.view.read(&place, |region| {
        region
            .tasks_on(&instance.host)
            .map(|task| task.key.clone())
            .collect()
    });
    let why = stop::host_lost(&instance.ec2_instance);
    tracing::warn!(
        instance = instance.arn,
        tasks = tasks.len(),
        "a host is lost"
    );
    for key in tasks {
        let now = core.now();
        let lose = |task: &mut Task| stop::give_up(task, &why, false, now);
        core.change_task(&PERMIT, Some(fence), &key, lose).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_router_is_the_first_address() {
        assert_eq!(gateway("172.31.16.0/20").as_deref(), Some("172.31.16.1/20"));
        assert_eq!(gateway("nonsense"), None);
        assert_eq!(gateway("255.255.255.255/32"), None);
    }
}
