//! The loop that owns the configuration: takes updates over, keeps endpoints, targets and health
//! checks as they say, and reports.
//!
//! Inputs: updates, the host's addresses, health changes, targets that became free, time. All but the first come from
//! this host, so that everything goes on without the control plane.

mod endpoints;
mod groups;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use tokio::{
    runtime::Handle,
    sync::{Notify, mpsc, watch},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;
use wharf_base::Cidr;
use wharf_planeproto::{
    access_logs::{LogKind, Place},
    balancer::{Action, BalancerInterface, BalancerKind, LoadBalancer, TargetRef},
    report::TargetHealth,
};

use self::{
    endpoints::{Endpoints, Ground},
    groups::Groups,
};
use crate::{
    HostAddresses, LbConfig, LbError, LbUpdate, Update,
    access_log::{Destination, LogId},
    config::{Registry, table},
    endpoint::Porter,
    health::Changed,
    netns::{Origin, Sockets},
    oidc::provider::Providers,
    rooms::{Rooms, Shares},
    worker::{Shared, Threads, Workers},
};

/// Health changes that may wait; checkers wait with them.
const CHANGES: usize = 256;
/// After the first snapshot, what the process before this one left is kept for so long: that
/// snapshot may come from disk, without the changes of the last second.
const SETTLE_AFTER: Duration = Duration::from_secs(3);
/// Between looks at who else listens on the host, and at what is remembered of users who log in.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Descriptors for everything but connections: listening sockets, logs, health checks.
const OTHER_DESCRIPTORS: usize = 256;

/// Connections that fit below the process's limit of descriptors.
struct Budget {
    clients: usize,
    targets: usize,
}

impl Budget {
    /// Two fifths for clients; a client of HTTP/2 may have several requests with targets, and
    /// connections to targets are kept for a while.
    fn of_this_process(most_clients: usize) -> Self {
        use nix::sys::resource::{Resource, getrlimit};
        let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((1024, 1024));
        let soft = usize::try_from(soft).unwrap_or(usize::MAX);
        let free = soft.saturating_sub(OTHER_DESCRIPTORS).max(64);
        let clients = (free / 5 * 2).min(most_clients);
        Self {
            clients,
            targets: free / 2,
        }
    }
}

pub struct Control {
    config: LbConfig,
    /// The host's addresses that are in force, and where it is said that they are others.
    host: HostAddresses,
    moves: watch::Receiver<HostAddresses>,
    /// Those that the workers know.
    unkept: Arc<ArcSwap<Vec<Cidr>>>,
    registry: Registry,
    groups: Groups,
    endpoints: Endpoints,
    unsettled: Unsettled,
    workers: Workers,
    threads: Threads,
    providers: Providers,
    changes: mpsc::Receiver<Changed>,
    freed: Arc<Notify>,
    /// The latest of each target that was not reported yet.
    outbox: BTreeMap<TargetRef, TargetHealth>,
    reports: mpsc::Sender<Vec<TargetHealth>>,
}

/// Whether what the process before this one left, sockets and health, is still kept.
enum Unsettled {
    /// No snapshot came yet.
    ToldNothing,
    Until(Instant),
    Settled,
}

impl Unsettled {
    async fn over(&self) {
        match self {
            Self::Until(end) => tokio::time::sleep_until(*end).await,
            Self::ToldNothing | Self::Settled => std::future::pending().await,
        }
    }
}

impl Control {
    /// Starts the threads; nothing listens before the first update.
    pub fn start(
        config: LbConfig,
        reports: mpsc::Sender<Vec<TargetHealth>>,
    ) -> Result<Self, LbError> {
        let sockets = Sockets::start().map_err(LbError::Sockets)?;
        let budget = Budget::of_this_process(config.max_connections);
        config.metrics.set_connections_max(budget.clients);
        let providers = Providers::new(config.egress.clone(), Handle::current());
        let mut moves = config.addresses.subscribe();
        let host = moves.borrow_and_update().clone();
        config.ports.listen_at(&host.listen);
        let unkept = Arc::new(ArcSwap::from_pointee(host.unkept.clone()));
        let shared = Shared {
            sockets: sockets.clone(),
            upstreams: Rooms::new(budget.targets),
            pace: config.pace,
            unkept: Arc::clone(&unkept),
            providers: providers.clone(),
        };
        let (workers, threads) =
            Workers::start(config.workers, &shared).map_err(LbError::Worker)?;
        let (changed, changes) = mpsc::channel(CHANGES);
        let freed = Arc::new(Notify::new());
        let remembered = config.last_known.borrow().clone();
        let porter = Porter {
            sockets: sockets.clone(),
            holder: Arc::clone(&config.holder),
            closed: config.closed.clone(),
            workers: workers.clone(),
            ports: config.ports.clone(),
            rooms: Rooms::of(Shares {
                all: budget.clients,
                source: config.source_connections,
                owner: config.balancer_connections,
            }),
            listen_pause: config.listen_pause,
        };
        Ok(Self {
            groups: Groups::new(
                sockets,
                workers.clone(),
                changed,
                Arc::clone(&freed),
                remembered,
            ),
            endpoints: Endpoints::new(porter),
            unsettled: Unsettled::ToldNothing,
            config,
            host,
            moves,
            unkept,
            registry: Registry::default(),
            workers,
            threads,
            providers,
            changes,
            freed,
            outbox: BTreeMap::new(),
            reports,
        })
    }

