//! Quality of service: the class of a pod, and what its requests and limits come to on this machine. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

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
    /// 1024 is one core's worth.
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

pub fn class(pod: &Pod) -> Class {
    let names = ["cpu", "memory"];
    let asks = |it: &Container| {
        let of = &it.resources;
        names.iter().any(|name| request(of, name).is_some())
    };
    let is_fixed = |it: &Container| {
        let of = &it.resources;
        names.iter().all(|name| {
            let limit = amount(&of.limits, name);
            limit.is_some() && request(of, name) == limit
        })
    };
    if !pod.all_containers().any(asks) {
        Class::BestEffort
    } else if pod.all_containers().all(is_fixed) {
        Class::Guaranteed
    } else {
        Class::Burstable
    }
}

pub fn bounds(of: &Resources) -> Bounds {
    let to_u64 = |value: i128| u64::try_from(value).unwrap_or(u64::MAX);
    let cpu = request(of, "cpu").map(|it| to_u64(it * 1024 / 1000));
    let memory = amount(&of.limits, "memory");
    Bounds {
        cpu_shares: cpu.unwrap_or(0).max(LEAST_SHARES),
        cpu_quota_millis: amount(&of.limits, "cpu").map(to_u64),
        memory_bytes: memory.map(|it| to_u64(quantity::div_up(it, 1000))),
    }
}

/// Of the pod as a whole: the sum over its containers, limited only where each of them is.
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
    let quota = sum(|it| it.cpu_quota_millis);
    let memory = sum(|it| it.memory_bytes);
    Bounds {
        cpu_shares: all
            .iter()
            .fold(0, |sum: u64, it| sum.saturating_add(it.cpu_shares)),
        cpu_quota_millis: largest(|it| it.cpu_quota_millis, quota),
        memory_bytes: largest(|it| it.memory_bytes, memory),
    }
}

/// What a pod asks for: thousandths of a core, bytes.
pub fn requests(pod: &Pod) -> (u128, u128) {
    (requested(pod, "cpu"), requested(pod, "memory"))
}

/// What a pod asks for of one resource. Of init containers that end, the largest.
pub fn requested(pod: &Pod, name: &str) -> u128 {
    let of = |it: &Container| {
        let asked = request(&it.resources, name).unwrap_or(0);
        let asked = match name {
            "cpu" => asked,
            _ => quantity::div_up(asked, 1000),
        };
        u128::try_from(asked).unwrap_or(0)
    };
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

/// `node_memory`: bytes of the node.
pub fn oom_score(class: Class, of: &Container, node_memory: u64) -> i32 {
    match class {
        Class::Guaranteed => OOM_GUARANTEED,
        Class::BestEffort => OOM_BEST_EFFORT,
        Class::Burstable => {
            let asked = request(&of.resources, "memory").unwrap_or(0) / 1000;
            let part = 1000 * asked / i128::from(node_memory.max(1));
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
        assert_eq!(
            oom_score(Class::BestEffort, &none.spec.containers[0], 1),
            1000
        );
        let half = asks(json!({"memory": "512Mi"}), json!({}));
        let half = pod(json!([half]));
        assert_eq!(
            oom_score(Class::Burstable, &half.spec.containers[0], 1 << 30),
            500
        );
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
