//! What would be decided: the simulators, over the very evaluator that decides.

mod results;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use wharf_api_iam::{faults, types::*};
use wharf_iam::{
    CompiledPolicy, Context as Conditions, DocumentKind, PolicySet, Principal, PrincipalPolicies,
    Request, ResourcePolicy,
};
use wharf_service::Shares;
use wharf_wire::{Caller, CallerKind, Fault};

use crate::{
    directory::Standing,
    entity,
    fault::{self, required},
    gate::conditions,
    names::entity_arn,
    records::{GroupRecord, RoleRecord, UserRecord},
    service::Cx,
};

/// The most questions one call may ask.
const MAX_QUESTIONS: usize = 10_000;
/// Resources of one call: the result of an action, which is told whole, has as many parts.
const MAX_RESOURCES: usize = 1_000;
/// Actions on resources that one answer tells of, unless one action has more. A marker leads to the others.
const QUESTIONS_AT_ONCE: usize = 1_000;
/// Bytes of an answer after which it tells of no further action: statements of policies stand at each resource.
const ANSWER_BYTES: usize = 2 << 20;
/// Bytes of the names of missing keys, which stand at each resource, in the result of one action.
const NAME_BYTES: usize = 2 << 20;

/// Comparisons of bytes that one call may come to, about: a second or some. Policies and values of keys are the caller's, and each part
/// of the ones may be compared with all values of one key, for each action on each resource.
const STEPS: usize = 1 << 30;
/// Bytes of a policy's text that are one comparison, at least.
const PART: usize = 8;
/// What a comparison costs beside the bytes that are compared: names of actions are short.
const BESIDE: usize = 128;

static SIMULATING: LazyLock<Shares> = LazyLock::new(Shares::of_processors);

/// What both simulators ask.
struct Questions {
    actions: Vec<String>,
    resources: Vec<String>,
    context: Vec<ContextEntry>,
    resource_policy: Option<String>,
    resource_owner: Option<String>,
}

pub(crate) async fn principal(
    cx: &Cx<'_>,
    input: SimulatePrincipalPolicyRequest,
) -> Result<SimulatePolicyResponse, Fault> {
    if input.policy_exclusion_list.is_some() {
        return Err(Fault::unsupported(
            "iam",
            "SimulatePrincipalPolicy with PolicyExclusionList",
        ));
    }
    let source = required(input.policy_source_arn, "policySourceArn")?;
    let is_user = entity_arn(&source, "user").is_some();
    if input.resource_policy.is_some() && input.caller_arn.is_none() && !is_user {
        return Err(faults::invalid_input_exception(
            "CallerArn is required if you include a ResourcePolicy and the PolicySourceArn is not the ARN for an IAM user.",
        ));
    }
    let mut standing = source_standing(cx, &source).await?;
    let extra = compile_all("PolicyInputList", input.policy_input_list)?;
    standing.policies.identity.extend(extra);
    let boundary = input.permissions_boundary_policy_input_list;
    if let Some(boundary) = compile_all("PermissionsBoundaryPolicyInputList", boundary)?.pop() {
        standing.policies.boundary = Some(boundary);
    }
    if let Some(caller) = &input.caller_arn {
        standing.principal = caller_principal(caller)?;
    }
    let questions = Questions {
        actions: required(input.action_names, "actionNames")?,
        resources: input.resource_arns.unwrap_or_default(),
        context: input.context_entries.unwrap_or_default(),
        resource_policy: input.resource_policy,
        resource_owner: input.resource_owner,
    };
    let context = conditions(cx.call.context(), &standing);
    let list = ["SimulatePrincipalPolicy", &source];
    answer(
        cx,
        &list,
        standing,
        context,
        questions,
        (input.marker, input.max_items),
    )
    .await
}