    pub async fn run(mut self, mut updates: mpsc::Receiver<LbUpdate>, shutdown: CancellationToken) {
        let mut told = true;
        let mut reported = true;
        // What the host's programs have is theirs before the first endpoint opens.
        self.config.ports.look();
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let reports = self.reports.clone();
        loop {
            let wait = self.groups.settle_draining();
            self.collect_reports();
            tokio::select! {
                () = shutdown.cancelled() => break,
                update = updates.recv(), if told => match update {
                    Some(update) => self.update(update),
                    None => told = false,
                },
                Ok(()) = self.moves.changed() => self.moved(),
                Some(changed) = self.changes.recv() => self.groups.changed(changed),
                () = self.freed.notified() => {}
                _ = looks.tick() => {
                    self.config.ports.look();
                    self.providers.sweep();
                }
                () = self.unsettled.over() => self.settle(),
                () = tokio::time::sleep(wait.unwrap_or(Duration::MAX)), if wait.is_some() => {}
                permit = reports.reserve(), if reported && !self.outbox.is_empty() => match permit {
                    Ok(permit) => permit.send(std::mem::take(&mut self.outbox).into_values().collect()),
                    Err(_) => reported = false,
                },
            }
        }
        self.stop().await;
    }

    fn update(&mut self, update: LbUpdate) {
        let whole = matches!(update.update, Update::Snapshot(_));
        let done = self.registry.apply(update.update);
        self.reconcile(&[]);
        if whole {
            self.groups.report_again();
            if matches!(self.unsettled, Unsettled::ToldNothing) {
                self.unsettled = Unsettled::Until(Instant::now() + SETTLE_AFTER);
            }
        }
        if let Err(refused) = &done {
            let why = refused.to_string();
            tracing::warn!(why, "rejected parts of the configuration");
        }
        // Who no longer waits for the answer knows why.
        let _ = update.done.send(done);
    }

    /// The host has other addresses. Sockets at those that stay and open connections, at those that do not stay too, are left as
    /// they are.
    fn moved(&mut self) {
        let now = self.moves.borrow_and_update().clone();
        if now == self.host {
            return;
        }
        let mut left = std::mem::replace(&mut self.host, now).listen;
        left.retain(|it| !self.host.listen.contains(it));
        self.unkept.store(Arc::new(self.host.unkept.clone()));
        self.config.ports.listen_at(&self.host.listen);
        // What the host's programs have there is theirs before the first endpoint opens.
        self.config.ports.look();
        // Nothing is open before the first snapshot, which finds these addresses.
        if !matches!(self.unsettled, Unsettled::ToldNothing) {
            self.reconcile(&left);
        }
    }

    /// What the process before this one left has been taken over, or nobody wants it.
    fn settle(&mut self) {
        self.unsettled = Unsettled::Settled;
        self.endpoints.settle();
        self.groups.forget_unclaimed();
    }

