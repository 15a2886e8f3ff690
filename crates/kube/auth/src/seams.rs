//! What an API server asks of whoever keeps its users, one object a cluster.

use async_trait::async_trait;
use http::HeaderMap;
use wharf_base::Timestamp;

use crate::{Attributes, Decision, PolicyRule, Rules, UserInfo};

/// What a request proves itself by.
#[derive(Debug, Clone, Copy)]
pub struct Credentials<'a> {
    pub headers: &'a HeaderMap,
    /// The client's certificate in DER, if the connection has one; that the client holds its key is known, nothing else.
    pub certificate: Option<&'a [u8]>,
}

/// Of a token that nothing here makes or knows.
pub const UNKNOWN_TOKEN: &str = "invalid bearer token";

/// Why a request is from nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unauthenticated {
    /// 401 `Unauthorized`. The reason is for the log alone.
    Refused(String),
    /// 403: may not act as who they ask to act as (`Impersonate-User` and its kin). The text is for the client.
    MayNotImpersonate {
        user: Box<UserInfo>,
        /// Who was to be acted as.
        wanted: Box<UserInfo>,
        asked: Box<Attributes>,
        reason: String,
    },
    /// 429: who answers for the credentials is asked too often.
    TooMany,
}

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// As whom it is answered.
    pub user: UserInfo,
    /// Who proved to be somebody and asked to act as `user`.
    pub impersonator: Option<UserInfo>,
}

/// Says who sent a request. What proves nothing is anonymous; what proves itself wrongly is refused.
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    async fn authenticate(
        &self,
        credentials: &Credentials<'_>,
    ) -> Result<Authenticated, Unauthenticated>;
}

/// Says what users may do.
#[async_trait]
pub trait Authorizer: Send + Sync + 'static {
    async fn authorize(&self, user: &UserInfo, asked: &Attributes) -> Decision;

    /// All that a user may do in a namespace.
    async fn rules(&self, user: &UserInfo, namespace: &str) -> Rules;

    /// What of these rules the user does not hold in the namespace (empty: in the whole cluster), and so may not put in a role or bind.
    /// A write of a role or of a binding asks this, unless `authorize` allows the verb `escalate` or `bind` on the role.
    async fn uncovered(
        &self,
        user: &UserInfo,
        namespace: &str,
        wanted: &[PolicyRule],
    ) -> Vec<PolicyRule>;

    /// Rules of the role that a binding refers to (`roleRef`), aggregated ones included; `None` if there is no such role.
    async fn role(&self, namespace: &str, kind: &str, name: &str) -> Option<Vec<PolicyRule>>;
}

/// What a service account's token is good for only as long as it exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// `Pod`, `Secret` or `Node`.
    pub kind: String,
    pub name: String,
    pub uid: String,
}

/// A `TokenRequest` after its validation: the account, and what it is bound to, exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    pub namespace: String,
    pub account: String,
    pub account_uid: String,
    /// Empty: the API server itself.
    pub audiences: Vec<String>,
    pub life_seconds: u64,
    pub bound: Option<Bound>,
    /// Name and uid of the node that the bound pod runs on.
    pub node: Option<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedToken {
    pub token: String,
    pub audiences: Vec<String>,
    pub expires: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    #[error("{0}")]
    Invalid(String),
    #[error("the key that signs tokens cannot be used")]
    Unavailable,
}

/// Makes and judges tokens.
#[async_trait]
pub trait Tokens: Send + Sync + 'static {
    async fn issue(&self, request: &TokenRequest) -> Result<IssuedToken, TokenRefused>;

    /// Who a token is of, and for which of these audiences it is good (empty: the API server's own), for `TokenReview`.
    async fn review(
        &self,
        token: &str,
        audiences: &[String],
    ) -> Result<(UserInfo, Vec<String>), Unauthenticated>;
}
