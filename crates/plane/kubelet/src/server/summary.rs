//! `/stats/summary`: what the pods of this node and the node as a whole use, as it was measured last. What is not measured is not told.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_container::image::ImageDisk;
use wharf_kube_client::Object as _;
use wharf_network::Counters;

use crate::{
    machine::of_run,
    node::Node,
    pressure::{
        Level,
        watch::{self, OfContainer, OfPod, levels_of},
    },
    usage::Measured,
};

/// A disk of which pods have parts, and when it was looked at.
#[derive(Debug, Clone, Copy)]
struct Disk {
    at: Timestamp,
    bytes: Option<Level>,
    inodes: Option<Level>,
}

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
    let looked = node.pressure.disk();
    let disk = looked.as_ref().map(|it| {
        let (bytes, inodes) = levels_of(node.capacity.disk, it.whole);
        let at = it.at;
        Disk { at, bytes, inodes }
    });
    for (id, pod) in pods {
        let used = by_sandbox.remove(&id).unwrap_or_default();
        let mut told = of_pod(&pod, &used);
        // A pod that came since is not among them.
        let held = looked.as_ref().and_then(|it| it.pods.get(&id));
        if let (Some(disk), Some(held)) = (disk, held) {
            on_disk(&mut told, &pod, disk, held);
        }
        if let Some((at, carried)) = networks.get(&id) {
            told["network"] = network(*at, carried);
        }
        all.push(told);
    }
    let mut own = json!({"nodeName": node.name});
    if let Some(measured) = node.usage.node() {
        own["cpu"] = cpu(&measured);
        own["memory"] = memory(&measured, Some(node.capacity.memory));
        if let Some(rlimit) = rlimit(&measured) {
            own["rlimit"] = rlimit;
        }
    }
    if let (Some(disk), Some(looked)) = (disk, &looked) {
        let (used, inodes) = (looked.whole.bytes, looked.whole.inodes);
        own["fs"] = file_system(disk, used, Some(inodes));
        own["runtime"] = runtime(disk, looked);
    }
    json!({"node": own, "pods": all})
}

