//! Credentials of nodes: good for an hour, renewed by the node itself.
//!
//! A renewal is signed with the credentials before, which may be over for as long as a machine is
//! switched off. Each can be renewed once: the record of the node says by which key, so that a copy
//! of a node's files is worth nothing once the node has renewed. The key before stays good until the
//! node confirms that it has written the new one down, else a lost answer would shut it out.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};
use wharf_base::{Clock, Permit};
use wharf_records::node::{Node, OWN_USER, Renewable, user_of};
use wharf_service::{ChangeError, Table};
use wharf_store::Store;
use wharf_svc_iam::{Directory, IamService, Minted};
use wharf_wire::{Call, Caller, Context, Fault, fault::Chain};

use crate::{control::fault::WharfFaults, node_identity::forget_keys, tls::Authorities};

const PERMIT: Permit = Permit::for_controller("node-credentials");
/// Authorities that a node says to trust.
const MAX_TRUSTED: usize = 8;

/// A renewal that is not granted: what the node is told, and with which status.
pub type Refused = (StatusCode, String);

/// Why a node's record was left as it is.
enum Unchanged {
    Refused(Refused),
    Failed(ChangeError<WharfFaults>),
}

impl From<ChangeError<WharfFaults>> for Unchanged {
    fn from(error: ChangeError<WharfFaults>) -> Self {
        Self::Failed(error)
    }
}

/// Issues and renews.
#[derive(Clone)]
pub struct NodeCredentials {
    pub store: Store,
    pub iam: IamService,
    pub directory: Arc<Directory>,
    pub clock: Arc<dyn Clock>,
    pub account: String,
    pub region: String,
    pub authorities: Arc<Authorities>,
}

impl NodeCredentials {
    /// New credentials of a node's user.
    pub async fn issue(&self, user: &str) -> Result<Minted, Fault> {
        let now = self.clock.now();
        let minted = self.directory.node_session(&self.account, user, now).await;
        minted.map_err(|error| Fault::sender("InternalFailure", 500, error.to_string()))
    }

    /// New ones in the place of those that `caller` signed with.
    pub async fn renew(&self, caller: &Caller) -> Result<Value, Refused> {
        let user = user_of(&caller.arn).ok_or_else(not_a_node)?;
        let minted = self.issue(user).await.map_err(internal)?;
        // The control plane's own node has no record: its file lies beside the store.
        if user != OWN_USER {
            self.remember(user, caller, &minted.access_key_id).await?;
        }
        let mut answer = shown(&minted);
        answer["authorities"] = json!(self.authorities.bundle());
        Ok(answer)
    }

    /// Writes down which credentials may be renewed from now on, if the caller's may be.
    async fn remember(&self, user: &str, caller: &Caller, new: &str) -> Result<(), Refused> {
        self.change(user, |node| {
            let key = &caller.access_key_id;
            let long_lived = caller.session.is_none();
            let previous = match &node.credentials {
                None => Some(key.clone()),
                Some(_) if long_lived => Some(key.clone()),
                Some(known) if known.current == *key => Some(key.clone()),
                Some(known) if known.previous.as_ref() == Some(key) => Some(key.clone()),
                Some(_) => {
                    tracing::warn!(
                        node = user,
                        "a renewal is refused: the credentials were renewed before, so somebody has a copy"
                    );
                    let text = "These credentials were renewed before. Join again with a new token.";
                    return Err((StatusCode::FORBIDDEN, text.to_owned()));
                }
            };
            node.credentials = Some(Renewable {
                current: new.to_owned(),
                previous,
                made_at: Some(self.clock.now()),
            });
            Ok(())
        })
        .await
    }

