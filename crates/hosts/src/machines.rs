//! The machines: hosts, what is claimed on them, and what those say who registered them. Pure.

mod cut_off;

use std::collections::{BTreeMap, HashMap, HashSet};

use wharf_base::Timestamp;
use wharf_placement::{Fleet, HostState, Serves, group_of, ledger};
use wharf_records::{
    Record,
    hosts::{Host, Ledger},
    machine,
};
use wharf_store::Entry;

use crate::{Held, Retired, hold};

/// What a machine is registered as, and can take therefore.
#[derive(Debug, Clone)]
pub struct Registration {
    pub host: String,
    /// Where it is registered.
    pub account: String,
    pub region: String,
    /// Of the cluster it takes tasks of.
    pub cluster_arn: String,
    /// The capacity provider that it belongs to there.
    pub provider: Option<String>,
    /// It takes tasks of its provider alone, none of the cluster's others.
    pub of_provider_alone: bool,
    /// It is the installation's own and may serve every account; any other serves its account alone:
    /// whoever has the machine sees what runs there.
    pub of_installation: bool,
    /// It is a node of wharf's on another machine than the server's.
    pub of_other_machine: bool,
    pub active: bool,
    pub agent_connected: bool,
    /// When it was noticed that the agent's connection is gone, if it is and ever was there.
    pub disconnected_at: Option<Timestamp>,
    pub agent_version: String,
    pub ec2_instance: String,
    pub registered_at: Timestamp,
    pub attributes: BTreeMap<String, Option<String>>,
}

#[derive(Debug, Default)]
pub struct Machines {
    records: Records,
    registry: Registry,
    /// Hosts whose agents' connections are up.
    reachable: HashSet<String>,
    /// Those whose agents connected since this server began, be they still there or not.
    came: HashSet<String>,
    fleet: Fleet,
}

/// The machines' own records.
#[derive(Debug, Default)]
pub(crate) struct Records {
    hosts: HashMap<String, Held<Host>>,
    ledgers: HashMap<String, Held<Ledger>>,
    /// Hosts that are retired.
    retired: HashSet<String>,
}

/// What is said of machines by those who use them.
#[derive(Debug, Default)]
pub struct Registry {
    /// By what the host's record calls it.
    registrations: HashMap<String, Registration>,
    /// What runs on a host, by group.
    groups: HashMap<String, BTreeMap<String, u32>>,
}

impl Records {
    /// Takes over an entry; of other kinds nothing is kept here.
    pub(crate) fn add(&mut self, entry: &Entry) {
        let key = &entry.key;
        match machine::parse(key) {
            Some((Host::KIND, id)) => put(&mut self.hosts, &id, hold(key, Some(entry))),
            Some((Ledger::KIND, id)) => put(&mut self.ledgers, &id, hold(key, Some(entry))),
            Some((Retired::KIND, id)) => drop(self.retired.insert(id)),
            _ => {}
        }
    }
}

fn put<T>(table: &mut HashMap<String, Held<T>>, id: &str, held: Option<Held<T>>) {
    match held {
        Some(held) => table.insert(id.to_owned(), held),
        None => table.remove(id),
    };
}

impl Machines {
    pub fn hosts(&self) -> &HashMap<String, Held<Host>> {
        &self.records.hosts
    }

    pub fn ledgers(&self) -> &HashMap<String, Held<Ledger>> {
        &self.records.ledgers
    }

    /// What placement looks at.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// What a host is registered as; `None` for one that is not, or not any more.
    pub fn registration(&self, host: &str) -> Option<&Registration> {
        let host = self.records.hosts.get(host)?;
        self.registry.registrations.get(&host.instance)
    }

    /// Whether nothing new comes to a host.
    pub fn is_retired(&self, host: &str) -> bool {
        self.records.retired.contains(host)
    }

    /// Where something may be tried out and undone.
    pub(crate) fn fleet_mut(&mut self) -> &mut Fleet {
        &mut self.fleet
    }

    /// Takes over one key of the store with what it holds now; `None` after its deletion.
    pub fn apply(&mut self, key: &str, entry: Option<&Entry>) {
        match machine::parse(key) {
            Some((Host::KIND, id)) => self.put_host(&id, hold(key, entry)),
            Some((Ledger::KIND, id)) => self.put_ledger(&id, hold(key, entry)),
            Some((Retired::KIND, id)) => match entry {
                Some(_) => drop(self.records.retired.insert(id)),
                None => drop(self.records.retired.remove(&id)),
            },
            _ => {}
        }
    }

    pub fn put_host(&mut self, id: &str, held: Option<Held<Host>>) {
        if held.is_none() {
            self.came.remove(id);
        }
        put(&mut self.records.hosts, id, held);
        self.refresh(id);
    }

