//! What a part of wharf shows of itself in Prometheus' text form (OpenMetrics 1.0).
//!
//! Counters that a part keeps while it works are registered as they are; what is known already
//! (descriptors, queues, tasks by state) is read when somebody asks. Labels have few values, all
//! known when the program is built or bounded by its configuration: never an id, a name that users
//! choose, or an address.

#![forbid(unsafe_code)]

pub mod exposition;
mod process;
mod requests;
mod serve;

use std::{fmt, path::Path};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, NoLabelSet, text},
    metrics::MetricType,
    registry::Registry,
};
pub use requests::Requests;
pub use serve::{CONTENT_TYPE, read_from, serve, serve_in};

/// Bounds of latency histograms, in seconds: from what memory answers to what waits for a disk.
pub const LATENCY_SECONDS: [f64; 11] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0, 10.0,
];

/// Labels of a value that is read when asked for.
pub type Labels = Vec<(&'static str, String)>;

/// Gives the values of a metric when asked for.
type Read = Box<dyn Fn() -> Vec<(Labels, f64)> + Send + Sync>;

/// The metrics of one part.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
}

impl Metrics {
    /// With those that every part has: its process, and the disk below `data`.
    pub fn new(data: &Path) -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
        };
        process::register(&mut metrics, data);
        metrics
    }

    /// For metrics that are counted as things happen.
    pub fn registry(&mut self) -> &mut Registry {
        &mut self.registry
    }

    /// A value that goes up and down, read when asked for.
    pub fn gauge(
        &mut self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) {
        self.gauges(name, help, move || vec![(Labels::new(), read())]);
    }

    /// The same, each with its labels.
    pub fn counters(
        &mut self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> Vec<(Labels, f64)> + Send + Sync + 'static,
    ) {
        self.sampled(name, help, MetricType::Counter, Box::new(read));
    }

    /// Several of them, told apart by labels.
    pub fn gauges(
        &mut self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> Vec<(Labels, f64)> + Send + Sync + 'static,
    ) {
        self.sampled(name, help, MetricType::Gauge, Box::new(read));
    }

    /// A number that only grows, kept by somebody else; its name gets `_total`.
    pub fn counter(
        &mut self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) {
        let read = move || vec![(Labels::new(), read())];
        self.sampled(name, help, MetricType::Counter, Box::new(read));
    }

    fn sampled(&mut self, name: &'static str, help: &'static str, kind: MetricType, read: Read) {
        let sampled = Sampled {
            name,
            help,
            kind,
            read,
        };
        self.registry.register_collector(Box::new(sampled));
    }

    /// All of them now.
    pub fn text(&self) -> String {
        let mut written = String::new();
        if let Err(error) = text::encode(&mut written, &self.registry) {
            tracing::error!(%error, "failed to write metrics");
        }
        written
    }
}

/// A metric whose values are read when asked for.
struct Sampled {
    name: &'static str,
    help: &'static str,
    kind: MetricType,
    read: Read,
}

impl fmt::Debug for Sampled {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sampled")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Collector for Sampled {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut metric = encoder.encode_descriptor(self.name, self.help, None, self.kind)?;
        for (labels, value) in (self.read)() {
            let is_counter = matches!(self.kind, MetricType::Counter);
            if labels.is_empty() {
                if is_counter {
                    metric.encode_counter::<NoLabelSet, _, f64>(&value, None)?;
                } else {
                    metric.encode_gauge(&value)?;
                }
                continue;
            }
            let mut labelled = metric.encode_family(&labels)?;
            if is_counter {
                labelled.encode_counter::<NoLabelSet, _, f64>(&value, None)?;
            } else {
                labelled.encode_gauge(&value)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written() {
        let mut metrics = Metrics {
            registry: Registry::default(),
        };
        metrics.gauge("wharf_one", "One", || 1.0);
        metrics.gauges("wharf_tasks", "Tasks by state", || {
            vec![
                (vec![("state", "RUNNING".to_owned())], 2.0),
                (vec![("state", "STOPPED".to_owned())], 0.5),
            ]
        });
        metrics.counter("wharf_saves_failed", "Failed saves", || 3.0);
        assert_eq!(
            metrics.text(),
            "# HELP wharf_one One\n\
             # TYPE wharf_one gauge\n\
             wharf_one 1.0\n\
             # HELP wharf_tasks Tasks by state\n\
             # TYPE wharf_tasks gauge\n\
             wharf_tasks{state=\"RUNNING\"} 2.0\n\
             wharf_tasks{state=\"STOPPED\"} 0.5\n\
             # HELP wharf_saves_failed Failed saves\n\
             # TYPE wharf_saves_failed counter\n\
             wharf_saves_failed_total 3.0\n\
             # EOF\n"
        );
    }

    #[test]
    fn requests_are_counted_and_timed() {
        let mut metrics = Metrics {
            registry: Registry::default(),
        };
        let requests = Requests::register(&mut metrics);
        for status in [200, 200, 400] {
            let took = std::time::Duration::from_millis(3);
            requests.answered("ecs", "RunTask", status, took);
        }
        let text = metrics.text();
        for line in [
            "wharf_requests_total{service=\"ecs\",operation=\"RunTask\",status=\"200\"} 2",
            "wharf_requests_total{service=\"ecs\",operation=\"RunTask\",status=\"400\"} 1",
            "wharf_request_seconds_count{service=\"ecs\",operation=\"RunTask\"} 3",
        ] {
            assert!(text.lines().any(|it| it == line), "no {line} in\n{text}");
        }
    }

    #[test]
    fn every_part_shows_its_process_and_disk() {
        let folder = tempfile::tempdir().unwrap();
        let text = Metrics::new(folder.path()).text();
        for name in [
            "process_open_fds ",
            "process_max_fds ",
            "process_resident_memory_bytes ",
            "process_cpu_seconds_total ",
            "process_start_time_seconds ",
            "process_threads ",
            "wharf_disk_free_bytes ",
            "wharf_disk_size_bytes ",
            "wharf_disk_free_inodes ",
        ] {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap_or_else(|| panic!("no {name}in\n{text}"));
            // Some file systems count no inodes.
            let least = if name.contains("inodes") { 0.0 } else { 0.001 };
            let value: f64 = line.parse().unwrap();
            assert!(value >= least || name.contains("cpu"), "{name}{line}");
        }
    }
}