pub(crate) async fn custom(
    cx: &Cx<'_>,
    input: SimulateCustomPolicyRequest,
) -> Result<SimulatePolicyResponse, Fault> {
    if input.ordered_organization_policy_input_list.is_some() {
        return Err(Fault::unsupported(
            "iam",
            "SimulateCustomPolicy with OrderedOrganizationPolicyInputList",
        ));
    }
    if input.resource_policy.is_some() && input.caller_arn.is_none() {
        return Err(faults::invalid_input_exception(
            "CallerArn is required if you include a ResourcePolicy.",
        ));
    }
    let boundary = input.permissions_boundary_policy_input_list;
    let policies = PrincipalPolicies {
        identity: compile_all("PolicyInputList", input.policy_input_list)?,
        boundary: compile_all("PermissionsBoundaryPolicyInputList", boundary)?.pop(),
        ..PrincipalPolicies::default()
    };
    let principal = match &input.caller_arn {
        Some(caller) => caller_principal(caller)?,
        None => Principal::user(&format!("arn:aws:iam::{}:user/simulated", cx.account()), ""),
    };
    let questions = Questions {
        actions: required(input.action_names, "actionNames")?,
        resources: input.resource_arns.unwrap_or_default(),
        context: input.context_entries.unwrap_or_default(),
        resource_policy: input.resource_policy,
        resource_owner: input.resource_owner,
    };
    let standing = Standing {
        principal,
        policies,
    };
    let page = (input.marker, input.max_items);
    answer(
        cx,
        &["SimulateCustomPolicy"],
        standing,
        Conditions::new(),
        questions,
        page,
    )
    .await
}

pub(crate) async fn custom_keys(
    _cx: &Cx<'_>,
    input: GetContextKeysForCustomPolicyRequest,
) -> Result<GetContextKeysForPolicyResponse, Fault> {
    let policies = compile_all("PolicyInputList", input.policy_input_list)?;
    Ok(keys_of(&policies))
}

pub(crate) async fn principal_keys(
    cx: &Cx<'_>,
    input: GetContextKeysForPrincipalPolicyRequest,
) -> Result<GetContextKeysForPolicyResponse, Fault> {
    let source = required(input.policy_source_arn, "policySourceArn")?;
    let mut policies = source_standing(cx, &source).await?.policies.identity;
    policies.extend(compile_all("PolicyInputList", input.policy_input_list)?);
    Ok(keys_of(&policies))
}

fn keys_of(policies: &[Arc<CompiledPolicy>]) -> GetContextKeysForPolicyResponse {
    GetContextKeysForPolicyResponse {
        context_key_names: Some(keys(policies)),
    }
}

/// The keys that policies look at, each as one of them writes it.
fn keys<'a>(policies: impl IntoIterator<Item = &'a Arc<CompiledPolicy>>) -> Vec<String> {
    let mut keys = BTreeMap::new();
    for key in policies.into_iter().flat_map(|it| it.context_keys()) {
        keys.entry(key.to_lowercase()).or_insert(key);
    }
    keys.into_values().map(str::to_owned).collect()
}

/// The policies of the user, group or role that is simulated.
async fn source_standing(cx: &Cx<'_>, source: &str) -> Result<Standing, Fault> {
    let (store, account) = (cx.store(), cx.account());
    let mut caller = Caller {
        kind: CallerKind::User,
        account: account.to_owned(),
        arn: source.to_owned(),
        user_id: String::new(),
        role_arn: String::new(),
        access_key_id: String::new(),
        session: None,
    };
    if let Some((_, _, name)) = own_arn(account, source, "user") {
        caller.user_id = entity::existing::<UserRecord>(store, account, name)
            .await?
            .id;
    } else if let Some((_, _, name)) = own_arn(account, source, "role") {
        let role: RoleRecord = entity::existing(store, account, name).await?;
        caller.kind = CallerKind::AssumedRole;
        caller.role_arn = source.to_owned();
        caller.user_id = format!("{}:simulated", role.id);
    } else if let Some((_, _, name)) = own_arn(account, source, "group") {
        entity::existing::<GroupRecord>(store, account, name).await?;
        let identity = cx.directory.group_policies(account, name).await;
        let identity = identity.map_err(|error| fault::internal(&error))?;
        return Ok(Standing {
            principal: Principal::user(source, ""),
            policies: PrincipalPolicies {
                identity,
                ..PrincipalPolicies::default()
            },
        });
    } else {
        return Err(faults::invalid_input_exception(format!(
            "Invalid Entity Arn: {source} does not clearly define entity type and name."
        )));
    }
    cx.directory
        .standing(&caller)
        .await
        .map_err(|error| fault::internal(&error))
}

