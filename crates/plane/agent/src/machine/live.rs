//! A task whose shim lives: its handle, its network, and under which name each container runs.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::{sync::OnceCell, task::AbortHandle};
use tokio_util::task::TaskTracker;
use wharf_container::{
    image::Image,
    runtime::{self, ContainerState, ContainerStatus, TaskHandle},
    spec::ContainerName,
};

use super::{Shared, health::Check, logs, net::Networks, secrets::LogSecrets};
use crate::{
    engine::{Event, Exit},
    measure::window::Glance,
    node::{
        core::TaskContext,
        machine::{NetworkUsage, Usage},
    },
    protocol::docker,
};

/// Between a container's name and the number of its restart; no container name may contain it
/// except the agent's own, which never restart.
const RESTART_MARK: &str = "~r";

pub struct Live {
    pub context: Arc<TaskContext>,
    pub handle: TaskHandle,
    pub networks: Networks,
    /// Of the node that it is a task of.
    pub group: Option<String>,
    slots: Mutex<Vec<Slot>>,
    /// Its shim holds the secrets of its containers.
    pub secrets: OnceCell<()>,
    /// What its log drivers are told as secrets: of those who ask, one fetches.
    pub log_secrets: OnceCell<LogSecrets>,
    /// The readers of its logs.
    pub logs: TaskTracker,
    /// The shim is about to be ended by us.
    closing: AtomicBool,
}

/// One container of the definition.
#[derive(Default)]
struct Slot {
    image: Option<Image>,
    /// How many times it was begun anew: each time it is another container for the runtime, so
    /// that the log of the one before can still be delivered.
    generation: u32,
    pid: i32,
    /// This generation has ended.
    ended: bool,
    health: Option<AbortHandle>,
    /// Its log is being read, up to which generation.
    read: Option<u32>,
}

impl Live {
    pub fn new(
        context: Arc<TaskContext>,
        handle: TaskHandle,
        networks: Networks,
        group: Option<&str>,
    ) -> Self {
        let slots = context
            .task
            .containers
            .iter()
            .map(|_| Slot::default())
            .collect();
        Self {
            context,
            handle,
            networks,
            group: group.map(str::to_owned),
            slots: Mutex::new(slots),
            secrets: OnceCell::new(),
            log_secrets: OnceCell::new(),
            logs: TaskTracker::new(),
            closing: AtomicBool::new(false),
        }
    }

    fn with<T>(&self, at: usize, look: impl FnOnce(&mut Slot) -> T) -> Option<T> {
        let mut slots = self.slots.lock();
        slots.get_mut(at).map(look)
    }

    pub fn image(&self, at: usize) -> Option<Image> {
        self.with(at, |slot| slot.image.clone()).flatten()
    }

    pub fn set_image(&self, at: usize, image: Image) {
        self.with(at, |slot| slot.image = Some(image));
    }

    /// The name under which container `at` runs now.
    pub fn run_name(&self, at: usize) -> Option<ContainerName> {
        let generation = self.with(at, |slot| slot.generation)?;
        run_name(&self.context.task.containers.get(at)?.name, generation)
    }

    /// The name of the run before this one, if there was one.
    pub fn replaced_name(&self, at: usize) -> Option<ContainerName> {
        let generation = self.with(at, |slot| slot.generation)?.checked_sub(1)?;
        run_name(&self.context.task.containers.get(at)?.name, generation)
    }

    /// The next one begins.
    pub fn next_generation(&self, at: usize) {
        self.with(at, |slot| {
            slot.generation += 1;
            slot.ended = false;
        });
    }

    /// Whether that generation of container `at` writes nothing more.
    pub fn has_ended(&self, at: usize, generation: u32) -> bool {
        let ended = |slot: &mut Slot| slot.generation > generation || slot.ended;
        self.with(at, ended).unwrap_or(true)
    }

    fn find(&self, name: &ContainerName) -> Option<(usize, u32)> {
        find(&self.context, name)
    }

    pub fn images(&self) -> Vec<Image> {
        let slots = self.slots.lock();
        slots.iter().filter_map(|slot| slot.image.clone()).collect()
    }

