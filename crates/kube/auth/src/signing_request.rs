//! Requests for certificates (PKCS #10): who a certificate is to be of, as the request's own signature vouches for it.

use std::net::IpAddr;

use x509_parser::{
    certification_request::X509CertificationRequest,
    error::PEMError,
    extensions::{GeneralName, ParsedExtension},
    oid_registry::{
        OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_PKCS1_RSAENCRYPTION,
        OID_SIG_ED25519,
    },
    pem::Pem,
    prelude::{FromDer as _, X509Certificate},
    x509::{AttributeTypeAndValue, SubjectPublicKeyInfo},
};

/// Of the PEM block.
const LABEL: &str = "CERTIFICATE REQUEST";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("PEM block type must be CERTIFICATE REQUEST")]
    Block,
    #[error("x509: malformed certificate request")]
    Malformed,
    #[error("x509: the subject has a name that is no text")]
    Subject,
    #[error("x509: unsupported public key algorithm")]
    Algorithm,
    #[error("x509: the signature of the request does not hold")]
    Signature,
    #[error("x509: cannot parse IP address of length {0}")]
    Address(usize),
}

/// What is wrong with the certificates that a signer wrote, in upstream's words.
#[derive(Debug, thiserror::Error)]
pub enum CertificatesError {
    #[error("the certificate is no text")]
    Text,
    #[error("x509: {0}")]
    Pem(#[source] PEMError),
    #[error("only CERTIFICATE PEM blocks are allowed, found \"{0}\"")]
    Block(String),
    #[error("x509: malformed certificate")]
    Malformed,
    #[error("must contain at least one CERTIFICATE PEM block")]
    Empty,
}

/// A request whose signature was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningRequest {
    pub common_names: Vec<String>,
    pub organizations: Vec<String>,
    pub dns_names: Vec<String>,
    pub addresses: Vec<IpAddr>,
    pub emails: Vec<String>,
    pub uris: Vec<String>,
    /// The subject and the public key as they are encoded.
    pub(crate) subject: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
}

impl SigningRequest {
    /// The first block of a PEM text.
    ///
    /// # Errors
    /// It is no request, or its signature is not that of its key.
    pub fn parse(pem: &[u8]) -> Result<Self, RequestError> {
        // Lines that are no text would be passed over.
        let text = std::str::from_utf8(pem).map_err(|_| RequestError::Block)?;
        let block = Pem::iter_from_buffer(text.as_bytes()).next();
        let block = block.and_then(Result::ok).ok_or(RequestError::Block)?;
        if block.label != LABEL {
            return Err(RequestError::Block);
        }
        Self::of_der(&block.contents)
    }

    fn of_der(der: &[u8]) -> Result<Self, RequestError> {
        let request = begun(der)?;
        let verified = request.verify_signature();
        verified.map_err(|_| RequestError::Signature)?;
        Self::told(&request)
    }

    /// For fuzzing alone: what a request tells, whoever signed it.
    pub(crate) fn unverified(der: &[u8]) -> Result<Self, RequestError> {
        Self::told(&begun(der)?)
    }

    fn told(request: &X509CertificationRequest<'_>) -> Result<Self, RequestError> {
        let info = &request.certification_request_info;
        let mut found = Self {
            common_names: texts(info.subject.iter_common_name())?,
            organizations: texts(info.subject.iter_organization())?,
            dns_names: Vec::new(),
            addresses: Vec::new(),
            emails: Vec::new(),
            uris: Vec::new(),
            subject: info.subject.as_raw().to_vec(),
            public_key: info.subject_pki.raw.to_vec(),
        };
        for extension in request.requested_extensions().into_iter().flatten() {
            match extension {
                ParsedExtension::SubjectAlternativeName(names) => {
                    for name in &names.general_names {
                        found.add(name)?;
                    }
                }
                ParsedExtension::ParseError { .. } => return Err(RequestError::Malformed),
                _ => {}
            }
        }
        Ok(found)
    }

    fn add(&mut self, name: &GeneralName<'_>) -> Result<(), RequestError> {
        match name {
            GeneralName::DNSName(name) => self.dns_names.push((*name).to_owned()),
            GeneralName::RFC822Name(name) => self.emails.push((*name).to_owned()),
            GeneralName::URI(name) => self.uris.push((*name).to_owned()),
            GeneralName::IPAddress(bytes) => {
                let four = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
                let found = four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
                let found = found.map_err(|_| RequestError::Address(bytes.len()))?;
                self.addresses.push(found);
            }
            GeneralName::Invalid(..) => return Err(RequestError::Malformed),
            // Others are never signed.
            _ => {}
        }
        Ok(())
    }

    /// The only name; empty where there is none, or more than one: then nobody could tell which one counts.
    pub fn common_name(&self) -> &str {
        match self.common_names.as_slice() {
            [name] => name,
            _ => "",
        }
    }
}

/// A request with nothing behind it, of a key that can be looked at.
fn begun(der: &[u8]) -> Result<X509CertificationRequest<'_>, RequestError> {
    let parsed = X509CertificationRequest::from_der(der);
    let (rest, request) = parsed.map_err(|_| RequestError::Malformed)?;
    if !rest.is_empty() {
        return Err(RequestError::Malformed);
    }
    match is_known(&request.certification_request_info.subject_pki) {
        true => Ok(request),
        false => Err(RequestError::Algorithm),
    }
}

