//! Quality of service: the class of a pod, and what its requests and limits come to on this machine. Pure.

use std::collections::BTreeMap;

use serde_json::Value;
use wharf_base::cpu::UNITS_OF_A_CORE;

use crate::{
    pod::{Container, Pod, Resources},
    quantity,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Guaranteed,
    Burstable,
    BestEffort,
}

impl Class {
    pub fn name(self) -> &'static str {
        match self {
            Self::Guaranteed => "Guaranteed",
            Self::Burstable => "Burstable",
            Self::BestEffort => "BestEffort",
        }
    }
}

/// How readily the kernel ends a container when memory runs out. Upstream's table begins at -997; here what keeps the machine, and
/// the tasks of others on it, comes before any pod.
const OOM_GUARANTEED: i32 = 300;
const OOM_BEST_EFFORT: i32 = 1000;
/// The kernel takes no smaller part of processor time.
const LEAST_SHARES: u64 = 2;

/// What a container may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// [`UNITS_OF_A_CORE`] are one core's worth.
    pub cpu_shares: u64,
    /// Thousandths of a core.
    pub cpu_quota_millis: Option<u64>,
    pub memory_bytes: Option<u64>,
}

fn amount(of: &BTreeMap<String, Value>, name: &str) -> Option<i128> {
    of.get(name).and_then(quantity::milli).filter(|it| *it > 0)
}

/// A request that is not made is the limit. In thousandths.
pub fn request(of: &Resources, name: &str) -> Option<i128> {
    amount(&of.requests, name).or_else(|| amount(&of.limits, name))
}

/// What a pod says as a whole stands above what its containers say.
pub fn class(pod: &Pod) -> Class {
    let names = ["cpu", "memory"];
    let asks = |of: &Resources| names.iter().any(|name| request(of, name).is_some());
    let is_fixed = |of: &Resources| {
        names.iter().all(|name| {
            let limit = amount(&of.limits, name);
            limit.is_some() && request(of, name) == limit
        })
    };
    let whole = &pod.spec.resources;
    let all: Vec<&Resources> = match whole.limits.is_empty() && whole.requests.is_empty() {
        true => pod.all_containers().map(|it| &it.resources).collect(),
        false => vec![whole],
    };
    if !all.iter().any(|it| asks(it)) {
        Class::BestEffort
    } else if all.iter().all(|it| is_fixed(it)) {
        Class::Guaranteed
    } else {
        Class::Burstable
    }
}

pub fn bounds(of: &Resources) -> Bounds {
    let to_u64 = |value: i128| u64::try_from(value).unwrap_or(u64::MAX);
    let cpu = request(of, "cpu").map(|it| to_u64(it * i128::from(UNITS_OF_A_CORE) / 1000));
    let memory = amount(&of.limits, "memory");
    Bounds {
        cpu_shares: cpu.unwrap_or(0).max(LEAST_SHARES),
        cpu_quota_millis: amount(&of.limits, "cpu").map(to_u64),
        memory_bytes: memory.map(|it| to_u64(quantity::div_up(it, 1000))),
    }
}

/// Of a container of a pod: where it says nothing itself, all that the pod may have, within which its containers stay together.
pub fn container_bounds(pod: &Pod, of: &Container) -> Bounds {
    let (own, whole) = (bounds(&of.resources), bounds(&pod.spec.resources));
    Bounds {
        cpu_shares: match (request(&of.resources, "cpu"), whole.cpu_quota_millis) {
            (None, Some(millis)) => {
                (millis.saturating_mul(UNITS_OF_A_CORE.into()) / 1000).max(LEAST_SHARES)
            }
            _ => own.cpu_shares,
        },
        cpu_quota_millis: own.cpu_quota_millis.or(whole.cpu_quota_millis),
        memory_bytes: own.memory_bytes.or(whole.memory_bytes),
    }
}

/// Whether processor time is asked for, for a container alone or for its pod as a whole.
pub fn reserves_cpu(pod: &Pod, of: &Container) -> bool {
    let mut asked = [&of.resources, &pod.spec.resources].into_iter();
    asked.any(|it| request(it, "cpu").is_some())
}

