//! What upstream 1.36 answers for the least a client can send, by kind.

use serde_json::{Value, json};

use crate::Catalog;

fn defaulted(api_version: &str, plural: &str, mut object: Value) -> Value {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let catalog = Catalog::built_in();
    let resource = catalog.resource(group, version, plural).expect("a kind");
    super::apply(resource, &mut object);
    let once = object.clone();
    super::apply(resource, &mut object);
    assert_eq!(once, object, "defaults of {plural} are not idempotent");
    object
}

fn container() -> Value {
    json!({"name": "c", "image": "nginx"})
}

fn full_container() -> Value {
    json!({
        "name": "c", "image": "nginx", "resources": {},
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        "imagePullPolicy": "Always",
    })
}

fn full_spec(mut more: Value) -> Value {
    let mut spec = json!({
        "containers": [full_container()], "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst", "securityContext": {}, "schedulerName": "default-scheduler",
    });
    for (name, value) in more.as_object_mut().expect("an object") {
        spec[name] = value.take();
    }
    spec
}

#[test]
fn a_pod() {
    let pod = defaulted("v1", "pods", json!({"spec": {"containers": [container()]}}));
    assert_eq!(
        pod,
        json!({"spec": full_spec(json!({"enableServiceLinks": true}))})
    );
}

