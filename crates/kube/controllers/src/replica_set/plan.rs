//! What a ReplicaSet needs: pure.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::Object;
use wharf_kube_model::selector::Labels;

use crate::{
    pods::{available_in, is_active, is_ready, rank, set_condition},
    runtime::sooner,
};

/// The first pause after a try whose pods nodes refused; it doubles with each further one, up to the other.
const PAUSE: Duration = Duration::from_secs(1);
const MOST_PAUSE: Duration = Duration::from_secs(300);
/// Tries that are further apart have nothing to do with each other.
const APART: Duration = Duration::from_secs(600);

#[derive(Debug, PartialEq)]
pub struct Plan {
    pub create: usize,
    pub delete: Vec<Arc<Value>>,
    pub status: Value,
    /// When the next pod will have been ready for long enough.
    pub look_after: Option<Duration>,
}

/// `related` are pods of other sets of the same owner, as a rollout has them; `failure` is the reason and text of what could not be done
/// just now.
pub fn plan(
    set: &Value,
    pods: &[Arc<Value>],
    related: &[Arc<Value>],
    failure: Option<(&str, String)>,
    now: Timestamp,
) -> Plan {
    let active: Vec<&Arc<Value>> = pods.iter().filter(|it| is_active(it)).collect();
    let wanted = set.integer("/spec/replicas").unwrap_or(1).max(0) as usize;
    let is_managed = !set.is_deleting();
    let excess = active.len().saturating_sub(wanted);
    let mut delete = Vec::new();
    if is_managed && excess > 0 {
        let mut beside: HashMap<&str, usize> = HashMap::new();
        let others = related.iter().filter(|it| is_active(it));
        for pod in active.iter().copied().chain(others) {
            *beside.entry(pod.text("/spec/nodeName")).or_default() += 1;
        }
        let mut ranked = active.clone();
        ranked.sort_by_cached_key(|it| {
            let beside = beside.get(it.text("/spec/nodeName")).copied();
            rank(it, beside.unwrap_or_default())
        });
        delete.extend(ranked.into_iter().take(excess).cloned());
    }
    let min_ready = set.integer("/spec/minReadySeconds").unwrap_or_default();
    let (mut available, mut look_after) = (0, None);
    for pod in &active {
        match available_in(pod, min_ready, now) {
            Some(Duration::ZERO) => available += 1,
            Some(more) => look_after = sooner(look_after, Some(more)),
            None => {}
        }
    }
    let labels = Labels::of_set(set.map("/spec/template/metadata/labels"));
    let labelled = active.iter().filter(|it| labels.matches_object(it)).count();
    let ready = active.iter().filter(|it| is_ready(it)).count();
    let mut conditions = set.list("/status/conditions").to_vec();
    match failure {
        Some((reason, message)) => set_condition(
            &mut conditions,
            json!({"type": "ReplicaFailure", "status": "True", "reason": reason, "message": message}),
            now,
        ),
        None => conditions.retain(|it| it.text("/type") != "ReplicaFailure"),
    }
    let mut status = json!({
        "replicas": active.len(), "observedGeneration": set.generation(),
    });
    for (name, count) in [
        ("fullyLabeledReplicas", labelled),
        ("readyReplicas", ready),
        ("availableReplicas", available),
    ] {
        if count > 0 {
            status[name] = count.into();
        }
    }
    if !conditions.is_empty() {
        status["conditions"] = conditions.into();
    }
    let mut create = match is_managed {
        true => wanted.saturating_sub(active.len()),
        false => 0,
    };
    if let Some(more) = pause(pods, now).filter(|_| create > 0) {
        create = 0;
        look_after = sooner(look_after, Some(more));
    }
    Plan {
        create,
        delete,
        status,
        look_after,
    }
}

