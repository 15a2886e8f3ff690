//! Discovery: which groups, versions and resources there are, one document each in the old form, one for all in the new.

use std::net::SocketAddrV4;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use indexmap::IndexMap;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wharf_kube_model::{Catalog, Resource};

use crate::{
    aggregation::Snapshot,
    cluster::{Network, OwnServer},
};

/// Versions of each group, and the resources of each version, in the catalog's order.
type Groups<'a> = IndexMap<&'a str, IndexMap<&'a str, Vec<&'a Resource>>>;

fn groups(catalog: &Catalog) -> Groups<'_> {
    let mut groups = Groups::new();
    for resource in catalog.all() {
        let versions = groups.entry(&resource.group).or_default();
        let resources = versions.entry(&resource.version).or_default();
        resources.push(resource);
    }
    groups
}

/// `/api`
/// Whether a group is this server's own, and neither of definitions nor of another server.
pub fn is_own(catalog: &Catalog, group: &str) -> bool {
    let mut all = catalog.all();
    all.any(|it| it.group == group && it.custom.is_none())
}

pub fn versions(network: &Network) -> Value {
    let reach = |server: &OwnServer| {
        let at = SocketAddrV4::new(*server.addresses.first()?, server.port);
        Some(json!({"clientCIDR": "0.0.0.0/0", "serverAddress": at.to_string()}))
    };
    let addresses: Vec<Value> = network.server.iter().filter_map(reach).collect();
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": addresses,
    })
}

/// Groups with a name and their versions, this server's own in front of those of aggregated servers.
fn named<'a>(catalog: &'a Catalog, others: &'a Snapshot) -> IndexMap<&'a str, Vec<&'a str>> {
    let mut named = IndexMap::<&str, Vec<&str>>::new();
    for (name, versions) in groups(catalog) {
        if !name.is_empty() {
            named.insert(name, versions.into_keys().collect());
        }
    }
    for it in others.beside(catalog) {
        named.entry(&it.group).or_default().push(&it.version);
    }
    named
}

/// `/apis`
pub fn group_list(catalog: &Catalog, others: &Snapshot) -> Value {
    let named = named(catalog, others);
    let all = named
        .iter()
        .map(|(name, versions)| group_of(name, versions));
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": all.collect::<Vec<_>>()})
}

/// `/apis/GROUP`
pub fn group(catalog: &Catalog, others: &Snapshot, name: &str) -> Option<Value> {
    let named = named(catalog, others);
    let versions = named.get(name)?;
    let mut group = group_of(name, versions);
    group["kind"] = "APIGroup".into();
    group["apiVersion"] = "v1".into();
    Some(group)
}

fn group_of(name: &str, versions: &[&str]) -> Value {
    let version =
        |version: &&str| json!({"groupVersion": format!("{name}/{version}"), "version": version});
    let all: Vec<Value> = versions.iter().map(version).collect();
    json!({"name": name, "versions": all, "preferredVersion": all.first()})
}

/// `/api/v1`, `/apis/GROUP/VERSION`
pub fn resource_list(catalog: &Catalog, group: &str, version: &str) -> Option<Value> {
    let groups = groups(catalog);
    let resources = groups.get(group)?.get(version)?;
    let mut all = Vec::new();
    for resource in resources {
        let mut entry = json!({
            "name": resource.plural,
            "singularName": resource.singular,
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": resource.verbs,
        });
        if !resource.short_names.is_empty() {
            entry["shortNames"] = json!(resource.short_names);
        }
        if !resource.categories.is_empty() {
            entry["categories"] = json!(resource.categories);
        }
        // Whatever can be watched is stored.
        if resource.can("watch") {
            entry["storageVersionHash"] = stored_as(resource).into();
        }
        all.push(entry);
        for sub in &resource.subresources {
            let mut entry = json!({
                "name": format!("{}/{}", resource.plural, sub.name),
                "singularName": "",
                "namespaced": resource.namespaced,
            });
            if (sub.group.as_str(), sub.version.as_str()) != (group, version) {
                entry["group"] = sub.group.clone().into();
                entry["version"] = sub.version.clone().into();
            }
            entry["kind"] = sub.kind.clone().into();
            entry["verbs"] = json!(sub.verbs);
            all.push(entry);
        }
    }
    let is_custom = resources.iter().any(|it| it.custom.is_some());
    let place = |entry: &Value| place(entry["name"].as_str().unwrap_or_default(), is_custom);
    all.sort_by_cached_key(place);
    let group_version = match group {
        "" => version.to_owned(),
        _ => format!("{group}/{version}"),
    };
    Some(json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": all,
    }))
}

