//! The whole language against a matcher written plainly from its documentation: a pattern fits when it
//! fits some reading of the document in which every list is one of its elements.
//!
//! Nothing of the crate is used but `Pattern`: conditions are judged from the pattern's JSON.

use std::{collections::BTreeSet, net::IpAddr};

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};
use wharf_patterns::{Index, Pattern};

/// A document in which there are no lists any more.
#[derive(Clone, Debug)]
enum Plain {
    Leaf(Value),
    Object(Vec<(String, Plain)>),
    Nothing,
}

/// Every choice of one element from each list.
fn readings(value: &Value) -> Vec<Plain> {
    match value {
        Value::Array(elements) if elements.is_empty() => vec![Plain::Nothing],
        Value::Array(elements) => elements.iter().flat_map(readings).collect(),
        Value::Object(fields) => {
            let mut all: Vec<Vec<(String, Plain)>> = vec![Vec::new()];
            for (name, value) in fields {
                let each = readings(value);
                let with = |before: &Vec<(String, Plain)>| {
                    let before = before.clone();
                    let one =
                        move |it: &Plain| [&before[..], &[(name.clone(), it.clone())]].concat();
                    each.iter().map(one).collect::<Vec<_>>()
                };
                all = all.iter().flat_map(with).collect();
            }
            all.into_iter().map(Plain::Object).collect()
        }
        leaf => vec![Plain::Leaf(leaf.clone())],
    }
}

/// Where a document has values, through all of its lists.
fn places(value: &Value, at: &mut Vec<String>, found: &mut BTreeSet<Vec<String>>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                at.push(name.clone());
                places(inner, at, found);
                at.pop();
            }
        }
        Value::Array(elements) => elements.iter().for_each(|it| places(it, at, found)),
        _ => drop(found.insert(at.clone())),
    }
}

fn naive(pattern: &Value, document: &Value) -> bool {
    let mut there = BTreeSet::new();
    places(document, &mut Vec::new(), &mut there);
    let fits = |reading: &Plain| object_fits(pattern, reading, &mut Vec::new(), &there);
    readings(document).iter().any(fits)
}

type There = BTreeSet<Vec<String>>;

fn object_fits(pattern: &Value, reading: &Plain, at: &mut Vec<String>, there: &There) -> bool {
    pattern.as_object().unwrap().iter().all(|(name, wanted)| {
        if let Some(choices) = alternatives(name, wanted) {
            return choices.iter().any(|it| object_fits(it, reading, at, there));
        }
        let inner = match reading {
            Plain::Object(fields) => fields.iter().find(|(it, _)| it == name).map(|it| &it.1),
            _ => None,
        };
        let inner = inner.unwrap_or(&Plain::Nothing);
        at.push(name.clone());
        let fits = match wanted {
            Value::Object(_) => object_fits(wanted, inner, at, there),
            tests => tests.as_array().unwrap().iter().any(|test| {
                if *test == json!({"exists": false}) {
                    return !there.contains(at);
                }
                matches!(inner, Plain::Leaf(value) if test_fits(test, value))
            }),
        };
        at.pop();
        fits
    })
}

/// `$or` is a list of two objects or more that are no tests.
fn alternatives<'a>(name: &str, wanted: &'a Value) -> Option<&'a Vec<Value>> {
    let choices = wanted
        .as_array()
        .filter(|it| name == "$or" && it.len() > 1)?;
    let is_test = |it: &Value| !it.is_object() || it.get("prefix").is_some();
    (!choices.iter().any(is_test)).then_some(choices)
}

fn test_fits(test: &Value, value: &Value) -> bool {
    let Some((operator, operand)) = test.as_object().and_then(|it| it.iter().next()) else {
        return test == value;
    };
    match operator.as_str() {
        "exists" => true,
        "anything-but" => !unwanted(operand).iter().any(|it| test_fits(it, value)),
        "numeric" => value.as_f64().is_some_and(|it| within(operand, it)),
        "cidr" => value
            .as_str()
            .is_some_and(|it| in_range(operand.as_str().unwrap(), it)),
        _ => value
            .as_str()
            .is_some_and(|it| text_fits(operator, operand, it)),
    }
}

/// What `anything-but` excludes, as tests.
fn unwanted(operand: &Value) -> Vec<Value> {
    let each = |it: &Value| it.as_array().cloned().unwrap_or_else(|| vec![it.clone()]);
    match operand.as_object().and_then(|it| it.iter().next()) {
        Some((operator, inner)) => each(inner)
            .iter()
            .map(|it| json!({ operator: it }))
            .collect(),
        None => each(operand),
    }
}

