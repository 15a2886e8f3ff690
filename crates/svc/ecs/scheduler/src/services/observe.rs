//! What the scheduler sees: tasks, hosts and targets cut down to what a decision needs.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use wharf_base::Timestamp;
use wharf_records::ecs::{
    Container, Desired, Health, Instance, Launch, Service, Status, StopCode, TargetKind,
    TargetState, Task, TaskTarget,
};

use super::failure;
use crate::{ahead::Asked, own_node::AHEAD_CAPABILITY, view::Region};

/// A task of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub id: String,
    pub arn: String,
    /// Id of the deployment that started it.
    pub deployment: String,
    pub host: String,
    /// Its host is to be emptied.
    pub draining: bool,
    pub zone: String,
    /// Its capacity provider, if it has one.
    pub provider: Option<String>,
    pub desired: Desired,
    pub last: Status,
    /// It has a host, and its images are not all there yet.
    pub fetching: bool,
    /// Whether its host has the images of the task that is to follow it.
    pub next: Next,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    /// Health of its containers; `None` if no essential one has a check.
    pub check: Option<Health>,
    pub targets: Vec<SeenTarget>,
    pub protected_until: Option<Timestamp>,
    /// When it was told to stop or began to end by itself. By the server's clock, as `created_at` is:
    /// a task that takes its place is never older.
    pub ended_at: Option<Timestamp>,
    /// It fails by itself, and something of it may still run: its end is not counted yet.
    pub dying: bool,
    /// How it ended; `None` while something of it may run.
    pub end: Option<End>,
    /// Why it ended, for people; empty before.
    pub why: String,
    /// What its containers pulled, by their names, as far as it told.
    pub digests: Vec<(String, String)>,
    pub accounted: bool,
}

/// The images of the task that follows another on its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It is of the PRIMARY deployment itself, no task of that may come to its host, or that fetches nothing ahead of a
    /// task.
    Unable,
    /// They may be asked for.
    Unasked,
    Asked(Asked),
    /// They may not start: nobody asks for them, and nothing makes room for them.
    Refused,
}

/// A task's place in a target group, and what the load balancer thinks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenTarget {
    pub group: String,
    /// Port it is registered with, for the texts.
    pub port: u16,
    pub state: TargetState,
    pub health: TargetHealth,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetHealth {
    /// The target group does not list it.
    Absent,
    /// Listed, and not yet judged.
    Initial,
    Healthy,
    /// With the load balancer's reason.
    Unhealthy(String),
    Draining,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Somebody told it to stop, or its host is gone.
    Told,
    FailedToStart,
    /// By itself, after it ran for so long. `killed`: by SIGKILL, so hardly of its own making.
    Exited {
        ran: Duration,
        killed: bool,
    },
}

impl Seen {
    /// Wanted, and not over.
    pub fn is_live(&self) -> bool {
        self.desired == Desired::Running && self.end.is_none()
    }

    pub fn is_running(&self) -> bool {
        self.is_live() && self.last == Status::Running
    }
}

/// A host, to a DAEMON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenHost {
    pub id: String,
    /// ARN of its container instance.
    pub instance: String,
    /// ACTIVE, and it meets the constraints: it should have a task.
    pub ready: bool,
    /// ACTIVE, and a placement constraint forbids the task.
    pub unsuited: bool,
    /// Its agent can be told of one.
    pub connected: bool,
    /// Tasks on it that are not this service's.
    pub others: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// In the order of their creation.
    pub tasks: Vec<Seen>,
    /// Only for a DAEMON, by id.
    pub hosts: Vec<SeenHost>,
    /// The last tasks to be started found no place.
    pub starved: bool,
    /// Where its tasks may be, if that was asked: only of a service whose tasks may have to be moved.
    pub zones: Option<Zones>,
}

/// Zones in which tasks of a service may run, whatever runs there now, by the capacity provider of the tasks.
pub type Zones = BTreeMap<Option<String>, BTreeSet<String>>;

/// Health of targets by target group, target id and port; see [`super::targets`].
pub type HealthTable = BTreeMap<(String, String, u16), TargetHealth>;

/// What hosts were asked to fetch ahead for a service's PRIMARY deployment.
pub type AheadTable = BTreeMap<String, Asked>;

/// The tasks of the service `cluster:name`. `may_come_to`: where a task of the PRIMARY deployment may ever be placed.
pub fn tasks(
    region: &Region,
    id: &str,
    health: &HealthTable,
    ahead: &AheadTable,
    may_come_to: &dyn Fn(&Instance) -> bool,
) -> Vec<Seen> {
    let service = region.services.get(id).map(|held| &*held.record);
    let see = |task: &Task| {
        let next = next(region, service, task, ahead, may_come_to);
        seen(region, task, health, next)
    };
    let mut seen: Vec<Seen> = region
        .tasks_of_service(id)
        .filter_map(|task| see(task))
        .collect();
    seen.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    seen
}

fn next(
    region: &Region,
    service: Option<&Service>,
    task: &Task,
    ahead: &AheadTable,
    may_come_to: &dyn Fn(&Instance) -> bool,
) -> Next {
    let primary = service.and_then(Service::primary);
    let follows = primary.is_some_and(|primary| {
        let of = task.service.as_ref().map(|of| of.deployment.as_str());
        of != Some(primary.id()) && primary.revision.launch == task.launch
    });
    let able = || {
        let instance = region.instance_by_arn(&task.instance);
        instance.is_some_and(|it| {
            it.agent_connected && it.attributes.contains_key(AHEAD_CAPABILITY) && may_come_to(it)
        })
    };
    match ahead.get(&task.host) {
        _ if !follows || task.waiting.is_some() || !able() => Next::Unable,
        Some(asked) => Next::Asked(asked.clone()),
        None => Next::Unasked,
    }
}

