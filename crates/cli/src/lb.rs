//! `wharf lb`: carries load balancers on this machine. What they are comes over the plane stream, or
//! from disk while no control plane answers; how their targets are goes back.

mod access_logs;
mod memory;

use std::{
    cell::Cell, collections::BTreeSet, net::IpAddr, path::Path, process::ExitCode, sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;
use wharf_agent::{Identity, IdentityFile, ThisHost, client::Api};
use wharf_base::{Cidr, SystemClock};
use wharf_durable::Durability;
use wharf_egress::Egress;
use wharf_lb::{
    AccessLogs, HoldNothing, Holder, HostAddresses, LbConfig, LbUpdate, Metrics as LbMetrics,
    Minutes, PortRanges, PortRules, Ports, UnboundEndpoints, Update as LbChange,
};
use wharf_link::{CurrentKeys, Delivery, Dialer, Endpoint, LinkConfig, Subscription, Update};
use wharf_network::Network;
use wharf_planeproto::{Plane, network::balancer_attachment};
use wharf_seal::Keyring;

use self::access_logs::Carrier;
use crate::{
    args::{BalancerArgs, LbArgs},
    layout::Layout,
    log, metrics,
    problem::Problem,
    ready, roles,
    sockets::Keeper,
    supervisor::AGAIN,
};

/// In the node's folder.
pub const STATE_FILE: &str = "load-balancer-plane.json";
/// How much of what was counted was told, in the node's folder.
const TOLD_FILE: &str = "load-balancer-told.json";
/// How often the agent's file is looked at while it is waited for.
const FIRST_LOOKS: Duration = Duration::from_millis(100);
/// How often it is looked at for what is new.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Updates and reports that may wait.
const QUEUE: usize = 16;
/// For what was measured last, once the load balancers have ended.
const LAST_WORD: Duration = Duration::from_secs(2);
/// Traffic has threads of its own.
const WORKERS: usize = 1;

pub fn run(args: &LbArgs) -> Result<ExitCode, Problem> {
    roles::require_root()?;
    roles::keep_files_private();
    let layout = Layout::new(&args.data.data)?;
    roles::require_installation(&layout)?;
    log::start(&layout, log::BALANCER, &args.log);
    let keyring = roles::node_keyring(&layout)?;
    let identity = roles::identity(&layout, &keyring)?;
    let (ready_fd, local) = (args.ready_fd, args.local_listen.clone());
    let shares = args.balancers.clone();
    let metrics_at = args.metrics;
    let holder = holder(args.sockets_fd)?;
    let anew = Cell::new(false);
    let other_host = &anew;
    let ended = roles::block_on(WORKERS, async move {
        let shutdown = roles::cancelled_by_signals()?;
        let (counted, closed) = (counted(&layout), UnboundEndpoints::default());
        let logs = AccessLogs::default();
        let shown = metrics::of_balancers(layout.root(), &counted, &closed, &logs);
        metrics::serve(
            shown,
            &layout,
            metrics::BALANCER_SOCKET,
            metrics_at,
            &shutdown,
        );
        // What comes from now on takes as long as the agent's registration.
        ready::tell(ready_fd);
        let node_dir = layout.node();
        let seen = tokio::select! {
            seen = this_host(&node_dir, FIRST_LOOKS, |_| true) => seen?,
            () = shutdown.cancelled() => return Ok(()),
        };
        let ground = Ground {
            given: local,
            is_joined: layout.joined(),
            cannot_tell: wharf_network::trial::of_senders().is_err(),
        };
        let addresses = watch::Sender::new(ground.addresses(&seen));
        let place = Placement {
            addresses: addresses.clone(),
            shares,
            holder,
            counted,
            closed,
            logs,
        };
        let serving = serve(&layout, (identity, keyring), &seen, place, shutdown.clone());
        tokio::select! {
            served = serving => served,
            // The supervisor starts this again, as the load balancer of the new host.
            other = until_another(&node_dir, seen.clone(), &ground, &addresses) => {
                other?;
                tracing::info!("this host's identity changed; starting again");
                other_host.set(true);
                Ok(())
            }
        }
    })?;
    Ok(match anew.get() {
        true => ExitCode::from(AGAIN),
        false => ended,
    })
}

/// Counters that the next process finds, whatever this one dies of.
fn counted(layout: &Layout) -> LbMetrics {
    let told = layout.node().join(TOLD_FILE);
    // On a disk they would have traffic wait for it, and one that fails would end this process.
    let kept = match layout.counts_in_memory("load-balancers") {
        Ok(Some(folder)) => LbMetrics::kept_in(&told, &folder),
        Ok(None) => Err(std::io::Error::other(
            "neither /run nor /dev/shm is in memory and writable",
        )),
        Err(cause) => Err(std::io::Error::other(cause.to_string())),
    };
    kept.unwrap_or_else(|error| {
        tracing::warn!(%error, "failed to keep counters outside of this process; what it counted is lost if it is killed");
        LbMetrics::default()
    })
}

/// Who holds the listening sockets beyond this process's life.
fn holder(descriptor: Option<i32>) -> Result<Holder, Problem> {
    let Some(number) = descriptor else {
        return Ok(Arc::new(HoldNothing));
    };
    let keeper = Keeper::of_descriptor(number)
        .map_err(|cause| Problem::caused("the supervisor cannot be reached", cause))?;
    Ok(Arc::new(keeper))
}

/// Waits until the agent has written down which host this is, and it is as `wanted`.
async fn this_host(
    node_dir: &Path,
    every: Duration,
    wanted: impl Fn(&ThisHost) -> bool,
) -> Result<ThisHost, Problem> {
    let mut tick = interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let found = ThisHost::load(node_dir)
            .map_err(|cause| Problem::caused("which host this is cannot be read", cause))?;
        if let Some(found) = found.filter(&wanted) {
            return Ok(found);
        }
    }
}