#[test]
fn a_pods_single_address_counts() {
    let of = |status: Value| {
        let spec = json!({"containers": [container()]});
        defaulted("v1", "pods", json!({"spec": spec, "status": status}))["status"].take()
    };
    let one = json!({"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}]});
    for told in [
        json!({"podIP": "10.0.0.1"}),
        json!({"podIPs": [{"ip": "10.0.0.1"}]}),
        json!({"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.2"}, {"ip": "fd00::2"}]}),
    ] {
        assert_eq!(of(told), one);
    }
    for stays in [
        json!({"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]}),
        json!({"hostIP": "10.0.0.9"}),
        json!({"podIP": "", "podIPs": []}),
    ] {
        assert_eq!(of(stays.clone()), stays);
    }
}

#[test]
fn a_pods_own_requests() {
    let requests = |own: Value| {
        let asks = json!({"name": "c", "image": "i", "resources": {"requests": {"cpu": "500m"}}});
        let mut two = asks.clone();
        two["name"] = "d".into();
        let pod = json!({"spec": {"containers": [asks, two], "resources": own}});
        defaulted("v1", "pods", pod)["spec"]["resources"]["requests"].take()
    };
    assert_eq!(
        requests(json!({"limits": {"cpu": "2", "memory": "1Gi"}})),
        json!({"cpu": "1", "memory": "1Gi"})
    );
    assert_eq!(
        requests(json!({"limits": {"memory": "1Gi"}, "requests": {"memory": "1Mi"}})),
        json!({"memory": "1Mi", "cpu": "1"})
    );
    assert_eq!(
        requests(json!({"requests": {"cpu": "3"}})),
        json!({"cpu": "3"})
    );
    assert_eq!(requests(json!({})), Value::Null);
}

#[test]
fn a_pods_containers_volumes_and_probes() {
    let pod = defaulted(
        "v1",
        "pods",
        json!({"spec": {
            "serviceAccountName": "sa",
            "hostNetwork": true,
            "containers": [{
                "name": "c", "image": "r.io:5000/a/b:1",
                "ports": [{"containerPort": 80}],
                "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                "livenessProbe": {"httpGet": {"port": 80}},
                "readinessProbe": {"grpc": {"port": 80}, "periodSeconds": 5},
                "lifecycle": {"preStop": {"httpGet": {"port": 80}}},
                "resources": {"limits": {"cpu": "1", "memory": "0.0001"}, "requests": {"cpu": "500m"}},
            }],
            "volumes": [
                {"name": "a"},
                {"name": "b", "secret": {"secretName": "s"}},
                {"name": "c", "hostPath": {"path": "/"}},
                {"name": "d", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}, {"downwardAPI": {"items": [{"path": "p", "fieldRef": {"fieldPath": "metadata.name"}}]}}]}},
                {"name": "e", "emptyDir": {"medium": "Memory"}},
            ],
        }}),
    );
    let spec = &pod["spec"];
    assert_eq!(spec["serviceAccount"], "sa");
    let c = &spec["containers"][0];
    assert_eq!(c["imagePullPolicy"], "IfNotPresent");
    assert_eq!(
        c["ports"],
        json!([{"containerPort": 80, "protocol": "TCP", "hostPort": 80}])
    );
    assert_eq!(c["env"][0]["valueFrom"]["fieldRef"]["apiVersion"], "v1");
    assert_eq!(
        c["livenessProbe"],
        json!({"httpGet": {"port": 80, "path": "/", "scheme": "HTTP"}, "timeoutSeconds": 1,
               "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3})
    );
    assert_eq!(
        c["readinessProbe"]["grpc"],
        json!({"port": 80, "service": ""})
    );
    assert_eq!(c["readinessProbe"]["periodSeconds"], 5);
    assert_eq!(c["lifecycle"]["preStop"]["httpGet"]["scheme"], "HTTP");
    assert_eq!(
        c["resources"],
        json!({"limits": {"cpu": "1", "memory": "1m"}, "requests": {"cpu": "500m", "memory": "1m"}})
    );
    let volumes = spec["volumes"].as_array().expect("volumes");
    assert_eq!(volumes[0]["emptyDir"], json!({}));
    assert_eq!(volumes[1]["secret"]["defaultMode"], 420);
    assert_eq!(volumes[2]["hostPath"]["type"], "");
    assert_eq!(volumes[3]["projected"]["defaultMode"], 420);
    let sources = &volumes[3]["projected"]["sources"];
    assert_eq!(sources[0]["serviceAccountToken"]["expirationSeconds"], 3600);
    assert_eq!(
        sources[1]["downwardAPI"]["items"][0]["fieldRef"]["apiVersion"],
        "v1"
    );
    assert_eq!(
        volumes[4],
        json!({"name": "e", "emptyDir": {"medium": "Memory"}})
    );
}

#[test]
fn pull_policies() {
    for (image, policy) in [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1", "IfNotPresent"),
        ("host:5000/nginx", "Always"),
        ("nginx@sha256:abc", "IfNotPresent"),
        ("nginx:latest@sha256:abc", "Always"),
        ("", "IfNotPresent"),
    ] {
        assert_eq!(super::pod::pull_policy(image), policy, "{image}");
    }
}

#[test]
fn workloads() {
    let template = json!({"spec": {"containers": [container()]}});
    let full = json!({"spec": full_spec(json!({}))});
    let minimal = json!({"spec": {"template": template}});
    assert_eq!(
        defaulted("apps/v1", "deployments", minimal.clone()),
        json!({"spec": {"template": full, "replicas": 1,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
            "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600}})
    );
    assert_eq!(
        defaulted("apps/v1", "replicasets", minimal.clone()),
        json!({"spec": {"template": full, "replicas": 1}})
    );
    assert_eq!(
        defaulted("apps/v1", "daemonsets", minimal.clone()),
        json!({"spec": {"template": full, "revisionHistoryLimit": 10,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}}})
    );
    let mut stateful = minimal.clone();
    stateful["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "d"}, "spec": {}}]);
    assert_eq!(
        defaulted("apps/v1", "statefulsets", stateful),
        json!({"spec": {"template": full, "replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady",
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0, "maxUnavailable": 1}},
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            "volumeClaimTemplates": [{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "d"},
                "spec": {"volumeMode": "Filesystem"}, "status": {"phase": "Pending"}}]}})
    );
    assert_eq!(
        defaulted("batch/v1", "jobs", minimal.clone()),
        json!({"spec": {"template": full, "completions": 1, "parallelism": 1, "backoffLimit": 6,
            "completionMode": "NonIndexed", "suspend": false, "podReplacementPolicy": "TerminatingOrFailed", "manualSelector": false}})
    );
    assert_eq!(
        defaulted(
            "batch/v1",
            "cronjobs",
            json!({"spec": {"schedule": "* * * * *", "jobTemplate": minimal}})
        ),
        json!({"spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": full}}, "concurrencyPolicy": "Allow",
            "suspend": false, "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1}})
    );
}

#[test]
fn a_job_that_only_says_its_parallelism_has_no_completions() {
    let job = defaulted("batch/v1", "jobs", json!({"spec": {"parallelism": 3}}));
    assert_eq!(job["spec"].get("completions"), None);
}

#[test]
fn services() {
    assert_eq!(
        defaulted("v1", "services", json!({"spec": {"ports": [{"port": 80}]}})),
        json!({"spec": {"ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}], "sessionAffinity": "None",
            "type": "ClusterIP", "internalTrafficPolicy": "Cluster"}})
    );
    assert_eq!(
        defaulted(
            "v1",
            "services",
            json!({"spec": {"type": "LoadBalancer", "sessionAffinity": "ClientIP"}, "status": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}, {"hostname": "x"}]}}})
        ),
        json!({"spec": {"type": "LoadBalancer", "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}, "externalTrafficPolicy": "Cluster",
            "internalTrafficPolicy": "Cluster", "allocateLoadBalancerNodePorts": true},
            "status": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4", "ipMode": "VIP"}, {"hostname": "x"}]}}})
    );
    assert_eq!(
        defaulted(
            "v1",
            "services",
            json!({"spec": {"type": "ExternalName", "externalName": "x.y"}})
        ),
        json!({"spec": {"type": "ExternalName", "externalName": "x.y", "sessionAffinity": "None"}})
    );
}

