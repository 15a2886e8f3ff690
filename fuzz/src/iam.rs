//! What identity providers say of who somebody is.

use crate::input::{self, NOW};

/// A line with the metadata of a provider of SAML, then a response.
pub fn saml_response(bytes: &[u8]) {
    let Some((metadata, response)) = input::line(bytes) else {
        return;
    };
    if let Some(response) = input::text(response) {
        wharf_svc_iam::fuzz::saml(metadata, response);
    }
}

/// The header of a token of an identity provider, which says whose user somebody is, on the first line, its claims on the second.
pub fn oidc_token(bytes: &[u8]) {
    if let Some(text) = input::text(bytes) {
        wharf_svc_iam::fuzz::oidc_token(text, NOW);
    }
    if let Some((header, claims)) = input::line(bytes) {
        wharf_svc_iam::fuzz::oidc_token(&input::jwt(header, claims), NOW);
        wharf_kube_auth::fuzz::oidc_user(claims);
    }
}

/// The issuer on the first line, then a document of it: where its keys are, or its keys.
pub fn provider_document(bytes: &[u8]) {
    if let Some((issuer, document)) = input::line(bytes) {
        for signature in [&[0; 256][..], &[0; 64], &[7; 96], &[1]] {
            wharf_svc_iam::fuzz::provider_document(document, issuer, signature);
        }
    }
}
