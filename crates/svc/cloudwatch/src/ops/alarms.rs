//! DescribeAlarms, DescribeAlarmsForMetric, DeleteAlarms, SetAlarmState, EnableAlarmActions, DisableAlarmActions and
//! DescribeAlarmHistory.

use std::collections::BTreeSet;

use wharf_api_cloudwatch::{
    AlarmHistoryItem, DeleteAlarmsInput, DescribeAlarmHistoryInput, DescribeAlarmHistoryOutput,
    DescribeAlarmsForMetricInput, DescribeAlarmsForMetricOutput, DescribeAlarmsInput,
    DescribeAlarmsOutput, DisableAlarmActionsInput, EnableAlarmActionsInput, SetAlarmStateInput,
    faults,
};
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, CallerKind, Fault};

use crate::{
    alarm::{composite::Rule, describe, history},
    core::Core,
    datum,
    fault::validation,
    names,
    records::{Alarm, CompositePuts, Happening, Source, State, StateValue, Watches},
    transition,
};

/// Alarms of a page.
const PAGE: usize = 50;
const MOST: usize = 100;

fn page_size(given: Option<i32>, usual: usize) -> Result<usize, Fault> {
    match given {
        None => Ok(usual),
        Some(given) => usize::try_from(given)
            .ok()
            .filter(|it| (1..=MOST).contains(it))
            .ok_or_else(|| validation(format!("MaxRecords must be from 1 to {MOST}."))),
    }
}

fn no_alarm() -> Fault {
    faults::resource_not_found("")
}

pub async fn describe_alarms(
    core: &Core,
    call: &Call,
    input: DescribeAlarmsInput,
) -> Result<DescribeAlarmsOutput, Fault> {
    let place = Place::of(call);
    let types = input.alarm_types.clone().unwrap_or_default();
    let state = match input.state_value.as_deref() {
        None => None,
        Some(text) => Some(StateValue::parse(text).ok_or_else(|| {
            validation(format!(
                "The value {text} for parameter StateValue is invalid."
            ))
        })?),
    };
    if input.alarm_names.is_some() && input.alarm_name_prefix.is_some() {
        return Err(validation(
            "AlarmNames and AlarmNamePrefix are mutually exclusive.",
        ));
    }
    related_alone(&input)?;
    let named: Option<BTreeSet<String>> =
        match (&input.children_of_alarm_name, &input.parents_of_alarm_name) {
            (Some(_), Some(_)) => {
                return Err(validation(
                    "ChildrenOfAlarmName and ParentsOfAlarmName are mutually exclusive.",
                ));
            }
            (Some(parent), None) => Some(children(core, &place, parent).await?),
            (None, Some(child)) => Some(parents(core, &place, child).await?),
            (None, None) => input.alarm_names.clone().map(|it| it.into_iter().collect()),
        };
    let wants = |kind: &str| match types.is_empty() {
        // Both kinds by their names or relations; those on metrics alone otherwise.
        true => kind == "MetricAlarm" || named.is_some() && input.alarm_names.is_none(),
        false => types.iter().any(|it| it == kind),
    };
    let selection = (
        &named,
        &input.alarm_name_prefix,
        &types,
        state,
        &input.action_prefix,
    );
    let pages = core.pages(call, "cloudwatch/DescribeAlarms", &selection);
    let page = pages.page(
        input.next_token.as_deref(),
        page_size(input.max_records, PAGE)?,
    )?;
    let prefix = input.alarm_name_prefix.as_deref().unwrap_or_default();
    let mut all = match &named {
        None => core.table.all(&names::scope(&place), prefix).await?,
        Some(named) => by_name(core, &place, named).await?,
    };
    all.retain(|(name, stored)| {
        let alarm = &stored.record;
        let kind = if alarm.is_composite() {
            "CompositeAlarm"
        } else {
            "MetricAlarm"
        };
        let mut actions = [
            &alarm.ok_actions,
            &alarm.alarm_actions,
            &alarm.insufficient_data_actions,
        ]
        .into_iter()
        .flatten();
        wants(kind)
            && name.starts_with(prefix)
            && state.is_none_or(|it| alarm.state.value == it)
            && input
                .action_prefix
                .as_deref()
                .is_none_or(|prefix| actions.any(|it| it.starts_with(prefix)))
    });
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let (shown, next_token) = page.cut(all, |it| &it.0);
    let records: Vec<Alarm> = shown.into_iter().map(|it| it.1.record).collect();
    let metrics = records.iter().filter_map(|it| describe::metric(&place, it));
    let composites = records
        .iter()
        .filter_map(|it| describe::composite(&place, it));
    let (metric_alarms, composite_alarms) = match is_related(&input) {
        false => (metrics.collect(), composites.collect()),
        true => (
            metrics.map(describe::metric_in_short).collect(),
            composites.map(describe::composite_in_short).collect(),
        ),
    };
    Ok(DescribeAlarmsOutput {
        metric_alarms: Some(metric_alarms),
        composite_alarms: Some(composite_alarms),
        log_alarms: None,
        next_token,
    })
}

