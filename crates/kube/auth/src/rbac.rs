//! RBAC: what the roles and bindings of a cluster allow. Pure; whoever watches the objects tells of each.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Attributes, Decision, PolicyRule, Rules, UserInfo};

/// The API group of roles and bindings.
pub const GROUP: &str = "rbac.authorization.k8s.io";

/// The kinds that decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    ClusterRole,
    Role,
    ClusterRoleBinding,
    RoleBinding,
}

impl Kind {
    pub const ALL: [Self; 4] = [
        Self::ClusterRole,
        Self::Role,
        Self::ClusterRoleBinding,
        Self::RoleBinding,
    ];

    pub fn plural(self) -> &'static str {
        match self {
            Self::ClusterRole => "clusterroles",
            Self::Role => "roles",
            Self::ClusterRoleBinding => "clusterrolebindings",
            Self::RoleBinding => "rolebindings",
        }
    }
}

/// Namespace (empty for what is the cluster's) and name.
type Key = (String, String);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    User(String),
    Group(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Binding {
    subjects: Vec<Subject>,
    /// Whether the role is of the binding's namespace.
    of_namespace: bool,
    /// Empty where the binding refers to no role: none has that name.
    role: String,
}

/// All roles and bindings of a cluster.
#[derive(Debug, Clone, Default)]
pub struct Rbac {
    roles: BTreeMap<Key, Vec<PolicyRule>>,
    /// Those of the cluster have no namespace, and come first.
    bindings: BTreeMap<Key, Binding>,
}

/// A rule that somebody holds, and by what.
struct Held<'a> {
    rules: &'a [PolicyRule],
    key: &'a Key,
    binding: &'a Binding,
    subject: &'a Subject,
}

fn key_of(object: &Value) -> Key {
    let text = |member: &str| {
        let value = object["metadata"][member].as_str();
        value.unwrap_or_default().to_owned()
    };
    (text("namespace"), text("name"))
}

impl Binding {
    fn of(object: &Value) -> Self {
        let role = &object["roleRef"];
        let subjects = object["subjects"].as_array().into_iter().flatten();
        let of_namespace = role["kind"] == "Role";
        // A role of a namespace counts in no other place.
        let counts = match of_namespace {
            true => !key_of(object).0.is_empty(),
            false => role["kind"] == "ClusterRole",
        };
        let name = role["name"].as_str().filter(|_| counts);
        Self {
            subjects: subjects.filter_map(Subject::of).collect(),
            of_namespace,
            role: name.unwrap_or_default().to_owned(),
        }
    }

    fn subject_of(&self, user: &UserInfo) -> Option<&Subject> {
        self.subjects.iter().find(|it| match it {
            Subject::User(name) => *name == user.name,
            Subject::Group(name) => user.is_in(name),
        })
    }
}

impl Subject {
    fn of(value: &Value) -> Option<Self> {
        let name = value["name"].as_str()?.to_owned();
        match value["kind"].as_str()? {
            "User" => Some(Self::User(name)),
            "Group" => Some(Self::Group(name)),
            "ServiceAccount" => {
                let namespace = value["namespace"].as_str().filter(|it| !it.is_empty())?;
                let prefix = crate::user::SERVICE_ACCOUNT_PREFIX;
                Some(Self::User(format!("{prefix}{namespace}:{name}")))
            }
            _ => None,
        }
    }
}

impl Rbac {
    /// An object that is there, or is another now.
    pub fn put(&mut self, kind: Kind, object: &Value) {
        let key = key_of(object);
        match kind {
            Kind::ClusterRole | Kind::Role => {
                self.roles.insert(key, PolicyRule::all_of(object));
            }
            Kind::ClusterRoleBinding | Kind::RoleBinding => {
                self.bindings.insert(key, Binding::of(object));
            }
        }
    }

    /// An object that is gone.
    pub fn remove(&mut self, kind: Kind, object: &Value) {
        let key = key_of(object);
        match kind {
            Kind::ClusterRole | Kind::Role => {
                self.roles.remove(&key);
            }
            Kind::ClusterRoleBinding | Kind::RoleBinding => {
                self.bindings.remove(&key);
            }
        }
    }

