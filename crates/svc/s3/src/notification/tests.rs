use proptest::prelude::*;

use super::*;

const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:jobs";
const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:news";

fn own(all: &[&str]) -> Vec<String> {
    all.iter().map(|it| (*it).to_owned()).collect()
}

fn filter(rules: &[(&str, &str)]) -> Option<NotificationConfigurationFilter> {
    let rules = rules.iter().map(|(name, value)| FilterRule {
        name: Some((*name).to_owned()),
        value: Some((*value).to_owned()),
    });
    Some(NotificationConfigurationFilter {
        key: Some(S3KeyFilter {
            filter_rules: Some(rules.collect()),
        }),
    })
}

fn queue(arn: &str, events: &[&str], rules: &[(&str, &str)]) -> QueueConfiguration {
    QueueConfiguration {
        id: None,
        queue_arn: Some(arn.to_owned()),
        events: Some(own(events)),
        filter: filter(rules),
    }
}

fn of(queues: Vec<QueueConfiguration>) -> NotificationConfiguration {
    NotificationConfiguration {
        queue_configurations: Some(queues),
        ..NotificationConfiguration::default()
    }
}

fn refusal(given: NotificationConfiguration) -> String {
    match read(given, "us-east-1") {
        Ok(_) => String::new(),
        Err(fault) => format!("{}: {}", fault.code, fault.message),
    }
}

const PUT: &str = "s3:ObjectCreated:Put";

#[test]
fn what_is_read_is_shown() {
    let mut given = of(vec![QueueConfiguration {
        id: Some("one".to_owned()),
        ..queue(
            QUEUE,
            &[PUT, "s3:ObjectRemoved:*"],
            &[("prefix", "in/"), ("Suffix", ".jpg")],
        )
    }]);
    given.topic_configurations = Some(vec![TopicConfiguration {
        id: Some("two".to_owned()),
        topic_arn: Some(TOPIC.to_owned()),
        events: Some(own(&["s3:ObjectTagging:*"])),
        filter: None,
    }]);
    given.event_bridge_configuration = Some(EventBridgeConfiguration {});
    let stored = read(given, "us-east-1").unwrap();
    assert!(stored.event_bridge);
    let again = read(shown(stored.clone()), "us-east-1").unwrap();
    assert_eq!(again, stored);
    let unnamed = read(of(vec![queue(QUEUE, &[PUT], &[])]), "us-east-1").unwrap();
    assert_eq!(unnamed.rules[0].id.len(), 36);
}

#[test]
fn what_is_refused() {
    let check = |given, expected: &str| {
        let refusal = refusal(given);
        match expected {
            "" => assert_eq!(refusal, ""),
            part => assert!(refusal.contains(part), "{refusal}"),
        }
    };
    let one = |arn: &str| of(vec![queue(arn, &[PUT], &[])]);
    check(one(QUEUE), "");
    for bad in [
        "",
        "jobs",
        TOPIC,
        "arn:aws:sqs:us-east-1::jobs",
        "arn:aws:sqs:us-east-1:000000000000:a b",
    ] {
        check(one(bad), "The ARN could not be parsed");
    }
    let far = "arn:aws:sqs:eu-west-1:000000000000:jobs";
    check(one(far), "region is not valid for the bucket");
    check(
        one(&format!("{QUEUE}.fifo")),
        "FIFO SQS queues are not supported.",
    );
    check(of(vec![queue(QUEUE, &[], &[])]), "MalformedXML");
    let twice = [("prefix", "a"), ("Prefix", "b")];
    check(
        of(vec![queue(QUEUE, &[PUT], &twice)]),
        "more than one prefix rule",
    );
    check(
        of(vec![queue(QUEUE, &[PUT], &[("infix", "a")])]),
        "either prefix or suffix",
    );
    let long = "x".repeat(MAX_AFFIX + 1);
    check(
        of(vec![queue(QUEUE, &[PUT], &[("suffix", &long)])]),
        "cannot exceed 1024 bytes",
    );
    let same = QueueConfiguration {
        id: Some("same".to_owned()),
        ..queue(QUEUE, &[PUT], &[])
    };
    check(of(vec![same.clone(), same]), "IDs must be unique");
    let two = |first: &[&str], one: &[(&str, &str)], second: &[&str], other: &[(&str, &str)]| {
        of(vec![queue(QUEUE, first, one), queue(QUEUE, second, other)])
    };
    let all = ["s3:ObjectCreated:*"];
    check(two(&[PUT], &[], &all, &[]), "Configurations overlap.");
    check(
        two(&[PUT], &[("prefix", "a/")], &all, &[("prefix", "a/b")]),
        "ambiguously defined",
    );
    check(
        two(&[PUT], &[("prefix", "a/")], &all, &[("prefix", "b/")]),
        "",
    );
    check(
        two(&[PUT], &[("suffix", ".jpg")], &all, &[("suffix", ".png")]),
        "",
    );
    check(two(&[PUT], &[], &["s3:ObjectCreated:Copy"], &[]), "");
    let many: Vec<_> = (0..=MAX_RULES)
        .map(|n| queue(QUEUE, &[PUT], &[("prefix", &format!("{n:03}/"))]))
        .collect();
    check(of(many), "exceeds the limit of 100");
    let lambda = NotificationConfiguration {
        lambda_function_configurations: Some(vec![Default::default()]),
        ..NotificationConfiguration::default()
    };
    check(
        lambda,
        "NotImplemented: CloudFunctionConfiguration is not supported",
    );
}

#[test]
fn what_a_rule_tells() {
    let rule = Telling {
        id: "r".to_owned(),
        arn: QUEUE.to_owned(),
        events: own(&["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"]),
        prefix: "in/".to_owned(),
        suffix: ".jpg".to_owned(),
    };
    for (event, key, expected) in [
        ("ObjectCreated:Put", "in/a.jpg", true),
        ("ObjectCreated:Copy", "in/.jpg", true),
        ("ObjectRemoved:Delete", "in/a.jpg", true),
        ("ObjectRemoved:DeleteMarkerCreated", "in/a.jpg", false),
        ("ObjectTagging:Put", "in/a.jpg", false),
        ("ObjectCreated:Put", "out/a.jpg", false),
        ("ObjectCreated:Put", "in/a.png", false),
    ] {
        assert_eq!(tells(&rule, event, key), expected, "{event} {key}");
    }
}

proptest! {
    /// What S3 promises by refusing overlaps.
    #[test]
    fn one_happening_is_told_to_one(
        affixes in proptest::collection::vec(("[ab]{0,2}", "[ab]{0,2}", 0usize..3), 1..5),
        key in "[ab]{0,5}",
    ) {
        let events = ["s3:ObjectCreated:*", PUT, "s3:ObjectRemoved:*"];
        let rules = affixes.iter().map(|(prefix, suffix, event)| {
            queue(QUEUE, &[events[*event]], &[("prefix", prefix), ("suffix", suffix)])
        });
        if let Ok(read) = read(of(rules.collect()), "us-east-1") {
            let told = read.rules.iter().filter(|it| tells(it, "ObjectCreated:Put", &key));
            prop_assert!(told.count() <= 1);
        }
    }
}
