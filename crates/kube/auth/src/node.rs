//! What nodes may do: read and report of what is theirs, and see the secrets of the pods that run on them alone. Pure; whoever watches
//! pods tells of each.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wharf_kube_model::selector::Fields;

use crate::{Attributes, Decision, UserInfo};

/// What a pod refers to, and may be read by the node that runs it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Reference {
    resource: &'static str,
    namespace: String,
    name: String,
}

/// Which node each pod is on, and what it refers to.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// By namespace and name.
    pods: BTreeMap<(String, String), Placed>,
    /// How many pods of a node refer to something.
    references: BTreeMap<(String, Reference), usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Placed {
    node: String,
    references: BTreeSet<Reference>,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value) -> impl Iterator<Item = &'a Value> + use<'a> {
    value.as_array().into_iter().flatten()
}

impl Graph {
    /// A pod that is there, or is another now.
    pub fn put(&mut self, pod: &Value) {
        self.remove(pod);
        let node = text(&pod["spec"]["nodeName"]);
        if node.is_empty() {
            return;
        }
        let placed = Placed {
            node: node.to_owned(),
            references: references(pod),
        };
        for it in &placed.references {
            let key = (placed.node.clone(), it.clone());
            *self.references.entry(key).or_default() += 1;
        }
        self.pods.insert(key_of(pod), placed);
    }

    pub fn remove(&mut self, pod: &Value) {
        let Some(placed) = self.pods.remove(&key_of(pod)) else {
            return;
        };
        for it in placed.references {
            let key = (placed.node.clone(), it);
            if let Some(count) = self.references.get_mut(&key) {
                *count -= 1;
                if *count == 0 {
                    self.references.remove(&key);
                }
            }
        }
    }

    /// All pods, in place of those there were.
    pub fn replace<'a>(&mut self, pods: impl IntoIterator<Item = &'a Value>) {
        *self = Self::default();
        for pod in pods {
            self.put(pod);
        }
    }

    fn refers(&self, node: &str, resource: &'static str, namespace: &str, name: &str) -> bool {
        let reference = Reference {
            resource,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        self.references.contains_key(&(node.to_owned(), reference))
    }

    /// Whether the pod of this name runs on the node.
    fn runs(&self, node: &str, namespace: &str, name: &str) -> bool {
        let placed = self.pods.get(&(namespace.to_owned(), name.to_owned()));
        placed.is_some_and(|it| it.node == node)
    }
}

fn key_of(pod: &Value) -> (String, String) {
    let metadata = &pod["metadata"];
    let of = |member: &str| text(&metadata[member]).to_owned();
    (of("namespace"), of("name"))
}

fn references(pod: &Value) -> BTreeSet<Reference> {
    let namespace = text(&pod["metadata"]["namespace"]);
    let mut found = BTreeSet::new();
    let mut refer = |resource: &'static str, name: &Value| {
        let name = text(name);
        if !name.is_empty() {
            found.insert(Reference {
                resource,
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            });
        }
    };
    let spec = &pod["spec"];
    refer("serviceaccounts", &spec["serviceAccountName"]);
    for it in list(&spec["imagePullSecrets"]) {
        refer("secrets", &it["name"]);
    }
    for kind in ["initContainers", "containers", "ephemeralContainers"] {
        for container in list(&spec[kind]) {
            for it in list(&container["env"]) {
                refer("secrets", &it["valueFrom"]["secretKeyRef"]["name"]);
                refer("configmaps", &it["valueFrom"]["configMapKeyRef"]["name"]);
            }
            for it in list(&container["envFrom"]) {
                refer("secrets", &it["secretRef"]["name"]);
                refer("configmaps", &it["configMapRef"]["name"]);
            }
        }
    }
    for volume in list(&spec["volumes"]) {
        refer("secrets", &volume["secret"]["secretName"]);
        refer("configmaps", &volume["configMap"]["name"]);
        let claim = &volume["persistentVolumeClaim"]["claimName"];
        refer("persistentvolumeclaims", claim);
        if volume["ephemeral"].is_object() {
            let (pod, volume) = (text(&pod["metadata"]["name"]), text(&volume["name"]));
            refer("persistentvolumeclaims", &format!("{pod}-{volume}").into());
        }
        for source in list(&volume["projected"]["sources"]) {
            refer("secrets", &source["secret"]["name"]);
            refer("configmaps", &source["configMap"]["name"]);
        }
    }
    found
}

