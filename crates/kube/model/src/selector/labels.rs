//! Label selectors, as text (`a=b,c in (d,e),!f`) and as objects (`matchLabels`, `matchExpressions`).

use serde_json::{Map, Value};

use super::parse;
use crate::{
    field::quoted,
    names,
    view::{at, items, map, text, texts},
};

/// Why something is no label selector, in upstream's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLabels {
    #[error("found '{found}', expected: {expected}")]
    Unexpected {
        found: String,
        expected: &'static str,
    },
    #[error("found '{0}' expected: '('")]
    NoList(String),
    /// A text has a part that is no requirement.
    #[error("unable to parse requirement: {0}")]
    Part(#[source] Box<Self>),
    #[error("{} is not a valid label selector operator", quoted(.0))]
    Operator(String),
    #[error("{}", told(.0))]
    Requirement(Vec<BadRequirement>),
}

/// One thing that is wrong with a requirement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRequirement {
    #[error("{path}: Invalid value: {}: {}", quoted(.key), .faults.join("; "))]
    Key {
        path: &'static str,
        key: String,
        faults: Vec<String>,
    },
    #[error("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty")]
    NoValues,
    #[error(
        "values: Invalid value: {}: values set must be empty for exists and does not exist",
        crate::field::go_json(&.0.clone().into())
    )]
    Values(Vec<String>),
    #[error(
        "values[{at}]: Invalid value: {}: for 'Gt', 'Lt' operators, the value must be an integer",
        quoted(.value)
    )]
    NoInteger { at: usize, value: String },
    #[error("values[{at}][{key}]: Invalid value: {}: {}", quoted(.value), .faults.join("; "))]
    Value {
        at: usize,
        key: String,
        value: String,
        faults: Vec<String>,
    },
}

/// One as it is, several as a list.
fn told(all: &[BadRequirement]) -> String {
    match all {
        [one] => one.to_string(),
        many => {
            let many: Vec<String> = many.iter().map(ToString::to_string).collect();
            format!("[{}]", many.join(", "))
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    pub key: String,
    pub operator: Operator,
    pub values: Vec<String>,
}

/// All of these requirements hold, or the selector chooses nothing at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels(Option<Vec<Requirement>>);

impl Labels {
    pub const fn everything() -> Self {
        Self(Some(Vec::new()))
    }

    pub const fn nothing() -> Self {
        Self(None)
    }

    /// The `labelSelector` of a request.
    pub fn parse(text: &str) -> Result<Self, BadLabels> {
        let mut requirements = parse::requirements(text)?;
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Self(Some(requirements)))
    }

    /// A LabelSelector: none chooses nothing, an empty one everything.
    pub fn of_selector(selector: Option<&Value>) -> Result<Self, BadLabels> {
        let Some(selector) = selector.filter(|value| !value.is_null()) else {
            return Ok(Self::nothing());
        };
        let mut out = Vec::new();
        for (key, value) in map(selector, "matchLabels").into_iter().flatten() {
            let value = value.as_str().unwrap_or_default().to_owned();
            out.push(requirement(key.clone(), Operator::In, vec![value])?);
        }
        for expression in items(selector, "matchExpressions") {
            let operator = match text(expression, "operator") {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                other => return Err(BadLabels::Operator(other.to_owned())),
            };
            let values = texts(expression, "values").map(str::to_owned).collect();
            out.push(requirement(
                text(expression, "key").to_owned(),
                operator,
                values,
            )?);
        }
        out.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Self(Some(out)))
    }

    /// A plain set, as services and replication controllers have: an empty one chooses everything.
    pub fn of_set(set: Option<&Map<String, Value>>) -> Self {
        let mut out: Vec<Requirement> = set
            .into_iter()
            .flatten()
            .map(|(key, value)| Requirement {
                key: key.clone(),
                operator: Operator::In,
                values: vec![value.as_str().unwrap_or_default().to_owned()],
            })
            .collect();
        out.sort_by(|a, b| a.key.cmp(&b.key));
        Self(Some(out))
    }

    pub fn matches(&self, labels: Option<&Map<String, Value>>) -> bool {
        let Some(requirements) = &self.0 else {
            return false;
        };
        requirements.iter().all(|requirement| {
            let value = labels
                .and_then(|labels| labels.get(&requirement.key))
                .and_then(Value::as_str);
            requirement.matches(value)
        })
    }

    /// Whether an object's own labels fit.
    pub fn matches_object(&self, object: &Value) -> bool {
        let labels = || at(object, &["metadata", "labels"]).and_then(Value::as_object);
        self.is_everything() || self.matches(labels())
    }

    pub fn is_everything(&self) -> bool {
        self.0.as_ref().is_some_and(Vec::is_empty)
    }

    pub fn requirements(&self) -> &[Requirement] {
        self.0.as_deref().unwrap_or_default()
    }
}

