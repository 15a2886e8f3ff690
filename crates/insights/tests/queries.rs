//! Queries over a few events.

use std::sync::Arc;

use proptest::prelude::*;
use wharf_insights::{At, Event, Halted, Outcome, Query, Run, Stop, Table};

const NOW: i64 = 1_723_729_631_250;
const BUDGET: usize = 16 << 20;

fn event(number: usize, message: &str) -> Event<'_> {
    Event {
        timestamp: NOW + number as i64 * 60_000,
        ingestion: NOW + 5,
        stream: if number.is_multiple_of(2) {
            "even"
        } else {
            "odd"
        },
        log: "123456789012:group",
        message,
        fields: None,
        at: At {
            source: 0,
            offset: number as u64,
        },
        unmasked: None,
        is_earlier: false,
    }
}

fn ran(query: &str, messages: &[&str], threads: usize) -> Result<Outcome, Halted> {
    of(&Arc::new(Query::parse(query).unwrap()), messages, threads)
}

fn of(query: &Arc<Query>, messages: &[&str], threads: usize) -> Result<Outcome, Halted> {
    let run = || Run::new(query.clone(), NOW, None, BUDGET, Stop::default());
    let mut runs: Vec<Run> = (0..threads).map(|_| run()).collect();
    for (number, message) in messages.iter().enumerate() {
        runs[number % threads].push(&event(number, message))?;
    }
    let mut whole = run();
    for run in runs {
        whole.join(run)?;
    }
    whole.finish()
}

/// Rows as `name=value` between commas.
fn rows(query: &str, messages: &[&str]) -> Vec<String> {
    let outcome = ran(query, messages, 1).unwrap();
    for threads in 2..4 {
        assert_eq!(
            ran(query, messages, threads).unwrap(),
            outcome,
            "{threads} threads: {query}"
        );
    }
    shown(&outcome)
}

fn shown(outcome: &Outcome) -> Vec<String> {
    let each = outcome.rows.iter().map(|row| {
        let fields = row
            .fields
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        fields.collect::<Vec<_>>().join(", ")
    });
    each.collect()
}

const LINES: &[&str] = &[
    r#"{"level":"INFO","user":"anna","ms":12,"tags":["a","b"],"ip":"10.0.0.1"}"#,
    r#"{"level":"ERROR","user":"bert","ms":250.5,"err":{"code":7}}"#,
    "plain text: user=carl, took 17 ms",
    r#"{"level":"INFO","user":"bert","ms":3,"ip":"192.168.0.9","ok":true}"#,
    r#"{"level":"ERROR","user":"anna","ms":"40","id":12345678901234567890}"#,
];

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

