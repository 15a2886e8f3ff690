//! Temporary credentials: roles assumed by users, sessions and services, and session tokens
//! (spec platform §4). The wire side is the crate `wharf-svc-sts`.

mod error;
mod federation;
mod for_pod;
mod for_service;
mod saml;
mod web_identity;
mod weighed;

use std::collections::BTreeMap;

use wharf_base::{Timestamp, arn};
use wharf_iam::{
    CompiledPolicy, Document, DocumentError, DocumentKind, Principal,
    session::{Holder, SecretKey, SessionPolicies, SessionToken},
};
use wharf_records::node;
use wharf_wire::{Call, Caller, CallerKind, Context};

use crate::{
    directory::{Directory, KnownRole, Shown},
    gate::conditions,
    names,
};

pub use error::AssumeError;
pub use federation::Federation;
pub use for_pod::PodSession;
pub use saml::SamlSession;
pub use web_identity::WebIdentity;
use weighed::{admitted, after, asked, denied, describe, inherit, packed, role_account};

/// A role's session lasts an hour unless the caller says otherwise.
const DEFAULT_SECONDS: i32 = 3_600;
/// The longest session of a role that was assumed by a session.
const CHAINED_SECONDS: i32 = 3_600;
/// GetSessionToken: twelve hours, for root one.
const TOKEN_SECONDS: i32 = 43_200;
const ROOT_TOKEN_SECONDS: i32 = 3_600;
/// Credentials of nodes: renewed at half their life.
const NODE_SECONDS: i32 = 3_600;

/// What AssumeRole asks for.
#[derive(Debug, Clone, Default)]
pub struct AssumeRole {
    pub role_arn: String,
    pub session_name: String,
    pub duration_seconds: Option<i32>,
    pub external_id: Option<String>,
    pub policy: Option<String>,
    pub policy_arns: Vec<String>,
    pub tags: BTreeMap<String, String>,
    pub transitive_tag_keys: Vec<String>,
    pub source_identity: Option<String>,
    /// No policy is asked.
    pub unchecked: bool,
}

impl AssumeRole {
    /// With ARNs as records have them, whatever partition they were given in.
    fn canonical(self) -> Self {
        let canonical = |text: &String| arn::canonical(text).into_owned();
        Self {
            role_arn: canonical(&self.role_arn),
            policy_arns: self.policy_arns.iter().map(canonical).collect(),
            ..self
        }
    }
}

/// What a request shows as a second factor.
#[derive(Debug, Clone, Default)]
pub struct SecondFactor {
    pub serial: Option<String>,
    pub code: Option<String>,
}

/// Fresh temporary credentials.
#[derive(Debug, Clone)]
pub struct Minted {
    pub access_key_id: String,
    pub secret: SecretKey,
    pub token: String,
    pub expires: Timestamp,
    /// Of the session: `arn:aws:sts::A:assumed-role/R/S`.
    pub arn: String,
    /// `AROA…:session`
    pub user_id: String,
    /// Room taken by policies and tags, in percent; None without any.
    pub packed_percent: Option<i32>,
    pub source_identity: Option<String>,
}

/// A session that is decided and not sealed yet.
struct Session {
    token: SessionToken,
    arn: String,
    user_id: String,
    packed_percent: Option<i32>,
}

impl Directory {
    /// AssumeRole: the role's trust policy and the caller's own policies decide.
    pub async fn assume_role(
        &self,
        call: &Call,
        wanted: AssumeRole,
        factor: &SecondFactor,
    ) -> Result<Minted, AssumeError> {
        self.assume_in(call.context(), wanted, Some((call, factor)))
            .await
    }

    /// The same in a context that may be no request's, which then shows no second factor.
    async fn assume_in(
        &self,
        cx: &Context,
        wanted: AssumeRole,
        factor: Option<(&Call, &SecondFactor)>,
    ) -> Result<Minted, AssumeError> {
        if cx.caller.kind == CallerKind::Account && !wanted.unchecked {
            return Err(AssumeError::Root);
        }
        // A role would have rights that their policy never had, IAM's among them, and live longer than they.
        if cx.caller.kind == CallerKind::FederatedUser {
            return Err(AssumeError::FederatedAssumes);
        }
        refuse_nodes(&cx.caller)?;
        let wanted = wanted.canonical();
        let standing = self.standing(&cx.caller).await?;
        let mut context = conditions(cx, &standing);
        describe(&mut context, &wanted);
        let (wanted, transitive) = inherit(cx, &standing.principal, wanted)?;
        context.set_some("sts:SourceIdentity", wanted.source_identity.clone());
        let role = self.role(&wanted.role_arn).await?;
        let Some(role) = role else {
            // As for a role that trusts nobody: who may not assume it learns nothing about it.
            return Err(denied(
                &standing.principal,
                "sts:AssumeRole",
                &wanted.role_arn,
            ));
        };
        if let Some((call, factor)) = factor
            && self.second_factor(call, factor).await?.is_some()
        {
            context.set("aws:MultiFactorAuthPresent", "true");
            context.set("aws:MultiFactorAuthAge", "0");
        }
        for action in asked("sts:AssumeRole", &wanted) {
            admitted(
                Some((self, cx)),
                &standing,
                &role,
                action,
                &wanted.role_arn,
                &context,
            )?;
        }
        let seconds = self.duration(cx, &role, wanted.duration_seconds)?;
        self.check_policies(&role_account(&wanted.role_arn), &wanted)
            .await?;
        self.sealed(self.role_session(&role, wanted, transitive, cx.now, seconds)?)
    }

