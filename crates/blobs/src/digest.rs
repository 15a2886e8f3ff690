//! `sha256:` and 64 lowercase hexadecimal digits, or `sha512:` and 128.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha512};

/// The algorithms that content is named by: those that OCI's image specification registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Sha256,
    Sha512,
}

impl Algorithm {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }
}

/// What content is called: the hash of its bytes. Blobs are kept under their sha256 alone; who takes content
/// under another digest keeps both.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(Bytes);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Bytes {
    Sha256([u8; 32]),
    Sha512([u8; 64]),
}

/// Why a text is no digest. The text itself is left out, since it may be of any length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadDigest {
    #[error("unsupported digest algorithm")]
    Algorithm,
    #[error("a digest is `sha256:` and 64, or `sha512:` and 128 lowercase hexadecimal digits")]
    Form,
}

/// A digest in the making.
#[derive(Debug, Clone)]
pub enum Hashing {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hashing {
    pub fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha512(hash) => hash.update(bytes),
        }
    }

    pub fn finish(self) -> Digest {
        match self {
            Self::Sha256(hash) => hash.into(),
            Self::Sha512(hash) => hash.into(),
        }
    }
}

impl From<Sha256> for Digest {
    fn from(hash: Sha256) -> Self {
        Self(Bytes::Sha256(hash.finalize().into()))
    }
}

impl From<Sha512> for Digest {
    fn from(hash: Sha512) -> Self {
        Self(Bytes::Sha512(hash.finalize().into()))
    }
}

impl Digest {
    /// The sha256.
    pub fn of(bytes: &[u8]) -> Self {
        Self::by(Algorithm::Sha256, bytes)
    }

    pub fn by(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let mut hash = Hashing::new(algorithm);
        hash.update(bytes);
        hash.finish()
    }

    pub fn from_hash(hash: Sha256) -> Self {
        hash.into()
    }