#[test]
fn what_is_kept_is_bounded() {
    let long = "x".repeat(1 << 20);
    let lines: Vec<String> = (0..40).map(|n| format!("{n}{long}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    for query in [
        "",
        "sort @message",
        "dedup @message",
        "stats count(*) by @message",
        "stats latest(@message) by @timestamp",
    ] {
        assert_eq!(ran(query, &lines, 1), Err(Halted::TooLarge), "{query}");
    }
    // The newest few are within it, whatever came before.
    assert_eq!(ran("limit 3", &lines, 1).unwrap().rows.len(), 3);
    assert_eq!(
        ran("stats count(*), max(strlen(@message))", &lines, 1)
            .unwrap()
            .rows
            .len(),
        1
    );
}

/// Short queries that multiply what they are given.
#[test]
fn what_is_made_is_bounded() {
    let nested = |depth: usize, of: &str| {
        format!(
            "{}{of}{}",
            "jsonStringify(".repeat(depth),
            ")".repeat(depth)
        )
    };
    let (a, b) = (nested(22, "c"), nested(31, "a"));
    // Too long a text is none, without an event at all.
    let made = ran(
        &format!("stats count(*) as c | fields {a} as a | fields {b} as b"),
        &[],
        1,
    );
    assert!(
        made.unwrap().rows[0]
            .fields
            .iter()
            .all(|(name, _)| &**name != "b")
    );

    let repeated = |step: &dyn Fn(usize) -> String, count: usize| -> String {
        (0..count).map(step).collect::<Vec<_>>().join(" ")
    };
    let long = format!("\"{}\"", "x".repeat(1 << 18));
    let list = serde_json::to_string(&vec![0; 2000]).unwrap();
    let long_list = serde_json::to_string(&vec![0; 20_000]).unwrap();
    let tree = format!(
        "{{\"a\":{}{}{}}}",
        "{\"a\":".repeat(100),
        long_list,
        "}".repeat(100)
    );
    let patterns: Vec<String> = (0..100u8)
        .map(|n| {
            (n as char)
                .to_string()
                .replace(|c: char| !c.is_alphabetic(), "q")
                + &"ab".repeat(1 << 17)
                + &"c".repeat(n.into())
        })
        .collect();
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    let longest = "x".repeat(1 << 20);
    let events: Vec<&str> = vec![&long; 40];
    for (query, lines) in [
        (
            format!(
                "fields jsonParse(@message) as a {} | stats count(*)",
                repeated(&|n| format!("| unnest a into x{n}"), 3)
            ),
            vec![list.as_str()],
        ),
        (
            format!(
                "fields jsonParse(@message) as j {} | limit 1",
                repeated(&|n| format!("| fields j.a as x{n}"), 300)
            ),
            vec![tree.as_str()],
        ),
        (
            format!(
                "fields {} | limit 1",
                repeated(&|n| format!("a{},", ".a".repeat(n)), 95) + "a"
            ),
            vec![tree.as_str()],
        ),
        (
            format!(
                "fields concat(@message, @message) as a {} | limit 1",
                repeated(&|n| format!("| fields concat(a, {n}) as x{n}"), 200)
            ),
            vec![&long],
        ),
        (
            format!(
                "stats {}",
                repeated(&|n| format!("latest(concat(@message, {n})),"), 200)
                    + "count(*) by @timestamp"
            ),
            events.clone(),
        ),
        ("pattern @message".to_owned(), patterns),
        (
            format!(
                "limit 40 {}",
                repeated(&|n| format!("| autoregress @message as x{n}"), 20)
            ),
            events.clone(),
        ),
        (
            format!(
                "stats count(*) by @message {}",
                repeated(&|_| "| filldown @message".to_owned(), 30)
            ),
            vec![&longest],
        ),
        (
            format!(
                "fields {} @message | limit 1",
                repeated(&|n| format!("sha256(@message) as x{n},"), 300)
            ),
            vec![&longest],
        ),
        (
            format!(
                "limit 40 | display {}",
                repeated(&|n| format!("concat(@message, {n}) as x{n},"), 30) + "@message"
            ),
            events,
        ),
    ] {
        let found = ran(&query, &lines, 1).map(|it| it.rows.len());
        assert_eq!(found, Err(Halted::TooLarge), "{}", &query[..80]);
    }
}

const USERS: &str = "name,full,level\nanna,Anna A.,9\nbert,\"Bert, B.\",\nanna,second,8\n";

/// A query with its tables.
fn joined(text: &str) -> Result<Query, String> {
    let mut query = Query::parse(text).unwrap();
    let names: Vec<String> = query.tables().into_iter().map(str::to_owned).collect();
    for name in names {
        let body = match &*name {
            "users" => USERS,
            "codes" => "code,text\n7,seven\n12,twelve\n",
            _ => return Err(query.fits_table(&name, None).unwrap_err().to_string()),
        };
        let table = Arc::new(Table::parse(body).unwrap());
        let given = query.give_table(&name, &table);
        given.map_err(|error| format!("{error} at {}..{}", error.start, error.end))?;
    }
    Ok(query)
}

#[test]
fn values_are_looked_up_in_tables() {
    for (text, wanted) in [
        // The first row counts, exactly as it is written; without one a field stays as it was.
        (
            "fields user | lookup users name as user OUTPUT full, level | sort @timestamp",
            vec![
                "user=anna, full=Anna A., level=9",
                "user=bert, full=Bert, B., level=",
                "",
                "user=bert, full=Bert, B., level=",
                "user=anna, full=Anna A., level=9",
            ],
        ),
        (
            "filter level = 'ERROR' | lookup codes code as err.code OUTPUT text | display level, text | sort @timestamp",
            vec!["level=ERROR, text=seven", "level=ERROR"],
        ),
        // Numbers match as they are shown; two columns match together.
        (
            "fields ms + 0 as n | lookup codes code as n OUTPUT text | filter text = 'twelve' | display text",
            vec!["text=twelve"],
        ),
        (
            "fields 8 as l | lookup users name as user, level as l OUTPUT full | filter full = 'second' | stats count(*) as n",
            vec!["n=2"],
        ),
        (
            "stats count(*) as n by user | lookup users name as user OUTPUT full | sort user | filter n > 1",
            vec![
                "user=anna, n=2, full=Anna A.",
                "user=bert, n=2, full=Bert, B.",
            ],
        ),
        (
            "lookup users name as user OUTPUT full | stats count_distinct(full) as n",
            vec!["n=2"],
        ),
    ] {
        let query = Arc::new(joined(text).unwrap());
        for threads in 1..3 {
            assert_eq!(
                shown(&of(&query, LINES, threads).unwrap()),
                wanted,
                "{text}"
            );
        }
    }
    for (text, wanted) in [
        (
            "limit 1 | lookup users id OUTPUT name",
            "the lookup table users has no column id at 10..37",
        ),
        (
            "lookup users name OUTPUT nick",
            "the lookup table users has no column nick at 0..29",
        ),
        (
            "lookup nowhere a OUTPUT b",
            "the lookup table nowhere does not exist",
        ),
    ] {
        assert_eq!(joined(text).unwrap_err(), wanted);
    }
}

/// What a query shows of the lines, the oldest first.
fn in_order(query: &str) -> Vec<String> {
    let (fields, rest) = query.split_once('|').unwrap();
    rows(&format!("{fields}| sort @timestamp | {rest}"), LINES)
}

#[test]
fn sums_and_earlier_values_go_from_row_to_row() {
    assert_eq!(
        in_order("fields ms | accum ms as total"),
        [
            "ms=12, total=12",
            "ms=250.5, total=262.5",
            "",
            "ms=3, total=265.5",
            "ms=40, total=305.5",
        ]
    );
    assert_eq!(
        in_order("fields ms | accum ms | filter ms > 265"),
        ["ms=265.5", "ms=305.5"]
    );
    assert_eq!(
        in_order("fields user | autoregress user p=1-2"),
        [
            "user=anna",
            "user=bert, user_p1=anna",
            "user_p1=bert, user_p2=anna",
            "user=bert, user_p2=bert",
            "user=anna, user_p1=bert",
        ]
    );
    assert_eq!(
        in_order("fields user | autoregress user as before p=3 | filter ispresent(before)"),
        ["user=bert, before=anna", "user=anna, before=bert"]
    );
    // Later commands see what was made.
    assert_eq!(
        in_order("fields ms | accum ms as total | stats max(total) as most"),
        ["most=305.5"]
    );
}

#[test]
fn gaps_are_filled_with_the_last_value() {
    let user = |user: &str, ip: &str| format!("user={user}, ip={ip}");
    assert_eq!(
        in_order("fields user, ip | filldown"),
        [
            user("anna", "10.0.0.1"),
            user("bert", "10.0.0.1"),
            user("bert", "10.0.0.1"),
            user("bert", "192.168.0.9"),
            user("anna", "192.168.0.9"),
        ]
    );
    assert_eq!(in_order("fields user, ip | filldown u*")[2], "user=bert");
    assert_eq!(
        in_order("fields user, ip | filldown ip nothing")[2],
        "ip=10.0.0.1"
    );
}

#[test]
fn numbers_are_added_up_by_row_and_by_column() {
    assert_eq!(
        in_order("fields ms, err.code | addtotals"),
        [
            "ms=12, Total=12",
            "ms=250.5, err.code=7, Total=257.5",
            "Total=0",
            "ms=3, Total=3",
            "ms=40, Total=40",
        ]
    );
    let all = in_order("fields user, ms, err.code | addtotals fieldname=All col=true ms, err.code");
    assert_eq!(all[1], "user=bert, ms=250.5, err.code=7, All=257.5");
    assert_eq!(all[5..], ["ms=305.5, err.code=7, All=312.5"]);
    assert_eq!(
        in_order("fields ms | addtotals row=false col=true ms | limit 10")[4..],
        ["ms=40", "ms=305.5"]
    );
    assert_eq!(
        rows(
            "stats count(*) as n, max(ms) as most by level | addtotals col=true n",
            LINES
        ),
        [
            "n=1, Total=1",
            "level=ERROR, n=2, most=250.5, Total=2",
            "level=INFO, n=2, most=12, Total=2",
            "n=5, Total=5",
        ]
    );
}

#[test]
fn times_without_events_have_rows() {
    let minute = |minute: u32, rest: &str| format!("bin(1m)=2024-08-15 13:{minute}:00.000{rest}");
    let errors = "filter level = \"ERROR\" | stats count(*) as n, max(ms) by bin(1m)";
    assert_eq!(
        rows(
            &format!("{errors} | fillmissing with 0 for n, 'none' for max(ms)"),
            LINES
        ),
        [
            minute(51, ", n=1, max(ms)=40"),
            minute(50, ", n=0, max(ms)=none"),
            minute(49, ", n=0, max(ms)=none"),
            minute(48, ", n=1, max(ms)=250.5"),
        ]
    );
    assert_eq!(
        rows(&format!("{errors} | fillmissing"), LINES)[1],
        minute(50, "")
    );
    let at = |minute: u32, level: &str, n: u32| {
        format!("bin(2m)=2024-08-15 13:{minute}:00.000, level={level}, n={n}")
    };
    assert_eq!(
        rows(
            "filter ispresent(level) | stats count(*) as n by bin(2m), level | fillmissing with 0 for n",
            LINES
        ),
        [
            at(50, "ERROR", 1),
            at(50, "INFO", 1),
            at(48, "ERROR", 1),
            at(48, "INFO", 0),
            at(46, "ERROR", 0),
            at(46, "INFO", 1),
        ]
    );
    assert!(
        rows(
            "filter no = 1 | stats count(*) by bin(1m) | fillmissing",
            LINES
        )
        .is_empty()
    );
    // A millisecond each for hours is more than a query keeps.
    let long = "stats count(*) by bin(1ms) | fillmissing";
    assert_eq!(ran(long, &["x"; 600], 1), Err(Halted::TooLarge));
}

#[test]
fn times_are_shifted_and_numbers_have_rates() {
    let shifted = |n: &str| format!("bin(5m)=2024-08-15 {n}");
    assert_eq!(
        rows("stats count(*) as n by bin(5m) offset 1h", LINES),
        [shifted("14:50:00.000, n=2"), shifted("14:45:00.000, n=3")]
    );
    let minutes = "filter level = \"ERROR\" | stats count(*) as n by bin(1m) offset 90s";
    assert_eq!(
        rows(
            &format!("{minutes} | fillmissing with -1 for n | limit 2"),
            LINES
        ),
        [
            "bin(1m)=2024-08-15 13:52:30.000, n=1",
            "bin(1m)=2024-08-15 13:51:30.000, n=-1",
        ]
    );
    assert_eq!(
        rows(
            "stats rate(ms, 1m) as each, count_over_time(ms) as n, sum_over_time(ms) as all",
            LINES
        ),
        ["each=7, n=4, all=305.5"]
    );
    assert_eq!(
        rows("stats histogram(ms, 2) as spread", LINES),
        [r#"spread={"[3,126.75)":3,"[126.75,250.5]":1}"#]
    );
    // At one moment there is none.
    assert_eq!(rows("limit 1 | stats rate(ms, 1m) as each", LINES), [""]);
}

#[test]
fn a_query_that_is_stopped_ends() {
    let query =
        Arc::new(Query::parse("fields jsonParse(@message) as a | unnest a into x").unwrap());
    let stop = Stop::default();
    let mut run = Run::new(query, NOW, None, BUDGET, stop.clone());
    run.push(&event(0, "[1,2,3]")).unwrap();
    stop.stop();
    assert_eq!(run.push(&event(1, "[1,2,3]")), Err(Halted::Stopped));
}

#[test]
fn so_many_regular_expressions() {
    let query = |count: usize| vec!["filter @message like /a/"; count].join(" | ");
    assert!(Query::parse(&query(20)).is_ok());
    let error = Query::parse(&query(21)).unwrap_err();
    assert!(
        error.to_string().contains("at most 20 regular expressions"),
        "{error}"
    );
}

proptest! {
    /// The bounded heap of `sort | limit` agrees with sorting all.
    #[test]
    fn the_first_of_many(numbers in prop::collection::vec(0u32..50, 0..400), limit in 1usize..20, descending: bool) {
        let lines: Vec<String> = numbers.iter().map(|it| format!("{{\"n\":{it}}}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let way = if descending { "desc" } else { "asc" };
        let found = rows(&format!("fields n | sort n {way} | limit {limit}"), &lines);
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        if descending {
            sorted.reverse();
        }
        let expected: Vec<String> = sorted.iter().take(limit).map(|it| format!("n={it}")).collect();
        prop_assert_eq!(found, expected);
    }
}
