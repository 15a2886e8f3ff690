//! PutInsightRule, DescribeInsightRules, EnableInsightRules, DisableInsightRules and DeleteInsightRules.

use std::collections::BTreeSet;

use wharf_api_cloudwatch::{
    DeleteInsightRulesInput, DeleteInsightRulesOutput, DescribeInsightRulesInput,
    DescribeInsightRulesOutput, DisableInsightRulesInput, DisableInsightRulesOutput,
    EnableInsightRulesInput, EnableInsightRulesOutput, InsightRule as Shown, PartialFailure,
    PutInsightRuleInput, PutInsightRuleOutput, faults,
};
use wharf_base::Timestamp;
use wharf_contributors::Rule;
use wharf_records::{Record as _, Unknown};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault::{invalid, missing},
    names,
    records::InsightRule,
    tags,
};

/// Rules of an account in a region, as with AWS.
pub const MOST: usize = 100;
const PAGE: usize = 500;
const ENABLED: &str = "ENABLED";
const DISABLED: &str = "DISABLED";
/// What each rule says that its schema is.
const SCHEMA: &str = r#"{"Name": "CloudWatchLogRule", "Version": 1}"#;

pub async fn put_insight_rule(
    core: &Core,
    call: &Call,
    input: PutInsightRuleInput,
) -> Result<PutInsightRuleOutput, Fault> {
    let place = Place::of(call);
    let name = input.rule_name.unwrap_or_default();
    if name.trim().is_empty() {
        return Err(invalid("The parameter RuleName must not be blank."));
    }
    let enabled = match input.rule_state.as_deref() {
        None => None,
        Some(ENABLED) => Some(true),
        Some(DISABLED) => Some(false),
        Some(other) => {
            return Err(invalid(format!(
                "The value {other} for parameter RuleState is invalid: it must be {ENABLED} or {DISABLED}."
            )));
        }
    };
    let definition = input.rule_definition.unwrap_or_default();
    Rule::parse(&definition)
        .map_err(|bad| invalid(format!("The parameter RuleDefinition is not valid: {bad}.")))?;
    let transformed = input.apply_on_transformed_logs.unwrap_or_default();
    let given = tags::given(input.tags)?;
    let key = names::insight_rule_key(&place, &name);
    transact!(core.table, &call.permit, |tx| {
        let before = tx.find::<InsightRule>(&key).await?;
        if before.is_none() {
            let prefix = names::scope(&place).prefix(InsightRule::KIND);
            if core.table.count(&prefix).await? >= MOST {
                return Err(faults::limit_exceeded_exception(format!(
                    "The account has the most Contributor Insights rules that it may have: {MOST}."
                )));
            }
        }
        let was_enabled = before.as_ref().is_none_or(InsightRule::is_enabled);
        let same = |it: &InsightRule| it.definition == definition && it.transformed == transformed;
        let mut rule = match before {
            Some(before) if same(&before) => before,
            // Another rule counts anew. Tags of one that is there are changed by TagResource alone.
            before => InsightRule {
                definition: definition.clone(),
                transformed,
                enabled: Vec::new(),
                tags: before.map_or_else(|| given.clone(), |it| it.tags),
                unknown: Unknown::new(),
            },
        };
        match enabled.unwrap_or(was_enabled) {
            true => rule.enable(call.now),
            false => rule.disable(call.now),
        }
        tx.put(&key, &rule);
    });
    Ok(PutInsightRuleOutput::default())
}

pub async fn describe_insight_rules(
    core: &Core,
    call: &Call,
    input: DescribeInsightRulesInput,
) -> Result<DescribeInsightRulesOutput, Fault> {
    let place = Place::of(call);
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let pages = core.pages(call, "cloudwatch/DescribeInsightRules", &());
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let scope = names::scope(&place);
    let all = core.table.all::<InsightRule>(&scope, "").await?;
    let (found, next_token) = page.cut(all, |(name, _)| name.as_str());
    let shown = found.into_iter().map(|(name, stored)| {
        let rule = stored.record;
        let state = if rule.is_enabled() { ENABLED } else { DISABLED };
        Shown {
            name: Some(name),
            state: Some(state.to_owned()),
            schema: Some(SCHEMA.to_owned()),
            definition: Some(rule.definition),
            managed_rule: Some(false),
            apply_on_transformed_logs: Some(rule.transformed),
        }
    });
    Ok(DescribeInsightRulesOutput {
        insight_rules: Some(shown.collect()),
        next_token,
    })
}

pub async fn enable_insight_rules(
    core: &Core,
    call: &Call,
    input: EnableInsightRulesInput,
) -> Result<EnableInsightRulesOutput, Fault> {
    let failures = each(core, call, input.rule_names, InsightRule::enable).await?;
    Ok(EnableInsightRulesOutput {
        failures: Some(failures),
    })
}

pub async fn disable_insight_rules(
    core: &Core,
    call: &Call,
    input: DisableInsightRulesInput,
) -> Result<DisableInsightRulesOutput, Fault> {
    let failures = each(core, call, input.rule_names, InsightRule::disable).await?;
    Ok(DisableInsightRulesOutput {
        failures: Some(failures),
    })
}

/// Changes rules, one after another; those that are not there are told.
async fn each(
    core: &Core,
    call: &Call,
    given: Option<Vec<String>>,
    change: fn(&mut InsightRule, Timestamp),
) -> Result<Vec<PartialFailure>, Fault> {
    let place = Place::of(call);
    let mut failures = Vec::new();
    for name in named(given)? {
        let key = names::insight_rule_key(&place, &name);
        let changed = core
            .table
            .change(&call.permit, &key, |it: &mut InsightRule| {
                change(it, call.now);
                Ok::<(), Fault>(())
            });
        if changed.await?.is_none() {
            failures.push(no_rule(name));
        }
    }
    Ok(failures)
}

pub async fn delete_insight_rules(
    core: &Core,
    call: &Call,
    input: DeleteInsightRulesInput,
) -> Result<DeleteInsightRulesOutput, Fault> {
    let place = Place::of(call);
    let mut failures = Vec::new();
    for name in named(input.rule_names)? {
        let key = names::insight_rule_key(&place, &name);
        let found = transact!(core.table, &call.permit, |tx| {
            let found = tx.find::<InsightRule>(&key).await?.is_some();
            if found {
                tx.delete(&key);
            }
            found
        });
        if !found {
            failures.push(no_rule(name));
        }
    }
    Ok(DeleteInsightRulesOutput {
        failures: Some(failures),
    })
}

fn named(given: Option<Vec<String>>) -> Result<BTreeSet<String>, Fault> {
    let given = given.ok_or_else(|| missing("RuleNames"))?;
    match (1..=MOST).contains(&given.len()) {
        true => Ok(given.into_iter().collect()),
        false => Err(invalid(format!(
            "The parameter RuleNames must have 1 to {MOST} names."
        ))),
    }
}

fn no_rule(name: String) -> PartialFailure {
    PartialFailure {
        failure_description: Some(format!("The rule {name} does not exist.")),
        failure_resource: Some(name),
        exception_type: Some("ResourceNotFoundException".to_owned()),
        failure_code: Some("404".to_owned()),
    }
}
