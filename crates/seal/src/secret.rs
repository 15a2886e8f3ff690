//! Bytes nobody may see by accident.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A secret in the clear: wiped when dropped, compared in constant time, without a serialised
/// form, and printed as `Secret`.
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// The bytes themselves. The name is there to be noticed in review.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The secret as text; `None` if it is not UTF-8.
    pub fn expose_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl From<&[u8]> for Secret {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

impl PartialEq for Secret {
    /// Takes the same time wherever two secrets of one length differ.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Secret {}

impl Zeroize for Secret {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_nothing() {
        assert_eq!(
            format!("{:?} {:#?}", Secret::from("hunter2"), Secret::default()),
            "Secret Secret"
        );
    }

    #[test]
    fn compares_by_content() {
        assert_eq!(Secret::from("a"), Secret::from(b"a".as_slice()));
        assert_ne!(Secret::from("a"), Secret::from("ab"));
    }

    #[test]
    fn text_only_where_it_is_text() {
        assert_eq!(Secret::from("é").expose_str(), Some("é"));
        assert_eq!(Secret::from(vec![0xff]).expose_str(), None);
    }
}
