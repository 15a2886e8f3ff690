//! A table for every condition operator: present, absent, turned around, with its modifiers.

use wharf_iam::{Context, PolicySet, PrincipalPolicies, Request, evaluate};

use crate::world::{TASK, anna, policy};

fn context() -> Context {
    let mut context = Context::new();
    context.set("aws:username", "anna");
    context.set("k:text", "Blue");
    context.set("k:number", "42");
    context.set("k:date", "2026-01-02T00:00:00Z");
    context.set("k:bool", "true");
    context.set("k:binary", "aGVsbG8=");
    context.set("k:ip", "203.0.113.7");
    context.set("k:arn", "arn:aws:iam::000000000000:role/ops/deploy");
    context.set("k:path", "home/anna/x");
    context.set("k:star", "a*");
    context.set_all("k:tags", ["a", "b"]);
    context.set_all("k:empty", Vec::<String>::new());
    context
}

fn holds(operator: &str, key: &str, value: &str) -> bool {
    let own = PrincipalPolicies {
        identity: vec![policy(&format!(
            r#"{{"Effect":"Allow","Action":"*","Resource":"*",
                "Condition":{{"{operator}":{{"{key}":{value}}}}}}}"#
        ))],
        ..PrincipalPolicies::default()
    };
    let (principal, context) = (anna(), context());
    let request = Request {
        principal: &principal,
        action: "ecs:StopTask",
        resource: TASK,
        resource_account: &principal.account,
        context: &context,
    };
    evaluate(
        &request,
        &PolicySet {
            principal: &own,
            resource: None,
        },
    )
    .is_allowed()
}

/// `operator key value` and whether it holds.
fn check(table: &[(&str, &str, &str, bool)]) {
    for (operator, key, value, expected) in table {
        assert_eq!(
            holds(operator, key, value),
            *expected,
            "{operator} {key} {value}"
        );
    }
}

