//! A scope: the namespace in which one network's tasks are routed to each other, to the host and
//! to the world. Every step does nothing where its result is there already.
//!
//! ```text
//!  task's namespace          scope's namespace                      host
//!  eth0 <address>/32 ─veth── w<id>e…  <address>/32 dev w<id>e…
//!    default via gateway     up <uplink> ──────────────────veth──── w<id>u<n> <host> peer <uplink>
//!                            lo 169.254.170.2                       <address>/32 via <uplink>
//! ```
//! Nobody asks for hardware addresses on a task's veth: both ends hold fixed neighbours, so the
//! gateway needs no machine, and a task cannot answer for another.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, UdpSocket};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, thread};

use wharf_userns::IdRange;

use crate::error::NetworkError;
use crate::groups::Filter;
use crate::guest;
use crate::host::{self, Host, Uplink};
use crate::ipv6;
use crate::kept::Kept;
use crate::model::{MacAddress, Scope, Subnet};
use crate::names::{SCOPE_UPLINK, TASK_LINK};
use crate::netlink::link::{self, Conf, End};
use crate::netlink::route::{self, Hop};
use crate::netlink::{Family, Request, Socket};
use crate::netns::Namespace;
use crate::overlay::Overlay;
use crate::peering::Peers;
use crate::policies;
use crate::ruleset;
use crate::services;
use crate::socket_option;
use crate::state::{Endpoint, ScopeRecord, StateDir};
use crate::sysctl;

/// Where stock SDKs look for credentials and metadata (spec: ecs §11).
pub const ENDPOINT: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 2);
/// Where EC2 instances look for what is known of them.
pub const INSTANCE_METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);
/// For how long the socket of an agent that ended may be held by a process it forked last, which has
/// not closed it yet.
const HELD: Duration = Duration::from_millis(500);
/// For how long the kernel keeps a connection to itself whose client says nothing.
const SILENCE_S: libc::c_int = 3;
/// The scope's end of every veth: each is alone on its wire, so all may be called the same.
pub(crate) const GATEWAY_MAC: MacAddress = MacAddress::new([0x02, b'w', b'h', b'a', b'r', b'f']);

/// Routing on, redirects off, IPv6 off until there are such addresses (`ipv6`); reverse-path filtering per link, strict for tasks. What
/// `all` says would weaken that where a distribution set it to loose, and new namespaces inherit.
const SCOPE_SETTINGS: [(&str, &str); 11] = [
    ("ipv4/ip_forward", "1"),
    ("ipv4/conf/all/rp_filter", "0"),
    ("ipv4/conf/default/rp_filter", "0"),
    // Marks of packets say where they go (`kept`), never where they may come from.
    ("ipv4/conf/all/src_valid_mark", "0"),
    ("ipv4/conf/all/send_redirects", "0"),
    ("ipv4/conf/default/send_redirects", "0"),
    ("ipv4/conf/all/accept_redirects", "0"),
    ("ipv4/conf/default/accept_redirects", "0"),
    ("ipv4/conf/all/accept_source_route", "0"),
    ("ipv6/conf/all/disable_ipv6", "1"),
    ("ipv6/conf/default/disable_ipv6", "1"),
];

/// As docker has them: any user may listen on port 80 and send pings, in a namespace that is the
/// task's alone.
const TASK_SETTINGS: [(&str, &str); 2] = [
    ("ipv4/ip_unprivileged_port_start", "0"),
    ("ipv4/ping_group_range", "0 2147483647"),
];

#[derive(Debug)]
pub(crate) struct ScopeNet {
    pub(crate) record: ScopeRecord,
    pub(crate) namespace: Arc<Namespace>,
    pub(crate) uplink: Uplink,
    pub(crate) route: Socket,
    /// What interfaces may; the bridge network has no security groups.
    pub(crate) filter: Option<Filter>,
    /// The way to other hosts; the bridge network has none.
    pub(crate) overlay: Overlay,
    /// The ways to other VPCs.
    pub(crate) peers: Peers,
    /// Where the name service is asked.
    pub(crate) resolvers: BTreeSet<Ipv4Addr>,
    /// The services of nodes of Kubernetes, by the keys of their instances.
    pub(crate) services: BTreeMap<String, services::Table>,
    /// The network policies of nodes of Kubernetes, by the same keys.
    pub(crate) policies: BTreeMap<String, policies::Table>,
    /// What writes them, once there are any.
    services_socket: Option<Socket>,
    /// What was made for IPv6.
    pub(crate) ipv6: ipv6::Made,
    /// The load balancers that may speak as their clients.
    pub(crate) kept: Kept,
}

