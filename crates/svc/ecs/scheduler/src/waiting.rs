//! Places tasks that wait for capacity, the oldest first: woken when one begins to wait, when an instance
//! of their provider comes or changes, and when a task leaves one. Of those that wait for Fargate it is said each time who is left
//! ([`wharf_hosts::fargate`]).
//!
//! Each goes with a transaction that compares its record, so it is placed once, whoever else looks. One
//! that finds no room holds up no other, but those of its shape are not tried again in the same look. Tasks of FARGATE_SPOT leave
//! the room to others that wait and are about to have it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use rand::{rngs::SmallRng, seq::IndexedRandom};
use wharf_base::{Permit, Timestamp};
use wharf_hosts::{
    Claimant, Draft, FargateWaiting, Held, Machines, Outcome, Promises, QueueError, Request,
};
use wharf_placement::{HostIx, group_of, place};
use wharf_reconcile::Next;
use wharf_records::{
    Scope,
    ecs::{Definition, InstanceStatus, ServiceSubnet, Task, Waiting},
    encode,
    hosts::Claim,
};
use wharf_store::Revision;
use wharf_wire::Fault;

use crate::{
    Scheduler,
    interrupt::{self, is_spot},
    launch::{of_made, of_waiting},
    make::{self, At},
    names::Place,
    provider,
    spots::{HostFor, Serving},
    state::{ChangeError, StepError, conflict},
    task::{
        settle,
        waiting::{claimant, lack_of_fargate},
    },
    tasks,
};

static PERMIT: Permit = tasks::PERMIT;

/// How soon those who wait for Fargate are looked at again: room also comes from what is none of ECS's.
const FARGATE_LOOK: Duration = Duration::from_secs(5);

/// Places those who wait in a queue ([`crate::view::room_key`]) as far as there is room.
pub async fn place_waiting(scheduler: Arc<Scheduler>, queue: String) -> Result<Next, StepError> {
    // Only the server that holds the shard.
    scheduler.state.fence()?;
    let Some((cluster, provider)) = queue.split_once(' ') else {
        return Ok(Next::Settled);
    };
    let Some((scope, _, cluster)) = Scope::parse(cluster) else {
        return Ok(Next::Settled);
    };
    let home = Place {
        account: scope.account.clone(),
        region: scope.region.clone(),
    };
    scheduler.state.up_to_date().await;
    let waiting: Vec<Held<Task>> = scheduler.state.view.read(&home, |region| {
        region.waiting_for(&cluster, provider).cloned().collect()
    });
    let of_fargate = provider::is_fargate(provider);
    let kept = match is_spot(Some(provider)) {
        true => {
            let hosts = &scheduler.state.hosts;
            Arc::new(hosts.read(|machines| hosts.fargate().kept_now(machines)))
        }
        false => Arc::default(),
    };
    let looked_at: Vec<Claimant> = waiting.iter().map(|it| claimant(it)).collect();
    let mut left = Vec::new();
    let mut definitions: HashMap<String, Option<Arc<Definition>>> = HashMap::new();
    // With what they lack of Fargate.
    let mut refused: Vec<(Shape, Option<FargateWaiting>)> = Vec::new();
    // One task that fails holds up no other; all of them are looked at again after a pause.
    let mut trouble = None;
    for task in waiting {
        let arn = &task.definition;
        if !definitions.contains_key(arn) {
            let found = scheduler.state.definition_of(&home, arn).await?;
            definitions.insert(arn.clone(), found.map(|found| Arc::new(found.record)));
        }
        let Some(definition) = definitions.get(arn).cloned().flatten() else {
            tracing::error!(
                task = task.arn,
                "failed to place a waiting task: its task definition does not exist"
            );
            continue;
        };
        let shape = Shape::of(&task);
        if let Some((_, lacks)) = refused.iter().find(|(it, _)| *it == shape) {
            left.extend(lacks.clone().map(|it| FargateWaiting {
                claimant: claimant(&task),
                since: task.created_at,
                ..it
            }));
            continue;
        }
        let lacks = match of_fargate {
            true => lacking(&home, &task, &definition),
            false => None,
        };
        let request = Wait {
            scheduler: scheduler.clone(),
            home: home.clone(),
            definition,
            task,
            kept: kept.clone(),
        };
        match scheduler.state.hosts.place(request).await {
            // What has changed wakes this queue again.
            Ok(Outcome::Made(true) | Outcome::Stale) => continue,
            Ok(Outcome::Made(false)) => {}
            Err(error @ QueueError::Refused(_)) => {
                trouble.get_or_insert(failed(error));
            }
            Err(error) => return Err(failed(error)),
        }
        left.extend(lacks.clone());
        refused.push((shape, lacks));
    }
    let all_placed = left.is_empty();
    if of_fargate {
        let fargate = scheduler.state.hosts.fargate();
        fargate.wait(&queue, left);
        fargate.looked_at(&looked_at);
    }
    match trouble {
        Some(trouble) => Err(trouble),
        None if all_placed => Ok(Next::Settled),
        None => Ok(Next::After(FARGATE_LOOK)),
    }
}

