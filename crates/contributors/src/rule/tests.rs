use serde_json::{Value, json};

use super::*;

/// A rule that counts by `$.ip`, with something else in it.
fn rule(change: impl FnOnce(&mut Value)) -> Result<Rule, String> {
    let mut text = json!({
        "Schema": {"Name": "CloudWatchLogRule", "Version": 1},
        "LogGroupNames": ["web", "api/*"],
        "LogFormat": "JSON",
        "Contribution": {"Keys": ["$.ip"], "Filters": []},
        "AggregateOn": "Count",
    });
    change(&mut text);
    Rule::parse(&text.to_string()).map_err(|bad| bad.to_string())
}

#[test]
fn groups_are_named_or_begin_so() {
    let rule = rule(|_| ()).unwrap();
    for (group, wanted) in [
        ("web", true),
        ("web2", false),
        ("api/", true),
        ("api/a", true),
        ("ap", false),
    ] {
        assert_eq!(rule.covers(group), wanted, "{group}");
    }
}

#[test]
fn what_is_no_rule_is_refused_by_name() {
    type Change = fn(&mut Value);
    let all: [(Change, &str); 21] = [
        (|it| it["Schema"]["Version"] = json!(2), "Schema must be"),
        (
            |it| it["Schema"]["Name"] = json!("ServiceLogRule"),
            "Schema must be",
        ),
        (
            |it| it["LogGroupARNs"] = json!([]),
            "unknown field `LogGroupARNs`",
        ),
        (|it| it["LogGroupNames"] = json!([]), "at least 1 member"),
        (
            |it| it["LogGroupNames"] = json!(["a*b"]),
            "LogGroupNames has a*b",
        ),
        (|it| it["LogGroupNames"] = json!([""]), "LogGroupNames has"),
        (|it| it["LogFormat"] = json!("XML"), "LogFormat XML is not"),
        (
            |it| it["AggregateOn"] = json!("Max"),
            "AggregateOn Max is not",
        ),
        (
            |it| it["Fields"] = json!({"1": "a"}),
            "Fields is for rules of the LogFormat CLF",
        ),
        (
            |it| it["Contribution"]["Keys"] = json!([]),
            "Keys must have 1 to 4",
        ),
        (
            |it| it["Contribution"]["Keys"] = json!(["$.a", "$.b", "$.c", "$.d", "$.e"]),
            "Keys must have 1 to 4",
        ),
        (
            |it| it["Contribution"]["Keys"] = json!(["$.a", "$.a"]),
            "Keys has $.a twice",
        ),
        (
            |it| it["Contribution"]["Keys"] = json!(["ip"]),
            "Keys has ip, which is no field",
        ),
        (
            |it| it["Contribution"]["ValueOf"] = json!("$.n"),
            "ValueOf is for rules",
        ),
        (
            |it| it["Contribution"]["Top"] = json!(1),
            "unknown field `Top`",
        ),
        (
            |it| it["Contribution"]["Filters"] = json!([{"Match": "$.a"}]),
            "the filter of $.a must have exactly one of",
        ),
        (
            |it| {
                it["Contribution"]["Filters"] = json!([{"Match": "$.a", "In": ["b"], "EqualTo": 1}])
            },
            "the filter of $.a must have exactly one of",
        ),
        (
            |it| it["Contribution"]["Filters"] = json!([{"Match": "$.a", "In": []}]),
            "1 to 10 values",
        ),
        (
            |it| it["Contribution"]["Filters"] = json!([{"Match": "$.a", "Like": "b"}]),
            "unknown field `Like`",
        ),
        (
            |it| {
                it["Contribution"]["Filters"] =
                    json!(vec![json!({"Match": "$.a", "EqualTo": 1}); 5])
            },
            "Filters has more than 4",
        ),
        (|it| *it = json!([]), "it must be an object of JSON"),
    ];
    for (change, wanted) in all {
        let said = rule(change).unwrap_err();
        assert!(said.contains(wanted), "{said}: {wanted}");
    }
    let clf = |fields: Value, key: &str| {
        rule(|it| {
            it["LogFormat"] = json!("CLF");
            it["Fields"] = fields;
            it["Contribution"]["Keys"] = json!([key]);
        })
    };
    assert!(clf(json!({"4": "ip"}), "ip").is_ok() && clf(json!({}), "4").is_ok());
    for (fields, key, wanted) in [
        (json!({"4": "ip"}), "host", "neither a number"),
        (json!({}), "0", "neither a number"),
        (json!({"0": "ip"}), "ip", "Fields has 0"),
        (json!({"1001": "ip"}), "ip", "Fields has 1001"),
        (json!({"1": "ip", "2": "ip"}), "ip", "each once"),
    ] {
        let said = clf(fields, key).unwrap_err();
        assert!(said.contains(wanted), "{said}: {wanted}");
    }
}

