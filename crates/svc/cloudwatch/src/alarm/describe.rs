//! Alarms as they are shown.

use wharf_api_cloudwatch::{CompositeAlarm, MetricAlarm};
use wharf_service::Place;

use crate::{
    alarm::{action::plain_statistic, hold, promql, told_tags, warm_up, window},
    names,
    records::{Alarm, MetricRule, Source, StoredQuery, Watches},
};

fn some<T: Clone>(all: &[T]) -> Option<Vec<T>> {
    Some(all.to_vec())
}

/// An alarm on metrics; `None` for a composite one.
pub fn metric(place: &Place, alarm: &Alarm) -> Option<MetricAlarm> {
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
        action_configuration: alarm.told_tags.as_ref().map(told_tags::shown),
        ..MetricAlarm::default()
    };
    match &alarm.watches {
        Watches::Metric(rule) => of_rule(rule, &mut shown),
        Watches::PromQl(rule) => {
            shown.evaluation_criteria = Some(promql::shown(rule));
            shown.evaluation_interval = i32::try_from(rule.interval_seconds).ok();
        }
        Watches::Alarms(_) => return None,
    }
    Some(shown)
}

/// What is shown of a relative of another alarm.
pub fn metric_in_short(alarm: MetricAlarm) -> MetricAlarm {
    MetricAlarm {
        alarm_name: alarm.alarm_name,
        alarm_arn: alarm.alarm_arn,
        state_value: alarm.state_value,
        state_updated_timestamp: alarm.state_updated_timestamp,
        ..MetricAlarm::default()
    }
}

/// The same of a composite one.
pub fn composite_in_short(alarm: CompositeAlarm) -> CompositeAlarm {
    CompositeAlarm {
        alarm_name: alarm.alarm_name,
        alarm_arn: alarm.alarm_arn,
        state_value: alarm.state_value,
        state_updated_timestamp: alarm.state_updated_timestamp,
        ..CompositeAlarm::default()
    }
}

fn of_rule(rule: &MetricRule, shown: &mut MetricAlarm) {
    let number = |it: u32| i32::try_from(it).ok();
    shown.evaluation_periods = Some(rule.evaluation_periods).and_then(number);
    shown.datapoints_to_alarm = rule.datapoints_to_alarm.and_then(number);
    shown.threshold = rule.threshold;
    shown.threshold_metric_id.clone_from(&rule.threshold_metric);
    shown.comparison_operator = Some(rule.comparison.clone());
    shown
        .treat_missing_data
        .clone_from(&rule.treat_missing_data);
    shown
        .evaluate_low_sample_count_percentile
        .clone_from(&rule.low_sample_count);
    shown.evaluation_window = rule.window.as_ref().map(window::shown);
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
        action_configuration: alarm.told_tags.as_ref().map(told_tags::shown),
    })
}
