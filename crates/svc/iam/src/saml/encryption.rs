//! Assertions that come encrypted (XML Encryption 1.1 as SAML 2.0 has it): a key of one use, encrypted for a private key
//! that was added to the provider, and the assertion under that key. RSA is aws-lc's, which takes as long for one key as for another.
//!
//! Until the provider's signature is seen to hold there is one error for whatever goes wrong, so that nobody reads an assertion by
//! changing its encrypted bytes and asking what is wrong with them (the padding of CBC is nothing that is authenticated).

use aws_lc_rs::{
    aead::{self, AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    cipher::{AES_128, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey},
    encoding::{AsDer as _, Pkcs8V1Der},
    iv::FixedLength,
    rsa::{
        KeyPair, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384,
        OAEP_SHA512_MGF1SHA512, OaepAlgorithm, OaepPrivateDecryptingKey, PrivateDecryptingKey,
    },
};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject as _};
use uppsala::NodeId;
use wharf_seal::Secret;

use super::{
    signature::{Bad, decoded},
    xml::{ENCRYPTION, ENCRYPTION_11, Malformed, SIGNATURE, Xml},
};

/// Keys that the key of an assertion may be encrypted for: directories write one for each that reads it.
const MAX_RECIPIENTS: usize = 4;

/// What assertions of a provider are opened with.
#[derive(Debug, Default)]
pub(crate) struct Openers {
    pub keys: Vec<OaepPrivateDecryptingKey>,
    /// An assertion that comes as it is is refused.
    pub required: bool,
}

/// No key, or none that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoKey;

/// It does not open; why is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closed;

impl From<Malformed> for Closed {
    fn from(_: Malformed) -> Self {
        Self
    }
}

impl From<Bad> for Closed {
    fn from(_: Bad) -> Self {
        Self
    }
}

/// An RSA key of 2048 to 8192 bits in PEM, as PKCS #8.
pub(crate) fn read_key(pem: &str) -> Result<Secret, NoKey> {
    let read = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| NoKey)?;
    let pair = match &read {
        PrivateKeyDer::Pkcs1(key) => KeyPair::from_der(key.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(key) => KeyPair::from_pkcs8(key.secret_pkcs8_der()),
        _ => return Err(NoKey),
    };
    let pair = pair.map_err(|_| NoKey)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| NoKey)?;
    opener(der.as_ref())?;
    Ok(der.as_ref().into())
}

/// What opens with a key that [`read_key`] read.
pub(crate) fn opener(pkcs8: &[u8]) -> Result<OaepPrivateDecryptingKey, NoKey> {
    let key = PrivateDecryptingKey::from_pkcs8(pkcs8).map_err(|_| NoKey)?;
    OaepPrivateDecryptingKey::new(key).map_err(|_| NoKey)
}

impl Openers {
    /// The text of the one assertion in an `EncryptedAssertion`.
    pub(super) fn open(&self, xml: &Xml<'_>, encrypted: NodeId) -> Result<String, Closed> {
        let data = xml.one(encrypted, ENCRYPTION, "EncryptedData")?;
        let contents = Contents::named(algorithm(xml, data)?).ok_or(Closed)?;
        let bytes = cipher_value(xml, data)?;
        // Beside the data, or within it.
        let mut recipients = xml.children(encrypted, ENCRYPTION, "EncryptedKey");
        if let Some(info) = xml.at_most_one(data, SIGNATURE, "KeyInfo")? {
            recipients.extend(xml.children(info, ENCRYPTION, "EncryptedKey"));
        }
        if recipients.len() > MAX_RECIPIENTS {
            return Err(Closed);
        }
        for recipient in recipients {
            let transport = transport(xml, recipient)?;
            let sealed = cipher_value(xml, recipient)?;
            for key in &self.keys {
                let mut room = vec![0; key.min_output_size()];
                let Ok(opened) = key.decrypt(transport, &sealed, &mut room, None) else {
                    continue;
                };
                // OAEP says whether it was this key, so there is no other to try.
                return contents.open(opened, bytes);
            }
        }
        Err(Closed)
    }
}

