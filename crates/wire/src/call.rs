//! Who calls, from where, under which account: fixed once per request, before anything is decided.

use std::{collections::BTreeMap, fmt, net::IpAddr, ops::Deref, sync::Arc};

use wharf_base::{Permit, Timestamp};

use crate::{
    Settled,
    service::{Gate, Unreadable},
};

/// What kind of principal calls (the values of `aws:PrincipalType`, and wharf's own parts).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerKind {
    /// Root of the account.
    Account,
    User,
    AssumedRole,
    /// Somebody with credentials that a user made by GetFederationToken.
    FederatedUser,
    /// A service acting for itself, e.g. `ecs.amazonaws.com`.
    Service,
    /// With `--iam off`, or an operation that takes unsigned calls.
    Anonymous,
}

/// The principal behind a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub kind: CallerKind,
    pub account: String,
    /// `arn:aws:iam::A:root`, `…:user/N`, `arn:aws:sts::A:assumed-role/R/S`; for a service its name.
    pub arn: String,
    /// `aws:userid`: the account id for root, `AIDA…`, or `AROA…:session`.
    pub user_id: String,
    /// The role behind an assumed-role session, the user or root behind a federated user; else empty.
    pub role_arn: String,
    /// The key the request was signed with; empty where nothing was signed.
    pub access_key_id: String,
    /// Session policies (JSON documents), session tags, token issue time: from the session token.
    pub session: Option<Arc<Session>>,
}

/// What a session token adds to its principal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Session {
    pub policies: Vec<String>,
    pub policy_arns: Vec<String>,
    pub tags: BTreeMap<String, String>,
    /// Keys of `tags` that the next role of a chain inherits.
    pub transitive_tag_keys: Vec<String>,
    /// Who started the chain of roles (`aws:SourceIdentity`).
    pub source_identity: Option<String>,
    /// Condition keys that were fixed when the session was made: what an identity provider said.
    pub facts: BTreeMap<String, Vec<String>>,
    /// When a second factor was shown.
    pub mfa_at: Option<Timestamp>,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Caller {
    pub fn root(account: &str) -> Self {
        Self {
            kind: CallerKind::Account,
            account: account.to_owned(),
            arn: format!("arn:aws:iam::{account}:root"),
            user_id: account.to_owned(),
            role_arn: String::new(),
            access_key_id: String::new(),
            session: None,
        }
    }

    /// A sender that proved nothing. `named_key` is the key that it says it has, or empty.
    pub fn unproven(account: &str, named_key: &str) -> Self {
        Self {
            kind: CallerKind::Anonymous,
            account: account.to_owned(),
            arn: String::new(),
            user_id: String::new(),
            role_arn: String::new(),
            access_key_id: named_key.to_owned(),
            session: None,
        }
    }

    /// A service of wharf, e.g. `ecs.amazonaws.com`.
    pub fn service(account: &str, name: &str) -> Self {
        Self {
            kind: CallerKind::Service,
            account: account.to_owned(),
            arn: name.to_owned(),
            user_id: name.to_owned(),
            role_arn: String::new(),
            access_key_id: String::new(),
            session: None,
        }
    }
}

/// Which of its tasks a node passed a call on for. Says nothing of who calls: that, the signature does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// ARN of the task, if the node can tell.
    pub task: Option<String>,
    /// The VPC that the task's address is in.
    pub vpc: Option<String>,
    /// The VPC endpoint that it came through.
    pub endpoint: Option<Arc<ThroughEndpoint>>,
}

/// A VPC endpoint that a request came through, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThroughEndpoint {
    /// `vpce-…`
    pub id: String,
    pub vpc: String,
    /// What its actions begin with in policies: `s3`, `cloudwatch`.
    pub actions: &'static str,
    /// What may pass.
    pub policy: String,
}

/// How a request was signed, which policies of S3 may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    pub by: SignedBy,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedBy {
    Header,
    /// A presigned URL.
    Query,
    /// The policy of a form.
    Form,
}

/// All that is known of a request before it is authorised.
#[derive(Debug, Clone)]
pub struct Context {
    pub account: String,
    pub region: String,
    pub caller: Caller,
    /// Services that pass the call on for its first caller, outermost first (`aws:CalledVia`).
    pub called_via: Vec<String>,
    /// The service that acts in the role of the caller, which it assumed for that; nobody says so of themselves.
    pub acting: Option<String>,
    /// The resource that a service acts for (`aws:SourceArn`).
    pub source_arn: Option<String>,
    pub now: Timestamp,
    pub request_id: String,
    pub source_ip: Option<IpAddr>,
    /// The call came from a task, by the way its node offers it.
    pub origin: Option<Origin>,
    pub user_agent: String,
    /// What page led here (`aws:Referer`).
    pub referer: Option<String>,
    /// Nothing for who proves in another way who it is, or not at all.
    pub signed: Option<Signed>,
    /// The request came over TLS (`aws:SecureTransport`).
    pub secure: bool,
    /// An HTML form was posted to S3.
    pub by_form: bool,
    /// Scheme, host and port under which the client reached us, e.g. `http://localhost:4566`.
    pub endpoint: String,
    /// What its authorisation found names in it to mean.
    pub settled: Settled,
}

