//! Performs a service's plans, and decides nothing.
//!
//! Order within one look: targets are registered and deregistered, tasks stopped, drained ones let
//! go; then one transaction starts tasks, marks counted ends and writes the service with its events.
//! What fails half-way is planned again from what is seen then. Targets that cannot be registered hold
//! up nothing else: the rest is done, the service says so, and registering them is retried. Every write
//! compares the shard's lease.

mod ahead;
mod start;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures_util::future::join_all;
use wharf_base::{Permit, Timestamp, ids};
use wharf_reconcile::Next;
use wharf_records::{
    Record, Scope,
    ecs::{
        DefinitionStatus, Instance, RevisionRecord, Scheduling, Service, ServiceDeployment,
        ServiceEvent, ServiceEvents, ServiceStatus, TargetState, Task,
    },
    encode,
};
use wharf_store::{Compare, Range, Txn};
use wharf_wire::{Call, Context, Fault};

use super::{
    events,
    launch::{Launcher, Where},
    observe::{self, Observed, address},
    plan::{Action, Plan, Why, plan},
    targets::{self, Address},
};
use crate::{
    Scheduler,
    images::Pins,
    names::{PRINCIPAL, Place},
    state::{ChangeError, StepError},
    task::stop,
    view::Held,
};

const PERMIT: Permit = Permit::for_controller("ecs-services");
/// Looks at one service before others get their turn.
const MAX_LOOKS: usize = 16;
/// How long an INACTIVE service stays describable.
const INACTIVE_RETENTION: Duration = Duration::from_secs(3600);
/// Under which the service remembers to have said that an image of its may not start.
const NOT_ADMITTED: &str = "not-admitted";
/// Records deleted in one transaction.
const DELETED_AT_ONCE: usize = 100;

/// Brings one service forward.
pub async fn service(scheduler: Arc<Scheduler>, key: String) -> Result<Next, StepError> {
    let Some((scope, _, id)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let place = Place {
        account: scope.account,
        region: scope.region,
    };
    let context = Context::internal(
        &place.account,
        &place.region,
        PRINCIPAL,
        scheduler.state.now(),
    );
    let mut look = Look {
        fence: scheduler.state.fence()?,
        call: Call::by_controller(context, PERMIT),
        scheduler: &scheduler,
        place,
        id,
        untold: Vec::new(),
        pins: Pins::new(),
    };
    for _ in 0..MAX_LOOKS {
        if let Some(next) = look.once().await? {
            return Ok(next);
        }
        look.fence = scheduler.state.fence()?;
    }
    Ok(Next::After(Duration::ZERO))
}

struct Look<'a> {
    scheduler: &'a Scheduler,
    fence: Compare,
    call: Call,
    place: Place,
    /// `cluster:service`.
    id: String,
    /// Events of what was done in looks whose record could not be written.
    untold: Vec<String>,
    /// The digests that the tasks it starts are to run.
    pins: Pins,
}