const READ: &[&str] = &["get", "list", "watch"];

fn allow() -> Decision {
    Decision::Allow(String::new())
}

/// Whether a node may do this; no opinion about anybody else.
pub fn authorize(graph: &Graph, user: &UserInfo, asked: &Attributes) -> Decision {
    let Some(node) = user.as_node() else {
        return Decision::NoOpinion(String::new());
    };
    let no = |reason: &str| Decision::NoOpinion(reason.to_owned());
    if !asked.is_resource() {
        return no("");
    }
    let own = asked.name == node;
    let verb = asked.verb.as_str();
    let narrowed_by =
        |field: &str| Fields::exact_in(&asked.field_selector, field).as_deref() == Some(node);
    match (
        asked.group.as_str(),
        asked.resource.as_str(),
        asked.subresource.as_str(),
    ) {
        ("", "nodes", "") => match verb {
            "create" => allow(),
            "get" | "update" | "patch" if own => allow(),
            "list" | "watch" if own || narrowed_by("metadata.name") => allow(),
            _ => no("a node may read and change itself only"),
        },
        ("", "nodes", "status") if own && matches!(verb, "get" | "patch" | "update") => allow(),
        ("", "services", "") if READ.contains(&verb) => allow(),
        // A node leads packets to services itself, in place of a proxy with an account of its own.
        ("discovery.k8s.io", "endpointslices", "") if READ.contains(&verb) => allow(),
        ("", "pods", "") => match verb {
            "get" if graph.runs(node, &asked.namespace, &asked.name) => allow(),
            "list" | "watch" if narrowed_by("spec.nodeName") => allow(),
            "delete" if graph.runs(node, &asked.namespace, &asked.name) => allow(),
            _ => no("a node may read and delete its own pods only"),
        },
        ("", "pods", "status") if matches!(verb, "patch" | "update") => {
            match graph.runs(node, &asked.namespace, &asked.name) {
                true => allow(),
                false => no("a node may report of its own pods only"),
            }
        }
        ("", "secrets" | "configmaps" | "persistentvolumeclaims", "") => {
            let resource = match asked.resource.as_str() {
                "secrets" => "secrets",
                "configmaps" => "configmaps",
                _ => "persistentvolumeclaims",
            };
            // A list or watch of the one by its name is what clients do that follow it.
            let single = READ.contains(&verb) && !asked.name.is_empty();
            match single && graph.refers(node, resource, &asked.namespace, &asked.name) {
                true => allow(),
                false => Decision::NoOpinion(format!(
                    "no relationship found between node '{node}' and this object"
                )),
            }
        }
        ("", "serviceaccounts", "token") if verb == "create" => {
            match graph.refers(node, "serviceaccounts", &asked.namespace, &asked.name) {
                true => allow(),
                false => no("no pod of this node has this service account"),
            }
        }
        ("" | "events.k8s.io", "events", "") if matches!(verb, "create" | "patch" | "update") => {
            allow()
        }
        ("coordination.k8s.io", "leases", "") if asked.namespace == "kube-node-lease" => match verb
        {
            "create" => allow(),
            "get" | "update" | "patch" | "delete" if own => allow(),
            _ => no("a node may keep its own lease only"),
        },
        ("certificates.k8s.io", "certificatesigningrequests", "") => match verb {
            "create" | "get" | "list" | "watch" => allow(),
            _ => no(""),
        },
        ("node.k8s.io", "runtimeclasses", "") if READ.contains(&verb) => allow(),
        ("", "persistentvolumeclaims", "status") if matches!(verb, "get" | "patch" | "update") => {
            match graph.refers(
                node,
                "persistentvolumeclaims",
                &asked.namespace,
                &asked.name,
            ) {
                true => allow(),
                false => no("no pod of this node has this claim"),
            }
        }
        // Which of them are of claims of its pods, their names do not tell; they hold no secrets.
        ("", "persistentvolumes", "") | ("storage.k8s.io", "volumeattachments", "")
            if verb == "get" =>
        {
            allow()
        }
        ("storage.k8s.io", "csidrivers", "") if READ.contains(&verb) => allow(),
        ("storage.k8s.io", "csinodes", "") => match verb {
            "create" => allow(),
            "get" | "update" | "patch" | "delete" if own => allow(),
            _ => no("a node may keep its own CSINode only"),
        },
        ("authentication.k8s.io", "tokenreviews", "")
        | ("authorization.k8s.io", "subjectaccessreviews" | "localsubjectaccessreviews", "")
            if verb == "create" =>
        {
            allow()
        }
        _ => no(""),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(name: &str, node: &str) -> Value {
        json!({
            "metadata": { "namespace": "team", "name": name },
            "spec": {
                "nodeName": node,
                "serviceAccountName": "builder",
                "containers": [{ "env": [{ "valueFrom": { "secretKeyRef": { "name": "key" } } }] }],
                "volumes": [{ "configMap": { "name": "settings" } }],
            },
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

    fn node(name: &str) -> UserInfo {
        UserInfo::authenticated(format!("system:node:{name}"), &["system:nodes"])
    }

    #[test]
    fn a_node_sees_what_its_pods_need() {
        let mut graph = Graph::default();
        graph.put(&pod("web", "one"));
        for (name, verb, resource, object, allowed) in [
            ("one", "get", "secrets", "key", true),
            ("one", "get", "secrets", "other", false),
            ("one", "list", "secrets", "", false),
            ("two", "get", "secrets", "key", false),
            ("one", "watch", "configmaps", "settings", true),
            ("one", "create", "serviceaccounts/token", "builder", true),
            ("two", "create", "serviceaccounts/token", "builder", false),
            ("one", "patch", "pods/status", "web", true),
            ("two", "patch", "pods/status", "web", false),
            ("one", "delete", "pods", "web", true),
            ("one", "create", "pods", "web", false),
        ] {
            let asked = asking(verb, resource, "team", object);
            let found = authorize(&graph, &node(name), &asked);
            assert_eq!(found.allows(), allowed, "{name} {verb} {resource} {object}");
        }
        graph.put(&pod("web", ""));
        assert!(
            !authorize(
                &graph,
                &node("one"),
                &asking("get", "secrets", "team", "key")
            )
            .allows()
        );
        graph.replace([&pod("a", "one"), &pod("b", "one")]);
        graph.remove(&pod("a", "one"));
        let key = asking("get", "secrets", "team", "key");
        assert!(authorize(&graph, &node("one"), &key).allows());
        graph.remove(&pod("b", "one"));
        assert!(!authorize(&graph, &node("one"), &key).allows());
    }

    #[test]
    fn a_node_is_itself_alone() {
        let graph = Graph::default();
        let one = node("one");
        let mut pods = asking("list", "pods", "", "");
        assert!(!authorize(&graph, &one, &pods).allows());
        for own in [
            "spec.nodeName=one",
            "status.phase!=x\\,y,spec.nodeName==one",
        ] {
            pods.field_selector = own.to_owned();
            assert!(authorize(&graph, &one, &pods).allows(), "{own}");
        }
        for elsewhere in [
            "spec.nodeName!=one",
            // One term, of pods on any node.
            "status.phase!=x\\,spec.nodeName=one",
        ] {
            pods.field_selector = elsewhere.to_owned();
            assert!(!authorize(&graph, &one, &pods).allows(), "{elsewhere}");
        }
        let mut nodes = asking("watch", "nodes", "", "");
        assert!(!authorize(&graph, &one, &nodes).allows());
        nodes.field_selector = "metadata.name==one".to_owned();
        assert!(authorize(&graph, &one, &nodes).allows());
        assert!(authorize(&graph, &one, &asking("patch", "nodes/status", "", "one")).allows());
        assert!(!authorize(&graph, &one, &asking("patch", "nodes/status", "", "two")).allows());
        let mut lease = asking("update", "leases", "kube-node-lease", "one");
        lease.group = "coordination.k8s.io".to_owned();
        assert!(authorize(&graph, &one, &lease).allows());
        lease.namespace = "default".to_owned();
        assert!(!authorize(&graph, &one, &lease).allows());
        // By name alone nobody is a node.
        let pretender = UserInfo::authenticated("system:node:one", &[]);
        assert!(!authorize(&graph, &pretender, &asking("create", "nodes", "", "")).allows());
    }
}