    pub fn usage(&self, at: usize) -> Option<Usage> {
        let name = self.run_name(at)?;
        let stats = self.handle.stats(&name).ok()?;
        let pid = self.with(at, |slot| slot.pid)?;
        let own = self.networks.of(at).and_then(|one| one.netns.as_ref());
        let network = own.and_then(|_| network_usage(pid));
        Some(Usage {
            cpu_ns: stats.cpu_ns,
            memory_bytes: stats.memory_bytes,
            memory_cache_bytes: stats.memory_cache_bytes,
            memory_inactive_bytes: stats.memory_inactive_file_bytes,
            memory_limit_bytes: stats.memory_limit_bytes.unwrap_or(0),
            pids: stats.pids,
            read_bytes: stats.read_bytes,
            write_bytes: stats.write_bytes,
            throttled_periods: stats.throttled_periods,
            throttled_ns: stats.throttled_ns,
            oom_kills: stats.oom_kills,
            network,
        })
    }

    pub fn glance(&self, at: usize) -> Option<Glance> {
        let seen = self.handle.glance(&self.run_name(at)?).ok()?;
        let inactive = seen.memory_inactive_file_bytes;
        Some(Glance {
            cpu_ns: seen.cpu_ns,
            memory_bytes: seen.memory_bytes.saturating_sub(inactive),
        })
    }

    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    pub fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// What the runtime knows of the task, as events in the order in which they happened. Takes
    /// over generations and process ids. For recovery.
    pub fn take_over(&self, name: &ContainerName, status: &ContainerStatus) -> Vec<Event> {
        let Some((at, generation)) = self.find(name) else {
            return Vec::new();
        };
        let newest = self.with(at, |slot| {
            if generation < slot.generation {
                return false;
            }
            slot.generation = generation;
            slot.pid = status.pid;
            true
        });
        if newest == Some(true) {
            past_of(at, status)
        } else {
            Vec::new()
        }
    }
}

/// Container and generation of a name; `None` for what is not of this task.
pub fn find(context: &TaskContext, name: &ContainerName) -> Option<(usize, u32)> {
    let (plain, generation) = match name.as_str().rsplit_once(RESTART_MARK) {
        Some((plain, number)) => (plain, number.parse().ok()?),
        None => (name.as_str(), 0),
    };
    let at = context
        .task
        .containers
        .iter()
        .position(|c| c.name == plain)?;
    Some((at, generation))
}

/// The events behind a container's present state.
pub fn past_of(at: usize, status: &ContainerStatus) -> Vec<Event> {
    let mut events = Vec::new();
    if status.state != ContainerState::Creating {
        events.push(Event::Created { container: at });
    }
    if let Some(started) = status.started_at {
        events.push(Event::Started {
            container: at,
            at: wharf_base::Timestamp(started),
        });
    }
    if status.state == ContainerState::Stopped {
        events.push(match &status.exit {
            Some(exit) => exited(at, exit),
            None => Event::Vanished { container: at },
        });
    }
    events
}

/// Whether an event is one container's.
pub fn is_about(event: &Event, at: usize) -> bool {
    match event {
        Event::Created { container }
        | Event::Started { container, .. }
        | Event::Vanished { container }
        | Event::Exited { container, .. } => *container == at,
        _ => false,
    }
}

pub fn exited(at: usize, exit: &runtime::ExitRecord) -> Event {
    let exit = Exit {
        code: Some(exit.code),
        out_of_memory: exit.oom,
        at: wharf_base::Timestamp(exit.at),
    };
    Event::Exited {
        container: at,
        exit,
    }
}

pub fn run_name(name: &str, generation: u32) -> Option<ContainerName> {
    let name = match generation {
        0 => name.to_owned(),
        n => format!("{name}{RESTART_MARK}{n}"),
    };
    ContainerName::try_from(name).ok()
}

/// Follows what the shim tells until it is ended by us, and tells the node's loop. A shim that dies
/// takes its containers with it.
pub fn watch(shared: &Arc<Shared>, live: &Arc<Live>) {
    let (shared, live) = (shared.clone(), live.clone());
    shared.running.clone().spawn(async move {
        tokio::select! {
            () = shared.shutdown.cancelled() => {}
            () = follow(&shared, &live) => {}
        }
    });
}

async fn follow(shared: &Arc<Shared>, live: &Arc<Live>) {
    // Falling behind ends a subscription; a new one begins with the present state.
    while let Ok(mut events) = live.handle.events().await {
        while let Some(event) = events.next().await {
            hear(shared, live, event).await;
        }
        if live.is_closing() {
            return;
        }
    }
    if live.is_closing() {
        return;
    }
    let id = &live.context.id;
    tracing::error!(
        task = id,
        "the shim of a task failed; its containers are stopped"
    );
    if let Err(error) = shared.host.runtime.remove_task(id).await {
        tracing::error!(
            task = id,
            error = &error as &dyn std::error::Error,
            "failed to remove what a shim left behind"
        );
    }
    for at in 0..live.context.task.containers.len() {
        shared.observe(id, Event::Vanished { container: at }).await;
    }
}

