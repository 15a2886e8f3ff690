//! The paths of discovery and of what the server tells of itself. They have no kinds of their own.

use serde_json::{Map, Value, json};

use super::{
    definitions::Definitions,
    paths::{PRODUCED, camel},
};
use crate::Catalog;

pub fn add(catalog: &Catalog, definitions: &mut Definitions<'_>, paths: &mut Map<String, Value>) {
    let mut told = |path: String, tag: &str, id: String, kind: &str| {
        let schema = definitions.meta(kind);
        let operation = operation(&[tag], &id, schema, PRODUCED);
        paths.insert(path, json!({ "get": operation }));
    };
    let id = |what: &str| format!("get{what}");
    told("/api/".into(), "core", id("CoreAPIVersions"), "APIVersions");
    told("/apis/".into(), "apis", id("APIVersions"), "APIGroupList");
    for resource in catalog.all().filter(|it| it.custom.is_none()) {
        let (group, version) = (&resource.group, &resource.version);
        let (name, root) = match group.as_str() {
            "" => ("core", "/api".to_owned()),
            group => (group, format!("/apis/{group}")),
        };
        let first = name.split('.').next().unwrap_or_default();
        let (of, tag) = (camel(name), format!("{first}_{version}"));
        let one = id(&format!("{of}{}APIResources", camel(version)));
        told(format!("{root}/{version}/"), &tag, one, "APIResourceList");
        if !group.is_empty() {
            let all = id(&format!("{of}APIGroup"));
            told(format!("{root}/"), first, all, "APIGroup");
        }
    }
    let text = || json!({"type": "string"});
    for (path, tag, id, schema, produced) in [
        (
            "/version/",
            "version",
            "getCodeVersion",
            definitions.version(),
            "application/json",
        ),
        (
            "/.well-known/openid-configuration/",
            "WellKnown",
            "getServiceAccountIssuerOpenIDConfiguration",
            text(),
            "application/json",
        ),
        (
            "/openid/v1/jwks/",
            "openid",
            "getServiceAccountIssuerOpenIDKeyset",
            text(),
            "application/jwk-set+json",
        ),
    ] {
        let mut operation = operation(&[tag], id, schema, &[produced]);
        if id == "getCodeVersion" {
            operation["consumes"] = json!([produced]);
        } else if let Some(members) = operation.as_object_mut() {
            members.shift_remove("consumes");
        }
        paths.insert(path.to_owned(), json!({ "get": operation }));
    }
}

fn operation(tags: &[&str], id: &str, schema: Value, produced: &[&str]) -> Value {
    json!({
        "tags": tags,
        "operationId": id,
        "schemes": ["https"],
        "consumes": PRODUCED,
        "produces": produced,
        "responses": {
            "200": {"description": "OK", "schema": schema},
            "401": {"description": "Unauthorized"},
        },
    })
}
