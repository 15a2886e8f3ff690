//! How a node of another machine joins: a token that root hands out, spent once for an identity.
//!
//! A token is `<id>.<secret>.<digest of the authority>`. Of the secret only a digest is stored; a
//! token ends after an hour, and with its use. What the node gets is a user of its own with the
//! rights of `AmazonEC2ContainerServiceforEC2Role` and to subscribe its planes; ECS binds it to the
//! container instance it registers. What the token allows beyond that ([`Grant`]) is kept as the
//! node's record, and registration and the plane stream are held to it.
//!
//! A token is spent only once the identity is made. The name of the user comes into the token
//! first, so that a user that nobody got (a crash came between, or another spent the token) is
//! found by the next try or when the token is over, and removed.

use std::{sync::Arc, time::Duration};

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use subtle::ConstantTimeEq;
use wharf_api_wharf::types::{CreateJoinTokenRequest, CreateJoinTokenResponse};
use wharf_base::{Clock, Permit, Timestamp, ids};
use wharf_records::{
    Record, Scope, Unknown, decode, encode,
    node::{Grant, Node, Renewable, USER_PATH},
};
use wharf_store::{Compare, Entry, Range, Revision, Store, Txn};
use wharf_svc_ecs::EcsService;
use wharf_svc_iam::IamService;
use wharf_wire::{
    Call, Caller, CallerKind, Context, Dispatcher, Fault,
    audit::{Alike, Event, Sender},
    sigv4::sha256_hex,
};

use crate::{
    control,
    gateway::{Body, Incoming, Paced, Peer, Source, full, text},
    grant,
    node_credentials::{self, NodeCredentials},
    node_identity::{NodeRole, ensure_user, remove_user},
    tls::Authorities,
};

const PERMIT: Permit = Permit::for_controller("join");
const TOKEN_LIFE: Duration = Duration::from_secs(3600);
/// In whose name machines get their tokens.
const EC2: &str = "ec2.amazonaws.com";
/// A join request is a token and a name.
const MAX_REQUEST: usize = 4096;

/// A token as it is stored, under its id.
#[derive(Debug, Serialize, Deserialize)]
struct JoinToken {
    secret_sha256: String,
    expires_at: Timestamp,
    #[serde(default)]
    grant: Grant,
    /// In tokens from before there were grants: the node will carry load balancers too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    balancers: bool,
    /// The user that the last try was about to make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Record for JoinToken {
    const KIND: &'static str = "join-token";
    const FORMAT: u32 = 1;
}

/// Makes tokens, and spends them on `/wharf/join`.
pub struct Join {
    pub store: Store,
    pub iam: IamService,
    pub ecs: EcsService,
    pub credentials: NodeCredentials,
    pub dispatcher: Dispatcher,
    pub clock: Arc<dyn Clock>,
    pub account: String,
    pub region: String,
    pub authorities: Arc<Authorities>,
}

#[derive(Deserialize)]
struct Wanted {
    token: String,
}

impl Join {
    fn key(&self, id: &str) -> String {
        Scope::new("wharf", &self.account, &self.region).key(JoinToken::KIND, id)
    }

    /// Hands out a token for what the request says, see [`grant::read`].
    pub async fn create_token(
        &self,
        call: &Call,
        input: CreateJoinTokenRequest,
    ) -> Result<CreateJoinTokenResponse, Fault> {
        let grant = grant::read(input)?;
        if !self.ecs.has_cluster(call, &grant.cluster).await {
            let text = format!("There is no cluster {}.", grant.cluster);
            return Err(control::fault::invalid(text));
        }
        let token = self.new_token(call, grant).await?;
        Ok(CreateJoinTokenResponse {
            token_id: id_of(&token).map(str::to_owned),
            token: Some(token),
        })
    }

    /// A token for a machine that is made to be an instance of EC2, which joins by itself.
    ///
    /// # Errors
    /// The store's.
    pub async fn token_of_machine(&self, grant: Grant) -> Result<String, Fault> {
        let mut asked = Map::new();
        if let Some(made_for) = &grant.made_for {
            asked.insert("instance".to_owned(), made_for.instance.as_str().into());
        }
        let token = self.new_token(&self.call(), grant).await?;
        let mut got = Map::new();
        if let Some(id) = id_of(&token) {
            got.insert("tokenId".to_owned(), id.into());
        }
        let cx = Context::internal(&self.account, &self.region, EC2, self.clock.now());
        let event = Event::of_service(cx, "wharf", "CreateJoinToken").with_parameters(&asked);
        self.dispatcher.tell(event.with_response(&got)).await;
        Ok(token)
    }

    /// Nobody joins as that instance any more; `false` if somebody came between, so that it is to be called again. Whoever has
    /// joined is to be looked for afterwards: a token is spent in the transaction that writes the node.
    ///
    /// # Errors
    /// The store's, and IAM's.
    pub async fn revoke(&self, instance: &str) -> Result<bool, Fault> {
        let mut all = true;
        for (entry, token) in self.tokens().await? {
            if token.grant.is_for(instance) {
                all &= self.drop_token(&entry, &token).await?;
            }
        }
        Ok(all)
    }

