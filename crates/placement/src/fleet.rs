//! The hosts as a placement sees them: columns of numbers, everything else interned.
//!
//! Hosts with equal attributes share a *class*, so that an attribute or an expression over
//! attributes is looked at once per class and not once per host.

mod groups;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use wharf_base::Timestamp;
use wharf_records::hosts::{Claim, Port};

use crate::{
    class::Classes,
    demand::Pool,
    ledger::Free,
    order::{FARGATE_POOL, Order},
    query::HostFacts,
};

/// Attribute name to value; a bare capability has no value.
pub type Attributes = BTreeMap<String, Option<String>>;

pub(crate) use groups::Group;

/// A host's row. Rows are reused after a removal; a row is only valid for the fleet it came from
/// and until that fleet changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostIx(pub u32);

impl HostIx {
    pub(crate) fn at(self) -> usize {
        self.0 as usize
    }
}

/// Whose Fargate tasks a host takes. An empty list means all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Serves {
    pub accounts: Vec<String>,
    pub regions: Vec<String>,
}

impl Serves {
    pub fn admits(&self, account: &str, region: &str) -> bool {
        let in_list = |list: &[String], name| list.is_empty() || list.iter().any(|it| it == name);
        in_list(&self.accounts, account) && in_list(&self.regions, region)
    }
}

/// The name under which hosts count the tasks of a group: groups of different accounts and regions
/// have nothing to do with each other.
pub fn group_of(account: &str, region: &str, group: &str) -> String {
    format!("{account}/{region}/{group}")
}

/// What a provider's hosts are counted under: neither an ARN nor a name has a space.
pub(crate) fn provider_pool(cluster: &str, provider: &str) -> String {
    format!("{cluster} {provider}")
}

/// A host as its owner describes it.
#[derive(Debug, Clone, Default)]
pub struct HostState {
    /// The host record's id: the key of this table, and what breaks ties last.
    pub id: String,
    /// ARN of the cluster its container instance is in.
    pub cluster: String,
    /// The capacity provider that it belongs to there.
    pub provider: Option<String>,
    /// It takes tasks of its provider alone, none of the cluster's others.
    pub of_provider_alone: bool,
    /// What the names of groups of its cluster's account and region begin with, see [`group_of`]. An
    /// expression is told of those alone.
    pub home: String,
    /// Takes Fargate tasks.
    pub fargate: bool,
    /// Of whom.
    pub serves: Serves,
    /// The container instance is ACTIVE.
    pub active: bool,
    pub agent_connected: bool,
    /// Its agent's connection is up. A host without one may be lost and not yet known to be: it ranks
    /// last.
    pub reachable: bool,
    pub agent_version: String,
    pub ec2_instance: String,
    pub registered_at: Timestamp,
    /// What the zones of all regions that it is in have in common: their letter.
    pub zone: String,
    pub attributes: Attributes,
    pub free: Free,
}

/// So few hosts are ranked one by one rather than looked for.
const FEW: usize = 128;
/// Bits of `Fleet::flags`.
pub(crate) const PRESENT: u8 = 1;
pub(crate) const ACTIVE: u8 = 2;
pub(crate) const CONNECTED: u8 = 4;
pub(crate) const FARGATE: u8 = 8;
pub(crate) const REACHABLE: u8 = 16;

/// What the query language asks of a host and no filter needs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub home: String,
    pub agent_version: String,
    pub ec2_instance: String,
    pub registered_at: Timestamp,
    /// Tasks on the host by group, none of them STOPPED.
    pub groups: BTreeMap<String, u32>,
    pub tasks: u32,
}