/// Of the pod as a whole: what it says itself, or the sum over its containers, limited only where each of them is.
pub fn pod_bounds(pod: &Pod) -> Bounds {
    let inits = pod.spec.init_containers.iter();
    let stays = inits.clone().filter(|it| it.is_sidecar());
    let all: Vec<Bounds> = pod
        .spec
        .containers
        .iter()
        .chain(stays)
        .map(|it| bounds(&it.resources))
        .collect();
    let sum = |of: fn(&Bounds) -> Option<u64>| {
        let each: Option<Vec<u64>> = all.iter().map(of).collect();
        each.map(|it| it.iter().fold(0, |sum: u64, it| sum.saturating_add(*it)))
    };
    let largest = |of: fn(&Bounds) -> Option<u64>, sum: Option<u64>| {
        let ordinary = inits.clone().filter(|it| !it.is_sidecar());
        ordinary.fold(sum, |most, it| Some(most?.max(of(&bounds(&it.resources))?)))
    };
    let shares = all.iter().map(|it| it.cpu_shares);
    let shares = shares.fold(0, u64::saturating_add);
    let quota = sum(|it| it.cpu_quota_millis);
    let memory = sum(|it| it.memory_bytes);
    let quota = largest(|it| it.cpu_quota_millis, quota);
    let memory = largest(|it| it.memory_bytes, memory);
    let whole = bounds(&pod.spec.resources);
    Bounds {
        cpu_shares: match request(&pod.spec.resources, "cpu") {
            Some(_) => whole.cpu_shares,
            None => shares,
        },
        cpu_quota_millis: whole.cpu_quota_millis.or(quota),
        memory_bytes: whole.memory_bytes.or(memory),
    }
}

/// What a pod asks for: thousandths of a core, bytes.
pub fn requests(pod: &Pod) -> (u128, u128) {
    (requested(pod, "cpu"), requested(pod, "memory"))
}

/// What a pod asks for of one resource: as a whole, or else its containers together.
pub fn requested(pod: &Pod, name: &str) -> u128 {
    match request(&pod.spec.resources, name) {
        Some(asked) => in_units(asked, name),
        None => of_containers(pod, name),
    }
}

/// Thousandths of a core, or whole ones of what else there is.
fn in_units(asked: i128, name: &str) -> u128 {
    let asked = match name {
        "cpu" => asked,
        _ => quantity::div_up(asked, 1000),
    };
    u128::try_from(asked).unwrap_or(0)
}

/// Of init containers that end, the largest.
fn of_containers(pod: &Pod, name: &str) -> u128 {
    let of = |it: &Container| in_units(request(&it.resources, name).unwrap_or(0), name);
    let (stay, end): (Vec<&Container>, Vec<&Container>) = pod
        .spec
        .init_containers
        .iter()
        .partition(|it| it.is_sidecar());
    let all = pod.spec.containers.iter().chain(stay);
    let sum: u128 = all.map(of).sum();
    let largest = end.into_iter().map(of).max().unwrap_or(0);
    sum.max(largest)
}

/// What a pod asks for as a whole and no container of it does, in equal parts: bytes.
fn share_of_rest(pod: &Pod) -> i128 {
    let Some(whole) = request(&pod.spec.resources, "memory") else {
        return 0;
    };
    let inits = pod.spec.init_containers.iter();
    let count = pod.spec.containers.len() + inits.filter(|it| it.is_sidecar()).count();
    let asked = i128::try_from(of_containers(pod, "memory")).unwrap_or(i128::MAX);
    let rest = (whole / 1000).saturating_sub(asked).max(0);
    rest / i128::try_from(count.max(1)).unwrap_or(1)
}

