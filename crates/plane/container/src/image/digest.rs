//! Digests of content, by the algorithms that OCI's image specification registers.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha512};

use super::reference::BadReference;

/// `sha256:` and 64 lower-case hexadecimal digits, or `sha512:` and 128.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

/// A digest in the making.
#[derive(Debug)]
pub(super) enum Hashing {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hashing {
    /// By the algorithm of the digest that the content should have.
    pub(super) fn like(wanted: &Digest) -> Self {
        match wanted.0.starts_with("sha512:") {
            false => Self::Sha256(Sha256::new()),
            true => Self::Sha512(Sha512::new()),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha512(hash) => hash.update(bytes),
        }
    }

    pub(super) fn finish(self) -> Digest {
        match self {
            Self::Sha256(hash) => Digest::of(&hash.finalize().into()),
            Self::Sha512(hash) => Digest(format!("sha512:{}", hex::encode(hash.finalize()))),
        }
    }
}

impl Digest {
    pub fn of(sha256: &[u8; 32]) -> Self {
        Self(format!("sha256:{}", hex::encode(sha256)))
    }

    /// What the bytes have by the algorithm of this one.
    pub(super) fn like_this(&self, bytes: &[u8]) -> Self {
        let mut hash = Hashing::like(self);
        hash.update(bytes);
        hash.finish()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without the algorithm, which their number tells: 64 or 128 digits, safe as a file name.
    pub fn hex(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, hex)| hex)
    }

    /// Reads [`Digest::hex`].
    pub(super) fn from_hex(hex: &str) -> Result<Self, BadReference> {
        match hex.len() {
            128 => format!("sha512:{hex}").try_into(),
            _ => format!("sha256:{hex}").try_into(),
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = BadReference;
    fn try_from(text: String) -> Result<Self, BadReference> {
        let digits = match text.split_once(':') {
            Some(("sha256", hex)) if hex.len() == 64 => hex,
            Some(("sha512", hex)) if hex.len() == 128 => hex,
            _ => "",
        };
        let digit = |b: u8| b.is_ascii_digit() || matches!(b, b'a'..=b'f');
        match !digits.is_empty() && digits.bytes().all(digit) {
            true => Ok(Self(text)),
            false => Err(BadReference::of(&text)),
        }
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(text: &str) -> Result<Digest, BadReference> {
        text.to_owned().try_into()
    }

    #[test]
    fn both_algorithms_are_read_and_made() {
        let one = digest(&format!("sha256:{}", "a".repeat(64))).unwrap();
        let other = digest(&format!("sha512:{}", "a".repeat(128))).unwrap();
        for wanted in [one, other] {
            let made = wanted.like_this(b"content");
            assert_ne!(made, wanted);
            assert_eq!(made.as_str().len(), wanted.as_str().len());
            assert_eq!(digest(made.as_str()).unwrap(), made);
            assert_eq!(Digest::from_hex(made.hex()).unwrap(), made);
        }
    }

    #[test]
    fn other_texts_are_none() {
        let (short, long) = ("a".repeat(64), "a".repeat(128));
        for bad in [
            String::new(),
            "sha256:".to_owned(),
            format!("sha256:{long}"),
            format!("sha512:{short}"),
            format!("sha384:{short}"),
            format!("sha256:{}", "A".repeat(64)),
            format!("sha512:{}", "é".repeat(64)),
        ] {
            assert!(digest(&bad).is_err(), "{bad}");
        }
        assert!(Digest::from_hex("..").is_err());
    }
}
