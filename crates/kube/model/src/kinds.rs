//! The built-in kinds, a row each: what discovery tells of them and what may be done with them.

/// What may be done with the resource itself, in discovery's order.
pub const ALL: &[&str] = &[
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];
const NAMESPACE: &[&str] = &[
    "create", "delete", "get", "list", "patch", "update", "watch",
];
const CREATE: &[&str] = &["create"];
const READ: &[&str] = &["get", "list"];
const GET: &[&str] = &["get"];
const STATUS: &[&str] = &["get", "patch", "update"];
const UPDATE: &[&str] = &["update"];
const CONNECT: &[&str] = &["create", "get"];
const PROXY: &[&str] = &["create", "delete", "get", "patch", "update"];

/// A row: group, version, kind, plural, short names, categories, namespaced, verbs, subresources.
pub struct Row {
    pub group: &'static str,
    pub version: &'static str,
    pub kind: &'static str,
    pub plural: &'static str,
    pub short_names: &'static [&'static str],
    pub categories: &'static [&'static str],
    pub namespaced: bool,
    pub verbs: &'static [&'static str],
    pub subresources: &'static [Sub],
}

/// A subresource: its name, the kind its body has (group, version, kind; the resource's own where that is empty), its verbs.
pub struct Sub(
    pub &'static str,
    pub &'static str,
    pub &'static str,
    pub &'static str,
    pub &'static [&'static str],
);

const OWN_STATUS: &[Sub] = &[Sub("status", "", "", "", STATUS)];
const SCALE: Sub = Sub("scale", "autoscaling", "v1", "Scale", STATUS);
const SCALED: &[Sub] = &[SCALE, Sub("status", "", "", "", STATUS)];

const POD: &[Sub] = &[
    Sub("attach", "", "v1", "PodAttachOptions", CONNECT),
    Sub("binding", "", "v1", "Binding", CREATE),
    Sub("ephemeralcontainers", "", "", "", STATUS),
    Sub("eviction", "policy", "v1", "Eviction", CREATE),
    Sub("exec", "", "v1", "PodExecOptions", CONNECT),
    Sub("log", "", "", "", GET),
    Sub("portforward", "", "v1", "PodPortForwardOptions", CONNECT),
    Sub("proxy", "", "v1", "PodProxyOptions", PROXY),
    Sub("resize", "", "", "", STATUS),
    Sub("status", "", "", "", STATUS),
];
const NAMESPACES: &[Sub] = &[
    Sub("finalize", "", "", "", UPDATE),
    Sub("status", "", "", "", STATUS),
];
const NODE: &[Sub] = &[
    Sub("proxy", "", "v1", "NodeProxyOptions", PROXY),
    Sub("status", "", "", "", STATUS),
];
const SERVICE: &[Sub] = &[
    Sub("proxy", "", "v1", "ServiceProxyOptions", PROXY),
    Sub("status", "", "", "", STATUS),
];
const ACCOUNT: &[Sub] = &[Sub(
    "token",
    "authentication.k8s.io",
    "v1",
    "TokenRequest",
    CREATE,
)];
const SIGNING: &[Sub] = &[
    Sub("approval", "", "", "", STATUS),
    Sub("status", "", "", "", STATUS),
];

const ADMISSION: &str = "admissionregistration.k8s.io";
const AUTHENTICATION: &str = "authentication.k8s.io";
const AUTHORIZATION: &str = "authorization.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";
const STORAGE: &str = "storage.k8s.io";
const NETWORKING: &str = "networking.k8s.io";
const EXTENSIONS: &str = "apiextensions.k8s.io";

