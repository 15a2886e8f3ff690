//! The thread that does the work: one request after the other, each a few netlink calls.
//!
//! A request first writes down what it is about to do, then does it, then notes that it is done.
//! Whatever a crash leaves half done is therefore on record or carries a name that nobody wants.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;

use tokio::sync::{mpsc, oneshot};
use wharf_planeproto::flows::Report;
use wharf_userns::IdRange;

use crate::addresses::{MAX_SCOPES, Plan, free_number};
use crate::config::NetworkConfig;
use crate::directory::{Directory, Member};
use crate::error::NetworkError;
use crate::flows::Meter;
use crate::host::{self, Host};
use crate::ipv6;
use crate::model::{
    Attachment, Counters, Eni, Health, MacAddress, Mode, Protocol, Recovered, Scope, Subnet,
};
use crate::names::{Names, check_key, is_own_key};
use crate::netlink::link;
use crate::netns::Namespace;
use crate::network::{EndpointListener, HostIdentity, NetworkUpdate};
use crate::overlay::End;
use crate::policies::PoliciesUpdate;
use crate::ports::{HostPorts, PortTable};
use crate::reaper::{Reaper, Remains};
use crate::resolver::ResolverSockets;
use crate::ruleset::Ports;
use crate::scope::{self, ENDPOINT, INSTANCE_METADATA, ScopeNet, TaskNet};
use crate::services::ServicesUpdate;
use crate::state::{Endpoint, ScopeRecord, StateDir, TaskRecord};
use crate::teardown;
use crate::view::View;

/// Names tried for a link before giving up; each clash is one in four thousand million, or a
/// removal that is still under way.
const NAME_ATTEMPTS: usize = 8;

type Reply<T> = oneshot::Sender<Result<T, NetworkError>>;

pub(crate) enum Command {
    Attach {
        key: String,
        mode: Mode,
        owner: Option<IdRange>,
        node: Option<String>,
        reply: Reply<Attachment>,
    },
    Services {
        node: String,
        update: ServicesUpdate,
        reply: Reply<()>,
    },
    Policies {
        node: String,
        update: PoliciesUpdate,
        reply: Reply<()>,
    },
    HandToGuest {
        key: String,
        reply: Reply<()>,
    },
    Detach {
        key: String,
        reply: Reply<()>,
    },
    Recover {
        reply: Reply<Vec<Recovered>>,
    },
    Listen {
        scope: Scope,
        address: SocketAddr,
        reply: Reply<TcpListener>,
    },
    ListenAt {
        key: String,
        address: SocketAddr,
        reply: Reply<TcpListener>,
    },
    ClusterResolver {
        scope: Scope,
        reply: Reply<Option<ResolverSockets>>,
    },
    SetHost {
        own: HostIdentity,
        reply: Reply<()>,
    },
    Apply {
        update: NetworkUpdate,
        reply: Reply<()>,
    },
    HostAddress {
        reply: Reply<Option<Ipv4Addr>>,
    },
    Flows {
        taken: u64,
        reply: Reply<Option<Report>>,
    },
    Counters {
        key: String,
        reply: Reply<Option<Counters>>,
    },
    Teardown {
        reply: Reply<()>,
    },
    Close {
        reply: Reply<()>,
    },
}

pub(crate) struct Worker {
    pub(crate) config: NetworkConfig,
    pub(crate) names: Names,
    pub(crate) state: StateDir,
    /// From the first scope on.
    pub(crate) host: Option<Host>,
    pub(crate) scopes: BTreeMap<Scope, ScopeNet>,
    /// The numbers of all scopes on record.
    pub(crate) numbers: BTreeMap<Scope, u8>,
    pub(crate) tasks: BTreeMap<String, TaskRecord>,
    pub(crate) ports: PortTable,
    /// The sockets that keep others from published ports.
    pub(crate) held: HashMap<String, Vec<OwnedFd>>,
    pub(crate) last_address: Option<Ipv4Addr>,
    pub(crate) directory: Directory,
    pub(crate) listeners: mpsc::Sender<EndpointListener>,
    pub(crate) reaper: Reaper,
    /// Which host this is, once it is known.
    pub(crate) own: Option<HostIdentity>,
    /// This end of the tunnels.
    pub(crate) end: Option<End>,
    /// The control plane's last word.
    pub(crate) view: View,
    /// It has spoken since the start; until then what a former run did stays.
    pub(crate) heard: bool,
    /// VPC, interface → the attachment that it is.
    pub(crate) interfaces: BTreeMap<(String, String), String>,
    /// What programs of nodes of Kubernetes reach at their own addresses, by the keys of their instances.
    pub(crate) own_services: BTreeMap<String, crate::services::OwnServices>,
    /// What was counted for flow logs.
    pub(crate) meter: Meter,
    /// Some further address is not where it should be: the next word is a reason to look again, whatever it says.
    pub(crate) secondary_owed: bool,
}