fn own_arn<'a>(account: &str, arn: &'a str, kind: &str) -> Option<(&'a str, &'a str, &'a str)> {
    entity_arn(arn, kind).filter(|(owner, ..)| *owner == account)
}

fn caller_principal(arn: &str) -> Result<Principal, Fault> {
    if entity_arn(arn, "user").is_none() {
        return Err(faults::invalid_input_exception(format!(
            "{arn} is not the ARN of a user."
        )));
    }
    Ok(Principal::user(arn, ""))
}

fn compile_all(list: &str, texts: Option<Vec<String>>) -> Result<Vec<Arc<CompiledPolicy>>, Fault> {
    let kind = DocumentKind::InlineRole;
    let texts = texts.unwrap_or_default().into_iter().zip(1..);
    texts
        .map(|(text, number)| {
            CompiledPolicy::parse(&format!("{list}.{number}"), &text, kind)
                .map(Arc::new)
                .map_err(|error| faults::invalid_input_exception(error.to_string()))
        })
        .collect()
}

/// Actions are asked about one by one.
fn check_action(action: &str) -> Result<(), Fault> {
    let is_one = action.split_once(':').is_some_and(|(service, name)| {
        !service.is_empty() && !name.is_empty() && !name.contains(':')
    });
    match is_one && !action.contains(['*', '?']) {
        true => Ok(()),
        false => Err(faults::invalid_input_exception(format!(
            "ActionNames are not in a valid format: {action}. Each must include the service identifier, such as iam:CreateUser, and no wildcards."
        ))),
    }
}

/// The comparisons of bytes that an action on all resources comes to, at most and about.
fn steps(policies: &PolicySet<'_>, resources: &[String], context: &Conditions) -> usize {
    let own = policies.principal;
    let all = own.service_control.iter().chain(&own.identity);
    let all = all.chain(&own.boundary).chain(own.session.iter().flatten());
    let all = all.chain(policies.resource.map(|it| it.policy));
    let parts = all.map(|it| it.size()).sum::<usize>() / PART;
    let sizes = context.iter().flat_map(|(_, values)| values);
    // A variable is measured each time, many characters at once.
    let variable = sizes.map(String::len).max().unwrap_or(0) / 16;
    let of_key = |values: &[String]| {
        let costs = values.iter().map(|it| it.len() + BESIDE + variable);
        costs.sum::<usize>()
    };
    // A condition is about one key.
    let values = context.iter().map(|(_, values)| of_key(values));
    let values = values.max().unwrap_or(0);
    let names = resources.iter().map(String::len).sum::<usize>();
    let said = (values + BESIDE).saturating_mul(resources.len());
    parts.saturating_mul(said.saturating_add(names))
}

