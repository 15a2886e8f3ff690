//! What each metric of an autoscaler asks for, and what is said where nothing can be found out. Pure.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::{Error, Object};
use wharf_kube_model::quantity::Quantity;

use super::{
    limits::Tolerance,
    others,
    replicas::{self, Input, Proposal, Target},
    usage,
};

/// What metrics are weighed by.
pub struct Weighed<'a> {
    pub current: i64,
    pub namespace: &'a str,
    /// All that the target's selector chooses.
    pub pods: &'a [Arc<Value>],
    /// Copies by the target's own status.
    pub there: i64,
    /// What was read of metrics of others, by their places among the autoscaler's.
    pub others: &'a BTreeMap<usize, others::Found>,
    /// What those pods use, or why that could not be read.
    pub measured: &'a Result<Vec<Value>, Error>,
    pub tolerance: Tolerance,
    pub now: Timestamp,
}

/// What a metric asks for.
#[derive(Debug, PartialEq)]
pub struct Asks {
    pub replicas: i64,
    pub name: String,
    pub status: Value,
}

/// Nothing can be said of a metric.
#[derive(Debug, PartialEq)]
pub struct Unknown {
    pub reason: &'static str,
    pub why: String,
    /// The same, with the metric's name.
    pub error: String,
}

/// A metric of a resource that says nothing to hold it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set"
)]
struct NoTarget;

/// Whether what pods use has to be known.
pub fn needs_usage(scaler: &Value) -> bool {
    let metrics = scaler.list("/spec/metrics").iter();
    let kinds = ["Resource", "ContainerResource"];
    metrics
        .into_iter()
        .any(|it| kinds.contains(&it.text("/type")))
}

/// `at`: which of the autoscaler's metrics it is.
pub fn weigh(metric: &Value, at: usize, by: &Weighed<'_>) -> Result<Asks, Unknown> {
    match metric.text("/type") {
        "Resource" => of_resource(metric.at("/resource"), None, by),
        "ContainerResource" => {
            let source = metric.at("/containerResource");
            of_resource(source, Some(source.text("/container")), by)
        }
        other => match by.others.get(&at) {
            Some(found) => others::weigh(metric, found, by),
            None => Err(without_adapter(other, metric, by.namespace, None)),
        },
    }
}

fn of_resource(source: &Value, container: Option<&str>, by: &Weighed<'_>) -> Result<Asks, Unknown> {
    let resource = source.text("/name");
    let (reason, kind) = match container {
        None => ("FailedGetResourceMetric", "resource"),
        Some(_) => ("FailedGetContainerResourceMetric", "container"),
    };
    let unknown = |why: String| Unknown {
        reason,
        error: format!("failed to get {resource} {kind} metric value: {why}"),
        why,
    };
    let target = target(source.at("/target")).map_err(|why| unknown(why.to_string()))?;
    let of_what = match target {
        Target::Average(_) => "usage",
        Target::Utilization(_) => "utilization",
    };
    let failed = |why: String| unknown(format!("failed to get {resource} {of_what}: {why}"));
    let unread = |why: String| {
        failed(format!(
            "unable to get metrics for resource {resource}: {why}"
        ))
    };
    let measured = match by.measured {
        Err(why) => {
            let text = "unable to fetch metrics from resource metrics API";
            return Err(unread(format!("{text}: {why}")));
        }
        Ok(none) if none.is_empty() => {
            let text = "no metrics returned from resource metrics API";
            return Err(unread(text.to_owned()));
        }
        Ok(measured) => measured,
    };
    let used = usage::read(measured, resource, container);
    let used = used.map_err(|why| unread(why.to_string()))?;
    let proposal = replicas::propose(&Input {
        current: by.current,
        resource,
        container,
        target,
        pods: by.pods,
        used,
        tolerance: by.tolerance,
        now: by.now,
    });
    let proposal = proposal.map_err(|why| failed(why.to_string()))?;
    let among = if container.is_some() {
        " container"
    } else {
        ""
    };
    let name = match target {
        Target::Average(_) => format!("{resource}{among} resource"),
        Target::Utilization(_) => {
            format!("{resource}{among} resource utilization (percentage of request)")
        }
    };
    Ok(Asks {
        replicas: proposal.replicas,
        name,
        status: status(resource, container, proposal),
    })
}

