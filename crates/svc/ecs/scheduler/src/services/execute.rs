//! Performs a service's plans, and decides nothing.
//!
//! Order within one look: targets are registered and deregistered, tasks stopped, drained ones let
//! go; then one transaction starts tasks, marks counted ends and writes the service with its events.
//! What fails half-way is planned again from what is seen then. Targets that cannot be registered hold
//! up nothing else: the rest is done, the service says so, and registering them is retried. Every write
//! compares the shard's lease.

mod ahead;
mod forget;
mod registrations;
mod start;
mod stops;
mod writes;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use wharf_base::{Permit, Timestamp};
use wharf_reconcile::Next;
use wharf_records::{
    Record, Scope,
    ecs::{About, Instance, Launch, Scheduling, Service, ServiceStatus, TargetState, Task},
    encode,
};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Context};

use self::registrations::unregistered;
use super::{
    events,
    launch::{
        Batch, Launcher, Where,
        zones::{Evenness, evenness},
    },
    observe::{self, Observed, Zones},
    plan::{Action, Plan, plan, rebalance},
    targets,
};
use crate::{
    Scheduler,
    images::Admitted,
    names::{PRINCIPAL, Place},
    state::{ChangeError, StepError},
    view::Held,
};

const PERMIT: Permit = Permit::for_controller("ecs-services");
/// Looks at one service before others get their turn.
const MAX_LOOKS: usize = 16;
/// Under which the service remembers to have said that an image of its may not start.
const NOT_ADMITTED: &str = "not-admitted";

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
        admitted: Admitted::default(),
        going: BTreeSet::new(),
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
    /// As what the tasks it starts may start.
    admitted: Admitted,
    /// Tasks that those it starts do not count, by the plan it carries out.
    going: BTreeSet<String>,
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
        let now = scheduler.state.now();
        let ahead = scheduler.state.ahead.of(&held.key, primary, now);
        let concerns = rebalance::concerns(service);
        let under_way = service.rebalancing.since.is_some();
        let (mut observed, uneven) = scheduler.state.view.read(&self.place, |region| {
            let is_even = || evenness(region, service, &self.id, now) == Evenness::Even;
            let uneven = concerns && (under_way || !is_even());
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
                    zones: None,
                }
            };
            let observed = match &parts {
                Some((cluster, definition)) => {
                    self.with_launcher(service, (cluster, definition), see)
                }
                None => see(None),
            };
            (observed, uneven)
        });
        if uneven {
            observed.zones = self.zones(service).await?;
        }
        Ok(observed)
    }

    /// Where the service's tasks may be.
    async fn zones(&self, service: &Service) -> Result<Option<Zones>, StepError> {
        let Some((cluster, definition)) = self.launcher_parts(service).await? else {
            return Ok(None);
        };
        Ok(self.scheduler.state.view.read(&self.place, |region| {
            let see = |launcher: Option<&Launcher<'_>>| launcher.map(|it| it.zones(region));
            self.with_launcher(service, (&cluster, &definition), see)
        }))
    }

    async fn perform(
        &mut self,
        held: Held<Service>,
        mut plan: Plan,
    ) -> Result<Option<Next>, StepError> {
        let actions = std::mem::take(&mut plan.actions);
        self.going = std::mem::take(&mut plan.going);
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
                Action::LaunchIn { zone, provider } => wanted = Some(Where::In { zone, provider }),
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
                Ok(admitted) => {
                    self.admitted = admitted;
                    plan.service.said.remove(NOT_ADMITTED);
                    scheduler.services.refused(&held.key, false);
                }
                Err(why) => {
                    wanted = None;
                    let why = why.to_string();
                    let about = About {
                        reason: Some(why.clone()),
                        ..About::default()
                    };
                    if events::may_say_about(&mut plan.service, NOT_ADMITTED, about, now) {
                        said.push(events::not_admitted(&plan.service.name, &why));
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
            if let Some(Where::In { zone, .. }) = &wanted {
                said.extend(moved(&mut plan.service, zone, &batch, now));
            } else {
                self.ask_for_room(&plan.service, &batch).await?;
                pause = self.placed(&held.key, &mut plan.service, &batch, &mut said);
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

    /// Takes note of what a batch became. Returns how long to wait before another try, if not all of it found a place.
    fn placed(
        &self,
        key: &str,
        service: &mut Service,
        batch: &Batch,
        said: &mut Vec<String>,
    ) -> Option<Duration> {
        let (scheduler, now) = (self.scheduler, self.scheduler.state.now());
        if !batch.tasks.is_empty() {
            said.push(events::started(&service.name, &batch.ids()));
        }
        let Some(why) = &batch.unplaced else {
            scheduler.services.starved(key, false);
            service.said.remove("unplaced");
            service.lacking = None;
            return None;
        };
        let text = self.unplaced(service, why);
        let about = About {
            providers: batch.short_of.iter().cloned().collect(),
            ..About::default()
        };
        if events::may_say_about(service, "unplaced", about, now) {
            service.lacking = events::lacking(why);
            said.push(text);
        }
        Some(scheduler.services.starved(key, true))
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
}

/// Takes note of what became of a task that was to be moved to a zone; returns what is said of it.
fn moved(service: &mut Service, zone: &str, batch: &Batch, now: Timestamp) -> Vec<String> {
    if batch.tasks.is_empty() {
        let launch = service.primary().map(|primary| primary.revision.launch);
        let lacking = batch.unplaced.as_ref().and_then(events::lacking);
        return rebalance::no_room(service, zone, launch == Some(Launch::Fargate), lacking, now);
    }
    service.said.insert(rebalance::MOVED_IN.to_owned(), now);
    vec![events::moved_in(&service.name, zone, &batch.ids())]
}

fn until(now: Timestamp, at: Option<Timestamp>) -> Next {
    at.map_or(Next::Settled, |at| Next::After(at.since(now)))
}
