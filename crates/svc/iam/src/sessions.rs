//! Temporary credentials: roles assumed by users, sessions and services, and session tokens
//! (spec platform §4). The wire side is the crate `wharf-svc-sts`.

mod federation;
mod web_identity;

use std::{collections::BTreeMap, time::Duration};

use wharf_base::{Timestamp, arn};
use wharf_iam::{
    Ambient, CompiledPolicy, Context as Conditions, Decision, Document, DocumentError,
    DocumentKind, PolicySet, Principal, PrincipalPolicies, Request, ResourcePolicy,
    document::counted_length,
    evaluate,
    session::{Holder, SecretKey, SessionPolicies, SessionToken},
};
use wharf_records::node;
use wharf_wire::{Call, Caller, CallerKind, Context};

use crate::{
    directory::{Directory, DirectoryError, KnownRole, Shown, Standing},
    gate::conditions,
    names,
    oidc::{keys::NoKey, token::TokenError},
};

pub use federation::Federation;
pub use web_identity::WebIdentity;

/// A role's session lasts an hour unless the caller says otherwise.
const DEFAULT_SECONDS: i32 = 3_600;
/// The longest session of a role that was assumed by a session.
const CHAINED_SECONDS: i32 = 3_600;
/// Credentials of tasks and other things services run: renewed long before.
const SERVICE_SECONDS: i32 = 6 * 3_600;
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

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub enum AssumeError {
    #[error("Roles may not be assumed by root accounts.")]
    Root,
    #[error("{0}")]
    Denied(String),
    #[error("The credentials of a node give no further credentials.")]
    Node,
    #[error("Not authorized to perform {0}")]
    NotAuthorized(&'static str),
    #[error(transparent)]
    WebIdentity(#[from] TokenError),
    #[error(transparent)]
    NoKey(#[from] NoKey),
    #[error("The user with name {0} cannot be found.")]
    NoSuchUser(String),
    #[error("Cannot call GetSessionToken with session credentials")]
    SessionCaller,
    #[error("MultiFactorAuthentication failed with invalid MFA one time pass code. ")]
    WrongCode,
    #[error(
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA \
         serial number is valid and associated with this user."
    )]
    NoDevice,
    #[error(
        "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass \
         code."
    )]
    HalfAFactor,
    #[error("Cannot call GetFederationToken with session credentials")]
    SessionFederates,
    #[error("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")]
    TooLongForRole,
    #[error(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role \
         chaining."
    )]
    TooLongForChain,
    #[error("The requested DurationSeconds is out of range.")]
    Duration,
    #[error(transparent)]
    Policy(#[from] DocumentError),
    #[error("Policy {0} does not exist or is not attachable.")]
    NoSuchPolicy(String),
    #[error("Tag {0} is passed on by the calling session and cannot be set again.")]
    TransitiveTag(String),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error("the session token cannot be written")]
    Token(#[from] serde_json::Error),
}

impl Directory {
    /// AssumeRole: the role's trust policy and the caller's own policies decide.
    pub async fn assume_role(
        &self,
        call: &Call,
        wanted: AssumeRole,
        factor: &SecondFactor,
    ) -> Result<Minted, AssumeError> {
        let cx = call.context();
        if cx.caller.kind == CallerKind::Account && !wanted.unchecked {
            return Err(AssumeError::Root);
        }
        refuse_nodes(&cx.caller)?;
        let wanted = wanted.canonical();
        let standing = self.standing(&cx.caller).await?;
        let role = self.role(&wanted.role_arn).await?;
        let Some(role) = role else {
            // As for a role that trusts nobody: who may not assume it learns nothing about it.
            return Err(denied(
                &standing.principal,
                "sts:AssumeRole",
                &wanted.role_arn,
            ));
        };
        let mut context = conditions(cx, &standing);
        describe(&mut context, &wanted);
        if self.second_factor(call, factor).await?.is_some() {
            context.set("aws:MultiFactorAuthPresent", "true");
            context.set("aws:MultiFactorAuthAge", "0");
        }
        let mut actions = vec!["sts:AssumeRole"];
        if !wanted.tags.is_empty() {
            actions.push("sts:TagSession");
        }
        if wanted.source_identity.is_some() {
            actions.push("sts:SetSourceIdentity");
        }
        for action in actions.into_iter().filter(|_| !wanted.unchecked) {
            admitted(&standing, &role, action, &wanted.role_arn, &context)?;
        }
        let seconds = self.duration(cx, &role, wanted.duration_seconds)?;
        let (wanted, transitive) = inherit(cx, wanted)?;
        self.check_policies(&role_account(&wanted.role_arn), &wanted)
            .await?;
        self.sealed(self.role_session(&role, wanted, transitive, cx.now, seconds)?)
    }

