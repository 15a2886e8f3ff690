//! What a look at a provider of Managed Instances does: calls of EC2, and what is written of them.

use std::time::Duration;

use wharf_base::ids;
use wharf_records::{
    Record as _, Scope,
    ecs::{
        CapacityProvider, InstanceStatus, ManagedInstance, ManagedInstances, ProviderStatus,
        ProviderUpdate,
    },
};
use wharf_service::Changes;
use wharf_store::Compare;
use wharf_svc_ecs_model::{fault::EcsFaults, state::StepError, view::Held};
use wharf_wire::Fault;

use super::{
    launch::{self, Chosen},
    plan::{Action, REFUSED_FOR, UNFIT_FOR},
    reconcile::{Step, neighbour, written},
};
use crate::observe;

/// How long nothing is launched after EC2, or the infrastructure role, refused it.
const PAUSE: Duration = Duration::from_secs(30);
/// Types in subnets that are found unfit one after the other; where there are more, it is not about them.
const MOST_UNFIT: usize = 64;

impl Step<'_> {
    fn begin(&self) -> Changes<'_, EcsFaults> {
        let mut changes = self.parts.state.table.begin();
        changes.fence(self.fence.clone());
        changes
    }

    pub(super) async fn perform(
        &mut self,
        of: &ManagedInstances,
        action: &Action,
    ) -> Result<(), StepError> {
        let records = self.records;
        match action {
            Action::Order { kind, subnet, zone } => {
                let chosen = Chosen { kind, subnet, zone };
                self.order(of, chosen).await
            }
            Action::Finish => self.finish().await,
            Action::Note { id, ec2_instance } => match records.instance(id) {
                Some(instance) => self.note(instance, ec2_instance).await,
                None => Ok(()),
            },
            Action::Forget { id, in_vain } => {
                let Some(instance) = records.instance(id) else {
                    return Ok(());
                };
                if *in_vain {
                    self.refuse(instance);
                }
                self.forget(instance).await
            }
            Action::End { id, idle } => match records.instance(id) {
                Some(instance) => self.end(instance, *idle).await,
                None => Ok(()),
            },
            Action::Terminate { id, ec2_instance } => {
                tracing::info!(
                    provider = records.provider.arn,
                    instance = id,
                    ec2_instance,
                    "terminating a managed instance that has no tasks"
                );
                let done = self.neighbours.terminate(ec2_instance).await;
                done.map_err(neighbour("terminating a managed instance"))
            }
            Action::Launch { id } => match records.instance(id) {
                Some(instance) => self.launch(instance).await,
                None => Ok(()),
            },
        }
    }

    /// Nothing like it is asked for there for a while.
    fn refuse(&mut self, instance: &ManagedInstance) {
        let what = (instance.instance_type.clone(), instance.subnet.clone());
        self.memory.refused.insert(what, self.now + REFUSED_FOR);
    }

    /// What is launched next; no two looks have the same in mind, since each writes by the provider's revision.
    async fn order(&self, of: &ManagedInstances, chosen: Chosen<'_>) -> Result<(), StepError> {
        let provider: &CapacityProvider = &self.records.provider;
        let of = (provider, of);
        let what = (ids::hex32(), chosen);
        let ordered = launch::ordered(of, &self.place.region, what, self.now);
        let id = ManagedInstance::record_id(&provider.name, &ordered.id);
        let key = self.place.scope().key(ManagedInstance::KIND, &id);
        tracing::info!(
            provider = provider.arn,
            waiting = self.records.waiting.len(),
            kind = chosen.kind,
            subnet = chosen.subnet,
            "tasks wait, a managed instance is ordered"
        );
        let mut changes = self.begin();
        changes.when(self.records.provider.unchanged());
        changes.when(Compare::absent(&key));
        changes.put(key, &ordered);
        written(changes).await
    }

    async fn launch(&mut self, instance: &Held<ManagedInstance>) -> Result<(), StepError> {
        if self.memory.paused.is_some_and(|it| self.now < it) {
            return Ok(());
        }
        let fault = match self.neighbours.launch(instance).await {
            Ok(id) => {
                self.note(instance, &id).await?;
                return self.settings_are(Ok(())).await;
            }
            Err(fault) => fault,
        };
        let provider = &self.records.provider.arn;
        if launch::is_without_room(&fault.code) {
            tracing::info!(provider, kind = instance.instance_type, subnet = instance.subnet, error = %fault, "there is no room for a managed instance, another is ordered");
            self.refuse(instance);
            return self.forget(instance).await;
        }
        if fault.status >= 500 || !fault.sender {
            // Nobody knows whether it was launched.
            return Err(neighbour("launching a managed instance")(fault));
        }
        if launch::is_of_other_types(&fault.code) && self.memory.unfit.len() < MOST_UNFIT {
            tracing::info!(provider, kind = instance.instance_type, subnet = instance.subnet, error = %fault, "there is no managed instance of that type, another is ordered");
            let what = (instance.instance_type.clone(), instance.subnet.clone());
            self.memory.unfit.insert(what, self.now + UNFIT_FOR);
        } else {
            tracing::warn!(provider, kind = instance.instance_type, error = %fault, "launching a managed instance failed, retrying later");
            self.memory.paused = Some(self.now + PAUSE);
        }
        self.forget(instance).await?;
        self.settings_are(Err(fault)).await
    }

    async fn note(
        &self,
        instance: &Held<ManagedInstance>,
        ec2_instance: &str,
    ) -> Result<(), StepError> {
        let mut noted = ManagedInstance::clone(&instance.record);
        noted.ec2_instance = Some(ec2_instance.to_owned());
        let mut changes = self.begin();
        changes.when(instance.unchanged());
        changes.put(&instance.key, &noted);
        written(changes).await
    }

    async fn forget(&self, instance: &Held<ManagedInstance>) -> Result<(), StepError> {
        let mut changes = self.begin();
        changes.when(instance.unchanged());
        changes.delete(&instance.key);
        written(changes).await
    }

    /// It is drained in the transaction that says that it ends. Placement compares ledger and container instance, so no task comes to
    /// one that was seen to be empty.
    async fn end(&self, instance: &Held<ManagedInstance>, idle: bool) -> Result<(), StepError> {
        let mut changes = self.begin();
        let ec2_instance = instance.ec2_instance.as_ref();
        let container = ec2_instance.and_then(|it| self.records.containers.get(it));
        let id = container.and_then(|it| Some(Scope::parse(&it.key)?.2));
        let seen = id.and_then(|id| {
            self.parts.state.view.read(self.place, |region| {
                let held = region.instances.get(&id)?.clone();
                let ledger = region.ledgers.get(&held.host)?.unchanged();
                let tasks = observe::container(region, &held)?.tasks;
                Some((held, ledger, tasks))
            })
        });
        if let Some((held, ledger, tasks)) = seen {
            if idle && tasks > 0 {
                return Ok(());
            }
            changes.when(ledger);
            changes.when(held.unchanged());
            if held.status == InstanceStatus::Active {
                let mut draining = wharf_records::ecs::Instance::clone(&held.record);
                draining.status = InstanceStatus::Draining;
                draining.version += 1;
                changes.put(&held.key, &draining);
            }
        }
        changes.when(instance.unchanged());
        if !instance.ending {
            let mut ending = ManagedInstance::clone(&instance.record);
            ending.ending = true;
            changes.put(&instance.key, &ending);
        }
        written(changes).await
    }

    /// Says in the provider's record how launching goes.
    async fn settings_are(&self, launched: Result<(), Fault>) -> Result<(), StepError> {
        let provider = &self.records.provider;
        let mut changed = CapacityProvider::clone(&provider.record);
        match launched {
            Err(fault) => {
                changed.update = Some(ProviderUpdate::UpdateFailed);
                changed.update_reason = Some(fault.message);
            }
            Ok(()) if changed.update == Some(ProviderUpdate::UpdateFailed) => {
                changed.update = Some(ProviderUpdate::UpdateComplete);
                changed.update_reason = None;
            }
            Ok(()) => {}
        }
        if changed == *provider.record || provider.status != ProviderStatus::Active {
            return Ok(());
        }
        let mut changes = self.begin();
        changes.when(provider.unchanged());
        changes.put(&provider.key, &changed);
        written(changes).await
    }

    async fn finish(&self) -> Result<(), StepError> {
        let provider = &self.records.provider;
        let mut deleted = CapacityProvider::clone(&provider.record);
        deleted.status = ProviderStatus::Inactive;
        deleted.update = Some(ProviderUpdate::DeleteComplete);
        deleted.update_reason = None;
        deleted.deleted_at = Some(self.now);
        let mut changes = self.begin();
        changes.when(provider.unchanged());
        changes.put(&provider.key, &deleted);
        written(changes).await
    }
}
