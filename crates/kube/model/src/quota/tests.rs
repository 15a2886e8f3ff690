use super::*;

const PODS: Counted<'_> = Counted {
    group: "",
    plural: "pods",
};

fn quota(hard: Value, used: Value) -> Value {
    json!({"metadata": {"name": "q"}, "spec": {"hard": hard}, "status": {"hard": hard, "used": used}})
}

fn pod(resources: Value) -> Value {
    json!({"spec": {"containers": [{"name": "c", "resources": resources}]}})
}

fn refusal(verdict: Verdict) -> String {
    match verdict {
        Verdict::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

fn names(amounts: &Amounts) -> Value {
    to_value(amounts)
}

#[test]
fn refusals_in_upstreams_words() {
    let asks = pod(json!({"requests": {"cpu": "500m"}}));
    for (quota, object, expected) in [
        (
            quota(json!({"pods": "2"}), json!({"pods": "2"})),
            &asks,
            "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2",
        ),
        (
            quota(
                json!({"pods": "5", "requests.cpu": "1", "cpu": "1"}),
                json!({"pods": "2", "requests.cpu": "750m", "cpu": "750m"}),
            ),
            &asks,
            "exceeded quota: q, requested: cpu=500m,requests.cpu=500m, used: cpu=750m,requests.cpu=750m, limited: cpu=1,requests.cpu=1",
        ),
        (
            quota(
                json!({"limits.cpu": "1", "requests.memory": "1Gi"}),
                json!({"limits.cpu": "0", "requests.memory": "0"}),
            ),
            &asks,
            "failed quota: q: must specify limits.cpu for: c; requests.memory for: c",
        ),
        (
            quota(json!({"pods": "5"}), json!({})),
            &asks,
            "status unknown for quota: q, resources: pods",
        ),
    ] {
        assert_eq!(refusal(judge(&quota, PODS, object, None, 0)), expected);
    }
}

#[test]
fn what_is_used_grows() {
    let quota = quota(
        json!({"pods": "5", "requests.memory": "1Gi", "secrets": "1"}),
        json!({"pods": "2", "requests.memory": "256Mi", "secrets": "1"}),
    );
    let object = pod(json!({"requests": {"memory": "256Mi"}}));
    let Verdict::Used(used) = judge(&quota, PODS, &object, None, 0) else {
        panic!("there is room");
    };
    assert_eq!(
        names(&used),
        json!({"pods": "3", "requests.memory": "512Mi", "secrets": "1"})
    );
    // A change counts only what is more than before.
    let smaller = pod(json!({"requests": {"memory": "128Mi"}}));
    assert_eq!(
        judge(&quota, PODS, &smaller, Some(&object), 0),
        Verdict::Uncounted
    );
}

#[test]
fn what_a_pod_uses() {
    let object = json!({
        "spec": {
            "containers": [
                {"name": "a", "resources": {"requests": {"cpu": "100m", "x.com/gpu": "1"}, "limits": {"cpu": "1"}}},
                {"name": "b", "resources": {"requests": {"cpu": "200m"}}},
            ],
            "initContainers": [
                {"name": "side", "restartPolicy": "Always", "resources": {"requests": {"cpu": "50m"}}},
                {"name": "first", "resources": {"requests": {"cpu": "700m"}}},
            ],
        },
    });
    assert_eq!(
        names(&PODS.usage(&object, 0)),
        json!({
            "count/pods": "1", "pods": "1", "cpu": "750m", "requests.cpu": "750m", "limits.cpu": "1", "requests.x.com/gpu": "1",
        })
    );
    let mut over = object.clone();
    over["status"] = json!({"phase": "Failed"});
    assert_eq!(names(&PODS.usage(&over, 0)), json!({"count/pods": "1"}));
    let mut late = object;
    late["metadata"] =
        json!({"deletionTimestamp": "1970-01-01T00:00:10Z", "deletionGracePeriodSeconds": 5});
    assert_eq!(PODS.usage(&late, 15_000).len(), 6);
    assert_eq!(PODS.usage(&late, 15_001).len(), 1);
}

#[test]
fn a_pod_that_says_what_it_needs_as_a_whole_uses_that() {
    let mut object = pod(json!({"requests": {"cpu": "500m", "memory": "128Mi"}}));
    object["spec"]["resources"] =
        json!({"requests": {"cpu": "2"}, "limits": {"cpu": "3", "memory": "1Gi"}});
    object["spec"]["overhead"] = json!({"cpu": "250m"});
    assert_eq!(
        names(&PODS.usage(&object, 0)),
        json!({
            "count/pods": "1", "pods": "1", "cpu": "2250m", "requests.cpu": "2250m", "memory": "128Mi",
            "requests.memory": "128Mi", "limits.cpu": "3250m", "limits.memory": "1Gi",
        })
    );
    let hard = || ["limits.cpu"].into_iter();
    assert_eq!(PODS.unsaid(&object, hard()), None);
    object["spec"]["resources"] = json!({});
    assert_eq!(
        PODS.unsaid(&object, hard()).as_deref(),
        Some("limits.cpu for: c")
    );
}

#[test]
fn what_others_use() {
    let of = |plural: &'static str, object: Value| {
        let counted = Counted { group: "", plural };
        names(&counted.usage(&object, 0))
    };
    assert_eq!(
        of(
            "services",
            json!({"spec": {"type": "LoadBalancer", "ports": [{}, {}]}})
        ),
        json!({"count/services": "1", "services": "1", "services.nodeports": "2", "services.loadbalancers": "1"})
    );
    assert_eq!(
        of(
            "persistentvolumeclaims",
            json!({"spec": {"storageClassName": "gp3", "resources": {"requests": {"storage": "2Gi"}}}})
        ),
        json!({
            "count/persistentvolumeclaims": "1", "persistentvolumeclaims": "1", "requests.storage": "2Gi",
            "gp3.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
            "gp3.storageclass.storage.k8s.io/requests.storage": "2Gi",
        })
    );
    for (asked, allocated, want) in [
        ("2Gi", "9Gi", "9Gi"),
        ("9Gi", "2Gi", "9Gi"),
        ("2Gi", "2048Mi", "2Gi"),
        ("1500m", "1", "2"),
    ] {
        let claim = json!({"spec": {"resources": {"requests": {"storage": asked}}},
            "status": {"allocatedResources": {"storage": allocated}}});
        let used = of("persistentvolumeclaims", claim);
        assert_eq!(used["requests.storage"], want, "{asked} {allocated}");
    }
    assert_eq!(
        of("secrets", json!({})),
        json!({"count/secrets": "1", "secrets": "1"})
    );
    let custom = Counted {
        group: "x.com",
        plural: "ships",
    };
    assert_eq!(
        names(&custom.usage(&json!({}), 0)),
        json!({"count/ships.x.com": "1"})
    );
    assert!(!custom.may_use("secrets") && custom.may_use("count/ships.x.com"));
}

#[test]
fn scopes_choose_pods() {
    let plain = pod(json!({}));
    let mut urgent = pod(json!({"requests": {"cpu": "1"}}));
    urgent["spec"]["priorityClassName"] = "high".into();
    urgent["spec"]["activeDeadlineSeconds"] = 5.into();
    let scoped = |scopes: Value, expressions: Value| json!({"spec": {"scopes": scopes, "scopeSelector": {"matchExpressions": expressions}}});
    let class = |operator: &str, values: Value| {
        scoped(
            json!([]),
            json!([{"scopeName": "PriorityClass", "operator": operator, "values": values}]),
        )
    };
    for (quota, of_plain, of_urgent) in [
        (scoped(json!([]), json!([])), true, true),
        (scoped(json!(["BestEffort"]), json!([])), true, false),
        (scoped(json!(["NotBestEffort"]), json!([])), false, true),
        (scoped(json!(["Terminating"]), json!([])), false, true),
        (scoped(json!(["NotTerminating"]), json!([])), true, false),
        (class("In", json!(["high"])), false, true),
        (class("NotIn", json!(["high"])), true, false),
        (class("Exists", json!([])), false, true),
        (class("DoesNotExist", json!([])), true, false),
    ] {
        assert_eq!(PODS.is_in_scope(&quota, &plain), of_plain, "{quota}");
        assert_eq!(PODS.is_in_scope(&quota, &urgent), of_urgent, "{quota}");
    }
    let secrets = Counted {
        group: "",
        plural: "secrets",
    };
    assert!(!secrets.is_in_scope(&scoped(json!(["BestEffort"]), json!([])), &json!({})));
}

#[test]
fn pods_that_look_at_other_namespaces_have_a_scope() {
    let quota = json!({"spec": {"scopeSelector": {"matchExpressions": [
        {"scopeName": "CrossNamespacePodAffinity", "operator": "Exists"},
    ]}}});
    let with = |kind: &str, when: &str, term: Value| {
        let mut pod = pod(json!({}));
        pod["spec"]["affinity"][kind][when] = json!([term]);
        pod
    };
    let (required, preferred) = (
        "requiredDuringSchedulingIgnoredDuringExecution",
        "preferredDuringSchedulingIgnoredDuringExecution",
    );
    for (pod, expected) in [
        (pod(json!({})), false),
        (with("podAffinity", required, json!({})), false),
        (
            with("podAffinity", required, json!({"namespaces": ["b"]})),
            true,
        ),
        (
            with(
                "podAntiAffinity",
                required,
                json!({"namespaceSelector": {}}),
            ),
            true,
        ),
        (
            with(
                "podAntiAffinity",
                preferred,
                json!({"podAffinityTerm": {"namespaces": ["b"]}}),
            ),
            true,
        ),
    ] {
        assert_eq!(PODS.is_in_scope(&quota, &pod), expected, "{pod}");
    }
}

#[test]
fn claims_have_the_scope_of_their_attributes() {
    let claims = Counted {
        group: "",
        plural: "persistentvolumeclaims",
    };
    let quota = |operator: &str, values: Value| {
        let mut quota = quota(
            json!({"persistentvolumeclaims": "1"}),
            json!({"persistentvolumeclaims": "1"}),
        );
        quota["spec"]["scopeSelector"] = json!({"matchExpressions": [
            {"scopeName": "VolumeAttributesClass", "operator": operator, "values": values},
        ]});
        quota
    };
    let plain = json!({"spec": {}});
    let fast = json!({"spec": {"volumeAttributesClassName": "fast"}});
    let becomes_slow = json!({
        "spec": {"volumeAttributesClassName": "fast"},
        "status": {"modifyVolumeStatus": {"targetVolumeAttributesClassName": "slow"}},
    });
    for (quota, of_plain, of_fast, of_both) in [
        (quota("In", json!(["slow"])), false, false, true),
        (quota("NotIn", json!(["fast"])), true, false, true),
        (quota("Exists", json!([])), false, true, true),
        (quota("DoesNotExist", json!([])), true, false, false),
    ] {
        for (claim, expected) in [
            (&plain, of_plain),
            (&fast, of_fast),
            (&becomes_slow, of_both),
        ] {
            assert_eq!(
                claims.is_in_scope(&quota, claim),
                expected,
                "{quota} {claim}"
            );
        }
    }
    let of_pods = json!({"spec": {"scopes": ["BestEffort"]}});
    assert!(!claims.is_in_scope(&of_pods, &plain));
    // What comes into a scope is new there, whatever it was before.
    let full = quota("Exists", json!([]));
    assert!(matches!(
        judge(&full, claims, &fast, Some(&plain), 0),
        Verdict::Refused(_)
    ));
    assert_eq!(
        judge(&full, claims, &fast, Some(&fast), 0),
        Verdict::Uncounted
    );
}
