//! `/metrics/cadvisor` and `/metrics/resource`: what containers, pods and the node used, under upstream's names, as it was measured last;
//! `/metrics`: how many of them there were. What is not measured here is not told of. Pure but for the reading of the node.

use std::collections::BTreeMap;

use serde_json::Value;
use wharf_base::Timestamp;
use wharf_container::runtime::ContainerStats;
use wharf_kube_client::Object as _;
use wharf_kube_model::view::containers;
use wharf_metrics::exposition::{Exposition, Kind};
use wharf_network::Counters;

use crate::{
    machine::of_run,
    node::Node,
    usage::{Census, Measured},
};

/// What the interface of a pod is called in its network.
const INTERFACE: &str = "eth0";

/// A container that runs.
#[derive(Debug)]
struct Used {
    namespace: String,
    pod: String,
    container: String,
    /// `/SANDBOX/RUN`, as this machine calls it.
    id: String,
    /// As `containerID` has it.
    name: String,
    image: String,
    started: Option<Timestamp>,
    measured: Measured,
}

/// What went through a pod's interface.
#[derive(Debug)]
struct Carried {
    namespace: String,
    pod: String,
    id: String,
    at: Timestamp,
    counters: Counters,
}

/// All that was measured last.
#[derive(Debug, Default)]
pub struct Measures {
    containers: Vec<Used>,
    networks: Vec<Carried>,
    node: Option<Measured>,
}

impl Measures {
    pub fn of(node: &Node) -> Self {
        let pods = node.pods.read();
        let mut found = Self {
            node: node.usage.node(),
            ..Self::default()
        };
        for ((sandbox, run), measured) in node.usage.containers() {
            let known = pods.get(&sandbox).zip(of_run(&run));
            let Some((pod, (container, _))) = known else {
                continue;
            };
            let status = status_of(pod, container);
            let started = status.map(|it| it.text("/state/running/startedAt"));
            found.containers.push(Used {
                namespace: pod.namespace().to_owned(),
                pod: pod.name().to_owned(),
                container: container.to_owned(),
                id: format!("/{sandbox}/{}", run.as_str()),
                name: format!("{}/{}", pod.uid(), run.as_str()),
                image: image(pod, container, status),
                started: started.and_then(Timestamp::parse_iso8601),
                measured,
            });
        }
        for (sandbox, (at, counters)) in node.usage.networks() {
            if let Some(pod) = pods.get(&sandbox) {
                found.networks.push(Carried {
                    namespace: pod.namespace().to_owned(),
                    pod: pod.name().to_owned(),
                    id: format!("/{sandbox}"),
                    at,
                    counters,
                });
            }
        }
        found
    }
}

fn status_of<'a>(pod: &'a Value, container: &str) -> Option<&'a Value> {
    let kinds = [
        "containerStatuses",
        "initContainerStatuses",
        "ephemeralContainerStatuses",
    ];
    let all = kinds
        .iter()
        .flat_map(|it| pod.list(&format!("/status/{it}")));
    all.into_iter().find(|it| it.text("/name") == container)
}