impl Worker {
    /// Serves until told to end, or until nobody can ask any more; what is wired stays.
    pub(crate) fn serve(mut self, mut commands: mpsc::Receiver<Command>) {
        // A reply that nobody awaits is no failure: the deed is on record.
        while let Some(command) = commands.blocking_recv() {
            match command {
                Command::Attach {
                    key,
                    mode,
                    owner,
                    node,
                    reply,
                } => drop(reply.send(self.attach_task(&key, mode, owner, node))),
                Command::Services {
                    node,
                    update,
                    reply,
                } => drop(reply.send(self.serve_services(&node, update))),
                Command::Policies {
                    node,
                    update,
                    reply,
                } => drop(reply.send(self.serve_policies(&node, update))),
                Command::HandToGuest { key, reply } => drop(reply.send(self.hand_to_guest(&key))),
                Command::Detach { key, reply } => self.detach(&key, reply),
                Command::Recover { reply } => drop(reply.send(self.recover())),
                Command::Listen {
                    scope,
                    address,
                    reply,
                } => {
                    drop(reply.send(self.listen(&scope, address)));
                }
                Command::ListenAt {
                    key,
                    address,
                    reply,
                } => drop(reply.send(self.listen_at(&key, address))),
                Command::ClusterResolver { scope, reply } => {
                    drop(reply.send(self.open_cluster_resolver(scope)));
                }
                Command::SetHost { own, reply } => drop(reply.send(self.set_host(own))),
                Command::Apply { update, reply } => drop(reply.send(self.apply(update))),
                Command::HostAddress { reply } => {
                    let address = self.host.as_ref().map(|host| host.plan.host());
                    drop(reply.send(Ok(address)));
                }
                Command::Flows { taken, reply } => drop(reply.send(self.read_flows(taken))),
                Command::Counters { key, reply } => drop(reply.send(self.counters(&key))),
                Command::Teardown { reply } => return drop(reply.send(self.teardown())),
                Command::Close { reply } => {
                    self.close();
                    return drop(reply.send(Ok(())));
                }
            }
        }
        self.close();
    }

    fn close(self) {
        self.reaper.finish();
    }

    fn teardown(self) -> Result<(), NetworkError> {
        let Self {
            config,
            names,
            state,
            reaper,
            scopes,
            host,
            held,
            own_services,
            ..
        } = self;
        reaper.finish();
        // What this process holds open would keep the namespaces alive.
        drop((scopes, host, held, own_services));
        teardown::remove_all(&names, &config.shared_dir, state)
    }

    fn attach_task(
        &mut self,
        key: &str,
        mode: Mode,
        owner: Option<IdRange>,
        node: Option<String>,
    ) -> Result<Attachment, NetworkError> {
        if is_own_key(key) {
            return Err(NetworkError::BadKey(key.to_owned()));
        }
        self.attach(key, mode, owner, node)
    }

