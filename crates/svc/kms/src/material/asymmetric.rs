//! RSA and elliptic curves; those of Ed25519 keys are in `edwards`.

use aws_lc_rs::{
    agreement::{self, ParsedPublicKey, ParsedPublicKeyFormat},
    digest::{self, Digest},
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{
        KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm,
        OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
        PublicEncryptingKey,
    },
    signature::{self, EcdsaKeyPair, KeyPair as _, RsaKeyPair, UnparsedPublicKey},
};
use wharf_seal::Secret;
use zeroize::Zeroizing;

use super::{Failed, Made, edwards};
use crate::spec::{ED25519, ED25519_PH, OAEP_SHA_1, Spec};

/// What is signed: a message, or the digest of one.
#[derive(Debug, Clone, Copy)]
pub enum Message<'a> {
    Raw(&'a [u8]),
    Digest(&'a [u8]),
}

/// How a signature is made and checked.
struct Scheme {
    digest: &'static digest::Algorithm,
    with: Key,
    verify: &'static dyn signature::VerificationAlgorithm,
}

enum Key {
    Rsa(&'static dyn signature::RsaEncoding),
    Ecdsa(&'static signature::EcdsaSigningAlgorithm),
}

pub(super) fn generate(spec: Spec) -> Result<Made, Failed> {
    let size = match spec {
        Spec::Rsa2048 => KeySize::Rsa2048,
        Spec::Rsa3072 => KeySize::Rsa3072,
        Spec::Rsa4096 => KeySize::Rsa4096,
        Spec::Ed25519 => return edwards::generate(),
        _ => return of_curve(&EcdsaKeyPair::generate(curve(spec).ok_or(Failed)?)?),
    };
    of_rsa(&RsaKeyPair::generate(size)?)
}

/// A private key that somebody else made, in PKCS #8.
///
/// # Errors
/// It is none of this type and size.
pub(super) fn from_pkcs8(spec: Spec, given: &[u8]) -> Result<Made, Failed> {
    let bits = match spec {
        Spec::Rsa2048 => 2048,
        Spec::Rsa3072 => 3072,
        Spec::Rsa4096 => 4096,
        Spec::Ed25519 => return edwards::from_pkcs8(given),
        _ => {
            return of_curve(&EcdsaKeyPair::from_pkcs8(
                curve(spec).ok_or(Failed)?,
                given,
            )?);
        }
    };
    if PrivateDecryptingKey::from_pkcs8(given)?.key_size_bits() != bits {
        return Err(Failed);
    }
    of_rsa(&RsaKeyPair::from_pkcs8(given)?)
}

fn of_curve(pair: &EcdsaKeyPair) -> Result<Made, Failed> {
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    Ok(Made {
        secret: pair.to_pkcs8v1()?.as_ref().into(),
        public: Some(public.as_ref().to_vec()),
    })
}

fn of_rsa(pair: &RsaKeyPair) -> Result<Made, Failed> {
    let private: Pkcs8V1Der<'_> = pair.as_der()?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    Ok(Made {
        secret: private.as_ref().into(),
        public: Some(public.as_ref().to_vec()),
    })
}

fn curve(spec: Spec) -> Option<&'static signature::EcdsaSigningAlgorithm> {
    match spec {
        Spec::P256 => Some(&signature::ECDSA_P256_SHA256_ASN1_SIGNING),
        Spec::P384 => Some(&signature::ECDSA_P384_SHA384_ASN1_SIGNING),
        Spec::P521 => Some(&signature::ECDSA_P521_SHA512_ASN1_SIGNING),
        Spec::K256 => Some(&signature::ECDSA_P256K1_SHA256_ASN1_SIGNING),
        _ => None,
    }
}