#[derive(Debug, Default)]
pub struct Fleet {
    pub(crate) flags: Vec<u8>,
    pub(crate) cpu: Vec<u32>,
    pub(crate) memory: Vec<u32>,
    pub(crate) interfaces: Vec<u32>,
    pub(crate) cluster: Vec<u32>,
    /// Number of its provider's pool, if it has one.
    pub(crate) provider: Vec<Option<u32>>,
    pub(crate) zone: Vec<u32>,
    pub(crate) served: Vec<u32>,
    pub(crate) class: Vec<u32>,
    pub(crate) taken: Vec<Vec<Port>>,
    pub(crate) ids: Vec<String>,
    pub(crate) facts: Vec<Facts>,
    /// ARNs of clusters, and [`provider_pool`]s.
    pub(crate) clusters: Interner<String>,
    pub(crate) zones: Interner<String>,
    pub(crate) serves: Interner<Serves>,
    pub(crate) classes: Classes,
    /// Rows in use by what they have left.
    pub(crate) by_cpu: Order,
    pub(crate) by_memory: Order,
    by_id: HashMap<String, HostIx>,
    /// The same counts as in `facts`, group first: a spread reads one group over all hosts.
    by_group: HashMap<String, Group>,
    /// Names of the groups that keep the rows without them.
    keep_rest: BTreeSet<String>,
    vacant: Vec<HostIx>,
    /// How many rows in use are reachable.
    reachable: usize,
}

