//! Start: adopt what a former run left, mend what is missing, remove what nobody wants.
//!
//! Inputs are the records and the kernel's lists. Nothing that is right is touched, so traffic of
//! running tasks does not notice. What belongs to a task whose namespace is gone is kept on record
//! until the agent detaches it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use tokio::sync::mpsc;

use crate::addresses::Plan;
use crate::config::NetworkConfig;
use crate::directory::{Directory, Member};
use crate::error::NetworkError;
use crate::flows::Meter;
use crate::host;
use crate::model::{Health, Mode, Scope};
use crate::names::{Names, is_own_key};
use crate::netlink::{Family, link};
use crate::netns::Namespace;
use crate::network::EndpointListener;
use crate::overlay;
use crate::peering;
use crate::ports::{Holder, HostPorts, PortTable};
use crate::reaper::Reaper;
use crate::scope::TaskNet;
use crate::state::{Endpoint, ScopeRecord, StateDir, TaskRecord};
use crate::view::View;
use crate::worker::Worker;

impl Worker {
    pub(crate) fn start(
        config: NetworkConfig,
        directory: Directory,
        listeners: mpsc::Sender<EndpointListener>,
    ) -> Result<Self, NetworkError> {
        config.check()?;
        let state = StateDir::open(&config.state_dir)?;
        let tasks = state
            .tasks()?
            .into_iter()
            .map(|t| (t.key.clone(), t))
            .collect();
        let reaper = Reaper::spawn().map_err(|e| NetworkError::kernel("start a thread", e))?;
        let mut worker = Self {
            names: Names::new(&config.installation),
            ports: PortTable::new(config.host_port_range.clone()),
            config,
            state,
            host: None,
            scopes: Default::default(),
            numbers: Default::default(),
            tasks,
            held: HashMap::new(),
            last_address: None,
            directory,
            listeners,
            reaper,
            own: None,
            end: None,
            heard: false,
            view: View::default(),
            interfaces: BTreeMap::new(),
            own_services: BTreeMap::new(),
            meter: Meter::default(),
            secondary_owed: false,
        };
        worker.recall_flows();
        worker.restore()?;
        Ok(worker)
    }

    fn restore(&mut self) -> Result<(), NetworkError> {
        let scopes = self.state.scopes()?;
        let namespaces = self.state.namespaces()?;
        for leaked in unwanted(&namespaces, &self.wanted_namespaces(&scopes)) {
            Namespace::remove(leaked)?;
        }
        self.adopt_ports();
        let live = self.live()?;
        let mut needed = scopes_of(&live);
        for record in &scopes {
            if let Some(namespace) = Namespace::open(&self.state.scope_netns(&record.scope))?
                && peering::has_peers(&namespace)?
            {
                needed.insert(record.scope.clone());
            }
        }
        for record in scopes {
            if needed.contains(&record.scope) {
                self.numbers.insert(record.scope, record.number);
            } else {
                let path = self.state.scope_netns(&record.scope);
                overlay::remove(&path)?;
                Namespace::remove(&path)?;
                self.state.forget_scope(&record.scope)?;
            }
        }
        self.remove_leaked_uplinks()?;
        if needed.is_empty() {
            return Ok(());
        }
        self.restore_host(&live)?;
        for scope in &needed {
            self.ensure_scope(scope)?;
            self.remove_leaked_links(scope)?;
        }
        // First, since a route that is in the wrong table looks like another's.
        self.remove_leaked_routes()?;
        for record in live {
            let key = record.key.clone();
            // One task's trouble is not the others'.
            if let Err(error) = self.restore_task(record) {
                tracing::error!(key, %error, "failed to repair a task's network");
            }
        }
        self.lead_ipv6();
        Ok(())
    }

    /// Tasks with a place in a scope whose namespace is there.
    fn live(&self) -> Result<Vec<TaskRecord>, NetworkError> {
        let mut live = Vec::new();
        for record in self.tasks.values().filter(|t| t.endpoint.is_some()) {
            if self.health(record)? == Health::Wired {
                live.push(record.clone());
            }
        }
        Ok(live)
    }

    fn wanted_namespaces(&self, scopes: &[ScopeRecord]) -> BTreeSet<PathBuf> {
        let tasks = self.tasks.values().filter(|t| t.mode != Mode::Host);
        let tasks = tasks.map(|t| self.state.task_netns(&t.key));
        tasks
            .chain(scopes.iter().map(|s| self.state.scope_netns(&s.scope)))
            .collect()
    }

    /// All recorded ports stay given, also those of tasks whose fate the agent has yet to decide.
    fn adopt_ports(&mut self) {
        for record in self.tasks.values() {
            self.ports.adopt(&record.key, &record.bindings);
            let mut held = Vec::new();
            for binding in &record.bindings {
                for port in binding.host.iter() {
                    match HostPorts.hold(binding.protocol, port) {
                        Ok(socket) => held.push(socket),
                        // Traffic is redirected all the same.
                        Err(error) => tracing::warn!(port, %error, "failed to reserve a host port"),
                    }
                }
            }
            self.held.insert(record.key.clone(), held);
        }
    }

