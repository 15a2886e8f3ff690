//! PutRule, DescribeRule, ListRules, EnableRule, DisableRule and DeleteRule.

use wharf_api_events::{
    self as api, DeleteRuleRequest, DescribeRuleRequest, DescribeRuleResponse, DisableRuleRequest,
    EnableRuleRequest, ListRulesRequest, ListRulesResponse, PutRuleRequest, PutRuleResponse,
};
use wharf_patterns::Pattern;
use wharf_records::Unknown;
use wharf_schedule::Expression;
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, CallerKind, Fault};

use super::page_size;
use crate::{
    core::{Core, bus_in, patterns_changed, rules_changed},
    fault,
    names::{BusName, of_rule_id, scope},
    records::{Rule, State},
    tags,
};

/// Rules of a bus.
const MOST_RULES: usize = 300;

/// A rule that is there is replaced, all but its targets and tags.
pub async fn put_rule(
    core: &Core,
    call: &Call,
    input: PutRuleRequest,
) -> Result<PutRuleResponse, Fault> {
    let (bus, _) = core
        .bus(&Place::of(call), input.event_bus_name.as_deref())
        .await?;
    let name = input.name.unwrap_or_default();
    let said = |text: Option<String>| text.filter(|it| !it.is_empty());
    let made = Rule {
        pattern: said(input.event_pattern),
        schedule: said(input.schedule_expression),
        state: input.state.as_deref().map_or(State::Enabled, State::named),
        description: input.description,
        role: input.role_arn,
        managed_by: service(call),
        created_by: call.account.clone(),
        scheduled_at: call.now,
        tags: tags::given(input.tags)?,
        targets: Default::default(),
        unknown: Unknown::new(),
    };
    check(&bus, &made)?;
    let key = bus.rule_key(&name);
    transact!(core.table, &call.permit, |tx| {
        bus_in(&mut tx, &bus).await?;
        let before = tx.find::<Rule>(&key).await?;
        let is_new = before.is_none();
        let replaced = before.as_ref().and_then(|it| it.pattern.clone());
        if let Some(before) = &before {
            changeable(call, &name, before)?;
        }
        let rule = match before {
            None => made.clone(),
            Some(before) => Rule {
                // A schedule that stays goes on counting, unless it stood still.
                scheduled_at: match before.schedule == made.schedule
                    && before.state != State::Disabled
                {
                    true => before.scheduled_at,
                    false => made.scheduled_at,
                },
                created_by: before.created_by,
                tags: before.tags,
                targets: before.targets,
                unknown: before.unknown,
                ..made.clone()
            },
        };
        let patterns = (replaced.as_deref(), made.pattern.as_deref());
        let more = |it: usize| it + usize::from(is_new);
        let count = patterns_changed(&mut tx, core, &bus, more, patterns).await?;
        if is_new && count > MOST_RULES {
            return Err(fault::too_many());
        }
        tx.put(&key, &rule);
    });
    Ok(PutRuleResponse {
        rule_arn: Some(bus.rule_arn(&name)),
    })
}

fn check(bus: &BusName, rule: &Rule) -> Result<(), Fault> {
    if rule.pattern.is_none() && rule.schedule.is_none() {
        return Err(fault::invalid(
            "Parameter(s) EventPattern or ScheduleExpression must be specified.",
        ));
    }
    if let Some(pattern) = &rule.pattern {
        Pattern::parse(pattern).map_err(|why| fault::not_a_pattern(&why))?;
    }
    if let Some(schedule) = &rule.schedule {
        if !bus.is_default() {
            return Err(fault::invalid(
                "ScheduleExpression is supported only on the default event bus.",
            ));
        }
        match Expression::parse(schedule) {
            Ok(expression) if !expression.is_once() => {}
            _ => return Err(fault::invalid("Parameter ScheduleExpression is not valid.")),
        }
    }
    Ok(())
}

/// The service of wharf that calls.
fn service(call: &Call) -> Option<String> {
    (call.caller.kind == CallerKind::Service).then(|| call.caller.arn.clone())
}

/// Refuses what a service of wharf manages, but for that service itself.
///
/// # Errors
/// It is managed by another.
pub fn changeable(call: &Call, name: &str, rule: &Rule) -> Result<(), Fault> {
    match &rule.managed_by {
        Some(by) if service(call).as_ref() != Some(by) => Err(fault::managed(name, by)),
        _ => Ok(()),
    }
}

