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
use wharf_blobs::Blobs;
use wharf_journal::Journal;
use wharf_metrics::{Labels, Metrics, Requests};
use wharf_store::Store;
use wharf_svc_cloudtrail::Recorder;
use wharf_svc_ec2::instances::{Maker, Pool};
use wharf_svc_ecr::Catalog;
use wharf_svc_ecs::{EcsService, figures::Figures};
use wharf_svc_logs::LogsService;
use wharf_svc_scheduler::SchedulerService;
use wharf_svc_sqs::SqsService;

use crate::{
    gateway::{
        bytes_in_flight::BytesInFlight, connections::Connections, held_back::HeldBack,
        throttle::Throttle,
    },
    layer_peers::LayerPeers,
    services::Deliveries,
};

/// ECS is counted at most so often: it means looking at every task.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// Damaged blobs are counted up to here: there should be none.
const MOST_DAMAGED: usize = 1000;

/// Accounts whose registries are told of, those that hold most.
const MOST_REGISTRIES: usize = 20;

/// What the metrics are read from.
pub struct Sources {
    pub connections: Connections,
    pub bytes: BytesInFlight,
    pub throttle: Arc<Throttle>,
    pub held_back: Arc<HeldBack>,
    /// `None` while the audit log is off.
    pub audit: Option<Arc<Recorder>>,
    pub store: Store,
    pub journal: Journal,
    pub blobs: Blobs,
    pub logs: LogsService,
    pub ecs: EcsService,
    pub sqs: SqsService,
    pub layers: Arc<LayerPeers>,
    pub catalog: Catalog,
    /// Who makes machines, if somebody does.
    pub maker: Option<Arc<Maker>>,
    /// Machines that it makes for Fargate.
    pub pool: Option<Arc<Pool>>,
    pub services: Measured,
}

/// What services of the table say of themselves.
#[derive(Default)]
pub struct Measured {
    pub deliveries: Vec<Deliveries>,
    pub scheduler: Option<SchedulerService>,
}

/// All metrics of the server, and the counter of its requests.
pub fn collect(data: &Path, sources: Sources) -> (Metrics, Requests) {
    let mut metrics = Metrics::new(data);
    let requests = Requests::register(&mut metrics);
    gateway(&mut metrics, &sources);
    audit(&mut metrics, &sources);
    storage(&mut metrics, &sources);
    queues(&mut metrics, sources.sqs);
    deliveries(&mut metrics, sources.services.deliveries);
    if let Some(scheduler) = sources.services.scheduler {
        schedules(&mut metrics, &scheduler);
    }
    ecs(&mut metrics, sources.ecs);
    layers(&mut metrics, &sources.layers);
    registries(&mut metrics, &sources.catalog);
    if let Some(maker) = sources.maker {
        metrics.gauge(
            "wharf_machine_maker_answers",
            "Whether the maker of machines answers as it should",
            move || f64::from(u8::from(maker.trouble().is_none())),
        );
    }
    if let Some(pool) = sources.pool {
        fargate_pool(&mut metrics, &pool);
    }
    (metrics, requests)
}

fn fargate_pool(metrics: &mut Metrics, pool: &Arc<Pool>) {
    let number = |of: usize| f64::from(u32::try_from(of).unwrap_or(u32::MAX));
    let of = pool.clone();
    metrics.gauge(
        "wharf_fargate_pool_machines",
        "Machines that are made for Fargate",
        move || number(of.counts().machines),
    );
    let of = pool.clone();
    metrics.gauge(
        "wharf_fargate_pool_waiting",
        "Tasks and pods that wait for room of Fargate",
        move || number(of.counts().waiting),
    );
    let of = pool.clone();
    metrics.gauge(
        "wharf_fargate_pool_lacking",
        "Those of them for whom no machine is there or on its way",
        move || number(of.counts().lacking),
    );
}

fn layers(metrics: &mut Metrics, layers: &Arc<LayerPeers>) {
    let of = layers.clone();
    metrics.gauge(
        "wharf_sharing_nodes",
        "Nodes that share layers of images with others of their zone",
        move || of.counts().0 as f64,
    );
    let of = layers.clone();
    metrics.gauge(
        "wharf_shared_layers",
        "Layers that these nodes have, those of each counted",
        move || of.counts().1 as f64,
    );
}

