//! What a write keeps and what the server adds.

use serde_json::{Value, json};

use super::*;
use crate::Catalog;

fn created(group: &str, version: &str, plural: &str, mut object: Value) -> Value {
    let catalog = Catalog::built_in();
    let resource = catalog.resource(group, version, plural).expect("a kind");
    before_create(resource, &mut object);
    object
}

fn updated(group: &str, plural: &str, subresource: &str, old: &Value, mut new: Value) -> Value {
    let catalog = Catalog::built_in();
    let resource = catalog.resource(group, "v1", plural).expect("a kind");
    before_update(resource, subresource, old, &mut new);
    new
}

#[test]
fn a_new_pod_is_pending() {
    let pod = created(
        "",
        "v1",
        "pods",
        json!({"spec": {"containers": [{"name": "c"}]}, "status": {"phase": "Running", "podIP": "1.1.1.1"}}),
    );
    assert_eq!(
        pod["status"],
        json!({"phase": "Pending", "qosClass": "BestEffort"})
    );
    assert_eq!(pod["metadata"], json!({"generation": 1}));
    let gated = created(
        "",
        "v1",
        "pods",
        json!({"spec": {"schedulingGates": [{"name": "a"}]}}),
    );
    assert_eq!(
        gated["status"]["conditions"][0]["reason"],
        "SchedulingGated"
    );
}

#[test]
fn classes_of_service() {
    let pod = |resources: Value| json!({"spec": {"containers": [{"resources": resources}]}});
    for (resources, class) in [
        (json!({}), "BestEffort"),
        (json!({"limits": {"example.com/x": "1"}}), "BestEffort"),
        (json!({"limits": {"cpu": "0"}}), "BestEffort"),
        (json!({"requests": {"cpu": "1"}}), "Burstable"),
        (json!({"limits": {"cpu": "1"}}), "Burstable"),
        (
            json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1000m", "memory": "1024Mi"}}),
            "Guaranteed",
        ),
        (
            json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Mi"}}),
            "Burstable",
        ),
    ] {
        assert_eq!(
            pod::qos_class(&pod(resources.clone())),
            class,
            "{resources}"
        );
    }
}

#[test]
fn a_class_of_service_is_that_of_the_whole_pod_where_it_says_so() {
    let class = |own: Value| {
        let container = json!({"resources": {"requests": {"cpu": "1"}}});
        pod::qos_class(&json!({"spec": {"containers": [container], "resources": own}}))
    };
    let all = json!({"limits": {"cpu": "1", "memory": "1Gi"}});
    assert_eq!(class(all), "Guaranteed");
    assert_eq!(class(json!({"limits": {}})), "Burstable");
}

#[test]
fn a_change_of_spec_raises_the_generation_and_keeps_the_status() {
    let old = json!({"metadata": {"generation": 4, "uid": "u", "creationTimestamp": "t"}, "spec": {"replicas": 1}, "status": {"replicas": 1}});
    let new = json!({"metadata": {"generation": 99, "creationTimestamp": "x", "labels": {"a": "b"}}, "spec": {"replicas": 2}, "status": {"replicas": 7}});
    assert_eq!(
        updated("apps", "deployments", "", &old, new.clone()),
        json!({"metadata": {"generation": 5, "uid": "u", "creationTimestamp": "t", "labels": {"a": "b"}}, "spec": {"replicas": 2}, "status": {"replicas": 1}})
    );
    let mut same = new.clone();
    same["spec"] = old["spec"].clone();
    assert_eq!(
        updated("apps", "deployments", "", &old, same)["metadata"]["generation"],
        4
    );
    assert_eq!(
        updated("apps", "deployments", "status", &old, new),
        json!({"metadata": {"generation": 4, "uid": "u", "creationTimestamp": "t", "labels": {"a": "b"}}, "spec": {"replicas": 1}, "status": {"replicas": 7}})
    );
}

#[test]
fn a_deletion_is_never_taken_back() {
    let old = json!({"metadata": {"deletionTimestamp": "t", "deletionGracePeriodSeconds": 30}});
    let new = updated("", "pods", "", &old, json!({"metadata": {}}));
    assert_eq!(new["metadata"]["deletionTimestamp"], "t");
    assert_eq!(new["metadata"]["deletionGracePeriodSeconds"], 30);
}