fn is_related(input: &DescribeAlarmsInput) -> bool {
    input.children_of_alarm_name.is_some() || input.parents_of_alarm_name.is_some()
}

/// Whoever asks for relatives of an alarm chooses among them by nothing else.
///
/// # Errors
/// Something else is given.
fn related_alone(input: &DescribeAlarmsInput) -> Result<(), Fault> {
    let relation = match (&input.children_of_alarm_name, &input.parents_of_alarm_name) {
        (Some(_), _) => "ChildrenOfAlarmName",
        (None, Some(_)) => "ParentsOfAlarmName",
        (None, None) => return Ok(()),
    };
    let beside = [
        ("AlarmNames", input.alarm_names.is_some()),
        ("AlarmNamePrefix", input.alarm_name_prefix.is_some()),
        ("AlarmTypes", input.alarm_types.is_some()),
        ("StateValue", input.state_value.is_some()),
        ("ActionPrefix", input.action_prefix.is_some()),
    ];
    match beside.into_iter().find(|it| it.1) {
        None => Ok(()),
        Some((other, _)) => Err(validation(format!(
            "{relation} and {other} are mutually exclusive."
        ))),
    }
}

/// Those that are there.
async fn by_name(
    core: &Core,
    place: &Place,
    named: &BTreeSet<String>,
) -> Result<Vec<(String, Stored<Alarm>)>, Fault> {
    let mut found = Vec::with_capacity(named.len());
    for name in named {
        let stored = core.table.read(&names::alarm_key(place, name)).await?;
        found.extend(stored.map(|it| (name.clone(), it)));
    }
    Ok(found)
}

async fn children(core: &Core, place: &Place, name: &str) -> Result<BTreeSet<String>, Fault> {
    let found = core
        .table
        .read::<Alarm>(&names::alarm_key(place, name))
        .await?;
    let rule = match found.map(|it| it.record.watches) {
        Some(Watches::Alarms(rule)) => rule,
        _ => return Ok(BTreeSet::new()),
    };
    let rule = Rule::parse(&rule).map_err(|bad| validation(bad.to_string()))?;
    Ok(named_by(place, &rule))
}

/// The alarms here that a rule names.
fn named_by(place: &Place, rule: &Rule) -> BTreeSet<String> {
    let named = rule.named().into_iter();
    let named = named.filter_map(|it| names::alarm_named(place, it));
    named.map(str::to_owned).collect()
}

/// Those that a composite alarm has in its rule; none of another alarm, or of a rule that cannot be read.
fn in_rule_of(place: &Place, alarm: &Alarm) -> BTreeSet<String> {
    match &alarm.watches {
        Watches::Alarms(rule) => {
            let named = Rule::parse(rule).map(|it| named_by(place, &it));
            named.unwrap_or_default()
        }
        Watches::Metric(_) | Watches::PromQl(_) => BTreeSet::new(),
    }
}

async fn parents(core: &Core, place: &Place, child: &str) -> Result<BTreeSet<String>, Fault> {
    let all = core.table.all::<Alarm>(&names::scope(place), "").await?;
    let is_parent = |it: &Stored<Alarm>| in_rule_of(place, &it.record).contains(child);
    let parents = all.into_iter().filter(|it| is_parent(&it.1));
    Ok(parents.map(|it| it.0).collect())
}

