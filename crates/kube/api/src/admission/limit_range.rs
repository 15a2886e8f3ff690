//! Limit ranges of a namespace: what containers ask for that say nothing, and what pods and claims may ask for.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;
use wharf_kube_model::{quantity::Quantity, quota::of_pod, view::text_at};

const ANNOTATION: &str = "kubernetes.io/limit-ranger";
const LISTS: [(&str, &str); 2] = [
    ("containers", "container"),
    ("initContainers", "init container"),
];

type Amounts = BTreeMap<String, Quantity>;

fn amounts(value: &Value) -> Amounts {
    let all = value.as_object().into_iter().flatten();
    all.filter_map(|(name, it)| Some((name.clone(), Quantity::of(it).ok()?)))
        .collect()
}

fn limits(ranges: &[Arc<Value>]) -> impl Iterator<Item = &Value> {
    ranges
        .iter()
        .filter_map(|it| it["spec"]["limits"].as_array())
        .flatten()
}

/// Gives containers the defaults of their namespace.
pub fn set_defaults(pod: &mut Value, ranges: &[Arc<Value>]) {
    let mut told = Vec::new();
    for range in ranges {
        let mut defaults = [
            ("requests", "defaultRequest", BTreeMap::new()),
            ("limits", "default", BTreeMap::new()),
        ];
        for limit in limits(std::slice::from_ref(range)).filter(|it| it["type"] == "Container") {
            for (_, name, all) in &mut defaults {
                let given = limit[*name].as_object().into_iter().flatten();
                all.extend(given.map(|(key, value)| (key.clone(), value.clone())));
            }
        }
        for (list, called) in LISTS {
            for container in pod["spec"][list].as_array_mut().into_iter().flatten() {
                for (kind, _, all) in &defaults {
                    let set = merge(container, kind, all);
                    if !set.is_empty() {
                        let kind = kind.trim_end_matches('s');
                        let name = text_at(container, &["name"]);
                        told.push(format!("{} {kind} for {called} {name}", set.join(", ")));
                    }
                }
            }
            drop_null(&mut pod["spec"], list);
        }
    }
    if !told.is_empty() {
        pod["metadata"]["annotations"][ANNOTATION] =
            format!("LimitRanger plugin set: {}", told.join("; ")).into();
    }
}

/// Reading a member that is not there to change it makes it null.
fn drop_null(value: &mut Value, name: &str) {
    if value[name].is_null()
        && let Some(object) = value.as_object_mut()
    {
        object.shift_remove(name);
    }
}

/// The names of what was set.
fn merge(container: &mut Value, kind: &str, defaults: &BTreeMap<String, Value>) -> Vec<String> {
    let mut set = Vec::new();
    for (name, value) in defaults {
        if container["resources"][kind].get(name).is_none() {
            container["resources"][kind][name] = value.clone();
            set.push(name.clone());
        }
    }
    if container["resources"].is_object() {
        drop_null(&mut container["resources"], kind);
    }
    drop_null(container, "resources");
    set
}

/// What of a pod its namespace does not allow.
pub fn pod_errors(pod: &Value, ranges: &[Arc<Value>]) -> Vec<String> {
    let mut errors = Vec::new();
    for limit in limits(ranges) {
        match text_at(limit, &["type"]) {
            "Container" => {
                let lists = LISTS
                    .iter()
                    .filter_map(|(list, _)| pod["spec"][*list].as_array());
                for container in lists.flatten() {
                    let resources = &container["resources"];
                    check(
                        limit,
                        &amounts(&resources["requests"]),
                        &amounts(&resources["limits"]),
                        &mut errors,
                    );
                }
            }
            "Pod" => check(
                limit,
                &of_pod(&pod["spec"], "requests"),
                &of_pod(&pod["spec"], "limits"),
                &mut errors,
            ),
            _ => {}
        }
    }
    errors
}

/// What of a claim its namespace does not allow: only what it requests is known of it.
pub fn claim_errors(claim: &Value, ranges: &[Arc<Value>]) -> Vec<String> {
    const TYPE: &str = "PersistentVolumeClaim";
    let mut errors = Vec::new();
    let requests = amounts(&claim["spec"]["resources"]["requests"]);
    for limit in limits(ranges).filter(|it| it["type"] == TYPE) {
        for (name, least) in amounts(&limit["min"]) {
            errors.extend(too_little(TYPE, &name, least, &requests, &Amounts::new()));
        }
        for (name, most) in amounts(&limit["max"]) {
            match requests.get(&name) {
                None => errors.push(format!(
                    "maximum {name} usage per {TYPE} is {most}.  No request is specified"
                )),
                Some(asked) if *asked > most => {
                    errors.push(format!(
                        "maximum {name} usage per {TYPE} is {most}, but request is {asked}"
                    ));
                }
                Some(_) => {}
            }
        }
    }
    errors
}

fn check(limit: &Value, requests: &Amounts, most_used: &Amounts, errors: &mut Vec<String>) {
    let kind = text_at(limit, &["type"]);
    for (name, least) in amounts(&limit["min"]) {
        errors.extend(too_little(kind, &name, least, requests, most_used));
    }
    for (name, most) in amounts(&limit["max"]) {
        errors.extend(too_much(kind, &name, most, requests, most_used));
    }
    for (name, ratio) in amounts(&limit["maxLimitRequestRatio"]) {
        errors.extend(too_far_apart(kind, &name, ratio, requests, most_used));
    }
}

