//! Services that scale, in virtual time: Application Auto Scaling and CloudWatch as they run, over a store that fails,
//! with loads as functions of time, metrics that are lost or late, words of alarms that come late or twice, ranges that
//! change, clocks that jump, and a server that ends amid anything.
//!
//! Each change is checked as it is written ([`rules`]), all counts each minute, and at the end of a time in which loads
//! stood still, that each service came to rest where its load wants it. The chances come from a seed, ids from the
//! system: `WHARF_SIM_SEED=<n>` runs one alone, `WHARF_SIM_SEEDS` says how many, `WHARF_SIM_SERVICES` of how many services.

mod check;
mod ecs;
mod plan;
mod rest;
mod rules;
mod set_up;
mod world;

use std::{sync::Arc, time::Duration};

use rand::Rng as _;
use tokio::time::{Instant, sleep, sleep_until};
use wharf_api_application_autoscaling::{
    ApplicationAutoscaling as _, RegisterScalableTargetRequest,
};
use wharf_series::{Sample, Summary, Tier};
use wharf_testkit::{ACCOUNT, REGION};

use check::Point;
use plan::{MINUTES, Metric, Trouble};
use world::World;

/// Of a plain test run.
const SEEDS: u64 = 2;
const SERVICES: usize = 20;
/// Minutes after which all that is under way is over.
const AFTERWARDS: usize = 15;
/// Seconds after a minute at which what was measured in it arrives.
const ARRIVES: Duration = Duration::from_secs(4);
/// When the server's clock is set to another time, and when it is set right, in minutes, and how far it is ahead.
const WRONG_CLOCKS: [(usize, usize, i64); 2] = [(20, 30, 5_400), (140, 145, -900)];

/// A data point on its way.
struct Late {
    service: String,
    metric: Metric,
    of: usize,
    value: f64,
    due: usize,
}

/// What was measured in a minute, as far as it arrives, and what was late.
async fn measure(world: &World, minute: usize, late: &mut Vec<Late>) {
    let mut arrived = Vec::new();
    for service in &world.services {
        let running = f64::from(world.ecs.running(&service.name).max(1));
        for metric in Metric::ALL {
            let (is_lost, delay) = {
                let mut random = world.random.lock();
                let is_late = random.random_range(0..100) < service.late;
                let delay = if is_late {
                    random.random_range(1..3)
                } else {
                    0
                };
                (random.random_range(0..100) < service.lost, delay)
            };
            if is_lost || service.is_out(metric, minute) {
                continue;
            }
            late.push(Late {
                service: service.name.clone(),
                metric,
                of: minute,
                value: service.load(metric, minute) / running,
                due: minute + delay,
            });
        }
    }
    late.retain_mut(|it| {
        if it.due > minute {
            return true;
        }
        arrived.push((it.service.clone(), it.metric, it.of, it.value));
        false
    });
    let samples = arrived.iter().map(|(service, metric, of, value)| {
        let of_service = wharf_series::Metric {
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            namespace: "AWS/ECS".to_owned(),
            name: metric.name().to_owned(),
            dimensions: set_up::dimensions(service),
        };
        Sample {
            key: of_service.key("Percent").unwrap(),
            tier: Tier::Minute,
            at: world.begun + 60 * i64::try_from(*of).unwrap(),
            summary: Summary::one(*value),
        }
    });
    world.measured(samples.collect()).await;
    let mut seen = world.seen.lock();
    for (service, metric, of, value) in arrived {
        let of_service = seen.services.get_mut(&service).unwrap();
        of_service.points[metric as usize].push(Point {
            of: of as f64,
            arrived: world.minutes(),
            value,
        });
    }
}

/// What users, clocks and kills do in a minute.
async fn disturb(world: &Arc<World>, minute: usize) {
    let jumps = world.seed % 2 == 1;
    for (from, to, ahead) in WRONG_CLOCKS.into_iter().filter(|_| jumps) {
        if minute == from || minute == to {
            world
                .clock
                .set_ahead(if minute == from { ahead } else { 0 });
            world.seen.lock().clock_set = Some(world.minutes());
        }
    }
    if world.random.lock().random_range(0..10) == 0 {
        let wait = world.random.lock().random_range(0..60_000);
        let world = world.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(wait)).await;
            world.crash.notify_one();
        });
    }
    for service in &world.services {
        let (changes, min, more) = {
            let mut random = world.random.lock();
            let changes = random.random_range(0..20) == 0;
            (
                changes,
                random.random_range(1..6),
                random.random_range(0..30),
            )
        };
        if service.trouble == Trouble::Ranges && changes {
            let input = RegisterScalableTargetRequest {
                min_capacity: Some(min),
                max_capacity: Some(min + more),
                ..set_up::target(&service.name)
            };
            // The store may refuse it; then the range is what it was.
            let _ = world
                .scaling()
                .register_scalable_target(&world.call(), input)
                .await;
        }
    }
}

async fn live(seed: u64, services: usize) -> [usize; 4] {
    let begun = Instant::now();
    let world = World::start(seed, services);
    tokio::spawn(check::follow(world.clone()));
    tokio::spawn(world.clone().crash_when_told());
    set_up::all(&world).await;
    world.set_calm(false);
    let mut late = Vec::new();
    for minute in 0..MINUTES + AFTERWARDS {
        if minute == MINUTES {
            world.set_calm(true);
        }
        let end = Duration::from_secs(60 * (minute as u64 + 1));
        sleep_until(begun + end + ARRIVES).await;
        measure(&world, minute, &mut late).await;
        if minute < MINUTES {
            disturb(&world, minute).await;
        }
        sleep_until(begun + end + ARRIVES * 10).await;
        world.look();
    }
    rest::check(&world);
    let seen = world.seen.lock();
    let decisions = seen.services.values().flat_map(|it| &it.decisions);
    let count =
        |fits: fn(&check::Decision) -> bool| decisions.clone().filter(|it| fits(it)).count();
    let figures = [
        count(|it| it.by.is_some() && it.is_out()),
        count(|it| it.by.is_some() && !it.is_out()),
        count(|it| it.by.is_none()),
        usize::try_from(world.crashes.load(std::sync::atomic::Ordering::Relaxed)).unwrap(),
    ];
    world.end();
    figures
}

fn given(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().expect("a number"))
}

#[test]
fn services_follow_their_loads_whatever_goes_wrong() {
    let services = given("WHARF_SIM_SERVICES").map_or(SERVICES, |it| it as usize);
    let one = given("WHARF_SIM_SEED");
    let seeds = 0..given("WHARF_SIM_SEEDS").unwrap_or(SEEDS);
    for seed in one.map_or(seeds, |seed| seed..seed + 1) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        let figures = runtime.block_on(live(seed, services));
        println!("seed {seed}: out, in, by ranges, crashes: {figures:?}");
        // Enough for the rest to say anything.
        assert!(
            figures.iter().all(|it| *it > 5),
            "WHARF_SIM_SEED={seed}: {figures:?}"
        );
    }
}
