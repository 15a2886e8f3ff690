//! Signatures as `notation` writes them: a JSON web signature over a document that names the digest of an
//! image, with the signer's certificate beside it.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::Deserialize;
use wharf_base::Timestamp;

use crate::{Key, Unverified};

/// What the artifact is called.
pub const ARTIFACT: &str = "application/vnd.cncf.notary.signature";
/// The media type of the layer.
pub const LAYER: &str = "application/jose+json";
pub(crate) const PAYLOAD: &str = "application/vnd.cncf.notary.payload.v1+json";
pub(crate) const SCHEMES: [&str; 2] = ["notary.x509", "notary.x509.signingAuthority"];
/// Members of the header that a reader must know, and does here.
const KNOWN: [&str; 3] = [
    "io.cncf.notary.signingScheme",
    "io.cncf.notary.expiry",
    "io.cncf.notary.authenticSigningTime",
];

#[derive(Deserialize)]
struct Envelope {
    payload: String,
    protected: String,
    signature: String,
    header: Header,
}

#[derive(Deserialize)]
struct Header {
    /// Certificates in base64, the signer's first.
    x5c: Vec<String>,
}

#[derive(Deserialize)]
struct Protected {
    alg: String,
    cty: String,
    #[serde(default)]
    crit: Vec<String>,
    #[serde(rename = "io.cncf.notary.signingScheme")]
    scheme: String,
    #[serde(rename = "io.cncf.notary.expiry")]
    expiry: Option<String>,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "targetArtifact")]
    target: Target,
}

#[derive(Deserialize)]
struct Target {
    digest: String,
}