    pub(crate) fn attach(
        &mut self,
        key: &str,
        mode: Mode,
        owner: Option<IdRange>,
        node: Option<String>,
    ) -> Result<Attachment, NetworkError> {
        check_key(key)?;
        if let Some(record) = self.tasks.get(key) {
            if record.mode != mode {
                return Err(NetworkError::KeyInUse {
                    key: key.to_owned(),
                });
            }
            if self.health(record)? == Health::Wired {
                return Ok(record.attachment(&self.state));
            }
            self.discard(key)?;
        }
        let mut record = TaskRecord::new(key, mode);
        record.owner = owner;
        record.node = node;
        self.choose(&mut record)?;
        let noted = match &record.endpoint {
            Some(_) => self.save(&record),
            // All that this can leave is a namespace that is on no record, which goes at the next start.
            None => {
                self.tasks.insert(key.to_owned(), record.clone());
                Ok(())
            }
        };
        let wired = noted.and_then(|()| self.wire(&mut record));
        let saved = wired.and_then(|()| {
            record.wired = true;
            self.save(&record)
        });
        if let Err(error) = saved {
            if let Err(left) = self.discard(key) {
                tracing::warn!(key, error = %left, "failed to remove a partial network; will retry at the next start");
            }
            return Err(error);
        }
        if let Some(Endpoint { scope, address, .. }) = &record.endpoint {
            let mut directory = self.directory.write();
            directory.insert((scope.clone(), *address), Member::of(&record));
        }
        self.lead_secondary();
        Ok(record.attachment(&self.state))
    }

    fn hand_to_guest(&mut self, key: &str) -> Result<(), NetworkError> {
        let record = self.tasks.get(key).cloned();
        let mut record = record.ok_or_else(|| NetworkError::NoSuchAttachment(key.to_owned()))?;
        let Some(endpoint) = record.endpoint.as_mut() else {
            return Err(NetworkError::NoSuchAttachment(key.to_owned()));
        };
        let is_new = !endpoint.guest;
        endpoint.guest = true;
        let endpoint = endpoint.clone();
        // Before it has any of it, so that what a crash leaves is mended as what it is.
        if is_new {
            self.save(&record)?;
        }
        TaskNet::hand_over(&self.state.task_netns(key), (key, &endpoint))
    }

    /// Address, ports and link of a new attachment; nothing of it is made yet.
    fn choose(&mut self, record: &mut TaskRecord) -> Result<(), NetworkError> {
        let mode = record.mode.clone();
        record.endpoint = match &mode {
            Mode::Host | Mode::None => None,
            Mode::Bridge { ports } => {
                let endpoint = self.choose_bridge(&record.key)?;
                let (bindings, held) = self.ports.choose(ports, &mut HostPorts)?;
                self.ports.adopt(&record.key, &bindings);
                self.held.insert(record.key.clone(), held);
                record.bindings = bindings;
                Some(endpoint)
            }
            Mode::Awsvpc(eni) => Some(self.endpoint_of(&record.key, eni)?),
        };
        Ok(())
    }

    fn choose_bridge(&mut self, key: &str) -> Result<Endpoint, NetworkError> {
        self.ensure_host()?;
        let plan = self.host.as_ref().ok_or(NetworkError::Stopped)?.plan;
        let used: BTreeSet<Ipv4Addr> = self
            .endpoints(&Scope::Bridge)
            .map(|(_, endpoint)| endpoint.address)
            .collect();
        let address = plan
            .next_task(|address| used.contains(&address), self.last_address)
            .ok_or(NetworkError::AddressesExhausted {
                subnet: plan.range(),
            })?;
        self.last_address = Some(address);
        let [a, b, c, d] = address.octets();
        Ok(Endpoint {
            scope: Scope::Bridge,
            link: self.names.veth(key, &self.links()),
            // Locally administered; unique because the address is.
            mac: MacAddress::new([0x02, b'w', a, b, c, d]),
            address,
            secondary: BTreeSet::new(),
            ipv6: BTreeSet::new(),
            gateway: plan.host(),
            subnet: plan.range(),
            host_reachable: false,
            guest: false,
        })
    }

    fn endpoint_of(&self, key: &str, eni: &Eni) -> Result<Endpoint, NetworkError> {
        check_eni(eni)?;
        let scope = Scope::Vpc(eni.vpc_id.clone());
        if let Some((by, _)) = self.endpoints(&scope).find(|(_, e)| e.has(eni.address)) {
            return Err(NetworkError::AddressInUse {
                address: eni.address,
                by: by.to_owned(),
            });
        }
        Ok(Endpoint {
            scope,
            link: self.names.veth(key, &self.links()),
            mac: eni.mac,
            address: eni.address,
            secondary: BTreeSet::new(),
            ipv6: eni.ipv6.iter().copied().collect(),
            gateway: eni.gateway,
            subnet: eni.subnet,
            host_reachable: false,
            guest: false,
        })
    }

