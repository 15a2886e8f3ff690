//! The sums of one container over one minute. Pure.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_base::cpu::UNITS_OF_A_CORE;

use crate::protocol::tcs::{
    ContainerMetric, Grown, KernelStats, NetworkStats, StatsSet, StorageStats,
};

const MIB: f64 = 1_048_576.0;

/// What is looked at every second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Glance {
    /// Nanoseconds of processor time since the start.
    pub cpu_ns: u64,
    /// Without the page cache that would be reclaimed first.
    pub memory_bytes: u64,
}

/// What only grows while a container runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counters {
    /// Bytes, packets, errors, dropped; `None` without an interface of its own.
    pub received: Option<[u64; 4]>,
    pub sent: Option<[u64; 4]>,
    pub read_bytes: u64,
    pub write_bytes: u64,
    pub throttled_periods: u64,
    pub throttled_ns: u64,
    pub oom_kills: u64,
}

/// See the [module](self).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Window {
    /// When the container was last looked at, since the machine began, and the processor time it had had.
    last: Option<(Duration, u64)>,
    counted: Option<Counters>,
    cpu: Option<StatsSet>,
    memory: Option<StatsSet>,
    grown: Counters,
    pids: u64,
}

impl Window {
    /// A look at a moment since the machine began; `units` is what the machine offers.
    pub fn glance(&mut self, at: Duration, seen: Glance, units: u64) {
        if let Some((before, used)) = self.last
            && at > before
            && units > 0
        {
            let used = seen.cpu_ns.saturating_sub(used) as f64;
            let cores = used / (at - before).as_nanos() as f64;
            let percent = cores * f64::from(UNITS_OF_A_CORE) / units as f64 * 100.0;
            StatsSet::put(&mut self.cpu, percent);
        }
        StatsSet::put(&mut self.memory, seen.memory_bytes as f64 / MIB);
        self.last = Some((at, seen.cpu_ns));
    }

    /// The first look says where counting begins.
    pub fn count(&mut self, now: Counters, pids: u64) {
        self.pids = self.pids.max(pids);
        if let Some(before) = self.counted.replace(now) {
            self.grown.add(&now.since(&before));
        }
    }

    /// It ended since the kernel had no memory for it, which nobody could count any more.
    pub fn ran_out_of_memory(&mut self) {
        self.grown.oom_kills = self.grown.oom_kills.max(1);
    }

    /// Another run of the same container: what its control group counts begins anew. Its network goes on.
    pub fn restart(&mut self) {
        self.last = None;
        let network = self.counted.unwrap_or_default();
        self.counted = Some(Counters {
            received: network.received,
            sent: network.sent,
            ..Counters::default()
        });
    }

    /// Takes the sums of the minute; the next one goes on from here.
    pub fn close(&mut self) -> Sums {
        Sums {
            cpu: self.cpu.take(),
            memory: self.memory.take(),
            grown: std::mem::take(&mut self.grown),
            pids: std::mem::take(&mut self.pids),
        }
    }
}

/// A container's minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sums {
    pub cpu: Option<StatsSet>,
    pub memory: Option<StatsSet>,
    pub grown: Counters,
    pub pids: u64,
}

impl Sums {
    /// Whether the container was looked at at all.
    pub fn is_empty(&self) -> bool {
        self.memory.is_none()
    }

    /// The shares of the machine alone, as they are told to the control plane.
    pub fn shares(&self, name: &str, arn: &str) -> ContainerMetric {
        ContainerMetric {
            container_name: name.to_owned(),
            container_arn: arn.to_owned(),
            cpu_stats_set: self.cpu,
            memory_stats_set: self.memory,
            network_stats_set: None,
            storage_stats_set: None,
            restart_stats_set: None,
            kernel_stats: None,
        }
    }

    /// All of it.
    pub fn shown(&self, name: &str, arn: &str) -> ContainerMetric {
        let grown = &self.grown;
        let network = grown.received.zip(grown.sent).map(|(received, sent)| {
            let [rx_bytes, rx_packets, rx_errors, rx_dropped] = received.map(Grown::by);
            let [tx_bytes, tx_packets, tx_errors, tx_dropped] = sent.map(Grown::by);
            NetworkStats {
                rx_bytes,
                rx_packets,
                rx_errors,
                rx_dropped,
                tx_bytes,
                tx_packets,
                tx_errors,
                tx_dropped,
            }
        });
        ContainerMetric {
            network_stats_set: network,
            storage_stats_set: Some(StorageStats {
                read_size_bytes: Grown::by(grown.read_bytes),
                write_size_bytes: Grown::by(grown.write_bytes),
            }),
            kernel_stats: Some(KernelStats {
                processes: self.pids,
                throttled_periods: grown.throttled_periods,
                throttled_nanoseconds: grown.throttled_ns,
                oom_kills: grown.oom_kills,
            }),
            ..self.shares(name, arn)
        }
    }
}