/// Follows where this host is reached, until it is another host.
async fn until_another(
    node_dir: &Path,
    mut seen: ThisHost,
    ground: &Ground,
    addresses: &watch::Sender<HostAddresses>,
) -> Result<(), Problem> {
    loop {
        let now = this_host(node_dir, LOOK_EVERY, |now| later(&seen, now) != seen).await?;
        seen = match later(&seen, &now) {
            now if now.instance_id != seen.instance_id => return Ok(()),
            now => now,
        };
        let new = ground.addresses(&seen);
        addresses.send_if_modified(|known| {
            let is_new = *known != new;
            if is_new {
                tracing::info!(listen = ?new.listen, "this host's addresses changed; load balancers follow");
                *known = new;
            }
            is_new
        });
    }
}

/// The host as it is known now. An address that is not known, as while an agent begins, is the one of before.
fn later(before: &ThisHost, now: &ThisHost) -> ThisHost {
    ThisHost {
        instance_id: now.instance_id.clone(),
        underlay: now.underlay.or(before.underlay),
        gateway: now.gateway.or(before.gateway),
    }
}

/// What decides where load balancers are on a host, beside the host.
struct Ground {
    /// Where they are to listen and nowhere else, if anything.
    given: Vec<IpAddr>,
    is_joined: bool,
    /// The kernel cannot say to other hosts whose a packet is.
    cannot_tell: bool,
}

impl Ground {
    fn addresses(&self, host: &ThisHost) -> HostAddresses {
        HostAddresses {
            listen: self.listen(host),
            unkept: self.unkept(host),
        }
    }

    /// Where every load balancer also answers: loopback, where other machines reach a joined node, and
    /// where tasks of this host's networks reach it.
    fn listen(&self, host: &ThisHost) -> Vec<IpAddr> {
        if !self.given.is_empty() {
            return self.given.clone();
        }
        let underlay = host.underlay.filter(|_| self.is_joined);
        [IpAddr::from([127, 0, 0, 1])]
            .into_iter()
            .chain(underlay)
            .chain(host.gateway.map(IpAddr::from))
            .collect()
    }

    /// The host as its networks see it, and their ends of what joins them to it. Everybody, where the kernel cannot say to other
    /// hosts whose a packet is: answers from there would be lost.
    fn unkept(&self, host: &ThisHost) -> Vec<Cidr> {
        let range = host.gateway.map(|gateway| format!("{gateway}/26"));
        let all = self.cannot_tell.then(|| "0.0.0.0/0".to_owned());
        let ranges = range.into_iter().chain(all);
        ranges.filter_map(|it| Cidr::canonical(&it).ok()).collect()
    }
}

/// Where it is on the host, and what it may take there.
struct Placement {
    addresses: watch::Sender<HostAddresses>,
    shares: BalancerArgs,
    holder: Holder,
    /// Where it counts, and says which addresses it cannot have.
    counted: LbMetrics,
    closed: UnboundEndpoints,
    logs: AccessLogs,
}

/// What load balancers may take of the host's ports; the control plane's own is never theirs.
fn rules(allowed: PortRanges, identity: &Identity) -> Result<PortRules, Problem> {
    let endpoint = Endpoint::parse(&identity.endpoint)
        .map_err(|cause| Problem::caused("this node's identity is unusable", cause))?;
    let mut reserved: BTreeSet<u16> = PortRules::default().reserved;
    reserved.insert(endpoint.port);
    Ok(PortRules { allowed, reserved })
}

