//! The access policies of EKS: what an access entry may do beside RBAC. Pure.

use std::sync::LazyLock;

use wharf_base::glob::Glob;

use crate::{Attributes, PolicyRule};

const PREFIX: &str = "arn:aws:eks::aws:cluster-access-policy/";

/// A policy, and the rules it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    ClusterAdmin,
    Admin,
    Edit,
    View,
    AdminView,
}

pub const ALL: [Policy; 5] = [
    Policy::AdminView,
    Policy::Admin,
    Policy::ClusterAdmin,
    Policy::Edit,
    Policy::View,
];

/// Where an association of a policy counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    Cluster,
    /// Namespaces, with `*` for any characters.
    Namespaces(Vec<String>),
}

const READ: &[&str] = &["get", "list", "watch"];
const WRITE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];
/// Group, and what of it those who view a namespace see.
const VIEWED: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "bindings",
            "configmaps",
            "endpoints",
            "events",
            "limitranges",
            "namespaces",
            "namespaces/status",
            "persistentvolumeclaims",
            "persistentvolumeclaims/status",
            "pods",
            "pods/log",
            "pods/status",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "replicationcontrollers/status",
            "resourcequotas",
            "resourcequotas/status",
            "serviceaccounts",
            "services",
            "services/status",
        ],
    ),
    (
        "apps",
        &[
            "controllerrevisions",
            "daemonsets",
            "daemonsets/status",
            "deployments",
            "deployments/scale",
            "deployments/status",
            "replicasets",
            "replicasets/scale",
            "replicasets/status",
            "statefulsets",
            "statefulsets/scale",
            "statefulsets/status",
        ],
    ),
    (
        "autoscaling",
        &[
            "horizontalpodautoscalers",
            "horizontalpodautoscalers/status",
        ],
    ),
    (
        "batch",
        &["cronjobs", "cronjobs/status", "jobs", "jobs/status"],
    ),
    ("discovery.k8s.io", &["endpointslices"]),
    (
        "networking.k8s.io",
        &["ingresses", "ingresses/status", "networkpolicies"],
    ),
    (
        "policy",
        &["poddisruptionbudgets", "poddisruptionbudgets/status"],
    ),
];
/// What those who edit one write.
const EDITED: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "configmaps",
            "events",
            "persistentvolumeclaims",
            "pods",
            "pods/attach",
            "pods/eviction",
            "pods/exec",
            "pods/portforward",
            "pods/proxy",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "secrets",
            "serviceaccounts",
            "services",
            "services/proxy",
        ],
    ),
    (
        "apps",
        &[
            "daemonsets",
            "deployments",
            "deployments/rollback",
            "deployments/scale",
            "replicasets",
            "replicasets/scale",
            "statefulsets",
            "statefulsets/scale",
        ],
    ),
    ("autoscaling", &["horizontalpodautoscalers"]),
    ("batch", &["cronjobs", "jobs"]),
    ("networking.k8s.io", &["ingresses", "networkpolicies"]),
    ("policy", &["poddisruptionbudgets"]),
];

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|it| (*it).to_owned()).collect()
}

fn rules(verbs: &[&str], table: &[(&str, &[&str])]) -> Vec<PolicyRule> {
    let rule = |(group, resources): &(&str, &[&str])| PolicyRule {
        verbs: texts(verbs),
        groups: texts(&[group]),
        resources: texts(resources),
        ..PolicyRule::default()
    };
    table.iter().map(rule).collect()
}

