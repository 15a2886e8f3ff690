//! What many rows come to: statistics, frequent values and patterns.

use super::*;

#[test]
fn frequent_values() {
    assert_eq!(
        rows(
            "where ispresent(level) | countFrequent user, level | limit 3",
            LINES
        ),
        [
            "user=anna, level=ERROR, _approxcount=1",
            "user=anna, level=INFO, _approxcount=1",
            "user=bert, level=ERROR, _approxcount=1"
        ]
    );
    assert_eq!(
        rows(
            "filter level = 'INFO' or user = 'bert' | count_frequent user",
            LINES
        ),
        ["user=bert, _approxcount=2", "user=anna, _approxcount=1"]
    );
}

#[test]
fn stats() {
    assert_eq!(
        rows(
            "stats count(*) as n, sum(ms), avg(ms), min(ms), max(ms) by level | sort level",
            LINES
        ),
        [
            "n=1",
            "level=ERROR, n=2, sum(ms)=290.5, avg(ms)=145.25, min(ms)=40, max(ms)=250.5",
            "level=INFO, n=2, sum(ms)=15, avg(ms)=7.5, min(ms)=3, max(ms)=12",
        ]
    );
    assert_eq!(
        rows("stats count(*) by bin(2m)", LINES),
        [
            "bin(2m)=2024-08-15 13:50:00.000, count(*)=2",
            "bin(2m)=2024-08-15 13:48:00.000, count(*)=2",
            "bin(2m)=2024-08-15 13:46:00.000, count(*)=1",
        ]
    );
    assert_eq!(
        rows(
            "stats count(*) as n by bin(1m) as minute, level | stats max(n) as most, count(*) as groups",
            LINES
        ),
        ["most=1, groups=5"]
    );
    assert_eq!(
        rows(
            "stats count() by user | sort count() desc, user | limit 1",
            LINES
        ),
        ["user=anna, count()=2"]
    );
    assert_eq!(
        rows(
            "stats earliest(user) as a, latest(user) as b, sortsFirst(user) as c, sortsLast(user) as d, count_distinct(user) as e",
            LINES
        ),
        ["a=anna, b=anna, c=anna, d=bert, e=2"]
    );
    assert_eq!(
        rows("stats sum(ms) / count(ms) as mean", LINES),
        ["mean=76.375"]
    );
    assert_eq!(
        rows("filter level = 'NONE' | stats count(*), sum(ms)", LINES),
        ["count(*)=0"]
    );
    assert_eq!(
        rows("filter level = 'NONE' | stats count(*) by user", LINES),
        [""; 0]
    );
    assert_eq!(
        rows(
            "stats count(*) as n by user | filter n > 1 | fields n * 10 as m | sort user",
            LINES
        ),
        ["user=anna, n=2, m=20", "user=bert, n=2, m=20"]
    );
}

#[test]
fn patterns_and_their_differences() {
    let lines = [
        "INFO took 1 ms",
        "INFO took 2 ms",
        "ERROR no room",
        "INFO took 3 ms",
    ];
    assert_eq!(
        rows("pattern @message", &lines),
        [
            "@pattern=INFO took <Number-1> ms, @ratio=0.75, @sampleCount=3, @severityLabel=Info",
            "@pattern=ERROR no room, @ratio=0.25, @sampleCount=1, @severityLabel=Error",
        ]
    );
    let query = Arc::new(Query::parse("pattern @message | diff previousDay | display @pattern, @difference, @differenceDescription | sort @pattern").unwrap());
    assert_eq!(
        query.compares_with((1000, 2000)),
        Some((1000 - 86_400_000, 2000 - 86_400_000))
    );
    let mut run = Run::new(query, NOW, None, BUDGET, Stop::default());
    for (number, line) in lines.iter().enumerate() {
        let is_earlier = number < 2;
        run.push(&Event {
            is_earlier,
            ..event(number, line)
        })
        .unwrap();
    }
    let found = run.finish().unwrap();
    let values: Vec<&str> = found
        .rows
        .iter()
        .flat_map(|row| row.fields.iter().map(|(_, value)| value.as_str()))
        .collect();
    assert_eq!(
        values,
        [
            "ERROR no room",
            "1",
            "New",
            "INFO took <Number-1> ms",
            "-1",
            "Fewer"
        ]
    );
}
