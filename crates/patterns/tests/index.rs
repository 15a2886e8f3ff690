//! The index against each pattern by itself, over random patterns and documents of few fields and values.

use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Value, json};
use wharf_patterns::{Index, Pattern};

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => "[aAb]{0,3}".prop_map(Value::from),
        1 => (-1..4i64).prop_map(Value::from),
        1 => prop::sample::select(vec![json!(1.5), json!(true), json!(null), json!("10.0.0.7")]),
    ]
}

fn test() -> impl Strategy<Value = Value> {
    let text = || "[aAb]{1,2}";
    let ends = prop::sample::select(vec!["prefix", "suffix", "equals-ignore-case", "wildcard"]);
    prop_oneof![
        4 => value(),
        2 => (ends.clone(), text()).prop_map(|(name, text)| json!({ name: text })),
        1 => text().prop_map(|text| json!({"wildcard": format!("{text}*a")})),
        1 => text().prop_map(|text| json!({"prefix": {"equals-ignore-case": text}})),
        1 => text().prop_map(|text| json!({"suffix": {"equals-ignore-case": text}})),
        1 => vec(text(), 1..3).prop_map(|texts| json!({"anything-but": texts})),
        1 => (ends, text()).prop_map(|(name, text)| json!({"anything-but": { name: text }})),
        1 => (-1..3i64).prop_map(|from| json!({"numeric": [">=", from, "<", from + 2]})),
        1 => Just(json!({"cidr": "10.0.0.0/8"})),
        1 => any::<bool>().prop_map(|there| json!({"exists": there})),
    ]
}

fn object<T: std::fmt::Debug>(
    inner: impl Strategy<Value = T>,
    least: usize,
) -> impl Strategy<Value = Value>
where
    Value: From<T>,
{
    let fields = vec((prop::sample::select(vec!["a", "b", "c"]), inner), least..4);
    fields.prop_map(|fields| {
        let named = fields
            .into_iter()
            .map(|(name, it)| (name.to_owned(), Value::from(it)));
        Value::Object(named.collect::<Map<_, _>>())
    })
}

fn pattern() -> impl Strategy<Value = Value> {
    let tests = || vec(test(), 1..3).prop_map(Value::from);
    let inner = object(tests(), 1);
    let level = prop_oneof![3 => tests(), 1 => inner];
    let flat = object(level, 1).boxed();
    (flat.clone(), prop::option::of((flat.clone(), flat))).prop_map(|(mut base, or)| {
        if let (Value::Object(fields), Some((one, other))) = (&mut base, or) {
            fields.insert("$or".to_owned(), json!([one, other]));
        }
        base
    })
}

fn document() -> impl Strategy<Value = Value> {
    let level = prop_oneof![
        4 => value(),
        1 => vec(value(), 0..3).prop_map(Value::from),
        1 => object(value(), 0),
        1 => vec(object(value(), 0), 0..3).prop_map(Value::from),
    ];
    object(level, 0)
}

/// Whether one value fits one alternative of a field, from the text of the language and without anything that the
/// crate compiles.
fn fits_one(test: &Value, value: &Value) -> bool {
    let Some((name, wanted)) = test.as_object().and_then(|it| it.iter().next()) else {
        return test == value;
    };
    let folded = |it: &Value| it.as_str().map(str::to_lowercase);
    let ends = |of: fn(&str, &str) -> bool| match (value.as_str(), wanted) {
        (Some(text), Value::String(end)) => of(text, end),
        (Some(text), Value::Object(end)) => {
            let end = end["equals-ignore-case"].as_str().unwrap();
            of(&text.to_lowercase(), &end.to_lowercase())
        }
        _ => false,
    };
    match name.as_str() {
        "exists" => wanted == &json!(true),
        "prefix" => ends(|text, end| text.starts_with(end)),
        "suffix" => ends(|text, end| text.ends_with(end)),
        "equals-ignore-case" => value.is_string() && folded(value) == folded(wanted),
        "wildcard" => {
            let (glob, text) = (wanted.as_str().unwrap().as_bytes(), value.as_str());
            text.is_some_and(|it| globs(glob, it.as_bytes()))
        }
        "cidr" => value == &json!("10.0.0.7"),
        "numeric" => value.as_f64().is_some_and(|it| {
            let end = |at: usize| wanted[at].as_f64().unwrap();
            it >= end(1) && it < end(3)
        }),
        "anything-but" => match wanted {
            Value::Array(unwanted) => !unwanted.iter().any(|it| fits_one(it, value)),
            unwanted => !fits_one(unwanted, value),
        },
        other => panic!("{other}"),
    }
}

