//! What containers and the node as a whole use, measured now and then: a rate needs two moments.
//!
//! Input is the machine's counters, output the newest measurement of each container that runs. One that was measured once has no
//! rate yet; a container that began again is another one, since each run has a name of its own.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use parking_lot::RwLock;
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};
use wharf_base::Timestamp;
use wharf_container::{
    runtime::{ContainerState, ContainerStats, ContainerStatus},
    spec::ContainerName,
};
use wharf_network::Counters;

use crate::{node::Node, pressure};

/// As often as upstream's nodes measure.
const EVERY: Duration = Duration::from_secs(10);
/// Over less than this a rate says little.
const LEAST_WINDOW: Duration = Duration::from_secs(1);

/// Sandbox and run.
type Key = (String, ContainerName);

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Billionths of a core.
    pub nano_cores: u64,
    pub window_ms: u64,
}

/// What a container, or the node, had used at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    pub at: Timestamp,
    pub cpu_ns: u64,
    pub memory_bytes: u64,
    /// Without the page cache that would be reclaimed first.
    pub working_bytes: u64,
    pub rate: Option<Rate>,
    /// Of containers alone, where they are counted.
    pub processes: Option<u64>,
    /// All that was counted.
    pub counted: ContainerStats,
}

/// What there was on the node when it was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Census {
    /// Pods that have a sandbox.
    pub pods: usize,
    pub created: usize,
    pub running: usize,
    /// Of runs that are not forgotten.
    pub exited: usize,
}

impl Census {
    /// One more pod and what runs or ran in it.
    fn add<'a>(&mut self, runs: impl Iterator<Item = &'a ContainerStatus>) {
        self.pods += 1;
        for it in runs {
            let count = match it.state {
                ContainerState::Creating | ContainerState::Created => &mut self.created,
                ContainerState::Running => &mut self.running,
                ContainerState::Stopped => &mut self.exited,
            };
            *count += 1;
        }
    }
}

/// What went through an interface, and when that was read.
type Carried = (Timestamp, Counters);

/// A measurement, and when it was by the clock that only goes forward.
type Held = (Instant, Measured);

#[derive(Default)]
pub struct Usage {
    containers: RwLock<BTreeMap<Key, Held>>,
    /// By sandbox, of those with an interface of their own.
    networks: RwLock<BTreeMap<String, Carried>>,
    node: RwLock<Option<Held>>,
    /// None before the first measurement.
    census: RwLock<Option<Census>>,
}

impl Usage {
    pub fn containers(&self) -> Vec<(Key, Measured)> {
        let all = self.containers.read();
        all.iter().map(|(key, it)| (key.clone(), it.1)).collect()
    }

    pub fn networks(&self) -> BTreeMap<String, Carried> {
        self.networks.read().clone()
    }

    pub fn node(&self) -> Option<Measured> {
        self.node.read().map(|it| it.1)
    }

    pub fn census(&self) -> Option<Census> {
        *self.census.read()
    }
}

/// Until it is dropped.
pub async fn keep(node: Arc<Node>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Looks at the disk, of which there is one at a time.
    let mut walks = JoinSet::new();
    loop {
        ticks.tick().await;
        measure(&node).await;
        pressure::watch::look(&node, &mut walks).await;
    }
}

async fn measure(node: &Node) {
    let sandboxes: Vec<String> = node.pods.read().keys().cloned().collect();
    let (mut found, mut networks) = (BTreeMap::new(), BTreeMap::new());
    let mut census = Census::default();
    for sandbox in sandboxes {
        // A pod that has none yet, or none any more, uses nothing.
        let Ok(runs) = node.machine.containers(&sandbox).await else {
            continue;
        };
        census.add(runs.values());
        if let Some(carried) = node.machine.carried(&sandbox).await {
            networks.insert(sandbox.clone(), (node.clock.now(), carried));
        }
        for (run, _) in runs.into_iter().filter(|(_, it)| it.exit.is_none()) {
            if let Some(used) = node.machine.stats(&sandbox, &run) {
                let processes = node.machine.process_count(&sandbox, &run);
                let key = (sandbox.clone(), run);
                let before = node.usage.containers.read().get(&key).copied();
                let mut now = held(before, &used, node.clock.now());
                now.1.processes = processes;
                found.insert(key, now);
            }
        }
    }
    *node.usage.containers.write() = found;
    *node.usage.networks.write() = networks;
    *node.usage.census.write() = Some(census);
    let used = node.machine.node_stats().await;
    let mut own = node.usage.node.write();
    *own = used.map(|it| held(*own, &it, node.clock.now()));
}

fn held(before: Option<Held>, used: &ContainerStats, at: Timestamp) -> Held {
    let now = Instant::now();
    let rate = before.and_then(|(then, it)| rate(&it, used.cpu_ns, now.duration_since(then)));
    let measured = Measured {
        at,
        cpu_ns: used.cpu_ns,
        memory_bytes: used.memory_bytes,
        working_bytes: used
            .memory_bytes
            .saturating_sub(used.memory_inactive_file_bytes),
        rate,
        processes: None,
        counted: *used,
    };
    (now, measured)
}

/// None where the counter went back: it is not the same one any more.
fn rate(before: &Measured, cpu_ns: u64, passed: Duration) -> Option<Rate> {
    if passed < LEAST_WINDOW {
        return before.rate;
    }
    let used = u128::from(cpu_ns.checked_sub(before.cpu_ns)?);
    let nano_cores = used * 1_000_000_000 / passed.as_nanos().max(1);
    Some(Rate {
        nano_cores: u64::try_from(nano_cores).ok()?,
        window_ms: u64::try_from(passed.as_millis()).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(cpu_ns: u64) -> Measured {
        Measured {
            at: Timestamp(0),
            cpu_ns,
            memory_bytes: 0,
            working_bytes: 0,
            rate: None,
            processes: None,
            counted: ContainerStats::default(),
        }
    }

    #[test]
    fn rates() {
        let ten = Duration::from_secs(10);
        let half = rate(&before(1_000), 5_000_001_000, ten).unwrap();
        assert_eq!((half.nano_cores, half.window_ms), (500_000_000, 10_000));
        assert_eq!(rate(&before(7), 7, ten).unwrap().nano_cores, 0);
        assert_eq!(rate(&before(7), 6, ten), None);
        assert_eq!(rate(&before(7), 9, Duration::from_millis(1)), None);
        assert_eq!(
            rate(&before(0), u64::MAX, Duration::from_secs(1))
                .unwrap()
                .nano_cores,
            u64::MAX
        );
    }

    #[test]
    fn pods_and_containers_are_counted_by_their_states() {
        let status = |state| ContainerStatus {
            state,
            pid: 0,
            started_at: None,
            exit: None,
            user: None,
        };
        let mut census = Census::default();
        census.add(std::iter::empty());
        let runs = [
            status(ContainerState::Creating),
            status(ContainerState::Created),
            status(ContainerState::Running),
            status(ContainerState::Running),
            status(ContainerState::Running),
            status(ContainerState::Stopped),
        ];
        census.add(runs.iter());
        let expected = Census {
            pods: 2,
            created: 2,
            running: 3,
            exited: 1,
        };
        assert_eq!(census, expected);
    }

    #[test]
    fn the_page_cache_that_goes_first_is_not_counted() {
        let used = ContainerStats {
            memory_bytes: 10,
            memory_inactive_file_bytes: 4,
            ..ContainerStats::default()
        };
        assert_eq!(held(None, &used, Timestamp(0)).1.working_bytes, 6);
    }
}
