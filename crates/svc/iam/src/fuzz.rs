//! What fuzzing reaches of this crate: what it keeps in the store, and what identity providers send.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_base::Timestamp;
use wharf_records::fuzz::again;

use crate::{
    oidc::{
        keys::{MAX_KEYS, jwks_uri, keys_in},
        signature::Algorithm,
        token::Token,
    },
    records,
    saml::{encryption::Openers, metadata::Metadata, response},
};

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::AccountRecord>(bytes);
    again::<records::UserRecord>(bytes);
    again::<records::GroupRecord>(bytes);
    again::<records::GroupIdRecord>(bytes);
    again::<records::RoleRecord>(bytes);
    again::<records::PolicyRecord>(bytes);
    again::<records::PolicyUseRecord>(bytes);
    again::<records::InstanceProfileRecord>(bytes);
    again::<records::ServerCertificateRecord>(bytes);
    again::<records::OidcProviderRecord>(bytes);
    again::<records::SamlProviderRecord>(bytes);
    again::<records::MfaDeviceRecord>(bytes);
    again::<records::UserKeysRecord>(bytes);
    again::<records::LastAccessRecord>(bytes);
    again::<records::AccessJobsRecord>(bytes);
    again::<records::AccessKeyRecord>(bytes);
    again::<records::AccessKeyUseRecord>(bytes);
}

/// Metadata of a provider, and the XML of a response that is held against it.
pub fn saml(metadata: &str, response: &str) {
    if let Ok(provider) = Metadata::read(metadata) {
        let encoded = BASE64.encode(response);
        let _ = response::read(&encoded, &provider, &Openers::default(), Timestamp(0));
    }
}

/// A token of an identity provider, before its signature is looked at.
pub fn oidc_token(text: &str, now: Timestamp) {
    if let Ok(token) = Token::read(text, now) {
        let _ = (token.audience(), token.keys(), token.source_identity());
        let _ = token.tags();
        let _ = token.names("client");
        let _ = token.is_signed_by(&[]);
    }
}

/// A document of an identity provider: where its keys are, or its keys, against a signature that none of them made.
pub fn provider_document(document: &[u8], issuer: &str, signature: &[u8]) {
    if let Ok(uri) = jwks_uri(document, issuer) {
        assert!(uri.starts_with("https://"));
    }
    let Ok(keys) = keys_in(document) else {
        return;
    };
    assert!(keys.len() <= MAX_KEYS);
    for key in keys {
        for name in ["RS256", "RS384", "RS512", "ES256", "ES384"] {
            let by = Algorithm::of(name).expect("it is known");
            assert!(!key.signed(by, b"what nobody signed", signature), "{name}");
        }
    }
}
