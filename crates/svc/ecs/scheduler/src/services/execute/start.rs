//! Starts a service's tasks: batches, each in a transaction of its own.

use std::collections::BTreeSet;

use wharf_base::ids;
use wharf_hosts::{Claimant, Need, Promises};
use wharf_placement::Pool;
use wharf_records::ecs::{Cluster, Definition, Service, Task};
use wharf_store::{Compare, Txn};

use super::{
    super::{
        events,
        launch::{Batch, Launcher, Minted, Suits, Where},
        observe::SeenHost,
    },
    Look, PERMIT,
    registrations::neighbour,
};
use crate::{
    Scheduler,
    images::{self, Admitted, NotAdmitted},
    launch::of_service,
    provider,
    state::StepError,
    view::{Held, Region},
};

/// Further batches of tasks started after one look: whether those that were started fail is seen with
/// the next.
const MORE_BATCHES: usize = 9;

/// Of what kind services are among those who wait for room.
const SERVICE: &str = "service";

impl Look<'_> {
    /// Hosts of the cluster, to a DAEMON.
    pub(super) fn hosts(
        &self,
        region: &Region,
        service: &Service,
        launcher: &Launcher<'_>,
    ) -> Vec<SeenHost> {
        let own = |task: &&Held<Task>| crate::services::id_of(task).as_deref() == Some(&self.id);
        let mut hosts: Vec<SeenHost> = region
            .instances_of(&service.cluster)
            .filter(|instance| !provider::is_managed(instance))
            .map(|instance| {
                let suits = launcher.suits(region, instance);
                let tasks = region.tasks_on(&instance.host);
                SeenHost {
                    id: instance.host.clone(),
                    instance: instance.arn.clone(),
                    ready: suits == Suits::Well,
                    unsuited: suits == Suits::Forbidden,
                    connected: instance.agent_connected,
                    others: tasks.filter(|task| !task.ended && !own(task)).count(),
                }
            })
            .collect();
        hosts.sort_by(|a, b| a.id.cmp(&b.id));
        hosts
    }

    /// With what starts tasks of the PRIMARY deployment, if anything may.
    pub(super) fn with_launcher<T>(
        &self,
        service: &Service,
        (cluster, definition): (&Held<Cluster>, &Definition),
        then: impl FnOnce(Option<&Launcher<'_>>) -> T,
    ) -> T {
        let Some(primary) = service.primary() else {
            return then(None);
        };
        let mint = || mint(self.scheduler);
        let Ok(order) = of_service(service, &primary.revision, definition) else {
            return then(None);
        };
        let promises = self.promises(service);
        then(Some(&Launcher {
            promises: &promises,
            mint: &mint,
            place: &self.place,
            cluster,
            service,
            revision: &primary.revision,
            order,
            // Only asked where tasks may be.
            going: &BTreeSet::new(),
            now: self.scheduler.state.now(),
            fargate: self.scheduler.state.hosts.fargate(),
        }))
    }

    /// Starts more of the tasks that were planned, a batch a transaction, for as long as the service
    /// stays what it was: a look at all of its tasks for every batch would cost more the more there are.
    pub(super) async fn start_more(
        &self,
        service: &Service,
        mut count: usize,
    ) -> Result<(), StepError> {
        let scheduler = self.scheduler;
        for _ in 0..MORE_BATCHES {
            if count == 0 {
                break;
            }
            let _turn = scheduler.state.hosts.turn().await;
            let Some((txn, batch)) = self.choose(service, &Where::Anywhere { count }).await? else {
                break;
            };
            let held = scheduler
                .state
                .view
                .read(&self.place, |region| region.services.get(&self.id).cloned());
            // What is short, or another service by now, is for the next look.
            let Some(held) = held.filter(|held| *held.record == *service) else {
                break;
            };
            if batch.unplaced.is_some() || batch.tasks.is_empty() {
                break;
            }
            let tasks: Vec<String> = batch.tasks.iter().map(|task| task.id.clone()).collect();
            let txn = txn.when(self.fence.clone()).when(held.unchanged());
            let said = vec![events::started(&service.name, &tasks)];
            let txn = self.with_events(txn, said, scheduler.state.now()).await?;
            if !scheduler.state.table.commit(&PERMIT, txn).await? {
                break;
            }
            count -= tasks.len();
        }
        Ok(())
    }

    pub(super) async fn launcher_parts(
        &self,
        service: &Service,
    ) -> Result<Option<(Held<Cluster>, Definition)>, StepError> {
        let Some(primary) = service.primary() else {
            return Ok(None);
        };
        let arn = &primary.revision.definition;
        let definition = self.scheduler.state.definition_of(&self.place, arn).await?;
        let cluster = self.scheduler.state.view.read(&self.place, |region| {
            region.clusters.get(&service.cluster).cloned()
        });
        if definition.is_none() {
            tracing::error!(
                service = service.arn,
                "failed to start tasks of a service: its task definition does not exist"
            );
        }
        Ok(cluster.zip(definition.map(|found| found.record)))
    }

    /// Whether the service's tasks may start their images, and as which digests.
    pub(super) async fn admit(
        &self,
        service: &Service,
    ) -> Result<Result<Admitted, NotAdmitted>, StepError> {
        let Some((_, definition)) = self.launcher_parts(service).await? else {
            return Ok(Ok(Admitted::default()));
        };
        let Some(primary) = service.primary() else {
            return Ok(Ok(Admitted::default()));
        };
        let order = of_service(service, &primary.revision, &definition);
        let order = order.map_err(|fault| neighbour("make a task of the service", fault))?;
        let wanted = images::wanted(&order.parsed, &order.pins);
        Ok(self.scheduler.images.admit(&self.place, &wanted).await)
    }

    pub(super) async fn choose(
        &self,
        service: &Service,
        wanted: &Where,
    ) -> Result<Option<(Txn, Batch)>, StepError> {
        let Some((cluster, definition)) = self.launcher_parts(service).await? else {
            return Ok(None);
        };
        let Some(primary) = service.primary() else {
            return Ok(None);
        };
        let order = of_service(service, &primary.revision, &definition);
        let mut order = order.map_err(|fault| neighbour("make a task of the service", fault))?;
        order.admit(self.admitted.clone());
        self.scheduler.state.up_to_date().await;
        let mint = || mint(self.scheduler);
        let promises = self.promises(service);
        let launcher = Launcher {
            promises: &promises,
            mint: &mint,
            place: &self.place,
            cluster: &cluster,
            service,
            revision: &primary.revision,
            order,
            going: &self.going,
            now: self.scheduler.state.now(),
            fargate: self.scheduler.state.hosts.fargate(),
        };
        let mut rng = self.scheduler.rng();
        Ok(Some(self.scheduler.state.view.read(
            &self.place,
            |region| {
                let batch = launcher.batch(region, wanted, &mut rng);
                let mut txn = launcher.transaction(region, &batch);
                if let Some((key, revision)) = &self.admitted.rests_on {
                    txn = txn.when(Compare::mod_revision(key, *revision));
                }
                (txn, batch)
            },
        )))
    }

    /// Asks EC2 for the room of Spot capacity, for the next task of the service, as long as there are some in its way.
    pub(super) async fn ask_for_room(
        &self,
        service: &Service,
        batch: &Batch,
    ) -> Result<(), StepError> {
        let state = &self.scheduler.state;
        let claimant = claimant(service);
        if batch.in_the_way.is_empty() {
            state.hosts.needs().served(&claimant);
            return Ok(());
        }
        let Some((_, definition)) = self.launcher_parts(service).await? else {
            return Ok(());
        };
        let Some(primary) = service.primary() else {
            return Ok(());
        };
        let order = of_service(service, &primary.revision, &definition);
        let order = order.map_err(|fault| neighbour("make a task of the service", fault))?;
        let need = Need {
            account: self.place.account.clone(),
            claimant,
            claim: order.claim,
            hosts: batch.in_the_way.clone(),
        };
        state.hosts.needs().ask(need, state.now());
        Ok(())
    }

    /// What others were promised.
    fn promises(&self, service: &Service) -> Promises {
        let state = &self.scheduler.state;
        let needs = state.hosts.needs();
        needs.promises(Some(&claimant(service)), state.now())
    }

    pub(super) fn unplaced(&self, service: &Service, why: &events::Unplaced) -> String {
        let launch = service.primary().map(|primary| primary.revision.launch);
        let fargate = launch == Some(wharf_records::ecs::Launch::Fargate);
        let pool = match fargate {
            true => self.place.fargate(),
            false => Pool::Cluster(service.cluster_arn.clone()),
        };
        let elsewhere = self.scheduler.state.view.elsewhere(&self.place, &pool);
        let more = events::remedies(service, why, &self.place.region, &elsewhere);
        events::unplaced(&service.name, why, fargate, &more)
    }
}

fn claimant(service: &Service) -> Claimant {
    Claimant::new(SERVICE, service.arn.clone())
}

fn mint(scheduler: &Scheduler) -> Minted {
    Minted {
        id: ids::hex32(),
        credentials_seed: scheduler.credentials_seed(),
    }
}
