//! Parts of an event: `$.a.b[0]` of JSON, or a numbered field of the Common Log Format.

use std::borrow::Cow;

use serde_json::Value;

/// Fields of a line that are told apart.
pub const MOST_FIELDS: usize = 1000;

/// How the events of a rule are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Clf,
}

/// Where a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    Path(Vec<Step>),
    /// Counted from 0.
    Number(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Member(String),
    Item(usize),
}

/// An event, taken apart.
pub enum Seen<'m> {
    Json(Value),
    Fields(Vec<&'m str>),
}

impl Format {
    /// `None` for a message that is not of this format.
    pub fn read(self, message: &str) -> Option<Seen<'_>> {
        match self {
            Self::Json => {
                let read = serde_json::from_str::<Value>(message).ok();
                read.filter(Value::is_object).map(Seen::Json)
            }
            Self::Clf => Some(Seen::Fields(fields(message))),
        }
    }
}

impl Field {
    /// Reads `$.a.b[0]`; `None` if it is none.
    pub fn path(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let (number, after) = inside.split_once(']')?;
                let is_number = number.bytes().all(|it| it.is_ascii_digit());
                let number = number.parse().ok().filter(|_| is_number)?;
                steps.push(Step::Item(number));
                rest = after;
            } else {
                let named = rest.strip_prefix('.')?;
                let end = named.find(['.', '[']).unwrap_or(named.len());
                let (name, after) = named.split_at(end);
                if name.is_empty() {
                    return None;
                }
                steps.push(Step::Member(name.to_owned()));
                rest = after;
            }
        }
        (!steps.is_empty()).then_some(Self::Path(steps))
    }

    /// Its value as text; `None` where there is none, or no plain one.
    pub fn of<'s>(&self, seen: &'s Seen<'_>) -> Option<Cow<'s, str>> {
        match (self, seen) {
            (Self::Path(steps), Seen::Json(whole)) => {
                let found = steps.iter().try_fold(whole, |at, step| match step {
                    Step::Member(name) => at.get(name),
                    Step::Item(number) => at.get(number),
                });
                match found? {
                    Value::String(text) => Some(Cow::Borrowed(text)),
                    Value::Number(number) => Some(Cow::Owned(number.to_string())),
                    Value::Bool(yes) => Some(Cow::Borrowed(if *yes { "true" } else { "false" })),
                    Value::Null | Value::Array(_) | Value::Object(_) => None,
                }
            }
            (Self::Number(at), Seen::Fields(all)) => all.get(*at).map(|it| Cow::Borrowed(*it)),
            _ => None,
        }
    }

    /// The same as a number.
    pub fn number_of(&self, seen: &Seen<'_>) -> Option<f64> {
        let number = self.of(seen)?.parse::<f64>().ok()?;
        number.is_finite().then_some(number)
    }
}

/// What stands between blanks; quotes and square brackets hold together what is between them.
fn fields(line: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() && all.len() < MOST_FIELDS {
        let (field, after) = match rest.as_bytes()[0] {
            b'"' => {
                let inside = &rest[1..];
                inside.split_at(quote(inside))
            }
            b'[' => {
                let inside = &rest[1..];
                inside.split_at(inside.find(']').unwrap_or(inside.len()))
            }
            _ => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        all.push(field);
        let closed = after.strip_prefix(['"', ']']).unwrap_or(after);
        rest = closed.trim_start();
    }
    all
}

/// Where the quotes end.
fn quote(inside: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at,
            _ => {}
        }
    }
    inside.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_plain_values() {
        let text = r#"{"ip":"10.0.0.1","n":7,"f":1.5,"ok":true,"no":null,"a":{"b-c":[{"d":"x"}]}}"#;
        let seen = Format::Json.read(text).unwrap();
        for (path, wanted) in [
            ("$.ip", Some("10.0.0.1")),
            ("$.n", Some("7")),
            ("$.f", Some("1.5")),
            ("$.ok", Some("true")),
            ("$.a.b-c[0].d", Some("x")),
            ("$.no", None),
            ("$.a", None),
            ("$.a.b-c[1].d", None),
            ("$.ip.x", None),
        ] {
            assert_eq!(
                Field::path(path).unwrap().of(&seen).as_deref(),
                wanted,
                "{path}"
            );
        }
        assert_eq!(Field::path("$.n").unwrap().number_of(&seen), Some(7.0));
        assert_eq!(Field::path("$.ip").unwrap().number_of(&seen), None);
        for bad in [
            "", "ip", "$", "$.", "$ip", "$.a..b", "$.a[x]", "$.a[+1]", "$.a[0", "$[]",
        ] {
            assert_eq!(Field::path(bad), None, "{bad}");
        }
        for not_ours in ["plain", "[1]", "7", "{\"a\":"] {
            assert!(Format::Json.read(not_ours).is_none(), "{not_ours}");
        }
    }

    #[test]
    fn lines_are_taken_apart() {
        let apache =
            r#"10.0.0.1 - anna [10/Oct/2000:13:55:36 -0700] "GET /a \"b\" HTTP/1.0" 200 2326"#;
        let wanted = [
            "10.0.0.1",
            "-",
            "anna",
            "10/Oct/2000:13:55:36 -0700",
            r#"GET /a \"b\" HTTP/1.0"#,
            "200",
            "2326",
        ];
        assert_eq!(fields(apache), wanted);
        assert_eq!(fields("  a\t \"\" b "), ["a", "", "b"]);
        assert_eq!(fields("\"never closed"), ["never closed"]);
        assert_eq!(fields("[x"), ["x"]);
        assert_eq!(fields(""), [""; 0]);
        assert_eq!(fields(&"a ".repeat(5000)).len(), MOST_FIELDS);
    }
}