impl Look<'_> {
    /// One look; `Some` if nothing is left to do for now.
    async fn once(&mut self) -> Result<Option<Next>, StepError> {
        let scheduler = self.scheduler;
        scheduler.state.up_to_date().await;
        let held = scheduler
            .state
            .view
            .read(&self.place, |region| region.services.get(&self.id).cloned());
        let Some(held) = held else {
            let key = self.place.scope().key(Service::KIND, &self.id);
            scheduler.state.ahead.forget(&key);
            return Ok(Some(Next::Settled));
        };
        if held.status == ServiceStatus::Inactive {
            scheduler.services.looked_at(&held.key, 0);
            scheduler.state.ahead.forget(&held.key);
            return self.forget(&held).await.map(Some);
        }
        let mut observed = self.observe(&held).await?;
        scheduler
            .services
            .looked_at(&held.key, observed.tasks.len());
        let now = scheduler.state.now();
        let mut plan = plan(&held, &observed, now);
        let refused = self.want_ahead(&held, &mut observed, &mut plan).await?;
        let is_settled = plan.actions.is_empty() && plan.service == *held.record;
        if let Some(pause) = refused.filter(|_| is_settled && self.untold.is_empty()) {
            return Ok(Some(Next::After(pause)));
        }
        if plan.actions.is_empty() && plan.service == *held.record && self.untold.is_empty() {
            scheduler.services.starved(&held.key, false);
            scheduler.services.refused(&held.key, false);
            return Ok(Some(until(now, plan.wake_at)));
        }
        self.perform(held, plan).await
    }

    async fn observe(&self, held: &Held<Service>) -> Result<Observed, StepError> {
        let (scheduler, service) = (self.scheduler, &held.record);
        let health = targets::health(&scheduler.balancers, &self.call, service).await;
        let health = health.map_err(|fault| StepError::Neighbour {
            action: "describe the health of targets",
            fault,
        })?;
        let is_daemon = service.scheduling == Scheduling::Daemon;
        // Whether a host may have the next task is asked of those of DAEMONs, and where there are older tasks.
        let parts = match is_daemon || service.deployments.len() > 1 {
            true => self.launcher_parts(service).await?,
            false => None,
        };
        let starved = scheduler.services.is_starved(&held.key);
        let primary = service.primary().map_or("", |primary| primary.id());
        let ahead = scheduler
            .state
            .ahead
            .of(&held.key, primary, scheduler.state.now());
        Ok(scheduler.state.view.read(&self.place, |region| {
            let see = |launcher: Option<&Launcher<'_>>| {
                let following = launcher.map(|launcher| launcher.following(region));
                let may_come_to = |instance: &Instance| {
                    let following = following.as_ref();
                    following.is_some_and(|it| it.may_come_to(instance))
                };
                let hosts = launcher
                    .filter(|_| is_daemon)
                    .map(|launcher| self.hosts(region, service, launcher));
                Observed {
                    starved,
                    tasks: observe::tasks(region, &self.id, &health, &ahead, &may_come_to),
                    hosts: hosts.unwrap_or_default(),
                }
            };
            match &parts {
                Some((cluster, definition)) => {
                    self.with_launcher(service, (cluster, definition), see)
                }
                None => see(None),
            }
        }))
    }

    async fn perform(
        &mut self,
        held: Held<Service>,
        mut plan: Plan,
    ) -> Result<Option<Next>, StepError> {
        let actions = std::mem::take(&mut plan.actions);
        let name = plan.service.name.clone();
        let mut said = std::mem::take(&mut self.untold);
        let (mut stops, mut accounts, mut wanted) = (Vec::new(), Vec::new(), None);
        let mut failed = None;
        for action in actions {
            match action {
                Action::Register { group, tasks } => match self.register(&group, &tasks).await {
                    Ok(count) => {
                        if count > 0 {
                            said.push(events::registered(&name, count, &group));
                        }
                        plan.service.said.remove(&unregistered(&group));
                    }
                    Err(StepError::Neighbour { action, fault }) => {
                        let text = events::not_registered(&name, &group, &fault.message);
                        let (cause, now) = (unregistered(&group), self.scheduler.state.now());
                        if events::may_say(&mut plan.service, &cause, now) && !said.contains(&text)
                        {
                            said.push(text);
                        }
                        failed = Some(StepError::Neighbour { action, fault });
                    }
                    Err(ours) => return Err(ours),
                },
                Action::Deregister { group, tasks, told } => {
                    let count = self.deregister(&group, &tasks).await?;
                    if told && count > 0 {
                        said.push(events::deregistered(&name, count, &group));
                    }
                }
                Action::Drained { tasks } => {
                    self.set_targets(&tasks, None, TargetState::Gone).await?;
                }
                Action::Stop { task, why } => stops.push((task, why)),
                Action::Account { task } => accounts.push(task),
                Action::Launch { count } => {
                    wanted = Some(Where::Anywhere {
                        count: usize::try_from(count).unwrap_or(usize::MAX),
                    });
                }
                Action::LaunchOn { hosts } => wanted = Some(Where::On(hosts)),
            }
        }
        // First what the plan says, then what came of it.
        said.append(&mut plan.events);
        self.stop(&name, &stops, &mut said).await?;
        let next = self.record(held, plan, accounts, wanted, said).await?;
        match failed {
            // What is left is retried, later each time.
            Some(failed) if self.untold.is_empty() => Err(failed),
            _ => Ok(next),
        }
    }

    /// Starts tasks, marks ends as counted, and writes the service and its events, all or nothing.
    async fn record(
        &mut self,
        held: Held<Service>,
        mut plan: Plan,
        accounts: Vec<String>,
        mut wanted: Option<Where>,
        mut said: Vec<String>,
    ) -> Result<Option<Next>, StepError> {
        let (scheduler, now) = (self.scheduler, self.scheduler.state.now());
        let carried = said.clone();
        let mut pause = None;
        if wanted.is_some() {
            match self.admit(&plan.service).await? {
                Ok(pins) => {
                    self.pins = pins;
                    plan.service.said.remove(NOT_ADMITTED);
                    scheduler.services.refused(&held.key, false);
                }
                Err(why) => {
                    wanted = None;
                    if events::may_say(&mut plan.service, NOT_ADMITTED, now) {
                        said.push(events::not_admitted(&plan.service.name, &why.to_string()));
                    }
                    pause = Some(scheduler.services.refused(&held.key, true));
                }
            }
        }
        // Until the transaction is done.
        let turn = match &wanted {
            Some(_) => Some(scheduler.state.hosts.turn().await),
            None => None,
        };
        let batch = match &wanted {
            Some(wanted) => self.choose(&plan.service, wanted).await?,
            None => None,
        };
        let mut txn = Txn::new();
        let started = batch.as_ref().map_or(0, |(_, batch)| batch.tasks.len());
        if let Some((chosen, batch)) = batch {
            self.ask_for_room(&plan.service, &batch).await?;
            if !batch.tasks.is_empty() {
                let tasks: Vec<String> = batch.tasks.iter().map(|task| task.id.clone()).collect();
                said.push(events::started(&plan.service.name, &tasks));
            }
            if let Some(why) = &batch.unplaced {
                let text = self.unplaced(&plan.service, why);
                if events::may_say(&mut plan.service, "unplaced", now) {
                    plan.service.lacking = events::lacking(why);
                    said.push(text);
                }
                pause = Some(scheduler.services.starved(&held.key, true));
            } else {
                scheduler.services.starved(&held.key, false);
                plan.service.said.remove("unplaced");
                plan.service.lacking = None;
            }
            txn = chosen;
        }
        txn = txn.when(self.fence.clone()).when(held.unchanged());
        for task in &accounts {
            txn = self.account(txn, task);
        }
        if plan.service != *held.record {
            txn = txn.put(&held.key, encode(&plan.service));
            txn = self.without_definitions(txn, &held, &plan.service).await?;
            txn = self.with_rollout(txn, &held, &plan.service);
            txn = self.with_revision(txn, &held, &plan.service).await?;
        }
        if !said.is_empty() {
            txn = self.with_events(txn, said, now).await?;
        }
        let reply = scheduler.state.store.txn(&PERMIT, txn).await;
        let reply = reply.map_err(ChangeError::from)?;
        if !reply.succeeded {
            if reply.conflict.as_deref() == Some(&self.fence.key) {
                return Err(ChangeError::fenced().into());
            }
            // Somebody came between: another look, and nothing that was done is left untold.
            self.untold = carried;
            return Ok(None);
        }
        drop(turn);
        match (pause, wanted) {
            // Nothing could be started: another look would find the same.
            (Some(pause), _) if started == 0 => Ok(Some(Next::After(pause))),
            (None, Some(Where::Anywhere { count })) => {
                self.start_more(&plan.service, count - started).await?;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    fn account(&self, txn: Txn, task: &str) -> Txn {
        let id = self.task_id(task);
        let held = self
            .scheduler
            .state
            .view
            .read(&self.place, |region| region.tasks.get(&id).cloned());
        let Some(held) = held else { return txn };
        let mut task = Task::clone(&held.record);
        if let Some(membership) = &mut task.service {
            membership.accounted = true;
        }
        txn.when(held.unchanged()).put(&held.key, encode(&task))
    }

    /// The service deployment is kept as a record of its own too, for those who ask for it by ARN.
    fn with_rollout(&self, txn: Txn, held: &Held<Service>, after: &Service) -> Txn {
        match &after.rollout {
            Some(rollout) if held.rollout != after.rollout => {
                let id = format!("{}:{}", self.id, rollout.id);
                let key = self.place.scope().key(ServiceDeployment::KIND, &id);
                txn.put(key, encode(rollout))
            }
            _ => txn,
        }
    }

    /// A revision as well, once more of its digests are known.
    async fn with_revision(
        &self,
        txn: Txn,
        held: &Held<Service>,
        after: &Service,
    ) -> Result<Txn, StepError> {
        let before = held.primary().map(|primary| &primary.revision);
        let Some(primary) = after.primary().map(|primary| &primary.revision) else {
            return Ok(txn);
        };
        if before.is_none_or(|before| before.id != primary.id || before.images == primary.images) {
            return Ok(txn);
        }
        let id = format!("{}:{}", self.id, primary.id);
        let key = self.place.scope().key(RevisionRecord::KIND, &id);
        // It changes with the service alone, which the transaction compares.
        let table = &self.scheduler.state.table;
        let there = table.read::<RevisionRecord>(&key).await?;
        let arn = self
            .place
            .service_revision(&after.cluster, &after.name, &primary.id);
        let record = RevisionRecord {
            arn,
            service_arn: after.arn.clone(),
            cluster_arn: after.cluster_arn.clone(),
            revision: primary.clone(),
            unknown: there.map(|it| it.record.unknown).unwrap_or_default(),
        };
        Ok(txn.put(key, encode(&record)))
    }

    /// Definitions that wait for their deletion go with the last service that used them. Even one that
    /// does not wait yet must stay as it was seen: whoever asks for its deletion meanwhile finds this
    /// service using it.
    async fn without_definitions(
        &self,
        mut txn: Txn,
        before: &Service,
        after: &Service,
    ) -> Result<Txn, StepError> {
        let still: BTreeSet<&str> = super::definitions(after).collect();
        let used: BTreeSet<&str> = super::definitions(before).collect();
        for arn in used.difference(&still) {
            let Some(stored) = self.scheduler.state.definition_of(&self.place, arn).await? else {
                continue;
            };
            txn = txn.when(stored.unchanged());
            let by_others = self.scheduler.state.view.read(&self.place, |region| {
                let mut services = region.services.iter().filter(|(id, _)| **id != self.id);
                region.tasks.values().any(|task| task.definition == *arn)
                    || services.any(|(_, one)| super::definitions(one).any(|used| used == *arn))
            });
            if stored.record.status == DefinitionStatus::DeleteInProgress && !by_others {
                txn = txn.delete(&stored.key);
            }
        }
        Ok(txn)
    }

    async fn with_events(
        &self,
        txn: Txn,
        said: Vec<String>,
        now: Timestamp,
    ) -> Result<Txn, StepError> {
        let key = self.place.scope().key(ServiceEvents::KIND, &self.id);
        let stored = self
            .scheduler
            .state
            .table
            .read::<ServiceEvents>(&key)
            .await?;
        let unchanged = match &stored {
            Some(stored) => stored.unchanged(),
            None => Compare::absent(&key),
        };
        let mut record = stored.map(|stored| stored.record).unwrap_or_default();
        for message in said {
            let event = ServiceEvent {
                id: ids::uuid(),
                created_at: now,
                message,
            };
            record.events.insert(0, event);
        }
        record.events.truncate(events::KEPT);
        Ok(txn.when(unchanged).put(key, encode(&record)))
    }

    /// Tells tasks to stop, all at once.
    async fn stop(
        &self,
        name: &str,
        orders: &[(String, Why)],
        said: &mut Vec<String>,
    ) -> Result<(), StepError> {
        if orders.is_empty() {
            return Ok(());
        }
        let now = self.scheduler.state.now();
        let one = async |(task, why): &(String, Why)| {
            let why = why.stop();
            let mut stopped = false;
            let change = |task: &mut Task| {
                stopped = stop::stop(task, &why, now);
            };
            let task = self.change(task, change).await?;
            Ok::<_, StepError>(task.filter(|_| stopped))
        };
        let mut stopped = Vec::new();
        let mut draining = BTreeMap::<String, usize>::new();
        for result in join_all(orders.iter().map(one)).await {
            let Some(task) = result? else { continue };
            if let Some(membership) = &task.service
                && membership
                    .targets
                    .iter()
                    .any(|t| t.state == TargetState::Registered)
            {
                *draining.entry(membership.deployment.clone()).or_default() += 1;
            }
            stopped.push(task.id);
        }
        if !stopped.is_empty() {
            said.push(events::stopped(name, &stopped));
        }
        for (deployment, count) in draining {
            said.push(events::draining(name, &deployment, count));
        }
        Ok(())
    }

    fn task_id(&self, task: &str) -> String {
        let cluster = self.id.split(':').next().unwrap_or_default();
        format!("{cluster}:{task}")
    }

    async fn change(
        &self,
        task: &str,
        change: impl FnMut(&mut Task),
    ) -> Result<Option<Task>, StepError> {
        let key = self.place.scope().key(Task::KIND, &self.task_id(task));
        Ok(self
            .scheduler
            .state
            .change_task(&PERMIT, Some(&self.fence), &key, change)
            .await?)
    }

    /// Ids and addresses of those tasks in a group that have one.
    fn addresses(&self, group: &str, tasks: &[String]) -> Vec<(String, Address)> {
        self.scheduler.state.view.read(&self.place, |region| {
            let of = |id: &String| {
                let task = region.tasks.get(&self.task_id(id))?;
                let mut targets = task.service.as_ref()?.targets.iter();
                let target = targets.find(|target| target.spec.group == group)?;
                let (address, port) = address(task, target)?;
                Some((id.clone(), Address { id: address, port }))
            };
            tasks.iter().filter_map(of).collect()
        })
    }

    async fn register(&self, group: &str, tasks: &[String]) -> Result<usize, StepError> {
        let found = self.addresses(group, tasks);
        if found.is_empty() {
            return Ok(0);
        }
        let (ids, addresses): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let registered =
            targets::register(&self.scheduler.balancers, &self.call, group, &addresses).await;
        registered.map_err(|fault| neighbour("register targets", fault))?;
        self.set_targets(&ids, Some(group), TargetState::Registered)
            .await
    }

    async fn deregister(&self, group: &str, tasks: &[String]) -> Result<usize, StepError> {
        let found = self.addresses(group, tasks);
        if !found.is_empty() {
            let addresses: Vec<Address> = found.into_iter().map(|(_, address)| address).collect();
            let gone =
                targets::deregister(&self.scheduler.balancers, &self.call, group, &addresses).await;
            gone.map_err(|fault| neighbour("deregister targets", fault))?;
        }
        self.set_targets(tasks, Some(group), TargetState::Draining)
            .await
    }

    /// Records how far the targets of these tasks are; only a task that is still wanted becomes
    /// registered. Returns how many tasks changed.
    async fn set_targets(
        &self,
        tasks: &[String],
        group: Option<&str>,
        state: TargetState,
    ) -> Result<usize, StepError> {
        let one = async |id: &String| {
            let mut changed = false;
            let change = |task: &mut Task| {
                changed = set_state(task, group, state);
            };
            self.change(id, change).await?;
            Ok::<_, StepError>(changed)
        };
        let mut count = 0;
        for result in join_all(tasks.iter().map(one)).await {
            count += usize::from(result?);
        }
        Ok(count)
    }

    /// An INACTIVE service is remembered for a while; then all that was recorded of it goes.
    async fn forget(&self, held: &Held<Service>) -> Result<Next, StepError> {
        let until = held.deleted_at.unwrap_or(held.created_at) + INACTIVE_RETENTION;
        let now = self.scheduler.state.now();
        if now < until {
            return Ok(Next::After(until.since(now)));
        }
        let scope = self.place.scope();
        for kind in [RevisionRecord::KIND, ServiceDeployment::KIND] {
            let prefix = format!("{}{}:", scope.prefix(kind), self.id);
            loop {
                let range = Range::prefix(&prefix).limit(DELETED_AT_ONCE);
                let page = self.scheduler.state.store.range(range).await;
                let page = page.map_err(ChangeError::from)?;
                if page.entries.is_empty() {
                    break;
                }
                let txn = Txn::new().when(self.fence.clone()).when(held.unchanged());
                let txn = page
                    .entries
                    .into_iter()
                    .fold(txn, |txn, entry| txn.delete(entry.key));
                if !self.scheduler.state.table.commit(&PERMIT, txn).await? {
                    return Ok(Next::After(Duration::ZERO));
                }
            }
        }
        let txn = Txn::new()
            .when(self.fence.clone())
            .when(held.unchanged())
            .delete(&held.key)
            .delete(scope.key(ServiceEvents::KIND, &self.id));
        self.scheduler.state.table.commit(&PERMIT, txn).await?;
        Ok(Next::Settled)
    }
}

/// Under which the service remembers to have said that targets of a group cannot be registered.
fn unregistered(group: &str) -> String {
    format!("unregistered {group}")
}

fn neighbour(action: &'static str, fault: Fault) -> StepError {
    StepError::Neighbour { action, fault }
}

fn set_state(task: &mut Task, group: Option<&str>, state: TargetState) -> bool {
    let live = task.desired == wharf_records::ecs::Desired::Running && !task.ended;
    if state == TargetState::Registered && !live {
        return false;
    }
    let Some(membership) = &mut task.service else {
        return false;
    };
    let mut changed = false;
    for target in &mut membership.targets {
        if group.is_none_or(|group| target.spec.group == group) && target.state < state {
            target.state = state;
            changed = true;
        }
    }
    changed
}

fn until(now: Timestamp, at: Option<Timestamp>) -> Next {
    at.map_or(Next::Settled, |at| Next::After(at.since(now)))
}