async fn serve(
    layout: &Layout,
    (identity, keyring): (Identity, Keyring),
    host: &ThisHost,
    place: Placement,
    shutdown: CancellationToken,
) -> Result<(), Problem> {
    let networks = layout.node().join("network");
    let netns = move |eni: &str| Network::netns_path(&networks, &balancer_attachment(eni));
    let mut config = LbConfig::new(&host.instance_id, Arc::new(netns));
    let seen_ports = layout.node().join(memory::PORTS);
    let BalancerArgs {
        lb_ports,
        lb_connections,
        lb_source_connections,
        lb_balancer_connections,
        lb_allow_egress,
    } = place.shares;
    // Providers are believed as the machine believes others: by its own authorities.
    config.egress = Egress::to(lb_allow_egress);
    config.max_connections = lb_connections;
    config.source_connections = lb_source_connections;
    config.balancer_connections = lb_balancer_connections;
    let rules = rules(lb_ports, &identity)?;
    let listen = place.addresses.borrow().listen.clone();
    config.ports = Ports::new(rules, &listen, memory::load(&seen_ports));
    config.addresses = place.addresses;
    config.holder = place.holder;
    place.counted.told_by(&host.instance_id);
    let mut minutes = Minutes::new(place.counted.clone());
    config.metrics = place.counted;
    config.closed = place.closed;
    config.logs = place.logs.clone();
    let spool = layout.node().join(access_logs::SPOOL);
    let carrier = Carrier::open(place.logs, &host.instance_id, spool)
        .map_err(|cause| Problem::caused("the folder of access logs cannot be used", cause))?;
    let ports = config.ports.changes();
    let health = layout.node().join(memory::HEALTH);
    config.last_known.send_replace(memory::load(&health));
    let known = config.last_known.subscribe();
    let mut closed = config.closed.changes();
    // Kept to the end: the instance id does not change while this runs.
    let (_instance, is_instance) = watch::channel(Some(host.instance_id.clone()));
    let keys = CurrentKeys::new(identity.signing_keys());
    let identity_file = IdentityFile::new(layout.node_identity(), keyring.clone(), keys.clone());
    let link = link(layout, &identity, keyring, keys, is_instance)?;
    let api = Api::new(
        link.endpoint.clone(),
        link.dialer.clone(),
        link.keys.clone(),
        &link.region,
        link.clock.clone(),
    );
    // Deliveries are held to the end: without them the subscription is over, and tells nothing any more.
    let (subscription, mut deliveries) = Subscription::start(link);
    let (updates, update_queue) = mpsc::channel(QUEUE);
    let (reports, mut report_queue) = mpsc::channel(QUEUE);
    let report = async {
        while let Some(health) = report_queue.recv().await {
            subscription.report(health);
        }
        std::future::pending::<()>().await;
    };
    let tell_closed = async {
        loop {
            subscription.closed(closed.next().await);
        }
    };
    subscription.measured(minutes.left());
    let measure = async {
        loop {
            let told = minutes.next(|| subscription.unkept()).await;
            subscription.measured(told);
        }
    };
    let ended = tokio::select! {
        ended = wharf_lb::run(config, update_queue, reports, shutdown) => {
            ended.map_err(|cause| Problem::caused("load balancers cannot be carried", cause))
        }
        () = pass_on(&mut deliveries, updates) => Ok(()),
        () = report => Ok(()),
        () = tell_closed => Ok(()),
        () = measure => Ok(()),
        () = carrier.run(&api) => Ok(()),
        () = memory::keep(known, health, Durability::Process) => Ok(()),
        // A machine that starts again may start us before the programs that had ports.
        () = memory::keep(ports, seen_ports, Durability::Machine) => Ok(()),
        () = identity_file.follow() => Ok(()),
    };
    subscription.measured(minutes.rest(subscription.unkept()));
    carrier.rest().await;
    // What cannot be told now the next process tells.
    let _ = timeout(LAST_WORD, subscription.all_kept()).await;
    minutes.rest(subscription.unkept());
    ended
}

fn link(
    layout: &Layout,
    identity: &Identity,
    keyring: Keyring,
    keys: CurrentKeys,
    instance: watch::Receiver<Option<String>>,
) -> Result<LinkConfig, Problem> {
    Ok(LinkConfig {
        endpoint: Endpoint::parse(&identity.endpoint)
            .map_err(|cause| Problem::caused("this node's identity is unusable", cause))?,
        dialer: Dialer::new(layout.authority().as_deref())
            .map_err(|cause| Problem::caused("the authority cannot be trusted", cause))?,
        keys,
        region: identity.region.clone(),
        plane: Plane::LoadBalancer,
        state_file: layout.node().join(STATE_FILE),
        keyring: Some(keyring),
        instance,
        underlay: None,
        clock: Arc::new(SystemClock),
    })
}

