//! The decision: who may do what to which resource (order of spec platform §3).

use std::{fmt, sync::Arc};

use wharf_base::arn::canonical;

use crate::{
    compiled::{CompiledPolicy, Facts},
    context::Context,
    document::Effect,
    principal::{Named, Principal, PrincipalKind},
    spans::Span,
};

/// One action on one resource.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub principal: &'a Principal,
    /// `ecs:RunTask`; case does not count.
    pub action: &'a str,
    /// An ARN, or `*` for actions that know no resource.
    pub resource: &'a str,
    /// The account that owns the resource.
    pub resource_account: &'a str,
    pub context: &'a Context,
}

impl<'a> Request<'a> {
    /// As statements compare it.
    fn facts(&self) -> Facts<'a> {
        Facts {
            principal: self.principal,
            action: self.action.to_ascii_lowercase(),
            resource: canonical(self.resource),
            context: self.context,
        }
    }
}

/// What a principal brings along; the same for all its requests until a policy changes.
#[derive(Debug, Clone, Default)]
pub struct PrincipalPolicies {
    /// Limits of an organisation: each must allow. Empty: there is none.
    pub service_control: Vec<Arc<CompiledPolicy>>,
    /// Of the user and its groups, or of the role.
    pub identity: Vec<Arc<CompiledPolicy>>,
    pub boundary: Option<Arc<CompiledPolicy>>,
    /// None: the session was made without; otherwise one of them must allow.
    pub session: Option<Vec<Arc<CompiledPolicy>>>,
}

/// The policy attached to the resource itself.
#[derive(Debug, Clone, Copy)]
pub struct ResourcePolicy<'a> {
    pub policy: &'a Arc<CompiledPolicy>,
    /// Nobody gets past it, whatever their own policies say: trust policies, keys.
    pub required: bool,
}

/// Everything that has a say.
#[derive(Debug, Clone, Copy)]
pub struct PolicySet<'a> {
    pub principal: &'a PrincipalPolicies,
    pub resource: Option<ResourcePolicy<'a>>,
}

/// The kinds of policy, as denials name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    ServiceControl,
    Identity,
    Resource,
    Boundary,
    Session,
    /// Of the VPC endpoint that a request came through.
    Endpoint,
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::ServiceControl => "service control policy",
            Self::Identity => "identity-based policy",
            Self::Resource => "resource-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Endpoint => "VPC endpoint policy",
        })
    }
}

/// The statement that decided.
#[derive(Debug, Clone)]
pub struct Matched {
    pub policy: Arc<CompiledPolicy>,
    /// Its place in the policy, from 0.
    pub statement: usize,
}

impl Matched {
    pub fn sid(&self) -> Option<&str> {
        self.policy.statements().get(self.statement)?.sid.as_deref()
    }

    /// Where it stands in the text of its policy, if that is known.
    pub fn span(&self) -> Option<Span> {
        self.policy.span(self.statement)
    }
}

#[derive(Debug, Clone)]
pub enum Decision {
    Allowed(AllowedBy),
    Denied(Denial),
}

#[derive(Debug, Clone)]
pub enum AllowedBy {
    /// The account's root needs no policy.
    Root,
    Identity(Matched),
    Resource(Matched),
}

#[derive(Debug, Clone)]
pub struct Denial {
    /// The kind of policy that denied, or that failed to allow.
    pub kind: PolicyKind,
    /// The statement that denies; None when nothing allowed.
    pub explicit: Option<Matched>,
}

impl Decision {
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }

    /// What the caller is told; None when allowed. Which fault carries it depends on the protocol.
    pub fn message(&self, request: &Request<'_>) -> Option<String> {
        let Self::Denied(denial) = self else {
            return None;
        };
        let Denial { kind, explicit } = denial;
        let action = request.action;
        let short = Self::short_message(request);
        // The article of AWS's own texts.
        let article = if *kind == PolicyKind::Identity {
            "an"
        } else {
            "a"
        };
        Some(match explicit {
            Some(_) => format!("{short} with an explicit deny in {article} {kind}"),
            None => format!("{short} because no {kind} allows the {action} action"),
        })
    }

    /// The denial without its reason, as AssumeRole prints it.
    pub fn short_message(request: &Request<'_>) -> String {
        let Request {
            principal,
            action,
            resource,
            ..
        } = request;
        let who = &principal.arn;
        format!("User: {who} is not authorized to perform: {action} on resource: {resource}")
    }

    fn implicit(kind: PolicyKind) -> Self {
        Self::Denied(Denial {
            kind,
            explicit: None,
        })
    }
}

