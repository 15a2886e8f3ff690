use std::time::Duration;

use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp(1_767_225_600_000);
const FIFTEEN: Duration = Duration::from_secs(15);

fn scaler(metrics: Value) -> Value {
    json!({
        "metadata": {"name": "h", "namespace": "n"},
        "spec": {"minReplicas": 2, "maxReplicas": 10, "metrics": metrics},
    })
}

fn cpu() -> Value {
    json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}})
}

fn pods_metric() -> Value {
    json!({"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": {"type": "AverageValue", "averageValue": "1"}}})
}

/// Pods that ask for 100m each and use so many thousandths.
struct World {
    replicas: i64,
    used: Vec<i64>,
    history: History,
    selected: Option<Selected>,
    now: Timestamp,
}

impl World {
    fn of(used: &[i64]) -> Self {
        Self {
            replicas: used.len() as i64,
            used: used.to_vec(),
            history: History::default(),
            selected: None,
            now: NOW,
        }
    }

    fn plan(&mut self, scaler: &Value) -> Plan {
        let pod = |at: usize| {
            Arc::new(json!({
                "metadata": {"name": format!("p{at}")},
                "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "100m"}}}]},
                "status": {
                    "phase": "Running", "startTime": "2025-01-01T00:00:00Z",
                    "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2025-01-01T00:00:00Z"}],
                },
            }))
        };
        let measured = self.used.iter().enumerate().map(|(at, cpu)| {
            json!({
                "metadata": {"name": format!("p{at}"), "namespace": "n"}, "window": "10s",
                "timestamp": self.now.iso8601_seconds(),
                "containers": [{"name": "c", "usage": {"cpu": format!("{cpu}m")}}],
            })
        });
        let measured = Ok(measured.collect());
        self.history.begin(self.replicas, self.now);
        let selected = self.selected.clone();
        let pods = || Selected::Pods((0..self.used.len()).map(pod).collect());
        let plan = plan(&Observed {
            scaler,
            scale: &json!({"spec": {"replicas": self.replicas}}),
            selected: selected.unwrap_or_else(pods),
            others: BTreeMap::new(),
            measured,
            history: &self.history,
            now: self.now,
        });
        if let Some(recommended) = plan.recommended {
            self.history.recommend(recommended, self.now);
        }
        plan
    }
}

/// `STATUS REASON` of a condition.
fn said(plan: &Plan, kind: &str) -> String {
    let conditions = plan.report.status().list("/conditions");
    let found = conditions.iter().find(|it| it.text("/type") == kind);
    let told = |it: &Value| format!("{} {}", it.text("/status"), it.text("/reason"));
    found.map(told).unwrap_or_default()
}

#[test]
fn a_busy_target_grows() {
    let scaler = scaler(json!([cpu()]));
    let mut plan = World::of(&[100, 90]).plan(&scaler);
    let (to, why) = plan.rescale.clone().unwrap();
    assert_eq!(to, 4);
    assert_eq!(
        why,
        "cpu resource utilization (percentage of request) above target"
    );
    assert_eq!(said(&plan, "AbleToScale"), "True ReadyForNewScale");
    assert_eq!(said(&plan, "ScalingActive"), "True ValidMetricFound");
    assert_eq!(said(&plan, "ScalingLimited"), "False DesiredWithinRange");
    plan.scaled(to, &why);
    assert_eq!(said(&plan, "AbleToScale"), "True SucceededRescale");
    let status = plan.report.status();
    assert_eq!(status["currentReplicas"], 2);
    assert_eq!(status["desiredReplicas"], 4);
    assert_eq!(status["lastScaleTime"], "2026-01-01T00:00:00Z");
    assert_eq!(
        status["currentMetrics"],
        json!([{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 95, "averageValue": "95m"}}}])
    );
    let event = &plan.report.events[0];
    assert_eq!(event.message, format!("New size: 4; reason: {why}"));
}

#[test]
fn nothing_is_taken_away_before_a_window_has_passed() {
    let scaler = scaler(json!([cpu()]));
    let mut world = World::of(&[0, 0, 0, 0]);
    for _ in 0..20 {
        let plan = world.plan(&scaler);
        assert_eq!(plan.rescale, None);
        assert_eq!(said(&plan, "AbleToScale"), "True ScaleDownStabilized");
        world.now = world.now + FIFTEEN;
    }
    let plan = world.plan(&scaler);
    assert_eq!(plan.rescale.as_ref().unwrap().0, 2);
    assert_eq!(plan.rescale.as_ref().unwrap().1, "All metrics below target");
    assert_eq!(said(&plan, "ScalingLimited"), "True TooFewReplicas");
}

