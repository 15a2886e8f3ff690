//! Certificates that a cluster's authority gives for requests: what is signed, encoded. The key is elsewhere: whoever holds it signs
//! the bytes that are made here.
//!
//! Subject and public key are those of the request, byte for byte; of what else it asks for, only its alternative names are taken.

use std::net::IpAddr;

use time::OffsetDateTime;
use x509_parser::{
    extensions::ParsedExtension,
    prelude::{FromDer as _, X509Certificate},
};
use yasna::{
    DERWriter, DERWriterSeq, Tag,
    models::{GeneralizedTime, ObjectIdentifier, UTCTime},
};

use crate::signing_request::SigningRequest;

const ECDSA_SHA256: &[u64] = &[1, 2, 840, 10045, 4, 3, 2];
const KEY_USAGE: &[u64] = &[2, 5, 29, 15];
const ALTERNATIVE_NAMES: &[u64] = &[2, 5, 29, 17];
const BASIC_CONSTRAINTS: &[u64] = &[2, 5, 29, 19];
const AUTHORITY_KEY: &[u64] = &[2, 5, 29, 35];
const EXTENDED_USAGE: &[u64] = &[2, 5, 29, 37];
/// From this year on certificates tell times in the longer form.
const LONG_YEARS: i32 = 2050;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Client,
    Server,
}

impl Purpose {
    fn oid(self) -> &'static [u64] {
        match self {
            Self::Client => &[1, 3, 6, 1, 5, 5, 7, 3, 2],
            Self::Server => &[1, 3, 6, 1, 5, 5, 7, 3, 1],
        }
    }
}

/// What the signer decided of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub purpose: Purpose,
    pub digital_signature: bool,
    pub key_encipherment: bool,
    pub not_before: OffsetDateTime,
    pub not_after: OffsetDateTime,
    /// Random.
    pub serial: [u8; 16],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    #[error("the authority's certificate cannot be read")]
    Authority,
    #[error("the certificate would end before it begins")]
    Life,
}

/// What issued certificates have of their authority's.
#[derive(Debug, Clone)]
pub struct Issuer {
    name: Vec<u8>,
    key_id: Option<Vec<u8>>,
    pub not_after: OffsetDateTime,
}

impl Issuer {
    /// Of the authority's certificate.
    ///
    /// # Errors
    /// It is none.
    pub fn read(der: &[u8]) -> Result<Self, IssueError> {
        let parsed = X509Certificate::from_der(der);
        let (_, certificate) = parsed.map_err(|_| IssueError::Authority)?;
        let key_id = certificate
            .extensions()
            .iter()
            .find_map(|it| match it.parsed_extension() {
                ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
                _ => None,
            });
        Ok(Self {
            name: certificate.subject().as_raw().to_vec(),
            key_id,
            not_after: certificate.validity().not_after.to_datetime(),
        })
    }

