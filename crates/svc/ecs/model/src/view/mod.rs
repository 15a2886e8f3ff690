//! The view: clusters, container instances, services and all tasks that are not over, indexed in memory
//! and fed by a watch on the store ([`feed`]); the machines beside them are [`wharf_hosts::Hosts`].
//!
//! A read first waits until the view has reached the store's present revision ([`View::reach`]), so
//! a client reads what it wrote. The lock of the machines is always taken before the view's own. Stopped tasks and task definitions are not here; they are read
//! through.

mod beginnings;
pub mod feed;
mod machines;
mod region;

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use parking_lot::RwLock;
use tokio::sync::watch;
pub use wharf_hosts::Held;
use wharf_hosts::{Hosts, Machines, Reached};
use wharf_placement::{Fleet, Pool};
use wharf_records::{
    Record, Scope,
    ecs::{CapacityProvider, Instance, Launch, Service, Status, Task},
    hosts::{Host, Ledger},
};
use wharf_store::{Event, EventKind, Revision};

use crate::{names::Place, provider, service as service_of};

use beginnings::Beginnings;
pub use machines::OnHosts;
pub use region::{Records, Row, room_key};

/// What a change means for those who wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The key of a task.
    Task(String),
    /// The key of a container instance.
    Instance(String),
    /// The key of a service: of its record, its tasks, or hosts it wants tasks on.
    Service(String),
    /// The key of a capacity provider, or of one whose instances may be others now.
    Provider(String),
    /// The [`room_key`] of tasks that wait for capacity, and for whom there may be some.
    Room(String),
}

/// All records of the view.
#[derive(Debug, Default)]
pub struct Tables {
    regions: HashMap<Place, Records>,
    /// Where somebody waits for room of Fargate: few places of many.
    waits_for_fargate: BTreeSet<Place>,
    beginnings: Beginnings,
    on_hosts: OnHosts,
}

/// One account and region, and the machines as they serve it.
#[derive(Debug, Clone, Copy)]
pub struct Region<'a> {
    pub place: &'a Place,
    pub hosts: &'a HashMap<String, Held<Host>>,
    pub ledgers: &'a HashMap<String, Held<Ledger>>,
    pub fleet: &'a Fleet,
    /// All of these.
    pub machines: &'a Machines,
    records: &'a Records,
    on_hosts: &'a OnHosts,
}

impl std::ops::Deref for Region<'_> {
    type Target = Records;
    fn deref(&self) -> &Records {
        self.records
    }
}

impl<'a> Region<'a> {
    /// Tasks on a host, of whatever account and region.
    pub fn tasks_on(&self, host: &str) -> impl Iterator<Item = &'a Held<Task>> {
        self.on_hosts.tasks_on(host)
    }

    /// The instance of that ARN, of whatever account and region.
    pub fn instance_by_arn(&self, arn: &str) -> Option<&'a Held<Instance>> {
        self.on_hosts.instances.get(arn)
    }

    /// Instances of any account and region with a machine's instance id that are not INACTIVE.
    pub fn registered(&self, machine: &str) -> impl Iterator<Item = &'a Held<Instance>> {
        self.on_hosts.registered(machine)
    }

    /// Instances whose hosts take Fargate tasks of this account and region.
    pub fn fargate_instances(&self) -> impl Iterator<Item = &'a Held<Instance>> {
        let (fleet, instances) = (self.fleet, &self.on_hosts.instances);
        let (account, region) = (self.place.account.as_str(), self.place.region.as_str());
        self.hosts.iter().filter_map(move |(id, host)| {
            let row = fleet.row(id)?;
            let serves = host.fargate && fleet.serves(row, account, region);
            instances.get(&host.instance).filter(|_| serves)
        })
    }

    /// The zone of a host as it is called in this region: each machine is in the zone of its letter.
    pub fn zone_of(&self, host: &Host) -> String {
        let home = crate::names::place_of(&host.instance);
        let letter = home
            .as_ref()
            .map_or(host.availability_zone.as_str(), |home| {
                home.zone_letter(&host.availability_zone)
            });
        self.place.zone(letter)
    }
}

