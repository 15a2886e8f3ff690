//! Brings the groups of capacity providers forward: woken by changes of ECS's records and of groups, and each minute.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use wharf_base::{Permit, Timestamp};
use wharf_delivery::Operations;
use wharf_reconcile::{Next, Queue};
use wharf_records::{
    Record as _, Scope,
    ecs::{CapacityProvider, Instance, InstanceStatus, ProviderStatus, ProviderUpdate, Task},
    hosts::Capacity,
};
use wharf_service::Loops;
use wharf_store::{Compare, Revision};
use wharf_svc_ecs_model::{
    names::Place,
    state::{State, StepError},
    view::{Change, Held, Region},
};
use wharf_vended::Vended;
use wharf_wire::Fault;

use crate::{
    estimate::Waiting,
    managed,
    neighbours::{Neighbours, Size},
    observe,
    plan::{self, Action, Container, Observed, Plan, Settings},
    reservation_metric::{self, Published},
    seen::{Launch, Seen},
    sightings::Sightings,
    wanted,
};

const PERMIT: Permit = Permit::for_controller("ecs-cluster-scaling");
/// Providers looked at at once.
const WORKERS: usize = 4;
/// Looks at a provider in one turn.
const MOST_STEPS: usize = 8;
/// Changes of so long a time lead to one look.
const GATHERING: Duration = Duration::from_millis(100);
/// How long a group counts as it was seen, unless somebody tells of a change.
const SEEN_FOR: Duration = Duration::from_secs(60);
/// How often policy, hook and tag are compared with what they should be.
const REPAIR_EVERY: Duration = Duration::from_secs(300);
/// How long an instance type's size counts: a template's default version may become another.
const SIZE_FOR: Duration = Duration::from_secs(60);

/// What cluster auto scaling works with.
pub struct Parts {
    pub state: Arc<State>,
    /// Groups and EC2; without them nothing happens.
    pub operations: Option<Arc<dyn Operations>>,
    /// Where groups changed.
    pub group_changes: Option<broadcast::Receiver<Place>>,
    /// Where the metric is kept.
    pub metrics: Vended,
}

/// Handles are shared as an `Arc`.
pub struct ClusterScaling {
    parts: Parts,
    /// Keys of providers.
    queue: Arc<Queue<String>>,
    memories: Mutex<HashMap<String, Memory>>,
    /// What is known of providers of Managed Instances.
    managed: Mutex<HashMap<String, managed::Memory>>,
    /// Those whose group is not as it was seen any more.
    outdated: Mutex<BTreeSet<String>>,
}

/// What is known of a provider's group; a restart forgets it.
#[derive(Debug, Clone, Default)]
struct Memory {
    seen: Option<(Seen, Timestamp)>,
    /// The revision of the record that policy, hook and tag were last right for.
    right: Option<(Revision, Timestamp)>,
    size: Option<(Launch, Option<Size>, Timestamp)>,
    sightings: Sightings,
    heartbeats: BTreeMap<String, Timestamp>,
    answered: BTreeSet<String>,
    published: Option<Published>,
}

