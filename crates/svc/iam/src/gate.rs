//! The dispatcher's question, answered: every check of every call passes here, from outside and
//! between services.

use std::{collections::BTreeMap, sync::Arc};

use wharf_base::{Permit, arn::as_seen_from};
use wharf_iam::{
    AllowedBy, Ambient, Context as Conditions, Decision, Denial, DocumentKind, Matched, PolicyKind,
    PolicySet, Request, ResourcePolicy, evaluate, limit, regional,
};
use wharf_wire::{
    AskedOf, Caller, CallerKind, Check, Context, Denied, Gate, Unreadable, async_trait,
    audit::Decided, fault::Chain,
};

use crate::{
    denial,
    directory::{Directory, DirectoryError, Standing},
};

/// For the only thing a decision writes: when a key was last used.
const PERMIT: Permit = Permit::for_controller("iam");

/// How decisions are used (`--iam`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    #[default]
    Enforce,
    /// Everything is allowed; what would have been denied is logged.
    Soft,
    /// Nothing is evaluated.
    Off,
}

/// It is none of the modes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of enforce, soft, off")]
pub struct NoMode(String);

impl std::str::FromStr for Mode {
    type Err = NoMode;

    fn from_str(text: &str) -> Result<Self, NoMode> {
        match text {
            "enforce" => Ok(Self::Enforce),
            "soft" => Ok(Self::Soft),
            "off" => Ok(Self::Off),
            other => Err(NoMode(other.to_owned())),
        }
    }
}

/// IAM as the dispatcher sees it.
#[derive(Debug, Clone)]
pub struct IamGate {
    directory: Arc<Directory>,
    mode: Mode,
}

impl IamGate {
    pub fn new(directory: Arc<Directory>, mode: Mode) -> Self {
        Self { directory, mode }
    }

    async fn outcome(
        &self,
        cx: &Context,
        checks: &[Check],
        told: Option<&mut Vec<Decided>>,
    ) -> Result<(), Denied> {
        if self.mode == Mode::Off {
            return Ok(());
        }
        if let Some(first) = checks.first() {
            self.directory.note_access(cx, &first.action);
        }
        self.note_use(cx, checks).await;
        match self.denial(cx, checks, told).await {
            Some(text) if self.mode == Mode::Soft => {
                tracing::warn!(request = cx.request_id, "would be denied: {text}");
                Ok(())
            }
            Some(text) => Err(Denied(as_seen_from(&cx.region, &text).into_owned())),
            None => Ok(()),
        }
    }

    /// Remembers what a long-term key was used for.
    async fn note_use(&self, cx: &Context, checks: &[Check]) {
        let id = cx.caller.access_key_id.as_str();
        let service = checks
            .first()
            .and_then(|check| check.action.split(':').next());
        let Some(service) = service.filter(|_| id.starts_with("AKIA")) else {
            return;
        };
        let noted = self
            .directory
            .note_use(&PERMIT, id, service, &cx.region, cx.now)
            .await;
        if let Err(error) = noted {
            // The request itself does not depend on it.
            tracing::warn!(error = %Chain(&error), "failed to record the use of an access key");
        }
    }

    /// The first denial, as the caller is told. `told` learns what decided each check, if anybody
    /// wants to know.
    async fn denial(
        &self,
        cx: &Context,
        checks: &[Check],
        mut told: Option<&mut Vec<Decided>>,
    ) -> Option<String> {
        if checks.is_empty() {
            return None;
        }
        let standing = match self.standing(cx).await {
            Ok(Some(standing)) => standing,
            Ok(None) => return Some(closed(cx, &checks[0])),
            Err(error) => {
                tracing::error!(error = %Chain(&error), "failed to read the policies of a caller");
                let Check {
                    action, resource, ..
                } = &checks[0];
                return Some(format!(
                    "User: {} is not authorized to perform: {action} on resource: {resource}",
                    cx.caller.arn
                ));
            }
        };
        let ambient = conditions(cx, &standing);
        checks
            .iter()
            .find_map(|check| self.denial_of(cx, &standing, &ambient, check, told.as_deref_mut()))
    }

