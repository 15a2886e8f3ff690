//! Server certificates as they are uploaded: PEM in, what is in it out. Pure.

use rustls::{
    Error as TlsError,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use wharf_api_iam::faults;
use wharf_base::Timestamp;
use wharf_wire::Fault;
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

/// Certificates of one chain; AWS's own take a handful.
const LONGEST_CHAIN: usize = 16;

/// What a certificate says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Names it is for.
    pub(crate) names: Vec<String>,
    pub(crate) expires: Timestamp,
}

/// Reads a certificate with its key and chain, and makes sure that they belong together.
pub(crate) fn check(body: &str, key: &str, chain: Option<&str>) -> Result<Facts, Fault> {
    let malformed = |text: &str| faults::malformed_certificate_exception(text);
    let own = all(body).filter(|found| found.len() == 1);
    let own = own.ok_or_else(|| {
        malformed("Unable to parse certificate. Please ensure the certificate is in PEM format.")
    })?;
    let facts = read(&own[0]).ok_or_else(|| {
        malformed("Unable to parse certificate. Please ensure the certificate is in PEM format.")
    })?;
    let others = match chain {
        Some(chain) => all(chain).filter(|found| !found.is_empty()),
        None => Some(Vec::new()),
    };
    let others = others.filter(|found| found.len() <= LONGEST_CHAIN).ok_or_else(|| {
        malformed(
            "Unable to parse certificate chain. Please ensure the certificate chain is in PEM format.",
        )
    })?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|_| malformed("Unable to parse private key. Please ensure the key is in PEM format and not encrypted."))?;
    signed_in_order(&own[0], &others)?;
    match CertifiedKey::from_der(own, key, &ring::default_provider()) {
        Ok(_) => Ok(facts),
        Err(TlsError::InconsistentKeys(_)) => Err(faults::key_pair_mismatch_exception(
            "The public key certificate and the private key do not match.",
        )),
        Err(_) => Err(malformed(
            "The private key or the certificate is of a kind that cannot be used.",
        )),
    }
}

/// What tells one certificate from another: its bytes. A signing certificate comes alone.
pub(crate) fn identity(body: &str) -> Result<Vec<u8>, Fault> {
    let own = all(body).filter(|found| found.len() == 1);
    let own = own.filter(|found| read(&found[0]).is_some());
    let own = own.ok_or_else(|| {
        faults::malformed_certificate_exception(
            "Unable to parse certificate. Please ensure the certificate is in PEM format.",
        )
    })?;
    Ok(own[0].to_vec())
}

fn all(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .ok()
}

fn read(der: &CertificateDer<'_>) -> Option<Facts> {
    let (rest, certificate) = parse_x509_certificate(der).ok()?;
    if !rest.is_empty() {
        return None;
    }
    let mut names: Vec<String> = Vec::new();
    if let Ok(Some(alternative)) = certificate.subject_alternative_name() {
        for name in &alternative.value.general_names {
            match name {
                GeneralName::DNSName(name) => names.push((*name).to_ascii_lowercase()),
                GeneralName::IPAddress(bytes) => names.extend(address(bytes)),
                _ => {}
            }
        }
    }
    // Where there are no alternative names, the common one counts.
    if names.is_empty() {
        let common = certificate.subject().iter_common_name();
        let common = common.filter_map(|name| name.as_str().ok());
        names.extend(common.map(str::to_ascii_lowercase));
    }
    let expires = certificate.validity().not_after.timestamp();
    Some(Facts {
        names,
        expires: Timestamp::from_millis(expires.checked_mul(1000)?),
    })
}

fn address(bytes: &[u8]) -> Option<String> {
    let four = <[u8; 4]>::try_from(bytes).map(std::net::Ipv4Addr::from);
    let sixteen = <[u8; 16]>::try_from(bytes).map(std::net::Ipv6Addr::from);
    let four = four.map(|it| it.to_string());
    four.or_else(|_| sixteen.map(|it| it.to_string())).ok()
}

/// Each certificate of the chain issued the one before it.
fn signed_in_order(own: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> Result<(), Fault> {
    let mut before = own;
    for (index, next) in others.iter().enumerate() {
        let issued = match (parse_x509_certificate(before), parse_x509_certificate(next)) {
            (Ok((_, before)), Ok((_, next))) => {
                let key = next.public_key();
                before.issuer().as_raw() == next.subject().as_raw()
                    && before.verify_signature(Some(key)).is_ok()
            }
            _ => false,
        };
        if !issued {
            return Err(faults::malformed_certificate_exception(format!(
                "Unable to validate certificate chain. The certificate chain must start with the \
                 immediate signing certificate, followed by any intermediaries in order. The index \
                 within the chain of the invalid certificate is: {index}"
            )));
        }
        before = next;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    use super::*;

    fn own(names: &[&str]) -> (String, String) {
        let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    fn text(outcome: Result<Facts, Fault>) -> (String, String) {
        let fault = outcome.unwrap_err();
        (fault.code.into_owned(), fault.message)
    }

    #[test]
    fn names_and_end() {
        let (body, key) = own(&["*.Example.com", "10.0.0.1"]);
        let facts = check(&body, &key, None).unwrap();
        assert_eq!(facts.names, ["*.example.com", "10.0.0.1"]);
        assert!(facts.expires > Timestamp::from_millis(1_767_312_000_000));
    }

    #[test]
    fn what_does_not_belong_together() {
        let (body, key) = own(&["a.example.com"]);
        let (other, other_key) = own(&["b.example.com"]);
        assert_eq!(text(check(&body, &other_key, None)).0, "KeyPairMismatch");
        assert_eq!(
            text(check("nonsense", &key, None)),
            (
                "MalformedCertificate".to_owned(),
                "Unable to parse certificate. Please ensure the certificate is in PEM format."
                    .to_owned()
            )
        );
        assert_eq!(
            text(check(&format!("{body}{other}"), &key, None)).0,
            "MalformedCertificate"
        );
        assert_eq!(
            text(check(&body, "nonsense", None)).0,
            "MalformedCertificate"
        );
        assert_eq!(
            text(check(&body, &key, Some("nonsense"))).0,
            "MalformedCertificate"
        );
        let chain = text(check(&body, &key, Some(&other))).1;
        assert!(
            chain.ends_with("of the invalid certificate is: 0"),
            "{chain}"
        );
    }

    #[test]
    fn a_chain_in_order() {
        let authority_key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "the authority");
        let authority = params.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(params, &authority_key);
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["a.example.com".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &issuer).unwrap();
        let outcome = check(&leaf.pem(), &key.serialize_pem(), Some(&authority.pem()));
        assert_eq!(outcome.unwrap().names, ["a.example.com"]);
    }
}
