//! What a StatefulSet needs: pure. One name has one pod at a time, and where the set keeps order, one step is done before the next.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::{Object, Ref, kind};

use crate::{
    bounds::bound,
    history::{HASH_LABEL, template},
    pods::{BURST, available_in, is_over, is_ready, of_template},
    runtime::sooner,
};

const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

pub struct Observed<'a> {
    pub set: &'a Value,
    pub pods: &'a [Arc<Value>],
    /// The revision that pods below the partition have.
    pub current: &'a Value,
    pub update: &'a Value,
}

#[derive(Debug, PartialEq)]
pub enum Action {
    Create(Value),
    Delete(Arc<Value>),
}

#[derive(Debug)]
pub struct Plan {
    pub actions: Vec<Action>,
    pub status: Value,
    pub look_after: Option<Duration>,
}

/// The number at the end of a pod's name, if it is one of the set's.
fn ordinal(set: &Value, pod: &Value) -> Option<i64> {
    let rest = pod.name().strip_prefix(set.name())?.strip_prefix('-')?;
    rest.parse().ok()
}

fn start(set: &Value) -> i64 {
    set.integer("/spec/ordinals/start").unwrap_or_default()
}

fn replicas(set: &Value) -> i64 {
    set.integer("/spec/replicas").unwrap_or(1).max(0)
}

fn pod(set: &Value, ordinal: i64, revision: &Value) -> Value {
    let name = format!("{}-{ordinal}", set.name());
    let mut pod = of_template(&template(revision), &Ref::of(&kind::STATEFUL_SET, set));
    let metadata = &mut pod["metadata"];
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.shift_remove("generateName");
    }
    metadata["name"] = name.as_str().into();
    metadata["labels"][POD_NAME] = name.as_str().into();
    metadata["labels"][POD_INDEX] = ordinal.to_string().into();
    metadata["labels"][HASH_LABEL] = revision.name().into();
    pod["spec"]["hostname"] = name.as_str().into();
    if !set.text("/spec/serviceName").is_empty() {
        pod["spec"]["subdomain"] = set["spec"]["serviceName"].clone();
    }
    let mut volumes = pod.list("/spec/volumes").to_vec();
    for claim in set.list("/spec/volumeClaimTemplates") {
        volumes.retain(|it| it.text("/name") != claim.name());
        volumes.push(json!({"name": claim.name(), "persistentVolumeClaim": {
            "claimName": format!("{}-{name}", claim.name()),
        }}));
    }
    if !volumes.is_empty() {
        pod["spec"]["volumes"] = volumes.into();
    }
    pod
}

/// The claims of a pod, as they are made for it.
pub fn claims(set: &Value, pod: &Value) -> Vec<Value> {
    let templates = set.list("/spec/volumeClaimTemplates").iter();
    let claims = templates.map(|template| {
        let mut labels = template.map("/metadata/labels").cloned().unwrap_or_default();
        let matched = set.map("/spec/selector/matchLabels").cloned();
        labels.extend(matched.unwrap_or_default());
        let mut claim = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": format!("{}-{}", template.name(), pod.name()), "namespace": set.namespace(), "labels": labels,
            },
            "spec": template["spec"],
        });
        if let Some(annotations) = template.map("/metadata/annotations") {
            claim["metadata"]["annotations"] = annotations.clone().into();
        }
        claim
    });
    claims.collect()
}

