//! Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}` and the literals
//! `${*}`, `${?}`, `${$}` (spec platform §3; policies of version 2012-10-17 only).
//!
//! What a variable stands for is taken literally: a `*` inside a value is a star, no wildcard.

use std::borrow::Cow;

use wharf_base::{
    Glob,
    glob::{self, Token},
};

use crate::context::Context;

/// A text of a policy that is compared with a text of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    form: Form,
    /// Both sides are compared in lower case.
    fold: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    Fixed(Glob),
    Parts(Box<[Part]>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Fixed(Box<[Token]>),
    Variable {
        key: Box<str>,
        default: Option<Box<str>>,
    },
}

/// How the texts of one element are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// `${…}` is a variable.
    pub(crate) variables: bool,
    /// `*` and `?` are wildcards.
    pub(crate) wildcards: bool,
    /// Upper and lower case are one.
    pub(crate) fold: bool,
}

/// A `${` that is not closed, names nothing, or has a default out of form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadVariable;

impl Template {
    pub(crate) fn parse(text: &str, reading: Reading) -> Result<Self, BadVariable> {
        let folded = if reading.fold {
            Cow::Owned(text.to_lowercase())
        } else {
            Cow::Borrowed(text)
        };
        let plain = |c| {
            if reading.wildcards {
                Token::wild(c)
            } else {
                Token::Char(c)
            }
        };
        let mut parts = Vec::new();
        let mut run = Vec::new();
        let mut rest = &*folded;
        while let Some(start) = rest.find("${").filter(|_| reading.variables) {
            run.extend(rest[..start].chars().map(plain));
            let inside = &rest[start + 2..];
            let end = closing_brace(inside).ok_or(BadVariable)?;
            match &inside[..end] {
                "*" => run.push(Token::Char('*')),
                "?" => run.push(Token::Char('?')),
                "$" => run.push(Token::Char('$')),
                named => {
                    parts.push(Part::Fixed(std::mem::take(&mut run).into()));
                    parts.push(variable(named)?);
                }
            }
            rest = &inside[end + 1..];
        }
        run.extend(rest.chars().map(plain));
        let form = if parts.is_empty() {
            Form::Fixed(Glob::from_tokens(run))
        } else {
            parts.push(Part::Fixed(run.into()));
            Form::Parts(parts.into())
        };
        Ok(Self {
            form,
            fold: reading.fold,
        })
    }

    /// Does the whole of `value` match? Never, while a variable has no value.
    pub(crate) fn matches(&self, value: &str, context: &Context) -> bool {
        let value = if self.fold {
            Cow::Owned(value.to_lowercase())
        } else {
            Cow::Borrowed(value)
        };
        match &self.form {
            Form::Fixed(pattern) => pattern.matches(&value),
            Form::Parts(_) => self
                .expand(context, value.len())
                .is_some_and(|tokens| glob::matches(&tokens, &value)),
        }
    }

    /// The pattern with its variables replaced. None while one has no value, or when the result
    /// demands more than `longest` characters: it could match no value that long, so a request
    /// cannot make it grow without end.
    pub(crate) fn expand(&self, context: &Context, longest: usize) -> Option<Vec<Token>> {
        let parts = match &self.form {
            Form::Fixed(pattern) => return Some(pattern.tokens().collect()),
            Form::Parts(parts) => parts,
        };
        let mut tokens = Vec::new();
        let mut demanded = 0;
        for part in parts {
            match part {
                Part::Fixed(run) => {
                    demanded += run.iter().filter(|token| **token != Token::Many).count();
                    tokens.extend_from_slice(run);
                }
                Part::Variable { key, default } => {
                    let text = context.single(key).or(default.as_deref())?;
                    demanded += text.chars().count();
                    if demanded > longest {
                        return None;
                    }
                    if self.fold {
                        tokens.extend(text.to_lowercase().chars().map(Token::Char));
                    } else {
                        tokens.extend(text.chars().map(Token::Char));
                    }
                }
            }
        }
        Some(tokens)
    }

    /// Has every variable a value or a default?
    pub(crate) fn resolves(&self, context: &Context) -> bool {
        self.variables()
            .all(|(key, default)| default || context.single(key).is_some())
    }

