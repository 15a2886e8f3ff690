//! What a service needs next. Pure: the record, what is seen, and the time decide.
//!
//! One look goes through these steps, each in a file of its own:
//! 1. [`account`]: ends of tasks are counted, for the circuit breaker and the throttle;
//! 2. [`images`]: digests that its tasks told become those of the deployment;
//! 3. [`rollout`]: a failed deployment is marked, or rolled back; a complete one is completed;
//! 4. [`replica`] or [`daemon`]: which tasks to start and to stop, and which stay until the images of their
//!    successors are on their hosts ([`ahead`]);
//! 5. [`rebalance`]: which task to move to another zone, where there is nothing else to do;
//! 6. [`register`]: which targets to register, to deregister, and which are drained.
//!
//! The plan holds the service as it is to be recorded. Actions that fail to be performed are planned
//! again at the next look, for nothing here remembers having ordered them.

mod account;
mod ahead;
mod bounds;
mod daemon;
mod health;
mod images;
pub mod rebalance;
mod register;
mod replica;
mod rollout;
mod scale_in;
#[cfg(test)]
pub(super) mod tests;

use std::{borrow::Cow, collections::BTreeSet};

use wharf_base::Timestamp;
use wharf_records::ecs::{About, Desired, Scheduling, Service, ServiceStatus, Status, StopCode};

use super::{
    events,
    observe::{End, Next, Observed, Seen},
};
use crate::task::stop::Stop;
use bounds::Bounds;
pub use bounds::threshold;

/// One thing to do. Tasks are named by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Start so many tasks of the PRIMARY deployment, anywhere.
    Launch {
        count: u32,
    },
    /// Start one on each of these hosts.
    LaunchOn {
        hosts: Vec<String>,
    },
    /// Start one in this zone, of this capacity provider, beside those that are wanted: another is to stop for it.
    LaunchIn {
        zone: String,
        provider: Option<String>,
    },
    Stop {
        task: String,
        why: Why,
    },
    /// The end of the task is counted.
    Account {
        task: String,
    },
    Register {
        group: String,
        tasks: Vec<String>,
    },
    /// `told`: they were registered, and an event says so.
    Deregister {
        group: String,
        tasks: Vec<String>,
        told: bool,
    },
    /// Nothing of them is left at the load balancer.
    Drained {
        tasks: Vec<String>,
    },
}

/// Why a task is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// `Scaling activity initiated by (deployment …)`: the deployment's id.
    Scaling(String),
    /// `Availability-zone rebalancing initiated by (deployment …)`: the deployment's id.
    Rebalancing(String),
    ContainerHealth,
    /// The target group whose checks failed.
    TargetHealth(String),
}

impl Why {
    /// What the task is told.
    pub fn stop(&self) -> Stop {
        let reason = match self {
            Self::Scaling(deployment) => {
                format!("Scaling activity initiated by (deployment ecs-svc/{deployment})")
            }
            Self::Rebalancing(deployment) => {
                format!(
                    "Availability-zone rebalancing initiated by (deployment ecs-svc/{deployment})"
                )
            }
            Self::ContainerHealth => "Task failed container health checks".to_owned(),
            Self::TargetHealth(group) => {
                format!("Task failed ELB health checks in (target-group {group})")
            }
        };
        Stop {
            code: Some(StopCode::ServiceSchedulerInitiated),
            reason,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub actions: Vec<Action>,
    /// What is to be recorded.
    pub service: Service,
    /// Texts of events, oldest first.
    pub events: Vec<String>,
    pub wake_at: Option<Timestamp>,
    /// Hosts that are to have the images of the PRIMARY deployment.
    pub ahead: BTreeSet<String>,
    /// Tasks that do not stay: those that are started do not count them where they spread.
    pub going: BTreeSet<String>,
}

impl Plan {
    fn wake(&mut self, at: Timestamp) {
        self.wake_at = Some(self.wake_at.map_or(at, |other| other.min(at)));
    }

    fn say(&mut self, text: String) {
        self.events.push(text);
    }

    fn say_rarely(&mut self, cause: &str, text: String, now: Timestamp) {
        if events::may_say(&mut self.service, cause, now) {
            self.events.push(text);
        }
    }

    fn say_rarely_about(&mut self, cause: &str, about: About, text: String, now: Timestamp) {
        if events::may_say_about(&mut self.service, cause, about, now) {
            self.events.push(text);
        }
    }

    fn stop(&mut self, task: &Seen, why: Why) {
        self.actions.push(Action::Stop {
            task: task.id.clone(),
            why,
        });
    }
}

/// Never takes healthy tasks below the minimum by our own doing, nor live ones above the maximum.
pub fn plan(service: &Service, observed: &Observed, now: Timestamp) -> Plan {
    let mut plan = Plan {
        actions: Vec::new(),
        service: service.clone(),
        events: Vec::new(),
        wake_at: None,
        ahead: BTreeSet::new(),
        going: BTreeSet::new(),
    };
    account::ends(&mut plan, &observed.tasks, now);
    match service.status {
        ServiceStatus::Active => active(&mut plan, observed, now),
        ServiceStatus::Draining => draining(&mut plan, &observed.tasks, now),
        ServiceStatus::Inactive => {}
    }
    register::targets(&mut plan, &observed.tasks, now);
    plan
}

fn active(plan: &mut Plan, observed: &Observed, now: Timestamp) {
    images::settle(plan, &observed.tasks);
    let before = plan.service.primary().map(|it| it.id().to_owned());
    rollout::judge(plan, now);
    let is_same = plan.service.primary().map(|it| it.id()) == before.as_deref();
    let tasks = of_primary(&observed.tasks, is_same);
    if plan.service.scheduling == Scheduling::Daemon {
        let ready = observed.hosts.iter().filter(|host| host.ready).count();
        plan.service.desired = u32::try_from(ready).unwrap_or(u32::MAX);
    }
    let view = View::new(&plan.service, &tasks, now);
    for at in view.wakes() {
        plan.wake(at);
    }
    account::failing(plan, &view, now);
    account::healthy(plan, &view, now);
    match plan.service.scheduling {
        Scheduling::Replica => replica::balance(plan, &view, observed.starved, now),
        Scheduling::Daemon => daemon::balance(plan, &view, &observed.hosts, now),
    }
    rollout::conclude(plan, &view, now);
    if plan.service.scheduling == Scheduling::Replica {
        rebalance::next(plan, &view, observed.zones.as_ref(), now);
    }
    plan.going = going(plan, &view);
}

/// Where tasks are started: those beside them that failed their checks, that another deployment or a host that is emptied
/// left, and those that are told to stop.
fn going(plan: &Plan, view: &View<'_>) -> BTreeSet<String> {
    let launches = |action: &Action| {
        matches!(
            action,
            Action::Launch { .. } | Action::LaunchOn { .. } | Action::LaunchIn { .. }
        )
    };
    if !plan.actions.iter().any(launches) {
        return BTreeSet::new();
    }
    let stops = plan.actions.iter().filter_map(|action| match action {
        Action::Stop { task, .. } => Some(task.clone()),
        _ => None,
    });
    let others = view.live.iter().filter(|one| !one.is_kept());
    let others = others
        .map(|one| one.task)
        .chain(view.leaving.iter().copied());
    others.map(|task| task.id.clone()).chain(stops).collect()
}

/// What hosts were asked for, and whether they may be, was for the deployment that was PRIMARY: of the one that is since
/// this very look, nobody was asked yet.
fn of_primary(tasks: &[Seen], is_same: bool) -> Cow<'_, [Seen]> {
    if is_same {
        return Cow::Borrowed(tasks);
    }
    let unasked = |task: &Seen| Seen {
        next: Next::Unasked,
        ..task.clone()
    };
    tasks.iter().map(unasked).collect()
}

/// A deleted service stops everything and is gone once the last end is counted.
fn draining(plan: &mut Plan, tasks: &[Seen], now: Timestamp) {
    for task in tasks.iter().filter(|task| task.is_live()) {
        plan.stop(task, Why::Scaling(task.deployment.clone()));
    }
    let counted = |task: &Seen| {
        plan.actions
            .iter()
            .any(|action| matches!(action, Action::Account { task: id } if *id == task.id))
    };
    if tasks.iter().all(|task| task.accounted || counted(task)) {
        plan.service.status = ServiceStatus::Inactive;
        plan.service.deleted_at = Some(now);
        plan.service.deployments.clear();
    }
}

/// A live task with what the decision is about.
#[derive(Debug, Clone)]
struct Judged<'a> {
    task: &'a Seen,
    /// Of the PRIMARY deployment, on a host that stays.
    current: bool,
    verdict: health::Verdict,
    protected: bool,
}

