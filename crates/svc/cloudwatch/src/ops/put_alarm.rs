//! PutMetricAlarm and PutCompositeAlarm: an alarm as it is wanted, new or in the place of one of its name, whose
//! state it keeps.

use wharf_api_cloudwatch::{PutCompositeAlarmInput, PutMetricAlarmInput, faults};
use wharf_records::Record as _;
use wharf_service::{Changes, Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    alarm::{
        action::{self, Action},
        composite::Rule,
        contributors, evaluate, history, instances,
        judge::{Comparison, Missing},
        promql, told_tags, warm_up, window,
    },
    core::Core,
    datum,
    fault::{CloudwatchFaults, validation},
    names, query,
    records::{
        Alarm, CompositePuts, MetricRule, MetricSource, Source, StoredQuery, Suppressor, Watches,
    },
    stat::Stat,
    tags,
};

/// Alarms of an account in a region.
const MOST_ALARMS: usize = 5000;
/// Seconds that an alarm looks back: a day, or a week for periods of an hour and more.
const LONGEST: i64 = 86_400;
const LONGEST_OF_HOURS: i64 = 7 * 86_400;
/// Queries of an alarm.
const MOST_QUERIES: usize = 10;

/// Says which actions an alarm may have.
type Checked = fn(&Place, Option<Vec<String>>) -> Result<Vec<String>, Fault>;

pub async fn put_metric_alarm(
    core: &Core,
    call: &Call,
    input: PutMetricAlarmInput,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let promql = promql::read(core, &place, &input).await?;
    let checked = match promql {
        Some(_) => action::of_promql as Checked,
        None => action::checked,
    };
    let watches = match promql {
        Some(rule) => Watches::PromQl(Box::new(rule)),
        None => Watches::Metric(Box::new(rule(&place, &input)?)),
    };
    let alarm = Alarm {
        description: input.alarm_description,
        actions_enabled: input.actions_enabled.unwrap_or(true),
        ok_actions: checked(&place, input.ok_actions)?,
        alarm_actions: checked(&place, input.alarm_actions)?,
        insufficient_data_actions: checked(&place, input.insufficient_data_actions)?,
        told_tags: told_tags::read(input.action_configuration.as_ref())?,
        tags: tags::given(input.tags)?,
        warm_up: warm_up::read(input.warm_up_configuration.as_ref(), call.now)?,
        ..Alarm::new(name(input.alarm_name)?, watches, call.now)
    };
    put(core, call, &place, alarm, None).await
}

pub async fn put_composite_alarm(
    core: &Core,
    call: &Call,
    input: PutCompositeAlarmInput,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = name(input.alarm_name.clone())?;
    let text = input.alarm_rule.clone().unwrap_or_default();
    let rule =
        Rule::parse(&text).map_err(|bad| validation(format!("AlarmRule is not valid: {bad}.")))?;
    let mut named = rule.named().into_iter();
    if named.any(|it| names::alarm_named(&place, it) == Some(name.as_str())) {
        return Err(validation("An alarm cannot be in its own AlarmRule."));
    }
    let suppressor = suppressor(core, &place, &name, &input).await?;
    let alarm = Alarm {
        description: input.alarm_description,
        actions_enabled: input.actions_enabled.unwrap_or(true),
        ok_actions: action::of_composite(&place, input.ok_actions)?,
        alarm_actions: action::of_composite(&place, input.alarm_actions)?,
        insufficient_data_actions: action::of_composite(&place, input.insufficient_data_actions)?,
        told_tags: told_tags::read(input.action_configuration.as_ref())?,
        tags: tags::given(input.tags)?,
        suppressor,
        ..Alarm::new(name, Watches::Alarms(text), call.now)
    };
    put(core, call, &place, alarm, Some(&rule)).await
}

