//! Paths and their operations, from a resource's row.

use super::definitions::Definitions;
use super::{Dialect, root};
use crate::Schema;
use crate::catalog::{Resource, Subresource};
use serde_json::{Map, Value, json};

const WRITTEN: &[(&str, &str)] = &[
    ("dryRun", "string"),
    ("fieldManager", "string"),
    ("fieldValidation", "string"),
];
const FORCED: &[(&str, &str)] = &[
    ("dryRun", "string"),
    ("fieldManager", "string"),
    ("fieldValidation", "string"),
    ("force", "boolean"),
];
const LISTED: &[(&str, &str)] = &[
    ("allowWatchBookmarks", "boolean"),
    ("continue", "string"),
    ("fieldSelector", "string"),
    ("labelSelector", "string"),
    ("limit", "integer"),
    ("resourceVersion", "string"),
    ("resourceVersionMatch", "string"),
    ("sendInitialEvents", "boolean"),
    ("timeoutSeconds", "integer"),
    ("watch", "boolean"),
];
const DELETED: &[(&str, &str)] = &[
    ("dryRun", "string"),
    ("gracePeriodSeconds", "integer"),
    ("orphanDependents", "boolean"),
    ("propagationPolicy", "string"),
];
const PATCHES: &[&str] = &[
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
];
const PRODUCED: &[&str] = &[
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
];

/// What an operation is: its name here, its action in `x-kubernetes-action`, the start of its id, its parameters.
struct Verb {
    method: &'static str,
    action: &'static str,
    id: &'static str,
    query: &'static [(&'static str, &'static str)],
}

fn of_collection(verb: &str) -> Option<Verb> {
    let made = |method, action, id, query| {
        Some(Verb {
            method,
            action,
            id,
            query,
        })
    };
    match verb {
        "list" => made("get", "list", "list", LISTED),
        "create" => made("post", "post", "create", WRITTEN),
        "deletecollection" => made("delete", "deletecollection", "deleteCollection", DELETED),
        _ => None,
    }
}

fn of_object(verb: &str) -> Option<Verb> {
    let made = |method, action, id, query| {
        Some(Verb {
            method,
            action,
            id,
            query,
        })
    };
    match verb {
        "get" => made("get", "get", "read", &[]),
        "update" => made("put", "put", "replace", WRITTEN),
        "patch" => made("patch", "patch", "patch", FORCED),
        "delete" => made("delete", "delete", "delete", DELETED),
        _ => None,
    }
}

/// The paths of a resource and its subresources.
pub fn add(resource: &Resource, definitions: &mut Definitions<'_>, paths: &mut Map<String, Value>) {
    let base = format!("/{}", root(resource));
    let folder = if resource.namespaced {
        format!("{base}/namespaces/{{namespace}}/{}", resource.plural)
    } else {
        format!("{base}/{}", resource.plural)
    };
    let mut writer = Writer {
        resource,
        definitions,
    };
    let verbs = resource.verbs.iter().filter_map(|verb| of_collection(verb));
    let item = writer.item(verbs, None, resource.namespaced, false);
    paths.extend(item.map(|item| (folder.clone(), item)));
    if resource.namespaced && resource.can("list") {
        let item = writer.item(of_collection("list").into_iter(), None, false, false);
        paths.extend(item.map(|item| (format!("{base}/{}", resource.plural), item)));
    }
    let verbs = resource.verbs.iter().filter_map(|verb| of_object(verb));
    let item = writer.item(verbs, None, resource.namespaced, true);
    paths.extend(item.map(|item| (format!("{folder}/{{name}}"), item)));
    for sub in &resource.subresources {
        let create = Verb {
            method: "post",
            action: "post",
            id: "create",
            query: WRITTEN,
        };
        let create = sub.verbs.contains(&"create").then_some(create);
        let verbs = sub
            .verbs
            .iter()
            .filter_map(|verb| of_object(verb))
            .chain(create);
        let item = writer.item(verbs, Some(sub), resource.namespaced, true);
        paths.extend(item.map(|item| (format!("{folder}/{{name}}/{}", sub.name), item)));
    }
}

struct Writer<'a, 'b> {
    resource: &'a Resource,
    definitions: &'a mut Definitions<'b>,
}

impl Writer<'_, '_> {
    fn item(
        &mut self,
        verbs: impl Iterator<Item = Verb>,
        sub: Option<&Subresource>,
        namespaced: bool,
        named: bool,
    ) -> Option<Value> {
        let mut item = Map::new();
        for verb in verbs {
            let operation = self.operation(&verb, sub, namespaced);
            item.insert(verb.method.into(), operation);
        }
        if item.is_empty() {
            return None;
        }
        let mut parameters = Vec::new();
        if named {
            parameters.push(self.parameter(
                "path",
                "name",
                "string",
                &format!("name of the {}", self.resource.kind),
            ));
        }
        if namespaced {
            let text = "object name and auth scope, such as for teams and projects";
            parameters.push(self.parameter("path", "namespace", "string", text));
        }
        parameters.push(self.parameter(
            "query",
            "pretty",
            "string",
            "If 'true', then the output is pretty printed.",
        ));
        item.insert("parameters".into(), parameters.into());
        Some(Value::Object(item))
    }