/// How long nothing is made because a node would refuse it, as it did what was made last. Pods that were made in the same second are of
/// one try; those before one that a node took count no more.
fn pause(pods: &[Arc<Value>], now: Timestamp) -> Option<Duration> {
    let made = |it: &Value| Timestamp::parse_iso8601(it.text("/metadata/creationTimestamp"));
    let taken = pods.iter().filter(|it| has_run(it));
    let taken = taken.filter_map(|it| made(it)).max();
    let refused = || pods.iter().filter(|it| is_refused(it));
    let tries: BTreeSet<Timestamp> = refused().filter_map(|it| made(it)).collect();
    let tries = tries.into_iter().filter(|it| Some(*it) > taken);
    let tries: Vec<Timestamp> = tries.collect();
    let last = *tries.last()?;
    let pairs = tries.windows(2).rev();
    let before = pairs.take_while(|it| it[1].since(it[0]) <= APART).count();
    let doubled = u32::try_from(before).unwrap_or(u32::MAX).min(16);
    let pause = MOST_PAUSE.min(PAUSE * 2_u32.pow(doubled));
    // From when its node had it, which tells that as the start.
    let seen = refused().filter(|it| made(it) == Some(last));
    let seen = seen.filter_map(|it| Timestamp::parse_iso8601(it.text("/status/startTime")));
    let seen = seen.max().map_or(last, |it| it.max(last));
    let left = pause.saturating_sub(now.since(seen));
    (!left.is_zero()).then_some(left)
}

/// A node took it.
fn has_run(pod: &Value) -> bool {
    let ran = pod.list("/status/containerStatuses").iter();
    let ran = ran.chain(pod.list("/status/initContainerStatuses"));
    ran.count() > 0
}