impl ScopeNet {
    /// Makes the scope, or mends it.
    pub(crate) fn ensure(
        record: ScopeRecord,
        state: &StateDir,
        host: &mut Host,
    ) -> Result<Self, NetworkError> {
        let path = state.scope_netns(&record.scope);
        let (namespace, adopt) = match Namespace::open(&path)? {
            Some(namespace) => (namespace, true),
            None => (Namespace::create(&path, None, || Ok(()))?.0, false),
        };
        let (mut route, mut filter) = namespace
            .run(|| {
                set_all(&SCOPE_SETTINGS)?;
                Ok((host::open(Family::Route)?, host::open(Family::Netfilter)?))
            })
            .map_err(|e| NetworkError::kernel("enter a network namespace", e))
            .flatten()?;
        let uplink = ensure_uplink(&record, &namespace, &mut route, host)?;
        let filter = match &record.scope {
            Scope::Bridge => {
                ruleset::write_scope(&mut filter, &host.names)?;
                None
            }
            Scope::Vpc(vpc) => {
                let names = host.names.clone();
                Some(Filter::open(filter, names, vpc, host.plan.host(), adopt)?)
            }
        };
        Ok(Self {
            record,
            namespace: Arc::new(namespace),
            uplink,
            route,
            filter,
            overlay: Overlay::default(),
            peers: Peers::default(),
            resolvers: BTreeSet::new(),
            services: BTreeMap::new(),
            policies: BTreeMap::new(),
            services_socket: None,
            ipv6: ipv6::Made::default(),
            kept: Kept::of(!adopt),
        })
    }

    /// A veth from the scope into the task's namespace, both ends set up.
    ///
    /// # Errors
    /// `Kernel` with EEXIST if the link's name is taken.
    pub(crate) fn connect(
        &mut self,
        task: &mut TaskNet,
        endpoint: &Endpoint,
        mtu: Option<u32>,
    ) -> Result<(), NetworkError> {
        let near = End {
            name: &endpoint.link,
            mac: Some(GATEWAY_MAC),
            mtu,
        };
        let far = End {
            name: TASK_LINK,
            mac: Some(endpoint.mac),
            mtu,
        };
        self.route
            .perform(vec![link::veth(&near, &far, task.namespace.as_fd())])?;
        set_up_task(&mut task.route, endpoint)?;
        if endpoint.guest {
            guest::hand_over(&task.namespace, &mut task.route, endpoint)?;
        }
        self.hold_to_routes(&endpoint.link)?;
        self.set_up_link(endpoint)?;
        link::await_carrier(&mut task.route, TASK_LINK)
    }

    /// Strict: a task speaks only from the address that is routed to it.
    pub(crate) fn hold_to_routes(&mut self, link: &str) -> Result<(), NetworkError> {
        let strict = link::configure(link, &[(Conf::RpFilter, 1)]);
        self.route.perform(vec![strict])
    }

    /// The scope's end of a task's veth; from where it may be spoken by it is settled already.
    pub(crate) fn set_up_link(&mut self, endpoint: &Endpoint) -> Result<(), NetworkError> {
        let Endpoint {
            link: name,
            address,
            mac,
            subnet,
            ..
        } = endpoint;
        self.route
            .perform(vec![link::without_ipv6(name), link::up(name)])?;
        let index = link::require(&mut self.route, name)?;
        self.route.perform(vec![
            route::neighbour(index, *address, *mac),
            route::route(Subnet::host(*address), Hop::Link { index }),
            // What nobody has here is nowhere; it is not sought behind the uplink.
            route::route(*subnet, Hop::Unreachable),
        ])?;
        for address in &endpoint.secondary {
            self.lead(endpoint, *address)?;
        }
        Ok(())
    }

    /// Cuts a task off at once; removing its link takes the kernel longer. `false` if there is
    /// no link to be removed.
    pub(crate) fn disconnect(&mut self, endpoint: &Endpoint) -> Result<bool, NetworkError> {
        let Some(index) = link::index_of(&mut self.route, &endpoint.link)? else {
            return Ok(false);
        };
        for address in endpoint.addresses() {
            self.route.perform(vec![
                route::delete_route(Subnet::host(address), index),
                route::delete_neighbour(index, address),
            ])?;
        }
        Ok(true)
    }

    /// Leads a further address to a task's link.
    pub(crate) fn lead(
        &mut self,
        endpoint: &Endpoint,
        address: Ipv4Addr,
    ) -> Result<(), NetworkError> {
        let index = link::require(&mut self.route, &endpoint.link)?;
        self.route.perform(vec![
            route::neighbour(index, address, endpoint.mac),
            route::route(Subnet::host(address), Hop::Link { index }),
        ])
    }

    /// Leads it there no more.
    pub(crate) fn part(
        &mut self,
        endpoint: &Endpoint,
        address: Ipv4Addr,
    ) -> Result<(), NetworkError> {
        let Some(index) = link::index_of(&mut self.route, &endpoint.link)? else {
            return Ok(());
        };
        self.route.perform(vec![
            route::delete_route(Subnet::host(address), index),
            route::delete_neighbour(index, address),
        ])
    }

