//! What queries keep and make, and when they end.

use proptest::prelude::*;

use super::*;

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
