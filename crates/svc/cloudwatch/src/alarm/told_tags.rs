//! Tags of an alarm in what it tells: messages to topics, and events of changes of its state and of its contributors'. Pure.
//!
//! AWS documents the names of what is added, and that an event has the tags as an object. Of messages the list is of keys and
//! values, as the API has tags.

use serde_json::{Map, Value, json};
use wharf_api_cloudwatch::{ActionConfiguration, AlarmTagsPropagation};
use wharf_service::tags::is_reserved;
use wharf_wire::Fault;

use crate::{
    fault::validation,
    records::{Alarm, ToldTags},
};

/// No tag is missing: they are read with the alarm.
const STATUS: &str = "SUCCESS";

/// What a request says of the tags of its alarm.
///
/// # Errors
/// It names those that are told, and those that are not.
pub fn read(given: Option<&ActionConfiguration>) -> Result<Option<ToldTags>, Fault> {
    let Some(given) = given.and_then(|it| it.alarm_tags_propagation.as_ref()) else {
        return Ok(None);
    };
    if given.included_tag_keys.is_some() && given.excluded_tag_keys.is_some() {
        return Err(validation(
            "The parameters IncludedTagKeys and ExcludedTagKeys are mutually exclusive and you have specified both.",
        ));
    }
    Ok(Some(ToldTags {
        is_on: given.enabled == Some(true),
        included: given.included_tag_keys.clone(),
        excluded: given.excluded_tag_keys.clone(),
    }))
}

/// Whether a request has the tags told, which only who may list them may do.
pub fn are_on(given: Option<&ActionConfiguration>) -> bool {
    let given = given.and_then(|it| it.alarm_tags_propagation.as_ref());
    given.is_some_and(|it| it.enabled == Some(true))
}

pub fn shown(of: &ToldTags) -> ActionConfiguration {
    ActionConfiguration {
        alarm_tags_propagation: Some(AlarmTagsPropagation {
            enabled: Some(of.is_on),
            included_tag_keys: of.included.clone(),
            excluded_tag_keys: of.excluded.clone(),
        }),
    }
}

/// The tags that an alarm tells; `None` if it tells none, whichever it has.
fn told(alarm: &Alarm) -> Option<impl Iterator<Item = (&String, &String)>> {
    let of = alarm.told_tags.as_ref().filter(|it| it.is_on)?;
    // Nobody is told of those of AWS's own.
    let is_told = move |key: &String| {
        let is_included = of.included.as_ref().is_none_or(|it| it.contains(key));
        let is_excluded = of.excluded.as_ref().is_some_and(|it| it.contains(key));
        is_included && !is_excluded && !is_reserved(key)
    };
    Some(alarm.tags.iter().filter(move |(key, _)| is_told(key)))
}

/// Adds them to a message to a topic.
pub fn add_to_message(message: &mut Value, alarm: &Alarm) {
    if let Some(told) = told(alarm) {
        let tags = told.map(|(key, value)| json!({ "Key": key, "Value": value }));
        message["AlarmTags"] = tags.collect();
        message["AlarmTagsStatus"] = json!(STATUS);
    }
}

/// Adds them to the detail of an event.
pub fn add_to_event(detail: &mut Value, alarm: &Alarm) {
    if let Some(told) = told(alarm) {
        let tags: Map<String, Value> = told
            .map(|(key, value)| (key.clone(), json!(value)))
            .collect();
        detail["alarmTags"] = Value::Object(tags);
        detail["alarmTagsStatus"] = json!(STATUS);
    }
}

/// Bytes that they come to in a message, about.
pub fn weight(alarm: &Alarm) -> usize {
    /// Of `{"Key":"","Value":""},`, with what escapes its quotation marks in a message that is a text.
    const AROUND: usize = 32;
    let told = told(alarm).into_iter().flatten();
    told.map(|(key, value)| key.len() + value.len() + AROUND)
        .sum()
}

#[cfg(test)]
mod tests {
    use wharf_base::Timestamp;

    use super::*;
    use crate::records::Watches;

    fn keys(of: &[&str]) -> Option<Vec<String>> {
        Some(of.iter().map(|it| (*it).to_owned()).collect())
    }

    fn given(
        enabled: bool,
        included: Option<Vec<String>>,
        excluded: Option<Vec<String>>,
    ) -> ActionConfiguration {
        ActionConfiguration {
            alarm_tags_propagation: Some(AlarmTagsPropagation {
                enabled: Some(enabled),
                included_tag_keys: included,
                excluded_tag_keys: excluded,
            }),
        }
    }

    #[test]
    fn an_alarm_tells_the_tags_that_it_is_to() {
        let tags = [("team", "blue"), ("stage", "test"), ("aws:cf", "x")];
        let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let mut alarm = Alarm::new(
            "hot".to_owned(),
            Watches::Alarms("TRUE".to_owned()),
            Timestamp(0),
        );
        alarm.tags = tags.into_iter().collect();
        for (given, told) in [
            (None, None),
            (Some(ActionConfiguration::default()), None),
            (Some(given(false, None, None)), None),
            (
                Some(given(true, None, None)),
                Some(json!({ "stage": "test", "team": "blue" })),
            ),
            (
                Some(given(true, keys(&["team", "none"]), None)),
                Some(json!({ "team": "blue" })),
            ),
            (
                Some(given(true, None, keys(&["team"]))),
                Some(json!({ "stage": "test" })),
            ),
            (Some(given(true, keys(&["aws:cf"]), None)), Some(json!({}))),
        ] {
            alarm.told_tags = read(given.as_ref()).unwrap();
            assert_eq!(are_on(given.as_ref()), told.is_some());
            let (mut event, mut message) = (json!({}), json!({}));
            add_to_event(&mut event, &alarm);
            add_to_message(&mut message, &alarm);
            let status = told.is_some().then_some(STATUS);
            assert_eq!(event.get("alarmTags"), told.as_ref());
            assert_eq!(event["alarmTagsStatus"].as_str(), status);
            assert_eq!(message["AlarmTagsStatus"].as_str(), status);
            let pairs = message.get("AlarmTags").and_then(Value::as_array);
            let pairs = pairs.map(|it| {
                let pair = |it: &Value| {
                    let text = |name: &str| it[name].as_str().unwrap().to_owned();
                    (text("Key"), json!(text("Value")))
                };
                Value::Object(it.iter().map(pair).collect())
            });
            assert_eq!(pairs, told);
            assert!(
                weight(&alarm)
                    >= message
                        .get("AlarmTags")
                        .map_or(0, |it| it.to_string().len() - 2)
            );
        }
        let stored = alarm.told_tags.as_ref().map(shown);
        assert_eq!(stored, Some(given(true, keys(&["aws:cf"]), None)));
    }

    #[test]
    fn tags_are_named_or_left_out() {
        let both = given(true, keys(&["a"]), keys(&["b"]));
        let refused = read(Some(&both)).unwrap_err();
        assert!(
            refused.message.contains("mutually exclusive"),
            "{}",
            refused.message
        );
    }
}