    /// The node has written its credentials down: those before, and long-lived keys of an earlier
    /// version, are worth nothing any more. The query says which authorities it trusts from now on:
    /// `trusts=DIGEST`, once each.
    pub async fn confirm(&self, caller: &Caller, query: &str) -> Result<(), Refused> {
        let trusts = trusted(query)?;
        let user = user_of(&caller.arn).ok_or_else(not_a_node)?;
        if caller.session.is_none() {
            return Err((
                StatusCode::FORBIDDEN,
                "Long-lived keys confirm nothing.".to_owned(),
            ));
        }
        if user != OWN_USER {
            self.change(user, |node| {
                let known = node.credentials.as_mut();
                if let Some(known) = known.filter(|known| known.current == caller.access_key_id) {
                    known.previous = None;
                    node.trusts.clone_from(&trusts);
                }
                Ok(())
            })
            .await?;
        }
        forget_keys(&self.iam, &self.call(), user)
            .await
            .map_err(internal)
    }

    async fn change(
        &self,
        user: &str,
        change: impl Fn(&mut Node) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let key = Node::key(&self.account, &self.region, user);
        let table = Table::<WharfFaults>::new(self.store.clone());
        let change = |node: &mut Node| change(node).map_err(Unchanged::Refused);
        match table.change(&PERMIT, &key, change).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(not_a_node()),
            Err(Unchanged::Refused(refused)) => Err(refused),
            Err(Unchanged::Failed(error)) if error.is_conflict() => Err((
                StatusCode::SERVICE_UNAVAILABLE,
                "The node's record changes all the time.".to_owned(),
            )),
            Err(Unchanged::Failed(error)) => Err(unavailable(error.cause)),
        }
    }

    fn call(&self) -> Call {
        let mut cx = Context::internal(&self.account, &self.region, "wharf", self.clock.now());
        cx.caller = Caller::root(&self.account);
        Call::by_controller(cx, PERMIT)
    }
}

/// As they stand in a node's identity.
pub fn shown(minted: &Minted) -> Value {
    json!({
        "accessKeyId": minted.access_key_id,
        "secretAccessKey": minted.secret.expose(),
        "sessionToken": minted.token,
        "expiresAt": minted.expires,
    })
}

/// Those of the authorities in a query.
fn trusted(query: &str) -> Result<Vec<String>, Refused> {
    let given = form_urlencoded::parse(query.as_bytes());
    let given = given.filter(|(name, _)| name == "trusts");
    let given: Vec<String> = given.map(|(_, digest)| digest.into_owned()).collect();
    let is_digest = |it: &String| it.len() == 64 && it.bytes().all(|b| b.is_ascii_hexdigit());
    if given.len() > MAX_TRUSTED || !given.iter().all(is_digest) {
        let text = "What is trusted is a few digests in hexadecimal.";
        return Err((StatusCode::BAD_REQUEST, text.to_owned()));
    }
    Ok(given)
}

fn not_a_node() -> Refused {
    let text = "Only nodes that joined renew their credentials here.";
    (StatusCode::FORBIDDEN, text.to_owned())
}

fn internal(fault: Fault) -> Refused {
    tracing::error!(%fault, "failed to renew a node's credentials");
    let text = "The credentials cannot be renewed now; the server's log says why.";
    (StatusCode::INTERNAL_SERVER_ERROR, text.to_owned())
}

fn unavailable(cause: impl std::error::Error) -> Refused {
    tracing::error!(error = %Chain(&cause), "failed to decode a node record");
    let text = "The credentials cannot be renewed now; the server's log says why.";
    (StatusCode::INTERNAL_SERVER_ERROR, text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_trusts_is_a_few_digests() {
        let digest = "ab".repeat(32);
        let of = |query: &str| trusted(query).map_err(|(status, _)| status);
        assert_eq!(of(""), Ok(Vec::new()));
        assert_eq!(of("other=1"), Ok(Vec::new()));
        let two = format!("trusts={digest}&trusts={digest}");
        assert_eq!(of(&two).map(|it| it.len()), Ok(2));
        for bad in [
            "trusts=",
            "trusts=ab",
            &format!("trusts={}zz", &digest[2..]),
        ] {
            assert_eq!(of(bad), Err(StatusCode::BAD_REQUEST), "{bad}");
        }
        let many = vec![two; 5].join("&");
        assert_eq!(of(&many), Err(StatusCode::BAD_REQUEST));
    }
}