    /// How policies see the caller; `None` where its account was closed, except for services: they
    /// take down what still runs there.
    async fn standing(&self, cx: &Context) -> Result<Option<Standing>, DirectoryError> {
        let is_service = cx.caller.kind == CallerKind::Service;
        if !is_service && self.directory.is_closed(&cx.caller.account).await? {
            return Ok(None);
        }
        let mut standing = self.directory.standing(&cx.caller).await?;
        if is_service {
            standing.principal.acts_as = regional::account_of(&cx.caller.arn, &cx.region);
        }
        Ok(Some(standing))
    }

    fn denial_of(
        &self,
        cx: &Context,
        standing: &Standing,
        ambient: &Conditions,
        check: &Check,
        told: Option<&mut Vec<Decided>>,
    ) -> Option<String> {
        let owner = match &check.resource_account {
            Some(account) => account,
            None => owner_of(&check.resource, &cx.account),
        };
        let mut context = ambient.clone();
        context.set("aws:ResourceAccount", owner);
        add_all(&mut context, &check.context);
        let attached = check.resource_policy.as_deref().map(|text| {
            self.directory
                .document("resource policy", text, DocumentKind::Resource)
        });
        let resource = attached.as_ref().map(|policy| ResourcePolicy {
            policy,
            required: check.requires_resource_policy,
        });
        let request = Request {
            principal: &standing.principal,
            action: &check.action,
            resource: &check.resource,
            resource_account: owner,
            context: &context,
        };
        let policies = PolicySet {
            principal: &standing.policies,
            resource,
        };
        let decision = match through_endpoint(&self.directory, cx, &request) {
            Some(denial) => Decision::Denied(denial),
            // Of a caller who came through an endpoint, and is asked for nothing else.
            None if check.asked_of == AskedOf::Nobody => return None,
            None => evaluate(&request, &policies),
        };
        if let Some(told) = told {
            told.push(Decided {
                action: check.action.clone(),
                resource: check.resource.clone(),
                allowed: decision.is_allowed(),
                by: reason(&decision),
            });
        }
        denial::with_message(&self.directory, &cx.account, cx.now, &request, &decision)
    }
}

#[async_trait]
impl Gate for IamGate {
    async fn decide(&self, cx: &Context, checks: &[Check]) -> Result<(), Denied> {
        self.outcome(cx, checks, None).await
    }

    async fn explain(&self, cx: &Context, checks: &[Check]) -> (Result<(), Denied>, Vec<Decided>) {
        let mut told = Vec::new();
        let outcome = self.outcome(cx, checks, Some(&mut told)).await;
        (outcome, told)
    }

    async fn unique_ids(
        &self,
        arns: &[String],
    ) -> Result<Option<BTreeMap<String, String>>, Unreadable> {
        let found = self.directory.ids_of(arns).await;
        found.map(Some).map_err(unreadable)
    }

    async fn arns(&self, ids: &[String]) -> Result<BTreeMap<String, String>, Unreadable> {
        self.directory.arns_of(ids).await.map_err(unreadable)
    }
}

fn unreadable(cause: DirectoryError) -> Unreadable {
    Unreadable(Box::new(cause))
}

/// What the policy of the VPC endpoint that a call came through says against it. Only the call itself came
/// through: not what services do in its course, nor is what is passed to them a matter of the endpoint's service.
pub(crate) fn through_endpoint(
    directory: &Directory,
    cx: &Context,
    request: &Request<'_>,
) -> Option<Denial> {
    let origin = cx.origin.as_ref()?;
    let endpoint = origin.endpoint.as_ref()?;
    if !cx.called_via.is_empty() || cx.caller.kind == CallerKind::Service {
        return None;
    }
    let (service, _) = request.action.split_once(':')?;
    if !service.eq_ignore_ascii_case(endpoint.actions) {
        return None;
    }
    if origin.vpc.as_deref() != Some(endpoint.vpc.as_str()) {
        return Some(Denial {
            kind: PolicyKind::Endpoint,
            explicit: None,
        });
    }
    let source = "the policy of the VPC endpoint";
    let policy = directory.document(source, &endpoint.policy, DocumentKind::Resource);
    limit(request, &policy, PolicyKind::Endpoint)
}

