//! The server's metrics (`docs/metrics.md`): counted by the gateway, or read from the parts when asked
//! for.
//!
//! `GET /metrics` on the one port takes a signature and `wharf:Metrics`; `--metrics` opens a port of
//! this machine alone that asks nobody.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use wharf_journal::Journal;
use wharf_metrics::{Metrics, Requests};
use wharf_store::Store;
use wharf_svc_cloudtrail::Recorder;
use wharf_svc_ecs::{EcsService, figures::Figures};
use wharf_svc_logs::LogsService;

use crate::gateway::{
    bytes_in_flight::BytesInFlight, connections::Connections, throttle::Throttle,
};

/// ECS is counted at most so often: it means looking at every task.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// What the metrics are read from.
pub struct Sources {
    pub connections: Connections,
    pub bytes: BytesInFlight,
    pub throttle: Arc<Throttle>,
    /// `None` while the audit log is off.
    pub audit: Option<Arc<Recorder>>,
    pub store: Store,
    pub journal: Journal,
    pub logs: LogsService,
    pub ecs: EcsService,
}

/// All metrics of the server, and the counter of its requests.
pub fn collect(data: &Path, sources: Sources) -> (Metrics, Requests) {
    let mut metrics = Metrics::new(data);
    let requests = Requests::register(&mut metrics);
    gateway(&mut metrics, &sources);
    audit(&mut metrics, &sources);
    storage(&mut metrics, &sources);
    ecs(&mut metrics, sources.ecs);
    (metrics, requests)
}

fn gateway(metrics: &mut Metrics, sources: &Sources) {
    let pool = |name: &str, value: usize| (vec![("pool", name.to_owned())], value as f64);
    let all = sources.connections.clone();
    metrics.gauges("wharf_connections", "Connections by pool", move || {
        let counts = all.counts();
        vec![
            pool("strangers", counts.strangers),
            pool("nodes", counts.nodes),
        ]
    });
    let limits = sources.connections.limits();
    metrics.gauges(
        "wharf_connections_max",
        "Most connections of each pool",
        move || {
            vec![
                pool("strangers", limits.strangers),
                pool("nodes", limits.nodes),
            ]
        },
    );
    let all = sources.connections.clone();
    metrics.gauge(
        "wharf_registry_requests",
        "Registry requests being answered",
        move || all.counts().registry as f64,
    );
    metrics.gauge(
        "wharf_registry_requests_max",
        "Most registry requests at once",
        move || limits.registry as f64,
    );
    let all = sources.connections.clone();
    metrics.counter(
        "wharf_connections_displaced",
        "Connections closed because others needed their place",
        move || all.counts().displaced as f64,
    );
    let all = sources.connections.clone();
    metrics.counter(
        "wharf_connections_refused",
        "Connections and registry requests refused for want of a place",
        move || all.counts().refused as f64,
    );
    let bytes = sources.bytes.clone();
    metrics.gauge(
        "wharf_request_bytes",
        "Bytes of API requests that are held",
        move || bytes.total() as f64,
    );
    let most = sources.bytes.limits().total;
    metrics.gauge(
        "wharf_request_bytes_max",
        "Most bytes of API requests that are held",
        move || most as f64,
    );
    let throttle = sources.throttle.clone();
    metrics.counter(
        "wharf_requests_throttled",
        "Requests refused because their bucket was empty",
        move || throttle.refused() as f64,
    );
}

fn audit(metrics: &mut Metrics, sources: &Sources) {
    let on = f64::from(u8::from(sources.audit.is_some()));
    metrics.gauge(
        "wharf_audit_on",
        "1 while the audit log is kept",
        move || on,
    );
    type Figure = fn(&Recorder) -> u64;
    let figures: [(&'static str, &'static str, Figure); 2] = [
        (
            "wharf_audit_events",
            "Events of the audit log that are on disk",
            |recorder| recorder.counts().0,
        ),
        (
            "wharf_audit_lost_events",
            "Events of the audit log that were lost because the journal could not be written",
            |recorder| recorder.counts().1,
        ),
    ];
    for (name, help, figure) in figures {
        let recorder = sources.audit.clone();
        metrics.counter(name, help, move || {
            recorder.as_deref().map_or(0.0, |it| figure(it) as f64)
        });
    }
}