    /// All objects of a kind, in place of those there were.
    pub fn replace<'a>(&mut self, kind: Kind, objects: impl IntoIterator<Item = &'a Value>) {
        let of_cluster = matches!(kind, Kind::ClusterRole | Kind::ClusterRoleBinding);
        match kind {
            Kind::ClusterRole | Kind::Role => {
                self.roles.retain(|key, _| key.0.is_empty() != of_cluster);
            }
            Kind::ClusterRoleBinding | Kind::RoleBinding => {
                self.bindings
                    .retain(|key, _| key.0.is_empty() != of_cluster);
            }
        }
        for object in objects {
            self.put(kind, object);
        }
    }

    /// The rules of the role that a binding of a namespace refers to.
    pub fn role(&self, namespace: &str, kind: &str, name: &str) -> Option<&[PolicyRule]> {
        let namespace = if kind == "Role" { namespace } else { "" };
        let key = (namespace.to_owned(), name.to_owned());
        self.roles.get(&key).map(Vec::as_slice)
    }

    /// What a user holds in a namespace (empty: in all of the cluster alone), the cluster's first.
    fn held<'a>(&'a self, user: &'a UserInfo, namespace: &str) -> impl Iterator<Item = Held<'a>> {
        let of = |namespace: &str| {
            let from = (namespace.to_owned(), String::new());
            let mut all = self.bindings.range(from..);
            let namespace = namespace.to_owned();
            std::iter::from_fn(move || all.next().filter(|(key, _)| key.0 == namespace))
        };
        let own = (!namespace.is_empty()).then(|| of(namespace));
        let all = of("").chain(own.into_iter().flatten());
        all.filter_map(move |(key, binding)| {
            let subject = binding.subject_of(user)?;
            let kind = if binding.of_namespace { "Role" } else { "" };
            let rules = self.role(&key.0, kind, &binding.role)?;
            Some(Held {
                rules,
                key,
                binding,
                subject,
            })
        })
    }

    pub fn authorize(&self, user: &UserInfo, asked: &Attributes) -> Decision {
        let found = self
            .held(user, &asked.namespace)
            .find(|held| held.rules.iter().any(|it| it.allows(asked)));
        match found {
            Some(held) => Decision::Allow(held.reason()),
            None => Decision::NoOpinion(String::new()),
        }
    }

    pub fn rules(&self, user: &UserInfo, namespace: &str) -> Rules {
        let held = self.held(user, namespace);
        Rules {
            rules: held.flat_map(|it| it.rules.iter().cloned()).collect(),
            ..Rules::default()
        }
    }
}

