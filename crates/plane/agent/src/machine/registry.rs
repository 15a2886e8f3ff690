//! Whose registry an image comes from, and with what password.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use parking_lot::Mutex;
use wharf_api_ecr::{
    GetAuthorizationTokenRequest, GetAuthorizationTokenResponse, schema::SERVICE as ECR,
};
use wharf_base::{Clock, Timestamp, ecr_host};

use crate::client::{Api, GaveUp, patiently};

/// A token this close to its end is not used any more.
const MARGIN: Duration = Duration::from_secs(10 * 60);
/// Without an end of its own a token is good for half a day (ecr.md §3).
const LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// Whether `host` (of an image reference) means wharf's own registry: `localhost:<port>` with the
/// endpoint's port, one of the configured hosts, or `<account>.dkr.ecr.<region>.amazonaws.com` and the like: what the
/// control plane takes for one of its registries.
pub fn is_own(host: &str, endpoint_port: u16, configured: &[String]) -> bool {
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let here = matches!(name, "localhost" | "127.0.0.1") && port == endpoint_port.to_string();
    here || configured.iter().any(|own| own == host) || ecr_host::registry(host).is_some()
}

/// Whether a repository of wharf's own registry is one of the public gallery, from which anybody pulls.
pub fn is_public(repository: &str) -> bool {
    repository.starts_with("public.ecr.aws/")
}

/// User and password for the registry. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Login")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// No login.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error("{0}")]
    Call(#[from] GaveUp),
    #[error("the answer to GetAuthorizationToken holds no token")]
    NoToken,
}

impl LoginError {
    /// Nobody said no.
    pub fn is_unanswered(&self) -> bool {
        matches!(self, Self::Call(gave_up) if gave_up.source.is_unanswered())
    }
}

/// Tokens by the access key they were made for.
#[derive(Clone)]
pub struct Logins {
    clock: Arc<dyn Clock>,
    kept: Arc<Mutex<BTreeMap<String, (Timestamp, Login)>>>,
}

impl Logins {
    /// None yet, by the same clock.
    pub fn for_another(&self) -> Self {
        Self::new(self.clock.clone())
    }

    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            kept: Arc::default(),
        }
    }

    /// The login of the identity that `api` signs with.
    ///
    /// # Errors
    /// GetAuthorizationToken failed.
    pub async fn get(&self, api: &Api) -> Result<Login, LoginError> {
        let keys = api.keys();
        let key = &keys.access_key_id;
        let now = self.clock.now();
        {
            let mut kept = self.kept.lock();
            kept.retain(|_, (ends, _)| now + MARGIN < *ends);
            if let Some((_, login)) = kept.get(key) {
                return Ok(login.clone());
            }
        }
        let input = GetAuthorizationTokenRequest::default();
        let ask = || api.call(&ECR, "GetAuthorizationToken", &input);
        let answer: GetAuthorizationTokenResponse =
            patiently("log in to the registry", ask).await?;
        let data = answer.authorization_data.into_iter().flatten().next();
        let data = data.ok_or(LoginError::NoToken)?;
        let login = data
            .authorization_token
            .as_deref()
            .and_then(read_token)
            .ok_or(LoginError::NoToken)?;
        let ends = data.expires_at.unwrap_or(now + LIFE);
        let mut kept = self.kept.lock();
        kept.insert(key.clone(), (ends, login.clone()));
        Ok(login)
    }

    /// The registry did not accept the login: the next one is asked for anew.
    pub fn forget(&self, api: &Api) {
        let mut kept = self.kept.lock();
        kept.remove(&api.keys().access_key_id);
    }
}

/// base64 of `user:password`.
fn read_token(token: &str) -> Option<Login> {
    let text = String::from_utf8(BASE64.decode(token).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some(Login {
        user: user.to_owned(),
        password: password.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_registry() {
        let own = |host| is_own(host, 4566, &["registry.local:5000".to_owned()]);
        for host in [
            "localhost:4566",
            "127.0.0.1:4566",
            "registry.local:5000",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com",
            "000000000000.dkr.ecr.cn-north-1.amazonaws.com.cn",
            "000000000000.dkr-ecr.us-east-1.on.aws",
        ] {
            assert!(own(host), "{host}");
        }
        for host in [
            "localhost:5000",
            "localhost",
            "docker.io",
            "registry.local",
            "x.dkr.ecr.us-east-1.amazonaws.com",
            "000000000000.dkr.ecr..amazonaws.com",
            "000000000000.dkr.ecr.US-EAST-1.amazonaws.com",
            "000000000000.dkr.ecr.evil.com/.amazonaws.com",
            "000000000000.dkr.ecr.cn-north-1.cn",
            "000000000000.dkr.ecr.cn-north-1.amazonaws.com.cn.cn",
        ] {
            assert!(!own(host), "{host}");
        }
    }

    #[test]
    fn tokens() {
        let login = read_token(&BASE64.encode("AWS:pass:word")).unwrap();
        assert_eq!(
            (login.user.as_str(), login.password.as_str()),
            ("AWS", "pass:word")
        );
        assert!(!format!("{login:?}").contains("pass"));
        assert_eq!(read_token("%"), None);
        assert_eq!(read_token(&BASE64.encode("none")), None);
    }
}
