//! What an index of fields knows events by: terms, each the hash of a field's name and of one of its values.
//!
//! Invariant: if a filter holds a field of an event equal to a value, the event has that value's term for the field.
//! The other way round two values may share a term. Terms are stored: those who keep them count the versions of this
//! file, so what a value's term is never changes without [`TERMS`].

use crate::{
    discover,
    eval::{Comparison, Expr},
    plan::Step,
    value::Value,
};

/// The version of terms: of another one nothing is known.
pub const TERMS: u8 = 1;

/// A field by its hash, and one of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term {
    pub field: u64,
    pub value: u64,
}

/// The hash of a field's name.
pub fn field(name: &str) -> u64 {
    mixed(fnv(SEED, name.as_bytes()))
}

/// The terms of fields in an event's JSON, whichever of its members a query may take for them.
pub fn terms(text: &str, names: &[&str]) -> Vec<u64> {
    let of: Vec<u64> = names.iter().map(|it| field(it)).collect();
    let mut found = Vec::new();
    discover::each_value(text, names, |index, value| {
        found.extend(term(of[index], value));
    });
    found
}

/// Equal for values that a filter takes as equal; none for null, which equals nothing.
fn term(field: u64, value: &Value<'_>) -> Option<u64> {
    let number = match value {
        Value::Null => return None,
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        Value::Text(text) if text.eq_ignore_ascii_case("true") => Some(1.0),
        Value::Text(text) if text.eq_ignore_ascii_case("false") => Some(0.0),
        other => other.number(),
    };
    Some(mixed(match number {
        // -0 is 0.
        Some(number) => fnv(field ^ 1, &(number + 0.0).to_bits().to_le_bytes()),
        None => fnv(field, value.shown()?.as_bytes()),
    }))
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(seed: u64, bytes: &[u8]) -> u64 {
    let next = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(seed, next)
}

/// So that all bits of a hash are good for something.
fn mixed(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// Clauses of which each event that passes has at least one term: those of a field side by side, each once.
pub(crate) fn clauses(steps: &[Step], wanted: &[String]) -> Vec<Vec<Term>> {
    let mut found = Vec::new();
    for step in steps {
        if let Step::Filter(expr) = step {
            found.extend(required(expr, wanted));
        }
    }
    for clause in &mut found {
        clause.sort_unstable();
        clause.dedup();
    }
    found
}

fn required(expr: &Expr, wanted: &[String]) -> Vec<Vec<Term>> {
    match expr {
        Expr::And(a, b) => [required(a, wanted), required(b, wanted)].concat(),
        Expr::Or(a, b) => {
            let shortest = |it: Vec<Vec<Term>>| it.into_iter().min_by_key(Vec::len);
            match (shortest(required(a, wanted)), shortest(required(b, wanted))) {
                (Some(a), Some(b)) => vec![[a, b].concat()],
                _ => vec![],
            }
        }
        _ => {
            let terms = equalities(expr).and_then(|(index, values)| {
                let of = field(wanted.get(index)?);
                let term = |value: &&Value<'static>| {
                    let value = term(of, value)?;
                    Some(Term { field: of, value })
                };
                values.iter().map(term).collect::<Option<Vec<Term>>>()
            });
            terms.into_iter().filter(|it| !it.is_empty()).collect()
        }
    }
}

/// The field of an event that is held equal to one of some values.
fn equalities(expr: &Expr) -> Option<(usize, Vec<&Value<'static>>)> {
    match expr {
        Expr::Compare(Comparison::Equal, a, b) => match (&**a, &**b) {
            (Expr::Json(index), Expr::Const(value)) | (Expr::Const(value), Expr::Json(index)) => {
                Some((*index, vec![value]))
            }
            _ => None,
        },
        Expr::In(of, all) => {
            let Expr::Json(index) = &**of else {
                return None;
            };
            let values = all.iter().map(|it| match it {
                Expr::Const(value) => Some(value),
                _ => None,
            });
            Some((*index, values.collect::<Option<_>>()?))
        }
        _ => None,
    }
}

/// The fields that an expression holds equal to values, if it does nothing else.
pub(crate) fn fields(expr: &Expr) -> Option<Vec<usize>> {
    match expr {
        Expr::And(a, b) => Some([fields(a)?, fields(b)?].concat()),
        _ => equalities(expr).map(|(index, _)| vec![index]),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::{At, Event, Query, Run, Stop};

    fn passes(query: &Query, text: &str) -> bool {
        let clauses = query.index_terms().iter();
        let mut each = clauses.map(|clause| {
            clause.iter().any(|it| {
                let names = query.wanted.iter();
                names
                    .filter(|name| field(name) == it.field)
                    .any(|name| terms(text, &[name]).contains(&it.value))
            })
        });
        each.all(|it| it)
    }

    fn matches(query: Arc<Query>, text: &str) -> bool {
        let mut run = Run::new(query, 0, None, 1 << 20, Stop::default());
        run.push(&Event {
            timestamp: 0,
            ingestion: 0,
            stream: "s",
            log: "l",
            message: text,
            fields: None,
            transformation_error: None,
            unmasked: None,
            at: At {
                source: 0,
                offset: 0,
            },
            is_earlier: false,
        })
        .unwrap();
        run.finish().unwrap().matched > 0
    }

    #[test]
    fn equalities_of_an_events_own_fields_are_clauses() {
        let sizes = |text: &str| -> Vec<usize> {
            let query = Query::parse(text).unwrap();
            query.index_terms().iter().map(Vec::len).collect()
        };
        for (text, expected) in [
            ("filter a = 'x'", &[1][..]),
            ("filter a = 'x' and b in [1, 2, 3]", &[1, 3]),
            ("filter a = 'x' | filter 'y' = b", &[1, 1]),
            ("filter a = 'x' or b = 'y'", &[2]),
            ("filter a = 'x' or b > 1", &[]),
            ("filter a != 'x'", &[]),
            ("filter not (a = 'x')", &[]),
            ("filter a = b", &[]),
            ("filter @logStream = 'x'", &[]),
            ("fields 'x' as a | filter a = 'x'", &[]),
            ("stats count(*) as a | filter a = 1", &[]),
            ("filterIndex a = 'x' and b in ['y', 'z']", &[1, 2]),
            ("filter a in [1, '1', 2, 1, 1.0, true]", &[2]),
            ("filter a = 1 or b = 2 or a = 1", &[2]),
        ] {
            assert_eq!(sizes(text), expected, "{text}");
        }
        let query = Query::parse("FilterIndex a = 1 and `b.c` in [2]").unwrap();
        assert_eq!(query.needed_indexes(), ["a", "b.c"]);
        let query = Query::parse("filterIndex @@a = 1 and @a = 1 and @@message = 2").unwrap();
        assert_eq!(query.needed_indexes(), ["@a", "@message"]);
        assert!(
            Query::parse("filter a = 1")
                .unwrap()
                .needed_indexes()
                .is_empty()
        );
    }

    #[test]
    fn an_index_is_asked_for_equal_values_of_an_events_own_fields() {
        for text in [
            "filterIndex a > 1",
            "filterIndex a = 1 or b = 2",
            "filterIndex a = b",
            "filterIndex @message = 'x'",
            "filterIndex not (a = 1)",
            "fields 1 as a | filterIndex a = 1",
            "limit 1 | filterIndex a = 1",
            "stats count(*) as n | filterIndex n = 1",
        ] {
            let refused = Query::parse(text).unwrap_err().message;
            assert!(refused.starts_with("filterIndex "), "{text}: {refused}");
        }
    }

    /// Were a term another one tomorrow, what is stored would lead astray.
    #[test]
    fn terms_stay_as_they_are() {
        assert_eq!(field("level"), 0xb20f_0585_91ff_e7fa);
        assert_eq!(
            terms(r#"{"level":"ERROR"}"#, &["level"]),
            [0x55ca_bfc7_3e88_39bc]
        );
        assert_eq!(terms(r#"{"level":5}"#, &["level"]), [0x2d91_26ae_0d8e_ddc5]);
        for (text, other) in [
            (r#"{"a":1}"#, r#"{"a":"1.0"}"#),
            (r#"{"a":true}"#, r#"{"a":"TRUE"}"#),
            (r#"{"a":-0.0}"#, r#"{"a":false}"#),
        ] {
            assert_eq!(terms(text, &["a"]), terms(other, &["a"]), "{text}");
            assert_eq!(terms(text, &["a"]).len(), 1);
        }
        assert!(terms(r#"{"a":null}"#, &["a"]).is_empty());
        assert_ne!(terms(r#"{"a":"x"}"#, &["a"]), terms(r#"{"a":"y"}"#, &["a"]));
    }

    proptest! {
        /// However many fields are looked for at once, of each the same is found.
        #[test]
        fn one_walk_finds_what_many_do(
            text in r#"\{("(a|b|a\.b)":(1|1\.5|"x"|null|\{"b":(2|"x"|\[3,1\]|\{"c":1\})(,"b":5)?\}|\[\{"b":6\},\[7\]\]),?){0,3}"z":1\}"#,
            names in prop::sample::subsequence(
                vec!["a", "b", "a.b", "a.b.c", "a.b.1", "a.0", "a.0.b", "a.00.b", "a.1.0", "b.b", "z"], 0..=11),
        ) {
            let sorted = |mut found: Vec<u64>| {
                found.sort_unstable();
                found
            };
            let each = names.iter().flat_map(|name| terms(&text, &[name]));
            prop_assert_eq!(sorted(terms(&text, &names)), sorted(each.collect()));
        }

        /// Whatever members a path may mean, an event that passes the filter has the terms.
        #[test]
        fn what_matches_has_the_terms(
            text in r#"\{("(a|b|a\.b)":(1|-0|"1"|"1\.0"|true|"True"|"x"|null|\{"b":(2|"x"|\[3,1\]|\{"c":1\})(,"b":5)?\}|\[\{"b":6\}\]),?){0,3}"z":1\}"#,
            field in r"a|b|`a\.b`|`a\.0\.b`|`a\.b\.c`|`a\.b\.1`",
            other in r"a|b|`a\.b`",
            value in r#"1|0|1\.0|'1'|'1\.0'|'x'|'true'|2|5|6|3"#,
        ) {
            for query in [
                format!("filter {field} = {value}"),
                format!("fields {other} | filter {field} in [{value}, 'q']"),
                format!("filter {field} = {value} or {other} = {value}"),
            ] {
                let query = Arc::new(Query::parse(&query).unwrap());
                if matches(query.clone(), &text) {
                    prop_assert!(passes(&query, &text), "{:?} {}", query, text);
                }
            }
        }
    }
}
