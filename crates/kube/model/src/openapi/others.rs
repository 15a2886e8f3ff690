//! What other servers tell of their kinds in OpenAPI 2, put into the document of this one. They are anybody's programs, and every client
//! reads the whole document: nothing gets into it that a client could not read, that leads nowhere, or that is about the kinds of others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Definitions and paths of one server.
const MOST: usize = 2000;
/// Schemas inside each other.
const DEEPEST: usize = 32;
/// Parameters of an operation, its answers, or words of a list.
const MOST_PARTS: usize = 64;
const TYPES: [&str; 6] = ["object", "array", "string", "integer", "number", "boolean"];
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];
const KIND: &str = "x-kubernetes-group-version-kind";
const REFERENCE: &str = "#/definitions/";
/// Extensions that are kept as they are, where they are no larger.
const EXTENSIONS: [&str; 8] = [
    "x-kubernetes-action",
    "x-kubernetes-patch-merge-key",
    "x-kubernetes-patch-strategy",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
];
const LONGEST_EXTENSION: usize = 1024;

/// Whose document it is.
struct Owner<'a> {
    group: &'a str,
    version: &'a str,
    /// The definitions there are.
    names: BTreeSet<&'a str>,
}

/// Of a document what is about the kinds of a group in a version, in JSON; `None` for one that cannot be read. Pure.
#[must_use]
pub fn other(document: &[u8], group: &str, version: &str) -> Option<Vec<u8>> {
    let document: Value = serde_json::from_slice(document).ok()?;
    let definitions = document.get("definitions")?.as_object()?;
    let paths = document.get("paths").and_then(Value::as_object);
    if definitions.len() > MOST || paths.is_some_and(|it| it.len() > MOST) {
        return None;
    }
    let names = definitions.keys().map(String::as_str);
    let owner = Owner {
        group,
        version,
        names: names.filter(|it| is_name(it)).collect(),
    };
    let mut all = BTreeMap::new();
    for (name, schema) in definitions.iter().filter(|(it, _)| is_name(it)) {
        all.insert(name.clone(), owner.schema(schema, 0));
    }
    let root = format!("/apis/{group}/{version}");
    let is_own = |path: &str| path == root || path.starts_with(&format!("{root}/"));
    let paths = paths.into_iter().flatten().filter(|(it, _)| is_own(it));
    let paths: Map<String, Value> = paths
        .map(|(path, item)| (path.clone(), owner.item(item)))
        .collect();
    // What nothing of its own leads to is another's.
    let mut needed = BTreeSet::new();
    for (_, schema) in all.iter().filter(|(_, it)| it.get(KIND).is_some()) {
        references(schema, &mut needed);
    }
    paths.values().for_each(|it| references(it, &mut needed));
    let own = all.iter().filter(|(_, it)| it.get(KIND).is_some());
    let mut left: Vec<String> = own.map(|(name, _)| name.clone()).chain(needed).collect();
    let mut kept = Map::new();
    while let Some(name) = left.pop() {
        if kept.contains_key(&name) {
            continue;
        }
        if let Some(schema) = all.get(&name) {
            let mut more = BTreeSet::new();
            references(schema, &mut more);
            left.extend(more);
            kept.insert(name, schema.clone());
        }
    }
    kept.sort_keys();
    serde_json::to_vec(&json!({"paths": paths, "definitions": kept})).ok()
}

/// Puts what [`other`] made of others' documents into one. A definition whose name means something else already gets another.
pub(super) fn merge(document: &mut Value, others: &[&[u8]]) {
    for other in others {
        let Ok(mut other) = serde_json::from_slice::<Value>(other) else {
            continue;
        };
        let Some(definitions) = document["definitions"].as_object_mut() else {
            return;
        };
        let told = other["definitions"].as_object().cloned();
        let mut renamed = BTreeMap::new();
        for (name, schema) in told.iter().flatten() {
            if definitions.get(name).is_some_and(|it| it != schema) {
                let mut numbers = 2..;
                let free = numbers.find_map(|number| {
                    let free = format!("{name}_v{number}");
                    let is_free = definitions.get(&free).is_none_or(|it| it == schema);
                    is_free.then_some(free)
                });
                renamed.extend(free.map(|it| (name.clone(), it)));
            }
        }
        rename(&mut other, &renamed);
        let told = other["definitions"].as_object_mut().map(std::mem::take);
        for (name, schema) in told.into_iter().flatten() {
            let name = renamed.get(&name).cloned().unwrap_or(name);
            definitions.entry(name).or_insert(schema);
        }
        let told = other["paths"].as_object_mut().map(std::mem::take);
        if let Some(paths) = document["paths"].as_object_mut() {
            for (path, item) in told.into_iter().flatten() {
                paths.entry(path).or_insert(item);
            }
        }
    }
}

