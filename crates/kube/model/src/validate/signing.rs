//! Requests for certificates. The request itself and the certificate are read by the API server, which has a parser for them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    field::{Errors, Path},
    names,
    view::{items, number, text, texts},
};

/// Conditions that stay as they are once they were set.
const FINAL: [&str; 3] = ["Approved", "Denied", "Failed"];
/// In the order of the alphabet.
const USAGES: &[&str] = &[
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];
const LEGACY: &str = "kubernetes.io/legacy-unknown";
/// A domain, a slash, and a namespace and a name joined by a dot.
const SIGNER_BYTES: usize = 571;
const SHORTEST_SECONDS: i64 = 600;

pub fn request(object: &Value, errors: &mut Errors) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::root("spec");
    let usages = path.child("usages");
    if items(spec, "usages").is_empty() {
        errors.required(&usages, "");
    }
    let mut seen = BTreeSet::new();
    for (index, usage) in texts(spec, "usages").enumerate() {
        let at = usages.index(index);
        if !USAGES.contains(&usage) {
            errors.not_supported(&at, usage, USAGES);
        }
        if !seen.insert(usage) {
            errors.duplicate(&at, usage);
        }
    }
    signer(text(spec, "signerName"), &path.child("signerName"), errors);
    if let Some(seconds) = number(spec, "expirationSeconds")
        && seconds < SHORTEST_SECONDS
    {
        errors.invalid(
            &path.child("expirationSeconds"),
            seconds,
            "may not specify a duration less than 600 seconds (10 minutes)",
        );
    }
    conditions(object, errors);
}

fn signer(name: &str, path: &Path<'_>, errors: &mut Errors) {
    if name.is_empty() {
        errors.required(path, "");
        return;
    }
    if name == LEGACY {
        errors.invalid(
            path,
            name,
            "the legacy signerName is not allowed via this API version",
        );
        return;
    }
    if name.len() > SIGNER_BYTES {
        errors.too_long(path, SIGNER_BYTES);
    }
    match name.split_once('/') {
        Some((domain, rest)) if !rest.is_empty() && !rest.contains('/') => {
            errors.invalid_all(path, domain, names::dns_subdomain(domain));
            if !domain.contains('.') {
                errors.invalid(
                    path,
                    name,
                    "should be a domain with at least two segments separated by dots",
                );
            }
            errors.invalid_all(path, rest, names::dns_subdomain(rest));
        }
        _ => errors.invalid(
            path,
            name,
            "must be a fully qualified domain and path of the form 'example.com/signer-name'",
        ),
    }
}

fn conditions(object: &Value, errors: &mut Errors) {
    let status = object.get("status").unwrap_or(&Value::Null);
    let path = Path::root("status");
    let path = path.child("conditions");
    let mut seen = BTreeSet::new();
    for (index, condition) in items(status, "conditions").iter().enumerate() {
        let at = path.index(index);
        let kind = text(condition, "type");
        if kind.is_empty() {
            errors.required(&at.child("type"), "");
        }
        let allowed: &[&str] = match FINAL.contains(&kind) {
            true => &["True"],
            false => &["False", "True", "Unknown"],
        };
        match text(condition, "status") {
            "" => errors.required(&at.child("status"), ""),
            other if !allowed.contains(&other) => {
                errors.not_supported(&at.child("status"), other, allowed);
            }
            _ => {}
        }
        let other = match kind {
            "Approved" => "Denied",
            "Denied" => "Approved",
            _ => "",
        };
        if !other.is_empty() && seen.contains(other) {
            errors.invalid(
                &at.child("type"),
                kind,
                "Approved and Denied conditions are mutually exclusive",
            );
        }
        if !seen.insert(kind) {
            errors.duplicate(&at.child("type"), kind);
        }
    }
}