fn globs(glob: &[u8], text: &[u8]) -> bool {
    match (glob.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => (0..=text.len()).any(|at| globs(rest, &text[at..])),
        (Some((wanted, rest)), Some((found, more))) => wanted == found && globs(rest, more),
        _ => false,
    }
}

/// All values at a path, whatever lists are on the way.
fn values<'a>(document: &'a Value, path: &[&str]) -> Vec<&'a Value> {
    match (document, path) {
        (Value::Array(all), _) => all.iter().flat_map(|it| values(it, path)).collect(),
        (Value::Object(_), []) => Vec::new(),
        (value, []) => vec![value],
        (value, [first, rest @ ..]) => match value.get(first) {
            Some(inner) => values(inner, rest),
            None => Vec::new(),
        },
    }
}

/// Whether a part of a document fits a part of a pattern, at a path.
fn fits<'a>(
    pattern: &'a Value,
    part: Option<&Value>,
    all: &Value,
    path: &mut Vec<&'a str>,
) -> bool {
    if let Some(Value::Array(elements)) = part
        && !elements.is_empty()
    {
        return elements.iter().any(|it| fits(pattern, Some(it), all, path));
    }
    match pattern {
        Value::Object(fields) => fields.iter().all(|(name, inner)| {
            path.push(name);
            let held = fits(inner, part.and_then(|it| it.get(name)), all, path);
            path.pop();
            held
        }),
        tests => tests.as_array().unwrap().iter().any(|test| {
            let absent = test == &json!({"exists": false});
            match part.filter(|it| !it.is_object() && !it.is_array()) {
                _ if absent => values(all, path).is_empty(),
                Some(value) => fits_one(test, value),
                None => false,
            }
        }),
    }
}

/// With other names of its fields.
fn in_capitals(object: &Value) -> Value {
    let fields = object.as_object().unwrap().iter();
    let fields = fields.map(|(name, it)| (name.to_uppercase(), it.clone()));
    Value::Object(fields.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_index_finds_what_each_pattern_finds(patterns in vec(pattern(), 1..25), documents in vec(document(), 1..12)) {
        let patterns: Vec<Pattern> = patterns.iter().map(|it| Pattern::of(it).unwrap()).collect();
        let index = Index::new(&patterns);
        for document in documents {
            let each = patterns.iter().enumerate().filter(|(_, it)| it.matches(&document));
            let each: Vec<usize> = each.map(|(place, _)| place).collect();
            prop_assert_eq!(index.matches(&document), each, "{}", document);
        }
    }

    /// Judged from the text of the language, without anything that the crate compiles.
    #[test]
    fn a_pattern_of_plain_values_means_what_it_says(pattern in object(vec(value(), 1..3).prop_map(Value::from), 1), document in object(prop_oneof![value(), vec(value(), 0..3).prop_map(Value::from)], 0)) {
        let fits = pattern.as_object().unwrap().iter().all(|(name, wanted)| {
            let wanted = wanted.as_array().unwrap();
            match document.get(name) {
                Some(Value::Array(values)) => values.iter().any(|it| wanted.contains(it)),
                Some(value) => wanted.contains(value),
                None => false,
            }
        });
        prop_assert_eq!(Pattern::of(&pattern).unwrap().matches(&document), fits);
    }

    /// The same of every operator, of objects and of lists. Alternatives are about other fields than the rest:
    /// conditions of both sides on one field are one condition on it.
    #[test]
    fn a_pattern_means_what_a_naive_reader_makes_of_it(pattern in pattern(), documents in vec((document(), document()), 1..12)) {
        let mut base = pattern;
        let or = base.as_object_mut().unwrap().remove("$or");
        let or: Vec<Value> = or.iter().flat_map(|it| it.as_array().unwrap()).map(in_capitals).collect();
        let mut whole = base.clone();
        if !or.is_empty() {
            whole["$or"] = or.clone().into();
        }
        let read = Pattern::of(&whole).unwrap();
        for (mut document, other) in documents {
            let other = in_capitals(&other);
            document.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
            let holds = |it: &Value| fits(it, Some(&document), &document, &mut Vec::new());
            let wanted = holds(&base) && (or.is_empty() || or.iter().any(holds));
            prop_assert_eq!(read.matches(&document), wanted, "{}", document);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]{}\",:a$or0-9 ]{0,40}") {
        let _ = Pattern::parse(&text);
    }
}