/// What a policy that stands in a request's way, as that of a VPC endpoint does, says against it. It grants
/// nothing: whether the caller may is yet to be decided by all others ([`evaluate`]).
pub fn limit(
    request: &Request<'_>,
    policy: &Arc<CompiledPolicy>,
    kind: PolicyKind,
) -> Option<Denial> {
    let facts = request.facts();
    if let Some(matched) = denying(&facts, policy) {
        return Some(Denial {
            kind,
            explicit: Some(matched),
        });
    }
    allowing(&facts, policy).is_none().then_some(Denial {
        kind,
        explicit: None,
    })
}

/// Decides. Pure: the same request and policies always give the same decision.
pub fn evaluate(request: &Request<'_>, policies: &PolicySet<'_>) -> Decision {
    let facts = request.facts();
    let principal = request.principal;
    let own = policies.principal;

    if let Some((kind, matched)) = explicit_deny(&facts, policies) {
        return Decision::Denied(Denial {
            kind,
            explicit: Some(matched),
        });
    }
    if own
        .service_control
        .iter()
        .any(|policy| allowing(&facts, policy).is_none())
    {
        return Decision::implicit(PolicyKind::ServiceControl);
    }

    let granted = policies.resource.and_then(|it| allowing(&facts, it.policy));
    let required = policies.resource.is_some_and(|it| it.required);
    let same_account = principal.account == request.resource_account;
    let has_identity = match principal.kind {
        PrincipalKind::Anonymous | PrincipalKind::Federated { .. } => false,
        // A service brings policies only where it acts with a role of its own.
        PrincipalKind::Service { .. } => !own.identity.is_empty(),
        PrincipalKind::Root
        | PrincipalKind::User { .. }
        | PrincipalKind::Session { .. }
        | PrincipalKind::FederatedUser { .. } => true,
    };
    let granted = match granted {
        // Without it nobody passes: it is required, it is another account's, or the caller has
        // no policies of its own.
        None if required || !same_account || !has_identity => {
            return Decision::implicit(PolicyKind::Resource);
        }
        // None of them has another side that would have to agree.
        Some((_, matched))
            if matches!(
                principal.kind,
                PrincipalKind::Service { .. }
                    | PrincipalKind::Federated { .. }
                    | PrincipalKind::Anonymous
            ) =>
        {
            return Decision::Allowed(AllowedBy::Resource(matched));
        }
        granted => granted,
    };
    if principal.kind == PrincipalKind::Root {
        return Decision::Allowed(AllowedBy::Root);
    }
    let by_resource = match granted {
        Some((Named::Itself, matched)) if same_account => {
            return Decision::Allowed(AllowedBy::Resource(matched));
        }
        Some((Named::Role, matched)) if same_account => Some(AllowedBy::Resource(matched)),
        _ => None,
    };
    let by_identity = || {
        own.identity
            .iter()
            .find_map(|policy| allowing(&facts, policy))
            .map(|(_, matched)| AllowedBy::Identity(matched))
    };
    let Some(allowed) = by_resource.or_else(by_identity) else {
        return Decision::implicit(PolicyKind::Identity);
    };
    if own
        .boundary
        .as_ref()
        .is_some_and(|policy| allowing(&facts, policy).is_none())
    {
        return Decision::implicit(PolicyKind::Boundary);
    }
    if let Some(session) = &own.session
        && !session
            .iter()
            .any(|policy| allowing(&facts, policy).is_some())
    {
        return Decision::implicit(PolicyKind::Session);
    }
    Decision::Allowed(allowed)
}

