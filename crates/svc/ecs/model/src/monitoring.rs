//! How often metrics of a service are measured: each minute, or every 20 seconds where that is asked for. An installation may
//! make 10 seconds of the latter, which ECS's API has no word for.

use wharf_api_ecs as api;
use wharf_records::ecs::MetricResolution;

use wharf_wire::Fault;

use crate::fault;

/// What can be measured more often than each minute.
const METRICS: [&str; 2] = ["CPUUtilization", "MemoryUtilization"];
/// Seconds of high resolution, as services ask for it.
pub const HIGH: u32 = 20;
/// What it may be in an installation.
pub const CLOSE: [u32; 2] = [10, HIGH];
const STANDARD: u32 = 60;
const MOST_CONFIGURATIONS: usize = 5;

/// `monitoring` of CreateService and UpdateService.
///
/// # Errors
/// InvalidParameterException: a metric that is not measured, or named twice; another resolution than 20 or 60.
pub fn read(given: Option<&api::MonitoringConfiguration>) -> Result<Vec<MetricResolution>, Fault> {
    let all = given.and_then(|it| it.metric_configurations.as_deref());
    let all = all.unwrap_or_default();
    if all.len() > MOST_CONFIGURATIONS {
        return Err(fault::invalid(format!(
            "monitoring.metricConfigurations can have up to {MOST_CONFIGURATIONS} entries."
        )));
    }
    let mut named: Vec<&str> = Vec::new();
    let mut read = Vec::new();
    for one in all {
        let metrics = one.metric_names.as_deref().unwrap_or_default();
        if metrics.is_empty() {
            return Err(fault::invalid("metricNames must not be empty."));
        }
        for metric in metrics {
            if !METRICS.contains(&metric.as_str()) {
                return Err(fault::invalid(format!(
                    "Invalid metric name: {metric}. Valid values are: {}.",
                    METRICS.join(", ")
                )));
            }
            if named.contains(&metric.as_str()) {
                return Err(fault::invalid(format!(
                    "The metric {metric} is named more than once."
                )));
            }
            named.push(metric);
        }
        let seconds = one.resolution_seconds.and_then(|it| u32::try_from(it).ok());
        let seconds = seconds.filter(|it| [HIGH, STANDARD].contains(it));
        let seconds = seconds.ok_or_else(|| {
            fault::invalid(format!("resolutionSeconds must be {HIGH} or {STANDARD}."))
        })?;
        read.push(MetricResolution {
            metrics: metrics.to_vec(),
            seconds,
        });
    }
    Ok(read)
}

/// As it was asked for; `None` where nothing was.
pub fn shown(all: &[MetricResolution]) -> Option<api::MonitoringConfiguration> {
    let one = |it: &MetricResolution| api::MetricConfiguration {
        metric_names: Some(it.metrics.clone()),
        resolution_seconds: i32::try_from(it.seconds).ok(),
    };
    (!all.is_empty()).then(|| api::MonitoringConfiguration {
        metric_configurations: Some(all.iter().map(one).collect()),
    })
}

/// Names of the metrics that are measured every [`HIGH`] seconds.
pub fn high_resolution(all: &[MetricResolution]) -> Vec<String> {
    let high = all.iter().filter(|it| it.seconds == HIGH);
    high.flat_map(|it| it.metrics.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names, and the seconds.
    type Row = (&'static [&'static str], Option<i32>);

    fn given(rows: &[Row]) -> api::MonitoringConfiguration {
        let one = |(names, seconds): &Row| api::MetricConfiguration {
            metric_names: Some(names.iter().map(|it| (*it).to_owned()).collect()),
            resolution_seconds: *seconds,
        };
        api::MonitoringConfiguration {
            metric_configurations: Some(rows.iter().map(one).collect()),
        }
    }

    #[test]
    fn what_is_asked_for_is_kept_and_shown() {
        let both: [Row; 2] = [
            (&["MemoryUtilization"], Some(60)),
            (&["CPUUtilization"], Some(20)),
        ];
        let kept = read(Some(&given(&both))).unwrap();
        assert_eq!(high_resolution(&kept), ["CPUUtilization"]);
        assert_eq!(shown(&kept), Some(given(&both)));
        assert_eq!(shown(&read(Some(&given(&[]))).unwrap()), None);
        assert_eq!(read(None).unwrap(), []);
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        let cpu: &'static [&'static str] = &["CPUUtilization"];
        let cases: [(Vec<Row>, &str); 6] = [
            (vec![(&[], Some(20))], "metricNames"),
            (vec![(&["RunningTaskCount"], Some(20))], "RunningTaskCount"),
            (vec![(cpu, Some(20)), (cpu, Some(60))], "more than once"),
            (vec![(cpu, Some(30))], "resolutionSeconds"),
            (vec![(cpu, None)], "resolutionSeconds"),
            (vec![(cpu, Some(20)); 6], "up to 5"),
        ];
        for (rows, word) in cases {
            let refused = read(Some(&given(&rows))).unwrap_err();
            assert!(refused.message.contains(word), "{}", refused.message);
        }
    }
}
