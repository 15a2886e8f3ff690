//! Paths and their operations, from a resource's row.

use super::definitions::Definitions;
use super::{Dialect, connect, root, watches};
use crate::Schema;
use crate::catalog::{Resource, Subresource};
use crate::strategy::is_shown_when_deleted;
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
pub const LISTED: &[(&str, &str)] = &[
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
/// A collection is deleted as it is listed.
const DELETED_TOGETHER: &[(&str, &str)] = &[
    ("continue", "string"),
    ("dryRun", "string"),
    ("fieldSelector", "string"),
    ("gracePeriodSeconds", "integer"),
    ("labelSelector", "string"),
    ("limit", "integer"),
    ("orphanDependents", "boolean"),
    ("propagationPolicy", "string"),
    ("resourceVersion", "string"),
    ("resourceVersionMatch", "string"),
    ("sendInitialEvents", "boolean"),
    ("timeoutSeconds", "integer"),
];
const PATCHES: &[&str] = &[
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
];
pub const PRODUCED: &[&str] = &[
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
];
const STREAMED: &[&str] = &[
    "application/json;stream=watch",
    "application/vnd.kubernetes.protobuf;stream=watch",
];

/// What an operation is: its name here, its action in `x-kubernetes-action`, the start of its id, its parameters.
pub struct Verb {
    pub method: &'static str,
    pub action: &'static str,
    pub id: &'static str,
    pub query: &'static [(&'static str, &'static str)],
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
        "deletecollection" => made("delete", "deletecollection", "delete", DELETED_TOGETHER),
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
    // Of custom resources upstream does not tell them.
    if resource.can("watch") && resource.custom.is_none() {
        watches::add(&mut writer, paths);
    }
    for sub in &resource.subresources {
        if connect::is_connected(sub) {
            connect::add(&mut writer, sub, &format!("{folder}/{{name}}"), paths);
            continue;
        }
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

pub struct Writer<'a, 'b> {
    pub resource: &'a Resource,
    pub definitions: &'a mut Definitions<'b>,
}

/// What an operation says beside what every one says.
pub struct Said<'a> {
    pub id: String,
    pub action: &'a str,
    /// Group, version and kind.
    pub of: (&'a str, &'a str, &'a str),
    pub consumed: &'a [&'a str],
    pub produced: &'a [&'a str],
    pub query: &'a [(&'a str, &'a str)],
    pub sends: Option<Value>,
    /// A code and the schema of what is answered with it.
    pub answers: Vec<(u16, Value)>,
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
        let parameters = self.places(namespaced, named);
        item.insert("parameters".into(), parameters.into());
        Some(Value::Object(item))
    }

    /// The parameters that all operations of a path share.
    pub fn places(&self, namespaced: bool, named: bool) -> Vec<Value> {
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
        parameters
    }

    pub fn parameter(&self, place: &str, name: &str, kind: &str, text: &str) -> Value {
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

    /// What an id of an operation has after its verb: `CoreV1`.
    pub fn version_id(&self) -> String {
        let group = match self.resource.group.as_str() {
            "" => "core",
            group => group,
        };
        format!("{}{}", camel(group), camel(&self.resource.version))
    }

    fn operation(&mut self, verb: &Verb, sub: Option<&Subresource>, namespaced: bool) -> Value {
        let resource = self.resource;
        let sends = match verb.method {
            "post" | "put" => Some(self.body(sub, false)),
            "patch" => Some(self.definitions.meta("Patch")),
            "delete" => Some(self.definitions.meta("DeleteOptions")),
            _ => None,
        };
        let is_shown = verb.action == "delete" && is_shown_when_deleted(resource);
        let answer = match verb.method {
            "delete" if !is_shown => self.definitions.meta("Status"),
            _ => self.body(sub, verb.action == "list"),
        };
        let codes: &[u16] = match verb.action {
            "post" => &[200, 201, 202],
            "put" | "patch" => &[200, 201],
            "delete" => &[200, 202],
            _ => &[200],
        };
        let of = match sub {
            Some(sub) => (&sub.group, &sub.version, &sub.kind),
            None => (&resource.group, &resource.version, &resource.kind),
        };
        let scope = if namespaced { "Namespaced" } else { "" };
        let of_all = if resource.namespaced && !namespaced {
            "ForAllNamespaces"
        } else {
            ""
        };
        let suffix = sub.map(|sub| camel(&sub.name)).unwrap_or_default();
        let (version, kind) = (self.version_id(), &resource.kind);
        let id = match verb.action {
            "deletecollection" => format!("delete{version}Collection{scope}{kind}"),
            _ => format!("{}{version}{scope}{kind}{suffix}{of_all}", verb.id),
        };
        // By these clients choose: a custom resource is not merged by its schema, and has no form in protobuf.
        let is_custom = resource.custom.is_some();
        let consumed: &[&str] = match verb.method {
            "patch" if is_custom => &PATCHES[..3],
            "patch" => PATCHES,
            _ => &["*/*"],
        };
        let produced = self.produced(verb.action == "list" && !is_custom);
        self.made(Said {
            id,
            action: verb.action,
            of: (of.0, of.1, of.2),
            consumed,
            produced: &produced,
            query: verb.query,
            sends,
            answers: codes.iter().map(|code| (*code, answer.clone())).collect(),
        })
    }

    /// The media types of answers; of lists that can be watched, those of streams too.
    pub fn produced(&self, streams: bool) -> Vec<&'static str> {
        let forms = match self.resource.custom.is_some() {
            true => 1,
            false => 2,
        };
        let mut all = PRODUCED[..=forms].to_vec();
        if streams {
            all.extend(&STREAMED[..forms]);
        }
        all
    }

    pub fn made(&mut self, said: Said<'_>) -> Value {
        let resource = self.resource;
        let group = match resource.group.split('.').next() {
            None | Some("") => "core",
            Some(first) => first,
        };
        let mut parameters: Vec<Value> = said
            .query
            .iter()
            .map(|(name, kind)| self.parameter("query", name, kind, ""))
            .collect();
        let (of_group, version, kind) = said.of;
        let mut made = json!({
            "tags": [format!("{group}_{}", resource.version)],
            "operationId": said.id,
            "x-kubernetes-action": said.action,
            "x-kubernetes-group-version-kind": {"group": of_group, "version": version, "kind": kind},
        });
        let is_old = self.definitions.dialect() == Dialect::V2;
        let contents = |media: &[&str], schema: &Value| {
            let all = media.iter();
            let all = all.map(|it| ((*it).to_owned(), json!({"schema": schema})));
            Value::Object(all.collect())
        };
        if is_old {
            if let Some(schema) = said.sends {
                parameters.push(json!({"in": "body", "name": "body", "schema": schema}));
            }
            made["schemes"] = json!(["https"]);
            made["consumes"] = json!(said.consumed);
            made["produces"] = json!(said.produced);
        } else if let Some(schema) = said.sends {
            made["requestBody"] = json!({"content": contents(said.consumed, &schema)});
        }
        for (code, schema) in said.answers {
            let description = match code {
                201 => "Created",
                202 => "Accepted",
                _ => "OK",
            };
            made["responses"][code.to_string()] = match is_old {
                true => json!({"description": description, "schema": schema}),
                false => {
                    json!({"description": description, "content": contents(said.produced, &schema)})
                }
            };
        }
        made["responses"]["401"] = json!({"description": "Unauthorized"});
        if !parameters.is_empty() {
            made["parameters"] = parameters.into();
        }
        made
    }
}

pub fn camel(text: &str) -> String {
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
