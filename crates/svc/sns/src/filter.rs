//! Filter policies: which messages a subscription gets. Pure.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

use serde_json::{Map, Value};
use wharf_api_sns::faults;
use wharf_patterns::Pattern;
use wharf_wire::Fault;

use crate::{fault, message::Message, records::Settings};

/// Names of a policy.
const MOST_NAMES: usize = 5;
/// Combinations of a value of each list of a policy.
const MOST_COMBINATIONS: usize = 150;
/// Fields of a policy, with those of each choice of a `$or`: each message is held against all.
const MOST_FIELDS: usize = 1000;
const LONGEST: usize = 256 << 10;

/// Reads a policy.
pub fn parse(text: &str) -> Result<Pattern, Fault> {
    let bad = |why: &str| fault::invalid("FilterPolicy", why);
    if text.len() > LONGEST {
        return Err(bad("FilterPolicy is too long"));
    }
    let Ok(Value::Object(names)) = serde_json::from_str(text) else {
        return Err(bad("failed to parse JSON"));
    };
    if names.len() > MOST_NAMES {
        return Err(bad("Filter policy can not have more than 5 keys"));
    }
    let policy = Value::Object(names);
    // A pattern has each of its alternatives in full.
    if combinations(&policy) > MOST_COMBINATIONS || fields(&policy) > MOST_FIELDS {
        return Err(bad("Filter policy is too complex"));
    }
    Pattern::parse(text).map_err(|it| bad(&it.0))
}

/// Refuses a policy that no message could pass: attributes have no fields.
pub fn check_scope(settings: &Settings) -> Result<(), Fault> {
    match &settings.filter {
        Some(policy) if !settings.filters_body && parse(policy)?.is_nested() => {
            let text = "Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy";
            Err(faults::invalid_parameter_exception(text))
        }
        _ => Ok(()),
    }
}

/// Names at any depth.
fn fields(policy: &Value) -> usize {
    match policy {
        Value::Object(all) => all
            .values()
            .map(fields)
            .fold(all.len(), usize::saturating_add),
        Value::Array(all) => all.iter().map(fields).sum(),
        _ => 0,
    }
}

/// Ways to choose a value of each list. Of a `$or` they add up, and each value inside `anything-but` counts:
/// it is compared with like others.
fn combinations(policy: &Value) -> usize {
    let values = |it: &Value| match it {
        Value::Object(operator) => match operator.get("anything-but") {
            Some(Value::Array(unwanted)) => unwanted.len(),
            Some(Value::Object(inner)) => {
                let lists = inner.values().filter_map(Value::as_array);
                lists.map(Vec::len).max().unwrap_or(1)
            }
            _ => 1,
        },
        _ => 1,
    };
    let of = |(name, value): (&String, &Value)| match value {
        // Each choice is an object of fields; other lists of that name are values.
        Value::Array(choices) if name == "$or" && choices.len() > 1 => choices
            .iter()
            .map(combinations)
            .fold(0, usize::saturating_add),
        Value::Array(all) => all.iter().map(values).sum(),
        value => combinations(value),
    };
    match policy {
        Value::Object(fields) => fields.iter().map(of).fold(1, usize::saturating_mul),
        _ => 1,
    }
}

/// Whether a subscription gets a message, and by what of it it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Passes,
    Attributes,
    /// It has no attributes.
    NoAttributes,
    Body,
    /// Its body is no JSON.
    InvalidBody,
}

/// A subscription's filter, read once for all messages that are held against it. What was stored was read before; what cannot
/// be read lets nothing through.
pub enum Filter {
    Open,
    OfAttributes(Option<Pattern>),
    OfBody(Option<Pattern>),
}

/// A message as subscriptions of a protocol see it, read once for all filters that it is held against: a topic may have
/// thousands, and a body may be long.
pub struct View {
    message: Message,
    /// `None` for one that is no JSON.
    body: OnceLock<Option<Value>>,
    attributes: OnceLock<Value>,
}

impl View {
    pub fn of(message: Message) -> Self {
        Self {
            message,
            body: OnceLock::new(),
            attributes: OnceLock::new(),
        }
    }

    fn body(&self) -> Option<&Value> {
        let read = || serde_json::from_str(&self.message.text).ok();
        self.body.get_or_init(read).as_ref()
    }

    fn attributes(&self) -> &Value {
        self.attributes.get_or_init(|| document(&self.message))
    }
}

impl Filter {
    /// About how many bytes it takes in memory.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Open => 0,
            Self::OfAttributes(pattern) | Self::OfBody(pattern) => {
                pattern.as_ref().map_or(0, Pattern::bytes)
            }
        }
    }

    pub fn of(settings: &Settings) -> Self {
        match &settings.filter {
            None => Self::Open,
            Some(policy) if settings.filters_body => Self::OfBody(Pattern::parse(policy).ok()),
            Some(policy) => Self::OfAttributes(Pattern::parse(policy).ok()),
        }
    }

    /// Whether the subscription gets a message.
    pub fn lets(&self, message: &View) -> bool {
        self.verdict(message) == Verdict::Passes
    }

    /// The same, with the reason.
    pub fn verdict(&self, message: &View) -> Verdict {
        let matches = |pattern: &Option<Pattern>, document: &Value| {
            let judged = pattern.as_ref().map(|it| it.judge(document));
            judged.is_some_and(|it| it.unwrap_or_else(given_up))
        };
        match self {
            Self::Open => Verdict::Passes,
            Self::OfBody(pattern) => match message.body() {
                Some(body) if matches(pattern, body) => Verdict::Passes,
                Some(_) => Verdict::Body,
                None => Verdict::InvalidBody,
            },
            Self::OfAttributes(pattern) if matches(pattern, message.attributes()) => {
                Verdict::Passes
            }
            Self::OfAttributes(_) if message.message.attributes.is_empty() => Verdict::NoAttributes,
            Self::OfAttributes(_) => Verdict::Attributes,
        }
    }
}

