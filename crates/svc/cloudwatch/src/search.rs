//! What `SEARCH` looks for: `{Namespace,Dimension} MetricName="CPUUtilization" (web OR api)`. Pure.

use std::cell::OnceCell;

use wharf_series::Metric;

use crate::{
    math::Bad,
    words::{Token, Words, one_or},
};

/// Brackets within each other.
const DEPTH: usize = 32;
/// Characters of a search, as in AWS.
const LONGEST: usize = 1024;
/// Characters that have a backslash before them between quotation marks.
const ESCAPED: [char; 4] = ['"', '\\', '(', ')'];

/// Metrics that are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    schema: Option<Schema>,
    term: Option<Term>,
}

/// A namespace and all dimensions that a metric has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    pub namespace: String,
    /// In their order.
    pub dimensions: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Term {
    /// Anywhere: in the namespace, the name, a dimension's name or value.
    Word(Word),
    /// In one property.
    Of(String, Word),
    Not(Box<Term>),
    And(Vec<Term>),
    Or(Vec<Term>),
}

/// What is looked for in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Exact(String),
    /// One token after the other, whatever stands between them.
    Tokens(Split),
}

/// The words of a text: `CPUUtilization` is `cpu` and `utilization`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Split {
    /// With [`BETWEEN`] before and behind each.
    apart: String,
    /// One after the other.
    together: String,
}

/// In no word.
const BETWEEN: char = '\0';

/// The texts of a metric. A search may have hundreds of words and a metric long values: each text is split once.
struct Texts<'a> {
    namespace: Text<'a>,
    name: Text<'a>,
    account: Text<'a>,
    dimensions: Vec<(Text<'a>, Text<'a>)>,
}

struct Text<'a> {
    whole: &'a str,
    words: OnceCell<Split>,
}

impl Schema {
    pub fn fits(&self, metric: &Metric) -> bool {
        metric.namespace == self.namespace
            && metric.dimensions.len() == self.dimensions.len()
            && metric
                .dimensions
                .iter()
                .map(|it| &it.0)
                .eq(&self.dimensions)
    }
}

impl Search {
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, Bad> {
        let text = text.trim();
        if text.chars().count() > LONGEST {
            return Err(Bad(format!("A search has at most {LONGEST} characters")));
        }
        let (schema, rest) = match text.strip_prefix('{') {
            None => (None, text),
            Some(rest) => {
                let (inside, rest) = rest
                    .split_once('}')
                    .ok_or_else(|| Bad::new("The schema of a search has no end"))?;
                // AWS's documentation has a comma here.
                let rest = rest.trim_start();
                (
                    Some(schema(inside)?),
                    rest.strip_prefix(',').unwrap_or(rest),
                )
            }
        };
        let mut parser = Parser {
            words: Words::read(rest, &['(', ')', '='], &ESCAPED, "A text has no end")?,
            depth: 0,
        };
        let term = match parser.words.peek() {
            None => None,
            Some(_) => Some(parser.any()?),
        };
        if parser.words.peek().is_some() {
            return Err(Bad::new("A bracket of a search has no beginning"));
        }
        if schema.is_none() && term.is_none() {
            return Err(Bad::new("A search is empty"));
        }
        Ok(Self { schema, term })
    }

    /// Of which namespace alone, if it says so.
    pub fn namespace(&self) -> Option<&str> {
        self.schema.as_ref().map(|it| it.namespace.as_str())
    }

    pub fn fits(&self, metric: &Metric) -> bool {
        self.schema.as_ref().is_none_or(|it| it.fits(metric))
            && self
                .term
                .as_ref()
                .is_none_or(|it| it.fits(&Texts::of(metric)))
    }
}

/// `AWS/EC2,InstanceId`
fn schema(inside: &str) -> Result<Schema, Bad> {
    let mut parts = Vec::new();
    let mut rest = inside.trim();
    while !rest.is_empty() {
        let part = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (part, behind) = quoted
                    .split_once('"')
                    .ok_or_else(|| Bad::new("A text has no end"))?;
                rest = behind.trim_start();
                part
            }
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let part = rest[..end].trim();
                rest = &rest[end..];
                part
            }
        };
        parts.push(part.to_owned());
        if !rest.is_empty() {
            rest = rest
                .strip_prefix(',')
                .ok_or_else(|| Bad::new("A comma is missing in a schema"))?
                .trim_start();
        }
    }
    let mut parts = parts.into_iter();
    let namespace = parts.next().filter(|it| !it.is_empty());
    let namespace = namespace.ok_or_else(|| Bad::new("The schema of a search has no namespace"))?;
    let mut dimensions: Vec<String> = parts.collect();
    dimensions.sort();
    Ok(Schema {
        namespace,
        dimensions,
    })
}

struct Parser {
    words: Words,
    depth: usize,
}