impl Counters {
    /// By how much they grew. What is less than before began anew in between.
    fn since(&self, before: &Self) -> Self {
        Self {
            received: each(self.received, before.received),
            sent: each(self.sent, before.sent),
            read_bytes: grew(self.read_bytes, before.read_bytes),
            write_bytes: grew(self.write_bytes, before.write_bytes),
            throttled_periods: grew(self.throttled_periods, before.throttled_periods),
            throttled_ns: grew(self.throttled_ns, before.throttled_ns),
            oom_kills: grew(self.oom_kills, before.oom_kills),
        }
    }

    fn add(&mut self, more: &Self) {
        let plus = |sum: Option<[u64; 4]>, more: Option<[u64; 4]>| match (sum, more) {
            (Some(sum), Some(more)) => {
                Some(std::array::from_fn(|at| sum[at].saturating_add(more[at])))
            }
            (sum, more) => more.or(sum),
        };
        self.received = plus(self.received, more.received);
        self.sent = plus(self.sent, more.sent);
        self.read_bytes = self.read_bytes.saturating_add(more.read_bytes);
        self.write_bytes = self.write_bytes.saturating_add(more.write_bytes);
        self.throttled_periods = self
            .throttled_periods
            .saturating_add(more.throttled_periods);
        self.throttled_ns = self.throttled_ns.saturating_add(more.throttled_ns);
        self.oom_kills = self.oom_kills.saturating_add(more.oom_kills);
    }
}

fn each(now: Option<[u64; 4]>, before: Option<[u64; 4]>) -> Option<[u64; 4]> {
    let (now, before) = (now?, before.unwrap_or_default());
    Some(std::array::from_fn(|at| grew(now[at], before[at])))
}

fn grew(now: u64, before: u64) -> u64 {
    now.checked_sub(before).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn glance(cpu_ns: u64) -> Glance {
        Glance {
            cpu_ns,
            memory_bytes: 3 << 20,
        }
    }

    #[test]
    fn percent_of_what_the_machine_offers() {
        let mut window = Window::default();
        window.glance(seconds(1), glance(0), 2048);
        assert_eq!(
            window.close().cpu,
            None,
            "one look tells nothing about time"
        );
        window.glance(seconds(2), glance(500_000_000), 2048);
        window.glance(seconds(4), glance(2_500_000_000), 2048);
        let sums = window.close();
        let cpu = sums.cpu.unwrap();
        assert_eq!((cpu.min, cpu.max, cpu.sample_count), (25.0, 50.0, 2));
        assert_eq!(sums.memory.unwrap().sum, 6.0);
        assert!(window.close().is_empty(), "a minute is taken once");
    }

    #[test]
    fn a_clock_that_stands_still_makes_no_sample() {
        let mut window = Window::default();
        window.glance(seconds(1), glance(0), 2048);
        window.glance(seconds(1), glance(9), 2048);
        window.glance(seconds(2), glance(9), 0);
        assert_eq!(window.close().cpu, None);
    }

    #[test]
    fn memory_that_ran_out_is_counted_once() {
        let mut window = Window::default();
        window.count(Counters::default(), 1);
        let killed = Counters {
            oom_kills: 2,
            ..Counters::default()
        };
        window.count(killed, 3);
        window.ran_out_of_memory();
        let sums = window.close();
        assert_eq!((sums.grown.oom_kills, sums.pids), (2, 3));
        window.ran_out_of_memory();
        assert_eq!(window.close().grown.oom_kills, 1);
    }

    #[test]
    fn time_without_an_agent_is_one_sample() {
        let mut window = Window::default();
        window.glance(seconds(1), glance(0), 1024);
        window.glance(seconds(2), glance(500_000_000), 1024);
        let mut window: Window =
            serde_json::from_str(&serde_json::to_string(&window).unwrap()).unwrap();
        window.glance(seconds(6), glance(1_500_000_000), 1024);
        let cpu = window.close().cpu.unwrap();
        assert_eq!((cpu.min, cpu.max, cpu.sample_count), (25.0, 50.0, 2));
    }

    proptest! {
        /// However looks are spread over minutes, and however often the container began anew, nothing that
        /// was counted is lost or counted twice.
        #[test]
        fn minutes_sum_up_to_what_was_counted(steps in prop::collection::vec((0u64..1000, any::<bool>(), any::<bool>(), any::<bool>()), 0..60)) {
            let (mut window, mut now, mut whole, mut told) = (Window::default(), 0, 0, 0);
            let (mut network, mut received) = (0, 0);
            window.count(Counters::default(), 0);
            for (more, restarts, closes, killed) in steps {
                if killed {
                    // Another agent goes on with it.
                    window = serde_json::from_str(&serde_json::to_string(&window).unwrap()).unwrap();
                }
                if restarts {
                    window.restart();
                    now = 0;
                }
                now += more;
                whole += more;
                // The network is the task's, and outlives a container's runs.
                network += more;
                let seen = Counters { read_bytes: now, received: Some([network; 4]), ..Counters::default() };
                window.count(seen, 1);
                if closes {
                    let grown = window.close().grown;
                    received += grown.received.unwrap_or_default()[0];
                    told += grown.read_bytes;
                }
            }
            let grown = window.close().grown;
            prop_assert_eq!(told + grown.read_bytes, whole);
            prop_assert_eq!(received + grown.received.unwrap_or_default()[0], whole);
        }
    }
}
