//! What an autoscaler does now: pure. The executor writes the scale and says how that went ([`Plan::scaled`], [`Plan::refused`]).

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;
use wharf_base::Timestamp;
use wharf_kube_client::{Error, Object};

use super::{
    history::History,
    limits::{Asked, Tolerance, settle},
    metric::{self, Weighed},
    others,
    report::Report,
};

/// What chooses the pods of the target.
#[derive(Debug, Clone, PartialEq)]
pub enum Selected {
    Pods(Vec<Arc<Value>>),
    /// The target says no selector.
    Missing,
    Invalid(String),
    /// Others scale some of the same pods: a text that names the selector and all of them.
    Shared(String),
}

/// Why nobody can say how many pods there should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum NoReplicas {
    #[error("selector is required")]
    NoSelector,
    #[error("couldn't convert selector into a corresponding internal selector object: {0}")]
    BadSelector(String),
    /// As [`Selected::Shared`] says it.
    #[error("{0}")]
    Shared(String),
    #[error("invalid metrics ({unknown} invalid out of {all}), first error is: {first}")]
    Metrics {
        unknown: usize,
        all: usize,
        first: String,
    },
    #[error("it has no metrics")]
    NoMetrics,
}

pub struct Observed<'a> {
    pub scaler: &'a Value,
    /// `autoscaling/v1` Scale of the target.
    pub scale: &'a Value,
    pub selected: Selected,
    /// What was read of metrics of others, by their places in the spec.
    pub others: BTreeMap<usize, others::Found>,
    /// What the pods use; not looked at where nobody asks for it.
    pub measured: Result<Vec<Value>, Error>,
    pub history: &'a History,
    pub now: Timestamp,
}

#[derive(Debug)]
pub struct Plan {
    pub report: Report,
    /// Another number than there is, and why.
    pub rescale: Option<(i64, String)>,
    /// To be remembered.
    pub recommended: Option<i64>,
    current: i64,
    metrics: Vec<Value>,
}

/// What is said where the target cannot be reached.
pub fn without_scale(scaler: &Value, why: &str, now: Timestamp) -> Report {
    let mut report = Report::of(scaler, now);
    report.warning("FailedGetScale", why.to_owned());
    let message = format!("the HPA controller was unable to get the target's current scale: {why}");
    report.condition("AbleToScale", false, "FailedGetScale", &message);
    report
}

pub fn replicas(scale: &Value) -> i64 {
    scale.integer("/spec/replicas").unwrap_or_default()
}

pub fn plan(seen: &Observed<'_>) -> Plan {
    let mut plan = Plan {
        report: Report::of(seen.scaler, seen.now),
        rescale: None,
        recommended: None,
        current: replicas(seen.scale),
        metrics: Vec::new(),
    };
    let message = "the HPA controller was able to get the target's current scale";
    plan.report
        .condition("AbleToScale", true, "SucceededGetScale", message);
    let current = plan.current;
    let spec = seen.scaler.at("/spec");
    let least = spec.integer("/minReplicas").unwrap_or(1);
    let most = spec.integer("/maxReplicas").unwrap_or(least);
    let wanted = if current == 0 && least != 0 {
        let message = "scaling is disabled since the replica count of the target is zero";
        plan.report
            .condition("ScalingActive", false, "ScalingDisabled", message);
        Some((0, String::new()))
    } else if current > most {
        Some((
            most,
            "Current number of replicas above Spec.MaxReplicas".to_owned(),
        ))
    } else if current < least {
        Some((
            least,
            "Current number of replicas below Spec.MinReplicas".to_owned(),
        ))
    } else {
        plan.by_metrics(seen, least, most)
    };
    let Some((wanted, why)) = wanted else {
        // Nothing is known: it stays, and so does what was wanted before.
        plan.report
            .current(current, std::mem::take(&mut plan.metrics));
        return plan;
    };
    plan.report
        .current(current, std::mem::take(&mut plan.metrics));
    plan.report.desired(wanted);
    if wanted != current {
        plan.rescale = Some((wanted, why));
    }
    plan
}

impl Plan {
    /// How many, and why; nothing where that cannot be said.
    fn by_metrics(&mut self, seen: &Observed<'_>, least: i64, most: i64) -> Option<(i64, String)> {
        let (wanted, name) = match self.weigh(seen) {
            Ok(wanted) => wanted,
            Err(why) => {
                let why = why.to_string();
                self.report.warning("FailedComputeMetricsReplicas", why);
                return None;
            }
        };
        self.recommended = Some(wanted);
        let asked = Asked {
            current: self.current,
            wanted,
            least,
            most,
        };
        let settled = settle(
            seen.scaler.at("/spec/behavior"),
            seen.history,
            asked,
            seen.now,
        );
        let (reason, message) = settled.able;
        self.report.condition("AbleToScale", true, reason, message);
        let (is_limited, (reason, message)) = settled.limited;
        self.report
            .condition("ScalingLimited", is_limited, reason, message);
        // As upstream, this is said of what metrics asked for.
        let why = match wanted > self.current {
            true => format!("{name} above target"),
            false => "All metrics below target".to_owned(),
        };
        Some((settled.replicas, why))
    }

