//! Signatures as `cosign` writes them: a small document that names the digest of an image is a layer of the
//! artifact, and the signature of its bytes is an annotation of that layer.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

use crate::{Key, Unverified};

/// The media type of the layer.
pub const LAYER: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The layer's annotation that has the signature.
pub const ANNOTATION: &str = "dev.cosignproject.cosign/signature";
/// What artifacts that refer to their image are called.
pub const ARTIFACT: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";
/// What the document says it is.
const KIND: &str = "cosign container image signature";

/// The tag that has the signatures of a digest, where they do not refer to their image.
pub fn tag(digest: &str) -> String {
    format!("{}.sig", digest.replace(':', "-"))
}

#[derive(Deserialize)]
struct Document {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

/// Whether the key signed that document, and it is about the image of that digest.
///
/// # Errors
/// It did not, or it is not.
pub fn verify(key: &Key, document: &[u8], signature: &str, digest: &str) -> Result<(), Unverified> {
    let signed = STANDARD.decode(signature.trim());
    let signed = signed.map_err(|_| Unverified::Unreadable)?;
    key.made(document, &signed)?;
    let read: Document = serde_json::from_slice(document).map_err(|_| Unverified::Unreadable)?;
    if read.critical.kind != KIND {
        return Err(Unverified::Unreadable);
    }
    match read.critical.image.digest == digest {
        true => Ok(()),
        false => Err(Unverified::OtherImage),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::SigningKey;

    use super::*;

    const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn document(kind: &str) -> Vec<u8> {
        let text = format!(
            r#"{{"critical":{{"identity":{{"docker-reference":""}},"image":{{"docker-manifest-digest":"{DIGEST}"}},"type":"{kind}"}},"optional":null}}"#
        );
        text.into_bytes()
    }

    #[test]
    fn only_what_the_key_signed_about_that_image_counts() {
        let pair = rcgen::KeyPair::generate().unwrap();
        let key = Key::from_pem(&pair.public_key_pem()).unwrap();
        let other = rcgen::KeyPair::generate().unwrap();
        let other = Key::from_pem(&other.public_key_pem()).unwrap();
        let said = document(KIND);
        let signature = STANDARD.encode(pair.sign(&said).unwrap());
        assert_eq!(verify(&key, &said, &signature, DIGEST), Ok(()));
        let of_other = DIGEST.replace('a', "b");
        assert_eq!(
            verify(&key, &said, &signature, &of_other),
            Err(Unverified::OtherImage)
        );
        assert_eq!(
            verify(&other, &said, &signature, DIGEST),
            Err(Unverified::OtherKey)
        );
        let mut changed = said.clone();
        changed[60] ^= 1;
        assert_eq!(
            verify(&key, &changed, &signature, DIGEST),
            Err(Unverified::OtherKey)
        );
        assert_eq!(
            verify(&key, &said, "!", DIGEST),
            Err(Unverified::Unreadable)
        );
        assert_eq!(verify(&key, &said, "", DIGEST), Err(Unverified::OtherKey));
    }

    #[test]
    fn a_signed_document_of_another_kind_does_not_count() {
        let pair = rcgen::KeyPair::generate().unwrap();
        let key = Key::from_pem(&pair.public_key_pem()).unwrap();
        for said in [
            document("something else"),
            b"{}".to_vec(),
            b"no JSON".to_vec(),
        ] {
            let signature = STANDARD.encode(pair.sign(&said).unwrap());
            assert_eq!(
                verify(&key, &said, &signature, DIGEST),
                Err(Unverified::Unreadable)
            );
        }
    }

    #[test]
    fn tags_follow_the_digest() {
        assert_eq!(tag("sha256:00"), "sha256-00.sig");
    }
}
