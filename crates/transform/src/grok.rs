//! `grok`: a regular expression that is put together from named ones, `%{IP:client} %{NUMBER:size:int}`.

use chrono::{DateTime, Utc};
use regex::{Regex, RegexBuilder};
use serde_json::Value;

use crate::{
    BadTransformer, bad,
    config::{self, Type},
    grok_lines::{composed, is_behind, line, part},
    grok_patterns::pattern,
    parsers::source,
    path::Path,
    types::converted,
    work::{Undone, Work, size},
};

/// Characters of an expression, and named ones in it, as with AWS.
const LONGEST: usize = 512;
const MOST_NAMED: usize = 20;
/// Bytes that the whole may take when it is compiled: some of the named ones are large.
const REGEX_BYTES: usize = 4 << 20;
const REGEX_DEPTH: u32 = 100;

#[derive(Debug)]
pub(crate) struct Grok {
    source: Path,
    regex: Regex,
    fields: Vec<Field>,
}

/// A field of the event that a group of the expression gives.
#[derive(Debug)]
struct Field {
    group: String,
    path: Path,
    form: Form,
}

/// What becomes of a field's text.
#[derive(Debug, Clone, Copy)]
enum Form {
    Text,
    Typed(Type),
    /// Without the quotation marks around it.
    Unquoted,
    /// The time of a web server's log, in UTC.
    Moment,
}

impl Grok {
    pub fn new(it: &config::Grok) -> Result<Self, BadTransformer> {
        if it.pattern.chars().count() > LONGEST {
            return Err(bad(format!(
                "The match of grok has at most {LONGEST} characters."
            )));
        }
        let (text, fields) = expanded(&it.pattern)?;
        let regex = RegexBuilder::new(&text)
            .size_limit(REGEX_BYTES)
            .dfa_size_limit(REGEX_BYTES)
            .nest_limit(REGEX_DEPTH)
            .build();
        let regex = regex.map_err(|_| bad(format!("Invalid grok pattern: {:?}.", it.pattern)))?;
        Ok(Self {
            source: source(it.source.as_deref())?,
            regex,
            fields,
        })
    }

    pub fn apply(&self, work: &mut Work<'_>) -> Result<(), Undone> {
        let text = work.text(&self.source)?;
        let found = self.regex.captures(&text).ok_or(Undone::Unfit)?;
        for field in &self.fields {
            let Some(part) = found.name(&field.group) else {
                continue;
            };
            let value = field.form.of(part.as_str());
            work.spend(size(&value))?;
            field.path.set(&mut work.root, value, true);
        }
        Ok(())
    }
}

impl Form {
    fn of(self, text: &str) -> Value {
        match self {
            Self::Text => text.into(),
            Self::Typed(to) => {
                let plain = Value::from(text);
                converted(&plain, to).unwrap_or(plain)
            }
            Self::Unquoted => {
                let mut inside = text.chars();
                inside.next();
                inside.next_back();
                inside.as_str().into()
            }
            Self::Moment => match DateTime::parse_from_str(text, "%d/%B/%Y:%H:%M:%S %z") {
                Ok(at) => {
                    let at = at.with_timezone(&Utc);
                    at.format("%Y-%m-%dT%H:%M:%SZ").to_string().into()
                }
                Err(_) => text.into(),
            },
        }
    }
}

/// What an expression is made of.
#[derive(Debug, Clone, Copy)]
enum Piece<'t> {
    Plain(&'t str),
    Named {
        name: &'t str,
        field: Option<&'t str>,
        to: Option<&'t str>,
    },
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, BadTransformer> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("%{") {
        found.push(Piece::Plain(&rest[..at]));
        let (inner, behind) = rest[at + 2..]
            .split_once('}')
            .ok_or_else(|| bad("A %{ of a grok pattern is not closed."))?;
        let mut parts = inner.splitn(3, ':');
        found.push(Piece::Named {
            name: parts.next().unwrap_or_default(),
            field: parts.next(),
            to: parts.next(),
        });
        rest = behind;
    }
    found.push(Piece::Plain(rest));
    Ok(found)
}

/// The expression with the named ones put in, and the fields that its groups give.
fn expanded(text: &str) -> Result<(String, Vec<Field>), BadTransformer> {
    let pieces = pieces(text)?;
    let named = pieces.iter().filter_map(|it| match it {
        Piece::Named { name, .. } => Some(*name),
        Piece::Plain(_) => None,
    });
    let named: Vec<&str> = named.collect();
    if named.len() > MOST_NAMED {
        return Err(bad(format!(
            "A grok pattern has at most {MOST_NAMED} named patterns."
        )));
    }
    let stands_alone = match named.as_slice() {
        [_] => true,
        [_, behind] => is_behind(behind),
        _ => false,
    };
    if !stands_alone && named.iter().any(|it| line(it).is_some()) {
        return Err(bad(
            "A grok pattern of a whole log format stands first, with at most one DATA, GREEDYDATA or GREEDYDATA_MULTILINE behind it.",
        ));
    }
    let mut made = Expansion::default();
    for piece in pieces {
        made.push(piece, false)?;
    }
    Ok((made.text, made.fields))
}

/// An expression that is put together.
#[derive(Default)]
struct Expansion {
    text: String,
    fields: Vec<Field>,
}