impl Judged<'_> {
    fn is_healthy(&self) -> bool {
        self.verdict == health::Verdict::Healthy
    }

    fn is_failing(&self) -> bool {
        matches!(self.verdict, health::Verdict::Failing(_))
    }

    /// Wanted for longer: of the present deployment, and not found wanting.
    fn is_kept(&self) -> bool {
        self.current && !self.is_failing()
    }
}

/// All live tasks, judged.
struct View<'a> {
    live: Vec<Judged<'a>>,
    /// Told to stop, not yet over.
    leaving: Vec<&'a Seen>,
    /// A task of the PRIMARY deployment has ended by itself, and that is not counted yet.
    uncounted: bool,
    bounds: Bounds,
}

impl<'a> View<'a> {
    fn new(service: &Service, tasks: &'a [Seen], now: Timestamp) -> Self {
        let primary = service.primary().map(|primary| primary.id());
        let judged = |task: &'a Seen| Judged {
            task,
            current: Some(task.deployment.as_str()) == primary && !task.draining,
            verdict: health::judge(task, service, now),
            protected: task.protected_until.is_some_and(|until| now < until),
        };
        let uncounted = |task: &Seen| {
            let by_itself = matches!(task.end, Some(End::FailedToStart | End::Exited { .. }));
            !task.accounted && (task.dying || by_itself)
        };
        Self {
            live: tasks.iter().filter(|t| t.is_live()).map(judged).collect(),
            uncounted: tasks
                .iter()
                .any(|task| Some(task.deployment.as_str()) == primary && uncounted(task)),
            leaving: tasks
                .iter()
                .filter(|task| task.end.is_none() && task.desired == Desired::Stopped)
                .collect(),
            bounds: Bounds::new(service),
        }
    }

    fn count(&self, which: impl Fn(&Judged<'_>) -> bool) -> u32 {
        u32::try_from(self.live.iter().filter(|one| which(one)).count()).unwrap_or(u32::MAX)
    }

    fn healthy(&self) -> u32 {
        self.count(|one| one.is_healthy())
    }

    /// When a verdict changes by the passing of time alone.
    fn wakes(&self) -> impl Iterator<Item = Timestamp> {
        self.live.iter().filter_map(|one| match one.verdict {
            health::Verdict::Until(at) => Some(at),
            _ => None,
        })
    }

    /// Whether a deployment has a task that still takes part in the service.
    fn is_present(&self, deployment: &str) -> bool {
        let leaving = self
            .leaving
            .iter()
            .filter(|task| task.last == Status::Deactivating);
        let mut all = self.live.iter().map(|one| one.task).chain(leaving.copied());
        all.any(|task| task.deployment == deployment)
    }
}