/// What a rule names is there, and stays until its alarm is written. Whoever deletes alarms looks for composite ones that are
/// over them, and the count shows when another came meanwhile.
async fn over_alarms(
    core: &Core,
    tx: &mut Changes<'_, CloudwatchFaults>,
    place: &Place,
    rule: &Rule,
) -> Result<(), Fault> {
    let mut absent = Vec::new();
    for text in rule.named() {
        let found = match names::alarm_named(place, text) {
            None => None,
            Some(it) => {
                core.table
                    .read::<Alarm>(&names::alarm_key(place, it))
                    .await?
            }
        };
        match found {
            Some(it) => tx.when(it.still_there()),
            None => absent.push(text.to_owned()),
        }
    }
    if !absent.is_empty() {
        let absent = absent.join(", ");
        let text = format!(
            "Could not save the composite alarm as alarms [{absent}] in the alarm rule do not exist"
        );
        return Err(validation(text));
    }
    let key = names::composite_puts_key(place);
    let mut puts: CompositePuts = tx.find(&key).await?.unwrap_or_default();
    puts.count = puts.count.wrapping_add(1);
    tx.put(&key, &puts);
    Ok(())
}

/// The alarm that holds back a composite one's actions.
async fn suppressor(
    core: &Core,
    place: &Place,
    name: &str,
    input: &PutCompositeAlarmInput,
) -> Result<Option<Suppressor>, Fault> {
    let periods = [
        (
            "ActionsSuppressorWaitPeriod",
            input.actions_suppressor_wait_period,
        ),
        (
            "ActionsSuppressorExtensionPeriod",
            input.actions_suppressor_extension_period,
        ),
    ];
    let Some(text) = input
        .actions_suppressor
        .as_deref()
        .filter(|it| !it.is_empty())
    else {
        return match periods.into_iter().find(|it| it.1.is_some()) {
            Some((period, _)) => Err(validation(format!(
                "{period} can be specified with ActionsSuppressor only."
            ))),
            None => Ok(None),
        };
    };
    let mut seconds = [0; 2];
    for ((parameter, given), into) in periods.into_iter().zip(&mut seconds) {
        let given = given.and_then(|it| u32::try_from(it).ok());
        *into = given.ok_or_else(|| {
            validation(format!(
                "{parameter} must be specified with ActionsSuppressor, and not be negative."
            ))
        })?;
    }
    let found = match names::alarm_named(place, text) {
        Some(it) if it == name => {
            return Err(validation("An alarm cannot be its own ActionsSuppressor."));
        }
        None => None,
        Some(it) => {
            core.table
                .read::<Alarm>(&names::alarm_key(place, it))
                .await?
        }
    };
    if found.is_none() {
        return Err(validation(format!(
            "Could not save the composite alarm as the suppressor alarm {text} does not exist"
        )));
    }
    let [wait_seconds, extension_seconds] = seconds;
    Ok(Some(Suppressor {
        alarm: text.to_owned(),
        wait_seconds,
        extension_seconds,
    }))
}

/// With the rule of a composite alarm.
async fn put(
    core: &Core,
    call: &Call,
    place: &Place,
    alarm: Alarm,
    rule: Option<&Rule>,
) -> Result<(), Fault> {
    let key = names::alarm_key(place, &alarm.name);
    transact!(core.table, &call.permit, |tx| {
        let mut alarm = alarm.clone();
        if let Some(rule) = rule {
            over_alarms(core, &mut tx, place, rule).await?;
        }
        let what = match tx.find::<Alarm>(&key).await? {
            Some(before) => {
                if before.is_composite() != alarm.is_composite() {
                    return Err(validation(format!(
                        "An alarm of another type has the name {}.",
                        alarm.name
                    )));
                }
                // Lines of another query are others.
                if alarm.watches == before.watches {
                    alarm.contributors = before.contributors;
                }
                let warm_up = alarm.warm_up.take();
                alarm.warm_up =
                    warm_up.map(|it| warm_up::changed(it, before.warm_up.as_ref(), call.now));
                alarm.state = before.state;
                alarm.happened = before.happened;
                alarm.left_alarm_at = before.left_alarm_at;
                alarm.acted = before.acted;
                alarm.suppressed_by = before.suppressed_by;
                // Tags of an alarm that is there are changed by TagResource alone.
                alarm.tags = before.tags;
                "updated"
            }
            None => {
                let prefix = names::scope(place).prefix(Alarm::KIND);
                if core.table.count(&prefix).await? >= MOST_ALARMS {
                    let text =
                        format!("The account has the most alarms that it may have: {MOST_ALARMS}.");
                    return Err(faults::limit_exceeded_fault(text));
                }
                "created"
            }
        };
        let said = history::configured(&alarm, what);
        history::note(&mut tx, place, &mut alarm, said, call.now);
        tx.put(&key, &alarm);
    });
    Ok(())
}

