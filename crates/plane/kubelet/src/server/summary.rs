//! `/stats/summary`: what the pods of this node and the node as a whole use, as it was measured last.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::Object as _;
use wharf_network::Counters;

use crate::{machine::of_run, node::Node, usage::Measured};

pub fn of(node: &Node) -> Value {
    let mut by_sandbox: BTreeMap<String, Vec<(String, Measured)>> = BTreeMap::new();
    for ((sandbox, run), measured) in node.usage.containers() {
        if let Some((container, _)) = of_run(&run) {
            let all = by_sandbox.entry(sandbox).or_default();
            all.push((container.to_owned(), measured));
        }
    }
    let pods: Vec<(String, Arc<Value>)> = node
        .pods
        .read()
        .iter()
        .map(|(id, it)| (id.clone(), it.clone()))
        .collect();
    let (mut all, networks) = (Vec::new(), node.usage.networks());
    for (id, pod) in pods {
        let used = by_sandbox.remove(&id).unwrap_or_default();
        let mut told = of_pod(&pod, &used);
        if let Some((at, carried)) = networks.get(&id) {
            told["network"] = network(*at, carried);
        }
        all.push(told);
    }
    let mut own = json!({"nodeName": node.name});
    if let Some(measured) = node.usage.node() {
        own["cpu"] = cpu(&measured);
        own["memory"] = memory(&measured);
    }
    json!({"node": own, "pods": all})
}

fn of_pod(pod: &Value, used: &[(String, Measured)]) -> Value {
    let containers: Vec<Value> = used
        .iter()
        .map(|(name, it)| json!({"name": name, "cpu": cpu(it), "memory": memory(it)}))
        .collect();
    let sum = |of: fn(&Measured) -> u64| {
        let each = used.iter().map(|(_, it)| of(it));
        each.fold(0, u64::saturating_add)
    };
    let mut summary = json!({
        "podRef": {"name": pod.name(), "namespace": pod.namespace(), "uid": pod.uid()},
        "startTime": pod.at("/status/startTime"),
        "containers": containers,
    });
    if let Some((_, newest)) = used.iter().max_by_key(|(_, it)| it.at) {
        let time = newest.at.iso8601();
        summary["cpu"] = json!({"time": time, "usageCoreNanoSeconds": sum(|it| it.cpu_ns)});
        summary["memory"] = json!({"time": time, "usageBytes": sum(|it| it.memory_bytes), "workingSetBytes": sum(|it| it.working_bytes)});
    }
    summary
}

fn cpu(it: &Measured) -> Value {
    let mut told = json!({"time": it.at.iso8601(), "usageCoreNanoSeconds": it.cpu_ns});
    if let Some(rate) = it.rate {
        told["usageNanoCores"] = rate.nano_cores.into();
        // Ours: upstream's summary leaves it open how long the rate was measured over.
        told["windowMilliseconds"] = rate.window_ms.into();
    }
    told
}

fn network(at: Timestamp, it: &Counters) -> Value {
    let counted = json!({
        "name": "eth0", "rxBytes": it.rx_bytes, "rxErrors": it.rx_errors, "txBytes": it.tx_bytes, "txErrors": it.tx_errors,
    });
    let mut told = counted.clone();
    told["time"] = at.iso8601().into();
    told["interfaces"] = json!([counted]);
    told
}

fn memory(it: &Measured) -> Value {
    json!({
        "time": it.at.iso8601(), "usageBytes": it.memory_bytes, "workingSetBytes": it.working_bytes,
    })
}

#[cfg(test)]
mod tests {
    use wharf_container::runtime::ContainerStats;

    use super::*;
    use crate::usage::Rate;

    #[test]
    fn what_is_told_of_a_pod() {
        let pod = json!({"metadata": {"name": "p", "namespace": "n", "uid": "u"}});
        let measured = |cpu_ns, rate| Measured {
            at: Timestamp(1_767_225_600_500),
            cpu_ns,
            memory_bytes: 300,
            working_bytes: 200,
            rate,
            counted: ContainerStats::default(),
        };
        let rate = Rate {
            nano_cores: 50,
            window_ms: 10_000,
        };
        let used = [
            ("a".to_owned(), measured(7, Some(rate))),
            ("b".to_owned(), measured(8, None)),
        ];
        let told = of_pod(&pod, &used);
        let containers = told["containers"].as_array().unwrap();
        assert_eq!(containers[0]["cpu"]["usageNanoCores"], 50);
        assert_eq!(containers[0]["cpu"]["time"], "2026-01-01T00:00:00.500Z");
        assert!(containers[1]["cpu"].get("usageNanoCores").is_none());
        assert_eq!(told["cpu"]["usageCoreNanoSeconds"], 15);
        assert_eq!(told["memory"]["workingSetBytes"], 400);
        assert!(of_pod(&pod, &[]).get("cpu").is_none());
    }
}