/// What a change of any part may not do; `subresource` says what else it may.
pub fn change(new: &Value, old: &Value, subresource: &str, errors: &mut Errors) {
    request(new, errors);
    let path = Path::root("status");
    let of = |object: &Value, kind: &str| -> Vec<Value> {
        let status = object.get("status").unwrap_or(&Value::Null);
        let all = items(status, "conditions").iter();
        all.filter(|it| text(it, "type") == kind).cloned().collect()
    };
    for kind in FINAL {
        let (was, is) = (of(old, kind), of(new, kind));
        let may_add = match kind {
            "Failed" => true,
            _ => subresource == "approval",
        };
        let verb = match is.len().cmp(&was.len()) {
            std::cmp::Ordering::Less => "remove",
            std::cmp::Ordering::Greater if !may_add => "add",
            std::cmp::Ordering::Equal if is != was => "modify",
            _ => continue,
        };
        errors.forbidden(
            &path.child("conditions"),
            format!("updates may not {verb} a condition of type \"{kind}\""),
        );
    }
    let certificate = |object: &Value| {
        let found = object.pointer("/status/certificate");
        found.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (was, is) = (certificate(old), certificate(new));
    if was != is {
        let why = match (was.is_empty(), subresource) {
            (true, "status") => return,
            (true, _) => "updates may not set certificate content",
            (false, _) => "updates may not modify existing certificate content",
        };
        errors.forbidden(&path.child("certificate"), why);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(check: impl FnOnce(&mut Errors)) -> Vec<String> {
        let mut errors = Errors::new();
        check(&mut errors);
        let all = errors.into_vec();
        all.iter().map(ToString::to_string).collect()
    }

    fn with(conditions: &Value) -> Value {
        json!({
            "spec": {"signerName": "example.com/a", "usages": ["client auth"], "request": "x"},
            "status": {"conditions": conditions},
        })
    }

    #[test]
    fn what_a_request_must_say() {
        let good = with(&json!([]));
        assert!(told(|errors| request(&good, errors)).is_empty());
        for (member, value, expected) in [
            ("usages", json!([]), "spec.usages: Required value"),
            (
                "usages",
                json!(["any", "any"]),
                "spec.usages[1]: Duplicate value: \"any\"",
            ),
            (
                "signerName",
                json!("kubernetes.io/legacy-unknown"),
                "spec.signerName: Invalid value: \"kubernetes.io/legacy-unknown\": the legacy signerName is not allowed via this API version",
            ),
            (
                "signerName",
                json!("example/a"),
                "spec.signerName: Invalid value: \"example/a\": should be a domain with at least two segments separated by dots",
            ),
            (
                "expirationSeconds",
                json!(599),
                "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)",
            ),
        ] {
            let mut bad = good.clone();
            bad["spec"][member] = value;
            assert_eq!(told(|errors| request(&bad, errors)), [expected]);
        }
        let mut odd = good;
        odd["spec"]["usages"] = json!(["tea"]);
        let found = told(|errors| request(&odd, errors));
        assert!(found[0].starts_with("spec.usages[0]: Unsupported value: \"tea\""));
    }

    #[test]
    fn a_decision_is_one_and_stays() {
        let condition = |kind: &str| json!({"type": kind, "status": "True"});
        let both = with(&json!([condition("Approved"), condition("Denied")]));
        assert_eq!(
            told(|errors| request(&both, errors)),
            [
                "status.conditions[1].type: Invalid value: \"Denied\": Approved and Denied conditions are mutually exclusive"
            ]
        );
        let (none, approved) = (with(&json!([])), with(&json!([condition("Approved")])));
        let failed = with(&json!([condition("Failed")]));
        let mut other = approved.clone();
        other["status"]["conditions"][0]["reason"] = "x".into();
        for (new, old, subresource, verb) in [
            (&approved, &none, "approval", None),
            (&approved, &none, "status", Some("add")),
            (&failed, &none, "status", None),
            (&none, &approved, "approval", Some("remove")),
            (&other, &approved, "approval", Some("modify")),
        ] {
            let found = told(|errors| change(new, old, subresource, errors));
            let expected = verb.map(|verb| {
                format!("status.conditions: Forbidden: updates may not {verb} a condition of type \"Approved\"")
            });
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
        }
        let mut odd = none.clone();
        odd["status"]["conditions"] =
            json!([{"type": "Approved", "status": "False"}, {"type": ""}]);
        let found = told(|errors| request(&odd, errors));
        assert_eq!(
            found,
            [
                "status.conditions[0].status: Unsupported value: \"False\": supported values: \"True\"",
                "status.conditions[1].type: Required value",
                "status.conditions[1].status: Required value",
            ]
        );
    }

    #[test]
    fn a_certificate_is_set_once() {
        let none = with(&json!([]));
        let mut set = none.clone();
        set["status"]["certificate"] = "one".into();
        let mut other = none.clone();
        other["status"]["certificate"] = "two".into();
        assert!(told(|errors| change(&set, &none, "status", errors)).is_empty());
        let path = "status.certificate: Forbidden: updates may not";
        assert_eq!(
            told(|errors| change(&set, &none, "approval", errors)),
            [format!("{path} set certificate content")]
        );
        assert_eq!(
            told(|errors| change(&other, &set, "status", errors)),
            [format!("{path} modify existing certificate content")]
        );
    }
}
