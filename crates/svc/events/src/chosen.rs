//! What policies are asked about the events that a rule is to choose: the values that its pattern has for
//! the fields that condition keys stand for. Pure.
//!
//! A policy names values, and compares them with what the rule says. What is no value of a field (`prefix`,
//! `anything-but` and so on) is shown as it is written, so that it is none of the values that a policy names.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use wharf_wire::Check;

/// Condition keys of PutRule, and where patterns have what they are about.
const FIELDS: [(&str, &[&str]); 5] = [
    ("events:source", &["source"]),
    ("events:detail-type", &["detail-type"]),
    ("events:detail.service", &["detail", "service"]),
    ("events:detail.eventTypeCode", &["detail", "eventTypeCode"]),
    (
        "events:detail.userIdentity.principalId",
        &["detail", "userIdentity", "principalId"],
    ),
];
/// What a field may be that an alternative of `$or` says nothing of.
const ANYTHING: &str = "*";

/// With what the pattern of a rule says. A text that is no pattern says nothing, and the operation refuses it.
pub fn with_pattern(check: Check, pattern: Option<&str>) -> Check {
    let read = pattern.and_then(|it| serde_json::from_str::<Value>(it).ok());
    let Some(Value::Object(pattern)) = read else {
        return check;
    };
    FIELDS.iter().fold(check, |check, (key, path)| {
        let said = values(&pattern, path).unwrap_or_default();
        said.into_iter()
            .fold(check, |it, value| it.with(key, value))
    })
}

/// What an object of a pattern lets a field below it be; `None` if it says nothing of it.
fn values(fields: &Map<String, Value>, path: &[&str]) -> Option<BTreeSet<String>> {
    let (first, rest) = path.split_first()?;
    let said = match fields.get(*first) {
        Some(Value::Array(tests)) if rest.is_empty() => Some(tests.iter().map(text).collect()),
        Some(Value::Object(inner)) if !rest.is_empty() => values(inner, rest),
        _ => None,
    };
    said.or_else(|| {
        let choices = fields.get("$or")?.as_array()?.iter();
        let each = choices.map(|it| it.as_object().and_then(|it| values(it, path)));
        let each: Vec<Option<BTreeSet<String>>> = each.collect();
        if each.iter().all(Option::is_none) {
            return None;
        }
        let any = || BTreeSet::from([ANYTHING.to_owned()]);
        let each = each.into_iter().map(|it| it.unwrap_or_else(any));
        Some(each.flatten().collect())
    })
}

fn text(test: &Value) -> String {
    match test {
        Value::String(value) => value.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(pattern: &Value) -> Vec<(String, Vec<String>)> {
        let check = Check::any("events:PutRule");
        let check = with_pattern(check, Some(&pattern.to_string()));
        let mut context: Vec<_> = check.context.into_iter().collect();
        context.sort();
        context
    }

    fn said(key: &str, values: &[&str]) -> (String, Vec<String>) {
        let values = values.iter().map(|it| (*it).to_owned()).collect();
        (format!("events:{key}"), values)
    }

    #[test]
    fn fields_have_the_values_of_the_pattern() {
        let pattern = json!({
            "source": ["aws.health", "aws.ec2"],
            "detail-type": ["AWS Health Event"],
            "account": ["000000000000"],
            "detail": {
                "service": ["EC2"],
                "eventTypeCode": ["AWS_EC2_X"],
                "userIdentity": {"principalId": ["root"]},
            },
        });
        assert_eq!(
            asked(&pattern),
            [
                said("detail-type", &["AWS Health Event"]),
                said("detail.eventTypeCode", &["AWS_EC2_X"]),
                said("detail.service", &["EC2"]),
                said("detail.userIdentity.principalId", &["root"]),
                said("source", &["aws.ec2", "aws.health"]),
            ]
        );
        assert!(asked(&json!({"account": ["000000000000"]})).is_empty());
        assert!(asked(&json!({"detail": {"state": ["x"]}})).is_empty());
    }

    /// Who may choose events of one source alone cannot do so in words that mean more.
    #[test]
    fn what_is_no_value_is_none_that_a_policy_names() {
        for (pattern, values) in [
            (
                json!({"source": ["aws.ec2", {"prefix": "aws."}]}),
                &["aws.ec2", r#"{"prefix":"aws."}"#][..],
            ),
            (
                json!({"source": [{"anything-but": ["aws.ec2"]}]}),
                &[r#"{"anything-but":["aws.ec2"]}"#],
            ),
            (
                json!({"$or": [{"source": ["aws.ec2"]}, {"source": ["aws.s3"]}]}),
                &["aws.ec2", "aws.s3"],
            ),
            (
                json!({"$or": [{"source": ["aws.ec2"]}, {"account": ["1"]}]}),
                &["*", "aws.ec2"],
            ),
            (
                json!({"$or": [{"source": ["aws.ec2"]}, {"$or": [{"source": ["a"]}, {"account": ["1"]}]}]}),
                &["*", "a", "aws.ec2"],
            ),
            (
                json!({"source": ["aws.ec2"], "$or": [{"account": ["1"]}, {"source": ["b"]}]}),
                &["aws.ec2"],
            ),
        ] {
            assert_eq!(asked(&pattern), [said("source", values)], "{pattern}");
        }
        let below = json!({"detail": {"$or": [{"service": ["EC2"]}, {"x": [1]}]}});
        assert_eq!(asked(&below), [said("detail.service", &["*", "EC2"])]);
    }

    #[test]
    fn what_is_no_pattern_says_nothing() {
        for text in [
            None,
            Some(""),
            Some("{"),
            Some("[]"),
            Some(r#"{"source": "a", "$or": 1}"#),
        ] {
            let check = with_pattern(Check::any("events:PutRule"), text);
            assert!(check.context.is_empty(), "{text:?}");
        }
    }
}