fn seen(region: &Region, task: &Task, health: &HealthTable, next: Next) -> Option<Seen> {
    let membership = task.service.as_ref()?;
    let retired = task.launch == Launch::Fargate && region.is_retired(&task.host);
    let target = |target: &TaskTarget| SeenTarget {
        group: target.spec.group.clone(),
        port: target.spec.port,
        state: target.state,
        health: address(task, target)
            .and_then(|(id, port)| health.get(&(target.spec.group.clone(), id, port)).cloned())
            .unwrap_or(TargetHealth::Absent),
    };
    Some(Seen {
        id: task.id.clone(),
        arn: task.arn.clone(),
        deployment: membership.deployment.clone(),
        host: task.host.clone(),
        draining: retired || task.waiting.is_none() && !region.fleet.is_active(&task.host),
        zone: task.availability_zone.clone(),
        provider: task.capacity_provider.clone(),
        desired: task.desired,
        last: task.last,
        fetching: is_fetching(task),
        next,
        created_at: task.created_at,
        started_at: task.started_at,
        check: check(task),
        targets: membership.targets.iter().map(target).collect(),
        // Maintenance spares nobody.
        protected_until: membership.protected_until.filter(|_| !retired),
        ended_at: task.stopping_at,
        dying: is_dying(task),
        end: end(task),
        why: match membership.accounted || !(task.ended || task.last == Status::Stopped) {
            true => String::new(),
            false => failure::line(task),
        },
        digests: digests(task),
        accounted: membership.accounted,
    })
}

/// Its agent says when all images are there: with a state of the task, RUNNING at the latest.
fn is_fetching(task: &Task) -> bool {
    let has_host = task.waiting.is_none() && is_up(task);
    has_host && task.last < Status::Running && task.pull_stopped_at.is_none()
}

fn digests(task: &Task) -> Vec<(String, String)> {
    let told = |container: &Container| {
        let digest = container.image_digest.clone()?;
        Some((container.name.clone(), digest))
    };
    task.containers.iter().filter_map(told).collect()
}

/// Of essential containers with checks: UNHEALTHY before UNKNOWN before HEALTHY.
pub fn check(task: &Task) -> Option<Health> {
    let checked = || task.containers.iter().filter(|c| c.essential && c.checked);
    checked().next()?;
    if checked().any(|c| c.health == Health::Unhealthy) {
        Some(Health::Unhealthy)
    } else if checked().any(|c| c.health == Health::Unknown) {
        Some(Health::Unknown)
    } else {
        Some(Health::Healthy)
    }
}

/// Exit code of a process that SIGKILL ended.
const KILLED: i32 = 137;
/// How the reason of a container begins that SIGKILL ended for the memory it took.
const OUT_OF_MEMORY: &str = "OutOfMemoryError";

/// Whether something of it may still run, whatever is wanted.
fn is_up(task: &Task) -> bool {
    !task.ended && task.last < Status::Deprovisioning
}

/// One of its essential containers has ended by itself, and the others are being stopped. That may take
/// as long as their stop timeouts; the task in its place is started at once.
pub fn is_dying(task: &Task) -> bool {
    let by_itself = matches!(
        task.stop_code,
        Some(StopCode::EssentialContainerExited | StopCode::TaskFailedToStart)
    );
    task.desired == Desired::Stopped && by_itself && is_up(task)
}

fn end(task: &Task) -> Option<End> {
    if is_up(task) {
        return None;
    }
    Some(match task.stop_code {
        // Nothing was found out about the task itself.
        _ if task.waiting.is_some() => End::Told,
        Some(StopCode::TaskFailedToStart) => End::FailedToStart,
        Some(StopCode::EssentialContainerExited) => {
            let stopped = task.execution_stopped_at.or(task.stopping_at);
            let ran = task
                .started_at
                .zip(stopped)
                .map(|(from, until)| until.since(from));
            let ended = || task.containers.iter().filter(|c| c.essential);
            let memory = |reason: &str| reason.starts_with(OUT_OF_MEMORY);
            let greedy = ended().any(|c| c.reason.as_deref().is_some_and(memory));
            End::Exited {
                ran: ran.unwrap_or_default(),
                killed: !greedy && ended().any(|c| c.exit_code == Some(KILLED)),
            }
        }
        _ => End::Told,
    })
}

/// Id and port under which a task stands in a target group, once both are known.
pub fn address(task: &Task, target: &TaskTarget) -> Option<(String, u16)> {
    match target.spec.kind {
        TargetKind::Ip => {
            let interface = task.interface.as_ref()?;
            Some((interface.private_ipv4.clone(), target.spec.port))
        }
        TargetKind::Ipv6 => {
            let address = task.interface.as_ref()?.ipv6?;
            Some((address.to_string(), target.spec.port))
        }
        TargetKind::Instance => {
            let container = task
                .containers
                .iter()
                .find(|container| container.name == target.spec.container)?;
            let wanted = i32::from(target.spec.port);
            let binding = container
                .bindings
                .iter()
                .find(|binding| binding.container_port == Some(wanted))?;
            let port = u16::try_from(binding.host_port?).ok()?;
            Some((task.ec2_instance.clone(), port))
        }
    }
}