    fn parameter(&self, place: &str, name: &str, kind: &str, text: &str) -> Value {
        let mut made = json!({"in": place, "name": name, "uniqueItems": true});
        if !text.is_empty() {
            made["description"] = text.into();
        }
        if place == "path" {
            made["required"] = true.into();
        }
        if self.definitions.dialect() == Dialect::V3 {
            made["schema"] = json!({"type": kind, "uniqueItems": true});
            if let Value::Object(made) = &mut made {
                made.shift_remove("uniqueItems");
            }
        } else {
            made["type"] = kind.into();
        }
        made
    }

    /// The kind of the body that is sent or answered.
    fn body(&mut self, sub: Option<&Subresource>, list: bool) -> Value {
        let resource = self.resource;
        let (group, version, kind) = match sub {
            Some(sub) => (&sub.group, &sub.version, &sub.kind),
            None => (
                &resource.group,
                &resource.version,
                if list {
                    &resource.list_kind
                } else {
                    &resource.kind
                },
            ),
        };
        let own = (group, version) == (&resource.group, &resource.version);
        if resource.custom.is_some() && own {
            return self.definitions.custom(resource, list);
        }
        self.definitions
            .kind(Schema::built_in(group, version, kind))
    }

    fn operation(&mut self, verb: &Verb, sub: Option<&Subresource>, namespaced: bool) -> Value {
        let resource = self.resource;
        let sends = match verb.method {
            "post" | "put" => Some(self.body(sub, false)),
            "patch" => Some(self.definitions.meta("Patch")),
            "delete" => Some(self.definitions.meta("DeleteOptions")),
            _ => None,
        };
        let text_alone = sub.is_some_and(|sub| {
            matches!(
                sub.name.as_str(),
                "log" | "exec" | "attach" | "portforward" | "proxy"
            )
        });
        let answers = match verb.method {
            _ if text_alone => json!({"type": "string"}),
            "delete" => self.definitions.meta("Status"),
            _ => self.body(sub, verb.action == "list"),
        };
        let sends = sends.filter(|_| !text_alone);
        let group = if resource.group.is_empty() {
            "core"
        } else {
            &resource.group
        };
        let (group_version, kind) = match sub {
            Some(sub) => ((&sub.group, &sub.version), &sub.kind),
            None => ((&resource.group, &resource.version), &resource.kind),
        };
        let scope = if namespaced { "Namespaced" } else { "" };
        let of_all = if resource.namespaced && !namespaced {
            "ForAllNamespaces"
        } else {
            ""
        };
        let suffix = sub.map(|sub| camel(&sub.name)).unwrap_or_default();
        let id = format!(
            "{}{}{}{scope}{}{suffix}{of_all}",
            verb.id,
            camel(group),
            camel(&resource.version),
            resource.kind
        );
        let mut parameters: Vec<Value> = verb
            .query
            .iter()
            .map(|(name, kind)| self.parameter("query", name, kind, ""))
            .collect();
        // By these clients choose: a custom resource is not merged by its schema, and has no form in protobuf.
        let is_custom = resource.custom.is_some();
        let consumed: &[&str] = match verb.method {
            "patch" if is_custom => &PATCHES[..3],
            "patch" => PATCHES,
            _ => &["*/*"],
        };
        let produced = match is_custom {
            true => &PRODUCED[..2],
            false => PRODUCED,
        };
        let mut made = json!({
            "tags": [format!("{}_{}", group.split('.').next().unwrap_or_default(), resource.version)],
            "operationId": id,
            "x-kubernetes-action": if text_alone { "connect" } else { verb.action },
            "x-kubernetes-group-version-kind": {"group": group_version.0, "version": group_version.1, "kind": kind},
        });
        if self.definitions.dialect() == Dialect::V2 {
            if let Some(schema) = sends {
                parameters.push(json!({"in": "body", "name": "body", "schema": schema}));
            }
            made["schemes"] = json!(["https"]);
            made["consumes"] = json!(consumed);
            made["produces"] = json!(produced);
            made["responses"] = json!({"200": {"description": "OK", "schema": answers}, "401": {"description": "Unauthorized"}});
        } else {
            if let Some(schema) = sends {
                let content = consumed
                    .iter()
                    .map(|media| ((*media).to_owned(), json!({"schema": schema})));
                made["requestBody"] = json!({"content": Value::Object(content.collect())});
            }
            let content = produced
                .iter()
                .map(|media| ((*media).to_owned(), json!({"schema": answers})));
            made["responses"] = json!({
                "200": {"description": "OK", "content": Value::Object(content.collect())},
                "401": {"description": "Unauthorized"},
            });
        }
        if !parameters.is_empty() {
            made["parameters"] = parameters.into();
        }
        made
    }
}

fn camel(text: &str) -> String {
    let parts = text.trim_end_matches(".k8s.io").split(['.', '-']);
    parts
        .map(|part| {
            let mut letters = part.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
                .unwrap_or_default()
        })
        .collect()
}
