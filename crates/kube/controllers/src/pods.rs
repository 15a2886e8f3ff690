//! What controllers ask of pods, and how they make and delete them.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::{Client, Delete, Error, Informer, Object, Recorder, Ref, kind};

/// Neither over nor on its way out.
pub fn is_active(pod: &Value) -> bool {
    !is_over(pod) && !pod.is_deleting()
}

pub fn is_over(pod: &Value) -> bool {
    ["Succeeded", "Failed"].contains(&pod.text("/status/phase"))
}

/// Pods that are on their way out and still run.
pub fn terminating(pods: &[Arc<Value>]) -> usize {
    let leaving = pods.iter().filter(|it| it.is_deleting() && !is_over(it));
    leaving.count()
}

/// Pods of one owner that are made or deleted in one go, however many are wanted; the rest follows.
pub const BURST: usize = 500;

pub fn is_ready(pod: &Value) -> bool {
    pod.has_condition("Ready", "True")
}

pub fn ready_since(pod: &Value) -> Option<Timestamp> {
    let ready = pod.condition("Ready")?;
    if ready.text("/status") != "True" {
        return None;
    }
    Timestamp::parse_iso8601(ready.text("/lastTransitionTime"))
}

/// Whether a pod has been ready for long enough, or how much longer that takes; `None` where it is not ready.
pub fn available_in(pod: &Value, min_ready_seconds: i64, now: Timestamp) -> Option<Duration> {
    if !is_ready(pod) {
        return None;
    }
    let wanted = Duration::from_secs(min_ready_seconds.max(0) as u64);
    if wanted.is_zero() {
        return Some(Duration::ZERO);
    }
    Some(wanted.saturating_sub(now.since(ready_since(pod)?)))
}

/// Which of a set's pods is least missed: compares as the one to delete first. `beside` is how many of the set are on the pod's node.
pub fn rank(pod: &Value, beside: usize) -> impl Ord + use<> {
    let phase = match pod.text("/status/phase") {
        "Running" => 2,
        "Unknown" => 1,
        _ => 0,
    };
    let cost: i64 = pod
        .annotation("controller.kubernetes.io/pod-deletion-cost")
        .and_then(|it| it.parse().ok())
        .unwrap_or_default();
    let restarts = pod.list("/status/containerStatuses").iter();
    let restarts = restarts.filter_map(|it| it.integer("/restartCount")).max();
    let since = |at: Option<Timestamp>| std::cmp::Reverse(at.map_or(i64::MAX, Timestamp::millis));
    (
        !pod.text("/spec/nodeName").is_empty(),
        phase,
        is_ready(pod),
        cost,
        std::cmp::Reverse(beside),
        since(ready_since(pod)),
        std::cmp::Reverse(restarts.unwrap_or_default()),
        since(Timestamp::parse_iso8601(
            pod.text("/metadata/creationTimestamp"),
        )),
        pod.uid().to_owned(),
    )
}

/// A pod of a template, as its controller makes it.
pub fn of_template(template: &Value, owner: &Ref) -> Value {
    let mut prefix = format!("{}-", owner.name);
    // A name that leaves no room for the rest is cut by the server's generator.
    if prefix.len() > 253 {
        prefix.truncate(253);
    }
    let mut metadata = json!({
        "generateName": prefix,
        "namespace": owner.namespace,
        "ownerReferences": [owner.as_controller()],
    });
    for part in ["labels", "annotations", "finalizers"] {
        let value = template.at("/metadata").get(part);
        if let Some(value) = value.filter(|it| !it.is_null()) {
            metadata[part] = value.clone();
        }
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]})
}

/// Makes and deletes pods in the name of their owners, and tells of it.
#[derive(Clone)]
pub struct PodControl {
    pub client: Client,
    pub pods: Informer,
    pub recorder: Recorder,
}

impl PodControl {
    pub async fn create(&self, owner: &Ref, pod: &Value) -> Result<Value, Error> {
        let created = self.client.create(&kind::POD, &owner.namespace, pod).await;
        match created {
            Ok(created) => {
                self.pods.observe(&created);
                let message = format!("Created pod: {}", created.name());
                self.recorder
                    .normal(owner.clone(), "SuccessfulCreate", &message);
                Ok(created)
            }
            Err(error) => {
                if !error.is_namespace_terminating() {
                    let message = format!("Error creating: {error}");
                    self.recorder
                        .warning(owner.clone(), "FailedCreate", &message);
                }
                Err(error)
            }
        }
    }