/// Whether this kind of key can be signed and used here.
fn is_known(key: &SubjectPublicKeyInfo<'_>) -> bool {
    let algorithm = &key.algorithm.algorithm;
    let curve = || key.algorithm.parameters.as_ref()?.as_oid().ok();
    if *algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY {
        return curve().is_some_and(|it| it == OID_EC_P256 || it == OID_NIST_EC_P384);
    }
    *algorithm == OID_PKCS1_RSAENCRYPTION || *algorithm == OID_SIG_ED25519
}

fn texts<'a>(
    parts: impl Iterator<Item = &'a AttributeTypeAndValue<'a>>,
) -> Result<Vec<String>, RequestError> {
    let text = |it: &AttributeTypeAndValue<'_>| it.as_str().map(str::to_owned);
    let all: Result<Vec<String>, _> = parts.map(text).collect();
    all.map_err(|_| RequestError::Subject)
}

/// Whether certificates in PEM, as a signer wrote them, are such and nothing else.
///
/// # Errors
/// There is none, or anything else.
pub fn check_certificates(pem: &[u8]) -> Result<(), CertificatesError> {
    let text = std::str::from_utf8(pem).map_err(|_| CertificatesError::Text)?;
    let mut blocks = 0_usize;
    for block in Pem::iter_from_buffer(text.as_bytes()) {
        let block = block.map_err(CertificatesError::Pem)?;
        if block.label != "CERTIFICATE" {
            return Err(CertificatesError::Block(block.label));
        }
        let parsed = X509Certificate::from_der(&block.contents);
        if !parsed.is_ok_and(|(rest, _)| rest.is_empty()) {
            return Err(CertificatesError::Malformed);
        }
        blocks += 1;
    }
    match blocks {
        0 => Err(CertificatesError::Empty),
        _ => Ok(()),
    }
}

/// The end of the first certificate of a PEM text, in seconds of Unix time.
pub fn not_after(pem: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(pem).ok()?;
    let block = Pem::iter_from_buffer(text.as_bytes()).next()?.ok()?;
    let (_, certificate) = X509Certificate::from_der(&block.contents).ok()?;
    Some(certificate.validity().not_after.timestamp())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};

    use super::*;

    fn request(sans: Vec<SanType>) -> String {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "jane");
        params
            .distinguished_name
            .push(DnType::OrganizationName, "dev");
        params.subject_alt_names = sans;
        let key = KeyPair::generate().unwrap();
        params.serialize_request(&key).unwrap().pem().unwrap()
    }

    #[test]
    fn what_a_request_says() {
        let sans = vec![
            SanType::DnsName("a.example".try_into().unwrap()),
            SanType::IpAddress("10.0.0.1".parse().unwrap()),
            SanType::URI("spiffe://a".try_into().unwrap()),
            SanType::Rfc822Name("a@b.example".try_into().unwrap()),
        ];
        let found = SigningRequest::parse(request(sans).as_bytes()).unwrap();
        assert_eq!(found.common_name(), "jane");
        assert_eq!(found.organizations, ["dev"]);
        assert_eq!(found.dns_names, ["a.example"]);
        assert_eq!(found.addresses, ["10.0.0.1".parse::<IpAddr>().unwrap()]);
        assert_eq!(found.uris, ["spiffe://a"]);
        assert_eq!(found.emails, ["a@b.example"]);
    }

    #[test]
    fn what_is_no_request() {
        let good = request(Vec::new());
        for (text, error) in [
            (String::new(), RequestError::Block),
            ("x".to_owned(), RequestError::Block),
            (
                good.replace("CERTIFICATE REQUEST", "CERTIFICATE"),
                RequestError::Block,
            ),
            (
                "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"
                    .to_owned(),
                RequestError::Malformed,
            ),
        ] {
            assert_eq!(
                SigningRequest::parse(text.as_bytes()),
                Err(error),
                "{text:?}"
            );
        }
        assert_eq!(SigningRequest::parse(&[0xff]), Err(RequestError::Block));
    }

    #[test]
    fn a_changed_request_is_nobodys() {
        let good = request(Vec::new());
        let block = Pem::iter_from_buffer(good.as_bytes())
            .next()
            .unwrap()
            .unwrap();
        let at = block.contents.windows(4).position(|it| it == b"jane");
        let mut changed = block.contents.clone();
        changed[at.unwrap()] = b'x';
        assert_eq!(
            SigningRequest::of_der(&changed),
            Err(RequestError::Signature)
        );
        let mut longer = block.contents;
        longer.push(0);
        assert_eq!(
            SigningRequest::of_der(&longer),
            Err(RequestError::Malformed)
        );
    }

    #[test]
    fn certificates_alone_are_certificates() {
        let key = KeyPair::generate().unwrap();
        let made = CertificateParams::default().self_signed(&key).unwrap();
        check_certificates(made.pem().as_bytes()).unwrap();
        let two = format!("{}{}", made.pem(), request(Vec::new()));
        assert_eq!(
            check_certificates(two.as_bytes()).unwrap_err().to_string(),
            "only CERTIFICATE PEM blocks are allowed, found \"CERTIFICATE REQUEST\""
        );
        assert_eq!(
            check_certificates(b"x").unwrap_err().to_string(),
            "must contain at least one CERTIFICATE PEM block"
        );
        let end = not_after(made.pem().as_bytes());
        assert!(end.is_some_and(|it| it > 1_700_000_000));
        assert_eq!(not_after(b"x"), None);
    }
}