    /// The most that a metric asks for, and its name.
    fn weigh(&mut self, seen: &Observed<'_>) -> Result<(i64, String), NoReplicas> {
        let pods = self.selected(&seen.selected)?;
        let weighed = Weighed {
            current: self.current,
            namespace: seen.scaler.namespace(),
            pods,
            there: seen.scale.integer("/status/replicas").unwrap_or_default(),
            others: &seen.others,
            measured: &seen.measured,
            tolerance: Tolerance::of(seen.scaler.at("/spec/behavior")),
            now: seen.now,
        };
        let metrics = seen.scaler.list("/spec/metrics");
        let (mut most, mut first, mut unknown) = (None::<(i64, String)>, None, 0);
        for (at, one) in metrics.iter().enumerate() {
            match metric::weigh(one, at, &weighed) {
                Ok(asks) => {
                    self.metrics.push(asks.status);
                    if most.as_ref().is_none_or(|it| asks.replicas > it.0) {
                        most = Some((asks.replicas, asks.name));
                    }
                }
                Err(failed) => {
                    self.report.warning(failed.reason, failed.why.clone());
                    unknown += 1;
                    first.get_or_insert(failed);
                }
            }
        }
        // Where not all is known it may grow, never shrink.
        match (most, first) {
            (Some((replicas, name)), None) => {
                self.active(&name);
                Ok((replicas, name))
            }
            (Some((replicas, name)), Some(_)) if replicas >= self.current => {
                self.active(&name);
                Ok((replicas, name))
            }
            (_, Some(failed)) => {
                let message = format!(
                    "the HPA was unable to compute the replica count: {}",
                    failed.why
                );
                self.report
                    .condition("ScalingActive", false, failed.reason, &message);
                Err(NoReplicas::Metrics {
                    unknown,
                    all: metrics.len(),
                    first: failed.error,
                })
            }
            (None, None) => Err(NoReplicas::NoMetrics),
        }
    }

    fn active(&mut self, name: &str) {
        let message =
            format!("the HPA was able to successfully calculate a replica count from {name}");
        self.report
            .condition("ScalingActive", true, "ValidMetricFound", &message);
    }

    fn selected<'a>(&mut self, selected: &'a Selected) -> Result<&'a [Arc<Value>], NoReplicas> {
        const INVALID: &str = "InvalidSelector";
        const AMBIGUOUS: &str = "AmbiguousSelector";
        let (why, event, condition) = match selected {
            Selected::Pods(pods) => return Ok(pods),
            Selected::Missing => (NoReplicas::NoSelector, "SelectorRequired", INVALID),
            Selected::Invalid(why) => (NoReplicas::BadSelector(why.clone()), INVALID, INVALID),
            Selected::Shared(text) => (NoReplicas::Shared(text.clone()), AMBIGUOUS, AMBIGUOUS),
        };
        let said = why.to_string();
        let message: &str = match why {
            NoReplicas::NoSelector => "the HPA target's scale is missing a selector",
            _ => &said,
        };
        self.report
            .condition("ScalingActive", false, condition, message);
        self.report.warning(event, said);
        Err(why)
    }

    /// The scale was written.
    pub fn scaled(&mut self, to: i64, why: &str) {
        let message = format!("the HPA controller was able to update the target scale to {to}");
        self.report
            .condition("AbleToScale", true, "SucceededRescale", &message);
        self.report.normal(
            "SuccessfulRescale",
            format!("New size: {to}; reason: {why}"),
        );
        self.report.scaled_now();
    }

    /// The scale could not be written. `before` is what was desired until now.
    pub fn refused(&mut self, to: i64, why: &str, before: i64, error: &str) {
        let message = format!("the HPA controller was unable to update the target scale: {error}");
        self.report
            .condition("AbleToScale", false, "FailedUpdateScale", &message);
        let text = format!("New size: {to}; reason: {why}; error: {error}");
        self.report.warning("FailedRescale", text);
        self.report.desired(before);
    }

    pub fn current(&self) -> i64 {
        self.current
    }
}

#[cfg(test)]
mod tests;
