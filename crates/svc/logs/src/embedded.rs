//! The embedded metric format: a log event that is JSON and says of some of its members that they are metrics.
//! What does not fit the format is an event like any other, and counts as an error where it says that it is in it.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use memchr::memmem::Finder;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

use crate::metrics::{Gathered, Metric};

/// Without it an event has no metrics.
const MARK: &[u8] = b"\"CloudWatchMetrics\"";
/// As the format's description has them.
const MAX_METRICS: usize = 100;
const MAX_DIMENSIONS: usize = 30;
const MAX_VALUES: usize = 100;
/// Directives and sets of dimensions of one event.
const MAX_SETS: usize = 100;
const LONGEST_NAME: usize = 1024;
/// Times that CloudWatch takes, as seen from now.
const MAX_AHEAD_MS: i64 = 2 * 3_600_000;
const MAX_AGE_MS: i64 = 14 * 86_400_000;
const MINUTE_MS: i64 = 60_000;

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "_aws")]
    aws: Metadata,
    #[serde(flatten)]
    members: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    timestamp: i64,
    #[serde(rename = "CloudWatchMetrics")]
    directives: Vec<Directive>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: String,
    #[serde(default)]
    dimensions: Vec<Vec<String>>,
    metrics: Vec<Definition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: String,
    unit: Option<String>,
    storage_resolution: Option<u32>,
}

/// What an event says that is in the format, whatever else it has.
#[derive(Deserialize)]
struct Marked {
    #[serde(rename = "_aws")]
    _aws: MarkedMetadata,
}

#[derive(Deserialize)]
struct MarkedMetadata {
    #[serde(rename = "CloudWatchMetrics")]
    _directives: IgnoredAny,
}

/// What is wrong with events that say that they are in the format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Errors {
    /// Events that are not.
    pub parsing: u64,
    /// What is left out of those that are: metrics, sets of dimensions, all of an event whose time is not taken.
    pub validation: u64,
    /// Events of a group that a policy wants no metrics of.
    pub disabled: u64,
}

/// Whether an event may have metrics.
pub fn may_be_in(message: &str) -> bool {
    static MARKS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MARK));
    MARKS.find(message.as_bytes()).is_some()
}

/// Whether an event says that it is in the format.
pub fn is_marked(message: &str) -> bool {
    may_be_in(message) && serde_json::from_str::<Marked>(message).is_ok()
}

/// Adds the metrics of an event, if it has any.
pub fn add(message: &str, now: i64, gathered: &mut Gathered, errors: &mut Errors) {
    if !may_be_in(message) {
        return;
    }
    let Ok(event) = serde_json::from_str::<Event>(message) else {
        errors.parsing += u64::from(is_marked(message));
        return;
    };
    let before = gathered.left_out();
    errors.validation += add_event(&event, now, gathered);
    errors.validation += gathered.left_out() - before;
}

/// Gives how much it left out before it was gathered.
fn add_event(event: &Event, now: i64, gathered: &mut Gathered) -> u64 {
    let time = event.aws.timestamp;
    // CloudWatch looks at the start of the minute.
    if time > now.saturating_add(MAX_AHEAD_MS) || time < now - MAX_AGE_MS + MINUTE_MS {
        return 1;
    }
    let (mut sets, mut left_out) = (0, 0);
    for directive in &event.aws.directives {
        // A directive without dimensions is about the metric by itself.
        let alone = [Vec::new()];
        let all = match directive.dimensions.as_slice() {
            [] => &alone[..],
            some => some,
        };
        for names in all {
            sets += 1;
            if sets > MAX_SETS || gathered.is_full() {
                return left_out + 1;
            }
            left_out += match dimensions(&event.members, names) {
                Some(dimensions) => {
                    let dimensions = Arc::new(dimensions);
                    add_set(&event.members, directive, &dimensions, time, gathered)
                }
                None => 1,
            };
        }
    }
    left_out
}

fn dimensions(members: &Map<String, Value>, names: &[String]) -> Option<BTreeMap<String, String>> {
    if names.len() > MAX_DIMENSIONS {
        return None;
    }
    let each = names.iter().map(|name| {
        let value = match members.get(name)? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => return None,
        };
        let is_short = value.len().max(name.len()) <= LONGEST_NAME;
        is_short.then(|| (name.clone(), value))
    });
    each.collect()
}

