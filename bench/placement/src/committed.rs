//! Placements committed on the store, the ledger of every host compared and written with them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use wharf_api_ecs::{self as api, Ecs};
use wharf_base::ids;

use crate::{
    HOSTS,
    platform::{Platform, call},
};

/// Callers at once, each waiting for its answer before it asks again.
pub const CALLERS: usize = 64;

const HEAD: &str = "| what | strategy | placements/s | p50 ms | p99 ms | CPU µs a placement |
|---|---|---|---|---|---|";

pub async fn run_tasks(time: Duration, rounds: u64) -> anyhow::Result<()> {
    println!("{HEAD}");
    let only = std::env::var("WHARF_BENCH_ROW").unwrap_or_default();
    for count in [10, 1] {
        for strategy in ["random", "spread zone, instance", "binpack memory"] {
            let row = format!("RunTask, count {count} | {strategy}");
            if !row.contains(&only) {
                continue;
            }
            let one = async |platform: &Platform| run_task(platform, strategy, count, time).await;
            let best = best(rounds, HOSTS, one).await?;
            println!("| {row} | {} |", best.show());
        }
    }
    println!();
    Ok(())
}

pub async fn start_services(rounds: u64) -> anyhow::Result<()> {
    println!("{HEAD}");
    let one = async |platform: &Platform| services(platform, SERVICES, DESIRED, SERVICES).await;
    let best = best(rounds, HOSTS, one).await?;
    println!(
        "| {SERVICES} services of {DESIRED} tasks | spread zone, instance | {} |",
        best.show()
    );
    println!();
    Ok(())
}

/// The best of some rounds, each on hosts of its own.
pub async fn best(
    rounds: u64,
    hosts: usize,
    one: impl AsyncFn(&Platform) -> anyhow::Result<Rate>,
) -> anyhow::Result<Rate> {
    let mut best: Option<Rate> = None;
    for _ in 0..rounds {
        let platform = Platform::start(hosts).await?;
        let rate = one(&platform).await?;
        platform.verify().await?;
        platform.end().await;
        let better = |best: &Rate| best.per_second < rate.per_second;
        if best.as_ref().is_none_or(better) {
            best = Some(rate);
        }
    }
    best.context("no round")
}

pub struct Rate {
    per_second: f64,
    /// Of the whole process.
    cpu_each: Duration,
    /// Of a call, ascending.
    took: Vec<Duration>,
}

impl Rate {
    pub fn new(placed: usize, wall: Duration, cpu: Duration, mut took: Vec<Duration>) -> Self {
        took.sort_unstable();
        Self {
            per_second: placed as f64 / wall.as_secs_f64(),
            cpu_each: cpu / u32::try_from(placed.max(1)).unwrap_or(u32::MAX),
            took,
        }
    }

    pub fn show(&self) -> String {
        let at = |part: usize| match self.took.get(self.took.len() * part / 100) {
            Some(took) => format!("{:.1}", took.as_secs_f64() * 1e3),
            None => "–".to_owned(),
        };
        let (rate, cpu) = (self.per_second, self.cpu_each.as_micros());
        format!("{rate:.0} | {} | {} | {cpu}", at(50), at(99))
    }
}

/// What this process has used, to a hundredth of a second.
pub fn cpu() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let behind = stat.rsplit(')').next().unwrap_or_default();
    let fields = behind.split_whitespace().skip(11).take(2);
    let ticks: u64 = fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}

async fn run_task(
    platform: &Platform,
    strategy: &str,
    count: i32,
    time: Duration,
) -> anyhow::Result<Rate> {
    let item = |kind: &str, field: &str| api::PlacementStrategy {
        type_: Some(kind.to_owned()),
        field: Some(field.to_owned()),
    };
    let strategies = match strategy {
        "random" => Vec::new(),
        "binpack memory" => vec![item("binpack", "memory")],
        _ => vec![
            item("spread", "attribute:ecs.availability-zone"),
            item("spread", "instanceId"),
        ],
    };
    let request = Arc::new(api::RunTaskRequest {
        task_definition: Some("web".to_owned()),
        count: Some(count),
        placement_strategy: Some(strategies),
        ..api::RunTaskRequest::default()
    });
    let ecs = platform.ecs.clone();
    called(time, move || {
        let (ecs, mut request) = (ecs.clone(), api::RunTaskRequest::clone(&request));
        // As the SDKs do.
        request.client_token = Some(ids::uuid());
        async move {
            let made = ecs.run_task(&call(), request).await?;
            let tasks = made.tasks.unwrap_or_default().len();
            anyhow::ensure!(tasks == count as usize, "{tasks} of {count} tasks placed");
            Ok(tasks)
        }
    })
    .await
}

/// Calls from [`CALLERS`] at once for some time, each of which says how much it did.
pub async fn called<F: Future<Output = anyhow::Result<usize>> + Send>(
    time: Duration,
    one: impl Fn() -> F + Clone + Send + 'static,
) -> anyhow::Result<Rate> {
    let (begun, used) = (Instant::now(), cpu()?);
    let until = begun + time;
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let one = one.clone();
            tokio::spawn(async move {
                let (mut done, mut took) = (0, Vec::new());
                loop {
                    let begun = Instant::now();
                    if begun >= until {
                        return anyhow::Ok((done, took));
                    }
                    done += one().await?;
                    took.push(begun.elapsed());
                }
            })
        })
        .collect();
    let (mut done, mut took) = (0, Vec::new());
    for caller in callers {
        let (more, times) = caller.await??;
        done += more;
        took.extend(times);
    }
    Ok(Rate::new(done, begun.elapsed(), cpu()? - used, took))
}

/// Services that start at once, and the tasks each of them wants.
const SERVICES: usize = 8;
const DESIRED: usize = 2_500;

/// Hosts, and tasks in all, where services of different sizes are compared.
const FEWER_HOSTS: usize = 1_000;
const TASKS: usize = 2_500;

/// What a task costs of a service with few, and of one with many.
pub async fn sizes(rounds: u64) -> anyhow::Result<()> {
    println!("{HEAD}");
    for desired in [25, 250, TASKS] {
        let count = TASKS / desired;
        let one = async |platform: &Platform| services(platform, count, desired, 1).await;
        let best = best(rounds, FEWER_HOSTS, one).await?;
        println!(
            "| {count} services of {desired} tasks, one at a time | spread zone, instance | {} |",
            best.show()
        );
    }
    println!();
    Ok(())
}

/// From the first CreateService until every task is on the store; `at_once` services start together.
async fn services(
    platform: &Platform,
    count: usize,
    desired: usize,
    at_once: usize,
) -> anyhow::Result<Rate> {
    let (begun, used) = (Instant::now(), cpu()?);
    for number in 0..count {
        let request = api::CreateServiceRequest {
            service_name: Some(format!("web-{number}")),
            task_definition: Some("web".to_owned()),
            desired_count: Some(i32::try_from(desired)?),
            ..api::CreateServiceRequest::default()
        };
        platform.ecs.create_service(&call(), request).await?;
        if (number + 1) % at_once == 0 {
            placed(platform, (number + 1) * desired).await?;
        }
    }
    let used = cpu()? - used;
    Ok(Rate::new(
        count * desired,
        begun.elapsed(),
        used,
        Vec::new(),
    ))
}

async fn placed(platform: &Platform, tasks: usize) -> anyhow::Result<()> {
    let begun = Instant::now();
    while platform.tasks().await? < tasks {
        anyhow::ensure!(
            begun.elapsed() < Duration::from_secs(120),
            "the services do not get their tasks"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