    /// A role assumed by a part of the platform for something it runs, `ecs-tasks.amazonaws.com`
    /// for a task: the role's trust policy must name the service. `source_arn` is what it is for.
    pub async fn assume_for_service(
        &self,
        role_arn: &str,
        service: &str,
        session_name: &str,
        source_arn: Option<&str>,
        now: Timestamp,
    ) -> Result<Minted, AssumeError> {
        let role_arn = &*arn::canonical(role_arn);
        let standing = Standing {
            principal: Principal::service(service),
            policies: PrincipalPolicies::default(),
        };
        let Some(role) = self.role(role_arn).await? else {
            return Err(denied(&standing.principal, "sts:AssumeRole", role_arn));
        };
        let wanted = AssumeRole {
            role_arn: role_arn.to_owned(),
            session_name: session_name.to_owned(),
            ..AssumeRole::default()
        };
        let mut context = Ambient {
            principal: &standing.principal,
            now,
            region: "",
            source_ip: None,
            user_agent: None,
            referer: None,
            secure_transport: true,
            called_via: &[],
        }
        .context();
        describe(&mut context, &wanted);
        context.set("aws:SourceAccount", role_account(role_arn));
        context.set_some("aws:SourceArn", source_arn);
        admitted(&standing, &role, "sts:AssumeRole", role_arn, &context)?;
        self.sealed(self.role_session(&role, wanted, Vec::new(), now, SERVICE_SECONDS)?)
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

fn denied(principal: &Principal, action: &str, role_arn: &str) -> AssumeError {
    AssumeError::Denied(Decision::short_message(&Request {
        principal,
        action,
        resource: role_arn,
        resource_account: "",
        context: &Conditions::new(),
    }))
}

fn admitted(
    standing: &Standing,
    role: &KnownRole,
    action: &str,
    role_arn: &str,
    context: &Conditions,
) -> Result<(), AssumeError> {
    let account = role_account(role_arn);
    let request = Request {
        principal: &standing.principal,
        action,
        resource: role_arn,
        resource_account: &account,
        context,
    };
    let resource = Some(ResourcePolicy {
        policy: &role.trust,
        required: true,
    });
    let policies = PolicySet {
        principal: &standing.policies,
        resource,
    };
    if evaluate(&request, &policies).is_allowed() {
        return Ok(());
    }
    Err(denied(&standing.principal, action, role_arn))
}

fn role_account(role_arn: &str) -> String {
    role_arn.split(':').nth(4).unwrap_or_default().to_owned()
}

/// The condition keys of AssumeRole.
fn describe(context: &mut Conditions, wanted: &AssumeRole) {
    context.set("sts:RoleSessionName", wanted.session_name.clone());
    context.set_some("sts:ExternalId", wanted.external_id.clone());
    context.set_some("sts:SourceIdentity", wanted.source_identity.clone());
    context.set_all("aws:TagKeys", wanted.tags.keys().cloned());
    context.set_all(
        "sts:TransitiveTagKeys",
        wanted.transitive_tag_keys.iter().cloned(),
    );
    for (key, value) in &wanted.tags {
        context.set(&format!("aws:RequestTag/{key}"), value.clone());
    }
}

/// What a session passes on to the next role of a chain: its transitive tags and its source.
fn inherit(cx: &Context, mut wanted: AssumeRole) -> Result<(AssumeRole, Vec<String>), AssumeError> {
    let mut transitive = wanted.transitive_tag_keys.clone();
    let Some(session) = &cx.caller.session else {
        return Ok((wanted, transitive));
    };
    for key in &session.transitive_tag_keys {
        if wanted.tags.contains_key(key) {
            return Err(AssumeError::TransitiveTag(key.clone()));
        }
        if let Some(value) = session.tags.get(key) {
            wanted.tags.insert(key.clone(), value.clone());
            transitive.push(key.clone());
        }
    }
    if let Some(source) = &session.source_identity {
        // Whoever started the chain stays its source.
        wanted.source_identity = Some(source.clone());
    }
    Ok((wanted, transitive))
}

fn after(now: Timestamp, seconds: i32) -> Result<Timestamp, AssumeError> {
    let seconds = u64::try_from(seconds).map_err(|_| AssumeError::Duration)?;
    Ok(now + Duration::from_secs(seconds))
}

/// How much of the room for policies and tags is taken, in percent.
fn packed(policy: Option<&str>, arns: &[String], tags: &BTreeMap<String, String>) -> Option<i32> {
    if policy.is_none() && arns.is_empty() && tags.is_empty() {
        return None;
    }
    let policy = policy.map_or(0, counted_length);
    let arns: usize = arns.iter().map(String::len).sum();
    let tags: usize = tags
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    let percent = (policy + arns + tags) * 100 / DocumentKind::Session.limit();
    Some(i32::try_from(percent.clamp(1, 100)).unwrap_or(100))
}
