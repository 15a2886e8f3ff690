//! The roles and bindings that a cluster begins with, by the names that upstream gives them. Who changed one is not overruled; a role of
//! a new version is added.

use serde_json::{Value, json};

use crate::{PolicyRule, access_policies::Policy, rbac};

/// A rule: verbs, API groups, resources.
type Line = (
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const READ: &[&str] = &["get", "list", "watch"];
const WRITE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];
const ALL: &[&str] = &["*"];
const CORE: &[&str] = &[""];
/// What nobody needs to be somebody for.
const PUBLIC: &[&str] = &["/healthz", "/livez", "/readyz", "/version", "/version/"];
const DISCOVERY: &[&str] = &[
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/healthz",
    "/livez",
    "/openapi",
    "/openapi/*",
    "/readyz",
    "/version",
    "/version/",
];

const NODE: &[Line] = &[
    (&["create"], &["authentication.k8s.io"], &["tokenreviews"]),
    (
        &["create"],
        &["authorization.k8s.io"],
        &["localsubjectaccessreviews", "subjectaccessreviews"],
    ),
    (READ, CORE, &["services"]),
    (&["create", "get", "list", "watch"], CORE, &["nodes"]),
    (&["patch", "update"], CORE, &["nodes", "nodes/status"]),
    (
        &["create", "patch", "update"],
        &["", "events.k8s.io"],
        &["events"],
    ),
];
const PROXIER: &[Line] = &[
    (&["list", "watch"], CORE, &["endpoints", "services"]),
    (READ, CORE, &["nodes"]),
    (
        &["create", "patch", "update"],
        &["", "events.k8s.io"],
        &["events"],
    ),
    (
        &["list", "watch"],
        &["discovery.k8s.io"],
        &["endpointslices"],
    ),
];
const SCHEDULER: &[Line] = &[
    (
        &["create", "patch", "update"],
        &["", "events.k8s.io"],
        &["events"],
    ),
    (
        &["create", "get", "list", "update", "watch", "patch"],
        &["coordination.k8s.io"],
        &["leases"],
    ),
    (&["get", "list", "watch"], CORE, &["nodes", "namespaces"]),
    (&["delete", "get", "list", "watch"], CORE, &["pods"]),
    (&["create"], CORE, &["bindings", "pods/binding"]),
    (&["patch", "update"], CORE, &["pods/status"]),
    (READ, CORE, &["replicationcontrollers", "services"]),
    (READ, &["apps"], &["replicasets", "statefulsets"]),
    (READ, &["policy"], &["poddisruptionbudgets"]),
    (
        &["get", "list", "patch", "update", "watch"],
        CORE,
        &["persistentvolumeclaims", "persistentvolumes"],
    ),
    (READ, &["storage.k8s.io"], ALL),
    (READ, &["scheduling.k8s.io"], &["priorityclasses"]),
];
/// Who gives pods network interfaces.
const INTERFACES: &[Line] = &[
    (&["get", "list", "watch", "patch"], CORE, &["pods"]),
    (READ, CORE, &["nodes"]),
    (&["create", "patch", "update"], CORE, &["events"]),
];
/// Who makes load balancers of Services and Ingresses.
const BALANCERS: &[Line] = &[
    (READ, CORE, &["pods", "services"]),
    (&["patch", "update"], CORE, &["services", "services/status"]),
    (READ, &["discovery.k8s.io"], &["endpointslices"]),
    (
        READ,
        &["networking.k8s.io"],
        &["ingressclasses", "ingresses"],
    ),
    (&["create"], &["networking.k8s.io"], &["ingressclasses"]),
    (
        &["patch", "update"],
        &["networking.k8s.io"],
        &["ingresses", "ingresses/status"],
    ),
    (&["create", "patch", "update"], CORE, &["events"]),
];
/// All controllers run as one user: the collector of garbage and the one of namespaces need every kind.
const CONTROLLERS: &[Line] = &[
    (READ, ALL, ALL),
    (WRITE, ALL, ALL),
    (&["escalate", "bind"], &[rbac::GROUP], ALL),
];
/// Who reads what nodes and pods use.
const METRICS: &[Line] = &[(READ, &["metrics.k8s.io"], &["nodes", "pods"])];
const BASIC: &[Line] = &[(
    &["create"],
    &["authorization.k8s.io"],
    &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
)];
const REVIEWS_SELF: &[Line] = &[(
    &["create"],
    &["authentication.k8s.io"],
    &["selfsubjectreviews"],
)];

fn rule((verbs, groups, resources): &Line) -> Value {
    json!({ "apiGroups": groups, "resources": resources, "verbs": verbs })
}

fn paths(paths: &[&str]) -> Value {
    json!({ "nonResourceURLs": paths, "verbs": ["get"] })
}

/// As a member of a role.
fn written(rule: &PolicyRule) -> Value {
    let mut value = json!({ "verbs": rule.verbs });
    if rule.paths.is_empty() {
        value["apiGroups"] = json!(rule.groups);
        value["resources"] = json!(rule.resources);
    } else {
        value["nonResourceURLs"] = json!(rule.paths);
    }
    value
}

fn metadata(name: &str) -> Value {
    json!({
        "name": name,
        "annotations": { "rbac.authorization.kubernetes.io/autoupdate": "true" },
        "labels": { "kubernetes.io/bootstrapping": "rbac-defaults" },
    })
}

fn role(name: &str, rules: Vec<Value>) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": metadata(name),
        "rules": rules,
    })
}