#[test]
fn a_nodes_status_is_its_own_when_created() {
    let node = created(
        "",
        "v1",
        "nodes",
        json!({"status": {"capacity": {"cpu": "1"}}}),
    );
    assert_eq!(node["status"]["capacity"]["cpu"], "1");
    let new = updated(
        "",
        "nodes",
        "",
        &node,
        json!({"spec": {"unschedulable": true}, "status": {}}),
    );
    assert_eq!(new["status"]["capacity"]["cpu"], "1");
    assert_eq!(new["spec"]["unschedulable"], true);
}

#[test]
fn namespaces_have_a_finalizer_of_their_own() {
    let namespace = created("", "v1", "namespaces", json!({"metadata": {"name": "n"}}));
    assert_eq!(
        namespace,
        json!({"metadata": {"name": "n", "labels": {"kubernetes.io/metadata.name": "n"}},
               "status": {"phase": "Active"}, "spec": {"finalizers": ["kubernetes"]}})
    );
    let new = updated(
        "",
        "namespaces",
        "",
        &namespace,
        json!({"metadata": {"name": "n"}}),
    );
    assert_eq!(new["spec"]["finalizers"], json!(["kubernetes"]));
    let done = updated(
        "",
        "namespaces",
        "finalize",
        &namespace,
        json!({"metadata": {"name": "n"}, "spec": {"finalizers": []}, "status": {"phase": "x"}}),
    );
    assert_eq!(done["spec"]["finalizers"], json!([]));
    assert_eq!(done["status"]["phase"], "Active");
}

#[test]
fn secrets_take_text() {
    let secret = created(
        "",
        "v1",
        "secrets",
        json!({"data": {"a": "eA==", "b": "eQ=="}, "stringData": {"b": "hello"}}),
    );
    assert_eq!(secret, json!({"data": {"a": "eA==", "b": "aGVsbG8="}}));
}

#[test]
fn what_is_derived_is_there_before_owners_are_noted() {
    let catalog = Catalog::built_in();
    let read = |group: &str, plural: &str, mut object: Value| {
        let resource = catalog.resource(group, "v1", plural).expect("a kind");
        as_read(resource, &mut object);
        object
    };
    assert_eq!(
        read("", "secrets", json!({"stringData": {"a": "hi"}})),
        json!({"data": {"a": "aGk="}})
    );
    let count = |count: &str| json!({"metadata": {"annotations": {TEMPLATE_GENERATION: count}}});
    let empty = json!({"metadata": {}});
    assert_eq!(read("apps", "daemonsets", empty.clone()), count("0"));
    assert_eq!(read("apps", "daemonsets", count("3")), count("3"));
    assert_eq!(read("apps", "statefulsets", empty.clone()), empty);
}

#[test]
fn claims_say_under_both_names_what_they_begin_with() {
    let claim = |spec: Value| {
        let object = json!({ "spec": spec });
        created("", "v1", "persistentvolumeclaims", object)["spec"].take()
    };
    let source = || json!({"kind": "PersistentVolumeClaim", "name": "a"});
    let both = json!({"dataSource": source(), "dataSourceRef": source()});
    assert_eq!(claim(json!({"dataSource": source()})), both);
    assert_eq!(claim(json!({"dataSourceRef": source()})), both);
    let away =
        json!({"dataSourceRef": {"kind": "PersistentVolumeClaim", "name": "a", "namespace": "b"}});
    assert_eq!(claim(away.clone()), away);
    assert_eq!(claim(json!({})), json!({}));
}

#[test]
fn jobs_choose_pods_by_their_uid() {
    let job = created(
        "batch",
        "v1",
        "jobs",
        json!({"metadata": {"name": "j", "uid": "u"}, "spec": {"template": {}}}),
    );
    assert_eq!(
        job["metadata"]["labels"],
        job["spec"]["template"]["metadata"]["labels"]
    );
    assert_eq!(
        job["spec"],
        json!({"template": {"metadata": {"labels": {
            "batch.kubernetes.io/job-name": "j", "job-name": "j", "batch.kubernetes.io/controller-uid": "u", "controller-uid": "u"}}},
            "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": "u"}}})
    );
    let own = created(
        "batch",
        "v1",
        "jobs",
        json!({"spec": {"manualSelector": true, "template": {}}}),
    );
    assert_eq!(own["spec"], json!({"manualSelector": true, "template": {}}));
}

