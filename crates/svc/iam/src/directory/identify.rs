//! From an access key id and a session token to a caller, and what it must have signed with.

use std::{sync::Arc, time::Duration};

use wharf_base::Timestamp;
use wharf_iam::{
    Principal,
    session::{Holder, SecretKey, SessionToken},
};
use wharf_records::node;
use wharf_wire::{Caller, CallerKind, call::Session};

use super::{Directory, DirectoryError};
use crate::{
    names::{self, entity_arn},
    records::{AccessKeyRecord, UserRecord},
};

/// Longest session token looked at: policies and fifty tags at their longest, sealed.
const MAX_TOKEN_BYTES: usize = 64 << 10;

/// A node that was away for so long after its credentials ended must join again.
const NODE_AWAY: Duration = Duration::from_secs(30 * 24 * 3600);

/// What session tokens are sealed for.
const TOKEN_PURPOSE: &str = "sts/session-token";

/// What an access key id, with its session token, stands for.
#[derive(Debug, Clone)]
pub struct Identified {
    /// What the request must be signed with.
    pub secret: SecretKey,
    pub caller: Caller,
}

/// Why a request cannot be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum IdentifyError {
    /// No such key, an inactive one, or a token that is not of this key.
    #[error("The security token included in the request is invalid.")]
    Unknown,
    #[error("The security token included in the request is expired")]
    Expired,
    /// Of an account that was closed.
    #[error("The security token included in the request is invalid.")]
    Closed,
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl Directory {
    /// Whose key this is and the secret to check the signature with. `token` is the request's
    /// `X-Amz-Security-Token`.
    pub async fn identify(
        &self,
        access_key_id: &str,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Identified, IdentifyError> {
        let found = match token {
            Some(token) => {
                let zero = Duration::ZERO;
                self.identify_session(access_key_id, token, now, zero)
                    .await?
            }
            None => self.identify_key(access_key_id).await?,
        };
        match self.is_closed(&found.caller.account).await? {
            true => Err(IdentifyError::Closed),
            false => Ok(found),
        }
    }

    /// The same for a node that asks for new credentials: those that it has may be over, if not for
    /// longer than a machine is switched off. Of anybody else they may not.
    pub async fn identify_node(
        &self,
        access_key_id: &str,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Identified, IdentifyError> {
        let found = match token {
            Some(token) => {
                self.identify_session(access_key_id, token, now, NODE_AWAY)
                    .await?
            }
            None => self.identify_key(access_key_id).await?,
        };
        match node::user_of(&found.caller.arn) {
            Some(_) if found.caller.kind == CallerKind::User => Ok(found),
            _ => Err(IdentifyError::Unknown),
        }
    }

    async fn identify_key(&self, id: &str) -> Result<Identified, IdentifyError> {
        let key = self
            .ready::<AccessKeyRecord, _>("", id, |record| record)
            .await?;
        let Some(key) = key.filter(|key| key.active) else {
            return Err(IdentifyError::Unknown);
        };
        let mut caller = match &key.user {
            None => Caller::root(&key.account),
            Some(name) => {
                let user = self
                    .user(&key.account, name)
                    .await?
                    .ok_or(IdentifyError::Unknown)?;
                user_caller(&key.account, &user.record)
            }
        };
        caller.access_key_id = id.to_owned();
        Ok(Identified {
            secret: self.open_secret(id, &key)?,
            caller,
        })
    }

    async fn identify_session(
        &self,
        id: &str,
        token: &str,
        now: Timestamp,
        over_since: Duration,
    ) -> Result<Identified, IdentifyError> {
        let token = self
            .open_token(token)
            .filter(|token| token.access_key_id == id);
        let Some(token) = token else {
            return Err(IdentifyError::Unknown);
        };
        if now >= token.expires + over_since {
            return Err(IdentifyError::Expired);
        }
        let mut caller = match &token.holder {
            Holder::Root => Caller::root(&token.account),
            Holder::User { user_arn, user_id } => {
                self.maker(&token.account, user_arn, user_id).await?
            }
            Holder::Federated { name, maker } => {
                // Who made the credentials must still be there.
                let maker = match &**maker {
                    Holder::Root => Caller::root(&token.account),
                    Holder::User { user_arn, user_id } => {
                        self.maker(&token.account, user_arn, user_id).await?
                    }
                    Holder::Role { .. } | Holder::Federated { .. } => {
                        return Err(IdentifyError::Unknown);
                    }
                };
                let who = Principal::federated_user(&token.account, name, &maker.arn);
                Caller {
                    kind: CallerKind::FederatedUser,
                    account: who.account,
                    arn: who.arn,
                    user_id: who.user_id,
                    role_arn: maker.arn,
                    access_key_id: String::new(),
                    session: None,
                }
            }
            Holder::Role {
                role_arn,
                role_id,
                session_name,
            } => {
                let role = self.role(role_arn).await?;
                if role.is_none_or(|role| role.record.id != *role_id) {
                    return Err(IdentifyError::Unknown);
                }
                let who = Principal::session(role_arn, role_id, session_name, token.issued);
                Caller {
                    kind: CallerKind::AssumedRole,
                    account: who.account,
                    arn: who.arn,
                    user_id: who.user_id,
                    role_arn: role_arn.clone(),
                    access_key_id: String::new(),
                    session: None,
                }
            }
        };
        caller.access_key_id = id.to_owned();
        let policies = token.policies.unwrap_or_default();
        caller.session = Some(Arc::new(Session {
            policies: policies.inline.into_iter().collect(),
            policy_arns: policies.arns,
            tags: token.tags,
            transitive_tag_keys: token.transitive_tag_keys,
            source_identity: token.source_identity,
            facts: token.facts,
            mfa_at: token.mfa_at,
            issued_at: token.issued,
            expires_at: token.expires,
        }));
        Ok(Identified {
            secret: token.secret,
            caller,
        })
    }

    /// The user behind a token, who must be the very one.
    async fn maker(
        &self,
        account: &str,
        user_arn: &str,
        user_id: &str,
    ) -> Result<Caller, IdentifyError> {
        let user = match entity_arn(user_arn, "user") {
            Some((account, _, name)) => self.user(account, name).await?,
            None => None,
        };
        let user = user.filter(|user| user.record.id == user_id);
        let user = user.ok_or(IdentifyError::Unknown)?;
        Ok(user_caller(account, &user.record))
    }

    /// The text of a session token.
    pub(crate) fn seal_token(&self, token: &SessionToken) -> Result<String, serde_json::Error> {
        Ok(self
            .keyring
            .seal_token(&serde_json::to_vec(token)?, TOKEN_PURPOSE))
    }

    fn open_token(&self, text: &str) -> Option<SessionToken> {
        if text.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let opened = self.keyring.open_token(text, TOKEN_PURPOSE).ok()?;
        serde_json::from_slice(opened.expose()).ok()
    }
}

fn user_caller(account: &str, user: &UserRecord) -> Caller {
    Caller {
        kind: CallerKind::User,
        account: account.to_owned(),
        arn: names::arn(account, "user", &user.path, &user.name),
        user_id: user.id.clone(),
        role_arn: String::new(),
        access_key_id: String::new(),
        session: None,
    }
}