/// What chooses a role's rules for one of the roles that users bind.
fn aggregate_to(role: &str) -> String {
    format!("rbac.authorization.k8s.io/aggregate-to-{role}")
}

/// Lends a role's rules to those that users bind.
fn aggregated(mut role: Value, to: &[&str]) -> Value {
    for name in to {
        role["metadata"]["labels"][aggregate_to(name)] = json!("true");
    }
    role
}

/// A role that users bind, made of others: whoever adds a kind lends it the rules for it. It begins with what a cluster has from the
/// start, so it can be bound before its controller has looked at it.
fn user_role(name: &str, policy: Policy, above: &[&str]) -> Value {
    let mut made = aggregated(role(name, written_all(policy)), above);
    let chosen = json!({"matchLabels": {aggregate_to(name): "true"}});
    made["aggregationRule"] = json!({"clusterRoleSelectors": [chosen]});
    made
}

/// Where the rules of such a role come from.
fn part_of(name: &str, policy: Policy) -> Value {
    let own = role(&format!("system:aggregate-to-{name}"), written_all(policy));
    aggregated(own, &[name])
}

fn written_all(policy: Policy) -> Vec<Value> {
    policy.rules().iter().map(written).collect()
}

/// To a user or a group.
fn binding(role: &str, subjects: &[(&str, &str)]) -> Value {
    let subject = |(kind, name): &(&str, &str)| json!({ "apiGroup": rbac::GROUP, "kind": kind, "name": name });
    let subjects: Vec<Value> = subjects.iter().map(subject).collect();
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": metadata(role),
        "roleRef": { "apiGroup": rbac::GROUP, "kind": "ClusterRole", "name": role },
        "subjects": subjects,
    })
}

/// ClusterRoles.
pub fn roles() -> Vec<Value> {
    let of = |name: &str, lines: &[Line]| role(name, lines.iter().map(rule).collect());
    let all = json!({ "nonResourceURLs": ["*"], "verbs": ["*"] });
    let basic = BASIC.iter().chain(REVIEWS_SELF).map(rule).collect();
    vec![
        role("cluster-admin", vec![rule(&(ALL, ALL, ALL)), all]),
        role("system:discovery", vec![paths(DISCOVERY)]),
        role("system:public-info-viewer", vec![paths(PUBLIC)]),
        role("system:basic-user", basic),
        part_of("admin", Policy::Admin),
        part_of("edit", Policy::Edit),
        part_of("view", Policy::View),
        user_role("admin", Policy::Admin, &[]),
        user_role("edit", Policy::Edit, &["admin"]),
        user_role("view", Policy::View, &["edit"]),
        aggregated(
            of("system:aggregated-metrics-reader", METRICS),
            &["admin", "edit", "view"],
        ),
        of("system:node", NODE),
        of("system:node-proxier", PROXIER),
        of("system:kube-scheduler", SCHEDULER),
        of("system:kube-controller-manager", CONTROLLERS),
        of("eks:load-balancer-controller", BALANCERS),
        of("eks:vpc-resource-controller", INTERFACES),
    ]
}

/// ClusterRoleBindings.
pub fn bindings() -> Vec<Value> {
    let everybody = ("Group", "system:authenticated");
    let strangers = ("Group", "system:unauthenticated");
    let scheduler = ("User", "system:kube-scheduler");
    let controllers = ("User", "system:kube-controller-manager");
    let balancers = ("User", "eks:load-balancer-controller");
    let interfaces = ("User", "eks:vpc-resource-controller");
    vec![
        binding("cluster-admin", &[("Group", "system:masters")]),
        binding("system:discovery", &[everybody]),
        binding("system:basic-user", &[everybody]),
        binding("system:public-info-viewer", &[everybody, strangers]),
        binding("system:node-proxier", &[("Group", "system:node-proxier")]),
        binding("system:kube-scheduler", &[scheduler]),
        binding("system:kube-controller-manager", &[controllers]),
        binding("eks:load-balancer-controller", &[balancers]),
        binding("eks:vpc-resource-controller", &[interfaces]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Attributes, UserInfo,
        rbac::{Kind, Rbac},
    };

    #[test]
    fn what_a_cluster_begins_with() {
        let mut rbac = Rbac::default();
        rbac.replace(Kind::ClusterRole, &roles());
        rbac.replace(Kind::ClusterRoleBinding, &bindings());
        let path = |path: &str| Attributes {
            verb: "get".to_owned(),
            path: path.to_owned(),
            ..Attributes::default()
        };
        let bind = Attributes {
            verb: "create".to_owned(),
            resource: "pods".to_owned(),
            subresource: "binding".to_owned(),
            namespace: "default".to_owned(),
            ..Attributes::default()
        };
        let master = UserInfo::authenticated("root", &["system:masters"]);
        let jane = UserInfo::authenticated("jane", &[]);
        let scheduler = UserInfo::authenticated("system:kube-scheduler", &[]);
        for (user, asked, allowed) in [
            (&UserInfo::anonymous(), path("/healthz"), true),
            (&UserInfo::anonymous(), path("/apis"), false),
            (&jane, path("/apis/apps/v1"), true),
            (&jane, path("/metrics"), false),
            (&jane, bind.clone(), false),
            (&scheduler, bind.clone(), true),
            (&master, bind, true),
            (&master, path("/metrics"), true),
        ] {
            let found = rbac.authorize(user, &asked);
            assert_eq!(found.allows(), allowed, "{} {asked:?}", user.name);
        }
    }
}