    async fn new_token(&self, call: &Call, grant: Grant) -> Result<String, Fault> {
        let (id, secret) = (ids::hex16(), ids::hex32());
        let token = JoinToken {
            secret_sha256: sha256_hex(secret.as_bytes()),
            expires_at: self.clock.now() + TOKEN_LIFE,
            grant,
            balancers: false,
            user: None,
            unknown: Unknown::new(),
        };
        self.store
            .put(&call.permit, self.key(&id), encode(&token))
            .await
            .map_err(internal)?;
        // It ends when that authority is retired, at the latest.
        let digest = self.authorities.digest().map_err(internal)?;
        Ok(format!("{id}.{secret}.{digest}"))
    }

    /// What a token is good for.
    async fn spend(&self, token: &str) -> Result<Spent, Fault> {
        let mut parts = token.split('.');
        let (Some(id), Some(secret)) = (parts.next(), parts.next()) else {
            return Ok(Spent::Refused("it is no token"));
        };
        let Some(entry) = self.store.get(&self.key(id)).await.map_err(internal)? else {
            return Ok(Spent::Refused("the token is unknown or spent"));
        };
        let known: JoinToken = decode(&entry.value).map_err(internal)?;
        let digest = sha256_hex(secret.as_bytes());
        let right = bool::from(digest.as_bytes().ct_eq(known.secret_sha256.as_bytes()));
        if !right {
            return Ok(Spent::Refused("the token's secret is wrong"));
        }
        if known.expires_at < self.clock.now() {
            return Ok(Spent::Refused("the token is over"));
        }
        let mut grant = known.grant.clone();
        grant.balancers |= known.balancers;
        let Some((claimed_at, name)) = self.claim(&entry, known).await? else {
            return Ok(Spent::Refused("the token is being spent by another"));
        };
        let (identity, current) = self.identity(&name, &grant).await?;
        let node = Node {
            user: name.clone(),
            grant,
            joined_at: self.clock.now(),
            credentials: Some(Renewable {
                current,
                previous: None,
                made_at: Some(self.clock.now()),
            }),
            trusts: Vec::new(),
            unknown: Unknown::new(),
        };
        let record = Node::key(&self.account, &self.region, &name);
        // Whoever deletes it has spent it.
        let txn = Txn::new()
            .when(Compare::mod_revision(entry.key.clone(), claimed_at))
            .delete(entry.key)
            .put(record, encode(&node));
        if self.commit(txn).await?.is_some() {
            return Ok(Spent::For {
                user: name,
                identity,
            });
        }
        self.forget(&name).await?;
        Ok(Spent::Refused("the token was spent by another"))
    }

    /// Writes the name of a new user into the token, and removes the user of an earlier try. `None`
    /// if another try came between.
    async fn claim(
        &self,
        entry: &Entry,
        known: JoinToken,
    ) -> Result<Option<(Revision, String)>, Fault> {
        let name = format!("wharf-node-{}", ids::hex16());
        let earlier = known.user.clone();
        let claimed = JoinToken {
            user: Some(name.clone()),
            ..known
        };
        let txn = Txn::new()
            .when(Compare::unchanged(entry))
            .put(&entry.key, encode(&claimed));
        let Some(revision) = self.commit(txn).await? else {
            return Ok(None);
        };
        if let Some(earlier) = earlier {
            self.forget(&earlier).await?;
        }
        Ok(Some((revision, name)))
    }

    /// A user of its own for a node, and its first credentials with their id.
    async fn identity(
        &self,
        name: &str,
        grant: &Grant,
    ) -> Result<(serde_json::Value, String), Fault> {
        let call = self.call();
        ensure_user(&self.iam, &call, name, NodeRole::of(grant)).await?;
        let minted = self.credentials.issue(name).await?;
        let identity = json!({
            "credentials": node_credentials::shown(&minted),
            "region": self.region,
            "cluster": grant.cluster,
            "loadBalancer": grant.balancers,
            "granted": grant,
        });
        Ok((identity, minted.access_key_id))
    }

    fn call(&self) -> Call {
        let mut cx = Context::internal(&self.account, &self.region, "wharf", self.clock.now());
        cx.caller = Caller::root(&self.account);
        Call::by_controller(cx, PERMIT)
    }

    /// Removes a user that nobody got.
    async fn forget(&self, name: &str) -> Result<(), Fault> {
        remove_user(&self.iam, &self.call(), name).await?;
        let key = Node::key(&self.account, &self.region, name);
        self.commit(Txn::new().delete(key)).await.map(|_| ())
    }

    /// The revision of a transaction; `None` if a comparison failed.
    async fn commit(&self, txn: Txn) -> Result<Option<Revision>, Fault> {
        let reply = self.store.txn(&PERMIT, txn).await.map_err(internal)?;
        Ok(reply.succeeded.then_some(reply.revision))
    }