/// As `kubectl get -o wide` prints selectors and scale tells them.
impl std::fmt::Display for Labels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, one) in self.requirements().iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            let key = &one.key;
            let mut values = one.values.clone();
            values.sort_unstable();
            let list = values.join(",");
            match one.operator {
                Operator::In if values.len() == 1 => write!(f, "{key}={list}")?,
                Operator::In => write!(f, "{key} in ({list})")?,
                Operator::NotIn if values.len() == 1 => write!(f, "{key}!={list}")?,
                Operator::NotIn => write!(f, "{key} notin ({list})")?,
                Operator::Exists => f.write_str(key)?,
                Operator::DoesNotExist => write!(f, "!{key}")?,
                Operator::GreaterThan => write!(f, "{key}>{list}")?,
                Operator::LessThan => write!(f, "{key}<{list}")?,
            }
        }
        Ok(())
    }
}

impl Requirement {
    /// `value` is what the label of this key says, if it is there.
    pub fn matches(&self, value: Option<&str>) -> bool {
        let chosen = |value: &str| self.values.iter().any(|one| one == value);
        match (self.operator, value) {
            (Operator::In, value) => value.is_some_and(chosen),
            (Operator::NotIn, value) => !value.is_some_and(chosen),
            (Operator::Exists, value) => value.is_some(),
            (Operator::DoesNotExist, value) => value.is_none(),
            (Operator::GreaterThan | Operator::LessThan, value) => {
                let bound = self.values.first().and_then(|one| one.parse::<i64>().ok());
                match (value.and_then(|value| value.parse::<i64>().ok()), bound) {
                    (Some(value), Some(bound)) if self.operator == Operator::GreaterThan => {
                        value > bound
                    }
                    (Some(value), Some(bound)) => value < bound,
                    _ => false,
                }
            }
        }
    }
}

pub(super) fn requirement(
    key: String,
    operator: Operator,
    values: Vec<String>,
) -> Result<Requirement, BadLabels> {
    let mut errors = Vec::new();
    errors.extend(key_fault(&key, "key"));
    match operator {
        Operator::In | Operator::NotIn if values.is_empty() => {
            errors.push(BadRequirement::NoValues);
        }
        Operator::Exists | Operator::DoesNotExist if !values.is_empty() => {
            errors.push(BadRequirement::Values(values.clone()));
        }
        Operator::GreaterThan | Operator::LessThan => {
            for (at, value) in values.iter().enumerate() {
                if value.parse::<i64>().is_err() {
                    errors.push(BadRequirement::NoInteger {
                        at,
                        value: value.clone(),
                    });
                }
            }
        }
        _ => {}
    }
    for (at, value) in values.iter().enumerate() {
        let faults = names::label_value(value);
        if !faults.is_empty() {
            errors.push(BadRequirement::Value {
                at,
                key: key.clone(),
                value: value.clone(),
                faults,
            });
        }
    }
    if !errors.is_empty() {
        return Err(BadLabels::Requirement(errors));
    }
    Ok(Requirement {
        key,
        operator,
        values,
    })
}

