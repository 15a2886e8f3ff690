//! PutAlarmMuteRule, GetAlarmMuteRule, ListAlarmMuteRules and DeleteAlarmMuteRule.

use std::collections::BTreeSet;

use wharf_api_cloudwatch::{
    AlarmMuteRuleSummary, DeleteAlarmMuteRuleInput, GetAlarmMuteRuleInput, GetAlarmMuteRuleOutput,
    ListAlarmMuteRulesInput, ListAlarmMuteRulesOutput, MuteTargets, PutAlarmMuteRuleInput, Rule,
    Schedule, faults,
};
use wharf_records::{Record as _, Unknown};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    alarm::mute::Windows,
    core::Core,
    fault::validation,
    names,
    records::{Alarm, MuteRule},
    tags,
};

/// Rules of an account in a region.
const MOST: usize = 200;
/// Rules of a page.
const PAGE: usize = 50;
const LONGEST_PAGE: usize = 100;

pub async fn put_alarm_mute_rule(
    core: &Core,
    call: &Call,
    input: PutAlarmMuteRuleInput,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = input.name.unwrap_or_default();
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(validation("Name must hold printable characters alone."));
    }
    let schedule = input.rule.and_then(|it| it.schedule).unwrap_or_default();
    let targets = input.mute_targets.and_then(|it| it.alarm_names);
    let targets: BTreeSet<String> = targets.unwrap_or_default().into_iter().collect();
    let rule = MuteRule {
        description: input.description,
        expression: schedule.expression.unwrap_or_default(),
        duration: schedule.duration.unwrap_or_default(),
        timezone: schedule.timezone,
        targets,
        start: input.start_date,
        expire: input.expire_date,
        changed_at: call.now,
        tags: tags::given(input.tags)?,
        unknown: Unknown::new(),
    };
    Windows::of(&rule).map_err(|bad| validation(format!("{bad}.")))?;
    if let (Some(start), Some(expire)) = (rule.start, rule.expire)
        && start >= expire
    {
        return Err(validation("StartDate must be before ExpireDate."));
    }
    let mut absent = Vec::new();
    for target in &rule.targets {
        let found = core
            .table
            .read::<Alarm>(&names::alarm_key(&place, target))
            .await?;
        if found.is_none() {
            absent.push(target.as_str());
        }
    }
    if !absent.is_empty() {
        let absent = absent.join(", ");
        return Err(validation(format!(
            "Could not save the alarm mute rule as alarms [{absent}] do not exist"
        )));
    }
    let key = names::mute_key(&place, &name);
    let before = transact!(core.table, &call.permit, |tx| {
        let mut rule = rule.clone();
        let before = tx.find::<MuteRule>(&key).await?;
        match &before {
            // Tags of a rule that is there are changed by TagResource alone.
            Some(before) => rule.tags.clone_from(&before.tags),
            None => {
                let prefix = names::scope(&place).prefix(MuteRule::KIND);
                if core.table.count(&prefix).await? >= MOST {
                    return Err(faults::limit_exceeded_fault(format!(
                        "The account has the most alarm mute rules that it may have: {MOST}."
                    )));
                }
            }
        }
        tx.put(&key, &rule);
        before
    });
    // Those that it mutes are looked at when its window ends; those that it does not mute any more at once.
    wake(core, &place, before.into_iter().flat_map(|it| it.targets));
    Ok(())
}

/// Alarms whose actions may not be held back any more.
fn wake(core: &Core, place: &Place, targets: impl IntoIterator<Item = String>) {
    for target in targets {
        core.queue.wake(names::alarm_key(place, &target));
    }
}