impl ClusterScaling {
    /// Nothing happens by itself before [`ClusterScaling::work`].
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            queue: Arc::default(),
            memories: Mutex::default(),
            managed: Mutex::default(),
            outdated: Mutex::default(),
        }
    }

    /// Whether it keeps groups.
    pub fn is_working(&self) -> bool {
        self.parts.operations.is_some()
    }

    /// Adds its loops to those of the service.
    pub fn work(self: &Arc<Self>, loops: &mut Loops) {
        if !self.is_working() {
            return;
        }
        let of = self.clone();
        loops.work(&self.queue, WORKERS, move |key| provider(of.clone(), key));
        let changes = self.parts.group_changes.as_ref();
        if let Some(changes) = changes.map(broadcast::Receiver::resubscribe) {
            loops.spawn(follow_groups(self.clone(), changes, loops.stop()));
        }
    }

    /// A record of ECS has changed.
    pub fn changed(&self, change: &Change) {
        match change {
            Change::Provider(key) => self.queue.wake_after(key.clone(), GATHERING),
            Change::Task(key) => {
                for provider in self.concerned(key) {
                    self.queue.wake_after(provider, GATHERING);
                }
            }
            Change::Instance(_) | Change::Service(_) | Change::Room(_) => {}
        }
    }

    /// Keys of the providers that a task is the business of.
    fn concerned(&self, task: &str) -> Vec<String> {
        let Some((scope, _, id)) = Scope::parse(task) else {
            return Vec::new();
        };
        let place = place_of(&scope);
        self.parts.state.view.read(&place, |region| {
            if region.providers.is_empty() {
                return Vec::new();
            }
            match region.tasks.get(&id) {
                Some(task) => {
                    let named = provider_of(region, task);
                    let key = named.map(|it| scope.key(CapacityProvider::KIND, &it));
                    key.into_iter().collect()
                }
                // One that is over may have been anybody's.
                None => region.providers.values().map(|it| it.key.clone()).collect(),
            }
        })
    }

    /// Some group of a place has changed.
    fn group_changed(&self, place: &Place) {
        let keys: Vec<String> = self.parts.state.view.read(place, |region| {
            region.providers.values().map(|it| it.key.clone()).collect()
        });
        for key in keys {
            self.outdated.lock().insert(key.clone());
            self.queue.wake_after(key, GATHERING);
        }
    }

    fn now(&self) -> Timestamp {
        self.parts.state.now()
    }

    fn memory(&self, key: &str) -> Memory {
        let mut memory = {
            let memories = self.memories.lock();
            memories.get(key).cloned().unwrap_or_default()
        };
        if self.outdated.lock().remove(key) {
            memory.seen = None;
        }
        memory
    }
}

fn place_of(scope: &Scope) -> Place {
    Place {
        account: scope.account.clone(),
        region: scope.region.clone(),
    }
}

/// The provider whose business a task is: its own, or that of the instance that it is on.
fn provider_of(region: &Region<'_>, task: &Task) -> Option<String> {
    let on = || {
        region
            .instance_by_arn(&task.instance)?
            .capacity_provider
            .clone()
    };
    task.capacity_provider.clone().or_else(on)
}