pub(super) fn key_fault(key: &str, path: &'static str) -> Option<BadRequirement> {
    let faults = names::qualified_name(key);
    (!faults.is_empty()).then(|| BadRequirement::Key {
        path,
        key: key.to_owned(),
        faults,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn labels(text: &str) -> Map<String, Value> {
        text.split(',')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.into()))
            .collect()
    }

    #[test]
    fn text_selects() {
        let cases = [
            ("", "a=b", true),
            ("a=b", "a=b", true),
            ("a==b", "a=c", false),
            ("a!=b", "", true),
            ("a!=b", "a=b", false),
            ("a", "a=x", true),
            ("!a", "a=x", false),
            ("!a", "b=x", true),
            ("a in (b, c)", "a=c", true),
            ("a in (b,c)", "a=d", false),
            ("a notin (b,c)", "", true),
            ("a in ()", "a=", true),
            ("a in (b,)", "a=", true),
            ("a=", "a=", true),
            ("a=,b", "a=,b=1", true),
            ("in in (in,notin)", "in=notin", true),
            ("a>5", "a=6", true),
            ("a>5", "a=x", false),
            ("a<5", "a=4", true),
            ("x.io/a = b , c", "x.io/a=b,c=1", true),
            ("notin=x", "notin=x", true),
        ];
        for (selector, set, expected) in cases {
            let parsed = Labels::parse(selector).expect(selector);
            assert_eq!(parsed.matches(Some(&labels(set))), expected, "{selector}");
        }
    }

    #[test]
    fn faults_are_told_in_upstreams_words() {
        let cases = [
            ("a,", "found '', expected: identifier after ','"),
            (
                ",a",
                "found ',', expected: !, identifier, or 'end of string'",
            ),
            (
                "a b",
                "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
            ),
            (
                "a in b",
                "unable to parse requirement: found 'b' expected: '('",
            ),
            ("a=b=c", "found '=', expected: ',' or 'end of string'"),
            (
                "a>x",
                "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
            ),
        ];
        for (selector, message) in cases {
            assert_eq!(Labels::parse(selector).unwrap_err().to_string(), message);
        }
        let key = Labels::parse("_=1").unwrap_err().to_string();
        assert!(
            key.starts_with(
                "unable to parse requirement: <nil>: Invalid value: \"_\": name part must consist of"
            ),
            "{key}"
        );
    }

    #[test]
    fn objects_select() {
        let set = labels("a=1,b=2");
        for (selector, expected) in [
            (Value::Null, false),
            (json!({}), true),
            (json!({"matchLabels": {"a": "1"}}), true),
            (
                json!({"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "NotIn", "values": ["2"]}]}),
                false,
            ),
            (
                json!({"matchExpressions": [{"key": "c", "operator": "DoesNotExist"}]}),
                true,
            ),
        ] {
            let parsed = Labels::of_selector(Some(&selector)).expect("a selector");
            assert_eq!(parsed.matches(Some(&set)), expected, "{selector}");
        }
        let odd = json!({"matchExpressions": [{"key": "c", "operator": "Near"}]});
        assert_eq!(
            Labels::of_selector(Some(&odd)).unwrap_err().to_string(),
            "\"Near\" is not a valid label selector operator"
        );
        let odd = json!({"matchExpressions": [{"key": "_", "operator": "In"}]});
        let told = Labels::of_selector(Some(&odd)).unwrap_err().to_string();
        assert!(
            told.starts_with("[key: Invalid value: \"_\": name part must consist of")
                && told.ends_with(
                    ", values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty]"
                ),
            "{told}"
        );
    }

    #[test]
    fn a_selector_is_printed_as_text() {
        for (text, printed) in [
            ("b=2,a", "a,b=2"),
            ("a in (y,x)", "a in (x,y)"),
            ("a!=1,!c", "a!=1,!c"),
        ] {
            assert_eq!(Labels::parse(text).expect(text).to_string(), printed);
        }
    }

    proptest::proptest! {
        /// No text brings the parser down, and what it reads it prints so that it reads the same again.
        #[test]
        fn any_text_is_read_or_refused(text in "[a!=, ()<>ionté./-]{0,24}") {
            if let Ok(selector) = Labels::parse(&text) {
                proptest::prop_assert_eq!(Labels::parse(&selector.to_string()), Ok(selector));
            }
        }
    }
}