#[test]
fn services_keep_what_was_allotted() {
    let old = json!({"spec": {"type": "NodePort", "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack", "externalTrafficPolicy": "Cluster", "ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080}]}});
    let new = updated(
        "",
        "services",
        "",
        &old,
        json!({"spec": {"type": "NodePort", "externalTrafficPolicy": "Cluster", "ports": [{"port": 80, "protocol": "TCP"}, {"port": 81, "protocol": "TCP"}]}}),
    );
    assert_eq!(new["spec"]["clusterIP"], "10.0.0.1");
    assert_eq!(new["spec"]["clusterIPs"], json!(["10.0.0.1"]));
    assert_eq!(new["spec"]["ports"][0]["nodePort"], 30080);
    assert_eq!(new["spec"]["ports"][1].get("nodePort"), None);
    let mut plain = old.clone();
    plain["spec"]["type"] = "ClusterIP".into();
    let plain = updated("", "services", "", &old, plain);
    assert_eq!(plain["spec"]["ports"][0].get("nodePort"), None);
    assert_eq!(plain["spec"].get("externalTrafficPolicy"), None);
    let mut external = old.clone();
    external["spec"]["type"] = "ExternalName".into();
    let external = updated("", "services", "", &old, external);
    for name in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        assert_eq!(external["spec"].get(name), None, "{name}");
    }
}

#[test]
fn a_pods_status_changes_no_spec_and_no_owner() {
    let old = json!({"metadata": {"ownerReferences": [1]}, "spec": {"nodeName": "n"}, "status": {"qosClass": "Burstable"}});
    let new = updated(
        "",
        "pods",
        "status",
        &old,
        json!({"metadata": {"ownerReferences": []}, "spec": {}, "status": {"phase": "Running", "qosClass": "x"}}),
    );
    assert_eq!(
        new,
        json!({"metadata": {"ownerReferences": [1]}, "spec": {"nodeName": "n"}, "status": {"phase": "Running", "qosClass": "Burstable"}})
    );
}

#[test]
fn resize_changes_resources_alone() {
    let old = json!({"metadata": {"generation": 1}, "spec": {"containers": [{"name": "c", "image": "a", "resources": {}}]}});
    let new = updated(
        "",
        "pods",
        "resize",
        &old,
        json!({"metadata": {}, "spec": {"containers": [{"name": "c", "image": "b", "resources": {"limits": {"cpu": "1"}}}]}}),
    );
    assert_eq!(
        new["spec"]["containers"],
        json!([{"name": "c", "image": "a", "resources": {"limits": {"cpu": "1"}}}])
    );
    assert_eq!(new["metadata"]["generation"], 2);
}

#[test]
fn approval_changes_conditions_alone() {
    let old = json!({"spec": {"signerName": "s"}, "status": {"certificate": "c", "conditions": [{"type": "Failed"}]}});
    let new = updated(
        "certificates.k8s.io",
        "certificatesigningrequests",
        "approval",
        &old,
        json!({"spec": {}, "status": {"certificate": "d", "conditions": [{"type": "Approved"}, {"type": "Other"}]}}),
    );
    assert_eq!(
        new,
        json!({"spec": {"signerName": "s"}, "status": {"certificate": "c", "conditions": [{"type": "Approved"}, {"type": "Other"}]}})
    );
}

#[test]
fn a_signer_changes_no_decision() {
    let old =
        json!({"spec": {}, "status": {"conditions": [{"type": "Approved", "reason": "good"}]}});
    let new = updated(
        "certificates.k8s.io",
        "certificatesigningrequests",
        "status",
        &old,
        json!({"spec": {"request": "x"}, "status": {"certificate": "c", "conditions": [
            {"type": "Other"}, {"type": "Approved", "reason": "bad"}, {"type": "Denied"},
        ]}}),
    );
    assert_eq!(
        new,
        json!({"spec": {}, "status": {"certificate": "c", "conditions": [
            {"type": "Other"}, {"type": "Approved", "reason": "good"}, {"type": "Denied"},
        ]}})
    );
}

#[test]
fn a_daemon_sets_status_keeps_the_count_of_its_templates() {
    let count = |object: &Value| {
        let annotations = &object["metadata"]["annotations"];
        annotations["deprecated.daemonset.template.generation"].clone()
    };
    let of =
        |image: &str| json!({"spec": {"template": {"spec": {"containers": [{"image": image}]}}}});
    let first = created("apps", "v1", "daemonsets", of("a"));
    assert_eq!(count(&first), "1");
    let old = updated("apps", "daemonsets", "", &first, of("b"));
    assert_eq!(count(&old), "2");
    for annotations in [
        Value::Null,
        json!({"x": "y", "deprecated.daemonset.template.generation": "7"}),
    ] {
        let mut new = of("c");
        new["metadata"] = json!({ "annotations": annotations });
        new["status"] = json!({"observedGeneration": 2});
        let now = updated("apps", "daemonsets", "status", &old, new);
        assert_eq!(count(&now), "2", "{annotations}");
        assert_eq!(now["metadata"]["annotations"]["x"], annotations["x"]);
        assert_eq!(now["spec"], old["spec"]);
        assert_eq!(now["status"], json!({"observedGeneration": 2}));
    }
}

#[test]
fn grace_of_pods() {
    let catalog = Catalog::built_in();
    let pods = catalog.resource("", "v1", "pods").expect("pods");
    let running = json!({"spec": {"nodeName": "n", "terminationGracePeriodSeconds": 30}, "status": {"phase": "Running"}});
    assert_eq!(grace_seconds(pods, &running, None), Some(30));
    assert_eq!(grace_seconds(pods, &running, Some(5)), Some(5));
    assert_eq!(grace_seconds(pods, &running, Some(-1)), Some(1));
    assert_eq!(grace_seconds(pods, &json!({"spec": {}}), Some(5)), Some(0));
    let ended = json!({"spec": {"nodeName": "n"}, "status": {"phase": "Failed"}});
    assert_eq!(grace_seconds(pods, &ended, Some(5)), Some(0));
    let maps = catalog
        .resource("", "v1", "configmaps")
        .expect("config maps");
    assert_eq!(grace_seconds(maps, &json!({}), Some(5)), None);
}

#[test]
fn definitions_remember_stored_versions() {
    let one = json!({"metadata": {}, "spec": {"versions": [{"name": "v1", "storage": true}]}});
    let old = created(
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        one,
    );
    assert_eq!(old["status"]["storedVersions"], json!(["v1"]));
    let mut new = old.clone();
    new["spec"]["versions"] =
        json!([{"name": "v1", "storage": false}, {"name": "v2", "storage": true}]);
    let new = updated(
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        "",
        &old,
        new,
    );
    assert_eq!(new["status"]["storedVersions"], json!(["v1", "v2"]));
    assert_eq!(new["metadata"]["generation"], 2);
}

/// Every first status is readable, and no shape of a body confuses a strategy.
#[test]
fn any_shape_is_taken() {
    let catalog = Catalog::built_in();
    let shapes = [
        json!(null),
        json!([]),
        json!({}),
        json!({"spec": 1, "status": [], "metadata": ""}),
        json!({"spec": {"type": "NodePort", "ports": [1, {"nodePort": 5}], "versions": 1, "containers": [2]}, "stringData": 1, "data": 2}),
    ];
    for resource in catalog.all() {
        for old in &shapes {
            before_create(resource, &mut old.clone());
            for new in &shapes {
                for subresource in [
                    "",
                    "status",
                    "approval",
                    "finalize",
                    "ephemeralcontainers",
                    "resize",
                ] {
                    before_update(resource, subresource, old, &mut new.clone());
                }
            }
        }
    }
}

#[test]
fn a_range_of_addresses_keeps_its_status() {
    let status = json!({"conditions": [{"type": "Ready", "status": "True"}]});
    let old = json!({"spec": {"cidrs": ["10.0.0.0/24"]}, "status": status});
    for sent in [json!({}), json!({"status": {"conditions": []}})] {
        let mut new = sent;
        new["spec"] = old["spec"].clone();
        let changed = updated("networking.k8s.io", "servicecidrs", "", &old, new);
        assert_eq!(changed["status"], status);
    }
    let ending = json!({"conditions": [{"type": "Ready", "status": "False"}]});
    let new = json!({"spec": {"cidrs": []}, "status": ending});
    let changed = updated("networking.k8s.io", "servicecidrs", "status", &old, new);
    assert_eq!(
        (&changed["spec"], &changed["status"]),
        (&old["spec"], &ending)
    );
}
