//! The executor: looks at a provider of Managed Instances and at EC2, plans, and has that performed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use wharf_base::{Permit, Timestamp, public_images::PublicImage};
use wharf_reconcile::Next;
use wharf_records::{
    ecs::{CapacityProvider, ManagedInstance, ManagedInstances, ProviderStatus, Task},
    hosts::Capacity,
};
use wharf_service::Changes;
use wharf_store::Compare;
use wharf_svc_ecs_model::{
    document,
    fault::EcsFaults,
    names::Place,
    state::StepError,
    view::{Held, Region},
};
use wharf_wire::Fault;

use super::{
    kinds::Kind,
    plan::{self, Observed, Own, Plan, Seen, Subnet, Wanting},
    seen::Found,
};
use crate::{
    neighbours::Neighbours,
    observe,
    plan::Container,
    reconcile::Parts,
    seen::{Cycle, Member, Seen as Group},
    sightings::Sightings,
};

static PERMIT: Permit = Permit::for_controller("ecs-managed-instances");
/// Looks at a provider in one turn.
const MOST_STEPS: usize = 8;
/// How long instance types and subnets count as they were read.
const READ_FOR: Duration = Duration::from_secs(300);
/// How long instances that stay are left unlooked at: EC2 tells nobody of their ends.
const LOOK: Duration = Duration::from_secs(60);
/// The same where Spot capacity may be taken back: two minutes before it is.
const LOOK_AT_SPOT: Duration = Duration::from_secs(15);
/// What a provider does where it does not say when idle instances end.
const SCALE_IN_AFTER: Duration = Duration::from_secs(300);

/// What earlier looks saw; a restart forgets it, which leaves more time and takes none.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// What the provider asked for then.
    settings: Option<ManagedInstances>,
    kinds: Option<(Arc<Vec<Kind>>, Timestamp)>,
    subnets: Option<(Vec<Subnet>, Timestamp)>,
    learned: BTreeMap<String, Capacity>,
    sightings: Sightings,
    pub(super) refused: BTreeMap<(String, String), Timestamp>,
    pub(super) unfit: BTreeMap<(String, String), Timestamp>,
    stuck: BTreeSet<String>,
    idle: BTreeMap<String, Timestamp>,
    pub(super) paused: Option<Timestamp>,
    /// By the ARNs of definitions that tasks wait with.
    architectures: BTreeMap<String, Option<String>>,
}

/// Brings one provider forward.
pub async fn look(
    parts: &Parts,
    memories: &Mutex<HashMap<String, Memory>>,
    (place, key, name): (&Place, &str, &str),
) -> Result<Next, StepError> {
    let Some(operations) = parts.operations.as_deref() else {
        return Ok(Next::Settled);
    };
    for _ in 0..MOST_STEPS {
        parts.state.up_to_date().await;
        let found = parts
            .state
            .view
            .read(place, |region| Records::of(region, name));
        let is_there = |it: &Records| it.provider.status != ProviderStatus::Inactive;
        let Some(records) = found.filter(is_there) else {
            memories.lock().remove(key);
            return Ok(Next::Settled);
        };
        let memory = memories.lock().get(key).cloned();
        let mut step = Step {
            parts,
            place,
            fence: parts.state.fence()?,
            neighbours: Neighbours {
                operations,
                place,
                provider: &records.provider,
            },
            records: &records,
            memory: memory.unwrap_or_default(),
            now: parts.state.now(),
        };
        let stepped = step.step().await;
        let memory = step.memory;
        memories.lock().insert(key.to_owned(), memory);
        if let Some(next) = stepped? {
            return Ok(next);
        }
    }
    Ok(Next::After(Duration::ZERO))
}

/// What ECS's records say of a provider.
pub(super) struct Records {
    pub(super) provider: Held<CapacityProvider>,
    instances: Vec<Held<ManagedInstance>>,
    /// By the instance of EC2.
    pub(super) containers: BTreeMap<String, Container>,
    pub(super) waiting: Vec<Held<Task>>,
}

impl Records {
    fn of(region: &Region<'_>, name: &str) -> Option<Self> {
        let provider = region.providers.get(name)?.clone();
        let cluster = provider.managed.as_ref()?.cluster.clone();
        Some(Self {
            provider,
            instances: region.managed_of(name).cloned().collect(),
            containers: observe::containers(region),
            waiting: region.waiting_for(&cluster, name).cloned().collect(),
        })
    }

    pub(super) fn instance(&self, id: &str) -> Option<&Held<ManagedInstance>> {
        self.instances.iter().find(|it| it.id == id)
    }
}

pub(super) fn neighbour(action: &'static str) -> impl FnOnce(Fault) -> StepError {
    move |fault| StepError::Neighbour { action, fault }
}

