//! Custom resources: the kinds a definition brings, and their schemas.
//!
//! A version's `openAPIV3Schema` becomes a table like the built-in one, so objects are pruned, defaulted, patched and applied on
//! the same paths. What the schema says of values beyond their types is checked by [`validate`]; what a definition may say at all
//! by [`check`]. Rules in CEL are refused.

mod check;
mod compile;
mod composed;
mod embedded;
mod format;
mod pattern;
mod pruned;
mod validate;

#[cfg(test)]
mod tests;

pub use check::{check, same_in_all};
pub use validate::{Patterns, validate};

use crate::catalog::{Custom, Resource, ScalePaths, Storage, Subresource};
use serde_json::Value;
use std::sync::Arc;

/// In the order in which upstream tells them of custom resources.
const VERBS: &[&str] = &[
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "create",
    "update",
    "watch",
];
const STATUS: &[&str] = &["get", "patch", "update"];

fn text(value: &Value, name: &str) -> String {
    value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn texts(value: &Value, name: &str) -> Vec<String> {
    let items = value
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether a schema, or one below it, has a default.
fn has_defaults(schema: &Value) -> bool {
    let below = |name: &str| schema.get(name).is_some_and(has_defaults);
    let own = schema.get("default").is_some_and(|it| !it.is_null());
    let properties = schema.get("properties").and_then(Value::as_object);
    own || below("items")
        || below("additionalProperties")
        || properties.is_some_and(|all| all.values().any(has_defaults))
}

/// The kinds of a definition's served versions. A version whose schema does not compile is left out: [`check`] did not let it in.
#[must_use]
pub fn resources(definition: &Value) -> Vec<Resource> {
    let versions = definition["spec"]["versions"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let stored = versions
        .iter()
        .find(|version| version["storage"] == true)
        .map(|version| text(version, "name"));
    let served = versions.iter().filter(|version| version["served"] == true);
    served
        .filter_map(|version| resource(definition, version, stored.clone()?))
        .collect()
}

fn resource(definition: &Value, version: &Value, stored: String) -> Option<Resource> {
    let spec = &definition["spec"];
    let names = &spec["names"];
    let (group, kind, plural) = (
        text(spec, "group"),
        text(names, "kind"),
        text(names, "plural"),
    );
    let name = text(version, "name");
    let given = |name: &str, other: String| {
        Some(text(names, name))
            .filter(|text| !text.is_empty())
            .unwrap_or(other)
    };
    let subresources = &version["subresources"];
    let scale = subresources
        .get("scale")
        .filter(|scale| scale.is_object())
        .map(|scale| ScalePaths {
            spec_replicas: text(scale, "specReplicasPath"),
            status_replicas: text(scale, "statusReplicasPath"),
            label_selector: scale
                .get("labelSelectorPath")
                .and_then(Value::as_str)
                .map(str::to_owned),
        });
    let status = subresources.get("status").is_some_and(Value::is_object);
    let sub = |sub: &str, group: &str, version: &str, kind: &str| Subresource {
        name: sub.into(),
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
        verbs: STATUS,
    };
    let mut subs = Vec::new();
    subs.extend(status.then(|| sub("status", &group, &name, &kind)));
    subs.extend(
        scale
            .as_ref()
            .map(|_| sub("scale", "autoscaling", "v1", "Scale")),
    );
    let schema = version["schema"]["openAPIV3Schema"].clone();
    let deprecated = version["deprecated"]
        .as_bool()
        .unwrap_or_default()
        .then(|| {
            let warning = text(version, "deprecationWarning");
            if warning.is_empty() {
                format!("{group}/{name} {kind} is deprecated")
            } else {
                warning
            }
        });
    let custom = Custom {
        columns: version["additionalPrinterColumns"]
            .as_array()
            .cloned()
            .unwrap_or_default(),
        status,
        scale,
        selectable: version["selectableFields"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|field| text(field, "jsonPath"))
            .collect(),
        deprecated,
        definition: text(&definition["metadata"], "name"),
        defaults: has_defaults(&schema),
        patterns: Patterns::of(&schema),
        schema,
    };
    Some(Resource {
        storage: Storage {
            group: group.clone(),
            version: stored,
            plural: plural.clone(),
        },
        list_kind: given("listKind", format!("{kind}List")),
        singular: given("singular", kind.to_ascii_lowercase()),
        short_names: texts(names, "shortNames"),
        categories: texts(names, "categories"),
        namespaced: spec["scope"] == "Namespaced",
        verbs: VERBS,
        subresources: subs,
        schema: compile::schema(&custom.schema)?,
        custom: Some(Arc::new(custom)),
        version: name,
        group,
        kind,
        plural,
    })
}