    /// The certificate for a request; `sign` makes an ECDSA signature over SHA-256 with the authority's key, and no more.
    ///
    /// # Errors
    /// Its life would be none, or `sign` failed.
    pub fn issue<E: From<IssueError>>(
        &self,
        request: &SigningRequest,
        terms: &Terms,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, E> {
        if terms.not_after <= terms.not_before {
            return Err(IssueError::Life.into());
        }
        let body = yasna::construct_der(|writer| self.write(writer, request, terms));
        let signature = sign(&body)?;
        Ok(yasna::construct_der(|writer| {
            writer.write_sequence(|parts| {
                parts.next().write_der(&body);
                algorithm(parts.next());
                bits(parts.next(), &signature);
            });
        }))
    }

    fn write(&self, writer: DERWriter<'_>, request: &SigningRequest, terms: &Terms) {
        writer.write_sequence(|parts| {
            // Version 3.
            let version = Tag::context(0);
            parts
                .next()
                .write_tagged(version, |writer| writer.write_u8(2));
            parts.next().write_bigint_bytes(&terms.serial, true);
            algorithm(parts.next());
            parts.next().write_der(&self.name);
            parts.next().write_sequence(|times| {
                moment(times.next(), terms.not_before);
                moment(times.next(), terms.not_after);
            });
            parts.next().write_der(&request.subject);
            parts.next().write_der(&request.public_key);
            parts.next().write_tagged(Tag::context(3), |writer| {
                writer.write_sequence(|all| self.extensions(all, request, terms));
            });
        });
    }

    fn extensions(&self, all: &mut DERWriterSeq<'_>, request: &SigningRequest, terms: &Terms) {
        // The bits count from the highest of the byte.
        let usages = u8::from(terms.digital_signature) << 7 | u8::from(terms.key_encipherment) << 5;
        if usages != 0 {
            let length = 8 - usages.trailing_zeros() as usize;
            extension(all, KEY_USAGE, true, |it| {
                it.write_bitvec_bytes(&[usages], length);
            });
        }
        extension(all, EXTENDED_USAGE, false, |it| {
            it.write_sequence(|list| {
                let oid = ObjectIdentifier::from_slice(terms.purpose.oid());
                list.next().write_oid(&oid);
            });
        });
        // No authority: what is not said is the default.
        extension(all, BASIC_CONSTRAINTS, true, |it| it.write_sequence(|_| ()));
        if let Some(id) = &self.key_id {
            extension(all, AUTHORITY_KEY, false, |it| {
                it.write_sequence(|parts| {
                    parts
                        .next()
                        .write_tagged_implicit(Tag::context(0), |it| it.write_bytes(id));
                });
            });
        }
        if has_names(request) {
            let nobody = request.common_names.is_empty() && request.organizations.is_empty();
            extension(all, ALTERNATIVE_NAMES, nobody, |it| {
                it.write_sequence(|list| names(list, request));
            });
        }
    }
}

fn has_names(request: &SigningRequest) -> bool {
    let texts = [&request.dns_names, &request.emails, &request.uris];
    !request.addresses.is_empty() || texts.iter().any(|it| !it.is_empty())
}

fn names(list: &mut DERWriterSeq<'_>, request: &SigningRequest) {
    let texts = [
        (2, &request.dns_names),
        (1, &request.emails),
        (6, &request.uris),
    ];
    for (tag, names) in texts {
        for name in names {
            list.next()
                .write_tagged_implicit(Tag::context(tag), |it| it.write_bytes(name.as_bytes()));
        }
    }
    for address in &request.addresses {
        let bytes = match address {
            IpAddr::V4(it) => it.octets().to_vec(),
            IpAddr::V6(it) => it.octets().to_vec(),
        };
        list.next()
            .write_tagged_implicit(Tag::context(7), |it| it.write_bytes(&bytes));
    }
}

fn extension(
    all: &mut DERWriterSeq<'_>,
    oid: &[u64],
    is_critical: bool,
    content: impl FnOnce(DERWriter<'_>),
) {
    let content = yasna::construct_der(content);
    all.next().write_sequence(|parts| {
        parts.next().write_oid(&ObjectIdentifier::from_slice(oid));
        if is_critical {
            parts.next().write_bool(true);
        }
        parts.next().write_bytes(&content);
    });
}

fn algorithm(writer: DERWriter<'_>) {
    writer.write_sequence(|parts| {
        let oid = ObjectIdentifier::from_slice(ECDSA_SHA256);
        parts.next().write_oid(&oid);
    });
}

fn bits(writer: DERWriter<'_>, bytes: &[u8]) {
    writer.write_bitvec_bytes(bytes, bytes.len().saturating_mul(8));
}

fn moment(writer: DERWriter<'_>, at: OffsetDateTime) {
    // Certificates know no parts of seconds.
    let at = at.replace_nanosecond(0).unwrap_or(at);
    match at.year() < LONG_YEARS {
        true => writer.write_utctime(&UTCTime::from_datetime(at)),
        false => writer.write_generalized_time(&GeneralizedTime::from_datetime(at)),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, SanType,
        SigningKey as _,
    };
    use x509_parser::extensions::GeneralName;

    use super::*;

    const START: i64 = 1_800_000_000;

    fn terms(days: i64) -> Terms {
        let start = OffsetDateTime::from_unix_timestamp(START).unwrap();
        Terms {
            purpose: Purpose::Client,
            digital_signature: true,
            key_encipherment: false,
            not_before: start,
            not_after: start + time::Duration::days(days),
            serial: [0xff; 16],
        }
    }

    fn authority() -> (KeyPair, Vec<u8>) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        (key, certificate.der().to_vec())
    }

    fn request() -> SigningRequest {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "jane");
        params.subject_alt_names = vec![
            SanType::DnsName("a.example".try_into().unwrap()),
            SanType::IpAddress("10.0.0.1".parse().unwrap()),
        ];
        let key = KeyPair::generate().unwrap();
        let made = params.serialize_request(&key).unwrap();
        SigningRequest::parse(made.pem().unwrap().as_bytes()).unwrap()
    }

    #[test]
    fn a_certificate_is_its_authoritys() {
        let (key, der) = authority();
        let issuer = Issuer::read(&der).unwrap();
        let sign = |body: &[u8]| Ok::<_, IssueError>(key.sign(body).unwrap());
        let made = issuer.issue(&request(), &terms(10), sign).unwrap();
        let (rest, found) = X509Certificate::from_der(&made).unwrap();
        assert!(rest.is_empty());
        let (_, by) = X509Certificate::from_der(&der).unwrap();
        found.verify_signature(Some(by.public_key())).unwrap();
        assert_eq!(found.issuer(), by.subject());
        assert_eq!(found.raw_serial(), [&[0][..], &[0xff; 16]].concat());
        assert_eq!(found.validity().not_before.timestamp(), START);
        let user = crate::certificate::user(&made).unwrap();
        assert_eq!(user.name, "jane");
        let usage = found.key_usage().unwrap().unwrap().value;
        assert!(usage.digital_signature() && !usage.key_encipherment());
        let purposes = found.extended_key_usage().unwrap().unwrap().value;
        assert!(purposes.client_auth && !purposes.server_auth);
        assert!(!found.is_ca());
        let names = found.subject_alternative_name().unwrap().unwrap();
        assert_eq!(
            names.value.general_names,
            [
                GeneralName::DNSName("a.example"),
                GeneralName::IPAddress(&[10, 0, 0, 1])
            ]
        );
    }

    #[test]
    fn a_life_is_one() {
        let (key, der) = authority();
        let issuer = Issuer::read(&der).unwrap();
        let sign = |body: &[u8]| Ok::<_, IssueError>(key.sign(body).unwrap());
        let made = issuer.issue(&request(), &terms(0), sign);
        assert_eq!(made, Err(IssueError::Life));
        let made = issuer.issue(&request(), &terms(20_000), sign).unwrap();
        let (_, found) = X509Certificate::from_der(&made).unwrap();
        let end = START + 20_000 * 86_400;
        assert_eq!(found.validity().not_after.timestamp(), end);
        assert!(Issuer::read(b"x").is_err());
    }
}
