//! Taking a policy that goes out of the actions of alarms, which stay, as with AWS. CloudWatch is asked through the caller.
//!
//! Nothing is kept of how far it is: whoever is killed begins again, and finds the alarms that still have the action.

use std::{collections::BTreeSet, fmt::Display, future::Future};

use serde_json::{Value, json};

/// CloudWatch, asked in the name of what is scaled.
pub trait Alarms: Sync {
    type Fault: Display + Send;

    /// The alarms of one call of DescribeAlarms.
    fn describe(
        &self,
        input: Value,
    ) -> impl Future<Output = Result<Vec<Value>, Self::Fault>> + Send;

    /// One call of PutMetricAlarm.
    fn put(&self, input: Value) -> impl Future<Output = Result<(), Self::Fault>> + Send;

    /// Whether an alarm was refused for what it is, and would be each time.
    fn is_lasting(fault: &Self::Fault) -> bool;
}

/// Alarms of one call.
const PAGE: usize = 100;
/// Where alarms name what they do.
const ACTIONS: [&str; 3] = ["AlarmActions", "OKActions", "InsufficientDataActions"];
/// What is shown of an alarm, and not put.
const SHOWN_ALONE: [&str; 8] = [
    "AlarmArn",
    "AlarmConfigurationUpdatedTimestamp",
    "EvaluationState",
    "StateReason",
    "StateReasonData",
    "StateTransitionedTimestamp",
    "StateUpdatedTimestamp",
    "StateValue",
];

/// Takes an action out of all alarms that have it. One that CloudWatch does not let change keeps it.
///
/// # Errors
/// CloudWatch's; some alarms may be without it by then.
pub async fn detach<A: Alarms>(alarms: &A, action: &str) -> Result<(), A::Fault> {
    // Each is looked at once, so that this ends whatever others do to them meanwhile.
    let mut done = BTreeSet::new();
    loop {
        let input = json!({ "ActionPrefix": action, "MaxRecords": PAGE });
        let found = alarms.describe(input).await?;
        let names = found.iter().filter_map(|it| it["AlarmName"].as_str());
        let names = names.filter(|it| !done.contains(*it));
        let names: Vec<String> = names.map(str::to_owned).collect();
        if names.is_empty() {
            return Ok(());
        }
        for name in names {
            // As it is now: what its owner changes must not come undone.
            let found = alarms.describe(json!({ "AlarmNames": [name] })).await?;
            let found = found.iter().find(|it| it["AlarmName"] == *name);
            if let Some(input) = found.and_then(|it| without(it, action)) {
                match alarms.put(input).await {
                    Err(error) if A::is_lasting(&error) => {
                        tracing::warn!(alarm = name, action, %error, "an alarm keeps the action of a scaling policy that is gone, and calls nobody by it");
                    }
                    put => put?,
                }
            }
            done.insert(name);
        }
    }
}

/// An alarm as it is described, put again without an action; `None` if it does not have it.
fn without(found: &Value, action: &str) -> Option<Value> {
    let mut input = found.as_object()?.clone();
    let mut has_any = false;
    for name in ACTIONS {
        if let Some(Value::Array(all)) = input.get_mut(name) {
            let before = all.len();
            all.retain(|it| it != action);
            has_any |= all.len() < before;
        }
    }
    for name in SHOWN_ALONE {
        input.remove(name);
    }
    has_any.then_some(Value::Object(input))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use parking_lot::Mutex;

    use super::*;

    const GONE: &str = "arn:policy";

    /// Alarms by their names; puts of some names fail.
    #[derive(Default)]
    struct Held {
        alarms: Mutex<BTreeMap<String, Value>>,
        refused: Option<&'static str>,
        failing: Option<&'static str>,
    }

    impl Held {
        fn with(alarms: impl IntoIterator<Item = (String, Value)>) -> Self {
            let named = alarms.into_iter().map(|(name, mut it)| {
                it["AlarmName"] = json!(name);
                (name, it)
            });
            Self {
                alarms: Mutex::new(named.collect()),
                ..Self::default()
            }
        }

        fn all(&self) -> BTreeMap<String, Value> {
            self.alarms.lock().clone()
        }

        fn with_action(&self) -> usize {
            let all = self.all();
            all.values()
                .filter(|it| without(it, GONE).is_some())
                .count()
        }
    }

    impl Alarms for Held {
        type Fault = &'static str;

        async fn describe(&self, input: Value) -> Result<Vec<Value>, &'static str> {
            let all = self.all().into_values();
            let named = input["AlarmNames"].as_array().cloned();
            let prefix = input["ActionPrefix"].as_str().unwrap_or_default();
            let acts = |it: &Value| {
                let actions = ACTIONS.iter().filter_map(|name| it[name].as_array());
                let mut actions = actions.flatten().filter_map(Value::as_str);
                actions.any(|it| it.starts_with(prefix))
            };
            let chosen = all.filter(|it| match &named {
                Some(names) => names.contains(&it["AlarmName"]),
                None => acts(it),
            });
            Ok(chosen.take(PAGE).collect())
        }

        async fn put(&self, input: Value) -> Result<(), &'static str> {
            let name = input["AlarmName"].as_str().unwrap_or_default().to_owned();
            if self.refused == Some(name.as_str()) {
                return Err("refused");
            }
            if self.failing == Some(name.as_str()) {
                return Err("not now");
            }
            self.alarms.lock().insert(name, input);
            Ok(())
        }

        fn is_lasting(fault: &&'static str) -> bool {
            *fault == "refused"
        }
    }

    fn numbered(count: usize) -> impl Iterator<Item = (String, Value)> {
        (0..count).map(|it| (format!("{it:04}"), json!({ "AlarmActions": [GONE] })))
    }

    #[test]
    fn an_alarm_is_put_as_it_was_but_for_the_action() {
        let found = json!({
            "AlarmName": "a", "AlarmArn": "arn:a", "StateValue": "ALARM", "StateReason": "r", "Threshold": 5.0,
            "Dimensions": [{ "Name": "n", "Value": "v" }], "ActionsEnabled": false,
            "AlarmActions": ["arn:topic", GONE], "OKActions": [GONE], "InsufficientDataActions": ["arn:policy2"],
        });
        let expected = json!({
            "AlarmName": "a", "Threshold": 5.0, "Dimensions": [{ "Name": "n", "Value": "v" }], "ActionsEnabled": false,
            "AlarmActions": ["arn:topic"], "OKActions": [], "InsufficientDataActions": ["arn:policy2"],
        });
        assert_eq!(without(&found, GONE), Some(expected));
        // The action of another begins with the same letters.
        assert_eq!(without(&found, "arn:pol"), None);
        assert_eq!(without(&json!({ "AlarmName": "a" }), GONE), None);
    }

    #[tokio::test]
    async fn all_alarms_lose_it_and_none_is_deleted() {
        let held = Held::with(numbered(PAGE * 2 + 1));
        detach(&held, GONE).await.unwrap();
        assert_eq!(held.all().len(), PAGE * 2 + 1);
        assert_eq!(held.with_action(), 0);
    }

    #[tokio::test]
    async fn one_that_cannot_be_changed_keeps_it_and_one_that_fails_is_tried_again() {
        let mut held = Held {
            refused: Some("0001"),
            failing: Some("0003"),
            ..Held::with(numbered(5))
        };
        assert_eq!(detach(&held, GONE).await, Err("not now"));
        assert_eq!(held.with_action(), 3);
        held.failing = None;
        detach(&held, GONE).await.unwrap();
        assert_eq!(held.with_action(), 1);
    }
}
