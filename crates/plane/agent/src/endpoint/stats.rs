//! Counters in the form of the Docker Engine API, with network rates beside them.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use wharf_base::{Clock, Timestamp};

use crate::node::{
    directory::TaskView,
    machine::{Machine, NetworkUsage, Usage},
};

/// Reads counters, and remembers the last reading of each container for the `precpu` half.
pub struct StatsReader {
    pub machine: Arc<dyn Machine>,
    pub clock: Arc<dyn Clock>,
    last: Mutex<BTreeMap<(String, usize), (Timestamp, Usage)>>,
}

/// Readings remembered; more containers than this do not fit on a node.
const MAX_REMEMBERED: usize = 4096;

impl StatsReader {
    pub fn new(machine: Arc<dyn Machine>, clock: Arc<dyn Clock>) -> Self {
        Self {
            machine,
            clock,
            last: Mutex::default(),
        }
    }

    /// `null` while the container does not run.
    pub async fn container(&self, task: &TaskView, at: usize) -> Value {
        let key = (task.context.id.clone(), at);
        let Some(usage) = self.machine.usage(&key.0, at).await else {
            return Value::Null;
        };
        let now = self.clock.now();
        let before = {
            let mut last = self.last.lock();
            if last.len() >= MAX_REMEMBERED {
                last.clear();
            }
            last.insert(key, (now, usage))
        };
        let id = &task.record.state.containers[at].runtime_id;
        document(
            id,
            &task.context.task.containers[at].name,
            (now, usage),
            before,
        )
    }

    /// Container id → document or null.
    pub async fn task(&self, task: &TaskView) -> Value {
        let mut all = Map::new();
        for (at, id) in task.context.runtime_ids.iter().enumerate() {
            all.insert(id.clone(), self.container(task, at).await);
        }
        all.into()
    }
}

fn document(
    id: &str,
    name: &str,
    (read, usage): (Timestamp, Usage),
    before: Option<(Timestamp, Usage)>,
) -> Value {
    let (preread, pre) = before.unwrap_or_default();
    let io = |op: &str, value: u64| json!({"major": 0, "minor": 0, "op": op, "value": value});
    json!({
        "read": read.iso8601(),
        "preread": preread.iso8601(),
        "id": id,
        "name": name,
        "pids_stats": {"current": usage.pids},
        "cpu_stats": cpu(read, usage),
        "precpu_stats": cpu(preread, pre),
        "memory_stats": {
            "usage": usage.memory_bytes,
            "limit": usage.memory_limit_bytes,
            "stats": {
                "cache": usage.memory_cache_bytes,
                "rss": usage.memory_bytes.saturating_sub(usage.memory_cache_bytes),
                "inactive_file": usage.memory_inactive_bytes,
            },
        },
        "blkio_stats": {
            "io_service_bytes_recursive": [io("Read", usage.read_bytes), io("Write", usage.write_bytes)],
        },
        "networks": networks(usage.network),
        "network_rate_stats": rates((read, usage), before),
    })
}

fn networks(usage: Option<NetworkUsage>) -> Value {
    usage.map_or(Value::Null, |n| {
        json!({"eth0": {
            "rx_bytes": n.rx_bytes, "rx_packets": n.rx_packets,
            "rx_errors": n.rx_errors, "rx_dropped": n.rx_dropped,
            "tx_bytes": n.tx_bytes, "tx_packets": n.tx_packets,
            "tx_errors": n.tx_errors, "tx_dropped": n.tx_dropped,
        }})
    })
}

/// Bytes a second since the reading before; `null` without one.
fn rates((read, usage): (Timestamp, Usage), before: Option<(Timestamp, Usage)>) -> Value {
    let Some((at, pre)) = before else {
        return Value::Null;
    };
    let (Some(now), Some(pre)) = (usage.network, pre.network) else {
        return Value::Null;
    };
    let seconds = read.since(at).as_secs_f64();
    if seconds <= 0.0 {
        return Value::Null;
    }
    let rate = |now: u64, pre: u64| now.saturating_sub(pre) as f64 / seconds;
    json!({
        "rx_bytes_per_sec": rate(now.rx_bytes, pre.rx_bytes),
        "tx_bytes_per_sec": rate(now.tx_bytes, pre.tx_bytes),
    })
}

/// Docker divides the growth of `total_usage` by that of `system_cpu_usage`: all processor time
/// there was, which is the time that passed on all cores together.
fn cpu(at: Timestamp, usage: Usage) -> Value {
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let passed = u64::try_from(at.millis())
        .unwrap_or(0)
        .saturating_mul(1_000_000);
    json!({
        "cpu_usage": {"total_usage": usage.cpu_ns},
        "system_cpu_usage": passed.saturating_mul(cores),
        "online_cpus": cores,
    })
}