    /// A listening socket that only this scope's tasks reach.
    pub(crate) fn listen(&self, address: SocketAddr) -> Result<TcpListener, NetworkError> {
        listen(&self.namespace, address)
    }

    /// A socket for the namespace's rules that belong to no part of it.
    pub(crate) fn rules_socket(&mut self) -> Result<&mut Socket, NetworkError> {
        if self.services_socket.is_none() {
            let opened = self.namespace.run(|| host::open(Family::Netfilter));
            let opened = opened
                .map_err(|e| NetworkError::kernel("enter a network namespace", e))
                .flatten()?;
            self.services_socket = Some(opened);
        }
        self.services_socket.as_mut().ok_or(NetworkError::Stopped)
    }

    /// As [`ScopeNet::listen`], for protocols in which the client speaks first: the kernel hands
    /// over a connection with its first bytes, so one that says nothing costs this process nothing.
    pub(crate) fn listen_for_requests(
        &self,
        address: SocketAddr,
    ) -> Result<TcpListener, NetworkError> {
        let listener = self.listen(address)?;
        let (level, option) = (libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT);
        socket_option::set(listener.as_fd(), level, option, SILENCE_S)
            .map_err(|e| NetworkError::kernel(format!("listen on {address}"), e))?;
        Ok(listener)
    }
}

impl ScopeNet {
    /// Sockets for questions at `address`, which is the scope's own from now on.
    pub(crate) fn listen_for_names(
        &mut self,
        address: SocketAddrV4,
    ) -> Result<(UdpSocket, TcpListener), NetworkError> {
        let lo = link::require(&mut self.route, "lo")?;
        let own = route::address(lo, *address.ip(), *address.ip());
        self.route.perform(vec![own])?;
        let failed = |e| NetworkError::kernel(format!("listen on {address}"), e);
        let udp = self
            .namespace
            .run(|| UdpSocket::bind(address))
            .flatten()
            .map_err(failed)?;
        udp.set_nonblocking(true).map_err(failed)?;
        Ok((udp, self.listen(address.into())?))
    }
}

