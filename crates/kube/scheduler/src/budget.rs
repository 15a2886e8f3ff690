//! What PodDisruptionBudgets leave of pods: of two ways to make room, the one that spares them is taken. Pure.

use std::collections::HashSet;

use serde_json::Value;
use wharf_kube_client::Object;
use wharf_kube_model::selector::Labels;

use crate::pod::Pod;

/// One that is about some pods of its namespace.
#[derive(Debug, Clone)]
pub struct Budget {
    namespace: String,
    selector: Labels,
    /// Pods that may go by now.
    allowed: i64,
    /// Pods that were let go already, by their names.
    disrupted: HashSet<String>,
}

impl Budget {
    /// `None` of one that is about nothing, as one without a selector is to upstream's scheduler.
    pub fn read(object: &Value) -> Option<Self> {
        let selector = Labels::of_selector(object.at("/spec").get("selector")).ok()?;
        if selector.requirements().is_empty() {
            return None;
        }
        let disrupted = object.map("/status/disruptedPods").into_iter().flatten();
        Some(Self {
            namespace: object.namespace().to_owned(),
            selector,
            allowed: object.integer("/status/disruptionsAllowed").unwrap_or(0),
            disrupted: disrupted.map(|(name, _)| name.clone()).collect(),
        })
    }

    fn is_about(&self, pod: &Pod) -> bool {
        self.namespace == pod.namespace
            && !self.disrupted.contains(&pod.name)
            && self.selector.matches(Some(&pod.labels))
    }
}

/// Which of these pods, were they to go in this order, would take more than a budget leaves.
pub fn violating<'a>(budgets: &[Budget], pods: impl Iterator<Item = &'a Pod>) -> Vec<bool> {
    let mut left: Vec<i64> = budgets.iter().map(|it| it.allowed).collect();
    let violates = |pod: &Pod| {
        let mut violates = false;
        for (budget, left) in budgets.iter().zip(&mut left) {
            if budget.is_about(pod) {
                *left -= 1;
                violates |= *left < 0;
            }
        }
        violates
    };
    pods.map(violates).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn budget(name: &str, selector: Value, status: Value) -> Option<Budget> {
        Budget::read(&json!({
            "metadata": {"namespace": "a", "name": name}, "spec": {"selector": selector}, "status": status,
        }))
    }

    fn pod(namespace: &str, name: &str) -> Pod {
        Pod::read(&json!({
            "metadata": {"namespace": namespace, "name": name, "uid": name, "labels": {"app": "web"}}, "spec": {},
        }))
    }

    #[test]
    fn as_many_as_are_allowed_go_without_harm() {
        let web = json!({"matchLabels": {"app": "web"}});
        let status =
            json!({"disruptionsAllowed": 1, "disruptedPods": {"gone": "2026-01-01T00:00:00Z"}});
        let budgets = [
            budget("web", web, status).unwrap(),
            budget("other", json!({"matchLabels": {"app": "db"}}), json!({})).unwrap(),
        ];
        let pods = [
            pod("a", "gone"),
            pod("b", "x"),
            pod("a", "one"),
            pod("a", "two"),
        ];
        assert_eq!(
            violating(&budgets, pods.iter()),
            [false, false, false, true]
        );
        for selector in [json!(null), json!({})] {
            assert!(budget("all", selector, json!({})).is_none());
        }
    }
}
