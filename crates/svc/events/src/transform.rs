//! What a target is sent of an event: all of it, a part, a text of its own, or a template with parts of
//! the event filled in. Pure.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value};
use wharf_api_events::Target;

use crate::path::Path;

/// Bytes of what is made for a target: AWS's bound of an entry.
const MOST_BYTES: usize = 256 << 10;
/// Names of variables that are there for every template.
const RESERVED: &str = "aws.events.";

/// How the input of a target is made.
#[derive(Debug, Clone, PartialEq)]
pub enum Transform {
    Whole,
    Constant(String),
    Part(Path),
    Template {
        paths: BTreeMap<String, Path>,
        template: Template,
    },
}

/// Why a target cannot have what it asks for, in EventBridge's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTransform {
    #[error("Only one of Input, InputPath, or InputTransformer must be provided for target {0}.")]
    Several(String),
    #[error("JSON syntax error in input for target {0}")]
    Input(String),
    #[error("Invalid InputPath for target {0}.")]
    Path(String),
    #[error(
        "Invalid InputTemplate for target {0} : [it begins as an object of JSON and becomes none]"
    )]
    Template(String),
    #[error("Invalid InputTransformer for target {id} : [{why}]")]
    Transformer { id: String, why: BadTemplate },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    #[error("{0} is a reserved name.")]
    Reserved(String),
    #[error("{0} is not a path.")]
    NoPath(String),
    #[error("InputTemplate contains the placeholder {0}, which is not in InputPathsMap.")]
    Unknown(String),
}

/// What templates may say beyond the event.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub rule: &'a str,
    pub rule_arn: &'a str,
    pub ingested_at: &'a str,
}

