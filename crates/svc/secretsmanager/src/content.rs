//! The content of a version: text or bytes.

use wharf_seal::Secret as Opened;
use wharf_wire::Fault;

use crate::fault;

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
    /// It gives both.
    pub fn given(text: Option<String>, binary: Option<Vec<u8>>) -> Result<Option<Self>, Fault> {
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
