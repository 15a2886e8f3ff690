//! Which rows there are, and what fields they have.

use super::*;

#[test]
fn events_come_newest_first_with_their_pointers() {
    let outcome = ran("", LINES, 1).unwrap();
    let offsets: Vec<u64> = outcome
        .rows
        .iter()
        .map(|it| it.at.unwrap().offset)
        .collect();
    assert_eq!(offsets, [4, 3, 2, 1, 0]);
    assert_eq!(outcome.matched, 5);
    let names: Vec<&str> = outcome.rows[0]
        .fields
        .iter()
        .map(|(name, _)| &**name)
        .collect();
    assert_eq!(names, ["@timestamp", "@message"]);
    assert_eq!(
        rows(
            "fields @timestamp, @ingestionTime, @logStream, @log | limit 1",
            LINES
        ),
        [
            "@timestamp=2024-08-15 13:51:11.250, @ingestionTime=2024-08-15 13:47:11.255, @logStream=even, @log=123456789012:group"
        ]
    );
}

#[test]
fn filters() {
    for (filter, expected) in [
        ("level = \"ERROR\"", &[4, 1][..]),
        ("level != \"ERROR\"", &[3, 2, 0]),
        ("not (level = \"ERROR\")", &[3, 2, 0]),
        ("ms > 12", &[4, 1]),
        ("ms >= 12 and ms <= 40", &[4, 0]),
        ("ms = 40", &[4]),
        ("user in [\"anna\", \"carl\"]", &[4, 0]),
        ("user not in [\"anna\"]", &[3, 2, 1]),
        ("@message like /user=\\w+/", &[2]),
        ("@message like \"text\"", &[2]),
        ("user like /^b/ or @message =~ \"plain\"", &[3, 2, 1]),
        ("@message not like \"level\"", &[2]),
        ("err.code = 7", &[1]),
        ("tags.1 = 'b'", &[0]),
        ("ispresent(ip)", &[3, 0]),
        ("isIpv4InSubnet(ip, \"10.0.0.0/8\")", &[0]),
        ("ok = 1", &[3]),
        ("ok = true", &[3]),
        ("id = 12345678901234567890", &[]),
        ("id = \"12345678901234567890\"", &[4]),
        ("id = \"12345678901234567891\"", &[]),
        ("@logStream = \"odd\"", &[3, 1]),
        ("strlen(user) = 4 and ms % 2 = 1", &[3]),
    ] {
        let outcome = ran(&format!("filter {filter}"), LINES, 2).unwrap();
        let offsets: Vec<u64> = outcome
            .rows
            .iter()
            .map(|it| it.at.unwrap().offset)
            .collect();
        // A long number without quotes is a float, and equal to all near it.
        let is_near = filter == "id = 12345678901234567890" && offsets == [4];
        assert!(offsets == expected || is_near, "{filter}: {offsets:?}");
    }
}

#[test]
fn fields_and_display() {
    assert_eq!(
        rows(
            "fields user, ms * 2 as double | filter double > 20 | sort double desc",
            LINES
        ),
        [
            "user=bert, double=501",
            "user=anna, double=80",
            "user=anna, double=24"
        ]
    );
    assert_eq!(
        rows(
            "fields user | display concat(user, '/', level) as both | limit 2",
            LINES
        ),
        ["both=anna/ERROR", "both=bert/INFO"]
    );
    assert_eq!(
        rows("fields tags | filter ispresent(tags)", LINES),
        ["tags=[\"a\",\"b\"]"]
    );
    assert_eq!(rows("fields upper | limit 1", LINES), [""]);
    assert_eq!(
        rows("fields ms + 1 | filter user = 'bert' | sort ms", LINES),
        ["ms + 1=4", "ms + 1=251.5"]
    );
}

