//! Webhooks: configurations of those of admission, and those that convert custom resources.

use serde_json::Value;

use super::meta;
use crate::{
    field::{Errors, Path},
    names,
    view::{absent, items, member, number, text, texts},
    webhook_url,
};

/// The one version of reviews that is spoken.
const REVIEW: &str = "v1";

pub fn validating(object: &Value, errors: &mut Errors) {
    all(object, errors, |_, _, _| {});
}

pub fn mutating(object: &Value, errors: &mut Errors) {
    all(object, errors, |hook, path, errors| {
        one_of(
            hook,
            "reinvocationPolicy",
            &["IfNeeded", "Never"],
            path,
            errors,
        );
    });
}

fn all(object: &Value, errors: &mut Errors, more: fn(&Value, &Path<'_>, &mut Errors)) {
    let list = Path::root("webhooks");
    let mut seen = std::collections::HashSet::new();
    for (index, hook) in items(object, "webhooks").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        webhook(hook, &path, errors);
        more(hook, &path, errors);
        let name = text(hook, "name");
        if !seen.insert(name) {
            errors.duplicate(&path.child("name"), name);
        }
    }
}

fn webhook(hook: &Value, path: &Path<'_>, errors: &mut Errors) {
    let name = text(hook, "name");
    full_name(name, &path.child("name"), errors);
    let none = "must specify one of v1";
    versions(hook, "admissionReviewVersions", none, path, errors);
    let rules = path.child("rules");
    for (index, one) in items(hook, "rules").iter().enumerate() {
        if errors.full() {
            return;
        }
        rule(one, &rules.index(index), errors);
    }
    one_of(hook, "failurePolicy", &["Fail", "Ignore"], path, errors);
    one_of(hook, "matchPolicy", &["Equivalent", "Exact"], path, errors);
    if absent(hook, "sideEffects") {
        let why = "must specify one of None, NoneOnDryRun";
        errors.required(&path.child("sideEffects"), why);
    } else {
        one_of(hook, "sideEffects", &["None", "NoneOnDryRun"], path, errors);
    }
    if let Some(seconds) = number(hook, "timeoutSeconds")
        && !(1..=30).contains(&seconds)
    {
        let why = "the timeout value must be between 1 and 30 seconds";
        errors.invalid(&path.child("timeoutSeconds"), seconds, why);
    }
    for name in ["namespaceSelector", "objectSelector"] {
        meta::selector(member(hook, name), &path.child(name), errors);
    }
    if !items(hook, "matchConditions").is_empty() {
        let why = "conditions in CEL are not supported by this server";
        errors.forbidden(&path.child("matchConditions"), why);
    }
    client(hook, &path.child("clientConfig"), errors);
}

/// Of a custom resource definition: with a webhook if that is what converts, and without one if not.
pub fn conversion(conversion: &Value, path: &Path<'_>, errors: &mut Errors) {
    const VERSIONS: &str = "conversionReviewVersions";
    // As upstream's own form of a definition calls it.
    let client_path = path.child("webhookClientConfig");
    let webhook = member(conversion, "webhook");
    match text(conversion, "strategy") {
        "" | "None" => {
            let why = "should not be set when strategy is not set to Webhook";
            if webhook.is_some_and(|it| member(it, "clientConfig").is_some()) {
                errors.forbidden(&client_path, why);
            }
            if webhook.is_some_and(|it| !items(it, VERSIONS).is_empty()) {
                errors.forbidden(&path.child(VERSIONS), why);
            }
        }
        "Webhook" => {
            let webhook = webhook.unwrap_or(&Value::Null);
            if absent(webhook, "clientConfig") {
                errors.required(&client_path, "required when strategy is set to Webhook");
            } else {
                client(webhook, &client_path, errors);
            }
            versions(webhook, VERSIONS, "", path, errors);
        }
        other => errors.not_supported(&path.child("strategy"), other, &["None", "Webhook"]),
    }
}

/// A domain of three names at least.
fn full_name(name: &str, path: &Path<'_>, errors: &mut Errors) {
    if name.is_empty() {
        errors.required(path, "");
        return;
    }
    let faults = names::dns_subdomain(name);
    let is_short = faults.is_empty() && name.split('.').count() < 3;
    errors.invalid_all(path, name, faults);
    if is_short {
        let why = "should be a domain with at least three segments separated by dots";
        errors.invalid(path, name, why);
    }
}

/// The versions of reviews that a webhook knows; `none` is what is told where it says none.
fn versions(hook: &Value, name: &str, none: &str, path: &Path<'_>, errors: &mut Errors) {
    let path = &path.child(name);
    if items(hook, name).is_empty() {
        errors.required(path, none);
        return;
    }
    let mut seen = std::collections::HashSet::new();
    for (index, version) in texts(hook, name).enumerate() {
        if errors.full() {
            return;
        }
        let path = path.index(index);
        if !seen.insert(version) {
            errors.invalid(&path, version, "duplicate version");
        }
        errors.invalid_all(&path, version, names::dns1035_label(version));
    }
    if !seen.contains(REVIEW) {
        let given = Value::from(items(hook, name).to_vec());
        errors.invalid(path, given, "must include at least one of v1");
    }
}

fn one_of(owner: &Value, name: &str, known: &[&str], path: &Path<'_>, errors: &mut Errors) {
    let value = text(owner, name);
    if !absent(owner, name) && !known.contains(&value) {
        errors.not_supported(&path.child(name), value, known);
    }
}