/// Who owns a pod's claim: by the set's policy the set, or the pod while it is scaled away, or nobody of the two.
pub fn claim_owners(set: &Value, pod: &Value, claim: &Value) -> Vec<Value> {
    let policy = set.at("/spec/persistentVolumeClaimRetentionPolicy");
    let is_ours = |it: &Value| it.text("/uid") == set.uid() || it.text("/uid") == pod.uid();
    let mut owners = claim.list("/metadata/ownerReferences").to_vec();
    owners.retain(|it| !is_ours(it));
    let owned_by = |kind: &wharf_kube_client::Kind, object: &Value| {
        let about = Ref::of(kind, object);
        json!({
            "apiVersion": kind.api_version(), "kind": kind.kind, "name": about.name, "uid": about.uid,
        })
    };
    let end = start(set) + replicas(set);
    let is_condemned = ordinal(set, pod).is_some_and(|it| it < start(set) || it >= end);
    if policy.text("/whenScaled") == "Delete" && is_condemned {
        owners.push(owned_by(&kind::POD, pod));
    } else if policy.text("/whenDeleted") == "Delete" {
        let mut owner = owned_by(&kind::STATEFUL_SET, set);
        owner["controller"] = true.into();
        owner["blockOwnerDeletion"] = true.into();
        owners.push(owner);
    }
    owners
}

pub fn plan(it: &Observed, now: Timestamp) -> Plan {
    let (first, count) = (start(it.set), replicas(it.set));
    let min_ready = it.set.integer("/spec/minReadySeconds").unwrap_or_default();
    let keeps_order = it.set.text("/spec/podManagementPolicy") != "Parallel";
    let is_available = |pod: &Value| {
        !pod.is_deleting() && available_in(pod, min_ready, now) == Some(Duration::ZERO)
    };
    let wanted = first..first + count;
    let mut places: BTreeMap<i64, Option<&Arc<Value>>> = BTreeMap::new();
    let mut condemned: Vec<(i64, &Arc<Value>)> = Vec::new();
    for pod in it.pods {
        let Some(ordinal) = ordinal(it.set, pod) else {
            continue;
        };
        match wanted.contains(&ordinal) {
            true => drop(places.insert(ordinal, Some(pod))),
            false => condemned.push((ordinal, pod)),
        }
    }
    let vacant = wanted.filter(|it| !places.contains_key(it));
    let vacant: Vec<i64> = vacant.take(BURST).collect();
    places.extend(vacant.into_iter().map(|it| (it, None)));
    let places: Vec<_> = places.into_iter().collect();
    condemned.sort_by_key(|(ordinal, _)| std::cmp::Reverse(*ordinal));
    let waits = it
        .pods
        .iter()
        .filter_map(|pod| available_in(pod, min_ready, now));
    let look_after = waits
        .filter(|it| !it.is_zero())
        .fold(None, |least, it| sooner(least, Some(it)));
    Plan {
        actions: actions(it, &places, &condemned, keeps_order, &is_available),
        status: status(it, &places, &is_available),
        look_after,
    }
}

type Places<'a> = [(i64, Option<&'a Arc<Value>>)];

fn actions(
    it: &Observed,
    places: &Places,
    condemned: &[(i64, &Arc<Value>)],
    keeps_order: bool,
    is_available: &dyn Fn(&Value) -> bool,
) -> Vec<Action> {
    let strategy = it.set.at("/spec/updateStrategy");
    let is_rolling = strategy.text("/type") != "OnDelete";
    let partition = strategy
        .integer("/rollingUpdate/partition")
        .unwrap_or_default();
    let revision_of = |place: i64| match is_rolling && place >= partition {
        true => it.update,
        // Without a rollout new pods are of the current template, which is the newest if none was before.
        false => it.current,
    };
    let mut actions = Vec::new();
    for (place, there) in places {
        match there {
            Some(pod) if is_over(pod) && !pod.is_deleting() => {
                actions.push(Action::Delete(Arc::clone(pod)));
            }
            None => actions.push(Action::Create(pod(it.set, *place, revision_of(*place)))),
            Some(pod) if is_available(pod) => continue,
            Some(_) if keeps_order => return actions,
            Some(_) => continue,
        }
        if keeps_order {
            return actions;
        }
    }
    if !keeps_order {
        let going = condemned.iter().filter(|(_, it)| !it.is_deleting());
        actions.extend(going.map(|(_, it)| Action::Delete(Arc::clone(it))));
        if !actions.is_empty() {
            return actions;
        }
    } else if let Some((_, last)) = condemned.first() {
        // One after the other. While one is down the others stay, until it is up or the only one that is left: whoever takes away
        // members of what has lost some may take away the majority.
        let mut from_the_first = condemned.iter().rev();
        let down = from_the_first.find(|(_, it)| !is_available(it));
        let waits = !is_available(last) && down.is_some_and(|(_, it)| it.uid() != last.uid());
        if !last.is_deleting() && !waits {
            actions.push(Action::Delete(Arc::clone(last)));
        }
        return actions;
    }
    if !is_rolling {
        return actions;
    }
    let rolled = rolled(it, places, partition, is_available);
    actions.extend(rolled.map(|pod| Action::Delete(Arc::clone(pod))));
    actions
}