/// Says that a message is held not to pass a filter, ever less often: they are published as often as somebody likes.
fn given_up() -> bool {
    static TIMES: AtomicU64 = AtomicU64::new(0);
    let times = TIMES.fetch_add(1, Ordering::Relaxed) + 1;
    if times.is_power_of_two() {
        tracing::warn!(
            times,
            "holding a message to a filter policy was given up, it would take too many steps: the message is filtered out"
        );
    }
    false
}

/// Attributes as a document: texts, numbers, and lists of both. Binary ones are not filtered by.
fn document(message: &Message) -> Value {
    let mut all = Map::new();
    for (name, it) in &message.attributes {
        let text = it.text.as_deref().unwrap_or_default();
        let value = match it.data_type.as_str() {
            "Number" | "String.Array" => serde_json::from_str(text).unwrap_or(Value::Null),
            kind if kind.starts_with("Binary") => continue,
            _ => text.into(),
        };
        all.insert(name.clone(), value);
    }
    all.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Attribute;

    #[test]
    fn attributes_and_bodies_are_filtered_by() {
        let attribute = |kind: &str, text: &str| Attribute {
            data_type: kind.to_owned(),
            text: Some(text.to_owned()),
            binary: None,
        };
        let message = Message {
            text: r#"{"store": {"city": "Ulm"}}"#.to_owned(),
            attributes: [
                ("kind".to_owned(), attribute("String", "order")),
                ("price".to_owned(), attribute("Number", "210.5")),
                (
                    "tags".to_owned(),
                    attribute("String.Array", r#"["a", "b"]"#),
                ),
            ]
            .into(),
            ..Message::default()
        };
        let message = View::of(message);
        for (filter, body, lets_it) in [
            (r#"{"kind": ["order", "refund"]}"#, false, true),
            (r#"{"kind": [{"anything-but": "order"}]}"#, false, false),
            (
                r#"{"price": [{"numeric": [">", 200, "<=", 300]}]}"#,
                false,
                true,
            ),
            (r#"{"tags": ["b"]}"#, false, true),
            (r#"{"other": [{"exists": false}]}"#, false, true),
            (r#"{"kind": ["order"], "other": ["x"]}"#, false, false),
            (r#"{"store": {"city": [{"prefix": "U"}]}}"#, true, true),
            (r#"{"kind": ["order"]}"#, true, false),
        ] {
            parse(filter).unwrap();
            let settings = Settings {
                filter: Some(filter.to_owned()),
                filters_body: body,
                ..Settings::default()
            };
            assert_eq!(Filter::of(&settings).lets(&message), lets_it, "{filter}");
        }
        assert!(parse("{").is_err() && parse(r#"{"a": "b"}"#).is_err());
    }

    #[test]
    fn a_policy_within_fields_is_of_bodies_alone() {
        for (policy, is_nested) in [
            (r#"{"kind": ["order"]}"#, false),
            (r#"{"price": [{"anything-but": {"prefix": "x"}}]}"#, false),
            (r#"{"$or": [{"a": ["x"]}, {"b": ["y"]}]}"#, false),
            (r#"{"store": {"city": ["Ulm"]}}"#, true),
            (r#"{"$or": [{"a": ["x"]}, {"b": {"c": ["y"]}}]}"#, true),
        ] {
            let mut settings = Settings {
                filter: Some(policy.to_owned()),
                ..Settings::default()
            };
            assert_eq!(check_scope(&settings).is_err(), is_nested, "{policy}");
            settings.filters_body = true;
            assert!(check_scope(&settings).is_ok(), "{policy}");
        }
        assert!(check_scope(&Settings::default()).is_ok());
    }

    #[test]
    fn policies_have_150_combinations_at_most() {
        let list = |count: usize| serde_json::json!(vec!["x"; count]).to_string();
        let of = |a: usize, b: usize| format!(r#"{{"a": {}, "b": {{"c": {}}}}}"#, list(a), list(b));
        assert!(parse(&of(10, 15)).is_ok());
        assert!(parse(&of(10, 16)).is_err());
        let or = |count: usize| format!(r#"{{"$or": [{{"a": {}}}, {{"b": ["x"]}}]}}"#, list(count));
        assert!(parse(&or(149)).is_ok());
        assert!(parse(&or(150)).is_err());
        let but = |count: usize| format!(r#"{{"a": [{{"anything-but": {}}}]}}"#, list(count));
        assert!(parse(&but(150)).is_ok());
        assert!(parse(&but(151)).is_err());
        let inside = |count: usize| {
            let fields = (0..count).map(|it| format!(r#""f{it}": ["x"]"#));
            let fields: Vec<String> = fields.collect();
            format!(r#"{{"a": {{{}}}}}"#, fields.join(","))
        };
        assert!(parse(&inside(999)).is_ok());
        assert!(parse(&inside(1000)).is_err());
    }
}
