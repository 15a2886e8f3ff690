//! What a task needs next.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_records::ecs::{
    ContainerStatus, Desired, GivenVolume, Interface, InterfaceState, Status, StopCode,
    TargetState, Task, TaskVolume,
};

use super::stop::{self, Stop};
use crate::{interface::live_interface, provider::FARGATE_SPOT};

/// How long the making of a network interface may take before the task is given up.
pub const INTERFACE_TIMEOUT: Duration = Duration::from_secs(180);
/// How long a task waits for capacity.
pub const CAPACITY_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// How long an ended task's address waits for its deregistration.
pub const TARGET_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a task that is interrupted has from its notice on, whatever its containers ask for.
const SPOT_NOTICE: Duration = Duration::from_secs(120);
/// How long a STOPPED task stays visible (spec ecs §1: at least an hour).
pub const STOPPED_RETENTION: Duration = Duration::from_secs(3600);

/// One thing to do for a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The record alone changes.
    Become(Status),
    /// Tell it to stop.
    Stop(Stop),
    /// Its room is Spot capacity: versions that interrupted nobody did not say so.
    MarkSpot,
    /// Make the interface it wants (client token: the attachment's id).
    CreateInterface,
    /// Delete its interface.
    DeleteInterface(String),
    /// Delete the interface that may have been made without a record of it, because the write
    /// that followed failed or a server died between the two.
    AbandonInterface,
    /// Make the EBS volume it wants on its host (client token: the attachment's id).
    CreateVolume,
    /// Delete its EBS volume, or leave it, as was asked for.
    ReleaseVolume(String),
    /// As of interfaces.
    AbandonVolume,
    /// Nobody can ask for it any more: delete the record.
    Forget,
}

/// The next action, and when to look again without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub action: Option<Action>,
    pub wake_at: Option<Timestamp>,
}

impl Plan {
    fn act(action: Action) -> Self {
        Self {
            action: Some(action),
            wake_at: None,
        }
    }

    fn wait(until: Timestamp) -> Self {
        Self {
            action: None,
            wake_at: Some(until),
        }
    }
}

/// Decides from the record and the time alone. What an agent has to do is not planned here: its
/// session shows it every task on its host and the agent reports back.
pub fn plan(task: &Task, now: Timestamp) -> Plan {
    match task.last {
        Status::Provisioning => provisioning(task, now),
        Status::Deprovisioning => match live_interface(task) {
            // Its address must not become another's while the load balancer sends to it.
            Some(_) if has_registered_target(task) && now < target_deadline(task) => {
                Plan::wait(target_deadline(task))
            }
            Some(interface) => Plan::act(Action::DeleteInterface(interface.id.clone())),
            None => match live_volume(task) {
                Some(id) => Plan::act(Action::ReleaseVolume(id)),
                None => Plan::act(Action::Become(Status::Stopped)),
            },
        },
        Status::Stopped => stopped(task, now),
        _ if task.ended => end(task),
        Status::Activating if is_in_service(task) => Plan::act(Action::Become(Status::Running)),
        Status::Deactivating if is_out_of_service(task) => {
            Plan::act(Action::Become(Status::Stopping))
        }
        _ if is_unmarked(task) => Plan::act(Action::MarkSpot),
        _ => Plan::default(),
    }
}

/// A task of FARGATE_SPOT whose claim does not say so.
fn is_unmarked(task: &Task) -> bool {
    let of_spot = task.capacity_provider.as_deref() == Some(FARGATE_SPOT);
    of_spot && task.desired == Desired::Running && !task.claim.spot
}

fn targets(task: &Task) -> impl Iterator<Item = TargetState> {
    let targets = task.service.iter().flat_map(|service| &service.targets);
    targets.map(|target| target.state)
}

/// Whether a load balancer sends to it.
pub fn has_registered_target(task: &Task) -> bool {
    targets(task).any(|state| state == TargetState::Registered)
}

fn is_in_service(task: &Task) -> bool {
    task.desired == Desired::Running && targets(task).all(|s| s == TargetState::Registered)
}

fn is_out_of_service(task: &Task) -> bool {
    targets(task).all(|state| matches!(state, TargetState::Gone | TargetState::Waiting))
}

/// Whoever should deregister the targets of an ended task had long enough.
fn target_deadline(task: &Task) -> Timestamp {
    task.stopping_at.unwrap_or(task.created_at) + TARGET_TIMEOUT
}

/// What its agent is to do with it: a task runs on until no load balancer sends to it. One that is interrupted
/// has its two minutes, whoever still sends to it.
pub fn told(task: &Task) -> Desired {
    let interrupted = task.stop_code == Some(StopCode::SpotInterruption);
    match task.last {
        Status::Deactivating if !interrupted => Desired::Running,
        _ => task.desired,
    }
}

/// By when its agent is to have ended it.
pub fn ends_by(task: &Task) -> Option<Timestamp> {
    let interrupted = task.stop_code == Some(StopCode::SpotInterruption);
    let noticed = task.stopping_at.filter(|_| interrupted)?;
    Some(noticed + SPOT_NOTICE)
}

fn provisioning(task: &Task, now: Timestamp) -> Plan {
    if task.desired == Desired::Stopped {
        return end(task);
    }
    if task.waiting.is_some() {
        let until = task.created_at + CAPACITY_TIMEOUT;
        return match now >= until {
            true => Plan::act(Action::Stop(stop::no_capacity())),
            false => Plan::wait(until),
        };
    }
    let until = task.placed_at.unwrap_or(task.created_at) + INTERFACE_TIMEOUT;
    let wants_interface = task.network.is_some() && task.interface.is_none();
    let wants_volume = task.volume.as_ref().is_some_and(|it| it.given.is_none());
    let late = now >= until;
    let action = match (wants_interface, wants_volume) {
        (false, false) => return Plan::act(Action::Become(Status::Pending)),
        (true, _) if late => return Plan::act(Action::Stop(stop::interface_timeout())),
        (true, _) => Action::CreateInterface,
        (false, true) if late => return Plan::act(Action::Stop(stop::volume_timeout())),
        (false, true) => Action::CreateVolume,
    };
    Plan {
        action: Some(action),
        wake_at: Some(until),
    }
}