/// Every action on every resource.
async fn answer(
    cx: &Cx<'_>,
    list: &[&str],
    standing: Standing,
    mut context: Conditions,
    questions: Questions,
    (marker, max_items): (Option<String>, Option<i32>),
) -> Result<SimulatePolicyResponse, Fault> {
    let Questions {
        actions,
        mut resources,
        context: entries,
        resource_policy,
        resource_owner,
    } = questions;
    for action in &actions {
        check_action(action)?;
    }
    for entry in entries {
        let key = required(entry.context_key_name, "contextKeyName")?;
        context.set_all(&key, entry.context_key_values.unwrap_or_default());
    }
    if resources.is_empty() {
        resources.push("*".to_owned());
    }
    if actions.len().saturating_mul(resources.len()) > MAX_QUESTIONS {
        return Err(faults::invalid_input_exception(format!(
            "At most {MAX_QUESTIONS} combinations of actions and resources can be simulated."
        )));
    }
    if resources.len() > MAX_RESOURCES {
        return Err(faults::invalid_input_exception(format!(
            "At most {MAX_RESOURCES} resources can be simulated at once."
        )));
    }
    let attached = match &resource_policy {
        None => None,
        Some(text) => {
            let parsed = CompiledPolicy::parse("ResourcePolicy", text, DocumentKind::Resource);
            let invalid = |error: wharf_iam::DocumentError| {
                faults::invalid_input_exception(error.to_string())
            };
            Some(Arc::new(parsed.map_err(invalid)?))
        }
    };
    let owner = match resource_owner.as_deref() {
        None => standing.principal.account.as_str(),
        Some(owner) => owner.split(':').nth(4).unwrap_or(owner),
    }
    .to_owned();
    let policies = policies_of(&standing, attached.as_ref());
    let missing = missing_keys(&policies, &context);

    let names = results::size_of_names(&missing);
    if names.saturating_mul(resources.len()) > NAME_BYTES {
        return Err(faults::invalid_input_exception(format!(
            "The policies have {} context keys without values, which are too many for {} resources.",
            missing.len(),
            resources.len()
        )));
    }
    let steps = steps(&policies, &resources, &context).max(1);
    if steps > STEPS {
        return Err(faults::invalid_input_exception(
            "The policies, the resources and the values of context keys are too many to be simulated at once.",
        ));
    }
    let mut page = cx.page(list, marker, max_items)?;
    let at_once = (QUESTIONS_AT_ONCE / resources.len()).min(STEPS / steps);
    page.size = page.size.min(at_once.max(1));
    let numbered = actions.iter().enumerate();
    let numbered = numbered.map(|(at, it)| (format!("{at:06}"), it));
    let (asked, mut marker) = page.cut(numbered, |(id, _)| id);
    let asked = asked.into_iter().map(|(id, action)| (id, action.clone()));
    let asked: Vec<(String, String)> = asked.collect();
    let count = asked.len();
    let turn = SIMULATING.take(cx.account()).await;
    // Apart from the tasks that serve others.
    let simulated = tokio::task::spawn_blocking(move || {
        // It goes on when nobody waits for it any more, and keeps its turn.
        let _turn = turn;
        let policies = policies_of(&standing, attached.as_ref());
        let (mut results, mut bytes) = (Vec::with_capacity(asked.len()), 0);
        for (id, action) in asked {
            // Found out only now, so the page may end before the actions do that were asked for.
            if bytes >= ANSWER_BYTES {
                break;
            }
            let asked = Request {
                principal: &standing.principal,
                action: &action,
                resource: "*",
                resource_account: &owner,
                context: &context,
            };
            let result = results::of_action(asked, &resources, &policies, &missing);
            bytes += results::size(&result);
            results.push((id, result));
        }
        results
    });
    let results = simulated.await.map_err(|error| fault::internal(&error))?;
    if results.len() < count {
        marker = page.next(true, results.last().map(|(id, _)| id.as_str()));
    }
    let results = results.into_iter().map(|(_, result)| result);
    Ok(SimulatePolicyResponse {
        evaluation_results: Some(results.collect()),
        is_truncated: Some(marker.is_some()),
        marker,
    })
}

fn policies_of<'a>(
    standing: &'a Standing,
    attached: Option<&'a Arc<CompiledPolicy>>,
) -> PolicySet<'a> {
    let resource = attached.map(|policy| ResourcePolicy {
        policy,
        required: false,
    });
    PolicySet {
        principal: &standing.policies,
        resource,
    }
}

/// The keys policies look at that the question says nothing about.
fn missing_keys(policies: &PolicySet<'_>, context: &Conditions) -> Vec<String> {
    let own = policies.principal;
    let all = own
        .identity
        .iter()
        .chain(&own.boundary)
        .chain(policies.resource.map(|it| it.policy));
    let mut keys = keys(all);
    keys.retain(|key| !context.contains(key));
    keys
}