/// The image that runs, by its digest if that is known already.
fn image(pod: &Value, container: &str, status: Option<&Value>) -> String {
    let known = status.map(|it| it.text("/imageID")).unwrap_or_default();
    if !known.is_empty() {
        return known.to_owned();
    }
    let mut specs = containers(pod);
    let spec = specs.find(|it| it.text("/name") == container);
    spec.map_or_else(String::new, |it| it.text("/image").to_owned())
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

/// A family of containers: its name, what it is, its kind, and its value of one; `None` where that is not measured.
type OfContainer = (
    &'static str,
    &'static str,
    Kind,
    fn(&ContainerStats) -> Option<f64>,
);

/// Zero is what the kernel's older interface tells of what it does not count.
fn unless_zero(value: u64) -> Option<f64> {
    (value > 0).then_some(value as f64)
}

const OF_CONTAINERS: [OfContainer; 13] = [
    (
        "container_cpu_cfs_throttled_periods_total",
        "Periods in which it was held back.",
        Kind::Counter,
        |it| Some(it.throttled_periods as f64),
    ),
    (
        "container_cpu_cfs_throttled_seconds_total",
        "For how long it was held back.",
        Kind::Counter,
        |it| Some(seconds(it.throttled_ns)),
    ),
    (
        "container_cpu_system_seconds_total",
        "CPU time in the kernel.",
        Kind::Counter,
        |it| Some(seconds(it.cpu_system_ns)),
    ),
    (
        "container_cpu_user_seconds_total",
        "CPU time outside of the kernel.",
        Kind::Counter,
        |it| Some(seconds(it.cpu_user_ns)),
    ),
    (
        "container_fs_reads_bytes_total",
        "Bytes read from disks.",
        Kind::Counter,
        |it| unless_zero(it.read_bytes),
    ),
    (
        "container_fs_writes_bytes_total",
        "Bytes written to disks.",
        Kind::Counter,
        |it| unless_zero(it.write_bytes),
    ),
    (
        "container_memory_cache",
        "Bytes of the page cache.",
        Kind::Gauge,
        |it| Some(it.memory_cache_bytes as f64),
    ),
    (
        "container_memory_max_usage_bytes",
        "The most memory that it had, with page cache.",
        Kind::Gauge,
        |it| unless_zero(it.memory_max_bytes),
    ),
    (
        "container_memory_usage_bytes",
        "Memory with page cache.",
        Kind::Gauge,
        |it| Some(it.memory_bytes as f64),
    ),
    (
        "container_memory_working_set_bytes",
        "Memory without the page cache that would be reclaimed first.",
        Kind::Gauge,
        |it| Some(working_set(it)),
    ),
    (
        "container_oom_events_total",
        "Processes that the kernel killed for want of memory.",
        Kind::Counter,
        |it| Some(it.oom_kills as f64),
    ),
    (
        "container_spec_memory_limit_bytes",
        "The most memory that it may have; 0 without a limit.",
        Kind::Gauge,
        |it| Some(it.memory_limit_bytes.unwrap_or_default() as f64),
    ),
    (
        "container_threads",
        "Threads that run in it.",
        Kind::Gauge,
        |it| unless_zero(it.pids),
    ),
];

fn working_set(it: &ContainerStats) -> f64 {
    let reclaimed = it.memory_inactive_file_bytes;
    it.memory_bytes.saturating_sub(reclaimed) as f64
}

/// A family of interfaces.
type OfInterface = (&'static str, &'static str, fn(&Counters) -> u64);

const OF_INTERFACES: [OfInterface; 8] = [
    (
        "container_network_receive_bytes_total",
        "Bytes received.",
        |it| it.rx_bytes,
    ),
    (
        "container_network_receive_errors_total",
        "Errors while receiving.",
        |it| it.rx_errors,
    ),
    (
        "container_network_receive_packets_dropped_total",
        "Packets dropped while receiving.",
        |it| it.rx_dropped,
    ),
    (
        "container_network_receive_packets_total",
        "Packets received.",
        |it| it.rx_packets,
    ),
    (
        "container_network_transmit_bytes_total",
        "Bytes sent.",
        |it| it.tx_bytes,
    ),
    (
        "container_network_transmit_errors_total",
        "Errors while sending.",
        |it| it.tx_errors,
    ),
    (
        "container_network_transmit_packets_dropped_total",
        "Packets dropped while sending.",
        |it| it.tx_dropped,
    ),
    (
        "container_network_transmit_packets_total",
        "Packets sent.",
        |it| it.tx_packets,
    ),
];

/// As the kubelet of other clusters shows what cAdvisor measured.
pub fn cadvisor(measures: &Measures) -> String {
    let mut out = Exposition::default();
    let whole = "container_cpu_usage_seconds_total";
    out.family(whole, "CPU time.", Kind::Counter);
    if let Some(it) = &measures.node {
        let labels = [&of_node()[..], &[("cpu", "total")]].concat();
        out.sample_at(&labels, seconds(it.cpu_ns), it.at.0);
    }
    for it in &measures.containers {
        let labels = [&it.labels()[..], &[("cpu", "total")]].concat();
        out.sample_at(&labels, seconds(it.measured.cpu_ns), it.measured.at.0);
    }
    for (name, help, kind, of) in OF_CONTAINERS {
        out.family(name, help, kind);
        if let Some(it) = &measures.node
            && let Some(value) = of(&it.counted)
        {
            out.sample_at(&of_node(), value, it.at.0);
        }
        for it in &measures.containers {
            if let Some(value) = of(&it.measured.counted) {
                out.sample_at(&it.labels(), value, it.measured.at.0);
            }
        }
    }
    let help = "When it was measured, in seconds since 1970.";
    out.family("container_last_seen", help, Kind::Gauge);
    for it in &measures.containers {
        let at = it.measured.at;
        out.sample_at(&it.labels(), at.epoch_seconds(), at.0);
    }
    let help = "When it began, in seconds since 1970.";
    out.family("container_start_time_seconds", help, Kind::Gauge);
    for it in &measures.containers {
        if let Some(started) = it.started {
            out.sample(&it.labels(), started.epoch_seconds());
        }
    }
    for (name, help, of) in OF_INTERFACES {
        out.family(name, help, Kind::Counter);
        for it in &measures.networks {
            out.sample_at(&it.labels(), of(&it.counters) as f64, it.at.0);
        }
    }
    out.text()
}

/// What the whole node is labelled with: upstream's root of all groups.
fn of_node() -> [(&'static str, &'static str); 6] {
    [
        ("container", ""),
        ("id", "/"),
        ("image", ""),
        ("name", ""),
        ("namespace", ""),
        ("pod", ""),
    ]
}

impl Used {
    fn labels(&self) -> [(&'static str, &str); 6] {
        [
            ("container", &self.container),
            ("id", &self.id),
            ("image", &self.image),
            ("name", &self.name),
            ("namespace", &self.namespace),
            ("pod", &self.pod),
        ]
    }

    fn of_resource(&self) -> [(&'static str, &str); 3] {
        [
            ("container", &self.container),
            ("namespace", &self.namespace),
            ("pod", &self.pod),
        ]
    }
}

impl Carried {
    fn labels(&self) -> [(&'static str, &str); 6] {
        [
            ("id", &self.id),
            ("image", ""),
            ("interface", INTERFACE),
            ("name", ""),
            ("namespace", &self.namespace),
            ("pod", &self.pod),
        ]
    }
}

/// What autoscalers go by, and nothing else.
pub fn resource(measures: &Measures) -> String {
    let mut out = Exposition::default();
    out.family(
        "container_cpu_usage_seconds_total",
        "CPU time.",
        Kind::Counter,
    );
    for it in &measures.containers {
        let used = seconds(it.measured.cpu_ns);
        out.sample_at(&it.of_resource(), used, it.measured.at.0);
    }
    let help = "Memory without the page cache that would be reclaimed first.";
    out.family("container_memory_working_set_bytes", help, Kind::Gauge);
    for it in &measures.containers {
        let used = it.measured.working_bytes as f64;
        out.sample_at(&it.of_resource(), used, it.measured.at.0);
    }
    let began = "When it began, in seconds since 1970.";
    out.family("container_start_time_seconds", began, Kind::Gauge);
    for it in &measures.containers {
        if let Some(started) = it.started {
            out.sample(&it.of_resource(), started.epoch_seconds());
        }
    }
    out.family(
        "node_cpu_usage_seconds_total",
        "CPU time of all.",
        Kind::Counter,
    );
    if let Some(it) = &measures.node {
        out.sample_at(&[], seconds(it.cpu_ns), it.at.0);
    }
    out.family("node_memory_working_set_bytes", help, Kind::Gauge);
    if let Some(it) = &measures.node {
        out.sample_at(&[], it.working_bytes as f64, it.at.0);
    }
    let pods = pods(&measures.containers);
    out.family(
        "pod_cpu_usage_seconds_total",
        "CPU time of its containers.",
        Kind::Counter,
    );
    for ((namespace, pod), (cpu_ns, _, at)) in &pods {
        let labels = [("namespace", *namespace), ("pod", *pod)];
        out.sample_at(&labels, seconds(*cpu_ns), at.0);
    }
    out.family("pod_memory_working_set_bytes", help, Kind::Gauge);
    for ((namespace, pod), (_, bytes, at)) in &pods {
        let labels = [("namespace", *namespace), ("pod", *pod)];
        out.sample_at(&labels, *bytes as f64, at.0);
    }
    let help = "1 if something could not be measured.";
    out.family("resource_scrape_error", help, Kind::Gauge);
    out.sample(&[], f64::from(measures.node.is_none()));
    out.text()
}

/// What the node knows of itself as a kubelet; nothing was counted before it measured for the first time.
pub fn own(node: &str, census: Option<Census>) -> String {
    let mut out = Exposition::default();
    let help = "The node's name; the value is always 1.";
    out.family("kubelet_node_name", help, Kind::Gauge);
    out.sample(&[("node", node)], 1.0);
    let help = "Containers that are there, by their state.";
    out.family("kubelet_running_containers", help, Kind::Gauge);
    if let Some(it) = census {
        for (state, count) in [
            ("created", it.created),
            ("exited", it.exited),
            ("running", it.running),
        ] {
            out.sample(&[("container_state", state)], count as f64);
        }
    }
    let help = "Pods that have a sandbox.";
    out.family("kubelet_running_pods", help, Kind::Gauge);
    if let Some(it) = census {
        out.sample(&[], it.pods as f64);
    }
    out.text()
}

/// Time, bytes, and when the newest of them was measured, by namespace and name.
type OfPods<'a> = BTreeMap<(&'a str, &'a str), (u64, u64, Timestamp)>;

fn pods(containers: &[Used]) -> OfPods<'_> {
    let mut pods = OfPods::new();
    for it in containers {
        let key = (it.namespace.as_str(), it.pod.as_str());
        let sum = pods.entry(key).or_insert((0, 0, it.measured.at));
        sum.0 = sum.0.saturating_add(it.measured.cpu_ns);
        sum.1 = sum.1.saturating_add(it.measured.working_bytes);
        sum.2 = sum.2.max(it.measured.at);
    }
    pods
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(cpu_ns: u64) -> Measured {
        let counted = ContainerStats {
            cpu_ns,
            cpu_user_ns: cpu_ns,
            memory_bytes: 300,
            memory_inactive_file_bytes: 100,
            memory_limit_bytes: Some(512),
            pids: 2,
            ..ContainerStats::default()
        };
        Measured {
            at: Timestamp(1_767_225_600_500),
            cpu_ns,
            memory_bytes: 300,
            working_bytes: 200,
            rate: None,
            processes: None,
            counted,
        }
    }

    fn used(container: &str, cpu_ns: u64) -> Used {
        Used {
            namespace: "n".to_owned(),
            pod: "p".to_owned(),
            container: container.to_owned(),
            id: format!("/pod-1/{container}~r0"),
            name: format!("u/{container}~r0"),
            image: "i".to_owned(),
            started: Some(Timestamp(1_767_225_600_000)),
            measured: measured(cpu_ns),
        }
    }

    fn has(text: &str, line: &str) {
        assert!(text.lines().any(|it| it == line), "no {line} in\n{text}");
    }

    #[test]
    fn what_is_told_of_containers_and_interfaces() {
        let measures = Measures {
            containers: vec![used("a", 1_500_000_000)],
            networks: vec![Carried {
                namespace: "n".to_owned(),
                pod: "p".to_owned(),
                id: "/pod-1".to_owned(),
                at: Timestamp(5),
                counters: Counters {
                    rx_bytes: 7,
                    tx_dropped: 3,
                    ..Counters::default()
                },
            }],
            node: Some(measured(9_000_000_000)),
        };
        let text = cadvisor(&measures);
        let of = "container=\"a\",id=\"/pod-1/a~r0\",image=\"i\",name=\"u/a~r0\",namespace=\"n\",pod=\"p\"";
        let root = "container=\"\",id=\"/\",image=\"\",name=\"\",namespace=\"\",pod=\"\"";
        for line in [
            format!("container_cpu_usage_seconds_total{{{of},cpu=\"total\"}} 1.5 1767225600500"),
            format!("container_cpu_usage_seconds_total{{{root},cpu=\"total\"}} 9 1767225600500"),
            format!("container_memory_working_set_bytes{{{of}}} 200 1767225600500"),
            format!("container_spec_memory_limit_bytes{{{of}}} 512 1767225600500"),
            format!("container_start_time_seconds{{{of}}} 1767225600"),
            "container_network_receive_bytes_total{id=\"/pod-1\",image=\"\",interface=\"eth0\",name=\"\",namespace=\"n\",pod=\"p\"} 7 5".to_owned(),
        ] {
            has(&text, &line);
        }
        // Nobody measured it.
        assert!(
            !text.contains("container_memory_max_usage_bytes{"),
            "{text}"
        );
    }

    #[test]
    fn what_a_kubelet_tells_of_itself() {
        let census = Census {
            pods: 2,
            created: 1,
            running: 3,
            exited: 0,
        };
        let text = own("n", Some(census));
        for line in [
            "kubelet_node_name{node=\"n\"} 1",
            "kubelet_running_containers{container_state=\"created\"} 1",
            "kubelet_running_containers{container_state=\"exited\"} 0",
            "kubelet_running_containers{container_state=\"running\"} 3",
            "kubelet_running_pods 2",
        ] {
            has(&text, line);
        }
        let text = own("n", None);
        has(&text, "kubelet_node_name{node=\"n\"} 1");
        let uncounted = text.lines().any(|it| it.starts_with("kubelet_running"));
        assert!(!uncounted, "{text}");
    }

    #[test]
    fn what_autoscalers_are_told() {
        let measures = Measures {
            containers: vec![used("a", 1_000_000_000), used("b", 500_000_000)],
            ..Measures::default()
        };
        let text = resource(&measures);
        for line in [
            "container_cpu_usage_seconds_total{container=\"b\",namespace=\"n\",pod=\"p\"} 0.5 1767225600500",
            "pod_cpu_usage_seconds_total{namespace=\"n\",pod=\"p\"} 1.5 1767225600500",
            "pod_memory_working_set_bytes{namespace=\"n\",pod=\"p\"} 400 1767225600500",
            "resource_scrape_error 1",
        ] {
            has(&text, line);
        }
        assert!(!text.lines().any(|it| it.starts_with("node_cpu_usage")));
    }
}