/// A listening socket inside a namespace, not blocking.
pub(crate) fn listen(
    namespace: &Namespace,
    address: SocketAddr,
) -> Result<TcpListener, NetworkError> {
    let failed = |e| NetworkError::kernel(format!("listen on {address}"), e);
    let end = Instant::now() + HELD;
    let listener = loop {
        let bound = namespace.run(|| TcpListener::bind(address)).flatten();
        match bound {
            Err(e) if e.kind() == io::ErrorKind::AddrInUse && Instant::now() < end => {
                thread::sleep(HELD / 50);
            }
            bound => break bound.map_err(failed)?,
        }
    };
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

fn ensure_uplink(
    record: &ScopeRecord,
    namespace: &Namespace,
    scope: &mut Socket,
    host: &mut Host,
) -> Result<Uplink, NetworkError> {
    let name = host.names.uplink(record.number);
    let (host_address, peer) = (host.plan.host(), host.plan.uplink(record.number));
    let there = link::index_of(&mut host.route, &name)?.is_some();
    if !(there && link::index_of(scope, SCOPE_UPLINK)?.is_some()) {
        // Half of one is the end of another namespace's, or was moved away: begin anew.
        host.route.perform(vec![link::delete(&name)])?;
        scope.perform(vec![link::delete(SCOPE_UPLINK)])?;
        let (near, far) = (
            End {
                name: &name,
                mac: None,
                mtu: None,
            },
            End {
                name: SCOPE_UPLINK,
                mac: None,
                mtu: None,
            },
        );
        let veth = link::veth(&near, &far, namespace.as_fd());
        host.route.perform(vec![veth])?;
    }
    scope.perform(vec![
        link::up("lo"),
        link::without_ipv6(SCOPE_UPLINK),
        link::up(SCOPE_UPLINK),
    ])?;
    host.route.perform(vec![
        // Published ports are reached from 127.0.0.1 too; the host's `guard` chain closes what
        // this opens towards tasks.
        link::configure(&name, &[(Conf::Forwarding, 1), (Conf::RouteLocalnet, 1)]),
        link::without_ipv6(&name),
        link::up(&name),
    ])?;
    let index = link::require(&mut host.route, &name)?;
    host.route
        .perform(vec![route::address(index, host_address, peer)])?;
    let up = link::require(scope, SCOPE_UPLINK)?;
    let lo = link::require(scope, "lo")?;
    let to_host = Hop::Via {
        index: up,
        gateway: host_address,
        source: None,
    };
    let mut requests = vec![
        route::address(lo, ENDPOINT, ENDPOINT),
        route::address(up, peer, host_address),
        route::route(Subnet::ANY, to_host),
    ];
    if let Scope::Vpc(_) = &record.scope {
        requests.push(route::address(lo, INSTANCE_METADATA, INSTANCE_METADATA));
    }
    if record.scope == Scope::Bridge {
        // The rest of the range is this scope's own; the other uplinks are the host's.
        requests.push(route::route(host.plan.zone(), to_host));
    }
    scope.perform(requests)?;
    link::await_carrier(scope, SCOPE_UPLINK)?;
    Ok(Uplink { index, peer })
}

/// A task's namespace and a socket in it.
pub(crate) struct TaskNet {
    namespace: Namespace,
    route: Socket,
}

impl TaskNet {
    /// A new one, loopback up.
    pub(crate) fn create(path: &Path, owner: Option<IdRange>) -> Result<Self, NetworkError> {
        let (namespace, route) = Namespace::create(path, owner, || {
            set_all(&TASK_SETTINGS)?;
            let mut route = host::open(Family::Route)?;
            route.perform(vec![link::up("lo")])?;
            Ok(route)
        })?;
        Ok(Self { namespace, route })
    }

    /// The one that is there; `None` if it is gone.
    fn open(path: &Path) -> Result<Option<Self>, NetworkError> {
        let Some(namespace) = Namespace::open(path)? else {
            return Ok(None);
        };
        let route = namespace
            .run(|| host::open(Family::Route))
            .map_err(|e| NetworkError::kernel("enter a network namespace", e))
            .flatten()?;
        Ok(Some(Self { namespace, route }))
    }

    /// Hands its interface to the guest of a virtual machine.
    ///
    /// # Errors
    /// `NoSuchAttachment` if it is gone; `Kernel`.
    pub(crate) fn hand_over(
        path: &Path,
        (key, endpoint): (&str, &Endpoint),
    ) -> Result<(), NetworkError> {
        let missing = || NetworkError::NoSuchAttachment(key.to_owned());
        let mut task = Self::open(path)?.ok_or_else(missing)?;
        guest::hand_over(&task.namespace, &mut task.route, endpoint)
    }

    /// The one of a task whose link is gone; `None` if it is gone itself.
    pub(crate) fn without_link(path: &Path) -> Result<Option<Self>, NetworkError> {
        let Some(mut task) = Self::open(path)? else {
            return Ok(None);
        };
        // Where the whole scope was lost, the task's end of the pair may still be on its way out.
        task.route.perform(vec![link::delete(TASK_LINK)])?;
        Ok(Some(task))
    }
}

/// Gives a task's own end of its link a further address, or takes it away. A task whose namespace is gone has neither.
pub(crate) fn change_task(
    path: &Path,
    address: Ipv4Addr,
    request: fn(u32, Ipv4Addr) -> Request,
) -> Result<(), NetworkError> {
    in_task(path, |index| vec![request(index, address)])
}

/// Asks for something of a task's own end of its link, by its index. Of a task whose namespace is gone, nothing.
pub(crate) fn in_task(
    path: &Path,
    requests: impl FnOnce(u32) -> Vec<Request>,
) -> Result<(), NetworkError> {
    in_link(path, TASK_LINK, requests)
}

/// The same of another link in its namespace.
pub(crate) fn in_link(
    path: &Path,
    link: &str,
    requests: impl FnOnce(u32) -> Vec<Request>,
) -> Result<(), NetworkError> {
    let Some(mut task) = TaskNet::open(path)? else {
        return Ok(());
    };
    match link::index_of(&mut task.route, link)? {
        Some(index) => task.route.perform(requests(index)),
        None => Ok(()),
    }
}

fn set_up_task(task: &mut Socket, endpoint: &Endpoint) -> Result<(), NetworkError> {
    let Endpoint {
        address, gateway, ..
    } = *endpoint;
    task.perform(vec![link::without_ipv6(TASK_LINK), link::up(TASK_LINK)])?;
    let index = link::require(task, TASK_LINK)?;
    task.perform(vec![route::address(index, address, address)])?;
    task.perform(outwards(index, gateway))?;
    // After the primary one, from which it speaks where nobody says otherwise.
    let further = endpoint.secondary.iter();
    task.perform(further.map(|it| route::address(index, *it, *it)).collect())
}

/// The way out of a task's namespace.
pub(crate) fn outwards(index: u32, gateway: Ipv4Addr) -> Vec<Request> {
    let any = Hop::Via {
        index,
        gateway,
        source: None,
    };
    vec![
        route::neighbour(index, gateway, GATEWAY_MAC),
        route::route(Subnet::host(gateway), Hop::Link { index }),
        route::route(Subnet::ANY, any),
    ]
}

fn set_all(settings: &[(&str, &str)]) -> Result<(), NetworkError> {
    settings
        .iter()
        .try_for_each(|(name, value)| sysctl::ensure(name, value))
}