/// The scheme of an algorithm's name, for a key of that type.
fn scheme(spec: Spec, algorithm: &str) -> Option<Scheme> {
    let rsa = |digest, with, verify| Scheme {
        digest,
        with: Key::Rsa(with),
        verify,
    };
    let of_curve = |digest, verify| {
        Some(Scheme {
            digest,
            with: Key::Ecdsa(curve(spec)?),
            verify,
        })
    };
    use signature as s;
    Some(match algorithm {
        "RSASSA_PKCS1_V1_5_SHA_256" => rsa(
            &digest::SHA256,
            &s::RSA_PKCS1_SHA256,
            &s::RSA_PKCS1_2048_8192_SHA256,
        ),
        "RSASSA_PKCS1_V1_5_SHA_384" => rsa(
            &digest::SHA384,
            &s::RSA_PKCS1_SHA384,
            &s::RSA_PKCS1_2048_8192_SHA384,
        ),
        "RSASSA_PKCS1_V1_5_SHA_512" => rsa(
            &digest::SHA512,
            &s::RSA_PKCS1_SHA512,
            &s::RSA_PKCS1_2048_8192_SHA512,
        ),
        "RSASSA_PSS_SHA_256" => rsa(
            &digest::SHA256,
            &s::RSA_PSS_SHA256,
            &s::RSA_PSS_2048_8192_SHA256,
        ),
        "RSASSA_PSS_SHA_384" => rsa(
            &digest::SHA384,
            &s::RSA_PSS_SHA384,
            &s::RSA_PSS_2048_8192_SHA384,
        ),
        "RSASSA_PSS_SHA_512" => rsa(
            &digest::SHA512,
            &s::RSA_PSS_SHA512,
            &s::RSA_PSS_2048_8192_SHA512,
        ),
        "ECDSA_SHA_256" if spec == Spec::K256 => {
            of_curve(&digest::SHA256, &s::ECDSA_P256K1_SHA256_ASN1)?
        }
        "ECDSA_SHA_256" => of_curve(&digest::SHA256, &s::ECDSA_P256_SHA256_ASN1)?,
        "ECDSA_SHA_384" => of_curve(&digest::SHA384, &s::ECDSA_P384_SHA384_ASN1)?,
        "ECDSA_SHA_512" => of_curve(&digest::SHA512, &s::ECDSA_P521_SHA512_ASN1)?,
        _ => return None,
    })
}

/// Bytes of the digests of an algorithm; `None` if it signs whole messages alone.
pub fn digest_length(spec: Spec, algorithm: &str) -> Option<usize> {
    match algorithm {
        ED25519 => None,
        ED25519_PH => Some(digest::SHA512.output_len),
        _ => scheme(spec, algorithm).map(|it| it.digest.output_len),
    }
}

fn imported(scheme: &Scheme, bytes: &[u8]) -> Result<Digest, Failed> {
    Ok(Digest::import_less_safe(bytes, scheme.digest)?)
}

/// Signs with an algorithm that keys of this type have.
///
/// # Errors
/// The library's; a digest of another length.
pub fn sign(
    spec: Spec,
    secret: &Secret,
    algorithm: &str,
    message: Message<'_>,
) -> Result<Vec<u8>, Failed> {
    if spec == Spec::Ed25519 {
        return edwards::sign(secret, algorithm, message);
    }
    let scheme = scheme(spec, algorithm).ok_or(Failed)?;
    let random = SystemRandom::new();
    match &scheme.with {
        Key::Rsa(encoding) => {
            let pair = RsaKeyPair::from_pkcs8(secret.expose())?;
            let mut out = vec![0; pair.public_modulus_len()];
            match message {
                Message::Raw(bytes) => pair.sign(*encoding, &random, bytes, &mut out)?,
                Message::Digest(bytes) => {
                    pair.sign_digest(*encoding, &imported(&scheme, bytes)?, &mut out)?;
                }
            }
            Ok(out)
        }
        Key::Ecdsa(algorithm) => {
            let pair = EcdsaKeyPair::from_pkcs8(algorithm, secret.expose())?;
            let made = match message {
                Message::Raw(bytes) => pair.sign(&random, bytes)?,
                Message::Digest(bytes) => pair.sign_digest(&imported(&scheme, bytes)?)?,
            };
            Ok(made.as_ref().to_vec())
        }
    }
}

