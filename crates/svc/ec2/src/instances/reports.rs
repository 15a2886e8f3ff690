//! What hosts say of the instances they keep.
//!
//! A host is believed for instances that it was given, and reports all it has after each change and nothing twice; what
//! could not be taken over has to be handed in again.

use wharf_planeproto::machine::{self, Console, InstanceReport, InstanceState, MAX_INSTANCES};
use wharf_records::{Record, Scope};
use wharf_wire::Fault;

use super::{describe::host_name, reconcile::PERMIT};
use crate::{Ec2Service, fault::ChangeError, images::Location, records::Instance, table::SERVICE};

/// Who assumes roles of instance profiles, and pod execution roles.
const OF_INSTANCES: &str = "ec2.amazonaws.com";
const POD_EXECUTION: &str = "eks-fargate-pods.amazonaws.com";

/// An instance that a host was told of.
#[derive(Debug, Clone)]
pub struct Told {
    pub(super) account: String,
    pub(super) region: String,
    id: String,
}

impl Told {
    pub fn of(instance: &machine::Instance) -> Self {
        Self {
            account: instance.account.clone(),
            region: instance.region.clone(),
            id: instance.id.clone(),
        }
    }

    pub(super) fn key(&self) -> String {
        Scope::new(SERVICE, &self.account, &self.region).key(Instance::KIND, &self.id)
    }
}

/// A session for the role of an instance's profile is made for these.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceRole {
    pub role: String,
    /// Whose role it is: who may assume it, for what, and as which session.
    pub service: &'static str,
    pub source: String,
    pub session: String,
}

/// The image of ECR that an instance is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceImage {
    /// Account by whose rights it is pulled: whoever registered the machine image.
    pub owner: String,
    /// Whose registry it is in.
    pub account: String,
    pub region: String,
    pub repository: String,
}

impl Ec2Service {
    /// Takes over what the machine with that instance id reports of instances that it was told of. One that fails
    /// keeps none behind it back.
    ///
    /// # Errors
    /// The store's, the first of them: the reports are to be handed in again.
    pub async fn instances_reported(
        &self,
        machine: &str,
        reports: Vec<(Told, InstanceReport)>,
    ) -> Result<(), Fault> {
        let mut all = Ok(());
        for (told, report) in reports.into_iter().take(MAX_INSTANCES) {
            let now = self.instances.now();
            let change = |instance: &mut Instance| -> Result<(), ChangeError> {
                if is_on(instance, machine) {
                    let said = (report.boot, report.state, report.reason.as_deref());
                    instance.life.reported(said, instance.ends_on_shutdown, now);
                    instance.keep_end(now);
                    // What is said of another boot than that which runs is of a node that ends.
                    let runs = report.state == InstanceState::Running;
                    instance.kubelet = report.kubelet.filter(|_| runs);
                    if instance.kubelet.is_some() {
                        instance.node_boot = Some(report.boot);
                    }
                }
                Ok(())
            };
            let changed = self.table.change(&PERMIT, &told.key(), change).await;
            all = all.and(changed.map(drop));
        }
        Ok(all?)
    }

    /// Remembers the end of the console of an instance that the machine was told of.
    ///
    /// # Errors
    /// The store's.
    pub async fn console_reported(
        &self,
        machine: &str,
        told: &Told,
        console: Console,
    ) -> Result<(), Fault> {
        let key = told.key();
        let stored = self.table.read::<Instance>(&key).await?;
        if stored.is_some_and(|it| is_on(&it.record, machine)) {
            let now = self.instances.now();
            self.instances.consoles.put(&key, console.tail, now);
        }
        Ok(())
    }

    /// The role of the profile of an instance that is on that machine now; `None` where there is none.
    ///
    /// # Errors
    /// Store or IAM cannot be read.
    pub async fn role_on(&self, machine: &str, told: &Told) -> Result<Option<InstanceRole>, Fault> {
        let stored = self.table.read::<Instance>(&told.key()).await?;
        let Some(instance) = stored.map(|it| it.record).filter(|it| is_on(it, machine)) else {
            return Ok(None);
        };
        if let Some(pod) = &instance.pod {
            return Ok(Some(InstanceRole {
                role: pod.role.clone(),
                service: POD_EXECUTION,
                source: pod.profile.clone(),
                session: host_name(&told.region, &instance),
            }));
        }
        let Some(profile) = &instance.profile else {
            return Ok(None);
        };
        let name = profile.arn.rsplit('/').next().unwrap_or_default();
        let profiles = &self.instances.parts.profiles;
        let found = profiles.find(&told.account, name).await?;
        // Another profile of the same name is not the one that somebody passed a role with.
        let found = found.filter(|it| it.id == profile.id);
        let resource = format!("instance/{}", instance.id);
        let arn = wharf_base::Arn::new("ec2", &told.region, &told.account, resource);
        Ok(found.and_then(|it| it.role).map(|role| InstanceRole {
            role,
            service: OF_INSTANCES,
            source: arn.to_string(),
            session: instance.id,
        }))
    }

    /// The image of ECR of an instance that is on that machine now; `None` where it is made of none.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn image_on(
        &self,
        machine: &str,
        told: &Told,
    ) -> Result<Option<InstanceImage>, Fault> {
        let stored = self.table.read::<Instance>(&told.key()).await?;
        let instance = stored.map(|it| it.record).filter(|it| is_on(it, machine));
        let Some(image) = instance.map(|it| it.image) else {
            return Ok(None);
        };
        let location = image.registry.as_deref().and_then(Location::parse);
        Ok(location.map(|it| InstanceImage {
            owner: image.owner.clone().unwrap_or_else(|| it.account.to_owned()),
            account: it.account.to_owned(),
            region: it.region.to_owned(),
            repository: it.repository.to_owned(),
        }))
    }
}

pub(super) fn is_on(instance: &Instance, machine: &str) -> bool {
    let host = instance.life.host.as_ref();
    host.is_some_and(|host| host.machine == machine)
}