static NOTHING: LazyLock<Records> = LazyLock::new(Records::default);

impl Tables {
    pub fn new(home_account: Option<String>) -> Self {
        Self {
            regions: HashMap::new(),
            waits_for_fargate: BTreeSet::new(),
            beginnings: Beginnings::default(),
            on_hosts: OnHosts::new(home_account),
        }
    }

    pub fn region<'a>(&'a self, machines: &'a Machines, place: &'a Place) -> Region<'a> {
        Region {
            place,
            hosts: machines.hosts(),
            ledgers: machines.ledgers(),
            fleet: machines.fleet(),
            machines,
            records: self.regions.get(place).unwrap_or(&NOTHING),
            on_hosts: &self.on_hosts,
        }
    }

    /// Empty ones for the same installation.
    fn blank(&self) -> Self {
        Self {
            regions: HashMap::new(),
            waits_for_fargate: BTreeSet::new(),
            beginnings: Beginnings::default(),
            on_hosts: self.on_hosts.blank(),
        }
    }

    /// Takes over one key; returns whom it concerns.
    pub fn apply(
        &mut self,
        machines: &mut Machines,
        scope: &Scope,
        id: &str,
        row: Row,
        revision: Revision,
    ) -> Vec<Change> {
        let place = Place {
            account: scope.account.clone(),
            region: scope.region.clone(),
        };
        let mut changes = Vec::new();
        match row {
            Row::Cluster(held) => self.regions.entry(place).or_default().put_cluster(id, held),
            Row::Provider(held) => {
                let records = self.regions.entry(place).or_default();
                records.put_provider(id, held);
                changes.push(Change::Provider(scope.key(CapacityProvider::KIND, id)));
            }
            Row::Managed(held) => {
                let records = self.regions.entry(place).or_default();
                records.put_managed(id, held);
                let provider = id.split(':').next().unwrap_or_default();
                changes.push(Change::Provider(
                    scope.key(CapacityProvider::KIND, provider),
                ));
            }
            Row::Service(held) => {
                self.regions.entry(place).or_default().put_service(id, held);
                changes.push(Change::Service(scope.key(Service::KIND, id)));
            }
            Row::Retirement(held) => {
                let records = self.regions.entry(place).or_default();
                records.put_retirement(id, held);
                self.concern_services(id, &mut changes);
            }
            Row::Instance(held) => {
                let records = self.regions.entry(place).or_default();
                let before = records.instances.get(id).cloned();
                records.put_instance(id, held.clone());
                changes.push(Change::Instance(scope.key(Instance::KIND, id)));
                let cluster = id.split(':').next().unwrap_or_default();
                changes.extend(records.daemons(scope, cluster));
                changes.extend(records.providers_of(scope, before.as_deref(), held.as_deref()));
                let provider = held.as_ref().and_then(|it| it.capacity_provider.as_deref());
                changes.extend(provider.and_then(|it| records.room(scope, cluster, it)));
                let before = before.as_ref();
                let of_fargate = held.as_ref().is_some_and(|it| {
                    let host = machines.hosts().get(&it.host);
                    host.is_some_and(|host| host.fargate)
                });
                if of_fargate {
                    changes.extend(self.room_of_fargate());
                }
                let host = self.on_hosts.put_instance(machines, before, held, revision);
                self.concern_services(host.as_deref().unwrap_or_default(), &mut changes);
            }
            Row::Task(held) => {
                let records = self.regions.entry(place.clone()).or_default();
                let ended = held.as_ref().map(|task| task.host.clone());
                let before = records.put_task(id, held);
                let after = records.tasks.get(id);
                self.beginnings
                    .follow(&place, before.as_deref(), after.map(|it| &**it));
                let mut of_fargate = before.iter().chain(after);
                if of_fargate.any(|it| it.launch == Launch::Fargate && it.waiting.is_some()) {
                    match records.waits_for_fargate() {
                        true => self.waits_for_fargate.insert(place),
                        false => self.waits_for_fargate.remove(&place),
                    };
                }
                let key = scope.key(Task::KIND, id);
                let cluster = id.split(':').next().unwrap_or_default();
                let waits = after.filter(|task| task.waiting.is_some());
                let waits = waits.and_then(|task| provider::of_task(task));
                changes.extend(waits.and_then(|it| records.room(scope, cluster, it)));
                let leaves = before.as_ref().filter(|task| leaves(task, after));
                let left = leaves.map(|task| (task.launch, task.instance.clone()));
                // A task that has waited leaves no host and comes to one.
                let hosts = [before.as_ref().map(|task| task.host.clone()), ended];
                self.on_hosts
                    .put_task(machines, &key, before.as_ref(), after);
                for host in hosts.into_iter().flatten() {
                    self.on_hosts.raise(&host, revision);
                }
                changes.push(Change::Task(key));
                let service = before
                    .as_ref()
                    .or(after)
                    .and_then(|it| service_of::id_of(it));
                changes.extend(
                    service.map(|service| Change::Service(scope.key(Service::KIND, &service))),
                );
                match left {
                    Some((Launch::Fargate, _)) => changes.extend(self.room_of_fargate()),
                    Some((_, instance)) => changes.extend(self.room_on(&instance)),
                    None => {}
                }
            }
        }
        changes
    }

    /// Those of every account and region who wait for room of Fargate.
    fn room_of_fargate(&self) -> Vec<Change> {
        let places = self.waits_for_fargate.iter();
        let all = places.filter_map(|place| Some((place.scope(), self.regions.get(place)?)));
        let changes =
            all.flat_map(|(scope, records)| records.room_of_fargate(&scope).collect::<Vec<_>>());
        changes.collect()
    }

    /// Those who wait for room on an instance.
    fn room_on(&self, instance: &str) -> Option<Change> {
        let instance = self.on_hosts.instances.get(instance)?;
        let (scope, _, _) = Scope::parse(&instance.key)?;
        let place = Place {
            account: scope.account.clone(),
            region: scope.region.clone(),
        };
        let provider = instance.capacity_provider.as_deref()?;
        let records = self.regions.get(&place)?;
        records.room(&scope, &instance.cluster, provider)
    }

    /// A change of a host concerns the services with tasks on it.
    fn concern_services(&self, host: &str, changes: &mut Vec<Change>) {
        for task in self.on_hosts.tasks_on(host) {
            let scope = Scope::parse(&task.key).map(|(scope, _, _)| scope);
            if let (Some(scope), Some(service)) = (scope, service_of::id_of(task)) {
                let change = Change::Service(scope.key(Service::KIND, &service));
                if !changes.contains(&change) {
                    changes.push(change);
                }
            }
        }
    }
}

