use super::*;

fn error(text: &str) -> String {
    match parse(text) {
        Err(Error::Parse(text)) => text.trim_start_matches("parse error: ").to_owned(),
        other => panic!("{text} is {other:?}"),
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (text, wanted) in [
        ("", "unexpected end of input in query"),
        ("1 1", "unexpected number \"1\" in query"),
        ("sum(", "unexpected end of input in query"),
        (
            "{}",
            "vector selector must contain at least one non-empty matcher",
        ),
        (
            "{a=~\".*\"}",
            "vector selector must contain at least one non-empty matcher",
        ),
        ("a{__name__=\"b\"}", "metric name must not be set twice"),
        (
            "rate(a)",
            "expected type range vector in call to function \"rate\", got instant vector",
        ),
        (
            "rate(a[5m], 1)",
            "expected 1 argument(s) in call to \"rate\", got 2",
        ),
        (
            "round()",
            "expected at least 1 argument(s) in call to \"round\", got 0",
        ),
        ("wobble(a)", "unknown function with name \"wobble\""),
        (
            "1 == 1",
            "comparisons between scalars must use BOOL modifier",
        ),
        (
            "a and 1",
            "set operator \"and\" not allowed in binary scalar expression",
        ),
        (
            "a + bool b",
            "bool modifier can only be used on comparison operators",
        ),
        (
            "a and on(x) group_left b",
            "no grouping allowed for set operations",
        ),
        (
            "a * on(x) group_left(x) b",
            "label \"x\" must not occur in ON and GROUP clause at once",
        ),
        ("a[5m][5m]", "ranges only allowed for vector selectors"),
        (
            "a offset 5m [5m]",
            "no offset or @ modifiers allowed before range",
        ),
        (
            "a offset 5m offset 5m",
            "offset may not be set multiple times",
        ),
        (
            "sum(a) offset 5m",
            "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
        ),
        (
            "a{b=~\"(\"}",
            "invalid or too large regular expression \"(\"",
        ),
        (
            "a{b=~\"a)|(b\"}",
            "invalid or too large regular expression \"a)|(b\"",
        ),
        (
            "a{b=~\"((a{1000}){1000}){1000}\"}",
            "invalid or too large regular expression \"((a{1000}){1000}){1000}\"",
        ),
        ("a[0s]", "duration must be greater than 0"),
        (
            "-a[5m]",
            "unary expression only allowed on expressions of type scalar or instant vector, got \"range vector\"",
        ),
        (
            "topk(a)",
            "wrong number of arguments for aggregate expression provided, expected 2, got 1",
        ),
    ] {
        assert_eq!(error(text), wanted, "{text}");
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let too_deep = "the query is nested too deep";
    assert_eq!(error(&"(".repeat(10_000)), too_deep);
    assert_eq!(error(&format!("1{}", "+1".repeat(10_000))), too_deep);
    assert_eq!(error(&format!("1{}", "^1".repeat(10_000))), too_deep);
    assert_eq!(error(&format!("{}1", "-".repeat(10_000))), too_deep);
    assert_eq!(
        error(&format!("a{}", "[5m:1m]".repeat(1_000))),
        "subquery is only allowed on instant vector, got range vector instead"
    );
    assert_eq!(
        error(&" ".repeat(70_000)),
        "a query has 65536 bytes at most"
    );
    let many = vec!["a"; 101].join(",");
    assert_eq!(
        error(&format!("wobble({many})")),
        "unknown function with name \"wobble\""
    );
    let sides = (0..64).map(|_| "(a+a)").collect::<Vec<_>>().join("+");
    assert_eq!(error(&sides), "a query has 100 selectors at most");
}

#[test]
fn operators_bind_as_in_prometheus() {
    fn shape(expr: &Expr) -> String {
        match expr {
            Expr::Number(it) => it.to_string(),
            Expr::Negative(it) => format!("-({})", shape(it)),
            Expr::Binary(it) => format!(
                "({} {} {})",
                shape(&it.left),
                it.operator.name(),
                shape(&it.right)
            ),
            other => format!("{:?}", other.kind()),
        }
    }
    for (text, wanted) in [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("2 ^ 3 ^ 2", "(2 ^ (3 ^ 2))"),
        ("-1 ^ 2", "-((1 ^ 2))"),
        ("-1 * 2", "(-(1) * 2)"),
        ("1 * -2 + 3", "((1 * -(2)) + 3)"),
        (
            "a or b and c unless d",
            "(Vector or ((Vector and Vector) unless Vector))",
        ),
        ("1 + 2 > bool 3", "((1 + 2) > 3)"),
        ("1 % 2 atan2 3", "((1 % 2) atan2 3)"),
    ] {
        assert_eq!(shape(&parse(text).unwrap().0), wanted, "{text}");
    }
}

#[test]
fn selectors_alone() {
    let found = selectors(&["up{job!~\"a.*\"}"]).unwrap().remove(0);
    assert_eq!(found.len(), 2);
    for other in ["up[5m]", "up offset 5m", "sum(up)", "1", "up @ 5"] {
        assert!(selectors(&[other]).is_err(), "{other}");
    }
    // Words of the language are names where nothing else could be meant.
    for name in ["sum", "rate", "time", "start", "end"] {
        assert!(selectors(&[name]).is_ok(), "{name}");
    }
}