/// The statements with a part in what [`evaluate`] decided, at most `most` of them: all that deny or, where nothing does, all that
/// grant. What only limits, as a boundary does, grants nothing; what nothing grants has none.
pub fn contributing(
    request: &Request<'_>,
    policies: &PolicySet<'_>,
    decision: &Decision,
    most: usize,
) -> Vec<Matched> {
    let facts = request.facts();
    match decision {
        Decision::Denied(Denial { explicit: None, .. }) => Vec::new(),
        Decision::Denied(Denial {
            explicit: Some(_), ..
        }) => layers(*policies)
            .flat_map(|(_, policy)| applying(&facts, policy, Effect::Deny))
            .map(|(_, matched)| matched)
            .take(most)
            .collect(),
        Decision::Allowed(_) => {
            // Within an account, a policy that names it leaves the decision to those of its identities.
            let same_account = request.principal.account == request.resource_account;
            let by_identity = policies.principal.identity.iter();
            let by_identity = by_identity
                .flat_map(|policy| applying(&facts, policy, Effect::Allow))
                .map(|(_, matched)| matched);
            let by_resource = policies.resource.iter();
            let by_resource = by_resource
                .flat_map(|it| applying(&facts, it.policy, Effect::Allow))
                .filter(|(named, _)| !same_account || *named != Named::Account)
                .map(|(_, matched)| matched);
            by_identity.chain(by_resource).take(most).collect()
        }
    }
}

/// The statements of `policy` that apply with that effect, in their order.
fn applying<'a>(
    facts: &'a Facts<'a>,
    policy: &'a Arc<CompiledPolicy>,
    effect: Effect,
) -> impl Iterator<Item = (Named, Matched)> + 'a {
    let statements = policy.statements().iter().enumerate();
    let of_effect = statements.filter(move |(_, it)| it.effect == effect);
    of_effect.filter_map(move |(statement, it)| {
        let named = it.applies(facts)?;
        let policy = Arc::clone(policy);
        Some((named, Matched { policy, statement }))
    })
}

/// All that can deny, in the order in which it is asked.
fn layers(policies: PolicySet<'_>) -> impl Iterator<Item = (PolicyKind, &Arc<CompiledPolicy>)> {
    let own = policies.principal;
    own.service_control
        .iter()
        .map(|policy| (PolicyKind::ServiceControl, policy))
        .chain(
            policies
                .resource
                .map(|it| (PolicyKind::Resource, it.policy)),
        )
        .chain(
            own.identity
                .iter()
                .map(|policy| (PolicyKind::Identity, policy)),
        )
        .chain(
            own.boundary
                .iter()
                .map(|policy| (PolicyKind::Boundary, policy)),
        )
        .chain(
            own.session
                .iter()
                .flatten()
                .map(|policy| (PolicyKind::Session, policy)),
        )
}

/// The first Deny that applies, wherever it stands.
fn explicit_deny(facts: &Facts<'_>, policies: &PolicySet<'_>) -> Option<(PolicyKind, Matched)> {
    for (kind, policy) in layers(*policies) {
        if let Some(matched) = denying(facts, policy) {
            return Some((kind, matched));
        }
    }
    None
}

/// The first Deny of `policy` that applies.
fn denying(facts: &Facts<'_>, policy: &Arc<CompiledPolicy>) -> Option<Matched> {
    let statement = policy.statements().iter().position(|statement| {
        statement.effect == Effect::Deny && statement.applies(facts).is_some()
    })?;
    Some(Matched {
        policy: Arc::clone(policy),
        statement,
    })
}

/// The Allow of `policy` that names the caller most closely.
fn allowing(facts: &Facts<'_>, policy: &Arc<CompiledPolicy>) -> Option<(Named, Matched)> {
    let mut best: Option<(Named, usize)> = None;
    for (place, statement) in policy.statements().iter().enumerate() {
        if statement.effect != Effect::Allow {
            continue;
        }
        if let Some(named) = statement.applies(facts)
            && best.is_none_or(|(before, _)| named > before)
        {
            best = Some((named, place));
            if named == Named::Itself {
                break;
            }
        }
    }
    best.map(|(named, statement)| {
        (
            named,
            Matched {
                policy: Arc::clone(policy),
                statement,
            },
        )
    })
}
