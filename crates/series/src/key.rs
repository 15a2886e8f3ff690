//! Names of series, as texts in whose order metrics are listed.

use std::sync::Arc;

/// Between the parts of a key.
const PART: char = '\u{1f}';
/// Before the unit.
const UNIT: char = '\u{1e}';

/// The region of what no user reads: no request can be signed for it.
pub const NO_REGION: &str = "/";

/// A series: a metric in one unit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub(crate) Arc<str>);

impl Key {
    /// One that was noted as a text.
    pub fn parse(text: &str) -> Option<Self> {
        parse(text).map(|_| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A part of a key holds a control character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name holds a control character")]
pub struct BadKey;

/// What a key says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Metric {
    pub account: String,
    pub region: String,
    pub namespace: String,
    pub name: String,
    /// In the order of their names.
    pub dimensions: Vec<(String, String)>,
}

impl Metric {
    /// Its series in a unit.
    ///
    /// # Errors
    /// A part holds a control character.
    pub fn key(&self, unit: &str) -> Result<Key, BadKey> {
        let mut text = self.prefix()?;
        check(unit)?;
        text.push(UNIT);
        text.push_str(unit);
        Ok(Key(text.into()))
    }

    /// What the keys of all its units begin with.
    pub(crate) fn prefix(&self) -> Result<String, BadKey> {
        let mut text = start(&[&self.account, &self.region, &self.namespace])?;
        let dimensions = self.dimensions.iter();
        let dimensions = dimensions.map(|(name, value)| (name.as_str(), value.as_str()));
        push_metric(&mut text, &self.name, dimensions)?;
        Ok(text)
    }
}

/// Makes keys of one namespace, one after another in the same room.
#[derive(Debug)]
pub struct Namespaced {
    text: String,
    /// Where names begin.
    start: usize,
}

impl Namespaced {
    /// # Errors
    /// A part holds a control character.
    pub fn new(account: &str, region: &str, namespace: &str) -> Result<Self, BadKey> {
        let text = start(&[account, region, namespace])?;
        let start = text.len();
        Ok(Self { text, start })
    }

    /// The series of a metric in a unit; its dimensions are in the order of their names.
    ///
    /// # Errors
    /// A part holds a control character.
    pub fn key(
        &mut self,
        name: &str,
        dimensions: &[(&str, &str)],
        unit: &str,
    ) -> Result<Key, BadKey> {
        self.text.truncate(self.start);
        push_metric(&mut self.text, name, dimensions.iter().copied())?;
        check(unit)?;
        self.text.push(UNIT);
        self.text.push_str(unit);
        Ok(Key(self.text.as_str().into()))
    }
}

fn push_metric<'a>(
    text: &mut String,
    name: &str,
    dimensions: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), BadKey> {
    check(name)?;
    text.push_str(name);
    for (name, value) in dimensions {
        for part in [name, value] {
            check(part)?;
            text.push(PART);
            text.push_str(part);
        }
    }
    Ok(())
}

/// What keys begin with whose first parts these are.
pub(crate) fn start(parts: &[&str]) -> Result<String, BadKey> {
    let mut text = String::new();
    for part in parts {
        check(part)?;
        text.push_str(part);
        text.push(PART);
    }
    Ok(text)
}

/// The first part of what follows in a key.
pub(crate) fn first(rest: &str) -> &str {
    rest.split(PART).next().unwrap_or_default()
}

/// What stands behind all keys that begin with these parts, and before all others that follow.
pub(crate) fn behind(start: &str, part: &str) -> String {
    // The next character after the one between parts.
    format!("{start}{part}\u{20}")
}

/// What the unit of a metric's key stands behind.
pub(crate) fn with_units(metric: &str) -> (String, String) {
    (format!("{metric}{UNIT}"), format!("{metric}{PART}"))
}

fn check(part: &str) -> Result<(), BadKey> {
    let holds_one = match part.is_ascii() {
        true => part.bytes().any(|it| it.is_ascii_control()),
        false => part.chars().any(char::is_control),
    };
    match holds_one {
        true => Err(BadKey),
        false => Ok(()),
    }
}

/// The account that a key is of.
pub(crate) fn account(key: &str) -> &str {
    key.split(PART).next().unwrap_or_default()
}

/// Whether no request can name it: its region is none.
pub(crate) fn is_of_no_region(key: &str) -> bool {
    key.split(PART).nth(1) == Some(NO_REGION)
}

/// Metric and unit of a key; `None` for a text that is none.
pub(crate) fn parse(key: &str) -> Option<(Metric, &str)> {
    let (metric, unit) = key.split_once(UNIT)?;
    let mut parts = metric.split(PART).map(str::to_owned);
    let mut found = Metric {
        account: parts.next()?,
        region: parts.next()?,
        namespace: parts.next()?,
        name: parts.next()?,
        dimensions: Vec::new(),
    };
    while let Some(name) = parts.next() {
        found.dimensions.push((name, parts.next()?));
    }
    Some((found, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_what_it_was_made_of() {
        let mut metric = Metric {
            account: "000000000000".into(),
            region: "us-east-1".into(),
            namespace: "App".into(),
            name: "Latency".into(),
            dimensions: vec![
                ("Host".into(), "a=b, c".into()),
                ("Zone".into(), "1".into()),
            ],
        };
        let key = metric.key("Seconds").unwrap();
        assert_eq!(parse(&key.0), Some((metric.clone(), "Seconds")));
        let mut keys = Namespaced::new("000000000000", "us-east-1", "App").unwrap();
        let dimensions = [("Host", "a=b, c"), ("Zone", "1")];
        assert!(
            keys.key("Other", &[], "None").is_ok() && keys.key("Other\n", &[], "None").is_err()
        );
        assert_eq!(keys.key("Latency", &dimensions, "Seconds"), Ok(key.clone()));
        for control in ["\u{7f}", "\u{85}", "é\u{1f}"] {
            assert_eq!(keys.key(control, &[], "None"), Err(BadKey));
        }
        assert!(keys.key("é", &[], "None").is_ok());
        assert_eq!(account(&key.0), "000000000000");
        assert_eq!(
            (Key::parse(key.as_str()), Key::parse("no key")),
            (Some(key), None)
        );
        metric.dimensions[0].1 = "a\u{1f}b".into();
        assert_eq!(metric.key("None"), Err(BadKey));
        assert_eq!(parse("no key"), None);
    }
}