    pub(crate) fn endpoints(&self, scope: &Scope) -> impl Iterator<Item = (&str, &Endpoint)> {
        let all = self
            .tasks
            .iter()
            .filter_map(|(k, t)| Some((k.as_str(), t.endpoint.as_ref()?)));
        all.filter(move |(_, endpoint)| endpoint.scope == *scope)
    }

    fn links(&self) -> BTreeSet<String> {
        self.tasks
            .values()
            .filter_map(|t| Some(t.endpoint.as_ref()?.link.clone()))
            .collect()
    }

    pub(crate) fn save(&mut self, record: &TaskRecord) -> Result<(), NetworkError> {
        self.tasks.insert(record.key.clone(), record.clone());
        self.state.save_task(record)
    }

    fn wire(&mut self, record: &mut TaskRecord) -> Result<(), NetworkError> {
        if record.mode == Mode::Host {
            return Ok(());
        }
        let path = self.state.task_netns(&record.key);
        Namespace::remove(&path)?;
        let mut task = TaskNet::create(&path, record.owner)?;
        let Some(scope) = record.endpoint.as_ref().map(|e| e.scope.clone()) else {
            return Ok(());
        };
        self.ensure_scope(&scope)?;
        // Before it has a link, so that there is no moment without rules.
        self.admit(record)?;
        self.join_services(record)?;
        self.connect(record, &mut task)?;
        self.settle(record)?;
        if let Err(error) = self.follow_kept() {
            tracing::warn!(%error, "failed to let load balancers keep their clients' addresses; will retry with the next update");
        }
        self.wire_ipv6(record, &scope)?;
        self.open_to_host(record)?;
        self.lead_publics();
        self.mend_flows();
        Ok(())
    }

    /// The veth, under the first name that is free.
    pub(crate) fn connect(
        &mut self,
        record: &mut TaskRecord,
        task: &mut TaskNet,
    ) -> Result<(), NetworkError> {
        let mut taken = self.links();
        // Smaller from the start where there are other hosts, rather than by rejected packets.
        let mtu = self.end.map(End::inner_mtu);
        let mtu = mtu.filter(|_| matches!(record.mode, Mode::Awsvpc(_)));
        for _ in 0..NAME_ATTEMPTS {
            let Some(endpoint) = &mut record.endpoint else {
                return Ok(());
            };
            let scope = self
                .scopes
                .get_mut(&endpoint.scope)
                .ok_or_else(|| NetworkError::NoSuchScope(endpoint.scope.to_string()))?;
            match scope.connect(task, endpoint, mtu) {
                Err(error) if error.errno() == Some(libc::EEXIST) => {
                    taken.insert(endpoint.link.clone());
                    endpoint.link = self.names.veth(&record.key, &taken);
                    self.save(record)?;
                }
                done => return done,
            }
        }
        Err(NetworkError::kernel(
            "find a free name for a link",
            nix::errno::Errno::EEXIST,
        ))
    }

    /// The host's route and the published ports.
    fn open_to_host(&mut self, record: &mut TaskRecord) -> Result<(), NetworkError> {
        let (Some(endpoint), Some(host)) = (&mut record.endpoint, &mut self.host) else {
            return Ok(());
        };
        let Some(scope) = self.scopes.get(&endpoint.scope) else {
            return Ok(());
        };
        endpoint.host_reachable = host.reach(&endpoint.scope, scope.uplink, endpoint.address)?;
        host.publish(endpoint.address, &record.bindings)
    }

    /// The private range, claimed, and the host's table.
    fn ensure_host(&mut self) -> Result<(), NetworkError> {
        if self.host.is_some() {
            return Ok(());
        }
        let remembered = self.state.host()?.map(|record| record.range);
        let (wanted, shared_dir) = (self.config.bridge_subnet, &self.config.shared_dir);
        let range = host::claim_range(&self.names, shared_dir, wanted, remembered)?;
        self.prepare_host(range, Ports::new())
    }