    pub fn algorithm(&self) -> Algorithm {
        match self.0 {
            Bytes::Sha256(_) => Algorithm::Sha256,
            Bytes::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// Whether these bytes are what it names.
    pub fn names(&self, bytes: &[u8]) -> bool {
        Self::by(self.algorithm(), bytes) == *self
    }

    fn bytes(&self) -> &[u8] {
        match &self.0 {
            Bytes::Sha256(bytes) => bytes,
            Bytes::Sha512(bytes) => bytes,
        }
    }

    /// What the folders of blobs are named by.
    pub(crate) fn first_byte(&self) -> u8 {
        self.bytes()[0]
    }

    /// Two numbers that blobs have in common by chance alone, for a table that may take one for another.
    pub(crate) fn place_and_mark(&self) -> (u32, u32) {
        let bytes = self.bytes();
        let number = |at: usize| {
            let four = &bytes[at..at + 4];
            four.iter()
                .fold(0, |all, byte| (all << 8) | u32::from(*byte))
        };
        (number(0), number(4))
    }

    /// The digits without the algorithm, which their number tells.
    pub fn hex(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
        let mut text = String::with_capacity(2 * self.bytes().len());
        for byte in self.bytes() {
            text.push(digit(byte >> 4));
            text.push(digit(byte & 15));
        }
        text
    }

    /// The digest of its algorithm right before this one in order; `None` before the first. For pages that begin
    /// with a known digest.
    pub fn previous(&self) -> Option<Self> {
        let mut all = self.0;
        let bytes: &mut [u8] = match &mut all {
            Bytes::Sha256(bytes) => bytes,
            Bytes::Sha512(bytes) => bytes,
        };
        for byte in bytes.iter_mut().rev() {
            let (lower, borrow) = byte.overflowing_sub(1);
            *byte = lower;
            if !borrow {
                return Some(Self(all));
            }
        }
        None
    }

    /// Reads [`Digest::hex`].
    pub fn from_hex(text: &str) -> Result<Self, BadDigest> {
        Ok(Self(match text.len() {
            64 => Bytes::Sha256(unhex(text)?),
            128 => Bytes::Sha512(unhex(text)?),
            _ => return Err(BadDigest::Form),
        }))
    }
}

/// In the order of the digits, as keys of records and names of files are.
impl Ord for Digest {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl PartialOrd for Digest {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

fn unhex<const N: usize>(text: &str) -> Result<[u8; N], BadDigest> {
    let mut bytes = [0; N];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return Err(BadDigest::Form);
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Ok(bytes)
}

fn value(digit: u8) -> Result<u8, BadDigest> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(BadDigest::Form),
    }
}

impl std::str::FromStr for Digest {
    type Err = BadDigest;
    fn from_str(text: &str) -> Result<Self, BadDigest> {
        let (algorithm, hex) = text.split_once(':').ok_or(BadDigest::Form)?;
        Ok(Self(match algorithm {
            "sha256" => Bytes::Sha256(unhex(hex)?),
            "sha512" => Bytes::Sha512(unhex(hex)?),
            _ => return Err(BadDigest::Algorithm),
        }))
    }
}

impl TryFrom<String> for Digest {
    type Error = BadDigest;
    fn try_from(text: String) -> Result<Self, BadDigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.algorithm().name(), self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const EMPTY_512: &str = "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";

    #[test]
    fn of_nothing() {
        assert_eq!(Digest::of(b"").to_string(), EMPTY);
        assert_eq!(EMPTY.parse(), Ok(Digest::of(b"")));
        let other = Digest::by(Algorithm::Sha512, b"");
        assert_eq!(other.to_string(), EMPTY_512);
        assert_eq!(EMPTY_512.parse(), Ok(other));
        assert!(other.names(b"") && !other.names(b"x"));
    }

    #[test]
    fn refuses_other_texts() {
        let upper = format!("sha256:{}", EMPTY[7..].to_uppercase());
        let long = format!("{EMPTY}0");
        let crossed = [
            EMPTY.replace("256", "512"),
            EMPTY_512.replace("512", "256"),
            format!("sha256:{}", "g".repeat(64)),
        ];
        let form = [
            "",
            "sha256",
            "sha256:",
            &EMPTY[7..],
            &EMPTY[..70],
            &EMPTY_512[..134],
            &upper,
            &long,
            "sha512:00",
            "sha256:é",
            &crossed[0],
            &crossed[1],
            &crossed[2],
        ];
        for bad in form {
            assert_eq!(bad.parse::<Digest>(), Err(BadDigest::Form), "{bad}");
        }
        for bad in ["sha384:00", "md5:00", "SHA256:00", ":", "blake3:é"] {
            assert_eq!(bad.parse::<Digest>(), Err(BadDigest::Algorithm), "{bad}");
        }
        for bad in ["", "00", &EMPTY[..64]] {
            assert!(Digest::from_hex(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_one_before() {
        let digest = |hex: &str| Digest::from_hex(&format!("{hex:0>64}")).unwrap();
        assert_eq!(digest("10000").previous(), Some(digest("ffff")));
        assert_eq!(digest("2").previous(), Some(digest("1")));
        assert_eq!(digest("0").previous(), None);
        let digest = |hex: &str| Digest::from_hex(&format!("{hex:0>128}")).unwrap();
        assert_eq!(digest("10000").previous(), Some(digest("ffff")));
        assert_eq!(digest("0").previous(), None);
    }

    proptest! {
        #[test]
        fn text_and_back(bytes: Vec<u8>, other: Vec<u8>) {
            let both = [Algorithm::Sha256, Algorithm::Sha512].map(|it| Digest::by(it, &bytes));
            for digest in both {
                prop_assert_eq!(digest.to_string().parse(), Ok(digest));
                prop_assert_eq!(Digest::from_hex(&digest.hex()), Ok(digest));
                for other in [Algorithm::Sha256, Algorithm::Sha512].map(|it| Digest::by(it, &other)) {
                    prop_assert_eq!(digest.cmp(&other), digest.hex().cmp(&other.hex()));
                }
            }
        }
    }
}