/// Whether what a task claimed on its host, or a part of it, is free now.
fn leaves(before: &Task, after: Option<&Held<Task>>) -> bool {
    after.is_none_or(|after| after.desired != before.desired || after.last == Status::Stopped)
}

pub struct View {
    hosts: Hosts,
    tables: RwLock<Tables>,
    reached: Reached,
}

impl View {
    /// `home_account`: whose nodes serve every account.
    pub fn new(hosts: Hosts, home_account: Option<String>) -> Self {
        Self {
            hosts,
            tables: RwLock::new(Tables::new(home_account)),
            reached: Reached::default(),
        }
    }

    /// Waits until everything up to `revision` is in the view.
    pub async fn reach(&self, revision: Revision) {
        self.reached.wait(revision).await;
    }

    /// Reads one account and region; nothing else happens to the view meanwhile, so keep it short.
    pub fn read<R>(&self, place: &Place, look: impl FnOnce(&Region) -> R) -> R {
        self.hosts
            .read(|machines| self.read_with(machines, place, look))
    }

    /// The same for a reader that looks at the machines already.
    pub fn read_with<R>(
        &self,
        machines: &Machines,
        place: &Place,
        look: impl FnOnce(&Region) -> R,
    ) -> R {
        let tables = self.tables.read();
        look(&tables.region(machines, place))
    }

