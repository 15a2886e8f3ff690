//! What policies are taken, and what is said of those that are not.

use serde_json::{Value, json};

use super::*;

fn rule(priority: i32, selection: Value) -> Value {
    json!({"rulePriority": priority, "selection": selection, "action": {"type": "expire"}})
}

fn counted(status: &str) -> Value {
    json!({"tagStatus": status, "countType": "imageCountMoreThan", "countNumber": 1})
}

fn with(mut base: Value, key: &str, value: Value) -> Value {
    base[key] = value;
    base
}

/// What is said of those that are not taken.
fn read(rules: Value) -> Result<Policy, String> {
    let read = Policy::read(&json!({"rules": rules}).to_string());
    read.map_err(|error| error.to_string())
}

#[test]
fn rules_come_in_the_order_of_their_priorities() {
    let aged = json!({"tagStatus": "tagged", "tagPrefixList": ["v"], "countType": "sinceImagePushed",
        "countUnit": "days", "countNumber": 14, "storageClass": "standard"});
    let policy = read(json!([rule(9, counted("any")), rule(2, aged)])).unwrap();
    assert_eq!(
        policy.rules,
        [
            Rule {
                priority: 2,
                class: Class::Standard,
                tags: TagSelection::Prefixes(vec!["v".to_owned()]),
                count: Count::OlderThanDays(14),
                action: Action::Expire,
            },
            Rule {
                priority: 9,
                class: Class::Standard,
                tags: TagSelection::Any,
                count: Count::MoreThan(1),
                action: Action::Expire,
            },
        ]
    );
}

#[test]
fn refusals_say_what_is_wrong() {
    let tagged = |key: &str, list: Value| rule(1, with(counted("tagged"), key, list));
    let count = |kind: &str| rule(1, with(counted("any"), "countType", json!(kind)));
    let archived = with(counted("any"), "storageClass", json!("archive"));
    for (rules, expected) in [
        (json!([]), "a policy has 1 to 50 rules"),
        (
            json!([rule(0, counted("any"))]),
            "rule 0: rulePriority must be at least 1",
        ),
        (
            json!([rule(1, counted("tagged"))]),
            "rule 1: tagStatus tagged needs either tagPrefixList or tagPatternList",
        ),
        (
            json!([tagged("tagPrefixList", json!([]))]),
            "rule 1: tagPrefixList must not be empty, nor anything in it",
        ),
        (
            json!([tagged("tagPatternList", json!(["*a*b*c*d*"]))]),
            "rule 1: a pattern has at most 4 wildcards",
        ),
        (
            json!([rule(1, with(counted("any"), "tagPrefixList", json!(["v"])))]),
            "rule 1: tagStatus any takes neither tagPrefixList nor tagPatternList",
        ),
        (
            json!([rule(1, with(counted("any"), "countUnit", json!("days")))]),
            "rule 1: countUnit does not go with countType imageCountMoreThan",
        ),
        (
            json!([count("sinceImagePushed")]),
            "rule 1: countType sinceImagePushed needs countUnit days",
        ),
        (
            json!([count("sinceImagePulled")]),
            "rule 1: countType sinceImagePulled needs countUnit days",
        ),
        (
            json!([rule(1, archived)]),
            "rule 1: storageClass archive needs countType sinceImageTransitioned",
        ),
        (
            json!([with(
                rule(1, counted("any")),
                "action",
                json!({"type": "transition"})
            )]),
            "rule 1: action transition needs targetStorageClass",
        ),
        (
            json!([rule(1, counted("untagged")), rule(1, counted("any"))]),
            "each rule must have a rulePriority of its own",
        ),
        (
            json!([rule(1, counted("any")), rule(2, counted("untagged"))]),
            "the rule with tagStatus any must have the highest rulePriority of its storage class, and be the only one",
        ),
        (
            json!([rule(1, counted("untagged")), rule(2, counted("untagged"))]),
            "only one rule of a storage class may have tagStatus untagged",
        ),
        (
            json!([
                tagged("tagPrefixList", json!(["a", "b"])),
                rule(
                    2,
                    with(counted("tagged"), "tagPrefixList", json!(["b", "a"]))
                ),
            ]),
            "two rules select by the same tags",
        ),
    ] {
        assert_eq!(read(rules.clone()).unwrap_err(), expected, "{rules}");
    }
}

#[test]
fn ages_go_with_classes_and_actions() {
    let aged = |kind: &str, days: u32| json!({"tagStatus": "any", "countType": kind, "countUnit": "days", "countNumber": days});
    let archived = |selection| with(selection, "storageClass", json!("archive"));
    let transition = || json!({"type": "transition", "targetStorageClass": "archive"});
    for (selection, action, expected) in [
        (
            aged("sinceImagePulled", 5),
            transition(),
            Ok(Count::NotPulledForDays(5)),
        ),
        (
            aged("sinceImagePulled", 5),
            json!({"type": "expire"}),
            Err("rule 1: countType sinceImagePulled needs action transition"),
        ),
        (
            archived(aged("sinceImageTransitioned", 90)),
            json!({"type": "expire"}),
            Ok(Count::ArchivedForDays(90)),
        ),
        (
            archived(aged("sinceImageTransitioned", 89)),
            json!({"type": "expire"}),
            Err("rule 1: images stay in the archive for at least 90 days"),
        ),
        (
            aged("sinceImageTransitioned", 90),
            json!({"type": "expire"}),
            Err("rule 1: countType sinceImageTransitioned needs storageClass archive"),
        ),
        (
            archived(aged("sinceImageTransitioned", 90)),
            transition(),
            Err("rule 1: countType sinceImageTransitioned needs action expire"),
        ),
    ] {
        let read = read(json!([with(rule(1, selection), "action", action)]));
        let got = read
            .as_ref()
            .map(|it| it.rules[0].count)
            .map_err(String::as_str);
        assert_eq!(got, expected);
    }
    // Each class has rules of its own.
    let both = json!([
        with(rule(1, aged("sinceImagePulled", 5)), "action", transition()),
        rule(2, archived(aged("sinceImageTransitioned", 100))),
    ]);
    assert_eq!(read(both).unwrap().rules.len(), 2);
}

#[test]
fn unknown_members_and_other_texts_are_refused() {
    for text in ["", "[]", "{}", r#"{"rules": 1}"#, r#"{"rules": [{}]}"#] {
        assert!(Policy::read(text).is_err(), "{text}");
    }
    let odd = with(counted("any"), "colour", json!("blue"));
    assert!(
        read(json!([rule(1, odd)]))
            .unwrap_err()
            .contains("unknown field")
    );
    let negative = with(counted("any"), "countNumber", json!(-1));
    assert!(read(json!([rule(1, negative)])).is_err());
}