impl Fleet {
    /// Rows in use.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub fn row(&self, id: &str) -> Option<HostIx> {
        self.by_id.get(id).copied()
    }

    pub fn id(&self, row: HostIx) -> &str {
        &self.ids[row.at()]
    }

    /// Adds or replaces a host; its tasks by group are kept.
    pub fn put(&mut self, host: HostState) -> HostIx {
        let row = self.row(&host.id).unwrap_or_else(|| self.vacate(&host.id));
        let at = row.at();
        self.unorder(row);
        let flag = |on: bool, bit: u8| if on { bit } else { 0 };
        let reachable = self.flags[at] & REACHABLE;
        let is_new = self.flags[at] & PRESENT == 0;
        self.flags[at] = PRESENT
            | reachable
            | flag(host.active, ACTIVE)
            | flag(host.agent_connected, CONNECTED)
            | flag(host.fargate, FARGATE);
        self.set_reachable(row, host.reachable);
        if is_new {
            self.each_rest(|rest| rest.insert(row.0));
        }
        let provider = host.provider.as_deref();
        let provider = provider.map(|name| provider_pool(&host.cluster, name));
        self.provider[at] = provider.map(|pool| self.clusters.intern(pool));
        self.cluster[at] = self.clusters.intern(match host.of_provider_alone {
            true => provider_pool(&host.cluster, ""),
            false => host.cluster,
        });
        self.zone[at] = self.zones.intern(host.zone);
        self.served[at] = self.serves.intern(host.serves);
        let class = self.classes.intern(host.attributes);
        if class != self.class[at] {
            let groups = self.take_groups(row);
            self.classes.leave(self.class[at], row);
            self.class[at] = class;
            self.set_groups(row, groups);
        }
        self.classes.join(class, row);
        let facts = &mut self.facts[at];
        facts.agent_version = host.agent_version;
        facts.ec2_instance = host.ec2_instance;
        facts.registered_at = host.registered_at;
        facts.home = host.home;
        self.set_free(row, host.free);
        row
    }

    /// Takes over what a host's ledger says is left.
    pub fn set_free(&mut self, row: HostIx, free: Free) {
        let at = row.at();
        self.unorder(row);
        self.cpu[at] = free.cpu;
        self.memory[at] = free.memory;
        self.interfaces[at] = free.interfaces;
        self.taken[at] = free.taken;
        for pool in self.pools(row).into_iter().flatten() {
            self.by_cpu.insert(pool, self.cpu[at], row);
            self.by_memory.insert(pool, self.memory[at], row);
        }
    }

    /// Takes note that the connection of a host's agent broke, or is back.
    pub fn set_reachable(&mut self, row: HostIx, reachable: bool) {
        let flags = &mut self.flags[row.at()];
        match (*flags & REACHABLE != 0, reachable) {
            (false, true) => self.reachable += 1,
            (true, false) => self.reachable -= 1,
            _ => return,
        }
        *flags ^= REACHABLE;
    }

    /// Whether the connection of a host's agent is up.
    pub fn is_reachable(&self, row: HostIx) -> bool {
        self.flags[row.at()] & REACHABLE != 0
    }

    /// Whether some hosts are to rank behind others because their connections are broken.
    pub(crate) fn has_both(&self) -> bool {
        (1..self.len()).contains(&self.reachable)
    }

    fn unorder(&mut self, row: HostIx) {
        let at = row.at();
        for pool in self.pools(row).into_iter().flatten() {
            self.by_cpu.remove(pool, self.cpu[at], row);
            self.by_memory.remove(pool, self.memory[at], row);
        }
    }

    /// The pools a row serves.
    fn pools(&self, row: HostIx) -> [Option<u32>; 3] {
        let flags = self.flags[row.at()];
        let cluster = (flags & PRESENT != 0).then(|| self.cluster[row.at()]);
        let provider = self.provider[row.at()].filter(|_| cluster.is_some());
        let fargate = (flags & FARGATE != 0).then_some(FARGATE_POOL);
        [cluster, provider, fargate]
    }

    /// Whether there is such a host, and its container instance is ACTIVE.
    pub fn is_active(&self, id: &str) -> bool {
        let row = self.row(id);
        row.is_some_and(|row| self.flags[row.at()] & ACTIVE != 0)
    }

    /// Whether a host of that pool is in that zone.
    pub fn serves_zone(&self, zone: &str, pool: &Pool) -> bool {
        let Some(zone) = self.zones.number(zone) else {
            return false;
        };
        let members = Members::of(self, pool);
        let mut rows = self.rows();
        rows.any(|row| self.zone[row.at()] == zone && members.contain(self, row))
    }

    /// Letters of the zones in which a pool has hosts that are ACTIVE and connected.
    pub fn zones_of(&self, pool: &Pool) -> BTreeSet<String> {
        let members = Members::of(self, pool);
        let takes = |row: &HostIx| {
            let wanted = ACTIVE | CONNECTED;
            self.flags[row.at()] & wanted == wanted && members.contain(self, *row)
        };
        let numbers: BTreeSet<u32> = self
            .rows()
            .filter(takes)
            .map(|row| self.zone[row.at()])
            .collect();
        let letters = numbers.into_iter();
        letters
            .filter_map(|number| self.zones.values().get(number as usize).cloned())
            .collect()
    }

    /// Whether a pool has any host.
    pub fn has_any(&self, pool: &Pool) -> bool {
        let members = Members::of(self, pool);
        self.rows().any(|row| members.contain(self, row))
    }

    /// Whether a host takes Fargate tasks of an account and region, if it takes any.
    pub fn serves(&self, row: HostIx, account: &str, region: &str) -> bool {
        let serves = self.served_by(row);
        serves.is_some_and(|serves| serves.admits(account, region))
    }

    /// Whose Fargate tasks a host takes, if it takes any.
    pub fn served_by(&self, row: HostIx) -> Option<&Serves> {
        self.serves.values().get(self.served[row.at()] as usize)
    }

    /// What is left of a host.
    fn free(&self, row: HostIx) -> Free {
        let at = row.at();
        Free {
            cpu: self.cpu[at],
            memory: self.memory[at],
            interfaces: self.interfaces[at],
            taken: self.taken[at].clone(),
            // Whoever claims a disk looks at the ledgers themselves.
            disk: None,
        }
    }

    /// What the query language may ask of a host.
    pub fn facts_of(&self, row: HostIx) -> HostFacts<'_> {
        let facts = &self.facts[row.at()];
        HostFacts {
            attributes: self.classes.attributes(self.class[row.at()]),
            agent_connected: self.flags[row.at()] & CONNECTED != 0,
            agent_version: &facts.agent_version,
            ec2_instance: &facts.ec2_instance,
            registered_at: facts.registered_at,
            running_tasks: facts.tasks,
            groups: &facts.groups,
            home: &facts.home,
        }
    }

    pub fn remove(&mut self, id: &str) {
        if let Some(row) = self.by_id.remove(id) {
            self.take_groups(row);
            self.each_rest(|rest| rest.remove(&row.0));
            self.unorder(row);
            let at = row.at();
            self.classes.leave(self.class[at], row);
            self.set_reachable(row, false);
            self.flags[at] = 0;
            self.taken[at].clear();
            self.facts[at] = Facts::default();
            self.ids[at].clear();
            self.vacant.push(row);
        }
    }

    fn vacate(&mut self, id: &str) -> HostIx {
        let row = self.vacant.pop().unwrap_or_else(|| self.grow());
        self.ids[row.at()] = id.to_owned();
        self.by_id.insert(id.to_owned(), row);
        row
    }

    fn grow(&mut self) -> HostIx {
        let row = HostIx(u32::try_from(self.flags.len()).expect("fewer than 2^32 hosts"));
        self.flags.push(0);
        self.cpu.push(0);
        self.memory.push(0);
        self.interfaces.push(0);
        self.cluster.push(0);
        self.provider.push(None);
        self.zone.push(0);
        self.served.push(0);
        let nothing = self.classes.intern(Attributes::new());
        self.class.push(nothing);
        self.taken.push(Vec::new());
        self.ids.push(String::new());
        self.facts.push(Facts::default());
        row
    }

    /// The hosts of these classes, if there are but a few.
    pub(crate) fn few_of(&self, classes: impl Iterator<Item = u32>) -> Option<Vec<HostIx>> {
        let mut few = Vec::new();
        for class in classes {
            let rows = self.classes.rows(class);
            if few.len() + rows.len() > FEW {
                return None;
            }
            few.extend(rows.iter().map(|row| HostIx(*row)));
        }
        Some(few)
    }

    /// All rows in use, in row order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = HostIx> {
        let present =
            |(at, flags): (usize, &u8)| (flags & PRESENT != 0).then_some(HostIx(at as u32));
        self.flags.iter().enumerate().filter_map(present)
    }
}