    pub(crate) fn prepare_host(&mut self, range: Subnet, ports: Ports) -> Result<(), NetworkError> {
        let plan = Plan::new(range)
            .ok_or_else(|| NetworkError::BadConfig(format!("bridge subnet {range}")))?;
        let known = self.state.host()?;
        let (guard, publics) = known.map(|it| (it.guard, it.publics)).unzip();
        self.host = Some(Host::prepare(host::Parts {
            config: &self.config,
            names: self.names.clone(),
            plan,
            ports,
            record: self.state.host_path(),
            guard: guard.flatten(),
            publics: publics.unwrap_or_default(),
        })?);
        self.follow_peers()
    }

    pub(crate) fn ensure_scope(&mut self, scope: &Scope) -> Result<(), NetworkError> {
        if self.scopes.contains_key(scope) {
            return self.open_resolvers(scope);
        }
        self.ensure_host()?;
        let number = match self.numbers.get(scope) {
            Some(number) => *number,
            None => free_number(&self.numbers.values().copied().collect())
                .ok_or(NetworkError::TooManyScopes { limit: MAX_SCOPES })?,
        };
        let record = ScopeRecord::new(scope.clone(), number);
        self.state.save_scope(&record)?;
        self.numbers.insert(scope.clone(), number);
        let host = self.host.as_mut().ok_or(NetworkError::Stopped)?;
        let made = ScopeNet::ensure(record, &self.state, host)?;
        self.open_endpoints(&made)?;
        self.scopes.insert(scope.clone(), made);
        self.open_resolvers(scope)
    }

    fn open_endpoints(&self, made: &ScopeNet) -> Result<(), NetworkError> {
        let endpoints = self
            .config
            .endpoint_ports
            .iter()
            .map(|port| (ENDPOINT, *port));
        let metadata = self.config.instance_metadata_port;
        let metadata = metadata.filter(|_| made.record.scope != Scope::Bridge);
        let metadata = metadata.map(|port| (INSTANCE_METADATA, port));
        for (address, port) in endpoints.chain(metadata) {
            let listener = made.listen_for_requests((address, port).into())?;
            let scope = made.record.scope.clone();
            let sent = self.listeners.try_send(EndpointListener {
                scope,
                address,
                port,
                listener,
            });
            if let Err(error) = sent {
                tracing::warn!(%address, port, %error, "failed to serve the metadata endpoint of tasks or instances");
            }
        }
        Ok(())
    }

    fn listen(&self, scope: &Scope, address: SocketAddr) -> Result<TcpListener, NetworkError> {
        let found = self.scopes.get(scope);
        found
            .ok_or_else(|| NetworkError::NoSuchScope(scope.to_string()))?
            .listen(address)
    }

    fn listen_at(&self, key: &str, address: SocketAddr) -> Result<TcpListener, NetworkError> {
        let missing = || NetworkError::NoSuchAttachment(key.to_owned());
        if !self.tasks.contains_key(key) {
            return Err(missing());
        }
        let namespace = Namespace::open(&self.state.task_netns(key))?.ok_or_else(missing)?;
        scope::listen(&namespace, address)
    }

    fn detach(&mut self, key: &str, reply: Reply<()>) {
        match self.cut(key) {
            Ok(Some(remains)) => self.reaper.remove(remains, reply),
            Ok(None) => drop(reply.send(Ok(()))),
            Err(error) => drop(reply.send(Err(error))),
        }
    }

    /// As `detach`, for what was never handed out.
    pub(crate) fn discard(&mut self, key: &str) -> Result<(), NetworkError> {
        if let Some(remains) = self.cut(key)? {
            // The reaper itself tells when it fails.
            self.reaper.remove(remains, oneshot::channel().0);
        }
        Ok(())
    }

