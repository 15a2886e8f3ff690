//! Signatures of XML (XML-DSig) in the one shape that SAML allows: enveloped in what they sign, over all of it, by its
//! id, with exclusive canonicalization.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bergshamra_c14n::{C14nMode, C14nSink, canonicalize_doc_to};
use bergshamra_xml::nodeset::NodeSet;
use ring::{
    digest::{self, SHA256, SHA384, SHA512, digest},
    signature::{self, UnparsedPublicKey, VerificationAlgorithm},
};
use uppsala::NodeId;
use x509_parser::parse_x509_certificate;

use super::xml::{EXCLUSIVE, Malformed, SIGNATURE, Xml};

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// Prefixes that a signature may ask to have written out.
const MAX_PREFIXES: usize = 64;
/// Bytes of their list.
const MAX_PREFIX_LIST: usize = 1024;
/// What a document grows by when it is canonicalized, at the most: characters become references, and namespaces that
/// were declared once are declared where they are used.
const MAX_GROWTH: usize = 4;

/// A key that a provider signs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    kind: Kind,
    /// As ring takes it: RSA in PKCS #1, a point uncompressed.
    bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
}

impl Key {
    /// The key of a certificate, whose own dates and issuer mean nothing here, as with AWS; `None` if it is of no kind
    /// that is known.
    pub(crate) fn of_certificate(der: &[u8]) -> Option<Self> {
        let (_, certificate) = parse_x509_certificate(der).ok()?;
        let info = certificate.public_key();
        let parameters = info.algorithm.parameters.as_ref();
        let curve = parameters.and_then(|it| it.as_oid().ok());
        let curve = curve.map(|it| it.to_id_string());
        let kind = match (&*info.algorithm.algorithm.to_id_string(), curve.as_deref()) {
            ("1.2.840.113549.1.1.1", _) => Kind::Rsa,
            ("1.2.840.10045.2.1", Some("1.2.840.10045.3.1.7")) => Kind::P256,
            ("1.2.840.10045.2.1", Some("1.3.132.0.34")) => Kind::P384,
            _ => return None,
        };
        Some(Self {
            kind,
            bytes: info.subject_public_key.data.to_vec(),
        })
    }

    fn signed(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        let how: &'static dyn VerificationAlgorithm = match (self.kind, algorithm) {
            (Kind::Rsa, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256") => {
                &signature::RSA_PKCS1_2048_8192_SHA256
            }
            (Kind::Rsa, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384") => {
                &signature::RSA_PKCS1_2048_8192_SHA384
            }
            (Kind::Rsa, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512") => {
                &signature::RSA_PKCS1_2048_8192_SHA512
            }
            (Kind::P256, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256") => {
                &signature::ECDSA_P256_SHA256_FIXED
            }
            (Kind::P384, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384") => {
                &signature::ECDSA_P384_SHA384_FIXED
            }
            // SHA-1 is nothing to trust a signature for.
            _ => return false,
        };
        let key = UnparsedPublicKey::new(how, &self.bytes);
        key.verify(message, signature).is_ok()
    }
}

/// The signature does not hold, or is of a shape that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bad;

impl From<Malformed> for Bad {
    fn from(_: Malformed) -> Self {
        Self
    }
}

/// The canonical text of an element that carries a signature by one of the keys, without that signature;
/// `None` if it carries none.
pub(super) fn signed(xml: &Xml<'_>, element: NodeId, keys: &[Key]) -> Result<Option<String>, Bad> {
    let Some(found) = xml.at_most_one(element, SIGNATURE, "Signature")? else {
        return Ok(None);
    };
    let info = xml.one(found, SIGNATURE, "SignedInfo")?;
    is_plain(xml, info)?;
    let prefixes = method(xml, xml.one(info, SIGNATURE, "CanonicalizationMethod")?)?;
    let canonical = canonical(xml, NodeSet::tree_without_comments(info, &xml.0), &prefixes)?;
    let made = xml.text(xml.one(found, SIGNATURE, "SignatureValue")?)?;
    let made = decoded(&made)?;

    // From here on only what was signed is read.
    let signed_info = Xml::strict(&canonical)?;
    let info = signed_info.root()?;
    if !signed_info.is(info, SIGNATURE, "SignedInfo") {
        return Err(Bad);
    }
    let algorithm = signed_info.one(info, SIGNATURE, "SignatureMethod")?;
    let algorithm = signed_info.attribute(algorithm, "Algorithm").ok_or(Bad)?;
    let message = canonical.as_bytes();
    if !keys.iter().any(|key| key.signed(algorithm, message, &made)) {
        return Err(Bad);
    }
    let again = method(
        &signed_info,
        signed_info.one(info, SIGNATURE, "CanonicalizationMethod")?,
    )?;
    if again != prefixes {
        return Err(Bad);
    }
    let reference = signed_info.one(info, SIGNATURE, "Reference")?;
    let own = xml.attribute(element, "ID").ok_or(Bad)?;
    let meant = signed_info.attribute(reference, "URI").ok_or(Bad)?;
    if own.is_empty() || meant.strip_prefix('#') != Some(own) {
        return Err(Bad);
    }
    let prefixes = transforms(&signed_info, reference)?;
    let all = NodeSet::tree_without_comments(element, &xml.0);
    let itself = NodeSet::tree_without_comments(found, &xml.0);
    let text = self::canonical(xml, all.subtract(&itself), &prefixes)?;
    let hash = signed_info.one(reference, SIGNATURE, "DigestMethod")?;
    let hash = hash_of(signed_info.attribute(hash, "Algorithm").ok_or(Bad)?)?;
    let value = signed_info.text(signed_info.one(reference, SIGNATURE, "DigestValue")?)?;
    match digest(hash, text.as_bytes()).as_ref() == decoded(&value)? {
        true => Ok(Some(text)),
        false => Err(Bad),
    }
}