impl Expansion {
    /// `is_ours` is a piece of a table, which may name what customers may not.
    fn push(&mut self, piece: Piece<'_>, is_ours: bool) -> Result<(), BadTransformer> {
        let (name, field, to) = match piece {
            Piece::Named { name, field, to } => (name, field, to),
            Piece::Plain(text) => {
                self.text.push_str(text);
                return Ok(());
            }
        };
        let ours = || part(name).filter(|_| is_ours).map(str::to_owned);
        let body = || {
            let found = pattern(name).or_else(ours);
            found.ok_or_else(|| bad(format!("The grok pattern {name:?} is not supported.")))
        };
        match (line(name), field) {
            (Some(text), None) => {
                self.text.push_str("(?:");
                self.push_all(text)?;
            }
            (Some(_), Some(_)) => {
                return Err(bad(format!("The grok pattern {name} takes no field.")));
            }
            (None, None) => {
                self.text.push_str("(?:");
                self.text.push_str(&body()?);
            }
            (None, Some(field)) => {
                let group = format!("grok{}", self.fields.len());
                self.text.push_str(&format!("(?P<{group}>"));
                self.fields.push(Field {
                    group,
                    path: Path::parse(field)?,
                    form: form(name, to, is_ours)?,
                });
                match composed(name) {
                    Some(text) => self.push_all(text)?,
                    None => self.text.push_str(&body()?),
                }
            }
        }
        self.text.push(')');
        Ok(())
    }

    /// The tables name nothing that leads back to them, which a test holds them to: so this ends.
    fn push_all(&mut self, text: &str) -> Result<(), BadTransformer> {
        for piece in pieces(text)? {
            self.push(piece, true)?;
        }
        Ok(())
    }
}

fn form(name: &str, to: Option<&str>, is_ours: bool) -> Result<Form, BadTransformer> {
    Ok(match to {
        Some("moment") if is_ours => Form::Moment,
        Some(to) => Form::Typed(data_type(to)?),
        None if matches!(name, "QUOTEDSTRING" | "QS") => Form::Unquoted,
        None => Form::Text,
    })
}

fn data_type(name: &str) -> Result<Type, BadTransformer> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "int" | "integer" | "long" => Type::Integer,
        "float" | "double" => Type::Double,
        "bool" | "boolean" => Type::Boolean,
        "string" => Type::String,
        _ => {
            return Err(bad(format!(
                "The grok data type {name:?} is not supported."
            )));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grok_patterns::names;

    fn captured(pattern: &str, text: &str) -> Option<String> {
        let (regex, _) = expanded(&format!("^%{{{pattern}:it}}$")).unwrap();
        let found = Regex::new(&regex).unwrap().captures(text)?["grok0"].to_owned();
        Some(found)
    }

    #[test]
    fn named_patterns_compile_within_their_bounds() {
        for name in names() {
            let it = config::Grok {
                source: None,
                pattern: format!("%{{{name}:it}}"),
            };
            Grok::new(&it).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        let most = config::Grok {
            source: None,
            pattern: "%{IPV6}".repeat(MOST_NAMED),
        };
        assert!(Grok::new(&most).is_ok());
    }

    #[test]
    fn named_patterns_match_what_they_are_called() {
        for (name, fits, other) in [
            ("WORD", "abc_1", "a b"),
            ("INT", "-12", "1.5"),
            ("NUMBER", "-1.5", "x"),
            ("BASE16NUM", "0xfF", "0xg"),
            ("NOTSPACE", "a/b", "a b"),
            ("QUOTEDSTRING", r#""a \" b""#, "a"),
            ("UUID", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
            ("IPV4", "10.0.0.255", "10.0.0.256"),
            ("IPV6", "fe80::1", "1"),
            ("IPV6", "2001:db8:0:0:0:0:0:1", "2001:db8:0:0:0:0:0:0:1"),
            ("IP", "::ffff:10.0.0.1", "::x"),
            ("HOSTNAME", "a-b.example.com", "a b"),
            ("HOSTPORT", "a.b:80", "a.b"),
            ("MAC", "00:1b:44:11:3a:b7", "00:1b"),
            ("UNIXPATH", "/var/log/a.log", "var"),
            ("URI", "https://u@a.example:8080/p/q?x=1#f", "no uri"),
            ("URIPATHPARAM", "/a?b=c", "?"),
            ("MONTH", "Sept", "Sext"),
            (
                "TIMESTAMP_ISO8601",
                "2026-01-02T03:04:05.678Z",
                "2026-13-02",
            ),
            ("HTTPDATE", "10/Oct/2000:13:55:36 -0700", "10/10/2000"),
            ("SYSLOGTIMESTAMP", "Oct  1 22:14:15", "1 Oct"),
            ("LOGLEVEL", "WARNING", "LOUD"),
            ("GREEDYDATA", "anything", "a\nb"),
            ("GREEDYDATA_MULTILINE", "a\nb", "\u{0}never"),
            ("ARN", "arn:aws:s3:::bucket/key", "arn"),
        ] {
            assert_eq!(captured(name, fits).as_deref(), Some(fits), "{name}");
            if !other.starts_with('\0') {
                assert_eq!(captured(name, other), None, "{name} {other}");
            }
        }
    }
}