fn rename(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let known = inner.as_str().filter(|_| name == "$ref");
                let known = known.and_then(|it| names.get(it.strip_prefix(REFERENCE)?));
                match known {
                    Some(other) => *inner = format!("{REFERENCE}{other}").into(),
                    None => rename(inner, names),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|it| rename(it, names)),
        _ => {}
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                match inner.as_str().and_then(|it| it.strip_prefix(REFERENCE)) {
                    Some(it) if name == "$ref" => drop(found.insert(it.to_owned())),
                    _ => references(inner, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|it| references(it, found)),
        _ => {}
    }
}

fn is_name(name: &str) -> bool {
    let is_letter = |it: u8| it.is_ascii_alphanumeric() || b".-_".contains(&it);
    !name.is_empty() && name.len() <= 253 && name.bytes().all(is_letter)
}

fn words(list: &Value) -> Option<Value> {
    let list = list.as_array()?;
    let all = list.iter().take(MOST_PARTS);
    let all: Vec<&str> = all.filter_map(Value::as_str).collect();
    Some(all.into())
}

impl Owner<'_> {
    /// A schema of what clients know of one, and of nothing else: everything is allowed where it says something else.
    fn schema(&self, schema: &Value, depth: usize) -> Value {
        let mut kept = Map::new();
        let Some(schema) = schema.as_object().filter(|_| depth < DEEPEST) else {
            return Value::Object(kept);
        };
        for (name, value) in schema {
            let inner = |value: &Value| self.schema(value, depth + 1);
            let found = match name.as_str() {
                "$ref" => self.reference(value),
                "format" | "title" | "description" => value.is_string().then(|| value.clone()),
                "type" => value
                    .as_str()
                    .filter(|it| TYPES.contains(it))
                    .map(Value::from),
                "required" => words(value),
                "default" => Some(value.clone()),
                "items" if value.is_object() => Some(inner(value)),
                "additionalProperties" if value.is_boolean() => Some(value.clone()),
                "additionalProperties" if value.is_object() => Some(inner(value)),
                "properties" => value.as_object().map(|all| {
                    let all = all.iter().map(|(name, it)| (name.clone(), inner(it)));
                    Value::Object(all.collect())
                }),
                "allOf" => value.as_array().map(|all| {
                    let all = all.iter().take(MOST_PARTS);
                    all.map(inner).collect()
                }),
                KIND => self.kinds(value),
                other => extension(other, value),
            };
            kept.extend(found.map(|it| (name.clone(), it)));
        }
        // Of a list that clients do not know the members of they could read nothing.
        if kept.get("type").is_some_and(|it| it == "array") && !kept.contains_key("items") {
            kept.shift_remove("type");
        }
        Value::Object(kept)
    }

    fn reference(&self, value: &Value) -> Option<Value> {
        let name = value.as_str()?.strip_prefix(REFERENCE)?;
        self.names.contains(name).then(|| value.clone())
    }

    /// Those of its own.
    fn kinds(&self, value: &Value) -> Option<Value> {
        let is_own = |it: &Value| {
            it["group"] == self.group && it["version"] == self.version && it["kind"].is_string()
        };
        let plain =
            |it: &Value| json!({"group": self.group, "version": self.version, "kind": it["kind"]});
        match value {
            Value::Array(all) => {
                let own: Vec<Value> = all
                    .iter()
                    .take(MOST_PARTS)
                    .filter(|it| is_own(it))
                    .map(plain)
                    .collect();
                (!own.is_empty()).then(|| own.into())
            }
            one => is_own(one).then(|| plain(one)),
        }
    }

    fn item(&self, item: &Value) -> Value {
        let mut kept = Map::new();
        for (name, value) in item.as_object().into_iter().flatten() {
            let found = match name.as_str() {
                "parameters" => Some(self.parameters(value)),
                method if METHODS.contains(&method) => Some(self.operation(value)),
                _ => None,
            };
            kept.extend(found.map(|it| (name.clone(), it)));
        }
        Value::Object(kept)
    }

    fn operation(&self, operation: &Value) -> Value {
        let mut kept = Map::new();
        for (name, value) in operation.as_object().into_iter().flatten() {
            let found = match name.as_str() {
                "operationId" | "description" => value.is_string().then(|| value.clone()),
                "tags" | "produces" | "consumes" | "schemes" => words(value),
                "parameters" => Some(self.parameters(value)),
                KIND => self.kinds(value),
                other => extension(other, value),
            };
            kept.extend(found.map(|it| (name.clone(), it)));
        }
        let answers = operation["responses"].as_object().into_iter().flatten();
        let answers = answers.take(MOST_PARTS).filter_map(|(code, answer)| {
            let is_code = code == "default" || code.parse::<u16>().is_ok();
            let text = answer["description"].as_str().unwrap_or_default();
            let mut kept = json!({"description": text});
            if answer["schema"].is_object() {
                kept["schema"] = self.schema(&answer["schema"], 0);
            }
            is_code.then(|| (code.clone(), kept))
        });
        kept.insert("responses".to_owned(), Value::Object(answers.collect()));
        Value::Object(kept)
    }

    fn parameters(&self, all: &Value) -> Value {
        let all = all.as_array().into_iter().flatten().take(MOST_PARTS);
        all.filter_map(|it| self.parameter(it)).collect()
    }

    fn parameter(&self, of: &Value) -> Option<Value> {
        let name = of["name"].as_str()?;
        let mut kept = json!({"name": name, "in": of["in"]});
        for text in ["description", "format"] {
            if of[text].is_string() {
                kept[text] = of[text].clone();
            }
        }
        for flag in ["required", "uniqueItems"] {
            if of[flag].is_boolean() {
                kept[flag] = of[flag].clone();
            }
        }
        match of["in"].as_str()? {
            "body" => kept["schema"] = self.schema(&of["schema"], 0),
            "path" | "query" | "header" => {
                let simple = of["type"].as_str().filter(|it| TYPES[2..].contains(it));
                kept["type"] = simple?.into();
            }
            _ => return None,
        }
        Some(kept)
    }
}

