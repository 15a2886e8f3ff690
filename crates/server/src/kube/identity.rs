//! Who sends a request to a cluster: tokens of EKS, tokens of service accounts, client certificates, and who they act as.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use parking_lot::RwLock;
use serde_json::Value;
use wharf_base::{Clock, Timestamp};
use wharf_kube_auth::{
    Authenticated, Authenticator, Authorizer as _, Bound, Credentials, IssuedToken, TokenRefused,
    TokenRequest, Tokens, UNKNOWN_TOKEN, Unauthenticated, UserInfo,
    account_token::{API_AUDIENCE, Claims, Issuer},
    certificate, eks_token, impersonation,
    mapping::Identity,
    oidc::Provider,
};
use wharf_kube_client::{Client, Informer, Kind, Object as _, kind};
use wharf_svc_eks::{EksService, entry::Entry};
use wharf_svc_iam::{Directory, IdentifyError, IssuerKeys};
use wharf_wire::fault::Chain;

use super::{
    authority::{Authority, Whose},
    aws_auth,
    logs::ClusterLogs,
    users,
};

/// Begins the word by which browsers and other clients of websockets send a token.
const WEBSOCKET_TOKEN: &str = "base64url.bearer.authorization.k8s.io.";
const PROTOCOLS: &str = "sec-websocket-protocol";

/// The API server as nodes know it, and as nobody else: where a node says to be at the address of an API server, it is not let in.
pub const TO_NODES: &str = "kube-apiserver-kubelet-client";

/// A token outlives what it is bound to by this, as upstream.
const AFTER_DELETION: Duration = Duration::from_secs(60);

/// Those who may enter a cluster.
pub struct Identities {
    pub whose: Whose,
    pub eks: EksService,
    pub directory: Arc<Directory>,
    pub clock: Arc<dyn Clock>,
    pub issuer: Arc<Issuer>,
    pub authority: Arc<Authority>,
    pub logs: Arc<ClusterLogs>,
    /// For what tokens are bound to.
    pub client: Client,
    /// The ConfigMap `aws-auth`, once the cluster is served.
    pub config_maps: OnceLock<Informer>,
    /// Of the identity provider.
    pub keys: Arc<IssuerKeys>,
    /// Whose tokens are taken beside those of EKS and of service accounts.
    pub provider: RwLock<Option<Provider>>,
}

fn refused(why: impl Into<String>) -> Unauthenticated {
    Unauthenticated::Refused(why.into())
}

/// Parts of the platform that a cluster obeys by their names: what they write tells machines what to do, and no webhook is asked. They are in
/// this process and ask without credentials, so nobody who comes with any is one, by whatever certificate, mapping or impersonation.
fn is_platforms_own(name: &str) -> bool {
    [users::SELF, users::ADDRESSES, users::FARGATE].contains(&name)
}

/// Takes out of a request's headers what it proved itself by: pods and nodes that a request is passed on to must not have it.
pub fn strip(headers: &mut HeaderMap) {
    headers.remove(AUTHORIZATION);
    let own: Vec<_> = headers
        .keys()
        .filter(|it| it.as_str().starts_with("impersonate-"))
        .cloned()
        .collect();
    for name in own {
        headers.remove(name);
    }
    let protocols = headers.get(PROTOCOLS).and_then(|it| it.to_str().ok());
    let Some(protocols) = protocols.filter(|it| it.contains(WEBSOCKET_TOKEN)) else {
        return;
    };
    let words = protocols.split(',').map(str::trim);
    let kept: Vec<&str> = words
        .filter(|it| !it.starts_with(WEBSOCKET_TOKEN))
        .collect();
    let kept = HeaderValue::from_str(&kept.join(", "));
    headers.remove(PROTOCOLS);
    if let Some(kept) = kept.ok().filter(|it| !it.is_empty()) {
        headers.insert(PROTOCOLS, kept);
    }
}

/// The token that a request bears.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
    let token = header.and_then(|it| {
        let (scheme, token) = it.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned())
    });
    token.or_else(|| {
        let protocols = headers.get(PROTOCOLS)?.to_str().ok()?;
        let mut words = protocols.split(',').map(str::trim);
        let word = words.find_map(|it| it.strip_prefix(WEBSOCKET_TOKEN))?;
        let decoded = data_encoding::BASE64URL_NOPAD.decode(word.as_bytes());
        String::from_utf8(decoded.ok()?).ok()
    })
}

/// Tokens that say no audience of Kubernetes are for the API server alone.
fn for_the_server(
    user: UserInfo,
    wanted: &[String],
) -> Result<(UserInfo, Vec<String>), Unauthenticated> {
    let good = wanted.iter().filter(|it| *it == API_AUDIENCE);
    let good: Vec<String> = good.cloned().collect();
    match good.is_empty() {
        true => Err(refused("the token is for the API server alone")),
        false => Ok((user, good)),
    }
}