#[test]
fn within_its_bounds_whatever_is_measured() {
    let scaler = scaler(json!([cpu()]));
    let none = Err(Error::Transport("no".to_owned()));
    for (replicas, expected, why) in [
        (1, 2, "Current number of replicas below Spec.MinReplicas"),
        (30, 10, "Current number of replicas above Spec.MaxReplicas"),
    ] {
        let plan = plan(&Observed {
            scaler: &scaler,
            scale: &json!({"spec": {"replicas": replicas}}),
            selected: Selected::Missing,
            others: BTreeMap::new(),
            measured: none.clone(),
            history: &History::default(),
            now: NOW,
        });
        assert_eq!(plan.rescale, Some((expected, why.to_owned())));
        assert!(plan.report.events.is_empty());
    }
    let mut world = World::of(&[]);
    let plan = world.plan(&scaler);
    assert_eq!(plan.rescale, None);
    assert_eq!(said(&plan, "ScalingActive"), "False ScalingDisabled");
}

#[test]
fn what_is_not_known_may_add_and_not_take_away() {
    let both = scaler(json!([cpu(), pods_metric()]));
    let plan = World::of(&[100, 100]).plan(&both);
    assert_eq!(plan.rescale.as_ref().unwrap().0, 4);
    assert_eq!(said(&plan, "ScalingActive"), "True ValidMetricFound");
    let mut world = World::of(&[0, 0, 0]);
    world.now = NOW + Duration::from_secs(3600);
    let plan = world.plan(&both);
    assert_eq!((plan.rescale.clone(), plan.recommended), (None, None));
    assert_eq!(said(&plan, "ScalingActive"), "False FailedGetPodsMetric");
    let said: Vec<_> = plan.report.events.iter().map(|it| it.reason).collect();
    assert_eq!(
        said,
        ["FailedGetPodsMetric", "FailedComputeMetricsReplicas"]
    );
    assert_eq!(
        plan.report.events[1].message,
        "invalid metrics (1 invalid out of 2), first error is: failed to get pods metric value: unable to get metric hits: \
         unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered"
    );
}

#[test]
fn where_nothing_is_measured_yet() {
    let mut world = World::of(&[]);
    world.replicas = 3;
    let plan = world.plan(&scaler(json!([cpu()])));
    assert_eq!(plan.rescale, None);
    let conditions = plan.report.status().list("/conditions");
    assert_eq!(
        conditions[1].text("/message"),
        "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: \
         no metrics returned from resource metrics API"
    );
}

#[test]
fn selectors_that_are_none() {
    let scaler = scaler(json!([cpu()]));
    for (selected, reason) in [
        (Selected::Missing, "InvalidSelector"),
        (Selected::Invalid("why".to_owned()), "InvalidSelector"),
        (Selected::Shared("all".to_owned()), "AmbiguousSelector"),
    ] {
        let mut world = World::of(&[100, 100]);
        world.selected = Some(selected);
        let plan = world.plan(&scaler);
        assert_eq!(plan.rescale, None);
        assert_eq!(said(&plan, "ScalingActive"), format!("False {reason}"));
    }
}

#[test]
fn a_scale_that_is_refused() {
    let mut plan = World::of(&[100, 100]).plan(&scaler(json!([cpu()])));
    plan.refused(4, "busy", 2, "no");
    assert_eq!(said(&plan, "AbleToScale"), "False FailedUpdateScale");
    assert_eq!(plan.report.status()["desiredReplicas"], 2);
    assert_eq!(
        plan.report.events[0].message,
        "New size: 4; reason: busy; error: no"
    );
}

#[test]
fn conditions_know_since_when() {
    let mut one = scaler(json!([cpu()]));
    let first = World::of(&[50, 50]).plan(&one);
    one["status"] = first.report.status().clone();
    let mut world = World::of(&[50, 50]);
    world.now = NOW + FIFTEEN;
    // Nothing is written where nothing changed.
    assert_eq!(*world.plan(&one).report.status(), one["status"]);
    let lost = without_scale(&one, "gone", NOW + FIFTEEN);
    let able = &lost.status()["conditions"][0];
    assert_eq!(able["lastTransitionTime"], "2026-01-01T00:00:15Z");
    assert_eq!(
        lost.status()["conditions"][1],
        one["status"]["conditions"][1]
    );
}