/// The hosts of a pool, ACTIVE or not.
#[derive(Debug)]
pub(crate) enum Members {
    /// Number of the cluster, if it has hosts.
    Cluster(Option<u32>),
    /// Number of the provider's pool, if it has hosts.
    Provider(Option<u32>),
    /// Numbers of those [`Serves`] that admit the account and region.
    Fargate(Vec<bool>),
}

impl Members {
    pub fn of(fleet: &Fleet, pool: &Pool) -> Self {
        match pool {
            Pool::Cluster(arn) => Self::Cluster(fleet.clusters.number(arn.as_str())),
            Pool::Provider { cluster, provider } => {
                let pool = provider_pool(cluster, provider);
                Self::Provider(fleet.clusters.number(pool.as_str()))
            }
            Pool::Fargate { account, region } => {
                let admits = |serves: &Serves| serves.admits(account, region);
                Self::Fargate(fleet.serves.values().iter().map(admits).collect())
            }
        }
    }

    pub fn contain(&self, fleet: &Fleet, row: HostIx) -> bool {
        let at = row.at();
        match self {
            Self::Cluster(number) => Some(fleet.cluster[at]) == *number,
            Self::Provider(number) => number.is_some() && fleet.provider[at] == *number,
            Self::Fargate(admitted) => {
                fleet.flags[at] & FARGATE != 0
                    && admitted.get(fleet.served[at] as usize) == Some(&true)
            }
        }
    }
}

/// Placements tried out on a fleet, each seeing those before it.
#[derive(Debug, Default)]
pub struct Trial {
    /// What the hosts touched had left before.
    before: BTreeMap<HostIx, Free>,
    /// The group of each task.
    tasks: Vec<(HostIx, String)>,
}

impl Trial {
    /// Takes the room of one task of `group`.
    pub fn take(&mut self, fleet: &mut Fleet, row: HostIx, claim: &Claim, group: &str) {
        let mut free = fleet.free(row);
        self.before.entry(row).or_insert_with(|| free.clone());
        free.take(claim);
        fleet.set_free(row, free);
        fleet.add_to_group(row, group);
        self.tasks.push((row, group.to_owned()));
    }

    /// Gives everything back.
    pub fn undo(self, fleet: &mut Fleet) {
        for (row, free) in self.before {
            fleet.set_free(row, free);
        }
        for (row, group) in self.tasks {
            fleet.take_from_group(row, &group);
        }
    }
}

/// Values to small numbers, each value once.
#[derive(Debug)]
pub(crate) struct Interner<T> {
    numbers: HashMap<T, u32>,
    values: Vec<T>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            values: Vec::new(),
        }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Interner<T> {
    pub fn intern(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).expect("fewer than 2^32 distinct values");
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }

    pub fn number<Q>(&self, value: &Q) -> Option<u32>
    where
        T: std::borrow::Borrow<Q>,
        Q: Eq + std::hash::Hash + ?Sized,
    {
        self.numbers.get(value).copied()
    }

    pub fn values(&self) -> &[T] {
        &self.values
    }
}
