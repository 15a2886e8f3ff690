//! Objects of the Kubernetes API as clients send them: three encodings, four kinds of patch, definitions of kinds of their own; what
//! stands in queries and fields as text of its own: selectors, quantities and paths; and what Services and policies come to for nodes.

use std::sync::Arc;

use serde_json::Value;
use wharf_kube_model::{
    Catalog, apply,
    codec::{self, MediaType},
    conform, custom,
    field::Errors,
    patch,
    quantity::Quantity,
    selector::{Fields, Labels},
    table::JsonPath,
    validate,
};
use wharf_kube_policies::{Rules, Source, Traffic};
use wharf_kube_services::{Origin, Place, Written};

use crate::input::{self, objects};

/// An object that can be read is the same after it was written and read again.
fn object(media: MediaType, bytes: &[u8]) {
    let catalog = Catalog::built_in();
    let Ok(decoded) = codec::decode(&catalog, media, bytes, Some(("v1", "Pod"))) else {
        return;
    };
    let text = |name: &str| {
        decoded
            .value
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (api, kind) = (text("apiVersion").to_owned(), text("kind").to_owned());
    let mut object = decoded.value;
    let Some(schema) = catalog.schema(&api, &kind) else {
        return;
    };
    if conform::conform(schema.root(), &mut object).is_err() {
        return;
    }
    let once = object.clone();
    assert!(conform::conform(schema.root(), &mut object).is_ok());
    assert_eq!(object, once);
    for media in [MediaType::Json, MediaType::Yaml, MediaType::Protobuf] {
        if let Some(bytes) = codec::encode(&catalog, media, &object) {
            let _ = codec::decode(&catalog, media, &bytes, None);
        }
    }
    let (group, version) = api.split_once('/').unwrap_or(("", &api));
    if let Some(resource) = catalog.of_kind(group, version, &kind) {
        let _ = validate::create(resource, &object);
    }
}

pub fn json(bytes: &[u8]) {
    object(MediaType::Json, bytes);
}

pub fn yaml(bytes: &[u8]) {
    object(MediaType::Yaml, bytes);
}

pub fn protobuf(bytes: &[u8]) {
    object(MediaType::Protobuf, bytes);
}

/// A pod on the first line, a patch of it on the second.
pub fn patches(bytes: &[u8]) {
    let Some((live, change)) = input::line(bytes) else {
        return;
    };
    let catalog = Catalog::built_in();
    let parsed = |bytes| codec::decode(&catalog, MediaType::Json, bytes, None).ok();
    let (Some(live), Some(change)) = (parsed(live.as_bytes()), parsed(change)) else {
        return;
    };
    let Some(pods) = catalog.resource("", "v1", "pods") else {
        return;
    };
    let _ = patch::json(&live.value, &change.value);
    let _ = patch::merge(&live.value, &change.value);
    let _ = patch::strategic(pods.schema.root(), &live.value, &change.value);
    let writer = apply::Writer {
        resource: pods,
        subresource: None,
        manager: "fuzz",
        now: "2026-01-01T00:00:00Z",
    };
    let Ok(applied) = apply::apply(writer, &live.value, &change.value, true) else {
        return;
    };
    let mut updated = live.value;
    apply::update(writer, Some(&applied), &mut updated);
}

/// Selectors of labels and fields, and amounts: what can be read is the same after it was written and read again.
pub fn selector(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(labels) = Labels::parse(text) {
        let written = labels.to_string();
        let again = Labels::parse(&written).map(|it| it.to_string());
        assert_eq!(again.as_ref(), Ok(&written));
        let _ = labels.matches(serde_json::json!({"app": "a"}).as_object());
    }
    if let Some(pods) = Catalog::built_in().resource("", "v1", "pods") {
        let _ = Fields::parse(pods, text);
    }
    if let Ok(amount) = Quantity::parse(text) {
        let written = amount.to_string();
        let again = Quantity::parse(&written).map(|it| it.to_string());
        assert_eq!(again.ok(), Some(written));
    }
}

/// A definition on the first line, an object of it on the second.
pub fn definition(bytes: &[u8]) {
    let Some((definition, object)) = input::line(bytes) else {
        return;
    };
    let catalog = Catalog::built_in();
    let parsed = |bytes| codec::decode(&catalog, MediaType::Json, bytes, None).ok();
    let (Some(definition), Some(object)) = (parsed(definition.as_bytes()), parsed(object)) else {
        return;
    };
    let mut errors = Errors::new();
    custom::check(&definition.value, &mut errors);
    if !errors.is_empty() {
        return;
    }
    for resource in custom::resources(&definition.value) {
        let mut object = object.value.clone();
        if conform::object(&resource, &mut object).is_ok() {
            custom::validate(&resource, &object, &mut errors);
        }
    }
}

/// A path of a definition's column on the first line, an object on the second.
pub fn json_path(bytes: &[u8]) {
    let Some((path, object)) = input::line(bytes) else {
        return;
    };
    let Ok(path) = JsonPath::parse(path) else {
        return;
    };
    if let Ok(object) = serde_json::from_slice::<Value>(object) {
        let found = path.find(&object).len();
        assert_eq!(path.first(&object).is_some(), found > 0);
    }
}

/// A Service, then slices of endpoints, as nodes read them: where its ports lead. A book is the same after it was written and read.
pub fn endpoints(bytes: &[u8]) {
    let mut objects = objects(bytes);
    let Some(service) = objects.next().flatten() else {
        return;
    };
    let mut book = wharf_kube_services::Book::default();
    book.put_service(&service);
    for slice in objects.map_while(|it| it) {
        book.put_slice(&slice);
    }
    let here = Place {
        node: "n",
        zone: "us-east-1a",
    };
    for (service, entry) in book.services() {
        for port in &service.ports {
            for from in [Origin::Inside, Origin::Outside, Origin::Around] {
                for is_v6 in [false, true] {
                    let _ = entry.choose(port, from, here, is_v6);
                }
            }
        }
    }
    let written = serde_json::to_vec(&book.written()).expect("a book is JSON");
    let read = serde_json::from_slice::<Written>(&written).expect("what was written can be read");
    let again = wharf_kube_services::Book::from(read);
    assert_eq!(again.written(), book.written());
}

/// A NetworkPolicy and a namespace, then pods of the node `n`: what is named by a number is there, and goes with those who name it.
pub fn network_policy(bytes: &[u8]) {
    let mut objects = objects(bytes);
    let (Some(policy), Some(namespace)) = (objects.next().flatten(), objects.next().flatten())
    else {
        return;
    };
    let pods: Vec<Arc<Value>> = objects.map_while(|it| it).collect();
    let mut book = wharf_kube_policies::Book::new("n");
    book.put_policy(&policy);
    book.put_namespace(&namespace);
    for pod in &pods {
        book.put_pod(pod);
    }
    let rules = book.rules();
    let held = rules.pods.values();
    let held = held.flat_map(|it| it.ingress.iter().chain(&it.egress).flatten());
    for number in held {
        for it in &rules.policies[number].permissions {
            if let Source::Peers(number) = it.peer {
                assert!(rules.peers.contains_key(&number));
            }
            if let Traffic::Listeners(number) = it.traffic {
                assert!(rules.listeners.contains_key(&number));
            }
        }
    }
    for pod in &pods {
        book.remove_pod(pod);
    }
    book.remove_policy(&policy);
    book.remove_namespace(&namespace);
    assert_eq!(book.rules(), Rules::default());
}
