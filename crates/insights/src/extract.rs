//! What `parse` takes out of a text: by a glob, whose `*` are the fields, or by the groups of a regular expression.

use memchr::memmem::Finder;
use regex::Regex;

use crate::value::Value;

#[derive(Debug)]
pub(crate) enum Extract {
    Glob(Box<Glob>),
    Groups {
        regex: Regex,
        /// Numbers of the groups that are fields.
        groups: Vec<usize>,
    },
}

/// Texts with a field between each two.
#[derive(Debug)]
pub(crate) struct Glob {
    start: Finder<'static>,
    /// What ends each field; empty is the end of the line.
    ends: Vec<Finder<'static>>,
}

impl Glob {
    pub fn new(text: &str) -> Self {
        let mut parts = text.split('*');
        let start = parts.next().unwrap_or_default();
        Self {
            start: Finder::new(start).into_owned(),
            ends: parts.map(|it| Finder::new(it).into_owned()).collect(),
        }
    }

    /// How many fields it has.
    pub fn fields(&self) -> usize {
        self.ends.len()
    }

    fn find<'a>(&self, text: &'a str) -> Option<Vec<&'a str>> {
        let bytes = text.as_bytes();
        let mut at = self.start.find(bytes)? + self.start.needle().len();
        let mut found = Vec::with_capacity(self.ends.len());
        for end in &self.ends {
            let rest = text.get(at..)?;
            let length = match end.needle().is_empty() {
                true => rest.find('\n').unwrap_or(rest.len()),
                false => end.find(rest.as_bytes())?,
            };
            found.push(&rest[..length]);
            at += length + end.needle().len();
        }
        Some(found)
    }
}

impl Extract {
    pub fn fields(&self) -> usize {
        match self {
            Self::Glob(glob) => glob.fields(),
            Self::Groups { groups, .. } => groups.len(),
        }
    }

    /// A value for each field; none of a text that does not match.
    pub fn of<'a>(&self, text: &'a str) -> Vec<Value<'a>> {
        let found: Option<Vec<Value<'a>>> = match self {
            Self::Glob(glob) => {
                let found = glob.find(text);
                found.map(|all| all.into_iter().map(Value::text).collect())
            }
            Self::Groups { regex, groups } => regex.captures(text).map(|captures| {
                let each = groups.iter().map(|number| captures.get(*number));
                each.map(|it| it.map_or(Value::Null, |it| Value::text(it.as_str())))
                    .collect()
            }),
        };
        found.unwrap_or_else(|| vec![Value::Null; self.fields()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(glob: &str, text: &str) -> Option<Vec<String>> {
        let found = Glob::new(glob).find(text);
        found.map(|all| all.into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn globs() {
        let text = "25 May 2019 10:24:39,474 [ERROR] {foo=2, bar=data} The error was: DataIntegrityException\ntail";
        assert_eq!(
            found("[*] {*, *}", text).unwrap(),
            ["ERROR", "foo=2", "bar=data"]
        );
        assert_eq!(found("was: *", text).unwrap(), ["DataIntegrityException"]);
        assert_eq!(found("* May", text).unwrap(), ["25"]);
        assert_eq!(found("[*] {*, *} nothing", text), None);
        assert_eq!(found("ü*ß", "aübß").unwrap(), ["b"]);
        assert_eq!(found("**", "ab").unwrap(), ["ab", ""]);
    }
}
