//! What a node says of itself and its pods, as far as it can be believed: a node may say anything.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_model::{duration, quantity::Quantity};

/// Pods of one node and containers of one pod; what is told of more is not read.
const MOST_PODS: usize = 2048;
const MOST_CONTAINERS: usize = 256;
/// A million cores, an exbibyte, an hour: beyond these are no figures of a machine.
const MOST_NANO_CORES: u64 = 1_000_000 * 1_000_000_000;
const MOST_BYTES: u64 = 1 << 60;
const MOST_WINDOW_MS: u64 = 3_600_000;
/// What was measured longer ago, or in a future further away, says nothing of now.
const FRESH_MS: u64 = 5 * 60 * 1000;

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    pub at: Timestamp,
    pub window_ms: u64,
    pub nano_cores: u64,
    pub working_bytes: u64,
}

impl Sample {
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.at.0.abs_diff(now.0) <= FRESH_MS
    }

    pub fn window(&self) -> String {
        let nanos = self.window_ms.saturating_mul(1_000_000);
        duration::text(i64::try_from(nanos).unwrap_or(i64::MAX))
    }

    pub fn usage(&self) -> Value {
        let memory = match self.working_bytes % 1024 {
            0 => format!("{}Ki", self.working_bytes / 1024),
            _ => self.working_bytes.to_string(),
        };
        let canonical = |text: String| Quantity::parse(&text).unwrap_or(Quantity::ZERO).to_string();
        json!({"cpu": canonical(format!("{}n", self.nano_cores)), "memory": canonical(memory)})
    }
}

/// All that a node says.
#[derive(Debug, Default, PartialEq)]
pub struct OfNode {
    pub node: Option<Sample>,
    /// By the pods' uids, and by the containers' names.
    pub pods: HashMap<String, BTreeMap<String, Sample>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Summary {
    node: Part,
    pods: Vec<PodPart>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Part {
    name: String,
    cpu: Cpu,
    memory: Memory,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct PodPart {
    pod_ref: PodRef,
    containers: Vec<Part>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PodRef {
    uid: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Cpu {
    time: String,
    usage_nano_cores: Option<u64>,
    window_milliseconds: u64,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Memory {
    working_set_bytes: Option<u64>,
}

/// The body of `/stats/summary`.
pub fn read(body: &[u8]) -> Result<OfNode, serde_json::Error> {
    let summary: Summary = serde_json::from_slice(body)?;
    let mut pods = HashMap::new();
    for pod in summary.pods.into_iter().take(MOST_PODS) {
        let of = |it: &Part| Some((it.name.clone(), sample(it)?));
        let told = pod.containers.iter().take(MOST_CONTAINERS);
        pods.entry(pod.pod_ref.uid)
            .or_insert_with(|| told.filter_map(of).collect());
    }
    Ok(OfNode {
        node: sample(&summary.node),
        pods,
    })
}

/// None where there is no rate yet, or figures that no machine has.
fn sample(part: &Part) -> Option<Sample> {
    let nano_cores = part.cpu.usage_nano_cores?;
    let working_bytes = part.memory.working_set_bytes?;
    let window_ms = part.cpu.window_milliseconds;
    let can_be = nano_cores <= MOST_NANO_CORES
        && working_bytes <= MOST_BYTES
        && (1..=MOST_WINDOW_MS).contains(&window_ms);
    can_be.then_some(Sample {
        at: Timestamp::parse_iso8601(&part.cpu.time)?,
        window_ms,
        nano_cores,
        working_bytes,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part(name: &str, cpu: u64, window: u64) -> Value {
        json!({
            "name": name,
            "cpu": {"time": "2026-01-01T00:00:00.500Z", "usageNanoCores": cpu, "windowMilliseconds": window},
            "memory": {"workingSetBytes": 1000, "usageBytes": 2000},
        })
    }

    #[test]
    fn what_can_be_believed() {
        let mut without_rate = part("new", 1, 1000);
        without_rate["cpu"] = json!({"time": "2026-01-01T00:00:00Z"});
        let body = json!({
            "node": part("", 5, 1500), "more": [1],
            "pods": [
                {"podRef": {"uid": "u"}, "containers": [
                    part("a", 1_234_567, 10_000), without_rate, part("much", u64::MAX, 1000), part("never", 1, 0),
                ]},
                {"podRef": {"uid": "u"}, "containers": [part("b", 9, 1000)]},
            ],
        });
        let told = read(body.to_string().as_bytes()).unwrap();
        assert_eq!(told.node.unwrap().window(), "1.5s");
        let pod = &told.pods["u"];
        assert_eq!(pod.keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!(pod["a"].window(), "10s");
        assert_eq!(pod["a"].usage(), json!({"cpu": "1234567n", "memory": "1k"}));
        assert_eq!(read(b"{}").unwrap(), OfNode::default());
        assert!(read(b"no").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&body);
        }
    }
}
