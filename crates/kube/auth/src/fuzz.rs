//! What fuzzing reaches of this crate: what stands behind a signature that no input has.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{account_token::Claims, oidc::Provider, signing_request::SigningRequest};

/// The claims of a token of a service account.
pub fn account_claims(json: &[u8]) {
    if let Ok(claims) = serde_json::from_slice(json) {
        let _ = Claims::of(&claims);
    }
}

/// The claims of a token of an identity provider, by several ways to read them.
pub fn oidc_user(json: &[u8]) {
    let Ok(Value::Object(claims)) = serde_json::from_slice(json) else {
        return;
    };
    for (claim, prefix) in [
        (None, None),
        (Some("email"), Some("-")),
        (Some("name"), Some("p:")),
    ] {
        let provider = Provider {
            issuer: "https://id.example.com".to_owned(),
            client_id: "cluster".to_owned(),
            username_claim: claim.map(str::to_owned),
            username_prefix: prefix.map(str::to_owned),
            groups_claim: Some("groups".to_owned()),
            groups_prefix: prefix.map(str::to_owned),
            required_claims: BTreeMap::from([("aud".to_owned(), "cluster".to_owned())]),
        };
        if let Ok(user) = provider.user(&claims) {
            assert!(!user.name.starts_with("system:"), "{}", user.name);
        }
    }
}

/// A request for a certificate in DER, whatever its signature.
pub fn signing_request(der: &[u8]) {
    let _ = SigningRequest::unverified(der);
}
