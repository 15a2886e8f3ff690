use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn fields(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in pairs {
        fields.add(name, (*value).to_owned());
    }
    fields
}

fn policy(conditions: &str) -> String {
    format!("{{\"expiration\": \"2030-01-01T00:00:00Z\", \"conditions\": {conditions}}}")
}

fn outcome(text: &str, given: &[(&str, &str)]) -> String {
    let checked = Policy::parse(text.as_bytes());
    match checked.and_then(|it| it.check(&fields(given), "bucket", NOW)) {
        Ok(sizes) => format!("{}-{}", sizes.least, sizes.most),
        Err(fault) => format!("{}: {}", fault.code, fault.message),
    }
}

#[test]
fn what_a_policy_lets_pass() {
    let conditions = r#"[{"bucket": "bucket"}, ["starts-with", "$key", "user/"], {"acl": "private"},
        ["starts-with", "$Content-Type", "image/"], ["content-length-range", 1, "10"], ["eq", "$x-amz-meta-a", "b"]]"#;
    let text = policy(conditions);
    let good = [
        ("Key", "user/a.jpg"),
        ("acl", "private"),
        ("Content-Type", "image/png, image/gif"),
        ("x-amz-meta-a", "b"),
        ("policy", "…"),
        ("x-amz-signature", "…"),
        ("x-ignore-me", "…"),
    ];
    assert_eq!(outcome(&text, &good), "1-10");
    for (at, value, why) in [
        (
            0,
            "other/a.jpg",
            r#"Policy Condition failed: ["starts-with", "$key", "user/"]"#,
        ),
        (
            1,
            "public-read",
            r#"Policy Condition failed: ["eq", "$acl", "private"]"#,
        ),
        (
            2,
            "image/png, text/plain",
            r#"Policy Condition failed: ["starts-with", "$content-type", "image/"]"#,
        ),
    ] {
        let mut bad = good;
        bad[at].1 = value;
        let expected = format!("AccessDenied: Invalid according to Policy: {why}");
        assert_eq!(outcome(&text, &bad), expected);
    }
    let extra = [&good[..], &[("tagging", "x")]].concat();
    let expected = "AccessDenied: Invalid according to Policy: Extra input fields: tagging";
    assert_eq!(outcome(&text, &extra), expected);
    let missing = &good[1..];
    assert!(outcome(&text, missing).contains("Policy Condition failed"));
    let elsewhere = policy(r#"[{"bucket": "another"}]"#);
    assert!(outcome(&elsewhere, &[]).contains("Policy Condition failed"));
}

#[test]
fn what_is_no_policy() {
    for (text, why) in [
        ("", "Invalid JSON."),
        ("[]", "Invalid JSON."),
        ("{}", "Policy missing expiration."),
        (
            r#"{"expiration": "soon", "conditions": []}"#,
            "Invalid 'expiration' value.",
        ),
        (
            r#"{"expiration": "2030-01-01T00:00:00Z"}"#,
            "Policy missing conditions.",
        ),
        (
            r#"{"expiration": "2030-01-01T00:00:00Z", "conditions": 1}"#,
            "must be a List",
        ),
        (
            r#"{"expiration": "2030-01-01T00:00:00Z", "conditions": [], "a": 1}"#,
            "Unexpected: 'a'.",
        ),
        (&policy("[1]"), "Invalid condition."),
        (&policy(r#"[["eq", "$a"]]"#), "wrong number of arguments"),
        (&policy(r#"[["eq", "a", "b"]]"#), "must begin with '$'"),
        (&policy(r#"[["ne", "$a", "b"]]"#), "unknown operation"),
        (
            &policy(r#"[["content-length-range", 2, 1]]"#),
            "Invalid content-length-range.",
        ),
        (&policy(r#"[{"a": 1}]"#), "value must be a string"),
    ] {
        let told = outcome(text, &[]);
        assert!(
            told.starts_with("InvalidPolicyDocument: Invalid Policy: "),
            "{told}"
        );
        assert!(told.contains(why), "{told}");
    }
    let over = r#"{"expiration": "2020-01-01T00:00:00Z", "conditions": []}"#;
    let expected = "AccessDenied: Invalid according to Policy: Policy expired.";
    assert_eq!(outcome(over, &[]), expected);
}

#[test]
fn the_name_of_the_file() {
    let check = |key: &str, name: &str, expected: &str| {
        let mut given = fields(&[("key", key), ("policy", FILENAME)]);
        given.expand(name).unwrap();
        assert_eq!(super::key(&given).unwrap(), expected);
        assert_eq!(given.get("policy"), Some(FILENAME));
    };
    check("user/${filename}", "a.jpg", "user/a.jpg");
    check("user/${filename}", "C:\\photos\\a.jpg", "user/a.jpg");
    check("${filename}", "../../a.jpg", "a.jpg");
    check("fixed", "a.jpg", "fixed");
    assert!(super::key(&Fields::default()).is_err());
}

#[test]
fn the_name_of_the_file_makes_fields_no_larger_than_they_may_be() {
    let many = FILENAME.repeat(1000);
    let expanded = |name: &str| fields(&[("key", many.as_str())]).expand(name);
    expanded(&"a".repeat(20)).unwrap();
    assert_eq!(expanded(&"a".repeat(21)), Err(too_large()));
    assert_eq!(expanded(&"a".repeat(100_000)), Err(too_large()));
}

#[test]
fn the_first_field_of_a_name_counts() {
    assert_eq!(fields(&[("KEY", "a"), ("key", "b")]).get("key"), Some("a"));
}
