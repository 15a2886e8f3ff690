//! Owners of pods, jobs, autoscalers, budgets.

use serde_json::{Value, json};

use super::{changed, check, created, status_changed, with};

fn template() -> Value {
    json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}})
}

fn owner() -> Value {
    json!({"metadata": {"name": "o"}, "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": template()}})
}

/// The ports of the node are those of the pods that come of it.
#[test]
fn templates_in_the_network_of_the_node_need_not_say_its_ports() {
    let mut owner = owner();
    owner["spec"]["template"]["spec"]["hostNetwork"] = true.into();
    let ports = "/spec/template/spec/containers/0/ports";
    let of = |port| created("apps/v1", "deployments", with(&owner, ports, json!([port])));
    assert_eq!(of(json!({"containerPort": 80})), Vec::<String>::new());
    assert_eq!(
        of(json!({"containerPort": 80, "hostPort": 81})),
        [
            "spec.template.spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true"
        ]
    );
}

#[test]
fn deployments() {
    check(
        "apps/v1",
        "deployments",
        &owner(),
        &[
            (
                "/spec/selector",
                json!(null),
                &[
                    "spec.selector: Required value",
                    r#"spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`"#,
                ],
            ),
            (
                "/spec/selector",
                json!({}),
                &["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
            ),
            (
                "/spec/selector/matchLabels",
                json!({"app": "b"}),
                &[
                    r#"spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`"#,
                ],
            ),
            (
                "/spec/replicas",
                json!(-1),
                &["spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
            ),
            (
                "/spec/template/spec/restartPolicy",
                json!("Never"),
                &[
                    r#"spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always""#,
                ],
            ),
            (
                "/spec/template/metadata/annotations",
                json!({"controller.kubernetes.io/pod-deletion-cost": "much"}),
                &[
                    r#"spec.template.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "much": must be a 32bit integer"#,
                ],
            ),
            (
                "/spec/template/spec/containers/0/name",
                json!(""),
                &["spec.template.spec.containers[0].name: Required value"],
            ),
            (
                "/spec/strategy",
                json!({"type": "Recreate", "rollingUpdate": {}}),
                &[
                    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
                ],
            ),
            (
                "/spec/strategy",
                json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "0%"}}),
                &[
                    "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0",
                ],
            ),
            (
                "/spec/strategy",
                json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "x", "maxSurge": -1}}),
                &[
                    r#"spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "x": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"#,
                    "spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0",
                ],
            ),
            (
                "/spec/progressDeadlineSeconds",
                json!(0),
                &[
                    "spec.progressDeadlineSeconds: Invalid value: 0: must be greater than minReadySeconds",
                ],
            ),
        ],
    );
    let mut other = with(&owner(), "/spec/selector/matchLabels", json!({"app": "b"}));
    other["spec"]["template"]["metadata"]["labels"] = json!({"app": "b"});
    assert_eq!(
        changed("apps/v1", "deployments", owner(), other),
        [r#"spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable"#]
    );
    assert_eq!(
        changed(
            "apps/v1",
            "deployments",
            owner(),
            with(&owner(), "/spec/replicas", json!(5))
        ),
        Vec::<String>::new()
    );
}

#[test]
fn sets() {
    check("apps/v1", "replicasets", &owner(), &[]);
    check(
        "apps/v1",
        "daemonsets",
        &owner(),
        &[(
            "/spec/updateStrategy",
            json!({"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 1}}),
            &[
                "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero",
            ],
        )],
    );
    let mut stateful = owner();
    stateful["spec"]["serviceName"] = "s".into();
    stateful["spec"]["volumeClaimTemplates"] =
        json!([{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}]);
    stateful["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] =
        json!([{"name": "data", "mountPath": "/d"}]);
    check(
        "apps/v1",
        "statefulsets",
        &stateful,
        &[
            (
                "/spec/podManagementPolicy",
                json!("Odd"),
                &[
                    r#"spec.podManagementPolicy: Invalid value: "Odd": must be 'OrderedReady' or 'Parallel'"#,
                ],
            ),
            (
                "/spec/updateStrategy",
                json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0}}),
                &[
                    "spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0",
                ],
            ),
            (
                "/spec/volumeClaimTemplates",
                json!([]),
                &[r#"spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data""#],
            ),
        ],
    );
    assert_eq!(
        changed(
            "apps/v1",
            "statefulsets",
            stateful.clone(),
            with(&stateful, "/spec/serviceName", json!("t"))
        ),
        [
            "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
        ]
    );
    check(
        "v1",
        "replicationcontrollers",
        &json!({"metadata": {"name": "r"}, "spec": {"selector": {"app": "a"}, "template": template()}}),
        &[(
            "/spec/selector",
            json!({"app": "b"}),
            &[
                r#"spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`"#,
            ],
        )],
    );
}

fn job() -> Value {
    json!({"metadata": {"name": "j"}, "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x"}]}}}})
}

