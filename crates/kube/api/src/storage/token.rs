//! Where a list in pages goes on, in upstream's form. A token holds a path below the folder of the list it is used for, so it leads
//! nowhere else, whoever made it.

use base64::{DecodeError, Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use wharf_store::Revision;

const FORM: &str = "meta.k8s.io/v1";
/// Longer than any that is made: a path holds two names.
const MAX_TOKEN: usize = 4096;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The revision that all pages are of; `None`: of the present, for who accepts that pages do not agree.
    pub revision: Option<Revision>,
    /// The last path that was shown.
    pub after: String,
}

/// Why a token leads nowhere, in upstream's words.
#[derive(Debug, thiserror::Error)]
pub enum BadToken {
    #[error("continue key is not valid: too long")]
    TooLong,
    #[error("continue key is not valid: illegal base64 data at input byte {0}")]
    Base64(usize),
    #[error("continue key is not valid: {0}")]
    Json(#[from] serde_json::Error),
    #[error("continue key is not valid: server does not recognize this encoded version \"{0}\"")]
    Version(String),
    #[error(
        "continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)"
    )]
    Start,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Token {
    v: String,
    rv: i64,
    start: String,
}

impl Position {
    pub fn token(&self) -> String {
        let token = Token {
            v: FORM.to_owned(),
            rv: self
                .revision
                .map_or(-1, |it| i64::try_from(it).unwrap_or(-1)),
            start: self.after.clone(),
        };
        // A struct of texts and numbers always has a form in JSON.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).unwrap_or_default())
    }

    /// # Errors
    /// It is none.
    pub fn parse(token: &str) -> Result<Self, BadToken> {
        if token.len() > MAX_TOKEN {
            return Err(BadToken::TooLong);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token.trim_end_matches('='));
        let bytes = bytes.map_err(|error| BadToken::Base64(wrong_at(&error)))?;
        let token: Token = serde_json::from_slice(&bytes)?;
        if token.v != FORM {
            return Err(BadToken::Version(token.v));
        }
        if token.start.is_empty() || token.rv == 0 {
            return Err(BadToken::Start);
        }
        Ok(Self {
            revision: u64::try_from(token.rv).ok(),
            after: token.start,
        })
    }
}

/// Where Go says that what is no base64 is wrong.
fn wrong_at(error: &DecodeError) -> usize {
    match error {
        DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol { offset: at, .. } => *at,
        DecodeError::InvalidLength(length) => length.saturating_sub(1),
        DecodeError::InvalidPadding => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_come_back() {
        for revision in [None, Some(1), Some(1 << 40)] {
            let position = Position {
                revision,
                after: "default/a".to_owned(),
            };
            assert_eq!(Position::parse(&position.token()).unwrap(), position);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let other = URL_SAFE_NO_PAD.encode(r#"{"v":"v9","rv":1,"start":"a"}"#);
        let nowhere = URL_SAFE_NO_PAD.encode(r#"{"v":"meta.k8s.io/v1","rv":1,"start":""}"#);
        for token in ["", "{}", "****", &other, &nowhere, &"A".repeat(5000)] {
            assert!(Position::parse(token).is_err(), "{token}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_as_upstream_says_it() {
        let of = |text: &str| Position::parse(text).unwrap_err().to_string();
        assert_eq!(
            of("x"),
            "continue key is not valid: illegal base64 data at input byte 0"
        );
        assert_eq!(
            of(&URL_SAFE_NO_PAD.encode(r#"{"v":"meta.k8s.io/v2"}"#)),
            "continue key is not valid: server does not recognize this encoded version \"meta.k8s.io/v2\""
        );
    }

    proptest! {
        #[test]
        fn any_token_is_read(token in ".*", text in ".*") {
            let _ = Position::parse(&token);
            let _ = Position::parse(&URL_SAFE_NO_PAD.encode(text));
        }
    }
}
