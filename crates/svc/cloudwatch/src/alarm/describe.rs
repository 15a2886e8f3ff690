//! Alarms as they are shown.

use wharf_api_cloudwatch::{CompositeAlarm, MetricAlarm};
use wharf_service::Place;

use crate::{
    alarm::{action::plain_statistic, hold, warm_up},
    names,
    records::{Alarm, MetricRule, Source, StoredQuery, Watches},
};

fn some<T: Clone>(all: &[T]) -> Option<Vec<T>> {
    Some(all.to_vec())
}

/// An alarm on metrics; `None` for a composite one.
pub fn metric(place: &Place, alarm: &Alarm) -> Option<MetricAlarm> {
    let rule = alarm.rule()?;
    let mut shown = MetricAlarm {
        alarm_name: Some(alarm.name.clone()),
        alarm_arn: Some(names::alarm_arn(place, &alarm.name)),
        alarm_description: alarm.description.clone(),
        alarm_configuration_updated_timestamp: Some(alarm.configured_at),
        actions_enabled: Some(alarm.actions_enabled),
        ok_actions: some(&alarm.ok_actions),
        alarm_actions: some(&alarm.alarm_actions),
        insufficient_data_actions: some(&alarm.insufficient_data_actions),
        state_value: Some(alarm.state.value.name().to_owned()),
        state_reason: Some(alarm.state.reason.clone()),
        state_reason_data: alarm.state.reason_data.clone(),
        state_updated_timestamp: Some(alarm.state.updated_at),
        state_transitioned_timestamp: Some(alarm.state.changed_at),
        evaluation_state: alarm.evaluation.map(|it| it.name().to_owned()),
        warm_up_configuration: alarm.warm_up.as_ref().map(warm_up::shown),
        evaluation_periods: i32::try_from(rule.evaluation_periods).ok(),
        datapoints_to_alarm: rule
            .datapoints_to_alarm
            .and_then(|it| i32::try_from(it).ok()),
        threshold: rule.threshold,
        threshold_metric_id: rule.threshold_metric.clone(),
        comparison_operator: Some(rule.comparison.clone()),
        treat_missing_data: rule.treat_missing_data.clone(),
        evaluate_low_sample_count_percentile: rule.low_sample_count.clone(),
        ..MetricAlarm::default()
    };
    source(rule, &mut shown);
    Some(shown)
}

fn source(rule: &MetricRule, shown: &mut MetricAlarm) {
    match &rule.source {
        Source::Metric(metric) => {
            shown.metric_name = Some(metric.name.clone());
            shown.namespace = Some(metric.namespace.clone());
            shown.dimensions = Some(metric.wire_dimensions());
            shown.period = Some(metric.period);
            shown.unit.clone_from(&metric.unit);
            let statistic = Some(metric.statistic.clone());
            match plain_statistic(&metric.statistic) {
                true => shown.statistic = statistic,
                false => shown.extended_statistic = statistic,
            }
        }
        Source::Queries(queries) => {
            shown.metrics = Some(queries.iter().map(StoredQuery::to_wire).collect());
        }
    }
}

/// A composite alarm; `None` for another.
pub fn composite(place: &Place, alarm: &Alarm) -> Option<CompositeAlarm> {
    let Watches::Alarms(rule) = &alarm.watches else {
        return None;
    };
    let suppressor = alarm.suppressor.as_ref();
    Some(CompositeAlarm {
        alarm_name: Some(alarm.name.clone()),
        alarm_arn: Some(names::alarm_arn(place, &alarm.name)),
        alarm_description: alarm.description.clone(),
        alarm_configuration_updated_timestamp: Some(alarm.configured_at),
        actions_enabled: Some(alarm.actions_enabled),
        ok_actions: some(&alarm.ok_actions),
        alarm_actions: some(&alarm.alarm_actions),
        insufficient_data_actions: some(&alarm.insufficient_data_actions),
        alarm_rule: Some(rule.clone()),
        state_value: Some(alarm.state.value.name().to_owned()),
        state_reason: Some(alarm.state.reason.clone()),
        state_reason_data: alarm.state.reason_data.clone(),
        state_updated_timestamp: Some(alarm.state.updated_at),
        state_transitioned_timestamp: Some(alarm.state.changed_at),
        actions_suppressed_by: alarm.suppressed_by.clone(),
        actions_suppressed_reason: alarm.suppressed_by.as_deref().map(hold::reason),
        actions_suppressor: suppressor.map(|it| it.alarm.clone()),
        actions_suppressor_wait_period: suppressor.and_then(|it| it.wait_seconds.try_into().ok()),
        actions_suppressor_extension_period: suppressor
            .and_then(|it| it.extension_seconds.try_into().ok()),
        ..CompositeAlarm::default()
    })
}