    /// Holds what a request shows as a second factor against the caller's device; None where it shows
    /// none. A code is spent by it.
    async fn second_factor(
        &self,
        call: &Call,
        factor: &SecondFactor,
    ) -> Result<Option<Timestamp>, AssumeError> {
        let (serial, code) = match (&factor.serial, &factor.code) {
            (None, None) => return Ok(None),
            (Some(serial), Some(code)) => (arn::canonical(serial), code),
            _ => return Err(AssumeError::HalfAFactor),
        };
        let shown = self.show_second_factor(&call.permit, &call.caller, &serial, code, call.now);
        match shown.await? {
            Shown::Right => Ok(Some(call.now)),
            Shown::Wrong => Err(AssumeError::WrongCode),
            Shown::NoDevice => Err(AssumeError::NoDevice),
        }
    }

    /// GetSessionToken: temporary credentials of the caller itself.
    pub async fn session_token(
        &self,
        call: &Call,
        duration_seconds: Option<i32>,
        factor: &SecondFactor,
    ) -> Result<Minted, AssumeError> {
        let cx = call.context();
        let caller = &cx.caller;
        refuse_nodes(caller)?;
        let (holder, longest) = match caller.kind {
            _ if caller.session.is_some() => return Err(AssumeError::SessionCaller),
            CallerKind::Account => (Holder::Root, ROOT_TOKEN_SECONDS),
            CallerKind::User => {
                let user_arn = caller.arn.clone();
                (
                    Holder::User {
                        user_arn,
                        user_id: caller.user_id.clone(),
                    },
                    129_600,
                )
            }
            _ => return Err(AssumeError::SessionCaller),
        };
        let seconds = duration_seconds.unwrap_or(TOKEN_SECONDS).min(longest);
        let expires = after(cx.now, seconds)?;
        let mut token = SessionToken::mint(&caller.account, holder, cx.now, expires);
        token.mfa_at = self.second_factor(call, factor).await?;
        self.sealed(Session {
            token,
            arn: caller.arn.clone(),
            user_id: caller.user_id.clone(),
            packed_percent: None,
        })
    }

    /// Credentials of the user behind a node. Like all of a user's they end with the user.
    pub async fn node_session(
        &self,
        account: &str,
        user: &str,
        now: Timestamp,
    ) -> Result<Minted, AssumeError> {
        let found = self.user(account, user).await?;
        let Some(found) = found else {
            return Err(AssumeError::NoSuchUser(user.to_owned()));
        };
        let arn = names::arn(account, "user", &found.record.path, &found.record.name);
        let user_id = found.record.id.clone();
        let holder = Holder::User {
            user_arn: arn.clone(),
            user_id: user_id.clone(),
        };
        let token = SessionToken::mint(account, holder, now, after(now, NODE_SECONDS)?);
        self.sealed(Session {
            token,
            arn,
            user_id,
            packed_percent: None,
        })
    }

    fn duration(
        &self,
        cx: &Context,
        role: &KnownRole,
        wanted: Option<i32>,
    ) -> Result<i32, AssumeError> {
        let chained = cx.caller.kind == CallerKind::AssumedRole;
        let seconds = wanted.unwrap_or(DEFAULT_SECONDS);
        if seconds < 900 {
            return Err(AssumeError::Duration);
        }
        if chained && seconds > CHAINED_SECONDS {
            return Err(AssumeError::TooLongForChain);
        }
        if seconds > role.record.max_session_seconds {
            return Err(AssumeError::TooLongForRole);
        }
        Ok(seconds)
    }

    async fn check_policies(&self, account: &str, wanted: &AssumeRole) -> Result<(), AssumeError> {
        if let Some(text) = &wanted.policy {
            let document = Document::parse(text, DocumentKind::Session)?;
            CompiledPolicy::compile("session policy", &document).map_err(DocumentError::from)?;
        }
        for arn in &wanted.policy_arns {
            if self.managed_policy(account, arn).await?.is_none() {
                return Err(AssumeError::NoSuchPolicy(arn.clone()));
            }
        }
        Ok(())
    }

    fn role_session(
        &self,
        role: &KnownRole,
        wanted: AssumeRole,
        transitive: Vec<String>,
        now: Timestamp,
        seconds: i32,
    ) -> Result<Session, AssumeError> {
        let AssumeRole {
            role_arn,
            session_name,
            policy,
            policy_arns,
            tags,
            ..
        } = wanted;
        let who = Principal::session(&role_arn, &role.record.id, &session_name, now);
        let packed_percent = packed(policy.as_deref(), &policy_arns, &tags);
        let holder = Holder::Role {
            role_arn,
            role_id: role.record.id.clone(),
            session_name,
        };
        let mut token = SessionToken::mint(&who.account, holder, now, after(now, seconds)?);
        if policy.is_some() || !policy_arns.is_empty() {
            token.policies = Some(SessionPolicies {
                inline: policy,
                arns: policy_arns,
            });
        }
        token.tags = tags;
        token.transitive_tag_keys = transitive;
        token.source_identity = wanted.source_identity;
        Ok(Session {
            token,
            arn: who.arn,
            user_id: who.user_id,
            packed_percent,
        })
    }

    fn sealed(&self, session: Session) -> Result<Minted, AssumeError> {
        let Session {
            token,
            arn,
            user_id,
            packed_percent,
        } = session;
        let text = self.seal_token(&token)?;
        Ok(Minted {
            access_key_id: token.access_key_id,
            secret: token.secret,
            token: text,
            expires: token.expires,
            arn,
            user_id,
            packed_percent,
            source_identity: token.source_identity,
        })
    }
}

/// What a node could make of its credentials would outlive them.
fn refuse_nodes(caller: &Caller) -> Result<(), AssumeError> {
    match node::user_of(&caller.arn) {
        Some(_) if caller.kind == CallerKind::User => Err(AssumeError::Node),
        _ => Ok(()),
    }
}
