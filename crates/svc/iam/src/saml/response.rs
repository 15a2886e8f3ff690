//! A response of a provider: of which shape it must be, and which part of it the provider signed.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use uppsala::NodeId;
use wharf_base::Timestamp;

use super::{
    assertion::Assertion,
    metadata::Metadata,
    signature::{Bad, signed},
    xml::{ASSERTION, Malformed, PROTOCOL, SIGNATURE, Xml},
};

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

/// Why a response is not taken, in AWS's words where it has some.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SamlError {
    #[error("Invalid base64 SAMLResponse")]
    NoResponse,
    #[error("Your request included an invalid SAML response.")]
    Malformed,
    #[error("Encrypted assertions are not supported by this version of wharf.")]
    Encrypted,
    #[error("Response signature invalid")]
    Signature,
    #[error("Issuer not present in specified provider")]
    Issuer,
    #[error("Specified provider doesn't exist")]
    NoProvider,
    #[error("The metadata of the specified provider is no longer valid")]
    OldMetadata,
    #[error("The SAML response does not say success")]
    Status,
    #[error("Response is not for this service: {0}")]
    NotForUs(&'static str),
    #[error("Token must be redeemed within 5 minutes of issuance")]
    TooLate,
    #[error("The SAML assertion is expired or not valid yet")]
    Times,
    #[error("RoleSessionName is required in AuthnResponse")]
    NoSessionName,
    #[error("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{{2,64}}")]
    SessionName,
    #[error("SourceIdentity in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{{2,64}}")]
    SourceIdentity,
    #[error("SessionDuration in AuthnResponse must be a number of seconds between 900 and 43200")]
    SessionDuration,
    #[error("The tags of the SAML response are not valid")]
    Tags,
}

impl From<Malformed> for SamlError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<Bad> for SamlError {
    fn from(_: Bad) -> Self {
        Self::Signature
    }
}

/// The assertion of a response in base 64, which the provider signed, alone or with its response.
pub(crate) fn read(
    encoded: &str,
    provider: &Metadata,
    now: Timestamp,
) -> Result<Assertion, SamlError> {
    let encoded: String = encoded.split_whitespace().collect();
    let bytes = BASE64.decode(encoded).map_err(|_| SamlError::NoResponse)?;
    let text = String::from_utf8(bytes).map_err(|_| SamlError::NoResponse)?;
    let xml = Xml::strict(&text)?;
    let root = xml.root()?;
    if !xml.is(root, PROTOCOL, "Response") {
        return Err(SamlError::Malformed);
    }
    let all = xml.all(root);
    let named = |name: &str| -> Vec<NodeId> {
        let found = all.iter().copied();
        found.filter(|it| xml.local_name(*it) == name).collect()
    };
    if !named("EncryptedAssertion").is_empty() {
        return Err(SamlError::Encrypted);
    }
    // One assertion, wherever one could hide, and signatures of it and of the response alone.
    let assertion = xml.one(root, ASSERTION, "Assertion")?;
    if named("Assertion").len() != 1 || named("Response").len() != 1 {
        return Err(SamlError::Malformed);
    }
    let places = [Some(root), Some(assertion)];
    let is_placed =
        |it: NodeId| xml.is(it, SIGNATURE, "Signature") && places.contains(&xml.0.parent(it));
    if !named("Signature").into_iter().all(is_placed) || !ids_are_unique(&xml, &all) {
        return Err(SamlError::Malformed);
    }
    let status = xml.one(root, PROTOCOL, "Status")?;
    let status = xml.one(status, PROTOCOL, "StatusCode")?;
    if xml.attribute(status, "Value") != Some(SUCCESS) {
        return Err(SamlError::Status);
    }
    let whole = signed(&xml, root, &provider.keys)?;
    let alone = signed(&xml, assertion, &provider.keys)?;
    let text = alone.or(whole).ok_or(SamlError::Signature)?;
    // Only what was signed from here on.
    let xml = Xml::strict(&text)?;
    let root = xml.root()?;
    let assertion = match xml.is(root, ASSERTION, "Assertion") {
        true => root,
        false => xml.one(root, ASSERTION, "Assertion")?,
    };
    Assertion::read(&xml, assertion, provider, now)
}

/// No two elements answer to one id, in any of the ways that it is written.
fn ids_are_unique(xml: &Xml<'_>, all: &[NodeId]) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    all.iter().all(|node| {
        let element = xml.0.element(*node);
        let mut ids = element
            .iter()
            .flat_map(|it| &it.attributes)
            .filter(|it| it.name.local_name.eq_ignore_ascii_case("id"));
        ids.all(|it| seen.insert(it.value.to_string()))
    })
}
