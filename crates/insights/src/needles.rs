//! Texts without which no event passes a query's filters.
//!
//! A filter is a conjunction of clauses, each an alternative of some texts. For readers the one clause is used that
//! promises to be found the least often: the one whose shortest text is the longest.

use memchr::memmem::Finder;
use regex_syntax::hir::literal::{ExtractKind, Extractor};

use crate::{
    eval::{Comparison, Expr},
    function::Function,
    plan::{Step, System},
    value::Value,
};

/// Alternatives beyond which looking for them does not pay.
const MOST: usize = 6;
/// A shorter text is found all over.
const SHORTEST: usize = 3;

#[derive(Debug, Default)]
pub struct Needles {
    /// Empty if every event may pass.
    any: Vec<Finder<'static>>,
}

/// Where the fields of events are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fields {
    /// They are members of the message.
    OfMessage,
    Apart,
}

/// The places of needles in one block, from its start to its end.
#[derive(Debug)]
pub struct Hits<'n, 'b> {
    block: &'b [u8],
    /// Of each needle, where it is next.
    next: Vec<(&'n Finder<'static>, usize)>,
}

impl Needles {
    pub(crate) fn of(steps: &[Step], fields: Fields) -> Self {
        let mut clauses = Vec::new();
        for step in steps {
            match step {
                Step::Filter(expr) => clauses.extend(required(expr, fields)),
                // What follows may be of several rows, of which each still has the event's own fields.
                Step::Assign(_) | Step::Extract(..) | Step::Unnest(_) | Step::Lookup(_) => {}
            }
        }
        let shortest = |clause: &Vec<String>| clause.iter().map(String::len).min();
        let fit = clauses.into_iter().filter(|clause| {
            clause.len() <= MOST && shortest(clause).is_some_and(|it| it >= SHORTEST)
        });
        let best = fit.max_by_key(shortest).unwrap_or_default();
        let each = best.iter().map(|text| Finder::new(text).into_owned());
        Self {
            any: each.collect(),
        }
    }

    /// Of which each event that passes has at least one; none if they are too many or too short to be worth it.
    pub fn any_of(texts: &[&str]) -> Self {
        let fit = texts.len() <= MOST && texts.iter().all(|it| it.len() >= SHORTEST);
        let each = texts.iter().filter(|_| fit);
        Self {
            any: each.map(|it| Finder::new(*it).into_owned()).collect(),
        }
    }

    /// Whether every event may pass.
    pub fn is_empty(&self) -> bool {
        self.any.is_empty()
    }

    /// Whether one of them may be where `may_have` says what may be.
    pub fn may_be(&self, may_have: impl Fn(&[u8]) -> bool) -> bool {
        self.any.is_empty() || self.any.iter().any(|it| may_have(it.needle()))
    }

    /// Whether one of them has that byte.
    pub fn have(&self, byte: u8) -> bool {
        self.any.iter().any(|it| it.needle().contains(&byte))
    }

    /// Whether one of them is in there.
    pub fn are_in(&self, bytes: &[u8]) -> bool {
        self.any.is_empty() || self.any.iter().any(|it| it.find(bytes).is_some())
    }

    pub fn hits<'n, 'b>(&'n self, block: &'b [u8]) -> Hits<'n, 'b> {
        let each = self.any.iter();
        let each = each.map(|finder| (finder, finder.find(block).unwrap_or(usize::MAX)));
        Hits {
            block,
            next: each.collect(),
        }
    }
}

impl Hits<'_, '_> {
    /// Whether the bytes from `start` to `end` may be of an event that passes; asked in rising order.
    pub fn may_pass(&mut self, start: usize, end: usize) -> bool {
        if self.next.is_empty() {
            return true;
        }
        let mut found = false;
        for (finder, next) in &mut self.next {
            if *next < start {
                let rest = finder.find(&self.block[start..]);
                *next = rest.map_or(usize::MAX, |at| start + at);
            }
            found |= *next < end;
        }
        found
    }
}

/// Clauses, all of which a message has for which the expression is true.
fn required(expr: &Expr, fields: Fields) -> Vec<Vec<String>> {
    match expr {
        Expr::And(a, b) => [required(a, fields), required(b, fields)].concat(),
        Expr::Or(a, b) => {
            let (a, b) = (required(a, fields), required(b, fields));
            // One of each side: either holds.
            match (best(a), best(b)) {
                (Some(a), Some(b)) => vec![[a, b].concat()],
                _ => vec![],
            }
        }
        Expr::Contains(of, text) => is_message(of)
            .then(|| vec![text.clone()])
            .into_iter()
            .collect(),
        Expr::Call(Function::StrContains, given) => match given.as_slice() {
            [of, Expr::Const(Value::Text(text))] if is_message(of) => vec![vec![text.to_string()]],
            _ => vec![],
        },
        Expr::Matches(of, regex) if is_message(of) => {
            literals(regex.as_str()).into_iter().collect()
        }
        Expr::Compare(Comparison::Equal, a, b) => match (&**a, &**b) {
            (of, Expr::Const(Value::Text(text))) | (Expr::Const(Value::Text(text)), of) => {
                equal(of, text, fields).into_iter().collect()
            }
            _ => vec![],
        },
        Expr::In(of, all) => {
            let texts = all.iter().map(|it| match it {
                Expr::Const(Value::Text(text)) => equal(of, text, fields),
                _ => None,
            });
            let all: Option<Vec<Vec<String>>> = texts.collect();
            all.map(|it| it.concat()).into_iter().collect()
        }
        _ => vec![],
    }
}