async fn hear(shared: &Arc<Shared>, live: &Arc<Live>, event: runtime::Event) {
    let id = &live.context.id;
    match event {
        runtime::Event::Started { container, pid, at } => {
            let Some((index, generation)) = live.find(&container) else {
                return;
            };
            if !live
                .with(index, |slot| slot.begin(generation, pid))
                .unwrap_or(false)
            {
                return;
            }
            logs::read(shared, live, index, generation);
            check_health(shared, live, index, &container);
            let at = wharf_base::Timestamp(at);
            shared
                .observe(
                    id,
                    Event::Started {
                        container: index,
                        at,
                    },
                )
                .await;
        }
        runtime::Event::Exited { container, exit } => {
            let Some((index, generation)) = live.find(&container) else {
                return;
            };
            // A program that wrote and ended before it was heard of still has a log.
            logs::read(shared, live, index, generation);
            if live
                .with(index, |slot| slot.end(generation))
                .unwrap_or(false)
            {
                shared.observe(id, exited(index, &exit)).await;
            }
        }
        _ => {}
    }
}

impl Slot {
    /// False for one that was replaced since.
    fn begin(&mut self, generation: u32, pid: i32) -> bool {
        if generation == self.generation {
            self.pid = pid;
        }
        generation == self.generation
    }

    fn end(&mut self, generation: u32) -> bool {
        if generation != self.generation {
            return false;
        }
        self.ended = true;
        if let Some(check) = self.health.take() {
            check.abort();
        }
        true
    }
}

impl Live {
    /// Whether the log of this generation is not read yet; it is from now on.
    pub fn begin_reading(&self, at: usize, generation: u32) -> bool {
        self.with(at, |slot| {
            let fresh = slot.read.is_none_or(|read| read < generation);
            if fresh {
                slot.read = Some(generation);
            }
            fresh
        })
        .unwrap_or(false)
    }
}

fn check_health(shared: &Arc<Shared>, live: &Arc<Live>, at: usize, name: &ContainerName) {
    let of = &live.context.task.containers[at];
    if !live.context.spec.containers[at].has_health_check {
        return;
    }
    let engine = docker::read(of.docker_config.as_ref()).unwrap_or_default();
    let Some(check) = engine.config.healthcheck.as_ref().and_then(Check::of) else {
        return;
    };
    let (shutdown, tell) = (shared.shutdown.clone(), shared.observations.clone());
    let checks = check.run(live.handle.clone(), name.clone(), at, tell);
    let checking = shared.running.spawn(async move {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = checks => {}
        }
    });
    live.with(at, |slot| {
        if let Some(before) = slot.health.replace(checking.abort_handle()) {
            before.abort();
        }
    });
}

/// The counters of `eth0` in the namespace of a process.
/// What the interface of a process's network carried.
pub fn network_usage(pid: i32) -> Option<NetworkUsage> {
    let text = fs::read_to_string(format!("/proc/{pid}/net/dev")).ok()?;
    parse_net_dev(&text)
}

fn parse_net_dev(text: &str) -> Option<NetworkUsage> {
    let line = text
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("eth0:"))?;
    let numbers: Vec<u64> = line
        .split_whitespace()
        .map_while(|n| n.parse().ok())
        .collect();
    let at = |n: usize| numbers.get(n).copied();
    Some(NetworkUsage {
        rx_bytes: at(0)?,
        rx_packets: at(1)?,
        rx_errors: at(2)?,
        rx_dropped: at(3)?,
        tx_bytes: at(8)?,
        tx_packets: at(9)?,
        tx_errors: at(10)?,
        tx_dropped: at(11)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters() {
        let text = "Inter-|   Receive\n face |bytes\n    lo: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n  eth0:  10 2 3 4 0 0 0 0 50 6 7 8 0 0 0 0\n";
        let usage = parse_net_dev(text).unwrap();
        assert_eq!(
            (usage.rx_bytes, usage.tx_bytes, usage.tx_dropped),
            (10, 50, 8)
        );
        assert_eq!(parse_net_dev("eth0: 1 2"), None);
    }

    #[test]
    fn names_of_generations() {
        assert_eq!(run_name("web", 0).unwrap().as_str(), "web");
        assert_eq!(run_name("web", 2).unwrap().as_str(), "web~r2");
        assert_eq!(run_name("", 0), None);
    }
}
