//! What patterns and documents that are made to be slow may cost. Each of these would take minutes if
//! lengths were multiplied, or if alternatives judged anew what they have in common.

use serde_json::{Map, Value, json};
use wharf_patterns::{Index, Pattern};

/// As many alternatives as there may be, which all fail by the same condition.
fn with_alternatives(condition: Value) -> Pattern {
    let choices: Vec<Value> = (0..1000)
        .map(|it| json!({"x": [{"anything-but": it}]}))
        .collect();
    let fields = [
        ("a".to_owned(), condition),
        ("$or".to_owned(), Value::Array(choices)),
    ];
    Pattern::of(&Value::Object(Map::from_iter(fields))).unwrap()
}

#[test]
fn a_wildcard_that_nearly_fits_everywhere_is_judged_once_for_all_alternatives() {
    let wildcard = format!("*{}b*", "a".repeat(1500));
    let pattern = with_alternatives(json!([{"wildcard": wildcard}]));
    let document = json!({"a": "a".repeat(4_000_000), "x": "y"});
    assert!(!pattern.matches(&document));
    assert!(Index::new([&pattern]).matches(&document).is_empty());
}

#[test]
fn long_lists_are_held_to_a_condition_once_for_all_alternatives() {
    let pattern = with_alternatives(json!([{"numeric": [">", 5]}]));
    let document = json!({"a": vec![1; 400_000], "x": vec!["y"; 400_000]});
    assert!(!pattern.matches(&document));
    let index = Index::new(std::iter::repeat_n(&pattern, 20));
    assert!(index.matches(&document).is_empty());
}

#[test]
fn what_many_alternatives_have_in_common_is_bounded() {
    let read = |shared: usize| {
        let choices: Vec<Value> = (0..1000).map(|it| json!({"x": [it]})).collect();
        let mut fields = Map::from_iter([("$or".to_owned(), Value::Array(choices))]);
        fields.extend((0..shared).map(|it| (format!("a{it}"), json!([1]))));
        Pattern::of(&Value::Object(fields))
    };
    assert!(read(39).is_ok());
    let error = read(40).unwrap_err();
    assert!(error.0.contains("too complex"), "{error}");
}

#[test]
fn what_a_pattern_takes_in_memory_is_known() {
    let bytes = |text: &str| Pattern::parse(text).unwrap().bytes();
    let plain = bytes(r#"{"source": ["aws.ecs"], "detail": {"state": ["on", "off"]}}"#);
    assert!((300..1500).contains(&plain), "{plain}");
    // A list that alternatives share is there once, each of their names each time.
    let choices: Vec<Value> = (0..1000).map(|it| json!({"x": [it]})).collect();
    let list: Vec<String> = (0..100)
        .map(|it| "v".repeat(100) + &it.to_string())
        .collect();
    let shared = json!({"$or": choices, "a": list}).to_string();
    let shared = bytes(&shared);
    assert!((2000 * 128..1 << 20).contains(&shared), "{shared}");
}

/// A thousand alternatives, each with two conditions on the objects of a list, of which the first holds everywhere.
fn on_objects() -> Pattern {
    let choices: Vec<Value> = (0..1000)
        .map(|it| json!({"list": {"x": [{"exists": true}], "y": [it]}}))
        .collect();
    Pattern::of(&json!({ "$or": choices })).unwrap()
}

#[test]
fn alternatives_on_the_objects_of_a_long_list_are_given_up() {
    let pattern = on_objects();
    // Each alternative comes up by its `y`, and none fits.
    let list = |count: usize| {
        let near = std::iter::repeat_n(json!({"x": 1, "y": -1}), count);
        let all = near.chain((0..1000).map(|it| json!({ "y": it })));
        json!({"list": all.collect::<Vec<_>>()})
    };
    let long = list(100_000);
    assert_eq!(pattern.judge(&long), None);
    // Others are judged all the same.
    let plain = Pattern::of(&json!({"list": {"x": [1], "y": [-1]}})).unwrap();
    assert_eq!(plain.judge(&long), Some(true));
    let judged = Index::new([&pattern, &pattern, &plain]).judge(&long);
    assert_eq!((judged.fit, judged.given_up), (vec![2], vec![0, 1]));
    // A list that is no longer than those of events mostly are is judged in full.
    let short = list(500);
    assert_eq!(pattern.judge(&short), Some(false));
    let mut fits = short;
    fits["list"][499]["y"] = json!(999);
    assert_eq!(pattern.judge(&fits), Some(true));
    let judged = Index::new([&pattern]).judge(&fits);
    assert_eq!((judged.fit, judged.given_up), (vec![0], vec![]));
}