fn best(clauses: Vec<Vec<String>>) -> Option<Vec<String>> {
    let shortest = |clause: &Vec<String>| clause.iter().map(String::len).min();
    clauses.into_iter().max_by_key(shortest)
}

fn is_message(expr: &Expr) -> bool {
    matches!(expr, Expr::System(System::Message))
}

/// What a message has in which a field is `text`.
fn equal(of: &Expr, text: &str, fields: Fields) -> Option<Vec<String>> {
    // A number is equal to others that are written otherwise, and so are truth and falsehood.
    let is_other = crate::value::number_of(text).is_some()
        || text.eq_ignore_ascii_case("true")
        || text.eq_ignore_ascii_case("false");
    match of {
        Expr::System(System::Message) if !is_other => Some(vec![text.to_owned()]),
        // In JSON, plain characters are either themselves or escaped by their numbers.
        Expr::Json(_) if !is_other && fields == Fields::OfMessage => {
            let is_plain = |c: char| {
                c.is_ascii() && !c.is_ascii_control() && !matches!(c, '"' | '\\' | '/' | '{' | '[')
            };
            text.chars()
                .all(is_plain)
                .then(|| vec![text.to_owned(), "\\u00".to_owned()])
        }
        _ => None,
    }
}

/// Texts of which each match of a regular expression has one.
fn literals(regex: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::parse(regex).ok()?;
    let of = |kind: ExtractKind| {
        let mut extractor = Extractor::new();
        extractor.kind(kind).limit_total(MOST);
        let all = extractor.extract(&hir);
        let texts = all.literals()?.iter();
        let texts = texts.map(|it| String::from_utf8(it.as_bytes().to_vec()).ok());
        texts
            .collect::<Option<Vec<String>>>()
            .filter(|it| !it.is_empty())
    };
    best(
        [of(ExtractKind::Prefix), of(ExtractKind::Suffix)]
            .into_iter()
            .flatten()
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use crate::Query;

    fn needles(filter: &str) -> Vec<String> {
        let query = Query::parse(&format!("filter {filter}")).unwrap();
        let each = query.needles().any.iter();
        each.map(|it| String::from_utf8(it.needle().to_vec()).unwrap())
            .collect()
    }

    #[test]
    fn filters_need_texts() {
        for (filter, expected) in [
            ("@message like \"ERROR\"", &["ERROR"][..]),
            ("@message like /WARN|ERROR/", &["WARN", "ERROR"]),
            ("@message like /abc[0-9]+/ and status > 5", &["abc"]),
            ("@message like /(?i)error/", &[]),
            ("@message like /ab/", &[]),
            ("@message like /\\d+/", &[]),
            ("@message not like /error/", &[]),
            ("not (@message like /error/)", &[]),
            (
                "@message like \"abc\" or @message like \"defg\"",
                &["abc", "defg"],
            ),
            ("@message like \"abc\" or a = 1", &[]),
            ("strcontains(@message, \"needle\")", &["needle"]),
            ("level = \"ERROR\"", &["ERROR", "\\u00"]),
            ("level = \"500\"", &[]),
            ("level = \"true\"", &[]),
            (
                "level in [\"ERROR\", \"FATAL\"]",
                &["ERROR", "\\u00", "FATAL", "\\u00"],
            ),
            ("@logStream = \"abcd\"", &[]),
        ] {
            assert_eq!(needles(filter), expected, "{filter}");
        }
        let apart = "filter level = \"ERROR\" and @message like \"abc\"";
        let apart = Query::parse(apart).unwrap();
        let each = apart.message_needles().any.iter();
        assert_eq!(each.map(|it| it.needle()).collect::<Vec<_>>(), [b"abc"]);
        let query = Query::parse("fields \"ERROR\" as level | filter level = \"ERROR\"").unwrap();
        assert!(query.needles().is_empty());
    }

    #[test]
    fn hits_say_which_records_may_pass() {
        let query = Query::parse("filter @message like /one|two/").unwrap();
        let block = b"..one..|.......|..two..|two";
        let mut hits = query.needles().hits(block);
        let passes: Vec<bool> = [(0, 7), (8, 15), (16, 23), (24, 27)]
            .into_iter()
            .map(|(start, end)| hits.may_pass(start, end))
            .collect();
        assert_eq!(passes, [true, false, true, true]);
    }
}