#[test]
fn jobs() {
    check(
        "batch/v1",
        "jobs",
        &job(),
        &[
            (
                "/spec/template/spec/restartPolicy",
                json!("Always"),
                &[
                    r#"spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never""#,
                ],
            ),
            ("/spec/completionMode", json!("Indexed"), &[]),
            (
                "/spec/backoffLimit",
                json!(-1),
                &["spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0"],
            ),
            (
                "/spec/template/metadata",
                json!({"labels": {"controller-uid": "z"}}),
                &[
                    r#"spec.template.metadata.labels[controller-uid]: Invalid value: {"controller-uid":"z","batch.kubernetes.io/job-name":"j","job-name":"j","batch.kubernetes.io/controller-uid":"u"}: must be 'u'"#,
                ],
            ),
            (
                "/spec/maxFailedIndexes",
                json!(1),
                &[
                    "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
                    "spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode",
                ],
            ),
            (
                "/spec/successPolicy",
                json!({"rules": []}),
                &[
                    r#"spec.successPolicy: Invalid value: {"rules":[]}: requires indexed completion mode"#,
                ],
            ),
            (
                "/spec/podFailurePolicy",
                json!({"rules": [
                    {"action": "FailIndex", "onExitCodes": {"operator": "In", "values": [0, 2, 1]}},
                    {"action": "Count", "onExitCodes": {
                        "containerName": "z", "operator": "NotIn", "values": [1, 1],
                    }},
                ]}),
                &[
                    r#"spec.podFailurePolicy.rules[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set"#,
                    "spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator",
                    "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [0,2,1]: must be ordered",
                    "spec.podFailurePolicy.rules[1].onExitCodes.values[1]: Duplicate value: 1",
                    r#"spec.podFailurePolicy.rules[1].onExitCodes.containerName: Invalid value: "z": must be one of the container or initContainer names in the pod template"#,
                ],
            ),
        ],
    );
    let indexed = with(&job(), "/spec/completionMode", json!("Indexed"));
    let indexed = with(&indexed, "/spec/completions", json!(3));
    check(
        "batch/v1",
        "jobs",
        &indexed,
        &[
            (
                "/spec/successPolicy",
                json!({"rules": [{"succeededIndexes": "0-1"}, {"succeededCount": 2}]}),
                &[],
            ),
            (
                "/spec/successPolicy",
                json!({"rules": [{}, {"succeededIndexes": "0-3"}, {"succeededIndexes": "0", "succeededCount": 4}]}),
                &[
                    "spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified",
                    r#"spec.successPolicy.rules[1].succeededIndexes: Invalid value: "0-3": error parsing succeededIndexes: too large index: "3""#,
                    "spec.successPolicy.rules[2].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of specified completions)",
                    "spec.successPolicy.rules[2].succeededCount: Invalid value: 4: must be less than or equal to 1 (the number of indexes in the specified succeededIndexes field)",
                ],
            ),
            (
                "/spec/backoffLimitPerIndex",
                json!(-1),
                &[
                    "spec.backoffLimitPerIndex: Invalid value: -1: must be greater than or equal to 0",
                ],
            ),
        ],
    );
    assert_eq!(
        changed(
            "batch/v1",
            "jobs",
            job(),
            with(&job(), "/spec/parallelism", json!(3))
        ),
        // Without parallelism there was one completion, which is kept only when it is said.
        ["spec.completions: Invalid value: null: field is immutable"]
    );
    let cron = json!({"metadata": {"name": "c"}, "spec": {"schedule": "*/5 * * * *", "jobTemplate": {"spec": job()["spec"]}}});
    check(
        "batch/v1",
        "cronjobs",
        &cron,
        &[
            (
                "/spec/schedule",
                json!("never"),
                &[
                    r#"spec.schedule: Invalid value: "never": expected exactly 5 fields, found 1: [never]"#,
                ],
            ),
            ("/spec/timeZone", json!("Europe/Zurich"), &[]),
            (
                "/spec/timeZone",
                json!("Mars/Base"),
                &[r#"spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base"#],
            ),
            (
                "/metadata/name",
                json!("x".repeat(53)),
                &[
                    r#"metadata.name: Invalid value: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx": must be no more than 52 characters"#,
                ],
            ),
        ],
    );
}

#[test]
fn scalers_and_budgets() {
    let scaler = json!({"metadata": {"name": "h"}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "d"}, "maxReplicas": 3}});
    check(
        "autoscaling/v2",
        "horizontalpodautoscalers",
        &scaler,
        &[
            (
                "/spec/maxReplicas",
                json!(0),
                &[
                    "spec.maxReplicas: Invalid value: 0: must be greater than 0",
                    "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
                ],
            ),
            (
                "/spec/metrics",
                json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}]),
                &[
                    "spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization",
                ],
            ),
            (
                "/spec/behavior",
                json!({"scaleUp": {"policies": [{"type": "Pods", "value": 0, "periodSeconds": 2000}]}}),
                &[
                    "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero",
                    "spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 2000: must be less than or equal to 1800",
                ],
            ),
        ],
    );
    let budget = json!({"metadata": {"name": "b"}, "spec": {"minAvailable": 1, "selector": {}}});
    check(
        "policy/v1",
        "poddisruptionbudgets",
        &budget,
        &[(
            "/spec/maxUnavailable",
            json!("200%"),
            &[
                r#"spec: Invalid value: {"minAvailable":1,"selector":{},"maxUnavailable":"200%"}: minAvailable and maxUnavailable cannot be both set"#,
                r#"spec.maxUnavailable: Invalid value: "200%": must not be greater than 100%"#,
            ],
        )],
    );
    assert_eq!(
        created("apps/v1", "deployments", json!({"metadata": {}})),
        [
            "spec.selector: Required value",
            "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
            "spec.template.spec.containers: Required value",
        ]
    );
}

