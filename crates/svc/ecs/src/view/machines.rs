//! The machines: hosts, what is claimed on them and who runs there. They belong to no account and
//! region: tasks of any of them claim on the same ledger.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tokio::sync::watch;
use wharf_placement::{Fleet, HostState, Serves, group_of, ledger};
use wharf_records::{
    Record, Scope,
    ecs::{Host, Instance, InstanceStatus, Ledger, Status, Task},
    node,
};
use wharf_store::{Entry, Revision};
use wharf_wire::Caller;

use super::{
    Held,
    region::{hold, unindex},
};
use crate::{
    binding,
    names::{self, Place},
};

#[derive(Debug, Default)]
pub struct Machines {
    pub hosts: HashMap<String, Held<Host>>,
    pub ledgers: HashMap<String, Held<Ledger>>,
    /// Container instances of all accounts and regions, by ARN.
    pub instances: HashMap<String, Held<Instance>>,
    /// What placement looks at.
    pub fleet: Fleet,
    /// ARNs of `instances` by the machine, `i-…`.
    by_machine: HashMap<String, BTreeSet<String>>,
    /// Tasks of all accounts and regions by host, then by key.
    tasks: HashMap<String, BTreeMap<String, Held<Task>>>,
    signals: HashMap<String, watch::Sender<Revision>>,
    /// The account whose nodes serve every account.
    home_account: Option<String>,
}

/// One key of the store with what it holds now; `None` after its deletion.
#[derive(Debug)]
pub enum MachineRow {
    Host(Option<Held<Host>>),
    Ledger(Option<Held<Ledger>>),
}

impl MachineRow {
    /// `None` for kinds that are of no concern here.
    pub(super) fn read(kind: &str, key: &str, entry: Option<&Entry>) -> Option<Self> {
        Some(match kind {
            Host::KIND => Self::Host(hold(key, entry)),
            Ledger::KIND => Self::Ledger(hold(key, entry)),
            _ => return None,
        })
    }
}

impl Machines {
    pub fn new(home_account: Option<String>) -> Self {
        Self {
            home_account,
            ..Self::default()
        }
    }

    pub(super) fn blank(&self) -> Self {
        Self::new(self.home_account.clone())
    }

    /// Tasks on a host, in the order of their keys.
    pub fn tasks_on(&self, host: &str) -> impl Iterator<Item = &Held<Task>> {
        self.tasks.get(host).into_iter().flat_map(BTreeMap::values)
    }

    /// Takes over one key.
    pub(crate) fn apply(&mut self, id: &str, row: MachineRow) {
        match row {
            MachineRow::Host(held) => self.put_host(id, held),
            MachineRow::Ledger(held) => self.put_ledger(id, held),
        }
    }

    /// Instances of all accounts and regions with a machine's instance id that are not INACTIVE.
    pub fn registered(&self, machine: &str) -> impl Iterator<Item = &Held<Instance>> {
        let arns = self.by_machine.get(machine).into_iter().flatten();
        arns.filter_map(|arn| self.instances.get(arn))
            .filter(|instance| instance.status != InstanceStatus::Inactive)
    }

    fn put_host(&mut self, id: &str, held: Option<Held<Host>>) {
        match held {
            Some(held) => self.hosts.insert(id.to_owned(), held),
            None => self.hosts.remove(id),
        };
        self.refresh_host(id);
    }

    fn put_ledger(&mut self, id: &str, held: Option<Held<Ledger>>) {
        match held {
            Some(held) => self.ledgers.insert(id.to_owned(), held),
            None => self.ledgers.remove(id),
        };
        if let (Some(row), Some(ledger)) = (self.fleet.row(id), self.ledgers.get(id)) {
            self.fleet.set_free(row, ledger::free(ledger));
        }
    }

    /// Takes over an instance in place of `before`; returns its host.
    pub(super) fn put_instance(
        &mut self,
        before: Option<&Held<Instance>>,
        after: Option<Held<Instance>>,
        revision: Revision,
    ) -> Option<String> {
        let host = after.as_ref().or(before)?.host.clone();
        if let Some(before) = before {
            self.instances.remove(&before.arn);
            unindex(&mut self.by_machine, &before.ec2_instance, &before.arn);
        }
        if let Some(after) = after {
            let machine = self.by_machine.entry(after.ec2_instance.clone());
            machine.or_default().insert(after.arn.clone());
            self.instances.insert(after.arn.clone(), after);
        }
        self.refresh_host(&host);
        self.raise(&host, revision);
        Some(host)
    }