    /// Removes tokens that are over, and users made for them that nobody got.
    pub async fn sweep(&self) -> Result<(), Fault> {
        for (entry, token) in self.tokens().await? {
            // A try that began just in time still has a while.
            if token.expires_at + TOKEN_LIFE <= self.clock.now() {
                self.drop_token(&entry, &token).await?;
            }
        }
        Ok(())
    }

    /// All that were not spent.
    async fn tokens(&self) -> Result<Vec<(Entry, JoinToken)>, Fault> {
        let scope = Scope::new("wharf", &self.account, &self.region);
        let all = Range::prefix(scope.prefix(JoinToken::KIND));
        let all = self.store.all(all).await.map_err(internal)?.entries;
        let mut found = Vec::with_capacity(all.len());
        for entry in all {
            let token = decode(&entry.value).map_err(internal)?;
            found.push((entry, token));
        }
        Ok(found)
    }

    /// Removes a token, and before it the user that was made for it; whether it was still as it was read.
    async fn drop_token(&self, entry: &Entry, token: &JoinToken) -> Result<bool, Fault> {
        if let Some(user) = &token.user {
            self.forget(user).await?;
        }
        let txn = Txn::new()
            .when(Compare::unchanged(entry))
            .delete(&entry.key);
        Ok(self.commit(txn).await?.is_some())
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        cx: Context,
    ) -> Result<Response<Body>, Fault> {
        let body = Limited::new(Paced::new(request.into_body()), MAX_REQUEST)
            .collect()
            .await;
        let bytes = body
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        let Ok(wanted) = serde_json::from_slice::<Wanted>(&bytes) else {
            return Ok(text(
                StatusCode::BAD_REQUEST,
                "A join request is a JSON object with a token.\n",
            ));
        };
        let spent = self.spend(&wanted.token).await?;
        self.tell(cx, &wanted.token, &spent).await;
        Ok(match spent {
            Spent::For { identity, .. } => Response::new(full(identity.to_string())),
            Spent::Refused(_) => text(
                StatusCode::FORBIDDEN,
                "The token is unknown, spent or over: `wharf token` on the server's machine makes another.\n",
            ),
        })
    }

    /// Tells the audit log: of a token its id, which opens nothing.
    async fn tell(&self, cx: Context, token: &str, spent: &Spent) {
        let mut asked = Map::new();
        if let Some(id) = id_of(token) {
            asked.insert("tokenId".to_owned(), id.into());
        }
        match spent {
            Spent::For { user, .. } => {
                let caller = Caller {
                    kind: CallerKind::User,
                    arn: format!("arn:aws:iam::{}:user{USER_PATH}{user}", self.account),
                    ..Caller::unproven(&self.account, "")
                };
                let cx = Context { caller, ..cx };
                let event = Event::of_service(cx, "wharf", "JoinNode").with_parameters(&asked);
                let mut got = Map::new();
                got.insert("node".to_owned(), user.as_str().into());
                self.dispatcher.tell(event.with_response(&got)).await;
            }
            Spent::Refused(why) => {
                let source = cx.source_ip.map(Source::of);
                let alike = Alike {
                    sender: Sender::Unproven,
                    by: format!("{source:?} join {why}"),
                };
                let event = Event::of_service(cx, "wharf", "JoinNode").with_parameters(&asked);
                let event = event.with_error("AccessDenied", *why);
                self.dispatcher.tell_often(event, alike).await;
            }
        }
    }
}

/// What came of a token.
enum Spent {
    For {
        user: String,
        identity: serde_json::Value,
    },
    /// Why it is good for nothing; whoever sent it is not told which.
    Refused(&'static str),
}

/// The part of a token that is no secret, if it has one.
fn id_of(token: &str) -> Option<&str> {
    let (id, rest) = token.split_once('.')?;
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    (id.len() == 16 && hex(id) && !rest.is_empty()).then_some(id)
}

impl Join {
    /// A node spends a token. The caller of `cx` is unproven.
    pub async fn join(
        &self,
        request: Request<Incoming>,
        peer: &Peer,
        cx: Context,
    ) -> Response<Body> {
        if !peer.secure && !peer.address.ip().is_loopback() {
            return text(StatusCode::UPGRADE_REQUIRED, "Use https:// to join.\n");
        }
        if request.method() != Method::POST {
            return text(StatusCode::METHOD_NOT_ALLOWED, "POST a token here.\n");
        }
        match self.answer(request, cx).await {
            Ok(response) => response,
            Err(fault) => {
                tracing::error!(%fault, "node failed to join");
                text(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "The node could not join; the server's log says why.\n",
                )
            }
        }
    }
}

fn internal(cause: impl std::error::Error) -> Fault {
    Fault::receiver(
        "InternalFailure",
        500,
        "The request could not be completed.",
        &cause,
    )
}
