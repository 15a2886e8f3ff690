use std::time::Duration;

use proptest::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P384_SHA384,
    PKCS_ED25519,
};

use super::*;

/// While certificates made here are valid.
fn now() -> Timestamp {
    use wharf_base::{Clock, SystemClock};
    SystemClock.now()
}

fn days(count: u64) -> Duration {
    Duration::from_secs(count * 86_400)
}

/// Own certificate and key.
fn own(names: &[&str]) -> (String, String) {
    signed(names, &KeyPair::generate().unwrap(), |_| ())
}

fn signed(
    names: &[&str],
    key: &KeyPair,
    change: impl FnOnce(&mut CertificateParams),
) -> (String, String) {
    let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    change(&mut params);
    let made = params.self_signed(key).unwrap();
    (made.pem(), key.serialize_pem())
}

fn check(body: &str, key: &str, chain: Option<&str>) -> Result<Imported, String> {
    let chain = chain.map(str::as_bytes);
    let outcome = import(body.as_bytes(), key.as_bytes(), chain, now());
    outcome.map_err(|fault| {
        assert_eq!(fault.code, "ValidationException");
        fault.message
    })
}

#[track_caller]
fn refused(outcome: Result<Imported, String>, text: &str) {
    let said = outcome.err().expect("it is refused");
    assert!(said.contains(text), "{said}");
}

#[test]
fn what_is_kept_is_written_anew() {
    let (body, key) = own(&["Web.Example.com", "*.example.com"]);
    let commented = format!("a comment\n{body}\nand another");
    let found = check(&commented, &key, None).unwrap();
    assert_eq!(found.read.names, ["web.example.com", "*.example.com"]);
    assert_eq!(found.algorithm, Algorithm::P256);
    let normal = body.replace("\r\n", "\n");
    assert_eq!(found.body.trim(), normal.trim());
    assert_eq!(found.chain, None);
    assert!(!format!("{:?}", found.private_key).contains("PRIVATE"));
}

#[test]
fn kinds_of_keys() {
    let p384 = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let (body, key) = signed(&["a.example.com"], &p384, |_| ());
    assert_eq!(check(&body, &key, None).unwrap().algorithm, Algorithm::P384);
    let ed25519 = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let (body, key) = signed(&["a.example.com"], &ed25519, |_| ());
    refused(
        check(&body, &key, None),
        "The private key is not supported.",
    );
}

#[test]
fn what_does_not_belong_together() {
    let (body, key) = own(&["a.example.com"]);
    let (other, other_key) = own(&["b.example.com"]);
    refused(check(&body, &other_key, None), "does not match");
    refused(
        check("nonsense", &key, None),
        "body provided is not in a valid PEM",
    );
    refused(
        check(&key, &key, None),
        "body provided is not in a valid PEM",
    );
    refused(
        check(&format!("{body}{other}"), &key, None),
        "more than one certificate",
    );
    refused(
        check(&body, "nonsense", None),
        "Passed PEM was not a private key",
    );
    refused(
        check(&body, &body, None),
        "Passed PEM was not a private key",
    );
    refused(
        check(&body, &key, Some("nonsense")),
        "chain provided is not in a valid PEM",
    );
    refused(
        check(&body, &key, Some(&other)),
        "Could not validate the certificate with",
    );
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    refused(check(garbage, &key, None), "Unable to parse certificate");
    refused(check(&body, &key, Some(garbage)), "Could not validate");
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    refused(check(&body, &encrypted, None), "not encrypted");
}

#[test]
fn out_of_time() {
    let (body, key) = own(&["a.example.com"]);
    let at = |when| {
        import(body.as_bytes(), key.as_bytes(), None, when)
            .err()
            .unwrap()
    };
    assert_eq!(
        at(Timestamp::from_millis(0)).message,
        "The certificate is not valid yet."
    );
    let late = now() + days(400_000);
    let (short, key) = signed(
        &["a.example.com"],
        &KeyPair::generate().unwrap(),
        |params| {
            params.not_after = rcgen::date_time_ymd(2030, 1, 1);
        },
    );
    let outcome = import(short.as_bytes(), key.as_bytes(), None, late);
    assert_eq!(
        outcome.err().unwrap().message,
        "The certificate has expired."
    );
}

#[test]
fn a_chain_in_order() {
    let issuer = |name: &str| {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let (root_key, middle_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let root = issuer("root").self_signed(&root_key).unwrap();
    let root_issuer = Issuer::new(issuer("root"), &root_key);
    let middle = issuer("middle")
        .signed_by(&middle_key, &root_issuer)
        .unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["a.example.com".to_owned()]).unwrap();
    let leaf = leaf
        .signed_by(&key, &Issuer::new(issuer("middle"), &middle_key))
        .unwrap();
    let (body, key) = (leaf.pem(), key.serialize_pem());
    let (root, middle) = (root.pem(), middle.pem());
    let found = check(&body, &key, Some(&format!("{middle}{root}"))).unwrap();
    assert_eq!(found.chain.unwrap().matches("BEGIN CERTIFICATE").count(), 2);
    assert_eq!(found.read.facts.issuer, "middle");
    assert!(check(&body, &key, Some(&middle)).is_ok());
    assert!(check(&body, &key, None).is_ok());
    let wrong = "Could not validate the certificate with the certificate chain.";
    refused(check(&body, &key, Some(&format!("{root}{middle}"))), wrong);
    refused(check(&body, &key, Some(&format!("{body}{middle}"))), wrong);
    let endless = root.repeat(LONGEST_CHAIN + 1);
    refused(
        check(&body, &key, Some(&endless)),
        "more than 8 certificates",
    );
    let huge = "x".repeat(MAX_CHAIN_BYTES + 1);
    refused(check(&body, &key, Some(&huge)), "longer than 131072 bytes");
    let huge = "x".repeat(MAX_KEY_BYTES + 1);
    refused(check(&body, &huge, None), "longer than 5120 bytes");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body: Vec<u8>, key: Vec<u8>, chain: Vec<u8>) {
        let _ = import(&body, &key, Some(&chain), now());
    }

    /// Certificates that are almost right: one byte of their DER is another.
    #[test]
    fn damaged_certificates_never_panic(at in 0usize..600, to: u8) {
        let (body, key) = own(&["a.example.com"]);
        let mut der = CertificateDer::from_pem_slice(body.as_bytes()).unwrap().to_vec();
        let at = at % der.len();
        der[at] = to;
        let damaged = write("CERTIFICATE", &der);
        let _ = import(damaged.as_bytes(), key.as_bytes(), None, now());
        let _ = import(body.as_bytes(), key.as_bytes(), Some(damaged.as_bytes()), now());
    }
}