impl Held<'_> {
    /// In upstream's words.
    fn reason(&self) -> String {
        let (namespace, name) = self.key;
        let binding = match namespace.is_empty() {
            true => format!("ClusterRoleBinding \"{name}\""),
            false => format!("RoleBinding \"{name}/{namespace}\""),
        };
        let role = match self.binding.of_namespace {
            true => format!("Role \"{}\"", self.binding.role),
            false => format!("ClusterRole \"{}\"", self.binding.role),
        };
        let subject = match self.subject {
            Subject::Group(name) => format!("Group \"{name}\""),
            Subject::User(name) => {
                let own = name.strip_prefix(crate::user::SERVICE_ACCOUNT_PREFIX);
                match own.and_then(|it| it.split_once(':')) {
                    Some((namespace, account)) => {
                        format!("ServiceAccount \"{account}/{namespace}\"")
                    }
                    None => format!("User \"{name}\""),
                }
            }
        };
        format!("RBAC: allowed by {binding} of {role} to {subject}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn role(namespace: &str, name: &str, verbs: &[&str], resources: &[&str]) -> Value {
        json!({
            "metadata": { "namespace": namespace, "name": name },
            "rules": [{ "apiGroups": [""], "resources": resources, "verbs": verbs }],
        })
    }

    fn binding(namespace: &str, name: &str, role: (&str, &str), subject: Value) -> Value {
        json!({
            "metadata": { "namespace": namespace, "name": name },
            "roleRef": { "apiGroup": GROUP, "kind": role.0, "name": role.1 },
            "subjects": [subject],
        })
    }

    fn asking(verb: &str, resource: &str, namespace: &str, name: &str) -> Attributes {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        Attributes {
            verb: verb.to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            ..Attributes::default()
        }
    }

    fn cluster() -> Rbac {
        let mut rbac = Rbac::default();
        rbac.put(
            Kind::ClusterRole,
            &role("", "view", &["get", "list"], &["pods", "*/log"]),
        );
        rbac.put(Kind::Role, &role("team", "edit", &["*"], &["pods"]));
        let developers = json!({ "kind": "Group", "name": "devs" });
        rbac.put(
            Kind::ClusterRoleBinding,
            &binding("", "all", ("ClusterRole", "view"), developers),
        );
        let robot = json!({ "kind": "ServiceAccount", "namespace": "ci", "name": "robot" });
        rbac.put(
            Kind::RoleBinding,
            &binding("team", "edits", ("Role", "edit"), robot),
        );
        let jane = json!({ "kind": "User", "name": "jane" });
        rbac.put(
            Kind::RoleBinding,
            &binding("team", "views", ("ClusterRole", "view"), jane),
        );
        rbac
    }

    #[test]
    fn roles_count_where_they_are_bound() {
        let rbac = cluster();
        let developer = UserInfo::authenticated("joe", &["devs"]);
        let robot = UserInfo::service_account("ci", "robot", "u");
        let jane = UserInfo::authenticated("jane", &[]);
        for (user, verb, resource, namespace, allowed) in [
            (&developer, "get", "pods", "team", true),
            (&developer, "get", "pods", "", true),
            (&developer, "get", "pods/log", "x", true),
            (&developer, "get", "pods/exec", "x", false),
            (&developer, "delete", "pods", "x", false),
            (&robot, "delete", "pods", "team", true),
            (&robot, "delete", "pods/log", "team", false),
            (&robot, "delete", "pods", "other", false),
            (&robot, "delete", "pods", "", false),
            (&jane, "list", "pods", "team", true),
            (&jane, "list", "pods", "", false),
        ] {
            let found = rbac.authorize(user, &asking(verb, resource, namespace, ""));
            assert_eq!(
                found.allows(),
                allowed,
                "{} {verb} {resource} {namespace}",
                user.name
            );
        }
        let reason = rbac.authorize(&robot, &asking("get", "pods", "team", ""));
        assert_eq!(
            reason.reason(),
            "RBAC: allowed by RoleBinding \"edits/team\" of Role \"edit\" to ServiceAccount \"robot/ci\""
        );
    }

    #[test]
    fn what_is_gone_allows_nothing() {
        let mut rbac = cluster();
        let developer = UserInfo::authenticated("joe", &["devs"]);
        let get = asking("get", "pods", "team", "");
        assert!(rbac.authorize(&developer, &get).allows());
        rbac.remove(Kind::ClusterRole, &role("", "view", &[], &[]));
        assert!(!rbac.authorize(&developer, &get).allows());
        let mut rbac = cluster();
        rbac.replace(Kind::ClusterRoleBinding, []);
        assert!(!rbac.authorize(&developer, &get).allows());
        let jane = UserInfo::authenticated("jane", &[]);
        assert!(rbac.authorize(&jane, &get).allows());
    }

    #[test]
    fn a_binding_of_the_cluster_has_roles_of_the_cluster() {
        for kind in ["Role", "Other"] {
            let mut rbac = cluster();
            let jane = json!({ "kind": "User", "name": "joe" });
            rbac.put(
                Kind::ClusterRoleBinding,
                &binding("", "odd", (kind, "view"), jane),
            );
            let joe = UserInfo::authenticated("joe", &[]);
            let asked = asking("get", "pods", "team", "");
            assert!(!rbac.authorize(&joe, &asked).allows(), "{kind}");
        }
    }

    #[test]
    fn names_narrow_a_rule() {
        let mut rbac = Rbac::default();
        let mut narrow = role("team", "one", &["get"], &["secrets"]);
        narrow["rules"][0]["resourceNames"] = json!(["key"]);
        rbac.put(Kind::Role, &narrow);
        let jane = json!({ "kind": "User", "name": "jane" });
        rbac.put(
            Kind::RoleBinding,
            &binding("team", "b", ("Role", "one"), jane),
        );
        let jane = UserInfo::authenticated("jane", &[]);
        assert!(
            rbac.authorize(&jane, &asking("get", "secrets", "team", "key"))
                .allows()
        );
        assert!(
            !rbac
                .authorize(&jane, &asking("get", "secrets", "team", "other"))
                .allows()
        );
        assert!(
            !rbac
                .authorize(&jane, &asking("list", "secrets", "team", ""))
                .allows()
        );
    }

    #[test]
    fn nobody_grants_more_than_they_hold() {
        let held = cluster()
            .rules(&UserInfo::authenticated("joe", &["devs"]), "team")
            .rules;
        let rule = |verbs: &[&str], resources: &[&str]| {
            PolicyRule::all_of(&role("", "", verbs, resources))
        };
        assert_eq!(
            crate::rules::uncovered(&held, &rule(&["get"], &["pods", "pods/log"])),
            []
        );
        let missing = crate::rules::uncovered(&held, &rule(&["get", "delete"], &["pods"]));
        assert_eq!(missing, rule(&["delete"], &["pods"]));
        // A rule that is too much to be looked at is not held.
        let many: Vec<String> = (0..1000).map(|it| it.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let all = rule(&["*"], &["*"]);
        assert_eq!(crate::rules::uncovered(&all, &rule(&many, &many)).len(), 1);
    }
}
