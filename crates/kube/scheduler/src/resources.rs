//! Amounts of what pods ask for and nodes have.

use std::collections::BTreeMap;

use serde_json::Value;
use wharf_kube_client::Object;
use wharf_kube_model::quantity::Quantity;

/// What upstream reckons with for the scores of containers that ask for nothing.
const DEFAULT_MILLI_CPU: i64 = 100;
const DEFAULT_MEMORY: i64 = 200 * 1024 * 1024;

/// Amounts by the resource's name: cpu in thousandths, all others whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resources(pub BTreeMap<String, i64>);

impl Resources {
    /// Reads a resource list. What is no quantity was refused by the server, and counts as nothing.
    pub fn read(list: &Value) -> Self {
        let entries = list.as_object().into_iter().flatten();
        Self(
            entries
                .map(|(name, value)| (name.clone(), amount(name, value)))
                .collect(),
        )
    }

    pub fn get(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    pub fn add(&mut self, other: &Self) {
        for (name, amount) in &other.0 {
            let sum = self.0.entry(name.clone()).or_default();
            *sum = sum.saturating_add(*amount);
        }
    }

    pub fn subtract(&mut self, other: &Self) {
        for (name, amount) in &other.0 {
            let rest = self.0.entry(name.clone()).or_default();
            *rest = rest.saturating_sub(*amount);
        }
    }

    /// The greater of both, by resource.
    pub fn raise(&mut self, other: &Self) {
        for (name, amount) in &other.0 {
            let most = self.0.entry(name.clone()).or_default();
            *most = (*most).max(*amount);
        }
    }
}

fn amount(name: &str, value: &Value) -> i64 {
    let quantity = Quantity::of(value).unwrap_or(Quantity::ZERO);
    match name {
        "cpu" => quantity.millis(),
        _ => quantity.units(),
    }
}

/// What all containers of a pod need at once at the most, its overhead included.
pub fn of_pod(spec: &Value) -> Resources {
    total(spec, |container| {
        Resources::read(container.at("/resources/requests"))
    })
}

/// The same for scores: nobody is free.
pub fn for_scores(spec: &Value) -> Resources {
    total(spec, |container| {
        let mut requests = Resources::read(container.at("/resources/requests"));
        requests
            .0
            .retain(|name, _| name == "cpu" || name == "memory");
        let (cpu, memory) = (DEFAULT_MILLI_CPU, DEFAULT_MEMORY);
        requests.0.entry("cpu".to_owned()).or_insert(cpu);
        requests.0.entry("memory".to_owned()).or_insert(memory);
        requests
    })
}

/// Containers run together with the sidecars; each init container runs with the sidecars before it.
fn total(spec: &Value, requests_of: impl Fn(&Value) -> Resources) -> Resources {
    let (mut sum, mut sidecars, mut most) = (
        Resources::default(),
        Resources::default(),
        Resources::default(),
    );
    for container in spec.list("/containers") {
        sum.add(&requests_of(container));
    }
    for container in spec.list("/initContainers") {
        let requests = requests_of(container);
        if container.text("/restartPolicy") == "Always" {
            sum.add(&requests);
            sidecars.add(&requests);
            most.raise(&sidecars);
        } else {
            let mut with_sidecars = sidecars.clone();
            with_sidecars.add(&requests);
            most.raise(&with_sidecars);
        }
    }
    sum.raise(&most);
    // Requests of the pod itself stand for those of its containers.
    for (name, amount) in Resources::read(spec.at("/resources/requests")).0 {
        sum.0.insert(name, amount);
    }
    sum.add(&Resources::read(spec.at("/overhead")));
    sum
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn container(cpu: &str) -> Value {
        json!({"resources": {"requests": {"cpu": cpu}}})
    }

    fn sidecar(cpu: &str) -> Value {
        json!({"restartPolicy": "Always", "resources": {"requests": {"cpu": cpu}}})
    }

    #[test]
    fn what_a_pod_needs_at_once() {
        for (spec, want) in [
            (
                json!({"containers": [container("100m"), container("1")]}),
                1100,
            ),
            (
                json!({"containers": [container("1")], "initContainers": [container("3"), container("2")]}),
                3000,
            ),
            (
                json!({"containers": [container("1")], "initContainers": [sidecar("1"), container("2")]}),
                3000,
            ),
            (
                json!({"containers": [container("3")], "initContainers": [container("2"), sidecar("1")]}),
                4000,
            ),
            (
                json!({"containers": [container("1")], "overhead": {"cpu": "250m"}}),
                1250,
            ),
            (
                json!({"containers": [container("1")], "resources": {"requests": {"cpu": "5"}}}),
                5000,
            ),
            (json!({"containers": [{}]}), 0),
        ] {
            assert_eq!(of_pod(&spec).get("cpu"), want, "{spec}");
        }
        let scored = for_scores(&json!({"containers": [{}, container("1")]}));
        assert_eq!((scored.get("cpu"), scored.get("memory")), (1100, 400 << 20));
    }
}