    /// Creates up to `count` pods, one at first and twice as many after each success, so that what fails for all fails once. Returns
    /// the first error.
    pub async fn create_many(
        &self,
        owner: &Ref,
        pod: impl Fn(usize) -> Value,
        count: usize,
    ) -> Result<(), Error> {
        let (mut made, mut batch) = (0, 1);
        while made < count {
            let mut tasks = tokio::task::JoinSet::new();
            for number in made..count.min(made + batch) {
                let (control, owner, pod) = (self.clone(), owner.clone(), pod(number));
                tasks.spawn(async move { control.create(&owner, &pod).await.map(|_| ()) });
            }
            made += tasks.len();
            let mut failed = None;
            while let Some(ended) = tasks.join_next().await {
                if let Ok(Err(error)) = ended {
                    failed.get_or_insert(error);
                }
            }
            if let Some(error) = failed {
                return Err(error);
            }
            batch *= 2;
        }
        Ok(())
    }

    pub async fn delete(&self, owner: &Ref, pod: &Value) -> Result<(), Error> {
        let deleted = self
            .client
            .delete(
                &kind::POD,
                pod.namespace(),
                pod.name(),
                &Delete::of_uid(pod.uid()),
            )
            .await;
        match deleted {
            Ok(answer) => {
                self.pods.observe_deletion(pod, &answer);
                let message = format!("Deleted pod: {}", pod.name());
                self.recorder
                    .normal(owner.clone(), "SuccessfulDelete", &message);
                Ok(())
            }
            // It is gone, or another one has its name.
            Err(error) if error.is_outdated() => Ok(()),
            Err(error) => {
                let message = format!("Error deleting: {error}");
                self.recorder
                    .warning(owner.clone(), "FailedDelete", &message);
                Err(error)
            }
        }
    }

    /// Deletes pods at once; returns the first error.
    pub async fn delete_many(&self, owner: &Ref, pods: &[Arc<Value>]) -> Result<(), Error> {
        let mut tasks = tokio::task::JoinSet::new();
        for pod in pods {
            let (control, owner, pod) = (self.clone(), owner.clone(), pod.clone());
            tasks.spawn(async move { control.delete(&owner, &pod).await });
        }
        let mut failed = Ok(());
        while let Some(ended) = tasks.join_next().await {
            if let (Ok(Err(error)), Ok(())) = (ended, &failed) {
                failed = Err(error);
            }
        }
        failed
    }
}

/// Sets a condition in a list of conditions; its time is kept where the status stays.
pub fn set_condition(conditions: &mut Vec<Value>, mut condition: Value, now: Timestamp) {
    let kind = condition.text("/type").to_owned();
    let known = conditions.iter().position(|it| it.text("/type") == kind);
    let known = known.map(|at| conditions.remove(at));
    let same = known
        .as_ref()
        .filter(|it| it.text("/status") == condition.text("/status"));
    condition["lastTransitionTime"] = match same {
        Some(same) => same["lastTransitionTime"].clone(),
        None => now.iso8601_seconds().into(),
    };
    conditions.push(condition);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_least_missed() {
        let pod = |name: &str, node: &str, phase: &str, ready: &str, created: &str| {
            json!({
                "metadata": {"name": name, "uid": name, "creationTimestamp": created},
                "spec": {"nodeName": node},
                "status": {"phase": phase, "conditions": [{
                    "type": "Ready", "status": ready, "lastTransitionTime": created,
                }]},
            })
        };
        let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
        let mut costly = pod("costly", "n", "Running", "True", late);
        costly["metadata"]["annotations"] =
            json!({"controller.kubernetes.io/pod-deletion-cost": "5"});
        let mut pods = [
            (costly, 1),
            (pod("old", "n", "Running", "True", early), 1),
            (pod("new", "n", "Running", "True", late), 1),
            (pod("crowded", "m", "Running", "True", early), 2),
            (pod("unready", "n", "Running", "False", early), 1),
            (pod("pending", "n", "Pending", "False", early), 1),
            (pod("nowhere", "", "Pending", "False", early), 1),
        ];
        pods.sort_by_key(|(pod, beside)| rank(pod, *beside));
        let order: Vec<&str> = pods.iter().map(|(pod, _)| pod.name()).collect();
        assert_eq!(
            order,
            [
                "nowhere", "pending", "unready", "crowded", "new", "old", "costly"
            ]
        );
    }

    #[test]
    fn availability_takes_its_time() {
        let pod = json!({"status": {"conditions": [{
            "type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z",
        }]}});
        let now = Timestamp::parse_iso8601("2026-01-01T00:00:04Z").unwrap();
        assert_eq!(available_in(&pod, 10, now), Some(Duration::from_secs(6)));
        assert_eq!(available_in(&pod, 4, now), Some(Duration::ZERO));
        assert_eq!(available_in(&json!({}), 0, now), None);
    }
}
