//! Task definitions registered, all of one family, beside single puts of etcd.

use std::time::Duration;

use anyhow::Context as _;
use wharf_api_ecs::{self as api, Ecs};
use wharf_bench_peers::{
    etcd::{Etcd, EtcdClient},
    load::{self, Client},
};

use crate::{
    committed::{CALLERS, Rate, best, called},
    platform::{Platform, call},
};

/// Bytes of a stored definition such as this bench registers.
const VALUE_BYTES: usize = 700;
const KEYS: usize = 10_000;

pub async fn run(time: Duration, rounds: u64) -> anyhow::Result<()> {
    println!("| what | who | definitions or puts/s | p50 ms | p99 ms | CPU µs each |");
    println!("|---|---|---|---|---|---|");
    let one = async |platform: &Platform| register(platform, time).await;
    let best = best(rounds, 0, one).await?;
    println!(
        "| RegisterTaskDefinition, one family | wharf | {} |",
        best.show()
    );
    if let Some(rate) = etcd(time, rounds).await? {
        let (p50, p99) = (rate.p50.as_secs_f64() * 1e3, rate.p99.as_secs_f64() * 1e3);
        let rate = rate.per_second;
        println!("| put of {VALUE_BYTES} bytes | etcd | {rate:.0} | {p50:.1} | {p99:.1} | – |");
    }
    println!();
    Ok(())
}

async fn register(platform: &Platform, time: Duration) -> anyhow::Result<Rate> {
    let request = api::RegisterTaskDefinitionRequest {
        family: Some("bench".to_owned()),
        container_definitions: Some(vec![api::ContainerDefinition {
            name: Some("a".to_owned()),
            image: Some("i".to_owned()),
            memory: Some(64),
            ..api::ContainerDefinition::default()
        }]),
        ..api::RegisterTaskDefinitionRequest::default()
    };
    let ecs = platform.ecs.clone();
    called(time, move || {
        let (ecs, request) = (ecs.clone(), request.clone());
        async move {
            let made = ecs.register_task_definition(&call(), request).await?;
            let made = made.task_definition.context("no definition")?;
            anyhow::ensure!(made.revision > Some(0), "no revision");
            Ok(1)
        }
    })
    .await
}

/// `None` if it is not on this machine.
async fn etcd(time: Duration, rounds: u64) -> anyhow::Result<Option<load::Rate>> {
    if !Etcd::is_there() {
        return Ok(None);
    }
    let mut best: Option<load::Rate> = None;
    for _ in 0..rounds {
        let folder = tempfile::tempdir()?;
        let etcd = Etcd::start(folder.path()).await?;
        let mut clients = Vec::new();
        for _ in 0..CALLERS {
            clients.push(Puts(etcd.client().await?));
        }
        let rate = load::run(clients, time).await?;
        if best
            .as_ref()
            .is_none_or(|best| best.per_second < rate.per_second)
        {
            best = Some(rate);
        }
    }
    Ok(best)
}

struct Puts(EtcdClient);

impl Client for Puts {
    async fn put(&mut self, n: usize) -> anyhow::Result<()> {
        let key = format!("/bench/{:08}", n % KEYS);
        self.0.put_key(key, vec![b'x'; VALUE_BYTES]).await
    }
}