#[async_trait]
impl Authenticator for Identities {
    async fn authenticate(
        &self,
        credentials: &Credentials<'_>,
    ) -> Result<Authenticated, Unauthenticated> {
        let of_certificate = credentials.certificate.and_then(certificate::user);
        if of_certificate
            .as_ref()
            .is_some_and(|it| it.name == TO_NODES)
        {
            return Err(refused("a node led the API server back to an API server"));
        }
        let user = match (of_certificate, bearer(credentials.headers)) {
            (Some(user), _) => user,
            (None, Some(token)) => self.of_token(&token, &[]).await?.0,
            (None, None) => UserInfo::anonymous(),
        };
        let asked = impersonation::asked(credentials.headers).map_err(refused)?;
        if is_platforms_own(&user.name) {
            return Err(refused("a request came as a part of the platform"));
        }
        let Some(asked) = asked else {
            return Ok(Authenticated {
                user,
                impersonator: None,
            });
        };
        let own = is_platforms_own(&asked.user.name);
        for needed in asked.needed {
            if own {
                return Err(Unauthenticated::MayNotImpersonate {
                    user: Box::new(user),
                    wanted: Box::new(asked.user),
                    reason: "it is a part of the platform".to_owned(),
                    asked: Box::new(needed),
                });
            }
            let decision = self.authority.authorize(&user, &needed).await;
            if !decision.allows() {
                return Err(Unauthenticated::MayNotImpersonate {
                    user: Box::new(user),
                    wanted: Box::new(asked.user),
                    reason: decision.reason().to_owned(),
                    asked: Box::new(needed),
                });
            }
        }
        Ok(Authenticated {
            user: asked.user,
            impersonator: Some(user),
        })
    }
}

#[async_trait]
impl Tokens for Identities {
    async fn issue(&self, request: &TokenRequest) -> Result<IssuedToken, TokenRefused> {
        let (issuer, request, now) = (self.issuer.clone(), request.clone(), self.clock.now());
        // A signature takes a processor for a millisecond.
        let signed = tokio::task::spawn_blocking(move || issuer.issue(&request, now)).await;
        match signed {
            Ok(Ok(issued)) => Ok(issued),
            _ => Err(TokenRefused::Unavailable),
        }
    }

    async fn review(
        &self,
        token: &str,
        audiences: &[String],
    ) -> Result<(UserInfo, Vec<String>), Unauthenticated> {
        self.of_token(token, audiences).await
    }
}

impl Identities {
    async fn of_token(
        &self,
        token: &str,
        audiences: &[String],
    ) -> Result<(UserInfo, Vec<String>), Unauthenticated> {
        let own = [API_AUDIENCE.to_owned()];
        let wanted = if audiences.is_empty() {
            &own
        } else {
            audiences
        };
        if token.starts_with(eks_token::PREFIX) {
            let mut arn = String::new();
            let entered = self.of_iam(token, &mut arn).await;
            self.logs.entered(&arn, entered.as_ref());
            let user = entered?;
            return for_the_server(user, wanted);
        }
        if !self.issuer.is_named_by(token) {
            let user = self.of_provider(token).await?;
            return for_the_server(user, wanted);
        }
        let read = self.issuer.read(token, self.clock.now());
        let claims = read.map_err(|error| refused(format!("the token is refused: {error}")))?;
        let good: Vec<String> = wanted
            .iter()
            .filter(|it| claims.audiences.contains(it))
            .cloned()
            .collect();
        if good.is_empty() {
            return Err(refused("the token is for another audience"));
        }
        self.still_there(&claims).await?;
        Ok((claims.user(), good))
    }

    /// Whom the cluster's identity provider vouches for.
    async fn of_provider(&self, token: &str) -> Result<UserInfo, Unauthenticated> {
        let provider = self.provider.read().clone();
        let provider = provider.ok_or_else(|| refused(UNKNOWN_TOKEN))?;
        let account = self.whose.place.account.as_str();
        let (trusted, now) = ((account, provider.issuer.as_str()), self.clock.now());
        let claims = self
            .keys
            .vouched(token, trusted, &provider.client_id, now)
            .await;
        let claims = claims.map_err(|error| refused(format!("the token is refused: {error}")))?;
        let user = provider.user(&claims);
        user.map_err(|error| refused(format!("the token is refused: {error}")))
    }

