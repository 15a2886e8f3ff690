//! What extends the API: definitions of custom resources, aggregated services, webhooks and policies of admission.

use serde_json::{Map, Value};

use crate::view::{default, existing, items_mut, member, object_mut, text};

pub fn definition(object: &mut Value) {
    let Some(spec) = object_mut(object, "spec") else {
        return;
    };
    if let Some(names) = object_mut(spec, "names") {
        let kind = text(names, "kind").to_owned();
        if !kind.is_empty() {
            default(names, "singular", kind.to_lowercase());
            default(names, "listKind", format!("{kind}List"));
        }
    }
    if let Some(conversion) = object_mut(spec, "conversion") {
        default(conversion, "strategy", "None");
        if let Some(webhook) = existing(conversion, "webhook") {
            client_config(webhook);
        }
    }
}

pub fn api_service(object: &mut Value) {
    if let Some(spec) = existing(object, "spec") {
        service_port(spec);
    }
}

fn client_config(owner: &mut Value) {
    if let Some(config) = existing(owner, "clientConfig") {
        service_port(config);
    }
}

fn service_port(owner: &mut Value) {
    if let Some(service) = existing(owner, "service") {
        default(service, "port", 443);
    }
}

pub fn validating_webhooks(object: &mut Value) {
    items_mut(object, "webhooks").iter_mut().for_each(webhook);
}

pub fn mutating_webhooks(object: &mut Value) {
    for one in items_mut(object, "webhooks") {
        webhook(one);
        default(one, "reinvocationPolicy", "Never");
    }
}

fn webhook(webhook: &mut Value) {
    client_config(webhook);
    for rule in items_mut(webhook, "rules") {
        default(rule, "scope", "*");
    }
    default(webhook, "failurePolicy", "Fail");
    matching(webhook);
    default(webhook, "timeoutSeconds", 10);
}

fn matching(owner: &mut Value) {
    default(owner, "matchPolicy", "Equivalent");
    for selector in ["namespaceSelector", "objectSelector"] {
        if member(owner, selector).is_none() {
            default(owner, selector, Map::new());
        }
    }
    for rules in ["resourceRules", "excludeResourceRules"] {
        for rule in items_mut(owner, rules) {
            default(rule, "scope", "*");
        }
    }
}

pub fn validating_policy(object: &mut Value) {
    if let Some(spec) = object_mut(object, "spec") {
        default(spec, "failurePolicy", "Fail");
        if let Some(constraints) = existing(spec, "matchConstraints") {
            matching(constraints);
        }
    }
}

pub fn validating_policy_binding(object: &mut Value) {
    if let Some(spec) = existing(object, "spec")
        && let Some(resources) = existing(spec, "matchResources")
    {
        matching(resources);
    }
}