fn registries(metrics: &mut Metrics, catalog: &Catalog) {
    let of = catalog.clone();
    metrics.gauges(
        "wharf_registry_account_bytes",
        "What the registries of an account hold, of the twenty fullest that were pushed to",
        move || {
            let all = of.fullest_accounts(MOST_REGISTRIES).into_iter();
            let row = |(account, bytes)| (vec![("account", account)], bytes as f64);
            all.map(row).collect()
        },
    );
    let of = catalog.clone();
    metrics.counter(
        "wharf_registry_full",
        "Pushes that were refused because an account's registries are full",
        move || of.refused_for_room() as f64,
    );
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
    metrics.gauge(
        "wharf_connections_lingering",
        "Connections that were answered and wait for what their clients still send",
        move || all.counts().lingering as f64,
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
    let held_back = sources.held_back.clone();
    metrics.counter(
        "wharf_answers_held_back",
        "Answers that waited because their account is refused again and again for a limit",
        move || held_back.in_all() as f64,
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
    let blobs = sources.blobs.clone();
    metrics.gauge(
        "wharf_blobs_damaged",
        "Stored images' and objects' bytes that are known to be damaged, at most a thousand",
        move || {
            blobs
                .damaged(MOST_DAMAGED)
                .map_or(0.0, |all| all.len() as f64)
        },
    );
    let blobs = sources.blobs.clone();
    metrics.gauge(
        "wharf_blobs_quarantined_bytes",
        "Bytes of damaged files that were moved aside",
        move || blobs.quarantine().map_or(0.0, |(_, bytes)| bytes as f64),
    );
    let blobs = sources.blobs.clone();
    metrics.gauge(
        "wharf_blobs_quarantined",
        "Damaged files of images' and objects' bytes that were moved aside",
        move || blobs.quarantine().map_or(0.0, |(files, _)| files as f64),
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
    let logs = sources.logs.clone();
    metrics.counter(
        "wharf_logs_undelivered_events",
        "Log events that a subscription, and reports that data protection, went on without: too large for their destination, or refused for a day",
        move || logs.dropped().undelivered as f64,
    );
    let logs = sources.logs.clone();
    metrics.counter(
        "wharf_delivery_dropped_records",
        "Records that services log of their resources, dropped for want of room or since their destination failed for ten minutes",
        move || logs.dropped_records() as f64,
    );
}

/// Of all queues together: their names are their owners'.
fn queues(metrics: &mut Metrics, sqs: SqsService) {
    let of = sqs.clone();
    metrics.gauge("wharf_queues", "Queues in memory", move || {
        of.figures().queues as f64
    });
    let of = sqs.clone();
    metrics.gauges(
        "wharf_queue_messages",
        "Messages in all queues, by whether they may be received",
        move || {
            let figures = of.figures();
            let row = |state: &str, count: usize| (vec![("state", state.to_owned())], count as f64);
            vec![
                row("visible", figures.visible),
                row("delayed", figures.delayed),
                row("in_flight", figures.in_flight),
            ]
        },
    );
    metrics.gauge(
        "wharf_queue_oldest_message_seconds",
        "Since the oldest message of any queue was sent",
        move || sqs.figures().oldest.as_secs_f64(),
    );
}

fn deliveries(metrics: &mut Metrics, all: Vec<Deliveries>) {
    type Figure = fn(&wharf_delivery::Figures) -> f64;
    let all = Arc::new(all);
    let read = |figure: Figure| {
        let all = all.clone();
        move || -> Vec<(Labels, f64)> {
            let row = |(service, figures): &Deliveries| {
                (vec![("service", (*service).to_owned())], figure(&figures()))
            };
            all.iter().map(row).collect()
        }
    };
    let counters: [(&'static str, &'static str, Figure); 3] = [
        (
            "wharf_deliveries",
            "Messages, events and calls that were delivered to targets",
            |it| it.delivered as f64,
        ),
        (
            "wharf_deliveries_failed",
            "Tries to deliver that failed",
            |it| it.failed as f64,
        ),
        (
            "wharf_deliveries_given_up",
            "Deliveries that were given up, for dead letters where there is a queue for them",
            |it| it.given_up as f64,
        ),
    ];
    for (name, help, figure) in counters {
        metrics.counters(name, help, read(figure));
    }
    let gauges: [(&'static str, &'static str, Figure); 4] = [
        (
            "wharf_delivery_lanes_ready",
            "Places with something to deliver that wait for a worker",
            |it| it.lanes.ready as f64,
        ),
        (
            "wharf_delivery_lanes_working",
            "Places that are being delivered to",
            |it| it.lanes.working as f64,
        ),
        (
            "wharf_delivery_lanes_failing",
            "Places whose deliveries could not be written down",
            |it| it.lanes.failing as f64,
        ),
        (
            "wharf_delivery_lag_seconds",
            "How long the first place that waits for a worker has been waiting",
            |it| it.lanes.lag.as_secs_f64(),
        ),
    ];
    for (name, help, figure) in gauges {
        metrics.gauges(name, help, read(figure));
    }
}

fn schedules(metrics: &mut Metrics, scheduler: &SchedulerService) {
    let of = scheduler.clone();
    metrics.counter(
        "wharf_schedule_moments",
        "Moments of schedules that were carried out",
        move || of.figures().carried_out as f64,
    );
    let of = scheduler.clone();
    metrics.counter(
        "wharf_schedule_moments_late",
        "Moments of schedules that were carried out more than a second late",
        move || of.figures().late as f64,
    );
    let of = scheduler.clone();
    metrics.gauge(
        "wharf_schedule_lag_seconds",
        "How long the first schedule whose time has come has been waiting",
        move || of.figures().lag.as_secs_f64(),
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