/// Whether a signature is one of the message by the key.
pub fn verify(
    spec: Spec,
    public: &[u8],
    algorithm: &str,
    message: Message<'_>,
    made: &[u8],
) -> bool {
    if spec == Spec::Ed25519 {
        return edwards::verify(public, algorithm, message, made);
    }
    let Some(scheme) = scheme(spec, algorithm) else {
        return false;
    };
    let key = UnparsedPublicKey::new(scheme.verify, public);
    match message {
        Message::Raw(bytes) => key.verify(bytes, made).is_ok(),
        Message::Digest(bytes) => {
            let digest = imported(&scheme, bytes);
            digest.is_ok_and(|digest| key.verify_digest(&digest, made).is_ok())
        }
    }
}

fn agreement_of(spec: Spec) -> Option<&'static agreement::Algorithm> {
    match spec {
        Spec::P256 => Some(&agreement::ECDH_P256),
        Spec::P384 => Some(&agreement::ECDH_P384),
        Spec::P521 => Some(&agreement::ECDH_P521),
        _ => None,
    }
}

/// A public key of somebody else's: a point of the curve of keys of this type, in the form that certificates have.
#[derive(Debug)]
pub struct Peer(ParsedPublicKey);

impl Peer {
    /// `None` for anything else.
    pub fn read(spec: Spec, der: &[u8]) -> Option<Self> {
        let key = agreement::UnparsedPublicKey::new(agreement_of(spec)?, der);
        let key = ParsedPublicKey::try_from(key).ok()?;
        (key.format() == ParsedPublicKeyFormat::X509).then_some(Self(key))
    }
}

/// The secret that a key shares with somebody else's: the one that this gets of ours and their own (ECDH, the x of the point).
///
/// # Errors
/// The library's.
pub fn agree(spec: Spec, secret: &Secret, peer: Peer) -> Result<Secret, Failed> {
    let algorithm = agreement_of(spec).ok_or(Failed)?;
    let own = agreement::PrivateKey::from_private_key_der(algorithm, secret.expose())?;
    agreement::agree(&own, peer.0, Failed, |shared| Ok(Secret::from(shared)))
}

fn oaep(algorithm: &str) -> &'static OaepAlgorithm {
    match algorithm {
        OAEP_SHA_1 => &OAEP_SHA1_MGF1SHA1,
        _ => &OAEP_SHA256_MGF1SHA256,
    }
}

fn public_key(public: &[u8]) -> Result<OaepPublicEncryptingKey, Failed> {
    let key = PublicEncryptingKey::from_der(public)?;
    Ok(OaepPublicEncryptingKey::new(key)?)
}

/// The longest message that a key encrypts with an algorithm.
///
/// # Errors
/// The library's.
pub fn longest(public: &[u8], algorithm: &str) -> Result<usize, Failed> {
    Ok(public_key(public)?.max_plaintext_size(oaep(algorithm)))
}

/// Encrypts a message of at most [`longest`] bytes by RSAES-OAEP.
///
/// # Errors
/// The library's.
pub fn encrypt(public: &[u8], algorithm: &str, plain: &[u8]) -> Result<Vec<u8>, Failed> {
    let key = public_key(public)?;
    let mut out = vec![0; key.ciphertext_size()];
    let length = key.encrypt(oaep(algorithm), plain, &mut out, None)?.len();
    out.truncate(length);
    Ok(out)
}

/// Decrypts what [`encrypt`] made. What is wrong with anything else is not told.
///
/// # Errors
/// It was made by another key or algorithm, or changed.
pub fn decrypt(secret: &Secret, algorithm: &str, sealed: &[u8]) -> Result<Secret, Failed> {
    let key = OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(secret.expose())?)?;
    let mut out = Zeroizing::new(vec![0; key.min_output_size()]);
    let plain = key.decrypt(oaep(algorithm), sealed, &mut out, None)?;
    Ok(Secret::from(&*plain))
}