#[test]
fn statuses_tell_what_can_be() {
    let budget = || json!({"spec": {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}}});
    let of = |status: Value| {
        let plural = "poddisruptionbudgets";
        status_changed("policy/v1", plural, budget(), status)
    };
    let condition = json!({"type": "DisruptionAllowed", "status": "True", "reason": "SufficientPods",
        "lastTransitionTime": "2026-01-01T00:00:00Z"});
    assert_eq!(
        of(json!({"expectedPods": 1, "conditions": [condition.clone()]})),
        Vec::<String>::new()
    );
    assert_eq!(
        of(
            json!({"expectedPods": -1, "conditions": [condition, {"type": "DisruptionAllowed", "status": "Maybe"}]})
        ),
        [
            r#"status.conditions[1]: Duplicate value: "DisruptionAllowed""#,
            r#"status.conditions[1].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown""#,
            "status.conditions[1].lastTransitionTime: Required value",
            "status.conditions[1].reason: Required value",
            "status.expectedPods: Invalid value: -1: must be greater than or equal to 0",
        ]
    );
    let quota = json!({"spec": {"hard": {"pods": "1"}}});
    assert_eq!(
        status_changed(
            "v1",
            "resourcequotas",
            quota,
            json!({"hard": {"pods": "1"}, "used": {"pods": "-1"}})
        ),
        [r#"status.used[pods]: Invalid value: "-1": must be greater than or equal to 0"#]
    );
    let claim = json!({"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    let of_claim =
        |status: Value| status_changed("v1", "persistentvolumeclaims", claim.clone(), status);
    assert_eq!(
        of_claim(json!({"capacity": {"storage": "-1"}})),
        ["status.capacity[storage]: Invalid value: -1: must be a valid resource quantity"]
    );
    let grows = json!({
        "allocatedResources": {"storage": "2Gi", "x.com/speed": "1"},
        "allocatedResourceStatuses": {"storage": "NodeResizePending", "x.com/speed": "NodeResizeInProgress"},
    });
    assert_eq!(of_claim(grows), Vec::<String>::new());
    assert_eq!(
        of_claim(json!({
            "allocatedResources": {"cpu": "1", "storage": "-1"},
            "allocatedResourceStatuses": {"storage": "Done", "x.kubernetes.io/y": "NodeResizePending"},
        })),
        [
            r#"status.allocatedResourceStatuses: Unsupported value: "storage": supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending""#,
            r#"status.allocatedResourceStatuses: Unsupported value: "x.kubernetes.io/y": supported values: "storage""#,
            r#"status.allocatedResources: Unsupported value: "cpu": supported values: "storage""#,
            "status.allocatedResources[storage]: Invalid value: -1: must be a valid resource quantity",
        ]
    );
}

#[test]
fn load_balancers_are_at_addresses_or_names() {
    let at = |point: Value| json!({"loadBalancer": {"ingress": [point]}});
    let ingress = |point: Value| {
        let object =
            json!({"spec": {"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}}});
        status_changed("networking.k8s.io/v1", "ingresses", object, at(point))
    };
    assert_eq!(
        ingress(json!({"hostname": "a.example.com"})),
        Vec::<String>::new()
    );
    assert_eq!(
        ingress(json!({"hostname": "10.0.0.1"})),
        [
            r#"status.loadBalancer.ingress[0].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address"#
        ]
    );
    let service = |kind: &str| {
        let object = json!({"spec": {"type": kind, "ports": [{"port": 80}]}});
        status_changed(
            "v1",
            "services",
            object,
            at(json!({"hostname": "a.example.com"})),
        )
    };
    assert_eq!(service("LoadBalancer"), Vec::<String>::new());
    assert_eq!(
        service("ClusterIP"),
        [
            "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"
        ]
    );
}

/// What queues jobs says where they run once their turn comes.
#[test]
fn the_template_of_a_job_that_has_not_begun_says_where_it_runs() {
    let mut job = json!({"spec": {"suspend": true, "template": template()}});
    job["spec"]["template"]["spec"]["restartPolicy"] = "Never".into();
    job["spec"]["template"]["spec"]["affinity"] = json!({"podAffinity": {}});
    let changed = |pointer: &str, value: Value| {
        let new = with(&job, pointer, value);
        changed("batch/v1", "jobs", job.clone(), new)
    };
    let own = "/spec/template/spec";
    for (pointer, value) in [
        ("/spec/template/metadata/annotations", json!({"queue": "q"})),
        (
            "/spec/template/metadata/labels",
            json!({"app": "b", "queue": "q"}),
        ),
        ("/spec/template/spec/nodeSelector", json!({"a": "b"})),
        (
            "/spec/template/spec/affinity",
            json!({"podAffinity": {}, "nodeAffinity": {}}),
        ),
    ] {
        assert_eq!(changed(pointer, value), Vec::<String>::new(), "{pointer}");
    }
    for (pointer, value) in [
        (format!("{own}/affinity"), json!({"podAntiAffinity": {}})),
        (format!("{own}/hostNetwork"), json!(true)),
    ] {
        let told = changed(&pointer, value);
        assert!(
            told.len() == 1 && told[0].ends_with("field is immutable"),
            "{told:?}"
        );
    }
}

#[test]
fn an_indexed_job_grows_as_a_whole() {
    let mut job = json!({"spec": {"completionMode": "Indexed", "completions": 2, "parallelism": 2, "template": template()}});
    job["spec"]["template"]["spec"]["restartPolicy"] = "Never".into();
    let of = |completions: i64, parallelism: i64| {
        let new = with(&job, "/spec/completions", completions.into());
        let new = with(&new, "/spec/parallelism", parallelism.into());
        changed("batch/v1", "jobs", job.clone(), new)
    };
    assert_eq!(of(3, 3), Vec::<String>::new());
    assert_eq!(
        of(3, 2),
        [
            "spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism"
        ]
    );
}

/// The status of a job that has run for a while, and what a change of it to another comes to.
fn job_status_changed(spec: Value, old: Value, new: Value) -> Vec<String> {
    let resource = super::resource("batch/v1", "jobs");
    let mut job = json!({"spec": {"template": template()}});
    job["spec"]["template"]["spec"]["restartPolicy"] = "Never".into();
    for (name, value) in spec.as_object().expect("members") {
        job["spec"][name] = value.clone();
    }
    let mut before = super::stored(&resource, job);
    before["status"] = old;
    let after = with(&before, "/status", new);
    super::texts(super::super::update(&resource, &after, &before, "status"))
}

#[test]
fn counters_of_jobs_never_fall_and_ends_stay() {
    let is = |kind: &str| json!({"type": kind, "status": "True"});
    let began = "2026-01-01T00:00:00Z";
    let ended = "2026-01-01T00:01:00Z";
    let plain = |old: Value, new: Value| job_status_changed(json!({}), old, new);
    let running = json!({"startTime": began, "active": 1, "succeeded": 2, "failed": 1});
    assert_eq!(
        plain(
            running.clone(),
            json!({"startTime": began, "succeeded": 1, "ready": 1})
        ),
        [
            "status.ready: Invalid value: 1: cannot set more ready pods than active",
            "status.failed: Invalid value: 0: cannot decrease the failed counter",
            "status.succeeded: Invalid value: 1: cannot decrease the succeeded counter",
        ]
    );
    let complete = json!({"startTime": began, "completionTime": ended, "succeeded": 2, "failed": 1,
        "conditions": [is("SuccessCriteriaMet"), is("Complete")]});
    assert_eq!(
        plain(running.clone(), complete.clone()),
        Vec::<String>::new()
    );
    let mut odd = complete.clone();
    odd["active"] = 1.into();
    odd["conditions"] = json!([is("Complete"), is("Failed")]);
    odd["completionTime"] = "2025-12-31T00:00:00Z".into();
    odd["uncountedTerminatedPods"] = json!({"failed": ["u"]});
    assert_eq!(
        plain(running.clone(), odd),
        [
            "status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions",
            "status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition",
            "status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
            r#"status.completionTime: Invalid value: "2025-12-31T00:00:00Z": completionTime cannot be set before startTime"#,
            "status.active: Invalid value: 1: active>0 is invalid for finished job",
            r#"status.uncountedTerminatedPods: Invalid value: {"failed":["u"]}: uncountedTerminatedPods needs to be empty for finished job"#,
        ]
    );
    assert_eq!(
        plain(complete.clone(), running),
        [
            "status.conditions: Invalid value: cannot disable the terminal Complete=True condition",
            "status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition",
        ]
    );
    let mut later = complete.clone();
    later["completionTime"] = "2026-01-01T00:02:00Z".into();
    assert_eq!(
        plain(complete, later),
        [
            r#"status.completionTime: Invalid value: "2026-01-01T00:02:00Z": completionTime cannot be mutated"#
        ]
    );
    assert_eq!(
        plain(json!({"startTime": began}), json!({"startTime": ended})),
        ["status.startTime: Required value: startTime cannot be removed for unsuspended job"]
    );
    assert_eq!(
        job_status_changed(
            json!({"suspend": true}),
            json!({"startTime": began}),
            json!({})
        ),
        Vec::<String>::new()
    );
}

#[test]
fn indexes_of_jobs_are_numbers_that_rise() {
    let of = |spec: Value, status: Value| job_status_changed(spec, json!({}), status);
    let indexed = json!({"completionMode": "Indexed", "completions": 5, "parallelism": 1, "backoffLimitPerIndex": 1});
    assert_eq!(
        of(
            indexed.clone(),
            json!({"completedIndexes": "0,2-3", "failedIndexes": "1"})
        ),
        Vec::<String>::new()
    );
    assert_eq!(
        of(
            indexed.clone(),
            json!({"completedIndexes": "0-3", "failedIndexes": "2,4"})
        ),
        [
            r#"status.failedIndexes: Invalid value: "2,4": failedIndexes and completedIndexes overlap at index: 2"#
        ]
    );
    assert_eq!(
        of(
            indexed.clone(),
            json!({"completedIndexes": "7", "failedIndexes": "3,1"})
        ),
        [
            r#"status.completedIndexes: Invalid value: "7": error parsing completedIndexes: too large index: "7""#,
            r#"status.failedIndexes: Invalid value: "3,1": error parsing failedIndexes: non-increasing order, previous: 3, current: 1"#,
        ]
    );
    assert_eq!(
        of(
            json!({}),
            json!({"completedIndexes": "0", "failedIndexes": ""})
        ),
        [
            r#"status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode"#,
            r#"status.failedIndexes: Invalid value: "": cannot set non-null failedIndexes when backoffLimitPerIndex is null"#,
        ]
    );
    // As a whole it may become smaller.
    let mut elastic = indexed;
    elastic["parallelism"] = 5.into();
    assert_eq!(
        job_status_changed(elastic, json!({"succeeded": 4}), json!({"succeeded": 2})),
        Vec::<String>::new()
    );
}