fn rule(rule: &Value, path: &Path<'_>, errors: &mut Errors) {
    let operations = path.child("operations");
    list(rule, "operations", "operations", path, errors);
    for (index, operation) in texts(rule, "operations").enumerate() {
        let known = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
        if !known.contains(&operation) {
            errors.not_supported(&operations.index(index), operation, &known);
        }
    }
    list(rule, "apiGroups", "API groups", path, errors);
    list(rule, "apiVersions", "API versions", path, errors);
    let versions = path.child("apiVersions");
    for (index, version) in texts(rule, "apiVersions").enumerate() {
        if version.is_empty() {
            errors.required(&versions.index(index), "");
        }
    }
    resources(rule, &path.child("resources"), errors);
    one_of(rule, "scope", &["*", "Cluster", "Namespaced"], path, errors);
}

fn list(rule: &Value, name: &str, what: &str, path: &Path<'_>, errors: &mut Errors) {
    let path = path.child(name);
    let all = items(rule, name);
    if all.is_empty() {
        errors.required(&path, "");
    }
    if all.len() > 1 && all.iter().any(|it| it == "*") {
        let why = format!("if '*' is present, must not specify other {what}");
        errors.invalid(&path, Value::from(all.to_vec()), why);
    }
}

/// What a wildcard says already must not be said again.
fn resources(rule: &Value, path: &Path<'_>, errors: &mut Errors) {
    let all: Vec<&str> = texts(rule, "resources").collect();
    if all.is_empty() {
        errors.required(path, "");
    }
    let (mut any_sub, mut any_resource) = (Vec::new(), Vec::new());
    let (mut has_both, mut has_plain) = (false, false);
    for (index, resource) in all.iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = path.index(index);
        match *resource {
            "" => errors.required(&path, ""),
            "*/*" => has_both = true,
            "*" => has_plain = true,
            other => {
                let (own, sub) = other.split_once('/').unwrap_or((other, ""));
                if any_sub.contains(&own) {
                    let why = format!("if '{own}/*' is present, must not specify {other}");
                    errors.invalid(&path, other, why);
                }
                if !sub.is_empty() && any_resource.contains(&sub) {
                    let why = format!("if '*/{sub}' is present, must not specify {other}");
                    errors.invalid(&path, other, why);
                }
                if sub == "*" {
                    any_sub.push(own);
                }
                if own == "*" {
                    any_resource.push(sub);
                }
            }
        }
    }
    let given = || Value::from(items(rule, "resources").to_vec());
    if all.len() > 1 && has_both {
        let why = "if '*/*' is present, must not specify other resources";
        errors.invalid(path, given(), why);
    }
    if has_plain && all.iter().any(|it| *it != "*" && !it.contains('/')) {
        let why = "if '*' is present, must not specify other resources without subresources";
        errors.invalid(path, given(), why);
    }
}

fn client(hook: &Value, path: &Path<'_>, errors: &mut Errors) {
    let config = member(hook, "clientConfig").unwrap_or(&Value::Null);
    let service = member(config, "service");
    let has_url = member(config, "url").is_some();
    if has_url == service.is_some() {
        let why = "exactly one of url or service is required";
        errors.required(path, why);
        return;
    }
    if has_url {
        url(text(config, "url"), &path.child("url"), errors);
    }
    let Some(service) = service else { return };
    let path = path.child("service");
    if absent(service, "name") {
        errors.required(&path.child("name"), "service name is required");
    }
    if absent(service, "namespace") {
        errors.required(&path.child("namespace"), "service namespace is required");
    }
    if let Some(port) = number(service, "port")
        && !names::port_number(port).is_empty()
    {
        let why = "port is not valid: must be between 1 and 65535, inclusive";
        errors.invalid(&path.child("port"), port, why);
    }
    if member(service, "path").is_some() {
        url_path(text(service, "path"), &path.child("path"), errors);
    }
}

fn url(value: &str, path: &Path<'_>, errors: &mut Errors) {
    const FORM: &str = "; desired format: https://host[/path]";
    let it = match webhook_url::parts(value) {
        Ok(it) => it,
        Err(why) => {
            errors.required(path, &format!("url must be a valid URL: {why}{FORM}"));
            return;
        }
    };
    if it.scheme != "https" {
        let why = format!("'https' is the only allowed URL scheme{FORM}");
        errors.invalid(path, it.scheme, why);
    }
    if it.authority.is_empty() {
        errors.invalid(path, "", format!("host must be specified{FORM}"));
    } else if it.authority.starts_with(':') {
        let why = format!("url must be a valid URL: no host before the port{FORM}");
        errors.required(path, &why);
    }
    let given = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
    for (given, what) in [
        (it.user.map(str::to_owned), "user information is"),
        (given(it.fragment), "fragments are"),
        (given(it.query), "query parameters are"),
    ] {
        if let Some(given) = given {
            errors.invalid(path, given, format!("{what} not permitted in the URL"));
        }
    }
}

fn url_path(value: &str, path: &Path<'_>, errors: &mut Errors) {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"?#".contains(&byte);
    if !value.bytes().all(is_plain) {
        errors.invalid(path, value, "must be a path of plain characters");
        return;
    }
    if value == "/" || value.is_empty() {
        return;
    }
    if value == "//" {
        errors.invalid(path, value, "segment[0] may not be empty");
        return;
    }
    let Some(rest) = value.strip_prefix('/') else {
        errors.invalid(path, value, "must start with a '/'");
        return;
    };
    // A slash at the end is allowed.
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    for (index, segment) in rest.split('/').enumerate() {
        if errors.full() {
            return;
        }
        if segment.is_empty() {
            let why = format!("segment[{index}] may not be empty");
            errors.invalid(path, value, why);
            continue;
        }
        for fault in names::dns_subdomain(segment) {
            errors.invalid(path, value, format!("segment[{index}]: {fault}"));
        }
    }
}
