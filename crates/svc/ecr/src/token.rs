//! Sealed tokens: the password of `docker login`, and the right to download one layer.
//!
//! A password carries who asked for it, so every request of the registry is authorised as that
//! principal, for up to twelve hours also after a role's session ended (spec ecr.md §3).

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_seal::Keyring;
use wharf_wire::{Caller, CallerKind, call::Session};

use crate::catalog::Registry;

/// How long a password is good for.
pub const PASSWORD_LIFE: Duration = Duration::from_secs(12 * 3600);
/// How long a download address is good for.
pub const DOWNLOAD_LIFE: Duration = Duration::from_secs(3600);

/// How long a client may pull that says nothing of itself, before it asks again.
pub const VISIT_LIFE: Duration = Duration::from_secs(3600);

const PASSWORD_CONTEXT: &str = "ecr/authorization-token";
const PUBLIC_CONTEXT: &str = "ecr-public/authorization-token";
const VISIT_CONTEXT: &str = "ecr-public/visit";
const DOWNLOAD_CONTEXT: &str = "ecr/download";
/// Longer texts are no tokens: a session's policies are the bulk of one, and they are bounded.
const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// Whom a password speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    pub caller: Caller,
    /// Where the password was asked for: the region of the registry it opens.
    pub region: String,
    /// The account whose registry it was asked for, where that is not the caller's own.
    pub registry: Option<String>,
}

impl Bearer {
    /// The account whose registry the password opens where the request names none.
    pub fn registry(&self) -> &str {
        self.registry.as_deref().unwrap_or(&self.caller.account)
    }
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("not a token of this registry")]
    Invalid,
    #[error("the token has expired")]
    Expired,
}

#[derive(Serialize, Deserialize)]
struct Password {
    expires: Timestamp,
    region: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registry: Option<String>,
    kind: String,
    account: String,
    arn: String,
    user_id: String,
    role_arn: String,
    access_key_id: String,
    session: Option<SessionPart>,
}

