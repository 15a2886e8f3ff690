//! One account and region of the view.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tokio::sync::watch;
use wharf_placement::{Fleet, HostState, ledger};
use wharf_records::{
    Record, Scope, decode,
    ecs::{
        Cluster, Host, Instance, InstanceStatus, Ledger, Scheduling, Service, ServiceStatus,
        Status, Task,
    },
};
use wharf_store::{Entry, Revision};

use super::{Change, Held};
use crate::{names::long_arn, services};

#[derive(Debug, Default)]
pub struct Region {
    pub clusters: BTreeMap<String, Held<Cluster>>,
    /// By `cluster:id`.
    pub instances: BTreeMap<String, Held<Instance>>,
    pub hosts: HashMap<String, Held<Host>>,
    pub ledgers: HashMap<String, Held<Ledger>>,
    /// By `cluster:id`; all that are not STOPPED, and those that are but still hold something.
    pub tasks: BTreeMap<String, Held<Task>>,
    /// By `cluster:name`.
    pub services: BTreeMap<String, Held<Service>>,
    /// Ids of `tasks` by the `cluster:name` of their service.
    by_service: HashMap<String, BTreeSet<String>>,
    /// Ids of `instances` by who registered them.
    by_registrant: HashMap<String, BTreeSet<String>>,
    /// Ids of `tasks` by host.
    by_host: HashMap<String, BTreeSet<String>>,
    /// Ids of `instances` by the machine, `i-…`.
    by_machine: HashMap<String, BTreeSet<String>>,
    /// What placement looks at.
    pub fleet: Fleet,
    signals: HashMap<String, watch::Sender<Revision>>,
}

/// One key of the store with what it holds now; `None` after its deletion.
#[derive(Debug)]
pub enum Row {
    Cluster(Option<Held<Cluster>>),
    Service(Option<Held<Service>>),
    Host(Option<Held<Host>>),
    Ledger(Option<Held<Ledger>>),
    Instance(Option<Held<Instance>>),
    Task(Option<Held<Task>>),
}

impl Row {
    /// `None` for kinds that are read through.
    pub(super) fn read(kind: &str, key: &str, entry: Option<&Entry>) -> Option<Self> {
        Some(match kind {
            Cluster::KIND => Self::Cluster(hold(key, entry)),
            Service::KIND => Self::Service(hold(key, entry)),
            Host::KIND => Self::Host(hold(key, entry)),
            Ledger::KIND => Self::Ledger(hold(key, entry)),
            Instance::KIND => Self::Instance(hold(key, entry)),
            Task::KIND => Self::Task(hold(key, entry)),
            _ => return None,
        })
    }
}

impl Region {
    /// Takes over one key; returns whom it concerns.
    pub(crate) fn apply(
        &mut self,
        scope: &Scope,
        id: &str,
        row: Row,
        revision: Revision,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        match row {
            Row::Cluster(held) => put(&mut self.clusters, id, held),
            Row::Service(held) => {
                put(&mut self.services, id, held);
                changes.push(Change::Service(scope.key(Service::KIND, id)));
            }
            Row::Host(held) => {
                put_hashed(&mut self.hosts, id, held);
                self.refresh_host(id);
            }
            Row::Ledger(held) => {
                put_hashed(&mut self.ledgers, id, held);
                self.refresh_free(id);
            }
            Row::Instance(held) => {
                let before = self.instances.get(id).map(|instance| instance.host.clone());
                self.put_instance(id, held);
                let after = self.instances.get(id).map(|instance| instance.host.clone());
                if let Some(host) = after.or(before) {
                    self.refresh_host(&host);
                    self.raise(&host, revision);
                }
                changes.push(Change::Instance(scope.key(Instance::KIND, id)));
                self.concern_services(scope, id, &mut changes);
            }
            Row::Task(held) => {
                let of = |task: &Held<Task>| services::id_of(task);
                let before = self.tasks.get(id).and_then(of);
                self.apply_task(id, held, revision);
                changes.push(Change::Task(scope.key(Task::KIND, id)));
                if let Some(service) = before.or_else(|| self.tasks.get(id).and_then(of)) {
                    changes.push(Change::Service(scope.key(Service::KIND, &service)));
                }
            }
        }
        changes
    }