fn text_fits(operator: &str, operand: &Value, value: &str) -> bool {
    if let Some(folded) = operand.get("equals-ignore-case") {
        let (folded, value) = (
            folded.as_str().unwrap().to_lowercase(),
            value.to_lowercase(),
        );
        return text_fits(operator, &json!(folded), &value);
    }
    let wanted = operand.as_str().unwrap();
    match operator {
        "prefix" => value.starts_with(wanted),
        "suffix" => value.ends_with(wanted),
        "equals-ignore-case" => value.to_lowercase() == wanted.to_lowercase(),
        "wildcard" => {
            let (wanted, value): (Vec<char>, Vec<char>) =
                (wanted.chars().collect(), value.chars().collect());
            wild(&wanted, &value)
        }
        other => panic!("{other}"),
    }
}

fn wild(pattern: &[char], value: &[char]) -> bool {
    match pattern {
        [] => value.is_empty(),
        ['\\', c, rest @ ..] | [c, rest @ ..] if pattern[0] == '\\' || *c != '*' => {
            value.first() == Some(c) && wild(rest, &value[1..])
        }
        [_, rest @ ..] => (0..=value.len()).any(|swallowed| wild(rest, &value[swallowed..])),
    }
}

fn within(operand: &Value, value: f64) -> bool {
    let parts = operand.as_array().unwrap();
    parts.chunks(2).all(|pair| {
        let end = pair[1].as_f64().unwrap();
        match pair[0].as_str().unwrap() {
            "=" => value == end,
            "<" => value < end,
            "<=" => value <= end,
            ">" => value > end,
            _ => value >= end,
        }
    })
}

/// Bit by bit.
fn in_range(range: &str, address: &str) -> bool {
    let bits = |it: IpAddr| -> String {
        match it {
            IpAddr::V4(it) => format!("{:032b}", u32::from(it)),
            IpAddr::V6(it) => format!("{:0128b}", u128::from(it)),
        }
    };
    let (base, length) = range.split_once('/').unwrap();
    let (base, length): (IpAddr, usize) = (base.parse().unwrap(), length.parse().unwrap());
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    base.is_ipv4() == address.is_ipv4() && bits(base)[..length] == bits(address)[..length]
}

fn name() -> impl Strategy<Value = String> {
    select(vec!["a", "b", "c"]).prop_map(str::to_owned)
}

fn leaf() -> impl Strategy<Value = Value> {
    let others = vec![
        json!(1),
        json!(2),
        json!(2.0),
        json!(1.5),
        json!(-3),
        json!(true),
        json!(false),
        json!(null),
        json!(""),
        json!("10.0.0.7"),
        json!("10.1.0.7"),
        json!("2001:db8::1"),
        json!("a*b"),
        json!("a\\b"),
        json!("é"),
        json!("É"),
        json!("1"),
    ];
    prop_oneof![3 => "[aAb]{0,3}".prop_map(Value::from), 3 => select(others)]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[aAb]{1,2}", 1 => Just("é".to_owned()), 1 => Just("É".to_owned())]
}

fn pattern_text() -> impl Strategy<Value = String> {
    let pieces = select(vec!["a", "A", "b", "\\*", "\\\\", "é"]);
    (vec(pieces, 0..3), vec(any::<bool>(), 4)).prop_map(|(pieces, stars)| {
        let star = |place: usize| if stars[place] { "*" } else { "" };
        let mut out = star(3).to_owned();
        for (place, piece) in pieces.iter().enumerate() {
            out += piece;
            out += star(place);
        }
        if out.is_empty() { "a".to_owned() } else { out }
    })
}

fn operator() -> impl Strategy<Value = Value> {
    prop_oneof![
        select(vec!["prefix", "suffix", "equals-ignore-case"])
            .prop_flat_map(|name| text().prop_map(move |it| json!({ name: it }))),
        select(vec!["prefix", "suffix"]).prop_flat_map(
            |name| text().prop_map(move |it| json!({ name: {"equals-ignore-case": it} }))
        ),
        pattern_text().prop_map(|it| json!({"wildcard": it})),
    ]
}

