//! How a node of another machine joins: a token that root hands out, spent once for an identity.
//!
//! A token is `<id>.<secret>.<digest of the authority>`. Of the secret only a digest is stored; a
//! token ends after an hour, and with its use. What the node gets is a user of its own with the
//! rights of `AmazonEC2ContainerServiceforEC2Role` and nothing else; ECS binds it to the container
//! instance it registers.

use std::{sync::Arc, time::Duration};

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use serde_json::json;
use subtle::ConstantTimeEq;
use wharf_api_iam::{
    Iam,
    types::{
        AttachUserPolicyRequest, CreateAccessKeyRequest, CreateUserRequest, PutUserPolicyRequest,
    },
};
use wharf_base::{Clock, Permit, Timestamp, ids};
use wharf_records::{Record, Scope, Unknown, decode, encode};
use wharf_store::{Compare, Store, Txn};
use wharf_svc_iam::IamService;
use wharf_wire::{Call, Caller, Check, Context, Dispatcher, Fault, sigv4::sha256_hex};

use crate::gateway::{Body, Handler, Peer, full, text};

const PERMIT: Permit = Permit::for_controller("join");
const TOKEN_LIFE: Duration = Duration::from_secs(3600);
/// A join request is a token and a name.
const MAX_REQUEST: usize = 4096;
const NODE_POLICY: &str =
    "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role";
/// What delivering logs needs beyond the managed policy: `awslogs-create-group`, and a look at what
/// arrived before a crash, so that no line is sent twice.
const LOG_POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
    "Action":["logs:CreateLogGroup","logs:GetLogEvents"],"Resource":"*"}]}"#;
/// Path of the users behind nodes.
const NODE_PATH: &str = "/wharf/";

/// A token as it is stored, under its id.
#[derive(Debug, Serialize, Deserialize)]
struct JoinToken {
    secret_sha256: String,
    expires_at: Timestamp,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Record for JoinToken {
    const KIND: &'static str = "join-token";
    const FORMAT: u32 = 1;
}

/// Makes and spends tokens, on `/wharf/join-token` and `/wharf/join`.
pub struct Join {
    pub store: Store,
    pub iam: IamService,
    pub dispatcher: Dispatcher,
    pub clock: Arc<dyn Clock>,
    pub account: String,
    pub region: String,
    pub authority_digest: String,
}

#[derive(Deserialize)]
struct Wanted {
    token: String,
}

impl Join {
    fn key(&self, id: &str) -> String {
        Scope::new("wharf", &self.account, &self.region).key(JoinToken::KIND, id)
    }

    /// Hands out a token to whom policies let do `wharf:CreateJoinToken`.
    pub async fn create_token(&self, cx: Context) -> Response<Body> {
        let checks = [Check::any("wharf:CreateJoinToken")];
        let call = match self.dispatcher.authorize(cx, &checks).await {
            Ok(call) => call,
            Err(refusal) => return text(StatusCode::FORBIDDEN, format!("{refusal}\n")),
        };
        match self.new_token(&call).await {
            Ok(token) => text(StatusCode::OK, format!("{token}\n")),
            Err(fault) => text(
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("{}\n", fault.message),
            ),
        }
    }

    async fn new_token(&self, call: &Call) -> Result<String, Fault> {
        let (id, secret) = (ids::hex16(), ids::hex32());
        let token = JoinToken {
            secret_sha256: sha256_hex(secret.as_bytes()),
            expires_at: self.clock.now() + TOKEN_LIFE,
            unknown: Unknown::new(),
        };
        self.store
            .put(&call.permit, self.key(&id), encode(&token))
            .await
            .map_err(internal)?;
        Ok(format!("{id}.{secret}.{}", self.authority_digest))
    }

