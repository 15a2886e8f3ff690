//! What an alarm does when its state changes: which ARNs are taken, and the message to a topic. Pure.

use serde_json::{Value, json};
use wharf_base::{Arn, regions::REGIONS};
use wharf_service::Place;
use wharf_wire::Fault;

use crate::{
    alarm::{
        evaluate,
        instances::{self, Deed},
        reason::long,
        told_tags,
    },
    fault::validation,
    names,
    records::{Alarm, Contributor, MetricRule, Source, State, Watches},
};

/// Actions of one state.
pub const MOST: usize = 5;

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Topic(Arn),
    /// A policy of Application Auto Scaling, or of a group of EC2 Auto Scaling.
    Policy(Arn),
    /// Something that is done to the instance whose metric it is.
    Instance(Deed, Arn),
}

impl Action {
    /// # Errors
    /// It is none, or one that is not supported.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let arn: Arn = text
            .parse()
            .map_err(|_| validation(format!("Invalid arn syntax: {text}")))?;
        let unsupported = |what: &str| {
            Err(validation(format!(
                "The action {text} is not supported by this version of wharf: {what}."
            )))
        };
        match arn.service.as_str() {
            "sns" if !arn.resource.contains(['/', ':']) && !arn.resource.is_empty() => {
                Ok(Self::Topic(arn))
            }
            "autoscaling" if is_policy(&arn.resource) => Ok(Self::Policy(arn)),
            "autoscaling" => unsupported("this is no policy of scaling"),
            "automate" | "swf" => match Deed::named(&arn) {
                Some(deed) => Ok(Self::Instance(deed, arn)),
                None => unsupported(
                    "instances are stopped, terminated, rebooted and recovered by alarms",
                ),
            },
            "lambda" => unsupported("there are no functions"),
            "ssm" | "ssm-incidents" | "aiops" => unsupported("there is no such service"),
            _ => Err(validation(format!("Invalid arn syntax: {text}"))),
        }
    }
}

/// `scalingPolicy:ID:resource/NAMESPACE/RESOURCE:policyName/NAME`, or `autoScalingGroupName/GROUP` in the middle.
fn is_policy(resource: &str) -> bool {
    let policy = resource.strip_prefix("scalingPolicy:");
    let of = policy.and_then(|it| it.split_once(':')).map(|it| it.1);
    of.is_some_and(|of| {
        let scaled = ["resource/", "autoScalingGroupName/"];
        scaled.iter().any(|it| of.starts_with(it)) && of.contains(":policyName/")
    })
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|it| it.is_ascii_digit())
}

/// # Errors
/// One is no action, is of another place, or there are too many.
pub fn checked(place: &Place, given: Option<Vec<String>>) -> Result<Vec<String>, Fault> {
    let given = given.unwrap_or_default();
    if given.len() > MOST {
        return Err(validation(format!(
            "An alarm has at most {MOST} actions for each state."
        )));
    }
    for action in &given {
        let parsed = Action::parse(action)?;
        let (Action::Topic(arn) | Action::Policy(arn) | Action::Instance(_, arn)) = &parsed;
        if arn.region != place.region {
            return Err(validation(format!(
                "Invalid region {} specified. Only {} is supported.",
                arn.region, place.region
            )));
        }
        let (what, is_own) = match &parsed {
            // Of any account.
            Action::Topic(arn) if is_account(&arn.account) => continue,
            Action::Topic(_) => return Err(validation(format!("Invalid arn syntax: {action}"))),
            Action::Policy(arn) => ("scaling policy", arn.account == place.account),
            Action::Instance(_, arn) => ("action", instances::is_of(place, arn)),
        };
        if !is_own {
            return Err(validation(format!(
                "The {what} {action} is not of the alarm's account."
            )));
        }
    }
    Ok(given)
}

/// As [`checked`], for composite alarms.
///
/// # Errors
/// Those, and for a policy of scaling or an instance, which need a metric.
pub fn of_composite(place: &Place, given: Option<Vec<String>>) -> Result<Vec<String>, Fault> {
    without_metric(place, given, "A composite alarm")
}

/// The same for alarms on PromQL.
///
/// # Errors
/// As of [`of_composite`].
pub fn of_promql(place: &Place, given: Option<Vec<String>>) -> Result<Vec<String>, Fault> {
    without_metric(place, given, "An alarm on PromQL")
}

