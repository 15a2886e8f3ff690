use std::collections::BTreeMap;

use proptest::prelude::*;
use wharf_base::Timestamp;

use super::*;

fn check(expression: &str, expected: bool) {
    let attributes = BTreeMap::from([
        ("ecs.instance-type".to_owned(), Some("t2.micro".to_owned())),
        (
            "ecs.availability-zone".to_owned(),
            Some("us-east-1a".to_owned()),
        ),
        ("ecs.capability.task-eni".to_owned(), None),
        ("cores".to_owned(), Some("16".to_owned())),
    ]);
    let groups = BTreeMap::from([
        ("0/r/service:web".to_owned(), 2),
        // Of another account: an expression is not told of it.
        ("1/r/service:secret".to_owned(), 1),
    ]);
    let host = HostFacts {
        attributes: &attributes,
        agent_connected: true,
        agent_version: "1.14.5",
        ec2_instance: "i-1234",
        registered_at: Timestamp::parse_iso8601("2018-06-18T13:00:00Z").unwrap(),
        running_tasks: 7,
        groups: &groups,
        home: "0/r/",
    };
    let parsed = Expression::parse(expression).unwrap();
    assert_eq!(parsed.holds(&host), expected, "{expression}");
}

#[test]
fn documented_examples() {
    check("attribute:ecs.instance-type == t2.micro", true);
    check("attribute:ecs.instance-type equals 't2.micro'", true);
    check(
        "attribute:ecs.availability-zone in [us-east-1a, us-east-1b]",
        true,
    );
    check("attribute:ecs.availability-zone not_in [us-east-1c]", true);
    check(
        "attribute:ecs.instance-type =~ t2.* and attribute:ecs.availability-zone != us-east-1d",
        true,
    );
    check("attribute:ecs.instance-type =~ t2.(micro|small)", true);
    check("(attribute:ecs.instance-type =~ t3.(micro|small))", false);
    check("task:group == service:web", true);
    check("not(task:group == database)", true);
    check("!(task:group == service:web)", false);
    check("runningTasksCount == 7", true);
    check("runningTasksCount >= 10", false);
    check("agentVersion >= 1.9.0", true);
    check("agentVersion < 1.14", false);
    check("agentConnected == true", true);
    check("ec2InstanceId in ['i-1234', 'i-5678']", true);
    check("registeredAt <= 2018-06-18T13:00:00Z", true);
    check("registeredAt > 2018-06-18", true);
    check("registeredAt > 2018-06-19T00:00:00+00:00", false);
}

#[test]
fn operators() {
    check("attribute:ecs.capability.task-eni exists", true);
    check("attribute:gpu exists", false);
    check("attribute:gpu !exists", true);
    check("attribute:gpu not_exists || attribute:cores == 1", true);
    check("attribute:cores greater_than 9", true);
    check("attribute:cores less_than_equal 15", false);
    check("attribute:gpu != big", true);
    check("attribute:gpu == big", false);
    check("attribute:ecs.instance-type =~ t2", false);
    check("attribute:ecs.instance-type !~ m.*", true);
    check(
        "attribute:cores == 16 and attribute:gpu exists or agentConnected == true",
        true,
    );
    check(
        "attribute:cores == 16 and (attribute:gpu exists or agentConnected == false)",
        false,
    );
    check("not not agentConnected == true", true);
    check("task:group != service:web", false);
}

#[test]
fn says_what_is_wrong() {
    let check = |text: &str, problem: &str| {
        assert_eq!(
            Expression::parse(text).unwrap_err().problem.to_string(),
            problem,
            "{text}"
        );
    };
    check("", "expected a subject, found the end");
    check("colour == red", "`colour` is no subject");
    check("attribute:a", "expected an operator, found the end");
    check("attribute:a is b", "`is` is no operator");
    check("attribute:a in b", "expected a list like [a, b]");
    check("attribute:a in [b", "a list is not closed");
    check("(attribute:a exists", "a parenthesis is not closed");
    check(
        "attribute:a exists )",
        "unexpected `)` after the expression",
    );
    check("attribute:a == 'b", "a quotation is not closed");
    check("attribute:a =~ [", "`[` is no valid pattern");
    check(
        "attribute:a =~ 'a{9999}{9999}'",
        "`a{9999}{9999}` is no valid pattern",
    );
    check(&"!".repeat(100), "nested too deeply");
    check(&"a".repeat(2001), "longer than 2000 characters");
}

#[test]
fn only_attributes_are_shared_by_a_class() {
    assert!(Expression::parse("attribute:a exists").unwrap().by_class());
    assert!(
        !Expression::parse("attribute:a exists or agentConnected == true")
            .unwrap()
            .by_class()
    );
}

proptest! {
    #[test]
    fn never_panics(text in r"[ -~éß]{0,80}") { let _ = Expression::parse(&text); }

    #[test]
    fn never_panics_on_near_misses(
        text in r"(attribute:a|task:group|!|not|\(|\)|\[|\]|==|=~|in|,|'|and|or| |x){0,30}"
    ) { let _ = Expression::parse(&text); }
}
