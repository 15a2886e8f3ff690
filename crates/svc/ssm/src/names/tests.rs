use proptest::prelude::*;

use super::*;

fn place() -> Place {
    Place::new("000000000000", "us-east-1")
}

const FULL: &str = "Parameter name must be a fully qualified name.";
const SLASH: &str = "Parameter name must not end with slash.";
const PREFIX: &str =
    "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).";
const INVALID: &str = "ValidationException";

#[test]
fn names_of_new_parameters() {
    let deep = |levels: usize| "/a".repeat(levels);
    let long = |length: usize| format!("/{}", "a".repeat(length));
    let head = "arn:aws:ssm:us-east-1:000000000000:parameter/".len();
    for good in [
        "a",
        "/a",
        "/a/b",
        "A.b-c_9",
        "/x/ssm/aws",
        &deep(15),
        &long(MAX_ARN - head),
    ] {
        assert_eq!(check(&place(), good), Ok(()), "{good}");
    }
    for (bad, code, text) in [
        ("a/b", INVALID, FULL),
        ("/a/", INVALID, SLASH),
        ("/", INVALID, SLASH),
        ("a b", INVALID, RULES),
        ("/a//b", INVALID, RULES),
        ("/a/b@c", INVALID, RULES),
        ("a:1", INVALID, RULES),
        ("é", INVALID, RULES),
        ("awsfoo", INVALID, PREFIX),
        ("AWS_TEST", INVALID, PREFIX),
        ("/aws", INVALID, PREFIX),
        ("SSM_TEST", INVALID, PREFIX),
        ("ssm/x", INVALID, PREFIX),
        ("/ssm_test/path/to/var", INVALID, RULES),
        ("/SSM/PATH", INVALID, RULES),
        (
            "/aws_test/path/to/var",
            "AccessDeniedException",
            "No access to reserved parameter name: /aws_test/path/to/var.",
        ),
        (
            "/AWS/PATH",
            "AccessDeniedException",
            "No access to reserved parameter name: /AWS/PATH.",
        ),
        (
            &deep(16),
            "HierarchyLevelLimitExceededException",
            "A hierarchy can have a maximum of 15 levels.",
        ),
        (
            &long(MAX_ARN - head + 1),
            INVALID,
            "The parameter name is too long: its ARN can have a maximum of 1011 characters.",
        ),
    ] {
        let refused = check(&place(), bad).unwrap_err();
        assert_eq!(
            (refused.code.as_ref(), refused.message.as_str()),
            (code, text),
            "{bad}"
        );
    }
}

