//! The content of a version: text or bytes.

use wharf_seal::Secret as Opened;
use wharf_wire::Fault;

use crate::fault;

/// Bytes of a value.
const MOST_BYTES: usize = 65_536;

/// The text or the bytes of a version.
#[derive(Clone, PartialEq)]
pub enum Content {
    Text(String),
    Binary(Vec<u8>),
}

impl Content {
    /// What a request gives; `None` if it gives nothing.
    ///
    /// # Errors
    /// It gives both; a text is too long.
    pub fn given(text: Option<String>, binary: Option<Vec<u8>>) -> Result<Option<Self>, Fault> {
        // The model counts characters; what a secret may hold is counted in bytes.
        if text.as_ref().is_some_and(|it| it.len() > MOST_BYTES) {
            return Err(fault::too_long("secretString", MOST_BYTES));
        }
        match (text, binary) {
            (Some(_), Some(_)) => Err(fault::parameter(
                "You can't specify both a binary secret value and a string secret value in the same \
                 secret.",
            )),
            (Some(text), None) => Ok(Some(Self::Text(text))),
            (None, Some(binary)) => Ok(Some(Self::Binary(binary))),
            (None, None) => Ok(None),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// What was sealed.
    ///
    /// # Errors
    /// A text that is none.
    pub fn opened(opened: &Opened, binary: bool) -> Result<Self, NotText> {
        match (binary, opened.expose_str()) {
            (true, _) => Ok(Self::Binary(opened.expose().to_vec())),
            (false, Some(text)) => Ok(Self::Text(text.to_owned())),
            (false, None) => Err(NotText),
        }
    }
}

/// A stored text is no text.
#[derive(Debug)]
pub struct NotText;

impl std::fmt::Display for NotText {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a stored text is not UTF-8")
    }
}

impl std::error::Error for NotText {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_long_as_its_bytes() {
        let of = |letter: &str, count: usize| Content::given(Some(letter.repeat(count)), None);
        assert!(of("a", MOST_BYTES).is_ok());
        assert!(of("ü", MOST_BYTES / 2).is_ok());
        let refused = of("ü", MOST_BYTES / 2 + 1).err().unwrap();
        assert_eq!(refused.code, "ValidationException");
        assert_eq!(
            refused.message,
            "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have \
             length less than or equal to 65536"
        );
    }
}
