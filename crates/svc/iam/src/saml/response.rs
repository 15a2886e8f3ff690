//! A response of a provider: of which shape it must be, and which part of it the provider signed.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use uppsala::NodeId;
use wharf_base::Timestamp;

use super::{
    assertion::Assertion,
    encryption::Openers,
    metadata::Metadata,
    signature::{Bad, signed},
    xml::{ASSERTION, Malformed, PROTOCOL, SIGNATURE, Xml},
};

/// The element that holds an assertion nobody reads without a key.
const ENCRYPTED: &str = "EncryptedAssertion";
const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

/// Why a response is not taken, in AWS's words where it has some.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SamlError {
    #[error("Invalid base64 SAMLResponse")]
    NoResponse,
    #[error("Your request included an invalid SAML response.")]
    Malformed,
    #[error("The assertion is encrypted, and the specified provider has no private key")]
    NoPrivateKey,
    #[error(
        "The assertion cannot be decrypted with the private keys of the specified provider, or is not signed by it"
    )]
    Closed,
    #[error("The specified provider requires encrypted assertions")]
    NotEncrypted,
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
    openers: &Openers,
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
    let encrypted = xml.at_most_one(root, ASSERTION, ENCRYPTED)?;
    // One assertion, wherever one could hide, and signatures of it and of the response alone.
    let assertion = match encrypted {
        Some(_) => None,
        None => Some(xml.one(root, ASSERTION, "Assertion")?),
    };
    let places = [Some(root), assertion];
    let counts = [
        ("Response", 1),
        ("Assertion", usize::from(assertion.is_some())),
        (ENCRYPTED, usize::from(encrypted.is_some())),
    ];
    is_plain(&xml, root, &counts, &places)?;
    let status = xml.one(root, PROTOCOL, "Status")?;
    let status = xml.one(status, PROTOCOL, "StatusCode")?;
    if xml.attribute(status, "Value") != Some(SUCCESS) {
        return Err(SamlError::Status);
    }
    let whole = signed(&xml, root, &provider.keys)?;
    let text = match (encrypted, assertion) {
        (Some(encrypted), _) => opened(&xml, encrypted, whole.as_deref(), provider, openers)?,
        (None, Some(assertion)) if !openers.required => {
            let alone = signed(&xml, assertion, &provider.keys)?;
            alone.or(whole).ok_or(SamlError::Signature)?
        }
        _ => return Err(SamlError::NotEncrypted),
    };
    // Only what was signed from here on.
    let xml = Xml::strict(&text)?;
    let root = xml.root()?;
    let assertion = match xml.is(root, ASSERTION, "Assertion") {
        true => root,
        false => xml.one(root, ASSERTION, "Assertion")?,
    };
    Assertion::read(&xml, assertion, provider, now)
}

/// The text of an assertion that came encrypted and that the provider signed, before it encrypted it, or with the
/// response `whole` around it.
fn opened(
    xml: &Xml<'_>,
    encrypted: NodeId,
    whole: Option<&str>,
    provider: &Metadata,
    openers: &Openers,
) -> Result<String, SamlError> {
    if openers.keys.is_empty() {
        return Err(SamlError::NoPrivateKey);
    }
    let text = match whole {
        Some(whole) => {
            let xml = Xml::strict(whole)?;
            let encrypted = xml.one(xml.root()?, ASSERTION, ENCRYPTED)?;
            openers.open(&xml, encrypted)
        }
        None => openers.open(xml, encrypted),
    };
    let text = text.map_err(|_| SamlError::Closed)?;
    let alone = || -> Result<Option<String>, SamlError> {
        let xml = Xml::strict(&text)?;
        let root = xml.root()?;
        if !xml.is(root, ASSERTION, "Assertion") {
            return Err(SamlError::Malformed);
        }
        let counts = [("Response", 0), ("Assertion", 1), (ENCRYPTED, 0)];
        is_plain(&xml, root, &counts, &[Some(root)])?;
        Ok(signed(&xml, root, &provider.keys)?)
    };
    match (alone(), whole) {
        (Ok(Some(signed)), _) => Ok(signed),
        (Ok(None), Some(_)) => Ok(text),
        // What is wrong with it is told to nobody who may have changed it.
        (Ok(None) | Err(_), _) => Err(SamlError::Closed),
    }
}

/// Whether there are as many elements of these names as there should be, signatures below these parents alone, and no id twice.
fn is_plain(
    xml: &Xml<'_>,
    root: NodeId,
    counts: &[(&str, usize)],
    places: &[Option<NodeId>],
) -> Result<(), SamlError> {
    let all = xml.all(root);
    let named = |name: &str| -> Vec<NodeId> {
        let found = all.iter().copied();
        found.filter(|it| xml.local_name(*it) == name).collect()
    };
    let is_placed =
        |it: NodeId| xml.is(it, SIGNATURE, "Signature") && places.contains(&xml.0.parent(it));
    match counts
        .iter()
        .all(|(name, count)| named(name).len() == *count)
        && named("Signature").into_iter().all(is_placed)
        && ids_are_unique(xml, &all)
    {
        true => Ok(()),
        false => Err(SamlError::Malformed),
    }
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