/// How the key of an assertion was encrypted.
fn transport(xml: &Xml<'_>, key: NodeId) -> Result<&'static OaepAlgorithm, Closed> {
    let method = xml.one(key, ENCRYPTION, "EncryptionMethod")?;
    let of = |namespace: &str, name: &str| -> Result<Option<&str>, Closed> {
        let found = xml.at_most_one(method, namespace, name)?;
        Ok(found.and_then(|it| xml.attribute(it, "Algorithm")))
    };
    // A label is part of what is encrypted, and nobody gives one.
    if xml.at_most_one(method, ENCRYPTION, "OAEPparams")?.is_some() {
        return Err(Closed);
    }
    let digest = of(SIGNATURE, "DigestMethod")?;
    let digest = digest.unwrap_or("http://www.w3.org/2000/09/xmldsig#sha1");
    let sha1 = "http://www.w3.org/2009/xmlenc11#mgf1sha1";
    let mask = match algorithm(xml, key)? {
        "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p" => sha1,
        "http://www.w3.org/2009/xmlenc11#rsa-oaep" => of(ENCRYPTION_11, "MGF")?.unwrap_or(sha1),
        _ => return Err(Closed),
    };
    match (digest, mask) {
        ("http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2009/xmlenc11#mgf1sha1") => {
            Ok(&OAEP_SHA1_MGF1SHA1)
        }
        (
            "http://www.w3.org/2001/04/xmlenc#sha256",
            "http://www.w3.org/2009/xmlenc11#mgf1sha256",
        ) => Ok(&OAEP_SHA256_MGF1SHA256),
        (
            "http://www.w3.org/2001/04/xmldsig-more#sha384",
            "http://www.w3.org/2009/xmlenc11#mgf1sha384",
        ) => Ok(&OAEP_SHA384_MGF1SHA384),
        (
            "http://www.w3.org/2001/04/xmlenc#sha512",
            "http://www.w3.org/2009/xmlenc11#mgf1sha512",
        ) => Ok(&OAEP_SHA512_MGF1SHA512),
        _ => Err(Closed),
    }
}

/// How an assertion is encrypted.
#[derive(Clone, Copy)]
enum Contents {
    Gcm(&'static aead::Algorithm),
    /// With the padding of XML Encryption, of which the last byte alone means something.
    Cbc(&'static aws_lc_rs::cipher::Algorithm),
}

impl Contents {
    fn named(algorithm: &str) -> Option<Self> {
        match algorithm {
            "http://www.w3.org/2009/xmlenc11#aes128-gcm" => Some(Self::Gcm(&AES_128_GCM)),
            "http://www.w3.org/2009/xmlenc11#aes256-gcm" => Some(Self::Gcm(&AES_256_GCM)),
            "http://www.w3.org/2001/04/xmlenc#aes128-cbc" => Some(Self::Cbc(&AES_128)),
            "http://www.w3.org/2001/04/xmlenc#aes256-cbc" => Some(Self::Cbc(&AES_256)),
            _ => None,
        }
    }

    /// The text behind the bytes, before which lies what makes each use of a key another.
    fn open(self, key: &[u8], mut bytes: Vec<u8>) -> Result<String, Closed> {
        let begins = match self {
            Self::Gcm(_) => aead::NONCE_LEN,
            Self::Cbc(_) => 16,
        };
        let (first, rest) = bytes.split_at_mut_checked(begins).ok_or(Closed)?;
        let text = match self {
            Self::Gcm(algorithm) => {
                let key = UnboundKey::new(algorithm, key).map_err(|_| Closed)?;
                let nonce = Nonce::try_assume_unique_for_key(first).map_err(|_| Closed)?;
                let opened = LessSafeKey::new(key).open_in_place(nonce, Aad::empty(), rest);
                opened.map_err(|_| Closed)?.to_vec()
            }
            Self::Cbc(algorithm) => {
                let key = UnboundCipherKey::new(algorithm, key).map_err(|_| Closed)?;
                let key = PaddedBlockDecryptingKey::cbc_iso10126(key).map_err(|_| Closed)?;
                let begin = FixedLength::try_from(&*first).map_err(|_| Closed)?;
                let opened = key.decrypt(rest, DecryptionContext::Iv128(begin));
                opened.map_err(|_| Closed)?.to_vec()
            }
        };
        String::from_utf8(text).map_err(|_| Closed)
    }
}

fn algorithm<'a>(xml: &'a Xml<'_>, of: NodeId) -> Result<&'a str, Closed> {
    let method = xml.one(of, ENCRYPTION, "EncryptionMethod")?;
    xml.attribute(method, "Algorithm").ok_or(Closed)
}

fn cipher_value(xml: &Xml<'_>, of: NodeId) -> Result<Vec<u8>, Closed> {
    let data = xml.one(of, ENCRYPTION, "CipherData")?;
    let value = xml.one(data, ENCRYPTION, "CipherValue")?;
    Ok(decoded(&xml.text(value)?)?)
}