/// Where a resource or a part of one comes: by their names, but for parts of custom resources, of which scale comes last.
fn place(name: &str, is_custom: bool) -> (String, bool, String) {
    let (resource, part) = name.split_once('/').unwrap_or((name, ""));
    let is_last = is_custom && part == "scale";
    (resource.to_owned(), is_last, part.to_owned())
}

/// By which migrators of storage see that a kind is stored in another version.
fn stored_as(resource: &Resource) -> String {
    /// Bytes of the hash that are shown.
    const SHOWN: usize = 8;
    let storage = &resource.storage;
    let kind = format!("{}/{}/{}", storage.group, storage.version, resource.kind);
    BASE64.encode(&Sha256::digest(kind)[..SHOWN])
}

/// `/api` and `/apis` in the form that says all at once; `core`: of the group without a name. What aggregated servers told goes in as
/// it was kept.
pub fn aggregated(catalog: &Catalog, others: &Snapshot, form: &str, core: bool) -> Vec<u8> {
    let mut all = IndexMap::<&str, Vec<String>>::new();
    let groups = groups(catalog);
    for (name, versions) in groups.iter().filter(|(name, _)| name.is_empty() == core) {
        let versions = versions.iter().map(|(version, resources)| {
            let resources: Vec<Value> =
                resources.iter().map(|it| aggregated_resource(it)).collect();
            json!({"version": version, "resources": resources, "freshness": "Current"}).to_string()
        });
        all.insert(name, versions.collect());
    }
    for it in others.beside(catalog).into_iter().filter(|_| !core) {
        let resources = it
            .discovered
            .as_ref()
            .and_then(|of| of.resources.as_deref());
        // What an unavailable server told before may have changed.
        let is_current = it.is_available && resources.is_some();
        let freshness = if is_current { "Current" } else { "Stale" };
        let resources = resources.unwrap_or("[]");
        let version = Value::from(it.version.as_str());
        all.entry(&it.group).or_default().push(format!(
            r#"{{"version":{version},"resources":{resources},"freshness":"{freshness}"}}"#
        ));
    }
    let items = all.into_iter().map(|(name, versions)| {
        let metadata = match core {
            true => json!({"creationTimestamp": null}),
            false => json!({"name": name, "creationTimestamp": null}),
        };
        let versions = versions.join(",");
        format!(r#"{{"metadata":{metadata},"versions":[{versions}]}}"#)
    });
    let items = items.collect::<Vec<_>>().join(",");
    let kind = r#""kind":"APIGroupDiscoveryList""#;
    let version = Value::from(format!("apidiscovery.k8s.io/{form}"));
    format!(r#"{{{kind},"apiVersion":{version},"metadata":{{}},"items":[{items}]}}"#).into_bytes()
}

fn aggregated_resource(resource: &Resource) -> Value {
    let kind = |group: &str, version: &str, kind: &str| json!({"group": group, "version": version, "kind": kind});
    let mut entry = json!({
        "resource": resource.plural,
        "responseKind": kind(&resource.group, &resource.version, &resource.kind),
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": resource.verbs,
    });
    if !resource.short_names.is_empty() {
        entry["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        entry["categories"] = json!(resource.categories);
    }
    if !resource.subresources.is_empty() {
        let subs = resource.subresources.iter().map(|sub| {
            json!({
                "subresource": sub.name,
                "responseKind": kind(&sub.group, &sub.version, &sub.kind),
                "verbs": sub.verbs,
            })
        });
        entry["subresources"] = subs.collect();
    }
    entry
}