    /// The account of a token, and what it is bound to, are the very ones it was made for.
    pub(super) async fn still_there(&self, claims: &Claims) -> Result<(), Unauthenticated> {
        let account = Bound {
            kind: "ServiceAccount".to_owned(),
            name: claims.account.clone(),
            uid: claims.account_uid.clone(),
        };
        for bound in claims.bound.iter().chain([&account]) {
            let (of, namespace): (&Kind, &str) = match bound.kind.as_str() {
                "ServiceAccount" => (&kind::SERVICE_ACCOUNT, &claims.namespace),
                "Pod" => (&kind::POD, &claims.namespace),
                "Secret" => (&kind::SECRET, &claims.namespace),
                _ => (&kind::NODE, ""),
            };
            let found = self.client.get(of, namespace, &bound.name).await;
            match found {
                Ok(found) if self.is_over(&found) => {
                    let text = format!("the {} of the token is being deleted", bound.kind);
                    return Err(refused(text));
                }
                Ok(found) if found.uid() == bound.uid => {}
                Ok(_) => {
                    return Err(refused(format!(
                        "the {} of the token is another",
                        bound.kind
                    )));
                }
                Err(error) if error.is_not_found() => {
                    return Err(refused(format!("the {} of the token is gone", bound.kind)));
                }
                Err(error) => {
                    tracing::warn!(cluster = self.whose.id, %error, "failed to read the object that a token is bound to; the request is refused");
                    return Err(refused("what the token is bound to cannot be read"));
                }
            }
        }
        Ok(())
    }

    /// Whether an object was to be gone for so long that its tokens end: a finalizer may hold it for ever.
    fn is_over(&self, object: &Value) -> bool {
        let at = object["metadata"]["deletionTimestamp"].as_str();
        let at = at.and_then(Timestamp::parse_iso8601);
        at.is_some_and(|it| it + AFTER_DELETION < self.clock.now())
    }

    /// Who signed a token of EKS for this cluster; `arn` becomes the signer's, once that is known.
    async fn of_iam(&self, token: &str, arn: &mut String) -> Result<UserInfo, Unauthenticated> {
        let now = self.clock.now();
        let read = eks_token::read(token, now);
        let presigned = read.map_err(|error| refused(error.to_string()))?;
        let (key, session) = presigned.access_key();
        let found = match self.directory.identify(key, session, now).await {
            Ok(found) => found,
            Err(IdentifyError::Directory(error)) => {
                tracing::error!(error = %Chain(&error), "failed to look up an access key");
                return Err(refused("keys cannot be looked up now"));
            }
            Err(error) => return Err(refused(error.to_string())),
        };
        if !presigned.is_signed_with(found.secret.expose(), &self.whose.name) {
            return Err(refused("the signature of the token does not hold"));
        }
        let caller = &found.caller;
        let identity = Identity::new(
            &caller.arn,
            &caller.user_id,
            &caller.role_arn,
            &caller.account,
            key,
        );
        arn.clone_from(&identity.canonical_arn);
        let entered = self
            .eks
            .enter(&self.whose.place, self.whose.cluster(), &identity)
            .await;
        match entered {
            Ok(Entry::User(user)) => Ok(*user),
            Ok(Entry::AskConfigMap) => self.of_config_map(&identity).await,
            Ok(Entry::Nobody) => Err(refused(format!("{} has no entry", identity.canonical_arn))),
            Err(error) => {
                tracing::error!(cluster = self.whose.id, error = %Chain(&error), "reading access entries failed");
                Err(refused("access entries cannot be read now"))
            }
        }
    }

    /// By the ConfigMap `aws-auth`.
    async fn of_config_map(&self, identity: &Identity) -> Result<UserInfo, Unauthenticated> {
        let nobody = || refused(format!("{} is not mapped", identity.canonical_arn));
        let maps = self.config_maps.get();
        let map = maps.and_then(|it| it.get(aws_auth::NAMESPACE, aws_auth::NAME));
        let mapped = map.and_then(|it| aws_auth::find(&it, identity));
        let mapped = mapped.ok_or_else(nobody)?;
        let dns = match mapped.needs_instance() {
            true => {
                let (place, cluster) = (&self.whose.place, self.whose.cluster());
                let found = self.eks.node_name(place, cluster, &identity.session);
                found.await.map_err(|error| refused(error.to_string()))?
            }
            false => None,
        };
        mapped.user(identity, dns.as_deref()).ok_or_else(nobody)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_proves_a_request_goes_no_further() {
        let mut headers = HeaderMap::new();
        let word = data_encoding::BASE64URL_NOPAD.encode(b"secret");
        let protocols = format!("v5.channel.k8s.io, {WEBSOCKET_TOKEN}{word}");
        headers.insert(PROTOCOLS, HeaderValue::from_str(&protocols).unwrap());
        assert_eq!(bearer(&headers).as_deref(), Some("secret"));
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer other"));
        assert_eq!(bearer(&headers).as_deref(), Some("other"));
        headers.insert("impersonate-user", HeaderValue::from_static("jane"));
        headers.insert("accept", HeaderValue::from_static("*/*"));
        strip(&mut headers);
        assert_eq!(headers.len(), 2);
        assert_eq!(headers[PROTOCOLS], "v5.channel.k8s.io");
    }
}