/// Hands each delivery to the load balancers, and their answer back. Never returns: without
/// deliveries the last configuration stays in force.
async fn pass_on(deliveries: &mut mpsc::Receiver<Delivery>, updates: mpsc::Sender<LbUpdate>) {
    while let Some(mut delivery) = deliveries.recv().await {
        let none = Update::Changes(Vec::new());
        let update = match std::mem::replace(&mut delivery.update, none) {
            Update::Snapshot(resources) => LbChange::Snapshot(resources),
            Update::Changes(changes) => LbChange::Changes(changes),
        };
        let (done, answer) = oneshot::channel();
        if updates.send(LbUpdate { update, done }).await.is_err() {
            break;
        }
        match answer.await {
            Ok(Ok(())) => delivery.applied(),
            Ok(Err(why)) => delivery.refused(why.to_string()),
            Err(_) => delivery.refused("the load balancers ended"),
        }
    }
    std::future::pending::<()>().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(id: &str, underlay: Option<u8>, gateway: Option<u8>) -> ThisHost {
        ThisHost {
            instance_id: id.to_owned(),
            underlay: underlay.map(|last| [10, 0, 0, last].into()),
            gateway: gateway.map(|last| [10, 213, 0, last].into()),
        }
    }

    fn ground(given: &[IpAddr]) -> Ground {
        Ground {
            given: given.to_vec(),
            is_joined: true,
            cannot_tell: false,
        }
    }

    #[test]
    fn an_address_that_is_not_known_for_a_moment_stays() {
        let before = host("i-1", Some(1), Some(1));
        assert_eq!(later(&before, &host("i-1", None, None)), before);
        let moved = host("i-1", Some(2), None);
        assert_eq!(later(&before, &moved), host("i-1", Some(2), Some(1)));
        let first = host("i-1", None, None);
        assert_eq!(later(&first, &before), before);
        assert_eq!(later(&before, &host("i-2", None, None)).instance_id, "i-2");
    }

    #[test]
    fn addresses_follow_from_the_host() {
        let loopback = IpAddr::from([127, 0, 0, 1]);
        let underlay = IpAddr::from([10, 0, 0, 7]);
        let gateway = IpAddr::from([10, 213, 0, 1]);
        let whole = host("i-1", Some(7), Some(1));
        let mut ground = ground(&[]);
        let addresses = ground.addresses(&whole);
        assert_eq!(addresses.listen, [loopback, underlay, gateway]);
        assert_eq!(addresses.unkept, ["10.213.0.0/26".parse().unwrap()]);
        let bare = ground.addresses(&host("i-1", None, None));
        assert_eq!((bare.listen, bare.unkept), (vec![loopback], vec![]));
        ground.is_joined = false;
        ground.cannot_tell = true;
        let addresses = ground.addresses(&whole);
        assert_eq!(addresses.listen, [loopback, gateway]);
        assert_eq!(addresses.unkept.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_hosts_file_is_followed_until_it_names_another_host() {
        let folder = tempfile::tempdir().unwrap();
        let write = |host: &ThisHost| {
            let json = serde_json::to_vec(host).unwrap();
            std::fs::write(folder.path().join("host.json"), json).unwrap();
        };
        let (first, ground) = (host("i-1", None, None), ground(&[]));
        write(&first);
        let addresses = watch::Sender::new(ground.addresses(&first));
        let mut changes = addresses.subscribe();
        let following = until_another(folder.path(), first.clone(), &ground, &addresses);
        let changing = async {
            let networked = host("i-1", None, Some(1));
            write(&networked);
            changes.changed().await.unwrap();
            let now = changes.borrow_and_update().clone();
            assert_eq!(now, ground.addresses(&networked));
            // As an agent that begins does, which knows no address yet.
            write(&first);
            tokio::time::sleep(3 * LOOK_EVERY).await;
            assert!(!changes.has_changed().unwrap());
            write(&host("i-2", None, None));
        };
        let (followed, ()) = tokio::join!(following, changing);
        followed.unwrap();
        assert!(!changes.has_changed().unwrap());
    }

    #[test]
    fn addresses_that_are_given_stay_whatever_the_host_is() {
        let given = [IpAddr::from([10, 9, 8, 7])];
        let addresses = ground(&given).addresses(&host("i-1", Some(7), Some(1)));
        assert_eq!(addresses.listen, given);
        assert_eq!(addresses.unkept.len(), 1);
    }
}
