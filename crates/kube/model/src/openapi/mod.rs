//! What `/openapi` serves, made of a catalog: `kubectl explain`, and what clients check objects and parameters with.
//!
//! Callers keep what they got as long as they keep the catalog; all clusters without custom resources share one.

mod connect;
mod custom;
mod definitions;
mod others;
mod paths;
mod proto;
mod roots;
mod watches;

#[cfg(test)]
mod tests;

use crate::catalog::Resource;
use crate::{Catalog, Version, built_in};
use definitions::Definitions;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// OpenAPI's two dialects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    V2,
    V3,
}

impl Dialect {
    fn reference(self, name: &str) -> Value {
        let folder = if self == Self::V2 {
            "definitions"
        } else {
            "components/schemas"
        };
        json!({"$ref": format!("#/{folder}/{name}")})
    }
}

pub use others::other;

/// `/openapi/v2` as JSON, with what [`other`] made of other servers' documents.
#[must_use]
pub fn v2(catalog: &Catalog, version: Version, others: &[&[u8]]) -> Vec<u8> {
    serde_json::to_vec(&document_v2(catalog, version, others)).unwrap_or_default()
}

/// The same as `application/com.github.proto-openapi.spec.v2@v1.0+protobuf`.
#[must_use]
pub fn v2_protobuf(catalog: &Catalog, version: Version, others: &[&[u8]]) -> Vec<u8> {
    proto::document(&document_v2(catalog, version, others))
}

fn document_v2(catalog: &Catalog, version: Version, others: &[&[u8]]) -> Value {
    let mut definitions = Definitions::new(catalog, Dialect::V2);
    let mut paths = Map::new();
    for resource in catalog.all() {
        paths::add(resource, &mut definitions, &mut paths);
    }
    roots::add(catalog, &mut definitions, &mut paths);
    paths.sort_keys();
    let mut document = json!({
        "swagger": "2.0",
        "info": info(version),
        "paths": paths,
        "definitions": definitions.finish(),
        "securityDefinitions": {"BearerToken": {
            "description": "Bearer Token authentication", "in": "header", "name": "authorization", "type": "apiKey",
        }},
        "security": [{"BearerToken": []}],
    });
    others::merge(&mut document, others);
    document
}

/// What the documents are about.
fn info(version: Version) -> Value {
    json!({"title": "Kubernetes", "version": format!("v{}", version.patch())})
}

/// `/openapi/v3`: the group versions and where each is, with a hash of its content.
#[must_use]
pub fn v3_index(catalog: &Catalog, version: Version) -> Vec<u8> {
    let mut hashes: BTreeMap<String, DefaultHasher> = BTreeMap::new();
    for resource in catalog.all() {
        let hasher = hashes.entry(root(resource)).or_insert_with(|| {
            let mut hasher = DefaultHasher::new();
            (version, built_in::SCHEMA, built_in::DESCRIPTIONS).hash(&mut hasher);
            hasher
        });
        resource.plural.hash(hasher);
        if let Some(custom) = &resource.custom {
            (
                custom.schema.to_string(),
                &custom.definition,
                custom.status,
                custom.scale.is_some(),
                &custom.selectable,
            )
                .hash(hasher);
        }
    }
    let paths = hashes.into_iter().map(|(root, hasher)| {
        let url = format!("/openapi/v3/{root}?hash={:016X}", hasher.finish());
        (root, json!({"serverRelativeURL": url}))
    });
    serde_json::to_vec(&json!({"paths": Value::Object(paths.collect())})).unwrap_or_default()
}

/// `/openapi/v3/apis/GROUP/VERSION` (`/openapi/v3/api/v1` for the core group).
#[must_use]
pub fn v3(catalog: &Catalog, served: Version, (group, version): (&str, &str)) -> Option<Vec<u8>> {
    let mut definitions = Definitions::new(catalog, Dialect::V3);
    let mut paths = Map::new();
    for resource in catalog
        .all()
        .filter(|resource| resource.group == group && resource.version == version)
    {
        paths::add(resource, &mut definitions, &mut paths);
    }
    if paths.is_empty() {
        return None;
    }
    paths.sort_keys();
    let document = json!({
        "openapi": "3.0.0",
        "info": info(served),
        "paths": paths,
        "components": {
            "schemas": definitions.finish(),
            "securitySchemes": {"BearerToken": {
                "type": "apiKey", "description": "Bearer Token authentication", "name": "authorization", "in": "header",
            }},
        },
    });
    serde_json::to_vec(&document).ok()
}

/// `api/v1`, `apis/apps/v1`
fn root(resource: &Resource) -> String {
    let folder = if resource.group.is_empty() {
        "api"
    } else {
        "apis"
    };
    format!("{folder}/{}", resource.api_version())
}
