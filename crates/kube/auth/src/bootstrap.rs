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

/// What collectors of metrics read.
const MONITORING: &[&str] = &[
    "/healthz",
    "/healthz/*",
    "/livez",
    "/livez/*",
    "/metrics",
    "/metrics/slis",
    "/readyz",
    "/readyz/*",
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
/// Who gives pods machines of Fargate, and takes those back that have none any more.
const FARGATE: &[Line] = &[
    (&["get", "list", "watch", "delete"], CORE, &["pods"]),
    (&["patch", "update"], CORE, &["pods/status"]),
    (&["create"], CORE, &["pods/binding"]),
    (&["get", "list", "watch", "delete"], CORE, &["nodes"]),
    (&["create", "patch", "update"], CORE, &["events"]),
];
/// Who makes and attaches EBS volumes of claims.
const VOLUMES: &[Line] = &[
    (READ, CORE, &["nodes", "pods"]),
    (
        &["get", "list", "watch", "patch", "update"],
        CORE,
        &["persistentvolumeclaims"],
    ),
    (
        &["patch", "update"],
        CORE,
        &["persistentvolumeclaims/status"],
    ),
    (
        &[
            "get", "list", "watch", "create", "delete", "patch", "update",
        ],
        &["", "storage.k8s.io"],
        &["persistentvolumes", "volumeattachments"],
    ),
    (
        &["patch", "update"],
        &["storage.k8s.io"],
        &["volumeattachments/status"],
    ),
    (READ, &["storage.k8s.io"], &["csinodes", "storageclasses"]),
    (&["create", "patch", "update"], CORE, &["events"]),
];
/// Who makes access points of EFS for claims.
const FILES: &[Line] = &[
    (READ, CORE, &["nodes"]),
    (
        &["get", "list", "watch", "patch", "update"],
        CORE,
        &["persistentvolumeclaims"],
    ),
    (
        &[
            "get", "list", "watch", "create", "delete", "patch", "update",
        ],
        CORE,
        &["persistentvolumes"],
    ),
    (READ, &["storage.k8s.io"], &["storageclasses"]),
    (&["create", "patch", "update"], CORE, &["events"]),
];
/// Nodes hold their pods to network policies, which speak of pods and namespaces anywhere. A role of its own, as the one that AWS's nodes
/// have for this: what the node's own rules say of pods stays as narrow as it is for all else that runs under them.
const POLICIES: &[Line] = &[
    (READ, CORE, &["namespaces", "pods"]),
    (READ, &["networking.k8s.io"], &["networkpolicies"]),
];
const POLICY_ROLE: &str = "eks:network-policy-agent";
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
    (READ, &["elbv2.k8s.aws"], &["targetgroupbindings"]),
    (
        &["patch", "update"],
        &["elbv2.k8s.aws"],
        &["targetgroupbindings", "targetgroupbindings/status"],
    ),
    (
        &["create"],
        &["apiextensions.k8s.io"],
        &["customresourcedefinitions"],
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
/// Who approves and signs certificates. A role of its own, since clusters from before keep the roles they have.
const CERTIFICATES: &[Line] = &[
    (
        &["get", "list", "watch", "delete"],
        &[CERTIFICATE_GROUP],
        &["certificatesigningrequests"],
    ),
    (
        &["update"],
        &[CERTIFICATE_GROUP],
        &[
            "certificatesigningrequests/approval",
            "certificatesigningrequests/status",
        ],
    ),
    (
        &["create"],
        &["authorization.k8s.io"],
        &["subjectaccessreviews"],
    ),
];
const CERTIFICATE_GROUP: &str = "certificates.k8s.io";
/// The signers of the cluster's authority.
const SIGNERS: [&str; 3] = [
    "kubernetes.io/kube-apiserver-client",
    "kubernetes.io/kube-apiserver-client-kubelet",
    "kubernetes.io/kubelet-serving",
];
const CERTIFICATE_ROLE: &str = "system:controller:certificate-controller";
/// A node gets a client certificate by itself.
const SELF_NODE_CLIENT: &str =
    "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient";
const NODE_CLIENT: &str = "system:certificates.k8s.io:certificatesigningrequests:nodeclient";
const BASIC: &[Line] = &[(
    &["create"],
    &["authorization.k8s.io"],
    &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
)];
/// Who asks this server who somebody is and what they may, as aggregated servers do.
const DELEGATOR: &[Line] = &[
    (&["create"], &["authentication.k8s.io"], &["tokenreviews"]),
    (
        &["create"],
        &["authorization.k8s.io"],
        &["subjectaccessreviews"],
    ),
];
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

/// Who approves for signers or signs as them.
fn of_signers(verbs: &[&str], signers: &[&str]) -> Value {
    json!({
        "apiGroups": [CERTIFICATE_GROUP], "resources": ["signers"], "resourceNames": signers, "verbs": verbs,
    })
}

/// Who may have a client certificate of a node without anybody's approval.
fn certified(subresource: &str) -> Vec<Value> {
    let resource = format!("certificatesigningrequests/{subresource}");
    vec![json!({ "apiGroups": [CERTIFICATE_GROUP], "resources": [resource], "verbs": ["create"] })]
}

/// Those whom a user may be given for one signer; nobody has them at first.
fn approvers() -> Vec<Value> {
    let approver = |signer: &&str| {
        let name = signer.rsplit('/').next().unwrap_or_default();
        let name = format!("system:certificates.k8s.io:{name}-approver");
        role(&name, vec![of_signers(&["approve"], &[signer])])
    };
    SIGNERS.iter().map(approver).collect()
}

/// ClusterRoles.
pub fn roles() -> Vec<Value> {
    let of = |name: &str, lines: &[Line]| role(name, lines.iter().map(rule).collect());
    let all = json!({ "nonResourceURLs": ["*"], "verbs": ["*"] });
    let basic = BASIC.iter().chain(REVIEWS_SELF).map(rule).collect();
    let mut signing: Vec<Value> = CERTIFICATES.iter().map(rule).collect();
    signing.push(of_signers(&["approve"], &SIGNERS[1..]));
    signing.push(of_signers(&["sign"], &SIGNERS));
    let mut all_roles = vec![
        role("cluster-admin", vec![rule(&(ALL, ALL, ALL)), all]),
        role("system:discovery", vec![paths(DISCOVERY)]),
        role("system:public-info-viewer", vec![paths(PUBLIC)]),
        role("system:monitoring", vec![paths(MONITORING)]),
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
        of("eks:fargate-scheduler", FARGATE),
        of("eks:ebs-csi-controller", VOLUMES),
        of("eks:efs-csi-controller", FILES),
        of(POLICY_ROLE, POLICIES),
        role(CERTIFICATE_ROLE, signing),
        of("system:auth-delegator", DELEGATOR),
        role(SELF_NODE_CLIENT, certified("selfnodeclient")),
        role(NODE_CLIENT, certified("nodeclient")),
    ];
    all_roles.extend(approvers());
    all_roles
}

/// By which aggregated servers learn whom to believe.
pub fn authentication_reader() -> Value {
    let mut reader = role("extension-apiserver-authentication-reader", Vec::new());
    reader["kind"] = "Role".into();
    reader["metadata"]["namespace"] = "kube-system".into();
    reader["rules"] = json!([{
        "apiGroups": [""], "resources": ["configmaps"], "verbs": READ,
        "resourceNames": ["extension-apiserver-authentication"],
    }]);
    reader
}

/// ClusterRoleBindings.
pub fn bindings() -> Vec<Value> {
    let everybody = ("Group", "system:authenticated");
    let strangers = ("Group", "system:unauthenticated");
    let scheduler = ("User", "system:kube-scheduler");
    let controllers = ("User", "system:kube-controller-manager");
    let balancers = ("User", "eks:load-balancer-controller");
    let interfaces = ("User", "eks:vpc-resource-controller");
    let fargate = ("User", "eks:fargate-scheduler");
    let volumes = ("User", "eks:ebs-csi-controller");
    let files = ("User", "eks:efs-csi-controller");
    vec![
        binding("cluster-admin", &[("Group", "system:masters")]),
        binding("system:discovery", &[everybody]),
        binding("system:basic-user", &[everybody]),
        binding("system:public-info-viewer", &[everybody, strangers]),
        binding("system:monitoring", &[("Group", "system:monitoring")]),
        binding("system:node-proxier", &[("Group", "system:node-proxier")]),
        binding("system:kube-scheduler", &[scheduler]),
        binding("system:kube-controller-manager", &[controllers]),
        binding("eks:load-balancer-controller", &[balancers]),
        binding("eks:vpc-resource-controller", &[interfaces]),
        binding("eks:fargate-scheduler", &[fargate]),
        binding("eks:ebs-csi-controller", &[volumes]),
        binding("eks:efs-csi-controller", &[files]),
        binding(POLICY_ROLE, &[("Group", "system:nodes")]),
        binding(CERTIFICATE_ROLE, &[controllers]),
        binding(SELF_NODE_CLIENT, &[("Group", "system:nodes")]),
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
        let sign = |verb: &str, signer: &str| Attributes {
            verb: verb.to_owned(),
            group: CERTIFICATE_GROUP.to_owned(),
            resource: "signers".to_owned(),
            name: signer.to_owned(),
            ..Attributes::default()
        };
        let own_client = Attributes {
            verb: "create".to_owned(),
            group: CERTIFICATE_GROUP.to_owned(),
            resource: "certificatesigningrequests".to_owned(),
            subresource: "selfnodeclient".to_owned(),
            ..Attributes::default()
        };
        let controllers = UserInfo::authenticated("system:kube-controller-manager", &[]);
        let node = UserInfo::authenticated("system:node:a", &["system:nodes"]);
        let policies = Attributes {
            verb: "watch".to_owned(),
            group: "networking.k8s.io".to_owned(),
            resource: "networkpolicies".to_owned(),
            ..Attributes::default()
        };
        for (user, asked, allowed) in [
            (&controllers, sign("sign", SIGNERS[0]), true),
            (&controllers, sign("approve", SIGNERS[0]), false),
            (&controllers, sign("approve", SIGNERS[2]), true),
            (&controllers, sign("sign", "example.com/a"), false),
            (&node, own_client.clone(), true),
            (&jane, own_client, false),
            (&node, policies.clone(), true),
            (&jane, policies, false),
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