fn target(target: &Value) -> Result<Target, NoTarget> {
    if let Ok(average) = Quantity::of(target.at("/averageValue")) {
        return Ok(Target::Average(average.millis()));
    }
    let percent = target
        .integer("/averageUtilization")
        .map(Target::Utilization);
    percent.ok_or(NoTarget)
}

fn status(resource: &str, container: Option<&str>, said: Proposal) -> Value {
    let average = Quantity::parse(&format!("{}m", said.average)).unwrap_or(Quantity::ZERO);
    let mut current = json!({"averageValue": average.to_string()});
    if let Some(percent) = said.utilization {
        current["averageUtilization"] = percent.min(i64::from(i32::MAX)).into();
    }
    match container {
        None => json!({"type": "Resource", "resource": {"name": resource, "current": current}}),
        Some(container) => json!({
            "type": "ContainerResource",
            "containerResource": {"name": resource, "container": container, "current": current},
        }),
    }
}

const NO_CUSTOM: &str = "no custom metrics API (custom.metrics.k8s.io) registered";

/// What is said of a metric of others that cannot be had: for `why`, or since nobody serves such.
pub fn without_adapter(kind: &str, metric: &Value, namespace: &str, why: Option<&str>) -> Unknown {
    let custom = || {
        let why = why.unwrap_or(NO_CUSTOM);
        format!("unable to fetch metrics from custom metrics API: {why}")
    };
    match kind {
        "Pods" => {
            let name = metric.text("/pods/metric/name");
            let why = format!("unable to get metric {name}: {}", custom());
            Unknown {
                reason: "FailedGetPodsMetric",
                error: format!("failed to get pods metric value: {why}"),
                why,
            }
        }
        "Object" => {
            let name = metric.text("/object/metric/name");
            let of = metric.at("/object/describedObject");
            let (of_kind, of_name) = (of.text("/kind"), of.text("/name"));
            let why = format!(
                "unable to get metric {name}: {of_kind} on {namespace} {of_name}/{}",
                custom()
            );
            Unknown {
                reason: "FailedGetObjectMetric",
                error: format!("failed to get object metric value: {why}"),
                why,
            }
        }
        "External" => {
            let name = metric.text("/external/metric/name");
            let selector = others::selector_text(metric);
            let not_served = format!(
                "the server could not find the requested resource (get {name}.external.metrics.k8s.io)"
            );
            let why = why.unwrap_or(&not_served);
            let why = format!(
                "unable to get external metric {namespace}/{name}/{selector}: \
                 unable to fetch metrics from external metrics API: {why}"
            );
            Unknown {
                reason: "FailedGetExternalMetric",
                error: format!("failed to get {name} external metric value: {why}"),
                why,
            }
        }
        other => {
            let why = format!("unknown metric source type \"{other}\"");
            Unknown {
                reason: "InvalidMetricSourceType",
                error: why.clone(),
                why,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_that_nobody_serves() {
        let metric = |selector: Value| json!({"type": "External", "external": {"metric": {"name": "q", "selector": selector}}});
        let said = |selector| without_adapter("External", &metric(selector), "n", None).why;
        let rest = "unable to fetch metrics from external metrics API: the server could not find the requested resource \
                    (get q.external.metrics.k8s.io)";
        assert_eq!(
            said(Value::Null),
            format!("unable to get external metric n/q/nil: {rest}")
        );
        assert_eq!(
            said(json!({"matchLabels": {"a": "b"}})),
            format!("unable to get external metric n/q/a=b: {rest}")
        );
        let of = json!({"type": "Object", "object": {"metric": {"name": "m"}, "describedObject": {"kind": "Ingress", "name": "i"}}});
        let object = without_adapter("Object", &of, "n", None);
        assert_eq!(object.reason, "FailedGetObjectMetric");
        assert!(
            object
                .why
                .starts_with("unable to get metric m: Ingress on n i/")
        );
    }
}