    pub fn put_ledger(&mut self, id: &str, held: Option<Held<Ledger>>) {
        put(&mut self.records.ledgers, id, held);
        if let (Some(row), Some(ledger)) = (self.fleet.row(id), self.records.ledgers.get(id)) {
            self.fleet.set_free(row, ledger::free(ledger));
        }
    }

    /// Takes over what `name` is registered as, if it still is.
    pub fn register(&mut self, name: &str, registration: Option<Registration>) {
        let before = match registration {
            Some(now) => {
                let host = now.host.clone();
                let before = self.registry.registrations.insert(name.to_owned(), now);
                self.refresh(&host);
                before
            }
            None => self.registry.registrations.remove(name),
        };
        if let Some(before) = before {
            self.refresh(&before.host);
        }
    }

    /// Something of that group is on a host now.
    pub fn occupy(&mut self, host: &str, group: &str) {
        let groups = self.registry.groups.entry(host.to_owned()).or_default();
        *groups.entry(group.to_owned()).or_default() += 1;
        if let Some(row) = self.fleet.row(host) {
            self.fleet.add_to_group(row, group);
        }
    }

    /// Something of that group has left a host.
    pub fn vacate(&mut self, host: &str, group: &str) {
        let Some(groups) = self.registry.groups.get_mut(host) else {
            return;
        };
        let Some(count) = groups.get_mut(group) else {
            return;
        };
        *count -= 1;
        if *count == 0 {
            groups.remove(group);
        }
        if groups.is_empty() {
            self.registry.groups.remove(host);
        }
        if let Some(row) = self.fleet.row(host) {
            self.fleet.take_from_group(row, group);
        }
    }

    /// The connection of a host's agent is up, or broke. Hosts begin without one.
    pub fn set_reachable(&mut self, host: &str, reachable: bool) {
        match reachable {
            true => {
                self.came.insert(host.to_owned());
                self.reachable.insert(host.to_owned())
            }
            false => self.reachable.remove(host),
        };
        if let Some(row) = self.fleet.row(host) {
            self.fleet.set_reachable(row, reachable);
        }
    }

    /// Whether the host's agent has connected since this server began. One that has not may still be on its way back.
    pub fn has_come(&self, host: &str) -> bool {
        self.came.contains(host)
    }

    /// Everything that is said of machines, to be taken over by others.
    pub fn into_registry(self) -> Registry {
        self.registry
    }

    /// Replaces everything that is said of machines.
    pub fn replace_registry(&mut self, registry: Registry) {
        self.registry = registry;
        self.refresh_all();
    }

    pub(crate) fn replace_records(&mut self, records: Records) {
        self.records = records;
        self.refresh_all();
    }

    fn refresh_all(&mut self) {
        self.fleet = Fleet::default();
        let ids: Vec<String> = self.records.hosts.keys().cloned().collect();
        for id in ids {
            self.refresh(&id);
        }
    }

    /// Brings the host's row in the fleet up to date; one that is not registered has none.
    fn refresh(&mut self, id: &str) {
        let host = self.records.hosts.get(id);
        let registered =
            host.and_then(|host| Some((host, self.registry.registrations.get(&host.instance)?)));
        let Some((host, registered)) = registered else {
            self.fleet.remove(id);
            return;
        };
        let ledger = self.records.ledgers.get(id);
        let state = HostState {
            id: id.to_owned(),
            cluster: registered.cluster_arn.clone(),
            provider: registered.provider.clone(),
            of_provider_alone: registered.of_provider_alone,
            home: group_of(&registered.account, &registered.region, ""),
            fargate: host.fargate,
            serves: serves(host, registered),
            active: registered.active,
            agent_connected: registered.agent_connected,
            reachable: self.reachable.contains(id),
            agent_version: registered.agent_version.clone(),
            ec2_instance: registered.ec2_instance.clone(),
            registered_at: registered.registered_at,
            zone: zone_letter(&registered.region, &host.availability_zone).to_owned(),
            attributes: registered.attributes.clone(),
            free: ledger
                .map(|ledger| ledger::free(ledger))
                .unwrap_or_default(),
        };
        let row = self.fleet.put(state);
        let groups = self.registry.groups.get(id).cloned();
        self.fleet.set_groups(row, groups.unwrap_or_default());
    }
}

/// Whose Fargate tasks a host takes.
fn serves(host: &Host, registered: &Registration) -> Serves {
    Serves {
        accounts: match registered.of_installation {
            true => host.accounts.clone(),
            false => vec![registered.account.clone()],
        },
        regions: host.regions.clone(),
    }
}

/// The letter of a zone of a region; the whole name if it has none. Machines are in one zone of each
/// region, by the same letter.
pub fn zone_letter<'a>(region: &str, zone: &'a str) -> &'a str {
    match zone.strip_prefix(region) {
        Some(letter) if letter.len() == 1 => letter,
        _ => zone,
    }
}