#[test]
fn kinds_of_few_defaults() {
    for (api_version, plural, given, expected) in [
        ("v1", "secrets", json!({}), json!({"type": "Opaque"})),
        (
            "v1",
            "namespaces",
            json!({"metadata": {"name": "n"}}),
            json!({"metadata": {"name": "n", "labels": {"kubernetes.io/metadata.name": "n"}}, "status": {"phase": "Active"}}),
        ),
        (
            "v1",
            "nodes",
            json!({"status": {"capacity": {"cpu": "2"}}}),
            json!({"status": {"capacity": {"cpu": "2"}, "allocatable": {"cpu": "2"}}}),
        ),
        (
            "v1",
            "limitranges",
            json!({"spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Mi"}}]}}),
            json!({"spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Mi"},
                "default": {"cpu": "2"}, "defaultRequest": {"cpu": "2", "memory": "1Mi"}}]}}),
        ),
        (
            "v1",
            "replicationcontrollers",
            json!({"spec": {"template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}}}}),
            json!({"spec": {"template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [], "restartPolicy": "Always",
                "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "securityContext": {}, "schedulerName": "default-scheduler"}},
                "selector": {"a": "b"}, "replicas": 1}, "metadata": {"labels": {"a": "b"}}}),
        ),
        (
            "v1",
            "persistentvolumes",
            json!({"spec": {"hostPath": {"path": "/x"}}}),
            json!({"spec": {"hostPath": {"path": "/x", "type": ""}, "persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem"}, "status": {"phase": "Pending"}}),
        ),
        (
            "autoscaling/v2",
            "horizontalpodautoscalers",
            json!({"spec": {"maxReplicas": 3, "behavior": {"scaleDown": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}}}}),
            json!({"spec": {"maxReplicas": 3, "minReplicas": 1,
                "behavior": {"scaleDown": {"selectPolicy": "Max", "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]},
                    "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [
                        {"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15}]}},
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]}}),
        ),
        (
            "networking.k8s.io/v1",
            "networkpolicies",
            json!({"spec": {"podSelector": {}, "egress": [{"ports": [{"port": 53}]}]}}),
            json!({"spec": {"podSelector": {}, "egress": [{"ports": [{"port": 53, "protocol": "TCP"}]}], "policyTypes": ["Ingress", "Egress"]}}),
        ),
        (
            "rbac.authorization.k8s.io/v1",
            "rolebindings",
            json!({"roleRef": {"kind": "Role", "name": "r"}, "subjects": [{"kind": "User", "name": "u"}, {"kind": "ServiceAccount", "name": "s"}]}),
            json!({"roleRef": {"kind": "Role", "name": "r", "apiGroup": "rbac.authorization.k8s.io"},
                "subjects": [{"kind": "User", "name": "u", "apiGroup": "rbac.authorization.k8s.io"}, {"kind": "ServiceAccount", "name": "s"}]}),
        ),
        (
            "storage.k8s.io/v1",
            "storageclasses",
            json!({"provisioner": "p"}),
            json!({"provisioner": "p", "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"}),
        ),
        (
            "discovery.k8s.io/v1",
            "endpointslices",
            json!({"ports": [{"port": 80}]}),
            json!({"ports": [{"port": 80, "name": "", "protocol": "TCP"}]}),
        ),
        (
            "apiextensions.k8s.io/v1",
            "customresourcedefinitions",
            json!({"spec": {"names": {"kind": "CronTab", "plural": "crontabs"}}}),
            json!({"spec": {"names": {"kind": "CronTab", "plural": "crontabs", "singular": "crontab", "listKind": "CronTabList"}, "conversion": {"strategy": "None"}}}),
        ),
    ] {
        assert_eq!(defaulted(api_version, plural, given), expected, "{plural}");
    }
}

/// No kind's rule is confused by a body of the wrong shape.
#[test]
fn any_shape_is_taken() {
    let catalog = Catalog::built_in();
    let shapes = [
        json!(null),
        json!([]),
        json!({"spec": 1, "status": [], "metadata": ""}),
        json!({"spec": {"template": 1, "containers": [1, null], "volumes": {}, "ports": [3]}, "webhooks": [1], "ports": [1], "subsets": [0]}),
        json!({"spec": {"template": {"spec": {"containers": [{"resources": [], "ports": [1], "env": [{"valueFrom": 1}]}], "volumes": [1, {"projected": {"sources": [1]}}]}}}}),
    ];
    for resource in catalog.all() {
        for shape in &shapes {
            super::apply(resource, &mut shape.clone());
        }
    }
}