fn without_metric(
    place: &Place,
    given: Option<Vec<String>>,
    whose: &str,
) -> Result<Vec<String>, Fault> {
    let given = checked(place, given)?;
    for action in &given {
        let cannot = match Action::parse(action) {
            Ok(Action::Policy(_)) => "call a scaling policy",
            Ok(Action::Instance(..)) => "act on instances",
            _ => continue,
        };
        return Err(validation(format!("{whose} cannot {cannot}: {action}")));
    }
    Ok(given)
}

/// The region's long name, as the messages of AWS have it.
fn region(place: &Place) -> &str {
    let found = REGIONS.iter().find(|it| it.0 == place.region);
    found.map_or(place.region.as_str(), |it| it.1)
}

pub fn subject(place: &Place, alarm: &Alarm) -> String {
    let text = format!(
        "{}: \"{}\" in {}",
        alarm.state.value.name(),
        alarm.name,
        region(place)
    );
    // SNS takes less than a hundred characters.
    match text.chars().count() <= 99 {
        true => text,
        false => text.chars().take(96).chain("...".chars()).collect(),
    }
}

/// The message of a change of state.
pub fn message(place: &Place, alarm: &Alarm, before: &State) -> String {
    let mut message = json!({
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": place.account,
        "AlarmConfigurationUpdatedTimestamp": long(alarm.configured_at),
        "NewStateValue": alarm.state.value.name(),
        "NewStateReason": alarm.state.reason,
        "StateChangeTime": long(alarm.state.updated_at),
        "Region": region(place),
        "AlarmArn": names::alarm_arn(place, &alarm.name),
        "OldStateValue": before.value.name(),
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
    });
    match &alarm.watches {
        Watches::Metric(rule) => message["Trigger"] = trigger(rule),
        Watches::PromQl(rule) => {
            message["EvaluationCriteria"] = json!({ "PromQLCriteria": {
                "Query": rule.query,
                "PendingPeriod": rule.pending_seconds,
                "RecoveryPeriod": rule.recovery_seconds,
            }});
            message["EvaluationInterval"] = json!(rule.interval_seconds);
        }
        Watches::Alarms(rule) => message["AlarmRule"] = json!(rule),
    }
    told_tags::add_to_message(&mut message, alarm);
    message.to_string()
}

/// The message of a line of an alarm: as the alarm's, in the state of the line.
pub fn message_of(
    place: &Place,
    alarm: &Alarm,
    (id, contributor): (&str, &Contributor),
) -> (String, String) {
    let of_line = |value, reason: &str| State {
        value,
        reason: reason.to_owned(),
        reason_data: None,
        updated_at: contributor.changed_at,
        changed_at: contributor.changed_at,
    };
    let shown = Alarm {
        state: of_line(contributor.state, &contributor.reason),
        ..alarm.clone()
    };
    let text = message(place, &shown, &of_line(contributor.told, ""));
    let mut whole: Value = serde_json::from_str(&text).unwrap_or_default();
    whole["AlarmContributorId"] = json!(id);
    whole["AlarmContributorAttributes"] = json!(contributor.attributes);
    (subject(place, &shown), whole.to_string())
}