    /// Spends a token; false if it is not good.
    async fn spend(&self, token: &str) -> Result<bool, Fault> {
        let mut parts = token.split('.');
        let (Some(id), Some(secret)) = (parts.next(), parts.next()) else {
            return Ok(false);
        };
        let key = self.key(id);
        let Some(entry) = self.store.get(&key).await.map_err(internal)? else {
            return Ok(false);
        };
        let known: JoinToken = decode(&entry.value).map_err(internal)?;
        let digest = sha256_hex(secret.as_bytes());
        let right = bool::from(digest.as_bytes().ct_eq(known.secret_sha256.as_bytes()));
        if !right || known.expires_at < self.clock.now() {
            return Ok(false);
        }
        // Whoever deletes it has spent it.
        let txn = Txn::new().when(Compare::unchanged(&entry)).delete(key);
        Ok(self
            .store
            .txn(&PERMIT, txn)
            .await
            .map_err(internal)?
            .succeeded)
    }

    /// A user of its own for a node, with a key.
    async fn identity(&self) -> Result<serde_json::Value, Fault> {
        let mut cx = Context::internal(&self.account, &self.region, "wharf", self.clock.now());
        cx.caller = Caller::root(&self.account);
        let call = Call::by_controller(cx, PERMIT);
        let name = format!("wharf-node-{}", ids::hex16());
        let key = node_key(&self.iam, &call, &name).await?;
        Ok(json!({
            "accessKeyId": key.0,
            "secretAccessKey": key.1,
            "region": self.region,
            "cluster": "default",
        }))
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Fault> {
        let body = Limited::new(request.into_body(), MAX_REQUEST)
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
        if !self.spend(&wanted.token).await? {
            return Ok(text(
                StatusCode::FORBIDDEN,
                "The token is unknown, spent or over.\n",
            ));
        }
        Ok(Response::new(full(self.identity().await?.to_string())))
    }
}

#[async_trait::async_trait]
impl Handler for Join {
    async fn handle(&self, request: Request<Incoming>, peer: Peer) -> Response<Body> {
        if !peer.secure && !peer.address.ip().is_loopback() {
            return text(StatusCode::UPGRADE_REQUIRED, "Use https:// to join.\n");
        }
        if request.method() != Method::POST {
            return text(StatusCode::METHOD_NOT_ALLOWED, "POST a token here.\n");
        }
        match self.answer(request).await {
            Ok(response) => response,
            Err(fault) => {
                tracing::error!(%fault, "a node could not join");
                text(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "The node could not join; the server's log says why.\n",
                )
            }
        }
    }
}

/// Makes the user `name` with the rights of a node, if need be, and a key for it.
pub async fn node_key(
    iam: &IamService,
    call: &Call,
    name: &str,
) -> Result<(String, String), Fault> {
    let user = CreateUserRequest {
        user_name: Some(name.to_owned()),
        path: Some(NODE_PATH.to_owned()),
        ..Default::default()
    };
    match iam.create_user(call, user).await {
        Ok(_) => {}
        Err(fault) if fault.code == "EntityAlreadyExists" => {}
        Err(fault) => return Err(fault),
    }
    let policy = AttachUserPolicyRequest {
        user_name: Some(name.to_owned()),
        policy_arn: Some(NODE_POLICY.to_owned()),
    };
    iam.attach_user_policy(call, policy).await?;
    let logs = PutUserPolicyRequest {
        user_name: Some(name.to_owned()),
        policy_name: Some("deliver-logs".to_owned()),
        policy_document: Some(LOG_POLICY.to_owned()),
    };
    iam.put_user_policy(call, logs).await?;
    let input = CreateAccessKeyRequest {
        user_name: Some(name.to_owned()),
    };
    let made = iam
        .create_access_key(call, input)
        .await?
        .access_key
        .unwrap_or_default();
    Ok((
        made.access_key_id.unwrap_or_default(),
        made.secret_access_key.unwrap_or_default(),
    ))
}

fn internal(cause: impl std::error::Error) -> Fault {
    Fault::receiver(
        "InternalFailure",
        500,
        "The request could not be completed.",
        &cause,
    )
}
