//! How long requests stay: those that nobody decided a day, others an hour, none longer than their certificate.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_kube_auth::signing_request;
use wharf_kube_client::Object as _;

const PENDING: Duration = Duration::from_secs(24 * 3600);
const DECIDED: Duration = Duration::from_secs(3600);

/// The time until a request goes; `None` where it waits for its signer.
pub fn left(object: &Value, now: Timestamp) -> Option<Duration> {
    let since = |time: &str, stays: Duration| {
        let at = Timestamp::parse_iso8601(time)?;
        Some(stays.saturating_sub(now.since(at)))
    };
    let conditions = object.list("/status/conditions");
    if conditions.is_empty() {
        return since(object.text("/metadata/creationTimestamp"), PENDING);
    }
    let certificate = object.text("/status/certificate");
    let ended = conditions.iter().filter_map(|it| match it.text("/type") {
        "Approved" if certificate.is_empty() => None,
        "Approved" | "Denied" | "Failed" => since(it.text("/lastUpdateTime"), DECIDED),
        _ => None,
    });
    ended.chain(expiry(certificate, now)).min()
}

fn expiry(certificate: &str, now: Timestamp) -> Option<Duration> {
    let pem = STANDARD.decode(certificate).ok()?;
    let end = signing_request::not_after(&pem)?;
    let end = Timestamp(end.saturating_mul(1000));
    Some(end.since(now))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn when_a_request_goes() {
        let minutes = |it: u64| Some(Duration::from_secs(it * 60));
        let at = |condition: &str, certificate: &str| {
            let conditions = match condition {
                "" => json!([]),
                kind => json!([{"type": kind, "lastUpdateTime": "2026-01-01T00:10:00Z"}]),
            };
            json!({
                "metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"},
                "status": {"conditions": conditions, "certificate": certificate},
            })
        };
        let now = Timestamp::parse_iso8601("2026-01-01T00:30:00Z").unwrap();
        for (object, expected) in [
            (at("", ""), minutes(23 * 60 + 30)),
            (at("Denied", ""), minutes(40)),
            (at("Failed", ""), minutes(40)),
            (at("Approved", ""), None),
            (at("Approved", "eA=="), minutes(40)),
            (at("Other", ""), None),
        ] {
            assert_eq!(left(&object, now), expected, "{object}");
        }
        let later = Timestamp::parse_iso8601("2026-01-03T00:00:00Z").unwrap();
        assert_eq!(left(&at("", ""), later), minutes(0));
        assert_eq!(left(&at("Denied", ""), later), minutes(0));
    }

    #[test]
    fn a_certificate_that_is_over_ends_its_request() {
        let mut params = rcgen::CertificateParams::default();
        params.not_after = rcgen::date_time_ymd(2026, 1, 1);
        params.not_before = rcgen::date_time_ymd(2025, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let object = json!({"status": {
            "certificate": STANDARD.encode(pem),
            "conditions": [{"type": "Approved", "lastUpdateTime": "2025-12-31T23:59:00Z"}],
        }});
        let now = Timestamp::parse_iso8601("2025-12-31T23:59:30Z").unwrap();
        assert_eq!(left(&object, now), Some(Duration::from_secs(30)));
        let now = Timestamp::parse_iso8601("2026-01-01T00:00:01Z").unwrap();
        assert_eq!(left(&object, now), Some(Duration::ZERO));
    }
}