fn storage(metrics: &mut Metrics, sources: &Sources) {
    let store = sources.store.clone();
    metrics.gauge(
        "wharf_store_revision",
        "Revision of the store: grows with each write",
        move || store.heard_of() as f64,
    );
    let (store, journal) = (sources.store.clone(), sources.journal.clone());
    metrics.gauges(
        "wharf_log_failed",
        "1 once a log on disk takes no more writes",
        move || {
            let row = |log: &str, failed: bool| {
                (vec![("log", log.to_owned())], f64::from(u8::from(failed)))
            };
            vec![
                row("store", store.lost().is_some()),
                row("journal", journal.lost().is_some()),
            ]
        },
    );
    let logs = sources.logs.clone();
    metrics.counter(
        "wharf_logs_dropped_events",
        "Log events that were dropped for want of room",
        move || logs.dropped().events as f64,
    );
    let logs = sources.logs.clone();
    metrics.counter(
        "wharf_logs_dropped_bytes",
        "Bytes of log events that were dropped for want of room",
        move || logs.dropped().bytes as f64,
    );
}

fn ecs(metrics: &mut Metrics, ecs: EcsService) {
    let counted = Arc::new(Counted {
        ecs,
        last: Mutex::default(),
    });
    let of = counted.clone();
    metrics.gauges(
        "wharf_tasks",
        "Tasks that are not over, by lastStatus",
        move || {
            let by_status = of.figures().tasks;
            let row = |(status, count): (&str, usize)| {
                (vec![("status", status.to_owned())], count as f64)
            };
            by_status.into_iter().map(row).collect()
        },
    );
    let of = counted.clone();
    metrics.gauges(
        "wharf_container_instances",
        "Container instances, by whether their agent is connected",
        move || {
            let figures = of.figures();
            let row = |connected: &str, count: usize| {
                (vec![("connected", connected.to_owned())], count as f64)
            };
            vec![
                row("true", figures.connected),
                row("false", figures.disconnected),
            ]
        },
    );
    let of = counted.clone();
    metrics.gauge("wharf_services", "Services that are not over", move || {
        of.figures().services as f64
    });
    type Figure = fn(&wharf_reconcile::Depth) -> f64;
    let figures: [(&'static str, &'static str, Figure); 4] = [
        (
            "wharf_reconcile_ready",
            "Keys that wait for a reconciler",
            |depth| depth.ready as f64,
        ),
        (
            "wharf_reconcile_working",
            "Keys that reconcilers work on",
            |depth| depth.working as f64,
        ),
        (
            "wharf_reconcile_failing",
            "Keys whose last try failed",
            |depth| depth.failing as f64,
        ),
        (
            "wharf_reconcile_lag_seconds",
            "How long the first waiting key has been waiting",
            |depth| depth.lag.as_secs_f64(),
        ),
    ];
    for (name, help, figure) in figures {
        let of = counted.clone();
        metrics.gauges(name, help, move || {
            let queues = of.figures().queues;
            let row = |(queue, depth): &(&str, wharf_reconcile::Depth)| {
                (vec![("queue", (*queue).to_owned())], figure(depth))
            };
            queues.iter().map(row).collect()
        });
    }
}

/// One count serves all metrics of a scrape.
struct Counted {
    ecs: EcsService,
    last: Mutex<Option<(Instant, Figures)>>,
}

impl Counted {
    fn figures(&self) -> Figures {
        let mut last = self.last.lock();
        if let Some((at, figures)) = &*last
            && at.elapsed() < COUNT_EVERY
        {
            return figures.clone();
        }
        let figures = self.ecs.figures();
        *last = Some((Instant::now(), figures.clone()));
        figures
    }
}