impl Context {
    /// A context for a part of wharf that acts on its own.
    pub fn internal(account: &str, region: &str, service: &str, now: Timestamp) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            caller: Caller::service(account, service),
            called_via: Vec::new(),
            acting: None,
            source_arn: None,
            now,
            request_id: wharf_base::ids::uuid(),
            source_ip: None,
            origin: None,
            user_agent: service.to_owned(),
            referer: None,
            signed: None,
            secure: true,
            by_form: false,
            endpoint: String::new(),
            settled: Settled::default(),
        }
    }

    /// The same request, made for a resource of the caller's.
    pub fn acting_for(self, arn: String) -> Self {
        Self {
            source_arn: Some(arn),
            ..self
        }
    }

    /// The same request passed on by `service` in its own name.
    pub fn passed_on_by(&self, service: &str) -> Self {
        let mut called_via = self.called_via.clone();
        called_via.push(service.to_owned());
        Self {
            caller: Caller::service(&self.account, service),
            called_via,
            acting: None,
            ..self.clone()
        }
    }
}

/// An authorised request: its context, which the audit log has as well, and the permit that IAM's yes brought about.
#[derive(Debug, Clone)]
pub struct Call {
    context: Arc<Context>,
    pub permit: Permit,
    by: LetInBy,
}

/// The gate that let a call in, which knows what users and roles there are; none where no gate was asked.
#[derive(Clone, Default)]
struct LetInBy(Option<Arc<dyn Gate>>);

impl fmt::Debug for LetInBy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("LetInBy").field(&self.0.is_some()).finish()
    }
}

impl Call {
    /// For the dispatcher, after authorisation. See [`Permit::after_authorization`].
    pub(crate) fn authorized(context: impl Into<Arc<Context>>, by: &Arc<dyn Gate>) -> Self {
        let context = context.into();
        let permit = Permit::after_authorization(&context.caller.arn);
        Self {
            context,
            permit,
            by: LetInBy(Some(by.clone())),
        }
    }

    /// The same call of another service, which let it in: it stays a controller's if it is one.
    pub(crate) fn let_in(&self, by: &Arc<dyn Gate>) -> Self {
        if self.permit.is_of_call() {
            Self::authorized(self.context.clone(), by)
        } else {
            Self {
                by: LetInBy(Some(by.clone())),
                ..self.clone()
            }
        }
    }

    /// A controller's own call of an operation in process; `permit` is the controller's.
    pub fn by_controller(context: Context, permit: Permit) -> Self {
        Self {
            context: Arc::new(context),
            permit,
            by: LetInBy::default(),
        }
    }

    /// See [`Gate::unique_ids`].
    ///
    /// # Errors
    /// The gate's.
    pub async fn unique_ids(
        &self,
        arns: &[String],
    ) -> Result<Option<BTreeMap<String, String>>, Unreadable> {
        match &self.by.0 {
            Some(gate) => gate.unique_ids(arns).await,
            None => Ok(None),
        }
    }

    /// See [`Gate::arns`].
    ///
    /// # Errors
    /// The gate's.
    pub async fn arns(&self, ids: &[String]) -> Result<BTreeMap<String, String>, Unreadable> {
        match &self.by.0 {
            Some(gate) => gate.arns(ids).await,
            None => Ok(BTreeMap::new()),
        }
    }

    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The same for who keeps it longer than the call.
    pub(crate) fn shared_context(&self) -> &Arc<Context> {
        &self.context
    }

    /// The same request for another service, made by `service` in the name of its caller; the receiving
    /// side's client authorises it again.
    pub fn forwarded_by(&self, service: &str) -> Self {
        let mut context = self.context.clone();
        Arc::make_mut(&mut context)
            .called_via
            .push(service.to_owned());
        Self {
            context,
            permit: self.permit.clone(),
            by: self.by.clone(),
        }
    }

    /// The same request passed on by `service` in its own name, for a call of another service; the
    /// receiving side's client authorises it again.
    pub fn passed_on_by(&self, service: &str) -> Self {
        Self {
            context: Arc::new(self.context.passed_on_by(service)),
            permit: self.permit.clone(),
            by: self.by.clone(),
        }
    }
}

impl Deref for Call {
    type Target = Context;
    fn deref(&self) -> &Context {
        &self.context
    }
}
