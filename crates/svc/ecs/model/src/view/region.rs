//! The records of one account and region of the view.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use wharf_base::Timestamp;
use wharf_hosts::hold;
use wharf_records::{
    Record, Scope,
    ecs::{
        CapacityProvider, Cluster, Desired, Instance, ManagedInstance, Scheduling, Service,
        ServiceStatus, Status, Task,
    },
};
use wharf_store::Entry;

use super::{Change, Held};
use crate::{interface, provider, retirement::Retirement, service, task::plan};

/// What an account has in a region.
#[derive(Debug, Default)]
pub struct Records {
    pub clusters: BTreeMap<String, Held<Cluster>>,
    /// All but Fargate's, by name.
    pub providers: BTreeMap<String, Held<CapacityProvider>>,
    /// Those that ECS has for providers, by `provider:id`.
    pub managed: BTreeMap<String, Held<ManagedInstance>>,
    /// By `cluster:id`.
    pub instances: BTreeMap<String, Held<Instance>>,
    /// By `cluster:id`; all that are not STOPPED, and those that are but still hold something.
    pub tasks: BTreeMap<String, Held<Task>>,
    /// By `cluster:name`.
    pub services: BTreeMap<String, Held<Service>>,
    /// Hosts that Fargate tasks leave now.
    retired: BTreeSet<String>,
    /// Ids of `tasks` by the `cluster:name` of their service.
    by_service: HashMap<String, BTreeSet<String>>,
    /// Those of `tasks` that wait for capacity, by cluster and provider, the oldest first.
    waiting: BTreeMap<(String, String), BTreeSet<(Timestamp, String)>>,
    /// Ids of `instances` by who registered them.
    by_registrant: HashMap<String, BTreeSet<String>>,
    /// Ids of `instances` by the machine, `i-…`.
    by_machine: HashMap<String, BTreeSet<String>>,
}

/// One key of the store with what it holds now; `None` after its deletion.
#[derive(Debug)]
pub enum Row {
    Cluster(Option<Held<Cluster>>),
    Provider(Option<Held<CapacityProvider>>),
    Managed(Option<Held<ManagedInstance>>),
    Service(Option<Held<Service>>),
    Instance(Option<Held<Instance>>),
    Task(Option<Held<Task>>),
    Retirement(Option<Held<Retirement>>),
}

impl Row {
    /// `None` for kinds that are read through.
    pub(super) fn read(kind: &str, key: &str, entry: Option<&Entry>) -> Option<Self> {
        Some(match kind {
            Cluster::KIND => Self::Cluster(hold(key, entry)),
            CapacityProvider::KIND => Self::Provider(hold(key, entry)),
            ManagedInstance::KIND => Self::Managed(hold(key, entry)),
            Service::KIND => Self::Service(hold(key, entry)),
            Instance::KIND => Self::Instance(hold(key, entry)),
            Task::KIND => Self::Task(hold(key, entry)),
            Retirement::KIND => Self::Retirement(hold(key, entry)),
            _ => return None,
        })
    }
}

impl Records {
    /// Whether Fargate tasks leave a host.
    pub fn is_retired(&self, host: &str) -> bool {
        self.retired.contains(host)
    }

    pub(super) fn put_retirement(&mut self, host: &str, held: Option<Held<Retirement>>) {
        match held.is_some_and(|it| it.due) {
            true => self.retired.insert(host.to_owned()),
            false => self.retired.remove(host),
        };
    }

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

    /// Providers of its cluster that an instance may belong to now, or not any more.
    pub(super) fn providers_of(
        &self,
        scope: &Scope,
        before: Option<&Instance>,
        after: Option<&Instance>,
    ) -> Vec<Change> {
        let what = |it: &Instance| (it.status, it.agent_connected, it.ec2_instance.clone());
        if before.map(what) == after.map(what) {
            return Vec::new();
        }
        let instance = after.or(before);
        let cluster = instance.and_then(|it| self.clusters.get(&it.cluster));
        let names = cluster.into_iter().flat_map(|it| &it.capacity_providers);
        let own = names.filter(|name| !provider::is_fargate(name));
        own.map(|name| Change::Provider(scope.key(CapacityProvider::KIND, name)))
            .collect()
    }

    pub(super) fn put_cluster(&mut self, id: &str, cluster: Option<Held<Cluster>>) {
        put(&mut self.clusters, id, cluster);
    }