/// Whether the key signed that the image of that digest is its own, and the signature has not expired.
///
/// # Errors
/// It did not, or it has.
pub fn verify(key: &Key, envelope: &[u8], digest: &str, now: Timestamp) -> Result<(), Unverified> {
    let read: Envelope = serde_json::from_slice(envelope).map_err(|_| Unverified::Unreadable)?;
    let leaf = read.header.x5c.first().ok_or(Unverified::Unreadable)?;
    let leaf = STANDARD.decode(leaf).map_err(|_| Unverified::Unreadable)?;
    // Another's signature, of a kind of key that need not be known here.
    if Key::of_certificate(&leaf).ok().as_ref() != Some(key) {
        return Err(Unverified::OtherKey);
    }
    let protected = decoded(&read.protected)?;
    let said: Protected = serde_json::from_slice(&protected).map_err(|_| Unverified::Unreadable)?;
    let signed = decoded(&read.signature)?;
    let message = format!("{}.{}", read.protected, read.payload);
    key.made_by(&said.alg, message.as_bytes(), &signed)?;
    if said.cty != PAYLOAD {
        return Err(Unverified::Unreadable);
    }
    let known = |name: &String| KNOWN.contains(&name.as_str());
    if !said.crit.iter().all(known) || !SCHEMES.contains(&said.scheme.as_str()) {
        return Err(Unverified::Critical);
    }
    if let Some(expiry) = &said.expiry {
        let expiry = Timestamp::parse_iso8601(expiry).ok_or(Unverified::Unreadable)?;
        if expiry <= now {
            return Err(Unverified::Expired);
        }
    }
    let payload = decoded(&read.payload)?;
    let payload: Payload = serde_json::from_slice(&payload).map_err(|_| Unverified::Unreadable)?;
    match payload.target.digest == digest {
        true => Ok(()),
        false => Err(Unverified::OtherImage),
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, Unverified> {
    let decoded = URL_SAFE_NO_PAD.decode(text);
    decoded.map_err(|_| Unverified::Unreadable)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
    };
    use serde_json::{Value, json};

    use super::*;

    const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    struct Signer {
        pair: rcgen::KeyPair,
        certificate: rcgen::Certificate,
    }

    impl Signer {
        fn new() -> Self {
            let pair = rcgen::KeyPair::generate().unwrap();
            let params = rcgen::CertificateParams::new(vec!["signer".to_owned()]).unwrap();
            let certificate = params.self_signed(&pair).unwrap();
            Self { pair, certificate }
        }

        fn key(&self) -> Key {
            Key::from_pem(&self.pair.public_key_pem()).unwrap()
        }

        fn sign(&self, change: impl FnOnce(&mut Value, &mut Value)) -> Value {
            let mut protected = json!({
                "alg": "ES256",
                "cty": PAYLOAD,
                "crit": ["io.cncf.notary.signingScheme", "io.cncf.notary.expiry"],
                "io.cncf.notary.signingScheme": "notary.x509",
                "io.cncf.notary.signingTime": "2026-11-22T10:00:00Z",
                "io.cncf.notary.expiry": "2030-01-01T00:00:00Z",
            });
            let mut payload = json!({"targetArtifact": {"digest": DIGEST, "size": 10,
                "mediaType": "application/vnd.oci.image.manifest.v1+json"}});
            change(&mut protected, &mut payload);
            let protected = URL_SAFE_NO_PAD.encode(protected.to_string());
            let payload = URL_SAFE_NO_PAD.encode(payload.to_string());
            let message = format!("{protected}.{payload}");
            let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let pair = EcdsaKeyPair::from_pkcs8(algorithm, &self.pair.serialize_der()).unwrap();
            let signed = pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
            json!({
                "payload": payload,
                "protected": protected,
                "header": {
                    "x5c": [STANDARD.encode(self.certificate.der())],
                    "io.cncf.notary.signingAgent": "notation-go/1.3.0",
                },
                "signature": URL_SAFE_NO_PAD.encode(signed.as_ref()),
            })
        }
    }

    fn verify_at(key: &Key, envelope: &Value, now: Timestamp) -> Result<(), Unverified> {
        verify(key, envelope.to_string().as_bytes(), DIGEST, now)
    }

    #[test]
    fn what_the_key_signed_counts_until_it_expires() {
        let signer = Signer::new();
        let envelope = signer.sign(|_, _| {});
        let key = signer.key();
        assert_eq!(verify_at(&key, &envelope, NOW), Ok(()));
        let later = Timestamp(1_900_000_000_000);
        assert_eq!(verify_at(&key, &envelope, later), Err(Unverified::Expired));
        let other = Signer::new().key();
        assert_eq!(verify_at(&other, &envelope, NOW), Err(Unverified::OtherKey));
    }

    #[test]
    fn a_changed_payload_or_header_is_of_another_key() {
        let signer = Signer::new();
        let other = signer.sign(|_, payload| payload["targetArtifact"]["size"] = json!(11));
        for member in ["payload", "signature"] {
            let mut envelope = signer.sign(|_, _| {});
            envelope[member] = other[member].clone();
            assert_eq!(
                verify_at(&signer.key(), &envelope, NOW),
                Err(Unverified::OtherKey)
            );
        }
        // The certificate of the trusted key beside the signature of another.
        let stranger = Signer::new();
        let mut envelope = stranger.sign(|_, _| {});
        envelope["header"]["x5c"] = json!([STANDARD.encode(signer.certificate.der())]);
        assert_eq!(
            verify_at(&signer.key(), &envelope, NOW),
            Err(Unverified::OtherKey)
        );
    }

    #[test]
    fn signed_headers_are_heeded() {
        let signer = Signer::new();
        let check = |change: fn(&mut Value, &mut Value), expected: Unverified| {
            let envelope = signer.sign(change);
            assert_eq!(verify_at(&signer.key(), &envelope, NOW), Err(expected));
        };
        check(
            |header, _| header["crit"] = json!(["new.thing"]),
            Unverified::Critical,
        );
        check(
            |header, _| header["io.cncf.notary.signingScheme"] = json!("other"),
            Unverified::Critical,
        );
        check(
            |header, _| header["cty"] = json!("text/plain"),
            Unverified::Unreadable,
        );
        check(
            |header, _| header["io.cncf.notary.expiry"] = json!("soon"),
            Unverified::Unreadable,
        );
        check(
            |header, _| header["alg"] = json!("none"),
            Unverified::Algorithm,
        );
        check(
            |header, _| header["alg"] = json!("PS256"),
            Unverified::OtherKey,
        );
        check(
            |_, payload| payload["targetArtifact"]["digest"] = json!("sha256:00"),
            Unverified::OtherImage,
        );
    }

    #[test]
    fn nonsense_is_unreadable() {
        let signer = Signer::new();
        for envelope in [json!({}), json!([]), json!("x")] {
            let found = verify_at(&signer.key(), &envelope, NOW);
            assert_eq!(found, Err(Unverified::Unreadable));
        }
        let mut envelope = signer.sign(|_, _| {});
        envelope["header"]["x5c"] = json!([]);
        assert_eq!(
            verify_at(&signer.key(), &envelope, NOW),
            Err(Unverified::Unreadable)
        );
    }
}