/// What a Fargate task lacks; `None` where no machine would do that could be made.
fn lacking(home: &Place, task: &Held<Task>, definition: &Definition) -> Option<FargateWaiting> {
    let demand = of_waiting(home, task, definition).ok()?;
    let ask = of_made(&demand)?;
    Some(lack_of_fargate(home, task, ask.architecture))
}

fn failed(error: QueueError<Fault>) -> StepError {
    match error {
        QueueError::Refused(fault) => StepError::Neighbour {
            action: "place a waiting task",
            fault,
        },
        QueueError::Store(error) => ChangeError::from(error).into(),
        QueueError::Contended(key) => conflict(&key).into(),
        QueueError::Ended => StepError::other(QueueError::<Fault>::Ended),
    }
}

/// What tasks have in common that find room, or none, alike.
#[derive(PartialEq, Eq)]
struct Shape {
    definition: String,
    claim: Claim,
    group: String,
    execute_command: bool,
    waiting: Option<Box<Waiting>>,
}

impl Shape {
    fn of(task: &Task) -> Self {
        Self {
            definition: task.definition.clone(),
            claim: task.claim.clone(),
            group: task.group.clone(),
            execute_command: task.enable_execute_command,
            waiting: task.waiting.clone(),
        }
    }
}

/// One task that waits.
struct Wait {
    scheduler: Arc<Scheduler>,
    home: Place,
    definition: Arc<Definition>,
    task: Held<Task>,
    /// What it leaves to others who wait.
    kept: Arc<Promises>,
}

impl Request for Wait {
    /// None: there is no room.
    type Choice = Option<HostFor>;
    /// Whether it was placed.
    type Made = bool;
    type Refusal = Fault;

    fn permit(&self) -> &Permit {
        &PERMIT
    }

    fn account(&self) -> &str {
        &self.home.account
    }

    fn count(&self) -> usize {
        1
    }

    fn claim(&self) -> &Claim {
        &self.task.claim
    }

    fn group(&self) -> String {
        group_of(&self.home.account, &self.home.region, &self.task.group)
    }

    fn rests_on(&self) -> Vec<(String, Revision)> {
        vec![(self.task.key.clone(), self.task.revision)]
    }

    async fn up_to_date(&self) {
        self.scheduler.state.up_to_date().await;
    }

    fn choose(
        &self,
        machines: &Machines,
        rng: &mut SmallRng,
    ) -> Result<(Vec<HostIx>, Self::Choice), Fault> {
        let view = &self.scheduler.state.view;
        let subnets = self.subnets();
        let state = &self.scheduler.state;
        let promises = state.hosts.needs().promises(None, state.now());
        view.read_with(machines, &self.home, |region| {
            let mut demand = of_waiting(&self.home, &self.task, &self.definition)?;
            let zones = subnets.iter().map(|subnet| subnet.zone.as_str());
            let serving = Serving::new(region, zones, &demand.pool);
            demand.zones = serving.zones();
            interrupt::leave_promised(region, &mut demand, &promises);
            interrupt::leave_promised(region, &mut demand, &self.kept);
            let placed = place(region.fleet, &demand, 1, rng);
            let found = placed.hosts.first().and_then(|row| {
                let mut spot = HostFor::row(region, *row)?;
                let fits = |subnet: &&&ServiceSubnet| serving.fits(&subnet.zone, &spot.zone);
                let fit: Vec<&ServiceSubnet> = subnets.iter().filter(|it| fits(&it)).collect();
                let subnet = fit.choose(rng).map(|it| (it.id.clone(), it.zone.clone()));
                spot.settle_in(subnet);
                let active = spot.instance.status == InstanceStatus::Active;
                active.then_some((*row, spot))
            });
            Ok(match found {
                Some((row, spot)) => (vec![row], Some(spot)),
                None => (Vec::new(), None),
            })
        })
    }

    fn write(&self, chosen: Option<HostFor>, draft: &mut Draft) -> bool {
        let Some(spot) = chosen else {
            return false;
        };
        let claimant = claimant(&self.task);
        if !draft.claim(&spot.ledger, &claimant, &self.task.claim) {
            return false;
        }
        draft.rest_on(&spot.instance.key, spot.instance.revision);
        draft.rest_on(&self.task.key, self.task.revision);
        let task = placed(&self.task, spot.at(), self.scheduler.state.now());
        draft.put(self.task.key.clone(), encode(&task));
        true
    }
}

impl Wait {
    fn subnets(&self) -> &[ServiceSubnet] {
        let waiting = self.task.waiting.as_ref();
        let network = waiting.and_then(|waiting| waiting.network.as_ref());
        network.map_or(&[][..], |network| &network.subnets)
    }
}

fn placed(waiting: &Task, at: At<'_>, now: Timestamp) -> Task {
    let mut task = waiting.clone();
    make::end_wait(&mut task, at, now);
    settle(&mut task, now);
    task
}