#[test]
fn filters_let_events_pass() {
    let event = r#"{"ip":"a","method":"PUT","status":200,"text":"x"}"#;
    for (filter, wanted) in [
        (json!({"Match": "$.method", "In": ["GET", "PUT"]}), true),
        (json!({"Match": "$.method", "In": ["put"]}), false),
        (json!({"Match": "$.status", "In": ["200"]}), true),
        (json!({"Match": "$.method", "NotIn": ["GET"]}), true),
        (json!({"Match": "$.method", "NotIn": ["PUT"]}), false),
        (json!({"Match": "$.none", "NotIn": ["PUT"]}), false),
        (
            json!({"Match": "$.method", "StartsWith": ["PO", "PU"]}),
            true,
        ),
        (json!({"Match": "$.status", "GreaterThan": 199}), true),
        (json!({"Match": "$.status", "GreaterThan": 200}), false),
        (json!({"Match": "$.status", "LessThan": 200.5}), true),
        (json!({"Match": "$.status", "EqualTo": 200}), true),
        (json!({"Match": "$.status", "NotEqualTo": 200}), false),
        (json!({"Match": "$.text", "EqualTo": 200}), false),
        (json!({"Match": "$.text", "NotEqualTo": 200}), false),
        (json!({"Match": "$.text", "IsPresent": true}), true),
        (json!({"Match": "$.none", "IsPresent": false}), true),
        (json!({"Match": "$.none", "IsPresent": true}), false),
    ] {
        let rule = rule(|it| it["Contribution"]["Filters"] = json!([filter.clone()])).unwrap();
        assert_eq!(rule.contribution(event).is_some(), wanted, "{filter}");
    }
    let both = json!([
        {"Match": "$.method", "In": ["PUT"]},
        {"Match": "$.status", "EqualTo": 404},
    ]);
    let rule = rule(|it| it["Contribution"]["Filters"] = both).unwrap();
    assert_eq!(rule.contribution(event), None);
}

#[test]
fn contributions_are_of_their_keys() {
    let sum = |it: &mut Value| {
        it["Contribution"] = json!({"Keys": ["$.ip", "$.port"], "ValueOf": "$.bytes"});
        it["AggregateOn"] = json!("Sum");
    };
    let rule = rule(sum).unwrap();
    let keys = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
    for (event, wanted) in [
        (
            r#"{"ip":"a","port":80,"bytes":12.5}"#,
            Some((keys("a", "80"), 12.5)),
        ),
        (
            r#"{"ip":"a","port":80,"bytes":"7"}"#,
            Some((keys("a", "80"), 7.0)),
        ),
        (r#"{"ip":"a","port":80}"#, None),
        (r#"{"ip":"a","port":80,"bytes":"many"}"#, None),
        (r#"{"ip":"a","bytes":1}"#, None),
        (r#"{"ip":"a","port":{},"bytes":1}"#, None),
        ("plain", None),
    ] {
        assert_eq!(rule.contribution(event), wanted, "{event}");
    }
    let clf = json!({
        "Schema": {"Name": "CloudWatchLogRule", "Version": 1},
        "LogGroupNames": ["web"],
        "LogFormat": "CLF",
        "Fields": {"4": "IpAddress", "7": "StatusCode"},
        "Contribution": {"Keys": ["IpAddress"], "Filters": [{"Match": "StatusCode", "EqualTo": 200}]},
        "AggregateOn": "Count",
    });
    let rule = Rule::parse(&clf.to_string()).unwrap();
    assert_eq!(rule.labels().collect::<Vec<_>>(), ["IpAddress"]);
    let found = rule.contribution(r#"a b c 10.0.0.9 "GET /" [x y] 200"#);
    assert_eq!(found, Some((vec!["10.0.0.9".to_owned()], 1.0)));
    assert_eq!(
        rule.contribution(r#"a b c 10.0.0.9 "GET /" [x y] 404"#),
        None
    );
}
