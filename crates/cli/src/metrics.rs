//! `--metrics ADDR`: where the parts of wharf serve their metrics, each on a port of its own; and what
//! those of a node are.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
};

use tokio_util::sync::CancellationToken;
use wharf_agent::{Counted, Figures};
use wharf_lb::{AccessLogs, BalancerCounts, Metrics as LbMetrics, UnboundEndpoints};
use wharf_metrics::{Labels, Metrics};

use crate::{layout::Layout, problem::Problem};

/// Where no metrics are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("it is an address and a port, such as 127.0.0.1:9460")]
    Form,
    #[error("it must be a port of a loopback address: nobody is asked who reads")]
    NotLoopback,
}

/// An address of this machine alone: whoever reaches it may read.
pub fn parse(text: &str) -> Result<SocketAddr, BadAddress> {
    let address: SocketAddr = text.parse().map_err(|_| BadAddress::Form)?;
    if !address.ip().is_loopback() || address.port() == 0 {
        return Err(BadAddress::NotLoopback);
    }
    Ok(address)
}

/// The address of the part that comes `next` after the first: the ports follow each other.
pub fn following(first: SocketAddr, next: u16) -> Option<SocketAddr> {
    let port = first.port().checked_add(next)?;
    Some(SocketAddr::new(first.ip(), port))
}

/// The first of `count` ports from `first` on that another program has.
pub fn require_free(first: Option<SocketAddr>, count: u16) -> Result<(), Problem> {
    let Some(first) = first else { return Ok(()) };
    let taken = (0..count)
        .filter_map(|next| following(first, next))
        .find(|address| {
            TcpListener::bind(address).is_err_and(|it| it.kind() == ErrorKind::AddrInUse)
        });
    taken.map_or(Ok(()), |address| Err(Problem::MetricsPortInUse { address }))
}

/// The sockets in the node's folder at which the agent's and the load balancers' metrics are read by
/// `wharf doctor`, whatever `--metrics` says.
pub const AGENT_SOCKET: &str = "metrics.sock";
pub const BALANCER_SOCKET: &str = "load-balancer-metrics.sock";

/// Serves the metrics of a part of the node in the background: at its socket in the node's folder, and
/// at `address` if there is one.
pub fn serve(
    metrics: Metrics,
    layout: &Layout,
    socket: &'static str,
    address: Option<SocketAddr>,
    stop: &CancellationToken,
) {
    let metrics = Arc::new(metrics);
    let (folder, shown, ends) = (layout.node(), metrics.clone(), stop.clone());
    tokio::spawn(async move {
        if let Err(error) = wharf_metrics::serve_in(&folder, socket, shown, ends).await {
            tracing::error!(socket, %error, "failed to serve metrics");
        }
    });
    let Some(address) = address else { return };
    let stop = stop.clone();
    tokio::spawn(async move {
        if let Err(error) = wharf_metrics::serve(address, metrics, stop).await {
            tracing::error!(%address, %error, "failed to serve metrics");
        }
    });
}