/// Pods of older templates that make room for new ones, the last first: as many at once as the set may be without.
fn rolled<'a>(
    it: &'a Observed,
    places: &'a Places<'a>,
    partition: i64,
    is_available: &'a dyn Fn(&Value) -> bool,
) -> impl Iterator<Item = &'a Arc<Value>> {
    let is_up = move |there: Option<&Arc<Value>>| there.is_some_and(|it| is_available(it));
    let most = it.set.at("/spec/updateStrategy/rollingUpdate");
    let most = match most.at("/maxUnavailable") {
        Value::Null => 1,
        most => bound(most, replicas(it.set), true).max(1),
    };
    let down = places.iter().filter(|(_, there)| !is_up(*there));
    // How many more may go down, and how many of those that were looked at are down then.
    let (mut left, mut seen) = (most - down.count() as i64, 0);
    let upper = places.iter().rev();
    let upper = upper.filter(move |(place, _)| *place >= partition);
    upper.filter_map(move |(_, there)| {
        if seen >= most {
            return None;
        }
        let up = is_up(*there);
        let old = there.filter(|pod| {
            let is_updated = pod.label(HASH_LABEL) == Some(it.update.name());
            !is_updated && !pod.is_deleting()
        });
        // One that is down anyway costs nothing.
        let goes = old.filter(|_| !up || left > 0);
        if goes.is_some() && up {
            left -= 1;
        }
        seen += i64::from(goes.is_some() || !up);
        goes
    })
}

fn status(it: &Observed, places: &Places, is_available: &dyn Fn(&Value) -> bool) -> Value {
    let pods = || it.pods.iter().filter(|pod| ordinal(it.set, pod).is_some());
    let is_of = |pod: &Value, revision: &Value| {
        !pod.is_deleting() && pod.label(HASH_LABEL) == Some(revision.name())
    };
    let counts = |test: &dyn Fn(&Value) -> bool| pods().filter(|it| test(it)).count() as i64;
    let all = counts(&|_| true);
    let (ready, updated) = (counts(&is_ready), counts(&|pod| is_of(pod, it.update)));
    let partition = it
        .set
        .integer("/spec/updateStrategy/rollingUpdate/partition")
        .unwrap_or_default();
    let is_rolling = it.set.text("/spec/updateStrategy/type") != "OnDelete";
    let is_complete = is_rolling
        && partition <= start(it.set)
        && updated == replicas(it.set)
        && all == updated
        && places
            .iter()
            .all(|(_, pod)| pod.is_some_and(|it| is_ready(it)));
    let current = if is_complete { it.update } else { it.current };
    let mut status = json!({
        "observedGeneration": it.set.generation(), "replicas": all,
        "availableReplicas": counts(is_available),
        "currentRevision": current.name(), "updateRevision": it.update.name(),
        "collisionCount": it.set.integer("/status/collisionCount").unwrap_or_default(),
    });
    for (name, count) in [
        ("readyReplicas", ready),
        ("currentReplicas", counts(&|pod| is_of(pod, current))),
        ("updatedReplicas", updated),
    ] {
        if count > 0 {
            status[name] = count.into();
        }
    }
    if let Some(conditions) = it.set["status"].get("conditions") {
        status["conditions"] = conditions.clone();
    }
    status
}

#[cfg(test)]
mod tests;
