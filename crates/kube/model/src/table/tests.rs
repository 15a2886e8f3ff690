//! Cells as `kubectl get` shows them.

use serde_json::{Value, json};

use super::*;
use crate::Catalog;

fn now() -> Timestamp {
    Timestamp::parse_iso8601("2026-01-01T01:00:00Z").expect("a time")
}

/// Names of columns and cells, side by side.
fn printed(api_version: &str, plural: &str, mut object: Value) -> Vec<(String, Value)> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let catalog = Catalog::built_in();
    let resource = catalog.resource(group, version, plural).expect("a kind");
    object["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z".into();
    let row = row(resource, &object, now(), Include::None);
    let cells = row["cells"].as_array().expect("cells").clone();
    let columns = columns(resource);
    assert_eq!(columns.len(), cells.len(), "{plural}");
    let names = columns.iter().map(|column| text(column, "name").to_owned());
    names.zip(cells).collect()
}

fn cell(cells: &[(String, Value)], name: &str) -> String {
    let (_, value) = cells
        .iter()
        .find(|(column, _)| column == name)
        .expect("a column");
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn pod(spec: Value, status: Value) -> (String, String, String) {
    let cells = printed(
        "v1",
        "pods",
        json!({"metadata": {"name": "p"}, "spec": spec, "status": status}),
    );
    (
        cell(&cells, "Ready"),
        cell(&cells, "Status"),
        cell(&cells, "Restarts"),
    )
}

#[test]
fn the_state_of_pods() {
    let one = json!({"containers": [{"name": "c"}]});
    let init =
        json!({"containers": [{"name": "c"}], "initContainers": [{"name": "i"}, {"name": "j"}]});
    let sidecar = json!({"containers": [{"name": "c"}], "initContainers": [{"name": "i", "restartPolicy": "Always"}]});
    let two = json!({"containers": [{"name": "c"}, {"name": "d"}]});
    let running = json!({"name": "c", "ready": true, "state": {"running": {}}});
    for (spec, status, expected) in [
        (&one, json!({"phase": "Pending"}), ("0/1", "Pending", "0")),
        (
            &one,
            json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "reason": "SchedulingGated"}]}),
            ("0/1", "SchedulingGated", "0"),
        ),
        (
            &one,
            json!({"phase": "Running", "containerStatuses": [running]}),
            ("1/1", "Running", "0"),
        ),
        (
            &one,
            json!({"phase": "Running", "containerStatuses": [{"name": "c", "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": {"finishedAt": "2026-01-01T00:58:00Z"}}}]}),
            ("0/1", "CrashLoopBackOff", "3 (2m ago)"),
        ),
        (
            &one,
            json!({"phase": "Succeeded", "containerStatuses": [{"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}]}),
            ("0/1", "Completed", "0"),
        ),
        (
            &one,
            json!({"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 3}}}]}),
            ("0/1", "ExitCode:3", "0"),
        ),
        (
            &one,
            json!({"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 137, "signal": 9}}}]}),
            ("0/1", "Signal:9", "0"),
        ),
        (
            &one,
            json!({"phase": "Failed", "reason": "Evicted"}),
            ("0/1", "Evicted", "0"),
        ),
        (
            &init,
            json!({"phase": "Pending", "initContainerStatuses": [{"name": "i", "state": {"terminated": {"exitCode": 0}}}, {"name": "j", "state": {"running": {}}}]}),
            ("0/1", "Init:1/2", "0"),
        ),
        (
            &init,
            json!({"phase": "Pending", "initContainerStatuses": [{"name": "i", "state": {"waiting": {"reason": "ErrImagePull"}}}]}),
            ("0/1", "Init:ErrImagePull", "0"),
        ),
        (
            &init,
            json!({"phase": "Pending", "initContainerStatuses": [{"name": "i", "restartCount": 1, "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}),
            ("0/1", "Init:Error", "1"),
        ),
        (
            &sidecar,
            json!({"phase": "Running", "initContainerStatuses": [{"name": "i", "restartCount": 2, "ready": true, "started": true, "state": {"running": {}}}], "containerStatuses": [running]}),
            ("2/2", "Running", "2"),
        ),
        (
            &two,
            json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}], "containerStatuses": [{"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}, running]}),
            ("1/2", "NotReady", "0"),
        ),
    ] {
        let (ready, state, restarts) = pod(spec.clone(), status.clone());
        assert_eq!(
            (ready.as_str(), state.as_str(), restarts.as_str()),
            expected,
            "{status}"
        );
    }
    let cells = printed(
        "v1",
        "pods",
        json!({"metadata": {"name": "p", "deletionTimestamp": "x"}, "spec": one, "status": {"phase": "Running"}}),
    );
    assert_eq!(cell(&cells, "Status"), "Terminating");
    assert_eq!(cell(&cells, "Age"), "60m");
    assert_eq!(cell(&cells, "IP"), "<none>");
}

#[test]
fn kinds() {
    let template = json!({"spec": {"containers": [{"name": "a", "image": "x:1"}, {"name": "b", "image": "y"}]}});
    for (api_version, plural, object, expected) in [
        (
            "v1",
            "nodes",
            json!({"metadata": {"name": "n", "labels": {"node-role.kubernetes.io/worker": ""}}, "spec": {"unschedulable": true},
                "status": {"conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"kubeletVersion": "v1.36.4"}, "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}]}}),
            vec![
                "n",
                "Ready,SchedulingDisabled",
                "worker",
                "60m",
                "v1.36.4",
                "10.0.0.1",
                "<none>",
                "<unknown>",
                "<unknown>",
                "<unknown>",
            ],
        ),
        (
            "apps/v1",
            "deployments",
            json!({"metadata": {"name": "d"}, "spec": {"replicas": 3, "template": template, "selector": {"matchLabels": {"app": "d"}}}, "status": {"readyReplicas": 1, "updatedReplicas": 3}}),
            vec!["d", "1/3", "3", "0", "60m", "a,b", "x:1,y", "app=d"],
        ),
        (
            "apps/v1",
            "statefulsets",
            json!({"metadata": {"name": "d"}, "spec": {"replicas": 3, "template": template}, "status": {"readyReplicas": 2}}),
            vec!["d", "2/3", "60m", "a,b", "x:1,y"],
        ),
        (
            "batch/v1",
            "jobs",
            json!({"metadata": {"name": "j"}, "spec": {"completions": 2, "template": template}, "status": {"succeeded": 2, "startTime": "2026-01-01T00:00:00Z",
                "completionTime": "2026-01-01T00:00:30Z", "conditions": [{"type": "Complete", "status": "True"}]}}),
            vec![
                "j", "Complete", "2/2", "30s", "60m", "a,b", "x:1,y", "<none>",
            ],
        ),
        (
            "batch/v1",
            "cronjobs",
            json!({"metadata": {"name": "j"}, "spec": {"schedule": "* * * * *", "suspend": false, "jobTemplate": {"spec": {"template": template}}}, "status": {}}),
            vec![
                "j",
                "* * * * *",
                "<none>",
                "False",
                "0",
                "<none>",
                "60m",
                "a,b",
                "x:1,y",
                "<none>",
            ],
        ),
        (
            "v1",
            "services",
            json!({"metadata": {"name": "s"}, "spec": {"type": "LoadBalancer", "clusterIPs": ["10.1.0.1"], "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}], "selector": {"b": "2", "a": "1"}}, "status": {"loadBalancer": {"ingress": [{"hostname": "a-very-long-name.elb.amazonaws.com"}]}}}),
            vec![
                "s",
                "LoadBalancer",
                "10.1.0.1",
                "a-very-long-name.elb.amazonaws.com",
                "80:30080/TCP,53/UDP",
                "60m",
                "a=1,b=2",
            ],
        ),
        (
            "v1",
            "services",
            json!({"metadata": {"name": "s"}, "spec": {"type": "LoadBalancer"}}),
            vec![
                "s",
                "LoadBalancer",
                "<none>",
                "<pending>",
                "<none>",
                "60m",
                "<none>",
            ],
        ),
        (
            "v1",
            "endpoints",
            json!({"metadata": {"name": "e"}, "subsets": [{"addresses": [{"ip": "1.1.1.1"}, {"ip": "::1"}], "ports": [{"port": 80}, {"port": 81}]}]}),
            vec!["e", "1.1.1.1:80,[::1]:80,1.1.1.1:81 + 1 more...", "60m"],
        ),
        (
            "discovery.k8s.io/v1",
            "endpointslices",
            json!({"metadata": {"name": "e"}, "addressType": "IPv4", "ports": [{"port": 80, "name": ""}]}),
            vec!["e", "IPv4", "80", "<unset>", "60m"],
        ),
        (
            "networking.k8s.io/v1",
            "ingresses",
            json!({"metadata": {"name": "i"}, "spec": {"ingressClassName": "alb", "rules": [{"host": "a"}, {}], "tls": [{}]}}),
            vec!["i", "alb", "a", "", "80, 443", "60m"],
        ),
        (
            "networking.k8s.io/v1",
            "ipaddresses",
            json!({"metadata": {"name": "10.0.0.1"}, "spec": {"parentRef": {"resource": "services", "namespace": "a", "name": "b"}}}),
            vec!["10.0.0.1", "services/a/b", "60m"],
        ),
        (
            "networking.k8s.io/v1",
            "ipaddresses",
            json!({"metadata": {"name": "::1"}, "spec": {"parentRef": {"group": "g.io", "resource": "gates", "name": "b"}}}),
            vec!["::1", "gates.g.io/b", "60m"],
        ),
        (
            "networking.k8s.io/v1",
            "servicecidrs",
            json!({"metadata": {"name": "more"}, "spec": {"cidrs": ["10.0.0.0/24", "fd00::/64"]}}),
            vec!["more", "10.0.0.0/24,fd00::/64", "60m"],
        ),
        (
            "v1",
            "events",
            json!({"metadata": {"name": "e"}, "lastTimestamp": "2026-01-01T00:59:50Z", "type": "Normal", "reason": "R", "involvedObject": {"kind": "Pod", "name": "p"}, "message": "m\n", "source": {"component": "kubelet", "host": "n"}, "count": 4}),
            vec![
                "10s",
                "Normal",
                "R",
                "pod/p",
                "",
                "kubelet, n",
                "m",
                "<unknown>",
                "4",
                "e",
            ],
        ),
        (
            "events.k8s.io/v1",
            "events",
            json!({"metadata": {"name": "e"}, "eventTime": "2026-01-01T00:59:50.000000Z", "type": "Normal", "reason": "R", "regarding": {"kind": "Pod", "name": "p"}, "note": "m", "reportingController": "kubelet"}),
            vec![
                "10s", "Normal", "R", "pod/p", "", "kubelet", "m", "10s", "1", "e",
            ],
        ),
        (
            "v1",
            "persistentvolumeclaims",
            json!({"metadata": {"name": "c"}, "spec": {"volumeName": "v", "storageClassName": "gp3", "volumeMode": "Filesystem"}, "status": {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}}}),
            vec![
                "c",
                "Bound",
                "v",
                "1Gi",
                "RWO",
                "gp3",
                "<unset>",
                "60m",
                "Filesystem",
            ],
        ),
        (
            "autoscaling/v2",
            "horizontalpodautoscalers",
            json!({"metadata": {"name": "h"}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "d"}, "minReplicas": 1, "maxReplicas": 5, "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}}]}, "status": {}}),
            vec![
                "h",
                "Deployment/d",
                "cpu: <unknown>/80%",
                "1",
                "5",
                "0",
                "60m",
            ],
        ),
        (
            "rbac.authorization.k8s.io/v1",
            "roles",
            json!({"metadata": {"name": "r"}}),
            vec!["r", "2026-01-01T00:00:00Z"],
        ),
        (
            "rbac.authorization.k8s.io/v1",
            "rolebindings",
            json!({"metadata": {"name": "r"}, "roleRef": {"kind": "Role", "name": "x"}, "subjects": [{"kind": "User", "name": "u"}, {"kind": "ServiceAccount", "name": "s", "namespace": "n"}]}),
            vec!["r", "Role/x", "60m", "u", "", "n/s"],
        ),
        (
            "v1",
            "resourcequotas",
            json!({"metadata": {"name": "q"}, "status": {"hard": {"pods": "4", "limits.cpu": "2", "cpu": "1"}, "used": {"pods": "1"}}}),
            vec!["q", "cpu: 0/1, pods: 1/4", "limits.cpu: 0/2", "60m"],
        ),
        (
            "storage.k8s.io/v1",
            "storageclasses",
            json!({"metadata": {"name": "gp3", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}, "provisioner": "ebs.csi.aws.com"}),
            vec![
                "gp3 (default)",
                "ebs.csi.aws.com",
                "Delete",
                "Immediate",
                "false",
                "60m",
            ],
        ),
    ] {
        let cells = printed(api_version, plural, object);
        let texts: Vec<String> = cells
            .iter()
            .map(|(_, value)| {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            })
            .collect();
        assert_eq!(texts, expected, "{plural}");
    }
}

#[test]
fn custom_resources_print_the_columns_of_their_definition() {
    let catalog = Catalog::built_in();
    let mut resource = (**catalog.resource("", "v1", "configmaps").expect("a kind")).clone();
    let mut definition = crate::catalog::Custom::default();
    let object = json!({"metadata": {"name": "c", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"replicas": 3, "part": 2.75, "hosts": ["a", "b"]}, "status": {"at": "2026-01-01T00:59:00Z", "conditions": [{"type": "Ready", "status": "True"}]}});
    resource.custom = Some(std::sync::Arc::new(definition.clone()));
    let plain = row(&resource, &object, now(), Include::None);
    assert_eq!(plain["cells"], json!(["c", "60m"]));
    definition.columns = vec![
        json!({"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas"}),
        json!({"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"}),
        json!({"name": "At", "type": "date", "jsonPath": ".status.at", "priority": 1}),
        json!({"name": "Hosts", "type": "string", "jsonPath": ".spec.hosts"}),
        json!({"name": "None", "type": "string", "jsonPath": ".spec.none"}),
        json!({"name": "Wrong", "type": "integer", "jsonPath": ".spec.hosts"}),
        json!({"name": "Part", "type": "integer", "jsonPath": ".spec.part"}),
    ];
    resource.custom = Some(std::sync::Arc::new(definition));
    let table = render(&resource, &json!({}), &[object], now(), Include::Metadata);
    assert_eq!(
        table["rows"][0]["cells"],
        json!(["c", 3, "True", "60s", "[\"a\",\"b\"]", null, null, 2])
    );
    assert_eq!(table["rows"][0]["object"]["kind"], "PartialObjectMetadata");
    assert_eq!(table["columnDefinitions"][3]["priority"], 1);
}

#[test]
fn a_scale_tells_how_many() {
    let object = json!({"metadata": {"name": "s", "resourceVersion": "7", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"replicas": 3}, "status": {}});
    let table = scale(&object, now(), Include::None);
    assert_eq!(table["metadata"]["resourceVersion"], "7");
    assert_eq!(table["rows"][0]["cells"], json!(["s", 3, 0, "60m"]));
    assert!(table["rows"][0]["object"].is_null());
    let names: Vec<_> = table["columnDefinitions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| &it["name"])
        .collect();
    assert_eq!(names, ["Name", "Desired", "Available", "Age"]);
}

/// Each kind has as many cells as columns, whatever its object looks like.
#[test]
fn any_shape_is_printed() {
    let catalog = Catalog::built_in();
    for resource in catalog.all() {
        for object in [
            json!(null),
            json!([]),
            json!({}),
            json!({"metadata": 1, "spec": [1], "status": "x"}),
            json!({"metadata": {"labels": [1], "ownerReferences": [1]}, "spec": {"containers": 1, "ports": [1], "metrics": [1, {"type": "Resource"}], "template": []},
                "status": {"conditions": [1], "containerStatuses": [1, {"state": 1}], "initContainerStatuses": [2]}, "subsets": [1], "subjects": [1], "data": 1}),
        ] {
            let row = row(resource, &object, now(), Include::Object);
            assert_eq!(
                row["cells"].as_array().map(Vec::len),
                Some(columns(resource).len()),
                "{}",
                resource.kind
            );
        }
    }
}