    /// Makes everything as the registry says. `left`: where on the host load balancers no longer listen, since it has other addresses.
    fn reconcile(&mut self, left: &[IpAddr]) {
        let served = self.served();
        let uses = group_uses(&self.registry, &served);
        let metrics = &self.config.metrics;
        self.groups.reconcile(&self.registry, &uses, metrics);
        metrics.assign_groups(
            |arn| self.registry.groups.contains_key(arn),
            |arn| Some(uses.get(arn)?.balancer.as_str()),
        );
        let logs = self.config.logs.clone();
        logs.follow(logged(&self.registry, &served));
        let ground = Ground {
            listen: &self.host.listen,
            left,
        };
        self.endpoints
            .reconcile(&self.registry, &served, &self.groups, &self.config, ground);
        // Their requests are told of elsewhere from now on.
        logs.hurry();
        self.workers.sweep();
    }

    /// The load balancers that this host serves, by ARN.
    fn served(&self) -> BTreeMap<String, Served> {
        let balancers = self.registry.balancers.iter();
        let served = balancers.filter_map(|(arn, balancer)| {
            let served = self.serving(&balancer.record)?;
            Some((arn.clone(), served))
        });
        served.collect()
    }

    /// One without any interface is in no VPC (yet) and is served from the host's own network;
    /// one whose interfaces are all on other hosts is theirs.
    fn serving(&self, balancer: &LoadBalancer) -> Option<Served> {
        let own = |it: &&BalancerInterface| it.host == self.config.own_host;
        match balancer.interfaces.iter().find(own) {
            Some(interface) => Some(Served {
                origin: Origin::Namespace((self.config.netns)(&interface.id).into()),
                interface: Some(interface.clone()),
            }),
            None if balancer.interfaces.is_empty() => Some(Served {
                origin: Origin::Host,
                interface: None,
            }),
            None => None,
        }
    }

    fn collect_reports(&mut self) {
        let reports = self.groups.reports();
        if !reports.is_empty() {
            self.config.last_known.send_replace(self.groups.known());
        }
        for health in reports {
            self.outbox.insert(health.target.clone(), health);
        }
    }

    /// Closes the endpoints and waits for the workers to finish what is under way.
    async fn stop(mut self) {
        self.endpoints.close();
        self.workers.stop();
        let threads = self.threads;
        if tokio::task::spawn_blocking(move || threads.join())
            .await
            .is_err()
        {
            tracing::error!("failed to wait for the workers");
        }
    }
}

/// A load balancer on this host.
pub struct Served {
    pub origin: Origin,
    pub interface: Option<BalancerInterface>,
}

/// A group that is in use.
pub struct Use {
    /// ARN of its load balancer.
    pub balancer: String,
    /// From where its targets are reached.
    pub origin: Origin,
}

/// The logs that load balancers of this host keep, and where.
fn logged(registry: &Registry, served: &BTreeMap<String, Served>) -> BTreeMap<LogId, Destination> {
    let mut logged = BTreeMap::new();
    for (arn, served) in served {
        let Some(balancer) = registry.balancers.get(arn).map(|it| &it.record) else {
            continue;
        };
        let own = served.interface.as_ref().map(|it| it.address);
        let address = own.or(balancer.public_address);
        let node = address.unwrap_or(Ipv4Addr::LOCALHOST).into();
        let is_of_requests = balancer.kind == BalancerKind::Application;
        for kind in LogKind::ALL {
            let place = Place::of(kind, &balancer.attributes);
            if let Some(place) = place.filter(|_| is_of_requests || kind == LogKind::Access) {
                logged.insert((arn.clone(), kind), Destination { place, node });
            }
        }
    }
    logged
}

/// The groups that are in use. A group belongs to one load balancer; should two use it, the first by ARN
/// counts.
fn group_uses(registry: &Registry, served: &BTreeMap<String, Served>) -> BTreeMap<String, Use> {
    let of_listeners = registry
        .listeners
        .values()
        .map(|it| (&it.load_balancer, &it.default_actions));
    let of_rules = registry.rules.values().filter_map(|it| {
        let listener = registry.listeners.get(&it.rule.listener)?;
        Some((&listener.load_balancer, &it.rule.actions))
    });
    let mut uses: Vec<(&String, &Vec<Action>)> = of_listeners.chain(of_rules).collect();
    uses.sort_by_key(|(balancer, _)| *balancer);
    let mut found = BTreeMap::new();
    for (balancer, actions) in uses {
        if let Some(served) = served.get(balancer) {
            for group in table::groups_of(actions) {
                found.entry(group.to_owned()).or_insert_with(|| Use {
                    balancer: balancer.clone(),
                    origin: served.origin.clone(),
                });
            }
        }
    }
    found
}
