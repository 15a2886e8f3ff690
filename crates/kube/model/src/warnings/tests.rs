//! Objects and what upstream warns of them.

use serde_json::{Value, json};

use super::{create, deprecated, update};
use crate::{Catalog, Resource};

const NONE: Vec<String> = Vec::new();

fn resource(api_version: &str, plural: &str) -> std::sync::Arc<Resource> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let catalog = Catalog::built_in();
    let found = catalog.resource(group, version, plural);
    std::sync::Arc::clone(found.expect("a kind"))
}

fn created(api_version: &str, plural: &str, object: &Value) -> Vec<String> {
    create(&resource(api_version, plural), object)
}

fn pod(spec: Value) -> Vec<String> {
    let object = json!({"metadata": {"name": "a"}, "spec": spec});
    created("v1", "pods", &object)
}

#[test]
fn kinds_that_are_deprecated() {
    let of = |plural: &str| deprecated(&resource("v1", plural)).map(str::to_owned);
    assert_eq!(
        of("endpoints").as_deref(),
        Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice")
    );
    assert_eq!(
        of("componentstatuses").as_deref(),
        Some("v1 ComponentStatus is deprecated in v1.19+")
    );
    assert_eq!(of("pods"), None);
}

#[test]
fn variables_that_hide_others() {
    let with = |env: Value| pod(json!({"containers": [{"name": "c", "env": env}]}));
    let one = json!({"name": "A", "value": "a"});
    for second in [
        json!({"name": "A", "value": "b"}),
        json!({"name": "A", "value": "$(A)"}),
        json!({"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}),
    ] {
        assert_eq!(
            with(json!([one, second])),
            [
                r#"spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply"#
            ]
        );
    }
    assert_eq!(
        with(json!([one, {"name": "A", "value": "$(A)/more"}, {"name": "B"}])),
        NONE
    );
}

#[test]
fn ports_in_each_others_way() {
    let two = |first: Value, second: Value| {
        pod(json!({"containers": [
            {"name": "c", "ports": [first]},
            {"name": "d", "ports": [second]}]}))
    };
    let port = |host: i64, ip: &str| {
        let mut port = json!({"containerPort": 80, "protocol": "TCP"});
        if host > 0 {
            port["hostPort"] = host.into();
        }
        if !ip.is_empty() {
            port["hostIP"] = ip.into();
        }
        port
    };
    let clash = |how: &str| {
        vec![format!(
            "spec.containers[1].ports[0]: {how} port definition with spec.containers[0].ports[0]"
        )]
    };
    assert_eq!(two(port(0, ""), port(0, "")), clash("duplicate"));
    assert_eq!(two(port(0, ""), port(8080, "")), clash("overlapping"));
    assert_eq!(
        two(port(8080, ""), port(8080, "10.0.0.1")),
        clash("dangerously ambiguous")
    );
    assert_eq!(two(port(8080, ""), port(8081, "")), NONE);
    assert_eq!(
        two(
            port(0, "10.0.0.1"),
            json!({"containerPort": 80, "protocol": "UDP"})
        ),
        [
            "spec.containers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP HostIP:10.0.0.1}"
        ]
    );
}

/// Ports that are all alike take neither time nor room by their square.
#[test]
fn a_flood_is_bounded() {
    let port = json!({"containerPort": 80, "protocol": "TCP"});
    let alike = Value::Array(vec![port; 50_000]);
    let told = pod(json!({"containers": [{"name": "c", "ports": alike}]}));
    assert_eq!(told.len(), super::MOST);
    let apart: Vec<Value> = (1..60_000)
        .map(|at| json!({"containerPort": 80, "protocol": "TCP", "hostPort": at}))
        .collect();
    assert_eq!(
        pod(json!({"containers": [{"name": "c", "ports": apart}]})),
        NONE
    );
}

#[test]
fn annotations_that_became_fields() {
    let annotations = json!({
        "seccomp.security.alpha.kubernetes.io/pod": "unconfined",
        "container.seccomp.security.alpha.kubernetes.io/c": "unconfined",
        "container.apparmor.security.beta.kubernetes.io/c": "unconfined",
        "scheduler.alpha.kubernetes.io/critical-pod": "",
    });
    let template =
        json!({"metadata": {"annotations": annotations}, "spec": {"containers": [{"name": "c"}]}});
    let set = json!({"metadata": {"name": "a"}, "spec": {"template": template}});
    assert_eq!(
        created("apps/v1", "deployments", &set),
        [
            r#"spec.template.metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead"#,
            r#"spec.template.metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead"#,
            r#"spec.template.metadata.annotations[container.seccomp.security.alpha.kubernetes.io/c]: non-functional in v1.27+; use the "seccompProfile" field instead"#,
            r#"spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the "appArmorProfile" field instead"#,
        ]
    );
    let mut both = set;
    both["spec"]["template"]["spec"]["securityContext"] = json!({"seccompProfile": {"type": "RuntimeDefault"}, "appArmorProfile": {"type": "Unconfined"}});
    assert_eq!(
        created("apps/v1", "deployments", &both).len(),
        2,
        "that of the container and the one of its priority"
    );
}

#[test]
fn places_and_volumes_and_what_is_there_twice() {
    assert_eq!(
        pod(json!({
            "containers": [{"name": "c", "resources": {"limits": {"memory": "1500m"}}}],
            "nodeSelector": {"beta.kubernetes.io/os": "linux"},
            "affinity": {
                "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "failure-domain.beta.kubernetes.io/zone", "operator": "Exists"}]}]}},
                "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 1, "podAffinityTerm": {"topologyKey": "zone"}}]}},
            "topologySpreadConstraints": [{"topologyKey": "zone"}],
            "volumes": [{"name": "v", "gitRepo": {"repository": "r"}}],
            "hostAliases": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.1"}],
            "imagePullSecrets": [{"name": "s"}, {"name": "s"}],
            "terminationGracePeriodSeconds": -1,
        })),
        [
            r#"spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead"#,
            r#"spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead"#,
            "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod",
            "spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+",
            r#"spec.hostAliases[1].ip: duplicate ip "10.0.0.1""#,
            r#"spec.imagePullSecrets[1].name: duplicate name "s""#,
            r#"spec.containers[0].resources.limits[memory]: fractional byte value "1500m" is invalid, must be an integer"#,
            "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1",
            "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: a null labelSelector results in matching no pod",
        ]
    );
}

#[test]
fn names_that_are_no_labels() {
    let named = json!({"metadata": {"name": "a.b"}, "spec": {}});
    for (api, plural, of_what) in [
        ("v1", "pods", "the Pod's hostname"),
        ("apps/v1", "deployments", "Pod names and hostnames"),
        ("batch/v1", "jobs", "Pod names and hostnames"),
    ] {
        assert_eq!(
            created(api, plural, &named),
            [format!(
                "metadata.name: this is used in {of_what}, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]"
            )]
        );
    }
    assert_eq!(created("v1", "configmaps", &named), NONE);
}

#[test]
fn services_and_ingresses() {
    let service = |spec: Value| created("v1", "services", &json!({"spec": spec}));
    assert_eq!(
        service(
            json!({"type": "ClusterIP", "clusterIP": "None", "sessionAffinity": "ClientIP", "externalName": "a.example.com"})
        ),
        [
            "spec.SessionAffinity is ignored for headless services",
            r#"spec.externalName is ignored when spec.type is not "ExternalName""#,
        ]
    );
    assert_eq!(
        service(json!({"type": "ExternalName", "externalIPs": ["10.0.0.1"], "externalName": "a"})),
        [r#"spec.externalIPs is ignored when spec.type is "ExternalName""#]
    );
    assert_eq!(
        service(json!({"type": "ClusterIP", "clusterIP": "None", "sessionAffinity": "None"})),
        NONE
    );
    let mut ingress =
        json!({"metadata": {"annotations": {"kubernetes.io/ingress.class": "alb"}}, "spec": {}});
    assert_eq!(
        created("networking.k8s.io/v1", "ingresses", &ingress),
        [
            r#"annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead"#
        ]
    );
    ingress["spec"]["ingressClassName"] = "alb".into();
    assert_eq!(created("networking.k8s.io/v1", "ingresses", &ingress), NONE);
}

#[test]
fn volumes_and_claims() {
    let annotations = json!({"volume.beta.kubernetes.io/storage-class": "gp2"});
    let class = r#"metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead"#;
    let claim = json!({"metadata": {"annotations": annotations}, "spec": {"resources": {"requests": {"storage": "100m"}}}});
    assert_eq!(
        created("v1", "persistentvolumeclaims", &claim),
        [
            class,
            r#"spec.resources.requests[storage]: fractional byte value "100m" is invalid, must be an integer"#
        ]
    );
    let volume = json!({"metadata": {"annotations": annotations}, "spec": {"persistentVolumeReclaimPolicy": "Recycle"}});
    assert_eq!(
        created("v1", "persistentvolumes", &volume),
        [
            class,
            "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning."
        ]
    );
}

/// A change is warned of where it is one of what is to be; pods are changed by programs alone.
#[test]
fn changes() {
    let resource_of_sets = resource("apps/v1", "deployments");
    let template = json!({"spec": {"terminationGracePeriodSeconds": -1}});
    let old = json!({"metadata": {"name": "a.b", "generation": 1}, "spec": {"template": template}});
    let mut new = old.clone();
    assert_eq!(update(&resource_of_sets, &new, &old), NONE);
    new["metadata"]["generation"] = 2.into();
    assert_eq!(
        update(&resource_of_sets, &new, &old),
        [
            "spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
        ]
    );
    let (old, new) = (
        old["spec"]["template"].clone(),
        json!({"metadata": {"generation": 2}, "spec": {"terminationGracePeriodSeconds": -1}}),
    );
    assert_eq!(update(&resource("v1", "pods"), &new, &old), NONE);
}
