//! Who we are to a registry, and what it is shown when it asks.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use wharf_base::Challenge;

use super::{
    super::error::RegistryError,
    Repository,
    transfer::{SILENCE_TIMEOUT, accept_status, collect},
};

/// Bound on a token answer, in bytes.
const TOKEN_LIMIT: u64 = 1 << 20;

/// Who we are to a registry.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum RegistryAuth {
    #[default]
    Anonymous,
    Basic {
        user: String,
        password: String,
    },
    Bearer {
        token: String,
    },
}

/// Never shows a secret.
impl fmt::Debug for RegistryAuth {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => out.write_str("Anonymous"),
            Self::Basic { user, .. } => out
                .debug_struct("Basic")
                .field("user", user)
                .finish_non_exhaustive(),
            Self::Bearer { .. } => out.write_str("Bearer(…)"),
        }
    }
}

impl Repository {
    /// What a registry that said 401 wants to see instead.
    pub(super) async fn answer_challenge(
        &self,
        headers: &HeaderMap,
    ) -> Result<Option<HeaderValue>, RegistryError> {
        let said = headers.get_all(header::WWW_AUTHENTICATE).iter();
        match Challenge::read(said.filter_map(|it| it.to_str().ok())) {
            Some(challenge @ Challenge::Bearer { .. }) => self.fetch_token(&challenge).await,
            Some(Challenge::Basic) => Ok(match &self.auth {
                RegistryAuth::Basic { user, password } => basic(user, password),
                _ => None,
            }),
            None => Ok(None),
        }
    }

    async fn fetch_token(
        &self,
        challenge: &Challenge,
    ) -> Result<Option<HeaderValue>, RegistryError> {
        #[derive(serde::Deserialize)]
        struct Answer {
            #[serde(default)]
            token: String,
            #[serde(default)]
            access_token: String,
        }
        let Some(url) = challenge.token_url(&self.repository) else {
            return Ok(None);
        };
        // Credentials go to the registry itself, or encrypted to whom it names.
        if !url.starts_with("https://") && !url.starts_with(&format!("{}/", self.base)) {
            return Err(RegistryError::Nonsense(format!("tokens from {url}")));
        }
        let credentials = match &self.auth {
            RegistryAuth::Basic { user, password } => basic(user, password),
            _ => None,
        };
        let (response, _) = self
            .follow(
                &Method::GET,
                &url,
                &[],
                credentials.as_ref(),
                SILENCE_TIMEOUT,
            )
            .await?;
        if response.status() == StatusCode::UNAUTHORIZED
            || response.status() == StatusCode::FORBIDDEN
        {
            return Err(RegistryError::Denied(url));
        }
        let body = collect(
            accept_status(response, &Method::GET, &url)?.into_body(),
            "the token",
            TOKEN_LIMIT,
            &url,
        )
        .await?;
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|e| RegistryError::Nonsense(e.to_string()))?;
        Ok(bearer(if answer.token.is_empty() {
            &answer.access_token
        } else {
            &answer.token
        }))
    }
}

pub(super) fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    secret(&format!(
        "Basic {}",
        STANDARD.encode(format!("{user}:{password}"))
    ))
}

pub(super) fn bearer(token: &str) -> Option<HeaderValue> {
    secret(&format!("Bearer {token}"))
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let auth = RegistryAuth::Basic {
            user: "AWS".into(),
            password: "hidden".into(),
        };
        assert!(!format!("{auth:?} {:?}", basic("u", "hidden")).contains("hidden"));
    }
}
