//! StartTask: one task on each of the container instances named.

use wharf_api_ecs::{StartTaskRequest, StartTaskResponse};
use wharf_base::ids;
use wharf_placement::{ledger, refusal_of};
use wharf_records::{
    Record,
    ecs::{Cluster, Definition, InstanceStatus, Launch, Task},
    encode,
    hosts::Ledger,
};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_svc_ecs_scheduler::placing::{Subnet, refused};
use wharf_wire::{Call, Fault};

use super::{
    run_task::{IMAGE, active_definition, check_roles, full_roles},
    settings, subnets,
};
use crate::{
    core::{Core, Stored},
    credentials,
    definition::is_compatible,
    describe, fault,
    images::{self, NotAdmitted, Pins},
    interrupt::leave_promised,
    launch::{self, EXTERNAL, Order},
    make::{self, At, Spot},
    names::{self, Place},
    provider,
    task::settle,
    view::{Held, Region},
};

pub async fn start_task(
    core: &Core,
    call: &Call,
    mut input: StartTaskRequest,
) -> Result<StartTaskResponse, Fault> {
    full_roles(&call.account, input.overrides.as_mut());
    let cluster = core.state.cluster(call, input.cluster.as_deref()).await?;
    let instances = input.container_instances.clone().unwrap_or_default();
    if instances.is_empty() {
        return Err(fault::invalid("Container instances cannot be empty."));
    }
    let place = Place::of(call);
    let definition = active_definition(core, &place, input.task_definition.as_deref()).await?;
    let mut order = launch::start(&input, &cluster.name, &definition.record)?;
    check_roles(core, call, &order).await?;
    let subnets = match &mut order.network {
        Some(network) => {
            network.ipv6 = settings::has_ipv6(core, call).await?;
            subnets::resolve(core, call, network).await?
        }
        None => Vec::new(),
    };
    let mut job = Job {
        place,
        cluster,
        definition,
        order,
        subnets,
    };
    let mut admitted = job.admit(core).await;
    let (mut tasks, mut failures) = (Vec::new(), Vec::new());
    for given in instances {
        let id = names::member_id("container-instance", &job.cluster.name, &given)?;
        let started = job.start(core, call, &id, &mut admitted).await?;
        match started {
            Ok(task) => tasks.push(describe::task(&task, true).map_err(|e| fault::server(&e))?),
            Err(why) => {
                let arn = job.place.instance(&job.cluster.name, &id);
                let mut failure = fault::failure(arn, why.reason);
                failure.detail = why.detail;
                failures.push(failure);
            }
        }
    }
    Ok(StartTaskResponse {
        tasks: Some(tasks),
        failures: Some(failures),
    })
}

/// What a failure says.
struct Why {
    reason: &'static str,
    detail: Option<String>,
}

impl From<&'static str> for Why {
    fn from(reason: &'static str) -> Self {
        Self {
            reason,
            detail: None,
        }
    }
}

struct Job {
    place: Place,
    cluster: Held<Cluster>,
    definition: Stored<Definition>,
    order: Order,
    subnets: Vec<Subnet>,
}

impl Job {
    /// Whether its images may start.
    async fn admit(&mut self, core: &Core) -> Result<(), NotAdmitted> {
        self.order.pins = Pins::new();
        let wanted = images::wanted(&self.order.parsed, &self.order.pins);
        let admitted = core.images.admit(&self.place, &wanted).await?;
        self.order.admit(admitted);
        Ok(())
    }

    /// The inner error is the failure's. What was admitted is decided anew where the rules may have changed.
    async fn start(
        &mut self,
        core: &Core,
        call: &Call,
        instance: &str,
        admitted: &mut Result<(), NotAdmitted>,
    ) -> Result<Result<Task, Why>, Fault> {
        let mut is_decided = true;
        let (task, _turn) = transact!(core.state.table, &call.permit, |tx| {
            if !is_decided {
                *admitted = self.admit(core).await;
            }
            is_decided = false;
            if let Err(why) = &admitted {
                return Ok(Err(Why {
                    reason: IMAGE,
                    detail: Some(why.to_string()),
                }));
            }
            // Kept until this try is written.
            let turn = core.state.hosts.turn().await;
            core.state.up_to_date().await;
            let attempt = core.state.view.read(&self.place, |region| {
                self.attempt(core, call, region, instance)
            });
            let (txn, task) = match attempt {
                Ok(made) => made,
                Err(reason) => return Ok(Err(reason)),
            };
            tx.join(txn);
            (task, turn)
        });
        Ok(Ok(task))
    }

    fn attempt(
        &self,
        core: &Core,
        call: &Call,
        region: &Region,
        id: &str,
    ) -> Result<(Txn, Task), Why> {
        let instance = region.instance(&self.cluster.name, id).ok_or("MISSING")?;
        if provider::is_managed(instance) {
            return Err("MISSING".into());
        }
        if instance.status == InstanceStatus::Inactive {
            return Err("INACTIVE".into());
        }
        let host = region.hosts.get(&instance.host).ok_or("MISSING")?;
        let row = region.fleet.row(&instance.host).ok_or("MISSING")?;
        let held = region.ledgers.get(&instance.host).ok_or("MISSING")?;
        let mut demand = self.order.demand(&self.place, &self.cluster.arn);
        demand.zones = self
            .subnets
            .iter()
            .map(|subnet| self.place.zone_letter(&subnet.zone).to_owned())
            .collect();
        let needs = core.state.hosts.needs();
        leave_promised(region, &mut demand, &needs.promises(None, call.now));
        if let Some(reason) = refusal_of(region.fleet, &demand, row) {
            return Err(Why {
                reason: reason.as_str(),
                detail: refused(region, &demand, row, reason),
            });
        }
        let zone = region.zone_of(host);
        let subnet = self.subnets.iter().find(|subnet| subnet.zone == zone);
        let spot = Spot {
            id: ids::hex32(),
            cluster: &self.cluster,
            at: Some(At {
                instance,
                host: &instance.host,
                zone: &zone,
                subnet: subnet.map(|subnet| subnet.id.as_str()),
            }),
            capacity_provider: None,
            credentials_seed: credentials::seed(&core.keyring),
        };
        let mut task = make::task(&self.place, &self.order, spot, call.now);
        if instance.attributes.contains_key(EXTERNAL)
            && is_compatible(&self.order.parsed, "EXTERNAL")
        {
            task.launch = Launch::External;
        }
        settle(&mut task, call.now);
        let mut ledger = Ledger::clone(&held.record);
        ledger::claim(&mut ledger, &task.arn, task.claim.clone()).map_err(|_| "RESOURCE:CPU")?;
        let key = self
            .place
            .scope()
            .key(Task::KIND, &format!("{}:{}", task.cluster, task.id));
        let mut txn = Txn::new();
        if let Some((key, revision)) = &self.order.admitted_by {
            txn = txn.when(Compare::mod_revision(key, *revision));
        }
        let txn = txn
            .when(self.cluster.unchanged())
            .when(self.definition.unchanged())
            .when(instance.unchanged())
            .when(held.unchanged())
            .put(held.key.clone(), encode(&ledger))
            .put(key, encode(&task));
        Ok((txn, task))
    }
}
