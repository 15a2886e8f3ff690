//! What a provider says of somebody, for those who know the provider by other means than an account's list: API servers of clusters.

use serde_json::{Map, Value};
use wharf_base::Timestamp;

use super::{
    keys::{IssuerKeys, NoKey},
    token::{Token, TokenError},
};

/// Why nothing of a token is believed.
#[derive(Debug, thiserror::Error)]
pub enum NotVouched {
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Key(#[from] NoKey),
}

impl IssuerKeys {
    /// The claims of a token that this issuer, which an account trusts, signed for this client, and that holds now.
    ///
    /// # Errors
    /// It is none, or the issuer's keys are not known now.
    pub async fn vouched(
        &self,
        text: &str,
        (account, issuer): (&str, &str),
        client: &str,
        now: Timestamp,
    ) -> Result<Map<String, Value>, NotVouched> {
        let token = Token::read(text, now)?;
        if token.issuer != issuer {
            return Err(TokenError::UnknownIssuer(token.issuer).into());
        }
        token.names(client)?;
        let keys = self.of((account, issuer), token.key_id.as_deref(), now);
        let keys = keys.await?;
        token.is_signed_by(&keys)?;
        Ok(token.claims)
    }
}