    /// Reads every account and region, one after the other.
    pub fn read_all(&self, mut look: impl FnMut(&Place, &Records)) {
        let tables = self.tables.read();
        for (place, records) in &tables.regions {
            look(place, records);
        }
    }

    /// Every account and region that has records.
    pub fn places(&self) -> Vec<Place> {
        self.tables.read().regions.keys().cloned().collect()
    }

    /// Where an account has hosts, if a pool of one of its regions has none.
    pub fn elsewhere(&self, place: &Place, pool: &Pool) -> Vec<String> {
        match self.read(place, |region| region.fleet.has_any(pool)) {
            true => Vec::new(),
            false => self.regions_with_hosts(&place.account),
        }
    }

    /// Names of an account's regions in which container instances are registered, sorted.
    pub fn regions_with_hosts(&self, account: &str) -> Vec<String> {
        let tables = self.tables.read();
        let with = tables
            .regions
            .iter()
            .filter(|(place, records)| place.account == account && !records.instances.is_empty());
        let mut names: Vec<String> = with.map(|(place, _)| place.region.clone()).collect();
        names.sort_unstable();
        names
    }

    /// Keys of the services that are not over and have targets, in that group if one is named.
    pub fn services_with_targets(&self, group: Option<&str>) -> Vec<String> {
        let tables = self.tables.read();
        let regions = tables.regions.values();
        let services = regions.flat_map(|region| region.services.values());
        let has = |service: &&Held<Service>| {
            let revisions = service.deployments.iter().map(|one| &one.revision);
            let mut targets = revisions.flat_map(|revision| &revision.targets);
            targets.any(|target| group.is_none_or(|group| target.group == group))
        };
        services
            .filter(has)
            .map(|service| service.key.clone())
            .collect()
    }

    /// Tasks on a host, of whatever account and region.
    pub fn tasks_on(&self, host: &str) -> Vec<Held<Task>> {
        let tables = self.tables.read();
        tables.on_hosts.tasks_on(host).cloned().collect()
    }

    /// A signal raised with every change that concerns a host's tasks.
    pub fn follow_host(&self, host: &str) -> watch::Receiver<Revision> {
        let mut tables = self.tables.write();
        tables.on_hosts.signal(host).subscribe()
    }

    /// Takes over a batch of changes, all of them up to `revision`.
    pub fn apply(&self, revision: Revision, events: &[Event]) -> Vec<Change> {
        let changes = self.hosts.write(|machines| {
            let mut tables = self.tables.write();
            let changes = take_over(&mut tables, machines, revision, events);
            tables.beginnings.tell(self.hosts.fargate());
            changes
        });
        self.reached.reach(revision);
        changes
    }

    /// Tables to read a picture of the store into.
    pub fn blank(&self) -> Tables {
        let tables = self.tables.read();
        tables.blank()
    }

    /// Replaces everything by a picture of the store as of `revision`, and what is said of the machines
    /// with it. Nobody ever sees a part of it: what is absent from a view is gone.
    pub fn install(&self, mut whole: Tables, said: Machines, revision: Revision) {
        self.hosts.write(|machines| {
            let mut tables = self.tables.write();
            machines.replace_registry(said.into_registry());
            whole.on_hosts.take_signals(&mut tables.on_hosts, revision);
            whole.beginnings.tell(self.hosts.fargate());
            *tables = whole;
        });
        self.reached.reach(revision);
    }
}

/// Applies events to the tables.
fn take_over(
    tables: &mut Tables,
    machines: &mut Machines,
    revision: Revision,
    events: &[Event],
) -> Vec<Change> {
    let mut changes = Vec::new();
    for event in events {
        let entry = (event.kind == EventKind::Put).then_some(&event.entry);
        let Some((scope, kind, id)) = Scope::parse(event.key()) else {
            continue;
        };
        let Some(row) = Row::read(kind, event.key(), entry) else {
            continue;
        };
        changes.extend(tables.apply(machines, &scope, &id, row, revision));
    }
    changes
}
