//! Which objects a request is about.

use std::{borrow::Cow, fmt};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What may stand in a segment of a path as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':');

/// A kind of objects as an API serves them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind {
    /// Empty for the core group.
    pub group: Cow<'static, str>,
    pub version: Cow<'static, str>,
    pub kind: Cow<'static, str>,
    pub plural: Cow<'static, str>,
    pub namespaced: bool,
}

impl Kind {
    pub const fn known(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        plural: &'static str,
        namespaced: bool,
    ) -> Self {
        Self {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            kind: Cow::Borrowed(kind),
            plural: Cow::Borrowed(plural),
            namespaced,
        }
    }

    /// `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        match self.group.as_ref() {
            "" => self.version.to_string(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// The path of the collection; all namespaces where `namespace` is empty.
    pub fn path(&self, namespace: &str) -> String {
        let mut path = match self.group.as_ref() {
            "" => format!("/api/{}", self.version),
            group => format!("/apis/{}/{}", segment(group), segment(&self.version)),
        };
        if self.namespaced && !namespace.is_empty() {
            path.push_str("/namespaces/");
            path.push_str(&segment(namespace));
        }
        path.push('/');
        path.push_str(&segment(&self.plural));
        path
    }

    /// The path of an object, and of a subresource where it is not empty.
    pub fn object_path(&self, namespace: &str, name: &str, subresource: &str) -> String {
        let mut path = format!("{}/{}", self.path(namespace), segment(name));
        if !subresource.is_empty() {
            path.push('/');
            path.push_str(&segment(subresource));
        }
        path
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group.as_ref() {
            "" => out.write_str(&self.plural),
            group => write!(out, "{}.{group}", self.plural),
        }
    }
}

pub(crate) fn segment(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, SEGMENT).into()
}

macro_rules! kinds {
    ($($name:ident = $group:literal, $version:literal, $kind:literal, $plural:literal, $namespaced:literal;)*) => {
        $(pub const $name: Kind = Kind::known($group, $version, $kind, $plural, $namespaced);)*
    };
}

kinds! {
    BINDING = "", "v1", "Binding", "bindings", true;
    CONFIG_MAP = "", "v1", "ConfigMap", "configmaps", true;
    ENDPOINTS = "", "v1", "Endpoints", "endpoints", true;
    EVENT = "", "v1", "Event", "events", true;
    LIMIT_RANGE = "", "v1", "LimitRange", "limitranges", true;
    NAMESPACE = "", "v1", "Namespace", "namespaces", false;
    NODE = "", "v1", "Node", "nodes", false;
    PERSISTENT_VOLUME = "", "v1", "PersistentVolume", "persistentvolumes", false;
    PERSISTENT_VOLUME_CLAIM = "", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true;
    POD = "", "v1", "Pod", "pods", true;
    REPLICATION_CONTROLLER = "", "v1", "ReplicationController", "replicationcontrollers", true;
    RESOURCE_QUOTA = "", "v1", "ResourceQuota", "resourcequotas", true;
    SECRET = "", "v1", "Secret", "secrets", true;
    SERVICE = "", "v1", "Service", "services", true;
    SERVICE_ACCOUNT = "", "v1", "ServiceAccount", "serviceaccounts", true;
    CONTROLLER_REVISION = "apps", "v1", "ControllerRevision", "controllerrevisions", true;
    DAEMON_SET = "apps", "v1", "DaemonSet", "daemonsets", true;
    DEPLOYMENT = "apps", "v1", "Deployment", "deployments", true;
    REPLICA_SET = "apps", "v1", "ReplicaSet", "replicasets", true;
    STATEFUL_SET = "apps", "v1", "StatefulSet", "statefulsets", true;
    HORIZONTAL_POD_AUTOSCALER = "autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true;
    CRON_JOB = "batch", "v1", "CronJob", "cronjobs", true;
    JOB = "batch", "v1", "Job", "jobs", true;
    CERTIFICATE_SIGNING_REQUEST = "certificates.k8s.io", "v1", "CertificateSigningRequest", "certificatesigningrequests", false;
    LEASE = "coordination.k8s.io", "v1", "Lease", "leases", true;
    ENDPOINT_SLICE = "discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", true;
    IP_ADDRESS = "networking.k8s.io", "v1", "IPAddress", "ipaddresses", false;
    NETWORK_POLICY = "networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", true;
    SERVICE_CIDR = "networking.k8s.io", "v1", "ServiceCIDR", "servicecidrs", false;
    POD_DISRUPTION_BUDGET = "policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true;
    CLUSTER_ROLE = "rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false;
    PRIORITY_CLASS = "scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", false;
    STORAGE_CLASS = "storage.k8s.io", "v1", "StorageClass", "storageclasses", false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert_eq!(POD.path(""), "/api/v1/pods");
        assert_eq!(POD.path("a"), "/api/v1/namespaces/a/pods");
        assert_eq!(NODE.object_path("a", "n", ""), "/api/v1/nodes/n");
        assert_eq!(
            DEPLOYMENT.object_path("a", "d", "status"),
            "/apis/apps/v1/namespaces/a/deployments/d/status"
        );
        assert_eq!(
            CLUSTER_ROLE.object_path("", "system:a/../b?c", ""),
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:a%2F..%2Fb%3Fc"
        );
    }
}