#[test]
fn strings() {
    check(&[
        ("StringEquals", "k:text", r#""Blue""#, true),
        ("StringEquals", "K:Text", r#"["x","Blue"]"#, true),
        ("StringEquals", "k:text", r#""blue""#, false),
        ("StringEquals", "k:text", r#""Bl*""#, false),
        ("StringEquals", "k:star", r#""a*""#, true),
        ("StringEquals", "k:text", "[]", false),
        ("StringNotEquals", "k:text", r#""Blue""#, false),
        ("StringNotEquals", "k:text", r#"["x","y"]"#, true),
        ("StringNotEquals", "k:text", r#"["x","Blue"]"#, false),
        ("StringEqualsIgnoreCase", "k:text", r#""bLUE""#, true),
        ("StringEqualsIgnoreCase", "k:text", r#""red""#, false),
        ("StringNotEqualsIgnoreCase", "k:text", r#""bLUE""#, false),
        ("StringNotEqualsIgnoreCase", "k:text", r#""red""#, true),
        ("StringLike", "k:text", r#""B?u*""#, true),
        ("StringLike", "k:text", r#""b*""#, false),
        ("StringLike", "k:path", r#""home/${aws:username}/*""#, true),
        ("StringLike", "k:star", r#""a${*}""#, true),
        ("StringLike", "k:text", r#""B${*}""#, false),
        ("StringNotLike", "k:text", r#""B*""#, false),
        ("StringNotLike", "k:text", r#""R*""#, true),
        ("StringEquals", "k:text", r#""${k:none, 'Blue'}""#, true),
        ("StringEquals", "k:text", r#""${k:none}""#, false),
        ("StringNotEquals", "k:text", r#""${k:none}""#, true),
    ]);
}

#[test]
fn numbers() {
    check(&[
        ("NumericEquals", "k:number", r#""42.0""#, true),
        ("NumericEquals", "k:number", "41", false),
        ("NumericNotEquals", "k:number", "41", true),
        ("NumericNotEquals", "k:number", "[41, 42]", false),
        ("NumericLessThan", "k:number", "42", false),
        ("NumericLessThan", "k:number", "42.5", true),
        ("NumericLessThanEquals", "k:number", "42", true),
        ("NumericGreaterThan", "k:number", "42", false),
        ("NumericGreaterThan", "k:number", "-1", true),
        ("NumericGreaterThanEquals", "k:number", "42", true),
        ("NumericEquals", "k:text", "42", false),
        ("NumericNotEquals", "k:text", "42", true),
    ]);
}

#[test]
fn dates() {
    check(&[
        ("DateEquals", "k:date", r#""2026-01-02""#, true),
        ("DateEquals", "k:date", r#""1767312000""#, true),
        (
            "DateNotEquals",
            "k:date",
            r#""2026-01-02T00:00:00Z""#,
            false,
        ),
        ("DateLessThan", "k:date", r#""2026-01-02T00:00:01Z""#, true),
        ("DateLessThan", "k:date", r#""2026-01-02T00:00:00Z""#, false),
        (
            "DateLessThanEquals",
            "k:date",
            r#""2026-01-02T00:00:00Z""#,
            true,
        ),
        (
            "DateGreaterThan",
            "k:date",
            r#""2026-01-02T00:30:00+01:00""#,
            true,
        ),
        ("DateGreaterThanEquals", "k:date", r#""2026-01-03""#, false),
        ("DateLessThan", "k:text", r#""2026-01-03""#, false),
    ]);
}

#[test]
fn booleans_bytes_and_null() {
    check(&[
        ("Bool", "k:bool", r#""true""#, true),
        ("Bool", "k:bool", "true", true),
        ("Bool", "k:bool", r#""False""#, false),
        ("Bool", "k:none", r#""false""#, false),
        ("BinaryEquals", "k:binary", r#""aGVsbG8=""#, true),
        ("BinaryEquals", "k:binary", r#""aGVsbA==""#, false),
        ("Null", "k:none", r#""true""#, true),
        ("Null", "k:none", r#""false""#, false),
        ("Null", "k:text", r#""true""#, false),
        ("Null", "k:text", r#""false""#, true),
        ("Null", "k:empty", r#""true""#, true),
    ]);
}

#[test]
fn addresses() {
    check(&[
        ("IpAddress", "k:ip", r#""203.0.113.0/24""#, true),
        ("IpAddress", "k:ip", r#"["10.0.0.0/8","203.0.113.7"]"#, true),
        ("IpAddress", "k:ip", r#""2001:db8::/32""#, false),
        ("NotIpAddress", "k:ip", r#""203.0.113.0/24""#, false),
        ("NotIpAddress", "k:ip", r#""10.0.0.0/8""#, true),
        ("IpAddress", "k:text", r#""0.0.0.0/0""#, false),
    ]);
}

#[test]
fn arns() {
    for operator in ["ArnLike", "ArnEquals"] {
        check(&[
            (
                operator,
                "k:arn",
                r#""arn:aws:iam::000000000000:role/ops/deploy""#,
                true,
            ),
            (operator, "k:arn", r#""arn:aws:iam::*:role/*""#, true),
            (operator, "k:arn", r#""arn:*:role/ops/deploy""#, false),
            (operator, "k:arn", r#""arn:aws:*:deploy""#, false),
            (operator, "k:arn", r#""*""#, true),
            (operator, "k:text", r#""*""#, false),
            (
                operator,
                "k:arn",
                r#""arn:aws:iam::000000000000:role/${k:none, 'ops/deploy'}""#,
                true,
            ),
            (operator, "k:arn", r#""${k:arn}""#, true),
        ]);
    }
    for operator in ["ArnNotLike", "ArnNotEquals"] {
        check(&[
            (operator, "k:arn", r#""arn:aws:iam::*:role/*""#, false),
            (operator, "k:arn", r#""arn:aws:iam::*:user/*""#, true),
        ]);
    }
}

#[test]
fn absent_keys() {
    for (operator, value) in [
        ("StringEquals", r#""x""#),
        ("StringLike", r#""*""#),
        ("NumericLessThan", "1"),
        ("DateEquals", r#""2026-01-02""#),
        ("Bool", "true"),
        ("BinaryEquals", r#""aGVsbG8=""#),
        ("IpAddress", r#""0.0.0.0/0""#),
        ("ArnLike", r#""*""#),
    ] {
        check(&[
            (operator, "k:none", value, false),
            (operator, "k:empty", value, false),
            (&format!("{operator}IfExists"), "k:none", value, true),
            (&format!("ForAllValues:{operator}"), "k:none", value, true),
            (&format!("ForAllValues:{operator}"), "k:empty", value, true),
            (&format!("ForAnyValue:{operator}"), "k:none", value, false),
            (
                &format!("ForAnyValue:{operator}IfExists"),
                "k:none",
                value,
                true,
            ),
        ]);
    }
    for (operator, value) in [
        ("StringNotEquals", r#""x""#),
        ("StringNotLike", r#""*""#),
        ("NumericNotEquals", "1"),
        ("DateNotEquals", r#""2026-01-02""#),
        ("NotIpAddress", r#""0.0.0.0/0""#),
        ("ArnNotEquals", r#""*""#),
    ] {
        check(&[
            (operator, "k:none", value, true),
            (&format!("{operator}IfExists"), "k:none", value, true),
            (&format!("ForAllValues:{operator}"), "k:none", value, true),
            (&format!("ForAnyValue:{operator}"), "k:none", value, false),
        ]);
    }
    check(&[("StringEqualsIfExists", "k:text", r#""x""#, false)]);
}

#[test]
fn many_values() {
    check(&[
        (
            "ForAllValues:StringEquals",
            "k:tags",
            r#"["a","b","c"]"#,
            true,
        ),
        ("ForAllValues:StringEquals", "k:tags", r#"["a"]"#, false),
        ("ForAnyValue:StringEquals", "k:tags", r#"["a"]"#, true),
        ("ForAnyValue:StringEquals", "k:tags", r#"["c"]"#, false),
        ("ForAllValues:StringNotEquals", "k:tags", r#"["c"]"#, true),
        ("ForAllValues:StringNotEquals", "k:tags", r#"["a"]"#, false),
        ("ForAnyValue:StringNotEquals", "k:tags", r#"["a"]"#, true),
        (
            "ForAnyValue:StringNotEquals",
            "k:tags",
            r#"["a","b"]"#,
            false,
        ),
        ("StringEquals", "k:tags", r#""b""#, true),
        ("StringNotEquals", "k:tags", r#""b""#, false),
    ]);
}
