//! ECS as Application Auto Scaling sees it: desired counts, and tasks that start in their time. Its answers fail before
//! and after they had an effect, and the server ends amid them.

use std::{collections::BTreeMap, time::Duration};

use parking_lot::Mutex;
use rand::Rng as _;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use wharf_wire::Fault;

use crate::world::World;

#[derive(Debug)]
struct Count {
    desired: u32,
    running: u32,
    start: Duration,
    /// When as many run.
    starts: Vec<(Instant, u32)>,
}

impl Count {
    fn running(&mut self) -> u32 {
        let now = Instant::now();
        while let Some((_, to)) = self.starts.first().filter(|it| it.0 <= now).copied() {
            self.running = to;
            self.starts.remove(0);
        }
        self.running
    }

    /// Tasks go at once and come slowly.
    fn set(&mut self, to: u32) {
        let running = self.running();
        self.desired = to;
        self.starts.clear();
        match to <= running {
            true => self.running = to,
            false => self.starts.push((Instant::now() + self.start, to)),
        }
    }
}

#[derive(Debug, Default)]
pub struct Ecs(Mutex<BTreeMap<String, Count>>);

impl Ecs {
    pub fn create(&self, name: &str, desired: u32, start: Duration) {
        let count = Count {
            desired,
            running: desired,
            start,
            starts: Vec::new(),
        };
        self.0.lock().insert(name.to_owned(), count);
    }

    pub fn desired(&self, name: &str) -> u32 {
        self.0.lock()[name].desired
    }

    pub fn running(&self, name: &str) -> u32 {
        let mut all = self.0.lock();
        all.get_mut(name).map_or(0, Count::running)
    }
}

fn failed() -> Fault {
    Fault::sender("ServerException", 500, "a moment")
}

/// An operation of ECS, in whatever weather there is.
pub async fn call(world: &World, target: &str, name: &str, input: &Value) -> Result<Value, Fault> {
    let chance = match world.is_calm() {
        true => 100,
        false => world.random.lock().random_range(0..100),
    };
    match chance {
        0 => return Err(failed()),
        1..10 => sleep(Duration::from_millis(300)).await,
        _ => {}
    }
    let answer = answer(world, target, name, input).await;
    match chance {
        // It had its effect, and nobody hears of it.
        10 => Err(failed()),
        11 if name == "UpdateService" => {
            world.crash.notify_one();
            std::future::pending().await
        }
        _ => Ok(answer),
    }
}

async fn answer(world: &World, target: &str, name: &str, input: &Value) -> Value {
    match name {
        "DescribeServices" => {
            let service = input["services"][0].as_str().unwrap_or_default();
            let (desired, running) = (world.ecs.desired(service), world.ecs.running(service));
            let found =
                json!({ "status": "ACTIVE", "desiredCount": desired, "runningCount": running });
            json!({ "services": [found], "failures": [] })
        }
        "UpdateService" => {
            let service = input["service"].as_str().unwrap_or_default();
            let to = input["desiredCount"].as_u64().unwrap_or_default();
            let to = u32::try_from(to).unwrap();
            world.is_due(target, service, to).await;
            world.ecs.0.lock().get_mut(service).unwrap().set(to);
            json!({})
        }
        other => panic!("{other} is not for Application Auto Scaling"),
    }
}