/// Nothing of it runs any more. The interface of a task whose host was lost waits in STOPPED: the
/// task's end is shown at once, its address is not reused before the host confirmed.
fn end(task: &Task) -> Plan {
    let holds = live_interface(task).is_some() || live_volume(task).is_some();
    let next = match holds && !task.unconfirmed {
        true => Status::Deprovisioning,
        false => Status::Stopped,
    };
    Plan::act(Action::Become(next))
}

fn stopped(task: &Task, now: Timestamp) -> Plan {
    if let Some(interface) = live_interface(task) {
        return match task.unconfirmed {
            true => Plan::default(),
            false => Plan::act(Action::DeleteInterface(interface.id.clone())),
        };
    }
    if may_have_unrecorded_interface(task) {
        return Plan::act(Action::AbandonInterface);
    }
    if let Some(id) = live_volume(task) {
        return match task.unconfirmed {
            true => Plan::default(),
            false => Plan::act(Action::ReleaseVolume(id)),
        };
    }
    let unrecorded = |it: &TaskVolume| it.given.is_none() && !it.abandoned;
    if task.volume.as_ref().is_some_and(unrecorded) {
        return Plan::act(Action::AbandonVolume);
    }
    let until = task.stopped_at.unwrap_or(task.created_at) + STOPPED_RETENTION;
    if now >= until {
        Plan::act(Action::Forget)
    } else {
        Plan::wait(until)
    }
}

/// The volume that it has not let go yet.
pub fn live_volume(task: &Task) -> Option<String> {
    let live = task.volume.as_ref().and_then(TaskVolume::live);
    live.map(|it| it.id.clone())
}

fn may_have_unrecorded_interface(task: &Task) -> bool {
    task.interface.is_none() && task.network.as_ref().is_some_and(|wish| !wish.abandoned)
}

/// Performs every planned action that needs no I/O, until none is left.
pub fn settle(task: &mut Task, now: Timestamp) {
    loop {
        match plan(task, now).action {
            Some(Action::Become(status)) => become_(task, status, now),
            Some(Action::Stop(why)) => {
                stop::stop(task, &why, now);
            }
            Some(Action::MarkSpot) => task.claim.spot = true,
            _ => return,
        }
    }
}

/// Takes over an interface that was made. Only a task without one takes it.
pub fn interface_made(task: &mut Task, interface: Interface) {
    if task.interface.is_none() {
        task.interface = Some(interface);
        task.version += 1;
    }
}

/// Takes over that the interface is gone.
pub fn interface_deleted(task: &mut Task, id: &str) {
    if let Some(interface) = task.interface.as_mut().filter(|i| i.id == id) {
        raise_interface(interface, InterfaceState::Deleted);
        task.version += 1;
    }
}

/// Takes over that EC2 holds no interface for it.
pub fn interface_abandoned(task: &mut Task) {
    if let Some(wish) = &mut task.network {
        wish.abandoned = true;
    }
}

/// Takes over a volume that was made and attached. Only a task without one takes it.
pub fn volume_made(task: &mut Task, id: &str) {
    if let Some(volume) = task.volume.as_mut().filter(|it| it.given.is_none()) {
        volume.given = Some(GivenVolume {
            id: id.to_owned(),
            state: InterfaceState::Created,
        });
        task.version += 1;
    }
}

/// Takes over that the volume is none of the task's any more.
pub fn volume_released(task: &mut Task, id: &str) {
    let volume = task.volume.as_mut();
    let of_it = |it: &&mut TaskVolume| it.given.as_ref().is_some_and(|given| given.id == id);
    if let Some(volume) = volume.filter(of_it) {
        volume.raise(InterfaceState::Deleted);
        task.version += 1;
    }
}

/// Takes over that EC2 holds no volume for it.
pub fn volume_abandoned(task: &mut Task) {
    if let Some(volume) = &mut task.volume {
        volume.abandoned = true;
    }
}

pub(super) fn raise_volume(task: &mut Task, to: InterfaceState) {
    if let Some(volume) = &mut task.volume {
        volume.raise(to);
    }
}

pub(super) fn raise_interface(interface: &mut Interface, to: InterfaceState) {
    interface.state = interface.state.max(to);
}

fn become_(task: &mut Task, status: Status, now: Timestamp) {
    if status <= task.last {
        return;
    }
    task.last = status;
    task.version += 1;
    match status {
        Status::Pending => {
            raise_volume(task, InterfaceState::Attaching);
            if let Some(interface) = &mut task.interface {
                raise_interface(interface, InterfaceState::Attaching);
            }
        }
        Status::Deprovisioning => {
            raise_volume(task, InterfaceState::Detaching);
            if let Some(interface) = &mut task.interface {
                raise_interface(interface, InterfaceState::Detaching);
            }
        }
        Status::Stopped => {
            task.stopped_at = Some(now);
            task.stopping_at.get_or_insert(now);
            for container in &mut task.containers {
                container.last = ContainerStatus::Stopped;
            }
            if task.stop_code.is_none() && task.stopped_reason.is_none() {
                task.stop_code = Some(StopCode::TaskFailedToStart);
            }
        }
        _ => {}
    }
}
