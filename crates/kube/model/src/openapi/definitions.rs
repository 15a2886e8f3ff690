//! Types as OpenAPI has them: those a document refers to, each once.

use super::{Dialect, custom};
use crate::built_in::{self, BUILT_IN, BuiltIn};
use crate::catalog::Resource;
use crate::schema::{Field, Kind, ListType, Node};
use crate::{Catalog, Schema};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

pub struct Definitions<'a> {
    dialect: Dialect,
    descriptions: Map<String, Value>,
    /// By type: the kinds it is.
    kinds: HashMap<&'a str, Vec<Value>>,
    made: BTreeMap<String, Value>,
    /// Referred to and not made yet.
    wanted: Vec<(String, Schema)>,
    known: BTreeSet<String>,
}

fn split(kind: &str) -> Option<Value> {
    let mut parts = kind.rsplitn(3, '/');
    let (kind, version, group) = (
        parts.next()?,
        parts.next()?,
        parts.next().unwrap_or_default(),
    );
    Some(json!({"group": group, "version": version, "kind": kind}))
}

impl<'a> Definitions<'a> {
    pub fn new(catalog: &'a Catalog, dialect: Dialect) -> Self {
        let built_in: &'static BuiltIn = &BUILT_IN;
        let served: BTreeSet<String> = catalog
            .all()
            .map(|resource| resource.api_version())
            .collect();
        let mut kinds: HashMap<&'a str, Vec<Value>> = HashMap::new();
        for (kind, schema) in built_in.kinds() {
            let Some(gvk) = split(kind) else { continue };
            if kind.starts_with("meta.k8s.io/") {
                // Options and Status are of every group.
                let versions = served.iter().filter(|_| {
                    matches!(gvk["kind"].as_str(), Some("DeleteOptions" | "WatchEvent"))
                });
                let all = versions
                    .filter_map(|version| split(&format!("{version}/{}", gvk["kind"].as_str()?)));
                let own = json!({"group": "", "version": "v1", "kind": gvk["kind"]});
                let mut all: Vec<Value> = all.collect();
                if all.is_empty()
                    && !matches!(gvk["kind"].as_str(), Some("ObjectMeta" | "ListMeta"))
                {
                    all.push(own);
                }
                kinds.entry(schema.name()).or_default().extend(all);
            } else {
                kinds.entry(schema.name()).or_default().push(gvk);
            }
        }
        kinds.retain(|_, gvks| !gvks.is_empty());
        Self {
            dialect,
            descriptions: built_in::descriptions(),
            kinds,
            made: BTreeMap::new(),
            wanted: Vec::new(),
            known: BTreeSet::new(),
        }
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// A reference to a kind's definition; to that of any object where the kind has none.
    pub fn kind(&mut self, catalog_schema: Option<Schema>) -> Value {
        match catalog_schema {
            Some(schema) if !schema.root().name().is_empty() => {
                self.refer(schema.root().name().to_owned(), schema)
            }
            _ => json!({"type": "object"}),
        }
    }

    pub fn meta(&mut self, kind: &str) -> Value {
        if kind == "Patch" {
            let name = format!("{META}.Patch");
            let description = "Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.";
            self.made.insert(
                name.clone(),
                json!({"description": description, "type": "object"}),
            );
            return self.dialect.reference(&name);
        }
        self.kind(Schema::built_in("meta.k8s.io", "v1", kind))
    }

    /// What the server tells of its version, which is no object.
    pub fn version(&mut self) -> Value {
        const NAME: &str = "io.k8s.apimachinery.pkg.version.Info";
        const ALWAYS: [&str; 9] = [
            "buildDate",
            "compiler",
            "gitCommit",
            "gitTreeState",
            "gitVersion",
            "goVersion",
            "major",
            "minor",
            "platform",
        ];
        const BESIDE: [&str; 4] = [
            "emulationMajor",
            "emulationMinor",
            "minCompatibilityMajor",
            "minCompatibilityMinor",
        ];
        let all = ALWAYS.iter().chain(&BESIDE);
        let properties = all.map(|it| ((*it).to_owned(), json!({"type": "string"})));
        let mut properties: Map<String, Value> = properties.collect();
        properties.sort_keys();
        self.made.insert(
            NAME.to_owned(),
            json!({"description": "The version of the server.", "type": "object", "required": ALWAYS, "properties": properties}),
        );
        self.dialect.reference(NAME)
    }

    /// A custom resource's definition, or its list's.
    pub fn custom(&mut self, resource: &Resource, list: bool) -> Value {
        let mut parts: Vec<&str> = resource.group.split('.').collect();
        parts.reverse();
        let one = format!("{}.{}.{}", parts.join("."), resource.version, resource.kind);
        if list {
            let name = format!(
                "{}.{}.{}",
                parts.join("."),
                resource.version,
                resource.list_kind
            );
            let items = self.custom(resource, false);
            let text = format!(
                "List of {}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md",
                resource.plural
            );
            let mut properties = self.of_objects("ListMeta", "io.k8s.api.core.v1.PodList");
            let items = json!({"description": text, "type": "array", "items": items});
            properties.insert("items".to_owned(), items);
            let description = format!("{} is a list of {}", resource.list_kind, resource.kind);
            let mut made = json!({
                "description": description, "type": "object", "required": ["items"], "properties": properties,
            });
            extend(&mut made, resource, &resource.list_kind);
            self.made.insert(name.clone(), made);
            return self.dialect.reference(&name);
        }
        if self.known.insert(one.clone()) {
            let schema = resource.custom.as_ref().map(|custom| &custom.schema);
            let schema = schema.filter(|it| it.is_object());
            let mut made = custom::published(schema, self.dialect);
            if made.get("properties").is_some() {
                let parts = self.of_objects("ObjectMeta", "io.k8s.api.core.v1.Pod");
                custom::complete(&mut made, &parts, self.dialect);
            }
            extend(&mut made, resource, &resource.kind);
            self.made.insert(one.clone(), made);
        }
        self.dialect.reference(&one)
    }

    /// What each object or list has: `apiVersion`, `kind`, `metadata`, in the words of a built-in one.
    fn of_objects(&mut self, meta: &str, like: &str) -> Map<String, Value> {
        let metadata = self.meta(meta);
        let mut parts = Map::new();
        for name in ["apiVersion", "kind", "metadata"] {
            let mut part = match name {
                "metadata" if self.dialect == Dialect::V3 => json!({"allOf": [metadata]}),
                "metadata" => metadata.clone(),
                _ => json!({"type": "string"}),
            };
            if let Some(text) = self.description(like, Some(name)) {
                part["description"] = text;
            }
            parts.insert(name.to_owned(), part);
        }
        parts
    }

    fn refer(&mut self, name: String, schema: Schema) -> Value {
        let reference = self.dialect.reference(&name);
        if self.known.insert(name.clone()) {
            self.wanted.push((name, schema));
        }
        reference
    }

    /// All that was referred to, and what that refers to.
    pub fn finish(mut self) -> Value {
        while let Some((name, schema)) = self.wanted.pop() {
            let made = self.definition(&name, &schema);
            self.made.insert(name, made);
        }
        Value::Object(self.made.into_iter().collect())
    }

    fn description(&self, name: &str, field: Option<&str>) -> Option<Value> {
        let entry = self.descriptions.get(name)?;
        let text = match field {
            None => &entry[0],
            Some(field) => &entry[2][field],
        };
        text.as_str()
            .filter(|text| !text.is_empty())
            .map(Value::from)
    }

    fn definition(&mut self, name: &str, schema: &Schema) -> Value {
        let mut made = Map::new();
        if let Some(text) = self.description(name, None) {
            made.insert("description".into(), text);
        }
        let node = schema.root();
        if node.kind() != Kind::Struct {
            made.extend(self.leaf(node.kind()));
            return Value::Object(made);
        }
        made.insert("type".into(), "object".into());
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for field in node.json_fields() {
            if field.required() {
                required.push(Value::from(field.name()));
            }
            properties.insert(field.name().to_owned(), self.property(name, field, schema));
        }
        properties.sort_keys();
        if !required.is_empty() {
            required.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            made.insert("required".into(), required.into());
        }
        if !properties.is_empty() {
            made.insert("properties".into(), properties.into());
        }
        if node.atomic() {
            made.insert("x-kubernetes-map-type".into(), "atomic".into());
        }
        if let Some(kinds) = self.kinds.get(name) {
            made.insert(
                "x-kubernetes-group-version-kind".into(),
                kinds.clone().into(),
            );
        }
        Value::Object(made)
    }

    fn property(&mut self, owner: &str, field: Field<'_>, schema: &Schema) -> Value {
        let mut made = Map::new();
        let mut value = self.value(field.node(), schema);
        if self.dialect == Dialect::V3 && value.get("$ref").is_some() {
            // What stands beside a reference counts for nothing in OpenAPI 3.0.
            value = json!({"allOf": [value]});
        }
        if let Some(text) = self.description(owner, Some(field.name())) {
            made.insert("description".into(), text);
        }
        if let Value::Object(value) = value {
            made.extend(value);
        }
        // Upstream's clients of OpenAPI 2 do not expect them.
        if let (Dialect::V3, Some(default)) = (self.dialect, field.default()) {
            made.insert("default".into(), default.clone());
        }
        let node = field.node();
        if node.kind() == Kind::List {
            let list = match node.list() {
                ListType::Atomic => "atomic",
                ListType::Set => "set",
                ListType::Map => "map",
            };
            if node.list() == ListType::Map {
                let keys: Vec<Value> = node.keys().map(Value::from).collect();
                made.insert("x-kubernetes-list-map-keys".into(), keys.into());
            }
            made.insert("x-kubernetes-list-type".into(), list.into());
        } else if field.atomic() && !node.atomic() || node.kind() == Kind::Map && node.atomic() {
            made.insert("x-kubernetes-map-type".into(), "atomic".into());
        }
        let patch = field.patch();
        let strategies = [
            ("merge", patch.merge),
            ("replace", patch.replace),
            ("retainKeys", patch.retain_keys),
        ];
        let strategies: Vec<&str> = strategies
            .iter()
            .filter(|(_, set)| *set)
            .map(|(name, _)| *name)
            .collect();
        if !strategies.is_empty() {
            made.insert(
                "x-kubernetes-patch-strategy".into(),
                strategies.join(",").into(),
            );
        }
        if let Some(key) = field.merge_key() {
            made.insert("x-kubernetes-patch-merge-key".into(), key.into());
        }
        Value::Object(made)
    }

    fn value(&mut self, node: Node<'_>, schema: &Schema) -> Value {
        let named = |package: &str, name: &str| format!("io.k8s.{package}.{name}");
        let special = match node.kind() {
            Kind::Time => Some(named("apimachinery.pkg.apis.meta.v1", "Time")),
            Kind::MicroTime => Some(named("apimachinery.pkg.apis.meta.v1", "MicroTime")),
            Kind::FieldsV1 => Some(named("apimachinery.pkg.apis.meta.v1", "FieldsV1")),
            Kind::Quantity => Some(named("apimachinery.pkg.api.resource", "Quantity")),
            Kind::IntOrString => Some(named("apimachinery.pkg.util.intstr", "IntOrString")),
            Kind::RawExtension => Some(named("apimachinery.pkg.runtime", "RawExtension")),
            Kind::Any => Some(named(
                "apiextensions-apiserver.pkg.apis.apiextensions.v1",
                "JSON",
            )),
            Kind::SchemaOrArray => Some(named(
                "apiextensions-apiserver.pkg.apis.apiextensions.v1",
                "JSONSchemaPropsOrArray",
            )),
            Kind::SchemaOrBool => Some(named(
                "apiextensions-apiserver.pkg.apis.apiextensions.v1",
                "JSONSchemaPropsOrBool",
            )),
            Kind::SchemaOrStrings => Some(named(
                "apiextensions-apiserver.pkg.apis.apiextensions.v1",
                "JSONSchemaPropsOrStringArray",
            )),
            Kind::Struct => Some(node.name().to_owned()),
            _ => None,
        };
        if let Some(name) = special {
            return self.refer(name, schema.at(node));
        }
        match (node.kind(), node.item()) {
            (Kind::List, Some(item)) => json!({"type": "array", "items": self.value(item, schema)}),
            (Kind::Map, Some(item)) => {
                json!({"type": "object", "additionalProperties": self.value(item, schema)})
            }
            (kind, _) => Value::Object(self.leaf(kind)),
        }
    }

    fn leaf(&self, kind: Kind) -> Map<String, Value> {
        let both = self.dialect == Dialect::V3;
        let made = match kind {
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Int32 => json!({"type": "integer", "format": "int32"}),
            Kind::Int64 => json!({"type": "integer", "format": "int64"}),
            Kind::Double => json!({"type": "number", "format": "double"}),
            Kind::String | Kind::Duration => json!({"type": "string"}),
            Kind::Bytes => json!({"type": "string", "format": "byte"}),
            Kind::Time | Kind::MicroTime => json!({"type": "string", "format": "date-time"}),
            Kind::Quantity if both => json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
            Kind::Quantity => json!({"type": "string"}),
            Kind::IntOrString if both => {
                json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]})
            }
            Kind::IntOrString => json!({"type": "string", "format": "int-or-string"}),
            Kind::RawExtension | Kind::FieldsV1 | Kind::Map | Kind::Struct => {
                json!({"type": "object"})
            }
            _ => json!({}),
        };
        if let Value::Object(made) = made {
            made
        } else {
            Map::new()
        }
    }
}

/// Says which kind it is of a custom resource or a list, and by which fields these are selected.
fn extend(made: &mut Value, resource: &Resource, kind: &str) {
    let gvk = json!({"group": resource.group, "version": resource.version, "kind": kind});
    made["x-kubernetes-group-version-kind"] = json!([gvk]);
    let custom = resource.custom.iter();
    let selected = custom.flat_map(|it| &it.selectable);
    let selected = selected.map(|it| json!({"fieldPath": it.strip_prefix('.').unwrap_or(it)}));
    let selected: Vec<Value> = selected.collect();
    if !selected.is_empty() {
        made["x-kubernetes-selectable-fields"] = selected.into();
    }
}