fn too_little(
    kind: &str,
    name: &str,
    least: Quantity,
    requests: &Amounts,
    limits: &Amounts,
) -> Option<String> {
    let text = format!("minimum {name} usage per {kind} is {least}");
    match (requests.get(name), limits.get(name)) {
        (None, _) => Some(format!("{text}.  No request is specified")),
        (Some(request), _) if *request < least => Some(format!("{text}, but request is {request}")),
        (_, Some(limit)) if *limit < least => Some(format!("{text}, but limit is {limit}")),
        _ => None,
    }
}

fn too_much(
    kind: &str,
    name: &str,
    most: Quantity,
    requests: &Amounts,
    limits: &Amounts,
) -> Option<String> {
    let text = format!("maximum {name} usage per {kind} is {most}");
    match (requests.get(name), limits.get(name)) {
        (_, None) => Some(format!("{text}.  No limit is specified")),
        (_, Some(limit)) if *limit > most => Some(format!("{text}, but limit is {limit}")),
        (Some(request), _) if *request > most => Some(format!("{text}, but request is {request}")),
        _ => None,
    }
}

fn too_far_apart(
    kind: &str,
    name: &str,
    ratio: Quantity,
    requests: &Amounts,
    limits: &Amounts,
) -> Option<String> {
    let text = format!("{name} max limit to request ratio per {kind} is {ratio}");
    let positive = |all: &Amounts| all.get(name).copied().filter(|it| !it.is_zero());
    let Some(request) = positive(requests) else {
        return Some(format!(
            "{text}, but no request is specified or request is 0"
        ));
    };
    let Some(limit) = positive(limits) else {
        return Some(format!("{text}, but no limit is specified or limit is 0"));
    };
    let observed = limit.millis() as f64 / request.millis() as f64;
    let most = ratio.millis() as f64 / 1000.0;
    (observed > most).then(|| format!("{text}, but provided ratio is {observed:.6}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod_of(resources: &Value) -> Value {
        json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "resources": resources}]}})
    }

    fn range(limit: Value) -> Vec<Arc<Value>> {
        vec![Arc::new(json!({"spec": {"limits": [limit]}}))]
    }

    #[test]
    fn what_is_not_said_is_given() {
        let ranges = range(
            json!({"type": "Container", "default": {"cpu": "200m", "memory": "1Gi"}, "defaultRequest": {"cpu": "100m"}}),
        );
        let mut pod = pod_of(&json!({"limits": {"memory": "2Gi"}}));
        set_defaults(&mut pod, &ranges);
        assert_eq!(
            pod["spec"]["containers"][0]["resources"],
            json!({"limits": {"memory": "2Gi", "cpu": "200m"}, "requests": {"cpu": "100m"}})
        );
        assert_eq!(
            pod["metadata"]["annotations"][ANNOTATION],
            "LimitRanger plugin set: cpu request for container c; cpu limit for container c"
        );
        assert!(pod["spec"].get("initContainers").is_none());
    }

    #[test]
    fn nothing_is_touched_without_ranges() {
        let mut pod = json!({"spec": {"containers": [{"name": "c"}]}});
        let before = pod.clone();
        set_defaults(&mut pod, &[]);
        set_defaults(
            &mut pod,
            &range(json!({"type": "Pod", "max": {"cpu": "1"}})),
        );
        assert_eq!(pod, before);
    }

    #[test]
    fn limits_in_upstreams_words() {
        let asked = json!({"requests": {"cpu": "100m"}, "limits": {"cpu": "2"}});
        for (limit, expected) in [
            (
                json!({"type": "Container", "max": {"cpu": "1"}}),
                "maximum cpu usage per Container is 1, but limit is 2",
            ),
            (
                json!({"type": "Container", "min": {"cpu": "200m"}}),
                "minimum cpu usage per Container is 200m, but request is 100m",
            ),
            (
                json!({"type": "Pod", "max": {"memory": "1Gi"}}),
                "maximum memory usage per Pod is 1Gi.  No limit is specified",
            ),
            (
                json!({"type": "Pod", "min": {"memory": "1Gi"}}),
                "minimum memory usage per Pod is 1Gi.  No request is specified",
            ),
            (
                json!({"type": "Container", "maxLimitRequestRatio": {"cpu": "10"}}),
                "cpu max limit to request ratio per Container is 10, but provided ratio is 20.000000",
            ),
        ] {
            assert_eq!(pod_errors(&pod_of(&asked), &range(limit)), [expected]);
        }
        let fits = json!({"type": "Container", "max": {"cpu": "2"}, "min": {"cpu": "100m"}});
        assert_eq!(
            pod_errors(&pod_of(&asked), &range(fits)),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_pod_is_held_to_what_it_says_as_a_whole() {
        let mut pod = pod_of(&json!({"requests": {"cpu": "100m"}}));
        pod["spec"]["resources"] = json!({"requests": {"cpu": "1"}, "limits": {"cpu": "4"}});
        let most = |cpu: &str| range(json!({"type": "Pod", "max": {"cpu": cpu}}));
        assert_eq!(
            pod_errors(&pod, &most("2")),
            ["maximum cpu usage per Pod is 2, but limit is 4"]
        );
        assert_eq!(pod_errors(&pod, &most("4")), Vec::<String>::new());
        let least = range(json!({"type": "Pod", "min": {"cpu": "500m"}}));
        assert_eq!(pod_errors(&pod, &least), Vec::<String>::new());
    }

    #[test]
    fn claims_are_held_to_what_they_request() {
        let claim = json!({"spec": {"resources": {"requests": {"storage": "5Gi"}}}});
        let ranges = range(json!({"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}));
        assert_eq!(
            claim_errors(&claim, &ranges),
            ["maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 5Gi"]
        );
    }
}