/// `node_memory`: bytes of the node.
pub fn oom_score(pod: &Pod, of: &Container, node_memory: u64) -> i32 {
    match class(pod) {
        Class::Guaranteed => OOM_GUARANTEED,
        Class::BestEffort => OOM_BEST_EFFORT,
        Class::Burstable => {
            let asked = request(&of.resources, "memory").unwrap_or(0) / 1000;
            let asked = asked.saturating_add(share_of_rest(pod));
            let part = asked.saturating_mul(1000) / i128::from(node_memory.max(1));
            let score = 1000 - part;
            // Never as safe as one that is guaranteed, never as exposed as one that asked for nothing.
            i32::try_from(score.clamp(i128::from(OOM_GUARANTEED) + 3, 999)).unwrap_or(999)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(containers: Value) -> Pod {
        Pod::read(&json!({"spec": {"containers": containers}})).unwrap()
    }

    fn asks(requests: Value, limits: Value) -> Value {
        json!({"name": "a", "resources": {"requests": requests, "limits": limits}})
    }

    #[test]
    fn classes() {
        let all = json!({"cpu": "1", "memory": "1Gi"});
        let guaranteed = pod(json!([asks(json!({}), all.clone())]));
        assert_eq!(class(&guaranteed), Class::Guaranteed);
        let less = pod(json!([asks(json!({"cpu": "500m"}), all.clone())]));
        assert_eq!(class(&less), Class::Burstable);
        let mixed = pod(json!([asks(json!({}), all), {"name": "b"}]));
        assert_eq!(class(&mixed), Class::Burstable);
        let none = pod(json!([{"name": "a"}]));
        assert_eq!(class(&none), Class::BestEffort);
        assert_eq!(oom_score(&none, &none.spec.containers[0], 1), 1000);
        let half = asks(json!({"memory": "512Mi"}), json!({}));
        let half = pod(json!([half]));
        assert_eq!(oom_score(&half, &half.spec.containers[0], 1 << 30), 500);
    }

    #[test]
    fn what_a_pod_says_as_a_whole_stands_above_its_containers() {
        let mut other = asks(json!({}), json!({}));
        other["name"] = "b".into();
        let containers = json!([
            asks(json!({"cpu": "500m", "memory": "256Mi"}), json!({})),
            other
        ]);
        let of = |resources: Value| {
            let spec = json!({"containers": containers, "resources": resources});
            Pod::read(&json!({"spec": spec})).unwrap()
        };
        let asked = json!({"cpu": "1", "memory": "512Mi"});
        let pod = of(json!({"requests": asked, "limits": {"cpu": "2", "memory": "1Gi"}}));
        assert_eq!(class(&pod), Class::Burstable);
        assert_eq!(requests(&pod), (1000, 512 << 20));
        let whole = Bounds {
            cpu_shares: 1024,
            cpu_quota_millis: Some(2000),
            memory_bytes: Some(1 << 30),
        };
        assert_eq!(pod_bounds(&pod), whole);
        let (first, second) = (&pod.spec.containers[0], &pod.spec.containers[1]);
        let first_bounds = Bounds {
            cpu_shares: 512,
            ..whole
        };
        assert_eq!(container_bounds(&pod, first), first_bounds);
        assert_eq!(container_bounds(&pod, second).cpu_shares, 2048);
        // A half of the node is asked for, a quarter by the first, and the rest is both's.
        assert_eq!(oom_score(&pod, first, 1 << 30), 1000 - 375);
        assert_eq!(oom_score(&pod, second, 1 << 30), 1000 - 125);
        let fixed = of(json!({"requests": asked, "limits": asked}));
        assert_eq!(class(&fixed), Class::Guaranteed);
        let open = of(json!({"requests": {"cpu": "1"}}));
        assert_eq!(requests(&open), (1000, 256 << 20));
        assert_eq!(pod_bounds(&open).memory_bytes, None);
    }

    #[test]
    fn a_request_or_a_limit_reserves_processor_time() {
        let mut other = asks(json!({"cpu": "1m"}), json!({}));
        other["name"] = "b".into();
        let containers = json!([asks(json!({"memory": "1Mi"}), json!({})), other,
            {"name": "c", "resources": {"limits": {"cpu": "1"}}},
            {"name": "d", "resources": {"requests": {"cpu": "0"}}}]);
        let mixed = pod(containers.clone());
        let each = |pod: &Pod| -> Vec<bool> {
            let all = pod.spec.containers.iter();
            all.map(|it| reserves_cpu(pod, it)).collect()
        };
        assert_eq!(each(&mixed), [false, true, true, false]);
        let spec = json!({"containers": containers, "resources": {"requests": {"cpu": "2"}}});
        let whole = Pod::read(&json!({"spec": spec})).unwrap();
        assert_eq!(each(&whole), [true; 4]);
    }

    #[test]
    fn a_pod_is_bounded_where_all_of_it_is() {
        let limit = |cpu: &str| asks(json!({}), json!({"cpu": cpu, "memory": "1Mi"}));
        let mut other = limit("1");
        other["name"] = "b".into();
        let two = pod(json!([limit("500m"), other]));
        let found = pod_bounds(&two);
        assert_eq!(found.cpu_quota_millis, Some(1500));
        assert_eq!(found.memory_bytes, Some(2 << 20));
        assert_eq!(found.cpu_shares, 512 + 1024);
        let open = pod(json!([limit("1"), {"name": "b"}]));
        assert_eq!(pod_bounds(&open).memory_bytes, None);
    }
}