fn name(given: Option<String>) -> Result<String, Fault> {
    let name = given.unwrap_or_default();
    match name.trim().is_empty() || name.chars().any(char::is_control) {
        true => Err(validation(
            "AlarmName must hold printable characters alone.",
        )),
        false => Ok(name),
    }
}

fn rule(place: &Place, input: &PutMetricAlarmInput) -> Result<MetricRule, Fault> {
    let source = match input.metrics.as_deref() {
        None | Some([]) => Source::Metric(metric(input)?),
        Some(queries) => of_queries(input, queries)?,
    };
    let comparison = input.comparison_operator.clone().unwrap_or_default();
    let Some(compares) = Comparison::parse(&comparison) else {
        return Err(validation(format!(
            "The value {comparison} for parameter ComparisonOperator is invalid."
        )));
    };
    if Missing::parse(input.treat_missing_data.as_deref()).is_none() {
        let given = input.treat_missing_data.as_deref().unwrap_or_default();
        return Err(validation(format!(
            "The value {given} for parameter TreatMissingData is invalid."
        )));
    }
    let rule = MetricRule {
        source,
        evaluation_periods: input
            .evaluation_periods
            .and_then(|it| u32::try_from(it).ok())
            .filter(|it| *it > 0)
            .ok_or_else(|| validation("EvaluationPeriods must be greater than 0."))?,
        datapoints_to_alarm: input
            .datapoints_to_alarm
            .and_then(|it| u32::try_from(it).ok()),
        threshold: threshold(input, compares)?,
        threshold_metric: input.threshold_metric_id.clone(),
        comparison,
        treat_missing_data: input.treat_missing_data.clone(),
        low_sample_count: input.evaluate_low_sample_count_percentile.clone(),
        window: window::read(input.evaluation_window.as_ref())?,
    };
    window::check(&rule, &evaluate::periods(&rule))?;
    if rule
        .datapoints_to_alarm
        .is_some_and(|it| it == 0 || it > rule.evaluation_periods)
    {
        let text = "DatapointsToAlarm must be at least 1 and at most EvaluationPeriods.";
        return Err(validation(text));
    }
    check_low_sample_count(&rule)?;
    let period = evaluate::period(&rule);
    let longest = if period >= 3600 {
        LONGEST_OF_HOURS
    } else {
        LONGEST
    };
    if period * i64::from(rule.evaluation_periods) > longest {
        return Err(validation(
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400), or a week for periods of an hour and more.",
        ));
    }
    if let Source::Queries(queries) = &rule.source {
        evaluate::checked_queries(place, queries, &rule)?;
    }
    let actions = [
        &input.ok_actions,
        &input.alarm_actions,
        &input.insufficient_data_actions,
    ];
    instances::check(&rule, actions)?;
    if contributors::grouped(place, &rule).is_some() {
        let mut actions = actions.into_iter().flatten().flatten();
        if let Some(action) = actions.find(|it| matches!(Action::parse(it), Ok(Action::Policy(_))))
        {
            return Err(validation(format!(
                "An alarm on a query of Metrics Insights with GROUP BY cannot have Auto Scaling actions: {action}"
            )));
        }
    }
    Ok(rule)
}

/// The threshold; none for an alarm on a band.
fn threshold(input: &PutMetricAlarmInput, comparison: Comparison) -> Result<Option<f64>, Fault> {
    let given = input.threshold.filter(|it| it.is_finite());
    match (
        comparison.is_of_band(),
        &input.threshold_metric_id,
        input.threshold,
    ) {
        (false, None, _) => match given {
            Some(_) => Ok(given),
            None => Err(validation("Threshold must be specified.")),
        },
        (true, Some(_), None) => {
            if input.metrics.as_ref().is_none_or(Vec::is_empty) {
                return Err(validation(
                    "ThresholdMetricId can be specified with Metrics only.",
                ));
            }
            let actions = [
                &input.ok_actions,
                &input.alarm_actions,
                &input.insufficient_data_actions,
            ];
            let mut actions = actions.into_iter().flatten().flatten();
            match actions.find(|it| matches!(Action::parse(it), Ok(Action::Policy(_)))) {
                Some(action) => Err(validation(format!(
                    "An alarm on an anomaly detection band cannot have Auto Scaling actions: {action}"
                ))),
                None => Ok(None),
            }
        }
        (_, Some(_), Some(_)) => Err(validation(
            "The parameters Threshold and ThresholdMetricId are mutually exclusive and you have specified both.",
        )),
        (true, None, _) => Err(validation(
            "ThresholdMetricId must be specified for a ComparisonOperator of anomaly detection.",
        )),
        (false, Some(_), None) => Err(validation(
            "ThresholdMetricId can be specified for a ComparisonOperator of anomaly detection only.",
        )),
    }
}