#[test]
fn what_requests_name() {
    let own = |name: &str| Target::Own(name.to_owned());
    let public = |name: &str| Target::Public(name.to_owned());
    let ssm = "arn:aws:ssm:us-east-1";
    let at = |rest: &str| format!("{ssm}:000000000000:parameter/{rest}");
    for (given, target, selector, shown) in [
        ("plain", own("plain"), None, Some("plain")),
        ("/plain", own("plain"), None, Some("/plain")),
        ("/a/b:3", own("a/b"), Some("3"), Some("/a/b")),
        ("/a/b:prod", own("a/b"), Some("prod"), Some("/a/b")),
        (&at("a/b:3"), own("a/b"), Some("3"), None),
        (&at("plain"), own("plain"), None, None),
        (
            "/aws/service/x",
            public("/aws/service/x"),
            None,
            Some("/aws/service/x"),
        ),
        (
            &format!("{ssm}::parameter/aws/service/x"),
            public("/aws/service/x"),
            None,
            None,
        ),
        (
            "/aws/reference/secretsmanager/a/b@c:AWSPREVIOUS",
            Target::Secret("a/b@c".to_owned()),
            Some("AWSPREVIOUS"),
            Some("/aws/reference/secretsmanager/a/b@c"),
        ),
        (&at("aws/service/x"), Target::Elsewhere, None, None),
        (
            &format!("{ssm}:111122223333:parameter/a"),
            Target::Elsewhere,
            None,
            None,
        ),
        (
            &at("a").replace("us-east-1", "eu-west-1"),
            Target::Elsewhere,
            None,
            None,
        ),
        (
            &at("a").replace("parameter", "document"),
            Target::Elsewhere,
            None,
            None,
        ),
        (
            &at("a").replace(":ssm:", ":s3:"),
            Target::Elsewhere,
            None,
            None,
        ),
        (
            &at("a").replace("arn:aws:", "arn:aws-cn:"),
            Target::Elsewhere,
            None,
            None,
        ),
    ] {
        let asked = asked(&place(), given).unwrap();
        let found = (
            asked.target,
            asked.selector.as_deref(),
            asked.shown.as_deref(),
        );
        assert_eq!(found, (target, selector, shown), "{given}");
    }
    for (bad, text) in [
        ("a/b", RULES),
        ("/a//b", RULES),
        ("ssm", RULES),
        ("a b", RULES),
        ("arn:aws", RULES),
        ("a:1:2", "Invalid parameter name. Please use correct syntax"),
        ("a:", "Invalid parameter name. Please use correct syntax"),
    ] {
        let refused = asked(&place(), bad).unwrap_err();
        assert_eq!(refused.code, INVALID, "{bad}");
        assert!(refused.message.starts_with(text), "{bad}: {refused}");
    }
    assert_eq!(plain("/a"), Ok("/a"));
    assert!(plain("/a:1").is_err() && plain(&at("a")).is_err());
}

#[test]
fn arns_have_one_slash_and_those_of_aws_no_account() {
    let here = place();
    assert_eq!(arn(&here, "a"), arn(&here, "/a"));
    assert_eq!(
        arn(&here, "/a/b"),
        "arn:aws:ssm:us-east-1:000000000000:parameter/a/b"
    );
    assert_eq!(
        arn(&here, "/aws/service/x"),
        "arn:aws:ssm:us-east-1::parameter/aws/service/x"
    );
    assert!(arn(&here, &format!("{SECRETS}x")).contains(":000000000000:"));
}

#[test]
fn paths_and_what_lies_below() {
    for good in ["/", "/a", "/a/", "/a/b", "/aws/service", "/aws/service/ecs"] {
        assert_eq!(check_path(good), Ok(()), "{good}");
    }
    for bad in [
        "",
        "a",
        "//",
        "/a//b",
        "/###",
        "/aws",
        "/aws/reference",
        "/ssm",
        "/SSM/a",
    ] {
        let refused = check_path(bad).unwrap_err();
        assert!(
            refused.message.starts_with("The parameter doesn't meet"),
            "{bad}"
        );
    }
    for (path, name, direct, any) in [
        ("/", "plain", true, true),
        ("/", "/plain", true, true),
        ("/", "/a/b", false, true),
        ("/a", "/a/b", true, true),
        ("/a/", "/a/b", true, true),
        ("/a", "/a/b/c", false, true),
        ("/a", "/a", false, false),
        ("/a", "/ab/c", false, false),
    ] {
        assert_eq!(is_below(path, name, false), direct, "{path} {name}");
        assert_eq!(is_below(path, name, true), any, "{path} {name}");
    }
}

proptest! {
    #[test]
    fn nothing_given_panics(given in "\\PC*") {
        let _ = asked(&place(), &given);
        let _ = asked(&place(), &format!("arn:aws:ssm:us-east-1:000000000000:{given}"));
        let _ = asked(&place(), &format!("{SECRETS}{given}"));
        let _ = (plain(&given), check_path(&given), is_below(&given, &given, true));
    }

    #[test]
    fn what_may_be_created_can_be_asked_for(name in "/?[a-z]{1,3}(/[A-Za-z0-9_.-]{1,3}){0,3}") {
        if check(&place(), &name).is_ok() {
            let by_arn = asked(&place(), &arn(&place(), &name)).unwrap();
            prop_assert_eq!(asked(&place(), &name).unwrap().target, by_arn.target);
        }
    }
}