/// One look at a provider.
pub(super) struct Step<'a> {
    pub(super) parts: &'a Parts,
    pub(super) place: &'a Place,
    pub(super) fence: Compare,
    pub(super) neighbours: Neighbours<'a>,
    pub(super) records: &'a Records,
    pub(super) memory: Memory,
    pub(super) now: Timestamp,
}

impl Step<'_> {
    /// `None` if there may be more to do.
    async fn step(&mut self) -> Result<Option<Next>, StepError> {
        let records = self.records;
        let provider: &CapacityProvider = &records.provider;
        let Some(of) = provider.managed.as_deref() else {
            return Ok(Some(Next::Settled));
        };
        self.hold_to(of);
        let tokens: Vec<String> = records.instances.iter().map(|it| it.id.clone()).collect();
        let found = self.neighbours.find(&tokens).await;
        let found = found.map_err(neighbour("looking for managed instances"))?;
        let noticed = self.noticed(of, &found).await?;
        let instances = self.own(&found, &noticed);
        self.remember(&instances);
        let waiting = self.wanting().await?;
        // Who waits for nothing needs no types.
        let (kinds, subnets) = match waiting.is_empty() {
            true => (Vec::new(), Vec::new()),
            false => (self.kinds(of).await?, self.subnets(of).await?),
        };
        let plan = plan::plan(
            &Observed {
                active: provider.status == ProviderStatus::Active,
                scale_in_after: scale_in_after(of),
                kinds: &kinds,
                learned: &self.memory.learned,
                subnets: &subnets,
                instances: &instances,
                waiting: &waiting,
                sightings: &self.memory.sightings,
                refused: &self.memory.refused,
                unfit: &self.memory.unfit,
                stuck: &self.memory.stuck,
                paused: self.memory.paused,
            },
            self.now,
        );
        self.memory.idle.clone_from(&plan.idle);
        self.memory.stuck.clone_from(&plan.stuck);
        if plan.actions.is_empty() {
            return Ok(Some(self.rest(of, &plan)));
        }
        // What fails keeps nothing else from being done.
        let mut done = Ok(());
        for action in &plan.actions {
            done = done.and(self.perform(of, action).await);
        }
        done.map(|()| None)
    }

    /// Until something is due by the passing of time.
    fn rest(&self, of: &ManagedInstances, plan: &Plan) -> Next {
        if self.records.instances.is_empty() && self.records.waiting.is_empty() {
            return Next::Settled;
        }
        let due = plan.wake_at.map(|it| it.since(self.now));
        let look = if of.spot { LOOK_AT_SPOT } else { LOOK };
        Next::After(due.map_or(look, |it| it.min(look)))
    }

    /// Instances whose Spot capacity is about to be taken back.
    async fn noticed(
        &self,
        of: &ManagedInstances,
        found: &BTreeMap<String, Found>,
    ) -> Result<BTreeSet<String>, StepError> {
        if !of.spot {
            return Ok(BTreeSet::new());
        }
        let living = found.values().filter(|it| it.seen == Seen::Lives);
        let living: Vec<String> = living.map(|it| it.id.clone()).collect();
        let noticed = self.neighbours.noticed(&living).await;
        noticed.map_err(neighbour("looking for notices of Spot instances"))
    }

    /// What was found out about other settings says nothing of these.
    fn hold_to(&mut self, of: &ManagedInstances) {
        if self.memory.settings.as_ref() != Some(of) {
            self.memory = Memory {
                settings: Some(of.clone()),
                kinds: self.memory.kinds.take(),
                learned: std::mem::take(&mut self.memory.learned),
                sightings: std::mem::take(&mut self.memory.sightings),
                idle: std::mem::take(&mut self.memory.idle),
                ..Memory::default()
            };
        }
        let now = self.now;
        self.memory.refused.retain(|_, until| now < *until);
        self.memory.unfit.retain(|_, until| now < *until);
    }

    fn own(&self, found: &BTreeMap<String, Found>, noticed: &BTreeSet<String>) -> Vec<Own> {
        let of = |it: &Held<ManagedInstance>| {
            let found = found.get(&it.id);
            let named = it.ec2_instance.as_ref();
            let ec2_instance = named.or(found.map(|it| &it.id));
            let container = ec2_instance.and_then(|id| self.records.containers.get(id));
            Own {
                id: it.id.clone(),
                kind: it.instance_type.clone(),
                subnet: it.subnet.clone(),
                zone: it.zone.clone(),
                ordered_at: it.ordered_at,
                ec2_instance: it.ec2_instance.clone(),
                found: found.map(|it| it.id.clone()),
                seen: found.map_or(Seen::Unknown, |it| it.seen),
                noticed: found.is_some_and(|it| noticed.contains(&it.id)),
                ending: it.ending,
                container: container.cloned(),
                idle_since: self.memory.idle.get(&it.id).copied(),
            }
        };
        self.records.instances.iter().map(of).collect()
    }

    /// Takes note of what instances have, and of the room that they offer.
    fn remember(&mut self, instances: &[Own]) {
        for own in instances {
            if let Some(container) = own.container.as_ref().filter(|it| it.ready) {
                let whole = container.whole.clone();
                self.memory.learned.insert(own.kind.clone(), whole);
            }
        }
        let member = |own: &Own| {
            Some(Member {
                id: own.ec2_instance.clone()?,
                kind: own.kind.clone(),
                zone: own.zone.clone(),
                cycle: Cycle::Counts,
                protected: false,
            })
        };
        let group = Group {
            members: instances.iter().filter_map(member).collect(),
            ..Group::default()
        };
        let sightings = &mut self.memory.sightings;
        sightings.look(&group, &self.records.containers, self.now);
    }

    async fn wanting(&mut self) -> Result<Vec<Wanting>, StepError> {
        let records = self.records;
        let used: BTreeSet<&String> = records.waiting.iter().map(|it| &it.definition).collect();
        let known = &mut self.memory.architectures;
        known.retain(|arn, _| used.contains(arn));
        for arn in used {
            if !self.memory.architectures.contains_key(arn) {
                let architecture = self.architecture(arn).await?;
                let known = &mut self.memory.architectures;
                known.insert(arn.clone(), architecture);
            }
        }
        let of = |it: &Held<Task>| {
            let network = it.waiting.as_ref().and_then(|it| it.network.as_ref());
            let subnets = network.into_iter().flat_map(|it| &it.subnets);
            let architecture = self.memory.architectures.get(&it.definition);
            Wanting {
                task: observe::of_task(it),
                zones: subnets.map(|it| it.zone.clone()).collect(),
                architecture: architecture.cloned().flatten(),
            }
        };
        Ok(records.waiting.iter().map(of).collect())
    }

    /// That a definition's tasks run on, where it says so.
    async fn architecture(&self, arn: &str) -> Result<Option<String>, StepError> {
        let found = self.parts.state.definition_of(self.place, arn).await?;
        let Some(found) = found else {
            return Ok(None);
        };
        let parsed = document::definition(&found.record.document).map_err(StepError::other)?;
        let platform = parsed.runtime_platform;
        let named = platform.and_then(|it| it.cpu_architecture);
        Ok(named.map(|it| it.to_ascii_lowercase()))
    }

    /// The types that the provider may have.
    async fn kinds(&mut self, of: &ManagedInstances) -> Result<Vec<Kind>, StepError> {
        let fresh = |at: Timestamp| self.now.since(at) < READ_FOR;
        let known = self.memory.kinds.as_ref().filter(|it| fresh(it.1));
        let kinds = match known {
            Some((kinds, _)) => kinds.clone(),
            None => {
                let image = PublicImage::for_ecs(&self.place.region);
                let read = self.neighbours.kinds(image.architecture).await;
                let read = read.map_err(neighbour("reading instance types"))?;
                let read = Arc::new(read);
                self.memory.kinds = Some((read.clone(), self.now));
                read
            }
        };
        let wanted = of.requirements.as_ref();
        let meets = kinds.iter().filter(|it| it.meets(wanted));
        Ok(meets.cloned().collect())
    }

    async fn subnets(&mut self, of: &ManagedInstances) -> Result<Vec<Subnet>, StepError> {
        let fresh = |at: Timestamp| self.now.since(at) < READ_FOR;
        if let Some((subnets, _)) = self.memory.subnets.as_ref().filter(|it| fresh(it.1)) {
            return Ok(subnets.clone());
        }
        let read = self.neighbours.subnets(&of.subnets).await;
        let read = read.map_err(neighbour("reading the subnets of managed instances"))?;
        self.memory.subnets = Some((read.clone(), self.now));
        Ok(read)
    }
}

/// Somebody who came between is read in the next look.
pub(super) async fn written(changes: Changes<'_, EcsFaults>) -> Result<(), StepError> {
    match changes.write(&PERMIT).await {
        Err(error) if error.is_conflict() => Ok(()),
        done => Ok(done?),
    }
}

fn scale_in_after(of: &ManagedInstances) -> Option<Duration> {
    match of.scale_in_after {
        None => Some(SCALE_IN_AFTER),
        // -1: never.
        Some(seconds) => u64::try_from(seconds).ok().map(Duration::from_secs),
    }
}
