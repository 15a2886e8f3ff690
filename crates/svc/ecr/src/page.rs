//! Page tokens: sealed, good on every server, and only for the listing they came from.

use wharf_seal::Keyring;

use crate::error::EcrError;

/// A listing: `name` and everything that selects what it shows. The token is bound to all of it.
pub(crate) struct Listing<'a> {
    pub keyring: &'a Keyring,
    pub context: String,
}

impl<'a> Listing<'a> {
    pub(crate) fn new(keyring: &'a Keyring, name: &str, selection: &[&str]) -> Self {
        Self {
            keyring,
            context: format!("ecr/page/{name}/{selection:?}"),
        }
    }

    /// The token for what follows `last`.
    pub(crate) fn token(&self, last: &str) -> String {
        self.keyring.seal_token(last.as_bytes(), &self.context)
    }

    /// What the client's token says came last; `None` without a token.
    pub(crate) fn last(&self, token: Option<&str>) -> Result<Option<String>, EcrError> {
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            return Ok(None);
        };
        let opened = self.keyring.open_token(token, &self.context).ok();
        let last = opened.and_then(|last| last.expose_str().map(str::to_owned));
        last.map(Some)
            .ok_or_else(|| EcrError::invalid("nextToken", "the token is not of this listing"))
    }
}
