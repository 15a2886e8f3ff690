//! How many pods a resource metric asks for. Pure.
//!
//! Pods that were not measured or are not ready are not left out where that would make a difference: they count as busy when it would
//! shrink and as idle when it would grow, and never turn the direction.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use wharf_base::Timestamp;
use wharf_kube_client::Object;
use wharf_kube_model::quantity::Quantity;

use super::{limits::Tolerance, usage::Used};

/// A pod uses more while it starts than later: its first minutes count only if it is ready.
const CPU_INITIALIZATION: Duration = Duration::from_secs(300);
/// A pod that was unready this soon after it started has never been ready.
const INITIAL_READINESS: Duration = Duration::from_secs(30);
const MOST: i64 = i32::MAX as i64;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// Of the requests, in percent.
    Utilization(i64),
    /// Thousandths.
    Average(i64),
}

pub struct Input<'a> {
    pub current: i64,
    pub resource: &'a str,
    pub container: Option<&'a str>,
    pub target: Target,
    /// All that the target's selector chooses.
    pub pods: &'a [Arc<Value>],
    pub used: BTreeMap<String, Used>,
    pub tolerance: Tolerance,
    pub now: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proposal {
    pub replicas: i64,
    /// In percent, where the target is.
    pub utilization: Option<i64>,
    /// Thousandths.
    pub average: i64,
}

/// Why nothing can be said, in upstream's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoProposal {
    #[error("no pods returned by selector while calculating replica count")]
    NoPods,
    #[error("did not receive metrics for targeted pods (pods might be unready)")]
    NoMetrics,
    #[error("missing request for {resource} in container {container} of Pod {pod}")]
    NoRequest {
        resource: String,
        container: String,
        pod: String,
    },
    #[error("no metrics returned matched known pods")]
    NoneKnown,
}

/// How busy pods are.
struct Busy {
    /// To the target.
    ratio: f64,
    utilization: Option<i64>,
    average: i64,
}

/// # Errors
/// Nothing can be said.
pub fn propose(input: &Input<'_>) -> Result<Proposal, NoProposal> {
    if input.pods.is_empty() {
        return Err(NoProposal::NoPods);
    }
    let sorted = sort(input);
    let mut amounts: BTreeMap<&str, i64> = BTreeMap::new();
    for (name, used) in &input.used {
        if !sorted.ignored.contains(name.as_str()) && !sorted.unready.contains(name.as_str()) {
            amounts.insert(name, used.amount);
        }
    }
    if amounts.is_empty() {
        return Err(NoProposal::NoMetrics);
    }
    let requests = requests(input)?;
    let busy = busy(input.target, &amounts, &requests)?;
    let said = |replicas: i64| Proposal {
        replicas: replicas.clamp(0, MOST),
        utilization: busy.utilization,
        average: busy.average,
    };
    let grows_with_unready = !sorted.unready.is_empty() && busy.ratio > 1.0;
    if !grows_with_unready && sorted.missing.is_empty() {
        if input.tolerance.covers(busy.ratio) {
            return Ok(said(input.current));
        }
        return Ok(said(ceil(busy.ratio * sorted.ready as f64)));
    }
    for name in &sorted.missing {
        if busy.ratio < 1.0 {
            amounts.insert(name, full(input.target, requests.get(name)));
        } else if busy.ratio > 1.0 {
            amounts.insert(name, 0);
        }
    }
    if grows_with_unready {
        amounts.extend(sorted.unready.iter().map(|it| (*it, 0)));
    }
    let again = self::busy(input.target, &amounts, &requests)?.ratio;
    let turns = (busy.ratio < 1.0 && again > 1.0) || (busy.ratio > 1.0 && again < 1.0);
    if input.tolerance.covers(again) || turns {
        return Ok(said(input.current));
    }
    let replicas = ceil(again * amounts.len() as f64);
    let is_backwards =
        (again < 1.0 && replicas > input.current) || (again > 1.0 && replicas < input.current);
    Ok(said(if is_backwards {
        input.current
    } else {
        replicas
    }))
}

fn ceil(replicas: f64) -> i64 {
    replicas.ceil() as i64
}

/// What a pod that was not measured may be using at most.
fn full(target: Target, request: Option<&i64>) -> i64 {
    match target {
        Target::Utilization(target) => {
            let request = request.copied().unwrap_or_default();
            request.saturating_mul(target.max(100)) / 100
        }
        Target::Average(target) => target,
    }
}