    /// Takes over a task in place of one that was on `before`.
    pub(super) fn put_task(
        &mut self,
        key: &str,
        before: Option<&str>,
        after: Option<&Held<Task>>,
        revision: Revision,
    ) {
        let Some(host) = after.map(|task| task.host.as_str()).or(before) else {
            return;
        };
        let tasks = self.tasks.entry(host.to_owned()).or_default();
        match after {
            Some(after) => tasks.insert(key.to_owned(), after.clone()),
            None => tasks.remove(key),
        };
        if tasks.is_empty() {
            self.tasks.remove(host);
        }
        self.refresh_groups(host);
        self.raise(host, revision);
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

    /// Those who followed the old picture follow this one, and are told to look.
    pub(super) fn take_signals(&mut self, old: &mut Self, revision: Revision) {
        self.signals = std::mem::take(&mut old.signals);
        self.signals.retain(|_, signal| !signal.is_closed());
        for signal in self.signals.values() {
            signal.send_replace(revision);
        }
    }

    /// Brings the host's row in the fleet up to date; a host without an instance that can take
    /// tasks has none.
    fn refresh_host(&mut self, id: &str) {
        let host = self.hosts.get(id);
        let instance = host.and_then(|host| self.instances.get(&host.instance));
        let instance = instance.filter(|it| it.status != InstanceStatus::Inactive);
        let home = instance.and_then(|instance| names::place_of(&instance.arn));
        let (Some(host), Some(instance), Some(home)) = (host, instance, home) else {
            self.fleet.remove(id);
            return;
        };
        let state = HostState {
            id: id.to_owned(),
            cluster: home.cluster(&instance.cluster),
            home: home.group_prefix(),
            fargate: host.fargate,
            serves: self.serves(host, instance, &home),
            active: instance.status == InstanceStatus::Active,
            agent_connected: instance.agent_connected,
            agent_version: instance.agent_version.clone(),
            ec2_instance: instance.ec2_instance.clone(),
            registered_at: instance.registered_at,
            zone: home.zone_letter(&host.availability_zone).to_owned(),
            attributes: instance.attributes.clone(),
            free: self
                .ledgers
                .get(id)
                .map(|ledger| ledger::free(ledger))
                .unwrap_or_default(),
        };
        self.fleet.put(state);
        self.refresh_groups(id);
    }

    /// Whose Fargate tasks a host takes, if it says nothing narrower. The installation's own nodes take everybody's. A machine that
    /// anybody else registered takes its account's alone: whoever has the machine sees what runs there.
    fn serves(&self, host: &Host, instance: &Instance, home: &Place) -> Serves {
        // While nothing is checked (`--iam off`), nodes are root as everybody is.
        let root = Caller::root(&home.account).arn;
        let is_node = node::user_of(&instance.registered_by).is_some()
            || instance.registered_by == root && binding::is_own_node(instance);
        let of_installation = is_node && self.home_account.as_ref() == Some(&home.account);
        Serves {
            accounts: match of_installation {
                true => host.accounts.clone(),
                false => vec![home.account.clone()],
            },
            regions: host.regions.clone(),
        }
    }

    fn refresh_groups(&mut self, id: &str) {
        let Some(row) = self.fleet.row(id) else {
            return;
        };
        let mut groups = BTreeMap::<String, u32>::new();
        let live = |task: &&Held<Task>| task.last < Status::Stopped;
        let tasks = self.tasks.get(id).into_iter().flatten();
        for (key, task) in tasks.filter(|(_, task)| live(task)) {
            if let Some((scope, _, _)) = Scope::parse(key) {
                let group = group_of(&scope.account, &scope.region, &task.group);
                *groups.entry(group).or_default() += 1;
            }
        }
        self.fleet.set_groups(row, groups);
    }
}