fn of_pod(pod: &Value, used: &[(String, Measured)]) -> Value {
    let containers: Vec<Value> = used
        .iter()
        .map(|(name, it)| {
            let memory = memory(it, it.counted.memory_limit_bytes);
            json!({"name": name, "cpu": cpu(it), "memory": memory})
        })
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
        let processes: Option<u64> = used.iter().map(|(_, it)| it.processes).sum();
        if let Some(processes) = processes {
            summary["process_stats"] = json!({ "process_count": processes });
        }
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

/// `most` is what it may have, if there is a bound.
fn memory(it: &Measured, most: Option<u64>) -> Value {
    let mut told = json!({
        "time": it.at.iso8601(), "usageBytes": it.memory_bytes, "workingSetBytes": it.working_bytes,
    });
    if let Some(most) = most.filter(|it| *it > 0) {
        told["availableBytes"] = most.saturating_sub(it.working_bytes).into();
    }
    told
}

/// How many threads a node has, as the kernel counts processes, and may have.
fn rlimit(it: &Measured) -> Option<Value> {
    let most = it.counted.pids_limit?;
    let now = it.counted.pids;
    Some(json!({"time": it.at.iso8601(), "maxpid": most, "curproc": now}))
}

/// Whether a volume is a part of the node's disk: others are memory, or disks and file systems of their own.
fn is_on_disk(volume: &Value) -> bool {
    const WRITTEN_BY_NODE: [&str; 4] = ["configMap", "secret", "projected", "downwardAPI"];
    let is_made = || WRITTEN_BY_NODE.iter().any(|it| volume[*it].is_object());
    match volume.get("emptyDir") {
        Some(dir) => dir.text("/medium") != "Memory",
        None => is_made(),
    }
}

/// What a pod, its volumes and its containers have of the disk.
fn on_disk(told: &mut Value, pod: &Value, disk: Disk, held: &OfPod) {
    let volumes = pod.list("/spec/volumes").iter();
    let volumes = volumes.filter(|it| is_on_disk(it)).filter_map(|it| {
        let used = held.volumes.get(it.text("/name"))?;
        let mut told = file_system(disk, used.bytes, Some(used.inodes));
        told["name"] = it.text("/name").into();
        Some(told)
    });
    let volumes: Vec<Value> = volumes.collect();
    if !volumes.is_empty() {
        told["volume"] = volumes.into();
    }
    let whole = held.whole;
    told["ephemeral-storage"] = file_system(disk, whole.bytes, Some(whole.inodes));
    let containers = told["containers"].as_array_mut();
    for container in containers.into_iter().flatten() {
        // One that has written nothing has none there.
        let own = held.containers.get(container.text("/name")).copied();
        let OfContainer { written, logs } = own.unwrap_or_default();
        container["rootfs"] = file_system(disk, written, None);
        container["logs"] = file_system(disk, logs, None);
    }
}

/// What images lie on, and what containers write to: the machine has the one, and the node a part of the other.
fn runtime(disk: Disk, looked: &watch::Disk) -> Value {
    let all = looked.pods.values().flat_map(|it| it.containers.values());
    let written = all.fold(0_u64, |sum, it| sum.saturating_add(it.written));
    let mut told = json!({"containerFs": file_system(disk, written, None)});
    if let Some(images) = &looked.images {
        told["imageFs"] = image_fs(disk.at, images);
    }
    told
}

fn image_fs(at: Timestamp, it: &ImageDisk) -> Value {
    let mut told = json!({
        "time": at.iso8601(), "usedBytes": it.used, "availableBytes": it.available, "capacityBytes": it.capacity,
    });
    if it.inodes > 0 {
        told["inodes"] = it.inodes.into();
        told["inodesFree"] = it.inodes_free.into();
    }
    told
}

/// As upstream tells of a part of a file system: what is used is the part's, the rest of all.
fn file_system(disk: Disk, used: u64, inodes_used: Option<u64>) -> Value {
    let mut told = json!({"time": disk.at.iso8601(), "usedBytes": used});
    if let Some(bytes) = disk.bytes {
        told["availableBytes"] = bytes.available.into();
        told["capacityBytes"] = bytes.capacity.into();
    }
    if let Some(inodes) = disk.inodes {
        told["inodesFree"] = inodes.available.into();
        told["inodes"] = inodes.capacity.into();
    }
    if let Some(used) = inodes_used {
        told["inodesUsed"] = used.into();
    }
    told
}

#[cfg(test)]
mod tests {
    use wharf_container::runtime::ContainerStats;

    use super::*;
    use crate::{disk_use::DiskUse, usage::Rate};

    #[test]
    fn what_is_told_of_a_pod() {
        let pod = json!({"metadata": {"name": "p", "namespace": "n", "uid": "u"}});
        let measured = |cpu_ns, rate| Measured {
            at: Timestamp(1_767_225_600_500),
            cpu_ns,
            memory_bytes: 300,
            working_bytes: 200,
            rate,
            processes: Some(3),
            counted: ContainerStats::default(),
        };
        let rate = Rate {
            nano_cores: 50,
            window_ms: 10_000,
        };
        let mut used = [
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
        assert!(containers[0]["memory"].get("availableBytes").is_none());
        assert_eq!(told["process_stats"], json!({"process_count": 6}));
        // Part of a sum is none.
        used[0].1.processes = None;
        assert!(of_pod(&pod, &used).get("process_stats").is_none());
        let none = of_pod(&pod, &[]);
        assert!(none.get("cpu").is_none() && none.get("process_stats").is_none());
        assert_eq!(memory(&used[0].1, Some(1000))["availableBytes"], 800);
        let mut node = measured(0, None);
        assert_eq!(rlimit(&node), None);
        (node.counted.pids, node.counted.pids_limit) = (40, Some(500));
        let time = "2026-01-01T00:00:00.500Z";
        let wanted = json!({"time": time, "maxpid": 500, "curproc": 40});
        assert_eq!(rlimit(&node), Some(wanted));
    }

    #[test]
    fn what_is_told_of_images_and_of_what_containers_write() {
        let whole = DiskUse {
            bytes: 3 << 20,
            inodes: 7,
        };
        let at = Timestamp(1_767_225_600_500);
        let (bytes, inodes) = levels_of(64 << 20, whole);
        let disk = Disk { at, bytes, inodes };
        let of_pod = |written: &[u64]| {
            let all = written.iter().enumerate().map(|(number, written)| {
                let it = OfContainer {
                    written: *written,
                    logs: 4096,
                };
                (number.to_string(), it)
            });
            OfPod {
                containers: all.collect(),
                ..OfPod::default()
            }
        };
        let mut looked = watch::Disk {
            at,
            whole,
            pods: [("a", of_pod(&[1, 2])), ("b", of_pod(&[4]))]
                .map(|(id, it)| (id.to_owned(), it))
                .into(),
            images: None,
        };
        let time = "2026-01-01T00:00:00.500Z";
        let written = json!({
            "time": time, "usedBytes": 7, "availableBytes": 61 << 20, "capacityBytes": 64 << 20,
            "inodes": 4096, "inodesFree": 4089,
        });
        assert_eq!(runtime(disk, &looked), json!({"containerFs": written}));
        let mut images = ImageDisk {
            used: 5,
            capacity: 100,
            available: 60,
            inodes: 30,
            inodes_free: 20,
        };
        looked.images = Some(images);
        let told = runtime(disk, &looked);
        assert_eq!(told["containerFs"], written);
        let mut wanted =
            json!({"time": time, "usedBytes": 5, "availableBytes": 60, "capacityBytes": 100});
        images.inodes = 0;
        assert_eq!(image_fs(at, &images), wanted);
        wanted["inodes"] = 30.into();
        wanted["inodesFree"] = 20.into();
        assert_eq!(told["imageFs"], wanted);
    }

    #[test]
    fn what_is_told_of_the_disk() {
        let whole = DiskUse {
            bytes: 3 << 20,
            inodes: 7,
        };
        let (bytes, inodes) = levels_of(64 << 20, whole);
        let at = Timestamp(1_767_225_600_500);
        let disk = Disk { at, bytes, inodes };
        let mut told = json!({"containers": [{"name": "a"}, {"name": "b"}]});
        let own = OfContainer {
            written: 1 << 20,
            logs: 4096,
        };
        let held = OfPod {
            whole: DiskUse {
                bytes: 2 << 20,
                inodes: 5,
            },
            containers: [("a".to_owned(), own)].into(),
            volumes: ["plain", "memory", "claim", "settings"]
                .map(|it| {
                    let used = DiskUse {
                        bytes: 1 << 20,
                        inodes: 2,
                    };
                    (it.to_owned(), used)
                })
                .into(),
        };
        let pod = json!({"spec": {"volumes": [
            {"name": "plain", "emptyDir": {}},
            {"name": "memory", "emptyDir": {"medium": "Memory"}},
            {"name": "claim", "persistentVolumeClaim": {"claimName": "c"}},
            {"name": "settings", "configMap": {"name": "m"}},
            {"name": "late", "emptyDir": {}},
        ]}});
        on_disk(&mut told, &pod, disk, &held);
        let part = |used: u64| {
            json!({
                "time": "2026-01-01T00:00:00.500Z", "usedBytes": used,
                "availableBytes": 61 << 20, "capacityBytes": 64 << 20, "inodes": 4096, "inodesFree": 4089,
            })
        };
        let mut storage = part(2 << 20);
        storage["inodesUsed"] = 5.into();
        assert_eq!(told["ephemeral-storage"], storage);
        let volume = |name: &str| {
            let mut volume = part(1 << 20);
            volume["inodesUsed"] = 2.into();
            volume["name"] = name.into();
            volume
        };
        assert_eq!(told["volume"], json!([volume("plain"), volume("settings")]));
        assert_eq!(told["containers"][0]["rootfs"], part(1 << 20));
        assert_eq!(told["containers"][0]["logs"], part(4096));
        assert_eq!(told["containers"][1]["rootfs"]["usedBytes"], 0);
        // Of a disk whose size nobody said.
        let (bytes, inodes) = levels_of(0, whole);
        let unknown = file_system(Disk { at, bytes, inodes }, 1, None);
        assert_eq!(unknown, json!({"time": at.iso8601(), "usedBytes": 1}));
    }
}