fn test() -> impl Strategy<Value = Value> {
    let unwanted = prop_oneof![
        text().prop_map(Value::from),
        (-1..3_i64).prop_map(Value::from),
        vec(text(), 1..3).prop_map(Value::from),
        vec(-1..3_i64, 1..3).prop_map(Value::from),
        operator(),
        vec(text(), 1..3).prop_map(|it| json!({"prefix": it})),
        vec(pattern_text(), 1..3).prop_map(|it| json!({"wildcard": it})),
        vec(text(), 1..3).prop_map(|it| json!({"equals-ignore-case": it})),
    ];
    let one_sided = (select(vec!["=", "<", "<=", ">", ">="]), -3..3_i64)
        .prop_map(|(sign, end)| json!([sign, end]));
    let two_sided = (
        select(vec![">", ">="]),
        -3..2_i64,
        select(vec!["<", "<="]),
        1..3_i64,
    )
        .prop_map(|(low, from, high, more)| json!([low, from, high, (from + more)]));
    let ranges = vec![
        "10.0.0.0/8",
        "10.0.0.0/16",
        "0.0.0.0/0",
        "2001:db8::/32",
        "10.0.0.7/32",
    ];
    prop_oneof![
        4 => leaf(),
        3 => operator(),
        2 => unwanted.prop_map(|it| json!({"anything-but": it})),
        2 => prop_oneof![one_sided, two_sided].prop_map(|it| json!({"numeric": it})),
        1 => select(ranges).prop_map(|it| json!({"cidr": it})),
        2 => any::<bool>().prop_map(|it| json!({"exists": it})),
    ]
}

fn object(inner: impl Strategy<Value = Value>, least: usize) -> impl Strategy<Value = Value> {
    vec((name(), inner), least..4)
        .prop_map(|it| Value::Object(it.into_iter().collect::<Map<_, _>>()))
}

fn pattern() -> impl Strategy<Value = Value> {
    let tests = vec(test(), 1..3).prop_map(Value::from).boxed();
    let flat = object(tests.clone(), 1);
    flat.prop_recursive(3, 24, 3, move |inner| {
        let field = prop_oneof![2 => tests.clone(), 2 => inner.clone()];
        // Rarely what looks like alternatives is a field of that name.
        let or = prop_oneof![4 => vec(inner, 2..4), 1 => Just(vec![json!({"prefix": "a"}), json!({"prefix": "b"})])];
        (object(field, 1), prop::option::of(or)).prop_map(|(mut base, or)| {
            if let (Value::Object(fields), Some(or)) = (&mut base, or) {
                fields.insert("$or".to_owned(), Value::from(or));
            }
            base
        })
    })
}

fn document() -> impl Strategy<Value = Value> {
    let inner = leaf().prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            object(inner.clone(), 0),
            vec(inner, 0..3).prop_map(Value::from),
        ]
    });
    (object(inner, 0), prop::option::of(leaf())).prop_map(|(mut base, odd)| {
        if let (Value::Object(fields), Some(odd)) = (&mut base, odd) {
            fields.insert("$or".to_owned(), odd);
        }
        base
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn patterns_mean_what_their_documentation_says(
        patterns in vec(pattern(), 1..6),
        documents in vec(document(), 1..8),
    ) {
        // Too many combinations of alternatives make no pattern.
        let read: Vec<(Value, Pattern)> = patterns
            .into_iter()
            .filter_map(|it| Pattern::of(&it).ok().map(|read| (it, read)))
            .collect();
        let all: Vec<Pattern> = read.iter().map(|(_, it)| it.clone()).collect();
        let index = Index::new(&all);
        for document in &documents {
            if readings(document).len() > 200 {
                continue;
            }
            let expected: Vec<bool> = read.iter().map(|(it, _)| naive(it, document)).collect();
            for ((pattern, read), expected) in read.iter().zip(&expected) {
                prop_assert_eq!(read.matches(document), *expected, "{} on {}", pattern, document);
            }
            let places = (0..expected.len()).filter(|it| expected[*it]);
            prop_assert_eq!(index.matches(document), places.collect::<Vec<_>>());
        }
    }

    /// What the generators make is no empty truth: patterns are read, and some fit.
    #[test]
    fn generated_patterns_are_patterns(pattern in pattern()) {
        let read = Pattern::of(&pattern);
        let is_complex = |it: &String| it.contains("too complex");
        prop_assert!(read.as_ref().is_ok() || read.as_ref().is_err_and(|it| is_complex(&it.0)), "{pattern}: {read:?}");
    }
}