fn extension(name: &str, value: &Value) -> Option<Value> {
    let is_known = EXTENSIONS.contains(&name) && value.to_string().len() <= LONGEST_EXTENSION;
    is_known.then(|| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    fn read(document: &Value) -> Option<Value> {
        let made = other(document.to_string().as_bytes(), "g", "v1")?;
        serde_json::from_slice(&made).ok()
    }

    fn kind(group: &str, kind: &str) -> Value {
        json!([{"group": group, "version": "v1", "kind": kind}])
    }

    fn document() -> Value {
        json!({
            "swagger": "2.0",
            "paths": {
                "/apis/g/v1/namespaces/{namespace}/things": {"get": {
                    "operationId": "list", "parameters": [{"name": "dryRun", "in": "query", "type": "string"}],
                    "responses": {"200": {"description": "OK", "schema": {"$ref": "#/definitions/g.List"}}, "x": {}},
                }, "made-up": {}},
                "/apis/g/v1beta1/things": {"get": {"responses": {}}},
                "/api/v1/pods": {"get": {"responses": {}}},
            },
            "definitions": {
                "g.Thing": {"type": "object", KIND: kind("g", "Thing"), "properties": {
                    "metadata": {"$ref": "#/definitions/Meta"},
                    "size": {"type": "integer", "description": "How large it is."},
                    "odd": {"type": "thing", "$ref": "#/definitions/nowhere"},
                    "list": {"type": "array"},
                }},
                "g.List": {"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": "#/definitions/g.Thing"}}}},
                "Meta": {"type": "object", "properties": {"name": {"type": "string"}}},
                "Pod": {"type": "object", KIND: kind("", "Pod")},
                "unused": {"type": "object"},
            },
        })
    }

    #[test]
    fn what_is_kept_is_a_servers_own_and_leads_somewhere() {
        let made = read(&document()).unwrap();
        let names: Vec<&String> = made["definitions"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["Meta", "g.List", "g.Thing"]);
        let thing = &made["definitions"]["g.Thing"]["properties"];
        assert_eq!(thing["odd"], json!({}));
        assert_eq!(thing["list"], json!({}));
        assert_eq!(thing["size"]["description"], "How large it is.");
        let paths = made["paths"].as_object().unwrap();
        assert_eq!(paths.len(), 1);
        let item = &paths["/apis/g/v1/namespaces/{namespace}/things"];
        assert!(item.get("made-up").is_none());
        let answers = item["get"]["responses"].as_object().unwrap();
        assert_eq!(answers.len(), 1);
    }

    #[test]
    fn nothing_odd_gets_into_what_all_clients_read() {
        let deep = (0..100).fold(
            json!({}),
            |inner, _| json!({"items": inner, "type": "array"}),
        );
        for (definition, expected) in [
            (json!(3), None),
            (json!({"type": "object"}), None),
            (json!({KIND: kind("apps", "Deployment")}), None),
            (json!({KIND: 7}), None),
            (
                json!({KIND: kind("g", "Thing"), "properties": 3, "required": [1], "type": ["a"]}),
                Some(1),
            ),
            (
                json!({KIND: kind("g", "Thing"), "x-other": {}, "$ref": "https://example.com/"}),
                Some(1),
            ),
            (
                json!({KIND: kind("g", "Thing"), "properties": {"a": deep}}),
                Some(1),
            ),
        ] {
            let made = read(&json!({"definitions": {"d": definition}})).unwrap();
            let found = made["definitions"].as_object().unwrap();
            assert_eq!(found.len(), expected.unwrap_or(0), "{made}");
            for member in ["x-other", "$ref", "properties"] {
                let kept = found.get("d").and_then(|it| it.get(member));
                assert!(kept.is_none_or(Value::is_object), "{made}");
            }
        }
        let many: Map<String, Value> = (0..=MOST).map(|it| (it.to_string(), json!({}))).collect();
        assert!(read(&json!({"definitions": many})).is_none());
        assert!(read(&json!([])).is_none());
    }

    #[test]
    fn a_definition_never_takes_the_place_of_another() {
        let catalog = Catalog::built_in();
        let name = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
        let mut told = document();
        told["definitions"][name] =
            json!({"type": "object", "properties": {"odd": {"type": "string"}}});
        told["definitions"]["g.Thing"]["properties"]["metadata"] =
            json!({"$ref": format!("{REFERENCE}{name}")});
        let one = other(told.to_string().as_bytes(), "g", "v1").unwrap();
        let plain: Value =
            serde_json::from_slice(&super::super::v2(&catalog, crate::Version::DEFAULT, &[]))
                .unwrap();
        let with: Value = serde_json::from_slice(&super::super::v2(
            &catalog,
            crate::Version::DEFAULT,
            &[&one],
        ))
        .unwrap();
        assert_eq!(with["definitions"][name], plain["definitions"][name]);
        let renamed = format!("{name}_v2");
        assert!(with["definitions"][&renamed]["properties"]["odd"].is_object());
        assert_eq!(
            with["definitions"]["g.Thing"]["properties"]["metadata"]["$ref"],
            format!("{REFERENCE}{renamed}")
        );
        assert!(with["paths"]["/apis/g/v1/namespaces/{namespace}/things"].is_object());
        // What two servers say alike stands there once.
        let twice: Value = serde_json::from_slice(&super::super::v2(
            &catalog,
            crate::Version::DEFAULT,
            &[&one, &one],
        ))
        .unwrap();
        assert_eq!(twice["definitions"][name], plain["definitions"][name]);
        assert!(twice["definitions"].get(format!("{name}_v3")).is_none());
        assert!(
            super::super::v2_protobuf(&catalog, crate::Version::DEFAULT, &[&one]).len()
                > super::super::v2_protobuf(&catalog, crate::Version::DEFAULT, &[]).len()
        );
    }
}
