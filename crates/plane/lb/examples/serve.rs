//! Runs load balancers of a file: a JSON array of planeproto's resources. For measurements and for
//! trying things out; the product is told by its control plane.
//!
//! `cargo run --release -p wharf-lb --example serve -- resources.json [workers]`

use std::{path::PathBuf, sync::Arc};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use wharf_lb::{LbConfig, LbUpdate, Update};
use wharf_planeproto::Resource;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::WARN)
        .init();
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name a file of resources")?;
    let resources: Vec<Resource> = serde_json::from_slice(&std::fs::read(path)?)?;
    let netns = Arc::new(|_: &str| PathBuf::from("/proc/self/ns/net"));
    let mut config = LbConfig::new("i-static", netns);
    config.workers = arguments.next().map_or(Ok(0), |it| it.parse())?;
    let (updates, received) = mpsc::channel(1);
    let (reports, mut reported) = mpsc::channel(16);
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(wharf_lb::run(config, received, reports, shutdown.clone()));
    let (done, answer) = oneshot::channel();
    let update = Update::Snapshot(resources);
    updates.send(LbUpdate { update, done }).await?;
    answer.await??;
    tokio::spawn(async move {
        while let Some(reports) = reported.recv().await {
            for health in reports {
                println!("{} {:?}", health.target, health.state);
            }
        }
    });
    tokio::signal::ctrl_c().await?;
    shutdown.cancel();
    running.await??;
    Ok(())
}
