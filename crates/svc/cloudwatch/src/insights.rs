//! Queries of Metrics Insights: `SELECT AVG(CPU) FROM SCHEMA("App", Host) WHERE Zone = '1' GROUP BY Host ORDER BY
//! MAX() DESC LIMIT 5`. Pure.

use std::collections::BTreeMap;

use wharf_series::{Metric, Summary};

use crate::{math::Bad, search::Schema, stat::Stat, words};

/// A label, and values over time.
pub type Labelled = (String, Vec<(i64, f64)>);
/// Values of what is grouped by, in its order, and values over time.
pub type Grouped = (Vec<String>, Vec<(i64, f64)>);

/// The group of metrics that lack a dimension of those that are grouped by.
const OTHER: &str = "Other";
/// Lines of an answer.
const MOST_LINES: usize = 500;

#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub stat: Stat,
    pub metric: String,
    pub namespace: String,
    schema: Option<Schema>,
    conditions: Vec<Condition>,
    pub group_by: Vec<String>,
    order: Option<Order>,
    limit: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Condition {
    label: String,
    equal: bool,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Order {
    by: Stat,
    descending: bool,
}

/// Whether an expression is a query.
pub fn is_query(text: &str) -> bool {
    let first = text.trim_start().split(char::is_whitespace).next();
    first.is_some_and(|it| it.eq_ignore_ascii_case("select"))
}

impl Query {
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, Bad> {
        let tokens = tokens(text)?;
        let mut from = Parser {
            tokens: &tokens,
            at: 0,
        };
        from.keyword("SELECT")?;
        let stat = from.function()?;
        from.sign("(")?;
        let metric = from.name()?;
        from.sign(")")?;
        from.keyword("FROM")?;
        let (namespace, schema) = from.source()?;
        let mut query = Self {
            stat,
            metric,
            namespace,
            schema,
            conditions: Vec::new(),
            group_by: Vec::new(),
            order: None,
            limit: MOST_LINES,
        };
        if from.is_keyword("WHERE") {
            query.conditions.push(from.condition()?);
            while from.is_keyword("AND") {
                query.conditions.push(from.condition()?);
            }
        }
        if from.is_keyword("GROUP") {
            from.keyword("BY")?;
            query.group_by = from.labels()?;
        }
        if from.is_keyword("ORDER") {
            from.keyword("BY")?;
            let by = from.function()?;
            from.sign("(")?;
            from.sign(")")?;
            let descending = from.is_keyword("DESC");
            if !descending {
                from.is_keyword("ASC");
            }
            query.order = Some(Order { by, descending });
        }
        if from.is_keyword("LIMIT") {
            let limit: usize = from
                .name()?
                .parse()
                .map_err(|_| Bad::new("LIMIT takes a number"))?;
            if !(1..=MOST_LINES).contains(&limit) {
                return Err(Bad(format!("LIMIT takes a number from 1 to {MOST_LINES}")));
            }
            query.limit = limit;
        }
        match from.tokens.get(from.at) {
            None => Ok(query),
            Some(token) => Err(Bad(format!("Unexpected '{}' in the query", token.text()))),
        }
    }

    pub fn fits(&self, metric: &Metric) -> bool {
        let label = |name: &str| match name {
            "AWS.AccountId" => Some(metric.account.as_str()),
            name => metric
                .dimensions
                .iter()
                .find(|it| it.0 == name)
                .map(|it| it.1.as_str()),
        };
        metric.name == self.metric
            && metric.namespace == self.namespace
            && self.schema.as_ref().is_none_or(|it| it.fits(metric))
            && self.conditions.iter().all(|it| match label(&it.label) {
                Some(value) => (value == it.value) == it.equal,
                None => false,
            })
    }

    /// The lines of the answer with their labels, of all points that each metric has.
    pub fn answer(&self, found: Vec<(Metric, Vec<(i64, Summary)>)>) -> Vec<Labelled> {
        let lines = self.grouped(found).into_iter();
        let labelled = lines.map(|(values, points)| match values.is_empty() {
            true => (self.metric.clone(), points),
            false => (values.join(" "), points),
        });
        labelled.collect()
    }

    /// The same by the values of what is grouped by.
    pub fn grouped(&self, found: Vec<(Metric, Vec<(i64, Summary)>)>) -> Vec<Grouped> {
        let mut groups: BTreeMap<Vec<String>, BTreeMap<i64, Summary>> = BTreeMap::new();
        for (metric, points) in found {
            let value = |name: &String| match name.as_str() {
                "AWS.AccountId" => metric.account.clone(),
                name => {
                    let found = metric.dimensions.iter().find(|it| it.0 == name);
                    found.map_or_else(|| OTHER.to_owned(), |it| it.1.clone())
                }
            };
            let group = groups
                .entry(self.group_by.iter().map(value).collect())
                .or_default();
            for (at, summary) in points {
                match group.get_mut(&at) {
                    Some(whole) => whole.merge(&summary, false),
                    None => drop(group.insert(at, summary)),
                }
            }
        }
        let mut lines: Vec<(Option<f64>, Grouped)> = groups
            .into_iter()
            .map(|(key, points)| {
                let whole = points.values().cloned().reduce(|mut all, it| {
                    all.merge(&it, false);
                    all
                });
                let rank = self.order.and_then(|order| order.by.of(&whole?));
                let points = points
                    .into_iter()
                    .filter_map(|(at, it)| Some((at, self.stat.of(&it)?)));
                (rank, (key, points.collect()))
            })
            .collect();
        if let Some(order) = self.order {
            lines.sort_by(|(a, ..), (b, ..)| {
                let (a, b) = (a.unwrap_or(f64::NAN), b.unwrap_or(f64::NAN));
                if order.descending {
                    b.total_cmp(&a)
                } else {
                    a.total_cmp(&b)
                }
            });
        }
        lines.truncate(self.limit);
        lines.into_iter().map(|it| it.1).collect()
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    /// In double quotes: a name whatever it says.
    Name(String),
    /// In single quotes.
    Text(String),
    Sign(&'static str),
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Word(text) | Self::Name(text) | Self::Text(text) => text,
            Self::Sign(sign) => sign,
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Bad> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length;
        if first == '"' || first == '\'' {
            let (inside, used) = words::quoted(&rest[1..], first, &['"', '\''])
                .ok_or_else(|| Bad::new("A text has no end"))?;
            length = used + 2;
            found.push(if first == '"' {
                Token::Name(inside)
            } else {
                Token::Text(inside)
            });
        } else if let Some(sign) = ["!=", "=", "(", ")", ","]
            .into_iter()
            .find(|it| rest.starts_with(it))
        {
            length = sign.len();
            found.push(Token::Sign(sign));
        } else {
            let end = |it: char| it.is_whitespace() || "!=(),\"'".contains(it);
            length = rest.find(end).unwrap_or(rest.len()).max(first.len_utf8());
            found.push(Token::Word(rest[..length].to_owned()));
        }
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Result<Token, Bad> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token.ok_or_else(|| Bad::new("The query ends too early"))
    }

    fn is_keyword(&mut self, word: &str) -> bool {
        let there = matches!(self.tokens.get(self.at), Some(Token::Word(it)) if it.eq_ignore_ascii_case(word));
        self.at += usize::from(there);
        there
    }

    fn keyword(&mut self, word: &str) -> Result<(), Bad> {
        match self.is_keyword(word) {
            true => Ok(()),
            false => Err(Bad(format!("{word} is missing in the query"))),
        }
    }

    fn is_sign(&mut self, sign: &str) -> bool {
        let there = matches!(self.tokens.get(self.at), Some(Token::Sign(it)) if *it == sign);
        self.at += usize::from(there);
        there
    }

    fn sign(&mut self, sign: &str) -> Result<(), Bad> {
        match self.is_sign(sign) {
            true => Ok(()),
            false => Err(Bad(format!("'{sign}' is missing in the query"))),
        }
    }

    fn name(&mut self) -> Result<String, Bad> {
        match self.next()? {
            Token::Word(text) | Token::Name(text) => Ok(text),
            other => Err(Bad(format!("Unexpected '{}' in the query", other.text()))),
        }
    }

    /// A dimension, or the account. Between quotes it may be called as it likes.
    fn label(&mut self) -> Result<String, Bad> {
        match self.tokens.get(self.at) {
            Some(Token::Word(it)) if it.starts_with("tag.") => Err(Bad(format!(
                "Tags of resources ('{it}') are not supported in queries by this version of wharf"
            ))),
            _ => self.name(),
        }
    }

    fn labels(&mut self) -> Result<Vec<String>, Bad> {
        let mut all = vec![self.label()?];
        while self.is_sign(",") {
            all.push(self.label()?);
        }
        Ok(all)
    }

    fn function(&mut self) -> Result<Stat, Bad> {
        let name = self.name()?;
        Ok(match name.to_ascii_uppercase().as_str() {
            "AVG" => Stat::Average,
            "COUNT" => Stat::SampleCount,
            "MAX" => Stat::Maximum,
            "MIN" => Stat::Minimum,
            "SUM" => Stat::Sum,
            _ => return Err(Bad(format!("A query does not know the function '{name}'"))),
        })
    }

    fn source(&mut self) -> Result<(String, Option<Schema>), Bad> {
        let first = self.next()?;
        let is_schema = matches!(&first, Token::Word(it) if it.eq_ignore_ascii_case("schema"));
        if !is_schema || !self.is_sign("(") {
            return match first {
                Token::Word(name) | Token::Name(name) => Ok((name, None)),
                other => Err(Bad(format!("Unexpected '{}' in the query", other.text()))),
            };
        }
        let mut parts = self.labels()?;
        self.sign(")")?;
        let namespace = parts.remove(0);
        parts.sort();
        let schema = Schema {
            namespace: namespace.clone(),
            dimensions: parts,
        };
        Ok((namespace, Some(schema)))
    }

    fn condition(&mut self) -> Result<Condition, Bad> {
        let label = self.label()?;
        let equal = self.is_sign("=");
        if !equal {
            self.sign("!=")?;
        }
        match self.next()? {
            Token::Text(value) => Ok(Condition {
                label,
                equal,
                value,
            }),
            other => Err(Bad(format!(
                "'{}' must stand in single quotes",
                other.text()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found() -> Vec<(Metric, Vec<(i64, Summary)>)> {
        let one = |host: &str, zone: &str, value: f64| {
            let metric = Metric {
                account: "1".into(),
                region: "r".into(),
                namespace: "App/Web".into(),
                name: "Latency".into(),
                dimensions: vec![("Host".into(), host.into()), ("Zone".into(), zone.into())],
            };
            (
                metric,
                vec![(0, Summary::one(value)), (60, Summary::one(value * 2.0))],
            )
        };
        vec![one("a", "1", 1.0), one("b", "1", 2.0), one("c", "2", 4.0)]
    }

    fn run(text: &str) -> Result<Vec<Labelled>, Bad> {
        let query = Query::parse(text)?;
        let fits = found().into_iter().filter(|it| query.fits(&it.0));
        Ok(query.answer(fits.collect()))
    }

    #[test]
    fn queries_of_the_common_forms() {
        let lines = |all: &[(&str, f64)]| -> Vec<Labelled> {
            all.iter()
                .map(|(name, it)| ((*name).to_owned(), vec![(0, *it), (60, it * 2.0)]))
                .collect()
        };
        for (text, wanted) in [
            (
                "SELECT SUM(Latency) FROM \"App/Web\"",
                &[("Latency", 7.0)][..],
            ),
            (
                "select avg(Latency) from SCHEMA(\"App/Web\", Host, Zone)",
                &[("Latency", 7.0 / 3.0)],
            ),
            (
                "SELECT MAX(Latency) FROM SCHEMA(\"App/Web\", Zone, Host) WHERE Zone = '1'",
                &[("Latency", 2.0)],
            ),
            (
                "SELECT MIN(Latency) FROM \"App/Web\" WHERE Zone != '1' AND Host = 'c'",
                &[("Latency", 4.0)],
            ),
            (
                "SELECT AVG(Latency) FROM \"App/Web\" GROUP BY Zone",
                &[("1", 1.5), ("2", 4.0)],
            ),
            (
                "SELECT AVG(Latency) FROM \"App/Web\" GROUP BY Host, Zone ORDER BY MAX() DESC LIMIT 2",
                &[("c 2", 4.0), ("b 1", 2.0)],
            ),
            (
                "SELECT AVG(Latency) FROM \"App/Web\" GROUP BY Host ORDER BY SUM() ASC LIMIT 1",
                &[("a", 1.0)],
            ),
            (
                "SELECT SUM(Latency) FROM \"App/Web\" GROUP BY Zone, Rack",
                &[("1 Other", 3.0), ("2 Other", 4.0)],
            ),
            ("SELECT AVG(Latency) FROM SCHEMA(\"App/Web\", Host)", &[]),
            ("SELECT AVG(Other) FROM \"App/Web\"", &[]),
        ] {
            assert_eq!(run(text), Ok(lines(wanted)), "{text}");
        }
        let quoted =
            Query::parse(r#"SELECT AVG("Bytes\"In\"") FROM "A\'s" WHERE a = 'it\'s'"#).unwrap();
        assert_eq!(
            (quoted.metric, quoted.namespace),
            ("Bytes\"In\"".into(), "A's".into())
        );
        assert_eq!(quoted.conditions[0].value, "it's");
        let counts = run("SELECT COUNT(Latency) FROM \"App/Web\"").unwrap();
        assert_eq!(counts[0].1, [(0, 3.0), (60, 3.0)]);
    }

    #[test]
    fn others_are_refused() {
        for text in [
            "SELECT",
            "SELECT P99(Latency) FROM \"App\"",
            "SELECT AVG(Latency)",
            "SELECT AVG(Latency) FROM 'App'",
            "SELECT AVG(Latency) FROM \"App\" WHERE Zone = \"1\"",
            "SELECT AVG(Latency) FROM \"App\" WHERE Zone > '1'",
            "SELECT AVG(Latency) FROM \"App\" WHERE Zone = '1' OR Zone = '2'",
            "SELECT AVG(Latency) FROM \"App\" LIMIT 0",
            "SELECT AVG(Latency) FROM \"App\" LIMIT 501",
            "SELECT AVG(Latency) FROM \"App\" ORDER BY Zone",
        ] {
            assert!(Query::parse(text).is_err(), "{text}");
        }
        for text in [
            "SELECT AVG(Latency) FROM \"App\" WHERE tag.env = 'prod'",
            "SELECT AVG(Latency) FROM \"App\" GROUP BY Host, tag.\"the team\"",
        ] {
            let Bad(why) = Query::parse(text).unwrap_err();
            assert!(why.starts_with("Tags of resources ('tag."), "{why}");
        }
        // A dimension may be called so.
        assert!(Query::parse("SELECT AVG(Latency) FROM App GROUP BY \"tag.env\"").is_ok());
        assert!(is_query(" select AVG(x)") && !is_query("SELECTION + 1"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(rest in "[a-zA-Z(),='\"!0-9 ]{0,60}") {
            let _ = Query::parse(&format!("SELECT {rest}"));
        }
    }
}
