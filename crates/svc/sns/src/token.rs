//! With what an endpoint agrees: the subscription and a time, sealed. Nothing of it is stored.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_seal::Keyring;

const PURPOSE: &str = "sns/confirmation";
/// As on AWS.
pub const LIFE: Duration = Duration::from_secs(2 * 86_400);
/// Bytes of a token that anybody sends.
const LONGEST: usize = 32 << 10;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// ARN
    pub subscription: String,
    pub ends_at: Timestamp,
}

impl Token {
    pub fn sealed(&self, keyring: &Keyring) -> Result<String, serde_json::Error> {
        let text = serde_json::to_vec(self)?;
        Ok(keyring.seal_token(&text, PURPOSE))
    }

    /// The token of a text that came from outside; `None` if it is none of ours, or over.
    pub fn read(text: &str, keyring: &Keyring, now: Timestamp) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let opened = keyring.open_token(text, PURPOSE).ok()?;
        let token: Self = serde_json::from_slice(opened.expose()).ok()?;
        (token.ends_at > now).then_some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_end_and_are_not_forged() {
        let keyring = Keyring::in_memory();
        let token = Token {
            subscription: "arn".to_owned(),
            ends_at: Timestamp(5),
        };
        let text = token.sealed(&keyring).unwrap();
        assert_eq!(Token::read(&text, &keyring, Timestamp(4)), Some(token));
        assert_eq!(Token::read(&text, &keyring, Timestamp(5)), None);
        assert_eq!(Token::read("x", &keyring, Timestamp(0)), None);
        let other = keyring.seal_token(b"{}", "another");
        assert_eq!(Token::read(&other, &keyring, Timestamp(0)), None);
    }
}