/// Those of the agent.
pub fn of_agent(data: &Path, figures: &Figures) -> Metrics {
    let mut metrics = Metrics::new(data);
    let of = figures.clone();
    metrics.gauges(
        "wharf_agent_tasks",
        "Tasks that this node knows, by status",
        move || {
            let row = |(status, count): (&str, usize)| {
                (vec![("status", status.to_owned())], count as f64)
            };
            of.tasks().into_iter().map(row).collect()
        },
    );
    let of = figures.clone();
    metrics.gauge(
        "wharf_agent_connected",
        "1 while the control plane has this node's session",
        move || f64::from(u8::from(of.is_connected())),
    );
    let of = figures.clone();
    metrics.counter(
        "wharf_agent_failed_saves",
        "Tries to write the node's state that the disk refused",
        move || of.failed_saves() as f64,
    );
    let of = figures.clone();
    metrics.counters(
        "wharf_agent_pulls",
        "Images that were pulled, and that could not be",
        move || {
            let (well, failed) = of.pulls();
            labelled("outcome", [("pulled", well), ("failed", failed)])
        },
    );
    let of = figures.clone();
    metrics.counter(
        "wharf_agent_pull_seconds",
        "How long all pulls took together",
        move || of.pull_time().as_secs_f64(),
    );
    let of = figures.clone();
    metrics.counter(
        "wharf_agent_downloaded_bytes",
        "Bytes of layers that came from registries",
        move || of.downloaded_bytes() as f64,
    );
    let of = figures.clone();
    metrics.counters(
        "wharf_agent_layers",
        "Layers of images that came whole, by where they came from",
        move || {
            let (registries, peers) = (of.downloaded_layers(), of.shared_layers().brought);
            labelled("from", [("registry", registries), ("peer", peers)])
        },
    );
    let of = figures.clone();
    metrics.counters(
        "wharf_agent_layers_on_demand",
        "Layers that containers began on before they were here, and what became of them",
        move || {
            let it = of.on_demand();
            let states = [
                ("begun", it.begun),
                ("completed", it.completed),
                ("broken", it.broken),
            ];
            labelled("state", states)
        },
    );
    let of = figures.clone();
    metrics.counter(
        "wharf_agent_spans_on_demand",
        "Parts of such layers that somebody waited for",
        move || of.on_demand().spans as f64,
    );
    let of = figures.clone();
    metrics.gauge(
        "wharf_agent_sharing",
        "1 while the control plane knows which layers this node shares",
        move || f64::from(u8::from(of.is_sharing())),
    );
    type Shared = fn(&Counted) -> u64;
    let shared: [(&'static str, &'static str, Shared); 5] = [
        (
            "wharf_agent_peer_bytes",
            "Bytes of layers that came from other nodes",
            |it| it.brought_bytes,
        ),
        (
            "wharf_agent_peer_failures",
            "Times that another node did not bring a layer, so that it came from elsewhere",
            |it| it.failed,
        ),
        (
            "wharf_agent_shared_layers",
            "Layers that were sent to other nodes",
            |it| it.given,
        ),
        (
            "wharf_agent_shared_bytes",
            "Bytes of layers that were sent to other nodes",
            |it| it.given_bytes,
        ),
        (
            "wharf_agent_shared_refusals",
            "Requests for layers that were refused",
            |it| it.refused,
        ),
    ];
    for (name, help, figure) in shared {
        let of = figures.clone();
        metrics.counter(name, help, move || figure(&of.shared_layers()) as f64);
    }
    let of = figures.clone();
    metrics.counter(
        "wharf_agent_dropped_log_bytes",
        "Bytes of containers' output that were dropped because their buffer was full",
        move || of.dropped_log_bytes() as f64,
    );
    let of = figures.clone();
    metrics.gauge(
        "wharf_agent_reports_waiting",
        "Reports that the control plane has not taken yet",
        move || of.reports().0 as f64,
    );
    let of = figures.clone();
    metrics.gauge(
        "wharf_agent_report_lag_seconds",
        "How long the first of them has been waiting",
        move || of.reports().1.as_secs_f64(),
    );
    metrics
}