/// A caller that was let in before its account was closed, or with a registry's password from then.
fn closed(cx: &Context, check: &Check) -> String {
    let Check {
        action, resource, ..
    } = check;
    let Caller { arn, account, .. } = &cx.caller;
    format!(
        "User: {arn} is not authorized to perform: {action} on resource: {resource} because account \
         {account} is closed"
    )
}

/// The statement that decided, in words.
fn reason(decision: &Decision) -> String {
    let statement = |matched: &Matched| {
        let number = matched.statement + 1;
        let policy = matched.policy.source();
        match matched.sid() {
            Some(sid) => format!("statement {number} ({sid}) of {policy}"),
            None => format!("statement {number} of {policy}"),
        }
    };
    match decision {
        Decision::Allowed(AllowedBy::Root) => "root of the account needs no policy".to_owned(),
        Decision::Allowed(AllowedBy::Identity(matched)) => statement(matched),
        Decision::Allowed(AllowedBy::Resource(matched)) => {
            format!("{}, a resource-based policy", statement(matched))
        }
        Decision::Denied(Denial {
            kind,
            explicit: Some(matched),
        }) => format!("an explicit deny in {}, {kind}", statement(matched)),
        Decision::Denied(Denial {
            kind,
            explicit: None,
        }) => format!("no {kind} allows it"),
    }
}

/// The global condition keys of a call.
pub(crate) fn conditions(cx: &Context, standing: &Standing) -> Conditions {
    let mut context = Ambient {
        principal: &standing.principal,
        now: cx.now,
        region: &cx.region,
        source_ip: cx.source_ip,
        user_agent: Some(cx.user_agent.as_str()).filter(|agent| !agent.is_empty()),
        referer: cx.referer.as_deref(),
        secure_transport: cx.secure,
        called_via: &cx.called_via,
    }
    .context();
    if let Some(session) = &cx.caller.session {
        if let Some(at) = session.mfa_at {
            context.set("aws:MultiFactorAuthPresent", "true");
            let age = cx.now.since(at).as_secs();
            context.set("aws:MultiFactorAuthAge", age.to_string());
        }
        add_all(&mut context, &session.facts);
    }
    context.set_some("aws:SourceArn", cx.source_arn.clone());
    if cx.caller.kind == CallerKind::Service && cx.source_arn.is_some() {
        context.set("aws:SourceAccount", cx.account.clone());
    }
    if let Some(origin) = &cx.origin {
        // An address means something in its VPC only, so the two come together, as in AWS.
        if let (Some(vpc), Some(address)) = (&origin.vpc, cx.source_ip) {
            context.set("aws:SourceVpc", vpc.clone());
            context.set("aws:VpcSourceIp", address.to_canonical().to_string());
        }
        context.set_some("wharf:SourceTask", origin.task.clone());
        if let Some(endpoint) = &origin.endpoint {
            context.set("aws:SourceVpce", endpoint.id.clone());
        }
    }
    context
}

pub(crate) fn add_all(context: &mut Conditions, keys: &BTreeMap<String, Vec<String>>) {
    // Of keys that differ by case alone, as tags of some services may, all values are known: a Deny finds each, and an Allow
    // wants them all.
    let mut folded: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, values) in keys {
        let all = folded.entry(key.to_lowercase()).or_default();
        all.extend(values.iter().cloned());
    }
    for (key, values) in folded {
        context.set_all(&key, values);
    }
}

/// The account in the ARN; the caller's own for what names none, and for what the platform offers
/// to every account.
fn owner_of<'a>(resource: &'a str, account: &'a str) -> &'a str {
    match resource.split(':').nth(4) {
        None | Some("" | "aws" | "*") => account,
        Some(owner) => owner,
    }
}
