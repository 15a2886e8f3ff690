//! Requests and URLs are signed with keys.

use std::fmt::Write as _;

use wharf_base::Timestamp;

use super::{
    ALGORITHM, EMPTY_SHA256, RequestParts, Scope,
    canonical::{Plus, canonical_request, encode, hmac, signing_key, string_to_sign},
};

/// Long-term or temporary keys that sign.
#[derive(Clone)]
pub struct SigningKeys {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SigningKeys")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// The headers that sign a request: `x-amz-date`, `x-amz-security-token`, `authorization`.
/// `request.headers` must hold `host` and all others that are to be signed.
pub fn sign(
    request: &RequestParts<'_>,
    body_sha256: &str,
    keys: &SigningKeys,
    region: &str,
    service: &str,
    now: Timestamp,
) -> Vec<(String, String)> {
    let time = now.iso8601_basic();
    let mut added = vec![("x-amz-date".to_owned(), time.clone())];
    if let Some(token) = &keys.session_token {
        added.push(("x-amz-security-token".to_owned(), token.clone()));
    }
    let mut headers = request.headers.to_vec();
    headers.extend(added.iter().cloned());
    let mut signed: Vec<String> = headers.iter().map(|(name, _)| name.clone()).collect();
    signed.sort();
    signed.dedup();
    let request = RequestParts {
        headers: &headers,
        ..*request
    };
    let canonical = canonical_request(service, &request, &signed, body_sha256, false, Plus::Itself)
        .expect("every signed header was taken from the request");
    let scope = Scope {
        date: &time[..8],
        region,
        service,
    };
    let to_sign = string_to_sign(&time, &scope, &canonical);
    let signature = hex::encode(hmac(
        &signing_key(&keys.secret_access_key, &scope),
        to_sign.as_bytes(),
    ));
    added.push((
        "authorization".to_owned(),
        format!(
            "{ALGORITHM} Credential={}/{}/{region}/{service}/aws4_request, SignedHeaders={}, Signature={signature}",
            keys.access_key_id,
            scope.date,
            signed.join(";"),
        ),
    ));
    added
}

/// The query of a presigned URL: that of `request`, with the signature. `request.headers` must hold `host` and all others that are to
/// be signed; the body is none.
pub fn presign(
    request: &RequestParts<'_>,
    keys: &SigningKeys,
    (region, service): (&str, &str),
    expires_seconds: u64,
    now: Timestamp,
) -> String {
    let time = now.iso8601_basic();
    let scope = Scope {
        date: &time[..8],
        region,
        service,
    };
    let mut signed: Vec<String> = request
        .headers
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    signed.sort();
    signed.dedup();
    let credential = format!(
        "{}/{}/{region}/{service}/aws4_request",
        keys.access_key_id, scope.date
    );
    let mut query = request.query.to_owned();
    let mut add = |name: &str, value: &str| {
        if !query.is_empty() {
            query.push('&');
        }
        let _ = write!(query, "{name}={}", encode(value, false));
    };
    add("X-Amz-Algorithm", ALGORITHM);
    add("X-Amz-Credential", &credential);
    add("X-Amz-Date", &time);
    add("X-Amz-Expires", &expires_seconds.to_string());
    add("X-Amz-SignedHeaders", &signed.join(";"));
    if let Some(token) = &keys.session_token {
        add("X-Amz-Security-Token", token);
    }
    let unsigned = RequestParts {
        query: &query,
        ..*request
    };
    let canonical = canonical_request(
        service,
        &unsigned,
        &signed,
        EMPTY_SHA256,
        true,
        Plus::Itself,
    )
    .expect("every signed header was taken from the request");
    let to_sign = string_to_sign(&time, &scope, &canonical);
    let key = signing_key(&keys.secret_access_key, &scope);
    let signature = hex::encode(hmac(&key, to_sign.as_bytes()));
    let _ = write!(query, "&X-Amz-Signature={signature}");
    query
}