    fn restore_host(&mut self, live: &[TaskRecord]) -> Result<(), NetworkError> {
        let bridge = live
            .iter()
            .filter_map(|t| Some((t.endpoint.as_ref()?, &*t.bindings)));
        let ports = host::all_ports(bridge);
        let bridge: Vec<_> = self
            .endpoints(&Scope::Bridge)
            .map(|(_, e)| e.address)
            .collect();
        self.last_address = bridge.into_iter().max();
        let range = match self.state.host()? {
            Some(record) => record.range,
            None => host::claim_range(&self.names, &self.config.shared_dir, None, None)?,
        };
        if Plan::new(range).is_none() {
            return Err(NetworkError::BadConfig(format!(
                "recorded bridge subnet {range}"
            )));
        }
        self.prepare_host(range, ports)
    }

    fn restore_task(&mut self, mut record: TaskRecord) -> Result<(), NetworkError> {
        let Some(endpoint) = record.endpoint.clone() else {
            return Ok(());
        };
        let Some(scope) = self.scopes.get_mut(&endpoint.scope) else {
            return Ok(());
        };
        let uplink = scope.uplink;
        if let (Mode::Awsvpc(eni), Some(filter)) = (&record.mode, &mut scope.filter) {
            for address in endpoint.addresses() {
                filter.adopt(&self.view, address, &eni.eni_id, eni.subnet)?;
                if record.is_instance() {
                    filter.is_instance(address)?;
                }
            }
            let interface = (eni.vpc_id.clone(), eni.eni_id.clone());
            self.interfaces.insert(interface, record.key.clone());
        }
        if link::index_of(&mut scope.route, &endpoint.link)?.is_some() {
            // Load balancers may speak as their clients, which `kept` sees to.
            if !is_own_key(&record.key) {
                scope.hold_to_routes(&endpoint.link)?;
            }
            scope.set_up_link(&endpoint)?;
        } else if let Some(mut task) = TaskNet::without_link(&self.state.task_netns(&record.key))? {
            tracing::warn!(
                key = record.key,
                "a task's link was missing; created it again"
            );
            self.connect(&mut record, &mut task)?;
        }
        let mut changed = false;
        if let (Some(endpoint), Some(host)) = (&mut record.endpoint, &mut self.host) {
            for address in &endpoint.secondary {
                host.reach(&endpoint.scope, uplink, *address)?;
            }
            let reachable = host.reach(&endpoint.scope, uplink, endpoint.address)?;
            changed = endpoint.host_reachable != reachable;
            endpoint.host_reachable = reachable;
        }
        let mut directory = self.directory.write();
        for address in endpoint.addresses() {
            directory.insert((endpoint.scope.clone(), address), Member::of(&record));
        }
        drop(directory);
        if changed { self.save(&record) } else { Ok(()) }
    }

    fn remove_leaked_uplinks(&self) -> Result<(), NetworkError> {
        let wanted = self
            .numbers
            .values()
            .map(|number| self.names.uplink(*number))
            .collect();
        let mut socket = host::open(Family::Route)?;
        let links = link::list(&mut socket)?;
        for name in leaked_links(&links, &self.names.uplink_prefix(), &wanted) {
            socket.perform(vec![link::delete(name)])?;
        }
        Ok(())
    }

    fn remove_leaked_links(&mut self, scope: &Scope) -> Result<(), NetworkError> {
        let wanted = self.endpoints(scope).map(|(_, e)| e.link.clone()).collect();
        let prefix = self.names.veth_prefix();
        let Some(net) = self.scopes.get_mut(scope) else {
            return Ok(());
        };
        let links = link::list(&mut net.route)?;
        for name in leaked_links(&links, &prefix, &wanted) {
            net.route.perform(vec![link::delete(name)])?;
        }
        Ok(())
    }

    fn remove_leaked_routes(&mut self) -> Result<(), NetworkError> {
        let Some(host) = &mut self.host else {
            return Ok(());
        };
        for (scope, net) in &self.scopes {
            let endpoints = self.tasks.values().filter_map(|t| t.endpoint.as_ref());
            let wanted: BTreeSet<_> = endpoints
                .filter(|e| e.scope == *scope)
                .flat_map(Endpoint::addresses)
                .collect();
            host.forget_others(scope, net.uplink, |address| wanted.contains(&address))?;
        }
        Ok(())
    }
}

fn scopes_of(live: &[TaskRecord]) -> BTreeSet<Scope> {
    live.iter()
        .filter_map(|t| Some(t.endpoint.as_ref()?.scope.clone()))
        .collect()
}

fn unwanted<'a>(present: &'a [PathBuf], wanted: &BTreeSet<PathBuf>) -> Vec<&'a PathBuf> {
    present
        .iter()
        .filter(|path| !wanted.contains(*path))
        .collect()
}

/// Links that carry our name, but that no record speaks of. Pure.
fn leaked_links<'a>(
    present: &'a [link::Link],
    prefix: &str,
    wanted: &BTreeSet<String>,
) -> Vec<&'a str> {
    let names = present.iter().map(|link| link.name.as_str());
    names
        .filter(|name| name.starts_with(prefix) && !wanted.contains(*name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_leaks_go() {
        let names = ["lo", "eth0", "wab12u0", "wab12u7", "wab13u1", "wab12e00"];
        let present: Vec<_> = (1..)
            .zip(names)
            .map(|(index, name)| link::Link {
                index,
                name: name.to_owned(),
                operational: true,
                mtu: 1500,
            })
            .collect();
        let wanted = BTreeSet::from(["wab12u0".to_owned()]);
        assert_eq!(leaked_links(&present, "wab12u", &wanted), ["wab12u7"]);
        assert!(leaked_links(&[], "wab12u", &wanted).is_empty());
    }
}