/// In the order discovery lists groups (upstream's group priorities), then by plural.
#[rustfmt::skip]
pub const KINDS: &[Row] = &[
    namespaced("", "v1", "Binding", "bindings", &[], &[], CREATE, &[]),
    global("", "v1", "ComponentStatus", "componentstatuses", &["cs"], &[], READ, &[]),
    namespaced("", "v1", "ConfigMap", "configmaps", &["cm"], &[], ALL, &[]),
    namespaced("", "v1", "Endpoints", "endpoints", &["ep"], &[], ALL, &[]),
    namespaced("", "v1", "Event", "events", &["ev"], &[], ALL, &[]),
    namespaced("", "v1", "LimitRange", "limitranges", &["limits"], &[], ALL, &[]),
    global("", "v1", "Namespace", "namespaces", &["ns"], &[], NAMESPACE, NAMESPACES),
    global("", "v1", "Node", "nodes", &["no"], &[], ALL, NODE),
    namespaced("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", &["pvc"], &[], ALL, OWN_STATUS),
    global("", "v1", "PersistentVolume", "persistentvolumes", &["pv"], &[], ALL, OWN_STATUS),
    namespaced("", "v1", "Pod", "pods", &["po"], &["all"], ALL, POD),
    namespaced("", "v1", "PodTemplate", "podtemplates", &[], &[], ALL, &[]),
    namespaced("", "v1", "ReplicationController", "replicationcontrollers", &["rc"], &["all"], ALL, SCALED),
    namespaced("", "v1", "ResourceQuota", "resourcequotas", &["quota"], &[], ALL, OWN_STATUS),
    namespaced("", "v1", "Secret", "secrets", &[], &[], ALL, &[]),
    namespaced("", "v1", "ServiceAccount", "serviceaccounts", &["sa"], &[], ALL, ACCOUNT),
    namespaced("", "v1", "Service", "services", &["svc"], &["all"], ALL, SERVICE),
    global("apiregistration.k8s.io", "v1", "APIService", "apiservices", &[], &["api-extensions"], ALL, OWN_STATUS),
    namespaced("apps", "v1", "ControllerRevision", "controllerrevisions", &[], &[], ALL, &[]),
    namespaced("apps", "v1", "DaemonSet", "daemonsets", &["ds"], &["all"], ALL, OWN_STATUS),
    namespaced("apps", "v1", "Deployment", "deployments", &["deploy"], &["all"], ALL, SCALED),
    namespaced("apps", "v1", "ReplicaSet", "replicasets", &["rs"], &["all"], ALL, SCALED),
    namespaced("apps", "v1", "StatefulSet", "statefulsets", &["sts"], &["all"], ALL, SCALED),
    namespaced("events.k8s.io", "v1", "Event", "events", &["ev"], &[], ALL, &[]),
    global(AUTHENTICATION, "v1", "SelfSubjectReview", "selfsubjectreviews", &[], &[], CREATE, &[]),
    global(AUTHENTICATION, "v1", "TokenReview", "tokenreviews", &[], &[], CREATE, &[]),
    namespaced(AUTHORIZATION, "v1", "LocalSubjectAccessReview", "localsubjectaccessreviews", &[], &[], CREATE, &[]),
    global(AUTHORIZATION, "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", &[], &[], CREATE, &[]),
    global(AUTHORIZATION, "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", &[], &[], CREATE, &[]),
    global(AUTHORIZATION, "v1", "SubjectAccessReview", "subjectaccessreviews", &[], &[], CREATE, &[]),
    namespaced("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", &["hpa"], &["all"], ALL, OWN_STATUS),
    namespaced("autoscaling", "v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers", &["hpa"], &["all"], ALL, OWN_STATUS),
    namespaced("batch", "v1", "CronJob", "cronjobs", &["cj"], &["all"], ALL, OWN_STATUS),
    namespaced("batch", "v1", "Job", "jobs", &[], &["all"], ALL, OWN_STATUS),
    global("certificates.k8s.io", "v1", "CertificateSigningRequest", "certificatesigningrequests", &["csr"], &[], ALL, SIGNING),
    namespaced(NETWORKING, "v1", "Ingress", "ingresses", &["ing"], &[], ALL, OWN_STATUS),
    global(NETWORKING, "v1", "IngressClass", "ingressclasses", &[], &[], ALL, &[]),
    global(NETWORKING, "v1", "IPAddress", "ipaddresses", &["ip"], &[], ALL, &[]),
    namespaced(NETWORKING, "v1", "NetworkPolicy", "networkpolicies", &["netpol"], &[], ALL, &[]),
    global(NETWORKING, "v1", "ServiceCIDR", "servicecidrs", &[], &[], ALL, OWN_STATUS),
    namespaced("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", &["pdb"], &[], ALL, OWN_STATUS),
    global(RBAC, "v1", "ClusterRoleBinding", "clusterrolebindings", &[], &[], ALL, &[]),
    global(RBAC, "v1", "ClusterRole", "clusterroles", &[], &[], ALL, &[]),
    namespaced(RBAC, "v1", "RoleBinding", "rolebindings", &[], &[], ALL, &[]),
    namespaced(RBAC, "v1", "Role", "roles", &[], &[], ALL, &[]),
    global(STORAGE, "v1", "CSIDriver", "csidrivers", &[], &[], ALL, &[]),
    global(STORAGE, "v1", "CSINode", "csinodes", &[], &[], ALL, &[]),
    namespaced(STORAGE, "v1", "CSIStorageCapacity", "csistoragecapacities", &[], &[], ALL, &[]),
    global(STORAGE, "v1", "StorageClass", "storageclasses", &["sc"], &[], ALL, &[]),
    global(STORAGE, "v1", "VolumeAttachment", "volumeattachments", &[], &[], ALL, OWN_STATUS),
    global(STORAGE, "v1", "VolumeAttributesClass", "volumeattributesclasses", &["vac"], &[], ALL, &[]),
    global(ADMISSION, "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", &[], &["api-extensions"], ALL, &[]),
    global(ADMISSION, "v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", &[], &["api-extensions"], ALL, OWN_STATUS),
    global(ADMISSION, "v1", "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", &[], &["api-extensions"], ALL, &[]),
    global(ADMISSION, "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", &[], &["api-extensions"], ALL, &[]),
    global(EXTENSIONS, "v1", "CustomResourceDefinition", "customresourcedefinitions", &["crd", "crds"], &["api-extensions"], ALL, OWN_STATUS),
    global("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", &["pc"], &[], ALL, &[]),
    namespaced("coordination.k8s.io", "v1", "Lease", "leases", &[], &[], ALL, &[]),
    global("node.k8s.io", "v1", "RuntimeClass", "runtimeclasses", &[], &[], ALL, &[]),
    namespaced("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", &[], &[], ALL, &[]),
    global("metrics.k8s.io", "v1beta1", "NodeMetrics", "nodes", &[], &[], READ, &[]),
    namespaced("metrics.k8s.io", "v1beta1", "PodMetrics", "pods", &[], &[], READ, &[]),
];

#[expect(
    clippy::too_many_arguments,
    reason = "a row of the table above, each on a line of its own"
)]
const fn namespaced(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
    short_names: &'static [&'static str],
    categories: &'static [&'static str],
    verbs: &'static [&'static str],
    subresources: &'static [Sub],
) -> Row {
    Row {
        group,
        version,
        kind,
        plural,
        short_names,
        categories,
        namespaced: true,
        verbs,
        subresources,
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "a row of the table above, each on a line of its own"
)]
const fn global(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
    short_names: &'static [&'static str],
    categories: &'static [&'static str],
    verbs: &'static [&'static str],
    subresources: &'static [Sub],
) -> Row {
    Row {
        group,
        version,
        kind,
        plural,
        short_names,
        categories,
        namespaced: false,
        verbs,
        subresources,
    }
}