    /// Cuts an attachment off; the reaper shall remove the rest. Nothing is left on
    /// record, so its address and ports are free again.
    fn cut(&mut self, key: &str) -> Result<Option<Remains>, NetworkError> {
        let Some(record) = self.tasks.get_mut(key) else {
            return Ok(None);
        };
        // Should this end half-way, nobody takes what is left for a task's network.
        let was_wired = std::mem::take(&mut record.wired);
        match &record.endpoint {
            Some(_) if was_wired => self.state.save_task(record)?,
            Some(_) => {}
            None => self.state.forget_task(key)?,
        }
        let record = record.clone();
        let record = &record;
        self.leave_services(record)?;
        self.leave_policies(record)?;
        let mut rest = None;
        if let Some(endpoint) = &record.endpoint {
            if let Some(host) = &mut self.host {
                host.withdraw(endpoint.address, &record.bindings)?;
            }
            if let Some(scope) = self.scopes.get_mut(&endpoint.scope) {
                if is_own_key(key) {
                    scope.kept.doubt();
                }
                if let Some(host) = &mut self.host {
                    for address in endpoint.addresses() {
                        host.forget(&endpoint.scope, scope.uplink, address)?;
                    }
                }
                let disconnected = scope.disconnect(endpoint)?;
                if let Some(filter) = &mut scope.filter {
                    for address in endpoint.addresses() {
                        filter.remove(&self.view, address)?;
                    }
                }
                if disconnected {
                    let udp = record.bindings.iter().any(|b| b.protocol == Protocol::Udp);
                    rest = Some(Remains {
                        namespace: scope.namespace.clone(),
                        link: endpoint.link.clone(),
                        udp: udp.then_some(endpoint.address),
                    });
                }
            }
            let mut directory = self.directory.write();
            for address in endpoint.addresses() {
                directory.remove(&(endpoint.scope.clone(), address));
            }
        }
        if record.mode != Mode::Host {
            Namespace::remove(&self.state.task_netns(key))?;
        }
        if record.endpoint.is_some() {
            self.state.forget_task(key)?;
        }
        if let Some(TaskRecord {
            mode: Mode::Awsvpc(eni),
            ..
        }) = self.tasks.remove(key)
        {
            let interface = (eni.vpc_id, eni.eni_id);
            if self.interfaces.get(&interface).is_some_and(|k| k == key) {
                self.interfaces.remove(&interface);
            }
        }
        self.ports.release(key);
        self.held.remove(key);
        self.lead_publics();
        self.lead_ipv6();
        self.mend_flows();
        Ok(rest)
    }

    fn counters(&mut self, key: &str) -> Result<Option<Counters>, NetworkError> {
        let record = self.tasks.get(key);
        let record = record.ok_or_else(|| NetworkError::NoSuchAttachment(key.to_owned()))?;
        let Some(endpoint) = &record.endpoint else {
            return Ok(None);
        };
        match self.scopes.get_mut(&endpoint.scope) {
            Some(scope) => link::counters(&mut scope.route, &endpoint.link),
            None => Ok(None),
        }
    }

    fn recover(&self) -> Result<Vec<Recovered>, NetworkError> {
        let one = |record: &TaskRecord| {
            Ok(Recovered {
                key: record.key.clone(),
                mode: record.mode.clone(),
                attachment: record.attachment(&self.state),
                health: self.health(record)?,
            })
        };
        let tasks = self.tasks.values().filter(|t| !is_own_key(&t.key));
        tasks.map(one).collect()
    }

    pub(crate) fn health(&self, record: &TaskRecord) -> Result<Health, NetworkError> {
        if !record.wired {
            return Ok(Health::Unfinished);
        }
        let there = record.mode == Mode::Host
            || Namespace::open(&self.state.task_netns(&record.key))?.is_some();
        Ok(if there { Health::Wired } else { Health::Lost })
    }
}

fn check_eni(eni: &Eni) -> Result<(), NetworkError> {
    check_key(&eni.vpc_id)?;
    let bad = |what: String| Err(NetworkError::BadMode(what));
    let Eni {
        mac,
        address,
        subnet,
        gateway,
        ..
    } = eni;
    if !mac.is_unicast() {
        return bad(format!("{mac} is no interface's hardware address"));
    }
    if let Some(outside) = [address, gateway]
        .into_iter()
        .find(|a| !subnet.contains(**a))
    {
        return bad(format!("{outside} is not in {subnet}"));
    }
    if let Some(strange) = eni.ipv6.iter().find(|it| !ipv6::may_have(**it)) {
        return bad(format!("{strange} is no interface's address"));
    }
    if address == gateway || subnet.prefix() == 0 {
        return bad(format!(
            "address {address}, gateway {gateway}, subnet {subnet}"
        ));
    }
    Ok(())
}