impl Transform {
    /// What a target asks for.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub fn of(target: &Target) -> Result<Self, BadTransform> {
        let id = target.id.as_deref().unwrap_or_default();
        let given = [
            target.input.is_some(),
            target.input_path.is_some(),
            target.input_transformer.is_some(),
        ];
        if given.iter().filter(|it| **it).count() > 1 {
            return Err(BadTransform::Several(id.to_owned()));
        }
        if let Some(input) = &target.input {
            return match serde_json::from_str::<IgnoredAny>(input) {
                Ok(_) => Ok(Self::Constant(input.clone())),
                Err(_) => Err(BadTransform::Input(id.to_owned())),
            };
        }
        if let Some(path) = &target.input_path {
            let path = Path::parse(path);
            return path
                .map(Self::Part)
                .ok_or_else(|| BadTransform::Path(id.to_owned()));
        }
        let Some(transformer) = &target.input_transformer else {
            return Ok(Self::Whole);
        };
        let bad = |why| BadTransform::Transformer {
            id: id.to_owned(),
            why,
        };
        let mut paths = BTreeMap::new();
        for (name, path) in transformer.input_paths_map.iter().flatten() {
            if name.to_lowercase().starts_with("aws") {
                return Err(bad(BadTemplate::Reserved(name.clone())));
            }
            let read = Path::parse(path);
            let read = read.ok_or_else(|| bad(BadTemplate::NoPath(path.clone())))?;
            paths.insert(name.clone(), read);
        }
        let text = transformer.input_template.as_deref().unwrap_or_default();
        let template = Template::parse(text);
        let known = |name: &str| paths.contains_key(name) || reserved(name);
        if let Some(unknown) = template.names().find(|it| !known(it)) {
            return Err(bad(BadTemplate::Unknown(unknown.to_owned())));
        }
        Ok(Self::Template { paths, template })
    }

    /// As [`Self::of`], for what is put now. Of what was put before, a template may be no JSON.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub fn check(target: &Target) -> Result<(), BadTransform> {
        match Self::of(target)? {
            Self::Template { template, .. } if !template.becomes_json() => {
                let id = target.id.as_deref().unwrap_or_default();
                Err(BadTransform::Template(id.to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// What is sent of an event. `text` is the event as it is written. `None` if a template makes more of
    /// it than a target may be sent.
    pub fn apply(&self, event: &Value, text: &str, facts: &Facts<'_>) -> Option<String> {
        Some(match self {
            Self::Whole => text.to_owned(),
            Self::Constant(input) => input.clone(),
            Self::Part(path) => path.find(event).unwrap_or_default().to_string(),
            Self::Template { paths, template } => template.fill(|name| {
                let facts = || fact(name, event, facts);
                match paths.get(name) {
                    Some(path) => path.find(event),
                    None => facts(),
                }
            })?,
        })
    }
}

fn reserved(name: &str) -> bool {
    let known = [
        "rule-arn",
        "rule-name",
        "event.ingestion-time",
        "event",
        "event.json",
    ];
    name.strip_prefix(RESERVED)
        .is_some_and(|rest| known.contains(&rest))
}

fn fact(name: &str, event: &Value, facts: &Facts<'_>) -> Option<Value> {
    Some(match name.strip_prefix(RESERVED)? {
        "rule-arn" => facts.rule_arn.into(),
        "rule-name" => facts.rule.into(),
        "event.ingestion-time" => facts.ingested_at.into(),
        "event.json" => event.clone(),
        "event" => {
            let members = event.as_object()?.iter();
            let members = members.filter(|(name, _)| *name != "detail");
            // AWS writes that one otherwise here than in events.
            let named = |name: &str| match name {
                "detail-type" => "detailType".to_owned(),
                other => other.to_owned(),
            };
            let members = members.map(|(name, it)| (named(name), it.clone()));
            Value::Object(members.collect())
        }
        _ => return None,
    })
}

/// A template, cut at its placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// A variable, and where it stands.
    Variable(String, Where),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    /// Between the quotes of a text: its own quotes are escaped.
    Quoted,
    /// A value of a document: texts get quotes.
    Bare,
    /// In no document: as it is.
    Plain,
}

impl Template {
    fn parse(text: &str) -> Self {
        let trimmed = text.trim();
        let alone = trimmed.starts_with('<') && trimmed.find('>') == Some(trimmed.len() - 1);
        let outside = match alone || trimmed.starts_with(['{', '[']) {
            true => Where::Bare,
            false => Where::Plain,
        };
        let (mut pieces, mut plain) = (Vec::new(), String::new());
        let (mut quoted, mut escaped) = (false, false);
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let name = placeholder(rest).filter(|_| !escaped);
            if let Some(name) = name {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                let place = if quoted { Where::Quoted } else { outside };
                pieces.push(Piece::Variable(name.to_owned(), place));
                rest = &rest[name.len() + 2..];
                continue;
            }
            match c {
                '"' if !escaped => quoted = !quoted,
                _ => {}
            }
            escaped = c == '\\' && !escaped;
            plain.push(c);
            rest = &rest[c.len_utf8()..];
        }
        pieces.push(Piece::Text(plain));
        Self(pieces)
    }

    /// Whether it becomes JSON with some values of its variables, if it begins as an object does. Others may be texts.
    fn becomes_json(&self) -> bool {
        let is_json = |value: Value| {
            let filled = self.fill(|_| Some(value.clone()));
            // Brackets that are none of a placeholder have a backslash of their own.
            let filled = filled.unwrap_or_default().replace("\\<", "\\u003c");
            let filled = filled.replace("\\>", "\\u003e");
            let mut values = Deserializer::from_str(&filled).into_iter::<IgnoredAny>();
            values.all(|it| it.is_ok())
        };
        let begins_object = match self.0.first() {
            Some(Piece::Text(text)) => text.trim_start().starts_with('{'),
            _ => false,
        };
        !begins_object || is_json("".into()) || is_json(1.into())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|it| match it {
            Piece::Variable(name, _) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// With the values of variables; one without a value is an empty text. `None` once it is too much.
    fn fill(&self, value: impl Fn(&str) -> Option<Value>) -> Option<String> {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Variable(name, place) => {
                    let value = value(name).unwrap_or_else(|| "".into());
                    match (place, &value) {
                        (Where::Bare, value) => out.push_str(&value.to_string()),
                        (Where::Plain, Value::String(text)) => out.push_str(text),
                        (Where::Plain, value) => out.push_str(&value.to_string()),
                        (Where::Quoted, value) => {
                            let text = match value {
                                Value::String(text) => text.clone(),
                                value => value.to_string(),
                            };
                            let escaped = Value::String(text).to_string();
                            out.push_str(&escaped[1..escaped.len() - 1]);
                        }
                    }
                }
            }
            if out.len() > MOST_BYTES {
                return None;
            }
        }
        Some(out)
    }
}

/// The name in `<name>` at the start of a text.
fn placeholder(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('<')?.split_once('>')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (!name.is_empty() && name.chars().all(fits)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wharf_api_events::InputTransformer;

    fn sent(target: Target) -> String {
        let event = json!({"id": "7", "detail-type": "T", "detail": {"name": "a \"b\"", "n": 3, "list": [1, {"x": 2}]}});
        let transform = Transform::of(&target).unwrap();
        let facts = Facts {
            rule: "r",
            rule_arn: "arn:r",
            ingested_at: "now",
        };
        transform.apply(&event, &event.to_string(), &facts).unwrap()
    }

    fn template(text: &str) -> Target {
        let paths = [
            ("name", "$.detail.name"),
            ("n", "$.detail.n"),
            ("all", "$.detail"),
            ("no", "$.x"),
        ];
        let paths = paths.map(|(name, path)| (name.to_owned(), path.to_owned()));
        Target {
            id: Some("t".to_owned()),
            input_transformer: Some(InputTransformer {
                input_paths_map: Some(paths.into()),
                input_template: Some(text.to_owned()),
            }),
            ..Target::default()
        }
    }

    #[test]
    fn all_a_part_or_a_text_of_its_own() {
        assert!(sent(Target::default()).starts_with(r#"{"id":"7""#));
        let part = |path: &str| Target {
            input_path: Some(path.to_owned()),
            ..Target::default()
        };
        assert_eq!(sent(part("$.detail.list[1]")), r#"{"x":2}"#);
        assert_eq!(sent(part("$.nothing")), "null");
        let own = Target {
            input: Some("[1]".to_owned()),
            ..Target::default()
        };
        assert_eq!(sent(own), "[1]");
    }

    #[test]
    fn templates_are_filled_by_where_a_variable_stands() {
        for (text, filled) in [
            (r#"{"a": <name>, "n": <n>}"#, r#"{"a": "a \"b\"", "n": 3}"#),
            (
                r#"{"a": "is <name>!", "n": "<n>"}"#,
                r#"{"a": "is a \"b\"!", "n": "3"}"#,
            ),
            (r#""<n> of <name>""#, r#""3 of a \"b\"""#),
            ("<name> is <n>", "a \"b\" is 3"),
            ("<name>", r#""a \"b\"""#),
            (
                r#"{"rule": <aws.events.rule-name>, "at": "<aws.events.event.ingestion-time>"}"#,
                r#"{"rule": "r", "at": "now"}"#,
            ),
            (
                r#"{"e": <aws.events.event>}"#,
                r#"{"e": {"id":"7","detailType":"T"}}"#,
            ),
            (r#"{"x": <no>, "y": "<no>"}"#, r#"{"x": "", "y": ""}"#),
            ("1 < 2", "1 < 2"),
        ] {
            assert_eq!(sent(template(text)), filled, "{text}");
        }
    }

    #[test]
    fn what_a_template_makes_is_bounded() {
        let facts = Facts {
            rule: "r",
            rule_arn: "arn:r",
            ingested_at: "now",
        };
        for (bytes, times, fits) in [
            (1000, 250, true),
            (1000, 270, false),
            (250 << 10, 2048, false),
        ] {
            let transform = Transform::of(&template(&"<n>".repeat(times))).unwrap();
            let event = json!({"detail": {"n": "x".repeat(bytes)}});
            let made = transform.apply(&event, "", &facts);
            assert_eq!(
                made.map(|it| it.len()),
                fits.then_some(bytes * times),
                "{bytes} {times}"
            );
        }
    }

    #[test]
    fn what_cannot_be_had_is_refused() {
        let two = Target {
            id: Some("t".to_owned()),
            input: Some("1".to_owned()),
            input_path: Some("$".to_owned()),
            ..Target::default()
        };
        let text =
            "Only one of Input, InputPath, or InputTransformer must be provided for target t.";
        assert_eq!(Transform::of(&two).unwrap_err().to_string(), text);
        assert!(Transform::of(&template("<unknown>")).is_err());
        for (text, fits) in [
            (r#"{"x": <n>, "y": "<n> <n>", "z": -<n>}"#, true),
            (r#" {"x": [<n>]}"#, true),
            (r#"{"x": "\<n\> \\<b"}"#, true),
            ("<n> is {", true),
            ("\"a\" b", true),
            ("", true),
            (r#"{"x":"#, false),
            (r#"{"x": <n> <n>}"#, false),
            ("{<n>", false),
        ] {
            let checked = Transform::check(&template(text));
            assert_eq!(checked.is_ok(), fits, "{text}");
        }
        let text = Transform::check(&template("{")).unwrap_err().to_string();
        assert!(
            text.starts_with("Invalid InputTemplate for target"),
            "{text}"
        );
        assert!(Transform::of(&template("<aws.events.nothing>")).is_err());
        let bad = Target {
            input: Some("{".to_owned()),
            ..Target::default()
        };
        assert!(Transform::of(&bad).is_err());
    }
}