impl Policy {
    pub fn name(self) -> &'static str {
        match self {
            Self::ClusterAdmin => "AmazonEKSClusterAdminPolicy",
            Self::Admin => "AmazonEKSAdminPolicy",
            Self::Edit => "AmazonEKSEditPolicy",
            Self::View => "AmazonEKSViewPolicy",
            Self::AdminView => "AmazonEKSAdminViewPolicy",
        }
    }

    pub fn arn(self) -> String {
        format!("{PREFIX}{}", self.name())
    }

    pub fn of_arn(arn: &str) -> Option<Self> {
        let name = arn.strip_prefix(PREFIX)?;
        ALL.into_iter().find(|it| it.name() == name)
    }

    pub fn rules(self) -> &'static [PolicyRule] {
        static RULES: LazyLock<[Vec<PolicyRule>; 5]> = LazyLock::new(|| ALL.map(Policy::made));
        let place = ALL.iter().position(|it| *it == self);
        place.map_or(&[], |it| &RULES[it])
    }

    fn made(self) -> Vec<PolicyRule> {
        let all = |verbs: &[&str]| PolicyRule {
            verbs: texts(verbs),
            groups: texts(&["*"]),
            resources: texts(&["*"]),
            ..PolicyRule::default()
        };
        match self {
            Self::ClusterAdmin => {
                let paths = PolicyRule {
                    verbs: texts(&["*"]),
                    paths: texts(&["*"]),
                    ..PolicyRule::default()
                };
                vec![all(&["*"]), paths]
            }
            Self::AdminView => vec![all(READ)],
            Self::View => rules(READ, VIEWED),
            Self::Edit => {
                let mut found = rules(READ, VIEWED);
                found.extend(rules(READ, EDITED));
                found.extend(rules(WRITE, EDITED));
                found.extend(rules(&["impersonate"], &[("", &["serviceaccounts"])]));
                found
            }
            Self::Admin => {
                let mut found = Self::Edit.made();
                let roles: &[(&str, &[&str])] =
                    &[("rbac.authorization.k8s.io", &["rolebindings", "roles"])];
                found.extend(rules(READ, roles));
                found.extend(rules(WRITE, roles));
                let reviews: &[(&str, &[&str])] =
                    &[("authorization.k8s.io", &["localsubjectaccessreviews"])];
                found.extend(rules(&["create"], reviews));
                found
            }
        }
    }
}

impl Reach {
    /// Whether a request about a namespace (empty: about the cluster, or all namespaces) is within.
    pub fn covers(&self, namespace: &str) -> bool {
        match self {
            Self::Cluster => true,
            Self::Namespaces(patterns) => {
                !namespace.is_empty()
                    && patterns.iter().any(|it| Glob::stars(it).matches(namespace))
            }
        }
    }
}

/// Whether an association allows this.
pub fn allows(policy: Policy, reach: &Reach, asked: &Attributes) -> bool {
    reach.covers(&asked.namespace) && policy.rules().iter().any(|it| it.allows(asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(verb: &str, resource: &str, namespace: &str) -> Attributes {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        Attributes {
            verb: verb.to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            namespace: namespace.to_owned(),
            ..Attributes::default()
        }
    }

    #[test]
    fn each_policy_allows_its_own() {
        use Policy::{Admin, AdminView, ClusterAdmin, Edit, View};
        for (verb, resource, allowed) in [
            (
                "get",
                "pods",
                vec![ClusterAdmin, Admin, Edit, View, AdminView],
            ),
            ("get", "secrets", vec![ClusterAdmin, Admin, Edit, AdminView]),
            ("create", "pods", vec![ClusterAdmin, Admin, Edit]),
            ("create", "pods/exec", vec![ClusterAdmin, Admin, Edit]),
            ("list", "nodes", vec![ClusterAdmin, AdminView]),
            ("create", "nodes", vec![ClusterAdmin]),
            ("create", "resourcequotas", vec![ClusterAdmin]),
        ] {
            for policy in ALL {
                let found = allows(policy, &Reach::Cluster, &asking(verb, resource, "team"));
                assert_eq!(
                    found,
                    allowed.contains(&policy),
                    "{policy:?} {verb} {resource}"
                );
            }
        }
        let path = Attributes {
            verb: "get".to_owned(),
            path: "/metrics".to_owned(),
            ..Attributes::default()
        };
        assert!(allows(ClusterAdmin, &Reach::Cluster, &path));
        assert!(!allows(AdminView, &Reach::Cluster, &path));
    }

    #[test]
    fn within_namespaces_alone() {
        let reach = Reach::Namespaces(vec!["team-*".to_owned()]);
        let policy = Policy::of_arn(&Policy::Edit.arn()).unwrap();
        assert!(allows(policy, &reach, &asking("list", "pods", "team-a")));
        assert!(!allows(policy, &reach, &asking("list", "pods", "other")));
        assert!(!allows(policy, &reach, &asking("list", "pods", "")));
    }
}