/// It is canonicalized before anybody knows who wrote it, so it has nothing in it but what it needs.
fn is_plain(xml: &Xml<'_>, info: NodeId) -> Result<(), Bad> {
    let parts = ["CanonicalizationMethod", "SignatureMethod", "Reference"];
    for name in parts {
        xml.one(info, SIGNATURE, name)?;
    }
    let elements = xml.0.children_iter(info);
    match elements.filter(|it| xml.0.element(*it).is_some()).count() == parts.len() {
        true => Ok(()),
        false => Err(Bad),
    }
}

fn canonical(xml: &Xml<'_>, nodes: NodeSet, prefixes: &[String]) -> Result<String, Bad> {
    let mut sink = Bounded {
        bytes: Vec::new(),
        most: xml.0.input_text().len().saturating_mul(MAX_GROWTH),
        is_over: false,
    };
    canonicalize_doc_to(
        &xml.0,
        C14nMode::Exclusive,
        Some(&nodes),
        prefixes,
        &mut sink,
    )
    .map_err(|_| Bad)?;
    match sink.is_over {
        false => String::from_utf8(sink.bytes).map_err(|_| Bad),
        true => Err(Bad),
    }
}

/// Keeps up to so many bytes.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
    is_over: bool,
}

impl C14nSink for Bounded {
    fn write(&mut self, bytes: &[u8]) {
        self.is_over |= bytes.len() > self.most - self.bytes.len();
        if !self.is_over {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

/// The prefixes that a method of canonicalization writes out; it must be the exclusive one, without comments.
fn method(xml: &Xml<'_>, node: NodeId) -> Result<Vec<String>, Bad> {
    if xml.attribute(node, "Algorithm") != Some(EXCLUSIVE) {
        return Err(Bad);
    }
    let Some(list) = xml.at_most_one(node, EXCLUSIVE, "InclusiveNamespaces")? else {
        return Ok(Vec::new());
    };
    let list = xml.attribute(list, "PrefixList").unwrap_or_default();
    if list.len() > MAX_PREFIX_LIST {
        return Err(Bad);
    }
    let prefixes: Vec<String> = list.split_whitespace().map(str::to_owned).collect();
    match prefixes.len() <= MAX_PREFIXES {
        true => Ok(prefixes),
        false => Err(Bad),
    }
}

/// What is done to what is signed: the signature is taken out of it, then it is canonicalized. Nothing else.
fn transforms(xml: &Xml<'_>, reference: NodeId) -> Result<Vec<String>, Bad> {
    let list = xml.one(reference, SIGNATURE, "Transforms")?;
    let all = xml.children(list, SIGNATURE, "Transform");
    let [first, second] = all[..] else {
        return Err(Bad);
    };
    if xml.attribute(first, "Algorithm") != Some(ENVELOPED) || !xml.0.children(first).is_empty() {
        return Err(Bad);
    }
    method(xml, second)
}

fn hash_of(name: &str) -> Result<&'static digest::Algorithm, Bad> {
    match name {
        "http://www.w3.org/2001/04/xmlenc#sha256" => Ok(&SHA256),
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => Ok(&SHA384),
        "http://www.w3.org/2001/04/xmlenc#sha512" => Ok(&SHA512),
        _ => Err(Bad),
    }
}

/// Base 64, over as many lines as it likes.
pub(super) fn decoded(text: &str) -> Result<Vec<u8>, Bad> {
    let text: String = text.split_whitespace().collect();
    BASE64.decode(text).map_err(|_| Bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_canonicalized_grows_within_its_bound() {
        let namespace = "u".repeat(1000);
        let many = |count: usize| {
            let text = format!("<a xmlns:b='{namespace}'>{}</a>", "<b:c/>".repeat(count));
            let xml = Xml::strict(&text).unwrap();
            let all = NodeSet::tree_without_comments(xml.root().unwrap(), &xml.0);
            canonical(&xml, all, &[])
        };
        assert_eq!(many(2).unwrap().matches(&namespace).count(), 2);
        assert_eq!(many(10_000), Err(Bad));
    }

    #[test]
    fn what_is_signed_is_plain() {
        let parts = "<CanonicalizationMethod/><SignatureMethod/><Reference/>";
        let check = |inside: &str| {
            let text = format!("<SignedInfo xmlns='{SIGNATURE}'>{inside}</SignedInfo>");
            let xml = Xml::strict(&text).unwrap();
            is_plain(&xml, xml.root().unwrap())
        };
        assert_eq!(check(parts), Ok(()));
        assert_eq!(check(&parts.replace("><", "> <")), Ok(()));
        for more in ["<Reference/>", "<Object/>", "<x xmlns=''/>"] {
            assert_eq!(check(&format!("{parts}{more}")), Err(Bad), "{more}");
        }
        assert_eq!(check(&parts.replace("<SignatureMethod/>", "")), Err(Bad));
    }
}