pub async fn describe_rule(
    core: &Core,
    call: &Call,
    input: DescribeRuleRequest,
) -> Result<DescribeRuleResponse, Fault> {
    let (bus, _) = core
        .bus(&Place::of(call), input.event_bus_name.as_deref())
        .await?;
    let name = input.name.unwrap_or_default();
    let rule = core.rule(&bus, &name).await?.record;
    Ok(DescribeRuleResponse {
        arn: Some(bus.rule_arn(&name)),
        name: Some(name),
        event_pattern: rule.pattern,
        schedule_expression: rule.schedule,
        state: Some(rule.state.as_str().to_owned()),
        description: rule.description,
        role_arn: rule.role,
        managed_by: rule.managed_by,
        event_bus_name: Some(bus.name),
        created_by: Some(rule.created_by),
    })
}

pub async fn list_rules(
    core: &Core,
    call: &Call,
    input: ListRulesRequest,
) -> Result<ListRulesResponse, Fault> {
    let (bus, _) = core
        .bus(&Place::of(call), input.event_bus_name.as_deref())
        .await?;
    let prefix = input.name_prefix.unwrap_or_default();
    let pages = core.pages(call, "events/ListRules", &(&bus.name, &prefix));
    let page = pages.page(input.next_token.as_deref(), page_size(input.limit))?;
    let start = bus.rule_id(&prefix);
    let all = core.table.all::<Rule>(&scope(&bus.place), &start).await?;
    let (all, next_token) = page.cut(all, |(id, _)| id.as_str());
    let show = |(id, stored): (String, Stored<Rule>)| {
        let (_, name) = of_rule_id(&id);
        let rule = stored.record;
        api::Rule {
            name: Some(name.to_owned()),
            arn: Some(bus.rule_arn(name)),
            event_pattern: rule.pattern,
            state: Some(rule.state.as_str().to_owned()),
            description: rule.description,
            schedule_expression: rule.schedule,
            role_arn: rule.role,
            managed_by: rule.managed_by,
            event_bus_name: Some(bus.name.clone()),
        }
    };
    Ok(ListRulesResponse {
        rules: Some(all.into_iter().map(show).collect()),
        next_token,
    })
}

pub async fn enable_rule(core: &Core, call: &Call, input: EnableRuleRequest) -> Result<(), Fault> {
    let (bus, name) = (input.event_bus_name, input.name.unwrap_or_default());
    set(core, call, bus.as_deref(), &name, State::Enabled).await
}

pub async fn disable_rule(
    core: &Core,
    call: &Call,
    input: DisableRuleRequest,
) -> Result<(), Fault> {
    let (bus, name) = (input.event_bus_name, input.name.unwrap_or_default());
    set(core, call, bus.as_deref(), &name, State::Disabled).await
}

async fn set(
    core: &Core,
    call: &Call,
    bus: Option<&str>,
    name: &str,
    state: State,
) -> Result<(), Fault> {
    let (bus, _) = core.bus(&Place::of(call), bus).await?;
    let key = bus.rule_key(name);
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Rule>(&key).await?;
        let rule = found.ok_or_else(|| fault::no_rule(name, &bus.name))?;
        changeable(call, name, &rule)?;
        rules_changed(&mut tx, &bus, |it| it).await?;
        let scheduled_at = match rule.state {
            // Times that passed meanwhile are not made up for.
            State::Disabled => call.now,
            _ => rule.scheduled_at,
        };
        let rule = Rule {
            state,
            scheduled_at,
            ..rule
        };
        tx.put(&key, &rule);
    });
    Ok(())
}

/// A rule that is not there is deleted already.
pub async fn delete_rule(core: &Core, call: &Call, input: DeleteRuleRequest) -> Result<(), Fault> {
    let (bus, _) = core
        .bus(&Place::of(call), input.event_bus_name.as_deref())
        .await?;
    let name = input.name.unwrap_or_default();
    let key = bus.rule_key(&name);
    transact!(core.table, &call.permit, |tx| {
        let Some(rule) = tx.find::<Rule>(&key).await? else {
            return Ok(());
        };
        if !input.force.unwrap_or_default() {
            changeable(call, &name, &rule)?;
        }
        if !rule.targets.is_empty() {
            return Err(fault::invalid(
                "Rule can't be deleted since it has targets.",
            ));
        }
        let patterns = (rule.pattern.as_deref(), None);
        let less = |it: usize| it.saturating_sub(1);
        patterns_changed(&mut tx, core, &bus, less, patterns).await?;
        tx.delete(&key);
    });
    Ok(())
}