fn trigger(rule: &MetricRule) -> Value {
    let mut trigger = json!({
        "EvaluationPeriods": rule.evaluation_periods,
        "ComparisonOperator": rule.comparison,
        "TreatMissingData": rule.treat_missing_data.as_deref().unwrap_or_default(),
        "EvaluateLowSampleCountPercentile": rule.low_sample_count.as_deref().unwrap_or_default(),
    });
    match (&rule.threshold_metric, rule.threshold) {
        (Some(id), _) => {
            trigger["ThresholdMetricId"] = json!(id);
            trigger["Period"] = json!(evaluate::period(rule));
        }
        (None, threshold) => trigger["Threshold"] = json!(threshold),
    }
    if let Some(datapoints) = rule.datapoints_to_alarm {
        trigger["DatapointsToAlarm"] = json!(datapoints);
    }
    let dimensions = |all: &[(String, String)]| {
        let shown = all
            .iter()
            .map(|(name, value)| json!({ "value": value, "name": name }));
        shown.collect::<Vec<Value>>()
    };
    match &rule.source {
        Source::Metric(metric) => {
            trigger["MetricName"] = json!(metric.name);
            trigger["Namespace"] = json!(metric.namespace);
            trigger["Period"] = json!(metric.period);
            trigger["Unit"] = json!(metric.unit);
            trigger["Dimensions"] = json!(dimensions(&metric.dimensions));
            let plain = plain_statistic(&metric.statistic);
            trigger["StatisticType"] = json!(if plain {
                "Statistic"
            } else {
                "ExtendedStatistic"
            });
            match plain {
                true => trigger["Statistic"] = json!(metric.statistic.to_uppercase()),
                false => trigger["ExtendedStatistic"] = json!(metric.statistic),
            }
        }
        Source::Queries(queries) => {
            let shown = queries.iter().map(|it| {
                let mut shown =
                    json!({ "Id": it.id, "ReturnData": it.return_data.unwrap_or(true) });
                if let Some(label) = &it.label {
                    shown["Label"] = json!(label);
                }
                if let Some(expression) = &it.expression {
                    shown["Expression"] = json!(expression);
                }
                if let Some(metric) = &it.metric {
                    shown["MetricStat"] = json!({
                        "Metric": {
                            "Dimensions": dimensions(&metric.dimensions),
                            "MetricName": metric.name,
                            "Namespace": metric.namespace,
                        },
                        "Period": metric.period,
                        "Stat": metric.statistic,
                    });
                }
                shown
            });
            trigger["Metrics"] = json!(shown.collect::<Vec<Value>>());
        }
    }
    trigger
}

/// Whether it is one of the five.
pub fn plain_statistic(name: &str) -> bool {
    crate::stat::Stat::parse(name).is_some_and(|it| !it.needs_spread())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_of_scaling_are_actions_of_metrics_of_their_place() {
        let place = Place::new("000000000000", "us-east-1");
        let policy = "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:7:resource/ecs/service/c/s:policyName/p";
        let given = || Some(vec![policy.to_owned()]);
        assert_eq!(checked(&place, given()).unwrap(), [policy]);
        let refused = |answer: Result<Vec<String>, Fault>| answer.unwrap_err().message;
        assert!(refused(of_composite(&place, given())).contains("composite"));
        let elsewhere = Place::new("000000000000", "us-west-2");
        let of_region = "Invalid region us-east-1 specified. Only us-west-2 is supported.";
        assert_eq!(refused(checked(&elsewhere, given())), of_region);
        let other_account = Place::new("111111111111", "us-east-1");
        assert!(refused(checked(&other_account, given())).contains("account"));
        let group = "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:7:autoScalingGroupName/g:policyName/p";
        let of_group = checked(&place, Some(vec![group.to_owned()]));
        assert_eq!(of_group.unwrap(), [group]);
        let other = "arn:aws:autoscaling:us-east-1:000000000000:scheduledUpdateGroupAction:7:autoScalingGroupName/g:scheduledActionName/a";
        let other = Some(vec![other.to_owned()]);
        assert!(refused(checked(&place, other)).contains("no policy of scaling"));
        let stop = || Some(vec!["arn:aws:automate:us-east-1:ec2:stop".to_owned()]);
        assert!(checked(&place, stop()).is_ok());
        assert_eq!(refused(checked(&elsewhere, stop())), of_region);
        assert!(refused(of_composite(&place, stop())).contains("act on instances"));
        let other = Some(vec!["arn:aws:automate:us-east-1:ec2:hibernate".to_owned()]);
        assert!(refused(checked(&place, other)).contains("not supported"));
    }

    #[test]
    fn topics_are_of_the_region_and_of_any_account() {
        let place = Place::new("000000000000", "us-east-1");
        for (topic, refused) in [
            ("arn:aws:sns:us-east-1:000000000000:ops", None),
            ("arn:aws:sns:us-east-1:111111111111:ops", None),
            (
                "arn:aws:sns:eu-west-1:000000000000:ops",
                Some("Invalid region eu-west-1 specified. Only us-east-1 is supported."),
            ),
            (
                "arn:aws:sns:us-east-1:12:ops",
                Some("Invalid arn syntax: arn:aws:sns:us-east-1:12:ops"),
            ),
            (
                "arn:aws:sns:us-east-1::ops",
                Some("Invalid arn syntax: arn:aws:sns:us-east-1::ops"),
            ),
        ] {
            let found = checked(&place, Some(vec![topic.to_owned()])).err();
            let found = found.as_ref().map(|it| it.message.as_str());
            assert_eq!(found, refused, "{topic}");
        }
    }
}