pub async fn describe_alarms_for_metric(
    core: &Core,
    call: &Call,
    input: DescribeAlarmsForMetricInput,
) -> Result<DescribeAlarmsForMetricOutput, Fault> {
    let place = Place::of(call);
    let dimensions = datum::dimensions(input.dimensions, "Dimensions")?;
    // An alarm has one of them: with both there is none.
    let statistics = [input.statistic, input.extended_statistic];
    let all = core.table.all::<Alarm>(&names::scope(&place), "").await?;
    let fits = |alarm: &Alarm| match alarm.rule().map(|it| &it.source) {
        Some(Source::Metric(it)) => {
            Some(&it.namespace) == input.namespace.as_ref()
                && Some(&it.name) == input.metric_name.as_ref()
                && it.dimensions == dimensions
                && statistics
                    .iter()
                    .flatten()
                    .all(|wanted| *wanted == it.statistic)
                && input.period.is_none_or(|wanted| wanted == it.period)
                && (input.unit.is_none() || input.unit == it.unit)
        }
        _ => false,
    };
    let mut found: Vec<Alarm> = all.into_iter().map(|it| it.1.record).filter(fits).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(DescribeAlarmsForMetricOutput {
        metric_alarms: Some(
            found
                .iter()
                .filter_map(|it| describe::metric(&place, it))
                .collect(),
        ),
    })
}

/// All or none. Services let go of the alarms that they made in any case.
pub async fn delete_alarms(
    core: &Core,
    call: &Call,
    input: DeleteAlarmsInput,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let wanted: BTreeSet<String> = input.alarm_names.unwrap_or_default().into_iter().collect();
    transact!(core.table, &call.permit, |tx| {
        if call.caller.kind != CallerKind::Service {
            // Before the alarms: one that is put once they were read ends this try.
            let puts = names::composite_puts_key(&place);
            tx.find::<CompositePuts>(&puts).await?;
            let all = core.table.all::<Alarm>(&names::scope(&place), "").await?;
            one_composite(&all, &wanted)?;
            needed_by_none(&place, &all, &wanted)?;
        }
        let mut gone = Vec::with_capacity(wanted.len());
        for name in &wanted {
            let key = names::alarm_key(&place, name);
            gone.push(tx.find::<Alarm>(&key).await?.ok_or_else(no_alarm)?);
            tx.delete(&key);
        }
        history::note_deleted(&mut tx, &place, gone, call.now);
    });
    Ok(())
}

/// A ring of composite alarms is therefore broken by a change of a rule alone.
///
/// # Errors
/// More than one of those that are wanted is composite.
fn one_composite(all: &[(String, Stored<Alarm>)], wanted: &BTreeSet<String>) -> Result<(), Fault> {
    let composites = all
        .iter()
        .filter(|it| it.1.record.is_composite() && wanted.contains(&it.0));
    match composites.count() {
        0 | 1 => Ok(()),
        _ => Err(validation(
            "You can delete only one composite alarm in one operation.",
        )),
    }
}

/// One that is not there is needed by none: services may have let go of it.
///
/// # Errors
/// Composite alarms that stay have some of them in their rules.
fn needed_by_none(
    place: &Place,
    all: &[(String, Stored<Alarm>)],
    wanted: &BTreeSet<String>,
) -> Result<(), Fault> {
    let known: BTreeSet<&str> = all.iter().map(|it| it.0.as_str()).collect();
    let staying = all.iter().filter(|it| !wanted.contains(&it.0));
    let named = staying.flat_map(|it| in_rule_of(place, &it.1.record));
    let needed: BTreeSet<String> = named
        .filter(|it| wanted.contains(it) && known.contains(it.as_str()))
        .collect();
    let them = match needed.len() {
        0 => return Ok(()),
        1 => "it",
        _ => "them",
    };
    let needed: Vec<String> = needed.into_iter().collect();
    Err(validation(format!(
        "Cannot delete {} as there are composite alarm(s) depending on {them}.",
        needed.join(",")
    )))
}

pub async fn set_alarm_state(
    core: &Core,
    call: &Call,
    input: SetAlarmStateInput,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let key = names::alarm_key(&place, input.alarm_name.as_deref().unwrap_or_default());
    let text = input.state_value.unwrap_or_default();
    let value = StateValue::parse(&text).ok_or_else(|| {
        validation(format!(
            "The value {text} for parameter StateValue is invalid."
        ))
    })?;
    let data = input.state_reason_data;
    if data
        .as_ref()
        .is_some_and(|it| serde_json::from_str::<serde_json::Value>(it).is_err())
    {
        return Err(faults::invalid_format_fault(
            "StateReasonData is not valid JSON.",
        ));
    }
    transact!(core.table, &call.permit, |tx| {
        let alarm: Alarm = tx.find(&key).await?.ok_or_else(no_alarm)?;
        let state = State {
            value,
            reason: input.state_reason.clone().unwrap_or_default(),
            reason_data: data.clone(),
            updated_at: call.now,
            changed_at: call.now,
        };
        let alarm = transition::change(core, &mut tx, &place, alarm, state).await?;
        tx.put(&key, &alarm);
    });
    Ok(())
}

