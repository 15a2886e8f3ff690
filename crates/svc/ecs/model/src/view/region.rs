//! The records of one account and region of the view.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use wharf_hosts::hold;
use wharf_records::{
    Record, Scope,
    ecs::{Cluster, Instance, Scheduling, Service, ServiceStatus, Status, Task},
};
use wharf_store::Entry;

use super::{Change, Held};
use crate::{interface, service};

/// What an account has in a region.
#[derive(Debug, Default)]
pub struct Records {
    pub clusters: BTreeMap<String, Held<Cluster>>,
    /// By `cluster:id`.
    pub instances: BTreeMap<String, Held<Instance>>,
    /// By `cluster:id`; all that are not STOPPED, and those that are but still hold something.
    pub tasks: BTreeMap<String, Held<Task>>,
    /// By `cluster:name`.
    pub services: BTreeMap<String, Held<Service>>,
    /// Ids of `tasks` by the `cluster:name` of their service.
    by_service: HashMap<String, BTreeSet<String>>,
    /// Ids of `instances` by who registered them.
    by_registrant: HashMap<String, BTreeSet<String>>,
    /// Ids of `instances` by the machine, `i-…`.
    by_machine: HashMap<String, BTreeSet<String>>,
}

/// One key of the store with what it holds now; `None` after its deletion.
#[derive(Debug)]
pub enum Row {
    Cluster(Option<Held<Cluster>>),
    Service(Option<Held<Service>>),
    Instance(Option<Held<Instance>>),
    Task(Option<Held<Task>>),
}

impl Row {
    /// `None` for kinds that are read through.
    pub(super) fn read(kind: &str, key: &str, entry: Option<&Entry>) -> Option<Self> {
        Some(match kind {
            Cluster::KIND => Self::Cluster(hold(key, entry)),
            Service::KIND => Self::Service(hold(key, entry)),
            Instance::KIND => Self::Instance(hold(key, entry)),
            Task::KIND => Self::Task(hold(key, entry)),
            _ => return None,
        })
    }
}

impl Records {
    pub(super) fn put_instance(&mut self, id: &str, held: Option<Held<Instance>>) {
        let by = |held: &Held<Instance>| held.registered_by.clone();
        if let Some(by) = self.instances.get(id).map(by) {
            unindex(&mut self.by_registrant, &by, id);
        }
        if let Some(by) = held.as_ref().map(by) {
            let ids = self.by_registrant.entry(by).or_default();
            ids.insert(id.to_owned());
        }
        let machine = |held: &Held<Instance>| held.ec2_instance.clone();
        let before = self.instances.get(id).map(machine);
        let after = held.as_ref().map(machine);
        put(&mut self.instances, id, held);
        if before == after {
            return;
        }
        if let Some(machine) = before {
            unindex(&mut self.by_machine, &machine, id);
        }
        if let Some(machine) = after {
            let ids = self.by_machine.entry(machine).or_default();
            ids.insert(id.to_owned());
        }
    }

    /// The container instances that are, or were, registered with a machine's instance id.
    pub fn instances_on(&self, machine: &str) -> impl Iterator<Item = &Held<Instance>> {
        self.by_machine
            .get(machine)
            .into_iter()
            .flatten()
            .filter_map(|id| self.instances.get(id))
    }

    /// The daemons that want a task on every host of a cluster, by the keys of their records.
    pub(super) fn daemons<'a>(
        &'a self,
        scope: &'a Scope,
        cluster: &'a str,
    ) -> impl Iterator<Item = Change> + 'a {
        within(&self.services, cluster)
            .filter(|service| service.scheduling == Scheduling::Daemon)
            .filter(|service| service.status == ServiceStatus::Active)
            .map(|service| format!("{}:{}", service.cluster, service.name))
            .map(|id| Change::Service(scope.key(Service::KIND, &id)))
    }

    pub(super) fn put_cluster(&mut self, id: &str, cluster: Option<Held<Cluster>>) {
        put(&mut self.clusters, id, cluster);
    }

    pub(super) fn put_service(&mut self, id: &str, service: Option<Held<Service>>) {
        put(&mut self.services, id, service);
    }

    /// Takes over a task; returns what was there before.
    pub(super) fn put_task(&mut self, id: &str, task: Option<Held<Task>>) -> Option<Held<Task>> {
        let before = self.tasks.remove(id);
        if let Some(service) = before.as_ref().and_then(|task| service::id_of(task)) {
            unindex(&mut self.by_service, &service, id);
        }
        if let Some(task) = task.filter(|task| !is_over(task)) {
            if let Some(service) = service::id_of(&task) {
                let ids = self.by_service.entry(service).or_default();
                ids.insert(id.to_owned());
            }
            self.tasks.insert(id.to_owned(), task);
        }
        before
    }

    /// Tasks of the service `cluster:name`, until their ends are counted.
    pub fn tasks_of_service(&self, service: &str) -> impl Iterator<Item = &Held<Task>> {
        self.by_service
            .get(service)
            .into_iter()
            .flatten()
            .filter_map(|id| self.tasks.get(id))
    }

    /// Whether a service may still start tasks of that definition.
    pub fn uses_definition(&self, arn: &str) -> bool {
        let mut services = self.services.values();
        services.any(|service| service::definitions(service).any(|used| used == arn))
    }

    /// Services of one cluster.
    pub fn services_of(&self, cluster: &str) -> impl Iterator<Item = &Held<Service>> {
        within(&self.services, cluster)
    }

    /// Tasks of one cluster.
    pub fn tasks_of(&self, cluster: &str) -> impl Iterator<Item = &Held<Task>> {
        within(&self.tasks, cluster)
    }

    /// Container instances of one cluster.
    pub fn instances_of(&self, cluster: &str) -> impl Iterator<Item = &Held<Instance>> {
        within(&self.instances, cluster)
    }

    /// Container instances that a principal registered.
    pub fn instances_by(&self, arn: &str) -> impl Iterator<Item = &Held<Instance>> {
        let ids = self.by_registrant.get(arn);
        ids.into_iter()
            .flatten()
            .filter_map(|id| self.instances.get(id))
    }

    pub fn instance(&self, cluster: &str, id: &str) -> Option<&Held<Instance>> {
        self.instances.get(&format!("{cluster}:{id}"))
    }
}

/// Nothing is left to do for it but to be remembered for a while.
fn is_over(task: &Task) -> bool {
    task.last == Status::Stopped
        && !task.unconfirmed
        && interface::live_interface(task).is_none()
        && task
            .service
            .as_ref()
            .is_none_or(|service| service.accounted)
}

/// Takes an id out of an index, and the row with its last.
pub(super) fn unindex(index: &mut HashMap<String, BTreeSet<String>>, row: &str, id: &str) {
    if let Some(ids) = index.get_mut(row) {
        ids.remove(id);
        if ids.is_empty() {
            index.remove(row);
        }
    }
}

fn put<T>(table: &mut BTreeMap<String, Held<T>>, id: &str, held: Option<Held<T>>) {
    match held {
        Some(held) => table.insert(id.to_owned(), held),
        None => table.remove(id),
    };
}

/// Entries of one cluster: `:` sorts before every character of a name but `-` and digits, so the
/// range is exact with `:` as its start and `;` as its end.
fn within<'a, T>(
    table: &'a BTreeMap<String, Held<T>>,
    cluster: &str,
) -> impl Iterator<Item = &'a Held<T>> {
    table
        .range(format!("{cluster}:")..format!("{cluster};"))
        .map(|(_, held)| held)
}
