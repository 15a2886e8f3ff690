use super::*;

const S: &str = r#""Effect":"Allow","Action":"ecs:RunTask","Resource":"*""#;

fn wrap(statement: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{{statement}}}]}}"#)
}

fn refused(text: &str, kind: DocumentKind, expected: &str) {
    match Document::parse(text, kind) {
        Ok(document) => panic!("accepted {text}: {document:?}"),
        Err(error) => assert_eq!(error.to_string(), expected, "{text}"),
    }
}

fn accepted(text: &str, kind: DocumentKind) {
    if let Err(error) = Document::parse(text, kind) {
        panic!("refused {text}: {error}");
    }
}

#[test]
fn scalars_and_lists_mean_the_same() {
    let scalar = format!(r#"{{"Version":"2012-10-17","Id":"x","Statement":{{{S}}}}}"#);
    let list = wrap(r#""Effect":"Allow","Action":["ecs:RunTask"],"Resource":["*"]"#);
    let kind = DocumentKind::Managed;
    assert_eq!(Document::parse(&scalar, kind), Document::parse(&list, kind));
}

#[test]
fn syntax() {
    for text in [
        "",
        "null",
        "[]",
        "{",
        "{}",
        r#"{"Version":"2012-10-17"}"#,
        r#"{"Version":"2012-10-17","Statement":[]}"#,
        r#"{"Version":"2012-10-17","Statement":"x"}"#,
        &format!(r#"{{"Version":"2020-01-01","Statement":{{{S}}}}}"#),
        &format!(r#"{{"Version":2012,"Statement":{{{S}}}}}"#),
        &format!(r#"{{"Version":"2012-10-17","Id":1,"Statement":{{{S}}}}}"#),
        &format!(r#"{{"Version":"2012-10-17","Extra":1,"Statement":{{{S}}}}}"#),
        &wrap(&format!(r#"{S},"Extra":1"#)),
        &wrap(&format!(r#"{S},"Effect":"Deny""#)),
        &wrap(&format!(r#"{S},"Sid":1"#)),
        &wrap(&format!(r#"{S},"NotAction":"*""#)),
        &wrap(&format!(r#"{S},"NotResource":"*""#)),
        &wrap(&format!(r#"{S},"Condition":[]"#)),
        &wrap(&format!(r#"{S},"Condition":{{"StringEquals":"x"}}"#)),
        &wrap(&format!(
            r#"{S},"Condition":{{"StringEquals":{{"aws:x":null}}}}"#
        )),
        &wrap(&format!(
            r#"{S},"Condition":{{"StringSame":{{"aws:x":"y"}}}}"#
        )),
        &wrap(&format!(
            r#"{S},"Condition":{{"NullIfExists":{{"aws:x":"true"}}}}"#
        )),
        &wrap(&format!(
            r#"{S},"Condition":{{"IpAddress":{{"aws:x":"10.0.0.0/40"}}}}"#
        )),
        &wrap(r#""Effect":"allow","Action":"a:b","Resource":"*""#),
        &wrap(r#""Effect":"Allow","Action":1,"Resource":"*""#),
        &wrap(r#""Effect":"Allow","Action":["a:b",["c:d"]],"Resource":"*""#),
    ] {
        refused(text, DocumentKind::Managed, "Syntax errors in policy.");
    }
}

#[test]
fn versions() {
    let none = format!(r#"{{"Statement":{{{S}}}}}"#);
    let old = format!(r#"{{"Version":"2008-10-17","Statement":{{{S}}}}}"#);
    for text in [none, old] {
        let message = "Policy document must be version 2012-10-17 or greater.";
        refused(&text, DocumentKind::Managed, message);
        accepted(&text, DocumentKind::InlineUser);
    }
}

#[test]
fn actions() {
    let with = |action: &str| {
        wrap(&format!(
            r#""Effect":"Allow","Action":{action},"Resource":"*""#
        ))
    };
    for (action, message) in [
        ("[]", "Policy statement must contain actions."),
        (
            r#""RunTask""#,
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (
            r#""ecs:Run:Task""#,
            "Actions/Conditions can contain only one colon.",
        ),
        (r#""e c s:RunTask""#, "Vendor e c s is not valid"),
        (r#""ecs:""#, "The policy failed legacy parsing"),
        (r#""ecs:Run Task""#, "The policy failed legacy parsing"),
    ] {
        refused(&with(action), DocumentKind::InlineRole, message);
    }
    for action in [r#""*""#, r#""*:*""#, r#"["ecs:Run*","iam:?et*"]"#] {
        accepted(&with(action), DocumentKind::InlineRole);
    }
    refused(
        &wrap(r#""Effect":"Allow","Resource":"*""#),
        DocumentKind::Managed,
        "Policy statement must contain actions.",
    );
}

#[test]
fn resources() {
    let with = |it: &str| {
        wrap(&format!(
            r#""Effect":"Allow","Action":"*","Resource":"{it}""#
        ))
    };
    for (resource, message) in [
        ("x", r#"Resource x must be in ARN format or "*"."#),
        ("arn:aws:s3", "The policy failed legacy parsing"),
        (
            "arn:aws:s3:::b/${aws:username",
            "The policy failed legacy parsing",
        ),
        (
            "arn:x:s3:::b",
            r#"Partition "x" is not valid for resource "arn:x:s3:::b"."#,
        ),
        (
            "arn:aws:iam:us-east-1:000000000000:user/x",
            "IAM resource arn:aws:iam:us-east-1:000000000000:user/x cannot contain region \
             information.",
        ),
    ] {
        refused(&with(resource), DocumentKind::Managed, message);
    }
    for resource in [
        "*",
        "arn:*",
        "arn:aws:s3:::b/${aws:username}/*",
        "arn:aws:iam::*:role/x",
    ] {
        accepted(&with(resource), DocumentKind::Managed);
    }
    refused(
        &wrap(r#""Effect":"Allow","Action":"*""#),
        DocumentKind::Managed,
        "Policy statement must contain resources.",
    );
}

#[test]
fn statement_ids() {
    let two = |a: &str, b: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"{a}",{S}}},{{"Sid":"{b}",{S}}}]}}"#
        )
    };
    let kind = DocumentKind::Managed;
    accepted(&two("a", "b"), kind);
    accepted(&two("", ""), kind);
    refused(
        &two("a", "a"),
        kind,
        "Statement IDs (SID) in a single policy must be unique.",
    );
    refused(
        &two("a b", "c"),
        kind,
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular \
         expression [0-9A-Za-z]*",
    );
}

#[test]
fn principals() {
    let with = |who: &str| {
        wrap(&format!(
            r#""Effect":"Allow","Principal":{who},"Action":"sts:AssumeRole""#
        ))
    };
    for who in [
        r#""*""#,
        r#"{"AWS":"*"}"#,
        r#"{"AWS":["000000000000","arn:aws:iam::000000000000:root"]}"#,
        r#"{"AWS":"arn:aws:iam::000000000000:role/path/x","Service":"ecs-tasks.amazonaws.com"}"#,
        r#"{"AWS":"arn:aws:sts::000000000000:assumed-role/r/s"}"#,
        r#"{"AWS":"AROAABCDEFGHIJKLMNOPQ"}"#,
        r#"{"Federated":"cognito-identity.amazonaws.com"}"#,
    ] {
        accepted(&with(who), DocumentKind::Trust);
        accepted(&with(who), DocumentKind::Resource);
        let message = "Policy document should not specify a principal.";
        refused(&with(who), DocumentKind::Managed, message);
        refused(&with(who), DocumentKind::Session, message);
    }
    for (who, message) in [
        (r#""x""#, "Syntax errors in policy."),
        (r#"{}"#, "Syntax errors in policy."),
        (r#"{"Aws":"*"}"#, "Syntax errors in policy."),
        (r#"{"AWS":[]}"#, "Missing required field Principal"),
        (
            r#"{"AWS":"x"}"#,
            r#"Invalid principal in policy: "AWS":"x""#,
        ),
        (
            r#"{"AWS":"arn:aws:iam::000000000000:user/*"}"#,
            r#"Invalid principal in policy: "AWS":"arn:aws:iam::000000000000:user/*""#,
        ),
        (
            r#"{"Service":"ecs"}"#,
            r#"Invalid principal in policy: "SERVICE":"ecs""#,
        ),
    ] {
        refused(&with(who), DocumentKind::Trust, message);
    }
}

#[test]
fn trust_policies() {
    let kind = DocumentKind::Trust;
    let p = r#""Effect":"Allow","Principal":"*""#;
    refused(
        &wrap(r#""Effect":"Allow","Action":"sts:AssumeRole""#),
        kind,
        "Missing required field Principal",
    );
    refused(
        &wrap(&format!(r#"{p},"Action":"sts:AssumeRole","Resource":"*""#)),
        kind,
        "Has prohibited field Resource",
    );
    for action in ["*", "ecs:RunTask"] {
        refused(
            &wrap(&format!(r#"{p},"Action":"{action}""#)),
            kind,
            "AssumeRole policy may only specify STS AssumeRole actions.",
        );
    }
}

#[test]
fn lengths_count_without_white_space() {
    let padded = |length: usize| {
        let shell = wrap(r#""Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::""#);
        let name = "x".repeat(length - shell.len());
        wrap(&format!(
            r#""Effect":"Allow","Action":"*",{}"Resource":"arn:aws:s3:::{name}""#,
            " \n".repeat(1000)
        ))
    };
    for (kind, limit) in [
        (DocumentKind::Managed, 6_144),
        (DocumentKind::InlineUser, 2_048),
        (DocumentKind::InlineRole, 10_240),
        (DocumentKind::InlineGroup, 5_120),
        (DocumentKind::Session, 2_048),
    ] {
        accepted(&padded(limit), kind);
        let message = format!("Cannot exceed quota for PolicySize: {limit}");
        refused(&padded(limit + 1), kind, &message);
    }
    let message = "Cannot exceed quota for ACLSizePerRole: 2048";
    refused(&padded(2_049), DocumentKind::Trust, message);
}

#[test]
fn numbers_and_booleans_need_no_quotes() {
    let text = wrap(&format!(
        r#"{S},"Condition":{{"Bool":{{"aws:SecureTransport":false}},
            "NumericLessThan":{{"aws:MultiFactorAuthAge":[5,1.5]}}}}"#
    ));
    let document = Document::parse(&text, DocumentKind::Managed).unwrap();
    let values: Vec<_> = document.statements[0]
        .conditions
        .iter()
        .map(|one| one.values.clone())
        .collect();
    assert_eq!(
        values,
        [
            vec!["false".to_owned()],
            vec!["5".to_owned(), "1.5".to_owned()]
        ]
    );
}