    pub(super) fn put_provider(&mut self, id: &str, provider: Option<Held<CapacityProvider>>) {
        put(&mut self.providers, id, provider);
    }

    pub(super) fn put_managed(&mut self, id: &str, instance: Option<Held<ManagedInstance>>) {
        put(&mut self.managed, id, instance);
    }

    /// The instances that ECS has for a provider.
    pub fn managed_of(&self, provider: &str) -> impl Iterator<Item = &Held<ManagedInstance>> {
        within(&self.managed, provider)
    }

    pub(super) fn put_service(&mut self, id: &str, service: Option<Held<Service>>) {
        put(&mut self.services, id, service);
    }

    /// Takes over a task; returns what was there before.
    pub(super) fn put_task(&mut self, id: &str, task: Option<Held<Task>>) -> Option<Held<Task>> {
        let before = self.tasks.remove(id);
        if let Some((queue, place)) = before.as_ref().and_then(|task| waits(id, task))
            && let Some(ids) = self.waiting.get_mut(&queue)
        {
            ids.remove(&place);
            if ids.is_empty() {
                self.waiting.remove(&queue);
            }
        }
        if let Some(service) = before.as_ref().and_then(|task| service::id_of(task)) {
            unindex(&mut self.by_service, &service, id);
        }
        if let Some(task) = task.filter(|task| !is_over(task)) {
            if let Some(service) = service::id_of(&task) {
                let ids = self.by_service.entry(service).or_default();
                ids.insert(id.to_owned());
            }
            if let Some((queue, place)) = waits(id, &task) {
                self.waiting.entry(queue).or_default().insert(place);
            }
            self.tasks.insert(id.to_owned(), task);
        }
        before
    }

    /// Tasks of a cluster that wait for room on a provider's instances, the oldest first.
    pub fn waiting_for(&self, cluster: &str, provider: &str) -> impl Iterator<Item = &Held<Task>> {
        let queue = (cluster.to_owned(), provider.to_owned());
        let ids = self.waiting.get(&queue).into_iter().flatten();
        ids.filter_map(|(_, id)| self.tasks.get(id))
    }

    /// How many tasks of a cluster wait for capacity.
    pub fn waiting_in(&self, cluster: &str) -> usize {
        let from = (cluster.to_owned(), String::new());
        let queues = self.waiting.range(from..);
        let own = queues.take_while(|((of, _), _)| of == cluster);
        own.map(|(_, ids)| ids.len()).sum()
    }

    /// Those who wait for room on a provider's instances in a cluster, if any do.
    pub(super) fn room(&self, scope: &Scope, cluster: &str, provider: &str) -> Option<Change> {
        let queue = (cluster.to_owned(), provider.to_owned());
        let cluster = scope.key(Cluster::KIND, cluster);
        self.waiting
            .contains_key(&queue)
            .then(|| Change::Room(room_key(&cluster, provider)))
    }

    /// Whether somebody waits for room of Fargate.
    pub(super) fn waits_for_fargate(&self) -> bool {
        let mut all = self.waiting.keys();
        all.any(|(_, provider)| provider::is_fargate(provider))
    }

    /// Those who wait for room of Fargate.
    pub(super) fn room_of_fargate(&self, scope: &Scope) -> impl Iterator<Item = Change> {
        let all = self.waiting.keys();
        let all = all.filter(|(_, provider)| provider::is_fargate(provider));
        all.map(|(cluster, provider)| {
            Change::Room(room_key(&scope.key(Cluster::KIND, cluster), provider))
        })
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

/// The queue that a task waits in, and its place there.
fn waits(id: &str, task: &Task) -> Option<((String, String), (Timestamp, String))> {
    let provider = provider::of_task(task)?.to_owned();
    let waits = task.waiting.is_some() && task.desired == Desired::Running;
    waits.then(|| {
        let queue = (task.cluster.clone(), provider);
        (queue, (task.created_at, id.to_owned()))
    })
}

/// What [`Change::Room`] names: neither a key nor a name has a space.
pub fn room_key(cluster: &str, provider: &str) -> String {
    format!("{cluster} {provider}")
}

/// Nothing is left to do for it but to be remembered for a while.
fn is_over(task: &Task) -> bool {
    task.last == Status::Stopped
        && !task.unconfirmed
        && interface::live_interface(task).is_none()
        && plan::live_volume(task).is_none()
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
