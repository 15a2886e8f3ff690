//! The JSON paths of definitions: members, indexes, `[*]`, and filters that compare a member with a constant.

use serde_json::Value;

use crate::view::member;

/// A path that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Path(Vec<Step>);

/// Why a text is no path that is supported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    #[error("unterminated array in {0:?}")]
    Unclosed(String),
    #[error("more than {MOST_STEPS} steps in {0:?}")]
    TooLong(String),
    #[error("recursion is not supported in {0:?}")]
    Recursive(String),
    #[error("invalid array index {0}")]
    Index(String),
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Member(String),
    /// From the end when negative.
    Index(i64),
    All,
    /// Those elements whose member at this path equals the constant, or differs from it.
    Filter {
        path: Vec<String>,
        equal: bool,
        value: Value,
    },
}

/// As many steps as a path may have.
const MOST_STEPS: usize = 64;
/// As many values as a path may lead to.
const MOST_VALUES: usize = 1000;

impl Path {
    /// `.spec.replicas`, `.status.conditions[?(@.type=="Ready")].status`, `.metadata.annotations['a.b/c']`.
    pub fn parse(text: &str) -> Result<Self, BadPath> {
        let unclosed = || BadPath::Unclosed(text.to_owned());
        let mut steps = Vec::new();
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        while !rest.is_empty() {
            if steps.len() == MOST_STEPS {
                return Err(BadPath::TooLong(text.to_owned()));
            }
            if let Some(inner) = rest.strip_prefix('[') {
                let end = closing(inner).ok_or_else(unclosed)?;
                steps.push(bracket(&inner[..end])?);
                rest = &inner[end + 1..];
            } else {
                let bare = rest.strip_prefix('.').unwrap_or(rest);
                if bare.starts_with('.') {
                    return Err(BadPath::Recursive(text.to_owned()));
                }
                if bare.starts_with('[') || bare.is_empty() {
                    rest = bare;
                    continue;
                }
                let (name, after) = dotted(bare);
                steps.push(if name == "*" {
                    Step::All
                } else {
                    Step::Member(name)
                });
                rest = after;
            }
        }
        Ok(Self(steps))
    }

    pub fn find<'a>(&self, object: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![object];
        for step in &self.0 {
            found = found
                .into_iter()
                .flat_map(|value| step.apply(value))
                .take(MOST_VALUES)
                .collect();
        }
        found
    }

    /// The one value a path without wildcards leads to.
    pub fn first<'a>(&self, object: &'a Value) -> Option<&'a Value> {
        self.find(object).into_iter().next()
    }
}

impl Step {
    fn apply<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match (self, value) {
            (Self::Member(name), _) => member(value, name).into_iter().collect(),
            (Self::Index(index), Value::Array(items)) => {
                let at = if *index < 0 {
                    items
                        .len()
                        .checked_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX))
                } else {
                    usize::try_from(*index).ok()
                };
                at.and_then(|at| items.get(at)).into_iter().collect()
            }
            (Self::All, Value::Array(items)) => items.iter().collect(),
            (Self::All, Value::Object(members)) => members.values().collect(),
            (Self::Filter { path, equal, value }, Value::Array(items)) => items
                .iter()
                .filter(|item| {
                    let found = path.iter().try_fold(*item, |item, name| member(item, name));
                    found.is_some_and(|found| (found == value) == *equal)
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// Up to the next dot or bracket; a backslash takes the character after it as it is.
fn dotted(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => name.extend(chars.next().map(|(_, c)| c)),
            '.' | '[' => return (name, &text[at..]),
            c => name.push(c),
        }
    }
    (name, "")
}

/// Where the bracket closes, quotes considered.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, ']') => return Some(at),
            _ => {}
        }
    }
    None
}

fn bracket(text: &str) -> Result<Step, BadPath> {
    let text = text.trim();
    if text == "*" {
        return Ok(Step::All);
    }
    if let Some(name) = unquoted(text) {
        return Ok(Step::Member(name.to_owned()));
    }
    if let Ok(index) = text.parse() {
        return Ok(Step::Index(index));
    }
    let invalid = || BadPath::Index(text.to_owned());
    let filter = text
        .strip_prefix("?(")
        .and_then(|text| text.strip_suffix(')'))
        .ok_or_else(invalid)?;
    let (left, equal, right) = match filter.split_once("==") {
        Some((left, right)) => (left, true, right),
        None => {
            let (left, right) = filter.split_once("!=").ok_or_else(invalid)?;
            (left, false, right)
        }
    };
    let left = left.trim().strip_prefix('@').ok_or_else(invalid)?;
    let mut path = Vec::new();
    let mut rest = left.trim_start_matches('.');
    while !rest.is_empty() && path.len() < MOST_STEPS {
        let (name, after) = dotted(rest);
        if name.is_empty() {
            return Err(invalid());
        }
        path.push(name);
        rest = after.trim_start_matches('.');
    }
    let right = right.trim();
    let value = match unquoted(right) {
        Some(text) => Value::from(text),
        None => serde_json::from_str(right).map_err(|_| invalid())?,
    };
    Ok(Step::Filter { path, equal, value })
}

fn unquoted(text: &str) -> Option<&str> {
    ['\'', '"'].iter().find_map(|quote| {
        text.strip_prefix(*quote)
            .and_then(|text| text.strip_suffix(*quote))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_to_values() {
        let object = json!({"spec": {"a": 1, "list": [{"type": "x", "v": 1, "n": 5}, {"type": "Ready", "v": 2}]},
            "metadata": {"annotations": {"a.b/c": "d"}}});
        for (path, expected) in [
            (".spec.a", json!([1])),
            ("$.spec.a", json!([1])),
            (".spec.list[0].v", json!([1])),
            (".spec.list[-1].v", json!([2])),
            (".spec.list[-9].v", json!([])),
            (".spec.list[9].v", json!([])),
            (".spec.list[*].v", json!([1, 2])),
            (".spec.list[?(@.type==\"Ready\")].v", json!([2])),
            (".spec.list[?(@.type != 'Ready')].v", json!([1])),
            (".spec.list[?(@.n==5)].type", json!(["x"])),
            (".metadata.annotations.a\\.b/c", json!(["d"])),
            (".metadata.annotations['a.b/c']", json!(["d"])),
            (".spec.none.more", json!([])),
            (".spec.a.more", json!([])),
        ] {
            let found = Path::parse(path).expect(path);
            let found: Vec<Value> = found.find(&object).into_iter().cloned().collect();
            assert_eq!(Value::from(found), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in [
            ".a[",
            ".a[x]",
            "..a",
            ".a[?(@.b)]",
            ".a[?(b==1)]",
            ".a[?(@.b==x)]",
        ] {
            assert!(Path::parse(path).is_err(), "{path}");
        }
        assert!(Path::parse(&".a".repeat(100)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in r#"[.$a*\[\]?()@='"0-9\\é!-]{0,24}"#) {
            let object = json!({"a": [{"a": 1}, {"a": {"a": "é"}}]});
            if let Ok(path) = Path::parse(&text) {
                proptest::prop_assert!(path.find(&object).len() <= MOST_VALUES);
            }
        }
    }
}