async fn follow_groups(
    of: Arc<ClusterScaling>,
    mut changes: broadcast::Receiver<Place>,
    stop: CancellationToken,
) {
    use broadcast::error::RecvError;
    loop {
        let change = tokio::select! {
            () = stop.cancelled() => return,
            change = changes.recv() => change,
        };
        match change {
            Ok(place) => of.group_changed(&place),
            Err(RecvError::Lagged(_)) => {
                let places: BTreeSet<Place> = {
                    let memories = of.memories.lock();
                    let scopes = memories.keys().filter_map(|it| Scope::parse(it));
                    scopes.map(|it| place_of(&it.0)).collect()
                };
                places.iter().for_each(|it| of.group_changed(it));
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// Brings one provider forward.
async fn provider(of: Arc<ClusterScaling>, key: String) -> Result<Next, StepError> {
    let Some((scope, _, name)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let place = place_of(&scope);
    let Some(operations) = of.parts.operations.clone() else {
        return Ok(Next::Settled);
    };
    of.parts.state.up_to_date().await;
    let is_managed = of.parts.state.view.read(&place, |region| {
        let provider = region.providers.get(&name);
        provider.is_some_and(|it| it.managed.is_some())
    });
    if is_managed {
        return managed::look(&of.parts, &of.managed, (&place, &key, &name)).await;
    }
    for _ in 0..MOST_STEPS {
        of.parts.state.up_to_date().await;
        let found = of.parts.state.view.read(&place, |region| {
            let provider = region.providers.get(&name)?.clone();
            Some(Records {
                containers: observe::containers(region),
                waiting: observe::waiting(region, &provider),
                shares: shares_group(region, &provider),
                provider,
            })
        });
        let over = |it: &Records| {
            it.provider.status == ProviderStatus::Inactive
                && it.provider.update != Some(ProviderUpdate::DeleteInProgress)
        };
        let Some(records) = found.filter(|it| !over(it)) else {
            of.memories.lock().remove(&key);
            of.managed.lock().remove(&key);
            of.outdated.lock().remove(&key);
            return Ok(Next::Settled);
        };
        let mut look = Look {
            of: &of,
            place: &place,
            fence: of.parts.state.fence()?,
            neighbours: Neighbours {
                operations: &*operations,
                place: &place,
                provider: &records.provider,
            },
            records: &records,
            memory: of.memory(&key),
            now: of.now(),
        };
        let stepped = look.step().await;
        let memory = look.memory;
        of.memories.lock().insert(key.clone(), memory);
        if let Some(next) = stepped? {
            return Ok(next);
        }
    }
    Ok(Next::After(Duration::ZERO))
}

/// What ECS's records say of a provider.
struct Records {
    provider: Held<CapacityProvider>,
    containers: BTreeMap<String, Container>,
    waiting: Vec<Waiting>,
    /// Another provider has taken the group meanwhile.
    shares: bool,
}

fn shares_group(region: &Region<'_>, provider: &CapacityProvider) -> bool {
    region.providers.values().any(|it| {
        it.status == ProviderStatus::Active
            && it.name != provider.name
            && it.group_name == provider.group_name
    })
}

/// Why the group of a provider is not set up; users see the text.
#[derive(Debug, thiserror::Error)]
enum NotSetUp {
    #[error("The Auto Scaling group {0} is gone.")]
    Gone(String),
    #[error("{}", .0.message)]
    Refused(Fault),
}

/// One look at a provider.
struct Look<'a> {
    of: &'a ClusterScaling,
    place: &'a Place,
    fence: Compare,
    neighbours: Neighbours<'a>,
    records: &'a Records,
    memory: Memory,
    now: Timestamp,
}

fn neighbour(action: &'static str) -> impl FnOnce(Fault) -> StepError {
    move |fault| StepError::Neighbour { action, fault }
}

impl Look<'_> {
    /// `None` if there may be more to do.
    async fn step(&mut self) -> Result<Option<Next>, StepError> {
        let records = self.records;
        let provider: &CapacityProvider = &records.provider;
        let Some(group) = self.group().await? else {
            if provider.status == ProviderStatus::Inactive {
                // With all that was on it.
                self.settings_are(Ok(())).await?;
                return Ok(Some(Next::Settled));
            }
            let gone = NotSetUp::Gone(provider.group_name.clone());
            self.settings_are(Err(gone)).await?;
            return Ok(Some(Next::After(SEEN_FOR)));
        };
        self.set_up(&group).await?;
        if provider.status == ProviderStatus::Inactive {
            return Ok(Some(match self.memory.right {
                Some(_) => Next::Settled,
                None => Next::After(SEEN_FOR),
            }));
        }
        let size = self.size(&group).await;
        self.remember(&group);
        let plan = plan::plan(
            &Observed {
                settings: settings(provider),
                group: &group,
                containers: &records.containers,
                waiting: &records.waiting,
                size: size.as_ref(),
                sightings: &self.memory.sightings,
                heartbeats: &self.memory.heartbeats,
                answered: &self.memory.answered,
            },
            self.now,
        );
        self.tell(&plan).await;
        if !plan.actions.is_empty() {
            self.memory.seen = None;
            // What holds instances goes first, and what fails keeps nothing else from being done.
            let mut actions: Vec<&Action> = plan.actions.iter().collect();
            actions.sort_by_key(|it| match it {
                Action::Drain(_) | Action::Heartbeat(_) | Action::Complete(_) => 0,
                Action::Protect(_) | Action::Release(_) => 1,
                Action::Grow(_) => 2,
            });
            let mut done = Ok(());
            for action in actions {
                done = done.and(self.perform(action).await);
            }
            return done.map(|()| None);
        }
        Ok(Some(Next::After(self.rest(&plan))))
    }

    /// Until something is due by the passing of time.
    fn rest(&self, plan: &Plan) -> Duration {
        let minute =
            Duration::from_millis(reservation_metric::next_minute(self.now).unsigned_abs());
        let due = plan.wake_at.map(|it| it.since(self.now));
        due.map_or(minute, |it| it.min(minute))
    }

    async fn group(&mut self) -> Result<Option<Seen>, StepError> {
        // Nobody would tell of changes.
        let is_told = self.of.parts.group_changes.is_some();
        let fresh = |at: Timestamp| is_told && self.now.since(at) < SEEN_FOR;
        if let Some((seen, _)) = self.memory.seen.as_ref().filter(|it| fresh(it.1)) {
            return Ok(Some(seen.clone()));
        }
        let seen = self.neighbours.see().await;
        let seen = seen.map_err(neighbour("looking at the group of a capacity provider"))?;
        self.memory.seen = seen.clone().map(|it| (it, self.now));
        Ok(seen)
    }

    /// Puts policy and hook right where they may not be.
    async fn set_up(&mut self, group: &Seen) -> Result<(), StepError> {
        let provider = &self.records.provider;
        let there = provider.status == ProviderStatus::Active;
        let is_right = self.memory.right.is_some_and(|(revision, at)| {
            revision == provider.revision && self.now.since(at) < REPAIR_EVERY
        });
        if is_right || there && group.deleting {
            return Ok(());
        }
        let found = self.neighbours.found().await;
        let mut found = found.map_err(neighbour("reading what is on a group"))?;
        if self.records.shares {
            found.hook = None;
        }
        let mut made = Ok(());
        for call in wanted::calls(provider, there, &found) {
            match self.neighbours.make(&call).await {
                Ok(()) => {
                    tracing::info!(
                        provider = provider.arn,
                        operation = call.operation,
                        "the group of a capacity provider was set up"
                    );
                }
                Err(fault) if fault.status >= 500 => {
                    return Err(neighbour("setting up the group of a capacity provider")(
                        fault,
                    ));
                }
                Err(fault) => {
                    tracing::warn!(provider = provider.arn, operation = call.operation, error = %fault, "setting up the group of a capacity provider failed, retrying later");
                    made = Err(NotSetUp::Refused(fault));
                }
            }
        }
        self.memory.right = made.is_ok().then_some((provider.revision, self.now));
        self.settings_are(made).await
    }

    /// Says in the provider's record how that went.
    async fn settings_are(&self, made: Result<(), NotSetUp>) -> Result<(), StepError> {
        use ProviderUpdate as Is;
        let after = |before: Option<Is>| match (before, &made) {
            (Some(Is::CreateInProgress | Is::CreateFailed), Ok(())) => Some(Is::CreateComplete),
            (Some(Is::CreateInProgress | Is::CreateFailed), Err(_)) => Some(Is::CreateFailed),
            (Some(Is::DeleteInProgress), Ok(())) => Some(Is::DeleteComplete),
            // It is tried again.
            (Some(Is::DeleteInProgress), Err(_)) => Some(Is::DeleteInProgress),
            (Some(Is::UpdateInProgress | Is::UpdateFailed), Ok(())) => Some(Is::UpdateComplete),
            (_, Err(_)) => Some(Is::UpdateFailed),
            (before, Ok(())) => before,
        };
        let mut changed = (*self.records.provider.record).clone();
        changed.update = after(changed.update);
        changed.update_reason = made.err().map(|why| why.to_string());
        if changed == *self.records.provider.record {
            return Ok(());
        }
        let mut changes = self.of.parts.state.table.begin();
        changes.fence(self.fence.clone());
        changes.when(self.records.provider.unchanged());
        changes.put(&self.records.provider.key, &changed);
        match changes.write(&PERMIT).await {
            Err(error) if error.is_conflict() => Ok(()),
            done => Ok(done?),
        }
    }

    /// What a further instance has: as EC2 says, or as those of its type said when they joined.
    async fn size(&mut self, group: &Seen) -> Option<Capacity> {
        if self.records.waiting.is_empty() {
            return None;
        }
        let size = self.launched(&group.launch).await?;
        let alike = group.members.iter().filter(|it| it.kind == size.kind);
        let mut joined = alike.filter_map(|it| self.records.containers.get(&it.id));
        let said = joined.next().map(|it| it.whole.clone());
        Some(said.unwrap_or(size.capacity))
    }

    async fn launched(&mut self, launch: &Launch) -> Option<Size> {
        let fresh = |it: &&(Launch, Option<Size>, Timestamp)| {
            it.0 == *launch && self.now.since(it.2) < SIZE_FOR
        };
        if let Some((_, size, _)) = self.memory.size.as_ref().filter(fresh) {
            return size.clone();
        }
        match self.neighbours.size(launch).await {
            Ok(size) => {
                self.memory.size = Some((launch.clone(), size.clone(), self.now));
                size
            }
            Err(error) => {
                tracing::warn!(provider = self.records.provider.arn, %error, "reading the instance type of a group failed, one instance is assumed to do");
                None
            }
        }
    }

    /// Forgets instances that are gone, and takes note of those that are new.
    fn remember(&mut self, group: &Seen) {
        let ids: BTreeSet<&String> = group.members.iter().map(|it| &it.id).collect();
        let memory = &mut self.memory;
        memory.heartbeats.retain(|id, _| ids.contains(id));
        memory.answered.retain(|id| ids.contains(id));
        memory
            .sightings
            .look(group, &self.records.containers, self.now);
    }

    async fn tell(&mut self, plan: &Plan) {
        let provider: &CapacityProvider = &self.records.provider;
        if !settings(provider).scales {
            return;
        }
        let said = (&mut self.memory.published, plan.estimate.reservation());
        let published = reservation_metric::publish(
            &self.of.parts.metrics,
            self.place,
            provider,
            said,
            self.now,
        );
        if let Err(error) = published.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                provider = provider.arn,
                "failed to publish the reservation of a capacity provider, will retry"
            );
        }
    }

    async fn perform(&mut self, action: &Action) -> Result<(), StepError> {
        let neighbours = &self.neighbours;
        let done = match action {
            Action::Grow(desired) => {
                tracing::info!(
                    provider = self.records.provider.arn,
                    waiting = self.records.waiting.len(),
                    desired,
                    "tasks wait, the group of a capacity provider grows"
                );
                neighbours.grow(*desired).await
            }
            Action::Protect(ids) => neighbours.protect(ids, true).await,
            Action::Release(ids) => neighbours.protect(ids, false).await,
            Action::Heartbeat(id) => neighbours.heartbeat(id).await,
            Action::Complete(id) => neighbours.complete(id).await,
            Action::Drain(key) => return self.drain(key).await,
        };
        done.map_err(neighbour("changing the group of a capacity provider"))?;
        match action {
            Action::Heartbeat(id) => {
                self.memory.heartbeats.insert(id.clone(), self.now);
            }
            Action::Complete(id) => {
                self.memory.answered.insert(id.clone());
            }
            _ => {}
        }
        Ok(())
    }

    /// No task is placed on it from here on: placement compares the record.
    async fn drain(&self, key: &str) -> Result<(), StepError> {
        let table = &self.of.parts.state.table;
        let Some(stored) = table.read::<Instance>(key).await? else {
            return Ok(());
        };
        let mut instance = stored.record.clone();
        if instance.status != InstanceStatus::Active {
            return Ok(());
        }
        instance.status = InstanceStatus::Draining;
        instance.version += 1;
        let mut changes = table.begin();
        changes.fence(self.fence.clone());
        changes.when(stored.unchanged());
        changes.put(key, &instance);
        match changes.write(&PERMIT).await {
            // Somebody came between: what they wrote is read.
            Err(error) if error.is_conflict() => Ok(()),
            done => Ok(done?),
        }
    }
}

fn settings(provider: &CapacityProvider) -> Settings {
    let number = |it: i32| u32::try_from(it).unwrap_or_default();
    Settings {
        scales: provider.scaling.enabled && !provider.clusters.is_empty(),
        target_percent: number(provider.scaling.target_capacity),
        steps: (
            number(provider.scaling.minimum_step),
            number(provider.scaling.maximum_step),
        ),
        warm_up: Duration::from_secs(number(provider.scaling.warmup).into()),
        protects: provider.termination_protection,
        drains: provider.draining,
    }
}
