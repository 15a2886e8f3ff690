//! Every operator, on documents that fit and documents that do not.

use serde_json::{Value, json};
use wharf_patterns::Pattern;

#[track_caller]
fn fits(pattern: Value, document: Value) -> bool {
    Pattern::of(&pattern).unwrap().matches(&document)
}

#[test]
fn one_field_against_values_that_fit_and_that_do_not() {
    for (tests, fit, not) in [
        (
            json!(["a", "b"]),
            vec![json!("a"), json!(["x", "b"])],
            vec![json!("A"), json!(1), json!([])],
        ),
        (
            json!([300]),
            vec![json!(300)],
            vec![json!(300.0), json!("300")],
        ),
        (
            json!([true, null]),
            vec![json!(true), json!(null)],
            vec![json!(false), json!("null")],
        ),
        (json!([""]), vec![json!("")], vec![json!(null)]),
        (
            json!([{"prefix": "ab"}]),
            vec![json!("ab"), json!("abc")],
            vec![json!("Abc"), json!("b")],
        ),
        (
            json!([{"prefix": {"equals-ignore-case": "éB"}}]),
            vec![json!("ÉbX")],
            vec![json!("b"), json!("É")],
        ),
        (
            json!([{"suffix": ".png"}]),
            vec![json!("a.png")],
            vec![json!("a.PNG"), json!("png")],
        ),
        (
            json!([{"suffix": {"equals-ignore-case": ".PNG"}}]),
            vec![json!("a.pNg")],
            vec![json!("a.pn")],
        ),
        (
            json!([{"equals-ignore-case": "aLiCe"}]),
            vec![json!("ALICE")],
            vec![json!("alic"), json!("alicee")],
        ),
        (
            json!([{"wildcard": "a*c"}]),
            vec![json!("ac"), json!("abbc")],
            vec![json!("acd"), json!("bac")],
        ),
        (
            json!([{"wildcard": "*\\*?"}]),
            vec![json!("x*?")],
            vec![json!("xy"), json!("x*y")],
        ),
        (
            json!([{"anything-but": "a"}]),
            vec![json!("b"), json!(1), json!(["a", "b"])],
            vec![json!("a"), json!([]), json!({})],
        ),
        (
            json!([{"anything-but": [1, 2]}]),
            vec![json!(3), json!("1")],
            vec![json!(1), json!(2)],
        ),
        (
            json!([{"anything-but": {"prefix": "in"}}]),
            vec![json!("out")],
            vec![json!("init")],
        ),
        (
            json!([{"anything-but": {"prefix": ["in", "on"]}}]),
            vec![json!("out")],
            vec![json!("init"), json!("on")],
        ),
        (
            json!([{"anything-but": {"suffix": "x"}}]),
            vec![json!("y")],
            vec![json!("yx")],
        ),
        (
            json!([{"anything-but": {"equals-ignore-case": ["a", "b"]}}]),
            vec![json!("c")],
            vec![json!("A"), json!("B")],
        ),
        (
            json!([{"anything-but": {"wildcard": "*/lib/*"}}]),
            vec![json!("lib")],
            vec![json!("a/lib/b")],
        ),
        (
            json!([{"numeric": ["=", 3]}]),
            vec![json!(3), json!(3.0)],
            vec![json!(4), json!("3")],
        ),
        (
            json!([{"numeric": [">", 0, "<=", 5]}]),
            vec![json!(0.1), json!(5)],
            vec![json!(0), json!(5.1)],
        ),
        (
            json!([{"numeric": [">=", -1]}]),
            vec![json!(-1), json!(7)],
            vec![json!(-1.5), json!(null)],
        ),
        (
            json!([{"cidr": "10.0.0.0/24"}]),
            vec![json!("10.0.0.255")],
            vec![json!("10.0.1.0"), json!("x")],
        ),
        (
            json!([{"cidr": "2001:db8::/32"}]),
            vec![json!("2001:db8::1")],
            vec![json!("2001:db9::1"), json!("10.0.0.1")],
        ),
        (
            json!([{"exists": true}]),
            vec![json!(null), json!(""), json!([1])],
            vec![json!({"b": 1}), json!([])],
        ),
        (
            json!([{"exists": false}, "a"]),
            vec![json!("a"), json!([]), json!({"b": 1})],
            vec![json!("b"), json!(null)],
        ),
    ] {
        let pattern = json!({"f": tests});
        for value in fit {
            assert!(
                fits(pattern.clone(), json!({"f": value})),
                "{pattern} {value}"
            );
        }
        for value in not {
            assert!(
                !fits(pattern.clone(), json!({"f": value})),
                "{pattern} {value}"
            );
        }
    }
}