impl Parser {
    fn any(&mut self) -> Result<Term, Bad> {
        let mut terms = vec![self.all()?];
        while self.words.takes("OR") {
            terms.push(self.all()?);
        }
        Ok(one_or(terms, Term::Or))
    }

    /// Terms side by side must all fit.
    fn all(&mut self) -> Result<Term, Bad> {
        let mut terms = vec![self.one()?];
        loop {
            let and = self.words.takes("AND");
            let more = match self.words.peek() {
                None | Some(Token::Sign(')' | '=')) => false,
                Some(Token::Word(word)) => word != "OR",
                Some(_) => true,
            };
            if !more && !and {
                return Ok(one_or(terms, Term::And));
            }
            terms.push(self.one()?);
        }
    }

    fn one(&mut self) -> Result<Term, Bad> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Bad::new("The search is nested too deeply"));
        }
        let term = self.inner();
        self.depth -= 1;
        term
    }

    fn inner(&mut self) -> Result<Term, Bad> {
        if self.words.takes("NOT") {
            return Ok(Term::Not(Box::new(self.one()?)));
        }
        match self.words.take() {
            Some(Token::Sign('(')) => {
                let inside = self.any()?;
                if !self.words.takes_sign(')') {
                    return Err(Bad::new("A bracket of a search has no end"));
                }
                Ok(inside)
            }
            Some(Token::Word(name) | Token::Quoted(name))
                if self.words.peek() == Some(&Token::Sign('=')) =>
            {
                self.words.take();
                self.property(&name)
            }
            Some(Token::Word(text)) => Ok(Term::Word(Word::Tokens(Split::of(&text)))),
            Some(Token::Quoted(text)) => Ok(Term::Word(Word::Exact(text))),
            _ => Err(Bad::new("The search ends too early")),
        }
    }

    /// `MetricName=x`, `MetricName="x"`, `MetricName=(x OR "y")`
    fn property(&mut self, name: &str) -> Result<Term, Bad> {
        let value = self.one()?;
        Ok(within(name, value))
    }
}

/// A term about one property.
fn within(name: &str, term: Term) -> Term {
    let all = |terms: Vec<Term>| terms.into_iter().map(|it| within(name, it)).collect();
    match term {
        Term::Word(word) => Term::Of(name.to_owned(), word),
        Term::Not(of) => Term::Not(Box::new(within(name, *of))),
        Term::And(terms) => Term::And(all(terms)),
        Term::Or(terms) => Term::Or(all(terms)),
        of @ Term::Of(..) => of,
    }
}

impl Term {
    fn fits(&self, metric: &Texts<'_>) -> bool {
        match self {
            Self::Word(word) => {
                let dimensions = metric
                    .dimensions
                    .iter()
                    .flat_map(|(name, value)| [name, value]);
                let mut all = [&metric.namespace, &metric.name]
                    .into_iter()
                    .chain(dimensions);
                all.any(|text| word.fits(text))
            }
            Self::Of(name, word) => match name.as_str() {
                "MetricName" => word.fits(&metric.name),
                "Namespace" => word.fits(&metric.namespace),
                ":aws.AccountId" => word.fits(&metric.account),
                name => metric
                    .dimensions
                    .iter()
                    .any(|it| it.0.whole == name && word.fits(&it.1)),
            },
            Self::Not(of) => !of.fits(metric),
            Self::And(terms) => terms.iter().all(|it| it.fits(metric)),
            Self::Or(terms) => terms.iter().any(|it| it.fits(metric)),
        }
    }
}

impl Word {
    fn fits(&self, text: &Text<'_>) -> bool {
        match self {
            Self::Exact(wanted) => wanted == text.whole,
            Self::Tokens(wanted) if wanted.together.is_empty() => false,
            Self::Tokens(wanted) => {
                let found = text.words();
                // All words of a text together are one, too.
                found.apart.contains(&wanted.apart) || found.together == wanted.together
            }
        }
    }
}

impl<'a> Texts<'a> {
    fn of(metric: &'a Metric) -> Self {
        let dimensions = metric.dimensions.iter();
        Self {
            namespace: Text::of(&metric.namespace),
            name: Text::of(&metric.name),
            account: Text::of(&metric.account),
            dimensions: dimensions
                .map(|(name, value)| (Text::of(name), Text::of(value)))
                .collect(),
        }
    }
}

impl<'a> Text<'a> {
    fn of(whole: &'a str) -> Self {
        Self {
            whole,
            words: OnceCell::new(),
        }
    }

    fn words(&self) -> &Split {
        self.words.get_or_init(|| Split::of(self.whole))
    }
}