#[derive(Serialize, Deserialize)]
struct SessionPart {
    policies: Vec<String>,
    policy_arns: Vec<String>,
    tags: BTreeMap<String, String>,
    transitive_tag_keys: Vec<String>,
    source_identity: Option<String>,
    #[serde(default)]
    facts: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    mfa_at: Option<Timestamp>,
    issued_at: Timestamp,
    expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Download {
    expires: Timestamp,
    account: String,
    region: String,
    repository: String,
    digest: Digest,
}

#[derive(Serialize, Deserialize)]
struct Visit {
    expires: Timestamp,
}

/// The password of a bearer and the moment it ends.
pub fn issue_password(keyring: &Keyring, bearer: &Bearer, now: Timestamp) -> (String, Timestamp) {
    seal_password(keyring, bearer, PASSWORD_CONTEXT, now)
}

/// The same for the public gallery: it opens no private registry.
pub fn issue_public_password(
    keyring: &Keyring,
    bearer: &Bearer,
    now: Timestamp,
) -> (String, Timestamp) {
    seal_password(keyring, bearer, PUBLIC_CONTEXT, now)
}

fn seal_password(
    keyring: &Keyring,
    bearer: &Bearer,
    context: &str,
    now: Timestamp,
) -> (String, Timestamp) {
    let expires = now + PASSWORD_LIFE;
    let Bearer {
        caller,
        region,
        registry,
    } = bearer;
    let password = Password {
        expires,
        region: region.clone(),
        registry: registry.clone(),
        kind: kind_name(caller.kind).to_owned(),
        account: caller.account.clone(),
        arn: caller.arn.clone(),
        user_id: caller.user_id.clone(),
        role_arn: caller.role_arn.clone(),
        access_key_id: caller.access_key_id.clone(),
        session: caller.session.as_deref().map(|session| SessionPart {
            policies: session.policies.clone(),
            policy_arns: session.policy_arns.clone(),
            tags: session.tags.clone(),
            transitive_tag_keys: session.transitive_tag_keys.clone(),
            source_identity: session.source_identity.clone(),
            facts: session.facts.clone(),
            mfa_at: session.mfa_at,
            issued_at: session.issued_at,
            expires_at: session.expires_at,
        }),
    };
    let plain = serde_json::to_vec(&password).expect("strings, numbers and string-keyed maps");
    (keyring.seal_token(&plain, context), expires)
}

/// `authorizationToken` as the API gives it: user and password in base 64.
pub fn authorization_token(password: &str) -> String {
    STANDARD.encode(format!("AWS:{password}"))
}

/// Lets anybody pull from the public gallery who has it, as anybody may who asks for one.
pub fn issue_visit(keyring: &Keyring, now: Timestamp) -> String {
    let expires = now + VISIT_LIFE;
    let plain = serde_json::to_vec(&Visit { expires }).expect("a number");
    keyring.seal_token(&plain, VISIT_CONTEXT)
}

pub fn open_visit(keyring: &Keyring, token: &str, now: Timestamp) -> Result<(), TokenError> {
    let visit: Visit = open(keyring, token, VISIT_CONTEXT)?;
    match now < visit.expires {
        true => Ok(()),
        false => Err(TokenError::Expired),
    }
}

pub fn open_password(
    keyring: &Keyring,
    password: &str,
    now: Timestamp,
) -> Result<Bearer, TokenError> {
    unseal_password(keyring, password, PASSWORD_CONTEXT, now)
}

pub fn open_public_password(
    keyring: &Keyring,
    password: &str,
    now: Timestamp,
) -> Result<Bearer, TokenError> {
    unseal_password(keyring, password, PUBLIC_CONTEXT, now)
}

fn unseal_password(
    keyring: &Keyring,
    password: &str,
    context: &str,
    now: Timestamp,
) -> Result<Bearer, TokenError> {
    let token: Password = open(keyring, password, context)?;
    if now >= token.expires {
        return Err(TokenError::Expired);
    }
    let session = token.session.map(|part| {
        std::sync::Arc::new(Session {
            policies: part.policies,
            policy_arns: part.policy_arns,
            tags: part.tags,
            transitive_tag_keys: part.transitive_tag_keys,
            source_identity: part.source_identity,
            facts: part.facts,
            mfa_at: part.mfa_at,
            issued_at: part.issued_at,
            expires_at: part.expires_at,
        })
    });
    let caller = Caller {
        kind: kind_of(&token.kind).ok_or(TokenError::Invalid)?,
        account: token.account,
        arn: token.arn,
        user_id: token.user_id,
        role_arn: token.role_arn,
        access_key_id: token.access_key_id,
        session,
    };
    Ok(Bearer {
        caller,
        region: token.region,
        registry: token.registry,
    })
}

/// A token that lets anyone who has it read one layer of one repository (by its id).
pub fn issue_download(
    keyring: &Keyring,
    registry: &Registry,
    repository: &str,
    digest: &Digest,
    now: Timestamp,
) -> String {
    let download = Download {
        expires: now + DOWNLOAD_LIFE,
        account: registry.account.clone(),
        region: registry.region.clone(),
        repository: repository.to_owned(),
        digest: *digest,
    };
    let plain = serde_json::to_vec(&download).expect("strings and numbers");
    keyring.seal_token(&plain, DOWNLOAD_CONTEXT)
}

/// The registry, and the id of its repository, whose layer `digest` the token opens.
pub fn open_download(
    keyring: &Keyring,
    token: &str,
    digest: &Digest,
    now: Timestamp,
) -> Result<(Registry, String), TokenError> {
    let download: Download = open(keyring, token, DOWNLOAD_CONTEXT)?;
    if download.digest != *digest {
        return Err(TokenError::Invalid);
    }
    if now >= download.expires {
        return Err(TokenError::Expired);
    }
    Ok((
        Registry::new(download.account, download.region),
        download.repository,
    ))
}

fn open<T: for<'de> Deserialize<'de>>(
    keyring: &Keyring,
    token: &str,
    context: &str,
) -> Result<T, TokenError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(TokenError::Invalid);
    }
    let plain = keyring
        .open_token(token, context)
        .map_err(|_| TokenError::Invalid)?;
    serde_json::from_slice(plain.expose()).map_err(|_| TokenError::Invalid)
}

fn kind_name(kind: CallerKind) -> &'static str {
    match kind {
        CallerKind::Account => "account",
        CallerKind::User => "user",
        CallerKind::AssumedRole => "assumed-role",
        CallerKind::FederatedUser => "federated-user",
        CallerKind::Service => "service",
        CallerKind::Anonymous => "anonymous",
    }
}

fn kind_of(name: &str) -> Option<CallerKind> {
    Some(match name {
        "account" => CallerKind::Account,
        "user" => CallerKind::User,
        "assumed-role" => CallerKind::AssumedRole,
        "federated-user" => CallerKind::FederatedUser,
        "service" => CallerKind::Service,
        "anonymous" => CallerKind::Anonymous,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