pub async fn enable_alarm_actions(
    core: &Core,
    call: &Call,
    input: EnableAlarmActionsInput,
) -> Result<(), Fault> {
    switch(core, call, input.alarm_names, true).await
}

pub async fn disable_alarm_actions(
    core: &Core,
    call: &Call,
    input: DisableAlarmActionsInput,
) -> Result<(), Fault> {
    switch(core, call, input.alarm_names, false).await
}

/// Alarms that are not there are passed over, as with AWS. Each is switched by itself: all at once, with what is written down of
/// it, would be more than a transaction has room for.
async fn switch(
    core: &Core,
    call: &Call,
    names: Option<Vec<String>>,
    enabled: bool,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let wanted: BTreeSet<String> = names.unwrap_or_default().into_iter().collect();
    for name in &wanted {
        let key = names::alarm_key(&place, name);
        transact!(core.table, &call.permit, |tx| {
            let found = tx.find::<Alarm>(&key).await?;
            if let Some(mut alarm) = found.filter(|it| it.actions_enabled != enabled) {
                alarm.actions_enabled = enabled;
                alarm.configured_at = call.now;
                let said = history::configured(&alarm, "updated");
                history::note(&mut tx, &place, &mut alarm, said, call.now);
                tx.put(&key, &alarm);
            }
        });
    }
    Ok(())
}

pub async fn describe_alarm_history(
    core: &Core,
    call: &Call,
    input: DescribeAlarmHistoryInput,
) -> Result<DescribeAlarmHistoryOutput, Fault> {
    let place = Place::of(call);
    let ascending = match input.scan_by.as_deref() {
        None | Some("TimestampDescending") => false,
        Some("TimestampAscending") => true,
        Some(other) => {
            return Err(validation(format!(
                "The value {other} for parameter ScanBy is invalid."
            )));
        }
    };
    let types = input.alarm_types.clone().unwrap_or_default();
    let selection = (
        &input.alarm_name,
        &types,
        (&input.history_item_type, &input.alarm_contributor_id),
        input.start_date,
        input.end_date,
        ascending,
    );
    let pages = core.pages(call, "cloudwatch/DescribeAlarmHistory", &selection);
    let page = pages.page(
        input.next_token.as_deref(),
        page_size(input.max_records, MOST)?,
    )?;
    let all = history::read(&core.table, &place, input.alarm_name.as_deref()).await?;
    let kept = call.now.millis() - history::KEPT_DAYS * 86_400_000;
    let mut found: Vec<(String, Happening)> =
        all.into_iter()
            .map(|(id, it)| {
                let at = it.at.millis().max(0);
                // In the order of the list, whose pages go by it.
                let place = if ascending { at } else { i64::MAX - at };
                (format!("{place:019}/{id}"), it)
            })
            .filter(|(_, it)| {
                let kind = if it.composite {
                    "CompositeAlarm"
                } else {
                    "MetricAlarm"
                };
                it.at.millis() >= kept
                    && match types.is_empty() {
                        true => input.alarm_name.is_some() || !it.composite,
                        false => types.iter().any(|wanted| wanted == kind),
                    }
                    && input
                        .history_item_type
                        .as_ref()
                        .is_none_or(|wanted| *wanted == it.kind)
                    && input.alarm_contributor_id.as_ref().is_none_or(|wanted| {
                        it.contributor.as_ref().is_some_and(|of| of.0 == *wanted)
                    })
                    && input.start_date.is_none_or(|from| it.at >= from)
                    && input.end_date.is_none_or(|to| it.at <= to)
            })
            .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let (shown, next_token) = page.cut(found, |it| &it.0);
    let item = |(_, it): (String, Happening)| AlarmHistoryItem {
        alarm_name: Some(it.alarm),
        alarm_type: Some(
            if it.composite {
                "CompositeAlarm"
            } else {
                "MetricAlarm"
            }
            .to_owned(),
        ),
        timestamp: Some(it.at),
        history_item_type: Some(it.kind),
        history_summary: Some(it.summary),
        history_data: Some(it.data),
        alarm_contributor_id: it.contributor.as_ref().map(|of| of.0.clone()),
        alarm_contributor_attributes: it.contributor.map(|of| of.1),
    };
    Ok(DescribeAlarmHistoryOutput {
        alarm_history_items: Some(shown.into_iter().map(item).collect()),
        next_token,
    })
}