pub async fn get_alarm_mute_rule(
    core: &Core,
    call: &Call,
    input: GetAlarmMuteRuleInput,
) -> Result<GetAlarmMuteRuleOutput, Fault> {
    let place = Place::of(call);
    let name = input.alarm_mute_rule_name.unwrap_or_default();
    let found = core
        .table
        .read::<MuteRule>(&names::mute_key(&place, &name))
        .await?;
    let Some(rule) = found.map(|it| it.record) else {
        return Err(no_rule(&name));
    };
    let about = about(&place, &name, &rule, call);
    Ok(GetAlarmMuteRuleOutput {
        name: Some(name),
        alarm_mute_rule_arn: about.alarm_mute_rule_arn,
        description: rule.description,
        rule: Some(Rule {
            schedule: Some(Schedule {
                expression: Some(rule.expression),
                duration: Some(rule.duration),
                timezone: rule.timezone,
            }),
        }),
        mute_targets: Some(MuteTargets {
            alarm_names: Some(rule.targets.into_iter().collect()),
        }),
        start_date: rule.start,
        expire_date: rule.expire,
        status: about.status,
        last_updated_timestamp: about.last_updated_timestamp,
        mute_type: about.mute_type,
    })
}

fn no_rule(name: &str) -> Fault {
    faults::resource_not_found_exception(format!("Alarm mute rule {name} does not exist."))
        .with("ResourceType", "AlarmMuteRule")
        .with("ResourceId", name)
}

fn about(place: &Place, name: &str, rule: &MuteRule, call: &Call) -> AlarmMuteRuleSummary {
    // What another version wrote and this one cannot read mutes nothing.
    let windows = Windows::of(rule).ok();
    let status = windows.as_ref().map(|it| it.status(call.now).name());
    let once = windows.map(|it| {
        if it.is_once() {
            "ONE_TIME"
        } else {
            "RECURRING"
        }
    });
    AlarmMuteRuleSummary {
        alarm_mute_rule_arn: Some(names::mute_arn(place, name)),
        expire_date: rule.expire,
        status: status.map(str::to_owned),
        mute_type: once.map(str::to_owned),
        last_updated_timestamp: Some(rule.changed_at),
    }
}

pub async fn list_alarm_mute_rules(
    core: &Core,
    call: &Call,
    input: ListAlarmMuteRulesInput,
) -> Result<ListAlarmMuteRulesOutput, Fault> {
    let place = Place::of(call);
    let statuses = input.statuses.unwrap_or_default();
    let size = match input.max_records {
        None => PAGE,
        Some(given) => usize::try_from(given)
            .ok()
            .filter(|it| (1..=LONGEST_PAGE).contains(it))
            .ok_or_else(|| validation(format!("MaxRecords must be from 1 to {LONGEST_PAGE}.")))?,
    };
    let selection = (&input.alarm_name, &statuses);
    let pages = core.pages(call, "cloudwatch/ListAlarmMuteRules", &selection);
    let page = pages.page(input.next_token.as_deref(), size)?;
    let all = core
        .table
        .all::<MuteRule>(&names::scope(&place), "")
        .await?;
    let targeted = |it: &MuteRule| {
        input
            .alarm_name
            .as_ref()
            .is_none_or(|name| it.targets.contains(name))
    };
    let mut found: Vec<(String, AlarmMuteRuleSummary)> = all
        .into_iter()
        .filter(|(_, stored)| targeted(&stored.record))
        .map(|(name, stored)| {
            let about = about(&place, &name, &stored.record, call);
            (name, about)
        })
        .filter(|(_, it)| {
            statuses.is_empty() || it.status.as_ref().is_some_and(|it| statuses.contains(it))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let (shown, next_token) = page.cut(found, |it| &it.0);
    Ok(ListAlarmMuteRulesOutput {
        alarm_mute_rule_summaries: Some(shown.into_iter().map(|it| it.1).collect()),
        next_token,
    })
}

/// One that is not there is deleted already.
pub async fn delete_alarm_mute_rule(
    core: &Core,
    call: &Call,
    input: DeleteAlarmMuteRuleInput,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = input.alarm_mute_rule_name.unwrap_or_default();
    let key = names::mute_key(&place, &name);
    let before = transact!(core.table, &call.permit, |tx| {
        let before = tx.find::<MuteRule>(&key).await?;
        if before.is_some() {
            tx.delete(&key);
        }
        before
    });
    wake(core, &place, before.into_iter().flat_map(|it| it.targets));
    Ok(())
}