impl Split {
    fn of(text: &str) -> Self {
        let (mut apart, mut together) = (String::with_capacity(text.len() + 2), String::new());
        let mut before = None::<char>;
        let mut letters = text.chars().peekable();
        apart.push(BETWEEN);
        while let Some(letter) = letters.next() {
            let after = letters.peek();
            let begins = before.is_some_and(|before| {
                letter.is_uppercase() && (before.is_lowercase() || before.is_numeric())
                    || letter.is_uppercase()
                        && before.is_uppercase()
                        && after.is_some_and(|it| it.is_lowercase())
                    || letter.is_numeric() != before.is_numeric()
            });
            if (!letter.is_alphanumeric() || begins) && !apart.ends_with(BETWEEN) {
                apart.push(BETWEEN);
            }
            if letter.is_alphanumeric() {
                apart.extend(letter.to_lowercase());
                together.extend(letter.to_lowercase());
            }
            before = Some(letter);
        }
        if !apart.ends_with(BETWEEN) {
            apart.push(BETWEEN);
        }
        Self { apart, together }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn metric(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Metric {
        Metric {
            account: "000000000000".into(),
            region: "us-east-1".into(),
            namespace: namespace.into(),
            name: name.into(),
            dimensions: dimensions
                .iter()
                .map(|(n, v)| ((*n).into(), (*v).into()))
                .collect(),
        }
    }

    #[test]
    fn searches_find_what_they_say() {
        let all = [
            metric("AWS/EC2", "CPUUtilization", &[("InstanceId", "i-0a1")]),
            metric(
                "AWS/EC2",
                "CPUUtilization",
                &[("AutoScalingGroupName", "web")],
            ),
            metric("AWS/EC2", "NetworkIn", &[("InstanceId", "i-0a1")]),
            metric("App", "latency", &[]),
            metric("App", "Errors", &[("Service", "web-api"), ("Zone", "1")]),
        ];
        for (text, wanted) in [
            ("{AWS/EC2,InstanceId}", &[0, 2][..]),
            ("{AWS/EC2,InstanceId} MetricName=\"CPUUtilization\"", &[0]),
            ("{\"AWS/EC2\", \"InstanceId\"} cpu", &[0]),
            ("MetricName=CPU", &[0, 1]),
            ("utilization", &[0, 1]),
            ("UtilizationCPU", &[]),
            ("\"CPUUtilization\"", &[0, 1]),
            ("\"CPU\"", &[]),
            ("\"cpuutilization\"", &[]),
            ("cpuutilization", &[0, 1]),
            ("cpuutil", &[]),
            ("{AWS/EC2,InstanceId}, \"CPUUtilization\"", &[0]),
            ("{App , Zone, Service} , web", &[4]),
            ("web", &[1, 4]),
            ("web NOT api", &[1]),
            ("web -", &[]),
            ("web AND Service=web", &[4]),
            ("Namespace=App (latency OR Errors)", &[3, 4]),
            ("MetricName=(\"NetworkIn\" OR \"Errors\")", &[2, 4]),
            ("NOT Namespace=\"App\"", &[0, 1, 2]),
            ("{App}", &[3]),
            ("{App,Zone,Service}", &[4]),
            (":aws.AccountId=000000000000 latency", &[3]),
        ] {
            let search = Search::parse(text).unwrap();
            let found: Vec<usize> = (0..5).filter(|at| search.fits(&all[*at])).collect();
            assert_eq!(found, wanted, "{text}");
        }
        for text in [
            "",
            "{",
            "{}",
            "(a",
            "a)",
            "\"a",
            "NOT",
            "a OR",
            "MetricName=",
            "{\"a\" \"b\"}",
        ] {
            assert!(Search::parse(text).is_err(), "{text}");
        }
        assert!(Search::parse(&"(".repeat(1000)).is_err());
        assert!(Search::parse(&"NOT ".repeat(1000)).is_err());
        assert_eq!(
            Split::of("HTTPCode_Target_5XX_Count").apart,
            "\0http\0code\0target\x005\0xx\0count\0"
        );
    }

    #[test]
    fn what_is_escaped_stands_for_itself() {
        let named = metric("App", "Europe\\France Traffic(\"Net\")", &[]);
        for (text, wanted) in [
            (r#""Europe\\France Traffic\(\"Net\"\)""#, true),
            (r#""Europe\\France Traffic(\"Net\")""#, true),
            (r#""Europe\\France Traffic""#, false),
            ("MetricName=France", true),
        ] {
            assert_eq!(Search::parse(text).unwrap().fits(&named), wanted, "{text}");
        }
        assert!(Search::parse(r#""a\""#).is_err());
        let long = |count: usize| Search::parse(&"a".repeat(count));
        assert!(long(1024).is_ok() && long(1025).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a-zA-Z{}()\"'=, NOTAND-]{0,40}") {
            if let Ok(search) = Search::parse(&text) {
                search.fits(&metric("App", "latency", &[("a", "b")]));
            }
        }
    }
}