    /// The keys of the variables of a text that was [parsed](Self::parse), as they are written there.
    pub(crate) fn written_keys(text: &str) -> Vec<&str> {
        let mut keys = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let inside = &rest[start + 2..];
            let Some(end) = closing_brace(inside) else {
                break;
            };
            let named = &inside[..end];
            if !matches!(named, "*" | "?" | "$") {
                let key = named.split_once(',').map_or(named, |(key, _)| key);
                keys.push(key.trim());
            }
            rest = &inside[end + 1..];
        }
        keys
    }

    fn variables(&self) -> impl Iterator<Item = (&str, bool)> {
        let parts = match &self.form {
            Form::Fixed(_) => &[][..],
            Form::Parts(parts) => parts,
        };
        parts.iter().filter_map(|part| match part {
            Part::Variable { key, default } => Some((&**key, default.is_some())),
            Part::Fixed(_) => None,
        })
    }
}

/// Where the variable ends: the first `}` outside a quoted default.
fn closing_brace(inside: &str) -> Option<usize> {
    let mut quoted = false;
    for (at, c) in inside.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '}' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// `key` or `key, 'default'`.
fn variable(text: &str) -> Result<Part, BadVariable> {
    let (key, default) = match text.split_once(',') {
        None => (text, None),
        Some((key, rest)) => {
            let quoted = rest
                .trim()
                .strip_prefix('\'')
                .and_then(|r| r.strip_suffix('\''));
            let default = quoted
                .filter(|text| !text.contains('\''))
                .ok_or(BadVariable)?;
            (key, Some(default.into()))
        }
    };
    let key = key.trim();
    if key.is_empty() || key.contains(['$', '{', '\'', '*', '?']) {
        return Err(BadVariable);
    }
    Ok(Part::Variable {
        key: key.to_lowercase().into(),
        default,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WILD: Reading = Reading {
        variables: true,
        wildcards: true,
        fold: false,
    };

    fn check(template: &str, value: &str, expected: bool) {
        let mut context = Context::new();
        context.set("aws:username", "an*a");
        context.set("aws:PrincipalTag/Team", "blue");
        context.set_all("aws:TagKeys", ["a", "b"]);
        let parsed = Template::parse(template, WILD).unwrap();
        assert_eq!(
            parsed.matches(value, &context),
            expected,
            "{template} ~ {value}"
        );
    }

    #[test]
    fn variables_and_literals() {
        check("home/${aws:username}/*", "home/an*a/x", true);
        check("home/${aws:username}/*", "home/anna/x", false);
        check("home/${AWS:UserName}", "home/an*a", true);
        check("${aws:principaltag/team}", "blue", true);
        check("${*}${?}${$}", "*?$", true);
        check("${*}", "x", false);
        check("$x", "$x", true);
    }

    #[test]
    fn defaults_apply_only_without_a_value() {
        check(
            "${aws:PrincipalTag/None, 'company-wide'}",
            "company-wide",
            true,
        );
        check("${aws:PrincipalTag/None,'a}b'}", "a}b", true);
        check("${aws:PrincipalTag/Team, 'x'}", "x", false);
    }

    #[test]
    fn without_a_value_nothing_matches() {
        check("${aws:none}*", "anything", false);
        check("*${aws:TagKeys}*", "a", false);
    }

    #[test]
    fn keys_are_as_they_are_written() {
        for (text, keys) in [
            ("a*", vec![]),
            ("${*}${?}${$}", vec![]),
            (
                "${aws:UserName}/${aws:PrincipalTag/Team , 'a}b'}x${AWS:username}",
                vec!["aws:UserName", "aws:PrincipalTag/Team", "AWS:username"],
            ),
            ("${aws:UserName}${open", vec!["aws:UserName"]),
        ] {
            assert_eq!(Template::written_keys(text), keys, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_variable() {
        for text in [
            "${",
            "${}",
            "${aws:x",
            "${ }",
            "${a,b}",
            "${a,'b}",
            "${a,'b'c'}",
            "${${a}}",
        ] {
            assert_eq!(Template::parse(text, WILD), Err(BadVariable), "{text}");
        }
        let old = Reading {
            variables: false,
            ..WILD
        };
        assert!(Template::parse("${", old).is_ok());
    }

    #[test]
    fn a_long_value_cannot_make_the_pattern_grow() {
        let mut context = Context::new();
        context.set("aws:UserAgent", "x".repeat(10_000));
        let template = Template::parse(&"${aws:UserAgent}".repeat(400), WILD).unwrap();
        assert_eq!(template.expand(&context, 100), None);
    }
}
