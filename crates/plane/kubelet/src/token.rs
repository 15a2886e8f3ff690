//! The token by which a node proves its instance's role to an EKS cluster: a presigned GetCallerIdentity, as `aws eks get-token` makes it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::sync::Mutex;
use wharf_base::{Clock, Timestamp};
use wharf_kube_client::{NoToken, Tokens};
use wharf_wire::sigv4::{RequestParts, SigningKeys, presign};

use crate::machine::Cause;

const PREFIX: &str = "k8s-aws-v1.";
/// Of the URL; whoever checks it takes tokens of up to a quarter of an hour.
const EXPIRES_SECONDS: u64 = 60;
const KEPT: Duration = Duration::from_secs(10 * 60);

/// Keys of an instance's role, good now.
#[async_trait]
pub trait RoleKeys: Send + Sync + 'static {
    /// # Errors
    /// There are none.
    async fn keys(&self) -> Result<SigningKeys, Cause>;
}

/// Tokens for one cluster.
pub struct EksTokens {
    pub keys: Arc<dyn RoleKeys>,
    pub cluster: String,
    pub region: String,
    pub clock: Arc<dyn Clock>,
    kept: Mutex<Option<(Timestamp, String)>>,
}

impl EksTokens {
    pub fn new(
        keys: Arc<dyn RoleKeys>,
        cluster: &str,
        region: &str,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            keys,
            cluster: cluster.to_owned(),
            region: region.to_owned(),
            clock,
            kept: Mutex::default(),
        }
    }
}

#[async_trait]
impl Tokens for EksTokens {
    async fn token(&self) -> Result<String, NoToken> {
        let now = self.clock.now();
        let mut kept = self.kept.lock().await;
        if let Some((until, token)) = kept.as_ref()
            && now < *until
        {
            return Ok(token.clone());
        }
        let keys = self.keys.keys().await.map_err(NoToken)?;
        let token = token(&keys, &self.cluster, &self.region, now);
        *kept = Some((now + KEPT, token.clone()));
        Ok(token)
    }
}

/// Pure.
pub fn token(keys: &SigningKeys, cluster: &str, region: &str, now: Timestamp) -> String {
    let partition = wharf_base::arn::partition_of(region);
    let host = format!("sts.{region}.{}", wharf_base::regions::domain_of(partition));
    let headers = [
        ("host".to_owned(), host.clone()),
        ("x-k8s-aws-id".to_owned(), cluster.to_owned()),
    ];
    let request = RequestParts {
        method: "GET",
        path: "/",
        query: "Action=GetCallerIdentity&Version=2011-06-15",
        headers: &headers,
    };
    let query = presign(&request, keys, (region, "sts"), EXPIRES_SECONDS, now);
    format!(
        "{PREFIX}{}",
        URL_SAFE_NO_PAD.encode(format!("https://{host}/?{query}"))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_aws_makes_it() {
        let keys = SigningKeys {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: Some("a/b=".to_owned()),
        };
        let now = Timestamp::parse_iso8601("2026-01-02T03:04:05Z").unwrap();
        let token = token(&keys, "demo", "eu-west-1", now);
        let url = token.strip_prefix(PREFIX).unwrap();
        let url = String::from_utf8(URL_SAFE_NO_PAD.decode(url).unwrap()).unwrap();
        let begin = "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256\
                     &X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Date=20260102T030405Z\
                     &X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Security-Token=a%2Fb%3D&X-Amz-Signature=";
        assert!(url.starts_with(begin), "{url}");
        // Whoever checks signatures finds it right, with the header that is not in the URL.
        let (_, query) = url.split_once('?').unwrap();
        let headers = [
            ("host".to_owned(), "sts.eu-west-1.amazonaws.com".to_owned()),
            ("x-k8s-aws-id".to_owned(), "demo".to_owned()),
        ];
        let request = RequestParts {
            method: "GET",
            path: "/",
            query,
            headers: &headers,
        };
        let signature = wharf_wire::sigv4::parse(&request).unwrap();
        assert_eq!(signature.expires, Some(60));
        assert_eq!(
            signature.check(
                &request,
                wharf_wire::sigv4::EMPTY_SHA256,
                &keys.secret_access_key
            ),
            Ok(())
        );
    }
}
