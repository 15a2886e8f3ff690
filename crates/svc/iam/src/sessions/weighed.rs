//! What a wanted session is weighed by, and what of it is passed on. Pure.

use std::{collections::BTreeMap, time::Duration};

use wharf_base::Timestamp;
use wharf_iam::{
    Context as Conditions, Decision, DocumentKind, PolicySet, Principal, PrincipalPolicies,
    Request, ResourcePolicy, document::counted_length, evaluate,
};
use wharf_service::tags::Rules;
use wharf_wire::Context;

use super::{AssumeError, AssumeRole};
use crate::{
    directory::{Directory, KnownRole, Standing},
    gate::{add_all, conditions, through_endpoint},
};

/// Condition keys and their values, as a provider gives them.
type Facts = BTreeMap<String, Vec<String>>;

/// Of a session. Who refuses them says so in words of his own.
const TAGS: Rules<()> = Rules {
    fold_case: true,
    ..Rules::usual(|_| ())
};

pub(super) fn denied(principal: &Principal, action: &str, role_arn: &str) -> AssumeError {
    AssumeError::Denied(Decision::short_message(&Request {
        principal,
        action,
        resource: role_arn,
        resource_account: "",
        context: &Conditions::new(),
    }))
}

/// Policies see the tags of the role. `call`: what came from outside, perhaps through a VPC endpoint.
pub(super) fn admitted(
    call: Option<(&Directory, &Context)>,
    standing: &Standing,
    role: &KnownRole,
    action: &str,
    role_arn: &str,
    context: &Conditions,
) -> Result<(), AssumeError> {
    let account = role_account(role_arn);
    let mut context = context.clone();
    for (key, value) in &role.record.tags {
        for prefix in ["aws", "iam"] {
            context.set(&format!("{prefix}:ResourceTag/{key}"), value.clone());
        }
    }
    let request = Request {
        principal: &standing.principal,
        action,
        resource: role_arn,
        resource_account: &account,
        context: &context,
    };
    let limited = call.and_then(|(directory, cx)| through_endpoint(directory, cx, &request));
    if limited.is_some() {
        return Err(denied(&standing.principal, action, role_arn));
    }
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

/// What policies are asked to allow: what the session carries is asked for besides.
pub(super) fn asked(action: &'static str, wanted: &AssumeRole) -> Vec<&'static str> {
    if wanted.unchecked {
        return Vec::new();
    }
    let mut actions = vec![action];
    if !wanted.tags.is_empty() {
        actions.push("sts:TagSession");
    }
    if wanted.source_identity.is_some() {
        actions.push("sts:SetSourceIdentity");
    }
    actions
}

/// Whether the role trusts whom a provider vouches for, of whom it says `facts`.
pub(super) fn vouched(
    directory: &Directory,
    cx: &Context,
    role: &KnownRole,
    wanted: &AssumeRole,
    provider_arn: &str,
    facts: &Facts,
    action: &'static str,
) -> Result<(), AssumeError> {
    let standing = Standing {
        principal: Principal::federated(provider_arn),
        policies: PrincipalPolicies::default(),
    };
    let mut context = conditions(cx, &standing);
    describe(&mut context, wanted);
    add_all(&mut context, facts);
    for action in asked(action, wanted) {
        admitted(
            Some((directory, cx)),
            &standing,
            role,
            action,
            &wanted.role_arn,
            &context,
        )
        .map_err(|_| AssumeError::NotAuthorized(action))?;
    }
    Ok(())
}

/// What a session knows of itself that a provider vouched for.
pub(super) fn with_provider(mut facts: Facts, provider_arn: &str) -> Facts {
    let provider = vec![provider_arn.to_owned()];
    facts.insert("aws:FederatedProvider".to_owned(), provider);
    facts
}

pub(super) fn role_account(role_arn: &str) -> String {
    role_arn.split(':').nth(4).unwrap_or_default().to_owned()
}

/// The condition keys of AssumeRole.
pub(super) fn describe(context: &mut Conditions, wanted: &AssumeRole) {
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

/// What a session passes on to the next role of a chain: its transitive tags and its source. Policies are asked for what is
/// passed on as for what is wanted.
///
/// # Errors
/// The request would have another of them, by whatever case of a tag's key.
pub(super) fn inherit(
    cx: &Context,
    principal: &Principal,
    mut wanted: AssumeRole,
) -> Result<(AssumeRole, Vec<String>), AssumeError> {
    let mut transitive = wanted.transitive_tag_keys.clone();
    let Some(session) = &cx.caller.session else {
        return Ok((wanted, transitive));
    };
    for key in &session.transitive_tag_keys {
        let folded = key.to_lowercase();
        if wanted.tags.keys().any(|it| it.to_lowercase() == folded) {
            return Err(AssumeError::TransitiveTag(key.clone()));
        }
        if let Some(value) = session.tags.get(key) {
            wanted.tags.insert(key.clone(), value.clone());
            transitive.push(key.clone());
        }
    }
    if wanted.tags.len() > TAGS.most {
        return Err(AssumeError::TooManyTags);
    }
    if let Some(source) = &session.source_identity {
        // Whoever started the chain stays its source.
        let is_another = wanted
            .source_identity
            .as_ref()
            .is_some_and(|it| it != source);
        if is_another {
            return Err(denied(principal, "sts:SetSourceIdentity", &wanted.role_arn));
        }
        wanted.source_identity = Some(source.clone());
    }
    Ok((wanted, transitive))
}

pub(super) fn after(now: Timestamp, seconds: i32) -> Result<Timestamp, AssumeError> {
    let seconds = u64::try_from(seconds).map_err(|_| AssumeError::Duration)?;
    Ok(now + Duration::from_secs(seconds))
}

/// How much of the room for policies and tags is taken, in percent.
pub(super) fn packed(
    policy: Option<&str>,
    arns: &[String],
    tags: &BTreeMap<String, String>,
) -> Option<i32> {
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

/// Whether the tags that a provider names are within the bounds of AssumeRole's.
pub(super) fn tags_fit(tags: &BTreeMap<String, String>, transitive: &[String]) -> bool {
    TAGS.given(tags.clone()).is_ok() && transitive.iter().all(|key| tags.contains_key(key))
}
