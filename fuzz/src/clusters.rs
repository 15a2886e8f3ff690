//! What a cluster's API server and its controllers read: who somebody is, where lists go on, schedules, and answers of those they ask.

use std::sync::LazyLock;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64_URL},
};
use serde_json::json;
use wharf_kube_api::storage::token::Position;
use wharf_kube_auth::{account_token, eks_token, signing_request::SigningRequest};
use wharf_kube_model::{Catalog, validate};
use wharf_schedule::{Expression, Zone};

use crate::input::{self, NOW};

/// A token, and the URL in one.
pub fn eks_token(bytes: &[u8]) {
    let Some(text) = input::text(bytes) else {
        return;
    };
    let url = format!("{}{}", eks_token::PREFIX, BASE64_URL.encode(text));
    for token in [text, &url] {
        if let Ok(read) = eks_token::read(token, NOW) {
            let _ = read.access_key();
            let _ = read.is_signed_with("secret", "cluster");
        }
    }
}

/// A key is made once: what is read is not to depend on it.
static ISSUER: LazyLock<account_token::Issuer> = LazyLock::new(|| {
    let key = account_token::new_key().expect("the system has randomness");
    account_token::Issuer::new(&key, "https://oidc.example.com/id/A").expect("its own key")
});

/// The header of a token of a service account on the first line, its claims on the second. Claims are read as though they were signed,
/// too.
pub fn account_token(bytes: &[u8]) {
    if let Some(text) = input::text(bytes) {
        let _ = ISSUER.is_named_by(text);
        assert!(ISSUER.read(text, NOW).is_err());
    }
    if let Some((header, claims)) = input::line(bytes) {
        let token = input::jwt(header, claims);
        let _ = ISSUER.is_named_by(&token);
        assert!(ISSUER.read(&token, NOW).is_err(), "nobody signed it");
        wharf_kube_auth::fuzz::account_claims(claims);
    }
}

/// A request for a certificate in PEM, or in DER, which is read as though its signature held.
pub fn signing_request(bytes: &[u8]) {
    let _ = SigningRequest::parse(bytes);
    wharf_kube_auth::fuzz::signing_request(bytes);
    let begins = "-----BEGIN CERTIFICATE REQUEST-----";
    let ends = "-----END CERTIFICATE REQUEST-----";
    let pem = format!("{begins}\n{}\n{ends}\n", BASE64.encode(bytes));
    let _ = SigningRequest::parse(pem.as_bytes());
}

/// Where a list goes on: a token, and the text in one.
pub fn continue_token(bytes: &[u8]) {
    let Some(text) = input::text(bytes) else {
        return;
    };
    for token in [text, &BASE64_URL.encode(text)] {
        if let Ok(position) = Position::parse(token) {
            assert_eq!(Position::parse(&position.token()).ok(), Some(position));
        }
    }
}

/// A schedule of a CronJob on the first line, its time zone on the second. One that is taken is one that jobs are made by.
pub fn cron(bytes: &[u8]) {
    let Some((schedule, zone)) = input::line(bytes) else {
        return;
    };
    let Some(zone) = input::text(zone) else {
        return;
    };
    let catalog = Catalog::built_in();
    let Some(kind) = catalog.resource("batch", "v1", "cronjobs") else {
        return;
    };
    let mut job = json!({
        "metadata": {"name": "a", "namespace": "b"},
        "spec": {
            "schedule": schedule, "concurrencyPolicy": "Allow", "suspend": false,
            "jobTemplate": {"spec": {"template": {"spec": {
                "restartPolicy": "Never", "dnsPolicy": "ClusterFirst", "terminationGracePeriodSeconds": 30,
                "containers": [{
                    "name": "c", "image": "i", "imagePullPolicy": "Always", "terminationMessagePolicy": "File",
                }],
            }}}},
        },
    });
    if !zone.is_empty() {
        job["spec"]["timeZone"] = zone.into();
    }
    let errors = validate::create(kind, &job);
    let named = |field: &str| errors.iter().any(|it| it.field == field);
    let zone = match zone {
        "" => Some(Zone::UTC),
        zone => zone.parse().ok(),
    };
    assert!(zone.is_some() || named("spec.timeZone"), "{errors:?}");
    let times = wharf_kube_controllers::fuzz::times(schedule);
    assert!(times.is_some() || named("spec.schedule"), "{errors:?}");
    if let (Some(times), Some(zone)) = (times, zone) {
        let next = times.next(NOW, NOW, zone);
        assert!(next.is_none_or(|it| it > NOW));
    }
    let _ = Expression::parse(schedule);
}

/// The answer of a webhook, of one that turns objects into another version too.
pub fn review(bytes: &[u8]) {
    wharf_kube_api::fuzz::review(bytes);
    wharf_kube_api::fuzz::conversion(bytes);
}

/// What an aggregated server tells of its kinds: a list of them, or its document of OpenAPI 2.
pub fn aggregated(bytes: &[u8]) {
    wharf_kube_api::fuzz::aggregated(bytes);
    wharf_kube_api::fuzz::aggregated_document(bytes);
}

/// What a node tells of what it uses.
pub fn node_summary(bytes: &[u8]) {
    wharf_kube_api::fuzz::node_summary(bytes);
}

/// What an adapter tells of metrics.
pub fn adapter(bytes: &[u8]) {
    wharf_kube_controllers::fuzz::adapter(bytes, NOW);
}

/// Where a page is cut, then a page that passes through the API server.
pub fn page(bytes: &[u8]) {
    if let Some((cut, page)) = input::choice(bytes) {
        wharf_kube_api::fuzz::page(page, cut);
    }
}