/// It failed before any of its containers was there.
fn is_refused(pod: &Value) -> bool {
    pod.text("/status/phase") == "Failed" && !pod.is_deleting() && !has_run(pod)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pods::terminating;

    /// Without pods of other sets.
    fn plan(
        set: &Value,
        pods: &[Arc<Value>],
        failure: Option<(&str, String)>,
        now: Timestamp,
    ) -> Plan {
        super::plan(set, pods, &[], failure, now)
    }

    fn set(replicas: i64) -> Value {
        json!({
            "metadata": {"name": "s", "uid": "s", "generation": 2},
            "spec": {"replicas": replicas, "template": {"metadata": {"labels": {"a": "b"}}}},
        })
    }

    fn pod(name: &str, ready: &str) -> Arc<Value> {
        Arc::new(json!({
            "metadata": {"name": name, "uid": name, "labels": {"a": "b"}},
            "status": {"phase": "Running", "conditions": [{
                "type": "Ready", "status": ready, "lastTransitionTime": "2026-01-01T00:00:00Z",
            }]},
        }))
    }

    const NOW: Timestamp = Timestamp(1_767_225_605_000);

    #[test]
    fn as_many_as_wanted() {
        let pods = [pod("x", "True"), pod("y", "False"), pod("z", "True")];
        assert_eq!(plan(&set(5), &pods, None, NOW).create, 2);
        let fewer = plan(&set(2), &pods, None, NOW);
        assert_eq!((fewer.create, fewer.delete.len()), (0, 1));
        assert_eq!(fewer.delete[0].name(), "y");
        let enough = plan(&set(3), &pods, None, NOW);
        assert_eq!((enough.create, enough.delete.len()), (0, 0));
        assert_eq!(
            enough.status,
            json!({
                "replicas": 3, "observedGeneration": 2, "fullyLabeledReplicas": 3, "readyReplicas": 2,
                "availableReplicas": 2,
            })
        );
    }

    #[test]
    fn a_pod_beside_more_of_its_owner_goes_first() {
        let on = |name: &str, node: &str| -> Arc<Value> {
            let mut pod = (*pod(name, "True")).clone();
            pod["spec"]["nodeName"] = node.into();
            pod.into()
        };
        let pods = [on("x", "one"), on("y", "two")];
        for (node, goes) in [("one", "x"), ("two", "y")] {
            let related = [on("of another set", node)];
            let plan = super::plan(&set(1), &pods, &related, None, NOW);
            let names: Vec<&str> = plan.delete.iter().map(|it| it.name()).collect();
            assert_eq!(names, [goes]);
        }
    }

    #[test]
    fn what_is_over_or_leaves_does_not_count() {
        let (mut over, mut leaving) = ((*pod("x", "False")).clone(), (*pod("y", "True")).clone());
        over["status"]["phase"] = "Failed".into();
        leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        let mut both = over.clone();
        both["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        let pods: [Arc<Value>; 3] = [over.into(), leaving.into(), both.into()];
        let plan = plan(&set(1), &pods, None, NOW);
        assert_eq!((plan.create, plan.delete.len()), (1, 0));
        assert_eq!(terminating(&pods), 1, "what is over is on no way out");
    }

    #[test]
    fn what_nodes_refuse_is_made_again_with_growing_pauses() {
        let refused = |name: &str, made: &str| -> Arc<Value> {
            let mut pod = (*pod(name, "False")).clone();
            pod["status"]["phase"] = "Failed".into();
            pod["metadata"]["creationTimestamp"] = made.into();
            pod.into()
        };
        let one = refused("x", "2026-01-01T00:00:05Z");
        let seconds = |it: u64| Some(Duration::from_secs(it));
        let first = plan(&set(1), std::slice::from_ref(&one), None, NOW);
        assert_eq!((first.create, first.look_after), (0, seconds(1)));
        let later = Timestamp(NOW.millis() + 1000);
        assert_eq!(
            plan(&set(1), std::slice::from_ref(&one), None, later).create,
            1
        );
        let at = |tries: std::ops::Range<i64>, gap_s: i64| -> Vec<Arc<Value>> {
            let made = |it: i64| Timestamp(NOW.millis() - it * gap_s * 1000).iso8601_seconds();
            tries.map(|it| refused("x", &made(it))).collect()
        };
        let pause_of = |pods: &[Arc<Value>]| plan(&set(1), pods, None, NOW).look_after;
        assert_eq!(pause_of(&at(0..4, 10)), seconds(8));
        assert_eq!(pause_of(&at(0..60, 10)), seconds(300));
        // Ten of the same moment are one try, and what was refused long ago is another matter.
        assert_eq!(pause_of(&at(0..10, 0)), seconds(1));
        assert_eq!(pause_of(&at(0..10, 86_400)), seconds(1));
        assert_eq!(pause_of(&at(1..10, 86_400)), None);
        // A pod that a node took ends the row, and so do tries from before it.
        let mut taken = (*one).clone();
        taken["metadata"]["creationTimestamp"] = "2026-01-01T00:00:01Z".into();
        taken["status"] = json!({"phase": "Failed", "containerStatuses": [{}]});
        let mut some = at(0..4, 3);
        some.push(taken.clone().into());
        assert_eq!(pause_of(&some), seconds(2));
        taken["metadata"]["creationTimestamp"] = "2026-01-01T00:00:05Z".into();
        some.push(taken.into());
        assert_eq!(pause_of(&some), None);
        // One that waited for its node was not refused before.
        let mut late = (*refused("x", "2026-01-01T00:00:00Z")).clone();
        late["status"]["startTime"] = "2026-01-01T00:00:05Z".into();
        assert_eq!(pause_of(&[late.into()]), seconds(1));
        // One whose containers ran is no matter of its node, and what is enough needs no look.
        let mut ran = (*one).clone();
        ran["status"]["containerStatuses"] = json!([{}]);
        assert_eq!(plan(&set(1), &[ran.into()], None, NOW).create, 1);
        assert_eq!(plan(&set(0), &[one], None, NOW).look_after, None);
    }

    #[test]
    fn one_on_its_way_out_does_nothing() {
        let mut set = set(1);
        set["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        let plan_of = |pods: &[Arc<Value>]| plan(&set, pods, None, NOW);
        assert_eq!(plan_of(&[]).create, 0);
        assert!(
            plan_of(&[pod("x", "True"), pod("y", "True")])
                .delete
                .is_empty()
        );
    }

    #[test]
    fn availability_is_looked_at_when_it_is_due() {
        let mut set = set(1);
        set["spec"]["minReadySeconds"] = 8.into();
        let plan = plan(&set, &[pod("x", "True")], None, NOW);
        assert_eq!(plan.look_after, Some(Duration::from_secs(3)));
        assert!(plan.status.get("availableReplicas").is_none());
    }

    #[test]
    fn failures_are_conditions_while_they_last() {
        let failed = plan(
            &set(1),
            &[],
            Some(("FailedCreate", "quota".to_owned())),
            NOW,
        );
        assert_eq!(failed.status["conditions"][0]["reason"], "FailedCreate");
        let mut set = set(1);
        set["status"] = failed.status;
        assert!(
            plan(&set, &[], None, NOW)
                .status
                .get("conditions")
                .is_none()
        );
    }
}
