//! Opening the data folder, starting every service, serving until told to stop.

mod answering;
mod config;
mod data;
mod error;
mod listening;
mod plane;
mod running;
mod shut_regions;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Permit, SystemClock, regions::Regions};
use wharf_journal::Journal;
use wharf_series::Series;
use wharf_service::rates::Quotas;
use wharf_store::{Store, StoreError};
use wharf_wire::Service;

pub(crate) use self::{
    answering::Answering,
    data::{Data, open},
    plane::Plane,
};
pub use self::{config::ServerConfig, error::StartError};
use self::{listening::listen, running::Running};
use crate::{
    bootstrap::Bootstrap,
    gateway::Gateway,
    join::Join,
    measures::Measured,
    migrate,
    services::{self, Wiring},
};

/// How often what nobody needs is looked for.
const MAINTENANCE: Duration = Duration::from_secs(300);
/// Revisions of history that are kept for watches and page tokens.
const KEPT_REVISIONS: u64 = 100_000;
const MAINTENANCE_PERMIT: Permit = Permit::for_controller("maintenance");

/// Runs the control plane; `ready` is called when it answers.
pub async fn run(
    config: ServerConfig,
    ready: impl FnOnce(),
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    run_with(config, Vec::new(), ready, shutdown).await
}

/// The same, with services beside those of the table, or in the place of those that have their names.
pub async fn run_with(
    config: ServerConfig,
    further: Vec<Arc<dyn Service>>,
    ready: impl FnOnce(),
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (listeners, at_443) = listen(&config).await?;
    let config = ServerConfig { at_443, ..config };
    let data = open(&config).await?;
    migrate::run(&data.store)
        .await
        .map_err(StartError::Migrate)?;
    let plane = Plane::new(&config, &data, &clock);
    let mut parts = Running::default();
    let planes = Arc::new(plane.planes(&config, &data, &shutdown));
    let (s3, scheduler, quotas) = (Arc::default(), Arc::default(), Quotas::default());
    let operations = plane.operations.clone();
    let control = plane.control(&config, &data, &clock, planes.clone(), operations.clone());
    let mut served = services::serve(&Wiring {
        s3: Arc::clone(&s3),
        eks: Default::default(),
        scheduler: Arc::clone(&scheduler),
        config: &config,
        control: &control,
        clock: &clock,
        data: &data,
        plane: &plane,
        tagged: Arc::default(),
        sealing: control.0.keys.sealing.clone(),
        announcing: Arc::default(),
        operations,
        scaling: Arc::default(),
        destinations: Arc::default(),
        quotas: quotas.clone(),
    });
    let replaced = |it: &Arc<dyn Service>| {
        let mut named = further.iter().map(|other| other.schema().name);
        named.any(|name| name == it.schema().name)
    };
    served.routes.retain(|it| !replaced(it));
    served.routes.extend(further);
    // First of all: what is done from here on may be logged.
    plane.logs.read_routes().await;
    for it in served.loops {
        parts.spawn(it.name, (it.run)(shutdown.clone()));
    }
    let counters = plane.counters.clone();
    let kept = counters.keep(data.vended(), served.looks, shutdown.clone());
    parts.spawn("the metrics of services", kept);
    let bootstrap = Bootstrap {
        config: &config,
        clock: &*clock,
        store: &data.store,
        keyring: &data.keyring,
        directory: &plane.directory,
        credentials: &plane.node_credentials(&config, &data, &clock),
        iam: &plane.iam,
        ec2: &plane.ec2,
        ecs: &plane.ecs,
    };
    // What waits for a feed of the store would wait for ever once that has failed.
    tokio::select! {
        done = bootstrap.run() => done?,
        () = disk_failed(&data.store, &data.journal, &data.series) => {
            return Err(StartError::PartEnded { part: WRITING });
        }
    }
    let (store, journal) = (data.store.clone(), data.journal.clone());
    let series = data.series.clone();
    let failed = async move { disk_failed(&store, &journal, &series).await };
    parts.spawn_until(&shutdown, WRITING, failed);
    let measured = Measured {
        deliveries: served.deliveries,
        scheduler: scheduler.get().cloned(),
    };
    let answering = Answering {
        services: served.routes,
        rates: served.rates,
        links: served.links,
        quotas,
        measured,
    };
    let mut gateway = plane.gateway(answering, &control.0, &config, &data, &clock, &shutdown)?;
    gateway.apis.s3 = s3.get().cloned();
    let gateway = Arc::new(gateway);
    parts.spawn("the planes' feed", async move { planes.run().await });
    control.0.keys.finish_rotation().await;
    let upkeep = maintain(data.store.clone(), gateway.join.clone(), config.regions());
    parts.spawn_until(&shutdown, "maintenance", upkeep);
    if let Some(address) = config.metrics {
        serve_metrics(&mut parts, &gateway, address, &shutdown);
    }
    for listener in listeners {
        let serving = gateway.clone().serve(listener, shutdown.clone());
        parts.spawn("the gateway", serving);
    }
    ready();
    tracing::info!(port = config.port, installation = %config.installation, "the control plane answers");
    let ended = parts.watch(&shutdown).await;
    // Connections that outlived their time may still hold handles; the folders are free all the same.
    plane.recorder.flush().await;
    // The last requests were answered, and what was owed was delivered or put off: nothing counts any more.
    plane.counters.finish(&data.vended()).await;
    data.store.clone().close().await;
    data.journal.clone().close().await;
    data.series.clone().close().await;
    ended
}

const WRITING: &str = "writing to disk";

/// Until store, journal or the store of metrics take no more writes. Opening them anew is all that helps, and the supervisor
/// does that.
async fn disk_failed(store: &Store, journal: &Journal, series: &Series) {
    tokio::select! {
        reason = store.failed() => tracing::error!(%reason, "the server ends: its store failed"),
        reason = journal.failed() => tracing::error!(%reason, "the server ends: its journal failed"),
        reason = series.failed() => tracing::error!(%reason, "the server ends: its store of metrics failed"),
    }
}

/// Metrics are worth a line in the log, not the control plane's end.
fn serve_metrics(
    parts: &mut Running,
    gateway: &Gateway,
    address: SocketAddr,
    stop: &CancellationToken,
) {
    let (metrics, stop) = (gateway.metrics.clone(), stop.clone());
    parts.spawn("metrics", async move {
        if let Err(error) = wharf_metrics::serve(address, metrics, stop.clone()).await {
            tracing::error!(%address, %error, "failed to serve metrics");
            stop.cancelled().await;
        }
    });
}

/// Says what is out of reach, then forgets old revisions and join tokens.
async fn maintain(store: Store, join: Arc<Join>, regions: Regions) {
    shut_regions::tell(&store, &regions).await;
    let mut tick = tokio::time::interval(MAINTENANCE);
    // The first tick comes at once, and a start has better things to do.
    tick.tick().await;
    loop {
        tick.tick().await;
        if let Err(error) = compact(&store).await {
            tracing::warn!(%error, "store compaction failed; will retry");
        }
        if let Err(fault) = join.sweep().await {
            tracing::warn!(%fault, "failed to remove expired join tokens; will retry");
        }
    }
}

async fn compact(store: &Store) -> Result<(), StoreError> {
    let keep_from = store.revision().await?.saturating_sub(KEPT_REVISIONS);
    store.compact(&MAINTENANCE_PERMIT, keep_from).await?;
    Ok(())
}
