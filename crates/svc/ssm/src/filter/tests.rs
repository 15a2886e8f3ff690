use wharf_base::Timestamp;

use super::*;
use crate::records::Tier;

fn meta(kind: Kind, tier: Tier) -> Meta {
    Meta {
        kind,
        tier,
        description: None,
        allowed_pattern: None,
        data_type: "text".to_owned(),

        key_id: None,
        expiration: None,
        notices: Vec::new(),
        modified_at: Timestamp(0),
        modified_by: String::new(),
    }
}

fn given(key: &str, option: Option<&str>, values: &[&str]) -> ParameterStringFilter {
    ParameterStringFilter {
        key: Some(key.to_owned()),
        option: option.map(str::to_owned),
        values: (!values.is_empty()).then(|| values.iter().map(|it| (*it).to_owned()).collect()),
    }
}

#[test]
fn each_key_has_its_options() {
    let secret = meta(Kind::SecureString, Tier::Advanced);
    let plain = meta(Kind::String, Tier::Standard);
    let tags = Tags::from([("team".to_owned(), "web".to_owned())]);
    let none = Tags::new();
    let first = Seen {
        name: "/app/db/password",
        meta: &secret,
        tags: &tags,
    };
    let second = Seen {
        name: "plain",
        meta: &plain,
        tags: &none,
    };
    for (key, option, values, expected) in [
        ("Name", None, &["/app/db/password"][..], (true, false)),
        ("Name", None, &["/plain", "x"], (false, true)),
        ("Name", Some("Equals"), &["plain"], (false, true)),
        ("Name", Some("BeginsWith"), &["/app"], (true, false)),
        ("Name", Some("BeginsWith"), &["pl"], (false, true)),
        ("Name", Some("Contains"), &["db"], (true, false)),
        ("Type", None, &["String", "StringList"], (false, true)),
        ("Type", Some("BeginsWith"), &["SecureString"], (true, false)),
        ("KeyId", None, &["alias/aws/ssm"], (true, false)),
        ("KeyId", Some("BeginsWith"), &["alias/"], (true, false)),
        ("Path", None, &["/app"], (false, false)),
        ("Path", None, &["/app/db"], (true, false)),
        ("Path", Some("Recursive"), &["/app"], (true, false)),
        ("Path", Some("OneLevel"), &["/"], (false, true)),
        ("Path", Some("Recursive"), &["/"], (true, true)),
        ("Tier", None, &["Advanced"], (true, false)),
        ("Tier", None, &["Intelligent-Tiering"], (false, false)),
        ("DataType", None, &["text"], (true, true)),
        ("DataType", None, &["aws:ec2:image"], (false, false)),
        ("tag:team", None, &["web"], (true, false)),
        ("tag:team", Some("BeginsWith"), &["w"], (true, false)),
        ("tag:team", None, &[], (true, false)),
        ("tag:team", None, &["db"], (false, false)),
        ("tag:other", None, &[], (false, false)),
    ] {
        let filters = checked(vec![given(key, option, values)], List::Describe).unwrap();
        let found = (fits(&filters, &first), fits(&filters, &second));
        assert_eq!(found, expected, "{key} {option:?} {values:?}");
    }
    let both = vec![
        given("Type", None, &["String"]),
        given("tag:team", None, &[]),
    ];
    let both = checked(both, List::Describe).unwrap();
    assert!(!fits(&both, &first) && !fits(&both, &second));
    let labelled = checked(vec![given("Label", None, &["prod"])], List::ByPath).unwrap();
    assert_eq!(labels(&labelled), Some(&["prod".to_owned()][..]));
    assert!(fits(&labelled, &first));
}

#[test]
fn what_a_list_does_not_take_is_refused() {
    let namespace = "Filters for common parameters can't be prefixed with \"aws\" or \"ssm\" \
                     (case-insensitive). When using global parameters, please specify within a \
                     global namespace.";
    let value = ["x"];
    for (list, filters, code, text) in [
        (
            List::Describe,
            vec![given("Label", None, &value)],
            "InvalidFilterKey",
            "The following filter key is not valid: Label. Valid filter keys include: [Path, Name, \
             Type, KeyId, Tier].",
        ),
        (
            List::ByPath,
            vec![given("Name", None, &value)],
            "InvalidFilterKey",
            "The following filter key is not valid: Name. Valid filter keys include: [Type, KeyId].",
        ),
        (
            List::ByPath,
            vec![given("tag:a", None, &value)],
            "InvalidFilterKey",
            "The following filter key is not valid: tag:a. Valid filter keys include: [Type, KeyId].",
        ),
        (
            List::Describe,
            vec![given("Name", None, &[])],
            "InvalidFilterValue",
            "The following filter values are missing : null for filter key Name.",
        ),
        (
            List::Describe,
            vec![given("Name", None, &value), given("Name", None, &value)],
            "InvalidFilterKey",
            "The following filter is duplicated in the request: Name. A request can contain only one \
             occurrence of a specific filter.",
        ),
        (
            List::Describe,
            vec![given("Path", Some("Equals"), &["/a"])],
            "InvalidFilterOption",
            "The following filter option is not valid: Equals. Valid options include: [Recursive, \
             OneLevel].",
        ),
        (
            List::Describe,
            vec![given("Tier", Some("Contains"), &["Standard"])],
            "InvalidFilterOption",
            "The following filter option is not valid: Contains. Valid options include: [BeginsWith, \
             Equals].",
        ),
        (
            List::ByPath,
            vec![given("Label", Some("BeginsWith"), &value)],
            "InvalidFilterOption",
            "The following filter option is not valid: BeginsWith. Valid options include: [Equals].",
        ),
        (
            List::Describe,
            vec![given("Type", None, &["string"])],
            "InvalidFilterOption",
            "The following filter value is not valid: string. Valid values include: [String, \
             StringList, SecureString].",
        ),
        (
            List::Describe,
            vec![given("Tier", None, &["Best"])],
            "InvalidFilterOption",
            "The following filter value is not valid: Best. Valid values include: [Standard, \
             Advanced, Intelligent-Tiering].",
        ),
        (
            List::Describe,
            vec![given("Path", None, &["/aws/x"])],
            "ValidationException",
            namespace,
        ),
        (
            List::Describe,
            vec![given("Path", None, &["/SSM"])],
            "ValidationException",
            namespace,
        ),
    ] {
        let refused = checked(filters, list).unwrap_err();
        assert_eq!(
            (refused.code.as_ref(), refused.message.as_str()),
            (code, text)
        );
    }
    let refused = checked(vec![given("Path", None, &["//"])], List::Describe).unwrap_err();
    assert!(refused.message.starts_with("The parameter doesn't meet"));
}

#[test]
fn the_older_form_goes_by_the_beginning_of_names() {
    let one = |key: &str, value: &str| ParametersFilter {
        key: Some(key.to_owned()),
        values: Some(vec![value.to_owned()]),
    };
    let meta = meta(Kind::SecureString, Tier::Standard);
    let seen = Seen {
        name: "/a/b",
        meta: &meta,
        tags: &Tags::new(),
    };
    for (key, value, expected) in [
        ("Name", "/a", true),
        ("Name", "b", false),
        ("Type", "SecureString", true),
        ("Type", "Secure", false),
        ("KeyId", "alias/aws/ssm", true),
    ] {
        assert_eq!(
            fits(&older(vec![one(key, value)]), &seen),
            expected,
            "{key} {value}"
        );
    }
}
