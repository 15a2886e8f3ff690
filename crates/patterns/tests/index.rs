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

    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]{}\",:a$or0-9 ]{0,40}") {
        let _ = Pattern::parse(&text);
    }
}
