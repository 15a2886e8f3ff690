//! What an upstream registry is shown: user and access token, from a secret of Secrets Manager.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderValue;
use serde::Deserialize;
use wharf_api_secretsmanager::{GetSecretValueRequest, Secretsmanager};
use wharf_wire::{Call, Fault};
use zeroize::Zeroizing;

/// Who reads secrets for pulls, by its service-linked role.
pub(crate) const PRINCIPAL: &str = "pullthroughcache.ecr.amazonaws.com";

/// Why there is no login (AWS's words for the first three).
#[derive(Debug, Clone, thiserror::Error)]
pub enum SecretError {
    #[error(
        "The ARN of the secret specified in the pull through cache rule was not found. Update the pull through cache rule with a valid secret ARN and try again."
    )]
    NotFound,
    #[error(
        "The secret is unable to be accessed. Verify the resource permissions for the secret and try again."
    )]
    Inaccessible,
    #[error(
        "The secret is accessible but is unable to be decrypted. Verify the resource permissions and try again."
    )]
    Undecryptable,
    #[error("the secret must be a JSON object with the texts username and accessToken")]
    Malformed,
    #[error(
        "a secret of a replication destination must be a JSON object with the texts url, accessKeyId and secretAccessKey"
    )]
    NoPlace,
    #[error("Secrets Manager failed")]
    Failed(#[source] Fault),
}

impl SecretError {
    pub(super) fn of(fault: Fault) -> Self {
        match &*fault.code {
            "ResourceNotFoundException" | "InvalidRequestException" => Self::NotFound,
            // Secrets Manager says so of the key too.
            "AccessDeniedException" if fault.message.contains("KMS") => Self::Undecryptable,
            "AccessDeniedException" => Self::Inaccessible,
            "DecryptionFailure" => Self::Undecryptable,
            _ => Self::Failed(fault),
        }
    }
}

/// An `Authorization` header, which prints as nothing.
#[derive(Debug, Clone)]
pub(crate) struct Login(HeaderValue);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Text {
    username: Zeroizing<String>,
    access_token: Zeroizing<String>,
}

impl Login {
    /// Reads the secret in the name of `call`'s caller.
    pub(crate) async fn of_secret(
        secrets: &dyn Secretsmanager,
        call: &Call,
        arn: &str,
    ) -> Result<Self, SecretError> {
        let input = GetSecretValueRequest {
            secret_id: Some(arn.to_owned()),
            ..Default::default()
        };
        let read = secrets.get_secret_value(call, input).await;
        let read = read.map_err(SecretError::of)?;
        let text = Zeroizing::new(read.secret_string.ok_or(SecretError::Malformed)?);
        Self::read(&text).ok_or(SecretError::Malformed)
    }

    fn read(text: &str) -> Option<Self> {
        let Text {
            username,
            access_token,
        } = serde_json::from_str(text).ok()?;
        let fits = !username.is_empty() && !username.contains(':') && !access_token.is_empty();
        let pair = Zeroizing::new(format!("{}:{}", *username, *access_token));
        let header = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        let mut header = HeaderValue::from_str(&header).ok().filter(|_| fits)?;
        header.set_sensitive(true);
        Some(Self(header))
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_user_and_token_are_a_login() {
        let login = Login::read(r#"{"username":"me","accessToken":"key","more":1}"#).unwrap();
        assert_eq!(login.header().to_str().unwrap(), "Basic bWU6a2V5");
        assert!(!format!("{login:?}").contains("bWU6a2V5"));
        for other in [
            "",
            "key",
            "{}",
            r#"{"username":"me"}"#,
            r#"{"username":"","accessToken":"key"}"#,
            r#"{"username":"me","accessToken":""}"#,
            r#"{"username":"me:you","accessToken":"key"}"#,
            r#"{"username":1,"accessToken":"key"}"#,
        ] {
            assert!(Login::read(other).is_none(), "{other}");
        }
    }
}
