//! What changes of alarms mean to the world. Pure.

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_records::{Record as _, Scope};
use wharf_service::{
    Place,
    announce::{Announcement, Announcing, record},
};
use wharf_store::{Event, EventKind};

use crate::{
    alarm::{hold, reason::long, told_tags},
    names::{SERVICE, alarm_arn},
    records::{Alarm, Contributor, MetricSource, Source, State, StateValue, StoredQuery, Watches},
};

/// Alarms that are made, changed and deleted, and those whose states change.
pub const ANNOUNCING: Announcing = Announcing {
    service: SERVICE,
    of: announced,
};

fn announced(events: &[&Event], _: Timestamp) -> Vec<Announcement> {
    events.iter().flat_map(|it| change(it)).collect()
}

fn change(event: &Event) -> Vec<Announcement> {
    let Some((scope, kind, name)) = Scope::parse(event.key()) else {
        return Vec::new();
    };
    if kind != Alarm::KIND {
        return Vec::new();
    }
    let before: Option<Alarm> = event.previous.as_ref().and_then(record);
    let after: Option<Alarm> = match event.kind {
        EventKind::Put => record(&event.entry),
        _ => None,
    };
    let place = Place::of_scope(&scope);
    let say = |detail_type, detail| Announcement {
        place: place.clone(),
        source: "aws.cloudwatch",
        detail_type,
        resources: vec![alarm_arn(&place, &name)],
        detail,
    };
    let mut said = Vec::new();
    let configured = |operation: &str, now: &Alarm, previous: Option<&Alarm>| {
        let mut detail = json!({
            "alarmName": now.name,
            "operation": operation,
            "state": state(&now.state, now.suppressed_by.as_deref()),
            "configuration": configuration(now),
        });
        if let Some(previous) = previous {
            detail["previousConfiguration"] = configuration(previous);
        }
        say("CloudWatch Alarm Configuration Change", detail)
    };
    match (&before, &after) {
        (None, Some(after)) => said.push(configured("create", after, None)),
        (Some(before), None) => said.push(configured("delete", before, None)),
        (Some(before), Some(after)) if before.configured_at != after.configured_at => {
            said.push(configured("update", after, Some(before)));
        }
        _ => {}
    }
    if let (Some(before), Some(after)) = (&before, &after)
        && before.state.value != after.state.value
    {
        let mut detail = json!({
            "alarmName": after.name,
            "state": state(&after.state, after.suppressed_by.as_deref()),
            "previousState": state(&before.state, before.suppressed_by.as_deref()),
            "configuration": configuration(after),
        });
        told_tags::add_to_event(&mut detail, after);
        said.push(say("CloudWatch Alarm State Change", detail));
    }
    if let (Some(before), Some(after)) = (&before, &after) {
        for (id, it) in changed_lines(before, after) {
            let mut detail = json!({
                "alarmName": after.name,
                "alarmContributor": { "id": id, "attributes": it.attributes },
                "state": {
                    "value": it.state.name(),
                    "reason": it.reason,
                    "timestamp": long(it.changed_at),
                },
                "configuration": configuration(after),
            });
            told_tags::add_to_event(&mut detail, after);
            said.push(say("CloudWatch Alarm Contributor State Change", detail));
        }
    }
    said
}

/// Lines of an alarm on several that have another state. One that goes was OK before.
fn changed_lines(before: &Alarm, after: &Alarm) -> Vec<(String, Contributor)> {
    let mut changed = Vec::new();
    if before.watches != after.watches {
        return changed;
    }
    for (id, it) in &after.contributors {
        let was = before.contributors.get(id);
        if was.map_or(StateValue::Ok, |it| it.state) != it.state {
            changed.push((id.clone(), it.clone()));
        }
    }
    changed
}

fn state(of: &State, suppressed_by: Option<&str>) -> Value {
    let mut shown = json!({
        "value": of.value.name(),
        "reason": of.reason,
        "timestamp": long(of.updated_at),
    });
    if let Some(by) = suppressed_by {
        shown["actionsSuppressedBy"] = json!(by);
        shown["actionsSuppressedReason"] = json!(hold::reason(by));
    }
    if let Some(data) = &of.reason_data {
        shown["reasonData"] = json!(data);
    }
    shown
}

fn configuration(of: &Alarm) -> Value {
    let mut shown = json!({
        "description": of.description,
        "actionsEnabled": of.actions_enabled,
        "okActions": of.ok_actions,
        "alarmActions": of.alarm_actions,
        "insufficientDataActions": of.insufficient_data_actions,
        "timestamp": long(of.configured_at),
    });
    match &of.watches {
        Watches::Alarms(rule) => {
            shown["alarmRule"] = json!(rule);
            if let Some(suppressor) = &of.suppressor {
                shown["actionsSuppressor"] = json!(suppressor.alarm);
                shown["actionsSuppressorWaitPeriod"] = json!(suppressor.wait_seconds);
                shown["actionsSuppressorExtensionPeriod"] = json!(suppressor.extension_seconds);
            }
        }
        Watches::PromQl(rule) => {
            shown["evaluationCriteria"] = json!({ "promQLCriteria": {
                "query": rule.query,
                "pendingPeriod": rule.pending_seconds,
                "recoveryPeriod": rule.recovery_seconds,
            }});
            shown["evaluationInterval"] = json!(rule.interval_seconds);
        }
        Watches::Metric(rule) => {
            shown["metrics"] = match &rule.source {
                Source::Metric(source) => json!([{
                    "id": "m1",
                    "metricStat": metric_stat(source),
                    "returnData": true,
                }]),
                Source::Queries(queries) => queries.iter().map(query).collect(),
            };
            match &rule.threshold_metric {
                Some(id) => shown["thresholdMetricId"] = json!(id),
                None => shown["threshold"] = json!(rule.threshold),
            }
            shown["evaluationPeriods"] = json!(rule.evaluation_periods);
            shown["comparisonOperator"] = json!(rule.comparison);
        }
    }
    shown
}

fn query(of: &StoredQuery) -> Value {
    let mut shown = json!({ "id": of.id, "returnData": of.return_data.unwrap_or(true) });
    if let Some(source) = &of.metric {
        shown["metricStat"] = metric_stat(source);
    }
    if let Some(expression) = &of.expression {
        shown["expression"] = json!(expression);
    }
    if let Some(label) = &of.label {
        shown["label"] = json!(label);
    }
    shown
}

fn metric_stat(of: &MetricSource) -> Value {
    let dimensions: serde_json::Map<String, Value> = of
        .dimensions
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    json!({
        "metric": { "namespace": of.namespace, "name": of.name, "dimensions": dimensions },
        "period": of.period,
        "stat": of.statistic,
    })
}