#[derive(Default)]
struct Sorted<'a> {
    ready: usize,
    unready: BTreeSet<&'a str>,
    missing: BTreeSet<&'a str>,
    ignored: BTreeSet<&'a str>,
}

fn sort<'a>(input: &Input<'a>) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    for pod in input.pods {
        let (name, phase) = (pod.name(), pod.text("/status/phase"));
        if pod.is_deleting() || phase == "Failed" {
            sorted.ignored.insert(name);
        } else if phase == "Pending" {
            sorted.unready.insert(name);
        } else if let Some(used) = input.used.get(name) {
            match input.resource == "cpu" && is_unready(pod, used, input.now) {
                true => _ = sorted.unready.insert(name),
                false => sorted.ready += 1,
            }
        } else {
            sorted.missing.insert(name);
        }
    }
    sorted
}

/// Whether what was measured says nothing of how busy the pod will be.
fn is_unready(pod: &Value, used: &Used, now: Timestamp) -> bool {
    let started = Timestamp::parse_iso8601(pod.text("/status/startTime"));
    let (Some(ready), Some(started)) = (pod.condition("Ready"), started) else {
        return true;
    };
    let is_false = ready.text("/status") == "False";
    let since = Timestamp::parse_iso8601(ready.text("/lastTransitionTime")).unwrap_or(Timestamp(0));
    if started + CPU_INITIALIZATION > now {
        return is_false || used.at < since + used.window;
    }
    is_false && started + INITIAL_READINESS > since
}

/// Thousandths by pod; none where nobody asks for a part of them.
fn requests<'a>(input: &Input<'a>) -> Result<BTreeMap<&'a str, i64>, NoProposal> {
    if !matches!(input.target, Target::Utilization(_)) {
        return Ok(BTreeMap::new());
    }
    let each = input
        .pods
        .iter()
        .map(|pod| Ok((pod.name(), request(input, pod)?)));
    each.collect()
}

fn request(input: &Input<'_>, pod: &Value) -> Result<i64, NoProposal> {
    let of = |owner: &Value| {
        let value = owner.map("/resources/requests")?.get(input.resource)?;
        Quantity::of(value).ok().map(Quantity::millis)
    };
    if let (None, Some(whole)) = (input.container, of(pod.at("/spec"))) {
        return Ok(whole);
    }
    // Sidecars run along with the others.
    let sidecars = pod.list("/spec/initContainers").iter();
    let sidecars = sidecars.filter(|it| it.text("/restartPolicy") == "Always");
    let all = pod.list("/spec/containers").iter().chain(sidecars);
    let mut sum: i64 = 0;
    for container in all {
        let name = container.text("/name");
        if input.container.is_none_or(|it| it == name) {
            let missing = || NoProposal::NoRequest {
                resource: input.resource.to_owned(),
                container: name.to_owned(),
                pod: pod.name().to_owned(),
            };
            sum = sum.saturating_add(of(container).ok_or_else(missing)?);
        }
    }
    Ok(sum)
}

fn busy(
    target: Target,
    amounts: &BTreeMap<&str, i64>,
    requests: &BTreeMap<&str, i64>,
) -> Result<Busy, NoProposal> {
    match target {
        Target::Average(target) => {
            let sum: i128 = amounts.values().map(|it| i128::from(*it)).sum();
            let average = narrow(sum / (amounts.len() as i128).max(1));
            Ok(Busy {
                ratio: average as f64 / target.max(1) as f64,
                utilization: None,
                average,
            })
        }
        Target::Utilization(target) => {
            let known = amounts
                .iter()
                .filter_map(|(name, it)| Some((*it, *requests.get(name)?)));
            let (mut used, mut asked, mut count) = (0i128, 0i128, 0i128);
            for (amount, request) in known {
                used += i128::from(amount);
                asked += i128::from(request);
                count += 1;
            }
            if asked <= 0 {
                return Err(NoProposal::NoneKnown);
            }
            let utilization = narrow(used * 100 / asked);
            Ok(Busy {
                ratio: utilization as f64 / target.max(1) as f64,
                utilization: Some(utilization),
                average: narrow(used / count.max(1)),
            })
        }
    }
}

fn narrow(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