/// Those of the load balancers, all of them together.
pub fn of_balancers(
    data: &Path,
    counted: &LbMetrics,
    closed: &UnboundEndpoints,
    logs: &AccessLogs,
) -> Metrics {
    let mut metrics = Metrics::new(data);
    let of = logs.clone();
    metrics.counter(
        "wharf_lb_dropped_log_entries",
        "Entries of access logs and connection logs for which there was no room, or that their bucket did not take",
        move || of.dropped() as f64,
    );
    type Figure = fn(&BalancerCounts) -> u64;
    let counters: [(&'static str, &'static str, Figure); 6] = [
        ("wharf_lb_requests", "Requests of clients", |it| {
            it.request_count
        }),
        ("wharf_lb_new_connections", "Connections of clients", |it| {
            it.new_connection_count
        }),
        (
            "wharf_lb_rejected_connections",
            "Connections refused since their source had its share",
            |it| it.rejected_connection_count,
        ),
        (
            "wharf_lb_failed_handshakes",
            "TLS handshakes of clients that failed",
            |it| it.client_tls_negotiation_error_count,
        ),
        (
            "wharf_lb_clients_gone",
            "Clients that left before they had their answer",
            |it| it.client_closed_count,
        ),
        (
            "wharf_lb_replayed_requests",
            "Requests that were sent to a second target, or again",
            |it| it.replayed_count,
        ),
    ];
    for (name, help, figure) in counters {
        let of = counted.clone();
        metrics.counter(name, help, move || figure(&of.total()) as f64);
    }
    let of = counted.clone();
    metrics.counters(
        "wharf_lb_answers",
        "Answers to clients, by who made them and by hundreds",
        move || {
            let total = of.total();
            let [ok, moved, wrong, failed] = total.http_code_target;
            let (lb_moved, lb_wrong) = (total.http_code_elb_3xx, total.http_code_elb_4xx);
            let rows = [
                ("target", "2xx", ok),
                ("target", "3xx", moved),
                ("target", "4xx", wrong),
                ("target", "5xx", failed),
                ("load-balancer", "3xx", lb_moved),
                ("load-balancer", "4xx", lb_wrong),
                ("load-balancer", "5xx", total.http_code_elb_5xx),
            ];
            let row = |(by, class, count): (&str, &str, u64)| {
                let labels = vec![("by", by.to_owned()), ("class", class.to_owned())];
                (labels, count as f64)
            };
            rows.into_iter().map(row).collect()
        },
    );
    let of = counted.clone();
    metrics.gauge(
        "wharf_lb_connections",
        "Connections of clients now",
        move || of.total().active_connection_count as f64,
    );
    let of = counted.clone();
    metrics.gauge(
        "wharf_lb_connections_max",
        "Most connections of clients at once",
        move || of.connections_max() as f64,
    );
    let (of, closed) = (counted.clone(), closed.clone());
    metrics.gauges(
        "wharf_lb_listeners",
        "Addresses at which load balancers should listen, by whether they do",
        move || {
            let shut = closed.count();
            let open = of.endpoints().saturating_sub(shut);
            labelled("state", [("open", open as u64), ("closed", shut as u64)])
        },
    );
    let of = counted.clone();
    metrics.gauges("wharf_lb_targets", "Targets, by health", move || {
        let targets = of.targets();
        let rows = [
            ("initial", targets.initial),
            ("healthy", targets.healthy),
            ("unhealthy", targets.unhealthy),
            ("unavailable", targets.unavailable),
            ("draining", targets.draining),
        ];
        labelled("health", rows.map(|(health, count)| (health, count as u64)))
    });
    metrics
}

fn labelled<const N: usize>(label: &'static str, rows: [(&str, u64); N]) -> Vec<(Labels, f64)> {
    let row = |(value, count): (&str, u64)| (vec![(label, value.to_owned())], count as f64);
    rows.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_named() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = held.local_addr().unwrap();
        match require_free(Some(taken), 1) {
            Err(Problem::MetricsPortInUse { address }) => assert_eq!(address, taken),
            other => panic!("{other:?}"),
        }
        let before = SocketAddr::new(taken.ip(), taken.port() - 1);
        assert!(require_free(Some(before), 2).is_err());
        assert!(require_free(None, 3).is_ok());
        drop(held);
        assert!(require_free(Some(taken), 1).is_ok());
    }

    #[test]
    fn only_this_machine_reads() {
        for good in ["127.0.0.1:9460", "[::1]:1", "127.3.2.1:65535"] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "9460",
            "127.0.0.1",
            "127.0.0.1:0",
            "0.0.0.0:9460",
            "192.0.2.1:9460",
            "[::]:1",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        let first = parse("127.0.0.1:65534").unwrap();
        assert_eq!(following(first, 1), parse("127.0.0.1:65535").ok());
        assert_eq!(following(first, 2), None);
    }
}