fn add_set(
    members: &Map<String, Value>,
    directive: &Directive,
    dimensions: &Arc<BTreeMap<String, String>>,
    time: i64,
    gathered: &mut Gathered,
) -> u64 {
    let mut left_out = directive.metrics.len().saturating_sub(MAX_METRICS) as u64;
    for definition in directive.metrics.iter().take(MAX_METRICS) {
        let values = match members.get(&definition.name) {
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
            None => {
                left_out += 1;
                continue;
            }
        };
        // Names are of any length until they are looked at.
        if directive.namespace.len().max(definition.name.len()) > LONGEST_NAME {
            left_out += 1;
            continue;
        }
        let metric = Arc::new(Metric {
            namespace: directive.namespace.clone(),
            name: definition.name.clone(),
            dimensions: dimensions.clone(),
            unit: definition.unit.clone(),
            is_fine: definition.storage_resolution == Some(1),
        });
        let taken = values.iter().take(MAX_VALUES).filter_map(Value::as_f64);
        left_out += u64::from(taken.clone().count() < values.len());
        gathered.add_all(&metric, time, taken);
    }
    left_out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_767_312_000_000;

    fn found(message: &str) -> Vec<(String, usize, Vec<f64>)> {
        let mut gathered = Gathered::default();
        add(message, NOW, &mut gathered, &mut Errors::default());
        let data = gathered.calls().into_iter().flatten();
        data.map(|it| {
            (
                format!("{}/{}", it.metric.namespace, it.metric.name),
                it.metric.dimensions.len(),
                it.values,
            )
        })
        .collect()
    }

    #[test]
    fn events_that_say_so_are_metrics() {
        let event = format!(
            r#"{{"_aws":{{"Timestamp":{NOW},"CloudWatchMetrics":[{{"Namespace":"shop","Dimensions":[["service"],["service","path"],["nope"]],
                "Metrics":[{{"Name":"time","Unit":"Milliseconds","StorageResolution":60}},{{"Name":"sizes"}},{{"Name":"gone"}}]}}]}},
                "service":"web","path":"/","time":100,"sizes":[1,2.5,1]}}"#
        );
        let values = [1.0, 2.5].to_vec();
        let mut sets = found(&event);
        sets.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        assert_eq!(
            sets,
            [
                ("shop/sizes".to_owned(), 1, values.clone()),
                ("shop/sizes".to_owned(), 2, values),
                ("shop/time".to_owned(), 1, vec![100.0]),
                ("shop/time".to_owned(), 2, vec![100.0]),
            ]
        );
    }

    /// Short events that name much: what is made of a put is bounded, whatever they say.
    #[test]
    fn a_put_makes_only_so_much() {
        let event = |namespace: &str, dimension: &str, values: usize| {
            let member = |n: usize| format!(r#""{dimension}{n}":"{}""#, "v".repeat(1000));
            let members: Vec<String> = (0..33).map(member).collect();
            let sets = (0..100).map(|n| {
                let of = (0..30).map(|it| format!("{dimension}{}", (it + n) % 33));
                of.collect::<Vec<_>>()
            });
            let metrics =
                (0..100).map(|n| json!({"Name": format!("m{n}"), "StorageResolution": 1}));
            let directives = json!([{
                "Namespace": namespace,
                "Dimensions": sets.collect::<Vec<_>>(),
                "Metrics": metrics.collect::<Vec<_>>(),
            }]);
            let numbers: Vec<f64> = (0..values).map(|n| n as f64).collect();
            let list = serde_json::to_string(&numbers).unwrap();
            let each: Vec<String> = (0..100).map(|n| format!(r#""m{n}":{list}"#)).collect();
            format!(
                r#"{{"_aws":{{"Timestamp":{NOW},"CloudWatchMetrics":{directives}}},{},{}}}"#,
                members.join(","),
                each.join(",")
            )
        };
        let mut gathered = Gathered::default();
        for _ in 0..10 {
            add(
                &event("shop", "d", 100),
                NOW,
                &mut gathered,
                &mut Errors::default(),
            );
        }
        assert!(gathered.is_full());
        let sent = gathered.calls().into_iter().flatten();
        assert!(sent.count() < 1000);
        for (namespace, dimension) in [
            ("n".repeat(900_000), "d".to_owned()),
            ("n".to_owned(), "d".repeat(9000)),
        ] {
            let mut gathered = Gathered::default();
            add(
                &event(&namespace, &dimension, 1),
                NOW,
                &mut gathered,
                &mut Errors::default(),
            );
            assert_eq!(gathered.calls().len(), 0);
        }
    }

    /// One that CloudWatch would refuse does not take the others with it.
    #[test]
    fn bad_ones_are_left_out_alone() {
        let event = |namespace: &str, name: &str, unit: &str, value: &str, number: &str| {
            format!(
                r#"{{"_aws":{{"Timestamp":{NOW},"CloudWatchMetrics":[{{"Namespace":"{namespace}","Dimensions":[["city"]],
                "Metrics":[{{"Name":"{name}","Unit":"{unit}"}}]}}]}},"city":"{value}","{name}":{number}}}"#
            )
        };
        let mut gathered = Gathered::default();
        for it in [
            event("AWS/ECS", "m", "Count", "Bonn", "1"),
            event("n", "m", "ms", "Bonn", "1"),
            event("n", ":m", "Count", "Bonn", "1"),
            event("n", "m", "Count", "Zürich", "1"),
            event("n", "m", "Count", "Bonn", "1e200"),
            event("n", "m", "Count", "Bonn", "7"),
        ] {
            add(&it, NOW, &mut gathered, &mut Errors::default());
        }
        assert_eq!(gathered.left_out(), 5);
        let sent: Vec<_> = gathered.calls().into_iter().flatten().collect();
        assert_eq!(sent.len(), 1);
        assert_eq!(
            (&*sent[0].values, &*sent[0].counts),
            (&[7.0][..], &[1.0][..])
        );
    }

    #[test]
    fn what_is_wrong_with_events_is_counted() {
        let of = |aws: &str| format!(r#"{{"_aws":{aws},"city":"Bonn","m":1,"x":"no number"}}"#);
        let told = |dimensions: &str, metrics: &str| {
            let directive =
                format!(r#"{{"Namespace":"n","Dimensions":{dimensions},"Metrics":{metrics}}}"#);
            of(&format!(
                r#"{{"Timestamp":{NOW},"CloudWatchMetrics":[{directive}]}}"#
            ))
        };
        let one = r#"[{"Name":"m"}]"#;
        for (message, parsing, validation) in [
            (told("[]", one), 0, 0),
            (told(r#"[["city"],["nope"]]"#, one), 0, 1),
            (
                told("[]", r#"[{"Name":"m"},{"Name":"gone"},{"Name":"x"}]"#),
                0,
                2,
            ),
            (told("[]", r#"[{"Name":"m","Unit":"ms"}]"#), 0, 1),
            (told("[]", "7"), 1, 0),
            (of(r#"{"Timestamp":0,"CloudWatchMetrics":[]}"#), 0, 1),
            (of(r#"{"CloudWatchMetrics":[]}"#), 1, 0),
            // They do not say that they are in the format.
            (
                r#"{"CloudWatchMetrics":[{"Namespace":"n"}]}"#.to_owned(),
                0,
                0,
            ),
            ("\"CloudWatchMetrics\"".to_owned(), 0, 0),
        ] {
            if parsing + validation > 0 {
                assert!(is_marked(&message), "{message}");
            }
            let mut errors = Errors::default();
            add(&message, NOW, &mut Gathered::default(), &mut errors);
            assert_eq!(
                (errors.parsing, errors.validation),
                (parsing, validation),
                "{message}"
            );
        }
    }

    #[test]
    fn others_are_not() {
        let of = |aws: &str| format!(r#"{{"_aws":{aws},"m":1}}"#);
        let one = r#""CloudWatchMetrics":[{"Namespace":"n","Metrics":[{"Name":"m"}]}]"#;
        assert_eq!(
            found(&of(&format!(r#"{{"Timestamp":{NOW},{one}}}"#))).len(),
            1
        );
        for message in [
            "\"CloudWatchMetrics\"".to_owned(),
            of(&format!("{{{one}}}")),
            of(&format!(r#"{{"Timestamp":0,{one}}}"#)),
            of(&format!(r#"{{"Timestamp":{},{one}}}"#, i64::MAX)),
            of(&format!(r#"{{"Timestamp":{NOW},"CloudWatchMetrics":[]}}"#)),
            of(&format!(r#"{{"Timestamp":{NOW},{one}}}"#)).replace(":1}", ":\"x\"}"),
        ] {
            assert_eq!(found(&message), [], "{message}");
        }
    }
}