    fn put_instance(&mut self, id: &str, held: Option<Held<Instance>>) {
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

    /// A change of an instance concerns the services with tasks on it, and the daemons of its
    /// cluster.
    fn concern_services(&self, scope: &Scope, instance: &str, changes: &mut Vec<Change>) {
        let cluster = instance.split(':').next().unwrap_or_default();
        let daemons = within(&self.services, cluster)
            .filter(|service| service.scheduling == Scheduling::Daemon)
            .filter(|service| service.status == ServiceStatus::Active)
            .map(|service| format!("{}:{}", service.cluster, service.name));
        let host = self.instances.get(instance).map(|held| held.host.clone());
        let here = self.tasks_on(host.as_deref().unwrap_or_default());
        let mut ids: BTreeSet<String> = here.filter_map(|task| services::id_of(task)).collect();
        ids.extend(daemons);
        let key = |id: String| Change::Service(scope.key(Service::KIND, &id));
        changes.extend(ids.into_iter().map(key));
    }

    fn apply_task(&mut self, id: &str, task: Option<Held<Task>>, revision: Revision) {
        let removed = self.tasks.remove(id);
        if let Some(service) = removed.as_ref().and_then(|task| services::id_of(task)) {
            unindex(&mut self.by_service, &service, id);
        }
        let before = removed.map(|task| task.host.clone());
        if let Some(host) = &before {
            unindex(&mut self.by_host, host, id);
        }
        let host = task.as_ref().map(|task| task.host.clone()).or(before);
        if let Some(task) = task.filter(|task| !is_over(task)) {
            self.by_host
                .entry(task.host.clone())
                .or_default()
                .insert(id.to_owned());
            if let Some(service) = services::id_of(&task) {
                let ids = self.by_service.entry(service).or_default();
                ids.insert(id.to_owned());
            }
            self.tasks.insert(id.to_owned(), task);
        }
        if let Some(host) = host {
            self.refresh_groups(&host);
            self.raise(&host, revision);
        }
    }

    /// Tasks on a host, in the order of their ids.
    pub fn tasks_on(&self, host: &str) -> impl Iterator<Item = &Held<Task>> {
        self.by_host
            .get(host)
            .into_iter()
            .flatten()
            .filter_map(|id| self.tasks.get(id))
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
        self.services.values().any(|service| {
            let deployed = service.deployments.iter().map(|one| &one.revision);
            let completions = service.deployments.iter().flat_map(|one| &one.completion);
            let before = completions.flat_map(|completion| &completion.before);
            let mut revisions = deployed.chain(&service.completed).chain(before);
            service.status != ServiceStatus::Inactive
                && revisions.any(|revision| revision.definition == arn)
        })
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

    /// The instance of that ARN.
    pub fn instance_by_arn(&self, arn: &str) -> Option<&Held<Instance>> {
        let (_, cluster, id) = long_arn(arn)?;
        self.instance(cluster, id)
    }

    pub(super) fn signal(&mut self, host: &str) -> &watch::Sender<Revision> {
        self.signals
            .entry(host.to_owned())
            .or_insert_with(|| watch::channel(0).0)
    }

    fn raise(&mut self, host: &str, revision: Revision) {
        if let Some(signal) = self.signals.get(host) {
            if signal.is_closed() {
                self.signals.remove(host);
            } else {
                signal.send_replace(revision);
            }
        }
    }

    /// Brings the host's row in the fleet up to date; a host without an instance that can take
    /// tasks has none.
    fn refresh_host(&mut self, id: &str) {
        let host = self.hosts.get(id);
        let instance = host.and_then(|host| self.instance_by_arn(&host.instance));
        let (Some(host), Some(instance)) = (host, instance) else {
            self.fleet.remove(id);
            return;
        };
        if instance.status == InstanceStatus::Inactive {
            self.fleet.remove(id);
            return;
        }
        let cluster = crate::names::place_of(&instance.arn).map(|p| p.cluster(&instance.cluster));
        let state = HostState {
            id: id.to_owned(),
            cluster: cluster.unwrap_or_default(),
            fargate: host.fargate,
            active: instance.status == InstanceStatus::Active,
            agent_connected: instance.agent_connected,
            agent_version: instance.agent_version.clone(),
            ec2_instance: instance.ec2_instance.clone(),
            registered_at: instance.registered_at,
            zone: host.availability_zone.clone(),
            attributes: instance.attributes.clone(),
            free: self
                .ledgers
                .get(id)
                .map(|l| ledger::free(l))
                .unwrap_or_default(),
        };
        self.fleet.put(state);
        self.refresh_groups(id);
    }

    fn refresh_free(&mut self, id: &str) {
        if let (Some(row), Some(ledger)) = (self.fleet.row(id), self.ledgers.get(id)) {
            self.fleet.set_free(row, ledger::free(ledger));
        }
    }

    fn refresh_groups(&mut self, id: &str) {
        let Some(row) = self.fleet.row(id) else {
            return;
        };
        let mut groups = BTreeMap::<String, u32>::new();
        for task in self.tasks_on(id).filter(|task| task.last < Status::Stopped) {
            *groups.entry(task.group.clone()).or_default() += 1;
        }
        self.fleet.set_groups(row, groups);
    }

    /// Those who followed the old picture follow this one, and are told to look.
    pub(super) fn take_signals(&mut self, old: Self, revision: Revision) {
        self.signals = old.signals;
        self.signals.retain(|_, signal| !signal.is_closed());
        for signal in self.signals.values() {
            signal.send_replace(revision);
        }
    }
}

/// Nothing is left to do for it but to be remembered for a while.
fn is_over(task: &Task) -> bool {
    task.last == Status::Stopped
        && !task.unconfirmed
        && crate::task::plan::live_interface(task).is_none()
        && task
            .service
            .as_ref()
            .is_none_or(|service| service.accounted)
}

/// Takes an id out of an index, and the row with its last.
fn unindex(index: &mut HashMap<String, BTreeSet<String>>, row: &str, id: &str) {
    if let Some(ids) = index.get_mut(row) {
        ids.remove(id);
        if ids.is_empty() {
            index.remove(row);
        }
    }
}

/// A value that cannot be read is logged and left out: one damaged record must not take the others
/// with it.
fn hold<T: Record>(key: &str, entry: Option<&Entry>) -> Option<Held<T>> {
    let entry = entry?;
    match decode(&entry.value) {
        Ok(record) => Some(Held {
            record: std::sync::Arc::new(record),
            key: key.to_owned(),
            revision: entry.mod_revision,
        }),
        Err(error) => {
            let error = wharf_wire::fault::Chain(&error).to_string();
            tracing::error!(key, error, "a stored record is left out of the view");
            None
        }
    }
}

fn put<T>(table: &mut BTreeMap<String, Held<T>>, id: &str, held: Option<Held<T>>) {
    match held {
        Some(held) => table.insert(id.to_owned(), held),
        None => table.remove(id),
    };
}

fn put_hashed<T>(table: &mut HashMap<String, Held<T>>, id: &str, held: Option<Held<T>>) {
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