#[test]
fn fields_are_all_needed_and_may_be_absent_only_if_the_pattern_says_so() {
    let pattern = json!({"source": ["s"], "detail": {"a": [1], "b": [{"exists": false}]}});
    assert!(fits(
        pattern.clone(),
        json!({"source": "s", "detail": {"a": 1}})
    ));
    assert!(!fits(
        pattern.clone(),
        json!({"source": "s", "detail": {"a": 1, "b": 2}})
    ));
    assert!(!fits(pattern.clone(), json!({"source": "s"})));
    assert!(!fits(pattern, json!({"detail": {"a": 1}})));
    assert!(fits(
        json!({"a": {"b": [{"exists": false}]}}),
        json!({"x": 1})
    ));
}

#[test]
fn objects_of_a_list_are_judged_each_on_its_own() {
    let pattern = json!({"list": {"kind": ["a"], "size": [2]}});
    let mixed = json!({"list": [{"kind": "a", "size": 1}, {"kind": "b", "size": 2}]});
    assert!(!fits(pattern.clone(), mixed));
    assert!(fits(
        pattern,
        json!({"list": [{"kind": "b"}, {"kind": "a", "size": 2}]})
    ));
}

#[test]
fn or_takes_either_and_fields_beside_it_are_needed() {
    let pattern = json!({"s": ["x"], "$or": [{"a": [1]}, {"b": {"c": [2]}}]});
    assert!(fits(pattern.clone(), json!({"s": "x", "a": 1})));
    assert!(fits(pattern.clone(), json!({"s": "x", "b": {"c": 2}})));
    assert!(!fits(pattern.clone(), json!({"s": "x", "a": 2})));
    assert!(!fits(pattern, json!({"a": 1})));
    assert!(fits(
        json!({"$or": [{"a": [1], "$or": [{"b": [1]}, {"b": [2]}]}, {"a": [3]}]}),
        json!({"a": 1, "b": 2})
    ));
    // No choice of objects: a field of that name.
    assert!(fits(json!({"$or": ["x"]}), json!({"$or": "x"})));
    assert!(fits(
        json!({"$or": [{"prefix": "x"}, {"prefix": "y"}]}),
        json!({"$or": "yes"})
    ));
}

#[test]
fn of_a_field_given_twice_the_last_counts() {
    let pattern = Pattern::parse(r#"{"a": ["x"], "a": ["y"]}"#).unwrap();
    assert!(pattern.matches(&json!({"a": "y"})));
    assert!(!pattern.matches(&json!({"a": "x"})));
}

#[test]
fn what_is_no_pattern_says_why() {
    let many = format!(r#"{{"$or": [{}]}}"#, vec![r#"{"a": [1]}"#; 1001].join(","));
    for (text, reason) in [
        ("[]", "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        (r#"{"a": {}}"#, "Empty objects are not allowed"),
        (r#"{"a": []}"#, "Empty arrays are not allowed"),
        (r#"{"a": "x"}"#, "\"a\" must be an object or an array"),
        (
            r#"{"a": [["x"]]}"#,
            "Match value must be String, number, true, false, or null",
        ),
        (r#"{"a": [{"like": "x"}]}"#, "Unrecognized match type like"),
        (
            r#"{"a": [{"prefix": "x", "suffix": "y"}]}"#,
            "Only one key allowed in match expression",
        ),
        (
            r#"{"a": [{"prefix": 1}]}"#,
            "prefix match pattern must be a string",
        ),
        (
            r#"{"a": [{"exists": 1}]}"#,
            "exists match pattern must be either true or false.",
        ),
        (
            r#"{"a": [{"numeric": 1}]}"#,
            "Value of numeric must be an array.",
        ),
        (
            r#"{"a": [{"numeric": ["!", 1]}]}"#,
            "Unrecognized numeric range operator: !",
        ),
        (
            r#"{"a": [{"numeric": ["<", "1"]}]}"#,
            "Value of < must be numeric",
        ),
        (
            r#"{"a": [{"numeric": [">", 5, "<", 1]}]}"#,
            "Bottom must be less than top",
        ),
        (
            r#"{"a": [{"numeric": [">", 5000000001]}]}"#,
            "Value must be between -5.0E9 and 5.0E9, inclusive",
        ),
        (
            r#"{"a": [{"cidr": "10.0.0.0"}]}"#,
            "Malformed CIDR, one '/' required",
        ),
        (
            r#"{"a": [{"wildcard": "a**"}]}"#,
            "Consecutive wildcard characters at pos 1",
        ),
        (
            r#"{"a": [{"wildcard": "a\\b"}]}"#,
            "Invalid escape character at pos 1",
        ),
        (
            r#"{"a": [{"anything-but": []}]}"#,
            "Empty arrays are not allowed",
        ),
        (
            r#"{"a": [{"anything-but": {"numeric": 1}}]}"#,
            "Unsupported anything-but pattern: numeric",
        ),
        (
            &many,
            "Rule is too complex - try using fewer alternatives in $or",
        ),
    ] {
        assert_eq!(Pattern::parse(text).unwrap_err().0, reason, "{text}");
    }
    assert!(Pattern::parse(&"[".repeat(10_000)).is_err());
    assert!(Pattern::parse("{").is_err());
}