#[test]
fn values_by_conditions() {
    assert_eq!(
        rows(
            "filter ispresent(level) | fields user, if(level = 'ERROR', 1, 0) as bad, case(ms > 100, 'slow', ms > 10, 'fair', 'fast') as pace",
            LINES
        ),
        [
            "user=anna, bad=1, pace=fair",
            "user=bert, bad=0, pace=fast",
            "user=bert, bad=1, pace=slow",
            "user=anna, bad=0, pace=fair"
        ]
    );
}

#[test]
fn a_list_is_expanded_in_its_place() {
    let lines = &[
        r#"{"items":["apple","banana"],"host":"web-01"}"#,
        r#"{"items":"cherry","host":"web-02"}"#,
    ];
    assert_eq!(
        rows("fields items, host | expand items", lines),
        [
            "items=cherry, host=web-02",
            "items=apple, host=web-01",
            "items=banana, host=web-01"
        ]
    );
    assert_eq!(
        rows(
            "expand items | stats count(*) as n by items | sort items | limit 1",
            lines
        ),
        ["items=apple, n=1"]
    );
}

#[test]
fn parsed_fields() {
    assert_eq!(
        rows(
            "parse \"user=*, took * ms\" as who, long | filter ispresent(who) | display who, long + 1",
            LINES
        ),
        ["who=carl, long + 1=18"]
    );
    assert_eq!(
        rows(
            "parse @message /took (?<long>\\d+) ms/ | stats sum(long) as all",
            LINES
        ),
        ["all=17"]
    );
    assert_eq!(
        rows(
            "fields user | parse user \"a*\" as rest | filter ispresent(rest) | limit 1",
            LINES
        ),
        ["user=anna, rest=nna"]
    );
}

#[test]
fn dedup_keeps_the_first_of_each() {
    assert_eq!(
        rows("fields user, ms | dedup user", LINES),
        ["user=anna, ms=40", "user=bert, ms=3", ""]
    );
    assert_eq!(
        rows(
            "filter ispresent(user) | fields user, ms | sort ms desc | dedup user | limit 5",
            LINES
        ),
        ["user=bert, ms=250.5", "user=anna, ms=40"]
    );
    assert_eq!(
        rows("stats count(*) as n by user, level | dedup n", LINES).len(),
        1
    );
}

#[test]
fn lists_are_flattened() {
    let lines = &[
        r#"{"events":[{"name":"exception"},{"name":"user action"}],"of":1}"#,
        r#"{"events":"one","of":2}"#,
    ];
    assert_eq!(
        rows(
            "fields jsonParse(@message) as js | unnest js.events into event | display event.name, js.of",
            lines
        ),
        [
            "js.of=2",
            "event.name=exception, js.of=1",
            "event.name=user action, js.of=1"
        ]
    );
    assert_eq!(
        rows(
            "fields jsonParse(@message) as js | unnest js.events into event | stats count(*) by js.of",
            lines
        ),
        ["js.of=1, count(*)=2", "js.of=2, count(*)=1"]
    );
    assert_eq!(
        rows(
            "limit 2 | fields jsonParse(@message) as js | unnest js.events into event | filter event.name like /user/ | display event.name",
            lines
        ),
        ["event.name=user action"]
    );
    assert_eq!(
        rows(
            "fields jsonParse(@message) as js | display js.events[1].name as name, js.events[0] as first",
            &lines[..1]
        ),
        ["name=user action, first={\"name\":\"exception\"}"]
    );
}

#[test]
fn events_that_were_not_transformed_say_so() {
    let text = "filter ispresent(@transformationError) | fields @message, @transformationError";
    let query = Arc::new(Query::parse(text).unwrap());
    assert!(query.needs_messages());
    let mut run = Run::new(query, NOW, None, BUDGET, Stop::default());
    for (number, (message, error)) in [("a", None), ("b", Some("why"))].into_iter().enumerate() {
        run.push(&Event {
            transformation_error: error,
            ..event(number, message)
        })
        .unwrap();
    }
    assert_eq!(
        shown(&run.finish().unwrap()),
        ["@message=b, @transformationError=why"]
    );
}