fn check_low_sample_count(rule: &MetricRule) -> Result<(), Fault> {
    let percentile = match &rule.source {
        Source::Metric(metric) => {
            matches!(Stat::parse(&metric.statistic), Some(Stat::Percentile(_)))
        }
        Source::Queries(_) => false,
    };
    match rule.low_sample_count.as_deref() {
        None => Ok(()),
        Some("evaluate" | "ignore") if percentile => Ok(()),
        Some("evaluate" | "ignore") => Err(validation(
            "EvaluateLowSampleCountPercentile is for alarms on percentiles alone.",
        )),
        Some(other) => Err(validation(format!(
            "The value {other} for parameter EvaluateLowSampleCountPercentile is invalid."
        ))),
    }
}

fn metric(input: &PutMetricAlarmInput) -> Result<MetricSource, Fault> {
    let required = |it: &Option<String>, name: &str| {
        it.clone()
            .ok_or_else(|| validation(format!("{name} must be specified.")))
    };
    let statistic = match (&input.statistic, &input.extended_statistic) {
        (Some(name), None) => {
            Some(name).filter(|it| Stat::parse(it).is_some_and(|it| !it.needs_spread()))
        }
        (None, Some(name)) => Some(name).filter(|it| Stat::extended(it).is_some()),
        _ => {
            return Err(validation(
                "Exactly one of Statistic and ExtendedStatistic must be specified.",
            ));
        }
    };
    let statistic = statistic.ok_or_else(|| validation("The statistic is not valid."))?;
    if let Some(unit) = input
        .unit
        .as_deref()
        .filter(|it| !datum::UNITS.contains(it))
    {
        return Err(datum::bad_value(unit, "Unit"));
    }
    let period = input
        .period
        .ok_or_else(|| validation("Period must be specified."))?;
    if ![10, 20, 30].contains(&period) && (period <= 0 || period % 60 != 0) {
        return Err(validation("Period must be 10, 20, 30 or a multiple of 60."));
    }
    Ok(MetricSource {
        namespace: required(&input.namespace, "Namespace")?,
        name: required(&input.metric_name, "MetricName")?,
        dimensions: datum::dimensions(input.dimensions.clone(), "Dimensions")?,
        statistic: statistic.clone(),
        period,
        unit: input.unit.clone(),
    })
}

fn of_queries(
    input: &PutMetricAlarmInput,
    queries: &[wharf_api_cloudwatch::MetricDataQuery],
) -> Result<Source, Fault> {
    let beside = [
        ("MetricName", input.metric_name.is_some()),
        ("Namespace", input.namespace.is_some()),
        ("Statistic", input.statistic.is_some()),
        ("ExtendedStatistic", input.extended_statistic.is_some()),
        (
            "Dimensions",
            input.dimensions.as_ref().is_some_and(|it| !it.is_empty()),
        ),
        ("Period", input.period.is_some()),
        ("Unit", input.unit.is_some()),
    ];
    if let Some((name, _)) = beside.into_iter().find(|it| it.1) {
        return Err(validation(format!(
            "The parameters Metrics and {name} are mutually exclusive and you have specified both."
        )));
    }
    if queries.len() > MOST_QUERIES {
        return Err(validation(format!(
            "An alarm has at most {MOST_QUERIES} metrics and expressions."
        )));
    }
    let stored: Vec<StoredQuery> = queries.iter().map(StoredQuery::of).collect();
    for it in queries
        .iter()
        .filter_map(|it| it.metric_stat.as_ref()?.period)
    {
        query::period(it, "Metrics.MetricStat.Period")?;
    }
    Ok(Source::Queries(stored))
}
